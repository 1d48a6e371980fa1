"""The judge of the judge: what counts as killed, what the gate stops at, and what a mutant can't change."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import wspmatrix_samples as samples

from wspmatrix.kill import mutants as table
from wspmatrix.kill.confirm import confirm
from wspmatrix.kill.judge import Matrix, Seen, judge
from wspmatrix.kill.mutants import Case, Mutant, TableError
from wspmatrix.kill.output import as_json, as_markdown, as_page
from wspmatrix.kill.reach import read_notes, touched
from wspmatrix.kill.running import Errand, asked
from wspmatrix.reader import Log, load
from wspmatrix.records import Result

CONTROL = Mutant("none", "", "pass", "none", "the reference", {"faulty.none": "stream"})
WRONG = Mutant("wrong", "SD-07", "fail", "send", "a wrong code", {"faulty.wrong": "stream"})
CRASHES = Mutant("crashes", "SD-10", "crash", "send", "brings the process down", {"faulty.crashes": "stream"})
CASES = [Case("a", ("SD-07",), ""), Case("b", ("SD-10",), "")]


def results(tmp_path: Path, entries: dict[str, dict[str, object]]) -> list[Result]:
    path = samples.write(tmp_path / "run.jsonl", samples.run(entries))  # type: ignore[arg-type]
    log = Log()
    return [result for run in load([path], log) for cases in run.results.values() for same in cases.values()
            for result in same]


def told(verdict: str, *statements: str, **more: object) -> dict[str, object]:
    return {"verdict": verdict, "statements": list(statements), **more}


def judged(tmp_path: Path, wrong: dict[str, object], crashes: dict[str, object] | None = None,
           control: dict[str, object] | None = None, cases: list[Case] | None = None) -> Matrix:
    passed = {"a": told("pass", "SD-07"), "b": told("pass", "SD-10")}
    entries = {"faulty.none": passed | (control or {}), "faulty.wrong": passed | wrong,
               "faulty.crashes": passed | {"b": told("crash", "SD-10")} | (crashes or {})}
    return judge([CONTROL, WRONG, CRASHES], cases or CASES, results(tmp_path, entries))


def test_all_is_well(tmp_path: Path) -> None:
    matrix = judged(tmp_path, {"a": told("fail", "SD-07")})
    assert matrix.problems == []
    assert matrix.killed == len(matrix.mutants) == 2
    assert matrix.of_statement("SD-07") == (["a"], ["wrong"])


def test_a_mutant_that_nothing_tells_from_the_reference_survives(tmp_path: Path) -> None:
    assert "mutant wrong on stream survives: SD-07, a wrong code; no case tells it from the reference" in \
        judged(tmp_path, {}).problems


def test_a_kill_by_a_case_of_another_statement_is_an_accident(tmp_path: Path) -> None:
    matrix = judged(tmp_path, {"b": told("fail", "SD-10")})
    assert any(problem.startswith("mutant wrong") and "told only by b (fail)" in problem
               for problem in matrix.problems)


@pytest.mark.parametrize("verdict", ["crash", "hang", "unreached", "tolerated", "skip"])
def test_a_wrong_answer_must_be_told_by_a_fail(tmp_path: Path, verdict: str) -> None:
    assert judged(tmp_path, {"a": told(verdict, "SD-07")}).killed == 1


@pytest.mark.parametrize(("verdict", "killed"), [("crash", 2), ("fail", 2), ("hang", 1)])
def test_a_fault_that_crashes_may_be_told_by_a_crash(tmp_path: Path, verdict: str, killed: int) -> None:
    matrix = judged(tmp_path, {"a": told("fail", "SD-07")}, {"b": told(verdict, "SD-10")})
    assert matrix.killed == killed


def test_what_only_shows_after_other_cases_is_an_accident(tmp_path: Path) -> None:
    assert judged(tmp_path, {"a": told("fail", "SD-07", order_dependent=True)}).killed == 1


def test_the_reference_itself_must_not_be_killed(tmp_path: Path) -> None:
    matrix = judged(tmp_path, {"a": told("fail", "SD-07")}, control={"b": told("fail", "SD-10")})
    assert "the reference without a fault is killed on stream: b (fail)" in matrix.problems


def test_a_missing_verdict_is_a_problem(tmp_path: Path) -> None:
    matrix = judged(tmp_path, {"a": told("fail", "SD-07"), "b": None})  # type: ignore[dict-item]
    assert "faulty.wrong: no verdict for b; expected one for each case" in matrix.problems


def test_a_case_that_kills_nothing_must_say_why(tmp_path: Path) -> None:
    idle = [*CASES, Case("c", ("SD-18",), ""), Case("d", ("SD-19",), "nothing can break it")]
    more = {"c": told("pass", "SD-18"), "d": told("pass", "SD-19")}
    matrix = judged(tmp_path, {"a": told("fail", "SD-07"), **more}, more, more, idle)
    assert matrix.problems == ["case c kills no mutant and gives no reason (SURVIVES)"]


def test_a_case_that_says_why_must_not_kill(tmp_path: Path) -> None:
    cases = [replace(CASES[0], survives="never"), CASES[1]]
    assert any("says that no mutant can be killed" in problem
               for problem in judged(tmp_path, {"a": told("fail", "SD-07")}, cases=cases).problems)


def test_an_error_of_the_suite_is_a_problem(tmp_path: Path) -> None:
    matrix = judged(tmp_path, {"a": told("fail", "SD-07"), "b": told("error", "SD-10")})
    assert "faulty.wrong: b: the suite failed" in matrix.problems


def call(name: str) -> dict[str, object]:
    return samples.CALL | {"fn": name}


def test_a_case_that_never_makes_the_call_is_untouched(tmp_path: Path) -> None:
    control = {result.case: result for result in results(tmp_path, {"faulty.none": {
        "sends": told("pass", calls=[call("WSPSocket"), call("WSPSendDisconnect")]),
        "receives": told("pass", calls=[call("WSPRecvDisconnect")]),
        "unknown": told("pass", calls=[]),
        "long": told("pass", calls=[call("WSPSend")] * 300),
        "skipped": told("skip", calls=[])}})}
    assert touched(control, WRONG) == (["sends", "unknown", "long"], ["receives", "skipped"])
    assert touched(control, replace(WRONG, place="table")) == (list(control), [])


def test_a_case_in_which_a_mutant_never_shows_is_untouched(tmp_path: Path) -> None:
    control = {result.case: result for result in results(tmp_path, {"faulty.none": {
        name: told("pass", calls=[call("WSPSocket"), call("WSPSendDisconnect")])
        for name in ("shows", "hidden", "otherwise", "provider.slots")}
        | {"peeks": told("pass", calls=[call("WSPGetPeerName")])}})}
    notes = tmp_path / "notes"
    notes.write_text("WSPGetPeerName peeker\nshows wrong\nshows other\nhidden other\notherwise other\n")
    found = [Seen("faulty.none", case, "fail" if case == "otherwise" else "pass", (), False)
             for case in control]
    reached = read_notes(notes, found, control)
    assert reached is not None
    may, never = touched(control, WRONG, reached)
    assert may == ["shows", "otherwise"]  # what went otherwise than in the control proves nothing
    assert never == ["hidden", "provider.slots", "peeks"]
    peeker = replace(WRONG, name="peeker", place="table")
    assert touched(control, peeker, reached)[0] == ["provider.slots", "peeks"]
    startup = replace(WRONG, place="startup")
    assert touched(control, startup, reached) == (list(control), [])


def test_a_dll_that_notes_nothing_is_run_with_all(tmp_path: Path) -> None:
    assert read_notes(tmp_path / "none", [], {}) is None


def late(case: str, statement: str, verdict: str = "fail", sure: bool = False,
         entry: str = "faulty.wrong") -> Seen:
    return Seen(entry, case, verdict, (statement,), False, sure)


def again(verdicts: dict[str, str]) -> Callable[[Sequence[Errand]], list[Seen]]:
    return lambda errands: [Seen(errand.entry, case, verdicts[case], ("SD-07",), False)
                            for errand in errands for case in errand.cases]


def test_a_kill_after_a_wait_is_confirmed() -> None:
    found, count = confirm([WRONG], CASES, [late("a", "SD-07")], again({"a": "fail"}))
    assert count == 1
    assert [(result.verdict, result.sure) for result in found] == [("fail", True)]


def test_a_kill_that_was_only_late_is_taken_back() -> None:
    found, count = confirm([WRONG], [], [late(case, "SD-07") for case in "abcde"],
                           again(dict.fromkeys("abcde", "pass")))
    assert count == 5
    assert {result.verdict for result in found} == {"pass"}


def test_a_kill_that_is_sure_stands_for_the_others() -> None:
    results = [late("a", "SD-07", sure=True), late("b", "SD-07"), late("b", "SD-07", sure=True, entry="other")]
    assert confirm([WRONG], CASES, results, again({})) == (results, 0)


def test_a_case_kills_for_sure_once() -> None:
    results = [late("a", "SD-07", sure=True), late("b", "SD-10", "unreached", entry="one"),
               late("b", "SD-10", entry="two"), late("b", "SD-10", entry="three")]
    found, count = confirm([WRONG], CASES, results, again({"b": "fail"}))
    assert count == 1
    assert [result.entry for result in found if result.case == "b" and result.sure] == ["two"]


def test_a_kill_that_was_seen_only_late_is_no_kill_yet() -> None:
    matrix = judge([WRONG], CASES, [late("a", "SD-07"), late("b", "SD-10", "pass", sure=True)], everything=False)
    assert matrix.killed == 0
    assert json.loads(as_json(matrix))["matrix"][0]["on"]["stream"] == {"own": [], "other": [], "late": ["a"]}


def test_a_case_that_was_kept_from_killing_is_tried_again() -> None:
    results = [late("a", "SD-07", sure=True), late("b", "SD-10", "unreached")]
    assert confirm([WRONG], CASES, results, again({"b": "fail"}))[1] == 1
    with_reason = [CASES[0], replace(CASES[1], survives="nothing can break it")]
    assert confirm([WRONG], with_reason, results, again({}))[1] == 0


def test_a_mutant_that_never_returns_is_run_with_the_cases_of_its_statement() -> None:
    hangs = replace(WRONG, shows="hang")
    assert asked(hangs, CASES, everything=False) == CASES[:1]
    assert asked(hangs, CASES, everything=True) == asked(WRONG, CASES, everything=False) == CASES


def test_what_was_not_asked_for_is_not_missing(tmp_path: Path) -> None:
    found = results(tmp_path, {"faulty.none": {"a": told("pass"), "b": told("pass")},
                               "faulty.wrong": {"a": told("fail", "SD-07")}})
    assert judge([CONTROL, WRONG], CASES, found, everything=False,
                 asked=lambda mutant: CASES if mutant.is_control else CASES[:1]).problems == []
    assert judge([CONTROL, WRONG], CASES, found, everything=False).problems == [
        "faulty.wrong: no verdict for b; expected one for each case"]


def test_output_holds_what_was_found(tmp_path: Path) -> None:
    matrix = judged(tmp_path, {})
    kept = json.loads(as_json(matrix))
    assert kept["killed"] == 1 and kept["mutants"] == 2
    assert kept["matrix"][2]["on"] == {"stream": {"own": ["b"], "other": []}}
    assert {"statement": "SD-10", "cases": ["b"], "mutants": ["crashes"]} in kept["statements"]
    assert "SURVIVES" in as_markdown(matrix)
    assert '<td class="survives">SURVIVES</td>' in as_page(matrix)


def test_the_page_shows_text_as_text(tmp_path: Path) -> None:
    mutant = replace(WRONG, description="<script>")
    page = as_page(judge([mutant], CASES, results(tmp_path, {"faulty.wrong": {"a": told("pass")}})))
    assert "<script>" not in page and "&lt;script&gt;" in page


@pytest.mark.parametrize(("text", "expected"), [
    ("{}", "no array"), ("[", "expected the table"), ('[{"name": "x"}]', "mutant 1"),
    (json.dumps([{"name": "x", "statement": "SD-01", "shows": "hmm", "place": "send", "description": "",
                  "entries": []}]), "shows 'hmm'")])
def test_a_bad_table_is_told(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "faulty.json"
    path.write_text(text)
    with pytest.raises(TableError, match=expected.replace("[", r"\[")):
        table.read(path)


def written(folder: Path, name: str, base: str, *mutants: str) -> None:
    """A table of mutants that all stand for one base."""
    (folder / name).write_text(json.dumps([
        {"name": mutant, "statement": "SD-01", "shows": "fail", "place": "send", "description": "",
         "entries": [{"entry": f"{Path(name).stem}.{mutant}", "base": base}]} for mutant in mutants]))


def test_all_tables_of_a_folder_are_read(tmp_path: Path) -> None:
    written(tmp_path, "faulty.json", "stream", "none", "wrong")
    written(tmp_path, "faulty_layer.json", "probe.stream", "none", "swallows")
    assert [next(iter(mutant.entries)) for mutant in table.read_all(tmp_path)] == [
        "faulty.none", "faulty.wrong", "faulty_layer.none", "faulty_layer.swallows"]


def test_a_table_may_stand_on_the_control_of_another(tmp_path: Path) -> None:
    written(tmp_path, "faulty.json", "stream", "none")
    written(tmp_path, "faulty_loading.json", "stream", "no_dll")
    assert [mutant.name for mutant in table.read_all(tmp_path)] == ["none", "no_dll"]


@pytest.mark.parametrize(("base", "names", "expected"), [
    ("stream", ["wrong"], "another table has it too"),
    ("stream", ["none"], "faulty.none is a control of stream too"),
    ("pipe", ["other"], "no control stands for pipe; expected one of stream")])
def test_tables_that_do_not_fit_together_are_told(tmp_path: Path, base: str, names: list[str],
                                                  expected: str) -> None:
    written(tmp_path, "faulty.json", "stream", "none", "wrong")
    written(tmp_path, "faulty_other.json", base, *names)
    with pytest.raises(TableError, match=expected):
        table.read_all(tmp_path)


def test_the_first_table_must_be_there(tmp_path: Path) -> None:
    written(tmp_path, "faulty_layer.json", "probe.stream", "none")
    with pytest.raises(TableError, match="faulty.json"):
        table.read_all(tmp_path)
