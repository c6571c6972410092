"""What JAX and Python raise, in words for the learner: their own line, the cause, the next step."""

from __future__ import annotations

import ast
import difflib
import re
import textwrap
import traceback
from pathlib import Path

from grader.findings import Finding, Kind, of_error, words_of
from grader.source.learner_file import LearnerFile
from grader.toolkit.lesson import Lesson
from grader.toolkit.lessons import LESSONS
from grader.toolkit.verdicts import RaisedError
from grader.toolkit.wording import short_dtype

_PARAGRAPH = 72  # columns


def translate(error: BaseException, call: str, learner: LearnerFile, name: str) -> RaisedError:
    """Say what `call` raised: the learner's own line, the error's name (for searching), its cause and a next step.

    `name` is that of the exercise. An ordinary error of Python's has no hint: what the check is about says more.
    """
    frame = learner_frame(error, learner.path)
    line = frame.lineno if frame else None
    if frame is None and "UnexpectedTracerError" in of_error(error)["error"]:
        line = _named_line(words_of(error), learner.path)
    known, text = of_error(error), words_of(error)
    names: tuple[str, ...] = known["error"]

    def told(cause: str, hint: str | None, *, kind: Kind = Kind.RAISED, sure: bool = False) -> RaisedError:
        finding = Finding(
            f"raised {names[0]}",
            kind,
            call,
            **known,
            cause=cause,
            line=line,
            source=(frame.line or "").strip() if frame and line else None,
        )
        return RaisedError(finding, hint=hint, sure=sure)

    if isinstance(error, NameError) and (problem := learner.missing_names.get(error.name or "")):
        return told(problem.message, "Repair that line first.")
    where = "\nin a function with a custom rule" if _has_a_rule(line, name, learner) else ""
    shown = (frame.line or "").strip() if frame else ""
    lesson = next((one for one in LESSONS if _fits(one, names, text + where, shown)), None)
    if lesson:
        cause = "\n".join(
            [
                textwrap.fill(lesson.cause, _PARAGRAPH),
                *_carry_changes(text),
                *_mapped_sizes(text),
                *_met_shapes(text, error),
                *_what_was_no_array(text),
            ]
        )
        hint = _CONNECTIVES if _joins_conditions(lesson, frame) else lesson.hint
        return told(cause, hint, kind=lesson.kind, sure=lesson.sure)
    outcome = _python_ending(error, names)
    if outcome:
        return told(textwrap.fill(outcome, _PARAGRAPH), "Take that call out of the function.")
    return told(_shorten(text), _spelling_hint(error, learner))


def _named_line(text: str, path: Path) -> int | None:
    """The learner's line that an error of JAX's names in its own text: where a tracer was made."""
    named = re.search(rf"{re.escape(str(path))}:(\d+)", text)
    return int(named[1]) if named else None


def _fits(lesson: Lesson, names: tuple[str, ...], text: str, shown: str) -> bool:
    """Whether a lesson is about this error, raised at that line of the learner's."""
    return (
        lesson.error in names
        and re.search(lesson.pattern, text) is not None
        and re.search(lesson.line, shown) is not None
    )


_USUAL_IMPORTS = {
    "jax": "Add `import jax` at the top of the file.",
    "lax": "Add `from jax import lax` at the top of the file.",
    "np": "Write jnp: this file has no NumPy, and jit could not see into it.",
}


_CONNECTIVES = (
    "`and`, `or` and `not` ask for one True or False: join arrays with &, | and ~, each side in parentheses."
)


def _has_a_rule(line: int | None, name: str, learner: LearnerFile) -> bool:
    """Whether the function around a line, or without a line the exercise, has a derivative rule of its own."""
    return any(
        (node.lineno <= line <= (node.end_lineno or 0) if line else getattr(node, "name", "") == name)
        and re.search(r"custom_(jvp|vjp)\b", ast.unparse(node))
        for node in learner.tree.body
    )


def _joins_conditions(lesson: Lesson, frame: traceback.FrameSummary | None) -> bool:
    """Whether a tracer met `and`, `or` or `not` where no branch is meant."""
    shown = (frame.line or "").strip() if frame else ""
    branch = shown.startswith(("if ", "elif ", "while ", "assert ")) or " if " in shown
    return (
        lesson.error == "TracerBoolConversionError"
        and not branch
        and re.search(r"\b(and|or|not)\b", shown) is not None
    )


def _carry_changes(text: str) -> list[str]:
    """Which parts of a loop's carry changed, from JAX's own text."""
    pattern = r"has type (\S+) but the corresponding output carry component has type (\S+?),? so"
    kinds = r"is (an? [^,]+?) but the corresponding component of the carry output is (an? [^,]+?), so"
    changes = [(_short_type(came), _short_type(left)) for came, left in re.findall(pattern, text)]
    changes += [(_short_kind(came), _short_kind(left)) for came, left in re.findall(kinds, text)]
    return [f"  {came} went in, {left} came out" for came, left in changes[:4]]


def _short_kind(text: str) -> str:
    """JAX's words for a part of a tree: a <class 'dict'> is a dict, leaves are arrays."""
    name = text.removeprefix("a <class '").removesuffix("'>").rpartition(".")[2]
    if name in {"ShapedArray", "a pytree leaf"}:
        return "an array"
    return f"a {name}" if text.startswith("a <class") else text


def _what_was_no_array(text: str) -> list[str]:
    """Which argument of which jit-compiled function is no array, from JAX's own text."""
    named = re.search(
        r"argument to <function (\S+) at .*of type <class '([^']+)'> and was passed .* at path ([^\n]+?)\.?\n",
        text,
    )
    if not named:
        return []
    function, kind, path = named[1].rpartition(".")[2].strip("<>"), named[2].rpartition(".")[2], named[3]
    return [f"  {path} of {function} is a {kind.replace('builtin_function_or_method', 'function')}"]


def _mapped_sizes(text: str) -> list[str]:
    """Which arguments of a vmap have which sizes, from JAX's own text."""
    if "vmap got inconsistent sizes" not in text:
        return []
    return [_cut(line.rstrip(";,. "), 100) for line in text.splitlines() if line.startswith("  * ")][:4]


_MEETING = re.compile(r"broadcast|contracting dimensions|got incompatible shapes|must have the same shape")
_SHAPE = re.compile(r"\((?:\d+(?:, ?\d+)*,?)?\)")  # (3,) or (2, 4) or ()
_TYPE = re.compile(r"\b[a-z]+\d+\[([\d,]*)\]")  # float32[2,4]


def _met_shapes(text: str, error: BaseException) -> list[str]:
    """The shapes that did not go together, from JAX's own text or NumPy's."""
    first = text.strip().splitlines()[0] if text.strip() else ""
    if not _MEETING.search(first):
        return []
    shapes = _factors(error) if "contracting dimensions" in first else []
    shapes = (
        shapes or _SHAPE.findall(first) or [f"({sizes.replace(',', ', ')})" for sizes in _TYPE.findall(first)]
    )
    return [f"  the shapes: {' and '.join(dict.fromkeys(shapes))}"] if shapes else []


def _factors(error: BaseException) -> list[str]:
    """The shapes of both sides of a product: JAX's text has only the sizes that do not fit, its frames have both sides."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        sides = [getattr(frame.f_locals.get(name), "shape", None) for name in ("lhs", "rhs")]
        if frame.f_globals.get("__name__", "").startswith("jax.") and None not in sides:
            return [str(side) for side in sides]
    return []


def _short_type(text: str) -> str:
    """JAX's int32[1,4] as messages have it: i32[1,4]."""
    name, bracket, shape = text.rstrip(",").partition("[")
    return f"{short_dtype(name)}{bracket}{shape}"


def _spelling_hint(error: BaseException, learner: LearnerFile) -> str | None:
    """A hint for names that do not exist; none for other errors that have nothing to do with JAX."""
    if isinstance(error, NameError) and error.name:
        if error.name in learner.broken:
            return f"{error.name} is in a block with a syntax error; repair that first."
        if error.name in _USUAL_IMPORTS:
            return _USUAL_IMPORTS[error.name]
        near = difflib.get_close_matches(error.name, list(vars(learner.module)), n=1)
        return (
            f"Did you mean `{near[0]}`?"
            if near
            else "Is it spelled right, and set on every way through the function?"
        )
    if (
        isinstance(error, AttributeError)
        and error.name in {"shape", "size", "ndim", "dtype"}
        and callable(error.obj)
    ):
        return "A function has no shape; jax.eval_shape(function, x) tells that of its result, and computes nothing."
    if isinstance(error, AttributeError) and error.name:
        near = difflib.get_close_matches(error.name, dir(error.obj), n=1)
        return f"Did you mean `{near[0]}`?" if near else None
    if isinstance(error, TypeError) and "unexpected keyword argument" in words_of(error):
        return "Is the argument's name spelled right?"
    return None


def learner_frame(error: BaseException, path: Path) -> traceback.FrameSummary | None:
    """The innermost frame of the traceback that lies in the learner's file."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return frames[-1] if frames else None


def _python_ending(error: BaseException, names: tuple[str, ...]) -> str:
    if isinstance(error, SystemExit):
        return "The function asked Python to exit. A graded function returns its result and leaves the process alone."
    if "OutcomeException" in names or type(error).__module__.startswith("_pytest"):
        return "The function called into pytest. Verdicts are the checks' business; a graded function returns its result."
    if isinstance(error, KeyboardInterrupt):
        return "The function raised KeyboardInterrupt, which is how Ctrl-C ends a program."
    return ""


def _shorten(text: str, lines: int = 6) -> str:
    """The start of an error's own text: JAX's go on for a page."""
    text = re.sub(r"\s*\(https?://[^\s)]*\)", "", text)
    kept = [line for line in text.strip().splitlines() if line.strip()]
    shown = [_cut(line) for line in kept[:lines]]
    return "\n".join(shown + (["…"] if len(kept) > lines else []))


def _cut(line: str, most: int = 200) -> str:
    """A long line up to the end of a sentence, else of a word, with … for the rest."""
    if len(line) <= most:
        return line
    ends = [match.start() for match in re.finditer(r"(?<=[.;:]) ", line[: most + 1])]
    if not ends or ends[-1] < most // 2:
        ends = [match.start() for match in re.finditer(" ", line[: most + 1])]
    return f"{line[: ends[-1]]} …" if ends and ends[-1] >= most // 2 else f"{line[:most]}…"
