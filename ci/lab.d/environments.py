"""Environment files: what a system to run on is, and where it comes from.

ci/environments/README.md describes the format.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ALL = frozenset({"title", "kind", "preset"})
REQUIRED = {
    "debian": ALL | {"suite", "architecture", "packages", "wine", "wineserver", "disk"},
    "local": ALL | {"wine", "wineserver", "disk"},
    "windows": ALL,
}
OPTIONAL = {"debian": frozenset({"tree", "mirror", "keyring"})}
DEBIAN_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PRESET = re.compile(r"[a-z]+-(x64|x86|arm64)")


class Bad(ValueError):
    """An environment file that makes no sense: what, where, what was expected."""


@dataclass(frozen=True)
class Environment:
    name: str
    title: str
    kind: str
    preset: str
    tree: str
    suite: str = ""
    architecture: str = ""
    packages: tuple[str, ...] = ()
    wine: str = ""
    wineserver: str = ""
    disk: int = 0
    mirror: str = ""
    keyring: str = DEBIAN_KEYRING

    @property
    def arch(self) -> str:
        return self.preset.rpartition("-")[2]

    @property
    def recipe(self) -> tuple[str, ...]:
        """What decides how the tree looks: the same for all environments that share it."""
        return (self.kind, self.suite, self.architecture, *self.packages, self.wine, self.wineserver,
                self.keyring)


@dataclass(frozen=True)
class Broken:
    """A file that can't be used: it costs its own row."""

    name: str
    reason: str


def read(path: Path) -> Environment:
    """The environment that a file describes. Raises Bad."""
    values: dict[str, str] = {}
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Bad(f"{path.name}: {error}, expected a text file in UTF-8") from None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        key, equals, value = line.partition("=")
        if not equals or not value or key != key.strip() or value != value.strip():
            raise Bad(f"{path.name}:{number}: '{line}', expected KEY=value without spaces around either")
        if key in values:
            raise Bad(f"{path.name}:{number}: '{key}' once more, expected each key once")
        values[key] = value
    return _checked(path.name, values)


def _checked(name: str, values: dict[str, str]) -> Environment:
    kind = values.get("kind", "")
    if kind not in REQUIRED:
        raise Bad(f"{name}: kind is '{kind}', expected {', '.join(REQUIRED)}")
    if missing := sorted(REQUIRED[kind] - values.keys()):
        raise Bad(f"{name}: no {missing[0]}, expected {', '.join(sorted(REQUIRED[kind]))} for kind={kind}")
    if unknown := sorted(values.keys() - REQUIRED[kind] - OPTIONAL.get(kind, frozenset())):
        raise Bad(f"{name}: '{unknown[0]}', which kind={kind} does not know")
    if not _PRESET.fullmatch(values["preset"]):
        raise Bad(f"{name}: preset is '{values['preset']}', expected a name like mingw-x64")
    tree = values.get("tree", name)
    if not _NAME.fullmatch(tree):
        raise Bad(f"{name}: tree is '{tree}', expected letters, digits, '.', '_' and '-'")
    disk = values.get("disk", "0")
    if not re.fullmatch(r"[0-9]{1,9}", disk):
        raise Bad(f"{name}: disk is '{disk}', expected a number of MB")
    given = {key: value for key, value in values.items() if key not in ("tree", "disk", "packages")}
    packages = tuple(values.get("packages", "").split())
    return Environment(name=name, tree=tree, disk=int(disk), packages=packages, **given)


def load(folder: Path) -> list[Environment | Broken]:
    """All environments of a folder by name. Raises Bad if there is no such folder."""
    if not folder.is_dir():
        raise Bad(f"{folder}: no such folder, expected one with environment files")
    found: list[Environment | Broken] = []
    trees: dict[str, Environment] = {}
    for path in sorted(folder.iterdir()):
        if not _NAME.fullmatch(path.name) or path.suffix == ".md" or not path.is_file():
            continue
        try:
            environment = read(path)
            first = trees.setdefault(environment.tree, environment)
            if environment.recipe != first.recipe:
                raise Bad(f"{path.name}: shares the tree '{first.tree}' with {first.name}, "
                          "expected the same suite, packages and programs as there")
            found.append(environment)
        except Bad as error:
            found.append(Broken(path.name, str(error)))
    return found


def select(known: list[Environment | Broken], names: list[str]) -> list[Environment | Broken]:
    """The environments of these names, or all that can run here. Raises Bad for an unknown name."""
    if not names:
        return [one for one in known if isinstance(one, Broken) or one.kind != "windows"]
    by_name = {one.name: one for one in known}
    for name in names:
        if name not in by_name:
            expected = ", ".join(by_name) or "(none at all)"
            raise Bad(f"'{name}': no such environment, expected one of {expected}")
    return [by_name[name] for name in dict.fromkeys(names)]
