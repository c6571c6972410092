"""Dataclasses as JSON and back. What comes back is looked at field by field, since it may be forged."""

from __future__ import annotations

import json
from dataclasses import MISSING, asdict, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints


def dump(value: Any, **beside: str) -> bytes:
    """A dataclass as a line of JSON, with more fields beside its own."""
    return json.dumps({**beside, **asdict(value)}).encode() + b"\n"


def load_fields(line: bytes) -> dict[str, Any]:
    """The fields of one object of JSON. Raises ValueError for everything else."""
    try:
        found = json.loads(line)
    except RecursionError as error:
        raise ValueError("too deep") from error
    if not isinstance(found, dict):
        raise ValueError(f"no object: {line[:80]!r}")
    return found


def read(kind: Any, value: Any) -> Any:
    """A value of a type, from what JSON makes of it; the types are those that `results.py` and the protocol are made of.

    Raises ValueError when it is no such value: one field too many or too few, a text for a number, an unknown status.
    """
    if is_dataclass(kind):
        return _read_dataclass(kind, value)
    if get_origin(kind) in {Union, UnionType}:
        return _read_one_of(get_args(kind), value)
    if get_origin(kind) is tuple and isinstance(value, list):
        return tuple(read(get_args(kind)[0], one) for one in value)
    if isinstance(kind, type) and issubclass(kind, Enum) and isinstance(value, str):
        return kind(value)
    if type(value) is kind or (kind is float and type(value) is int):
        return value
    raise ValueError(f"{str(value)[:80]!r} is no {kind}")


def _read_dataclass(kind: Any, value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"{str(value)[:80]!r} is no {kind}")
    types, needed = _fields_of(kind)
    if not needed <= value.keys() <= types.keys():
        raise ValueError(f"{kind.__name__} has no such fields: {sorted(value)[:20]}")
    return kind(**{name: read(types[name], one) for name, one in value.items()})


def _read_one_of(kinds: tuple[Any, ...], value: Any) -> Any:
    if value is None and NoneType in kinds:
        return None
    for kind in kinds:
        try:
            return read(kind, value)
        except ValueError:
            continue
    raise ValueError(f"{str(value)[:80]!r} is none of {kinds}")


@cache
def _fields_of(kind: Any) -> tuple[dict[str, Any], frozenset[str]]:
    """The types of a dataclass's fields, and the names of those that have no default."""
    needed = frozenset(
        one.name for one in fields(kind) if one.default is MISSING and one.default_factory is MISSING
    )
    return get_type_hints(kind), needed
