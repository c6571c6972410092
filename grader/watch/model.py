"""What `watch` knows at a moment, and what follows from it.

All of it is frozen: `update` makes a new model of the old one and of what has happened, and the loop alone keeps the newest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from grader.kata.catalogue import Day
from grader.pictures import OUR_OWN_FAULT, Picture
from grader.report.watch_views import View
from grader.results import ACCEPTED, Aspect, ExerciseResult, Problem, Status
from grader.source.fingerprints import Source, sources
from grader.watch.effects import DrawPicture, Effect, LookDeeper, StartGrading, WarmUp


@dataclass(frozen=True, slots=True)
class Moment:
    """When something happens and how large the screen is then: the loop looks, so that nobody else need."""

    seconds: float  # of a clock that only goes forward
    clock: str  # that of the wall, "12:34:56"
    columns: int
    rows: int


class Mode(Protocol):
    """What keys mean, and what is shown: the day's board, a question, the list of exercises, or a page."""

    @property
    def stays(self) -> bool:
        """Whether it outlives a save that has something judged, and a change of the day."""

    def press(self, key: str, model: Model, now: Moment) -> Step:
        """Answer a key: the model from now on, and what to do outside."""

    def view(self, model: Model, now: Moment) -> View:
        """What is shown."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of an exercise, and the exercise that it was found of."""

    result: ExerciseResult
    source: Source

    def holds_for(self, source: Source) -> bool:
        """Whether it would come out the same. What is wrong is told with lines, so that must stand where it stood."""
        same_line = self.result.status in ACCEPTED | {Status.TODO} or self.source.line == source.line
        return same_line and self.source.fingerprint == source.fingerprint


@dataclass(frozen=True, slots=True)
class Drawing:
    """The picture of an exercise, and the exercise that was drawn; where there is no picture, why."""

    picture: Picture | None
    trouble: str  # a line for the learner, or a traceback of ours
    source: Source

    @property
    def why_none(self) -> str:
        """Why there is no picture, in a line."""
        return OUR_OWN_FAULT if "\n" in self.trouble else self.trouble


@dataclass(frozen=True, slots=True)
class DayState:
    """A day's file and the verdicts on it."""

    day: Day
    file: Path
    text: str | None = None  # None when the file is not there
    sources: Mapping[str, Source] = field(default_factory=dict)  # of every exercise, in this text
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)  # the last of each, also when out of date
    drawings: Mapping[str, Drawing] = field(default_factory=dict)  # the last of each, also when out of date
    owed: frozenset[str] = frozenset()  # what somebody wants judged, and has not been yet
    problems: Sequence[Problem] = ()  # of the file as a whole

    @property
    def names(self) -> list[str]:
        return [exercise.name for exercise in self.day.exercises]

    def holds(self, name: str) -> bool:
        """Whether there is a verdict on an exercise as it stands."""
        verdict = self.verdicts.get(name)
        return verdict is not None and verdict.holds_for(self.sources[name])

    def drawing_of(self, name: str) -> Drawing | None:
        """The drawing of an exercise as it stands."""
        drawing = self.drawings.get(name)
        return drawing if drawing and drawing.source.fingerprint == self.sources[name].fingerprint else None

    def unsettled(self) -> list[str]:
        """What has to be judged: what is owed, and what has no verdict as it stands."""
        return [name for name in self.names if name in self.owed or not self.holds(name)]

    def line_of(self, name: str) -> int | None:
        """Where an exercise begins in the file; None when that is not known."""
        return self.sources[name].line or None

    def with_text(self, text: str | None) -> DayState:
        """The file was read. Verdicts on exercises that have changed are out of date from now on."""
        if self.sources and text == self.text:
            return self
        return replace(self, text=text, sources=_sources(text, self.names))

    def with_verdict(self, result: ExerciseResult, source: Source) -> DayState:
        """File a verdict, if it is on the exercise as it stands; one on another text changes nothing."""
        verdict, before = Verdict(result, source), self.verdicts.get(result.name)
        if not verdict.holds_for(self.sources[result.name]):
            return self
        same = before is not None and before.source.fingerprint == source.fingerprint
        if before and same and not result.comparison and result.status in ACCEPTED:
            # A save that has much judged compares little; what was compared before has not changed since.
            verdict = replace(verdict, result=replace(result, comparison=before.result.comparison))
        return replace(self, verdicts={**self.verdicts, result.name: verdict}, owed=self.owed - {result.name})


@dataclass(frozen=True, slots=True)
class Grading:
    """The last grading that was begun. What earlier ones still say is of use only where it fits."""

    number: int = 0
    names: tuple[str, ...] = ()
    begun: float = 0.0  # when, in seconds
    checking: frozenset[str] = frozenset()  # not settled yet
    timing: Mapping[str, ExerciseResult] = field(default_factory=dict)  # right so far, and still to be timed
    over: bool = True
    outdated: bool = False  # the file was written before it was over, and has not been read since


@dataclass(frozen=True, slots=True)
class DeeperLook:
    """The last deeper look that was begun: one exercise at a time, while there is nothing to judge."""

    number: int = 0
    name: str = ""  # of the exercise that is being looked at; empty when none is
    # What no verdict came of, for a fault of ours: it is not tried again and again.
    given_up: frozenset[Source] = frozenset()


@dataclass(frozen=True, slots=True)
class Hints:
    """Those of the exercise in focus: so many stages were asked for; folded, they are kept."""

    shown: int = 0
    open: bool = False


@dataclass(frozen=True, slots=True)
class Model:
    """All that the loop knows. The exercise in focus changes when somebody edits another or asks for it, not by passing."""

    tree: Path  # shaped like `exercises/`
    state: DayState
    mode: Mode
    focus: str  # the name of an exercise
    grading: Grading = Grading()
    deeper: DeeperLook = DeeperLook()
    hints: Hints = Hints()
    to_be_drawn: Source | None = None  # the exercise whose picture was asked for last
    status: str = ""  # what just happened, in words
    notices: tuple[str, ...] = ()  # what somebody should be told of, once
    page: tuple[str, str] = (
        "",
        "",
    )  # its address, and what to type elsewhere to reach it; empty where there is none
    seen: Mapping[str, str | None] = field(default_factory=dict)  # day -> its file's text when last read

    @property
    def day(self) -> Day:
        return self.state.day

    def verdicts(self) -> dict[str, ExerciseResult]:
        """The verdicts to be shown: those that hold; and the last there was of what is being judged again, or is away."""
        return {
            name: verdict.result
            for name, verdict in self.state.verdicts.items()
            if name in self.grading.checking or self.state.text is None or self.state.holds(name)
        }

    def passed(self, name: str) -> bool:
        result = self.verdicts().get(name)
        return result is not None and result.status in ACCEPTED

    def first_open(self, after: str = "") -> str:
        """The next core exercise that has not passed, else the next stretch exercise; empty when all have."""
        exercises, verdicts = self.day.exercises, self.verdicts()
        at = next((n for n, exercise in enumerate(exercises) if exercise.name == after), -1)
        left = [
            exercise
            for exercise in (*exercises[at + 1 :], *exercises[: at + 1])
            if exercise.name != after
            and (exercise.name not in verdicts or verdicts[exercise.name].status not in ACCEPTED)
        ]
        return next((e.name for e in sorted(left, key=lambda e: e.stretch)), "")

    # ---- steps that several keys and events have in common

    def saying(self, text: str) -> Model:
        return replace(self, status=text)

    def turned_to(self, name: str) -> Model:
        """With another exercise in focus: what was said of the last one is gone."""
        return self if name == self.focus else replace(self, focus=name, status="", hints=Hints())

    def telling(self, *words: str) -> Model:
        """Say something, and with it what somebody should be told of once."""
        return replace(self, status="\n".join([*words, *self.notices]), notices=())

    def judging(self, names: Iterable[str], now: Moment, *, first: Sequence[str] = ()) -> Step:
        """Have exercises judged, some of them first, and the others in the order of the day. There must be one."""
        state, wanted = self.state, set(names)
        order = dict.fromkeys(name for name in (*first, *state.names) if name in wanted)
        checked = tuple(order)
        number = self.grading.number + 1
        model = replace(
            self,
            state=replace(state, owed=frozenset(checked)),
            grading=Grading(number, checked, now.seconds, frozenset(checked), over=False),
            deeper=replace(self.deeper, name=""),  # it is broken off, as is a picture
            to_be_drawn=None,
            status=f"checking {checked[0]}" + (f" and {len(checked) - 1} more" if checked[1:] else ""),
        )
        return model, (StartGrading(number, self.day, checked, state.text, state.sources),)

    def looking_deeper(self) -> Step:
        """With the next deeper look that is owed, the focus first; with none while something is judged."""
        number, owed = self.deeper.number + 1, self._owed_a_deeper_look()
        busy = not self.grading.over or self.grading.outdated
        if busy or not owed:
            return replace(self, deeper=replace(self.deeper, name="")), ()
        name, state = owed[0], self.state
        look = LookDeeper(number, self.day, state.verdicts[name].result, state.text, state.sources[name])
        return replace(self, deeper=replace(self.deeper, number=number, name=name)), (look,)

    def _owed_a_deeper_look(self) -> list[str]:
        """What has passed the first look and had no deeper one yet."""
        state, verdicts = self.state, self.verdicts()
        return [
            name
            for name in dict.fromkeys([self.focus, *state.names])
            if self.passed(name)
            and verdicts[name].aspect(Aspect.DEEPER) is None
            and state.holds(name)
            and state.sources[name] not in self.deeper.given_up
            and self.day.has_deeper_look(name)
        ]

    def asking_for_a_picture(self) -> Step:
        """With the picture of the focus asked for, once its verdict is known and nothing is being judged."""
        name, state = self.focus, self.state
        source = state.sources[name]
        busy = not self.grading.over or self.grading.outdated or not state.holds(name)
        if busy or state.text is None or source == self.to_be_drawn or state.drawing_of(name):
            return self, ()
        return replace(self, to_be_drawn=source), (DrawPicture(self.day, name, state.text, source),)

    def warm_up(self) -> WarmUp:
        """Have a worker ready for the next save: for the focus first, then for what has not passed yet."""
        rest = sorted(self.state.names, key=self.passed)
        return WarmUp(self.day, tuple(dict.fromkeys([self.focus, *rest])))


Step = tuple[Model, tuple[Effect, ...]]
OWN_FAULT = "the grader's own fault, not yours:"


def own_fault(text: str) -> str:
    """A mistake of ours, as it is told: a traceback, or words."""
    return f"{OWN_FAULT}\n{text}"


def _sources(text: str | None, names: Sequence[str]) -> dict[str, Source]:
    """Every exercise as it stands in a text. One that cannot be told from the rest stands for all of it."""
    found = sources(text or "", names)
    digest = hashlib.sha256((text or "").encode("utf-8", "surrogatepass")).hexdigest()
    whole = Source(f"absent {text is None}, whole {digest}", 0)
    return {name: found.get(name, whole) for name in names}
