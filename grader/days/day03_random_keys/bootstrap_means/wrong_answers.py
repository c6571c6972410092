"""Plausible mistakes in bootstrap_means; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by


@caught_by("correct", "draws_with_replacement")
def bootstrap_means__permutes(key, x, n_resamples):
    """Resamples without replacement, so that every mean is the mean of x."""

    def one(key):
        return jax.random.permutation(key, x).mean()

    return jax.vmap(one)(jax.random.split(key, n_resamples))


@caught_by("correct", "every_element_is_as_likely")
def bootstrap_means__never_picks_the_last(key, x, n_resamples):
    """Takes the upper bound of randint for one that is reached."""
    n = x.shape[0]
    picks = jax.random.randint(key, (n_resamples, n), 0, max(n - 1, 1))
    return x[picks].mean(axis=1)


@caught_by("correct", "every_element_is_as_likely")
def bootstrap_means__picks_past_the_end(key, x, n_resamples):
    """Draws 0 … n; the read past the end is clamped to the last element."""
    n = x.shape[0]
    picks = jax.random.randint(key, (n_resamples, n), 0, n + 1)
    return x[picks].mean(axis=1)


@caught_by("correct", "resamples_are_independent")
def bootstrap_means__one_key_for_all_resamples(key, x, n_resamples):
    """Closes over the key under vmap, so that every resample is the same."""

    def one(_):
        return jax.random.choice(key, x, x.shape).mean()

    return jax.vmap(one)(jnp.arange(n_resamples))


@caught_by("correct", "resamples_are_independent")
def bootstrap_means__deals_out_copies(key, x, n_resamples):
    """Shuffles n_resamples copies of x and cuts, so that each element is used equally often."""
    pool = jax.random.permutation(key, jnp.tile(x, n_resamples))
    return pool.reshape(n_resamples, -1).mean(axis=1)


@caught_by("correct", "averages_n_picks")
def bootstrap_means__normal_approximation(key, x, n_resamples):
    """Draws the means from the normal distribution that they would have for large n."""
    noise = jax.random.normal(key, (n_resamples,))
    return x.mean() + x.std() / jnp.sqrt(x.size) * noise


@caught_by("correct", "averages_n_picks")
def bootstrap_means__bayesian(key, x, n_resamples):
    """Weights the elements by exponentials in place of counts."""
    weights = jax.random.exponential(key, (n_resamples, x.size))
    return (weights * x).sum(axis=1) / weights.sum(axis=1)


@caught_by("correct", "averages_n_picks")
def bootstrap_means__resamples_of_another_size(key, x, n_resamples):
    """Draws n_resamples elements for each resample."""
    return jax.random.choice(key, x, (n_resamples, n_resamples)).mean(axis=1)


@caught_by("jit", "compiles_once")
def bootstrap_means__branches_on_the_values(key, x, n_resamples):
    """Takes a short cut in Python for constant data."""
    if x.max() == x.min():
        return jnp.full(n_resamples, x[0])
    picks = jax.random.randint(key, (n_resamples, x.size), 0, x.size)
    return x[picks].mean(axis=1)


@caught_by("jit", "uses_each_key_once")
def bootstrap_means__splits_a_spent_key(key, x, n_resamples):
    """Draws one resample from the key itself and the others from its children."""
    first = jax.random.choice(key, x, x.shape).mean()[None]
    keys = jax.random.split(key, n_resamples)[1:]
    rest = jax.vmap(lambda key: jax.random.choice(key, x, x.shape).mean())(keys)
    return jnp.concatenate([first, rest])


@caught_by("speed", "beats_the_loop")
def bootstrap_means__python_loop(key, x, n_resamples):
    """Draws one resample after the other."""
    means = []
    for resample_key in jax.random.split(key, n_resamples):
        means.append(jax.random.choice(resample_key, x, x.shape).mean())
    return jnp.stack(means)


@caught_by("deeper", "picks_are_independent")
def bootstrap_means__in_pairs(key, x, n_resamples):
    """Draws neighbours together, as the block bootstrap does."""
    n = x.shape[0]
    first = jax.random.randint(key, (n_resamples, (n + 1) // 2), 0, n)
    picks = jnp.stack([first, (first + 1) % n], axis=-1).reshape(n_resamples, -1)[:, :n]
    return x[picks].mean(axis=1)


@caught_by("deeper", "resamples_share_nothing")
def bootstrap_means__shared_half(key, x, n_resamples):
    """Lets every second resample take half of its picks from the one before."""
    n = x.shape[0]
    picks = jax.random.randint(key, (n_resamples, n), 0, n)
    before = jnp.repeat(picks[::2], 2, axis=0)[:n_resamples]
    return x[jnp.where(jnp.arange(n) < n // 2, before, picks)].mean(axis=1)
