"""What several commands say and do alike."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..reader import Log

DAMAGED = 1
UNREADABLE = 2
STATUS = """
exit status:
  0 it was written, 1 it was, but something in the files was left out or cut short, 2 wrong use or unreadable
"""


def parser_for(commands, name: str, summary: str, example: str) -> argparse.ArgumentParser:  # type: ignore[no-untyped-def]
    """A command's parser, with an example below its help."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=summary[0].upper() + summary[1:] + ".", epilog=f"example:\n  {example}\n",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    return parser


def add_runs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN",
                        help="a record file that wspcheck or this program wrote, or a folder of *.jsonl")


def put(text: str) -> None:
    """Prints what another program may read: UTF-8 and the line ends as they are, on every system."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8"))
    sys.stdout.buffer.flush()


def tell(log: Log) -> None:
    """Says on stderr what was wrong with the files."""
    for line in log.notices + log.lines():
        print(f"wspmatrix: {line}", file=sys.stderr)


def status_of(log: Log) -> int:
    """2 where a file could not be used at all, 1 where something in one was left out or cut short."""
    return UNREADABLE if log.unreadable else DAMAGED if log.damaged else 0
