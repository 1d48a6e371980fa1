"""Record files for tests, made as wspcheck makes them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

RUN = {"record": "run", "schema": 1, "suite": "1.0.0+g1a2b3c4", "started": "2026-11-22T05:11:07Z",
       "arch": "x64",
       "environment": "wine-8.0-x64", "os": "Linux 6.1", "wine": "8.0", "command": ["wspcheck.exe", "run"]}
PROVIDER = {"record": "provider", "entry": "loopback.stream", "dll": "loopback.dll", "sha256": "ab" * 32,
            "version": "1.0", "catalog_id": 1001, "guid": "{5b1f7f4e-0000-0000-0000-000000000001}",
            "family": 2,
            "socket_type": 1, "protocol": 6, "service_flags": 422, "chain": [], "wsp_version": "2.2",
            "foreign_slots": {"WSPRecv": "other.dll"}, "asked": []}
RESULT = {"record": "result", "entry": "loopback.stream", "case": "send_disconnect.not_connected",
          "verdict": "pass",
          "grade": "documented", "statements": ["SD-07"], "revision": 1, "repeat": 1,
          "expected": "SOCKET_ERROR WSAENOTCONN", "observed": "SOCKET_ERROR WSAENOTCONN", "reason": "",
          "micros": 412,
          "location": "suite/cases/errors/not_connected.c:12", "order_dependent": False, "after": [],
          "crash": None,
          "blame": None}
CALL = {"fn": "WSPSendDisconnect", "args": "socket 1, NULL", "result": -1, "error": 10057, "micros": 3}
CRASH = {"code": "c0000005", "module": "loopback.dll", "offset": 4660, "thread": "case",
         "call": "WSPSendDisconnect"}


def result(entry: str, case: str, verdict: str, **fields: Any) -> dict[str, Any]:
    """A result as the suite writes it: what is not pass or skip has its calls."""
    more: dict[str, Any] = {} if verdict in ("pass", "skip") else {"observed": "0", "calls": [CALL]}
    return RESULT | {"entry": entry, "case": case, "verdict": verdict} | more | fields


def run(entries: dict[str, dict[str, Any]], *, ended: bool = True, **fields: Any) -> list[dict[str, Any]]:
    """The records of a run: {entry: {case: verdict, or result fields, or None where it was asked and not
    judged}}."""
    records: list[dict[str, Any]] = [RUN | fields]
    counts: Counter[str] = Counter()
    for entry, cases in entries.items():
        records.append(PROVIDER | {"entry": entry, "asked": list(cases)})
        for case, told in cases.items():
            if told is None:
                continue
            told = {"verdict": told} if isinstance(told, str) else told
            records.append(result(entry, case, **told))
            counts[told["verdict"]] += 1
        records.append({"record": "provider_end", "entry": entry, "hook": "used"})
    if ended:
        records.append({"record": "end", "counts": dict(counts), "finished": "2026-11-22T05:11:09Z"})
    return records


def lines(records: list[dict[str, Any]]) -> list[str]:
    return [json.dumps(record, separators=(",", ":")) for record in records]


def write(path: Path, records: list[dict[str, Any]] | list[str]) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line, separators=(",", ":")) for line in records]
    path.write_text("".join(text + "\n" for text in texts), "utf-8")
    return path


HOSTILE = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "' onmouseover='alert(1)",
           "</script>", "]]>",
           "\u202egnp.exe", "\u2066\u2069\u200b", "%s%n%d", "{{ 7 * 7 }}", "[bold]x[/bold]",
           "\x1b[31mred\x1b]0;title\x07",
           "a\nb\r\nc", "\u2028", "\\u003cscript\\u003e", "x" * 10_000, "é 日本 🦀", "__proto__",
           "constructor"]
"""Names that a catalog could hold and a reader could stumble over."""
