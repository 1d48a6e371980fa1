"""The report of an audit: every figure and text of it, made from the folder's records and nothing else."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections import Counter
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from .. import story
from ..expectations import Expectation
from ..matrix import Cell, Column, build
from ..terminal import tally
from ..text import printable, short
from ..verdicts import BY_SEVERITY, RED, severity
from ..verdicts import MEANING as MEANING_OF_VERDICTS
from . import conclusions
from .inputs import PDF, REPORT, Inputs

NOT_RECORDED = "not recorded"
COLUMNS_A_TABLE = 6
LONGEST = 600
_SUITE = re.compile(r"(?P<version>[^+]*)(?:\+g(?P<commit>[0-9a-f]+)(?P<dirty>\.dirty)?)?")


@dataclass(slots=True)
class _Item:
    """A case of an entry, as the report tells it."""

    entry: str
    case: str
    verdict: str
    cell: Cell
    line: int | None
    expectation: Expectation | None

    @property
    def where(self) -> str:
        return f"line {self.line}" if self.line else ""


class _Report:
    """The parts of the report, each as the template shows it."""

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self.columns = build([inputs.run]).columns
        self.items = [self._item(column, case, cell) for column in self.columns for case,
                      cell in column.cells.items()]
        self.texts = {statement.id: statement for statement in inputs.statements}
        self.conclusions = conclusions.of_statements(self.columns, self.texts)

    def _item(self, column: Column, case: str, cell: Cell) -> _Item:
        line = None
        if cell.result is not None:
            line = self.inputs.lines.get((column.entry, case, cell.result.repeat))
        expected = self.inputs.expectations.column(self.inputs.run.record.environment, column.entry).of(case)
        return _Item(column.entry, case, cell.verdict, cell, line, expected)

    def summary(self) -> list[dict[str, Any]]:
        """An entry a row: verdicts, and how many statements came to which end."""
        rows = []
        for number, column in enumerate(self.columns):
            words = Counter(found[number].word for found in self.conclusions.values())
            order = [word for word in reversed(conclusions.MEANING) if words[word]]
            rows.append({"entry": column.entry, "verdicts": tally(column.counts()), "red": _red(column),
                         "statements": ", ".join(f"{words[word]} {word}" for word in order)})
        return rows

    def tested(self) -> list[dict[str, Any]]:
        return [{"entry": column.entry, "facts": self._facts(column), "flags": self._flags(column)}
                for column in self.columns]

    def _facts(self, column: Column) -> list[tuple[str, str]]:
        provider = self.inputs.run.providers.get(column.entry)
        raw = self.inputs.providers.get(column.entry, {})
        if provider is None:
            return [("provider record", "none in the records")]
        chain = " over ".join([column.entry,
                               *map(str, provider.chain)]) if provider.chain else "base provider"
        slots = ", ".join(f"{slot}: {module}" for slot, module in provider.foreign_slots.items())
        flags = provider.service_flags
        return [
            ("DLL", provider.dll or NOT_RECORDED),
            ("SHA-256 of the DLL", provider.sha256 or NOT_RECORDED),
            ("version resource", provider.version or "none found"),
            ("signature", self._signature(raw.get("signature"))),
            ("catalog ID", _plain(provider.catalog_id)),
            ("provider GUID", provider.guid or NOT_RECORDED),
            ("family, type, protocol",
             ", ".join(map(_plain, (provider.family, provider.socket_type, provider.protocol)))),
            ("service flags", NOT_RECORDED if flags is None else f"0x{flags:x}"),
            ("chain", chain),
            ("WSPStartup's version", provider.wsp_version or "never started"),
            ("slots of other modules", slots or "none"),
            ("blocking hook", self.inputs.run.hooks.get(column.entry) or NOT_RECORDED),
        ]

    def _signature(self, recorded: Any) -> str:
        """Who signed the DLL. What Wine trusts is worth little, and what a catalog says is not looked up."""
        if not isinstance(recorded, str) or not recorded:
            return f"{NOT_RECORDED}: the suite could not tell, or is too old to look"
        if recorded == "none":
            return "none in the file; a security catalog of the system was not asked"
        judge = "; as Wine judges, which trusts more than Windows does" if self.inputs.run.record.wine else ""
        return short(recorded, LONGEST) + judge

    def _flags(self, column: Column) -> list[conclusions.FlagSeen]:
        provider = self.inputs.run.providers.get(column.entry)
        return conclusions.of_flags(column, provider.service_flags if provider else None)

    def on_what(self) -> list[tuple[str, str]]:
        run, raw = self.inputs.run, self.inputs.run_fields
        return [
            ("environment", run.record.environment),
            ("operating system", run.record.os or NOT_RECORDED),
            ("Wine", run.record.wine or "none: Windows itself"),
            ("kernel", _plain(raw.get("kernel"))),
            ("architecture", run.record.arch or NOT_RECORDED),
            ("started", run.record.started or NOT_RECORDED),
            ("finished", run.end.finished if run.end else "never: the records were cut short"),
        ]

    def with_what(self) -> list[tuple[str, str]]:
        record = self.inputs.run.record
        found = _SUITE.fullmatch(record.suite)
        commit = found["commit"] if found else None
        changed = " with changes that no commit holds" if found and found["dirty"] else ""
        return [
            ("suite", record.suite or NOT_RECORDED),
            ("commit of the suite", f"{commit}{changed}" if commit else NOT_RECORDED),
            ("command", " ".join(record.command) or NOT_RECORDED),
            ("mutation score", self._mutation()),
            ("report made by", f"wspmatrix {self.inputs.settings.get('wspmatrix', '')}"),
        ]

    def _mutation(self) -> str:
        """How many mutants the suite finds: only the score of exactly this suite says anything."""
        found = self.inputs.mutation
        none = "none for this suite version"
        if found is None:
            return none
        suite = found.get("suite")
        if suite != self.inputs.run.record.suite:
            whose = f"is of {short(suite)}" if isinstance(suite, str) else "does not say of which suite it is"
            return f"{none} (what was given {whose})"
        killed, all_of_them = found.get("killed"), found.get("mutants")
        if type(killed) is not int or type(all_of_them) is not int or not 0 <= killed <= all_of_them != 0:
            return f"{none} (what was given has no killed and mutants)"
        return f"{killed} of {all_of_them} mutants found ({100 * killed / all_of_them:.1f} %)"

    def statement_tables(self) -> list[dict[str, Any]]:
        """Statements down, entries across, so many to a table that it can be printed."""
        tables = max(1, math.ceil(len(self.columns) / COLUMNS_A_TABLE))
        width = max(1, math.ceil(len(self.columns) / tables))
        return [{"entries": [column.entry for column in self.columns[first: first + width]], "first": first,
                 "rows": [{"id": statement, "text": self._text(statement), "where": self._where(statement),
                           "cells": found[first: first + width]} for statement,
                           found in self.conclusions.items()]}
                for first in range(0, len(self.columns), width)]

    def _text(self, statement: str) -> str:
        known = self.texts.get(statement)
        return known.text if known else "its text is not known to this report"

    def _where(self, statement: str) -> str:
        known = self.texts.get(statement)
        return f"{known.page}, {known.where}" if known else ""

    def deviations(self) -> list[dict[str, Any]]:
        """What is red or only tolerated, the worst first, entries of the same answer together."""
        together: dict[tuple[Any, ...], list[_Item]] = {}
        for item in self.items:
            result = item.cell.result
            if result is not None and (item.verdict in RED or item.verdict == "tolerated"):
                together.setdefault((item.case, item.verdict, result.expected, result.observed, result.reason,
                                     self._why(item)), []).append(item)
        groups = sorted(together.values(), key=lambda items: -severity(items[0].verdict))
        return [self._deviation(items) for items in groups]

    def _deviation(self, items: list[_Item]) -> dict[str, Any]:
        first = items[0]
        result = first.cell.result
        assert result is not None
        facts = [("expected", result.expected), ("observed", result.observed), ("reason", result.reason)]
        if result.crash:
            facts.append(("crash", ", ".join(f"{name} {value}" for name, value in result.crash.items()
                                             if value is not None)))
        if result.order_dependent:
            facts.append(("only after", ", ".join(result.after) or "other cases"))
        if any(not item.cell.steady for item in items):
            facts.append(("repeats", "did not all give this answer; it is the worst of them"))
        facts.append(("expectation", self._why(first)))
        facts.append(("source", result.location))
        facts.append(("entries", ", ".join(f"{item.entry} ({item.where})" for item in items)))
        return {"case": first.case, "verdict": first.verdict, "red": first.verdict in RED, "facts":
                [(name, short(value, LONGEST)) for name, value in facts if value],
                "calls": story.calls(result),
                "statements": [(statement, self._text(statement)) for statement in result.statements]}

    def _why(self, item: _Item) -> str:
        """The reason that a person gave for a deviation, and whether it is the one that was seen."""
        expected, result = item.expectation, item.cell.result
        if expected is None or result is None:
            return "" if item.verdict == "tolerated" else "none: nobody gave a reason"
        if not expected.met_by(item.verdict, result.observed):
            return f"another answer: {expected.verdict} {short(expected.observed)} was expected"
        late = "; expired" if expected.expired(self.inputs.day) else ""
        return f"{expected.why()}{late}"

    def untested(self) -> list[dict[str, Any]]:
        """Unreached, missing, and what does not apply: together by reason."""
        together: dict[tuple[str, str], dict[str, list[_Item]]] = {}
        for item in self.items:
            if item.verdict in ("unreached", "missing", "skip"):
                reason = item.cell.result.reason if item.cell.result else MEANING_OF_VERDICTS["missing"]
                together.setdefault((item.verdict, reason), {}).setdefault(item.entry, []).append(item)
        order = sorted(together.items(), key=lambda pair: -severity(pair[0][0]))
        return [{"verdict": verdict, "reason": short(reason, LONGEST) or "no reason was recorded",
                 "count": sum(map(len, by_entry.values())),
                 "entries": [{"entry": entry, "count": len(items), "cases": [item.case for item in items]}
                             for entry, items in by_entry.items()]} for (verdict, reason), by_entry in order]

    def uncovered(self) -> list[tuple[str, str]]:
        """Statements that no case of this run is about, whatever the entry."""
        return [(statement, self._text(statement)) for statement, found in self.conclusions.items()
                if all(conclusion.word == conclusions.NO_CASE for conclusion in found)]

    def evidence(self) -> list[dict[str, Any]]:
        """Every verdict but skips, which stand with their reasons above; an entry at a time."""
        return [{"entry": column.entry, "rows": [
            {"case": item.case, "verdict": item.verdict, "red": item.verdict in RED, "line": item.line or "",
             "statements": " ".join(item.cell.result.statements) if item.cell.result else "",
             "observed": short(item.cell.result.observed, 200) if item.cell.result else ""}
            for item in self.items if item.entry == column.entry and item.verdict != "skip"]}
            for column in self.columns]


def _red(column: Column) -> int:
    return sum(count for verdict, count in column.counts().items() if verdict in RED)


def _plain(value: Any) -> str:
    """A field of any kind as text."""
    return NOT_RECORDED if value is None or value == "" else short(str(value), LONGEST)


def files_of(folder: Path) -> list[tuple[str, str]]:
    """What the report was made from, with hashes: all that is there before the report is."""
    names = sorted(path.name for path in folder.iterdir() if path.name not in (REPORT, PDF)
                   and path.name != "SHA256SUMS")
    return [(name, hashlib.sha256((folder / name).read_bytes()).hexdigest()) for name in names]


def render(inputs: Inputs, folder: Path) -> str:
    """The whole report as one HTML file without a script; the template escapes what foreign records say."""
    style = resources.files(__package__).joinpath("report.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    environment = Environment(loader=PackageLoader(__package__, "."), autoescape=True,
                              undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True, finalize=_finalize)
    environment.filters["breakable"] = _breakable
    report = _Report(inputs)
    counts: Counter[str] = sum((column.counts() for column in report.columns), Counter())
    return environment.get_template("report.html").render(
        report=report, style=style,
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; "
        "form-action 'none'", run=inputs.run, problems=inputs.problems, files=files_of(folder), counts=counts,
        tally=tally(counts), red=sum(count for verdict, count in counts.items() if verdict in RED),
        day=inputs.day.isoformat(), words=conclusions.MEANING,
        verdicts=[(verdict, MEANING_OF_VERDICTS[verdict]) for verdict in BY_SEVERITY])


def _finalize(value: Any) -> Any:
    """No hidden character of a foreign text reaches the page."""
    return printable(value) if type(value) is str else value


def _breakable(name: str) -> Markup:
    """A name that may be broken where its words end."""
    return Markup(re.sub(r"([._])", r"\1<wbr>", str(escape(printable(name)))))
