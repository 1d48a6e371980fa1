"""What the verdicts of a run say of each statement, and of the flags that an entry declares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ..flags import SERVICE_FLAGS
from ..matrix import Column
from ..records import Result
from ..terminal import tally
from ..verdicts import severity

NO_CASE = "no case"
KEPT = "kept"
OBSERVED = "observed"

MEANING = {
    KEPT: "every case that applies found it kept",
    OBSERVED: "there is no documented answer; what was seen ended well",
    "tolerated": "kept, except for what a named permission or silence allows",
    "unreached": "at least one case could not bring its situation about, and none found it broken",
    "skip": "does not apply to this entry, by its own declaration",
    NO_CASE: "no case of this run is about it",
    "missing": "a case was asked for and has no verdict, and none found it broken",
    "fail": "broken", "hang": "broken: a call did not return in its time",
    "crash": "broken: the process came down", "error": "not known: the suite failed",
}
"""What the word for a statement means, the good ones first."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A statement and an entry: one word, and the cases that it rests on."""

    word: str
    counts: Counter[str]
    cases: tuple[str, ...]

    @property
    def tally(self) -> str:
        return tally(self.counts) if self.cases else ""


def of_statements(columns: Iterable[Column], statements: Iterable[str]) -> dict[str, list[Conclusion]]:
    """For each statement a conclusion for each column. A case without a verdict counts where other columns
    tell what it is about.
    """
    columns = list(columns)
    about: dict[str, dict[str, None]] = {}
    for column in columns:
        for case, cell in column.cells.items():
            for statement in cell.result.statements if cell.result else ():
                about.setdefault(statement, {})[case] = None
    wanted = list(dict.fromkeys([*statements, *sorted(about)]))
    return {statement: [_conclude(column, statement, about.get(statement, {})) for column in columns]
            for statement in wanted}


def _conclude(column: Column, statement: str, cases: Iterable[str]) -> Conclusion:
    cells = {case: column.cells[case] for case in cases if case in column.cells}
    # What a statement is broken by may stand in one entry's record only: an upcall out of contract, say.
    cells = {case: cell for case, cell in cells.items() if cell.result is None
             or statement in cell.result.statements}
    counts = Counter(cell.verdict for cell in cells.values())
    return Conclusion(_word([(cell.verdict, cell.result) for cell in cells.values()]), counts, tuple(cells))


def _word(judged: list[tuple[str, Result | None]]) -> str:
    if not judged:
        return NO_CASE
    worst = max((verdict for verdict, _ in judged), key=severity)
    if worst != "pass":
        return worst
    grades = {result.grade for verdict, result in judged if verdict == "pass" and result}
    return OBSERVED if grades == {"observed"} else KEPT


@dataclass(frozen=True, slots=True)
class FlagSeen:
    """A service flag, whether the entry declares it, and what the verdicts say of that."""

    name: str
    declared: bool
    seen: str


def of_flags(column: Column, flags: int | None) -> list[FlagSeen]:
    """The flags that are declared, and those that are not but have statements of their own."""
    if flags is None:
        return []
    seen = [FlagSeen(flag.name, bool(flags & flag.bit), _shown(column, flag.shown_by, bool(flags & flag.bit)))
            for flag in SERVICE_FLAGS if flags & flag.bit or flag.shown_by]
    rest = flags & ~sum(flag.bit for flag in SERVICE_FLAGS)
    return seen + ([FlagSeen(f"0x{rest:x}", True, "unknown to this program")] if rest else [])


def _shown(column: Column, statements: tuple[str, ...], declared: bool) -> str:
    if not statements:
        return "no statement tests it"
    results = [cell.result for cell in column.cells.values()
               if cell.result and cell.verdict != "skip" and set(statements) & set(cell.result.statements)]
    names = ", ".join(statements)
    if not results:
        return f"not tested ({names})"
    counts = Counter(result.verdict for result in results)
    good = counts["pass"] + counts["tolerated"]
    if not declared:
        return f"not claimed; {tally(counts)} ({names})"
    if good == len(results):
        return f"seen: {tally(counts)} ({names})"
    return f"{'seen in part' if good else 'not seen'}: {tally(counts)} ({names})"
