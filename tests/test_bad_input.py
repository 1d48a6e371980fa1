"""Bad input: wrong use is one line and exit status 2, nothing run; a DLL that is no provider is a verdict."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from program import STREAM, check, command, manifest, program, run

ENTRY = """
[stream]
protocol = a protocol
family = 2
socket_type = 1
protocol_number = 6
service_flags = 0x1a6
"""


def write_manifest(folder: Path, dll: str, more: str = ENTRY) -> Path:
    path = folder / "strange.ini"
    path.write_text("[provider]\nname = strange\n" + f"dll = {dll}\n"
                    "guid = {5b1f7f4e-0000-0000-0000-0000000000ff}\nentries = stream\n" + more, "utf-8")
    return path


@pytest.mark.parametrize(("arguments", "line"), [
    ([], "wspcheck: unknown command '', expected list, show, run, version or help"),
    (["walk"], "wspcheck: unknown command 'walk', expected list, show, run, version or help"),
    (["run", "--jobs", "0"], "wspcheck: --jobs: '0', expected a number from 1 to 64"),
    (["run", "--jobs", "many"], "wspcheck: --jobs: 'many', expected a number from 1 to 64"),
    (["run", "--jobs"], "wspcheck: no value after '--jobs', expected one"),
    (["run", "--timeout=-5"], "wspcheck: --timeout: '-5', expected a number from 100 to 86400000"),
    (["run", "--isolation", "some"], "wspcheck: --isolation: 'some', expected one of shared, case, none"),
    (["run", "--trace", "no"], "wspcheck: --trace: 'no', expected one of failures, all"),
    (["run", "--strict=1"], "wspcheck: unexpected value in '--strict=1', expected the option alone"),
    (["run", "--colour"],
     "wspcheck: unknown argument '--colour', expected an option of this command (see wspcheck help)"),
    (["list", "dogs"], "wspcheck: list: what is 'dogs', expected providers, cases or statements"),
    (["show"], "wspcheck: show: 0 arguments, expected the ID of one case"),
    (["show", "no.case"], "wspcheck: show: no case 'no.case', expected an ID of wspcheck list cases"),
    (["worker"], ""),
])
def test_wrong_use(arguments: list[str], line: str) -> None:
    done = run(*arguments)
    assert (done.status, done.out, done.err.strip()) == (2, "", line)


def is_wrong_use(*arguments: str | Path, records: Path, names: str) -> None:
    done = run("run", *arguments, records=records)
    assert done.status == 2
    assert done.out == ""
    assert len(done.err.splitlines()) == 1
    assert names in done.err
    assert not records.exists()


def test_a_pattern_that_matches_nothing(records: Path) -> None:
    is_wrong_use("--manifest", manifest("loopback"), "--case", "send_disconnect.no_such", records=records,
                 names="send_disconnect.no_such")


def test_an_entry_that_matches_nothing(records: Path) -> None:
    is_wrong_use("--manifest", manifest("loopback"), "--provider", "loopback.strem", records=records,
                 names="loopback.strem")


def test_no_such_manifest(tmp_path: Path, records: Path) -> None:
    is_wrong_use("--manifest", tmp_path / "absent.ini", records=records, names="absent.ini")


@pytest.mark.parametrize(("more", "names"), [
    (ENTRY.replace("family = 2\n", ""), "family"),
    (ENTRY.replace("family = 2", "family = two"), "family"),
    (ENTRY + "colour = red\n", "colour"),
    (ENTRY + "[unlisted]\n", "unlisted"),
    (ENTRY + "over = strange.stream\n", "over"),
])
def test_a_manifest_that_makes_no_sense(tmp_path: Path, records: Path, more: str, names: str) -> None:
    is_wrong_use("--manifest", write_manifest(tmp_path, "loopback.dll", more), records=records, names=names)


def test_records_that_cannot_be_written(tmp_path: Path) -> None:
    done = run("run", "--manifest", manifest("loopback"), "--jsonl", tmp_path / "absent" / "run.jsonl")
    assert done.status == 2
    assert done.out == ""
    assert len(done.err.splitlines()) == 1
    assert "run.jsonl" in done.err


@pytest.mark.skipif(os.name == "nt", reason="needs /dev/full")
def test_a_full_disk() -> None:
    done = run("run", "--manifest", manifest("loopback"), *STREAM, "--case", "selftest.passes", "--jsonl",
               "/dev/full")
    assert done.status == 3
    assert len(done.err.splitlines()) == 1
    assert "full" in done.err


def test_a_closed_pipe(records: Path) -> None:
    """Nobody reads stdout any more: the run ends, and what was judged stays on disk."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(command("run", "--manifest", manifest("loopback"), *STREAM, "--case",
                                      "selftest.fails", "--jsonl", records), stdin=subprocess.DEVNULL,
                              stdout=writer, stderr=subprocess.PIPE, timeout=60)
    finally:
        os.close(writer)
    assert done.returncode == 3
    assert b'"selftest.fails"' in records.read_bytes()


@pytest.mark.parametrize(("dll", "red"), [
    ("absent.dll", "provider.path provider.loads"),
    ("text.dll", "provider.loads"),
    ("foreign.dll", "provider.loads"),
    ("nostartup.dll", "provider.exports"),
])
def test_no_provider_is_a_verdict(tmp_path: Path, records: Path, dll: str, red: str) -> None:
    (tmp_path / "text.dll").write_text("this is no DLL\n")
    nostartup = (program().parent / "nostartup.dll").read_bytes()
    (tmp_path / "foreign.dll").write_bytes(of_other_bitness(nostartup))
    (tmp_path / "nostartup.dll").write_bytes(nostartup)
    done = run("run", "--manifest", write_manifest(tmp_path, dll), records=records)
    fails = [case for case, verdict in done.verdicts.items() if verdict == "fail"]
    assert done.status == 1
    assert len(fails) == 1 and fails[0] in red.split()
    assert set(done.verdicts.values()) <= {"fail", "pass", "unreached", "skip"}
    unreached = [result for result in done.of("result") if result["verdict"] == "unreached"]
    assert unreached
    assert all(result["reason"].startswith(f"{fails[0]}: ") for result in unreached)


def of_other_bitness(image: bytes) -> bytes:
    """The same PE image with the machine of its header turned from x64 to x86, or the other way round."""
    at = int.from_bytes(image[0x3C:0x40], "little") + 4
    machine = {b"\x64\x86": b"\x4c\x01", b"\x4c\x01": b"\x64\x86", b"\x64\xaa": b"\x4c\x01"}[image[at:at + 2]]
    return image[:at] + machine + image[at + 2:]


def test_a_name_from_a_file_reaches_a_terminal_as_text(tmp_path: Path, records: Path) -> None:
    done = check("--case", "selftest.fails", "--environment", "a\x1b[31mb%s\u202e", records=records)
    assert done.records[0]["environment"] == "a\x1b[31mb%s\u202e"
    assert "\x1b" not in done.out
