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
    may: list[str] = []
    never: list[str] = []
    for case, result in control.items():
        (may if _may_touch(case, result, mutant, reached or {}) else never).append(case)
    return may, never


def _may_touch(case: str, result: Result, mutant: Mutant, reached: Reached) -> bool:
    call = CALLS.get(mutant.place)
    if call is not None and case in reached:
        return mutant.name in reached[case]
    if call is None:
        # Cases of the provider look at the table, too.
        calls = {name for name, mutants in reached.items() if mutant.name in mutants}
        if mutant.place != "table" or not calls or case.startswith("provider."):
            return True
    else:
        calls = {call}
    return result.verdict != "skip" and (
        len(result.calls) >= TRACED or not result.calls or any(one.fn in calls for one in result.calls))
