"""wspmatrix report: the matrix of some runs as a page, or in a format that another tool reads."""

from __future__ import annotations

import argparse
import datetime
from pathlib import Path

from .. import page
from ..atomic import write_text
from ..expectations import ExpectationError
from ..formats import Source, badge, junit, summary, table, tap
from ..matrix import Matrix, build
from ..reader import Log, load
from .common import STATUS, UNREADABLE, add_runs, parser_for, put, status_of, tell
from .gate import add_expectations, load_expectations, refuse

FORMATS = {"junit": junit.write, "tap": tap.write, "csv": table.write, "markdown": summary.write,
           "badge": badge.write}
NOTES = """\
  python -m wspmatrix report results/runs --format junit -o junit.xml

formats:
  html      the matrix as one page
  junit     JUnit XML: a test suite an entry
  tap       TAP 14: a test for each case of each entry
  csv       a row for each case of each entry; a text that a spreadsheet would take for a formula (= + - @ in
            front) gets an apostrophe in front
  markdown  for the summary of a pull request: what is red first, at most 65,000 characters
  badge     SVG

What is red as an expectation says is skipped in JUnit, a TODO in TAP and apart on the page and in Markdown,
with its reason.
"""


def add_parser(commands) -> None:  # type: ignore[no-untyped-def]
    parser = parser_for(commands, "report",
                        "write the matrix of some runs as a page, or in a format for other tools",
                        "python -m wspmatrix report results/runs/*.jsonl -o matrix.html")
    parser.epilog = f"{parser.epilog}{NOTES}{STATUS}"
    add_runs(parser)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE",
                        help="what to write; - prints it")
    parser.add_argument("--format", choices=("html", *FORMATS), default="html", help="default: html")
    parser.add_argument("--title", default="Winsock providers: what they keep", help="the title of the page")
    parser.add_argument("--strict", action="store_true", help="tolerated and unreached are red too")
    add_expectations(parser)


def main(args: argparse.Namespace) -> int:
    log = Log()
    runs = load(args.runs, log)
    tell(log)
    if not runs:
        return UNREADABLE
    try:
        text = _text(args, build(runs), log.lines())
    except ExpectationError as error:
        return refuse(error)
    if str(args.output) == "-":
        put(text)
    else:
        write_text(args.output, text)
        print(args.output)
    return status_of(log)


def _text(args: argparse.Namespace, matrix: Matrix, problems: list[str]) -> str:
    expectations, today = load_expectations(args), datetime.date.today()
    if args.format == "html":
        return page.render(matrix, args.title, problems, expectations, today, args.strict)
    source = Source(matrix, problems, expectations, today, args.strict)
    return FORMATS[args.format](source)
