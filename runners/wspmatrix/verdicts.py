"""The verdicts of the suite, how bad each is, and which of them make a run red."""

from __future__ import annotations

from collections.abc import Iterable

MISSING = "missing"
"""Said by a reader of records, never by the suite: the case was asked for and has no verdict."""

BY_SEVERITY = ("skip", "pass", "tolerated", "unreached", MISSING, "fail", "hang", "crash", "error")
"""From the mildest to the worst."""

OF_THE_SUITE = tuple(verdict for verdict in BY_SEVERITY if verdict != MISSING)
RED = frozenset({MISSING, "fail", "hang", "crash", "error"})
RED_IF_STRICT = frozenset({"tolerated", "unreached"})
ENDED_WELL = frozenset({"pass", "tolerated"})

MEANING = {
    "pass": "as documented, or an observed-only case that ended well",
    "tolerated": "not the literal reading, but allowed by a named permission or silence",
    "fail": "against the documentation",
    "crash": "the provider brought its process down, or left it unasked",
    "hang": "past the deadline, or a call that must not block did",
    "unreached": "the situation could not be brought about",
    "skip": "does not apply, by the entry's own declaration",
    "error": "the suite's own fault",
    MISSING: "asked for, and there is no verdict",
}

_RANK = {verdict: rank for rank, verdict in enumerate(BY_SEVERITY)}


def severity(verdict: str) -> int:
    """How bad a verdict is: the larger, the worse."""
    return _RANK[verdict]


def worst(verdicts: Iterable[str]) -> str:
    """The worst of some verdicts; `missing` where there are none."""
    return max(verdicts, key=_RANK.__getitem__, default=MISSING)


def is_red(verdict: str, strict: bool = False) -> bool:
    return verdict in RED or strict and verdict in RED_IF_STRICT
