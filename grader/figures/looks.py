"""How a figure looks: colours in light and dark, and for each role a line, a marker and a hatch that do without colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_rgba
from numpy.typing import NDArray

from grader.pictures import LEVELS, NAN, TOO_HIGH, TOO_LOW, Role, Scale

Colours = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of a figure's ground and words."""

    ground: str
    words: str
    faint: str  # of frames and grids
    yours: str
    expected: str
    given: str


LIGHT = Theme("#ffffff", "#1c1f24", "#c3c7cf", "#c2410c", "#1d4ed8", "#6b7280")
DARK = Theme("#16191f", "#e7e9ee", "#4a505c", "#fb923c", "#7db2ff", "#9ca3af")


@dataclass(frozen=True, slots=True)
class Stroke:
    """How what is somebody's is drawn in a chart."""

    word: str
    line: str
    width: float
    marker: str
    hatch: str


STROKES = {
    Role.EXPECTED: Stroke("expected", "--", 2.6, "s", "\\\\\\\\"),
    Role.YOURS: Stroke("yours", "-", 1.5, "o", "////"),
    Role.DIFFERENCE: Stroke("difference", "-.", 1.5, "D", "++++"),
    Role.INPUT: Stroke("given", ":", 1.3, "+", "----"),
}


def colour_of(role: Role, theme: Theme) -> str:
    """The colour of what is somebody's."""
    known = {Role.YOURS: theme.yours, Role.EXPECTED: theme.expected, Role.INPUT: theme.given}
    return known.get(role, theme.words)


HATCHES = {NAN: ("nan", "xxxxxx"), TOO_HIGH: ("inf", "//////"), TOO_LOW: ("-inf", "\\\\\\\\\\\\")}
HATCHED = to_rgba("#e9a8c8")  # the ground below a hatch, which no scale holds

# Dark is negative, light is positive and grey is zero, so that the sign is seen without colours, too.
_SIGNED = LinearSegmentedColormap.from_list(
    "signed", ["#0b2a6f", "#3f6fd1", "#808080", "#e0a23c", "#fff1a8"], N=LEVELS + 1
)
_GREY = LinearSegmentedColormap.from_list("grey", ["#000000", "#ffffff"], N=LEVELS + 1)
_HEAT = LinearSegmentedColormap.from_list(
    "heat", ["#000004", "#3b0f70", "#8c2981", "#de4968", "#fe9f6d", "#fcfdbf"], N=LEVELS + 1
)
SCALES = {Scale.GREY: _GREY, Scale.HEAT: _HEAT, Scale.SIGNED: _SIGNED}

# Told apart by people who see colours otherwise, too (after Okabe and Ito), the first two by their lightness as well.
LABELS = [
    *("#e8eaee", "#24364b", "#e69f00", "#56b4e9", "#009e73", "#f0e442"),
    *("#0072b2", "#d55e00", "#cc79a7", "#7f4f24", "#9be7c4", "#5b2a86"),
]


def label_colour(label: int) -> str:
    """The colour of a label; they come again after the last."""
    return LABELS[0] if label == 0 else LABELS[1 + (label - 1) % (len(LABELS) - 1)]


def colours_of_levels(scale: Scale, low: float, high: float) -> Colours:
    """A colour for each level and each code of a cell."""
    table = np.empty((TOO_LOW + 1, 4))
    table[:] = HATCHED
    levels = np.arange(LEVELS + 1)
    if scale is Scale.LABELS:
        values = np.rint(low + (high - low) * levels / LEVELS).astype(int)
        table[levels] = [to_rgba(label_colour(int(value))) for value in values]
    else:
        table[levels] = SCALES[scale](levels / LEVELS)
    return table


def plain(text: str) -> str:
    """Text that XML can hold, and that no font stumbles over."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
