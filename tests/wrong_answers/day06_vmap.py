"""Plausible mistakes of day 6; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax

from tests.answers import caught_by

# gram_matrix


@caught_by("correct", "by_hand")
def gram_matrix__pairs_in_step(kernel, x, y):
    """Maps both arguments at once, which walks them in step."""
    return jax.vmap(kernel)(x, y)


@caught_by("correct", "by_hand")
def gram_matrix__broadcasts(kernel, x, y):
    """Hands the kernel whole arrays, as if it were written for them."""
    return kernel(x[:, None], y[None, :])


@caught_by("correct", "by_hand")
def gram_matrix__transposed(kernel, x, y):
    """Nests the two maps the wrong way round."""
    return jax.vmap(jax.vmap(kernel, in_axes=(0, None)), in_axes=(None, 0))(x, y)


@caught_by("correct", "agrees_with_a_double_loop")
def gram_matrix__arguments_exchanged(kernel, x, y):
    """Takes every kernel to be symmetric."""
    return jax.vmap(lambda a: jax.vmap(lambda b: kernel(b, a))(y))(x)


@caught_by("correct", "takes_single_points")
def gram_matrix__squeezed(kernel, x, y):
    """Squeezes, and loses axes of size 1."""
    return jnp.squeeze(jax.vmap(lambda a: jax.vmap(lambda b: kernel(a, b))(y))(x))


@caught_by("correct", "takes_points_of_any_shape")
def gram_matrix__vectors_only(kernel, x, y):
    """Takes points to be vectors."""
    (n, d), (m, _) = x.shape, y.shape
    left, right = jnp.repeat(x, m, axis=0), jnp.tile(y, (n, 1))
    return jax.vmap(kernel)(left.reshape(-1, d), right.reshape(-1, d)).reshape(n, m)


@caught_by("jit", "compiles_once")
def gram_matrix__through_numpy(kernel, x, y):
    """Collects numbers in a NumPy array."""
    out = np.zeros((len(x), len(y)), np.float32)
    for i in range(len(x)):
        for j in range(len(y)):
            out[i, j] = kernel(x[i], y[j])
    return jnp.asarray(out)


@caught_by("jit", "takes_all_pairs_at_once")
def gram_matrix__lax_map(kernel, x, y):
    """Walks the rows in a compiled loop."""
    return lax.map(lambda a: jax.vmap(lambda b: kernel(a, b))(y), x)


@caught_by("speed", "beats_the_double_loop")
def gram_matrix__double_loop(kernel, x, y):
    """Visits pair after pair."""
    return jnp.stack([jnp.stack([kernel(a, b) for b in y]) for a in x])


@caught_by("speed", "beats_the_double_loop")
def gram_matrix__vmap_in_a_loop(kernel, x, y):
    """Lifts once and loops over the rest."""
    row = jax.vmap(kernel, in_axes=(None, 0))
    return jnp.stack([row(x[i], y) for i in range(len(x))])


# convolve_batch


@caught_by("correct", "by_hand")
def convolve_batch__rows(signals, kernel):
    """Takes the rows to be the signals."""
    return jax.vmap(lambda signal: jnp.convolve(signal, kernel, mode="valid"))(signals)


@caught_by("correct", "by_hand")
def convolve_batch__transposed(signals, kernel):
    """Maps the columns and forgets where the results go."""
    return jax.vmap(lambda signal: jnp.convolve(signal, kernel, mode="valid"), in_axes=1)(signals)


@caught_by("correct", "by_hand")
def convolve_batch__kernel_mapped(signals, kernel):
    """Maps the kernel as well."""
    return jax.vmap(lambda s, k: jnp.convolve(s, k, mode="valid"), in_axes=(1, 0), out_axes=1)(
        signals, kernel
    )


@caught_by("correct", "by_hand")
def convolve_batch__same_length(signals, kernel):
    """Pads: the result is as long as the signal."""
    return jax.vmap(lambda signal: jnp.convolve(signal, kernel, mode="same"), in_axes=1, out_axes=1)(signals)


@caught_by("correct", "turns_the_kernel_round")
def convolve_batch__correlates(signals, kernel):
    """Runs through the kernel forwards."""
    return jax.vmap(lambda signal: jnp.correlate(signal, kernel, mode="valid"), in_axes=1, out_axes=1)(
        signals
    )


@caught_by("correct", "turns_the_kernel_round")
def convolve_batch__windows_forwards(signals, kernel):
    """Multiplies windows with a kernel that nobody has turned."""
    n, k = len(signals), len(kernel)
    windows = signals[jnp.arange(n - k + 1)[:, None] + jnp.arange(k)]
    return jnp.einsum("tkb,k->tb", windows, kernel)


@caught_by("correct", "takes_one_signal_and_a_long_kernel")
def convolve_batch__squeezed(signals, kernel):
    """Squeezes, and loses a batch of one."""
    return jnp.squeeze(
        jax.vmap(lambda s: jnp.convolve(s, kernel, mode="valid"), in_axes=1, out_axes=1)(signals)
    )


@caught_by("jit", "compiles_once")
def convolve_batch__through_numpy(signals, kernel):
    """Asks NumPy."""
    columns = [np.convolve(column, kernel, mode="valid") for column in np.asarray(signals).T]
    return jnp.asarray(np.stack(columns, axis=1))


@caught_by("jit", "takes_all_signals_at_once")
def convolve_batch__lax_map(signals, kernel):
    """Takes the signals one after the other, compiled."""
    return lax.map(lambda signal: jnp.convolve(signal, kernel, mode="valid"), signals.T).T


@caught_by("speed", "beats_the_loop")
def convolve_batch__loop_over_signals(signals, kernel):
    """Convolves signal after signal."""
    columns = [jnp.convolve(signals[:, b], kernel, mode="valid") for b in range(signals.shape[1])]
    return jnp.stack(columns, axis=1)


@caught_by("speed", "beats_the_loop")
def convolve_batch__loop_over_moments(signals, kernel):
    """Slides the kernel along in Python."""
    n, k = len(signals), len(kernel)
    backwards = kernel[::-1]
    return jnp.stack([backwards @ signals[t + jnp.arange(k)] for t in range(n - k + 1)])


# attention


@caught_by("correct", "uses_no_shortcut")
def attention__library(q, k, v):
    """Asks JAX for all of it."""
    return jax.nn.dot_product_attention(q, k, v)


@caught_by("correct", "by_hand")
def attention__no_scale(q, k, v):
    """Forgets √width."""

    def head(q, k, v):
        return jax.nn.softmax(q @ k.T) @ v

    return jax.vmap(jax.vmap(head, in_axes=1, out_axes=1))(q, k, v)


@caught_by("correct", "by_hand")
def attention__scaled_by_width(q, k, v):
    """Divides by the width instead of its root."""

    def head(q, k, v):
        return jax.nn.softmax(q @ k.T / q.shape[-1]) @ v

    return jax.vmap(jax.vmap(head, in_axes=1, out_axes=1))(q, k, v)


@caught_by("correct", "agrees_with_loops")
def attention__softmax_over_queries(q, k, v):
    """Normalises along the wrong axis."""

    def head(q, k, v):
        scores = q @ k.T / jnp.sqrt(q.shape[-1])
        return jax.nn.softmax(scores, axis=-1 if len(q) == 1 else 0) @ v

    return jax.vmap(jax.vmap(head, in_axes=1, out_axes=1))(q, k, v)


@caught_by("correct", "agrees_with_loops")
def attention__heads_last(q, k, v):
    """Maps the heads along axis 1 and leaves them in front."""

    def head(q, k, v):
        return jax.nn.softmax(q @ k.T / jnp.sqrt(q.shape[-1])) @ v

    return jax.vmap(jax.vmap(head, in_axes=1))(q, k, v)


@caught_by("correct", "by_hand")
def attention__positions_taken_for_heads(q, k, v):
    """Maps axis 0 of an example, which is the position."""

    def head(q, k, v):
        return jax.nn.softmax(q @ k.T / jnp.sqrt(q.shape[-1])) @ v

    return jax.vmap(jax.vmap(head))(q, k, v)


@caught_by("correct", "survives_huge_scores")
def attention__bare_exponentials(q, k, v):
    """Exponentiates the scores as they are."""

    def head(q, k, v):
        weights = jnp.exp(q @ k.T / jnp.sqrt(q.shape[-1]))
        return weights / weights.sum(axis=-1, keepdims=True) @ v

    return jax.vmap(jax.vmap(head, in_axes=1, out_axes=1))(q, k, v)


@caught_by("jit", "compiles_once")
def attention__skips_zero_queries(q, k, v):
    """Branches on values to save work."""
    scores = jnp.einsum("bnhd,bmhd->bhnm", q, k) / jnp.sqrt(q.shape[-1])
    if jnp.all(scores == 0):
        return jnp.broadcast_to(v.mean(axis=1, keepdims=True), (*q.shape[:3], v.shape[-1]))
    return jnp.einsum("bhnm,bmhd->bnhd", jax.nn.softmax(scores), v)


@caught_by("jit", "takes_all_heads_at_once")
def attention__scan_over_heads(q, k, v):
    """Takes head after head, compiled."""

    def head(qkv):
        q, k, v = qkv
        return jax.nn.softmax(q @ k.T / jnp.sqrt(q.shape[-1])) @ v

    def example(q, k, v):
        by_head = tuple(x.swapaxes(0, 1) for x in (q, k, v))
        return lax.map(head, by_head).swapaxes(0, 1)

    return jax.vmap(example)(q, k, v)


@caught_by("speed", "beats_the_loop")
def attention__loop(q, k, v):
    """Calls a head for every example and head."""

    def head(q, k, v):
        return jax.nn.softmax(q @ k.T / jnp.sqrt(q.shape[-1])) @ v

    return jnp.stack(
        [
            jnp.stack([head(q[b, :, h], k[b, :, h], v[b, :, h]) for h in range(q.shape[2])], axis=1)
            for b in range(len(q))
        ]
    )


@caught_by("speed", "beats_the_loop")
def attention__loop_over_a_compiled_lift(q, k, v):
    """Lifts over the heads, compiles that, and loops over the examples."""

    @jax.jit
    def example(q, k, v):
        weights = jax.nn.softmax(jnp.einsum("nhd,mhd->hnm", q, k) / jnp.sqrt(q.shape[-1]))
        return jnp.einsum("hnm,mhd->nhd", weights, v)

    return jnp.stack([example(q[b], k[b], v[b]) for b in range(len(q))])


# per_example_gradients


@caught_by("correct", "by_hand")
def per_example_gradients__of_the_mean(loss, params, x, y):
    """Averages before it differentiates."""
    return jax.grad(lambda p: jax.vmap(loss, in_axes=(None, 0, 0))(p, x, y).mean())(params)


@caught_by("correct", "by_hand")
def per_example_gradients__averaged(loss, params, x, y):
    """Averages afterwards."""
    each = jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(params, x, y)
    return jax.tree.map(lambda leaf: leaf.mean(axis=0), each)


@caught_by("correct", "by_hand")
def per_example_gradients__share_of_the_mean(loss, params, x, y):
    """Differentiates each example's share of the mean: too small by the size of the batch."""

    def share(p, a, b):
        return loss(p, a, b) / len(x)

    return jax.vmap(jax.grad(share), in_axes=(None, 0, 0))(params, x, y)


@caught_by("correct", "by_hand")
def per_example_gradients__params_mapped(loss, params, x, y):
    """Maps the parameters, too."""
    return jax.vmap(jax.grad(loss))(params, x, y)


@caught_by("correct", "by_hand")
def per_example_gradients__whole_batch(loss, params, x, y):
    """Hands the loss the whole batch."""
    return jax.jacobian(loss)(params, x, y)


@caught_by("correct", "by_hand")
def per_example_gradients__list(loss, params, x, y):
    """Returns a list with a tree for each example."""
    return [jax.grad(loss)(params, x[i], y[i]) for i in range(len(x))]


@caught_by("correct", "takes_any_loss")
def per_example_gradients__dicts_only(loss, params, x, y):
    """Takes parameters to be a flat dict."""
    each = jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(params, x, y)
    return {name: each[name] for name in params}


@caught_by("correct", "takes_any_loss")
def per_example_gradients__float_labels(loss, params, x, y):
    """Turns integer labels into floats."""
    return jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(params, x, y.astype(x.dtype))


@caught_by("correct", "takes_a_batch_of_one")
def per_example_gradients__squeezed(loss, params, x, y):
    """Squeezes, and loses a batch of one."""
    each = jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(params, x, y)
    return jax.tree.map(jnp.squeeze, each)


@caught_by("jit", "compiles_once")
def per_example_gradients__through_numpy(loss, params, x, y):
    """Collects the gradients as NumPy arrays."""
    each = [jax.tree.map(np.asarray, jax.grad(loss)(params, x[i], y[i])) for i in range(len(x))]
    return jax.tree.map(lambda *leaves: jnp.asarray(np.stack(leaves)), *each)


@caught_by("jit", "takes_all_examples_at_once")
def per_example_gradients__lax_map(loss, params, x, y):
    """Takes example after example, compiled."""
    return lax.map(lambda example: jax.grad(loss)(params, *example), (x, y))


@caught_by("jit", "takes_all_examples_at_once")
def per_example_gradients__loop(loss, params, x, y):
    """Differentiates example after example, with a compiled gradient."""
    gradient = jax.jit(jax.grad(loss))
    each = [gradient(params, x[i], y[i]) for i in range(len(x))]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *each)


# solve_many


@caught_by("correct", "by_hand")
def solve_many__columns(systems):
    """Hands b over as it is: its columns become the right-hand sides."""
    return jnp.linalg.solve(systems["a"], systems["b"])


@caught_by("correct", "by_hand")
def solve_many__result_in_columns(systems):
    """Turns b on the way in and forgets the way out."""
    return jnp.linalg.solve(systems["a"], systems["b"].T)


@caught_by("correct", "by_hand")
def solve_many__transposed_matrix(systems):
    """Solves x a = b, as if a were symmetric."""
    return jnp.linalg.solve(systems["a"].T, systems["b"].T).T


@caught_by("correct", "by_hand")
def solve_many__both_mapped(systems):
    """Maps the matrix, too."""
    return jax.vmap(lambda system: jnp.linalg.solve(system["a"], system["b"]))(systems)


@caught_by("correct", "by_hand")
def solve_many__axes_without_a_tuple(systems):
    """Writes the dict of axes without the tuple of arguments around it."""
    return jax.vmap(lambda s: jnp.linalg.solve(s["a"], s["b"]), in_axes={"a": None, "b": 0})(systems)


@caught_by("correct", "by_hand")
def solve_many__no_pivots(systems):
    """Divides by the diagonal as it is."""
    a, b = systems["a"], systems["b"]
    x = jnp.zeros_like(b)
    for _ in range(200):
        x = (b - x @ (a - jnp.diag(jnp.diag(a))).T) / jnp.diag(a)
    return x


@caught_by("correct", "takes_one_system")
def solve_many__squeezed(systems):
    """Squeezes, and loses a batch of one."""
    return jnp.squeeze(jnp.linalg.solve(systems["a"], systems["b"].T).T)


@caught_by("correct", "inverts_nothing")
def solve_many__inverse(systems):
    """Multiplies by the inverse."""
    return systems["b"] @ jnp.linalg.inv(systems["a"]).T


@caught_by("jit", "compiles_once")
def solve_many__checks_the_determinant(systems):
    """Branches on a value."""
    if jnp.linalg.det(systems["a"]) == 0:
        raise ValueError("a cannot be inverted")
    return jnp.linalg.solve(systems["a"], systems["b"].T).T


@caught_by("jit", "shares_the_matrix")
def solve_many__copies_the_matrix(systems):
    """Tiles the matrix so that both can be mapped along axis 0."""
    b = systems["b"]
    a = jnp.broadcast_to(systems["a"], (len(b), *systems["a"].shape))
    return jax.vmap(jnp.linalg.solve)(a, b)


@caught_by("jit", "has_no_loop")
def solve_many__loop(systems):
    """Solves one system after the other."""
    return jnp.stack([jnp.linalg.solve(systems["a"], row) for row in systems["b"]])


@caught_by("jit", "has_no_loop")
def solve_many__lax_map(systems):
    """Solves one system after the other, compiled."""
    return lax.map(lambda row: jnp.linalg.solve(systems["a"], row), systems["b"])


# ray_march


@caught_by("correct", "by_hand")
def ray_march__all_points_at_once(origins, directions, distance, n_steps):
    """Hands all points to a function that takes one."""
    t = jnp.zeros(len(origins))
    for _ in range(n_steps):
        t = t + distance(origins + t[:, None] * directions)
    return jnp.where(jnp.abs(distance(origins + t[:, None] * directions)) <= 1e-3, t, jnp.inf)


@caught_by("correct", "by_hand")
def ray_march__forgets_where_it_was(origins, directions, distance, n_steps):
    """Replaces t instead of adding to it."""

    def march(o, d):
        t = lax.fori_loop(0, n_steps, lambda _, t: distance(o + t * d), jnp.zeros(()))
        return jnp.where(jnp.abs(distance(o + t * d)) <= 1e-3, t, jnp.inf)

    return jax.vmap(march)(origins, directions)


@caught_by("correct", "misses")
def ray_march__never_misses(origins, directions, distance, n_steps):
    """Returns t whatever has become of the ray."""

    def march(o, d):
        return lax.fori_loop(0, n_steps, lambda _, t: t + distance(o + t * d), jnp.zeros(()))

    return jax.vmap(march)(origins, directions)


@caught_by("correct", "misses")
def ray_march__all_or_none(origins, directions, distance, n_steps):
    """Lets one lost ray decide for all."""

    def march(o, d):
        t = lax.fori_loop(0, n_steps, lambda _, t: t + distance(o + t * d), jnp.zeros(()))
        return t, jnp.abs(distance(o + t * d)) <= 1e-3

    t, hit = jax.vmap(march)(origins, directions)
    return jnp.where(hit.all(), t, jnp.inf)


@caught_by("correct", "counts_its_steps")
def ray_march__half_steps(origins, directions, distance, n_steps):
    """Goes half as far as it safely may."""

    def march(o, d):
        t = lax.fori_loop(0, n_steps, lambda _, t: t + distance(o + t * d) / 2, jnp.zeros(()))
        return jnp.where(jnp.abs(distance(o + t * d)) <= 1e-3, t, jnp.inf)

    return jax.vmap(march)(origins, directions)


@caught_by("correct", "counts_its_steps")
def ray_march__asks_before_the_last_step(origins, directions, distance, n_steps):
    """Judges by the distance that the last step began with."""

    def march(o, d):
        def step(_, carry):
            t, _ = carry
            here = distance(o + t * d)
            return t + here, here

        t, last = lax.fori_loop(0, n_steps, step, (jnp.zeros(()), jnp.array(jnp.inf)))
        return jnp.where(jnp.abs(last) <= 1e-3, t, jnp.inf)

    return jax.vmap(march)(origins, directions)


@caught_by("correct", "counts_its_steps")
def ray_march__one_step_more(origins, directions, distance, n_steps):
    """Takes the first step twice."""

    def march(o, d):
        t = distance(o)
        t = lax.fori_loop(0, n_steps, lambda _, t: t + distance(o + t * d), t)
        return jnp.where(jnp.abs(distance(o + t * d)) <= 1e-3, t, jnp.inf)

    return jax.vmap(march)(origins, directions)


@caught_by("jit", "compiles_once")
def ray_march__python_while(origins, directions, distance, n_steps):
    """Marches until it is near, with Python's while."""
    out = []
    for i in range(len(origins)):
        t, steps = jnp.zeros(()), 0
        while abs(distance(origins[i] + t * directions[i])) > 1e-3 and steps < n_steps:
            t, steps = t + distance(origins[i] + t * directions[i]), steps + 1
        near = abs(distance(origins[i] + t * directions[i])) <= 1e-3
        out.append(t if near else jnp.array(jnp.inf))
    return jnp.stack(out)


@caught_by("correct", "survives_endless_flight")
def ray_march__asks_who_missed(origins, directions, distance, n_steps):
    """Asks whether a ray has missed: with nan the answer is no."""

    def march(o, d):
        t = lax.fori_loop(0, n_steps, lambda _, t: t + distance(o + t * d), jnp.zeros(()))
        return jnp.where(jnp.abs(distance(o + t * d)) > 1e-3, jnp.inf, t)

    return jax.vmap(march)(origins, directions)


@caught_by("jit", "takes_all_rays_at_once")
def ray_march__lax_map(origins, directions, distance, n_steps):
    """Marches ray after ray, compiled."""

    def march(ray):
        o, d = ray
        t = lax.fori_loop(0, n_steps, lambda _, t: t + distance(o + t * d), jnp.zeros(()))
        return jnp.where(jnp.abs(distance(o + t * d)) <= 1e-3, t, jnp.inf)

    return lax.map(march, (origins, directions))


@caught_by("speed", "beats_the_loop")
def ray_march__double_loop(origins, directions, distance, n_steps):
    """Marches ray after ray, and step after step."""
    out = []
    for o, d in zip(origins, directions, strict=True):
        t = jnp.zeros(())
        for _ in range(n_steps):
            t = t + distance(o + t * d)
        out.append(jnp.where(jnp.abs(distance(o + t * d)) <= 1e-3, t, jnp.inf))
    return jnp.stack(out)


@caught_by("jit", "takes_all_rays_at_once")
def ray_march__loop(origins, directions, distance, n_steps):
    """Marches ray after ray, with compiled steps."""
    out = []
    for i in range(len(origins)):
        o, d = origins[i], directions[i]
        t = lax.fori_loop(0, n_steps, lambda _, t, o=o, d=d: t + distance(o + t * d), jnp.zeros(()))
        out.append(jnp.where(jnp.abs(distance(o + t * d)) <= 1e-3, t, jnp.inf))
    return jnp.stack(out)


# batch_standardize


@caught_by("correct", "by_hand")
def batch_standardize__layer_norm(x):
    """Averages over the example's own features."""
    centred = x - x.mean()
    return centred / jnp.sqrt((centred**2).mean() + 1e-5)


@caught_by("correct", "by_hand")
def batch_standardize__over_axis_zero(x):
    """Takes x for the whole batch."""
    centred = x - x.mean(axis=0)
    return centred / jnp.sqrt((centred**2).mean(axis=0) + 1e-5)


@caught_by("correct", "by_hand")
def batch_standardize__another_name(x):
    """Calls the axis by a name that nobody has given."""
    centred = x - lax.pmean(x, "i")
    return centred / jnp.sqrt(lax.pmean(centred**2, "i") + 1e-5)


@caught_by("correct", "by_hand")
def batch_standardize__sums(x):
    """Sums where it should average."""
    centred = x - lax.psum(x, "batch")
    return centred / jnp.sqrt(lax.psum(centred**2, "batch") + 1e-5)


@caught_by("correct", "by_hand")
def batch_standardize__all_features_together(x):
    """Averages over the batch, and over the features as well."""
    centred = x - lax.pmean(x.mean(), "batch")
    return centred / jnp.sqrt(lax.pmean((centred**2).mean(), "batch") + 1e-5)


@caught_by("correct", "by_hand")
def batch_standardize__maps_again(x):
    """Opens a second axis of the same name inside."""

    def one(feature):
        centred = feature - lax.pmean(feature, "batch")
        return centred / jnp.sqrt(lax.pmean(centred**2, "batch") + 1e-5)

    return jax.vmap(one, axis_name="batch")(x)


@caught_by("correct", "by_hand")
def batch_standardize__unbiased(x):
    """Divides by one less than the batch."""
    n = lax.psum(1, "batch")
    centred = x - lax.pmean(x, "batch")
    return centred / jnp.sqrt(lax.psum(centred**2, "batch") / max(n - 1, 1) + 1e-5)


@caught_by("correct", "survives_still_features")
def batch_standardize__added_to_the_root(x):
    """Adds 1e-5 to the deviation."""
    centred = x - lax.pmean(x, "batch")
    return centred / (jnp.sqrt(lax.pmean(centred**2, "batch")) + 1e-5)


@caught_by("correct", "survives_still_features")
def batch_standardize__bare_root(x):
    """Divides by the deviation as it is."""
    centred = x - lax.pmean(x, "batch")
    return centred / jnp.sqrt(lax.pmean(centred**2, "batch"))


@caught_by("correct", "survives_an_offset")
def batch_standardize__difference_of_squares(x):
    """Takes the mean of squares minus the square of the mean."""
    mean, square = lax.pmean((x, x**2), "batch")
    return (x - mean) / jnp.sqrt(jnp.maximum(square - mean**2, 0) + 1e-5)


@caught_by("jit", "takes_examples_of_any_shape")
def batch_standardize__vectors_only(x):
    """Takes an example to be a vector."""
    (features,) = x.shape
    centred = x - lax.pmean(x, "batch")
    variance = lax.pmean(centred**2, "batch").reshape(features)
    return centred / jnp.sqrt(variance + 1e-5)


# dp_sgd_gradient


@caught_by("correct", "uses_no_shortcut")
def dp_sgd_gradient__library(key, loss, params, x, y, clip, noise):
    """Leaves it to optax."""
    each = jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(params, x, y)
    private = optax.contrib.differentially_private_aggregate(clip, noise, key)
    return private.update(each, private.init(params), params)[0]


@caught_by("correct", "by_hand")
def dp_sgd_gradient__clips_the_mean(key, loss, params, x, y, clip, noise):
    """Averages first, and clips what is left."""
    mean = jax.tree.map(
        lambda leaf: leaf.mean(axis=0), jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(params, x, y)
    )
    norm = jnp.sqrt(sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(mean)))
    leaves, structure = jax.tree.flatten(mean)
    keys = jax.random.split(key, len(leaves))
    noisy = [
        leaf * jnp.minimum(1, clip / norm) + noise * clip / len(x) * jax.random.normal(k, leaf.shape)
        for k, leaf in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@caught_by("correct", "by_hand")
def dp_sgd_gradient__clips_each_leaf(key, loss, params, x, y, clip, noise):
    """Clips leaf by leaf, and lets a gradient of many leaves grow past the limit."""

    def clipped(a, b):
        gradient = jax.grad(loss)(params, a, b)
        return jax.tree.map(lambda g: g * clip / jnp.maximum(jnp.sqrt(jnp.sum(g**2)), clip), gradient)

    leaves, structure = jax.tree.flatten(jax.vmap(clipped)(x, y))
    keys = jax.random.split(key, len(leaves))
    noisy = [
        (leaf.sum(axis=0) + noise * clip * jax.random.normal(k, leaf.shape[1:])) / len(x)
        for k, leaf in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@caught_by("correct", "by_hand")
def dp_sgd_gradient__lengthens(key, loss, params, x, y, clip, noise):
    """Gives every gradient the length `clip`, short ones too."""

    def clipped(a, b):
        gradient = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        return jax.tree.map(lambda g: g * clip / jnp.maximum(norm, 1e-12), gradient)

    leaves, structure = jax.tree.flatten(jax.vmap(clipped)(x, y))
    keys = jax.random.split(key, len(leaves))
    noisy = [
        (leaf.sum(axis=0) + noise * clip * jax.random.normal(k, leaf.shape[1:])) / len(x)
        for k, leaf in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@caught_by("correct", "by_hand")
def dp_sgd_gradient__sum(key, loss, params, x, y, clip, noise):
    """Forgets to divide."""

    def clipped(a, b):
        gradient = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        return jax.tree.map(lambda g: g * clip / jnp.maximum(norm, clip), gradient)

    leaves, structure = jax.tree.flatten(jax.vmap(clipped)(x, y))
    keys = jax.random.split(key, len(leaves))
    noisy = [
        leaf.sum(axis=0) + noise * clip * jax.random.normal(k, leaf.shape[1:])
        for k, leaf in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@caught_by("correct", "survives_a_zero_gradient")
def dp_sgd_gradient__divides_by_zero(key, loss, params, x, y, clip, noise):
    """Divides a gradient by its norm, also one of zero."""

    def clipped(a, b):
        gradient = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        return jax.tree.map(lambda g: g / norm * jnp.minimum(norm, clip), gradient)

    leaves, structure = jax.tree.flatten(jax.vmap(clipped)(x, y))
    keys = jax.random.split(key, len(leaves))
    noisy = [
        (leaf.sum(axis=0) + noise * clip * jax.random.normal(k, leaf.shape[1:])) / len(x)
        for k, leaf in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@caught_by("correct", "scales_the_noise")
def dp_sgd_gradient__noise_without_clip(key, loss, params, x, y, clip, noise):
    """Leaves `clip` out of the noise."""

    def clipped(a, b):
        gradient = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        return jax.tree.map(lambda g: g * clip / jnp.maximum(norm, clip), gradient)

    leaves, structure = jax.tree.flatten(jax.vmap(clipped)(x, y))
    keys = jax.random.split(key, len(leaves))
    noisy = [
        (leaf.sum(axis=0) + noise * jax.random.normal(k, leaf.shape[1:])) / len(x)
        for k, leaf in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@caught_by("correct", "scales_the_noise")
def dp_sgd_gradient__noise_on_the_mean(key, loss, params, x, y, clip, noise):
    """Adds the noise after the division."""

    def clipped(a, b):
        gradient = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        return jax.tree.map(lambda g: g * clip / jnp.maximum(norm, clip), gradient)

    leaves, structure = jax.tree.flatten(jax.vmap(clipped)(x, y))
    keys = jax.random.split(key, len(leaves))
    noisy = [
        leaf.mean(axis=0) + noise * clip * jax.random.normal(k, leaf.shape[1:])
        for k, leaf in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@caught_by("correct", "scales_the_noise")
def dp_sgd_gradient__noise_for_each_example(key, loss, params, x, y, clip, noise):
    """Adds noise to every example's gradient."""

    def private(key, a, b):
        gradient = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        leaves, structure = jax.tree.flatten(gradient)
        noisy = [
            g * clip / jnp.maximum(norm, clip) + noise * clip * jax.random.normal(k, g.shape)
            for k, g in zip(jax.random.split(key, len(leaves)), leaves, strict=True)
        ]
        return jax.tree.unflatten(structure, noisy)

    each = jax.vmap(private)(jax.random.split(key, len(x)), x, y)
    return jax.tree.map(lambda leaf: leaf.mean(axis=0), each)


@caught_by("correct", "scales_the_noise")
def dp_sgd_gradient__one_draw_for_all(key, loss, params, x, y, clip, noise):
    """Draws a single number for each leaf."""

    def clipped(a, b):
        gradient = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        return jax.tree.map(lambda g: g * clip / jnp.maximum(norm, clip), gradient)

    leaves, structure = jax.tree.flatten(jax.vmap(clipped)(x, y))
    keys = jax.random.split(key, len(leaves))
    noisy = [
        (leaf.sum(axis=0) + noise * clip * jax.random.normal(k)) / len(x)
        for k, leaf in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@caught_by("correct", "draws_for_each_leaf")
def dp_sgd_gradient__same_key_for_each_leaf(key, loss, params, x, y, clip, noise):
    """Gives every leaf the same key."""

    def clipped(a, b):
        gradient = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        return jax.tree.map(lambda g: g * clip / jnp.maximum(norm, clip), gradient)

    return jax.tree.map(
        lambda g: (g.sum(axis=0) + noise * clip * jax.random.normal(key, g.shape[1:])) / len(x),
        jax.vmap(clipped)(x, y),
    )


@caught_by("correct", "depends_on_the_key")
def dp_sgd_gradient__fixed_key(key, loss, params, x, y, clip, noise):
    """Makes a key of its own."""

    def clipped(a, b):
        gradient = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        return jax.tree.map(lambda g: g * clip / jnp.maximum(norm, clip), gradient)

    leaves, structure = jax.tree.flatten(jax.vmap(clipped)(x, y))
    keys = jax.random.split(jax.random.key(0), len(leaves))
    noisy = [
        (leaf.sum(axis=0) + noise * clip * jax.random.normal(k, leaf.shape[1:])) / len(x)
        for k, leaf in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@caught_by("jit", "compiles_once")
def dp_sgd_gradient__skips_the_noise(key, loss, params, x, y, clip, noise):
    """Branches on the noise."""

    def clipped(a, b):
        gradient = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        return jax.tree.map(lambda g: g * clip / jnp.maximum(norm, clip), gradient)

    total = jax.tree.map(lambda leaf: leaf.sum(axis=0), jax.vmap(clipped)(x, y))
    if noise > 0:
        leaves, structure = jax.tree.flatten(total)
        keys = jax.random.split(key, len(leaves))
        noisy = [g + noise * clip * jax.random.normal(k, g.shape) for k, g in zip(keys, leaves, strict=True)]
        total = jax.tree.unflatten(structure, noisy)
    return jax.tree.map(lambda leaf: leaf / len(x), total)


@caught_by("jit", "uses_each_key_once")
def dp_sgd_gradient__splits_a_spent_key(key, loss, params, x, y, clip, noise):
    """Draws from the key, and then splits it."""

    def clipped(a, b):
        gradient = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        return jax.tree.map(lambda g: g * clip / jnp.maximum(norm, clip), gradient)

    leaves, structure = jax.tree.flatten(jax.vmap(clipped)(x, y))
    noisy = []
    for leaf in leaves:
        draw = jax.random.normal(key, leaf.shape[1:])
        noisy.append((leaf.sum(axis=0) + noise * clip * draw) / len(x))
        key, _ = jax.random.split(key)
    return jax.tree.unflatten(structure, noisy)


@caught_by("jit", "takes_all_examples_at_once")
def dp_sgd_gradient__scan(key, loss, params, x, y, clip, noise):
    """Adds up example after example in a scan."""

    def add(total, example):
        gradient = jax.grad(loss)(params, *example)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        scale = clip / jnp.maximum(norm, clip)
        return jax.tree.map(lambda t, g: t + g * scale, total, gradient), None

    total, _ = lax.scan(add, jax.tree.map(jnp.zeros_like, params), (x, y))
    leaves, structure = jax.tree.flatten(total)
    keys = jax.random.split(key, len(leaves))
    noisy = [
        (g + noise * clip * jax.random.normal(k, g.shape)) / len(x) for k, g in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@caught_by("jit", "takes_all_examples_at_once")
def dp_sgd_gradient__loop(key, loss, params, x, y, clip, noise):
    """Clips example after example in Python."""
    total = jax.tree.map(jnp.zeros_like, params)
    for i in range(len(x)):
        gradient = jax.grad(loss)(params, x[i], y[i])
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        scale = clip / jnp.maximum(norm, clip)
        total = jax.tree.map(lambda t, g, scale=scale: t + g * scale, total, gradient)
    leaves, structure = jax.tree.flatten(total)
    keys = jax.random.split(key, len(leaves))
    noisy = [
        (g + noise * clip * jax.random.normal(k, g.shape)) / len(x) for k, g in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@caught_by("correct", "survives_huge_scores")
def attention__clipped_scores(q, k, v):
    """Bounds the scores instead of subtracting the largest."""

    def head(q, k, v):
        e = jnp.exp(jnp.clip(q @ k.T / jnp.sqrt(q.shape[-1]), -80, 80))
        return e / e.sum(-1, keepdims=True) @ v

    return jax.vmap(jax.vmap(head, 1, 1))(q, k, v)


@caught_by("correct", "survives_huge_scores")
def attention__one_maximum_for_all(q, k, v):
    """Subtracts the largest score of the whole batch: the small rows vanish."""
    s = jnp.einsum("bnhw,bmhw->bhnm", q, k) / q.shape[-1] ** 0.5
    e = jnp.exp(s - s.max())
    return jnp.einsum("bhnm,bmhv->bnhv", e / e.sum(-1, keepdims=True), v)


@caught_by("correct", "loses_no_digits")
def solve_many__matrix_power(systems):
    """An inverse under another name."""
    return systems["b"] @ jnp.linalg.matrix_power(systems["a"], -1).T


@caught_by("correct", "loses_no_digits")
def solve_many__solves_for_the_identity(systems):
    """Makes the inverse by a solve."""
    inverse = jnp.linalg.solve(systems["a"], jnp.eye(len(systems["a"])))
    return systems["b"] @ inverse.T


@caught_by("correct", "comes_back_out")
def ray_march__any_depth_is_a_hit(origins, directions, distance, n_steps):
    """Forgets that distances are signed when it asks for hits."""

    def one(o, d):
        t = jax.lax.fori_loop(0, n_steps, lambda _, t: t + distance(o + t * d), 0.0)
        return jnp.where(distance(o + t * d) <= 1e-3, t, jnp.inf)

    return jax.vmap(one)(origins, directions)


@caught_by("correct", "comes_back_out")
def ray_march__absolute_steps(origins, directions, distance, n_steps):
    """Goes on inside a body, deeper and deeper."""

    def one(o, d):
        t = jax.lax.fori_loop(0, n_steps, lambda _, t: t + jnp.abs(distance(o + t * d)), 0.0)
        return jnp.where(jnp.abs(distance(o + t * d)) <= 1e-3, t, jnp.inf)

    return jax.vmap(one)(origins, directions)
