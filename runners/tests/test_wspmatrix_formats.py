"""Each format is read by what is not ours: xmllint, Perl's TAP::Parser, sqlite3, markdown-it, Chromium."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from wspmatrix.cli import main
from wspmatrix.formats import table
from wspmatrix_samples import CALL, CRASH, HOSTILE, run, write

SCHEMA = Path(__file__).parent / "data" / "junit.xsd"
FAILS = {"verdict": "fail", "observed": "0", "reason": "it must not"}
ENTRIES: dict[str, dict[str, Any]] = {
    "loopback.stream": {"provider.path": "pass", "send_disconnect.a": "pass", "send_disconnect.b": "skip",
                        "recv_disconnect.c": "unreached", "recv_disconnect.d": "tolerated"},
    "bridge.tcp4": {"provider.path": "pass", "send_disconnect.a": FAILS, "recv_disconnect.d": "error",
                    "send_disconnect.b": {"verdict": "crash", "observed": "crash ACCESS_VIOLATION",
                                          "crash": CRASH},
                    "recv_disconnect.c": None, "recv_disconnect.e": FAILS},
}
EXPECTED = """\
[[expectation]]
environment = "wine-*"
entry = "bridge.*"
case = "send_disconnect.a"
verdict = "fail"
observed = "0"
reason = "Wine is like that # always"
owner = "us"
"""
Report = Callable[..., str]


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Report:
    """Writes a report of some records and gives its text."""
    monkeypatch.chdir(tmp_path)

    def make(style: str, records: list[Any] | dict[str, Any] = ENTRIES, expected: str = "",
             status: int = 0) -> str:
        write(tmp_path / "run.jsonl", records if isinstance(records, list) else run(records))
        (tmp_path / "e.toml").write_text(expected)
        given = ["--expectations", "e.toml"] if expected else []
        assert main(["report", "run.jsonl", "--format", style, "-o", f"out.{style}", *given]) == status
        capsys.readouterr()
        return (tmp_path / f"out.{style}").read_bytes().decode("utf-8")
    return make


def hostile(name: str) -> list[dict[str, Any]]:
    """A run in which everything that a stranger may name is called so."""
    return run({name: {name.replace("/", "|"): {"verdict": "fail", "observed": name, "expected": name,
                                                "reason": name,
                                                "blame": name, "location": name,
                                                "calls": [CALL | {"args": name}]},
                       "plain": "pass"}}, environment=name, started=name, suite=name, os=name)


def checked(path: str) -> ElementTree.Element:
    """A JUnit file, when xmllint has found it valid."""
    done = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", str(SCHEMA), path],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return ElementTree.parse(path).getroot()


def test_junit_has_a_suite_an_entry_and_right_sums(report: Report) -> None:
    report("junit")
    stream, bridge = checked("out.junit")
    assert stream.get("name") == "wine-8.0-x64 loopback.stream"
    assert stream.get("timestamp") == "2026-11-22T05:11:07"
    assert [stream.get(sum_) for sum_ in ("tests", "failures", "errors", "skipped")] == ["5", "0", "0", "2"]
    assert [bridge.get(sum_) for sum_ in ("tests", "failures", "errors", "skipped")] == ["6", "3", "2", "0"]
    assert "recv_disconnect.d: tolerated" in (stream.findtext("system-out") or "")
    assert {item.get("name"): item.get("value") for item in stream.iter("property")}["sha256"] == "ab" * 32


def test_junit_tells_the_story_of_a_crash(report: Report) -> None:
    report("junit")
    (crash,) = checked("out.junit").findall(".//failure[@type='crash']")
    assert crash.get("message") == "crash: expected SOCKET_ERROR WSAENOTCONN, observed crash ACCESS_VIOLATION"
    for part in ("c0000005", "loopback.dll", "4660", "call WSPSendDisconnect",
                 "suite/cases/errors/not_connected.c:12",
                 "WSPSendDisconnect(socket 1, NULL) = -1, error 10057"):
        assert part in (crash.text or "")


def test_junit_skips_what_is_expected_and_says_why(report: Report) -> None:
    report("junit", expected=EXPECTED)
    root = checked("out.junit")
    assert root[1].get("failures") == "2" and root[1].get("skipped") == "1"
    assert "Wine is like that # always (us)" in (root[1].find(".//skipped").get("message")
                                                 or "")  # type: ignore[union-attr]


def test_junit_has_an_error_for_a_damaged_file(report: Report) -> None:
    report("junit", run(ENTRIES, ended=False), status=1)
    problems = checked("out.junit")[-1]
    assert problems.get("errors") == "1" and "cut short" in (problems.find(".//error").get("message")
                                                             or "")  # type: ignore


@pytest.mark.parametrize("name", [*HOSTILE, "\ufffe\uffff", "\x00\x0b", "2026-13-45T99:99:99Z", " "])
def test_junit_is_valid_whatever_names_there_are(report: Report, name: str) -> None:
    report("junit", hostile(name))
    (suite,) = checked("out.junit")
    assert suite.get("failures") == "1" and len(suite.findall("testcase")) == 2


PERL = """
use strict; use TAP::Parser;
my $parser = TAP::Parser->new({source => $ARGV[0]});
while (my $line = $parser->next) {
    my @said = ($line->is_ok ? 1 : 0, $line->is_actual_ok ? 1 : 0) if $line->is_test;
    print join("\\t", "test", @said, $line->directive, $line->description), "\\n" if $line->is_test;
    print "yaml\\n" if $line->is_yaml;
    print "unknown\\n" if $line->is_unknown;
}
# Parsers of TAP 13 say so of a later version, and read on.
my $later = qr/^TAP specified version 14 but we don't know about versions later than 13/;
print "bad: $_\\n" for grep { $_ !~ $later } $parser->parse_errors;
print "plan ", $parser->tests_planned, " run ", $parser->tests_run, "\\n";
"""


def perl(path: str) -> list[list[str]]:
    done = subprocess.run(["perl", "-e", PERL, path], capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


def test_tap_is_read_by_perl(report: Report) -> None:
    text = report("tap", expected=EXPECTED)
    assert text.startswith("TAP version 14\n1..11\n# wine-8.0-x64 loopback.stream\n")
    *tests, last = perl("out.tap")
    assert last == ["plan 11 run 11"]
    assert [test[0] for test in tests] == ["test"] * 4 + ["test", "yaml", "test"] + ["test", "yaml"] * 5
    found = {test[4]: test[1:4] for test in tests if test[0] == "test"}
    assert found["- wine-8.0-x64 loopback.stream send_disconnect.a"] == ["1", "1", ""]
    assert found["- wine-8.0-x64 loopback.stream send_disconnect.b"] == ["1", "1", "SKIP"]
    assert found["- wine-8.0-x64 loopback.stream recv_disconnect.c"] == ["1", "1", "SKIP"]
    assert found["- wine-8.0-x64 bridge.tcp4 send_disconnect.a"] == ["1", "0", "TODO"]
    assert found["- wine-8.0-x64 bridge.tcp4 recv_disconnect.c"] == ["0", "0", ""]
    assert sum(test[1] == "0" for test in tests if test[0] == "test") == 4


def test_tap_fails_for_a_damaged_file(report: Report) -> None:
    report("tap", run({"e": {"a": "pass"}}, ended=False), status=1)
    tests = perl("out.tap")
    assert tests[-1] == ["plan 2 run 2"] and tests[-2][1] == "0" and "cut short" in tests[-2][4]


@pytest.mark.parametrize("name", [*HOSTILE, "# TODO x", "a # SKIP", "\\# TODO", "ok 7 - x", "...", "  ---"])
def test_tap_is_read_whatever_names_there_are(report: Report, name: str) -> None:
    text = report("tap", hostile(name))
    assert all(line.isprintable() for line in text.splitlines())
    tests = perl("out.tap")
    assert tests[-1] == ["plan 2 run 2"]
    assert [test[1:4] for test in tests if test[0] == "test"] == [["0", "0", ""], ["1", "1", ""]]
    assert ["yaml"] in tests and ["unknown"] not in tests


def test_tap_diagnostics_tell_the_story(report: Report) -> None:
    """The message is quoted as in JSON, which YAML takes over; the story is a text of several lines."""
    name = 'a "quoted" \\ text: with {all} [of] it'
    text = report("tap", hostile(name))
    block = re.search(r"^  ---\n  verdict: fail\n  message: (.*)\n  story: \|\n((?:    \w.*\n)+)  \.\.\.$",
                      text, re.MULTILINE)
    assert block is not None
    assert json.loads(block.group(1)) == f"fail: expected {name}, observed {name} ({name})"
    assert f"    observed:   {name}\n" in block.group(2)
    assert f"    WSPSendDisconnect({name}) = -1" in block.group(2)


def sqlite(path: str) -> list[dict[str, str]]:
    assert shutil.which("sqlite3"), "the test needs sqlite3 (Debian: apt-get install sqlite3)"
    done = subprocess.run(["sqlite3", "-json", ":memory:", f".import --csv {path} t", "select * from t"],
                          capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return json.loads(done.stdout)


def test_csv_is_read_by_sqlite(report: Report) -> None:
    report("csv", expected=EXPECTED)
    rows = sqlite("out.csv")
    assert list(rows[0]) == list(table.COLUMNS) and len(rows) == 11
    row = next(row for row in rows if row["entry"] == "bridge.tcp4" and row["case"] == "send_disconnect.a")
    assert (row["verdict"], row["red"], row["observed"], row["expectation"]) == ("fail", "yes", "0",
                                                                                 "Wine is like that # always")
    missing = next(row for row in rows if row["verdict"] == "missing")
    assert (missing["red"], missing["observed"], missing["repeats"]) == ("yes", "", "0")


@pytest.mark.parametrize("name", [*HOSTILE, "a,b", 'a"b', "'", "'=1"])
def test_csv_is_read_whatever_names_there_are(report: Report, name: str) -> None:
    report("csv", hostile(name))
    rows = sqlite("out.csv")
    assert [row["verdict"] for row in rows] == ["fail", "pass"]
    assert len({row["entry"] for row in rows}) == 1


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\uff1d1", "'=1",
                                  "''-"])
def test_csv_has_no_formulas_and_gives_the_text_back(report: Report, name: str) -> None:
    report("csv", hostile(name))
    with open("out.csv", newline="", encoding="utf-8") as file:
        row = next(csv.DictReader(file))
    for key in ("environment", "entry", "observed", "expected", "reason", "blame", "location", "suite",
                "started"):
        assert row[key][0] == "'" and row[key][1:] == name


def test_an_apostrophe_of_its_own_stays(report: Report) -> None:
    assert [table.safe(value) for value in ("'tis", "a=b", -3, None)] == ["'tis", "a=b", -3, ""]


def markdown(text: str) -> list[list[list[str]]]:
    """The tables of a page as GitHub's rules read it, a list of rows each; HTML or a link is an error."""
    tables: list[list[list[str]]] = []
    row: list[str] | None = None
    for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(text):
        assert token.type != "html_block"
        if token.type == "table_open":
            tables.append([])
        elif token.type in ("tr_open", "tr_close"):
            row = [] if token.type == "tr_open" else None
            if row is not None:
                tables[-1].append(row)
        elif token.type == "inline":
            assert {child.type for child in token.children or []} <= {"text", "code_inline"}, token.content
            if row is not None:
                row.append("".join(child.content for child in token.children or []))
    return tables


def test_markdown_says_the_worst_first(report: Report) -> None:
    text = report("markdown", expected=EXPECTED)
    assert text.startswith("## wspcheck: 4 red\n")
    news, entries, expected = markdown(text)
    assert [row[0] for row in news] == ["verdict", "error", "crash", "fail", "missing"]
    assert news[2][1:5] == ["wine-8.0-x64 bridge.tcp4", "send_disconnect.b", "SOCKET_ERROR WSAENOTCONN",
                            "crash ACCESS_VIOLATION"]
    assert entries[1][0] == "1 unreached, 1 tolerated, 2 pass, 1 skip"
    assert expected[1] == ["fail", "wine-8.0-x64 bridge.tcp4", "send_disconnect.a", "0",
                           "Wine is like that # always (us)"]


@pytest.mark.parametrize("name", [*HOSTILE, "`", "``a`", "|", "a\\|b", "\\", "@someone #1",
                                  "http://x.example", " a "])
def test_markdown_is_text_whatever_names_there_are(report: Report, name: str) -> None:
    text = report("markdown", hostile(name))
    news, entries = markdown(text)
    assert [len(row) for row in news] == [7, 7] and [len(row) for row in entries] == [3, 3]
    if name.isprintable() and name == name.strip() and len(name) < 200 and "\\" not in name:
        assert news[1][4] == name and entries[1][2] == name


def test_markdown_fits_and_counts_what_it_leaves_out(report: Report) -> None:
    cases: dict[str, Any] = {f"send_disconnect.{number}": FAILS | {"reason": "日本 " * 100}
                             for number in range(2000)}
    text = report("markdown", {"e": cases | {"recv_disconnect.z": "crash"}})
    assert len(text.encode()) <= 65_000 and len(text) > 20_000
    assert text.startswith("## wspcheck: 2001 red\n")
    shown = text.count("\n| fail |")
    assert text.index("| crash |") < text.index("| fail |")
    assert f"and {2000 - shown} more that have no room here." in text


def test_markdown_names_damaged_files(report: Report) -> None:
    text = report("markdown", run({"e": {"a": "pass"}}, ended=False), status=1)
    assert "nothing red" not in text and "cut short" in text


@pytest.mark.parametrize(("entries", "words"), [
    ({"e": {"a": "pass", "b": "pass", "c": "skip"}}, "2 pass"),
    ({"e": {"a": "pass", "b": "fail", "c": "crash", "d": None}}, "1 crash, 1 fail, 1 missing"),
])
def test_the_badge_says_it_in_words(report: Report, entries: dict[str, Any], words: str) -> None:
    root = ElementTree.fromstring(report("badge", entries))
    assert root.get("aria-label") == f"Winsock SPI: {words}"
    assert [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")] == ["Winsock SPI", words]


def test_what_is_expired_or_fails_differently_is_not_expected(report: Report) -> None:
    only = {"bridge.tcp4": {"send_disconnect.a": FAILS}}
    assert "Winsock SPI: 1 fail" in report("badge", only, EXPECTED + "until = 2001-01-01\n")
    assert "Winsock SPI: 1 fail" in report("badge", only, EXPECTED.replace('"0"', '"1"'))


def test_the_badge_counts_what_is_expected_apart(report: Report) -> None:
    only = {"bridge.tcp4": {"send_disconnect.a": FAILS, "b": "pass"}}
    assert "Winsock SPI: 1 pass, 1 expected" in report("badge", only, EXPECTED)
    assert "incomplete: 1 pass" in report("badge", run({"e": {"b": "pass"}}, ended=False), status=1)


@pytest.fixture
def browser() -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    assert shutil.which("chromedriver"), "the test needs Chromium (Debian: chromium and chromium-driver)"
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    yield driver
    driver.quit()


def test_the_badge_is_drawn_by_a_browser(report: Report, tmp_path: Path, browser: Any) -> None:
    report("badge", ENTRIES)
    (tmp_path / "badge.svg").write_bytes((tmp_path / "out.badge").read_bytes())
    browser.get((tmp_path / "badge.svg").as_uri())
    boxes = browser.execute_script("""
        return [...document.querySelectorAll('rect, text')].map(e => {
            const b = e.getBoundingClientRect();
            return [e.localName, b.left, b.right, b.top, b.bottom]; })""")
    assert [box[0] for box in boxes] == ["rect", "text", "rect", "text"]
    for rect, text in (boxes[:2], boxes[2:]):
        assert rect[1] < text[1] < text[2] < rect[2] and rect[3] <= text[3] and text[4] <= rect[4]


def test_a_format_can_be_printed(tmp_path: Path) -> None:
    path = write(tmp_path / "run.jsonl", run({"é": {"a": "pass"}}))
    done = subprocess.run([sys.executable, "-m", "wspmatrix", "report", str(path), "--format", "csv", "-o",
                           "-"],
                          capture_output=True,
                          env={"PYTHONPATH": str(Path(__file__).parents[1]), "LC_ALL": "C",
                                                    "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0 and done.stdout.startswith(b"environment,") and "é".encode() in done.stdout
    assert done.stdout.endswith(b"\r\n")


@pytest.mark.parametrize("style", ["junit", "tap", "csv", "markdown", "badge"])
def test_nothing_that_can_be_read_is_2_and_writes_nothing(tmp_path: Path, style: str) -> None:
    (tmp_path / "bad.jsonl").write_text("no records")
    assert main(["report", str(tmp_path / "bad.jsonl"), "--format", style, "-o", str(tmp_path / "out")]) == 2
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("style", ["junit", "tap", "csv", "markdown", "badge"])
def test_wrong_expectations_are_2_and_write_nothing(tmp_path: Path, style: str) -> None:
    path = write(tmp_path / "run.jsonl", run(ENTRIES))
    (tmp_path / "e.toml").write_text(EXPECTED.replace('"us"', '""'))
    assert main(["report", str(path), "--format", style, "-o", str(tmp_path / "out"),
                 "--expectations", str(tmp_path / "e.toml")]) == 2
    assert not (tmp_path / "out").exists()
