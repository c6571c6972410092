"""Checks of clip_gradient."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day10_composition.shared import has_the_dtype_of, listed, sent_back
from grader.toolkit import Called, Learner, Numbers, agrees_once, check, float16, wide


@check("clip_gradient", "correct", hint="Forwards x passes as it is: only what flows back is clipped.")
def test_clip_gradient_is_the_identity_forwards(learner: Learner) -> None:
    x = jnp.array([-7.0, 0.25, jnp.nan, jnp.inf])
    learner.clip_gradient(x, -1.0, 1.0).equals(np.asarray(x))


@check(
    "clip_gradient",
    "correct",
    hint="What flows back is clip(gradient, low, high), number by number, of the gradient that comes in; x has no part in it. "
    "With jax.custom_vjp it is backwards that says so.",
)
def test_clip_gradient_by_hand(learner: Learner) -> None:
    x, gradient = jnp.array([1.0, 2.0, 3.0, 4.0]), jnp.array([5.0, -0.5, -3.0, 0.25])
    sent_back(learner.clip_gradient, gradient, x, -1, 1).close_to([1.0, -0.5, -1.0, 0.25])


@check("clip_gradient", "correct", hint="Bit for bit: x + 0 turns -0.0 into 0.0. Return x itself.")
def test_clip_gradient_keeps_every_bit(learner: Learner) -> None:
    x = jnp.array([-0.0, 0.0, 1e-30, -jnp.inf])
    result = learner.clip_gradient(x, -1.0, 1.0)
    result.equals(np.asarray(x))
    kept = np.signbit(np.asarray(result.value)[0])
    result.require(kept, "lost a bit", expected="-0.0, as it was given", got="0.0", where=(0,))


@check(
    "clip_gradient",
    "correct",
    hint="Each element is clipped into [low, high]; the bounds need not be symmetric.",
)
def test_clip_gradient_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    x, gradient = numbers.normal(4), numbers.normal(4, scale=3.0)
    for low, high in ((-0.5, 2.0), (0.25, 0.75)):
        sent_back(learner.clip_gradient, gradient, x, low, high).close_to(np.clip(wide(gradient), low, high))


@check(
    "clip_gradient",
    "correct",
    hint="Clipping brings infinity to a bound, and leaves NaN: jnp.clip does. A gradient that is no number is to be noticed.",
)
def test_clip_gradient_leaves_nan(learner: Learner) -> None:
    x, gradient = jnp.array([1.0, 2.0, 3.0, 4.0]), jnp.array([jnp.nan, jnp.inf, -jnp.inf, 7e4])
    sent_back(learner.clip_gradient, gradient, x, -1e4, 2e5).close_to([np.nan, 2e5, -1e4, 7e4])


@check(
    "clip_gradient", "correct", hint="It clips at its own place: what comes after it is chained on unclipped."
)
def test_clip_gradient_works_in_the_middle(learner: Learner) -> None:
    handle, x = learner.clip_gradient, jnp.array([1.0, -2.0, 0.001, 0.0])

    def loss(x: jax.Array) -> jax.Array:
        return jnp.sum(100 * handle.function(2 * x, -1.0, 1.0) ** 2)

    text = f"The gradient of sum(100 * clip_gradient(2 * x, -1, 1)**2) at {listed(x)}"
    # Clipped is 200 * 2x; then comes the factor 2.
    handle.using(text, jax.jit(jax.grad(loss)), x).close_to([2.0, -2.0, 0.8, 0.0])


@check(
    "clip_gradient",
    "correct",
    hint="Clipped to float32 bounds, a float16 gradient is a float32: cast it back.",
)
def test_clip_gradient_keeps_the_dtype(learner: Learner) -> None:
    x, gradient = float16([1.0, 2.0, 3.0, 4.0]), float16([5.0, -0.5, -3.0, 0.25])
    has_the_dtype_of(learner.clip_gradient(x, -1.0, 1.0), x)
    result = sent_back(learner.clip_gradient, gradient, x, jnp.float32(-1.0), jnp.float32(1.0))
    has_the_dtype_of(result, x)
    result.close_to(np.asarray([1.0, -0.5, -1.0, 0.25], np.float16))


@check(
    "clip_gradient",
    "correct",
    hint="backwards returns one gradient for each argument, the bounds too: None stands for zero. Make the bounds "
    "ordinary arguments of the inner function.",
)
def test_clip_gradient_gives_the_bounds_no_gradient(learner: Learner) -> None:
    x, low, high = jnp.float32(3.0), jnp.float32(-0.5), jnp.float32(0.25)
    learner.clip_gradient.grad(argnums=(0, 1, 2))(x, low, high).close_to((0.25, 0.0, 0.0))


@check(
    "clip_gradient",
    "jit",
    hint="The bounds are traced: keep them for backwards as values that forwards returns.",
)
def test_clip_gradient_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal(4), numbers.uniform(-2.0, -1.0), numbers.uniform(1.0, 2.0)) for _ in range(2)]
    agrees_once(learner.clip_gradient.jit(), calls, lambda x, *_: np.asarray(x), by=Called.equals)


@check(
    "clip_gradient",
    "jit",
    hint="Under vmap each example brings bounds of its own, traced ones: hand them from forwards to backwards, "
    "and branch on nothing.",
)
def test_clip_gradient_takes_bounds_for_each_example(learner: Learner, numbers: Numbers) -> None:
    lifted = learner.clip_gradient.grad().vmap(in_axes=(0, 0, 0)).jit()
    calls = [
        (numbers.normal(4), numbers.uniform(-2.0, 0.0, 4), numbers.uniform(0.0, 2.0, 4)) for _ in range(2)
    ]
    # The gradient that comes in is 1.
    agrees_once(lifted, calls, lambda _, low, high: np.clip(np.ones(4), wide(low), wide(high)))
