"""Runs the same providers again and again on a busy machine: all verdicts are compared with a quiet run's."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from program import Record, command, manifest, read_records

AT_ONCE = 4
VARIANTS_A_RUN = 4
BOUND = 1800  # seconds for one run
INTERRUPTED = 130
Key = tuple[str, str]  # entry, case


@dataclass
class Loaded:
    """One run under load: what it said otherwise than the quiet one."""

    number: int
    seconds: float
    verdicts: int
    changed: dict[Key, Record | None] = field(default_factory=dict)  # None: no such verdict


def perform(records: Path, entries: Sequence[str], manifests: Sequence[Path],
            more: Sequence[str]) -> dict[Key, Record]:
    chosen = [argument for entry in entries for argument in ("--provider", entry)]
    named = [argument for path in manifests for argument in ("--manifest", str(path))]
    with open(records.with_suffix(".err"), "wb") as errors:
        done = subprocess.run(command("run", *named, *chosen, *more, "--quiet", "--jsonl", records),
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
                              timeout=BOUND)
    found = read_records(records) if records.exists() else []
    if done.returncode not in (0, 1, 3) or not found or found[-1]["record"] != "end":
        raise SystemExit(f"{records}: exit status {done.returncode} and no whole run; expected one")
    return {(r["entry"], r["case"]): r for r in found if r["record"] == "result"}


@contextmanager
def busy_processors(niceness: int) -> Iterator[None]:
    """A loop for each processor, for as long as it lasts."""
    nice = f"import os\nhasattr(os, 'nice') and os.nice({niceness})\n"
    loops = [subprocess.Popen([sys.executable, "-c", nice + "while True: pass"])
             for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def entries_of(path: Path) -> list[str]:
    """The entries of a manifest by their full names."""
    done = subprocess.run(command("list", "providers", "--manifest", path, "--json"),
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=BOUND, check=True)
    return [provider["entry"] for provider in json.loads(done.stdout)]


def compare(number: int, seconds: float, quiet: dict[Key, Record], loaded: dict[Key, Record],
            entries: Sequence[str]) -> Loaded:
    run = Loaded(number, seconds, len(loaded))
    for key in [key for key in quiet if key[0] in entries]:
        result = loaded.get(key)
        if result is None or result["verdict"] != quiet[key]["verdict"]:
            run.changed[key] = result
    return run


def torture(folder: Path, runs: int, fixed: list[str], variants: list[str], manifests: list[Path],
            quiet: dict[Key, Record], more: list[str], at_once: int) -> Iterator[Loaded]:
    def one(number: int) -> Loaded:
        turn = range(number * VARIANTS_A_RUN, (number + 1) * VARIANTS_A_RUN) if variants else ()
        entries = [*fixed, *dict.fromkeys(variants[i % len(variants)] for i in turn)]
        records = folder / f"run-{number}.jsonl"
        begin = time.monotonic()
        loaded = perform(records, entries, manifests, [*more, "--shuffle", str(number)])
        run = compare(number, time.monotonic() - begin, quiet, loaded, entries)
        if not run.changed:
            records.unlink()
            records.with_suffix(".err").unlink()
        return run

    with ThreadPoolExecutor(at_once) as pool:
        try:
            yield from pool.map(one, range(1, runs + 1))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def table(quiet: dict[Key, Record], runs: list[Loaded]) -> list[str]:
    """A line for each verdict that changed: what it was, what it became how often, and one story of it."""
    changed: dict[Key, Counter[str]] = defaultdict(Counter)
    stories: dict[Key, str] = {}
    for run in runs:
        for key, result in run.changed.items():
            changed[key][result["verdict"] if result else "missing"] += 1
            said = [result["observed"], result["reason"]] if result else []
            stories.setdefault(key, f"run {run.number}: " + "; ".join(filter(None, said)))
    return [f"{entry} {case}: {quiet[entry, case]['verdict']} -> "
            + ", ".join(f"{verdict} {count}x" for verdict, count in sorted(changed[entry, case].items()))
            + f" ({stories[entry, case]})" for entry, case in sorted(changed)]


def arguments_of(line: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ci/torture", description=__doc__)
    parser.add_argument("runs", nargs="?", type=int, default=200, help="runs under load (200)")
    parser.add_argument("--manifest", action="append", type=Path,
                        help="instead of loopback, bridge and the variants")
    parser.add_argument("--case", action="append", default=[], help="these cases only")
    parser.add_argument("--timeout", type=int, help="of a case, in milliseconds")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help=f"runs at the same time ({AT_ONCE})")
    parser.add_argument("--nice", type=int, default=5, help="of the loops that keep the processors busy (5)")
    parser.add_argument("--output", type=Path, required=True, help="for the records of runs with changes")
    given = parser.parse_args(line)
    if given.runs < 1 or given.at_once < 1:
        parser.error(f"runs is {given.runs} and --at-once {given.at_once}; expected at least 1 of both")
    return given


def main(line: Sequence[str] | None = None) -> int:
    given = arguments_of(line)
    given.output.mkdir(parents=True, exist_ok=True)
    variants_manifest = manifest("variants")
    with_variants = not given.manifest and variants_manifest.is_file()
    manifests = given.manifest or [manifest("loopback"), manifest("bridge")]
    fixed = [entry for path in manifests for entry in entries_of(path)]
    variants = entries_of(variants_manifest) if with_variants else []
    manifests = [*manifests, *([variants_manifest] if with_variants else [])]
    more = [argument for case in given.case for argument in ("--case", case)]
    more += ["--timeout", str(given.timeout)] if given.timeout else []
    begin = time.monotonic()
    quiet = perform(given.output / "quiet.jsonl", [*fixed, *variants], manifests, [*more, "--jobs", "2"])
    print(f"quiet: {len(quiet)} verdicts of {len(fixed) + len(variants)} entries in "
          f"{time.monotonic() - begin:.0f} s", flush=True)
    runs: list[Loaded] = []
    interrupted = False
    try:
        with busy_processors(given.nice):
            for run in torture(given.output, given.runs, fixed, variants, manifests, quiet, more,
                               given.at_once):
                runs.append(run)
                print(f"run {run.number}: {run.verdicts} verdicts in {run.seconds:.0f} s, "
                      f"{len(run.changed)} changed", flush=True)
    except KeyboardInterrupt:
        interrupted = True
    for line in (lines := table(quiet, runs)):
        print(line)
    total = sum(run.verdicts for run in runs)
    print(f"{len(runs)} runs under load, {total} verdicts, {sum(len(run.changed) for run in runs)} changed, "
          f"of {len(lines)} cases" + (f"; interrupted, {given.runs} runs were asked for" if interrupted else ""))
    return 1 if lines else INTERRUPTED if interrupted else 0


if __name__ == "__main__":
    sys.exit(main())
