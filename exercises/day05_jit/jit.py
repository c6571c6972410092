"""Day 5: tracing and compilation.

`jit` runs your Python once, with tracers for arrays, and keeps the program that comes out of it. What is
static decides the program, what is traced flows through it, and a new shape asks for a new one.
Lesson: README.md beside this file. Grade: python -m grader day05
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Complex, Float, Float32, Int


def huber(x: Float[Array, "*shape"], delta: float | Float[Array, ""]) -> Float[Array, "*shape"]:
    """Compute the Huber loss of each element: a parabola near 0, straight lines outside.

        h(x) = ½ x²             where |x| ≤ δ
               δ (|x| − ½ δ)    elsewhere

    δ is finite and ≥ 0; δ = 0 gives zeros. Elements may be as large as 1e30, whose square is no
    float32, or infinite: then the loss is, too. Its derivative by a finite x, which `jax.grad` finds,
    is x within and ±δ outside.

        huber([-3, 0.5, 2], 2) = [4, 0.125, 2]

    Rules: `delta` is a Python number or traced, and all values of it share one program, also
    when you put `jax.jit` around it yourself. Not through `optax`.
    Reference: P. J. Huber 1964, "Robust estimation of a location parameter".
    """
    # Your code here: about 2 lines.
    raise NotImplementedError


def matrix_power(matrix: Float[Array, "d d"], n: int) -> Float[Array, "d d"]:
    """Raise a square matrix of floats to the power `n`, by squaring.

        M⁰ = I    M²ᵏ = (Mᵏ)²    M²ᵏ⁺¹ = M · M²ᵏ

    n ≥ 0, however large. The dtype stays; what is too large for it is not finite. Derivatives by the
    matrix are those of the product. A program that has n − 1 products is right, and too long: the bits
    of n tell which squares are needed. 13 = 8 + 4 + 1, so M¹³ = M⁸ · M⁴ · M.

        matrix_power([[1, 1], [0, 1]], 5) = [[1, 5], [0, 1]]

    Rules: `n` is static, so Python's own loops and branches may use it. The program is written
    out: at most two products for each binary digit of n, and no loop from `jax.lax`.
    Not through `jnp.linalg`.
    Reference: D. E. Knuth, "The Art of Computer Programming", volume 2, section 4.6.3.
    """
    # Your code here: about 8 lines.
    raise NotImplementedError


def bucketed_sum(x: Float32[Array, "n"]) -> Float32[Array, ""]:
    """Sum `x` with a compiled function that sees few lengths, whatever lengths come.

    Each new shape is a new program. So pad `x` with zeros to the next size of a short list (the
    powers of two, say), and hand the padded array to a function that you have put under `jax.jit`.
    No elements at all give 0, and more than any list foresaw give their sum, too. A NaN in `x`
    makes the sum NaN.

        bucketed_sum([1, 2, 3, 4, 5]) = 15, computed from [1, 2, 3, 4, 5, 0, 0, 0]

    Rules: `bucketed_sum` itself is not compiled; it is called as it is. Twenty calls with twenty
    lengths from 33 to 1024 make at most five traces, and at least one. Counted is every trace of
    a function that is defined in your file or given to `jax.jit` there. You may add what you
    need at the top level of the file. Padding may be done in NumPy.
    Reference: JAX documentation, "Just-in-time compilation".
    """
    # Your code here: about 4 lines.
    raise NotImplementedError


def mandelbrot(c: Complex[Array, "h w"], n_iterations: int) -> Int[Array, "h w"]:
    """Count, for each point of a grid, how many iterations it takes to escape.

        z₀ = 0    zₖ₊₁ = zₖ² + c
        count = how many of z₁ .. zₙ lie within |z| ≤ 2,   n = n_iterations

    A point that has left never comes back, so the count says when it left; a point of the
    Mandelbrot set has count n. What has left goes on to infinity, and then to NaN: neither lies
    within.

        mandelbrot([[0, 1, 2+2j]], 10) = [[10, 2, 0]]     for c = 1: 1, 2, 5, 26, ...

    Rules: `n_iterations` is static and at least 1. Ten iterations and a thousand are programs of
    the same size, and no value in them holds more than a few grids: keep the counts, not the path.
    It is timed against the same steps, run one operation at a time.
    Reference: B. Mandelbrot 1980, "Fractal aspects of the iteration of z → λz(1 − z)".
    """
    # Your code here: about 6 lines.
    raise NotImplementedError


def life_run(
    board: Int[Array, "h w"],
    n_steps: int | Int[Array, ""],
    step: Callable[[Array], Array],
) -> Int[Array, "h w"]:
    """Apply `step` to a board `n_steps` times, as one compiled simulation.

        out = step(step( ... step(board)))     n_steps times

    No steps give the board back. `step` gives a board of the same shape; its dtype may differ (a
    rule often ends in a comparison, which gives booleans), but every step sees the dtype that
    `board` has, and so does the caller.

        life_run([[1, 0, 0]], 2, roll_right) = [[0, 0, 1]]

    Rules: `n_steps` is a Python number or traced: 3 steps and 300 share one program. `step` is
    static, and works under `jit`. It is timed against calling `step` in a Python loop.
    Reference: JAX documentation, "jax.lax.fori_loop".
    """
    # Your code here: about 1 line.
    raise NotImplementedError


def primitive_counts(function: Callable[..., Any], *args: Any) -> dict[str, int]:
    """Count how often each primitive occurs in the program of `function(*args)`.

    The program is the jaxpr. Each of its equations has one primitive, known by its name. Some
    equations hold programs of their own: a `jit`, a `scan`, the branches of a `cond`, condition
    and body of a `while`, a function with a derivative rule. Count such an equation once, and
    then what is in it, however deep. A loop's body counts once, for it is written once; a program
    that stands in two places counts twice.

        f(x) = sin(x) * sin(2 * x):   {"sin": 2, "mul": 2}

    Rules: primitives that do not occur are not in the dict. Trace `function`, do not run it:
    entries of `args` may be arrays, trees of arrays, or `jax.ShapeDtypeStruct`s, which have a
    shape and a dtype and no numbers.
    Reference: JAX documentation, "JAX internals: The jaxpr language".
    """
    # Your code here: about 10 lines.
    raise NotImplementedError


def count_traces(function: Callable[..., Any], calls: Sequence[tuple[Any, ...]]) -> int:
    """Count how often `jax.jit` traces `function` over a series of calls.

    `calls` holds a tuple of arguments for each call, in turn.

    Python runs while JAX traces, and at no other time: whatever your code does in there, beside
    computing arrays, happens once a trace. That is all it takes to build a detector of retraces.

    The count starts from nothing, whatever was compiled before: asked twice, it says the same
    twice. No calls give 0. The result is a Python int. You may keep what you like while it counts,
    the arguments of a trace too, as long as nothing of it outlives the call.

        count_traces(sin, [(zeros(3),), (ones(3),), (ones(4),), (zeros(3),)]) = 2

    Rules: all arguments are traced, none is static. `function` itself runs under `jit` alone, and is
    left as it was, without an attribute more. Nothing private of JAX, such as `_cache_size`.
    Reference: JAX documentation, "Just-in-time compilation".
    """
    # Your code here: about 9 lines.
    raise NotImplementedError


def first_nan_stage(stages: Sequence[Callable[[Array], Array]], x: Float[Array, "*shape"]) -> Int[Array, ""]:
    """★ Find the first stage of a pipeline that makes a NaN.

        y₀ = x    yₖ₊₁ = stages[k](yₖ)
        out = the smallest k with a NaN in yₖ₊₁ and none in yₖ,   −1 if there is none

    A NaN that was in `x` is nobody's. An infinity is no NaN. One NaN among many elements will do.
    A stage may change the shape, and may clear NaNs away. No stages give −1.

        first_nan_stage((exp, log, sqrt), [-1.0]) = 2

    Rules: works under `jit` with `stages` static (a tuple), and answers for each x with the same
    program, so no Python branch on values. Each stage is run once.
    Reference: JAX documentation, "jax.numpy.isnan".
    """
    # Your code here: about 7 lines.
    raise NotImplementedError
