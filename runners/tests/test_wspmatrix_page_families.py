from __future__ import annotations

import pytest

from wspmatrix.families import (CALLS, CLAIMS, CONFORMING, MEANING, OTHER, REFUSES, SHUTDOWN_LIKE, UNKNOWN,
                                judge, of_column)
from wspmatrix.matrix import build
from wspmatrix.reader import Log, load
from wspmatrix_samples import run, write

ZERO = ("pass", "0")
NOT_CONNECTED = ("pass", "SOCKET_ERROR WSAENOTCONN")
NO_OPTION = ("pass", "SOCKET_ERROR WSAENOPROTOOPT")
NOT_SUPPORTED = ("fail", "SOCKET_ERROR WSAEOPNOTSUPP")
IGNORED = ("fail", "0")

KEEPS = {"success.connecting": ZERO, "not_connected.fresh": NOT_CONNECTED,
         "not_connected.listening": NOT_CONNECTED,
         "not_socket.closed": ("pass", "SOCKET_ERROR WSAENOTSOCK"),
         "no_protocol_option.connecting": NO_OPTION, "bad_buffer.no_access": NO_OPTION,
         "peer_sees_end.connecting": ("pass", "the peer is told of the end")}
AS_SHUTDOWN = KEEPS | {"no_protocol_option.connecting": IGNORED, "bad_buffer.no_access": IGNORED}
FIRST_IS_SILENT = AS_SHUTDOWN | {"not_connected.listening": IGNORED}
PERMITTED = KEEPS | {"no_protocol_option.connecting": ("tolerated", "0"),
                     "bad_buffer.no_access": ("tolerated", "0")}
ONLY_ZERO = {case: IGNORED for case in KEEPS} | {
    "success.connecting": ZERO, "peer_sees_end.connecting": ("fail", "the peer is never told of the end")}
ALWAYS_REFUSES = {case: NOT_SUPPORTED for case in KEEPS} | {"peer_sees_end.connecting": ("unreached", "")}
NO_CODE = {case: ("fail", "SOCKET_ERROR not written") for case in ALWAYS_REFUSES}
WRONG_CODE = KEEPS | {"not_connected.fresh": ("fail", "SOCKET_ERROR WSAEINVAL")}
CRASHES = KEEPS | {"bad_buffer.no_access": ("crash", "crash ACCESS_VIOLATION in WSPSendDisconnect")}
HALF = AS_SHUTDOWN | {"bad_buffer.no_access": ("pass", "SOCKET_ERROR WSAEFAULT")}
DATAGRAM = {"success.connecting": ("skip", ""), "datagram.unbound": ("pass", "0; 0"),
            "datagram_data": IGNORED,
            "not_socket.closed": ("pass", "SOCKET_ERROR WSAENOTSOCK")}
NEVER_LOADED = {case: ("unreached", "") for case in KEEPS}
EVENTS_ONLY = {"success.connecting": ("missing", ""), "in_progress.recv_hook": ("fail", "0 bytes")}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("answers", "family"), [
    (KEEPS, CONFORMING), (AS_SHUTDOWN, SHUTDOWN_LIKE), (FIRST_IS_SILENT, SHUTDOWN_LIKE),
    (PERMITTED, SHUTDOWN_LIKE), (ONLY_ZERO, CLAIMS), (ALWAYS_REFUSES, REFUSES), (NO_CODE, REFUSES),
    (WRONG_CODE, OTHER), (CRASHES, OTHER), (HALF, OTHER),
    (DATAGRAM, SHUTDOWN_LIKE), (NEVER_LOADED, UNKNOWN), (EVENTS_ONLY, UNKNOWN), ({}, UNKNOWN)],
    ids=["keeps", "as_shutdown", "first_is_silent", "permitted", "only_zero", "refuses", "no_code",
         "wrong_code", "crashes",
         "half", "datagram", "never_loaded", "missing", "nothing"])
def test_the_answers_show_the_family(call: str, answers: dict[str, tuple[str, str]], family: str) -> None:
    found = judge(call, {f"{call}.{case}": answer for case, answer in answers.items()})
    assert found.family == family and family in MEANING
    assert bool(found.cases) == (family != UNKNOWN or answers is EVENTS_ONLY)
    assert set(found.cases) <= {f"{call}.{case}" for case in answers}


def test_a_provider_whose_calls_work_but_answers_zero_to_errors_is_no_stub() -> None:
    works = ONLY_ZERO | {"peer_sees_end.connecting": ("pass", "the peer is told of the end")}
    answers = {f"send_disconnect.{case}": answer for case, answer in works.items()}
    assert judge("send_disconnect", answers).family == OTHER


def test_each_call_is_judged_by_its_own_cases(tmp_path) -> None:  # type: ignore[no-untyped-def]
    cases = {"provider.loads": {"verdict": "fail"}}
    for call, answers in (("send_disconnect", KEEPS), ("recv_disconnect", AS_SHUTDOWN)):
        cases |= {f"{call}.{case}": {"verdict": verdict, "observed": observed}
                  for case, (verdict, observed) in answers.items()}
    column, = build(load([write(tmp_path / "r.jsonl", run({"a.b": cases}))], Log())).columns
    assert {call: found.family for call, found in of_column(column).items()} == {
        "send_disconnect": CONFORMING, "recv_disconnect": SHUTDOWN_LIKE}
