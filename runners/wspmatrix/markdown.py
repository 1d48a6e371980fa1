"""Markdown as GitHub reads it: what comes from elsewhere stays text, and a page is never too long."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .text import printable, short

LIMIT = 65_000
"""Bytes. GitHub refuses a comment of more than 65,536 characters; it is not said how they are counted."""

CELL = 300
_RESERVE = 200


def code(text: str) -> str:
    """A text as code, in which nothing is a link, a mention or HTML. Fits into a table."""
    if not text:
        return ""
    # GitHub takes a backslash before a pipe away before it reads the cell; nothing else is read in code.
    text = printable(text).replace("|", "\\|")
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def plain(text: str) -> str:
    """Our own words, with whatever has a meaning in Markdown escaped."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~&@])", r"\\\1", printable(text))


class Page:
    """A page that is written from the top; what no longer fits is counted instead."""

    def __init__(self, title: str) -> None:
        self._lines = [f"## {plain(title)}", ""]
        self._size = len(self._lines[0].encode()) + 2

    def paragraph(self, text: str) -> None:
        self._add(plain(short(text, 2000)), "")

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]], code_from: int = 1) -> None:
        """A table of texts, those from column `code_from` on as code. Nothing where there are no rows."""
        rows = list(rows)
        if not rows or not self._add(_row(map(plain, head)), _row(["---"] * len(head))):
            return
        for number, row in enumerate(rows):
            cells = [*map(plain, row[:code_from]), *(code(short(text, CELL)) for text in row[code_from:])]
            if not self._add(_row(cells)):
                self._lines += ["", f"and {len(rows) - number} more that have no room here."]
                break
        self._lines.append("")

    def text(self) -> str:
        return "\n".join(self._lines)

    def _add(self, *lines: str) -> bool:
        size = sum(len(line.encode("utf-8", "surrogatepass")) + 1 for line in lines)
        if self._size + size > LIMIT - _RESERVE:
            return False
        self._lines += lines
        self._size += size
        return True


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
