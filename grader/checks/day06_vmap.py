"""Checks of day 6: vectorisation.

A loop over examples that gives the right numbers is told in two ways. One of JAX's runs more rounds when
there are more examples: that is read from the program. One of Python's is written out, and falls to the clock.
"""

from __future__ import annotations

import math
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
    WrongAnswer,
    bans,
    check,
    compiled_if_possible,
    compiles_once,
    largest_value_at_most,
    must_beat,
    same_size_for,
    uses_each_key_once,
)

Array = np.ndarray[Any, Any]

# Honest ways reach x600 and more on two busy cores, loops over examples x4 at the most.
GATES = {"cpu": 80.0, "gpu": 30.0, "tpu": 30.0}

# Baselines that handle a whole example at a time, in compiled code, leave less to win: x160 and more.
GATES_AGAINST_COMPILED = {"cpu": 40.0, "gpu": 15.0, "tpu": 15.0}


# Where terms of both signs are summed, the error is to be measured against them and not against what is left
# of them: a hundred roundings of terms of size 1.
ATOL = 1e-5


def double(x: Any) -> Array:
    return np.asarray(x, np.float64)


def inner_jaxprs(parameter: Any) -> list[Any]:
    """The programs that an operation holds: the body of a loop, say."""
    if hasattr(parameter, "eqns"):
        return [parameter]
    if hasattr(parameter, "jaxpr"):
        return [parameter.jaxpr]
    if isinstance(parameter, tuple | list):
        return [inner for item in parameter for inner in inner_jaxprs(item)]
    return []


def rounds(jaxpr: Any) -> int:
    """How many rounds of loops run one after the other; a while loop, whose rounds nobody knows, has one."""
    total = 0
    for equation in jaxpr.eqns:
        inside = sum(rounds(inner) for item in equation.params.values() for inner in inner_jaxprs(item))
        if equation.primitive.name in {"scan", "while"}:
            inside = equation.params.get("length", 1) * max(inside, 1)
        total += inside
    return total


def takes_all_at_once(handle: Handle, few: tuple[Any, ...], many: tuple[Any, ...], **keywords: Any) -> None:
    """The loops of a jit handle's program run no more rounds for many examples. Raises WrongAnswer."""
    one, two = handle.program(*few, **keywords), handle.program(*many, **keywords)
    before, after = rounds(one.jaxpr.jaxpr), rounds(two.jaxpr.jaxpr)
    if after > before:
        raise WrongAnswer(
            f"{handle.shown} takes one example after the other\n"
            "  expected  as many rounds of loops for any number of examples\n"
            f"  got       {before} for {one.call}\n"
            f"            {after} for {two.call}"
        )


# ---- gram_matrix


def inner_product(a: Any, b: Any) -> Any:
    return a @ b


def skewed(a: Any, b: Any) -> Any:
    """Not symmetric, and of points of any shape."""
    return jnp.sum(jnp.abs(a - 2 * b))


def gram_oracle(x: Any, y: Any) -> Array:
    return np.array([[np.sum(np.abs(a - 2 * b)) for b in double(y)] for a in double(x)])


@check(
    "gram_matrix",
    "correct",
    hint="Row i belongs to x[i], column j to y[j]. Lift the kernel twice, and each time share one of its arguments: None.",
)
def test_gram_matrix_by_hand(learner: Learner) -> None:
    x, y = jnp.array([[1.0, 2.0], [3.0, 4.0], [0.0, 1.0]]), jnp.array([[1.0, 0.0], [2.0, 1.0]])
    learner.gram_matrix(inner_product, x, y).equals([[1.0, 4.0], [3.0, 10.0], [0.0, 1.0]])


@check(
    "gram_matrix",
    "correct",
    hint="Evaluate every pair, kernel(x[i], y[j]) in this order: it may lean to one side.",
)
def test_gram_matrix_agrees_with_a_double_loop(learner: Learner, numbers: Numbers) -> None:
    x, y = numbers.normal((17, 2)), numbers.normal((2, 2))
    learner.gram_matrix(skewed, x, y).close_to(gram_oracle(x, y), atol=ATOL)


@check(
    "gram_matrix", "correct", hint="Keep both axes: one point against one point is a matrix of shape (1, 1)."
)
def test_gram_matrix_takes_single_points(learner: Learner, numbers: Numbers) -> None:
    x, y = numbers.normal((1, 2)), numbers.normal((1, 2))
    compiled_if_possible(learner.gram_matrix, skewed, x, y, static="kernel").close_to(
        gram_oracle(x, y), atol=ATOL
    )


@check(
    "gram_matrix",
    "correct",
    hint="Map the first axis, whatever follows. Numbers have no axis but that one, images have two more.",
)
def test_gram_matrix_takes_points_of_any_shape(learner: Learner, numbers: Numbers) -> None:
    for item in ((), (2, 3)):
        x, y = numbers.normal((3, *item)), numbers.normal((2, *item))
        compiled_if_possible(learner.gram_matrix, skewed, x, y, static="kernel").close_to(
            gram_oracle(x, y), atol=ATOL
        )


@check(
    "gram_matrix", "jit", hint="The points are traced: build the matrix with array operations and vmap alone."
)
def test_gram_matrix_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(skewed, numbers.normal((5, 2)), numbers.normal((3, 2))) for _ in range(2)]
    results = compiles_once(learner.gram_matrix.jit(static_argnames="kernel"), calls)
    for (_, x, y), result in zip(calls, results, strict=True):
        result.close_to(gram_oracle(x, y), atol=ATOL)


@check(
    "gram_matrix",
    "jit",
    hint="What you wrote will be mapped by others: here over groups of points, along axis 1.",
)
def test_gram_matrix_lifts_once_more(learner: Learner, numbers: Numbers) -> None:
    x, y = numbers.normal((5, 4, 2)), numbers.normal((3, 2))
    lifted = learner.gram_matrix.vmap(in_axes=(None, 1, None), out_axes=2).jit(static_argnames="kernel")
    expected = np.stack([gram_oracle(x[:, group], y) for group in range(4)], axis=2)
    lifted(skewed, x, y).close_to(expected, atol=ATOL)


@check(
    "gram_matrix",
    "jit",
    hint="lax.map and its kin take turns. vmap turns the kernel into one that takes all at once.",
)
def test_gram_matrix_takes_all_pairs_at_once(learner: Learner) -> None:
    few, many = ((skewed, jnp.zeros((n, 2)), jnp.zeros((n - 2, 2))) for n in (5, 10))
    takes_all_at_once(learner.gram_matrix.jit(static_argnames="kernel"), few, many)


def gram_loop(kernel: Any, x: jax.Array, y: jax.Array) -> Array:
    return np.array([[float(kernel(x[i], y[j])) for j in range(len(y))] for i in range(len(x))])


@check(
    "gram_matrix",
    "speed",
    hint="vmap(kernel, in_axes=(None, 0)) takes one point and all of y. Lift that over x.",
)
def test_gram_matrix_beats_the_double_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.gram_matrix.jit(static_argnames="kernel"),
        gram_loop,
        named="a Python double loop",
        draw=lambda size: (skewed, numbers.normal((size, 3)), numbers.normal((size, 3))),
        size=9,
        gate=GATES,
        numbers=numbers,
    )


# ---- convolve_batch


def convolve_oracle(signals: Any, kernel: Any) -> Array:
    columns = double(signals).T
    return np.stack([np.convolve(column, double(kernel), mode="valid") for column in columns], axis=1)


@check(
    "convolve_batch",
    "correct",
    hint="A signal is a column: map axis 1 of the signals, share the kernel, and put the results into axis 1 again (out_axes).",
)
def test_convolve_batch_by_hand(learner: Learner) -> None:
    signals, kernel = jnp.array([[1.0, 0.0, 5.0], [2.0, 0.0, 6.0], [4.0, 3.0, 0.0]]), jnp.array([1.0, 1.0])
    learner.convolve_batch(signals, kernel).close_to([[3.0, 0.0, 11.0], [6.0, 3.0, 6.0]], atol=ATOL)


@check(
    "convolve_batch",
    "correct",
    hint="A convolution runs through the kernel backwards: its first tap meets the newest moment.",
)
def test_convolve_batch_turns_the_kernel_round(learner: Learner) -> None:
    signals, kernel = jnp.array([[1.0, 0.0, 0.0], [2.0, 1.0, 0.0], [4.0, 0.0, 1.0]]), jnp.array([1.0, -10.0])
    expected = [[-8.0, 1.0, 0.0], [-16.0, -10.0, 1.0]]
    learner.convolve_batch(signals, kernel).close_to(expected, atol=ATOL)


@check(
    "convolve_batch",
    "correct",
    hint="One signal is a batch of one, and a kernel as long as the signals leaves one moment.",
)
def test_convolve_batch_takes_one_signal_and_a_long_kernel(learner: Learner, numbers: Numbers) -> None:
    signals, kernel = numbers.normal((5, 1)), numbers.normal(5)
    learner.convolve_batch(signals, kernel).close_to(convolve_oracle(signals, kernel), atol=ATOL)


@check("convolve_batch", "jit", hint="Signals and kernel are traced; take every size from a shape.")
def test_convolve_batch_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal((17, 2)), numbers.normal(5)) for _ in range(2)]
    for call, result in zip(calls, compiles_once(learner.convolve_batch.jit(), calls), strict=True):
        result.close_to(convolve_oracle(*call), atol=ATOL)


@check(
    "convolve_batch", "jit", hint="lax.map and lax.scan take turns. vmap makes one convolution of them all."
)
def test_convolve_batch_takes_all_signals_at_once(learner: Learner) -> None:
    few, many = ((jnp.zeros((2 * n + 1, n)), jnp.zeros(2)) for n in (3, 6))
    takes_all_at_once(learner.convolve_batch.jit(), few, many)


def convolve_loop(signals: jax.Array, kernel: jax.Array) -> Array:
    each = range(signals.shape[1])
    return np.stack([np.asarray(jnp.convolve(signals[:, b], kernel, mode="valid")) for b in each], axis=1)


@check("convolve_batch", "speed", hint="Write one signal's convolution, then vmap it over the columns.")
def test_convolve_batch_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.convolve_batch.jit(),
        convolve_loop,
        named="a Python loop over signals",
        draw=lambda size: (numbers.normal((size // 16, size)), numbers.normal(4)),
        size=192,
        gate=GATES_AGAINST_COMPILED,
        numbers=numbers,
    )


# ---- attention


def attention_oracle(q: Any, k: Any, v: Any) -> Array:
    queries, keys, values = double(q), double(k), double(v)
    batch, n, heads, width = queries.shape
    out = np.zeros((batch, n, heads, values.shape[-1]))
    for b in range(batch):
        for h in range(heads):
            scores = queries[b, :, h] @ keys[b, :, h].T / np.sqrt(width)
            weights = np.exp(scores - scores.max(axis=1, keepdims=True))
            out[b, :, h] = weights / weights.sum(axis=1, keepdims=True) @ values[b, :, h]
    return out


def attention_inputs(
    numbers: Numbers, batch: int, n: int, m: int, heads: int, width: int, values: int
) -> tuple[jax.Array, jax.Array, jax.Array]:
    shapes = (batch, n, heads, width), (batch, m, heads, width), (batch, m, heads, values)
    return numbers.normal(shapes[0]), numbers.normal(shapes[1]), numbers.normal(shapes[2])


@check("attention", "correct", hint="Write one head of one example from matrices, then lift it twice.")
def test_attention_uses_no_shortcut(learner: Learner) -> None:
    bans(learner.attention, "jax.nn.dot_product_attention")


@check(
    "attention",
    "correct",
    hint="Scores are q kᵀ / √width, and width is q's last axis. Each query's weights sum to 1 over the keys.",
)
def test_attention_by_hand(learner: Learner) -> None:
    q = jnp.array([[[[2.0, 0.0, 0.0, 0.0]]]])
    k = jnp.array([[[[0.0, 0.0, 0.0, 0.0]], [[math.log(3.0), 0.0, 0.0, 0.0]]]])
    v = jnp.array([[[[0.0]], [[4.0]]]])
    learner.attention(q, k, v).close_to(np.full((1, 1, 1, 1), 3.0))


@check(
    "attention",
    "correct",
    hint="In one example the heads lie along axis 1 of q, k, v and of the result (in_axes, out_axes). Examples lie along axis 0.",
)
def test_attention_agrees_with_loops(learner: Learner, numbers: Numbers) -> None:
    q, k, v = attention_inputs(numbers, 2, 4, 5, 3, 4, 6)
    compiled_if_possible(learner.attention, q, k, v).close_to(attention_oracle(q, k, v), atol=ATOL)


@check(
    "attention",
    "correct",
    hint="exp(5000) is infinite. Subtract each query's own largest score first (no bound, and not the largest of all "
    "queries, heads or examples), or leave it to jax.nn.softmax.",
)
def test_attention_survives_huge_scores(learner: Learner, numbers: Numbers) -> None:
    # Every query has scores of its own size: thousands beside halves, in each head and in each example.
    queries, keys = np.zeros((2, 4, 3, 4), np.float32), np.zeros((2, 5, 3, 4), np.float32)
    queries[..., 0] = np.array([200.0, 0.02, -200.0, 0.04, 0.0, 200.0, 0.02] * 4)[:24].reshape(2, 4, 3)
    keys[..., 0] = np.array([50.0, 100.0, 75.0, -50.0, 0.0])[:, None]
    q, k, v = jnp.asarray(queries), jnp.asarray(keys), numbers.normal((2, 5, 3, 6))
    compiled_if_possible(learner.attention, q, k, v).close_to(attention_oracle(q, k, v), atol=ATOL)


@check("attention", "jit", hint="q, k and v are traced; sizes come from their shapes.")
def test_attention_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [attention_inputs(numbers, 2, 4, 5, 3, 4, 6) for _ in range(2)]
    for call, result in zip(calls, compiles_once(learner.attention.jit(), calls), strict=True):
        result.close_to(attention_oracle(*call), atol=ATOL)


@check(
    "attention",
    "jit",
    hint="Any axis may be 1: squeeze nothing, and let no two of them take each other's place.",
)
def test_attention_takes_a_batch_of_one(learner: Learner, numbers: Numbers) -> None:
    q, k, v = attention_inputs(numbers, 1, 1, 1, 3, 2, 1)
    learner.attention.jit()(q, k, v).close_to(attention_oracle(q, k, v), atol=ATOL)


@check(
    "attention",
    "jit",
    hint="lax.map and lax.scan take turns. Two vmaps make one batched product of all heads.",
)
def test_attention_takes_all_heads_at_once(learner: Learner, numbers: Numbers) -> None:
    few = attention_inputs(numbers, 2, 4, 5, 3, 4, 6)
    many = attention_inputs(numbers, 4, 4, 5, 6, 4, 6)
    takes_all_at_once(learner.attention.jit(), few, many)


@jax.jit
def one_head(q: jax.Array, k: jax.Array, v: jax.Array) -> jax.Array:
    return jax.nn.softmax(q @ k.T / math.sqrt(q.shape[-1])) @ v


def attention_loop(q: jax.Array, k: jax.Array, v: jax.Array) -> Array:
    batch, _, heads, _ = q.shape
    return np.stack(
        [
            np.stack([np.asarray(one_head(q[b, :, h], k[b, :, h], v[b, :, h])) for h in range(heads)], axis=1)
            for b in range(batch)
        ]
    )


@check(
    "attention",
    "speed",
    hint="Even compiled heads are called one by one in a loop. Lift one head with vmap, twice.",
)
def test_attention_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.attention.jit(),
        attention_loop,
        named="a Python loop over a compiled head",
        draw=lambda size: attention_inputs(numbers, size, 4, 4, size, 8, 8),
        size=6,
        gate=GATES_AGAINST_COMPILED,
        numbers=numbers,
    )


# ---- per_example_gradients


def squared_error(params: Any, x: Any, y: Any) -> Any:
    """Of one example: x has one axis, y none."""
    return (jnp.dot(params["w"], x) + params["b"] - y) ** 2


def squared_error_gradients(params: Any, x: Any, y: Any) -> dict[str, Array]:
    residual = double(x) @ double(params["w"]) + double(params["b"]) - double(y)
    return {"w": 2 * residual[:, None] * double(x), "b": 2 * residual}


def squared_score(weights: Any, x: Any, label: Any) -> Any:
    """Of one example: the label is an integer."""
    return jnp.dot(weights, x)[label] ** 2


def squared_score_gradients(weights: Any, x: Any, labels: Any) -> Array:
    chosen = np.eye(len(weights))[np.asarray(labels)]
    scores = np.sum(double(x) @ double(weights).T * chosen, axis=1)
    return np.asarray(2 * scores[:, None, None] * chosen[:, :, None] * double(x)[:, None, :])


def linear_problem(numbers: Numbers, batch: int) -> tuple[dict[str, jax.Array], jax.Array, jax.Array]:
    """Parameters and examples for squared_error."""
    params = {"w": numbers.normal(2), "b": numbers.normal()}
    return params, numbers.normal((batch, 2)), numbers.normal(batch)


@check(
    "per_example_gradients",
    "correct",
    hint="grad(loss) is the gradient of one example. Lift it: share the parameters (None), map x and y, and average nothing.",
)
def test_per_example_gradients_by_hand(learner: Learner) -> None:
    params = {"w": jnp.array([1.0, 2.0]), "b": jnp.array(0.5)}
    x, y = jnp.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), jnp.array([1.0, 2.0, 5.5])
    expected = {"w": [[1.0, 0.0], [0.0, 1.0], [-4.0, -4.0]], "b": [1.0, 1.0, -4.0]}
    learner.per_example_gradients(squared_error, params, x, y).close_to(expected, atol=ATOL)


@check(
    "per_example_gradients",
    "correct",
    hint="Differentiate by the parameters alone, then labels may be integers. Parameters may be any tree, or a single array.",
)
def test_per_example_gradients_takes_any_loss(learner: Learner, numbers: Numbers) -> None:
    weights, x, labels = numbers.normal((3, 2)), numbers.normal((3, 2)), numbers.integers(0, 3, 3)
    result = compiled_if_possible(
        learner.per_example_gradients, squared_score, weights, x, labels, static="loss"
    )
    result.close_to(squared_score_gradients(weights, x, labels), atol=ATOL)


@check("per_example_gradients", "correct", hint="A batch of one has a batch axis, too: of size 1.")
def test_per_example_gradients_takes_a_batch_of_one(learner: Learner, numbers: Numbers) -> None:
    params, x, y = linear_problem(numbers, 1)
    result = learner.per_example_gradients(squared_error, params, x, y)
    result.close_to(squared_error_gradients(params, x, y), atol=ATOL)


@check(
    "per_example_gradients",
    "jit",
    hint="Parameters and examples are traced; leave the loss alone to be static.",
)
def test_per_example_gradients_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(squared_error, *linear_problem(numbers, 17)) for _ in range(2)]
    results = compiles_once(learner.per_example_gradients.jit(static_argnames="loss"), calls)
    for (_, *problem), result in zip(calls, results, strict=True):
        result.close_to(squared_error_gradients(*problem), atol=ATOL)


@check(
    "per_example_gradients",
    "jit",
    hint="Others may map your function over parameters: an ensemble on the same examples.",
)
def test_per_example_gradients_lifts_over_an_ensemble(learner: Learner, numbers: Numbers) -> None:
    params = {"w": numbers.normal((2, 3)), "b": numbers.normal(3)}  # three members, along w's second axis
    w, b = np.asarray(params["w"]), np.asarray(params["b"])
    x, y = numbers.normal((5, 2)), numbers.normal(5)
    lifted = learner.per_example_gradients.vmap(in_axes=(None, {"w": 1, "b": 0}, None, None))
    members = [{"w": w[:, i], "b": b[i]} for i in range(3)]
    each = [squared_error_gradients(member, x, y) for member in members]
    expected = {name: np.stack([one[name] for one in each]) for name in ("w", "b")}
    lifted.jit(static_argnames="loss")(squared_error, params, x, y).close_to(expected, atol=ATOL)


@check(
    "per_example_gradients",
    "jit",
    hint="lax.map and lax.scan take turns. vmap(grad(loss)) differentiates all at once.",
)
def test_per_example_gradients_takes_all_examples_at_once(learner: Learner, numbers: Numbers) -> None:
    few, many = ((squared_error, *linear_problem(numbers, batch)) for batch in (17, 33))
    same_size_for(learner.per_example_gradients.jit(static_argnames="loss"), few, many)
    takes_all_at_once(learner.per_example_gradients.jit(static_argnames="loss"), few, many)


compiled_gradient = jax.jit(jax.grad(squared_error))


def gradients_loop(loss: Any, params: Any, x: jax.Array, y: jax.Array) -> Any:
    each = [jax.tree.map(np.asarray, compiled_gradient(params, x[i], y[i])) for i in range(len(x))]
    return jax.tree.map(lambda *leaves: np.stack(leaves), *each)


@check("per_example_gradients", "speed", hint="grad of one example, then vmap: the whole batch is one call.")
def test_per_example_gradients_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.per_example_gradients.jit(static_argnames="loss"),
        gradients_loop,
        named="a Python loop over a compiled gradient",
        draw=lambda size: (squared_error, *linear_problem(numbers, size)),
        size=96,
        gate=GATES_AGAINST_COMPILED,
        numbers=numbers,
    )


# ---- solve_many


def systems(numbers: Numbers, batch: int, n: int) -> dict[str, jax.Array]:
    """With a matrix that loses no digits: what it adds to 4 times the identity has a norm below 2."""
    a = 4 * np.eye(n) + np.asarray(numbers.uniform(-2 / n, 2 / n, (n, n)))
    return {"a": jnp.asarray(a, jnp.float32), "b": numbers.normal((batch, n))}


def solve_oracle(given: dict[str, Any]) -> Array:
    return np.asarray(np.linalg.solve(double(given["a"]), double(given["b"]).T).T)


@check(
    "solve_many",
    "correct",
    hint="Each *row* of b is a right-hand side. jnp.linalg.solve reads a matrix b by its columns, but a vector b as one system.",
)
def test_solve_many_by_hand(learner: Learner) -> None:
    given = {"a": jnp.array([[0.0, 1.0], [2.0, 0.0]]), "b": jnp.array([[1.0, 4.0], [3.0, 10.0]])}
    learner.solve_many(given).close_to([[2.0, 1.0], [5.0, 3.0]])


@check(
    "solve_many",
    "correct",
    hint="There may be more right-hand sides than unknowns, or fewer. Rows in, rows out.",
)
def test_solve_many_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    given = systems(numbers, 17, 5)
    compiled_if_possible(learner.solve_many, given).close_to(solve_oracle(given), atol=ATOL)


@check(
    "solve_many", "correct", hint="One right-hand side is a batch of one: the result keeps the shape of b."
)
def test_solve_many_takes_one_system(learner: Learner, numbers: Numbers) -> None:
    given = systems(numbers, 1, 5)
    compiled_if_possible(learner.solve_many, given).close_to(solve_oracle(given), atol=ATOL)


@check("solve_many", "correct", hint="Solve: jnp.linalg.solve factorises a and inverts nothing.")
def test_solve_many_inverts_nothing(learner: Learner) -> None:
    names = ("numpy.linalg.inv", "numpy.linalg.pinv", "numpy.linalg.tensorinv", "scipy.linalg.inv")
    bans(learner.solve_many, *(f"jax.{name}" for name in (*names, "scipy.linalg.pinv")))


@check(
    "solve_many",
    "correct",
    hint="Solving for the columns of the identity gives the inverse, and multiplying with it loses digits. Solve for b itself.",
)
def test_solve_many_loses_no_digits(learner: Learner, numbers: Numbers) -> None:
    # Powers of near numbers: a condition of 5e4. A solve, however it is made, leaves at most 3e-7 of the right-hand
    # side unexplained, an inverse 1e-4.
    points = np.array([0.5, 0.6, 0.7, 0.8, 0.9]) + np.asarray(numbers.uniform(-0.02, 0.02, 5))
    a = jnp.asarray(np.vander(points), jnp.float32)
    b = jnp.asarray(double(numbers.uniform(1.0, 2.0, (17, 5))) @ double(a).T, jnp.float32)
    called = compiled_if_possible(learner.solve_many, {"a": a, "b": b})
    called.close_to(solve_oracle({"a": a, "b": b}), atol=0.5)  # its kind, shape and size; the digits come now
    solution = double(called.value)
    left = np.abs(solution @ double(a).T - double(b)).max()
    left /= np.abs(double(a)).sum(axis=1).max() * np.abs(solution).max()
    called.require(
        left <= 5e-6,
        "solves the systems inexactly",
        expected="a x - b of at most 5e-06, beside the size of a and x",
        got=f"{left:.2g}",
    )


@check("solve_many", "jit", hint="Everything in the dict is traced: no branch on its values, no NumPy.")
def test_solve_many_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(systems(numbers, 17, 5),) for _ in range(2)]
    for (given,), result in zip(calls, compiles_once(learner.solve_many.jit(), calls), strict=True):
        result.close_to(solve_oracle(given), atol=ATOL)


@check(
    "solve_many",
    "jit",
    hint='A matrix that is mapped or tiled is factorised once for each right-hand side. Share it: {"a": None, "b": 0}.',
)
def test_solve_many_shares_the_matrix(learner: Learner) -> None:
    batch, n = 17, 5
    given = {"a": jnp.zeros((n, n)), "b": jnp.zeros((batch, n))}
    # Room for a few numbers for each one in b, and for no copy of a for each right-hand side.
    largest_value_at_most(learner.solve_many.jit(), 3 * batch * n, (given,))


@check(
    "solve_many", "jit", hint="One factorisation serves all right-hand sides at once; visit none by itself."
)
def test_solve_many_has_no_loop(learner: Learner) -> None:
    few, many = (({"a": jnp.zeros((5, 5)), "b": jnp.zeros((batch, 5))},) for batch in (17, 34))
    same_size_for(learner.solve_many.jit(), few, many)
    takes_all_at_once(learner.solve_many.jit(), few, many)


@check(
    "solve_many",
    "jit",
    hint="Others may map your function, too: over matrices that meet the same right-hand sides.",
)
def test_solve_many_lifts_over_matrices(learner: Learner, numbers: Numbers) -> None:
    given = systems(numbers, 2, 5)
    a = np.asarray(given["a"])
    given["a"] = jnp.asarray(np.stack([a, a.T, 2 * a], axis=2))  # matrices along the last axis
    lifted = learner.solve_many.vmap(in_axes=({"a": 2, "b": None},), out_axes=1)
    each = [solve_oracle({"a": matrix, "b": given["b"]}) for matrix in (a, a.T, 2 * a)]
    lifted.jit()(given).close_to(np.stack(each, axis=1), atol=ATOL)


# ---- ray_march

SPHERE_CENTRE, SPHERE_RADIUS = (1.0, 2.0, 3.0), 2.0

# A hit may stop within 1e-3 of the surface; rays that meet it at an angle have a little farther to go.
RAY_ATOL = 2e-3


def unit_sphere(point: Any) -> Any:
    return jnp.linalg.norm(point) - 1


def floor(point: Any) -> Any:
    """The plane z = 0."""
    return point[2]


def ball(point: Any) -> Any:
    return jnp.linalg.norm(point - jnp.array(SPHERE_CENTRE)) - SPHERE_RADIUS


def ball_oracle(origins: Any, directions: Any) -> Array:
    """Where rays meet the ball: the smaller root of a quadratic, inf where there is none ahead."""
    apart = double(origins) - SPHERE_CENTRE
    half = np.sum(apart * double(directions), axis=1)
    inside = half**2 - np.sum(apart**2, axis=1) + SPHERE_RADIUS**2
    return np.where((inside > 0) & (half < 0), -half - np.sqrt(np.maximum(inside, 0)), np.inf)


def rays(numbers: Numbers, count: int) -> tuple[jax.Array, jax.Array]:
    """Rays from 6 to 8 away. Every third looks the other way, the others straight enough into the ball."""
    outwards = double(numbers.normal((count, 3)))
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
    origins = SPHERE_CENTRE + outwards * double(numbers.uniform(6.0, 8.0, (count, 1)))
    towards = SPHERE_CENTRE + double(numbers.uniform(-0.5, 0.5, (count, 3))) - origins
    towards[::3] *= -1
    directions = towards / np.linalg.norm(towards, axis=1, keepdims=True)
    return jnp.asarray(origins, jnp.float32), jnp.asarray(directions, jnp.float32)


@check(
    "ray_march",
    "correct",
    hint="distance takes one point. March one ray, t = t + distance(origin + t * direction), and lift the march over the rays.",
)
def test_ray_march_by_hand(learner: Learner) -> None:
    origins = jnp.array([[0.0, 0.0, -3.0], [0.0, 5.0, 0.0]])
    directions = jnp.array([[0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
    learner.ray_march(origins, directions, unit_sphere, 16).close_to([2.0, 4.0], atol=RAY_ATOL)


@check(
    "ray_march",
    "correct",
    hint="A ray has hit when it is within 1e-3 of a surface at the end. All others have missed, and are infinitely long.",
)
def test_ray_march_misses(learner: Learner) -> None:
    origins = jnp.array([[0.0, 0.0, -3.0], [0.0, 0.0, -3.0]])
    directions = jnp.array([[0.0, 0.0, -1.0], [0.0, 0.0, 1.0]])
    learner.ray_march(origins, directions, unit_sphere, 16).close_to([np.inf, 2.0], atol=RAY_ATOL)


@check(
    "ray_march",
    "correct",
    hint="A lost ray's t overflows, and inf * 0 is nan. No comparison with nan is True: ask for those that hit, not that miss.",
)
def test_ray_march_survives_endless_flight(learner: Learner) -> None:
    # So far out the square of a distance is almost too large for float32, and a lost ray doubles it.
    origins = jnp.array([[0.0, 0.0, -1e18], [0.0, 0.0, -3.0]])
    directions = jnp.array([[0.0, 0.0, -1.0], [0.0, 0.0, 1.0]])
    learner.ray_march(origins, directions, unit_sphere, 16).close_to([np.inf, 2.0], atol=RAY_ATOL)


@check(
    "ray_march",
    "correct",
    hint="On smooth ground the march ends at the smaller root of the sphere's quadratic.",
)
def test_ray_march_hits_an_analytic_sphere(learner: Learner, numbers: Numbers) -> None:
    origins, directions = rays(numbers, 17)
    result = compiled_if_possible(
        learner.ray_march, origins, directions, ball, 16, static=("distance", "n_steps")
    )
    result.close_to(ball_oracle(origins, directions), atol=RAY_ATOL)


@check(
    "ray_march",
    "correct",
    hint="n_steps steps, and then ask for the distance once more, where the last one has led.",
)
def test_ray_march_counts_its_steps(learner: Learner) -> None:
    # From height 1 each step leaves a fifth of the height: 0.0016 after four, 0.00032 after five.
    origins, directions = jnp.array([[0.0, 0.0, 1.0], [0.0, 0.0, 5.0]]), jnp.array([[0.6, 0.0, -0.8]] * 2)
    learner.ray_march(origins, directions, floor, 4).close_to([np.inf, np.inf], atol=RAY_ATOL)
    learner.ray_march(origins, directions, floor, 5).close_to([1.25, np.inf], atol=RAY_ATOL)


@check(
    "ray_march",
    "correct",
    hint="Inside a body the distance is negative: step by it as it is, and take its size only to ask whether a ray has hit.",
)
def test_ray_march_comes_back_out(learner: Learner) -> None:
    # From a depth of 1 the ray goes back: 0.0016 is left after four steps, 0.00032 after five.
    origins, directions = jnp.array([[0.0, 0.0, -1.0], [0.0, 0.0, 5.0]]), jnp.array([[0.6, 0.0, -0.8]] * 2)
    learner.ray_march(origins, directions, floor, 4).close_to([np.inf, np.inf], atol=RAY_ATOL)
    learner.ray_march(origins, directions, floor, 5).close_to([-1.25, np.inf], atol=RAY_ATOL)


@check(
    "ray_march",
    "jit",
    hint="How near a ray is, is not known while JAX traces: choose with jnp.where at the end.",
)
def test_ray_march_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(*rays(numbers, 17), ball, 16) for _ in range(2)]
    results = compiles_once(learner.ray_march.jit(static_argnames=("distance", "n_steps")), calls)
    for (origins, directions, *_), result in zip(calls, results, strict=True):
        result.close_to(ball_oracle(origins, directions), atol=RAY_ATOL)


@check("ray_march", "jit", hint="All rays may take a step together: the loop over steps is the only one.")
def test_ray_march_takes_all_rays_at_once(learner: Learner, numbers: Numbers) -> None:
    few, many = ((*rays(numbers, count), ball, 16) for count in (17, 34))
    takes_all_at_once(learner.ray_march.jit(static_argnames=("distance", "n_steps")), few, many)


def ray_loop(origins: jax.Array, directions: jax.Array, distance: Any, n_steps: int) -> Array:
    out = []
    for i in range(len(origins)):
        t = 0.0
        for _ in range(n_steps):
            t += float(distance(origins[i] + t * directions[i]))
        out.append(t if abs(float(distance(origins[i] + t * directions[i]))) <= 1e-3 else np.inf)
    return np.array(out)


@check(
    "ray_march", "speed", hint="March one ray with lax.fori_loop, and vmap that over origins and directions."
)
def test_ray_march_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.ray_march.jit(static_argnames=("distance", "n_steps")),
        ray_loop,
        named="a Python loop over rays and steps",
        draw=lambda size: (*rays(numbers, size), ball, 16),
        size=5,
        gate=GATES,
        numbers=numbers,
    )


# ---- batch_standardize


def standardize_oracle(xs: Any) -> Array:
    """Over the first axis."""
    values = double(xs)
    centred = values - values.mean(axis=0)
    return np.asarray(centred / np.sqrt((centred**2).mean(axis=0) + 1e-5))


@check(
    "batch_standardize",
    "correct",
    hint='You hold one example. lax.pmean(x, "batch") is the mean of x over all examples, feature by feature.',
)
def test_batch_standardize_by_hand(learner: Learner) -> None:
    xs = jnp.array([[1.0, 10.0], [3.0, 30.0]])
    learner.batch_standardize.vmap(axis_name="batch")(xs).close_to(standardize_oracle(xs), atol=ATOL)


@check(
    "batch_standardize",
    "correct",
    hint="1e-5 is added to the variance, under the root. A feature that never changes gives zeros.",
)
def test_batch_standardize_survives_still_features(learner: Learner) -> None:
    xs = jnp.array([[5.0, 0.001], [5.0, -0.001]])
    learner.batch_standardize.vmap(axis_name="batch")(xs).close_to(standardize_oracle(xs), atol=ATOL)


@check(
    "batch_standardize",
    "correct",
    hint="mean(x²) - mean² subtracts two large numbers, and the difference is noise. Centre first, then average the squares.",
)
def test_batch_standardize_survives_an_offset(learner: Learner) -> None:
    # Near 1e8, where the squares lie, float32 numbers are 8 apart: all that was to be found is gone.
    xs = jnp.array([[10000.0, 10003.0], [10002.0, 10001.0]])
    learner.batch_standardize.vmap(axis_name="batch")(xs).close_to(standardize_oracle(xs), atol=ATOL)


@check(
    "batch_standardize",
    "jit",
    hint="Work on x as a whole: a number, a vector or an image, it does not matter.",
)
def test_batch_standardize_takes_examples_of_any_shape(learner: Learner, numbers: Numbers) -> None:
    compiled = learner.batch_standardize.vmap(axis_name="batch").jit()
    for shape in (3, (1, 2, 4)):
        xs = numbers.normal(shape)
        compiled(xs).close_to(standardize_oracle(xs), atol=ATOL)


@check("batch_standardize", "jit", hint="One example is traced for all of them: no branch on its values.")
def test_batch_standardize_compiles_once(learner: Learner, numbers: Numbers) -> None:
    # The batch may lie along any axis: here along the second.
    compiled = learner.batch_standardize.vmap(in_axes=1, out_axes=1, axis_name="batch").jit()
    calls = [(numbers.normal((2, 17)),) for _ in range(2)]
    for (xs,), result in zip(calls, compiles_once(compiled, calls), strict=True):
        result.close_to(standardize_oracle(xs.T).T, atol=ATOL)


@check(
    "batch_standardize",
    "jit",
    hint='Statistics follow the name: average over the axis called "batch" alone, and leave the others as they are.',
)
def test_batch_standardize_follows_the_name(learner: Learner, numbers: Numbers) -> None:
    xs = numbers.normal((4, 3, 2))
    inner = learner.batch_standardize.vmap(axis_name="batch").vmap().jit()
    inner(xs).close_to(np.stack([standardize_oracle(group) for group in xs]), atol=ATOL)
    outer = learner.batch_standardize.vmap().vmap(axis_name="batch").jit()
    outer(xs).close_to(standardize_oracle(xs), atol=ATOL)


# ---- dp_sgd_gradient

# Compiled, which is cheaper, and with clip and noise static, so that a branch on them waits for its own check.
WITHOUT_BRANCHES = ("loss", "clip", "noise")

RISK = 1e-9  # with which a right answer is called wrong, over all seeds


def private_oracle(params: Any, x: Any, y: Any, clip: float) -> dict[str, Array]:
    """The gradient of squared_error, clipped for each example, without noise."""
    gradients = squared_error_gradients(params, x, y)
    scales = []
    for w, b in zip(gradients["w"], gradients["b"], strict=True):
        norm = math.sqrt(np.sum(w**2) + b**2)
        scales.append(1.0 if norm <= clip else clip / norm)
    n = len(scales)
    return {"w": np.array(scales) @ gradients["w"] / n, "b": np.array(scales) @ gradients["b"] / n}


def signed_score(params: Any, x: Any, y: Any) -> Any:
    return y * (jnp.dot(params["w"], x) + params["b"])


def two_tables(params: Any, x: Any, y: Any) -> Any:
    """A loss of two leaves of one shape. Where params and y are zero, so is its gradient."""
    return (x[0] * jnp.sum(params["w"]) + x[1] * jnp.sum(params["v"]) - y) ** 2


def pure_noise(learner: Learner, numbers: Numbers) -> Called:
    """A call whose gradients are all zero: 16 examples, clip 2, noise 1.5. Left is noise of deviation 3 / 16."""
    compiled = learner.dp_sgd_gradient.jit(static_argnames=WITHOUT_BRANCHES)
    params = {"w": jnp.zeros((32, 32)), "v": jnp.zeros((32, 32))}
    return compiled(numbers.key(), two_tables, params, numbers.normal((16, 2)), jnp.zeros(16), 2.0, 1.5)


@check(
    "dp_sgd_gradient",
    "correct",
    hint="Clip, sum, add noise and divide by yourself; the rules leave optax out.",
)
def test_dp_sgd_gradient_uses_no_shortcut(learner: Learner) -> None:
    bans(learner.dp_sgd_gradient, "optax")


@check(
    "dp_sgd_gradient",
    "correct",
    hint="Clip each example's gradient before you average, by the norm of all its leaves together, and lengthen none.",
)
def test_dp_sgd_gradient_by_hand(learner: Learner) -> None:
    # The gradients are y times (x, 1): (2, 2, 1), of norm 3, is halved, and (0, 0, 1) stays.
    params = {"w": jnp.array([1.0, 1.0]), "b": jnp.array(0.0)}
    x, y = jnp.array([[2.0, 2.0], [0.0, 0.0]]), jnp.array([1.0, 1.0])
    compiled = learner.dp_sgd_gradient.jit(static_argnames=WITHOUT_BRANCHES)
    result = compiled(jax.random.key(0), signed_score, params, x, y, 1.5, 0.0)
    result.close_to({"w": [0.5, 0.5], "b": np.array(0.75)})


@check(
    "dp_sgd_gradient",
    "correct",
    hint="A gradient of zero has norm 0, and 0 / 0 is nan: keep zero out of the denominator.",
)
def test_dp_sgd_gradient_survives_a_zero_gradient(learner: Learner) -> None:
    params = {"w": jnp.array([1.0, 1.0]), "b": jnp.array(0.0)}
    x, y = jnp.array([[2.0, 2.0], [1.0, 0.0]]), jnp.array([1.0, 0.0])
    compiled = learner.dp_sgd_gradient.jit(static_argnames=WITHOUT_BRANCHES)
    result = compiled(jax.random.key(0), signed_score, params, x, y, 1.5, 0.0)
    result.close_to({"w": [0.5, 0.5], "b": np.array(0.25)})


@check(
    "dp_sgd_gradient",
    "correct",
    hint="Add noise of deviation noise * clip once, to the sum, to each number of it; then divide all by the batch.",
)
def test_dp_sgd_gradient_scales_the_noise(learner: Learner, numbers: Numbers) -> None:
    called = pure_noise(learner, numbers)
    draws = np.sort(np.concatenate([double(called.value[name]).ravel() for name in ("w", "v")])) * 16 / 3
    below = np.array([0.5 * math.erfc(-draw / math.sqrt(2)) for draw in draws])
    n = len(draws)
    # The distance to the normal curve, and what chance allows (Dvoretzky, Kiefer and Wolfowitz).
    distance = max(np.max(np.arange(1, n + 1) / n - below), np.max(below - np.arange(n) / n))
    called.require(
        distance <= math.sqrt(math.log(2 / RISK) / (2 * n)),
        "has noise of another scale",
        expected="deviation noise * clip / batch = 0.1875",
        got=f"deviation {np.std(draws) * 3 / 16:.4g}",
    )


@check(
    "dp_sgd_gradient", "correct", hint="Each leaf needs draws of its own: split the key into one for each."
)
def test_dp_sgd_gradient_draws_for_each_leaf(learner: Learner, numbers: Numbers) -> None:
    called = pure_noise(learner, numbers)
    # Signs of independent draws agree and differ equally often; Hoeffding says how nearly.
    signs = np.sign(double(called.value["w"])) * np.sign(double(called.value["v"]))
    called.require(
        abs(signs.mean()) <= math.sqrt(2 * math.log(2 / RISK) / signs.size),
        "gives two leaves noise that is alike",
        expected="independent noise for 'w' and 'v'",
        got=f"signs that agree in {50 * (1 + signs.mean()):.0f} % of all places",
    )


@check("dp_sgd_gradient", "correct", hint="Every draw must come from the key that is given.")
def test_dp_sgd_gradient_depends_on_the_key(learner: Learner, numbers: Numbers) -> None:
    one, two = pure_noise(learner, numbers), pure_noise(learner, numbers)
    same = np.array_equal(one.value["w"], two.value["w"])
    two.require(not same, "ignores its key", expected="other noise for another key", got="the same noise")


@check(
    "dp_sgd_gradient",
    "jit",
    hint="clip and noise are traced, and so are norms: choose with jnp.minimum or jnp.where.",
)
def test_dp_sgd_gradient_compiles_once(learner: Learner, numbers: Numbers) -> None:
    clips = (0.5, 2.0)
    problems = [linear_problem(numbers, 17) for _ in clips]
    calls = [
        (numbers.key(), squared_error, *problem, jnp.float32(clip), jnp.float32(0.0))
        for problem, clip in zip(problems, clips, strict=True)
    ]
    results = compiles_once(learner.dp_sgd_gradient.jit(static_argnames="loss"), calls)
    for problem, clip, result in zip(problems, clips, results, strict=True):
        result.close_to(private_oracle(*problem, clip), atol=ATOL)


@check("dp_sgd_gradient", "jit", hint="Divide by the number of examples, also when there is only one.")
def test_dp_sgd_gradient_takes_a_batch_of_one(learner: Learner, numbers: Numbers) -> None:
    problem, clip = linear_problem(numbers, 1), 0.5
    compiled = learner.dp_sgd_gradient.jit(static_argnames="loss")
    result = compiled(numbers.key(), squared_error, *problem, jnp.float32(clip), jnp.float32(0.0))
    result.close_to(private_oracle(*problem, clip), atol=ATOL)


@check(
    "dp_sgd_gradient", "jit", hint="Split the key once, into one for each leaf, and use the children only."
)
def test_dp_sgd_gradient_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    compiled, problem = learner.dp_sgd_gradient.jit(static_argnames="loss"), linear_problem(numbers, 17)
    try:
        uses_each_key_once(
            compiled, numbers.key(), squared_error, *problem, jnp.float32(1.0), jnp.float32(1.0)
        )
    except RaisedError as error:
        if "KeyReuseError" in error.message:
            error.hint = None  # this check's own knows what the draws are for
        raise


@check("dp_sgd_gradient", "jit", hint="lax.map and lax.scan take turns. vmap clips all gradients at once.")
def test_dp_sgd_gradient_takes_all_examples_at_once(learner: Learner, numbers: Numbers) -> None:
    key, clip, noise = numbers.key(), jnp.float32(1.0), jnp.float32(0.0)
    few, many = ((key, squared_error, *linear_problem(numbers, n), clip, noise) for n in (17, 34))
    same_size_for(learner.dp_sgd_gradient.jit(static_argnames="loss"), few, many)
    takes_all_at_once(learner.dp_sgd_gradient.jit(static_argnames="loss"), few, many)


def private_loop(
    key: Any, loss: Any, params: Any, x: jax.Array, y: jax.Array, clip: jax.Array, noise: jax.Array
) -> Any:
    """Without the noise: it is timed where there is none."""
    total = None
    for i in range(len(x)):
        gradient = jax.grad(loss)(params, x[i], y[i])
        norm = float(jnp.sqrt(sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(gradient))))
        scale = min(1.0, float(clip) / max(norm, 1e-12))
        clipped = jax.tree.map(lambda leaf: leaf * scale, gradient)  # noqa: B023
        total = clipped if total is None else jax.tree.map(jnp.add, total, clipped)
    return jax.tree.map(lambda leaf: leaf / len(x), total)


@check("dp_sgd_gradient", "speed", hint="Write the clipped gradient of one example; vmap makes the batch.")
def test_dp_sgd_gradient_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    key, clip, noise = numbers.key(), jnp.float32(1.0), jnp.float32(0.0)
    must_beat(
        learner,
        learner.dp_sgd_gradient.jit(static_argnames="loss"),
        private_loop,
        named="a Python loop over examples",
        draw=lambda size: (key, squared_error, *linear_problem(numbers, size), clip, noise),
        size=3,
        gate=GATES,
        numbers=numbers,
    )
