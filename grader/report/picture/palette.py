"""Which colour and which mark stand for what. No two that matter differ in their hue alone."""

from __future__ import annotations

from collections.abc import Callable

from rich.color import Color, ColorSystem
from rich.style import Style

from grader.pictures import LEVELS, Image, Role, Scale
from grader.report.picture.means import Colours, Means

Rgb = tuple[int, int, int]

NOTHING: Rgb = (66, 66, 72)  # zero, no difference, the label 0 of two: seen on dark and on light
_GREY: list[Rgb] = [(14, 14, 16), (245, 245, 245)]
_HEAT: list[Rgb] = [
    (22, 11, 57),
    (101, 21, 110),
    (186, 54, 85),
    (237, 105, 37),
    (251, 180, 26),
    (250, 250, 160),
]
_SIGNED: list[Rgb] = [(110, 190, 255), (60, 120, 200), NOTHING, (205, 110, 30), (255, 185, 90)]
_TWO: list[Rgb] = [NOTHING, (238, 205, 100)]
_DIFFERENT: list[Rgb] = [NOTHING, (255, 105, 75)]
_LABELS: list[Rgb] = [
    (86, 130, 220), (236, 170, 60), (70, 170, 130), (215, 95, 80), (190, 140, 210), (240, 228, 110),
    (120, 200, 235), (140, 100, 70), (225, 225, 225), (110, 110, 110), (170, 215, 110), (230, 130, 175),
]  # fmt: skip
_SIXTEEN = ("blue", "yellow", "green", "red", "magenta", "cyan", "white")

SHADES = " ░▒▓█"
SHADES_ASCII = " .:-=+*#%@"
EMPTY = "·"  # where a pixel has no colour
SIGNS = "=-.+#"  # far below zero, below, about zero, above, far above
_NEAR_ZERO, _FAR = 0.04, 0.5  # of the largest
LABEL_MARKS = "0123456789ABCDEFGHIJKLMNOPQRSTUWXYZ"  # no V, which a v is too like

# Of charts: whose a line is, by colour and by mark; further layers of the same person get the further ones.
LINES: dict[Role, list[Rgb]] = {
    Role.EXPECTED: [(70, 150, 240), (40, 95, 190), (130, 200, 250)],
    Role.YOURS: [(240, 140, 30), (190, 85, 20), (250, 200, 110)],
    Role.INPUT: [(175, 125, 200), (125, 80, 150), (215, 180, 230)],
    Role.DIFFERENCE: [(255, 105, 75)],
}
BOTH: Rgb = (150, 150, 150)
LINES_OF_SIXTEEN = {
    Role.EXPECTED: "blue",
    Role.YOURS: "yellow",
    Role.INPUT: "magenta",
    Role.DIFFERENCE: "red",
}
LINE_MARKS = {Role.EXPECTED: "oO0", Role.YOURS: "xX%", Role.INPUT: ".,'", Role.DIFFERENCE: "!"}
BAND_MARKS = {Role.EXPECTED: ":", Role.YOURS: "/", Role.INPUT: "-", Role.DIFFERENCE: "-"}
BOTH_MARK, BOTH_BANDS_MARK = "*", "|"


def style_of(means: Means, colour: Rgb | str | None, background: Rgb | str | None = None) -> Style:
    """A style that names colours which the console has: rich would round them, and keep what it once wrote for a style."""
    return Style(color=_color(means, colour), bgcolor=_color(means, background))


def _color(means: Means, colour: Rgb | str | None) -> Color | str | None:
    if not isinstance(colour, tuple):
        return colour
    exact = Color.from_rgb(*colour)
    return exact if means.colours is Colours.ALL else exact.downgrade(ColorSystem.EIGHT_BIT)


def warning(means: Means) -> Style:
    """Of letters for what is not finite."""
    if means.colours >= Colours.MANY:
        return Style(color="white", bgcolor=_color(means, (150, 0, 90)), bold=True)
    return Style(color="red", reverse=True, bold=True) if means.colours else Style()


def between(anchors: list[Rgb], share: float) -> Rgb:
    """The colour at a share, from 0 to 1, of the way along some others."""
    place = min(max(share, 0.0), 1.0) * (len(anchors) - 1)
    first = min(int(place), len(anchors) - 2)
    part = place - first
    one, other = anchors[first], anchors[first + 1]
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue


def label_of(image: Image, level: int) -> int:
    """The whole number that a level stands for."""
    return round(image.value(level))


def is_of_two(image: Image) -> bool:
    """Whether there are but two labels, of which 0 is none."""
    return image.scale is Scale.LABELS and image.low == 0 and image.high <= 1


def pixels(image: Image, means: Means) -> Callable[[int], Rgb | str | None]:
    """The colour of a level, where cells are pixels; None for none at all."""
    if image.scale is Scale.LABELS:
        pair = _DIFFERENT if image.role is Role.DIFFERENCE else _TWO
        if means.colours is Colours.SIXTEEN:
            one = "red" if image.role is Role.DIFFERENCE else "default"
            if is_of_two(image):
                return lambda level: one if label_of(image, level) else None
            return lambda level: _SIXTEEN[label_of(image, level) % len(_SIXTEEN)]
        colours = pair if is_of_two(image) else _LABELS
        return lambda level: colours[label_of(image, level) % len(colours)]
    anchors = {Scale.GREY: _GREY, Scale.HEAT: _HEAT, Scale.SIGNED: _SIGNED}[image.scale]
    return lambda level: between(anchors, level / LEVELS)


def marks(image: Image, means: Means) -> Callable[[int], tuple[str, Style]]:
    """The mark of a level and its style, where there are no pixels."""
    coloured = means.colours is not Colours.NONE
    if image.scale is Scale.LABELS:
        if is_of_two(image):
            one = "x" if image.role is Role.DIFFERENCE else "#"
            return lambda level: (one if label_of(image, level) else ".", Style())
        return lambda level: (label_mark(label_of(image, level)), Style())
    if image.scale is Scale.SIGNED:
        return lambda level: _sign(level, means, plain=image.role is Role.DIFFERENCE)
    ramp = SHADES_ASCII if means.ascii else SHADES
    tint = style_of(means, "yellow") if coloured and image.scale is Scale.HEAT else Style()
    return lambda level: (ramp[min(level * len(ramp) // LEVELS, len(ramp) - 1)], tint)


def label_mark(label: int) -> str:
    """A label in one character."""
    return LABEL_MARKS[label] if 0 <= label < len(LABEL_MARKS) else "+"


def _sign(level: int, means: Means, *, plain: bool) -> tuple[str, Style]:
    share = (level - LEVELS / 2) / (LEVELS / 2)
    if abs(share) < _NEAR_ZERO:
        return SIGNS[2], Style(dim=True) if means.colours else Style()
    far = abs(share) >= _FAR
    mark = SIGNS[2 + (1 if share > 0 else -1) * (2 if far and not plain else 1)]
    if not means.colours:
        return mark, Style()
    return mark, Style(color="yellow" if share > 0 else "blue", reverse=far)


def darker(colour: Rgb) -> Rgb:
    """For what is filled, so that lines on it are seen."""
    return between([colour, NOTHING], 0.6)
