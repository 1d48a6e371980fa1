from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from wspmatrix_world import ROOT, RUNNERS, manifest

sys.path.insert(0, str(RUNNERS))

pytest_plugins = ["pytester"]

# How long an example takes says nothing on a busy machine; what is found must be found again.
settings.register_profile("wspmatrix", deadline=None, derandomize=True, max_examples=200)
settings.load_profile("wspmatrix")


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Makes a wspcheck that answers what it is told to (fake_wspcheck.py), its manifests beside it."""
    def make(entries: dict[str, dict[str, Any]], **world: Any) -> Path:
        folder = tmp_path / "a bin"
        folder.mkdir(exist_ok=True)
        program = folder / "wspcheck"
        source = (RUNNERS / "tests" / "fake_wspcheck.py").read_text("utf-8")
        program.write_text(f"#!{sys.executable}\n{source}", "utf-8")
        program.chmod(0o755)
        log = folder / "starts"
        log.write_text("")
        (folder / "world.json").write_text(json.dumps({"entries": entries, "log": str(log)} | world))
        monkeypatch.setenv("FAKE_WSPCHECK", str(folder / "world.json"))
        monkeypatch.setenv("PYTHONPATH", str(RUNNERS))
        for name in ("loopback", "bridge"):
            sections = [entry.split(".")[1] for entry in entries if entry.startswith(f"{name}.")]
            if sections:
                (folder / f"{name}.ini").write_text(manifest(name, sections), "utf-8")
        return program
    return make


@pytest.fixture(scope="session")
def wspcheck_exe() -> Path:
    """The real thing: WSPCHECK_EXE, or what the build made."""
    path = Path(os.environ.get("WSPCHECK_EXE") or ROOT / "build" / "mingw-x64" / "bin" / "wspcheck.exe")
    if not path.is_file():
        pytest.skip(f"no {path}: build it first, or set WSPCHECK_EXE")
    return path
