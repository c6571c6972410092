"""Checks of safe_norm."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.test_util import check_grads

from grader.toolkit import Array, Kind, Learner, Numbers, agrees_once, check, wide


def norm_oracle(x: Any) -> Array:
    return np.asarray(np.sqrt(np.sum(wide(x) ** 2, axis=-1)))


def norm_gradient_oracle(x: Any) -> Array:
    norm = norm_oracle(x)[..., None]
    return np.asarray(wide(x) / np.where(norm == 0, 1, norm))


@check("safe_norm", "correct", hint="Square, sum, take the root.")
def test_safe_norm_by_hand(learner: Learner) -> None:
    learner.safe_norm(jnp.array([2.0, 3.0, 6.0])).close_to(7.0)


@check(
    "safe_norm",
    "correct",
    hint="At the origin the norm is 0, exactly: no epsilon, and nothing left of what made the root safe.",
)
def test_safe_norm_is_zero_at_the_origin(learner: Learner) -> None:
    learner.safe_norm(jnp.zeros(3)).equals(0.0)


@check("safe_norm", "correct", hint="The gradient is x / |x|: it has length 1.")
def test_safe_norm_has_the_right_gradient(learner: Learner, numbers: Numbers) -> None:
    gradient = learner.safe_norm.grad()
    for x in (jnp.array([2.0, 3.0, 6.0]), numbers.normal(3)):
        gradient(x).close_to(norm_gradient_oracle(x))


@check(
    "safe_norm",
    "correct",
    hint="The root's slope at 0 is infinite, and a where around the root comes too late: both branches are "
    "differentiated, and 0 times infinity is nan. Change what goes into the root, too.",
)
def test_safe_norm_has_gradient_zero_at_the_origin(learner: Learner) -> None:
    learner.safe_norm.grad()(jnp.zeros(3)).finite().equals([0.0, 0.0, 0.0])


@check(
    "safe_norm",
    "correct",
    hint="Only x = 0 needs care. A small number in the root, or a threshold, spoils the small vectors.",
)
def test_safe_norm_is_exact_for_small_and_large(learner: Learner) -> None:
    sizes = [
        np.array([2.0, 0.0, -1.0], np.float32) * 10**power for power in (-15, -12, -9, -6, -4, -2, 3, 8, 14)
    ]
    for size in (*sizes, [0.0, 0.0, 1e-15], [1e15, 0.0, 0.0], [0.0, 1e-8, 1.0]):
        x = jnp.asarray(size, jnp.float32)
        learner.safe_norm(x).close_to(norm_oracle(x), atol=0.0)
        learner.safe_norm.grad()(x).close_to(norm_gradient_oracle(x))


@check("safe_norm", "jit", hint="jnp.where decides while it runs; a Python if has to know now.")
def test_safe_norm_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal(3),), (jnp.zeros(3),)]
    agrees_once(learner.safe_norm.jit(), calls, norm_oracle)


@check("safe_norm", "jit", hint="Every row decides for itself, with jnp.where, whether it is the origin.")
def test_safe_norm_lifts_over_rows(learner: Learner, numbers: Numbers) -> None:
    rows = learner.safe_norm.vmap()
    x = jnp.asarray(np.vstack([numbers.normal((2, 3)), np.zeros((1, 3), np.float32)]))
    gradient = jax.jit(jax.grad(lambda x: jnp.sum(rows.function(x))))
    result = rows.using(f"the gradient of the sum of {rows.shown}(x), x[2] = [0, 0, 0],", gradient, x)
    result.finite().close_to(norm_gradient_oracle(x))


@check(
    "safe_norm",
    "jit",
    hint="Under vmap a cond runs both of its branches, and the one that is not taken sends NaN back, as jnp.where does: give the "
    "root a number that it can bear.",
)
def test_safe_norm_has_gradients_over_rows(learner: Learner) -> None:
    rows = jnp.array([[3.0, 4.0], [0.0, 0.0]])
    learner.safe_norm.grad().vmap()(rows).close_to([[0.6, 0.8], [0.0, 0.0]])


@check("safe_norm", "jit", hint="The gradient x / |x| varies with x: it must be differentiable in its turn.")
def test_safe_norm_can_be_differentiated_twice(learner: Learner, numbers: Numbers) -> None:
    x = jnp.array([2.0, 3.0, 6.0]) + numbers.uniform(-1, 1, 3)
    handle = learner.safe_norm.grad().jit()
    text = f"the derivative of {handle.shown}"

    def differences_agree() -> bool:
        try:
            # A float32 difference over 0.02 is wrong by 1e-3 at worst; a wrong derivative by 1e-1.
            check_grads(handle.function, (x,), order=1, modes=["rev"], eps=1e-2, atol=1e-2, rtol=1e-2)
        except AssertionError:
            return False
        return True

    agree = handle.using(text, differences_agree)
    agree.require(
        agree.value, "is wrong", expected="what finite differences say", got="something else", kind=Kind.VALUE
    )
