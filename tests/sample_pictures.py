"""Small pictures for tests of what shows them: boards over several frames, fields, charts, with what is not finite in them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from grader.pictures import LEVELS, Chart, Frame, Image, Layer, Mark, Picture, Role, Scale

CAPTION = (
    "A glider crosses the corner where the edges meet, and a blinker lies on the seam of left and right."
)
DIFFERS = "yours differs from what was expected"


def image(
    levels: Sequence[Sequence[int]],
    role: Role,
    scale: Scale = Scale.GREY,
    *,
    low: float = 0.0,
    high: float = 1.0,
    title: str = "the board",
) -> Image:
    return Image(title, role, tuple(bytes(row).hex() for row in levels), low, high, scale)


def board(size: int, *alive: tuple[int, int], role: Role = Role.YOURS) -> Image:
    """A square of two labels."""
    rows = [[LEVELS * ((row, column) in alive) for column in range(size)] for row in range(size)]
    return image(rows, role, Scale.LABELS)


def boards(frames: int = 6, *, differs_from: int | None = 3, size: int = 16) -> Picture:
    """One cell walks along the diagonal; from some frame on yours stays where it was. None: it never does."""
    found = []
    for number in range(frames):
        right = (number, number)
        if differs_from is None or number < differs_from:
            panels: tuple[Image, ...] = (board(size, right),)
        else:
            wrong = (differs_from - 1, differs_from - 1)
            panels = (
                board(size, right, role=Role.EXPECTED),
                board(size, wrong),
                board(size, right, wrong, role=Role.DIFFERENCE),
            )
        found.append(Frame(panels, f"generation {number + 1}"))
    remark = "yours is as expected" if differs_from is None else DIFFERS
    return Picture(CAPTION, tuple(found), remark, differs_from is not None)


def one(*panels: Image | Chart, differs: bool | None = True) -> Picture:
    return Picture("What was drawn.", (Frame(panels),), DIFFERS if differs else "", differs)


def ramp(
    scale: Scale, role: Role = Role.YOURS, *, low: float = 0.0, rows: int = 4, columns: int = 16
) -> Image:
    """All levels of a scale, from left to right."""
    across = [round(LEVELS * column / (columns - 1)) for column in range(columns)]
    return image([across] * rows, role, scale, low=low, title="a ramp")


def chart(*layers: Layer, title: str = "a chart", equal: bool = False, role: Role | None = None) -> Chart:
    return Chart(title, layers, role, across="time", up="value", equal=equal)


def layer(role: Role, ys: Sequence[float], mark: Mark = Mark.LINE, label: str = "") -> Layer:
    return Layer(mark, role, tuple(map(float, range(len(ys)))), tuple(ys), label=label)


def curves() -> Picture:
    """A curve that goes wrong half-way, with a nan and an infinity in it."""
    expected = [math.sin(step / 6) for step in range(40)]
    yours = [*expected[:20], *(value + 0.8 for value in expected[20:])]
    yours[25], yours[33] = math.nan, math.inf
    given = layer(Role.INPUT, [value + 0.3 for value in expected], Mark.POINTS, "what came in")
    return one(chart(given, layer(Role.EXPECTED, expected), layer(Role.YOURS, yours)))


def spread() -> Picture:
    """A band of each, of which yours is narrower."""
    middle = [step / 10 for step in range(30)]

    def band(role: Role, wide: float) -> Layer:
        low = layer(role, [value - wide for value in middle], Mark.BAND)
        return replace(low, upper=tuple(value + wide for value in middle))

    return one(chart(band(Role.EXPECTED, 1.0), band(Role.YOURS, 0.3), layer(Role.EXPECTED, middle)))
