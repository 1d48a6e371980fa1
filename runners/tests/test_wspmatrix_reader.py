from __future__ import annotations

import json
import random
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wspmatrix import records
from wspmatrix.matrix import build
from wspmatrix.reader import Log, Reader, Run, load
from wspmatrix_samples import CALL, CRASH, HOSTILE, PROVIDER, RESULT, RUN, lines, result, run, write

ENTRIES = {
    "loopback.stream": {"provider.path": "pass", "send_disconnect.a": "fail",
                        "send_disconnect.b": "tolerated",
                        "recv_disconnect.a": "skip"},
    "bridge.tcp4": {"provider.path": "pass", "send_disconnect.a": {"verdict": "crash", "crash": CRASH},
                    "send_disconnect.b": "hang", "recv_disconnect.a": "unreached"},
}
RECORDS = run(ENTRIES)
LINES = lines(RECORDS)
Figures = dict[tuple[str, str], str]


def read(path: Path) -> tuple[list[Run], Log]:
    log = Log()
    return load([path], log), log


def figures(runs: list[Run]) -> Figures:
    return {(column.entry, case): cell.verdict for column in build(runs).columns for case,
            cell in column.cells.items()}


def messages(log: Log) -> str:
    return "\n".join(log.lines())


WHOLE: Figures = {(entry, case): told if isinstance(told, str) else told["verdict"]
                  for entry, cases in ENTRIES.items() for case, told in cases.items()}


def test_a_whole_file(tmp_path: Path) -> None:
    runs, log = read(write(tmp_path / "run.jsonl", LINES))
    assert figures(runs) == WHOLE
    assert not log.damaged and not log.notices and runs[0].whole
    one, = runs
    assert one.record.environment == "wine-8.0-x64" and one.record.command == ("wspcheck.exe", "run")
    assert one.providers["loopback.stream"].foreign_slots == {"WSPRecv": "other.dll"}
    crashed = one.of("bridge.tcp4", "send_disconnect.a")[0]
    assert crashed.crash == CRASH and crashed.calls[0] == records.Call(**CALL)
    assert one.hooks == {"loopback.stream": "used", "bridge.tcp4": "used"}


def test_unknown_fields_are_ignored(tmp_path: Path) -> None:
    later = [record | {"weather": "fine", "nested": {"a": [1]}} for record in RECORDS]
    runs, log = read(write(tmp_path / "run.jsonl", later))
    assert figures(runs) == WHOLE and not log.damaged


def test_the_worst_of_the_repeats_counts(tmp_path: Path) -> None:
    entry = {"a.b": {"case.one": {"verdict": "pass"}}}
    made = run(entry)
    made[3:3] = [result("a.b", "case.one", "fail", repeat=2), result("a.b", "case.one", "pass", repeat=3)]
    made[-1]["counts"] = {"pass": 2, "fail": 1}
    runs, log = read(write(tmp_path / "run.jsonl", made))
    assert not log.damaged
    cell = build(runs).columns[0].cells["case.one"]
    assert (cell.verdict, cell.repeats, cell.steady) == ("fail", 3, False)


def test_asked_without_a_record_is_missing(tmp_path: Path) -> None:
    runs, log = read(write(tmp_path / "run.jsonl", run({"a.b": {"case.one": "pass", "case.two": None}})))
    assert figures(runs) == {("a.b", "case.one"): "pass", ("a.b", "case.two"): "missing"}
    assert not log.damaged


@pytest.mark.parametrize("length", range(0, sum(map(len, LINES)) + len(LINES), 97))
def test_cut_short_anywhere(tmp_path: Path, length: int) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes("".join(line + "\n" for line in LINES).encode()[:length])
    runs, log = read(path)
    assert log.damaged
    if not runs:
        assert log.unreadable == [str(path)]
        return
    assert not runs[0].whole and "cut short: no end record" in messages(log)
    for key, verdict in figures(runs).items():
        assert verdict in (WHOLE[key], "missing")


@pytest.mark.parametrize(("data", "what"), [
    (b"\x7fELF\xff\n" * 1000, "byte 0xff is not UTF-8"), ("\n".join(LINES).encode("utf-16"), "byte 0xff is not"),
    (b"hello\n" * 1000, "not JSON")])
def test_a_file_that_is_none_of_ours_is_told_in_two_lines(tmp_path: Path, data: bytes, what: str) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(data)
    other = write(tmp_path / "other.jsonl", [*LINES, "nonsense"])
    log = Log()
    assert len(load([other, path], log)) == 1
    own = [line for line in log.lines() if line.startswith(str(path))]
    assert len(own) == 2 and what in own[0] and "no run record in it" in own[1]
    assert any(line.startswith(f"{other}:") for line in log.lines())


def test_a_byte_order_mark_is_called_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text("\ufeff" + "".join(line + "\n" for line in LINES), "utf-8")
    assert "1: a byte order mark in front; expected UTF-8 without one" in messages(read(path)[1])


BROKEN = [
    ("nonsense", "not JSON"), ("[1, 2]", "a list instead of a record"), ("7", "7 instead of a record"),
    ("{}", 'no "record"'),
    ('{"record": 5}', '"record" is 5'), ('{"record": "resu', "not JSON"), ("null", "null instead"),
    ("\0\0\0\0", "not JSON"),
    ('{"record":"dance"}', 'unknown kind "dance"'), ("[" * 100_000, "nested too deeply"),
    ("9" * 10_000, "not JSON"),
    (json.dumps(RESULT | {"verdict": "purple"}), 'the verdict is "purple"'),
    (json.dumps(RESULT | {"verdict": "missing"}), 'the verdict is "missing"'),
    (json.dumps(RESULT | {"verdict": ["pass"]}), '"verdict" is a list'),
    (json.dumps(RESULT | {"verdict": None}), '"verdict" is null'),
    (json.dumps(RESULT | {"entry": ""}), '"entry" is ""'), (json.dumps(RESULT | {"case": 5}), '"case" is 5'),
    (json.dumps(RESULT | {"repeat": 0}), '"repeat" is 0'),
    (json.dumps(RESULT | {"repeat": True}), '"repeat" is true'),
    (json.dumps(RESULT | {"repeat": 1.5}), '"repeat" is 1.5'),
    (json.dumps(RESULT).replace("412", "NaN"), "NaN"),
    (json.dumps(RESULT)[:-1] + ',"verdict":"fail"}', '"verdict" is given twice'),
    (json.dumps(RESULT)[:-1] + ',"\\u0076erdict":"fail"}', '"verdict" is given twice'),
    ('{"record":"end","counts":{"pass":-1}}', '"counts" is not there or wrong'),
    ('{"record":"end"}', '"counts"'),
]


@pytest.mark.parametrize(("line", "what"), BROKEN, ids=range(len(BROKEN)))
@pytest.mark.parametrize("at", [1, 3, len(LINES) - 1])
def test_a_broken_line_is_told_and_counts_as_nothing(tmp_path: Path, line: str, what: str, at: int) -> None:
    path = write(tmp_path / "run.jsonl", [*LINES[:at], line, *LINES[at:]])
    runs, log = read(path)
    assert figures(runs) == WHOLE
    problem, = log.problems
    assert (problem.file, problem.line) == (str(path), at + 1)
    assert what in problem.what and problem.expected
    assert str(problem).isprintable() and len(str(problem)) < 1000
    assert not runs[0].whole


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes("\n".join(LINES).encode().replace(b"recv_disconnect.a", b"recv_disconnect.\xff", 1))
    runs, log = read(path)
    assert "byte 0xff is not UTF-8" in messages(log)
    assert set(figures(runs)) <= set(WHOLE)


WRONG_FIELDS = [("expected", 5), ("statements", "SD-07"), ("statements", [1]), ("revision", "1"),
                ("micros", 1.5), ("micros", 2**80),
                ("order_dependent", "no"), ("after", [None]), ("crash", "yes"), ("crash", {"code": [1]}),
                ("blame", 1),
                ("grade", "great"), ("location", []), ("calls", {}), ("calls", ["x"]), ("calls", [{"fn": 1}])]


@pytest.mark.parametrize(("field", "value"), WRONG_FIELDS)
def test_a_wrong_field_is_left_out_and_the_verdict_kept(tmp_path: Path, field: str, value: object) -> None:
    changed = [record | {field: value} if record["record"] == "result" and record["verdict"] == "fail"
               else record
               for record in RECORDS]
    runs, log = read(write(tmp_path / "run.jsonl", changed))
    assert figures(runs) == WHOLE
    assert len(log.problems) == 1 and "left out" in log.problems[0].what


def test_a_doubled_line_counts_once(tmp_path: Path) -> None:
    for number, line in enumerate(LINES):
        runs, log = read(write(tmp_path / "run.jsonl", [*LINES[:number], line, *LINES[number:]]))
        assert figures(runs) == WHOLE, number
        assert sum(runs[0].counts().values()) == len(WHOLE)
        if RECORDS[number]["record"] in ("run", "provider", "result"):
            assert "once more" in messages(log)


def test_a_doubled_file_counts_once(tmp_path: Path) -> None:
    runs, log = read(write(tmp_path / "run.jsonl", LINES + LINES))
    assert len(runs) == 1 and figures(runs) == WHOLE
    assert "the same run as in" in log.notices[0]


def test_two_answers_to_one_question_are_told_and_the_worse_counts(tmp_path: Path) -> None:
    for verdict, worse in (("pass", "fail"), ("crash", "crash")):
        other = json.dumps(result("loopback.stream", "send_disconnect.a", verdict))
        runs, log = read(write(tmp_path / "run.jsonl", [*LINES[:3], other, *LINES[3:]]))
        assert figures(runs)["loopback.stream", "send_disconnect.a"] == worse
        assert "the worse counts" in messages(log)


def test_reversed_lines_are_read_and_told(tmp_path: Path) -> None:
    runs, log = read(write(tmp_path / "run.jsonl", LINES[::-1]))
    assert figures(runs) == WHOLE
    assert "outside the run, taken as its own" in messages(log)


def test_results_after_an_end_are_nobodys_unless_the_counts_say_so(tmp_path: Path) -> None:
    foreign = json.dumps(result("other.entry", "send_disconnect.a", "fail"))
    runs, log = read(write(tmp_path / "run.jsonl", [*LINES, foreign]))
    assert figures(runs) == WHOLE and "1 records outside the run, left out" in messages(log)
    moved = [*LINES[:3], *LINES[4:], LINES[3]]
    runs, log = read(write(tmp_path / "run.jsonl", moved))
    assert figures(runs) == WHOLE and "taken as its own" in messages(log)


@pytest.mark.parametrize("broken", [
    json.dumps(RUN | {"schema": 2, "environment": "later"}), json.dumps(RUN)[:70],
    json.dumps(RUN | {"environment": 5})])
def test_results_of_a_run_that_cant_be_read_never_count_for_another(tmp_path: Path, broken: str) -> None:
    other = lines(run({"loopback.stream": {"send_disconnect.a": "pass", "send_disconnect.c": "pass"}}))[1:]
    for before in (LINES, LINES[:-1]):
        runs, log = read(write(tmp_path / "run.jsonl", [*before, broken, *other]))
        assert figures(runs) == WHOLE
        assert log.damaged


def test_another_schema_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "run.jsonl", [json.dumps(RUN | {"schema": 2}), *LINES[1:]])
    runs, log = read(path)
    assert not runs and log.unreadable == [str(path)] and "schema is 2; expected schema 1" in messages(log)


def test_counts_that_do_not_add_up_are_told(tmp_path: Path) -> None:
    runs, log = read(write(tmp_path / "run.jsonl", [*LINES[:2], *LINES[3:]]))
    assert figures(runs)["loopback.stream", "provider.path"] == "missing"
    assert "the end record counts 2 pass, there are 1" in messages(log)


def test_results_nobody_asked_for_are_told_and_kept(tmp_path: Path) -> None:
    foreign = [json.dumps(result("loopback.stream", "send_disconnect.z", "fail")),
               json.dumps(result("no.provider", "x.y", "fail"))]
    runs, log = read(write(tmp_path / "run.jsonl", [*LINES[:-1], *foreign]))
    assert figures(runs)["loopback.stream", "send_disconnect.z"] == "fail"
    assert '"send_disconnect.z", which was not asked for' in messages(log)
    assert '"no.provider", which has no provider record' in messages(log)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"hello\n", b"\x7fELF\0\0", b"{}\n", b'{"a":1}\n' * 1000],
                         ids=range(6))
def test_what_is_no_record_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(content)
    runs, log = read(path)
    assert not runs and log.unreadable == [str(path)]
    assert "no run record in it; expected a record file that wspcheck wrote" in messages(log)
    assert len(log.lines()) <= 60


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jsonl", tmp_path):
        runs, log = read(path)
        assert not runs and log.unreadable == [str(path)]


def test_a_huge_line_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wspmatrix.reader.MAX_LINE", 5000)
    huge = json.dumps(result("loopback.stream", "send_disconnect.a", "pass", reason="x" * 20_000))
    runs, log = read(write(tmp_path / "run.jsonl", [*LINES[:2], huge, *LINES[2:]]))
    assert figures(runs) == WHOLE
    assert [problem.line for problem in log.problems] == [3]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_names(tmp_path: Path, name: str) -> None:
    told = {name: {name: {"verdict": "fail", "reason": name, "observed": name, "expected": name}}}
    runs, log = read(write(tmp_path / "run.jsonl", run(told, environment=name)))
    assert figures(runs) == {(name, name): "fail"} and not log.damaged
    runs, log = read(write(tmp_path / "run.jsonl",
                           run(told, environment=name, ended=False)[:-1] + [result(name, name, "pass")]))
    assert all(line.isprintable() and len(line) < 1000 for line in log.lines())


def test_lone_surrogates_can_be_written_afterwards(tmp_path: Path) -> None:
    runs, _ = read(write(tmp_path / "run.jsonl",
                         [line.replace("loopback.stream", "l\\ud800\\uDC") if number else line
                                                  for number, line in enumerate(LINES)]))
    for entry in runs[0].entries() if runs else ():
        entry.encode("utf-8")
    runs, _ = read(write(tmp_path / "run.jsonl",
                         [line.replace("loopback.stream", "l\\ud800x") for line in LINES]))
    assert runs[0].entries()[0].encode("utf-8") == "l\ufffd\ufffd\ufffdx".encode()


def test_problems_of_a_file_are_counted_and_not_all_kept(tmp_path: Path) -> None:
    runs, log = read(write(tmp_path / "run.jsonl", [*LINES, *["nonsense"] * 500]))
    assert figures(runs) == WHOLE
    assert len(log.problems) == 50 and "450 more like these" in log.lines()[-1]


MUTILATIONS = st.lists(st.one_of(
    st.tuples(st.just("drop"), st.integers(1, len(LINES) - 1)),
    st.tuples(st.just("double"), st.integers(0, len(LINES) - 1)),
    st.tuples(st.just("swap"), st.integers(1, len(LINES) - 2)),
    st.tuples(st.just("halve"), st.integers(1, len(LINES) - 1)),
    st.tuples(st.just("garbage"), st.integers(0, len(LINES)))), max_size=6)


@given(MUTILATIONS, st.randoms(use_true_random=False))
def test_no_mutilation_gives_a_wrong_figure(tmp_path_factory: pytest.TempPathFactory,
                                            how: list[tuple[str, int]],
                                            dice: random.Random) -> None:
    some = list(LINES)
    for what, at in how:
        at = min(at, len(some) - 1)
        if what == "drop":
            del some[at]
        elif what == "double":
            some.insert(at, some[at])
        elif what == "swap" and at + 1 < len(some):
            some[at], some[at + 1] = some[at + 1], some[at]
        elif what == "halve":
            some[at] = some[at][: dice.randrange(len(some[at]) + 1)]
        elif what == "garbage":
            some.insert(at, "".join(dice.choices('{}[]":,abc \\u', k=dice.randrange(60))))
    runs, log = read(write(tmp_path_factory.getbasetemp() / "any.jsonl", some))
    found = figures(runs)
    assert all(verdict in (WHOLE[key], "missing") for key, verdict in found.items())
    if some == LINES:
        assert not log.damaged
    elif found != WHOLE:
        assert log.damaged


def test_runs_are_handed_out_one_by_one(tmp_path: Path) -> None:
    several = [lines(run(ENTRIES, started=f"2026-11-22T05:11:{second:02}Z")) for second in range(5)]
    path = write(tmp_path / "all.jsonl", [line for one in several for line in one])
    log = Log()
    assert [one.record.started[-3:-1]
            for one in Reader(log, lambda name: False).read(path)] == ["00", "01", "02", "03", "04"]
    assert not log.damaged


def test_the_order_of_columns_and_cases_does_not_depend_on_who_was_faster(tmp_path: Path) -> None:
    cases = {"send_disconnect.b": "pass", "provider.unloads": "pass", "send_disconnect.a": "pass",
             "provider.own": "pass", "provider.path": "pass"}
    for jobs, columns in (("2", ["a.one", "a.two"]), ("1", ["a.two", "a.one"])):
        records = run({"a.two": cases, "a.one": cases}, command=["wspcheck", "run", "--jobs", jobs])
        matrix = build(read(write(tmp_path / "run.jsonl", records))[0])
        assert [column.entry for column in matrix.columns] == columns
        assert matrix.cases == ["provider.path", "provider.unloads", "provider.own", "send_disconnect.b",
                                "send_disconnect.a"]


def test_columns_of_one_entry_in_two_runs_are_told_apart(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", LINES)
    write(tmp_path / "b.jsonl", run(ENTRIES, started="2026-11-23T05:11:07Z"))
    write(tmp_path / "c.jsonl", run({"relay.tcp": {"provider.path": "pass"}}, started="2026-11-24T05:11:07Z"))
    runs, _ = read(tmp_path)
    labels = [(column.label, column.entry) for column in build(runs).columns]
    assert len(set(labels)) == len(labels) == 5
    assert ("wine-8.0-x64", "relay.tcp") in labels


@pytest.mark.parametrize("record",
                         RECORDS + [PROVIDER | {"sha256": None, "version": None, "foreign_slots": {}},
                                              result("a.b", "c.d", "skip", grade="observed",
                                                     statements=["X-24b", "PV-01"])],
                         ids=range(len(RECORDS) + 2))
def test_the_schema_takes_what_the_suite_writes(record: dict[str, object]) -> None:
    jsonschema.Draft202012Validator.check_schema(records.schema())
    jsonschema.validate(record, records.schema())


def test_the_schema_refuses_what_the_reader_refuses() -> None:
    validator = jsonschema.Draft202012Validator(records.schema())
    for line, _ in BROKEN:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if "twice" not in _ and "NaN" not in _:
            assert not validator.is_valid(record), line
    for field, value in WRONG_FIELDS:
        if value != 2**80:
            assert not validator.is_valid(RESULT | {field: value}), field
