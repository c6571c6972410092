"""What several exercises of day 1 use in their checks.

Every oracle is NumPy in float64, with loops where loops are clearest.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping
from typing import Any

import numpy as np

from grader.toolkit import Array, Handle, wide


def goes_round(compiled: Handle, *arguments: Any) -> None:
    """A result that goes in again, as the next call's state, is no reason for a new trace."""
    before = compiled.traces
    again = compiled(*arguments)
    traces = compiled.traces - before
    hint = "Return the state with the dtype that it came with; another dtype is another program."
    complaint = "is traced anew for its own result"
    again.require(traces == 0, complaint, expected="no new trace", got=f"{traces} more", hint=hint)


def leaves_nothing_behind(handle: Handle, *arguments: Any) -> None:
    """A call changes no global of its file, no default and no attribute of a function. Raises WrongAnswer."""
    names = vars(handle.session.learner.module)
    before = _kept_by(names)
    called = handle(*arguments)
    after = _kept_by(names)
    changed = [name for name in after if after[name] != before.get(name)]
    if changed:
        name = changed[0]
        was = before.get(name, "nothing")
        called.require(False, f"changes {name}", expected=f"{name} as it was: {was}", got=after[name])


def _kept_by(names: Mapping[str, Any]) -> dict[str, str]:
    """What the globals of a file hold, as text: of functions, their defaults, attributes and what they close over."""
    kept: dict[str, str] = {}
    for name, value in list(names.items()):
        function = getattr(value, "__wrapped__", value)
        if isinstance(function, types.FunctionType):
            cells = inspect.getclosurevars(function).nonlocals
            attributes = {key: item for key, item in vars(function).items() if key != "__wrapped__"}
            kept[name] = f"{function.__defaults__}, {function.__kwdefaults__}, {cells}, {attributes}"
        elif not name.startswith("__") and not isinstance(value, types.ModuleType | type):
            kept[name] = repr(value)
    return kept


def distances_oracle(x: Any, y: Any) -> Array:
    return np.stack([np.sum((row - wide(y)) ** 2, axis=1) for row in wide(x)])
