from __future__ import annotations

import pytest

from wspmatrix import verdicts
from wspmatrix.terminal import LETTERS, STYLES


def test_order_and_redness_are_those_of_the_contract() -> None:
    assert set(verdicts.OF_THE_SUITE) == {"pass", "tolerated", "fail", "crash", "hang", "unreached", "skip",
                                          "error"}
    assert [v for v in verdicts.BY_SEVERITY if verdicts.is_red(v)] == ["missing", "fail", "hang", "crash",
                                                                       "error"]
    assert [v for v in verdicts.BY_SEVERITY if verdicts.is_red(v, strict=True)] == [
        "tolerated", "unreached", "missing", "fail", "hang", "crash", "error"]


@pytest.mark.parametrize(("some", "worst"), [
    (["pass", "fail", "pass"], "fail"), (["skip", "pass"], "pass"), (["hang", "crash", "fail"], "crash"),
    (["error", "crash"], "error"), (["pass", "tolerated"], "tolerated"), ([], "missing"),
    (["unreached", "tolerated"], "unreached"),
])
def test_the_worst_of_some(some: list[str], worst: str) -> None:
    assert verdicts.worst(some) == worst
    assert verdicts.worst(reversed(some)) == worst


def test_every_verdict_can_be_shown_without_colour() -> None:
    assert set(LETTERS) == set(STYLES) == set(verdicts.MEANING) == set(verdicts.BY_SEVERITY)
    assert len(set(LETTERS.values())) == len(LETTERS)
