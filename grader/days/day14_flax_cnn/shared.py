"""What several exercises of day 14 use in their checks.

Where a convolutional network is not the subject, a small one of dense layers takes its place: it compiles quickly, and
its gradient can be written down.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]
from flax import traverse_util
from flax.training import train_state

from grader.toolkit import Array, Called, Handle, Kind, Numbers, wide

# Relative and absolute. Flax takes the variance as mean square minus squared mean, which cancels a few digits.
NORMALIZED: Any = {"rtol": 1e-4, "atol": 1e-5}

KEY_HINT = "Every model takes the key that it is given: no keys of your own."


def softmax_losses(logits: Array, labels: Any) -> Array:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    losses: Array = -log_probabilities[np.arange(len(logits)), np.asarray(labels)]
    return losses


def with_function(handle: Handle, shown: str, function: Callable[..., Any]) -> Handle:
    """A handle of check code that uses what the learner wrote."""
    return handle.derive(shown, function)


def collections_of(called: Called, names: set[str], hint: str | None = None) -> Any:
    """The variables that `init` gave, which are these collections and no others. Raises WrongAnswer."""
    variables = called.value
    found = set(variables) if isinstance(variables, Mapping) else set()
    return called.require(
        found == names,
        "made other collections",
        expected=", ".join(sorted(names)),
        got=", ".join(sorted(found)) or "none",
        hint=hint,
    ).value


# ---- what sets a module beside the reference: one call, on parameters that mean nothing


def constants(shapes: Any) -> Any:
    """Arrays of these shapes and dtypes, from 0.5 to 1.5; keys are kept."""

    def constant(leaf: Any) -> Any:
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            return jax.random.key(0)
        return np.linspace(0.5, 1.5, leaf.size).reshape(leaf.shape).astype(leaf.dtype)

    return jax.tree.map(constant, shapes)


def linen_call(*fields: Any, **options: Any) -> Callable[[Any], Callable[..., Any]]:
    """From a class to a function of its input: what the module makes of it, whatever its layers are called."""

    def transform(module: Any) -> Callable[..., Any]:
        def call(x: Any) -> Any:
            model = module(*fields)
            shown = {name: value for name, value in options.items() if name != "mutable"}
            shapes = jax.eval_shape(lambda: model.init(jax.random.key(0), x, **shown))
            return model.apply(constants(shapes), x, **options)

        return call

    return transform


STATISTICS = "batch_stats"


# ---- the convolutional network: CNN, NnxCNN


IMAGE = (9, 6, 2)  # pooled to (4, 3), then to (2, 1)
FEATURES, CLASSES = (3, 4), 5
HEAD = 2 * 1 * 4
# Of all layers, in their order: what it is called in Flax, and its shape.
PARAMETERS = [
    ("kernel", (3, 3, 2, 3)), ("bias", (3,)), ("scale", (3,)), ("bias", (3,)),
    ("kernel", (3, 3, 3, 4)), ("bias", (4,)), ("scale", (4,)), ("bias", (4,)),
    ("kernel", (HEAD, CLASSES)), ("bias", (CLASSES,)),
]  # fmt: skip
MOVING = [("mean", (3,)), ("var", (3,)), ("mean", (4,)), ("var", (4,))]


@dataclass
class Network:
    """The numbers of a network, by what they are for."""

    convolutions: list[dict[str, Array]]
    norms: list[dict[str, Array]]
    head: dict[str, Array]


Leaves = dict[tuple[Any, ...], Any]  # by path


def has_layers(called: Called, params: Leaves, statistics: Leaves) -> None:
    """These are the parameters and the statistics of the network, under whatever names of layers. Raises WrongAnswer."""
    for what, leaves, expected in (
        ("parameters", params, PARAMETERS),
        ("batch statistics", statistics, MOVING),
    ):
        found = sorted((str(path[-1]), tuple(leaf.shape)) for path, leaf in leaves.items())
        wanted = sorted(expected)
        called.require(
            found == wanted,
            f"has other {what}",
            expected=_listed([one for one in wanted if one not in found] or wanted),
            got=_listed([one for one in found if one not in wanted] or found),
            hint=None if what == "parameters" else "Each BatchNorm keeps a mean and a var.",
        )


def _listed(leaves: Sequence[tuple[str, tuple[int, ...]]]) -> str:
    return "\n".join(f"{name} {shape}" for name, shape in leaves) or "nothing else"


def network_of(leaves: Leaves) -> Network:
    """Parameters and statistics together, sorted out. The shapes tell which is which."""
    layers: dict[Any, dict[str, Array]] = {}
    for path, leaf in leaves.items():
        layers.setdefault(path[:-1], {})[str(path[-1])] = wide(leaf)
    by_size = sorted(layers.values(), key=lambda layer: layer["bias"].size)
    return Network(
        [layer for layer in by_size if "kernel" in layer and layer["kernel"].ndim == 4],
        [layer for layer in by_size if "scale" in layer],
        next(layer for layer in by_size if "kernel" in layer and layer["kernel"].ndim == 2),
    )


def drawn(numbers: Numbers, path: tuple[Any, ...], shape: tuple[int, ...], *, lively: bool = False) -> Any:
    """Numbers for a parameter or a statistic: none is 0 or 1, so that each leaves its mark.

    A lively network has inputs of its last layer of which relu leaves hardly any at 0: so it shows what is dropped.
    """
    higher = 3.0 if lively and path[-1] == "bias" and shape == (FEATURES[-1],) else 0.0
    return numbers.uniform(0.5, 2.0, shape) if path[-1] == "var" else numbers.normal(shape, 0.7, higher)


def convolve(x: Array, layer: dict[str, Array]) -> Array:
    n, h, w, _ = x.shape
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    result = np.zeros((n, h, w, layer["bias"].size)) + layer["bias"]
    for i in range(3):
        for j in range(3):
            result += padded[:, i : i + h, j : j + w] @ layer["kernel"][i, j]
    return result


def pool(x: Array) -> Array:
    n, h, w, c = x.shape
    windows = x[:, : h // 2 * 2, : w // 2 * 2].reshape(n, h // 2, 2, w // 2, 2, c)
    largest: Array = windows.max(axis=(2, 4))
    return largest


def cnn_oracle(network: Network, images: Any, train: bool) -> tuple[Array, Array, list[dict[str, Array]]]:
    """Logits, what the head is given, and the statistics after it, all without dropout."""
    x, after = wide(images), []
    for convolution, norm in zip(network.convolutions, network.norms, strict=True):
        x = convolve(x, convolution)
        mean, var = (x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))) if train else (norm["mean"], norm["var"])
        after.append({"mean": 0.9 * norm["mean"] + 0.1 * mean, "var": 0.9 * norm["var"] + 0.1 * var})
        x = (x - mean) / np.sqrt(var + 1e-5) * norm["scale"] + norm["bias"]
        x = pool(np.maximum(x, 0))
    flat = x.reshape(len(x), -1)
    return flat @ network.head["kernel"] + network.head["bias"], flat, after


def flat(tree: Any) -> Leaves:
    return dict(traverse_util.flatten_dict(tree))  # type: ignore[no-untyped-call]


CALLS = 16  # in each of which three images are dropped from: no chance that two inputs are alike all the time


def masks_of(called: Called, logits: Any, network: Network, given: Array) -> Array:
    """Which inputs of the last layer were kept, at a rate of one half, by what came of it. Raises WrongAnswer.

    All 256 ways to drop from its 8 inputs are tried. An input that is 0 anyway counts as kept.
    """
    ways = np.array(list(itertools.product((1.0, 0.0), repeat=HEAD)))
    masks = []
    for row, found in zip(given, wide(logits), strict=True):
        possible = (2 * ways * row) @ network.head["kernel"] + network.head["bias"]
        errors = np.abs(possible - found).max(axis=1)
        best = int(np.argmin(np.round(errors, 4)))
        called.require(
            errors[best] < 1e-3 * (1 + np.abs(possible).max()),
            "does not drop half of the last layer's inputs",
            expected="inputs of the last layer that are 0, or doubled",
            got="logits that come from other inputs",
        )
        masks.append(ways[best] + (row == 0))
    return np.array(masks) > 0


def must_differ(called: Called, masks: Sequence[Array], given: Array) -> None:
    """Other keys drop other inputs, and so do the images of one batch. Raises WrongAnswer."""
    called.require(
        any(not np.array_equal(masks[0], mask) for mask in masks),
        "drops the same in every call",
        expected=f"other logits for other keys: {CALLS} calls were made",
        got="the same logits in all calls",
        hint="No keys of your own: dropout draws from the caller's, and anew each time.",
    )
    alive = np.all(given != 0, axis=0)
    called.require(
        not alive.any() or any(not np.array_equal(mask[0, alive], mask[1, alive]) for mask in masks),
        "drops the same inputs of all images of a batch",
        expected="a draw of its own for each image",
        got="one draw for all",
        hint=BY_ITSELF,
    )
    kept = float(np.mean([mask[:, alive] for mask in masks])) if alive.any() else 0.5
    # Of some 384 inputs half are kept, give or take 10.
    called.require(
        0.33 < kept < 0.67,
        "drops another share",
        expected="about half of the last layer's inputs, at a rate of one half",
        got=f"{100 * (1 - kept):.0f} % of them",
    )
    # Of 48 images the two inputs are dropped from, by chance they share the fate of all with probability 2e-13.
    for one, two in itertools.combinations(np.flatnonzero(alive), 2):
        same = np.mean([mask[:, one] == mask[:, two] for mask in masks])
        called.require(
            0 < same < 1,
            "drops inputs of the last layer together",
            expected="a draw of its own for each input of the last layer",
            got=f"inputs {one} and {two} always dropped together"
            if same
            else f"always one of inputs {one} and {two} dropped",
            hint=BY_ITSELF,
        )


BY_ITSELF = "Dropout draws for each number by itself, unless broadcast_dims says otherwise; it stands behind the flattening."


# ---- a small network for the training functions


class TrainState(train_state.TrainState):  # type: ignore[no-untyped-call]
    """What the checks hand to training functions."""

    batch_stats: Any


def plain_kernel(key: Any, shape: tuple[int, ...], dtype: Any = jnp.float32) -> Any:
    """Normal weights for a kernel, by its key. JAX's own draws take most of a second to compile, at each place of use."""
    one, other = two_kernels(shape)
    angle = jnp.sum(jax.random.key_data(key) % 1000).astype(dtype)
    return jnp.cos(angle) * one.astype(dtype) + jnp.sin(angle) * other.astype(dtype)


def two_kernels(shape: tuple[int, ...]) -> list[Array]:
    generator = np.random.default_rng(0)
    return [generator.normal(0, np.sqrt(2 / np.prod(shape[:-1])), shape) for _ in range(2)]


MANY = 12  # classes: more than there are digits


class SmallNetwork(nn.Module):
    """Flatten, normalise, drop, and one dense layer: 4 numbers in, 12 logits out."""

    rate: float = 0.0

    @nn.compact
    def __call__(self, images: Any, train: bool) -> Any:
        x = images.reshape(images.shape[0], -1)
        x = nn.BatchNorm(use_running_average=not train, momentum=0.75)(x)
        x = nn.Dropout(self.rate, deterministic=not train)(x)
        return nn.Dense(MANY, kernel_init=plain_kernel)(x)


class NotingNetwork(nn.Module):
    """The same at a rate of one half; it keeps the key for dropout among its batch statistics."""

    @nn.compact
    def __call__(self, images: Any, train: bool) -> Any:
        noted = self.variable(STATISTICS, "key", jnp.zeros, 2, jnp.uint32)
        if train and not self.is_initializing():
            noted.value = jax.random.key_data(self.make_rng("dropout")).ravel()[:2]
        x = images.reshape(images.shape[0], -1)
        x = nn.BatchNorm(use_running_average=not train, momentum=0.75)(x)
        x = nn.Dropout(0.5, deterministic=not train)(x)
        return nn.Dense(MANY, kernel_init=plain_kernel)(x)


class BareNetwork(nn.Module):
    """One dense layer, without statistics."""

    @nn.compact
    def __call__(self, images: Any, train: bool) -> Any:
        return nn.Dense(MANY, kernel_init=plain_kernel)(images.reshape(images.shape[0], -1))


PLAIN, DROPPING, NOTING, BARE = SmallNetwork(), SmallNetwork(rate=0.5), NotingNetwork(), BareNetwork()
APPLY = {model: model.apply for model in (PLAIN, DROPPING, NOTING)}
SGD, ADAM = optax.sgd(0.5, momentum=0.5), optax.adam(0.1)
ROWS = 6


def small_state(numbers: Numbers, model: SmallNetwork | NotingNetwork) -> TrainState:
    params: Any = {
        "BatchNorm_0": {"scale": numbers.uniform(0.5, 2.0, 4), "bias": numbers.normal(4)},
        "Dense_0": {"kernel": numbers.normal((4, MANY)), "bias": numbers.normal(MANY)},
    }
    statistics: Any = {"BatchNorm_0": {"mean": numbers.normal(4), "var": numbers.uniform(0.5, 2.0, 4)}}
    if model is NOTING:
        statistics["key"] = jnp.zeros(2, jnp.uint32)
    return TrainState(jnp.int32(0), APPLY[model], params, SGD, SGD.init(params), statistics)


def small_images(numbers: Numbers, n: int = ROWS) -> tuple[Any, Any]:
    return numbers.normal((n, 2, 2, 1)), numbers.integers(0, MANY, n)


def with_large_logits(state: TrainState) -> tuple[TrainState, Any]:
    """The state with logits of about 1e4, 0 and -1e4 in its first classes and its last one, and labels: some with a loss of
    almost 0, some with one of 1e4 or 2e4."""
    bias = np.zeros(MANY, np.float32)
    bias[0], bias[-1] = 1e4, -1e4
    dense = {**state.params["Dense_0"], "bias": jnp.asarray(bias)}
    labels = jnp.array([0, 1, MANY - 1, 0, 1, MANY - 1], jnp.int32)
    return state.replace(params={**state.params, "Dense_0": dense}), labels


def small_oracle(state: Any, images: Any, labels: Any, train: bool) -> dict[str, Any]:
    """Logits, losses, gradients of the mean loss, and the statistics after it, without dropout."""
    params, statistics = jax.tree.map(wide, (state.params, state.batch_stats))
    norm, dense, old = params["BatchNorm_0"], params["Dense_0"], statistics["BatchNorm_0"]
    x = wide(images).reshape(len(images), -1)
    mean, var = (x.mean(axis=0), x.var(axis=0)) if train else (old["mean"], old["var"])
    standard = (x - mean) / np.sqrt(var + 1e-5)
    flat = standard * norm["scale"] + norm["bias"]
    logits = flat @ dense["kernel"] + dense["bias"]
    error = np.exp(logits - logits.max(axis=1, keepdims=True))
    error /= error.sum(axis=1, keepdims=True)
    error[np.arange(len(error)), np.asarray(labels)] -= 1
    error /= len(error)
    back = error @ dense["kernel"].T
    return {
        "logits": logits,
        "losses": softmax_losses(logits, labels),
        "gradients": {
            "BatchNorm_0": {"scale": (back * standard).sum(axis=0), "bias": back.sum(axis=0)},
            "Dense_0": {"kernel": flat.T @ error, "bias": error.sum(axis=0)},
        },
        "batch_stats": {
            "BatchNorm_0": {
                "mean": 0.75 * old["mean"] + 0.25 * mean,
                "var": 0.75 * old["var"] + 0.25 * var,
            }
        },
    }


def must_be_state(called: Called, state: Any) -> Any:
    """The thing has the fields of a TrainState. Raises WrongAnswer."""
    fields = ("step", "params", "batch_stats", "opt_state", "apply_fn", "tx")
    missing = [name for name in fields if not hasattr(state, name)]
    called.require(
        not missing,
        "gave no TrainState",
        expected=f"an object with {', '.join(fields)}",
        got=f"{type(state).__name__} without {', '.join(missing)}",
        hint="Return the state as a TrainState: TrainState.create makes one, state.replace and state.apply_gradients change one.",
        kind=Kind.THING,
    )
    return state


def must_be_alike(text: str, found: Any, wanted: Any) -> None:
    """Both trees have the same leaves, by name and shape. Raises WrongAnswer."""
    shapes = [
        "\n".join(f"{jax.tree_util.keystr(path)} {jnp.shape(leaf)}" for path, leaf in leaves)
        for leaves in map(jax.tree.leaves_with_path, (found, wanted))
    ]
    Called(text, found).require(
        shapes[0] == shapes[1],
        "has another structure",
        expected=shapes[1],
        got=shapes[0] or "nothing",
        hint='What apply_fn gives beside the logits is {"batch_stats": ...}: the statistics lie one level down.',
        kind=Kind.STRUCTURE,
    )


def not_logits(logits: Array) -> dict[str, Callable[[], Array]]:
    """What somebody may return in the place of these logits, by name."""
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities = weights / weights.sum(axis=-1, keepdims=True)
    return {
        "probabilities, the softmax of the logits": lambda: probabilities,
        "the log-softmax of the logits": lambda: np.log(probabilities),
    }


LOGITS = "Logits are wanted: what the last dense layer gives, with nothing behind it. The loss takes the softmax by itself."


class Watched:
    """How a network is called while a function runs: in which mode, and how often."""

    def __init__(self) -> None:
        self.modes: list[bool] = []


WATCHED = Watched()


def in_tiny_units(state: TrainState, images: Any) -> tuple[TrainState, Any]:
    """The images in units of a millionth, and the state of a network that looks at them through a magnifying glass."""
    norm = state.params["BatchNorm_0"]
    params = {**state.params, "BatchNorm_0": {**norm, "scale": 3e3 * norm["scale"]}}
    nothing = jax.tree.map(jnp.zeros_like, state.batch_stats)
    return state.replace(params=params, batch_stats=nothing), images * jnp.float32(1e-6)
