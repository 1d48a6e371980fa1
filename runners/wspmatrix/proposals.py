"""Expectations for a person to give a reason to: one for everything in some runs that needs one and has none.

What goes into one proposal has the same verdict and answer, and belongs to one subject: the rows of a case,
and the same case of both calls. It names all environments, entries and cases that it covers, and covers
nothing else; a person who knows the reason may widen it to a pattern.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .expectations import Expectation, Expectations
from .reader import Run
from .records import Result
from .text import quoted, short
from .toml import quote, text_or_list
from .verdicts import ENDED_WELL, MISSING, is_red, worst

HEAD = """\
# Proposed by wspmatrix expect. Give each a reason and an owner: the gate refuses those without.
"""


_Cell = tuple[str, str, str]
"""Environment, entry and case."""

_Alike = tuple[str, str, str, bool]
"""What goes into one proposal: the subject, the verdict, the answer, and whether it comes and goes."""


@dataclass
class _Group:
    """Results that are alike, and what the suite says of them."""

    places: dict[str, dict[tuple[str, str], None]] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)


@dataclass
class Proposals:
    """Collects what needs an expectation, run after run."""

    known: Expectations
    strict: bool = False
    owner: str = ""
    conflicts: dict[str, None] = field(default_factory=dict)
    _nobody_can: dict[str, None] = field(default_factory=dict)
    _found: dict[_Cell, dict[tuple[str, str], Result]] = field(default_factory=dict)
    """What needs an expectation and has none: each answer that was seen, with a result that gave it."""
    _ended_well: set[_Cell] = field(default_factory=set)

    def see(self, run: Run) -> None:
        environment = run.record.environment
        for entry in run.entries():
            column = self.known.column(environment, entry)
            for case in run.asked(entry):
                self._look_at((environment, entry, case), run.of(entry, case), column.of(case))

    def _look_at(self, cell: _Cell, results: list[Result], expected: Expectation | None) -> None:
        verdict = worst(result.verdict for result in results)
        if verdict in (MISSING, "error"):
            self._nobody_can[f"{_name(cell)}: {verdict}, which nobody can expect"] = None
            return
        for result in results:
            if not is_red(result.verdict, self.strict):
                if result.verdict in ENDED_WELL:
                    self._ended_well.add(cell)
            elif expected is not None:
                self._compare(expected, cell, result)
            else:
                self._found.setdefault(cell, {})[result.verdict, result.observed] = result

    @property
    def not_proposed(self) -> list[str]:
        """What can't be expected: a case without a verdict, an error of the suite, one answer now, another then."""
        several = [f"{_name(cell)}: {len(found)} different answers ({_answers(found)})"
                   for cell, found in self._found.items() if len(found) > 1]
        return [*self._nobody_can, *several]

    def count(self) -> int:
        return sum(len(blocks(group)) for group in self._groups().values())

    def toml(self) -> str:
        """The whole file. Nothing but comments where there is nothing to propose."""
        parts = [HEAD]
        if self.conflicts:
            parts.append("# These are there and no longer hold; mend them:\n"
                         + "".join(f"#   {line}\n" for line in self.conflicts))
        for (_, verdict, observed, sometimes), group in sorted(self._groups().items()):
            for environments, entries, cases in blocks(group):
                notes = "".join(f"# {note}\n" for note in list(group.notes)[:5])
                lines = ["[[expectation]]", text_or_list("environment", environments),
                         text_or_list("entry", entries), text_or_list("case", cases),
                         f"verdict = {quote(verdict)}", f"observed = {quote(observed)}",
                         *(["sometimes = true"] if sometimes else []), 'reason = ""',
                         f"owner = {quote(self.owner)}", ""]
                parts.append(notes + "\n".join(lines))
        return "\n".join(parts)

    def _compare(self, expected: Expectation, cell: _Cell, result: Result) -> None:
        if not expected.met_by(result.verdict, result.observed):
            text = (f"{expected.place}: says {expected.says()}, "
                    f"{_name(cell)} is {result.verdict} {quoted(result.observed, 200)}")
            self.conflicts[text] = None

    def _groups(self) -> dict[_Alike, _Group]:
        groups: dict[_Alike, _Group] = {}
        for cell, found in self._found.items():
            if len(found) == 1:
                environment, entry, case = cell
                ((verdict, observed), result), = found.items()
                key = (_subject(case), verdict, observed, cell in self._ended_well)
                group = groups.setdefault(key, _Group())
                group.places.setdefault(case, {})[environment, entry] = None
                group.notes[_note(result)] = None
        return groups


Block = tuple[list[str], list[str], list[str]]
"""Environments, entries and cases: an expectation covers every combination of them."""


def blocks(group: _Group) -> list[Block]:
    """A group's results as few blocks, each of which covers exactly results of the group."""
    by_places: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for case, places in group.places.items():
        by_places.setdefault(tuple(sorted(places)), []).append(case)
    found: list[Block] = []
    for places, cases in by_places.items():
        for environments, entries in _rectangles(places):
            found.append((environments, entries, [_literal(case) for case in sorted(cases)]))
    return sorted(found)


def _rectangles(places: Iterable[tuple[str, str]]) -> list[tuple[list[str], list[str]]]:
    """Places as (environments x entries): the entries that are in the same environments go together."""
    environments_of: dict[str, list[str]] = {}
    for environment, entry in places:
        environments_of.setdefault(entry, []).append(environment)
    together: dict[tuple[str, ...], list[str]] = {}
    for entry, environments in environments_of.items():
        together.setdefault(tuple(environments), []).append(entry)
    return [([_literal(name) for name in environments], [_literal(name) for name in entries])
            for environments, entries in together.items()]


def _literal(name: str) -> str:
    """A pattern for this name: the only character that can't stand for itself stands for any one."""
    return name.replace("*", "?")


def _name(cell: _Cell) -> str:
    environment, entry, case = cell
    return f"{short(environment)} {short(entry)} {short(case, 100)}"


def _answers(found: Iterable[tuple[str, str]]) -> str:
    return "; ".join(f"{verdict} {quoted(observed)}" for verdict, observed in list(found)[:5])


def _note(result: Result) -> str:
    """What the suite says of it."""
    statements = ", ".join(result.statements)
    note = f"{statements}: expected {result.expected}" if result.expected else statements
    return short(f"{note}; {result.reason}" if result.reason else note, 300)


def _subject(case: str) -> str:
    """What a case is about: its ID without the call and without the row."""
    parts = case.split(".")
    return parts[1] if len(parts) > 1 else case
