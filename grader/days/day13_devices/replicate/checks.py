"""Checks of replicate."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day13_devices.shared import FEATURES, Tree, one_slice_on_each_device, replicas_oracle
from grader.toolkit import Learner, Numbers, agrees_once, check, raised


def one_leaf_each(numbers: Numbers) -> Tree:
    """A tree with arrays of no axis to three, axes of length one among them, and counts that no float holds."""
    return {
        "layers": (numbers.normal((1, FEATURES, 1)), numbers.normal(1)),
        "step": numbers.integers(2**24, 2**30),
        "used": numbers.booleans((FEATURES, 2)),
    }


@check(
    "replicate",
    "correct",
    hint="Each leaf gets a new first axis of n_devices equal slices: jnp.broadcast_to(leaf, (n_devices, *leaf.shape)).",
)
def test_replicate_by_hand(learner: Learner) -> None:
    n = jax.device_count()
    tree = {"w": jnp.array([1.0, 2.0]), "b": jnp.array(3)}
    expected = {"w": np.array([[1.0, 2.0]] * n), "b": np.array([3] * n)}
    learner.replicate(tree, n).close_to(expected)


@check("replicate", "correct", hint="The tree keeps its form, and each leaf its dtype: jax.tree.map.")
def test_replicate_keeps_trees_and_dtypes(learner: Learner, numbers: Numbers) -> None:
    tree = one_leaf_each(numbers)
    n = jax.device_count()
    learner.replicate(tree, n).close_to(replicas_oracle(tree, n))


@check(
    "replicate",
    "correct",
    hint="The values are right, and all of them are in one place. jax.device_put(copies, NamedSharding(mesh, "
    'P("devices"))) spreads the first axis over the mesh: one slice on each device.',
)
def test_replicate_puts_a_copy_on_each_device(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    tree = one_leaf_each(numbers)
    one_slice_on_each_device(learner.replicate(tree, n).close_to(replicas_oracle(tree, n)), n)


@check(
    "replicate",
    "correct",
    hint="n_devices is smaller than jax.device_count() here: build the mesh of jax.devices()[:n_devices], not of all.",
    answers=raised("ValueError"),
)
def test_replicate_takes_fewer_devices(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count() // 2
    tree = {"w": numbers.normal((FEATURES, 2))}
    called = learner.replicate(tree, n).close_to(replicas_oracle(tree, n))
    one_slice_on_each_device(called, n)


@check("replicate", "jit", hint="Shapes and n_devices are known while JAX traces; the values are not needed.")
def test_replicate_compiles_once(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    trees = [one_leaf_each(numbers) for _ in range(2)]
    compiled = learner.replicate.jit(static_argnames="n_devices")
    agrees_once(compiled, [(tree,) for tree in trees], replicas_oracle, leaks=False, n_devices=n)
