"""The matrix as one HTML file: no network, opens from disk, nothing runs in it but our own script.

What foreign files say reaches the page in two ways only: escaped by the template, or as data in JSON that the
script writes as text. The content policy allows exactly the script and the style that are in the page.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from ..expectations import Expectations
from ..matrix import Matrix
from ..terminal import tally
from ..text import printable
from .data import Expected, tables

SCRIPTS = ("data", "filter", "grid", "story", "summary", "controls", "address", "print", "start")
"""The files of the script, in the order in which they need each other."""


def render(matrix: Matrix, title: str, problems: list[str], expectations: Expectations | None = None,
           today: datetime.date | None = None, strict: bool = False) -> str:
    """The whole page. `problems` are the messages about the files that it was made from.

    ExpectationError where two expectations contradict each other.
    """
    expected = Expected(expectations or Expectations(), today or datetime.date.today())
    files = resources.files(__package__)
    parts = [files.joinpath("script", f"{name}.js").read_text("utf-8") for name in SCRIPTS]
    script = '"use strict";\n(() => {\n' + "\n".join(parts) + "})();\n"
    style = files.joinpath("page.css").read_text("utf-8")
    policy = (f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
              "base-uri 'none'; form-action 'none'")
    environment = Environment(loader=PackageLoader(__package__, "."), autoescape=True,
                              undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template("page.html").render(
        title=printable(title), policy=policy, script=script, style=style,
        data=embedded(tables(matrix, expected, strict)), tally=tally(matrix.counts()),
        red=len(matrix.red(strict)), problems=[printable(problem) for problem in problems],
        verdicts=matrix.counts().total(), of=_extent(matrix))


def _extent(matrix: Matrix) -> str:
    entries = {column.entry for column in matrix.columns}
    environments = {column.run.record.environment for column in matrix.columns}
    return (f"{_many(len(matrix.cases), 'case', 'cases')}, {_many(len(entries), 'entry', 'entries')} and "
            f"{_many(len(environments), 'environment', 'environments')}")


def _many(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"


def embedded(value: Any) -> str:
    """JSON that can't end the script element that it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
