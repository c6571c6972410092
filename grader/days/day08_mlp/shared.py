"""What several exercises of day 8 use in their checks.

Initial weights are judged by their statistics over many keys. Each margin is a theorem about independent
normals (a tail bound, or the normal curve itself): a right answer leaves it with a probability below RISK,
over all seeds and however it uses its key. Gradients are judged against closed forms.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import Array, Called, Numbers, wide

Layers = list[dict[str, Any]]


def drawn_layers(numbers: Numbers, sizes: tuple[int, ...]) -> Layers:
    """Random layers with biases that matter."""
    return [
        {"w": numbers.normal((fan_in, fan_out), scale=fan_in**-0.5), "b": numbers.normal(fan_out)}
        for fan_in, fan_out in itertools.pairwise(sizes)
    ]


def forward_oracle(params: Layers, x: Any, activation: Callable[[Array], Array]) -> Array:
    """NumPy in float64; takes a batch, too."""
    h = wide(x)
    for number, layer in enumerate(params):
        h = h @ wide(layer["w"]) + wide(layer["b"])
        if number < len(params) - 1:
            h = activation(h)
    return h


SHORTCUTS = ("jax.nn", "jax.scipy", "optax")


def log_softmax_oracle(logits: Any) -> Array:
    z = wide(logits)
    z = z - z.max(axis=-1, keepdims=True)
    values: Array = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    return values


def softmax_oracle(logits: Any) -> Array:
    return np.exp(log_softmax_oracle(logits))


# ---- sgd_step and fit: losses


class Pair(NamedTuple):
    """A tree that is neither dict nor list."""

    weight: Any
    bias: Any


def line_loss(params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
    return jnp.mean(jnp.square(params["w"] * x + params["b"] - y))


def half_of_all_squares(params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
    """Its gradient is the tree itself: each step takes every leaf times 1 - learning_rate."""
    squares = [jnp.sum(jnp.square(leaf.astype(jnp.float32))) for leaf in jax.tree.leaves(params)]
    return sum(squares, jnp.float32(0.0)) / 2


def score(params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
    """Its gradients are the data themselves: x and y."""
    return jnp.vdot(params["x"], x) + jnp.vdot(params["y"], y)


def scored() -> tuple[Any, jax.Array, jax.Array]:
    """Parameters and data for it, tiny ones and huge ones."""
    params = {"x": jnp.zeros(2), "y": jnp.zeros(2)}
    return params, jnp.array([1e-7, 3e4]), jnp.array([-6e-7, -5e3])


def network_loss(params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
    *hidden, last = params
    for layer in hidden:
        x = jnp.tanh(x @ layer["w"] + layer["b"])
    return jnp.mean(jnp.square(x @ last["w"] + last["b"] - y))


LINE = ({"w": 2.0, "b": 1.0}, [1.0, 3.0], [0.0, 6.0])  # residuals 3 and 1


def line() -> tuple[Any, jax.Array, jax.Array]:
    """A line, and two points beside it."""
    params, x, y = LINE
    return {name: jnp.float32(value) for name, value in params.items()}, jnp.array(x), jnp.array(y)


def odd_tree() -> Any:
    """A tree of many kinds of containers; its numbers stay exact when they are halved."""
    return (jnp.array([1.0, -2.0]), [None, {"b": jnp.array([4.0, 8.0])}], Pair(jnp.array([16.0, 0.5]), ()))


HALF_OF_ALL_SQUARES = (1 + 4 + 16 + 64 + 256 + 0.25) / 2  # of that tree


def mixed_tree() -> Any:
    """Leaves of two widths."""
    return {"w": jnp.array([1.0, -2.0]), "b": jnp.asarray(np.array([4.0, 8.0], np.float16))}


def scaled(tree: Any, factor: float) -> Any:
    """Each leaf times a factor, in NumPy and in the leaf's own dtype."""
    return jax.tree.map(lambda leaf: np.asarray(leaf) * np.asarray(factor, leaf.dtype), tree)


def no_data() -> tuple[jax.Array, jax.Array]:
    """For a loss that looks at the parameters alone."""
    return jnp.zeros(2), jnp.zeros(2)


def keeps_dtypes(called: Called, tree: Any) -> None:
    """The leaves have the dtypes of `tree`. Raises WrongAnswer."""
    wanted, got = (
        ", ".join(str(jnp.result_type(leaf)) for leaf in jax.tree.leaves(one)) for one in (tree, called.value)
    )
    called.require(wanted == got, "changes a dtype", expected=wanted, got=got)


def gradient_oracle(params: Layers, x: Any, y: Any) -> tuple[float, Layers]:
    """Back-propagation through a tanh network with a mean squared error, in float64."""
    inputs, h = [], wide(x)
    for number, layer in enumerate(params):
        inputs.append(h)
        h = h @ layer["w"] + layer["b"]
        h = np.tanh(h) if number < len(params) - 1 else h
    residual = h - wide(y)
    delta, gradients = 2 * residual / residual.size, []
    for layer, h in zip(reversed(params), reversed(inputs), strict=True):
        gradients.append({"w": h.T @ delta, "b": delta.sum(axis=0)})
        # h is a tanh, but for the first layer, which has nobody below.
        delta = (delta @ layer["w"].T) * (1 - h**2)
    return float(np.mean(residual**2)), gradients[::-1]


def descent_oracle(params: Layers, x: Any, y: Any, rate: Any, n_steps: int) -> tuple[Layers, Array]:
    """Gradient descent in float64: the last parameters, and the loss before each step."""
    now = [{name: wide(value) for name, value in layer.items()} for layer in params]
    losses = []
    for _ in range(n_steps):
        value, gradients = gradient_oracle(now, x, y)
        losses.append(value)
        now = [
            {name: layer[name] - float(rate) * gradient[name] for name in layer}
            for layer, gradient in zip(now, gradients, strict=True)
        ]
    return now, np.array(losses)


def drawn_problem(numbers: Numbers) -> tuple[Layers, jax.Array, jax.Array]:
    """A small network and seven examples."""
    return drawn_layers(numbers, (3, 5, 5)), numbers.normal((7, 3)), numbers.normal((7, 5))
