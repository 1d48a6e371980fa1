"""TAP 14. Each case of each entry is a test of the one list, so that readers of TAP 13 see them all as well.

What is red as expected is a TODO with its reason, what was not judged a SKIP.
"""

from __future__ import annotations

from collections.abc import Iterator

from .. import story
from ..matrix import Cell, Column
from ..text import printable, short
from ..toml import quote
from . import Source, headline


def write(source: Source) -> str:
    tests = list(source.cells())
    lines = ["TAP version 14", f"1..{len(tests) + len(source.problems)}"]
    number = 0
    last = None
    for column, case, cell in tests:
        number += 1
        if column is not last:
            lines.append(f"# {printable(column.label)} {printable(column.entry)}")
            last = column
        lines += _test(source, number, column, case, cell)
    for problem in source.problems:
        number += 1
        lines.append(f"not ok {number} - {_words(problem)}")
    return "\n".join(lines) + "\n"


def _test(source: Source, number: int, column: Column, case: str, cell: Cell) -> Iterator[str]:
    red = source.is_red(cell)
    name = _words(f"{column.label} {column.entry} {case}")
    expectation = source.expectation(column, case, cell)
    directive = ""
    if expectation is not None:
        directive = f" # TODO {_words(expectation.why())}"
    elif not red and cell.verdict in ("skip", "unreached"):
        directive = f" # SKIP {_words(headline(cell))}"
    yield f"{'not ok' if red else 'ok'} {number} - {name}{directive}"
    if red or cell.verdict == "tolerated":
        yield from _diagnostics(cell)


def _diagnostics(cell: Cell) -> Iterator[str]:
    yield "  ---"
    yield f"  verdict: {cell.verdict}"
    yield f"  message: {quote(headline(cell))}"
    if cell.result is not None:
        yield "  story: |"
        for line in story.lines(cell.result) + story.calls(cell.result):
            yield f"    {line}"
    yield "  ..."


def _words(text: str) -> str:
    """Text in a test's line: a # would start a directive."""
    return short(text, 1000).replace("\\", "\\\\").replace("#", "\\#")
