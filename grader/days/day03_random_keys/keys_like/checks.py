"""Checks of keys_like."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day03_random_keys.shared import reuses_no_key
from grader.toolkit import Called, Kind, Learner, Numbers, bans, check, compiles_once, raised


def bits(key: Any) -> tuple[int, ...]:
    """What tells keys apart."""
    return tuple(int(word) for word in np.asarray(jax.random.key_data(key)).ravel())


class Layer(NamedTuple):
    """A tree that is neither dict nor list."""

    weight: Any
    bias: Any


def checked_keys(called: Called, tree: Any) -> list[Any]:
    """The keys of a result that has the structure of `tree` and scalar typed keys at its leaves."""
    wanted, came = (str(jax.tree.structure(one)) for one in (tree, called.value))
    called.require(wanted == came, "has another structure", expected=wanted, got=came, kind=Kind.STRUCTURE)
    for path, leaf in jax.tree_util.tree_leaves_with_path(called.value):
        part = Called(f"{called.text}{jax.tree_util.keystr(path)}", leaf)
        scalar = (
            isinstance(leaf, jax.Array)
            and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
            and leaf.shape == ()
        )
        part.require(scalar, "is not one typed key", expected="a typed key of shape ()", got=leaf)
    return jax.tree.leaves(called.value)


@check("keys_like", "correct", hint="Take leaves and structure apart; make a key for each leaf; join.")
def test_keys_like_keeps_the_structure(learner: Learner, numbers: Numbers) -> None:
    for tree in ({"w": 0.0, "b": [1, None], "c": ()}, Layer(2.0, (3.0, None)), {"none": None}, 4.0):
        checked_keys(learner.keys_like(numbers.key(), tree), tree)


@check("keys_like", "correct", hint="As many new keys as there are leaves, one for each.")
def test_keys_like_all_keys_differ(learner: Learner, numbers: Numbers) -> None:
    key, tree = numbers.key(), {"w": 0.0, "b": [0.0, 0.0], "c": {"w": 0.0, "b": [0.0]}, "d": {"w": 0.0}}
    tree |= {"c/w": 0.0, "c.w": 0.0}  # no path, a single key each
    called = learner.keys_like(key, tree)
    keys = [bits(leaf) for leaf in checked_keys(called, tree)]
    distinct = len(set(keys))
    called.require(
        distinct == 8, "gives a key to two leaves", expected="8 different keys", got=f"{distinct} different"
    )
    called.require(
        bits(key) not in keys,
        "hands out the key that it was given",
        expected="new keys only",
        got="the given key at a leaf",
        hint="The caller may still split that key. Split it, and give out the children only.",
    )


@check("keys_like", "correct", hint="Make the new keys from the given one: split it or fold into it.")
def test_keys_like_depends_on_the_key(learner: Learner) -> None:
    tree = {"w": 0.0, "b": [0.0, 0.0]}
    one = learner.keys_like(jax.random.key(7), tree)
    two = learner.keys_like(jax.random.key(8), tree)
    shared = {bits(key) for key in checked_keys(one, tree)} & {bits(key) for key in checked_keys(two, tree)}
    two.require(
        not shared,
        "shares keys with another parent key",
        expected="other keys for jax.random.key(8) than for jax.random.key(7)",
        got=f"{len(shared)} keys in common",
    )


@check("keys_like", "correct", hint="Number the leaves; what they hold does not matter.")
def test_keys_like_never_looks_at_the_leaves(learner: Learner, numbers: Numbers) -> None:
    key = numbers.key()
    numbered, named = {"w": 0.0, "b": [0.0, 0.0]}, {"w": "relu", "b": [numbers.normal(3), object]}
    plain = [bits(leaf) for leaf in checked_keys(learner.keys_like(key, numbered), numbered)]
    called = learner.keys_like(key, named)
    other = [bits(leaf) for leaf in checked_keys(called, named)]
    called.require(
        plain == other,
        "depends on what the leaves hold",
        expected="the same keys for trees of the same structure",
        got="other keys",
    )


@check(
    "keys_like",
    "correct",
    hint="Python's hash of a string is another number in every process, and so is every id: number the leaves, or take a "
    "checksum of their paths.",
)
def test_keys_like_is_the_same_in_every_process(learner: Learner, numbers: Numbers) -> None:
    bans(learner.keys_like, "hash", "id", on=(numbers.key(), {"w": 0.0, "c": [1.0]}))


@check("keys_like", "correct", hint="A key that you hand out is the caller's: do not split it as well.")
def test_keys_like_keys_are_unused(learner: Learner, numbers: Numbers) -> None:
    tree = {"w": 0.0, "b": [0.0, 0.0]}
    # The first call of a handle is made twice, which the checker would take for reuse.
    learner.keys_like(numbers.key(), tree)
    spent = []
    with jax.debug_key_reuse(True):
        called = learner.keys_like(numbers.key(), tree)
        checked_keys(called, tree)
        for path, leaf in jax.tree_util.tree_leaves_with_path(called.value):
            try:
                jax.random.split(leaf, 3)
            except jax.errors.KeyReuseError:
                spent.append(jax.tree_util.keystr(path))
    called.require(
        not spent,
        "gives out keys that it has used",
        expected="keys that nobody has drawn from or split",
        got=f"a spent key at {', '.join(spent)}",
    )


@check(
    "keys_like",
    "jit",
    hint="While tracing the leaves are tracers: convert none of them, you need their number and the structure alone.",
    answers=raised(),
)
def test_keys_like_compiles_once(learner: Learner, numbers: Numbers) -> None:
    keys = [numbers.key(), numbers.key()]
    tree = {"w": numbers.normal(3), "b": [numbers.normal(), numbers.normal(3)]}
    compiled = learner.keys_like.jit()
    for key, called in zip(keys, compiles_once(compiled, [(key, tree) for key in keys]), strict=True):
        eager = learner.keys_like(key, tree).value
        plain = [bits(leaf) for leaf in jax.tree.leaves(eager)]
        same = plain == [bits(leaf) for leaf in checked_keys(called, tree)]
        called.require(same, "differs from the call without jit", expected="the same keys", got="other keys")


@check("keys_like", "jit", hint="Split a key once and use the children only.")
def test_keys_like_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    reuses_no_key(learner.keys_like, numbers.key(), {"w": 0.0, "b": [0.0, 0.0]})
