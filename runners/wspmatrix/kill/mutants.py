"""The mutants, as the build lists them beside their manifests, and the cases, as wspcheck lists them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONTROL = "none"
"""The reference without a fault, under the same manifest: nothing may be red."""


class TableError(ValueError):
    """The table of mutants can't be used; says where, what, and what was expected."""


@dataclass(frozen=True)
class Mutant:
    name: str
    statement: str
    shows: str
    """The verdict that the fault deserves: fail, crash or hang; pass for the control."""
    place: str
    """Where the fault is: send or recv (only that call of the pair is another), table or startup (any may
    be), none."""
    description: str
    entries: Mapping[str, str]
    """The entries of it, and the base entry of the reference that each stands for."""

    @property
    def is_control(self) -> bool:
        """Each table has one."""
        return self.name == CONTROL


@dataclass(frozen=True)
class Case:
    name: str
    statements: tuple[str, ...]
    survives: str
    """The written reason why no mutant can be killed by it, "" for most."""


def _mutant(item: Any, where: str) -> Mutant:
    try:
        entries = {entry["entry"]: entry["base"] for entry in item["entries"]}
        mutant = Mutant(item["name"], item["statement"], item["shows"], item["place"], item["description"],
                        entries)
    except (KeyError, TypeError) as error:
        raise TableError(f"{where}: {error!r}; expected name, statement, shows, place, "
                         "description and entries") from None
    if mutant.shows not in ("pass", "fail", "crash", "hang"):
        raise TableError(f"{where}: shows {mutant.shows!r}; expected fail, crash or hang")
    return mutant


def read(path: Path) -> list[Mutant]:
    """One table as the build writes it, such as faulty.json."""
    try:
        items = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise TableError(
            f"{path.name}: {error}; expected the table of mutants that the build writes") from None
    if not isinstance(items, list):
        raise TableError(f"{path.name}: no array; expected one of mutants")
    mutants = [_mutant(item, f"{path.name}: mutant {number}") for number, item in enumerate(items, 1)]
    if len({mutant.name for mutant in mutants}) != len(mutants):
        raise TableError(f"{path.name}: a mutant is listed twice; expected each once")
    return mutants


def read_all(folder: Path) -> list[Mutant]:
    """All tables of a folder: of the reference and, where the build made some, of what stands on it."""
    found: dict[str, Mutant] = {}
    everyone: list[Mutant] = []
    for path in sorted({folder / "faulty.json", *folder.glob("faulty_*.json")}):
        for mutant in read(path):
            if mutant.name in found and not mutant.is_control:
                raise TableError(f"{path.name}: mutant {mutant.name}: another table has it too; "
                                 "expected each name once")
            found[mutant.name] = mutant
            everyone.append(mutant)
    _check_bases(everyone)
    return everyone


def _check_bases(everyone: Iterable[Mutant]) -> None:
    """A mutant is compared with the control of the same base."""
    controls: dict[str, str] = {}
    for mutant in everyone:
        for entry, base in mutant.entries.items():
            if mutant.is_control and controls.setdefault(base, entry) != entry:
                raise TableError(f"{entry}: {controls[base]} is a control of {base} too; expected one")
    for mutant in everyone:
        for entry, base in mutant.entries.items():
            if base not in controls:
                raise TableError(f"{entry}: no control stands for {base}; expected one of "
                                 + ", ".join(sorted(controls)))


def cases(items: Iterable[Mapping[str, Any]]) -> list[Case]:
    """Of `wspcheck list cases --json`, those that an ordinary run performs."""
    return [Case(item["case"], tuple(item["statements"]), item.get("survives", ""))
            for item in items if not item["case"].startswith("selftest.")]
