"""Honest other ways through day 6; every check must let them pass."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax
from jax.flatten_util import ravel_pytree
from jax.scipy.linalg import lu_factor, lu_solve
from jax.scipy.signal import convolve2d

# gram_matrix


def gram_matrix__closures(kernel, x, y):
    """Nests two maps and closes over one point."""
    return jax.vmap(lambda a: jax.vmap(lambda b: kernel(a, b))(y))(x)


def gram_matrix__columns_first(kernel, x, y):
    """Builds columns and puts them where columns belong."""
    return jax.vmap(jax.vmap(kernel, (0, None)), (None, 0), out_axes=1)(x, y)


def gram_matrix__all_pairs(kernel, x, y):
    """Lists all pairs, maps once, and folds the result."""
    n, m = len(x), len(y)
    i, j = jnp.divmod(jnp.arange(n * m), m)
    return jax.vmap(kernel)(x[i], y[j]).reshape(n, m)


@partial(jax.jit, static_argnums=0)
def gram_matrix__compiled(kernel, x, y):
    """Compiled by the learner."""
    row = jax.vmap(kernel, in_axes=(None, 0))
    return jax.vmap(partial(row), in_axes=(0, None))(x, y)


# convolve_batch


def convolve_batch__in_axes_for_both(signals, kernel):
    """Shares the kernel with None."""
    one = partial(jnp.convolve, mode="valid")
    return jax.vmap(one, in_axes=(1, None), out_axes=1)(signals, kernel)


def convolve_batch__transposes(signals, kernel):
    """Turns the columns into rows and back."""
    return jax.vmap(lambda signal: jnp.convolve(signal, kernel, mode="valid"))(signals.T).T


def convolve_batch__taps(signals, kernel):
    """Adds one shifted copy of all signals for each tap."""
    n, k = len(signals), len(kernel)
    return sum(kernel[j] * signals[k - 1 - j : n - j] for j in range(k))


def convolve_batch__windows(signals, kernel):
    """Gathers all windows and contracts them with the kernel, turned round."""
    n, k = len(signals), len(kernel)
    windows = signals[jnp.arange(n - k + 1)[:, None] + jnp.arange(k)]
    return jnp.einsum("tkb,k->tb", windows, kernel[::-1])


def convolve_batch__two_dimensions(signals, kernel):
    """Convolves in two dimensions with a kernel one column wide."""
    return convolve2d(signals, kernel[:, None], mode="valid")


def convolve_batch__lax(signals, kernel):
    """Calls XLA's convolution, which has a batch axis of its own."""
    out = lax.conv(signals.T[:, None, :], kernel[None, None, ::-1], (1,), "VALID")
    return out[:, 0].T


def convolve_batch__fourier(signals, kernel):
    """Multiplies in Fourier space."""
    n, k = len(signals), len(kernel)
    spectrum = jnp.fft.rfft(signals, axis=0) * jnp.fft.rfft(kernel, n)[:, None]
    return jnp.fft.irfft(spectrum, n, axis=0)[k - 1 :]


# attention


def attention__einsum(q, k, v):
    """Names all axes."""
    scores = jnp.einsum("bnhd,bmhd->bhnm", q, k) / jnp.sqrt(q.shape[-1])
    return jnp.einsum("bhnm,bmhe->bnhe", jax.nn.softmax(scores, axis=-1), v)


def attention__batch_inside(q, k, v):
    """Lifts over examples first, then over heads, with softmax by hand."""

    def head(q, k, v):
        scores = q @ k.T * q.shape[1] ** -0.5
        weights = jnp.exp(scores - scores.max(axis=1, keepdims=True))
        return (weights @ v) / weights.sum(axis=1, keepdims=True)

    return jax.vmap(jax.vmap(head), in_axes=2, out_axes=2)(q, k, v)


def attention__matmul(q, k, v):
    """Moves the heads to the front and multiplies batches of matrices."""
    q, k, v = (jnp.moveaxis(x, 2, 1) for x in (q, k, v))
    weights = jax.nn.softmax(q @ jnp.swapaxes(k, -1, -2) / q.shape[-1] ** 0.5, axis=-1)
    return jnp.moveaxis(weights @ v, 1, 2)


@jax.jit
def attention__one_query_at_a_time(q, k, v):
    """Lifts three times: over queries, heads and examples; compiled by the learner."""

    def query(q, k, v):
        return jax.nn.softmax(k @ q / jnp.sqrt(1.0 * q.size)) @ v

    head = jax.vmap(query, in_axes=(0, None, None))
    return jax.vmap(jax.vmap(head, in_axes=(1, 1, 1), out_axes=1))(q, k, v)


# per_example_gradients


def per_example_gradients__closure(loss, params, x, y):
    """Closes over the parameters."""
    gradient = jax.grad(loss)
    return jax.vmap(lambda a, b: gradient(params, a, b))(x, y)


def per_example_gradients__jacobian(loss, params, x, y):
    """Differentiates all losses at once: the rows of the Jacobian are the gradients."""
    return jax.jacrev(lambda p: jax.vmap(loss, in_axes=(None, 0, 0))(p, x, y))(params)


def per_example_gradients__copies(loss, params, x, y):
    """Gives each example parameters of its own, and differentiates the sum by all of them."""
    copies = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (len(x), *leaf.shape)), params)
    return jax.grad(lambda each: jax.vmap(loss)(each, x, y).sum())(copies)


def per_example_gradients__forwards(loss, params, x, y):
    """Pushes every basis direction forwards."""
    return jax.vmap(jax.jacfwd(loss), in_axes=(None, 0, 0))(params, x, y)


@partial(jax.jit, static_argnames="loss")
def per_example_gradients__value_and_grad(loss, params, x, y):
    """Drops the values; compiled by the learner."""
    _, gradients = jax.vmap(jax.value_and_grad(loss), in_axes=(None, 0, 0))(params, x, y)
    return gradients


# solve_many


def solve_many__transposes(systems):
    """Turns the rows into columns and back."""
    return jnp.linalg.solve(systems["a"], systems["b"].T).T


def solve_many__two_arguments(systems):
    """Lifts with one axis for each argument."""
    return jax.vmap(jnp.linalg.solve, in_axes=(None, 0))(systems["a"], systems["b"])


def solve_many__columns(systems):
    """Closes over the matrix; columns in, columns out."""
    a = systems["a"]
    return jax.vmap(lambda b: jnp.linalg.solve(a, b))(systems["b"])


def solve_many__factors(systems):
    """Factorises once and uses the factors for all."""
    factors = lu_factor(systems["a"])
    return jax.vmap(lambda b: lu_solve(factors, b))(systems["b"])


@jax.jit
def solve_many__jax_scipy(systems):
    """The SciPy way, with a dict of axes by attribute; compiled by the learner."""
    axes = dict.fromkeys(systems) | {"b": 0}
    return jax.vmap(lambda s: jax.scipy.linalg.solve(s["a"], s["b"]), in_axes=(axes,))(systems)


# ray_march


def ray_march__distances_lifted(origins, directions, distance, n_steps):
    """Lifts the distance only and moves all rays in step."""
    distances = jax.vmap(distance)
    t = jnp.zeros(len(origins))
    for _ in range(n_steps):
        t = t + distances(origins + t[:, None] * directions)
    hit = jnp.abs(distances(origins + t[:, None] * directions)) <= 1e-3
    return jnp.where(hit, t, jnp.inf)


def ray_march__scan(origins, directions, distance, n_steps):
    """Scans over steps and carries the points along."""

    def march(origin, direction):
        def step(carry, _):
            t, here = carry
            t = t + here
            return (t, distance(origin + t * direction)), None

        (t, here), _ = lax.scan(step, (jnp.zeros(()), distance(origin)), length=n_steps)
        return jnp.where((here <= 1e-3) & (here >= -1e-3), t, jnp.inf)

    return jax.vmap(march)(origins, directions)


def ray_march__stops_early(origins, directions, distance, n_steps):
    """Stays where it has hit."""

    def march(origin, direction):
        def step(_, t):
            here = distance(origin + t * direction)
            return jnp.where(jnp.abs(here) <= 1e-3, t, t + here)

        t = lax.fori_loop(0, n_steps, step, 0.0)
        return jnp.where(jnp.abs(distance(origin + t * direction)) <= 1e-3, t, jnp.inf)

    return jax.vmap(march)(origins, directions)


@partial(jax.jit, static_argnames=("distance", "n_steps"))
def ray_march__while(origins, directions, distance, n_steps):
    """Marches until it is near, with a while loop; compiled by the learner."""

    def march(origin, direction):
        def far(state):
            steps, _, here = state
            return (steps < n_steps) & (jnp.abs(here) > 1e-3)

        def step(state):
            steps, t, here = state
            t = t + here
            return steps + 1, t, distance(origin + t * direction)

        _, t, here = lax.while_loop(far, step, (0, jnp.zeros(()), distance(origin)))
        return jnp.where(jnp.abs(here) <= 1e-3, t, jnp.inf)

    return jax.vmap(march)(origins, directions)


# batch_standardize


def batch_standardize__sums(x):
    """Sums, and divides by the size of the axis."""
    n = lax.axis_size("batch")
    centred = x - lax.psum(x, "batch") / n
    return centred * lax.rsqrt(lax.psum(jnp.square(centred), "batch") / n + 1e-5)


def batch_standardize__gathers(x):
    """Gathers the whole batch and looks for its statistics there."""
    everyone = lax.all_gather(x, "batch")
    return (x - everyone.mean(axis=0)) / jnp.sqrt(everyone.var(axis=0) + 1e-5)


@jax.jit
def batch_standardize__compiled(x):
    """Compiled by the learner, inside the map."""
    mean = jax.lax.pmean(x, axis_name="batch")
    variance = jax.lax.pmean((x - mean) ** 2, axis_name="batch")
    return (x - mean) / (variance + 1e-5) ** 0.5


def batch_standardize__counts(x):
    """Counts the batch by summing ones."""
    n = lax.psum(1, "batch")
    centred = x - lax.psum(x, "batch") / n
    return centred / jnp.sqrt(lax.psum(centred * centred, "batch") / n + 1e-5)


# dp_sgd_gradient


def dp_sgd_gradient__one_long_vector(key, loss, params, x, y, clip, noise):
    """Lays each gradient out as one vector."""
    _, unravel = ravel_pytree(params)
    gradients = jax.vmap(lambda a, b: ravel_pytree(jax.grad(loss)(params, a, b))[0])(x, y)
    norms = jnp.linalg.norm(gradients, axis=1, keepdims=True)
    clipped = gradients * jnp.minimum(1.0, clip / jnp.maximum(norms, 1e-12))
    draw = jax.random.normal(key, clipped.shape[1:])
    return unravel((clipped.sum(axis=0) + noise * clip * draw) / len(x))


def dp_sgd_gradient__clips_the_stack(key, loss, params, x, y, clip, noise):
    """Takes all gradients first, then norms and scales along the batch axis."""
    each = jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(params, x, y)
    leaves, structure = jax.tree.flatten(each)
    n = len(x)
    norms = jnp.sqrt(sum(jnp.sum(leaf.reshape(n, -1) ** 2, axis=1) for leaf in leaves))
    scales = jnp.where(norms > clip, clip / jnp.where(norms > 0, norms, 1), 1)
    totals = [jnp.tensordot(scales, leaf, axes=1) for leaf in leaves]
    keys = [jax.random.fold_in(key, i) for i in range(len(leaves))]
    noisy = [
        (total + noise * clip * jax.random.normal(k, total.shape)) / n
        for total, k in zip(totals, keys, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@partial(jax.jit, static_argnums=1)
def dp_sgd_gradient__weighted_loss(key, loss, params, x, y, clip, noise):
    """Differentiates the weighted mean loss, with weights that clip; compiled by the learner."""

    def norm(a, b):
        squares = jax.tree.map(lambda g: jnp.vdot(g, g), jax.grad(loss)(params, a, b))
        return jnp.sqrt(jax.tree.reduce(jnp.add, squares))

    norms = jax.vmap(norm)(x, y)
    weights = jnp.minimum(1, clip / jnp.where(norms == 0, 1, norms))

    def weighted(p):
        return weights @ jax.vmap(lambda a, b: loss(p, a, b))(x, y) / x.shape[0]

    gradient = jax.grad(weighted)(params)
    structure = jax.tree.structure(gradient)
    keys = jax.tree.unflatten(structure, list(jax.random.split(key, structure.num_leaves)))
    return jax.tree.map(
        lambda g, k: g + noise * clip / x.shape[0] * jax.random.normal(k, g.shape, g.dtype), gradient, keys
    )
