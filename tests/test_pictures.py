"""Pictures: what a scene draws of right, wrong and odd answers, and that no verdict depends on it."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from grader.kata import catalogue
from grader.pictures import (
    LEVELS,
    NAN,
    TOO_HIGH,
    Chart,
    Frame,
    Image,
    Layer,
    Mark,
    Picture,
    Role,
    size_of,
    unsoundness,
)
from grader.results import Status
from grader.scenes import Scene, chart, image, line, points
from grader.scenes.compared import compared_arrays
from grader.scenes.panels import NotDrawable
from grader.scenes.side_by_side import ALIKE, BY_CHANCE, DIFFERS, LOOKS_ALIKE, together
from grader.source.loading import load
from grader.toolkit.contract import Contract
from grader.toolkit.session import Session
from grader.worker.alarm import Alarm
from grader.worker.drawing import Drawings
from grader.worker.protocol import Drawn, Task
from tests.conftest import GradeText

DAY = catalogue.find_day("day02")
NO_WRAP = """
import jax.numpy as jnp

def life_step(board):
    h, w = board.shape
    around = jnp.pad(board, 1)
    sums = sum(around[i : i + h, j : j + w] for i in range(3) for j in range(3)) - board
    return ((sums == 3) | (sums == 2) & (board == 1)).astype(board.dtype)
"""


# ---- side by side


def _scene(**options: object) -> Scene:
    return Scene("A board.", lambda function: (), shows=(), **options)  # type: ignore[arg-type]


def _board(*cells: float) -> list[list[object]]:
    return [[image("the board", np.array([cells]), scale="grey", low=0, high=1)]]


def _roles(picture: Picture) -> list[Role | None]:
    return [panel.role for frame in picture.frames for panel in frame.panels]


def test_what_is_alike_is_drawn_once() -> None:
    found = together(_scene(), _board(0, 1), _board(0, 1), right=True)  # type: ignore[arg-type]
    assert (_roles(found), found.remark, found.differs) == ([Role.YOURS], ALIKE, False)
    wrong = together(_scene(), _board(0, 1), _board(0, 1), right=False)  # type: ignore[arg-type]
    assert (wrong.remark, wrong.differs) == (LOOKS_ALIKE, False)


def test_what_differs_is_drawn_three_times() -> None:
    found = together(_scene(), _board(0, 0.5), _board(0, 1), right=False)  # type: ignore[arg-type]
    assert (_roles(found), found.remark, found.differs) == (
        [Role.EXPECTED, Role.YOURS, Role.DIFFERENCE],
        DIFFERS,
        True,
    )
    panel = found.frames[0].panels[2]
    assert isinstance(panel, Image)
    assert [panel.value(level) for level in panel.levels[0]] == [0, -0.5]


@pytest.mark.parametrize(("value", "code"), [(math.nan, NAN), (math.inf, TOO_HIGH)])
def test_what_is_not_finite_has_a_code_and_differs(value: float, code: int) -> None:
    found = together(_scene(), _board(0, value), _board(0, 1), right=False)  # type: ignore[arg-type]
    expected, yours, _ = found.frames[0].panels
    assert isinstance(yours, Image)
    assert isinstance(expected, Image)
    assert (yours.levels, expected.levels) == ([[0, code]], [[0, LEVELS]])
    same = together(_scene(), _board(0, value), _board(0, value), right=True)  # type: ignore[arg-type]
    assert same.differs is False


def test_by_chance_only_what_came_is_drawn() -> None:
    found = together(_scene(by_chance=True), _board(0, 0.5), _board(0, 1), right=False)  # type: ignore[arg-type]
    assert (_roles(found), found.remark, found.differs) == ([Role.YOURS], BY_CHANCE, None)


def test_frames_that_are_missing_differ() -> None:
    found = together(_scene(), _board(1), [*_board(1), *_board(1)], right=False)  # type: ignore[arg-type]
    assert (len(found.frames), found.differs) == (2, True)


def test_curves_share_a_chart_and_clouds_do_not() -> None:
    x = np.arange(9)
    ours, theirs = ([[chart("a", line(x, x * rise), points(x, x, given=True))]] for rise in (1.0, 1.5))
    (panel,) = together(_scene(), ours, theirs, right=False).frames[0].panels
    assert isinstance(panel, Chart)
    assert [layer.role for layer in panel.layers] == [Role.EXPECTED, Role.INPUT, Role.YOURS]
    ours, theirs = ([[chart("a", points(x, x * rise), apart=True)]] for rise in (1.0, 1.5))
    assert _roles(together(_scene(), ours, theirs, right=False)) == [Role.EXPECTED, Role.YOURS]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.ones((2, 2), complex), "complex"),
        (np.ones((2, 2, 2)), "shape"),
        (np.ones((0, 2)), "shape"),
        (np.broadcast_to(1.0, (2**12, 2**12)), "elements"),
        (np.array([["a", "b"]]), "no numbers"),
        (object(), "no numbers"),
        (None, "no numbers"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_words(values: object, words: str) -> None:
    with pytest.raises(NotDrawable, match=words):
        image("the board", values)


def test_what_is_large_is_made_smaller() -> None:
    values = np.zeros((1000, 300))
    values[500:] = 1
    drawn = image("the board", values)
    assert drawn.values.shape == (128, 128)
    assert drawn.values[0, 0] == 0
    assert drawn.values[-1, -1] == 1
    labels = image("the board", np.arange(1000)[None, :] % 7, scale="labels").values
    assert set(np.unique(labels)) <= set(range(7))


# ---- a comparison that failed


def test_a_comparison_of_eight_elements_is_drawn_and_one_of_seven_is_not() -> None:
    assert compared_arrays("f(x)", jnp.arange(7), jnp.zeros(7)) is None
    found = compared_arrays("f(x)", jnp.arange(8), jnp.zeros(8))
    assert found
    assert "f(x)" in found.caption
    assert found.differs
    assert compared_arrays("f(x)", jnp.ones((3, 4)), jnp.zeros((4, 3)))
    assert compared_arrays("f(x)", object(), jnp.zeros((4, 3))) is None


# ---- as data


def test_a_picture_is_sound_or_it_is_said_what_is_wrong_with_it() -> None:
    layer = Layer(Mark.BAND, Role.YOURS, (0.0, 1.0), (1.0, 2.0), (2.0, 3.0))
    good = Picture("x", (Frame((Chart("a", (layer,)), Image("b", Role.YOURS, ("00fb",), 0, 1))),))
    assert not unsoundness(good)
    for panel in (
        Image("b", Role.YOURS, (), 0, 1),
        Image("b", Role.YOURS, ("00", "0000"), 0, 1),
        Image("b", Role.YOURS, ("ff",), 0, 1),
        Image("b", Role.YOURS, ("x" * 4,), 0, 1),
        Image("b", Role.YOURS, ("00" * 129,), 0, 1),
        Chart("a", ()),
        Chart("a", (Layer(Mark.LINE, Role.YOURS, (0.0,), (1.0, 2.0)),)),
        Chart("a", (Layer(Mark.BAND, Role.YOURS, (0.0,), (1.0,)),)),
    ):
        assert unsoundness(Picture("x", (Frame((panel,)),)))
    assert unsoundness(Picture("x", ()))


def test_what_is_far_out_does_not_flatten_what_was_expected() -> None:
    def layer(role: Role, *y: float) -> Layer:
        return Layer(Mark.LINE, role, tuple(map(float, range(len(y)))), y)

    assert Chart("a", (layer(Role.EXPECTED, 0, 1), layer(Role.YOURS, 0.5, 1e6))).range_of_y() == (0, 3)
    assert Chart("a", (layer(Role.EXPECTED, 0, 1), layer(Role.YOURS, -0.5, 2))).range_of_y() == (-0.5, 2)
    assert Chart("a", (layer(Role.YOURS, 0.5, 1e6),)).range_of_y() == (0.5, 1e6)
    low, high = Chart("a", (layer(Role.EXPECTED, 1, 10), layer(Role.YOURS, 1e9, 5)), log_up=True).range_of_y()
    assert (low, high) == (1, pytest.approx(1000))


# ---- odd answers


def drawn_of(source: str, tmp_path: Path, status: Status = Status.FAILED) -> Drawn:
    """What a worker would send for an answer to life_step."""
    file = tmp_path / "answer.py"
    file.write_text(source, encoding="utf-8")
    session = Session(load(file), Contract(DAY.solution.read_text(encoding="utf-8")))
    checks = (DAY.checks_of("life_step"),)
    task = Task(DAY.key, checks, DAY.solution, file, (), ("life_step",), ())
    found = Drawings(task).draw(session, "life_step", status, None, Alarm())
    assert "Traceback" not in found.trouble
    if found.picture:
        assert not unsoundness(found.picture)
        assert json.dumps(asdict(found.picture))
        assert size_of(found.picture) < 64 * 1024
    return found


ODD = {
    "raise ValueError('no')": "yours raised ValueError here: no",
    "raise SystemExit": "yours raised SystemExit here",
    "return None": "no numbers",
    "return 'board'": "no numbers",
    "return board * 1j": "complex",
    "return board[:0]": "shape (0, 16)",
    "return [board, board]": "shape (2, 16, 16)",
    "return jnp.zeros((3000, 3000))": "9,000,000 elements",
    "return life_step(board)": "RecursionError",
    "while True: pass": "takes more than 1 s",
}


@pytest.mark.parametrize("body", ODD)
def test_what_an_odd_answer_draws_is_said_in_a_line(body: str, tmp_path: Path) -> None:
    found = drawn_of(f"import jax.numpy as jnp\n\ndef life_step(board):\n    {body}\n", tmp_path)
    assert ODD[body] in found.trouble
    assert "\n" not in found.trouble
    assert found.picture
    assert set(_roles(found.picture)) == {Role.EXPECTED}
    assert found.picture.remark == found.trouble


@pytest.mark.parametrize(
    "body",
    [
        "return board * jnp.nan",
        "return jnp.where(board == 1, jnp.inf, -jnp.inf)",
        "return jnp.pad(board, ((0, 1), (0, 0)))",
    ],
)
def test_what_can_be_drawn_is(body: str, tmp_path: Path) -> None:
    found = drawn_of(f"import jax.numpy as jnp\n\ndef life_step(board):\n    {body}\n", tmp_path)
    assert found.picture
    assert Role.YOURS in _roles(found.picture)
    assert found.picture.differs


@pytest.mark.parametrize("status", [Status.TODO, Status.TIMEOUT, Status.CRASHED])
def test_what_was_not_run_is_not_run_for_a_picture(status: Status, tmp_path: Path) -> None:
    found = drawn_of("def life_step(board):\n    raise KeyError\n", tmp_path, status)
    assert "KeyError" not in found.trouble
    assert found.picture
    assert set(_roles(found.picture)) == {Role.EXPECTED}


# ---- through the grader


def test_a_picture_comes_with_the_verdict_that_there_would_be_without_it(grade_text: GradeText) -> None:
    asked = {"pictures": frozenset({"life_step"})}
    (with_picture,) = grade_text(NO_WRAP, "day02.life_step", **asked).days[0].exercises
    (without,) = grade_text(NO_WRAP, "day02.life_step").days[0].exercises
    assert with_picture.picture
    assert with_picture.picture.differs
    assert without.picture is None
    assert [check.message for check in with_picture.checks] == [check.message for check in without.checks]


def test_a_program_that_grows_is_drawn_with_the_reference(grade_text: GradeText) -> None:
    written_out = """
import jax.numpy as jnp

def set_border(grid, value):
    for i in range(grid.shape[0]):
        for j in (0, -1):
            grid = grid.at[i, j].set(value)
    return grid.at[0].set(value).at[-1].set(value)
"""
    (result,) = (
        grade_text(written_out, "day02.set_border", pictures=frozenset({"set_border"})).days[0].exercises
    )
    assert result.picture
    panel = next(
        panel
        for frame in result.picture.frames
        for panel in frame.panels
        if panel.title == "equations of the program"
    )
    assert isinstance(panel, Chart)
    expected, yours = panel.layers
    assert max(expected.y) == min(expected.y)
    assert yours.y[-1] > 1.5 * yours.y[0]
