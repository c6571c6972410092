"""Plausible mistakes in collatz_steps; each must be caught by the check named above it."""

import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# collatz_steps


@caught_by("correct", "by_hand")
def collatz_steps__counts_numbers(n):
    """Counts the numbers on the way, 1 included."""
    state = lax.while_loop(
        lambda s: s[0] != 1,
        lambda s: (jnp.where(s[0] % 2 == 0, s[0] // 2, 3 * s[0] + 1), s[1] + 1),
        (n, jnp.ones_like(n)),
    )
    return state[1]


@caught_by("correct", "by_hand")
def collatz_steps__short_cut(n):
    """Halves right after 3 n + 1 and counts one step for both."""
    state = lax.while_loop(
        lambda s: s[0] != 1,
        lambda s: (jnp.where(s[0] % 2 == 0, s[0] // 2, (3 * s[0] + 1) // 2), s[1] + 1),
        (n, jnp.zeros_like(n)),
    )
    return state[1]


@caught_by("correct", "by_hand")
def collatz_steps__true_division(n):
    """Divides with /, which makes a float of the carry."""
    state = lax.while_loop(
        lambda s: s[0] != 1,
        lambda s: (jnp.where(s[0] % 2 == 0, s[0] / 2, 3 * s[0] + 1), s[1] + 1),
        (n, jnp.zeros_like(n)),
    )
    return state[1]


@caught_by("correct", "at_one")
def collatz_steps__steps_before_it_tests(n):
    """Takes a step before it asks: 1 goes once round by 4 and 2."""

    def step(state):
        n, steps = state
        return jnp.where(n % 2 == 0, n // 2, 3 * n + 1), steps + 1

    return lax.while_loop(lambda s: s[0] != 1, step, step((n, jnp.zeros_like(n))))[1]


@caught_by("correct", "stays_with_integers")
def collatz_steps__python_while(n):
    """Loops in Python; under vmap there is no value to test."""
    steps = jnp.zeros_like(n)
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps = steps + 1
    return steps


@caught_by("correct", "lifts_over_many")
def collatz_steps__bound_too_low(n):
    """Believes that nobody needs more than 200 steps."""

    def step(_, state):
        n, steps = state
        done = n == 1
        return jnp.where(done, n, jnp.where(n % 2 == 0, n // 2, 3 * n + 1)), steps + ~done

    return lax.fori_loop(0, 200, step, (n, jnp.zeros_like(n)))[1]


@caught_by("jit", "stops_by_itself")
def collatz_steps__bound_written_down(n):
    """Always goes 400 rounds."""

    def step(_, state):
        n, steps = state
        done = n == 1
        return jnp.where(done, n, jnp.where(n % 2 == 0, n // 2, 3 * n + 1)), steps + ~done

    return lax.fori_loop(0, 400, step, (n, jnp.zeros_like(n)))[1]


@caught_by("speed", "beats_python_ints")
def collatz_steps__idles(n):
    """Goes round a hundred times for each step, and counts one."""

    def step(state):
        def idle(k, state):
            n, steps = state
            after = jnp.where(n % 2 == 0, n // 2, 3 * n + 1)
            return jnp.where(k == 0, after, n), jnp.where(k == 0, steps + 1, steps)

        return lax.fori_loop(0, 100, idle, state)

    return lax.while_loop(lambda state: state[0] != 1, step, (n, jnp.zeros_like(n)))[1]


@caught_by("jit", "writes_down_no_bound")
def collatz_steps__while_in_name_only(n):
    """A while_loop that stops after 20,000 rounds and no sooner."""

    def step(state):
        rounds, n, steps = state
        done = n == 1
        n = jnp.where(done, n, jnp.where(n % 2 == 0, n // 2, 3 * n + 1))
        return rounds + 1, n, steps + jnp.where(done, 0, 1)

    return lax.while_loop(lambda s: s[0] < 20_000, step, (0, n, jnp.zeros_like(n)))[2]


@caught_by("correct", "stays_with_integers")
def collatz_steps__floats(n):
    """Carries n as a float, which is exact up to 2**24 alone."""

    def step(state):
        n, steps = state
        return jnp.where(n % 2 == 0, n / 2, 3 * n + 1), steps + 1

    return lax.while_loop(lambda state: state[0] > 1, step, (n * 1.0, 0))[1]


@caught_by("correct", "by_hand")
def collatz_steps__python_count(n):
    """Loops in Python, and counts in Python."""
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


@caught_by("correct", "by_hand")
def collatz_steps__stops_while_it_should_go_on(n):
    """Writes the test of an `until`."""

    def step(state):
        n, steps = state
        return jnp.where(n % 2 == 0, n // 2, 3 * n + 1), steps + 1

    return lax.while_loop(lambda state: state[0] == 1, step, (n, 0))[1]


@caught_by("correct", "by_hand")
def collatz_steps__state_in_parts(n):
    """Writes test and step with two arguments."""

    def step(n, steps):
        return jnp.where(n % 2 == 0, n // 2, 3 * n + 1), steps + 1

    return lax.while_loop(lambda n, steps: n != 1, step, (n, 0))[1]


@caught_by("jit", "writes_down_no_bound")
def collatz_steps__bound1000(n):
    """Stops after 1000 steps, which no n here needs."""

    def unfinished(state):
        n, k = state
        return (n != 1) & (k < 1000)

    def step(state):
        n, steps = state
        return (jnp.where(n % 2 == 0, n // 2, 3 * n + 1), steps + 1)

    _, steps = lax.while_loop(unfinished, step, (n, jnp.zeros_like(n)))
    return steps
