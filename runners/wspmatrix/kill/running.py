"""Runs the cases on the mutants, a process a mutant where that can be.

Three things make it quick, and none changes an answer:

- What a mutant does stays in its process, so the cases of an entry need no workers: they run in wspcheck's
  own process (--isolation none), and in another one from where a crash has ended it. What leaves without a
  record is run the ordinary way, with workers.
- A mutant of one call of the pair is the reference for every case that never makes that call. The control,
  the reference under the same manifest, is run first with all its calls recorded: it says which cases those
  are, and what their verdict is.
- A mutant that never returns, or waits, costs a deadline for each case that meets it. It is run with the
  cases of its own statement only, and with all of them when everything is asked for.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from ..launch import Wspcheck, stop
from ..reader import Log, load
from ..records import Result
from .judge import Seen
from .mutants import Case, Mutant

PATIENCE = 30.0
"""Seconds until an entry that runs in one process counts as stuck."""

TRACED = 256
"""A record holds no more calls than these: with so many, earlier ones may be missing."""

CALLS = {"send": "WSPSendDisconnect", "recv": "WSPRecvDisconnect"}

Control = Mapping[str, Mapping[str, Result]]
"""The results of the control, by base entry and case."""


@dataclass(frozen=True)
class Settings:
    wspcheck: Wspcheck
    manifests: Path
    """The folder of the manifests: an entry `faulty2.name` is in faulty2.ini there."""
    jobs: int = 2
    timeout: int = 600
    """The deadline of a case, in milliseconds; half of it is how long a case waits for what has to come."""
    isolated: bool = False
    """Run every mutant with workers."""
    everything: bool = False
    """Run those that never return or wait with all cases, too."""

    def manifest(self, entry: str) -> Path:
        return self.manifests / f"{entry.split('.')[0]}.ini"


@dataclass(frozen=True)
class Errand:
    """One entry, and the cases that it is run with."""

    entry: str
    cases: tuple[str, ...]
    options: tuple[str, ...] = ()


def _perform(settings: Settings, errand: Errand, records: Path, patience: float | None,
             *options: str) -> None:
    manifest = settings.wspcheck.manifests([settings.manifest(errand.entry)])
    arguments = ["run", *manifest, "--provider", errand.entry]
    for case in errand.cases:
        arguments += ["--case", case]
    arguments += ["--timeout", str(settings.timeout), *errand.options, *options,
                  "--jsonl", settings.wspcheck.path(records), "--quiet"]
    with tempfile.TemporaryFile() as err:
        process = settings.wspcheck.start(arguments, subprocess.DEVNULL, err)
        # A wait with a limit looks only now and then; a process that ends is to be seen at once.
        limit = threading.Timer(patience, stop, [process]) if patience else None
        try:
            if limit:
                limit.start()
            process.wait()
        finally:
            if limit:
                limit.cancel()
            stop(process)


def _records(path: Path) -> tuple[list[Seen], bool]:
    """The results of a file that wspcheck wrote just now, and whether it came to its end."""
    found: list[Seen] = []
    ended = False
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            record = json.loads(line)
        except ValueError:
            break  # a process that was ended was writing it
        if record["record"] == "result":
            found.append(Seen(record["entry"], record["case"], record["verdict"], tuple(record["statements"]),
                              record["order_dependent"]))
        ended = ended or record["record"] == "end"
    return found, ended


def _with_workers(settings: Settings, errand: Errand, records: Path) -> list[Seen]:
    _perform(settings, errand, records, None)
    return _records(records)[0]


def _run(settings: Settings, errand: Errand, folder: Path, isolated: bool) -> list[Seen]:
    """The results of one errand: in one process after the other, with workers where one leaves no record."""
    records = folder / f"{errand.entry}.jsonl"
    results: list[Seen] = []
    left = errand.cases
    while not isolated and left:
        records.unlink(missing_ok=True)
        _perform(settings, replace(errand, cases=left), records, PATIENCE, "--isolation", "none")
        found, ended = _records(records)
        results += found
        if ended:
            return results
        isolated = not found or found[-1].verdict != "crash"
        judged = {result.case for result in results}
        left = tuple(case for case in left if case not in judged)
    if left:
        results += _with_workers(settings, replace(errand, cases=left), records)
    return results


def touched(control: Mapping[str, Result], place: str) -> tuple[list[str], list[str]]:
    """The cases that a mutant may change, and those that it can't: they never make the call that is wrong."""
    call = CALLS.get(place)
    if call is None:
        return list(control), []
    may: list[str] = []
    never: list[str] = []
    for case, result in control.items():
        seen = result.verdict != "skip" and (
            len(result.calls) >= TRACED or not result.calls or any(one.fn == call for one in result.calls))
        (may if seen else never).append(case)
    return may, never


def asked(mutant: Mutant, cases: Sequence[Case], everything: bool) -> list[Case]:
    """The cases that a mutant is run with."""
    if mutant.shows != "hang" or everything:
        return list(cases)
    return [case for case in cases if mutant.statement in case.statements]


def run_control(settings: Settings, control: Mutant, cases: Sequence[Case],
                log: Log) -> tuple[list[Result], str]:
    """The reference without a fault, with every call on record; and the version of the suite."""
    names = tuple(case.name for case in cases)
    with tempfile.TemporaryDirectory(prefix="kill-") as folder, ThreadPoolExecutor(settings.jobs) as pool:
        def run(entry: str) -> Path:
            records = Path(folder) / f"{entry}.jsonl"
            _perform(settings, Errand(entry, names, ("--trace", "all")), records, None)
            return records

        files = list(pool.map(run, control.entries))
        runs = load(files, log)
        return ([result for one in runs for found in one.results.values() for same in found.values()
                 for result in same], runs[0].record.suite or "" if runs else "")


def run_mutants(settings: Settings, mutants: Sequence[Mutant], cases: Sequence[Case], control: Control,
                told: Callable[[int, int], None]) -> list[Seen]:
    """All results of the mutants; those of cases that a mutant can't change are the control's."""
    errands: list[tuple[Errand, bool]] = []
    results: list[Seen] = []
    for mutant in mutants:
        for entry, base in mutant.entries.items():
            may, never = touched(control[base], mutant.place)
            wanted = {case.name for case in asked(mutant, cases, settings.everything)}
            results += [Seen(entry, case, same.verdict, same.statements, same.order_dependent)
                        for case in never if case in wanted and (same := control[base][case])]
            errands.append((Errand(entry, tuple(case for case in may if case in wanted)),
                            settings.isolated or mutant.shows == "hang"))
    # What takes longest comes first, so that all jobs end at about the same time.
    errands.sort(key=lambda pair: not pair[1])
    with tempfile.TemporaryDirectory(prefix="kill-") as folder, ThreadPoolExecutor(settings.jobs) as pool:
        ran = pool.map(lambda pair: _run(settings, pair[0], Path(folder), pair[1]), errands)
        for done, found in enumerate(ran, 1):
            results += found
            told(done, len(errands))
    return results
