"""The command line: what is listed and shown, what is selected, what the exit status says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from program import check, manifest, program, run


def test_version() -> None:
    done = run("version")
    assert done.status == 0
    assert done.out.startswith("wspcheck 1.")


def test_help_names_every_option() -> None:
    out = run("help").out
    for option in ("provider", "manifest", "case", "jobs", "timeout", "isolation", "repeat", "shuffle",
                   "trace", "environment", "jsonl", "strict", "quiet", "json"):
        assert f"--{option}" in out


def test_list_cases_json() -> None:
    cases = json.loads(run("list", "cases", "--json").out)
    by_id = {case["case"]: case for case in cases}
    assert len(by_id) == len(cases)
    case = by_id["send_disconnect.not_connected.listening"]
    assert set(case) >= {"case", "statements", "grade", "needs", "revision", "location"}
    assert case["statements"] == ["SD-07", "X-22"]
    assert case["grade"] == "documented"
    assert case["needs"] == ["STREAM"]
    assert case["location"].startswith("suite/cases/errors/not_connected.c:")
    assert by_id["recv_disconnect.not_connected.fresh"]["statements"] == ["RD-07"]


def test_ids_are_of_the_documented_form() -> None:
    calls = ("provider.", "send_disconnect.", "recv_disconnect.", "selftest.")
    for line in run("list", "cases").out.splitlines():
        name = line.split()[0]
        assert name.startswith(calls)
        assert "/" not in name


def test_list_statements_json() -> None:
    statements = {s["statement"]: s for s in json.loads(run("list", "statements", "--json").out)}
    assert statements["SD-07"]["page"] == "WSPSendDisconnect"
    assert "send_disconnect.not_connected.fresh" in statements["SD-07"]["cases"]
    assert not any(case.startswith("recv_disconnect.") for case in statements["SD-07"]["cases"])
    assert [name for name, s in statements.items() if s["always_on"]] == ["PV-10", "PV-11", "PV-12", "PV-14"]


def test_a_statement_without_a_case_says_why() -> None:
    statements = json.loads(run("list", "statements", "--json").out)
    silent = [s["statement"] for s in statements
              if not s["cases"] and not s["always_on"] and not s["untested"]]
    assert silent == []


def test_list_statements_for_people() -> None:
    out = run("list", "statements").out
    assert "SD-07 (WSPSendDisconnect, error table): WSAENOTCONN" in out
    assert "    always on, in every case" in out


def test_list_providers() -> None:
    done = run("list", "providers", "--manifest", manifest("loopback"), "--json")
    entries = json.loads(done.out)
    assert [entry["entry"] for entry in entries] == ["loopback.stream", "loopback.plain", "loopback.message",
                                                     "loopback.datagram"]
    assert entries[0]["dll"] == "loopback.dll"


def test_show_a_case() -> None:
    out = run("show", "send_disconnect.not_connected").out
    assert "SD-07 (WSPSendDisconnect, error table)" in out
    assert "Call it with null data on a stream socket" in out  # of the comment above the case
    assert "send_disconnect.not_connected.listening" in out
    assert "--case send_disconnect.not_connected" in out


@pytest.mark.parametrize(("patterns", "expected"), [
    (["send_disconnect.not_connected"], {"fresh", "bound", "listening", "refused"}),
    (["send_disconnect.not_connected.fresh", "send_disconnect.not_connected.bound"], {"fresh", "bound"}),
    (["send_disconnect.not_connected.?????"], {"fresh", "bound"}),
    (["send_*.not_connected.f*"], {"fresh"}),
])
def test_selection(records: Path, patterns: list[str], expected: set[str]) -> None:
    options = [word for pattern in patterns for word in ("--case", pattern)]
    done = check(*options, records=records)
    assert {case.removeprefix("send_disconnect.not_connected.") for case in done.verdicts} == expected
    assert sorted(done.of("provider")[0]["asked"]) == sorted(done.verdicts)


def test_selftests_only_when_they_are_named(records: Path) -> None:
    done = check("--case", "*passes*", "--case", "provider.path", records=records)
    assert done.verdicts
    assert not any(case.startswith("selftest") for case in done.verdicts)


def test_a_pattern_that_would_match_selftests_only_matches_nothing() -> None:
    assert run("run", "--manifest", manifest("loopback"), "--case", "*blocks_once").status == 2


@pytest.mark.parametrize("name", ["loopback", "LOOPBACK.stream", "{5B1F7F4E-0000-0000-0000-000000000001}"])
def test_provider_names(records: Path, name: str) -> None:
    done = run("run", "--manifest", manifest("loopback"), "--provider", name, "--case", "provider.loads",
               records=records)
    assert "loopback.stream" in [provider["entry"] for provider in done.of("provider")]


def test_records_name_no_path(records: Path) -> None:
    check("--case", "provider.*", "--case", "selftest.fails", records=records)
    text = records.read_text("utf-8")
    assert str(program().parent) not in text
    assert "Z:" not in text
    words = json.loads(text.splitlines()[0])["command"]
    assert words[:4] == ["wspcheck", "run", "--manifest", "loopback.ini"]
    assert words[-2:] == ["--jsonl", records.name]


def test_the_run_record(records: Path) -> None:
    head = check("--case", "provider.path", records=records).records[0]
    assert head["schema"] == 1
    assert head["arch"] in ("x64", "x86", "arm64")
    assert head["environment"].split("-")[0] == ("wine" if head["wine"] else "windows")
    assert head["environment"].endswith(head["arch"])
    assert check("--case", "provider.path", "--environment", "my lab", records=records).records[0][
        "environment"] == "my lab"


def test_a_failure_tells_its_story(records: Path) -> None:
    out = check("--case", "selftest.blocks", records=records).out
    for words in ("SD-17 (WSPSendDisconnect, note)", "expected  ", "observed  hang in WSPSendDisconnect",
                  "WSPSendDisconnect(s=none) = 0", "at        suite/cases/selftest/always_on.c:",
                  "again     wspcheck run --manifest"):
        assert words in out


def test_quiet_prints_what_is_red_and_the_counts(records: Path) -> None:
    out = check("--case", "selftest.tolerated", "--quiet", records=records).out
    assert out == "1 tolerated\n"


def test_no_colours_in_a_pipe(records: Path) -> None:
    assert "\x1b" not in check("--case", "selftest.fails", records=records).out
