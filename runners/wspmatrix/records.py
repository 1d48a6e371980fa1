"""The records of wspcheck: what one line of a record file says, checked field by field.

A record that lacks what its place in the matrix depends on (entry, case, verdict, repeat) is refused. A field
that only tells more is left out where it is not what the contract says, and a note says so.
"""

from __future__ import annotations

import codecs
import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from operator import itemgetter
from typing import Any

from .text import quoted, short, without_surrogates
from .verdicts import OF_THE_SUITE

SCHEMA = 1
LARGEST = 2**64 - 1
GRADES = ("documented", "tolerated", "observed")
HOOKS = ("used", "never called")


class RecordError(ValueError):
    """A line that is no record: what it is, and what was expected."""

    def __init__(self, what: str, expected: str) -> None:
        super().__init__(f"{what}; expected {expected}")
        self.what, self.expected = what, expected


@dataclass(slots=True)
class RunRecord:
    suite: str
    started: str
    arch: str
    environment: str
    os: str
    wine: str | None
    command: tuple[str, ...]
    kernel: str | None = None
    schema: int = SCHEMA


@dataclass(slots=True)
class ProviderRecord:
    entry: str
    asked: tuple[str, ...]
    dll: str
    sha256: str | None
    version: str | None
    catalog_id: int | None
    guid: str | None
    family: int | None
    socket_type: int | None
    protocol: int | None
    service_flags: int | None
    chain: tuple[Any, ...]
    wsp_version: str | None
    foreign_slots: dict[str, str]


@dataclass(slots=True)
class Call:
    fn: str
    args: str
    result: int | str | None
    error: int | str | None
    micros: int | None
    thread: int | None = None
    """Where another thread than that of the case made the call: 2 for the first of them, 3 for the next."""
    inside: int | None = None
    """Where it was made inside another call, by a hook or a condition function: the number of that call, from 0."""


@dataclass(slots=True)
class Result:
    entry: str
    case: str
    verdict: str
    repeat: int
    grade: str | None
    statements: tuple[str, ...]
    revision: int | None
    expected: str
    observed: str
    reason: str
    micros: int | None
    location: str
    order_dependent: bool
    after: tuple[str, ...]
    crash: dict[str, Any] | None
    blame: str | None
    calls: tuple[Call, ...]


@dataclass(slots=True)
class ProviderEnd:
    entry: str
    hook: str | None


@dataclass(slots=True)
class End:
    counts: dict[str, int]
    finished: str


Record = RunRecord | ProviderRecord | Result | ProviderEnd | End
Note = Callable[[str, str], None]

_VALUES = itemgetter("entry", "case", "verdict", "repeat", "grade", "statements", "revision", "expected",
                     "observed",
                     "reason", "micros", "location", "order_dependent", "after", "crash", "blame")
_USUAL = (str, str, str, int, str, list, int, str, str, str, int, str, bool, list, type(None), type(None))
_VERDICTS = frozenset(OF_THE_SUITE)
_GRADES = frozenset(GRADES)


def is_scalar(value: Any) -> bool:
    return value is None or type(value) is str or type(value) is int and -LARGEST <= value <= LARGEST


def _whole(value: Any) -> int | str | None:
    """A scalar, or a whole number written as 1.8e19: for some writers all numbers of JSON are floating."""
    if type(value) is float and abs(value) <= LARGEST and value.is_integer():
        return int(value)
    return value if is_scalar(value) else None


class _Pool(dict[str, str]):
    """One copy of each text: a million records hold few different ones."""

    def __missing__(self, text: str) -> str:
        self[text] = text
        return text


class _Fields:
    """Takes fields out of a record by the type that the contract gives them."""

    __slots__ = ("_object", "_kind", "_note", "_pool")

    def __init__(self, obj: dict[str, Any], kind: str, note: Note, pool: dict[str, str]) -> None:
        self._object, self._kind, self._note, self._pool = obj, kind, note, pool

    def need_text(self, key: str) -> str:
        value = self._object.get(key)
        if type(value) is not str or not value:
            raise RecordError(f'{self._kind} record: "{key}" is {self._seen(key)}', "a text")
        return self._pool[value]

    def text(self, key: str) -> str:
        value = self._object.get(key)
        if type(value) is str:
            return self._pool[value]
        if value is not None:
            self._complain(key, "a text")
        return ""

    def text_or_none(self, key: str) -> str | None:
        value = self._object.get(key)
        if type(value) is str:
            return self._pool[value]
        return self._none(key, value, "a text or null")

    def number(self, key: str) -> int | None:
        value = self._object.get(key)
        if type(value) is int and -LARGEST <= value <= LARGEST:
            return value
        return self._none(key, value, "a whole number of at most 64 bits")

    def need_number(self, key: str) -> int:
        value = self._object.get(key)
        if type(value) is not int or not 1 <= value <= LARGEST:
            raise RecordError(f'{self._kind} record: "{key}" is {self._seen(key)}', "a number from 1")
        return value

    def flag(self, key: str) -> bool:
        value = self._object.get(key)
        if type(value) is bool:
            return value
        return bool(self._none(key, value, "true or false"))

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._object.get(key)
        if not value and value in (None, []):
            return ()
        if type(value) is list and all(type(item) is str for item in value):
            pool = self._pool
            return tuple([pool[item] for item in value])
        self._complain(key, "a list of texts")
        return ()

    def choice(self, key: str, choices: tuple[str, ...]) -> str | None:
        value = self._object.get(key)
        if value in choices and type(value) is str:
            return self._pool[value]
        return self._none(key, value, "one of " + ", ".join(choices))

    def scalars(self, key: str) -> dict[str, Any] | None:
        """An object of texts, whole numbers and nulls."""
        value = self._object.get(key)
        if type(value) is dict and all(is_scalar(item) for item in value.values()):
            return value
        return self._none(key, value, "an object of texts and whole numbers, or null")

    def items(self, key: str) -> list[Any]:
        value = self._object.get(key)
        if type(value) is list:
            return value
        self._none(key, value, "a list")
        return []

    def _none(self, key: str, value: Any, expected: str) -> None:
        if value is not None:
            self._complain(key, expected)

    def _complain(self, key: str, expected: str) -> None:
        self._note(f'{self._kind} record: "{key}" is {self._seen(key)}, left out', expected)

    def _seen(self, key: str) -> str:
        return quoted(self._object[key]) if key in self._object else "not there"


class Decoder:
    """Turns lines into records. `note(what, expected)` is told of what was left out of a record."""

    def __init__(self, note: Note = lambda what, expected: None) -> None:
        self._note = note
        self._pool = _Pool()
        self._texts: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._kinds: dict[str, Callable[[_Fields], Record]] = {
            "run": self._run, "provider": self._provider, "result": self._result,
            "provider_end": self._provider_end, "end": self._end,
        }

    def decode(self, line: bytes) -> Record | None:
        """The record of a line, None for a kind of record that is not known here."""
        obj = parse_object(line)
        kind = obj.get("record")
        if type(kind) is not str:
            raise RecordError('no "record" in it' if kind is None else f'"record" is {quoted(kind)}',
                              '"record": one of ' + ", ".join(self._kinds))
        if kind == "result" and (result := self._usual(obj)):
            return result
        make = self._kinds.get(kind)
        if make is None:
            self._note(f"a record of the unknown kind {quoted(kind)}, left out",
                       "one of " + ", ".join(self._kinds))
            return None
        return make(_Fields(obj, kind, self._note, self._pool))

    def _run(self, of: _Fields) -> RunRecord:
        if (schema := of.need_number("schema")) != SCHEMA:
            raise RecordError(f"run record: schema is {schema}", f"schema {SCHEMA}")
        return RunRecord(of.text("suite"), of.text("started"), of.text("arch"), of.need_text("environment"),
                         of.text("os"), of.text_or_none("wine"), of.texts("command"), of.text_or_none("kernel"))

    def _provider(self, of: _Fields) -> ProviderRecord:
        slots = of.scalars("foreign_slots") or {}
        return ProviderRecord(
            of.need_text("entry"), self._shared(of.texts("asked")), of.text("dll"), of.text_or_none("sha256"),
            of.text_or_none("version"), of.number("catalog_id"), of.text_or_none("guid"), of.number("family"),
            of.number("socket_type"), of.number("protocol"), of.number("service_flags"),
            tuple(item for item in of.items("chain") if is_scalar(item)), of.text_or_none("wsp_version"),
            {key: str(value) for key, value in slots.items()})

    def _result(self, of: _Fields) -> Result:
        verdict = of.need_text("verdict")
        if verdict not in OF_THE_SUITE:
            raise RecordError(f"result record: the verdict is {quoted(verdict)}",
                              "one of " + ", ".join(OF_THE_SUITE))
        repeat = of.need_number("repeat")
        calls = of.items("calls")
        return Result(
            of.need_text("entry"), of.need_text("case"), verdict, repeat, of.choice("grade", GRADES),
            self._shared(of.texts("statements")), of.number("revision"), of.text("expected"),
            of.text("observed"),
            of.text("reason"), of.number("micros"), of.text("location"), of.flag("order_dependent"),
            of.texts("after"),
            of.scalars("crash"), of.text_or_none("blame"),
            tuple([call for item in calls if (call := self._call(item))]) if calls else ())

    def _usual(self, obj: dict[str, Any]) -> Result | None:
        """A result in its most usual form, which is most of them; None for all others. It only saves time."""
        try:
            values = _VALUES(obj)
            statements = self._texts.get(tuple(values[5]))
        except (KeyError, TypeError):
            return None
        entry, case, verdict, repeat, grade = values[:5]
        revision, expected, observed, reason, micros, location = values[6:12]
        if (tuple(map(type, values)) != _USUAL or statements is None or verdict not in _VERDICTS or repeat < 1
                or grade not in _GRADES or values[13] or not entry or not case or "calls" in obj
                or max(repeat, revision, micros) > LARGEST or min(revision, micros) < 0):
            return None
        pool = self._pool
        return Result(pool[entry], pool[case], pool[verdict], repeat, pool[grade], statements, revision,
                      pool[expected], pool[observed], pool[reason], micros, pool[location], values[12], (),
                      None, None, ())

    def _call(self, item: Any) -> Call | None:
        if type(item) is not dict or type(item.get("fn")) is not str:
            self._note(f"result record: a call is {quoted(item)}, left out", 'an object with "fn"')
            return None
        of = _Fields(item, "call", self._note, self._pool)
        numbers = [_whole(item.get("result")), _whole(item.get("error"))]
        return Call(of.text("fn"), of.text("args"), numbers[0], numbers[1], of.number("micros"),
                    of.number("thread"), of.number("inside"))

    def _provider_end(self, of: _Fields) -> ProviderEnd:
        return ProviderEnd(of.need_text("entry"), of.choice("hook", HOOKS))

    def _end(self, of: _Fields) -> End:
        counts = of.scalars("counts")
        if counts is None or any(type(count) is not int or count < 0 for count in counts.values()):
            raise RecordError('end record: "counts" is not there or wrong', "an object of numbers by verdict")
        return End(counts, of.text("finished"))

    def _shared(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        return self._texts.setdefault(texts, texts)


def parse_object(line: bytes) -> dict[str, Any]:
    """A line as a JSON object. A key given twice is refused: two readers could see two different verdicts."""
    if line.startswith(codecs.BOM_UTF8):
        raise RecordError("a byte order mark in front", "UTF-8 without one")
    try:
        text = line.decode("utf-8")
        # An escaped letter could hide a second "verdict" from the count: such lines take the careful way too.
        count = line.count
        doubtful = (b"\\u00" in line or count(b'"record"') > 1 or count(b'"entry"') > 1
                    or count(b'"case"') > 1
                    or count(b'"verdict"') > 1 or count(b'"repeat"') > 1)
        obj = (_CAREFUL if doubtful else _PLAIN)(text)
    except UnicodeDecodeError as error:
        raise RecordError(f"byte 0x{line[error.start]:02x} is not UTF-8", "a JSON object in UTF-8") from None
    except RecordError:
        raise
    except RecursionError:
        raise RecordError("nested too deeply", "a record of wspcheck") from None
    except ValueError as error:
        message = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise RecordError(f"not JSON ({short(message)})", "one JSON object in one line") from None
    if type(obj) is not dict:
        raise RecordError(f"{quoted(obj)} instead of a record", "a JSON object")
    if "\\ud" in text or "\\uD" in text:
        obj = _clean(obj)
    return obj


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    obj = dict(pairs)
    if len(obj) != len(pairs):
        twice = next(key for number, (key, _) in enumerate(pairs) if key in dict(pairs[:number]))
        raise RecordError(f"{quoted(twice)} is given twice", "each key once")
    return obj


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


_PLAIN = json.JSONDecoder(parse_constant=_constant).decode
_CAREFUL = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant).decode


def _clean(value: Any) -> Any:
    """Lone surrogates can't be written as UTF-8: replaced before they reach a page or a file."""
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return value


@functools.cache
def schema() -> dict[str, Any]:
    """The JSON schema of a record, for readers in other languages and for our tests."""
    return json.loads(resources.files(__package__).joinpath("records.schema.json").read_text("utf-8"))
