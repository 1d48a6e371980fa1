"""Follows a record file while wspcheck writes it."""

from __future__ import annotations

from pathlib import Path

from .records import Decoder, Record, RecordError


class Tail:
    """The records that were added to a file since the last look. Half a line waits for its other half."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._rest = b""
        self._decoder = Decoder()

    def new(self) -> list[Record]:
        """What can't be understood is left to those who read the finished file."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return []
        self._offset += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [record for line in lines if line.strip() and (record := self._decode(line)) is not None]

    def _decode(self, line: bytes) -> Record | None:
        try:
            return self._decoder.decode(line)
        except RecordError:
            return None
