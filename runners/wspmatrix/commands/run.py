"""wspmatrix run: starts wspcheck, shows how far it is, prints the matrix, writes it as records and page."""

from __future__ import annotations

import argparse
import datetime
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from .. import page, terminal
from ..atomic import write_text
from ..expectations import ExpectationError
from ..launch import LaunchError, Wspcheck, said, stop
from ..matrix import Matrix, build
from ..progress import Progress, progress
from ..reader import Log, Run, load
from ..records import RunRecord
from ..tail import Tail
from ..text import file_name
from .common import UNREADABLE, parser_for, tell
from .gate import add_expectations, load_expectations, refuse

DEFAULT_MANIFESTS = ("loopback.ini", "bridge.ini")
LOOK_EVERY = 0.1
RED = 1
WRONG_USE = 2

STATUS = """
exit status:
  0 nothing red, 1 something red or cut short, 2 wrong use, or wspcheck could not be run
"""
PASSED_ON = (
    ("--provider", "NAME", "test only this provider, entry, catalog ID or GUID (repeatable)"),
    ("--case", "GLOB", "run only these cases (repeatable)"),
    ("--jobs", "N", "workers at once"),
    ("--timeout", "MS", "deadline of a case"),
    ("--isolation", "HOW", "shared, case or none"),
    ("--repeat", "N", "run each case so often"),
    ("--shuffle", "SEED", "in another order"),
    ("--trace", "WHAT", "failures or all"),
    ("--environment", "NAME", "what to call this system (default: what wspcheck makes of it)"),
)


def add_parser(commands) -> None:  # type: ignore[no-untyped-def]
    parser = parser_for(commands, "run",
                        "run wspcheck, print the matrix and write it as records and as a page",
                        "python -m wspmatrix run my.ini --wspcheck bin/wspcheck.exe -o matrix")
    parser.epilog = f"{parser.epilog}{STATUS}"
    parser.add_argument("manifests", nargs="*", type=Path, metavar="MANIFEST",
                        help="providers not installed (default: loopback.ini and bridge.ini beside wspcheck)")
    parser.add_argument("--wspcheck", required=True, metavar="EXE", help="the wspcheck to run")
    parser.add_argument("--installed", action="store_true",
                        help="test what is installed instead of manifests")
    parser.add_argument("-o", "--output", type=Path, default=Path("matrix"), metavar="DIR",
                        help="where ENVIRONMENT.jsonl and index.html go (default: %(default)s)")
    parser.add_argument("--strict", action="store_true", help="tolerated and unreached are red too")
    parser.add_argument("--no-fail", action="store_true",
                        help="exit 0 when the matrix was made, whatever is in it")
    add_expectations(parser)
    of_wspcheck = parser.add_argument_group("passed on to wspcheck run")
    for option, metavar, text in PASSED_ON:
        of_wspcheck.add_argument(option, action="append", default=[], metavar=metavar, help=text)


def main(args: argparse.Namespace) -> int:
    try:
        args.expected = load_expectations(args)
    except ExpectationError as error:
        return refuse(error)
    wspcheck = Wspcheck.find(args.wspcheck)
    manifests = _manifests(args, wspcheck)
    args.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".run-", dir=args.output) as scratch:
        records = Path(scratch) / "records.jsonl"
        ended = _execute(wspcheck, _arguments(args, wspcheck, manifests, records), records)
        record = next((record for record in Tail(records).new() if isinstance(record, RunRecord)), None)
        if record is None:
            raise LaunchError(ended.why or f"wspcheck wrote no run record (exit status {ended.status})")
        # Only now does the name say that these are the records of that environment.
        kept = args.output / (file_name(record.environment) + ".jsonl")
        os.replace(records, kept)
    log = Log()
    runs = load([kept], log)
    return _report(args, runs, kept, log, ended)


def _manifests(args: argparse.Namespace, wspcheck: Wspcheck) -> list[Path]:
    if args.installed and args.manifests:
        raise LaunchError("--installed with a manifest; expected one or the other")
    if args.installed:
        return []
    manifests = args.manifests or [wspcheck.program.parent / name for name in DEFAULT_MANIFESTS]
    for manifest in manifests:
        if not manifest.is_file():
            raise LaunchError(f"{manifest}: not there; expected a manifest" + (
                "" if args.manifests
                else " beside wspcheck, or manifests on the command line, or --installed"))
    return manifests


def _arguments(args: argparse.Namespace, wspcheck: Wspcheck, manifests: list[Path],
               records: Path) -> list[str]:
    arguments = ["run", *wspcheck.manifests(manifests), "--jsonl", wspcheck.path(records), "--quiet"]
    for option, _, _ in PASSED_ON:
        for value in getattr(args, option.removeprefix("--")):
            arguments += [option, value]
    return arguments + (["--strict"] if args.strict else [])


@dataclass
class _Ended:
    """How a run came to its end."""

    status: int | None = None
    interrupted: bool = False
    why: str = ""
    problems: list[str] = field(default_factory=list)


def _execute(wspcheck: Wspcheck, arguments: list[str], records: Path) -> _Ended:
    """Runs wspcheck to its end, or to Ctrl-C, and shows what it writes meanwhile."""
    ended = _Ended()
    tail = Tail(records)
    with tempfile.TemporaryFile() as err, progress(sys.stderr) as shown:
        process = wspcheck.start(arguments, subprocess.DEVNULL, err)
        try:
            _follow(process, tail, shown)
        except KeyboardInterrupt:
            ended.interrupted = True
        finally:
            stop(process)
        ended.status = process.returncode
        if ended.interrupted:
            ended.why = "interrupted; what was judged is kept"
        elif ended.status not in (0, 1):
            ended.why = f"wspcheck run: exit status {ended.status}: {said(err)}"
    return ended


def _follow(process: subprocess.Popen[bytes], tail: Tail, shown: Progress) -> None:
    while process.poll() is None:
        for record in tail.new():
            shown.see(record)
        try:
            # Waits for the end; the time out is only when to look at the records again.
            process.wait(LOOK_EVERY)
        except subprocess.TimeoutExpired:
            continue
    for record in tail.new():
        shown.see(record)


def _report(args: argparse.Namespace, runs: list[Run], kept: Path, log: Log, ended: _Ended) -> int:
    matrix = build(runs)
    terminal.show(matrix, Console(highlight=False), args.strict)
    index = args.output / "index.html"
    problems = log.lines() + ([ended.why] if ended.why else [])
    title = f"Winsock providers on {runs[0].record.environment}"
    write_text(index, page.render(matrix, title, problems, args.expected, datetime.date.today(), args.strict))
    tell(log)
    if ended.why:
        print(f"wspmatrix: {ended.why}", file=sys.stderr)
    print(f"\nrecords: {kept}\npage:    {index.resolve()}")
    return _status(args, matrix, log, ended)


def _status(args: argparse.Namespace, matrix: Matrix, log: Log, ended: _Ended) -> int:
    judged = any(run.results for run in {id(column.run): column.run for column in matrix.columns}.values())
    if not judged:
        return UNREADABLE
    if ended.interrupted:
        return RED
    if args.no_fail:
        return 0
    if ended.status == WRONG_USE:
        return UNREADABLE
    return RED if ended.why or ended.status or log.damaged or matrix.red(args.strict) else 0
