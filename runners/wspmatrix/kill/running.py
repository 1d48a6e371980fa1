"""Runs the cases on the mutants, a process a mutant where that can be.

Five things make it quick, and none changes what the gate rests on:

- What a mutant does stays in its process, so the cases of an entry need no workers: they run in wspcheck's
  own process (--isolation none), and in another one from where a crash has ended it. What leaves without a
  record is run the ordinary way, with workers.
- A mutant of one call of the pair is the reference for every case in which its condition never holds, or that
  never makes that call. The control, the reference under the same manifest, is run first, with all its calls
  recorded; then once more, and the DLL notes for each case which mutants would have been another provider.
  The verdicts of the other cases are the control's.
- A mutant that never returns, or waits, costs a deadline for each case that meets it. It is run with the
  cases of its own statement only, and with all of them when everything is asked for.
- Where a mutant keeps something from coming, a case waits in vain. The first look has little patience; a kill
  that rests on such a wait and that the gate needs is looked at again with all of it (confirm.py).
- Each job has a seat: a processor, with a Wine server of its own there.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..launch import Wspcheck, stop, wait
from ..reader import Log, load
from ..records import Result
from ..seats import Seat, run_on, seats
from .judge import Seen
from .mutants import Case, Mutant
from .reach import NOTES, Reached, read_notes, touched

DEADLINE = 600
"""Of a case, in milliseconds; half of it is how long a case waits for what has to come."""

FIRST_LOOK = 100
"""The same at the first look: the shortest that wspcheck takes."""

CONTROL_DEADLINE = 10_000
"""The same for the control, which keeps nothing from coming: an ordinary run's."""

SURE = frozenset({"pass", "skip", "crash"})
"""Verdicts that a longer wait would not change."""

NEVER_SURE = "unreached"
"""It may rest on what an earlier case waited for."""

STUCK = 20 * FIRST_LOOK / 1000
"""Seconds without a new record until an entry that runs in one process counts as stuck."""

WAITING_AT_ONCE = 4
"""Processes on one processor of mutants that never return: each spends its time in waiting for a deadline."""

BUSY_AT_ONCE = 4
"""The same of all others, which wait for what a mutant keeps from coming, now and then."""

Control = Mapping[str, Mapping[str, Result]]
"""The results of the control, by base entry and case."""


@dataclass(frozen=True)
class Settings:
    manifests: Path
    """The folder of the manifests: an entry `faulty2.name` is in faulty2.ini there."""
    places: Sequence[Seat]
    """One for each job."""
    timeout: int = DEADLINE
    isolated: bool = False
    """Run every mutant with workers."""
    everything: bool = False
    """Run every mutant with every case."""

    @property
    def busy_places(self) -> list[Seat]:
        return [*self.places] * BUSY_AT_ONCE

    def manifest(self, entry: str) -> Path:
        return self.manifests / f"{entry.split('.')[0]}.ini"


@contextmanager
def settings(wspcheck: Wspcheck, folder: Path, jobs: int, timeout: int, isolated: bool,
             everything: bool) -> Iterator[Settings]:
    """With a seat for each job, for as long as it lasts."""
    with seats(wspcheck, jobs) as places:
        yield Settings(folder, places, timeout, isolated, everything)


@dataclass(frozen=True)
class Errand:
    """One entry, and the cases that it is run with."""

    entry: str
    cases: tuple[str, ...]
    options: tuple[str, ...] = ()
    isolated: bool = False
    """With workers from the beginning."""
    waits: bool = False
    """Hardly ever uses its processor."""


def results_of(path: Path, patience: int | None = None) -> tuple[list[Seen], bool]:
    """The results of a file that wspcheck wrote just now, and whether it came to its end. `patience`: for
    how many milliseconds a case waited at most, where that may have been too few."""
    found: list[Seen] = []
    ended = False
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            record = json.loads(line)
        except ValueError:
            break  # a process that was ended was writing it
        if record["record"] == "result":
            found.append(Seen(record["entry"], record["case"], record["verdict"], tuple(record["statements"]),
                              record["order_dependent"], patience is None or record["verdict"] in SURE
                              or (record["verdict"] != NEVER_SURE and record["micros"] < 1000 * patience)))
        ended = ended or record["record"] == "end"
    return found, ended


@dataclass(frozen=True)
class Run:
    """Runs errands, each with its records in a folder."""

    settings: Settings
    folder: Path
    given_up: threading.Event = field(default_factory=threading.Event)
    """Nothing more is wanted: what is being run may as well end."""

    def perform(self, wspcheck: Wspcheck, errand: Errand, timeout: int, *,
                may_stick: bool = False) -> Path:
        """One process, until its end or until it is stuck where it may be; where the records are."""
        records = self.folder / f"{errand.entry}.jsonl"
        records.unlink(missing_ok=True)
        arguments = ["run", *wspcheck.manifests([self.settings.manifest(errand.entry)]),
                     "--provider", errand.entry]
        for case in errand.cases:
            arguments += ["--case", case]
        arguments += ["--timeout", str(timeout), *errand.options, "--jsonl", wspcheck.path(records), "--quiet"]
        with tempfile.TemporaryFile() as err:
            process = wspcheck.start(arguments, subprocess.DEVNULL, err)
            try:
                written = -1
                while not wait(process, STUCK) and not self.given_up.is_set():
                    if may_stick and written == (written := _size(records)):
                        break
            finally:
                stop(process)
        return records

    def with_workers(self, wspcheck: Wspcheck, errand: Errand) -> list[Seen]:
        return results_of(self.perform(wspcheck, errand, self.settings.timeout))[0]

    def __call__(self, wspcheck: Wspcheck, errand: Errand) -> list[Seen]:
        """The results: of one process after the other, with workers where one leaves no record."""
        results: list[Seen] = []
        left = errand.cases
        isolated = errand.isolated or self.settings.isolated
        while not isolated and left and not self.given_up.is_set():
            alone = replace(errand, cases=left, options=(*errand.options, "--isolation", "none"))
            found, ended = results_of(self.perform(wspcheck, alone, FIRST_LOOK, may_stick=True),
                                      FIRST_LOOK // 2)
            results += found
            if ended:
                return results
            isolated = not found or found[-1].verdict != "crash"
            judged = {result.case for result in results}
            left = tuple(case for case in left if case not in judged)
        return results + self.with_workers(wspcheck, replace(errand, cases=left)) if left else results


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def run_errands(settings: Settings, errands: Sequence[Errand],
                told: Callable[[int, int], None] = lambda done, total: None) -> list[Seen]:
    """What all of them find. Those that hardly ever use their processor share it."""
    busy = [errand for errand in errands if not errand.waits]
    waiting = [errand for errand in errands if errand.waits]
    results: list[Seen] = []
    done = 0
    with tempfile.TemporaryDirectory(prefix="kill-") as folder, ThreadPoolExecutor(2) as both:
        run = Run(settings, Path(folder))

        def all_of(places: Sequence[Seat], part: Sequence[Errand]) -> None:
            nonlocal done
            for found in run_on(places, run, part):
                results.extend(found)
                done += 1
                told(done, len(errands))
                if run.given_up.is_set():
                    return

        try:
            for ended in as_completed([both.submit(all_of, [*settings.places] * WAITING_AT_ONCE, waiting),
                                       both.submit(all_of, settings.busy_places, busy)]):
                ended.result()
        except BaseException:
            run.given_up.set()
            raise
    return results


def asked(mutant: Mutant, cases: Sequence[Case], everything: bool) -> list[Case]:
    """The cases that a mutant is run with."""
    if mutant.shows != "hang" or everything:
        return list(cases)
    return [case for case in cases if mutant.statement in case.statements]


def run_control(settings: Settings, control: Mutant, cases: Sequence[Case],
                log: Log) -> tuple[list[Result], str]:
    """The reference without a fault, with every call on record; and the version of the suite."""
    names = tuple(case.name for case in cases)
    with tempfile.TemporaryDirectory(prefix="kill-") as folder:
        run = Run(settings, Path(folder))

        def traced(wspcheck: Wspcheck, entry: str) -> Path:
            return run.perform(wspcheck, Errand(entry, names, ("--trace", "all")), CONTROL_DEADLINE)

        runs = load(list(run_on(settings.busy_places, traced, control.entries)), log)
        return ([result for one in runs for found in one.results.values() for same in found.values()
                 for result in same], runs[0].record.suite or "" if runs else "")


def run_reach(settings: Settings, control: Mutant, cases: Sequence[Case],
              known: Control) -> dict[str, Reached]:
    """By base entry, which mutants each case could tell from the reference at all; nothing of an entry whose
    DLL doesn't note that."""
    names = tuple(case.name for case in cases)
    with tempfile.TemporaryDirectory(prefix="kill-") as folder:
        run = Run(settings, Path(folder))

        def noting(wspcheck: Wspcheck, entry: str) -> tuple[str, Reached | None]:
            notes = Path(folder) / f"{entry}.reach"
            told = replace(wspcheck, environment={**wspcheck.environment, NOTES: wspcheck.path(notes)})
            errand = Errand(entry, names, ("--isolation", "none"))
            found, ended = results_of(run.perform(told, errand, CONTROL_DEADLINE, may_stick=True))
            base = control.entries[entry]
            return base, read_notes(notes, found, known[base]) if ended else None

        noted = run_on(settings.busy_places, noting, control.entries)
        return {base: reached for base, reached in noted if reached is not None}


def run_mutants(settings: Settings, mutants: Sequence[Mutant], cases: Sequence[Case], control: Control,
                reached: Mapping[str, Reached], told: Callable[[int, int], None]) -> list[Seen]:
    """All results of the mutants; those of cases that a mutant can't change are the control's."""
    errands: list[Errand] = []
    results: list[Seen] = []
    for mutant in mutants:
        for entry, base in mutant.entries.items():
            may, never = (list(control[base]), []) if settings.everything \
                else touched(control[base], mutant, reached.get(base))
            wanted = {case.name for case in asked(mutant, cases, settings.everything)}
            results += [Seen(entry, case, same.verdict, same.statements, same.order_dependent)
                        for case in never if case in wanted and (same := control[base][case])]
            errands.append(Errand(entry, tuple(case for case in may if case in wanted),
                                  isolated=mutant.shows != "fail", waits=mutant.shows == "hang"))
    return results + run_errands(settings, errands, told)
