"""wspcheck.exe as the tests start it, and what it wrote."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BOUND = 120  # seconds that no single run of these tests comes near

Record = dict[str, Any]


def program() -> Path:
    """The wspcheck.exe under test: WSPCHECK_EXE, or the build's."""
    return Path(os.environ.get("WSPCHECK_EXE", ROOT / "build/mingw-x64/bin/wspcheck.exe")).absolute()


def command(*arguments: str | Path) -> list[str]:
    start = [] if os.name == "nt" else [os.environ.get("WINE", "wine")]
    return [*start, str(program()), *map(str, arguments)]


@dataclass
class Run:
    """One finished run: its exit status, what it printed and what it recorded."""

    status: int
    out: str
    err: str
    records: list[Record] = field(default_factory=list)

    def of(self, kind: str) -> list[Record]:
        return [record for record in self.records if record["record"] == kind]

    @property
    def results(self) -> dict[str, Record]:
        return {result["case"]: result for result in self.of("result")}

    @property
    def verdicts(self) -> dict[str, str]:
        return {case: result["verdict"] for case, result in self.results.items()}


def read_records(path: Path) -> list[Record]:
    """All whole lines of a record file."""
    lines = path.read_bytes().split(b"\n")
    return [json.loads(line) for line in lines[:-1]]


def run(*arguments: str | Path, records: Path | None = None, bound: float = BOUND) -> Run:
    """Start wspcheck and wait for its end. With records: `--jsonl` into that file, read back."""
    more = ["--jsonl", records] if records else []
    done = subprocess.run(command(*arguments, *more), stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=bound)
    found = read_records(records) if records and records.exists() else []
    return Run(done.returncode, done.stdout.decode("utf-8").replace("\r\n", "\n"),
               done.stderr.decode("utf-8").replace("\r\n", "\n"), found)


def windows(path: Path) -> str:
    """The path as the program under test knows it: Wine has this system's root as Z:."""
    return str(path) if path.drive else "Z:" + str(path).replace("/", "\\")


def manifest(name: str) -> Path:
    """A manifest that the build put beside the program."""
    return program().parent / f"{name}.ini"


STREAM = ("--provider", "loopback.stream")


def check(*arguments: str | Path, records: Path, entry: str = "loopback.stream", bound: float = BOUND) -> Run:
    """`wspcheck run` of one entry of a manifest of the build."""
    name = entry.split(".")[0]
    return run("run", "--manifest", manifest(name), "--provider", entry, *arguments, records=records,
               bound=bound)
