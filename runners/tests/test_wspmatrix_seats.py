"""Seats: work goes to whichever is free, on its processor; prefixes beside another one."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from wspmatrix import seats as module
from wspmatrix.launch import Wspcheck, wait
from wspmatrix.seats import Seat, run_on, seats

PROGRAM = Wspcheck(Path(sys.executable), (sys.executable,))


def prefix_in(folder: Path) -> Path:
    prefix = folder / "prefix"
    for name in ("drive_c/windows", "dosdevices"):
        (prefix / name).mkdir(parents=True)
    (prefix / "system.reg").write_text("the registry")
    (prefix / ".update-timestamp").write_text("1")
    return prefix


def test_all_seats_work_at_once() -> None:
    together = threading.Barrier(3, timeout=30)
    places = [Seat(PROGRAM), Seat(PROGRAM), Seat(PROGRAM)]
    assert sorted(run_on(places, lambda _, item: (together.wait(), item)[1], range(6))) == list(range(6))


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no processors to bind to")
def test_work_stays_on_the_seat_s_processor() -> None:
    before = os.sched_getaffinity(0)
    processor = max(before)
    found = list(run_on([Seat(PROGRAM, processor)], lambda *_: os.sched_getaffinity(0), range(2)))
    assert found == [{processor}] * 2
    assert os.sched_getaffinity(0) == before


def test_a_failure_is_ours() -> None:
    with pytest.raises(ZeroDivisionError):
        list(run_on([Seat(PROGRAM)], lambda _, item: 1 // item, [1, 0]))


class Abandoned(ThreadPoolExecutor):
    """Work that has begun ends when the pool is told to end, not before."""

    told = threading.Event()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        super().shutdown(wait=False, cancel_futures=cancel_futures)
        self.told.set()
        super().shutdown(wait=wait)


def begun_before_the_end(monkeypatch: pytest.MonkeyPatch,
                         first: Callable[[], int]) -> tuple[Iterator[int], list[int]]:
    """Items of which the first says what it says, and the others wait for the end."""
    begun: list[int] = []
    Abandoned.told.clear()
    monkeypatch.setattr(module, "ThreadPoolExecutor", Abandoned)

    def work(_: Wspcheck, item: int) -> int:
        begun.append(item)
        if item == 0:
            return first()
        assert Abandoned.told.wait(60)
        return item

    return run_on([Seat(PROGRAM)], work, range(10)), begun


def test_where_one_fails_the_rest_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    found, begun = begun_before_the_end(monkeypatch, lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        next(found)
    assert begun in ([0], [0, 1])


def test_what_nobody_asks_for_any_more_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    found, begun = begun_before_the_end(monkeypatch, lambda: 7)
    assert next(found) == 7
    found.close()  # type: ignore[attr-defined]
    assert begun in ([0], [0, 1])


def test_a_program_of_this_system_needs_no_server() -> None:
    with seats(PROGRAM, 2) as places:
        assert places == [Seat(PROGRAM)] * 2


@pytest.mark.skipif(os.name == "nt", reason="no wine on Windows")
def test_a_server_has_a_copy_of_the_registry_and_the_same_drives(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prefix = prefix_in(tmp_path)
    told: list[tuple[str, ...]] = []
    monkeypatch.setenv("WINEPREFIX", str(prefix))
    monkeypatch.delenv("WINE", raising=False)
    monkeypatch.setattr(module, "_server", lambda prefix, *arguments: told.append(arguments))
    monkeypatch.setattr(module.shutil, "which", lambda name: f"/bin/{name}")
    program = Wspcheck(tmp_path / "wspcheck.exe", ("wine", "wspcheck.exe"))
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("one processor")
    with seats(program, 2) as places:
        folders = [Path(seat.wspcheck.environment["WINEPREFIX"]) for seat in places]
        assert len(set(folders)) == 2
        for folder in folders:
            assert (folder / "system.reg").read_text() == "the registry"
            assert (folder / "drive_c" / "windows").is_dir()
            (folder / "system.reg").write_text("changed")
    assert (prefix / "system.reg").read_text() == "the registry"
    assert (prefix / "drive_c" / "windows").is_dir()
    assert not any(folder.exists() for folder in folders)
    assert told.count(("-k",)) == 2


@pytest.mark.skipif(os.name == "nt", reason="no wine on Windows")
def test_what_is_no_prefix_yet_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINEPREFIX", str(tmp_path / "not made yet"))
    monkeypatch.delenv("WINE", raising=False)
    program = Wspcheck(tmp_path / "wspcheck.exe", ("wine", "wspcheck.exe"))
    with seats(program, 2) as places:
        assert [dict(seat.wspcheck.environment) for seat in places] == [{}, {}]


def test_the_end_of_a_process_is_seen_at_once() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    assert wait(process, 60)
    assert wait(process, 60)


def test_a_process_that_goes_on_is_waited_for_no_longer() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    begin = time.monotonic()
    assert not wait(process, 0.05)
    assert 0.04 < time.monotonic() - begin < 30
    process.communicate(b"\n")
    assert wait(process, 60)
