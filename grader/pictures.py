"""Pictures as plain data: what a function did, drawn once where the arrays are, shown by terminal, page and report.

A picture is a few frames of panels; a panel is an image (cells with a level each) or a chart (layers of points). It holds no
array and needs none: standard library only, so that everybody may import this module. Small enough to be sent: `LIMIT` bytes.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

LIMIT = 64 * 1024  # bytes of a picture as JSON
MOST_CELLS = 128  # along each side of an image
MOST_POINTS = 500  # of a layer
LEVELS = 250  # of a cell: 0 is `low`, this is `high`
_ROOM = 2.0  # heights of what was expected that are left below and above it
NAN, TOO_HIGH, TOO_LOW = 251, 252, 253  # codes of cells that have no level: nan, +inf, -inf
NOT_FINITE = (NAN, TOO_HIGH, TOO_LOW)
OUR_OWN_FAULT = "it could not be drawn: our own fault"  # said in the place of a traceback of ours


class Scale(StrEnum):
    """What the levels of an image mean."""

    GREY = "grey"  # from black to white
    HEAT = "heat"  # from dark to glowing: amounts
    SIGNED = "signed"  # from one colour over nothing to another: zero is in the middle
    LABELS = "labels"  # each level a thing of its own, counted from 0


class Mark(StrEnum):
    """How a layer of a chart is drawn."""

    LINE = "line"
    STEPS = "steps"  # a line that keeps each value until the next
    POINTS = "points"
    BARS = "bars"
    BAND = "band"  # what lies between `y` and `upper`


class Role(StrEnum):
    """Whose a panel or a layer is."""

    YOURS = "yours"
    EXPECTED = "expected"
    DIFFERENCE = "difference"
    INPUT = "input"  # given: the same for everybody


@dataclass(frozen=True, slots=True)
class Image:
    """Cells in rows, from the top; each row is a text with two hexadecimal digits a cell, its level or a code."""

    title: str
    role: Role
    rows: tuple[str, ...]
    low: float  # what level 0 stands for
    high: float  # what level `LEVELS` stands for
    scale: Scale = Scale.GREY

    @property
    def levels(self) -> list[list[int]]:
        """The rows as numbers."""
        return [list(bytes.fromhex(row)) for row in self.rows]

    def value(self, level: int) -> float:
        """What a level stands for; nan and infinities for their codes."""
        codes = {NAN: math.nan, TOO_HIGH: math.inf, TOO_LOW: -math.inf}
        return codes.get(level, self.low + (self.high - self.low) * level / LEVELS)


@dataclass(frozen=True, slots=True)
class Layer:
    """Points of a chart that belong together. nan and infinities among `y` are what came, and are marked, not left out."""

    mark: Mark
    role: Role
    x: tuple[float, ...]
    y: tuple[float, ...]
    upper: tuple[float, ...] = ()  # of a band
    label: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Layers over common axes."""

    title: str
    layers: tuple[Layer, ...]
    role: Role | None = None  # whose it is; None where the layers are of several
    across: str = ""  # what the x axis is
    up: str = ""  # what the y axis is
    log_up: bool = False  # whether y is drawn by its logarithm
    log_across: bool = False
    equal: bool = False  # whether a unit is as long on both axes

    def range_of_x(self) -> tuple[float, float]:
        """The smallest and the largest x that are finite (and positive, where they are drawn by their logarithm)."""
        return _range([x for layer in self.layers for x in layer.x], positive=self.log_across)

    def range_of_y(self) -> tuple[float, float]:
        """The same of y. Bars stand on 0, so that it is in their range.

        What came may be a million times what was expected, and would flatten it to a line: then the range is a few times that
        of what was expected, and what lies beyond is cut off.
        """
        low, high = self._range_of_y(set(Role))
        others = {Role.EXPECTED, Role.INPUT, Role.DIFFERENCE}
        if not any(layer.role is Role.EXPECTED for layer in self.layers):
            return low, high
        least, most = self._range_of_y(others)
        if self.log_up:
            lowest, highest, tall = math.log10(least), math.log10(most), math.log10(most) - math.log10(least)
            below, above = lowest - _ROOM * tall, highest + _ROOM * tall
            return (
                low if below <= math.log10(low) else 10**below,
                high if above >= math.log10(high) else 10**above,
            )
        room = (most - least) * _ROOM
        return max(low, least - room), min(high, most + room)

    def _range_of_y(self, roles: Collection[Role]) -> tuple[float, float]:
        layers = [layer for layer in self.layers if layer.role in roles]
        values = [y for layer in layers for y in (*layer.y, *layer.upper)]
        if any(layer.mark is Mark.BARS for layer in layers) and not self.log_up:
            values.append(0.0)
        return _range(values, positive=self.log_up)


@dataclass(frozen=True, slots=True)
class Frame:
    """What is seen at once; a picture with several frames is leafed through."""

    panels: tuple[Image | Chart, ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """What a function did on one input. It is no verdict, and none depends on it."""

    caption: str  # what was drawn, in a sentence that needs no colours
    frames: tuple[Frame, ...]
    remark: str = ""  # how it compares with what was expected, in a line
    differs: bool | None = None  # whether a difference can be seen; None where chance alone makes some


def size_of(picture: Picture) -> int:
    """Bytes that a picture takes as JSON."""
    return len(json.dumps(asdict(picture)).encode())


def _range(values: Sequence[float], *, positive: bool) -> tuple[float, float]:
    """Never of no width, so that it can be divided by."""
    drawn = [value for value in values if math.isfinite(value) and (value > 0 or not positive)]
    low, high = min(drawn, default=0.1 if positive else 0.0), max(drawn, default=1.0)
    if low < high:
        return low, high
    margin = max(0.5, abs(low) / 1e6)  # beside a large number half of one is nothing
    low, high = (low / 2, high * 2) if positive else (low - margin, high + margin)
    most = sys.float_info.max
    return max(low, -most), min(high, most)


def unsoundness(picture: Picture) -> str:
    """What makes a picture none that can be shown, in words; empty for one that is sound. Those of ours always are."""
    if not picture.frames or not all(frame.panels for frame in picture.frames):
        return "nothing in it"
    for panel in (panel for frame in picture.frames for panel in frame.panels):
        if isinstance(panel, Image):
            lengths = {len(row) for row in panel.rows}
            if len(lengths) != 1 or not 0 < len(panel.rows) <= MOST_CELLS or max(lengths) > 2 * MOST_CELLS:
                return "rows of several lengths, or too many"
            try:
                if max(map(max, panel.levels)) > TOO_LOW:
                    return "a level that means nothing"
            except ValueError:
                return "cells that are no levels"
        elif not panel.layers or any(_is_unsound(layer) for layer in panel.layers):
            return "layers that do not fit together"
    return "" if size_of(picture) <= LIMIT else f"more than {LIMIT} bytes"


def _is_unsound(layer: Layer) -> bool:
    lengths = {len(layer.x), len(layer.y), len(layer.upper) if layer.mark is Mark.BAND else len(layer.x)}
    return len(lengths) != 1 or not 0 < len(layer.x) <= MOST_POINTS


def frame_to_begin_with(picture: Picture) -> int:
    """The number of the first frame with a difference; where there is none, of the last frame like the first one."""
    frames = picture.frames
    if picture.differs is not False:
        for number, frame in enumerate(frames):
            if any(_differs(panel, frame) for panel in frame.panels):
                return number
    shown = [panel.title for panel in frames[0].panels]
    return max(n for n, frame in enumerate(frames) if [panel.title for panel in frame.panels] == shown)


def _differs(panel: Image | Chart, frame: Frame) -> bool:
    """Whether a panel shows that something differs: by itself, or by standing beside another one."""
    if isinstance(panel, Image):
        return panel.role is Role.DIFFERENCE
    layers = [
        layer
        for one in frame.panels
        if isinstance(one, Chart) and one.title == panel.title
        for layer in one.layers
    ]
    yours = [replace(layer, role=Role.EXPECTED) for layer in layers if layer.role is Role.YOURS]
    expected = [layer for layer in layers if layer.role is Role.EXPECTED]
    return bool(yours and expected) and repr(yours) != repr(expected)  # nan is like nan here
