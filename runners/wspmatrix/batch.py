"""One start of wspcheck for many cases of one entry, its verdicts taken as they are written."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .launch import Wspcheck, said, stop
from .records import Result
from .tail import Tail
from .verdicts import severity

LOOK_EVERY = 0.05


class NoVerdict(Exception):
    """wspcheck ended, or never started, without a record for a case that it was asked for."""


class Batch:
    """The cases of one entry that are run together. Nothing is started before the first verdict is wanted."""

    def __init__(self, wspcheck: Wspcheck, manifests: Sequence[Path], entry: str, cases: Sequence[str],
                 options: Sequence[str] = ()) -> None:
        self._wspcheck, self._manifests, self._entry, self._cases = wspcheck, manifests, entry, cases
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self._results: dict[str, Result] = {}

    def result(self, case: str) -> Result:
        """Waits for the verdict of a case."""
        if self._process is None:
            self._start()
        assert self._process is not None
        while case not in self._results:
            ended = self._process.poll() is not None
            self._look()
            if case in self._results:
                break
            if ended:
                raise NoVerdict(
                    f"wspcheck ended with exit status {self._process.returncode} and has no record of "
                                f"this case: {said(self._err)}")
            try:
                # Waits for the end; the time out is only when to look at the records again.
                self._process.wait(LOOK_EVERY)
            except subprocess.TimeoutExpired:
                continue
        return self._results[case]

    def close(self) -> None:
        """Ends what still runs: every verdict that is wanted has been taken."""
        if self._process is not None:
            stop(self._process)
            self._err.close()
            self._folder.cleanup()

    def _start(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="wspmatrix-")
        self._err = tempfile.TemporaryFile()
        records = Path(self._folder.name) / "records.jsonl"
        self._tail = Tail(records)
        arguments = ["run", *self._wspcheck.manifests(self._manifests), "--provider", self._entry]
        for case in self._cases:
            arguments += ["--case", case]
        arguments += [*self._options, "--jsonl", self._wspcheck.path(records), "--quiet"]
        self._process = self._wspcheck.start(arguments, subprocess.DEVNULL, self._err)

    def _look(self) -> None:
        for record in self._tail.new():
            if isinstance(record, Result) and record.entry == self._entry:
                known = self._results.get(record.case)
                if known is None or severity(record.verdict) > severity(known.verdict):
                    self._results[record.case] = record
