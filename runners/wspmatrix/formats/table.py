"""CSV (RFC 4180, UTF-8, a line of names first): one row for each case of each entry.

A spreadsheet takes a cell that begins with = + - @ for a formula. Such texts come from other people's
catalogs, so they get an apostrophe in front, as OWASP advises. So does a text that has one in front of such a
character already: taking one apostrophe away gives the text back.
"""

from __future__ import annotations

import csv
import io
import re

from ..matrix import Cell, Column
from ..text import printable
from . import Source

COLUMNS = ("environment", "entry", "case", "verdict", "red", "expectation", "grade", "statements", "expected",
           "observed",
           "reason", "repeats", "steady", "micros", "revision", "location", "blame", "suite", "started",
           "dll", "sha256")
_FORMULA = re.compile("'*[=+\\-@\uff1d\uff0b\uff0d\uff20]")


def write(source: Source) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for column, case, cell in source.cells():
        writer.writerow([safe(value) for value in _row(source, column, case, cell)])
    return out.getvalue()


def safe(value: str | int | None) -> str | int:
    """A value that no spreadsheet takes for a formula. Numbers are ours, or checked by the reader."""
    if value is None:
        return ""
    if isinstance(value, int):
        return value
    text = printable(value)
    return f"'{text}" if _FORMULA.match(text) else text


def _row(source: Source, column: Column, case: str, cell: Cell) -> list[str | int | None]:
    record, provider, result = column.run.record, column.run.providers.get(column.entry), cell.result
    expectation = source.expectation(column, case, cell)
    story: list[str | int | None] = [None] * 5
    place: list[str | int | None] = [None] * 4
    if result is not None:
        story = [result.grade, " ".join(result.statements), result.expected, result.observed, result.reason]
        place = [result.micros, result.revision, result.location, result.blame]
    return [record.environment, column.entry, case, cell.verdict, "yes" if source.is_red(cell) else "no",
            expectation.reason if expectation else None, *story, cell.repeats, "yes" if cell.steady else "no",
            *place,
            record.suite, record.started, provider.dll if provider else None,
            provider.sha256 if provider else None]
