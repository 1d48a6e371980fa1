from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wspmatrix_samples import HOSTILE, run, write

from wspmatrix.cli import main
from wspmatrix.launch import Wspcheck
from wspmatrix.reader import Log, load
from wspmatrix.repro import arguments, text
from wspmatrix.repro.program import CODES, Subject
from wspmatrix.repro.program import write as program

SOURCES = Path(__file__).resolve().parents[1] / "wspmatrix" / "repro"
COMPILER = shutil.which("x86_64-w64-mingw32-gcc")
ENTRY, CASE = "bridge.tcp4", "send_disconnect.not_socket.file"
FILE = {"fn": "WSPSendDisconnect", "args": "s=file handle, lpOutboundDisconnectData=NULL", "result": -1,
        "error": 10045, "micros": 3}
SOCKET = {"fn": "WSPSocket",
          "args": "af=AF_INET, type=SOCK_STREAM, protocol=IPPROTO_TCP, lpProtocolInfo=entry, g=0, "
          "dwFlags=WSA_FLAG_OVERLAPPED, out.s=s1", "result": "s1", "error": 0, "micros": 9}

needs_compiler = pytest.mark.skipif(COMPILER is None, reason="needs x86_64-w64-mingw32-gcc")


def records(path: Path, calls: list[dict[str, Any]], provider: dict[str, Any] | None = None,
            **fields: Any) -> Path:
    told = {"verdict": "fail", "expected": "SOCKET_ERROR WSAENOTSOCK",
            "observed": "SOCKET_ERROR WSAEOPNOTSUPP",
            "calls": calls} | fields
    lines = run({ENTRY: {CASE: told}})
    lines[1] |= provider or {}
    return write(path, lines)


def made(tmp_path: Path, calls: list[dict[str, Any]], *options: str, **fields: Any) -> str:
    """The program for these calls."""
    out = tmp_path / "x.c"
    assert main(["repro", str(records(tmp_path / "r.jsonl", calls, **fields)), CASE, ENTRY, "-o", str(out),
                 *options]) == 0
    return out.read_text("ascii")


def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], calls: list[dict[str, Any]],
            **fields: Any) -> str:
    """Why there is no program for these calls."""
    out = tmp_path / "x.c"
    assert main(["repro", str(records(tmp_path / "r.jsonl", calls, **fields)), CASE, ENTRY, "-o",
                 str(out)]) == 2
    assert not out.exists()
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def build(source: Path, *options: str) -> Path:
    program = source.with_suffix(".exe")
    done = subprocess.run([str(COMPILER), *options, "-o", str(program), str(source)], capture_output=True,
                          text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return program


def test_arguments_are_taken_apart() -> None:
    assert arguments.split("s=s1, lpBuffers={len=8, buf=hex:00ff..}, optval={l_onoff=1, l_linger=0}") == {
        "s": "s1", "lpBuffers": "{len=8, buf=hex:00ff..}", "optval": "{l_onoff=1, l_linger=0}"}
    assert arguments.inside("{len=8, buf=hex:00ff..}") == {"len": "8", "buf": "hex:00ff.."}
    assert arguments.known_bytes("hex:00ff..") == b"\x00\xff"
    assert arguments.split("") == {}


@given(st.text(max_size=80))
def test_any_arguments_are_taken_apart_or_refused(foreign: str) -> None:
    try:
        pairs = arguments.split(foreign)
    except arguments.NotReplayable:
        return
    assert all(re.fullmatch(r"[A-Za-z_.0-9]+", name) for name in pairs)


@given(st.text(max_size=200))
def test_a_literal_is_one_token_and_a_comment_stays_one(foreign: str) -> None:
    for made_of in (text.literal(foreign), text.bytes_literal(foreign.encode("utf-8", "replace"))):
        assert re.fullmatch(r'"(?:[ !#-\[\]-~]|\\[0-7]{3})*"', made_of) and "?" not in made_of
    assert re.fullmatch(r'L"(?:[ !#-\[\]-~]|\\[0-7]{3}|\\x[0-9a-f]{4}" L")*"', text.wide_literal(foreign))
    commented = text.comment(foreign)
    assert commented.isascii() and not set("\\?\n\r") & set(commented)
    assert "*/" not in commented and "/*" not in commented


def test_the_codes_are_those_of_the_runtime() -> None:
    names = set(re.findall(r"CODE\((\w+)\)", (SOURCES / "runtime.c").read_text("utf-8"))) - {"name"}
    assert names == set(CODES) - {"not written"}


def test_the_head_says_how_to_build_and_what_was_seen(tmp_path: Path) -> None:
    head = made(tmp_path, [FILE]).partition("*/")[0]
    for said in ("x86_64-w64-mingw32-gcc -o x.exe x.c", "cl x.c", "expected:  SOCKET_ERROR WSAENOTSOCK",
                 "observed:  SOCKET_ERROR WSAEOPNOTSUPP", "statement: SD-07", "wine-8.0-x64"):
        assert said in head


def test_nothing_of_the_runtime_stands_there_for_nothing(tmp_path: Path) -> None:
    program = made(tmp_path, [FILE])
    assert "file_handle" in program and "pipe_handle" not in program and "watch_look" not in program


@pytest.mark.parametrize(("calls", "why"), [
    ([], "no calls"),
    ([FILE | {"fn": "WSPSystem"}], "no call that this program knows"),
    ([FILE | {"args": "s=s1, lpOutboundDisconnectData=NULL"}], "does not hold the call that made s1"),
    ([FILE | {"args": "s=system(0), lpOutboundDisconnectData=NULL"}], "is no socket"),
    ([FILE | {"args": 's=0", lpOutboundDisconnectData=NULL'}], "is no socket"),
    ([FILE | {"args": "s=0, lpOutboundDisconnectData={len=8, buf=system(0)}"}], "is no bytes"),
    ([SOCKET | {"args": SOCKET["args"].replace("WSA_FLAG_OVERLAPPED", "system(0)")}], "no constant"),
    ([SOCKET, {"fn": "WSPBind", "args": "s=s1, name={family=AF_IPX, length=14}", "result": 0, "error": 0}],
     "does not hold the address"),
    ([SOCKET,
      {"fn": "WSPConnect", "args": "s=s1, name=127.0.0.1:p7, lpCallerData=NULL", "result": 0, "error": 0}],
     "was not seen before"),
    ([SOCKET, {"fn": "WSPAccept", "args": "s=s1, addrlen=NULL, lpfnCondition=set, out.s=s2", "result": "s2"}],
     "condition function"),
    ([SOCKET, FILE | {"inside": 0}], "inside call 1"),
    ([FILE | {"thread": 100_000}], "thread number"),
    ([SOCKET,
      {"fn": "WSPDuplicateSocket", "args": "s=s1, dwProcessId=another process", "result": 0, "error": 0}],
     "another process"),
])
def test_what_can_not_be_replayed_is_refused_with_the_reason(
        tmp_path: Path, capsys: pytest.CaptureFixture[str], calls: list[dict[str, Any]], why: str) -> None:
    assert why in refused(tmp_path, capsys, calls)


def test_a_layered_provider_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "layered" in refused(tmp_path, capsys, [FILE], provider={"chain": ["bridge.udp4"]})


@pytest.mark.parametrize(("case", "entry"), [(CASE, "no.such"), ("no.such", ENTRY)])
def test_what_is_not_in_the_run_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], case: str,
                                         entry: str) -> None:
    path = records(tmp_path / "r.jsonl", [FILE])
    assert main(["repro", str(path), case, entry, "-o", str(tmp_path / "x.c")]) == 2
    assert '"no.such"' in capsys.readouterr().err


@needs_compiler
def test_hostile_texts_compile_and_stay_texts(tmp_path: Path) -> None:
    evil = "".join(HOSTILE) + '*/ #error "\\\n??/\n??/ " */ %s%n'
    made(tmp_path, [FILE], reason=evil, expected=evil, observed=evil + "; 0", location=evil,
         statements=[evil], provider={"dll": evil[-500:], "guid": evil, "version": evil})
    build(tmp_path / "x.c", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror")


def test_a_case_that_rests_on_a_fault_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = {"verdict": "fail", "calls": [FILE]}
    path = write(tmp_path / "r.jsonl", run({ENTRY: {"send_disconnect.network_down": told}}))
    assert main(["repro", str(path), "send_disconnect.network_down", ENTRY, "-o", str(tmp_path / "x.c")]) == 2
    assert "WspcheckFault" in capsys.readouterr().err


def test_a_path_without_end_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "characters" in refused(tmp_path, capsys, [FILE], provider={"dll": "x" * 10_000})


@needs_compiler
@pytest.mark.parametrize("calls", [
    [FILE], [SOCKET, {"fn": "WSPCloseSocket", "args": "s=s1", "result": 0, "error": 0}],
    [SOCKET | {"thread": 2}, FILE | {"thread": 3}], [FILE | {"result": None, "error": None}],
])
def test_every_program_builds_without_a_warning(tmp_path: Path, calls: list[dict[str, Any]]) -> None:
    made(tmp_path, calls)
    build(tmp_path / "x.c", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror")


REAL = ["send_disconnect.not_socket.file", "send_disconnect.bad_buffer.no_access",
        "send_disconnect.no_protocol_option.connecting", "recv_disconnect.not_connected.fresh",
        "send_disconnect.race"]


@pytest.fixture(scope="module")
def real(wspcheck_exe: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records of the bridge over this system's own Winsock, which fails some cases under Wine."""
    manifest = wspcheck_exe.parent / "bridge.ini"
    if not manifest.is_file():
        pytest.skip(f"no {manifest}: build it first")
    out = tmp_path_factory.mktemp("real") / "bridge.jsonl"
    wspcheck = Wspcheck.find(wspcheck_exe)
    asked = [argument for case in REAL for argument in ("--case", case)]
    with open(os.devnull, "wb") as nothing:
        process = wspcheck.start(["run", *wspcheck.manifests([manifest]), "--provider", ENTRY, "--trace",
                                  "all",
                                  "--jsonl", wspcheck.path(out), "--quiet", *asked], subprocess.DEVNULL,
                                  nothing)
        assert process.wait(300) in (0, 1)
    return out


@needs_compiler
@pytest.mark.skipif(os.name != "nt" and shutil.which("wine") is None, reason="needs wine")
@pytest.mark.parametrize("case", REAL)
def test_the_program_shows_the_recorded_answer(real: Path, wspcheck_exe: Path, tmp_path: Path,
                                               case: str) -> None:
    source = tmp_path / "x.c"
    assert main(["repro", str(real), case, ENTRY, "-o", str(source), "--manifest",
                 str(wspcheck_exe.parent / "bridge.ini")]) == 0
    command = re.search(r"build:\s+(.*)", source.read_text("ascii"))[1].split()  # type: ignore[index]
    subprocess.run(command, cwd=tmp_path, check=True)
    answer = shown(tmp_path / "x.exe")
    observed = next(result.observed for result in load([real], Log())[0].of(ENTRY, case))
    assert re.search(r"^recorded: (.*)$", answer, re.MULTILINE)[1] == observed  # type: ignore[index]
    if observed != "both return":
        assert re.search(r"^here: +(.*)$", answer, re.MULTILINE)[1] == observed  # type: ignore[index]
    assert "answered as recorded" in answer or "The same answer" in answer


@needs_compiler
@pytest.mark.skipif(os.name != "nt" and shutil.which("wine") is None, reason="needs wine")
def test_another_answer_is_called_another_answer(real: Path, wspcheck_exe: Path, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in real.read_text("utf-8").splitlines()]
    for line in lines:
        if line.get("case") == CASE:
            line["observed"] = "SOCKET_ERROR WSAENOTSOCK"
            line["calls"][0]["error"] = 10038
    forged = load([write(tmp_path / "forged.jsonl", lines)], Log())[0]
    source = tmp_path / "x.c"
    dll = Wspcheck.find(wspcheck_exe).path(wspcheck_exe.parent / "bridge.dll")
    source.write_text(program(Subject(forged.record, forged.providers[ENTRY], forged.of(ENTRY, CASE)[0],
                                      dll)), "ascii")
    answer = shown(build(source), 1)
    assert "recorded: SOCKET_ERROR WSAENOTSOCK" in answer and "Another answer" in answer


def shown(program: Path, status: int = 0) -> str:
    """What a program prints. A file takes it: wine's own processes may keep a pipe open."""
    command = Wspcheck.find(program).command
    with (program.parent / "shown").open("w+b") as out:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL,
                              timeout=120,
                              env=os.environ | {"WINEDEBUG": "-all"})
        out.seek(0)
        text = out.read().decode("utf-8").replace("\r\n", "\n")
    assert done.returncode == status, text
    return text
