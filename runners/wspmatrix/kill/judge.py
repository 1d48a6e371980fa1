"""Who kills whom, and whether that is enough. Reads results only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .mutants import Case, Mutant

KILLS = frozenset({"fail", "crash", "hang"})


class Result(Protocol):
    """What the judge needs of a result."""

    @property
    def entry(self) -> str: ...
    @property
    def case(self) -> str: ...
    @property
    def verdict(self) -> str: ...
    @property
    def statements(self) -> tuple[str, ...]: ...
    @property
    def order_dependent(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """A result, and no more of it than the judge needs."""

    entry: str
    case: str
    verdict: str
    statements: tuple[str, ...]
    order_dependent: bool
    sure: bool = True
    """Not so late that the case may have waited in vain, and with little patience."""


@dataclass
class Fate:
    """One entry of a mutant: what became of it."""

    entry: str
    base: str
    verdicts: dict[str, str] = field(default_factory=dict)
    """By case, all that was judged."""
    kills: dict[str, str] = field(default_factory=dict)
    """The cases that kill it, and with which verdict."""
    own: list[str] = field(default_factory=list)
    """Of them, those that cover the statement that is broken, with a verdict that the fault deserves."""
    late: list[str] = field(default_factory=list)
    """Cases that were red at the first look, after a wait that was short, and were not looked at again."""
    missing: list[str] = field(default_factory=list)
    """The cases that were asked for and have no verdict."""


@dataclass
class Judged:
    """One mutant with its entries."""

    mutant: Mutant
    fates: list[Fate]

    @property
    def killed(self) -> bool:
        return all(fate.own for fate in self.fates)


@dataclass
class Matrix:
    judged: list[Judged]
    cases: list[Case]
    problems: list[str]
    """What the gate stops at, each in a line."""
    entries: int = 0
    results: int = 0
    suite: str = ""
    """The version of the suite that was judged."""

    @property
    def mutants(self) -> list[Judged]:
        return [judged for judged in self.judged if not judged.mutant.is_control]

    @property
    def killed(self) -> int:
        return sum(judged.killed for judged in self.mutants)

    def killed_by(self, case: str) -> list[str]:
        """The mutants that a case kills."""
        return [judged.mutant.name for judged in self.mutants
                if any(case in fate.kills for fate in judged.fates)]

    def of_statement(self, statement: str) -> tuple[list[str], list[str]]:
        """The cases that cover a statement, and the mutants that break it and are killed."""
        covering = [case.name for case in self.cases if statement in case.statements]
        return covering, [judged.mutant.name for judged in self.mutants
                          if judged.mutant.statement == statement and judged.killed]

    def statements(self) -> list[str]:
        found = {statement for case in self.cases for statement in case.statements}
        return sorted(found | {judged.mutant.statement for judged in self.mutants}, key=_in_order)


def _in_order(statement: str) -> tuple[str, int, str]:
    kind, _, rest = statement.partition("-")
    digits = "".join(char for char in rest if char.isdigit())
    return kind, int(digits or 0), rest


def deserves(shows: str, verdict: str) -> bool:
    """A fault that only answers wrongly must be told by a fail; one that ends the process or never returns by
    that. A fail is always good enough: a case may see the fault before it does its worst."""
    return verdict == "fail" or verdict == shows


def _fate(mutant: Mutant, entry: str, base: str, results: Sequence[Result], asked: Sequence[Case]) -> Fate:
    fate = Fate(entry, base)
    for result in results:
        known = fate.verdicts.get(result.case)
        fate.verdicts[result.case] = result.verdict
        if known is not None and known in KILLS:
            fate.verdicts[result.case] = known
        if result.verdict not in KILLS:
            continue
        if isinstance(result, Seen) and not result.sure:
            fate.late.append(result.case)
            continue
        fate.kills[result.case] = result.verdict
        if mutant.statement in result.statements and deserves(mutant.shows, result.verdict) \
                and not result.order_dependent and result.case not in fate.own:
            fate.own.append(result.case)
    fate.missing = [case.name for case in asked if case.name not in fate.verdicts]
    return fate


def _survivor(judged: Judged) -> list[str]:
    lines = []
    for fate in judged.fates:
        if fate.own:
            continue
        mutant = judged.mutant
        others = ", ".join(f"{case} ({verdict})" for case, verdict in list(fate.kills.items())[:3])
        rest = len(fate.kills) - 3
        if not fate.kills:
            how = "no case tells it from the reference"
        else:
            how = f"told only by {others}" + (f" and {rest} more" if rest > 0 else "")
        lines.append(f"mutant {mutant.name} on {fate.base} survives: "
                     f"{mutant.statement}, {mutant.description}; {how}")
    return lines


def _control(judged: Judged) -> list[str]:
    return [f"the reference without a fault is killed on {fate.base}: {case} ({verdict})"
            for fate in judged.fates for case, verdict in fate.kills.items()]


def judge(mutants: Iterable[Mutant], cases: Sequence[Case], results: Iterable[Result],
          everything: bool = True, asked: Callable[[Mutant], Sequence[Case]] | None = None) -> Matrix:
    """The matrix of what ran. `everything`: all mutants and cases were asked for, so a case that kills none
    is a problem too. `asked`: the cases that a mutant was run with, all of them without it."""
    by_entry: dict[str, list[Result]] = {}
    for result in results:
        by_entry.setdefault(result.entry, []).append(result)
    judged = [Judged(mutant, [_fate(mutant, entry, base, by_entry.get(entry, []),
                                    asked(mutant) if asked else cases)
                              for entry, base in mutant.entries.items()]) for mutant in mutants]
    matrix = Matrix(judged, list(cases), [], len(by_entry), sum(map(len, by_entry.values())))
    for one in judged:
        matrix.problems += _control(one) if one.mutant.is_control else _survivor(one)
        for fate in one.fates:
            errors = [case for case, verdict in fate.verdicts.items() if verdict == "error"]
            matrix.problems += [f"{fate.entry}: {case}: the suite failed" for case in errors]
            if fate.missing:
                matrix.problems.append(f"{fate.entry}: no verdict for {fate.missing[0]}; "
                                       "expected one for each case")
    if everything:
        matrix.problems += _idle(matrix)
    return matrix


def _idle(matrix: Matrix) -> list[str]:
    """Cases that kill nothing and don't say why, and cases that say so and kill all the same."""
    kills = {case for judged in matrix.mutants for fate in judged.fates for case in fate.kills}
    lines = [f"case {case.name} kills no mutant and gives no reason (SURVIVES)"
             for case in matrix.cases if case.name not in kills and not case.survives]
    return lines + [f"case {case.name} says that no mutant can be killed by it ({case.survives}), and kills "
                    "one" for case in matrix.cases if case.name in kills and case.survives]
