"""What the subjects of ci/bench share: the command line, starting programs, their records, and figures."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "runners"))

from wspmatrix.launch import LaunchError, Wspcheck  # noqa: E402

BOUND = 1800
"""Seconds that no single program of these comes near."""
STARTS = 5
"""Process starts in a row, of which the quickest counts: what else the machine does only ever adds."""
DONE = (0, 1)
"""Exit statuses of a run that judged: nothing red, something red."""

Record = dict[str, Any]


class Parser(argparse.ArgumentParser):
    """The options of one subject. Wrong use is one line and status 2."""

    def __init__(self, subject: str, description: str | None, *examples: str) -> None:
        epilog = "".join(f"\n  ci/bench {example}" for example in examples)
        super().__init__(prog=f"ci/bench {subject}", description=description, epilog=f"example:{epilog}",
                         formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
        self.add_argument("--only-parse", action="store_true", help=argparse.SUPPRESS)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")

    def add_rounds(self, default: int) -> None:
        self.add_argument("--rounds", type=positive, default=default, metavar="N",
                          help="how often each is measured, in turn (%(default)s)")

    def add_program(self) -> None:
        built = os.environ.get("WSPCHECK_EXE", ROOT / "build/mingw-x64/bin/wspcheck.exe")
        self.add_argument("--program", type=Path, default=Path(built), metavar="FILE",
                          help="measure this wspcheck.exe, and build none (WSPCHECK_EXE, or the build's)")

    def options(self) -> argparse.Namespace:
        """The options of this command line. With --only-parse, which ci/bench gives before it builds, nothing
        else is done."""
        given = self.parse_args()
        if given.only_parse:
            self.exit(0)
        return given


def positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}', expected a whole number from 1")
    return int(text)


def fail(message: str) -> NoReturn:
    sys.exit(f"ci/bench: {message}")


def found(program: Path) -> Wspcheck:
    """How the program is started here."""
    try:
        return Wspcheck.find(program)
    except LaunchError as error:
        fail(str(error))


def timed(command: Sequence[str], expected: Sequence[int] = (0,)) -> float:
    """The seconds that a program takes. What it and Wine say is told only if it ends otherwise."""
    quiet: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    with tempfile.TemporaryFile() as said:
        begin = time.perf_counter()
        try:
            process = subprocess.Popen(command, stderr=said, **quiet)
        except OSError as error:
            fail(f"{command[0]}: {error.strerror}, expected a program that starts")
        # A wait with a timeout looks for the end only now and then, up to 50 ms late.
        bound = threading.Timer(BOUND, process.kill)
        bound.start()
        try:
            status = process.wait()
            seconds = time.perf_counter() - begin
        finally:
            bound.cancel()
            process.kill()
        if status not in expected:
            fail(ended_wrong(" ".join(map(str, command)), status, expected, said))
    return seconds


def ended_wrong(what: str, status: int, expected: Sequence[int], said: Any) -> str:
    """One line of a program that ended otherwise than expected, with its last words."""
    said.seek(0)
    lines = said.read().decode("utf-8", "replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "nothing on stderr")
    what = what if len(what) <= 200 else what[:197] + "..."
    return f"{what}: ended with {status}, expected {' or '.join(map(str, expected))}: {last}"


def process_start(wspcheck: Wspcheck) -> float:
    """The seconds of one process that does next to nothing."""
    return min(timed([*wspcheck.command, "version"]) for _ in range(STARTS))


def read_records(path: Path) -> list[Record]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def is_whole(records: Sequence[Record]) -> bool:
    """Whether the run came to its end: the time of one that was cut short says nothing."""
    return bool(records) and records[-1]["record"] == "end"


def performed(records: Sequence[Record]) -> list[Record]:
    """The results of the cases that were performed: neither skipped nor judged without a process."""
    return [record for record in records if record["record"] == "result" and record["micros"] > 0]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def ratio(value: float, base: float) -> float | None:
    """How many times the base; None where the base is too short to be measured."""
    return value / base if base > 0 else None


def times(value: float, base: float) -> str:
    """The ratio for people, ten characters wide."""
    result = ratio(value, base)
    return f"{'-':>8} x" if result is None else f"{result:8.2f} x"


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:9.2f} ms"
