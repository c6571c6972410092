"""What a picture's colours and marks mean, in words: the ends of scales, whose a mark is, what is not finite."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from rich.style import Style
from rich.text import Text

from grader.pictures import LEVELS, NAN, NOT_FINITE, TOO_HIGH, TOO_LOW, Chart, Image, Mark, Role, Scale
from grader.report.picture import palette
from grader.report.picture.cells import in_pixels
from grader.report.picture.charts import colour_of, is_both, mark_of
from grader.report.picture.means import MARKS, WHOSE, Means, counted, ends, number
from grader.report.picture.plot import Ink, inks, key_of

_MOST_LABELS = 12
_APART = "   "

Panels = Sequence[Image | Chart]


def legend(panels: Panels, columns: int, means: Means) -> list[Text]:
    """As many lines as it takes; what holds for several panels is said once."""
    found: dict[str, Text] = {}
    for panel in panels:
        for entry in _of_image(panel, panels, means) if isinstance(panel, Image) else _of_chart(panel, means):
            found.setdefault(entry.plain, entry)
    for words in _not_finite(panels):
        found.setdefault(words, Text(words))
    return _flowing(found.values(), columns)


def _of_image(image: Image, panels: Panels, means: Means) -> Iterable[Text]:
    if image.role is Role.DIFFERENCE and image.scale is Scale.LABELS:
        yield _entries([(0, "the same"), (LEVELS, "differs")], image, means)
    elif image.role is Role.DIFFERENCE:
        most = number(max(abs(image.low), abs(image.high)))
        half = LEVELS // 2
        steps = [(half // 2, "yours is lower"), (half, "the same"), (LEVELS - half // 2, "higher")]
        yield _entries(steps, image, means).append(f" (by {most} at most)")
    elif image.scale is Scale.LABELS:
        alike = [one for one in panels if isinstance(one, Image) and one.scale is Scale.LABELS]
        levels = {
            palette.label_of(one, level): level
            for one in alike
            if one.role is not Role.DIFFERENCE and (one.low, one.high) == (image.low, image.high)
            for row in one.levels
            for level in row
            if level not in NOT_FINITE
        }
        labels = sorted(levels)
        if len(labels) <= _MOST_LABELS:
            yield _entries([(levels[label], str(label)) for label in labels], image, means)
        else:
            yield Text(f"labels {labels[0]} to {labels[-1]}")
    elif image.scale is Scale.SIGNED and not in_pixels(image, means):
        low, high = ends(image.low, image.high)
        steps = [
            (0, low),
            (LEVELS * 3 // 8, "below 0"),
            (LEVELS // 2, "about 0"),
            (LEVELS * 5 // 8, "above 0"),
            (LEVELS, high),
        ]
        yield _entries(steps, image, means)
    else:
        low, high = ends(image.low, image.high)
        yield _scale(image, low, high, means)


def _scale(image: Image, low: str, high: str, means: Means) -> Text:
    """`low 0 ░▒▓█ 3.5 high`: the whole scale between its ends."""
    steps = (
        [round(LEVELS * step / 7) for step in range(8)] if in_pixels(image, means) else _of_each_shade(means)
    )
    bar = Text.assemble(*(_swatch(level, image, means) for level in steps))
    return Text.assemble(f"low {low} ", bar, f" {high} high")


def _of_each_shade(means: Means) -> list[int]:
    many = len(palette.SHADES_ASCII if means.ascii else palette.SHADES)
    return [min(round(LEVELS * (step + 0.5) / many), LEVELS) for step in range(many)]


def _entries(steps: Iterable[tuple[int, str]], image: Image, means: Means) -> Text:
    parts = [Text.assemble(_swatch(level, image, means), f" {words}") for level, words in steps]
    return Text("  ").join(parts)


def _swatch(level: int, image: Image, means: Means) -> Text:
    """How a level of the image looks."""
    if not in_pixels(image, means):
        return Text(*palette.marks(image, means)(level))
    colour = palette.pixels(image, means)(level)
    return (
        Text(palette.EMPTY, Style(dim=True)) if colour is None else Text("█", palette.style_of(means, colour))
    )


def _of_chart(chart: Chart, means: Means) -> Iterable[Text]:
    known = inks(chart)
    seen: dict[str, Text] = {}
    for layer in chart.layers:
        ink = known[key_of(layer)]
        filled = layer.mark is Mark.BAND
        words = WHOSE[layer.role] + (f": {means.words(layer.label)}" if layer.label else "")
        if means.blocks:
            mark, style = _of_line(ink, means, filled=filled)
        else:
            mark, style = (palette.BAND_MARKS[layer.role] if filled else mark_of(ink)), Style()
        seen.setdefault(f"{words} {filled}", Text.assemble((mark, style), f" {words}"))
    yield from seen.values()
    crossing = [one for one in chart.layers if one.mark not in {Mark.BAND, Mark.BARS}]
    drawn = [known[key_of(one)] for one in crossing]
    if is_both(drawn):
        style = palette.style_of(means, colour_of(drawn, means)) if means.blocks else Style()
        yield Text.assemble(("█" if means.blocks else palette.BOTH_MARK, style), " both")
    banded = [known[key_of(one)] for one in chart.layers if one.mark is Mark.BAND]
    if is_both(banded) and not means.blocks:
        yield Text(f"{palette.BOTH_BANDS_MARK} both")


def _of_line(ink: Ink, means: Means, *, filled: bool) -> tuple[str, Style]:
    """Its colour; that of a band is darker, or thinner where there are few."""
    colour = colour_of([ink], means)
    if not filled:
        return "█", palette.style_of(means, colour)
    return (
        ("█", palette.style_of(means, palette.darker(colour)))
        if isinstance(colour, tuple)
        else ("░", palette.style_of(means, colour))
    )


def _not_finite(panels: Panels) -> Iterable[str]:
    """`yours: 3 nan (n)`, for each person."""
    for role, whose in WHOSE.items():
        if role is Role.DIFFERENCE:  # it has those of both
            continue
        codes: list[int] = []
        for panel in panels:
            if isinstance(panel, Image):
                if panel.role is role:
                    codes += [level for row in panel.levels for level in row]
            else:
                codes += [_code(y) for one in panel.layers if one.role is role for y in (*one.y, *one.upper)]
                yield from _beyond(panel, role, whose)
        if words := counted(codes):
            yield f"{whose}: {words}"


def _beyond(chart: Chart, role: Role, whose: str) -> Iterable[str]:
    """`yours: 3 above what is drawn (^)`: finite numbers that have no place in a chart."""
    low, high = chart.range_of_y()
    ys = [y for one in chart.layers if one.role is role for y in one.y if math.isfinite(y)]
    nowhere = sum(chart.log_up and y <= 0 for y in ys)
    above, below = sum(y > high for y in ys), sum(y < low for y in ys) - nowhere
    if nowhere:
        yield f"{whose}: {nowhere} not above 0 ({MARKS[TOO_LOW]})"
    if above:
        yield f"{whose}: {above} above what is drawn ({MARKS[TOO_HIGH]})"
    if below:
        yield f"{whose}: {below} below what is drawn ({MARKS[TOO_LOW]})"


def _code(value: float) -> int:
    if math.isfinite(value):
        return 0
    return NAN if math.isnan(value) else TOO_HIGH if value > 0 else TOO_LOW


def _flowing(entries: Iterable[Text], columns: int) -> list[Text]:
    """Entries one after another, a new line where one would not fit."""
    lines: list[Text] = []
    for entry in entries:
        if lines and lines[-1].cell_len + len(_APART) + entry.cell_len <= columns:
            lines[-1].append(_APART).append_text(entry)
        else:
            lines.append(entry.copy())
    for line in lines:
        line.truncate(columns, overflow="crop")
    return lines
