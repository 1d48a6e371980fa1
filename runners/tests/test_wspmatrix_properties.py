"""What reads foreign data, with data that Hypothesis makes up: records and manifests."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wspmatrix.manifest import KEYS_OF_ENTRY, KEYS_OF_PROVIDER, Manifest, ManifestError, read
from wspmatrix.reader import Log, Reader, Run
from wspmatrix.verdicts import OF_THE_SUITE
from wspmatrix_samples import CALL, CRASH, PROVIDER, RESULT, RUN, lines, run

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6)
RECORDS = (RUN, PROVIDER, RESULT | {"calls": [CALL], "crash": CRASH},
           {"record": "provider_end", "entry": "loopback.stream", "hook": "used"},
           {"record": "end", "counts": {"pass": 1}, "finished": "2026-11-22T05:11:09Z"})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each example writes over the last one's file."""
    return tmp_path_factory.mktemp("made up")


def read_bytes(folder: Path, data: bytes) -> tuple[list[Run], Log]:
    path, log = folder / "run.jsonl", Log()
    path.write_bytes(data)
    reader = Reader(log, lambda name: False)
    return [*reader.read(path), *reader.close()], log


def check_log(log: Log) -> None:
    for line in log.lines():
        assert line.isprintable() and "; expected " in line or "more like these" in line


@st.composite
def spoiled(draw: st.DrawFn) -> dict[str, Any]:
    """A record with some of its fields gone, or holding something else."""
    record = dict(draw(st.sampled_from(RECORDS)))
    for key in draw(st.lists(st.sampled_from(sorted(record)), max_size=3)):
        if draw(st.booleans()):
            record.pop(key, None)
        else:
            record[key] = draw(JSON)
    return record


@given(st.binary(max_size=400))
@example(b"{" * 100_000)
@example(b"[" * 100_000 + b"\n")
@example(b'{"record":"run","schema":1e999}\n')
@example(b"\xff\n" * 5000)
def test_any_bytes_are_records_or_problems(folder: Path, data: bytes) -> None:
    runs, log = read_bytes(folder, data)
    assert runs == [] and (log.damaged or not data.strip())
    check_log(log)


@given(st.lists(spoiled(), max_size=8))
def test_any_fields_are_records_or_problems(folder: Path, records: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(record) + "\n" for record in records)
    runs, log = read_bytes(folder, text.encode())
    check_log(log)
    for found in runs:
        assert set(found.counts()) <= set(OF_THE_SUITE)
        assert found.counts().total() <= sum(record.get("record") == "result" for record in records)


NAMES = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=20)
CASES = st.dictionaries(NAMES, st.sampled_from(sorted(OF_THE_SUITE)), min_size=1, max_size=4)
RUNS = st.dictionaries(NAMES, CASES, min_size=1, max_size=3)


def told(runs: list[Run]) -> dict[tuple[str, str], str]:
    return {(result.entry, result.case): result.verdict for found in runs
            for cases in found.results.values() for same in cases.values() for result in same}


@given(RUNS, st.data())
def test_a_run_that_is_cut_anywhere_tells_what_was_judged_by_then(folder: Path, made: dict[str, Any],
                                                                  data: st.DataObject) -> None:
    """As after a kill of wspcheck: whole lines count, a part of one does not, and it is not called whole."""
    content = "".join(line + "\n" for line in lines(run(made))).encode()
    cut = data.draw(st.integers(0, len(content)))
    judged = [json.loads(line) for line in content[:cut].split(b"\n")[:-1]]
    wanted = {(r["entry"], r["case"]): r["verdict"] for r in judged if r["record"] == "result"}
    runs, log = read_bytes(folder, content[:cut])
    check_log(log)
    found = told(runs)
    # A last line that lacks nothing but its end is as good as a whole one.
    assert wanted.items() <= found.items() and len(found) <= len(wanted) + 1
    assert all(verdict == made[entry][case] for (entry, case), verdict in found.items())
    assert not any(one.whole for one in runs) or cut >= len(content) - 1


@given(RUNS)
def test_a_copy_of_a_run_reads_as_the_run(folder: Path, made: dict[str, Any]) -> None:
    runs, log = read_bytes(folder, "".join(line + "\n" for line in lines(run(made))).encode())
    assert not log.damaged
    with (folder / "copy").open("wb") as out:
        for one in runs:
            one.copy_to(out)
    copies, log = read_bytes(folder, (folder / "copy").read_bytes())
    assert not log.damaged
    assert told(copies) == told(runs) == {(entry, case): verdict for entry, cases in made.items()
                                          for case, verdict in cases.items()}


LINE = (st.sampled_from(["[provider]", "[stream]", "; a comment", "", " ", "entries = stream", "name = n"])
        | st.builds("{} = {}".format, st.sampled_from([*KEYS_OF_PROVIDER, *KEYS_OF_ENTRY]),
                    st.text(max_size=12) | st.sampled_from(["1", "0x66", "stream", "a = b", "127.0.0.1:0"]))
        | st.text(max_size=30))


def try_to_read(path: Path) -> Manifest | None:
    try:
        return read(path)
    except ManifestError as error:
        assert str(error).isprintable() and "; expected " in str(error)
        return None


@given(st.lists(LINE, max_size=14))
def test_any_lines_are_a_manifest_or_a_mistake(folder: Path, made: list[str]) -> None:
    path = folder / "lines.ini"
    path.write_bytes("\n".join(made).encode("utf-8", "surrogatepass"))
    try_to_read(path)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_manifest_or_a_mistake(folder: Path, data: bytes) -> None:
    path = folder / "bytes.ini"
    path.write_bytes(data)
    assert try_to_read(path) is None  # 300 bytes of chance hold no GUID


NO_BLANKS = st.characters(blacklist_categories=["Cc", "Cs", "Zs", "Zl", "Zp"])
VALUES = st.text(NO_BLANKS, min_size=1, max_size=20).filter(lambda text: not re.match("[;#]", text))
SECTIONS = st.lists(st.text("abcdefghijklmnopqrstuvwxyz0123456789_-", min_size=1, max_size=49).filter(
    lambda name: name != "provider"), min_size=1, max_size=4, unique=True)


@given(SECTIONS, VALUES, VALUES, st.integers(0, 0xFFFFFFFF), st.booleans())
def test_what_is_written_is_read(folder: Path, sections: list[str], dll: str, protocol: str, number: int,
                                 hexadecimal: bool) -> None:
    path = folder / "written.ini"
    flags = f"0x{number:x}" if hexadecimal else str(number)
    fields = f"family = 2\nsocket_type = 1\nprotocol_number = {number}\nservice_flags = {flags}\n"
    path.write_text(
        f"[provider]\nname = written\ndll = {dll}\nguid = {{5b1f7f4e-0000-0000-0000-000000000001}}\n"
        f"entries = {', '.join(sections)}\n"
        + "".join(f"[{section}]\nprotocol = {protocol}\n{fields}" for section in sections), "utf-8")
    manifest = read(path)
    assert (manifest.dll, [entry.section for entry in manifest.entries]) == (dll, sections)
    for entry in manifest.entries:
        assert entry.values == {"protocol": protocol, "family": 2, "socket_type": 1,
                                "protocol_number": number, "service_flags": number}
