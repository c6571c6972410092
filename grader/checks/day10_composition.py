"""Checks of day 10: transformations composed."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import (
    Called,
    Handle,
    Learner,
    Numbers,
    RaisedError,
    Unavailable,
    Verdict,
    bans,
    check,
    compiled_if_possible,
    compiles_once,
    largest_value_at_most,
    must_beat,
    own_hint,
    same_size_for,
    uses_each_key_once,
)

Array = np.ndarray[Any, Any]


def wide(tree: Any) -> Any:
    """A tree of JAX arrays in NumPy's float64."""
    return jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), tree)


def listed(values: Any) -> str:
    """`[5, -0.5]`, for messages."""
    return "[" + ", ".join(f"{float(value):g}" for value in np.ravel(values)) + "]"


def float16(values: Any) -> jax.Array:
    return jnp.asarray(np.asarray(values, np.float16))


def sent_back(handle: Handle, gradient: jax.Array, x: jax.Array, *others: Any) -> Called:
    """What a function makes of a gradient that flows back through it to `x`."""

    def pull_back() -> Any:
        _, backwards = jax.vjp(lambda x: handle.function(x, *others), x)
        return backwards(gradient)[0]

    bounds = "".join(f", {float(other):g}" for other in others)
    text = f"The gradient {listed(gradient)} that comes back through {handle.shown}(x{bounds})"
    return handle.using(text, pull_back)


def has_the_dtype_of(called: Called, x: jax.Array) -> None:
    dtype = called.value.dtype
    called.require(dtype == x.dtype, "has another dtype", expected=x.dtype.name, got=dtype.name)


# ---- batch_loss_gradient


def squared_error(params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
    """The loss of one example under a linear model."""
    error: jax.Array = params["weights"] @ x + params["bias"] - y
    return error**2


def squared_error_oracle(params: Any, x: Any, y: Any) -> dict[str, Any]:
    weights, bias, x, y = wide(params["weights"]), wide(params["bias"]), wide(x), wide(y)
    errors = np.array([weights @ row + bias for row in x]) - y
    return {"weights": 2 * x.T @ errors / len(y), "bias": 2 * errors.mean()}


def linear_problem(numbers: Numbers) -> tuple[Any, jax.Array, jax.Array]:
    params = {"weights": numbers.normal(2), "bias": numbers.normal()}
    return params, numbers.normal((4, 2)), numbers.normal(4)


def network_loss(params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
    """The loss of one example under a network with one hidden layer."""
    hidden = jnp.tanh(params["hidden"] @ x)
    return jnp.sum((params["out"][0] @ hidden - y) ** 2)


def network_oracle(params: Any, x: Any, y: Any) -> dict[str, Any]:
    """The gradient of the mean loss, by the chain rule and one example at a time."""
    w, v, x, y = wide(params["hidden"]), wide(params["out"][0]), wide(x), wide(y)
    w_gradient, v_gradient = np.zeros_like(w), np.zeros_like(v)
    for row, target in zip(x, y, strict=True):
        hidden = np.tanh(w @ row)
        error = 2 * (v @ hidden - target)
        v_gradient += np.outer(error, hidden)
        w_gradient += np.outer((v.T @ error) * (1 - hidden**2), row)
    return {"hidden": w_gradient / len(x), "out": (v_gradient / len(x),)}


def network_problem(
    numbers: Numbers, n: int, d: int = 3, h: int = 4, m: int = 2
) -> tuple[Any, jax.Array, jax.Array]:
    params = {"hidden": numbers.normal((h, d)), "out": (numbers.normal((m, h)),)}
    return params, numbers.normal((n, d)), numbers.normal((n, m))


@check(
    "batch_loss_gradient",
    "correct",
    hint="The loss takes one example: vmap lifts it over x and y, and shares params (None in in_axes). Then the mean, "
    "then grad with respect to params.",
)
def test_batch_loss_gradient_by_hand(learner: Learner) -> None:
    params = {"weights": jnp.array([1.0, 2.0]), "bias": jnp.array(1.0)}
    x = jnp.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 0.0]])
    y = jnp.array([2.0, 1.0, 3.0, 1.0])  # the errors are 0, 2, 1, 0
    learner.batch_loss_gradient(squared_error, params, x, y).close_to({"weights": [0.5, 1.5], "bias": 1.5})


@check("batch_loss_gradient", "correct", hint="The gradient of the mean: every example counts 1/n.")
def test_batch_loss_gradient_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    for _ in range(2):
        problem = linear_problem(numbers)
        # Sums of products that may cancel, hence atol.
        result = learner.batch_loss_gradient(squared_error, *problem)
        result.close_to(squared_error_oracle(*problem), atol=1e-5)


@check(
    "batch_loss_gradient",
    "jit",
    hint="Parameters and batch are data, in trees of any shape: nothing in the program depends on their values.",
)
def test_batch_loss_gradient_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(network_loss, *network_problem(numbers, 5)) for _ in range(2)]
    results = compiles_once(learner.batch_loss_gradient.jit(static_argnums=0), calls)
    for call, result in zip(calls, results, strict=True):
        result.close_to(network_oracle(*call[1:]), atol=1e-5)


@check("batch_loss_gradient", "jit", hint="vmap lifts the loss over all examples at once; it needs no loop.")
def test_batch_loss_gradient_has_no_python_loop(learner: Learner, numbers: Numbers) -> None:
    small, large = network_problem(numbers, 8), network_problem(numbers, 16)
    handle = learner.batch_loss_gradient.jit(static_argnums=0)
    same_size_for(handle, (network_loss, *small), (network_loss, *large))


@check(
    "batch_loss_gradient",
    "jit",
    hint="vmap of grad holds one gradient an example, before their mean. Take the mean of the losses first, "
    "and differentiate that: grad of the mean of a vmap.",
)
def test_batch_loss_gradient_holds_no_single_gradients(learner: Learner, numbers: Numbers) -> None:
    # 128 parameters in one array and 32 examples: their single gradients are 4096 numbers, everything else at most 512.
    problem = network_problem(numbers, 32, d=8, h=16)
    handle = learner.batch_loss_gradient.jit(static_argnums=0)
    largest_value_at_most(handle, 2000, (network_loss, *problem))


@check(
    "batch_loss_gradient",
    "jit",
    hint="A composition is a function like any other: it must stand being lifted over an ensemble of parameters.",
)
def test_batch_loss_gradient_lifts_over_an_ensemble(learner: Learner, numbers: Numbers) -> None:
    _, x, y = linear_problem(numbers)
    ensemble = {"weights": numbers.normal((3, 2)), "bias": numbers.normal(3)}
    lifted = learner.batch_loss_gradient.vmap(in_axes=(None, 0, None, None)).jit(static_argnums=0)
    members = [jax.tree.map(lambda leaf, k=k: leaf[k], wide(ensemble)) for k in range(3)]
    gradients = [squared_error_oracle(member, x, y) for member in members]
    stacked = {name: np.stack([gradient[name] for gradient in gradients]) for name in ensemble}
    lifted(squared_error, ensemble, x, y).close_to(stacked, atol=1e-5)


# ---- newton_roots


def square_minus_two(x: jax.Array) -> jax.Array:
    """For one number only, as the docstring says."""
    if jnp.shape(x):
        raise TypeError("square_minus_two takes one number at a time, and was given a whole array.")
    return x**2 - 2


def newton_oracle(starts: Any, n_steps: int) -> Array:
    """On square_minus_two; a start at 0 stays there, for the slope is 0."""
    roots = wide(starts)
    for i, x in enumerate(roots):
        for _ in range(n_steps):
            x = x - (x**2 - 2) / (2 * x) if x else x
        roots[i] = x
    return roots  # type: ignore[no-any-return]


@check(
    "newton_roots",
    "correct",
    hint="value_and_grad gives f(x) and f'(x) for one number; step with x - f(x) / f'(x), and vmap over the starts.",
)
def test_newton_roots_by_hand(learner: Learner) -> None:
    starts = jnp.array([1.0, -1.0, 2.0])  # 1 and 2 both step to 1.5
    learner.newton_roots(square_minus_two, starts, 2).close_to([17 / 12, -17 / 12, 17 / 12])


@check(
    "newton_roots",
    "correct",
    hint="Where the slope is 0 the step would be a division by zero. x stays there: jnp.where picks, for each start.",
)
def test_newton_roots_stays_where_it_is_flat(learner: Learner) -> None:
    starts = jnp.array([0.0, 1.0, -1.0])
    learner.newton_roots(square_minus_two, starts, 2).close_to(newton_oracle(starts, 2))


def tiny_parabola(x: jax.Array) -> jax.Array:
    """Its slopes are some 1e-7, and it crosses zero where x² - 2 does."""
    return 1e-7 * (x**2 - 2)


@check(
    "newton_roots",
    "correct",
    hint="This slope is small, and no 0: the step is as good as any other. x stays only where f'(x) == 0, not where it is "
    "near 0.",
)
def test_newton_roots_goes_on_where_it_is_nearly_flat(learner: Learner) -> None:
    starts = jnp.array([1.0, -1.0, 2.0])
    roots = compiled_if_possible(
        learner.newton_roots, tiny_parabola, starts, 2, static=("function", "n_steps")
    )
    roots.close_to([17 / 12, -17 / 12, 17 / 12])


@check("newton_roots", "correct", hint="No steps: the starts come back.")
def test_newton_roots_takes_no_step(learner: Learner, numbers: Numbers) -> None:
    starts = numbers.uniform(1.0, 3.0, 3)
    learner.newton_roots(square_minus_two, starts, 0).close_to(np.asarray(starts))


@check(
    "newton_roots", "jit", hint="The starts are data, and each goes its own way: no branch on their values."
)
def test_newton_roots_compiles_once(learner: Learner, numbers: Numbers) -> None:
    def starts() -> jax.Array:
        return jnp.append(numbers.uniform(0.5, 3.0, 2), 0.0)

    handle = learner.newton_roots.jit(static_argnums=(0, 2))
    calls = [(square_minus_two, starts(), 3) for _ in range(3)]
    for call, result in zip(calls, compiles_once(handle, calls), strict=True):
        result.close_to(newton_oracle(call[1], 3))


@check(
    "newton_roots",
    "jit",
    hint="A Python loop over steps is written out, step by step. lax.fori_loop keeps one copy of the body.",
)
def test_newton_roots_has_no_python_loop_over_steps(learner: Learner) -> None:
    handle, starts = learner.newton_roots.jit(static_argnums=(0, 2)), jnp.ones(3)
    same_size_for(handle, (square_minus_two, starts, 4), (square_minus_two, starts, 8))


@functools.partial(jax.jit, static_argnums=0)
def newton_step(function: Callable[..., Any], x: jax.Array) -> Any:
    value, slope = jax.value_and_grad(function)(x)
    return x - value / slope


def newton_loop(function: Callable[..., Any], starts: jax.Array, n_steps: int) -> jax.Array:
    roots = []
    for i in range(len(starts)):
        x = starts[i]
        for _ in range(n_steps):
            x = newton_step(function, x)
        roots.append(float(x))
    return jnp.asarray(roots)


@check(
    "newton_roots",
    "speed",
    hint="Write the steps for one start, with lax.fori_loop, and lift them over all starts with vmap: one program.",
)
def test_newton_roots_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.newton_roots.jit(static_argnums=(0, 2)),
        newton_loop,
        named="a Python loop of compiled steps",
        draw=lambda size: (square_minus_two, numbers.uniform(0.5, 3.0, size), 20),
        size=64,
        gate={"cpu": 100, "gpu": 10, "tpu": 10},
        numbers=numbers,
    )


# ---- log1pexp

# What is this small is no normal float32, and may be 0.
TINY = 1e-37

DERIVATIVE_HINT = "The rule gets (x,) and (tangent,), and returns the value and slope * tangent. The slope is eˣ / (1 + eˣ)."


def log1pexp_oracle(x: Any) -> Array:
    return np.logaddexp(0.0, wide(x))  # type: ignore[no-any-return]


def sigmoid_oracle(x: Any) -> Array:
    return 1 / (1 + np.exp(-np.clip(wide(x), -700, None)))  # type: ignore[no-any-return]


@check("log1pexp", "correct", hint="log(1 + exp(x)), element by element; log1p(y) is log(1 + y).")
def test_log1pexp_by_hand(learner: Learner) -> None:
    x = jnp.array([0.0, 1.0, -1.0, 2.0])
    learner.log1pexp(x).close_to([0.6931472, 1.3132617, 0.3132617, 2.1269280])


@check(
    "log1pexp", "correct", hint="Build value and rule from exp and log1p; the rules name what is left out."
)
def test_log1pexp_uses_no_shortcut(learner: Learner) -> None:
    numpy = [f"jax.numpy.{name}" for name in ("logaddexp", "logaddexp2")]
    bans(learner.log1pexp, "jax.nn", "jax.scipy", *numpy)


@check(
    "log1pexp",
    "correct",
    hint="exp(100) is no float32. log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)): there the exponential never grows.",
)
def test_log1pexp_survives_large_numbers(learner: Learner) -> None:
    x = jnp.array([100.0, -100.0, 1e4, -1e4])
    learner.log1pexp(x).close_to([100.0, 0.0, 1e4, 0.0])


@check(
    "log1pexp", "correct", hint="1 + 2e-9 is 1 in float32, and its logarithm 0. jnp.log1p keeps the digits."
)
def test_log1pexp_keeps_the_digits_of_tiny_values(learner: Learner) -> None:
    x = jnp.array([-20.0, -50.0, -80.0, -17.5])
    learner.log1pexp(x).close_to(log1pexp_oracle(x), atol=TINY)


@check("log1pexp", "correct", hint=DERIVATIVE_HINT)
def test_log1pexp_has_the_right_derivative(learner: Learner, numbers: Numbers) -> None:
    x = numbers.uniform(-5.0, 5.0, 4)
    learner.log1pexp.grad().vmap().jit()(x).close_to(sigmoid_oracle(x))


@check(
    "log1pexp",
    "correct",
    hint="exp(x) / (1 + exp(x)) is inf / inf at 100. Divide above and below by exp(x): then an overflow does no harm.",
)
def test_log1pexp_has_a_finite_derivative_far_out(learner: Learner) -> None:
    x = jnp.array([100.0, -100.0, 1e4, -1e4])
    learner.log1pexp.grad().vmap().jit()(x).close_to([1.0, 0.0, 1.0, 0.0])


@check(
    "log1pexp",
    "correct",
    hint="A slope that is made as a difference, such as 1 - 1 / (1 + exp(x)) or (1 + tanh(x / 2)) / 2, loses its digits: "
    "float32 cannot tell the two parts apart. 1 / (1 + exp(-x)) is the same, and keeps them.",
)
def test_log1pexp_keeps_the_digits_of_tiny_derivatives(learner: Learner) -> None:
    x = jnp.array([-20.0, -50.0, -80.0, -17.5])
    learner.log1pexp.grad().vmap().jit()(x).close_to(sigmoid_oracle(x), atol=TINY)


@check(
    "log1pexp",
    "correct",
    hint="While it is differentiated, the value comes from your rule and not from the function: let the rule call the stable "
    "function, return stable(x), slope * tangent.",
)
def test_log1pexp_keeps_its_value_under_its_rule(learner: Learner) -> None:
    handle, x = learner.log1pexp, jnp.array([100.0, -100.0, -20.0, 0.0])
    values = handle.using(
        f"The value of value_and_grad(log1pexp) at each of {listed(x)}",
        jax.jit(lambda x: jax.vmap(jax.value_and_grad(handle.function))(x)[0]),
        x,
    )
    values.close_to(log1pexp_oracle(x), atol=TINY)


@check(
    "log1pexp",
    "correct",
    hint="Put jax.custom_jvp on an inner function, and its rule under inner.defjvp. It serves forward and reverse mode; "
    "custom_vjp serves reverse mode alone.",
)
def test_log1pexp_has_a_rule_of_its_own(learner: Learner) -> None:
    handle, x = learner.log1pexp.jit(), jnp.array([0.0, 1.0, -1.0, 2.0])
    primitives = handle.program(x).primitives
    got = ", ".join(sorted(primitives))
    complaint = "is right, but not by the rules"
    expected = "custom_jvp_call in its program"
    handle(x).require(primitives["custom_jvp_call"], complaint, expected=expected, got=got)


@check(
    "log1pexp",
    "correct",
    hint="The rule is differentiated in its turn: write it in jax.numpy, with nothing stopped or rounded in it.",
)
def test_log1pexp_can_be_differentiated_twice(learner: Learner, numbers: Numbers) -> None:
    x = jnp.append(numbers.uniform(-10.0, 10.0, 3), 0.0)
    slope = sigmoid_oracle(x)
    # Written as a difference of products, digits cancel: hence atol.
    learner.log1pexp.grad().grad().vmap().jit()(x).close_to(slope * (1 - slope), rtol=1e-4, atol=1e-6)


@check("log1pexp", "jit", hint="jnp.where and jnp.maximum choose for each element; a Python branch cannot.")
def test_log1pexp_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.uniform(-30.0, 30.0, 4),) for _ in range(3)]
    for (x,), result in zip(calls, compiles_once(learner.log1pexp.jit(), calls), strict=True):
        result.close_to(log1pexp_oracle(x), atol=TINY)


@check("log1pexp", "jit", hint="The rule is traced, too: no Python branch, no NumPy, nothing stored outside.")
def test_log1pexp_compiles_its_derivative_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.uniform(-30.0, 30.0, 4),) for _ in range(3)]
    handle = learner.log1pexp.grad().vmap().jit()
    for (x,), result in zip(calls, compiles_once(handle, calls), strict=True):
        result.close_to(sigmoid_oracle(x), atol=TINY)


# ---- clip_gradient


@check("clip_gradient", "correct", hint="Forwards x passes as it is: only what flows back is clipped.")
def test_clip_gradient_is_the_identity_forwards(learner: Learner) -> None:
    x = jnp.array([-7.0, 0.25, jnp.nan, jnp.inf])
    learner.clip_gradient(x, -1.0, 1.0).equals(np.asarray(x))


@check(
    "clip_gradient",
    "correct",
    hint="What flows back is clip(gradient, low, high), number by number, of the gradient that comes in; x has no part in it. "
    "With jax.custom_vjp it is backwards that says so.",
)
def test_clip_gradient_by_hand(learner: Learner) -> None:
    x, gradient = jnp.array([1.0, 2.0, 3.0, 4.0]), jnp.array([5.0, -0.5, -3.0, 0.25])
    sent_back(learner.clip_gradient, gradient, x, -1.0, 1.0).close_to([1.0, -0.5, -1.0, 0.25])


@check(
    "clip_gradient",
    "correct",
    hint="Each element is clipped into [low, high]; the bounds need not be symmetric.",
)
def test_clip_gradient_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    x, gradient = numbers.normal(4), numbers.normal(4, scale=3.0)
    for low, high in ((-0.5, 2.0), (0.25, 0.75)):
        sent_back(learner.clip_gradient, gradient, x, low, high).close_to(np.clip(wide(gradient), low, high))


@check(
    "clip_gradient", "correct", hint="It clips at its own place: what comes after it is chained on unclipped."
)
def test_clip_gradient_works_in_the_middle(learner: Learner) -> None:
    handle, x = learner.clip_gradient, jnp.array([1.0, -2.0, 0.001, 0.0])

    def loss(x: jax.Array) -> jax.Array:
        return jnp.sum(100 * handle.function(2 * x, -1.0, 1.0) ** 2)

    text = f"The gradient of sum(100 * clip_gradient(2 * x, -1, 1)**2) at {listed(x)}"
    # Clipped is 200 * 2x; then comes the factor 2.
    handle.using(text, jax.jit(jax.grad(loss)), x).close_to([2.0, -2.0, 0.8, 0.0])


@check(
    "clip_gradient",
    "correct",
    hint="Clipped to float32 bounds, a float16 gradient is a float32: cast it back.",
)
def test_clip_gradient_keeps_the_dtype(learner: Learner) -> None:
    x, gradient = float16([1.0, 2.0, 3.0, 4.0]), float16([5.0, -0.5, -3.0, 0.25])
    has_the_dtype_of(learner.clip_gradient(x, -1.0, 1.0), x)
    result = sent_back(learner.clip_gradient, gradient, x, jnp.float32(-1.0), jnp.float32(1.0))
    has_the_dtype_of(result, x)
    result.close_to(np.asarray([1.0, -0.5, -1.0, 0.25], np.float16))


@check(
    "clip_gradient",
    "correct",
    hint="backwards returns one gradient for each argument, the bounds too: None stands for zero. Make the bounds "
    "ordinary arguments of the inner function.",
)
def test_clip_gradient_gives_the_bounds_no_gradient(learner: Learner) -> None:
    x, low, high = jnp.float32(3.0), jnp.float32(-0.5), jnp.float32(0.25)
    learner.clip_gradient.grad(argnums=(0, 1, 2))(x, low, high).close_to((0.25, 0.0, 0.0))


@check(
    "clip_gradient",
    "jit",
    hint="The bounds are traced: keep them for backwards as values that forwards returns.",
)
def test_clip_gradient_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal(4), numbers.uniform(-2.0, -1.0), numbers.uniform(1.0, 2.0)) for _ in range(2)]
    for (x, _, _), result in zip(calls, compiles_once(learner.clip_gradient.jit(), calls), strict=True):
        result.equals(np.asarray(x))


@check(
    "clip_gradient",
    "jit",
    hint="Under vmap each example brings bounds of its own, traced ones: hand them from forwards to backwards, "
    "and branch on nothing.",
)
def test_clip_gradient_takes_bounds_for_each_example(learner: Learner, numbers: Numbers) -> None:
    lifted = learner.clip_gradient.grad().vmap(in_axes=(0, 0, 0)).jit()
    calls = [
        (numbers.normal(4), numbers.uniform(-2.0, 0.0, 4), numbers.uniform(0.0, 2.0, 4)) for _ in range(2)
    ]
    for (_, low, high), result in zip(calls, compiles_once(lifted, calls), strict=True):
        result.close_to(np.clip(np.ones(4), wide(low), wide(high)))  # the gradient that comes in is 1


# ---- straight_through_round


@check("straight_through_round", "correct", hint="jnp.round rounds, and sends halves to the even neighbour.")
def test_straight_through_round_by_hand(learner: Learner) -> None:
    learner.straight_through_round(jnp.array([0.4, 1.5, 2.5, -0.6])).equals([0.0, 2.0, 2.0, -1.0])


@check("straight_through_round", "correct", hint="Whole numbers come out exactly, near and far from 0.")
def test_straight_through_round_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    for scale in (1.0, 1e3, 1e7):
        x = numbers.normal(4, scale=scale)
        learner.straight_through_round(x).equals(np.round(np.asarray(x)))
    x = jnp.array([3e9, -3e9, 1.5, 2.5])
    beyond = "int32 ends at 2.1e9. Rounded numbers may stay floats: jnp.round keeps the dtype."
    learner.straight_through_round(x).equals(np.round(np.asarray(x)), hint=beyond)


@check(
    "straight_through_round",
    "correct",
    hint="Backwards it is the identity: what comes in goes out, wherever x lies. lax.stop_gradient hides the rounding, "
    "or a rule of your own says so.",
)
def test_straight_through_round_lets_the_gradient_through(learner: Learner, numbers: Numbers) -> None:
    x, gradient = jnp.array([0.4, 1.5, -7.0, 30.2]), numbers.normal(4)
    sent_back(learner.straight_through_round, gradient, x).close_to(np.asarray(gradient))


@check(
    "straight_through_round",
    "correct",
    hint="What comes after the rounding sees the rounded number: the gradient of round(x)² is 2 round(x).",
)
def test_straight_through_round_works_in_the_middle(learner: Learner) -> None:
    handle, x = learner.straight_through_round, jnp.array([0.4, 1.5, 2.7, -0.6])

    def loss(x: jax.Array) -> jax.Array:
        return jnp.sum(handle.function(x) ** 2)

    text = f"The gradient of sum(straight_through_round(x)**2) at {listed(x)}"
    handle.using(text, jax.grad(loss), x).close_to([0.0, 4.0, 6.0, -2.0])


@check("straight_through_round", "correct", hint="Value and gradient keep the dtype of x.")
def test_straight_through_round_keeps_the_dtype(learner: Learner) -> None:
    x, gradient = float16([0.4, 1.5, 2.5, -0.6]), float16([1.0, 2.0, 3.0, 4.0])
    has_the_dtype_of(learner.straight_through_round(x), x)
    sent_back(learner.straight_through_round, gradient, x).equals(np.asarray(gradient))


@check("straight_through_round", "jit", hint="No Python branch and no NumPy: x is traced.")
def test_straight_through_round_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal(4, scale=5.0),) for _ in range(3)]
    for (x,), result in zip(calls, compiles_once(learner.straight_through_round.jit(), calls), strict=True):
        result.equals(np.round(np.asarray(x)))


@check("straight_through_round", "jit", hint="Rule and rounding must stand being lifted and compiled.")
def test_straight_through_round_composes(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal(4, scale=5.0),) for _ in range(2)]
    for result in compiles_once(learner.straight_through_round.grad().vmap().jit(), calls):
        result.close_to(np.ones(4))


# ---- sinkhorn


def sinkhorn_oracle(cost: Any, a: Any, b: Any, epsilon: float, n_steps: int) -> Array:
    cost, a, b = wide(cost), wide(a), wide(b)
    f, g = np.zeros(len(a)), np.zeros(len(b))
    for _ in range(n_steps):
        f = epsilon * (np.log(a) - np.logaddexp.reduce((g - cost) / epsilon, axis=1))
        g = epsilon * (np.log(b) - np.logaddexp.reduce((f[:, None] - cost) / epsilon, axis=0))
    return np.exp((f[:, None] + g - cost) / epsilon)  # type: ignore[no-any-return]


def weights_of(numbers: Numbers, n: int) -> jax.Array:
    drawn = np.asarray(numbers.uniform(0.5, 1.5, n))
    return jnp.asarray(drawn / drawn.sum())


def transport_problem(
    numbers: Numbers, n: int = 4, m: int = 3, low: float = 0.0, high: float = 1.0
) -> tuple[jax.Array, jax.Array, jax.Array]:
    return numbers.uniform(low, high, (n, m)), weights_of(numbers, n), weights_of(numbers, m)


STEPS = 10


@check(
    "sinkhorn",
    "correct",
    hint="By the two lines of the docstring: f sums over columns (axis 1), g over rows (axis 0) with the new f; the plan "
    "is made of both.",
)
def test_sinkhorn_by_hand(learner: Learner) -> None:
    cost, half = jnp.array([[0.0, 1.0], [1.0, 0.0]]), jnp.array([0.5, 0.5])
    near, far = 0.5 / (1 + np.exp(-1)), 0.5 / (1 + np.exp(1))
    learner.sinkhorn.jit(static_argnums=4)(cost, half, half, 1.0, 3).close_to([[near, far], [far, near]])


@check(
    "sinkhorn",
    "correct",
    hint="Where nothing costs anything, the plan is a[i] · b[j] for every epsilon. ε multiplies both logarithms, that of the "
    "weights, too: f = ε · (log a - log Σ ...).",
)
def test_sinkhorn_without_costs(learner: Learner) -> None:
    cost, a, b = jnp.zeros((2, 2)), jnp.array([0.75, 0.25]), jnp.array([0.5, 0.5])
    plan = learner.sinkhorn.jit(static_argnums=4)(cost, a, b, 0.5, 3)
    plan.close_to([[0.375, 0.375], [0.125, 0.125]])


@check(
    "sinkhorn",
    "correct",
    hint="One step is one f and then one g that uses the new f. Weights differ, and rows and columns are of different "
    "number.",
)
def test_sinkhorn_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    problem = transport_problem(numbers)
    # So small an epsilon takes more steps to converge, and the order of the updates shows. Exponents are some 20,
    # of which float32 keeps 1e-6 in each step.
    plan = learner.sinkhorn.jit(static_argnums=4)(*problem, 0.05, STEPS)
    plan.close_to(sinkhorn_oracle(*problem, 0.05, STEPS), rtol=1e-3, atol=1e-5)


@check(
    "sinkhorn",
    "correct",
    hint="Rows of the plan sum to a, columns to b: f looks after the rows, g after the columns.",
)
def test_sinkhorn_has_the_right_marginals(learner: Learner, numbers: Numbers) -> None:
    problem = transport_problem(numbers)
    plan = learner.sinkhorn.jit(static_argnums=4)(*problem, 1.0, STEPS)
    rows, columns = wide(plan.value).sum(axis=1), wide(plan.value).sum(axis=0)
    for sums, weights, name in ((rows, problem[1], "rows"), (columns, problem[2], "columns")):
        near = np.allclose(sums, wide(weights), rtol=1e-4, atol=1e-5)
        plan.require(near, f"has the wrong sums of {name}", expected=listed(weights), got=listed(sums))


@check(
    "sinkhorn",
    "correct",
    hint="exp(-cost / epsilon) is 0 here. Stay with logarithms: a log-sum-exp that subtracts the largest exponent, and "
    "one exp at the very end, of the whole sum.",
)
def test_sinkhorn_is_stable(learner: Learner, numbers: Numbers) -> None:
    problem = transport_problem(numbers, low=5.0, high=25.0)
    plan = learner.sinkhorn.jit(static_argnums=4)(*problem, 0.05, STEPS).finite()
    # The exponents are some 500, of which float32 keeps 1e-4 or so, in each of the steps.
    plan.close_to(sinkhorn_oracle(*problem, 0.05, STEPS), rtol=2e-2, atol=1e-3)


def moved_cost(handle: Handle) -> Callable[..., Any]:
    """The gradient of what a plan gains, as a function that is compiled once."""

    def gain(cost: jax.Array, a: jax.Array, b: jax.Array, prices: jax.Array) -> jax.Array:
        return jnp.sum(prices * handle.function(cost, a, b, 0.2, STEPS))

    return jax.jit(jax.grad(gain, argnums=(0, 1)))


@check(
    "sinkhorn",
    "correct",
    hint="The gradient flows back through all steps: a lax loop with a static number of them, and no stop_gradient.",
)
def test_sinkhorn_can_be_differentiated(learner: Learner, numbers: Numbers) -> None:
    handle = learner.sinkhorn
    gradient = moved_cost(handle)
    cost, a, b = transport_problem(numbers)
    prices = numbers.normal(cost.shape)
    text = "The gradient of sum(prices * sinkhorn(cost, a, b, 0.2, 10)) with respect to (cost, a)"
    result = handle.using(text, gradient, cost, a, b, prices)

    def gain(cost: Array, a: Array) -> Any:
        return np.sum(wide(prices) * sinkhorn_oracle(cost, a, b, 0.2, STEPS))

    # In float64 a central difference has eight right digits and more; float32 sums over all steps keep four.
    at, step = (wide(cost), wide(a)), 1e-6
    expected = tuple(np.zeros_like(part) for part in at)
    for part, slopes in zip(at, expected, strict=True):
        for place in np.ndindex(part.shape):
            kept = part[place]
            part[place] = kept + step
            above = gain(*at)
            part[place] = kept - step
            slopes[place] = (above - gain(*at)) / (2 * step)
            part[place] = kept
    result.close_to(expected, rtol=2e-3, atol=2e-4)


@check("sinkhorn", "jit", hint="Costs, weights and epsilon are data; only the number of steps is static.")
def test_sinkhorn_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(*transport_problem(numbers), epsilon, STEPS) for epsilon in (0.5, 0.8)]
    for call, result in zip(calls, compiles_once(learner.sinkhorn.jit(static_argnums=4), calls), strict=True):
        result.close_to(sinkhorn_oracle(*call), rtol=1e-4)


@check(
    "sinkhorn",
    "jit",
    hint="A Python loop over steps is written out, step by step. lax.fori_loop and lax.scan keep one copy of the body.",
)
def test_sinkhorn_has_no_python_loop(learner: Learner, numbers: Numbers) -> None:
    problem, handle = transport_problem(numbers), learner.sinkhorn.jit(static_argnums=4)
    same_size_for(handle, (*problem, 0.5, 4), (*problem, 0.5, 8))


def sinkhorn_loop(cost: jax.Array, a: jax.Array, b: jax.Array, epsilon: float, n_steps: int) -> jax.Array:
    log_a, log_b = jnp.log(a), jnp.log(b)
    f, g = jnp.zeros_like(a), jnp.zeros_like(b)
    for _ in range(n_steps):
        f = epsilon * (log_a - jax.nn.logsumexp((g - cost) / epsilon, axis=1))
        g = epsilon * (log_b - jax.nn.logsumexp((f[:, None] - cost) / epsilon, axis=0))
    return jnp.exp((f[:, None] + g - cost) / epsilon)


@check("sinkhorn", "speed", hint="Put the steps into lax.fori_loop, and work on the whole matrix in each.")
def test_sinkhorn_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.sinkhorn.jit(static_argnums=4),
        sinkhorn_loop,
        named="the same steps, one operation at a time",
        draw=lambda size: (*transport_problem(numbers, size, size), 0.5, 2 * STEPS),
        size=8,
        gate={"cpu": 50, "gpu": 3, "tpu": 3},
        numbers=numbers,
    )


# ---- transform


def zeros(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    return jnp.zeros(shape)


def ones(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    return jnp.ones(shape)


def key_bits(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """A parameter of shape (2,) that tells which key it was made with."""
    return jax.random.key_data(key)


def network(get_parameter: Callable[..., jax.Array], x: jax.Array) -> jax.Array:
    weights = get_parameter("hidden", (4, 3), jax.random.normal)
    hidden = jnp.tanh(weights @ x + get_parameter("bias", (4,), zeros))
    return get_parameter("out", (4,), ones) @ hidden


def _init_and_apply(transform: Callable[..., Any]) -> Callable[..., Any]:
    """What a network gives for a key and an input, with its parameters made by the way."""
    init, apply = transform(network)
    return lambda key, x: apply(init(key, x), x)


def three_keys(get_parameter: Callable[..., jax.Array]) -> jax.Array:
    return jnp.stack([get_parameter(name, (2,), key_bits) for name in ("a", "b", "c")])


def tied(get_parameter: Callable[..., jax.Array]) -> tuple[jax.Array, jax.Array]:
    first = get_parameter("shared", (2,), key_bits)
    second = get_parameter("shared", (2,), key_bits)

    def both(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
        return jnp.stack([first, second])

    # Seen by init, too: both must be one array there.
    return first, get_parameter("seen", (2, 2), both)


def two_shapes(get_parameter: Callable[..., jax.Array]) -> jax.Array:
    short = get_parameter("w", (2,), ones)
    long = get_parameter("w", (3,), ones)
    return short[0] + long[0]


def one_ask(get_parameter: Callable[..., jax.Array]) -> jax.Array:
    return get_parameter("w", (3,), ones)


def scaled(
    get_parameter: Callable[..., jax.Array], x: jax.Array, inner: Callable[[jax.Array], jax.Array]
) -> jax.Array:
    """Runs another transformed function between two askings."""
    before = get_parameter("before", (), ones)
    return before * inner(x) + get_parameter("after", (), ones)


def code_of(function: Callable[..., Any]) -> str:
    """A function of this file as a learner would write it: without annotations and docstring."""
    definition = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(definition, ast.FunctionDef)
    for node in ast.walk(definition):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
    if ast.get_docstring(definition):
        del definition.body[0]
    return ast.unparse(definition).replace("'", '"')


SHOWN = {
    function.__name__: code_of(function)
    for function in (network, three_keys, tied, two_shapes, one_ask, scaled)
}


@contextmanager
def showing(function: Callable[..., Any]) -> Iterator[None]:
    """A verdict that comes within shows the code of the function that was transformed."""
    try:
        yield
    except Verdict as verdict:
        verdict.message += f"\n\nwith\n{textwrap.indent(SHOWN[function.__name__], '  ')}"
        if "key_bits" in SHOWN[function.__name__]:
            verdict.message += "\nwhere key_bits(key, shape) gives the two numbers of the key itself."
        raise


def network_params() -> dict[str, jax.Array]:
    return {
        "hidden": jnp.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]),
        "bias": jnp.array([0.0, 0.0, 0.0, 0.5]),
        "out": jnp.array([1.0, 2.0, 3.0, 4.0]),
    }


def network_output(params: Any, x: Any) -> Any:
    params, x = wide(params), wide(x)
    return params["out"] @ np.tanh(params["hidden"] @ x + params["bias"])


def init_of(learner: Learner, function: Callable[..., Any], key: Any, *args: Any) -> Called:
    """What init gives for a function."""
    init, _ = learner.transform(function).value
    shown = "key, x" if args else "key"
    return learner.transform.using(f"init({shown}) for {function.__name__}", init, key, *args)


def holding(called: Called, *names: str) -> Called:
    """See that what came from init is a dict of arrays with just these names (jit sorts them)."""
    params = called.value
    got = type(params).__name__
    called.require(isinstance(params, dict), "gave no dict", expected="a dict of parameters", got=got)
    got = ", ".join(map(str, params)) or "no names"
    called.require(set(params) == set(names), "holds other names", expected=", ".join(names), got=got)
    for name, value in params.items():
        is_array = isinstance(value, jax.Array | jax.ShapeDtypeStruct)
        called[name].require(is_array, "is no array", expected="an array", got=type(value).__name__)
    return called


def apply_of(learner: Learner, function: Callable[..., Any], params: Any, *args: Any) -> Called:
    """What apply gives for a function."""
    _, apply = learner.transform(function).value
    shown = "params, x" if args else "params"
    return learner.transform.using(f"apply({shown}) for {function.__name__}", apply, params, *args)


def raises(learner: Learner, error: type[Exception], text: str, run: Callable[[], Any], why: str) -> None:
    """See that something raises a certain error; others are told as usual."""

    def attempt() -> Any:
        try:
            return run()
        except error:
            return error

    result = learner.transform.using(text, attempt)
    result.require(result.value is error, why, expected=f"a {error.__name__}", got="no error")


@check(
    "transform",
    "correct",
    hint="init runs the function with a get_parameter that makes each parameter and writes it into a dict, "
    "and returns that dict.",
)
def test_transform_init_collects_the_parameters(learner: Learner, numbers: Numbers) -> None:
    with showing(network):
        x = numbers.normal(3)
        called = holding(init_of(learner, network, numbers.key(), x), "hidden", "bias", "out")
        called["bias"].equals(np.zeros(4))
        called["out"].equals(np.ones(4), hint=INITIALIZER_HINT)
        hidden = called["hidden"].finite()
        got = str(hidden.value.shape)
        hidden.require(
            got == "(4, 3)", "has another shape", expected="(4, 3)", got=got, hint=INITIALIZER_HINT
        )
        drawn = len(np.unique(hidden.value)) == 12
        hidden.require(drawn, "was not drawn", expected="12 normals", got=hidden.value, hint=INITIALIZER_HINT)


INITIALIZER_HINT = "Call what was asked for: initializer(key, shape) makes the parameter."


@check(
    "transform",
    "correct",
    hint="apply runs the function with a get_parameter that looks the name up in params, and returns the result.",
)
def test_transform_apply_uses_the_parameters(learner: Learner, numbers: Numbers) -> None:
    with showing(network):
        x, params = numbers.normal(3), network_params()
        apply_of(learner, network, params, x).close_to(network_output(params, x))
        params["out"] = numbers.normal(4)
        apply_of(learner, network, params, x).close_to(network_output(params, x), atol=1e-5)


@check(
    "transform",
    "correct",
    hint="Python salts the hash of a string: in the next run of Python the same key gives other parameters. "
    "Split the key at each new name, or count the names.",
)
def test_transform_gives_the_same_in_every_run(learner: Learner) -> None:
    bans(learner.transform, "hash")


@check(
    "transform",
    "correct",
    hint="Each new name gets a key of its own: split the key, keep one half for later, give the other to the initializer.",
)
def test_transform_gives_each_name_its_own_key(learner: Learner, numbers: Numbers) -> None:
    with showing(three_keys):
        called = holding(init_of(learner, three_keys, numbers.key()), "a", "b", "c")
        seen = {tuple(np.asarray(bits).tolist()) for bits in called.value.values()}
        got = "one key for all" if len(seen) == 1 else f"{len(seen)} different keys"
        called.require(len(seen) == 3, "made three parameters", expected="three different keys", got=got)


@check(
    "transform",
    "correct",
    hint="Start each run of init with an empty dict of its own; nothing may be remembered from the run before.",
)
def test_transform_remembers_nothing(learner: Learner, numbers: Numbers) -> None:
    with showing(three_keys):
        init, _ = learner.transform(three_keys).value
        one, two = numbers.key(), numbers.key()
        handle = learner.transform
        first = holding(handle.using("init(key) for three_keys", init, one), "a", "b", "c")
        kept = {name: np.asarray(bits) for name, bits in first.value.items()}
        other = holding(handle.using("init(another key) for three_keys", init, two), "a", "b", "c")
        same = all(np.array_equal(kept[name], bits) for name, bits in other.value.items())
        other.require(not same, "gave what the first key gave", expected="other parameters", got="the same")
        handle.using("init(key) for three_keys, after a call with another key", init, one).equals(kept)


@check(
    "transform",
    "correct",
    hint="A name that is in the dict already is not made again: give back what is there, in init, too.",
)
def test_transform_shares_what_has_one_name(learner: Learner, numbers: Numbers) -> None:
    with showing(tied):
        called = holding(init_of(learner, tied, numbers.key()), "shared", "seen")
        pair = called["seen"].value
        called["seen"].require(
            pair.shape == (2, 2), "has another shape", expected="(2, 2)", got=str(pair.shape)
        )
        first, second = np.asarray(pair)
        complaint = "made two arrays for one name"
        called.require(np.array_equal(first, second), complaint, expected=str(first), got=str(second))
        called["shared"].equals(first)
        # And the result, which apply returns, has whatever structure the function gives it.
        apply_of(learner, tied, called.value).equals((first, np.stack([first, first])))


@check(
    "transform",
    "correct",
    hint="Compare the parameter's shape with the one asked for, whenever a name is asked for.",
)
def test_transform_refuses_another_shape(learner: Learner, numbers: Numbers) -> None:
    init, _ = learner.transform(two_shapes).value
    _, apply = learner.transform(one_ask).value
    why = "let a name stand for two shapes"
    with showing(two_shapes):
        raises(learner, ValueError, "init(key) for two_shapes", lambda: init(numbers.key()), why)
    params = {"w": jnp.ones(4)}
    with showing(one_ask):
        raises(learner, ValueError, "apply({'w': f32[4]}) for one_ask", lambda: apply(params), why)


@check(
    "transform", "correct", hint="apply makes no parameters: a name that params does not hold is a KeyError."
)
def test_transform_apply_makes_no_parameters(learner: Learner) -> None:
    _, apply = learner.transform(one_ask).value
    params = {"v": jnp.ones(3)}
    why = "went on without the parameter w"
    with showing(one_ask):
        raises(learner, KeyError, "apply({'v': f32[3]}) for one_ask", lambda: apply(params), why)
    made = []

    def noticed(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
        made.append(shape)
        return jnp.ones(shape)

    def one_more_ask(get_parameter: Callable[..., jax.Array]) -> jax.Array:
        return get_parameter("w", (3,), noticed)

    result = apply_of(learner, one_more_ask, {"w": jnp.ones(3)})
    result.require(
        not made,
        "called the initializer",
        expected="no new parameters",
        got=f"a parameter of shape {made[0] if made else ()}, made and thrown away",
        hint="apply needs no initializer: compare the parameter's own shape with the one that is asked for.",
    )


@check(
    "transform",
    "correct",
    hint="No globals: get_parameter closes over the dict of its own run, so that runs may be nested.",
)
def test_transform_can_be_nested(learner: Learner, numbers: Numbers) -> None:
    with showing(scaled):
        x, params = numbers.normal(3), network_params()
        _, inner = learner.transform(network).value
        init, apply = learner.transform(scaled).value
        handle = learner.transform

        def run(function: Callable[..., Any], first: Any) -> Any:
            return function(first, x, lambda x: inner(params, x))

        text = "for a function that runs another transformed function"
        made = handle.using(f"init(key, x) {text}", run, init, numbers.key())
        made.equals({"before": np.ones(()), "after": np.ones(())})
        outer = {"before": jnp.float32(10.0), "after": jnp.float32(-3.0)}
        result = handle.using(f"apply(params, x) {text}", run, apply, outer)
        result.close_to(10 * network_output(params, x) - 3, atol=1e-5)


@check(
    "transform",
    "jit",
    hint="apply is an ordinary function of params and x: everything it computes with must come in through them.",
)
def test_transform_apply_is_a_pure_function(learner: Learner, numbers: Numbers) -> None:
    runs = []

    def counted(get_parameter: Callable[..., jax.Array], x: jax.Array) -> jax.Array:
        runs.append(x)
        return network(get_parameter, x)

    _, apply = learner.transform(counted).value
    handle, batch = learner.transform, numbers.normal((5, 3))
    over_examples = jax.vmap(jax.grad(lambda params, x: apply(params, x)), in_axes=(None, 0))
    compiled = jax.jit(over_examples)
    text = "jit(vmap(grad(apply))) for network"
    for _ in range(2):
        params = network_params() | {"out": numbers.normal(4)}
        result = handle.using(text, compiled, params, batch)
        hidden = np.tanh(wide(batch) @ wide(params["hidden"]).T + wide(params["bias"]))
        bias = wide(params["out"]) * (1 - hidden**2)
        weights = bias[:, :, None] * wide(batch)[:, None, :]
        result.close_to({"hidden": weights, "bias": bias, "out": hidden}, atol=1e-5)
    result.require(len(runs) == 1, "ran the function again", expected="one trace", got=f"{len(runs)} traces")


@check(
    "transform",
    "jit",
    hint="init only traces under jit and eval_shape: no values, no NumPy, nothing stored outside.",
)
def test_transform_init_can_be_traced(learner: Learner, numbers: Numbers) -> None:
    init, _ = learner.transform(network).value
    handle, key, x = learner.transform, numbers.key(), numbers.normal(3)
    with jax.checking_leaks():
        shapes = handle.using("eval_shape(init, key, x) for network", lambda: jax.eval_shape(init, key, x))
    holding(shapes, "bias", "hidden", "out")
    got = {name: leaf.shape for name, leaf in shapes.value.items()}
    expected = {"hidden": (4, 3), "bias": (4,), "out": (4,)}
    shapes.require(got == expected, "has other shapes", expected=str(expected), got=str(got))
    init, _ = learner.transform(three_keys).value
    eager = holding(handle.using("init(key) for three_keys", init, key), "a", "b", "c").value
    compiled = handle.using("jit(init)(key) for three_keys", jax.jit(init), key)
    compiled.equals({name: np.asarray(leaf) for name, leaf in eager.items()})
    handle.compare_on("init and apply of a network", _init_and_apply, key, x)


@check(
    "transform",
    "jit",
    hint="A key that was split is spent. Go on with one of its children: key, own = jax.random.split(key).",
)
def test_transform_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    init, _ = learner.transform(network).value
    key, x = numbers.key(), numbers.normal(3)
    handle, text = learner.transform, "init(key, x) for network"
    with showing(network), jax.debug_key_reuse(True):
        try:
            handle.using(text, lambda: jax.jit(init).trace(key, x))
        except RaisedError:
            handle.using(text, init, jax.random.clone(key), x)  # slower, but it stops at the learner's line
            raise


# ---- fixed_point


def affine(x: jax.Array, theta: Any) -> Any:
    return theta["matrix"] @ x + theta["shift"]


def affine_oracle(theta: Any, v: Any) -> tuple[Array, dict[str, Array]]:
    """The fixed point of `affine`, and the gradient of its product with v: by solving two systems."""
    matrix, shift = wide(theta["matrix"]), wide(theta["shift"])
    x = np.linalg.solve(np.eye(len(shift)) - matrix, shift)
    u = np.linalg.solve(np.eye(len(shift)) - matrix.T, wide(v))
    return x, {"matrix": np.outer(u, x), "shift": u}


def slow_theta(numbers: Numbers) -> dict[str, jax.Array]:
    """A rotation, shrunk to 0.9: far from symmetric, and as slow as the docstring allows."""
    angle = float(numbers.uniform(0.5, 1.0))
    c, s = 0.9 * np.cos(angle), 0.9 * np.sin(angle)
    return {"matrix": jnp.array([[c, -s], [s, c]], jnp.float32), "shift": numbers.normal(2)}


def saturating(x: jax.Array, theta: jax.Array) -> jax.Array:
    """Shrinks distances to 0.8; nothing in it is larger than x."""
    return 0.8 * jnp.tanh(x) + theta


def arrives_at(called: Called, expected: Any) -> None:
    """Compare what took many steps: float32's errors grow to ten times their size in a system that shrinks by 0.9."""
    called.close_to(expected, rtol=2e-4, atol=5e-5)


@functools.lru_cache
def gradient_of(handle: Handle) -> Any:
    """(function, start, theta, v) -> the gradient of v · fixed_point(function, start, theta); compiled once."""

    def product(start: jax.Array, theta: Any, function: Callable[..., Any], v: jax.Array) -> jax.Array:
        return jnp.vdot(v, handle.function(function, start, theta))

    def gradient(function: Callable[..., Any], start: jax.Array, theta: Any, v: jax.Array) -> Any:
        return jax.grad(product, argnums=(0, 1))(start, theta, function, v)

    return jax.jit(gradient, static_argnums=0)


def gradient_at(handle: Handle, function: Callable[..., Any], start: Any, theta: Any, v: Any) -> Called:
    text = f"The gradient of {listed(v)} · fixed_point({function.__name__}, start, theta)"
    return handle.using(text, gradient_of(handle), function, start, theta, v)


BY_HAND = {"matrix": [[0.5, 0.25], [0.0, 0.5]], "shift": [1.0, 1.0]}  # the point is [3, 2]


@check("fixed_point", "correct", hint="Apply x ← function(x, theta) until x stands still, or 200 times.")
def test_fixed_point_by_hand(learner: Learner) -> None:
    theta = {name: jnp.array(value) for name, value in BY_HAND.items()}
    learner.fixed_point(affine, jnp.zeros(2), theta).close_to([3.0, 2.0])


@check(
    "fixed_point",
    "correct",
    hint="Steps may shrink by no more than 0.9: go on until nothing changes any more.",
)
def test_fixed_point_arrives(learner: Learner, numbers: Numbers) -> None:
    for _ in range(2):
        theta, start = slow_theta(numbers), numbers.normal(2, scale=10.0)
        point, _ = affine_oracle(theta, np.zeros(2))
        arrives_at(learner.fixed_point.jit(static_argnums=0)(affine, start, theta), point)


@check(
    "fixed_point",
    "correct",
    hint="Give the point a rule of its own, jax.custom_vjp: no loop is differentiated then. Keep x* and theta in forwards. "
    "In backwards jax.vjp(function, x*, theta) gives A and B, transposed: settle u = v + Aᵀu first, then send u through Bᵀ.",
)
def test_fixed_point_has_the_implicit_gradient(learner: Learner) -> None:
    theta = {name: jnp.array(value) for name, value in BY_HAND.items()}
    # For v = [1, 0]: u = [2, 1], and the gradient of the matrix is u times [3, 2].
    with own_hint("while_loop"):
        result = gradient_at(learner.fixed_point, affine, jnp.zeros(2), theta, jnp.array([1.0, 0.0]))
    result[1].close_to({"matrix": [[6.0, 4.0], [3.0, 2.0]], "shift": [2.0, 1.0]})


@check(
    "fixed_point",
    "correct",
    hint="Wherever it began, it ends at x*: the gradient with respect to start is 0.",
)
def test_fixed_point_forgets_its_start(learner: Learner, numbers: Numbers) -> None:
    theta = {name: jnp.array(value) for name, value in BY_HAND.items()}
    gradient_at(learner.fixed_point, affine, numbers.normal(2), theta, numbers.normal(2))[0].close_to(
        np.zeros(2)
    )


@check(
    "fixed_point",
    "correct",
    hint="Backwards, u = v + Aᵀu takes as many steps to settle as x did: go on until it stands still.",
)
def test_fixed_point_gradient_arrives(learner: Learner, numbers: Numbers) -> None:
    for _ in range(2):
        theta, v = slow_theta(numbers), numbers.normal(2)
        _, gradient = affine_oracle(theta, v)
        arrives_at(gradient_at(learner.fixed_point, affine, numbers.normal(2), theta, v)[1], gradient)


@check(
    "fixed_point", "jit", hint="How many steps it takes depends on values: let lax.while_loop look at them."
)
def test_fixed_point_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(affine, numbers.normal(2), slow_theta(numbers)) for _ in range(2)]
    results = compiles_once(learner.fixed_point.jit(static_argnums=0), calls)
    for (_, _, theta), result in zip(calls, results, strict=True):
        arrives_at(result, affine_oracle(theta, np.zeros(2))[0])


@check(
    "fixed_point",
    "jit",
    hint="Differentiating the loop keeps every step, and a Jacobian is n x n. Give the point a rule of its own: "
    "jax.custom_vjp, which keeps x* and theta alone.",
)
def test_fixed_point_is_flat_in_memory(learner: Learner) -> None:
    handle, n = learner.fixed_point, 2000
    x = jnp.zeros(n)
    text = "The gradient of sum(fixed_point(saturating, f32[2000], f32[2000]))"
    compiled = handle.using(text, lambda: gradient_of(handle).lower(saturating, x, x, x).compile())
    analysis = compiled.value.memory_analysis()
    needed = float("inf") if analysis is None else analysis.temp_size_in_bytes / x.nbytes
    if analysis is not None:
        # The rule needs some ten arrays of the size of x, two hundred kept steps two hundred, the matrix A two thousand.
        complaint = "needs too much memory while it runs"
        expected, got = "less than 50 arrays of the size of x", f"{needed:.0f} of them"
        compiled.require(needed < 50, complaint, expected=expected, got=got)


@check(
    "fixed_point",
    "jit",
    hint="Under vmap every problem has its own theta, and its own number of steps: branch on nothing.",
)
def test_fixed_point_composes(learner: Learner, numbers: Numbers) -> None:
    handle, theta = learner.fixed_point, numbers.uniform(-1.0, 1.0, 3)

    def point(theta: jax.Array) -> Any:
        return handle.function(saturating, jnp.zeros(()), theta)

    text = "vmap(value_and_grad(fixed_point)) of saturating with respect to theta"
    result = handle.using(text, jax.jit(jax.vmap(jax.value_and_grad(point))), theta)
    points = np.zeros(3)
    for _ in range(500):
        points = 0.8 * np.tanh(points) + wide(theta)
    slopes = 1 / (1 - 0.8 * (1 - np.tanh(points) ** 2))
    arrives_at(result, (points, slopes))


# ---- hmc_chain

CHAINS, SAMPLES, LEAPFROG = 4096, 8, 6
MEAN = np.array([1.0, -2.0])
COVARIANCE = np.array([[1.0, 0.3], [0.3, 0.25]])
PRECISION = np.linalg.inv(COVARIANCE)


def normal_and_gumbel(x: jax.Array) -> jax.Array:
    """Two numbers of a Gaussian, and a third from Gumbel's skewed density; not normalised."""
    away = x[:2] - MEAN
    return -(away @ jnp.asarray(PRECISION, jnp.float32) @ away) / 2 - x[2] - jnp.exp(-x[2])


def exact_draws(numbers: Numbers) -> Array:
    """Chains that begin with independent draws from the very density: no chain has to warm up."""
    z = np.asarray(numbers.normal((CHAINS, 2)), np.float64)
    exponential = -np.log(np.asarray(numbers.uniform(1e-6, 1.0, CHAINS), np.float64))
    normals = MEAN + z @ np.linalg.cholesky(COVARIANCE).T
    return np.concatenate([normals, -np.log(exponential)[:, None]], axis=1)


# name -> (what is averaged, its mean, its standard deviation): of the density itself, by theory.
# Gumbel: mean 0.57722, variance 1.64493; exp(-x) is exponential, and its average has lighter tails than a variance's.
MOMENTS: dict[str, tuple[Callable[[Array], Array], float, float]] = {
    "mean of x[0]": (lambda x: x[:, 0], 1.0, 1.0),
    "mean of x[1]": (lambda x: x[:, 1], -2.0, 0.5),
    "mean of x[2]": (lambda x: x[:, 2], 0.57722, 1.28255),
    "variance of x[0]": (lambda x: (x[:, 0] - 1) ** 2, 1.0, np.sqrt(2.0)),
    "variance of x[1]": (lambda x: (x[:, 1] + 2) ** 2, 0.25, 0.25 * np.sqrt(2.0)),
    "mean of exp(-x[2])": (lambda x: np.exp(-x[:, 2]), 1.0, 1.0),
    "covariance of x[0] and x[1]": (lambda x: (x[:, 0] - 1) * (x[:, 1] + 2), 0.3, np.sqrt(0.25 + 0.09)),
}


def has_the_moments(called: Called, x: Array) -> None:
    """Averages over independent chains lie within six standard errors: by chance one in five hundred million does not."""
    for name, (value, mean, deviation) in MOMENTS.items():
        got, margin = float(value(x).mean()), 6 * deviation / np.sqrt(len(x))
        expected = f"{mean:.4g} ± {margin:.2g}"
        called.require(abs(got - mean) < margin, f"has the wrong {name}", expected=expected, got=f"{got:.4g}")


def run_chains(learner: Learner, numbers: Numbers, starts: Array, step_size: float) -> Called:
    """Many chains at once, each with its own key."""
    return many_chains(learner)(*chain_arguments(numbers, starts, step_size))


def many_chains(learner: Learner) -> Handle:
    return learner.hmc_chain.vmap(in_axes=(None, 0, 0, None, None, None)).jit(static_argnums=(0, 3, 5))


def chain_arguments(numbers: Numbers, starts: Array, step_size: float) -> tuple[Any, ...]:
    bits = np.asarray(numbers.integers(0, 2**31 - 1, (CHAINS, 2)), np.uint32)
    keys = jax.random.wrap_key_data(jnp.asarray(bits))  # as good as split, and nothing to compile
    return (
        normal_and_gumbel,
        jnp.asarray(starts, jnp.float32),
        keys,
        SAMPLES,
        jnp.float32(step_size),
        LEAPFROG,
    )


START = np.array([1.5, -1.5, 1.0])


@check(
    "hmc_chain",
    "correct",
    hint="One row for each sample, put out after its accept step; the start is none of them.",
)
def test_hmc_chain_has_a_row_for_each_sample(learner: Learner, numbers: Numbers) -> None:
    # Traced only: the shapes show that, and nothing is compiled.
    learner.hmc_chain.jit(static_argnums=(0, 3, 5)).program(*single_chain(numbers, 0.3))


@check(
    "hmc_chain",
    "correct",
    hint="With a step of 0 nothing moves: every row is where the chain stands, the start.",
)
def test_hmc_chain_stands_still_with_step_zero(learner: Learner, numbers: Numbers) -> None:
    starts = exact_draws(numbers)
    rows = np.repeat(starts.astype(np.float32)[:, None], SAMPLES, axis=1)
    run_chains(learner, numbers, starts, 0.0).close_to(rows)


def chessboard(x: jax.Array) -> jax.Array:
    """A density on the line: 1 on white fields [0, 1), [2, 3), ..., half as much on the black ones; its gradient is 0."""
    return jnp.where(jnp.floor(x[0]) % 2 == 0, 0.0, -float(np.log(2.0)))


# Ten steps of 1: without forces a proposal is 10 p further on, and on what colour is anybody's guess.
MANY_LEAPFROG = 10


def on_the_chessboard(learner: Learner, numbers: Numbers) -> tuple[Called, Array]:
    """Many chains without forces, from a white field (twice as likely as a black one); and their moves, sample by sample."""
    starts = np.full((CHAINS, 1), 0.5)
    _, start, keys, *_ = chain_arguments(numbers, starts, 1.0)
    called = many_chains(learner)(chessboard, start, keys, SAMPLES, jnp.float32(1.0), MANY_LEAPFROG)
    called.text = "hmc_chain(chessboard, start, key, 8, 1, 10), where the gradient is 0,"
    return called, np.diff(np.concatenate([starts, wide(called.value)[..., 0]], axis=1), axis=1)


@check(
    "hmc_chain",
    "correct",
    hint="Where the gradient is 0 every step moves x by step_size · p: a proposal lies n_leapfrog · step_size · p further on. "
    "Count the leapfrog steps.",
)
def test_hmc_chain_takes_all_leapfrog_steps(learner: Learner, numbers: Numbers) -> None:
    called, moves = on_the_chessboard(learner, numbers)
    moves = moves[:, :4][moves[:, :4] != 0]
    called.require(
        moves.size,
        "never moves",
        expected="most proposals accepted",
        got="the start, again and again",
        hint="What was accepted is the next x: carry it on, and put it out.",
    )
    length = np.sqrt(np.mean(moves**2))
    near = abs(length - MANY_LEAPFROG) < 6 * MANY_LEAPFROG / np.sqrt(2 * moves.size)
    complaint = "moves as far as another number of leapfrog steps"
    called.require(near, complaint, expected=f"{MANY_LEAPFROG} steps", got=f"{length:.3g} steps")


@check(
    "hmc_chain",
    "correct",
    hint="From any start the chain finds the density. Two things can be off. The integrator: half a step for p, a whole one "
    "for x, half a one for p; the gradient of the log density, uphill; a new momentum for every sample. Or the accept "
    "step: H = -log_density(x) + ½|p|², and log u < H before - H after.",
)
def test_hmc_chain_finds_the_density(learner: Learner, numbers: Numbers) -> None:
    called = run_chains(learner, numbers, np.tile(START, (CHAINS, 1)), 0.3)
    has_the_moments(called, wide(called.value)[:, -1])


@check(
    "hmc_chain",
    "correct",
    hint="With large steps leapfrog alone goes wrong, and the accept step makes up for it: both energies, with the momentum "
    "in them, and the old state again after a rejection.",
)
def test_hmc_chain_keeps_the_density(learner: Learner, numbers: Numbers) -> None:
    called = run_chains(learner, numbers, exact_draws(numbers), 0.6)
    for row in (0, -1):
        has_the_moments(called, wide(called.value)[:, row])


@check(
    "hmc_chain",
    "correct",
    hint="There and back must be equally likely. Leapfrog runs the same way backwards when p is turned around: half steps "
    "of p at both ends. Momenta are standard normals, both energies count.",
)
def test_hmc_chain_is_reversible(learner: Learner, numbers: Numbers) -> None:
    starts = exact_draws(numbers)
    called = run_chains(learner, numbers, starts, 0.6)
    before, after = starts - MOMENT_CENTRES, wide(called.value)[:, 0] - MOMENT_CENTRES
    # In a reversible chain that has settled, (before, after) and (after, before) are alike: each flow is as likely as
    # its negative, and 7 standard errors come once in 10^10.
    for i in range(3):
        flow = before[:, i] ** 2 * after[:, i] - before[:, i] * after[:, i] ** 2
        z = flow.mean() / (flow.std() / np.sqrt(CHAINS))
        complaint = f"moves x[{i}] more one way than the other"
        called.require(
            abs(z) < 7, complaint, expected="within 7 standard errors", got=f"{z:.3g} standard errors"
        )


@check(
    "hmc_chain",
    "correct",
    hint="All rows are the start only if every proposal is rejected. Compare so that NaN comes out as a rejection "
    "(0.5 < NaN is False), and choose with jnp.where. Take no minimum with 1: XLA may make 1 of NaN.",
)
def test_hmc_chain_rejects_what_is_no_number(learner: Learner, numbers: Numbers) -> None:
    starts = exact_draws(numbers)
    rows = np.repeat(starts.astype(np.float32)[:, None], SAMPLES, axis=1)
    for step_size in (1e3, 1e30):
        run_chains(learner, numbers, starts, step_size).finite().close_to(rows)


@check(
    "hmc_chain",
    "correct",
    hint="The start is no sample: row 0 is where the chain stands after its first accept step. Put out the new x, not the "
    "one that the sample began with.",
)
def test_hmc_chain_leaves_its_start(learner: Learner, numbers: Numbers) -> None:
    called, moves = on_the_chessboard(learner, numbers)
    stayed = int(np.sum(moves[:, 0] == 0))
    expected = f"in about {CHAINS // 4} of {CHAINS} chains (one proposal in four is rejected)"
    called.require(stayed < CHAINS / 2, "has the start in row 0", expected=expected, got=f"in {stayed}")


@check(
    "hmc_chain",
    "correct",
    hint="Each sample draws a u of its own: one u for the whole chain makes it stern or lenient for good.",
)
def test_hmc_chain_decides_anew_each_time(learner: Learner, numbers: Numbers) -> None:
    called, moves = on_the_chessboard(learner, numbers)
    again = (
        moves[:, 1:][moves[:, :-1] == 0] == 0
    )  # rejected after a rejection: a black field, and u above a half
    called.require(again.size, "rejects nothing", expected="one proposal in six", got="all accepted")
    near = abs(again.mean() - 0.25) < 6 * np.sqrt(0.1875 / again.size)
    complaint = "rejects after a rejection with the wrong probability"
    called.require(near, complaint, expected="0.25", got=f"{again.mean():.3g}")


MOMENT_CENTRES = np.array([1.0, -2.0, 0.57722])


def single_chain(
    numbers: Numbers, step_size: float, n_samples: int = SAMPLES, n_leapfrog: int = LEAPFROG
) -> Any:
    start = jnp.asarray(START, jnp.float32)
    return normal_and_gumbel, start, numbers.key(), n_samples, jnp.float32(step_size), n_leapfrog


@check(
    "hmc_chain",
    "jit",
    hint="The step size is traced, and so is whether a proposal is accepted: jnp.where chooses.",
)
def test_hmc_chain_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [chain_arguments(numbers, exact_draws(numbers), step_size) for step_size in (0.6, 0.3)]
    for result in compiles_once(
        many_chains(learner), calls
    ):  # lifted, as everywhere: one program serves all checks
        has_the_moments(result, wide(result.value)[:, 0])


@check(
    "hmc_chain",
    "jit",
    hint="Split the key into one a sample, and that one into one for p and one for the acceptance.",
)
def test_hmc_chain_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    uses_each_key_once(learner.hmc_chain.jit(static_argnums=(0, 3, 5)), *single_chain(numbers, 0.3))


@check("hmc_chain", "jit", hint="Both loops belong in lax: scan over samples, fori_loop over leapfrog steps.")
def test_hmc_chain_has_no_python_loop(learner: Learner, numbers: Numbers) -> None:
    handle = learner.hmc_chain.jit(static_argnums=(0, 3, 5))
    small = single_chain(numbers, 0.3, 3, 3)
    same_size_for(handle, small, single_chain(numbers, 0.3, 6, 3))
    same_size_for(handle, small, single_chain(numbers, 0.3, 3, 6))


@functools.partial(jax.jit, static_argnums=0)
def leapfrog_step(
    log_density: Callable[..., Any], x: jax.Array, p: jax.Array, step_size: jax.Array
) -> tuple[jax.Array, jax.Array]:
    gradient = jax.grad(log_density)
    p = p + step_size / 2 * gradient(x)
    x = x + step_size * p
    return x, p + step_size / 2 * gradient(x)


@jax.jit
def draw_momentum(key: jax.Array, x: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    key, one, two = jax.random.split(key, 3)
    return key, jax.random.normal(one, x.shape), jnp.log(jax.random.uniform(two))


@functools.partial(jax.jit, static_argnums=0)
def accept(log_density: Callable[..., Any], old: Any, new: Any, threshold: jax.Array) -> jax.Array:
    before, after = (jnp.sum(p**2) / 2 - log_density(x) for x, p in (old, new))
    return jnp.where(threshold < before - after, new[0], old[0])


def hmc_loop(
    log_density: Callable[..., Any],
    start: jax.Array,
    key: Any,
    n_samples: int,
    step_size: jax.Array,
    n_leapfrog: int,
) -> jax.Array:
    x, samples = start, []
    for _ in range(n_samples):
        key, p, threshold = draw_momentum(key, x)
        new = x, p
        for _ in range(n_leapfrog):
            new = leapfrog_step(log_density, *new, step_size)
        x = accept(log_density, (x, p), new, threshold)
        samples.append(np.asarray(x))
    return jnp.asarray(np.stack(samples))


def both_are_chains(text: str, result: Any, wanted: Any) -> None:
    """Two chains of different draws have nothing in common but their shape; the other checks look at the draws."""
    Called(text, result).finite()
    Called(text, result).require(
        result.shape == wanted.shape, "has another shape", expected=str(wanted.shape), got=str(result.shape)
    )


@check(
    "hmc_chain",
    "speed",
    hint="One program for the whole chain: lax.scan over samples, lax.fori_loop over leapfrog steps.",
)
def test_hmc_chain_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    if jax.default_backend() != "cpu":
        raise Unavailable(
            "Timed on CPUs only: on an accelerator steps this small cost the same in both loops."
        )
    must_beat(
        learner,
        learner.hmc_chain.jit(static_argnums=(0, 3, 5)),
        hmc_loop,
        named="Python loops of compiled steps",
        draw=lambda size: single_chain(numbers, 0.3, size, 20),
        size=40,
        gate=8,
        numbers=numbers,
        agree=both_are_chains,
    )
