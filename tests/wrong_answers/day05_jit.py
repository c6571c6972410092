"""Plausible mistakes of day 5; each must be caught by the check named above it."""

import functools
import re
from collections import Counter
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax

from tests.answers import caught_by

# huber


@caught_by("correct", "by_hand")
def huber__python_branch(x, delta):
    """Branches on a whole array."""
    if jnp.abs(x) <= delta:
        return 0.5 * x**2
    return delta * (jnp.abs(x) - 0.5 * delta)


@caught_by("correct", "by_hand")
def huber__no_half(x, delta):
    """Forgets the half: the two pieces do not meet."""
    return jnp.where(jnp.abs(x) <= delta, x**2, delta * (jnp.abs(x) - 0.5 * delta))


@caught_by("correct", "by_hand")
def huber__sign_lost(x, delta):
    """Forgets the absolute value in the straight part."""
    return jnp.where(jnp.abs(x) <= delta, 0.5 * x**2, delta * (x - 0.5 * delta))


@caught_by("correct", "by_hand")
def huber__one_sided(x, delta):
    """Compares x itself: far to the left it stays a parabola."""
    return jnp.where(x <= delta, 0.5 * x**2, delta * (jnp.abs(x) - 0.5 * delta))


@caught_by("correct", "uses_no_shortcut")
def huber__optax(x, delta):
    """Leaves the work to optax."""
    return optax.losses.huber_loss(x, delta=delta)


@caught_by("correct", "takes_a_delta_of_zero")
def huber__scaled(x, delta):
    """Works in units of delta, and divides by zero."""
    size = jnp.abs(x) / delta
    return delta**2 * jnp.where(size <= 1, 0.5 * size**2, size - 0.5)


@caught_by("correct", "survives_huge_elements")
def huber__masks(x, delta):
    """Multiplies with masks: 0 times an infinite square is NaN."""
    size = jnp.abs(x)
    inside = (size <= delta).astype(x.dtype)
    return inside * 0.5 * x**2 + (1 - inside) * delta * (size - 0.5 * delta)


@caught_by("jit", "shares_one_program")
@partial(jax.jit, static_argnames="delta")
def huber__static_delta(x, delta):
    """Makes delta static: one program for each value of it."""
    return jnp.where(jnp.abs(x) <= delta, 0.5 * x**2, delta * (jnp.abs(x) - 0.5 * delta))


@caught_by("jit", "shares_one_program")
def huber__closes_over_delta(x, delta):
    """Compiles a new function in each call, with delta baked in."""

    @jax.jit
    def loss(x):
        size = jnp.abs(x)
        return jnp.where(size <= delta, 0.5 * x**2, delta * (size - 0.5 * delta))

    return loss(x)


@caught_by("jit", "compiles_once")
def huber__early_return(x, delta):
    """Branches on delta to save work."""
    if delta == 0:
        return jnp.zeros_like(x)
    return jnp.where(jnp.abs(x) <= delta, 0.5 * x**2, delta * (jnp.abs(x) - 0.5 * delta))


@caught_by("jit", "compiles_once")
def huber__float_of_delta(x, delta):
    """Asks for delta as a Python number."""
    delta = float(delta)
    return jnp.where(jnp.abs(x) <= delta, 0.5 * x**2, delta * (jnp.abs(x) - 0.5 * delta))


@caught_by("jit", "compiles_once")
def huber__writes_through_a_mask(x, delta):
    """Picks the outer elements with a mask: how many there are depends on the data."""
    outside = jnp.abs(x) > delta
    return (0.5 * x**2).at[outside].set(delta * (jnp.abs(x[outside]) - 0.5 * delta))


@caught_by("jit", "has_no_python_loop")
def huber__element_by_element(x, delta):
    """Loops over the elements in Python."""
    losses = []
    for value in x.reshape(-1):
        size = jnp.abs(value)
        losses.append(jnp.where(size <= delta, 0.5 * value**2, delta * (size - 0.5 * delta)))
    return jnp.stack(losses).reshape(x.shape)


# matrix_power


@caught_by("correct", "by_hand")
def matrix_power__elementwise(matrix, n):
    """Raises each element to the power."""
    return matrix**n


@caught_by("correct", "by_hand")
def matrix_power__squares_only(matrix, n):
    """Squares as often as n has digits, and leaves out the rest."""
    for _ in range(n.bit_length() - 1):
        matrix = matrix @ matrix
    return matrix


@caught_by("correct", "by_hand")
def matrix_power__one_too_many(matrix, n):
    """Starts at the matrix itself, and so is one power ahead."""
    power = matrix
    while n:
        if n % 2:
            power = power @ matrix
        matrix, n = matrix @ matrix, n // 2
    return power


@caught_by("correct", "by_hand")
@jax.jit
def matrix_power__jit_without_static(matrix, n):
    """Compiles it without saying that n is static."""
    power = jnp.eye(len(matrix), dtype=matrix.dtype)
    while n:
        if n % 2:
            power = power @ matrix
        matrix, n = matrix @ matrix, n // 2
    return power


@caught_by("correct", "uses_no_shortcut")
def matrix_power__library(matrix, n):
    """Leaves the work to jnp.linalg."""
    return jnp.linalg.matrix_power(matrix, n)


@caught_by("correct", "starts_at_the_identity")
def matrix_power__no_identity(matrix, n):
    """Begins at the first power: n = 0 comes out as the matrix."""
    power = None
    square = matrix
    while n > 1:
        if n % 2:
            power = square if power is None else power @ square
        square, n = square @ square, n // 2
    return square if power is None else power @ square


@caught_by("correct", "starts_at_the_identity")
def matrix_power__ones(matrix, n):
    """Takes a matrix of ones for the identity when there is nothing to do."""
    if n == 0:
        return jnp.ones_like(matrix)
    half = matrix
    for digit in bin(n)[3:]:
        half = half @ half
        half = half @ matrix if digit == "1" else half
    return half


@caught_by("correct", "keeps_the_dtype")
def matrix_power__default_dtype(matrix, n):
    """Starts from a float32 identity, whatever the matrix is."""
    power = jnp.eye(len(matrix))
    while n:
        if n % 2:
            power = power @ matrix
        matrix, n = matrix @ matrix, n // 2
    return power


@caught_by("jit", "compiles_once")
def matrix_power__through_numpy(matrix, n):
    """Lets NumPy do it."""
    return jnp.asarray(np.linalg.matrix_power(np.asarray(matrix), n))


@caught_by("jit", "is_written_out")
def matrix_power__fori_loop(matrix, n):
    """Multiplies n times, in a compiled loop."""
    identity = jnp.eye(len(matrix), dtype=matrix.dtype)
    return lax.fori_loop(0, n, lambda _, power: power @ matrix, identity)


@caught_by("jit", "needs_few_products")
def matrix_power__one_by_one(matrix, n):
    """Multiplies n times."""
    power = jnp.eye(len(matrix), dtype=matrix.dtype)
    for _ in range(n):
        power = power @ matrix
    return power


@caught_by("jit", "needs_few_products")
def matrix_power__halves_twice(matrix, n):
    """Halves n, and computes both halves anew."""

    def power(n):
        if n == 0:
            return jnp.eye(len(matrix), dtype=matrix.dtype)
        if n == 1:
            return matrix
        return power(n // 2) @ power(n - n // 2)

    return power(n)


# bucketed_sum


@caught_by("correct", "by_hand")
def bucketed_sum__rounds_down(x):
    """Takes the power of two below: the end of x is cut off."""
    size = 2 ** (len(x).bit_length() - 1)
    return jax.jit(jnp.sum)(x[:size])


@caught_by("correct", "by_hand")
def bucketed_sum__repeats_the_edge(x):
    """Pads with the last element, which then counts again."""
    size = 2 ** (len(x) - 1).bit_length()
    return jax.jit(jnp.sum)(np.pad(x, (0, size - len(x)), mode="edge"))


@caught_by("correct", "by_hand")
def bucketed_sum__mean(x):
    """Multiplies the mean of the padded array by the length of x."""
    padded = np.pad(x, (0, 2 ** (len(x) - 1).bit_length() - len(x)))
    return jax.jit(jnp.mean)(padded) * len(x)


@caught_by("correct", "agrees_with_numpy")
def bucketed_sum__one_short(x):
    """Is one short where the length is a power of two."""
    size = 2 ** (len(x) - 1).bit_length()
    padded = np.pad(x, (0, size - len(x)))
    return jax.jit(lambda padded: padded[:-1].sum())(padded) if len(x) < size else jax.jit(jnp.sum)(x[:-1])


@caught_by("correct", "agrees_with_numpy")
def bucketed_sum__fixed_room(x):
    """Has room for sixteen numbers."""
    padded = np.zeros(16, x.dtype)
    padded[: len(x)] = x
    return jax.jit(jnp.sum)(padded)


@caught_by("correct", "sums_nothing")
def bucketed_sum__logarithm(x):
    """Takes the logarithm of the length; that of 0 is -inf."""
    size = 2 ** int(np.ceil(np.log2(len(x))))
    return jax.jit(jnp.sum)(np.pad(x, (0, size - len(x))))


@caught_by("jit", "makes_few_programs")
@jax.jit
def bucketed_sum__outer_jit(x):
    """Compiles the whole function: a program for each length."""
    size = 2 ** (len(x) - 1).bit_length()
    return jnp.pad(x, (0, size - len(x))).sum()


@caught_by("jit", "makes_few_programs")
def bucketed_sum__no_padding(x, total=jax.jit(lambda x: jnp.sum(x))):
    """Compiles the sum and does not pad."""
    return total(x)


@caught_by("jit", "makes_few_programs")
def bucketed_sum__jit_anew(x):
    """Puts a new function under jit in each call."""
    size = 2 ** (len(x) - 1).bit_length()
    padded = np.pad(x, (0, size - len(x)))
    return jax.jit(lambda padded: jnp.sum(padded))(padded)


@caught_by("jit", "makes_few_programs")
def bucketed_sum__static_length(x, total=jax.jit(lambda padded, n: padded[:n].sum(), static_argnums=1)):
    """Tells the compiled function the length, as a static argument."""
    size = 2 ** (len(x) - 1).bit_length()
    return total(np.pad(x, (0, size - len(x))), len(x))


@caught_by("jit", "makes_few_programs")
def bucketed_sum__many_buckets(x, total=jax.jit(lambda padded: padded.sum())):
    """Pads to the next multiple of eight: still far too many sizes."""
    return total(np.pad(x, (0, -len(x) % 8)))


@caught_by("jit", "makes_few_programs")
def bucketed_sum__cached_by_length(
    x, made=functools.cache(lambda n: jax.jit(lambda padded: padded[:n].sum()))
):
    """Keeps one compiled function for each length."""
    return made(len(x))(np.pad(x, (0, 2 ** (len(x) - 1).bit_length() - len(x))))


@caught_by("jit", "compiles_the_sum")
def bucketed_sum__no_jit(x):
    """Compiles nothing."""
    size = 2 ** (len(x) - 1).bit_length()
    return jnp.sum(np.pad(x, (0, size - len(x))))


# mandelbrot


@caught_by("correct", "by_hand")
def mandelbrot__counts_the_start(c, n_iterations):
    """Counts before it steps: z₀ is counted and zₙ is not."""

    def iterate(_, carry):
        z, count = carry
        return z**2 + c, count + (jnp.abs(z) <= 2)

    return lax.fori_loop(0, n_iterations, iterate, (jnp.zeros_like(c), jnp.zeros(c.shape, int)))[1]


@caught_by("correct", "by_hand")
def mandelbrot__strictly_within(c, n_iterations):
    """Takes the circle itself for outside."""

    def iterate(_, carry):
        z, count = carry
        z = z**2 + c
        return z, count + (jnp.abs(z) < 2)

    return lax.fori_loop(0, n_iterations, iterate, (jnp.zeros_like(c), jnp.zeros(c.shape, int)))[1]


@caught_by("correct", "by_hand")
def mandelbrot__real_start(c, n_iterations):
    """Starts from a real 0: the carry comes out complex."""

    def iterate(_, carry):
        z, count = carry
        z = z**2 + c
        return z, count + (jnp.abs(z) <= 2)

    return lax.fori_loop(0, n_iterations, iterate, (jnp.zeros(c.shape), jnp.zeros(c.shape, int)))[1]


@caught_by("correct", "by_hand")
def mandelbrot__float_counts(c, n_iterations):
    """Counts in floats."""

    def iterate(_, carry):
        z, count = carry
        z = z**2 + c
        return z, count + (jnp.abs(z) <= 2)

    return lax.fori_loop(0, n_iterations, iterate, (jnp.zeros_like(c), jnp.zeros(c.shape)))[1]


@caught_by("correct", "by_hand")
def mandelbrot__all_or_nothing(c, n_iterations):
    """Looks at the end alone."""
    z = lax.fori_loop(0, n_iterations, lambda _, z: z**2 + c, jnp.zeros_like(c))
    return jnp.where(jnp.abs(z) <= 2, n_iterations, 0)


@caught_by("correct", "counts_no_nan")
def mandelbrot__not_outside(c, n_iterations):
    """Takes what is not outside for inside, NaN too."""

    def iterate(_, carry):
        z, count = carry
        z = z**2 + c
        return z, count + jnp.where(jnp.abs(z) > 2, 0, 1)

    return lax.fori_loop(0, n_iterations, iterate, (jnp.zeros_like(c), jnp.zeros(c.shape, int)))[1]


@caught_by("jit", "compiles_once")
def mandelbrot__stops_early(c, n_iterations):
    """Stops when all have left, by a Python branch."""
    z, count = jnp.zeros_like(c), jnp.zeros(c.shape, int)
    for _ in range(n_iterations):
        z = z**2 + c
        within = jnp.abs(z) <= 2
        if not within.any():
            break
        count = count + within
    return count


@caught_by("jit", "compiles_once")
def mandelbrot__through_numpy(c, n_iterations):
    """Iterates in NumPy."""
    z, count = np.zeros(c.shape, np.complex64), np.zeros(c.shape, np.int32)
    with np.errstate(all="ignore"):
        for _ in range(n_iterations):
            z = z**2 + np.asarray(c)
            count += np.abs(z) <= 2
    return jnp.asarray(count)


@caught_by("jit", "has_no_python_loop")
def mandelbrot__python_loop(c, n_iterations):
    """Writes each iteration out."""
    z, count = jnp.zeros_like(c), jnp.zeros(c.shape, int)
    for _ in range(n_iterations):
        z = z**2 + c
        count = count + (jnp.abs(z) <= 2)
    return count


@caught_by("jit", "keeps_no_history")
def mandelbrot__whole_path(c, n_iterations):
    """Collects every grid on the way and counts afterwards."""

    def iterate(z, _):
        z = z**2 + c
        return z, z

    _, path = lax.scan(iterate, jnp.zeros_like(c), length=n_iterations)
    return jnp.sum(jnp.abs(path) <= 2, axis=0)


@caught_by("speed", "beats_eager_steps")
def mandelbrot__each_from_the_start(c, n_iterations):
    """Computes each z from the start again."""

    def z_after(k):
        return lax.fori_loop(0, k, lambda _, z: z**2 + c, jnp.zeros_like(c))

    def iterate(k, count):
        return count + (jnp.abs(z_after(k + 1)) <= 2)

    return lax.fori_loop(0, n_iterations, iterate, jnp.zeros(c.shape, int))


@caught_by("correct", "counts_no_nan")
def mandelbrot__eight_bits(c, n_iterations):
    """Counts in int8."""

    def iterate(_, carry):
        z, count = carry
        z = z * z + c
        return z, count + (jnp.abs(z) <= 2)

    return lax.fori_loop(0, n_iterations, iterate, (jnp.zeros_like(c), jnp.zeros(c.shape, jnp.int8)))[1]


# life_run


@caught_by("correct", "by_hand")
def life_run__one_step_short(board, n_steps, step):
    """Counts from 1."""
    return lax.fori_loop(1, n_steps, lambda _, cells: step(cells).astype(board.dtype), board)


@caught_by("correct", "by_hand")
def life_run__always_from_the_start(board, n_steps, step):
    """Steps from the first board each time."""
    return lax.fori_loop(0, n_steps, lambda _, cells: step(board).astype(board.dtype), board)


@caught_by("correct", "by_hand")
def life_run__step_as_body(board, n_steps, step):
    """Hands step over as it is: the body of a fori_loop gets the counter, too."""
    return lax.fori_loop(0, n_steps, step, board)


@caught_by("correct", "takes_no_steps")
def life_run__first_step_outside(board, n_steps, step):
    """Takes the first step before the loop."""
    first = step(board).astype(board.dtype)
    return lax.fori_loop(1, n_steps, lambda _, cells: step(cells).astype(board.dtype), first)


@caught_by("correct", "keeps_the_dtype")
def life_run__carry_as_it_comes(board, n_steps, step):
    """Leaves the dtype to step: the carry comes out in another one."""
    return lax.fori_loop(0, n_steps, lambda _, cells: step(cells), board)


@caught_by("correct", "keeps_the_dtype")
def life_run__booleans_inside(board, n_steps, step):
    """Runs on the dtype that step gives: its first board is converted, too."""
    inside = jax.eval_shape(step, board).dtype
    return lax.fori_loop(0, n_steps, lambda _, cells: step(cells), board.astype(inside)).astype(board.dtype)


@caught_by("jit", "compiles_once")
def life_run__python_loop(board, n_steps, step):
    """Loops in Python, which wants the number now."""
    for _ in range(n_steps):
        board = step(board).astype(board.dtype)
    return board


@caught_by("jit", "compiles_once")
def life_run__compiled_step(board, n_steps, step):
    """Compiles the step and loops in Python."""
    fast_step = jax.jit(step)
    k = 0
    while k < n_steps:
        board = fast_step(board).astype(board.dtype)
        k += 1
    return board


@caught_by("jit", "compiles_once")
def life_run__scan(board, n_steps, step):
    """Scans; the length of a scan is static."""
    return lax.scan(lambda cells, _: (step(cells).astype(board.dtype), None), board, length=n_steps)[0]


@caught_by("jit", "compiles_once")
@partial(jax.jit, static_argnames=("n_steps", "step"))
def life_run__static_steps(board, n_steps, step):
    """Compiles one program for each number of steps."""
    return lax.fori_loop(0, n_steps, lambda _, cells: step(cells).astype(board.dtype), board)


@caught_by("speed", "beats_eager_steps")
def life_run__fixed_limit(board, n_steps, step):
    """Takes as many steps as anybody may want, and throws the rest away."""

    def advance(cells, k):
        return jnp.where(k < n_steps, step(cells).astype(board.dtype), cells), None

    return lax.scan(advance, board, jnp.arange(200_000))[0]


@caught_by("correct", "keeps_the_dtype")
def life_run__wider_dtype(board, n_steps, step):
    """Converts once at the end, so that no step sees the dtype of the board."""
    cells = lax.fori_loop(0, n_steps, lambda _, cells: step(cells).astype(int), board.astype(int))
    return cells.astype(board.dtype)


@caught_by("correct", "by_hand")
def life_run__at_most_300(board, n_steps, step):
    """Scans over as many steps as seemed enough."""

    def turn(cells, number):
        return jnp.where(number < n_steps, step(cells).astype(cells.dtype), cells), None

    return lax.scan(turn, board, jnp.arange(300))[0]


# primitive_counts


@caught_by("correct", "by_hand")
def primitive_counts__a_set(function, *args):
    """Notes which primitives occur, not how often."""
    return {equation.primitive.name: 1 for equation in jax.make_jaxpr(function)(*args).eqns}


@caught_by("correct", "by_hand")
def primitive_counts__total(function, *args):
    """Counts equations, not primitives."""
    return len(jax.make_jaxpr(function)(*args).eqns)


@caught_by("correct", "by_hand")
def primitive_counts__after_optimization(function, *args):
    """Reads what XLA made of it."""
    text = jax.jit(function).lower(*args).compile().as_text()
    return dict(Counter(re.findall(r"= \S+ ([a-z-]+)\(", text)))


@caught_by("correct", "by_hand")
def primitive_counts__primitives_as_keys(function, *args):
    """Has primitives for keys, not their names."""
    return dict(Counter(equation.primitive for equation in jax.make_jaxpr(function)(*args).eqns))


@caught_by("correct", "looks_into_jit")
def primitive_counts__top_only(function, *args):
    """Does not look into the equations."""
    return dict(Counter(equation.primitive.name for equation in jax.make_jaxpr(function)(*args).eqns))


@caught_by("correct", "looks_into_jit")
def primitive_counts__reads_the_text(function, *args):
    """Reads the printed jaxpr, where a program that stands in two places is printed once."""
    text = str(jax.make_jaxpr(function)(*args))
    return dict(Counter(re.findall(r" = ([a-z_0-9]+)", text.replace("\n", " "))))


@caught_by("correct", "looks_into_jit")
def primitive_counts__leaves_only(function, *args):
    """Does not count an equation that holds a jaxpr."""
    counts = Counter()

    def visit(jaxpr):
        for equation in jaxpr.eqns:
            inner = [v for v in jax.tree.leaves(list(equation.params.values())) if hasattr(v, "eqns")]
            for one in inner:
                visit(one)
            if not inner:
                counts[equation.primitive.name] += 1

    visit(jax.make_jaxpr(function)(*args))
    return dict(counts)


@caught_by("correct", "looks_into_jit")
def primitive_counts__each_program_once(function, *args):
    """Visits a jaxpr that it has seen before no second time."""
    counts, seen = Counter(), set()

    def visit(jaxpr):
        if id(jaxpr) in seen:
            return
        seen.add(id(jaxpr))
        for equation in jaxpr.eqns:
            counts[equation.primitive.name] += 1
            for value in jax.tree.leaves(list(equation.params.values())):
                if hasattr(value, "eqns"):
                    visit(value)

    visit(jax.make_jaxpr(function)(*args))
    return dict(counts)


@caught_by("correct", "looks_into_scan")
def primitive_counts__times_length(function, *args):
    """Counts what runs: the body of a scan as often as it is long."""
    counts = Counter()

    def visit(jaxpr, times):
        for equation in jaxpr.eqns:
            counts[equation.primitive.name] += times
            for value in jax.tree.leaves(list(equation.params.values())):
                if hasattr(value, "eqns"):
                    visit(value, times * equation.params.get("length", 1))

    visit(jax.make_jaxpr(function)(*args), 1)
    return dict(counts)


@caught_by("correct", "looks_into_branches")
def primitive_counts__no_tuples(function, *args):
    """Looks at parameters that are jaxprs, and not into tuples of them."""
    counts = Counter()

    def visit(jaxpr):
        for equation in jaxpr.eqns:
            counts[equation.primitive.name] += 1
            for value in equation.params.values():
                if hasattr(value, "eqns"):
                    visit(value)

    visit(jax.make_jaxpr(function)(*args))
    return dict(counts)


@caught_by("correct", "looks_into_while")
def primitive_counts__by_parameter_name(function, *args):
    """Knows two names of parameters."""
    counts = Counter()

    def visit(jaxpr):
        for equation in jaxpr.eqns:
            counts[equation.primitive.name] += 1
            if "jaxpr" in equation.params:
                visit(equation.params["jaxpr"])
            for branch in equation.params.get("branches", ()):
                visit(branch)

    visit(jax.make_jaxpr(function)(*args))
    return dict(counts)


@caught_by("correct", "looks_into_everything")
def primitive_counts__closed_only(function, *args):
    """Looks into closed jaxprs alone; a checkpoint holds an open one."""
    counts = Counter()

    def visit(jaxpr):
        for equation in jaxpr.eqns:
            counts[equation.primitive.name] += 1
            for value in jax.tree.leaves(list(equation.params.values())):
                if hasattr(value, "jaxpr"):
                    visit(value.jaxpr)

    visit(jax.make_jaxpr(function)(*args))
    return dict(counts)


@caught_by("correct", "looks_deep")
def primitive_counts__one_level(function, *args):
    """Looks one level deep."""
    counts = Counter()
    for equation in jax.make_jaxpr(function)(*args).eqns:
        counts[equation.primitive.name] += 1
        for value in jax.tree.leaves(list(equation.params.values())):
            for inner in getattr(value, "eqns", ()):
                counts[inner.primitive.name] += 1
                for deeper in jax.tree.leaves(list(inner.params.values())):
                    if hasattr(deeper, "eqns") and equation.primitive.name.startswith("custom"):
                        counts.update(e.primitive.name for e in deeper.eqns)
    return dict(counts)


@caught_by("jit", "runs_nothing")
def primitive_counts__runs_it_first(function, *args):
    """Calls the function once, to see whether it works."""
    function(*args)
    counts = Counter()

    def visit(jaxpr):
        for equation in jaxpr.eqns:
            counts[equation.primitive.name] += 1
            for value in jax.tree.leaves(list(equation.params.values())):
                if hasattr(value, "eqns"):
                    visit(value)

    visit(jax.make_jaxpr(function)(*args))
    return dict(counts)


@caught_by("jit", "takes_shapes_alone")
def primitive_counts__wants_arrays(function, *args):
    """Makes arrays of the arguments."""
    counts = Counter()

    def visit(jaxpr):
        for equation in jaxpr.eqns:
            counts[equation.primitive.name] += 1
            for value in jax.tree.leaves(list(equation.params.values())):
                if hasattr(value, "eqns"):
                    visit(value)

    visit(jax.make_jaxpr(function)(*jax.tree.map(jnp.asarray, args)))
    return dict(counts)


# count_traces


@caught_by("correct", "by_hand")
def count_traces__counts_calls(function, calls):
    """Counts outside of the traced function: every call."""
    compiled, count = jax.jit(function), 0
    for arguments in calls:
        compiled(*arguments)
        count += 1
    return count


@caught_by("correct", "by_hand")
def count_traces__jit_anew(function, calls):
    """Puts a new function under jit for each call."""
    count = 0

    def counted(*arguments):
        nonlocal count
        count += 1
        return function(*arguments)

    for arguments in calls:
        jax.jit(lambda *arguments: counted(*arguments))(*arguments)
    return count


@caught_by("correct", "by_hand")
def count_traces__no_jit(function, calls):
    """Forgets jit: Python runs in each call."""
    count = 0

    def counted(*arguments):
        nonlocal count
        count += 1
        return function(*arguments)

    for arguments in calls:
        counted(*arguments)
    return count


@caught_by("correct", "by_hand")
def count_traces__as_an_array(function, calls):
    """Returns the count as an array."""
    count = 0

    def counted(*arguments):
        nonlocal count
        count += 1
        return function(*arguments)

    compiled = jax.jit(counted)
    for arguments in calls:
        compiled(*arguments)
    return jnp.array(count)


@caught_by("correct", "by_hand")
def count_traces__counts_on_the_device(function, calls):
    """Adds 1 as an operation of the program: what is left in the end is a tracer."""
    count = jnp.array(0)

    @jax.jit
    def counted(*arguments):
        nonlocal count
        count = jnp.add(count, 1)
        return function(*arguments)

    for arguments in calls:
        counted(*arguments)
    return int(count)


@caught_by("correct", "tells_numbers_from_arrays")
def count_traces__one_argument(function, calls):
    """Hands the tuple over as one argument."""
    count = 0

    def counted(arguments):
        nonlocal count
        count += 1
        return function(arguments)

    compiled = jax.jit(counted)
    for arguments in calls:
        compiled(arguments)
    return count


@caught_by("correct", "tells_numbers_from_arrays")
def count_traces__distinct_shapes(function, calls):
    """Does by hand what it believes jit to do."""
    return len({tuple((jnp.shape(a), jnp.result_type(a)) for a in arguments) for arguments in calls})


@caught_by("correct", "tells_numbers_from_arrays")
def count_traces__makes_arrays(function, calls):
    """Makes NumPy arrays of all arguments first: no Python numbers are left."""
    count = 0

    @jax.jit
    def counted(*arguments):
        nonlocal count
        count += 1
        return function(*arguments)

    for arguments in calls:
        counted(*jax.tree.map(np.asarray, arguments))
    return count


@caught_by("correct", "takes_trees")
def count_traces__abstract_values(function, calls):
    """Compares what it takes for the key of jit's table: trees have no such key."""
    seen = []
    for arguments in calls:
        kinds = [(a.shape, a.dtype, False) if hasattr(a, "shape") else ((), type(a), True) for a in arguments]
        if kinds not in seen:
            seen.append(kinds)
    return len(seen)


@caught_by("correct", "starts_from_nothing")
def count_traces__cache_size(function, calls):
    """Asks for the size of jit's own table, which others fill, too."""
    compiled = jax.jit(function)
    before = compiled._cache_size()
    for arguments in calls:
        compiled(*arguments)
    return compiled._cache_size() - before


@caught_by("jit", "runs_under_jit_alone")
def count_traces__runs_it_first(function, calls):
    """Calls the function once without jit."""
    count = 0

    @jax.jit
    def counted(*arguments):
        nonlocal count
        count += 1
        return function(*arguments)

    for arguments in calls:
        function(*arguments)
        counted(*arguments)
    return count


@caught_by("jit", "keeps_no_tracer")
def count_traces__keeps_arguments(function, calls):
    """Keeps the arguments of each trace, which are tracers, to count them in the end."""
    seen = []

    @jax.jit
    def counted(*arguments):
        seen.append(arguments)
        return function(*arguments)

    for arguments in calls:
        counted(*arguments)
    return len(seen)


@caught_by("jit", "counts_for_itself")
def count_traces__cleared_cache_size(function, calls):
    """Asks JAX's cache, once it is empty."""
    jax.clear_caches()
    compiled = jax.jit(function)
    for arguments in calls:
        compiled(*arguments)
    return compiled._cache_size()


# first_nan_stage


@caught_by("correct", "by_hand")
def first_nan_stage__the_last(stages, x):
    """Remembers the last stage with a NaN: a NaN goes on through the stages after it."""
    first = jnp.array(-1)
    for k, stage in enumerate(stages):
        x = stage(x)
        first = jnp.where(jnp.isnan(x).any(), k, first)
    return first


@caught_by("correct", "by_hand")
def first_nan_stage__each_from_x(stages, x):
    """Gives x to each stage."""
    first = jnp.array(-1)
    for k, stage in enumerate(stages):
        first = jnp.where((first < 0) & jnp.isnan(stage(x)).any(), k, first)
    return first


@caught_by("correct", "by_hand")
def first_nan_stage__equals_nan(stages, x):
    """Compares with NaN, which equals nothing, itself included."""
    first = jnp.array(-1)
    for k, stage in enumerate(stages):
        x = stage(x)
        first = jnp.where((first < 0) & (x == jnp.nan).any(), k, first)
    return first


@caught_by("correct", "by_hand")
def first_nan_stage__python_int(stages, x):
    """Returns a Python number."""
    for k, stage in enumerate(stages):
        x = stage(x)
        if jnp.isnan(x).any():
            return k
    return -1


@caught_by("correct", "finds_none")
def first_nan_stage__argmax_alone(stages, x):
    """Takes the argmax of flags that may all be False: that is 0."""
    flags = []
    for stage in stages:
        x = stage(x)
        flags.append(jnp.isnan(x).any())
    return jnp.argmax(jnp.array(flags))


@caught_by("correct", "needs_one_nan")
def first_nan_stage__all(stages, x):
    """Wants every element to be NaN."""
    first, had_nan = jnp.array(-1), jnp.isnan(x).any()
    for k, stage in enumerate(stages):
        x = stage(x)
        has_nan = jnp.isnan(x).all()
        first = jnp.where((first < 0) & has_nan & ~had_nan, k, first)
        had_nan = has_nan
    return first


@caught_by("correct", "finds_the_first")
def first_nan_stage__latest_made(stages, x):
    """Lets a later stage that makes a NaN take the first one's place."""
    first, had_nan = jnp.array(-1), jnp.isnan(x).any()
    for k, stage in enumerate(stages):
        x = stage(x)
        has_nan = jnp.isnan(x).any()
        first = jnp.where(has_nan & ~had_nan, k, first)
        had_nan = has_nan
    return first


@caught_by("correct", "lets_infinity_pass")
def first_nan_stage__not_finite(stages, x):
    """Takes an infinity for a NaN."""
    first, was_finite = jnp.array(-1), jnp.isfinite(x).all()
    for k, stage in enumerate(stages):
        x = stage(x)
        is_finite = jnp.isfinite(x).all()
        first = jnp.where((first < 0) & ~is_finite & was_finite, k, first)
        was_finite = is_finite
    return first


@caught_by("correct", "blames_nobody_for_x")
def first_nan_stage__blames_the_first(stages, x):
    """Does not ask what came in."""
    first = jnp.array(-1)
    for k, stage in enumerate(stages):
        x = stage(x)
        first = jnp.where((first < 0) & jnp.isnan(x).any(), k, first)
    return first


@caught_by("correct", "takes_any_shape")
def first_nan_stage__stacks_outputs(stages, x):
    """Stacks the outputs, as if they were all of one shape."""
    outputs = [x]
    for stage in stages:
        outputs.append(stage(outputs[-1]))
    has_nan = jnp.isnan(jnp.stack(outputs)).reshape(len(outputs), -1).any(axis=1)
    made = has_nan[1:] & ~has_nan[:-1]
    return jnp.where(made.any(), jnp.argmax(made), -1)


@caught_by("correct", "takes_no_stages")
def first_nan_stage__empty_argmax(stages, x):
    """Takes the argmax of no flags at all."""
    has_nan = [jnp.isnan(x).any()]
    for stage in stages:
        x = stage(x)
        has_nan.append(jnp.isnan(x).any())
    has_nan = jnp.stack(has_nan)
    made = has_nan[1:] & ~has_nan[:-1]
    return jnp.where(made.any(), jnp.argmax(made), -1)


@caught_by("jit", "compiles_once")
def first_nan_stage__early_return(stages, x):
    """Returns from a Python branch."""
    had_nan = jnp.isnan(x).any()
    for k, stage in enumerate(stages):
        x = stage(x)
        has_nan = jnp.isnan(x).any()
        if has_nan and not had_nan:
            return jnp.array(k)
        had_nan = has_nan
    return jnp.array(-1)


@caught_by("jit", "compiles_once")
def first_nan_stage__nonzero(stages, x):
    """Looks up where the flags are set: how many there are depends on the data."""
    has_nan = [jnp.isnan(x).any()]
    for stage in stages:
        x = stage(x)
        has_nan.append(jnp.isnan(x).any())
    has_nan = jnp.stack(has_nan)
    places = jnp.nonzero(has_nan[1:] & ~has_nan[:-1])[0]
    return places[0] if len(places) else jnp.array(-1)


@caught_by("jit", "runs_each_stage_once")
def first_nan_stage__from_the_start(stages, x):
    """Runs the pipeline up to each stage anew."""

    def has_nan_after(k):
        y = x
        for stage in stages[:k]:
            y = stage(y)
        return jnp.isnan(y).any()

    first = jnp.array(-1)
    for k in range(len(stages)):
        first = jnp.where((first < 0) & has_nan_after(k + 1) & ~has_nan_after(k), k, first)
    return first


@caught_by("correct", "lets_infinity_pass")
def first_nan_stage__of_the_sum(stages, x):
    """Looks at the sum alone, which is NaN for two infinities."""
    found = jnp.asarray(-1)
    for number, stage in enumerate(stages):
        y = stage(x)
        made = jnp.isnan(jnp.sum(y)) & ~jnp.isnan(jnp.sum(x))
        found = jnp.where((found < 0) & made, number, found)
        x = y
    return found
