"""Checks of dp_sgd_gradient."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day06_vmap.shared import (
    ATOL,
    GATE,
    linear_problem,
    squared_error,
    squared_error_gradients,
    takes_all_at_once,
)
from grader.toolkit import (
    RISK,
    Array,
    Called,
    Kind,
    Learner,
    Numbers,
    Pattern,
    bans,
    check,
    compiles_once,
    hint_when,
    looks_like,
    must_beat,
    of_kind,
    own_hint,
    raised,
    same_size_for,
    uses_each_key_once,
    wide,
)

# Compiled, which is cheaper, and with clip and noise static, so that a branch on them waits for its own check.
WITHOUT_BRANCHES = ("loss", "clip", "noise")


def private_oracle(params: Any, x: Any, y: Any, clip: float) -> dict[str, Array]:
    """The gradient of squared_error, clipped for each example, without noise."""
    gradients = squared_error_gradients(params, x, y)
    scales = []
    for w, b in zip(gradients["w"], gradients["b"], strict=True):
        norm = math.sqrt(np.sum(w**2) + b**2)
        scales.append(1.0 if norm <= clip else clip / norm)
    n = len(scales)
    return {"w": np.array(scales) @ gradients["w"] / n, "b": np.array(scales) @ gradients["b"] / n}


def signed_score(params: Any, x: Any, y: Any) -> Any:
    return y * (jnp.dot(params["w"], x) + params["b"])


def two_tables(params: Any, x: Any, y: Any) -> Any:
    """A loss of two leaves of one shape. Where params and y are zero, so is its gradient."""
    return (x[0] * jnp.sum(params["w"]) + x[1] * jnp.sum(params["v"]) - y) ** 2


def pure_noise(learner: Learner, numbers: Numbers) -> Called:
    """A call whose gradients are all zero: 16 examples, clip 2, noise 1.5. Left is noise of deviation 3 / 16."""
    compiled = learner.dp_sgd_gradient.jit(static_argnames=WITHOUT_BRANCHES)
    params = {"w": jnp.zeros((128, 128)), "v": jnp.zeros((128, 128))}
    return compiled(numbers.key(), two_tables, params, numbers.normal((16, 2)), jnp.zeros(16), 2.0, 1.5)


@check(
    "dp_sgd_gradient",
    "correct",
    hint="Clip, sum, add noise and divide by yourself; the rules leave optax out.",
)
def test_dp_sgd_gradient_uses_no_shortcut(learner: Learner) -> None:
    bans(
        learner.dp_sgd_gradient,
        "optax",
        on=(
            jax.random.key(0),
            squared_error,
            {"w": jnp.ones(7), "b": jnp.float32(0.0)},
            jnp.ones((3, 7)),
            jnp.ones(3),
            1.0,
            1.0,
        ),
    )


@check(
    "dp_sgd_gradient",
    "correct",
    hint="Clip each example's gradient before you average, by the norm of all its leaves together, and lengthen none.",
)
def test_dp_sgd_gradient_by_hand(learner: Learner) -> None:
    # The gradients are y times (x, 1): (2, 2, 1), of norm 3, is halved, and (0, 0, 1) stays.
    params = {"w": jnp.array([1.0, 1.0]), "b": jnp.array(0.0)}
    x, y = jnp.array([[2.0, 2.0], [0.0, 0.0]]), jnp.array([1.0, 1.0])
    compiled = learner.dp_sgd_gradient.jit(static_argnames=WITHOUT_BRANCHES)
    result = compiled(jax.random.key(0), signed_score, params, x, y, 1.5, 0.0)
    undivided = {"w": np.array([1.0, 1.0]), "b": np.array(1.5)}
    divide = "The gradients are clipped as they should be. Divide their sum by the number of examples."
    with hint_when(looks_like(Pattern.NEIGHBOUR), divide):
        result.close_to(
            {"w": [0.5, 0.5], "b": np.array(0.75)},
            neighbours={"the sum over the batch, where its mean is asked for": lambda: undivided},
        )


@check(
    "dp_sgd_gradient",
    "correct",
    hint="A gradient of zero has norm 0, and 0 / 0 is nan: keep zero out of the denominator.",
)
def test_dp_sgd_gradient_survives_a_zero_gradient(learner: Learner) -> None:
    params = {"w": jnp.array([1.0, 1.0]), "b": jnp.array(0.0)}
    x, y = jnp.array([[2.0, 2.0], [1.0, 0.0]]), jnp.array([1.0, 0.0])
    compiled = learner.dp_sgd_gradient.jit(static_argnames=WITHOUT_BRANCHES)
    result = compiled(jax.random.key(0), signed_score, params, x, y, 1.5, 0.0)
    result.close_to({"w": [0.5, 0.5], "b": np.array(0.25)})


@check(
    "dp_sgd_gradient",
    "correct",
    hint="Add noise of deviation noise * clip once, to the sum, to each number of it; then divide all by the batch.",
)
def test_dp_sgd_gradient_scales_the_noise(learner: Learner, numbers: Numbers) -> None:
    called = pure_noise(learner, numbers)
    draws = np.sort(np.concatenate([wide(called.value[name]).ravel() for name in ("w", "v")])) * 16 / 3
    below = np.array([0.5 * math.erfc(-draw / math.sqrt(2)) for draw in draws])
    n = len(draws)
    # The distance to the normal curve, and what chance allows (Dvoretzky, Kiefer and Wolfowitz).
    distance = max(np.max(np.arange(1, n + 1) / n - below), np.max(below - np.arange(n) / n))
    called.require(
        distance <= math.sqrt(math.log(2 / RISK) / (2 * n)),
        "has noise of another scale",
        expected="deviation noise * clip / batch = 0.1875",
        got=f"deviation {np.std(draws) * 3 / 16:.4g}",
    )
    # The sum of n squares of normals has mean n and deviation √2n; for so many it is normal itself, to 6.5 deviations.
    called.require(
        abs(np.mean(draws**2) - 1) <= 6.5 * math.sqrt(2 / n),
        "has noise of another scale",
        expected="deviation noise * clip / batch = 0.1875, within 2.5 %",
        got=f"deviation {math.sqrt(np.mean(draws**2)) * 3 / 16:.4g}",
    )


@check(
    "dp_sgd_gradient", "correct", hint="Each leaf needs draws of its own: split the key into one for each."
)
def test_dp_sgd_gradient_draws_for_each_leaf(learner: Learner, numbers: Numbers) -> None:
    called = pure_noise(learner, numbers)
    # Signs of independent draws agree and differ equally often; Hoeffding says how nearly.
    signs = np.sign(wide(called.value["w"])) * np.sign(wide(called.value["v"]))
    called.require(
        abs(signs.mean()) <= math.sqrt(2 * math.log(2 / RISK) / signs.size),
        "gives two leaves noise that is alike",
        expected="independent noise for 'w' and 'v'",
        got=f"signs that agree in {50 * (1 + signs.mean()):.0f} % of all places",
    )


@check("dp_sgd_gradient", "correct", hint="Every draw must come from the key that is given.")
def test_dp_sgd_gradient_depends_on_the_key(learner: Learner, numbers: Numbers) -> None:
    one, two = pure_noise(learner, numbers), pure_noise(learner, numbers)
    same = np.array_equal(one.value["w"], two.value["w"])
    two.require(not same, "ignores its key", expected="other noise for another key", got="the same noise")


@check(
    "dp_sgd_gradient",
    "jit",
    hint="clip and noise are traced, and so are norms: choose with jnp.minimum or jnp.where.",
)
def test_dp_sgd_gradient_compiles_once(learner: Learner, numbers: Numbers) -> None:
    clips = (0.5, 2.0)
    problems = [linear_problem(numbers, 17) for _ in clips]
    calls = [
        (numbers.key(), squared_error, *problem, jnp.float32(clip), jnp.float32(0.0))
        for problem, clip in zip(problems, clips, strict=True)
    ]
    results = compiles_once(learner.dp_sgd_gradient.jit(static_argnames="loss"), calls)
    for problem, clip, result in zip(problems, clips, results, strict=True):
        result.close_to(private_oracle(*problem, clip), atol=ATOL)


@check("dp_sgd_gradient", "jit", hint="Divide by the number of examples, also when there is only one.")
def test_dp_sgd_gradient_takes_a_batch_of_one(learner: Learner, numbers: Numbers) -> None:
    problem, clip = linear_problem(numbers, 1), 0.5
    compiled = learner.dp_sgd_gradient.jit(static_argnames="loss")
    result = compiled(numbers.key(), squared_error, *problem, jnp.float32(clip), jnp.float32(0.0))
    result.close_to(private_oracle(*problem, clip), atol=ATOL)


@check(
    "dp_sgd_gradient", "jit", hint="Split the key once, into one for each leaf, and use the children only."
)
def test_dp_sgd_gradient_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    compiled, problem = learner.dp_sgd_gradient.jit(static_argnames="loss"), linear_problem(numbers, 17)
    with own_hint(raised("KeyReuseError")):  # the check's own knows what the draws are for
        uses_each_key_once(
            compiled, numbers.key(), squared_error, *problem, jnp.float32(1.0), jnp.float32(1.0)
        )


@check(
    "dp_sgd_gradient",
    "jit",
    hint="Python's loops, lax.map and lax.scan take turns. vmap clips all gradients at once.",
    answers=of_kind(Kind.GROWS),  # the usual hint would be: a loop from jax.lax
)
def test_dp_sgd_gradient_takes_all_examples_at_once(learner: Learner, numbers: Numbers) -> None:
    key, clip, noise = numbers.key(), jnp.float32(1.0), jnp.float32(0.0)
    few, many = ((key, squared_error, *linear_problem(numbers, n), clip, noise) for n in (17, 34))
    same_size_for(learner.dp_sgd_gradient.jit(static_argnames="loss"), few, many)
    takes_all_at_once(learner.dp_sgd_gradient.jit(static_argnames="loss"), few, many)


def private_loop(
    key: Any, loss: Any, params: Any, x: jax.Array, y: jax.Array, clip: jax.Array, noise: jax.Array
) -> Any:
    """Without the noise: it is timed where there is none."""
    total = None
    for i in range(len(x)):
        gradient = jax.grad(loss)(params, x[i], y[i])
        norm = float(jnp.sqrt(sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(gradient))))
        scale = min(1.0, float(clip) / max(norm, 1e-12))
        clipped = jax.tree.map(lambda leaf: leaf * scale, gradient)  # noqa: B023
        total = clipped if total is None else jax.tree.map(jnp.add, total, clipped)
    return jax.tree.map(lambda leaf: leaf / len(x), total)


@check("dp_sgd_gradient", "speed", hint="Write the clipped gradient of one example; vmap makes the batch.")
def test_dp_sgd_gradient_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    key, clip, noise = numbers.key(), jnp.float32(1.0), jnp.float32(0.0)
    must_beat(
        learner,
        learner.dp_sgd_gradient.jit(static_argnames="loss"),
        private_loop,
        named="a Python loop over examples",
        draw=lambda size: (key, squared_error, *linear_problem(numbers, size), clip, noise),
        size=3,
        gate=GATE,
        numbers=numbers,
    )
