"""The matrix as JSON to be kept, as Markdown, as a page, and as lines for the terminal."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from .judge import Judged, Matrix


def _mutant(judged: Judged) -> dict[str, Any]:
    mutant = judged.mutant
    return {"mutant": mutant.name, "statement": mutant.statement, "shows": mutant.shows,
            "description": mutant.description, "killed": judged.killed,
            "on": {fate.base: {"own": fate.own,
                               "other": [case for case in fate.kills if case not in fate.own],
                               **({"late": fate.late} if fate.late else {})}
                   for fate in judged.fates}}


def as_json(matrix: Matrix) -> str:
    """One object; a line each for mutants, cases and statements, so that versions compare line by line."""
    def lines(items: list[dict[str, Any]]) -> str:
        return ",\n".join(json.dumps(item, ensure_ascii=False) for item in items)

    cases = [{"case": case.name, "statements": list(case.statements),
              "kills": len(matrix.killed_by(case.name)),
              **({"survives": case.survives} if case.survives else {})} for case in matrix.cases]
    statements = []
    for statement in matrix.statements():
        covering, killed = matrix.of_statement(statement)
        statements.append({"statement": statement, "cases": covering, "mutants": killed})
    head = {"suite": matrix.suite, "mutants": len(matrix.mutants), "killed": matrix.killed,
            "entries": matrix.entries, "results": matrix.results, "problems": matrix.problems}
    return (json.dumps(head, ensure_ascii=False)[:-1]
            + f',\n"matrix": [\n{lines([_mutant(judged) for judged in matrix.judged])}\n],\n'
            + f'"cases": [\n{lines(cases)}\n],\n"statements": [\n{lines(statements)}\n]}}\n')


def score(matrix: Matrix) -> str:
    total = len(matrix.mutants)
    share = f" ({100 * matrix.killed / total:.1f} %)" if total else ""
    return (f"{matrix.killed} of {total} mutants killed by a case of their own statement{share}, "
            f"{len(matrix.cases)} cases, {matrix.entries} entries, {matrix.results} verdicts")


def _rows(matrix: Matrix) -> list[tuple[str, str, str, str, str, str]]:
    rows = []
    for judged in matrix.mutants:
        for fate in judged.fates:
            first = ", ".join(fate.own[:2]) + (f" +{len(fate.own) - 2}" if len(fate.own) > 2 else "")
            rows.append((judged.mutant.statement, judged.mutant.name, fate.base, judged.mutant.description,
                         first or "SURVIVES", str(len(fate.kills))))
    return rows


def _traces(matrix: Matrix) -> list[tuple[str, str, str, str]]:
    rows = []
    for statement in matrix.statements():
        covering, killed = matrix.of_statement(statement)
        rows.append((statement, str(len(covering)), str(len(killed)), ", ".join(killed)))
    return rows


MUTANT_HEAD = ("statement", "mutant", "on", "what is wrong", "killed by", "cases that see it")
TRACE_HEAD = ("statement", "cases", "mutants killed", "which")


def _table(head: tuple[str, ...], rows: list[Any]) -> str:
    def line(cells: Any) -> str:
        return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |\n"

    return line(head) + line(["---"] * len(head)) + "".join(map(line, rows))


def as_markdown(matrix: Matrix) -> str:
    problems = "".join(f"- {problem}\n" for problem in matrix.problems)
    return (f"# Kill matrix\n\n{score(matrix)}.\n\n" + (f"## Problems\n\n{problems}\n" if problems else "")
            + f"## Mutants\n\n{_table(MUTANT_HEAD, _rows(matrix))}\n"
            + f"## Statement, cases, mutants\n\n{_table(TRACE_HEAD, _traces(matrix))}")


STYLE = """
body { font: 15px/1.4 system-ui, sans-serif; margin: 2rem; max-width: 80rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .2rem .6rem; vertical-align: top }
tr:nth-child(even) { background: #8881 } .survives { color: #c00; font-weight: bold } li { margin: .2rem 0 }
"""


def _html_table(head: tuple[str, ...], rows: list[Any]) -> str:
    def cell(text: str) -> str:
        kind = ' class="survives"' if text == "SURVIVES" else ""
        return f"<td{kind}>{escape(text)}</td>"

    names = "".join(f"<th>{escape(name)}</th>" for name in head)
    return (f"<table><thead><tr>{names}</tr></thead><tbody>"
            + "".join("<tr>" + "".join(map(cell, row)) + "</tr>" for row in rows) + "</tbody></table>")


def as_page(matrix: Matrix) -> str:
    """One file that needs nothing else."""
    problems = "".join(f"<li>{escape(problem)}</li>" for problem in matrix.problems)
    return ('<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Kill matrix</title>'
            '<meta http-equiv="Content-Security-Policy"'
            ' content="default-src \'none\'; style-src \'unsafe-inline\'">'
            f'<meta name="color-scheme" content="light dark"><style>{STYLE}</style></head>'
            "<body><h1>Kill matrix</h1>"
            f"<p>{escape(score(matrix))}.</p>" + (f"<h2>Problems</h2><ul>{problems}</ul>" if problems else "")
            + f"<h2>Mutants</h2>{_html_table(MUTANT_HEAD, _rows(matrix))}"
            + f"<h2>Statement, cases, mutants</h2>{_html_table(TRACE_HEAD, _traces(matrix))}</body></html>\n")
