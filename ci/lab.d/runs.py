"""Runs the suite in one environment and keeps its records; one that can't be run leaves a row `missing`."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from children import Failed, last_words, start, wait
from environments import Environment
from tree import Tree

MANIFESTS = ("loopback.ini", "bridge.ini")
"""What runs in every environment: the reference, and the environment's own Winsock."""

WRONG_USE = 2


@dataclass
class Row:
    """What became of an environment: verdicts by their number, or the reason why there are none."""

    name: str
    reason: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def is_missing(self) -> bool:
        return bool(self.reason) and not self.counts


@dataclass(frozen=True)
class Plan:
    programs: Path
    """The folder of the build trees: PRESET/bin below it holds the programs."""
    out: Path
    """Where records go: NAME.jsonl, and what people would have seen in NAME.log."""
    timeout: float
    options: tuple[str, ...]
    """Options for wspcheck run."""

    @property
    def work(self) -> Path:
        """Records that are being written. Another run at the same time has its own."""
        return self.out / f"work.{os.getpid()}"

    def bin(self, environment: Environment) -> Path:
        folder = (self.programs / environment.preset / "bin").resolve()
        if not (folder / "wspcheck.exe").is_file():
            raise Failed(f"{folder / 'wspcheck.exe'}: not there, "
                         f"expected the programs of {environment.preset}")
        return folder


def places(tree: Tree, programs: Path, out: Path) -> tuple[str, str]:
    """The folders of programs and records as seen from inside, for Linux."""
    return (str(programs), str(out)) if tree.is_local else ("/lab/bin", "/lab/out")


def windows_path(path: str) -> str:
    return "Z:" + path.replace("/", "\\")


def run(tree: Tree, plan: Plan) -> Row:
    """Runs the suite in a tree that is ready. Raises Failed if not a single record came of it."""
    environment = tree.environment
    programs = plan.bin(environment)
    work = plan.work / environment.name
    work.mkdir(parents=True)
    seen_bin, seen_out = places(tree, programs, work)
    command, env = tree.inside(programs, work)
    command += ["run", f"{seen_bin}/wspcheck.exe", "run"]
    for manifest in MANIFESTS:
        command += ["--manifest", windows_path(f"{seen_bin}/{manifest}")]
    command += ["--environment", environment.name, "--jsonl", windows_path(f"{seen_out}/records.jsonl")]
    command += plan.options
    log, records = plan.out / f"{environment.name}.log", work / "records.jsonl"
    began = time.monotonic()
    late = ""
    with log.open("wb") as output:
        process = start(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env)
        try:
            status = wait(process, plan.timeout)
        except subprocess.TimeoutExpired:
            status, late = -1, f"cut short: not done after {plan.timeout:.0f} s"
    counts = count(records)
    if not counts or status == WRONG_USE:
        raise Failed(f"{late or last_words(log) or f'exit status {status}, no records'} (see {log})")
    if not late and '"record":"end"' not in records.read_text(encoding="utf-8", errors="replace"):
        late = f"cut short, exit status {status} (see {log})"
    records.replace(plan.out / f"{environment.name}.jsonl")
    return Row(environment.name, late, counts, time.monotonic() - began)


def lines(records: Path) -> list[dict[str, Any]]:
    """The records of a file, without what can't be read."""
    found = []
    try:
        text = records.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    for line in text.splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            found.append(record)
    return found


def count(records: Path) -> dict[str, int]:
    """How many results there are of each verdict."""
    counts: dict[str, int] = {}
    for record in lines(records):
        if record.get("record") == "result":
            verdict = str(record.get("verdict"))
            counts[verdict] = counts.get(verdict, 0) + 1
    return counts


def write_missing(environment: str, arch: str, reason: str, out: Path, like: Path | None) -> None:
    """Records of an environment without a run: asked for as much as `like` was, with no result of any."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    others = lines(like) if like else []
    suite = next((other["suite"] for other in others if other.get("record") == "run"), "unknown")
    records = [{"record": "run", "schema": 1, "suite": suite, "started": now, "arch": arch,
                "environment": environment, "os": f"not run: {reason}", "wine": None, "command": []}]
    records += [{"record": "provider", "entry": other["entry"], "dll": other.get("dll", ""),
                 "asked": other["asked"]}
                for other in others if other.get("record") == "provider"]
    text = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records)
    (out / f"{environment}.jsonl").write_text(text, encoding="utf-8")
