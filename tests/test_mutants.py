"""The kill matrix: the whole of it once, and one case against one mutant of each kind by name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from program import ROOT, check, program, run, windows

# Each is told from the reference by this one case, however the other cases change.
KILLED = {
    "send_success_is_one": "send_disconnect.success.connecting",
    "recv_unsupported_accepting": "recv_disconnect.success.accepting",
    "send_errno_unwritten": "send_disconnect.not_connected.fresh",
    "recv_errno_wide": "recv_disconnect.not_connected.bound",
    "send_netdown_unreachable": "send_disconnect.network_down",
    "send_option_opnotsupp": "send_disconnect.no_protocol_option.connecting",
    "send_inprogress_served": "send_disconnect.in_progress.recv_hook",
    "recv_inprogress_elsewhere": "recv_disconnect.in_progress.other_thread",
    "send_notconn_listening": "send_disconnect.not_connected.listening",
    "send_datagram_notconn": "send_disconnect.datagram.bound",
    "send_notsock_event": "send_disconnect.not_socket.event",
    "send_buf_part": "send_disconnect.bad_buffer.bytes_straddling",
    "send_keeps_sending": "send_disconnect.sending_disabled.send.connecting",
    "send_end_before_data": "send_disconnect.end_after_data.some.connecting",
    "send_data_text": "send_disconnect.data_arrives.longest.connecting",
    "recv_small_truncates": "recv_disconnect.too_small.one_less.connecting",
    "recv_name_notconn": "recv_disconnect.socket_stays.connecting",
    "send_ends_reception": "send_disconnect.receiving_enabled.connecting",
    "recv_ends_sending": "recv_disconnect.sending_unaffected.connecting",
    "version_failure_code": "provider.version",
    "upcalls_first_for_ever": "provider.upcalls",
}
CONTROL = {"stream": "faulty.none", "plain": "faulty.none-plain", "message": "faulty.none-message",
           "datagram": "faulty.none-datagram"}


@pytest.fixture(scope="module")
def mutants() -> dict[str, dict[str, Any]]:
    """The table that the build writes, by name."""
    table = json.loads((program().parent / "faulty.json").read_text("utf-8"))
    return {mutant["name"]: mutant for mutant in table}


def verdict(entry: str, case: str, records: Path) -> str:
    return check("--case", case, "--isolation", "none", "--timeout", "4000", records=records,
                 entry=entry).results[case]["verdict"]


@pytest.mark.parametrize(("mutant", "case"), KILLED.items())
def test_killed(mutants: dict[str, dict[str, Any]], mutant: str, case: str, records: Path) -> None:
    entry = mutants[mutant]["entries"][0]
    assert verdict(entry["entry"], case, records) == "fail"


@pytest.mark.parametrize("base", CONTROL)
def test_the_control_passes(base: str, records: Path) -> None:
    done = check("--isolation", "none", records=records, entry=CONTROL[base])
    assert done.status == 0
    assert set(done.verdicts.values()) <= {"pass", "skip"}


def test_every_mutant_is_killed_and_every_case_kills(tmp_path: Path) -> None:
    """ci/kill-matrix, as its gate: by a case of its own statement each, and the reference by none."""
    done = subprocess.run([sys.executable, "-m", "wspmatrix.kill", "--wspcheck", program(), "--output", tmp_path],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900,
                          env=os.environ | {"PYTHONPATH": str(ROOT / "runners")})
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_kill_matrix_goes_on_after_a_crash_an_exit_and_a_hang(tmp_path: Path) -> None:
    """Each ends its process, or never returns, in several cases: all of them have a verdict all the same."""
    cases = ("send_disconnect.success", "recv_disconnect.success", "*_disconnect.second_call",
             "provider.starts")
    patterns = [word for case in cases for word in ("--case", f"{case}*")]
    mutants = [word for name in ("send_null_crash", "recv_exits", "send_again_hangs")
               for word in ("--mutant", name)]
    done = subprocess.run([sys.executable, "-m", "wspmatrix.kill", "--wspcheck", program(), *mutants,
                           *patterns, "--everything", "--output", tmp_path], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=300,
                          env=os.environ | {"PYTHONPATH": str(ROOT / "runners")})
    kept = json.loads((tmp_path / "kill-matrix.json").read_text("utf-8"))
    assert "no verdict for" not in done.stdout + done.stderr
    assert kept["suite"]
    killed = {mutant["mutant"]: [case for fate in mutant["on"].values()
                                 for case in fate["own"] + fate["other"]]
              for mutant in kept["matrix"]}
    assert len(killed["send_null_crash"]) >= 2 and len(killed["recv_exits"]) >= 2
    assert killed["none"] == []


def test_the_table_names_known_statements(mutants: dict[str, dict[str, Any]]) -> None:
    known = {statement["statement"] for statement in json.loads(run("list", "statements", "--json").out)}
    broken = {mutant["statement"] for mutant in mutants.values() if mutant["name"] != "none"}
    assert broken <= known
    assert len(mutants) > 130


def test_a_name_that_is_no_mutant_does_not_start(tmp_path: Path, records: Path) -> None:
    text = (program().parent / "faulty.ini").read_text("utf-8")
    sections = text.split("\n[")
    own = sections[0].replace("dll = faulty.dll", f"dll = {windows(program().parent / 'faulty.dll')}")
    own = "\n".join("entries = none" if line.startswith("entries") else line for line in own.splitlines())
    manifest = tmp_path / "faulty.ini"
    manifest.write_text(f"{own}\n\n[" + sections[1].replace("FAULTY=none", "FAULTY=no_such_mutant"), "utf-8")
    done = run("run", "--manifest", manifest, "--case", "provider.starts", records=records)
    assert "WSASYSNOTREADY" in done.results["provider.starts"]["observed"]


@pytest.mark.parametrize(("mutant", "cases"), {
    "send_notconn_listening": {"send_disconnect.not_connected.listening"},
    "send_success_is_one": {"send_disconnect.success.connecting", "send_disconnect.success.accepting"},
    "recv_errno_zero": set[str](),
}.items())
def test_the_dll_notes_where_a_mutant_would_show(mutant: str, cases: set[str], tmp_path: Path,
                                                 records: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kill matrix runs a mutant with these cases only. WSPCHECK_CASE tells a provider which one it is in."""
    notes = tmp_path / "notes"
    monkeypatch.setenv("FAULTY_REACH", windows(notes))
    done = check("--case", "send_disconnect.success*", "--case", "send_disconnect.not_connected*",
                 records=records, entry=CONTROL["stream"])
    assert set(done.verdicts.values()) <= {"pass", "skip"}
    lines = [line.split(" ") for line in notes.read_text("utf-8").splitlines()]
    assert {case for case, name in lines if name == mutant} == cases


def test_the_dll_notes_which_slots_a_mutant_changes(tmp_path: Path, records: Path,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    notes = tmp_path / "notes"
    monkeypatch.setenv("FAULTY_REACH", windows(notes))
    check("--case", "provider.starts", records=records, entry=CONTROL["stream"])
    lines = [line.split(" ") for line in notes.read_text("utf-8").splitlines()]
    assert {slot for slot, name in lines if name == "close_leaves_handle"} == {"WSPCloseSocket"}


def test_a_leak_of_handles_is_told_in_each_case_of_it(records: Path, mutants: dict[str, dict[str, Any]]) -> None:
    """Where the system counts no handles, those that stayed must not hide the ones after them."""
    entry = mutants["close_leaves_handle"]["entries"][0]["entry"]
    done = check("--case", "*_disconnect.data_arrives*", records=records, entry=entry)
    assert len(done.verdicts) > 16
    assert set(done.verdicts.values()) == {"fail"}
