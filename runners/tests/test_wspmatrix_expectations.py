from __future__ import annotations

import datetime
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wspmatrix import toml
from wspmatrix.expectations import ExpectationError, load, matches

GOOD = '''\
# why these are here
[[expectation]]
environment = "wine-*"
entry = ["bridge.tcp4", "bridge.tcp6"]
case = "send_disconnect.bad_buffer.?"
verdict = "fail"
observed = "0"
reason = "Wine never looks at the buffer"
owner = "the Wine rows"
link = "https://example.org/1"
until = 2027-06-30
'''


def write(tmp_path: Path, text: str | bytes, name: str = "some.toml") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def mistakes(tmp_path: Path, text: str | bytes) -> list[str]:
    path = write(tmp_path, text)
    with pytest.raises(ExpectationError) as error:
        load([path])
    lines = str(error.value).split("\n")
    assert all(line.startswith(f"{path}") and "; expected " in line for line in lines)
    return [line.removeprefix(str(path)) for line in lines]


def test_all_its_fields_are_read(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    (expectation,) = load([tmp_path]).all
    assert expectation.place == f"{tmp_path / 'some.toml'}:2"
    assert expectation.until == datetime.date(2027, 6, 30)
    assert expectation.why() == (
        "Wine never looks at the buffer (the Wine rows, until 2027-06-30, https://example.org/1)")
    assert not expectation.expired(datetime.date(2027, 6, 30))
    assert expectation.expired(datetime.date(2027, 7, 1))


def test_it_covers_the_names_that_match_and_no_others(tmp_path: Path) -> None:
    expectations = load([write(tmp_path, GOOD)])
    assert expectations.column("wine-8.0-x64", "bridge.tcp6").of("send_disconnect.bad_buffer.1") is not None
    for environment, entry, case in (("windows-2025", "bridge.tcp6", "send_disconnect.bad_buffer.1"),
                                     ("wine-8.0-x64", "bridge.tcp", "send_disconnect.bad_buffer.1"),
                                     ("wine-8.0-x64", "bridge.tcp4", "send_disconnect.bad_buffer"),
                                     ("wine-8.0-x64", "bridge.tcp4", "send_disconnect.bad_buffer.10")):
        assert expectations.column(environment, entry).of(case) is None


@pytest.mark.parametrize(("pattern", "name", "does"), [
    ("MSAFD Tcpip [TCP/IP]", "MSAFD Tcpip [TCP/IP]", True), ("a[bc]", "ab", False), ("a.b", "axb", False),
    ("*", "", True), ("?", "", False), ("a*", "a\nb", True), ("A", "a", False), ("a*b*c", "a-b-b-c", True),
    ("?", "*", True), ("*" * 40 + "b", "a" * 5000, False), ("a*" * 30 + "b", "a" * 5000, False),
])
def test_only_star_and_question_mark_are_more_than_themselves(pattern: str, name: str, does: bool) -> None:
    assert matches(pattern, name) is does


@pytest.mark.parametrize(("old", "new", "told"), [
    ('reason = "Wine never looks at the buffer"', 'reason = ""',
     ":8: reason is empty; expected why this is so"),
    ('reason = "Wine never looks at the buffer"', 'reason = " \\t"', ":8: reason is empty"),
    ('reason = "Wine never looks at the buffer"\n', "", ":2: reason is not there"),
    ('owner = "the Wine rows"', 'owner = ""', ":9: owner is empty; expected who answers for it"),
    ('observed = "0"', "observed = 0",
     ":7: observed is 0; expected the answer exactly as in the record, a text"),
    ('verdict = "fail"', 'verdict = "pass"', ':6: verdict is "pass"; expected one of fail, crash'),
    ('verdict = "fail"', 'verdict = "error"', ':6: verdict is "error"; expected one of fail, crash'),
    ("until = 2027-06-30", 'until = "2027-06-30"', ':11: until is "2027-06-30"; expected the last day'),
    ("until = 2027-06-30", "until = 2027-06-30T10:00:00Z", ":11: until is "),
    ("until = 2027-06-30", "until = 2027-02-30", ":11: "),
    ('link = "https', 'link = "javascript', ":10: link is "),
    ('entry = ["bridge.tcp4", "bridge.tcp6"]', "entry = []", ":4: entry is a list; expected a name in which"),
    ('environment = "wine-*"', 'environment = ""', ":3: environment is empty; expected a name in which"),
    ('owner = "the Wine rows"', 'owner = "x"\nsometimes = "true"',
     ':10: sometimes is "true"; expected true where other runs end well'),
    ('owner = "the Wine rows"', 'ovner = "x"', ':9: "ovner" is not known'),
    ('owner = "the Wine rows"', 'owner = "x', ":9: "),
    ('owner = "the Wine rows"', 'owner = "a"\nowner = "b"', ":10: "),
    ("[[expectation]]", "[expectation]",
     ": expectation is an object; expected [[expectation]] before each of them"),
    ("[[expectation]]", "[[expectations]]", ':2: "expectations" is not known'),
])
def test_a_mistake_is_told_with_file_and_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in GOOD
    assert any(line.startswith(told) for line in mistakes(tmp_path, GOOD.replace(old, new)))


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace('"fail"', '"bad"') + GOOD.replace("Wine never looks at the buffer", ""),
          "a.toml")
    write(tmp_path, b"\n\xff", "b.toml")
    with pytest.raises(ExpectationError) as error:
        load([tmp_path, tmp_path / "none.toml"])
    lines = str(error.value).replace(str(tmp_path), "").split("\n")
    assert [line.split(" ")[0] for line in lines] == ["/a.toml:6:", "/a.toml:19:", "/b.toml:2:",
                                                      "/none.toml:"]


def test_lines_are_right_where_texts_look_like_tables(tmp_path: Path) -> None:
    tricky = '''reason = """
[[expectation]]
owner = "not the owner"
[[expectation]]
"""'''
    text = GOOD.replace('reason = "Wine never looks at the buffer"', tricky) + GOOD.replace('"fail"', '"bad"')
    assert mistakes(tmp_path, text)[0].startswith(':21: verdict is "bad"')
    text = GOOD.replace('reason = "Wine never looks at the buffer"', tricky).replace('"the Wine rows"', '""')
    assert mistakes(tmp_path, text)[0].startswith(":13: owner is empty")
    assert mistakes(tmp_path, text.replace("\n", "\r\n"))[0].startswith(":13: owner is empty")


def test_a_list_of_tables_in_one_value_is_refused_for_it_has_no_lines(tmp_path: Path) -> None:
    inline = ('expectation = [{environment = "a", entry = "b", case = "c", verdict = "fail", observed = "0", '
              'reason = "r", owner = "o"}]')
    assert mistakes(tmp_path,
                    inline) == [": expectations in a list; expected [[expectation]] before each"]


@pytest.mark.parametrize("text", ["", "# nothing\n", b"\xff\xfe", b"\x00", "a = " + "[" * 5000,
                                  "[[expectation]]"])
def test_what_is_no_file_of_expectations_is_one_clear_line(tmp_path: Path, text: str | bytes) -> None:
    assert len(mistakes(tmp_path, text)) <= 7


def test_two_that_say_different_things_of_one_result_are_an_error(tmp_path: Path) -> None:
    path = write(tmp_path,
                 GOOD + GOOD.replace('"bridge.tcp4", ', "").replace('observed = "0"', 'observed = "1"'))
    column = load([path]).column("wine-8.0-x64", "bridge.tcp4")
    assert column.of("send_disconnect.bad_buffer.1") is not None
    with pytest.raises(ExpectationError) as error:
        load([path]).column("wine-8.0-x64", "bridge.tcp6").of("send_disconnect.bad_buffer.1")
    assert str(error.value) == (f'{path}:13: says fail "1" of "wine-8.0-x64" "bridge.tcp6" '
                                '"send_disconnect.bad_buffer.1", '
                                f'{path}:2 says fail "0"; expected one answer')


def test_two_of_which_one_holds_only_sometimes_are_an_error(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD + GOOD.replace("until", "sometimes = true\nuntil"))
    with pytest.raises(ExpectationError) as error:
        load([path]).column("wine-8.0-x64", "bridge.tcp6").of("send_disconnect.bad_buffer.1")
    assert 'says fail "0" sometimes of' in str(error.value)


def test_of_two_that_agree_the_one_without_a_date_counts(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD + GOOD.replace("until = 2027-06-30\n", ""))
    expectation = load([path]).column("wine-8.0-x64", "bridge.tcp4").of("send_disconnect.bad_buffer.1")
    assert expectation is not None and expectation.until is None


@given(st.text(st.characters(), max_size=50))
def test_what_is_written_is_read_back(text: str) -> None:
    whole = "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
    assert tomllib.loads(f"a = {toml.quote(text)}") == {"a": whole}
    assert tomllib.loads(toml.text_or_list("a", [text] * 40)) == {"a": [whole] * 40}
