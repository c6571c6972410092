"""What a check found, as plain data, and the one place that puts it into words.

Everybody may import this module; of ours it imports only the words of a diagnosis. Code asks a finding for its data, never for
its words: those may change at any time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from grader.diagnoses import Diagnosis, Pattern

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
