"""Right answers of day 9, written another way; all must pass."""

import functools
import math

import jax
import jax.numpy as jnp
import jax.scipy.linalg
from jax import lax

# kalman_filter


def kalman_filter__inverse_and_joseph_form(params, observations):
    """Inverts S, and updates the covariance in a form that stays symmetric."""
    f, h = params["transition"], params["emission"]
    q, r = params["process_noise"], params["observation_noise"]

    def step(state, y):
        mean, covariance = state
        mean, covariance = f @ mean, f @ covariance @ f.T + q
        gain = covariance @ h.T @ jnp.linalg.inv(h @ covariance @ h.T + r)
        keep = jnp.eye(len(mean)) - gain @ h
        state = mean + gain @ (y - h @ mean), keep @ covariance @ keep.T + gain @ r @ gain.T
        return state, state

    return lax.scan(step, (params["mean"], params["covariance"]), observations)[1]


def kalman_filter__fori_loop(params, observations):
    """Writes into arrays that were made before."""
    f, h = params["transition"], params["emission"]
    n, length = len(params["mean"]), len(observations)

    def step(t, carry):
        (mean, covariance), means, covariances = carry
        mean, covariance = f @ mean, f @ covariance @ f.T + params["process_noise"]
        s = h @ covariance @ h.T + params["observation_noise"]
        gain = jax.scipy.linalg.cho_solve(jax.scipy.linalg.cho_factor(s), h @ covariance).T
        mean, covariance = mean + gain @ (observations[t] - h @ mean), covariance - gain @ (h @ covariance)
        return (mean, covariance), means.at[t].set(mean), covariances.at[t].set(covariance)

    start = (params["mean"], params["covariance"]), jnp.zeros((length, n)), jnp.zeros((length, n, n))
    _, means, covariances = lax.fori_loop(0, length, step, start)
    return means, covariances


@jax.jit
def kalman_filter__two_scans(params, observations):
    """Covariances do not depend on the observations: first they, then the means, compiled by the learner."""
    f, h = params["transition"], params["emission"]

    def spread(covariance, _):
        covariance = f @ covariance @ f.T + params["process_noise"]
        gain = jnp.linalg.solve(h @ covariance @ h.T + params["observation_noise"], h @ covariance).T
        covariance = covariance - gain @ h @ covariance
        return covariance, (gain, covariance)

    def correct(mean, now):
        gain, y = now
        mean = f @ mean + gain @ (y - h @ f @ mean)
        return mean, mean

    _, (gains, covariances) = lax.scan(spread, params["covariance"], length=len(observations))
    return lax.scan(correct, params["mean"], (gains, observations))[1], covariances


# rnn


def rnn__input_in_the_step(params, inputs, state):
    """Multiplies the input within the step."""

    def step(state, x):
        state = jnp.tanh(params["input"] @ x + params["recurrent"] @ state + params["bias"])
        return state, state

    return lax.scan(step, state, inputs, unroll=4)


def rnn__fori_loop(params, inputs, state):
    """A loop with static bounds, which becomes a scan and goes backwards as well."""

    def step(t, carry):
        state, states = carry
        state = jnp.tanh(params["input"] @ inputs[t] + params["recurrent"] @ state + params["bias"])
        return state, states.at[t].set(state)

    return lax.fori_loop(0, len(inputs), step, (state, jnp.zeros((len(inputs), len(state)))))


def rnn__one_matrix(params, inputs, state):
    """Joins state, input and a one to a vector, and the params to one matrix."""
    weights = jnp.concatenate([params["recurrent"], params["input"], params["bias"][:, None]], axis=1)
    one = jnp.ones(1)

    @jax.checkpoint
    def step(state, x):
        state = jnp.tanh(weights @ jnp.concatenate([state, x, one]))
        return state, state

    _, states = lax.scan(step, state, inputs)
    return states[-1], states


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


# collatz_steps


def collatz_steps__cond(n):
    """Branches with a cond."""

    def step(state):
        n, steps = state
        return lax.cond(n % 2 == 0, lambda: n // 2, lambda: 3 * n + 1), steps + 1

    return lax.while_loop(lambda state: state[0] > 1, step, (n, jnp.zeros((), n.dtype)))[1]


def collatz_steps__bits(n):
    """Works on bits and keeps the state in a dict."""

    def step(state):
        n = state["n"]
        return {"n": jnp.where(n & 1, 3 * n + 1, n >> 1), "steps": state["steps"] + 1}

    start = {"n": n, "steps": jnp.int32(0)}
    return lax.while_loop(lambda state: state["n"] != 1, step, start)["steps"]


def collatz_steps__two_at_once(n):
    """An odd number takes two steps at once: 3 n + 1 is even."""

    def step(state):
        n, steps = state
        odd = n % 2
        return jnp.where(odd == 1, (3 * n + 1) // 2, n // 2), steps + 1 + odd

    return lax.while_loop(lambda state: state[0] != 1, step, (n, 0))[1]


# welford


def welford__fori_loop(x):
    """Writes into arrays that were made before."""

    def step(k, state):
        mean, scatter, means, variances = state
        difference = x[k] - mean
        mean = mean + difference / (k + 1)
        scatter = scatter + difference * (x[k] - mean)
        return mean, scatter, means.at[k].set(mean), variances.at[k].set(scatter / (k + 1))

    start = jnp.zeros(()), jnp.zeros(()), jnp.zeros_like(x), jnp.zeros_like(x)
    return lax.fori_loop(0, len(x), step, start)[2:]


def welford__associative(x):
    """Joins neighbouring pieces: counts add, means meet in the middle."""

    def join(left, right):
        (n, mean, scatter), (other_n, other_mean, other_scatter) = left, right
        total = n + other_n
        difference = other_mean - mean
        return (
            total,
            mean + difference * other_n / total,
            scatter + other_scatter + difference**2 * n * other_n / total,
        )

    counts, means, scatters = lax.associative_scan(join, (jnp.ones_like(x), x, jnp.zeros_like(x)))
    return means, scatters / counts


def welford__shifted(x):
    """Takes the first value off before it squares anything."""
    counts = jnp.arange(1, len(x) + 1)
    shifted = x - x[0]
    means = jnp.cumsum(shifted) / counts
    return means + x[0], jnp.maximum(jnp.cumsum(shifted**2) / counts - means**2, 0)


def welford__variance_itself(x):
    """Carries the variance instead of the sum of squares."""

    def step(state, now):
        mean, variance = state
        value, k = now
        difference = value - mean
        mean = mean + difference / k
        variance = variance + (difference * (value - mean) - variance) / k
        return (mean, variance), (mean, variance)

    return lax.scan(step, (0.0, 0.0), (x, jnp.arange(1.0, len(x) + 1)))[1]


# power_iteration


def power_iteration__where_twice(matrix, n_steps):
    """Makes the denominator safe before it divides."""

    def step(_, vector):
        image = matrix @ vector
        squares = jnp.sum(image**2)
        norm = jnp.sqrt(jnp.where(squares > 0, squares, 1))
        return jnp.where(squares > 0, image / norm, vector)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    return jnp.vdot(vector, matrix @ vector), vector


def power_iteration__scan(matrix, n_steps):
    """A scan without inputs, and a cond that asks the entries."""

    def normalised(image, _):
        return image / jnp.sqrt(jnp.sum(image * image))

    def step(vector, _):
        image = matrix @ vector
        return lax.cond(jnp.any(image != 0), normalised, lambda _, v: v, image, vector), None

    n = matrix.shape[0]
    vector, _ = lax.scan(step, jnp.full(n, n**-0.5), length=n_steps)
    return jnp.sum(vector * (matrix @ vector)), vector


@functools.partial(jax.jit, static_argnames="n_steps")
def power_iteration__scaled(matrix, n_steps):
    """Scales by the largest entry before it takes the length; compiled by the learner."""

    def step(k, vector):
        image = matrix @ vector
        largest = jnp.max(jnp.abs(image))
        safe = jnp.where(largest > 0, image / jnp.where(largest > 0, largest, 1), vector)
        return safe / jnp.linalg.norm(safe)

    n = len(matrix)
    vector = lax.fori_loop(0, n_steps, step, jnp.ones(n) / jnp.sqrt(n))
    return vector @ matrix @ vector, vector


def power_iteration__squares_before_the_cond(matrix, n_steps):
    """A sum of squares has the slope 0 at 0, so it may stand before the cond; the root may not."""

    def step(_, vector):
        image = matrix @ vector
        return lax.cond(image @ image > 0, lambda w, v: w / jnp.sqrt(w @ w), lambda w, v: v, image, vector)

    vector = lax.fori_loop(0, n_steps, step, jnp.full(len(matrix), len(matrix) ** -0.5))
    return vector @ (matrix @ vector), vector


# activate


def activate__nested_conds(x, name_index):
    """A tree of conds."""

    def low(x):
        return lax.cond(name_index <= 0, lambda x: x, lambda x: jnp.maximum(x, 0), x)

    def high(x):
        return lax.cond(name_index == 2, jnp.tanh, lambda x: jnp.logaddexp(x, 0), x)

    return lax.cond(name_index <= 1, low, high, x)


def activate__clips_itself(x, name_index):
    """Clips the number, and closes over x."""
    branches = [
        lambda: x,
        lambda: jnp.where(x > 0, x, 0),
        lambda: jnp.tanh(x),
        lambda: jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x))),
    ]
    return lax.switch(jnp.clip(name_index, 0, 3), branches)


@jax.jit
def activate__compiled(x, name_index):
    """Compiled by the learner, with named functions."""

    def identity(x):
        return x

    def softplus(x):
        return -jax.nn.log_sigmoid(-x)

    return lax.switch(name_index, [identity, jax.nn.relu, jax.lax.tanh, softplus], x)


def activate__one_after_the_other(x, name_index):
    """A cond for each function, in a row; tanh out of exponentials."""

    def curved(x):
        small = jnp.exp(-2 * jnp.abs(x))
        return jnp.sign(x) * (1 - small) / (1 + small)

    y = lax.cond(name_index == 1, lambda x: jnp.maximum(x, 0), lambda x: x, x)
    y = lax.cond(name_index == 2, curved, lambda x: y, x)
    return lax.cond(name_index >= 3, lambda x: jnp.logaddexp(x, 0), lambda x: y, x)


# linear_recurrence


def linear_recurrence__doubling(a, b):
    """Joins each step with the one 1, 2, 4, ... before it."""
    n, distance = len(a), 1
    while distance < n:
        ones = jnp.ones((distance, *a.shape[1:]), a.dtype)
        zeros = jnp.zeros((distance, *b.shape[1:]), b.dtype)
        earlier_a = jnp.concatenate([ones, a[:-distance]])
        earlier_b = jnp.concatenate([zeros, b[:-distance]])
        a, b = a * earlier_a, a * earlier_b + b
        distance *= 2
    return b


def linear_recurrence__backwards(a, b):
    """Flips, and scans in reverse."""

    def after(later, earlier):
        return later[0] * earlier[0], earlier[0] * later[1] + earlier[1]

    flipped = a[::-1], b[::-1]
    return lax.associative_scan(after, flipped, reverse=True)[1][::-1]


@jax.jit
def linear_recurrence__dicts(a, b):
    """Steps as dicts, compiled by the learner."""

    def after(first, second):
        return {"a": second["a"] * first["a"], "b": second["a"] * first["b"] + second["b"]}

    return jax.lax.associative_scan(after, {"a": a, "b": b}, axis=0)["b"]


def linear_recurrence__halves(a, b):
    """Joins neighbours, solves half the problem, fills in the rest: by recursion."""

    def solve(a, b):
        if len(a) == 1:
            return b
        even = len(a) // 2 * 2
        pair_a = a[1:even:2] * a[0:even:2]
        pair_b = a[1:even:2] * b[0:even:2] + b[1:even:2]
        odd_states = solve(pair_a, pair_b)
        before = jnp.concatenate([jnp.zeros_like(b[:1]), odd_states])[: len(a[0::2])]
        even_states = a[0::2] * before + b[0::2]
        return jnp.zeros_like(b).at[0::2].set(even_states).at[1::2].set(odd_states)

    return solve(a, b)


# remat_chain


def remat_chain__checkpoint_on_both_levels(weights, x):
    """Checkpoints the layers of a segment, too."""
    length = math.isqrt(len(weights))

    @jax.checkpoint
    def layer(x, w):
        return jnp.tanh(x @ w), None

    @jax.checkpoint
    def segment(x, segment_weights):
        return lax.scan(layer, x, segment_weights)

    return lax.scan(segment, x, weights.reshape(length, length, *weights.shape[1:]))[0]


def remat_chain__fori_loops(weights, x):
    """Loops with static bounds, and reads the weights by number."""
    length = math.isqrt(len(weights))

    @jax.checkpoint
    def segment(k, x):
        return lax.fori_loop(0, length, lambda j, x: jnp.tanh(x @ weights[k * length + j]), x)

    return lax.fori_loop(0, length, segment, x)


def remat_chain__without_cse_barriers(weights, x):
    """jax.remat under its other name, told that scan needs no barriers."""
    length = math.isqrt(weights.shape[0])
    segments = jnp.stack(jnp.split(weights, length))

    def segment(x, segment_weights):
        def layer(x, w):
            return jnp.tanh(jnp.einsum("nd,de->ne", x, w)), None

        return lax.scan(layer, x, segment_weights)[0], None

    return lax.scan(jax.remat(segment, prevent_cse=False), x, segments)[0]


def remat_chain__policy(weights, x):
    """Says by a policy that nothing may be kept."""
    length = math.isqrt(len(weights))
    policy = jax.checkpoint_policies.nothing_saveable

    @functools.partial(jax.checkpoint, policy=policy)
    def segment(x, segment_weights):
        def layer(x, w):
            return jnp.tanh(x @ w), None

        return lax.scan(layer, x, segment_weights)[0]

    def step(x, segment_weights):
        return segment(x, segment_weights), None

    return lax.scan(step, x, weights.reshape(length, length, *weights.shape[1:]))[0]
