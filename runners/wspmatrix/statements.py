"""The statements of the documentation by ID, as the suite that wrote the records names them.

The package carries them as statements.json, so that it needs neither the sources nor wspcheck. The file is
made from suite/statements/*.def, and a test says when it has to be made anew:

    python -m wspmatrix.statements suite/statements >runners/wspmatrix/statements.json
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from .text import quoted, short

PAGES = {"send_disconnect": "WSPSendDisconnect", "recv_disconnect": "WSPRecvDisconnect",
         "conflicts": "both pages",
         "provider": "Service provider interface"}
"""The files in the order of the report, and the page that each is about."""

_STRING = r'"((?:[^"\\]|\\.)*)"'
_STATEMENT = re.compile(rf"^STATEMENT\(\w+,\s*{_STRING},\s*{_STRING},\s*((?:{_STRING}\s*)+)\)", re.MULTILINE)


class StatementError(ValueError):
    """Statements that can't be read: where, what, what was expected."""


@dataclass(frozen=True, slots=True)
class Statement:
    id: str
    page: str
    where: str
    text: str


def of_package() -> list[Statement]:
    return parse(resources.files(__package__).joinpath("statements.json").read_bytes(), "statements.json")


def parse(data: bytes, name: str) -> list[Statement]:
    """Reads what `wspcheck list statements --json` prints, which is also the form of statements.json."""
    try:
        items = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise StatementError(
            f"{short(name, 300)}: no JSON; expected what wspcheck list statements --json prints") from None
    if not isinstance(items, list):
        raise StatementError(f"{short(name, 300)}: {quoted(items)}; expected a list of statements")
    found = {statement.id: statement for statement in (_statement(item, name) for item in items)}
    if len(found) != len(items):
        raise StatementError(f"{short(name, 300)}: a statement twice; expected each once")
    return list(found.values())


def _statement(item: Any, name: str) -> Statement:
    fields = [item.get(key) if isinstance(item, dict) else None
              for key in ("statement", "page", "where", "text")]
    if not all(isinstance(field, str) and field for field in fields):
        raise StatementError(f"{short(name, 300)}: a statement is {quoted(item)}; expected an object with "
                             "the texts statement, page, where and text")
    return Statement(*fields)


def of_sources(folder: Path) -> list[Statement]:
    """The statements of the *.def files of the suite."""
    found = []
    for name, page in PAGES.items():
        text = (folder / f"{name}.def").read_text("utf-8")
        matches = list(_STATEMENT.finditer(text))
        if len(matches) != len(re.findall(r"^STATEMENT\(", text, re.MULTILINE)):
            raise StatementError(f"{name}.def: not every statement can be read; expected "
                                 'STATEMENT(name, "ID", "where", "text")')
        found += [Statement(match[1], page, _plain(match[2]),
                            "".join(map(_plain, re.findall(_STRING, match[3]))))
                  for match in matches]
    return found


def _plain(literal: str) -> str:
    return re.sub(r"\\(.)", r"\1", literal)


def as_json(statements: list[Statement]) -> str:
    """One statement a line, so that a difference can be read."""
    lines = [json.dumps({"statement": s.id, "page": s.page, "where": s.where, "text": s.text},
                        ensure_ascii=False)
             for s in statements]
    return "[\n" + ",\n".join(lines) + "\n]\n"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m wspmatrix.statements suite/statements")
    sys.stdout.buffer.write(as_json(of_sources(Path(sys.argv[1]))).encode("utf-8"))
