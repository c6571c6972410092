"""Checks of sample_mixture."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.days.day03_random_keys.shared import (
    must_be_standard_normal,
    must_differ,
    must_have_shape,
    must_not_repeat,
    reuses_no_key,
    shares_must_be,
)
from grader.toolkit import Array, Called, Learner, Numbers, agrees_once, check, same_size_for, wide

SAMPLES = 1000
MEANS = np.array([-1000.0, 1000.0, 3000.0])
STDS = np.array([0.1, 1.0, 10.0])
WEIGHTS = np.array([0.1, 0.2, 0.7])


def parameters(log_weights: Array, stds: Array = STDS) -> tuple[Any, ...]:
    """log_weights, means and stds as JAX arrays."""
    return tuple(jnp.asarray(values, jnp.float32) for values in (log_weights, MEANS, stds))


def mixture(learner: Learner, numbers: Numbers, log_weights: Array, stds: Array = STDS) -> Called:
    """A thousand samples of three components far from each other."""
    called = learner.sample_mixture(numbers.key(), *parameters(log_weights, stds), SAMPLES)
    must_have_shape(called, (SAMPLES,))
    return called.finite()


def components(called: Called) -> tuple[Array, Array]:
    """The component of each sample, and its distance in deviations. Raises WrongAnswer for a stray."""
    values = wide(called.value)
    component = np.argmin(np.abs(values[:, None] - MEANS), axis=1)
    # Deviations of more than 30 do not occur; 200 leaves room for every mistake about STDS.
    stray = np.abs(values - MEANS[component]) > 200
    if stray.any():
        place = int(np.argmax(stray))
        called.require(
            False,
            "belongs to no component",
            expected="a sample near one of the means -1000, 1000, 3000",
            got=f"{values[place]:.5g}",
            hint="Choose one component for each sample; do not average means.",
            where=(place,),
        )
    return component, (values - MEANS[component]) / STDS[component]


@check(
    "sample_mixture",
    "correct",
    hint="The log weights are logarithms already, and go into jax.random.categorical as they are. Here they leave one component "
    "alone, whose deviation is 0: every sample is its mean.",
)
def test_sample_mixture_by_hand(learner: Learner, numbers: Numbers) -> None:
    called = mixture(learner, numbers, np.array([-np.inf, 3.0, -np.inf]), 0 * STDS)
    called.equals(np.full(SAMPLES, 1000, np.float32))


@check("sample_mixture", "correct", hint="jax.random.categorical takes log weights as they are.")
def test_sample_mixture_components_have_their_weights(learner: Learner, numbers: Numbers) -> None:
    called = mixture(learner, numbers, np.log(WEIGHTS) + 3)
    component = components(called)[0]
    called.require(
        len(set(component)) > 1,
        "draws one component for all samples",
        expected="a choice for each sample",
        got=f"the component with mean {MEANS[component[0]]:g} in all",
        hint="A choice for each sample: give categorical the shape (n,), and the log weights as they are. Exponentiated, the "
        "heaviest wins always.",
    )
    shares = np.bincount(component, minlength=3) / SAMPLES
    names = [f"the component with mean {mean:g}" for mean in MEANS]
    shares_must_be(called, "has components of other weights", names, shares, WEIGHTS, SAMPLES)


@check(
    "sample_mixture",
    "correct",
    hint="A sample is its component's mean plus its component's deviation times its own normal.",
)
def test_sample_mixture_components_have_their_spread(learner: Learner, numbers: Numbers) -> None:
    called = mixture(learner, numbers, np.log(WEIGHTS))
    component, noise = components(called)
    for j in range(3):
        complaint = f"is wrong in component {j}, seen as (x - {MEANS[j]:g}) / {STDS[j]:g}"
        must_be_standard_normal(called, complaint, noise[component == j])


@check("sample_mixture", "correct", hint="Choose a component and draw noise for each sample by itself.")
def test_sample_mixture_samples_are_independent(learner: Learner, numbers: Numbers) -> None:
    called = mixture(learner, numbers, np.log(WEIGHTS))
    component, noise = components(called)
    share = WEIGHTS[2]
    must_not_repeat(called, "repeats its components", (component == 2) - share, share * (1 - share))
    must_not_repeat(called, "repeats its noise", np.sign(noise), 1.0)


@check(
    "sample_mixture",
    "correct",
    hint="Do not exponentiate raw log weights; work with logs, or subtract the largest first.",
)
def test_sample_mixture_survives_huge_log_weights(learner: Learner, numbers: Numbers) -> None:
    names = [f"the component with mean {mean:g}" for mean in MEANS]
    for log_weights, wanted in (
        ([1e4, 1e4, -1e4], [0.5, 0.5, 0.0]),
        ([-np.inf, -1e4, -1e4], [0.0, 0.5, 0.5]),
    ):
        called = mixture(learner, numbers, np.array(log_weights))
        shares = np.bincount(components(called)[0], minlength=3) / SAMPLES
        called.require(
            wanted[0] > 0 or shares[0] == 0,
            "draws what has a weight of -inf",
            expected=f"never {names[0]}",
            got=f"it in {100 * shares[0]:.3g} % of {SAMPLES:,} draws",
            hint="Leave -inf as it is: beside weights of -10000 a number such as -10000 in its place is as likely as they are.",
        )
        shares_must_be(called, "has components of other weights", names, shares, np.array(wanted), SAMPLES)


@check("sample_mixture", "correct", hint="Every draw must come from the key that is given.")
def test_sample_mixture_other_key_other_draw(learner: Learner, numbers: Numbers) -> None:
    must_differ(mixture(learner, numbers, np.log(WEIGHTS)), mixture(learner, numbers, np.log(WEIGHTS)))


@check("sample_mixture", "jit", hint="Weights are traced: a component of weight 0 needs no special case.")
def test_sample_mixture_compiles_once(learner: Learner, numbers: Numbers) -> None:
    # No Gumbel noise of float32 makes up for 40: another rounding under jit cannot change a component.
    calls = [
        (numbers.key(), *parameters(40.0 * np.arange(3))),
        (numbers.key(), *parameters(np.array([0, -np.inf, 40]))),
    ]
    agrees_once(
        learner.sample_mixture.jit(static_argnames="n"),
        calls,
        lambda *arguments, n: learner.sample_mixture(*arguments, n).value,
        n=8,
    )


@check("sample_mixture", "jit", hint="One call of categorical and one of normal draw all n at once.")
def test_sample_mixture_loops_stay_loops(learner: Learner, numbers: Numbers) -> None:
    arguments = (numbers.key(), numbers.normal(3), numbers.normal(3), numbers.uniform(1, 2, 3))
    same_size_for(learner.sample_mixture.jit(static_argnames="n"), (*arguments, 8), (*arguments, 32))


@check(
    "sample_mixture",
    "jit",
    hint="Two draws need two keys, or the component and its noise come from the same bits.",
)
def test_sample_mixture_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    arguments = (numbers.normal(3), numbers.normal(3), numbers.uniform(1, 2, 3))
    reuses_no_key(learner.sample_mixture, numbers.key(), *arguments, n=8)
