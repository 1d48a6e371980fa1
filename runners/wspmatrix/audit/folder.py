"""The folder of an audit: writing it whole or not at all, and its list of hashes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .. import __version__
from .. import statements as stating
from ..reader import Run
from ..text import file_name, quoted, short
from .inputs import EXPECTATIONS, MUTATION, PDF, RECORDS, REPORT, SETTINGS, STATEMENTS, AuditError, read
from .pdf import write_pdf
from .report import render

SUMS = "SHA256SUMS"
_SUM = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9._-]+)")


@dataclass(slots=True)
class Wanted:
    """What an audit is made of, beside the run."""

    statements: list[stating.Statement]
    expectations: list[Path] = field(default_factory=list)
    mutation: Path | None = None
    whole_file: bool = False
    """The file holds this run and nothing else: it is copied as it is, with whatever is wrong in it."""
    pdf: bool = True


@dataclass(slots=True)
class Made:
    root: str
    pdf: str
    """Empty, or why there is no PDF."""


@contextmanager
def _new(folder: Path) -> Iterator[Path]:
    """A folder that takes the place of `folder` when the block ends well. One that is not empty stays."""
    taken = AuditError(f"{short(str(folder), 300)}: is there already; expected a new or an empty folder")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise taken
    parent = folder.resolve().parent
    if not parent.is_dir():
        raise AuditError(f"{short(str(parent), 300)}: no such folder; "
                         f"expected one to make {quoted(folder.name)} in")
    scratch = Path(tempfile.mkdtemp(dir=parent, prefix=f".{folder.name[:100]}."))
    try:
        yield scratch
        scratch.chmod(0o755)
        _move(scratch, folder, taken)
    except BaseException:
        shutil.rmtree(scratch)
        raise


def _move(scratch: Path, folder: Path, taken: AuditError) -> None:
    try:
        os.replace(scratch, folder)
    except OSError:
        # Another audit of that name was faster.
        if folder.is_dir() and any(folder.iterdir()):
            raise taken from None
        raise


def make(run: Run, wanted: Wanted, folder: Path) -> Made:
    """Writes the folder of a run's audit."""
    with _new(folder) as scratch:
        _copy_records(run, wanted.whole_file, scratch / RECORDS)
        (scratch / STATEMENTS).write_bytes(stating.as_json(wanted.statements).encode("utf-8"))
        for name, path in _expectation_names(wanted.expectations):
            shutil.copyfile(path, scratch / name)
        if wanted.mutation is not None:
            shutil.copyfile(wanted.mutation, scratch / MUTATION)
        settings = json.dumps({"schema": 1, "wspmatrix": __version__}, indent=1) + "\n"
        (scratch / SETTINGS).write_bytes(settings.encode("utf-8"))
        (scratch / REPORT).write_bytes(render(read(scratch), scratch).encode("utf-8"))
        why = write_pdf(scratch / REPORT, scratch / PDF) if wanted.pdf else "not asked for"
        sums = "".join(f"{digest}  {name}\n" for name, digest in hashes(scratch).items())
        (scratch / SUMS).write_bytes(sums.encode("ascii"))
        return Made(root_of(scratch), why)


def _copy_records(run: Run, whole_file: bool, target: Path) -> None:
    if whole_file:
        shutil.copyfile(run.file, target)
        return
    with target.open("wb") as out:
        run.copy_to(out)


def _expectation_names(paths: list[Path]) -> Iterator[tuple[str, Path]]:
    files = [file for path in paths for file in (sorted(path.glob("*.toml")) if path.is_dir() else [path])]
    for number, path in enumerate(files, 1):
        yield f"{EXPECTATIONS}-{number:03}-{file_name(path.stem)}.toml", path


def hashes(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file but the list itself, by name."""
    return {path.name: hash_of(path) for path in sorted(folder.iterdir()) if path.name != SUMS}


def hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def root_of(folder: Path) -> str:
    return hash_of(folder / SUMS)


def read_sums(folder: Path) -> dict[str, str]:
    """The list of hashes. AuditError where make() never wrote such: no name in it leads out of the folder."""
    try:
        text = (folder / SUMS).read_bytes().decode("ascii")
    except FileNotFoundError:
        raise AuditError(f"no {SUMS} in it; expected a folder that wspmatrix audit made") from None
    except UnicodeDecodeError:
        raise AuditError(f"{SUMS}: not ASCII; expected lines of a hash and a name") from None
    sums: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        match = _SUM.fullmatch(line)
        if match is None or match[2] in sums or match[2] in (".", ".."):
            raise AuditError(f"{SUMS}:{number}: {quoted(line)}; expected a hash and a name, each name once")
        sums[match[2]] = match[1]
    return sums
