"""Day 8: a network by hand.

Arrays, random keys, gradients, jit, vmap and trees come together: initial weights that keep the
signal alive, losses that survive huge logits, and gradient descent that learns a curve.
All but counts can be differentiated by the floats that go in, steps and first parameters too; a
loop's derivatives may be forward mode alone.
Lesson: README.md beside this file. Grade: python -m grader day08
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, PyTree


def init_mlp(
    key: Key[Array, ""], sizes: tuple[int, ...], gain: Float[Array, ""]
) -> list[dict[str, Float[Array, "..."]]]:
    """Draw the first parameters of a network: one layer from each size to the next.

    layers[l]["w"]   (sizes[l], sizes[l + 1])   normal, mean 0, deviation gain / √sizes[l]
    layers[l]["b"]   (sizes[l + 1],)            zeros

    sizes[l] is the layer's fan-in: how many numbers go in. The result is a list of dicts with the
    keys "w" and "b", all float32. All weights are independent of each other, within a layer and
    between layers. gain √2 is He's for relu, 5/3 suits tanh, 1 suits no activation.

        init_mlp(key, (2, 3, 1), 1.0) = [{"w": (2, 3) normals of deviation 1 / √2, "b": [0, 0, 0]},
                                         {"w": (3, 1) normals of deviation 1 / √3, "b": [0]}]

    Rules: `sizes` is static, `gain` a Python number or a traced scalar. Use each key once. Not
    through `jax.nn` or `flax`.
    Reference: K. He et al., "Delving Deep into Rectifiers", 2015.
    """
    keys = jax.random.split(key, len(sizes) - 1)
    layers = []
    for layer_key, fan_in, fan_out in zip(keys, sizes[:-1], sizes[1:], strict=True):
        w = jax.random.normal(layer_key, (fan_in, fan_out)) * gain / jnp.sqrt(fan_in)
        layers.append({"w": w, "b": jnp.zeros(fan_out)})
    return layers


def forward(
    params: list[dict[str, Float[Array, "..."]]],
    x: Float[Array, "n_in"],
    activation: Callable[[Float[Array, "n"]], Float[Array, "n"]],
) -> Float[Array, "n_out"]:
    """Send one example through a network.

    h = activation(h @ w + b)   for each layer but the last, starting from h = x
    out = h @ w + b             for the last layer

    `params` is a list of one or more layers {"w": (n_in, n_out), "b": (n_out,)}, of any sizes that
    fit together. A single layer is thus a linear map: its activation is never used. The same layer may
    stand in several places. An activation gets all numbers of a layer together. A NaN goes as far as
    the activations let it.

        params = [{"w": [[1, -1]], "b": [0, 1]}, {"w": [[1], [2]], "b": [-7]}]
        forward(params, [2], relu) = [-5]        relu([2, -1]) = [2, 0];  2 · 1 + 0 · 2 - 7

    Rules: one example, without a batch axis; vmap over `x` gives the batch. `activation` is static.
    Leave `params` as they are.
    Reference: I. Goodfellow et al., "Deep Learning", 2016, chapter 6.
    """
    *hidden, last = params
    for layer in hidden:
        x = activation(x @ layer["w"] + layer["b"])
    return x @ last["w"] + last["b"]


def mse(predictions: Float[Array, "*shape"], targets: Float[Array, "*shape"]) -> Float[Array, ""]:
    """Take the mean squared error.

    mse = mean of (prediction - target)² over all elements

    Both have the same shape, with any number of axes, also none. Two different shapes are an error:
    ValueError. (n, 1) and (n,) would otherwise broadcast to (n, n), and the loss would be quietly
    wrong. Gradient with respect to the predictions: 2 (prediction - target) / size, and 0 where the
    fit is perfect.

        mse([[1, 2], [3, 4]], [[1, 2], [3, 0]]) = 4

    Rules: it works under jit, and there too the error comes while it traces.
    Reference: C. Bishop, "Pattern Recognition and Machine Learning", 2006, section 3.1.
    """
    if predictions.shape != targets.shape:
        raise ValueError(f"predictions are {predictions.shape}, targets {targets.shape}")
    return jnp.mean(jnp.square(predictions - targets))


def log_softmax(logits: Float[Array, "*batch n_classes"]) -> Float[Array, "*batch n_classes"]:
    """Turn logits into logarithms of probabilities, along the last axis.

    out = z - log(sum of exp(z))   for each row z

    Any number of batch axes, also none. Exact for any finite logits, ±10000 too: values keep the
    digits that float32 has for them, but for those that are nearly 0 (from -1e-7 on they may be 0).
    Nothing becomes NaN or infinite, nor does a gradient. A logit of -inf (a class that cannot be)
    gives -inf, and its row's other values are right. A single class gives 0.

        log_softmax([0, log 3]) = [log 1/4, log 3/4]
        log_softmax([10000, 0, -10000]) = [0, -10000, -20000]

    Rules: not through `jax.nn`, `jax.scipy` or `optax`.
    Reference: P. Blanchard et al., "Accurately computing the log-sum-exp and softmax functions", 2021.
    """
    shifted = logits - jnp.max(logits, axis=-1, keepdims=True)
    return shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=-1, keepdims=True))


def cross_entropy(logits: Float[Array, "n n_classes"], labels: Int[Array, "n"]) -> Float[Array, ""]:
    """Take the mean surprise at the right classes.

    p[i] = softmax(logits[i])
    cross_entropy = mean over i of -log p[i, labels[i]]

    Labels lie in 0 .. n_classes - 1. Exact for any finite logits, ±10000 too and far beyond, to a
    rounding of 1 or of the value, and so is the gradient with respect to the logits: (p -
    one_hot(labels)) / n. A NaN among the logits makes it NaN.

        cross_entropy([[0, log 3], [0, 0]], [0, 1]) = (log 4 + log 2) / 2

    Rules: not through `jax.nn`, `jax.scipy` or `optax`. No Python loop over examples, and no array
    larger than twice the logits: n² numbers are too many.
    Reference: I. Goodfellow et al., "Deep Learning", 2016, section 6.2.2.3.
    """
    shifted = logits - jnp.max(logits, axis=-1, keepdims=True)
    log_sum = jnp.log(jnp.sum(jnp.exp(shifted), axis=-1))
    return jnp.mean(log_sum - shifted[jnp.arange(len(labels)), labels])


def sgd_step(
    params: PyTree[Float[Array, "..."]],
    x: Float[Array, "n ..."],
    y: Float[Array, "n ..."],
    learning_rate: Float[Array, ""],
    loss: Callable[..., Float[Array, ""]],
) -> tuple[PyTree[Float[Array, "..."]], Float[Array, ""]]:
    """Take one step of gradient descent, and tell the loss before it.

    value = loss(params, x, y)
    params' = params - learning_rate · gradient of the loss with respect to params

    Returns (params', value). `params` is any tree of float arrays; structure, shapes and dtypes
    stay: a float16 leaf is a float16 leaf afterwards, whatever the learning rate is; the rate may be
    rounded to float16 there. Gradients count as they are, huge ones and NaN, too.

        loss(w, x, y) = (w - 3)²:   sgd_step(1, x, y, 0.25, loss) = (2, 4)

    Rules: `loss` is static, `learning_rate` a Python number or a traced scalar. Not through `optax`.
    No Python loop over examples. Compiled, it is timed against the same step without jit.
    Reference: JAX docs, "Automatic differentiation".
    """

    def descend(p, gradient):
        return (p - learning_rate * gradient).astype(p.dtype)

    value, gradients = jax.value_and_grad(loss)(params, x, y)
    return jax.tree.map(descend, params, gradients), value


def fit(
    params: PyTree[Float[Array, "..."]],
    x: Float[Array, "n ..."],
    y: Float[Array, "n ..."],
    learning_rate: Float[Array, ""],
    n_steps: int,
    loss: Callable[..., Float[Array, ""]],
) -> tuple[PyTree[Float[Array, "..."]], Float[Array, "n_steps"]]:
    """Run gradient descent for a number of steps, on all examples at each step.

    losses[k] = loss(params, x, y)   at the parameters after k steps
    params' = params - learning_rate · gradient of the loss with respect to params   in each step

    Returns (the parameters after the last step, losses): losses[0] belongs to the parameters that
    came in, the last one to those before the last step. `params` is any tree of float arrays;
    structure, shapes and dtypes stay. There is at least one step, and all steps are taken, whether the
    loss rises, is nearly 0 or is NaN.

        loss(w, x, y) = (w - 3)²:   fit(1, x, y, 0.25, 2, loss) = (2.5, [4, 1])

    Rules: `n_steps` and `loss` are static, `learning_rate` is a Python number or a traced scalar. The
    compiled program does not grow with `n_steps`: a thousand steps are a loop of `jax.lax`, not a
    thousand copies of a step. Not through `optax`.
    Reference: JAX docs, "jax.lax.scan" and "jax.lax.fori_loop".
    """

    def step(params, _):
        def descend(p, gradient):
            return (p - learning_rate * gradient).astype(p.dtype)

        value, gradients = jax.value_and_grad(loss)(params, x, y)
        return jax.tree.map(descend, params, gradients), value

    return jax.lax.scan(step, params, length=n_steps)


def accuracy_and_confusion(
    logits: Float[Array, "n n_classes"], labels: Int[Array, "n"], n_classes: int
) -> tuple[Float[Array, ""], Int[Array, "n_classes n_classes"]]:
    """★ Count which class was taken for which, and how often the choice was right.

    The choice for example i is the class of its largest logit, the first of equal ones.

    confusion[t, c] = how many examples of label t got the choice c   (integers)
    accuracy = right choices / examples that count                    (float32)

    Labels are int32. A label of -1 is padding: that example counts nowhere. If none counts, the
    accuracy is 0. No other label lies outside 0 .. n_classes - 1.

        logits = [[2, 0], [0, 1], [3, 1], [5, 0]],  labels = [0, 1, 1, -1]
        accuracy = 2 / 3,  confusion = [[1, 0], [1, 1]]

    Rules: `n_classes` is static. No Python loop over examples or classes.
    Reference: T. Fawcett, "An introduction to ROC analysis", 2006.
    """
    choices = jnp.argmax(logits, axis=-1)
    rows = jnp.where(labels == -1, n_classes, labels)
    confusion = jnp.zeros((n_classes, n_classes), int).at[rows, choices].add(1, mode="drop")
    return jnp.trace(confusion) / jnp.maximum(jnp.sum(confusion), 1), confusion
