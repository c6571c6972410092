"""Plausible mistakes in gumbel_top_k; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax


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


@caught_by("correct", "draws_different_indices")
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


@caught_by("correct", "draws_different_indices")
def gumbel_top_k__low_for_never(key, logits, k):
    """Takes -1e4 for -inf, and so draws what is never drawn."""
    return jax.lax.top_k(jnp.maximum(logits, -1e4) + jax.random.gumbel(key, logits.shape), k)[1]


@caught_by("deeper", "orders_of_equals_are_fair")
def gumbel_top_k__half_precision(key, logits, k):
    """Draws noise in bfloat16, where many perturbed logits tie, and the first wins."""
    noise = jax.random.gumbel(key, logits.shape, jnp.bfloat16)
    return jax.lax.top_k((logits - logits.max()).astype(jnp.bfloat16) + noise, k)[1]


@caught_by("deeper", "has_its_exact_law")
def gumbel_top_k__a_little_cool(key, logits, k):
    """Scales the noise by 0.95, which makes the likely likelier."""
    return jax.lax.top_k(logits + 0.95 * jax.random.gumbel(key, logits.shape), k)[1]


@caught_by("deeper", "has_its_tail")
def gumbel_top_k__short_tail(key, logits, k):
    """Keeps u a thousandth away from 0 and 1, so that no noise is beyond 6.9."""
    u = jnp.clip(jax.random.uniform(key, logits.shape), 1e-3, 1 - 1e-3)
    return jax.lax.top_k(logits - jnp.log(-jnp.log(u)), k)[1]
