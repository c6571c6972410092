"""How many sines are found in programs that hide them in different places, and how many equations in all.

The bar that is too short tells where nobody looked: in a jit, in the branches of a cond, deep down. One that is too tall
counts what runs instead of what is written, and equations that are missing beside the right number of sines are those that
hold the others.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from grader.scenes import Scene, bars, chart


def _nested(x: Any, levels: int) -> Any:
    return jnp.sin(x) if not levels else jax.jit(lambda x: _nested(x, levels - 1))(x)


@jax.jit
def _twice(x: Any) -> Any:
    return jnp.sin(x)


@jax.custom_jvp
def _own_rule(x: Any) -> Any:
    return jnp.sin(x) * 2


_own_rule.defjvp(lambda primals, tangents: (_own_rule(*primals), tangents[0]))

PROGRAMS = (
    lambda x: jnp.sin(jnp.sin(jnp.sin(x))),
    lambda x: jax.jit(lambda x: jnp.sin(x) + jnp.sin(2 * x))(x),
    lambda x: _twice(_twice(x)),
    lambda x: lax.scan(lambda x, _: (jnp.sin(x), None), x, length=5)[0],
    lambda x: lax.cond(x > 0, jnp.sin, lambda x: jnp.sin(jnp.sin(x)), x),
    lambda x: lax.while_loop(lambda x: jnp.sin(x) > 0, lambda x: jnp.sin(x) - 1, x),
    _own_rule,
    jax.checkpoint(lambda x: jnp.sin(jnp.sin(x))),
    lambda x: _nested(x, 5),
)
ACROSS = (
    "1 plain, 2 in a jit, 3 in a jit called twice, 4 in a scan, 5 in a cond, 6 in a while, 7 in a function with a rule of its "
    "own, 8 in a checkpoint, 9 five jits deep"
)


def draw(primitive_counts: Any) -> list[Any]:
    """Nine programs of a number."""
    x = jnp.float32(1)
    counts = [primitive_counts(program, x) for program in PROGRAMS]
    programs = range(1, len(PROGRAMS) + 1)
    return [
        chart("sines", bars(programs, [one.get("sin", 0) for one in counts]), across=ACROSS, up="sines"),
        chart(
            "equations of any kind",
            bars(programs, [sum(one.values()) for one in counts]),
            across=ACROSS,
            up="equations",
        ),
    ]


SCENE = Scene(
    "How many sines, and how many equations of any kind, are counted in nine programs that hold them in different places.",
    draw,
    shows=[
        "a_set",
        "primitives_as_keys",
        "top_only",
        "reads_the_text",
        "leaves_only",
        "each_program_once",
        "times_length",
        "no_tuples",
        "by_parameter_name",
        "closed_only",
        "one_level",
        "known_holders",
    ],
)
