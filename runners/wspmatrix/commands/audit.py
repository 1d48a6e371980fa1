"""wspmatrix audit: evidence of one run that stands on its own years later."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .. import expectations, statements
from ..audit.folder import Wanted, make
from ..audit.inputs import AuditError
from ..expectations import ExpectationError
from ..reader import Log, Run, load
from ..statements import Statement, StatementError
from ..text import quoted
from .common import UNREADABLE, parser_for, status_of, tell

MUTATION = Path("results/kill-matrix.json")
NOTES = """
The folder holds the records, the texts of the statements, the expectations, the report (report.html, and
report.pdf where Chromium is there) and SHA256SUMS. The root hash that is printed is that of SHA256SUMS: keep
it somewhere else, and wspmatrix verify FOLDER --root HASH finds any edit. The same run gives the same folder
again.

exit status:
  0 the report was made, 1 it was made of records that are damaged or cut short, 2 wrong use or unreadable
"""


def add_parser(commands) -> None:  # type: ignore[no-untyped-def]
    parser = parser_for(commands, "audit", "write evidence of one run: records, report, hashes",
                        "python -m wspmatrix audit results/runs/wine-8.0-x64.jsonl -o audit-2026-11")
    parser.epilog = f"{parser.epilog}{NOTES}"
    parser.add_argument("run", type=Path, metavar="RUN",
                        help="a record file that wspcheck or this program wrote")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="the folder to make")
    parser.add_argument("--environment", metavar="NAME",
                        help="of several runs in the file, the one of this environment")
    parser.add_argument("--started", metavar="TIME",
                        help="of several runs in the file, the one that started then")
    parser.add_argument("--expectations", type=Path, action="append", metavar="PATH",
                        help="a TOML file, or a folder of them, with the reasons of deviations (repeatable; "
                             f"default: {expectations.DEFAULT}, if it is there)")
    parser.add_argument("--statements", type=Path, metavar="FILE",
                        help="what wspcheck list statements --json printed (default: the package's texts)")
    parser.add_argument("--mutation", type=Path, metavar="FILE",
                        help=f"the mutation score of the suite (default: {MUTATION}, if it is there)")
    parser.add_argument("--no-pdf", action="store_true", help="no PDF, even where Chromium is there")


def main(args: argparse.Namespace) -> int:
    log = Log()
    runs = load([args.run], log)
    tell(log)
    chosen = [run for run in runs if args.environment in (None, run.record.environment)
              and args.started in (None, run.record.started)]
    if len(chosen) != 1:
        return _refuse(_which(args, runs, chosen)) if runs else UNREADABLE
    try:
        wanted = Wanted(_statements(args), _expectations(args), _mutation(args),
                        len(runs) == 1 and len(runs[0].places) == 1, not args.no_pdf)
        made = make(chosen[0], wanted, args.output)
    except ExpectationError as error:
        return _refuse(*str(error).split("\n"))
    except (AuditError, StatementError) as error:
        return _refuse(str(error))
    if made.pdf and not args.no_pdf:
        print(f"wspmatrix: no PDF: {made.pdf}", file=sys.stderr)
    print(f"report:    {args.output / 'report.html'}\nroot hash: {made.root}\n"
          "Keep the root hash somewhere else: with it wspmatrix verify --root finds any edit.")
    return status_of(log)


def _which(args: argparse.Namespace, runs: list[Run], chosen: list[Run]) -> str:
    there = ", ".join(f"{quoted(run.record.environment)} {quoted(run.record.started)}"
                      for run in (chosen or runs)[:10])
    found = f"{len(chosen)} runs fit" if chosen else "no run fits"
    return f"{args.run}: {found}, there are {there}; expected one (see --environment and --started)"


def _statements(args: argparse.Namespace) -> list[Statement]:
    if args.statements is None:
        return statements.of_package()
    return statements.parse(args.statements.read_bytes(), str(args.statements))


def _expectations(args: argparse.Namespace) -> list[Path]:
    paths = args.expectations
    if paths is None:
        paths = [expectations.DEFAULT] if expectations.DEFAULT.is_dir() else []
    expectations.load(paths)
    return paths


def _mutation(args: argparse.Namespace) -> Path | None:
    if args.mutation is not None:
        return args.mutation
    return MUTATION if MUTATION.is_file() else None


def _refuse(*lines: str) -> int:
    for line in lines:
        print(f"wspmatrix: {line}", file=sys.stderr)
    return UNREADABLE
