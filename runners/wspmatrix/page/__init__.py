"""The matrix as one HTML file: no network, opens from disk, nothing runs in it but our own script.

What foreign files say reaches the page in two ways only: escaped by the template, or as data in JSON that the
script writes as text. The content policy allows exactly the script and the style that are in the page.
"""

from __future__ import annotations

import base64
import hashlib
import json
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from ..matrix import Cell, Column, Matrix, group_of
from ..reader import Run
from ..terminal import tally
from ..text import printable
from ..verdicts import BY_SEVERITY, MEANING, is_red

NOT_ASKED = " "


class _Table:
    """Values that many cells share, each written once and named by its number."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._numbers: dict[str, int] = {}

    def number(self, value: Any) -> int:
        key = json.dumps(value, ensure_ascii=False)
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self.values)
            self.values.append(value)
        return found


def data(matrix: Matrix) -> dict[str, Any]:
    """What the script draws: cells as one letter a case, stories shared, texts without hidden characters."""
    stories = _Table()
    runs = list({id(column.run): column.run for column in matrix.columns}.values())
    numbers = {id(run): number for number, run in enumerate(runs)}
    letters = {verdict: chr(ord("a") + number) for number, verdict in enumerate(BY_SEVERITY)}
    statements: dict[str, dict[str, None]] = {case: {} for case in matrix.cases}
    columns = []
    for column in matrix.columns:
        cells = [column.cells.get(case) for case in matrix.cases]
        for case, cell in column.cells.items():
            if cell.result is not None:
                statements[case].update(dict.fromkeys(cell.result.statements))
        columns.append(_column(column, numbers[id(column.run)]) | {
            "cells": "".join(letters[cell.verdict] if cell else NOT_ASKED for cell in cells),
            "stories": [stories.number(_story(cell)) if cell and cell.result else -1 for cell in cells],
        })
    return _printable({
        "verdicts": [{"name": verdict, "letter": letters[verdict], "red": is_red(verdict),
                      "meaning": MEANING[verdict]}
                     for verdict in BY_SEVERITY],
        "runs": [_run(run) for run in runs],
        "columns": columns,
        "cases": [{"id": case, "group": group_of(case), "statements": list(statements[case])}
                  for case in matrix.cases],
        "stories": stories.values,
    })


def _run(run: Run) -> dict[str, Any]:
    record = run.record
    return {"environment": record.environment, "suite": record.suite, "started": record.started,
            "arch": record.arch,
            "os": record.os, "wine": record.wine, "command": list(record.command),
            "ended": run.end is not None,
            "whole": run.whole}


def _column(column: Column, run: int) -> dict[str, Any]:
    provider = column.run.providers.get(column.entry)
    about = {"run": run, "entry": column.entry, "label": column.label,
             "hook": column.run.hooks.get(column.entry)}
    if provider is not None:
        about |= {"dll": provider.dll, "sha256": provider.sha256, "version": provider.version,
                  "flags": provider.service_flags, "chain": list(provider.chain)}
    return about


def _story(cell: Cell) -> dict[str, Any]:
    """Only what is there: most cells have little to tell."""
    result = cell.result
    assert result is not None
    calls = [[call.fn, call.args, call.result, call.error, call.micros] for call in result.calls]
    told = {"statements": list(result.statements), "grade": result.grade, "expected": result.expected,
            "observed": result.observed, "reason": result.reason, "location": result.location,
            "crash": result.crash, "blame": result.blame, "calls": calls, "after": list(result.after),
            "order_dependent": result.order_dependent, "unsteady": not cell.steady}
    return {key: value for key, value in told.items() if value}


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list):
        return [_printable(item) for item in value]
    if isinstance(value, dict):
        return {printable(key): _printable(item) for key, item in value.items()}
    return value


def embedded(value: Any) -> str:
    """JSON that can't end the script element that it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def render(matrix: Matrix, title: str, problems: list[str]) -> str:
    """The whole page. `problems` are the messages about the files that it was made from."""
    files = resources.files(__package__)
    script = files.joinpath("page.js").read_text("utf-8")
    style = files.joinpath("page.css").read_text("utf-8")
    policy = (f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
              "base-uri 'none'; form-action 'none'")
    environment = Environment(loader=PackageLoader(__package__, "."), autoescape=True,
                              undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True)
    return environment.get_template("page.html").render(
        title=printable(title), policy=policy, script=script, style=style, data=embedded(data(matrix)),
        tally=tally(matrix.counts()), red=len(matrix.red()),
        problems=[printable(problem) for problem in problems],
        columns=len(matrix.columns), cases=len(matrix.cases))


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
