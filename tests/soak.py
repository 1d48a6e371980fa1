"""Runs the same providers for a long time: verdicts that ever change are told, and memory that grows."""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import statistics
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from program import command, manifest

REPEATS = 50
WRONG_USE = 2
INTERRUPTED = 130
LOOK_EVERY = 0.5
"""Seconds between two looks at the memory."""

ROOM = 4 << 20
"""Bytes that a process may take more in the second half of its life: what was reserved and not yet used."""

Key = tuple[str, str]  # entry, case


def memory_of(pid: int) -> int:
    """Bytes of a process that are in memory, 0 where it has ended."""
    if os.name == "nt":
        return _memory_on_windows(pid)
    try:
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmRSS:")), 0)


def _memory_on_windows(pid: int) -> int:
    size = ctypes.sizeof(ctypes.c_size_t)
    counters = (ctypes.c_size_t * 10)()  # PROCESS_MEMORY_COUNTERS: two DWORDs, then sizes
    ctypes.cast(counters, ctypes.POINTER(ctypes.c_uint32))[0] = 8 + 8 * size
    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined]
    kernel.OpenProcess.restype = ctypes.c_void_p
    process = ctypes.c_void_p(kernel.OpenProcess(0x1000, False, pid))  # PROCESS_QUERY_LIMITED_INFORMATION
    if not process.value:
        return 0
    known = kernel.K32GetProcessMemoryInfo(process, counters, 8 + 8 * size)
    kernel.CloseHandle(process)
    return int(counters[8 // size + 1]) if known else 0  # behind PeakWorkingSetSize


@dataclass
class Soaked:
    """One round: how often each verdict came, and the memory that wspcheck took meanwhile."""

    verdicts: dict[Key, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    memory: list[int] = field(default_factory=list)
    ended: bool = False
    status: int = 0

    def grew(self) -> int:
        """Bytes by which the second half of the round took more than its first half, as medians."""
        half = len(self.memory) // 2
        if half < 2:
            return 0
        return int(statistics.median(self.memory[half:]) - statistics.median(self.memory[:half]))


def round_of(records: Path, arguments: Sequence[str]) -> Soaked:
    done = Soaked()
    process = subprocess.Popen(command("run", *arguments, "--quiet", "--jsonl", records),
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        while True:
            try:
                process.wait(LOOK_EVERY)
                break
            except subprocess.TimeoutExpired:
                done.memory.append(memory_of(process.pid))
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    done.status = process.returncode
    if records.exists():
        with open(records, "rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break  # cut short
                record = json.loads(line)
                if record["record"] == "result":
                    done.verdicts[record["entry"], record["case"]][record["verdict"]] += 1
                done.ended = record["record"] == "end"
    return done


def changes(verdicts: dict[Key, Counter[str]]) -> list[str]:
    """A line for each case that had more than one verdict."""
    return [f"{entry} {case}: " + ", ".join(f"{verdict} {count}x" for verdict, count in sorted(told.items()))
            for (entry, case), told in sorted(verdicts.items()) if len(told) > 1]


def arguments_of(line: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ci/soak", description=__doc__)
    parser.add_argument("minutes", nargs="?", type=float, default=60, help="for how long (60)")
    parser.add_argument("--manifest", action="append", type=Path, help="instead of loopback and bridge")
    parser.add_argument("--case", action="append", default=[], help="these cases only")
    parser.add_argument("--repeats", type=int, default=REPEATS,
                        help=f"of each case by one wspcheck, before the next one ({REPEATS})")
    parser.add_argument("--output", type=Path, required=True, help="for the records of rounds with changes")
    given = parser.parse_args(line)
    if given.minutes <= 0 or given.repeats < 1:
        parser.error(f"minutes is {given.minutes:g} and --repeats {given.repeats}; expected more than none")
    return given


def main(line: Sequence[str] | None = None) -> int:
    given = arguments_of(line)
    given.output.mkdir(parents=True, exist_ok=True)
    arguments = [word for path in given.manifest or [manifest("loopback"), manifest("bridge")]
                 for word in ("--manifest", str(path))]
    arguments += [word for case in given.case for word in ("--case", case)]
    arguments += ["--jobs", str(os.cpu_count() or 1), "--repeat", str(given.repeats)]
    everything: dict[Key, Counter[str]] = defaultdict(Counter)
    problems: list[str] = []
    reported: set[Key] = set()
    rounds = 0
    interrupted = False
    begin = time.monotonic()
    try:
        while time.monotonic() - begin < 60 * given.minutes:
            rounds += 1
            records = given.output / f"round-{rounds}.jsonl"
            records.unlink(missing_ok=True)
            done = round_of(records, [*arguments, "--shuffle", str(rounds)])
            if done.status == WRONG_USE:
                return WRONG_USE  # wspcheck has said why
            for key, told in done.verdicts.items():
                everything[key] += told
            bad = [*changes(done.verdicts)]
            reported |= {key for key, told in done.verdicts.items() if len(told) > 1}
            if not done.ended:
                bad.append(f"exit status {done.status} and no whole run; expected one")
            if done.grew() > ROOM:
                bad.append(f"wspcheck took {done.grew() >> 10} KB more in the second half; expected at most "
                           f"{ROOM >> 10}")
            problems += [f"round {rounds}: {problem}" for problem in bad]
            print(f"round {rounds}: {sum(map(Counter.total, done.verdicts.values()))} verdicts, "
                  f"{max(done.memory, default=0) >> 10} KB at most, {len(bad)} problems", flush=True)
            if not bad:
                records.unlink()
    except KeyboardInterrupt:
        interrupted = True
    between = changes({key: told for key, told in everything.items() if key not in reported})
    for problem in (problems := [*problems, *between]):
        print(problem)
    print(f"{rounds} rounds in {(time.monotonic() - begin) / 60:.1f} minutes, "
          f"{sum(map(Counter.total, everything.values()))} verdicts of {len(everything)} cases, "
          f"{len(problems)} problems" + ("; interrupted" if interrupted else ""))
    return 1 if problems else INTERRUPTED if interrupted else 0


if __name__ == "__main__":
    sys.exit(main())
