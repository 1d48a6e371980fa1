"""Starting wspcheck: through wine where this system can't run a Windows program, directly everywhere else."""

from __future__ import annotations

import json
import os
import select
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from .text import printable, quoted, short

LIST_TIMEOUT = 120
GRACE = 10


class LaunchError(RuntimeError):
    """wspcheck can't be started, or gave no answer that can be used."""


def needs_wine(program: Path) -> bool:
    return os.name != "nt" and program.suffix.lower() == ".exe"


def wine_command() -> list[str]:
    """What starts a Windows program here: the environment variable WINE (a path, a command), or wine on
    PATH."""
    wine = os.environ.get("WINE") or "wine"
    command = [wine] if shutil.which(wine) else shlex.split(wine)
    if not command or not shutil.which(command[0]):
        raise LaunchError(
            f"{quoted(wine)} is not there to start a Windows program with; expected wine on PATH, or the "
                          "environment variable WINE naming it (Debian: apt-get install wine)")
    return command


def windows_path(path: Path) -> str:
    """An absolute path of this system as a program under wine understands it: wine maps / to Z:."""
    return "Z:" + str(path.absolute()).replace("/", "\\")


@dataclass(frozen=True)
class Wspcheck:
    """A wspcheck that can be started, and how."""

    program: Path
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables of it, beside our own."""

    @classmethod
    def find(cls, program: Path | str) -> Wspcheck:
        path = Path(program).absolute()
        if not path.is_file():
            raise LaunchError(f"{short(str(program), 300)}: not there; expected wspcheck.exe (--wspcheck)")
        if needs_wine(path):
            return cls(path, (*wine_command(), str(path)))
        if not os.access(path, os.X_OK):
            raise LaunchError(
                f"{short(str(program), 300)}: can't be started; expected a program (--wspcheck)")
        return cls(path, (str(path),))

    def path(self, path: Path | str) -> str:
        """A path as this program takes it on its command line."""
        return windows_path(Path(path)) if needs_wine(self.program) else str(Path(path).absolute())

    def manifests(self, paths: Iterable[Path | str]) -> list[str]:
        return [argument for path in paths for argument in ("--manifest", self.path(path))]

    def start(self, arguments: Sequence[str], stdout: IO[bytes] | int,
              stderr: IO[bytes]) -> subprocess.Popen[bytes]:
        """Starts it apart from our terminal's signals: what Ctrl-C means is for us to say."""
        environment = {**os.environ, **self.environment}
        if needs_wine(self.program):
            environment.setdefault("WINEDEBUG", "-all")
        flags: dict[str, Any] = {"start_new_session": True} if os.name != "nt" else {
            "creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}  # type: ignore[attr-defined]
        try:
            return subprocess.Popen([*self.command, *arguments], stdin=subprocess.DEVNULL, stdout=stdout,
                                    stderr=stderr, env=environment, **flags)
        except OSError as error:
            raise LaunchError(
                f"{short(self.command[0], 300)}: {error.strerror}; expected a program that starts") from None

    def list(self, what: str, manifests: Sequence[Path | str] = ()) -> list[dict[str, Any]]:
        """What `wspcheck list` says as JSON. It writes to a file: wine's own processes may keep a pipe
        open."""
        arguments = ["list", what, *self.manifests(manifests), "--json"]
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = self.start(arguments, out, err)
            try:
                status = process.wait(LIST_TIMEOUT)
            except BaseException as error:
                stop(process)
                if isinstance(error, subprocess.TimeoutExpired):
                    raise LaunchError(
                        f"wspcheck list {what}: no answer in {LIST_TIMEOUT} s; expected a list") from None
                raise
            out.seek(0)
            if status != 0:
                raise LaunchError(f"wspcheck list {what}: exit status {status}: {said(err)}")
            try:
                answer = json.loads(out.read().decode("utf-8"))
            except ValueError:
                raise LaunchError(f"wspcheck list {what} --json: no JSON; expected one array") from None
        if not isinstance(answer, list) or not all(isinstance(item, dict) for item in answer):
            raise LaunchError(f"wspcheck list {what} --json: expected one array of objects")
        return answer


def wait(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Waits for the end of a process, at most so long; says whether it came. Popen.wait with a limit looks
    only now and then on Linux, and is late."""
    if hasattr(os, "pidfd_open") and process.poll() is None:
        try:
            handle = os.pidfd_open(process.pid)
        except OSError:  # the kernel has none, or forbids them
            handle = -1
        if handle >= 0:
            try:
                select.select([handle], [], [], seconds)
            finally:
                os.close(handle)
            seconds = 0
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a wspcheck; its workers end with it, and what it has written stays."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def said(file: IO[bytes], lines: int = 5) -> str:
    """The last lines of what a program wrote to a file, printable, in one line."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 4000))
    last = file.read().decode("utf-8", "replace").split("\n")
    text = " / ".join(printable(line.strip()) for line in last if line.strip()[:1])
    return " / ".join(text.split(" / ")[-lines:]) or "it said nothing"
