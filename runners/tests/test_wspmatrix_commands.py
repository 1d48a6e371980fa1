from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wspmatrix_world import RUNNERS, starts
from wspmatrix.cli import COMMANDS
from wspmatrix.reader import Log, load
from wspmatrix.terminal import plain
from wspmatrix.matrix import build
from wspmatrix_samples import HOSTILE, lines, run, write

ENTRIES: dict[str, dict[str, Any]] = {
    "loopback.stream": {"provider.path": "pass", "send_disconnect.a": "pass", "send_disconnect.b": "pass"},
    "bridge.tcp4": {"provider.path": "pass",
                    "send_disconnect.a": {"verdict": "fail", "observed": "0", "reason": "why"},
                    "send_disconnect.b": "tolerated"},
}
GREEN = {"loopback.stream": ENTRIES["loopback.stream"],
         "bridge.tcp4": {"provider.path": "pass", "send_disconnect.b": "tolerated"}}
Done = subprocess.CompletedProcess[str]


def wspmatrix(*arguments: str | Path, **options: Any) -> Done:
    environment = os.environ | {"PYTHONPATH": str(RUNNERS), "COLUMNS": "200"}
    return subprocess.run([sys.executable, "-m", "wspmatrix", *map(str, arguments)], capture_output=True,
                          text=True,
                          timeout=60, env=environment, **options)


def test_help_lists_what_there_is_and_shows_examples() -> None:
    done = wspmatrix("--help")
    assert done.returncode == 0 and "examples:" in done.stdout
    for command in COMMANDS:
        assert f"    {command} " in done.stdout
        told = wspmatrix(command, "--help")
        assert told.returncode == 0 and "example:\n  python -m wspmatrix " + command in told.stdout
        assert "exit status:\n  0 " in told.stdout


@pytest.mark.parametrize("arguments",
                         [[], ["dance"], ["report", "x.jsonl"], ["merge", "-o", "y"], ["run", "--\x1b[31mred"],
                          *[[command] for command in COMMANDS], ["gate", "x", "--today", "2026-13-01"],
                          ["verify", "x", "--root", "beef"], ["report", "x", "-o", "y", "--format", "bogus"]])
def test_wrong_use_is_2_and_one_line(arguments: list[str], tmp_path: Path) -> None:
    done = wspmatrix(*arguments, cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1
    assert done.stderr.startswith("wspmatrix: ") and "see python -m wspmatrix" in done.stderr
    assert "\x1b" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_missing_module_is_one_line_that_names_its_package(tmp_path: Path) -> None:
    (tmp_path / "rich.py").write_text("raise ModuleNotFoundError(\"No module named 'rich'\", name='rich')")
    done = subprocess.run([sys.executable, "-m", "wspmatrix", "run", "--help"], capture_output=True,
                          text=True, timeout=60,
                          env=os.environ | {"PYTHONPATH": f"{tmp_path}:{RUNNERS}"})
    assert done.returncode == 2
    assert done.stderr == ("wspmatrix: the Python module rich is missing; on Debian: apt-get install "
                           "python3-rich\n")


def test_run_prints_the_matrix_and_writes_records_and_page(fake: Callable[..., Path], tmp_path: Path) -> None:
    program = fake(ENTRIES)
    out = tmp_path / "out dir"
    done = wspmatrix("run", "--wspcheck", program, "-o", out)
    assert done.returncode == 1
    assert sorted(path.name for path in out.iterdir()) == ["index.html", "wine-8.0-x64.jsonl"]
    assert f"page:    {out / 'index.html'}" in done.stdout
    log = Log()
    matrix = build(load([out], log))
    assert not log.damaged
    assert "\n".join(plain(matrix)) in done.stdout
    row = next(line for line in done.stdout.splitlines() if line.startswith("send_disconnect.a"))
    assert row.split() == ["send_disconnect.a", "pass", "FAIL"]
    assert "reason:     why" in done.stdout
    assert "bridge.tcp4: 1 fail, 1 tolerated, 1 pass" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_run_starts_wspcheck_once_with_the_default_manifests_and_what_is_passed_on(
        fake: Callable[..., Path], tmp_path: Path) -> None:
    program = fake(ENTRIES)
    wspmatrix("run", "--wspcheck", program, "-o", tmp_path / "out", "--environment", "lab 1/../x", "--jobs",
              "2", "--case",
              "send_*", "--case", "provider.*", "--timeout", "5", "--strict")
    start, = starts(program)
    jsonl = start.index("--jsonl")
    assert start[:jsonl] == ["run", "--manifest", str(program.parent / "loopback.ini"), "--manifest",
                             str(program.parent / "bridge.ini")]
    assert start[jsonl + 2:] == ["--quiet", "--case", "send_*", "--case", "provider.*", "--jobs", "2",
                                 "--timeout", "5",
                                 "--environment", "lab 1/../x", "--strict"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["index.html", "lab_1_.._x.jsonl"]


@pytest.mark.parametrize(("entries", "more", "status"), [
    (GREEN, [], 0), (GREEN, ["--strict"], 1), (ENTRIES, [], 1), (ENTRIES, ["--no-fail"], 0),
    ({"bridge.tcp4": {"a.b": "error"}, "loopback.stream": {}}, [], 1),
    ({"loopback.stream": {"a.b": "silent"}, "bridge.t": {}}, [], 2),
    ({"bridge.tcp4": {"a.b": "pass", "a.c": "silent"}, "loopback.stream": {"a.b": "pass"}}, [], 1),
])
def test_exit_status(fake: Callable[..., Path], tmp_path: Path, entries: dict[str, Any], more: list[str],
                     status: int) -> None:
    program = fake({name: cases for name, cases in entries.items()})
    for name in ("loopback", "bridge"):
        (program.parent / f"{name}.ini").touch()
    assert wspmatrix("run", "--wspcheck", program, "-o", tmp_path / "out", *more).returncode == status


@pytest.mark.parametrize(("quirk", "status", "said"), [
    ("refuse", 2, r"exit status 2: wspcheck: --case: \x1b[31mnothing matches"), ("mute", 2, "exit status 3"),
    ("die", 1, "exit status 77: wspcheck: disk full"), ("full_disk", 1, "exit status 3: wspcheck: disk full"),
])
def test_when_wspcheck_fails_it_is_said_and_what_was_judged_is_kept(
        fake: Callable[..., Path], tmp_path: Path, quirk: str, status: int, said: str) -> None:
    program = fake(ENTRIES, quirk=quirk)
    done = wspmatrix("run", "--wspcheck", program, "-o", tmp_path / "out")
    assert done.returncode == status and said in done.stderr and "Traceback" not in done.stderr
    kept = list((tmp_path / "out").glob("*.jsonl"))
    assert len(kept) == (0 if status == 2 else 1)
    if kept:
        assert "cut short: no end record" in done.stderr
        assert "cut short" in (tmp_path / "out" / "index.html").read_text("utf-8")
        assert "missing" in done.stdout.lower()


def test_an_unreadable_run_leaves_the_last_one_as_it_is(fake: Callable[..., Path], tmp_path: Path) -> None:
    fake(ENTRIES)
    wspmatrix("run", "--wspcheck", fake(ENTRIES), "-o", tmp_path / "out")
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert wspmatrix("run", "--wspcheck", fake(ENTRIES, quirk="refuse"), "-o",
                     tmp_path / "out").returncode == 2
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}


@pytest.mark.parametrize("more", [[], ["--no-fail"]])
def test_ctrl_c_keeps_what_is_judged(fake: Callable[..., Path], tmp_path: Path, more: list[str]) -> None:
    program = fake(ENTRIES, quirk="hang")
    out = tmp_path / "out"
    process = subprocess.Popen([sys.executable, "-m", "wspmatrix", "run", "--wspcheck", str(program), "-o",
                                str(out), *more],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    first = process.stderr.readline()
    assert first.startswith("loopback.stream: 3 pass")
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "interrupted; what was judged is kept" in stderr
    row = next(line for line in stdout.splitlines() if line.startswith("loopback.stream")
               or "loopback.stream " in line)
    assert "3 pass" in row and "cut short" in row
    assert [path.name for path in out.glob("*.jsonl")] == ["wine-8.0-x64.jsonl"]


@pytest.mark.parametrize(("arguments", "said"), [
    (["--wspcheck", "none.exe"], "none.exe: not there; expected wspcheck.exe"),
    (["--wspcheck", "plain"], "plain: can't be started"),
    (["--wspcheck", "x.exe"], '"no-wine" is not there to start a Windows program with'),
    (["nothing.ini", "--wspcheck", "works"], "nothing.ini: not there; expected a manifest"),
    (["--wspcheck", "works"], "loopback.ini: not there; expected a manifest beside wspcheck"),
    (["x.exe", "--installed", "--wspcheck", "works"], "--installed with a manifest"),
])
def test_what_cant_be_started_is_one_line(tmp_path: Path, arguments: list[str], said: str) -> None:
    for name in ("plain", "x.exe", "works"):
        (tmp_path / name).write_text("#!/bin/sh\n")
    (tmp_path / "works").chmod(0o755)
    done = wspmatrix("run", *arguments, cwd=tmp_path) if "x.exe" not in arguments[1] else subprocess.run(
        [sys.executable, "-m", "wspmatrix", "run", *arguments], cwd=tmp_path, capture_output=True, text=True,
        timeout=60,
        env=os.environ | {"PYTHONPATH": str(RUNNERS), "WINE": "no-wine"})
    assert done.returncode == 2 and said in done.stderr and done.stderr.count("\n") == 1


def test_report_writes_a_page_and_says_what_is_wrong_with_the_files(tmp_path: Path) -> None:
    good = write(tmp_path / "good.jsonl", run(ENTRIES))
    page = tmp_path / "page.html"
    done = wspmatrix("report", good, "-o", page)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{page}\n", "")
    cut = write(tmp_path / "cut.jsonl", run(ENTRIES, ended=False, environment="other"))
    done = wspmatrix("report", good, cut, "-o", page)
    assert done.returncode == 1 and "cut.jsonl:1: cut short" in done.stderr
    assert "cut short" in page.read_text("utf-8")
    done = wspmatrix("report", good, tmp_path / "none.jsonl", "-o", page)
    assert done.returncode == 2 and "none.jsonl: No such file" in done.stderr


def test_nothing_readable_leaves_the_old_file_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text("hello\n")
    for command in ("report", "merge"):
        (tmp_path / "old").write_text("old")
        done = wspmatrix(command, tmp_path / "bad.jsonl", "-o", tmp_path / "old")
        assert done.returncode == 2 and "no run record in it" in done.stderr
        assert (tmp_path / "old").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.jsonl", "old"]


def test_an_output_that_cant_be_written_is_one_line(tmp_path: Path) -> None:
    good = write(tmp_path / "good.jsonl", run(ENTRIES))
    for command in ("report", "merge"):
        for output in (tmp_path / "no" / "where", tmp_path):
            done = wspmatrix(command, good, "-o", output)
            assert done.returncode == 2 and done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
            assert done.stderr.startswith(f"wspmatrix: {output}: ")


def test_an_output_that_is_a_link_stays_one(tmp_path: Path) -> None:
    good = write(tmp_path / "good.jsonl", run(ENTRIES))
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there/all.jsonl")
    for _ in range(2):
        assert wspmatrix_here("merge", good, "-o", tmp_path / "link") == 0
        assert (tmp_path / "link").is_symlink() and len(load([tmp_path / "there/all.jsonl"], Log())) == 1


@pytest.mark.skipif(os.name == "nt", reason="no named pipes of this kind there")
def test_an_output_that_is_a_pipe_is_written_to_and_stays(tmp_path: Path) -> None:
    good = write(tmp_path / "good.jsonl", run(ENTRIES))
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE, text=True) as reader:
        assert wspmatrix_here("merge", good, "-o", tmp_path / "pipe") == 0
        assert reader.communicate(timeout=60)[0] == good.read_text("utf-8")
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no device that is always full")
def test_a_full_disk_is_one_line_that_names_the_file(tmp_path: Path) -> None:
    good = write(tmp_path / "good.jsonl", run(ENTRIES))
    (tmp_path / "full").symlink_to("/dev/full")
    done = wspmatrix("merge", good, "-o", tmp_path / "full")
    assert (done.returncode, done.stderr) == (2, f"wspmatrix: {tmp_path / 'full'}: No space left on device\n")


@pytest.mark.skipif(os.name == "nt", reason="no named pipes of this kind there")
@pytest.mark.parametrize("command", ["gate", "merge", "report", "expect"])
def test_records_from_a_pipe_are_refused_at_once(tmp_path: Path, command: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    more = ["-o", tmp_path / "out"] if command in ("merge", "report") else []
    done = wspmatrix(command, tmp_path / "pipe", *more)
    assert done.returncode == 2 and "pipe: a device or a pipe; expected a record file" in done.stderr


def test_merge_makes_one_file_of_many_and_a_run_is_there_once(tmp_path: Path) -> None:
    first, second = run(ENTRIES), run(GREEN, environment="wine-10.0-x64")
    a, b = write(tmp_path / "a.jsonl", first), write(tmp_path / "b.jsonl", lines(second) + lines(first))
    out = tmp_path / "all.jsonl"
    done = wspmatrix("merge", a, b, a, "-o", out)
    assert done.returncode == 0, done.stderr
    assert "the same run as in" in done.stderr and done.stdout == f"{out}: 2 runs, 11 results\n"
    assert sorted(out.read_text("utf-8").splitlines()) == sorted(lines(first) + lines(second))
    log = Log()
    assert [one.whole for one in load([out], log)] == [True, True] and not log.lines()


def test_merge_completes_a_run_that_was_cut_short_from_its_other_copy(tmp_path: Path) -> None:
    whole = lines(run(ENTRIES))
    for keep in range(1, len(whole)):
        cut, full = write(tmp_path / "cut.jsonl", whole[:keep]), write(tmp_path / "full.jsonl", whole)
        for order in ((cut, full), (full, cut)):
            out = tmp_path / "all.jsonl"
            assert wspmatrix_here("merge", *order, "-o", out) == 0
            assert sorted(out.read_text("utf-8").splitlines()) == sorted(whole)


def wspmatrix_here(*arguments: str | Path) -> int:
    from wspmatrix.cli import main
    return main([str(argument) for argument in arguments])


def test_merge_leaves_out_what_is_damaged_and_says_so(tmp_path: Path) -> None:
    whole = lines(run(ENTRIES))
    broken = write(tmp_path / "broken.jsonl", [*whole[:3], "nonsense", whole[3][:50], *whole[4:]])
    out = tmp_path / "all.jsonl"
    done = wspmatrix("merge", broken, "-o", out)
    assert done.returncode == 1 and "broken.jsonl:4: not JSON" in done.stderr
    assert sorted(out.read_text("utf-8").splitlines()) == sorted(line for line in whole if line != whole[3])


def test_merge_into_one_of_its_own_files(tmp_path: Path) -> None:
    a = write(tmp_path / "a.jsonl", run(ENTRIES))
    b = write(tmp_path / "b.jsonl", run(ENTRIES, environment="other"))
    assert wspmatrix_here("merge", a, b, "-o", a) == 0
    assert wspmatrix_here("merge", a, b, "-o", a) == 0
    assert len(load([a], Log())) == 2


def test_two_writers_leave_one_whole_file(tmp_path: Path) -> None:
    files = [write(tmp_path / f"{number}.jsonl", run(ENTRIES, environment=f"e{number}"))
             for number in range(4)]
    out = tmp_path / "all.jsonl"
    command = [sys.executable, "-m", "wspmatrix", "merge"]
    processes = [subprocess.Popen([*command, *map(str, files[:number]), "-o", str(out)],
                                  stdout=subprocess.DEVNULL,
                                  env=os.environ | {"PYTHONPATH": str(RUNNERS)}) for number in (1, 2, 3, 4)]
    assert [process.wait(60) for process in processes] == [0] * 4
    log = Log()
    assert all(one.whole for one in load([out], log)) and not log.lines()
    assert not list(tmp_path.glob(".all*"))


def test_hostile_names_reach_the_terminal_as_text(fake: Callable[..., Path], tmp_path: Path) -> None:
    program = fake({"loopback.stream": {},
                    **{name: {name: {"verdict": "fail", "reason": name}} for name in HOSTILE}})
    (program.parent / "bridge.ini").touch()
    done = wspmatrix("run", "--wspcheck", program, "-o", tmp_path / "out", "--environment", HOSTILE[5])
    assert done.returncode == 1 and "Traceback" not in done.stderr
    for text in (done.stdout, done.stderr):
        assert all(char.isprintable() or char == "\n" for char in text)
    assert "[bold]x[/bold]" in done.stdout
    assert len(list((tmp_path / "out").glob("*.jsonl"))) == 1


MEASURED = """
import resource, sys
from wspmatrix.cli import main
status = main(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
sys.exit(status)
"""


def test_cost_of_merging_stays_small(tmp_path: Path) -> None:
    """A tenth of a million records: processor time, so a busy machine changes nothing, and memory."""
    cases = {f"send_disconnect.case_{number}": "pass" for number in range(500)}
    template = "\n".join(lines(run({"a.one": cases, "a.two": cases}, started="@"))) + "\n"
    for number in range(100):
        started = f'"2026-11-22T05:{number // 60:02}:{number % 60:02}Z"'
        (tmp_path / f"{number}.jsonl").write_text(template.replace('"@"', started))
    command = [sys.executable, "-c", MEASURED, "merge", str(tmp_path), "-o", str(tmp_path / "all")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120,
                          env=os.environ | {"PYTHONPATH": str(RUNNERS)})
    assert done.returncode == 0, done.stderr
    assert "100 runs, 100000 results" in done.stdout
    seconds, kilobytes = map(float, done.stdout.split()[-2:])
    assert seconds < 6 and kilobytes < 100_000
