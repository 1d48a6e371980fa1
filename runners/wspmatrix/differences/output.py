"""Differences as text, as Markdown and as a page of their own."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined

from .. import markdown
from ..text import printable, short
from . import KINDS, Differences, by_kind, said


def text(found: Differences) -> str:
    """One line a change, the worst first, then what else changed and the sum."""
    lines = [change.line() for change in found.changes]
    lines += [f"changed: {line}" for line in found.ground_lines()]
    return "\n".join([*lines, f"diff: {found.summary()}"]) + "\n"


def as_markdown(found: Differences) -> str:
    page = markdown.Page("wspcheck: differences")
    page.paragraph(found.summary())
    page.table(("changed",), [(line,) for line in found.ground_lines()], code_from=0)
    page.table(("change", "environment", "entry", "case", "before", "now", "because"),
               [(KINDS[change.kind], change.environment, change.entry, change.case, said(change.before),
                 said(change.now), change.causes) for change in found.changes])
    return page.text()


def html(found: Differences, before: str, now: str) -> str:
    """One file without a script. The policy allows its own style and nothing else."""
    style = resources.files(__package__).joinpath("page.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    environment = Environment(loader=PackageLoader(__package__, "."), autoescape=True,
                              undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"shown": lambda value: short(value, 300),
                            "said": lambda answer: short(said(answer), 500)}
    return environment.get_template("page.html").render(
        policy=policy, style=style, before=printable(before), now=printable(now), summary=found.summary(),
        grounds=found.ground_lines(), kinds=by_kind(found.changes))
