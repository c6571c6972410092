"""Other honest ways to write train_ensemble; each must pass every check."""

import jax
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
