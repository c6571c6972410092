"""The pixels of a chart: which layers meet in each, before anybody asks how that looks."""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from dataclasses import dataclass, field, replace
from itertools import pairwise

from grader.pictures import NAN, TOO_HIGH, TOO_LOW, Chart, Layer, Mark, Role

Ink = tuple[Role, int]  # whose it is, and which of the layers of that person
_ORDER = {Mark.BAND: 0, Mark.BARS: 2, Mark.STEPS: 3, Mark.LINE: 3, Mark.POINTS: 4}
_GIVEN = 1  # what is given lies below what was made of it
_ROLES = (Role.INPUT, Role.EXPECTED, Role.DIFFERENCE, Role.YOURS)


@dataclass(frozen=True, slots=True)
class Axis:
    """What lies along one side, and on how many pixels."""

    low: float
    high: float
    pixels: int
    log: bool = False

    def place(self, value: float) -> int | None:
        """The pixel of a value, from the low end; None for one that has none."""
        if not math.isfinite(value) or (self.log and value <= 0):
            return None
        low, high = self.low, self.high
        if self.log:
            low, high, value = math.log(low), math.log(high), math.log(value)
        if not math.isfinite(high - low):
            low, high, value = low / 2, high / 2, value / 2
        share = (value - low) / (high - low)
        return round(min(max(share, 0.0), 1.0) * (self.pixels - 1))


@dataclass(slots=True)
class Plot:
    """A chart on pixels, from the lower left corner: lines and points are solid, bands and what bars hold are filled."""

    across: Axis
    up: Axis
    solid: dict[tuple[int, int], list[Ink]] = field(default_factory=lambda: defaultdict(list))
    filled: dict[tuple[int, int], list[Ink]] = field(default_factory=lambda: defaultdict(list))
    odd: dict[int, int] = field(
        default_factory=dict
    )  # column -> the code of what has no height there, or lies beyond

    # ---- layers

    def line(self, layer: Layer, ink: Ink, *, steps: bool) -> None:
        """From point to point; what has no height interrupts it."""
        places = self._places(layer)
        for one, other in pairwise(places):
            if one and other:
                corner = (other[0], one[1]) if steps else one
                self._stroke(one, corner, ink)
                self._stroke(corner, other, ink)
        for place in places:
            if place:
                self.solid[place].append(ink)

    def points(self, layer: Layer, ink: Ink) -> None:
        for place in self._places(layer):
            if place:
                self.solid[place].append(ink)

    def bars(self, layer: Layer, ink: Ink, slot: int, turn: int, turns: int) -> None:
        """From 0 on. Several layers stand side by side in a slot where it has the room, else in front of each other."""
        beside = slot > turns
        wide = max((slot - 1) // turns if beside else slot - (slot > 2), 1)
        ground = self.up.place(0.0) if not self.up.log else 0
        for place in self._places(layer):
            if place and ground is not None:
                column, height = place
                first = column - (wide * turns if beside else wide) // 2 + (turn * wide if beside else 0)
                for x in range(max(first, 0), min(first + wide, self.across.pixels)):
                    for y in range(min(ground, height), max(ground, height) + 1):
                        (self.solid if beside else self.filled)[x, y].append(ink)
                    self.solid[x, height].append(ink)

    def band(self, layer: Layer, ink: Ink) -> None:
        """Column by column."""
        low, high = self._places(layer), self._places(replace(layer, y=layer.upper))
        for one, other in pairwise(zip(low, high, strict=True)):
            if not (one[0] and one[1] and other[0] and other[1]):
                continue
            begin, end = one[0][0], other[0][0]
            for x in range(min(begin, end), max(begin, end) + 1):
                share = (x - begin) / (end - begin) if end != begin else 0.0
                bounds = [
                    round(a[1] + (b[1] - a[1]) * share) for a, b in ((one[0], other[0]), (one[1], other[1]))
                ]
                for y in range(min(bounds), max(bounds) + 1):
                    if ink not in self.filled[x, y]:
                        self.filled[x, y].append(ink)

    def _places(self, layer: Layer) -> list[tuple[int, int] | None]:
        found = []
        for x, y in zip(layer.x, layer.y, strict=True):
            column, row = self.across.place(x), self.up.place(y)
            if column is not None and row is not None and not self.up.low <= y <= self.up.high:
                self.odd[column] = TOO_HIGH if y > self.up.high else TOO_LOW  # cut off, and drawn at the edge
            if column is not None and row is None:
                self.odd[column] = NAN if math.isnan(y) else TOO_HIGH if y > 0 else TOO_LOW
            found.append((column, row) if column is not None and row is not None else None)
        return found

    def _stroke(self, one: tuple[int, int], other: tuple[int, int], ink: Ink) -> None:
        length = max(abs(other[0] - one[0]), abs(other[1] - one[1]))
        for step in range(1, length + 1):
            x, y = (round(a + (b - a) * step / length) for a, b in zip(one, other, strict=True))
            if self.solid[x, y][-1:] != [ink]:
                self.solid[x, y].append(ink)


def inks(chart: Chart) -> dict[tuple[Role, str, bool], Ink]:
    """The ink of each label of each person, bands apart from the rest: the further ones get further shades."""
    found: dict[tuple[Role, str, bool], Ink] = {}
    for layer in chart.layers:
        if (key := key_of(layer)) not in found:
            turn = sum(role is layer.role and band is key[2] for role, _, band in found)
            found[key] = (layer.role, turn)
    return found


def key_of(layer: Layer) -> tuple[Role, str, bool]:
    """Under which `inks` has its ink."""
    return layer.role, layer.label, layer.mark is Mark.BAND


def plot(chart: Chart, columns: int, rows: int, *, tall: int, beside: Chart) -> Plot:
    """A chart on so many pixels, with the axes of another; a pixel is `tall` times as high as wide."""
    low, high = beside.range_of_x()
    bars = [layer for layer in chart.layers if layer.mark is Mark.BARS]
    apart = _apart(bars)
    if bars and not chart.log_across and math.isfinite(high - low + apart):
        low, high = low - apart / 2, high + apart / 2
    bottom, top = beside.range_of_y()
    if chart.equal:
        width, height = _length(low, high), _length(bottom, top)
        unit = max(width / (columns - 1), height / ((rows - 1) * tall), math.ulp(0.0))
        columns = min(max(round(width / unit) + 1, 2), columns)
        rows = min(max(round(height / unit / tall) + 1, 2), rows)
    drawn = Plot(Axis(low, high, columns, chart.log_across), Axis(bottom, top, rows, chart.log_up))
    slot = max(int(min(apart / _length(low, high), 1.0) * columns), 1) if bars else 1
    known = inks(chart)
    order = sorted(
        chart.layers,
        key=lambda one: (
            _GIVEN if one.role is Role.INPUT and one.mark is not Mark.BAND else _ORDER[one.mark],
            _ROLES.index(one.role),
        ),
    )
    standing = [layer for layer in order if layer.mark is Mark.BARS]
    for layer in order:
        ink = known[key_of(layer)]
        match layer.mark:
            case Mark.BAND:
                drawn.band(layer, ink)
            case Mark.BARS:
                turn = next(n for n, one in enumerate(standing) if one is layer)
                drawn.bars(layer, ink, slot, turn, len(standing))
            case Mark.POINTS:
                drawn.points(layer, ink)
            case Mark.LINE | Mark.STEPS:
                drawn.line(layer, ink, steps=layer.mark is Mark.STEPS)
    return drawn


def _apart(bars: list[Layer]) -> float:
    """How far bars stand from each other."""
    places = sorted({x for layer in bars for x in layer.x if math.isfinite(x)})
    return min((_length(a, b) for a, b in pairwise(places)), default=1.0)


def _length(low: float, high: float) -> float:
    """How far two numbers are apart, as far as that can be told."""
    return min(high - low, sys.float_info.max)
