"""Where the runners are, and the world of a fake wspcheck: its manifests, and what it was started with."""

from __future__ import annotations

import json
from pathlib import Path

RUNNERS = Path(__file__).resolve().parents[1]
ROOT = RUNNERS.parent


def manifest(name: str, sections: list[str]) -> str:
    head = (f"[provider]\nname = {name}\ndll = {name}.dll\nguid = {{5b1f7f4e-0000-0000-0000-000000000001}}\n"
            f"entries = {', '.join(sections)}\n")
    return head + "".join(
        f"[{section}]\nprotocol = a protocol\nfamily = 2\nsocket_type = 1\nprotocol_number = 6\n"
                          "service_flags = 0x1a6\n" for section in sections)


def starts(program: Path) -> list[list[str]]:
    """The arguments of every start of a fake wspcheck."""
    return [json.loads(line) for line in (program.parent / "starts").read_text("utf-8").splitlines()]
