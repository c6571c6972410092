"""What goes between `watch` and the process of its page: a line of JSON for each state, and for each thing asked for."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import get_args

from grader import wire
from grader.pictures import Picture
from grader.results import ExerciseResult, Problem, Status

# ---- in: what is to be shown


@dataclass(frozen=True, slots=True)
class Mark:
    """One exercise of the day, as its table has it."""

    name: str
    stretch: bool
    status: Status | None  # None where nothing is known
    checking: bool


@dataclass(frozen=True, slots=True)
class State:
    """All that the page shows but for the picture, which follows."""

    day: str  # "day07"
    file: str
    line: int | None  # where the focus begins in it
    focus: str  # the name of an exercise
    marks: tuple[Mark, ...]
    result: ExerciseResult | None  # of the focus; the last one there was, while it is judged again
    checking: bool  # whether the focus is
    looking: bool  # whether it is looked at deeper
    status: str  # what just happened, in words
    problems: tuple[Problem, ...]  # of the file as a whole
    hints: tuple[str, ...]  # so many as somebody has asked for
    stages: int  # so many there are
    picture: str  # the key of a picture that was sent before; empty where there is none
    not_drawn: str  # why there is none, or it shows less than it might: a line
    drawing: bool  # whether it may still come


@dataclass(frozen=True, slots=True)
class NewPicture:
    """A picture that states name by its key from now on."""

    key: str
    picture: Picture


def key_of(picture: Picture) -> str:
    """The same for the same picture, and for no other."""
    return hashlib.sha256(json.dumps(asdict(picture)).encode()).hexdigest()[:24]


# ---- out: where the page is, and what somebody asks for


@dataclass(frozen=True, slots=True)
class Opened:
    """The page answers at this address; `forward` is what to type elsewhere to reach it, where that may be of use."""

    address: str
    forward: str


@dataclass(frozen=True, slots=True)
class HintWanted:
    """So many stages of hints shall be shown."""

    day: str
    name: str
    level: int


@dataclass(frozen=True, slots=True)
class ExerciseWanted:
    """Somebody goes to an exercise."""

    day: str
    name: str


@dataclass(frozen=True, slots=True)
class NextWanted:
    """Somebody goes to the next exercise that has not passed."""

    day: str
    name: str  # of the exercise in focus, as the page shows it: a second click on an old page goes nowhere


@dataclass(frozen=True, slots=True)
class Trouble:
    """The page cannot be shown, or not all of it; the text says why."""

    text: str


Shown = State | NewPicture
Asked = Opened | HintWanted | ExerciseWanted | NextWanted | Trouble
_KINDS = {kind.__name__: kind for kind in (*get_args(Shown), *get_args(Asked))}


def dump(message: Shown | Asked) -> bytes:
    """A message as a line."""
    return wire.dump(message, message=type(message).__name__)


def load(line: bytes) -> Shown | Asked:
    """The message of a line. Raises ValueError for what is none."""
    fields = wire.load_fields(line)
    kind = _KINDS.get(fields.pop("message", ""))
    if kind is None:
        raise ValueError(f"no message: {line[:80]!r}")
    found: Shown | Asked = wire.read(kind, fields)
    return found
