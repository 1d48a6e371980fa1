"""Measures the matrix page in Chromium: 20 environments x 30 entries x 200 cases, 120,000 verdicts.

The records are made up, the way through them is the real one: read, rendered, opened from disk. Prints the
size of the page and the median times; with --check exits with 1 where a bound is missed (opens in 1 s,
filters in 100 ms, 15 MB).
"""

from __future__ import annotations

import json
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from measuring import Parser, fail, median, positive
from wspmatrix import statements
from wspmatrix.matrix import build
from wspmatrix.reader import Log, load

OPENS, FILTERS, SIZE = 1000.0, 100.0, 15_000_000
CALLS = 24
VERDICTS = {"pass": 70, "skip": 20, "fail": 5, "tolerated": 2, "unreached": 2, "crash": 1}
FILTER = """
const [id, value] = arguments;
const input = document.getElementById(id);
const begin = performance.now();
if (input.type === "checkbox") input.click();
else { input.value = value; input.dispatchEvent(new Event("input", {bubbles: true})); }
document.body.offsetHeight;
return [performance.now() - begin, document.getElementById("shown").textContent];
"""
"""One change of a filter with all that follows at once, laid out anew."""

RESET = """
const begin = performance.now();
document.getElementById("reset").click();
document.body.offsetHeight;
return performance.now() - begin;
"""

OPENED = """
const drawn = performance.getEntriesByName("drawn")[0].startTime;
const [entry] = performance.getEntriesByType("navigation");
const paint = performance.getEntriesByName("first-contentful-paint")[0];
return [drawn, entry.domContentLoadedEventEnd, paint ? paint.startTime : null];
"""


def calls(chance: random.Random) -> list[dict[str, Any]]:
    names = ("WSPSocket", "WSPBind", "WSPConnect", "WSPEventSelect", "WSPSendDisconnect")
    return [{"fn": names[number % len(names)], "result": 0, "error": 0, "micros": chance.randrange(1, 9999),
             "args": f"s=s{number % 7}, name=127.0.0.1:p{chance.randrange(3)}, dwFlags=WSA_FLAG_OVERLAPPED"}
            for number in range(CALLS)]


def result(entry: str, case: str, statement: str, chance: random.Random) -> dict[str, Any]:
    verdict = chance.choices(list(VERDICTS), list(VERDICTS.values()))[0]
    told = {"record": "result", "entry": entry, "case": case, "verdict": verdict, "grade": "documented",
            "statements": [statement], "revision": 1, "repeat": 1, "expected": "SOCKET_ERROR WSAENOTCONN",
            "observed": "SOCKET_ERROR WSAENOTCONN", "reason": "", "micros": 412, "order_dependent": False,
            "location": f"suite/cases/errors/not_connected.c:{sum(map(ord, case)) % 400}", "after": [],
            "crash": None, "blame": None}
    if verdict in ("pass", "skip"):
        return told
    crash = {"code": "0xc0000005", "module": "a.dll", "offset": hex(chance.randrange(65536))}
    return told | {"observed": f"SOCKET_ERROR {chance.randrange(10000, 10100)}", "calls": calls(chance),
                   "crash": crash if verdict == "crash" else None}


def write_run(path: Path, environment: str, entries: list[str], cases: dict[str, str],
              chance: random.Random) -> None:
    records: list[dict[str, Any]] = [
        {"record": "run", "schema": 1, "suite": "1.0.0", "started": "2026-11-22T05:11:07Z", "arch": "x64",
         "environment": environment, "os": "Linux", "wine": "8.0", "command": ["wspcheck", "run"]}]
    for entry in entries:
        records.append({"record": "provider", "entry": entry, "dll": "a.dll", "asked": list(cases)})
        records += [result(entry, case, statement, chance) for case, statement in cases.items()]
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")


def make_page(folder: Path, environments: int, entries: int, cases: int) -> Path:
    from wspmatrix import page  # with a module that ci/set-up installs, after the options are read
    chance = random.Random(1)
    ids = [statement.id for statement in statements.of_package()]
    names = {f"send_disconnect.situation_{number // 4}.row_{number % 4}": ids[number % len(ids)]
             for number in range(cases)}
    columns = [f"provider{number // 4}.entry{number % 4}" for number in range(entries)]
    for number in range(environments):
        write_run(folder / f"{number:02}.jsonl", f"wine-{number}.0-x64", columns, names, chance)
    begin = time.perf_counter()
    log = Log()
    matrix = build(load([folder], log))
    read = time.perf_counter()
    text = page.render(matrix, "A large matrix", [])
    path = folder / "page.html"
    path.write_text(text, "utf-8")
    print(f"{sum(len(column.cells) for column in matrix.columns):,} verdicts; read in {read - begin:.1f} s, "
          f"rendered in {time.perf_counter() - read:.1f} s")
    return path


def browser() -> Any:
    from selenium import webdriver
    options = webdriver.ChromeOptions()
    for argument in ("--headless", "--no-sandbox", "--disable-gpu", "--window-size=1600,1000"):
        options.add_argument(argument)
    options.binary_location = str(shutil.which("chromium"))
    service = webdriver.chrome.service.Service(shutil.which("chromedriver"))
    driver = webdriver.Chrome(service=service, options=options)
    driver.set_page_load_timeout(120)
    return driver


def measure(driver: Any, address: str, rounds: int) -> tuple[dict[str, float], dict[str, float]]:
    opened: list[list[float]] = []
    for _ in range(rounds):
        driver.get("about:blank")
        driver.get(address)
        opened.append(driver.execute_script(OPENED))
    steps = [("a verdict", "verdicts-first", ""), ("a text", "find", "10042"),
             ("a statement", "statement", "SD-07"), ("an entry", "entry", "entry2"),
             ("an environment", "environment", "wine-1"), ("what differs", "differs", "")]
    filters: dict[str, float] = {}
    back: list[float] = []
    driver.execute_script("document.querySelector('#verdicts input').id = 'verdicts-first'")
    for name, field, value in steps:
        times = []
        for _ in range(rounds):
            spent, shown = driver.execute_script(FILTER, field, value)
            times.append(spent)
            back.append(driver.execute_script(RESET))
        filters[f"{name} ({shown})"] = median(times)
    filters["back to everything"] = median(back)
    names = ("drawn", "document ready", "first paint")
    medians = {name: median([one[place] for one in opened]) for place, name in enumerate(names)}
    return medians, filters


def main() -> int:
    parser = Parser("page", __doc__, "page --check", "page --cases 50 --keep large.html")
    parser.add_rounds(5)
    for name, number in (("environments", 20), ("entries", 30), ("cases", 200)):
        parser.add_argument(f"--{name}", type=positive, default=number, metavar="N",
                            help=f"how many {name} the matrix has (%(default)s)")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="keep the page here")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a bound is missed")
    options = parser.options()
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        fail("no chromium and chromedriver, expected both (Debian: chromium chromium-driver)")
    with tempfile.TemporaryDirectory() as folder:
        path = make_page(Path(folder), options.environments, options.entries, options.cases)
        size = path.stat().st_size
        driver = browser()
        try:
            opened, filters = measure(driver, path.as_uri(), options.rounds)
        finally:
            driver.quit()
        if options.keep:
            shutil.copy(path, options.keep)
    print(f"{'size':40}{size / 1e6:9.2f} MB")
    for name, spent in opened.items():
        print(f"{'opened: ' + name:40}{spent:9.1f} ms")
    for name, spent in filters.items():
        print(f"{'filter: ' + name:64}{spent:9.1f} ms")
    missed = size > SIZE or max(opened.values()) > OPENS or max(filters.values()) > FILTERS
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
