"""What several exercises of day 7 use in their checks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np

from grader.toolkit import Array, Called, Kind, Numbers, float16


class Layer(NamedTuple):
    """A tree that is neither dict nor list."""

    weight: Any
    bias: Any


@partial(jax.tree_util.register_dataclass, data_fields=["first", "second"], meta_fields=["name"])
@dataclass
class Pair:
    """A tree of a class that JAX knows by registration alone; its name is structure."""

    first: Any
    second: Any
    name: str = "pair"


def nested(numbers: Numbers, *, rows: tuple[int, ...] = ()) -> Any:
    """A tree with every kind of container, with `None` and with empty ones."""
    layer = Layer(numbers.normal((*rows, 3, 2)), numbers.normal((*rows, 3)))
    pair = Pair(numbers.normal((*rows, 3)), (numbers.normal((*rows,)),))
    return {"net": [layer, None, ()], "gain": numbers.normal((*rows,)), "rest": {"empty": {}, "pair": pair}}


def form(tree: Any) -> str:
    """The structure of a tree: `{'b': *, 'w': [*, None]}`."""
    text = str(jax.tree.structure(tree)).removeprefix("PyTreeDef(").removesuffix(")")
    text = re.sub(r"CustomNode\(namedtuple\[(\w+)\], \[(.*?)\]\)", r"\1(\2)", text)
    return re.sub(r"CustomNode\((\w+)\[.*?\], \[(.*?)\]\)", r"\1(\2)", text)


def must_be_tree(called: Called, expected: Any, *, rtol: float = 1e-5, atol: float = 1e-6) -> Called:
    """The result is the expected tree: structure, then shapes, dtypes and values at each leaf. Raises WrongAnswer."""
    wanted, came = form(expected), form(called.value)
    called.require(wanted == came, "has another structure", expected=wanted, got=came, kind=Kind.STRUCTURE)
    leaves = jax.tree.leaves(expected)
    for (path, leaf), want in zip(jax.tree_util.tree_leaves_with_path(called.value), leaves, strict=True):
        part = Called(called.text + jax.tree_util.keystr(path), leaf).close_to(want, rtol=rtol, atol=atol)
        if want.dtype != np.float64:  # an oracle's, which stands for float32
            same = leaf.dtype == want.dtype
            part.require(same, "has the wrong dtype", expected=want.dtype.name, got=leaf.dtype.name)
    return called


def must_be_tree_exactly(called: Called, expected: Any) -> Called:
    return must_be_tree(called, expected, rtol=0.0, atol=0.0)


def shown(leaf: Any) -> str:
    """A leaf in a message: an array's numbers, a string, or the type's name."""
    if isinstance(leaf, jax.Array) and not isinstance(leaf, jax.core.Tracer) and leaf.ndim == 0:
        return f"{float(leaf):g}"
    return repr(leaf) if isinstance(leaf, str) else type(leaf).__name__


def mixed(numbers: Numbers, *rows: int) -> Any:
    """Leaves of many dtypes."""
    return {
        "half": float16(numbers.normal((*rows, 3))),
        "flags": numbers.booleans((*rows, 3)),
        "counts": numbers.integers(-9, 9, (*rows, 3)),
    }


def must_be_narrow(called: Called, expected: Array, dtype: str, *, tolerance: float) -> None:
    """The result is an array of a narrow dtype, near these numbers. Raises WrongAnswer."""
    came = getattr(getattr(called.value, "dtype", None), "name", type(called.value).__name__)
    called.require(came == dtype, "has the wrong dtype", expected=dtype, got=came, kind=Kind.DTYPE)
    numbers = called.value.astype("float32")
    Called(called.text, numbers).close_to(expected, rtol=tolerance, atol=tolerance)
