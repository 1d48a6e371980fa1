"""What the page shows, as tables in JSON: cells as one character a case, what repeats written once.

A story (statements, expected, observed, ...) holds no times, so that cells that tell the same share one. Its
calls are the number of a sequence, a sequence is a list of numbers of calls, the times stand beside the cell.
"""

from __future__ import annotations

import datetime
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from .. import families, statements
from ..expectations import Expectation, Expectations
from ..matrix import Cell, Column, Matrix, group_of
from ..reader import Run
from ..records import Call, Result
from ..terminal import LETTERS
from ..text import printable
from ..verdicts import BY_SEVERITY, MEANING, is_red

NOT_ASKED = " "
EXACT = 2**53
"""Up to here a script can hold whole numbers; larger ones go as text."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected of the matrix, and the day on which dates are judged."""

    expectations: Expectations
    today: datetime.date


class _Table:
    """Values that many cells share, each written once and named by its number."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._numbers: dict[Hashable, int] = {}

    def number(self, key: Hashable, value: Any) -> int:
        """The number of `key`; `value()` makes what is written of it, the first time."""
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self.values)
            self.values.append(value())
        return found


class _Stories:
    """The stories of all cells, and the calls that they tell of."""

    def __init__(self) -> None:
        self.stories, self.sequences, self.calls = _Table(), _Table(), _Table()

    def number(self, cell: Cell) -> int:
        result = cell.result
        if result is None:
            return -1
        crash = tuple(result.crash.items()) if result.crash else ()
        sequence = self._sequence(result.calls) if result.calls else -1
        key = (result.statements, result.grade, result.expected, result.observed, result.reason,
               result.location, crash, result.blame, result.after, result.order_dependent, cell.steady,
               sequence)
        return self.stories.number(key, lambda: _story(result, cell.steady, sequence))

    def _sequence(self, calls: tuple[Call, ...]) -> int:
        numbers = tuple(self._call(call) for call in calls)
        return self.sequences.number(numbers, lambda: list(numbers))

    def _call(self, call: Call) -> int:
        told = (call.fn, call.args, call.result, call.error, call.thread, call.inside)
        return self.calls.number(told, lambda: _printable([_exact(value) for value in told]))


def tables(matrix: Matrix, expected: Expected, strict: bool) -> dict[str, Any]:
    """Everything that the script draws."""
    runs = list({id(column.run): column.run for column in matrix.columns}.values())
    numbers = {id(run): number for number, run in enumerate(runs)}
    texts = {statement.id: statement for statement in statements.of_package()}
    named = _statements_of(matrix)
    order = _order(texts, named)
    places = {statement: number for number, statement in enumerate(order)}
    cases = sorted(matrix.cases, key=lambda case: places[named[case][0]] if named[case] else len(places))
    stories, known = _Stories(), _Table()
    columns = [_column(column, numbers[id(column.run)]) | _cells(column, cases, stories)
               | {"expected": _expected(column, cases, expected, known)} for column in matrix.columns]
    return {
        "verdicts": [{"name": verdict, "letter": LETTERS[verdict], "red": is_red(verdict, strict),
                      "meaning": MEANING[verdict]} for verdict in BY_SEVERITY],
        "families": [{"name": name, "meaning": meaning} for name, meaning in families.MEANING.items()],
        "calls_of_the_pair": families.CALLS,
        "runs": [_run(run) for run in runs],
        "statements": [_statement(name, texts.get(name)) for name in order],
        "cases": [{"id": printable(case), "group": printable(group_of(case)),
                   "statements": [places[statement] for statement in named[case]]} for case in cases],
        "columns": columns,
        "stories": stories.stories.values,
        "sequences": stories.sequences.values,
        "calls": stories.calls.values,
        "expectations": known.values,
    }


def _statement(name: str, known: statements.Statement | None) -> list[str]:
    return _printable([name, known.page, known.where, known.text] if known else [name, "", "", ""])


def _statements_of(matrix: Matrix) -> dict[str, list[str]]:
    """The statements of each case: those it names everywhere first, then what only some results add.

    A case is grouped by the first of them; a check that watches all cases (leaks, say) adds its own last.
    """
    found: dict[str, dict[tuple[str, ...], None]] = {case: {} for case in matrix.cases}
    for column in matrix.columns:
        for case, cell in column.cells.items():
            if cell.result is not None and cell.result.statements:
                found[case][cell.result.statements] = None
    return {case: list(dict.fromkeys(name for names in sorted(lists, key=len) for name in names))
            for case, lists in found.items()}


def _order(texts: Iterable[str], named: dict[str, list[str]]) -> list[str]:
    """The statements that occur: of the provider as a whole, then as documented, then unknown ones."""
    there = {name for names in named.values() for name in names}
    documented = [name for name in texts if name in there]
    provider = [name for name in documented if name.startswith("PV-")]
    pair = [name for name in documented if name not in provider]
    return [*provider, *pair, *sorted(there.difference(texts))]


def _cells(column: Column, cases: list[str], stories: _Stories) -> dict[str, Any]:
    letters, numbers, times = [], [], {}
    for place, case in enumerate(cases):
        cell = column.cells.get(case)
        letters.append(LETTERS[cell.verdict] if cell else NOT_ASKED)
        numbers.append(stories.number(cell) if cell else -1)
        if cell and cell.result and cell.result.calls:
            times[str(place)] = [_exact(call.micros) for call in cell.result.calls]
    return {"cells": "".join(letters), "stories": numbers, "times": times}


def _expected(column: Column, cases: list[str], expected: Expected, known: _Table) -> dict[str, list[Any]]:
    """By case: the number of its expectation, and whether it is met, expired or not what was seen."""
    of = expected.expectations.column(column.run.record.environment, column.entry)
    found = {}
    for place, case in enumerate(cases if of.all else ()):
        cell, expectation = column.cells.get(case), of.of(case)
        if cell is None or expectation is None:
            continue
        number = known.number(id(expectation), lambda each=expectation: _expectation(each))
        found[str(place)] = [number, _state(column, case, cell, expectation, expected.today)]
    return found


def _state(column: Column, case: str, cell: Cell, expectation: Expectation, today: datetime.date) -> str:
    # Of several repeats those count that gave the cell its verdict.
    seen = {(result.verdict, result.observed) for result in column.run.of(column.entry, case)
            if result.verdict == cell.verdict}
    if not seen or not all(expectation.met_by(*answer) for answer in seen):
        return "differs"
    return "expired" if expectation.expired(today) else "met"


def _expectation(expectation: Expectation) -> dict[str, Any]:
    return _printable({
        "verdict": expectation.verdict, "observed": expectation.observed,
        "sometimes": expectation.sometimes, "reason": expectation.reason,
        "owner": expectation.owner, "link": expectation.link or "",
        "until": str(expectation.until) if expectation.until else "",
        "place": f"{expectation.file.name}:{expectation.line}"})


def _run(run: Run) -> dict[str, Any]:
    record = run.record
    return _printable({
        "environment": record.environment, "suite": record.suite, "started": record.started,
        "arch": record.arch, "os": record.os, "wine": record.wine, "kernel": record.kernel, "file": run.file.name,
        "ended": run.end is not None, "whole": run.whole})


def _column(column: Column, run: int) -> dict[str, Any]:
    provider = column.run.providers.get(column.entry)
    about = {"run": run, "entry": column.entry, "label": column.label,
             "hook": column.run.hooks.get(column.entry), "manifests": _manifests(column),
             "family": _families(column)}
    if provider is not None:
        about |= {"dll": provider.dll, "sha256": provider.sha256, "version": provider.version}
    return _printable(about)


def _families(column: Column) -> list[list[Any]]:
    """For each call of the pair the number of its family, and how many cases show it."""
    order = list(families.MEANING)
    return [[order.index(found.family), len(found.cases)] for found in families.of_column(column).values()]


def _manifests(column: Column) -> list[str]:
    """The manifests that the entry needs: its own, which finds those of lower layers beside it, or all."""
    words = column.run.record.command
    given = [value for word, value in zip(words, words[1:]) if word == "--manifest"]
    own = [name for name in given if name.endswith(".ini") and column.entry.startswith(name[:-len("ini")])]
    return own or given


def _story(result: Result, steady: bool, sequence: int) -> dict[str, Any]:
    """Only what is there: most cells have little to tell."""
    told = {"statements": list(result.statements), "grade": result.grade, "expected": result.expected,
            "observed": result.observed, "reason": result.reason, "location": result.location,
            "crash": _crash(result.crash or {}), "blame": result.blame, "after": list(result.after),
            "order_dependent": result.order_dependent,
            "unsteady": not steady, "calls": sequence + 1}
    return _printable({key: value for key, value in told.items() if value})


def _crash(crash: dict[str, Any]) -> list[list[Any]]:
    return [[key, _exact(value)] for key, value in crash.items() if value is not None]


def _exact(value: Any) -> Any:
    return str(value) if isinstance(value, int) and abs(value) > EXACT else value


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list):
        return [_printable(item) for item in value]
    if isinstance(value, dict):
        return {key: _printable(item) for key, item in value.items()}
    return value
