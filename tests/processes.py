"""The processes of one run, found by a mark in their environment, and how much memory they ever had."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

MARK = "WSPCHECK_TEST_MARK"


# What a first program brings up stays for the next one, and got the environment of that program by chance.
SYSTEM = ("wineserver", "services.exe", "winedevice.exe", "plugplay.exe", "svchost.exe", "explorer.exe",
          "rpcss.exe", "conhost.exe")


def marked(mark: str) -> list[int]:
    """All processes whose environment has the mark, but those of the system."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (process / "environ").read_bytes().split(b"\0"):
                line = words(int(process.name))
                if line and not any(part in word for part in SYSTEM for word in line[:2]):
                    found.append(int(process.name))
        except OSError:
            continue
    return found


def words(process: int) -> list[str]:
    """The command line; empty once the process is gone."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return []


def kill_program(mark: str, name: str) -> None:
    """Ends the marked processes that run a program of this name and are no workers: all at once."""
    for process in marked(mark):
        line = words(process)
        if "worker" not in line and any(word.replace("\\", "/").rsplit("/", 1)[-1] == name for word in line):
            os.kill(process, signal.SIGKILL)


def wait_until(done: Callable[[], bool], bound: float, what: str) -> None:
    """For what other processes do: they send no event to us."""
    for _ in range(int(bound / 0.02)):
        if done():
            return
        threading.Event().wait(0.02)
    raise AssertionError(f"after {bound} s: {what}")


def is_unfinished(process: int) -> bool:
    """Whether Wine has not made a program of it yet: its loader waits for the maker."""
    return "/wine" in "".join(words(process)[:1])


def wait_until_gone(mark: str, maker_killed: bool = False) -> None:
    """Until nothing of the run is left. What Wine was in the middle of making when the maker was killed stays, in no
    job and without a line of our code: it is ended here."""
    try:
        wait_until(lambda: all(maker_killed and is_unfinished(process) for process in marked(mark)), 20,
                   "processes of the run are still there")
        for process in marked(mark):
            os.kill(process, signal.SIGKILL)
    except AssertionError as error:
        left = [" ".join(words(process)).strip() for process in marked(mark)]
        raise AssertionError(f"{error}: {left}") from None


def memory_of(process: int) -> int:
    """The most memory that the process had at any time so far, in bytes; 0 once it is gone."""
    try:
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


class Memory:
    """The largest process of a run."""

    largest = 0

    def look(self, mark: str) -> None:
        self.largest = max([self.largest, *map(memory_of, marked(mark))])


@contextmanager
def watched_memory(mark: str) -> Iterator[Memory]:
    memory, over = Memory(), threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            memory.look(mark)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield memory
    finally:
        over.set()
        watcher.join()
