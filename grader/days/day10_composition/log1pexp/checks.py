"""Checks of log1pexp."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day10_composition.shared import listed
from grader.toolkit import Array, Learner, Numbers, agrees_once, bans, check, wide

# Four to seven roundings of float32: of what is honest, no more than two were seen. Straight lines too early are off by more.
FEW_ROUNDINGS = 4e-7

# A slope that is made of the value, exp(x - value), has the roundings of x.
ROUNDINGS_OF_X = 2e-6

# What is this small is no normal float32, and may be 0.
TINY = 1e-37

DERIVATIVE_HINT = "The rule gets (x,) and (tangent,), and returns the value and slope * tangent. The slope is eˣ / (1 + eˣ)."


def log1pexp_oracle(x: Any) -> Array:
    with np.errstate(invalid="ignore"):  # of nan comes nan, as it should
        return np.logaddexp(0.0, wide(x))


def sigmoid_oracle(x: Any) -> Array:
    return 1 / (1 + np.exp(-np.clip(wide(x), -700, None)))  # type: ignore[no-any-return]


@check("log1pexp", "correct", hint="log(1 + exp(x)), element by element; log1p(y) is log(1 + y).")
def test_log1pexp_by_hand(learner: Learner) -> None:
    x = jnp.array([0.0, 1.0, -1.0, 2.0])
    learner.log1pexp(x).close_to([0.6931472, 1.3132617, 0.3132617, 2.1269280])


def value_and_derivative(log1pexp: Callable[..., Any], x: jax.Array) -> Any:
    return jax.jvp(log1pexp, (x,), (x,))


@check(
    "log1pexp",
    "correct",
    hint="Build value and rule from exp and log1p; the rules name what is left out. (The page in the docs "
    "shows log1pexp itself; it is cited for custom_jvp, and value and slope here must hold where its own "
    "do not.)",
)
def test_log1pexp_uses_no_shortcut(learner: Learner) -> None:
    numpy = [f"jax.numpy.{name}" for name in ("logaddexp", "logaddexp2")]
    bans(learner.log1pexp, "jax.nn", "jax.scipy", *numpy, on=(jnp.arange(7.0),), by=value_and_derivative)


@check(
    "log1pexp",
    "correct",
    hint="exp(100) is no float32. log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)): there the exponential never grows.",
)
def test_log1pexp_survives_large_numbers(learner: Learner) -> None:
    x = jnp.array([100.0, -100.0, 1e4, -1e4])
    learner.log1pexp(x).close_to([100.0, 0.0, 1e4, 0.0])


# Where the curve is nearly straight and a float32 still tells it from the line; and no number.
BENDS = (8.0, 10.5, 11.75, np.nan)


@check(
    "log1pexp",
    "correct",
    hint="At 10.5 it is 10.5000275, and a float32 shows that: it is no straight line yet. The one formula serves all numbers, NaN"
    " too.",
)
def test_log1pexp_keeps_its_bend(learner: Learner) -> None:
    x = jnp.array(BENDS)
    learner.log1pexp(x).close_to(log1pexp_oracle(x), rtol=FEW_ROUNDINGS, atol=0)


@check(
    "log1pexp", "correct", hint="1 + 2e-9 is 1 in float32, and its logarithm 0. jnp.log1p keeps the digits."
)
def test_log1pexp_keeps_the_digits_of_tiny_values(learner: Learner) -> None:
    x = jnp.array([-20.0, -50.0, -80.0, -17.5])
    learner.log1pexp(x).close_to(log1pexp_oracle(x), atol=TINY)


@check("log1pexp", "correct", hint=DERIVATIVE_HINT)
def test_log1pexp_has_the_right_derivative(learner: Learner, numbers: Numbers) -> None:
    x = jnp.append(numbers.uniform(-5.0, 5.0, 3), 0.0)
    learner.log1pexp.grad().vmap().jit()(x).close_to(sigmoid_oracle(x))


@check(
    "log1pexp",
    "correct",
    hint="exp(x) / (1 + exp(x)) is inf / inf at 100: in your rule divide above and below by exp(x), then it stays finite. "
    "Without a rule the chain rule makes the same quotient, and where differentiates both sides, chosen or not.",
)
def test_log1pexp_has_a_finite_derivative_far_out(learner: Learner) -> None:
    x = jnp.array([100.0, -100.0, 1e4, -1e4])
    learner.log1pexp.grad().vmap().jit()(x).close_to([1.0, 0.0, 1.0, 0.0])
    bends = jnp.array(BENDS)
    learner.log1pexp.grad().vmap().jit()(bends).close_to(
        sigmoid_oracle(bends),
        rtol=ROUNDINGS_OF_X,
        atol=0,
        hint="At 10.5 the slope is 0.9999725, and not yet 1. The one formula serves all numbers, NaN too.",
    )


@check(
    "log1pexp",
    "correct",
    hint="A slope that is made as a difference, such as 1 - 1 / (1 + exp(x)) or (1 + tanh(x / 2)) / 2, loses its digits: "
    "float32 cannot tell the two parts apart. 1 / (1 + exp(-x)) is the same, and keeps them.",
)
def test_log1pexp_keeps_the_digits_of_tiny_derivatives(learner: Learner) -> None:
    x = jnp.array([-20.0, -50.0, -80.0, -17.5])
    learner.log1pexp.grad().vmap().jit()(x).close_to(sigmoid_oracle(x), atol=TINY)


@check(
    "log1pexp",
    "correct",
    hint="While it is differentiated, the value comes from your rule and not from the function: let the rule call the stable "
    "function, return stable(x), slope * tangent.",
)
def test_log1pexp_keeps_its_value_under_its_rule(learner: Learner) -> None:
    handle, x = learner.log1pexp, jnp.array([100.0, -100.0, -20.0, 0.0])
    values = handle.using(
        f"The value of value_and_grad(log1pexp) at each of {listed(x)}",
        jax.jit(lambda x: jax.vmap(jax.value_and_grad(handle.function))(x)[0]),
        x,
    )
    values.close_to(log1pexp_oracle(x), atol=TINY)


@check(
    "log1pexp",
    "correct",
    hint="Put jax.custom_jvp on an inner function, and its rule under inner.defjvp. It serves forward and reverse mode; "
    "custom_vjp serves reverse mode alone.",
)
def test_log1pexp_has_a_rule_of_its_own(learner: Learner) -> None:
    handle, x = learner.log1pexp.jit(), jnp.array([0.0, 1.0, -1.0, 2.0])
    primitives = handle.program(x).primitives
    got = ", ".join(sorted(primitives))
    complaint = "is right, but not by the rules"
    expected = "custom_jvp_call in its program"
    handle(x).require(primitives["custom_jvp_call"], complaint, expected=expected, got=got)


@check(
    "log1pexp",
    "correct",
    hint="The rule is differentiated in its turn: write it in jax.numpy, with nothing stopped or rounded in it.",
)
def test_log1pexp_can_be_differentiated_twice(learner: Learner, numbers: Numbers) -> None:
    x = jnp.append(numbers.uniform(-10.0, 10.0, 3), 0.0)
    slope = sigmoid_oracle(x)
    # Written as a difference of products, digits cancel: hence atol.
    learner.log1pexp.grad().grad().vmap().jit()(x).close_to(slope * (1 - slope), rtol=1e-4, atol=1e-6)


@check("log1pexp", "jit", hint="jnp.where and jnp.maximum choose for each element; a Python branch cannot.")
def test_log1pexp_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.uniform(-30.0, 30.0, 4),) for _ in range(3)]
    agrees_once(learner.log1pexp.jit(), calls, log1pexp_oracle, atol=TINY)


@check("log1pexp", "jit", hint="The rule is traced, too: no Python branch, no NumPy, nothing stored outside.")
def test_log1pexp_compiles_its_derivative_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.uniform(-30.0, 30.0, 4),) for _ in range(3)]
    handle = learner.log1pexp.grad().vmap().jit()
    agrees_once(handle, calls, sigmoid_oracle, atol=TINY)
