"""Plausible mistakes of day 9; each must be caught by the check named above it."""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.answers import caught_by

# kalman_filter


@caught_by("correct", "predicts")
def kalman_filter__corrects_first(params, observations):
    """Takes the start for the prediction at the first observation."""
    f, h = params["transition"], params["emission"]

    def step(state, y):
        mean, covariance = state
        s = h @ covariance @ h.T + params["observation_noise"]
        gain = jnp.linalg.solve(s, h @ covariance).T
        mean, covariance = mean + gain @ (y - h @ mean), covariance - gain @ s @ gain.T
        return (f @ mean, f @ covariance @ f.T + params["process_noise"]), (mean, covariance)

    return lax.scan(step, (params["mean"], params["covariance"]), observations)[1]


@caught_by("correct", "by_hand")
def kalman_filter__returns_predictions(params, observations):
    """Hands out what was predicted, not what was found."""
    f, h = params["transition"], params["emission"]

    def step(state, y):
        mean, covariance = state
        mean, covariance = f @ mean, f @ covariance @ f.T + params["process_noise"]
        predicted = mean, covariance
        s = h @ covariance @ h.T + params["observation_noise"]
        gain = jnp.linalg.solve(s, h @ covariance).T
        return (mean + gain @ (y - h @ mean), covariance - gain @ s @ gain.T), predicted

    return lax.scan(step, (params["mean"], params["covariance"]), observations)[1]


@caught_by("correct", "predicts")
def kalman_filter__starts_over(params, observations):
    """Lifts one step over the observations; none goes on from the one before."""
    f, h = params["transition"], params["emission"]

    def step(y):
        mean = f @ params["mean"]
        covariance = f @ params["covariance"] @ f.T + params["process_noise"]
        s = h @ covariance @ h.T + params["observation_noise"]
        gain = jnp.linalg.solve(s, h @ covariance).T
        return mean + gain @ (y - h @ mean), covariance - gain @ s @ gain.T

    return jax.vmap(step)(observations)


@caught_by("correct", "predicts")
def kalman_filter__carry_mixed_up(params, observations):
    """Swaps the two parts of the carry on the way out."""
    f, h = params["transition"], params["emission"]

    def step(state, y):
        mean, covariance = state
        mean, covariance = f @ mean, f @ covariance @ f.T + params["process_noise"]
        s = h @ covariance @ h.T + params["observation_noise"]
        gain = jnp.linalg.solve(s, h @ covariance).T
        mean, covariance = mean + gain @ (y - h @ mean), covariance - gain @ s @ gain.T
        return (covariance, mean), (mean, covariance)

    return lax.scan(step, (params["mean"], params["covariance"]), observations)[1]


@caught_by("correct", "agrees_with_a_loop")
def kalman_filter__transposed_transition(params, observations):
    """Multiplies from the wrong side."""
    f, h = params["transition"], params["emission"]

    def step(state, y):
        mean, covariance = state
        mean, covariance = mean @ f, f.T @ covariance @ f + params["process_noise"]
        s = h @ covariance @ h.T + params["observation_noise"]
        gain = jnp.linalg.solve(s, h @ covariance).T
        state = mean + gain @ (y - h @ mean), covariance - gain @ s @ gain.T
        return state, state

    return lax.scan(step, (params["mean"], params["covariance"]), observations)[1]


@caught_by("correct", "agrees_with_a_loop")
def kalman_filter__divides_by_entries(params, observations):
    """Divides by S entry by entry, which is right only for one observed number."""
    f, h = params["transition"], params["emission"]

    def step(state, y):
        mean, covariance = state
        mean, covariance = f @ mean, f @ covariance @ f.T + params["process_noise"]
        s = h @ covariance @ h.T + params["observation_noise"]
        gain = covariance @ h.T @ (1 / s)
        state = mean + gain @ (y - h @ mean), covariance - gain @ s @ gain.T
        return state, state

    return lax.scan(step, (params["mean"], params["covariance"]), observations)[1]


@caught_by("correct", "agrees_with_a_loop")
def kalman_filter__stops_when_settled(params, observations):
    """Branches on a value: leaves the covariance alone once it has settled."""
    f, h = params["transition"], params["emission"]
    mean, covariance = params["mean"], params["covariance"]
    means, covariances = [], []
    for t in range(len(observations)):
        mean = f @ mean
        following = f @ covariance @ f.T + params["process_noise"]
        s = h @ following @ h.T + params["observation_noise"]
        gain = jnp.linalg.solve(s, h @ following).T
        following = following - gain @ s @ gain.T
        if jnp.abs(following - covariance).max() > 0:
            covariance = following
        mean = mean + gain @ (observations[t] - h @ mean)
        means.append(mean)
        covariances.append(covariance)
    return jnp.stack(means), jnp.stack(covariances)


@caught_by("jit", "stays_a_loop")
def kalman_filter__python_loop(params, observations):
    """Loops in Python: under jit every step is written out."""
    f, h = params["transition"], params["emission"]
    mean, covariance = params["mean"], params["covariance"]
    means, covariances = [], []
    for y in observations:
        mean, covariance = f @ mean, f @ covariance @ f.T + params["process_noise"]
        s = h @ covariance @ h.T + params["observation_noise"]
        gain = jnp.linalg.solve(s, h @ covariance).T
        mean, covariance = mean + gain @ (y - h @ mean), covariance - gain @ s @ gain.T
        means.append(mean)
        covariances.append(covariance)
    return jnp.stack(means), jnp.stack(covariances)


@caught_by("speed", "beats_the_loop")
def kalman_filter__from_the_start_each_time(params, observations):
    """Filters anew up to each observation: quadratic."""
    f, h = params["transition"], params["emission"]
    places = jnp.arange(len(observations))

    def up_to(last):
        def step(state, now):
            k, y = now
            mean, covariance = f @ state[0], f @ state[1] @ f.T + params["process_noise"]
            s = h @ covariance @ h.T + params["observation_noise"]
            gain = jnp.linalg.solve(s, h @ covariance).T
            found = mean + gain @ (y - h @ mean), covariance - gain @ s @ gain.T
            return jax.tree.map(lambda new, old: jnp.where(k <= last, new, old), found, state), None

        return lax.scan(step, (params["mean"], params["covariance"]), (places, observations))[0]

    return lax.map(up_to, places)


@caught_by("correct", "predicts")
def kalman_filter__forgets_the_process_noise(params, observations):
    """Predicts as if nothing were uncertain about the transition."""
    f, h = params["transition"], params["emission"]

    def step(state, y):
        mean, covariance = state
        mean, covariance = f @ mean, f @ covariance @ f.T
        s = h @ covariance @ h.T + params["observation_noise"]
        gain = jnp.linalg.solve(s, h @ covariance).T
        state = mean + gain @ (y - h @ mean), covariance - gain @ s @ gain.T
        return state, state

    return lax.scan(step, (params["mean"], params["covariance"]), observations)[1]


@caught_by("correct", "predicts")
def kalman_filter__stacks_the_means_only(params, observations):
    """Lays the means aside, and returns the last covariance."""
    f, h = params["transition"], params["emission"]

    def step(state, y):
        mean, covariance = state
        mean, covariance = f @ mean, f @ covariance @ f.T + params["process_noise"]
        s = h @ covariance @ h.T + params["observation_noise"]
        gain = jnp.linalg.solve(s, h @ covariance).T
        mean, covariance = mean + gain @ (y - h @ mean), covariance - gain @ s @ gain.T
        return (mean, covariance), mean

    (_, covariance), means = lax.scan(step, (params["mean"], params["covariance"]), observations)
    return means, covariance


@caught_by("correct", "by_hand")
def kalman_filter__compares_with_the_old_mean(params, observations):
    """Takes the observation's distance from the mean before the prediction."""
    f, h = params["transition"], params["emission"]

    def step(state, y):
        before, covariance = state
        mean, covariance = f @ before, f @ covariance @ f.T + params["process_noise"]
        s = h @ covariance @ h.T + params["observation_noise"]
        gain = jnp.linalg.solve(s, h @ covariance).T
        state = mean + gain @ (y - h @ before), covariance - gain @ s @ gain.T
        return state, state

    return lax.scan(step, (params["mean"], params["covariance"]), observations)[1]


@caught_by("correct", "predicts")
def kalman_filter__all_that_scan_gives(params, observations):
    """Returns the last carry along with the outputs."""
    f, h = params["transition"], params["emission"]

    def step(state, y):
        mean, covariance = state
        mean, covariance = f @ mean, f @ covariance @ f.T + params["process_noise"]
        s = h @ covariance @ h.T + params["observation_noise"]
        gain = jnp.linalg.solve(s, h @ covariance).T
        state = mean + gain @ (y - h @ mean), covariance - gain @ s @ gain.T
        return state, state

    return lax.scan(step, (params["mean"], params["covariance"]), observations)


# rnn


@caught_by("correct", "by_hand")
def rnn__states_first(params, inputs, state):
    """Returns the states first; scan returns the carry first."""

    def step(state, x):
        state = jnp.tanh(params["input"] @ x + params["recurrent"] @ state + params["bias"])
        return state, state

    last, states = lax.scan(step, state, inputs)
    return states, last


@caught_by("correct", "by_hand")
def rnn__states_before(params, inputs, state):
    """Stacks the state that each step began with."""

    def step(state, x):
        return jnp.tanh(params["input"] @ x + params["recurrent"] @ state + params["bias"]), state

    return lax.scan(step, state, inputs)


@caught_by("correct", "agrees_with_a_loop")
def rnn__transposed_recurrence(params, inputs, state):
    """Multiplies the state from the wrong side."""

    def step(state, x):
        state = jnp.tanh(params["input"] @ x + state @ params["recurrent"] + params["bias"])
        return state, state

    return lax.scan(step, state, inputs)


@caught_by("correct", "adds_the_bias")
def rnn__bias_outside(params, inputs, state):
    """Adds the bias after the tanh."""

    def step(state, x):
        state = jnp.tanh(params["input"] @ x + params["recurrent"] @ state) + params["bias"]
        return state, state

    return lax.scan(step, state, inputs)


@caught_by("correct", "goes_on_from_the_state")
def rnn__one_state_for_all(params, inputs, state):
    """Lifts the step over the inputs: each starts from the same state."""

    def step(x):
        return jnp.tanh(params["input"] @ x + params["recurrent"] @ state + params["bias"])

    states = jax.vmap(step)(inputs)
    return states[-1], states


@caught_by("correct", "by_hand")
def rnn__in_place(params, inputs, state):
    """Assigns into the array of states, as NumPy does."""
    states = jnp.zeros((len(inputs), len(state)))
    for t in range(len(inputs)):
        state = jnp.tanh(params["input"] @ inputs[t] + params["recurrent"] @ state + params["bias"])
        states[t] = state
    return state, states


@caught_by("correct", "gradients_equal_the_unrolled_ones")
def rnn__while_loop(params, inputs, state):
    """Cannot be differentiated backwards: a while_loop does not say how many rounds there will be."""

    def step(carry):
        t, state, states = carry
        state = jnp.tanh(params["input"] @ inputs[t] + params["recurrent"] @ state + params["bias"])
        return t + 1, state, states.at[t].set(state)

    states = jnp.zeros((len(inputs), len(state)))
    _, state, states = lax.while_loop(lambda carry: carry[0] < len(inputs), step, (0, state, states))
    return state, states


@caught_by("correct", "gradients_equal_the_unrolled_ones")
def rnn__truncated(params, inputs, state):
    """Stops the gradient between steps."""

    def step(state, x):
        state = lax.stop_gradient(state)
        state = jnp.tanh(params["input"] @ x + params["recurrent"] @ state + params["bias"])
        return state, state

    return lax.scan(step, state, inputs)


@caught_by("jit", "stays_a_loop")
def rnn__python_loop(params, inputs, state):
    """Loops in Python: under jit every step is written out."""
    states = []
    for x in inputs:
        state = jnp.tanh(params["input"] @ x + params["recurrent"] @ state + params["bias"])
        states.append(state)
    return state, jnp.stack(states)


@caught_by("speed", "beats_the_loop")
def rnn__from_the_start_each_time(params, inputs, state):
    """Runs the network anew up to each input: quadratic."""
    places = jnp.arange(len(inputs))

    def up_to(last):
        def step(state, now):
            k, x = now
            found = jnp.tanh(params["input"] @ x + params["recurrent"] @ state + params["bias"])
            return jnp.where(k <= last, found, state), None

        return lax.scan(step, state, (places, inputs))[0]

    states = lax.map(up_to, places)
    return states[-1], states


@caught_by("correct", "goes_on_from_the_state")
def rnn__starts_from_zeros(params, inputs, state):
    """Ignores the state that is given."""

    def step(state, x):
        state = jnp.tanh(params["input"] @ x + params["recurrent"] @ state + params["bias"])
        return state, state

    return lax.scan(step, jnp.zeros_like(state), inputs)


@caught_by("correct", "adds_the_bias")
def rnn__without_the_bias(params, inputs, state):
    """Forgets the bias."""

    def step(state, x):
        state = jnp.tanh(params["input"] @ x + params["recurrent"] @ state)
        return state, state

    return lax.scan(step, state, inputs)


# discounted_returns


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


# welford


@caught_by("correct", "by_hand")
def welford__sample_variance(x):
    """Divides by k - 1."""

    def step(state, value):
        count, mean, scatter = state
        count = count + 1
        difference = value - mean
        mean = mean + difference / count
        scatter = scatter + difference * (value - mean)
        return (count, mean, scatter), (mean, scatter / jnp.maximum(count - 1, 1))

    zero = jnp.zeros(())
    return lax.scan(step, (zero, zero, zero), x)[1]


@caught_by("correct", "by_hand")
def welford__counts_from_zero(x):
    """Divides by how many values came before."""

    def step(state, value):
        count, mean, scatter = state
        difference = value - mean
        mean = mean + difference / count
        scatter = scatter + difference * (value - mean)
        return (count + 1, mean, scatter), (mean, scatter / count)

    zero = jnp.zeros(())
    return lax.scan(step, (zero, zero, zero), x)[1]


@caught_by("correct", "by_hand")
def welford__old_mean_twice(x):
    """Squares the difference to the old mean."""

    def step(state, value):
        count, mean, scatter = state
        count = count + 1
        difference = value - mean
        mean = mean + difference / count
        scatter = scatter + difference**2
        return (count, mean, scatter), (mean, scatter / count)

    zero = jnp.zeros(())
    return lax.scan(step, (zero, zero, zero), x)[1]


@caught_by("correct", "by_hand")
def welford__last_only(x):
    """Returns the final state, not the running one."""

    def step(k, state):
        mean, scatter = state
        difference = x[k] - mean
        mean = mean + difference / (k + 1)
        return mean, scatter + difference * (x[k] - mean)

    mean, scatter = lax.fori_loop(0, len(x), step, (jnp.zeros(()), jnp.zeros(())))
    return mean, scatter / len(x)


@caught_by("correct", "by_hand")
def welford__carry_of_integers(x):
    """Starts from integer zeros: the carry comes out as floats."""

    def step(state, value):
        count, mean, scatter = state
        count = count + 1
        difference = value - mean
        mean = mean + difference / count
        scatter = scatter + difference * (value - mean)
        return (count, mean, scatter), (mean, scatter / count)

    zero = jnp.zeros((), int)
    return lax.scan(step, (zero, zero, zero), x)[1]


@caught_by("correct", "is_stable_far_from_zero")
def welford__mean_of_squares(x):
    """Mean of the squares minus square of the mean."""
    counts = jnp.arange(1, len(x) + 1)
    means = jnp.cumsum(x) / counts
    return means, jnp.cumsum(x**2) / counts - means**2


@caught_by("correct", "is_stable_far_from_zero")
def welford__mean_of_squares_clipped(x):
    """Hides the damage with a maximum."""
    counts = jnp.arange(1, len(x) + 1)
    means = jnp.cumsum(x) / counts
    return means, jnp.maximum(jnp.cumsum(x**2) / counts - means**2, 0)


@caught_by("jit", "compiles_once")
def welford__through_numpy(x):
    """Works in NumPy; a tracer cannot become one."""
    values = np.asarray(x, np.float64)
    heads = [values[:k] for k in range(1, len(values) + 1)]
    means = jnp.array([head.mean() for head in heads], jnp.float32)
    return means, jnp.array([head.var() for head in heads], jnp.float32)


@caught_by("jit", "stays_a_loop")
def welford__python_loop(x):
    """Loops in Python: under jit every step is written out."""
    mean = scatter = jnp.zeros(())
    means, variances = [], []
    for k, value in enumerate(x):
        difference = value - mean
        mean = mean + difference / (k + 1)
        scatter = scatter + difference * (value - mean)
        means.append(mean)
        variances.append(scatter / (k + 1))
    return jnp.stack(means), jnp.stack(variances)


@caught_by("jit", "builds_no_table")
def welford__table_of_prefixes(x):
    """Lays out all prefixes in a square."""
    inside = jnp.tril(jnp.ones((len(x), len(x)), bool))
    table = jnp.broadcast_to(x, inside.shape)
    return jnp.mean(table, axis=1, where=inside), jnp.var(table, axis=1, where=inside)


@caught_by("speed", "beats_the_loop")
def welford__all_values_again(x):
    """Goes through all values again for each prefix."""
    places = jnp.arange(len(x))

    def up_to(last):
        def mean_step(k, total):
            return total + jnp.where(k <= last, x[k], 0)

        mean = lax.fori_loop(0, len(x), mean_step, jnp.zeros(())) / (last + 1)

        def scatter_step(k, total):
            return total + jnp.where(k <= last, (x[k] - mean) ** 2, 0)

        return mean, lax.fori_loop(0, len(x), scatter_step, jnp.zeros(())) / (last + 1)

    return lax.map(up_to, places)


@caught_by("correct", "by_hand")
def welford__count_outside(x):
    """Counts in Python; the step is traced once."""
    count = 0

    def step(state, value):
        nonlocal count
        count += 1
        mean, scatter = state
        difference = value - mean
        mean = mean + difference / count
        scatter = scatter + difference * (value - mean)
        return (mean, scatter), (mean, scatter / count)

    return lax.scan(step, (0.0, 0.0), x)[1]


@caught_by("correct", "by_hand")
def welford__sum_of_squares(x):
    """Lays M aside, not M / k."""

    def step(state, value):
        count, mean, scatter = state
        count = count + 1
        difference = value - mean
        mean = mean + difference / count
        scatter = scatter + difference * (value - mean)
        return (count, mean, scatter), (mean, scatter)

    return lax.scan(step, (0.0, 0.0, 0.0), x)[1]


# power_iteration


@caught_by("correct", "by_hand")
def power_iteration__not_normalised_at_first(matrix, n_steps):
    """Returns the product of the last step without dividing."""
    start = jnp.ones(len(matrix)) / math.sqrt(len(matrix))
    vector = lax.fori_loop(0, n_steps, lambda _, v: matrix @ v, start)
    return vector @ matrix @ vector, vector


@caught_by("correct", "by_hand")
def power_iteration__largest_entry(matrix, n_steps):
    """Divides by the largest entry instead of the length."""

    def step(_, vector):
        image = matrix @ vector
        return lax.cond(jnp.any(image != 0), lambda: image / jnp.abs(image).max(), lambda: vector)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    return vector @ matrix @ vector, vector


@caught_by("correct", "agrees_with_a_loop")
def power_iteration__length_for_eigenvalue(matrix, n_steps):
    """Takes the length of the image for the eigenvalue: right but for its sign, once converged."""

    def step(_, vector):
        image = matrix @ vector
        return lax.cond(jnp.linalg.norm(image) > 0, lambda: image / jnp.linalg.norm(image), lambda: vector)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    value = vector @ matrix @ vector
    return jnp.abs(value), vector


@caught_by("correct", "converges")
def power_iteration__normalised_at_the_end(matrix, n_steps):
    """Divides once, at the end: by then the numbers are infinite."""
    start = jnp.ones(len(matrix)) / math.sqrt(len(matrix))
    image = lax.fori_loop(0, n_steps, lambda _, v: matrix @ v, start)
    norm = jnp.linalg.norm(image)
    vector = jnp.where(norm > 0, image / norm, start)
    return vector @ matrix @ vector, vector


@caught_by("correct", "keeps_the_vector_when_the_image_is_zero")
def power_iteration__zero_by_zero(matrix, n_steps):
    """Divides zero by zero."""

    def step(_, vector):
        image = matrix @ vector
        return image / jnp.linalg.norm(image)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    return vector @ matrix @ vector, vector


@caught_by("correct", "keeps_the_vector_when_the_image_is_zero")
def power_iteration__becomes_zero(matrix, n_steps):
    """Goes on with the zero vector, which is no direction."""

    def step(_, vector):
        image = matrix @ vector
        norm = jnp.linalg.norm(image)
        return image / jnp.where(norm > 0, norm, 1)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    return vector @ matrix @ vector, vector


@caught_by("correct", "takes_small_entries")
def power_iteration__threshold(matrix, n_steps):
    """Takes what is small for zero."""

    def step(_, vector):
        image = matrix @ vector
        norm = jnp.linalg.norm(image)
        return lax.cond(norm > 1e-6, lambda: image / norm, lambda: vector)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    return vector @ matrix @ vector, vector


@caught_by("correct", "has_finite_gradients")
def power_iteration__where_alone(matrix, n_steps):
    """Chooses with where, and divides by zero on the side that is not chosen."""

    def step(_, vector):
        image = matrix @ vector
        norm = jnp.linalg.norm(image)
        return jnp.where(norm > 0, image / norm, vector)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    return vector @ matrix @ vector, vector


@caught_by("correct", "has_finite_gradients")
def power_iteration__while_loop(matrix, n_steps):
    """Counts in a while_loop, which cannot go backwards."""

    def step(state):
        k, vector = state
        image = matrix @ vector
        norm = jnp.linalg.norm(image)
        return k + 1, lax.cond(norm > 0, lambda: image / norm, lambda: vector)

    start = jnp.ones(len(matrix)) / math.sqrt(len(matrix))
    vector = lax.while_loop(lambda s: s[0] < n_steps, step, (0, start))[1]
    return vector @ matrix @ vector, vector


@caught_by("jit", "compiles_once")
def power_iteration__python_branch(matrix, n_steps):
    """Asks in Python whether the image is zero."""
    vector = jnp.ones(len(matrix)) / math.sqrt(len(matrix))
    for _ in range(n_steps):
        image = matrix @ vector
        if not jnp.any(image != 0):
            break
        vector = image / jnp.linalg.norm(image)
    return vector @ matrix @ vector, vector


@caught_by("jit", "stays_a_loop")
def power_iteration__python_loop(matrix, n_steps):
    """Loops in Python over a static number of steps: all of them are written out."""
    vector = jnp.ones(len(matrix)) / math.sqrt(len(matrix))
    for _ in range(n_steps):
        image = matrix @ vector
        safe = jnp.where(jnp.any(image != 0), image, 1)
        vector = jnp.where(jnp.any(image != 0), image / jnp.linalg.norm(safe), vector)
    return vector @ matrix @ vector, vector


@caught_by("correct", "takes_no_steps")
def power_iteration__starts_too_long(matrix, n_steps):
    """Starts from ones, whose length is √n."""

    def step(_, vector):
        image = matrix @ vector
        return lax.cond(jnp.any(image != 0), lambda: image / jnp.linalg.norm(image), lambda: vector)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)))
    return vector @ matrix @ vector, vector


@caught_by("correct", "by_hand")
def power_iteration__length_of_the_image(matrix, n_steps):
    """Takes the length of the next image for the eigenvalue."""

    def step(_, vector):
        image = matrix @ vector
        return lax.cond(jnp.any(image != 0), lambda: image / jnp.linalg.norm(image), lambda: vector)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    return jnp.linalg.norm(matrix @ vector), vector


@caught_by("correct", "takes_small_entries")
def power_iteration__a_small_number_added(matrix, n_steps):
    """Keeps the denominator away from 0, and changes the answer."""

    def step(_, vector):
        image = matrix @ vector
        return image / (jnp.linalg.norm(image) + 1e-8)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    return vector @ matrix @ vector, vector


@caught_by("correct", "divides_unless_all_entries_are_zero")
def power_iteration__asks_the_sum(matrix, n_steps):
    """Takes an image for zero when its entries add up to 0."""

    def step(_, vector):
        image = matrix @ vector
        return lax.cond(jnp.sum(image) != 0, lambda: image / jnp.linalg.norm(image), lambda: vector)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    return vector @ matrix @ vector, vector


@caught_by("correct", "divides_unless_all_entries_are_zero")
def power_iteration__asks_the_mean(matrix, n_steps):
    """Takes an image for zero when its mean is."""

    def step(_, vector):
        image = matrix @ vector
        return lax.cond(jnp.abs(jnp.mean(image)) > 0, lambda: image / jnp.linalg.norm(image), lambda: vector)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    return vector @ matrix @ vector, vector


@caught_by("correct", "has_finite_gradients")
def power_iteration__length_before_the_cond(matrix, n_steps):
    """Takes the length before the cond: it is differentiated in any case."""

    def step(_, vector):
        image = matrix @ vector
        norm = jnp.linalg.norm(image)
        return lax.cond(norm > 0, lambda: image / norm, lambda: vector)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    return vector @ matrix @ vector, vector


@caught_by("correct", "has_finite_gradients")
def power_iteration__stops_the_gradient(matrix, n_steps):
    """Gets rid of NaN by letting no gradient through the steps."""

    def step(_, vector):
        image = matrix @ vector
        found = lax.cond(jnp.any(image != 0), lambda: image / jnp.linalg.norm(image), lambda: vector)
        return lax.stop_gradient(found)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    return vector @ matrix @ vector, vector


@caught_by("correct", "takes_small_entries")
def power_iteration__small_is_nothing(matrix, n_steps):
    """Takes a length of up to 1e-12 for 0."""

    def step(_, vector):
        image = matrix @ vector
        length = jnp.linalg.norm(image)
        return lax.cond(length > 1e-12, lambda: image / length, lambda: vector)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    return vector @ matrix @ vector, vector


# activate


@caught_by("correct", "by_hand")
def activate__counts_from_one(x, name_index):
    """Leaves the identity out of the list."""
    return lax.switch(name_index - 1, (lambda x: x, jax.nn.relu, jnp.tanh, jax.nn.softplus), x)


@caught_by("correct", "applies_each")
def activate__naive_softplus(x, name_index):
    """Computes e¹⁰⁰ on the way, which is infinite."""
    return lax.switch(name_index, (lambda x: x, jax.nn.relu, jnp.tanh, lambda x: jnp.log(1 + jnp.exp(x))), x)


@caught_by("correct", "applies_each")
def activate__sigmoid(x, name_index):
    """Takes softplus for the sigmoid."""
    return lax.switch(name_index, (lambda x: x, jax.nn.relu, jnp.tanh, jax.nn.sigmoid), x)


@caught_by("correct", "clamps_the_number")
def activate__wraps_around(x, name_index):
    """Takes the number modulo four."""
    return lax.switch(name_index % 4, (lambda x: x, jax.nn.relu, jnp.tanh, jax.nn.softplus), x)


@caught_by("correct", "keeps_shape_and_dtype")
def activate__float32_branches(x, name_index):
    """Computes in float32; the branches no longer agree for a float16."""
    functions = (lambda x: x, jax.nn.relu, lambda x: jnp.tanh(x.astype(jnp.float32)), jax.nn.softplus)
    return lax.switch(name_index, functions, x)


@caught_by("correct", "clamps_the_number")
def activate__python_list(x, name_index):
    """Indexes a Python list, which only a concrete number can."""
    return [lambda x: x, jax.nn.relu, jnp.tanh, jax.nn.softplus][name_index](x)


@caught_by("correct", "lifts_over_numbers")
def activate__python_branch(x, name_index):
    """Branches in Python."""
    if name_index <= 0:
        return x
    if name_index == 1:
        return jax.nn.relu(x)
    return jnp.tanh(x) if name_index == 2 else jax.nn.softplus(x)


@caught_by("jit", "runs_one_function")
def activate__selects(x, name_index):
    """Computes all four and selects."""
    results = [x, jax.nn.relu(x), jnp.tanh(x), jax.nn.softplus(x)]
    index = jnp.clip(name_index, 0, 3)
    return jnp.select([index == k for k in range(4)], results)


@caught_by("jit", "runs_one_function")
def activate__indexes_a_stack(x, name_index):
    """Computes all four and takes one from the stack."""
    results = jnp.stack([x, jax.nn.relu(x), jnp.tanh(x), jax.nn.softplus(x)])
    return results[jnp.clip(name_index, 0, 3)]


@caught_by("correct", "by_hand")
def activate__hands_over_results(x, name_index):
    """Gives switch what the functions return, not the functions."""
    return lax.switch(name_index, [x, jax.nn.relu(x), jnp.tanh(x), jax.nn.softplus(x)])


@caught_by("jit", "computes_within_the_branches")
def activate__picks_among_results(x, name_index):
    """Computes all four, and lets a switch pick one."""
    results = (x, jax.nn.relu(x), jnp.tanh(x), jax.nn.softplus(x))
    return lax.switch(name_index, [lambda r: r[0], lambda r: r[1], lambda r: r[2], lambda r: r[3]], results)


@caught_by("jit", "computes_within_the_branches")
def activate__computed_before(x, name_index):
    """Computes all four beforehand; the branches close over what is there."""
    bent, curved, soft = jnp.maximum(x, 0), jnp.tanh(x), jnp.logaddexp(x, 0)
    return lax.switch(name_index, [lambda: x, lambda: bent, lambda: curved, lambda: soft])


@caught_by("jit", "computes_within_the_branches")
def activate__selects_within_a_branch(x, name_index):
    """Splits the identity off, and selects among the others."""

    def others():
        soft = jnp.where(name_index == 2, jnp.tanh(x), jnp.logaddexp(x, 0))
        return jnp.where(name_index == 1, jnp.maximum(x, 0), soft)

    return lax.cond(name_index <= 0, lambda: x, others)


# linear_recurrence


@caught_by("correct", "by_hand")
def linear_recurrence__wrong_way_round(a, b):
    """Joins two steps in the wrong order."""

    def after(first, second):
        return first[0] * second[0], first[0] * second[1] + first[1]

    return lax.associative_scan(after, (a, b))[1]


@caught_by("correct", "without_terms")
def linear_recurrence__returns_products(a, b):
    """Returns the products of the coefficients."""

    def after(first, second):
        return first[0] * second[0], second[0] * first[1] + second[1]

    return lax.associative_scan(after, (a, b))[0]


@caught_by("correct", "agrees_with_a_loop")
def linear_recurrence__not_associative(a, b):
    """Joins states with the recurrence itself, which is not associative."""

    def after(first, second):
        return second[0], second[0] * first[1] + second[1]

    return lax.associative_scan(after, (a, b))[1]


@caught_by("correct", "without_terms")
def linear_recurrence__starts_at_one(a, b):
    """Starts from h₀ = 1."""

    def after(first, second):
        return first[0] * second[0], second[0] * first[1] + second[1]

    products, states = lax.associative_scan(after, (a, b))
    return products + states


@caught_by("correct", "takes_a_zero")
def linear_recurrence__divides_by_products(a, b):
    """Divides by the product of all coefficients so far; one of them may be 0."""
    products = jnp.cumprod(a, axis=0)
    return products * jnp.cumsum(b / products, axis=0)


@caught_by("jit", "is_no_loop")
def linear_recurrence__scan(a, b):
    """Goes step after step."""

    def step(h, now):
        h = now[0] * h + now[1]
        return h, h

    return lax.scan(step, jnp.zeros_like(b[0]), (a, b))[1]


@caught_by("jit", "is_not_written_out")
def linear_recurrence__python_loop(a, b):
    """Loops in Python: under jit every step is written out."""
    h, states = jnp.zeros_like(b[0]), []
    for t in range(len(b)):
        h = a[t] * h + b[t]
        states.append(h)
    return jnp.stack(states)


@caught_by("jit", "builds_no_table")
def linear_recurrence__table_of_pairs(a, b):
    """Multiplies out all pairs of steps."""
    t = jnp.arange(len(a))
    shape = (len(a), len(a)) + (1,) * (a.ndim - 1)
    later = (t > t[:, None]).reshape(shape)  # [s, t]: the coefficient of step t acts on term s
    products = jnp.cumprod(jnp.where(later, a[None], 1), axis=1)
    upto = (t >= t[:, None]).reshape(shape)
    return jnp.sum(jnp.where(upto, products * b[:, None], 0), axis=0)


@caught_by("correct", "takes_zeros_and_small_coefficients")
def linear_recurrence__divides_by_safe_products(a, b):
    """Divides by the product of all coefficients so far, and begins anew after a single zero at the end."""
    products = jnp.cumprod(a, axis=0)
    found = products * jnp.cumsum(b / jnp.where(products == 0, 1, products), axis=0)
    return jnp.where(a == 0, b, found)


# remat_chain


@caught_by("correct", "by_hand")
def remat_chain__backwards(weights, x):
    """Applies the last layer first."""
    return lax.scan(lambda x, w: (jnp.tanh(x @ w), None), x, weights, reverse=True)[0]


@caught_by("correct", "by_hand")
def remat_chain__tanh_at_the_end(weights, x):
    """Applies tanh once."""
    return jnp.tanh(lax.scan(lambda x, w: (x @ w, None), x, weights)[0])


@caught_by("correct", "agrees_with_a_loop")
def remat_chain__transposed(weights, x):
    """Multiplies by the transposed weights."""
    return lax.scan(lambda x, w: (jnp.tanh(x @ w.T), None), x, weights)[0]


@caught_by("correct", "by_hand")
def remat_chain__layers_dealt_out(weights, x):
    """Takes every √L-th layer for a segment: the layers come in another order."""
    length = math.isqrt(len(weights))
    dealt = weights.reshape(length, length, *weights.shape[1:]).swapaxes(0, 1)

    @jax.checkpoint
    def segment(x, segment_weights):
        return lax.scan(lambda x, w: (jnp.tanh(x @ w), None), x, segment_weights)

    return lax.scan(segment, x, dealt)[0]


@caught_by("correct", "has_the_same_gradients")
def remat_chain__gradient_cut(weights, x):
    """Saves memory by cutting the gradient between segments."""
    length = math.isqrt(len(weights))

    def segment(x, segment_weights):
        return lax.scan(lambda x, w: (jnp.tanh(x @ w), None), lax.stop_gradient(x), segment_weights)

    return lax.scan(segment, x, weights.reshape(length, length, *weights.shape[1:]))[0]


@caught_by("correct", "has_the_same_gradients")
def remat_chain__fori_loop_with_traced_bound(weights, x):
    """Hides the number of layers in a traced value: reverse mode does not know it."""
    n_layers = jnp.asarray(len(weights))
    return lax.fori_loop(0, n_layers, lambda k, x: jnp.tanh(x @ weights[k]), x)


@caught_by("correct", "has_the_same_gradients")
def remat_chain__root_by_jnp(weights, x):
    """Takes the root of a size through jnp, which makes a tracer of it."""
    length = int(jnp.sqrt(weights.shape[0]))

    @jax.checkpoint
    def segment(x, segment_weights):
        return lax.scan(lambda x, w: (jnp.tanh(x @ w), None), x, segment_weights)

    return lax.scan(segment, x, weights.reshape(length, length, *weights.shape[1:]))[0]


@caught_by("jit", "stays_a_loop")
def remat_chain__python_loop(weights, x):
    """Loops in Python over checkpointed layers."""
    layer = jax.checkpoint(lambda x, w: jnp.tanh(x @ w))
    for k in range(len(weights)):
        x = layer(x, weights[k])
    return x


@caught_by("jit", "stays_a_loop")
def remat_chain__python_loop_of_segments(weights, x):
    """Loops in Python over √L segments: fewer copies, but more for more layers."""
    length = math.isqrt(len(weights))

    @jax.checkpoint
    def segment(x, segment_weights):
        return lax.scan(lambda x, w: (jnp.tanh(x @ w), None), x, segment_weights)[0]

    for k in range(length):
        x = segment(x, weights[k * length : (k + 1) * length])
    return x


@caught_by("jit", "keeps_little")
def remat_chain__plain_scan(weights, x):
    """Keeps everything."""
    return lax.scan(lambda x, w: (jnp.tanh(x @ w), None), x, weights)[0]


@caught_by("jit", "keeps_little")
def remat_chain__each_layer(weights, x):
    """Checkpoints each layer: one array a layer is kept."""
    return lax.scan(jax.checkpoint(lambda x, w: (jnp.tanh(x @ w), None)), x, weights)[0]


@caught_by("jit", "keeps_little")
def remat_chain__around_everything(weights, x):
    """Checkpoints the whole chain: when it is computed again, everything is kept again."""

    @jax.checkpoint
    def whole(weights, x):
        return lax.scan(lambda x, w: (jnp.tanh(x @ w), None), x, weights)[0]

    return whole(weights, x)
