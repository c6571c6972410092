"""Checks of day 9: loops that stay loops."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import (
    Called,
    Handle,
    Learner,
    Numbers,
    WrongAnswer,
    check,
    compiled_if_possible,
    compiles_once,
    hint_when,
    largest_value_at_most,
    must_beat,
    temporary_memory_at_most,
)

Array = np.ndarray[Any, Any]
Params = dict[str, jax.Array]

LENGTHS = (10, 40, 1000)


def stays_a_loop(
    handle: Handle,
    arguments: Callable[[int], tuple[Any, ...]],
    lengths: tuple[int, int, int] = LENGTHS,
) -> None:
    """The program holds about as many operations for a long loop as for a short one.

    A loop that is written out grows fourfold from the first length to the second, and is found there: to trace 1000
    rounds of it would take seconds. The parallel algorithms of `associative_scan` grow with the logarithm and pass.
    Raises WrongAnswer.
    """

    def program(length: int) -> Any:
        return handle.program(*arguments(length))

    first = program(lengths[0])
    for length, growth in ((lengths[1], 2.5), (lengths[2], 5.0)):
        longer = program(length)
        if longer.size > growth * first.size:
            raise WrongAnswer(
                f"The program of {handle.shown} grows with the length of its loop\n"
                f"  expected  about as many operations for both\n"
                f"  got       {first.size} at length {lengths[0]}\n"
                f"            {longer.size} at length {length}"
            )


# ---- kalman_filter


def kalman_params(numbers: Numbers, n: int, m: int) -> Params:
    """Covariances have eigenvalues of 0.5 and more, so that S is well conditioned; the transition has norm 0.95.

    A transition that lets states grow lets rounding grow, too, in the plain form Σ' - K H Σ' of the last line.
    """

    def covariance(size: int) -> jax.Array:
        root = np.asarray(numbers.normal((size, size), 0.5), np.float64)
        return jnp.asarray(root @ root.T + 0.5 * np.eye(size), jnp.float32)

    transition = np.asarray(numbers.normal((n, n)), np.float64)
    transition *= 0.95 / np.linalg.norm(transition, 2)
    return {
        "mean": numbers.normal(n),
        "covariance": covariance(n),
        "transition": jnp.asarray(transition, jnp.float32),
        "process_noise": covariance(n),
        "emission": numbers.normal((m, n)),
        "observation_noise": covariance(m),
    }


def kalman_oracle(params: Params, observations: jax.Array) -> tuple[Array, Array]:
    known = {name: np.asarray(value, np.float64) for name, value in params.items()}
    f, h = known["transition"], known["emission"]
    mean, covariance = known["mean"], known["covariance"]
    means, covariances = [], []
    for y in np.asarray(observations, np.float64):
        mean = f @ mean
        covariance = f @ covariance @ f.T + known["process_noise"]
        s = h @ covariance @ h.T + known["observation_noise"]
        gain = covariance @ h.T @ np.linalg.inv(s)
        mean = mean + gain @ (y - h @ mean)
        covariance = covariance - gain @ s @ gain.T
        means.append(mean)
        covariances.append(covariance)
    return np.stack(means), np.stack(covariances)


# A dozen small matrix products and a solve a step, the errors of which go on to the next one.
KALMAN_RTOL, KALMAN_ATOL = 1e-4, 3e-5


def kalman_of_one_number(learner: Learner, transition: float, emission: float) -> Called:
    """Two steps of a state of one number; what is not said is 1."""
    matrices = {"transition": transition, "emission": emission}
    others = ("covariance", "process_noise", "observation_noise")
    params = {"mean": jnp.ones(1)} | {name: jnp.ones((1, 1)) for name in others}
    params |= {name: jnp.full((1, 1), value) for name, value in matrices.items()}
    with hint_when("a tuple of length 2", "lax.scan gives (last carry, outputs). The answer is the outputs."):
        return compiled_if_possible(learner.kalman_filter, params, jnp.array([[3.0], [1.0]]))


@check(
    "kalman_filter",
    "correct",
    hint="An emission of 0 corrects nothing: each step is μ = F μ and Σ = F Σ Fᵀ + Q, the first step too. Lay aside both, in"
    " every step.",
)
def test_kalman_filter_predicts(learner: Learner) -> None:
    result = kalman_of_one_number(learner, transition=2.0, emission=0.0)
    result.close_to(([[2.0], [4.0]], [[[5.0]], [[21.0]]]), rtol=KALMAN_RTOL, atol=KALMAN_ATOL)


@check(
    "kalman_filter",
    "correct",
    hint="The correction starts from what was predicted, y - H μ' and Σ', not from the μ and Σ before. What it finds is laid"
    " aside, and the next step goes on from it.",
)
def test_kalman_filter_by_hand(learner: Learner) -> None:
    result = kalman_of_one_number(learner, transition=2.0, emission=1.0)
    result.close_to(([[17 / 6], [1.875]], [[[5 / 6]], [[0.8125]]]), rtol=KALMAN_RTOL, atol=KALMAN_ATOL)


@check(
    "kalman_filter",
    "correct",
    hint="Which matrix comes first, and which is transposed? S⁻¹ is the inverse of a matrix, not of its entries.",
)
def test_kalman_filter_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    params, observations = kalman_params(numbers, 3, 2), numbers.normal((17, 2))
    # Compiled, as in the next check: eagerly, each loop is compiled anew at every call.
    result = learner.kalman_filter.jit()(params, observations)
    result.close_to(kalman_oracle(params, observations), rtol=KALMAN_RTOL, atol=KALMAN_ATOL)


@check("kalman_filter", "jit", hint="The program depends on shapes alone; the params are data.")
def test_kalman_filter_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(kalman_params(numbers, 3, 2), numbers.normal((17, 2))) for _ in range(2)]
    for call, result in zip(calls, compiles_once(learner.kalman_filter.jit(), calls), strict=True):
        result.close_to(kalman_oracle(*call), rtol=KALMAN_RTOL, atol=KALMAN_ATOL)


@check(
    "kalman_filter",
    "jit",
    hint="Under jit a Python loop is written out. lax.scan compiles the step once: carry (mean, covariance).",
)
def test_kalman_filter_stays_a_loop(learner: Learner, numbers: Numbers) -> None:
    params = kalman_params(numbers, 3, 2)
    stays_a_loop(learner.kalman_filter.jit(), lambda length: (params, numbers.normal((length, 2))))


def kalman_loop(params: Params, observations: jax.Array) -> tuple[jax.Array, jax.Array]:
    f, h = params["transition"], params["emission"]
    mean, covariance = params["mean"], params["covariance"]
    means, covariances = [], []
    for t in range(len(observations)):
        mean = f @ mean
        covariance = f @ covariance @ f.T + params["process_noise"]
        s = h @ covariance @ h.T + params["observation_noise"]
        gain = jnp.linalg.solve(s, h @ covariance).T
        mean = mean + gain @ (observations[t] - h @ mean)
        covariance = covariance - gain @ s @ gain.T
        means.append(mean)
        covariances.append(covariance)
    return jnp.stack(means), jnp.stack(covariances)


@check(
    "kalman_filter",
    "speed",
    hint="One scan over the observations: every step goes on from the one before, and none is computed twice.",
)
def test_kalman_filter_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    params = kalman_params(numbers, 3, 2)
    must_beat(
        learner,
        learner.kalman_filter.jit(),
        kalman_loop,
        named="a Python loop over steps",
        draw=lambda size: (params, numbers.normal((size, 2))),
        size=72,
        gate=15,
        numbers=numbers,
    )


# ---- rnn


def rnn_params(numbers: Numbers, hidden: int, d: int) -> Params:
    return {
        "input": numbers.normal((hidden, d), 0.5),
        "recurrent": numbers.normal((hidden, hidden), 0.4),
        "bias": numbers.normal(hidden, 0.5),
    }


def rnn_oracle(params: Params, inputs: jax.Array, state: jax.Array) -> tuple[Array, Array]:
    w, u, b = (np.asarray(params[name], np.float64) for name in ("input", "recurrent", "bias"))
    h, states = np.asarray(state, np.float64), []
    for x in np.asarray(inputs, np.float64):
        h = np.tanh(w @ x + u @ h + b)
        states.append(h)
    return h, np.stack(states)


def rnn_gradients_oracle(params: Params, inputs: jax.Array, state: jax.Array, toward: jax.Array) -> Any:
    """The gradients of sum(toward * states) + sum(last²), written out backwards, step by step."""
    w, u = np.asarray(params["input"], np.float64), np.asarray(params["recurrent"], np.float64)
    x, toward_states = np.asarray(inputs, np.float64), np.asarray(toward, np.float64)
    last, states = rnn_oracle(params, inputs, state)
    before = [np.asarray(state, np.float64), *states[:-1]]
    dw, du, db, dx = np.zeros_like(w), np.zeros_like(u), np.zeros(len(u)), np.zeros_like(x)
    dh = 2 * last
    for t in reversed(range(len(x))):
        dz = (dh + toward_states[t]) * (1 - states[t] ** 2)
        dw, du, db = dw + np.outer(dz, x[t]), du + np.outer(dz, before[t]), db + dz
        dx[t], dh = w.T @ dz, u.T @ dz
    return {"input": dw, "recurrent": du, "bias": db}, dx, dh


def rnn_gradients(learner: Learner) -> Handle:
    function = learner.rnn.function

    def gradients(params: Params, inputs: jax.Array, state: jax.Array, toward: jax.Array) -> Any:
        def loss(params: Params, inputs: jax.Array, state: jax.Array) -> jax.Array:
            last, states = function(params, inputs, state)
            return jnp.sum(toward * states) + jnp.sum(last**2)

        return jax.grad(loss, argnums=(0, 1, 2))(params, inputs, state)

    return Handle(learner.session, "rnn", "gradients of rnn", gradients, raw=gradients).jit()


@check(
    "rnn",
    "correct",
    hint="First the last state, then all states; each comes from its input and the one before.",
)
def test_rnn_by_hand(learner: Learner) -> None:
    params = {"input": jnp.ones((1, 1)), "recurrent": jnp.zeros((1, 1)), "bias": jnp.zeros(1)}
    expected = np.tanh([[0.0], [1.0]])
    call = (params, jnp.array([[0.0], [1.0]]), jnp.array([5.0]))
    compiled_if_possible(learner.rnn, *call).close_to((expected[-1], expected))


@check(
    "rnn",
    "correct",
    hint="Each step takes the state before it: the first one the state that is given, the others what the last one gave.",
)
def test_rnn_goes_on_from_the_state(learner: Learner) -> None:
    params = {"input": jnp.ones((1, 1)), "recurrent": jnp.ones((1, 1)), "bias": jnp.zeros(1)}
    call = (params, jnp.array([[0.0], [1.0]]), jnp.array([0.5]))
    first = np.tanh(0.5)
    expected = np.array([[first], [np.tanh(1 + first)]])
    compiled_if_possible(learner.rnn, *call).close_to((expected[-1], expected))


@check("rnn", "correct", hint="The bias is added in every step, within the tanh.")
def test_rnn_adds_the_bias(learner: Learner) -> None:
    params = {"input": jnp.ones((1, 1)), "recurrent": jnp.zeros((1, 1)), "bias": jnp.array([0.5])}
    expected = np.tanh([[0.5], [1.5]])
    call = (params, jnp.array([[0.0], [1.0]]), jnp.array([5.0]))
    compiled_if_possible(learner.rnn, *call).close_to((expected[-1], expected))


@check(
    "rnn", "correct", hint="W is (hidden, d) and U (hidden, hidden): they stand left of what they multiply."
)
def test_rnn_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    call = (rnn_params(numbers, 3, 2), numbers.normal((17, 2)), numbers.normal(3))
    learner.rnn.jit()(*call).close_to(rnn_oracle(*call))


@check(
    "rnn",
    "correct",
    hint="Scan, and fori_loop with Python bounds, go backwards as well; while_loop does not. Nothing may hold a gradient up.",
)
def test_rnn_gradients_equal_the_unrolled_ones(learner: Learner, numbers: Numbers) -> None:
    call = (rnn_params(numbers, 3, 2), numbers.normal((17, 2)), numbers.normal(3), numbers.normal((17, 3)))
    # Sums over 17 steps of both signs: their roundings are those of the terms, not of the sum.
    rnn_gradients(learner)(*call).close_to(rnn_gradients_oracle(*call), rtol=1e-4, atol=1e-4)


@check("rnn", "jit", hint="The program depends on shapes alone; params and state are data.")
def test_rnn_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(rnn_params(numbers, 3, 2), numbers.normal((17, 2)), numbers.normal(3)) for _ in range(2)]
    for call, result in zip(calls, compiles_once(learner.rnn.jit(), calls), strict=True):
        result.close_to(rnn_oracle(*call))


@check(
    "rnn",
    "jit",
    hint="Under jit a Python loop is written out. lax.scan hands the inputs in one by one and stacks what each step returns.",
)
def test_rnn_stays_a_loop(learner: Learner, numbers: Numbers) -> None:
    params, state = rnn_params(numbers, 3, 2), numbers.normal(3)
    stays_a_loop(learner.rnn.jit(), lambda length: (params, numbers.normal((length, 2)), state))


def rnn_loop(params: Params, inputs: jax.Array, state: jax.Array) -> tuple[jax.Array, jax.Array]:
    states = []
    for t in range(len(inputs)):
        state = jnp.tanh(params["input"] @ inputs[t] + params["recurrent"] @ state + params["bias"])
        states.append(state)
    return state, jnp.stack(states)


@check(
    "rnn",
    "speed",
    hint="One scan over the inputs: every step goes on from the one before, and none is computed twice.",
)
def test_rnn_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    params, state = rnn_params(numbers, 8, 4), numbers.normal(8)
    must_beat(
        learner,
        learner.rnn.jit(),
        rnn_loop,
        named="a Python loop over steps",
        draw=lambda size: (params, numbers.normal((size, 4)), state),
        size=192,
        gate=40,
        numbers=numbers,
    )


# ---- discounted_returns


def returns_oracle(rewards: jax.Array, ends: jax.Array, discount: Any) -> Array:
    given = np.asarray(rewards, np.float64)
    returns, following = np.zeros_like(given), 0.0
    for t in reversed(range(len(given))):
        following = given[t] + (0.0 if ends[t] else float(discount) * following)
        returns[t] = following
    return returns


def episodes(numbers: Numbers, length: int) -> tuple[jax.Array, jax.Array]:
    return numbers.normal(length), numbers.booleans(length, 0.2)


@check(
    "discounted_returns",
    "correct",
    hint="A step's return needs the next step's: go from the last to the first, with reverse=True. Begin anew at an end.",
)
def test_discounted_returns_by_hand(learner: Learner) -> None:
    rewards, ends = jnp.array([1.0, 2.0, 4.0, 8.0]), jnp.array([False, True, False, False])
    learner.discounted_returns(rewards, ends, 0.5).equals([2.0, 2.0, 8.0, 8.0])


@check(
    "discounted_returns",
    "correct",
    hint="ends[t] belongs to step t: its own reward still counts, what follows does not. Nothing follows the last step.",
)
def test_discounted_returns_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    call = (*episodes(numbers, 33), jnp.float32(0.9))
    learner.discounted_returns(*call).close_to(returns_oracle(*call))


@check(
    "discounted_returns",
    "correct",
    hint="Powers of the discount cannot be divided by: discount ** 33 is 0 in float32 here, and 0 is a discount, too.",
)
def test_discounted_returns_takes_small_discounts(learner: Learner, numbers: Numbers) -> None:
    for discount in (0.01, 0.0):
        call = (*episodes(numbers, 33), jnp.float32(discount))
        learner.discounted_returns(*call).close_to(returns_oracle(*call))


@check(
    "discounted_returns",
    "jit",
    hint="Where an episode ends is data: choose with jnp.where. The discount is traced.",
)
def test_discounted_returns_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(*episodes(numbers, 33), jnp.float32(discount)) for discount in (0.9, 1.0)]
    for call, result in zip(calls, compiles_once(learner.discounted_returns.jit(), calls), strict=True):
        result.close_to(returns_oracle(*call))


@check(
    "discounted_returns",
    "jit",
    hint="Under jit a Python loop is written out. lax.scan(step, 0, xs, reverse=True) goes from the last to the first.",
)
def test_discounted_returns_stays_a_loop(learner: Learner, numbers: Numbers) -> None:
    discount = jnp.float32(0.9)
    stays_a_loop(learner.discounted_returns.jit(), lambda length: (*episodes(numbers, length), discount))


@check(
    "discounted_returns",
    "jit",
    hint="A table of all pairs of steps has T × T entries. Each return needs only the one after it.",
)
def test_discounted_returns_builds_no_table(learner: Learner, numbers: Numbers) -> None:
    call = (*episodes(numbers, 1000), jnp.float32(0.9))
    largest_value_at_most(learner.discounted_returns.jit(), 100_000, call)


# ---- collatz_steps


MANY = 4000  # the same in the speed check, so that it is compiled once


def collatz_python(numbers_to_count: Any) -> list[int]:
    counts = []
    for n in numbers_to_count.tolist():
        steps = 0
        while n != 1:
            n = n // 2 if n % 2 == 0 else 3 * n + 1
            steps += 1
        counts.append(steps)
    return counts


@check(
    "collatz_steps",
    "correct",
    hint="The loop goes on while its test holds: n != 1. Count the steps, not the numbers on the way. 3 n + 1 and the halving"
    " after it are two steps.",
)
def test_collatz_steps_by_hand(learner: Learner) -> None:
    python = "A Python loop, and a Python count? n will be traced, and then there is nothing to test: lax.while_loop takes it."
    with hint_when("the Python int", python):
        learner.collatz_steps(jnp.int32(6)).equals(8)


@check("collatz_steps", "correct", hint="At 1 there is nothing to do: test before you step.")
def test_collatz_steps_at_one(learner: Learner) -> None:
    learner.collatz_steps(jnp.int32(1)).equals(0)


@check(
    "collatz_steps",
    "correct",
    hint="60,583 climbs to 121,012,864, and float32 holds whole numbers only up to 2**24: stay with integers, and halve with //.",
)
def test_collatz_steps_stays_with_integers(learner: Learner) -> None:
    learner.collatz_steps.jit()(jnp.int32(60_583)).equals(
        148
    )  # as floats 179, or 122 without fused roundings


@check(
    "collatz_steps",
    "correct",
    hint="Under vmap n is traced: no Python branch. lax.while_loop goes on until the last n is done; results that are done stay.",
)
def test_collatz_steps_lifts_over_many(learner: Learner, numbers: Numbers) -> None:
    drawn = np.asarray(numbers.integers(1, 100_001, MANY))
    ns = jnp.asarray(np.concatenate([np.array([77_031, 27, 97, 1, 2], np.int32), drawn[5:]]))
    learner.collatz_steps.vmap().jit()(ns).equals(np.array(collatz_python(ns)))


@check("collatz_steps", "jit", hint="How often the loop goes round is data: lax.while_loop takes a traced n.")
def test_collatz_steps_compiles_once(learner: Learner) -> None:
    calls = [(jnp.int32(n),) for n in (27, 1, 97)]
    for result, steps in zip(compiles_once(learner.collatz_steps.jit(), calls), (111, 0, 118), strict=True):
        result.equals(steps)


@check(
    "collatz_steps",
    "jit",
    hint="A loop with a bound written down goes all its rounds for every n. Stop when n is 1.",
)
def test_collatz_steps_stops_by_itself(learner: Learner) -> None:
    handle, n = learner.collatz_steps.jit(), jnp.int32(27)
    program = handle.program(n)
    loops = [name for name in ("scan", "while") if program.primitives[name]]
    complaint = "counts with a loop that cannot stop early"
    got = ", ".join(loops) or "no loop"
    handle(n).require("while" in loops, complaint, expected="a while in its program", got=got)


@check(
    "collatz_steps",
    "speed",
    hint="The loop goes round until the slowest n is done. A round too many is paid by all: stop when n is 1.",
)
def test_collatz_steps_beats_python_ints(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.collatz_steps.vmap().jit(),
        collatz_python,
        named="Python ints",
        draw=lambda size: (numbers.integers(1, 100_001, size),),
        size=MANY,
        gate=4,
        numbers=numbers,
        agree=same_counts,
    )


def same_counts(text: str, result: Any, wanted: Any) -> None:
    differ = np.flatnonzero(np.asarray(result) != np.asarray(wanted))
    if len(differ):
        k = differ[0]
        raise WrongAnswer(
            f"{text} is wrong at index {k}\n  expected  {wanted[k]}\n  got       {int(result[k])}"
        )


# ---- welford


def welford_oracle(x: Any) -> tuple[Array, Array]:
    values = np.asarray(x, np.float64)
    heads = [values[:k] for k in range(1, len(values) + 1)]
    return np.array([head.mean() for head in heads]), np.array([head.var() for head in heads])


@check(
    "welford",
    "correct",
    hint="k counts the values, 1 at the first. The step is traced once: a count that lives outside of it stays as it was, so"
    " carry it along.",
)
def test_welford_by_hand(learner: Learner) -> None:
    result = learner.welford(jnp.array([1.0, 3.0, 5.0]))
    result[0].close_to([1.0, 2.0, 3.0])
    result[1].close_to(
        [0.0, 1.0, 8 / 3],
        hint="The variance is M / k; what is carried is M itself. In M's update one factor has the old mean, one the new.",
    )


@check("welford", "correct", hint="Divide by k, not by k - 1; carry count, mean and M from value to value.")
def test_welford_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    x = numbers.normal(33, 3.0, 1.0)
    compiled_if_possible(learner.welford, x).close_to(welford_oracle(x), rtol=1e-4, atol=1e-5)


@check("welford", "correct", hint="The mean of one value is the value, and its variance 0.")
def test_welford_of_one_value(learner: Learner) -> None:
    learner.welford(jnp.array([4.5])).equals(([4.5], [0.0]))


@check(
    "welford",
    "correct",
    hint="Squares of values near 1e6 are near 1e12, where float32 has steps of 65536. Sum squares of differences instead.",
)
def test_welford_is_stable_far_from_zero(learner: Learner, numbers: Numbers) -> None:
    x = numbers.normal(33, 100.0, 1e6)
    means, variances = welford_oracle(x)
    # A float32 near 1e6 is right to 1/32; a running mean collects some of these. Deviations are near 100.
    result = compiled_if_possible(learner.welford, x)
    result[0].close_to(means, rtol=0, atol=2.0)
    result[1].close_to(variances, rtol=0.01, atol=1.0)


@check("welford", "jit", hint="No value decides what the program does.")
def test_welford_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal(33, 3.0, 1.0),) for _ in range(2)]
    for call, result in zip(calls, compiles_once(learner.welford.jit(), calls), strict=True):
        result.close_to(welford_oracle(*call), rtol=1e-4, atol=1e-5)


@check(
    "welford",
    "jit",
    hint="Under jit a Python loop is written out. lax.scan compiles the step once: carry (count, mean, M).",
)
def test_welford_stays_a_loop(learner: Learner, numbers: Numbers) -> None:
    stays_a_loop(learner.welford.jit(), lambda length: (numbers.normal(length),))


@check(
    "welford",
    "jit",
    hint="A table of all prefixes has T × T entries. Update what you know about the values so far.",
)
def test_welford_builds_no_table(learner: Learner, numbers: Numbers) -> None:
    largest_value_at_most(learner.welford.jit(), 100_000, (numbers.normal(1000),))


def welford_loop(x: jax.Array) -> tuple[jax.Array, jax.Array]:
    mean = scatter = jnp.zeros(())
    means, variances = [], []
    for k in range(len(x)):
        difference = x[k] - mean
        mean = mean + difference / (k + 1)
        scatter = scatter + difference * (x[k] - mean)
        means.append(mean)
        variances.append(scatter / (k + 1))
    return jnp.stack(means), jnp.stack(variances)


@check(
    "welford",
    "speed",
    hint="Update mean and M by one value a step; to go through all earlier values again makes it quadratic.",
)
def test_welford_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.welford.jit(),
        welford_loop,
        named="a Python loop over values",
        draw=lambda size: (numbers.normal(size),),
        size=256,
        gate=250,
        numbers=numbers,
    )


# ---- power_iteration


def power_oracle(matrix: Any, n_steps: int) -> tuple[Array, Array]:
    a = np.asarray(matrix, np.float64)
    vector = np.full(len(a), 1 / np.sqrt(len(a)))
    for _ in range(n_steps):
        image = a @ vector
        norm = np.sqrt(np.sum(image**2))
        vector = image / norm if norm > 0 else vector
    return vector @ a @ vector, vector


def positive_matrix(numbers: Numbers, n: int, scale: float = 1.0) -> jax.Array:
    """Positive entries, so one eigenvalue stands far above the others and the iteration forgets roundings."""
    return numbers.uniform(0.5 * scale, 1.5 * scale, (n, n))


def power(learner: Learner, matrix: jax.Array, n_steps: int) -> Called:
    return compiled_if_possible(learner.power_iteration, matrix, n_steps, static="n_steps")


EIGENVALUE = "The eigenvalue is vᵀ matrix v for the last v. The length of an image loses the sign and is one step late."


def close_pair(result: Called, value: Any, vector: Any) -> None:
    """First the vector, which the check's own hint is about; with a right vector the eigenvalue is a mistake by itself."""
    result[1].close_to(vector)
    result[0].close_to(value, hint=EIGENVALUE)


@check(
    "power_iteration",
    "correct",
    hint="Start from ones / √n. Each step multiplies, then divides by the length.",
)
def test_power_iteration_by_hand(learner: Learner) -> None:
    result = power(learner, jnp.array([[2.0, 0.0], [0.0, 1.0]]), 1)
    close_pair(result, 1.8, [2 / np.sqrt(5), 1 / np.sqrt(5)])


@check(
    "power_iteration",
    "correct",
    hint="No steps: v is the start, which has length 1: ones / √n.",
)
def test_power_iteration_takes_no_steps(learner: Learner) -> None:
    half = 1 / np.sqrt(2)
    result = learner.power_iteration(jnp.array([[2.0, 0.0], [0.0, 1.0]]), 0)
    close_pair(result, 1.5, [half, half])


@check(
    "power_iteration",
    "correct",
    hint="Exactly n_steps times: multiply, then divide by the length, unless all entries of the image are 0.",
)
def test_power_iteration_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    matrix = -positive_matrix(numbers, 5)
    close_pair(power(learner, matrix, 3), *power_oracle(matrix, 3))


@check(
    "power_iteration",
    "correct",
    hint="Divide in every step: with entries of 100, fifty products without it leave the range of float32.",
)
def test_power_iteration_converges(learner: Learner, numbers: Numbers) -> None:
    matrix = positive_matrix(numbers, 5, 100.0)
    largest = np.linalg.eigvals(np.asarray(matrix, np.float64)).real.max()
    power(learner, matrix, 50)[0].close_to(largest)


@check(
    "power_iteration",
    "correct",
    hint="A constant added to the length, or a threshold, changes the answer where entries are small. Ask for 0 exactly.",
)
def test_power_iteration_takes_small_entries(learner: Learner) -> None:
    result = power(learner, jnp.array([[2e-12, 0.0], [0.0, 1e-12]]), 1)
    result[1].close_to([2 / np.sqrt(5), 1 / np.sqrt(5)])
    result[0].close_to(1.8e-12, atol=0, hint=EIGENVALUE)
    power(learner, jnp.array([[1e-12, 0.0], [0.0, 0.0]]), 1)[1].close_to([1.0, 0.0])


@check(
    "power_iteration",
    "correct",
    hint="The image is zero when all its entries are; their sum, or their mean, is 0 for [0.7, -0.7], too. Ask for its"
    " length, or jnp.any(image != 0).",
)
def test_power_iteration_divides_unless_all_entries_are_zero(learner: Learner) -> None:
    half = 1 / np.sqrt(2)
    close_pair(power(learner, jnp.array([[1.0, 0.0], [0.0, -1.0]]), 1), 0.0, [half, -half])
    close_pair(power(learner, jnp.array([[0.0, 1.0], [0.0, 0.0]]), 1), 0.0, [1.0, 0.0])


@check(
    "power_iteration",
    "correct",
    hint="0 / 0 is NaN. When the image is zero, keep the vector: lax.cond on its length, or where with a safe denominator.",
)
def test_power_iteration_keeps_the_vector_when_the_image_is_zero(learner: Learner) -> None:
    half = 1 / np.sqrt(2)
    close_pair(power(learner, jnp.array([[1.0, -1.0], [-1.0, 1.0]]), 3), 0.0, [half, half])
    close_pair(power(learner, jnp.array([[0.0, 1.0], [0.0, 0.0]]), 3), 0.0, [1.0, 0.0])


def power_gradient(learner: Learner) -> Handle:
    function = learner.power_iteration.function

    def gradient(matrix: jax.Array, n_steps: int) -> Any:
        return jax.grad(lambda matrix: function(matrix, n_steps)[0])(matrix)

    shown = "grad(eigenvalue of power_iteration)"
    return Handle(learner.session, "power_iteration", shown, gradient, raw=gradient)


def power_gradient_oracle(matrix: jax.Array, n_steps: int) -> Array:
    """Central differences in float64: right to about 1e-9."""
    a, step = np.asarray(matrix, np.float64), 1e-5
    slopes = np.zeros_like(a)
    for place in np.ndindex(*a.shape):
        moved = np.zeros_like(a)
        moved[place] = step
        up, down = power_oracle(a + moved, n_steps)[0], power_oracle(a - moved, n_steps)[0]
        slopes[place] = (up - down) / (2 * step)
    return slopes


@check(
    "power_iteration",
    "correct",
    hint="where differentiates both sides, and 0 / 0 is NaN, chosen or not. cond differentiates the side that ran, and all that"
    " was computed before it: the slope of a length at 0 is NaN, so take the length within the branch.",
)
def test_power_iteration_has_finite_gradients(learner: Learner) -> None:
    gradient = power_gradient(learner)
    compiled_if_possible(gradient, jnp.zeros((2, 2)), 3, static="n_steps").finite()
    # Not symmetric, so that the last product alone gives another slope.
    matrix = jnp.array([[1.0, 2.0], [0.5, 1.5]])
    compiled_if_possible(gradient, matrix, 3, static="n_steps").close_to(
        power_gradient_oracle(matrix, 3),
        rtol=1e-4,
        atol=1e-5,
        hint="Each v depends on the matrix: gradients go through all steps. Nothing may stop them.",
    )


@check(
    "power_iteration",
    "jit",
    hint="Whether the image is zero is data: lax.cond, or where. Only n_steps is known while JAX traces.",
)
def test_power_iteration_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(matrix, 3) for matrix in (positive_matrix(numbers, 5), jnp.zeros((5, 5)))]
    handle = learner.power_iteration.jit(static_argnames="n_steps")
    for call, result in zip(calls, compiles_once(handle, calls), strict=True):
        result.close_to(power_oracle(*call))


@check(
    "power_iteration",
    "jit",
    hint="Under jit a Python loop is written out. lax.fori_loop(0, n_steps, step, start) compiles the step once.",
)
def test_power_iteration_stays_a_loop(learner: Learner, numbers: Numbers) -> None:
    matrix = positive_matrix(numbers, 5)
    stays_a_loop(learner.power_iteration.jit(static_argnames="n_steps"), lambda length: (matrix, length))


# ---- activate


def activation_oracle(x: Any, name_index: int) -> Array:
    values = np.asarray(x, np.float64)
    table = (values, np.maximum(values, 0), np.tanh(values), np.logaddexp(values, 0))
    return np.asarray(table[min(max(name_index, 0), 3)])


@check("activate", "correct", hint="Number 1 is relu: what is below 0 becomes 0.")
def test_activate_by_hand(learner: Learner) -> None:
    learner.activate(jnp.array([-1.0, 2.0]), 1).equals([0.0, 2.0])


@check(
    "activate",
    "correct",
    hint="0 identity, 1 relu, 2 tanh, 3 softplus. e¹⁰⁰ is infinite in float32: jax.nn.softplus knows how to avoid it.",
)
def test_activate_applies_each(learner: Learner, numbers: Numbers) -> None:
    x = jnp.asarray(np.array([*np.asarray(numbers.normal(5, 2.0)), 100.0, -100.0], np.float32))
    for index in range(4):
        learner.activate(x, jnp.int32(index)).close_to(activation_oracle(x, index))


@check(
    "activate",
    "correct",
    hint="Numbers outside 0 .. 3 are clamped to the nearest, as lax.switch does by itself.",
)
def test_activate_clamps_the_number(learner: Learner) -> None:
    x = jnp.array([-1.0, 2.0])
    for index in (-1, 9):
        learner.activate(x, index).close_to(activation_oracle(x, index))


@check("activate", "correct", hint="All branches return x's shape and dtype; convert where one does not.")
def test_activate_keeps_shape_and_dtype(learner: Learner, numbers: Numbers) -> None:
    x = jnp.asarray(np.asarray(numbers.normal((2, 3))), jnp.float16)
    expected = activation_oracle(x, 2).astype(np.float16)
    learner.activate(x, jnp.int32(2)).close_to(expected, rtol=2e-3, atol=1e-3)


@check(
    "activate",
    "correct",
    hint="Under vmap every row may have a number of its own, and it is traced: no Python branch, no Python list.",
)
def test_activate_lifts_over_numbers(learner: Learner, numbers: Numbers) -> None:
    x, indices = numbers.normal((6, 3)), jnp.array([3, 0, 2, 1, 7, 2])
    expected = np.stack([activation_oracle(row, int(k)) for row, k in zip(x, indices, strict=True)])
    learner.activate.vmap().jit()(x, indices).close_to(expected)


@check(
    "activate", "jit", hint="A traced number cannot index a Python list; lax.switch chooses on the device."
)
def test_activate_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal(7), jnp.int32(index)) for index in (2, 0, 3)]
    for (x, index), result in zip(calls, compiles_once(learner.activate.jit(), calls), strict=True):
        result.close_to(activation_oracle(x, int(index)))


@check(
    "activate",
    "jit",
    hint="where, select and indexing a stack compute all four and throw three away. lax.switch runs one.",
)
def test_activate_runs_one_function(learner: Learner, numbers: Numbers) -> None:
    handle, call = learner.activate.jit(), (numbers.normal(7), jnp.int32(2))
    primitives = handle.program(*call).primitives
    complaint = "computes more than the function that is chosen"
    expected = "a branch in its program (cond, which is what switch becomes)"
    handle(*call).require(primitives["cond"], complaint, expected=expected, got=", ".join(sorted(primitives)))


# What tanh and softplus may be made of: whatever is written, one of these is in it.
CURVED = {"tanh", "logistic", "exp", "exp2", "expm1", "log", "log1p", "erf", "sinh", "cosh"}


@check(
    "activate",
    "jit",
    hint="What stands before the switch is computed in any case, and so are results that it merely picks from. Hand it functions"
    " of x, each of which computes its own result.",
)
def test_activate_computes_within_the_branches(learner: Learner, numbers: Numbers) -> None:
    handle, call = learner.activate.jit(), (numbers.normal(7), jnp.int32(2))
    program = handle.program(*call)
    outside = sorted(CURVED & set(program.always))
    result = handle(*call)
    result.require(
        not outside,
        "computes more than the function that is chosen",
        expected="tanh and softplus within branches alone",
        got=f"outside of any branch: {', '.join(outside)}",
    )
    for branch in program.branches:
        both = branch["tanh"] and (branch["log1p"] or branch["log"])
        result.require(
            not both,
            "computes more than the function that is chosen",
            expected="tanh in one branch, softplus in another",
            got=f"one branch with {', '.join(sorted(CURVED & set(branch)))}",
            hint="A branch that computes two functions and selects throws one away. lax.switch takes four functions.",
        )


# ---- linear_recurrence


def recurrence_oracle(a: Any, b: Any) -> Array:
    coefficients, terms = np.asarray(a, np.float64), np.asarray(b, np.float64)
    h, states = np.zeros(terms.shape[1:]), []
    for coefficient, term in zip(coefficients, terms, strict=True):
        h = coefficient * h + term
        states.append(h)
    return np.stack(states)


# A parallel scan sums the same products in another order, and their signs differ: roundings are those of the terms.
RECURRENCE_RTOL, RECURRENCE_ATOL = 1e-4, 1e-4


def recurrence(numbers: Numbers, length: int) -> tuple[jax.Array, jax.Array]:
    return numbers.uniform(-1.2, 1.2, (length, 2)), numbers.normal((length, 2))


@check(
    "linear_recurrence",
    "correct",
    hint="From h₀ = 0, and with terms of 0, all states are 0. associative_scan gives pairs, as it got them: the products of"
    " the coefficients, and the states. The states are the second.",
)
def test_linear_recurrence_without_terms(learner: Learner) -> None:
    a, b = jnp.array([2.0, 4.0, 0.5]), jnp.zeros(3)
    compiled_if_possible(learner.linear_recurrence, a, b).equals([0.0, 0.0, 0.0])


@check(
    "linear_recurrence",
    "correct",
    hint="h₀ = 0, so the first state is b₁. Which step comes first matters: a₂ (a₁ h + b₁) + b₂.",
)
def test_linear_recurrence_by_hand(learner: Learner) -> None:
    a, b = jnp.array([2.0, 4.0, 0.5]), jnp.array([1.0, 1.0, 5.0])
    compiled_if_possible(learner.linear_recurrence, a, b).equals([1.0, 5.0, 7.5])


@check(
    "linear_recurrence",
    "correct",
    hint="Coefficients may be 0, and then their product is: do not divide by it. Join two steps to one instead.",
)
def test_linear_recurrence_takes_a_zero(learner: Learner) -> None:
    a, b = jnp.array([2.0, 3.0, 0.0]), jnp.array([1.0, 1.0, 5.0])
    compiled_if_possible(learner.linear_recurrence, a, b).equals([1.0, 4.0, 5.0])


@check(
    "linear_recurrence",
    "correct",
    hint="Two steps in a row are one step: h → a₂ a₁ h + (a₂ b₁ + b₂). That operation must be associative.",
)
def test_linear_recurrence_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    call = recurrence(numbers, 33)
    # Compiled: eagerly, each of the many small steps is a program of its own.
    learner.linear_recurrence.jit()(*call).close_to(
        recurrence_oracle(*call), rtol=RECURRENCE_RTOL, atol=RECURRENCE_ATOL
    )


@check(
    "linear_recurrence",
    "correct",
    hint="Dividing by a product of coefficients fails where one is 0, or the product leaves the range of float32.",
)
def test_linear_recurrence_takes_zeros_and_small_coefficients(learner: Learner, numbers: Numbers) -> None:
    b = numbers.normal((33, 2))
    forgetful = np.array(numbers.uniform(-1.0, 1.0, (33, 2)))
    forgetful[2::5] = 0
    for a in (jnp.asarray(forgetful), jnp.asarray(np.full((33, 2), 1e-3, np.float32))):
        learner.linear_recurrence.jit()(a, b).close_to(
            recurrence_oracle(a, b), rtol=RECURRENCE_RTOL, atol=RECURRENCE_ATOL
        )


@check("linear_recurrence", "correct", hint="With a single step, the answer is b.")
def test_linear_recurrence_of_one_step(learner: Learner) -> None:
    learner.linear_recurrence(jnp.array([2.0]), jnp.array([3.0])).equals([3.0])


@check("linear_recurrence", "jit", hint="The program depends on shapes alone.")
def test_linear_recurrence_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [recurrence(numbers, 33) for _ in range(2)]
    for call, result in zip(calls, compiles_once(learner.linear_recurrence.jit(), calls), strict=True):
        result.close_to(recurrence_oracle(*call), rtol=RECURRENCE_RTOL, atol=RECURRENCE_ATOL)


@check(
    "linear_recurrence",
    "jit",
    hint="scan, fori_loop and while_loop go step after step. lax.associative_scan halves the length again and again.",
)
def test_linear_recurrence_is_no_loop(learner: Learner, numbers: Numbers) -> None:
    handle, call = learner.linear_recurrence.jit(), recurrence(numbers, 33)
    primitives = handle.program(*call).primitives
    loops = [name for name in ("scan", "while") if primitives[name]]
    complaint = "goes through its steps one after the other"
    expected = "neither scan nor while in its program"
    handle(*call).require(not loops, complaint, expected=expected, got=", ".join(loops))


@check(
    "linear_recurrence",
    "jit",
    hint="A Python loop over steps is written out. One operation must join many pairs of steps at once.",
)
def test_linear_recurrence_is_not_written_out(learner: Learner, numbers: Numbers) -> None:
    handle = learner.linear_recurrence.jit()
    stays_a_loop(handle, lambda length: recurrence(numbers, length))
    long = handle.program(*recurrence(numbers, 1000))
    if long.size > 600:
        raise WrongAnswer(
            f"{long.call} needs too many operations\n"
            f"  expected  at most 600 operations\n"
            f"  got       {long.size}"
        )


@check(
    "linear_recurrence",
    "jit",
    hint="A table of all pairs of steps has T × T entries; associative_scan keeps to arrays of the size of a and b.",
)
def test_linear_recurrence_builds_no_table(learner: Learner, numbers: Numbers) -> None:
    largest_value_at_most(learner.linear_recurrence.jit(), 100_000, recurrence(numbers, 1000))


# ---- remat_chain


def chain_oracle(weights: Any, x: Any) -> Array:
    value = np.asarray(x, np.float64)
    for layer in np.asarray(weights, np.float64):
        value = np.tanh(value @ layer)
    return value


def chain_gradients_oracle(weights: Any, x: Any, toward: Any) -> tuple[Array, Array]:
    """The gradients of sum(toward * chain), layer by layer from the last to the first."""
    layers, values = np.asarray(weights, np.float64), [np.asarray(x, np.float64)]
    for layer in layers:
        values.append(np.tanh(values[-1] @ layer))
    gradients, backward = np.zeros_like(layers), np.asarray(toward, np.float64)
    for k in reversed(range(len(layers))):
        backward = backward * (1 - values[k + 1] ** 2)
        gradients[k] = values[k].T @ backward
        backward = backward @ layers[k].T
    return gradients, backward


def chain(numbers: Numbers, n_layers: int, n: int = 3, d: int = 2) -> tuple[jax.Array, jax.Array]:
    """Layers near the identity, so that something is left of x, and of the gradient, after many of them."""
    return jnp.eye(d) + numbers.normal((n_layers, d, d), 0.3), numbers.normal((n, d))


@functools.cache
def chain_gradients(learner_session: Any, function: Callable[..., Any]) -> Handle:
    def gradients(weights: jax.Array, x: jax.Array, toward: jax.Array) -> Any:
        def loss(weights: jax.Array, x: jax.Array) -> jax.Array:
            return jnp.sum(toward * function(weights, x))

        return jax.grad(loss, argnums=(0, 1))(weights, x)

    shown = "gradients of remat_chain"
    return Handle(learner_session, "remat_chain", shown, gradients, raw=gradients).jit()


@check(
    "remat_chain",
    "correct",
    hint="Each layer multiplies by its weights, then takes tanh; the first layer first.",
)
def test_remat_chain_by_hand(learner: Learner) -> None:
    weights, x = jnp.array([1.0, 2.0, 0.5, 1.0]).reshape(4, 1, 1), jnp.array([[0.5], [-1.0]])
    learner.remat_chain(weights, x).close_to(chain_oracle(weights, x))


@check(
    "remat_chain",
    "correct",
    hint="Segments come in order, and within a segment its layers do: x @ W, layer by layer.",
)
def test_remat_chain_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    for n_layers in (9, 1):
        call = chain(numbers, n_layers)
        learner.remat_chain(*call).close_to(chain_oracle(*call))


@check(
    "remat_chain",
    "correct",
    hint="jax.checkpoint changes what is kept, never the gradient. Nothing else may cut it off.",
)
def test_remat_chain_has_the_same_gradients(learner: Learner, numbers: Numbers) -> None:
    call = (*chain(numbers, 9), numbers.normal((3, 2)))
    handle = chain_gradients(learner.session, learner.remat_chain.function)
    handle(*call).close_to(chain_gradients_oracle(*call), rtol=1e-4, atol=1e-5)


@check("remat_chain", "jit", hint="The number of layers is a shape; everything else is data.")
def test_remat_chain_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [chain(numbers, 9) for _ in range(2)]
    for call, result in zip(calls, compiles_once(learner.remat_chain.jit(), calls), strict=True):
        result.close_to(chain_oracle(*call))


@check(
    "remat_chain",
    "jit",
    hint="Loop over segments with a scan, and over the layers of a segment with another one inside it.",
)
def test_remat_chain_stays_a_loop(learner: Learner, numbers: Numbers) -> None:
    stays_a_loop(learner.remat_chain.jit(), lambda length: chain(numbers, length), (9, 36, 900))


@check(
    "remat_chain",
    "jit",
    hint="Around each layer, a checkpoint keeps L inputs; around all, nothing is won. Put it around segments of √L layers.",
)
def test_remat_chain_keeps_little(learner: Learner, numbers: Numbers) -> None:
    n_layers, n, d = 100, 128, 4
    call = (*chain(numbers, n_layers, n, d), numbers.normal((n, d)))
    handle = chain_gradients(learner.session, learner.remat_chain.function)
    # In arrays of x's size: √L segments take 45 on the CPU, a checkpoint for each layer 102, the plain chain 302.
    temporary_memory_at_most(handle, 70 * n * d * 4, call)
