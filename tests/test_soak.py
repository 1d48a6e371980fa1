"""ci/soak, the short form: repeats of one process agree, and what changes or grows is told."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

import soak
from program import manifest


def test_nothing_changes_and_nothing_grows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = soak.main(["0.001", "--repeats", "20", "--manifest", str(manifest("loopback")),
                        "--case", "*_disconnect.not_connected*", "--output", str(tmp_path)])
    told = capsys.readouterr().out
    assert status == 0, told
    assert told.splitlines()[-1].startswith("1 rounds in ") and ", 0 problems" in told
    assert list(tmp_path.iterdir()) == []


def test_a_case_with_two_verdicts_is_told() -> None:
    assert soak.changes({("a.b", "x"): Counter({"pass": 49, "hang": 1}), ("a.b", "y"): Counter({"pass": 50})}) \
        == ["a.b x: hang 1x, pass 49x"]


def test_a_run_that_is_cut_short_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                         monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak, "round_of", lambda records, arguments: (records.touch(), soak.Soaked())[1])
    monkeypatch.setattr(soak.time, "monotonic", iter([0.0, 0.0, 61.0, 61.0]).__next__)
    assert soak.main(["1", "--output", str(tmp_path)]) == 1
    assert "round 1: exit status 0 and no whole run; expected one" in capsys.readouterr().out
    assert (tmp_path / "round-1.jsonl").exists()


def test_a_file_that_was_cut_short_is_read_as_far_as_it_goes(tmp_path: Path,
                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    records = tmp_path / "records.jsonl"
    whole = '{"record":"result","entry":"a.b","case":"x","verdict":"pass"}\n'
    script = f"open({str(records)!r}, 'w').write({whole + whole[:20]!r})"
    monkeypatch.setattr(soak, "command", lambda *_: [sys.executable, "-c", script])
    done = soak.round_of(records, [])
    assert (dict(done.verdicts), done.ended) == ({("a.b", "x"): Counter({"pass": 1})}, False)
    monkeypatch.setattr(soak, "command", lambda *_: [sys.executable, "-c", "exit(3)"])
    assert soak.round_of(tmp_path / "none.jsonl", []).status == 3


def test_a_case_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    assert soak.main(["0.001", "--manifest", str(manifest("loopback")), "--case", "typo", "--output",
                      str(tmp_path)]) == 2


def test_a_change_between_rounds_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                              monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = iter([{("a.b", "x"): Counter({"pass": 2}), ("a.b", "y"): Counter({"pass": 1, "fail": 1})},
                   {("a.b", "x"): Counter({"fail": 2}), ("a.b", "y"): Counter({"pass": 2})}])
    monkeypatch.setattr(soak, "round_of", lambda records, arguments: (
        records.touch(), soak.Soaked(verdicts=next(rounds), ended=True))[1])
    monkeypatch.setattr(soak.time, "monotonic", iter([0.0, 0.0, 1.0, 61.0, 61.0]).__next__)
    assert soak.main(["1", "--output", str(tmp_path)]) == 1
    assert capsys.readouterr().out.splitlines()[-3:] == [
        "round 1: a.b y: fail 1x, pass 1x", "a.b x: fail 2x, pass 2x",
        "2 rounds in 1.0 minutes, 8 verdicts of 2 cases, 2 problems"]


@pytest.mark.parametrize(("memory", "grows"), [
    ([10 << 20] * 40, False), ([(10 << 20) + (n << 20) for n in range(40)], True), ([10 << 20], False)])
def test_memory_that_grows_is_seen(memory: list[int], grows: bool) -> None:
    assert (soak.Soaked(memory=memory).grew() > soak.ROOM) is grows


@pytest.mark.parametrize("line", [["0"], ["x"], ["1", "--repeats", "0"]])
def test_wrong_use(tmp_path: Path, line: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        soak.main([*line, "--output", str(tmp_path)])
    assert caught.value.code == 2
