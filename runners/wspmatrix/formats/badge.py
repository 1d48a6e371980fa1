"""A badge as SVG: what it says stands in words, the colour only repeats it."""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree

from ..terminal import tally
from . import Source

LABEL = "Winsock SPI"
RED, GREEN, GREY, DARK = "#b3261e", "#1e7a34", "#5f6368", "#3c4043"
_HEIGHT, _PAD, _CHAR = 20, 8, 6.6


def write(source: Source) -> str:
    news, expected = source.red()
    counts = Counter(cell.verdict for _, _, cell in news) or _good(source.matrix.counts())
    words = tally(counts) + (f", {len(expected)} expected" if expected else "")
    colour = RED if news else GREEN
    if source.problems:
        words, colour = f"incomplete: {words}", RED if news else GREY
    return _draw(LABEL, words, colour)


def _good(counts: Counter[str]) -> Counter[str]:
    return Counter({verdict: counts[verdict] for verdict in ("pass", "tolerated")})


def _draw(label: str, words: str, colour: str) -> str:
    left, right = (round(2 * _PAD + _CHAR * len(text)) for text in (label, words))
    svg = ElementTree.Element("svg", xmlns="http://www.w3.org/2000/svg", width=str(left + right),
                              height=str(_HEIGHT),
                              viewBox=f"0 0 {left + right} {_HEIGHT}", role="img")
    svg.set("aria-label", f"{label}: {words}")
    ElementTree.SubElement(svg, "title").text = f"{label}: {words}"
    for start, width, text, fill in ((0, left, label, DARK), (left, right, words, colour)):
        ElementTree.SubElement(svg, "rect", x=str(start), width=str(width), height=str(_HEIGHT), fill=fill)
        # The length makes the text fit, whichever font is there.
        ElementTree.SubElement(svg, "text", {
            "x": str(start + _PAD), "y": "14", "fill": "#fff", "font-size": "11",
            "font-family": "Verdana,DejaVu Sans,sans-serif", "textLength": str(width - 2 * _PAD),
            "lengthAdjust": "spacingAndGlyphs"}).text = text
    return ElementTree.tostring(svg, encoding="unicode") + "\n"
