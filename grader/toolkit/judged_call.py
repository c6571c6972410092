"""One call of a handle that was judged: what a diagnosis asks about it, and what `try` hands over to the learner."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from grader.diagnoses import Diagnosis, Pattern
from grader.toolkit import programs, wording
from grader.toolkit.labels import bare

_NARROW = {jnp.dtype(jnp.bfloat16), jnp.dtype(jnp.float16)}
_SHORT_PROGRAM = 100  # operations that are run one by one, to see whether jit makes the difference
_MANY = 64  # arguments: a tree of more has no names to be told


class Callee(Protocol):
    """What a case asks of a handle."""

    @property
    def function(self) -> Callable[..., Any]: ...
    @property
    def untransformed(self) -> Callable[..., Any]: ...
    @property
    def is_jitted(self) -> bool: ...
    @property
    def donates(self) -> bool: ...
    @property
    def shown(self) -> str: ...
    @property
    def code(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Case:
    """A handle, and what it was called with."""

    handle: Callee
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]

    @property
    def code(self) -> str:
        """The call as it would be typed where its arguments are at hand under their names; empty where a check made it up."""
        if not self.handle.code:
            return ""
        names = [name for name, _ in self.named_arguments()][: len(self.arguments)]
        return f"{self.handle.code}({', '.join([*names, *(f'{name}={name}' for name in self.keywords)])})"

    def again(self) -> Any:
        """What the call gives now."""
        return self.handle.function(*self.arguments, **self.keywords)

    def named_arguments(self) -> Iterator[tuple[str, Any]]:
        """Each argument with the name of its parameter, or of its place where that is not known."""
        try:
            known = list(inspect.signature(self.handle.function).parameters.values())
        except (TypeError, ValueError):
            known = []
        named = [one.name for one in known if one.kind in {one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD}]
        for at, value in enumerate(self.arguments):
            yield named[at] if at < len(named) else f"argument_{at + 1}", bare(value)
        for name, value in self.keywords.items():
            yield name, bare(value)

    def arrays(self) -> dict[str, np.ndarray[Any, Any]]:
        """The arrays of numbers among its arguments, under their names: `x`, `params['w']`."""
        found = {}
        for name, value in self.named_arguments():
            for path, leaf in jax.tree_util.tree_leaves_with_path(value)[:_MANY]:
                if _is_readable(leaf):
                    found[name + jax.tree_util.keystr(path)] = np.asarray(leaf)
        return found

    def sizes(self) -> list[int]:
        """The sizes that occur in its arguments."""
        arrays = list(self.arrays().values())
        return [size for array in arrays for size in array.shape] + [array.size for array in arrays]

    def narrow(self) -> str:
        """`bf16` or `f16`, where the program computes in it though no argument has it; else nothing."""
        if any(array.dtype in _NARROW for array in self.arrays().values()):
            return ""
        program = self._program()
        kinds = {
            variable.aval.dtype
            for equation in programs.equations(program.jaxpr)
            for variable in equation.outvars
            if hasattr(variable.aval, "dtype") and variable.aval.dtype in _NARROW
        }
        return wording.dtype_name(kinds.pop()) if len(kinds) == 1 else ""

    def differs_compiled(self, is_right: Callable[[Any], bool]) -> Diagnosis | None:
        """Whether without jit the result is right. Long programs are not run for this."""
        if not self.handle.is_jitted or self.handle.donates:
            return None
        if programs.Program("", self._program()).size > _SHORT_PROGRAM:
            return None
        result = self.handle.untransformed(*self.arguments, **self.keywords)
        return Diagnosis(Pattern.COMPILED) if is_right(result) else None

    def _program(self) -> Any:
        if self.handle.is_jitted:
            return self.handle.function.trace(*self.arguments, **self.keywords).jaxpr  # type: ignore[attr-defined]
        whole: dict[Any, Any] = {}
        static: dict[Any, Any] = {}
        for at, value in enumerate(self.arguments):
            (whole if _is_traced(value) else static)[at] = value
        for name, value in self.keywords.items():
            (whole if _is_traced(value) else static)[name] = value

        def run(given: dict[Any, Any]) -> Any:
            known = {**static, **given}
            arguments = [known[at] for at in range(len(self.arguments))]
            return self.handle.function(*arguments, **{name: known[name] for name in self.keywords})

        return jax.make_jaxpr(run)(whole)


def _is_readable(leaf: object) -> bool:
    if not (wording.is_jax_array(leaf) or type(leaf) is np.ndarray) or isinstance(leaf, jax.core.Tracer):
        return False
    return not wording.is_key(leaf) and not (wording.is_jax_array(leaf) and leaf.is_deleted())  # type: ignore[attr-defined]


def _is_traced(value: object) -> bool:
    """Whether an argument is made of arrays, so that a trace may take it for a variable."""
    leaves = jax.tree.leaves(value)
    return bool(leaves) and all(wording.is_jax_array(leaf) or type(leaf) is np.ndarray for leaf in leaves)
