"""Plausible mistakes in train_minibatches; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import optax
from grader.kata.answers import caught_by
from jax import lax

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


@caught_by("correct", "follows_the_formula_everywhere")
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


@caught_by("correct", "follows_the_formula_everywhere")
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


@caught_by("correct", "deals_anew_in_each_epoch")
def train_minibatches__deals_once(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Deals the batches once, and only changes their order from epoch to epoch."""
    n_batches = len(x) // batch_size

    def step(carry, batch):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x[batch], y[batch])
        updates, state = optimizer.update(gradients, state, params)
        return ((optax.apply_updates(params, updates), state), value)

    def epoch(carry, key):
        batches = fixed[jax.random.permutation(key, n_batches)]
        carry, losses = lax.scan(step, carry, batches)
        return (carry, jnp.mean(losses))

    key, first = jax.random.split(key)
    fixed = jax.random.permutation(first, len(x))[: n_batches * batch_size].reshape(n_batches, batch_size)
    keys = jax.random.split(key, n_epochs)
    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), keys)
    return (params, losses)


@caught_by("deeper", "takes_one_epoch_of_one_batch")
def train_minibatches__squeezed(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Squeezes the losses, of which one alone is left without an axis."""
    n_batches = len(x) // batch_size

    def step(carry, batch):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x[batch], y[batch])
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    def epoch(carry, key):
        order = jax.random.permutation(key, len(x))
        batches = order[: n_batches * batch_size].reshape(n_batches, batch_size)
        carry, losses = lax.scan(step, carry, batches)
        return carry, jnp.mean(losses)

    keys = jax.random.split(key, n_epochs)
    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), keys)
    return params, jnp.squeeze(losses)
