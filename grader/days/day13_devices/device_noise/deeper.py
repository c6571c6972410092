"""The deeper look at device_noise."""

from __future__ import annotations

import math
import statistics

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day13_devices.device_noise.checks import SHAPE
from grader.toolkit import RISK, Learner, Numbers, check

CELLS = 16
N_KEYS = 24
EDGES = np.array([statistics.NormalDist().inv_cdf(k / CELLS) for k in range(1, CELLS)])


@check(
    "device_noise",
    "deeper",
    hint="jax.random.normal(key, shape), with a key of its own for each device, and nothing done to it.",
)
def test_device_noise_has_the_shares_of_normals(learner: Learner, numbers: Numbers) -> None:
    draw = learner.device_noise.jit(static_argnames="shape")
    called = draw(numbers.key(), shape=SHAPE)
    values = np.stack([np.asarray(draw.function(numbers.key(), shape=SHAPE)) for _ in range(N_KEYS)])
    counts = np.bincount(np.searchsorted(EDGES, values.ravel()), minlength=CELLS)
    usual = values.size / CELLS
    degrees, tail = CELLS - 1, -math.log(RISK)
    far = int(np.argmax(np.abs(counts - usual)))
    low, high = (["-inf", *(f"{edge:.2f}" for edge in EDGES), "inf"][far + k] for k in range(2))
    # Chi-squared, and the bound of Laurent and Massart for its tail; float32 numbers have edges of their own.
    called.require(
        float(np.sum((counts - usual) ** 2) / usual)
        < 1.5 * (degrees + 2 * math.sqrt(degrees * tail) + 2 * tail),
        "is not distributed as standard normals are",
        expected=f"1 of {CELLS} numbers between {low} and {high}",
        got=f"{CELLS * counts[far] / values.size:.4g} of {CELLS}",
    )


@check(
    "device_noise",
    "deeper",
    hint="All of the key decides: split(key, n) or fold_in(key, k) use every bit of it, and another key gives other numbers.",
)
def test_device_noise_repeats_for_no_key(learner: Learner, numbers: Numbers) -> None:
    draw, n_keys = learner.device_noise.jit(static_argnames="shape"), 400
    called = draw(numbers.key(), shape=(2,))
    words = np.asarray(numbers.integers(0, 2**31 - 1, (n_keys, 2))).astype(np.uint32)
    keys = [jax.random.wrap_key_data(jnp.asarray(word)) for word in words]
    # Two numbers of 23 bits each and more: by chance none comes twice, of so many.
    rows = np.concatenate([np.asarray(draw.function(key, shape=(2,))) for key in keys])
    different = len({row.tobytes() for row in rows})
    called.require(
        different == len(rows),
        "repeats what was drawn for another key, or on another device",
        expected=f"other numbers for {n_keys} keys on each of {jax.device_count()} devices",
        got=f"{different} different ones among {len(rows)}",
    )


@check(
    "device_noise",
    "deeper",
    hint="The key decides, and nothing else: no count of calls, no clock, and no key that is kept from an earlier call.",
)
def test_device_noise_is_the_same_at_each_call(learner: Learner, numbers: Numbers) -> None:
    learner.device_noise(numbers.key(), (2,))  # the first call of a handle is made twice, and compared
