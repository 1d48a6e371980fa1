"""The matrix page in Chromium: what is seen, what the keyboard does, and that hostile records do nothing."""

from __future__ import annotations

import datetime
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wspmatrix import expectations, page
from wspmatrix.matrix import build
from wspmatrix.reader import Log, load
from wspmatrix.text import printable
from wspmatrix_samples import CALL, CRASH, HOSTILE, result, run, write

WINE = {"loopback.stream": {"provider.path": {"verdict": "pass", "statements": ["PV-01"]},
                            "send_disconnect.a": "pass",
                            "recv_disconnect.a": {"verdict": "skip", "statements": ["RD-07"]}},
        "bridge.tcp4": {"provider.path": {"verdict": "pass", "statements": ["PV-01"]},
                        "send_disconnect.a": {"verdict": "crash", "crash": CRASH, "reason": "it fell over",
                                              "statements": ["SD-07", "PV-14"]},
                        "recv_disconnect.a": {"verdict": "tolerated", "statements": ["RD-07"]}}}
COMMAND = ["wspcheck", "run", "--manifest", "bridge.ini", "--manifest", "loopback.ini"]
EVERYTHING = {"provider.path": ["pass", "pass"], "send_disconnect.a": ["pass", "crash"],
              "recv_disconnect.a": ["skip", "tolerated"]}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver",
                                    reason="tests of the page in a browser need python3-selenium")
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        pytest.skip("no chromium and chromedriver to open the page in (Debian: chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    for argument in ("--headless", "--no-sandbox", "--disable-gpu"):
        options.add_argument(argument)
    options.binary_location = str(shutil.which("chromium"))
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.chrome.service.Service(shutil.which("chromedriver"))
    driver = webdriver.Chrome(service=service, options=options)
    driver.set_page_load_timeout(120)
    driver.set_script_timeout(60)
    yield driver
    driver.quit()


@pytest.fixture(autouse=True)
def quiet(browser: Any) -> Iterator[None]:
    """No test may leave an error in the console, nor a breach of the policy."""
    resize(browser, 1400, 900)
    media(browser, "light")
    yield
    assert not [line for line in browser.get_log("browser") if line["level"] == "SEVERE"]


def resize(browser: Any, width: int, height: int) -> None:
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})


def media(browser: Any, scheme: str) -> None:
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia",
                            {"features": [{"name": "prefers-color-scheme", "value": scheme}]})


def make(tmp_path: Path, *runs: list[dict[str, Any]], problems: tuple[str, ...] = (), toml: str = "") -> str:
    """The address of a page of some runs."""
    files = [write(tmp_path / f"{number}.jsonl", records) for number, records in enumerate(runs)]
    (tmp_path / "e.toml").write_text(toml, "utf-8")
    expected = expectations.load([tmp_path / "e.toml"]) if toml else None
    text = page.render(build(load(files, Log())), "A title & more", list(problems), expected,
                       datetime.date(2026, 11, 22))
    (tmp_path / "page.html").write_text(text, "utf-8")
    return (tmp_path / "page.html").as_uri()


def go(browser: Any, address: str) -> None:
    browser.get("about:blank")
    browser.get(address)


def cells(browser: Any) -> dict[str, list[str]]:
    """The rows of the matrix that are in the document."""
    return dict(browser.execute_script(
        "return [...document.querySelectorAll('#matrix .row:not(.group)')].map(row =>"
        "  [row.querySelector('.name').textContent,"
        "   [...row.querySelectorAll('.cell')].map(cell => cell.textContent)])"))


def type_in(browser: Any, field: str, text: str) -> None:
    browser.execute_script("const field = document.getElementById(arguments[0]); field.value = arguments[1];"
                           "field.dispatchEvent(new Event('input', {bubbles: true}))", field, text)


def click_cell(browser: Any, name: str) -> None:
    browser.find_element("css selector", f"#matrix [aria-label^='{name}']").click()


def wait_for(browser: Any, script: str) -> None:
    from selenium.webdriver.support.ui import WebDriverWait
    WebDriverWait(browser, 30, 0.02).until(lambda driver: driver.execute_script(f"return {script}"))


def story(browser: Any) -> str:
    return browser.find_element("id", "story").text


def keys(browser: Any, *words: str) -> None:
    from selenium.webdriver.common.keys import Keys
    for word in words:
        browser.switch_to.active_element.send_keys(getattr(Keys, word))


def active(browser: Any) -> str:
    return browser.execute_script(
        "const id = document.getElementById('matrix').getAttribute('aria-activedescendant');"
        "return id && document.getElementById(id).getAttribute('aria-label')")


def test_the_matrix_and_the_story_of_a_cell(browser: Any, tmp_path: Path) -> None:
    go(browser, make(tmp_path, run(WINE, command=COMMAND)))
    assert cells(browser) == EVERYTHING
    heads = [head.text for head in browser.find_elements("css selector", ".grouphead")]
    assert [head.split()[0] for head in heads] == ["PV-01", "SD-07", "RD-07"]
    assert "WSPSendDisconnect, error table" in heads[1]
    assert "WSAENOTCONN: the socket is not connected" in heads[1]
    click_cell(browser, "send_disconnect.a, bridge.tcp4: crash")
    for part in ("it fell over", "c0000005, at loopback.dll + 4660, in WSPSendDisconnect", "10057", "3 µs",
                 "SD-07 WSPSendDisconnect", "PV-14", "suite/cases/errors/not_connected.c:12",
                 "SOCKET_ERROR WSAENOTCONN", 'wspcheck run --manifest "bridge.ini" --provider "bridge.tcp4" '
                 "--case send_disconnect.a --trace all",
                 'repro "0.jsonl" send_disconnect.a "bridge.tcp4"'):
        assert part in story(browser)
    browser.find_element("id", "close").click()
    assert not browser.find_element("id", "story").is_displayed()


@pytest.mark.parametrize(("field", "value", "rows"), [
    ("find", "RECV", ["recv_disconnect.a"]), ("find", "fell over", ["send_disconnect.a"]),
    ("find", "not connected (", ["send_disconnect.a", "recv_disconnect.a"]), ("find", "no such text", []),
    ("statement", "PV-14", ["send_disconnect.a"]), ("verdicts", "crash", ["send_disconnect.a"]),
    ("verdicts", "tolerated", ["recv_disconnect.a"]),
    ("differs", "", ["send_disconnect.a", "recv_disconnect.a"])])
def test_a_filter_of_cases(browser: Any, tmp_path: Path, field: str, value: str, rows: list[str]) -> None:
    go(browser, make(tmp_path, run(WINE)))
    if field == "verdicts":
        browser.find_element("css selector", f"#verdicts input[value={value}]").click()
    elif field == "differs":
        browser.find_element("id", "differs").click()
    else:
        type_in(browser, field, value)
    assert list(cells(browser)) == rows
    assert browser.find_element("id", "shown").text == f"{len(rows)} of 3 cases, 2 columns"
    browser.find_element("id", "reset").click()
    assert cells(browser) == EVERYTHING


@pytest.mark.parametrize(("field", "value", "columns"), [
    ("entry", "bridge", [1, 3]), ("entry", "stream, tcp4", [0, 1, 2, 3]),
    ("entry", "loopback.stream", [0, 2]),
    ("environment", "10.0", [2, 3]), ("environment", "wine", [0, 1, 2, 3]), ("entry", "nobody", [])])
def test_a_filter_of_columns(browser: Any, tmp_path: Path, field: str, value: str,
                             columns: list[int]) -> None:
    later = run(WINE, environment="wine-10.0-x64", started="2026-11-23T05:11:07Z")
    go(browser, make(tmp_path, run(WINE), later))
    everything = cells(browser)
    type_in(browser, field, value)
    assert cells(browser) == ({case: [row[place] for place in columns] for case, row in everything.items()}
                              if columns else {})


def test_what_answers_differently_differs(browser: Any, tmp_path: Path) -> None:
    def one(observed: str) -> dict[str, Any]:
        return {"a.b": {"verdict": "fail", "observed": observed}, "a.c": "fail"}
    go(browser, make(tmp_path, run({"e.f": one("0"), "e.g": one("1")})))
    browser.find_element("id", "differs").click()
    assert list(cells(browser)) == ["a.b"]


def test_the_keyboard_walks_the_matrix(browser: Any, tmp_path: Path) -> None:
    go(browser, make(tmp_path, run(WINE)))
    browser.execute_script("document.getElementById('matrix').focus()")
    assert active(browser) == "provider.path, loopback.stream: pass"
    keys(browser, "ARROW_RIGHT", "ARROW_DOWN")
    assert active(browser) == "send_disconnect.a, bridge.tcp4: crash"
    keys(browser, "ARROW_DOWN", "ARROW_DOWN", "HOME")
    assert active(browser) == "recv_disconnect.a, loopback.stream: skip"
    keys(browser, "PAGE_UP", "END", "ENTER")
    assert browser.switch_to.active_element.text == "provider.path"
    assert browser.switch_to.active_element.tag_name == "h2" and "bridge.tcp4" in story(browser)
    keys(browser, "ESCAPE")
    assert browser.switch_to.active_element.get_attribute("id") == "matrix"
    assert active(browser) == "provider.path, bridge.tcp4: pass"


def test_the_view_is_in_the_address(browser: Any, tmp_path: Path) -> None:
    address = make(tmp_path, run(WINE), run(WINE, environment="wine 10 & <b>"))
    go(browser, address)
    browser.find_element("css selector", "#verdicts input[value=crash]").click()
    type_in(browser, "environment", "& <b>")
    click_cell(browser, "send_disconnect.a, bridge.tcp4")
    wait_for(browser, "location.hash.includes('case=')")
    sent = browser.current_url
    told, shown = story(browser), cells(browser)
    assert list(shown) == ["send_disconnect.a"] and len(shown["send_disconnect.a"]) == 2
    go(browser, sent)
    assert (story(browser), cells(browser)) == (told, shown)
    assert browser.find_element("css selector", "#verdicts input[value=crash]").is_selected()
    browser.execute_script("location.hash = '#statement=RD-07&narrow=yes'")
    wait_for(browser, "document.getElementById('statement').value === 'RD-07'")
    assert cells(browser) == {"recv_disconnect.a": ["-", "t", "-", "t"]}
    assert not browser.find_element("id", "story").is_displayed()


def test_an_address_entered_while_the_view_is_still_to_be_written_is_kept(browser: Any, tmp_path: Path) -> None:
    go(browser, make(tmp_path, run(WINE)))
    browser.execute_async_script("""
        const done = arguments[0];
        const find = document.getElementById("find");
        find.value = "crash";
        find.dispatchEvent(new Event("input", {bubbles: true}));
        // What a reader's address does, with its event as late as a browser may give it: after the page's timer.
        history.replaceState(null, "", "#statement=RD-07");
        setTimeout(() => { dispatchEvent(new HashChangeEvent("hashchange")); done(); }, 200);""")
    assert list(cells(browser)) == ["recv_disconnect.a"]
    assert browser.current_url.endswith("#statement=RD-07")


@pytest.mark.parametrize("words", ["statement=SD-99", "verdicts=nothing", "case=x&on=y&in=z",
                                   "narrow=maybe&known=%00",
                                   "%E0%A4%A", "&&==", "text=%3Cscript%3E"])
def test_an_address_that_says_nothing_known_does_no_harm(browser: Any, tmp_path: Path, words: str) -> None:
    go(browser, f"{make(tmp_path, run(WINE))}#{words}")
    assert cells(browser) == ({} if words.startswith("text") else EVERYTHING)


KNOWN = """
[[expectation]]
environment = "wine-*"
entry = "bridge.tcp4"
case = "send_disconnect.a"
verdict = "fail"
observed = "0"
reason = "<i>nobody</i> looks at it"
owner = "me"
link = "https://example.org/1"
"""


def test_an_expectation_is_told_and_its_cell_is_no_news(browser: Any, tmp_path: Path) -> None:
    told = {"send_disconnect.a": {"verdict": "fail", "observed": "0"},
            "send_disconnect.b": {"verdict": "fail"}}
    go(browser, make(tmp_path, run({"bridge.tcp4": told}), toml=KNOWN))
    assert cells(browser) == {"send_disconnect.a": ["(fail)"], "send_disconnect.b": ["fail"]}
    news = browser.find_elements("css selector", "#red-news li")
    assert len(news) == 1 and "send_disconnect.b" in news[0].text
    assert "1 cell, each with its reason" in browser.find_element("id", "red-known").text
    type_in(browser, "known", "known")
    assert list(cells(browser)) == ["send_disconnect.a"]
    click_cell(browser, "send_disconnect.a, bridge.tcp4: fail, expected")
    for part in ("this is expected: fail, 0", "<i>nobody</i> looks at it",
                 "me, https://example.org/1, e.toml:2"):
        assert part in story(browser)
    assert not browser.find_elements("css selector", "a")


@pytest.mark.parametrize(("others", "is_open"), [({}, True), ({"send_disconnect.b": "fail"}, False)])
def test_what_is_expected_is_open_where_nothing_else_is_red(browser: Any, tmp_path: Path, others: dict[str, Any],
                                                            is_open: bool) -> None:
    told = {"send_disconnect.a": {"verdict": "fail", "observed": "0"}} | others
    go(browser, make(tmp_path, run({"bridge.tcp4": told}), toml=KNOWN))
    known = browser.find_element("id", "red-known")
    assert (known.get_attribute("open") is not None) is is_open
    assert ("all that is red is as an expectation says" in browser.find_element("id", "red").text) is is_open


def test_on_a_telephone_no_line_of_a_statement_is_cut_through(browser: Any, tmp_path: Path) -> None:
    told = {f"send_disconnect.{number}": {"verdict": "pass", "statements": [name]} for number, name in
            enumerate(("SD-01", "SD-06", "SD-10", "PV-05", "RD-05", "RD-16"))}
    resize(browser, 390, 1400)
    go(browser, make(tmp_path, run({"bridge.tcp4": told})))
    shown = browser.execute_script(
        "return [...document.querySelectorAll('.row.group')].map(row => {"
        "  const head = row.querySelector('.grouphead'), line = parseFloat(getComputedStyle(head).lineHeight);"
        "  const top = parseFloat(getComputedStyle(head).paddingTop);"
        "  return [(head.clientHeight - top) / line, head.offsetHeight <= row.clientHeight]; })")
    assert len(shown) == 6
    assert all(lines <= 2.05 and abs(lines - round(lines)) < 0.05 and fits for lines, fits in shown), shown


def test_red_that_tells_the_same_is_told_once_and_opens(browser: Any, tmp_path: Path) -> None:
    told = {f"send_disconnect.{number}": {"verdict": "fail", "observed": "0"} for number in range(5)}
    told["send_disconnect.x"] = {"verdict": "hang", "observed": "hang in WSPSendDisconnect"}
    go(browser, make(tmp_path, run({"bridge.tcp4": told, "bridge.tcp6": told})))
    items = [item.text for item in browser.find_elements("css selector", "#red-news li")]
    assert len(items) == 2 and items[0].startswith("HANG")
    assert "5 cases on bridge.tcp4, bridge.tcp6" in items[1]
    type_in(browser, "find", "no such text")
    browser.find_element("css selector", "#red-news li button").click()
    assert "hang in WSPSendDisconnect" in story(browser)
    assert browser.switch_to.active_element.text == "send_disconnect.x"
    assert len(cells(browser)) == 6


def test_the_families_are_told(browser: Any, tmp_path: Path) -> None:
    refuses = {f"{call}.success.connecting": {"verdict": "fail", "observed": "SOCKET_ERROR WSAEOPNOTSUPP"}
               for call in ("send_disconnect", "recv_disconnect")}
    half = refuses | {"recv_disconnect.success.connecting": {"verdict": "pass", "observed": "0"}}
    go(browser, make(tmp_path, run({"stub.a": refuses, "stub.b": refuses, "half.a": half})))
    names = [name.text for name in browser.find_elements("css selector", "#families dt")]
    told = [text.text for text in browser.find_elements("css selector", "#families dd")]
    assert names == ["stub that refuses", "WSPSendDisconnect stub that refuses, WSPRecvDisconnect conforming"]
    assert told[0].startswith("stub.a, stub.b") and told[1].startswith("half.a")


def test_hostile_text_in_a_browser(browser: Any, tmp_path: Path) -> None:
    told = {name: {name: {"verdict": "fail", "reason": name, "observed": name, "expected": name,
                          "statements": [name], "calls": [CALL | {"args": name}]}} for name in HOSTILE}
    address = make(tmp_path, run(told, environment=HOSTILE[0], os=HOSTILE[1],
                                 command=["--manifest", HOSTILE[2]]),
                   run(told, environment=HOSTILE[5]), problems=tuple(HOSTILE))
    go(browser, address)
    assert browser.execute_script("return document.querySelectorAll('img, iframe, object').length") == 0
    assert browser.execute_script("return document.scripts.length") == 2
    for name in map(printable, HOSTILE):
        browser.execute_script("location.hash = new URLSearchParams({case: arguments[0], on: arguments[0],"
                               "in: arguments[1]}).toString()", name, printable(HOSTILE[0]))
        wait_for(browser, f"document.querySelector('#story h2')?.textContent === {json.dumps(name)}")
        assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    for width in (390, 1400):
        resize(browser, width, 844)
        wait_for(browser, f"innerWidth === {width}")
        assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")


def test_the_policy_lets_nothing_else_run(browser: Any, tmp_path: Path) -> None:
    go(browser, make(tmp_path, run(WINE)))
    breaches = browser.execute_async_script("""
        const done = arguments[0];
        const seen = [];
        document.addEventListener("securitypolicyviolation", event => {
            seen.push(event.effectiveDirective);
            if (new Set(seen).size === 4) done([...new Set(seen)].sort());
        });
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        document.body.append(script);
        document.body.setAttribute("style", "color: red");
        const image = document.createElement("img");
        image.src = "https://example.invalid/x.png";
        document.body.append(image);
        fetch("https://example.invalid/").catch(() => 0);""")
    assert breaches == ["connect-src", "img-src", "script-src-elem", "style-src-attr"]
    assert browser.execute_script("return window.ran === undefined && document.body.style.color === ''")
    browser.get_log("browser")  # the breaches were meant


def test_screen_readers_are_told_what_is_where(browser: Any, tmp_path: Path) -> None:
    go(browser, make(tmp_path, run(WINE)))
    grid = browser.find_element("id", "matrix")
    told = [grid.get_attribute(name) for name in ("role", "aria-rowcount", "aria-colcount")]
    assert told == ["grid", "7", "3"]
    bare = browser.execute_script(
        "return [...document.querySelectorAll('[role=gridcell]')]"
        ".filter(cell => !cell.getAttribute('aria-label')).length")
    assert bare == 0
    rows = browser.execute_script(
        "return [...document.querySelectorAll('[role=row]')]"
        ".map(row => Number(row.getAttribute('aria-rowindex')))")
    assert rows == [1, 2, 3, 4, 5, 6, 7]
    assert browser.find_element("id", "shown").get_attribute("aria-live") == "polite"
    unnamed = browser.execute_script(
        "return [...document.querySelectorAll('input, select')]"
        ".filter(field => !field.labels.length).map(field => field.id)")
    assert unnamed == []


CONTRAST = """
const value = text => (text.match(/[0-9.]+/g) || []).map(Number);
const light = parts => parts.slice(0, 3).map(part => part / 255)
    .map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
return [...document.querySelectorAll("#matrix .cell")].map(cell => {
    const style = getComputedStyle(cell);
    const [one, other] = [light(value(style.color)),
                          light(value(style.backgroundColor))].sort((a, b) => b - a);
    return [cell.textContent, (one + 0.05) / (other + 0.05)];
});
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_verdict_can_be_read_and_is_a_word(browser: Any, tmp_path: Path, scheme: str) -> None:
    media(browser, scheme)
    verdicts = {f"a.{verdict}": verdict for verdict in ("pass", "tolerated", "skip", "unreached", "fail",
                                                        "hang", "crash",
                                                        "error")}
    go(browser, make(tmp_path, run({"a.b": verdicts | {"a.missing": None}})))
    found = browser.execute_script(CONTRAST)
    assert sorted(word for word, _ in found) == sorted([*verdicts.values(), "missing"])
    assert all(ratio >= 4.5 for _, ratio in found), found
    type_in(browser, "narrow", "yes")
    letters = [word for word, _ in browser.execute_script(CONTRAST)]
    assert len(set(letters)) == len(letters) == 9


def test_a_large_matrix_is_drawn_where_it_is_seen(browser: Any, tmp_path: Path) -> None:
    cases = {f"a.case{number}": {"verdict": "pass", "statements": [f"S-{number // 10:02}"]}
             for number in range(300)}
    go(browser, make(tmp_path, run({f"e.f{number}": cases for number in range(120)})))
    assert browser.execute_script("return document.querySelectorAll('#matrix .cell').length") < 6000
    browser.execute_script("document.getElementById('matrix').scrollTo(1e9, 1e9)")
    wait_for(browser, "document.querySelector(\"[aria-label^='a.case299, e.f119']\") !== null")
    pinned = browser.find_element("css selector", ".pin").text
    first = browser.execute_script(
        "const top = document.querySelector('.pin').getBoundingClientRect().bottom;"
        "return [...document.querySelectorAll('.row:not(.group)')]"
        ".find(row => row.getBoundingClientRect().bottom >= top).querySelector('.name').textContent")
    assert pinned.strip() == f"S-{int(first.removeprefix('a.case')) // 10:02}"
    browser.execute_script("document.getElementById('matrix').focus()")
    keys(browser, "HOME")
    assert active(browser).endswith(", e.f0: pass")


def test_paper_gets_the_whole_of_what_is_shown(browser: Any, tmp_path: Path) -> None:
    cases = {f"a.case{number}": "pass" for number in range(60)}
    go(browser, make(tmp_path, run({f"e.f{number}": cases for number in range(20)})))
    browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert browser.execute_script(
        "return [...document.querySelectorAll('#paper table')]"
        ".map(table => table.querySelectorAll('td').length)"
    ) == [420, 420, 360]
    browser.execute_script("dispatchEvent(new Event('afterprint'))")
    assert browser.execute_script("return document.getElementById('paper').childElementCount") == 0
    many = {f"a.case{number}": "pass" for number in range(2100)}
    go(browser, make(tmp_path, run({f"e.f{number}": many for number in range(20)})))
    browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    paper = browser.execute_script("return document.getElementById('paper').textContent")
    assert "42,000 cells here, too many to print" in paper


def test_an_unsteady_cell_says_so(browser: Any, tmp_path: Path) -> None:
    records = run({"a.b": {"c.d": "pass"}})
    records.insert(3, result("a.b", "c.d", "fail", repeat=2))
    go(browser, make(tmp_path, records))
    assert cells(browser) == {"c.d": ["fail*"]}


def test_a_file_that_was_cut_short_says_so(browser: Any, tmp_path: Path) -> None:
    go(browser, make(tmp_path, run(WINE, ended=False), problems=("r.jsonl: no end record",)))
    assert "Cut short" in browser.execute_script("return document.getElementById('runs').textContent")
    assert "no end record" in browser.find_element("css selector", ".problems").text
