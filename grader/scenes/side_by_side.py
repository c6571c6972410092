"""What came and what was expected in one picture: side by side, with what differs, or only once where they are alike."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from grader.pictures import (
    LEVELS,
    LIMIT,
    NAN,
    TOO_HIGH,
    TOO_LOW,
    Chart,
    Frame,
    Image,
    Layer,
    Mark,
    Picture,
    Role,
    Scale,
    size_of,
)
from grader.scenes.panels import DrawnChart, DrawnImage, DrawnMarks, DrawnPanel, Frames, Values
from grader.scenes.scene import Scene

_SEEN_IN_CELLS = 1 / 100  # of the scale: what differs by less cannot be seen in an image
_SEEN_IN_CHARTS = 1 / 150  # of the height of a chart
_NOISE = 1e-3  # of the size of numbers that are all alike: what they differ by is not looked at closer
_DIGITS = 4  # of numbers in a chart

ALIKE = "yours is as expected"
LOOKS_ALIKE = "on this input yours looks as expected: the message says where it differs"
DIFFERS = "yours differs from what was expected"
BY_CHANCE = "drawn at random: compare it with what is given beside it"


def together(
    scene: Scene, yours: Frames | None, expected: Frames | None, *, right: bool, trouble: str = ""
) -> Picture:
    """The picture of a scene as both drew it. `trouble` says why one is missing, `right` whether the answer has passed."""
    if scene.by_chance and yours is not None:
        frames = [Frame(_alone(frame, Role.YOURS), scene.title(n)) for n, frame in enumerate(yours)]
        return fitting(Picture(scene.caption, tuple(frames), trouble or BY_CHANCE))
    if yours is None or expected is None:
        drawn = yours if expected is None else expected
        role = Role.YOURS if expected is None else Role.EXPECTED
        assert drawn is not None
        frames = [Frame(_alone(frame, role), scene.title(n)) for n, frame in enumerate(drawn)]
        return fitting(Picture(scene.caption, tuple(frames), trouble, differs=yours is None))
    frames, differs = [], False
    for number in range(max(len(yours), len(expected))):
        ours = yours[min(number, len(yours) - 1)]
        theirs = expected[min(number, len(expected) - 1)]
        panels, unlike = _beside(ours, theirs)
        differs = differs or unlike or len(yours) != len(expected)
        frames.append(Frame(panels, scene.title(number)))
    remark = trouble or (DIFFERS if differs else ALIKE if right else LOOKS_ALIKE)
    return fitting(Picture(scene.caption, tuple(frames), remark, differs))


def fitting(picture: Picture) -> Picture:
    """The picture with so many of its frames as fit the limit: the first and last ones stay."""
    frames = list(picture.frames)
    while len(frames) > 2 and size_of(picture) > LIMIT:
        frames = [
            frame for number, frame in enumerate(frames) if number % 2 == 0 or number == len(frames) - 1
        ]
        picture = Picture(picture.caption, tuple(frames), picture.remark, picture.differs)
    return picture


def _alone(panels: Sequence[DrawnPanel], role: Role) -> tuple[Image | Chart, ...]:
    return tuple(
        _image(panel, Role.INPUT if panel.given else role, *_scale_of(panel))
        if isinstance(panel, DrawnImage)
        else _chart(panel, _layers(panel, role), role)
        for panel in panels
    )


def _beside(
    yours: Sequence[DrawnPanel], expected: Sequence[DrawnPanel]
) -> tuple[tuple[Image | Chart, ...], bool]:
    """The panels of one frame, and whether a difference can be seen in them."""
    if len(yours) != len(expected) or any(
        type(a) is not type(b) for a, b in zip(yours, expected, strict=True)
    ):
        return (*_alone(expected, Role.EXPECTED), *_alone(yours, Role.YOURS)), True
    panels: list[Image | Chart] = []
    differs = False
    for ours, theirs in zip(yours, expected, strict=True):
        if isinstance(ours, DrawnImage) and isinstance(theirs, DrawnImage):
            found, unlike = _images(ours, theirs)
        else:
            assert isinstance(ours, DrawnChart)
            assert isinstance(theirs, DrawnChart)
            found, unlike = _charts(ours, theirs)
        panels += found
        differs = differs or unlike
    return tuple(panels), differs


# ---- images


def _images(yours: DrawnImage, expected: DrawnImage) -> tuple[list[Image | Chart], bool]:
    low, high = _scale_of(expected)
    if yours.given:
        return [_image(yours, Role.INPUT, *_scale_of(yours))], False
    both = [_image(expected, Role.EXPECTED, low, high), _image(yours, Role.YOURS, low, high)]
    if yours.values.shape != expected.values.shape:
        return list(both), True
    apart = _apart(yours.values, expected.values)
    seen = apart > (0 if expected.scale is Scale.LABELS else _SEEN_IN_CELLS * (high - low))
    if not seen.any():
        return [both[1]], False
    if expected.scale is Scale.LABELS:
        wrong = DrawnImage("", seen.astype(np.float64), seen.shape, Scale.LABELS, 0, 1, False)
        return [*both, _image(wrong, Role.DIFFERENCE, 0, 1, expected.title)], True
    with np.errstate(invalid="ignore"):
        difference = yours.values - expected.values
    same = (yours.values == expected.values) | (np.isnan(yours.values) & np.isnan(expected.values))
    difference = np.where(same, 0.0, difference)
    most = float(np.max(np.abs(difference[np.isfinite(difference)]), initial=0.0)) or 1.0
    signed = DrawnImage("", difference, difference.shape, Scale.SIGNED, -most, most, False)
    return [*both, _image(signed, Role.DIFFERENCE, -most, most, expected.title)], True


def _apart(one: Values, other: Values) -> Values:
    """How far two arrays are apart, cell by cell: 0 where both are the same nan or infinity, infinite where one of them is."""
    with np.errstate(invalid="ignore"):
        distance = np.abs(one - other)
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    return np.where(same, 0.0, np.where(np.isnan(distance), np.inf, distance))


def _scale_of(image: DrawnImage) -> tuple[float, float]:
    finite = image.values[np.isfinite(image.values)]
    low, high = float(finite.min(initial=math.inf)), float(finite.max(initial=-math.inf))
    if not finite.size:
        low, high = 0.0, 1.0
    if image.scale is Scale.SIGNED:
        high = max(abs(low), abs(high))
        low = -high
    if image.scale is Scale.LABELS:
        low = 0.0
    low = low if image.low is None else image.low
    high = high if image.high is None else image.high
    return (low, high) if high > low else (low, low + 1.0)


def _image(image: DrawnImage, role: Role, low: float, high: float, title: str = "") -> Image:
    values = image.values
    with np.errstate(invalid="ignore"):
        levels = np.clip(np.rint((values - low) / (high - low) * LEVELS), 0, LEVELS)
    levels = np.where(np.isnan(values), NAN, levels)
    levels = np.where(np.isposinf(values), TOO_HIGH, np.where(np.isneginf(values), TOO_LOW, levels))
    rows = tuple(bytes(row).hex() for row in levels.astype(np.uint8))
    return Image(title or image.title, role, rows, _short(low), _short(high), image.scale)


# ---- charts


def _charts(yours: DrawnChart, expected: DrawnChart) -> tuple[list[Image | Chart], bool]:
    alike = len(yours.layers) == len(expected.layers) and not any(
        _unlike(one, other, expected) for one, other in zip(yours.layers, expected.layers, strict=True)
    )
    if alike:
        return [_chart(yours, _layers(yours, Role.YOURS), Role.YOURS)], False
    ours, theirs = _layers(yours, Role.YOURS), _layers(expected, Role.EXPECTED)
    if expected.apart:
        return [_chart(expected, theirs, Role.EXPECTED), _chart(yours, ours, Role.YOURS)], True
    own = [layer for layer in ours if layer.role is not Role.INPUT]
    return [_chart(expected, [*theirs, *own])], True


def _unlike(one: DrawnMarks, other: DrawnMarks, chart: DrawnChart) -> bool:
    if one.given and other.given:
        return False
    if one.x.shape != other.x.shape:
        return True
    # Bars stand on 0; and of numbers that are all the same, what differs is rounding.
    ground = np.zeros(1) if any(layer.mark is Mark.BARS for layer in chart.layers) else None
    height = _width(ground, *(values for layer in chart.layers for values in (layer.y, layer.upper)))
    height = max(height, _NOISE * max(map(_size, chart.layers)))
    width = _width(*(layer.x for layer in chart.layers))

    def moved(a: Values | None, b: Values | None, whole: float) -> bool:
        if a is None or b is None or a.shape != b.shape:
            return (a is None) != (b is None) or (a is not None and b is not None)
        if chart.log_up and whole is height:
            with np.errstate(all="ignore"):
                a, b, whole = np.log10(a), np.log10(b), 3.0
        return bool((_apart(a, b) > _SEEN_IN_CHARTS * (whole or 1.0)).any())

    return (
        moved(one.x, other.x, width) or moved(one.y, other.y, height) or moved(one.upper, other.upper, height)
    )


def _layers(chart: DrawnChart, role: Role) -> list[Layer]:
    """The layers as plain data: what is smaller than can be seen in the chart is rounded away."""
    across = 0.0 if chart.log_across else _width(*(layer.x for layer in chart.layers))
    up = 0.0 if chart.log_up else _width(*(v for layer in chart.layers for v in (layer.y, layer.upper)))
    return [
        Layer(
            layer.mark,
            Role.INPUT if layer.given else role,
            tuple(_short(value, across) for value in layer.x),
            tuple(_short(value, up) for value in layer.y),
            () if layer.upper is None else tuple(_short(value, up) for value in layer.upper),
            layer.label,
        )
        for layer in chart.layers
    ]


def _chart(chart: DrawnChart, layers: Sequence[Layer], role: Role | None = None) -> Chart:
    return Chart(
        chart.title, tuple(layers), role, chart.across, chart.up, chart.log_up, chart.log_across, chart.equal
    )


def _size(layer: DrawnMarks) -> float:
    """The largest finite number of a layer, without its sign."""
    return float(np.max(np.abs(layer.y[np.isfinite(layer.y)]), initial=0.0))


def _width(*values: Values | None) -> float:
    """How far the finite numbers of these reach, from the smallest to the largest."""
    finite = [one[np.isfinite(one)] for one in values if one is not None]
    everything = np.concatenate(finite) if finite else np.zeros(0)
    return float(np.ptp(everything)) if everything.size else 0.0


def _short(value: float, width: float = 0.0) -> float:
    """A number with as many digits as can be seen where numbers reach so far; with four of its own without that."""
    number = float(value)
    if math.isnan(number):
        return math.nan  # the same one each time: then pictures of it can be compared
    if not math.isfinite(number):
        return number
    if not width:
        return float(f"{number:.{_DIGITS}g}")
    return round(number, _DIGITS - math.floor(math.log10(width)))
