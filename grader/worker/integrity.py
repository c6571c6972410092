"""Notice when a learner's file replaces what the checks stand on, or reads the answers.

Learner and checks share a process, so this is no wall. It catches what is done by accident (a setting of
JAX changed for good, `jax.numpy.sum = ...`) and every simple attempt to be judged by one's own rules.
"""

from __future__ import annotations

import builtins
import inspect
import os
import sys
import time
from collections.abc import Callable, Iterable
from operator import is_
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import _pytest.outcomes
import _pytest.reports
import _pytest.runner
import jax
import jax.numpy
import numpy
import numpy.testing

_WATCHED = (builtins, time, numpy, numpy.testing, jax, jax.numpy, jax.random, jax.lax, jax.tree, sys)
_WATCHED_WITH_CLASSES = (_pytest.outcomes, _pytest.reports, _pytest.runner)
_OURS = "grader."
# What Python itself rebinds all the time.
_RESTLESS = frozenset(
    {"_", "last_exc", "last_type", "last_value", "last_traceback", "stdout", "stderr", "stdin", "ps1"}
)


class Integrity:
    """How the modules that checks rely on looked before the learner's file was loaded."""

    def __init__(self) -> None:
        ours = [module for name, module in sys.modules.items() if name.startswith(_OURS)]
        owners: list[ModuleType | type] = [*_WATCHED, *_WATCHED_WITH_CLASSES, *ours]
        for module in (*_WATCHED_WITH_CLASSES, *ours):
            owners += [
                c for c in vars(module).values() if inspect.isclass(c) and c.__module__ == module.__name__
            ]
        self._before = [_Looked(owner) for owner in owners]
        watched = ("jax", "jaxlib", "numpy", "grader", "pytest", "_pytest")
        self._modules = {
            name: module for name, module in sys.modules.items() if name.partition(".")[0] in watched
        }
        self._settings = dict(jax.config.values)

    def restore(self) -> str:
        """Put everything back; returns the first thing that had been changed, or an empty text."""
        changed = ""
        if not _same(_map(sys.modules.get, self._modules), self._modules.values()):
            for name, module in self._modules.items():
                if sys.modules.get(name) is not module:
                    changed = changed or f"sys.modules[{name!r}]"
                    sys.modules[name] = module
        for looked in self._before:
            if not looked.is_as_before():
                found = looked.restore()
                changed = changed or found
        settings = jax.config.values  # made anew each time that it is asked for
        for name, value in self._settings.items():
            if settings.get(name) != value:
                changed = changed or f"JAX's setting {name}"
                jax.config.update(name, value)
        return changed


_MISSING = object()
# Bound here: what is asked after every check, of thousands of names, must not believe a patched builtin.
_map, _all, _vars = map, all, vars


def _same(ones: Iterable[object], others: Iterable[object]) -> bool:
    """Whether these are the very same objects, one by one."""
    return _all(_map(is_, ones, others))


class _Looked:
    """How one module or class looked."""

    def __init__(self, owner: ModuleType | type) -> None:
        self._owner = owner
        self._before = _plain(owner)
        self._values = (*self._before.values(),)

    def is_as_before(self) -> bool:
        """Quick: everything is where it was."""
        now = _vars(self._owner)
        return _same(_map(now.get, self._before), self._values)

    def restore(self) -> str:
        """Put everything back; returns the first thing that had been changed."""
        changed = ""
        for name, value in self._before.items():
            if _vars(self._owner).get(name, _MISSING) is not value:
                changed = changed or f"{self._owner.__name__}.{name}"
                setattr(self._owner, name, value)
        return changed


def _plain(owner: ModuleType | type) -> dict[str, Any]:
    """The functions and classes of a module, or the attributes of a class: what nobody rebinds in earnest."""
    if isinstance(owner, ModuleType):
        return {
            name: value
            for name, value in _vars(owner).items()
            if (callable(value) or isinstance(value, ModuleType)) and name not in _RESTLESS
        }
    methods = (classmethod, staticmethod, property)
    return {
        name: value
        for name, value in _vars(owner).items()
        if (callable(value) or isinstance(value, methods)) and not name.startswith("__")
    }


def guard_answers(learner: Path, hidden: tuple[Path, ...]) -> None:
    """From now on, code called from the learner's file cannot open files in the hidden folders.

    Python's audit hooks see each opening of a file, an import's too. They cannot be removed again.
    """
    prefixes = tuple(f"{folder}/" for folder in hidden)

    def watch(
        event: str, arguments: tuple[Any, ...], frame_of: Callable[[int], FrameType] = sys._getframe
    ) -> None:
        if event != "open" or not isinstance(arguments[0], str | bytes | os.PathLike):
            return
        if not os.path.abspath(os.fsdecode(arguments[0])).startswith(prefixes):
            return
        frame: FrameType | None = frame_of(1)
        while frame:
            if frame.f_code.co_filename == str(learner):
                raise PermissionError("the solutions and the checks are closed while your code is graded")
            frame = frame.f_back

    sys.addaudithook(watch)
