"""Checks of life_run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import Array, Kind, Learner, Numbers, check, compiles_once, hint_when, must_beat, raised


def life_step(board: jax.Array) -> jax.Array:
    def with_both_sides(x: jax.Array, axis: int) -> jax.Array:
        return jnp.roll(x, 1, axis) + x + jnp.roll(x, -1, axis)

    neighbours = with_both_sides(with_both_sides(board, 0), 1) - board
    return (neighbours == 3) | ((neighbours == 2) & (board == 1))


def roll_right(board: jax.Array) -> jax.Array:
    return jnp.roll(board, 1, axis=1)


def doubled_and_halved(board: Any) -> Any:
    return (board + board) // 2


def turned_over(board: jax.Array) -> jax.Array:
    return 1 - board


def is_two(board: jax.Array) -> jax.Array:
    return board == 2


def life_oracle(board: Any, n_steps: Any) -> Array:
    cells = np.asarray(board)
    shifts = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
    for _ in range(int(n_steps)):
        around = sum(np.roll(cells, shift, (0, 1)) for shift in shifts)
        cells = ((around == 3) | ((around == 2) & (cells == 1))).astype(cells.dtype)
    return cells


@check(
    "life_run",
    "correct",
    hint="Each step starts from the board that the last one gave, n_steps times. "
    "lax.fori_loop calls body(k, board).",
)
def test_life_run_by_hand(learner: Learner) -> None:
    learner.life_run(jnp.array([[1, 0, 0, 0, 0]]), 3, roll_right).equals([[0, 0, 0, 1, 0]])


@check("life_run", "correct", hint="No steps at all: the board comes back as it was.")
def test_life_run_takes_no_steps(learner: Learner) -> None:
    learner.life_run(jnp.array([[1, 0, 0, 0, 0]]), 0, roll_right).equals([[1, 0, 0, 0, 0]])


@check(
    "life_run",
    "correct",
    hint="Convert what step gives to board.dtype, at each step. The board itself goes in unchanged.",
)
def test_life_run_keeps_the_dtype(learner: Learner) -> None:
    board = jnp.asarray(np.array([[2, 1, 0, 2]], np.int8))
    result = learner.life_run(board, 1, is_two).equals([[1, 0, 0, 1]])
    dtype = result.value.dtype
    result.require(dtype == jnp.int8, "changed the dtype", expected="int8", got=dtype.name, kind=Kind.DTYPE)
    # In 8 bits 100 + 100 is -56.
    learner.life_run(jnp.asarray(np.array([[100, 3]], np.int8)), 1, doubled_and_halved).equals([[-28, 3]])


@check("life_run", "correct", hint="Four generations move a glider by one cell down and one to the right.")
def test_life_run_flies_a_glider(learner: Learner) -> None:
    board = np.zeros((8, 8), np.int32)
    board[[0, 1, 2, 2, 2], [1, 2, 0, 1, 2]] = 1
    learner.life_run(jnp.asarray(board), 4, life_step).equals(np.roll(board, (1, 1), (0, 1)))


TRACED_STEPS = (
    "n_steps is traced: range, scan and while want its value now. lax.fori_loop takes bounds that are traced."
)


@check("life_run", "jit", hint=TRACED_STEPS)
def test_life_run_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.integers(0, 2, (16, 16)), jnp.int32(n)) for n in (3, 0, 7)]
    handle = learner.life_run.jit(static_argnames="step")
    traced = raised("ConcretizationTypeError", "TracerIntegerConversionError")
    unhashable = raised("TypeError", "ValueError", text="(?i)non-hashable|unhashable")
    # The usual hint would be: make it static.
    with hint_when(traced, TRACED_STEPS), hint_when(unhashable, TRACED_STEPS):
        results = compiles_once(handle, calls, step=life_step)
    for call, result in zip(calls, results, strict=True):
        result.equals(life_oracle(*call))


@check(
    "life_run",
    "jit",
    hint="There is no largest number of steps: as many as n_steps says, counted in int32, "
    "whatever is on the board meanwhile.",
)
def test_life_run_takes_many_steps(learner: Learner) -> None:
    handle = learner.life_run.jit(static_argnames="step")
    handle(jnp.array([[1, 0, 0, 0, 0]]), jnp.int32(1003), step=roll_right).equals([[0, 0, 0, 1, 0]])
    # A board that comes to 0 goes on, and so does one that comes back.
    handle(jnp.array([[1, 0]]), jnp.int32(5), step=turned_over).equals([[0, 1]])
    handle(jnp.array([[0, 0]]), jnp.int32(3), step=turned_over).equals([[1, 1]])


def step_by_step(board: jax.Array, n_steps: jax.Array, step: Callable[[jax.Array], jax.Array]) -> jax.Array:
    for _ in range(int(n_steps)):
        board = jax.block_until_ready(step(board).astype(board.dtype))
    return board


@check(
    "life_run",
    "speed",
    hint="One compiled loop from lax, and each step taken once: n_steps of them and no more. fori_loop's bound may be traced.",
)
def test_life_run_beats_eager_steps(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.life_run.jit(static_argnames="step"),
        step_by_step,
        named="step called in a Python loop",
        draw=lambda size: (numbers.integers(0, 2, (16, 16)), jnp.int32(size)),
        size=200,
        gate=8,
        numbers=numbers,
        step=life_step,
    )
