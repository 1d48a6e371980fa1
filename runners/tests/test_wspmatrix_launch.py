from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from wspmatrix.batch import Batch, NoVerdict
from wspmatrix.launch import LaunchError, Wspcheck, windows_path
from wspmatrix.tail import Tail
from wspmatrix_samples import lines, run


@pytest.mark.skipif(os.name == "nt", reason="Windows starts programs without wine")
def test_a_windows_program_is_started_through_wine_with_windows_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exe = tmp_path / "wsp check.exe"
    exe.touch()
    wine = tmp_path / "my wine"
    wine.write_text(f"#!{sys.executable}\nimport json, os, sys\n"
                    "told = {'arguments': sys.argv[1:], 'debug': os.environ.get('WINEDEBUG')}\n"
                    "print(json.dumps([told]))\n")
    wine.chmod(wine.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("WINE", str(wine))
    monkeypatch.delenv("WINEDEBUG", raising=False)
    found = Wspcheck.find(exe)
    assert found.path(tmp_path / "a b.ini") == f"Z:{tmp_path}\\a b.ini".replace("/", "\\")
    told, = found.list("providers", [tmp_path / "x.ini"])
    assert told == {"arguments": [str(exe), "list", "providers", "--manifest",
                                  windows_path(tmp_path / "x.ini"), "--json"],
                    "debug": "-all"}
    monkeypatch.setenv("WINE", f"'{wine}' --more")
    assert Wspcheck.find(exe).list("cases")[0]["arguments"] == ["--more", str(exe), "list", "cases", "--json"]


def test_relative_paths_are_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert windows_path(Path("x/y.ini")) == f"Z:{tmp_path}/x/y.ini".replace("/", "\\")


@pytest.mark.parametrize(("world", "said"),
                         [({"quirk": "refuse"}, r"exit status 2: wspcheck: --case: \x1b[31mnothing matches"),
                                             ({"quirk": "bad_list"}, "no JSON")])
def test_a_list_that_cant_be_used_is_one_line(fake: Callable[..., Path], world: dict[str, str],
                                              said: str) -> None:
    with pytest.raises(LaunchError) as caught:
        Wspcheck.find(fake({"a.b": {}}, **world)).list("cases")
    assert said in str(caught.value) and str(caught.value).isprintable()


def test_the_tail_of_a_file_waits_for_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    tail = Tail(path)
    assert tail.new() == []
    text = "".join(line + "\n" for line in lines(run({"a.b": {"c.d": "pass", "c.e": "fail"}})))
    seen = 0
    with path.open("w", encoding="utf-8") as file:
        for start in range(0, len(text), 50):
            file.write(text[start:start + 50])
            file.flush()
            seen += len(tail.new())
            assert seen == text[:start + 50].count("\n")


def test_a_batch_starts_when_it_is_asked_and_once(fake: Callable[..., Path]) -> None:
    from wspmatrix_world import starts
    program = fake({"a.b": {"c.one": "pass", "c.two": {"verdict": "fail", "observed": "x"}},
                    "a.c": {"c.one": "crash"}})
    batch = Batch(Wspcheck.find(program), [], "a.b", ["c.one", "c.two", "c.three"])
    assert starts(program) == []
    assert batch.result("c.two").observed == "x"
    assert batch.result("c.one").verdict == "pass"
    with pytest.raises(NoVerdict, match="exit status 1 and has no record"):
        batch.result("c.three")
    batch.close()
    assert len(starts(program)) == 1


def test_a_verdict_does_not_wait_for_the_end_of_the_batch(fake: Callable[..., Path]) -> None:
    batch = Batch(Wspcheck.find(fake({"a.b": {f"c.{number}": "pass" for number in range(10)}}, quirk="hang")),
                  [], "a.b", ["c.*"])
    assert batch.result("c.1").verdict == "pass"
    batch.close()
