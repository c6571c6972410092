"""Other honest ways to write sharded_train_step; each must pass every check."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

# sharded_train_step


def sharded_train_step__inner_jit(params, x, y, learning_rate):
    """Compiles with in_shardings and out_shardings."""
    mesh = jax.make_mesh((jax.device_count(),), ("data",), axis_types=(AxisType.Auto,))
    rows, whole = NamedSharding(mesh, P("data")), NamedSharding(mesh, P())

    @partial(jax.jit, in_shardings=(whole, rows, rows, whole), out_shardings=whole)
    def step(params, x, y, learning_rate):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = jax.value_and_grad(loss)(params)
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    return step(params, x, y, learning_rate)


def sharded_train_step__two_axes(params, x, y, learning_rate):
    """A mesh of two axes, one of them of size 1, and the parameters constrained, too."""
    mesh = Mesh(np.array(jax.devices()).reshape(-1, 1), ("data", "model"))
    whole = NamedSharding(mesh, P())
    x = lax.with_sharding_constraint(x, NamedSharding(mesh, P("data", None)))
    y = lax.with_sharding_constraint(y, NamedSharding(mesh, P("data")))
    params = lax.with_sharding_constraint(params, whole)
    residual = x @ params["w"] + params["c"] - y
    gradients = {"w": 2 * (residual[:, None] * x).mean(0), "c": 2 * residual.mean()}
    new = jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients)
    return lax.with_sharding_constraint(new, whole), lax.with_sharding_constraint((residual**2).mean(), whole)


def sharded_train_step__given_mesh(params, x, y, learning_rate):
    """Constrains each array by itself, and the parameters on the way in, too."""
    mesh = Mesh(np.array(jax.devices()), ("rows",))
    x = lax.with_sharding_constraint(x, NamedSharding(mesh, P("rows", None)))
    y = lax.with_sharding_constraint(y, NamedSharding(mesh, P("rows")))
    params = lax.with_sharding_constraint(params, NamedSharding(mesh, P()))
    value, pull_back = jax.vjp(lambda p: ((x @ p["w"] + p["c"] - y) ** 2).sum() / len(y), params)
    (gradients,) = pull_back(jnp.ones_like(value))
    new = {name: params[name] - learning_rate * gradients[name] for name in params}
    return jax.tree.map(
        lambda leaf: lax.with_sharding_constraint(leaf, NamedSharding(mesh, P())), (new, value)
    )


def sharded_train_step__one_constraint_each(params, x, y, learning_rate):
    """A named loss with the data as arguments, and a constraint on a tree of specs."""
    mesh = Mesh(np.asarray(jax.devices()), ("d",))

    def lies(tree, spec):
        return jax.tree.map(lambda leaf: lax.with_sharding_constraint(leaf, NamedSharding(mesh, spec)), tree)

    def loss(params, x, y):
        return jnp.mean(jnp.square(jnp.einsum("md,d->m", x, params["w"]) + params["c"] - y))

    value, gradients = jax.value_and_grad(loss)(params, *lies((x, y), P("d")))
    return lies(jax.tree.map(lambda p, g: p - g * learning_rate, params, gradients), P()), lies(value, P())


def sharded_train_step__pullback_constraints(params, x, y, learning_rate):
    """Constraints on rows and results; the gradient by the pull-back of the linear map."""
    mesh = jax.make_mesh((jax.device_count(),), ("data",), axis_types=(AxisType.Auto,))
    pin = lambda tree, spec: lax.with_sharding_constraint(tree, NamedSharding(mesh, spec))
    x, y = pin(x, P("data", None)), pin(y, P("data"))
    params = jax.tree.map(lambda leaf: pin(leaf, P()), params)
    predictions, pull_back = jax.vjp(lambda p: x @ p["w"] + p["c"], params)
    error = pin(predictions - y, P("data"))
    (gradient,) = pull_back(2 * error / error.shape[0])
    stepped = jax.tree.map(lambda p, g: pin(p - learning_rate * g, P()), params, gradient)
    return stepped, pin(jnp.mean(lax.square(error)), P())


class ShardedTrainStepPlacementClassPlacement:
    def __init__(self):
        n_devices = jax.device_count()
        mesh = jax.make_mesh((n_devices,), ("data",), axis_types=(AxisType.Auto,))
        self.split = NamedSharding(mesh, P("data"))
        self.whole = NamedSharding(mesh, P())

    def rows(self, array):
        return jax.lax.with_sharding_constraint(array, self.split)

    def everywhere(self, tree):
        return jax.tree.map(lambda leaf: jax.lax.with_sharding_constraint(leaf, self.whole), tree)


def sharded_train_step__placement_class(params, x, y, learning_rate):
    """A placement object that says where arrays lie, for inputs and results."""
    placement = ShardedTrainStepPlacementClassPlacement()
    x, y = placement.rows(x), placement.rows(y)
    params = placement.everywhere(params)

    def loss(params):
        error = x @ params["w"] + params["c"] - y
        return jnp.mean(error * error)

    value, gradients = jax.value_and_grad(loss)(params)
    moved = {}
    for name in params:
        moved[name] = params[name] - learning_rate * gradients[name]
    return placement.everywhere(moved), placement.everywhere(value)
