"""Checks of init_mlp."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day08_mlp.shared import Layers
from grader.toolkit import (
    RISK,
    Array,
    Called,
    Handle,
    Learner,
    Numbers,
    bans,
    check,
    compiled_if_possible,
    compiles_once,
    own_hint,
    raised,
    uses_each_key_once,
    wide,
)

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


@check("init_mlp", "correct", hint="Split the key into as many as there are layers: len(sizes) - 1.")
def test_init_mlp_has_a_key_for_each_layer(learner: Learner, numbers: Numbers) -> None:
    sizes = (7,) * 41  # layers of a shape that other checks draw, too
    result = learner.init_mlp(numbers.key(), sizes, 1.0)
    layers = [np.asarray(layer["w"]) for layer in layers_of(result, sizes)]
    alike = [
        (one, two) for two in range(40) for one in range(two) if np.array_equal(layers[one], layers[two])
    ]
    complaint, got = (
        "draws the same weights twice",
        "".join(f"layers {one} and {two}" for one, two in alike[:1]),
    )
    result.require(not alike, complaint, expected="40 layers that differ", got=got)


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
        # Of uniform draws within ±gain / √fan_in all deviations are a third, squared.
        thirds = [3 * np.mean(w**2) * fan_in / gain**2 for w, fan_in in zip(weights, SIZES, strict=False)]
        uniform = all(0.8 < third < 1.25 for third in thirds)
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
                hint="Are these uniform draws? Within ±a they have the deviation a / √3. Here gain / √fan_in is the deviation of "
                "normals, as jax.random.normal draws them."
                if uniform
                else None,
            )


@check(
    "init_mlp",
    "correct",
    hint="Scale by what the deviation of the normals is, and not by that of the numbers that came: independent weights have "
    "neither a fixed sum nor a fixed sum of squares.",
)
def test_init_mlp_weights_have_no_fixed_sum(learner: Learner, numbers: Numbers) -> None:
    text, weights = over_keys(learner.init_mlp, numbers, 1.0)
    for number, (w, fan_in) in enumerate(zip(weights, SIZES, strict=False)):
        values = w.reshape(len(w), -1) * math.sqrt(fan_in)
        n = values.shape[1]
        sums, squares = values.sum(axis=1) / math.sqrt(n), ((values**2).sum(axis=1) - n) / math.sqrt(2 * n)
        for name, standardised in (("sum", sums), ("sum of squares", squares)):
            # Mean 0 and deviation 1 over the keys, with a fourth moment below 3.6: so mean squares of numbers that cannot be
            # negative fall below 1 - t with a chance of at most exp(-keys · t² / 7.2).
            spread = float(np.mean(standardised**2))
            Called(f"{text}[{number}]['w']", w).require(
                spread >= 1 - math.sqrt(7.2 * math.log(6 / RISK) / len(w)),
                f"has the same {name} for each key, nearly",
                expected=f"a {name} that varies as that of {n} independent normals does",
                got=f"{math.sqrt(spread):.2g} of that deviation",
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
    bans(learner.init_mlp, "jax.nn", "flax", on=(jax.random.key(0), (3, 7, 2), jnp.float32(1.0)))


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
    with own_hint(raised("KeyReuseError")):  # the check's own knows what the draws are for
        uses_each_key_once(
            learner.init_mlp.jit(static_argnames="sizes"), numbers.key(), SIZES, jnp.float32(1.0)
        )
