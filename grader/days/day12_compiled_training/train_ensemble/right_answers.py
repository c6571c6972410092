"""Other honest ways to write train_ensemble; each must pass every check."""

import jax
import jax.numpy as jnp
import optax
from jax import lax

# train_ensemble


def train_ensemble__mapped_steps(keys, init, x, y, optimizer, loss, n_epochs):
    """The loop outside, vmap inside: each epoch is one step of all members."""
    params = jax.vmap(init)(keys)
    state = jax.vmap(optimizer.init)(params)

    def step(params, state):
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        return optax.apply_updates(params, updates), state

    params, _ = lax.fori_loop(0, n_epochs, lambda _, carry: jax.vmap(step)(*carry), (params, state))
    return params, jax.vmap(loss, in_axes=(0, None, None))(params, x, y)


def train_ensemble__sum_of_losses(keys, init, x, y, optimizer, loss, n_epochs):
    """One gradient of the sum of all losses: members do not touch each other in it."""
    losses = jax.vmap(loss, in_axes=(0, None, None))
    params = jax.vmap(init)(keys)
    state = jax.vmap(optimizer.init)(params)

    def epoch(_, carry):
        params, state = carry
        gradients = jax.grad(lambda params: losses(params, x, y).sum())(params)
        updates, state = jax.vmap(optimizer.update)(gradients, state, params)
        return optax.apply_updates(params, updates), state

    params, _ = lax.fori_loop(0, n_epochs, epoch, (params, state))
    return params, losses(params, x, y)


def train_ensemble__while_loop(keys, init, x, y, optimizer, loss, n_epochs):
    """A run with a while_loop of its own, data handed in by in_axes."""

    def run(key, x, y, n_epochs):
        def epoch(carry):
            number, params, state = carry
            _, gradients = jax.value_and_grad(loss)(params, x, y)
            updates, state = optimizer.update(gradients, state, params)
            return number + 1, optax.apply_updates(params, updates), state

        params = init(key)
        start = (0, params, optimizer.init(params))
        _, params, _ = lax.while_loop(lambda carry: carry[0] < n_epochs, epoch, start)
        return params, loss(params, x, y)

    return jax.jit(jax.vmap(run, in_axes=(0, None, None, None)))(keys, x, y, n_epochs)


def train_ensemble__own_jit(keys, init, x, y, optimizer, loss, n_epochs):
    """Maps one run with all of its arguments, and flattens the carry."""

    def run(key):
        params = init(key)
        leaves, structure = jax.tree.flatten((params, optimizer.init(params)))

        def epoch(_, leaves):
            params, state = jax.tree.unflatten(structure, leaves)
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return jax.tree.leaves((optax.apply_updates(params, updates), state))

        params, _ = jax.tree.unflatten(structure, lax.fori_loop(0, n_epochs, epoch, leaves))
        return params, loss(params, x, y)

    return jax.vmap(run, out_axes=0)(keys)


def train_ensemble__starts_first(keys, init, x, y, optimizer, loss, n_epochs):
    """Makes all starts first, and maps a run over them."""

    def run(params):
        def body(carry):
            left, params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return left - 1, jax.tree.map(lambda p, u: p + u, params, updates), state

        start = (jnp.asarray(n_epochs), params, optimizer.init(params))
        return lax.while_loop(lambda carry: carry[0] > 0, body, start)[1]

    params = jax.vmap(run)(jax.vmap(init)(keys))
    return params, jax.vmap(lambda one: loss(one, x, y))(params)


def train_ensemble__data_as_arguments(keys, init, x, y, optimizer, loss, n_epochs):
    """Hands the data in, unmapped, and has the loss with the last gradient's function."""
    loss_and_slope = jax.value_and_grad(loss)

    def run(key, x, y):
        params = init(key)

        def epoch(number, carry):
            params, state = carry
            _, slope = loss_and_slope(params, x, y)
            updates, state = optimizer.update(slope, state, params)
            return optax.apply_updates(params, updates), state

        params, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return params, loss_and_slope(params, x, y)[0]

    return jax.vmap(run, (0, None, None))(keys, x, y)
