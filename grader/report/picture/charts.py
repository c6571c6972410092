"""A chart as lines: its pixels in colours or marks, with axes and what they mean."""

from __future__ import annotations

from itertools import groupby

from rich.style import Style
from rich.text import Text

from grader.pictures import Chart, Role
from grader.report.picture import palette
from grader.report.picture.means import MARKS, Block, Colours, Means, ends
from grader.report.picture.plot import Ink, Plot, plot

_FEWEST = 3  # lines of the plot itself
_GOOD = (30, 8)  # columns and lines with which a chart is as clear as it needs to be
_MOST = (100, 18)


def score(chart: Chart, columns: int, lines: int) -> float:
    """How well a chart fits: 1 where it has all that it needs."""
    return min(columns / _GOOD[0], (lines - _around(chart)) / _GOOD[1], 1.0)


def block(chart: Chart, columns: int, lines: int, means: Means, *, beside: Chart) -> Block:
    """The chart in so many columns and lines at most; it never has fewer than `_FEWEST` lines for itself.

    Its axes are those of `beside`, which holds its layers and perhaps those of another one that it is to be compared with.
    """
    left = ends(*beside.range_of_y())
    gutter = max(map(len, left)) + 1
    room = max(min(lines - _around(chart), _MOST[1]), _FEWEST)
    wide = max(min(columns, _MOST[0]) - gutter - 1, 4)
    pixels = 2 if means.blocks else 1
    drawn = plot(chart, wide, room * pixels, tall=1 if means.blocks else 2, beside=beside)
    rows = -(-drawn.up.pixels // pixels)
    body = _painted(drawn, rows, means)
    ticks = {0: left[1], rows - 1: left[0]}
    zero = drawn.up.place(0.0) if drawn.up.low < 0 < drawn.up.high else None
    if zero is not None:
        ticks.setdefault(rows - 1 - zero // pixels, "0")
    bar, corner, floor = ("|", "+", "-") if means.ascii else ("│", "└", "─")
    faint = Style(dim=True)
    found = [Text(means.words(chart.up), faint)] if _is_told(chart) else []
    for row, line in enumerate(body):
        found.append(Text.assemble((f"{ticks.get(row, ''):>{gutter - 1}} {bar}", faint), line))
    found.append(Text(" " * gutter + corner + floor * drawn.across.pixels, faint))
    found.append(Text(" " * (gutter + 1) + _below(beside, drawn.across.pixels, means), faint))
    for line in found:
        line.truncate(columns, overflow="crop")
    return Block(found, max(line.cell_len for line in found))


def _around(chart: Chart) -> int:
    """Lines that are not the plot: the axis, its ends, the word for the height."""
    return 2 + _is_told(chart)


def _is_told(chart: Chart) -> bool:
    """Whether there is a word for the height that the title does not say."""
    return bool(chart.up) and chart.up != chart.title


def _below(chart: Chart, columns: int, means: Means) -> str:
    """Both ends of the x axis, and between them what it is."""
    low, high = ends(*chart.range_of_x())
    between = columns - len(low) - len(high)
    words = Text(means.words(chart.across))
    words.truncate(max(between - 2, 0), overflow="ellipsis" if not means.ascii else "crop")
    return low + words.plain.center(between) + high if between >= 1 else low[:columns]


def _painted(drawn: Plot, rows: int, means: Means) -> list[Text]:
    paint = _pixels if means.blocks else _marks
    lines = []
    for row in range(rows - 1, -1, -1):  # pixels are counted from below
        cells = [paint(drawn, column, row, means) for column in range(drawn.across.pixels)]
        for column, code in drawn.odd.items():
            at = rows - 1 if MARKS[code] == "^" else 0
            if row == at:
                cells[column] = MARKS[code], palette.warning(means)
        line = Text()
        for (mark, style), same in groupby(cells):
            line.append(mark * len(list(same)), style)
        lines.append(line)
    return lines


def _marks(drawn: Plot, column: int, row: int, means: Means) -> tuple[str, Style]:
    """One mark a cell: whose it is."""
    if solid := drawn.solid.get((column, row)):
        return (palette.BOTH_MARK if is_both(solid) else mark_of(solid[-1])), Style()
    if filled := drawn.filled.get((column, row)):
        both = is_both(filled)
        return (palette.BOTH_BANDS_MARK if both else palette.BAND_MARKS[filled[-1][0]]), Style()
    return " ", Style()


def _pixels(drawn: Plot, column: int, row: int, means: Means) -> tuple[str, Style]:
    """Two pixels a cell, each in its colour."""
    upper, lower = (_colour(drawn, (column, 2 * row + half), means) for half in (1, 0))
    if upper is None and lower is None:
        if means.colours is Colours.SIXTEEN:
            filled = [ink for half in (0, 1) for ink in drawn.filled.get((column, 2 * row + half), ())]
            if filled:
                return "░", palette.style_of(means, colour_of(filled, means))
        return " ", Style()
    if upper is None:
        return "▄", palette.style_of(means, lower)
    return (
        ("█", palette.style_of(means, upper))
        if upper == lower
        else ("▀", palette.style_of(means, upper, lower))
    )


def _colour(drawn: Plot, place: tuple[int, int], means: Means) -> palette.Rgb | str | None:
    if solid := drawn.solid.get(place):
        return colour_of(solid, means)
    filled = drawn.filled.get(place)
    if filled and means.colours >= Colours.MANY:
        colour = colour_of(filled, means)
        return palette.darker(colour) if isinstance(colour, tuple) else colour
    return None


# ---- what the legend needs, too


def is_both(inks: list[Ink]) -> bool:
    """Whether what was expected and what came meet."""
    roles = {role for role, _ in inks}
    return Role.YOURS in roles and Role.EXPECTED in roles


def mark_of(ink: Ink) -> str:
    """Whose it is, where there are no colours."""
    marks = palette.LINE_MARKS[ink[0]]
    return marks[ink[1] % len(marks)]


def colour_of(inks: list[Ink], means: Means) -> palette.Rgb | str:
    """Whose the topmost is, where there are colours; where both meet, that of both."""
    role, turn = inks[-1]
    if means.colours is Colours.SIXTEEN:
        return "default" if is_both(inks) else palette.LINES_OF_SIXTEEN[role]
    shades = palette.LINES[role]
    return palette.BOTH if is_both(inks) else shades[turn % len(shades)]
