"""Providers that crash, hang, exit, flood and corrupt, at every place: each gets its verdict and its story,
the run goes on, and nothing stays behind.

The entries are those of hostile.ini, PLACE_ACT (fixtures/providers/hostile). A sample of them is run, all
of them with WSPCHECK_HOSTILE=all (ci/torture --hostile).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest

from processes import MARK, kill_program, wait_until, wait_until_gone, watched_memory
from program import BOUND, ROOT, Record, Run, command, manifest, program, read_records

sys.path.insert(0, str(ROOT / "runners"))

from wspmatrix.reader import Log, Reader  # noqa: E402

TIMEOUT = 2000  # of a case, in ms
EVERYTHING = os.environ.get("WSPCHECK_HOSTILE") == "all"
SEND, RECV = "send_disconnect.not_connected.fresh", "recv_disconnect.not_connected.fresh"
CASES = ("provider.loads", "provider.starts", "provider.slots", "provider.version", "provider.cleanup",
         "provider.unloads", SEND, RECV)
# Each act at one place at least, each place with several acts.
SAMPLE = (
    "none", "load_access_violation", "load_exit_process_0", "load_wait", "load_mxcsr", "load_flood",
    "startup_divide_by_zero", "startup_abort", "startup_deadlock", "startup_child",
    "startup_x87_control_word", "startup_null_slots",
    "startup_empty_table", "startup_wild_slots", "startup_version_9_9", "startup_description_without_end",
    "startup_description_past_end", "startup_pops_nothing", "send_stack_overflow", "send_exit_thread",
    "send_loop", "send_heap_overrun", "send_flood", "recv_cpp_exception", "recv_terminate_process",
    "recv_close_handles", "recv_stack_overflow_small_steps", "recv_free_library", "cleanup_exit_process",
    "cleanup_late_crash", "cleanup_free_library_and_exit_thread", "unload_access_violation", "unload_loop",
    "unload_abort", "end_loop", "end_access_violation",
)

# What is seen of an act. A crash is an exception or an end of the process.
CRASHES = {
    "access_violation": "crash ACCESS_VIOLATION", "stack_overflow": "crash STACK_OVERFLOW",
    "stack_overflow_small_steps": "(crash STACK_OVERFLOW|exit 0)",
    "divide_by_zero": "crash INT_DIVIDE_BY_ZERO", "cpp_exception": "crash CPP_EXCEPTION",
    "abort": "exit 3", "exit_process": "exit 42", "exit_process_0": "exit 0",
    "terminate_process": "exit 43", "exit_thread": "exit 44", "free_library": "crash ACCESS_VIOLATION",
    "free_library_and_exit_thread": "exit 45",
}
CODES = {"access_violation": "0xc0000005", "divide_by_zero": "0xc0000094", "cpp_exception": "0xe06d7363"}
EXCEPTIONS = ("access_violation", "stack_overflow", "divide_by_zero", "cpp_exception")
HANGS = ("loop", "wait", "deadlock")
FPU = ("x87_control_word", "mxcsr")
HARMLESS = ("flood", "child", "close_handles")
# What loading raises is caught by the loader, and is an error; what unloading raises is caught and not told.
NOT_LOADED = {"access_violation": "ERROR_NOACCESS", "stack_overflow": "ERROR_STACK_OVERFLOW",
              "divide_by_zero": "exception 0xc0000094", "cpp_exception": "exception 0xe06d7363"}


def all_but(*cases: str) -> tuple[str, ...]:
    return tuple(case for case in CASES if case not in cases)


# Place: the call that reaches it, the cases that make the call, those that are reached however it ends.
PLACES = {
    "load": ("LoadLibraryExW", ("provider.loads",), ()),
    "startup": ("WSPStartup", ("provider.starts",), ("provider.loads",)),
    "send": ("WSPSendDisconnect", (SEND, "provider.unloads"), all_but(SEND, "provider.unloads")),
    "recv": ("WSPRecvDisconnect", (RECV,), all_but(RECV)),
    "cleanup": ("WSPCleanup", ("provider.cleanup",), all_but("provider.cleanup", "provider.unloads",
                                                             "provider.version")),
    "unload": ("FreeLibrary", ("provider.unloads",), all_but("provider.unloads")),
}
ANSWERS = {
    "startup_empty_table": ("provider.slots", "all 30 NULL"),
    "startup_null_slots": ("provider.slots", "WSPRecvDisconnect NULL, WSPSendDisconnect NULL"),
    "startup_wild_slots": ("provider.slots", "WSPRecvDisconnect nowhere, WSPSendDisconnect nowhere"),
    "startup_data_slots": ("provider.slots", "WSPRecvDisconnect no code, WSPSendDisconnect no code"),
    "startup_version_9_9": ("provider.version", ".*9.9"),
    "startup_description_without_end": ("provider.version", "szDescription without an end"),
    "startup_description_past_end": ("provider.starts", "0, wrote beside WSPDATA"),
}


def entries() -> list[str]:
    """The entries to run: the manifest's, in its order."""
    path = manifest("hostile")
    line = re.search(r"^entries = (.*)$", path.read_text("utf-8"), re.M) if path.is_file() else None
    found = line[1].split(", ") if line else []
    return [entry for entry in found if EVERYTHING or entry in SAMPLE]


@dataclass
class Told:
    """A run over hostile entries, and what was seen of it from outside."""

    run: Run
    mark: str
    largest: int
    seconds: float
    left: list[str]

    def verdict(self, entry: str, case: str) -> Record:
        return next(r for r in self.run.of("result")
                    if (r["entry"], r["case"]) == (f"hostile.{entry}", case))

    def red(self, entry: str) -> dict[str, Record]:
        return {r["case"]: r for r in self.run.of("result")
                if r["entry"] == f"hostile.{entry}" and r["verdict"] in ("fail", "crash", "hang", "error")}


def start(folder: Path, mark: str, *arguments: str | Path) -> subprocess.Popen[bytes]:
    """wspcheck in a folder of its own, its processes marked."""
    with open(folder / "out", "wb") as out, open(folder / "err", "wb") as err:
        return subprocess.Popen(command(*arguments), stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                cwd=folder, env=os.environ | {MARK: mark})


def perform(folder: Path, *arguments: str | Path, bound: float = BOUND) -> Told:
    mark, records, begin = uuid.uuid4().hex, folder / "run.jsonl", time.monotonic()
    with watched_memory(mark) as memory:
        status = start(folder, mark, "run", *arguments, "--jsonl", records).wait(bound)
    seconds = time.monotonic() - begin
    if os.name != "nt":
        wait_until_gone(mark)
    out, err = ((folder / name).read_text("utf-8") for name in ("out", "err"))
    done = Run(status, out, err, read_records(records))
    return Told(done, mark, memory.largest, seconds, sorted(path.name for path in folder.iterdir()))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    chosen = [argument for entry in entries() for argument in ("--provider", f"hostile.{entry}")]
    cases = [argument for case in CASES for argument in ("--case", case)]
    return perform(tmp_path_factory.mktemp("hostile"), "--manifest", manifest("hostile"), *chosen, *cases,
                   "--jobs", "2", "--timeout", str(TIMEOUT), bound=1800 if EVERYTHING else 300)


def test_the_sample_has_every_act_and_answer() -> None:
    """Nothing in the manifest is forgotten here: what has no expectation, or is in no sample, is told."""
    text = manifest("hostile").read_text("utf-8")
    known = {*CRASHES, *HANGS, *FPU, *HARMLESS, "heap_overrun", "late_crash"}
    found = re.search(r"^entries = (.*)$", text, re.M)
    assert found
    acts = set()
    for entry in found[1].split(", "):
        place, _, act = entry.partition("_")
        if entry != "none" and entry not in ANSWERS and "pops" not in entry and place != "end":
            assert place in PLACES and act in known, entry
            acts.add(act)
    assert set(SAMPLE) <= set(found[1].split(", "))
    assert acts <= {entry.partition("_")[2] for entry in SAMPLE}


def test_the_run_goes_on_to_its_end(told: Told) -> None:
    assert told.run.status == 1
    assert told.run.records[-1]["record"] == "end"
    asked = {(f"hostile.{entry}", case) for entry in entries() for case in CASES}
    assert {(r["entry"], r["case"]) for r in told.run.of("result")} == asked
    assert "error" not in {r["verdict"] for r in told.run.of("result")}


@pytest.mark.parametrize("entry", entries())
def test_verdict_and_story(told: Told, entry: str) -> None:
    place, _, act = entry.partition("_")
    if entry == "none" or place == "end" or "pops" in entry:
        # On x86 wrong arguments taken off the stack are a crash or a fail; on x64 they are no mistake.
        assert ("pops" in entry and told.run.records[0]["arch"] == "x86") or not told.red(entry)
    elif entry in ANSWERS:
        case, observed = ANSWERS[entry]
        assert set(told.red(entry)) == {case}
        assert told.verdict(entry, case)["verdict"] == "fail"
        assert re.search(observed, told.verdict(entry, case)["observed"])
    else:
        check_act(told, entry, place, act)


def check_act(told: Told, entry: str, place: str, act: str) -> None:
    call, reached, others = PLACES[place]
    if act == "late_crash":
        check_late_crash(told, entry)
        return
    if act == "heap_overrun" and place in ("load", "startup"):
        # Heaps are looked at once the provider has started.
        assert set(told.red(entry)) == {"provider.starts"}
        assert told.verdict(entry, "provider.starts")["observed"] == "a heap is damaged"
        return
    for case in reached:
        check_reached(told.verdict(entry, case), place, act, call)
    for case in others:
        assert told.verdict(entry, case)["verdict"] == "pass", case


def check_reached(result: Record, place: str, act: str, call: str) -> None:
    verdict, observed = result["verdict"], result["observed"]
    if act in HARMLESS or place == "unload" and act in EXCEPTIONS:
        assert verdict == "pass"
    elif place == "load" and act in EXCEPTIONS:
        assert (verdict, observed) == ("fail", NOT_LOADED[act])
    elif act == "heap_overrun":
        assert (verdict, observed) == ("fail", "a heap is damaged") and "PV-11" in result["statements"]
    elif act in FPU:
        assert verdict == "fail" and observed.endswith("changed the floating-point control word")
    elif act in HANGS:
        assert (verdict, observed) == ("hang", f"hang in {call}")
    else:
        assert verdict == "crash"
        assert re.fullmatch(f"{CRASHES[act]} in {call}", observed)
        check_crash(result, act, call)
    if verdict in ("crash", "hang"):
        assert result["calls"][-1]["fn"] == call


def check_crash(result: Record, act: str, call: str) -> None:
    if act in CODES:
        crash = result["crash"]
        assert (crash["code"], crash["thread"], crash["call"]) == (CODES[act], "case", call)
        assert act != "access_violation" or crash["module"] == "hostile.dll"


def check_late_crash(told: Told, entry: str) -> None:
    """Whether a case still runs two seconds later is not ours to say."""
    for case, result in told.red(entry).items():
        assert result["verdict"] == "crash", case
        assert result["observed"] == "crash ACCESS_VIOLATION on another thread", case
        # Its code may be gone by then: the case is about unloading it, or came after one that did.
        assert (result["crash"]["module"] == "hostile.dll" or case == "provider.unloads"
                or result["order_dependent"])


def test_what_cannot_be_reached_names_the_phase(told: Told) -> None:
    for entry in entries():
        red = [case for case in CASES[:4] if case in told.red(entry)]
        result = told.verdict(entry, SEND)
        if result["verdict"] == "unreached":
            assert red and result["reason"].startswith(f"{red[0]}: "), (entry, red)


def test_what_hangs_or_dies_at_load_or_start_is_not_tried_again(told: Told) -> None:
    for entry in entries():
        dead = [result for result in told.red(entry).values() if result["verdict"] in ("crash", "hang")]
        if entry.startswith(("load_", "startup_")) and dead and "late_crash" not in entry:
            assert len(dead) == 1, entry


def test_nothing_stays_behind(told: Told) -> None:
    """perform has waited until no process of the run was there."""
    assert told.left == ["err", "out", "run.jsonl"]


def test_neither_output_nor_memory_grows_with_what_a_provider_writes(told: Told) -> None:
    """flood writes 100 MB to each worker's standard output and error."""
    assert len(told.run.out) + len(told.run.err) < 1_000_000
    assert os.name == "nt" or 0 < told.largest < 256 * 1024 * 1024


def all_cases(folder: Path, path: Path, entry: str, timeout: int) -> Told:
    return perform(folder, "--manifest", path, "--provider", entry, "--timeout", str(timeout), bound=600)


MSWSOCK = r"""[provider]
name = mswsock
dll = %SystemRoot%\system32\mswsock.dll
guid = {5b1f7f4e-0000-0000-0000-0000000000aa}
entries = tcp4

[tcp4]
protocol = the system's own
family = 2
socket_type = 1
protocol_number = 6
service_flags = 0x66
"""


@pytest.mark.skipif(os.name == "nt", reason="on Windows this DLL is a provider")
def test_the_mswsock_of_wine(tmp_path: Path) -> None:
    """Its WSPStartup raises: one crash, all else unreached."""
    path = tmp_path / "mswsock.ini"
    path.write_text(MSWSOCK, "utf-8")
    told = all_cases(tmp_path, path, "mswsock.tcp4", 10_000)
    assert [r["case"] for r in told.run.of("result") if r["verdict"] == "crash"] == ["provider.starts"]
    assert {r["verdict"] for r in told.run.of("result")} == {"pass", "crash", "unreached", "skip"}
    assert told.seconds < 20


def test_a_hang_at_start_costs_one_timeout(tmp_path: Path) -> None:
    told = all_cases(tmp_path, manifest("hostile"), "hostile.startup_wait", 3000)
    assert list(told.red("startup_wait")) == ["provider.starts"]
    assert {r["verdict"] for r in told.run.of("result")} == {"pass", "hang", "unreached", "skip"}
    assert 3 <= told.seconds < 3 + 15


def test_an_exit_in_a_call_costs_no_timeout(tmp_path: Path) -> None:
    """One case after the other loses its process: each is judged at once, not at its deadline."""
    timeout = 20_000
    told = perform(tmp_path, "--manifest", manifest("hostile"), "--provider", "hostile.send_exit_process",
                   "--case", "send_disconnect.not_connected", "--case", "send_disconnect.not_socket",
                   "--case", RECV, "--timeout", str(timeout))
    crashes = [r for r in told.run.of("result") if r["verdict"] == "crash"]
    assert len(crashes) >= 8
    assert {r["observed"] for r in crashes} == {"exit 42 in WSPSendDisconnect"}
    assert told.verdict("send_exit_process", RECV)["verdict"] == "pass"
    assert all(r["micros"] < timeout * 1000 / 2 for r in told.run.of("result"))


@pytest.mark.skipif(os.name == "nt", reason="needs /proc to find the processes of a run")
@pytest.mark.parametrize("after", [0, 1, 2, 3, 5, 8, 13, 21, 34, 55])
def test_a_killed_supervisor_leaves_what_was_judged(tmp_path: Path, after: int) -> None:
    """Killed when so many records are there: the file reads as a run that was cut short."""
    mark, records = uuid.uuid4().hex, tmp_path / "run.jsonl"
    started = start(tmp_path, mark, "run", "--manifest", manifest("loopback"), "--provider",
                    "loopback.stream", "--provider", "loopback.plain", "--jobs", "2", "--shuffle", str(after),
                    "--jsonl", records)
    wait_until(lambda: records.exists() and records.read_bytes().count(b"\n") >= after, BOUND,
               "not enough records")
    before = records.read_bytes()
    kill_program(mark, program().name)
    started.wait(BOUND)
    wait_until_gone(mark, maker_killed=True)
    content = records.read_bytes()
    whole = before[: before.rfind(b"\n") + 1]
    assert content.startswith(whole)
    assert content.rpartition(b"\n")[2] == b"" or after == 0
    if content:
        [found] = Reader(Log(), lambda name: False).read(records)
        assert found.counts().total() == sum(r["record"] == "result" for r in read_records(records))
        assert not found.whole
