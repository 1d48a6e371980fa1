"""Untrusted text: names from catalogs and files, made safe to print and short enough to read."""

from __future__ import annotations

import json


def printable(text: str) -> str:
    """The text with what a terminal would obey or hide (right-to-left marks too) written as escapes."""
    return text if text.isprintable() else "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def short(text: str, limit: int = 60) -> str:
    """The text in one line of at most `limit` characters, printable."""
    cut = printable(text[: limit + 1])
    return cut if len(cut) <= limit else cut[: limit - 3] + "..."


def quoted(value: object, limit: int = 60) -> str:
    """A foreign value as it may stand in a message: quoted if it is text, short, printable."""
    if isinstance(value, str):
        return f'"{short(value, limit)}"'
    if value is None or isinstance(value, (bool, int, float)):
        return short(json.dumps(value), limit)
    return {list: "a list", dict: "an object"}.get(type(value), type(value).__name__)


def without_surrogates(text: str) -> str:
    """The text with lone surrogates replaced, so that it can be written as UTF-8."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def file_name(text: str, fallback: str = "unnamed") -> str:
    """A name that is safe as a file name on every system, whatever the text holds."""
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in text)[:100].strip(".")
    return safe or fallback
