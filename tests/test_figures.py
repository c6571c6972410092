"""Pictures as SVG and PNG: the same each time, readable without colours, and no text of a learner's that is anything but text."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from grader.figures import MOST_FRAMES, png, svg
from grader.figures.looks import colours_of_levels
from grader.pictures import (
    LEVELS,
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
)

ROWS = tuple(bytes([10 * row + column for column in range(8)]).hex() for row in range(6))
HOLES = (*ROWS[:5], bytes([NAN, TOO_HIGH, TOO_LOW, 0, 1, 2, 3, 4]).hex())
X = (0.0, 1.0, 2.0, 3.0)


def _image(role: Role = Role.YOURS, rows: tuple[str, ...] = ROWS, scale: Scale = Scale.HEAT) -> Image:
    return Image("field", role, rows, -1.0, 1.0, scale)


def _picture(*panels: Image | Chart, frames: int = 1, title: str = "step") -> Picture:
    shown = tuple(Frame(panels, f"{title} {number}") for number in range(1, frames + 1))
    return Picture("What it did.", shown, "yours differs", differs=True)


def _texts(drawn: str) -> list[str]:
    root = ElementTree.fromstring(drawn)
    return ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]


def test_a_figure_says_whose_each_panel_is_and_what_its_colours_mean() -> None:
    texts = _texts(svg(_picture(_image(Role.EXPECTED), _image(rows=HOLES))))
    for text in (
        "What it did.",
        "yours differs",
        "step 1",
        "field, expected",
        "field, yours",
        "-1",
        "0",
        "1",
    ):
        assert text in texts
    assert {"nan", "inf", "-inf"} <= set(texts)


@pytest.mark.parametrize("scale", list(Scale))
@pytest.mark.parametrize("mark", list(Mark))
def test_every_scale_and_mark_is_drawn_and_says_what_is_not_finite(scale: Scale, mark: Mark) -> None:
    upper = (2.0, 3.0, 4.0, 5.0) if mark is Mark.BAND else ()
    layers = (
        Layer(mark, Role.EXPECTED, X, (0.5, 1.0, 1.5, 2.0), upper, "mean"),
        Layer(mark, Role.YOURS, X, (math.nan, math.inf, -math.inf, 2.0), upper),
        Layer(mark, Role.INPUT, (0.0,), (1.0,), upper[:1]),
    )
    chart = Chart("loss", layers, across="step", up="loss", log_up=scale is Scale.GREY)
    texts = _texts(svg(_picture(_image(scale=scale), chart)))
    for text in ("expected: mean", "yours", "given", "nan", "inf", "-inf", "step", "loss"):
        assert text in texts


def test_the_same_picture_gives_the_same_bytes_and_no_date() -> None:
    picture = _picture(_image(rows=HOLES), Chart("c", (Layer(Mark.LINE, Role.YOURS, X, X),)))
    assert svg(picture) == svg(picture)
    assert png(picture) == png(picture)
    assert "<dc:date>" not in svg(picture)
    assert "font-face" not in svg(picture)


def test_one_frame_or_eight_of_many() -> None:
    picture = _picture(_image(), frames=20)
    titles = [text for text in _texts(svg(picture)) if text.startswith("step")]
    assert len(titles) == MOST_FRAMES
    assert titles[0] == "step 1"
    assert titles[-1] == "step 20"
    alone = _texts(svg(picture, frame=6, words=False))
    assert [text for text in alone if text.startswith("step")] == ["step 7"]
    assert "What it did." not in alone


def test_dark_and_light_differ_and_nothing_stays_grey() -> None:
    picture = _picture(_image(scale=Scale.SIGNED))
    assert svg(picture) != svg(picture, dark=True)
    middle = colours_of_levels(Scale.SIGNED, -1, 1)[LEVELS // 2]
    assert np.allclose(middle[:3], 0.5, atol=0.01)


def test_a_text_is_text_whatever_it_holds() -> None:
    awkward = "$x$ <b> & \x1b[31m \x00 _ \u4f60 ]]>"
    chart = Chart(awkward, (Layer(Mark.LINE, Role.YOURS, X, X, label="__$x_$"),), up=awkward)
    picture = Picture(awkward, (Frame((chart,), awkward),), awkward)
    drawn = svg(picture)
    assert not re.search("[\x00-\x08\x0e-\x1f]", drawn)
    assert "<b>" not in drawn
    assert "yours: $x_$" in _texts(drawn)
    assert png(picture).startswith(b"\x89PNG")
    assert png(picture, frame=0)


def test_the_largest_picture_is_small_as_a_figure() -> None:
    generator = np.random.default_rng(0)
    rows = tuple(bytes(row).hex() for row in generator.integers(0, TOO_LOW, (128, 128), dtype=np.uint8))
    assert len(svg(_picture(_image(rows=rows)))) < 200_000
