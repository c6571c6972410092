"""What the signatures of the solutions promise, and whether the learner's functions keep it.

The contract is made from stub text: it holds the signatures and annotations, not the answers.
"""

from __future__ import annotations

import ast
import inspect
import typing
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import AbstractArray

from grader.findings import Finding, Kind
from grader.kata.stubs import stub
from grader.source.syntax import Definition
from grader.toolkit import wording
from grader.toolkit.comparison import kind_of, must_be_jax_array, wrong_thing
from grader.toolkit.verdicts import RaisedError, WrongAnswer

_WORDS = {
    "Float": "floats",
    "Int": "integers",
    "UInt": "unsigned integers",
    "Integer": "integers",
    "Bool": "booleans",
    "Key": "random keys",
    "Num": "numbers",
    "Inexact": "floats",
    "Shaped": "an array",
}

_SHAPE_HINT = (
    "The letters of the signature say which sizes belong together. Print the shape of each step beside them."
)
_TUPLE_HINT = "Return all of them, with commas between: return first, second."
_DTYPE_HINT = "Start from arrays of the promised dtype, or convert the result at the end with .astype(...)."


class Contract:
    """The signatures of one day's exercises."""

    def __init__(self, solution_source: str) -> None:
        namespace: dict[str, Any] = {"__name__": "_kata_contract"}
        text = stub(solution_source)
        exec(compile(text, "<contract>", "exec", dont_inherit=True), namespace)
        self._members = namespace
        nodes = ast.parse(text).body
        # Of the day's exercises.
        self.names = frozenset(node.name for node in nodes if isinstance(node, Definition))

    def signature(self, name: str) -> inspect.Signature:
        """The promised signature of a function, or of a class's constructor."""
        return _signature(self._members[name])

    def is_class(self, name: str) -> bool:
        return inspect.isclass(self._members[name])

    def check_signature(self, name: str, function: Callable[..., Any], line: int | None) -> None:
        """Raises RaisedError when the learner's parameters are not those of the contract.

        Parameters of one's own may follow, when they have defaults.
        """
        promised = self.signature(name)
        if not callable(function):
            kind, head = "function", f"def {name}{_plain(promised)}:"
            if self.is_class(name):
                kind, head = "class", f"class {name}:"
            complaint = f"is {wording.argument(function)}, not a {kind}."
            finding = Finding(complaint, Kind.SIGNATURE, name, **kind_of(function), line=line)
            raise RaisedError(finding, hint=f"Define it as `{head}`.")
        try:
            found = _signature(function)
        except Exception:  # there is none to be seen, or the learner's own object refuses to show it
            return
        if _takes_anything(found) and getattr(function, "__code__", None) is None:
            return  # what jax.custom_gradient makes of a function, for one: the calls will tell
        ours, theirs = list(promised.parameters.values()), list(found.parameters.values())
        same = [(p.name, p.default) for p in ours] == [(p.name, p.default) for p in theirs[: len(ours)]]
        optional = all(
            p.default is not p.empty or p.kind in {p.VAR_POSITIONAL, p.VAR_KEYWORD}
            for p in theirs[len(ours) :]
        )
        if not (same and optional):
            finding = Finding(
                "has another signature",
                Kind.SIGNATURE,
                name,
                expected=f"{name}{_plain(promised)}",
                got=f"{name}{_plain(found)}",
                line=line,
            )
            hint = "Names, order and defaults of the parameters are a contract; the body is yours."
            raise RaisedError(finding, hint=hint)

    def check_result(
        self, call: str, name: str, arguments: tuple[Any, ...], keywords: dict[str, Any], result: Any
    ) -> None:
        """Raises WrongAnswer when a result does not fit the annotation, with the letters bound by the arguments."""
        signature = self.signature(name)
        bound = signature.bind(*arguments, **keywords).arguments
        letters: dict[str, Any] = {
            parameter: value for parameter, value in bound.items() if type(value) is int
        }
        for parameter, value in bound.items():
            annotation = signature.parameters[parameter].annotation
            if _is_array_type(annotation) and wording.is_jax_array(value):
                letters.update(_letters(annotation, value.shape))
        _check(call, "", result, signature.return_annotation, letters)


def _check(call: str, part: str, value: Any, annotation: Any, letters: dict[str, Any]) -> None:
    parts = typing.get_args(annotation)
    if typing.get_origin(annotation) is tuple and parts and Ellipsis not in parts:
        if not isinstance(value, tuple):
            hint = (
                "A tuple, not a list: drop the square brackets." if isinstance(value, list) else _TUPLE_HINT
            )
            raise wrong_thing(call, part, value, expected=f"a tuple of {len(parts)}", hint=hint)
        if len(value) != len(parts):
            finding = Finding(
                "returned the wrong number of things",
                Kind.STRUCTURE,
                call,
                part,
                expected=f"a tuple of {len(parts)}",
                got=f"a tuple of {len(value)}",
                **kind_of(value),
            )
            raise WrongAnswer(finding, hint=_TUPLE_HINT if len(value) < len(parts) else _nested_hint(parts))
        for index, (item, promise) in enumerate(zip(value, parts, strict=True)):
            _check(call, f"{part}[{index}]", item, promise, letters)
    elif _is_array_type(annotation):
        _must_be_array(call, part, value, annotation)
        promised = _promised_shape(annotation, letters)
        right_shape = promised is None or value.shape == promised
        if not right_shape or not isinstance(value, annotation.dtype[annotation.array_type, "..."]):
            finding = Finding(
                "does not fit its signature",
                Kind.DTYPE if right_shape else Kind.SHAPE,
                call,
                part,
                expected=_promise(annotation, promised),
                got=wording.kind_and_shape(value),
            )
            if right_shape:
                raise WrongAnswer(finding, hint=_DTYPE_HINT)
            raise WrongAnswer(finding, also=_SHAPE_HINT)


def _nested_hint(parts: tuple[Any, ...]) -> str:
    """For a result with more things than were promised."""
    shown = [_outline(part) for part in parts]
    if any(typing.get_origin(part) is tuple for part in parts):
        return f"Some of them belong together, in a tuple of their own: return {', '.join(shown)}."
    return f"Return {len(parts)} things and no more; what is beside the result stays inside."


def _outline(promise: Any) -> str:
    """How a promised result is bracketed: `(_, _)`."""
    if typing.get_origin(promise) is not tuple:
        return "_"
    return f"({', '.join(map(_outline, typing.get_args(promise)))})"


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    """The signature of a function, or of a class's constructor without what Flax adds to every module.

    Raises TypeError or ValueError when there is none to be seen.
    """
    found = inspect.signature(function)
    if not inspect.isclass(function):
        return found
    parameters = list(found.parameters.values())
    # Those of a metaclass say nothing.
    if all(p.kind in {p.VAR_POSITIONAL, p.VAR_KEYWORD} for p in parameters):
        parameters = list(inspect.signature(function.__init__).parameters.values())[1:]
    added = {"parent", "name"} if _is_linen(function) else set()  # behind the fields of one's own
    return found.replace(parameters=[p for p in parameters if p.name not in added])


def _takes_anything(signature: inspect.Signature) -> bool:
    kinds = [parameter.kind for parameter in signature.parameters.values()]
    return kinds == [inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD]


def _is_linen(kind: type) -> bool:
    return any(base.__module__ == "flax.linen.module" for base in kind.__mro__)


def _must_be_array(call: str, part: str, value: Any, annotation: type[AbstractArray]) -> None:
    """Raises WrongAnswer when a value is no array of the promised library: JAX, as a rule."""
    if annotation.array_type is not np.ndarray:
        must_be_jax_array(call, value, part=part)
    elif type(value) is not np.ndarray:
        came = wording.argument(value, small=-1)
        came = f"the JAX array {came}" if wording.is_jax_array(value) else came
        hint = "np.stack and np.array make NumPy arrays; JAX and torch arrays have no place in this result."
        complaint, promised = "is the wrong kind of thing", "a NumPy array"
        finding = Finding(complaint, Kind.THING, call, part, expected=promised, got=came, **kind_of(value))
        raise WrongAnswer(finding, hint=hint)


def _is_array_type(annotation: Any) -> bool:
    return inspect.isclass(annotation) and issubclass(annotation, AbstractArray)


def _letters(annotation: type[AbstractArray], shape: tuple[int, ...]) -> dict[str, Any]:
    """What the letters of an annotation stand for, given a shape: n = 17, *shape = (3, 4)."""
    names = annotation.dim_str.split()
    if len(names) == 1 and names[0].startswith("*"):
        return {names[0]: shape}
    if len(names) != len(shape):
        return {}
    return {name: size for name, size in zip(names, shape, strict=True) if name.isidentifier()}


def _promised_shape(annotation: type[AbstractArray], letters: dict[str, Any]) -> tuple[int, ...] | None:
    """The shape that an annotation promises; None where a letter is bound by nothing.

    An entry is a number, a letter, or arithmetic on letters and {arguments}: "n-{window}+1".
    """
    names = annotation.dim_str.split()
    if len(names) == 1 and names[0].startswith("*"):
        return letters.get(names[0])
    try:
        return tuple(int(eval(name.replace("{", "(").replace("}", ")"), {}, dict(letters))) for name in names)
    except (NameError, SyntaxError, TypeError):
        return None


def _promise(annotation: type[AbstractArray], shape: tuple[int, ...] | None) -> str:
    """`floats of shape (n, m) = (17, 33)`."""
    word = _WORDS.get(annotation.dtype.__name__, annotation.dtype.__name__)
    names = annotation.dim_str.replace("{", "").replace("}", "").split()
    if not names:
        return f"{word}, one number (shape ())"
    comma = "," if len(names) == 1 else ""
    text = f"{word} of shape ({', '.join(names)}{comma})"
    return text if shape is None else f"{text} = {shape}"


def _plain(signature: inspect.Signature) -> str:
    """The signature without annotations."""
    empty = inspect.Parameter.empty
    parameters = [parameter.replace(annotation=empty) for parameter in signature.parameters.values()]
    return str(signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty))
