"""The release package as a stranger uses it, from a folder with spaces: the zip on Windows, the wheel in a virtual
environment of its own."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from program import ROOT, read_records

BOUND = 900  # seconds for a build of everything on a busy machine
ARCHS = {"x64": 0x8664, "x86": 0x014C}
SYSTEM_DLLS = {"advapi32.dll", "bcrypt.dll", "kernel32.dll", "msvcrt.dll", "ntdll.dll", "psapi.dll", "user32.dll",
               "version.dll", "ws2_32.dll"}
MB = 1_000_000
EPOCH = "1700000001"  # an odd second: a zip knows only even ones

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="the package is made on Debian"),
    pytest.mark.xdist_group("package"),
]


def package(folder: Path, umask: int = 0o022) -> dict[str, Path]:
    """What ci/package writes into a folder, by suffix."""
    done = subprocess.run([ROOT / "ci/package", folder], env=os.environ | {"SOURCE_DATE_EPOCH": EPOCH}, umask=umask,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=BOUND)
    assert done.returncode == 0, done.stderr[-3000:]
    assert [Path(line) for line in done.stdout.splitlines()] == sorted(folder.iterdir())
    return {path.suffix: path for path in folder.iterdir()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return package(tmp_path_factory.mktemp("handed out") / "to you")


@pytest.fixture(scope="module")
def unpacked(made: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the zip unpacks to."""
    to = tmp_path_factory.mktemp("a vendor's folder")
    with zipfile.ZipFile(made[".zip"]) as archive:
        archive.extractall(to)
    (top,) = to.iterdir()
    return top


def programs(folder: Path) -> list[Path]:
    found = [path for path in folder.iterdir() if path.suffix in (".exe", ".dll")]
    assert found
    return found


def wspcheck(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([os.environ.get("WINE", "wine"), str(folder / "x64/wspcheck.exe"), *arguments], timeout=120,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8", cwd=folder)


def headers(program: Path) -> str:
    return subprocess.run(["objdump", "-x", str(program)], capture_output=True, text=True, check=True).stdout


def test_the_zip_has_what_a_vendor_needs_in_one_folder(unpacked: Path) -> None:
    assert unpacked.name == "wspcheck-" + wspmatrix_version()
    for arch in ARCHS:
        here = unpacked / arch
        assert (here / "wspcheck.exe").stat().st_size < MB
        for name in ("loopback", "bridge", "relay", "faulty", "hostile", "probe"):
            assert (here / f"{name}.dll").is_file() and (here / f"{name}.ini").is_file(), name
        dlls = {re.search(r"^dll = (.+)$", path.read_text("utf-8"), re.MULTILINE)[1]  # type: ignore[index]
                for path in here.glob("*.ini")}
        assert {name for name in dlls if not (here / name).is_file()} == set()
    assert {path.name for path in (unpacked / "x64").iterdir()} == {path.name for path in (unpacked / "x86").iterdir()}
    assert (unpacked / "include/wspcheck_fault.h").read_bytes() == (ROOT / "include/wspcheck_fault.h").read_bytes()
    assert (unpacked / "README.md").is_file()


def test_every_licence_of_what_is_linked_is_there(unpacked: Path) -> None:
    assert "MIT License" in (unpacked / "LICENSE").read_text("utf-8")
    said = {path.stem: path.read_text("utf-8") for path in (unpacked / "licenses").iterdir()}
    assert set(said) == {"cmocka", "cjson", "inih", "mingw-w64"}
    assert "Apache License" in said["cmocka"] and "Dave Gamble" in said["cjson"] and "Ben Hoyt" in said["inih"]


@pytest.mark.parametrize("arch", ARCHS)
def test_programs_need_nothing_that_windows_lacks(unpacked: Path, arch: str) -> None:
    own = {path.name.lower() for path in programs(unpacked / arch)}
    for program in programs(unpacked / arch):
        said = headers(program)
        needed = {name.lower() for name in re.findall(r"DLL Name: (\S+)", said)}
        assert needed <= SYSTEM_DLLS | own, program.name
        assert not re.search(r"\.debug_", said) and "no symbols" in said.lower(), program.name


@pytest.mark.parametrize("arch", ARCHS)
def test_programs_are_of_their_architecture(unpacked: Path, arch: str) -> None:
    for program in programs(unpacked / arch):
        image = program.read_bytes()
        (at,) = struct.unpack_from("<I", image, 0x3C)
        assert image[at:at + 4] == b"PE\0\0" and struct.unpack_from("<H", image, at + 4) == (ARCHS[arch],)


def test_no_path_of_this_machine_is_in_it(unpacked: Path) -> None:
    places = [str(ROOT).encode(), str(Path.home()).encode() + b"/"]
    assert [path.name for path in unpacked.rglob("*") if path.is_file()
            for place in places if place in path.read_bytes()] == []


def test_it_runs_where_it_was_unpacked(unpacked: Path, tmp_path: Path) -> None:
    assert wspcheck(unpacked, "version").stdout.startswith(f"wspcheck {wspmatrix_version()}")
    listed = wspcheck(unpacked, "list", "providers", "--manifest", "x64/loopback.ini", "--json")
    assert listed.returncode == 0 and len(json.loads(listed.stdout)) == 4
    records = tmp_path / "run.jsonl"
    done = wspcheck(unpacked, "run", "--manifest", "x64/loopback.ini", "--case", "send_disconnect.not_socket", "--jsonl", str(records))
    assert done.returncode == 0, done.stdout + done.stderr
    results = [record for record in read_records(records) if record["record"] == "result"]
    assert results and {record["verdict"] for record in results} <= {"pass", "skip"}


def test_a_crash_is_told_by_module_and_offset_without_symbols(unpacked: Path, tmp_path: Path) -> None:
    records = tmp_path / "run.jsonl"
    done = wspcheck(unpacked, "run", "--manifest", "x64/hostile.ini", "--provider", "hostile.send_access_violation",
                    "--case", "send_disconnect.not_connected", "--jsonl", str(records))
    assert done.returncode == 1
    crashes = [record["crash"] for record in read_records(records) if record.get("verdict") == "crash"]
    assert crashes and all(crash["module"] == "hostile.dll" and crash["offset"] for crash in crashes)


def test_made_again_it_is_the_same_bytes(made: dict[str, Path], tmp_path: Path) -> None:
    again = package(tmp_path / "again", umask=0o077)
    assert {path.name: digest(path) for path in again.values()} == {
        path.name: digest(path) for path in made.values()}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_sources_that_lie_elsewhere_give_the_same_program(unpacked: Path, tmp_path: Path) -> None:
    """One DLL of many, to be quick: all are compiled with the same options."""
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    for name in ("CMakeLists.txt", "cmake", "suite", "fixtures", "include", "tests"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, elsewhere / name)
    shutil.copyfile(ROOT / "CMakePresets.json", elsewhere / "CMakePresets.json")
    for command in (["cmake", "--preset", "mingw-x64", f"-DCMAKE_PREFIX_PATH={ROOT}/build/deps/x64"],
                    ["cmake", "--build", "--preset", "mingw-x64", "--target", "loopback"]):
        done = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, timeout=BOUND)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    built, stripped = elsewhere / "build/mingw-x64/bin/loopback.dll", tmp_path / "loopback.dll"
    subprocess.run(["x86_64-w64-mingw32-strip", "--strip-all", "-o", stripped, built], check=True,
                   env=os.environ | {"SOURCE_DATE_EPOCH": EPOCH})
    assert digest(stripped) == digest(unpacked / "x64/loopback.dll")


def wspmatrix_version() -> str:
    """Of the runners; the programs' must be the same."""
    (version,) = re.findall(r'__version__ = "([^"]+)"', (ROOT / "runners/wspmatrix/__init__.py").read_text("utf-8"))
    return str(version)


@pytest.fixture(scope="module")
def installed(made: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new virtual environment with the wheel in it; what it depends on is this system's."""
    place = tmp_path_factory.mktemp("my environments") / "the new one"
    subprocess.run([sys.executable, "-m", "venv", "--system-site-packages", place], check=True, timeout=BOUND)
    done = subprocess.run([place / "bin/python", "-m", "pip", "install", "--no-index", "--disable-pip-version-check",
                           made[".whl"]], capture_output=True, text=True, timeout=BOUND)
    assert done.returncode == 0, done.stdout + done.stderr
    return place / "bin"


def away(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The installed wspmatrix, from a folder of no meaning and without this checkout on its path."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run([installed / "wspmatrix", *arguments], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=300)


def test_the_wheel_carries_every_file_of_the_package(made: dict[str, Path]) -> None:
    files = {str(path.relative_to(ROOT / "runners")) for path in (ROOT / "runners/wspmatrix").rglob("*")
             if path.is_file() and "__pycache__" not in path.parts}
    with zipfile.ZipFile(made[".whl"]) as wheel:
        assert {name for name in wheel.namelist() if ".dist-info/" not in name} == files


def test_wspmatrix_is_a_command_where_it_is_installed(installed: Path, tmp_path: Path) -> None:
    assert away(installed, tmp_path, "--version").stdout.split() == ["wspmatrix", wspmatrix_version()]
    where = subprocess.run([installed / "python", "-c", "import wspmatrix; print(wspmatrix.__file__)"], cwd=tmp_path,
                           env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=60)
    assert where.stdout.startswith(str(installed.parent))


def test_the_installed_wspmatrix_runs_the_unpacked_wspcheck(installed: Path, unpacked: Path, tmp_path: Path) -> None:
    done = away(installed, tmp_path, "run", str(unpacked / "x64/loopback.ini"), "--wspcheck",
                str(unpacked / "x64/wspcheck.exe"), "--environment", "here", "--case", "send_disconnect.not_socket", "-o", "out")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "loopback.stream" in (tmp_path / "out/index.html").read_text("utf-8")
    for arguments in (("report", "out/here.jsonl", "--format", "junit", "-o", "junit.xml"),
                      ("diff", "out", "out"), ("gate", "out/here.jsonl")):
        done = away(installed, tmp_path, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
