"""A wspcheck that obeys the contract and tests nothing: it answers what the JSON file FAKE_WSPCHECK says.

{"entries": {"loopback.stream": {"send_disconnect.not_connected": "pass" | {result fields}}},
 "environment": "...", "quirk": "...", "log": "file that each start appends its arguments to",
 "listed": [entries that `list providers` names, if not all], "statements": [what `list statements` says]}

Quirks: die (exits without a word after two thirds of the records), hang (stops there and waits to be ended),
refuse (wrong use), mute (writes nothing), full_disk (exit status 3 there), bad_list.
"""

import fnmatch
import json
import os
import sys
import time
from collections import Counter

RESULT = {"grade": "documented", "statements": ["SD-07"], "revision": 1, "repeat": 1,
          "expected": "SOCKET_ERROR WSAENOTCONN", "observed": "SOCKET_ERROR WSAENOTCONN", "reason": "",
          "micros": 12,
          "location": "suite/cases/errors/not_connected.c:12", "order_dependent": False, "after": [],
          "crash": None,
          "blame": None}


def main() -> int:
    with open(os.environ["FAKE_WSPCHECK"], encoding="utf-8") as file:
        world = json.load(file)
    if "log" in world:
        with open(world["log"], "a", encoding="utf-8") as log:
            log.write(json.dumps(sys.argv[1:]) + "\n")
    verb, options = sys.argv[1], parse(sys.argv[2:])
    if world.get("quirk") == "refuse":
        print("wspcheck: --case: \x1b[31mnothing matches", file=sys.stderr)
        return 2
    if verb == "list":
        return list_things(world, sys.argv[2])
    return run(world, options)


def parse(arguments: list[str]) -> dict[str, list[str]]:
    options: dict[str, list[str]] = {}
    flags = ("--json", "--quiet", "--strict")
    position = 0
    while position < len(arguments):
        name = arguments[position]
        takes_value = name.startswith("--") and name not in flags
        options.setdefault(name, []).append(arguments[position + 1] if takes_value else "")
        position += 2 if takes_value else 1
    return options


def list_things(world: dict, what: str) -> int:
    if world.get("quirk") == "bad_list":
        print("not a list")
        return 0
    if what == "providers":
        print(json.dumps([{"entry": entry} for entry in world.get("listed", world["entries"])]))
    elif what == "statements":
        print(json.dumps(world.get("statements", [])))
    else:
        cases = dict.fromkeys(case for cases in world["entries"].values() for case in cases)
        print(json.dumps([{"case": case, "statements": ["SD-07"], "grade": "documented", "needs": [],
                           "revision": 1,
                           "location": RESULT["location"]} for case in [*cases, "selftest.fail"]]))
    return 0


def run(world: dict, options: dict[str, list[str]]) -> int:
    if world.get("quirk") == "mute":
        return 3
    lines = list(records(world, options))
    stop = len(lines) * 2 // 3 if world.get("quirk") in ("die", "hang", "full_disk") else len(lines)
    with open(options["--jsonl"][0], "w", encoding="utf-8") as out:
        for line in lines[:stop]:
            out.write(line + "\n")
            out.flush()
    if world.get("quirk") == "hang":
        print("waiting", file=sys.stderr, flush=True)
        time.sleep(600)
    if world.get("quirk") in ("die", "full_disk"):
        print("wspcheck: disk full", file=sys.stderr)
        return 3 if world["quirk"] == "full_disk" else 77
    return int(any(f'"verdict": "{red}"' in line for line in lines
                   for red in ("fail", "crash", "hang", "error")))


def records(world: dict, options: dict[str, list[str]]):
    yield json.dumps({"record": "run", "schema": 1, "suite": "1.0.0+gfake", "started": world.get(
        "started", "2026-11-22T05:11:07Z"), "arch": "x64", "environment": options.get(
        "--environment", [world.get("environment", "wine-8.0-x64")])[0], "os": "Linux", "wine": "8.0",
        "command": ["wspcheck.exe", *sys.argv[1:2]]})
    counts: Counter[str] = Counter()
    for entry, cases in world["entries"].items():
        if "--provider" in options and entry not in options["--provider"]:
            continue
        globs = options.get("--case", ["*"])
        asked = [case for case in cases if any(fnmatch.fnmatchcase(case, glob) for glob in globs)]
        yield json.dumps({"record": "provider", "entry": entry, "dll": "some.dll", "sha256": "00",
                          "version": "1",
                          "catalog_id": None, "guid": None, "family": 2, "socket_type": 1, "protocol": 6,
                          "service_flags": 422, "chain": [], "wsp_version": "2.2", "foreign_slots": {},
                          "asked": asked})
        for case in asked:
            given = cases[case]
            result = RESULT | ({"verdict": given} if isinstance(given, str) else given)
            if result["verdict"] == "silent":
                continue
            counts[result["verdict"]] += 1
            yield json.dumps({"record": "result", "entry": entry, "case": case, **result})
        yield json.dumps({"record": "provider_end", "entry": entry, "hook": "used"})
    yield json.dumps({"record": "end", "counts": counts, "finished": "2026-11-22T05:11:09Z"})


sys.exit(main())
