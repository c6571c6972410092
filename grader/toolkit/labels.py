"""Arguments that messages write as one word: a tree of parameters, an optimiser.

A check passes them in the place of their values; learner's functions, baselines and oracles get the values.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax


class Named:
    """A value under a name. To JAX it is one leaf, told apart by identity: mark it static under jit."""

    def __init__(self, text: str, value: Any) -> None:
        self.text = text
        self.value = value

    def __repr__(self) -> str:
        return self.text


class Shown(Named):
    """A tree of arrays under a name. It goes through jit, vmap and grad as the tree itself does."""


class _Text:
    """A name that makes no difference: under jit, trees that differ in it alone are one program."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Text)

    def __hash__(self) -> int:
        return hash(_Text)


@dataclass(frozen=True)
class _Nothing:
    """The key of a tree in what shows it: in messages the path goes on as if it were not there."""

    def __str__(self) -> str:
        return ""


jax.tree_util.register_pytree_with_keys(
    Shown,
    lambda shown: (((_Nothing(), shown.value),), _Text(shown.text)),
    lambda text, children: Shown(text.text, *children),
)


def bare(value: Any) -> Any:
    """What stands behind a name; anything else as it is."""
    return value.value if isinstance(value, Named) else value


def taking_names(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which may now be called with named arguments."""

    @functools.wraps(function)
    def taking(*arguments: Any, **keywords: Any) -> Any:
        return function(*map(bare, arguments), **{name: bare(value) for name, value in keywords.items()})

    return taking
