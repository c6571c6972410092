"""The deeper look at sample_mixture: exact laws, over many samples and many keys."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np

from grader.days.day03_random_keys.sample_mixture.checks import MEANS, STDS, components, parameters
from grader.days.day03_random_keys.shared import must_not_repeat, over_keys, shares_must_be
from grader.toolkit import Learner, Numbers, check, wide

SAMPLES = 2**18


@check(
    "sample_mixture",
    "deeper",
    hint="A component of weight exp(-inf) = 0 never comes up: add nothing to the weights, and clip nothing.",
)
def test_sample_mixture_never_draws_what_is_never_drawn(learner: Learner, numbers: Numbers) -> None:
    k, n = 4096, 1024
    log_weights, means = np.full(k, -np.inf), np.ones(k)
    log_weights[k // 3], means[k // 3] = 2.0, 0.0
    arguments = tuple(jnp.asarray(values, jnp.float32) for values in (log_weights, means, np.zeros(k)))
    sample = learner.sample_mixture.jit(static_argnames="n")
    for _ in range(2):
        sample(numbers.key(), *arguments, n=n).equals(np.zeros(n, np.float32))


@check("sample_mixture", "deeper", hint="Draw each component by itself; do not deal them out in proportion.")
def test_sample_mixture_counts_vary_by_chance(learner: Learner, numbers: Numbers) -> None:
    arguments = tuple(jnp.asarray(v, jnp.float32) for v in ([0.0, math.log(3)], [0.0, 1.0], [0.0, 0.0]))
    called = over_keys(learner.sample_mixture, numbers, 2**15, *arguments, 4)
    first, draws = (called.value == 0).sum(axis=1), len(called.value)
    shares = np.array([(first == count).mean() for count in range(5)])
    wanted = np.array([math.comb(4, c) * 0.25**c * 0.75 ** (4 - c) for c in range(5)])
    names = [f"the first component {count} times in 4 samples" for count in range(5)]
    shares_must_be(called, "has other counts", names, shares, wanted, draws)
    # Which of the four they are: each place has the same chance.
    shares, names = (called.value == 0).mean(axis=0), [f"the first component at {i}" for i in range(4)]
    shares_must_be(called, "has components of other weights", names, shares, np.full(4, 0.25), draws)


@check(
    "sample_mixture",
    "deeper",
    hint="out = mean + deviation * noise, with noise that knows nothing of the component that was drawn.",
)
def test_sample_mixture_has_its_exact_law(learner: Learner, numbers: Numbers) -> None:
    weights = np.array([0.003, 0.297, 0.7])
    sample = learner.sample_mixture.jit(static_argnames="n")
    called = sample(numbers.key(), *parameters(np.log(weights) - 7), n=SAMPLES)
    component, noise = components(called)
    names = [f"the component with mean {mean:g}" for mean in MEANS]
    shares = np.bincount(component, minlength=3) / SAMPLES
    shares_must_be(called, "has components of other weights", names, shares, weights, SAMPLES)
    must_not_repeat(called, "repeats its components", (component == 2) - 0.7, 0.21)
    must_not_repeat(called, "repeats its noise", np.sign(noise), 1.0)
    for bound in (0.0, 0.5, 1.0, 2.0, 3.0):
        above = 0.5 * math.erfc(bound / math.sqrt(2))
        for j in (1, 2):
            mine = noise[component == j]
            names = [f"more than {bound:g} deviations above", f"more than {bound:g} deviations below"]
            shares = np.array([(mine > bound).mean(), (mine < -bound).mean()])
            complaint = f"is wrong in component {j}, seen as (x - {MEANS[j]:g}) / {STDS[j]:g}"
            shares_must_be(called, complaint, names, shares, np.full(2, above), len(mine))


@check("sample_mixture", "deeper", hint="One component is a mixture, too: a normal distribution.")
def test_sample_mixture_of_one(learner: Learner, numbers: Numbers) -> None:
    arguments = (jnp.array([-1e4]), jnp.array([2.5]), jnp.array([0.0]))
    sample = learner.sample_mixture.jit(static_argnames="n")
    sample(numbers.key(), *arguments, n=3).equals(np.full(3, 2.5, np.float32))


@check("sample_mixture", "deeper", hint="Deviations count with all the digits that float32 has.")
def test_sample_mixture_keeps_the_digits_of_a_deviation(learner: Learner, numbers: Numbers) -> None:
    std, n = 1.00390625, 2**22  # half a step of bfloat16 above 1
    arguments = (jnp.array([0.0]), jnp.array([0.0]), jnp.array([std]))
    called = learner.sample_mixture.jit(static_argnames="n")(numbers.key(), *arguments, n=n)
    came, chance = float(np.std(wide(called.value))), 7 * std / math.sqrt(2 * n)
    called.require(
        abs(came - std) <= chance,
        "has another deviation",
        expected=f"{std} (by chance up to {chance:.1g} more or less)",
        got=f"{came:.6g}",
    )
