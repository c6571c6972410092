"""Draws a chart: each layer with its role's line and marker, what is not finite marked at the edge where it would be."""

from __future__ import annotations

import math
import textwrap
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, ScalarFormatter
from numpy.typing import NDArray

from grader.figures.looks import STROKES, Stroke, Theme, colour_of, plain
from grader.pictures import Chart, Layer, Mark

Numbers = NDArray[np.float64]

_FEW = 16  # points of a line that get a marker each
_MANY = 5  # layers of one role, from which on they are drawn thin
_MARGIN = 0.05
_MOST_NAMED = 8  # entries of a legend
_LINE = 30  # letters of a line below or beside a chart
_SHORT = 11  # letters of an entry, so that two of them fit beside each other


def draw_chart(axes: Axes, chart: Chart, theme: Theme, *, small: bool) -> None:
    """Draw it. `small` leaves out its legend, where it is one of many."""
    _set_up(axes, chart, theme)
    same = Counter(layer.role for layer in chart.layers)
    named: dict[str, Any] = {}
    for number, layer in enumerate(chart.layers):
        stroke, colour = STROKES[layer.role], colour_of(layer.role, theme)
        if same[layer.role] >= _MANY and layer.mark in {Mark.LINE, Mark.STEPS}:
            stroke = Stroke(stroke.word, stroke.line, stroke.width / 2, stroke.marker, stroke.hatch)
        drawn = _MARKS[layer.mark](axes, layer, stroke, colour, chart)
        drawn.set_zorder(2 + number / 100)
        named.setdefault(textwrap.fill(_name_of(layer, stroke), _LINE), drawn)
        for word, mark in _mark_what_is_not_finite(axes, layer, colour, chart.log_up).items():
            named.setdefault(word, mark)
    lines = axes.get_xlabel().count("\n") + 1 if chart.across else 0
    if not small and len(named) <= _MOST_NAMED:
        axes.legend(
            handles=list(named.values()),
            labels=list(named),
            loc="upper left",
            bbox_to_anchor=(0, -0.14 - (0.04 + 0.06 * lines if lines else 0.0)),
            ncols=2 if max(map(len, named)) <= _SHORT else 1,
            frameon=False,
            handlelength=2.5,
            columnspacing=1.0,
            borderaxespad=0,
        )


def title_of_chart(chart: Chart) -> str:
    """What it is, and whose, where it is of one."""
    whose = STROKES[chart.role].word if chart.role else ""
    return ", ".join(part for part in (chart.title, whose) if part)


def _name_of(layer: Layer, stroke: Stroke) -> str:
    label = plain(layer.label.lstrip("_"))  # matplotlib leaves out what begins so
    return f"{stroke.word}: {label}" if label else stroke.word


def _set_up(axes: Axes, chart: Chart, theme: Theme) -> None:
    if chart.log_across:
        axes.set_xscale("log")
    if chart.log_up:
        axes.set_yscale("log")
    low, high = _widened(chart.range_of_x(), chart.log_across)
    if any(layer.mark is Mark.BARS for layer in chart.layers) and not chart.log_across:
        half = max(_width_of_bars(np.array(layer.x)) for layer in chart.layers) * 0.6
        first, last = chart.range_of_x()
        low, high = min(low, first - half), max(high, last + half)
    bottom, top = _widened(chart.range_of_y(), chart.log_up)
    if chart.equal and not (
        chart.log_across or chart.log_up
    ):  # as much of both, so that the chart stays a square
        side = max(high - low, top - bottom)
        low, high = (low + high - side) / 2, (low + high + side) / 2
        bottom, top = (bottom + top - side) / 2, (bottom + top + side) / 2
    axes.set_xlim(low, high)
    axes.set_ylim(bottom, top)
    for axis, logarithmic in ((axes.xaxis, chart.log_across), (axes.yaxis, chart.log_up)):
        if logarithmic:  # plain numbers: matplotlib would write them in its own notation for mathematics
            axis.set_major_locator(LogLocator(numticks=6))
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axis.set_minor_formatter(NullFormatter())
        else:
            axis.set_major_formatter(ScalarFormatter(useOffset=False))
    places = [x for layer in chart.layers for x in layer.x]
    if not chart.log_across and all(float(x).is_integer() for x in places if math.isfinite(x)):
        long = max((abs(x) for x in places if math.isfinite(x)), default=0) >= 1000
        axes.xaxis.set_major_locator(MaxNLocator(nbins=3 if long else 6, integer=True))
    axes.set_xlabel(textwrap.fill(plain(chart.across), _LINE))
    axes.set_ylabel(textwrap.fill(plain(chart.up), _LINE))
    if chart.equal:
        axes.set_aspect("equal", adjustable="box")
    axes.grid(True, color=theme.faint, linewidth=0.5, alpha=0.6)
    axes.set_axisbelow(True)


def _widened(ends: tuple[float, float], logarithmic: bool) -> tuple[float, float]:
    low, high = ends
    if logarithmic:
        more = (high / low) ** _MARGIN
        return low / more, high * more
    more = (high - low) * _MARGIN
    return low - more, high + more


# ---- layers


def _line(axes: Axes, layer: Layer, stroke: Stroke, colour: str, chart: Chart) -> Any:
    marker = stroke.marker if len(layer.x) <= _FEW else ""
    (line,) = axes.plot(
        *_points(layer),
        color=colour,
        linestyle=stroke.line,
        linewidth=stroke.width,
        marker=marker,
        markersize=3.5,
        drawstyle="steps-post" if layer.mark is Mark.STEPS else "default",
    )
    return line


def _dots(axes: Axes, layer: Layer, stroke: Stroke, colour: str, chart: Chart) -> Any:
    hollow = stroke.word == "expected"
    (line,) = axes.plot(
        *_points(layer),
        color=colour,
        linestyle="",
        marker=stroke.marker,
        markersize=5 if hollow else 3.5,
        markerfacecolor="none" if hollow else colour,
        alpha=0.9,
    )
    return line


def _bars(axes: Axes, layer: Layer, stroke: Stroke, colour: str, chart: Chart) -> Any:
    """What is expected is an outline, yours a narrower bar within it, so that both are seen where they meet."""
    x, y = _points(layer)
    width, hollow = _width_of_bars(x), stroke.word == "expected"
    bottom = axes.get_ylim()[0] if chart.log_up else 0.0
    return (
        axes.bar(
            x,
            y - bottom,
            width * (1.0 if hollow else 0.6),
            bottom=bottom,
            facecolor="none" if hollow else colour,
            edgecolor=colour,
            linestyle=stroke.line if hollow else "-",
            linewidth=1.4 if hollow else 0.4,
        ).patches[0]
        if len(x)
        else Line2D([], [], color=colour)
    )


def _band(axes: Axes, layer: Layer, stroke: Stroke, colour: str, chart: Chart) -> Any:
    x, low = _points(layer)
    with np.errstate(invalid="ignore"):
        high = np.where(np.isfinite(layer.upper), layer.upper, np.nan)
    return axes.fill_between(
        x, low, high, facecolor=colour, edgecolor=colour, alpha=0.25, hatch=stroke.hatch, linewidth=0.8
    )


_MARKS: dict[Mark, Callable[[Axes, Layer, Stroke, str, Chart], Any]] = {
    Mark.LINE: _line,
    Mark.STEPS: _line,
    Mark.POINTS: _dots,
    Mark.BARS: _bars,
    Mark.BAND: _band,
}


def _points(layer: Layer) -> tuple[Numbers, Numbers]:
    """Where they are; nan where they are not finite, which leaves a gap."""
    x, y = np.array(layer.x, dtype=np.float64), np.array(layer.y, dtype=np.float64)
    return np.where(np.isfinite(x), x, np.nan), np.where(np.isfinite(y), y, np.nan)


def _width_of_bars(x: Numbers) -> float:
    places = np.unique(x[np.isfinite(x)])
    return float(np.diff(places).min()) * 0.85 if len(places) > 1 else 0.8


def _mark_what_is_not_finite(axes: Axes, layer: Layer, colour: str, log_up: bool) -> dict[str, Any]:
    """Marks at the edge of the chart for values that have no place in it. Returns them by the words of the legend."""
    values = [*zip(layer.x, layer.y, strict=True), *zip(layer.x, layer.upper, strict=False)]
    where: dict[tuple[str, str, float], list[float]] = {}
    for x, y in values:
        kind = _kind_of(y, log_up)
        if kind and math.isfinite(x):
            where.setdefault(kind, []).append(x)
    marks = {}
    for (word, marker, height), places in where.items():
        marks[word] = _at_the_edge(axes, places, marker, height, colour)
    return marks


def _kind_of(y: float, log_up: bool) -> tuple[str, str, float] | None:
    """The word, the marker and the place (0 at the bottom, 1 at the top) of a value that cannot be drawn."""
    if math.isnan(y):
        return "nan", "x", 0.04
    if math.isinf(y):
        return ("inf", "^", 0.97) if y > 0 else ("-inf", "v", 0.04)
    return ("not above 0", "v", 0.04) if log_up and y <= 0 else None


def _at_the_edge(axes: Axes, places: Sequence[float], marker: str, height: float, colour: str) -> Line2D:
    (marks,) = axes.plot(
        places,
        [height] * len(places),
        transform=axes.get_xaxis_transform(),
        linestyle="",
        marker=marker,
        markersize=6,
        color=colour,
        zorder=4,
        clip_on=False,
    )
    return marks
