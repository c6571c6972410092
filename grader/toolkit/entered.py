"""Which banned functions a call enters from the learner's own code, by whatever name they were reached.

While the call runs, Python tells of each function that is entered. Looked at are those that the learner's own code calls, and
what it hands to them: `vmap(banned)(x)`. What an allowed function of a library calls inside itself is its own affair.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CellType, CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import jax

from grader.source.learner_file import LearnerFile

_SOURCE = Path(jax.__file__).parent / "_src"  # where most of jax.nn and its like is written
_DETOURS = ("flax", "optax", "jax.example_libraries")
# Libraries that offer the same formulas once more.
_WITH_DETOURS = {
    "jax.nn": _DETOURS,
    "jax.nn.dot_product_attention": ("flax",),
    "jax.scipy": _DETOURS,
    "jax.flatten_util": _DETOURS,
    "optax": ("flax", "jax.example_libraries"),
}
# Behind what these files make of a function, in its closure, is the function that was meant.
_WRAPPERS = tuple(
    str(_SOURCE / name)
    for name in ("api.py", "pjit.py", "traceback_util.py", "custom_derivatives.py", "custom_batching.py")
)
_MOST = 40  # objects that are looked at behind one
_CALLED_BY_NAME = frozenset({"__call__", "__init__", "__new__", "__post_init__", "__init_subclass__"})


@dataclass(frozen=True)
class Entered:
    """A banned function that was entered: its name, what of the rule bans it, the learner's line."""

    name: str
    rule: str
    line: int


def with_detours(names: Iterable[str]) -> dict[str, str]:
    """All dotted names that a rule bans, each with the name that the rule gives: flax offers jax.nn's functions, too."""
    rules = {name: name for name in names}
    for name in tuple(rules):
        for detour in _WITH_DETOURS.get(name, ()):
            rules.setdefault(detour, name)
    return rules


class Banned:
    """What a rule leaves out, known by what it is: by object, by code, or by the file in which the code lies."""

    def __init__(self, names: Iterable[str]) -> None:
        self._objects: dict[int, tuple[str, str]] = {}  # by identity
        self._kept: list[Any] = []  # these objects, so that no other gets the identity of one
        self._code: dict[CodeType, tuple[str, str]] = {}
        self._places: dict[str, tuple[str, str]] = {}
        self._packages: dict[str, tuple[str, str]] = {}
        for dotted, rule in with_detours(names).items():
            if found := _named(dotted):
                self._take(found, dotted, rule)
            else:
                self._take_module(dotted, rule)

    def _take_module(self, dotted: str, rule: str) -> None:
        top, _, below = dotted.partition(".")
        if not below:
            self._packages[top] = dotted, rule
        for place in _places(dotted):
            self._places.setdefault(place, (dotted, rule))
        # A function of jax.nn may lie in a file that is shared. What jax.numpy offers, too, may be used.
        allowed = {id(value) for free in (jax, jax.numpy, jax.lax) for value in vars(free).values()}
        modules = [name for name in sys.modules if name == dotted or name.startswith(f"{dotted}.")]
        for name in modules if below else ():
            for attribute, value in vars(sys.modules[name]).items():
                if not attribute.startswith("_") and _is_function(value) and id(value) not in allowed:
                    self._take(value, f"{name}.{attribute}", rule)

    def _take(self, value: Any, dotted: str, rule: str) -> None:
        for one in _behind(value):
            self._objects.setdefault(id(one), (dotted, rule))
            self._kept.append(one)
            code = getattr(one, "__code__", None)
            # A decorator's inner function is one piece of code for all that it decorates.
            if isinstance(code, CodeType) and "<locals>" not in code.co_qualname:
                self._code.update(dict.fromkeys(_codes(code), (dotted, rule)))

    def known(self, value: Any) -> tuple[str, str] | None:
        """The name of a banned function, and the rule's, when this is one, wraps one, or is made by a banned class."""
        if id(type(value)) in self._objects:
            return self._objects[id(type(value))]
        for one in _behind(value):
            if id(one) in self._objects:
                return self._objects[id(one)]
            if isinstance(one, FunctionType) and (found := self.known_code(one.__code__)):
                return found
        return None

    def known_code(self, code: CodeType) -> tuple[str, str] | None:
        """The same of the code that is entered."""
        if code in self._code:
            return self._code[code]
        name = code.co_name
        if name.startswith("__") and name not in _CALLED_BY_NAME:
            return None  # an operator on a value that was given: np.asarray(tensor) enters torch
        for place, (dotted, rule) in self._places.items():
            if code.co_filename.startswith(place):
                return f"{name} of {dotted}", rule
        return None

    def known_builtin(self, function: Any) -> tuple[str, str] | None:
        """The same of a function that is not written in Python: hash; not of methods of values that were given."""
        if id(function) in self._objects:
            return self._objects[id(function)]
        owner = getattr(function, "__self__", None)
        if isinstance(owner, type | ModuleType):
            home = owner.__name__ if isinstance(owner, ModuleType) else owner.__module__
            if found := self._packages.get(str(home).partition(".")[0]):
                return f"{found[0]}.{function.__name__}", found[1]
        return None


@functools.cache  # a warm worker has read it before its learner's file comes
def banned_by(names: tuple[str, ...]) -> Banned:
    """What a rule of these names leaves out."""
    return Banned(names)


@contextmanager
def noting(banned: Banned, learner: LearnerFile) -> Iterator[list[Entered]]:
    """Within the block, note each banned function that is entered from the learner's code."""
    entered: list[Entered] = []
    learners_own, path = vars(learner.module), str(learner.path)

    def note(found: tuple[str, str] | None, frame: FrameType) -> None:
        if found:
            within: FrameType | None = frame
            while within and within.f_code.co_filename != path:  # text that is evaluated has its own lines
                within = within.f_back
            entered.append(Entered(*found, (within or frame).f_lineno))

    def look(frame: FrameType, event: str, function: Any) -> None:
        caller = frame.f_back
        if event == "c_call" and frame.f_globals is learners_own:
            note(banned.known_builtin(function), frame)
        elif event == "call" and caller and caller.f_globals is learners_own is not frame.f_globals:
            handed = _handed(frame)
            found = banned.known_code(frame.f_code) or next(filter(None, map(banned.known, handed)), None)
            note(found, caller)

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield entered
    finally:
        sys.setprofile(before)


def _handed(frame: FrameType) -> Iterator[Any]:
    """What a function that is just entered was given, and what it closes over."""
    for value in frame.f_locals.values():
        yield value
        if type(value) in (tuple, list):
            yield from value[:_MOST]
        elif type(value) is dict:
            yield from [*value.values()][:_MOST]


def _named(dotted: str) -> Any:
    """The function or class of that name, hash among them; None for a module, and where there is no such thing."""
    module, _, name = dotted.rpartition(".")
    try:
        found = getattr(importlib.import_module(module or "builtins"), name, None)
    except ImportError:
        return None
    return None if isinstance(found, ModuleType) else found


def _places(dotted: str) -> Iterator[str]:
    """Where the code of a module lies: folders, and files."""
    with_private = [_SOURCE.joinpath(*dotted.split(".")[1:])] if dotted.startswith("jax.") else []
    try:
        spec = importlib.util.find_spec(dotted)
    except ImportError:
        return
    if spec and spec.origin:
        origin = Path(spec.origin)
        with_private.append(origin.parent if origin.name == "__init__.py" else origin.with_suffix(""))
    for path in with_private:
        if path.is_dir():
            yield f"{path}{os.sep}"
        elif path.with_suffix(".py").is_file():
            yield str(path.with_suffix(".py"))


def _is_function(value: Any) -> bool:
    return callable(value) and not isinstance(value, type) and _is_a_librarys(type(value))


def _is_a_librarys(kind: type) -> bool:
    """Whether objects of this type may be asked for what they wrap: they run no code of the learner's for that."""
    home = str(kind.__module__).partition(".")[0]
    return home in {"builtins", "functools", "jax", "jaxlib", "flax", "optax"}


def _behind(value: Any) -> Iterator[Any]:
    """A callable, and what it wraps: under jit, vmap, partial, custom_jvp."""
    waiting, seen = [value], set[int]()
    while waiting and len(seen) < _MOST:
        one = waiting.pop()
        if id(one) in seen or not callable(one):
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, type) or not _is_a_librarys(type(one)):
            continue
        waiting += [getattr(one, name, None) for name in ("__wrapped__", "__func__", "fun")]
        if isinstance(one, functools.partial):
            waiting.append(one.func)
        if isinstance(one, FunctionType) and one.__code__.co_filename in _WRAPPERS:
            waiting += [cell.cell_contents for cell in one.__closure__ or () if _is_filled(cell)]


def _is_filled(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def _codes(code: CodeType) -> Iterator[CodeType]:
    """A function's code, and that of the functions that it defines."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)
