"""Compare what came with what was expected: kind, shape, dtype and finiteness before values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jax
import numpy as np

from grader.findings import Finding, Kind
from grader.toolkit import wording
from grader.toolkit.diagnosis import examine
from grader.toolkit.judged_call import Case
from grader.toolkit.verdicts import WrongAnswer

# float32 carries 24 bits: one rounding is 6e-8 of the value. A handful of operations in another order
# stay within a hundred roundings, mistakes do not. This holds on GPUs and TPUs as well, since workers ask for products in full
# precision (`worker/plugin.prepare_jax`).
RTOL = 1e-5
ATOL = 1e-6


def compare(
    call: str,
    got: Any,
    expected: Any,
    *,
    part: str = "",
    rtol: float = RTOL,
    atol: float = ATOL,
    case: Case | None = None,
) -> None:
    """Compare a result, or a tree of results, with the expected one.

    `call` is what the learner would write, `part` is of what it returned: `[1]`; `case` is the call itself, where it is
    at hand. Floats may differ by `atol + rtol * |expected|`, everything else not at all. Raises WrongAnswer at the first
    difference, with a diagnosis where one fits.
    """
    try:
        _compare(call, got, expected, part=part, rtol=rtol, atol=atol)
    except WrongAnswer as wrong:

        def is_right(other: Any) -> bool:
            return agree(other, expected, rtol=rtol, atol=atol)

        seen = examine(wrong.compared, got, expected, is_right, case, is_whole=not part)
        wrong.finding = replace(wrong.finding, diagnosis=seen)
        raise


def agree(got: Any, expected: Any, *, rtol: float, atol: float) -> bool:
    """Whether a result, or a tree of results, is the expected one."""
    try:
        _compare("", got, expected, part="", rtol=rtol, atol=atol)
    except WrongAnswer:
        return False
    return True


def _compare(call: str, got: Any, expected: Any, *, part: str, rtol: float, atol: float) -> None:
    if isinstance(expected, list) and _is_array_literal(expected):
        expected = np.asarray(expected)
    if isinstance(expected, tuple | list):
        _same_container(call, part, got, expected)
        for index, (one, other) in enumerate(zip(got, expected, strict=True)):
            _compare(call, one, other, part=f"{part}[{index}]", rtol=rtol, atol=atol)
    elif isinstance(expected, Mapping):
        _same_keys(call, part, got, expected)
        for key in expected:
            _compare(call, got[key], expected[key], part=f"{part}[{key!r}]", rtol=rtol, atol=atol)
    elif expected is None:
        if got is not None:
            came = wording.argument(got)
            raise WrongAnswer(
                Finding("is wrong", Kind.THING, call, part, expected="None", got=came, **kind_of(got))
            )
    else:
        _compare_arrays(call, part, got, expected, rtol=rtol, atol=atol)


def _compare_arrays(call: str, part: str, got: Any, expected: Any, *, rtol: float, atol: float) -> None:
    """Compare one array with the expected one; see `compare`."""
    must_be_jax_array(call, got, part=part)
    target = np.asarray(expected)

    def wrong(
        complaint: str, kind: Kind, *, hint: str | None = None, places: Any = None, **data: Any
    ) -> WrongAnswer:
        answer = WrongAnswer(Finding(complaint, kind, call, part, **data), hint=hint)
        if kind in {Kind.VALUE, Kind.SHAPE}:
            answer.compared = got, target, places
        return answer

    if got.shape != target.shape:
        shapes = {"expected": f"shape {target.shape}", "got": f"shape {got.shape}"}
        raise wrong("has the wrong shape", Kind.SHAPE, **shapes)
    if not _kinds_agree(got.dtype, target.dtype):
        dtypes = {"expected": _kind(target.dtype), "got": wording.dtype_name(got.dtype)}
        raise wrong("has the wrong dtype", Kind.DTYPE, **dtypes)
    try:
        values = np.asarray(got)
    except jax.errors.TracerArrayConversionError:
        raise wrong(
            "has no value",
            Kind.LEAKED_TRACER,
            expected="numbers",
            got="a tracer, which has outlived the trace that made it",
            hint="A value was stored while JAX traced (in an attribute, a global, a list). Only what is returned may leave.",
        ) from None
    if target.dtype.kind not in "fc":
        # bfloat16 counts as no float to NumPy, and knows NaN.
        both_nan = (values != values) & (target != target)
        differs = (values != target) & ~both_nan
    else:
        wide = values.astype(target.dtype) if values.dtype != target.dtype else values
        with np.errstate(invalid="ignore", over="ignore"):
            close = np.abs(wide - target) <= atol + rtol * np.abs(target)
        close &= np.isfinite(target)  # about infinity, any distance would do
        differs = ~(close | (wide == target) | (np.isnan(wide) & np.isnan(target)))
    if not differs.any():
        return
    place = _first(differs)
    want, came = wording.numbers_that_differ(target[place], values[place])
    count = {"differ": int(differs.sum()), "of": differs.size}
    raise wrong("is wrong", Kind.VALUE, places=differs, expected=want, got=came, where=place, **count)


def must_be_jax_array(call: str, got: Any, *, part: str = "") -> None:
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
        words = wording.argument(got)  # its name alone, where the number cannot be shown
        came = f"a Python {came}" if words == came else f"the Python {came} {words}"
        hint = "Return an array; jnp.asarray makes one."
    elif callable(got):
        came, hint = "a function", "Call it, and return what it gives."
    elif isinstance(got, Mapping):
        came = f"a dict with keys {sorted(map(str, got))}"
        hint = "Are the results in the order of the signature? Or is the answer one entry of the dict?"
    else:
        came, hint = f"an object of type {came}", "Return the array itself."
    raise wrong_thing(call, part, got, expected="a JAX array", came=came, hint=hint)


def wrong_thing(
    call: str, part: str, got: Any, *, expected: str, came: str = "", hint: str | None = None
) -> WrongAnswer:
    """Something else came than was promised; `came` says what, where its value does not say it best."""
    finding = Finding(
        "returned the wrong kind of thing",
        Kind.THING,
        call,
        part,
        expected=expected,
        got=came or wording.argument(got),
        **kind_of(got),
    )
    return WrongAnswer(finding, hint=hint)


def kind_of(value: Any) -> dict[str, Any]:
    """What a finding tells of a value that came in the place of something else: its type, and its length if it has one."""
    length = len(value) if isinstance(value, tuple | list | Mapping) else None
    return {"got_type": str(type(value).__name__), "got_length": length}


def all_finite(call: str, tree: Any, *, part: str = "") -> None:
    """Raises WrongAnswer at the first nan or infinity of any float array in the tree."""
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        values = np.asarray(leaf)
        if values.dtype.kind in "fc" and not np.isfinite(values).all():
            place = _first(~np.isfinite(values))
            finding = Finding(
                "is not finite",
                Kind.NOT_FINITE,
                call,
                part + jax.tree_util.keystr(path),
                expected="finite numbers",
                got=wording.number(values[place]),
                where=place,
            )
            raise WrongAnswer(finding)


def _first(mask: np.ndarray[Any, Any]) -> tuple[int, ...]:
    """The index of the first True."""
    return tuple(int(index) for index in np.argwhere(mask)[0])


def _is_array_literal(values: list[Any]) -> bool:
    """[0.25, 0.75] and [[1, 2], [3, 4]] stand for arrays; a list of arrays is a list."""
    return all(
        _is_array_literal(v) if isinstance(v, list) else isinstance(v, bool | int | float) for v in values
    )


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


def _same_container(call: str, part: str, got: Any, expected: tuple[Any, ...] | list[Any]) -> None:
    if isinstance(got, type(expected)) and len(got) == len(expected):
        return
    came = f"a {type(got).__name__} of length {len(got)}" if isinstance(got, tuple | list) else ""
    promised = f"a {type(expected).__name__} of length {len(expected)}"
    raise wrong_thing(call, part, got, expected=promised, came=came)


def _same_keys(call: str, part: str, got: Any, expected: Mapping[Any, Any]) -> None:
    if isinstance(got, Mapping) and set(got) == set(expected):
        return
    came = f"keys {sorted(map(str, got))}" if isinstance(got, Mapping) else ""
    promised = f"a dict with keys {sorted(map(str, expected))}"
    raise wrong_thing(call, part, got, expected=promised, came=came)
