"""Checks of day 8: a network by hand.

Initial weights are judged by their statistics over many keys. Each margin is a theorem about independent
normals (a tail bound, or the normal curve itself): a right answer leaves it with a probability below RISK,
over all seeds and however it uses its key. Gradients are judged against closed forms.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import (
    Called,
    Handle,
    Learner,
    Numbers,
    RaisedError,
    bans,
    check,
    compiled_if_possible,
    compiles_once,
    hint_when,
    largest_value_at_most,
    must_beat,
    refuses,
    same_size_for,
    uses_each_key_once,
)

Array = np.ndarray[Any, Any]
Layers = list[dict[str, Any]]

RISK = 1e-9


def wide(x: Any) -> Array:
    """The same numbers in float64."""
    return np.asarray(x, np.float64)


# ---- init_mlp

SIZES = (3, 7, 7, 7)  # the last two layers are alike: what tells them apart is a key of their own
N_KEYS = 256


def layers_of(called: Called, sizes: tuple[int, ...]) -> Layers:
    """The layers of a result that is a list of {"w", "b"} of the right shapes, in float32. Raises WrongAnswer."""
    complaint, layers = "has another structure", called.value
    wanted = f"a list of {len(sizes) - 1} dicts"
    got = f"a {type(layers).__name__}" + (
        f" of length {len(layers)}" if isinstance(layers, list | tuple) else ""
    )
    is_list = isinstance(layers, list) and len(layers) == len(sizes) - 1
    called.require(is_list, complaint, expected=wanted, got=got)
    for number, (layer, fan_in, fan_out) in enumerate(zip(layers, sizes, sizes[1:], strict=False)):
        has_both = isinstance(layer, dict) and set(layer) == {"w", "b"}
        keys = f"keys {sorted(map(str, layer))}" if isinstance(layer, dict) else f"a {type(layer).__name__}"
        part = Called(f"{called.text}[{number}]", layer)
        part.require(has_both, complaint, expected="a dict with keys 'w' and 'b'", got=keys)
        for name, shape in (("w", (fan_in, fan_out)), ("b", (fan_out,))):
            leaf = layer[name]
            fits = isinstance(leaf, jax.Array) and leaf.shape == shape and leaf.dtype == jnp.float32
            expected = f"float32 of shape {shape}"
            came = (
                f"{leaf.dtype} of shape {leaf.shape}" if isinstance(leaf, jax.Array) else type(leaf).__name__
            )
            part[name].require(fits, "does not fit", expected=expected, got=came)
    return called.value  # type: ignore[no-any-return]


def over_keys(handle: Handle, numbers: Numbers, gain: float) -> tuple[str, list[Array]]:
    """The call, and the weights of each layer for many keys: (keys, fan_in, fan_out)."""
    layers_of(compiled_if_possible(handle, numbers.key(), SIZES, jnp.float32(gain), static="sizes"), SIZES)
    return f"init_mlp(key, {SIZES}, {gain:.4g})", weights_over_keys(handle, numbers, gain)


_weights: dict[tuple[Handle, float], list[Array]] = {}  # three checks look at the same draws


def weights_over_keys(handle: Handle, numbers: Numbers, gain: float) -> list[Array]:
    if (handle, gain) not in _weights:
        try:
            draw = handle.jit(static_argnames="sizes").function
            many = [draw(numbers.key(), SIZES, jnp.float32(gain)) for _ in range(N_KEYS)]
        except Exception:  # it does not compile, which is a question for later
            many = [handle(numbers.key(), SIZES, jnp.float32(gain)).value for _ in range(N_KEYS // 2)]
        by_layer = [[layers[number]["w"] for layers in many] for number in range(len(SIZES) - 1)]
        _weights[handle, gain] = [wide(weights) for weights in by_layer]
    return _weights[handle, gain]


@check(
    "init_mlp",
    "correct",
    hint="A layer leads from each size to the next: zip(sizes[:-1], sizes[1:]); with a key for each layer, from"
    " jax.random.split(key, n_layers). Each is a dict {'w': ..., 'b': ...}; w has shape (fan_in, fan_out).",
)
def test_init_mlp_has_a_layer_for_each_two_sizes(learner: Learner, numbers: Numbers) -> None:
    for sizes in (SIZES, SIZES[:2]):
        layers_of(learner.init_mlp(numbers.key(), sizes, 1.0), sizes)


@check("init_mlp", "correct", hint="Only the weights must differ from each other; biases start at zero.")
def test_init_mlp_biases_are_zero(learner: Learner, numbers: Numbers) -> None:
    result = learner.init_mlp(numbers.key(), SIZES, 1.0)
    layers_of(result, SIZES)
    for number in range(len(SIZES) - 1):
        result[number]["b"].equals(np.zeros(SIZES[number + 1]))


@check("init_mlp", "correct", hint="Every draw must come from the key that is given.")
def test_init_mlp_depends_on_the_key(learner: Learner, numbers: Numbers) -> None:
    one, two = (learner.init_mlp(numbers.key(), SIZES, 1.0) for _ in range(2))
    layers_of(one, SIZES)
    for number in range(len(SIZES) - 1):
        same = np.array_equal(one.value[number]["w"], two.value[number]["w"])
        part = two[number]["w"]
        part.require(not same, "ignores its key", expected="other weights for another key", got="the same")


@check(
    "init_mlp",
    "correct",
    hint="A key gives the same numbers again. Split it into one key for each layer, and draw a whole layer at once.",
)
def test_init_mlp_weights_are_independent(learner: Learner, numbers: Numbers) -> None:
    text, weights = over_keys(learner.init_mlp, numbers, 1.0)
    layer_of = np.repeat(np.arange(len(weights)), [w[0].size for w in weights])
    columns = np.concatenate([w.reshape(len(w), -1) for w in weights], axis=1)
    columns = columns / np.sqrt(np.mean(columns**2, axis=0) + 1e-30)  # each weight, seen over the keys
    together = columns.T @ columns / len(columns)
    np.fill_diagonal(together, 0.0)
    one, two = (int(place) for place in np.unravel_index(np.argmax(np.abs(together)), together.shape))
    # Draws of one weight point in any direction alike. Ball's bound for a spherical cap, for all pairs together.
    allowed = math.sqrt(2 * math.log(2 * together.size / RISK) / len(columns))
    first, second = sorted((layer_of[one], layer_of[two]))
    where = f"within layer {first}" if first == second else f"between layers {first} and {second}"
    Called(text, weights).require(
        abs(together[one, two]) <= allowed,
        "draws weights that are correlated",
        expected=f"no correlation (chance: {allowed:.2g})",
        got=f"{together[one, two]:.2g} {where}",
    )


@check(
    "init_mlp",
    "correct",
    hint="Divide by the root of the layer's own fan-in, its number of rows, and multiply by the gain.",
)
def test_init_mlp_deviation_is_gain_over_root_fan_in(learner: Learner, numbers: Numbers) -> None:
    for gain in (1.0, math.sqrt(2.0)):
        text, weights = over_keys(learner.init_mlp, numbers, gain)
        for number, (w, fan_in) in enumerate(zip(weights, SIZES, strict=False)):
            wanted, got = gain / math.sqrt(fan_in), math.sqrt(np.mean(w**2))
            # Laurent and Massart's bound for a mean of squares of normals.
            nats = math.log(2 * 6 / RISK)  # two gains, three layers
            slack = 2 * math.sqrt(nats / w.size) + 2 * nats / w.size
            Called(f"{text}[{number}]['w']", w).require(
                abs((got / wanted) ** 2 - 1) <= slack,
                "has another deviation",
                expected=f"{gain:.4g} / √{fan_in} = {wanted:.4g}, give or take {50 * slack:.1g} %",
                got=f"deviation {got:.4g}, measured over {len(w)} keys",
            )


@check("init_mlp", "correct", hint="Draw with jax.random.normal: mean 0, deviation 1; then scale.")
def test_init_mlp_weights_are_normal(learner: Learner, numbers: Numbers) -> None:
    gain = math.sqrt(2.0)
    text, weights = over_keys(learner.init_mlp, numbers, gain)
    parts = [w.ravel() * math.sqrt(fan_in) / gain for w, fan_in in zip(weights, SIZES, strict=False)]
    values = np.sort(np.concatenate(parts))
    n = len(values)
    below = np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in values])
    distance = np.max(np.abs((np.arange(n) + 0.5) / n - below))
    allowed = math.sqrt(math.log(2 / RISK) / (2 * n)) + 1 / n  # Dvoretzky, Kiefer and Wolfowitz; and a step
    Called(text, weights).require(
        distance <= allowed,
        "draws from another distribution",
        expected="normals: mean 0, deviation gain / √fan_in",
        got=f"weights {distance:.2g} away from the normal curve (chance: {allowed:.2g})",
    )


@check("init_mlp", "correct", hint="Draw with jax.random and scale by hand; the rules name what is left out.")
def test_init_mlp_uses_no_shortcut(learner: Learner) -> None:
    bans(learner.init_mlp, "jax.nn", "flax")


@check("init_mlp", "jit", hint="The gain is traced: multiply by it, branch on nothing.")
def test_init_mlp_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.key(), SIZES, jnp.float32(gain)) for gain in (1.0, 5 / 3)]
    results = compiles_once(learner.init_mlp.jit(static_argnames="sizes"), calls)
    for call, result in zip(calls, results, strict=True):
        layers_of(result, SIZES)
        eager = learner.init_mlp(*call).value
        for number, layer in enumerate(eager):
            result[number]["w"].close_to(wide(layer["w"]))


@check(
    "init_mlp", "jit", hint="A key that was split, or drawn from, is spent: go on with its children alone."
)
def test_init_mlp_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    try:
        uses_each_key_once(
            learner.init_mlp.jit(static_argnames="sizes"), numbers.key(), SIZES, jnp.float32(1.0)
        )
    except RaisedError as error:
        if "KeyReuseError" in error.message:
            error.hint = None  # ours
        raise


# ---- forward


def relu(x: jax.Array) -> jax.Array:
    return jnp.maximum(x, 0.0)


def tanh(x: jax.Array) -> jax.Array:
    return jnp.tanh(x)


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


@check(
    "forward",
    "correct",
    hint="Layer by layer: x @ w + b, then the activation. The last layer gives its numbers as they are.",
)
def test_forward_by_hand(learner: Learner) -> None:
    params = [
        {"w": jnp.array([[1.0, -1.0]]), "b": jnp.array([0.0, 1.0])},
        {"w": jnp.array([[1.0], [2.0]]), "b": jnp.array([-7.0])},
    ]
    learner.forward(params, jnp.array([2.0]), relu).close_to([-5.0])


@check("forward", "correct", hint="A single layer is the last one, too: x @ w + b and nothing else.")
def test_forward_takes_a_single_layer(learner: Learner) -> None:
    params = [{"w": jnp.array([[1.0], [2.0]]), "b": jnp.array([-7.0])}]
    learner.forward(params, jnp.array([2.0, 0.5]), relu).close_to([-4.0])


@check(
    "forward",
    "correct",
    hint="x @ w, not w @ x: w has a row for each number that goes in. Apply the activation that is given.",
)
def test_forward_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    params, x = drawn_layers(numbers, (3, 5, 5, 5)), numbers.normal(3)
    compiled_if_possible(learner.forward, params, x, tanh, static="activation").close_to(
        forward_oracle(params, x, np.tanh)
    )


@check("forward", "jit", hint="Neither x nor the parameters decide what the program does.")
def test_forward_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(drawn_layers(numbers, (3, 5, 5, 5)), numbers.normal(3), tanh) for _ in range(2)]
    results = compiles_once(learner.forward.jit(static_argnames="activation"), calls)
    for (params, x, _), result in zip(calls, results, strict=True):
        result.close_to(forward_oracle(params, x, np.tanh))


@check("forward", "jit", hint="Write it for one example of shape (n_in,); vmap adds the batch axis.")
def test_forward_is_lifted_over_a_batch(learner: Learner, numbers: Numbers) -> None:
    params, x = drawn_layers(numbers, (3, 5, 5, 5)), numbers.normal((7, 3))
    lifted = learner.forward.vmap(in_axes=(None, 0, None))
    lifted.jit(static_argnames="activation")(params, x, tanh).close_to(forward_oracle(params, x, np.tanh))


# ---- mse


def mse_oracle(predictions: Any, targets: Any) -> float:
    return float(np.mean((wide(predictions) - wide(targets)) ** 2))


@check("mse", "correct", hint="Subtract, square, and take one mean over all elements.")
def test_mse_by_hand(learner: Learner) -> None:
    predictions, targets = jnp.array([[1.0, 2.0], [3.0, 4.0]]), jnp.array([[1.0, 2.0], [3.0, 0.0]])
    learner.mse(predictions, targets).close_to(4.0)


@check("mse", "correct", hint="Any number of axes: average over all of them.")
def test_mse_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    for shape in ((17, 3), ()):
        predictions, targets = numbers.normal(shape), numbers.normal(shape)
        compiled_if_possible(learner.mse, predictions, targets).close_to(mse_oracle(predictions, targets))


@check(
    "mse",
    "correct",
    hint="Shapes are known in Python, also while JAX traces: compare them with `if`, the whole tuples, and raise ValueError."
    " Else (n, 1) minus (n,) is (n, n).",
)
def test_mse_refuses_two_shapes(learner: Learner, numbers: Numbers) -> None:
    pairs: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    pairs = (((3, 1), (3,)), ((3,), ()), ((3, 1), (1, 3)), ((3, 2), (3, 1)), ((1,), (3,)), ((1,), ()))
    for first, second in pairs:
        one, other = numbers.normal(first), numbers.normal(second)
        shapes = (",".join(str(size) for size in shape) for shape in (first, second))
        refuses(learner.mse, "mse({})".format(", ".join(f"f32[{shape}]" for shape in shapes)), one, other)


@check(
    "mse",
    "correct",
    hint="Subtract first and square afterwards: multiplied out, it is a small difference of huge numbers.",
)
def test_mse_survives_large_values(learner: Learner, numbers: Numbers) -> None:
    predictions, targets = (
        jnp.asarray(1e4 + wide(numbers.integers(0, 9, (17, 3))) / 8, jnp.float32)  # exact
        for _ in range(2)
    )
    compiled_if_possible(learner.mse, predictions, targets).close_to(mse_oracle(predictions, targets))


@check("mse", "correct", hint="2 (prediction - target) / size: a square root, or a norm, has another.")
def test_mse_gradient(learner: Learner, numbers: Numbers) -> None:
    predictions, targets = numbers.normal((17, 3)), numbers.normal((17, 3))
    expected = 2 * (wide(predictions) - wide(targets)) / targets.size
    compiled_if_possible(learner.mse.grad(), predictions, targets).close_to(expected)


@check(
    "mse",
    "correct",
    hint="A root has an infinite slope at 0, and squaring it afterwards gives nan. Never take the root.",
)
def test_mse_gradient_at_a_perfect_fit(learner: Learner, numbers: Numbers) -> None:
    targets = numbers.normal((17, 3))
    compiled_if_possible(learner.mse.grad(), targets, targets).equals(np.zeros((17, 3)))


@check("mse", "jit", hint="Branch on shapes if you like, never on values.")
def test_mse_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal((17, 3)), numbers.normal((17, 3))) for _ in range(2)]
    calls.append((calls[0][0], calls[0][0]))
    for (predictions, targets), result in zip(
        calls, compiles_once(learner.mse.jit(static_argnames=()), calls), strict=True
    ):
        result.close_to(mse_oracle(predictions, targets))


# ---- log_softmax

SHORTCUTS = ("jax.nn", "jax.scipy", "optax")


def log_softmax_oracle(logits: Any) -> Array:
    z = wide(logits)
    z = z - z.max(axis=-1, keepdims=True)
    values: Array = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    return values


def softmax_oracle(logits: Any) -> Array:
    return np.exp(log_softmax_oracle(logits))


@check("log_softmax", "correct", hint="Each logit minus the logarithm of the sum of all exponentials.")
def test_log_softmax_by_hand(learner: Learner) -> None:
    logits = jnp.asarray(np.log([1.0, 3.0, 4.0]), jnp.float32)
    learner.log_softmax(logits).close_to(np.log([0.125, 0.375, 0.5]))


@check("log_softmax", "correct", hint="Build it from exp, log and a sum; the rules name what is left out.")
def test_log_softmax_uses_no_shortcut(learner: Learner) -> None:
    bans(learner.log_softmax, *SHORTCUTS)


@check("log_softmax", "correct", hint="One sum for each row: axis=-1, keepdims=True.")
def test_log_softmax_goes_along_the_last_axis(learner: Learner, numbers: Numbers) -> None:
    for shape in ((4, 3), (2, 4, 3)):
        logits = numbers.normal(shape, scale=3.0)
        compiled_if_possible(learner.log_softmax, logits).close_to(log_softmax_oracle(logits))


@check(
    "log_softmax",
    "correct",
    hint="exp(10000) is infinite, and the logarithm of a probability that has become 0 is -inf. Subtract the largest logit"
    " first, and never form the probabilities.",
)
def test_log_softmax_survives_huge_logits(learner: Learner) -> None:
    for logits in ([1e4, 0.0, -1e4], [-2e4, -1e4, -3e4]):
        x = jnp.array(logits)
        learner.log_softmax(x).close_to(log_softmax_oracle(x))


@check(
    "log_softmax",
    "correct",
    hint="Each row has a largest logit of its own; far below another row's, its exponentials are all 0.",
)
def test_log_softmax_scales_each_row(learner: Learner) -> None:
    logits = jnp.array([[1e4, 0.0, -1e4], [-1e4, -2e4, -3e4], [3.0, 2.0, 1.0], [0.0, 0.0, 0.0]])
    compiled_if_possible(learner.log_softmax, logits).close_to(log_softmax_oracle(logits))


@check(
    "log_softmax",
    "correct",
    hint="Never add the largest logit back: beside 10000 a float32 steps by 0.001. Go on with the shifted logits.",
)
def test_log_softmax_keeps_its_digits(learner: Learner) -> None:
    logits = jnp.array([1e4, 9999.0, 9998.5])
    learner.log_softmax(logits).close_to(log_softmax_oracle(logits))


@check(
    "log_softmax",
    "correct",
    hint="-inf minus a number is -inf, and exp(-inf) is 0: no special case is needed.",
)
def test_log_softmax_takes_an_impossible_class(learner: Learner) -> None:
    expected = [np.log(0.25), -np.inf, np.log(0.75)]
    logits = jnp.asarray([0.0, -np.inf, np.log(3.0)], jnp.float32)
    learner.log_softmax(logits).close_to(np.array(expected))


@check(
    "log_softmax",
    "correct",
    hint="The slope of output i by logit j is (i = j) - p[j]. Clipping, rounding and where() give other slopes.",
)
def test_log_softmax_gradient(learner: Learner, numbers: Numbers) -> None:
    huge = jnp.array([[1e4, 0.0, -1e4], [0.0, 1.0, 50.0], [-1e4, -9999.0, -1e4], [0.0, 0.0, 0.0]])
    handle = learner.log_softmax

    def pulled_back(logits: jax.Array, weights: jax.Array) -> Any:
        return jax.vjp(handle.function, logits)[1](weights)[0]

    quick = jax.jit(pulled_back)
    for logits in (numbers.normal((4, 3), scale=3.0), huge):
        weights = numbers.normal((4, 3))
        total = wide(weights).sum(axis=-1, keepdims=True)
        expected = wide(weights) - softmax_oracle(logits) * total
        text = "grad of a weighted sum of log_softmax(f32[4,3])"
        # Sums of three weights of size 1 that cancel: a few roundings of 1.
        try:  # compiled, which is quicker; whether it compiles is a question for later
            result = handle.using(text, quick, logits, weights)
        except RaisedError:
            result = handle.using(text, pulled_back, logits, weights)
        result.close_to(expected, atol=1e-5)


@check("log_softmax", "jit", hint="No branch on how large the logits are: subtract the largest in any case.")
def test_log_softmax_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal((4, 3), scale=scale),) for scale in (1.0, 1e4)]
    results = compiles_once(learner.log_softmax.jit(static_argnames=()), calls)
    for (logits,), result in zip(calls, results, strict=True):
        result.close_to(log_softmax_oracle(logits))


# ---- cross_entropy


def cross_entropy_oracle(logits: Any, labels: Any) -> float:
    each = [-row[label] for row, label in zip(log_softmax_oracle(logits), np.asarray(labels), strict=True)]
    return float(np.mean(each))


def cross_entropy_gradient_oracle(logits: Any, labels: Any) -> Array:
    p = softmax_oracle(logits)
    p[np.arange(len(p)), np.asarray(labels)] -= 1
    return p / len(p)


@check(
    "cross_entropy",
    "correct",
    hint="From each row pick the entry at its own label: rows and labels are walked together. Then minus, then the mean.",
)
def test_cross_entropy_by_hand(learner: Learner) -> None:
    logits = jnp.asarray(np.log([[1.0, 3.0, 4.0], [2.0, 2.0, 4.0]]), jnp.float32)
    compiled_if_possible(learner.cross_entropy, logits, jnp.array([1, 0])).close_to(
        -(np.log(0.375) + np.log(0.25)) / 2
    )


@check("cross_entropy", "correct", hint="Build it from exp, log and a sum; the rules name what is left out.")
def test_cross_entropy_uses_no_shortcut(learner: Learner) -> None:
    bans(learner.cross_entropy, *SHORTCUTS)


@check(
    "cross_entropy", "correct", hint="The mean is over the n examples; each counts with one class, its label."
)
def test_cross_entropy_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    logits, labels = numbers.normal((17, 5), scale=3.0), numbers.integers(0, 5, 17)
    compiled_if_possible(learner.cross_entropy, logits, labels).close_to(cross_entropy_oracle(logits, labels))


@check(
    "cross_entropy",
    "correct",
    hint="A probability that is too small for float32 becomes 0, and log 0 is -inf. Stay with logarithms: subtract the"
    " largest logit of each row, then the logarithm of the sum.",
)
def test_cross_entropy_survives_huge_logits(learner: Learner) -> None:
    logits = jnp.array([[1e4, 0.0, -1e4], [-2e4, -1e4, -3e4]])
    for labels in (jnp.array([2, 0]), jnp.array([0, 1])):
        compiled_if_possible(learner.cross_entropy, logits, labels).close_to(
            cross_entropy_oracle(logits, labels)
        )


@check(
    "cross_entropy",
    "correct",
    hint="Never add the largest logit back: beside 10000 a float32 steps by 0.001. Pick from the shifted logits.",
)
def test_cross_entropy_keeps_its_digits(learner: Learner) -> None:
    logits, labels = jnp.array([[1e4, 9999.0, 9998.5], [-1e4, -9999.0, -1e4]]), jnp.array([0, 1])
    compiled_if_possible(learner.cross_entropy, logits, labels).close_to(cross_entropy_oracle(logits, labels))


@check(
    "cross_entropy",
    "correct",
    hint="It is (p - one_hot(labels)) / n. Clipping and adding a small number change it.",
)
def test_cross_entropy_gradient(learner: Learner, numbers: Numbers) -> None:
    logits, labels = numbers.normal((17, 5), scale=3.0), numbers.integers(0, 5, 17)
    huge = np.array(logits)
    huge[3:5] = [1e4, 0.0, -1e4, 50.0, 9999.0]
    for z in (logits, jnp.asarray(huge)):
        expected = cross_entropy_gradient_oracle(z, labels)
        compiled_if_possible(learner.cross_entropy.grad(), z, labels).close_to(expected)


@check(
    "cross_entropy",
    "jit",
    hint="Labels are traced: index with them through jnp, never through Python or NumPy.",
)
def test_cross_entropy_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal((17, 5), scale=3.0), numbers.integers(0, 5, 17)) for _ in range(2)]
    for call, result in zip(
        calls, compiles_once(learner.cross_entropy.jit(static_argnames=()), calls), strict=True
    ):
        result.close_to(cross_entropy_oracle(*call))


@check("cross_entropy", "jit", hint="logits[jnp.arange(n), labels] picks for all rows at once.")
def test_cross_entropy_has_no_python_loop(learner: Learner) -> None:
    small, large = ((jnp.zeros((n, 5)), jnp.zeros(n, jnp.int32)) for n in (17, 34))
    same_size_for(learner.cross_entropy.jit(static_argnames=()), small, large)


@check(
    "cross_entropy",
    "jit",
    hint="x[:, labels] reads every label in every row, n² numbers. Two index arrays are walked together: one read a row.",
)
def test_cross_entropy_builds_nothing_large(learner: Learner) -> None:
    arguments = jnp.zeros((34, 5)), jnp.zeros(34, jnp.int32)
    largest_value_at_most(learner.cross_entropy.jit(static_argnames=()), 2 * 34 * 5, arguments)


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
        delta = (delta @ layer["w"].T) * (
            1 - h**2
        )  # h is a tanh, but for the first layer, which has nobody below
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


# ---- sgd_step

ORDER = "Return (new params, value), in this order; value_and_grad gives the value first."


@check(
    "sgd_step",
    "correct",
    hint="value_and_grad(loss)(params, x, y) gives both; then each leaf minus learning_rate times its gradient.",
)
def test_sgd_step_by_hand(learner: Learner) -> None:
    # Gradient: mean of 2 · residual · x = 6 and mean of 2 · residual = 4.
    with hint_when("wrong kind of thing", ORDER):
        result = learner.sgd_step(*line(), 0.125, line_loss)
    result[1].close_to(
        5.0, hint="Return the loss of the parameters that came in, as value_and_grad gives it."
    )
    result[0].close_to({"w": 1.25, "b": 0.5})


@check(
    "sgd_step",
    "correct",
    hint="jax.tree.map(function, params, gradients) goes through both trees together, whatever they are made of.",
)
def test_sgd_step_takes_any_tree(learner: Learner) -> None:
    tree = odd_tree()
    result = compiled_if_possible(learner.sgd_step, tree, *no_data(), 0.5, half_of_all_squares, static="loss")
    result.close_to((scaled(tree, 0.5), HALF_OF_ALL_SQUARES))


@check(
    "sgd_step",
    "correct",
    hint="A float32 learning rate makes float32 of a float16 leaf. Convert each new leaf: .astype(p.dtype).",
)
def test_sgd_step_keeps_the_dtypes(learner: Learner) -> None:
    tree = mixed_tree()
    arguments = tree, *no_data(), jnp.float32(0.5), half_of_all_squares
    result = compiled_if_possible(learner.sgd_step, *arguments, static="loss")
    keeps_dtypes(result[0], tree)
    result[0].close_to(scaled(tree, 0.5))


@check(
    "sgd_step", "correct", hint="Against the gradient, by learning_rate times its length, in every parameter."
)
def test_sgd_step_agrees_with_backpropagation(learner: Learner, numbers: Numbers) -> None:
    params, x, y = drawn_problem(numbers)
    expected, losses = descent_oracle(params, x, y, 0.1, 1)
    # Sums of seven products of size 1: a few roundings of 1 more than the default.
    arguments = params, x, y, jnp.float32(0.1), network_loss
    result = compiled_if_possible(learner.sgd_step, *arguments, static="loss")
    result.close_to((expected, losses[0]), atol=3e-6)


@check("sgd_step", "correct", hint="One line with jax.tree.map takes the step; optax comes on day 11.")
def test_sgd_step_uses_no_shortcut(learner: Learner) -> None:
    bans(learner.sgd_step, "optax")


@check(
    "sgd_step", "jit", hint="The learning rate and the loss are traced: compute with them, branch on neither."
)
def test_sgd_step_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls: list[tuple[Any, ...]]
    calls = [(*drawn_problem(numbers), jnp.float32(rate), network_loss) for rate in (0.1, 0.3)]
    results = compiles_once(learner.sgd_step.jit(static_argnames="loss"), calls)
    for call, result in zip(calls, results, strict=True):
        params, x, y, rate, _ = call
        expected, losses = descent_oracle(params, x, y, rate, 1)
        result.close_to((expected, losses[0]), atol=3e-6)


def eager_step(
    params: Any, x: jax.Array, y: jax.Array, learning_rate: jax.Array, loss: Callable[..., jax.Array]
) -> tuple[Any, jax.Array]:
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value


# Eager, each operation of twelve layers and their gradients pays its dispatch, 15 to 20 ms in all;
# compiled, all of them are 0.1 ms.
STEP_GATES = {"cpu": 20.0, "gpu": 10.0, "tpu": 10.0}


@check(
    "sgd_step",
    "speed",
    hint="One gradient for the whole batch: the loss takes all examples at once, and reverse mode gives all leaves.",
)
def test_sgd_step_beats_the_eager_step(learner: Learner, numbers: Numbers) -> None:
    sizes = (3, *(8 for _ in range(11)), 1)

    def draw(size: int) -> tuple[Any, ...]:
        return (
            drawn_layers(numbers, sizes),
            numbers.normal((size, 3)),
            numbers.normal((size, 1)),
            jnp.float32(0.1),
        )

    must_beat(
        learner,
        learner.sgd_step.jit(static_argnames="loss"),
        eager_step,
        named="the same step without jit",
        draw=draw,
        size=8,
        gate=STEP_GATES,
        numbers=numbers,
        loss=network_loss,
    )


# ---- fit

STATIC = ("n_steps", "loss")


@check(
    "fit",
    "correct",
    hint="Each step starts from the parameters that the last one gave: p - learning_rate · gradient.",
)
def test_fit_by_hand(learner: Learner) -> None:
    # Two steps: (w, b) = (2, 1), (1.25, 0.5), (1.6875, 0.5).
    all_losses = "Return (params, losses): the last parameters, and an array with the loss of every step."
    with hint_when("wrong kind of thing", all_losses), hint_when("does not fit", all_losses):
        result = learner.fit(*line(), 0.125, 2, line_loss)
    result[0].close_to({"w": 1.6875, "b": 0.5})
    losses = result[1]
    losses.require(
        np.any(losses.value),
        "stays as it began",
        expected="[5, 3.0625]",
        got=losses.value,
        hint="losses.at[k].set(value) leaves losses as they are, and gives a new array: keep that one.",
    )
    losses.close_to(
        [5.0, 3.0625],
        hint="losses[0] is the loss of the parameters that came in, before any step; value_and_grad gives it"
        " together with the gradient.",
    )


@check(
    "fit",
    "correct",
    hint="jax.tree.map(function, params, gradients) goes through both trees together, whatever they are made of.",
)
def test_fit_takes_any_tree(learner: Learner) -> None:
    tree = odd_tree()
    start = HALF_OF_ALL_SQUARES
    result = compiled_if_possible(learner.fit, tree, *no_data(), 0.5, 3, half_of_all_squares, static=STATIC)
    result.close_to((scaled(tree, 0.125), np.array([start, start / 4, start / 16])))


@check(
    "fit",
    "correct",
    hint="A float32 learning rate makes float32 of a float16 leaf. Convert each new leaf: .astype(p.dtype).",
)
def test_fit_keeps_the_dtypes(learner: Learner) -> None:
    tree = mixed_tree()
    try:
        arguments = tree, *no_data(), jnp.float32(0.5), 3, half_of_all_squares
        result = compiled_if_possible(learner.fit, *arguments, static=STATIC)
    except RaisedError as error:
        if "carry" in error.message:
            error.hint = None  # ours: it says what to convert
        raise
    keeps_dtypes(result[0], tree)
    result[0].close_to(scaled(tree, 0.125))


@check("fit", "correct", hint="All examples at every step, and the same learning rate at each.")
def test_fit_agrees_with_backpropagation(learner: Learner, numbers: Numbers) -> None:
    params, x, y = drawn_problem(numbers)
    # Roundings of five steps of size 0.1 add up.
    expected = descent_oracle(params, x, y, 0.1, 5)
    arguments = params, x, y, jnp.float32(0.1), 5, network_loss
    compiled_if_possible(learner.fit, *arguments, static=STATIC).close_to(expected, rtol=3e-5, atol=1e-5)


@check("fit", "correct", hint="A step is one line with jax.tree.map; optax comes on day 11.")
def test_fit_uses_no_shortcut(learner: Learner) -> None:
    bans(learner.fit, "optax")


A_LOOP = (
    "lax.scan(step, params, length=n_steps) carries the parameters along and stacks the losses; in lax.fori_loop the carry is"
    " (params, losses). A Python loop is written out, and so is a scan with unroll=True."
)


def compiled_fit(learner: Learner) -> Handle:
    """jit(fit), when its program is a loop: a thousand steps written out would compile for minutes. Raises WrongAnswer."""
    handle = learner.fit.jit(static_argnames=STATIC)
    params, x, y = line()
    few, many = ((params, x, y, jnp.float32(0.1), n_steps, line_loss) for n_steps in (5, 10))
    with hint_when("grows with its arguments", A_LOOP):
        same_size_for(handle, few, many)
    return handle


@check("fit", "jit", hint=A_LOOP)
def test_fit_does_not_grow_with_its_steps(learner: Learner) -> None:
    compiled_fit(learner)


@check(
    "fit",
    "jit",
    hint="The learning rate, the data and the loss are traced: compute with them, branch on nothing.",
)
def test_fit_compiles_once(learner: Learner, numbers: Numbers) -> None:
    handle = compiled_fit(learner)
    calls: list[tuple[Any, ...]]
    calls = [(*drawn_problem(numbers), jnp.float32(rate), 5, network_loss) for rate in (0.1, 0.05)]
    for call, result in zip(calls, compiles_once(handle, calls), strict=True):
        result.close_to(descent_oracle(*call[:5]), rtol=3e-5, atol=1e-5)


N_STEPS = 3000
ERROR = 0.15


def must_learn(learner: Learner, name: str, curve: Callable[[Array], Array], noise: float) -> None:
    """A tanh network, trained on 64 points of a curve, is near the curve itself, from three starts. Raises WrongAnswer."""
    handle = compiled_fit(learner)
    x = np.linspace(-1, 1, 64)[:, None]
    sizes = (1, 16, 16, 1)
    for seed in range(3):
        generator = np.random.default_rng(seed)
        y = jnp.asarray(curve(x) + noise * generator.normal(size=x.shape), jnp.float32)
        params = [
            {
                "w": jnp.asarray(generator.normal(0, 5 / 3 / np.sqrt(n_in), (n_in, n_out)), jnp.float32),
                "b": jnp.zeros(n_out),
            }
            for n_in, n_out in itertools.pairwise(sizes)
        ]
        points = jnp.asarray(x, jnp.float32)
        result = handle(params, points, y, jnp.float32(0.06), N_STEPS, network_loss)
        error = np.sqrt(np.mean((forward_oracle(result.value[0], x, np.tanh) - curve(x)) ** 2))
        result.require(
            error <= ERROR,
            f"has not learned {name}",
            expected=f"a root mean square error of at most {ERROR}",
            got=f"{error:.3g}; the last loss is {float(result.value[1][-1]):.3g}",
        )


# Over fifty seeds the error was at most 0.11 for sin 3x and 0.10 for the cubic; the best line has 0.42 and 0.32.
LEARNS = "All steps count: go on at the same learning rate until n_steps are done, whatever the loss is."


@check("fit", "jit", hint=LEARNS)
def test_fit_learns_sin_3x(learner: Learner) -> None:
    must_learn(learner, "sin 3x", lambda x: np.sin(3 * x), noise=0.0)


@check("fit", "jit", hint=LEARNS)
def test_fit_learns_a_noisy_cubic(learner: Learner) -> None:
    must_learn(learner, "2x³ - x from noisy points", lambda x: 2 * x**3 - x, noise=0.1)


# ---- accuracy_and_confusion


def confusion_oracle(logits: Any, labels: Any, n_classes: int) -> tuple[float, Array]:
    confusion = np.zeros((n_classes, n_classes), np.int64)
    for row, label in zip(wide(logits), np.asarray(labels), strict=True):
        if label >= 0:
            confusion[label, int(np.argmax(row))] += 1
    return float(np.trace(confusion) / max(confusion.sum(), 1)), confusion


@check(
    "accuracy_and_confusion",
    "correct",
    hint="Row: the label. Column: the class with the largest logit. Every example adds 1, also a second one at one place.",
)
def test_accuracy_and_confusion_by_hand(learner: Learner) -> None:
    logits = jnp.array([[2.0, 0.0, 1.0], [0.0, 1.0, 3.0], [3.0, 1.0, 0.0], [0.0, 1.0, 9.0]])
    labels = jnp.array([0, 1, 1, 1])
    result = compiled_if_possible(learner.accuracy_and_confusion, logits, labels, 3, static="n_classes")
    result[1].equals([[1, 0, 0], [1, 0, 2], [0, 0, 0]])
    result[0].close_to(0.25, hint="Right choices lie on the diagonal; divide by the examples that count.")


@check(
    "accuracy_and_confusion", "correct", hint="Scatter with .add: one place for each pair (label, choice)."
)
def test_accuracy_and_confusion_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    logits, labels = numbers.normal((33, 5)), numbers.integers(0, 5, 33)
    result = compiled_if_possible(learner.accuracy_and_confusion, logits, labels, 5, static="n_classes")
    result.close_to(confusion_oracle(logits, labels, 5))


@check(
    "accuracy_and_confusion",
    "correct",
    hint="Of equal logits the first is chosen, as jnp.argmax does; an example has one choice.",
)
def test_accuracy_and_confusion_breaks_ties(learner: Learner) -> None:
    logits = jnp.array([[1.0, 1.0, 0.0], [0.0, 2.0, 2.0], [3.0, 3.0, 3.0], [0.0, 1.0, 9.0]])
    labels = jnp.array([1, 1, 0, 2])
    result = compiled_if_possible(learner.accuracy_and_confusion, logits, labels, 3, static="n_classes")
    accuracy, confusion = confusion_oracle(logits, labels, 3)
    result[1].equals(confusion)
    result[0].close_to(accuracy)


@check(
    "accuracy_and_confusion",
    "correct",
    hint="To an index, -1 is the last row, in every mode. Send such examples past the end and drop them, or give them the"
    " weight 0; and divide by those that are left.",
)
def test_accuracy_and_confusion_leaves_padding_out(learner: Learner) -> None:
    logits = jnp.array([[2.0, 0.0, 1.0], [0.0, 1.0, 3.0], [3.0, 1.0, 0.0], [0.0, 1.0, 9.0]])
    labels = jnp.array([0, 1, -1, -1])
    result = compiled_if_possible(learner.accuracy_and_confusion, logits, labels, 3, static="n_classes")
    result.close_to((0.5, confusion_oracle(logits, labels, 3)[1]))


@check("accuracy_and_confusion", "correct", hint="0 / 0 is nan: divide by at least 1.")
def test_accuracy_and_confusion_of_padding_alone(learner: Learner) -> None:
    logits = jnp.array([[2.0, 0.0, 1.0], [0.0, 1.0, 3.0], [3.0, 1.0, 0.0], [0.0, 1.0, 9.0]])
    labels = jnp.array([-1, -1, -1, -1])
    result = compiled_if_possible(learner.accuracy_and_confusion, logits, labels, 3, static="n_classes")
    result.close_to((0.0, np.zeros((3, 3), int)))


@check(
    "accuracy_and_confusion",
    "jit",
    hint="How many labels are padding is not known while JAX traces: keep all examples, and let some count 0.",
)
def test_accuracy_and_confusion_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal((33, 5)), numbers.integers(-1, 5, 33), 5) for _ in range(2)]
    handle = learner.accuracy_and_confusion.jit(static_argnames="n_classes")
    for call, result in zip(calls, compiles_once(handle, calls), strict=True):
        result.close_to(confusion_oracle(*call))


@check("accuracy_and_confusion", "jit", hint="One scatter counts all examples.")
def test_accuracy_and_confusion_has_no_python_loop(learner: Learner) -> None:
    small, large = ((jnp.zeros((3 * c, c)), jnp.zeros(3 * c, jnp.int32), c) for c in (5, 10))
    handle = learner.accuracy_and_confusion.jit(static_argnames="n_classes")
    same_size_for(handle, small, large)
