"""Dataclasses as JSON and back. What comes back is looked at field by field, since it may be forged."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import MISSING, asdict, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

Reader = Callable[[Any], Any]  # makes a value of what JSON has for it, or raises ValueError


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
    return _reader(kind)(value)


@cache
def _reader(kind: Any) -> Reader:
    """How values of a type are read; made once, since every event is."""
    if is_dataclass(kind):
        return _dataclass_reader(kind)
    if get_origin(kind) in {Union, UnionType}:
        return _union_reader(get_args(kind))
    if get_origin(kind) is tuple:
        one = _reader(get_args(kind)[0])
        return lambda value: tuple(map(one, value)) if type(value) is list else _refuse(kind, value)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return lambda value: kind(value) if type(value) is str else _refuse(kind, value)
    taken = {float, int} if kind is float else {kind}
    return lambda value: value if type(value) in taken else _refuse(kind, value)


def _dataclass_reader(kind: Any) -> Reader:
    types = get_type_hints(kind)
    readers = {one.name: _reader(types[one.name]) for one in fields(kind)}
    needed = {one.name for one in fields(kind) if one.default is MISSING and one.default_factory is MISSING}

    def read_fields(value: Any) -> Any:
        if type(value) is not dict:
            _refuse(kind, value)
        if not needed <= value.keys() <= readers.keys():
            raise ValueError(f"{kind.__name__} has no such fields: {sorted(value)[:20]}")
        return kind(**{name: readers[name](one) for name, one in value.items()})

    return read_fields


def _union_reader(kinds: tuple[Any, ...]) -> Reader:
    readers = [_reader(kind) for kind in kinds if kind is not NoneType]

    def read_one_of(value: Any) -> Any:
        if value is None and NoneType in kinds:
            return None
        for reader in readers:
            try:
                return reader(value)
            except ValueError:
                continue
        return _refuse(kinds, value)

    return read_one_of


def _refuse(kind: Any, value: Any) -> Any:
    raise ValueError(f"{str(value)[:80]!r} is no {kind}")
