"""An image as lines: made larger or smaller until it fits, then painted, two rows of cells a line or one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.style import Style
from rich.text import Text

from grader.pictures import LEVELS, NAN, NOT_FINITE, TOO_HIGH, TOO_LOW, Image, Role, Scale
from grader.report.picture import palette
from grader.report.picture.means import MARKS, Block, Colours, Means

_MOST_TIMES = 8  # that a cell is enlarged
_GOOD = 32  # pixels along a side, which show what a large image is
_FEWEST_ROWS = 4  # which are not thinned out, however wide the image is

Levels = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Fit:
    """How an image fits: so many pixels, of which each is so many columns wide and, beside that, so many times as high."""

    rows: int
    columns: int
    wide: int
    tall: int = 1


def in_pixels(image: Image, means: Means) -> bool:
    """Whether a line holds two rows. With sixteen colours shades are no colours to rely on, and signs say more."""
    return means.blocks and (means.colours >= Colours.MANY or image.scale is Scale.LABELS)


def fit(image: Image, columns: int, lines: int, means: Means) -> Fit:
    """The size at which an image fits into so many columns and lines."""
    rows, across = len(image.rows), len(image.rows[0]) // 2
    pixels = in_pixels(image, means)
    room = max(lines, 1) * (2 if pixels else 1)
    # A character is twice as high as wide: a mark of its own takes two columns, where they are there.
    wide = 1 if pixels or 2 * across > columns else 2
    times = min(columns // (across * wide), room // rows, _MOST_TIMES if pixels else 1)
    if times >= 1:
        return Fit(rows * times, across * times, wide)
    tall = 1 if pixels or wide == 2 else 2  # how many times as high as wide a cell is then
    scale = min(columns / (across * wide), room * tall / rows)
    fewest = min(rows, room, _FEWEST_ROWS)
    most = columns // wide
    return Fit(max(round(rows * scale / tall), fewest), min(max(round(across * scale), 1), most), wide, tall)


def score(image: Image, columns: int, lines: int, means: Means) -> float:
    """How well an image fits: 1 where each cell is there, or so many pixels that all is recognised."""
    size = fit(image, columns, lines, means)
    rows, across = len(image.rows), len(image.rows[0]) // 2
    return min(size.rows * size.tall / min(rows, _GOOD), size.columns / min(across, _GOOD), 1.0)


def block(image: Image, columns: int, lines: int, means: Means) -> Block:
    """The image in so many columns and lines at most."""
    size = fit(image, columns, lines, means)
    levels = resized(image, size.rows, size.columns)
    painted = (
        _in_pixels(levels, image, means)
        if in_pixels(image, means)
        else _in_marks(levels, image, means, size.wide)
    )
    return Block(painted, size.columns * size.wide)


# ---- larger and smaller


def resized(image: Image, rows: int, columns: int) -> list[list[int]]:
    """Levels in so many rows and columns: of several cells labels take the nearest, differences the largest, values the mean.

    What is not finite outlives them all.
    """
    if image.role is Role.DIFFERENCE:
        together = _farthest if image.scale is Scale.SIGNED else max
    else:
        together = _middle if image.scale is Scale.LABELS else _mean
    half = [_along(row, columns, together) for row in image.levels]
    turned = [_along(column, rows, together) for column in zip(*half, strict=True)]
    return [list(row) for row in zip(*turned, strict=True)]


def _along(levels: Sequence[int], length: int, together: Callable[[Sequence[int]], int]) -> list[int]:
    found = []
    for number in range(length):
        begin, end = number * len(levels) // length, -(-(number + 1) * len(levels) // length)
        part = levels[begin : max(end, begin + 1)]
        if length >= len(levels):
            part = levels[begin : begin + 1]
        odd = next((code for code in (NAN, TOO_HIGH, TOO_LOW) if code in part), None)
        found.append(together(part) if odd is None else odd)
    return found


def _mean(levels: Sequence[int]) -> int:
    return round(sum(levels) / len(levels))


def _middle(levels: Sequence[int]) -> int:
    return levels[len(levels) // 2]


def _farthest(levels: Sequence[int]) -> int:
    return max(levels, key=lambda level: abs(level - LEVELS // 2))


# ---- painted


def _in_pixels(levels: Levels, image: Image, means: Means) -> list[Text]:
    """Two rows a line: the upper half of a cell in one colour, its ground in the other."""
    colour, warned = palette.pixels(image, means), palette.warning(means)

    def cell(pair: tuple[int, int | None]) -> tuple[str, Style]:
        above, below = pair
        for level in pair:
            if level in NOT_FINITE:
                return MARKS[level], warned
        upper, lower = colour(above), None if below is None else colour(below)
        if upper is None:
            return (
                (palette.EMPTY, Style(dim=True)) if lower is None else ("▄", palette.style_of(means, lower))
            )
        if upper == lower:
            return "█", palette.style_of(means, upper)
        return "▀", palette.style_of(means, upper, lower)

    lines = []
    for number in range(0, len(levels), 2):
        above = levels[number]
        below = levels[number + 1] if number + 1 < len(levels) else [None] * len(above)
        line = Text()
        for pair, same in groupby(zip(above, below, strict=True)):
            mark, style = cell(pair)
            line.append(mark * len(list(same)), style)
        lines.append(line)
    return lines


def _in_marks(levels: Levels, image: Image, means: Means, wide: int) -> list[Text]:
    """A row a line. Shades fill both columns of a mark; of signs and labels the second stays free."""
    mark, warned = palette.marks(image, means), palette.warning(means)
    fills = image.scale in {Scale.GREY, Scale.HEAT}
    lines = []
    for row in levels:
        line = Text()
        for level, same in groupby(row):
            sign, style = (MARKS[level], warned) if level in NOT_FINITE else mark(level)
            line.append((sign * wide if fills else sign.ljust(wide)) * len(list(same)), style)
        lines.append(line)
    return lines
