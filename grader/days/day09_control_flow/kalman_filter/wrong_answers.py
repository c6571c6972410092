"""Plausible mistakes in kalman_filter; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

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


@caught_by("correct", "stays_a_loop")
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


@caught_by("correct", "stays_a_loop")
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


@caught_by("correct", "takes_any_units")
def kalman_filter__pinv(params, observations):
    """Leaves out what is small in S."""
    transition, emission = (params["transition"], params["emission"])

    def step(state, observation):
        mean, covariance = state
        mean = transition @ mean
        covariance = transition @ covariance @ transition.T + params["process_noise"]
        innovation = emission @ covariance @ emission.T + params["observation_noise"]
        gain = (jnp.linalg.pinv(innovation, rtol=0.001) @ emission @ covariance).T
        mean = mean + gain @ (observation - emission @ mean)
        covariance = covariance - gain @ innovation @ gain.T
        return ((mean, covariance), (mean, covariance))

    start = (params["mean"], params["covariance"])
    _, filtered = lax.scan(step, start, observations)
    return filtered


@caught_by("deeper", "takes_singular_covariances")
def kalman_filter__information(params, observations):
    """Corrects in the information form, by the inverses of the covariances."""
    transition, emission = params["transition"], params["emission"]

    def step(state, observation):
        mean, covariance = state
        mean = transition @ mean
        covariance = transition @ covariance @ transition.T + params["process_noise"]
        innovation = emission @ covariance @ emission.T + params["observation_noise"]
        noise = jnp.linalg.inv(params["observation_noise"])
        after = jnp.linalg.inv(jnp.linalg.inv(covariance) + emission.T @ noise @ emission)
        gain = after @ emission.T @ noise
        mean = mean + gain @ (observation - emission @ mean)
        covariance = after
        return (mean, covariance), (mean, covariance)

    start = params["mean"], params["covariance"]
    _, filtered = lax.scan(step, start, observations)
    return filtered
