"""The command: python -m wspmatrix.kill (ci/kill-matrix sets up and builds first)."""

from __future__ import annotations

import argparse
import fnmatch
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from .. import records
from ..atomic import write_text
from ..launch import LaunchError, Wspcheck
from ..reader import Log
from . import mutants as table
from . import running
from .confirm import confirm
from .judge import Matrix, Result, judge
from .output import as_json, as_markdown, as_page, score

SHOWN = 60


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ci/kill-matrix", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Runs all cases on all mutants of the reference and tells who kills whom. Every mutant\n"
                    "must be killed by a case that covers the statement it breaks, every case must kill a\n"
                    "mutant or say why it can't, and nothing may kill the reference itself.",
        epilog="exit status: 0 all of that holds, 1 something survives or is missing, 2 wrong use\n"
               "example:\n  ci/kill-matrix --mutant 'send_notconn*' --case '*.not_connected'\n")
    parser.add_argument("--wspcheck", type=Path, required=True, metavar="EXE",
                        help="the program; the mutants lie beside it")
    parser.add_argument("--mutant", action="append", default=[], metavar="GLOB", help="only these mutants")
    parser.add_argument("--case", action="append", default=[], metavar="GLOB", help="only these cases")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processors in use, each with a Wine server of its own (2); several\n"
                             "processes share one, since much of what a mutant does is to keep a\n"
                             "case waiting")
    parser.add_argument("--timeout", type=int, default=running.DEADLINE, metavar="MS",
                        help="deadline of a case; half of it is how long an event is waited for (600).\n"
                             "The first look takes the shortest, 100")
    parser.add_argument("--isolated", action="store_true",
                        help="workers for all mutants: slow, as an ordinary run does it")
    parser.add_argument("--everything", action="store_true",
                        help="every mutant with every case: also where it is known to be the reference,\n"
                             "and also those that never return or wait, which are otherwise run with\n"
                             "the cases of their own statement: many minutes more")
    parser.add_argument("--output", type=Path, metavar="FOLDER",
                        help="write kill-matrix.json, kill-matrix.md and kill-matrix.html there")
    return parser


def _chosen(names: Sequence[str], patterns: Sequence[str], what: str) -> list[str]:
    if not patterns:
        return list(names)
    for pattern in patterns:
        if not fnmatch.filter(names, pattern):
            raise table.TableError(
                f"--{what} {pattern}: matches none of the {len(names)} {what}s; expected a name or a glob")
    return [name for name in names if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {total} entries", end="\n" if done == total else "", file=sys.stderr, flush=True)


def _run(settings: running.Settings, mutants: Sequence[table.Mutant], cases: Sequence[table.Case],
         log: Log) -> tuple[list[Result], str]:
    """The controls first: all else is compared with them."""
    results: list[Result] = []
    suite = ""
    by_base: dict[str, dict[str, records.Result]] = {}
    reached: dict[str, running.Reached] = {}
    for control in (mutant for mutant in mutants if mutant.is_control):
        by_base |= {base: {} for base in control.entries.values()}
        found, suite = running.run_control(settings, control, cases, log)
        for result in found:
            by_base[control.entries[result.entry]][result.case] = result
            results.append(result)
        reached |= running.run_reach(settings, control, cases, by_base)
    others = [mutant for mutant in mutants if not mutant.is_control]
    seen, again = confirm(others, cases,
                          running.run_mutants(settings, others, cases, by_base, reached, _progress),
                          lambda errands: running.run_errands(settings, errands))
    if again:
        _say(f"kill-matrix: {again} verdicts that rest on a wait were looked at again")
    return [*results, *seen], suite


def _write(folder: Path, matrix: Matrix) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "kill-matrix.json", as_json(matrix))
    write_text(folder / "kill-matrix.md", as_markdown(matrix))
    write_text(folder / "kill-matrix.html", as_page(matrix))


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    folder = options.wspcheck.absolute().parent
    try:
        everyone = table.read_all(folder)
        names = {table.CONTROL, *_chosen([mutant.name for mutant in everyone], options.mutant, "mutant")}
        wspcheck = Wspcheck.find(options.wspcheck)
        cases = table.cases(wspcheck.list("cases"))
        wanted = set(_chosen([case.name for case in cases], options.case, "case"))
    except (table.TableError, LaunchError) as error:
        _say(f"kill-matrix: {error}")
        return 2
    mutants = [mutant for mutant in everyone if mutant.name in names]
    cases = [case for case in cases if case.name in wanted]
    log = Log()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does: nothing stays behind
    begin = time.monotonic()
    with running.settings(wspcheck, folder, options.jobs, options.timeout, options.isolated,
                          options.everything) as settings:
        results, suite = _run(settings, mutants, cases, log)
    seconds = time.monotonic() - begin
    for line in log.lines():
        _say(f"kill-matrix: {line}")
    everything = not options.mutant and not options.case
    matrix = judge(mutants, cases, results, everything,
                   lambda mutant: running.asked(mutant, cases, options.everything))
    matrix.suite = suite
    if options.output is not None:
        _write(options.output, matrix)
    for problem in matrix.problems[:SHOWN]:
        print(problem)
    if len(matrix.problems) > SHOWN:
        print(f"and {len(matrix.problems) - SHOWN} more")
    print(score(matrix))
    cost = 1000 * seconds / max(1, matrix.results)
    print(f"{seconds:.1f} s with {options.jobs} jobs, {cost:.2f} ms a mutant x case")
    return 1 if matrix.problems or log.damaged else 0


if __name__ == "__main__":
    sys.exit(main())
