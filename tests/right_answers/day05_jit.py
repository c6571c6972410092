"""Right answers of day 5, written another way; all of them must pass."""

import functools
import itertools
from collections import Counter, defaultdict
from functools import partial, reduce

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

# huber


def huber__clips_the_residual(x, delta):
    """The clipped residual times what it stands for."""
    clipped = jnp.clip(x, -delta, delta)
    return clipped * (x - 0.5 * clipped)


def huber__splits_the_size(x, delta):
    """Splits |x| into a part up to delta and the rest."""
    size = jnp.abs(x)
    inner = jnp.minimum(size, delta)
    return 0.5 * inner**2 + delta * (size - inner)


@jax.jit
def huber__compiled(x, delta):
    """Compiled by the learner, with delta traced."""
    return jax.numpy.select([jnp.abs(x) > delta], [delta * (jnp.abs(x) - delta / 2)], x * x / 2)


def huber__one_element(x, delta):
    """Lifts the loss of one element, which takes a branch."""

    def loss(element):
        size = jnp.abs(element)
        return lax.cond(size <= delta, lambda: 0.5 * element**2, lambda: delta * (size - 0.5 * delta))

    return jax.vmap(loss)(x.reshape(-1)).reshape(x.shape)


def huber__piecewise(x, delta):
    """jnp.piecewise, which keeps its branches in a cache of JAX's own."""
    size = jnp.abs(x)
    return jnp.piecewise(
        x, [size <= delta], [lambda x: 0.5 * x**2, lambda x: delta * (jnp.abs(x) - 0.5 * delta)]
    )


# matrix_power


def matrix_power__from_the_top(matrix, n):
    """Reads the digits from the highest: square, and multiply where the digit is 1."""
    power = jnp.eye(len(matrix), dtype=matrix.dtype)
    for digit in bin(n)[2:]:
        power = jnp.matmul(power, power)
        if digit == "1":
            power = jnp.matmul(power, matrix)
    return power


def matrix_power__recursive(matrix, n):
    """Calls itself with half the exponent, once."""
    if n == 0:
        return jnp.identity(matrix.shape[0], matrix.dtype)
    half = matrix_power(matrix, n // 2)
    return half @ half @ matrix if n % 2 else half @ half


@partial(jax.jit, static_argnames="n")
def matrix_power__chosen_squares(matrix, n):
    """Makes all squares first, then multiplies those that n needs; compiled by the learner."""
    squares = list(itertools.accumulate(range(n.bit_length() - 1), lambda m, _: m @ m, initial=matrix))
    chosen = [square for k, square in enumerate(squares) if n >> k & 1]
    return reduce(jnp.dot, chosen) if chosen else jnp.eye(len(matrix), dtype=matrix.dtype)


def matrix_power__wasteful_loop(matrix, n):
    """Squares once more than it needs."""
    power = jnp.eye(matrix.shape[0]).astype(matrix.dtype)
    while n > 0:
        if n & 1:
            power = jnp.einsum("ij,jk->ik", power, matrix)
        matrix = jnp.einsum("ij,jk->ik", matrix, matrix)
        n >>= 1
    return power


# bucketed_sum


def bucketed_sum__pads_with_jax(x, total=jax.jit(lambda padded: jnp.sum(padded))):
    """Pads with JAX, and has its compiled function made beforehand."""
    size = 16
    while size < x.shape[0]:
        size *= 2
    return total(jnp.pad(x, (0, size - x.shape[0])))


def bucketed_sum__multiples(x, total=jax.jit(lambda padded: padded.sum())):
    """Pads to the next multiple of 256."""
    buckets = max(1, -(-len(x) // 256))
    return total(np.concatenate([np.asarray(x), np.zeros(256 * buckets - len(x), np.float32)]))


def bucketed_sum__one_for_each_size(
    x, made=functools.cache(lambda size: jax.jit(lambda padded: jnp.ones(size) @ padded))
):
    """Keeps one compiled function a size."""
    size = 1 << (max(len(x), 1) - 1).bit_length()
    return made(size)(np.pad(x, (0, size - len(x))))


def bucketed_sum__masked(
    x, total=jax.jit(lambda padded, n: jnp.where(jnp.arange(len(padded)) < n, padded, 0).sum())
):
    """Tells the compiled function the length as a traced number."""
    padded = np.full(2 ** (len(x) - 1).bit_length(), 7, x.dtype)
    padded[: len(x)] = x
    return total(padded, len(x))


def bucketed_sum__kept_on_the_function(x):
    """Keeps the compiled function as an attribute."""
    if not hasattr(bucketed_sum, "total"):

        @jax.jit
        def total(padded):
            return padded.sum()

        bucketed_sum.total = total
    sizes = [0, 64, 128, 256, 512, 1024]
    size = next((size for size in sizes if size >= len(x)), -(-len(x) // 1024) * 1024)
    return bucketed_sum.total(np.pad(np.asarray(x), (0, size - len(x))))


# mandelbrot


def mandelbrot__scan(c, n_iterations):
    """Scans, and keeps nothing but the carry."""

    def iterate(carry, _):
        z, count = carry
        z = z * z + c
        return (z, count + jnp.where(jnp.abs(z) <= 2.0, 1, 0)), None

    start = jnp.zeros_like(c), jnp.zeros(c.shape, jnp.int32)
    (_, count), _ = lax.scan(iterate, start, None, length=n_iterations)
    return count


def mandelbrot__real_arithmetic(c, n_iterations):
    """Computes with real and imaginary parts, and squares instead of roots."""
    x0, y0 = c.real, c.imag

    def iterate(_, carry):
        x, y, count = carry
        x, y = x * x - y * y + x0, 2 * x * y + y0
        return x, y, count + (x * x + y * y <= 4)

    start = jnp.zeros_like(x0), jnp.zeros_like(y0), jnp.zeros(c.shape, int)
    return lax.fori_loop(0, n_iterations, iterate, start)[2]


def mandelbrot__stops_when_all_are_out(c, n_iterations):
    """A while_loop that ends early."""

    def goes_on(carry):
        k, z, _ = carry
        return (k < n_iterations) & jnp.any(jnp.abs(z) <= 2)

    def iterate(carry):
        k, z, count = carry
        z = jnp.where(jnp.abs(z) <= 2, z**2 + c, z)
        return k + 1, z, count + (jnp.abs(z) <= 2).astype(int)

    return lax.while_loop(goes_on, iterate, (0, jnp.zeros_like(c), jnp.zeros(c.shape, int)))[2]


@partial(jax.jit, static_argnums=1)
def mandelbrot__one_point_lifted(c, n_iterations):
    """Lifts the loop of one point over the grid; compiled by the learner."""

    def escape(point):
        def goes_on(carry):
            z, count = carry
            return (count < n_iterations) & (jnp.abs(z**2 + point) <= 2)

        return lax.while_loop(goes_on, lambda s: (s[0] ** 2 + point, s[1] + 1), (0 * point, jnp.array(0)))[1]

    return jax.vmap(jax.vmap(escape))(c)


# life_run


def life_run__while_loop(board, n_steps, step):
    """Counts down in a while_loop."""

    def advance(state):
        left, cells = state
        return left - 1, jnp.asarray(step(cells), board.dtype)

    return lax.while_loop(lambda state: state[0] > 0, advance, (n_steps, board))[1]


@partial(jax.jit, static_argnames="step")
def life_run__compiled(board, n_steps, step):
    """Compiled by the learner, with step alone static."""

    def body(k, cells):
        return step(cells).astype(cells.dtype)

    return lax.fori_loop(0, n_steps, body, board)


def life_run__compiled_step(board, n_steps, step):
    """Compiles the step, and loops in lax."""
    fast_step = jax.jit(step)
    return lax.fori_loop(
        0, n_steps, lambda _, cells: lax.convert_element_type(fast_step(cells), cells.dtype), board
    )


# primitive_counts


def primitive_counts__a_worklist(function, *args):
    """Keeps a list of what is still to visit."""
    counts, waiting = {}, [jax.make_jaxpr(function)(*args).jaxpr]
    while waiting:
        for equation in waiting.pop().eqns:
            name = str(equation.primitive)
            counts[name] = counts.get(name, 0) + 1
            for value in equation.params.values():
                for inner in value if isinstance(value, (tuple, list)) else [value]:
                    if isinstance(inner, jax.extend.core.ClosedJaxpr):
                        inner = inner.jaxpr
                    if isinstance(inner, jax.extend.core.Jaxpr):
                        waiting.append(inner)
    return counts


def primitive_counts__adds_counters(function, *args):
    """Each program gives its own counts; the sums are a Counter."""

    def count(jaxpr):
        total = Counter(equation.primitive.name for equation in jaxpr.eqns)
        for equation in jaxpr.eqns:
            for value in equation.params.values():
                inner = value if isinstance(value, tuple) else (value,)
                for one in inner:
                    if hasattr(one, "eqns"):
                        total += count(one)
        return total

    return count(jax.jit(function).trace(*args).jaxpr)


def primitive_counts__generator(function, *args):
    """Walks over all equations with a generator."""

    def walk(jaxpr):
        for equation in jaxpr.eqns:
            yield equation.primitive.name
            for leaf in jax.tree.leaves(equation.params):
                yield from walk(leaf) if hasattr(leaf, "eqns") else ()

    counts = defaultdict(int)
    for name in walk(jax.make_jaxpr(lambda *arguments: function(*arguments))(*args)):
        counts[name] += 1
    return counts


# count_traces


def count_traces__appends(function, calls):
    """A list that grows by one a trace."""
    traces = []

    @jax.jit
    def noted(*arguments):
        traces.append("trace")
        return function(*arguments)

    for arguments in calls:
        noted(*arguments)
    return len(traces)


def count_traces__traces_only(function, calls):
    """Never runs anything: traces are enough."""
    traces = itertools.count()

    def counted(*arguments):
        next(traces)
        return function(*arguments)

    compiled = jax.jit(counted)
    for arguments in calls:
        compiled.trace(*arguments)
    return next(traces)


def count_traces__a_class(function, calls):
    """A counter with a state of its own."""

    class Counted:
        def __init__(self):
            self.traces = 0

        def run(self, *arguments):
            self.traces += 1
            return function(*arguments)

    counted = Counted()
    run = jax.jit(counted.run)
    for arguments in calls:
        jax.block_until_ready(run(*arguments))
    return counted.traces


def count_traces__wraps(function, calls):
    """Wraps the function and asks for shapes alone."""
    traces = 0

    @jax.jit
    @functools.wraps(function)
    def counted(*arguments, **keywords):
        nonlocal traces
        traces += 1
        return function(*arguments, **keywords)

    for arguments in calls:
        jax.eval_shape(counted, *arguments)
    return traces


# first_nan_stage


def first_nan_stage__argmax(stages, x):
    """Collects flags, with one more at the end that is always set."""
    had_nan, made = jnp.any(jnp.isnan(x)), []
    for stage in stages:
        x = stage(x)
        has_nan = jnp.any(jnp.isnan(x))
        made.append(has_nan & ~had_nan)
        had_nan = has_nan
    place = jnp.argmax(jnp.array([*made, True]))
    return jnp.where(place == len(stages), -1, place)


def first_nan_stage__backwards(stages, x):
    """Lets earlier stages overwrite later ones."""
    outputs = list(itertools.accumulate(stages, lambda y, stage: stage(y), initial=x))
    flags = [(y != y).any() for y in outputs]
    answer = jnp.int32(-1)
    for k in reversed(range(len(stages))):
        answer = jnp.where(jnp.logical_and(flags[k + 1], jnp.logical_not(flags[k])), k, answer)
    return answer


def first_nan_stage__select(stages, x):
    """A cascade of choices."""
    has_nan = [jnp.isnan(jnp.sum(jnp.where(jnp.isnan(x), x, 0)))]
    for stage in stages:
        x = stage(x)
        has_nan.append(jnp.isnan(jnp.sum(jnp.where(jnp.isnan(x), x, 0))))
    if not stages:
        return jnp.asarray(-1)
    conditions = [after & ~before for before, after in itertools.pairwise(has_nan)]
    return jnp.select(conditions, list(jnp.arange(len(stages))), -1)


@partial(jax.jit, static_argnums=0)
def first_nan_stage__cond(stages, x):
    """Carries the answer through a cond; compiled by the learner."""
    first, had_nan = jnp.array(-1), jnp.isnan(x).any()
    for k, stage in enumerate(stages):
        x = stage(x)
        has_nan = jnp.isnan(x).any()
        found = has_nan & ~had_nan & (first == -1)
        first = lax.cond(found, lambda old, k=k: jnp.full_like(old, k), lambda old: old, first)
        had_nan = has_nan
    return first
