"""What a check found, as plain data, and the one place that puts it into words.

Standard library only; everybody may import this module, and it imports nothing of ours. Code asks a finding for its data,
never for its words: those may change at any time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

_KEPT = 4_000  # characters of an error's own words: JAX's go on for pages, a learner's may never end


class Kind(StrEnum):
    """What sort of thing was found."""

    # The result is not what it should be.
    VALUE = "value"
    SHAPE = "shape"
    DTYPE = "dtype"
    THING = "thing"  # a list instead of an array, a function instead of what it gives
    STRUCTURE = "structure"  # other keys, another number of things
    NOT_FINITE = "not_finite"
    PROPERTY = "property"  # something that the task promises and the result lacks
    # What was done on the way there.
    RAISED = "raised"
    LEAKED_TRACER = "leaked_tracer"
    KEY_REUSE = "key_reuse"
    MUTATES = "mutates"
    NOT_REPEATABLE = "not_repeatable"
    NOT_REFUSED = "not_refused"  # an argument that has to be refused
    BANNED_NAME = "banned_name"
    # What it costs.
    RETRACED = "retraced"
    GROWS = "grows"  # the program, with the sizes of its arguments
    BAKED_IN = "baked_in"  # a large array, as a constant of the program
    CALLS_BACK = "calls_back"
    TOO_LARGE = "too_large"  # a value on the way
    MEMORY = "memory"
    OPERATIONS = "operations"
    IDLE_DEVICES = "idle_devices"
    TOO_SLOW = "too_slow"
    UNCLEAR = "unclear"  # a timing
    # There is nothing to judge.
    ABSENT = "absent"
    SIGNATURE = "signature"
    NOT_STARTED = "not_started"
    UNREADABLE = "unreadable"  # the file, or a block of it
    NOT_LOADED = "not_loaded"  # a statement at the file's top level
    # How the process fared.
    TIMEOUT = "timeout"
    BUSY = "busy"  # the machine, so that there was no time to judge
    CRASH = "crash"
    EXIT = "exit"
    KILLED = "killed"
    FORGED = "forged"
    TAMPERED = "tampered"
    # Nobody's answer.
    NOT_RUN = "not_run"
    UNAVAILABLE = "unavailable"
    FAULT = "fault"
    OTHER = "other"  # in a record of an older grader, which kept words alone


# Rules on how an answer is written and what it costs: it may break several of them and still be right.
OF_RULES = frozenset(
    {
        Kind.BANNED_NAME,
        Kind.RETRACED,
        Kind.GROWS,
        Kind.BAKED_IN,
        Kind.CALLS_BACK,
        Kind.TOO_LARGE,
        Kind.MEMORY,
        Kind.OPERATIONS,
        Kind.IDLE_DEVICES,
    }
)


class Pattern(StrEnum):
    """What kind of wrong a value is, where that can be told from the numbers alone."""

    ARGUMENT = "argument"  # one of the arguments, as it came
    NEIGHBOUR = "neighbour"  # what another formula gives, which the check names
    EXCHANGED = "exchanged"  # two parts of a tuple, each in the other's place
    ZERO = "zero"  # everywhere
    NAN = "nan"  # where numbers are expected
    INFINITE = "infinite"  # where numbers are expected
    SIGN = "sign"  # the opposite one, everywhere; of booleans: the other one
    TRANSPOSED = "transposed"
    REVERSED = "reversed"
    ROLLED = "rolled"  # along an axis, what falls out comes in again on the other side
    SHIFTED = "shifted"  # along an axis, something else comes in
    PERMUTED = "permuted"
    AXES = "axes"  # the right numbers, in another shape
    FACTOR = "factor"
    OFFSET = "offset"
    FACTORS = "factors"  # one for each row
    OFFSETS = "offsets"
    FUNCTION = "function"  # of what it should be: exp, a cumulative sum
    CLIPPED = "clipped"
    WRAPPED = "wrapped"  # as a narrower integer does
    ROUNDED = "rounded"  # as a narrower dtype would
    NEARLY = "nearly"  # off by less than a hundredth, everywhere
    FIRST_RIGHT = "first_right"  # and none after them
    LAST_WRONG = "last_wrong"  # and no other
    FIRST_WRONG = "first_wrong"
    BORDERS_WRONG = "borders_wrong"
    COMPILED = "compiled"  # right without jit


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A pattern that fits a wrong value, with what it needs to be told."""

    pattern: Pattern
    axis: int | None = None  # along which; None for all of them
    by: float | None = None  # the factor, the offset, the places of a shift
    name: str = ""  # of a constant, a dtype, a function, an argument, a neighbour; the bounds of a clip
    count: int | None = None  # of entries; the n of a named constant

    @property
    def text(self) -> str:
        """One plain sentence."""
        along = "" if self.axis is None else f" along axis {self.axis}"
        by = "" if self.by is None else f"{self.by:.5g}"
        match self.pattern:
            case Pattern.FACTOR:
                meaning = _FACTORS.get(self.name, "").format(n=self.count, name=self.name)
                return f"Each entry is {by} times what it should be{f': {meaning}' if meaning else ''}."
            case Pattern.OFFSET:
                much = f"{abs(self.by or 0):.5g}"
                return f"Each entry is {much} too {'large' if (self.by or 0) > 0 else 'small'}."
            case Pattern.ROLLED | Pattern.SHIFTED:
                places = f"{abs(int(self.by or 0))} {'place' if abs(self.by or 0) == 1 else 'places'}"
                way = "up" if (self.by or 0) > 0 else "down"
                again = ", round the end" if self.pattern is Pattern.ROLLED else ""
                return f"The numbers are right, and {places} too far {way}{along}{again}."
            case Pattern.NAN | Pattern.INFINITE if self.count is not None:
                kind = "nan" if self.pattern is Pattern.NAN else "infinite"
                return f"What is wrong is {kind}, where a number is expected; all the rest is right."
            case Pattern.FIRST_RIGHT:
                return f"The first {self.count} are right{along}, and none after them."
        words = _IN_WORDS[self.pattern].format(along=along, name=self.name)
        return words[0].upper() + words[1:]


_FACTORS = {  # what a constant means, where it is a usual one
    "pi": "pi",
    "2 pi": "2 pi",
    "log 2": "log 2, so a logarithm to another base",
    "1/log 2": "1/log 2, so a logarithm to base 2",
    "1/log 10": "1/log 10, so a logarithm to base 10",
    "sqrt 2": "the root of 2",
    "1/sqrt 2": "1 over the root of 2",
    "n": "{n} is a size here, so a sum may stand in the place of a mean",
    "1/n": "1/{n}, and {n} is a size here, so a mean may stand in the place of a sum",
    "n/(n-1)": "n/(n-1) with n = {n}, as when one divides by n - 1 (ddof=1) and not by n",
    "(n-1)/n": "(n-1)/n with n = {n}, as when one divides by n and not by n - 1 (ddof=1)",
    "sqrt n": "the root of {n}, and {n} is a size here",
    "1/sqrt n": "1 over the root of {n}, and {n} is a size here",
    "sqrt n/(n-1)": "the root of n/(n-1) with n = {n}, as a deviation with ddof=1 is",
    "sqrt (n-1)/n": "the root of (n-1)/n with n = {n}, as a deviation without ddof=1 is",
}
_IN_WORDS = {
    Pattern.ARGUMENT: "it is the argument {name}, as it came.",
    Pattern.NEIGHBOUR: "these are the numbers of another formula: {name}.",
    Pattern.EXCHANGED: "{name} have changed places.",
    Pattern.ZERO: "all of it is 0.",
    Pattern.NAN: "all of it is nan.",
    Pattern.INFINITE: "all of it is infinite.",
    Pattern.SIGN: "it is the opposite of what it should be, everywhere.",
    Pattern.TRANSPOSED: "the numbers are right, and transposed: its axes have changed places.",
    Pattern.REVERSED: "the numbers are right, in reverse order{along}.",
    Pattern.PERMUTED: "the numbers are right, in another order{along}{name}.",
    Pattern.AXES: "the numbers are right; only the shape is not{name}.",
    Pattern.FACTORS: "each row{along} is a multiple of what it should be, by a factor of its own.",
    Pattern.OFFSETS: "each row{along} is off by a constant of its own.",
    Pattern.FUNCTION: "it is the {name} of what it should be.",
    Pattern.CLIPPED: "it is what it should be, clipped: {name}.",
    Pattern.WRAPPED: "what is too large for {name} has begun again from its other end.",
    Pattern.ROUNDED: "it is right but for rounding, as {name} rounds.",
    Pattern.NEARLY: "every entry is within {name} of what it should be.",
    Pattern.LAST_WRONG: "all are right but the last{along}.",
    Pattern.FIRST_WRONG: "all are right but the first{along}.",
    Pattern.BORDERS_WRONG: "the inside is right; what is wrong lies on the border.",
    Pattern.COMPILED: "without jit the same call is right.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. Texts are for people; what code may ask for are the kind, the error and the places."""

    complaint: str  # goes on after the call: "is wrong", "has the wrong shape"; a whole sentence where there is no call
    kind: Kind = Kind.OTHER
    call: str = ""  # softmax([0, 1], axis=0): as it would be typed
    part: str = ""  # of what the call returned: [1]['w'].mean
    about: str = ""  # what of the call is meant, before it: "The program of"
    expected: str = ""
    got: str = ""
    got_type: str = ""  # the Python type of what came in the place of something else: "tuple"
    got_length: int | None = None  # and its length, where it has one
    where: tuple[int, ...] = ()  # the first place where an array differs; empty for a single number
    differ: int | None = None  # so many of its elements do
    of: int | None = None  # of so many
    diagnosis: Diagnosis | None = None  # what kind of wrong it is
    error: tuple[str, ...] = ()  # the names of the exception's class and of its bases
    error_text: str = ""  # what the exception says of itself, the start of it
    cause: str = ""  # a paragraph: what is behind it
    line: int | None = None  # in the learner's file
    source: str | None = None  # the text of that line, where the message shows it
    column: int | None = None  # from 1: what in that line is meant
    notes: tuple[str, ...] = ()  # paragraphs that explain the call

    @property
    def target(self) -> str:
        """The call and the part of its result that is meant."""
        return f"{self.call}{self.part}"

    @property
    def head(self) -> str:
        """The first line: what was called, and what is the matter with it."""
        words = " ".join(filter(None, (self.about, self.target, self.complaint)))
        return f"{words}{at(self.where)}{self._how_many()}{self._at_line()}"

    @property
    def in_short(self) -> str:
        """For a list of findings: what is the matter, and what came where that is one line."""
        came = f" ({self.got})" if _is_one_line(self.got) else ""
        return f"{' '.join(filter(None, (self.about, self.call, self.complaint)))}{came}"

    @property
    def rest(self) -> str:
        """All that follows the first line, with the line breaks before it."""
        block = [*self._excerpt()]
        if self.expected or self.got:
            block.append(table(expected=self.expected, got=self.got))
        diagnosis = self.diagnosis.text if self.diagnosis else ""
        paragraphs = [one for one in (diagnosis, self.cause, *self.notes) if one]
        return "".join(f"\n{lines}" for lines in block) + "".join(f"\n\n{one}" for one in paragraphs)

    @property
    def text(self) -> str:
        """The whole message."""
        return self.head + self.rest

    def with_note(self, paragraph: str) -> Finding:
        """The same finding, with one more paragraph at its end."""
        return replace(self, notes=(*self.notes, paragraph))

    def _how_many(self) -> str:
        several = self.differ is not None and self.of is not None and self.differ > 1
        return f" ({self.differ} of {self.of} differ)" if several else ""

    def _at_line(self) -> str:
        return f" at line {self.line}" if self.source is not None and self.call else ""

    def _excerpt(self) -> Iterator[str]:
        """The learner's line, with its number where a call is told; a sentence about the file names the line itself."""
        if self.source is None:
            return
        yield f"  {self.line} | {self.source}" if self.call else f"  {self.source}"
        if self.column is not None:
            before = self.source[: self.column - 1].ljust(self.column - 1)
            # Tabs stay, so that the caret stands below what it means.
            yield f"  {''.join(sign if sign.isspace() else ' ' for sign in before)}^"


def _is_one_line(text: str) -> bool:
    return bool(text) and "\n" not in text


def of_error(error: BaseException) -> dict[str, Any]:
    """What a finding tells of an exception: the names of its class and bases, and the start of what it says."""
    names = tuple(str(kind.__name__) for kind in type(error).__mro__)
    return {"error": names, "error_text": words_of(error)[:_KEPT]}


def words_of(error: BaseException) -> str:
    """What an exception says of itself; nothing where it cannot."""
    try:
        return str(error)
    except BaseException:  # the class may be the learner's, its __str__ too
        return ""


def finding_from(data: Mapping[str, Any]) -> Finding:
    """From the fields of an event or of a record. Raises KeyError, TypeError or ValueError on anything else."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in data.items()
    }
    if seen := values.get("diagnosis"):
        values["diagnosis"] = Diagnosis(**{**seen, "pattern": Pattern(seen["pattern"])})
    return Finding(**values | {"kind": Kind(values["kind"])})


def at(place: tuple[int, ...]) -> str:
    """` at index 2`, ` at index (0, 1)`, or nothing for a single number."""
    if not place:
        return ""
    return f" at index {place[0]}" if len(place) == 1 else f" at index {place}"


def table(**rows: str) -> str:
    """Aligned `expected  0.2447` lines, two spaces in; underscores in names become blanks."""
    width = max(len(name) for name in rows)
    lines = []
    for name, text in rows.items():
        first, *others = text.splitlines() or [""]
        lines.append(f"  {name.replace('_', ' '):<{width}}  {first}")
        lines += [f"  {'':<{width}}  {other}" for other in others]
    return "\n".join(lines)
