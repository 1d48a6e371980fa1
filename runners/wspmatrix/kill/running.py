"""Runs the cases on the mutants, a process a mutant where that can be.

Two things make it quick, and neither changes an answer:

- What a mutant does stays in its process, so the cases of an entry need no workers: they run in wspcheck's
  own process (--isolation none). A fault that ends the process or never returns is run the ordinary way.
- A mutant of one call of the pair is the reference for every case that never makes that call. The control,
  the reference under the same manifest, is run first with all its calls recorded: it says which cases those
  are, and what their verdict is.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from ..launch import Wspcheck, stop
from ..reader import Log, load
from ..records import Result
from .mutants import Case, Mutant

PATIENCE = 60.0
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
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            pass
        finally:
            stop(process)


def _ended(records: Path) -> bool:
    """Whether the run went to its end: a crash of the provider is the last that a process does."""
    try:
        with records.open("rb") as file:
            return any(b'"record":"end"' in line for line in file)
    except OSError:
        return False


def _run(settings: Settings, errand: Errand, folder: Path, isolated: bool) -> Path:
    """The records of one errand, made in one process or, where that comes to no end, with workers."""
    records = folder / f"{errand.entry}.jsonl"
    if not isolated:
        _perform(settings, errand, records, PATIENCE, "--isolation", "none")
        if _ended(records):
            return records
        records.unlink(missing_ok=True)
    _perform(settings, errand, records, None)
    return records


def _results(files: Iterable[Path], log: Log) -> list[Result]:
    return [result for run in load(files, log) for cases in run.results.values() for same in cases.values()
            for result in same]


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


def run_control(settings: Settings, control: Mutant, cases: Sequence[Case], log: Log) -> list[Result]:
    """The reference without a fault, with every call on record."""
    names = tuple(case.name for case in cases)
    with tempfile.TemporaryDirectory(prefix="kill-") as folder, ThreadPoolExecutor(settings.jobs) as pool:
        errands = [Errand(entry, names, ("--trace", "all")) for entry in control.entries]
        files = list(pool.map(lambda errand: _run(settings, errand, Path(folder), False), errands))
        return _results(files, log)


def run_mutants(settings: Settings, mutants: Sequence[Mutant], control: Control, log: Log,
                told: Callable[[int, int], None]) -> list[Result]:
    """All results of the mutants; those of cases that a mutant can't change are the control's."""
    errands: list[tuple[Errand, bool]] = []
    same: list[Result] = []
    for mutant in mutants:
        for entry, base in mutant.entries.items():
            may, never = touched(control[base], mutant.place)
            same += [replace(control[base][case], entry=entry, calls=()) for case in never]
            alone = settings.isolated or mutant.shows in ("crash", "hang")
            errands.append((Errand(entry, tuple(may)), alone))
    # What takes longest comes first, so that all jobs end at about the same time.
    errands.sort(key=lambda pair: not pair[1])
    done = 0
    with tempfile.TemporaryDirectory(prefix="kill-") as folder, ThreadPoolExecutor(settings.jobs) as pool:
        files = []
        for path in pool.map(lambda pair: _run(settings, pair[0], Path(folder), pair[1]), errands):
            files.append(path)
            done += 1
            told(done, len(errands))
        return same + _results(files, log)
