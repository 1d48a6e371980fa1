from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wspmatrix.cli import main
from wspmatrix.expectations import Expectations, load
from wspmatrix.gate import Gate as Judge
from wspmatrix.reader import Log
from wspmatrix.snapshot import stream, take
from wspmatrix_samples import HOSTILE, lines, run, write

ENTRY, CASE = "loopback.stream", "send_disconnect.a"
FAILS = {"verdict": "fail", "observed": "0"}
Gate = Callable[..., tuple[int, list[str]]]


def expectation(verdict: str = "fail", observed: str = "0", **more: str) -> str:
    keys = {"environment": '"wine-*"', "entry": f'"{ENTRY}"', "case": f'"{CASE}"', "verdict": f'"{verdict}"',
            "observed": json.dumps(observed), "reason": '"known"', "owner": '"us"'} | more
    return "[[expectation]]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Gate:
    """Runs the gate and gives its exit status and its lines without the last, which is the sum."""
    monkeypatch.chdir(tmp_path)

    def judge(now: Any, before: Any = None, expected: str = "", *options: str) -> tuple[int, list[str]]:
        for name, told in (("now.jsonl", now), ("results/runs/wine-8.0-x64.jsonl", before)):
            if told is not None:
                path = tmp_path / name
                path.parent.mkdir(parents=True, exist_ok=True)
                write(path, told if isinstance(told, list) else run({ENTRY: told}))
        if expected:
            (tmp_path / "results/expectations").mkdir(parents=True, exist_ok=True)
            (tmp_path / "results/expectations/e.toml").write_text(expected)
        status = main(["gate", "now.jsonl", *options])
        out, err = capsys.readouterr()
        if status == 2:
            return status, err.splitlines()
        *lines, last = out.splitlines()
        assert last.startswith("gate: green" if status == 0 else "gate: red")
        return status, lines
    return judge


def test_nothing_new_is_green(gate: Gate) -> None:
    results = {CASE: FAILS, "b": "pass", "c": "skip", "d": "tolerated", "e": "unreached"}
    assert gate(results, results, expectation()) == (0, [])


@pytest.mark.parametrize("verdict", ["fail", "crash", "hang"])
def test_what_is_red_needs_an_expectation(gate: Gate, verdict: str) -> None:
    red = {"verdict": verdict, "observed": "it", "reason": "no good"}
    assert gate({CASE: red}) == (1, [
        f'no expectation: wine-8.0-x64  {ENTRY}  {CASE}: is {verdict} "it", and was not there before '
        '(no good)'])
    assert gate({CASE: red}, {CASE: red}) == (1, [
        f'no expectation: wine-8.0-x64  {ENTRY}  {CASE}: is {verdict} "it", as before (no good)'])
    assert gate({CASE: red}, {CASE: red}, expectation(verdict, "it")) == (0, [])


@pytest.mark.parametrize("verdict", ["tolerated", "unreached"])
def test_strict_wants_one_for_what_is_tolerated_or_unreached(gate: Gate, verdict: str) -> None:
    results = {CASE: {"verdict": verdict, "observed": "0"}}
    assert gate(results, results)[0] == 0
    status, lines = gate(results, results, "", "--strict")
    assert status == 1 and lines[0].startswith("no expectation: ")
    assert gate(results, results, expectation(verdict), "--strict")[0] == 0


@pytest.mark.parametrize(("before", "now", "kind"), [
    ("pass", "fail", "regression"), ("tolerated", "crash", "regression"), ("skip", "fail", "regression"),
    ("pass", "skip", "regression"), ("fail", "skip", "regression"), ("pass", "unreached", "regression"),
    ("crash", "unreached", "regression"), ("tolerated", "skip", "regression"),
    ("fail", "crash", "failing differently"),
    ("skip", "unreached", ""), ("unreached", "skip", ""), ("skip", "pass", ""), ("fail", "pass", ""),
    ("pass", "tolerated", ""), ("unreached", "tolerated", ""), ("pass", "error", "suite error"),
    ("error", "skip", ""),
])
def test_without_an_expectation_it_is_compared_with_before(gate: Gate, before: str, now: str,
                                                           kind: str) -> None:
    status, lines = gate({CASE: now}, {CASE: before})
    assert (status, [line.split(":")[0] for line in lines]) == ((1, [kind]) if kind else (0, []))


@pytest.mark.parametrize(("expected", "now", "kind"), [
    ("fail", "pass", "improvement"), ("fail", "tolerated", "improvement"),
    ("crash", "fail", "failing differently"),
    ("fail", "crash", "failing differently"), ("fail", "skip", "regression"),
    ("hang", "unreached", "regression"),
    ("skip", "pass", "improvement"), ("skip", "fail", "regression"),
    ("unreached", "skip", "failing differently"),
    ("tolerated", "pass", "improvement"), ("tolerated", "fail", "regression"),
    ("fail", "error", "suite error"),
    ("unreached", "tolerated", "improvement"),
])
def test_an_expectation_that_no_longer_holds_is_news(gate: Gate, expected: str, now: str, kind: str) -> None:
    told = {CASE: {"verdict": now, "observed": "1"}}
    status, lines = gate(told, told, expectation(expected))
    assert status == 1 and [line.split(":")[0] for line in lines] == [kind]
    assert kind == "suite error" or "results/expectations/e.toml:1" in lines[0]


def test_failing_differently_is_news(gate: Gate) -> None:
    told = {CASE: FAILS | {"observed": "SOCKET_ERROR WSAEINVAL"}}
    status, lines = gate(told, {CASE: FAILS}, expectation())
    assert status == 1
    assert lines == [f'failing differently: wine-8.0-x64  {ENTRY}  {CASE}: is fail "SOCKET_ERROR WSAEINVAL", '
                     'was fail "0", results/expectations/e.toml:1 expects fail "0"']


@pytest.mark.parametrize(("verdict", "observed", "kind"), [
    ("fail", "0", ""), ("pass", "1", ""), ("tolerated", "SOCKET_ERROR WSAECONNRESET", ""),
    ("fail", "1", "failing differently"), ("crash", "0", "failing differently"), ("skip", "", "regression"),
    ("unreached", "", "regression"), ("error", "", "suite error")])
def test_what_happens_only_sometimes_is_no_news_when_it_does_not(gate: Gate, verdict: str, observed: str,
                                                                 kind: str) -> None:
    told = {CASE: {"verdict": verdict, "observed": observed}}
    status, lines = gate(told, {CASE: FAILS}, expectation(sometimes="true"), "--strict")
    assert (status, [line.split(":")[0] for line in lines]) == ((1, [kind]) if kind else (0, []))
    assert kind != "failing differently" or lines[0].endswith('expects fail "0" sometimes')


def test_what_happens_only_sometimes_expires_only_when_it_does(gate: Gate) -> None:
    expected = expectation(sometimes="true", until="2020-01-01")
    assert gate({CASE: "pass"}, None, expected) == (0, [])
    assert gate({CASE: FAILS}, None, expected)[0] == 1


def test_one_repeat_that_fails_differently_is_enough(gate: Gate) -> None:
    records = run({ENTRY: {CASE: FAILS}})
    records.insert(3, records[2] | {"repeat": 2, "observed": "other"})
    records[-1] = records[-1] | {"counts": {"fail": 2}}
    status, lines = gate(records, None, expectation())
    assert status == 1 and lines[0].startswith("failing differently") and 'is fail "other"' in lines[0]


def test_an_expectation_says_what_may_be_a_skip(gate: Gate) -> None:
    told = {CASE: {"verdict": "skip", "observed": ""}}
    assert gate(told, {CASE: "pass"}, expectation("skip", ""))[0] == 0


def test_missing_is_news_even_if_red_was_expected(gate: Gate) -> None:
    status, lines = gate({CASE: None}, {CASE: FAILS}, expectation())
    assert status == 1
    assert lines[0].startswith(f"missing: wine-8.0-x64  {ENTRY}  {CASE}: asked for, and there is no verdict")


def test_an_expectation_holds_on_its_last_day_and_no_longer(gate: Gate) -> None:
    expected = expectation(until="2026-11-22")
    assert gate({CASE: FAILS}, None, expected, "--today", "2026-11-22")[0] == 0
    status, lines = gate({CASE: FAILS}, None, expected, "--today", "2026-11-23")
    assert status == 1
    assert lines == ["expired: results/expectations/e.toml:1 held until 2026-11-22 and still describes 1 "
                     "results: known (us, until 2026-11-22)"]


def test_what_is_no_longer_asked_for_is_news(gate: Gate) -> None:
    before = run({ENTRY: {CASE: "pass", "b": "pass"}, "bridge.tcp4": {CASE: "pass"}})
    status, lines = gate({CASE: "pass"}, before)
    assert status == 1
    assert lines == [f'no longer asked for: wine-8.0-x64  {ENTRY}  b: was pass "SOCKET_ERROR WSAENOTCONN"',
                     "no longer asked for: wine-8.0-x64  bridge.tcp4: its 1 cases were there before"]
    assert gate({CASE: "pass"}, before, "", "--partial")[0] == 0


def test_a_file_cut_short_is_news(gate: Gate) -> None:
    status, lines = gate(run({ENTRY: {CASE: "pass"}}, ended=False))
    assert status == 1
    assert lines == ["cut short: now.jsonl:1: cut short: no end record; expected an end record; what is "
                     "there is kept"]


def test_a_run_that_judged_nothing_is_not_green(gate: Gate) -> None:
    status, lines = gate(run({}))
    assert status == 1 and lines == ["missing: wine-8.0-x64: a run without entries, nothing was judged"]


@pytest.mark.parametrize("damage",
                         ['{"record":"result"', '{"record":"result","entry":"e"}', "not json", "[]", '"x"'])
def test_a_damaged_file_is_news(gate: Gate, damage: str) -> None:
    records: list[Any] = run({ENTRY: {CASE: "pass"}})
    status, lines = gate([*records[:-1], damage, records[-1]])
    assert status == 1 and lines[0].startswith("damaged file: now.jsonl:5: ")


def test_a_damaged_baseline_is_news_too(gate: Gate) -> None:
    status, lines = gate({CASE: "pass"}, run({ENTRY: {CASE: "pass"}}, ended=False))
    assert status == 1 and lines[0].startswith("cut short: results/runs/wine-8.0-x64.jsonl")


@pytest.mark.parametrize("text", ["", "hello\n", "\0\0\0"])
def test_what_can_not_be_read_is_2(gate: Gate, tmp_path: Path, text: str) -> None:
    (tmp_path / "now.jsonl").write_text(text)
    status, lines = gate(None)
    assert status == 2
    assert lines[-1] == ("wspmatrix: now.jsonl: no run record in it; expected a record file that wspcheck "
                         "wrote (--jsonl)")


def test_wrong_expectations_are_2(gate: Gate) -> None:
    status, lines = gate({CASE: FAILS}, None, expectation(reason='""'))
    assert status == 2
    assert lines == ["wspmatrix: results/expectations/e.toml:7: reason is empty; expected why this is so and "
                     "stays so, a text"]
    status, lines = gate({CASE: FAILS}, None, expectation() + expectation("crash"))
    assert status == 2 and "expected one answer" in lines[0]


@pytest.mark.parametrize("options", [("--baseline", "nowhere"), ("--expectations", "nowhere.toml")])
def test_what_is_not_there_is_2(gate: Gate, options: tuple[str, str]) -> None:
    status, lines = gate({CASE: "pass"}, None, "", *options)
    assert status == 2 and "nowhere" in lines[0] and "; expected " in lines[0]


def test_the_baseline_may_be_a_file(gate: Gate, tmp_path: Path) -> None:
    write(tmp_path / "old.jsonl", run({ENTRY: {CASE: "pass"}}))
    status, lines = gate({CASE: FAILS}, None, "", "--baseline", "old.jsonl")
    assert status == 1 and lines[0].startswith("regression: ")


def test_a_baseline_of_another_environment_is_told(gate: Gate, capsys: pytest.CaptureFixture[str]) -> None:
    gate({CASE: "pass"}, run({ENTRY: {CASE: "pass"}}, environment="windows-2025-x64"))
    assert main(["gate", "now.jsonl"]) == 0
    assert capsys.readouterr().err == (
        "wspmatrix: results/runs/wine-8.0-x64.jsonl: no run of wine-8.0-x64 in it to compare with\n")


def test_an_expectation_that_matches_no_case_is_told_and_no_news(gate: Gate,
                                                                 capsys: pytest.CaptureFixture[str]) -> None:
    expected = expectation() + expectation(case='"renamed"') + expectation(environment='"windows-*"')
    assert main_after(gate, {CASE: FAILS}, expected) == 0
    assert capsys.readouterr().err.splitlines() == [
        "wspmatrix: results/runs/wine-8.0-x64.jsonl: not there; nothing to compare wine-8.0-x64 with",
        "wspmatrix: results/expectations/e.toml:9: matches none of the cases that were asked for"]


def main_after(gate: Gate, now: Any, expected: str) -> int:
    gate(now, None, expected)
    return main(["gate", "now.jsonl"])


def test_the_worst_comes_first(gate: Gate) -> None:
    now = {CASE: "pass", "b": {"verdict": "fail", "observed": "0"}, "c": "crash", "d": "error", "e": None,
           "f": "fail"}
    _, lines = gate(now, {"b": "pass", "c": "pass", "f": {"verdict": "fail", "observed": "x"}}, expectation())
    assert [line.split(":")[0] for line in lines] == ["suite error", "missing", "regression", "regression",
                                                      "failing differently", "improvement"]
    assert "  c: " in lines[2]


def test_json_has_what_the_lines_have(gate: Gate, capsys: pytest.CaptureFixture[str]) -> None:
    gate({CASE: FAILS | {"observed": "1"}}, {CASE: FAILS}, expectation(until="2999-01-01"))
    assert main(["gate", "now.jsonl", "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    (item,) = told["items"]
    assert (told["green"], told["counts"], item["kind"], item["case"]) == (False, {"different": 1},
                                                                           "different", CASE)
    assert item["before"] == FAILS and item["now"] == {"verdict": "fail", "observed": "1"}
    assert item["expectation"]["line"] == 1 and item["expectation"]["until"] == "2999-01-01"


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_in_their_line(gate: Gate, capsys: pytest.CaptureFixture[str], name: str) -> None:
    records = run({name: {CASE: {"verdict": "fail", "observed": name, "reason": name}}}, environment=name)
    status, lines = gate(records)
    assert status == 1 and len(lines) == 1 and lines[0].isprintable()
    for style in ("markdown", "json"):
        assert main(["gate", "now.jsonl", "--format", style]) == 1
        assert "\x1b" not in capsys.readouterr().out


def test_what_expect_proposes_makes_the_gate_green_once_it_has_reasons(gate: Gate, tmp_path: Path) -> None:
    now = {CASE: FAILS, "send_disconnect.x.1": "crash", "recv_disconnect.x.2": "crash", "b": "pass",
           "c": "hang"}
    assert gate(now)[0] == 1
    assert main(["expect", "now.jsonl", "-o", "results/new.toml", "--owner", "us"]) == 0
    assert gate(now, None, (tmp_path / "results/new.toml").read_text())[0] == 2
    assert gate(now, None,
                (tmp_path / "results/new.toml").read_text().replace('reason = ""',
                                                                    'reason = "so"')) == (0, [])


def test_expect_proposes_few_blocks_that_cover_nothing_else(tmp_path: Path,
                                                            capsys: pytest.CaptureFixture[str]) -> None:
    for number, environment in enumerate(("wine-8.0-x64", "wine-10.0-x64")):
        write(tmp_path / f"{number}.jsonl", run({
            "bridge.tcp4": {"send_disconnect.bad.1": FAILS, "recv_disconnect.bad.1": FAILS,
                            "send_disconnect.z": FAILS},
            "bridge.tcp6": {"send_disconnect.bad.1": FAILS, "recv_disconnect.bad.1": FAILS,
                            "send_disconnect.z": "pass"},
            "a [*]": {"send_disconnect.bad.1": "pass",
                      "send_disconnect.z": FAILS | {"observed": 'a "b"\\\n\x1b'}},
        }, environment=environment))
    assert main(["expect", str(tmp_path), "-o", str(tmp_path / "new.toml")]) == 0
    text = (tmp_path / "new.toml").read_text()
    assert "\x1b" not in text
    (tmp_path / "new.toml").write_text(text.replace('reason = ""', 'reason = "x"').replace('owner = ""',
                                                                                           'owner = "x"'))
    found = load([tmp_path / "new.toml"]).all
    environments = ("wine-10.0-x64", "wine-8.0-x64")
    assert [(e.environments, e.entries, e.cases, e.observed) for e in found] == [
        (environments, ("bridge.tcp4", "bridge.tcp6"), ("recv_disconnect.bad.1", "send_disconnect.bad.1"),
         "0"),
        (environments, ("bridge.tcp4",), ("send_disconnect.z",), "0"),
        (environments, ("a [?]",), ("send_disconnect.z",), 'a "b"\\\n\x1b')]
    capsys.readouterr()


def test_expect_says_of_what_comes_and_goes_that_it_does(gate: Gate, tmp_path: Path) -> None:
    passes, good = {"verdict": "pass", "observed": "1"}, {"verdict": "tolerated", "observed": "2"}
    now = run({ENTRY: {CASE: FAILS, "b": FAILS, "c": passes}}) + run({ENTRY: {
        CASE: good, "b": FAILS, "c": FAILS}}, started="2026-11-23T05:11:07Z")
    assert gate(now)[0] == 1
    assert main(["expect", "now.jsonl", "-o", "results/new.toml", "--owner", "us"]) == 0
    text = (tmp_path / "results/new.toml").read_text().replace('reason = ""', 'reason = "so"')
    (tmp_path / "results/new.toml").write_text(text)
    assert {e.cases: e.sometimes for e in load([tmp_path / "results/new.toml"]).all} == {
        (CASE,): True, ("b",): False, ("c",): True}
    assert gate(now, None, text)[0] == 0


def test_expect_proposes_nothing_that_the_gate_would_refuse(tmp_path: Path,
                                                            capsys: pytest.CaptureFixture[str]) -> None:
    for number, told in enumerate((FAILS, FAILS | {"observed": "1"}, {"verdict": "crash", "observed": ""})):
        write(tmp_path / f"{number}.jsonl", run({ENTRY: {CASE: told}}, started=f"2026-11-2{number}T05:11:07Z"))
    assert main(["expect", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert out == "" and f'{CASE}: 3 different answers (fail "0"; fail "1"; crash "")' in err


def test_expect_leaves_alone_what_is_expected_and_says_what_no_longer_holds(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "now.jsonl", run({ENTRY: {CASE: FAILS, "b": None, "c": "error", "d": "pass"}}))
    (tmp_path / "e.toml").write_text(expectation())
    assert main(["expect", "now.jsonl", "--expectations", "e.toml"]) == 0
    out, err = capsys.readouterr()
    assert out == "" and "nothing needs an expectation" in err
    assert "b: missing, which nobody can expect" in err
    (tmp_path / "e.toml").write_text(expectation("crash"))
    assert main(["expect", "now.jsonl", "--expectations", "e.toml"]) == 0
    assert f'e.toml:1: says crash "0", wine-8.0-x64 {ENTRY} {CASE} is fail "0"' in capsys.readouterr().err


def test_expect_writes_over_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "now.jsonl", run({ENTRY: {CASE: FAILS}}))
    (tmp_path / "e.toml").write_text("mine")
    assert main(["expect", str(path), "-o", str(tmp_path / "e.toml")]) == 2
    assert (tmp_path / "e.toml").read_text() == "mine" and "is there already" in capsys.readouterr().err


GOOD = lines(run({ENTRY: {CASE: "pass", "b": "tolerated", "c": "skip"}, "bridge.tcp4": {CASE: "pass"}}))


def green(folder: Path, data: bytes) -> bool:
    """Whether the gate lets these records pass, with the undamaged ones as what was before."""
    (folder / "good.jsonl").write_text("".join(line + "\n" for line in GOOD))
    (folder / "now.jsonl").write_bytes(data)
    log = Log()
    before = take([folder / "good.jsonl"], log)
    judge = Judge(Expectations(), lambda environment: before, datetime.date(2026, 11, 22))
    for seen in stream([folder / "now.jsonl"], log):
        judge.see(seen)
    return judge.close(log).green


def test_no_part_of_a_file_is_green(tmp_path: Path) -> None:
    data = "\n".join(GOOD).encode()
    assert green(tmp_path, data + b"\n") and green(tmp_path, data)
    assert not [end for end in range(0, len(data), 7) if green(tmp_path, data[:end])]


@settings(max_examples=100)
@given(st.data())
def test_lost_doubled_and_strange_lines_are_never_green(tmp_path_factory: pytest.TempPathFactory,
                                                        data: st.DataObject) -> None:
    # Whether a provider calls the blocking hook is no verdict: without that line all figures are right.
    places = [place for place, line in enumerate(GOOD) if '"provider_end"' not in line]
    place = data.draw(st.sampled_from(places))
    line = GOOD[place]
    told = json.loads(line)
    damaged = data.draw(st.sampled_from([
        [], [line, line], ["{}"], ["null"], [line[:-1]], [line[1:]], ['{"record":"result"}'],
        [line.swapcase()],
        [line, json.dumps(told | {"verdict": "fail", "counts": {}, "asked": ["x"], "started": "later"})]]))
    records = [*GOOD[:place], *damaged, *GOOD[place + 1:]]
    assert not green(tmp_path_factory.mktemp("damaged"), "\n".join(records).encode())


@settings(max_examples=100)
@given(st.permutations(range(1, len(GOOD) - 1)))
def test_lines_in_another_order_lose_nothing(tmp_path_factory: pytest.TempPathFactory,
                                             order: list[int]) -> None:
    folder = tmp_path_factory.mktemp("reordered")
    records = [GOOD[0], *(GOOD[place] for place in order), GOOD[-1]]
    write(folder / "now.jsonl", records)
    write(folder / "good.jsonl", GOOD)
    before, now = (take([folder / name], Log()) for name in ("good.jsonl", "now.jsonl"))
    assert {key: seen.answers for key, seen in now.columns.items()} == {
        key: seen.answers for key, seen in before.columns.items()}
