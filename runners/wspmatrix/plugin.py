"""A pytest plugin: every case of every entry is an item, with wspcheck's verdict.

    pytest -p wspmatrix.plugin --wspcheck build/mingw-x64/bin/wspcheck.exe --wspcheck-manifest my.ini -n 2

An item is MANIFEST::ENTRY::CASE, or WSPCHECK::ENTRY::CASE for what is installed, so that node IDs, -k, --lf
and the rest work as for any other test. fail, crash and hang fail with their story, tolerated passes, skip
and unreached skip with their reason, a verdict `error` and a case without a record are errors.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from . import story
from .batch import Batch, NoVerdict
from .launch import LaunchError, Wspcheck
from .manifest import ManifestError
from .manifest import read as read_manifest
from .records import Result
from .sharing import batches, scheduler
from .text import printable, quoted, short, without_surrogates

SHOWN = {"tolerated": ("t", "PASSED (tolerated)"), "unreached": ("u", "SKIPPED"),
         "crash": ("C", "FAILED (crash)"), "hang": ("H", "FAILED (hang)")}
"""How pytest shows a verdict that is more than its outcome says: a letter, and a word with -v."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("wspcheck", "Winsock service providers, judged by wspcheck")
    group.addoption("--wspcheck", metavar="EXE", help="the wspcheck that judges them")
    group.addoption("--wspcheck-manifest", metavar="FILE", action="append", default=[],
                    help="a provider that is not installed (repeatable; default: what is installed)")
    group.addoption("--wspcheck-case", metavar="GLOB", action="append", default=[],
                    help="collect only these cases (repeatable; selftest.* only if named so)")
    group.addoption("--wspcheck-strict", action="store_true", help="tolerated and unreached fail too")
    group.addoption("--wspcheck-timeout", metavar="MS", help="deadline of a case")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("wspcheck"):
        config.pluginmanager.register(_Plugin(config), "wspmatrix-session")
    elif config.getoption("wspcheck_manifest"):
        raise pytest.UsageError("--wspcheck-manifest needs --wspcheck EXE")


@dataclass
class Plan:
    """What there is to run: found once, the same in every process of a session."""

    files: dict[str, list[str]]
    """The entries that each file brings: a manifest, or wspcheck itself for what is installed."""

    cases: list[dict[str, Any]]
    statements: dict[str, str]


class _Plugin:
    """One session. In a worker of pytest-xdist the plan comes from the process that started it."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.manifests = [_absolute(config, path) for path in config.getoption("wspcheck_manifest")]
        self.strict: bool = config.getoption("wspcheck_strict")
        self.plan = Plan({}, [], {})
        self._workerinput: dict[str, Any] = getattr(config, "workerinput", {})
        self._of_item: dict[str, tuple[str, int]] = {}
        self._batches: dict[tuple[str, int], Batch] = {}
        self._current: tuple[str, int] | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        try:
            self.wspcheck = Wspcheck.find(_absolute(self.config, self.config.getoption("wspcheck")))
            self.plan = self._given_plan() or _make_plan(self.wspcheck, self.manifests,
                                                         self.config.getoption("wspcheck_case"))
        except (LaunchError, ManifestError) as error:
            raise pytest.UsageError(str(error)) from None
        _add_arguments(self.config, list(self.plan.files))

    def _given_plan(self) -> Plan | None:
        """The plan that pytest_configure_node of the first process sent to this worker."""
        given = self._workerinput.get("wspmatrix")
        return Plan(**json.loads(given)) if given else None

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput["wspmatrix"] = json.dumps(asdict(self.plan))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        if config.getoption("dist") == "load":
            return scheduler(config, log, self._is_ours)
        return None

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        if str(file_path) in self.plan.files:
            return WspFile.from_parent(parent, path=file_path, session_plugin=self)
        return None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        ours = [item for item in session.items if isinstance(item, WspItem)]
        self._of_item = batches((item.nodeid for item in ours), int(self._workerinput.get("workercount", 1)))
        grouped: dict[tuple[str, int], list[WspItem]] = {}
        for item in ours:
            grouped.setdefault(self._of_item[item.nodeid], []).append(item)
        timeout = self.config.getoption("wspcheck_timeout")
        options = ["--timeout", timeout] if timeout else []
        self._batches = {key: Batch(self.wspcheck, self.manifests, items[0].entry,
                                    [item.case for item in items], options)
                         for key, items in grouped.items()}

    def result(self, item: WspItem) -> Result:
        key = self._of_item[item.nodeid]
        if self._current not in (None, key):
            self._batches[self._current].close()
        self._current = key
        return self._batches[key].result(item.case)

    def pytest_sessionfinish(self) -> None:
        if self._current is not None:
            self._batches[self._current].close()

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        verdict = dict(report.user_properties).get("verdict") if hasattr(report, "user_properties") else None
        if report.when != "call" or verdict not in SHOWN:
            return None
        if report.failed and verdict not in ("crash", "hang"):
            return None
        return report.outcome, *SHOWN[verdict]

    def pytest_report_header(self) -> str:
        entries = sum(map(len, self.plan.files.values()))
        return f"wspcheck: {self.wspcheck.program.name}, {entries} entries, {len(self.plan.cases)} cases"

    def _is_ours(self, nodeid: str) -> bool:
        """A node ID begins with the path from the root folder, so names are compared."""
        parts = nodeid.split("::")
        return len(parts) == 3 and any(
            Path(file).name == Path(parts[0]).name and parts[1] in map(node_name, entries)
            for file, entries in self.plan.files.items())


def _make_plan(wspcheck: Wspcheck, manifests: list[Path], globs: list[str]) -> Plan:
    listed = [entry for item in wspcheck.list("providers", manifests)
              if isinstance(entry := item.get("entry"), str)]
    if manifests:
        files = {}
        for path in manifests:
            own = {entry.full_name for entry in read_manifest(path).entries}
            if lost := own.difference(listed):
                raise LaunchError(
                    f"{path}: wspcheck list providers leaves out {quoted(min(lost))}; expected it")
            files[str(path)] = [entry for entry in listed if entry in own]
    else:
        files = {str(wspcheck.program): listed}
    cases = [item for item in wspcheck.list("cases")
             if isinstance(item.get("case"), str) and _wanted(item["case"], globs)]
    if globs and not cases:
        raise LaunchError(
            f"--wspcheck-case: no case matches {short(' '.join(globs))}; expected an ID or a pattern")
    texts = {str(item.get("statement")): str(item.get("text", ""))
             for item in wspcheck.list("statements")}
    known = [{"case": item["case"], "statements": list(map(str, item.get("statements") or []))}
             for item in cases]
    return Plan(files, known, texts)


def _wanted(case: str, globs: list[str]) -> bool:
    """As wspcheck selects: whole IDs, rows below an ID without a pattern, selftest.* only by name."""
    if case.startswith("selftest.") and not any(glob.startswith("selftest.") for glob in globs):
        return False
    literal = [glob.replace("[", "[[]") for glob in globs]
    below = [f"{glob}." for glob in literal if not set(glob) & set("*?")]
    return not globs or case.startswith(tuple(below)) or any(fnmatchcase(case, glob) for glob in literal)


def _add_arguments(config: pytest.Config, files: list[str]) -> None:
    """Without arguments pytest runs our files; with some it runs ours too, unless they name any of them."""
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args[:] = files
        return
    named = {str(_absolute(config, argument.partition("::")[0])) for argument in config.args}
    if not named & set(files):
        config.args += files


def _absolute(config: pytest.Config, path: str) -> Path:
    """As pytest makes a path absolute: from where it was started, links left as they are."""
    return Path(os.path.abspath(config.invocation_params.dir / path))


def node_name(entry: str) -> str:
    """An entry's name as a part of a node ID, which may hold no ::, no [ and nothing that can't be
    printed."""
    name = printable(without_surrogates(entry)).replace("::", ":.").replace("[", "(").replace("]", ")")
    return name if len(name) <= 200 else name[:200] + "..."


class WspFile(pytest.File):
    """A manifest, or wspcheck itself for what is installed."""

    def __init__(self, *, session_plugin: _Plugin, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.session_plugin = session_plugin

    def collect(self) -> Iterator[pytest.Collector]:
        names: dict[str, int] = {}
        for entry in self.session_plugin.plan.files[str(self.path)]:
            name = node_name(entry)
            names[name] = names.get(name, 0) + 1
            if names[name] > 1:
                name += f"#{names[name]}"
            yield WspEntry.from_parent(self, name=name, entry=entry, session_plugin=self.session_plugin)


class WspEntry(pytest.Collector):
    """One entry of a provider."""

    def __init__(self, *, entry: str, session_plugin: _Plugin, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.entry, self.session_plugin = entry, session_plugin

    def collect(self) -> Iterator[pytest.Item]:
        for case in self.session_plugin.plan.cases:
            yield WspItem.from_parent(self, name=node_name(case["case"]), entry=self.entry, case=case["case"],
                                      statements=case["statements"], session_plugin=self.session_plugin)


class WspItem(pytest.Item):
    """One case of one entry."""

    def __init__(self, *, entry: str, case: str, statements: list[str], session_plugin: _Plugin,
                 **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.entry, self.case, self.session_plugin = entry, case, session_plugin
        self.verdict: Result | None = None
        self.extra_keyword_matches.update(statements)

    def setup(self) -> None:
        """What is not the provider's fault is an error, not a failure."""
        try:
            self.verdict = self.session_plugin.result(self)
        except (NoVerdict, LaunchError) as error:
            raise pytest.fail.Exception(f"no verdict of {self.case} on {short(self.entry)}\n{error}\n"
                                        f"alone:      {self._alone()}", pytrace=False) from None
        self.user_properties += [(name, printable(str(value))) for name, value in (
            ("verdict", self.verdict.verdict), ("grade", self.verdict.grade or ""),
            ("statements", " ".join(self.verdict.statements)), ("expected", self.verdict.expected),
            ("observed", self.verdict.observed)) if value]
        if self.verdict.verdict == "error":
            raise pytest.fail.Exception(self._story(self.verdict), pytrace=False)

    def runtest(self) -> None:
        result = self.verdict
        assert result is not None
        reason = short(result.reason, story.LONG) or "no reason given"
        soft = result.verdict in ("tolerated", "unreached")
        if result.verdict in ("fail", "crash", "hang") or soft and self.session_plugin.strict:
            raise pytest.fail.Exception(self._story(result), pytrace=False)
        if result.verdict in ("skip", "unreached"):
            prefix = "unreached: " if result.verdict == "unreached" else ""
            raise pytest.skip.Exception(prefix + reason, _use_item_location=True)
        if result.verdict == "tolerated":
            self.add_report_section("call", "wspcheck", f"tolerated: {reason}")

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, f"{short(self.entry)} {self.case}"

    def _alone(self) -> str:
        return story.alone(self.entry, self.case, [path.name for path in self.session_plugin.manifests])

    def _story(self, result: Result) -> str:
        calls = story.calls(result)
        return "\n".join([
            f"{result.verdict.upper()}  {self.case}  on  {short(self.entry)}",
            *story.lines(result, self.session_plugin.plan.statements),
            *(["calls:"] if calls else []), *(f"  {call}" for call in calls),
            f"{'alone:':11} {self._alone()}"])
