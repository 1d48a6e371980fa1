"""wspmatrix gate: green, or red with what is new."""

from __future__ import annotations

import argparse
import datetime
import functools
import json
import sys
from pathlib import Path
from typing import Any

from .. import expectations, markdown
from ..expectations import ExpectationError, Expectations
from ..gate import KINDS, Before, Gate, Item, Verdict
from ..reader import Log
from ..snapshot import Answer, Snapshot, stream, take
from ..text import file_name, short
from .common import UNREADABLE, add_runs, parser_for, put, tell

BASELINE = Path("results/runs")
NEWS = 1
NOTES = """\
What is red needs an expectation: a [[expectation]] table in a TOML file with the keys environment, entry and
case (names, patterns with * and ?, or lists of them), verdict, observed (the exact answer), reason, owner
and, if need be, sometimes (true: other runs end well), link and until (a date). wspmatrix expect writes
proposals. News is, the worst first:
""" + "".join(f"  {name}\n" for name in KINDS.values()) + """\
exit status:
  0 nothing new, 1 news, 2 wrong use, or something that can't be read
"""


def add_parser(commands) -> None:  # type: ignore[no-untyped-def]
    parser = parser_for(commands, "gate",
                        "say what in some runs is news, compared with what is expected and was before",
                        "python -m wspmatrix gate matrix/wine-8.0-x64.jsonl --baseline results/runs")
    parser.epilog = f"{parser.epilog}\n{NOTES}"
    add_runs(parser)
    add_expectations(parser)
    parser.add_argument("--baseline", type=Path, metavar="DIR",
                        help="what was before: DIR/ENVIRONMENT.jsonl, or one file "
                             f"(default: {BASELINE}, if it is there)")
    parser.add_argument("--strict", action="store_true",
                        help="tolerated and unreached need an expectation too")
    parser.add_argument("--partial", action="store_true",
                        help="the runs are of some cases or entries: what was not asked for is no news")
    parser.add_argument("--today", type=_date, metavar="YYYY-MM-DD", help="judge dates as on this day")
    parser.add_argument("--format", choices=("text", "markdown", "json"), default="text",
                        help="how to print the news")


def add_expectations(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--expectations", type=Path, action="append", metavar="PATH",
                        help="a TOML file, or a folder of them (repeatable; default: "
                             f"{expectations.DEFAULT}, if it is there)")


def load_expectations(args: argparse.Namespace) -> Expectations:
    """What --expectations names. ExpectationError and OSError are for the caller to tell."""
    paths = args.expectations
    if paths is None:
        paths = [expectations.DEFAULT] if expectations.DEFAULT.is_dir() else []
    return expectations.load(paths)


def refuse(error: ExpectationError) -> int:
    for line in str(error).split("\n"):
        print(f"wspmatrix: {line}", file=sys.stderr)
    return UNREADABLE


def main(args: argparse.Namespace) -> int:
    log = Log()
    try:
        gate = Gate(load_expectations(args), _before(args.baseline, log), args.today or datetime.date.today(),
                    args.strict, args.partial)
        for run in stream(args.runs, log):
            gate.see(run)
        verdict = gate.close(log)
    except ExpectationError as error:
        return refuse(error)
    if not verdict.results and log.unreadable:
        tell(log)
        return UNREADABLE
    for notice in log.notices:
        print(f"wspmatrix: {notice}", file=sys.stderr)
    for unused in verdict.unused:
        print(f"wspmatrix: {unused.place}: matches none of the cases that were asked for", file=sys.stderr)
    put({"text": _text, "markdown": _markdown, "json": _json}[args.format](verdict))
    if log.unreadable:
        return UNREADABLE
    return 0 if verdict.green else NEWS


def _date(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        message = f"{short(text)!r} is no date, expected one such as 2026-11-22"
        raise argparse.ArgumentTypeError(message) from None


def _before(path: Path | None, log: Log) -> Before:
    """Reads what was there before, an environment at a time."""
    if path is not None and not path.exists():
        raise FileNotFoundError(2, "not there; expected what was before (--baseline)", str(path))

    @functools.lru_cache(maxsize=8)
    def before(environment: str) -> Snapshot:
        place = path or BASELINE
        file = place / f"{file_name(environment)}.jsonl" if place.is_dir() or path is None else place
        if not file.exists():
            name = short(str(file), 300)
            log.notices.append(f"{name}: not there; nothing to compare {short(environment)} with")
            return Snapshot()
        snapshot = take([file], log)
        if not any(name == environment for name, _ in snapshot.columns):
            name = short(str(file), 300)
            log.notices.append(f"{name}: no run of {short(environment)} in it to compare with")
        return snapshot

    return before


def _text(verdict: Verdict) -> str:
    return "".join(f"{item.line()}\n" for item in verdict.sorted()) + verdict.summary() + "\n"


def _markdown(verdict: Verdict) -> str:
    page = markdown.Page(f"wspcheck {'green: nothing new' if verdict.green else 'red: news'}")
    page.paragraph(verdict.summary())
    rows = [(KINDS[item.kind], item.environment, item.entry, item.case, item.detail)
            for item in verdict.sorted()]
    page.table(("news", "environment", "entry", "case", "what"), rows)
    return page.text()


def _json(verdict: Verdict) -> str:
    return json.dumps({"green": verdict.green, "results": verdict.results, "as_expected": verdict.as_expected,
                       "counts": verdict.counts(), "items": [_item(item) for item in verdict.sorted()]},
                      indent=1) + "\n"


def _item(item: Item) -> dict[str, Any]:
    expected = item.expectation
    return {"kind": item.kind, "name": KINDS[item.kind], "environment": item.environment, "entry": item.entry,
            "case": item.case, "detail": item.detail, "before": _answer(item.before),
            "now": _answer(item.now),
            "expectation": expected and {
                "file": str(expected.file), "line": expected.line, "verdict": expected.verdict,
                "observed": expected.observed, "sometimes": expected.sometimes, "reason": expected.reason,
                "owner": expected.owner,
                "link": expected.link, "until": expected.until and expected.until.isoformat()}}


def _answer(answer: Answer | None) -> dict[str, str] | None:
    return answer and {"verdict": answer.verdict, "observed": answer.observed}
