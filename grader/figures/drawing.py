"""Draws a picture as SVG or PNG: one frame large, or up to eight beside each other. The same picture gives the same bytes."""

from __future__ import annotations

import io
import math
import textwrap
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib
from matplotlib.figure import Figure, SubFigure

from grader.figures.charts import draw_chart, title_of_chart
from grader.figures.images import draw_image, title_of_image
from grader.figures.looks import DARK, LIGHT, Theme, plain
from grader.pictures import LEVELS, Chart, Frame, Image, Picture, Scale

MOST_FRAMES = 8  # that are drawn beside each other
_LARGE, _SMALL = 3.1, 1.5  # inches of a panel's side, of one frame and of one among several
_ACROSS = 3  # panels beside each other, of one frame
_WIDEST = 9.5  # inches, where several frames lie beside each other
_LETTERS = 10.0  # of a line, for each inch
_ALONE = threading.Lock()  # matplotlib's settings are everybody's


def svg(picture: Picture, dark: bool = False, *, frame: int | None = None, words: bool = True) -> str:
    """The picture as SVG: one `frame` by its number, else up to eight of them.

    `words` writes the caption and the remark over it; without them, only the frames' titles are there. `dark` for a dark page.
    """
    data = _drawn(picture, "svg", DARK if dark else LIGHT, frame, words)
    return data.decode()


def png(picture: Picture, dark: bool = False, *, frame: int | None = None, words: bool = True) -> bytes:
    """The picture as PNG; all else as for SVG."""
    return _drawn(picture, "png", DARK if dark else LIGHT, frame, words)


def _drawn(picture: Picture, kind: str, theme: Theme, frame: int | None, words: bool) -> bytes:
    title = {"Title": plain(picture.caption)}
    nothing = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
    with _settings(theme):
        figure = _figure(picture, theme, frame, words)
        file = io.BytesIO()
        figure.savefig(file, format=kind, dpi=144, metadata={**title, **nothing})
    return file.getvalue()


@contextmanager
def _settings(theme: Theme) -> Iterator[None]:
    """Text stays text, no text is read as mathematics, and names in the file come of what is drawn."""
    settings: dict[Any, Any] = {  # matplotlib's types know each of their names
        "svg.fonttype": "none",
        "svg.hashsalt": "kata",
        "text.parse_math": False,
        "font.family": ["DejaVu Sans"],
        "font.size": 9,
        "axes.titlesize": 11,
        "axes.labelsize": 10,
        "xtick.labelsize": 9,
        "ytick.labelsize": 9,
        "legend.fontsize": 9.5,
        "hatch.linewidth": 0.6,
        "axes.formatter.use_mathtext": False,
        "axes.unicode_minus": False,
        "figure.facecolor": theme.ground,
        "savefig.facecolor": theme.ground,
        "axes.facecolor": theme.ground,
        "axes.edgecolor": theme.faint,
        **dict.fromkeys(["text.color", "axes.labelcolor", "xtick.color", "ytick.color"], theme.words),
    }
    with _ALONE, warnings.catch_warnings(), matplotlib.rc_context(settings):
        warnings.simplefilter("ignore")  # a letter that the font lacks, a layout that is tight
        yield


def _figure(picture: Picture, theme: Theme, number: int | None, words: bool) -> Figure:
    shown = _chosen(picture.frames) if number is None else [(number, picture.frames[number])]
    small = len(shown) > 1
    side = _SMALL if small else _LARGE
    widths = [_across(frame) for _, frame in shown]
    columns = max(1, int(_WIDEST / (side * max(widths)))) if small else 1
    columns = min(columns, len(shown))
    rows = math.ceil(len(shown) / columns)
    high = max(math.ceil(len(frame.panels) / _across(frame)) for _, frame in shown)
    width = max(side * max(widths) * columns, 4.2)
    over = _over(picture, width) if words else ""
    title_height = 0.22 * (over.count("\n") + 1) if over else 0.0
    below = 0.3 if small else max(_below(panel) for _, frame in shown for panel in frame.panels)
    body = rows * high * (side + below)
    body += rows * 0.26 * any(frame.title for _, frame in shown)
    figure = Figure(figsize=(width, body + title_height), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.09, h_pad=0.06)  # type: ignore[union-attr,call-arg]
    if over:
        figure.suptitle(over, fontsize=11, x=0.02, ha="left")
    grid = figure.subfigures(rows, columns, squeeze=False)
    for (position, frame), part in zip(shown, grid.flat, strict=False):
        title = frame.title or (f"{position + 1} of {len(picture.frames)}" if small else "")
        part.set_facecolor("none")
        _draw_frame(part, frame, title, theme, small)
    return figure


def _across(frame: Frame) -> int:
    """So many panels stand beside each other; four are a square."""
    return 2 if len(frame.panels) == 4 else min(len(frame.panels), _ACROSS)


def _below(panel: Image | Chart) -> float:
    """Inches for the title above a panel, and for what stands below it."""
    if isinstance(panel, Chart):
        return 1.1
    hatched = any(level > LEVELS for row in panel.levels for level in row)
    return (0.6 if panel.scale is Scale.LABELS else 0.75) + 0.25 * hatched


def _draw_frame(part: SubFigure, frame: Frame, title: str, theme: Theme, small: bool) -> None:
    across = _across(frame)
    letters = int(_LETTERS * (_SMALL if small else _LARGE) * across)
    if title:
        part.suptitle(textwrap.fill(plain(title), letters), fontsize=8 if small else 11, x=0.02, ha="left")
    axes = part.subplots(math.ceil(len(frame.panels) / across), across, squeeze=False)
    for place, panel in zip(axes.flat, frame.panels, strict=False):
        if isinstance(panel, Image):
            draw_image(place, panel, theme, small=small)
            name = title_of_image(panel)
        else:
            draw_chart(place, panel, theme, small=small)
            name = title_of_chart(panel)
        if small:
            place.tick_params(labelsize=7)
            place.xaxis.label.set_size(7)
            place.yaxis.label.set_size(7)
        name = textwrap.fill(plain(name), int(_LETTERS * (_SMALL if small else _LARGE)))
        place.set_title(name, fontsize=7 if small else 11)
    for place in list(axes.flat)[len(frame.panels) :]:
        place.set_axis_off()


def _chosen(frames: Sequence[Frame]) -> list[tuple[int, Frame]]:
    """So many as are drawn, evenly, the first and the last among them; each with its number."""
    if len(frames) <= MOST_FRAMES:
        return list(enumerate(frames))
    step = (len(frames) - 1) / (MOST_FRAMES - 1)
    return [(round(n * step), frames[round(n * step)]) for n in range(MOST_FRAMES)]


def _over(picture: Picture, width: float) -> str:
    """The caption and the remark, in lines of this width in inches."""
    lines = [
        textwrap.fill(plain(text), int(_LETTERS * width))
        for text in (picture.caption, picture.remark)
        if text
    ]
    return "\n".join(lines)
