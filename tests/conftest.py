"""End-to-end tests of wspcheck.exe (of WSPCHECK_EXE, or of the build; under wine where needed)."""

from __future__ import annotations

from pathlib import Path

import pytest

from program import program


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    if not program().is_file() and any(here in item.path.parents for item in items):
        raise pytest.UsageError(f"{program()}: not there; build it (ci/test does) or set WSPCHECK_EXE")


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """Where a run writes its records."""
    return tmp_path / "run.jsonl"
