"""The deeper look at replicate."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day13_devices.shared import Tree, one_slice_on_each_device, replicas_oracle
from grader.toolkit import Learner, Numbers, check

DTYPES = (jnp.bfloat16, np.int8)


def of_many_dtypes(numbers: Numbers) -> Tree:
    """A tree with leaves of many dtypes and up to four axes, some of length one, and with a None in it."""
    narrow = [jnp.asarray(np.asarray(numbers.integers(0, 2, (1, 2, 1, 3))).astype(dtype)) for dtype in DTYPES]
    ends = {
        "nan": jnp.array([jnp.nan, -jnp.inf, -0.0, 1e-45]),
        "largest": jnp.asarray(np.array([2**32 - 1], np.uint32)),
    }
    return {"narrow": narrow, "ends": [ends, None]}


@check(
    "replicate",
    "deeper",
    hint="Any number of devices, and leaves of any dtype and shape: jnp.broadcast_to copies, and computes nothing.",
)
def test_replicate_on_some_of_the_devices(learner: Learner, numbers: Numbers) -> None:
    tree, n = of_many_dtypes(numbers), min(3, jax.device_count())
    called = learner.replicate(tree, n)
    called.equals(replicas_oracle(tree, n))
    one_slice_on_each_device(called, n)


@check(
    "replicate",
    "deeper",
    hint="One device is a number of devices as any other: the new axis is there, and as long as 1.",
)
def test_replicate_on_one_device(learner: Learner) -> None:
    tree = {"w": jnp.array([1.0, 2.0]), "b": jnp.array(3)}
    called = learner.replicate(tree, 1)
    called.equals(replicas_oracle(tree, 1))
    one_slice_on_each_device(called, 1)
