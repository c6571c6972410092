"""The thread of gradings, and what else `watch` does outside: one after another, nothing lost, labelled with its text."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from grader.kata import catalogue
from grader.kata.catalogue import Day
from grader.record.store import AttemptLog
from grader.results import DayResult, ExerciseResult, RunResult, Status
from grader.watch.carrying_out import Handlers
from grader.watch.effects import LookDeeper, OpenDay, OpenEditor, StartGrading, WarmUp
from grader.watch.events import (
    Broken,
    DayOpened,
    EditorOpened,
    Event,
    Graded,
    Judged,
    LookedDeeper,
)
from grader.watch.grading import Gradings, grade, recording_in
from grader.watch.judge import Drawn
from grader.watch.model import DayState
from grader.watch.terminal import Keys
from tests.small_kata import DAY, NEXT, result, small_kata, text_of

pytestmark = pytest.mark.usefixtures("small_kata")
__all__ = ["small_kata"]

SOON = 20.0  # seconds after which a test gives up


class Judge:
    """Says that all is right. `hold` stops it at an exercise until it is interrupted or let go; `fail` is a bug of ours."""

    def __init__(self) -> None:
        self.hold = self.fail = ""
        self.holding, self.let_go, self.warmed, self.looking = (threading.Event() for _ in range(4))
        self.interrupted = False
        self.warm: list[tuple[str, ...]] = []

    def grade(
        self, day: Day, names: Sequence[str], judged: Callable[[ExerciseResult], None], drawn: Drawn
    ) -> RunResult:
        found = []
        for name in names:
            if name == self.fail:
                raise RuntimeError("a bug of ours")
            if name == self.hold:
                self.holding.set()
                assert self.let_go.wait(SOON)
            if self.interrupted:
                break
            found.append(result(name))
            judged(found[-1])
        found += [result(name, Status.BLOCKED) for name in names[len(found) :]]
        return RunResult("", "", "", 0, (DayResult(day.key, day.title, "", tuple(found)),))

    def draw(self, day: Day, name: str, drawn: Drawn) -> RunResult:
        drawn(name, None, "there is nothing to draw")
        return RunResult("", "", "", 0, ())

    def look_deeper(self, day: Day, name: str) -> RunResult:
        self.looking.set()
        if name == self.hold:
            assert self.let_go.wait(SOON)
        status = Status.BLOCKED if self.interrupted else Status.FAILED
        found = result(name, deeper=status)
        exercise = replace(found, checks=found.checks[1:])
        faults = ("a fault of ours",) if name == self.fail else ()
        return RunResult("", "", "", 0, (DayResult(day.key, day.title, "", (exercise,)),), faults)

    def warm_up(self, day: Day, names: Sequence[str]) -> None:
        self.warm.append(tuple(names))
        self.warmed.set()

    def interrupt(self) -> None:
        self.interrupted = True
        self.let_go.set()

    def go_on(self) -> None:
        self.interrupted = False


class Bench:
    """Gradings of a file, the events that they send, and what they have recorded."""

    def __init__(self, tree: Path) -> None:
        self.file, self.judge = DAY.file_in(tree), Judge()
        self.file.parent.mkdir()
        self.file.write_text(text_of(), encoding="utf-8")
        self.events: queue.SimpleQueue[Judged | Graded | LookedDeeper | Broken] = queue.SimpleQueue()
        self.recorded: list[set[str]] = []
        self.statuses: list[str] = []
        self.gradings = Gradings(tree, self.judge, self.events.put, self.record)

    def record(self, run: RunResult, text: str | None, known: Collection[str]) -> list[str]:
        self.recorded.append(set(known))
        self.statuses += [one.status.value for one in run.days[0].exercises]
        return []

    def grading(self, number: int, *names: str) -> StartGrading:
        state = DayState(DAY, self.file).with_text(self.file.read_text(encoding="utf-8"))
        return StartGrading(number, DAY, names or tuple(state.names), state.text, state.sources)

    def look(self, number: int, name: str) -> LookDeeper:
        grading = self.grading(0, name)
        return LookDeeper(number, DAY, result(name), grading.text, grading.sources[name])

    def looked(self) -> LookedDeeper:
        event = self.events.get(timeout=SOON)
        assert isinstance(event, LookedDeeper)
        return event

    def until_over(self, number: int) -> list[str]:
        """The events up to the end of a grading, each in a word."""
        told = []
        while True:
            event = self.events.get(timeout=SOON)
            assert not isinstance(event, LookedDeeper)
            if isinstance(event, Judged):
                told.append(f"{event.grading} {event.result.name}")
            else:
                told.append(f"{event.grading} {'over' if isinstance(event, Graded) else 'broken'}")
                if event.grading == number:
                    return list(dict.fromkeys(told))  # final verdicts come a second time with the result


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_newer_grading_breaks_the_last_one_off_and_what_that_found_is_recorded(bench: Bench) -> None:
    bench.judge.hold = "norm"
    bench.gradings.start(bench.grading(1))
    assert bench.judge.holding.wait(SOON)
    bench.judge.hold = ""
    bench.gradings.start(bench.grading(2, "rank"))
    assert bench.until_over(2) == ["1 mean", "1 over", "2 rank", "2 over"]
    bench.gradings.close()
    assert bench.recorded == [{"mean"}, {"rank"}]


def test_whoever_leaves_loses_nothing_that_was_judged(bench: Bench) -> None:
    bench.judge.hold = "norm"
    bench.gradings.start(bench.grading(1))
    assert bench.judge.holding.wait(SOON)
    bench.gradings.close()
    assert bench.recorded == [{"mean"}]
    bench.gradings.close()  # a second time changes nothing


def test_a_fault_of_ours_ends_one_grading_and_not_the_thread(bench: Bench) -> None:
    bench.judge.fail = "norm"
    bench.gradings.start(bench.grading(1))
    assert bench.until_over(1) == ["1 mean", "1 broken"]
    bench.judge.fail = ""
    bench.gradings.start(bench.grading(2))
    assert bench.until_over(2)[-1] == "2 over"
    bench.gradings.close()


def test_a_worker_gets_ready_when_nothing_is_judged_and_saves_go_before_it(bench: Bench) -> None:
    bench.judge.hold = "mean"
    bench.gradings.start(bench.grading(1))
    assert bench.judge.holding.wait(SOON)
    bench.gradings.warm_up(WarmUp(DAY, ("rank",)))  # of no use any more after the next save
    bench.judge.hold = ""
    bench.gradings.start(bench.grading(2))
    bench.until_over(2)
    assert bench.judge.warm == []
    bench.judge.hold = "norm"
    bench.judge.holding.clear()
    bench.judge.let_go.clear()
    bench.gradings.start(bench.grading(3))
    assert bench.judge.holding.wait(SOON)
    bench.gradings.warm_up(WarmUp(DAY, ("norm",)))
    assert bench.judge.warm == []
    bench.judge.let_go.set()
    assert bench.judge.warmed.wait(SOON)
    assert bench.judge.warm == [("norm",)]
    assert bench.until_over(3)[-1] == "3 over"
    bench.gradings.close()


def test_what_is_stopped_says_what_it_found(bench: Bench) -> None:
    bench.judge.hold = "rank"
    bench.gradings.start(bench.grading(1))
    assert bench.judge.holding.wait(SOON)
    bench.gradings.stop()
    assert bench.until_over(1) == ["1 mean", "1 norm", "1 over"]
    bench.gradings.close()


def test_a_deeper_look_is_recorded_with_the_first_one(bench: Bench) -> None:
    look = bench.look(1, "mean")
    bench.gradings.look_deeper(look)
    over = bench.looked()
    assert over.result
    assert [check.aspect.value for check in over.result.checks] == ["correct", "deeper"]
    assert (over.source, over.result.taken_back) == (look.source, True)
    bench.file.write_text(text_of(rank="return x"), encoding="utf-8")  # and nobody has heard of it yet
    bench.gradings.look_deeper(look)
    assert bench.looked().source is None
    bench.gradings.close()
    assert bench.recorded == [{"mean"}, set()]
    assert bench.statuses == ["failed", "failed"]


@pytest.mark.parametrize("how", ["a save", "another day", "leaving"])
def test_a_deeper_look_is_broken_off_at_once_and_nothing_of_it_recorded(bench: Bench, how: str) -> None:
    bench.judge.hold = "mean"
    bench.gradings.look_deeper(bench.look(1, "mean"))
    assert bench.judge.looking.wait(SOON)
    bench.judge.hold = ""
    if how == "a save":
        bench.gradings.start(bench.grading(1, "norm"))
    elif how == "another day":
        bench.gradings.stop()
    else:
        bench.gradings.close()
    assert bench.looked().result is None
    if how == "a save":
        assert bench.until_over(1) == ["1 norm", "1 over"]
    bench.gradings.close()
    assert bench.recorded == ([{"norm"}] if how == "a save" else [])


def test_a_deeper_look_waits_for_all_else_and_gives_way_to_what_comes_before_it_begins(bench: Bench) -> None:
    bench.judge.hold = "norm"
    bench.gradings.start(bench.grading(1, "norm"))
    assert bench.judge.holding.wait(SOON)
    bench.gradings.look_deeper(bench.look(1, "mean"))
    bench.gradings.warm_up(WarmUp(DAY, ("rank",)))
    assert not bench.judge.looking.is_set()
    bench.judge.let_go.set()
    assert bench.until_over(1)[-1] == "1 over"
    assert bench.looked().number == 1
    assert bench.judge.warm == [("rank",)]
    bench.judge.holding.clear()
    bench.judge.let_go.clear()
    bench.gradings.start(bench.grading(2, "norm"))
    assert bench.judge.holding.wait(SOON)
    bench.judge.hold = ""
    bench.gradings.look_deeper(bench.look(2, "mean"))
    bench.gradings.start(bench.grading(3, "norm"))
    assert bench.until_over(3)[-1] == "3 over"  # and no look: that was of another text
    bench.gradings.close()


def test_a_fault_in_a_deeper_look_is_told_and_records_nothing(bench: Bench) -> None:
    bench.judge.fail = "mean"
    bench.gradings.look_deeper(bench.look(1, "mean"))
    over = bench.looked()
    assert (over.result, over.faults) == (None, ("a fault of ours",))
    bench.gradings.close()
    assert bench.recorded == []


def test_a_thousand_saves_one_upon_the_other_end_with_the_last(bench: Bench) -> None:
    gradings = [bench.grading(number) for number in range(1, 1001)]
    for one in gradings:
        bench.gradings.start(one)
    told = bench.until_over(1000)
    assert told[-4:] == ["1000 mean", "1000 norm", "1000 rank", "1000 over"]
    numbers = [int(words.split()[0]) for words in told]
    assert numbers == sorted(numbers)  # never two at a time
    bench.gradings.close()


def test_a_verdict_says_of_which_text_it_is_as_long_as_that_is_known(bench: Bench) -> None:
    events: list[Judged | Graded | LookedDeeper | Broken] = []
    grading = bench.grading(1)

    class Meanwhile(Judge):
        def grade(
            self, day: Day, names: Sequence[str], judged: Callable[[ExerciseResult], None], drawn: Drawn
        ) -> RunResult:
            def judged_then_saved(exercise: ExerciseResult) -> None:
                judged(exercise)
                if exercise.name == "mean":
                    bench.file.write_text(text_of(rank="return x"), encoding="utf-8")

            return super().grade(day, names, judged_then_saved, drawn)

    grade(grading, bench.file, Meanwhile(), events.append, bench.record)
    sources = {event.result.name: event.source for event in events if isinstance(event, Judged)}
    assert sources == {"mean": grading.sources["mean"], "norm": None, "rank": None}
    assert isinstance(events[-1], Graded)
    assert events[-1].outdated
    assert bench.recorded == [{"mean"}]
    bench.gradings.close()


def test_what_was_judged_is_recorded_with_its_text_where_that_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # the real days
    day = catalogue.find_day("day01")
    text = day.solution.read_text(encoding="utf-8")
    exercises = tuple(result(name) for name in ("softmax", "masked_mean"))
    run = RunResult("", "", "", 0, (DayResult(day.key, day.title, "", exercises),))
    log = AttemptLog(tmp_path)
    assert recording_in(log)(run, text, {"softmax"}) == []
    last = log.last(day.key)
    assert (
        last["softmax"].fingerprint == DayState(day, tmp_path).with_text(text).sources["softmax"].fingerprint
    )
    assert last["masked_mean"].fingerprint == ""
    (tmp_path / "file").touch()
    (notice,) = recording_in(AttemptLog(tmp_path / "file"))(run, text, {"softmax"})
    assert notice.startswith("progress is not recorded: ")
    assert recording_in(None)(run, text, {"softmax"}) == []


# ---- outside


def test_an_editor_finds_folder_and_environment_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To start a worker, the whole process goes elsewhere for a moment, with another environment."""
    editor = tmp_path / "vim"
    editor.write_text(f'#!/bin/sh\necho "$PWD $MINE" > {tmp_path}/told\n')
    editor.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(editor))
    monkeypatch.setenv("MINE", "mine")
    monkeypatch.chdir(tmp_path)
    bench = Bench(tmp_path)
    handlers = Handlers(tmp_path, bench.gradings, None, Keys(), lambda day, name: [])
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for name in ("VISUAL", "MINE"):
        monkeypatch.delenv(name)
    assert handlers.carry_out(OpenEditor(bench.file, 1)) == EditorOpened()
    assert (tmp_path / "told").read_text() == f"{tmp_path} mine\n"
    bench.gradings.close()


class Keyboard(Keys):
    """Keys in a test, which has no terminal."""

    available = True  # type: ignore[assignment]


def test_an_editor_that_is_not_there_is_told_before_somebody_counts_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", "no-such-editor --wait")
    monkeypatch.delenv("EDITOR", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    bench = Bench(tmp_path)
    for name, instead in (("", "set them anew for e"), ("nano", "e opens nano")):
        if name:
            (tmp_path / name).touch(mode=0o755)
        handlers = Handlers(tmp_path, bench.gradings, None, Keyboard(), lambda day, name: [])
        first, second = (handlers.carry_out(OpenDay(NEXT)) for _ in range(2))
        assert isinstance(first, DayOpened)
        (notice,) = first.notices
        assert notice.startswith(f"$VISUAL names no-such-editor, which cannot be started: {instead}")
        assert second == DayOpened(NEXT, None, {}, "", [])
    bench.gradings.close()


def test_files_of_all_days_are_known_as_far_as_they_are_there(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    handlers = Handlers(tmp_path, bench.gradings, None, Keys(), lambda day, name: [])
    assert handlers.texts() == {"day01": text_of(), "day02": None}
    assert handlers.carry_out(OpenDay(NEXT, "total")) == DayOpened(NEXT, None, {}, "total", [])
    bench.gradings.close()


def test_who_listens_and_fails_is_told_as_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from grader.watch import listeners

    def broken(*arguments: object, **named: object) -> None:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(listeners.watchfiles, "watch", broken)
    told: queue.SimpleQueue[Event] = queue.SimpleQueue()
    with listeners.listening(tmp_path, Keys(), told.put, poll=False):
        event = told.get(timeout=SOON)
    assert isinstance(event, Broken)
    assert "RuntimeError: a bug of ours" in event.text
