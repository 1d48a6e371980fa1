"""The real wspcheck.exe on this system: what it writes is what these readers read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from wspmatrix_world import RUNNERS
from wspmatrix import records
from wspmatrix.launch import Wspcheck
from wspmatrix.reader import Log, load

CASES = ["--case", "provider.*", "--case", "send_disconnect.not_connected"]


@pytest.fixture(scope="module")
def made(wspcheck_exe: Path,
         tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, "subprocess.CompletedProcess[str]"]:
    """One run of a few cases of the reference, as records in a folder with a name that hurts."""
    manifest = wspcheck_exe.parent / "loopback.ini"
    if not manifest.is_file():
        pytest.skip(f"no {manifest}: build it first")
    out = tmp_path_factory.mktemp("with a blank and ü")
    done = subprocess.run([sys.executable, "-m", "wspmatrix", "run", str(manifest), "--wspcheck",
                           str(wspcheck_exe), "-o", str(out),
                           "--environment", "here", *CASES], capture_output=True, text=True, timeout=300,
                          env=os.environ | {"PYTHONPATH": str(RUNNERS)})
    return out, done


def test_the_reference_gives_a_matrix_that_is_not_red(
    made: tuple[Path, "subprocess.CompletedProcess[str]"]) -> None:
    out, done = made
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(path.name for path in out.iterdir()) == ["here.jsonl", "index.html"]
    log = Log()
    run, = load([out], log)
    assert run.whole and not log.lines()
    assert {f"loopback.{name}" for name in ("stream", "plain", "message", "datagram")} <= set(run.entries())
    verdicts = {case: same[0].verdict for case, same in run.results["loopback.stream"].items()}
    judged = [verdict for case, verdict in verdicts.items()
              if case.startswith("send_disconnect.not_connected")]
    assert judged and set(judged) == {"pass"}


def test_every_record_keeps_the_schema(made: tuple[Path, "subprocess.CompletedProcess[str]"]) -> None:
    validator = jsonschema.Draft202012Validator(records.schema())
    lines = (made[0] / "here.jsonl").read_bytes().splitlines()
    for line in lines:
        validator.validate(json.loads(line))
    assert {json.loads(line)["record"] for line in lines} == {"run", "provider", "result", "provider_end",
                                                              "end"}


def test_no_record_holds_a_path_of_this_machine(made: tuple[Path, "subprocess.CompletedProcess[str]"],
                                                wspcheck_exe: Path) -> None:
    text = (made[0] / "here.jsonl").read_text("utf-8")
    for part in (str(wspcheck_exe.parent), str(made[0]), "Z:\\\\"):
        assert part not in text


def test_lists_are_what_the_plugin_needs(wspcheck_exe: Path) -> None:
    wspcheck = Wspcheck.find(wspcheck_exe)
    cases = wspcheck.list("cases")
    assert len({case["case"] for case in cases}) == len(cases) > 0
    statements = {item["statement"] for item in wspcheck.list("statements")}
    assert all(set(case["statements"]) <= statements for case in cases)
    assert all(item["text"] for item in wspcheck.list("statements"))
    entries = [item["entry"] for item in wspcheck.list("providers", [wspcheck_exe.parent / "loopback.ini"])]
    assert "loopback.stream" in entries


def test_the_plugin_with_xdist(wspcheck_exe: Path, pytester: pytest.Pytester,
                               monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(RUNNERS))
    result = pytester.runpytest_subprocess(
        "-p", "wspmatrix.plugin", "--wspcheck", str(wspcheck_exe), "--wspcheck-manifest",
        str(wspcheck_exe.parent / "loopback.ini"),
        "-k", "stream and not_connected", "-n", "2", timeout=120)
    outcomes = result.parseoutcomes()
    assert outcomes.get("passed", 0) >= 2 and not {"failed", "errors"} & set(outcomes), result.stdout.str()
