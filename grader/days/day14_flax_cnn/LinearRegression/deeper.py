"""The deeper look at LinearRegression."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day14_flax_cnn.LinearRegression.checks import linear_apply, linear_init
from grader.days.day14_flax_cnn.shared import KEY_HINT
from grader.toolkit import Array, Draw, Learner, Numbers, check, slope_agrees, wide


@check(
    "LinearRegression",
    "deeper",
    hint="y = x · w + b for any number of rows and columns, for large numbers and small ones.",
)
def test_LinearRegression_in_many_cases(learner: Learner, draw: Draw) -> None:
    n, d = draw.one_of((1, 1), (3, 3), (2, 17))
    x, w = draw.floats((n, d), magnitudes=(1e-6, 1e4)), draw.floats(d, magnitudes=(1e-6, 1e4))
    b = draw.floats((), magnitudes=(1e-6, 1e4))
    found = linear_apply(learner.LinearRegression).jit()({"w": w, "b": b}, x)
    scale = float(np.abs(wide(x)).max() * np.abs(wide(w)).max() + abs(float(b)))
    found.close_to(wide(x) @ wide(w) + float(b), rtol=1e-4, atol=1e-6 * scale * d)


@check("LinearRegression", "deeper", hint=KEY_HINT)
def test_LinearRegression_draws_anew_for_each_key(learner: Learner, numbers: Numbers) -> None:
    n_keys = 4000
    init = linear_init(learner.LinearRegression)
    many = jax.jit(jax.vmap(init.function, in_axes=(0, None)))
    keys, x = jax.random.split(numbers.key(), n_keys), np.zeros((1, 2), np.float32)
    found = init.using(f"LinearRegression().init for {n_keys} keys", many, keys, x)
    w = wide(found.value["params"]["w"]) / 0.01
    different = len({row.tobytes() for row in w})
    found.require(
        different == n_keys,
        "draws the same for several keys",
        expected=f"other weights for each of {n_keys} keys",
        got=f"{different} different ones",
    )
    together = np.asarray(np.corrcoef(w.T))[0, 1]
    # Six standard errors: 0.0158 of a mean, 0.0224 of a variance, and of the correlation of the two weights 0.0158.
    found.require(
        np.abs(w.mean(axis=0)).max() < 0.095
        and np.abs(w.var(axis=0) - 1).max() < 0.135
        and abs(together) < 0.095,
        "is drawn from another distribution",
        expected="mean 0, deviation 0.01, and no weight with anything to do with another",
        got=f"means {w.mean(axis=0) * 0.01}, deviations {w.std(axis=0) * 0.01}, correlation {together:.2g}",
    )


def line(params: Any, x: Any) -> Array:
    return wide(x) @ wide(params["w"]) + wide(params["b"])


@check(
    "LinearRegression",
    "deeper",
    hint="Gradients flow to w, to b and to x, where there may be another layer: nothing is stopped on the way.",
)
def test_LinearRegression_can_be_differentiated(learner: Learner) -> None:
    params = {"w": jnp.array([2.0, -1.0, 0.5]), "b": jnp.float32(5.0)}
    x = jnp.array([[1.0, 0.25, -3.0], [0.5, 3.0, 1.0]])
    for wrt in (0, 1):
        slope_agrees(linear_apply(learner.LinearRegression), line, params, x, wrt=wrt)
