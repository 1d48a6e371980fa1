"""What tomllib leaves out: the line on which a table or a key stands, and writing texts."""

from __future__ import annotations

import re
import tomllib

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
_TO_ESCAPE = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]')
_WIDTH = 110


def quote(text: str) -> str:
    """A text as a basic string of TOML, which YAML reads as well. Lone surrogates become U+FFFD."""
    return '"' + _TO_ESCAPE.sub(_escape, text) + '"'


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    if "\ud800" <= char <= "\udfff":
        return "\ufffd"
    return _ESCAPES.get(char) or f"\\u{ord(char):04x}"


def text_or_list(key: str, values: list[str]) -> str:
    """A key with one text or with a list of them, broken into lines where it is long."""
    quoted = [quote(value) for value in values]
    line = f"{key} = {quoted[0]}" if len(quoted) == 1 else f"{key} = [{', '.join(quoted)}]"
    if len(quoted) == 1 or len(line) <= _WIDTH:
        return line
    return f"{key} = [\n" + "".join(f"    {value},\n" for value in quoted) + "]"


def table_lines(text: str, name: str) -> list[int]:
    """The line of each `[[name]]` of a valid document, in the order of the tables.

    What looks like a header may stand inside a text of several lines. It is one exactly if what lies between
    it and the header before it is a valid document of its own: nothing open can end there.
    """
    header = re.compile(r"\s*\[\[\s*(?:%s|\"%s\"|'%s')\s*\]\]" % ((re.escape(name),) * 3))
    lines = text.split("\n")
    found: list[int] = []
    start = 0
    for number, line in enumerate(lines):
        if header.match(line) and _valid("\n".join(lines[start:number])):
            found.append(number + 1)
            start = number
    return found


def key_line(text: str, table_line: int, key: str) -> int:
    """The line of a key of the table on `table_line` (0: the document); that line if it has none."""
    name = r"(?:%s|\"%s\"|'%s')" % ((re.escape(key),) * 3)
    wanted = re.compile(rf"\s*(?:{name}\s*[.=]|\[+\s*{name}\s*[.\]])")
    lines = text.split("\n")
    for number in range(table_line, len(lines)):
        ours = wanted.match(lines[number])
        next_table = table_line and lines[number].lstrip().startswith("[[")
        if (ours or next_table) and _valid("\n".join(lines[table_line:number])):
            return number + 1 if ours else table_line
    return table_line


def _valid(text: str) -> bool:
    try:
        tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return False
    return True
