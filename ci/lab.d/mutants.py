"""All mutants in one environment, each with the cases of the statement that it breaks, and where none of them tells
it, with all: some statements are checked in every case. The judge is that of ci/kill-matrix; workers isolate."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from children import Failed, last_words, start, wait
from runs import Plan, places, windows_path
from tree import Tree

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "runners"))

from wspmatrix.kill import mutants as table  # noqa: E402
from wspmatrix.kill.judge import Matrix, Seen, judge  # noqa: E402
from wspmatrix.kill.mutants import Case, Mutant  # noqa: E402
from wspmatrix.kill.output import as_json, as_markdown, score  # noqa: E402
from wspmatrix.kill.running import CONTROL_DEADLINE, DEADLINE, results_of  # noqa: E402

LINE_MAX = 6000
"""Characters of a command in a batch file; cmd takes 8191."""


def own_cases(mutant: Mutant, cases: Sequence[Case]) -> list[Case]:
    """All for the reference itself."""
    return [case for case in cases if mutant.is_control or mutant.statement in case.statements]


@dataclass(frozen=True)
class Batch:
    """Entries and the cases that they are run with, not too long for a line; no cases stands for all."""

    entries: list[str]
    cases: list[str]
    deadline: int = DEADLINE


def _batches(mutants: Sequence[Mutant], cases: Sequence[Case]) -> Iterator[Batch]:
    for control in (mutant for mutant in mutants if mutant.is_control):
        yield Batch(list(control.entries), [], CONTROL_DEADLINE)
    for statement in dict.fromkeys(mutant.statement for mutant in mutants if not mutant.is_control):
        broken = [mutant for mutant in mutants if mutant.statement == statement]
        names = [case.name for case in own_cases(broken[0], cases)]
        entries: list[str] = []
        for entry in (entry for mutant in broken for entry in mutant.entries):
            entries.append(entry)
            if sum(len(name) + 12 for name in (*entries, *names)) > LINE_MAX - 1000:
                yield Batch(entries, names)
                entries = []
        if entries:
            yield Batch(entries, names)


def _command(batch: Batch, bin_folder: str, records: str) -> str:
    manifests = dict.fromkeys(entry.split(".")[0] for entry in batch.entries)
    words = [windows_path(f"{bin_folder}/wspcheck.exe"), "run"]
    for manifest in manifests:
        words += ["--manifest", windows_path(f"{bin_folder}/{manifest}.ini")]
    for entry in batch.entries:
        words += ["--provider", entry]
    for name in batch.cases:
        words += ["--case", name]
    return " ".join([*words, "--timeout", str(batch.deadline), "--jobs", "2", "--quiet", "--jsonl",
                     windows_path(records), ">nul"])


def _session(tree: Tree, plan: Plan, work: Path, log: Path, commands: Sequence[str]) -> None:
    """One batch file in the environment: its server is started once."""
    (work / "session.bat").write_text("\r\n".join(["@echo off", *commands, ""]), "ascii")
    command, env = tree.inside(plan.bin(tree.environment), work)
    _, seen_out = places(tree, plan.bin(tree.environment), work)
    with log.open("ab") as output:
        process = start([*command, "run", "cmd", "/c", windows_path(f"{seen_out}/session.bat")],
                        stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env)
        try:
            wait(process, plan.timeout)
        except subprocess.TimeoutExpired:
            raise Failed(f"not done after {plan.timeout:.0f} s (see {log})") from None


def _cases(tree: Tree, plan: Plan, work: Path, log: Path) -> list[Case]:
    seen_bin, seen_out = places(tree, plan.bin(tree.environment), work)
    listing = windows_path(f"{seen_out}/cases.json")
    _session(tree, plan, work, log,
             [f"{windows_path(f'{seen_bin}/wspcheck.exe')} list cases --json >{listing}"])
    try:
        return table.cases(json.loads((work / "cases.json").read_text("utf-8")))
    except (OSError, ValueError):
        raise Failed(f"{last_words(log) or 'wspcheck list cases says nothing'} (see {log})") from None


def run(tree: Tree, plan: Plan) -> tuple[Matrix, float]:
    """The verdicts, and the seconds it took. Writes kill-matrix-NAME.json and .md to the plan's folder."""
    name = tree.environment.name
    work = plan.work / name
    work.mkdir(parents=True)
    log = plan.out / f"{name}.mutants.log"
    log.unlink(missing_ok=True)
    seen_bin, seen_out = places(tree, plan.bin(tree.environment), work)
    mutants = table.read_all(plan.bin(tree.environment))
    began = time.monotonic()
    cases = _cases(tree, plan, work, log)

    def judged(name: str, batches: Iterable[Batch]) -> Matrix:
        left = replace(plan, timeout=max(0.0, began + plan.timeout - time.monotonic()))
        _session(tree, left, work, log, [_command(batch, seen_bin, f"{seen_out}/{name}-{number}.jsonl")
                                         for number, batch in enumerate(batches)])
        results: list[Seen] = [result for path in sorted(work.glob("*.jsonl"))
                               for result in results_of(path)[0]]
        if not results:
            raise Failed(f"{last_words(log) or 'no records'} (see {log})")
        return judge(mutants, cases, results, everything=False,
                     asked=lambda mutant: own_cases(mutant, cases))

    matrix = judged("own", _batches(mutants, cases))
    if left := [fate.entry for one in matrix.mutants for fate in one.fates if not fate.own]:
        matrix = judged("all", [Batch([entry], []) for entry in left])
    for suffix, text in ((".json", as_json(matrix)), (".md", as_markdown(matrix))):
        (plan.out / f"kill-matrix-{name}{suffix}").write_text(text, "utf-8")
    return matrix, time.monotonic() - began


def told(name: str, matrix: Matrix, seconds: float) -> list[str]:
    """What people read of it."""
    return [*(f"{name}: {problem}" for problem in matrix.problems), f"{name}: {score(matrix)}; {seconds:.0f} s"]
