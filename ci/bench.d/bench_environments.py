"""Measures what each environment costs: a process start, a run of loopback.ini and one of bridge.ini.

Local is this machine's Wine with the checkout's prefix (on Windows: the machine). The others are those that
ci/lab has made. In each, a shell goes on starting one program after the other for as long as a round lasts,
so that Wine's own start is not counted: a program before the first one that counts sees to that.
"""

from __future__ import annotations

import argparse
import os
import select
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from measuring import (BOUND, DONE, ROOT, STARTS, Parser, Record, ended_wrong, fail, found, is_whole,
                       median, milliseconds, performed, process_start, read_records, timed, times)

HERE = Path(__file__).resolve().parent
LOCAL = "local"
MANIFESTS = ("loopback.ini", "bridge.ini")


class Failed(Exception):
    """An environment can't be measured; says why, in one line."""


@dataclass
class Cost:
    """What was measured in one environment, in seconds, one number a round."""

    starts: list[float] = field(default_factory=list)
    runs: dict[str, list[float]] = field(default_factory=dict)
    cases: dict[str, list[float]] = field(default_factory=dict)

    def add(self, manifest: str, seconds: float, records: Sequence[Record]) -> None:
        """One run more. What it costs a case is for the cases that were performed."""
        number = len(performed(records))
        if number == 0 or not is_whole(records):
            raise Failed(f"{manifest}: {number} cases were performed, expected some and the end of the run")
        self.runs.setdefault(manifest, []).append(seconds)
        self.cases.setdefault(manifest, []).append(seconds / number)

    def figures(self) -> dict[str, float]:
        """Medians by what they are of, in the order of the report."""
        of = {"process start": median(self.starts)}
        for name in self.runs:
            of |= {name: median(self.runs[name]), f"{name}, a case": median(self.cases[name])}
        return of


def once(cost: Cost, process: float, run: Callable[[str], float], records: Path) -> None:
    """The runs of one round. run: starts wspcheck with a manifest, its records into that file."""
    cost.starts.append(process)
    for manifest in MANIFESTS:
        records.unlink(missing_ok=True)
        cost.add(manifest, run(manifest), read_records(records))


def measure_local(program: Path, folder: Path, cost: Cost) -> None:
    wspcheck = found(program)
    records = folder / "records.jsonl"

    def run(manifest: str) -> float:
        return timed([*wspcheck.command, "run", *wspcheck.manifests([program.parent / manifest]), "--quiet",
                      "--jsonl", wspcheck.path(records)], DONE)

    timed([*wspcheck.command, "version"])
    once(cost, process_start(wspcheck), run, records)


class Session:
    """A shell in an environment of the lab that starts one Windows program after the other (file session)."""

    def __init__(self, process: subprocess.Popen[bytes], said: IO[bytes]) -> None:
        self.process, self.said = process, said

    def timed(self, *command: str, expected: Sequence[int] = (0,)) -> float:
        assert self.process.stdin and self.process.stdout
        begin = time.perf_counter()
        try:
            self.process.stdin.write(shlex.join(command).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            status = self.process.wait()
            raise Failed(ended_wrong("the environment's shell", status, expected, self.said)) from None
        if not select.select([self.process.stdout], [], [], BOUND)[0]:
            raise Failed(f"{shlex.join(command)}: not done after {BOUND} s")
        answer = self.process.stdout.readline()
        seconds = time.perf_counter() - begin
        status = int(answer) if answer else self.process.wait()
        if not answer or status not in expected:
            raise Failed(ended_wrong(shlex.join(command), status, expected, self.said))
        return seconds


@contextmanager
def session(command: Sequence[str], env: Mapping[str, str]) -> Iterator[Session]:
    """The shell ends with its input, and the environment's namespace with the shell."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([*command, ".", str(HERE / "session")], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=said, env=env, bufsize=0)
        try:
            yield Session(process, said)
        except BaseException:
            process.terminate()
            raise
        finally:
            assert process.stdin
            process.stdin.close()
            process.wait()


class Lab:
    """What ci/lab has made. Its modules are for Linux only."""

    def __init__(self) -> None:
        sys.path.append(str(ROOT / "ci/lab.d"))
        import environments
        import lab
        import runs
        import tree

        self.places, self.windows_path, self.locked, self.check_tools = (
            runs.places, runs.windows_path, tree.locked, tree.check_tools)
        self.failures = (lab.Failed, OSError)
        files = Path(os.environ.get("WSPCHECK_ENVIRONMENTS") or ROOT / "ci/environments")
        try:
            known = environments.load(files)
        except environments.Bad as error:
            fail(str(error))
        trees = [lab.tree_of(one) for one in known
                 if isinstance(one, environments.Environment) and one.kind == "debian"]
        self.trees: dict[str, Any] = {of.environment.name: of for of in trees if of.is_ready()}

    def measure(self, name: str, programs: Path, folder: Path, cost: Cost) -> None:
        """One round in the environment NAME, with the program of its architecture: programs/PRESET/bin."""
        tree = self.trees[name]
        program = programs / tree.environment.preset / "bin/wspcheck.exe"
        if not program.is_file():
            raise Failed(f"{program}: not there, expected the programs of {tree.environment.preset}")
        try:
            self.check_tools(tree.environment)
            with self.locked(tree, lambda line: print(line, file=sys.stderr)):
                self.measure_in(tree, program, folder, cost)
        except self.failures as error:
            raise Failed(str(error)) from None

    def measure_in(self, tree: Any, program: Path, folder: Path, cost: Cost) -> None:
        seen_bin, seen_out = self.places(tree, program.parent, folder)
        wspcheck, records = f"{seen_bin}/{program.name}", self.windows_path(f"{seen_out}/records.jsonl")
        command, env = tree.inside(program.parent, folder)
        with session(command, env) as shell:

            def run(manifest: str) -> float:
                return shell.timed(wspcheck, "run", "--manifest", self.windows_path(f"{seen_bin}/{manifest}"),
                                   "--quiet", "--jsonl", records, expected=DONE)

            shell.timed(wspcheck, "version")
            process = min(shell.timed(wspcheck, "version") for _ in range(STARTS))
            once(cost, process, run, folder / "records.jsonl")


def report(costs: Mapping[str, Cost]) -> None:
    """A line an environment and figure: the median, and how many times that of local."""
    local = costs[LOCAL].figures()
    print(f"{len(costs[LOCAL].starts)} rounds; medians, and how many times local")
    for what in local:
        print(f"\n{what}")
        for name, cost in costs.items():
            figure = cost.figures()[what]
            print(f"  {name:20}{milliseconds(figure)}{times(figure, local[what])}")


def main() -> None:
    lab = None if os.name == "nt" else Lab()
    ready = (LOCAL, *(lab.trees if lab else ()))

    def made(name: str) -> str:
        if name not in ready:
            expected = ", ".join(ready)
            raise argparse.ArgumentTypeError(f"'{name}', expected an environment that is made: {expected}")
        return name

    parser = Parser("environments", __doc__, "environments", "environments --rounds 5 local wine-8.0-x64")
    parser.add_argument("names", nargs="*", type=made, metavar="NAME",
                        help="only these, and local (all that there are)")
    parser.add_rounds(3)
    parser.add_program()
    options = parser.options()
    program = options.program.absolute()
    chosen = {LOCAL, *options.names} if options.names else ready
    costs = {name: Cost() for name in ready if name in chosen}
    missing: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for _ in range(options.rounds):
            for name in [name for name in costs if name not in missing]:
                try:
                    if name == LOCAL or lab is None:
                        measure_local(program, Path(scratch), costs[name])
                    else:
                        lab.measure(name, program.parents[2], Path(scratch), costs[name])
                except Failed as error:
                    if name == LOCAL:
                        fail(f"{name}: {error}")
                    missing[name] = str(error)
    report({name: cost for name, cost in costs.items() if name not in missing})
    for name, reason in missing.items():
        print(f"\n{name}: missing: {reason}")
    if len(ready) == 1:
        print("\nOnly local: ci/lab up makes other environments, each with a Wine of its own")


if __name__ == "__main__":
    main()
