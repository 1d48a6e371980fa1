"""ci/torture, the short form: the verdicts of the reference do not depend on how busy the machine is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import torture
from program import manifest


def test_no_verdict_changes_under_load(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = torture.main(["4", "--manifest", str(manifest("loopback")), "--output", str(tmp_path)])
    told = capsys.readouterr().out
    assert status == 0, told
    assert "4 runs under load, " in told and ", 0 changed, of 0 cases" in told


def test_interrupted_it_tells_what_was_done(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                            monkeypatch: pytest.MonkeyPatch) -> None:
    perform = torture.perform

    def interrupted(records: Path, *arguments: Any) -> dict[torture.Key, torture.Record]:
        if records.name == "run-2.jsonl":
            raise KeyboardInterrupt
        return perform(records, *arguments)

    monkeypatch.setattr(torture, "perform", interrupted)
    status = torture.main(["20", "--manifest", str(manifest("loopback")), "--at-once", "1",
                           "--case", "send_disconnect.success*", "--output", str(tmp_path)])
    assert status == torture.INTERRUPTED
    assert capsys.readouterr().out.splitlines()[-1].startswith("1 runs under load, ")


def test_a_change_is_told() -> None:
    """The comparison itself: another verdict, and none at all."""
    quiet = {("a.b", case): {"verdict": "pass", "observed": "0", "reason": ""}
             for case in ("one", "two", "three")}
    loaded = {("a.b", "one"): quiet["a.b", "one"],
              ("a.b", "two"): {"verdict": "hang", "observed": "hang in WSPSend", "reason": "late"}}
    run = torture.compare(7, 1.0, quiet, loaded, ["a.b"])
    assert torture.table(quiet, [run]) == [
        "a.b three: pass -> missing 1x (run 7: )", "a.b two: pass -> hang 1x (run 7: hang in WSPSend; late)"]


@pytest.mark.parametrize("line", [["0"], ["x"], ["4", "--at-once", "0"]])
def test_wrong_use(tmp_path: Path, line: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        torture.main([*line, "--output", str(tmp_path)])
    assert caught.value.code == 2
