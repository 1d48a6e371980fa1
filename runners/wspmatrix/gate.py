"""The gate: what in some runs is news, compared with what is expected and with what was there before.

What is red needs an expectation; with `strict` so does what is tolerated or unreached. A pass never does.
What was a verdict before and is a skip or unreached now is a regression: nothing was judged.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from .expectations import Expectation, Expectations
from .reader import Log, Run
from .records import Result
from .snapshot import Answer, Snapshot, answer_of
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
_NO_ANSWER = ("error", MISSING)
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
    """The expectations that describe results, and how many."""
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
        news = [f"{counts[kind]} {name}" for kind, name in KINDS.items() if counts[kind]]
        return (f"gate: {'green' if self.green else 'red'}: {', '.join(news) or 'nothing new'} "
                f"({self.results} results, {self.as_expected} of them as {len(self.used)} expectations say)")


@dataclass(frozen=True, slots=True)
class _Judged:
    """One case of one entry: what it says now, said before, and should say."""

    now: Answer
    before: Answer | None
    expected: Expectation | None
    reason: str

    def as_expected(self) -> bool:
        return self.expected is not None and self.expected.met_by(*self.now[:2])


class Gate:
    """Judges run after run and keeps only the news.

    `partial`: only some of the cases or entries were to be run, so what was not asked for is no news.
    """

    def __init__(self, expectations: Expectations, before: Before, today: datetime.date,
                 strict: bool = False, partial: bool = False) -> None:
        self._expectations, self._before, self._today = expectations, before, today
        self._strict, self._partial = strict, partial
        self._verdict = Verdict()
        self._entries: dict[str, dict[str, None]] = {}
        # What was there before and has not been asked for in any run so far.
        self._left: dict[tuple[str, str], dict[str, Answer]] = {}
        self._matched: set[Expectation] = set()

    def see(self, run: Run) -> None:
        environment = run.record.environment
        before = self._before(environment)
        if environment not in self._entries:
            self._entries[environment] = {}
            self._left |= {(name, entry): seen.answers for (name, entry), seen in before.columns.items()
                           if name == environment}
        for entry in run.entries():
            self._entries[environment][entry] = None
            expected = self._expectations.column(environment, entry)
            seen = before.columns.get((environment, entry))
            asked = dict.fromkeys(run.asked(entry))
            for case in asked:
                self._judge(environment, entry, case, _judged(
                    run.of(entry, case), seen.answers.get(case) if seen else None, expected.of(case)))
            left = self._left.get((environment, entry), {})
            self._left[environment, entry] = {case: left[case] for case in left if case not in asked}
        if not run.entries():
            self._add(Item("missing", environment, "", "", "a run without entries, nothing was judged"))

    def close(self, log: Log) -> Verdict:
        """What can be said when all runs were seen."""
        if not self._partial:
            self._look_for_gone()
        for environment, entries in self._entries.items():
            for entry in entries:
                self._verdict.unused |= dict.fromkeys(self._expectations.column(environment, entry).all)
        for expectation in self._matched:
            self._verdict.unused.pop(expectation, None)
        self._look_for_expired()
        for problem in log.problems:
            kind = "cut" if problem.what.startswith("cut short") else "damaged"
            self._add(Item(kind, "", "", "", str(problem)))
        for line in log.lines()[len(log.problems):]:
            self._add(Item("damaged", "", "", "", line))
        return self._verdict

    def _judge(self, environment: str, entry: str, case: str, judged: _Judged) -> None:
        self._verdict.results += 1
        if judged.expected is not None:
            self._matched.add(judged.expected)
        if judged.expected is not None and judged.as_expected():
            self._verdict.as_expected += 1
            if judged.expected.describes(*judged.now[:2]):
                self._verdict.used[judged.expected] = self._verdict.used.get(judged.expected, 0) + 1
        elif (kind := self._kind(judged)) is not None:
            self._add(Item(kind, environment, entry, case, _detail(kind, judged), judged.before, judged.now,
                           judged.expected))

    def _kind(self, judged: _Judged) -> str | None:
        """What kind of news a result is that is not as expected, if it is any."""
        now, before = judged.now, judged.before
        if now.verdict == "error":
            return "error"
        if now.verdict == MISSING:
            return "missing"
        if judged.expected is not None:
            return _against(now.verdict, judged.expected.verdict)
        if before is None or before.verdict in _NO_ANSWER:
            return "unexpected" if is_red(now.verdict, self._strict) else None
        if now.verdict in NOT_JUDGED and before.verdict not in NOT_JUDGED:
            return "regression"
        if not is_red(now.verdict, self._strict):
            return None
        if not is_red(before.verdict, self._strict):
            return "regression"
        return "unexpected" if now[:2] == before[:2] else "different"

    def _look_for_gone(self) -> None:
        for (environment, entry), left in self._left.items():
            if entry not in self._entries[environment]:
                detail = f"its {len(left)} cases were there before"
                self._add(Item("gone", environment, entry, "", detail))
                continue
            for case, answer in left.items():
                self._add(Item("gone", environment, entry, case, f"was {answer}", answer))

    def _look_for_expired(self) -> None:
        for expectation, often in self._verdict.used.items():
            if expectation.expired(self._today):
                detail = (f"{expectation.place} held until {expectation.until} and still describes {often} "
                          f"results: {expectation.why()}")
                self._add(Item("expired", "", "", "", detail, expectation=expectation))

    def _add(self, item: Item) -> None:
        self._verdict.items[item] = None


def _judged(results: list[Result], before: Answer | None, expected: Expectation | None) -> _Judged:
    """Of repeats that are equally bad one that is not expected is judged, if there is one."""
    now = answer_of(results)
    worst = [result for result in results if result.verdict == now.verdict]
    if expected is not None:
        now = next((answer_of([result]) for result in worst if result.observed != expected.observed), now)
    return _Judged(now, before, expected, next((result.reason for result in worst if result.reason), ""))


def _against(now: str, expected: str) -> str:
    """What it is called when a verdict, or at least its answer, is not the expected one."""
    if now in NOT_JUDGED:
        return "different" if expected in NOT_JUDGED else "regression"
    if is_red(now):
        return "different" if is_red(expected) else "regression"
    return "different" if now == expected else "improvement"


def _detail(kind: str, judged: _Judged) -> str:
    now, before, expected = judged.now, judged.before, judged.expected
    text = "asked for, and there is no verdict" if kind == "missing" else f"is {now}"
    if before is not None:
        text += ", as before" if before[:2] == now[:2] else f", was {before}"
    elif kind == "unexpected":
        text += ", and was not there before"
    if expected is not None:
        still, then = ("still ", ": take it out") if kind == "improvement" else ("", "")
        text += f", {expected.place} {still}expects {expected.says()}{then}"
    return f"{text} ({short(judged.reason, 200)})" if judged.reason else text
