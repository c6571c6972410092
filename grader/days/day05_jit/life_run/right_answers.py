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


def life_run__backwards_loop(board, n_steps, step):
    """Counts down by the index of a while_loop over a dict."""

    def body(state):
        return {"cells": step(state["cells"]).astype(state["cells"].dtype), "done": state["done"] + 1}

    state = {"cells": board, "done": jnp.int32(0)}
    return lax.while_loop(lambda state: state["done"] < n_steps, body, state)["cells"]


def life_run__nested_function(board, n_steps, step):
    """A class that is called for each step."""

    class Rule:
        def __call__(self, _, cells):
            return jnp.asarray(step(cells)).astype(jnp.result_type(board))

    return jax.lax.fori_loop(lower=0, upper=n_steps, body_fun=Rule(), init_val=board)


def life_run__two_at_a_time(board, n_steps, step):
    """Takes the odd step first, then pairs."""

    def once(cells):
        return step(cells).astype(board.dtype)

    n_steps = jnp.asarray(n_steps)
    board = lax.cond(n_steps % 2 == 1, once, lambda cells: cells, board)
    return lax.fori_loop(0, n_steps // 2, lambda _, cells: once(once(cells)), board)
