"""The committed runs and expectations: they hold together, and none of them is left over."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from wspmatrix import expectations
from wspmatrix.gate import Gate, Verdict
from wspmatrix.reader import Log
from wspmatrix.snapshot import stream, take
from wspmatrix_world import ROOT

RUNS = sorted((ROOT / "results/runs").glob("*.jsonl"))


@pytest.fixture(scope="module")
def verdict() -> Verdict:
    log = Log()
    before = take(RUNS, log)
    gate = Gate(expectations.load([ROOT / "results/expectations"]), lambda environment: before,
                datetime.date.today())
    for run in stream(RUNS, log):
        gate.see(run)
    return gate.close(log)


def test_the_committed_runs_are_as_the_committed_expectations_say(verdict: Verdict) -> None:
    assert verdict.results > 0 and [item.line() for item in verdict.sorted()] == []


def test_every_expectation_is_about_a_committed_run(verdict: Verdict) -> None:
    assert [expectation.place for expectation in verdict.unused] == []


@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.stem)
def test_a_run_is_of_the_environment_that_it_is_named_after(path: Path) -> None:
    assert {environment for environment, _ in take([path], Log()).columns} == {path.stem}
