"""Checks of life_step."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day02_indexed_updates.shared import GATE
from grader.toolkit import Array, Called, Kind, Learner, Numbers, agrees_once, check, must_beat


def life_oracle(board: Any) -> Array:
    cells = np.asarray(board)
    h, w = cells.shape
    around = [(di, dj) for di in (-1, 0, 1) for dj in (-1, 0, 1) if (di, dj) != (0, 0)]
    out = np.zeros_like(cells)
    for i in range(h):
        for j in range(w):
            neighbours = sum(int(cells[(i + di) % h, (j + dj) % w]) for di, dj in around)
            out[i, j] = neighbours == 3 or (neighbours == 2 and cells[i, j] == 1)
    return out


@check(
    "life_step",
    "correct",
    hint="Three in a row turn by a quarter. Count eight neighbours, not the cell itself; when you roll, name both axes.",
)
def test_life_step_blinks(learner: Learner) -> None:
    board, turned = np.zeros((2, 9, 7), np.int32)
    board[3, 2:5] = turned[2:5, 3] = 1
    learner.life_step(jnp.asarray(board)).equals(turned)


@check(
    "life_step",
    "correct",
    hint="Three neighbours give or keep life, two keep it, else a cell dies. All cells change at once.",
)
def test_life_step_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    for _ in range(3):
        board = np.zeros((9, 7), np.int32)
        board[2:-2, 2:-2] = numbers.booleans((5, 3))  # nothing alive near the border
        learner.life_step(jnp.asarray(board)).equals(life_oracle(board))


@check(
    "life_step",
    "correct",
    hint="On a torus rows wrap, columns wrap, each by its own length, and so do the corners.",
)
def test_life_step_wraps_around(learner: Learner, numbers: Numbers) -> None:
    corners = np.zeros((9, 7), np.int32)
    corners[[0, 0, -1], [0, -1, 0]] = 1  # on a torus these three are neighbours
    learner.life_step(jnp.asarray(corners)).equals(life_oracle(corners))
    board = numbers.integers(0, 2, (9, 7))
    learner.life_step(board).equals(life_oracle(board))


@check(
    "life_step",
    "correct",
    hint="Take the eight offsets modulo the sides: on a thin board several of them meet one cell.",
)
def test_life_step_counts_on_thin_boards(learner: Learner) -> None:
    board = jnp.array([[1], [0]])  # the upper cell is its own left and right neighbour
    learner.life_step(board).equals([[1], [0]])


@check("life_step", "correct", hint="Cast the result to board.dtype.")
def test_life_step_keeps_the_dtype(learner: Learner) -> None:
    result = learner.life_step(jnp.array([[1], [0]], jnp.int8)).equals([[1], [0]])
    dtype = result.value.dtype
    result.require(dtype == jnp.int8, "changed the dtype", expected="int8", got=dtype.name, kind=Kind.DTYPE)


@check(
    "life_step", "jit", hint="Treat dead and living cells alike: how many live is not known while JAX traces."
)
def test_life_step_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.integers(0, 2, (3, 4)),) for _ in range(3)]
    agrees_once(learner.life_step.jit(), calls, life_oracle, by=Called.equals)


def life_loop(board: jax.Array) -> jax.Array:
    h, w = board.shape
    around = [(di, dj) for di in (-1, 0, 1) for dj in (-1, 0, 1) if (di, dj) != (0, 0)]
    after = board
    for i in range(h):
        for j in range(w):
            neighbours = sum(board[(i + di) % h, (j + dj) % w] for di, dj in around)
            after = after.at[i, j].set((neighbours == 3) | (neighbours == 2) & (board[i, j] == 1))
    return after


@check(
    "life_step",
    "speed",
    hint="Shift the whole board: that gives everybody's left neighbour in one operation.",
)
def test_life_step_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.life_step.jit(),
        life_loop,
        named="a Python loop over cells",
        draw=lambda size: (numbers.integers(0, 2, (size, size)),),
        size=8,
        gate=GATE,
        numbers=numbers,
    )
