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


def learning_rate_sweep__sorted(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Puts the finite losses in front, and takes the first of all runs."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(_, carry):
            now, state = carry
            updates, state = optimizer.update(jax.grad(loss)(now, x, y), state, now)
            return optax.apply_updates(now, updates), state

        return lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))[0]

    runs = jax.vmap(run)(rates)
    losses = jax.vmap(loss, (0, None, None))(runs, x, y)
    first = jnp.lexsort((losses, ~jnp.isfinite(losses)))[0]
    return jax.tree.map(lambda leaf: lax.dynamic_index_in_dim(leaf, first, keepdims=False), runs), losses


def learning_rate_sweep__nan_to_num(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Chooses among losses of which NaN and infinity have become the largest number."""

    def run(rate, params):
        optimizer = make_optimizer(rate)

        def epoch(carry):
            left, now, state = carry
            _, gradients = jax.value_and_grad(loss)(now, x, y)
            updates, state = optimizer.update(gradients, state, now)
            return left - 1, jax.tree.map(jnp.add, now, updates), state

        start = (jnp.asarray(n_epochs), params, optimizer.init(params))
        _, now, _ = lax.while_loop(lambda carry: carry[0] > 0, epoch, start)
        return now, loss(now, x, y)

    runs, losses = jax.vmap(run, in_axes=(0, None))(rates, params)
    largest = jnp.finfo(losses.dtype).max
    best = jnp.nan_to_num(losses, nan=largest, posinf=largest).argmin()
    return jax.tree.map(lambda leaf: jnp.take(leaf, best, axis=0), runs), losses


def learning_rate_sweep__one_hot(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Selects the best run by a mask, with where and not by a product: others may be NaN."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(_, carry):
            now, state = carry
            updates, state = optimizer.update(jax.grad(loss)(now, x, y), state, now)
            return optax.apply_updates(now, updates), state

        now, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return now, loss(now, x, y)

    runs, losses = jax.vmap(run)(rates)
    best = jnp.arange(len(losses)) == jnp.argmin(jnp.where(jnp.isfinite(losses), losses, jnp.inf))

    def pick(leaf):
        mask = best.reshape(-1, *(1,) * (leaf.ndim - 1))
        return jnp.sum(jnp.where(mask, leaf, 0), axis=0, dtype=leaf.dtype)

    return jax.tree.map(pick, runs), losses
