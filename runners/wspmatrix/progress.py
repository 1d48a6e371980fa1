"""What a run shows while it runs: a bar in a terminal, one line an entry in a pipe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from .records import ProviderEnd, ProviderRecord, Record, Result
from .terminal import tally
from .text import short
from .verdicts import is_red


class Progress(Protocol):
    def see(self, record: Record) -> None:
        """Shows what this record adds."""


class _Lines:
    """For logs: an entry when it is done, a red verdict when it falls."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._counts: dict[str, Counter[str]] = {}

    def see(self, record: Record) -> None:
        if isinstance(record, Result):
            self._counts.setdefault(record.entry, Counter())[record.verdict] += 1
            if is_red(record.verdict):
                self._say(f"{record.verdict.upper()}  {short(record.case, 100)}  on  {short(record.entry)}")
        elif isinstance(record, ProviderEnd):
            self._say(f"{short(record.entry)}: {tally(self._counts.get(record.entry, Counter()))}")

    def _say(self, line: str) -> None:
        print(line, file=self._out, flush=True)


class _Bar:
    """For people: how many of the verdicts asked for there are, and how many are red."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._task = bars.add_task("starting", total=None, red="")
        self._asked = self._done = self._red = 0

    def see(self, record: Record) -> None:
        if isinstance(record, ProviderRecord):
            self._asked += len(record.asked)
        elif isinstance(record, Result):
            self._done += 1
            self._red += is_red(record.verdict)
            self._bars.update(self._task, completed=self._done, total=max(self._asked, self._done),
                              description=short(record.entry, 30),
                              red=f"{self._red} red" if self._red else "")


@contextmanager
def progress(out: TextIO) -> Iterator[Progress]:
    """What suits the place where it is shown."""
    if not out.isatty():
        yield _Lines(out)
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(),
               TextColumn("{task.fields[red]}", markup=False), TimeElapsedColumn())
    with Bars(*columns, console=Console(file=out), transient=True) as bars:
        yield _Bar(bars)
