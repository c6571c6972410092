"""Checks of merge_adapters."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day07_pytrees.shared import Layer, must_be_tree, must_be_tree_exactly, nested
from grader.toolkit import (
    Array,
    Finding,
    Kind,
    Learner,
    Numbers,
    agrees_once,
    check,
    float16,
    hint_when,
    raised,
    refuses,
    wide,
)


def merge_oracle(params: Any, adapters: Any) -> Any:
    def merged(path: Any, leaf: Any) -> Array:
        name = jax.tree_util.keystr(path, simple=True, separator="/")
        if name not in adapters:
            return np.asarray(leaf)
        down, up = adapters[name]
        return np.asarray(wide(leaf) + wide(down) @ wide(up)).astype(leaf.dtype)

    return jax.tree.map_with_path(merged, params)


def whole(numbers: Numbers, shape: tuple[int, ...]) -> jax.Array:
    """Small whole numbers, as floats: sums of their products are exact on every device."""
    return jnp.asarray(np.asarray(numbers.integers(-5, 6, shape)), jnp.float32)


def adapter(numbers: Numbers) -> tuple[jax.Array, jax.Array]:
    return whole(numbers, (3, 2)), whole(numbers, (2, 4))


@check(
    "merge_adapters",
    "correct",
    hint="adapters[path] is (down, up). At a path that adapters has, add down @ up, in this order, (n, r) times (r, m); "
    "elsewhere give the leaf back as it is.",
    answers=raised("TypeError", "ValueError", text="contracting dimensions|broadcast"),
)
def test_merge_adapters_by_hand(learner: Learner) -> None:
    params = {"w": jnp.array([[1.0, 1.0]]), "v": jnp.array([[5.0]])}
    adapters = {"w": (jnp.array([[2.0]]), jnp.array([[1.0, 3.0]]))}
    called = learner.merge_adapters(params, adapters)
    must_be_tree(called, {"w": np.array([[3.0, 7.0]]), "v": np.array([[5.0]])})


@check(
    "merge_adapters",
    "correct",
    hint="jax.tree_util.keystr(path, simple=True, separator='/') writes a path of any keys: dict, list, named tuple.",
)
def test_merge_adapters_finds_every_path(learner: Learner, numbers: Numbers) -> None:
    layers = [Layer(whole(numbers, (3, 4)), None), {0: whole(numbers, (3, 4)), 1: ()}]
    params = {"encoder": layers, "head": whole(numbers, (3, 4))}
    adapters = {path: adapter(numbers) for path in ("encoder/1/0", "head", "encoder/0/weight")}
    called = learner.merge_adapters(params, adapters)
    leaves, before = (jax.tree.leaves(tree) for tree in (called.value, params))

    def all_were_found(finding: Finding) -> bool:
        pairs = zip(leaves, before, strict=True)
        return finding.kind is Kind.VALUE and not any(np.array_equal(leaf, old) for leaf, old in pairs)

    with hint_when(
        all_were_found,
        "All three leaves have changed, so it is no path that is missed. The update is down @ up of the leaf's own adapter, "
        "summed over all r columns of down and rows of up.",
    ):
        must_be_tree(called, merge_oracle(params, adapters))


@check(
    "merge_adapters",
    "correct",
    hint="Compare whole paths with ==. A path that contains another one, or begins or ends with it, is another path.",
)
def test_merge_adapters_leaves_similar_paths_alone(learner: Learner, numbers: Numbers) -> None:
    weight = whole(numbers, (3, 4))
    block = {"1": {"w": weight, "w2": weight, "_w": weight, "W": weight}, "10": {"w": weight}, "w": weight}
    params = {"block": block, "my": {"block": {"1": {"w": weight}}}}
    adapters = {"block/1/w": adapter(numbers)}
    with hint_when(
        raised("ValueError", text="Too few leaves|Too many leaves"),
        "Were several leaves written as one path? Write every key as it is, strip and rename nothing; and keep the leaves in a "
        "list, where none can take the place of another.",
    ):
        called = learner.merge_adapters(params, adapters)
    must_be_tree(called, merge_oracle(params, adapters))


@check(
    "merge_adapters",
    "correct",
    hint="Adding a zero turns -0 into 0. Give a leaf without an adapter back as it is.",
)
def test_merge_adapters_leaves_the_others_bit_for_bit(learner: Learner, numbers: Numbers) -> None:
    params = {"w": whole(numbers, (3, 4)), "v": jnp.array([-0.0, 1.0, -0.0])}
    adapters = {"w": adapter(numbers)}
    called = learner.merge_adapters(params, adapters)
    must_be_tree(called, merge_oracle(params, adapters))
    signs = np.signbit(np.asarray(called.value["v"]))
    called.require(
        signs.tolist() == [True, False, True], "changes 'v'", expected="[-0, 1, -0]", got="[0, 1, 0]"
    )


@check(
    "merge_adapters",
    "correct",
    hint="A float16 weight plus a float32 product is float32. Add first, then convert to the weight's dtype.",
)
def test_merge_adapters_keeps_the_dtypes(learner: Learner, numbers: Numbers) -> None:
    params = {"w": float16(whole(numbers, (3, 4))), "v": float16(numbers.normal(3))}
    adapters = {"w": adapter(numbers)}
    must_be_tree(learner.merge_adapters(params, adapters), merge_oracle(params, adapters))


@check(
    "merge_adapters",
    "correct",
    hint="float16 ends at 65504. Multiply and add in the adapters' dtype, and convert the sum.",
)
def test_merge_adapters_rounds_the_sum_alone(learner: Learner) -> None:
    params = {"w": float16([[1.0, 2.0]])}
    adapters = {"w": (jnp.array([[1e6]]), jnp.array([[1e-6, -2e-6]]))}
    called = learner.merge_adapters(params, adapters)
    must_be_tree(called, {"w": np.array([[2.0, 0.0]], np.float16)}, rtol=2e-3, atol=2e-3)


@check(
    "merge_adapters",
    "correct",
    hint="A misspelt path must not be lost in silence: compare the adapters' paths with those of the leaves first.",
)
def test_merge_adapters_refuses_unknown_paths(learner: Learner, numbers: Numbers) -> None:
    weight = whole(numbers, (3, 4))
    params = {"layer": {"w": weight, "b": None}, "fields": Layer(weight, weight)}
    for path in ("layer/v", "layer", "layer/b", "fields/0", "layer/_w", "/layer/w", "layer/w/"):
        for adapters in ({path: adapter(numbers)}, {"layer/w": adapter(numbers), path: adapter(numbers)}):
            named = ", ".join(f"{name!r}: ..." for name in adapters)
            text = f"merge_adapters({{'layer': {{'w': f32[3,4], 'b': None}}, 'fields': Layer(...)}}, {{{named}}})"
            refuses(learner.merge_adapters, text, params, adapters)


@check("merge_adapters", "correct", hint="Without adapters the parameters come back as they are.")
def test_merge_adapters_takes_no_adapters(learner: Learner, numbers: Numbers) -> None:
    params = nested(numbers)
    must_be_tree_exactly(learner.merge_adapters(params, {}), jax.tree.map(np.asarray, params))


@check("merge_adapters", "jit", hint="Paths are plain Python and decide; numbers are traced and do not.")
def test_merge_adapters_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = []
    for up in (whole(numbers, (2, 4)), jnp.zeros((2, 4))):
        params = {"layers": [whole(numbers, (3, 4)) for _ in range(2)]}
        calls.append((params, {"layers/1": (whole(numbers, (3, 2)), up)}))
    agrees_once(learner.merge_adapters.jit(), calls, merge_oracle, by=must_be_tree)


@check(
    "merge_adapters",
    "jit",
    hint="Training touches the adapters alone. Their gradient has to come through down @ up: nothing may cut it off.",
)
def test_merge_adapters_lets_gradients_through(learner: Learner, numbers: Numbers) -> None:
    params = {"layers": [whole(numbers, (3, 4)) for _ in range(2)]}
    down, up = adapter(numbers)
    merge = learner.merge_adapters.function

    def loss(adapters: Any) -> Any:
        return jnp.sum(merge(params, adapters)["layers"][1])

    text = "With the sum of the merged weight as loss, jit(grad(loss))({'layers/1': (f32[3,2], f32[2,4])})"
    called = learner.merge_adapters.using(text, jax.jit(jax.grad(loss)), {"layers/1": (down, up)})
    by_down = np.tile(wide(up).sum(axis=1), (3, 1))
    by_up = np.tile(wide(down).sum(axis=0)[:, None], (1, 4))
    must_be_tree(called, {"layers/1": (by_down, by_up)})
