"""Deeper checks of dp_sgd_gradient."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day06_vmap.dp_sgd_gradient.checks import two_tables
from grader.days.day06_vmap.shared import ATOL, image_gradients, image_loss
from grader.toolkit import Draw, Learner, Numbers, check, wide


def three_leaves(params: Any, x: Any, y: Any) -> Any:
    """Linear in all of them: gradients are y x, y and y x times 1, 2, 3."""
    rows = jnp.sum(params["rest"][0] * x[:, None] * jnp.arange(1.0, 4.0))
    return y * (jnp.dot(params["w"], x) + params["rest"][1] + rows)


def three_leaves_oracle(x: Any, y: Any, clip: float) -> dict[str, Any]:
    total_w, total_b, total_rows = np.zeros(2), 0.0, np.zeros((2, 3))
    for features, target in zip(wide(x), wide(y), strict=True):
        w, b, rows = target * features, target, target * features[:, None] * np.arange(1.0, 4.0)
        norm = math.sqrt((w**2).sum() + b**2 + (rows**2).sum())
        scale = min(1.0, clip / norm) if norm else 1.0
        total_w, total_b, total_rows = total_w + scale * w, total_b + scale * b, total_rows + scale * rows
    n = len(y)
    return {"w": total_w / n, "rest": [total_rows / n, np.array(total_b / n)]}


@check(
    "dp_sgd_gradient",
    "deeper",
    hint="Clip each example by the norm of all its leaves together; sum, and divide by the batch.",
)
def test_dp_sgd_gradient_in_many_cases(learner: Learner, draw: Draw) -> None:
    batch = draw.one_of(2, 3, 1, 5)  # as many as features, as parameters, and others
    x, y = (
        draw.floats((batch, 2), magnitudes=(1e-3, 1e3)),
        draw.floats((batch,), magnitudes=(1e-3, 1e3), special=(0.0,)),
    )
    clip = draw.floats((), magnitudes=(1e-7, 1e4), low=0)
    params = {"w": jnp.ones(2), "rest": [jnp.ones((2, 3)), jnp.array(-1.0)]}
    handle = learner.dp_sgd_gradient.jit(static_argnames="loss")
    expected = three_leaves_oracle(x, y, float(clip))
    handle(jax.random.key(1), three_leaves, params, x, y, clip, jnp.float32(0.0)).close_to(
        expected, rtol=1e-4, atol=ATOL * float(clip)
    )


@check(
    "dp_sgd_gradient",
    "deeper",
    hint="Clip first: two examples with gradients [3, 4] and [0, 1] give [0.3, 0.9] with clip 1.",
)
def test_dp_sgd_gradient_keeps_its_example(learner: Learner) -> None:
    x = jnp.array([[3.0, 4.0], [0.0, 1.0]])
    handle = learner.dp_sgd_gradient.jit(static_argnames=("loss", "clip", "noise"))
    handle(jax.random.key(0), score, jnp.array([5.0, -7.0]), x, jnp.array([1, 2]), 1.0, 0.0).close_to(
        [0.3, 0.9]
    )


@check(
    "dp_sgd_gradient",
    "deeper",
    hint="What is within the clip is summed as it is, and the noise is noise * clip, however small: round and replace nothing.",
)
def test_dp_sgd_gradient_takes_numbers_as_they_are(learner: Learner) -> None:
    handle = learner.dp_sgd_gradient.jit(static_argnames="loss")
    params, y, clip, none = jnp.array([5.0, -7.0]), jnp.array([1, 2]), jnp.float32(1.0), jnp.float32(0.0)
    x = jnp.array([[2e-6, -4e-6], [0.0, 1e-6]])
    handle(jax.random.key(0), score, params, x, y, clip, none).close_to([1e-6, -1.5e-6], atol=0.0)
    broken = jnp.array([[jnp.nan, jnp.nan], [0.0, 1.0]])
    handle(jax.random.key(0), score, params, broken, y, clip, none).equals([np.nan, np.nan])
    large = handle(jax.random.key(0), score, params, 0 * x, y, clip, jnp.float32(1.0))
    small = handle(jax.random.key(0), score, params, 0 * x, y, clip, jnp.float32(1e-6))
    small.close_to(1e-6 * wide(large.value), atol=0.0)


def score(params: Any, x: Any, y: Any) -> Any:
    return jnp.dot(params, x) + y


@check(
    "dp_sgd_gradient",
    "deeper",
    hint="Norms of 1e-7 are norms, too, and a constant added to them makes all steps smaller. Keep zero out of the denominator "
    "in another way: jnp.maximum(norm, clip) is never zero.",
)
def test_dp_sgd_gradient_clips_tiny_gradients(learner: Learner) -> None:
    handle = learner.dp_sgd_gradient.jit(static_argnames="loss")
    params, x, y = jnp.array([5.0, -7.0]), jnp.array([[3e-7, -4e-7], [0.0, 1e-7]]), jnp.array([1, 2])
    called = handle(jax.random.key(0), score, params, x, y, jnp.float32(2e-7), jnp.float32(0.0))
    called.close_to([6e-8, -3e-8], atol=0.0)


@check(
    "dp_sgd_gradient", "deeper", hint="The loss sees x[i] in its own shape: an image, a vector or a number."
)
def test_dp_sgd_gradient_takes_images(learner: Learner, numbers: Numbers) -> None:
    handle, clip = learner.dp_sgd_gradient.jit(static_argnames="loss"), 20.0
    for features in ((2, 4), ()):
        x, y = numbers.normal((3, *features)), numbers.integers(0, 4, 3)
        params = {"scale": numbers.normal(), "rest": (numbers.normal((4, 2)), None)}
        each = image_gradients(params, x, y)
        leaves = each["scale"], each["rest"][0]
        norms = np.sqrt(leaves[0] ** 2 + (leaves[1] ** 2).sum(axis=(1, 2)))
        scale, rows = (np.tensordot(np.minimum(1, clip / norms), leaf, axes=1) / 3 for leaf in leaves)
        called = handle(numbers.key(), image_loss, params, x, y, jnp.float32(clip), jnp.float32(0.0))
        called.close_to({"scale": scale, "rest": (rows, None)}, atol=10 * ATOL)


@check(
    "dp_sgd_gradient",
    "deeper",
    hint="ε is standard normal, drawn anew for each number: jax.random.normal(key, leaf.shape).",
)
def test_dp_sgd_gradient_draws_standard_normals(learner: Learner, numbers: Numbers) -> None:
    """16 examples whose gradients are zero, clip 2, noise 1.5: the noise has a deviation of 3 / 16."""
    params = {"w": jnp.zeros((500, 500)), "v": jnp.zeros((500, 500))}
    handle = learner.dp_sgd_gradient.jit(static_argnames="loss")
    x, y = jnp.ones((16, 2)), jnp.zeros(16)
    called = handle(numbers.key(), two_tables, params, x, y, jnp.float32(2.0), jnp.float32(1.5))
    draws = np.stack([wide(leaf) for leaf in jax.tree.leaves(called.value)]) * 16 / 3
    n, scale = draws.size, math.sqrt(np.mean(draws**2))
    called.require(
        abs(scale**2 - 1) <= 6.5 * math.sqrt(2 / n),
        "has noise of another scale",
        expected="deviation noise * clip / batch = 0.1875",
        got=f"deviation {scale * 3 / 16:.4f}",
    )
    # One normal in 16,000 lies beyond 4: of so many between 1 and 100 do, but for a chance of 1e-12.
    beyond = int(np.sum(np.abs(draws) > 4))
    called.require(
        1 <= beyond <= 100,
        "has noise that is not normal",
        expected="32 of 500,000 draws beyond 4 deviations, or so",
        got=f"{beyond}",
    )
    distinct = len(np.unique(np.abs(draws))) / n  # JAX draws from some 8 million different ones
    called.require(
        distinct > 0.9,
        "draws the same noise again",
        expected="another number for each parameter",
        got=f"{distinct:.0%} that differ from all others",
    )


def many_leaves(params: Any, x: Any, y: Any) -> Any:
    return y * sum(jnp.sum(leaf) for leaf in params) * x[0]


@check("dp_sgd_gradient", "deeper", hint="As many keys as there are leaves, however many that are.")
def test_dp_sgd_gradient_takes_many_leaves(learner: Learner, numbers: Numbers) -> None:
    handle = learner.dp_sgd_gradient.jit(static_argnames="loss")
    called = handle(
        numbers.key(),
        many_leaves,
        [jnp.zeros(2)] * 130,
        jnp.ones((1, 2)),
        jnp.zeros(1),
        jnp.float32(1.0),
        jnp.float32(1.0),
    )
    draws = np.stack([np.asarray(leaf) for leaf in called.value])
    called.require(
        len(np.unique(np.abs(draws))) > 250,  # two of 260 are the same with a chance of one in 200
        "gives two leaves noise that is alike",
        expected="independent noise for 130 leaves",
        got=f"{len(np.unique(np.abs(draws)))} different numbers of {draws.size}",
    )
