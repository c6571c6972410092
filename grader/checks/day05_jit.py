"""Checks of day 5: tracing and compilation."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from grader.toolkit import (
    Called,
    Learner,
    Numbers,
    RaisedError,
    WrongAnswer,
    bans,
    check,
    compiles_once,
    largest_value_at_most,
    must_beat,
    same_size_for,
    traces_at_most,
    watched,
)

Array = np.ndarray[Any, Any]


# ---- huber


def huber_oracle(x: Any, delta: Any) -> Array:
    x, delta = np.asarray(x, np.float64), float(delta)
    out = np.zeros(x.shape)
    for place, value in np.ndenumerate(x):
        size = abs(value)
        out[place] = 0.5 * size * size if size <= delta else delta * (size - 0.5 * delta)
    return out


@check(
    "huber",
    "correct",
    hint="Up to |x| = delta it is half the square; beyond, a straight line that goes on from there with slope delta.",
)
def test_huber_by_hand(learner: Learner) -> None:
    learner.huber(jnp.array([-3.0, 0.5, 2.0, 1.0]), 2).close_to([4.0, 0.125, 2.0, 0.5])


@check("huber", "correct", hint="Write it down yourself: two formulas and a choice.")
def test_huber_uses_no_shortcut(learner: Learner) -> None:
    bans(learner.huber, "optax")


@check("huber", "correct", hint="Each element decides for itself; a jnp.where chooses for all of them.")
def test_huber_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    for _ in range(2):
        x, delta = numbers.normal((3, 5), scale=2.0), float(numbers.uniform(0.5, 2.0))
        learner.huber(x, delta).close_to(huber_oracle(x, delta))


@check("huber", "correct", hint="With delta = 0 nothing but 0 itself lies inside, and both formulas give 0.")
def test_huber_takes_a_delta_of_zero(learner: Learner) -> None:
    learner.huber(jnp.array([-3.0, 0.0, 2.0, 1.0]), 0.0).equals([0.0, 0.0, 0.0, 0.0])


@check(
    "huber",
    "correct",
    hint="The square of 1e30 is inf, and 0 * inf is nan. Choose with jnp.where; do not multiply with a mask.",
)
def test_huber_survives_huge_elements(learner: Learner) -> None:
    x = jnp.array([1e30, -1e30, 1.0, -3.0])
    learner.huber(x, 1.5).close_to(huber_oracle(x, 1.5))


@check(
    "huber",
    "jit",
    hint="Each value of a static argument makes a program of its own, and so does each new function that you put under "
    "jit. Leave delta traced.",
)
def test_huber_shares_one_program(learner: Learner, numbers: Numbers) -> None:
    x = numbers.normal(4)
    calls = [(x, delta) for delta in (0.375, 0.625, 0.875, 1.125, 1.375)]
    for call, result in zip(calls, traces_at_most(learner.huber, 1, calls), strict=True):
        result.close_to(huber_oracle(*call))


@check("huber", "jit", hint="Neither x nor delta has a value while JAX traces: choose with jnp.where.")
def test_huber_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal(4, scale=2.0), jnp.float32(delta)) for delta in (1.0, 0.0, 2.5)]
    for call, result in zip(calls, compiles_once(learner.huber.jit(), calls), strict=True):
        result.close_to(huber_oracle(*call))


@check("huber", "jit", hint="One jnp.where serves all elements.")
def test_huber_has_no_python_loop(learner: Learner) -> None:
    delta = jnp.float32(1.0)
    same_size_for(learner.huber.jit(), (jnp.zeros(4), delta), (jnp.zeros(8), delta))


# ---- matrix_power


@check(
    "matrix_power",
    "correct",
    hint="Go through the binary digits of n. Square once a digit; where the digit is 1, multiply the square in.",
)
def test_matrix_power_by_hand(learner: Learner) -> None:
    fibonacci = jnp.array([[1.0, 1.0], [1.0, 0.0]])
    learner.matrix_power(fibonacci, 10).equals([[89.0, 55.0], [55.0, 34.0]])
    learner.matrix_power(fibonacci, 5).equals([[8.0, 5.0], [5.0, 3.0]])


@check("matrix_power", "correct", hint="Build it from products and Python's own loop.")
def test_matrix_power_uses_no_shortcut(learner: Learner) -> None:
    bans(learner.matrix_power, "jax.numpy.linalg")


@check("matrix_power", "correct", hint="n = 0 gives the identity, n = 1 the matrix itself.")
def test_matrix_power_starts_at_the_identity(learner: Learner) -> None:
    fibonacci = jnp.array([[1.0, 1.0], [1.0, 0.0]])
    learner.matrix_power(fibonacci, 0).equals([[1.0, 0.0], [0.0, 1.0]])
    learner.matrix_power(fibonacci, 1).equals([[1.0, 1.0], [1.0, 0.0]])


def power_oracle(matrix: jax.Array, n: int) -> Array:
    return np.linalg.matrix_power(np.asarray(matrix, np.float64), n)


def positive(numbers: Numbers, d: int) -> jax.Array:
    """A matrix without negative elements: nothing cancels in its powers, so float32 keeps its digits."""
    return numbers.uniform(0.0, 1.0, (d, d))


@check("matrix_power", "correct", hint="It is a matrix product, and each binary digit of n counts.")
def test_matrix_power_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    for n in (2, 3, 6, 13):
        matrix = positive(numbers, 2)
        learner.matrix_power(matrix, n).close_to(power_oracle(matrix, n))


@check("matrix_power", "correct", hint="jnp.eye makes float32 unless you give it a dtype.")
def test_matrix_power_keeps_the_dtype(learner: Learner) -> None:
    matrix = jnp.asarray(np.array([[1.0, 1.0], [1.0, 0.0]], np.float16))
    for n in (0, 3):
        expected = np.linalg.matrix_power(np.asarray(matrix), n)
        learner.matrix_power(matrix, n).equals(expected)


@check("matrix_power", "jit", hint="Only n decides what the program does; n is static, the matrix is not.")
def test_matrix_power_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(positive(numbers, 3), 13) for _ in range(2)]
    results = compiles_once(learner.matrix_power.jit(static_argnums=1), calls)
    for call, result in zip(calls, results, strict=True):
        result.close_to(power_oracle(*call))


@check(
    "matrix_power",
    "jit",
    hint="n is static, so a Python loop over its digits writes a short program out. lax is for loops that are long.",
)
def test_matrix_power_is_written_out(learner: Learner) -> None:
    program = learner.matrix_power.jit(static_argnums=1).program(jnp.eye(3), 13)
    loops = sorted(name for name in program.primitives if name in {"scan", "while"})
    Called(program.call, None).require(
        not loops, "is right, but not by the rules", expected="no loop in its program", got=", ".join(loops)
    )


@check(
    "matrix_power",
    "jit",
    hint="One more product with the matrix adds 1 to the exponent; a squaring doubles it. Compute each square once.",
)
def test_matrix_power_needs_few_products(learner: Learner) -> None:
    handle = learner.matrix_power.jit(static_argnums=1)
    for n in (13, 100):
        program = handle.program(jnp.eye(3), n)
        products = program.primitives["dot_general"] + program.primitives["reduce_sum"]
        Called(program.call, None).require(
            products <= 2 * n.bit_length(),
            "multiplies too often",
            expected=f"at most {2 * n.bit_length()} products: {n} has {n.bit_length()} binary digits",
            got=f"{products} products",
        )


# ---- bucketed_sum


def whole_numbers(numbers: Numbers, n: int) -> jax.Array:
    """Floats whose sums are exact in float32, in whatever order they are added."""
    return jnp.asarray(np.asarray(numbers.integers(0, 100, n)).astype(np.float32))


def forget_sums() -> None:
    """JAX knows a function by its identity: all who compile jnp.sum share its traces, and who comes later makes none."""
    jax.jit(jnp.sum).clear_cache()  # type: ignore[attr-defined]


@check("bucketed_sum", "correct", hint="What you pad with must not change the sum, and all of x must fit.")
def test_bucketed_sum_by_hand(learner: Learner) -> None:
    learner.bucketed_sum(jnp.array([1.0, 2.0, 3.0, 4.0, 5.0])).close_to(15.0)


@check(
    "bucketed_sum",
    "correct",
    hint="The next size is one that x fits into: for a power of two it is the length itself, or more.",
)
def test_bucketed_sum_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    for n in (1, 2, 16, 17):
        x = whole_numbers(numbers, n)
        learner.bucketed_sum(x).equals(np.sum(np.asarray(x, np.float64)))


@check("bucketed_sum", "correct", hint="The sum of nothing is 0. What does your size come to for n = 0?")
def test_bucketed_sum_sums_nothing(learner: Learner) -> None:
    learner.bucketed_sum(jnp.zeros(0)).equals(0.0)


@check(
    "bucketed_sum",
    "jit",
    hint="Under jit goes the function that sums the padded array, not bucketed_sum itself. Make it once, at the top "
    "level of the file, and let it see the padded array alone. If it does: are there too many sizes? Let them double.",
)
def test_bucketed_sum_makes_few_programs(learner: Learner, numbers: Numbers) -> None:
    between = (57, 64, 65, 100, 127, 128, 200, 256, 257, 300, 400, 511, 512, 513, 600, 700, 800, 1000)
    calls = [(whole_numbers(numbers, n),) for n in (33, *between, 1024)]
    forget_sums()
    # What earlier checks have traced holds for another context, so that all traces of these calls are seen.
    with jax.default_device(jax.devices()[0]):
        results = traces_at_most(learner.bucketed_sum, 5, calls)
    for (x,), result in zip(calls, results, strict=True):
        result.equals(np.sum(np.asarray(x, np.float64)))


@check(
    "bucketed_sum",
    "jit",
    hint="Put the sum into a function under jax.jit, and call that with the padded array.",
)
def test_bucketed_sum_compiles_the_sum(learner: Learner, numbers: Numbers) -> None:
    x = whole_numbers(numbers, 1500)
    forget_sums()
    with watched(learner.file) as traces:
        result = learner.bucketed_sum(x)
    if not traces:  # it may have been traced before; a setting that changes no sum makes JAX trace again
        with jax.default_matmul_precision("highest"), watched(learner.file) as traces:
            result = learner.bucketed_sum(x)
    expected = "at least one trace of a function in your file"
    result.require(traces, "compiles nothing of yours", expected=expected, got="none")


# ---- mandelbrot


def escape_oracle(c: Any, n_iterations: int) -> Array:
    c = np.asarray(c, np.complex128)
    counts = np.zeros(c.shape, np.int64)
    for place, point in np.ndenumerate(c):
        z = 0j
        for _ in range(n_iterations):
            z = z * z + point
            if abs(z) > 2:
                break
            counts[place] += 1
    return counts


def clear_points(numbers: Numbers, shape: tuple[int, int], n_iterations: int) -> jax.Array:
    """Points whose neighbours at a distance of 1e-4 all have their count: rounding changes it for none of them."""
    real, imaginary = np.asarray(numbers.uniform(-2.2, 0.8, 400)), np.asarray(numbers.uniform(-1.3, 1.3, 400))
    c = (real + 1j * imaginary).astype(np.complex64)
    counts = escape_oracle(c, n_iterations)
    same = [escape_oracle(c + shift, n_iterations) == counts for shift in (1e-4, -1e-4, 1e-4j, -1e-4j)]
    return jnp.asarray(c[np.all(same, axis=0)][: shape[0] * shape[1]].reshape(shape))


BY_HAND = ((0, 1, 2 + 2j), (-2, 1j, 2))


def grid_by_hand() -> jax.Array:
    return jnp.asarray(np.array(BY_HAND, np.complex64))


@check(
    "mandelbrot",
    "correct",
    hint="First z = z² + c, then count it if |z| <= 2. c = 1 goes 1, 2, 5: two of them lie within.",
)
def test_mandelbrot_by_hand(learner: Learner) -> None:
    learner.mandelbrot(grid_by_hand(), 5).equals([[5, 2, 0], [5, 5, 1]])


@check(
    "mandelbrot",
    "correct",
    hint="A point far outside becomes inf and then nan, and nan > 2 is False. Ask which points are within, not which "
    "are out.",
)
def test_mandelbrot_counts_no_nan(learner: Learner) -> None:
    learner.mandelbrot(grid_by_hand(), 300).equals([[300, 2, 0], [300, 300, 1]])


@check("mandelbrot", "correct", hint="Each point is counted by itself, and z is a complex number.")
def test_mandelbrot_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    c = clear_points(numbers, (3, 5), 12)
    learner.mandelbrot(c, 12).equals(escape_oracle(c, 12))


@check("mandelbrot", "jit", hint="No Python branch on what has escaped: count all points, every time.")
def test_mandelbrot_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(clear_points(numbers, (3, 5), 12), 12) for _ in range(2)]
    results = compiles_once(learner.mandelbrot.jit(static_argnums=1), calls)
    for call, result in zip(calls, results, strict=True):
        result.equals(escape_oracle(*call))


@check(
    "mandelbrot",
    "jit",
    hint="range(n) under jit copies its body n times into the program. lax.fori_loop and lax.scan write it once.",
)
def test_mandelbrot_has_no_python_loop(learner: Learner) -> None:
    same_size_for(learner.mandelbrot.jit(static_argnums=1), (grid_by_hand(), 10), (grid_by_hand(), 40))


@check(
    "mandelbrot",
    "jit",
    hint="Carry z and the counts through the loop, and let it collect nothing else.",
)
def test_mandelbrot_keeps_no_history(learner: Learner) -> None:
    c = grid_by_hand()
    largest_value_at_most(learner.mandelbrot.jit(static_argnums=1), 4 * c.size, (c, 40))


def iterate_eagerly(c: jax.Array, n_iterations: int) -> jax.Array:
    z, counts = jnp.zeros_like(c), jnp.zeros(c.shape, jnp.int32)
    for _ in range(n_iterations):
        z = z * z + c
        counts = counts + (jnp.abs(z) <= 2)
    return counts


def same_counts(text: str, result: Any, wanted: Any) -> None:
    """Near the edge of the set one rounding changes a count by hundreds: nearly all must agree."""
    differ = int(np.sum(np.asarray(result) != np.asarray(wanted)))
    if differ > wanted.size // 20:
        raise WrongAnswer(f"{text} and the same steps one by one differ at {differ} of {wanted.size} points")


def points(numbers: Numbers, shape: tuple[int, int]) -> jax.Array:
    real, imaginary = np.asarray(numbers.uniform(-2.2, 0.8, shape)), np.asarray(numbers.uniform(-1, 1, shape))
    return jnp.asarray((real + 1j * imaginary).astype(np.complex64))


@check(
    "mandelbrot",
    "speed",
    hint="One compiled loop, and each iteration goes on from the z before it: n steps for n iterations.",
)
def test_mandelbrot_beats_eager_steps(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.mandelbrot.jit(static_argnums=1),
        iterate_eagerly,
        named="the same steps without jit",
        draw=lambda size: (points(numbers, (32, 32)), size),
        size=400,
        gate={"cpu": 10.0, "gpu": 3.0, "tpu": 3.0},
        agree=same_counts,
        numbers=numbers,
    )


# ---- life_run


def life_step(board: jax.Array) -> jax.Array:
    def with_both_sides(x: jax.Array, axis: int) -> jax.Array:
        return jnp.roll(x, 1, axis) + x + jnp.roll(x, -1, axis)

    neighbours = with_both_sides(with_both_sides(board, 0), 1) - board
    return (neighbours == 3) | ((neighbours == 2) & (board == 1))


def roll_right(board: jax.Array) -> jax.Array:
    return jnp.roll(board, 1, axis=1)


def doubled_and_halved(board: Any) -> Any:
    return (board + board) // 2


def is_two(board: jax.Array) -> jax.Array:
    return board == 2


def life_oracle(board: Any, n_steps: Any) -> Array:
    cells = np.asarray(board)
    shifts = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
    for _ in range(int(n_steps)):
        around = sum(np.roll(cells, shift, (0, 1)) for shift in shifts)
        cells = ((around == 3) | ((around == 2) & (cells == 1))).astype(cells.dtype)
    return cells


@check(
    "life_run",
    "correct",
    hint="Each step starts from the board that the last one gave, n_steps times. "
    "lax.fori_loop calls body(k, board).",
)
def test_life_run_by_hand(learner: Learner) -> None:
    learner.life_run(jnp.array([[1, 0, 0, 0]]), 3, roll_right).equals([[0, 0, 0, 1]])
    learner.life_run(jnp.array([[1, 0, 0, 0]]), 1003, roll_right).equals([[0, 0, 0, 1]])


@check("life_run", "correct", hint="No steps at all: the board comes back as it was.")
def test_life_run_takes_no_steps(learner: Learner) -> None:
    learner.life_run(jnp.array([[1, 0, 0, 0]]), 0, roll_right).equals([[1, 0, 0, 0]])


@check(
    "life_run",
    "correct",
    hint="Convert what step gives to board.dtype, at each step. The board itself goes in unchanged.",
)
def test_life_run_keeps_the_dtype(learner: Learner) -> None:
    board = jnp.asarray(np.array([[2, 1, 0, 2]], np.int8))
    result = learner.life_run(board, 1, is_two).equals([[1, 0, 0, 1]])
    dtype = result.value.dtype
    result.require(dtype == jnp.int8, "changed the dtype", expected="int8", got=dtype.name)
    # In 8 bits 100 + 100 is -56.
    learner.life_run(jnp.asarray(np.array([[100, 3]], np.int8)), 1, doubled_and_halved).equals([[-28, 3]])


@check("life_run", "correct", hint="Four generations move a glider by one cell down and one to the right.")
def test_life_run_flies_a_glider(learner: Learner) -> None:
    board = np.zeros((8, 8), np.int32)
    board[[0, 1, 2, 2, 2], [1, 2, 0, 1, 2]] = 1
    learner.life_run(jnp.asarray(board), 4, life_step).equals(np.roll(board, (1, 1), (0, 1)))


TRACED_STEPS = (
    "n_steps is traced: range, scan and while want its value now. lax.fori_loop takes bounds that are traced."
)


@check("life_run", "jit", hint=TRACED_STEPS)
def test_life_run_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.integers(0, 2, (16, 16)), jnp.int32(n)) for n in (3, 0, 7)]
    handle = learner.life_run.jit(static_argnames="step")
    try:
        results = compiles_once(handle, calls, step=life_step)
    except RaisedError as error:
        if re.search("Tracer(Bool|Integer)Conv|Concretization|must be hashable", error.message):
            error.hint = TRACED_STEPS  # the usual hint would be: make it static
        raise
    for call, result in zip(calls, results, strict=True):
        result.equals(life_oracle(*call))


def step_by_step(board: jax.Array, n_steps: jax.Array, step: Callable[[jax.Array], jax.Array]) -> jax.Array:
    for _ in range(int(n_steps)):
        board = jax.block_until_ready(step(board).astype(board.dtype))
    return board


@check("life_run", "speed", hint="One compiled loop from lax, and each step taken once.")
def test_life_run_beats_eager_steps(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.life_run.jit(static_argnames="step"),
        step_by_step,
        named="step called in a Python loop",
        draw=lambda size: (numbers.integers(0, 2, (16, 16)), jnp.int32(size)),
        size=200,
        gate={"cpu": 8.0, "gpu": 3.0, "tpu": 3.0},
        numbers=numbers,
        step=life_step,
    )


# ---- primitive_counts


def sines(x: jax.Array) -> jax.Array:
    return lax.mul(lax.sin(x), lax.sin(lax.sin(x)))


compiled_sines = jax.jit(sines)


def calls_compiled_sines(x: jax.Array) -> jax.Array:
    return lax.mul(compiled_sines(x), compiled_sines(lax.cos(x)))


def scans(start: jax.Array, xs: jax.Array) -> tuple[jax.Array, jax.Array]:
    return lax.scan(lambda carry, x: (lax.add(lax.sin(carry), x), lax.cos(x)), start, xs)


def branches(choice: jax.Array, x: jax.Array) -> Any:
    return lax.switch(choice, [lax.sin, lambda y: lax.cos(lax.cos(y)), lax.tan], x)


def waits(x: jax.Array) -> jax.Array:
    return lax.while_loop(lambda y: lax.lt(lax.cos(y), lax.sin(y)), lambda y: lax.tan(lax.tan(y)), x)


@jax.custom_jvp
def with_jvp(x: jax.Array) -> jax.Array:
    return lax.sin(lax.cos(x))


with_jvp.defjvp(lambda primals, tangents: (with_jvp(*primals), tangents[0]))


@jax.custom_vjp
def with_vjp(x: jax.Array) -> jax.Array:
    return lax.tan(lax.cos(x))


with_vjp.defvjp(lambda x: (with_vjp(x), None), lambda kept, gradient: (gradient,))


def has_derivative_rules(x: jax.Array) -> jax.Array:
    return lax.add(with_jvp(x), with_vjp(x))


remembers_little: Callable[[jax.Array], jax.Array] = jax.checkpoint(sines)


def nests(x: jax.Array) -> jax.Array:
    def body(carry: jax.Array, _: None) -> tuple[jax.Array, None]:
        return lax.switch(lax.convert_element_type(carry, "int32"), [compiled_sines, lax.cos], carry), None

    last, _ = lax.scan(body, x, None, length=3)
    return last


class Spy:
    """A function that notes what it is called with."""

    __name__ = "square"

    def __init__(self) -> None:
        self.runs = 0
        self.saw_numbers = False

    def __call__(self, x: jax.Array) -> jax.Array:
        self.runs += 1
        self.saw_numbers |= not isinstance(x, jax.core.Tracer)
        return x * x


def has_counts(result: Called, expected: Mapping[str, int]) -> None:
    """The counts of these primitives; what JAX puts around them (conversions, clamps) may change with its version."""
    counts = result.value
    came = type(counts).__name__
    result.require(isinstance(counts, Mapping), "is no dict", expected='a dict such as {"sin": 2}', got=came)
    for name, count in expected.items():
        found = counts.get(name, 0)
        got = f"{found}, in {shown(counts)}"
        result.require(found == count, f"counts {name} wrongly", expected=f"{count}", got=got)


def shown(counts: Mapping[str, int]) -> str:
    inside = ", ".join(f'"{name}": {count}' for name, count in sorted(counts.items()))
    return f"{{{inside}}}"


@check(
    "primitive_counts",
    "correct",
    hint="jax.make_jaxpr(function)(*args).eqns is a list of equations; each has a primitive, and that has a name.",
)
def test_primitive_counts_by_hand(learner: Learner) -> None:
    try:
        result = learner.primitive_counts(sines, jnp.ones(3))
    except RaisedError as error:
        if "Comparator" in error.message:  # JAX sorts the keys of a dict, and cannot
            error.hint = "The keys of the dict are strings: equation.primitive.name."
        raise
    has_counts(result, {"sin": 3, "mul": 1})
    expected = {"sin": 3, "mul": 1}
    result.require(
        dict(result.value) == expected,
        "counts something else, too",
        expected=shown(expected),
        got=shown(result.value),
    )


@check(
    "primitive_counts",
    "correct",
    hint="The equation of a jit holds another jaxpr among its params. Count the equation, then visit what it holds. "
    "A function that is called twice stands there twice.",
)
def test_primitive_counts_looks_into_jit(learner: Learner) -> None:
    result = learner.primitive_counts(calls_compiled_sines, jnp.ones(3))
    has_counts(result, {"jit": 2, "sin": 6, "mul": 3, "cos": 1})


@check("primitive_counts", "correct", hint="The body of a scan is written once, however often it runs.")
def test_primitive_counts_looks_into_scan(learner: Learner) -> None:
    result = learner.primitive_counts(scans, jnp.float32(1.0), jnp.ones(5))
    has_counts(result, {"scan": 1, "sin": 1, "add": 1, "cos": 1})


@check(
    "primitive_counts", "correct", hint="The branches of a cond are a tuple of jaxprs: look into tuples, too."
)
def test_primitive_counts_looks_into_branches(learner: Learner) -> None:
    result = learner.primitive_counts(branches, jnp.int32(1), jnp.ones(3))
    has_counts(result, {"cond": 1, "sin": 1, "cos": 2, "tan": 1})


@check(
    "primitive_counts",
    "correct",
    hint="A while has two jaxprs, cond_jaxpr and body_jaxpr. Go by what a parameter is, not by its name.",
)
def test_primitive_counts_looks_into_while(learner: Learner) -> None:
    has_counts(
        learner.primitive_counts(waits, jnp.float32(1.0)), {"while": 1, "lt": 1, "cos": 1, "sin": 1, "tan": 2}
    )


@check(
    "primitive_counts",
    "correct",
    hint="Whatever holds a jaxpr is to be looked into: custom_jvp, custom_vjp and checkpoint do, too. Some parameters "
    "are a ClosedJaxpr (which has a .jaxpr), some a Jaxpr; both have .eqns.",
)
def test_primitive_counts_looks_into_everything(learner: Learner) -> None:
    result = learner.primitive_counts(has_derivative_rules, jnp.ones(3))
    has_counts(result, {"sin": 1, "cos": 2, "tan": 1, "add": 1})
    has_counts(learner.primitive_counts(remembers_little, jnp.ones(3)), {"sin": 3, "mul": 1})


@check(
    "primitive_counts",
    "correct",
    hint="What you find inside may hold programs of its own: let it call itself.",
)
def test_primitive_counts_looks_deep(learner: Learner) -> None:
    result = learner.primitive_counts(nests, jnp.float32(1.0))
    has_counts(result, {"scan": 1, "cond": 1, "sin": 3, "mul": 1, "cos": 1})


@check(
    "primitive_counts",
    "jit",
    hint="jax.make_jaxpr traces and computes nothing; let it alone call the function.",
)
def test_primitive_counts_runs_nothing(learner: Learner) -> None:
    spy = Spy()
    result = learner.primitive_counts(spy, jnp.ones(3))
    result.require(
        not spy.saw_numbers,
        "runs the function",
        expected="a call with tracers alone",
        got="a call with an array of numbers",
    )


@check(
    "primitive_counts",
    "jit",
    hint="Pass args on as they are: jax.make_jaxpr takes arrays, trees and shapes alike.",
)
def test_primitive_counts_takes_shapes_alone(learner: Learner) -> None:
    shape = jax.ShapeDtypeStruct((10**6, 10**6), jnp.float32)  # as numbers, 4 TB
    has_counts(learner.primitive_counts(sines, shape), {"sin": 3, "mul": 1})


# ---- count_traces


def double(x: jax.Array) -> jax.Array:
    return x + x


def scaled(x: jax.Array, factor: Any) -> Any:
    return x * factor


def add_leaves(tree: dict[str, jax.Array]) -> jax.Array:
    return sum(tree.values(), start=jnp.zeros(3))


def is_count(result: Called, expected: int) -> None:
    result.require(
        type(result.value) is int,
        "returned the wrong kind of thing",
        expected="a Python int",
        got=f"{type(result.value).__name__}",
        hint="Count with a plain Python number, and return that.",
    )
    result.require(result.value == expected, "is wrong", expected=str(expected), got=str(result.value))


@check(
    "count_traces",
    "correct",
    hint="Put a function of your own under jit: it adds 1 to a counter, then calls the given one. Python runs it once "
    "for each new shape.",
)
def test_count_traces_by_hand(learner: Learner) -> None:
    zeros, ones, longer = jnp.zeros(3), jnp.ones(3), jnp.ones(4)
    is_count(learner.count_traces(double, [(zeros,), (ones,), (longer,), (zeros,)]), 2)


@check(
    "count_traces",
    "correct",
    hint="No calls, no traces: 0. What counts begins anew with each call of count_traces: no global, "
    "no cache of JAX's.",
)
def test_count_traces_takes_no_calls(learner: Learner) -> None:
    is_count(learner.count_traces(double, []), 0)


@check(
    "count_traces",
    "correct",
    hint="Let jit itself decide. It tells a Python number (weakly typed) from an array of the same dtype, and int from "
    "float; it does not tell 2.0 from 3.0.",
)
def test_count_traces_tells_numbers_from_arrays(learner: Learner) -> None:
    x = jnp.ones(3)
    is_count(learner.count_traces(scaled, [(x, 2.0), (x, 3.0), (x, jnp.float32(2.0)), (x, 2)]), 3)


@check(
    "count_traces", "correct", hint="An argument may be a tree; jit looks at its structure and at its leaves."
)
def test_count_traces_takes_trees(learner: Learner) -> None:
    x = jnp.ones(3)
    is_count(learner.count_traces(add_leaves, [({"a": x},), ({"a": x, "b": x},), ({"a": x},)]), 2)


@check(
    "count_traces",
    "correct",
    hint="jit knows functions by identity: put one that is made anew in each call of count_traces under it, and it "
    "knows nothing yet.",
)
def test_count_traces_starts_from_nothing(learner: Learner) -> None:
    x = jnp.ones(3)
    jax.jit(double)(x)
    for _ in range(2):
        is_count(learner.count_traces(double, [(x,), (x,)]), 1)


@check("count_traces", "jit", hint="Count in a function of your own: its body runs once for each trace.")
def test_count_traces_counts_for_itself(learner: Learner) -> None:
    names = {node.attr for node in ast.walk(learner.file.tree) if isinstance(node, ast.Attribute)}
    Called("count_traces", None).require(
        "_cache_size" not in names,
        "uses what its rules leave out",
        expected="traces that it counts itself",
        got="_cache_size",
    )


@check(
    "count_traces", "jit", hint="Call the function from within your own function under jit, and nowhere else."
)
def test_count_traces_runs_under_jit_alone(learner: Learner) -> None:
    spy, x = Spy(), jnp.ones(3)
    result = learner.count_traces(spy, [(x,), (x,)])
    before, result = spy.runs, learner.count_traces(spy, [(x,), (x,)])
    result.require(
        not spy.saw_numbers,
        "runs the function outside jit",
        expected="calls with tracers alone",
        got="a call with an array of numbers",
    )
    runs = spy.runs - before
    result.require(
        runs == result.value == 1,
        "is not how often the function was traced",
        expected="1, after one trace",
        got=f"{result.value}, after {runs} traces",
    )


@check(
    "count_traces",
    "jit",
    hint="Count with a plain Python number. The arguments of a traced function are tracers: keep none of them.",
)
def test_count_traces_keeps_no_tracer(learner: Learner) -> None:
    x = jnp.ones(3)
    with jax.checking_leaks():
        is_count(learner.count_traces(double, [(x,), (x,)]), 1)


# ---- first_nan_stage


def clear_nans(x: jax.Array) -> jax.Array:
    return jnp.where(jnp.isnan(x), 0.0, x)


def out_of_range(x: Any) -> Any:
    return x * 1e30 * 1e30


def minus_itself(x: jax.Array) -> jax.Array:
    return x - x


def total(x: jax.Array) -> jax.Array:
    return jnp.sum(x)


EXP_LOG_SQRT = (jnp.exp, jnp.log, jnp.sqrt)
LOG_CLEAR_LOG_SQRT = (jnp.log, clear_nans, jnp.log, jnp.sqrt)


@check(
    "first_nan_stage",
    "correct",
    hint="Each stage gets what the last one gave. Which output is the first with a NaN?",
)
def test_first_nan_stage_by_hand(learner: Learner) -> None:
    learner.first_nan_stage(EXP_LOG_SQRT, jnp.array([-1.0, -2.0])).equals(2)
    learner.first_nan_stage((jnp.log, jnp.exp), jnp.array([-1.0, -2.0])).equals(0)


@check("first_nan_stage", "correct", hint="Where no stage makes a NaN, the answer is -1.")
def test_first_nan_stage_finds_none(learner: Learner) -> None:
    learner.first_nan_stage(EXP_LOG_SQRT, jnp.array([1.0, 2.0])).equals(-1)


@check("first_nan_stage", "correct", hint="One NaN among many numbers will do: any, not all.")
def test_first_nan_stage_needs_one_nan(learner: Learner) -> None:
    learner.first_nan_stage(EXP_LOG_SQRT, jnp.array([1.0, -2.0])).equals(2)


@check(
    "first_nan_stage", "correct", hint="A later NaN does not count, also when the first one was cleared away."
)
def test_first_nan_stage_finds_the_first(learner: Learner) -> None:
    # log(-1) is NaN; cleared to 0; log(0) is -inf; its root is NaN again.
    learner.first_nan_stage(LOG_CLEAR_LOG_SQRT, jnp.array([-1.0, 5.0])).equals(0)


@check("first_nan_stage", "correct", hint="An infinity is no NaN: ask jnp.isnan, not jnp.isfinite.")
def test_first_nan_stage_lets_infinity_pass(learner: Learner) -> None:
    learner.first_nan_stage((jnp.log, minus_itself), jnp.array([0.0, 5.0])).equals(1)
    learner.first_nan_stage((out_of_range,), jnp.array([1.0, -1.0])).equals(
        -1
    )  # both infinities, whose sum is NaN


@check(
    "first_nan_stage",
    "correct",
    hint="A stage makes a NaN when there is one in what it gives and none in what it was given.",
)
def test_first_nan_stage_blames_nobody_for_x(learner: Learner) -> None:
    x = jnp.array([jnp.nan, 5.0])
    learner.first_nan_stage((jnp.exp, jnp.log), x).equals(-1)
    learner.first_nan_stage(LOG_CLEAR_LOG_SQRT, x).equals(3)


@check("first_nan_stage", "correct", hint="Outputs may have different shapes: bring each down to one flag.")
def test_first_nan_stage_takes_any_shape(learner: Learner) -> None:
    learner.first_nan_stage((jnp.exp, total, jnp.log), jnp.array([1.0, 5.0])).equals(-1)
    learner.first_nan_stage((total, jnp.sqrt), jnp.array([-7.0, 5.0])).equals(1)


@check("first_nan_stage", "correct", hint="No stages, no NaN: -1, as an array.")
def test_first_nan_stage_takes_no_stages(learner: Learner) -> None:
    learner.first_nan_stage((), jnp.array([1.0, 2.0])).equals(-1)


@check(
    "first_nan_stage",
    "jit",
    hint="A Python loop over the stages is fine, an if on a NaN is not: carry the answer along with jnp.where.",
)
def test_first_nan_stage_compiles_once(learner: Learner) -> None:
    handle = learner.first_nan_stage.jit(static_argnums=0)
    calls = [
        (LOG_CLEAR_LOG_SQRT, jnp.array(x)) for x in ([-1.0, 5.0], [0.5, 5.0], [jnp.nan, 5.0], [5.0, 5.0])
    ]
    for result, expected in zip(compiles_once(handle, calls), (0, 2, 3, -1), strict=True):
        result.equals(expected)


@check("first_nan_stage", "jit", hint="Keep the last output, and go on from there.")
def test_first_nan_stage_runs_each_stage_once(learner: Learner) -> None:
    stages = (jnp.sin, jnp.cos, jnp.tan)
    program = learner.first_nan_stage.jit(static_argnums=0).program(stages, jnp.array([1.0, 2.0]))
    runs = {name: program.primitives[name] for name in ("sin", "cos", "tan")}
    Called(program.call, None).require(
        set(runs.values()) == {1},
        "does not run each stage once",
        expected=shown(dict.fromkeys(runs, 1)),
        got=shown(runs),
    )
