"""Checks of ravel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day07_pytrees.shared import mixed, must_be_tree, must_be_tree_exactly, nested, shown
from grader.toolkit import (
    Array,
    Called,
    Handle,
    Kind,
    Learner,
    Numbers,
    agrees_once,
    bans,
    check,
    float16,
    hint_when,
    of_kind,
    raised,
    same_size_for,
    wide,
)


def vector_oracle(tree: Any) -> Array:
    return np.concatenate([np.zeros(0), *(wide(leaf).ravel() for leaf in jax.tree.leaves(tree))])


def must_ravel(learner: Learner, tree: Any) -> tuple[Called, Callable[[Any], Any]]:
    """The vector is right, and what undoes it is a function. Returns the result and that function."""
    called = learner.ravel(tree)
    called[0].close_to(vector_oracle(tree))
    unravel = called.value[1]
    kind = "gives no function to undo it"
    called.require(callable(unravel), kind, expected="(vector, unravel)", got=f"(vector, {shown(unravel)})")
    return called, unravel


@check(
    "ravel",
    "correct",
    hint="Join the leaves in the order of jax.tree.leaves (a dict's keys are sorted), each of them row by row.",
)
def test_ravel_by_hand(learner: Learner) -> None:
    tree = {"w": jnp.array([[1.0, 2.0], [3.0, 4.0]]), "b": [jnp.array(7.0)]}
    called, _ = must_ravel(learner, tree)
    called[0].equals([7.0, 1.0, 2.0, 3.0, 4.0])


def there_and_back(ravel: Callable[..., Any], tree: Any) -> Any:
    vector, unravel = ravel(tree)
    return unravel(vector)


@check("ravel", "correct", hint="Build it from jax.tree.flatten; the rules name what is left out.")
def test_ravel_uses_no_shortcut(learner: Learner) -> None:
    bans(
        learner.ravel,
        "jax.flatten_util",
        on=({"a": jnp.arange(7.0), "b": [jnp.ones((2, 5))]},),
        by=there_and_back,
    )


@check(
    "ravel",
    "correct",
    hint="unravel cuts its own argument: a leaf of shape (2, 3) takes six numbers, one of shape () takes one, and the "
    "next leaf goes on where the last one ended.",
)
def test_ravel_is_undone(learner: Learner, numbers: Numbers) -> None:
    for tree in (
        {"w": jnp.array([[1.0, 2.0], [3.0, 4.0]]), "b": [jnp.array(7.0)]},
        nested(numbers) | {"bare": jnp.zeros((0, 3))},
    ):
        called, unravel = must_ravel(learner, tree)
        vector = 2 * called.value[0]
        expected = jax.tree.map(lambda leaf: 2 * wide(leaf), tree)
        with hint_when(
            of_kind(Kind.STRUCTURE),
            "Put the pieces back into the tree's own structure: jax.tree.flatten gives it beside the leaves, and "
            "structure.unflatten takes them in that order.",
        ):
            must_be_tree(learner.ravel.using("unravel(2 * vector)", unravel, vector), expected)


@check(
    "ravel",
    "correct",
    hint="Each unravel belongs to its own tree: keep what it needs in variables of ravel, and in no global.",
)
def test_ravel_of_two_trees(learner: Learner) -> None:
    trees: list[Any] = [
        {"w": jnp.array([[1.0, 2.0], [3.0, 4.0]]), "b": [jnp.array(7.0)]},
        [jnp.array([5.0]), None],
    ]
    (first, undo_first), (second, undo_second) = (learner.ravel(tree).value for tree in trees)
    told = "With the vector and unravel of {}, after a call of ravel with another tree, unravel(vector)"
    must_be_tree(
        learner.ravel.using(told.format("the first tree"), undo_first, first), jax.tree.map(wide, trees[0])
    )
    must_be_tree(
        learner.ravel.using(told.format("the second tree"), undo_second, second), jax.tree.map(wide, trees[1])
    )


@check(
    "ravel",
    "correct",
    hint="The vector is float32 for any leaves: convert each to float32 before you join them, keep its dtype, and convert back "
    "when you cut.",
)
def test_ravel_gives_the_dtypes_back(learner: Learner, numbers: Numbers) -> None:
    tree = mixed(numbers)
    # In float16 the integer would be infinite.
    tree |= {"narrow": float16([0.5, 2.0]), "large": jnp.array([70_000])}
    called, unravel = must_ravel(learner, tree)
    called = learner.ravel.using("unravel(vector)", unravel, called.value[0])
    must_be_tree_exactly(called, jax.tree.map(np.asarray, tree))
    counts = {"n": jnp.array([3, -4])}
    called, unravel = must_ravel(learner, counts)
    called = learner.ravel.using("unravel(2 * vector)", unravel, 2 * called.value[0])
    must_be_tree_exactly(called, {"n": np.array([6, -8], np.int32)})


@check(
    "ravel",
    "correct",
    hint="jnp.concatenate wants at least one array; an empty one adds nothing. And the vector is always float32.",
)
def test_ravel_takes_a_tree_without_leaves(learner: Learner) -> None:
    tree: dict[str, Any] = {"a": None, "b": [(), {}]}
    called, unravel = must_ravel(learner, tree)
    must_be_tree(learner.ravel.using("unravel(vector)", unravel, called.value[0]), tree)


def _doubling(ravel: Callable[..., Any]) -> Callable[..., Any]:
    """Uses both functions: a function that is returned cannot leave jit by itself."""

    def doubled(tree: Any) -> Any:
        vector, unravel = ravel(tree)
        return unravel(2 * vector)

    return doubled


def double_by_ravel(learner: Learner) -> Handle:
    return learner.ravel.derive("double_by_ravel", _doubling(learner.ravel.function)).jit()


PYTHON_SIZES = (
    "Where a leaf begins is known to Python: leaf.size is an int, and sum, itertools.accumulate and np.cumsum keep it one. "
    "jnp.cumsum makes an array, which is traced under jit and can cut nothing."
)


@check(
    "ravel",
    "jit",
    hint="double_by_ravel(tree) is unravel(2 * vector). Sizes come from shapes, and shapes are known to Python.",
)
def test_ravel_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(nested(numbers),) for _ in range(2)]
    with hint_when(
        raised("ConcretizationTypeError", "TracerIntegerConversionError", "IndexError"), PYTHON_SIZES
    ):
        agrees_once(
            double_by_ravel(learner),
            calls,
            lambda tree: jax.tree.map(lambda leaf: 2 * wide(leaf), tree),
            by=must_be_tree,
        )
    learner.ravel.compare_on("double_by_ravel", _doubling, *calls[0])


@check("ravel", "jit", hint="Slice, reshape and convert: nothing in unravel needs the numbers themselves.")
def test_ravel_can_be_undone_under_vmap_and_grad(learner: Learner, numbers: Numbers) -> None:
    tree = {"w": numbers.normal((3, 2)), "b": numbers.normal(3)}
    called, unravel = must_ravel(learner, tree)
    vectors = jnp.asarray(np.stack([called.value[0], np.zeros_like(called.value[0])]))
    expected = jax.tree.map(lambda leaf: np.stack([wide(leaf), 0 * wide(leaf)]), tree)
    lifted = jax.jit(jax.vmap(unravel))  # one program, not one for each operation
    must_be_tree(learner.ravel.using("jit(vmap(unravel))(vectors)", lifted, vectors), expected)

    def loss(vector: Any) -> Any:
        return jnp.sum(unravel(vector)["w"] ** 2)

    text = "With loss(vector) = sum(unravel(vector)['w'] ** 2), jit(grad(loss))(vector)"
    gradient = np.concatenate([np.zeros(3), 2 * wide(tree["w"]).ravel()])
    learner.ravel.using(text, jax.jit(jax.grad(loss)), called.value[0]).close_to(gradient)


@check(
    "ravel",
    "jit",
    hint="double_by_ravel(tree) is unravel(2 * vector). A loop over leaves is fine, one over elements is not.",
)
def test_ravel_has_no_python_loop(learner: Learner) -> None:
    small, large = ({"w": jnp.zeros((size, 3))} for size in (4, 8))
    same_size_for(double_by_ravel(learner), (small,), (large,))
