"""The workflow, as far as it can be checked where GitHub is not: what it names is there, and it may do little."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from program import ROOT, read_records

WORKFLOW = ROOT / ".github/workflows/ci.yml"
LAB_KINDS = {"debian"}
TRIGGERS = {"push", "pull_request", "workflow_dispatch"}
JOB_KEYS = {"name", "runs-on", "timeout-minutes", "container", "strategy", "needs", "if", "steps"}
STEP_KEYS = {"name", "run", "uses", "with", "if"}
CONTEXTS = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
ALLOWED = re.compile(r"!cancelled\(\)|github\.ref|matrix\.[a-z]+")


class Unique(yaml.SafeLoader):
    """YAML whose mappings have each key once; the plain loader takes the last one without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key) for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"a key twice in {keys} ({node.start_mark})"
        return super().construct_mapping(node, deep)


@pytest.fixture(scope="module")
def text() -> str:
    return WORKFLOW.read_text("utf-8")


@pytest.fixture(scope="module")
def workflow(text: str) -> dict[Any, Any]:
    loaded = yaml.load(text, Unique)
    assert isinstance(loaded, dict)
    return loaded


@pytest.fixture(scope="module")
def jobs(workflow: dict[Any, Any]) -> dict[str, Any]:
    return dict(workflow["jobs"])


def steps(jobs: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(name, step) for name, job in jobs.items() for step in job["steps"]]


def environment(name: str) -> dict[str, str]:
    """A file of ci/environments."""
    lines = (ROOT / "ci/environments" / name).read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def in_matrix(job: dict[str, Any]) -> list[str]:
    matrix = job["strategy"]["matrix"]
    return [*matrix.get("environment", ()), *(one["environment"] for one in matrix.get("include", ()))]


def commands(jobs: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Each line that is run, by job."""
    return [(job, shlex.split(line.replace("${{ matrix.environment }}", "MATRIX")))
            for job, step in steps(jobs) if "run" in step for line in step["run"].splitlines() if line.strip()]


def test_jobs_and_steps_have_no_key_that_means_nothing(workflow: dict[Any, Any], jobs: dict[str, Any]) -> None:
    # YAML 1.1 reads the key "on" as true.
    assert set(workflow) == {"name", True, "permissions", "concurrency", "defaults", "jobs"}
    assert set(workflow[True]) == TRIGGERS
    for name, job in jobs.items():
        assert set(job) <= JOB_KEYS and {"runs-on", "timeout-minutes", "steps"} <= set(job), name
    for name, step in steps(jobs):
        assert set(step) <= STEP_KEYS and ("run" in step) != ("uses" in step), (name, step)
        assert "with" not in step or "uses" in step, (name, step)


def test_it_may_only_read_and_knows_no_secret(workflow: dict[Any, Any], text: str) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    assert "secrets" not in text and "GITHUB_TOKEN" not in text
    assert "pull_request_target" not in text


def test_expressions_take_nothing_that_strangers_write(text: str) -> None:
    found = CONTEXTS.findall(text)
    assert found and [one for one in found if not ALLOWED.fullmatch(one)] == []


def test_actions_are_named_by_their_full_version(jobs: dict[str, Any]) -> None:
    used = [step["uses"] for _, step in steps(jobs) if "uses" in step]
    assert used and [one for one in used if not re.fullmatch(r"actions/[a-z-]+@v\d+\.\d+\.\d+", one)] == []
    for _, step in steps(jobs):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"] == {"persist-credentials": False}


def test_jobs_wait_for_jobs_that_exist_and_in_no_circle(jobs: dict[str, Any]) -> None:
    needs = {name: {job["needs"]} if isinstance(job.get("needs"), str) else set(job.get("needs", ()))
             for name, job in jobs.items()}
    done: set[str] = set()
    while ready := {name for name in needs if name not in done and needs[name] <= done}:
        done |= ready
    assert done == set(jobs)


def test_only_scripts_of_ci_are_called(jobs: dict[str, Any]) -> None:
    called = [words for _, words in commands(jobs) if words[0] not in ("apt-get", "git")]
    assert {words[0] for words in called} == {
        "ci/set-up", "ci/test", "ci/package", "ci/lab", "ci/kill-matrix", "ci/providers", "ci/merge"}
    for words in called:
        script = ROOT / words[0]
        assert script.is_file() and os.access(script, os.X_OK), words[0]


def test_every_environment_has_a_file_and_its_preset_exists(jobs: dict[str, Any]) -> None:
    presets = json.loads((ROOT / "CMakePresets.json").read_text("utf-8"))
    known = [{one["name"] for one in presets[kind]} for kind in ("configurePresets", "buildPresets", "testPresets")]
    for job, kinds in (("wine", LAB_KINDS), ("windows", {"windows"})):
        assert in_matrix(jobs[job])
        for name in in_matrix(jobs[job]):
            found = environment(name)
            assert found["kind"] in kinds, name
            assert all(found["preset"] in names for names in known), name
            assert found["preset"].rpartition("-")[2] == name.rpartition("-")[2], name


def test_no_environment_of_debian_is_left_out(jobs: dict[str, Any]) -> None:
    files = [path.name for path in (ROOT / "ci/environments").iterdir() if path.suffix != ".md"]
    assert sorted(in_matrix(jobs["wine"])) == sorted(
        name for name in files if environment(name)["kind"] in LAB_KINDS)


def test_what_is_merged_is_what_was_run(jobs: dict[str, Any]) -> None:
    merged = [words for job, words in commands(jobs) if job == "matrix" and words[0] == "ci/merge"]
    ran = [name for job in jobs["matrix"]["needs"] for name in in_matrix(jobs[job])]
    assert len(merged) == 1 and sorted(merged[0][2:]) == sorted(ran)
    down = [step["with"] for _, step in steps(jobs) if step.get("uses", "").startswith("actions/download-artifact@")]
    assert [one["path"] for one in down] == [merged[0][1]]


def test_each_run_is_handed_on_under_a_name_of_its_own(jobs: dict[str, Any]) -> None:
    names = []
    for job, step in steps(jobs):
        if step.get("uses", "").startswith("actions/upload-artifact@"):
            template = step["with"]["name"]
            names += [template.replace("${{ matrix.environment }}", one) for one in in_matrix(jobs[job])] \
                if "matrix." in template else [template]
    assert len(names) == len(set(names)) and "matrix" in names and "run-windows-11-arm64" in names


def test_it_says_what_has_never_run(text: str) -> None:
    assert "has never run" in "\n".join(line for line in text.splitlines() if line.startswith("#"))


@pytest.mark.parametrize("script", sorted(
    path.name for path in (ROOT / "ci").iterdir() if path.is_file() and os.access(path, os.X_OK)))
def test_every_script_says_what_it_does(script: str) -> None:
    done = subprocess.run([ROOT / "ci" / script, "--help"], capture_output=True, text=True, timeout=60, cwd=Path("/"))
    assert done.returncode == 0 and done.stdout.lower().startswith("usage:") and done.stderr == ""


def ci(script: str, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ROOT / "ci" / script, *arguments], env=os.environ | environment, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=600)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with what ci/providers wrote: some cases, on this machine's Wine."""
    folder = tmp_path_factory.mktemp("all runs")
    done = ci("providers", "-o", folder, "local", "--case", "send_disconnect.not_socket")
    assert done.returncode == 0 and done.stderr.endswith(f"{folder}/local.jsonl\n"), done.stderr
    return folder


@pytest.mark.xdist_group("machine")
@pytest.mark.skipif(os.name == "nt", reason="on Windows the environment is another")
def test_a_machine_runs_what_is_installed_and_the_fixtures(ran: Path) -> None:
    records = read_records(ran / "local.jsonl")
    runs = [record for record in records if record["record"] == "run"]
    assert len(runs) == 2 and {run["environment"] for run in runs} == {"local"}
    entries = {record["entry"] for record in records if record["record"] == "provider"}
    assert {name.split(".")[0] for name in entries} >= {"loopback", "bridge", "relay"}
    assert any("." not in name for name in entries), "nothing installed"
    assert [record["record"] for record in records].count("end") == 2


@pytest.mark.xdist_group("machine")
@pytest.mark.skipif(os.name == "nt", reason="on Windows the environment is another")
def test_machines_become_one_matrix_and_a_lost_one_a_row(ran: Path, tmp_path: Path) -> None:
    out, summary = tmp_path / "one matrix", tmp_path / "summary"
    summary.write_text("before\n")
    done = ci("merge", "-o", out, ran, "local", "windows-11-arm64", GITHUB_STEP_SUMMARY=str(summary))
    assert done.returncode == 1, done.stderr  # the lost one is news
    merged = read_records(out / "all.jsonl")
    runs = [record for record in merged if record["record"] == "run"]
    assert {(run["environment"], run["arch"]) for run in runs} == {("local", "x64"), ("windows-11-arm64", "arm64")}
    assert "windows-11-arm64" in (out / "index.html").read_text("utf-8")
    assert (out / "junit.xml").read_text("utf-8").startswith("<?xml")
    said = summary.read_text("utf-8")
    assert said == "before\n" + (out / "summary.md").read_text("utf-8")
    assert "red: news" in said and "windows-11-arm64" in said
    assert not (ran / "windows-11-arm64.jsonl").exists(), "what was handed in is changed"


@pytest.mark.parametrize(("script", "arguments", "line"), [
    ("merge", ["-o"], "-o: nothing after it, expected a folder"),
    ("merge", ["no such folder"], "ci/merge: 'no such folder', expected a folder with runs (or --help)"),
    ("merge", [ROOT / "ci"], f"{ROOT / 'ci'}: no run in it, expected files ENVIRONMENT.jsonl"),
    ("providers", [], "ci/providers: '', expected the name of a file in ci/environments (or --help)"),
    ("providers", ["../lib.sh"], "ci/providers: '../lib.sh', expected the name of a file in ci/environments (or --help)"),
    ("providers", ["windows-2025-x64"],
     "ci/providers: windows-2025-x64 is of kind windows, expected windows on Windows and local elsewhere"),
    ("package", ["--folder"], "ci/package: '--folder', expected a folder or nothing (or --help)"),
    ("set-up", ["everything"], "ci/set-up: 'everything', expected nothing or runners (or --help)"),
])
def test_wrong_use_is_one_line(script: str, arguments: list[str | Path], line: str) -> None:
    done = ci(script, *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", line + "\n")


def test_a_missing_module_names_its_package(tmp_path: Path) -> None:
    script = f'. {shlex.quote(str(ROOT / "ci/lib.sh"))}; need_modules no_such_one:python3-no-such:no-such "${{modules[@]}}"'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "/usr/bin/python3: no module no_such_one, expected it of the package python3-no-such: "
        "apt-get install python3-no-such"]
