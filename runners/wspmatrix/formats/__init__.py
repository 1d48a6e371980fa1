"""The matrix in the formats that people's tools read. Each has write(source), which gives the whole file."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..expectations import Expectation, Expectations
from ..matrix import Cell, Column, Matrix
from ..reader import Run
from ..text import printable, short
from ..verdicts import MISSING, is_red, severity

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass
class Source:
    """What a format is made from: the matrix, what was wrong with its files, and what is expected."""

    matrix: Matrix
    problems: list[str]
    expectations: Expectations
    today: datetime.date
    strict: bool = False

    def __post_init__(self) -> None:
        runs: dict[int, Run] = {id(column.run): column.run for column in self.matrix.columns}
        for run in runs.values():
            if not run.results:
                self.problems.append(f"{short(str(run.file), 300)}: nothing was judged; expected results")

    def is_red(self, cell: Cell) -> bool:
        return is_red(cell.verdict, self.strict)

    def expectation(self, column: Column, case: str, cell: Cell) -> Expectation | None:
        """The expectation that a red cell meets to the letter, if it has not expired."""
        if not self.is_red(cell) or cell.result is None:
            return None
        expected = self.expectations.column(column.run.record.environment, column.entry).of(case)
        if expected is None or expected.expired(self.today):
            return None
        results = column.run.of(column.entry, case)
        met = all(expected.met_by(result.verdict, result.observed)
                  for result in results if result.verdict == cell.verdict)
        return expected if met else None

    def cells(self) -> Iterator[tuple[Column, str, Cell]]:
        """Every cell, column after column, in the order of the matrix."""
        for column in self.matrix.columns:
            for case in self.matrix.cases:
                if (cell := column.cells.get(case)) is not None:
                    yield column, case, cell

    def red(self) -> tuple[list[tuple[Column, str, Cell]], list[tuple[Column, str, Cell, Expectation]]]:
        """The red cells that nobody expects, and those that somebody does, the worst first."""
        news, expected = [], []
        for column, case, cell in self.cells():
            if not self.is_red(cell):
                continue
            expectation = self.expectation(column, case, cell)
            if expectation is None:
                news.append((column, case, cell))
            else:
                expected.append((column, case, cell, expectation))
        news.sort(key=lambda item: -severity(item[2].verdict))
        expected.sort(key=lambda item: -severity(item[2].verdict))
        return news, expected


def headline(cell: Cell) -> str:
    """What a cell says in one line."""
    if cell.result is None:
        return f"{MISSING}: asked for, and there is no verdict"
    result = cell.result
    text = cell.verdict
    if result.expected or result.observed:
        text += f": expected {result.expected or 'nothing'}, observed {result.observed or 'nothing'}"
    return short(f"{text} ({result.reason})" if result.reason else text, 500)


def in_xml(text: str) -> str:
    """The text with what XML can't hold, and what would be hidden, written as escapes. Line ends stay."""
    lines = (printable(line) for line in text.split("\n"))
    return _NOT_IN_XML.sub(lambda match: f"\\u{ord(match.group()):04x}", "\n".join(lines))
