"""Other honest ways to write replicate; each must pass every check."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

# replicate


def replicate__pmap(tree, n_devices):
    """Lets a pmap without a mapped tree make the copies."""
    return jax.pmap(lambda _, tree: tree, in_axes=(0, None))(jnp.arange(n_devices), tree)


def replicate__stack(tree, n_devices):
    """Stacks the leaf with itself, on a mesh made by hand."""
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("i",))
    stacked = jax.tree.map(lambda leaf: jnp.stack([leaf] * n_devices), tree)
    return jax.tree.map(lambda leaf: jax.device_put(leaf, NamedSharding(mesh, P("i"))), stacked)


def replicate__explicit(tree, n_devices):
    """Takes the axes that make_mesh gives unasked."""
    mesh = jax.make_mesh((n_devices,), ("i",), devices=jax.devices()[:n_devices])
    copies = jax.tree.map(lambda leaf: jnp.repeat(leaf[None], n_devices, axis=0), tree)
    return jax.device_put(copies, NamedSharding(mesh, P("i")))


def replicate__shards(tree, n_devices):
    """Puts a slice on each device and joins them to one array; under jit the values are made by broadcasting."""
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("i",))
    sharding = NamedSharding(mesh, P("i"))

    def copies(leaf):
        whole = jnp.tile(leaf[None], (n_devices,) + (1,) * leaf.ndim)
        return jax.device_put(whole, sharding)

    return jax.tree.map(copies, tree)


def replicate__vmap(tree, n_devices):
    """Maps the identity over nothing but the number of devices."""
    mesh = jax.sharding.Mesh(np.asarray(jax.devices()[:n_devices]), ("copies",))
    many = jax.vmap(lambda _: tree)(jnp.arange(n_devices))
    return jax.device_put(many, NamedSharding(mesh, P("copies")))


def replicate__concatenate(tree, n_devices):
    """Joins leaves with a new first axis."""
    leaves, structure = jax.tree.flatten(tree)
    mesh = jax.make_mesh((n_devices,), ("d",), devices=jax.devices()[:n_devices])
    rows = NamedSharding(mesh, P("d"))
    joined = [jnp.concatenate([jnp.expand_dims(leaf, 0)] * n_devices, axis=0) for leaf in leaves]
    return jax.tree.unflatten(structure, [jax.device_put(leaf, rows) for leaf in joined])
