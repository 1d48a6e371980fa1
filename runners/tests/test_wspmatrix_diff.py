from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from wspmatrix.cli import main
from wspmatrix_samples import HOSTILE, run, write

ENTRY, CASE = "loopback.stream", "send_disconnect.a"
FAILS = {"verdict": "fail", "observed": "0"}
Diff = Callable[..., tuple[int, list[str]]]


def made(cases: dict[str, Any], provider: dict[str, Any] | None = None,
         **fields: Any) -> list[dict[str, Any]]:
    """A run of one entry, with other fields in its provider record or its run record."""
    return [record | (provider or {}) if record["record"] == "provider" else record
            for record in run({ENTRY: cases}, **fields)]


@pytest.fixture
def diff(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Diff:
    def compare(before: Any, now: Any, *options: str) -> tuple[int, list[str]]:
        files = [write(tmp_path / name, told if isinstance(told, list) else run({ENTRY: told}))
                 for name, told in (("a.jsonl", before), ("b.jsonl", now))]
        status = main(["diff", *map(str, files), *options])
        return status, capsys.readouterr().out.splitlines()
    return compare


def kinds(lines: list[str]) -> list[str]:
    return [line.split(":")[0] for line in lines[:-1] if not line.startswith("changed: ")]


def test_no_change(diff: Diff) -> None:
    assert diff({CASE: FAILS}, {CASE: FAILS},
                "--exit-code") == (0, ["diff: no change (1 results are in both)"])


def test_changes_are_a_status_only_where_that_is_asked_for(diff: Diff) -> None:
    assert diff({CASE: "pass"}, {CASE: FAILS})[0] == 0
    assert diff({CASE: "pass"}, {CASE: FAILS}, "--exit-code")[0] == 1


@pytest.mark.parametrize(("before", "now", "kind"), [
    ("pass", "fail", "regression"), ("fail", "pass", "improvement"), ("fail", "crash", "regression"),
    ("pass", "skip", "regression"), ("fail", "skip", "regression"), ("pass", "unreached", "regression"),
    ("skip", "pass", "improvement"), ("unreached", "pass", "improvement"),
    ("tolerated", "pass", "improvement"),
    ("skip", "fail", "regression"), ("crash", "error", "regression"), ("pass", None, "regression"),
    (None, "pass", "improvement"),
])
def test_worse_and_better(diff: Diff, before: str | None, now: str | None, kind: str) -> None:
    assert kinds(diff({CASE: before}, {CASE: now})[1]) == [kind]


def test_another_answer_with_the_same_verdict(diff: Diff) -> None:
    lines = diff({CASE: FAILS}, {CASE: FAILS | {"observed": "1"}})[1]
    assert lines[0] == (f'other answer: wine-8.0-x64  {ENTRY}  {CASE}: fail "0" -> fail "1" '
                        "[neither provider, environment nor suite changed]")


def test_the_provider_changed(diff: Diff) -> None:
    lines = diff(made({CASE: "pass"}), made({CASE: FAILS}, {"sha256": "cd" * 32, "version": "1.1"}))[1]
    assert lines[0].endswith("[provider version 1.0 -> 1.1, sha256 abababababab -> cdcdcdcdcdcd]")
    assert lines[0].startswith("regression: ") and lines[1].startswith("changed: provider version 1.0 -> 1.1")


def test_the_environment_changed_whatever_it_is_called(diff: Diff) -> None:
    now = made({CASE: FAILS}, environment="wine-10.0-x64", wine="10.0")
    lines = diff(made({CASE: "pass"}), now)[1]
    assert kinds(lines) == ["regression"]
    assert lines[0].endswith("[environment wine-8.0-x64 -> wine-10.0-x64, Wine 8.0 -> 10.0]")


def test_the_build_of_windows_changed(diff: Diff) -> None:
    lines = diff(made({CASE: "pass"}, wine=None, os="Windows 10.0.26100.1"),
                 made({CASE: FAILS}, wine=None, os="Windows 10.0.26100.2"))[1]
    assert lines[0].endswith("[environment system Windows 10.0.26100.1 -> Windows 10.0.26100.2]")


def test_the_kernel_changed(diff: Diff) -> None:
    lines = diff(made({CASE: "pass"}, kernel="ntoskrnl 10.0.26100.1"),
                 made({CASE: FAILS}, kernel="ntoskrnl 10.0.26100.2"))[1]
    assert lines[0].endswith("[environment kernel ntoskrnl 10.0.26100.1 -> ntoskrnl 10.0.26100.2]")


def test_a_kernel_that_older_runs_do_not_tell_is_no_change(diff: Diff) -> None:
    lines = diff(made({CASE: "pass"}), made({CASE: FAILS}, kernel="Linux 6.1", suite="1.1.0+g5"))[1]
    assert kinds(lines) == ["another suite"]


@pytest.mark.parametrize(("old", "new"), [
    ({"observed": "x", "revision": 1}, {"observed": "y", "revision": 2}),
    ({"observed": "x", "revision": 1}, {"observed": "x", "revision": 2}),
    ({"observed": "x", "revision": 1}, {"observed": "x", "revision": 1}),
    ({"observed": "x", "revision": 1}, {"observed": "y", "revision": 1}),
])
def test_a_new_suite_never_looks_like_a_regression(diff: Diff, old: dict[str, Any],
                                                   new: dict[str, Any]) -> None:
    before, now = made({CASE: {"verdict": "pass"} | old}), made({CASE: {"verdict": "fail"} | new},
                                                                suite="1.1.0+g5")
    lines = diff(before, now, "--exit-code")[1]
    assert kinds(lines) == ["another suite"]


def test_a_new_revision_is_the_suite_even_if_the_provider_changed_too(diff: Diff) -> None:
    now = made({CASE: FAILS | {"revision": 2}}, {"sha256": "cd" * 32}, suite="1.1.0+g5")
    lines = diff(made({CASE: "pass"}), now)[1]
    assert lines[0].startswith("another suite: ")
    assert lines[0].endswith("[the case demands something else: revision 1 -> 2]")


def test_a_changed_provider_stays_a_regression_and_the_suite_is_named(diff: Diff) -> None:
    lines = diff(made({CASE: "pass"}), made({CASE: FAILS}, {"sha256": "cd" * 32}, suite="1.1.0+g5"))[1]
    assert lines[0].startswith("regression: ")
    assert lines[0].endswith("suite too, but the case demands the same: 1.0.0+g1a2b3c4 -> 1.1.0+g5]")


def test_cases_and_entries_that_come_and_go(diff: Diff) -> None:
    before = run({ENTRY: {CASE: "pass", "old": "pass"}, "gone.entry": {CASE: "pass"}})
    now = run({ENTRY: {CASE: "pass", "new": "crash"}, "new.entry": {CASE: "pass", "b": "pass"}}, suite="2")
    lines = diff(before, now)[1]
    assert sorted(lines[:-2]) == [
        'appeared: wine-8.0-x64  loopback.stream  new: not asked for -> crash "0" '
        "[suite 1.0.0+g1a2b3c4 -> 2]",
        "appeared: wine-8.0-x64  new.entry: the entry with its 2 cases",
        "disappeared: wine-8.0-x64  gone.entry: the entry with its 1 cases",
        'disappeared: wine-8.0-x64  loopback.stream  old: pass "SOCKET_ERROR WSAENOTCONN" -> not asked for '
        "[suite 1.0.0+g1a2b3c4 -> 2]"]


def test_folders_and_the_latest_of_several_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    write(tmp_path / "a" / "1.jsonl", run({ENTRY: {CASE: "pass"}}))
    write(tmp_path / "b" / "1.jsonl", run({ENTRY: {CASE: FAILS}}, started="2026-11-23T00:00:00Z"))
    write(tmp_path / "b" / "2.jsonl", run({ENTRY: {CASE: "crash"}}, started="2026-11-22T00:00:00Z"))
    assert main(["diff", str(tmp_path / "a"), str(tmp_path / "b"), "--exit-code"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("regression: ") and '-> fail "0"' in out
    assert "is in 2 runs; the latest one counts" in err


@pytest.mark.parametrize("text", [None, "", "nothing of ours\n"])
def test_what_can_not_be_read_is_2(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                   text: str | None) -> None:
    good = write(tmp_path / "a.jsonl", run({ENTRY: {CASE: "pass"}}))
    if text is not None:
        (tmp_path / "b.jsonl").write_text(text)
    assert main(["diff", str(good), str(tmp_path / "b.jsonl")]) == 2
    out, err = capsys.readouterr()
    assert out == "" and "b.jsonl: " in err and "; expected " in err


def test_a_verdict_that_a_cut_file_lost_is_a_change(diff: Diff) -> None:
    before = run({ENTRY: {CASE: "pass", "b": "pass"}})
    now = [record for record in before if record["record"] != "end" and record.get("case") != "b"]
    assert kinds(diff(before, now)[1]) == ["regression"]


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize("name", HOSTILE)
def test_the_page_is_text_whatever_names_there_are(tmp_path: Path, name: str) -> None:
    for file, verdict in (("a", "pass"), ("b", "fail")):
        write(tmp_path / f"{file}.jsonl",
              run({name: {name.replace("/", "|"): {"verdict": verdict, "observed": name}}},
                                              environment=name, os=name + file))
    page = tmp_path / "d.html"
    assert main(["diff", str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl"), "--format", "html", "-o",
                 str(page)]) == 0
    parts = _Page(page.read_text("utf-8"))
    assert set(parts.tags) == {"html", "head", "meta", "title", "style", "body", "main", "h1", "p", "bdi",
                               "h2", "ul", "li",
                               "details", "summary", "div", "table", "thead", "tr", "th", "tbody", "td"}
    assert not [name for name, _ in parts.attributes if name.startswith("on") or name in ("src", "href")]
    policy = next(value for name,
                  value in parts.attributes if name == "content" and value and "default-src" in value)
    assert policy.startswith("default-src 'none'; style-src 'sha256-") and "unsafe" not in policy
    assert "regression (1)" in parts.words and "\u202e" not in parts.words


def test_the_style_of_the_page_is_the_one_its_policy_allows(tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", run({ENTRY: {CASE: "pass"}}))
    page = tmp_path / "d.html"
    main(["diff", str(file), str(file), "--format", "html", "-o", str(page)])
    text = page.read_text("utf-8")
    style = re.search("<style>(.*)</style>", text, re.DOTALL)
    assert style is not None and "Nothing." in text
    digest = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
    assert ("content",
            f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'") in _Page(
        text).attributes


def test_markdown_has_a_row_a_change(diff: Diff) -> None:
    lines = diff({CASE: "pass"}, {CASE: FAILS | {"observed": "a|b"}}, "--format", "markdown")[1]
    assert lines[0] == "## wspcheck: differences"
    row = next(line for line in lines if line.startswith("| regression |"))
    assert row.count(" | ") == 6 and '`fail "a\\|b"`' in row


@pytest.mark.parametrize("command", ["gate", "expect", "diff", "report"])
def test_help_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0 and f"example:\n  python -m wspmatrix {command} " in capsys.readouterr().out
