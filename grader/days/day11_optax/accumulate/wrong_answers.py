"""Plausible mistakes in accumulate; each must be caught by the check named above it."""

import jax
import jax.flatten_util
import jax.numpy as jnp
import optax
from grader.kata.answers import caught_by

# accumulate


@caught_by("correct", "by_hand")
def accumulate__object(optimizer, k):
    """Returns the MultiSteps, which optax.chain does not take."""
    return optax.MultiSteps(optimizer, k)


@caught_by("correct", "by_hand")
def accumulate__sums(optimizer, k):
    """Adds the gradients up, and divides by nothing."""
    return optax.MultiSteps(optimizer, k, use_grad_mean=False).gradient_transformation()


@caught_by("correct", "by_hand")
def accumulate__updates(optimizer, k):
    """Accumulates updates: their sum, and the optimiser runs at every small step."""
    return optax.chain(optimizer, optax.apply_every(k))


@caught_by("correct", "by_hand")
def accumulate__small_steps(optimizer, k):
    """Makes each step k times smaller and takes it at once."""
    return optax.chain(optax.scale(1 / k), optimizer)


@caught_by("correct", "by_hand")
def accumulate__one_too_late(optimizer, k):
    """Waits for one gradient too many."""
    return optax.MultiSteps(optimizer, k + 1).gradient_transformation()


@caught_by("correct", "equals_large_batches")
def accumulate__mean_of_updates(optimizer, k):
    """Lets the optimiser run at every small step and applies the mean of its updates."""
    return optax.chain(optimizer, optax.apply_every(k), optax.scale(1 / k))


@caught_by("correct", "starts_over")
def accumulate__never_empties(optimizer, k):
    """Forgets to empty the sum after a round."""

    def init(params):
        return jnp.zeros((), jnp.int32), jax.tree.map(jnp.zeros_like, params), optimizer.init(params)

    def update(gradients, state, params=None):
        count, total, inner = state
        total = jax.tree.map(jnp.add, total, gradients)
        mean = jax.tree.map(lambda t: t / k, total)
        updates, after = optimizer.update(mean, inner, params)
        now = count == k - 1
        updates = jax.tree.map(lambda u: jnp.where(now, u, 0), updates)
        inner = jax.tree.map(lambda a, b: jnp.where(now, a, b), after, inner)
        return updates, ((count + 1) % k, total, inner)

    return optax.GradientTransformation(init, update)


@caught_by("correct", "equals_large_batches")
def accumulate__inner_runs_along(optimizer, k):
    """Keeps the optimiser's new state at every small step."""

    def init(params):
        return jnp.zeros((), jnp.int32), jax.tree.map(jnp.zeros_like, params), optimizer.init(params)

    def update(gradients, state, params=None):
        count, total, inner = state
        total = jax.tree.map(jnp.add, total, gradients)
        mean = jax.tree.map(lambda t: t / k, total)
        updates, inner = optimizer.update(mean, inner, params)
        now = count == k - 1
        updates = jax.tree.map(lambda u: jnp.where(now, u, 0), updates)
        total = jax.tree.map(lambda t: jnp.where(now, 0, t), total)
        return updates, ((count + 1) % k, total, inner)

    return optax.GradientTransformation(init, update)


@caught_by("correct", "equals_large_batches")
def accumulate__no_parameters(optimizer, k):
    """Keeps the parameters from the optimiser, which may need them."""
    multi = optax.MultiSteps(optimizer, k)

    def update(gradients, state, params=None):
        return multi.update(gradients, state)

    return optax.GradientTransformation(multi.init, update)


@caught_by("jit", "compiles_once")
def accumulate__branches(optimizer, k):
    """Counts in the state and branches on the count."""

    def init(params):
        return jnp.zeros((), jnp.int32), jax.tree.map(jnp.zeros_like, params), optimizer.init(params)

    def update(gradients, state, params=None):
        count, total, inner = state
        total = jax.tree.map(jnp.add, total, gradients)
        zeros = jax.tree.map(jnp.zeros_like, total)
        if count < k - 1:
            return zeros, (count + 1, total, inner)
        updates, inner = optimizer.update(jax.tree.map(lambda t: t / k, total), inner, params)
        return updates, (jnp.zeros((), jnp.int32), zeros, inner)

    return optax.GradientTransformation(init, update)


@caught_by("jit", "compiles_once")
def accumulate__python_count(optimizer, k):
    """Counts in Python, beside the state."""
    count = 0

    def init(params):
        return jax.tree.map(jnp.zeros_like, params), optimizer.init(params)

    def update(gradients, state, params=None):
        nonlocal count
        total, inner = state
        total = jax.tree.map(jnp.add, total, gradients)
        zeros = jax.tree.map(jnp.zeros_like, total)
        count += 1
        if count % k:
            return zeros, (total, inner)
        updates, inner = optimizer.update(jax.tree.map(lambda t: t / k, total), inner, params)
        return updates, (zeros, inner)

    return optax.GradientTransformation(init, update)


@caught_by("jit", "compiles_once")
def accumulate__count_begins_as_int(optimizer, k):
    """Begins with the Python number 0, which is an array from the second step on."""

    def init(params):
        return 0, jax.tree.map(jnp.zeros_like, params), optimizer.init(params)

    def update(gradients, state, params=None):
        count, total, inner = state
        total = jax.tree.map(jnp.add, total, gradients)
        updates, after = optimizer.update(jax.tree.map(lambda t: t / k, total), inner, params)
        now = jnp.asarray(count + 1, jnp.int32) == k
        updates = jax.tree.map(lambda u: jnp.where(now, u, 0), updates)
        inner = jax.tree.map(lambda a, b: jnp.where(now, a, b), after, inner)
        total = jax.tree.map(lambda t: jnp.where(now, 0, t), total)
        return updates, (jnp.where(now, 0, jnp.asarray(count + 1, jnp.int32)), total, inner)

    return optax.GradientTransformation(init, update)


@caught_by("correct", "lets_nan_through")
def accumulate__skip_nan(optimizer, k):
    """Leaves NaN out of the mean."""

    def init(params):
        return (jnp.zeros((), jnp.int32), jax.tree.map(jnp.zeros_like, params), optimizer.init(params))

    def update(g, state, params=None):
        n, acc, inner = state
        acc = jax.tree.map(lambda a, b: a + jnp.where(jnp.isfinite(b), b, 0), acc, g)
        last = n + 1 == k
        u, new = optimizer.update(jax.tree.map(lambda a: a / k, acc), inner, params)
        u = jax.tree.map(lambda x: jnp.where(last, x, jnp.zeros_like(x)), u)
        inner = jax.tree.map(lambda a, b: jnp.where(last, a, b), new, inner)
        acc = jax.tree.map(lambda a: jnp.where(last, jnp.zeros_like(a), a), acc)
        return (u, (jnp.where(last, 0, n + 1), acc, inner))

    return optax.GradientTransformation(init, update)
