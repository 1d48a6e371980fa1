"""What a result tells, as lines for people."""

from __future__ import annotations

from collections.abc import Mapping

from .records import Call, Result
from .text import short

LONG = 400


def lines(result: Result, statements: Mapping[str, str] | None = None) -> list[str]:
    """Statement, expected, observed and so on, a line each; `statements` are texts by ID, as far as known."""
    told: list[tuple[str, str]] = []
    for statement in result.statements:
        told.append(("statement", f"{statement}  {(statements or {}).get(statement, '')}".strip()))
    told += [("expected", result.expected), ("observed", result.observed), ("reason", result.reason),
             ("broken by", result.blame or "")]
    if result.crash:
        told.append(("crash", ", ".join(f"{name} {value}" for name,
                                        value in result.crash.items() if value is not None)))
    if result.order_dependent:
        told.append(("only after", ", ".join(result.after) or "other cases"))
    told.append(("source", result.location))
    return [f"{name + ':':11} {short(text, LONG)}" for name, text in told if text]


def calls(result: Result) -> list[str]:
    """The calls, one a line, as they were made."""
    return [_call(call) for call in result.calls]


def _call(call: Call) -> str:
    answer = "did not return" if call.result is None else f"= {call.result}"
    if call.error:
        answer += f", error {call.error}"
    if call.micros is not None:
        answer += f" ({call.micros} us)"
    return f"{short(call.fn)}({short(call.args, LONG)}) {short(answer, LONG)}"


def alone(entry: str, case: str, manifests: list[str]) -> str:
    """The command that runs one case of one entry and nothing else."""
    given = "".join(f' --manifest "{short(manifest, LONG)}"' for manifest in manifests)
    return f'wspcheck run{given} --provider "{short(entry, LONG)}" --case {short(case, LONG)} --trace all'
