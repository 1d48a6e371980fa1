"""What changed between two sets of runs, and what of the things that can change an answer changed with it.

A change is a regression or an improvement only where the case demands the same as before (its revision is the
same) and the suite is not the only thing that changed. Whatever else comes with a new suite is told apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..records import ProviderRecord, RunRecord
from ..snapshot import Answer, Seen, Snapshot
from ..text import short
from ..verdicts import MISSING, severity

KINDS = {
    "regression": "regression",
    "other": "other answer",
    "improvement": "improvement",
    "suite": "another suite",
    "gone": "disappeared",
    "new": "appeared",
}
"""What a change can be, the worst first, and what people call it."""

_RANK = {kind: rank for rank, kind in enumerate(KINDS)}
_NOT_JUDGED = ("skip", "unreached", MISSING)


@dataclass(frozen=True, slots=True)
class Change:
    """One answer that is not the same in B as in A. Of a whole entry it has no case."""

    kind: str
    environment: str
    entry: str
    case: str
    before: Answer | None
    now: Answer | None
    causes: str

    def what(self) -> str:
        return f"{said(self.before)} -> {said(self.now)}" if self.case else self.causes

    def line(self) -> str:
        where = "  ".join(short(part, 200) for part in (self.environment, self.entry, self.case) if part)
        return f"{KINDS[self.kind]}: {where}: {self.what()}" + (f" [{self.causes}]" if self.case else "")


@dataclass
class Differences:
    """All changes, and in which respects the entries that are in both are not the same."""

    changes: list[Change] = field(default_factory=list)
    grounds: dict[str, dict[str, None]] = field(default_factory=dict)
    """What changed about provider, environment or suite, and the entries that it is true of."""
    compared: int = 0

    def counts(self) -> Counter[str]:
        return Counter(change.kind for change in self.changes)

    def summary(self) -> str:
        counts = self.counts()
        news = [f"{counts[kind]} {name}" for kind, name in KINDS.items() if counts[kind]]
        return f"{', '.join(news) or 'no change'} ({self.compared} results are in both)"

    def ground_lines(self) -> list[str]:
        return [f"{ground}: {short(', '.join(entries), 200)}" for ground, entries in self.grounds.items()]


@dataclass(frozen=True)
class _Grounds:
    """What is not the same about the two sides of one entry, a text for each respect."""

    provider: str
    environment: str
    suite: str

    def text(self, *respects: str) -> str:
        found = [f"{name} {getattr(self, name)}" for name in respects if getattr(self, name)]
        return "; ".join(found)


def compare(before: Snapshot, now: Snapshot) -> Differences:
    """The changes from one set of runs to another.

    Where each is of one environment, these are compared whatever their names: a Wine with the next one.
    """
    found = Differences()
    names = _environments(before), _environments(now)
    rename = {names[0][0]: names[1][0]} if len(names[0]) == len(names[1]) == 1 else {}
    old = {(rename.get(environment, environment), entry): seen
           for (environment, entry), seen in before.columns.items()}
    for key, seen in old.items():
        if key not in now.columns:
            found.changes.append(_whole("gone", *key, seen))
    for key, seen in now.columns.items():
        if key in old:
            _compare(found, *key, old[key], seen)
        else:
            found.changes.append(_whole("new", *key, seen))
    found.changes.sort(key=_order)
    return found


def _compare(found: Differences, environment: str, entry: str, before: Seen, now: Seen) -> None:
    grounds = _Grounds(_provider(before.provider, now.provider), _environment(before.run, now.run),
                       _changed("", before.run.suite, now.run.suite))
    for name in ("provider", "environment", "suite"):
        if text := grounds.text(name):
            found.grounds.setdefault(text, {})[f"{short(environment)} {short(entry)}"] = None
    for case, old in before.answers.items():
        new = now.answers.get(case)
        if new is None:
            found.changes.append(Change("gone", environment, entry, case, old, None, _not_asked(grounds)))
            continue
        found.compared += 1
        if old[:2] != new[:2]:
            kind, causes = _judge(old, new, grounds)
            found.changes.append(Change(kind, environment, entry, case, old, new, causes))
    for case, new in now.answers.items():
        if case not in before.answers:
            found.changes.append(Change("new", environment, entry, case, None, new, _not_asked(grounds)))


def _judge(old: Answer, new: Answer, grounds: _Grounds) -> tuple[str, str]:
    """What a change is, and why."""
    if MISSING not in (old.verdict, new.verdict):
        if old.revision != new.revision and (grounds.suite or None not in (old.revision, new.revision)):
            return "suite", f"the case demands something else: revision {old.revision} -> {new.revision}"
        if grounds.suite and old.observed == new.observed:
            return "suite", f"the same answer is judged otherwise: suite {grounds.suite}"
        if grounds.suite and not (grounds.provider or grounds.environment):
            return "suite", f"only the suite changed: {grounds.suite}"
        if "error" in (old.verdict, new.verdict) and grounds.suite:
            return "suite", f"an error of the suite: {grounds.suite}"
    causes = grounds.text("provider", "environment")
    if grounds.suite:
        causes += ("; " if causes else "") + f"suite too, but the case demands the same: {grounds.suite}"
    return _direction(old.verdict, new.verdict), causes or "neither provider, environment nor suite changed"


def _direction(old: str, new: str) -> str:
    """Whether a verdict got worse or better. That nothing was judged any more is worse than a pass."""
    if old == new:
        return "other"
    if new in _NOT_JUDGED and old not in (*_NOT_JUDGED, "error"):
        return "regression"
    if old in _NOT_JUDGED and new == "pass":
        return "improvement"
    return "regression" if severity(new) > severity(old) else "improvement"


def _not_asked(grounds: _Grounds) -> str:
    if grounds.suite:
        return f"suite {grounds.suite}"
    return "the suite is the same: other cases were asked for"


def _whole(kind: str, environment: str, entry: str, seen: Seen) -> Change:
    return Change(kind, environment, entry, "", None, None, f"the entry with its {len(seen.answers)} cases")


def _environments(snapshot: Snapshot) -> list[str]:
    return list(dict.fromkeys(environment for environment, _ in snapshot.columns))


def _provider(old: ProviderRecord | None, new: ProviderRecord | None) -> str:
    if old is None or new is None:
        return ""
    return _join(_changed("DLL", old.dll, new.dll), _changed("version", old.version, new.version),
                 _changed("sha256", old.sha256, new.sha256, 12),
                 _changed("flags", _hex(old.service_flags), _hex(new.service_flags)),
                 _changed("chain", str(list(old.chain)), str(list(new.chain))))


def _environment(old: RunRecord, new: RunRecord) -> str:
    # A run of an older suite does not say on which kernel it was: that is no change.
    kernel = _changed("kernel", old.kernel, new.kernel) if old.kernel and new.kernel else ""
    return _join(_changed("", old.environment, new.environment), _changed("Wine", old.wine, new.wine),
                 _changed("system", old.os, new.os), kernel,
                 _changed("architecture", old.arch, new.arch))


def _hex(number: int | None) -> str | None:
    return None if number is None else f"0x{number:x}"


def _changed(what: str, old: str | None, new: str | None, letters: int = 60) -> str:
    """Says what is not the same, in so many letters of each; nothing where both are."""
    if old == new:
        return ""
    name = f"{what} " if what else ""
    return f"{name}{short((old or 'unknown')[:letters])} -> {short((new or 'unknown')[:letters])}"


def _join(*texts: str) -> str:
    return ", ".join(filter(None, texts))


def said(answer: Answer | None) -> str:
    return "not asked for" if answer is None else str(answer)


def _order(change: Change) -> tuple[int, int]:
    return _RANK[change.kind], -severity(change.now.verdict) if change.now else 0


def by_kind(changes: Iterable[Change]) -> list[tuple[str, list[Change]]]:
    """The changes under the names of their kinds, the worst first."""
    groups: dict[str, list[Change]] = {}
    for change in changes:
        groups.setdefault(change.kind, []).append(change)
    return [(name, groups[kind]) for kind, name in KINDS.items() if kind in groups]
