"""Checks of LinearRegression."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from grader.days.day14_flax_cnn.shared import KEY_HINT, collections_of, linen_call, with_function
from grader.toolkit import (
    Called,
    Handle,
    Learner,
    Numbers,
    agrees_once,
    bans,
    check,
    compiled_if_possible,
    wide,
)

COLUMNS = 100_000
WIDE = np.zeros((1, COLUMNS), np.float32)  # shows `init` how many columns there are


@functools.cache
def linear_model(handle: Handle) -> Any:
    return handle.using("LinearRegression()", handle.function).value


@functools.cache
def linear_init(handle: Handle) -> Handle:
    model = linear_model(handle)
    return with_function(handle, "LinearRegression().init", lambda key, x: model.init(key, x))


@functools.cache
def linear_apply(handle: Handle) -> Handle:
    model = linear_model(handle)

    def apply(params: Any, x: Any) -> Any:
        return model.apply({"params": params}, x)

    return with_function(handle, "LinearRegression().apply with params", apply)


def linear_parameters(learner: Learner, key: Any) -> Called:
    """w and b as `init` makes them for many columns, with their names and shapes in place. Raises WrongAnswer."""
    called = compiled_if_possible(linear_init(learner.LinearRegression), key, WIDE)
    params = collections_of(called, {"params"})["params"]
    shapes = {name: jnp.shape(value) for name, value in sorted(params.items())}
    called.require(
        shapes == {"b": (), "w": (COLUMNS,)},
        "made other parameters",
        expected=f"b of shape (), w of shape ({COLUMNS},)",
        got=", ".join(f"{name} of shape {shape}" for name, shape in shapes.items()) or "none",
    )
    return called["params"]


@check(
    "LinearRegression",
    "correct",
    hint="The exercise is what such a layer does inside; self.param makes arrays.",
)
def test_LinearRegression_uses_no_layer(learner: Learner) -> None:
    layers = ("Dense", "DenseGeneral", "Einsum", "Conv")
    bans(
        learner.LinearRegression,
        *(f"flax.linen.{name}" for name in layers),
        on=(jax.random.key(0), jnp.ones((3, 7))),
        by=lambda model, *given: model().init(*given),
    )


@check(
    "LinearRegression",
    "correct",
    hint='self.param("w", initializer, shape) makes a parameter: its name and its shape are what counts here. x.shape[-1] '
    "is the number of columns, and () the shape of one number.",
)
def test_LinearRegression_makes_two_parameters(learner: Learner, numbers: Numbers) -> None:
    linear_parameters(learner, numbers.key())


@check(
    "LinearRegression", "correct", hint="y = x · w + b: a product of a matrix and a vector, one number a row."
)
def test_LinearRegression_by_hand(learner: Learner) -> None:
    params = {"w": jnp.array([2.0, 1.0]), "b": jnp.float32(5.0)}
    x = jnp.array([[1.0, 0.0], [1.0, 3.0], [0.0, 0.0]])
    compiled_if_possible(linear_apply(learner.LinearRegression), params, x).close_to([7.0, 10.0, 5.0])


@check(
    "LinearRegression",
    "correct",
    hint="w is drawn by nn.initializers.normal(0.01), b is made by nn.initializers.zeros. (lecun_normal and its like need "
    "two axes.)",
)
def test_LinearRegression_draws_its_weights(learner: Learner, numbers: Numbers) -> None:
    first, second = (linear_parameters(learner, numbers.key()) for _ in range(2))
    first["b"].equals(np.float32(0))
    w, other = wide(first.value["w"]), wide(second.value["w"])
    # The deviation of 100,000 draws is right to 0.22 percent, one standard error.
    first["w"].require(
        abs(w.std() / 0.01 - 1) < 0.015 and abs(w.mean()) < 0.0002,
        "is drawn from another distribution",
        expected="mean 0, deviation 0.01",
        got=f"mean {w.mean():.2g}, deviation {w.std():.3g}",
    )
    # Beyond three deviations lie 270 of 100,000 normals, give or take 16; of a truncated or a uniform distribution none.
    far = int((np.abs(w) > 0.03).sum())
    first["w"].require(
        150 < far < 400,
        "is drawn from another distribution",
        expected=f"normals: some 270 of {COLUMNS} beyond three deviations",
        got=f"{far}",
    )
    # One number has nothing to do with the next, and none comes twice, with whatever sign (float32 has some by chance).
    related, different = float(np.corrcoef(w[1:], w[:-1])[0, 1]), len(np.unique(np.abs(w))) / COLUMNS
    first["w"].require(
        abs(related) < 0.02 and different > 0.95,
        "is not drawn number by number",
        expected="independent numbers",
        got=f"a correlation of {related:.2g} with the next one, {100 * (1 - different):.0f} % of them repeated",
    )
    first["w"].require(
        not np.array_equal(w, other),
        "is the same for two keys",
        expected="other numbers for another key",
        got="equal numbers",
        hint=KEY_HINT,
    )


@check("LinearRegression", "correct", hint="Only self.param makes arrays that training can move.")
def test_LinearRegression_fits_a_line(learner: Learner, numbers: Numbers) -> None:
    model = linear_model(learner.LinearRegression)
    x = numbers.uniform(-1.0, 1.0, (33, 2))
    y = 3 * x[:, 0] - 2 * x[:, 1] + 1

    def fitted(variables: Any, x: Any, y: Any) -> Any:
        def error(variables: Any) -> Any:
            return jnp.mean((model.apply(variables, x) - y) ** 2)

        def descend(variables: Any, _: Any) -> tuple[Any, None]:
            return jax.tree.map(lambda p, g: p - 0.5 * g, variables, jax.grad(error)(variables)), None

        return lax.scan(descend, variables, length=200)[0]["params"]

    # The curvatures lie between 0.3 and 2.5 here: 200 steps leave nothing to see of the way.
    handle = with_function(
        learner.LinearRegression, "200 steps of gradient descent with LinearRegression()", fitted
    )
    start = {"params": {"w": jnp.zeros(2), "b": jnp.zeros(())}}
    compiled_if_possible(handle, start, x, y).close_to(
        {"w": np.array([3.0, -2.0]), "b": np.array(1.0)}, atol=1e-3
    )


@check(
    "LinearRegression",
    "jit",
    hint="x and the parameters are traced: jnp throughout, and no branch on a value.",
)
def test_LinearRegression_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [({"w": numbers.normal(33), "b": numbers.normal()}, numbers.normal((17, 33))) for _ in range(2)]
    # A sum of 33 products may cancel: absolute, against terms of about 1.
    agrees_once(
        linear_apply(learner.LinearRegression).jit(),
        calls,
        lambda params, x: wide(x) @ wide(params["w"]) + wide(params["b"]),
        atol=1e-5,
    )
    learner.LinearRegression.compare_on("LinearRegression().apply", linen_call(), calls[0][1])
