"""Deeper checks of transform."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day10_composition.transform.checks import (
    holding,
    network,
    network_output,
    network_params,
    ones,
    showing,
    three_keys,
)
from grader.toolkit import Called, Learner, Numbers, check


@check(
    "transform",
    "deeper",
    hint="Keys are split or folded, not counted up: the second key of one run must not be the first of another.",
)
def test_transform_has_keys_of_its_own_for_every_run(learner: Learner) -> None:
    with showing(three_keys):
        init, _ = learner.transform(three_keys).value
        handle, seen = learner.transform, set()
        for seed in range(60):
            key = jax.random.key(seed)
            made = holding(handle.using(f"init(key({seed})) for three_keys", init, key), "a", "b", "c").value
            seen |= {tuple(np.asarray(bits).tolist()) for bits in made.values()}
        got = f"{len(seen)} different keys"
        result = Called("init for three_keys, with the keys of 60 seeds,", None)
        result.require(len(seen) == 180, "uses keys again", expected="180 different keys", got=got)


def as_wide_as_x(get_parameter: Callable[..., jax.Array], x: jax.Array) -> jax.Array:
    return get_parameter("scale", x.shape, ones) * x


@check(
    "transform",
    "deeper",
    hint="Each run of init asks for its shapes anew: another x may make a parameter wider. Keep nothing from run to run.",
)
def test_transform_takes_another_width_in_another_run(learner: Learner, numbers: Numbers) -> None:
    init, apply = learner.transform(as_wide_as_x).value
    asked = "for a function that asks for 'scale' in the shape of x"
    for width in (3, 5, 3):
        x = numbers.normal(width)
        made = learner.transform.using(f"init(key, f32[{width}]) {asked}", init, numbers.key(), x)
        params = holding(made, "scale").value
        applied = learner.transform.using(f"apply(params, f32[{width}]) {asked}", apply, params, x)
        applied.close_to(np.asarray(x))


def other_names(get_parameter: Callable[..., jax.Array], x: jax.Array) -> jax.Array:
    """Shares a name with the network, and wants it in another shape."""
    return get_parameter("bias", (3,), ones) * x


@check(
    "transform",
    "deeper",
    hint="Two pairs live side by side: what belongs to a run must lie in the run, not in a module, a function or a default"
    " argument.",
)
def test_transform_keeps_pairs_apart(learner: Learner, numbers: Numbers) -> None:
    handle, key, x, params = learner.transform, numbers.key(), numbers.normal(3), network_params()
    init, apply = learner.transform(network).value
    other_init, other_apply = learner.transform(other_names).value
    for _ in range(2):
        made = handle.using("init(key, x) for network, beside another pair", init, key, x)
        holding(made, "hidden", "bias", "out")["bias"].equals(np.zeros(4))
        other = handle.using("init(key, x) for another function, beside network's pair", other_init, key, x)
        other.equals({"bias": np.ones(3)})
        both = handle.using("apply(params, x) for network, beside another pair", apply, params, x)
        both.close_to(network_output(params, x), atol=1e-5)
        twice = {"bias": jnp.full(3, 2.0)}
        text = "apply(params, x) for another function, beside network's pair"
        handle.using(text, other_apply, twice, x).close_to(2 * np.asarray(x))


def branching(get_parameter: Callable[..., jax.Array], x: jax.Array, deep: bool, more: Any) -> jax.Array:
    """Asks for a parameter or not, as its arguments say."""
    if deep:
        x = get_parameter("deep", (3,), ones) * x
    return jnp.asarray(get_parameter("w", (3,), ones) * x + more["shift"][0])


@check(
    "transform",
    "deeper",
    hint="The function is run in each call, with that call's arguments, whatever they are: trees, flags. It may ask for other"
    " names each time.",
)
def test_transform_runs_anew_each_time(learner: Learner, numbers: Numbers) -> None:
    handle, key, x = learner.transform, numbers.key(), numbers.normal(3)
    init, apply = learner.transform(branching).value
    more = {"shift": (numbers.normal(3),)}
    for deep in (True, False, True):
        names = ("deep", "w") if deep else ("w",)
        text = f"init(key, x, {deep}, tree) for a function that asks for {' and '.join(names)}"
        made = holding(handle.using(text, init, key, x, deep, more), *names)
        params = {name: jnp.full(3, 2.0) for name in made.value}
        text = f"apply(params, x, {deep}, tree) for a function that asks for {' and '.join(names)}"
        expected = np.asarray(x) * (4 if deep else 2) + np.asarray(more["shift"][0])
        handle.using(text, apply, params, x, deep, more).close_to(expected)


@check("transform", "deeper", hint="init is a function of its key: vmap lifts it over many, for an ensemble.")
def test_transform_makes_ensembles(learner: Learner, numbers: Numbers) -> None:
    handle, keys = learner.transform, jax.random.split(numbers.key(), 50)
    init, _ = learner.transform(three_keys).value
    made = handle.using("vmap(init)(keys) for three_keys", jax.vmap(init), keys)
    bits = holding(made, "a", "b", "c").value
    seen = {tuple(pair) for name in bits for pair in np.asarray(bits[name]).tolist()}
    made.require(len(seen) == 150, "uses keys again", expected="150 different keys", got=f"{len(seen)}")
    one = handle.using("init(keys[7]) for three_keys", init, keys[7])
    one.equals({name: np.asarray(bits[name][7]) for name in bits})
