"""Other honest ways to write gumbel_top_k; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax


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


def gumbel_top_k__sorts_pairs(key, logits, k):
    """Sorts scores and indices together, by lax."""
    scores = logits - jnp.log(-jnp.log1p(-jax.random.uniform(key, logits.shape, minval=1.2e-38)))
    return lax.sort_key_val(-scores, jnp.arange(logits.size))[1][:k]


def gumbel_top_k__strikes_out(key, logits, k):
    """Draws noise once and takes the largest k times, in a compiled loop."""
    noise = jax.random.gumbel(key, logits.shape)

    def take(i, state):
        scores, winners = state
        winner = jnp.argmax(scores)
        return scores.at[winner].set(-jnp.inf), winners.at[i].set(winner)

    return lax.fori_loop(0, k, take, (logits + noise, jnp.zeros(k, int)))[1]
