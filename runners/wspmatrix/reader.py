"""Reads record files of any state: whole, cut short, doubled, out of order, foreign or meant to mislead.

What can be understood is kept, everything else is told as a Problem (file, line, what, what was expected). A
line that is refused never counts as anything: its case is then missing, because the provider record says that
it was asked for.
"""

from __future__ import annotations

import hashlib
import json
import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO

from .records import Decoder, End, ProviderEnd, ProviderRecord, Record, RecordError, Result, RunRecord
from .text import quoted, short
from .verdicts import OF_THE_SUITE, severity

MAX_LINE = 16 * 1024 * 1024
MAX_PROBLEMS = 50

_LIKE_A_RUN = re.compile(rb'"record"\s*:\s*"run"')


@dataclass(slots=True, frozen=True)
class Problem:
    """Something in a file that is not as it should be. Line 0 is the whole file."""

    file: str
    line: int
    what: str
    expected: str

    def __str__(self) -> str:
        where = f"{short(self.file, 300)}:{self.line}" if self.line else short(self.file, 300)
        return f"{where}: {self.what}; expected {self.expected}"


class Log:
    """The problems of some files: all are counted, of each file the first are kept."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.counts: Counter[str] = Counter()
        self.unreadable: list[str] = []
        self.notices: list[str] = []

    def add(self, file: Path, line: int, what: str, expected: str) -> None:
        self.counts[str(file)] += 1
        if self.counts[str(file)] <= MAX_PROBLEMS:
            self.problems.append(Problem(str(file), line, what, expected))

    def shorten(self, file: Path) -> None:
        """Keeps only the first problem of a file that is none of wspcheck's: the others say no more."""
        own = [problem for problem in self.problems if problem.file == str(file)]
        self.problems = [problem for problem in self.problems if problem not in own[1:]]
        self.counts[str(file)] = len(own[:1])

    def refuse(self, file: Path, line: int, what: str, expected: str) -> None:
        """The same of a file of which nothing can be used: that is always kept."""
        self.unreadable.append(str(file))
        self.problems.append(Problem(str(file), line, what, expected))

    def lines(self) -> list[str]:
        """One line a problem, in the order they were met, and how many more there are."""
        rest = [f"{short(file, 300)}: {count - MAX_PROBLEMS} more like these"
                for file, count in self.counts.items() if count > MAX_PROBLEMS]
        return [str(problem) for problem in self.problems] + rest

    @property
    def damaged(self) -> bool:
        """Whether anything that was read is not as wspcheck writes it."""
        return bool(self.problems)


@dataclass
class Run:
    """The records of one run, wherever they were found."""

    record: RunRecord
    file: Path
    line: int
    providers: dict[str, ProviderRecord] = field(default_factory=dict)
    results: dict[str, dict[str, list[Result]]] = field(default_factory=dict)
    hooks: dict[str, str | None] = field(default_factory=dict)
    end: End | None = None
    whole: bool = False
    problems: int = 0
    places: dict[Path, array[int]] = field(default_factory=dict)
    end_place: tuple[Path, int] | None = None

    @property
    def identity(self) -> str:
        """The same for two copies of one run, different for two runs."""
        return identity(self.record)

    def entries(self) -> list[str]:
        """The entries with a provider record, in the order of the run, then those that only have results."""
        return list(dict.fromkeys([*self.providers, *self.results]))

    def asked(self, entry: str) -> list[str]:
        """The cases asked for of an entry, then those that have a result all the same."""
        provider = self.providers.get(entry)
        return list(dict.fromkeys([*(provider.asked if provider else ()), *self.results.get(entry, ())]))

    def of(self, entry: str, case: str) -> list[Result]:
        """The results of a case, one for each repeat; none means that it is missing."""
        return self.results.get(entry, {}).get(case, [])

    def counts(self) -> Counter[str]:
        """How many results there are by verdict, every repeat counted."""
        return Counter(result.verdict for cases in self.results.values() for same in cases.values()
                       for result in same)

    def copy_to(self, out: BinaryIO) -> None:
        """Writes the lines of the run as they are, without those that were left out, its end last."""
        for path, offsets in self.places.items():
            _copy(path, offsets, out)
        if self.end_place is not None:
            path, offset = self.end_place
            _copy(path, (offset,), out)


def _copy(path: Path, offsets: Iterable[int], out: BinaryIO) -> None:
    with path.open("rb") as file:
        for offset in offsets:
            file.seek(offset)
            out.write(file.readline().rstrip(b"\r\n") + b"\n")


def identity(record: RunRecord) -> str:
    text = json.dumps(asdict(record), sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def find_files(paths: Iterable[Path | str], log: Log) -> list[Path]:
    """The record files named: a folder stands for the *.jsonl in it."""
    files: list[Path] = []
    for path in map(Path, paths):
        if path.exists() and not path.is_file() and not path.is_dir():
            log.refuse(path, 0, "a device or a pipe", "a record file, which is read more than once")
        elif path.is_dir():
            inside = sorted(path.glob("*.jsonl"))
            if not inside:
                log.refuse(path, 0, "no *.jsonl in this folder", "record files of wspcheck")
            files.extend(inside)
        else:
            files.append(path)
    return files


def load(paths: Iterable[Path | str], log: Log) -> list[Run]:
    """All runs of some files in memory. One that is in several files is one run."""
    reader = Reader(log, lambda identity: True)
    for path in find_files(paths, log):
        for _ in reader.read(path):
            pass
    return list(reader.close())


def scan(path: Path) -> Iterator[str]:
    """The identities of the runs in a file, quickly; what can't be understood is left to Reader."""
    decoder = Decoder()
    try:
        with path.open("rb") as file:
            for _, _, line in _lines(file, lambda number: None):
                if b'"run"' in line:
                    try:
                        record = decoder.decode(line)
                    except RecordError:
                        continue
                    if isinstance(record, RunRecord):
                        yield identity(record)
    except OSError:
        return


Place = tuple[Path, int, int]
"""A file, a line in it, and the offset of that line."""


class Reader:
    """Reads files one after the other and hands out each run as soon as nothing more can belong to it.

    A run whose identity `keep_open` says yes to stays open until close(), for the parts of it in other files.
    """

    def __init__(self, log: Log, keep_open: Callable[[str], bool]) -> None:
        self._log = log
        self._keep_open = keep_open
        self._open: dict[str, Run] = {}
        self._decoder = Decoder(self._note)
        self._place: Place = (Path(), 0, 0)
        self._run: Run | None = None
        self._ended = False
        self._lost = False
        self._doubtful: list[tuple[Place, Record]] = []

    def read(self, path: Path) -> Iterator[Run]:
        self._run, self._ended, self._lost, self._doubtful = None, False, False, []
        runs, early = 0, self._doubtful
        try:
            with path.open("rb") as file:
                for number, offset, line in _lines(file, lambda number: self._too_long(path, number)):
                    self._place = (path, number, offset)
                    record = self._decode(line)
                    if isinstance(record, RunRecord) and self._is_another(record):
                        yield from self._leave()
                        self._start(record)
                        runs += 1
                    elif record is not None and not isinstance(record, RunRecord):
                        self._take(record)
        except OSError as error:
            self._log.refuse(path, 0, error.strerror or str(error), "a record file that can be read")
        else:
            if runs == 0:
                self._log.shorten(path)
                self._log.refuse(path, 0, "no run record in it",
                                 "a record file that wspcheck wrote (--jsonl)")
        if runs == 1 and early is not self._doubtful:
            self._doubtful = early + self._doubtful
        elif runs and early and early is not self._doubtful:
            self._log.add(path, early[0][0][1], f"{len(early)} records before the first run record, left out",
                          "the run record first")
        yield from self._leave()

    def close(self) -> Iterator[Run]:
        """The runs that were kept open."""
        for run in self._open.values():
            self._check(run)
            yield run
        self._open = {}

    def _note(self, what: str, expected: str) -> None:
        self._log.add(self._place[0], self._place[1], what, expected)
        if self._run is not None:
            self._run.problems += 1

    def _too_long(self, path: Path, number: int) -> None:
        self._place = (path, number, 0)
        self._note("a line of more than 16 MiB, left out", "one record a line")

    def _decode(self, line: bytes) -> Record | None:
        try:
            return self._decoder.decode(line)
        except RecordError as error:
            cut = "" if line.endswith(b"\n") else "the last line is cut off: "
            self._note(cut + error.what, error.expected)
            if _LIKE_A_RUN.search(line):
                # What follows belongs to a run that we know nothing of, not to the one before it.
                self._lost = True
            return None

    def _is_another(self, record: RunRecord) -> bool:
        if self._run is not None and self._run.identity == identity(record) and not (self._ended
                                                                                     or self._lost):
            self._note("the run record once more", "each record once")
            return False
        return True

    def _start(self, record: RunRecord) -> None:
        name = identity(record)
        self._run, self._ended, self._doubtful = self._open.get(name), False, []
        self._lost = False
        if self._run is not None:
            self._log.notices.append(
                f"{short(str(self._place[0]), 300)}:{self._place[1]}: the same run as in "
                                     f"{short(str(self._run.file), 300)}; only what is new in it is taken")
            return
        self._run = Run(record, self._place[0], self._place[1])
        self._remember()
        if self._keep_open(name):
            self._open[name] = self._run

    def _leave(self) -> Iterator[Run]:
        """Ends the current run as far as this part of this file goes."""
        run = self._run
        if run is not None:
            self._judge_doubtful(run)
            self._run = None
            if run.identity not in self._open:
                self._check(run)
                yield run

    def _take(self, record: Record) -> None:
        """Stores a record; one that stands in no run, before its record or after its end, is put aside."""
        if self._lost:
            return
        if self._run is None or self._ended:
            self._doubtful.append((self._place, record))
        else:
            self._store(self._run, record)

    def _judge_doubtful(self, run: Run) -> None:
        """Records outside a run are its own if they fit and make the counts right, else nobody's."""
        doubtful, self._doubtful = self._doubtful, []
        if not doubtful:
            return
        belong = _fit(run, [record for _, record in doubtful])
        self._place = doubtful[0][0]
        self._note(f"{len(doubtful)} records outside the run, {'taken as its own' if belong else 'left out'}",
                   "the run record first and the end record last")
        for self._place, record in doubtful if belong else ():
            self._store(run, record)

    def _store(self, run: Run, record: Record) -> None:
        if isinstance(record, Result):
            self._store_result(run, record)
        elif isinstance(record, ProviderRecord):
            self._store_provider(run, record)
        elif isinstance(record, ProviderEnd):
            if run.hooks.get(record.entry, record.hook) != record.hook:
                self._note(f"a second, different provider_end of {quoted(record.entry)}, left out", "one")
            elif record.entry not in run.hooks:
                run.hooks[record.entry] = record.hook
                self._remember()
        elif isinstance(record, End):
            self._ended = True
            if run.end is None:
                run.end, run.end_place = record, (self._place[0], self._place[2])
            elif run.end.counts != record.counts:
                self._note("a second, different end record, left out", "one")

    def _store_provider(self, run: Run, record: ProviderRecord) -> None:
        known = run.providers.get(record.entry)
        if known is None:
            run.providers[record.entry] = record
            if not record.asked:
                self._note('provider record: "asked" is empty', "the cases that were asked for")
            self._remember()
        elif known != record:
            self._note(f"a second, different provider record of {quoted(record.entry)}", "one")
            known.asked = tuple(dict.fromkeys([*known.asked, *record.asked]))
            self._remember()
        elif self._place[0] == run.file:
            self._note(f"the provider record of {quoted(record.entry)} once more", "each record once")

    def _store_result(self, run: Run, result: Result) -> None:
        same = run.results.setdefault(result.entry, {}).setdefault(result.case, [])
        for number, other in enumerate(same):
            if other.repeat == result.repeat:
                self._store_again(run, same, number, result)
                return
        same.append(result)
        self._remember()

    def _store_again(self, run: Run, same: list[Result], number: int, result: Result) -> None:
        what = f"{quoted(result.entry)} {quoted(result.case)} repeat {result.repeat}"
        if same[number] == result:
            if self._place[0] == run.file:
                self._note(f"{what} once more", "each result once")
            return
        self._note(
            f"{what} says {result.verdict}, another line says {same[number].verdict}: the worse counts",
                   "each result once")
        if severity(result.verdict) > severity(same[number].verdict):
            same[number] = result
        self._remember()

    def _remember(self) -> None:
        """Notes where this record stands, for those who copy runs."""
        assert self._run is not None
        path, _, offset = self._place
        places = self._run.places
        if path not in places:
            places[path] = array("q")
        places[path].append(offset)

    def _check(self, run: Run) -> None:
        """What can only be said of a run when all of it was seen."""
        for entry in run.results:
            if entry not in run.providers:
                self._tell(run, f"results of {quoted(entry)}, which has no provider record",
                           "one before them")
                continue
            asked = set(run.providers[entry].asked)
            for case in run.results[entry]:
                if case not in asked:
                    self._tell(run,
                               f"{quoted(entry)} has a result of {quoted(case)}, which was not asked for",
                               "results of what was asked for")
        if run.end is None:
            self._tell(run, "cut short: no end record", "an end record; what is there is kept")
        else:
            self._check_counts(run, run.end)
        run.whole = run.problems == 0

    def _check_counts(self, run: Run, end: End) -> None:
        found = run.counts()
        for verdict in OF_THE_SUITE:
            said = end.counts.get(verdict, 0)
            if said != found[verdict]:
                self._tell(run, f"the end record counts {said} {verdict}, there are {found[verdict]}",
                           "the same number")

    def _tell(self, run: Run, what: str, expected: str) -> None:
        self._log.add(run.file, run.line if what.startswith("cut") else 0, what, expected)
        run.problems += 1


def _fit(run: Run, records: list[Record]) -> bool:
    """Whether these records contradict nothing in the run and lead to the counts of its end record."""
    end = run.end or next((record for record in records if isinstance(record, End)), None)
    counts = run.counts()
    for record in records:
        if isinstance(record, Result):
            same = [other for other in run.of(record.entry, record.case) if other.repeat == record.repeat]
            if same and same[0] != record:
                return False
            counts[record.verdict] += not same
        elif isinstance(record, ProviderRecord) and run.providers.get(record.entry, record) != record:
            return False
    return end is None or all(end.counts.get(verdict, 0) == counts[verdict] for verdict in OF_THE_SUITE)


def _lines(file, too_long: Callable[[int], None]) -> Iterator[tuple[int, int,
                                                                    bytes]]:  # type: ignore[no-untyped-def]
    """Number, offset and bytes of each line that holds anything, none of them longer than MAX_LINE."""
    number = offset = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        start, offset = offset, offset + len(line)
        if len(line) > MAX_LINE and not line.endswith(b"\n"):
            too_long(number)
            while line and not line.endswith(b"\n"):
                line = file.readline(MAX_LINE)
                offset += len(line)
        elif not line.isspace():
            yield number, start, line
