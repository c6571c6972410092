"""Checks of day 4: derivatives."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.test_util import check_grads

from grader.toolkit import (
    Called,
    Learner,
    Numbers,
    Unavailable,
    check,
    compiles_once,
    largest_value_at_most,
    must_beat,
    same_size_for,
)

Array = np.ndarray[Any, Any]
Function = Callable[..., jax.Array]

DIFFERENCES_HINT = (
    "Near, but not exact: that is how finite differences look in float32. Differentiate the function itself."
)


def exactly(called: Called, expected: Any, *, atol: float = 1e-5) -> None:
    """Compare at the default relative tolerance, and know a finite difference when one comes.

    Derivatives are sums of a few products: where they cancel, the roundings of the terms stay, hence `atol`.
    """
    target, value = np.asarray(expected), called.value
    near = getattr(value, "shape", None) == target.shape and np.allclose(value, target, rtol=0.1, atol=0.1)
    called.close_to(target, atol=atol, hint=DIFFERENCES_HINT if near else None)


def only_on_a_cpu() -> None:
    """Leave a speed check out on accelerators, where these sizes are too small to tell; raises Unavailable there.

    That no matrix is built, and that the mode is right, the program tells on every platform.
    """
    if jax.default_backend() != "cpu":
        raise Unavailable("Timed on CPUs only: an accelerator computes the slow way as quickly at this size.")


def told_by(value: Any, mistakes: dict[str, Any]) -> str | None:
    """The hint for the mistake that gives this value; the mistakes of a hand-worked case are worked out by hand, too."""
    known = (hint for hint, wrong in mistakes.items() if np.allclose(value, wrong, rtol=1e-3, atol=1e-3))
    return next(known, None)


def slope(function: Callable[[Array], Array], x: Array, direction: Array) -> Array:
    """The derivative of a NumPy function along a direction: in float64 a central difference has ten right digits."""
    step = 1e-6
    return np.asarray(function(x + step * direction) - function(x - step * direction)) / (2 * step)


def wide(x: Any) -> Array:
    return np.asarray(x, np.float64)


# ---- functions to differentiate, and what they come to in float64
# Those of many operations are compiled: one program is quicker made than many small ones.


@jax.jit
def sum_of_cubes(x: jax.Array) -> jax.Array:
    return jnp.sum(x**3)


@jax.jit
def chain(x: jax.Array) -> jax.Array:
    return jnp.sum(jnp.sin(x[1:] * x[:-1]))


def chain_gradient(x: Array) -> Array:
    """The gradient of `chain`, worked out by hand."""
    slopes = np.cos(x[1:] * x[:-1])
    gradient = np.zeros_like(x)
    gradient[:-1] += slopes * x[1:]
    gradient[1:] += slopes * x[:-1]
    return gradient


def plane(x: jax.Array) -> jax.Array:
    return jnp.sum(3 * x)


# ---- loss_and_gradient


def linear_model(
    numbers: Numbers, n: int, d: int
) -> tuple[dict[str, jax.Array], tuple[jax.Array, jax.Array]]:
    params = {"weights": numbers.normal(d), "bias": numbers.normal()}
    return params, (numbers.normal((n, d)), numbers.normal(n))


def linear_model_oracle(params: Any, batch: Any) -> tuple[tuple[Any, Array], dict[str, Any]]:
    w, b = wide(params["weights"]), wide(params["bias"])
    x, y = wide(batch[0]), wide(batch[1])
    predictions = np.array([row @ w + b for row in x])
    errors = predictions - y
    gradients = {"weights": 2 * x.T @ errors / len(y), "bias": 2 * errors.mean()}
    return (np.mean(errors**2), predictions), gradients


@check(
    "loss_and_gradient",
    "correct",
    hint="value_and_grad differentiates by the first argument, all of its tree. With has_aux=True the function returns "
    "(loss, anything), and the anything comes back beside the loss.",
)
def test_loss_and_gradient_by_hand(learner: Learner) -> None:
    params = {"weights": jnp.array([1.0, 2.0]), "bias": jnp.array(1.0)}
    x = jnp.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 0.0]])
    y = jnp.array([1.0, 3.0, 2.0, 1.0])  # the errors are 1, 0, 2, 0
    result = learner.loss_and_gradient(params, (x, y))
    result[0][1].close_to([2.0, 3.0, 4.0, 1.0], hint="Beside the loss go the predictions, x w + b.")
    result[0][0].close_to(1.25, hint="The errors are 1, 0, 2, 0. Square them, take the mean; no half.")
    result[1].close_to({"weights": [1.5, 1.0], "bias": 1.5})


@check(
    "loss_and_gradient", "correct", hint="The loss is the mean over the batch, and both parameters move it."
)
def test_loss_and_gradient_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    for _ in range(2):
        params, batch = linear_model(numbers, 4, 2)
        # Sums of products that may cancel.
        learner.loss_and_gradient(params, batch).close_to(linear_model_oracle(params, batch), atol=1e-5)


@check(
    "loss_and_gradient", "jit", hint="Parameters and batch are data: nothing in the program depends on them."
)
def test_loss_and_gradient_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [linear_model(numbers, 17, 3) for _ in range(3)]
    for call, result in zip(calls, compiles_once(learner.loss_and_gradient.jit(), calls), strict=True):
        result.close_to(linear_model_oracle(*call), atol=1e-5)


@check(
    "loss_and_gradient",
    "jit",
    hint="The forward pass has the predictions already: let the loss return them, too, with has_aux=True.",
)
def test_loss_and_gradient_takes_one_pass(learner: Learner, numbers: Numbers) -> None:
    params, batch = linear_model(numbers, 17, 3)
    handle = learner.loss_and_gradient.jit()
    products = handle.program(params, batch).primitives["dot_general"]
    handle(params, batch).require(
        products <= 2,
        "goes through the batch more than once",
        expected="2 matrix products: forwards, backwards",
        got=f"{products}",
    )


@check("loss_and_gradient", "jit", hint="One product with x predicts the whole batch.")
def test_loss_and_gradient_has_no_python_loop(learner: Learner, numbers: Numbers) -> None:
    same_size_for(learner.loss_and_gradient.jit(), linear_model(numbers, 8, 3), linear_model(numbers, 17, 3))


# ---- derivatives


def cube(x: jax.Array) -> jax.Array:
    return x**3


@jax.jit
def sine_and_tanh(x: jax.Array) -> jax.Array:
    """2 sin(x) + tanh(x), in a way that works for one number only."""
    return jnp.stack([jnp.sin(x), jnp.tanh(x)]) @ jnp.array([2.0, 1.0])


def sine_and_tanh_oracle(xs: Any, order: int) -> Array:
    x = wide(xs)
    t = np.tanh(x)
    s = 1 - t**2
    tanh = [t, s, -2 * t * s, (6 * t**2 - 2) * s, (16 * t - 24 * t**3) * s]
    return np.stack([2 * np.sin(x + k * np.pi / 2) + tanh[k] for k in range(order + 1)])


@check(
    "derivatives",
    "correct",
    hint="grad(f) is a function again: take its grad for the second derivative. Row 0 is f itself.",
)
def test_derivatives_by_hand(learner: Learner) -> None:
    result = learner.derivatives(cube, jnp.array([1.0, 2.0]), 2)
    exactly(result, [[1.0, 8.0], [3.0, 12.0], [6.0, 12.0]])


@check("derivatives", "correct", hint="With order 0 the values are the only row.")
def test_derivatives_of_order_zero(learner: Learner) -> None:
    learner.derivatives(cube, jnp.array([1.0, 2.0]), 0).close_to([[1.0, 8.0]])


@check(
    "derivatives",
    "correct",
    hint="`function` knows what to do with one number. Let vmap bring it the points one by one.",
)
def test_derivatives_takes_functions_of_one_number(learner: Learner) -> None:
    xs = jnp.array([0.0, 0.5, -1.0])
    exactly(learner.derivatives(sine_and_tanh, xs, 2), sine_and_tanh_oracle(xs, 2))


@check("derivatives", "correct", hint="Where tanh is saturated it is flat: its derivatives are 0 there.")
def test_derivatives_where_tanh_is_saturated(learner: Learner) -> None:
    xs = jnp.array([0.0, 50.0, -50.0])
    exactly(learner.derivatives(sine_and_tanh, xs, 2).finite(), sine_and_tanh_oracle(xs, 2))


@check("derivatives", "jit", hint="Function and order are static, the points are data: vmap takes them all.")
def test_derivatives_compiles_once(learner: Learner, numbers: Numbers) -> None:
    handle = learner.derivatives.jit(static_argnames=("function", "order"))
    calls = [(sine_and_tanh, numbers.normal(5), 4) for _ in range(3)]
    for (_, xs, order), result in zip(calls, compiles_once(handle, calls), strict=True):
        # The fourth derivative of tanh is a difference of terms of size 20.
        exactly(result, sine_and_tanh_oracle(xs, order), atol=1e-4)


@check("derivatives", "jit", hint="A Python loop over points is written out. vmap makes one program for all.")
def test_derivatives_has_no_python_loop(learner: Learner) -> None:
    handle = learner.derivatives.jit(static_argnames=("function", "order"))
    same_size_for(handle, (cube, jnp.zeros(8), 2), (cube, jnp.zeros(16), 2))


# ---- partial_gradients


def volume(radius: jax.Array, height: jax.Array) -> jax.Array:
    return radius**2 * height


@jax.jit
def score(params: Any, features: jax.Array, label: jax.Array, temperature: jax.Array) -> jax.Array:
    """A linear model's score of a label, 0 or 1: a tree, a vector, an integer and a number go in."""
    sign = 2 * label - 1
    return jnp.multiply(sign * temperature**2, jnp.sum(params["w"] * features) + params["b"])


def score_arguments(numbers: Numbers, label: int = 0) -> tuple[Any, ...]:
    params = {"w": numbers.normal(3), "b": numbers.normal()}
    return params, numbers.normal(3), jnp.int32(label), numbers.normal()


def score_oracle(arguments: tuple[Any, ...]) -> dict[int, Any]:
    """The gradient by each argument but the label, by position."""
    params, features, label, temperature = arguments
    w, b, x, t = wide(params["w"]), wide(params["b"]), wide(features), wide(temperature)
    scale = (2 * int(label) - 1) * t**2
    by_temperature = (2 * int(label) - 1) * 2 * t * (w @ x + b)
    return {0: {"w": scale * x, "b": scale}, 1: scale * w, 3: by_temperature}


@jax.jit
def largest_error(predictions: jax.Array, targets: jax.Array) -> jax.Array:
    return jnp.max(jnp.abs(predictions - targets))


@check("partial_gradients", "correct", hint="jax.grad takes argnums; its result has the order of argnums.")
def test_partial_gradients_by_hand(learner: Learner) -> None:
    arguments = (jnp.array(3.0), jnp.array(5.0))
    learner.partial_gradients(volume, arguments, (0, 1)).close_to((30.0, 9.0))


@check("partial_gradients", "correct", hint="First asked, first given: do not sort the positions.")
def test_partial_gradients_keeps_the_order(learner: Learner) -> None:
    arguments = (jnp.array(3.0), jnp.array(5.0))
    learner.partial_gradients(volume, arguments, (1, 0)).close_to((9.0, 30.0))


@check(
    "partial_gradients",
    "correct",
    hint="For one int jax.grad returns the gradient bare. Wrap the int in a tuple first.",
)
def test_partial_gradients_takes_a_single_int(learner: Learner) -> None:
    arguments = (jnp.array(3.0), jnp.array(5.0))
    learner.partial_gradients(volume, arguments, 0).close_to((30.0,))


@check("partial_gradients", "correct", hint="-1 is the last argument, -2 the one before it.")
def test_partial_gradients_counts_negatives_from_the_end(learner: Learner) -> None:
    arguments = (jnp.array(3.0), jnp.array(5.0))
    learner.partial_gradients(volume, arguments, -1).close_to((9.0,))
    learner.partial_gradients(volume, arguments, (-1, 0)).close_to((9.0, 30.0))


@check(
    "partial_gradients",
    "correct",
    hint="Differentiate by the arguments asked for and no others: one of these is an integer. A tree's gradient is a "
    "tree of the same structure.",
)
def test_partial_gradients_takes_trees_and_integers(learner: Learner, numbers: Numbers) -> None:
    arguments = score_arguments(numbers)
    expected = score_oracle(arguments)
    result = learner.partial_gradients(score, arguments, (3, 0))
    result.close_to((expected[3], expected[0]), atol=1e-5)  # a sum of four products that may cancel


@check(
    "partial_gradients", "correct", hint="Where two errors tie for the largest, JAX shares the gradient out."
)
def test_partial_gradients_is_finite_at_a_tie(learner: Learner) -> None:
    arguments = (jnp.array([1.0, 3.0, -1.0]), jnp.array([1.0, 1.0, 1.0]))
    result = learner.partial_gradients(largest_error, arguments, (1, 0)).finite()
    result.close_to(([0.0, -0.5, 0.5], [0.0, 0.5, -0.5]))


@check("partial_gradients", "jit", hint="argnums is static and arguments are data: branch on the one alone.")
def test_partial_gradients_compiles_once(learner: Learner, numbers: Numbers) -> None:
    handle = learner.partial_gradients.jit(static_argnames=("function", "argnums"))
    calls = [(score, score_arguments(numbers, label), (3, 1)) for label in (0, 1, 1)]
    for (_, arguments, _), result in zip(calls, compiles_once(handle, calls), strict=True):
        expected = score_oracle(arguments)
        result.close_to((expected[3], expected[1]), atol=1e-5)


@check(
    "partial_gradients", "jit", hint="Give jax.grad the whole tuple: one backward pass reaches all arguments."
)
def test_partial_gradients_takes_one_pass(learner: Learner, numbers: Numbers) -> None:
    calls = 0

    def counted_score(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        return score(*arguments)

    handle = learner.partial_gradients.jit(static_argnames=("function", "argnums"))
    program = handle.program(counted_score, score_arguments(numbers), (3, 0, 1))
    Called(program.call, None).require(
        calls <= 1,
        "goes through the function again and again",
        expected="one call of counted_score",
        got=f"{calls} calls",
    )


# ---- hessian_vector_product


def chain_product_oracle(x: Any, v: Any) -> Array:
    return slope(chain_gradient, wide(x), wide(v))


@check(
    "hessian_vector_product",
    "correct",
    hint="H v is the derivative of the gradient along v. What gives a derivative along a direction?",
)
def test_hessian_vector_product_by_hand(learner: Learner) -> None:
    x, v = jnp.array([1.0, 2.0, 3.0]), jnp.array([1.0, 0.0, -1.0])
    exactly(learner.hessian_vector_product(sum_of_cubes, x, v), [6.0, 0.0, -18.0])


@check(
    "hessian_vector_product",
    "correct",
    hint="This is Σ sin(x[i] x[i+1]): its Hessian has entries beside the diagonal, too.",
)
def test_hessian_vector_product_agrees_with_differences(learner: Learner, numbers: Numbers) -> None:
    for _ in range(2):
        x, v = numbers.normal(17), numbers.normal(17)
        # Terms of size 20 that may cancel.
        exactly(learner.hessian_vector_product(chain, x, v), chain_product_oracle(x, v), atol=1e-4)


@check(
    "hessian_vector_product", "correct", hint="A linear function has Hessian 0, and so has v = 0 no product."
)
def test_hessian_vector_product_is_zero_where_it_must(learner: Learner) -> None:
    x, v = jnp.array([1.0, 2.0, 3.0]), jnp.array([1.0, 0.0, -1.0])
    learner.hessian_vector_product(plane, x, v).close_to([0.0, 0.0, 0.0])
    learner.hessian_vector_product(sum_of_cubes, x, jnp.zeros(3)).close_to([0.0, 0.0, 0.0])


@check("hessian_vector_product", "jit", hint="The function is static; x and v are data.")
def test_hessian_vector_product_compiles_once(learner: Learner, numbers: Numbers) -> None:
    handle = learner.hessian_vector_product.jit(static_argnames="function")
    calls = [(chain, numbers.normal(17), numbers.normal(17)) for _ in range(3)]
    for (_, x, v), result in zip(calls, compiles_once(handle, calls), strict=True):
        exactly(result, chain_product_oracle(x, v), atol=1e-4)


@check(
    "hessian_vector_product",
    "jit",
    hint="jax.hessian is n x n. Push v through the gradient instead: jax.jvp of a function multiplies its Jacobian "
    "with v and never makes it.",
)
def test_hessian_vector_product_never_builds_the_matrix(learner: Learner) -> None:
    n = 65
    handle = learner.hessian_vector_product.jit(static_argnames="function")
    largest_value_at_most(handle, 8 * n, (chain, jnp.ones(n), jnp.ones(n)))


@check("hessian_vector_product", "jit", hint="One pass gives all entries; a Python loop is written out.")
def test_hessian_vector_product_has_no_python_loop(learner: Learner) -> None:
    handle = learner.hessian_vector_product.jit(static_argnames="function")
    small, large = ((chain, jnp.ones(n), jnp.ones(n)) for n in (8, 17))
    same_size_for(handle, small, large)


@functools.partial(jax.jit, static_argnums=0)
def whole_hessian_times(function: Function, x: jax.Array, v: jax.Array) -> jax.Array:
    return jnp.dot(jax.hessian(function)(x), v)


@check(
    "hessian_vector_product",
    "speed",
    hint="One product costs about as much as one gradient. Row by row it costs n of them.",
)
def test_hessian_vector_product_beats_the_hessian(learner: Learner, numbers: Numbers) -> None:
    only_on_a_cpu()
    must_beat(
        learner,
        learner.hessian_vector_product.jit(static_argnames="function"),
        whole_hessian_times,
        named="the whole Hessian, times v",
        draw=lambda size: (chain, numbers.normal(size), numbers.normal(size)),
        size=2048,
        gate=80,
        numbers=numbers,
    )


# ---- best_jacobian


@jax.jit
def squares_and_fives(x: jax.Array) -> jax.Array:
    return jnp.concatenate([x**2, 5 * x])


@jax.jit
def paired_products(x: jax.Array) -> jax.Array:
    half = x.size // 2
    return x[:half] * x[half:]


@functools.cache
def curve_of(n_points: int) -> Function:
    """A curve of three parameters, seen at many points: a tall Jacobian."""

    def curve(x: jax.Array) -> jax.Array:
        times = jnp.arange(n_points) / n_points
        return x[0] * jnp.exp(-x[1] * times) + x[2]

    return curve


def curve_oracle(x: Any, n_points: int) -> Array:
    def curve(x: Array) -> Array:
        return np.asarray(x[0] * np.exp(-x[1] * np.arange(n_points) / n_points) + x[2])

    return np.stack([slope(curve, wide(x), direction) for direction in np.eye(3)], axis=1)


def three_sums(x: jax.Array) -> jax.Array:
    """A wide Jacobian."""
    return jnp.stack([jnp.sum(jnp.sin(x)), jnp.sum(x[1:] * x[:-1]), jnp.sum(x**2)])


def three_sums_oracle(x: Any) -> Array:
    def three_sums(x: Array) -> Array:
        return np.array([np.sin(x).sum(), (x[1:] * x[:-1]).sum(), (x**2).sum()])

    return np.stack([slope(three_sums, wide(x), direction) for direction in np.eye(x.size)], axis=1)


@check("best_jacobian", "correct", hint="Row i belongs to output i, column j to input j.")
def test_best_jacobian_by_hand(learner: Learner) -> None:
    expected = [[6.0, 0.0], [0.0, 8.0], [5.0, 0.0], [0.0, 5.0]]
    exactly(learner.best_jacobian(squares_and_fives, jnp.array([3.0, 4.0])), expected)


@check("best_jacobian", "correct", hint="A wide Jacobian has the shape (m, n), too: outputs first.")
def test_best_jacobian_of_a_wide_function(learner: Learner) -> None:
    x = jnp.array([1.0, 2.0, 3.0, 4.0])
    exactly(learner.best_jacobian(paired_products, x), [[3.0, 0.0, 1.0, 0.0], [0.0, 4.0, 0.0, 2.0]])


@check("best_jacobian", "jit", hint="The function is static, and so is the number of its outputs.")
def test_best_jacobian_compiles_once(learner: Learner, numbers: Numbers) -> None:
    handle = learner.best_jacobian.jit(static_argnames="function")
    calls: list[Any] = [(curve_of(65), numbers.normal(3)) for _ in range(2)]
    for (_, x), result in zip(calls, compiles_once(handle, calls), strict=True):
        exactly(result, curve_oracle(x, 65))
    calls = [(three_sums, numbers.normal(65)) for _ in range(2)]
    for (_, x), result in zip(calls, compiles_once(handle, calls), strict=True):
        exactly(result, three_sums_oracle(x))


@check(
    "best_jacobian",
    "jit",
    hint="65 outputs, 3 inputs: reverse mode needs 65 passes, and forward mode 3. jax.eval_shape tells the number of "
    "outputs and computes nothing.",
)
def test_best_jacobian_goes_forward_when_tall(learner: Learner) -> None:
    handle = learner.best_jacobian.jit(static_argnames="function")
    largest_value_at_most(handle, 4 * 65 * 3, (curve_of(65), jnp.ones(3)))


@check(
    "best_jacobian",
    "jit",
    hint="3 outputs, 65 inputs: forward mode needs 65 passes, and reverse mode 3. jax.eval_shape tells the number of "
    "outputs and computes nothing.",
)
def test_best_jacobian_goes_in_reverse_when_wide(learner: Learner) -> None:
    handle = learner.best_jacobian.jit(static_argnames="function")
    largest_value_at_most(handle, 4 * 3 * 65, (three_sums, jnp.ones(65)))


@check("best_jacobian", "jit", hint="jacfwd and jacrev send all directions through at once, with vmap.")
def test_best_jacobian_has_no_python_loop(learner: Learner) -> None:
    handle = learner.best_jacobian.jit(static_argnames="function")
    same_size_for(handle, (paired_products, jnp.ones(8)), (paired_products, jnp.ones(16)))
    same_size_for(handle, (squares_and_fives, jnp.ones(4)), (squares_and_fives, jnp.ones(8)))


@functools.partial(jax.jit, static_argnums=0)
def by_reverse_mode(function: Function, x: jax.Array) -> jax.Array:
    return jnp.asarray(jax.jacrev(function)(x))


@functools.partial(jax.jit, static_argnums=0)
def by_forward_mode(function: Function, x: jax.Array) -> jax.Array:
    return jnp.asarray(jax.jacfwd(function)(x))


@check("best_jacobian", "speed", hint="A tall Jacobian is cheap column by column: forward mode.")
def test_best_jacobian_beats_reverse_mode_when_tall(learner: Learner, numbers: Numbers) -> None:
    only_on_a_cpu()
    must_beat(
        learner,
        learner.best_jacobian.jit(static_argnames="function"),
        by_reverse_mode,
        named="reverse mode",
        draw=lambda size: (curve_of(size), numbers.normal(3)),
        size=2048,
        gate=80,
        numbers=numbers,
    )


@check("best_jacobian", "speed", hint="A wide Jacobian is cheap row by row: reverse mode.")
def test_best_jacobian_beats_forward_mode_when_wide(learner: Learner, numbers: Numbers) -> None:
    only_on_a_cpu()
    must_beat(
        learner,
        learner.best_jacobian.jit(static_argnames="function"),
        by_forward_mode,
        named="forward mode",
        draw=lambda size: (three_sums, numbers.normal(size)),
        size=2048,
        gate=80,
        numbers=numbers,
    )


# ---- td0_gradient


def transition(numbers: Numbers) -> tuple[jax.Array, ...]:
    d = 3
    return numbers.normal(d), numbers.normal(d), numbers.normal(), numbers.normal(d), numbers.uniform(0.5, 1)


def td0_oracle(weights: Any, state: Any, reward: Any, next_state: Any, discount: Any) -> Array:
    w, s, after = wide(weights), wide(state), wide(next_state)
    value = np.tanh(w @ s)
    surprise = wide(reward) + wide(discount) * np.tanh(w @ after) - value
    return np.asarray(-surprise * (1 - value**2) * s)


@check(
    "td0_gradient",
    "correct",
    hint="The target depends on the weights, too, but is to be held still: jax.lax.stop_gradient around the target, "
    "and around nothing else.",
)
def test_td0_gradient_by_hand(learner: Learner) -> None:
    state, next_state = jnp.array([1.0, 2.0, 0.0]), jnp.array([4.0, 5.0, 1.0])
    result = learner.td0_gradient(jnp.zeros(3), state, 3.0, next_state, 0.9)
    mistakes = {
        "This is the gradient through the target, too. jax.lax.stop_gradient(target) holds it still.": [
            7.8,
            7.5,
            2.7,
        ],
        "Nothing is left to differentiate: hold the target still, and nothing else.": [0.0, 0.0, 0.0],
        "The value was held still, and the target moved: it is the other way round.": [10.8, 13.5, 2.7],
        "This is the step downhill. Asked for is the gradient itself, its opposite.": [3.0, 6.0, 0.0],
        "Twice as long: the loss has a factor of one half.": [-6.0, -12.0, 0.0],
    }
    result.close_to([-3.0, -6.0, 0.0], hint=told_by(result.value, mistakes))


@check("td0_gradient", "correct", hint="Both values go through tanh, and the next one is discounted.")
def test_td0_gradient_agrees_with_the_closed_form(learner: Learner, numbers: Numbers) -> None:
    for _ in range(3):
        call = transition(numbers)
        # 1 - tanh² cancels near saturation.
        learner.td0_gradient(*call).close_to(td0_oracle(*call), atol=1e-5)


@check("td0_gradient", "correct", hint="With discount 0 the next state does not count.")
def test_td0_gradient_at_the_end(learner: Learner, numbers: Numbers) -> None:
    weights, state, reward, next_state, _ = transition(numbers)
    call = (weights, state, reward, next_state, 0.0)
    learner.td0_gradient(*call).close_to(td0_oracle(*call), atol=1e-5)


@check(
    "td0_gradient",
    "correct",
    hint="exp(1000) is infinite. jnp.tanh knows its limits, and its derivative there is 0.",
)
def test_td0_gradient_is_finite_at_saturation(learner: Learner) -> None:
    weights, mild = jnp.array([100.0, 1.0, 0.0]), jnp.array([0.0, 0.5, 1.0])
    for sign in (1.0, -1.0):
        extreme = jnp.array([10.0 * sign, 0.0, 1.0])
        for state, next_state in ((extreme, mild), (mild, extreme)):
            call = (weights, state, jnp.float32(2.0), next_state, jnp.float32(0.5))
            learner.td0_gradient(*call).finite().close_to(td0_oracle(*call))


@check(
    "td0_gradient",
    "jit",
    hint="Reward and discount are traced numbers: compute with them, branch on neither.",
)
def test_td0_gradient_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [transition(numbers), transition(numbers)]
    calls.append((*calls[0][:4], jnp.float32(0.0)))
    for call, result in zip(calls, compiles_once(learner.td0_gradient.jit(), calls), strict=True):
        result.close_to(td0_oracle(*call), atol=1e-5)


@check("td0_gradient", "jit", hint="Write it for one transition of shape (d,); the batch is vmap's business.")
def test_td0_gradient_lifts_over_transitions(learner: Learner, numbers: Numbers) -> None:
    weights, states, rewards, next_states = (numbers.normal(shape) for shape in (3, (5, 3), 5, (5, 3)))
    discount = jnp.float32(0.9)
    lifted = learner.td0_gradient.vmap(in_axes=(None, 0, 0, 0, None)).jit()
    rows = zip(wide(states), wide(rewards), wide(next_states), strict=True)
    expected = np.stack([td0_oracle(weights, *row, discount) for row in rows])
    lifted(weights, states, rewards, next_states, discount).close_to(expected, atol=1e-5)


# ---- safe_norm


def norm_oracle(x: Any) -> Array:
    return np.asarray(np.sqrt(np.sum(wide(x) ** 2, axis=-1)))


def norm_gradient_oracle(x: Any) -> Array:
    norm = norm_oracle(x)[..., None]
    return np.asarray(wide(x) / np.where(norm == 0, 1, norm))


@check("safe_norm", "correct", hint="Square, sum, take the root.")
def test_safe_norm_by_hand(learner: Learner) -> None:
    learner.safe_norm(jnp.array([2.0, 3.0, 6.0])).close_to(7.0)


@check(
    "safe_norm",
    "correct",
    hint="At the origin the norm is 0, exactly: no epsilon, and nothing left of what made the root safe.",
)
def test_safe_norm_is_zero_at_the_origin(learner: Learner) -> None:
    learner.safe_norm(jnp.zeros(3)).equals(0.0)


@check("safe_norm", "correct", hint="The gradient is x / |x|: it has length 1.")
def test_safe_norm_has_the_right_gradient(learner: Learner, numbers: Numbers) -> None:
    gradient = learner.safe_norm.grad()
    for x in (jnp.array([2.0, 3.0, 6.0]), numbers.normal(3)):
        gradient(x).close_to(norm_gradient_oracle(x))


@check(
    "safe_norm",
    "correct",
    hint="The root's slope at 0 is infinite, and a where around the root comes too late: both branches are "
    "differentiated, and 0 times infinity is nan. Change what goes into the root, too.",
)
def test_safe_norm_has_gradient_zero_at_the_origin(learner: Learner) -> None:
    learner.safe_norm.grad()(jnp.zeros(3)).finite().equals([0.0, 0.0, 0.0])


@check(
    "safe_norm",
    "correct",
    hint="Only x = 0 needs care. A small number in the root, or a threshold, spoils the small vectors.",
)
def test_safe_norm_is_exact_for_small_and_large(learner: Learner) -> None:
    for scale in (1e-15, 3e14):
        x = jnp.array([2.0, 0.0, -1.0]) * scale
        learner.safe_norm(x).close_to(norm_oracle(x), atol=0.0)
        learner.safe_norm.grad()(x).close_to(norm_gradient_oracle(x))


@check("safe_norm", "jit", hint="jnp.where decides while it runs; a Python if has to know now.")
def test_safe_norm_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal(3),), (jnp.zeros(3),)]
    for (x,), result in zip(calls, compiles_once(learner.safe_norm.jit(), calls), strict=True):
        result.close_to(norm_oracle(x))


@check("safe_norm", "jit", hint="Every row decides for itself, with jnp.where, whether it is the origin.")
def test_safe_norm_lifts_over_rows(learner: Learner, numbers: Numbers) -> None:
    rows = learner.safe_norm.vmap()
    x = jnp.asarray(np.vstack([numbers.normal((2, 3)), np.zeros((1, 3), np.float32)]))
    gradient = jax.jit(jax.grad(lambda x: jnp.sum(rows.function(x))))
    result = rows.using(f"the gradient of the sum of {rows.shown}(x), x[2] = [0, 0, 0],", gradient, x)
    result.finite().close_to(norm_gradient_oracle(x))


@check("safe_norm", "jit", hint="The gradient x / |x| varies with x: it must be differentiable in its turn.")
def test_safe_norm_can_be_differentiated_twice(learner: Learner, numbers: Numbers) -> None:
    x = jnp.array([2.0, 3.0, 6.0]) + numbers.uniform(-1, 1, 3)
    handle = learner.safe_norm.grad().jit()
    text = f"the derivative of {handle.shown}"

    def differences_agree() -> bool:
        try:
            # A float32 difference over 0.02 is wrong by 1e-3 at worst; a wrong derivative by 1e-1.
            check_grads(handle.function, (x,), order=1, modes=["rev"], eps=1e-2, atol=1e-2, rtol=1e-2)
        except AssertionError:
            return False
        return True

    agree = handle.using(text, differences_agree)
    agree.require(agree.value, "is wrong", expected="what finite differences say", got="something else")


# ---- gauss_newton_step

TIMES = np.arange(12, dtype=np.float32) / 4
AMPLITUDE, RATE = 3.0, 0.8
DECAYING = (AMPLITUDE * np.exp(-RATE * TIMES.astype(np.float64))).astype(np.float32)
WOBBLE = np.cos(5 * TIMES).astype(np.float32)
DAYS = (400 + 1.1 * np.arange(12)).astype(np.float32)


def line_residuals(x: jax.Array) -> jax.Array:
    """How far the line x[0] + x[1] t is from 1 + 2 t."""
    return x[0] + x[1] * TIMES - (1 + 2 * TIMES)


def decay_residuals(x: jax.Array) -> jax.Array:
    """How far x[0] exp(-x[1] t) is from 3 exp(-0.8 t)."""
    return x[0] * jnp.exp(-x[1] * TIMES) - DECAYING


def noisy_decay_residuals(x: jax.Array) -> jax.Array:
    """How far x[0] exp(-x[1] t) is from what it never meets."""
    return x[0] * jnp.exp(-x[1] * TIMES) - DECAYING - WOBBLE


def late_line_residuals(x: jax.Array) -> jax.Array:
    """How far the line x[0] + x[1] t is from 5 - t / 4, seen from day 400 on: a condition number of 44,000."""
    return x[0] + x[1] * DAYS - (5 - DAYS / 4)


def noisy_decay_step_oracle(x: Any) -> Array:
    a, k = wide(x)
    times = wide(TIMES)
    decay = np.exp(-k * times)
    jacobian = np.stack([decay, -a * times * decay], axis=1)
    residuals = a * decay - wide(DECAYING) - wide(WOBBLE)
    return np.asarray(wide(x) + np.linalg.lstsq(jacobian, -residuals, rcond=None)[0])


@check(
    "gauss_newton_step",
    "correct",
    hint="Linear residuals: one step arrives. The step d solves J d = -r in the least-squares sense; return x + d.",
)
def test_gauss_newton_step_by_hand(learner: Learner) -> None:
    result = learner.gauss_newton_step(line_residuals, jnp.array([4.0, -3.0]))
    mistakes = {
        "That is the step, d. Return where it leads to: x + d.": [-3.0, 5.0],
        "The step goes the wrong way: d makes J d + r small, so J d comes near to -r.": [7.0, -8.0],
    }
    # A decomposition of a 12 x 2 matrix.
    result.close_to([1.0, 2.0], rtol=1e-4, hint=told_by(result.value, mistakes))


@check(
    "gauss_newton_step",
    "correct",
    hint="Gauss-Newton knows the Jacobian of the residuals and no second derivatives.",
)
def test_gauss_newton_step_agrees_with_least_squares(learner: Learner, numbers: Numbers) -> None:
    for _ in range(2):
        x = jnp.asarray(np.array([2.0, 1.0]) + 0.3 * np.asarray(numbers.normal(2)), jnp.float32)
        result = learner.gauss_newton_step(noisy_decay_residuals, x)
        result.close_to(noisy_decay_step_oracle(x), rtol=1e-4, atol=1e-4)


@check(
    "gauss_newton_step", "correct", hint="Each step starts from the x it is given, and returns the next x."
)
def test_gauss_newton_step_fits_an_exponential(learner: Learner) -> None:
    x = jnp.array([2.0, 0.4])
    result = learner.gauss_newton_step(decay_residuals, x)
    for _ in range(7):
        result = learner.gauss_newton_step(decay_residuals, result.value)
    result.close_to([AMPLITUDE, RATE], rtol=1e-4)


@check(
    "gauss_newton_step",
    "correct",
    hint="JᵀJ has the square of J's condition number: here 44,000, and the square is beyond float32. Give J itself to "
    "jnp.linalg.lstsq, or to a QR decomposition.",
)
def test_gauss_newton_step_keeps_its_digits(learner: Learner) -> None:
    for start in ([1.0, 3.0], [-2.0, 0.3], [3.0, -1.7]):
        result = learner.gauss_newton_step(late_line_residuals, jnp.array(start))
        result.close_to([5.0, -0.25], rtol=1e-2)  # 44,000 roundings come to 3e-3


@check("gauss_newton_step", "jit", hint="The residuals are static, x is data: stay in jax.numpy.")
def test_gauss_newton_step_compiles_once(learner: Learner, numbers: Numbers) -> None:
    handle = learner.gauss_newton_step.jit(static_argnames="residuals")
    calls = [(noisy_decay_residuals, jnp.array([a, k])) for a, k in ((2.0, 1.0), (2.5, 0.7))]
    for (_, x), result in zip(calls, compiles_once(handle, calls), strict=True):
        result.close_to(noisy_decay_step_oracle(x), rtol=1e-4, atol=1e-4)


# ---- laplacian


@jax.jit
def potential(x: jax.Array) -> jax.Array:
    """1 / |x|: harmonic in three dimensions."""
    return 1 / jnp.sqrt(jnp.sum(x**2))


def chain_laplacian_oracle(x: Any) -> Array:
    x = wide(x)
    pairs = x[1:] * x[:-1]
    return np.asarray(-np.sum(np.sin(pairs) * (x[1:] ** 2 + x[:-1] ** 2)))


@check(
    "laplacian",
    "correct",
    hint="Second derivatives in each coordinate by itself, summed: the trace of the Hessian.",
)
def test_laplacian_by_hand(learner: Learner) -> None:
    exactly(learner.laplacian(sum_of_cubes, jnp.array([1.0, 2.0, 4.0])), 42.0)


@check(
    "laplacian",
    "correct",
    hint="1 / |x| is harmonic in three dimensions. Sum the Hessian's diagonal and no other entry.",
)
def test_laplacian_of_a_harmonic_function(learner: Learner) -> None:
    # Terms of size 1 cancel, each with its roundings.
    learner.laplacian(potential, jnp.array([1.0, -0.5, 0.75])).close_to(0.0, atol=1e-5)


@check("laplacian", "correct", hint="This is Σ sin(x[i] x[i+1]). Only ∂²/∂x[i]² counts, never ∂²/∂x[i]∂x[j].")
def test_laplacian_agrees_with_the_closed_form(learner: Learner, numbers: Numbers) -> None:
    for _ in range(2):
        x = numbers.normal(17)
        exactly(learner.laplacian(chain, x), chain_laplacian_oracle(x), atol=1e-4)  # 32 terms that cancel


@check("laplacian", "jit", hint="The function is static, x is data.")
def test_laplacian_compiles_once(learner: Learner, numbers: Numbers) -> None:
    handle = learner.laplacian.jit(static_argnames="function")
    calls = [(chain, numbers.normal(17)) for _ in range(3)]
    for (_, x), result in zip(calls, compiles_once(handle, calls), strict=True):
        exactly(result, chain_laplacian_oracle(x), atol=1e-4)


@check(
    "laplacian",
    "jit",
    hint="jax.hessian is n x n, and so are jnp.eye(n) and a vmap over all directions. Take one direction at a time, in "
    "a loop from jax.lax, and make it there.",
)
def test_laplacian_never_builds_the_matrix(learner: Learner) -> None:
    n = 65
    handle = learner.laplacian.jit(static_argnames="function")
    largest_value_at_most(handle, 8 * n, (chain, jnp.ones(n)))


@check(
    "laplacian", "jit", hint="A Python loop over coordinates is written out; lax.map or lax.fori_loop is not."
)
def test_laplacian_has_no_python_loop(learner: Learner) -> None:
    handle = learner.laplacian.jit(static_argnames="function")
    same_size_for(handle, (chain, jnp.ones(16)), (chain, jnp.ones(32)))
