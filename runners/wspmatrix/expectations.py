"""Expectations: results that are known to be other than a pass, each with its answer and the reason.

A name matches a pattern as a whole: * is any text, ? any one character, everything else itself (entries may
be called "MSAFD Tcpip [TCP/IP]"). A case does not take the rows below it: an expectation covers what it says.
"""

from __future__ import annotations

import datetime
import fnmatch
import functools
import json
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from .text import printable, quoted, short
from .toml import key_line, table_lines
from .verdicts import ENDED_WELL

DEFAULT = Path("results/expectations")
MAX_MISTAKES = 20
_TABLE = "expectation"


class ExpectationError(ValueError):
    """Expectations that can't be used: a line for each mistake, with file, line and what was expected."""


@dataclass(frozen=True, slots=True, eq=False)
class Expectation:
    environments: tuple[str, ...]
    entries: tuple[str, ...]
    cases: tuple[str, ...]
    verdict: str
    observed: str
    reason: str
    owner: str
    link: str | None
    until: datetime.date | None
    file: Path
    line: int
    sometimes: bool = False
    """Whether it comes and goes: the runs in which the case ends well are as expected too."""

    @property
    def place(self) -> str:
        return f"{short(str(self.file), 300)}:{self.line}"

    def describes(self, verdict: str, observed: str) -> bool:
        """Whether it is this answer that is expected, to the letter."""
        return (self.verdict, self.observed) == (verdict, observed)

    def met_by(self, verdict: str, observed: str) -> bool:
        """Whether this answer is no news: the one expected, or a good end of what happens only sometimes."""
        return self.describes(verdict, observed) or self.sometimes and verdict in ENDED_WELL

    def says(self) -> str:
        return f"{self.verdict} {quoted(self.observed, 200)}{' sometimes' if self.sometimes else ''}"

    def expired(self, today: datetime.date) -> bool:
        """Whether its last day is over."""
        return self.until is not None and self.until < today

    def why(self) -> str:
        """The reason in one line, with all that helps to find more."""
        until = f", until {self.until}" if self.until else ""
        link = f", {printable(self.link)}" if self.link else ""
        sometimes = "; not in every run" if self.sometimes else ""
        return f"{short(self.reason, 300)}{sometimes} ({short(self.owner)}{until}{link})"


class Column:
    """The expectations that may match the results of one entry in one environment."""

    def __init__(self, environment: str, entry: str, expectations: tuple[Expectation, ...],
                 by_case: dict[str, tuple[Expectation, ...]]) -> None:
        self.all = expectations
        self._name = f"{quoted(environment)} {quoted(entry)}"
        self._by_case = by_case

    def of(self, case: str) -> Expectation | None:
        """The expectation of a case. That two of them match it with different answers is an error."""
        found = self._by_case.get(case)
        if found is None:
            found = tuple(expectation for expectation in self.all if _any(expectation.cases, case))
            self._by_case[case] = found
        for other in found[1:]:
            first = found[0]
            if (not other.describes(first.verdict, first.observed)
                    or other.sometimes != first.sometimes):
                raise ExpectationError(
                    f"{other.place}: says {other.says()} of {self._name} {quoted(case)}, "
                    f"{first.place} says {first.says()}; expected one answer")
        # Of two that agree the one that holds longest counts, or a forgotten date would end an open one.
        return max(found, key=lambda expectation: expectation.until or datetime.date.max, default=None)


class Expectations:
    """All that is expected, from any number of files."""

    def __init__(self, expectations: Iterable[Expectation] = ()) -> None:
        self.all = list(expectations)
        self._columns: dict[tuple[str, str], Column] = {}
        self._by_case: dict[tuple[Expectation, ...], dict[str, tuple[Expectation, ...]]] = {}

    def column(self, environment: str, entry: str) -> Column:
        key = (environment, entry)
        if key not in self._columns:
            found = tuple(expectation for expectation in self.all
                          if _any(expectation.environments, environment) and _any(expectation.entries, entry))
            # Columns with the same expectations share what was found out about their cases.
            self._columns[key] = Column(environment, entry, found, self._by_case.setdefault(found, {}))
        return self._columns[key]


def load(paths: Iterable[Path]) -> Expectations:
    """Reads files, and the *.toml of folders. All mistakes of all files are told at once."""
    found: list[Expectation] = []
    mistakes: list[str] = []
    for path in paths:
        files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
        for file in files:
            try:
                found += _read(file)
            except ExpectationError as error:
                mistakes += str(error).split("\n")
    if mistakes:
        more = len(mistakes) - MAX_MISTAKES
        rest = [f"{more} more mistakes like these"] if more > 0 else []
        raise ExpectationError("\n".join(mistakes[:MAX_MISTAKES] + rest))
    return Expectations(found)


def _read(file: Path) -> list[Expectation]:
    name = short(str(file), 300)
    try:
        text = file.read_bytes().decode("utf-8")
        document = tomllib.loads(text)
    except OSError as error:
        raise ExpectationError(f"{name}: {error.strerror}; expected a file of expectations") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ExpectationError(f"{name}:{line}: byte 0x{error.object[error.start]:02x} is not UTF-8; "
                               "expected TOML in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ExpectationError(_of_tomllib(name, text, str(error))) from None
    except RecursionError:
        raise ExpectationError(f"{name}: nested too deeply; expected [[expectation]] tables") from None
    text = text.replace("\r\n", "\n")
    _check(name, text, document)
    return [_expectation(file, line, table)
            for line, table in zip(table_lines(text, _TABLE), document.get(_TABLE, []), strict=True)]


def _of_tomllib(name: str, text: str, message: str) -> str:
    """Its message in our form; it says "(at line 3, column 7)" or "(at end of document)" at the end."""
    what, _, where = message.rpartition(" (at ")
    found = re.match(r"line (\d+), column (\d+)\)", where)
    line = int(found.group(1)) if found else text.count("\n") + 1
    return f"{name}:{line}: {short(what or message, 200)}; expected TOML"


def _check(name: str, text: str, document: dict[str, Any]) -> None:
    tables = table_lines(text, _TABLE)
    errors = list(_validator().iter_errors(_plain(document)))
    if errors:
        mistakes = sorted({_mistake(text, tables, error) for error in errors})
        raise ExpectationError("\n".join(f"{name}:{line}: {told}" if line else f"{name}: {told}"
                                         for line, told in mistakes))
    if len(tables) != len(document[_TABLE]):
        raise ExpectationError(f"{name}: expectations in a list; expected [[expectation]] before each")


def _mistake(text: str, tables: list[int], error: Any) -> tuple[int, str]:
    """A mistake that the schema found: its line, 0 if it has none, and what is wrong."""
    path = list(error.absolute_path)
    line = tables[path[1]] if len(path) > 1 and isinstance(path[1], int) and path[1] < len(tables) else 0
    expected = error.schema.get("description", "another value")
    if error.validator == "additionalProperties":
        key = next(key for key in error.instance if key not in error.schema["properties"])
        what = f"{quoted(key)} is not known"
        line = key_line(text, line, key)
    elif error.validator == "required":
        key = next(key for key in error.validator_value if key not in error.instance)
        what = f"{key} is not there" if line else "no expectation in it"
    elif len(path) > 2:
        key = str(path[2])
        line = key_line(text, line, key)
        empty = isinstance(error.instance, str) and not error.instance.strip()
        what = f"{key} is {'empty' if empty else quoted(error.instance)}"
        expected = error.schema.get("description") or _definition(key)
    else:
        what = f"{_TABLE} is {quoted(error.instance)}"
    return line, f"{what}; expected {expected}"


def _definition(key: str) -> str:
    definitions = _schema()["$defs"]
    of_key = definitions[_TABLE]["properties"].get(key, {})
    return str(of_key.get("description") or definitions["pattern"]["description"])


def _plain(value: Any) -> Any:
    """The document in JSON's types. Only a date, which a text in quotes is not, passes as one."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return _Date(value.isoformat())
    if isinstance(value, (datetime.datetime, datetime.time)):
        return value.isoformat()
    return value


class _Date(str):
    """A date that TOML read as one."""


@functools.cache
def _schema() -> dict[str, Any]:
    return json.loads(resources.files(__package__).joinpath("expectations.schema.json").read_text("utf-8"))


@functools.cache
def _validator() -> Any:
    import jsonschema
    checker = jsonschema.FormatChecker(formats=())
    checker.checks("toml-date")(lambda value: isinstance(value, _Date))
    return jsonschema.Draft202012Validator(_schema(), format_checker=checker)


def _expectation(file: Path, line: int, table: dict[str, Any]) -> Expectation:
    return Expectation(
        _texts(table["environment"]), _texts(table["entry"]), _texts(table["case"]), table["verdict"],
        table["observed"], table["reason"], table["owner"], table.get("link"), table.get("until"), file, line,
        table.get("sometimes", False))


def _texts(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _any(patterns: Iterable[str], name: str) -> bool:
    return any(matches(pattern, name) for pattern in patterns)


def matches(pattern: str, name: str) -> bool:
    if "*" not in pattern and "?" not in pattern:
        return pattern == name
    return _compiled(pattern).fullmatch(name) is not None


@functools.lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern.replace("[", "[[]")))
