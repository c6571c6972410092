"""Checks of shard_batch."""

from __future__ import annotations

import re
import textwrap

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day13_devices.shared import Tree, one_slice_on_each_device
from grader.toolkit import Handle, Kind, Learner, Numbers, agrees_once, check, raised


def batch_of(numbers: Numbers, rows: int) -> Tree:
    """Leaves of one axis and of two; of these the second is as long as there are devices."""
    n = jax.device_count()
    return {"image": numbers.normal((rows, n)), "label": numbers.integers(2**24, 2**30, rows)}


def shards_oracle(batch: Tree, n_devices: int) -> Tree:
    return jax.tree.map(lambda leaf: np.stack(np.split(np.asarray(leaf), n_devices)), batch)


@check(
    "shard_batch",
    "correct",
    hint="Consecutive rows stay together: leaf.reshape(n_devices, rows_of_a_device, *leaf.shape[1:]).",
)
def test_shard_batch_by_hand(learner: Learner) -> None:
    n = jax.device_count()
    expected = {"x": np.array([[2.0 * k, 2.0 * k + 1] for k in range(n)])}
    learner.shard_batch({"x": jnp.arange(2.0 * n)}, n).close_to(expected)


@check(
    "shard_batch", "correct", hint="Only the first axis is cut, of each leaf; the others, and dtypes, stay."
)
def test_shard_batch_cuts_every_leaf(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    batch = batch_of(numbers, 3 * n)
    learner.shard_batch(batch, n).close_to(shards_oracle(batch, n))


@check(
    "shard_batch",
    "correct",
    hint="Look at leaf.shape[0] % n_devices of every leaf before anything is cut, and raise ValueError with both "
    'numbers in its text: f"{rows} rows cannot be dealt out to {n_devices} devices evenly".',
)
def test_shard_batch_refuses_uneven_batches(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    for batch, rows in (
        ({"x": numbers.normal((2 * n + 1, n))}, 2 * n + 1),
        ({"x": numbers.normal((1, 2))}, 1),
        ({"a": numbers.normal(2 * n), "x": numbers.normal(3 * n - 1)}, 3 * n - 1),
        ({"a": numbers.normal(3 * n - 1), "x": numbers.normal(2 * n)}, 3 * n - 1),
    ):
        must_name_the_sizes(learner.shard_batch, batch, rows, n)


def must_name_the_sizes(handle: Handle, batch: Tree, rows: int, n_devices: int) -> None:
    """An uneven batch raises a ValueError whose text holds both numbers. Raises WrongAnswer."""

    def attempt() -> str:
        try:
            handle.function(batch, n_devices)
        except NotImplementedError:
            raise
        except Exception as error:
            first = (str(error).strip().splitlines() or [""])[0]
            named = {str(rows), str(n_devices)} <= set(re.findall(r"\d+", str(error)))
            short = textwrap.shorten(first, 60, placeholder=" …")
            return "" if isinstance(error, ValueError) and named else f"{type(error).__name__}: {short}"
        return "a result, as if all were well"

    called = handle.using(f"{handle.name}(a batch with {rows} rows in a leaf, {n_devices})", attempt)
    called.require(
        not called.value,
        "must be refused",
        expected=f"ValueError, with the numbers {rows} and {n_devices} in its text",
        got=called.value,
        kind=Kind.NOT_REFUSED,
    )


@check(
    "shard_batch",
    "correct",
    hint="The values are right, and all of them are in one place. jax.device_put(shards, NamedSharding(mesh, "
    'P("devices"))) spreads the first axis over the mesh: one slice on each device.',
)
def test_shard_batch_puts_a_shard_on_each_device(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    batch = batch_of(numbers, 3 * n)
    one_slice_on_each_device(learner.shard_batch(batch, n).close_to(shards_oracle(batch, n)), n)


@check(
    "shard_batch",
    "correct",
    hint="n_devices is smaller than jax.device_count() here: build the mesh of jax.devices()[:n_devices], not of all.",
    answers=raised("ValueError"),
)
def test_shard_batch_takes_fewer_devices(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count() // 2
    batch = batch_of(numbers, 3 * jax.device_count() // n * n)
    called = learner.shard_batch(batch, n).close_to(shards_oracle(batch, n))
    one_slice_on_each_device(called, n)


@check("shard_batch", "jit", hint="Sizes are known while JAX traces; the values are not needed.")
def test_shard_batch_compiles_once(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    batches = [batch_of(numbers, 3 * n) for _ in range(2)]
    compiled = learner.shard_batch.jit(static_argnames="n_devices")
    agrees_once(compiled, [(batch,) for batch in batches], shards_oracle, leaks=False, n_devices=n)
