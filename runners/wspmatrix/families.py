"""Which kind of provider an entry is, told from its answers: the kinds that exist in the field, by name.

Each call of the pair is judged by itself, because a provider may keep one of them and not the other. Only the
answers count (`observed` of the records: 0, or SOCKET_ERROR and a code), never a text meant for people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .matrix import Column
from .verdicts import is_red

CONFORMING = "conforming"
SHUTDOWN_LIKE = "shutdown-like"
CLAIMS = "stub that claims success"
REFUSES = "stub that refuses"
OTHER = "with faults of its own"
UNKNOWN = "not known"

MEANING = {
    CONFORMING: "nothing red in any case of the call",
    SHUTDOWN_LIKE: "works without data; data and bad pointers are accepted in silence and never looked at",
    CLAIMS: "answers 0 whatever it is given, and nothing happens",
    REFUSES: "answers with an error whatever it is given",
    OTHER: "breaks statements in a way that is none of the other kinds",
    UNKNOWN: "too few of its answers were judged",
}
"""The families, in the order in which they are told."""

CALLS = {"send_disconnect": "WSPSendDisconnect", "recv_disconnect": "WSPRecvDisconnect"}

_RIGHT = ("success", "null_data_unsupported", "datagram")
_UNCONNECTED = ("not_connected",)
_NO_SOCKET = ("not_socket",)
_DATA = ("no_protocol_option", "empty_data_unsupported", "bad_buffer", "datagram_data")
_EFFECTS = ("peer_sees_end", "end_after_data", "sending_disabled", "receiving_disabled",
            "datagram_receiving_disabled")
_ANSWERED = ("pass", "tolerated", "fail")


@dataclass(frozen=True, slots=True)
class Finding:
    """The family of one call of an entry, and the cases whose answers show it."""

    family: str
    cases: tuple[str, ...] = ()


Answers = Mapping[str, tuple[str, str]]
"""Verdict and `observed` by case."""


def of_column(column: Column) -> dict[str, Finding]:
    """The family of each call of the pair."""
    answers = {case: (cell.verdict, cell.result.observed if cell.result else "")
               for case, cell in column.cells.items()}
    return {call: judge(call, answers) for call in CALLS}


def judge(call: str, answers: Answers) -> Finding:
    """The family that the answers in the cases of `call` (send_disconnect, recv_disconnect) show."""
    own = {case: answer for case, answer in answers.items() if case.startswith(f"{call}.")}
    right, unconnected, data = (_answered(own, names) for names in (_RIGHT, _UNCONNECTED, _DATA))
    wrong = unconnected | _answered(own, _NO_SOCKET)
    effects = {case: verdict == "pass" for case, (verdict, _) in _of(own, _EFFECTS) if verdict in _ANSWERED}
    if right and not any((right | wrong | data).values()):
        return Finding(REFUSES, (*right, *wrong, *data))
    works = bool(right) and all(right.values())
    if works and wrong and all(wrong.values()) and not any(effects.values()):
        return Finding(CLAIMS, (*right, *wrong, *effects))
    if works and data and all(data.values()) and not all(unconnected.values() or [False]):
        return Finding(SHUTDOWN_LIKE, (*right, *data))
    red = tuple(case for case, (verdict, _) in own.items() if is_red(verdict))
    if red:
        return Finding(OTHER if right or wrong or data else UNKNOWN, red)
    return Finding(CONFORMING if right else UNKNOWN, tuple(right))


def _of(own: Answers, names: Iterable[str]) -> list[tuple[str, tuple[str, str]]]:
    """The cases of some situations: those named so, and the rows below them."""
    wanted = frozenset(names)
    return [(case, answer) for case, answer in own.items() if case.split(".")[1] in wanted]


def _answered(own: Answers, names: Iterable[str]) -> dict[str, bool]:
    """Whether the call succeeded, in those cases of some situations in which it answered at all."""
    found = {}
    for case, (verdict, observed) in _of(own, names):
        first = observed.split(";")[0].strip()
        if verdict in _ANSWERED and (first == "0" or first.startswith("SOCKET_ERROR")):
            found[case] = first == "0"
    return found
