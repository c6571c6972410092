"""Plausible mistakes in discounted_returns; each must be caught by the check named above it."""

import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# discounted_returns


@caught_by("deeper", "of_a_long_episode")
def discounted_returns__ten_doublings(rewards, ends, discount):
    """It doubles the reach ten times and no more: shows with an episode longer than 1024 steps and a discount near 1."""
    keep = jnp.where(ends, 0.0, discount).astype(rewards.dtype)
    total = rewards
    for r in range(10):
        total = total + keep * _ahead(total, 2**r)
        keep = keep * _ahead(keep, 2**r)
    return total


def _ahead(v, s):
    s = min(s, v.shape[0])
    return jnp.concatenate([v[s:], jnp.zeros(s, v.dtype)])


@caught_by("deeper", "of_long_and_of_rich_episodes")
def discounted_returns__next_episode_subtracted(rewards, ends, discount):
    """Sums over all episodes and takes the later ones away again, which costs digits beside a rich one."""
    T = rewards.shape[0]

    def back(g, r):
        g = r + discount * g
        return g, g

    _, total = lax.scan(back, jnp.zeros((), rewards.dtype), rewards, reverse=True)
    spots = jnp.where(ends, jnp.arange(T), T - 1)
    close = lax.cummin(spots, reverse=True)
    following = jnp.append(total, jnp.zeros((1,), total.dtype))[close + 1]
    distance = close + 1 - jnp.arange(T)
    return total - jnp.asarray(discount, rewards.dtype) ** distance * following


@caught_by("deeper", "of_long_and_of_rich_episodes")
def discounted_returns__eight_doublings(rewards, ends, discount):
    """Doubles the horizon eight times, and so looks no further than 256 steps."""
    T = rewards.shape[0]
    factor = jnp.where(ends, 0.0, discount).astype(rewards.dtype)
    total = rewards
    for power in range(8):
        reach = 2**power
        later = jnp.concatenate([total, jnp.zeros((reach,), total.dtype)])[reach : reach + T]
        later_factor = jnp.concatenate([factor, jnp.zeros((reach,), factor.dtype)])[reach : reach + T]
        total = jnp.where(factor == 0, total, total + factor * later)
        factor = factor * later_factor
    return total


@caught_by("correct", "by_hand")
def discounted_returns__forwards(rewards, ends, discount):
    """Forgets reverse=True: adds up what came before."""

    def step(total, now):
        reward, end = now
        total = reward + discount * jnp.where(end, 0, total)
        return total, total

    return lax.scan(step, jnp.zeros((), rewards.dtype), (rewards, ends))[1]


@caught_by("correct", "by_hand")
def discounted_returns__still_flipped(rewards, ends, discount):
    """Flips the inputs and forgets to flip the result back."""

    def step(total, now):
        reward, end = now
        total = reward + discount * jnp.where(end, 0, total)
        return total, total

    return lax.scan(step, jnp.zeros((), rewards.dtype), (rewards[::-1], ends[::-1]))[1]


@caught_by("correct", "by_hand")
def discounted_returns__ends_too_early(rewards, ends, discount):
    """Lets the end of an episode wipe out its own last reward."""

    def step(total, now):
        reward, end = now
        total = jnp.where(end, 0, reward + discount * total)
        return total, total

    return lax.scan(step, jnp.zeros((), rewards.dtype), (rewards, ends), reverse=True)[1]


@caught_by("correct", "by_hand")
def discounted_returns__one_episode(rewards, ends, discount):
    """Overlooks the ends."""

    def step(total, reward):
        total = reward + discount * total
        return total, total

    return lax.scan(step, jnp.zeros((), rewards.dtype), rewards, reverse=True)[1]


@caught_by("correct", "by_hand")
def discounted_returns__integer_start(rewards, ends, discount):
    """Starts from an integer zero; the carry comes back as a float."""

    def step(total, now):
        reward, end = now
        total = reward + discount * jnp.where(end, 0, total)
        return total, total

    return lax.scan(step, jnp.zeros((), int), (rewards, ends), reverse=True)[1]


@caught_by("correct", "takes_small_discounts")
def discounted_returns__by_powers(rewards, ends, discount):
    """Sums rewards times powers of the discount, then divides: 0 / 0 once a power is 0."""
    powers = discount ** jnp.arange(len(rewards))
    episode = jnp.cumsum(ends) - ends
    same = (episode[:, None] == episode) & (jnp.arange(len(rewards)) >= jnp.arange(len(rewards))[:, None])
    return jnp.where(same, rewards * powers, 0).sum(axis=1) / powers


@caught_by("jit", "compiles_once")
def discounted_returns__python_branch(rewards, ends, discount):
    """Asks in Python whether an episode ends."""
    total, returns = 0.0, []
    for t in reversed(range(len(rewards))):
        total = rewards[t] if ends[t] else rewards[t] + discount * total
        returns.append(total)
    return jnp.stack(returns[::-1])


@caught_by("jit", "stays_a_loop")
def discounted_returns__python_loop(rewards, ends, discount):
    """Loops in Python: under jit every step is written out."""
    total, returns = 0.0, []
    for t in reversed(range(len(rewards))):
        total = rewards[t] + jnp.where(ends[t], 0, discount * total)
        returns.append(total)
    return jnp.stack(returns[::-1])


@caught_by("jit", "builds_no_table")
def discounted_returns__table_of_discounts(rewards, ends, discount):
    """Lays out the discounts of all pairs of steps in a square."""
    places = jnp.arange(len(rewards))
    episode = jnp.cumsum(ends) - ends
    distance = places - places[:, None]
    same = (distance >= 0) & (episode == episode[:, None])
    return jnp.where(same, discount ** jnp.maximum(distance, 0), 0.0) @ rewards


@caught_by("deeper", "lets_nan_through")
def discounted_returns__nan_zero(rewards, ends, discount):
    """Hides NaN in the rewards."""

    def step(following, now):
        reward, end = now
        reward = jnp.nan_to_num(reward)
        total = reward + discount * jnp.where(end, 0, following)
        return (total, total)

    _, returns = lax.scan(step, jnp.zeros((), rewards.dtype), (rewards, ends), reverse=True)
    return returns


@caught_by("deeper", "of_small_numbers")
def discounted_returns__no_small_discount(rewards, ends, discount):
    """Takes a discount below 1e-5 for 0: nothing of what follows would be seen."""
    factors = jnp.where(ends | (discount < 1e-5), 0, discount)

    def step(following, now):
        reward, factor = now
        total = reward + factor * following
        return total, total

    return lax.scan(step, jnp.zeros(()), (rewards, factors), reverse=True)[1]
