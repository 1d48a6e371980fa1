"""The matrix for people: a table in a terminal, plain text in a pipe. A verdict is always a word or a
letter."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from . import story
from .matrix import Cell, Column, Matrix
from .text import printable, short
from .verdicts import BY_SEVERITY, is_red

LETTERS = {"pass": ".", "tolerated": "t", "skip": "-", "unreached": "u", "missing": "?", "fail": "F",
           "hang": "H",
           "crash": "C", "error": "E"}
STYLES = {"pass": "green", "tolerated": "cyan", "skip": "dim", "unreached": "yellow",
          "missing": "bold magenta",
          "fail": "bold red", "hang": "bold red", "crash": "bold red", "error": "bold magenta"}
WORD = max(map(len, BY_SEVERITY))
STORIES = 20


def show(matrix: Matrix, console: Console, strict: bool = False) -> None:
    """Prints the matrix, then what it adds up to, then the worst of what is red."""
    if console.is_terminal:
        words = _fits(matrix, console.width)
        console.print(_table(matrix, words))
        if not words:
            console.print(Text("  ".join(f"{letter} {verdict}" for verdict, letter in LETTERS.items())))
            for number, column in enumerate(matrix.columns, 1):
                console.print(Text(f"{number:>3} {name_of(column)}"))
    else:
        for line in plain(matrix):
            console.print(Text(line), soft_wrap=True)
    console.print()
    for line in summary(matrix):
        console.print(Text(line), soft_wrap=True)
    for text in stories(matrix, strict):
        console.print(text, soft_wrap=True)


def plain(matrix: Matrix) -> list[str]:
    """The matrix as lines of text, words in every cell."""
    heads = _heads(matrix)
    widths = [max(WORD, *map(len, head)) for head in heads]
    first = max([len(short(case)) for case in matrix.cases] + [4])
    lines = []
    for row in range(max(map(len, heads), default=0)):
        words = [(head[row] if row < len(head) else "").ljust(width) for head, width in zip(heads, widths)]
        lines.append(f"{'' if row else 'case':{first}}  {'  '.join(words)}".rstrip())
    for group, cases in matrix.groups():
        lines += ["", f"[{printable(group)}]"]
        for case in cases:
            words = [_word(column.cells.get(case)).ljust(width) for column,
                     width in zip(matrix.columns, widths)]
            lines.append(f"{short(case):{first}}  {'  '.join(words)}".rstrip())
    return lines


def summary(matrix: Matrix) -> list[str]:
    """One line an entry: how many of each verdict, the worst first."""
    lines = []
    for column in matrix.columns:
        note = "" if column.run.end else "  (cut short)"
        lines.append(f"{name_of(column):40}  {tally(column.counts())}{note}")
    return lines


def tally(counts: dict[str, int]) -> str:
    there = [verdict for verdict in reversed(BY_SEVERITY) if counts.get(verdict)]
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in there) or "nothing"


def stories(matrix: Matrix, strict: bool) -> list[Text]:
    """The worst red cells, those of one case that tell the same together."""
    red = matrix.red(strict)
    told: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for column, case, cell in red:
        about = tuple(story.lines(cell.result)) if cell.result else ("asked for, and there is no verdict",)
        told.setdefault((cell.verdict, case, about), []).append(name_of(column))
    more = f", the worst {STORIES} of {len(told)} stories" if len(told) > STORIES else ""
    lines = [Text(f"\nRed: {len(red)}{more}")] if red else []
    for (verdict, case, about), where in list(told.items())[:STORIES]:
        lines.append(Text.assemble((verdict.upper(), STYLES[verdict]), f"  {short(case, 100)}"))
        lines += [Text(f"      {line}") for line in (f"{'on:':11} {', '.join(where)}", *about)]
    return lines


def _fits(matrix: Matrix, width: int) -> bool:
    """Whether words fit, or single letters under numbers are needed."""
    case = max([len(case) for case in matrix.cases] + [4])
    return case + 2 + sum(2 + max(WORD, *map(len, head)) for head in _heads(matrix)) <= width


def _table(matrix: Matrix, words: bool) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="bold")
    table.add_column("case", no_wrap=True, overflow="ellipsis")
    for number, head in enumerate(_heads(matrix), 1):
        table.add_column(Text("\n".join(head) if words else str(number)), no_wrap=True)
    for group, cases in matrix.groups():
        table.add_row(Text(f"[{printable(group)}]", style="bold"))
        for case in cases:
            table.add_row(Text(short(case)),
                          *(_mark(column.cells.get(case), words) for column in matrix.columns))
    return table


def _mark(cell: Cell | None, words: bool) -> Text:
    if cell is None:
        return Text("")
    word = _word(cell)
    return Text(word if words else LETTERS[cell.verdict], style=STYLES[cell.verdict])


def _word(cell: Cell | None) -> str:
    if cell is None:
        return ""
    word = cell.verdict.upper() if is_red(cell.verdict) else cell.verdict
    return word if cell.steady else word + "*"


def _heads(matrix: Matrix) -> list[list[str]]:
    """What stands above each column: the environment where there are several, the provider, its entry."""
    several = len({column.label for column in matrix.columns}) > 1
    return [[short(part, 40) for part in ([column.label] if several else []) + column.entry.split(".", 1)]
            for column in matrix.columns]


def name_of(column: Column) -> str:
    """A column in one line."""
    return f"{short(column.label, 40)} {short(column.entry, 40)}"
