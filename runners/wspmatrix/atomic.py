"""Files that are there whole or not at all, however many write them at once."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, which takes the place of `path` when the block ends well and vanishes when it does not.

    A link stays, what it leads to is replaced. A device or a pipe is written to as it is: it has no place to take.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder; expected the name of a file", str(path))
    try:
        with (_scratch(path.resolve()) if path.is_file() or not path.exists() else path.open("wb")) as file:
            yield file
    except OSError as error:
        if error.filename is not None and not Path(error.filename).name.startswith(_mark(path)):
            raise
        # The name that the user knows, not that of our scratch file, or none.
        raise type(error)(error.errno, error.strerror, str(path)) from None


def _mark(path: Path) -> str:
    return f".{path.resolve().name[:100]}."


@contextmanager
def _scratch(path: Path) -> Iterator[BinaryIO]:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=_mark(path))
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def write_text(path: Path, text: str) -> None:
    with writing(path) as file:
        file.write(text.encode("utf-8"))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
