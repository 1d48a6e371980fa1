"""Other programs: started in sessions of their own, remembered, and ended when we are."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from pathlib import Path
from types import FrameType


class Failed(Exception):
    """An environment can't be used; says why, in one line."""


_running: set[subprocess.Popen[bytes]] = set()
_lock = threading.Lock()
_ending = threading.Event()

PATIENCE_S = 3


def start(command: list[str], **options: object) -> subprocess.Popen[bytes]:
    """Starts a program. Not on the main thread: a signal could come before the program is remembered."""
    assert threading.current_thread() is not threading.main_thread()
    with _lock:
        if _ending.is_set():
            raise Failed("interrupted")
        process = subprocess.Popen(command, start_new_session=True, **options)  # type: ignore
        _running.add(process)
    return process


def wait(process: subprocess.Popen[bytes], timeout: float | None) -> int:
    """Exit status of a process. Past its time it is ended, and subprocess.TimeoutExpired raised."""
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        _end([process])
        raise
    finally:
        with _lock:
            _running.discard(process)


def logged(command: list[str], log: Path, timeout: float, env: dict[str, str] | None = None) -> None:
    """Runs a command whose output goes to the end of a log. Raises Failed with its last words."""
    with log.open("ab") as out:
        before = out.tell()
        try:
            process = start(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env)
            status = wait(process, timeout)
        except OSError as error:
            raise Failed(f"{command[0]}: {error.strerror}") from None
        except subprocess.TimeoutExpired:
            raise Failed(f"{Path(command[0]).name}: not done after {timeout:.0f} s (see {log})") from None
    if status:
        words = last_words(log, before) or f"{Path(command[0]).name}: exit status {status}"
        raise Failed(f"{words} (see {log})")


def last_words(log: Path, begin: int = 0) -> str:
    """The line of a log that most likely says why: the last one of apt's errors, or else the last one."""
    text = log.read_bytes()[begin:].decode(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in reversed(lines) if line.startswith("E: ")), lines[-1] if lines else "")


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    for how in (signal.SIGTERM, signal.SIGKILL):
        for process in processes:
            try:
                os.killpg(process.pid, how)
            except ProcessLookupError:
                continue
        for process in processes:
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                continue


def _interrupted(number: int, _frame: FrameType | None) -> None:
    with _lock:
        _ending.set()
        running = list(_running)
    _end(running)
    os._exit(128 + number)


def end_with_us() -> None:
    """From now on a signal that ends this program ends what it started first."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupted)
