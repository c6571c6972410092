"""Honest other ways to do day 3; each must pass every check."""

import zlib
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax


def keys_like__by_folding_in_the_position(key, tree):
    """Numbers the leaves and folds the number in; never splits."""
    leaves, structure = jax.tree.flatten(tree)
    keys = [jax.random.fold_in(key, i) for i in range(len(leaves))]
    return jax.tree.unflatten(structure, keys)


def keys_like__by_an_iterator(key, tree):
    """Splits once and hands the keys out one by one while mapping."""
    keys = iter(jax.random.split(key, len(jax.tree.leaves(tree))))
    return jax.tree.map(lambda _: next(keys), tree)


def keys_like__by_splitting_on_the_way(key, tree):
    """Splits the key again for every leaf, the way a training loop does."""
    fresh = []
    for _ in jax.tree.leaves(tree):
        key, leaf_key = jax.random.split(key)
        fresh.append(leaf_key)
    return jax.tree.unflatten(jax.tree.structure(tree), fresh)


def keys_like__by_the_names_of_paths(key, tree):
    """Folds in a checksum of each path, so that adding a leaf leaves the other keys alone."""

    def fresh(path, _):
        return jax.random.fold_in(key, zlib.crc32(jax.tree_util.keystr(path).encode()))

    return jax.tree_util.tree_map_with_path(fresh, tree)


def keys_like__by_transposing_a_tree_of_positions(key, tree):
    """Clumsy: a tree of positions first, then one key looked up for each."""
    leaves, structure = jax.tree.flatten(tree)
    positions = jax.tree.unflatten(structure, range(len(leaves)))
    keys = jax.random.split(key, len(leaves) + 1)[1:]
    return jax.tree.map(lambda i: keys[i], positions)


def dropout__by_comparing_uniforms(key, x, rate):
    """Draws uniforms and compares them itself."""
    kept = jax.random.uniform(key, x.shape) >= rate
    return jnp.where(kept, x / (1 - rate), jnp.zeros_like(x))


def dropout__by_multiplying_a_safe_mask(key, x, rate):
    """Multiplies by a mask whose scale is made safe at rate 1."""
    dropped = jax.random.bernoulli(key, rate, x.shape)
    scale = jnp.where(rate < 1, 1 / jnp.where(rate < 1, 1 - rate, 1), 0)
    return x * (1 - dropped.astype(x.dtype)) * scale


def dropout__with_a_key_for_each_element(key, x, rate):
    """One key for each element, lifted by vmap."""

    def one(key, value):
        return lax.select(jax.random.bernoulli(key, 1 - rate), value / (1 - rate), 0.0)

    return jax.vmap(one)(jax.random.split(key, x.size), x.reshape(-1)).reshape(x.shape)


@jax.jit
def dropout__compiled_by_the_learner(key, x, rate):
    """Brings its own jit, and splits a key that it need not split."""
    _, mask_key = jax.random.split(key)
    return jnp.where(jax.random.bernoulli(mask_key, rate, x.shape), 0.0, x / (1.0 - rate))


def noise_at__by_splitting_the_folded_key(key, step, shape):
    """Splits the key of the step once more before drawing."""
    _, noise_key = jax.random.split(jax.random.fold_in(key, step))
    return jax.random.normal(noise_key, shape)


def noise_at__from_uniforms(key, step, shape):
    """Turns uniforms into normals through the inverse error function."""
    low = float(np.nextafter(np.float32(-1), np.float32(0)))
    u = jax.random.uniform(jax.random.fold_in(key, step), shape, minval=low, maxval=1.0)
    return jnp.sqrt(jnp.float32(2)) * lax.erf_inv(u)


def noise_at__with_a_key_for_each_element(key, step, shape):
    """Draws scalar by scalar from split keys."""
    keys = jax.random.split(jax.random.fold_in(key, step), int(np.prod(shape)))
    return jax.vmap(jax.random.normal)(keys).reshape(shape)


@partial(jax.jit, static_argnames="shape")
def noise_at__by_box_and_muller(key, step, shape):
    """Compiled by the learner; two uniforms make one normal."""
    radius_key, angle_key = jax.random.split(jax.random.fold_in(key, step))
    radius = jnp.sqrt(-2 * jnp.log1p(-jax.random.uniform(radius_key, shape)))
    return radius * jnp.cos(2 * jnp.pi * jax.random.uniform(angle_key, shape))


def bootstrap_means__with_a_key_for_each_resample(key, x, n_resamples):
    """Draws one resample with choice and lifts it over keys."""

    def one(key):
        return jax.random.choice(key, x, x.shape).mean()

    return jax.vmap(one)(jax.random.split(key, n_resamples))


def bootstrap_means__by_folding_in_the_resample(key, x, n_resamples):
    """Folds the number of the resample into the key."""

    def one(i):
        picks = jax.random.randint(jax.random.fold_in(key, i), x.shape, 0, x.size)
        return jnp.mean(jnp.take(x, picks))

    return jax.vmap(one)(jnp.arange(n_resamples))


def bootstrap_means__by_counting_picks(key, x, n_resamples):
    """Counts how often each element was picked and multiplies by a matrix."""
    n = x.size
    picks = jnp.floor(n * jax.random.uniform(key, (n_resamples, n))).astype(jnp.int32)
    picks = jnp.minimum(picks, n - 1)
    rows = jnp.arange(n_resamples)[:, None]
    counts = jnp.zeros((n_resamples, n), x.dtype).at[rows, picks].add(1)
    return jnp.sum(counts * x, axis=1) / n


def bootstrap_means__by_choice_of_a_matrix(key, x, n_resamples):
    """Draws the resamples as columns, all at once."""
    return jnp.mean(jax.random.choice(key, x, (x.size, n_resamples)), axis=0)


def bootstrap_means__in_a_compiled_loop(key, x, n_resamples):
    """One resample after the other, in a loop that stays a loop, to save memory."""

    def one(key):
        return x[jax.random.randint(key, x.shape, 0, x.size)].mean()

    return lax.map(one, jax.random.split(key, n_resamples))


def sample_mixture__by_choosing_with_weights(key, log_weights, means, stds, n):
    """Normalises the weights and lets choice draw the components."""
    first, second = jax.random.split(key)
    component = jax.random.choice(first, means.size, (n,), p=jax.nn.softmax(log_weights))
    return jnp.take(means, component) + jnp.take(stds, component) * jax.random.normal(second, (n,))


def sample_mixture__one_sample_lifted(key, log_weights, means, stds, n):
    """Writes one sample and lifts it over keys."""

    def one(key):
        component_key, noise_key = jax.random.split(key)
        j = jax.random.categorical(component_key, log_weights)
        return means[j] + stds[j] * jax.random.normal(noise_key)

    return jax.vmap(one)(jax.random.split(key, n))


def sample_mixture__draws_all_components(key, log_weights, means, stds, n):
    """Draws a sample of every component and keeps one by a one-hot row of Gumbel winners."""
    gumbel_key = jax.random.fold_in(key, 0)
    noise_key = jax.random.fold_in(key, 1)
    scores = log_weights + jax.random.gumbel(gumbel_key, (n, log_weights.size))
    winner = jax.nn.one_hot(jnp.argmax(scores, axis=1), log_weights.size)
    draws = means + stds * jax.random.normal(noise_key, (n, log_weights.size))
    return jnp.sum(winner * draws, axis=1)


def sample_mixture__by_searching_cumulative_weights(key, log_weights, means, stds, n):
    """Inverts the cumulative distribution of the components."""
    weights = jnp.exp(log_weights - log_weights.max())
    cumulative = jnp.cumsum(weights)
    component_key, noise_key = jax.random.split(key)
    u = jax.random.uniform(component_key, (n,)) * cumulative[-1]
    component = jnp.searchsorted(cumulative, u, side="right").clip(0, means.size - 1)
    return jax.random.normal(noise_key, (n,)) * stds[component] + means[component]


def random_walks__by_lifting_one_walk(key, n_walks, n_steps):
    """Writes one walk and lifts it over split keys."""

    def one(key):
        return jnp.cumsum(2 * jax.random.bernoulli(key, 0.5, (n_steps,)).astype(jnp.int32) - 1)

    return jax.vmap(one)(jax.random.split(key, n_walks))


def random_walks__by_scanning_over_time(key, n_walks, n_steps):
    """Steps all walks together with a scan, a key for each moment."""

    def move(position, key):
        position = position + jnp.where(jax.random.uniform(key, (n_walks,)) < 0.5, 1, -1)
        return position, position

    start = jnp.zeros(n_walks, jnp.int32)
    _, positions = lax.scan(move, start, jax.random.split(key, n_steps))
    return positions.T


def random_walks__keys_by_index(key, n_walks, n_steps):
    """Splits once, and takes the key of each moment by its number."""
    keys = jax.random.split(key, n_steps)

    def move(t, state):
        position, walked = state
        position = position + jax.random.rademacher(keys[t], (n_walks,), dtype=jnp.int32)
        return position, walked.at[:, t].set(position)

    start = jnp.zeros(n_walks, jnp.int32)
    return lax.fori_loop(0, n_steps, move, (start, jnp.zeros((n_walks, n_steps), jnp.int32)))[1]


def random_walks__by_choosing_steps(key, n_walks, n_steps):
    """Chooses the steps from an array and sums them with an associative scan."""
    steps = jax.random.choice(key, jnp.array([-1, 1]), (n_walks, n_steps))
    return lax.associative_scan(jnp.add, steps, axis=1)


def random_walks__by_counting_heads(key, n_walks, n_steps):
    """Position after t steps is twice the heads less t."""
    heads = jax.random.randint(key, (n_walks, n_steps), 0, 2).cumsum(axis=1)
    return (2 * heads - jnp.arange(1, n_steps + 1)).astype(jnp.int32)


def random_walks__in_a_compiled_loop(key, n_walks, n_steps):
    """One walk after the other, in a loop that stays a loop."""

    def one(key):
        return jnp.cumsum(jax.random.rademacher(key, (n_steps,), dtype=jnp.int32))

    return lax.map(one, jax.random.split(key, n_walks))


def shuffle_together__by_sorting_random_numbers(key, x, y):
    """Sorts by random numbers, as one does without a permutation function."""
    order = jnp.argsort(jax.random.uniform(key, y.shape))
    return jnp.take(x, order, axis=0), jnp.take(y, order)


def shuffle_together__by_choice_without_replacement(key, x, y):
    """Chooses all rows without replacement."""
    order = jax.random.choice(key, len(y), (len(y),), replace=False)
    return jax.tree.map(lambda array: array[order], (x, y))


def shuffle_together__by_scattering(key, x, y):
    """Sends row i to place order[i] instead of fetching it."""
    order = jax.random.permutation(key, jnp.arange(x.shape[0]))
    return jnp.zeros_like(x).at[order].set(x), jnp.zeros_like(y).at[order].set(y)


def shuffle_together__with_a_declared_clone(key, x, y):
    """Draws one order twice and says so with clone, which is what clone is for."""
    return (
        jax.random.permutation(jax.random.clone(key), x),
        jax.random.permutation(key, y),
    )


def shuffle_together__by_fisher_and_yates(key, x, y):
    """The card dealer's shuffle in a fori_loop, a key for each swap."""
    n = y.shape[0]

    def swap(i, order):
        j = jax.random.randint(jax.random.fold_in(key, i), (), i, n)
        return order.at[i].set(order[j]).at[j].set(order[i])

    order = lax.fori_loop(0, n, swap, jnp.arange(n))
    return x[order], y[order]


def gumbel_top_k__by_sorting_everything(key, logits, k):
    """Sorts all perturbed logits and cuts."""
    tiny = jnp.finfo(jnp.float32).tiny
    noise = -jnp.log(-jnp.log(jax.random.uniform(key, logits.shape, minval=tiny)))
    return jnp.argsort(-(logits + noise))[:k]


def gumbel_top_k__by_a_race_of_exponentials(key, logits, k):
    """The smallest exponential waiting times win, on a log scale: the same law without Gumbel."""
    return lax.top_k(logits - jnp.log(jax.random.exponential(key, logits.shape)), k)[1]


def gumbel_top_k__one_at_a_time(key, logits, k):
    """Draws k times by a Gumbel maximum, striking out what was drawn, in a scan."""

    def draw(logits, key):
        winner = jnp.argmax(logits + jax.random.gumbel(key, logits.shape))
        return logits.at[winner].set(-jnp.inf), winner

    return lax.scan(draw, logits, jax.random.split(key, k))[1]


def gumbel_top_k__with_normalised_logits(key, logits, k):
    """Normalises first, which it need not, and reverses an ascending sort."""
    noise = jax.random.gumbel(key, (logits.size,))
    return jnp.argsort(jax.nn.log_softmax(logits) + noise)[::-1][:k]
