"""Measures what isolation costs: all cases of the loopback entries with none, shared and case, in turn."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from measuring import (DONE, Parser, Record, Wspcheck, fail, found, is_whole, median, milliseconds,
                       performed, process_start, read_records, timed, times)

MODES = ("none", "shared", "case")
SLOW = "case"


@dataclass
class Mode:
    """One way to run all cases: how long whole runs took, and what their records say."""

    seconds: list[float] = field(default_factory=list)
    in_cases: list[float] = field(default_factory=list)
    cases: int = 0
    entries: int = 0

    def add(self, seconds: float, records: Sequence[Record]) -> None:
        """One run more."""
        results = performed(records)
        self.seconds.append(seconds)
        self.in_cases.append(sum(result["micros"] for result in results) / 1e6)
        self.cases = len(results)
        self.entries = sum(record["record"] == "provider" for record in records)


@dataclass(frozen=True)
class Difference:
    """Where the time goes that shared takes over none, in seconds."""

    over: float
    starting: float  # one process start an entry
    a_case: float    # what is left of it for each case


def difference(none: Mode, shared: Mode, process: float) -> Difference:
    over = median([s - n for s, n in zip(shared.seconds, none.seconds, strict=True)])
    starting = shared.entries * process
    return Difference(over, starting, (over - starting) / shared.cases)


def measure(wspcheck: Wspcheck, isolation: str, path: Path, cases: list[str]) -> tuple[float, list[Record]]:
    selected = [word for case in cases for word in ("--case", case)]
    manifest = wspcheck.manifests([wspcheck.program.parent / "loopback.ini"])
    seconds = timed([*wspcheck.command, "run", *manifest, "--quiet", "--isolation", isolation,
                     "--jsonl", wspcheck.path(path), *selected], DONE)
    records = read_records(path)
    if not is_whole(records):
        fail(f"isolation {isolation}: the run was cut short, expected it to come to its end")
    return seconds, records


def report(modes: dict[str, Mode], process: float) -> None:
    none = modes["none"]
    base = median(none.seconds)
    print(f"{none.entries} entries, {none.cases} performed cases, {len(none.seconds)} rounds; medians")
    print(f"{'one process start':28}{milliseconds(process)}")
    for name, mode in modes.items():
        whole = median(mode.seconds)
        print(f"{name:28}{milliseconds(whole)}  {milliseconds(whole / mode.cases)} a case,"
              f" {times(whole, base)} none; {milliseconds(median(mode.in_cases))} in the cases")


def report_difference(modes: dict[str, Mode], process: float) -> None:
    shared = modes["shared"]
    one = difference(modes["none"], shared, process)
    print(f"{'shared over none':28}{milliseconds(one.over)}: one process start an entry"
          f" {milliseconds(one.starting)},\n{'':28}the rest (also the second process of an entry, for cases"
          f" that start the\n{'':28}provider themselves) {milliseconds(one.a_case)} a case")
    if SLOW in modes:
        pairs = zip(modes[SLOW].seconds, shared.seconds, strict=True)
        print(f"{'case over shared':28}{median([c / s for c, s in pairs]):9.2f} x")


def main() -> None:
    parser = Parser("isolation", __doc__, "isolation", "isolation --rounds 5 --skip-case --case 'provider.*'")
    parser.add_rounds(3)
    parser.add_argument("--case", action="append", default=[], metavar="GLOB", help="only these cases")
    parser.add_argument("--skip-case", action="store_true", help="leave out isolation case: it is slow")
    parser.add_program()
    options = parser.options()
    wspcheck = found(options.program)
    modes = {name: Mode() for name in MODES if name != SLOW or not options.skip_case}
    starts: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.rounds):
            starts.append(process_start(wspcheck))
            for name, mode in modes.items():
                path = Path(folder) / f"{name}.jsonl"
                mode.add(*measure(wspcheck, name, path, options.case))
    report(modes, median(starts))
    report_difference(modes, median(starts))


if __name__ == "__main__":
    main()
