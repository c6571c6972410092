"""For an exercise without a scene: the failing comparison itself, where it is large enough to be looked at."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.pictures import Picture
from grader.scenes.panels import DrawnPanel, NotDrawable, Values, as_numbers, chart, image, line, points
from grader.scenes.scene import Scene
from grader.scenes.side_by_side import together

FEWEST = 8  # elements; with fewer, the numbers in the message say more
_MOST_LABELS = 12  # different whole numbers that are still things of their own


def compared_arrays(call: str, came: Any, expected: Any) -> Picture | None:
    """The two arrays of a comparison that failed; None where they are too small, or nothing that can be drawn."""
    try:
        ours, theirs = as_numbers(came, "what came"), as_numbers(expected, "what was expected")
    except NotDrawable:
        return None
    if theirs.size < FEWEST or not ours.size:
        return None
    ours, theirs = _flat(ours), _flat(theirs)
    counted = theirs.ndim == 2 and _counted(theirs) and _counted(ours)
    scene = Scene(f"What was compared: {call}", lambda function: (), shows=())
    try:
        return together(scene, [[_panel(ours, counted)]], [[_panel(theirs, counted)]], right=False)
    except NotDrawable:
        return None


def _flat(array: Values) -> Values:
    """Two axes at most: the leading ones become rows."""
    if array.ndim == 2 and 1 in array.shape:
        return array.ravel()
    return array if array.ndim < 3 else array.reshape(-1, array.shape[-1])


def _counted(array: Values) -> bool:
    """Whether an array holds a few whole numbers: labels, truths, counts."""
    finite = np.isfinite(array).all() and (array == np.rint(array)).all() and array.min() >= 0
    return bool(finite) and len(np.unique(array)) <= _MOST_LABELS


def _panel(array: Values, counted: bool) -> DrawnPanel:
    if array.ndim < 2:
        places = np.arange(array.size)
        many = array.size > 60
        return chart(
            "element by element",
            (line if many else points)(places, array.ravel()),
            across="place",
            up="value",
        )
    signed = np.nanmin(array, initial=0.0) < 0 < np.nanmax(array, initial=0.0)
    return image("the array", array, scale="labels" if counted else "signed" if signed else "grey")
