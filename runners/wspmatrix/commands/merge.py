"""wspmatrix merge: one record file of many. A run that is in several, or twice in one, is there once."""

from __future__ import annotations

import argparse
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from ..atomic import writing
from ..reader import Log, Reader, find_files, scan
from .common import STATUS, UNREADABLE, add_runs, parser_for, status_of, tell


def add_parser(commands) -> None:  # type: ignore[no-untyped-def]
    parser = parser_for(commands, "merge", "make one record file of many runs",
                        "python -m wspmatrix merge wine8.jsonl wine10.jsonl -o all.jsonl")
    parser.epilog = f"{parser.epilog}{STATUS}"
    add_runs(parser)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE",
                        help="the record file to write")


class _Nothing(Exception):
    """No run in any of the files: what is written already must not take the place of a good file."""


def main(args: argparse.Namespace) -> int:
    log = Log()
    files = list(dict.fromkeys(find_files(args.runs, log)))
    try:
        with writing(args.output) as out:
            runs, results = _write(files, log, out)
            if runs == 0:
                raise _Nothing
    except _Nothing:
        tell(log)
        return UNREADABLE
    tell(log)
    print(f"{args.output}: {runs} runs, {results} results")
    return status_of(log)


def _write(files: list[Path], log: Log, out: BinaryIO) -> tuple[int, int]:
    """Copies run after run, one in memory at a time; only those in several places wait for the last file."""
    often = Counter(name for file in files for name in scan(file))
    reader = Reader(log, lambda name: often[name] > 1)
    runs = results = 0
    for run in chain(chain.from_iterable(map(reader.read, files)), reader.close()):
        run.copy_to(out)
        runs += 1
        results += sum(run.counts().values())
    return runs, results
