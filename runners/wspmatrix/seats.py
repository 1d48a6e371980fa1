"""Places to run wspcheck side by side: a processor each and, under Wine, a server that shares it.

A program under Wine asks the server for nearly everything, and waits for the answer. Where both share a
processor that takes a few microseconds; where one has to wake the other's processor, several times as long.
A seat's server has a prefix of its own: a copy of the registry, over the same drives.
"""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from .launch import Wspcheck, needs_wine

LINGER = "60"
"""Seconds that a server outlives its last program, should nobody end it."""

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Seat:
    wspcheck: Wspcheck
    processor: int | None = None

    def take(self) -> None:
        """From now on, this thread and all that it starts run on the seat's processor."""
        if self.processor is not None:
            os.sched_setaffinity(0, {self.processor})


def _prefix(of: Path, folder: Path) -> bool:
    """Makes a prefix beside another one; False where that is none that Wine has written yet."""
    registry = list(of.glob("*.reg"))
    if not registry or not (of / "drive_c").is_dir() or not (of / "dosdevices").is_dir():
        return False
    for path in (*registry, *of.glob(".update-timestamp")):
        shutil.copy2(path, folder)
    for name in ("drive_c", "dosdevices"):
        (folder / name).symlink_to((of / name).absolute(), target_is_directory=True)
    return True


def _server(prefix: Path, *arguments: str) -> None:
    subprocess.run(["wineserver", *arguments], env={**os.environ, "WINEPREFIX": str(prefix)}, check=False,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextmanager
def _own_server(wspcheck: Wspcheck, processor: int, of: Path) -> Iterator[Seat]:
    with tempfile.TemporaryDirectory(prefix="wspcheck-prefix-") as folder, ThreadPoolExecutor(1) as alone:
        prefix = Path(folder)
        if not _prefix(of, prefix):
            yield Seat(wspcheck, processor)
            return
        seat = Seat(replace(wspcheck, environment={"WINEPREFIX": folder}), processor)
        try:
            alone.submit(seat.take).result()
            alone.submit(_server, prefix, "-p" + LINGER).result()
            yield seat
        finally:
            _server(prefix, "-k")
            _server(prefix, "-w")


def _own_prefix(wspcheck: Wspcheck) -> Path | None:
    """The prefix that a wine on PATH would use. Another command (WINE) may be started in any way."""
    if not needs_wine(wspcheck.program) or os.environ.get("WINE") or not shutil.which("wineserver"):
        return None
    named = os.environ.get("WINEPREFIX")
    return Path(named) if named else Path.home() / ".wine"


@contextmanager
def seats(wspcheck: Wspcheck, count: int) -> Iterator[list[Seat]]:
    """So many seats, more than one to a processor where there are fewer. They are plain ones where nothing
    would be gained: without Wine, on a system that binds no processors, on a single one."""
    prefix = _own_prefix(wspcheck)
    processors = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if prefix is None or len(processors) < 2:
        yield [Seat(wspcheck)] * count
        return
    with ExitStack() as stack:
        yield [stack.enter_context(_own_server(wspcheck, processors[number % len(processors)], prefix))
               for number in range(count)]


def run_on(places: Sequence[Seat], work: Callable[[Wspcheck, T], R], items: Iterable[T]) -> Iterator[R]:
    """The work of all items, on whichever seat is free, and what came of it as it comes. Where one fails, or
    nobody asks for more, what has begun is waited for and the rest is left."""
    free: queue.SimpleQueue[Seat] = queue.SimpleQueue()
    for seat in places:
        free.put(seat)
    mine = threading.local()

    def sit() -> None:
        mine.seat = free.get()
        mine.seat.take()

    with ThreadPoolExecutor(len(places), initializer=sit) as pool:
        try:
            for done in as_completed([pool.submit(lambda item: work(mine.seat.wspcheck, item), item)
                                      for item in items]):
                yield done.result()
        except BaseException:  # an abandoned loop, too
            pool.shutdown(wait=True, cancel_futures=True)
            raise
