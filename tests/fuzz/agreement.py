"""Both readers of manifests over the same bytes: the suite's, in C (manifest_reader), and the runners'."""

from __future__ import annotations

import contextlib
import json
import re
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "runners"))

from wspmatrix.manifest import NUMBERS, Entry, ManifestError, read  # noqa: E402

Read = dict[str, Any] | None  # None: a mistake


def suite(program: Path, manifests: Iterable[bytes]) -> list[Read]:
    """What the suite reads. A finding of its sanitizers is a CalledProcessError."""
    sent = b"".join(struct.pack("<I", len(data)) + data for data in manifests)
    done = subprocess.run([program], input=sent, stdout=subprocess.PIPE, timeout=300, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def runners(data: bytes) -> Read:
    """What the runners read, said as the suite's reader says it."""
    with tempfile.NamedTemporaryFile(suffix=".ini") as file:
        file.write(data)
        file.flush()
        try:
            manifest = read(file.name)
        except ManifestError:
            return None
    guid = manifest.guid.hex
    return {"name": manifest.name, "dll": manifest.dll, "guid": guid[:16], "guid_end": guid[16:],
            "environment": _environment(manifest.environment), "entries": list(map(_entry, manifest.entries))}


def _environment(settings: dict[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in settings.items()]


def _entry(entry: Entry) -> dict[str, Any]:
    address, port = _address(str(entry.values.get("address", "")))
    return {"section": entry.section, "protocol": entry.values.get("protocol", ""), "over": entry.over or "",
            "transparent": entry.transparent, "environment": _environment(entry.environment),
            "numbers": {key: entry.values[key] for key in NUMBERS if key in entry.values},
            "address": address, "port": port}


def _address(text: str) -> tuple[str, int]:
    if not text or text.startswith("hex:"):
        return text.removeprefix("hex:").lower(), 0
    host, _, port = text.rpartition(":")
    packed = IPv6Address(host[1:-1]).packed if host.startswith("[") else IPv4Address(host).packed
    return packed.hex(), int(port)


def disagreement(data: bytes, of_suite: Read) -> str | None:
    """One line for a manifest that the two read differently, None where they agree."""
    of_runners = runners(data)
    if of_suite == of_runners:
        return None
    return f"the suite reads {_told(of_suite)}, the runners read {_told(of_runners)}"


def _told(found: Read) -> str:
    return "a mistake" if found is None else re.sub(r"\s+", " ", json.dumps(found))


def found_so_far(folder: Path) -> dict[Path, bytes]:
    """Every file of a corpus. A fuzzer that runs meanwhile takes files away for shorter ones: those don't count."""
    manifests = {}
    for path in sorted(folder.iterdir()):
        with contextlib.suppress(FileNotFoundError):
            manifests[path] = path.read_bytes()
    return manifests


def main(arguments: Sequence[str]) -> int:
    """agreement.py MANIFEST_READER FOLDER: compares over every file of the folder."""
    program, folder = map(Path, arguments)
    manifests = found_so_far(folder)
    answers = suite(program, manifests.values())
    assert len(answers) == len(manifests)
    found = [(path, line) for (path, data), answer in zip(manifests.items(), answers)
             if (line := disagreement(data, answer))]
    for path, line in found:
        print(f"{path}: {line}")
    good = sum(answer is not None for answer in answers)
    print(f"agreement: {len(manifests)} manifests, {good} of them without a mistake, "
          f"{len(found)} read differently")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
