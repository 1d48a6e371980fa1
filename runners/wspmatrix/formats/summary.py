"""Markdown for the summary of a pull request: what is red first, then what each entry adds up to."""

from __future__ import annotations

from .. import markdown
from ..terminal import tally
from . import Source


def write(source: Source) -> str:
    news, expected = source.red()
    page = markdown.Page(f"wspcheck: {len(news)} red" if news or source.problems else "wspcheck: nothing red"
                         + (" but what is expected" if expected else ""))
    page.paragraph(f"{len(source.matrix.columns)} entries, {len(source.matrix.cases)} cases: "
                   f"{tally(source.matrix.counts())}. {len(expected)} red as expected.")
    page.table(("problems with the record files",), [(problem,) for problem in source.problems], code_from=0)
    page.table(("verdict", "on", "case", "expected", "observed", "statements", "reason"), [
        (cell.verdict, f"{column.label} {column.entry}", case, *(
            (cell.result.expected, cell.result.observed, ", ".join(cell.result.statements),
             cell.result.reason)
            if cell.result else ("", "", "", "asked for, and there is no verdict"))) for column, case,
        cell in news])
    page.table(("verdicts", "environment", "entry"), [
        (tally(column.counts()), column.label, column.entry) for column in source.matrix.columns])
    page.table(("expected", "on", "case", "observed", "reason"), [
        (cell.verdict, f"{column.label} {column.entry}", case, expectation.observed, expectation.why())
        for column, case, cell, expectation in expected])
    return page.text()
