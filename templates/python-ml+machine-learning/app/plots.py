"""Plots as SVG, drawn in the colours of the page that they stand in."""

import math
from collections.abc import Iterable
from typing import NamedTuple
from xml.etree import ElementTree as Tree

WIDTH, HEIGHT = 480, 320
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 10, 46
Point = tuple[float, float]


class Axis(NamedTuple):
    label: str
    low: float
    high: float
    names: tuple[str, ...] = ()
    """In place of numbers, for what stands at 0, 1, 2, …"""

    @property
    def span(self) -> float:
        return self.high - self.low or 1.0

    def ticks(self) -> list[tuple[float, str]]:
        """Round numbers, five or so."""
        if self.names:
            return [(float(place), name) for place, name in enumerate(self.names)]
        rough = self.span / 5
        power = 10 ** math.floor(math.log10(rough))
        step = next(power * nice for nice in (1, 2, 5, 10) if power * nice >= rough)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [
            (n * step, f"{n * step:,.10g}".replace("-", "\N{MINUS SIGN}"))
            for n in range(first, last + 1)
        ]


class Plot:
    """Places are in the units of the data; looks (`dot`, `line`, `bar`, …) are classes of the page's style."""

    def __init__(self, what: str, x: Axis, y: Axis, left: int = LEFT) -> None:
        self.x, self.y, self.left = x, y, left
        self.svg = Tree.Element(
            "svg",
            {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "role": "img", "aria-label": what},
        )
        for place, name in x.ticks():
            self.grid((place, y.low), (place, y.high), not x.names)
            self.text(name, self.across(place), HEIGHT - BOTTOM + 16, "middle")
        for place, name in y.ticks():
            self.grid((x.low, place), (x.high, place), not y.names)
            self.text(name, left - 8, self.down(place) + 4, "end")
        self.text(x.label, (left + WIDTH - RIGHT) / 2, HEIGHT - 8, "middle", "label")
        upright = {"transform": f"translate(14 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)"}
        self.text(y.label, 0, 0, "middle", "label", **upright)

    def across(self, x: float) -> float:
        inside = WIDTH - self.left - RIGHT
        return round(self.left + inside * (x - self.x.low) / self.x.span, 1)

    def down(self, y: float) -> float:
        inside = HEIGHT - TOP - BOTTOM
        return round(TOP + inside * (self.y.high - y) / self.y.span, 1)

    def add(self, tag: str, look: str, **more: object) -> Tree.Element:
        values = {name.replace("_", "-"): str(value) for name, value in more.items()}
        return Tree.SubElement(self.svg, tag, {"class": look, **values})

    def text(
        self, text: str, x: float, y: float, anchor: str, look: str = "tick", **more: object
    ) -> None:
        if text:
            self.add("text", look, x=x, y=y, text_anchor=anchor, **more).text = text

    def grid(self, start: Point, end: Point, wanted: bool) -> None:
        if wanted:
            self.line([start, end], "grid")

    def line(self, points: Iterable[Point], look: str) -> None:
        path = " ".join(f"{self.across(x)},{self.down(y)}" for x, y in points)
        self.add("polyline", look, points=path)

    def dots(self, points: Iterable[Point], look: str, radius: float) -> None:
        for x, y in points:
            self.add("circle", look, cx=self.across(x), cy=self.down(y), r=radius)

    def bar(self, low: Point, high: Point, look: str, told: str) -> None:
        """From its lower left corner to its upper right one; `told` is shown when pointed at."""
        x, y = self.across(low[0]), self.down(high[1])
        width, height = self.across(high[0]) - x, self.down(low[1]) - y
        added = self.add("rect", look, x=x, y=y, width=round(width, 1), height=round(height, 1))
        Tree.SubElement(added, "title").text = told

    def __str__(self) -> str:
        return Tree.tostring(self.svg, "unicode")
