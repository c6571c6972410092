"""Compare what came with what was expected: kind, shape, dtype and finiteness before values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from grader.toolkit import wording
from grader.toolkit.verdicts import WrongAnswer

# float32 carries 24 bits: one rounding is 6e-8 of the value. A handful of operations in another order
# stay within a hundred roundings, mistakes do not.
RTOL = 1e-5
ATOL = 1e-6


def compare(what: str, got: Any, expected: Any, *, rtol: float = RTOL, atol: float = ATOL) -> None:
    """Compare a result, or a tree of results, with the expected one.

    `what` opens the message: the call, as the learner would write it. Floats may differ by
    `atol + rtol * |expected|`, everything else not at all. Raises WrongAnswer at the first difference.
    """
    if isinstance(expected, list) and _is_array_literal(expected):
        expected = np.asarray(expected)
    if isinstance(expected, tuple | list):
        _same_container(what, got, expected)
        for index, (one, other) in enumerate(zip(got, expected, strict=True)):
            compare(f"{what}[{index}]", one, other, rtol=rtol, atol=atol)
    elif isinstance(expected, Mapping):
        _same_keys(what, got, expected)
        for key in expected:
            compare(f"{what}[{key!r}]", got[key], expected[key], rtol=rtol, atol=atol)
    elif expected is None:
        if got is not None:
            raise WrongAnswer(
                f"{what} is wrong\n" + wording.table(expected="None", got=wording.argument(got))
            )
    else:
        compare_arrays(what, got, expected, rtol=rtol, atol=atol)


def compare_arrays(what: str, got: Any, expected: Any, *, rtol: float = RTOL, atol: float = ATOL) -> None:
    """Compare one array with the expected one; see `compare`."""
    must_be_jax_array(what, got)
    target = np.asarray(expected)
    if got.shape != target.shape:
        rows = wording.table(expected=f"shape {target.shape}", got=f"shape {got.shape}")
        raise WrongAnswer(f"{what} has the wrong shape\n{rows}")
    if not _kinds_agree(got.dtype, target.dtype):
        rows = wording.table(expected=_kind(target.dtype), got=wording.dtype_name(got.dtype))
        raise WrongAnswer(f"{what} has the wrong dtype\n{rows}")
    try:
        values = np.asarray(got)
    except jax.errors.TracerArrayConversionError:
        rows = wording.table(expected="numbers", got="a tracer, which has outlived the trace that made it")
        hint = "A value was stored while JAX traced (in an attribute, a global, a list). Only what is returned may leave."
        raise WrongAnswer(f"{what} has no value\n{rows}", hint=hint) from None
    if target.dtype.kind not in "fc":
        wrong = values != target
    else:
        wide = values.astype(target.dtype) if values.dtype != target.dtype else values
        with np.errstate(invalid="ignore", over="ignore"):
            close = np.abs(wide - target) <= atol + rtol * np.abs(target)
        close &= np.isfinite(target)  # about infinity, any distance would do
        wrong = ~(close | (wide == target) | (np.isnan(wide) & np.isnan(target)))
    if not wrong.any():
        return
    place = tuple(int(index) for index in np.argwhere(wrong)[0])
    want, came = wording.numbers_that_differ(target[place], values[place])
    rows = wording.table(expected=want, got=came)
    raise WrongAnswer(f"{what} is wrong{at(place)}{_how_many(wrong)}\n{rows}")


def must_be_jax_array(what: str, got: Any) -> None:
    """Raises WrongAnswer for anything that is no JAX array, with the way to make it one."""
    if wording.is_jax_array(got):
        return
    came = wording.kind_and_shape(got)
    if type(got).__module__ == "numpy":
        came, hint = f"a NumPy array, {came}", "Use jax.numpy throughout: jit and grad cannot see into NumPy."
    elif got is None:
        came, hint = "None", "Did you forget to return the result?"
    elif isinstance(got, list | tuple):
        came, hint = (
            f"a {came} of length {len(got)}",
            "Is the answer one of them? Take it by its index. Or build one array, with jnp.stack.",
        )
        if isinstance(got, tuple) and len(got) == 2:
            hint = (
                "Is the answer one of the two? Take it by its index: lax.scan, for one, gives (last carry, outputs). "
                "Or build one array, with jnp.stack."
            )
    elif isinstance(got, bool | int | float | complex):
        came, hint = f"the Python {came} {got!r}", "Return an array; jnp.asarray makes one."
    elif callable(got):
        came, hint = "a function", "Call it, and return what it gives."
    elif isinstance(got, Mapping):
        came = f"a dict with keys {sorted(map(str, got))}"
        hint = "Are the results in the order of the signature? Or is the answer one entry of the dict?"
    else:
        came, hint = f"an object of type {came}", "Return the array itself."
    raise WrongAnswer(
        f"{what} returned the wrong kind of thing\n" + wording.table(expected="a JAX array", got=came),
        hint=hint,
    )


def all_finite(what: str, tree: Any) -> None:
    """Raises WrongAnswer at the first nan or infinity of any float array in the tree."""
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        values = np.asarray(leaf)
        if values.dtype.kind in "fc" and not np.isfinite(values).all():
            place = tuple(int(index) for index in np.argwhere(~np.isfinite(values))[0])
            name = what + jax.tree_util.keystr(path)
            rows = wording.table(expected="finite numbers", got=wording.number(values[place]))
            raise WrongAnswer(f"{name} is not finite{at(place)}\n{rows}")


def at(place: tuple[int, ...]) -> str:
    """` at index 2`, ` at index (0, 1)`, or nothing for a scalar."""
    if not place:
        return ""
    return f" at index {place[0]}" if len(place) == 1 else f" at index {place}"


def _is_array_literal(values: list[Any]) -> bool:
    """[0.25, 0.75] and [[1, 2], [3, 4]] stand for arrays; a list of arrays is a list."""
    return all(
        _is_array_literal(v) if isinstance(v, list) else isinstance(v, bool | int | float) for v in values
    )


def _how_many(wrong: np.ndarray[Any, Any]) -> str:
    count = int(wrong.sum())
    return f" ({count} of {wrong.size} differ)" if wrong.size > 1 and count > 1 else ""


def _kinds_agree(got: Any, target: np.dtype[Any]) -> bool:
    """A float64 oracle stands for float32; every other float width, and bool, must be met; integers of any width will do."""
    if not isinstance(got, np.dtype):
        return False  # random keys
    if target.kind in "iu":
        return got.kind in "iu"
    if target == np.float64:
        return got == np.float32
    if target == np.complex128:
        return got == np.complex64
    return got == target


def _kind(target: np.dtype[Any]) -> str:
    if target.kind in "iu":
        return "an integer dtype"
    narrow = {np.dtype(np.float64): np.dtype(np.float32), np.dtype(np.complex128): np.dtype(np.complex64)}
    return wording.dtype_name(narrow.get(target, target))


def _same_container(what: str, got: Any, expected: tuple[Any, ...] | list[Any]) -> None:
    kind = type(expected).__name__
    if isinstance(got, type(expected)) and len(got) == len(expected):
        return
    came = (
        f"a {type(got).__name__} of length {len(got)}"
        if isinstance(got, tuple | list)
        else wording.argument(got)
    )
    rows = wording.table(expected=f"a {kind} of length {len(expected)}", got=came)
    raise WrongAnswer(f"{what} returned the wrong kind of thing\n{rows}")


def _same_keys(what: str, got: Any, expected: Mapping[Any, Any]) -> None:
    if isinstance(got, Mapping) and set(got) == set(expected):
        return
    came = f"keys {sorted(map(str, got))}" if isinstance(got, Mapping) else wording.argument(got)
    rows = wording.table(expected=f"a dict with keys {sorted(map(str, expected))}", got=came)
    raise WrongAnswer(f"{what} returned the wrong kind of thing\n{rows}")
