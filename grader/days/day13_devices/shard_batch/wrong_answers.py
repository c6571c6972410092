"""Plausible mistakes in shard_batch; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType
from grader.kata.answers import caught_by
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

# shard_batch


@caught_by("correct", "by_hand")
def shard_batch__strides(batch, n_devices):
    """Deals rows out like cards: the first row to the first device, the second to the second."""
    for leaf in jax.tree.leaves(batch):
        if len(leaf) % n_devices:
            raise ValueError(f"{len(leaf)} rows, {n_devices} devices")
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("i",))
    parts = jax.tree.map(lambda leaf: leaf.reshape(-1, n_devices, *leaf.shape[1:]).swapaxes(0, 1), batch)
    return jax.device_put(parts, NamedSharding(mesh, P("i")))


@caught_by("correct", "by_hand")
def shard_batch__no_axis(batch, n_devices):
    """Splits by a sharding alone: right for jit, but pmap wants an axis of devices."""
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("i",))
    return jax.device_put(batch, NamedSharding(mesh, P("i")))


@caught_by("correct", "by_hand")
def shard_batch__list(batch, n_devices):
    """Returns lists of parts."""
    return jax.tree.map(lambda leaf: jnp.split(leaf, n_devices), batch)


@caught_by("correct", "cuts_every_leaf")
def shard_batch__flattens(batch, n_devices):
    """Runs the other axes together."""
    for leaf in jax.tree.leaves(batch):
        if len(leaf) % n_devices:
            raise ValueError(f"{len(leaf)} rows, {n_devices} devices")
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("i",))
    return jax.device_put(
        jax.tree.map(lambda leaf: leaf.reshape(n_devices, -1), batch), NamedSharding(mesh, P("i"))
    )


@caught_by("correct", "refuses_uneven_batches")
def shard_batch__no_check(batch, n_devices):
    """Leaves the error to reshape, which speaks of something else."""
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("i",))
    parts = jax.tree.map(lambda leaf: leaf.reshape(n_devices, -1, *leaf.shape[1:]), batch)
    return jax.device_put(parts, NamedSharding(mesh, P("i")))


@caught_by("correct", "refuses_uneven_batches")
def shard_batch__drops_rows(batch, n_devices):
    """Cuts off what does not fit, and says nothing."""
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("i",))

    def part(leaf):
        b = len(leaf) // n_devices
        return leaf[: b * n_devices].reshape(n_devices, b, *leaf.shape[1:])

    return jax.device_put(jax.tree.map(part, batch), NamedSharding(mesh, P("i")))


@caught_by("correct", "refuses_uneven_batches")
def shard_batch__fills_up(batch, n_devices):
    """Fills the last shard up with zeros."""
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("i",))

    def part(leaf):
        missing = -len(leaf) % n_devices
        leaf = jnp.pad(leaf, ((0, missing), *[(0, 0)] * (leaf.ndim - 1)))
        return leaf.reshape(n_devices, -1, *leaf.shape[1:])

    return jax.device_put(jax.tree.map(part, batch), NamedSharding(mesh, P("i")))


@caught_by("correct", "refuses_uneven_batches")
def shard_batch__assert(batch, n_devices):
    """Asserts, without a word."""
    for leaf in jax.tree.leaves(batch):
        assert len(leaf) % n_devices == 0
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("i",))
    parts = jax.tree.map(lambda leaf: leaf.reshape(n_devices, -1, *leaf.shape[1:]), batch)
    return jax.device_put(parts, NamedSharding(mesh, P("i")))


@caught_by("correct", "refuses_uneven_batches")
def shard_batch__says_nothing(batch, n_devices):
    """Raises the right error with no numbers in it."""
    for leaf in jax.tree.leaves(batch):
        if len(leaf) % n_devices:
            raise ValueError("uneven batch")
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("i",))
    parts = jax.tree.map(lambda leaf: leaf.reshape(n_devices, -1, *leaf.shape[1:]), batch)
    return jax.device_put(parts, NamedSharding(mesh, P("i")))


@caught_by("correct", "refuses_uneven_batches")
def shard_batch__first_leaf(batch, n_devices):
    """Looks at the first leaf alone."""
    rows = len(jax.tree.leaves(batch)[0])
    if rows % n_devices:
        raise ValueError(f"{rows} rows, {n_devices} devices")
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("i",))
    parts = jax.tree.map(lambda leaf: leaf.reshape(n_devices, -1, *leaf.shape[1:]), batch)
    return jax.device_put(parts, NamedSharding(mesh, P("i")))


@caught_by("correct", "puts_a_shard_on_each_device")
def shard_batch__one_device(batch, n_devices):
    """Reshapes, and leaves all on one device."""
    for leaf in jax.tree.leaves(batch):
        if len(leaf) % n_devices:
            raise ValueError(f"{len(leaf)} rows, {n_devices} devices")
    return jax.tree.map(lambda leaf: leaf.reshape(n_devices, -1, *leaf.shape[1:]), batch)


@caught_by("correct", "takes_fewer_devices")
def shard_batch__all_devices(batch, n_devices):
    """Builds the mesh of all devices, however many are asked for."""
    for leaf in jax.tree.leaves(batch):
        if len(leaf) % n_devices:
            raise ValueError(f"{len(leaf)} rows, {n_devices} devices")
    mesh = Mesh(np.array(jax.devices()), ("i",))
    parts = jax.tree.map(lambda leaf: leaf.reshape(n_devices, -1, *leaf.shape[1:]), batch)
    return jax.device_put(parts, NamedSharding(mesh, P("i")))


@caught_by("jit", "compiles_once")
def shard_batch__looks_at_values(batch, n_devices):
    """Refuses NaNs on the way: a Python branch on values."""
    for leaf in jax.tree.leaves(batch):
        if len(leaf) % n_devices:
            raise ValueError(f"{len(leaf)} rows, {n_devices} devices")
        if jnp.isnan(leaf).any():
            raise ValueError("NaN in the batch")
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("i",))
    parts = jax.tree.map(lambda leaf: leaf.reshape(n_devices, -1, *leaf.shape[1:]), batch)
    return jax.device_put(parts, NamedSharding(mesh, P("i")))


@caught_by("correct", "cuts_every_leaf")
def shard_batch__cuts_columns(batch, n_devices):
    """Cuts the columns of matrices."""
    for leaf in jax.tree.leaves(batch):
        if leaf.shape[0] % n_devices:
            raise ValueError(f"{leaf.shape[0]} rows cannot be dealt out to {n_devices} devices evenly")
    devices = jax.devices()[:n_devices]
    mesh = jax.make_mesh((n_devices,), ("devices",), axis_types=(AxisType.Auto,), devices=devices)

    def parts(leaf):
        if leaf.ndim == 2 and leaf.shape[1] % n_devices == 0:
            return jnp.stack(jnp.split(leaf, n_devices, axis=1))
        return leaf.reshape(n_devices, -1, *leaf.shape[1:])

    return jax.device_put(jax.tree.map(parts, batch), NamedSharding(mesh, P("devices")))


@caught_by("correct", "refuses_uneven_batches")
def shard_batch__divides_the_size(batch, n_devices):
    """Asks whether the devices divide the number of elements."""
    for leaf in jax.tree.leaves(batch):
        if leaf.size % n_devices:
            raise ValueError(f"{leaf.shape[0]} rows cannot be dealt out to {n_devices} devices evenly")
    devices = jax.devices()[:n_devices]
    mesh = jax.make_mesh((n_devices,), ("devices",), axis_types=(AxisType.Auto,), devices=devices)

    def parts(leaf):
        return leaf.reshape(n_devices, -1, *leaf.shape[1:])

    return jax.device_put(jax.tree.map(parts, batch), NamedSharding(mesh, P("devices")))


@caught_by("deeper", "for_some_of_the_devices")
def shard_batch__mends_nan(batch, n_devices):
    """Makes 0 of what is NaN in the rows."""
    for leaf in jax.tree.leaves(batch):
        if leaf.shape[0] % n_devices:
            raise ValueError(f"{leaf.shape[0]} rows cannot be dealt out to {n_devices} devices evenly")
    mesh = jax.make_mesh((n_devices,), ("devices",), axis_types=(AxisType.Auto,))

    def parts(leaf):
        return jnp.nan_to_num(leaf.reshape(n_devices, -1, *leaf.shape[1:]))

    return jax.device_put(jax.tree.map(parts, batch), NamedSharding(mesh, P("devices")))


@caught_by("deeper", "for_one_device")
def shard_batch__one_as_it_is(batch, n_devices):
    """Leaves a batch for one device as it is."""
    for leaf in jax.tree.leaves(batch):
        if leaf.shape[0] % n_devices:
            raise ValueError(f"{leaf.shape[0]} rows cannot be dealt out to {n_devices} devices evenly")
    if n_devices == 1:
        return batch
    devices = jax.devices()[:n_devices]
    mesh = jax.make_mesh((n_devices,), ("devices",), axis_types=(AxisType.Auto,), devices=devices)

    def parts(leaf):
        return leaf.reshape(n_devices, -1, *leaf.shape[1:])

    return jax.device_put(jax.tree.map(parts, batch), NamedSharding(mesh, P("devices")))
