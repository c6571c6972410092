"""Honest other ways through day 12; every check must let them pass."""

import functools

import jax
import jax.numpy as jnp
import optax
from jax import lax

# epoch_batches


def epoch_batches__sorts_random_numbers(key, n, batch_size):
    """Sorts one random number an example, and resizes."""
    order = jnp.argsort(jax.random.uniform(key, (n,)))
    return jnp.resize(order, (n // batch_size, batch_size))


def epoch_batches__chooses(key, n, batch_size):
    """Draws without replacement, as many as are needed."""
    return jax.random.choice(key, n, (n // batch_size, batch_size), replace=False)


def epoch_batches__columns(key, n, batch_size):
    """Shuffles an array of indices, and fills the batches column by column."""
    kept = n - n % batch_size
    order = jax.random.permutation(key, jnp.arange(n, dtype=jnp.int32))
    return jnp.swapaxes(order[n - kept :].reshape(batch_size, -1), 0, 1)


# train


def train__while_loop(key, params, x, y, optimizer, loss, n_epochs):
    """Counts by hand in a while_loop, and splits a key off in each round."""

    def body(carry):
        left, key, params, state = carry
        key, subkey = jax.random.split(key)
        updates, state = optimizer.update(jax.grad(loss)(params, x, y, subkey), state, params)
        return left - 1, key, optax.apply_updates(params, updates), state

    start = (jnp.asarray(n_epochs), key, params, optimizer.init(params))
    return lax.while_loop(lambda carry: carry[0] > 0, body, start)[2]


@functools.partial(jax.jit, static_argnames=("optimizer", "loss"))
def train__own_jit(key, params, x, y, optimizer, loss, n_epochs):
    """Brings its own jit, and a class for the carry."""
    gradient = jax.grad(lambda params, key: loss(params, x, y, key))

    def epoch(number, run):
        epoch_key = jax.random.fold_in(run["key"], number)
        updates, state = optimizer.update(gradient(run["params"], epoch_key), run["state"], run["params"])
        return {**run, "params": optax.apply_updates(run["params"], updates), "state": state}

    run = {"key": key, "params": params, "state": optimizer.init(params)}
    return lax.fori_loop(jnp.int32(0), n_epochs, epoch, run)["params"]


def train__flat(key, params, x, y, optimizer, loss, n_epochs):
    """Carries flat leaves, and adds the updates by hand."""
    leaves, structure = jax.tree.flatten((params, optimizer.init(params)))

    def epoch(number, carry):
        key, leaves = carry
        here, key = jax.random.split(key, 2)
        params, state = jax.tree.unflatten(structure, leaves)
        _, gradients = jax.value_and_grad(loss)(params, x, y, here)
        updates, state = optimizer.update(gradients, state, params)
        params = jax.tree.map(lambda p, u: (p + u).astype(p.dtype), params, updates)
        return key, jax.tree.leaves((params, state))

    _, leaves = lax.fori_loop(0, n_epochs, epoch, (key, leaves))
    return jax.tree.unflatten(structure, leaves)[0]


def train__a_pair_of_keys(key, params, x, y, optimizer, loss, n_epochs):
    """Carries two keys: one to split, one to draw from."""

    def epoch(_, carry):
        params, state, keys = carry
        keys = jax.random.split(keys[0])
        updates, state = optimizer.update(jax.grad(loss)(params, x, y, keys[1]), state, params)
        return optax.apply_updates(params, updates), state, keys

    return lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params), jax.random.split(key)))[0]


# train_with_history


def train_with_history__fori_loop(key, params, x, y, optimizer, loss, n_epochs):
    """Fills the history by index, in a fori_loop."""

    def epoch(number, carry):
        params, state, losses = carry
        value, gradients = jax.value_and_grad(loss)(params, x, y, jax.random.fold_in(key, number))
        updates, state = optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), state, losses.at[number].set(value)

    start = (params, optimizer.init(params), jnp.zeros(n_epochs))
    params, _, losses = lax.fori_loop(0, n_epochs, epoch, start)
    return params, losses


def train_with_history__carried_key(key, params, x, y, optimizer, loss, n_epochs):
    """Carries the key along, and scans over nothing."""

    def epoch(carry, _):
        key, params, state = carry
        key, subkey = jax.random.split(key)
        value = loss(params, x, y, subkey)
        gradients = jax.grad(loss)(params, x, y, jax.random.clone(subkey))
        updates, state = optimizer.update(gradients, state, params)
        return (key, optax.apply_updates(params, updates), state), value

    start = (key, params, optimizer.init(params))
    (_, params, _), losses = lax.scan(epoch, start, None, length=n_epochs)
    return params, losses


def train_with_history__numbers(key, params, x, y, optimizer, loss, n_epochs):
    """Scans over epoch numbers, and stacks more than it returns."""

    def epoch(carry, number):
        params, state = carry
        value, gradients = jax.value_and_grad(loss)(params, x, y, jax.random.fold_in(key, number))
        updates, state = optimizer.update(gradients, state, params)
        norm = optax.global_norm(gradients)
        return (optax.apply_updates(params, updates), state), {"loss": value, "norm": norm}

    (params, _), history = lax.scan(epoch, (params, optimizer.init(params)), jnp.arange(n_epochs))
    return params, history["loss"]


def train_with_history__picked_keys(key, params, x, y, optimizer, loss, n_epochs):
    """Splits beforehand, and picks key number e in a fori_loop."""
    keys = jax.random.split(key, n_epochs)

    def epoch(number, carry):
        params, state, losses = carry
        value, gradients = jax.value_and_grad(loss)(params, x, y, keys[number])
        updates, state = optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), state, losses.at[number].set(value)

    start = (params, optimizer.init(params), jnp.zeros(n_epochs))
    params, _, losses = lax.fori_loop(0, n_epochs, epoch, start)
    return params, losses


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


# minimise


def minimise__while_loop(function, start, learning_rate, n_steps):
    """A while_loop that counts down."""

    def step(carry):
        left, x = carry
        _, slope = jax.value_and_grad(function)(x)
        return left - 1, x - learning_rate * slope

    return lax.while_loop(lambda carry: carry[0] > 0, step, (jnp.asarray(n_steps), start))[1]


def minimise__compiled_step(function, start, learning_rate, n_steps):
    """A step of its own under jit, within a fori_loop."""

    @jax.jit
    def step(x):
        return jax.tree.map(lambda p, g: p - learning_rate * g, x, jax.grad(function)(x))

    return lax.fori_loop(0, n_steps, lambda number, x: step(x), start)


def minimise__vjp(function, start, learning_rate, n_steps):
    """Pulls minus the rate back."""

    def step(_, x):
        value, pull_back = jax.vjp(function, x)
        return x + pull_back(-learning_rate * jnp.ones_like(value))[0]

    return lax.fori_loop(0, n_steps, step, start)


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


# train_until


def train_until__cond(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """A dict for the carry, and lax.cond to choose the best."""

    def run_epoch(run):
        updates, state = optimizer.update(jax.grad(loss)(run["params"], x, y), run["state"], run["params"])
        params = optax.apply_updates(run["params"], updates)
        value, epoch = loss(params, *validation), run["epoch"] + 1
        best, least, last = lax.cond(
            value < run["least"],
            lambda: (params, value, epoch),
            lambda: (run["best"], run["least"], run["last"]),
        )
        return {
            "params": params,
            "state": state,
            "best": best,
            "least": least,
            "last": last,
            "epoch": epoch,
        }

    zero = jnp.zeros((), jnp.int32)
    start = {
        "params": params,
        "state": optimizer.init(params),
        "best": params,
        "least": loss(params, *validation),
        "last": zero,
        "epoch": zero,
    }

    def goes_on(run):
        return jnp.logical_and(run["epoch"] < n_epochs, run["epoch"] - run["last"] < patience)

    run = lax.while_loop(goes_on, run_epoch, start)
    return run["best"], run["epoch"]


def train_until__counts_down(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Counts down what is left, of epochs and of patience."""

    def run_epoch(carry):
        (params, state), (best, least), left, leave = carry
        _, gradients = jax.value_and_grad(loss)(params, x, y)
        updates, state = optimizer.update(gradients, state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, validation[0], validation[1])
        better = value < least
        kept = jax.tree.map(lambda old, new: lax.select(better, new, old), (best, least), (params, value))
        leave = lax.select(better, jnp.asarray(patience, jnp.int32), leave - 1)
        return (params, state), kept, left - 1, leave

    first = (params, loss(params, *validation))
    total = jnp.asarray(n_epochs, jnp.int32)
    start = ((params, optimizer.init(params)), first, total, jnp.asarray(patience, jnp.int32))
    _, (best, _), left, _ = lax.while_loop(lambda carry: (carry[2] > 0) & (carry[3] > 0), run_epoch, start)
    return best, total - left


def train_until__sorts_nan_out(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Judges with infinity in the place of NaN, and keeps the number of the best epoch."""

    def judged(params):
        value = loss(params, *validation)
        return jnp.where(jnp.isnan(value), jnp.inf, value)

    def run_epoch(carry):
        epoch, best_epoch, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params, epoch = optax.apply_updates(params, updates), epoch + 1
        value = judged(params)
        best_epoch = jnp.where(value < least, epoch, best_epoch)
        best = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), params, best)
        return epoch, best_epoch, params, state, best, jnp.minimum(value, least)

    start = (jnp.int32(0), jnp.int32(0), params, optimizer.init(params), params, judged(params))
    end = lax.while_loop(lambda c: (c[0] < n_epochs) & (c[0] < c[1] + patience), run_epoch, start)
    return end[4], end[0]


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
