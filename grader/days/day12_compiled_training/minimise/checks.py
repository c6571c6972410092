"""Checks of minimise."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day12_compiled_training.shared import called, compiled
from grader.toolkit import (
    Array,
    Called,
    Learner,
    Numbers,
    RaisedError,
    bans,
    check,
    compiles_once,
    hint_when,
    must_beat,
    own_hint,
    raised,
)


def bowl(x: Any) -> Any:
    return x[0] ** 2 + x[1] ** 2 / 2


def rosenbrock(x: Any) -> Any:
    """A long bent valley; the minimum is 0 at (1, 1)."""
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def rosenbrock_oracle(start: Any, rate: float, n_steps: int) -> Array:
    a, b = (float(number) for number in start)
    for _ in range(n_steps):
        slope = 200 * (b - a * a)
        a, b = a + rate * (2 * (1 - a) + 2 * a * slope), b - rate * slope
    return np.array([a, b])


def called_few(learner: Learner, n_steps: int) -> Called:
    """The last point of a short walk."""
    start = jnp.asarray([8.0, 4.0], jnp.float32)
    with hint_when(raised("TypeError", text=r"sub-dtype of np\.inexact"), BODIES):
        return called(learner.minimise, bowl, start, jnp.float32(0.25), jnp.int32(n_steps))


FEW = 50  # steps that may be computed one by one
BODIES = "fori_loop's body gets (number, carry), and returns the carry; scan's gets (carry, x)."


def minimised(learner: Learner, function: Any, start: Any, rate: float, n_steps: int) -> Called | None:
    """The last point; none when it would take long without compiling, and does not compile: a question for later."""
    arguments = function, jnp.asarray(start, jnp.float32), jnp.float32(rate), jnp.int32(n_steps)
    try:
        return compiled(learner.minimise)(*arguments)
    except RaisedError:
        return called(learner.minimise, *arguments) if n_steps <= FEW else None


@check("minimise", "correct", hint="A loop and a gradient are all it takes; the rules name what is left out.")
def test_minimise_uses_no_shortcut(learner: Learner) -> None:
    bans(learner.minimise, "optax", "jax.scipy", on=(bowl, jnp.ones(7), jnp.float32(0.1), jnp.int32(3)))


@check(
    "minimise",
    "correct",
    hint="Each step goes against the gradient at the current point: x = x - learning_rate * jax.grad(function)(x), n_steps"
    " times.",
)
def test_minimise_by_hand(learner: Learner) -> None:
    # The gradient is (2 a, b): a is 8, 4, 2, 1 and b is 4, 3, 2.25, 1.6875.
    called_few(learner, 3).close_to([1.0, 1.6875])


@check("minimise", "correct", hint="No step: the start comes back as it is.")
def test_minimise_for_no_step(learner: Learner) -> None:
    called_few(learner, 0).equals([8.0, 4.0])


@check(
    "minimise",
    "correct",
    hint="Plain descent: the rate is the same at every step, and nothing is remembered or cut.",
)
def test_minimise_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    for n_steps in (1, 50, 500):
        start = numbers.uniform(-1, 1, 2)
        # The function's steep side damps the roundings of a step, its flat side adds them up.
        expected = rosenbrock_oracle(start, 1e-3, n_steps)
        if result := minimised(learner, rosenbrock, start, 1e-3, n_steps):
            result.close_to(expected, rtol=1e-3, atol=1e-4)


@check(
    "minimise",
    "correct",
    hint="The formula as it stands: a step is neither cut where the slope is steep, nor left out where it is small, where the"
    " value rises, or where a number is infinite.",
)
def test_minimise_follows_the_formula_everywhere(learner: Learner) -> None:
    # With a rate of 3/2 each step makes a twice as large, with 1/4 half as large; b goes by -1/2 and 3/4. All is exact.
    for start, rate, n_steps, shrinks in (
        ([8e6, 4e-7], 1.5, 40, (-2.0, -0.5)),
        ([8e-7, 4e-12], 0.25, 20, (0.5, 0.75)),
        ([0.0, 0.0], 0.25, 20, (0.5, 0.75)),
    ):
        expected = np.array(start) * np.array(shrinks) ** n_steps
        if result := minimised(learner, bowl, start, rate, n_steps):
            result.close_to(expected, rtol=1e-5, atol=0.0)
    if result := minimised(learner, bowl, [8.0, 4.0], 1.5, 200):
        result.require(
            not np.isfinite(np.asarray(result.value)[0]),
            "is finite, where the formula overflows",
            expected="infinity or NaN: x[0] is twice as large after each step",
            got=result.value,
        )


@check(
    "minimise",
    "correct",
    hint="All n_steps steps, however many: the bound of the loop is n_steps, not a number of yours.",
)
def test_minimise_walks_down_the_valley(learner: Learner) -> None:
    if result := minimised(learner, rosenbrock, [-1.2, 1.0], 1e-3, 20_000):
        result.close_to([1.0, 1.0], rtol=0.0, atol=0.02)  # in float64 it ends at (0.99987, 0.99974)


@check(
    "minimise",
    "jit",
    hint="n_steps and learning_rate are traced here. lax.fori_loop takes a traced bound; range and the length of a scan do not.",
)
def test_minimise_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [
        (rosenbrock, numbers.uniform(-1, 1, 2), jnp.float32(rate), jnp.int32(n_steps))
        for rate, n_steps in ((1e-3, 100), (5e-4, 300))
    ]
    with own_hint(raised(line="n_steps")):
        results = compiles_once(compiled(learner.minimise), calls)
    for (_, start, rate, n_steps), result in zip(calls, results, strict=True):
        expected = rosenbrock_oracle(start, float(rate), int(n_steps))
        result.close_to(expected, rtol=1e-3, atol=1e-4)


@jax.jit
def rosenbrock_slope(x: Any) -> Any:
    return jax.grad(rosenbrock)(x)


def loop_of_gradients(function: Any, start: Any, learning_rate: Any, n_steps: Any) -> Any:
    x = start
    for _ in range(int(n_steps)):
        x = x - learning_rate * rosenbrock_slope(x)
    return x


MINIMISE_GATE = 100.0


@check(
    "minimise",
    "speed",
    hint="The loop belongs in the compiled program, with n_steps rounds and no more, and one gradient in each: jax.grad, in"
    " reverse mode.",
)
def test_minimise_beats_a_loop_of_compiled_gradients(learner: Learner, numbers: Numbers) -> None:
    def draw(size: int) -> tuple[Any, ...]:
        return rosenbrock, numbers.uniform(-1, 1, 2), jnp.float32(1e-3), jnp.int32(size)

    must_beat(
        learner,
        compiled(learner.minimise),
        loop_of_gradients,
        named="a Python loop around a compiled gradient",
        draw=draw,
        size=400,
        gate=MINIMISE_GATE,
        numbers=numbers,
    )
