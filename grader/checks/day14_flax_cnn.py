"""Checks of day 14: Flax and a real data set.

Where a convolutional network is not the subject, a small one of dense layers takes its place: it compiles quickly, and
its gradient can be written down.
"""

from __future__ import annotations

import functools
import itertools
import operator
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]
from flax import nnx, traverse_util
from flax.training import train_state
from jax import lax
from jax.extend.core import Var as Variable

from grader.datasets.vision import NoVision, torchvision_parts
from grader.toolkit import (
    Called,
    Handle,
    Learner,
    Numbers,
    RaisedError,
    Unavailable,
    Verdict,
    WrongAnswer,
    bans,
    check,
    compiled_if_possible,
    compiles_once,
    digits,
    hint_when,
    own_hint,
    write_mnist,
)

Array = np.ndarray[Any, Any]

# Relative and absolute. Flax takes the variance as mean square minus squared mean, which cancels a few digits.
NORMALIZED: Any = {"rtol": 1e-4, "atol": 1e-5}

KEY_HINT = "Every model takes the key that it is given: no keys of your own."


def double(x: Any) -> Array:
    return np.asarray(x, np.float64)


def softmax_losses(logits: Array, labels: Any) -> Array:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    losses: Array = -log_probabilities[np.arange(len(logits)), np.asarray(labels)]
    return losses


def with_function(handle: Handle, shown: str, function: Callable[..., Any]) -> Handle:
    """A handle of check code that uses what the learner wrote."""
    return Handle(handle.session, handle.name, shown, function, raw=function)


def compiled(handle: Handle, *arguments: Any) -> Called:
    """Call a handle compiled, or as it is where that fails: whether a function compiles is a question for later."""
    try:
        return handle.jit()(*arguments)
    except RaisedError:
        return handle(*arguments)


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


def nnx_call(model_class: Any) -> Callable[..., Any]:
    """The same for NNX, in evaluation."""

    def call(x: Any) -> Any:
        structure, shapes = nnx.split(
            nnx.eval_shape(lambda: model_class(IMAGE, nnx.Rngs(0), FEATURES, CLASSES, 0.0))
        )
        model = nnx.merge(structure, constants(shapes))
        model.eval()
        return model(x)

    return call


# ---- LinearRegression

WIDE = np.zeros((1, 1000), np.float32)  # shows `init` how many columns there are


@functools.cache
def linear_model(handle: Handle) -> Any:
    return handle.using("LinearRegression()", handle.function).value


@functools.cache
def linear_init(handle: Handle) -> Handle:
    model = linear_model(handle)
    return with_function(handle, "LinearRegression().init", lambda key, x: model.init(key, x))


@functools.cache
def linear_apply(handle: Handle) -> Handle:
    model = linear_model(handle)

    def apply(params: Any, x: Any) -> Any:
        return model.apply({"params": params}, x)

    return with_function(handle, "LinearRegression().apply with params", apply)


def linear_parameters(learner: Learner, key: Any) -> Called:
    """w and b as `init` makes them for 1000 columns, with their names and shapes in place. Raises WrongAnswer."""
    called = compiled(linear_init(learner.LinearRegression), key, WIDE)
    params = collections_of(called, {"params"})["params"]
    shapes = {name: jnp.shape(value) for name, value in sorted(params.items())}
    called.require(
        shapes == {"b": (), "w": (1000,)},
        "made other parameters",
        expected="b of shape (), w of shape (1000,)",
        got=", ".join(f"{name} of shape {shape}" for name, shape in shapes.items()) or "none",
    )
    return called["params"]


@check(
    "LinearRegression",
    "correct",
    hint="The exercise is what such a layer does inside; self.param makes arrays.",
)
def test_LinearRegression_uses_no_layer(learner: Learner) -> None:
    layers = ("Dense", "DenseGeneral", "Einsum", "Conv")
    bans(learner.LinearRegression, *(f"flax.linen.{name}" for name in layers))


@check(
    "LinearRegression",
    "correct",
    hint='self.param("w", initializer, shape) makes a parameter: its name and its shape are what counts here. x.shape[-1] '
    "is the number of columns, and () the shape of one number.",
)
def test_LinearRegression_makes_two_parameters(learner: Learner, numbers: Numbers) -> None:
    linear_parameters(learner, numbers.key())


@check(
    "LinearRegression", "correct", hint="y = x · w + b: a product of a matrix and a vector, one number a row."
)
def test_LinearRegression_by_hand(learner: Learner) -> None:
    params = {"w": jnp.array([2.0, 1.0]), "b": jnp.float32(5.0)}
    x = jnp.array([[1.0, 0.0], [1.0, 3.0], [0.0, 0.0]])
    compiled(linear_apply(learner.LinearRegression), params, x).close_to([7.0, 10.0, 5.0])


@check(
    "LinearRegression",
    "correct",
    hint="w is drawn by nn.initializers.normal(0.01), b is made by nn.initializers.zeros. (lecun_normal and its like need "
    "two axes.)",
)
def test_LinearRegression_draws_its_weights(learner: Learner, numbers: Numbers) -> None:
    first, second = (linear_parameters(learner, numbers.key()) for _ in range(2))
    first["b"].equals(np.float32(0))
    w, other = double(first.value["w"]), double(second.value["w"])
    # The deviation of 1000 draws is right to 2 percent, one standard error.
    first["w"].require(
        abs(w.std() / 0.01 - 1) < 0.15 and abs(w.mean()) < 0.002,
        "is drawn from another distribution",
        expected="mean 0, deviation 0.01",
        got=f"mean {w.mean():.2g}, deviation {w.std():.2g}",
    )
    first["w"].require(
        not np.array_equal(w, other),
        "is the same for two keys",
        expected="other numbers for another key",
        got="equal numbers",
        hint=KEY_HINT,
    )


@check("LinearRegression", "correct", hint="Only self.param makes arrays that training can move.")
def test_LinearRegression_fits_a_line(learner: Learner, numbers: Numbers) -> None:
    model = linear_model(learner.LinearRegression)
    x = numbers.uniform(-1.0, 1.0, (33, 2))
    y = 3 * x[:, 0] - 2 * x[:, 1] + 1

    def fitted(variables: Any, x: Any, y: Any) -> Any:
        def error(variables: Any) -> Any:
            return jnp.mean((model.apply(variables, x) - y) ** 2)

        def descend(variables: Any, _: Any) -> tuple[Any, None]:
            return jax.tree.map(lambda p, g: p - 0.5 * g, variables, jax.grad(error)(variables)), None

        return lax.scan(descend, variables, length=200)[0]["params"]

    # The curvatures lie between 0.3 and 2.5 here: 200 steps leave nothing to see of the way.
    handle = with_function(
        learner.LinearRegression, "200 steps of gradient descent with LinearRegression()", fitted
    )
    start = {"params": {"w": jnp.zeros(2), "b": jnp.zeros(())}}
    compiled(handle, start, x, y).close_to({"w": np.array([3.0, -2.0]), "b": np.array(1.0)}, atol=1e-3)


@check(
    "LinearRegression",
    "jit",
    hint="x and the parameters are traced: jnp throughout, and no branch on a value.",
)
def test_LinearRegression_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [({"w": numbers.normal(33), "b": numbers.normal()}, numbers.normal((17, 33))) for _ in range(2)]
    results = compiles_once(linear_apply(learner.LinearRegression).jit(), calls)
    for (params, x), result in zip(calls, results, strict=True):
        # A sum of 33 products may cancel: absolute, against terms of about 1.
        result.close_to(double(x) @ double(params["w"]) + double(params["b"]), atol=1e-5)
    learner.LinearRegression.compare_on("LinearRegression().apply", linen_call(), calls[0][1])


# ---- RunningStandardizer

STATISTICS = "batch_stats"
COUNTS = {"count": (), "mean": (2,), "var": (2,)}


@functools.cache
def standardizer(handle: Handle, train: bool, initialises: bool = False, eps: float | None = None) -> Handle:
    """A handle on one call of the module, which in training gives (result, statistics), or on its init."""
    shown = f"RunningStandardizer({'' if eps is None else f'eps={eps}'})"
    fields = {} if eps is None else {"eps": eps}
    model = handle.using(shown, lambda: handle.function(**fields)).value
    mode = f"train={train}"

    def apply(statistics: Any, x: Any) -> Any:
        if not train:
            return model.apply({STATISTICS: statistics}, x, train=False)
        return model.apply({STATISTICS: statistics}, x, train=True, mutable=[STATISTICS])

    def init(key: Any, x: Any) -> Any:
        return model.init(key, x, train=train)

    if initialises:
        return with_function(handle, f"{shown}.init with {mode}", init)
    return with_function(handle, f"{shown}.apply with {mode}", apply)


def standardized(learner: Learner, statistics: Any, x: Any) -> tuple[Called, Called]:
    """What the module returns in training, and the statistics after it. Raises WrongAnswer."""
    called = compiled(standardizer(learner.RunningStandardizer, train=True), statistics, x)
    result, moved = called.value
    kept = moved.get(STATISTICS, statistics)
    text = called.text
    return Called(text, result), Called(f"{text}: the statistics after it", dict(kept))


def statistics_of(rows: Array) -> dict[str, Any]:
    return {"count": np.int32(len(rows)), "mean": rows.mean(axis=0), "var": rows.var(axis=0)}


def joined_statistics(statistics: Any, x: Any) -> dict[str, Any]:
    """The statistics after a batch more."""
    n, mean, var = int(statistics["count"]), double(statistics["mean"]), double(statistics["var"])
    rows = double(x)
    k, delta = len(rows), rows.mean(axis=0) - mean
    return {
        "count": np.int32(n + k),
        "mean": mean + delta * k / (n + k),
        "var": (n * var + k * rows.var(axis=0)) / (n + k) + delta**2 * n * k / (n + k) ** 2,
    }


def given_statistics(numbers: Numbers) -> dict[str, Any]:
    return {"count": jnp.int32(7), "mean": numbers.normal(2), "var": numbers.uniform(0.5, 2.0, 2)}


def empty_statistics() -> dict[str, Any]:
    return {"count": jnp.int32(0), "mean": jnp.zeros(2), "var": jnp.ones(2)}


@check(
    "RunningStandardizer",
    "correct",
    hint="init runs the method, too, to find the shapes. Move the statistics only `if train and not "
    "self.is_initializing()`: else the example that shapes are taken from counts as data.",
)
def test_RunningStandardizer_begins_with_nothing(learner: Learner, numbers: Numbers) -> None:
    expected = {"count": np.int32(0), "mean": np.zeros(2), "var": np.ones(2)}
    for train in (False, True):
        init = standardizer(learner.RunningStandardizer, train, initialises=True)
        called = compiled(init, numbers.key(), numbers.normal((5, 2)) + 3)
        hint = 'self.variable("batch_stats", name, function, *arguments) makes them; self.param makes parameters.'
        statistics = collections_of(called, {STATISTICS}, hint)[STATISTICS]
        told = Called(f"{called.text}['batch_stats']", dict(statistics))
        told.require(
            jnp.issubdtype(getattr(statistics.get("count"), "dtype", jnp.int32), jnp.integer),
            "counts in floats",
            expected="count as an int32",
            got=str(statistics.get("count").dtype) if "count" in statistics else "no count",
            hint="Say the dtype: jnp.zeros, (), jnp.int32. Floats stop counting at 16 million.",
        )
        told.equals(expected)


@check(
    "RunningStandardizer",
    "correct",
    hint="In evaluation the statistics are what they are, and `apply` comes without `mutable`: write to `.value` under "
    "`if train` only. jnp.where writes in any case.",
)
def test_RunningStandardizer_stands_still_in_evaluation(learner: Learner, numbers: Numbers) -> None:
    with own_hint("ModifyScopeVariableError"):
        compiled(
            standardizer(learner.RunningStandardizer, train=False),
            given_statistics(numbers),
            numbers.normal((5, 2)),
        )


@check(
    "RunningStandardizer",
    "correct",
    hint="(x - mean) / sqrt(var + eps), with the stored statistics and not with the batch's own.",
)
def test_RunningStandardizer_uses_its_statistics_in_evaluation(learner: Learner, numbers: Numbers) -> None:
    statistics, x = given_statistics(numbers), numbers.normal((5, 2))
    result = compiled(standardizer(learner.RunningStandardizer, train=False), statistics, x)
    mean, var = double(statistics["mean"]), double(statistics["var"])
    result.close_to((double(x) - mean) / np.sqrt(var + 1e-6))


@check(
    "RunningStandardizer",
    "correct",
    hint="Divide by sqrt(var + eps), with the field self.eps, and add before you take the root: a column that never changes "
    "has var 0.",
)
def test_RunningStandardizer_uses_its_eps(learner: Learner, numbers: Numbers) -> None:
    statistics, x = given_statistics(numbers), numbers.normal((5, 2))
    statistics["var"] = statistics["var"].at[0].set(0.0)
    result = compiled(standardizer(learner.RunningStandardizer, train=False, eps=0.5), statistics, x)
    result.close_to((double(x) - double(statistics["mean"])) / np.sqrt(double(statistics["var"]) + 0.5))


@check(
    "RunningStandardizer",
    "correct",
    hint="With nothing seen before, n is 0: the new mean and variance are the batch's own. Write what is new to `.value` of "
    "each variable.",
)
def test_RunningStandardizer_takes_a_first_batch(learner: Learner) -> None:
    x = jnp.array([[1.0, 0.0], [3.0, 0.0], [5.0, 9.0], [3.0, 0.0], [3.0, 6.0]])
    _, after = standardized(learner, empty_statistics(), x)
    after.close_to({"count": np.int32(5), "mean": np.array([3.0, 3.0]), "var": np.array([1.6, 14.4])})


@check(
    "RunningStandardizer",
    "correct",
    hint="In training, first move the statistics, then standardise with what they are now.",
)
def test_RunningStandardizer_standardizes_with_the_new_statistics(learner: Learner, numbers: Numbers) -> None:
    x = numbers.normal((5, 2), scale=2.0, mean=1.0)
    result, _ = standardized(learner, empty_statistics(), x)
    rows = double(x)
    result.close_to((rows - rows.mean(axis=0)) / np.sqrt(rows.var(axis=0) + 1e-6), **NORMALIZED)


@check(
    "RunningStandardizer",
    "correct",
    hint="Each row counts the same, in a large batch and in a small one. The variance of all rows has three parts: the old "
    "variance, the batch's, and the distance of the two means. δ is taken from the old mean.",
)
def test_RunningStandardizer_joins_batches(learner: Learner, numbers: Numbers) -> None:
    batches = [numbers.normal((size, 2), mean=mean) for size, mean in ((5, 0.0), (2, 4.0), (5, -2.0))]
    statistics: Any = empty_statistics()
    for seen in range(1, 4):
        _, after = standardized(learner, statistics, batches[seen - 1])
        after.close_to(
            statistics_of(np.concatenate([double(batch) for batch in batches[:seen]])), **NORMALIZED
        )
        statistics = after.value


@check(
    "RunningStandardizer",
    "correct",
    hint="In training x is standardised by mean' and var', those of all rows so far, and not by the batch's own.",
)
def test_RunningStandardizer_standardizes_with_all_rows(learner: Learner, numbers: Numbers) -> None:
    statistics, x = given_statistics(numbers), numbers.normal((5, 2), mean=2.0)
    result, _ = standardized(learner, statistics, x)
    joined = joined_statistics(statistics, x)
    result.close_to((double(x) - joined["mean"]) / np.sqrt(joined["var"] + 1e-6), **NORMALIZED)


@check(
    "RunningStandardizer",
    "correct",
    hint="(n + k)² is more than an int32 holds as soon as n passes 46,340. Take shares, which are floats: n / (n + k) times "
    "k / (n + k).",
)
def test_RunningStandardizer_counts_to_a_million(learner: Learner, numbers: Numbers) -> None:
    statistics = {**given_statistics(numbers), "count": jnp.int32(1_000_000)}
    x = numbers.normal((5, 2), mean=100.0)
    _, after = standardized(learner, statistics, x)
    after.close_to(joined_statistics(statistics, x), **NORMALIZED)


@check(
    "RunningStandardizer",
    "jit",
    hint="The count is traced, and 0 at first: k / (n + k) needs no branch.",
)
def test_RunningStandardizer_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [
        (statistics, numbers.normal((5, 2))) for statistics in (empty_statistics(), given_statistics(numbers))
    ]
    for train in (False, True):
        compiles_once(standardizer(learner.RunningStandardizer, train).jit(), calls)
    in_training = linen_call(train=True, mutable=[STATISTICS])
    learner.RunningStandardizer.compare_on(
        "RunningStandardizer().apply", in_training, numbers.normal((64, 33))
    )


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
        layers.setdefault(path[:-1], {})[str(path[-1])] = double(leaf)
    by_size = sorted(layers.values(), key=lambda layer: layer["bias"].size)
    return Network(
        [layer for layer in by_size if "kernel" in layer and layer["kernel"].ndim == 4],
        [layer for layer in by_size if "scale" in layer],
        next(layer for layer in by_size if "kernel" in layer and layer["kernel"].ndim == 2),
    )


def drawn(numbers: Numbers, path: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """Numbers for a parameter or a statistic: none is 0 or 1, so that each leaves its mark."""
    return numbers.uniform(0.5, 2.0, shape) if path[-1] == "var" else numbers.normal(shape, scale=0.7)


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
    x, after = double(images), []
    for convolution, norm in zip(network.convolutions, network.norms, strict=True):
        x = convolve(x, convolution)
        mean, var = (x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))) if train else (norm["mean"], norm["var"])
        after.append({"mean": 0.9 * norm["mean"] + 0.1 * mean, "var": 0.9 * norm["var"] + 0.1 * var})
        x = (x - mean) / np.sqrt(var + 1e-5) * norm["scale"] + norm["bias"]
        x = pool(np.maximum(x, 0))
    flat = x.reshape(len(x), -1)
    return flat @ network.head["kernel"] + network.head["bias"], flat, after


@functools.cache
def cnn(handle: Handle, rate: float) -> tuple[str, Any]:
    text = f"CNN({FEATURES}, {CLASSES}, {rate:g})"
    return text, handle.using(text, handle.function, FEATURES, CLASSES, rate).value


def flat(tree: Any) -> Leaves:
    return dict(traverse_util.flatten_dict(tree))  # type: ignore[no-untyped-call]


@functools.cache
def cnn_shapes(handle: Handle, rate: float) -> Any:
    """The variables of a CNN as shapes, with its layers in place. Raises WrongAnswer."""
    text, model = cnn(handle, rate)
    images = jnp.zeros((1, *IMAGE))

    def shapes() -> Any:
        return jax.eval_shape(lambda key: model.init(key, images, train=False), jax.random.key(0))

    called = handle.using(f"{text}.init(key, f32[1,9,6,2], train=False)", shapes)
    variables = collections_of(called, {"params", STATISTICS})
    has_layers(called, flat(variables["params"]), flat(variables[STATISTICS]))
    return variables


def cnn_variables(handle: Handle, rate: float, numbers: Numbers) -> Any:
    """Variables of a CNN, of random numbers."""
    leaves = flat(cnn_shapes(handle, rate))
    return traverse_util.unflatten_dict({p: drawn(numbers, p, leaf.shape) for p, leaf in leaves.items()})  # type: ignore[no-untyped-call]


def cnn_network(variables: Any) -> Network:
    return network_of({**flat(variables["params"]), **flat(variables[STATISTICS])})


@functools.cache
def cnn_apply(handle: Handle, rate: float, train: bool) -> Handle:
    """A handle on a CNN. In training it gives (logits, statistics)."""
    text, model = cnn(handle, rate)

    def evaluate(variables: Any, images: Any) -> Any:
        return model.apply(variables, images, train=False)

    def training(variables: Any, images: Any, key: Any) -> Any:
        return model.apply(variables, images, train=True, mutable=[STATISTICS], rngs={"dropout": key})

    return with_function(handle, f"{text}.apply with train={train}", training if train else evaluate)


def shortened(called: Called) -> Called:
    """The call without its variables, which nobody wants to read."""
    head, _, rest = called.text.partition("({")
    return Called(f"{head}(variables, f32[3,9,6,2])" if rest else called.text, called.value)


@check(
    "CNN",
    "correct",
    hint="One Conv and one BatchNorm for each number in `features`, then one Dense. Kernels are 3 x 3 with padding SAME; each "
    "pool halves both sides; flattening keeps all numbers of an image.",
)
def test_CNN_has_these_layers(learner: Learner) -> None:
    cnn_shapes(learner.CNN, 0.0)


@check(
    "CNN",
    "correct",
    hint="Sizes come from the image: 8 x 8 is pooled to 4 x 4 and 2 x 2, 28 x 28 to 14 x 14 and 7 x 7.",
)
def test_CNN_takes_images_of_any_size(learner: Learner) -> None:
    handle = learner.CNN
    model = handle.using("CNN((8, 16))", handle.function, (8, 16)).value
    for side, expected in ((8, 1946), (28, 9146)):
        images = jnp.zeros((2, side, side, 1))

        def shapes(images: Any = images) -> Any:
            return jax.eval_shape(lambda key: model.init(key, images, train=False), jax.random.key(0))

        called = handle.using(f"CNN((8, 16)).init(key, f32[2,{side},{side},1], train=False)", shapes)
        count = sum(leaf.size for leaf in jax.tree.leaves(called.value["params"]))
        called.require(
            count == expected, "has the wrong size", expected=f"{expected} parameters", got=f"{count}"
        )


@check(
    "CNN",
    "correct",
    hint="In evaluation nothing is drawn and BatchNorm uses what it has stored: use_running_average=not train, "
    "deterministic=not train. The order is Conv, BatchNorm, relu, max_pool.",
)
def test_CNN_evaluates(learner: Learner, numbers: Numbers) -> None:
    variables, images = cnn_variables(learner.CNN, 0.5, numbers), numbers.normal((3, *IMAGE))
    with own_hint():
        called = compiled(cnn_apply(learner.CNN, 0.5, train=False), variables, images)
    logits, _, _ = cnn_oracle(cnn_network(variables), images, train=False)
    shortened(called).close_to(logits, **NORMALIZED)


def trained_once(learner: Learner, numbers: Numbers, rate: float) -> tuple[Called, Any, Any]:
    """A call in training mode, with its variables and images."""
    variables, images = cnn_variables(learner.CNN, rate, numbers), numbers.normal((3, *IMAGE))
    called = compiled(cnn_apply(learner.CNN, rate, train=True), variables, images, numbers.key())
    return shortened(called), variables, images


@check(
    "CNN",
    "correct",
    hint="In training BatchNorm uses the mean and variance of the batch: use_running_average is False then.",
)
def test_CNN_uses_the_batch_in_training(learner: Learner, numbers: Numbers) -> None:
    called, variables, images = trained_once(learner, numbers, 0.0)
    logits, _, _ = cnn_oracle(cnn_network(variables), images, train=True)
    Called(called.text, called.value[0]).close_to(logits, **NORMALIZED)


@check(
    "CNN",
    "correct",
    hint="Statistics move by a tenth of the way: momentum=0.9. Flax's own default is 0.99, a hundredth, and a short run "
    "ends before the statistics arrive.",
)
def test_CNN_moves_its_statistics(learner: Learner, numbers: Numbers) -> None:
    called, variables, images = trained_once(learner, numbers, 0.0)
    _, _, after = cnn_oracle(cnn_network(variables), images, train=True)
    found = cnn_network({"params": variables["params"], STATISTICS: called.value[1][STATISTICS]}).norms
    for number, (norm, expected) in enumerate(zip(found, after, strict=True), start=1):
        for name in ("mean", "var"):
            text = f"{called.text}: {name} of BatchNorm number {number}"
            Called(text, jnp.float32(norm[name])).close_to(expected[name], **NORMALIZED)


CALLS = 6  # in each of which three images are dropped from: no chance to be alike all the time


def masks_of(called: Called, logits: Any, network: Network, given: Array) -> Array:
    """Which inputs of the last layer were kept, at a rate of one half, by what came of it. Raises WrongAnswer.

    All 256 ways to drop from its 8 inputs are tried. An input that is 0 anyway counts as kept.
    """
    ways = np.array(list(itertools.product((1.0, 0.0), repeat=HEAD)))
    masks = []
    for row, found in zip(given, double(logits), strict=True):
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
        hint="Dropout draws for each number by itself, unless broadcast_dims says otherwise.",
    )


@check(
    "CNN",
    "correct",
    hint="Dropout(self.dropout_rate, deterministic=not train) stands once, right before the last layer: of that layer's "
    "inputs some are 0 then, and the others are divided by 1 - dropout_rate.",
)
def test_CNN_drops_before_the_last_layer(learner: Learner, numbers: Numbers) -> None:
    handle = learner.CNN
    variables, images = cnn_variables(handle, 0.5, numbers), numbers.normal((3, *IMAGE))
    network = cnn_network(variables)
    _, given, _ = cnn_oracle(network, images, train=True)
    masks = []
    for _ in range(CALLS):
        called = shortened(compiled(cnn_apply(handle, 0.5, train=True), variables, images, numbers.key()))
        masks.append(masks_of(called, called.value[0], network, given))
    must_differ(called, masks, given)


@check("CNN", "jit", hint="Images are traced, and `train` is a Python bool: branch on the latter alone.")
def test_CNN_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(cnn_variables(learner.CNN, 0.5, numbers), numbers.normal((3, *IMAGE))) for _ in range(2)]
    for (variables, images), result in zip(
        calls, compiles_once(cnn_apply(learner.CNN, 0.5, train=False).jit(), calls), strict=True
    ):
        logits, _, _ = cnn_oracle(cnn_network(variables), images, train=False)
        shortened(result).close_to(logits, **NORMALIZED)
    forward = linen_call(FEATURES, CLASSES, 0.0, train=False)
    learner.CNN.compare_on(f"CNN({FEATURES}, {CLASSES}).apply", forward, calls[0][1])


# ---- a small network for the training functions


class TrainState(train_state.TrainState):  # type: ignore[no-untyped-call]
    """What the checks hand to training functions."""

    batch_stats: Any


def plain_kernel(key: Any, shape: tuple[int, ...], dtype: Any = jnp.float32) -> Any:
    """Normal weights for a kernel, by its key. JAX's own draws take most of a second to compile, at each place of use."""
    generator = np.random.default_rng(0)
    one, other = (generator.normal(0, np.sqrt(2 / np.prod(shape[:-1])), shape) for _ in range(2))
    angle = jnp.sum(jax.random.key_data(key) % 1000).astype(dtype)
    return jnp.cos(angle) * one.astype(dtype) + jnp.sin(angle) * other.astype(dtype)


class SmallNetwork(nn.Module):
    """Flatten, normalise, drop, and one dense layer: 4 numbers in, 3 logits out."""

    rate: float = 0.0

    @nn.compact
    def __call__(self, images: Any, train: bool) -> Any:
        x = images.reshape(images.shape[0], -1)
        x = nn.BatchNorm(use_running_average=not train, momentum=0.75)(x)
        x = nn.Dropout(self.rate, deterministic=not train)(x)
        return nn.Dense(3, kernel_init=plain_kernel)(x)


class BareNetwork(nn.Module):
    """One dense layer, without statistics."""

    @nn.compact
    def __call__(self, images: Any, train: bool) -> Any:
        return nn.Dense(3, kernel_init=plain_kernel)(images.reshape(images.shape[0], -1))


PLAIN, DROPPING, BARE = SmallNetwork(), SmallNetwork(rate=0.5), BareNetwork()
APPLY = {model: model.apply for model in (PLAIN, DROPPING)}
SGD, ADAM = optax.sgd(0.5, momentum=0.5), optax.adam(0.1)
ROWS = 6


def small_state(numbers: Numbers, model: SmallNetwork) -> TrainState:
    params: Any = {
        "BatchNorm_0": {"scale": numbers.uniform(0.5, 2.0, 4), "bias": numbers.normal(4)},
        "Dense_0": {"kernel": numbers.normal((4, 3)), "bias": numbers.normal(3)},
    }
    statistics = {"BatchNorm_0": {"mean": numbers.normal(4), "var": numbers.uniform(0.5, 2.0, 4)}}
    return TrainState(jnp.int32(0), APPLY[model], params, SGD, SGD.init(params), statistics)


def small_images(numbers: Numbers, n: int = ROWS) -> tuple[Any, Any]:
    return numbers.normal((n, 2, 2, 1)), numbers.integers(0, 3, n)


def small_oracle(state: Any, images: Any, labels: Any, train: bool) -> dict[str, Any]:
    """Logits, losses, gradients of the mean loss, and the statistics after it, without dropout."""
    params, statistics = jax.tree.map(double, (state.params, state.batch_stats))
    norm, dense, old = params["BatchNorm_0"], params["Dense_0"], statistics["BatchNorm_0"]
    x = double(images).reshape(len(images), -1)
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
    )


# ---- create_train_state

SAMPLE = np.zeros((1, 2, 2, 1), np.float32)


def created(learner: Learner, key: Any, model: Any = DROPPING) -> tuple[Called, Any]:
    """The call and the state. Raises WrongAnswer."""
    called = compiled_if_possible(
        learner.create_train_state, key, model, SAMPLE, ADAM, static=("model", "optimizer")
    )
    word = f"create_train_state(key, {type(model).__name__}(...), f32[1,2,2,1], adam)"
    called = Called(word, called.value)
    return called, must_be_state(called, called.value)


@check(
    "create_train_state",
    "correct",
    hint='model.init gives a dict of collections: the parameters are variables["params"], without the rest.',
)
def test_create_train_state_draws_parameters(learner: Learner, numbers: Numbers) -> None:
    (called, first), (_, second) = (created(learner, numbers.key()) for _ in range(2))
    shapes = {"BatchNorm_0": {"scale": (4,), "bias": (4,)}, "Dense_0": {"kernel": (4, 3), "bias": (3,)}}
    found = flat(first.params) if isinstance(first.params, Mapping) else {}
    wanted = flat(shapes)
    called.require(
        {path: jnp.shape(leaf) for path, leaf in found.items()} == wanted,
        "has other parameters",
        expected="\n".join(sorted("/".join(path) for path in wanted)),
        got="\n".join(sorted("/".join(map(str, path)) for path in found)) or type(first.params).__name__,
    )
    kernels = [np.asarray(state.params["Dense_0"]["kernel"]) for state in (first, second)]
    called.require(
        not np.array_equal(kernels[0], kernels[1]),
        "starts from the same parameters for two keys",
        expected="other parameters for another key",
        got="equal ones",
        hint=KEY_HINT,
    )


@check(
    "create_train_state",
    "correct",
    hint='The statistics are variables["batch_stats"], as `init` leaves them: mean 0, var 1.',
)
def test_create_train_state_has_batch_statistics(learner: Learner, numbers: Numbers) -> None:
    called, state = created(learner, numbers.key())
    expected = {"BatchNorm_0": {"mean": np.zeros(4), "var": np.ones(4)}}
    Called(f"{called.text}.batch_stats", state.batch_stats).equals(expected)


@check(
    "create_train_state",
    "correct",
    hint='A model without BatchNorm has no such collection: variables.get("batch_stats", {}).',
)
def test_create_train_state_takes_a_model_without_statistics(learner: Learner, numbers: Numbers) -> None:
    with own_hint("KeyError"):
        called, state = created(learner, numbers.key(), BARE)
    called.require(
        isinstance(state.batch_stats, Mapping) and not state.batch_stats,
        "has the wrong batch_stats",
        expected="{}",
        got=repr(state.batch_stats)[:60],
    )


@check(
    "create_train_state",
    "correct",
    hint="opt_state is what optimizer.init(params) gives, for the parameters alone. tx is the optimiser itself, and apply_fn "
    "is model.apply.",
)
def test_create_train_state_is_ready_to_train(learner: Learner, numbers: Numbers) -> None:
    called, state = created(learner, numbers.key())
    expected = ADAM.init(state.params)
    called.require(
        operator.eq(jax.tree.structure(state.opt_state), jax.tree.structure(expected)),
        "has another opt_state",
        expected="that of adam for params",
        got=str(jax.tree.structure(state.opt_state))[:100],
    )

    @jax.jit
    def use(state: Any, images: Any) -> Any:
        logits = state.apply_fn({"params": state.params, STATISTICS: state.batch_stats}, images, train=False)
        ones = jax.tree.map(jnp.ones_like, state.params)
        updates, _ = state.tx.update(ones, state.opt_state, state.params)
        return logits, updates["Dense_0"]["bias"]

    images, labels = small_images(numbers)
    text = "state.apply_fn(variables, images, train=False)"
    logits, moved = learner.create_train_state.using(text, use, state, images).value
    Called(text, logits).close_to(small_oracle(state, images, labels, train=False)["logits"], **NORMALIZED)
    text = "state.tx.update(gradients of ones, state.opt_state, state.params)[0]['Dense_0']['bias']"
    Called(text, moved).close_to(np.full(3, -0.1), rtol=1e-4)  # Adam's first step is the learning rate


@check(
    "create_train_state",
    "jit",
    hint="TrainState.create counts from a Python 0, which JAX tells from an array: state.replace(step=jnp.zeros((), jnp.int32)) "
    "begins with what later steps have.",
)
def test_create_train_state_counts_in_int32(learner: Learner, numbers: Numbers) -> None:
    called, state = created(learner, numbers.key())
    step = state.step
    python = isinstance(step, int) or getattr(step, "weak_type", False)
    called.require(
        not python and getattr(step, "dtype", None) == jnp.int32 and jnp.shape(step) == () and int(step) == 0,
        "starts with another step",
        expected="0 as an int32 array of shape ()",
        got=_described(step),
    )


def _described(value: Any) -> str:
    if isinstance(value, int):
        return f"a Python {value}"
    if getattr(value, "weak_type", False):
        return f"{value} as an array that follows others in its dtype (weakly typed), as a Python number does"
    return f"{value} ({value.dtype}{list(value.shape)})" if isinstance(value, jax.Array) else repr(value)[:60]


@check("create_train_state", "jit", hint="With model and optimizer static all else can be traced, init too.")
def test_create_train_state_compiles_once(learner: Learner, numbers: Numbers) -> None:
    handle = learner.create_train_state.jit(static_argnames=("model", "optimizer"))
    compiles_once(handle, [(numbers.key(), DROPPING, SAMPLE, ADAM) for _ in range(2)])


class TypedNetwork(nn.Module):
    """A network whose one parameter has the dtype of the images."""

    @nn.compact
    def __call__(self, images: Any, train: bool) -> Any:
        return images * self.param("scale", nn.initializers.ones, (), images.dtype)


TYPED = TypedNetwork()


@check(
    "create_train_state",
    "correct",
    hint="Of `sample` the dtype counts, too, and jnp.zeros(sample.shape) is float32 always: give init the sample itself, or "
    "jnp.zeros_like(sample).",
)
def test_create_train_state_keeps_the_dtype(learner: Learner, numbers: Numbers) -> None:
    handle, sample = learner.create_train_state, SAMPLE.astype(np.float16)
    called = compiled_if_possible(handle, numbers.key(), TYPED, sample, ADAM, static=("model", "optimizer"))
    scale = must_be_state(called, called.value).params["scale"]
    text = "create_train_state(key, TypedNetwork(...), f16[1,2,2,1], adam).params['scale']"
    Called(text, scale).require(
        scale.dtype == jnp.float16, "has another dtype", expected="float16", got=str(scale.dtype)
    )


# ---- train_step


def stepped(learner: Learner, *arguments: Any) -> tuple[Called, Any]:
    """The call, and the new state. Raises WrongAnswer."""
    called = compiled(learner.train_step, *arguments)
    return called, must_be_state(called, called.value[0])


def sgd_oracle(params: Any, gradients: Any, momentum: Any = None) -> tuple[Any, Any]:
    """Parameters and momentum after a step of SGD."""
    if momentum is not None:
        gradients = jax.tree.map(lambda g, m: g + 0.5 * m, gradients, momentum)
    return jax.tree.map(lambda p, g: double(p) - 0.5 * g, params, gradients), gradients


@check(
    "train_step",
    "correct",
    hint='The loss is a mean over the batch, in training mode: state.apply_fn(..., train=True, mutable=["batch_stats"], '
    'rngs={"dropout": ...}) gives (logits, what has moved). It is that of the parameters that came in, before the step.',
)
def test_train_step_returns_the_loss(learner: Learner, numbers: Numbers) -> None:
    state, (images, labels) = small_state(numbers, PLAIN), small_images(numbers)
    with own_hint("ModifyScopeVariableError"):
        called, _ = stepped(learner, state, images, labels, numbers.key())
    called[1].close_to(small_oracle(state, images, labels, train=True)["losses"].mean(), **NORMALIZED)


@check(
    "train_step",
    "correct",
    hint="state.apply_gradients(grads=...) moves the parameters against the gradient of the mean loss. Return its result: the "
    "old state stays as it is.",
)
def test_train_step_moves_the_parameters(learner: Learner, numbers: Numbers) -> None:
    state, (images, labels) = small_state(numbers, PLAIN), small_images(numbers)
    called, after = stepped(learner, state, images, labels, numbers.key())
    gradients = small_oracle(state, images, labels, train=True)["gradients"]
    expected, _ = sgd_oracle(state.params, gradients)
    Called(f"{called.text}[0].params", after.params).close_to(expected, **NORMALIZED)


@check(
    "train_step",
    "correct",
    hint='apply_fn(..., mutable=["batch_stats"]) gives the new statistics beside the logits, as {"batch_stats": ...}. Bring '
    "them out of the loss function (has_aux=True) and store them: apply_gradients(grads=..., batch_stats=...).",
)
def test_train_step_moves_the_statistics(learner: Learner, numbers: Numbers) -> None:
    state, (images, labels) = small_state(numbers, PLAIN), small_images(numbers)
    called, after = stepped(learner, state, images, labels, numbers.key())
    expected = small_oracle(state, images, labels, train=True)["batch_stats"]
    Called(f"{called.text}[0].batch_stats", after.batch_stats).close_to(expected, **NORMALIZED)


@check(
    "train_step",
    "correct",
    hint="Step count and optimiser's state move on, too: state.apply_gradients does all three; state.replace(params=...) alone "
    "forgets two of them.",
)
def test_train_step_goes_on(learner: Learner, numbers: Numbers) -> None:
    state, key, momentum = small_state(numbers, PLAIN), numbers.key(), None
    for count in (1, 2):
        images, labels = small_images(numbers)
        called, after = stepped(learner, state, images, labels, key)
        text = f"{called.text}, step number {count}, [0]"
        Called(f"{text}.step", after.step).equals(np.int32(count))
        gradients = small_oracle(state, images, labels, train=True)["gradients"]
        expected, momentum = sgd_oracle(state.params, gradients, momentum)
        Called(f"{text}.params", after.params).close_to(expected, **NORMALIZED)
        must_be_alike(f"{text}.batch_stats", after.batch_stats, state.batch_stats)
        state = after


@check(
    "train_step",
    "correct",
    hint="exp(-1e4) is 0, and log 0 is -inf. optax.softmax_cross_entropy_with_integer_labels takes the log-softmax in one go.",
)
def test_train_step_survives_large_logits(learner: Learner, numbers: Numbers) -> None:
    state, (images, _) = small_state(numbers, PLAIN), small_images(numbers)
    dense = {**state.params["Dense_0"], "bias": jnp.array([1e4, 0.0, -1e4])}
    state = state.replace(params={**state.params, "Dense_0": dense})
    labels = jnp.array([0, 1, 2, 0, 1, 2], jnp.int32)
    called, after = stepped(learner, state, images, labels, numbers.key())
    oracle = small_oracle(state, images, labels, train=True)
    called[1].close_to(oracle["losses"].mean(), rtol=1e-4)
    text = f"{called.text}[0].params['Dense_0']['bias']"
    expected = double(dense["bias"]) - 0.5 * oracle["gradients"]["Dense_0"]["bias"]
    Called(text, after.params["Dense_0"]["bias"]).close_to(expected, **NORMALIZED)


@check(
    "train_step",
    "correct",
    hint='Training drops: rngs={"dropout": a key made from `key`}, together with train=True.',
)
def test_train_step_drops(learner: Learner, numbers: Numbers) -> None:
    state, (images, labels) = small_state(numbers, DROPPING), small_images(numbers)
    with own_hint("InvalidRngError"):
        losses = [stepped(learner, state, images, labels, numbers.key())[0] for _ in range(4)]
    values = {float(called.value[1]) for called in losses}
    losses[0][1].require(
        len(values) > 1,
        "is the same whatever the key is",
        expected="another loss for another key, under dropout",
        got=f"{values.pop():.5g} for four keys",
    )


@check(
    "train_step",
    "correct",
    hint="The same key comes at every step; jax.random.fold_in(key, state.step) makes another one of it each time.",
)
def test_train_step_drops_anew_at_each_step(learner: Learner, numbers: Numbers) -> None:
    state, (images, labels), key = small_state(numbers, DROPPING), small_images(numbers), numbers.key()
    losses = [
        stepped(learner, state.replace(step=jnp.int32(step)), images, labels, key)[0] for step in range(4)
    ]
    values = {float(called.value[1]) for called in losses}
    losses[0][1].require(
        len(values) > 1,
        "drops the same numbers at every step",
        expected="another loss at another state.step, with the same key",
        got=f"{values.pop():.5g} at steps 0, 1, 2 and 3",
    )


@check(
    "train_step",
    "jit",
    hint="What comes out is what goes in again: keep the dtypes and the structure of the state, and read no value in Python.",
)
def test_train_step_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(small_state(numbers, DROPPING), *small_images(numbers), numbers.key()) for _ in range(2)]
    first, _ = compiles_once(learner.train_step.jit(), calls)
    handle, before = learner.train_step.jit(), learner.train_step.jit().traces
    handle(must_be_state(first, first.value[0]), *calls[1][1:])
    first.require(
        handle.traces == before,
        "gives a state for which the step is traced again",
        expected="the shapes, dtypes and structure that the state had",
        got="a state of another type",
    )


# ---- eval_step


@check(
    "eval_step",
    "correct",
    hint="A loss and a True or False for each example, not their means. The network needs both collections, and with train=False "
    "neither `mutable` nor a key.",
)
def test_eval_step_judges_each_example(learner: Learner, numbers: Numbers) -> None:
    state, (images, labels) = small_state(numbers, DROPPING), small_images(numbers)
    classes = (
        "Logits have a row for each example and a column for each class: argmax and softmax go along axis=-1."
    )
    with hint_when("do not broadcast", classes), own_hint():
        compiled(learner.eval_step, state, images, labels)


@check(
    "eval_step",
    "correct",
    hint="In training mode BatchNorm mixes the examples of a batch. Evaluation is train=False, with the stored statistics; and "
    "softmax goes along the classes, axis=-1.",
)
def test_eval_step_knows_no_neighbours(learner: Learner, numbers: Numbers) -> None:
    state, (images, labels) = small_state(numbers, DROPPING), small_images(numbers)
    neighbours, _ = small_images(numbers)
    called = compiled(learner.eval_step, state, images, labels)
    # Called with other neighbours, the first example is the same.
    other = compiled(learner.eval_step, state, neighbours.at[0].set(images[0]), labels)
    expected, got = (float(result.value[0][0]) for result in (called, other))
    other[0].require(
        np.isclose(expected, got, rtol=1e-5, atol=1e-6),
        "has another loss for the first example, among other neighbours",
        expected=f"{expected:.5g}, as before",
        got=f"{got:.5g}",
    )


@check(
    "eval_step",
    "correct",
    hint="A loss for each example, not their mean: -log softmax(logits)[label], from logits in evaluation mode. "
    "state.apply_fn needs both collections.",
)
def test_eval_step_measures_each_example(learner: Learner, numbers: Numbers) -> None:
    state, (images, labels) = small_state(numbers, DROPPING), small_images(numbers)
    called = compiled(learner.eval_step, state, images, labels)
    called[0].close_to(small_oracle(state, images, labels, train=False)["losses"], **NORMALIZED)


@check("eval_step", "correct", hint="The prediction is the argmax over the classes, the last axis.")
def test_eval_step_says_which_are_correct(learner: Learner, numbers: Numbers) -> None:
    state, (images, labels) = small_state(numbers, DROPPING), small_images(numbers)
    best = small_oracle(state, images, labels, train=False)["logits"].argmax(axis=1)
    half = np.where(np.arange(ROWS) % 2, best, (best + 1) % 3)
    called = compiled(learner.eval_step, state, images, jnp.asarray(half, jnp.int32))
    called[1].equals(best == half)


@check(
    "eval_step",
    "correct",
    hint="exp(1e4) is infinite, and the log of a probability that underflowed is -inf. Take the log-softmax in one go, "
    "as optax.softmax_cross_entropy_with_integer_labels does.",
)
def test_eval_step_survives_large_logits(learner: Learner, numbers: Numbers) -> None:
    state, (images, labels) = small_state(numbers, DROPPING), small_images(numbers)
    dense = {**state.params["Dense_0"], "bias": jnp.array([1e4, 0.0, -1e4])}
    state = state.replace(params={**state.params, "Dense_0": dense})
    labels = jnp.array([0, 1, 2, 0, 1, 2], jnp.int32)
    called = compiled(learner.eval_step, state, images, labels)
    # Relative to 1e4: the differences to the largest logit carry its rounding.
    called[0].close_to(small_oracle(state, images, labels, train=False)["losses"], rtol=1e-4, atol=1e-2)


@check("eval_step", "jit", hint="State, images and labels are traced: compare arrays, and return arrays.")
def test_eval_step_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(small_state(numbers, DROPPING), *small_images(numbers)) for _ in range(2)]
    for (state, images, labels), result in zip(
        calls, compiles_once(learner.eval_step.jit(), calls), strict=True
    ):
        result[0].close_to(small_oracle(state, images, labels, train=False)["losses"], **NORMALIZED)


# ---- numpy_collate


class Picture:
    """What a PIL image is to NumPy."""

    def __init__(self, pixels: Array) -> None:
        self._pixels = pixels

    def __repr__(self) -> str:
        return "picture"

    @property
    def __array_interface__(self) -> Any:
        return self._pixels.__array_interface__


def pixels(numbers: Numbers, shape: tuple[int, ...]) -> Array:
    return np.asarray(numbers.integers(0, 256, shape)).astype(np.uint8)


def collated(called: Called, images: Array, labels: Sequence[int], hint: str | None = None) -> None:
    """A collated batch is of these images and labels. Raises WrongAnswer."""
    for part, expected, name in (
        (called[0], images.astype(np.float32), "images"),
        (called[1], np.asarray(labels, np.int32), "labels"),
    ):
        part.require(
            part.value.shape == expected.shape,
            f"has {name} of the wrong shape",
            expected=f"{expected.shape}",
            got=f"{part.value.shape}",
            hint=hint,
        )
        part.require(
            part.value.dtype == expected.dtype,
            f"has {name} of the wrong dtype",
            expected=str(expected.dtype),
            got=str(part.value.dtype),
            hint=f"np.asarray(values, np.{expected.dtype}) says what they are to be.",
        )
        Called(part.text, jnp.asarray(part.value)).close_to(expected, hint=hint)


@check(
    "numpy_collate",
    "correct",
    hint="A data loader calls this in processes of its own, where JAX hangs, and torch need not be installed: np.asarray, "
    "np.stack, transpose and astype do it all.",
)
def test_numpy_collate_uses_numpy_alone(learner: Learner) -> None:
    bans(learner.numpy_collate, "jax", "torch", "torchvision")


@check(
    "numpy_collate",
    "correct",
    hint="ToTensor puts the channels first: (c, h, w). Flax wants them last: transpose(1, 2, 0). A reshape would keep the "
    "shape right and mix up the pixels.",
)
def test_numpy_collate_puts_channels_last(learner: Learner, numbers: Numbers) -> None:
    tensors = [np.asarray(numbers.uniform(0.0, 1.0, (3, 4, 5))) for _ in range(2)]
    called = learner.numpy_collate([(tensors[0], 7), (tensors[1], 2)])
    collated(called, np.stack([tensor.transpose(1, 2, 0) for tensor in tensors]), [7, 2])


@check(
    "numpy_collate",
    "correct",
    hint="Grey pictures have no axis for channels: add one at the end. Bytes go from 0 to 255: divide by 255.",
)
def test_numpy_collate_takes_grey_pictures(learner: Learner, numbers: Numbers) -> None:
    grey = [pixels(numbers, (4, 5)) for _ in range(3)]
    batch = [(Picture(picture), label) for picture, label in zip(grey, (3, 0, 9), strict=True)]
    with own_hint():
        called = learner.numpy_collate(batch)
    collated(called, np.stack(grey)[..., None] / 255, [3, 0, 9])


@check(
    "numpy_collate",
    "correct",
    hint="A colour picture of uint8 has its channels last already: (h, w, c) stays.",
)
def test_numpy_collate_takes_colour_pictures(learner: Learner, numbers: Numbers) -> None:
    colour = [pixels(numbers, (4, 5, 3)) for _ in range(2)]
    called = learner.numpy_collate([(colour[0], 1), (colour[1], 1)])
    collated(called, np.stack(colour) / 255, [1, 1])


@check(
    "numpy_collate",
    "correct",
    hint="The dtype tells bytes from floats. The largest value does not: a dark picture holds only small numbers.",
)
def test_numpy_collate_takes_dark_pictures(learner: Learner) -> None:
    dark = np.eye(4, 5, dtype=np.uint8)
    collated(learner.numpy_collate([(dark, 4), (dark, 5)]), np.stack([dark, dark])[..., None] / 255, [4, 5])


@check("numpy_collate", "correct", hint="int(label) reads a Python int and an array of shape () alike.")
def test_numpy_collate_takes_labels_of_any_kind(learner: Learner, numbers: Numbers) -> None:
    tensor = np.asarray(numbers.uniform(0.0, 1.0, (1, 4, 5)))
    batch = [(tensor, np.array(8)), (tensor, 6)]
    collated(learner.numpy_collate(batch), np.stack([tensor[0], tensor[0]])[..., None], [8, 6])


@check(
    "numpy_collate",
    "correct",
    patience=3,  # importing torch takes its time
    hint="A DataLoader gives a list of (tensor, label), with tensors of shape (c, h, w): np.asarray(tensor) reads one.",
)
def test_numpy_collate_serves_a_data_loader(learner: Learner) -> None:
    handle = learner.numpy_collate
    try:
        loading, data_sets, transforms = torchvision_parts(
            "torch.utils.data", "torchvision.datasets", "torchvision.transforms"
        )
    except NoVision as reason:
        raise Unavailable(f"no DataLoader was tried: {reason}") from None
    images, labels = digits()
    # As large as MNIST's: each pixel thrice in both directions, and a border of two.
    large = np.pad(np.kron(images[:10] * 15, np.ones((1, 3, 3), np.uint8)), ((0, 0), (2, 2), (2, 2)))
    kept = (large, labels[:10].astype(np.uint8))
    with tempfile.TemporaryDirectory() as folder:
        write_mnist(Path(folder), kept, kept)
        for transform, name in ((transforms.ToTensor(), "transform=ToTensor()"), (None, "transform=None")):
            data_set = data_sets.MNIST(folder, train=True, download=False, transform=transform)
            loader = loading.DataLoader(data_set, batch_size=4, collate_fn=handle.function)
            text = f"list(DataLoader(MNIST({name}), batch_size=4, collate_fn=numpy_collate))"
            batches = handle.using(text, list, loader)
            for number, start in enumerate((0, 4, 8)):
                expected = large[start : start + 4, :, :, None] / 255
                collated(batches[number], expected, labels[start : start + 4][:10].tolist()[: len(expected)])


@check(
    "numpy_collate",
    "jit",
    hint="Batches of one size have to look alike to jit: the same shapes and dtypes, whatever the images were.",
)
def test_numpy_collate_feeds_a_compiled_step(learner: Learner, numbers: Numbers) -> None:
    tensors = [(np.asarray(numbers.uniform(0.0, 1.0, (1, 4, 5))), label) for label in (1, 2, 3)]
    pictures = [(Picture(pixels(numbers, (4, 5))), np.array(label)) for label in (4, 5, 6)]
    traces = 0

    @jax.jit
    def step(images: Any, labels: Any) -> Any:
        nonlocal traces
        traces += 1
        return images.sum() + labels.sum()

    handle = learner.numpy_collate
    for batch in (tensors, pictures):
        called = handle(batch)
        handle.using(f"a compiled step on {called.text}", step, *called.value)
    called.require(
        traces == 1,
        "is of another type than the batch before",
        expected="one trace of a step for both",
        got=f"{traces} traces",
    )


# ---- evaluate


class Watched:
    """How a network is called while a function runs: in which mode, and how often."""

    def __init__(self) -> None:
        self.modes: list[bool] = []


WATCHED = Watched()


class WatchedNetwork(nn.Module):
    """A small network that notes each call of its Python code, which under jit is each trace."""

    rate: float = 0.25

    @nn.compact
    def __call__(self, images: Any, train: bool) -> Any:
        if not self.is_initializing():
            WATCHED.modes.append(train)
        x = images.reshape(images.shape[0], -1)
        x = nn.BatchNorm(use_running_average=not train, momentum=0.75)(x)
        x = nn.Dropout(self.rate, deterministic=not train)(x)
        return nn.Dense(3, kernel_init=plain_kernel)(x)


WATCHED_NETWORK = WatchedNetwork()
WATCHED_APPLY = WATCHED_NETWORK.apply
SIZES = (6, 6, 2)


def watched_state(numbers: Numbers) -> TrainState:
    return small_state(numbers, PLAIN).replace(apply_fn=WATCHED_APPLY)


def ragged_batches(numbers: Numbers, state: Any) -> list[tuple[Any, Any]]:
    """Two full batches, all of which is right, and a small one, all of which is wrong."""
    batches = []
    for size in SIZES:
        images, labels = small_images(numbers, size)
        best = small_oracle(state, images, labels, train=False)["logits"].argmax(axis=1)
        batches.append((np.asarray(images), ((best + (size != 6)) % 3).astype(np.int32)))
    return batches


def evaluated(learner: Learner, state: Any, batches: list[tuple[Any, Any]]) -> Called:
    """One call, with a generator of the batches, that can be read once."""

    def one_by_one() -> Iterator[tuple[Any, Any]]:
        yield from batches

    text = "evaluate(state, batches of " + ", ".join(str(len(labels)) for _, labels in batches) + ")"
    return learner.evaluate.using(text, learner.evaluate.function, state, one_by_one())


class Stream:
    """Batches that can be walked through once, as a generator's; it counts how often somebody begins."""

    def __init__(self, batches: list[tuple[Any, Any]]) -> None:
        self._batches = iter(batches)
        self.walks = 0

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        self.walks += 1
        return self._batches


@check(
    "evaluate",
    "correct",
    hint="A generator is empty after one walk. Count the examples in the same loop that adds up losses and hits.",
)
def test_evaluate_walks_through_the_batches_once(learner: Learner, numbers: Numbers) -> None:
    state = watched_state(numbers)
    stream, handle = Stream(ragged_batches(numbers, state)), learner.evaluate
    text = "evaluate(state, batches)"
    with suppress(Verdict):  # whatever else is wrong, other checks say better
        handle.using(text, handle.function, state, stream)
    if stream.walks > 1:
        rows = f"  expected  one walk, as `batches` may be a generator\n  got       {stream.walks}"
        raise WrongAnswer(f"{text} walks through the batches more than once\n{rows}")


@check(
    "evaluate",
    "correct",
    hint="A mean over batches gives the examples of a small batch more weight. Add up what is right and how many there are, and "
    "divide once, at the end.",
)
def test_evaluate_weighs_each_example_alike(learner: Learner, numbers: Numbers) -> None:
    state = watched_state(numbers)
    called = evaluated(learner, state, ragged_batches(numbers, state))
    called[1].close_to(12 / 14)


@check(
    "evaluate",
    "correct",
    hint="The losses add up as well: the sum over all examples of -log softmax(logits)[label], divided by their number. "
    "The network runs with train=False.",
)
def test_evaluate_averages_the_losses(learner: Learner, numbers: Numbers) -> None:
    state = watched_state(numbers)
    batches = ragged_batches(numbers, state)
    losses = [small_oracle(state, images, labels, train=False)["losses"] for images, labels in batches]
    evaluated(learner, state, batches)[0].close_to(np.concatenate(losses).mean(), **NORMALIZED)


@check("evaluate", "correct", hint="One batch may be all there is, and JAX arrays do as well as NumPy's.")
def test_evaluate_takes_a_single_batch(learner: Learner, numbers: Numbers) -> None:
    state = watched_state(numbers)
    images, labels = ragged_batches(numbers, state)[2]
    evaluated(learner, state, [(jnp.asarray(images), jnp.asarray(labels))])[1].close_to(0.0)


@check(
    "evaluate",
    "jit",
    hint="jit remembers compiled programs by the function object. A lambda or a def inside `evaluate` is new at each call; "
    "state.apply_fn is the same one each time: jax.jit(state.apply_fn, static_argnames='train') finds its programs again. Give "
    "it the parameters as arguments.",
)
def test_evaluate_compiles_once_for_each_shape(learner: Learner, numbers: Numbers) -> None:
    first, second = watched_state(numbers), watched_state(numbers)
    batches = ragged_batches(numbers, first)
    WATCHED.modes.clear()
    called = evaluated(learner, first, batches)
    once = len(WATCHED.modes)
    called.require(
        once <= 2,
        "does not run the network compiled",
        expected="at most 2 runs of the network's Python code: a trace for each shape",
        got=f"{once} runs for {len(batches)} batches of two shapes",
        hint="Put the forward pass under jit, outside the loop over the batches.",
    )
    again = evaluated(learner, second, batches)
    again.require(
        len(WATCHED.modes) <= 2,
        "compiles the network again for a later state",
        expected="no new trace: shapes and dtypes are those of the call before",
        got=f"{len(WATCHED.modes) - once} more",
    )
    losses = [small_oracle(second, images, labels, train=False)["losses"] for images, labels in batches]
    again[0].close_to(np.concatenate(losses).mean(), **NORMALIZED)


# ---- fit

EPOCHS = 12
TOY_TRAIN, TOY_TEST = 149, 151  # more than a batch, and primes: nobody's batches divide them
# Over keys the reference reaches 0.986 to 0.997, and Adam with a constant 1e-3 from 0.972 on.
DIGIT_EPOCHS, ENOUGH = 20, 0.97


class DigitNetwork(nn.Module):
    """A convolution with batch normalisation, dropout, and a dense layer: the least that learns this well."""

    @nn.compact
    def __call__(self, images: Any, train: bool) -> Any:
        x = nn.Conv(32, (3, 3), kernel_init=plain_kernel)(images)
        x = nn.BatchNorm(use_running_average=not train, momentum=0.9)(x)
        x = nn.max_pool(nn.relu(x), (2, 2), (2, 2))  # type: ignore[no-untyped-call]
        x = nn.Dropout(0.25, deterministic=not train)(x.reshape(x.shape[0], -1))
        return nn.Dense(10, kernel_init=plain_kernel)(x)


class LoggingNetwork(nn.Module):
    """A small network that keeps a log among its batch statistics: which images it was shown, in what order, with what keys.

    An image is four numbers, and then its own number, which is for the log alone.
    """

    @nn.compact
    def __call__(self, images: Any, train: bool) -> Any:
        x = images.reshape(images.shape[0], -1)
        seen = self.variable(STATISTICS, "seen", lambda: jnp.full(LOG, -1, jnp.int32))
        keys = self.variable(STATISTICS, "keys", lambda: jnp.zeros(LOG, jnp.uint32))
        steps = self.variable(STATISTICS, "steps", jnp.zeros, (), jnp.int32)
        images_seen = self.variable(STATISTICS, "images", jnp.zeros, (), jnp.int32)
        if not self.is_initializing():
            WATCHED.modes.append(train)
            if train:
                key = jnp.sum(jax.random.key_data(self.make_rng("dropout")), dtype=jnp.uint32)
                numbers = x[:, 4].astype(jnp.int32)
                seen.value = lax.dynamic_update_slice(seen.value, numbers, (images_seen.value,))
                keys.value = keys.value.at[steps.value].set(key)
                images_seen.value = images_seen.value + len(images)
                steps.value = steps.value + 1
        x = nn.BatchNorm(use_running_average=not train, momentum=0.75)(x[:, :4])
        return nn.Dense(3, kernel_init=plain_kernel)(x)


LOG = 4096  # longer than the longest run
DIGIT_NETWORK, TOY_NETWORK = DigitNetwork(), LoggingNetwork()


def toy_data(seed: int, n: int) -> tuple[Any, Any]:
    """Three heaps of points, far from 0, as images for LoggingNetwork."""
    generator = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    centres = np.array([[3.0, 0, 0, 1], [0, 3, 0, 1], [0, 0, 3, 1]])
    points = 6 + centres[labels] + generator.normal(0, 0.5, (n, 4))
    numbered = np.concatenate([points, np.arange(n)[:, None]], axis=1)
    if (
        seed != 1
    ):  # Of test images the last are called what they are not: no measure can leave them out unseen.
        labels = np.where(np.arange(n) >= n - n // 10, (labels + 1) % 3, labels)
    return jnp.asarray(numbered.reshape(n, 5, 1, 1), jnp.float32), jnp.asarray(labels, jnp.int32)


@dataclass
class Run:
    """One run of `fit`, and what the network noticed of it."""

    called: Called
    modes: list[bool]

    @property
    def state(self) -> Any:
        return self.called.value[0]

    @property
    def seen(self) -> Array:
        """The numbers of the images that training was shown, in their order."""
        log = self.state.batch_stats
        return np.asarray(log["seen"])[: int(log["images"])]

    @property
    def keys(self) -> Array:
        """A number for each step's key for dropout."""
        log = self.state.batch_stats
        return np.asarray(log["keys"])[: int(log["steps"])]

    def must_be_compiled(self) -> None:
        """The network's Python code ran less often than there were epochs. Raises WrongAnswer."""
        self.called.require(
            len(self.modes) < EPOCHS,
            "does not run the network compiled",
            expected=f"fewer runs of the network's Python code than epochs: a few traces, under {EPOCHS}",
            got=f"{len(self.modes)} runs in {EPOCHS} epochs",
            hint=COMPILE_ONCE,
        )


COMPILE_ONCE = (
    "Compile once, before the loop over epochs: a step, or a whole epoch with lax.scan, and the evaluation. A function "
    "that is defined or put under jit within the loop is traced in each round."
)


@functools.cache
def toy_state_shapes() -> Any:
    """Parameters and statistics of the toy network, as shapes."""
    images = jax.ShapeDtypeStruct((1, 5, 1, 1), jnp.float32)
    return jax.eval_shape(functools.partial(TOY_NETWORK.init, train=False), jax.random.key(0), images)


@functools.cache
def toy_run(handle: Handle, seed: int, n: int, m: int, test_seed: int, epochs: int) -> Run:
    """A run on toy data, once for all checks. Raises WrongAnswer."""
    train, test = toy_data(1, n), toy_data(test_seed, m)
    text = f"fit(key, network, {n} images, {m} images, {epochs})"
    WATCHED.modes.clear()
    called = handle.using(text, handle.function, jax.random.key(seed), TOY_NETWORK, train, test, epochs)
    modes = list(WATCHED.modes)
    state = must_be_state(called, called.value[0])
    for name, tree in (("params", state.params), (STATISTICS, state.batch_stats)):
        must_be_alike(f"{text}[0].{name}", tree, toy_state_shapes()[name])
    return Run(called, modes)


def first_run(learner: Learner) -> Run:
    return toy_run(learner.fit, 0, TOY_TRAIN, TOY_TEST, 2, EPOCHS)


@check(
    "fit",
    "correct",
    hint="An accuracy is measured after each epoch; collect them, and jnp.stack them at the end. The network has batch "
    "statistics and dropout: training gives it mutable= and rngs=, evaluation does not.",
)
def test_fit_gives_an_accuracy_for_each_epoch(learner: Learner) -> None:
    accuracies = first_run(learner).called[1]
    values = np.asarray(accuracies.value)
    whole = values * TOY_TEST
    accuracies.require(
        np.all((values >= 0) & (values <= 1) & (np.abs(whole - np.round(whole)) < 1e-3)),
        "are no accuracies",
        expected=f"shares of {TOY_TEST} images",
        got=", ".join(f"{value:.3g}" for value in values[:6]),
        hint="An accuracy is what is right over *all* of `test`, divided by their number: nothing is left out of a measurement, "
        "not even a small last batch.",
    )


@check(
    "fit",
    "correct",
    hint="The last accuracy is that of the state that is returned: all of `test`, its last few images too, with train=False, "
    "after the last epoch.",
)
def test_fit_measures_in_evaluation_mode(learner: Learner) -> None:
    run = first_run(learner)
    run.called.require(
        True in run.modes,
        "never trains",
        expected="the network called with train=True, and with train=False",
        got="train=False alone",
        hint="A step of training calls the network with train=True.",
    )
    run.called.require(
        False in run.modes,
        "measures in training mode",
        expected="the network called with train=True, and with train=False",
        got="train=True alone",
        hint="In training mode dropout and the batch change every accuracy: measure with train=False.",
    )
    images, labels = toy_data(2, TOY_TEST)
    state = run.state
    logits = small_oracle(state, images[:, :4], labels, train=False)["logits"]
    expected = np.mean(logits.argmax(axis=1) == np.asarray(labels))
    Called(f"{run.called.text}[1][-1]", run.called.value[1][-1]).close_to(expected)


@check(
    "fit",
    "correct",
    hint="The state that is returned is the last one, and its statistics have moved with every step. Evaluation uses them.",
)
def test_fit_moves_the_statistics(learner: Learner) -> None:
    run = first_run(learner)
    images, _ = toy_data(1, TOY_TRAIN)
    mean = double(images).reshape(TOY_TRAIN, -1)[:, :4].mean(axis=0)
    # The means of batches scatter about the mean of all, by about 1. Unmoved, they stay 6 and more away.
    far = np.abs(double(run.state.batch_stats["BatchNorm_0"]["mean"]) - mean).max()
    run.called.require(
        far < 3,
        "has statistics that are not those of the data",
        expected="means about those of the training images",
        got=f"a mean that is {far:.2g} away",
    )


@check(
    "fit",
    "correct",
    hint="An order is a permutation: each image comes once before any comes twice. jax.random.randint draws with replacement; "
    "jax.random.permutation(key, n) does not. Of an epoch only the rest that fills no batch may be left out.",
)
def test_fit_visits_the_images_once_an_epoch(learner: Learner) -> None:
    run = first_run(learner)
    size = len(run.seen) // EPOCHS
    distinct = min(len(set(run.seen[size * epoch : size * (epoch + 1)])) for epoch in range(EPOCHS))
    # Somebody may fill up the last batch with images that came before.
    run.called.require(
        distinct >= 0.9 * min(size, TOY_TRAIN) and distinct > TOY_TRAIN / 2,
        "does not visit the images once an epoch",
        expected=f"most of the {TOY_TRAIN} images in each epoch",
        got=f"an epoch of {size} images, {distinct} of them different",
    )


@check(
    "fit",
    "correct",
    hint="Each epoch needs a permutation by a key of its own: jax.random.split(key, n_epochs) gives one for each.",
)
def test_fit_takes_a_new_order_each_epoch(learner: Learner) -> None:
    run = first_run(learner)
    size = len(run.seen) // EPOCHS
    first, second = run.seen[:size], run.seen[size : 2 * size]
    run.called.require(
        not np.array_equal(first, np.sort(first)) and not np.array_equal(first, second),
        "visits the images in an order that is not new",
        expected="another order in each epoch",
        got="the first epoch begins with images "
        + ", ".join(map(str, first[:4]))
        + ", the second with "
        + ", ".join(map(str, second[:4])),
    )


@check(
    "fit",
    "correct",
    hint="Each step drops other numbers: make its key from yours and the count of steps, jax.random.fold_in(key, state.step), or "
    "split one off for each step.",
)
def test_fit_drops_anew_at_each_step(learner: Learner) -> None:
    run = first_run(learner)
    run.called.require(
        len(set(run.keys)) == len(run.keys),
        "takes a key for dropout more than once",
        expected=f"{len(run.keys)} keys for {len(run.keys)} steps",
        got=f"{len(set(run.keys))} different key{'s' * (len(set(run.keys)) > 1)}",
    )


@check(
    "fit",
    "correct",
    hint="Training looks at `train` and at the key. `test` is for measuring: nothing of it may reach the parameters, neither "
    "by gradients nor by the choice of the best epoch. And keys made from the clock, or by NumPy, cannot be had again.",
)
def test_fit_does_not_look_at_the_test_images(learner: Learner) -> None:
    first = first_run(learner)
    second = toy_run(learner.fit, 0, TOY_TRAIN, TOY_TEST, 3, EPOCHS)  # other test images
    pairs = zip(jax.tree.leaves(first.state.params), jax.tree.leaves(second.state.params), strict=False)
    # Two programs may round differently; over some steps that grows a little.
    second.called.require(
        all(np.allclose(one, other, rtol=1e-3, atol=1e-4) for one, other in pairs),
        "trains other parameters in a second run, in which only the test images were others",
        expected="the same parameters for the same key and training images",
        got="other parameters",
    )


@check(
    "fit",
    "correct",
    hint="An epoch of n // size batches has none when n is smaller than size: take min(size, n).",
)
def test_fit_takes_few_images(learner: Learner) -> None:
    run = toy_run(learner.fit, 0, 5, 3, 2, 2)
    run.called.require(
        len(run.keys) >= 2,
        "leaves out steps of training",
        expected="at least one step an epoch",
        got=f"{len(run.keys)} step{'s' * (len(run.keys) != 1)} in 2 epochs",
    )


@check("fit", "correct", hint="Parameters, orders and dropout all come from `key`: no keys of your own.")
def test_fit_uses_its_key(learner: Learner) -> None:
    runs = [toy_run(learner.fit, seed, 5, 3, 2, 2) for seed in (0, 1)]
    kernels = [np.asarray(run.state.params["Dense_0"]["kernel"]) for run in runs]
    runs[1].called.require(
        not np.array_equal(kernels[0], kernels[1]),
        "gives the same parameters for two keys",
        expected="other parameters for another key",
        got="equal ones",
    )


@check(
    "fit",
    "correct",
    patience=4,  # compiled loops over convolutions, an honest way, take four times as long on a CPU
    hint="Every epoch needs a new order of its own, the same for images and labels (here they come sorted by label). Else look "
    "at the learning rate (Adam with 1e-3 to 1e-2), at the size of a batch (32 to 128), and at whether parameters, "
    "optimiser's state and statistics all go from step to step.",
)
def test_fit_learns_to_read_digits(learner: Learner) -> None:
    first_run(learner).must_be_compiled()  # else the run on digits takes minutes
    images, labels = digits()
    order = np.random.default_rng(0).permutation(len(labels))
    test, train = order[:360], np.sort(order[360:])
    train = train[np.argsort(labels[train], kind="stable")]

    def part(rows: Array) -> tuple[Any, Any]:
        return jnp.asarray(images[rows, :, :, None] / 16, jnp.float32), jnp.asarray(labels[rows])

    handle = learner.fit
    text = f"fit(key, network, 1437 digits, 360 digits, {DIGIT_EPOCHS})"
    called = handle.using(
        text, handle.function, jax.random.key(0), DIGIT_NETWORK, part(train), part(test), DIGIT_EPOCHS
    )
    accuracy = float(called.value[1][-1])
    called.require(
        accuracy >= ENOUGH,
        "does not learn enough",
        expected=f"an accuracy of {ENOUGH} or more on the held-out digits",
        got=f"{accuracy:.3f} after {DIGIT_EPOCHS} epochs",
    )


@check("fit", "jit", hint=COMPILE_ONCE)
def test_fit_traces_a_few_times(learner: Learner) -> None:
    first_run(learner).must_be_compiled()


# ---- NnxCNN

NNX_SHAPE = f"{IMAGE}, rngs, {FEATURES}, {CLASSES}"
NNX_SGD = optax.sgd(0.1)


@nnx.jit
def nnx_forward(model: Any, images: Any) -> Any:
    return model(images)


class Steps:
    """How often a step of training was traced."""

    traces = 0


@nnx.jit
def nnx_step(model: Any, optimizer: Any, images: Any, labels: Any) -> Any:
    Steps.traces += 1
    return model.train_step(optimizer, images, labels)


def nnx_flat(model: Any, kind: Any) -> Leaves:
    return {tuple(path): leaf for path, leaf in flat(nnx.to_pure_dict(nnx.state(model, kind))).items()}


def nnx_network(model: Any) -> Network:
    return network_of({**nnx_flat(model, nnx.Param), **nnx_flat(model, nnx.BatchStat)})


@functools.cache
def nnx_parts(handle: Handle, rate: float) -> tuple[str, Any, Any]:
    """The structure of a model, and its arrays as shapes, with its layers in place. Raises WrongAnswer."""
    text = f"NnxCNN({NNX_SHAPE}, {rate:g})"

    def make() -> Any:
        return handle.function(IMAGE, nnx.Rngs(0), FEATURES, CLASSES, rate)

    called = handle.using(text, lambda: nnx.eval_shape(make))
    has_layers(called, nnx_flat(called.value, nnx.Param), nnx_flat(called.value, nnx.BatchStat))
    return text, *nnx.split(called.value)


def nnx_model(handle: Handle, rate: float, numbers: Numbers) -> tuple[str, Any]:
    """A model of random numbers, in training mode; nothing is compiled to make it."""
    text, structure, shapes = nnx_parts(handle, rate)

    def filled(path: Any, leaf: Any) -> Any:
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            return jax.random.key(0)
        if leaf.dtype == jnp.uint32:
            return jnp.zeros(leaf.shape, leaf.dtype)
        names = [getattr(key, "key", None) for key in path]
        return drawn(numbers, tuple(name for name in names if isinstance(name, str)), leaf.shape)

    return text, nnx.merge(structure, jax.tree.map_with_path(filled, shapes))


@check(
    "NnxCNN",
    "correct",
    hint="One nnx.Conv and one nnx.BatchNorm for each number in `features`, in an nnx.List, then one nnx.Linear. Its inputs are "
    "what is left of h and w after the pools, times the last number of features.",
)
def test_NnxCNN_has_these_layers(learner: Learner) -> None:
    nnx_parts(learner.NnxCNN, 0.0)


@check(
    "NnxCNN",
    "correct",
    hint="model.eval() makes nnx.BatchNorm use what it has stored and nnx.Dropout let all pass, if both are NNX's own layers "
    "and no call says otherwise. The order is Conv, BatchNorm, relu, max_pool.",
)
def test_NnxCNN_evaluates(learner: Learner, numbers: Numbers) -> None:
    text, model = nnx_model(learner.NnxCNN, 0.5, numbers)
    images = numbers.normal((3, *IMAGE))
    model.eval()
    called = learner.NnxCNN.using(f"{text} after eval(), on f32[3,9,6,2]", nnx_forward, model, images)
    logits, _, _ = cnn_oracle(nnx_network(model), images, train=False)
    called.close_to(logits, **NORMALIZED)


@check(
    "NnxCNN",
    "correct",
    hint="nnx.Dropout(dropout_rate, rngs=rngs) stands once, right before the last layer: of that layer's inputs some are 0 then, "
    "and the others are divided by 1 - dropout_rate.",
)
def test_NnxCNN_drops_before_the_last_layer(learner: Learner, numbers: Numbers) -> None:
    text, model = nnx_model(learner.NnxCNN, 0.5, numbers)
    images = numbers.normal((3, *IMAGE))
    network = nnx_network(model)
    _, given, _ = cnn_oracle(network, images, train=True)
    masks = []
    for _ in range(CALLS):
        called = learner.NnxCNN.using(f"{text} in training mode, on f32[3,9,6,2]", nnx_forward, model, images)
        masks.append(masks_of(called, called.value, network, given))
    must_differ(called, masks, given)


@check(
    "NnxCNN",
    "correct",
    hint="Pass the `rngs` that you are given to every layer, to nnx.Dropout too. With nnx.Rngs(0) of your own all "
    "models are one.",
)
def test_NnxCNN_takes_its_randomness_from_rngs(learner: Learner) -> None:
    handle = learner.NnxCNN

    def arrays(key: Any) -> Any:
        model = handle.function(IMAGE, nnx.Rngs(key), FEATURES, CLASSES, 0.5)
        return nnx.to_pure_dict(nnx.split(model)[1])

    text = f"NnxCNN({NNX_SHAPE}, 0.5)"
    traced = handle.using(text, lambda: jax.make_jaxpr(arrays, return_shape=True)(jax.random.key(0))).value
    program, shapes = traced[0].jaxpr, traced[1]
    reached = set(program.invars)
    for equation in program.eqns:
        if any(isinstance(variable, Variable) and variable in reached for variable in equation.invars):
            reached.update(equation.outvars)
    for (path, leaf), variable in zip(jax.tree.leaves_with_path(shapes), program.outvars, strict=True):
        is_key = jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
        if is_key or getattr(path[-1], "key", None) == "kernel":
            Called(text, None).require(
                isinstance(variable, Variable) and variable in reached,
                "has randomness that is not from rngs",
                expected="other keys and kernels for another rngs",
                got=f"always the same in {jax.tree_util.keystr(path)}",
            )


def nnx_trained(learner: Learner, numbers: Numbers) -> tuple[Called, Any, Network, Array, Array]:
    """A step of training: the call, the model after it, the numbers before it, images and labels."""
    text, model = nnx_model(learner.NnxCNN, 0.0, numbers)
    before = nnx_network(model)
    optimizer = nnx.Optimizer(model, NNX_SGD, wrt=nnx.Param)
    images, labels = numbers.normal((3, *IMAGE)), numbers.integers(0, CLASSES, 3)
    called = learner.NnxCNN.using(
        f"{text}.train_step(optimizer, f32[3,9,6,2], i32[3])", nnx_step, model, optimizer, images, labels
    )
    return called, model, before, np.asarray(images), np.asarray(labels)


@check(
    "NnxCNN",
    "correct",
    hint="train_step returns the mean cross-entropy, in training mode: nnx.value_and_grad gives it beside the gradient.",
)
def test_NnxCNN_train_step_returns_the_loss(learner: Learner, numbers: Numbers) -> None:
    called, _, before, images, labels = nnx_trained(learner, numbers)
    logits, _, _ = cnn_oracle(before, images, train=True)
    called.close_to(softmax_losses(logits, labels).mean(), **NORMALIZED)


@check(
    "NnxCNN",
    "correct",
    hint="nnx.value_and_grad(loss_of)(self) differentiates with respect to all parameters; optimizer.update(self, gradients) "
    "moves them in place.",
)
def test_NnxCNN_train_step_moves_the_parameters(learner: Learner, numbers: Numbers) -> None:
    called, model, before, images, labels = nnx_trained(learner, numbers)
    logits, given, _ = cnn_oracle(before, images, train=True)
    error = np.exp(logits - logits.max(axis=1, keepdims=True))
    error /= error.sum(axis=1, keepdims=True)
    error[np.arange(3), labels] -= 1
    after = nnx_network(model)
    expected = {
        "kernel": before.head["kernel"] - 0.1 * given.T @ error / 3,
        "bias": before.head["bias"] - 0.1 * error.mean(axis=0),
    }
    for name, value in expected.items():
        text = f"{called.text}: the last layer's {name} after it"
        Called(text, jnp.float32(after.head[name])).close_to(value, **NORMALIZED)
    for number in range(len(FEATURES)):
        called.require(
            not np.array_equal(after.convolutions[number]["kernel"], before.convolutions[number]["kernel"]),
            f"leaves the kernel of Conv number {number + 1} as it was",
            expected="all parameters moved",
            got="no change",
        )


@check(
    "NnxCNN",
    "correct",
    hint="Statistics move by a tenth of the way, once a step: momentum=0.9, and one call of the model in train_step. The "
    "default is 0.99.",
)
def test_NnxCNN_train_step_moves_the_statistics(learner: Learner, numbers: Numbers) -> None:
    called, model, before, images, _ = nnx_trained(learner, numbers)
    _, _, expected = cnn_oracle(before, images, train=True)
    for number, (norm, wanted) in enumerate(zip(nnx_network(model).norms, expected, strict=True), start=1):
        for name in ("mean", "var"):
            text = f"{called.text}: {name} of BatchNorm number {number} after it"
            Called(text, jnp.float32(norm[name])).close_to(wanted[name], **NORMALIZED)


@check(
    "NnxCNN",
    "jit",
    hint="nnx.jit traces again when the structure of the model changes: make all layers in __init__, leave train() and eval() to "
    "the caller, and read no value in Python.",
)
def test_NnxCNN_compiles_once(learner: Learner, numbers: Numbers) -> None:
    text, model = nnx_model(learner.NnxCNN, 0.0, numbers)
    optimizer = nnx.Optimizer(model, NNX_SGD, wrt=nnx.Param)
    before = Steps.traces
    for _ in range(3):
        called = learner.NnxCNN.using(
            f"three times {text}.train_step(optimizer, f32[3,9,6,2], i32[3])",
            nnx_step,
            model,
            optimizer,
            numbers.normal((3, *IMAGE)),
            numbers.integers(0, CLASSES, 3),
        )
    traces = Steps.traces - before
    called.require(
        traces <= 1, "is traced again and again", expected="one trace", got=f"{traces} traces for three steps"
    )
    learner.NnxCNN.compare_on(text, nnx_call, numbers.normal((3, *IMAGE)))
