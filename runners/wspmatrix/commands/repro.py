"""wspmatrix repro: a C program of one file that makes the calls of one case, without the suite."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..atomic import write_text
from ..launch import windows_path
from ..manifest import ManifestError, read, resolve
from ..matrix import cell_of
from ..reader import Log, Run, load
from ..records import ProviderRecord
from ..repro.arguments import NotReplayable
from ..repro.program import Subject, write
from ..text import quoted
from .common import UNREADABLE, parser_for, tell

NOTES = """
The program loads the provider as Ws2_32 would, makes the recorded calls in their order, and shows what each
answers and whether that is what the record says. Its first lines hold the command that builds it. What can't
be replayed is refused with the reason: a layered provider, calls from inside a hook or a condition function,
calls of which the record holds too little.

exit status:
  0 the program was written, 2 wrong use, unreadable, or not to be replayed
"""


def add_parser(commands) -> None:  # type: ignore[no-untyped-def]
    parser = parser_for(commands, "repro",
                        "write a C program that makes the calls of one case without the suite",
                        "python -m wspmatrix repro matrix/wine-8.0-x64.jsonl send_disconnect.not_socket.file "
                        "bridge.tcp4 --manifest bridge.ini -o x.c")
    parser.epilog = f"{parser.epilog}{NOTES}"
    parser.add_argument("run", type=Path, metavar="RUN",
                        help="a record file that wspcheck or this program wrote")
    parser.add_argument("case", metavar="CASE", help="send_disconnect.not_socket.file")
    parser.add_argument("entry", metavar="ENTRY", help="bridge.tcp4")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE",
                        help="the C file to write")
    parser.add_argument("--manifest", type=Path, metavar="FILE",
                        help="the manifest of the provider: its DLL, its catalog entry and its environment")
    parser.add_argument("--dll", metavar="PATH",
                        help="the provider's DLL as the program is to name it (default: as recorded, looked "
                             "for in the current folder and beside the program)")
    parser.add_argument("--environment", metavar="NAME", help="of several runs, the one of this environment")


def main(args: argparse.Namespace) -> int:
    log = Log()
    runs = [run for run in load([args.run], log) if args.environment in (None, run.record.environment)]
    tell(log)
    if not runs:
        return UNREADABLE
    try:
        write_text(args.output, write(_subject(args, runs)))
    except (NotReplayable, ManifestError) as error:
        print(f"wspmatrix: {error}", file=sys.stderr)
        return UNREADABLE
    print(args.output)
    return 0


def _subject(args: argparse.Namespace, runs: list[Run]) -> Subject:
    run = next((run for run in runs if run.of(args.entry, args.case)), None)
    if run is None:
        entries = list(dict.fromkeys(entry for run in runs for entry in run.entries()))
        what = quoted(args.case) if args.entry in entries else quoted(args.entry)
        names = ", ".join(map(quoted, entries[:10]))
        raise NotReplayable(f"{args.run}: no result of {what}; expected a case and an entry of it ({names})")
    # The repeat with most to tell: the one that counts, or another of them where that holds no calls.
    results = run.of(args.entry, args.case)
    worst = cell_of(results).result
    result = worst if worst is not None and worst.calls else max(results, key=lambda each: len(each.calls))
    provider = run.providers.get(args.entry)
    if provider is None:
        raise NotReplayable(f"{args.run}: no provider record of {quoted(args.entry)}; expected one")
    subject = Subject(run.record, provider, result, args.dll or provider.dll, args.output.name)
    if args.manifest is not None:
        _take_manifest(args, provider, subject)
    return subject


def _take_manifest(args: argparse.Namespace, provider: ProviderRecord, subject: Subject) -> None:
    manifest = read(args.manifest)
    entry = resolve([manifest]).get(args.entry)
    if entry is None:
        raise NotReplayable(f"{args.manifest}: no entry {quoted(args.entry)}; expected its manifest")
    subject.values = entry.values
    subject.environment = manifest.environment | entry.environment
    if args.dll is None:
        path = manifest.dll
        absolute = path[:1] in ("%", "\\", "/") or path[1:2] == ":"
        subject.dll = path if absolute else windows_path(manifest.path.absolute().parent / path.replace("\\",
                                                                                                        "/"))
