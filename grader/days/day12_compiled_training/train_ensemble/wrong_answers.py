"""Plausible mistakes in train_ensemble; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import optax
from grader.kata.answers import caught_by
from jax import lax

# train_ensemble


@caught_by("correct", "starts_apart")
def train_ensemble__one_start(keys, init, x, y, optimizer, loss, n_epochs):
    """Starts all members with the first key."""

    def run(key):
        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        params = init(keys[0])
        params, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return params, loss(params, x, y)

    return jax.vmap(run)(keys)


@caught_by("correct", "starts_apart")
def train_ensemble__splits(keys, init, x, y, optimizer, loss, n_epochs):
    """Splits each key before it starts a member with it."""

    def run(key):
        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        params = init(jax.random.split(key)[0])
        params, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return params, loss(params, x, y)

    return jax.vmap(run)(keys)


@caught_by("correct", "starts_apart")
def train_ensemble__mean_member(keys, init, x, y, optimizer, loss, n_epochs):
    """Returns the mean of all members."""

    def run(key):
        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        params = init(key)
        params, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return params, loss(params, x, y)

    params, losses = jax.vmap(run)(keys)
    return jax.tree.map(lambda leaf: leaf.mean(axis=0), params), losses


@caught_by("correct", "starts_apart")
def train_ensemble__losses_before(keys, init, x, y, optimizer, loss, n_epochs):
    """Judges the ensemble as one: the loss of the members' mean."""

    def run(key):
        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        params = init(key)
        return lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))[0]

    params = jax.vmap(run)(keys)
    mean = jax.tree.map(lambda leaf: leaf.mean(axis=0), params)
    return params, jnp.full(keys.shape, loss(mean, x, y))


@caught_by("correct", "agrees_with_single_runs")
def train_ensemble__mean_of_losses(keys, init, x, y, optimizer, loss, n_epochs):
    """Descends the mean of all losses: every gradient is n_members times too small."""
    losses = jax.vmap(loss, in_axes=(0, None, None))
    params = jax.vmap(init)(keys)

    def epoch(_, carry):
        params, state = carry
        gradients = jax.grad(lambda params: losses(params, x, y).mean())(params)
        updates, state = optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), state

    params, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
    return params, losses(params, x, y)


@caught_by("correct", "agrees_with_single_runs")
def train_ensemble__first_losses(keys, init, x, y, optimizer, loss, n_epochs):
    """Returns the losses of the starts."""

    def run(key):
        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        start = init(key)
        params, _ = lax.fori_loop(0, n_epochs, epoch, (start, optimizer.init(start)))
        return params, loss(start, x, y)

    return jax.vmap(run)(keys)


@caught_by("correct", "agrees_with_single_runs")
def train_ensemble__state_anew(keys, init, x, y, optimizer, loss, n_epochs):
    """Begins a new optimiser's state in each epoch."""

    def run(key):
        def epoch(_, params):
            gradients = jax.grad(loss)(params, x, y)
            updates, _ = optimizer.update(gradients, optimizer.init(params), params)
            return optax.apply_updates(params, updates)

        params = lax.fori_loop(0, n_epochs, epoch, init(key))
        return params, loss(params, x, y)

    return jax.vmap(run)(keys)


@caught_by("correct", "agrees_with_single_runs")
def train_ensemble__one_optimiser_for_all(keys, init, x, y, optimizer, loss, n_epochs):
    """Hands the stack of all members to one optimiser."""
    params = jax.vmap(init)(keys)

    def epoch(_, carry):
        params, state = carry
        gradients = jax.vmap(jax.grad(loss), in_axes=(0, None, None))(params, x, y)
        updates, state = optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), state

    params, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
    return params, jax.vmap(loss, in_axes=(0, None, None))(params, x, y)


@caught_by("correct", "starts_apart")
def train_ensemble__last_of_the_losses(keys, init, x, y, optimizer, loss, n_epochs):
    """Needs at least one epoch."""

    def run(key):
        def epoch(carry, _):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            params = optax.apply_updates(params, updates)
            return (params, state), loss(params, x, y)

        params = init(key)
        (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), length=n_epochs)
        return params, losses[-1]

    return jax.vmap(run)(keys)


@caught_by("correct", "does_not_grow_with_its_members")
def train_ensemble__loop_over_members(keys, init, x, y, optimizer, loss, n_epochs):
    """Loops over the members in Python."""

    def run(key):
        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        params = init(key)
        params, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return params, loss(params, x, y)

    runs = [run(keys[m]) for m in range(len(keys))]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *runs)


@caught_by("jit", "compiles_once")
def train_ensemble__loop_over_epochs(keys, init, x, y, optimizer, loss, n_epochs):
    """Loops over the epochs in Python."""

    @jax.jit
    @jax.vmap
    def step(params, state):
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        return optax.apply_updates(params, updates), state

    params = jax.vmap(init)(keys)
    state = jax.vmap(optimizer.init)(params)
    for _ in range(int(n_epochs)):
        params, state = step(params, state)
    return params, jax.vmap(loss, in_axes=(0, None, None))(params, x, y)


@caught_by("speed", "beats_a_loop_of_compiled_runs")
def train_ensemble__one_by_one(keys, init, x, y, optimizer, loss, n_epochs):
    """Maps with lax.map: one run after the other."""

    def run(key):
        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        params = init(key)
        params, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return params, loss(params, x, y)

    return lax.map(run, keys)


@caught_by("correct", "starts_apart")
def train_ensemble__updates_without_params(keys, init, x, y, optimizer, loss, n_epochs):
    """Does not give the parameters to the optimiser."""

    def run(key):

        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state)
            return (optax.apply_updates(params, updates), state)

        params = init(key)
        params, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return (params, loss(params, x, y))

    return jax.vmap(run)(keys)


@caught_by("deeper", "takes_any_data")
def train_ensemble__data_cut(keys, init, x, y, optimizer, loss, n_epochs):
    """Cuts data that lie far out."""
    x, y = jnp.clip(x, -100, 100), jnp.clip(y, -100, 100)

    def run(key):
        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        params = init(key)
        params, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return params, loss(params, x, y)

    return jax.vmap(run)(keys)
