from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wspmatrix_world import RUNNERS, starts
from wspmatrix.plugin import node_name
from wspmatrix.sharing import LARGEST_BATCH, SMALLEST_BATCH, batches
from wspmatrix_samples import CALL, CRASH, HOSTILE

ENTRIES: dict[str, dict[str, Any]] = {
    "loopback.stream": {
        "provider.path": "pass", "send_disconnect.a": "pass",
        "send_disconnect.b": {"verdict": "tolerated", "reason": "X-07 allows 0"},
        "recv_disconnect.a": {"verdict": "skip", "reason": "no XP1_DISCONNECT_DATA"},
        "recv_disconnect.b": {"verdict": "unreached", "reason": "the hook was never called"}},
    "bridge.tcp4": {
        "provider.path": "pass", "send_disconnect.a": {"verdict": "fail", "observed": "0", "calls": [CALL],
                                                       "reason": "data was taken"},
        "send_disconnect.b": {"verdict": "crash", "crash": CRASH, "calls": [CALL | {"result": None}]},
        "recv_disconnect.a": {"verdict": "hang", "reason": "past 10000 ms"},
        "recv_disconnect.b": {"verdict": "error", "reason": "no memory"}},
}
Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run_pytest(pytester: pytest.Pytester, fake: Callable[..., Path]) -> Run:
    def run(*arguments: str, entries: dict[str, Any] = ENTRIES, manifests: bool = True,
            **world: Any) -> pytest.RunResult:
        program = fake(entries, **world)
        given = [part for path in sorted(program.parent.glob("*.ini")) if manifests
                 for part in ("--wspcheck-manifest", str(path))]
        return pytester.runpytest_subprocess("-p", "wspmatrix.plugin", "-p", "no:hypothesispytest",
                                             "--wspcheck", str(program),
                                             *given, *arguments, timeout=60)
    return run


def stories(result: pytest.RunResult) -> str:
    return result.stdout.str()


def test_every_verdict_is_what_a_pytest_user_expects(run_pytest: Run) -> None:
    result = run_pytest("-v", "-rs")
    result.assert_outcomes(passed=4, failed=3, skipped=2, errors=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines_random([
        "*loopback.ini::loopback.stream::send_disconnect.b PASSED (tolerated) *",
        "*bridge.ini::bridge.tcp4::send_disconnect.b FAILED (crash) *",
        "*bridge.ini::bridge.tcp4::recv_disconnect.a FAILED (hang) *",
        "*bridge.ini::bridge.tcp4::recv_disconnect.b ERROR *", "*SKIPPED*no XP1_DISCONNECT_DATA*",
        "*SKIPPED*unreached: the hook was never called*"])


def test_a_failure_tells_its_story(run_pytest: Run) -> None:
    result = run_pytest("-k", "bridge", "-p", "no:xdist",
                        statements=[{"statement": "SD-07", "text": "WSAENOTCONN: not connected."}])
    text = stories(result)
    assert ("statement:  SD-07  WSAENOTCONN: not connected.\nexpected:   SOCKET_ERROR WSAENOTCONN\n"
            "observed:   0\n") in text
    assert "reason:     data was taken\nsource:     suite/cases/errors/not_connected.c:12\ncalls:\n" in text
    assert "  WSPSendDisconnect(socket 1, NULL) = -1, error 10057 (3 us)\n" in text
    assert ("crash:      code c0000005, module loopback.dll, offset 4660, thread case, "
            "call WSPSendDisconnect\n") in text
    assert "  WSPSendDisconnect(socket 1, NULL) did not return, error 10057 (3 us)\n" in text
    assert (
        'alone:      wspcheck run --manifest "bridge.ini" --manifest "loopback.ini" --provider "bridge.tcp4" '
            "--case send_disconnect.a --trace all\n") in text
    assert "reason:     no memory" in text and "Traceback" not in text and "plugin.py" not in text


def test_strict_makes_tolerated_and_unreached_fail(run_pytest: Run) -> None:
    run_pytest("--wspcheck-strict", "-k", "loopback").assert_outcomes(passed=2, failed=2, skipped=1)


def test_one_start_an_entry_for_exactly_what_is_selected(run_pytest: Run, tmp_path: Path) -> None:
    result = run_pytest("-k", "send_disconnect and not tcp4 or SD-07 and tcp4 and recv")
    result.assert_outcomes(passed=2, failed=1, errors=1)
    runs = [start for start in starts(tmp_path / "a bin" / "wspcheck") if start[0] == "run"]
    assert [[start[number + 1] for number, option in enumerate(start) if option in ("--provider", "--case")]
            for start in runs] == [
        ["bridge.tcp4", "recv_disconnect.a", "recv_disconnect.b"],
        ["loopback.stream", "send_disconnect.a", "send_disconnect.b"]]


def test_collect_only_runs_nothing(run_pytest: Run, tmp_path: Path) -> None:
    result = run_pytest("--collect-only", "-q")
    assert result.ret == 0
    assert [line.partition("::")[2] for line in result.outlines if "::" in line] == [
        f"{entry}::{case}" for entry in sorted(ENTRIES) for case in ENTRIES[entry]]
    assert all(start[0] == "list" for start in starts(tmp_path / "a bin" / "wspcheck"))


def test_a_node_id_runs_that_case(run_pytest: Run, tmp_path: Path) -> None:
    result = run_pytest(f"{tmp_path}/a bin/bridge.ini::bridge.tcp4::send_disconnect.b")
    result.assert_outcomes(failed=1)


def test_own_tests_beside_them(run_pytest: Run, pytester: pytest.Pytester) -> None:
    file = pytester.makepyfile("def test_mine(): pass")
    run_pytest(str(file)).assert_outcomes(passed=5, failed=3, skipped=2, errors=1)


def test_x_stops_and_lf_runs_the_failed_again(run_pytest: Run) -> None:
    run_pytest("-x").assert_outcomes(passed=1, failed=1)
    run_pytest().assert_outcomes(passed=4, failed=3, skipped=2, errors=1)
    run_pytest("--lf").assert_outcomes(failed=3, errors=1)
    run_pytest("--lf", "-n", "2").assert_outcomes(failed=3, errors=1)


@pytest.mark.parametrize("mode", ["load", "loadscope", "loadfile", "each"])
def test_xdist_gives_the_same_verdicts(run_pytest: Run, mode: str, tmp_path: Path) -> None:
    result = run_pytest("-n", "2", "--dist", mode)
    times = 2 if mode == "each" else 1
    result.assert_outcomes(passed=4 * times, failed=3 * times, skipped=2 * times, errors=1 * times)
    started = [start for start in starts(tmp_path / "a bin" / "wspcheck")]
    assert sum(start[0] == "list" for start in started) == 3
    assert sum(start[0] == "run" for start in started) == 2 * times


def test_xdist_shares_one_large_entry_in_batches(run_pytest: Run, tmp_path: Path) -> None:
    cases = {f"send_disconnect.case_{number}": "pass" for number in range(3 * SMALLEST_BATCH)}
    run_pytest("-n", "2", entries={"bridge.tcp4": cases}).assert_outcomes(passed=len(cases))
    runs = [start for start in starts(tmp_path / "a bin" / "wspcheck") if start[0] == "run"]
    asked = [option for start in runs for option in start if option.startswith("send_disconnect")]
    assert len(runs) == 3 and sorted(asked) == sorted(cases)


def test_junit(run_pytest: Run, pytester: pytest.Pytester) -> None:
    run_pytest("--junitxml=out.xml", "-n", "2")
    suite = ElementTree.parse(pytester.path / "out.xml").getroot().find("testsuite")
    assert suite is not None
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["10", "3", "1", "2"]
    crashed = next(case for case in suite if case.get("name") == "send_disconnect.b"
                   and case.find("failure") is not None)
    assert str(crashed.get("classname")).endswith("bridge.tcp4")
    failure = crashed.find("failure")
    assert failure is not None and "code c0000005, module loopback.dll" in str(failure.text)
    properties = {item.get("name"): item.get("value") for item in crashed.iter("property")}
    assert properties["verdict"] == "crash" and properties["statements"] == "SD-07"


@pytest.mark.parametrize("quirk", ["die", "mute"])
def test_a_case_without_a_record_is_an_error_and_never_green(run_pytest: Run, quirk: str) -> None:
    entries = {"bridge.tcp4": {f"a.{number}": "pass" for number in range(6)}}
    result = run_pytest(entries=entries, quirk=quirk)
    outcomes = result.parseoutcomes()
    assert outcomes.get("errors", 0) == (2 if quirk == "die" else 6) and sum(outcomes.values()) == 6
    status = 77 if quirk == "die" else 3
    assert f"wspcheck ended with exit status {status} and has no record of this case" in stories(result)


def test_selftests_only_by_name(run_pytest: Run) -> None:
    assert "selftest.fail" not in stories(run_pytest("--collect-only", "-q"))
    assert stories(run_pytest("--collect-only", "-q", "--wspcheck-case",
                              "selftest.*")).count("selftest.fail") == 2
    result = run_pytest("--wspcheck-case", "nothing.*")
    assert result.ret == pytest.ExitCode.USAGE_ERROR and "no case matches nothing.*" in result.stderr.str()


def test_cases_are_selected_as_wspcheck_does(run_pytest: Run) -> None:
    entries = {"bridge.tcp4": {"a.b": "pass", "a.b.row": "pass", "a.bc": "pass", "a.c": "pass"}}
    run_pytest("--wspcheck-case", "a.b", "--wspcheck-case", "*.c", entries=entries).assert_outcomes(passed=3)
    run_pytest("--wspcheck-case", "a.b*", entries=entries).assert_outcomes(passed=3)


@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
def test_installed_entries_with_any_name(run_pytest: Run, workers: list[str]) -> None:
    entries = {name: {"send_disconnect.a": {"verdict": "fail", "reason": name, "observed": name}}
               for name in [*HOSTILE, "MSAFD Tcpip [TCP/IP]", "a::b", "a::b [TCP/IP]"]}
    result = run_pytest(*workers, entries=entries, manifests=False)
    result.assert_outcomes(failed=len(entries))
    assert "INTERNALERROR" not in stories(result) and "\u202e" not in stories(result)


def test_an_installed_entry_with_brackets_by_node_id(run_pytest: Run, tmp_path: Path) -> None:
    entries = {"MSAFD Tcpip [TCP/IP]": {"send_disconnect.a": "pass", "send_disconnect.b": "pass"}}
    run_pytest(f"{tmp_path}/a bin/wspcheck::{node_name('MSAFD Tcpip [TCP/IP]')}::send_disconnect.a",
               entries=entries,
               manifests=False).assert_outcomes(passed=1)


@pytest.mark.parametrize(("arguments", "world", "said"), [
    (["--wspcheck", "nowhere.exe"], {}, "nowhere.exe: not there"),
    ([], {"quirk": "refuse"}, "wspcheck list providers: exit status 2"),
    ([], {"quirk": "bad_list"}, "no JSON"), (["--wspcheck-manifest", "none.ini"], {}, "none.ini"),
])
def test_wrong_use_is_one_line(run_pytest: Run, arguments: list[str], world: dict[str, str],
                               said: str) -> None:
    result = run_pytest(*arguments, **world)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in result.stderr.str() and "Traceback" not in result.stderr.str()


def test_an_entry_that_wspcheck_leaves_out_is_said(run_pytest: Run, tmp_path: Path) -> None:
    run_pytest("--collect-only")
    result = run_pytest(entries={"bridge.udp4": {"a.b": "pass"}, "loopback.stream": {"a.b": "pass"}},
                        listed=["loopback.stream"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR and 'leaves out "bridge.udp4"' in result.stderr.str()


def test_without_wspcheck_pytest_is_as_it_was(pytester: pytest.Pytester,
                                              monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(RUNNERS))
    pytester.makepyfile("def test_mine(): pass")
    pytester.runpytest_subprocess("-p", "wspmatrix.plugin").assert_outcomes(passed=1)
    assert pytester.runpytest_subprocess("-p", "wspmatrix.plugin", "--wspcheck-manifest",
                                         "x").ret == pytest.ExitCode.USAGE_ERROR


def test_batches_are_of_one_entry_and_the_same_everywhere() -> None:
    ids = [f"x.ini::a.{entry}::c{number}" for entry in "bc" for number in range(700)]
    assert {key for key in batches(ids, 1).values()} == {(f"x.ini::a.{entry}", number) for entry in "bc"
                                                         for number in range(3)}
    for workers in (1, 2, 3, 8):
        found = batches(ids, workers)
        assert found == batches(iter(ids), workers) and list(found) == ids
        sizes = [list(found.values()).count(key) for key in set(found.values())]
        assert max(sizes) <= LARGEST_BATCH and sum(sizes) == len(ids)
