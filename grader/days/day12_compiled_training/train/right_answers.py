"""Other honest ways to write train; each must pass every check."""

import functools

import jax
import jax.numpy as jnp
import optax
from jax import lax

# train


def train__while_loop(key, params, x, y, optimizer, loss, n_epochs):
    """Counts by hand in a while_loop, and splits a key off in each round."""

    def body(carry):
        left, key, params, state = carry
        key, subkey = jax.random.split(key)
        updates, state = optimizer.update(jax.grad(loss)(params, x, y, subkey), state, params)
        return left - 1, key, optax.apply_updates(params, updates), state

    start = (jnp.asarray(n_epochs), key, params, optimizer.init(params))
    return lax.while_loop(lambda carry: carry[0] > 0, body, start)[2]


@functools.partial(jax.jit, static_argnames=("optimizer", "loss"))
def train__own_jit(key, params, x, y, optimizer, loss, n_epochs):
    """Brings its own jit, and a class for the carry."""
    gradient = jax.grad(lambda params, key: loss(params, x, y, key))

    def epoch(number, run):
        epoch_key = jax.random.fold_in(run["key"], number)
        updates, state = optimizer.update(gradient(run["params"], epoch_key), run["state"], run["params"])
        return {**run, "params": optax.apply_updates(run["params"], updates), "state": state}

    run = {"key": key, "params": params, "state": optimizer.init(params)}
    return lax.fori_loop(jnp.int32(0), n_epochs, epoch, run)["params"]


def train__flat(key, params, x, y, optimizer, loss, n_epochs):
    """Carries flat leaves, and adds the updates by hand."""
    leaves, structure = jax.tree.flatten((params, optimizer.init(params)))

    def epoch(number, carry):
        key, leaves = carry
        here, key = jax.random.split(key, 2)
        params, state = jax.tree.unflatten(structure, leaves)
        _, gradients = jax.value_and_grad(loss)(params, x, y, here)
        updates, state = optimizer.update(gradients, state, params)
        params = jax.tree.map(lambda p, u: (p + u).astype(p.dtype), params, updates)
        return key, jax.tree.leaves((params, state))

    _, leaves = lax.fori_loop(0, n_epochs, epoch, (key, leaves))
    return jax.tree.unflatten(structure, leaves)[0]


def train__a_pair_of_keys(key, params, x, y, optimizer, loss, n_epochs):
    """Carries two keys: one to split, one to draw from."""

    def epoch(_, carry):
        params, state, keys = carry
        keys = jax.random.split(keys[0])
        updates, state = optimizer.update(jax.grad(loss)(params, x, y, keys[1]), state, params)
        return optax.apply_updates(params, updates), state, keys

    return lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params), jax.random.split(key)))[0]


def train__transformed(key, params, x, y, optimizer, loss, n_epochs):
    """Makes a step of keys as an argument, with the folded key of the epoch made before."""

    def step(params, state, epoch_key):
        updates, state = optimizer.update(jax.grad(loss)(params, x, y, epoch_key), state, params)
        return optax.apply_updates(params, updates), state

    def body(number, carry):
        return step(*carry, jax.random.fold_in(jax.random.fold_in(key, 1), number))

    carry = (params, optimizer.init(params))
    return lax.fori_loop(jnp.zeros((), jnp.int32), jnp.asarray(n_epochs), body, carry)[0]


def train__vjp(key, params, x, y, optimizer, loss, n_epochs):
    """Pulls one back through the loss, in a while_loop that keeps a dict."""

    def body(run):
        value, pull_back = jax.vjp(
            lambda p: loss(p, x, y, jax.random.fold_in(key, run["done"])), run["params"]
        )
        (gradients,) = pull_back(jnp.ones_like(value))
        updates, state = optimizer.update(gradients, run["state"], run["params"])
        params = jax.tree.map(jnp.add, run["params"], updates)
        return {"done": run["done"] + 1, "params": params, "state": state}

    run = {"done": jnp.int32(0), "params": params, "state": optimizer.init(params)}
    return lax.while_loop(lambda run: run["done"] < n_epochs, body, run)["params"]
