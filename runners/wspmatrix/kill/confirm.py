"""Kills of the first look that rest on a wait: those that the gate needs are looked at again.

At the first look a case waits a short time only for what a mutant may keep from coming. On a machine that is
busy for that long, what was late looks like what never came. So a mutant counts as killed, and a case as one
that kills, by a kill that took no such wait, or that was seen again with all patience.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from .judge import KILLS, Seen, deserves
from .mutants import Case, Mutant
from .running import Errand


def _kills(mutant: Mutant, result: Seen) -> bool:
    return mutant.statement in result.statements and deserves(mutant.shows, result.verdict) \
        and not result.order_dependent


def _of_mutants(mutants: Sequence[Mutant], by_entry: dict[str, list[Seen]]) -> Iterator[Seen]:
    """What may decide about the mutants which nothing has killed for sure: one verdict for each."""
    for mutant in mutants:
        for entry in mutant.entries:
            found = [result for result in by_entry[entry] if mutant.statement in result.statements]
            if not any(result.sure and _kills(mutant, result) for result in found):
                yield from _first([result for result in found if not result.sure])


def _of_cases(cases: Sequence[Case], results: Sequence[Seen]) -> Iterator[Seen]:
    """What may show that a case kills, for those that have killed nothing for sure: one verdict for each."""
    by_case: dict[str, list[Seen]] = defaultdict(list)
    for result in results:
        if result.verdict in KILLS or not result.sure:
            by_case[result.case].append(result)
    for case in cases:
        found = by_case[case.name]
        if not case.survives and not any(result.sure for result in found):
            yield from _first(found)


def _first(unsure: list[Seen]) -> list[Seen]:
    """The likeliest of them."""
    return sorted(unsure, key=lambda result: result.verdict not in KILLS)[:1]


def doubtful(mutants: Sequence[Mutant], cases: Sequence[Case], results: Sequence[Seen]) -> list[Errand]:
    """What has to be run again, with workers and all patience; nothing once all is sure."""
    by_entry: dict[str, list[Seen]] = defaultdict(list)
    for result in results:
        by_entry[result.entry].append(result)
    again: dict[str, dict[str, None]] = defaultdict(dict)
    for result in (*_of_mutants(mutants, by_entry), *_of_cases(cases, results)):
        again[result.entry][result.case] = None
    return [Errand(entry, tuple(names), isolated=True, waits=True) for entry, names in again.items()]


def confirm(mutants: Sequence[Mutant], cases: Sequence[Case], results: list[Seen],
            run: Callable[[Sequence[Errand]], list[Seen]]) -> tuple[list[Seen], int]:
    """The results with those that were seen again in their place, and how many these are."""
    again = 0
    while errands := doubtful(mutants, cases, results):
        asked = {(errand.entry, case) for errand in errands for case in errand.cases}
        seen = run(errands)
        again += len(asked)
        results = [result for result in results if (result.entry, result.case) not in asked] + seen
    return results, again
