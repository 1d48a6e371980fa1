"""What some runs say, without their stories: small enough to hold a million results and to compare them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from .reader import Log, Reader, Run, find_files, scan
from .records import ProviderRecord, Result, RunRecord
from .text import quoted
from .verdicts import MISSING, severity


class Answer(NamedTuple):
    """What a case says of an entry: the worst verdict of the repeats, and the answer that came with it."""

    verdict: str
    observed: str
    revision: int | None

    def __str__(self) -> str:
        return f"{self.verdict} {quoted(self.observed, 200)}" if self.observed else self.verdict


@dataclass(slots=True)
class Seen:
    """One entry in one environment, as the latest run that has it says."""

    run: RunRecord
    provider: ProviderRecord | None
    answers: dict[str, Answer]
    runs: int = 1


@dataclass
class Snapshot:
    """What a set of runs says, by environment and entry."""

    columns: dict[tuple[str, str], Seen] = field(default_factory=dict)
    _known: dict[Answer, Answer] = field(default_factory=dict)
    _cases: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)

    def add(self, run: Run) -> None:
        for entry in run.entries():
            key = (run.record.environment, entry)
            known = self.columns.get(key)
            if known is None or known.run.started <= run.record.started:
                answers = {case: self._shared(answer_of(run.of(entry, case))) for case in run.asked(entry)}
                self.columns[key] = Seen(run.record, self._light(run.providers.get(entry)), answers,
                                         known.runs + 1 if known else 1)
            else:
                known.runs += 1

    def notices(self) -> list[str]:
        """What is not compared, because a later run of the same is."""
        return [f"{quoted(environment)} {quoted(entry)} is in {seen.runs} runs; the latest one counts, "
                f"started {quoted(seen.run.started)}"
                for (environment, entry), seen in self.columns.items() if seen.runs > 1]

    def _shared(self, answer: Answer) -> Answer:
        return self._known.setdefault(answer, answer)

    def _light(self, provider: ProviderRecord | None) -> ProviderRecord | None:
        if provider is not None:
            provider.asked = self._cases.setdefault(provider.asked, provider.asked)
        return provider


def answer_of(results: list[Result]) -> Answer:
    """The answer of some repeats; of those that are equally bad the first counts."""
    if not results:
        return Answer(MISSING, "", None)
    worst = max(results, key=lambda result: severity(result.verdict))
    return Answer(worst.verdict, worst.observed, worst.revision)


def stream(paths: Iterable[Path], log: Log) -> Iterator[Run]:
    """The runs of some files one after the other; only those that are in several wait for the last file."""
    files = list(dict.fromkeys(find_files(paths, log)))
    often = Counter(name for file in files for name in scan(file))
    reader = Reader(log, lambda name: often[name] > 1)
    return chain(chain.from_iterable(map(reader.read, files)), reader.close())


def take(paths: Iterable[Path], log: Log) -> Snapshot:
    snapshot = Snapshot()
    for run in stream(paths, log):
        snapshot.add(run)
    return snapshot
