"""wspmatrix expect: proposals for what the gate wants explained."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..atomic import write_text
from ..expectations import ExpectationError
from ..proposals import Proposals
from ..reader import Log
from ..snapshot import stream
from .common import STATUS, UNREADABLE, add_runs, parser_for, put, status_of, tell
from .gate import add_expectations, load_expectations, refuse


def add_parser(commands) -> None:  # type: ignore[no-untyped-def]
    parser = parser_for(commands, "expect", "propose expectations, for a person to give each a reason",
                        "python -m wspmatrix expect matrix -o results/expectations/more.toml")
    parser.epilog = f"{parser.epilog}{STATUS}"
    add_runs(parser)
    add_expectations(parser)
    parser.add_argument("--strict", action="store_true",
                        help="propose for what is tolerated or unreached too")
    parser.add_argument("--owner", default="", metavar="NAME",
                        help="who answers for them (default: left open)")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE.toml",
                        help="a new file to write (default: print them); what is there is never written over")


def main(args: argparse.Namespace) -> int:
    log = Log()
    if args.output is not None and args.output.exists():
        print(f"wspmatrix: {args.output}: is there already; expected the name of a new file", file=sys.stderr)
        return UNREADABLE
    try:
        proposals = Proposals(load_expectations(args), args.strict, args.owner)
        for run in stream(args.runs, log):
            proposals.see(run)
        text = proposals.toml()
    except ExpectationError as error:
        return refuse(error)
    tell(log)
    for line in [*proposals.conflicts, *proposals.not_proposed]:
        print(f"wspmatrix: {line}", file=sys.stderr)
    if not proposals.count():
        print("wspmatrix: nothing needs an expectation that has none", file=sys.stderr)
    elif args.output is None:
        put(text)
    else:
        args.output.parent.mkdir(parents=True, exist_ok=True)
        write_text(args.output, text)
        print(f"{args.output}: {proposals.count()} proposals; give each a reason and an owner")
    return status_of(log)
