"""Other honest ways to write learning_rate_sweep; each must pass every check."""

import jax
import jax.numpy as jnp
import optax
from jax import lax

# learning_rate_sweep


def learning_rate_sweep__mapped_steps(rates, params, x, y, make_optimizer, loss, n_epochs):
    """The loop outside; the optimiser is made anew in each step, the state is kept."""
    n_rates = rates.shape[0]
    params = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (n_rates, *leaf.shape)), params)
    state = jax.vmap(lambda rate, params: make_optimizer(rate).init(params))(rates, params)

    def step(rate, params, state):
        gradients = jax.grad(loss)(params, x, y)
        updates, state = make_optimizer(rate).update(gradients, state, params)
        return optax.apply_updates(params, updates), state

    params, _ = lax.fori_loop(0, n_epochs, lambda _, carry: jax.vmap(step)(rates, *carry), (params, state))
    losses = jax.vmap(lambda params: loss(params, x, y))(params)
    best = jnp.nanargmin(losses)
    return jax.tree.map(lambda leaf: leaf[best], params), losses


def learning_rate_sweep__map(rates, params, x, y, make_optimizer, loss, n_epochs):
    """One run after the other, by lax.map: nothing is said about speed."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(carry):
            number, params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return number + 1, optax.apply_updates(params, updates), state

        start = (0, params, optimizer.init(params))
        _, last, _ = lax.while_loop(lambda carry: carry[0] < n_epochs, epoch, start)
        return loss(last, x, y), last

    losses, lasts = lax.map(run, rates)
    order = jnp.argsort(losses)  # NaN goes to the end
    return jax.tree.map(lambda leaf: jnp.take(leaf, order[0], axis=0), lasts), losses


def learning_rate_sweep__injected(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Keeps the best so far in a scan over the rates."""

    def run(carry, rate):
        best, least = carry
        optimizer = make_optimizer(rate)

        def epoch(_, carry):
            now, state = carry
            updates, state = optimizer.update(jax.grad(loss)(now, x, y), state, now)
            return optax.apply_updates(now, updates), state

        now, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        value = loss(now, x, y)
        best = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), now, best)
        return (best, jnp.where(value < least, value, least)), value

    (best, _), losses = lax.scan(run, (params, jnp.inf), rates)
    return best, losses
