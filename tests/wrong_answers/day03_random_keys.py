"""Plausible mistakes of day 3; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.answers import caught_by


@caught_by("correct", "all_keys_differ")
def keys_like__same_key_everywhere(key, tree):
    """Puts the one key at every leaf."""
    return jax.tree.map(lambda _: key, tree)


@caught_by("correct", "all_keys_differ")
def keys_like__splits_anew_at_each_leaf(key, tree):
    """Splits inside the map, always from the same parent."""
    return jax.tree.map(lambda _: jax.random.split(key)[0], tree)


@caught_by("correct", "all_keys_differ")
def keys_like__hands_out_the_parent(key, tree):
    """Gives the first leaf the key that the caller already has."""
    leaves, structure = jax.tree.flatten(tree)
    keys = [key, *(jax.random.fold_in(key, i) for i in range(1, len(leaves)))]
    return jax.tree.unflatten(structure, keys[: len(leaves)])


@caught_by("correct", "keeps_the_structure")
def keys_like__pairs_of_keys(key, tree):
    """Leaves an array of two keys at each leaf."""
    leaves, structure = jax.tree.flatten(tree)
    return jax.tree.unflatten(structure, [jax.random.split(k) for k in jax.random.split(key, len(leaves))])


@caught_by("correct", "keeps_the_structure")
def keys_like__raw_bits(key, tree):
    """Gives the bits of the keys, as old code did."""
    leaves, structure = jax.tree.flatten(tree)
    return jax.tree.unflatten(structure, list(jax.random.key_data(jax.random.split(key, len(leaves)))))


@caught_by("correct", "keeps_the_structure")
def keys_like__a_key_for_none(key, tree):
    """Takes None for a leaf."""
    leaves, structure = jax.tree.flatten(tree, is_leaf=lambda leaf: leaf is None)
    return jax.tree.unflatten(structure, list(jax.random.split(key, len(leaves))))


@caught_by("correct", "keys_are_unused")
def keys_like__hands_out_keys_it_goes_on_splitting(key, tree):
    """Hands out each key and then splits it for the next leaf."""
    fresh = []
    for _ in jax.tree.leaves(tree):
        key, _ = jax.random.split(key)
        fresh.append(key)
    return jax.tree.unflatten(jax.tree.structure(tree), fresh)


@caught_by("correct", "depends_on_the_key")
def keys_like__numbers_as_seeds(key, tree):
    """Makes keys of 1, 2, 3 and forgets the key that it was given."""
    leaves, structure = jax.tree.flatten(tree)
    return jax.tree.unflatten(structure, [jax.random.key(i + 1) for i in range(len(leaves))])


@caught_by("correct", "depends_on_the_key")
def keys_like__counts_seeds_upwards(key, tree):
    """Adds 1, 2, 3 to the seed, so that neighbouring seeds share keys."""
    leaves, structure = jax.tree.flatten(tree)
    seed = jax.random.key_data(key)[-1]
    return jax.tree.unflatten(structure, [jax.random.key(seed + i + 1) for i in range(len(leaves))])


@caught_by("correct", "never_looks_at_the_leaves")
def keys_like__folds_in_the_size_of_the_leaf(key, tree):
    """Tells leaves apart by their position and their size."""
    leaves, structure = jax.tree.flatten(tree)
    keys = jax.random.split(key, len(leaves))
    return jax.tree.unflatten(
        structure,
        [jax.random.fold_in(k, np.size(leaf)) for k, leaf in zip(keys, leaves, strict=True)],
    )


@caught_by("jit", "compiles_once")
def keys_like__turns_leaves_into_numpy(key, tree):
    """Turns every leaf into a NumPy array, for no good reason."""
    leaves, structure = jax.tree.flatten(jax.tree.map(np.asarray, tree))
    return jax.tree.unflatten(structure, list(jax.random.split(key, len(leaves))))


@caught_by("correct", "kept_elements_are_scaled_up")
def dropout__without_rescaling(key, x, rate):
    """Drops, but does not make up for it."""
    return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x, 0)


@caught_by("correct", "kept_elements_are_scaled_up")
def dropout__divides_by_the_rate(key, x, rate):
    """Takes the rate for the probability to keep."""
    return jnp.where(jax.random.bernoulli(key, rate, x.shape), x / rate, 0)


@caught_by("correct", "drops_at_the_rate")
def dropout__keeps_at_the_rate(key, x, rate):
    """Scales rightly, but keeps where it should drop."""
    return jnp.where(jax.random.bernoulli(key, rate, x.shape), x / (1 - rate), 0)


@caught_by("correct", "elements_are_independent")
def dropout__one_mask_for_all_rows(key, x, rate):
    """Draws a mask for the last axis and lets it broadcast."""
    return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape[-1:]), x / (1 - rate), 0)


@caught_by("correct", "elements_are_independent")
def dropout__all_or_nothing(key, x, rate):
    """Tosses one coin for the whole array."""
    return jnp.where(jax.random.bernoulli(key, 1 - rate), x / (1 - rate), 0)


@caught_by("correct", "number_of_zeros_varies")
def dropout__drops_an_exact_share(key, x, rate):
    """Drops exactly a share `rate` of the elements, wherever they are."""
    ranks = jax.random.permutation(key, x.size).reshape(x.shape)
    return jnp.where(ranks >= jnp.round(rate * x.size), x / (1 - rate), 0)


@caught_by("correct", "rate_one_gives_zeros")
def dropout__multiplies_by_the_mask(key, x, rate):
    """Divides 0 by 0 when everything is dropped."""
    return x * jax.random.bernoulli(key, 1 - rate, x.shape) / (1 - rate)


@caught_by("correct", "kept_elements_are_scaled_up")
def dropout__with_numpy_randomness(key, x, rate):
    """Draws from NumPy's hidden generator."""
    return jnp.where(np.random.random(x.shape) >= rate, x / (1 - rate), 0)


@caught_by("correct", "other_key_other_draw")
def dropout__with_a_key_of_its_own(key, x, rate):
    """Ignores the key and uses a fixed one."""
    keep = jax.random.bernoulli(jax.random.key(0), 1 - rate, x.shape)
    return jnp.where(keep, x / (1 - rate), 0)


@caught_by("jit", "compiles_once")
def dropout__branches_on_the_rate(key, x, rate):
    """Asks in Python whether there is anything to drop."""
    if rate == 0:
        return x
    return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0)


@caught_by("jit", "uses_each_key_once")
def dropout__splits_a_spent_key(key, x, rate):
    """Draws from the key first and splits it afterwards."""
    keep = jax.random.bernoulli(key, 1 - rate, x.shape)
    key, _ = jax.random.split(key)
    return jnp.where(keep, x / (1 - rate), 0)


@caught_by("correct", "steps_are_independent")
def noise_at__ignores_the_step(key, step, shape):
    """Draws the same noise at every step."""
    return jax.random.normal(key, shape)


@caught_by("correct", "keys_are_independent")
def noise_at__step_as_a_seed(key, step, shape):
    """Seeds with the step and forgets the key."""
    return jax.random.normal(jax.random.key(step), shape)


@caught_by("correct", "keys_are_independent")
def noise_at__adds_the_step_to_the_seed(key, step, shape):
    """Adds step and seed, so that (0, 1) and (1, 0) are the same stream."""
    return jax.random.normal(jax.random.key(jax.random.key_data(key)[-1] + step), shape)


@caught_by("correct", "is_standard_normal")
def noise_at__uniform(key, step, shape):
    """Draws uniforms of mean 0 and variance 1."""
    bound = jnp.sqrt(3.0)
    return jax.random.uniform(jax.random.fold_in(key, step), shape, minval=-bound, maxval=bound)


@caught_by("correct", "has_mean_0_and_deviation_1")
def noise_at__grows_with_time(key, step, shape):
    """Scales by the root of the step, as if the noise had piled up."""
    return jnp.sqrt(1.0 + step) * jax.random.normal(jax.random.fold_in(key, step), shape)


@caught_by("correct", "steps_are_independent")
def noise_at__shares_a_base(key, step, shape):
    """Mixes noise common to all steps with noise of the step."""
    base_key, step_key = jax.random.split(key)
    own = jax.random.normal(jax.random.fold_in(step_key, step), shape)
    return (jax.random.normal(base_key, shape) + own) / jnp.sqrt(2.0)


@caught_by("correct", "elements_are_independent")
def noise_at__one_row_for_all(key, step, shape):
    """Draws the last axis and repeats it."""
    row = jax.random.normal(jax.random.fold_in(key, step), shape[-1:])
    return jnp.broadcast_to(row, shape)


@caught_by("correct", "has_mean_0_and_deviation_1")
def noise_at__counts_its_calls(key, step, shape):
    """Keeps a counter between calls in place of the step."""
    noise_at.calls = getattr(noise_at, "calls", 0) + 1  # noqa: F821
    return jax.random.normal(jax.random.fold_in(key, noise_at.calls), shape)  # noqa: F821


@caught_by("correct", "order_of_calls_does_not_matter")
def noise_at__numbers_steps_as_they_come(key, step, shape):
    """Numbers the steps in the order in which they are asked for."""
    if noise_at.__dict__.get("last") != int(step):  # noqa: F821
        noise_at.last = int(step)  # noqa: F821
        noise_at.number = noise_at.__dict__.get("number", 0) + 1  # noqa: F821
    return jax.random.normal(jax.random.fold_in(key, noise_at.number), shape)  # noqa: F821


@caught_by("jit", "compiles_once")
def noise_at__splits_step_times(key, step, shape):
    """Walks up to the step with a Python loop."""
    for _ in range(step):
        key, _ = jax.random.split(key)
    return jax.random.normal(jax.random.split(key)[1], shape)


@caught_by("jit", "compiles_once")
def noise_at__splits_into_all_steps(key, step, shape):
    """Makes the keys of all steps up to this one and takes the last."""
    return jax.random.normal(jax.random.split(key, step + 1)[step], shape)


@caught_by("jit", "jumps_to_the_step")
def noise_at__walks_in_a_loop(key, step, shape):
    """Walks up to the step in a compiled loop: right, but slow at late steps."""
    key = lax.fori_loop(0, step, lambda _, key: jax.random.split(key)[0], key)
    return jax.random.normal(jax.random.split(key)[1], shape)


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


@caught_by("jit", "uses_each_key_once")
def sample_mixture__one_key_for_both_draws(key, log_weights, means, stds, n):
    """Draws component and noise from the same key."""
    component = jax.random.categorical(key, log_weights, shape=(n,))
    return means[component] + stds[component] * jax.random.normal(key, (n,))


@caught_by("correct", "components_have_their_weights")
def sample_mixture__weights_as_logits(key, log_weights, means, stds, n):
    """Exponentiates first, though categorical wants logs."""
    component_key, noise_key = jax.random.split(key)
    component = jax.random.categorical(component_key, jnp.exp(log_weights), shape=(n,))
    return means[component] + stds[component] * jax.random.normal(noise_key, (n,))


@caught_by("correct", "survives_huge_log_weights")
def sample_mixture__exponentiates_unshifted(key, log_weights, means, stds, n):
    """Exponentiates raw log weights, so that large ones overflow."""
    component_key, noise_key = jax.random.split(key)
    weights = jnp.exp(log_weights)
    component = jax.random.choice(component_key, means.size, (n,), p=weights / weights.sum())
    return means[component] + stds[component] * jax.random.normal(noise_key, (n,))


@caught_by("correct", "components_have_their_spread")
def sample_mixture__stds_as_variances(key, log_weights, means, stds, n):
    """Takes the deviations for variances."""
    component_key, noise_key = jax.random.split(key)
    component = jax.random.categorical(component_key, log_weights, shape=(n,))
    return means[component] + jnp.sqrt(stds[component]) * jax.random.normal(noise_key, (n,))


@caught_by("correct", "components_have_their_weights")
def sample_mixture__blends_the_components(key, log_weights, means, stds, n):
    """Averages means and deviations, so that one broad hill is left."""
    weights = jax.nn.softmax(log_weights)
    return weights @ means + (weights @ stds) * jax.random.normal(key, (n,))


@caught_by("correct", "components_have_their_weights")
def sample_mixture__one_component_for_all(key, log_weights, means, stds, n):
    """Chooses one component and draws all samples from it."""
    component_key, noise_key = jax.random.split(key)
    component = jax.random.categorical(component_key, log_weights)
    return means[component] + stds[component] * jax.random.normal(noise_key, (n,))


@caught_by("correct", "samples_are_independent")
def sample_mixture__fills_by_quota(key, log_weights, means, stds, n):
    """Gives each component its exact share of the samples, in blocks."""
    cumulative = jnp.cumsum(jax.nn.softmax(log_weights))
    place = (jnp.arange(n) + 0.5) / n
    component = jnp.searchsorted(cumulative, place).clip(0, means.size - 1)
    return means[component] + stds[component] * jax.random.normal(key, (n,))


@caught_by("correct", "components_have_their_spread")
def sample_mixture__one_noise_for_all(key, log_weights, means, stds, n):
    """Draws a single number and shares it among all samples."""
    component_key, noise_key = jax.random.split(key)
    component = jax.random.categorical(component_key, log_weights, shape=(n,))
    return means[component] + stds[component] * jax.random.normal(noise_key)


@caught_by("jit", "compiles_once")
def sample_mixture__filters_in_python(key, log_weights, means, stds, n):
    """Throws out the components of weight 0 with a Python condition."""
    possible = jnp.array([j for j in range(means.size) if log_weights[j] > -jnp.inf])
    component_key, noise_key = jax.random.split(key)
    chosen = jax.random.categorical(component_key, log_weights[possible], shape=(n,))
    component = possible[chosen]
    return means[component] + stds[component] * jax.random.normal(noise_key, (n,))


@caught_by("jit", "loops_stay_loops")
def sample_mixture__python_loop(key, log_weights, means, stds, n):
    """Draws one sample after the other: right, but the program grows with n."""
    samples = []
    for _ in range(n):
        key, component_key, noise_key = jax.random.split(key, 3)
        component = jax.random.categorical(component_key, log_weights)
        samples.append(means[component] + stds[component] * jax.random.normal(noise_key))
    return jnp.stack(samples)


@caught_by("jit", "has_no_python_loop_over_steps")
def random_walks__one_step_after_the_other(key, n_walks, n_steps):
    """Moves all walks at once, but walks through the steps in Python."""
    place, places = jnp.zeros(n_walks, int), []
    for step in range(n_steps):
        place = place + jnp.where(jax.random.bernoulli(jax.random.fold_in(key, step), 0.5, (n_walks,)), 1, -1)
        places.append(place)
    return jnp.stack(places, axis=1)


@caught_by("correct", "steps_are_plus_or_minus_one")
def random_walks__steps_of_zero_and_one(key, n_walks, n_steps):
    """Sums coin tosses, so that no walk ever goes down."""
    return jnp.cumsum(jax.random.randint(key, (n_walks, n_steps), 0, 2), axis=1)


@caught_by("correct", "steps_are_plus_or_minus_one")
def random_walks__rests_now_and_then(key, n_walks, n_steps):
    """Draws from -1 … 1, so that a third of the steps is 0."""
    return jnp.cumsum(jax.random.randint(key, (n_walks, n_steps), -1, 2), axis=1)


@caught_by("correct", "steps_are_plus_or_minus_one")
def random_walks__sums_over_walks(key, n_walks, n_steps):
    """Sums along the wrong axis."""
    return jnp.cumsum(jax.random.rademacher(key, (n_walks, n_steps), dtype=jnp.int32), axis=0)


@caught_by("correct", "steps_are_plus_or_minus_one")
def random_walks__starts_with_the_origin(key, n_walks, n_steps):
    """Puts the starting point into column 0 and loses the last step."""
    steps = jax.random.rademacher(key, (n_walks, n_steps), dtype=jnp.int32)
    return jnp.cumsum(steps, axis=1) - steps


@caught_by("correct", "steps_are_plus_or_minus_one")
def random_walks__one_long_walk_cut_up(key, n_walks, n_steps):
    """Lets each walk start where the last one ended."""
    steps = jax.random.rademacher(key, (n_walks * n_steps,), dtype=jnp.int32)
    return jnp.cumsum(steps).reshape(n_walks, n_steps)


@caught_by("correct", "steps_are_plus_or_minus_one")
def random_walks__in_floats(key, n_walks, n_steps):
    """Gives positions as floats."""
    return jnp.cumsum(jnp.sign(jax.random.uniform(key, (n_walks, n_steps)) - 0.5), axis=1)


@caught_by("correct", "walks_are_independent")
def random_walks__one_key_for_all_walks(key, n_walks, n_steps):
    """Closes over the key under vmap, so that all walks are the same."""

    def one(_):
        return jnp.cumsum(jax.random.rademacher(key, (n_steps,), dtype=jnp.int32))

    return jax.vmap(one)(jnp.arange(n_walks))


@caught_by("correct", "walks_are_independent")
def random_walks__mirrored_pairs(key, n_walks, n_steps):
    """Makes the second half of the walks mirror images of the first."""
    half = jax.random.rademacher(key, ((n_walks + 1) // 2, n_steps), dtype=jnp.int32)
    return jnp.cumsum(jnp.concatenate([half, -half])[:n_walks], axis=1)


@caught_by("correct", "walks_are_independent")
def random_walks__shifted_copies(key, n_walks, n_steps):
    """Rolls one row of steps further for each walk."""
    steps = jax.random.rademacher(key, (n_steps,), dtype=jnp.int32)
    rows = jax.vmap(lambda shift: jnp.roll(steps, shift))(jnp.arange(n_walks))
    return jnp.cumsum(rows, axis=1)


@caught_by("correct", "walks_are_independent")
def random_walks__same_key_in_the_scan(key, n_walks, n_steps):
    """Uses the key anew at each step of a scan, so that a walk never turns round."""

    def move(position, _):
        position = position + jax.random.rademacher(key, (n_walks,), dtype=jnp.int32)
        return position, position

    _, positions = lax.scan(move, jnp.zeros(n_walks, jnp.int32), length=n_steps)
    return positions.T


@caught_by("jit", "compiles_once")
def random_walks__sums_in_numpy(key, n_walks, n_steps):
    """Leaves JAX for the sum."""
    steps = np.asarray(jax.random.rademacher(key, (n_walks, n_steps), dtype=jnp.int32))
    return jnp.asarray(np.cumsum(steps, axis=1))


@caught_by("speed", "beats_the_loop")
def random_walks__python_loop(key, n_walks, n_steps):
    """Draws one walk after the other."""
    walks = []
    for walk_key in jax.random.split(key, n_walks):
        steps = jax.random.rademacher(walk_key, (n_steps,), dtype=jnp.int32)
        walks.append(jnp.cumsum(steps))
    return jnp.stack(walks)


@caught_by("correct", "pairs_stay_pairs")
def shuffle_together__two_keys(key, x, y):
    """Shuffles each with a key of its own."""
    x_key, y_key = jax.random.split(key)
    return jax.random.permutation(x_key, x), jax.random.permutation(y_key, y)


@caught_by("correct", "pairs_stay_pairs")
def shuffle_together__only_the_labels(key, x, y):
    """Shuffles y and forgets x."""
    return x, jax.random.permutation(key, y)


@caught_by("correct", "pairs_stay_pairs")
def shuffle_together__shuffles_the_columns(key, x, y):
    """Shuffles x along the wrong axis as well."""
    row_key, column_key = jax.random.split(key)
    order = jax.random.permutation(row_key, len(y))
    return jax.random.permutation(column_key, x[order], axis=1), y[order]


@caught_by("correct", "pairs_stay_pairs")
def shuffle_together__with_replacement(key, x, y):
    """Draws rows at random, some twice and some never."""
    order = jax.random.randint(key, (len(y),), 0, len(y))
    return x[order], y[order]


@caught_by("correct", "pairs_stay_pairs")
def shuffle_together__through_one_float_array(key, x, y):
    """Glues y to x as a column and forgets to give it its dtype back."""
    both = jax.random.permutation(key, jnp.column_stack([x, y]))
    return both[:, :-1], both[:, -1]


@caught_by("correct", "pairs_stay_pairs")
def shuffle_together__through_float_and_back(key, x, y):
    """Sends the labels through float32, which cannot hold all of them."""
    both = jax.random.permutation(key, jnp.column_stack([x, y.astype(x.dtype)]))
    return both[:, :-1], both[:, -1].astype(y.dtype)


@caught_by("correct", "all_orders_are_as_likely")
def shuffle_together__rolls(key, x, y):
    """Rolls by a random distance: n orders out of n!."""
    shift = jax.random.randint(key, (), 0, len(y))
    return jnp.roll(x, shift, axis=0), jnp.roll(y, shift)


@caught_by("correct", "all_orders_are_as_likely")
def shuffle_together__swaps_with_any(key, x, y):
    """Swaps each place with any other, which favours some orders."""
    n = y.shape[0]
    partners = jax.random.randint(key, (n,), 0, n)

    def swap(i, order):
        j = partners[i]
        return order.at[i].set(order[j]).at[j].set(order[i])

    order = lax.fori_loop(0, n, swap, jnp.arange(n))
    return x[order], y[order]


@caught_by("correct", "all_orders_are_as_likely")
def shuffle_together__never_leaves_anything_in_place(key, x, y):
    """Swaps only with later places, so that the old order never comes."""
    n = y.shape[0]

    def swap(i, order):
        j = jax.random.randint(jax.random.fold_in(key, i), (), i + 1, n)
        return order.at[i].set(order[j]).at[j].set(order[i])

    order = lax.fori_loop(0, n - 1, swap, jnp.arange(n))
    return x[order], y[order]


@caught_by("correct", "pairs_stay_pairs")
def shuffle_together__with_numpy_randomness(key, x, y):
    """Asks NumPy for the order."""
    order = np.random.permutation(len(y))
    return x[order], y[order]


@caught_by("jit", "compiles_once")
def shuffle_together__order_as_a_list(key, x, y):
    """Pulls the order out of JAX."""
    order = np.array(jax.random.permutation(key, len(y)).tolist(), dtype=int)
    return x[order], y[order]


@caught_by("jit", "uses_each_key_once")
def shuffle_together__same_key_twice(key, x, y):
    """Shuffles x and y with the same key: the pairs hold, by reuse."""
    return jax.random.permutation(key, x), jax.random.permutation(key, y)


@caught_by("correct", "first_index_has_its_probability")
def gumbel_top_k__without_noise(key, logits, k):
    """Takes the k largest logits, always the same."""
    return lax.top_k(logits, k)[1]


@caught_by("correct", "first_index_has_its_probability")
def gumbel_top_k__noise_on_probabilities(key, logits, k):
    """Adds the noise to probabilities in place of logits."""
    noise = jax.random.gumbel(key, logits.shape)
    return lax.top_k(jnp.where(logits > -jnp.inf, jax.nn.softmax(logits) + noise, -jnp.inf), k)[1]


@caught_by("correct", "first_index_has_its_probability")
def gumbel_top_k__normal_noise(key, logits, k):
    """Perturbs with normal noise."""
    return lax.top_k(logits + jax.random.normal(key, logits.shape), k)[1]


@caught_by("correct", "first_index_has_its_probability")
def gumbel_top_k__forgets_one_logarithm(key, logits, k):
    """Adds -log u, which is exponential noise."""
    u = jax.random.uniform(key, logits.shape, minval=1e-7)
    return lax.top_k(logits - jnp.log(u), k)[1]


@caught_by("correct", "order_has_its_probability")
def gumbel_top_k__later_draws_uniform(key, logits, k):
    """Draws the first index rightly and the others without looking at their weights."""
    first_key, rest_key = jax.random.split(key)
    first = jnp.argmax(logits + jax.random.gumbel(first_key, logits.shape))
    rest = jnp.where(logits > -jnp.inf, jax.random.uniform(rest_key, logits.shape), -jnp.inf)
    return lax.top_k(rest.at[first].set(2.0), k)[1]


@caught_by("correct", "first_index_has_its_probability")
def gumbel_top_k__minus_the_noise(key, logits, k):
    """Loses a sign: log(-log u) is the mirror image of Gumbel noise."""
    u = jax.random.uniform(key, logits.shape, minval=1e-7)
    return lax.top_k(logits + jnp.log(-jnp.log(u)), k)[1]


@caught_by("correct", "first_index_has_its_probability")
def gumbel_top_k__one_noise_for_all(key, logits, k):
    """Draws a single number, which moves all logits alike."""
    return lax.top_k(logits + jax.random.gumbel(key), k)[1]


@caught_by("correct", "draws_different_indices")
def gumbel_top_k__with_replacement(key, logits, k):
    """Draws k times independently, so that an index may come twice."""
    noise = jax.random.gumbel(key, (k, logits.size))
    return jnp.argmax(logits + noise, axis=1).astype(jnp.int32)


@caught_by("correct", "draws_different_indices")
def gumbel_top_k__values(key, logits, k):
    """Returns the perturbed logits, not their places."""
    return lax.top_k(logits + jax.random.gumbel(key, logits.shape), k)[0]


@caught_by("correct", "draws_different_indices")
def gumbel_top_k__smallest(key, logits, k):
    """Cuts the wrong end of an ascending sort."""
    return jnp.argsort(logits + jax.random.gumbel(key, logits.shape))[:k]


@caught_by("correct", "first_index_has_its_probability")
def gumbel_top_k__sorted_indices(key, logits, k):
    """Sorts the indices and so loses the order of the draws."""
    indices = lax.top_k(logits + jax.random.gumbel(key, logits.shape), k)[1]
    return jnp.sort(indices)


@caught_by("correct", "survives_huge_logits")
def gumbel_top_k__race_with_underflowing_rates(key, logits, k):
    """Races exponentials with rates that underflow to 0."""
    rates = jnp.exp(logits - logits.max())
    return lax.top_k(-jax.random.exponential(key, logits.shape) / rates, k)[1]


@caught_by("correct", "does_not_use_choice")
def gumbel_top_k__through_choice(key, logits, k):
    """Leaves the work to choice, against the rules."""
    p = jax.nn.softmax(logits)
    return jax.random.choice(key, logits.size, (k,), replace=False, p=p)


@caught_by("jit", "compiles_once")
def gumbel_top_k__strikes_out_in_python(key, logits, k):
    """Draws one at a time and pulls each winner out as an int."""
    winners = []
    for draw_key in jax.random.split(key, k):
        scores = logits + jax.random.gumbel(draw_key, logits.shape)
        winners.append(max(range(logits.size), key=lambda i: float(scores[i])))  # noqa: B023
        logits = logits.at[winners[-1]].set(-jnp.inf)
    return jnp.array(winners)
