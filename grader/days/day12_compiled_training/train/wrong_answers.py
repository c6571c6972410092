"""Plausible mistakes in train; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import optax
from grader.kata.answers import caught_by
from jax import lax

# train


@caught_by("correct", "runs_all_epochs")
def train__one_less(key, params, x, y, optimizer, loss, n_epochs):
    """Counts from 1 to n_epochs - 1."""

    def epoch(number, carry):
        params, state = carry
        gradients = jax.grad(loss)(params, x, y, jax.random.fold_in(key, number))
        updates, state = optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), state

    return lax.fori_loop(1, n_epochs, epoch, (params, optimizer.init(params)))[0]


@caught_by("correct", "runs_all_epochs")
def train__carry_too(key, params, x, y, optimizer, loss, n_epochs):
    """Returns the whole carry."""

    def epoch(number, carry):
        params, state = carry
        gradients = jax.grad(loss)(params, x, y, jax.random.fold_in(key, number))
        updates, state = optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), state

    return lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))


@caught_by("correct", "runs_all_epochs")
def train__no_params(key, params, x, y, optimizer, loss, n_epochs):
    """Keeps the parameters from the optimiser."""

    def epoch(number, carry):
        params, state = carry
        gradients = jax.grad(loss)(params, x, y, jax.random.fold_in(key, number))
        updates, state = optimizer.update(gradients, state)
        return optax.apply_updates(params, updates), state

    return lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))[0]


@caught_by("correct", "runs_all_epochs")
def train__another_shape(key, params, x, y, optimizer, loss, n_epochs):
    """Gives every leaf a new axis."""

    def epoch(number, carry):
        params, state = carry
        gradients = jax.grad(loss)(params, x, y, jax.random.fold_in(key, number))
        updates, state = optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), state

    params, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
    return jax.tree.map(lambda leaf: leaf[None], params)


@caught_by("correct", "keeps_the_state")
def train__state_anew(key, params, x, y, optimizer, loss, n_epochs):
    """Begins a new optimiser's state in each epoch."""

    def epoch(number, params):
        gradients = jax.grad(loss)(params, x, y, jax.random.fold_in(key, number))
        updates, _ = optimizer.update(gradients, optimizer.init(params), params)
        return optax.apply_updates(params, updates)

    return lax.fori_loop(0, n_epochs, epoch, params)


@caught_by("correct", "keeps_the_state")
def train__drops_the_state(key, params, x, y, optimizer, loss, n_epochs):
    """Makes the state once, and never takes the new one."""
    state = optimizer.init(params)

    def epoch(number, params):
        gradients = jax.grad(loss)(params, x, y, jax.random.fold_in(key, number))
        return optax.apply_updates(params, optimizer.update(gradients, state, params)[0])

    return lax.fori_loop(0, n_epochs, epoch, params)


@caught_by("correct", "by_hand")
def train__stale_gradient(key, params, x, y, optimizer, loss, n_epochs):
    """Takes every gradient at the parameters that came in."""
    start = params

    def epoch(number, carry):
        params, state = carry
        gradients = jax.grad(loss)(start, x, y, jax.random.fold_in(key, number))
        updates, state = optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), state

    return lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))[0]


@caught_by("correct", "for_no_epoch")
def train__at_least_one(key, params, x, y, optimizer, loss, n_epochs):
    """Takes the first step before the loop."""

    def epoch(number, carry):
        params, state = carry
        gradients = jax.grad(loss)(params, x, y, jax.random.fold_in(key, number))
        updates, state = optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), state

    first = epoch(0, (params, optimizer.init(params)))
    return lax.fori_loop(1, n_epochs, epoch, first)[0]


@caught_by("correct", "draws_new_noise_in_each_epoch")
def train__one_key(key, params, x, y, optimizer, loss, n_epochs):
    """Gives the same key to all epochs."""

    def epoch(_, carry):
        params, state = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y, key), state, params)
        return optax.apply_updates(params, updates), state

    return lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))[0]


@caught_by("correct", "draws_new_noise_in_each_epoch")
def train__splits_the_same(key, params, x, y, optimizer, loss, n_epochs):
    """Splits a key off in each epoch, but does not carry the rest on."""

    def epoch(_, carry):
        params, state = carry
        _, subkey = jax.random.split(key)
        updates, state = optimizer.update(jax.grad(loss)(params, x, y, subkey), state, params)
        return optax.apply_updates(params, updates), state

    return lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))[0]


@caught_by("correct", "depends_on_the_key")
def train__keys_by_number(key, params, x, y, optimizer, loss, n_epochs):
    """Makes the keys from the epoch's number alone."""

    def epoch(number, carry):
        params, state = carry
        gradients = jax.grad(loss)(params, x, y, jax.random.key(number))
        updates, state = optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), state

    return lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))[0]


@caught_by("jit", "compiles_once")
def train__python_loop(key, params, x, y, optimizer, loss, n_epochs):
    """Loops in Python."""
    state = optimizer.init(params)
    for number in range(n_epochs):
        gradients = jax.grad(loss)(params, x, y, jax.random.fold_in(key, number))
        updates, state = optimizer.update(gradients, state, params)
        params = optax.apply_updates(params, updates)
    return params


@caught_by("jit", "compiles_once")
def train__scan(key, params, x, y, optimizer, loss, n_epochs):
    """Scans, which wants to know its length."""

    def epoch(carry, key):
        params, state = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y, key), state, params)
        return (optax.apply_updates(params, updates), state), None

    keys = jax.random.split(key, int(n_epochs))
    return lax.scan(epoch, (params, optimizer.init(params)), keys)[0][0]


@caught_by("correct", "depends_on_the_key")
def train__uses_the_parent(key, params, x, y, optimizer, loss, n_epochs):
    """Uses a key, and splits it afterwards."""

    def epoch(_, carry):
        key, params, state = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y, key), state, params)
        return jax.random.split(key)[0], optax.apply_updates(params, updates), state

    return lax.fori_loop(0, n_epochs, epoch, (key, params, optimizer.init(params)))[1]


@caught_by("jit", "uses_each_key_once")
def train__the_wrong_half(key, params, x, y, optimizer, loss, n_epochs):
    """Draws from the key that goes on, and drops the other one."""

    def epoch(_, carry):
        key, params, state = carry
        key, subkey = jax.random.split(key)
        updates, state = optimizer.update(jax.grad(loss)(params, x, y, key), state, params)
        return key, optax.apply_updates(params, updates), state

    return lax.fori_loop(0, n_epochs, epoch, (key, params, optimizer.init(params)))[1]


@caught_by("correct", "runs_all_epochs")
def train__adds_to_the_key(key, params, x, y, optimizer, loss, n_epochs):
    """Does arithmetic with a key."""

    def epoch(number, carry):
        params, state = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y, key + number), state, params)
        return optax.apply_updates(params, updates), state

    return lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))[0]


@caught_by("correct", "runs_all_epochs")
def train__swapped_body(key, params, x, y, optimizer, loss, n_epochs):
    """Gives fori_loop a body as scan wants it."""

    def epoch(carry, number):
        params, state = carry
        gradients = jax.grad(loss)(params, x, y, jax.random.fold_in(key, number))
        updates, state = optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), state

    return lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))[0]


@caught_by("speed", "beats_the_eager_loop")
def train__masked(key, params, x, y, optimizer, loss, n_epochs):
    """Always runs 100,000 epochs, and keeps what the first n_epochs of them did."""

    def epoch(number, carry):
        params, state = carry
        gradients = jax.grad(loss)(params, x, y, jax.random.fold_in(key, number))
        updates, after = optimizer.update(gradients, state, params)
        new = optax.apply_updates(params, updates), after
        return jax.tree.map(lambda old, new: jnp.where(number < n_epochs, new, old), carry, new)

    return lax.fori_loop(0, 100_000, epoch, (params, optimizer.init(params)))[0]


@caught_by("deeper", "never_repeats_a_key")
def train__hundred_keys(key, params, x, y, optimizer, loss, n_epochs):
    """Splits a hundred keys beforehand: from then on all epochs have the last one."""

    def epoch(number, carry):
        params, state = carry
        gradients = jax.grad(loss)(params, x, y, keys[number])
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state)

    keys = jax.random.split(key, 100)
    params, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
    return params


@caught_by("correct", "follows_the_formula_everywhere")
def train__keeps_last_finite(key, params, x, y, optimizer, loss, n_epochs):
    """Leaves out steps that would end in infinity or NaN."""

    def epoch(number, carry):
        params, state = carry
        gradients = jax.grad(loss)(params, x, y, jax.random.fold_in(key, number))
        updates, state = optimizer.update(gradients, state, params)
        new = optax.apply_updates(params, updates)
        return (jax.tree.map(lambda a, b: jnp.where(jnp.isfinite(a), a, b), new, params), state)

    params, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
    return params


@caught_by("deeper", "never_repeats_a_key")
def train__thousand_keys(key, params, x, y, optimizer, loss, n_epochs):
    """Splits a thousand keys beforehand: from then on all epochs have the last one."""

    def epoch(number, carry):
        params, state = carry
        gradients = jax.grad(loss)(params, x, y, keys[number])
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state)

    keys = jax.random.split(key, 1000)
    params, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
    return params


@caught_by("deeper", "lets_nan_through")
def train__mends_its_data(key, params, x, y, optimizer, loss, n_epochs):
    """Makes 0 of what is NaN in the data."""
    x, y = jnp.nan_to_num(x), jnp.nan_to_num(y)

    def epoch(number, carry):
        params, state = carry
        gradients = jax.grad(loss)(params, x, y, jax.random.fold_in(key, number))
        updates, state = optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), state

    return lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))[0]


@caught_by("deeper", "takes_a_python_int")
def train__array_count(key, params, x, y, optimizer, loss, n_epochs):
    """Calls n_epochs.astype, which a Python number has not."""

    def epoch(number, carry):
        params, state = carry
        gradients = jax.grad(loss)(params, x, y, jax.random.fold_in(key, number))
        updates, state = optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), state

    n_epochs = n_epochs.astype(jnp.int32)
    params, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
    return params
