"""Whether the folder of an audit is what was made: its hashes, and each figure again from the records."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from .. import __version__
from ..text import printable, quoted, short
from .folder import SUMS, hash_of, read_sums, root_of
from .inputs import PDF, RECORDS, REPORT, AuditError, read
from .report import render

MOST_DIFFERENCES = 20


@dataclass(slots=True)
class Checked:
    """What was found. No edits: the folder is as it was made."""

    root: str
    edits: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def check(folder: Path, root: str | None) -> Checked:
    """Compares everything with everything. AuditError where there is nothing to compare."""
    sums = read_sums(folder)
    checked = Checked(root_of(folder))
    if root is not None and root.lower() != checked.root:
        checked.edits.append(f"{SUMS}: its hash is {checked.root}; expected the root hash {root.lower()}")
    _check_hashes(folder, sums, checked)
    if not (folder / RECORDS).is_file() or not (folder / REPORT).is_file():
        return checked
    try:
        inputs = read(folder)
    except (AuditError, OSError) as error:
        why = f"{Path(error.filename).name}: {error.strerror}" if isinstance(error, OSError) else str(error)
        checked.edits.append(f"no report can be made of the folder any more: {why}")
        return checked
    written_by = inputs.settings.get("wspmatrix")
    _check_report(folder, render(inputs, folder), written_by == __version__, checked)
    if written_by != __version__:
        checked.notes.append(f"made by wspmatrix {quoted(written_by)}, this is {__version__}: figures were "
                             "compared, wording and looks were not")
    if (folder / PDF).is_file():
        checked.notes.append(f"{PDF}: only its hash was compared; it is {REPORT} as it was printed")
    return checked


def _check_hashes(folder: Path, sums: dict[str, str], checked: Checked) -> None:
    there = {path.name: path for path in sorted(folder.iterdir()) if path.name != SUMS}
    for name, digest in sums.items():
        path = there.get(name)
        if path is None:
            checked.edits.append(f"{name}: is missing")
        elif path.is_symlink() or not path.is_file():
            checked.edits.append(f"{name}: is no file of its own")
        elif hash_of(path) != digest:
            checked.edits.append(f"{name}: its hash is not that of {SUMS}")
    checked.edits += [f"{short(name, 200)}: is not in {SUMS}" for name in there if name not in sums]


def _check_report(folder: Path, again: str, same_version: bool, checked: Checked) -> None:
    try:
        found = (folder / REPORT).read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        checked.edits.append(f"{REPORT}: is not UTF-8")
        return
    figures, expected = figures_of(found), figures_of(again)
    differences = _differences(figures, expected)
    checked.edits += [f"{REPORT}: {difference}" for difference in differences[:MOST_DIFFERENCES]]
    if len(differences) > MOST_DIFFERENCES:
        checked.edits.append(f"{REPORT}: {len(differences) - MOST_DIFFERENCES} more figures differ")
    if same_version and not differences and found != again:
        checked.edits.append(f"{REPORT}: {_first_line(found, again)}")


def _differences(found: list[str], expected: list[str]) -> list[str]:
    """Each figure that is not what the records give."""
    told = []
    matcher = difflib.SequenceMatcher(None, found, expected,
                                      autojunk=False) if len(found) != len(expected) else None
    if matcher is None:
        return [f"says {quoted(here, 100)}; the records give {quoted(there, 100)}"
                for here, there in zip(found, expected) if here != there]
    for what, first, last, other_first, other_last in matcher.get_opcodes():
        if what != "equal":
            here, there = ", ".join(found[first:last]), ", ".join(expected[other_first:other_last])
            told.append(f"says {quoted(here, 100)}; the records give {quoted(there, 100)}")
    return told


def _first_line(found: str, expected: str) -> str:
    for number, (here, there) in enumerate(zip(found.split("\n"), expected.split("\n")), 1):
        if here != there:
            return f"line {number} is not what the records give: {quoted(here.strip(), 100)}"
    return "is longer or shorter than what the records give"


class _Figures(HTMLParser):
    """The text of every element that is marked as a figure, in order, without the blanks between words."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._open: list[str] = []
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._open:
            self._open.append(tag)
        elif any(name == "data-figure" for name, _ in attrs):
            self._open, self._text = [tag], []

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open and self._open.pop() != tag:
                pass
            if not self._open:
                self.found.append(printable(" ".join("".join(self._text).split())))

    def handle_data(self, data: str) -> None:
        if self._open:
            self._text.append(data)


def figures_of(page: str) -> list[str]:
    parser = _Figures()
    parser.feed(page)
    parser.close()
    return parser.found
