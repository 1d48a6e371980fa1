"""The engine, by cases of selftest.*: each verdict, its story, and that a run goes on after it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from program import BOUND, STREAM, Record, check, command, manifest, program, read_records, run, windows

TIMEOUT = 2000  # in milliseconds, for the cases that hang
EXPECTED = {
    "selftest.passes": "pass", "selftest.fails": "fail", "selftest.tolerated": "tolerated",
    "selftest.observed": "pass", "selftest.skips": "skip", "selftest.unreached": "unreached",
    "selftest.crashes.read": "crash", "selftest.crashes.stack": "crash", "selftest.crashes.division": "crash",
    "selftest.crashes.exception": "crash", "selftest.crashes.other_thread": "crash",
    "selftest.crashes.undo": "crash", "selftest.exits.exit_process": "crash", "selftest.exits.exit": "crash",
    "selftest.exits.last_thread": "crash", "selftest.exits.terminate": "crash",
    "selftest.exits.abort": "crash",
    "selftest.hangs.loop": "hang", "selftest.hangs.wait": "hang", "selftest.leaks_handles": "fail",
    "selftest.leaks_threads": "fail", "selftest.keeps_a_handle": "pass", "selftest.overruns_heap": "fail",
    "selftest.overruns_buffer": "fail", "selftest.breaks_contract": "fail", "selftest.blocks": "hang",
    "selftest.blocks_once": "pass", "selftest.spoils": "pass", "selftest.spoiled": "fail",
}
# Cases that are quick whatever they are about: what takes a deadline is run once, in the test of all of them.
QUICK = ("--case", "selftest.passes", "--case", "selftest.fails", "--case", "selftest.tolerated", "--case",
         "selftest.crashes.read", "--case", "selftest.exits.exit", "--case", "selftest.skips")
QUICK_VERDICTS = {case: EXPECTED[case] for case in QUICK[1::2]}


@pytest.fixture(scope="module")
def all_of_them(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Record]:
    records = tmp_path_factory.mktemp("all") / "run.jsonl"
    done = check("--case", "selftest.*", "--timeout", str(TIMEOUT), records=records)
    assert done.status == 1
    assert [done.records[0]["record"], done.records[-1]["record"]] == ["run", "end"]
    return done.results


def test_every_selftest_is_expected_to_end_somehow(all_of_them: dict[str, Record]) -> None:
    assert set(all_of_them) == set(EXPECTED)


@pytest.mark.parametrize("case", EXPECTED)
def test_verdict(all_of_them: dict[str, Record], case: str) -> None:
    assert all_of_them[case]["verdict"] == EXPECTED[case]


@pytest.mark.parametrize(("case", "observed"), [
    ("selftest.crashes.read", "crash ACCESS_VIOLATION outside a call"),
    ("selftest.crashes.division", "crash INT_DIVIDE_BY_ZERO outside a call"),
    ("selftest.crashes.exception", "crash 0xe0000017 outside a call"),
    ("selftest.crashes.other_thread", "crash ACCESS_VIOLATION on another thread"),
    ("selftest.exits.exit_process", "exit 0 outside a call"),
    ("selftest.exits.exit", "exit 7 outside a call"),
    ("selftest.exits.last_thread", "exit 9 outside a call"),
    ("selftest.exits.terminate", "exit 11 outside a call"),
    ("selftest.exits.abort", "exit 3 outside a call"),
    ("selftest.hangs.wait", "hang outside a call"),
    ("selftest.blocks", "hang in WSPSendDisconnect"),
    ("selftest.leaks_handles", "handles grow with every repetition"),
    ("selftest.leaks_threads", "threads grow with every repetition"),
])
def test_what_is_observed(all_of_them: dict[str, Record], case: str, observed: str) -> None:
    assert all_of_them[case]["observed"] == observed


def test_crash_record(all_of_them: dict[str, Record]) -> None:
    crash = all_of_them["selftest.crashes.read"]["crash"]
    assert crash["code"] == "0xc0000005"
    assert crash["module"] == "wspcheck.exe"
    assert re.fullmatch(r"0x[0-9a-f]+", crash["offset"])
    assert crash["thread"] == "case"
    assert all_of_them["selftest.crashes.other_thread"]["crash"]["thread"] == "other"
    assert all_of_them["selftest.exits.exit"]["crash"] is None


@pytest.mark.parametrize(("case", "statement"), [
    ("selftest.leaks_handles", "PV-12"), ("selftest.overruns_heap", "PV-11"),
    ("selftest.overruns_buffer", "PV-11"),
    ("selftest.breaks_contract", "PV-10"), ("selftest.blocks", "SD-17"),
])
def test_always_on_checks_name_their_statement(all_of_them: dict[str, Record], case: str,
                                               statement: str) -> None:
    assert all_of_them[case]["statements"] == [statement]


def test_calls_stand_in_what_did_not_pass(all_of_them: dict[str, Record]) -> None:
    calls = all_of_them["selftest.blocks"]["calls"]
    assert [(c["fn"], c["args"], c["result"]) for c in calls] == [("WSPSendDisconnect", "s=none", 0)]
    assert calls[0]["micros"] > 100_000
    assert "calls" not in all_of_them["selftest.passes"]


def test_a_hang_tells_how_long_it_was_waited_for(all_of_them: dict[str, Record]) -> None:
    assert all_of_them["selftest.hangs.wait"]["micros"] >= TIMEOUT * 1000 - 100_000  # steps of the clock


def test_order_dependent(all_of_them: dict[str, Record]) -> None:
    spoiled = all_of_them["selftest.spoiled"]
    assert spoiled["order_dependent"] is True
    assert "selftest.spoils" in spoiled["after"]
    others = [result for case, result in all_of_them.items() if case != "selftest.spoiled"]
    assert not any(result["order_dependent"] or result["after"] for result in others)


def test_spoiled_passes_alone(records: Path) -> None:
    assert check("--case", "selftest.spoiled", records=records).verdicts == {"selftest.spoiled": "pass"}


def test_a_process_a_case(records: Path) -> None:
    done = check("--isolation", "case", "--case", "selftest.spoils", "--case", "selftest.spoiled", *QUICK,
                 records=records)
    assert done.verdicts == QUICK_VERDICTS | {"selftest.spoils": "pass", "selftest.spoiled": "pass"}


def test_no_process_of_its_own_until_the_crash(records: Path) -> None:
    done = check("--isolation", "none", "--case", "selftest.fails", "--case", "selftest.passes", "--case",
                 "selftest.crashes.read", records=records)
    assert done.status == 1
    assert done.records[-1]["record"] == "result"
    assert done.records[-1]["case"] == "selftest.crashes.read"
    assert done.records[-1]["verdict"] == "crash"
    assert done.records[-1]["crash"]["code"] == "0xc0000005"


def test_no_process_of_its_own_without_a_crash(records: Path) -> None:
    done = check("--isolation", "none", "--case", "selftest.passes", "--case", "selftest.fails",
                 records=records)
    assert done.verdicts == {"selftest.passes": "pass", "selftest.fails": "fail"}
    assert done.of("end")[0]["counts"]["fail"] == 1


def test_variables_of_one_entry_are_not_there_for_the_next(tmp_path: Path) -> None:
    """In one process as with workers: only the first of two entries asks for another answer to a second call."""
    own = manifest("loopback").read_text("utf-8")
    own = own.replace("dll = loopback.dll", f"dll = {windows(program().parent / 'loopback.dll')}")
    own = own.replace("[stream]\n", "[stream]\nenvironment = LOOPBACK_VARIANT=second_call_notconn\n")
    (tmp_path / "own.ini").write_text(own, "utf-8")
    case = "send_disconnect.second_call"
    told = []
    for isolation in ("shared", "none"):
        done = run("run", "--manifest", tmp_path / "own.ini", "--provider", "loopback.stream", "--provider",
                   "loopback.plain", "--case", case, "--isolation", isolation,
                   records=tmp_path / f"{isolation}.jsonl")
        told.append({result["entry"]: result["observed"] for result in done.of("result")})
    assert told[0] == told[1]
    assert "WSAENOTCONN" in told[0]["loopback.stream"] and "WSAENOTCONN" not in told[0]["loopback.plain"]


def test_jobs_give_the_same_verdicts_and_whole_entries(records: Path) -> None:
    done = run("run", "--manifest", manifest("loopback"), *QUICK, "--jobs", "3", records=records)
    entries = [provider["entry"] for provider in done.of("provider")]
    assert sorted(entries) == sorted({result["entry"] for result in done.of("result")})
    for entry in entries:
        own = [record for record in done.records if record.get("entry") == entry]
        assert own[0]["record"] == "provider"
        assert own[-1]["record"] == "provider_end"
        assert {r["case"]: r["verdict"] for r in own if r["record"] == "result"} == QUICK_VERDICTS


def test_shuffle_is_decided_by_its_seed(records: Path) -> None:
    orders = [[result["case"] for result in check(*QUICK, "--shuffle", seed, records=records).of("result")]
              for seed in ("7", "7", "8", "9")]
    assert orders[0] == orders[1]
    assert len({tuple(order) for order in orders}) > 1
    assert all(sorted(order) == sorted(QUICK_VERDICTS) for order in orders)


def test_repeat_counts_from_1(records: Path) -> None:
    done = check("--case", "selftest.passes", "--case", "selftest.fails", "--repeat", "3", records=records)
    assert sorted((result["case"], result["repeat"]) for result in done.of("result")) == [
        (case, repeat) for case in ("selftest.fails", "selftest.passes") for repeat in (1, 2, 3)]


def test_trace_all(records: Path) -> None:
    done = check("--case", "send_disconnect.not_connected.fresh", "--trace", "all", records=records)
    assert [call["fn"] for call in done.of("result")[0]["calls"]][:2] == ["WSPSocket", "WSPSendDisconnect"]


def test_strict_makes_tolerated_and_unreached_red(records: Path) -> None:
    for case in ("selftest.tolerated", "selftest.unreached"):
        assert check("--case", case, records=records).status == 0
        assert check("--case", case, "--strict", records=records).status == 1


MARK = "WSPCHECK_TEST_MARK"  # a variable of the environment by which the processes of one run are found


def start_hanging(records: Path) -> subprocess.Popen[bytes]:
    """A run whose first case passes, whose second one hangs, and whose third one passes; it is on its way."""
    if os.name == "nt":
        pytest.skip("needs /proc to find processes")
    started = subprocess.Popen(
        command("run", "--manifest", manifest("loopback"), *STREAM, "--jsonl", records, "--timeout", "5000",
                "--case", "selftest.keeps_a_handle", "--case", "selftest.hangs.wait", "--case",
                "selftest.passes"),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | {MARK: str(records)})
    wait_until(lambda: records.exists() and len(read_records(records)) == 3)
    return started


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + BOUND
    while not done():
        assert time.monotonic() < deadline, "what is waited for did not come about"
        threading.Event().wait(0.02)


def processes_of(records: Path, is_worker: bool) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            marked = f"{MARK}={records}".encode() in (process / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if marked and any(word.endswith(b"wspcheck.exe") or word == b"wspcheck" for word in words):
            if (b"worker" in words) == is_worker:
                found.append(int(process.name))
    return found


def test_the_worker_may_be_killed(records: Path) -> None:
    """From outside, while a case runs: the next case gets another process. Wine does not always tell that a
    process was ended by a signal of the system below; then it is the deadline that ends the case."""
    started = start_hanging(records)
    wait_until(lambda: len(processes_of(records, is_worker=True)) == 1)
    os.kill(processes_of(records, is_worker=True)[0], signal.SIGKILL)
    assert started.wait(BOUND) == 1
    verdicts = {r["case"]: r["verdict"] for r in read_records(records) if r["record"] == "result"}
    assert verdicts.pop("selftest.hangs.wait") in ("crash", "hang")
    assert verdicts == {"selftest.keeps_a_handle": "pass", "selftest.passes": "pass"}


def test_the_supervisor_may_be_killed(records: Path) -> None:
    """What was judged stays, in whole lines, and no worker stays behind."""
    started = start_hanging(records)
    for process in processes_of(records, is_worker=False):
        os.kill(process, signal.SIGKILL)
    started.wait(BOUND)
    wait_until(lambda: not processes_of(records, is_worker=True))
    assert records.read_bytes().endswith(b"\n")
    assert [r["record"] for r in read_records(records)] == ["run", "provider", "result"]
