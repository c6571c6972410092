"""The deeper look at shard_batch."""

from __future__ import annotations

import itertools

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day13_devices.shard_batch.checks import must_name_the_sizes, shards_oracle
from grader.days.day13_devices.shared import one_slice_on_each_device
from grader.toolkit import Learner, Numbers, check

DTYPES = (jnp.bfloat16, np.int8)


@check(
    "shard_batch",
    "deeper",
    hint=(
        "Any number of devices, and leaves of any dtype and shape, each with its own number of rows: leaf.reshape computes"
        " nothing."
    ),
)
def test_shard_batch_for_some_of_the_devices(learner: Learner, numbers: Numbers) -> None:
    n = min(3, jax.device_count())
    rows = [
        jnp.asarray(np.asarray(numbers.integers(0, 2, (2 * n, 1, 3, 1))).astype(dtype)) for dtype in DTYPES
    ]
    ends = np.resize(np.array([np.nan, 3e38, -np.inf, -0.0, 1e-7], np.float32), (2 * n, 1))
    batch = {
        "narrow": rows,
        "ends": jnp.asarray(ends),
        "one_each": (numbers.normal((n, n)), None, numbers.normal((3 * n, 2 * n))),
    }
    called = learner.shard_batch(batch, n)
    called.equals(shards_oracle(batch, n))
    one_slice_on_each_device(called, n)


@check(
    "shard_batch",
    "deeper",
    hint="Every leaf is asked for its rows, wherever it stands in the tree: leaf.shape[0] % n_devices.",
)
def test_shard_batch_refuses_in_each_place(learner: Learner, numbers: Numbers) -> None:
    n = min(3, jax.device_count())
    for place, rows in itertools.product(range(3), (n + 1, 2 * n - 1)):
        sizes = [rows if k == place else n for k in range(3)]
        leaves = [numbers.normal((size, n)) for size in sizes]
        must_name_the_sizes(learner.shard_batch, {"a": leaves[0], "b": leaves[1:]}, rows, n)


@check(
    "shard_batch",
    "deeper",
    hint="One device is a number of devices as any other: the new axis is there, and as long as 1.",
)
def test_shard_batch_for_one_device(learner: Learner) -> None:
    batch = {"x": jnp.array([1.0, 2.0])}
    called = learner.shard_batch(batch, 1)
    called.equals(shards_oracle(batch, 1))
    one_slice_on_each_device(called, 1)
