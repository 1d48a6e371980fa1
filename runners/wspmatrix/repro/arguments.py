"""The arguments of a recorded call: the text of the trace (suite/host/trace.h) taken apart.

Records are foreign: what does not have this form is refused, so that nothing of it reaches C source but
numbers, names that are known here, and escaped strings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..text import quoted

_NAME = re.compile(r"(?:out\.)?[A-Za-z_][A-Za-z0-9_]*")


class NotReplayable(ValueError):
    """A call that a program of one file can't make: why."""


def split(text: str) -> dict[str, str]:
    """The pairs of `name=value, name=value`; braces nest. A pair that is cut off at the end is left out."""
    pairs: dict[str, str] = {}
    for part in _parts(text):
        name, equals, value = part.partition("=")
        if not equals or not _NAME.fullmatch(name) or name in pairs:
            raise NotReplayable(f"its arguments are {quoted(text, 120)}; expected name=value, name=value")
        pairs[name] = value
    return pairs


def _parts(text: str) -> Iterator[str]:
    depth = start = 0
    for at, char in enumerate(text):
        if char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
        elif char == "," and depth == 0 and text[at + 1: at + 2] == " ":
            yield text[start:at]
            start = at + 2
    # Where the trace cut a text it is what came back that is lost, at the end.
    if start < len(text) and depth == 0 and "=" in text[start:]:
        yield text[start:]


def inside(value: str) -> dict[str, str]:
    """The pairs of a structure, `{name=value, name=value}`."""
    if not (value.startswith("{") and value.endswith("}")):
        raise NotReplayable(f"{quoted(value)} is no structure")
    return split(value[1:-1])


def number(value: str) -> int:
    if not re.fullmatch(r"-?\d{1,12}|0x[0-9a-f]{1,8}", value):
        raise NotReplayable(f"{quoted(value)} is no number")
    return int(value, 0)


def known_bytes(value: str) -> bytes:
    """What `hex:00ff..` shows, which is at most the first 16 bytes."""
    match = re.fullmatch(r"hex:((?:[0-9a-f]{2})*)(?:\.\.)?", value)
    if match is None:
        raise NotReplayable(f"{quoted(value)} is no bytes")
    return bytes.fromhex(match[1])
