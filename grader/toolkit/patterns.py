"""Patterns that a wrong array may follow, each found by a generator: moved, scaled, transformed, rounded, right in part."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator

import jax.numpy as jnp
import numpy as np

from grader.diagnoses import Diagnosis, Pattern
from grader.toolkit.likeness import NEAR, TIGHT, Array, alike, several, tell_apart

_HARDLY = 5e-4  # a named factor is told from 1 by more than this
_FIXED = {
    "2": 2.0, "1/2": 0.5, "pi": math.pi, "2 pi": 2 * math.pi, "log 2": math.log(2), "1/log 2": 1 / math.log(2),
    "1/log 10": 1 / math.log(10), "sqrt 2": math.sqrt(2), "1/sqrt 2": math.sqrt(0.5),
}  # fmt: skip
_LONG = 6  # entries
FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "exponential": np.exp,
    "logarithm": np.log,
    "square": np.square,
    "square root": np.sqrt,
    "reciprocal": np.reciprocal,
    "absolute value": np.abs,
    "complex conjugate": np.conj,
}
_ALONG: dict[str, Callable[..., Array]] = {
    "cumulative sum": np.cumsum,
    "cumulative product": np.cumprod,
    "running difference": lambda x, axis: np.diff(x, axis=axis, prepend=np.zeros_like(x.take([0], axis))),
}
_TO_WHOLE: dict[str, Callable[[Array], Array]] = {
    "rounding": np.round,
    "truncation": np.trunc,
    "floor": np.floor,
}


# ---- the right numbers in other places


def rearranged(got: Array, expected: Array) -> Iterator[Diagnosis]:
    if not tell_apart(expected):
        return
    opposite = ~expected if expected.dtype.kind == "b" else -expected
    if alike(got, opposite):
        yield Diagnosis(Pattern.SIGN)
    if expected.ndim >= 2:
        for order in itertools.permutations(range(expected.ndim)) if expected.ndim <= 4 else ():
            if list(order) != sorted(order) and alike(got, expected.transpose(order)):
                yield Diagnosis(Pattern.TRANSPOSED)
    for axis in range(expected.ndim):
        told = None if expected.ndim == 1 else axis
        if expected.shape[axis] > 1 and expected.size >= 3 and alike(got, np.flip(expected, axis)):
            yield Diagnosis(Pattern.REVERSED, axis=told)
    if expected.ndim > 1 and max(expected.shape) > 2 and alike(got, np.flip(expected)):
        yield Diagnosis(Pattern.REVERSED)
    yield from _shifted(got, expected)
    yield from _permuted(got, expected)


def _shifted(got: Array, expected: Array) -> Iterator[Diagnosis]:
    for axis, places in itertools.product(range(expected.ndim), (1, -1, 2, -2)):
        size, told = expected.shape[axis], None if expected.ndim == 1 else axis
        if size < abs(places) + 3:
            continue
        if alike(got, np.roll(expected, places, axis)):
            yield Diagnosis(Pattern.ROLLED, axis=told, by=places)
        ours = slice(places, None) if places > 0 else slice(None, places)
        theirs = slice(None, -places) if places > 0 else slice(-places, None)
        there, here = _cut(got, axis, ours), _cut(expected, axis, theirs)
        if tell_apart(here) and alike(there, here):
            yield Diagnosis(Pattern.SHIFTED, axis=told, by=places)


def _cut(array: Array, axis: int, part: slice) -> Array:
    return array[(slice(None),) * axis + (part,)]


def _permuted(got: Array, expected: Array) -> Iterator[Diagnosis]:
    """In an order that is none of the simple ones. For this it takes five different numbers."""
    if expected.dtype.kind in "bc" or not several(expected, 5):
        return
    for axis in range(expected.ndim) if expected.ndim > 1 else ():
        if expected.shape[axis] < 3:
            continue
        rows = [np.moveaxis(array, axis, 0).reshape(expected.shape[axis], -1) for array in (got, expected)]
        ours, theirs = (part[np.lexsort(part.T[::-1])] for part in rows)
        if alike(ours, theirs):
            yield Diagnosis(Pattern.PERMUTED, axis=axis)
    if alike(np.sort(got, axis=None), np.sort(expected, axis=None)):
        name = ""
        if expected.ndim == 1:
            steps = np.diff(got)
            name = ": sorted" if (steps >= 0).all() else ": sorted downwards" if (steps <= 0).all() else ""
        yield Diagnosis(Pattern.PERMUTED, name=name)


# ---- scaled and moved


def scaled(got: Array, expected: Array, sizes: tuple[int, ...]) -> Iterator[Diagnosis]:
    factor = one_factor(got, expected)
    if factor is not None:
        told = as_factor(factor, sizes)
        if abs(factor - 1) > (_HARDLY if told.name else NEAR):  # what is nearer to 1 is a rounding
            yield told
    offset = _one_offset(got, expected)
    if offset is not None:
        yield Diagnosis(Pattern.OFFSET, by=offset)
    if expected.dtype.kind == "c" or expected.ndim < 2:
        return
    for axis in reversed(range(expected.ndim)):
        rows = [np.moveaxis(array, axis, -1).reshape(-1, expected.shape[axis]) for array in (got, expected)]
        if not 2 <= len(rows[0]) <= 256 or not all(several(row, 3) for row in rows[1]):
            continue
        pairs = list(zip(*rows, strict=True))
        if all(one_factor(ours, theirs) is not None for ours, theirs in pairs):
            yield Diagnosis(Pattern.FACTORS, axis=axis)
        if all(_one_offset(ours, theirs) is not None for ours, theirs in pairs):
            yield Diagnosis(Pattern.OFFSETS, axis=axis)


def one_factor(got: Array, expected: Array) -> float | None:
    """The number that `got` is of `expected`, everywhere."""
    known = np.isfinite(expected)
    place = np.argmax(np.where(known, np.abs(expected), -1.0))
    if not expected.flat[place]:
        return None
    factor = got.flat[place] / expected.flat[place]
    if abs(factor.imag) > 1e-9 or not factor or not alike(got, factor * expected):
        return None
    kept = (expected != 0) & (np.abs(got - expected) <= TIGHT * np.abs(expected))
    if kept.any() and abs(factor - 1) > _HARDLY:  # so small that the factor hid them
        return None
    return float(factor.real)


def _one_offset(got: Array, expected: Array) -> float | None:
    if expected.dtype.kind == "c":
        return None
    known = np.isfinite(expected)
    apart = (got - expected)[known]
    offset = float(np.median(apart))
    scale = max(float(np.abs(expected[known]).max()), abs(offset))
    # Beside large numbers a small offset is a rounding.
    fits = abs(offset) > 1e-3 * scale and bool((np.abs(apart - offset) <= TIGHT * scale).all())
    return offset if fits and np.array_equal(got[~known], expected[~known], equal_nan=True) else None


def as_factor(factor: float, sizes: tuple[int, ...]) -> Diagnosis:
    """A factor, and what it may come from."""
    if abs(factor + 1) <= TIGHT:
        return Diagnosis(Pattern.SIGN)
    for name, constant in _FIXED.items():
        if abs(factor / constant - 1) <= TIGHT:
            return Diagnosis(Pattern.FACTOR, by=factor, name=name)
    for n in sizes:
        if n > 2:
            less = n / (n - 1)
            named = {"n": float(n), "n/(n-1)": less, "sqrt n": math.sqrt(n), "sqrt n/(n-1)": math.sqrt(less)}
            inverse = {"n": "1/n", "n/(n-1)": "(n-1)/n", "sqrt n": "1/sqrt n", "sqrt n/(n-1)": "sqrt (n-1)/n"}
            for name, constant in named.items():
                if abs(factor / constant - 1) <= TIGHT:
                    return Diagnosis(Pattern.FACTOR, by=factor, name=name, count=n)
                if abs(factor * constant - 1) <= TIGHT:
                    return Diagnosis(Pattern.FACTOR, by=factor, name=inverse[name], count=n)
    return Diagnosis(Pattern.FACTOR, by=factor)


# ---- put through a function


def transformed(got: Array, expected: Array) -> Iterator[Diagnosis]:
    for name, function in FUNCTIONS.items():
        if alike(got, function(expected)) and several(got, 3):
            yield Diagnosis(Pattern.FUNCTION, name=name)
    if expected.dtype.kind == "c":
        return
    for (name, along), axis in itertools.product(_ALONG.items(), range(expected.ndim)):
        if expected.shape[axis] > 2 and alike(got, along(expected, axis=axis)):
            yield Diagnosis(Pattern.FUNCTION, axis=None if expected.ndim == 1 else axis, name=name)
    for bits, kind in itertools.product((8, 16), ("int", "uint")):
        limits = np.iinfo(f"{kind}{bits}")
        if (expected > limits.max).any() and np.array_equal(
            got, (expected - limits.min) % 2**bits + limits.min
        ):
            yield Diagnosis(Pattern.WRAPPED, name=f"{kind}{bits}", count=2**bits)
    least, most = got.min(), got.max()
    inside = (expected > least) & (expected < most)
    below, above = expected < least, expected > most
    if several(expected[inside], 2) and alike(got, np.clip(expected, least, most)):
        bounds = [f"at least {least:.5g}"] * bool(below.any()) + [f"at most {most:.5g}"] * bool(above.any())
        if max(below.sum(), above.sum()) >= 2:
            yield Diagnosis(Pattern.CLIPPED, name=" and ".join(bounds))


def rounded(got: Array, expected: Array) -> Iterator[Diagnosis]:
    """As a narrower dtype, or one of whole numbers, would have it."""
    if expected.dtype.kind == "c" or not np.isfinite(expected).all():
        return
    # Entries that are whole already tell nothing; the others must come to several numbers, for 0 could be anything.
    broken = expected != np.round(expected)
    if several(got, 3) and several(got[broken], 2):
        for name, function in _TO_WHOLE.items():
            if np.array_equal(got, function(expected)):
                yield Diagnosis(Pattern.ROUNDED, name=f"{name} to whole numbers")
    for name, dtype, bits in (("bf16", jnp.bfloat16, 8), ("f16", np.float16, 11)):
        narrow = got.astype(dtype).astype(np.float64)
        exact = np.array_equal(narrow, got) and not np.array_equal(
            expected.astype(dtype).astype(np.float64), expected
        )
        # The last step alone is rounded, or a few are.
        if exact and (np.abs(got - expected) <= 4 * 2.0**-bits * np.abs(expected).max()).all():
            yield Diagnosis(Pattern.ROUNDED, name=name)


def nearly(got: Array, expected: Array) -> Iterator[Diagnosis]:
    apart = np.abs(got - expected)[np.isfinite(expected)]
    scale = np.abs(expected[np.isfinite(expected)])
    most = float((apart / np.maximum(scale, 1e-3 * scale.max())).max())
    several_differ = int((apart > TIGHT * scale).sum()) > max(2, len(apart) // 2)
    if several_differ and most <= NEAR:
        yield Diagnosis(Pattern.NEARLY, name=f"{_percent(most)} %")


def _percent(part: float) -> str:
    """Rounded up to one digit: 0.4, 1."""
    digit = 10.0 ** math.floor(math.log10(100 * part))
    return f"{math.ceil(100 * part / digit - 1e-9) * digit:.3g}"


# ---- right in part


def in_part(got: Array, expected: Array) -> Iterator[Diagnosis]:
    """Along an axis: the first ones right, the last one wrong, the borders wrong."""
    if expected.ndim == 0:
        return
    scale = np.abs(expected[np.isfinite(expected)])
    apart = np.abs(got - expected) > TIGHT * np.abs(expected) + 1e-7 * scale.max()
    wrong = apart & np.isfinite(expected)
    for axis in range(expected.ndim):
        n, told = expected.shape[axis], None if expected.ndim == 1 else axis
        others = tuple(other for other in range(expected.ndim) if other != axis)
        some, all_of = wrong.any(axis=others), wrong.all(axis=others)
        if n < _LONG:  # of a few that were chosen by hand, the last is no place but a number
            continue
        if some[-1] and not some[:-1].any():
            yield Diagnosis(Pattern.LAST_WRONG, axis=told)
        elif some[0] and not some[1:].any():
            yield Diagnosis(Pattern.FIRST_WRONG, axis=told)
        elif (first := int(np.argmax(some))) >= 2 and n - first >= 2 and all_of[first:].all():
            yield Diagnosis(Pattern.FIRST_RIGHT, axis=told, count=first)
    inside = (slice(1, -1),) * expected.ndim
    edges = wrong.copy()
    edges[inside] = False
    if min(expected.shape) >= 4 and edges.sum() >= 2 and not wrong[inside].any():
        yield Diagnosis(Pattern.BORDERS_WRONG)
