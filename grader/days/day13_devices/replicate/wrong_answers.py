"""Plausible mistakes in replicate; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType
from grader.kata.answers import caught_by
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

# replicate


@caught_by("correct", "by_hand")
def replicate__list(tree, n_devices):
    """Makes a list of trees, not a tree of stacked leaves."""
    return [tree] * n_devices


@caught_by("correct", "by_hand")
def replicate__repeats_rows(tree, n_devices):
    """Repeats along the axis that is there: no new one."""
    return jax.tree.map(lambda leaf: jnp.tile(leaf, n_devices), tree)


@caught_by("correct", "by_hand")
def replicate__last_axis(tree, n_devices):
    """Puts the devices into the last axis."""
    return jax.tree.map(lambda leaf: jnp.stack([leaf] * n_devices, axis=-1), tree)


@caught_by("correct", "by_hand")
def replicate__sharding_alone(tree, n_devices):
    """Puts a whole copy on each device, and adds no axis: right for jit, not for pmap."""
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("devices",))
    return jax.device_put(tree, NamedSharding(mesh, P()))


@caught_by("correct", "keeps_trees_and_dtypes")
def replicate__floats(tree, n_devices):
    """Adds to zeros: what is true or false becomes a number."""
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("devices",))

    def copies(leaf):
        return leaf + jnp.zeros((n_devices, *leaf.shape), jnp.int8)

    return jax.device_put(jax.tree.map(copies, tree), NamedSharding(mesh, P("devices")))


@caught_by("correct", "puts_a_copy_on_each_device")
def replicate__one_device(tree, n_devices):
    """Stacks the copies and leaves them all on the first device."""
    return jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (n_devices, *jnp.shape(leaf))), tree)


@caught_by("correct", "puts_a_copy_on_each_device")
def replicate__all_copies_everywhere(tree, n_devices):
    """Puts the whole stack on each device."""
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("devices",))
    stacked = jax.tree.map(lambda leaf: jnp.stack([leaf] * n_devices), tree)
    return jax.device_put(stacked, NamedSharding(mesh, P()))


@caught_by("correct", "takes_fewer_devices")
def replicate__all_devices(tree, n_devices):
    """Builds the mesh of all devices, however many copies there are."""
    mesh = Mesh(np.array(jax.devices()), ("devices",))
    stacked = jax.tree.map(lambda leaf: jnp.stack([leaf] * n_devices), tree)
    return jax.device_put(stacked, NamedSharding(mesh, P("devices")))


@caught_by("jit", "compiles_once")
def replicate__numpy(tree, n_devices):
    """Stacks in NumPy, which sees no tracers."""
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("devices",))
    stacked = jax.tree.map(lambda leaf: np.stack([np.asarray(leaf)] * n_devices), tree)
    return jax.device_put(stacked, NamedSharding(mesh, P("devices")))


@caught_by("correct", "by_hand")
def replicate__stack_of_device_puts(tree, n_devices):
    """Puts a copy on each device first, and stacks those."""
    devices = jax.devices()[:n_devices]
    return jax.tree.map(lambda leaf: jnp.stack([jax.device_put(leaf, device) for device in devices]), tree)


@caught_by("correct", "keeps_trees_and_dtypes")
def replicate__drops_axes_of_one(tree, n_devices):
    """Drops the axis of arrays of one element."""
    devices = jax.devices()[:n_devices]
    mesh = jax.make_mesh((n_devices,), ("devices",), axis_types=(AxisType.Auto,), devices=devices)

    def copies(leaf):
        return (
            jnp.broadcast_to(leaf, (n_devices, *jnp.shape(leaf)))
            if jnp.shape(leaf) != (1,)
            else jnp.broadcast_to(leaf[0], (n_devices,))
        )

    return jax.device_put(jax.tree.map(copies, tree), NamedSharding(mesh, P("devices")))


@caught_by("deeper", "on_one_device")
def replicate__one_as_it_is(tree, n_devices):
    """Leaves a tree for one device as it is."""
    if n_devices == 1:
        return tree
    devices = jax.devices()[:n_devices]
    mesh = jax.make_mesh((n_devices,), ("devices",), axis_types=(AxisType.Auto,), devices=devices)

    def copies(leaf):
        return jnp.broadcast_to(leaf, (n_devices, *jnp.shape(leaf)))

    return jax.device_put(jax.tree.map(copies, tree), NamedSharding(mesh, P("devices")))
