"""Other honest ways to write life_run; each must pass every check."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

# life_run


def life_run__while_loop(board, n_steps, step):
    """Counts down in a while_loop."""

    def advance(state):
        left, cells = state
        return left - 1, jnp.asarray(step(cells), board.dtype)

    return lax.while_loop(lambda state: state[0] > 0, advance, (n_steps, board))[1]


@partial(jax.jit, static_argnames="step")
def life_run__compiled(board, n_steps, step):
    """Compiled by the learner, with step alone static."""

    def body(k, cells):
        return step(cells).astype(cells.dtype)

    return lax.fori_loop(0, n_steps, body, board)


def life_run__compiled_step(board, n_steps, step):
    """Compiles the step, and loops in lax."""
    fast_step = jax.jit(step)
    return lax.fori_loop(
        0, n_steps, lambda _, cells: lax.convert_element_type(fast_step(cells), cells.dtype), board
    )
