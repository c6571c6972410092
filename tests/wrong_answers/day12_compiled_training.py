"""Plausible mistakes of day 12; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax

from tests.answers import caught_by

# epoch_batches


@caught_by("correct", "depends_on_the_key")
def epoch_batches__no_shuffle(key, n, batch_size):
    """Deals in the order in which the examples lie."""
    return jnp.arange(n // batch_size * batch_size).reshape(-1, batch_size)


@caught_by("correct", "depends_on_the_key")
def epoch_batches__key_of_its_own(key, n, batch_size):
    """Makes a key of its own."""
    order = jax.random.permutation(jax.random.key(0), n)
    return order[: n // batch_size * batch_size].reshape(-1, batch_size)


@caught_by("correct", "deals_each_example_once")
def epoch_batches__with_replacement(key, n, batch_size):
    """Draws with replacement."""
    return jax.random.randint(key, (n // batch_size, batch_size), 0, n)


@caught_by("correct", "deals_each_example_once")
def epoch_batches__batch_by_batch(key, n, batch_size):
    """Draws each batch by itself: two batches share examples."""
    keys = jax.random.split(key, n // batch_size)
    return jax.vmap(lambda key: jax.random.choice(key, n, (batch_size,), replace=False))(keys)


@caught_by("correct", "deals_each_example_once")
def epoch_batches__counts_from_one(key, n, batch_size):
    """Numbers the examples from 1."""
    order = 1 + jax.random.permutation(key, n)
    order = jnp.concatenate([order[order.argmax()][None], order])
    return order[: n // batch_size * batch_size].reshape(-1, batch_size)


@caught_by("correct", "deals_each_example_once")
def epoch_batches__ragged(key, n, batch_size):
    """Makes a last batch of what is left over, filled up from the front."""
    n_batches = -(-n // batch_size)
    return jnp.resize(jax.random.permutation(key, n), (n_batches, batch_size))


@caught_by("correct", "deals_each_example_once")
def epoch_batches__a_list(key, n, batch_size):
    """Returns a list of batches."""
    order = jax.random.permutation(key, n)
    return [order[start : start + batch_size] for start in range(0, n - batch_size + 1, batch_size)]


@caught_by("correct", "leaves_nobody_out_for_good")
def epoch_batches__drops_before(key, n, batch_size):
    """Cuts the rest off before the shuffle: the last examples are never used."""
    kept = n // batch_size * batch_size
    return jax.random.permutation(key, kept).reshape(-1, batch_size)


@caught_by("correct", "mixes_the_batches")
def epoch_batches__same_company(key, n, batch_size):
    """Shuffles the rows of a table: an example always meets the same others."""
    first, second = jax.random.split(key)
    start = jax.random.randint(second, (), 0, n % batch_size + 1)
    table = start + jnp.arange(n // batch_size * batch_size).reshape(-1, batch_size)
    return jax.random.permutation(first, table)


@caught_by("correct", "mixes_the_batches")
def epoch_batches__rotates(key, n, batch_size):
    """Begins at a random place, and goes on in order."""
    order = (jnp.arange(n) + jax.random.randint(key, (), 0, n)) % n
    return order[: n // batch_size * batch_size].reshape(-1, batch_size)


@caught_by("correct", "likes_all_places")
def epoch_batches__sorted_rows(key, n, batch_size):
    """Sorts each batch."""
    order = jax.random.permutation(key, n)[: n // batch_size * batch_size]
    return jnp.sort(order.reshape(-1, batch_size), axis=1)


@caught_by("jit", "compiles_once")
def epoch_batches__numpy(key, n, batch_size):
    """Shuffles by NumPy, with a seed from the key."""
    seed = int(jax.random.bits(key))
    order = np.random.default_rng(seed).permutation(n)
    return jnp.asarray(order[: n // batch_size * batch_size].reshape(-1, batch_size))


@caught_by("jit", "has_no_python_loop")
def epoch_batches__loop(key, n, batch_size):
    """Cuts the batches in a Python loop."""
    order = jax.random.permutation(key, n)
    return jnp.stack([order[b * batch_size : (b + 1) * batch_size] for b in range(n // batch_size)])


@caught_by("jit", "uses_each_key_once")
def epoch_batches__rest_by_the_same_key(key, n, batch_size):
    """Shuffles, and then draws with the same key where to begin."""
    order = jnp.roll(jax.random.permutation(key, n), jax.random.randint(key, (), 0, n))
    return order[: n // batch_size * batch_size].reshape(-1, batch_size)


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


@caught_by("jit", "uses_each_key_once")
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


@caught_by("jit", "uses_each_key_once")
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


# train_minibatches


@caught_by("correct", "takes_a_step_for_each_batch")
def train_minibatches__all_at_once(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """One step an epoch, with the mean of the gradients of all batches."""
    n_batches = len(x) // batch_size

    def epoch(carry, key):
        params, state = carry
        order = jax.random.permutation(key, len(x))[: n_batches * batch_size]
        value, gradients = jax.value_and_grad(loss)(params, x[order], y[order])
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    keys = jax.random.split(key, n_epochs)
    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), keys)
    return params, losses


@caught_by("correct", "takes_a_step_for_each_batch")
def train_minibatches__the_rest_too(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Makes another batch of those that are left over, filled up from the front."""
    n_batches = -(-len(x) // batch_size)

    def step(carry, batch):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x[batch], y[batch])
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    def epoch(carry, key):
        order = jnp.resize(jax.random.permutation(key, len(x)), (n_batches, batch_size))
        carry, losses = lax.scan(step, carry, order)
        return carry, losses.mean()

    keys = jax.random.split(key, n_epochs)
    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), keys)
    return params, losses


@caught_by("correct", "takes_a_step_for_each_batch")
def train_minibatches__swapped_sizes(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Makes batch_size batches: the table of indices lies on its side."""
    n_batches = len(x) // batch_size

    def step(carry, batch):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x[batch], y[batch])
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    def epoch(carry, key):
        order = jax.random.permutation(key, len(x))[: n_batches * batch_size]
        carry, losses = lax.scan(step, carry, order.reshape(batch_size, n_batches))
        return carry, losses.mean()

    keys = jax.random.split(key, n_epochs)
    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), keys)
    return params, losses


@caught_by("correct", "takes_a_step_for_each_batch")
def train_minibatches__every_loss(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Returns the loss of every step: a table."""
    n_batches = len(x) // batch_size

    def step(carry, batch):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x[batch], y[batch])
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    def epoch(carry, key):
        order = jax.random.permutation(key, len(x))[: n_batches * batch_size]
        return lax.scan(step, carry, order.reshape(n_batches, batch_size))

    keys = jax.random.split(key, n_epochs)
    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), keys)
    return params, losses


@caught_by("correct", "keeps_the_state")
def train_minibatches__state_each_epoch(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Begins a new optimiser's state in each epoch."""
    n_batches = len(x) // batch_size

    def step(carry, batch):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x[batch], y[batch])
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    def epoch(params, key):
        order = jax.random.permutation(key, len(x))[: n_batches * batch_size]
        start = (params, optimizer.init(params))
        (params, _), losses = lax.scan(step, start, order.reshape(n_batches, batch_size))
        return params, losses.mean()

    return lax.scan(epoch, params, jax.random.split(key, n_epochs))


@caught_by("correct", "keeps_the_pairs")
def train_minibatches__two_shuffles(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Shuffles x and y apart."""
    n_batches = len(x) // batch_size
    kept = n_batches * batch_size

    def step(carry, batch):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, *batch)
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    def epoch(carry, key):
        x_key, y_key = jax.random.split(key)
        xs = jax.random.permutation(x_key, x)[:kept].reshape(n_batches, batch_size, *x.shape[1:])
        ys = jax.random.permutation(y_key, y)[:kept].reshape(n_batches, batch_size, *y.shape[1:])
        carry, losses = lax.scan(step, carry, (xs, ys))
        return carry, losses.mean()

    keys = jax.random.split(key, n_epochs)
    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), keys)
    return params, losses


@caught_by("correct", "keeps_the_pairs")
def train_minibatches__targets_stay(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Shuffles x and forgets y."""
    n_batches = len(x) // batch_size

    def epoch(carry, key):
        xs = jax.random.permutation(key, x)

        def step(carry, b):
            params, state = carry
            part = [lax.dynamic_slice_in_dim(whole, b * batch_size, batch_size) for whole in (xs, y)]
            value, gradients = jax.value_and_grad(loss)(params, *part)
            updates, state = optimizer.update(gradients, state, params)
            return (optax.apply_updates(params, updates), state), value

        carry, losses = lax.scan(step, carry, jnp.arange(n_batches))
        return carry, losses.mean()

    keys = jax.random.split(key, n_epochs)
    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), keys)
    return params, losses


@caught_by("correct", "uses_an_example_once_an_epoch")
def train_minibatches__draws_batches(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Draws each batch by itself."""
    n_batches = len(x) // batch_size

    def step(carry, key):
        params, state = carry
        batch = jax.random.choice(key, len(x), (batch_size,), replace=False)
        value, gradients = jax.value_and_grad(loss)(params, x[batch], y[batch])
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    keys = jax.random.split(key, n_epochs * n_batches)
    (params, _), losses = lax.scan(step, (params, optimizer.init(params)), keys)
    return params, losses.reshape(n_epochs, n_batches).mean(axis=1)


@caught_by("correct", "uses_an_example_once_an_epoch")
def train_minibatches__first_batch_only(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Slices without the batch size: batches overlap."""
    n_batches = len(x) // batch_size

    def epoch(carry, key):
        order = jax.random.permutation(key, len(x))

        def step(carry, b):
            params, state = carry
            batch = lax.dynamic_slice_in_dim(order, b, batch_size)
            value, gradients = jax.value_and_grad(loss)(params, x[batch], y[batch])
            updates, state = optimizer.update(gradients, state, params)
            return (optax.apply_updates(params, updates), state), value

        carry, losses = lax.scan(step, carry, jnp.arange(n_batches))
        return carry, losses.mean()

    keys = jax.random.split(key, n_epochs)
    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), keys)
    return params, losses


@caught_by("correct", "shuffles_each_epoch")
def train_minibatches__one_shuffle(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Shuffles once, before the first epoch."""
    n_batches = len(x) // batch_size
    order = jax.random.permutation(key, len(x))[: n_batches * batch_size]
    batches = order.reshape(n_batches, batch_size)

    def step(carry, batch):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x[batch], y[batch])
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    def epoch(carry, _):
        carry, losses = lax.scan(step, carry, batches)
        return carry, losses.mean()

    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), length=n_epochs)
    return params, losses


@caught_by("correct", "shuffles_each_epoch")
def train_minibatches__same_key(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Shuffles in each epoch, with the same key."""
    n_batches = len(x) // batch_size

    def step(carry, batch):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x[batch], y[batch])
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    def epoch(carry, _):
        order = jax.random.permutation(key, len(x))[: n_batches * batch_size]
        carry, losses = lax.scan(step, carry, order.reshape(n_batches, batch_size))
        return carry, losses.mean()

    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), length=n_epochs)
    return params, losses


@caught_by("correct", "depends_on_the_key")
def train_minibatches__keys_by_number(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Makes the keys from the epoch's number alone."""
    n_batches = len(x) // batch_size

    def step(carry, batch):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x[batch], y[batch])
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    def epoch(carry, number):
        order = jax.random.permutation(jax.random.key(number), len(x))[: n_batches * batch_size]
        carry, losses = lax.scan(step, carry, order.reshape(n_batches, batch_size))
        return carry, losses.mean()

    start = (params, optimizer.init(params))
    (params, _), losses = lax.scan(epoch, start, jnp.arange(n_epochs))
    return params, losses


@caught_by("correct", "leaves_nobody_out_for_good")
def train_minibatches__drops_before(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Cuts the rest off before the shuffle: the last examples are never used."""
    n_batches = len(x) // batch_size

    def step(carry, batch):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x[batch], y[batch])
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    def epoch(carry, key):
        order = jax.random.permutation(key, n_batches * batch_size)
        carry, losses = lax.scan(step, carry, order.reshape(n_batches, batch_size))
        return carry, losses.mean()

    keys = jax.random.split(key, n_epochs)
    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), keys)
    return params, losses


@caught_by("correct", "mixes_the_batches")
def train_minibatches__same_company(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Rotates by a random amount: neighbours stay together."""
    n = len(x)
    n_batches = n // batch_size

    def step(carry, batch):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x[batch], y[batch])
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    def epoch(carry, key):
        order = jnp.roll(jnp.arange(n), jax.random.randint(key, (), 0, n))[: n_batches * batch_size]
        carry, losses = lax.scan(step, carry, order.reshape(n_batches, batch_size))
        return carry, losses.mean()

    keys = jax.random.split(key, n_epochs)
    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), keys)
    return params, losses


@caught_by("correct", "agrees_with_numpy")
def train_minibatches__last_loss(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Returns the loss of the last batch of each epoch."""
    n_batches = len(x) // batch_size

    def step(carry, batch):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x[batch], y[batch])
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    def epoch(carry, key):
        order = jax.random.permutation(key, len(x))[: n_batches * batch_size]
        carry, losses = lax.scan(step, carry, order.reshape(n_batches, batch_size))
        return carry, losses[-1]

    keys = jax.random.split(key, n_epochs)
    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), keys)
    return params, losses


@caught_by("correct", "agrees_with_numpy")
def train_minibatches__gradients_of_the_epoch(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Takes all gradients of an epoch at the parameters with which it began."""
    n_batches = len(x) // batch_size

    def epoch(carry, key):
        begin, _ = carry
        order = jax.random.permutation(key, len(x))[: n_batches * batch_size]

        def step(carry, batch):
            params, state = carry
            value, gradients = jax.value_and_grad(loss)(
                {**begin, "steps": params["steps"]} if isinstance(begin, dict) else begin, x[batch], y[batch]
            )
            updates, state = optimizer.update(gradients, state, params)
            return (optax.apply_updates(params, updates), state), value

        carry, losses = lax.scan(step, carry, order.reshape(n_batches, batch_size))
        return carry, losses.mean()

    keys = jax.random.split(key, n_epochs)
    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), keys)
    return params, losses


@caught_by("jit", "does_not_grow")
def train_minibatches__loop_over_batches(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Scans over epochs, but loops over batches in Python."""
    n_batches = len(x) // batch_size

    def epoch(carry, key):
        params, state = carry
        order, losses = jax.random.permutation(key, len(x)), []
        for b in range(n_batches):
            batch = order[b * batch_size : (b + 1) * batch_size]
            value, gradients = jax.value_and_grad(loss)(params, x[batch], y[batch])
            updates, state = optimizer.update(gradients, state, params)
            params = optax.apply_updates(params, updates)
            losses.append(value)
        return (params, state), jnp.mean(jnp.stack(losses))

    keys = jax.random.split(key, n_epochs)
    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), keys)
    return params, losses


@caught_by("jit", "does_not_grow")
def train_minibatches__loop_over_epochs(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Loops over epochs in Python, and scans over batches."""
    n_batches = len(x) // batch_size

    def step(carry, batch):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x[batch], y[batch])
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    carry, history = (params, optimizer.init(params)), []
    for key in jax.random.split(key, n_epochs):
        order = jax.random.permutation(key, len(x))[: n_batches * batch_size]
        carry, losses = lax.scan(step, carry, order.reshape(n_batches, batch_size))
        history.append(losses.mean())
    return carry[0], jnp.stack(history)


@caught_by("jit", "uses_each_key_once")
def train_minibatches__uses_the_parent(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Shuffles with a key, and splits it afterwards."""
    n_batches = len(x) // batch_size

    def step(carry, batch):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x[batch], y[batch])
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    def epoch(carry, _):
        key, params, state = carry
        order = jax.random.permutation(key, len(x))[: n_batches * batch_size]
        (params, state), losses = lax.scan(step, (params, state), order.reshape(n_batches, batch_size))
        return (jax.random.split(key)[1], params, state), losses.mean()

    (_, params, _), losses = lax.scan(epoch, (key, params, optimizer.init(params)), length=n_epochs)
    return params, losses


@caught_by("jit", "uses_each_key_once")
def train_minibatches__the_wrong_half(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Shuffles by the key that goes on."""
    n_batches = len(x) // batch_size

    def step(carry, batch):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x[batch], y[batch])
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    def epoch(carry, _):
        key, *rest = carry
        key, subkey = jax.random.split(key)
        order = jax.random.permutation(key, len(x))
        batches = order[: n_batches * batch_size].reshape(n_batches, batch_size)
        rest, losses = lax.scan(step, tuple(rest), batches)
        return (key, *rest), jnp.mean(losses)

    (_, params, _), losses = lax.scan(epoch, (key, params, optimizer.init(params)), length=n_epochs)
    return params, losses


@caught_by("jit", "uses_each_key_once")
def train_minibatches__one_key_for_both(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Shuffles inputs and targets apart, by the same key."""
    n_batches = len(x) // batch_size

    def step(carry, batch):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, *batch)
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    def epoch(carry, key):
        def deal(data):
            kept = jax.random.permutation(key, data)[: n_batches * batch_size]
            return kept.reshape(n_batches, batch_size, *data.shape[1:])

        carry, losses = lax.scan(step, carry, (deal(x), deal(y)))
        return carry, jnp.mean(losses)

    keys = jax.random.split(key, n_epochs)
    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), keys)
    return params, losses


@caught_by("correct", "takes_a_step_for_each_batch")
def train_minibatches__no_mean(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Returns the losses of all batches, in rows."""
    n_batches = len(x) // batch_size

    def step(carry, batch):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x[batch], y[batch])
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    def epoch(carry, key):
        order = jax.random.permutation(key, len(x))
        return lax.scan(step, carry, order[: n_batches * batch_size].reshape(n_batches, batch_size))

    keys = jax.random.split(key, n_epochs)
    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), keys)
    return params, losses


# minimise


@caught_by("correct", "uses_no_shortcut")
def minimise__optax(function, start, learning_rate, n_steps):
    """Lets optax walk."""
    optimizer = optax.sgd(learning_rate)

    def step(_, carry):
        x, state = carry
        updates, state = optimizer.update(jax.grad(function)(x), state)
        return optax.apply_updates(x, updates), state

    return lax.fori_loop(0, n_steps, step, (start, optimizer.init(start)))[0]


@caught_by("correct", "by_hand")
def minimise__uphill(function, start, learning_rate, n_steps):
    """Adds the gradient."""
    return lax.fori_loop(0, n_steps, lambda _, x: x + learning_rate * jax.grad(function)(x), start)


@caught_by("correct", "by_hand")
def minimise__stale_gradient(function, start, learning_rate, n_steps):
    """Takes the gradient once, at the start."""
    slope = jax.grad(function)(start)
    return lax.fori_loop(0, n_steps, lambda _, x: x - learning_rate * slope, start)


@caught_by("correct", "by_hand")
def minimise__one_less(function, start, learning_rate, n_steps):
    """Counts from 1 to n_steps - 1."""
    return lax.fori_loop(1, n_steps, lambda _, x: x - learning_rate * jax.grad(function)(x), start)


@caught_by("correct", "by_hand")
def minimise__value(function, start, learning_rate, n_steps):
    """Returns the value at the last point."""
    return function(lax.fori_loop(0, n_steps, lambda _, x: x - learning_rate * jax.grad(function)(x), start))


@caught_by("correct", "for_no_step")
def minimise__at_least_one(function, start, learning_rate, n_steps):
    """Takes the first step before the loop."""

    def step(_, x):
        return x - learning_rate * jax.grad(function)(x)

    return lax.fori_loop(1, n_steps, step, step(0, start))


@caught_by("correct", "agrees_with_numpy")
def minimise__decays(function, start, learning_rate, n_steps):
    """Lets the rate go down after ten steps."""

    def step(k, x):
        return x - learning_rate * jnp.minimum(1, 10 / (k + 1)) * jax.grad(function)(x)

    return lax.fori_loop(0, n_steps, step, start)


@caught_by("correct", "walks_down_the_valley")
def minimise__a_bound_of_its_own(function, start, learning_rate, n_steps):
    """Runs a thousand steps and masks those after n_steps."""

    def step(k, x):
        return jnp.where(k < n_steps, x - learning_rate * jax.grad(function)(x), x)

    return lax.fori_loop(0, 1000, step, start)


@caught_by("jit", "compiles_once")
def minimise__python_loop(function, start, learning_rate, n_steps):
    """Compiles the gradient, and loops in Python."""
    slope = jax.jit(jax.grad(function))
    x = start
    for _ in range(n_steps):
        x = x - learning_rate * slope(x)
    return x


@caught_by("jit", "compiles_once")
def minimise__eager_loop(function, start, learning_rate, n_steps):
    """A Python loop with all of it written out: thousands of its steps take long."""
    x = start
    for _ in range(n_steps):
        x = x - learning_rate * jax.grad(function)(x)
    return x


@caught_by("correct", "by_hand")
def minimise__swapped_body(function, start, learning_rate, n_steps):
    """Gives fori_loop a body as scan wants it."""
    return lax.fori_loop(0, n_steps, lambda x, _: x - learning_rate * jax.grad(function)(x), start)


@caught_by("jit", "compiles_once")
def minimise__scan(function, start, learning_rate, n_steps):
    """Scans, which wants to know its length."""

    def step(x, _):
        return x - learning_rate * jax.grad(function)(x), None

    return lax.scan(step, start, length=n_steps)[0]


@caught_by("speed", "beats_a_loop_of_compiled_gradients")
def minimise__masked(function, start, learning_rate, n_steps):
    """Always runs 200,000 steps and masks those after n_steps."""

    def step(k, x):
        return jnp.where(k < n_steps, x - learning_rate * jax.grad(function)(x), x)

    return lax.fori_loop(0, 200_000, step, start)


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


@caught_by("jit", "does_not_grow_with_its_members")
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


# train_until


@caught_by("correct", "by_hand")
def train_until__never_stops(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Runs all epochs, and gives back the best parameters."""

    def run_epoch(_, carry):
        params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        best = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), params, best)
        return params, state, best, jnp.where(value < least, value, least)

    start = (params, optimizer.init(params), params, loss(params, *validation))
    return lax.fori_loop(0, n_epochs, run_epoch, start)[2], jnp.asarray(n_epochs)


@caught_by("correct", "by_hand")
def train_until__one_too_patient(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Waits one epoch longer."""

    def run_epoch(carry):
        epoch, waited, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        best = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), params, best)
        waited = jnp.where(value < least, 0, waited + 1)
        return epoch + 1, waited, params, state, best, jnp.where(value < least, value, least)

    start = (0, 0, params, optimizer.init(params), params, loss(params, *validation))
    end = lax.while_loop(lambda c: (c[0] < n_epochs) & (c[1] <= patience), run_epoch, start)
    return end[4], end[0]


@caught_by("correct", "by_hand")
def train_until__last_parameters(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Gives back the last parameters."""

    def run_epoch(carry):
        epoch, waited, params, state, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        waited = jnp.where(value < least, 0, waited + 1)
        return epoch + 1, waited, params, state, jnp.where(value < least, value, least)

    start = (0, 0, params, optimizer.init(params), loss(params, *validation))
    end = lax.while_loop(lambda c: (c[0] < n_epochs) & (c[1] < patience), run_epoch, start)
    return end[2], end[0]


@caught_by("correct", "by_hand")
def train_until__best_epoch(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Tells the number of the best epoch."""

    def run_epoch(carry):
        epoch, last, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        best = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), params, best)
        last = jnp.where(value < least, epoch + 1, last)
        return epoch + 1, last, params, state, best, jnp.where(value < least, value, least)

    start = (0, 0, params, optimizer.init(params), params, loss(params, *validation))
    end = lax.while_loop(lambda c: (c[0] < n_epochs) & (c[0] - c[1] < patience), run_epoch, start)
    return end[4], end[1]


@caught_by("correct", "judges_by_the_validation_data")
def train_until__judges_by_training_loss(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Judges by the loss on the training data."""

    def run_epoch(carry):
        epoch, waited, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, x, y)
        best = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), params, best)
        waited = jnp.where(value < least, 0, waited + 1)
        return epoch + 1, waited, params, state, best, jnp.where(value < least, value, least)

    start = (0, 0, params, optimizer.init(params), params, loss(params, x, y))
    end = lax.while_loop(lambda c: (c[0] < n_epochs) & (c[1] < patience), run_epoch, start)
    return end[4], end[0]


@caught_by("correct", "judges_by_the_validation_data")
def train_until__three_things(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Returns the least loss, too."""

    def run_epoch(carry):
        epoch, waited, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        best = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), params, best)
        waited = jnp.where(value < least, 0, waited + 1)
        return epoch + 1, waited, params, state, best, jnp.where(value < least, value, least)

    start = (0, 0, params, optimizer.init(params), params, loss(params, *validation))
    end = lax.while_loop(lambda c: (c[0] < n_epochs) & (c[1] < patience), run_epoch, start)
    return end[4], end[5], end[0]


@caught_by("correct", "waits_anew_after_each_improvement")
def train_until__counts_all(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Never sets the count back: all bad epochs add up."""

    def run_epoch(carry):
        epoch, waited, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        best = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), params, best)
        waited = waited + jnp.where(value < least, 0, 1)
        return epoch + 1, waited, params, state, best, jnp.where(value < least, value, least)

    start = (0, 0, params, optimizer.init(params), params, loss(params, *validation))
    end = lax.while_loop(lambda c: (c[0] < n_epochs) & (c[1] < patience), run_epoch, start)
    return end[4], end[0]


@caught_by("correct", "compares_with_the_best")
def train_until__compares_with_the_epoch_before(
    params, x, y, validation, optimizer, loss, n_epochs, patience
):
    """Takes every loss that is less than the one before it for an improvement."""

    def run_epoch(carry):
        epoch, waited, params, state, best, least, before = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        best = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), params, best)
        waited = jnp.where(value < before, 0, waited + 1)
        return epoch + 1, waited, params, state, best, jnp.minimum(value, least), value

    first = loss(params, *validation)
    start = (0, 0, params, optimizer.init(params), params, first, first)
    end = lax.while_loop(lambda c: (c[0] < n_epochs) & (c[1] < patience), run_epoch, start)
    return end[4], end[0]


@caught_by("correct", "takes_a_tie_for_no_improvement")
def train_until__ties(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Takes an equal loss for an improvement."""

    def run_epoch(carry):
        epoch, waited, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        better = value <= least
        best = jax.tree.map(lambda new, old: jnp.where(better, new, old), params, best)
        waited = jnp.where(better, 0, waited + 1)
        return epoch + 1, waited, params, state, best, jnp.where(better, value, least)

    start = (0, 0, params, optimizer.init(params), params, loss(params, *validation))
    end = lax.while_loop(lambda c: (c[0] < n_epochs) & (c[1] < patience), run_epoch, start)
    return end[4], end[0]


@caught_by("correct", "counts_the_start")
def train_until__from_infinity(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Begins with infinity for the least loss: the first epoch always improves."""

    def run_epoch(carry):
        epoch, waited, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        best = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), params, best)
        waited = jnp.where(value < least, 0, waited + 1)
        return epoch + 1, waited, params, state, best, jnp.where(value < least, value, least)

    start = (0, 0, params, optimizer.init(params), params, jnp.inf)
    end = lax.while_loop(lambda c: (c[0] < n_epochs) & (c[1] < patience), run_epoch, start)
    return end[4], end[0]


@caught_by("correct", "passes_over_nan")
def train_until__minimum(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Keeps the least loss by jnp.minimum, in which a NaN stays for good."""

    def run_epoch(carry):
        epoch, waited, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        best = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), params, best)
        waited = jnp.where(value < least, 0, waited + 1)
        return epoch + 1, waited, params, state, best, jnp.minimum(value, least)

    start = (0, 0, params, optimizer.init(params), params, loss(params, *validation))
    end = lax.while_loop(lambda c: (c[0] < n_epochs) & (c[1] < patience), run_epoch, start)
    return end[4], end[0]


@caught_by("correct", "passes_over_nan")
def train_until__worse_the_other_way(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Asks for what is worse, and takes a NaN for an improvement."""

    def run_epoch(carry):
        epoch, waited, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        worse = value >= least
        best = jax.tree.map(lambda new, old: jnp.where(worse, old, new), params, best)
        waited = jnp.where(worse, waited + 1, 0)
        return epoch + 1, waited, params, state, best, jnp.where(worse, least, value)

    start = (0, 0, params, optimizer.init(params), params, loss(params, *validation))
    end = lax.while_loop(lambda c: (c[0] < n_epochs) & (c[1] < patience), run_epoch, start)
    return end[4], end[0]


@caught_by("correct", "ends_after_n_epochs")
def train_until__no_end(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Looks at n_epochs one epoch too late."""

    def run_epoch(carry):
        epoch, waited, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        best = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), params, best)
        waited = jnp.where(value < least, 0, waited + 1)
        return epoch + 1, waited, params, state, best, jnp.where(value < least, value, least)

    start = (0, 0, params, optimizer.init(params), params, loss(params, *validation))
    end = lax.while_loop(lambda c: (c[0] <= n_epochs) & (c[1] < patience), run_epoch, start)
    return end[4], end[0]


@caught_by("correct", "learns_from_the_training_data")
def train_until__trains_on_validation(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Takes the gradient on the validation data."""

    def run_epoch(carry):
        epoch, waited, params, state, best, least = carry
        value, gradients = jax.value_and_grad(loss)(params, *validation)
        updates, state = optimizer.update(gradients, state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        best = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), params, best)
        waited = jnp.where(value < least, 0, waited + 1)
        return epoch + 1, waited, params, state, best, jnp.where(value < least, value, least)

    start = (0, 0, params, optimizer.init(params), params, loss(params, *validation))
    end = lax.while_loop(lambda c: (c[0] < n_epochs) & (c[1] < patience), run_epoch, start)
    return end[4], end[0]


@caught_by("correct", "judges_by_the_validation_data")
def train_until__plain_python(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Loops in Python, and returns Python's count."""
    state, best, least, waited, epoch = optimizer.init(params), params, loss(params, *validation), 0, 0
    while epoch < n_epochs and waited < patience:
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        epoch, waited = epoch + 1, waited + 1
        if value < least:
            best, least, waited = params, value, 0
    return best, epoch


@caught_by("jit", "compiles_once")
def train_until__python_loop(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Loops in Python and breaks."""
    state, best, least, waited, epoch = optimizer.init(params), params, loss(params, *validation), 0, 0
    while epoch < n_epochs and waited < patience:
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        epoch, waited = epoch + 1, waited + 1
        if value < least:
            best, least, waited = params, value, 0
    return best, jnp.asarray(epoch)


@caught_by("jit", "computes_nothing_after_the_stop")
def train_until__masked(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Runs all epochs, and drops what comes after the stop."""

    def run_epoch(_, carry):
        epoch, waited, params, state, best, least = carry
        updates, after = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        moved = optax.apply_updates(params, updates)
        value = loss(moved, *validation)
        kept = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), moved, best)
        now = jnp.where(value < least, 0, waited + 1)
        new = (epoch + 1, now, moved, after, kept, jnp.where(value < least, value, least))
        return jax.tree.map(lambda new, old: jnp.where(waited < patience, new, old), new, carry)

    start = (0, 0, params, optimizer.init(params), params, loss(params, *validation))
    end = lax.fori_loop(0, n_epochs, run_epoch, start)
    return end[4], end[0]


# learning_rate_sweep


@caught_by("correct", "by_hand")
def learning_rate_sweep__all_runs(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Returns the parameters of all runs."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        final, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return final, loss(final, x, y)

    return jax.vmap(run)(rates)


@caught_by("correct", "by_hand")
def learning_rate_sweep__indexes_the_tree(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Indexes the dict of parameters as if it were an array."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        final, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return final, loss(final, x, y)

    runs, losses = jax.vmap(run)(rates)
    best = jnp.nanargmin(losses)
    return runs[best], losses


@caught_by("correct", "by_hand")
def learning_rate_sweep__worst(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Chooses the largest loss."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        final, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return final, loss(final, x, y)

    finals, losses = jax.vmap(run)(rates)
    return jax.tree.map(lambda leaf: leaf[jnp.argmax(losses)], finals), losses


@caught_by("correct", "by_hand")
def learning_rate_sweep__one_after_the_other(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Each run goes on where the one before has stopped."""

    def run(params, rate):
        optimizer = make_optimizer(rate)

        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        final, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return final, (final, loss(final, x, y))

    _, (finals, losses) = lax.scan(run, params, rates)
    best = jnp.argmin(losses)
    return jax.tree.map(lambda leaf: leaf[best], finals), losses


@caught_by("correct", "by_hand")
def learning_rate_sweep__best_rate(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Returns the best rate."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        final, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return loss(final, x, y)

    losses = jax.vmap(run)(rates)
    return rates[jnp.argmin(losses)], losses


@caught_by("correct", "never_chooses_nan")
def learning_rate_sweep__argmin(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Chooses by argmin, for which a NaN is the least."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        final, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return final, loss(final, x, y)

    finals, losses = jax.vmap(run)(rates)
    return jax.tree.map(lambda leaf: leaf[jnp.argmin(losses)], finals), losses


@caught_by("correct", "never_chooses_nan")
def learning_rate_sweep__zeros_for_nan(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Replaces NaN by a large number in what it returns, too."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        final, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return final, loss(final, x, y)

    finals, losses = jax.vmap(run)(rates)
    losses = jnp.nan_to_num(losses, nan=1e9, posinf=1e9)
    return jax.tree.map(lambda leaf: leaf[jnp.argmin(losses)], finals), losses


@caught_by("correct", "agrees_with_single_runs")
def learning_rate_sweep__state_anew(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Begins a new optimiser's state in each epoch."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(_, params):
            gradients = jax.grad(loss)(params, x, y)
            updates, _ = optimizer.update(gradients, optimizer.init(params), params)
            return optax.apply_updates(params, updates)

        final = lax.fori_loop(0, n_epochs, epoch, params)
        return final, loss(final, x, y)

    finals, losses = jax.vmap(run)(rates)
    best = jnp.nanargmin(losses)
    return jax.tree.map(lambda leaf: leaf[best], finals), losses


@caught_by("correct", "for_no_epoch")
def learning_rate_sweep__last_of_the_losses(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Needs at least one epoch."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(carry, _):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            params = optax.apply_updates(params, updates)
            return (params, state), loss(params, x, y)

        (final, _), losses = lax.scan(epoch, (params, optimizer.init(params)), length=int(n_epochs))
        return final, losses[-1]

    finals, losses = jax.vmap(run)(rates)
    best = jnp.nanargmin(losses)
    return jax.tree.map(lambda leaf: leaf[best], finals), losses


@caught_by("jit", "does_not_grow_with_its_rates")
def learning_rate_sweep__loop_over_rates(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Loops over the rates in Python."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        final, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return final, loss(final, x, y)

    runs = [run(rates[r]) for r in range(len(rates))]
    finals, losses = jax.tree.map(lambda *leaves: jnp.stack(leaves), *runs)
    best = jnp.nanargmin(losses)
    return jax.tree.map(lambda leaf: leaf[best], finals), losses


@caught_by("jit", "compiles_once")
def learning_rate_sweep__floats(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Makes Python floats of the rates, one optimiser and one program for each."""
    best, least, losses = params, float("inf"), []
    for rate in rates.tolist():
        optimizer = make_optimizer(rate)

        @jax.jit
        def step(params, state, optimizer=optimizer):
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        now, state = params, optimizer.init(params)
        for _ in range(int(n_epochs)):
            now, state = step(now, state)
        losses.append(loss(now, x, y))
        if losses[-1] < least:
            best, least = now, losses[-1]
    return best, jnp.stack(losses)


@caught_by("jit", "compiles_once")
def learning_rate_sweep__branches(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Asks in Python whether the best loss is a number."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        final, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return final, loss(final, x, y)

    finals, losses = jax.vmap(run)(rates)
    best = jnp.argmin(losses)
    if jnp.isnan(losses[best]):
        best = jnp.nanargmin(losses)
    return jax.tree.map(lambda leaf: leaf[best], finals), losses


@caught_by("jit", "compiles_once")
def learning_rate_sweep__loop_over_epochs(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Loops over the epochs in Python."""

    def run(rate):
        optimizer = make_optimizer(rate)
        now, state = params, optimizer.init(params)
        for _ in range(n_epochs):
            updates, state = optimizer.update(jax.grad(loss)(now, x, y), state, now)
            now = optax.apply_updates(now, updates)
        return now, loss(now, x, y)

    finals, losses = jax.vmap(run)(rates)
    best = jnp.nanargmin(losses)
    return jax.tree.map(lambda leaf: leaf[best], finals), losses
