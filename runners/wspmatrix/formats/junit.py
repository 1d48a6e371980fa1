"""JUnit XML as both schemas in use take it (Ant's, and that of Jenkins' xUnit plugin): a test suite an entry.

A failure is what the provider did (fail, crash, hang); an error is that nothing can be said (suite error, no
verdict, a damaged file). What is skipped, unreached or red as expected is skipped, with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from xml.etree import ElementTree

from .. import story
from ..matrix import Cell, Column
from ..text import printable
from ..verdicts import MISSING
from . import Source, headline, in_xml

_UNKNOWN_TIME = "1970-01-01T00:00:00"


def write(source: Source) -> str:
    root = ElementTree.Element("testsuites")
    for column in source.matrix.columns:
        _suite(root, source, column)
    if source.problems:
        _problems(root, source.problems)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(root: ElementTree.Element, source: Source, column: Column) -> None:
    record = column.run.record
    suite = _new_suite(root, f"{column.label} {column.entry}", record.environment, _timestamp(record.started))
    provider = column.run.providers.get(column.entry)
    about = {"environment": record.environment, "entry": column.entry, "suite": record.suite, "os": record.os,
             "wine": record.wine, "arch": record.arch}
    if provider is not None:
        about |= {"dll": provider.dll, "sha256": provider.sha256, "version": provider.version}
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in about.items():
        if value:
            ElementTree.SubElement(properties, "property", name=name, value=in_xml(value))
    notes = []
    for case in source.matrix.cases:
        if (cell := column.cells.get(case)) is not None:
            test = ElementTree.SubElement(suite, "testcase", name=_name(case),
                                          classname=_name(f"{record.environment}.{column.entry}"),
                                          time=_seconds(cell))
            _outcome(test, source, column, case, cell)
            if cell.verdict == "tolerated" or not cell.steady:
                notes.append(f"{case}: {headline(cell)}" + ("" if cell.steady else " (not in every repeat)"))
    _finish(suite, notes)


def _outcome(test: ElementTree.Element, source: Source, column: Column, case: str, cell: Cell) -> None:
    expectation = source.expectation(column, case, cell)
    if expectation is not None:
        ElementTree.SubElement(test, "skipped",
                               message=in_xml(f"expected {headline(cell)}: {expectation.why()}"))
    elif source.is_red(cell):
        kind = "error" if cell.verdict in (MISSING, "error") else "failure"
        red = ElementTree.SubElement(test, kind, type=cell.verdict, message=in_xml(headline(cell)))
        if cell.result is not None:
            lines = story.lines(cell.result) + [f"{'call:':11} {line}" for line in story.calls(cell.result)]
            red.text = in_xml("\n".join(lines))
    elif cell.verdict in ("skip", "unreached"):
        ElementTree.SubElement(test, "skipped", message=in_xml(headline(cell)))


def _problems(root: ElementTree.Element, problems: list[str]) -> None:
    suite = _new_suite(root, "record files", "wspmatrix", _UNKNOWN_TIME)
    ElementTree.SubElement(suite, "properties")
    for number, problem in enumerate(problems, 1):
        test = ElementTree.SubElement(suite, "testcase", name=f"problem {number}",
                                      classname="wspmatrix.records",
                                      time="0.000000")
        ElementTree.SubElement(test, "error", type="damaged", message=in_xml(problem))
    _finish(suite, [])


def _new_suite(root: ElementTree.Element, name: str, package: str, timestamp: str) -> ElementTree.Element:
    # The records name no machine on purpose; the schema wants a host and names this one for "not known".
    return ElementTree.SubElement(root, "testsuite", name=_name(name), package=_name(package),
                                  id=str(len(root)),
                                  timestamp=timestamp, hostname="localhost")


def _finish(suite: ElementTree.Element, notes: Iterable[str]) -> None:
    """The sums, which the schema wants, and the two outputs at the end."""
    tests = suite.findall("testcase")
    for attribute, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(test.find(element) is not None for test in tests)))
    suite.set("tests", str(len(tests)))
    suite.set("time", f"{sum(float(test.get('time', '0')) for test in tests):.6f}")
    ElementTree.SubElement(suite, "system-out").text = in_xml("\n".join(map(printable, notes)))
    ElementTree.SubElement(suite, "system-err")


def _name(text: str) -> str:
    """A name, which the schema wants to have more in it than blanks."""
    return in_xml(text) if text.strip() else "(blank)"


def _seconds(cell: Cell) -> str:
    micros = cell.result.micros if cell.result is not None else None
    return f"{max(micros or 0, 0) / 1e6:.6f}"


def _timestamp(started: str) -> str:
    """In the schema's form, which has no zone; it is UTC."""
    try:
        return datetime.strptime(started, "%Y-%m-%dT%H:%M:%SZ").isoformat()
    except ValueError:
        return _UNKNOWN_TIME
