"""The reference with other legal answers: nothing is red, and only what is tolerated or observed changes."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from program import Record, check, manifest

BASES = ("stream", "plain", "message", "datagram")
LAWFUL = {"pass", "tolerated", "skip"}

Results = dict[str, Record]


def variants() -> list[str]:
    """The entries of variants.ini, whose names end with the base entry they are a variant of."""
    lines = manifest("variants").read_text("utf-8").splitlines() if manifest("variants").is_file() else []
    return [entry for line in lines if line.startswith("entries = ") for entry in line[10:].split(", ")]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Results]:
    """All entries of variants.ini and the plain reference, each in a process of its own."""
    folder = tmp_path_factory.mktemp("variants")

    def results(entry: str) -> Results:
        return check("--isolation", "none", records=folder / f"{entry}.jsonl", entry=entry).results

    entries = [f"loopback.{base}" for base in BASES] + [f"variants.{entry}" for entry in variants()]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return dict(zip(entries, pool.map(results, entries)))


def reference(judged: dict[str, Results], entry: str) -> Results:
    return judged[f"loopback.{entry.rpartition('-')[2]}"]


def told(results: Results, case: str) -> str:
    result = results[case]
    return f"{case}: {result['verdict']}, {result['observed']} {result['reason']}"


def test_there_are_enough() -> None:
    assert len({entry.rpartition("-")[0] for entry in variants()}) >= 14


@pytest.mark.parametrize("entry", variants())
def test_nothing_is_red(judged: dict[str, Results], entry: str) -> None:
    own = judged[f"variants.{entry}"]
    assert own.keys() == reference(judged, entry).keys()
    assert [told(own, case) for case, result in own.items()
            if result["verdict"] not in LAWFUL | {"unreached"}] == []


@pytest.mark.parametrize("entry", variants())
def test_what_was_a_verdict_stays_one(judged: dict[str, Results], entry: str) -> None:
    own, plain = judged[f"variants.{entry}"], reference(judged, entry)
    lost = [case for case in own if own[case]["verdict"] in ("skip", "unreached")
            and own[case]["verdict"] != plain[case]["verdict"]]
    assert [told(own, case) for case in lost] == []


def same(one: Record, other: Record) -> bool:
    return (one["verdict"], one["observed"]) == (other["verdict"], other["observed"])


def may_change(before: Record, after: Record) -> bool:
    """A permission is named in the reason; what has no right answer is observed, or a row of conflicts."""
    if after["verdict"] != "pass":
        return bool(after["verdict"] == "tolerated" and after["reason"])
    return (after["grade"] == "observed" or before["verdict"] == "tolerated"
            or any(statement.startswith("X-") for statement in after["statements"]))


@pytest.mark.parametrize("entry", variants())
def test_only_what_is_open_changes(judged: dict[str, Results], entry: str) -> None:
    own, plain = judged[f"variants.{entry}"], reference(judged, entry)
    changed = [case for case in own
               if not same(own[case], plain[case]) and own[case]["verdict"] != "unreached"]
    assert [told(own, case) for case in changed if not may_change(plain[case], own[case])] == []


def test_each_variant_changes_something(judged: dict[str, Results]) -> None:
    """What a variant changes is nothing where only time, handles or windows differ."""
    unseen = {"ifs_handles", "asynchronous", "tiny_window", "huge_window", "slow_connect", "reset_is_reset",
              "reset_is_aborted", "slow_when_accepted", "slow_when_connecting"}
    for name in {entry.rpartition("-")[0] for entry in variants()} - unseen:
        own = [entry for entry in variants() if entry.rpartition("-")[0] == name]
        assert any(not same(judged[f"variants.{entry}"][case], result)
                   for entry in own for case, result in reference(judged, entry).items()), name
