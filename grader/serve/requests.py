"""What may be asked of the service: one object of JSON a line, read field by field. docs/serve.md tells of each."""

from __future__ import annotations

import json
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from typing import Any, get_type_hints

from grader import wire

MOST = 4 * 2**20  # bytes of a line


class WrongRequest(Exception):
    """What came is no request. `id` is that of the request, where it has one; the text says what would be right."""

    def __init__(self, words: str, id: str | int | None = None) -> None:
        super().__init__(words)
        self.id = id


class Commands(StrEnum):
    """By which commands the texts of an answer say how to go on."""

    SHELL = "shell"
    NOTEBOOK = "notebook"


@dataclass(frozen=True, slots=True)
class Request:
    """What all requests have."""

    id: str | int
    commands: Commands = Commands.SHELL
    html: bool = False  # whether the answer has HTML, too


@dataclass(frozen=True, slots=True)
class Grade(Request):
    """Judge a text as the answer to an exercise."""

    code: str = ""
    exercise: str = ""  # none: the one that the text defines
    context: tuple[
        str, ...
    ] = ()  # texts that ran before, the oldest first: what the code uses of them is judged with it
    speed: bool = False
    deep: bool = True
    seed: int | None = None
    picture: bool = False  # as data
    figure: bool = False  # as SVG
    record: bool = True  # and keep the text


@dataclass(frozen=True, slots=True)
class Hint(Request):
    """The hints of an exercise, up to a level."""

    exercise: str = ""  # none: the one that was graded last, or comes next
    level: int = 1


@dataclass(frozen=True, slots=True)
class Solution(Request):
    """The reference beside the text that was kept."""

    exercise: str = ""  # none: the one that was graded last
    reveal: bool = False


@dataclass(frozen=True, slots=True)
class Lesson(Request):
    """The lesson of a day."""

    day: str = ""  # none: the one that comes next


@dataclass(frozen=True, slots=True)
class Progress(Request):
    """Where somebody stands; with a file, the record is written there."""

    export: str = ""
    over: bool = False  # whether an older file is written over


@dataclass(frozen=True, slots=True)
class List(Request):
    """The exercises in which words occur."""

    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stop(Request):
    """End the gradings that were asked for before it."""


@dataclass(frozen=True, slots=True)
class Bye(Request):
    """End the service."""


KINDS: dict[str, type[Request]] = {
    "grade": Grade,
    "hint": Hint,
    "solution": Solution,
    "lesson": Lesson,
    "progress": Progress,
    "list": List,
    "stop": Stop,
    "bye": Bye,
}
_TAKES = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    int | None: "a whole number or null",
    tuple[str, ...]: "a list of texts",
    Commands: "shell or notebook",
}


def read(line: bytes) -> Request:
    """The request in a line. Raises WrongRequest."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise WrongRequest(f"that is no JSON ({error})") from None
    if not isinstance(found, dict):
        raise WrongRequest("a request is an object of JSON, on one line")
    id = found.get("id")
    if isinstance(id, bool) or not isinstance(id, str | int):
        raise WrongRequest("a request has an id: a text or a whole number")
    do = found.pop("do", None)
    kind = KINDS.get(do) if isinstance(do, str) else None
    if kind is None:
        raise WrongRequest(f"do is one of {', '.join(KINDS)}, not {json.dumps(do)[:80]}", id)
    return _read(str(do), kind, found, id)


def _read(do: str, kind: type[Request], found: dict[str, Any], id: str | int) -> Request:
    known = {one.name: one for one in fields(kind)}
    if unknown := [name for name in found if name not in known]:
        raise WrongRequest(f"{do} does not know {unknown[0][:80]!r}; it knows {', '.join(known)}", id)
    needed = ["code"] if kind is Grade else []
    if missing := [name for name in needed if name not in found]:
        raise WrongRequest(f"{do} needs {', '.join(missing)}", id)
    types, values = get_type_hints(kind), {}
    for name, value in found.items():
        try:
            values[name] = value if name == "id" else wire.read(types[name], value)
        except ValueError:
            takes = _TAKES[types[name]]
            raise WrongRequest(f"{name} takes {takes}, not {json.dumps(value)[:80]}", id) from None
    if (values.get("seed") or 0) < 0:
        raise WrongRequest(f"seed takes a number from 0 on, not {values['seed']}", id)
    assert all(one.default is not MISSING for one in known.values() if one.name != "id")
    return kind(**values)
