"""What several exercises of day 6 use in their checks.

A loop over examples that gives the right numbers is told in two ways. One of JAX's runs more rounds when
there are more examples: that is read from the program. One of Python's is written out, and falls to the clock.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import Array, Called, Handle, Kind, Numbers, wide

# Honest ways reach x600 and more on two busy cores, loops over examples x4 at the most.
GATE = 80.0

# Baselines that handle a whole example at a time, in compiled code, leave less to win: x160 and more.
GATE_AGAINST_COMPILED = 40.0


# Where terms of both signs are summed, the error is to be measured against them and not against what is left
# of them: a hundred roundings of terms of size 1.
ATOL = 1e-5


def inner_jaxprs(parameter: Any) -> list[Any]:
    """The programs that an operation holds: the body of a loop, say."""
    if hasattr(parameter, "eqns"):
        return [parameter]
    if hasattr(parameter, "jaxpr"):
        return [parameter.jaxpr]
    if isinstance(parameter, tuple | list):
        return [inner for item in parameter for inner in inner_jaxprs(item)]
    return []


def rounds(jaxpr: Any) -> int:
    """How many rounds of loops run one after the other; a while loop, whose rounds nobody knows, has one."""
    total = 0
    for equation in jaxpr.eqns:
        inside = sum(rounds(inner) for item in equation.params.values() for inner in inner_jaxprs(item))
        if equation.primitive.name in {"scan", "while"}:
            inside = equation.params.get("length", 1) * max(inside, 1)
        total += inside
    return total


def loop_lengths(jaxpr: Any) -> set[int]:
    """The numbers of rounds of all loops that say so."""
    found = set()
    for equation in jaxpr.eqns:
        if equation.primitive.name == "scan":
            found.add(int(equation.params["length"]))
        for item in equation.params.values():
            for inner in inner_jaxprs(item):
                found |= loop_lengths(inner)
    return found


def takes_all_at_once(
    handle: Handle, few: tuple[Any, ...], many: tuple[Any, ...], *, loops: bool = True, **keywords: Any
) -> None:
    """The loops of a jit handle's program run no more rounds for many examples. Raises WrongAnswer.

    A loop of one round is one over the examples, all of them in its only turn: `lax.map(..., batch_size=n)`. With
    `loops=False` there is none at all.
    """
    one, two = handle.program(*few, **keywords), handle.program(*many, **keywords)
    found = sorted({"scan", "while"} & set(two.primitives))
    Called(two.call, None).require(
        (loops or not found) and 1 not in loop_lengths(two.jaxpr.jaxpr),
        "takes one example after the other",
        expected="no loop over examples",
        got=f"{' and '.join(found)}, for as many as there are",
        kind=Kind.GROWS,
    )
    before, after = rounds(one.jaxpr.jaxpr), rounds(two.jaxpr.jaxpr)
    Called(handle.shown, None).require(
        after <= before,
        "takes one example after the other",
        expected="as many rounds of loops for any number of examples",
        got=f"{before} for {one.call}\n{after} for {two.call}",
        kind=Kind.GROWS,
    )


def squared_error(params: Any, x: Any, y: Any) -> Any:
    """Of one example: x has one axis, y none."""
    return (jnp.dot(params["w"], x) + params["b"] - y) ** 2


def squared_error_gradients(params: Any, x: Any, y: Any) -> dict[str, Array]:
    residual = wide(x) @ wide(params["w"]) + wide(params["b"]) - wide(y)
    return {"w": 2 * residual[:, None] * wide(x), "b": 2 * residual}


def linear_problem(numbers: Numbers, batch: int) -> tuple[dict[str, jax.Array], jax.Array, jax.Array]:
    """Parameters and examples for squared_error."""
    params = {"w": numbers.normal(2), "b": numbers.normal()}
    return params, numbers.normal((batch, 2)), numbers.normal(batch)


def image_loss(params: Any, x: Any, y: Any) -> Any:
    """Of an image, a vector or a number, whose shape and order count, and a tree within a tree."""
    scale, (rows, nothing) = params["scale"], params["rest"]
    assert nothing is None
    weights = (1.0 + x.ndim) * jnp.arange(1.0, x.size + 1.0).reshape(x.shape)
    return scale * jnp.sum(weights * x**2) + jnp.sum(rows[y] ** 3)


def image_gradients(params: Any, x: Any, y: Any) -> dict[str, Any]:
    squares = wide(x).reshape(len(x), -1) ** 2
    rows: Array = np.zeros((len(x), *np.shape(params["rest"][0])))
    for i, label in enumerate(np.asarray(y)):
        rows[i, label] = 3 * wide(params["rest"][0])[label] ** 2
    return {"scale": np.ndim(x) * squares @ np.arange(1.0, squares.shape[1] + 1.0), "rest": (rows, None)}
