"""Other honest ways to write discounted_returns; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax

# discounted_returns


def discounted_returns__flipped(rewards, ends, discount):
    """Flips, scans, and flips back."""

    def step(total, now):
        reward, factor = now
        total = reward + factor * total
        return total, total

    factors = discount * (1.0 - ends)
    return lax.scan(step, jnp.zeros(()), (rewards[::-1], factors[::-1]))[1][::-1]


def discounted_returns__associative(rewards, ends, discount):
    """A linear recurrence that runs backwards, solved in parallel."""

    def after(first, second):
        return first[0] * second[0], second[0] * first[1] + second[1]

    factors = jnp.where(ends, 0.0, discount)
    return lax.associative_scan(after, (factors, rewards), reverse=True)[1]


def discounted_returns__fori_loop(rewards, ends, discount):
    """Counts upwards and writes from the end."""
    n = len(rewards)

    def step(k, returns):
        t = n - 1 - k
        following = jnp.where(ends[t], 0.0, returns[t + 1])
        return returns.at[t].set(rewards[t] + discount * following)

    return lax.fori_loop(0, n, step, jnp.zeros(n + 1))[:-1]


def discounted_returns__cond(rewards, ends, discount):
    """Chooses with a cond."""

    def step(total, now):
        reward, end = now
        total = lax.cond(end, lambda: reward, lambda: reward + discount * total)
        return total, total

    return lax.scan(step, jnp.float32(0), (rewards, ends), reverse=True)[1]


def discounted_returns__factors_beforehand(rewards, ends, discount):
    """Makes a discount for each step first: 0 at an end."""
    factors = discount * (1.0 - ends)

    def step(following, now):
        reward, factor = now
        following = reward + factor * following
        return (following, following)

    return lax.scan(step, jnp.float32(0), (rewards, factors), reverse=True)[1]


@jax.jit
def discounted_returns__one_longer(rewards, ends, discount):
    """Fills an array that is one longer, from behind; compiled by the learner."""
    length = rewards.shape[0]

    def fill(k, returns):
        t = length - 1 - k
        return returns.at[t].set(rewards[t] + lax.select(ends[t], 0.0, returns[t + 1] * discount))

    return lax.fori_loop(0, length, fill, jnp.zeros(length + 1))[:length]
