"""Day 6: vectorisation.

Write the function for one example; `jax.vmap` makes it one for the batch. Nothing today loops over
examples: neither in Python, nor with `lax.map`, `lax.scan` or `lax.fori_loop`, which take turns.
Results can be differentiated, but for those of `ray_march` and `dp_sgd_gradient`.
Lesson: README.md beside this file. Grade: python -m grader day06
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Key, PyTree, Shaped


def gram_matrix(
    kernel: Callable[..., Array], x: Float[Array, "n *item"], y: Float[Array, "m *item"]
) -> Float[Array, "n m"]:
    """Evaluate a kernel at all pairs of points.

    K[i, j] = kernel(x[i], y[j])

    `kernel` takes two single points and returns a scalar. It need not be symmetric, also where x
    and y are as long, or the same. A point is a vector, a number (x of shape (n,), and the kernel
    sees numbers of shape ()) or an array of any other shape; n and m may differ.

        gram_matrix(kernel, [[1, 2], [3, 4], [0, 1]], [[1, 0], [2, 1]]) = [[1, 4], [3, 10], [0, 1]]

    when kernel(a, b) is the inner product a · b.

    Rules: `kernel` is static, and sees one pair of points at a time. No loop over points: it is
    timed against one.
    Reference: Rasmussen and Williams 2006, "Gaussian processes for machine learning", chapter 4.
    """
    # Your code here: about 2 lines.
    raise NotImplementedError


def convolve_batch(
    signals: Float[Array, "n batch"], kernel: Float[Array, "k"]
) -> Float[Array, "n-k+1 batch"]:
    """Convolve every signal with one and the same kernel.

    out[t, b] = Σⱼ kernel[j] · signals[t + k - 1 - j, b]   for t = 0 .. n - k

    A recorder wrote the signals: each *column* is one, each row a moment, and the result is laid
    out in the same way. Only full overlaps count ("valid"), 1 <= k <= n. As in every convolution
    the kernel runs backwards. Rounding is measured against the largest terms of a signal's sums, so
    a Fourier transform is as right as sums are. A NaN in the kernel is in every result; one in a signal
    stays with that signal.

        convolve_batch([[1, 10], [2, 40], [4, 20]], [1, -1]) = [[1, 30], [2, -20]]

    Rules: no loop over signals or moments; it is timed against one. (A loop over the few taps of the
    kernel is fine.)
    Reference: JAX docs, "Convolutions in JAX".
    """
    # Your code here: about 3 lines.
    raise NotImplementedError


def attention(
    q: Float[Array, "batch n heads width"],
    k: Float[Array, "batch m heads width"],
    v: Float[Array, "batch m heads values"],
) -> Float[Array, "batch n heads values"]:
    """Attend with every head of every example.

    One head of one example has queries q (n, width), keys k (m, width) and values v (m, values):

        out = softmax(q kᵀ / √width) v        softmax over the m keys

    Heads do not see each other, nor do examples. Scores may be as large as ±1e4, queries, keys and
    values as small as 1e-6. A NaN in a key is in all results of its head. n, m, width and values are
    independent, and each of them, and heads and batch, may be 1.

    For a head of width 4 with the query [2, 0, 0, 0], the keys [0, 0, 0, 0] and [ln 3, 0, 0, 0] and
    the values [0] and [4] the weights are 1/4 and 3/4, and out = [3].

    Rules: not through `jax.nn.dot_product_attention`. No loop over heads or examples: it is timed
    against a loop over a compiled head.
    Reference: Vaswani et al. 2017, "Attention is all you need".
    """
    # Your code here: about 4 lines.
    raise NotImplementedError


def per_example_gradients(
    loss: Callable[..., Array], params: PyTree, x: Float[Array, "batch *features"], y: Shaped[Array, "batch"]
) -> PyTree:
    """Return the gradient of the loss of every example, instead of their mean.

    out[i] = ∂ loss(params, x[i], y[i]) / ∂ params

    `loss` takes the parameters and *one* example and returns a scalar. The result has the structure
    of `params`; each leaf has a batch axis in front: shape (batch, *leaf's shape). Its mean over the
    batch is the gradient of the mean loss. A batch of one keeps its axis. Gradients count as they are,
    tiny ones, huge ones and NaN, too.

    For loss(params, x, y) = (params["w"] · x - y)², params = {"w": [1, 2]}, x = [[1, 0], [0, 1]] and
    y = [0, 5] the result is {"w": [[2, 0], [0, -6]]}.

    Rules: `loss` is static, and sees one example at a time; `y` may hold integers. Forward or reverse
    mode, as you like. No loop over examples: it is timed against one.
    Reference: JAX docs, "Advanced automatic differentiation", per-example gradients.
    """
    # Your code here: about 1 line.
    raise NotImplementedError


def solve_many(systems: dict[str, Array]) -> Float[Array, "batch n"]:
    """Solve many linear systems that share their matrix.

    a x[i] = b[i]   with  systems = {"a": (n, n), "b": (batch, n)}

    `a` can be inverted; it is neither symmetric nor has it a diagonal without zeros, and it may be as
    small as 1e-6 or as large as 1e6. Each row of `b` is one right-hand side; a row of NaN gives NaN, and
    spoils no other.

        solve_many({"a": [[0, 1], [2, 0]], "b": [[1, 4], [3, 10]]}) = [[2, 1], [5, 3]]

    Rules: not by an inverse (`inv`, `pinv`), which costs accuracy. `a` is shared, not copied: no array
    of size batch · n · n. No loop over the right-hand sides.
    Reference: JAX docs, jax.vmap: `in_axes` may be a tree, such as a dict of axes.
    """
    # Your code here: about 3 lines.
    raise NotImplementedError


def ray_march(
    origins: Float[Array, "rays 3"],
    directions: Float[Array, "rays 3"],
    distance: Callable[..., Array],
    n_steps: int,
) -> Float[Array, "rays"]:
    """Find how far each ray travels until it meets a surface, by sphere tracing.

    `distance(point)` says how far a single point of shape (3,) lies from the nearest surface, in any
    direction: so far a ray may safely go. Inside a body it is negative, and a ray that starts there is
    led back out, to a negative t. With origin o and direction d of length 1:

        t₀ = 0        tₛ₊₁ = tₛ + distance(o + tₛ d)

    After `n_steps` steps the ray has hit if |distance(o + t d)| <= 1e-3 at its last t, which is then
    the result. Otherwise it has missed, and the result is inf: also when a ray flew so far that its
    numbers overflowed. A ray may stop early where it has hit: results are compared to 2e-3.

    For the unit sphere around 0, a ray from (0, 0, -3) along (0, 0, 1) gives 2, a ray back gives inf.

    Rules: `distance` and `n_steps` are static; `distance` sees one point at a time. No loop over rays:
    it is timed against one. (A loop over steps is what this is.)
    Reference: Hart 1996, "Sphere tracing".
    """
    # Your code here: about 7 lines.
    raise NotImplementedError


def batch_standardize(x: Float[Array, "*features"]) -> Float[Array, "*features"]:
    """Standardise one example by the statistics of its whole batch.

    The examples of the batch are those along the mapped axis called "batch", and each feature has
    statistics of its own:

        out = (x - mean) / √(variance + 1e-5)
        mean = the mean of x over the batch        variance = the mean of (x - mean)² over the batch

    You see *one* example, of any shape. It is always called under a map that names its axis,

        jax.vmap(batch_standardize, axis_name="batch")(xs)

    and that name leads to the others. For xs = [[1, 10], [3, 30]] the mean is [2, 20], the variance
    [1, 100], and the result nearly [[-1, -1], [1, 1]]. A feature that is the same everywhere gives
    zeros, as near as float32 knows its mean, and so does a batch of one. A mean of 1e4 beside a deviation
    of 1 costs no more digits than float32 has lost there already. A vmap without a name, outside or inside,
    changes nothing. Gradients run through mean and variance, too: each example's result depends on all of
    the batch.

    Reference: Ioffe and Szegedy 2015, "Batch normalization"; JAX docs, jax.lax.pmean.
    """
    # Your code here: about 3 lines.
    raise NotImplementedError


def dp_sgd_gradient(
    key: Key[Array, ""],
    loss: Callable[..., Array],
    params: PyTree,
    x: Float[Array, "batch *features"],
    y: Shaped[Array, "batch"],
    clip: float | Float[Array, ""],
    noise: float | Float[Array, ""],
) -> PyTree:
    """★ Compute a differentially private gradient: clip each example's, sum, add noise, divide.

        gᵢ = ∂ loss(params, x[i], y[i]) / ∂ params
        out = (Σᵢ gᵢ · min(1, clip / ‖gᵢ‖) + noise · clip · ε) / batch

    ‖gᵢ‖ is the norm of example i's whole gradient, √ of the sum of squares over all leaves. No example
    can thus move the sum by more than `clip`. ε is standard normal, independent for each number of
    `params`, drawn once for the batch. A gradient of zero stays zero, one that is NaN makes the result
    NaN. Norms and `clip` may be as small as 1e-7. The result has the structure and shapes of `params`;
    noise 0 adds nothing.

    Two examples whose gradients are [3, 4] and [0, 1] give ([0.6, 0.8] + [0, 1]) / 2 = [0.3, 0.9] with
    clip 1 and noise 0.

    Rules: `loss` is static, and sees one example at a time; `clip` > 0 and `noise` >= 0 may be traced.
    `jax.tree.map`, `jax.tree.leaves` and `jax.tree.unflatten` handle trees. Use each key once. Not
    through `optax`. No loop over examples: it is timed against one.
    Reference: Abadi et al. 2016, "Deep learning with differential privacy", algorithm 1.
    """
    # Your code here: about 13 lines.
    raise NotImplementedError
