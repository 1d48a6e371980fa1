"""What an audit report is made from: the files of its folder, and nothing else.

Making the report and verifying it read these files in the same way, so that every figure is found again.
"""

from __future__ import annotations

import datetime
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import expectations as expecting
from .. import statements as stating
from ..expectations import Expectations
from ..reader import Log, Run, load
from ..records import RecordError, parse_object
from ..statements import Statement
from ..text import quoted

RECORDS = "records.jsonl"
STATEMENTS = "statements.json"
EXPECTATIONS = "expectations"
SETTINGS = "audit.json"
MUTATION = "mutation.json"
REPORT = "report.html"
PDF = "report.pdf"

_DATE = re.compile(r"\d{4}-\d\d-\d\d(?=T|$)")


class AuditError(ValueError):
    """A folder, or a run, that no report can be made of: one line."""


@dataclass(slots=True)
class Inputs:
    """All that a report says comes from here."""

    run: Run
    problems: list[str]
    providers: dict[str, dict[str, Any]]
    run_fields: dict[str, Any]
    lines: dict[tuple[str, str, int], int]
    """Where the result of an entry, a case and a repeat stands in the records."""
    statements: list[Statement]
    expectations: Expectations
    mutation: dict[str, Any] | None
    settings: dict[str, Any]

    @property
    def day(self) -> datetime.date:
        """The day that expectations are judged by: that of the run, so that the report stays the same."""
        found = _DATE.match(self.run.record.started)
        try:
            return datetime.date.fromisoformat(found[0]) if found else datetime.date.min
        except ValueError:
            return datetime.date.min


def read(folder: Path) -> Inputs:
    """Reads the folder of an audit. AuditError where that can't be done."""
    log = Log()
    runs = load([folder / RECORDS], log)
    if len(runs) != 1:
        why = log.lines()[0] if log.lines() else f"{len(runs)} runs"
        raise AuditError(f"{why}; expected the records of one run")
    providers, run_fields, lines = _raw(folder / RECORDS)
    try:
        statements = stating.parse((folder / STATEMENTS).read_bytes(), STATEMENTS)
        expectations = expecting.load(sorted(folder.glob(f"{EXPECTATIONS}-*.toml")))
    except (stating.StatementError, expecting.ExpectationError) as error:
        raise AuditError(str(error).split("\n")[0]) from None
    settings = _object(folder / SETTINGS)
    mutation = _object(folder / MUTATION) if (folder / MUTATION).exists() else None
    return Inputs(runs[0], [_inside(line, folder) for line in log.lines()], providers, run_fields, lines,
                  statements,
                  expectations, mutation, settings)


def _inside(line: str, folder: Path) -> str:
    """A message without the folder's own place, which is no part of the evidence."""
    return line.replace(f"{folder}/", "").replace(f"{folder}\\", "")


def _raw(path: Path) -> tuple[dict[str, dict[str, Any]], dict[str, Any], dict[tuple[str, str, int], int]]:
    """Fields that records.py does not know (a signature, a kernel), and the line of each result."""
    providers: dict[str, dict[str, Any]] = {}
    run: dict[str, Any] = {}
    lines: dict[tuple[str, str, int], int] = {}
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                obj = parse_object(line)
            except RecordError:
                continue
            kind, entry, case, repeat = (obj.get(key) for key in ("record", "entry", "case", "repeat"))
            if kind == "result" and isinstance(entry, str) and isinstance(case, str) and isinstance(repeat,
                                                                                                    int):
                lines.setdefault((entry, case, repeat), number)
            elif kind == "provider" and isinstance(entry, str):
                providers.setdefault(entry, obj)
            elif kind == "run" and not run:
                run = obj
    return providers, run, lines


def _object(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes().decode("utf-8"))
    except (ValueError, RecursionError):
        raise AuditError(f"{path.name}: no JSON; expected an object") from None
    if not isinstance(value, dict):
        raise AuditError(f"{path.name}: {quoted(value)}; expected an object")
    return value
