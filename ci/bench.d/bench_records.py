"""Measures what reading records costs: how long a command takes for how many, and how much memory it holds.

Files are generated: 1,000 results each, most of them passes, some with the calls that failures carry. The
bound of the project is that 1,000 files with a million records are merged in 30 s and 500 MB. Reading is done
by one thread: its processor time is what it takes on a machine that has nothing else to do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measuring import ROOT, Parser, fail, positive

RESULTS_A_FILE = 1000
ENTRIES_A_FILE = 4
SECONDS = 30.0
MEGABYTES = 500.0
CALLS = [{"fn": "WSPSocket",
          "args": "af=AF_INET, type=SOCK_STREAM, protocol=IPPROTO_TCP, lpProtocolInfo=entry, g=0, "
          "dwFlags=WSA_FLAG_OVERLAPPED, out.s=s1", "result": "s1", "error": 0, "micros": 41},
         {"fn": "WSPBind", "args": "s=s1, name=127.0.0.1:0", "result": 0, "error": 0, "micros": 35},
         {"fn": "WSPGetSockName", "args": "s=s1, namelen=256, out.name=127.0.0.1:p1", "result": 0, "error": 0,
          "micros": 19},
         {"fn": "WSPSendDisconnect", "args": "s=s1, lpOutboundDisconnectData=NULL", "result": 0, "error": 0,
          "micros": 30},
         {"fn": "WSPCloseSocket", "args": "s=s1", "result": 0, "error": 0, "micros": 25}]


@dataclass(frozen=True)
class Cost:
    """What one command took."""

    wall: float
    cpu: float
    megabytes: float


def run_of(number: int) -> Iterator[dict[str, Any]]:
    """The records of one run: run, providers, results, end."""
    yield {"record": "run", "schema": 1, "suite": "1.0.0+g1a2b3c4",
           "started": f"2026-01-01T00:00:00Z+{number}", "arch": "x64",
           "environment": f"generated-{number:04}", "os": "none", "wine": None,
           "command": ["wspcheck", "run"]}
    asked = [f"send_disconnect.generated_{case}.row" for case in range(RESULTS_A_FILE // ENTRIES_A_FILE)]
    counts: Counter[str] = Counter()
    for entry in range(ENTRIES_A_FILE):
        name = f"generated.entry{entry}"
        yield {"record": "provider", "entry": name, "dll": "generated.dll", "sha256": "0" * 64,
               "version": None, "catalog_id": entry, "guid": "{00000000-0000-0000-0000-000000000001}",
               "family": 2, "socket_type": 1, "protocol": 6, "service_flags": 0x66, "chain": [],
               "wsp_version": "2.2", "foreign_slots": {},
               "asked": asked}
        for at, case in enumerate(asked):
            result = result_of(name, case, at, number)
            counts[result["verdict"]] += 1
            yield result
        yield {"record": "provider_end", "entry": name, "hook": "used"}
    yield {"record": "end", "counts": dict(counts), "finished": "2026-01-01T00:01:00Z"}


def result_of(entry: str, case: str, at: int, number: int) -> dict[str, Any]:
    """A pass, or one in twenty a failure with its calls, one in ten a skip."""
    verdict = "fail" if at % 20 == 7 else "skip" if at % 10 == 3 else "pass"
    result = {"record": "result", "entry": entry, "case": case, "verdict": verdict, "grade": "documented",
              "statements": [f"SD-{at % 22 + 1:02}"], "revision": 1, "repeat": 1,
              "expected": "SOCKET_ERROR WSAENOTCONN", "observed": "0" if verdict == "fail" else
              "" if verdict == "skip" else "SOCKET_ERROR WSAENOTCONN", "reason": "",
              "micros": 300 + at * 7 % 400 + number,
              "location": f"suite/cases/generated.c:{at + 1}", "order_dependent": False, "after": [],
              "crash": None, "blame": None}
    return result | {"calls": CALLS} if verdict == "fail" else result


def generate(folder: Path, records: int) -> int:
    """Writes the files of so many records; returns their bytes."""
    size = 0
    for number in range(max(1, records // RESULTS_A_FILE)):
        text = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in run_of(number))
        size += (folder / f"generated-{number:04}.jsonl").write_bytes(text.encode("utf-8"))
    return size


def command_of(name: str, files: Path, scratch: Path) -> list[str]:
    arguments = {"merge": ["-o", str(scratch / "all.jsonl"), str(files)],
                 "gate": [str(files), "--baseline", str(files)],
                 "diff": [str(files), str(files)],
                 "junit": [str(files), "--format", "junit", "-o", str(scratch / "junit.xml")]}
    return [sys.executable, "-m", "wspmatrix", "report" if name == "junit" else name, *arguments[name]]


def measure(command: list[str]) -> Cost:
    """Wall time, processor time and the most memory of a command, as the system counts them."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               env=os.environ | {"PYTHONPATH": str(ROOT / "runners")},
                               cwd=tempfile.gettempdir())
    assert process.stderr is not None
    said = process.stderr.read().decode("utf-8", "replace")
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 1) or code == 1 and "Traceback" in said:
        fail(f"{' '.join(command[2:5])} ended with {code}, expected 0 or 1: {said[-300:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def main() -> int:
    parser = Parser("records", __doc__, "records --check", "records --sizes 10000 --commands merge gate diff")
    parser.add_argument("--sizes", type=positive, nargs="+", default=[10**4, 10**5, 10**6], metavar="N",
                        help="numbers of records (default: 10000 100000 1000000)")
    parser.add_argument("--commands", nargs="+", choices=("merge", "gate", "diff", "junit"),
                        default=["merge"],
                        metavar="NAME", help="of merge, gate, diff, junit (default: merge)")
    parser.add_argument("--check", action="store_true",
                        help=f"exit 1 where merging a million records takes over {SECONDS:.0f} s or "
                             f"{MEGABYTES:.0f} MB")
    args = parser.options()
    over = []
    print("| command | records | files | input MB | seconds | processor s | peak MB | us a record |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        for size in args.sizes:
            folder = Path(name) / str(size)
            folder.mkdir()
            written = generate(folder, size)
            for command in args.commands:
                cost = measure(command_of(command, folder, Path(name)))
                print(f"| {command} | {size:,} | {max(1, size // RESULTS_A_FILE):,} | {written / 1e6:.0f} | "
                      f"{cost.wall:.2f} | {cost.cpu:.2f} | {cost.megabytes:.0f} | "
                      f"{cost.cpu / size * 1e6:.1f} |",
                      flush=True)
                if command == "merge" and size == 10**6 and (cost.cpu > SECONDS
                                                             or cost.megabytes > MEGABYTES):
                    over.append(f"{size:,} records: {cost.cpu:.1f} s, {cost.megabytes:.0f} MB")
    for line in over if args.check else ():
        print(f"over {SECONDS:.0f} s or {MEGABYTES:.0f} MB: {line}", file=sys.stderr)
    return 1 if over and args.check else 0


if __name__ == "__main__":
    sys.exit(main())
