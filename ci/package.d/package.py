"""Puts what was built into a zip for vendors, and wspmatrix into a wheel. Called by ci/package.

package.py FOLDER PRESET...
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
TRIPLETS = {"x64": "x86_64-w64-mingw32", "x86": "i686-w64-mingw32"}
PROGRAMS = (".exe", ".dll")
DATA = (".ini", ".json")
LICENCES = {
    "cmocka.txt": ROOT / "build/deps/src/cmocka/COPYING",
    "cjson.txt": ROOT / "build/deps/src/cjson/LICENSE",
    "inih.txt": ROOT / "build/deps/src/inih/LICENSE.txt",
    "mingw-w64.txt": Path("/usr/share/doc/mingw-w64-x86-64-dev/copyright"),
}
"""Of what is linked into the programs."""
FIRST_YEAR = 1980
"""A zip knows no time before it."""


class Failed(Exception):
    """What could not be packed: what, where, what was expected."""


def version() -> str:
    """The version of the programs, without the commit."""
    header = (ROOT / "build/mingw-x64/generated/version.h").read_text("utf-8")
    found = re.search(r'WSPCHECK_VERSION "([0-9.]+)', header)
    if not found:
        raise Failed("version.h: no WSPCHECK_VERSION with a number")
    return found[1]


def built(preset: str) -> list[Path]:
    """What the build puts into bin/. What lies there and is not built any more is not handed out."""
    tree = ROOT / "build" / preset
    targets = subprocess.run(["ninja", "-C", str(tree), "-t", "targets", "all"], check=True,
                             capture_output=True, text=True).stdout
    names = {match[1] for match in re.finditer(r"^(?:\S*/)?bin/([^/:]+): (?!phony)", targets, re.MULTILINE)}
    return [tree / "bin" / name for name in sorted(names) if Path(name).suffix in PROGRAMS + DATA]


def stripped(program: Path, arch: str) -> bytes:
    """A program without symbols and debug information; where its code lies is not changed by that.

    Debian's strip takes the time in the file's header from SOURCE_DATE_EPOCH.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / program.name
        subprocess.run([f"{TRIPLETS[arch]}-strip", "--strip-all", "-o", str(copy), str(program)], check=True)
        return copy.read_bytes()


def contents(presets: list[str]) -> dict[str, bytes]:
    """Every file of the zip by its name."""
    files = {"README.md": (ROOT / "README.md").read_bytes(), "LICENSE": (ROOT / "LICENSE").read_bytes()}
    for header in sorted((ROOT / "include").glob("*.h")):
        files[f"include/{header.name}"] = header.read_bytes()
    for name, path in LICENCES.items():
        files[f"licenses/{name}"] = path.read_bytes()
    for preset in presets:
        arch = preset.rpartition("-")[2]
        for path in built(preset):
            files[f"{arch}/{path.name}"] = (
                stripped(path, arch) if path.suffix in PROGRAMS else path.read_bytes())
    return files


def write_zip(path: Path, top: str, files: dict[str, bytes], seconds: int) -> None:
    """The same files give the same bytes: in the order of their names, all with one time and one mode."""
    moment = datetime.fromtimestamp(seconds, UTC)
    time = moment.timetuple()[:6] if moment.year >= FIRST_YEAR else (FIRST_YEAR, 1, 1, 0, 0, 0)
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(str(PurePosixPath(top, name)), time)
            info.create_system = 3
            info.external_attr = (0o100755 if name.endswith(".exe") else 0o100644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, files[name], compresslevel=9)


def copy_runners(to: Path) -> None:
    """The sources of the wheel, apart from the checkout (setuptools writes beside them), all with one mode."""
    shutil.copytree(ROOT / "runners/wspmatrix", to / "wspmatrix", copy_function=shutil.copyfile,
                    ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "runners/pyproject.toml", to / "pyproject.toml")
    shutil.copyfile(ROOT / "LICENSE", to / "LICENSE")
    for path in to.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def write_wheel(folder: Path) -> Path:
    """A wheel of wspmatrix; setuptools takes its times from SOURCE_DATE_EPOCH."""
    with tempfile.TemporaryDirectory() as work:
        copy_runners(Path(work))
        code = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
        done = subprocess.run([sys.executable, "-c", code, work], cwd=work, umask=0o022,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"wspmatrix: setuptools makes no wheel of it:\n{done.stdout}{done.stderr}")
        name = done.stdout.strip().splitlines()[-1]
        return Path(shutil.copyfile(Path(work) / name, folder / name))


def main() -> int:
    folder, presets = Path(sys.argv[1]), sys.argv[2:]
    try:
        seconds = int(os.environ["SOURCE_DATE_EPOCH"])
    except (KeyError, ValueError):
        print("SOURCE_DATE_EPOCH: expected seconds since 1970", file=sys.stderr)
        return 2
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in (*folder.glob("wspcheck-*.zip"), *folder.glob("wspmatrix-*.whl")):
            old.unlink()
        top = f"wspcheck-{version()}"
        archive = folder / f"{top}.zip"
        write_zip(archive, top, contents(presets), seconds)
        wheel = write_wheel(folder)
    except (Failed, OSError, subprocess.CalledProcessError) as error:
        print(f"ci/package: {error}", file=sys.stderr)
        return 1
    print(archive, wheel, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
