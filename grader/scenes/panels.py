"""What scenes are made of: images and charts of arrays, looked at as they come, since a learner's function may give anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.pictures import MOST_CELLS, MOST_POINTS, Mark, Scale

Values = np.ndarray[Any, np.dtype[np.float64]]
_LARGEST = 2**22  # elements of what is looked at at all


class NotDrawable(Exception):
    """What came is nothing that can be drawn; the text says in a line what it is."""


@dataclass(frozen=True, slots=True, eq=False)
class DrawnImage:
    """An image before it is set beside another one."""

    title: str
    values: Values  # two axes, no longer than MOST_CELLS
    shape: tuple[int, ...]  # as it came
    scale: Scale
    low: float | None  # of the scale; None for that of the values
    high: float | None
    given: bool


@dataclass(frozen=True, slots=True, eq=False)
class DrawnMarks:
    """A layer of a chart before it is set beside another one."""

    mark: Mark
    x: Values
    y: Values
    upper: Values | None
    label: str
    given: bool


@dataclass(frozen=True, slots=True, eq=False)
class DrawnChart:
    """A chart before it is set beside another one."""

    title: str
    layers: tuple[DrawnMarks, ...]
    across: str
    up: str
    log_up: bool
    log_across: bool
    equal: bool
    apart: bool


DrawnPanel = DrawnImage | DrawnChart


def image(
    title: str,
    values: Any,
    *,
    scale: str = "grey",
    low: float | None = None,
    high: float | None = None,
    given: bool = False,
) -> DrawnImage:
    """Rows and columns, as cells. Raises NotDrawable.

    `scale`: "grey", "heat" (amounts), "signed" (zero in the middle) or "labels" (small whole numbers, each a thing of its own).
    `low` and `high` are the ends of the scale; without them, those of what was expected. `given` for an input. What is larger
    than 128 cells is made smaller: by the mean, labels by the nearest.
    """
    array = as_numbers(values, title)
    if array.ndim == 1:
        array = array[None, :]
    if array.ndim != 2 or 0 in array.shape:
        raise NotDrawable(f"{title}: what came has the shape {array.shape}, and rows and columns are drawn")
    kind = Scale(scale)
    return DrawnImage(title, _smaller(array, kind), array.shape, kind, low, high, given)


def chart(
    title: str,
    *layers: DrawnMarks,
    across: str = "",
    up: str = "",
    log_up: bool = False,
    log_across: bool = False,
    equal: bool = False,
    apart: bool = False,
) -> DrawnChart:
    """Layers over common axes, `across` and `up` in words.

    `equal` where both axes have the same unit. `apart` where what came and what was expected would hide each other, as clouds
    of points do: then they are drawn side by side.
    """
    return DrawnChart(title, layers, across, up, log_up, log_across, equal, apart)


def line(x: Any, y: Any, label: str = "", *, given: bool = False) -> DrawnMarks:
    """A line through points. Raises NotDrawable."""
    return _marks(Mark.LINE, x, y, None, label, given)


def steps(x: Any, y: Any, label: str = "", *, given: bool = False) -> DrawnMarks:
    """A line that keeps each value until the next. Raises NotDrawable."""
    return _marks(Mark.STEPS, x, y, None, label, given)


def points(x: Any, y: Any, label: str = "", *, given: bool = False) -> DrawnMarks:
    """Points alone. Raises NotDrawable."""
    return _marks(Mark.POINTS, x, y, None, label, given)


def bars(x: Any, y: Any, label: str = "", *, given: bool = False) -> DrawnMarks:
    """Bars from 0 to y. Raises NotDrawable."""
    return _marks(Mark.BARS, x, y, None, label, given)


def band(x: Any, low: Any, high: Any, label: str = "", *, given: bool = False) -> DrawnMarks:
    """What lies between two curves. Raises NotDrawable."""
    return _marks(Mark.BAND, x, low, high, label, given)


def _marks(mark: Mark, x: Any, y: Any, upper: Any, label: str, given: bool) -> DrawnMarks:
    what = label or f"the {mark.value}"
    one = as_numbers(y, what)
    if one.ndim != 1 or not one.size:
        raise NotDrawable(f"{what}: what came has the shape {one.shape}, and a row of numbers is drawn")
    places = as_numbers(x, what) if x is not None else np.arange(one.size, dtype=np.float64)
    above = None if upper is None else as_numbers(upper, what)
    length = min(one.size, places.size, one.size if above is None else above.size)
    places, one = places.ravel()[:length], one[:length]
    above = None if above is None else above.ravel()[:length]
    if length > MOST_POINTS:
        kept = np.linspace(0, length - 1, MOST_POINTS).astype(int)
        places, one, above = places[kept], one[kept], None if above is None else above[kept]
    return DrawnMarks(mark, places, one, above, label, given)


def as_numbers(values: Any, what: str) -> Values:
    """What came as an array of float64. Raises NotDrawable for what is none, with words for what it is."""
    if isinstance(values, list | tuple) and len(values) > _LARGEST:
        raise NotDrawable(f"{what}: what came is a {type(values).__name__} of {len(values):,} things")
    size = getattr(values, "size", 0)
    if isinstance(size, int) and size > _LARGEST:
        raise NotDrawable(f"{what}: what came has {size:,} elements")
    try:
        array = np.asarray(values)
    except Exception as error:
        raise NotDrawable(
            f"{what}: what came is no array ({type(values).__name__}: {type(error).__name__})"
        ) from None
    if array.dtype.kind == "c":
        raise NotDrawable(f"{what}: what came are complex numbers")
    if array.dtype.kind not in "biuf" and not array.dtype.name.startswith(("bfloat", "float", "int", "uint")):
        raise NotDrawable(f"{what}: what came are no numbers ({type(values).__name__} of {array.dtype})")
    return array.astype(np.float64)


def _smaller(array: Values, scale: Scale) -> Values:
    """No side longer than MOST_CELLS: labels by the nearest, others by the mean of what falls into a cell."""
    for axis in (0, 1):
        length = array.shape[axis]
        if length <= MOST_CELLS:
            continue
        edges = np.linspace(0, length, MOST_CELLS + 1).astype(int)
        if scale is Scale.LABELS:
            array = np.take(array, (edges[:-1] + edges[1:]) // 2, axis=axis)
        else:
            with np.errstate(invalid="ignore"):
                widths = np.diff(edges)
                sums = np.add.reduceat(array, edges[:-1], axis=axis)
                array = sums / (widths[:, None] if axis == 0 else widths[None, :])
    return array


Frames = Sequence[Sequence[DrawnPanel]]
