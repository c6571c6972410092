"""What one case of the deeper look is made of: values that Hypothesis draws, so that it can make them smaller.

Hypothesis is imported when the first is drawn.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

if TYPE_CHECKING:
    from hypothesis.strategies import DataObject, SearchStrategy

SMALL = (
    12  # arrays of so many elements are drawn one by one, and shrink so; messages write them out, as a rule
)
_SPECIAL = 8  # one element of so many is a special value

Shape = int | tuple[int, ...]
_Choice = TypeVar("_Choice")


class Draw:
    """One case of a check. Draw all that it needs before the learner's function is called."""

    def __init__(self, data: DataObject) -> None:
        self._data = data

    def one_of(self, *choices: _Choice) -> _Choice:
        """One of these; the first is the simplest. For shapes: each costs compilation."""
        return choices[self.integer(0, len(choices) - 1)]

    def integer(self, low: int, high: int) -> int:
        """A Python int from low to high, both included."""
        return int(self._data.draw(_integer(low, high)))

    def integers(self, shape: Shape, low: int, high: int, dtype: Any = "int32") -> jax.Array:
        """Integers from low to high, both included, of any integer dtype."""
        shape = _as_tuple(shape)
        if math.prod(shape) <= SMALL:
            values = self._one_by_one(shape, _integer(low, high))
        else:
            values = self._many_integers(shape, low, high)
        return jnp.asarray(values.astype(jnp.dtype(dtype)))

    def _many_integers(self, shape: tuple[int, ...], low: int, high: int) -> np.ndarray[Any, Any]:
        generator, which = self._generator(), self.one_of("any", "near each other", "near the ends")
        if which == "near the ends":
            ends = np.unique([low, min(low + 1, high), max(high - 1, low), high])
            return generator.choice(ends, shape)
        if which == "near each other":  # many are the same
            middle = self.integer(low, high)
            low, high = max(low, middle - 2), min(high, middle + 2)
        return generator.integers(low, high, shape, endpoint=True)

    def booleans(self, shape: Shape = ()) -> jax.Array:
        """Booleans; all of them may be the same."""
        shape = _as_tuple(shape)
        if math.prod(shape) <= SMALL:
            return jnp.asarray(self._one_by_one(shape, _integer(0, 1)).astype(bool))
        generator, share = self._generator(), self.one_of(0.5, 0.1, 0.9, 0.0, 1.0)
        return jnp.asarray(generator.random(shape) < share)

    def floats(
        self,
        shape: Shape = (),
        *,
        dtype: Any = "float32",
        low: float | None = None,
        high: float | None = None,
        magnitudes: tuple[float, float] | None = None,
        special: Sequence[float] = (),
    ) -> jax.Array:
        """Floats of any float dtype, finite but for what is special.

        Without `magnitudes` they lie from low to high (-10 to 10 if neither is given), both included: zero, whole numbers and
        the ends more often than by chance, and nothing nearer to zero than a millionth of the farther end. With
        `magnitudes`, two numbers above 0, their absolute values lie between these two, all of about one size or small ones
        as often as large ones, and of both signs unless low=0 or high=0 leaves one out. One element in eight, or so, is one
        of `special`: nan, -0.0, a value at which the answer changes its form.
        """
        shape, kind = _as_tuple(shape), jnp.dtype(dtype)
        numbers = _Magnitudes(magnitudes, low, high) if magnitudes else _Range(low, high)
        if math.prod(shape) <= SMALL:
            element = numbers.element(self)
            values = self._one_by_one(shape, _with_special(element, tuple(special)) if special else element)
        else:
            generator = self._generator()
            values = numbers.array(self, generator, shape)
            if special:
                chosen = generator.random(shape) < self.one_of(0.0, 1 / _SPECIAL, 0.5)
                values = np.where(chosen, generator.choice(np.asarray(special, np.float64), shape), values)
        return jnp.asarray(_cast(np.asarray(values, np.float64), kind, numbers.low, numbers.high))

    def key(self) -> Any:
        """A typed random key."""
        return jax.random.key(self.integer(0, 2**31 - 1))

    def _one_by_one(self, shape: tuple[int, ...], element: SearchStrategy[Any]) -> np.ndarray[Any, Any]:
        return np.asarray(self._data.draw(_tuple_of(element, math.prod(shape)))).reshape(shape)

    def _generator(self) -> np.random.Generator:
        """For arrays that are too large to be drawn one by one."""
        return np.random.default_rng(self.integer(0, 2**32 - 1))


class _Range:
    """Floats from low to high."""

    def __init__(self, low: float | None, high: float | None) -> None:
        if low is None and high is None:
            low, high = -10.0, 10.0
        if low is None or high is None or not low <= high:
            raise ValueError("floats: give both low and high, the lower one first, or magnitudes")
        self.low, self.high = float(low), float(high)

    def element(self, draw: Draw) -> SearchStrategy[float]:
        return _between(self.low, self.high)

    def array(self, draw: Draw, generator: np.random.Generator, shape: tuple[int, ...]) -> Any:
        low, high, which = self.low, self.high, draw.one_of("any", "near each other", "few")
        if which == "few":  # many are the same
            return generator.choice(generator.uniform(low, high, 3), shape)
        if which == "near each other":
            middle, width = generator.uniform(low, high), (high - low) / generator.choice([10, 100, 1000])
            low, high = max(low, middle - width), min(high, middle + width)
        return generator.uniform(low, high, shape)


class _Magnitudes:
    """Floats whose absolute values lie between two numbers."""

    def __init__(self, magnitudes: tuple[float, float], low: float | None, high: float | None) -> None:
        self._small, self._large = map(float, magnitudes)
        if not 0 < self._small <= self._large:
            raise ValueError("magnitudes: two numbers above 0, the smaller one first")
        if not {low, high} <= {None, 0} or low == high == 0:
            raise ValueError("magnitudes: low=0 leaves positive numbers, high=0 negative ones")
        self.low, self.high = -self._large if low is None else 0.0, self._large if high is None else 0.0
        self._signs = tuple(sign for sign, end in ((1, self.high), (-1, self.low)) if end)
        self._exponents = math.floor(math.log2(self._small)), math.ceil(math.log2(self._large))

    def element(self, draw: Draw) -> SearchStrategy[float]:
        exponents = self._exponents
        if draw.one_of("of one size", "of all sizes") == "of one size":
            exponents = (draw.integer(*exponents),) * 2
        return _of_magnitude(self._signs, exponents, self._small, self._large)

    def array(self, draw: Draw, generator: np.random.Generator, shape: tuple[int, ...]) -> Any:
        exponents: Any = draw.integer(*self._exponents)  # drawn, so that it shrinks
        if draw.one_of("of one size", "of all sizes") == "of all sizes":
            exponents = generator.integers(*self._exponents, shape, endpoint=True)
        magnitudes = np.ldexp(generator.uniform(0.5, 2, shape), exponents)
        return generator.choice(self._signs, shape) * np.clip(magnitudes, self._small, self._large)


# ---- strategies, made once: Hypothesis looks at each when it is used for the first time


@functools.cache
def _integer(low: int, high: int) -> SearchStrategy[int]:
    from hypothesis import strategies

    return strategies.integers(low, high)


@functools.cache
def _between(low: float, high: float) -> SearchStrategy[float]:
    """Nothing so near to zero that nobody thinks of it who writes down a range; no -0.0, which is special."""
    from hypothesis import strategies

    least = 1e-6 * max(abs(low), abs(high))
    return strategies.floats(low, high).map(
        lambda value: 0.0 if abs(value) < least and low <= 0 <= high else value
    )


@functools.cache
def _of_magnitude(
    signs: tuple[int, ...], exponents: tuple[int, int], small: float, large: float
) -> SearchStrategy[float]:
    from hypothesis import strategies

    mantissas = strategies.floats(0.5, 2, width=32)
    parts = strategies.tuples(strategies.sampled_from(signs), mantissas, strategies.integers(*exponents))
    return parts.map(lambda part: part[0] * min(max(math.ldexp(part[1], part[2]), small), large))


@functools.cache
def _with_special(ordinary: SearchStrategy[float], special: tuple[float, ...]) -> SearchStrategy[float]:
    """The first branch is the simplest; there are so many that an eighth of the elements is special."""
    from hypothesis import strategies

    return strategies.one_of(*[ordinary] * (_SPECIAL - 1), strategies.sampled_from(special))


@functools.cache
def _tuple_of(element: SearchStrategy[Any], count: int) -> SearchStrategy[tuple[Any, ...]]:
    from hypothesis import strategies

    return strategies.tuples(*[element] * count)


def _cast(
    values: np.ndarray[Any, Any], dtype: np.dtype[Any], low: float, high: float
) -> np.ndarray[Any, Any]:
    """In another dtype. Rounding leads nothing out of the range; what is special may lie anywhere."""
    cast = values.astype(dtype)
    rounded = cast.astype(np.float64)
    epsilon = float(jnp.finfo(dtype).eps)  # type: ignore[no-untyped-call]
    too_low, too_high = (low <= values) & (rounded < low), (values <= high) & (rounded > high)
    if too_low.any() or too_high.any():
        cast = np.where(too_low, np.asarray(low + epsilon * abs(low)).astype(dtype), cast)
        cast = np.where(too_high, np.asarray(high - epsilon * abs(high)).astype(dtype), cast)
    return cast


def _as_tuple(shape: Shape) -> tuple[int, ...]:
    return (shape,) if isinstance(shape, int) else tuple(shape)
