"""What kind of wrong an array is: a permutation, a constant factor, rounding. Only what fits beyond chance is told.

A pattern counts when all of the array follows it within a tolerance far below any mistake, and when the array holds enough
different numbers for that to be no accident. Of a single number it counts when only one pattern fits.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import jax
import numpy as np

from grader.diagnoses import Diagnosis, Pattern
from grader.toolkit import wording
from grader.toolkit.judged_call import Case
from grader.toolkit.likeness import Array, alike, far_apart, hardly_apart, several, tell_apart
from grader.toolkit.patterns import (
    FUNCTIONS,
    as_factor,
    in_part,
    nearly,
    one_factor,
    rearranged,
    rounded,
    scaled,
    transformed,
)
from grader.toolkit.verdicts import TookTooLong

_Found = TypeVar("_Found")
_LARGEST = 2**18  # elements; of more nobody asks what order they are in


def examine(
    compared: tuple[Any, Array, Array | None] | None,
    got: Any,
    expected: Any,
    is_right: Callable[[Any], bool],
    case: Case | None,
    *,
    is_whole: bool,
) -> Diagnosis | None:
    """What kind of wrong a result is. `compared` are the first arrays of it that differ, if it came to that, and where they do.

    `is_right` judges another result in the place of this one, which may be a part of what the call gave (`is_whole` is not so).
    """
    if compared is None or not _is_plain(compared[0]):
        return None
    sizes = _unless_it_fails(case.sizes) if case else []
    seen = (
        _unless_it_fails(lambda: _exchanged(got, expected, is_right))
        or (_unless_it_fails(lambda: case.differs_compiled(is_right)) if case and is_whole else None)
        or _unless_it_fails(lambda: _of_numbers(compared, case, sizes or []))
    )
    if seen is None or seen.pattern is Pattern.NEARLY:
        seen = _unless_it_fails(lambda: _throughout(got, expected, sizes or [])) or seen
    hardly_off = seen.pattern is Pattern.NEARLY if seen else _is_near(np.asarray(compared[0]), compared[1])
    if hardly_off and case and (narrow := _unless_it_fails(case.narrow)):
        seen = Diagnosis(Pattern.ROUNDED, name=narrow)
    return seen


def _unless_it_fails(look: Callable[[], _Found]) -> _Found | None:
    """What a look gives. It may run the learner's code again, and a message is not lost to what would have made it better."""
    try:
        return look()
    except (Exception, TookTooLong):
        return None


def _of_numbers(
    compared: tuple[Any, Array, Array | None], case: Case | None, sizes: Sequence[int]
) -> Diagnosis | None:
    arguments = case.arrays() if case else {}
    got, expected, differs = compared
    return diagnose(np.asarray(got), expected, sizes=sizes, arguments=arguments, differs=differs)


def _is_plain(value: Any) -> bool:
    """Whether it holds numbers that can be looked at."""
    return (
        wording.is_jax_array(value)
        and not wording.is_key(value)
        and not isinstance(value, jax.core.Tracer)
        and isinstance(value.dtype, np.dtype)
    )


def _is_near(got: Array, expected: Array) -> bool:
    """Whether a few numbers are so near to what they should be that rounding may be all."""
    return (
        got.shape == expected.shape
        and got.dtype.kind == expected.dtype.kind == "f"
        and bool((np.abs(got - expected) <= 0.01 * np.abs(expected).max()).all())
    )


def _exchanged(got: Any, expected: Any, is_right: Callable[[Any], bool]) -> Diagnosis | None:
    """Two parts of a tuple, each in the other's place, and all right but for that."""
    if not isinstance(got, tuple) or not isinstance(expected, tuple) or not 2 <= len(got) <= 4:
        return None
    for one, other in itertools.combinations(range(len(got)), 2):
        order = list(range(len(got)))
        order[one], order[other] = other, one
        mended = [got[at] for at in order]
        if is_right(type(got)(*mended) if hasattr(got, "_fields") else tuple(mended)):
            return Diagnosis(Pattern.EXCHANGED, name=f"[{one}] and [{other}]")
    return None


def _throughout(got: Any, expected: Any, sizes: Sequence[int]) -> Diagnosis | None:
    """One factor, or one offset, for all arrays of a tree."""
    ours, theirs = jax.tree.leaves(got), jax.tree.leaves(expected)
    pairs = list(zip(ours, theirs, strict=True)) if len(ours) == len(theirs) > 1 else []
    if not pairs or any(not _is_plain(a) or a.shape != np.shape(b) or a.dtype.kind != "f" for a, b in pairs):
        return None
    flat = [np.concatenate([np.asarray(pair[side], np.float64).ravel() for pair in pairs]) for side in (0, 1)]
    if flat[0].size > _LARGEST or not np.isfinite(flat).all() or not several(flat[1], 3) or alike(*flat):
        return None
    return next(scaled(flat[0], flat[1], tuple(sizes)), None)


def diagnose(
    got: Array,
    expected: Array,
    *,
    sizes: Sequence[int] = (),
    arguments: Mapping[str, Array] | None = None,
    differs: Array | None = None,
) -> Diagnosis | None:
    """The pattern that a wrong array follows; None where none fits beyond chance.

    `sizes` are those of the arguments, for factors that come of them; `arguments` are their arrays, by name; `differs` says
    which entries the check calls wrong, where it may see more than a pattern does.
    """
    if max(got.size, expected.size) > _LARGEST or not expected.size:
        return None
    with np.errstate(all="ignore"):
        return _diagnose(got, expected, tuple(dict.fromkeys(sizes)), arguments or {}, differs)


def _diagnose(
    got: Array,
    expected: Array,
    sizes: tuple[int, ...],
    arguments: Mapping[str, Array],
    differs: Array | None,
) -> Diagnosis | None:
    for name, argument in arguments.items():
        if argument.shape == got.shape and several(argument, 3) and np.array_equal(argument, got):
            return Diagnosis(Pattern.ARGUMENT, name=name)
    if got.shape != expected.shape:
        return _other_shape(got, expected)
    if expected.dtype.kind == "b" or got.dtype.kind == "b":
        return next(rearranged(got, expected), None) if tell_apart(expected) else None
    if expected.dtype.kind not in "fiuc":
        return None
    wide = complex if "c" in {got.dtype.kind, expected.dtype.kind} else np.float64
    got, expected = got.astype(wide), expected.astype(wide)
    if np.isfinite(expected).all() and not np.isfinite(got).all():
        return _not_finite(got, expected, differs)
    finite = np.isfinite(expected)
    if not np.array_equal(finite, np.isfinite(got)):
        return None
    blind = _misses_some(got, expected, differs)
    if not several(expected[finite], 3):
        return None if blind else _of_few(got, expected, sizes)
    if not got[finite].any():
        return Diagnosis(Pattern.ZERO)
    if blind:
        return next(rounded(got, expected), None)
    return next(
        itertools.chain(
            rearranged(got, expected),
            scaled(got, expected, sizes),
            transformed(got, expected),
            rounded(got, expected),
            in_part(got, expected),
            nearly(got, expected),
        ),
        None,
    )


def _misses_some(got: Array, expected: Array, differs: Array | None) -> bool:
    """Whether what is wrong is too little for a pattern to see: all of it, or what is small beside a large number."""
    if alike(got, expected):
        return True
    return differs is not None and bool(
        (differs & hardly_apart(got, expected) & far_apart(got, expected)).any()
    )


# ---- another shape


def _other_shape(got: Array, expected: Array) -> Diagnosis | None:
    if got.size != expected.size or not tell_apart(expected):
        return None
    if got.ndim == expected.ndim and got.ndim >= 2:
        for order in itertools.permutations(range(got.ndim)) if got.ndim <= 4 else ():
            if alike(got, expected.transpose(order)):
                return Diagnosis(Pattern.TRANSPOSED)
    if alike(got.ravel(), expected.ravel()):
        ones = got.shape.count(1) - expected.shape.count(1)
        name = ""
        if got.ndim != expected.ndim and sorted(filter((1).__ne__, got.shape)) == sorted(
            filter((1).__ne__, expected.shape)
        ):
            name = ": it has an axis of 1 too many" if ones > 0 else ": it lacks an axis of 1"
        return Diagnosis(Pattern.AXES, name=name)
    return None


# ---- what is no number


def _not_finite(got: Array, expected: Array, differs: Array | None) -> Diagnosis | None:
    bad = ~np.isfinite(got)
    nan = np.isnan(got)
    pattern = Pattern.NAN if nan.any() else Pattern.INFINITE
    if (nan if pattern is Pattern.NAN else bad).all():
        return Diagnosis(pattern) if got.size > 1 else None
    right = hardly_apart(got, expected) if differs is None else ~differs
    one_kind = bool(nan.any()) != bool((bad & ~nan).any())
    return Diagnosis(pattern, count=int(bad.sum())) if one_kind and right[~bad].all() else None


# ---- one number or two


def _of_few(got: Array, expected: Array, sizes: tuple[int, ...]) -> Diagnosis | None:
    """One number or two: a pattern with a name of its own, if only one fits. Round numbers fit too many."""
    known = expected[np.isfinite(expected)]
    round_ones = np.abs(known * 64 - np.round(known.real * 64)) < 1e-9
    if known.size == 0 or expected.size > 8 or round_ones.all() or expected.dtype.kind == "c":
        return None
    found = []
    factor = one_factor(got, expected)
    if factor is not None and (told := as_factor(factor, sizes)).name + told.pattern != Pattern.FACTOR:
        found.append(told)
    for name, function in FUNCTIONS.items():
        if alike(got, function(expected)) and several(got, 1):
            found.append(Diagnosis(Pattern.FUNCTION, name=name))
    return found[0] if len(found) == 1 else None
