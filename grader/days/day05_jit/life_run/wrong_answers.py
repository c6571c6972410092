"""Plausible mistakes in life_run; each must be caught by the check named above it."""

from functools import partial

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# life_run


@caught_by("jit", "takes_many_steps")
def life_run__until_all_is_dead(board, n_steps, step):
    """Stops as soon as no cell is alive, though a step may fill an empty board."""

    def goes_on(state):
        done, cells = state
        return (done < n_steps) & (cells != 0).any()

    def once(state):
        done, cells = state
        return done + 1, step(cells).astype(board.dtype)

    return lax.while_loop(goes_on, once, (0, board))[1]


@caught_by("correct", "by_hand")
def life_run__one_step_short(board, n_steps, step):
    """Counts from 1."""
    return lax.fori_loop(1, n_steps, lambda _, cells: step(cells).astype(board.dtype), board)


@caught_by("correct", "by_hand")
def life_run__always_from_the_start(board, n_steps, step):
    """Steps from the first board each time."""
    return lax.fori_loop(0, n_steps, lambda _, cells: step(board).astype(board.dtype), board)


@caught_by("correct", "by_hand")
def life_run__step_as_body(board, n_steps, step):
    """Hands step over as it is: the body of a fori_loop gets the counter, too."""
    return lax.fori_loop(0, n_steps, step, board)


@caught_by("correct", "takes_no_steps")
def life_run__first_step_outside(board, n_steps, step):
    """Takes the first step before the loop."""
    first = step(board).astype(board.dtype)
    return lax.fori_loop(1, n_steps, lambda _, cells: step(cells).astype(board.dtype), first)


@caught_by("correct", "keeps_the_dtype")
def life_run__carry_as_it_comes(board, n_steps, step):
    """Leaves the dtype to step: the carry comes out in another one."""
    return lax.fori_loop(0, n_steps, lambda _, cells: step(cells), board)


@caught_by("correct", "keeps_the_dtype")
def life_run__booleans_inside(board, n_steps, step):
    """Runs on the dtype that step gives: its first board is converted, too."""
    inside = jax.eval_shape(step, board).dtype
    return lax.fori_loop(0, n_steps, lambda _, cells: step(cells), board.astype(inside)).astype(board.dtype)


@caught_by("jit", "compiles_once")
def life_run__python_loop(board, n_steps, step):
    """Loops in Python, which wants the number now."""
    for _ in range(n_steps):
        board = step(board).astype(board.dtype)
    return board


@caught_by("jit", "compiles_once")
def life_run__compiled_step(board, n_steps, step):
    """Compiles the step and loops in Python."""
    fast_step = jax.jit(step)
    k = 0
    while k < n_steps:
        board = fast_step(board).astype(board.dtype)
        k += 1
    return board


@caught_by("jit", "compiles_once")
def life_run__scan(board, n_steps, step):
    """Scans; the length of a scan is static."""
    return lax.scan(lambda cells, _: (step(cells).astype(board.dtype), None), board, length=n_steps)[0]


@caught_by("jit", "compiles_once")
@partial(jax.jit, static_argnames=("n_steps", "step"))
def life_run__static_steps(board, n_steps, step):
    """Compiles one program for each number of steps."""
    return lax.fori_loop(0, n_steps, lambda _, cells: step(cells).astype(board.dtype), board)


@caught_by("speed", "beats_eager_steps")
def life_run__fixed_limit(board, n_steps, step):
    """Takes as many steps as anybody may want, and throws the rest away."""

    def advance(cells, k):
        return jnp.where(k < n_steps, step(cells).astype(board.dtype), cells), None

    return lax.scan(advance, board, jnp.arange(200_000))[0]


@caught_by("correct", "keeps_the_dtype")
def life_run__wider_dtype(board, n_steps, step):
    """Converts once at the end, so that no step sees the dtype of the board."""
    cells = lax.fori_loop(0, n_steps, lambda _, cells: step(cells).astype(int), board.astype(int))
    return cells.astype(board.dtype)


@caught_by("jit", "takes_many_steps")
def life_run__at_most_300(board, n_steps, step):
    """Scans over as many steps as seemed enough."""

    def turn(cells, number):
        return jnp.where(number < n_steps, step(cells).astype(cells.dtype), cells), None

    return lax.scan(turn, board, jnp.arange(300))[0]


@caught_by("jit", "takes_many_steps")
def life_run__eight_bits(board, n_steps, step):
    """Counts the steps in uint8."""
    n = jnp.asarray(n_steps).astype(jnp.uint8)
    return lax.fori_loop(jnp.uint8(0), n, lambda _, cells: step(cells).astype(board.dtype), board)


@caught_by("deeper", "goes_on_and_on")
def life_run__sixteen_bits(board, n_steps, step):
    """Counts the steps in uint16, which begins anew at 65536."""
    n = jnp.asarray(n_steps).astype(jnp.uint16)
    return lax.fori_loop(jnp.uint16(0), n, lambda _, cells: step(cells).astype(board.dtype), board)


@caught_by("jit", "takes_many_steps")
def life_run__at_most_1000(board, n_steps, step):
    """Takes a thousand steps for enough."""
    n = jnp.minimum(n_steps, 1000)
    return lax.fori_loop(0, n, lambda _, cells: step(cells).astype(board.dtype), board)
