"""Checks of decay_mask."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day07_pytrees.shared import Layer, form, must_be_tree
from grader.toolkit import Called, Kind, Learner, Numbers, check, in_words, raised, wide


def must_be_mask(called: Called, expected: Any) -> Called:
    """The result is the expected tree of Python bools. Raises WrongAnswer."""
    wanted, came = form(expected), form(called.value)
    called.require(wanted == came, "has another structure", expected=wanted, got=came, kind=Kind.STRUCTURE)
    leaves, flags = jax.tree.leaves(expected), jax.tree.leaves(called.value)
    # Where both occur, no rule about paths gets all of them wrong but the opposite one.
    opposite = len(set(leaves)) == 2 and all(
        type(flag) is bool and flag != want for flag, want in zip(flags, leaves, strict=True)
    )
    for (path, leaf), want in zip(jax.tree_util.tree_leaves_with_path(called.value), leaves, strict=True):
        part = Called(called.text + jax.tree_util.keystr(path), leaf)
        plain = type(leaf) is bool
        part.require(
            plain,
            "is not a Python bool",
            expected=f"the Python bool {want}",
            got=f"{in_words(leaf)}, of type {type(leaf).__name__}",
            hint="What jnp computes is an array, and so is whatever leaves jit, a bool, too: no `if` can read it while JAX "
            "traces. True, False, `not` and `in` stay Python, in a function that is not compiled."
            if isinstance(leaf, jax.Array)
            else None,
        )
        part.require(
            leaf == want,
            "is wrong",
            expected=str(want),
            got=str(leaf),
            hint="All flags are the opposite of what they should be: True is for what decays, False for what is exempt."
            if opposite
            else None,
            kind=Kind.VALUE,
        )
    return called


@check(
    "decay_mask",
    "correct",
    hint="jax.tree.map_with_path calls your function with a leaf's path and the leaf. Entries of a path differ: "
    "of a dict (.key), of a list (.idx), of a named tuple (.name); keystr((entry,), simple=True) writes any of them.",
    answers=raised("AttributeError", text="Key' object"),
)
def test_decay_mask_by_hand(learner: Learner) -> None:
    x = jnp.ones((2, 2))
    params = {"dense": {"w": x, "b": x[0]}, "head": [x, None], "norm": {"scale": x[0], "bias": x[0]}}
    expected = {
        "dense": {"w": True, "b": False},
        "head": [True, None],
        "norm": {"scale": False, "bias": False},
    }
    must_be_mask(learner.decay_mask(params), expected)


@check(
    "decay_mask",
    "correct",
    hint="Compare whole keys, one by one: `unbiased` holds `bias`, and a key may hold a slash.",
)
def test_decay_mask_compares_whole_words(learner: Learner) -> None:
    x = jnp.ones((2, 2))
    names = (
        "unbiased",
        "upscale",
        "bias_net",
        "rescale",
        "scale2",
        "bb",
        "block",
        "B",
        "enc/b",
        "a/scale/c",
        "x.bias",
    )
    called = learner.decay_mask({name: [x] for name in names})
    must_be_mask(called, {name: [True] for name in names})


@check("decay_mask", "correct", hint="Any key on the path may exempt a leaf, not only the last one.")
def test_decay_mask_looks_at_the_whole_path(learner: Learner) -> None:
    x = jnp.ones((2, 2))
    params = {"bias": {"raw": x, "w": x}, "norm": [{"scale": [x, x]}], "w": {"w": x}}
    expected = {"bias": {"raw": False, "w": False}, "norm": [{"scale": [False, False]}], "w": {"w": True}}
    must_be_mask(learner.decay_mask(params), expected)


@check("decay_mask", "correct", hint="Names decide, not shapes: a weight may be a vector, a bias a matrix.")
def test_decay_mask_ignores_shapes(learner: Learner) -> None:
    matrix, vector, scalar = jnp.ones((2, 2)), jnp.ones(2), jnp.ones(())
    params = {"embedding": vector, "temperature": scalar, "attention": {"bias": matrix}}
    expected = {"embedding": True, "temperature": True, "attention": {"bias": False}}
    must_be_mask(learner.decay_mask(params), expected)


@check(
    "decay_mask",
    "correct",
    hint="In a path a field of a named tuple is no dict key: its entry has a .name. keystr(..., simple=True) writes any.",
)
def test_decay_mask_reads_fields_and_numbers(learner: Learner) -> None:
    x = jnp.ones((2, 2))
    params = {0: Layer(x, x), 1: [Layer(weight={"b": x}, bias=None), ()]}
    expected = {0: Layer(True, False), 1: [Layer(weight={"b": False}, bias=None), ()]}
    must_be_mask(learner.decay_mask(params), expected)


@check("decay_mask", "correct", hint="A leaf need not be an array: never look at it, its path says all.")
def test_decay_mask_never_looks_at_the_leaves(learner: Learner) -> None:
    params = {"w": jax.ShapeDtypeStruct((2, 2), jnp.float32), "b": 0, "v": "relu"}
    must_be_mask(learner.decay_mask(params), {"w": True, "b": False, "v": True})


@check(
    "decay_mask", "jit", hint="The mask is made of Python bools, so that `if` may read it while JAX traces."
)
def test_decay_mask_can_be_read_while_tracing(learner: Learner, numbers: Numbers) -> None:
    handle = learner.decay_mask

    def decay(params: Any) -> Any:
        mask = handle.function(params)
        return jax.tree.map(lambda x, decayed: 0.5 * x if decayed else x, params, mask)

    params = {"w": numbers.normal((3, 2)), "b": numbers.normal(3)}
    called = handle.using("Halving what decay_mask(params) says, under jit,", jax.jit(decay), params)
    must_be_tree(called, {"w": 0.5 * wide(params["w"]), "b": np.asarray(params["b"])})


@check("decay_mask", "jit", hint="Paths are known before anything runs: there is nothing to compute.")
def test_decay_mask_computes_nothing(learner: Learner) -> None:
    params = {"w": jnp.ones((3, 2)), "b": jnp.ones(3)}
    program = learner.decay_mask.jit().program(params)
    names = ", ".join(sorted(program.primitives)) or "nothing"
    complaint = "computes with the parameters"
    Called(program.call, None).require(
        program.size == 0, complaint, expected="a program without operations", got=names
    )
