"""The gate: what in some runs is news, compared with what is expected and with what was there before.

What is red needs an expectation; with `strict` so does what is tolerated or unreached. A pass never does. What was a
verdict before and is a skip or unreached now is a regression, for nothing was judged. Everything else is as it should be.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from .expectations import Expectation, Expectations
from .reader import Log, Run
from .records import Result
from .snapshot import Answer, Seen, Snapshot, answer_of
from .text import quoted, short
from .verdicts import MISSING, is_red, severity

KINDS = {
    "error": "suite error",
    "damaged": "damaged file",
    "cut": "cut short",
    "missing": "missing",
    "gone": "no longer asked for",
    "regression": "regression",
    "different": "failing differently",
    "unexpected": "no expectation",
    "expired": "expired",
    "improvement": "improvement",
}
"""What can be news, the worst first, and what people call it."""

NOT_JUDGED = ("skip", "unreached")
_RANK = {kind: rank for rank, kind in enumerate(KINDS)}

Before = Callable[[str], Snapshot]
"""What was there before in an environment."""


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of news. Of a file as a whole it has no entry and no case."""

    kind: str
    environment: str
    entry: str
    case: str
    detail: str
    before: Answer | None = None
    now: Answer | None = None
    expectation: Expectation | None = None

    def line(self) -> str:
        where = "  ".join(short(part, 200) for part in (self.environment, self.entry, self.case) if part)
        return f"{KINDS[self.kind]}: {where}{': ' if where else ''}{self.detail}"

    def rank(self) -> tuple[int, int]:
        return _RANK[self.kind], -severity(self.now.verdict) if self.now else 0


@dataclass
class Verdict:
    """What the gate says."""

    items: dict[Item, None] = field(default_factory=dict)
    results: int = 0
    as_expected: int = 0
    used: dict[Expectation, int] = field(default_factory=dict)
    unused: dict[Expectation, None] = field(default_factory=dict)
    """What is about entries that were run and matched none of their cases."""

    @property
    def green(self) -> bool:
        return not self.items

    def sorted(self) -> list[Item]:
        """The worst first; of the same kind in the order of the runs."""
        return sorted(self.items, key=Item.rank)

    def counts(self) -> Counter[str]:
        return Counter(item.kind for item in self.items)

    def summary(self) -> str:
        counts = self.counts()
        news = ", ".join(f"{counts[kind]} {name}" for kind, name in KINDS.items() if counts[kind]) or "nothing new"
        return (f"gate: {'green' if self.green else 'red'}: {news} ({self.results} results, {self.as_expected} of them "
                f"as {len(self.used)} expectations say)")


class Gate:
    """Judges run after run and keeps only the news."""

    def __init__(self, expectations: Expectations, before: Before, today: datetime.date, strict: bool = False,
                 partial: bool = False) -> None:
        self._expectations, self._before, self._today = expectations, before, today
        self._strict, self._partial = strict, partial
        self._verdict = Verdict()
        self._asked: dict[str, dict[str, set[str]]] = {}
        self._seen: set[Expectation] = set()

    def see(self, run: Run) -> None:
        environment = run.record.environment
        entries = self._asked.setdefault(environment, {})
        if not run.entries():
            self._add("missing", environment, "", "", "a run without entries, nothing was judged")
        before = self._before(environment)
        for entry in run.entries():
            expected = self._expectations.column(environment, entry)
            seen = before.columns.get((environment, entry))
            cases = entries.setdefault(entry, set())
            for case in run.asked(entry):
                cases.add(case)
                self._verdict.results += 1
                self._judge(environment, entry, case, run.of(entry, case), expected.of(case), seen)

    def close(self, log: Log) -> Verdict:
        """What can be said when all runs were seen."""
        for environment, entries in self._asked.items():
            if not self._partial:
                self._look_for_gone(environment, entries)
            for entry in entries:
                self._verdict.unused |= dict.fromkeys(self._expectations.column(environment, entry).all)
        for expectation in self._seen:
            self._verdict.unused.pop(expectation, None)
        for expectation, often in self._verdict.used.items():
            if expectation.expired(self._today):
                self._add("expired", "", "", "", f"{expectation.place} held until {expectation.until} and still "
                          f"describes {often} results: {expectation.why()}", expectation=expectation)
        for problem in log.problems:
            self._add("cut" if problem.what.startswith("cut short") else "damaged", "", "", "", str(problem))
        for line in log.lines()[len(log.problems):]:
            self._add("damaged", "", "", "", line)
        return self._verdict

    def _judge(self, environment: str, entry: str, case: str, results: list[Result], expected: Expectation | None,
               seen: Seen | None) -> None:
        if expected is not None:
            self._seen.add(expected)
        before = seen.answers.get(case) if seen else None
        now = _least_expected(results, expected)
        if expected is not None and now[:2] == (expected.verdict, expected.observed):
            self._verdict.as_expected += 1
            self._verdict.used[expected] = self._verdict.used.get(expected, 0) + 1
            return
        kind = self._kind(now, expected, before)
        if kind is None:
            return
        self._add(kind, environment, entry, case, _detail(kind, now, expected, before, results), before, now, expected)

    def _kind(self, now: Answer, expected: Expectation | None, before: Answer | None) -> str | None:
        if now.verdict == "error":
            return "error"
        if now.verdict == MISSING:
            return "missing"
        if expected is not None:
            return _against(now.verdict, expected.verdict)
        if before is not None and now.verdict in NOT_JUDGED and before.verdict not in (*NOT_JUDGED, "error", MISSING):
            return "regression"
        if not is_red(now.verdict, self._strict):
            return None
        if before is None:
            return "unexpected"
        if not is_red(before.verdict, self._strict):
            return "regression"
        return "unexpected" if now[:2] == before[:2] else "different"

    def _look_for_gone(self, environment: str, entries: dict[str, set[str]]) -> None:
        for (of_environment, entry), seen in self._before(environment).columns.items():
            if of_environment != environment:
                continue
            if entry not in entries:
                self._add("gone", environment, entry, "", f"its {len(seen.answers)} cases were there before")
                continue
            for case, answer in seen.answers.items():
                if case not in entries[entry]:
                    self._add("gone", environment, entry, case, f"was {_said(answer)}", answer)

    def _add(self, kind: str, environment: str, entry: str, case: str, detail: str, before: Answer | None = None,
             now: Answer | None = None, expectation: Expectation | None = None) -> None:
        self._verdict.items[Item(kind, environment, entry, case, detail, before, now, expectation)] = None


def _least_expected(results: list[Result], expected: Expectation | None) -> Answer:
    """The answer to judge. Of repeats that are equally bad it is one that is not expected, if there is one."""
    now = answer_of(results)
    if expected is None:
        return now
    return next((answer_of([result]) for result in results
                 if result.verdict == now.verdict and result.observed != expected.observed), now)


def _against(now: str, expected: str) -> str:
    """What it is called when a verdict, or at least its answer, is not the expected one."""
    if now in NOT_JUDGED:
        return "different" if expected in NOT_JUDGED else "regression"
    if is_red(now):
        return "different" if is_red(expected) else "regression"
    return "different" if now == expected else "improvement"


def _said(answer: Answer) -> str:
    return f"{answer.verdict} {quoted(answer.observed, 200)}" if answer.observed else answer.verdict


def _detail(kind: str, now: Answer, expected: Expectation | None, before: Answer | None, results: list[Result]) -> str:
    if kind == "missing":
        text = "asked for, and there is no verdict"
    else:
        text = f"is {_said(now)}"
    if kind == "improvement" and expected is not None:
        return f"{text}; {expected.place} still expects {expected.verdict} {quoted(expected.observed, 200)}: take it out"
    if before is not None:
        text += ", as before" if before[:2] == now[:2] else f", was {_said(before)}"
    if expected is not None:
        text += f", {expected.place} expects {expected.verdict} {quoted(expected.observed, 200)}"
    elif kind == "unexpected" and before is None:
        text += ", and was not there before"
    reason = next((result.reason for result in results if result.verdict == now.verdict and result.reason), "")
    return f"{text} ({short(reason, 200)})" if reason else text
