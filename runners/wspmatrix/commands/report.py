"""wspmatrix report: the matrix of some runs as one HTML page."""

from __future__ import annotations

import argparse
from pathlib import Path

from .. import page
from ..atomic import write_text
from ..matrix import build
from ..reader import Log, load
from .common import UNREADABLE, add_runs, parser_for, status_of, tell


def add_parser(commands) -> None:  # type: ignore[no-untyped-def]
    parser = parser_for(commands, "report", "write the matrix of some runs as one HTML page",
                        "python -m wspmatrix report results/runs/*.jsonl -o matrix.html")
    add_runs(parser)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.html", help="the page to write")
    parser.add_argument("--title", default="Winsock providers: what they keep", help="its title")


def main(args: argparse.Namespace) -> int:
    log = Log()
    runs = load(args.runs, log)
    tell(log)
    if not runs:
        return UNREADABLE
    write_text(args.output, page.render(build(runs), args.title, log.lines()))
    print(args.output)
    return status_of(log)
