"""Whether a call was pure: its arguments as they were, and the same result for the same arguments."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from grader.findings import Finding, Kind
from grader.toolkit import wording
from grader.toolkit.verdicts import WrongAnswer


def snapshot(tree: Any) -> tuple[Any, list[tuple[Any, Any]]]:
    """What a tree of arguments is before a call: its structure, its leaves, and copies of those that can change."""
    leaves, structure = jax.tree.flatten(tree)
    return structure, [(leaf, leaf.copy() if isinstance(leaf, np.ndarray) else None) for leaf in leaves]


def unchanged(text: str, before: tuple[Any, list[tuple[Any, Any]]], tree: Any) -> None:
    """The arguments are as they were. Raises WrongAnswer that says what has changed."""
    structure, kept = before
    leaves, now = jax.tree.flatten(tree)
    hint = "Build new arrays and containers; leave what you were given as it was."
    same = now == structure and all(leaf is old for leaf, (old, _) in zip(leaves, kept, strict=True))
    same = same and all(
        copy is None or np.array_equal(leaf, copy, equal_nan=copy.dtype.kind in "fc") for leaf, copy in kept
    )
    if not same:
        came = _what_changed(structure, kept, now, leaves)
        raise WrongAnswer(_mutates(text, "changed its own arguments", came), hint=hint)
    if any(wording.is_jax_array(leaf) and leaf.is_deleted() for leaf in leaves):
        donated = "A buffer that is donated is gone for the caller. Leave donation to them: no donate_argnums inside."
        raise WrongAnswer(_mutates(text, "gave one of its arguments away", "a deleted array"), hint=donated)


def _mutates(text: str, complaint: str, came: str) -> Finding:
    return Finding(complaint, Kind.MUTATES, text, expected="arguments as they were", got=came)


def _what_changed(structure: Any, kept: list[tuple[Any, Any]], now: Any, leaves: list[Any]) -> str:
    if now != structure:
        before, after = len(kept), len(leaves)
        return f"{after} arrays in them, before {before}" if before != after else "other containers"
    for leaf, (old, copy) in zip(leaves, kept, strict=True):
        if leaf is not old:
            return f"{wording.argument(leaf)} in the place of {wording.argument(old)}"
        if copy is not None and not np.array_equal(leaf, copy, equal_nan=copy.dtype.kind in "fc"):
            return f"{wording.argument(jax.numpy.asarray(leaf))}, before {wording.argument(jax.numpy.asarray(copy))}"
    return "changed arguments"


# Of the largest number: what the order of a sum may change. On a GPU the additions of a scatter come in any order.
_ROUNDING = 1e-5


def same_again(text: str, first: Any, second: Any) -> None:
    """Two calls with the same arguments gave the same: bit by bit on a CPU, but for rounding elsewhere. Raises WrongAnswer."""
    ones, twos = jax.tree.leaves(first), jax.tree.leaves(second)
    for one, two in zip(ones, twos, strict=False):
        if not wording.is_jax_array(one) or not wording.is_jax_array(two):
            continue
        a, b = (
            np.asarray(jax.random.key_data(leaf) if wording.is_key(leaf) else leaf) for leaf in (one, two)
        )
        if not _same_numbers(a, b, exactly=jax.default_backend() == "cpu"):
            finding = Finding(
                "was called twice",
                Kind.NOT_REPEATABLE,
                text,
                expected="the same result twice",
                got="two different results",
            )
            hint = "A pure function depends on its arguments alone: no globals, no hidden counters, no fresh randomness."
            raise WrongAnswer(finding, hint=hint)


def _same_numbers(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any], *, exactly: bool) -> bool:
    """Whether two arrays hold the same numbers; if not exactly, floats but for rounding."""
    if one.shape != other.shape:
        return False
    if one.dtype.kind not in "fcV" or exactly:  # bfloat16 is no float to NumPy
        return np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")
    wide = np.complex128 if one.dtype.kind == "c" else np.float64
    one, other = one.astype(wide), other.astype(wide)
    sizes = np.abs(one)[np.isfinite(one)]
    return np.allclose(one, other, rtol=0.0, atol=_ROUNDING * sizes.max(initial=0.0), equal_nan=True)
