"""Measures what a layer costs: the cases of loopback.stream alone, through one relay, through two, and so on.

All in the process of wspcheck itself (--isolation none), so that nothing but the layers differs. Counted are
the cases that are performed with the same verdict through every number of layers, and of their SPI calls
those that are made through each: the same case, the same function, the same place among its calls. Each of
them is the median of its rounds; a figure of many is the median of theirs.
"""

from __future__ import annotations

import configparser
import tempfile
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from measuring import (DONE, Parser, Record, Wspcheck, fail, found, is_whole, median, performed,
                       positive, ratio, read_records, timed, times)

BASE = "loopback.stream"
LAYERS = "relay*.ini"
MOST = 10
"""Cases that are shown without --each-case: those that the top layer slows down most."""

Call = tuple[str, str, int]
"""A call: its case, its function, its place among the case's calls of that function."""


Key = TypeVar("Key", bound=Hashable)


@dataclass
class Layer:
    """An entry of the chain and the microseconds of what was done through it, one number a round."""

    entry: str
    manifest: Path
    cases: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    calls: dict[Call, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, records: Sequence[Record]) -> None:
        """One round more."""
        for result in performed(records):
            self.cases[result["case"]].append(result["micros"])
            for call, micros in calls_of(result):
                self.calls[call].append(micros)


def calls_of(result: Record) -> Iterable[tuple[Call, float]]:
    """The calls of a case that returned, and the microseconds of each."""
    made: Counter[str] = Counter()
    for call in result.get("calls", ()):
        made[call["fn"]] += 1
        if call["micros"] is not None:
            yield (result["case"], call["fn"], made[call["fn"]]), call["micros"]


def chain(manifests: Iterable[Path], base: str) -> list[tuple[str, Path]]:
    """The entries that stand over the base, one over the other, with the manifests that they are in."""
    over: dict[str, tuple[str, Path]] = {}
    for path in sorted(manifests):
        manifest = configparser.ConfigParser(interpolation=None, delimiters="=", comment_prefixes=";")
        manifest.read(path, encoding="utf-8")
        for section in manifest.sections():
            if below := manifest.get(section, "over", fallback=None):
                over.setdefault(below, (f"{manifest['provider']['name']}.{section}", path))
    entries: list[tuple[str, Path]] = []
    while base in over and over[base] not in entries:
        entries.append(over[base])
        base = entries[-1][0]
    return entries


def medians(rounds: Mapping[Key, Sequence[float]]) -> dict[Key, float]:
    return {key: median(values) for key, values in rounds.items()}


def in_common(figures: Sequence[Mapping[Key, float]]) -> list[Key]:
    """What all have, in the order of the first."""
    return [key for key in figures[0] if all(key in other for other in figures[1:])]


def by_function(figures: Sequence[Mapping[Call, float]]) -> dict[str, list[float]]:
    """For each function the median of its calls that all have, one number a layer."""
    groups: dict[str, list[Call]] = defaultdict(list)
    for call in in_common(figures):
        groups[call[1]].append(call)
    return {name: [median([layer[call] for call in calls]) for layer in figures]
            for name, calls in sorted(groups.items())}


def run(wspcheck: Wspcheck, layer: Layer, cases: Sequence[str], path: Path) -> list[Record]:
    selected = [word for case in cases for word in ("--case", case)]
    chosen = [*wspcheck.manifests([layer.manifest]), "--provider", layer.entry, *selected]
    timed([*wspcheck.command, "run", *chosen, "--isolation", "none", "--trace", "all", "--quiet",
           "--jsonl", wspcheck.path(path)], DONE)
    return read_records(path)


def rehearse(wspcheck: Wspcheck, layers: Sequence[Layer], cases: Sequence[str], path: Path) -> list[str]:
    """The cases that can be measured. One that ends its process, as a crash does, ends the run: it is left
    out."""
    verdicts: list[dict[str, str]] = []
    for layer in layers:
        records = run(wspcheck, layer, cases, path)
        if not verdicts:
            cases = next(record["asked"] for record in records if record["record"] == "provider")
        while not is_whole(records):
            last = records[-1].get("case")
            if last not in cases:
                fail(f"{layer.entry}: the run ended before its first case, expected it to go on")
            cases = [case for case in cases if case != last]
            records = run(wspcheck, layer, cases, path)
        verdicts.append({result["case"]: result["verdict"] for result in performed(records)})
    return [case for case in in_common(verdicts) if len({of[case] for of in verdicts}) == 1]


def report(layers: Sequence[Layer], each_case: bool) -> None:
    cases = [medians(layer.cases) for layer in layers]
    common = in_common(cases)
    rounds = len(next(iter(layers[0].cases.values())))
    print(f"{len(common)} cases in common, {rounds} rounds; medians, and how many times the layer below")
    print(f"\n{'layer':20}{'a case, us':>12}{'times below':>13}{'all, ms':>12}{'times below':>13}")
    below: dict[str, float] | None = None
    for layer, of in zip(layers, cases, strict=True):
        a_case, every = median([of[case] for case in common]), sum(of[case] for case in common) / 1000
        line = f"{layer.entry:20}{a_case:12.0f}{{:>13}}{every:12.1f}{{:>13}}"
        if below is None:
            print(line.format("", "").rstrip())
        else:
            each = [once for case in common if (once := ratio(of[case], below[case])) is not None]
            print(line.format(f"{median(each):.2f} x", times(every, sum(below[c] for c in common) / 1000)))
        below = of
    calls = by_function([medians(layer.calls) for layer in layers])
    print_table("SPI call, us; layers:", calls, len(layers) - 1)
    slowed = sorted(common, key=lambda case: ratio(cases[-1][case], cases[0][case]) or 0, reverse=True)
    shown = common if each_case else slowed[:MOST]
    print_table("case, us; layers:", {case: [of[case] for of in cases] for case in shown}, len(layers) - 1)


def a_layer(figures: Sequence[float]) -> float:
    """What each layer adds, on average from the first to the last."""
    return (figures[-1] - figures[0]) / (len(figures) - 1)


def print_table(title: str, rows: Mapping[str, Sequence[float]], layers: int) -> None:
    """A line a row: the figure for each number of layers, and how many times the one before."""
    width = max(map(len, (title, *rows)))
    head = "".join(f"{number:9}{'':10}" for number in range(1, layers + 1))
    print(f"\n{title:{width}}{0:9}{head}{'a layer':>9}")
    for name, figures in rows.items():
        steps = zip(figures, figures[1:], strict=False)
        cells = "".join(f"{figure:9.1f}{times(figure, base)}" for base, figure in steps)
        print(f"{name:{width}}{figures[0]:9.1f}{cells}{a_layer(figures):9.1f}")


def main() -> None:
    parser = Parser("layers", __doc__, "layers", "layers --rounds 5 --most 2 --case 'send_disconnect.*'")
    parser.add_rounds(5)
    parser.add_argument("--most", type=positive, default=99, metavar="N",
                        help="no more layers than these (as many as there are manifests)")
    parser.add_argument("--case", action="append", default=[], metavar="GLOB", help="only these cases")
    parser.add_argument("--each-case", action="store_true",
                        help=f"show every case, not only the {MOST} that are slowed down most")
    parser.add_program()
    options = parser.options()
    wspcheck = found(options.program)
    folder = options.program.absolute().parent
    layers = [Layer(BASE, folder / f"{BASE.partition('.')[0]}.ini")]
    layers += [Layer(*one) for one in chain(folder.glob(LAYERS), BASE)[:options.most]]
    if len(layers) == 1:
        fail(f"{folder}: nothing over {BASE} in {LAYERS}, expected the manifests of the build")
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "records.jsonl"
        cases = rehearse(wspcheck, layers, options.case, path)
        if not cases:
            fail(f"no case is performed alike from {layers[0].entry} to {layers[-1].entry}, expected some")
        for _ in range(options.rounds):
            for layer in layers:
                records = run(wspcheck, layer, cases, path)
                if not is_whole(records):
                    fail(f"{layer.entry}: the run was cut short, expected it to end as before")
                layer.add(records)
    report(layers, options.each_case)


if __name__ == "__main__":
    main()
