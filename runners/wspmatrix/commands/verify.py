"""wspmatrix verify: whether the folder of an audit is still what it was."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..audit.inputs import AuditError
from ..audit.verify import check
from ..text import short
from .common import UNREADABLE, parser_for

EDITED = 1
NOTES = """
Every hash is compared and every figure of report.html is computed again from the records. Whoever edits
records, report and hashes together is found by the root hash only, which was printed when it was made.

exit status:
  0 nothing was edited, 1 something was, 2 wrong use or unreadable
"""


def add_parser(commands) -> None:  # type: ignore[no-untyped-def]
    parser = parser_for(commands, "verify", "check the folder of an audit against its records and hashes",
                        "python -m wspmatrix verify audit-2026-11 --root 5f2c...")
    parser.epilog = f"{parser.epilog}{NOTES}"
    parser.add_argument("folder", type=Path, metavar="DIR", help="a folder that wspmatrix audit made")
    parser.add_argument("--root", type=_hash, metavar="HASH", help="the root hash that was kept elsewhere")


def _hash(text: str) -> str:
    if len(text) != 64 or not set(text.lower()) <= set("0123456789abcdef"):
        raise argparse.ArgumentTypeError(f"{short(text)!r} is no root hash; expected 64 hexadecimal digits")
    return text.lower()


def main(args: argparse.Namespace) -> int:
    name = short(str(args.folder), 300)
    try:
        checked = check(args.folder, args.root)
    except AuditError as error:
        print(f"wspmatrix: {name}: {error}", file=sys.stderr)
        return UNREADABLE
    for line in checked.edits:
        print(f"{name}: {line}")
    for line in checked.notes:
        print(f"note: {line}")
    if args.root is None:
        print("note: no --root was given: records, report and hashes edited together would not be found")
    print(f"{name}: {'EDITED' if checked.edits else 'nothing was edited'}; root hash {checked.root}")
    return EDITED if checked.edits else 0
