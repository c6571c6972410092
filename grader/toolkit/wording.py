"""Words and numbers for messages: how calls, arrays and differences are written."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

_SHORT = {"float": "f", "int": "i", "uint": "u", "complex": "c", "bfloat": "bf"}
_SMALL = 4  # arrays of up to this many numbers are written out
_MEDIUM = 12  # and of up to so many, where their numbers are short
_NARROW = 60  # messages stay readable in a narrow terminal


def is_jax_array(value: object) -> bool:
    """True for a JAX array, key or tracer; an object that merely claims to be one stays outside."""
    kind = type(value)
    if jax.Array not in kind.__mro__ and jax.core.Tracer not in kind.__mro__:
        return False
    home = sys.modules.get(kind.__module__)
    return kind.__module__.startswith(("jax.", "jaxlib.")) and getattr(home, kind.__name__, None) is kind


def is_key(value: object) -> bool:
    """True for an array of typed random keys."""
    return is_jax_array(value) and jnp.issubdtype(value.dtype, jax.dtypes.prng_key)  # type: ignore[attr-defined]


def dtype_name(dtype: Any) -> str:
    """`f32`, `i32`, `bool`, `key`."""
    if jnp.issubdtype(dtype, jax.dtypes.prng_key):
        return "key"
    return short_dtype(np.dtype(dtype).name)


def short_dtype(name: str) -> str:
    """float32 as `f32`; other names as they are."""
    match = re.fullmatch(r"([a-z]+)(\d+)", name)
    return f"{_SHORT[match[1]]}{match[2]}" if match and match[1] in _SHORT else name


def kind_and_shape(value: object) -> str:
    """`f32[4,3]` for arrays, the Python type's name for everything else."""
    if is_jax_array(value) or type(value) is np.ndarray:
        shape = ",".join(str(size) for size in value.shape)  # type: ignore[attr-defined]
        return f"{dtype_name(value.dtype)}[{shape}]"  # type: ignore[attr-defined]
    return type(value).__name__


def number(value: Any, digits: int = 5) -> str:
    """One array element, written short."""
    item = np.asarray(value)[()]
    if isinstance(item, np.bool_ | bool):
        return str(bool(item))
    if isinstance(item, np.integer | int):
        return str(int(item))
    if isinstance(item, np.complexfloating | complex):
        return f"{complex(item):.{digits}g}"
    return f"{float(item):.{digits}g}"


def numbers_that_differ(first: Any, second: Any) -> tuple[str, str]:
    """Both written with as many digits as it takes to see the difference."""
    for digits in (5, 7, 9, 17):
        texts = number(first, digits), number(second, digits)
        if texts[0] != texts[1]:
            break
    return texts


def argument(value: object, small: int = _SMALL) -> str:
    """One argument of a call: arrays of up to `small` numbers with their numbers, larger ones by shape."""
    if is_key(value):
        return "key" if value.shape == () else kind_and_shape(value).replace("key", "keys", 1)  # type: ignore[attr-defined]
    if is_jax_array(value) and not isinstance(value, jax.core.Tracer):
        size: int = value.size  # type: ignore[attr-defined]
        medium = _MEDIUM if small >= _SMALL else 0
        if size <= max(small, medium):
            text = _small_array(np.asarray(value))
            if size <= small or len(text) <= _NARROW:
                return text
    if is_jax_array(value) or isinstance(value, np.ndarray):
        return kind_and_shape(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {argument(item, small)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        inside = ", ".join(argument(item, small) for item in value[:4]) + (", ..." if len(value) > 4 else "")
        if isinstance(value, tuple):
            if hasattr(value, "_fields"):
                return f"{type(value).__name__}({inside})"
            return f"({inside},)" if len(value) == 1 else f"({inside})"
        return f"[{inside}]"
    if isinstance(value, jax.sharding.Mesh):
        return f"a mesh of {value.size} {'device' if value.size == 1 else 'devices'}"
    if callable(value):
        return getattr(value, "__name__", "function").replace("<lambda>", "function")
    try:
        text = repr(value)
    except BaseException:  # the class may be the learner's, its __repr__ too
        return type(value).__name__
    if " object at 0x" in text:  # Python's own words for it, which say no more
        return f"an object of type {type(value).__name__}"
    return text if len(text) <= _NARROW else type(value).__name__


def in_words(value: object) -> str:
    """Any value as messages write it: small arrays by their numbers, large ones by shape, what cannot be shown by its type."""
    return argument(value)


def _small_array(array: np.ndarray[Any, Any]) -> str:
    if array.size == 0 and array.ndim != 1:
        return kind_and_shape(array)
    if array.ndim == 0:
        return number(array)
    return "[" + ", ".join(_small_array(part) for part in array) + "]"


def call(name: str, arguments: Sequence[object], keywords: Mapping[str, object]) -> str:
    """`softmax([0, 1], axis=0)`."""
    parts = [argument(value) for value in arguments]
    parts += [f"{key}={argument(value)}" for key, value in keywords.items()]
    text = f"{name}({', '.join(parts)})"
    if len(text) > 2 * _NARROW:  # numbers are too long here: shapes alone, unless these are longer still
        parts = [argument(value, small=-1) for value in arguments]
        parts += [f"{key}={argument(value, small=-1)}" for key, value in keywords.items()]
        text = min(text, f"{name}({', '.join(parts)})", key=len)
    return text
