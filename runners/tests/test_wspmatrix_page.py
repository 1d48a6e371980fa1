from __future__ import annotations

import base64
import datetime
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from wspmatrix import expectations, page
from wspmatrix.matrix import build
from wspmatrix.reader import Log, load
from wspmatrix_samples import CALL, CRASH, HOSTILE, run, write

ENTRIES: dict[str, dict[str, Any]] = {
    "loopback.stream": {"provider.path": "pass", "send_disconnect.a": "pass", "recv_disconnect.a": "skip"},
    "bridge.tcp4": {"provider.path": "pass",
                    "send_disconnect.a": {"verdict": "crash", "crash": CRASH, "reason": "it fell over"},
                    "recv_disconnect.a": "tolerated"},
}


def render(tmp_path: Path, records: list[dict[str, Any]], problems: tuple[str, ...] = ()) -> str:
    return page.render(build(load([write(tmp_path / "run.jsonl", records)], Log())), "A title & more",
                       list(problems))


class _Parts(HTMLParser):
    """The elements of a page, and what stands in its script and style elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] in ("script", "style"):
            self.raw.append((self.tags[-1][0], data))


def test_the_policy_allows_what_is_in_the_page_and_nothing_else(tmp_path: Path) -> None:
    text = render(tmp_path, run(ENTRIES))
    parts = _Parts(text)
    policy = next(attrs["content"] for _, attrs in parts.tags
                  if attrs.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None and policy.startswith("default-src 'none'; ") and "unsafe" not in policy
    style, = [data for tag, data in parts.raw if tag == "style" and data.strip()]
    code = [data for tag, data in parts.raw if tag == "script" and data.strip()]
    for data in (style, code[1]):
        assert base64.b64encode(hashlib.sha256(data.encode()).digest()).decode() in policy
    names = {name for _, attrs in parts.tags for name in attrs}
    assert not names & {"style", "src", "href"} and not any(name.startswith("on") for name in names)
    assert "http:" not in text and "https:" not in text


def verdicts_in(data: Any) -> dict[tuple[str, str], str]:
    names = {verdict["letter"]: verdict["name"] for verdict in data["verdicts"]} | {" ": ""}
    return {(column["entry"], case["id"]): names[column["cells"][number]] for column in data["columns"]
            for number, case in enumerate(data["cases"])}


def at(data: Any, entry: str, case: str) -> tuple[dict[str, Any], int]:
    column = next(column for column in data["columns"] if column["entry"] == entry)
    return column, [item["id"] for item in data["cases"]].index(case)


def test_a_record_shows_as_it_is_in_the_data(tmp_path: Path) -> None:
    data = embedded(render(tmp_path, run(ENTRIES)))
    shown = verdicts_in(data)
    assert shown["bridge.tcp4", "send_disconnect.a"] == "crash"
    assert shown["loopback.stream", "recv_disconnect.a"] == "skip"
    column, number = at(data, "bridge.tcp4", "send_disconnect.a")
    told = data["stories"][column["stories"][number]]
    assert dict(told["crash"]) == CRASH and told["reason"] == "it fell over"
    made = [data["calls"][call] for call in data["sequences"][told["calls"] - 1]]
    assert made == [[CALL["fn"], CALL["args"], CALL["result"], CALL["error"], None, None]]
    assert column["times"][str(number)] == [CALL["micros"]]


def test_cases_stand_by_statement_and_a_check_of_every_case_moves_none(tmp_path: Path) -> None:
    cases = {"recv_disconnect.a": {"verdict": "pass", "statements": ["RD-07"]},
             "send_disconnect.b": {"verdict": "fail", "statements": ["SD-14", "PV-12"]},
             "send_disconnect.a": {"verdict": "pass", "statements": ["SD-07", "X-05"]},
             "provider.loads": {"verdict": "pass", "statements": ["PV-02"]},
             "send_disconnect.new": {"verdict": "pass", "statements": ["ZZ-1"]},
             "send_disconnect.missing": None}
    others = {"send_disconnect.b": {"verdict": "pass", "statements": ["SD-14"]}}
    data = embedded(render(tmp_path, run({"a.b": cases, "a.c": others})))
    names = [item[0] for item in data["statements"]]
    assert [(names[case["statements"][0]] if case["statements"] else None, case["id"])
            for case in data["cases"]] == [
        ("PV-02", "provider.loads"), ("SD-07", "send_disconnect.a"), ("SD-14", "send_disconnect.b"),
        ("RD-07", "recv_disconnect.a"), ("ZZ-1", "send_disconnect.new"), (None, "send_disconnect.missing")]
    assert data["statements"][names.index("SD-07")][1:3] == ["WSPSendDisconnect", "error table"]
    assert data["statements"][names.index("ZZ-1")] == ["ZZ-1", "", "", ""]


@pytest.mark.parametrize(("entry", "given", "shown"), [
    ("bridge.tcp4", ["bridge.ini", "loopback.ini"], ["bridge.ini"]),
    ("bridge.tcp4", ["mine.ini", "other.ini"], ["mine.ini", "other.ini"]),
    ("MSAFD Tcpip [TCP/IP]", [], [])])
def test_the_command_names_the_manifests_that_it_needs(tmp_path: Path, entry: str, given: list[str],
                                                       shown: list[str]) -> None:
    command = ["wspcheck", "run", *(word for name in given for word in ("--manifest", name))]
    data = embedded(render(tmp_path, run({entry: {"a.b": "fail"}}, command=command)))
    assert data["columns"][0]["manifests"] == shown


@pytest.mark.parametrize(("observed", "until", "state"), [
    ("0", None, "met"), ("0", "2026-11-22", "met"), ("0", "2026-11-21", "expired"),
    ("SOCKET_ERROR", None, "differs")])
def test_a_cell_knows_its_expectation(tmp_path: Path, observed: str, until: str | None, state: str) -> None:
    file = tmp_path / "wine.toml"
    file.write_text('[[expectation]]\nenvironment = "wine-*"\nentry = "a.*"\ncase = "c.d"\nverdict = "fail"\n'
                    'observed = "0"\nreason = "it is so"\nowner = "me"\n'
                    + (f"until = {until}\n" if until else ""))
    records = run({"a.b": {"c.d": {"verdict": "fail", "observed": observed}, "c.e": "fail"}})
    text = page.render(build(load([write(tmp_path / "r.jsonl", records)], Log())), "t", [],
                       expectations.load([file]),
                       datetime.date(2026, 11, 22))
    data = embedded(text)
    column, number = at(data, "a.b", "c.d")
    assert column["expected"] == {str(number): [0, state]}
    assert data["expectations"] == [{"verdict": "fail", "observed": "0", "sometimes": False, "reason": "it is so",
                                     "owner": "me", "link": "",
                                     "until": until or "", "place": "wine.toml:1"}]


@pytest.mark.parametrize(("verdict", "observed", "state"), [
    ("fail", "0", "met"), ("tolerated", "1", "met"), ("fail", "1", "differs"), ("skip", "", "differs")])
def test_a_cell_knows_an_expectation_that_is_met_only_sometimes(tmp_path: Path, verdict: str, observed: str,
                                                                state: str) -> None:
    file = tmp_path / "wine.toml"
    file.write_text('[[expectation]]\nenvironment = "*"\nentry = "*"\ncase = "*"\nverdict = "fail"\n'
                    'observed = "0"\nsometimes = true\nreason = "it is so"\nowner = "me"\n')
    records = run({"a.b": {"c.d": {"verdict": verdict, "observed": observed}}})
    matrix = build(load([write(tmp_path / "r.jsonl", records)], Log()))
    data = embedded(page.render(matrix, "t", [], expectations.load([file]), datetime.date(2026, 11, 22)))
    column, number = at(data, "a.b", "c.d")
    assert column["expected"] == {str(number): [0, state]} and data["expectations"][0]["sometimes"] is True


def test_strict_makes_more_red(tmp_path: Path) -> None:
    matrix = build(load([write(tmp_path / "r.jsonl", run({"a.b": {"c.d": "tolerated"}}))], Log()))
    assert "<strong>0 red</strong>" in page.render(matrix, "t", [])
    strict = page.render(matrix, "t", [], strict=True)
    assert "<strong>1 red</strong>" in strict
    red = {verdict["name"] for verdict in embedded(strict)["verdicts"] if verdict["red"]}
    assert {"tolerated", "unreached"} < red


def test_numbers_that_a_script_cannot_hold_are_texts(tmp_path: Path) -> None:
    call = CALL | {"result": 2**64 - 1, "error": 2**53, "micros": 2**60}
    data = embedded(render(tmp_path, run({"a.b": {"c.d": {"verdict": "fail", "calls": [call]}}})))
    assert data["calls"][0][2:4] == [str(2**64 - 1), 2**53]
    assert data["columns"][0]["times"] == {"0": [str(2**60)]}


def embedded(text: str) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
    assert found is not None
    return json.loads(found[1])


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_adds_no_element_and_ends_no_script(tmp_path: Path, name: str) -> None:
    plain = _Parts(render(tmp_path, run({"x": {"y": "fail"}}, environment="e"), ("p",)))
    told = {"verdict": "fail", "reason": name, "observed": name, "expected": name, "blame": name,
            "location": name, "crash": {name: name}, "after": [name], "order_dependent": True,
            "calls": [CALL | {"fn": name or "x", "args": name}]}
    text = render(tmp_path, run({name: {name: told}}, environment=name, os=name, suite=name, command=[name]),
                  (name,))
    assert [tag for tag, _ in _Parts(text).tags] == [tag for tag, _ in plain.tags]
    data = embedded(text)
    assert "\u202e" not in text and "\x1b" not in text
    assert len(data["stories"]) == 1 and data["cases"][0]["id"]


def test_stories_are_shared(tmp_path: Path) -> None:
    cases = {f"a.{number}": "pass" for number in range(100)}
    data = embedded(render(tmp_path, run({f"e.{number}": cases for number in range(10)})))
    assert len(data["stories"]) == 1


def test_stories_are_shared_whatever_time_their_calls_took(tmp_path: Path) -> None:
    told = {f"a.{number}": {"verdict": "fail", "calls": [CALL | {"micros": number}, CALL]}
            for number in range(50)}
    data = embedded(render(tmp_path, run({"e.f": told})))
    assert (len(data["stories"]), data["sequences"], len(data["calls"])) == (1, [[0, 0]], 1)
    assert data["columns"][0]["times"]["7"] == [7, CALL["micros"]]
