"""The matrix: cases down, (environment, entry) across, the worst verdict of the repeats in each cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from .reader import Run
from .records import Result
from .verdicts import MISSING, is_red, severity

GROUPS = ("provider", "send_disconnect", "recv_disconnect")
LIFE = ("path", "loads", "exports", "starts", "version", "slots", "cleanup", "restart", "upcalls", "unloads")
"""The cases of the provider as a whole, in the order in which they come about."""


@dataclass(slots=True)
class Cell:
    """What a case says of an entry: its worst result, or none where it is missing."""

    verdict: str
    result: Result | None
    repeats: int
    steady: bool
    """Whether every repeat gave the same verdict and the same answer."""


@dataclass(slots=True)
class Column:
    run: Run
    entry: str
    label: str
    cells: dict[str, Cell]

    def counts(self) -> Counter[str]:
        return Counter(cell.verdict for cell in self.cells.values())


@dataclass(slots=True)
class Matrix:
    columns: list[Column]
    cases: list[str]

    def counts(self) -> Counter[str]:
        """How many cells there are by verdict."""
        return sum((column.counts() for column in self.columns), Counter())

    def red(self, strict: bool = False) -> list[tuple[Column, str, Cell]]:
        """The red cells, worst first, then in the order of the matrix."""
        found = [(column, case, cell) for case in self.cases for column in self.columns
                 if (cell := column.cells.get(case)) and is_red(cell.verdict, strict)]
        return sorted(found, key=lambda item: -severity(item[2].verdict))

    def groups(self) -> list[tuple[str, list[str]]]:
        """The cases by what they call: the provider as a whole, each of the pair, anything else."""
        names = dict.fromkeys([*GROUPS, *map(group_of, self.cases)])
        by_name = {name: sorted((case for case in self.cases if group_of(case) == name), key=_place)
                   for name in names}
        return [(name, cases) for name, cases in by_name.items() if cases]


def _entries(run: Run) -> list[str]:
    """The entries in the order of the manifests; by name where several were judged at once, in any order."""
    words = run.record.command
    at_once = any(word == "--jobs" and jobs != "1" for word, jobs in zip(words, words[1:]))
    return sorted(run.entries()) if at_once else run.entries()


def _place(case: str) -> int:
    """Where a case stands in its group: in the suite's order, but a provider's life from start to end."""
    group, _, name = case.partition(".")
    return LIFE.index(name) if group == "provider" and name in LIFE else len(LIFE)


def group_of(case: str) -> str:
    return case.partition(".")[0]


def cell_of(results: list[Result]) -> Cell:
    if not results:
        return Cell(MISSING, None, 0, True)
    worst = max(results, key=lambda result: severity(result.verdict))
    steady = all(result.verdict == worst.verdict and result.observed == worst.observed for result in results)
    return Cell(worst.verdict, worst, len(results), steady)


def build(runs: Iterable[Run]) -> Matrix:
    """One matrix of some runs. Two runs of one entry in one environment are two columns."""
    runs = list(runs)
    pairs = [(run, entry) for run in runs for entry in _entries(run)]
    often = Counter((run.record.environment, entry) for run, entry in pairs)
    columns = []
    cases: dict[str, None] = {}
    for run, entry in pairs:
        label = run.record.environment
        if often[run.record.environment, entry] > 1:
            label += " " + run.record.started
        cells = {case: cell_of(run.of(entry, case)) for case in run.asked(entry)}
        cases.update(dict.fromkeys(cells))
        columns.append(Column(run, entry, label, cells))
    matrix = Matrix(columns, list(cases))
    matrix.cases = [case for _, group in matrix.groups() for case in group]
    return matrix
