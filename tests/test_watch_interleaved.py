"""Saves, verdicts, keys and worker deaths in a thousand orders: what is on the board is always what was found of the text.

There are no threads and no clock here. A made-up judge is interrupted by other events wherever a thread could be, in an order
drawn from a seed; the labelling of its verdicts (`grade`), `update` and the modes are the real ones.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from grader.kata.catalogue import Day
from grader.pictures import Picture
from grader.report.watch_views import BoardView
from grader.results import ACCEPTED, DayResult, ExerciseResult, RunResult, Status
from grader.watch import grading
from grader.watch.effects import (
    DrawPicture,
    Effect,
    LookDeeper,
    OpenDay,
    OpenEditor,
    ReadFile,
    ReadStandings,
    ResetStub,
    ShowVersions,
    StartGrading,
    StopGrading,
    TryCase,
)
from grader.watch.events import (
    Broken,
    CaseTried,
    DayOpened,
    EditorOpened,
    Event,
    FileRead,
    LookedDeeper,
    Pressed,
    Redraw,
    Saved,
    StandingsRead,
    StubReset,
    Tick,
    VersionsShown,
)
from grader.watch.judge import Drawn
from grader.watch.model import DayState
from grader.watch.update import begun, update
from tests.small_kata import DAY, DAYS, NOW, TREE, result, small_kata, text_of

pytestmark = pytest.mark.usefixtures("small_kata")
__all__ = ["small_kata"]

TIMED = {"mean", "rank"}  # the exercises with a check on speed
LOOKED_AT = {"mean", "norm", "total"}  # those with checks for a deeper look
KEYS = ["n", "h", "l", "s", "r", "a", "e", "t", "x", "y", "o", "up", "down", "enter", "escape", "backspace"]
FILES = {day.file_in(TREE): day.key for day in DAYS}
BODIES = [
    "return 'right'",
    "return 'right at first sight'",
    "return 'wrong'",
    "raise NotImplementedError",
    "return (",
]


@cache
def truth(day: Day, text: str | None) -> dict[str, str]:
    """The fingerprint of each exercise in a text."""
    state = DayState(day, day.file_in(TREE)).with_text(text)
    return {name: source.fingerprint for name, source in state.sources.items()}


class World:
    """The disk, whoever tells of changes, the judge, and the loop; one thing happens at a time."""

    def __init__(self, seed: int, *, faults: bool) -> None:
        self.random, self.faults = random.Random(seed), faults
        self.disk: dict[str, str | None] = {day.key: text_of(day) for day in DAYS}
        self.bodies: dict[str, str] = {}
        self.saves = 0
        self.unheard: list[Saved] = []  # on their way to the queue
        self.queue: deque[Event] = deque()
        self.next: StartGrading | None = None
        self.task: StartGrading | LookDeeper | DrawPicture | None = (
            None  # what is being judged, drawn or looked at
        )
        self.deeper: LookDeeper | None = None  # what is to be looked at once nothing else is to be done
        self.picture: DrawPicture | None = None  # and what is to be drawn
        self.interrupted = self.calm = False
        self.model = begun(DAY, TREE, dict(self.disk))
        self.do(OpenDay(DAY))

    # ---- what may happen at any time

    def something(self) -> None:
        happens: list[Callable[[], None]] = [self.take] * 6 + [self.hear] * 2 + [self.redraw]
        if not self.calm:
            happens += [self.save] * 3 + [self.press] * 2 + [self.write_over, self.delete]
        if not self.queue:
            happens.append(lambda: self.answer(Tick()))
        if self.next and not self.task:
            happens += [self.grade] * 6
        elif self.picture and not self.task:
            happens += [self.draw] * 2
        elif self.deeper and not self.task:
            happens += [self.look_deeper] * 2
        self.random.choice(happens)()

    def take(self) -> None:
        if self.queue:
            self.answer(self.queue.popleft())

    def hear(self) -> None:
        if self.unheard:
            self.queue.append(self.unheard.pop(0))

    def press(self) -> None:
        self.answer(Pressed(self.random.choice(KEYS)))

    def redraw(self) -> None:
        self.answer(Redraw())

    def save(self) -> None:
        """An edit, of the day at hand as a rule. Each is new; an undo comes only while nothing is judged."""
        day = self.model.day if self.random.random() < 0.9 else self.random.choice(DAYS)
        self.saves += 1
        name = self.random.choice(day.exercises).name
        self.bodies[name] = f"{self.random.choice(BODIES)}  # {self.saves}"
        if self.random.random() < 0.2 and not self.task and not self.next:
            self.bodies = {}
        self.write(day, "\n" * self.random.randrange(2) + text_of(day, **self.bodies))

    def write_over(self) -> None:
        """A save that changes nothing."""
        self.write(self.model.day, self.disk[self.model.day.key])

    def delete(self) -> None:
        """Not while a grading goes on that found no file either: that is an undo, too."""
        if not (self.task and self.task.text is None):
            self.write(self.model.day, None)

    def write(self, day: Day, text: str | None) -> None:
        self.disk[day.key] = text
        self.unheard.append(Saved(frozenset({day.file_in(TREE)})))

    # ---- the loop

    def answer(self, event: Event) -> None:
        self.model, effects = update(self.model, event, NOW)
        self.check()
        for effect in effects:
            self.do(effect)

    def do(self, effect: Effect) -> None:
        match effect:
            case OpenDay(day, focus):
                self.answer(DayOpened(day, self.disk[day.key], {}, focus))
            case ReadFile(day):
                self.answer(FileRead(day, self.disk[day.key]))
            case ShowVersions():
                self.answer(VersionsShown([str(number) for number in range(40)]))
            case ReadStandings():
                self.answer(StandingsRead(frozenset()))
            case ResetStub(day, name):
                self.bodies.pop(name, None)
                self.saves += 1
                self.write(day, f"{text_of(day, **self.bodies)}# {self.saves}\n")
                self.answer(StubReset(backup=TREE / "kept"))
            case OpenEditor():
                self.answer(EditorOpened())
            case TryCase():
                self.answer(CaseTried())
            case StartGrading() | StopGrading():
                self.next, self.deeper = effect if isinstance(effect, StartGrading) else None, None
                self.picture = None
                self.interrupted = self.interrupted or self.task is not None
            case LookDeeper():
                assert self.model.grading.over
                self.deeper = effect
            case DrawPicture():
                assert self.model.grading.over
                self.picture = effect
            case _:
                pass

    def check(self) -> None:
        """What must hold after every step."""
        model, state = self.model, self.model.state
        view = model.mode.view(model, NOW)
        now, shown = truth(model.day, state.text), model.verdicts().keys() - model.grading.checking
        for name, verdict in state.verdicts.items():
            of = {check.message for check in verdict.result.checks if check.message}
            assert of <= {verdict.source.fingerprint}, f"{name} is filed under a text that it is not of"
            assert not verdict.result.lead or verdict.result.lead.status is not Status.BLOCKED
            compared = verdict.result.comparison
            assert compared is None or compared.call == verdict.source.fingerprint
            if name in shown and state.text is not None:
                assert verdict.source.fingerprint == now[name], f"the board shows an old verdict on {name}"
        assert model.focus in now
        if isinstance(view, BoardView) and view.picture:
            assert view.picture.caption == now[view.focus], "the board shows the picture of an old text"
        if not model.grading.over and state.text is not None:
            assert model.grading.checking >= set(state.unsettled())
        task = self.next or self.task
        if isinstance(task, StartGrading) and task.number == model.grading.number:
            assert not model.grading.over
        assert model.grading.over or not model.deeper.name
        assert state.owed | model.grading.checking <= now.keys()

    # ---- the judge

    def grade(self) -> None:
        task, self.task, self.next = self.next, self.next, None
        assert task
        self.interrupted = False
        try:
            grading.grade(task, task.day.file_in(TREE), Judge(self), self.queue.append, self.record)
        except ZeroDivisionError:
            self.queue.append(Broken("a bug of ours", task.number))
        self.task = None

    def draw(self) -> None:
        wanted, self.task, self.picture = self.picture, self.picture, None
        assert wanted
        self.interrupted = False
        with suppress(ZeroDivisionError):
            grading.draw(wanted, wanted.day.file_in(TREE), Judge(self), self.queue.append)
        self.task = None

    def look_deeper(self) -> None:
        look, self.task, self.deeper = self.deeper, self.deeper, None
        assert look
        self.interrupted = False
        try:
            file, judge = look.day.file_in(TREE), Judge(self)
            self.queue.append(grading.look_deeper(look, file, judge, self.record))
        except ZeroDivisionError:
            over = LookedDeeper(look.number, look.day.key, look.first.name, faults=["a bug of ours"])
            self.queue.append(over)
        self.task = None

    def record(self, run: RunResult, text: str | None, known: Collection[str]) -> list[str]:
        """What goes on record is labelled with the text that it is of."""
        (day_result,) = run.days
        (day,) = (day for day in DAYS if day.key == day_result.day)
        for exercise in day_result.exercises:
            if exercise.name in known:
                of = {check.message for check in exercise.checks if check.message}
                assert of <= {truth(day, text)[exercise.name]}
        return []

    def settle(self) -> None:
        """Nothing is saved and no key is pressed any more, and nothing of ours fails."""
        self.calm, self.faults = True, False
        while (
            self.unheard
            or self.queue
            or self.next
            or self.picture
            or self.deeper
            or self.model.grading.outdated
        ):
            self.hear()
            self.take()
            if self.next:
                self.grade()
            elif self.picture:
                self.draw()
            elif self.deeper:
                self.look_deeper()
            elif not self.queue:
                self.answer(Tick())


class Judge:
    """Judges by what an answer says of itself, and lets other things happen between any two steps."""

    def __init__(self, world: World) -> None:
        self.world, self.random = world, world.random

    @property
    def interrupted(self) -> bool:
        return self.world.interrupted

    def grade(
        self, day: Day, names: Sequence[str], judged: Callable[[ExerciseResult], None], drawn: Drawn
    ) -> RunResult:
        found: dict[str, ExerciseResult] = {}
        text = self.read(day)
        for name in names:
            if self.random.random() < 0.1:  # a worker has died; another one reads the file
                text = self.read(day)
            self.others()
            if self.interrupted:
                break
            found[name] = self.verdict(day, text, name, timed=None)
            judged(found[name])
        text = self.read(day)  # by the worker that takes the time
        for name in [name for name, one in found.items() if not one.whole and one.status in ACCEPTED]:
            self.others()
            timed = self.verdict(day, text, name, timed=Status.BLOCKED if self.interrupted else Status.PASSED)
            found[name] = result_of_both(found[name], timed)
        self.others()
        if names[0] in found and not self.interrupted:
            drawn(names[0], Picture(truth(day, text)[names[0]], ()), "")
            self.others()
        blocked = [result(name, Status.BLOCKED) for name in names if name not in found]
        exercises = tuple(
            found.get(name) or next(one for one in blocked if one.name == name) for name in names
        )
        return RunResult("", "", "", 0, (DayResult(day.key, day.title, "", exercises),))

    def draw(self, day: Day, name: str, drawn: Drawn) -> RunResult:
        text = self.read(day)
        self.others()
        if not self.interrupted:
            drawn(name, Picture(truth(day, text)[name], ()), "")
        return RunResult("", "", "", 0, ())

    def look_deeper(self, day: Day, name: str) -> RunResult:
        self.others()
        text = self.read(day)
        status = Status.BLOCKED if self.interrupted else Status.PASSED
        if status is Status.PASSED and "at first sight" in _body(text, name):
            status = Status.FAILED
        found = result(name, says=truth(day, text)[name], deeper=status)
        self.others()
        exercise = replace(found, checks=found.checks[1:])
        return RunResult("", "", "", 0, (DayResult(day.key, day.title, "", (exercise,)),))

    def read(self, day: Day) -> str | None:
        self.others()
        return self.world.disk[day.key]

    def others(self) -> None:
        """What happens meanwhile."""
        if self.world.faults and self.random.random() < 0.02:
            raise ZeroDivisionError
        for _ in range(self.random.choice([0, 0, 0, 1, 3])):
            self.world.something()

    def verdict(self, day: Day, text: str | None, name: str, *, timed: Status | None) -> ExerciseResult:
        body = _body(text, name)
        right = "right" in body
        todo = "NotImplemented" in body
        status = Status.PASSED if right else Status.TODO if todo else Status.FAILED
        of = truth(day, text)[name]
        whole = timed is not None or name not in TIMED
        compared = of if right and whole and self.random.random() < 0.5 else ""
        return result(name, status, says=of, timed=timed, whole=whole, compared=compared)


def _body(text: str | None, name: str) -> str:
    """The line that an exercise's body is."""
    return (text or "").partition(f"def {name}(x):\n")[2].partition("\n")[0]


def result_of_both(judged: ExerciseResult, timed: ExerciseResult) -> ExerciseResult:
    """The check on correctness by one worker, that on speed by another."""
    checks = (judged.checks[0], timed.checks[1])
    return ExerciseResult(judged.name, judged.stretch, checks, True, timed.comparison)


@pytest.fixture
def worlds(monkeypatch: pytest.MonkeyPatch) -> list[World]:
    """Those that a test has made. Whoever compares the file with a text reads it in the last one."""
    found: list[World] = []

    def read(file: Path) -> str | None:
        return found[-1].disk[FILES[file]]

    monkeypatch.setattr(grading, "read", read)
    monkeypatch.setattr(Day, "has_deeper_look", lambda day, name: name in LOOKED_AT)
    return found


@pytest.mark.parametrize("faults", [False, True], ids=["sound", "with faults of ours"])
def test_a_thousand_orders_of_saves_and_verdicts(faults: bool, worlds: list[World]) -> None:
    for seed in range(500):
        world = World(seed, faults=faults)
        worlds.append(world)
        for _ in range(20):
            world.something()
        world.settle()
        state = world.model.state
        if faults or state.text is None:  # the next save mends that
            world.write(state.day, f"{text_of(state.day, **world.bodies)}# the last one\n")
            world.settle()
        state = world.model.state
        assert state.text == world.disk[state.day.key], f"seed {seed}"
        assert not state.unsettled(), f"seed {seed}"
        assert not world.model.grading.checking, f"seed {seed}"
        assert world.model.grading.over, f"seed {seed}"
        assert set(world.model.verdicts()) == set(state.names), f"seed {seed}"
        assert not world.model.deeper.name, f"seed {seed}"
        if not faults:
            looked = {name: status(state.text, name) for name in state.names}
            assert {one.name: one.status for one in world.model.verdicts().values()} == looked, f"seed {seed}"


def status(text: str | None, name: str) -> Status:
    """What both looks come to."""
    body = _body(text, name)
    if "NotImplemented" in body:
        return Status.TODO
    right = "right" in body and not ("at first sight" in body and name in LOOKED_AT)
    return Status.PASSED if right else Status.FAILED
