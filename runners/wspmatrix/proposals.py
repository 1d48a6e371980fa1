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
from .verdicts import MISSING, is_red, worst

HEAD = """\
# Proposed by wspmatrix expect. Give each a reason and an owner: the gate refuses those without.
"""


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
    not_proposed: dict[str, None] = field(default_factory=dict)
    """What can't be expected: a case without a verdict, an error of the suite."""
    _groups: dict[tuple[str, str, str], _Group] = field(default_factory=dict)

    def see(self, run: Run) -> None:
        environment = run.record.environment
        for entry in run.entries():
            column = self.known.column(environment, entry)
            for case in run.asked(entry):
                results = run.of(entry, case)
                verdict = worst(result.verdict for result in results)
                if not is_red(verdict, self.strict):
                    continue
                name = f"{short(environment)} {short(entry)} {short(case, 100)}"
                if verdict in (MISSING, "error"):
                    self.not_proposed[f"{name}: {verdict}, which nobody can expect"] = None
                    continue
                found = {result.observed: result for result in results if result.verdict == verdict}
                expected = column.of(case)
                if expected is not None:
                    self._compare(expected, name, verdict, found)
                elif len(found) == 1:
                    self._propose(environment, entry, case, *found.values())
                else:
                    self.not_proposed[f"{name}: {verdict} with {len(found)} different answers"] = None

    def count(self) -> int:
        return sum(len(blocks(group)) for group in self._groups.values())

    def toml(self) -> str:
        """The whole file. Nothing but comments where there is nothing to propose."""
        parts = [HEAD]
        if self.conflicts:
            parts.append("# These are there and no longer hold; mend them:\n"
                         + "".join(f"#   {line}\n" for line in self.conflicts))
        for (_, verdict, observed), group in sorted(self._groups.items()):
            for environments, entries, cases in blocks(group):
                notes = "".join(f"# {note}\n" for note in list(group.notes)[:5])
                lines = ["[[expectation]]", text_or_list("environment", environments),
                         text_or_list("entry", entries), text_or_list("case", cases),
                         f"verdict = {quote(verdict)}", f"observed = {quote(observed)}", 'reason = ""',
                         f"owner = {quote(self.owner)}", ""]
                parts.append(notes + "\n".join(lines))
        return "\n".join(parts)

    def _compare(self, expected: Expectation, name: str, verdict: str, answers: Iterable[str]) -> None:
        for answer in answers:
            if (verdict, answer) != (expected.verdict, expected.observed):
                text = (f"{expected.place}: says {expected.verdict} {quoted(expected.observed, 200)}, "
                        f"{name} is {verdict} {quoted(answer, 200)}")
                self.conflicts[text] = None

    def _propose(self, environment: str, entry: str, case: str, result: Result) -> None:
        group = self._groups.setdefault((_subject(case), result.verdict, result.observed), _Group())
        group.places.setdefault(case, {})[environment, entry] = None
        statements = ", ".join(result.statements)
        note = f"{statements}: expected {result.expected}" if result.expected else statements
        group.notes[short(f"{note}; {result.reason}" if result.reason else note, 300)] = None


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


def _subject(case: str) -> str:
    """What a case is about: its ID without the call and without the row."""
    parts = case.split(".")
    return parts[1] if len(parts) > 1 else case
