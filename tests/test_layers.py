"""Layered providers: stacks of the fixtures, faults from below, who is to blame, and those of the field."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from program import Record, Run, check, manifest, program, run, windows

RED = {"fail", "crash", "hang", "error"}
KINDS = ("stream", "plain", "message", "datagram")
NETWORK_DOWN = ("send_disconnect.network_down", "recv_disconnect.network_down")
# relay over probe, relay2 over relay over probe, ... six layers and the base: a chain has room for seven.
STACKS = ["relay", *(f"relay{number}" for number in range(2, 7))]
IN_ONE_PROCESS = ("--isolation", "none", "--timeout", "4000")


def red(done: Run) -> dict[str, str]:
    return {case: verdict for case, verdict in done.verdicts.items() if verdict in RED}


def told(done: Run) -> list[str]:
    return [f"{case}: {result['verdict']}, {result['observed']} {result['reason']}"
            for case, result in done.results.items() if result["verdict"] not in ("pass", "skip")]


@pytest.mark.parametrize("entry", [*(f"{layer}.probe_{kind}" for layer in STACKS[:2] for kind in KINDS),
                                   f"{STACKS[-1]}.probe_stream"])
def test_a_transparent_stack_passes_everything(entry: str, records: Path) -> None:
    done = check(*IN_ONE_PROCESS, records=records, entry=entry)
    assert told(done) == []
    assert sum("layer_" in case for case in done.verdicts) > 20


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("base", ["loopback.", "probe.", "relay.", "relay2."])
def test_a_network_that_is_down_is_decided(base: str, kind: str, records: Path) -> None:
    done = check(*IN_ONE_PROCESS, "--case", "*.network_down", records=records, entry=f"{base}{kind}")
    assert done.verdicts == dict.fromkeys(NETWORK_DOWN, "pass")


@pytest.mark.parametrize(("layers", "name"), enumerate(STACKS, 1))
def test_a_chain_names_each_layer_below(layers: int, name: str, records: Path) -> None:
    done = check("--case", "*.layer_*", "--case", "*.network_down", records=records,
                 entry=f"{name}.probe_stream")
    assert told(done) == []
    chain = done.of("provider")[0]["chain"]
    assert chain[-1] == "probe.stream"
    assert len(set(chain)) == layers


@pytest.mark.parametrize("entry", ["tcp4", "udp4"])
def test_a_relay_over_the_system_is_as_red_as_the_system(entry: str, records: Path) -> None:
    alone = check("--case", "*.not_socket.*", records=records, entry=f"bridge.{entry}")
    records.unlink()
    stacked = check("--case", "*.not_socket.*", records=records, entry=f"relay.{entry}")
    # What the relay gave out is its own: handles of the system never come through it.
    assert set(red(stacked)) <= set(red(alone))
    assert {result["blame"] for case, result in stacked.results.items() if case in red(stacked)} <= {
        f"bridge.{entry}"}


def test_the_modules_that_own_the_slots_are_named(records: Path) -> None:
    done = check("--case", "provider.slots", records=records, entry="relay_ifs.tcp4")
    owners = done.of("provider")[0]["foreign_slots"]
    assert owners["WSPSendDisconnect"] == owners["WSPRecvDisconnect"] == "bridge.dll"
    assert "WSPSocket" not in owners and len(owners) < 30


@pytest.mark.parametrize("entry", ["stream", "over_relay"])
def test_delayed_imports_find_the_catalog(entry: str, records: Path) -> None:
    done = check("--case", "provider.*", "--case", "*.layer_*", "--case", "*.success*", records=records,
                 entry=f"relay_delay.{entry}")
    assert told(done) == []
    assert done.verdicts["provider.starts"] == "pass"


def stack(folder: Path, over: str) -> Path:
    """A vendor's manifest: relay3 over another entry. Nothing else tells wspcheck of it."""
    path = folder / "acme.ini"
    path.write_text("[provider]\nname = acme\n"
                    f"dll = {windows(program().parent / 'relay3.dll')}\n"
                    "guid = {5b1f7f4e-0000-0000-0000-000000000013}\nentries = layer\n\n"
                    f"[layer]\nprotocol = a layer\nover = {over}\ntransparent = 1\n", "utf-8")
    return path


@pytest.mark.parametrize(("over", "case", "blame"), [
    ("faulty_relay.swallows", "send_disconnect.not_connected.fresh", "faulty_relay.swallows"),
    ("faulty.send_success_is_one", "send_disconnect.success.connecting", "faulty.send_success_is_one"),
])
def test_the_layer_that_broke_it_is_blamed(tmp_path: Path, over: str, case: str, blame: str,
                                           records: Path) -> None:
    done = run("run", "--manifest", stack(tmp_path, over), "--case", case, records=records)
    assert done.status == 1
    assert done.results[case]["verdict"] == "fail"
    assert done.results[case]["blame"] == blame
    assert f"blame     {blame}" in done.out


def test_a_layer_over_a_sound_one_is_blamed_itself(records: Path) -> None:
    case = "send_disconnect.not_connected.fresh"
    done = check("--case", case, records=records, entry="faulty_relay.swallows")
    assert done.results[case]["blame"] == "faulty_relay.swallows"


def test_a_manifest_is_all_that_a_stack_needs(tmp_path: Path, records: Path) -> None:
    done = run("run", "--manifest", stack(tmp_path, "relay2.probe_stream"), "--case", "provider.*", "--case",
               "*.layer_*", "--case", "*.network_down", records=records)
    assert told(done) == []
    assert done.status == 0


# Each is told from the relay without a fault by this one case, however the other cases change.
KILLED = {
    "maps_in_progress": "send_disconnect.layer_passes_code.inprogress",
    "maps_strange": "recv_disconnect.layer_passes_code.strange",
    "forwards_twice": "send_disconnect.layer_calls_once",
    "forwards_own_handle": "recv_disconnect.layer_calls_once",
    "copies_structure": "send_disconnect.layer_passes_buffer",
    "retrieves_one_less": "recv_disconnect.layer_returns_data",
    "null_becomes_empty": "recv_disconnect.layer_passes_null",
    "forwards_unknown": "send_disconnect.layer_keeps_unknown_handle.never_given",
    "forwards_after_close": "recv_disconnect.layer_keeps_unknown_handle.closed",
    "closes_twice": "send_disconnect.layer_closes_once",
    "closes_never": "recv_disconnect.layer_closed_meanwhile",
    "first_upcalls": "provider.layer_passes_upcalls",
    "changes_upcalls": "provider.layer_passes_upcalls",
    "starts_below_once": "provider.layer_passes_upcalls",
    "base_gets_chain": "provider.layer_starts_base",
    "cleans_up_never": "provider.layer_cleans_up",
    "cleans_up_twice": "provider.layer_cleans_up",
}


@pytest.mark.parametrize(("mutant", "case"), KILLED.items())
def test_a_mutant_of_the_relay_is_killed(mutant: str, case: str, records: Path) -> None:
    done = check(*IN_ONE_PROCESS, "--case", case, records=records, entry=f"faulty_relay.{mutant}")
    assert done.verdicts == {case: "fail"}


def test_enough_mutants_of_the_relay() -> None:
    table = json.loads((program().parent / "faulty_relay.json").read_text("utf-8"))
    assert len([mutant for mutant in table if mutant["name"] != "none"]) > 40


# What Microsoft's samples and others do, and all that is red of it; the pair itself stays judged.
FIELD = {
    "sample": {"provider.cleanup"}, "failing_cleanup": {"provider.cleanup"},
    "not_in_catalog": {"provider.version", "provider.slots"}, "first_upcalls": {"provider.upcalls"},
    "threads": set(), "slow_cleanup": set(), "hidden_id": set(), "bare_restart": set(),
    "version_2_0": set(), "no_context": set(),
}


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Record]]:
    """The cases of provider.* and one of the pair, on each entry."""
    records = tmp_path_factory.mktemp("field") / "run.jsonl"
    chosen = [part for name in FIELD for part in ("--provider", f"field.{name}")]
    done = run("run", "--manifest", manifest("field"), *chosen, "--case", "provider.*",
               "--case", "*.success*", records=records)
    found: dict[str, dict[str, Record]] = {name: {} for name in FIELD}
    for result in done.of("result"):
        found[result["entry"].partition(".")[2]][result["case"]] = result
    return found


@pytest.mark.parametrize("name", FIELD)
def test_a_habit_of_the_field_has_its_own_verdict(field: dict[str, dict[str, Record]], name: str) -> None:
    assert {case for case, result in field[name].items() if result["verdict"] in RED} == FIELD[name]


@pytest.mark.parametrize("name", [name for name in FIELD if name != "not_in_catalog"])
def test_nothing_is_out_of_reach_for_a_habit(field: dict[str, dict[str, Record]], name: str) -> None:
    assert [case for case, result in field[name].items() if result["verdict"] == "unreached"] == []


@pytest.mark.parametrize(("name", "case", "observed"), [
    ("not_in_catalog", "provider.slots", "all 30 NULL"),
    ("hidden_id", "provider.layer_handle_id", "the ID of its hidden entry"),
    ("threads", "provider.layer_handle_id", "the ID of its chain entry"),
    ("bare_restart", "provider.second_table", "other modules own the slots"),
    ("sample", "provider.cleanup", "WSPCleanup SOCKET_ERROR not written"),
    ("version_2_0", "provider.version", "2.2 asked: 2.0"),
])
def test_a_habit_is_told(field: dict[str, dict[str, Record]], name: str, case: str, observed: str) -> None:
    assert observed in field[name][case]["observed"]
