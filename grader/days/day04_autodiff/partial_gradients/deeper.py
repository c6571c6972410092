"""The deeper look at partial_gradients."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from grader.toolkit import Draw, Learner, check, wide


@jax.jit
def mixture(table: Any, scale: jax.Array, row: jax.Array, shift: Any) -> jax.Array:
    """Two trees, a number and an integer that picks a row."""
    chosen = table["rows"][row]
    return jnp.asarray(scale * jnp.sum(chosen**2) + jnp.sum(chosen) * shift[0] + table["bias"] * shift[1])


def mixture_oracle(arguments: tuple[Any, ...]) -> dict[int, Any]:
    """The gradient by each argument but the integer, by position."""
    table, scale, row, shift = arguments
    rows, bias, s, i = wide(table["rows"]), wide(table["bias"]), wide(scale), int(row)
    first, second = wide(shift[0]), wide(shift[1])
    by_rows = 0 * rows
    by_rows[i] = 2 * s * rows[i] + first
    return {
        0: {"rows": by_rows, "bias": second},
        1: (rows[i] ** 2).sum(),
        3: (rows[i].sum(), bias),
    }


@check(
    "partial_gradients",
    "deeper",
    hint="One gradient for each position that is asked for, in that order, counted from either end, shaped like the argument.",
)
def test_partial_gradients_in_many_cases(learner: Learner, draw: Draw) -> None:
    argnums = draw.one_of((0,), 1, (3, 0), (-1, 1), (1, 0, 3), (-4, -1), -3)
    size = draw.one_of(10.0, 1e-6, 100.0)

    def number() -> jax.Array:
        return draw.floats(low=-size, high=size)

    arguments = (
        {"rows": draw.floats((3, 2), low=-size, high=size), "bias": number()},
        number(),
        jnp.int32(draw.integer(0, 2)),
        (number(), number()),
    )
    asked = argnums if isinstance(argnums, tuple) else (argnums,)
    by_position = mixture_oracle(arguments)
    expected = tuple(by_position[k % 4] for k in asked)
    handle = learner.partial_gradients.jit(static_argnames=("function", "argnums"))
    # Sums of two numbers, or of two products of two, which may cancel.
    handle(mixture, arguments, argnums).close_to(expected, atol=1e-6 * size * (1 + size))
