"""Other honest ways to write train_with_history; each must pass every check."""

import functools

import jax
import jax.numpy as jnp
import optax
from jax import lax

# train_with_history


def train_with_history__fori_loop(key, params, x, y, optimizer, loss, n_epochs):
    """Fills the history by index, in a fori_loop."""

    def epoch(number, carry):
        params, state, losses = carry
        value, gradients = jax.value_and_grad(loss)(params, x, y, jax.random.fold_in(key, number))
        updates, state = optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), state, losses.at[number].set(value)

    start = (params, optimizer.init(params), jnp.zeros(n_epochs))
    params, _, losses = lax.fori_loop(0, n_epochs, epoch, start)
    return params, losses


def train_with_history__carried_key(key, params, x, y, optimizer, loss, n_epochs):
    """Carries the key along, and scans over nothing."""

    def epoch(carry, _):
        key, params, state = carry
        key, subkey = jax.random.split(key)
        value = loss(params, x, y, subkey)
        gradients = jax.grad(loss)(params, x, y, jax.random.clone(subkey))
        updates, state = optimizer.update(gradients, state, params)
        return (key, optax.apply_updates(params, updates), state), value

    start = (key, params, optimizer.init(params))
    (_, params, _), losses = lax.scan(epoch, start, None, length=n_epochs)
    return params, losses


def train_with_history__numbers(key, params, x, y, optimizer, loss, n_epochs):
    """Scans over epoch numbers, and stacks more than it returns."""

    def epoch(carry, number):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x, y, jax.random.fold_in(key, number))
        updates, state = optimizer.update(gradients, state, params)
        norm = optax.global_norm(gradients)
        return (optax.apply_updates(params, updates), state), {"loss": value, "norm": norm}

    (params, _), history = lax.scan(epoch, (params, optimizer.init(params)), jnp.arange(n_epochs))
    return params, history["loss"]


def train_with_history__picked_keys(key, params, x, y, optimizer, loss, n_epochs):
    """Splits beforehand, and picks key number e in a fori_loop."""
    keys = jax.random.split(key, n_epochs)

    def epoch(number, carry):
        params, state, losses = carry
        value, gradients = jax.value_and_grad(loss)(params, x, y, keys[number])
        updates, state = optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), state, losses.at[number].set(value)

    start = (params, optimizer.init(params), jnp.zeros(n_epochs))
    params, _, losses = lax.fori_loop(0, n_epochs, epoch, start)
    return params, losses


def train_with_history__outputs_the_state(key, params, x, y, optimizer, loss, n_epochs):
    """Scans over keys with the data in the carry, and has the loss beside it by has_aux."""

    def with_loss(params, x, y, key):
        value = loss(params, x, y, key)
        return value, value

    def epoch(carry, epoch_key):
        params, state, x, y = carry
        gradients, value = jax.grad(with_loss, has_aux=True)(params, x, y, epoch_key)
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state, x, y), value

    carry, losses = lax.scan(epoch, (params, optimizer.init(params), x, y), jax.random.split(key, n_epochs))
    return carry[0], losses


@functools.partial(jax.jit, static_argnums=(4, 5, 6))
def train_with_history__while_loop(key, params, x, y, optimizer, loss, n_epochs):
    """Writes into an array of losses in a while_loop, under a jit of its own."""

    def body(carry):
        number, key, params, state, losses = carry
        key, here = jax.random.split(key)
        value, gradients = jax.value_and_grad(loss, argnums=0)(params, x, y, here)
        updates, state = optimizer.update(gradients, state, params)
        losses = lax.dynamic_update_index_in_dim(losses, value, number, 0)
        return number + 1, key, optax.apply_updates(params, updates), state, losses

    start = (0, key, params, optimizer.init(params), jnp.zeros(n_epochs, jnp.float32))
    end = lax.while_loop(lambda carry: carry[0] < n_epochs, body, start)
    return end[2], end[4]
