"""Other honest ways to write train_minibatches; each must pass every check."""

import jax
import jax.numpy as jnp
import optax
from jax import lax

# train_minibatches


def train_minibatches__one_scan(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Shuffles all epochs beforehand and makes one long scan of them."""
    n_batches = len(x) // batch_size
    orders = jax.vmap(lambda key: jax.random.permutation(key, len(x)))(jax.random.split(key, n_epochs))
    batches = orders[:, : n_batches * batch_size].reshape(n_epochs * n_batches, batch_size)

    def step(carry, batch):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x[batch], y[batch])
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    (params, _), losses = lax.scan(step, (params, optimizer.init(params)), batches)
    return params, losses.reshape(n_epochs, n_batches).mean(axis=1)


def train_minibatches__fori_loops(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Two fori_loops; slices the shuffled data."""
    n = x.shape[0]
    n_batches = n // batch_size

    def epoch(number, carry):
        params, state, losses = carry
        order = jax.random.permutation(jax.random.fold_in(key, number), n)
        xs, ys = x[order], y[order]

        def step(b, carry):
            params, state, total = carry
            part = [lax.dynamic_slice_in_dim(all_of, b * batch_size, batch_size) for all_of in (xs, ys)]
            value, gradients = jax.value_and_grad(loss)(params, *part)
            updates, state = optimizer.update(gradients, state, params)
            return optax.apply_updates(params, updates), state, total + value

        params, state, total = lax.fori_loop(0, n_batches, step, (params, state, 0.0))
        return params, state, losses.at[number].set(total / n_batches)

    start = (params, optimizer.init(params), jnp.zeros(n_epochs))
    params, _, losses = lax.fori_loop(0, n_epochs, epoch, start)
    return params, losses


def train_minibatches__keeps_shuffling(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Shuffles the data that the epoch before has shuffled, and carries the key along."""
    n_batches = x.shape[0] // batch_size
    kept = n_batches * batch_size

    def epoch(carry, _):
        key, order, params, state = carry
        key, subkey = jax.random.split(key)
        order = jax.random.permutation(subkey, order)

        def step(carry, batch):
            params, state = carry
            value, gradients = jax.value_and_grad(loss)(params, *batch)
            updates, state = optimizer.update(gradients, state, params)
            return (optax.apply_updates(params, updates), state), value

        batches = jax.tree.map(
            lambda leaf: leaf[order[:kept]].reshape(n_batches, batch_size, *leaf.shape[1:]), (x, y)
        )
        (params, state), losses = lax.scan(step, (params, state), batches)
        return (key, order, params, state), losses

    start = (key, jnp.arange(x.shape[0]), params, optimizer.init(params))
    (_, _, params, _), losses = lax.scan(epoch, start, length=n_epochs)
    return params, losses.mean(axis=-1)


def train_minibatches__picked_keys(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Splits beforehand, picks key number e, and slices the order."""
    keys = jax.random.split(key, n_epochs)
    n_batches = len(x) // batch_size

    def epoch(number, carry):
        params, state, losses = carry
        order = jax.random.permutation(keys[number], len(x))

        def step(b, carry):
            params, state, total = carry
            rows = lax.dynamic_slice_in_dim(order, b * batch_size, batch_size)
            value, gradients = jax.value_and_grad(loss)(params, x[rows], y[rows])
            updates, state = optimizer.update(gradients, state, params)
            return optax.apply_updates(params, updates), state, total + value

        params, state, total = lax.fori_loop(0, n_batches, step, (params, state, 0.0))
        return params, state, losses.at[number].set(total / n_batches)

    start = (params, optimizer.init(params), jnp.zeros(n_epochs))
    params, _, losses = lax.fori_loop(0, n_epochs, epoch, start)
    return params, losses


def train_minibatches__chooses(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Draws each epoch's examples without replacement, and takes rows of the data with jnp.take."""
    n_batches = x.shape[0] // batch_size

    def epoch(carry, epoch_key):
        rows = jax.random.choice(epoch_key, x.shape[0], (n_batches, batch_size), replace=False)

        def step(carry, row):
            params, state = carry
            batch = (jnp.take(x, row, axis=0), jnp.take(y, row, axis=0))
            value, gradients = jax.value_and_grad(loss)(params, *batch)
            updates, state = optimizer.update(gradients, state, params)
            return (optax.apply_updates(params, updates), state), value

        carry, values = lax.scan(step, carry, rows)
        return carry, values.mean()

    start = (params, optimizer.init(params))
    (params, _), losses = lax.scan(epoch, start, jax.random.split(key, n_epochs))
    return params, losses


def train_minibatches__sorts_noise(key, params, x, y, optimizer, loss, n_epochs, batch_size):
    """Sorts noise for an order, folds the epoch into the key, and adds losses up in the carry."""
    n_batches = len(y) // batch_size

    def epoch(carry, number):
        noise = jax.random.uniform(jax.random.fold_in(key, number), (len(y),))
        order = jnp.argsort(noise)[-n_batches * batch_size :]

        def step(carry, rows):
            params, state, total = carry
            value, gradients = jax.value_and_grad(loss)(params, x[rows], y[rows])
            updates, state = optimizer.update(gradients, state, params)
            return (optax.apply_updates(params, updates), state, total + value), None

        (params, state, total), _ = lax.scan(step, (*carry, jnp.zeros(())), order.reshape(-1, batch_size))
        return (params, state), total / n_batches

    (params, _), losses = lax.scan(epoch, (params, optimizer.init(params)), jnp.arange(n_epochs))
    return params, losses
