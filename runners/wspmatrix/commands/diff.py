"""wspmatrix diff: what changed between two sets of runs, and why it may have."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..atomic import write_text
from ..differences import compare, output
from ..reader import Log
from ..snapshot import take
from .common import UNREADABLE, parser_for, put, tell

CHANGES = 1
NOTES = """\
Where A and B are of one environment each, they are compared whatever these are called. Of several runs of one
entry in one environment the latest counts.
exit status:
  0 both could be read, 1 something changed (only with --exit-code), 2 wrong use, or what can't be read
"""


def add_parser(commands) -> None:  # type: ignore[no-untyped-def]
    parser = parser_for(commands, "diff",
                        "say what changed between two sets of runs: provider, environment or suite",
                        "python -m wspmatrix diff results/runs/wine-8.0-x64.jsonl matrix/wine-8.0-x64.jsonl")
    parser.epilog = f"{parser.epilog}\n{NOTES}"
    for name, text in (("before", "A"), ("now", "B")):
        parser.add_argument(name, type=Path, metavar=text,
                            help=f"a record file, or a folder of *.jsonl: {name}")
    parser.add_argument("--format", choices=("text", "markdown", "html"), default="text",
                        help="default: text")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE",
                        help="where to write it (default: print it)")
    parser.add_argument("--exit-code", action="store_true", help="exit 1 if anything changed")


def main(args: argparse.Namespace) -> int:
    log = Log()
    before, now = take([args.before], log), take([args.now], log)
    log.notices += before.notices() + now.notices()
    tell(log)
    if log.unreadable:
        return UNREADABLE
    found = compare(before, now)
    if args.format == "html":
        text = output.html(found, args.before.name, args.now.name)
    else:
        text = output.as_markdown(found) if args.format == "markdown" else output.text(found)
    if args.output is None:
        put(text)
    else:
        write_text(args.output, text)
        print(f"{args.output}: {found.summary()}")
    return CHANGES if args.exit_code and found.changes else 0
