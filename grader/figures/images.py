"""Draws an image: cells with their colours, what is not finite hatched, and below it what the colours mean."""

from __future__ import annotations

from itertools import groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize, to_rgba
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from grader.figures.looks import (
    HATCHED,
    HATCHES,
    SCALES,
    STROKES,
    Theme,
    colours_of_levels,
    label_colour,
)
from grader.pictures import LEVELS, Image, Role, Scale

_MOST_WRITTEN = 12  # cells a side in which labels are written as numbers
_LONGEST = 3.0  # times as long as wide, or as wide as long
_MOST_LABELS = 12  # that a legend lists


def draw_image(axes: Axes, image: Image, theme: Theme, *, small: bool) -> None:
    """Draw it. `small` leaves out what its colours mean, where it is one of many."""
    cells = np.array(image.levels, dtype=np.uint8)
    table = colours_of_levels(image.scale, image.low, image.high)
    axes.imshow(table[cells], interpolation="none", aspect="auto", zorder=1)
    rows, columns = cells.shape
    shape = min(max(rows / columns, 1 / _LONGEST), _LONGEST)  # cells are squares, but in a strip
    axes.set_box_aspect(shape)
    axes.set_anchor("N")  # what room there is, is below
    below = 1 / min(shape, 1.0)  # the full height of a panel, in heights of these axes
    axes.set_xticks([])
    axes.set_yticks([])
    notes = [_hatch(axes, cells, code) for code in HATCHES if (cells == code).any()]
    written = image.scale is Scale.LABELS and max(cells.shape) <= _MOST_WRITTEN
    if written and not small:
        _write_labels(axes, image)
    if small:
        return
    if image.scale is Scale.LABELS:
        notes = [*_label_notes(image, cells, written), *notes]
    else:
        _scale_below(axes, image, theme, below)
    if notes:
        axes.legend(
            handles=notes,
            loc="upper left",
            bbox_to_anchor=(0, below * (-0.02 if image.scale is Scale.LABELS else -0.19)),
            ncols=4,
            frameon=False,
            borderaxespad=0,
        )


def _hatch(axes: Axes, cells: NDArray[np.uint8], code: int) -> Patch:
    """Hatch all cells with a code, as one path. Returns what the legend says of it."""
    word, hatch = HATCHES[code]
    corners, moves = [], []
    for number, row in enumerate(cells == code):
        column = 0
        for hatched, run in groupby(row):
            length = len(list(run))
            if hatched:
                left, right, top, bottom = column - 0.5, column + length - 0.5, number - 0.5, number + 0.5
                corners += [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
                moves += [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
            column += length
    path = Path(corners, moves)
    axes.add_patch(PathPatch(path, facecolor="none", edgecolor="#5b0b39", linewidth=0, hatch=hatch, zorder=2))
    return Patch(facecolor=HATCHED, edgecolor="#5b0b39", hatch=hatch, linewidth=0.5, label=word)


def _write_labels(axes: Axes, image: Image) -> None:
    for row, levels in enumerate(image.levels):
        for column, level in enumerate(levels):
            if level > LEVELS:
                continue
            label = round(image.value(level))
            red, green, blue, _ = to_rgba(label_colour(label))
            dark = 0.3 * red + 0.6 * green + 0.1 * blue < 0.5
            colour = "#ffffff" if dark else "#000000"
            axes.text(column, row, str(label), ha="center", va="center", fontsize=8, color=colour, zorder=3)


def _label_notes(image: Image, cells: NDArray[np.uint8], written: bool) -> list[Patch]:
    """What the colours of labels mean, where the labels are not in the cells already."""
    if image.role is Role.DIFFERENCE:
        words = {0: "alike", 1: "differs"}
        return [Patch(facecolor=label_colour(n), edgecolor="#888888", label=words[n]) for n in (0, 1)]
    labels = sorted({round(image.value(int(level))) for level in np.unique(cells) if level <= LEVELS})
    if written or len(labels) > _MOST_LABELS:
        return []
    return [Patch(facecolor=label_colour(n), edgecolor="#888888", label=str(n)) for n in labels]


def _scale_below(axes: Axes, image: Image, theme: Theme, below: float) -> None:
    """A bar with the colours and what both ends of them (and nothing) stand for."""
    bar = axes.inset_axes((0.0, -0.09 * below, 1.0, 0.045 * below))
    levels = np.arange(LEVELS + 1)[None, :]
    extent = (image.low, image.high, 0.0, 1.0)
    bar.imshow(
        SCALES[image.scale](Normalize(0, LEVELS)(levels)),
        aspect="auto",
        extent=extent,
        interpolation="none",
    )
    middle = [0.0] if image.low < 0 < image.high else []
    ticks = [image.low, *middle, image.high]
    bar.set_xticks(ticks, [f"{tick:.3g}" for tick in ticks])
    labels = bar.get_xticklabels()
    labels[0].set_horizontalalignment("left")
    labels[-1].set_horizontalalignment("right")
    bar.set_yticks([])
    bar.tick_params(length=2, colors=theme.words, labelsize=9)


def title_of_image(image: Image) -> str:
    """What it is, and whose."""
    return ", ".join(part for part in (image.title, STROKES[image.role].word) if part)
