"""Which cases a mutant may change: in all others it is the reference, and their verdicts are the control's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..records import Result
from .judge import Seen
from .mutants import Mutant

TRACED = 256
"""A record holds no more calls than these: with so many, earlier ones may be missing."""

CALLS = {"send": "WSPSendDisconnect", "recv": "WSPRecvDisconnect"}

NOTES = "FAULTY_REACH"
"""The variable that has the DLL of the mutants note which of them each case could tell from the reference."""

Reached = Mapping[str, frozenset[str]]
"""By case and by call, the mutants that may be another provider than the reference there."""


def read_notes(notes: Path, found: Sequence[Seen], control: Mapping[str, Result]) -> Reached | None:
    """What a DLL has noted. It says nothing of a case that went otherwise than in the control."""
    if not notes.exists():
        return None
    otherwise = {result.case for result in found
                 if result.case not in control or control[result.case].verdict != result.verdict}
    noted: dict[str, set[str]] = {result.case: set() for result in found if result.case not in otherwise}
    for line in notes.read_text("utf-8").splitlines():
        where, _, mutant = line.partition(" ")
        if where not in otherwise:
            noted.setdefault(where, set()).add(mutant)
    return {where: frozenset(names) for where, names in noted.items()}


def touched(control: Mapping[str, Result], mutant: Mutant,
            reached: Reached | None = None) -> tuple[list[str], list[str]]:
    """The cases that a mutant may change, and those that it can't. `reached`: what the DLL has noted."""
    reached = reached or {}
    call = CALLS.get(mutant.place)
    calls = {call} if call else _slots(mutant, reached)
    may: list[str] = []
    never: list[str] = []
    for case, result in control.items():
        if call and case in reached:
            seen = mutant.name in reached[case]
        elif not call and (not calls or case.startswith("provider.")):
            seen = True  # cases of the provider look at the table, too
        else:
            seen = _may_call(result, calls)
        (may if seen else never).append(case)
    return may, never


def _slots(mutant: Mutant, reached: Reached) -> set[str]:
    """The calls that a mutant of the table changes; none where that isn't known, and of one of the start."""
    return {name for name, mutants in reached.items() if mutant.place == "table" and mutant.name in mutants}


def _may_call(result: Result, calls: set[str]) -> bool:
    return result.verdict != "skip" and (
        len(result.calls) >= TRACED or not result.calls or any(one.fn in calls for one in result.calls))
