"""ci/bench: what it refuses, how it starts programs, and what it makes of numbers that are given."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "ci/bench.d"))

import bench_environments  # noqa: E402
import bench_isolation  # noqa: E402
import bench_layers  # noqa: E402
import measuring  # noqa: E402

BOUND = 60  # seconds; nothing is built or run where the command line makes no sense
SUBJECTS = ("isolation", "layers", "environments", "page", "records")

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="starts shells")

Record = dict[str, Any]
END = {"record": "end"}


def result(case: str, micros: float, verdict: str = "pass",
           calls: Sequence[tuple[str, float | None]] = ()) -> Record:
    made = [{"fn": name, "micros": spent} for name, spent in calls]
    return {"record": "result", "case": case, "verdict": verdict, "micros": micros, "calls": made}


def bench(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ROOT / "ci/bench", *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, env=os.environ | environment, timeout=BOUND)


@on_linux
@pytest.mark.parametrize("arguments, said", [
    (["layer"], "'layer', expected isolation, layers, environments, page or records"),
    (["--round"], "ci/bench isolation: unrecognized arguments: --round "),
    (["layers", "extra"], "ci/bench layers: unrecognized arguments: extra "),
    (["page", "--rounds", "0"], "ci/bench page: argument --rounds: '0', expected a whole number from 1 "),
    (["records", "--sizes", "many"], "argument --sizes: 'many', expected a whole number from 1 "),
    (["environments", "wine-0.9"], "'wine-0.9', expected an environment that is made: local "),
])
def test_wrong_use_is_one_line(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = bench(*arguments, WSPCHECK_LAB=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1 and said in done.stderr


@on_linux
@pytest.mark.parametrize("subject", ["", *SUBJECTS])
def test_help_has_an_example(subject: str) -> None:
    done = bench(*filter(None, [subject]), "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"example:\n  ci/bench {subject or 'layers'}" in done.stdout.lower()


def python(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def test_a_program_that_ends_well_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    noisy = python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(1)")
    assert 0 < measuring.timed(noisy, (0, 1)) < BOUND
    assert capfd.readouterr() == ("", "")


def test_a_program_that_ends_otherwise_is_told_with_its_last_words() -> None:
    ends = python("import sys; print('noise\\nno such case', file=sys.stderr); sys.exit(3)")
    with pytest.raises(SystemExit, match=r"^ci/bench: .* ended with 3, expected 0 or 1: no such case$"):
        measuring.timed(ends, (0, 1))


@pytest.mark.parametrize("value, base, expected, shown", [
    (3.0, 2.0, 1.5, "    1.50 x"), (1.0, 4.0, 0.25, "    0.25 x"), (5.0, 0.0, None, "       - x")])
def test_ratio(value: float, base: float, expected: float | None, shown: str) -> None:
    assert measuring.ratio(value, base) == expected
    assert measuring.times(value, base) == shown


def test_performed_is_what_took_time() -> None:
    records = [{"record": "run"}, result("a", 5), result("b", 0, "skip"), END]
    assert [record["case"] for record in measuring.performed(records)] == ["a"]


def test_isolation_says_where_the_time_goes() -> None:
    """Two entries and three cases."""
    records = [{"record": "provider"}, result("a", 1000), result("c", 2000), {"record": "provider"},
               result("a", 3000), result("b", 0)]
    none, shared = bench_isolation.Mode(), bench_isolation.Mode()
    for at_none, at_shared in ((1.0, 2.0), (1.5, 2.0), (1.0, 4.0)):
        none.add(at_none, records)
        shared.add(at_shared, records)
    assert (none.cases, none.entries, none.in_cases) == (3, 2, [0.006] * 3)
    found = bench_isolation.difference(none, shared, process=0.1)
    assert (found.over, found.starting, found.a_case) == pytest.approx((1.0, 0.2, 0.8 / 3))


def write_manifest(folder: Path, name: str, **over: str) -> None:
    entries = "".join(f"[{entry}]\nover = {below}\nprotocol = x = y\n" for entry, below in over.items())
    (folder / f"{name}.ini").write_text(f"[provider]\nname = {name}\n\n{entries}")


def test_a_chain_is_followed_from_the_base_up(tmp_path: Path) -> None:
    write_manifest(tmp_path, "relay", stream="loopback.stream", tcp4="bridge.tcp4")
    write_manifest(tmp_path, "relay2", stream="relay3.stream", tcp4="relay.tcp4")
    write_manifest(tmp_path, "relay3", stream="relay.stream")
    found = bench_layers.chain(tmp_path.glob("relay*.ini"), "loopback.stream")
    assert found == [("relay.stream", tmp_path / "relay.ini"), ("relay3.stream", tmp_path / "relay3.ini"),
                     ("relay2.stream", tmp_path / "relay2.ini")]
    assert bench_layers.chain(tmp_path.glob("relay*.ini"), "bridge.udp4") == []


def test_manifests_that_go_round_in_a_circle_end(tmp_path: Path) -> None:
    write_manifest(tmp_path, "one", a="two.b")
    write_manifest(tmp_path, "two", b="one.a")
    assert [entry for entry, _ in bench_layers.chain(tmp_path.glob("*.ini"), "one.a")] == ["two.b", "one.a"]


def layers_of(*rounds: list[list[Record]]) -> list[bench_layers.Layer]:
    layers = [bench_layers.Layer(f"layer{number}.stream", Path()) for number in range(len(rounds))]
    for layer, records in zip(layers, rounds, strict=True):
        for of_one_round in records:
            layer.add(of_one_round)
    return layers


def test_layers_are_compared_by_what_they_have_in_common() -> None:
    """A call has its like in the same place of the same case; medians of rounds first, then of calls."""
    base = [[result("a", 10, calls=[("WSPSend", 2), ("WSPRecv", 5), ("WSPSend", 4)])],
            [result("a", 30, calls=[("WSPSend", 2), ("WSPRecv", 7), ("WSPSend", 400)])],
            [result("a", 20, calls=[("WSPSend", 2), ("WSPRecv", 6), ("WSPSend", 6)]), result("b", 7)]]
    over = [[result("a", 50, calls=[("WSPSend", 3), ("WSPBind", 9), ("WSPSend", 11), ("WSPSend", 1000)])]]
    layers = layers_of(base, over)
    cases = [bench_layers.medians(layer.cases) for layer in layers]
    assert cases == [{"a": 20, "b": 7}, {"a": 50}] and bench_layers.in_common(cases) == ["a"]
    calls = bench_layers.by_function([bench_layers.medians(layer.calls) for layer in layers])
    assert calls == {"WSPSend": [4, 7]}  # of (2, 6) and of (3, 11)


def test_a_call_that_did_not_return_keeps_its_place() -> None:
    calls = bench_layers.calls_of(result("a", 10, calls=[("WSPRecv", None), ("WSPRecv", 3)]))
    assert list(calls) == [(("a", "WSPRecv", 2), 3)]


def test_the_table_of_layers(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench_layers.a_layer([2, 7, 12]) == 5
    calls = [[("WSPSend", spent)] for spent in (2, 3, 9)]
    bench_layers.report(layers_of(*([[result("a", micros, calls=of), result("b", 10)]]
                                    for micros, of in zip((100, 150, 450), calls, strict=True))), True)
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["layer0.stream", "55", "0.1"] in rows
    assert ["layer1.stream", "80", "1.25", "x", "0.2", "1.45", "x"] in rows
    assert ["layer2.stream", "230", "2.00", "x", "0.5", "2.88", "x"] in rows
    assert ["WSPSend", "2.0", "3.0", "1.50", "x", "9.0", "3.00", "x", "3.5"] in rows
    assert ["a", "100.0", "150.0", "1.50", "x", "450.0", "3.00", "x", "175.0"] in rows


def test_a_case_that_ends_its_process_or_ends_otherwise_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """crash ends the run of the second layer, other has another verdict there, skip is not performed."""
    every = ["a", "other", "skip", "crash", "z"]

    def run(_program: object, layer: bench_layers.Layer, cases: list[str], _path: Path) -> list[Record]:
        records: list[Record] = [{"record": "provider", "asked": every}]
        for case in cases if layer.entry == "layer1.stream" else every:
            unlike = case == "other" and layer.entry == "layer1.stream"
            records.append(result(case, 0 if case == "skip" else 9, "unreached" if unlike else "pass"))
            if case == "crash" and layer.entry == "layer1.stream":
                return records
        return [*records, END]

    monkeypatch.setattr(bench_layers, "run", run)
    layers = layers_of([], [])
    assert bench_layers.rehearse(None, layers, ["*"], Path()) == ["a", "z"]  # type: ignore[arg-type]


def test_environments_are_compared_with_local(capsys: pytest.CaptureFixture[str]) -> None:
    costs = {"local": bench_environments.Cost(), "wine-1.0": bench_environments.Cost()}
    two = [result("a", 1), result("b", 1), result("c", 0), END]
    four = [*(result(case, 1) for case in "abcd"), END]
    for start, seconds in ((0.1, 1.0), (0.3, 5.0), (0.1, 2.0)):
        costs["local"].starts.append(start)
        costs["local"].add("x.ini", seconds, two)
        costs["wine-1.0"].starts.append(start / 2)
        costs["wine-1.0"].add("x.ini", seconds * 3, four)
    assert costs["local"].figures() == {"process start": 0.1, "x.ini": 2.0, "x.ini, a case": 1.0}
    bench_environments.report(costs)
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [row for row in rows if row[:1] == ["wine-1.0"]] == [
        ["wine-1.0", "50.00", "ms", "0.50", "x"], ["wine-1.0", "6000.00", "ms", "3.00", "x"],
        ["wine-1.0", "1500.00", "ms", "1.50", "x"]]


@pytest.mark.parametrize("records, number", [([result("a", 0), END], 0), ([result("a", 5)], 1), ([], 0)])
def test_a_run_without_a_case_or_an_end_is_no_figure(records: list[Record], number: int) -> None:
    with pytest.raises(bench_environments.Failed, match=f"^x.ini: {number} cases were performed"):
        bench_environments.Cost().add("x.ini", 1.0, records)


INSIDE = ["sh", "-c", 'LAB_WINE=env; LAB_WINESERVER=true; enter() { "$@"; }; "$@"', "inside"]
"""What ci/lab.d/inside is to the session, on this machine and without Wine."""


@on_linux
def test_a_session_starts_one_program_after_the_other(tmp_path: Path) -> None:
    note = tmp_path / "a folder" / "$note"
    note.parent.mkdir()
    with bench_environments.session(INSIDE, dict(os.environ)) as shell:
        assert 0 < shell.timed("cp", __file__, str(note)) < BOUND
        assert note.read_bytes() == Path(__file__).read_bytes()
        shell.timed("sh", "-c", "cat; echo out; exit 1", expected=(0, 1))
        with pytest.raises(bench_environments.Failed, match=r"ended with 3, expected 0: too late$"):
            shell.timed("sh", "-c", "echo too late >&2; exit 3")
        shell.timed("true")


@on_linux
def test_a_session_that_ends_is_told() -> None:
    with pytest.raises(bench_environments.Failed, match=r"ended with 4, expected 0: no namespaces$"), \
            bench_environments.session(["sh", "-c", "echo no namespaces >&2; exit 4"], {}) as shell:
        shell.process.wait()
        shell.timed("true")
