"""Other honest ways to write create_train_state; each must pass every check."""

from functools import partial
from typing import Any

import flax
import jax
import jax.numpy as jnp
from flax.training import train_state


class TrainState(train_state.TrainState):
    """As it is given in the stub."""

    batch_stats: Any


# create_train_state


def create_train_state__step_in_create(key, model, sample, optimizer):
    """Makes the state by its constructor, with a step of its own."""
    params_key, dropout_key = jax.random.split(key)
    variables = model.init({"params": params_key, "dropout": dropout_key}, sample, train=True)
    params = variables["params"]
    return TrainState(
        step=jnp.array(0, jnp.int32),
        apply_fn=model.apply,
        params=params,
        tx=optimizer,
        opt_state=optimizer.init(params),
        batch_stats=variables.get("batch_stats", {}),
    )


def create_train_state__pop(key, model, sample, optimizer):
    """Takes the collections apart with flax.core, and initialises for zeros like the sample."""

    class State(train_state.TrainState):
        batch_stats: Any

    variables = jax.jit(model.init, static_argnames="train")(key, jnp.zeros_like(sample), train=False)
    rest, params = flax.core.pop(variables, "params")
    statistics = rest["batch_stats"] if "batch_stats" in rest else {}
    state = State.create(apply_fn=model.apply, params=params, tx=optimizer, batch_stats=statistics)
    return state.replace(step=jnp.int32(0))


@partial(jax.jit, static_argnames=("model", "optimizer"))
def create_train_state__own_jit(key, model, sample, optimizer):
    """Under a jit of its own, by zeros of the sample's shape and dtype."""
    zeros = jnp.zeros(sample.shape, sample.dtype)
    variables = dict(model.init({"params": key}, zeros, train=False))
    params = variables.pop("params")
    return TrainState(
        step=jnp.zeros((), dtype=jnp.int32),
        apply_fn=model.apply,
        params=params,
        tx=optimizer,
        opt_state=optimizer.init(params),
        batch_stats=variables.pop("batch_stats", {}),
    )


def create_train_state__lazily(key, model, sample, optimizer):
    """Gives init the sample in training mode, with keys for both, and replaces the step."""
    init_key, dropout_key = jax.random.split(key)
    keys = {"params": init_key, "dropout": dropout_key}
    variables = model.init(keys, jnp.asarray(sample), train=False)
    statistics = dict(variables).get("batch_stats", {})
    state = TrainState.create(
        apply_fn=model.apply, params=variables["params"], tx=optimizer, batch_stats=statistics
    )
    return state.replace(step=jnp.asarray(state.step, jnp.int32))


def create_train_state__create_then_replace(key, model, sample, optimizer):
    """TrainState.create, and the step replaced by an int32 array afterwards."""
    variables = model.init(key, sample, train=False)
    params = variables.get("params", {})
    batch_stats = variables.get("batch_stats", {})
    state = TrainState.create(apply_fn=model.apply, params=params, tx=optimizer, batch_stats=batch_stats)
    first_step = jnp.zeros((), dtype=jnp.int32)
    return state.replace(step=first_step)


def create_train_state__direct_constructor(key, model, sample, optimizer):
    """The constructor itself, every field said."""
    variables = dict(model.init(key, sample, train=False))
    params = variables.get("params", {})
    return TrainState(
        step=jnp.int32(0),
        apply_fn=model.apply,
        params=params,
        tx=optimizer,
        opt_state=optimizer.init(params),
        batch_stats=variables.get("batch_stats", {}),
    )
