from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from wspmatrix import page
from wspmatrix.matrix import build
from wspmatrix.reader import Log, load
from wspmatrix_samples import CALL, CRASH, HOSTILE, result, run, write

ENTRIES: dict[str, dict[str, Any]] = {
    "loopback.stream": {"provider.path": "pass", "send_disconnect.a": "pass", "recv_disconnect.a": "skip"},
    "bridge.tcp4": {"provider.path": "pass",
                    "send_disconnect.a": {"verdict": "crash", "crash": CRASH, "reason": "it fell over"},
                    "recv_disconnect.a": "tolerated"},
}


def render(tmp_path: Path, records: list[dict[str, Any]], problems: tuple[str, ...] = ()) -> str:
    return page.render(build(load([write(tmp_path / "run.jsonl", records)], Log())), "A title & more",
                       list(problems))


class _Parts(HTMLParser):
    """The elements of a page, and what stands in its script and style elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] in ("script", "style"):
            self.raw.append((self.tags[-1][0], data))


def test_the_policy_allows_what_is_in_the_page_and_nothing_else(tmp_path: Path) -> None:
    text = render(tmp_path, run(ENTRIES))
    parts = _Parts(text)
    policy = next(attrs["content"] for _, attrs in parts.tags
                  if attrs.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None and policy.startswith("default-src 'none'; ") and "unsafe" not in policy
    style, = [data for tag, data in parts.raw if tag == "style" and data.strip()]
    code = [data for tag, data in parts.raw if tag == "script" and data.strip()]
    for data in (style, code[1]):
        assert base64.b64encode(hashlib.sha256(data.encode()).digest()).decode() in policy
    names = {name for _, attrs in parts.tags for name in attrs}
    assert not names & {"style", "src", "href"} and not any(name.startswith("on") for name in names)
    assert "http:" not in text and "https:" not in text


def test_a_record_shows_as_it_is_in_the_data(tmp_path: Path) -> None:
    data = embedded(render(tmp_path, run(ENTRIES)))
    names = {verdict["letter"]: verdict["name"] for verdict in data["verdicts"]}
    shown = {(column["entry"], case["id"]): names[column["cells"][number]] for column in data["columns"]
             for number, case in enumerate(data["cases"])}
    assert shown["bridge.tcp4", "send_disconnect.a"] == "crash"
    assert shown["loopback.stream", "recv_disconnect.a"] == "skip"
    column = next(column for column in data["columns"] if column["entry"] == "bridge.tcp4")
    number = [case["id"] for case in data["cases"]].index("send_disconnect.a")
    told = data["stories"][column["stories"][number]]
    assert told["crash"] == CRASH and told["reason"] == "it fell over"
    assert told["calls"] == [[CALL["fn"], CALL["args"], CALL["result"], CALL["error"], CALL["micros"]]]


def embedded(text: str) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
    assert found is not None
    return json.loads(found[1])


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_adds_no_element_and_ends_no_script(tmp_path: Path, name: str) -> None:
    plain = _Parts(render(tmp_path, run({"x": {"y": "fail"}}, environment="e"), ("p",)))
    told = {"verdict": "fail", "reason": name, "observed": name, "expected": name, "blame": name,
            "location": name, "crash": {name: name}, "after": [name], "order_dependent": True,
            "calls": [CALL | {"fn": name or "x", "args": name}]}
    text = render(tmp_path, run({name: {name: told}}, environment=name, os=name, suite=name, command=[name]),
                  (name,))
    assert [tag for tag, _ in _Parts(text).tags] == [tag for tag, _ in plain.tags]
    data = embedded(text)
    assert "\u202e" not in text and "\x1b" not in text
    assert len(data["stories"]) == 1 and data["cases"][0]["id"]


def test_stories_are_shared(tmp_path: Path) -> None:
    cases = {f"a.{number}": "pass" for number in range(100)}
    data = embedded(render(tmp_path, run({f"e.{number}": cases for number in range(10)})))
    assert len(data["stories"]) == 1


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver",
                                    reason="tests of the page in a browser need python3-selenium")
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        pytest.skip("no chromium and chromedriver to open the page in (Debian: chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    for argument in ("--headless", "--no-sandbox", "--disable-gpu", "--window-size=1400,900"):
        options.add_argument(argument)
    options.binary_location = str(shutil.which("chromium"))
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.chrome.service.Service(shutil.which("chromedriver"))
    driver = webdriver.Chrome(service=service, options=options)
    yield driver
    driver.quit()


def open_page(browser: Any, tmp_path: Path, records: list[dict[str, Any]],
              problems: tuple[str, ...] = ()) -> None:
    path = tmp_path / "page.html"
    path.write_text(render(tmp_path, records, problems), "utf-8")
    browser.get(path.as_uri())


def cells(browser: Any) -> dict[str, list[str]]:
    """The rows that are to be seen."""
    return browser.execute_script(
        "const rows = [...document.querySelectorAll('#matrix tbody tr')];"
        "const seen = rows.filter(row => row.cells[0].scope === 'row' && !row.hidden);"
        "return Object.fromEntries(seen.map(row => [row.cells[0].title.split(' ')[0],"
        "                                           [...row.cells].slice(1).map(cell => cell.textContent)]))")


def test_the_page_in_a_browser(browser: Any, tmp_path: Path) -> None:
    open_page(browser, tmp_path, run(ENTRIES))
    assert cells(browser) == {"provider.path": ["pass", "pass"], "send_disconnect.a": ["pass", "crash"],
                              "recv_disconnect.a": ["skip", "tolerated"]}
    assert not [line for line in browser.get_log("browser") if line["level"] == "SEVERE"]
    browser.find_element("css selector", "[aria-label^='send_disconnect.a on bridge.tcp4: crash']").click()
    story = browser.find_element("id", "story").text
    for part in ("it fell over", "code c0000005", "WSPSendDisconnect", "10057",
                 'wspcheck run --provider "bridge.tcp4" --case send_disconnect.a'):
        assert part in story
    browser.find_element("id", "differs").click()
    assert set(cells(browser)) == {"send_disconnect.a", "recv_disconnect.a"}
    browser.find_element("css selector", "#verdicts input[value=crash]").click()
    assert set(cells(browser)) == {"send_disconnect.a"}
    browser.find_element("css selector", "#verdicts input[value=crash]").click()
    browser.find_element("id", "find").send_keys("recv")
    assert set(cells(browser)) == {"recv_disconnect.a"}


def test_the_keyboard_walks_the_matrix(browser: Any, tmp_path: Path) -> None:
    open_page(browser, tmp_path, run(ENTRIES))
    keys = __import__("selenium.webdriver.common.keys", fromlist=["Keys"]).Keys
    browser.find_element("css selector", "[data-at='0,0']").send_keys(keys.ARROW_RIGHT)
    browser.switch_to.active_element.send_keys(keys.ARROW_DOWN)
    active = browser.switch_to.active_element
    assert active.get_attribute("data-at") == "1,1"
    active.send_keys(keys.ENTER)
    assert browser.find_element("css selector", "#story h2").text == "send_disconnect.a"


def test_hostile_text_in_a_browser(browser: Any, tmp_path: Path) -> None:
    told = {name: {name: {"verdict": "fail", "reason": name, "observed": name, "expected": name,
                          "calls": [CALL | {"args": name}]}}
            for name in HOSTILE}
    open_page(browser, tmp_path, run(told, environment=HOSTILE[0], os=HOSTILE[1]), tuple(HOSTILE))
    assert browser.execute_script("return document.querySelectorAll('img, iframe, object').length") == 0
    assert browser.execute_script("return document.scripts.length") == 2
    assert len(cells(browser)) >= len(HOSTILE) - 2  # some names share their first word
    for button in browser.find_elements("css selector", "#matrix button"):
        browser.execute_script("arguments[0].click()", button)
    assert not [line for line in browser.get_log("browser") if line["level"] == "SEVERE"]
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")


def test_an_unsteady_cell_says_so(browser: Any, tmp_path: Path) -> None:
    records = run({"a.b": {"c.d": "pass"}})
    records.insert(3, result("a.b", "c.d", "fail", repeat=2))
    open_page(browser, tmp_path, records)
    assert cells(browser) == {"c.d": ["fail*"]}
