"""Checks of pmap_train_step."""

from __future__ import annotations

import math
from contextlib import nullcontext
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day13_devices.shared import (
    ANY_NUMBER,
    FEATURES,
    RATE,
    ROWS,
    Tree,
    alike,
    gradient_oracle,
    holds_no_more_than_its_part,
    must_sum_over_devices,
    names_no_number_of_devices,
    once,
    regression,
    replicas_oracle,
    step_oracle,
)
from grader.toolkit import (
    Called,
    Kind,
    Learner,
    Numbers,
    check,
    compiled_if_possible,
    compiles_once,
    hint_when,
    of_kind,
)


def pmap_problem(numbers: Numbers) -> tuple[Tree, Tree, Any, Any]:
    """Parameters, replicas of them, and a batch, whole and in shards."""
    n = jax.device_count()
    params, x, y = regression(numbers, n * ROWS)
    replicas = jax.tree.map(lambda leaf: jnp.asarray(np.stack([np.asarray(leaf)] * n)), params)
    shards = tuple(jnp.asarray(np.asarray(part).reshape(n, ROWS, *part.shape[1:])) for part in (x, y))
    return params, replicas, (x, y), shards


def pmap_oracle(params: Tree, batch: Any, rate: float) -> tuple[Tree, Any]:
    x, y = batch
    new, loss = step_oracle(params, x, y, rate)
    return replicas_oracle(new, jax.device_count()), np.full(jax.device_count(), loss)


def pmap_step(learner: Learner, numbers: Numbers) -> tuple[Tree, Any, Called]:
    """A problem, and the learner's step on it: two things of the right shapes."""
    params, replicas, batch, shards = pmap_problem(numbers)
    called = compiled_if_possible(learner.pmap_train_step, replicas, shards, RATE)
    hint = "What comes back has the axis of devices first, as params had: one slice for each device, of the loss, too."
    called.close_to(pmap_oracle(params, batch, RATE), atol=math.inf, hint=hint)
    return params, batch, called


@check(
    "pmap_train_step",
    "correct",
    hint="params' = params - learning_rate · gradient, where the gradient is the mean over the devices of what each one "
    "finds for its rows.",
)
def test_pmap_train_step_counts_the_gradient_once(learner: Learner, numbers: Numbers) -> None:
    params, batch, called = pmap_step(learner, numbers)
    n = jax.device_count()
    gradient, _ = gradient_oracle(params, *batch)
    adds = (
        "psum adds the gradients of the devices up; that of the mean over all rows is their mean: lax.pmean."
    )
    once(called[0], replicas_oracle(params, n), replicas_oracle(gradient, n), RATE, n, {n: adds}.get)


@check(
    "pmap_train_step",
    "correct",
    hint="Each device goes its own way: average all gradients, and the loss, over the devices with lax.pmean before "
    "they are used.",
)
def test_pmap_train_step_keeps_replicas_equal(learner: Learner, numbers: Numbers) -> None:
    *_, called = pmap_step(learner, numbers)
    losses = np.asarray(called[1].value)
    loss_alone = (
        "The losses agree, and parameters do not. Under pmap the gradient of lax.pmean(loss) is that of the device's own rows "
        "still: average after the gradient, lax.pmean(jax.grad(loss)(params), axis_name), all of it."
    )
    alone = hint_when(of_kind(Kind.VALUE), loss_alone)
    with alone if np.allclose(losses, losses[0]) else nullcontext():
        for part in (called[0]["w"], called[0]["c"], called[1]):
            first, *others = np.asarray(part.value)
            for k, other in enumerate(others, start=1):
                alike(part, first, other, f"device {k}")


@check(
    "pmap_train_step",
    "correct",
    hint="Gradient and loss of the *mean* squared error over all rows, at the old parameters.",
)
def test_pmap_train_step_by_hand(learner: Learner) -> None:
    # Device k wants the number k of a line that starts at 0.
    n = jax.device_count()
    replicas = {"w": jnp.zeros((n, FEATURES)), "c": jnp.zeros(n)}
    y = jnp.asarray(np.arange(n)[:, None] * np.ones((n, ROWS)), jnp.float32)
    called = compiled_if_possible(learner.pmap_train_step, replicas, (jnp.ones((n, ROWS, FEATURES)), y), 0.5)
    moved = 0.5 * (n - 1)
    loss = (n - 1) * (2 * n - 1) / 6
    called.close_to(({"w": np.full((n, FEATURES), moved), "c": np.full(n, moved)}, np.full(n, loss)))


@check(
    "pmap_train_step",
    "correct",
    hint="With equal shards, the mean over devices of each device's mean is the mean over all rows; so it is with gradients.",
)
def test_pmap_train_step_equals_the_full_batch_step(learner: Learner, numbers: Numbers) -> None:
    params, batch, called = pmap_step(learner, numbers)
    called.close_to(pmap_oracle(params, batch, RATE), rtol=1e-4, atol=1e-5)


@check("pmap_train_step", "correct", hint=ANY_NUMBER)
def test_pmap_train_step_takes_any_number_of_devices(learner: Learner) -> None:
    names_no_number_of_devices(learner.pmap_train_step)


@check("pmap_train_step", "jit", hint="jnp throughout: learning_rate, too, may be traced.")
def test_pmap_train_step_compiles_once(learner: Learner, numbers: Numbers) -> None:
    problems = [pmap_problem(numbers) for _ in range(2)]
    calls = [
        (replicas, shards, rate) for (_, replicas, _, shards), rate in zip(problems, (RATE, 0.5), strict=True)
    ]
    results = compiles_once(learner.pmap_train_step.jit(), calls, leaks=False)
    for (params, _, batch, _), call, result in zip(problems, calls, results, strict=True):
        result.close_to(pmap_oracle(params, batch, call[2]), rtol=1e-4, atol=1e-5)


@check(
    "pmap_train_step",
    "jit",
    hint="jax.pmap(step, axis_name=...) runs step on every device, with its own rows. What must be the same everywhere "
    "goes through lax.pmean.",
)
def test_pmap_train_step_sends_gradients(learner: Learner, numbers: Numbers) -> None:
    _, replicas, _, shards = pmap_problem(numbers)
    compiled = learner.pmap_train_step.jit()
    must_sum_over_devices(compiled, replicas, shards, RATE, at_most=FEATURES + 2, each="gradients and a loss")


@check(
    "pmap_train_step",
    "jit",
    hint="What the mapped function reads from outside is whole on each device: hand x and y to it as arguments, a slice for each"
    " device.",
)
def test_pmap_train_step_splits_the_rows(learner: Learner, numbers: Numbers) -> None:
    _, replicas, _, shards = pmap_problem(numbers)
    compiled = learner.pmap_train_step.jit()
    each = f"{ROWS} rows of {FEATURES}"
    holds_no_more_than_its_part(compiled, replicas, shards, RATE, at_most=ROWS * FEATURES, each=each)
