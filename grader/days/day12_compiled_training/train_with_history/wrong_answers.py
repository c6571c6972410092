"""Plausible mistakes in train_with_history; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import optax
from grader.kata.answers import caught_by
from jax import lax

# train_with_history


@caught_by("correct", "runs_all_epochs")
def train_with_history__losses_first(key, params, x, y, optimizer, loss, n_epochs):
    """Hands losses and state back beside the parameters."""

    def epoch(carry, key):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x, y, key)
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    return lax.scan(epoch, (params, optimizer.init(params)), jax.random.split(key, n_epochs))


@caught_by("correct", "runs_all_epochs")
def train_with_history__parameters_of_all_epochs(key, params, x, y, optimizer, loss, n_epochs):
    """Returns the parameters of all epochs, stacked."""

    def epoch(carry, key):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x, y, key)
        updates, state = optimizer.update(gradients, state, params)
        params = optax.apply_updates(params, updates)
        return (params, state), (params, value)

    return lax.scan(epoch, (params, optimizer.init(params)), jax.random.split(key, n_epochs))[1]


@caught_by("correct", "runs_all_epochs")
def train_with_history__one_more(key, params, x, y, optimizer, loss, n_epochs):
    """Writes down the loss after the last epoch, too."""

    def epoch(carry, key):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x, y, key)
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    keys = jax.random.split(key, n_epochs + 1)
    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), keys[1:])
    return params, jnp.append(losses, loss(params, x, y, keys[0]))


@caught_by("correct", "keeps_the_state")
def train_with_history__state_anew(key, params, x, y, optimizer, loss, n_epochs):
    """Begins a new optimiser's state in each epoch."""

    def epoch(params, key):
        value, gradients = jax.value_and_grad(loss)(params, x, y, key)
        updates, _ = optimizer.update(gradients, optimizer.init(params), params)
        return optax.apply_updates(params, updates), value

    return lax.scan(epoch, params, jax.random.split(key, n_epochs))


@caught_by("correct", "begins_at_the_start")
def train_with_history__after_the_step(key, params, x, y, optimizer, loss, n_epochs):
    """Writes the loss down after the step."""

    def epoch(carry, key):
        params, state = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y, key), state, params)
        params = optax.apply_updates(params, updates)
        return (params, state), loss(params, x, y, key)

    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), jax.random.split(key, n_epochs))
    return params, losses


@caught_by("correct", "begins_at_the_start")
def train_with_history__backwards(key, params, x, y, optimizer, loss, n_epochs):
    """Scans in reverse: the history is the wrong way round."""

    def epoch(carry, key):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x, y, key)
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    keys = jax.random.split(key, n_epochs)
    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), keys, reverse=True)
    return params, losses


@caught_by("correct", "by_hand")
def train_with_history__running_least(key, params, x, y, optimizer, loss, n_epochs):
    """Keeps the least loss so far, which looks smoother."""

    def epoch(carry, key):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x, y, key)
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    keys = jax.random.split(key, n_epochs)
    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), keys)
    return params, lax.cummin(losses)


@caught_by("correct", "draws_new_noise_in_each_epoch")
def train_with_history__one_key(key, params, x, y, optimizer, loss, n_epochs):
    """Gives the same key to all epochs."""

    def epoch(carry, _):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x, y, key)
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), length=n_epochs)
    return params, losses


@caught_by("correct", "depends_on_the_key")
def train_with_history__keys_by_number(key, params, x, y, optimizer, loss, n_epochs):
    """Makes the keys from the epoch's number alone."""

    def epoch(carry, number):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x, y, jax.random.key(number))
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    start = (params, optimizer.init(params))
    (params, _), losses = lax.scan(epoch, start, jnp.arange(n_epochs))
    return params, losses


@caught_by("correct", "agrees_with_numpy")
def train_with_history__loss_with_another_key(key, params, x, y, optimizer, loss, n_epochs):
    """Writes down the loss of another key than the gradient's."""

    def epoch(carry, key):
        params, state = carry
        for_loss, for_gradient = jax.random.split(key)
        gradients = jax.grad(loss)(params, x, y, for_gradient)
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), loss(params, x, y, for_loss)

    keys = jax.random.split(key, n_epochs)
    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), keys)
    return params, losses


@caught_by("jit", "does_not_grow_with_its_epochs")
def train_with_history__python_loop(key, params, x, y, optimizer, loss, n_epochs):
    """Loops in Python and stacks a list."""
    state, losses = optimizer.init(params), []
    for number in range(n_epochs):
        epoch_key = jax.random.fold_in(key, number)
        value, gradients = jax.value_and_grad(loss)(params, x, y, epoch_key)
        updates, state = optimizer.update(gradients, state, params)
        params = optax.apply_updates(params, updates)
        losses.append(value)
    return params, jnp.stack(losses)


@caught_by("jit", "compiles_once")
def train_with_history__floats(key, params, x, y, optimizer, loss, n_epochs):
    """Loops over a compiled step, and pulls each loss out as a float."""

    @jax.jit
    def step(params, state, key):
        value, gradients = jax.value_and_grad(loss)(params, x, y, key)
        updates, state = optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), state, value

    state, losses = optimizer.init(params), []
    for epoch_key in jax.random.split(key, n_epochs):
        params, state, value = step(params, state, epoch_key)
        losses.append(float(value))
    return params, jnp.array(losses)


@caught_by("correct", "depends_on_the_key")
def train_with_history__uses_the_parent(key, params, x, y, optimizer, loss, n_epochs):
    """Uses a key, and splits it afterwards."""

    def epoch(carry, _):
        key, params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x, y, key)
        updates, state = optimizer.update(gradients, state, params)
        return (jax.random.split(key)[0], optax.apply_updates(params, updates), state), value

    start = (key, params, optimizer.init(params))
    (_, params, _), losses = lax.scan(epoch, start, length=n_epochs)
    return params, losses


@caught_by("jit", "uses_each_key_once")
def train_with_history__the_wrong_half(key, params, x, y, optimizer, loss, n_epochs):
    """Draws from the key that goes on."""

    def epoch(carry, _):
        key, params, state = carry
        key, subkey = jax.random.split(key)
        value, gradients = jax.value_and_grad(loss)(params, x, y, key)
        updates, state = optimizer.update(gradients, state, params)
        return (key, optax.apply_updates(params, updates), state), value

    start = (key, params, optimizer.init(params))
    (_, params, _), losses = lax.scan(epoch, start, length=n_epochs)
    return params, losses


@caught_by("jit", "uses_each_key_once")
def train_with_history__draws_twice(key, params, x, y, optimizer, loss, n_epochs):
    """Loss and gradient in two calls, each of which draws from the key."""

    def epoch(carry, key):
        params, state = carry
        value = loss(params, x, y, key)
        updates, state = optimizer.update(jax.grad(loss)(params, x, y, key), state, params)
        return (optax.apply_updates(params, updates), state), value

    keys = jax.random.split(key, n_epochs)
    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), keys)
    return params, losses


@caught_by("correct", "runs_all_epochs")
def train_with_history__plus(key, params, x, y, optimizer, loss, n_epochs):
    """Adds trees as if they were arrays."""

    def epoch(carry, key):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x, y, key)
        updates, state = optimizer.update(gradients, state, params)
        return (params + updates, state), value

    keys = jax.random.split(key, n_epochs)
    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), keys)
    return params, losses


@caught_by("deeper", "never_repeats_a_key")
def train_with_history__eight_keys(key, params, x, y, optimizer, loss, n_epochs):
    """Has eight keys, which come round again."""

    def epoch(carry, key):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x, y, key)
        updates, state = optimizer.update(gradients, state, params)
        return ((optax.apply_updates(params, updates), state), value)

    keys = jax.random.split(key, 8)[jnp.arange(n_epochs) % 8]
    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), keys)
    return (params, losses)


@caught_by("deeper", "lets_nan_through")
def train_with_history__mends_its_data(key, params, x, y, optimizer, loss, n_epochs):
    """Makes 0 of what is NaN in the data."""
    x, y = jnp.nan_to_num(x), jnp.nan_to_num(y)

    def epoch(carry, key):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x, y, key)
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    keys = jax.random.split(key, n_epochs)
    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), keys)
    return params, losses


@caught_by("deeper", "takes_one_epoch")
def train_with_history__squeezed(key, params, x, y, optimizer, loss, n_epochs):
    """Squeezes the losses, of which one alone is left without an axis."""

    def epoch(carry, key):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x, y, key)
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    keys = jax.random.split(key, n_epochs)
    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), keys)
    return params, jnp.squeeze(losses)
