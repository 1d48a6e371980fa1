"""Folders as people have them: with blanks, in any script, and deeper than MAX_PATH."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from program import manifest, program, run, windows

CASES = ("--case", "provider.path", "--case", "provider.loads", "--case", "provider.unloads",
         "--case", "send_disconnect.not_connected.fresh")
FOLDERS = {"blanks": "two words", "umlaut": "Prüfung größer", "cjk": "日本語", "format": "%s %n %PATH%",
           "surrogates": "🦀", "long": "/".join(["deep" * 15] * 5)}


@pytest.mark.parametrize("name", FOLDERS)
def test_a_provider_in_such_a_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / FOLDERS[name]
    folder.mkdir(parents=True)
    shutil.copy(manifest("loopback"), folder)
    shutil.copy(program().parent / "loopback.dll", folder)
    if name == "long":
        assert len(windows(folder)) > 260
    done = run("run", "--manifest", windows(folder / "loopback.ini"), "--provider", "loopback.stream", *CASES,
               records=tmp_path / "records.jsonl")
    assert (done.status, done.verdicts) == (0, {case: "pass" for case in CASES[1::2]})
    (of_provider,) = done.of("provider")
    assert of_provider["dll"] == "loopback.dll"
    assert str(tmp_path) not in (tmp_path / "records.jsonl").read_text("utf-8")


@pytest.mark.parametrize("name", FOLDERS)
def test_records_into_such_a_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / FOLDERS[name]
    folder.mkdir(parents=True)
    written = folder / "récords.jsonl"
    done = run("run", "--manifest", manifest("loopback"), "--provider", "loopback.stream", *CASES, "--jsonl",
               windows(written))
    assert done.status == 0
    assert b'"record":"end"' in written.read_bytes()


def test_the_program_says_that_it_can_take_long_paths() -> None:
    """To Windows, which otherwise refuses them to a program; Wine takes them from any."""
    assert b">true</longPathAware>" in program().read_bytes()
