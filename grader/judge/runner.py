"""The parent's side: decide who judges what, and put the verdicts together.

First everything but timing, on all processors: the exercises of a day are dealt among several workers. Then the speed
checks, one after another, on a machine that does nothing else of ours. Then, where it is asked for, the deeper look at what
has passed until then, on all processors again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from grader import __version__
from grader.judge import own_faults
from grader.judge.batch import Batch
from grader.judge.day import JudgedDay
from grader.judge.processes import Workers
from grader.judge.tasks import task_of
from grader.kata.catalogue import Day, Selection
from grader.options import UNTIMED, Options
from grader.pictures import Picture
from grader.results import Aspect, ExerciseResult, RunResult


@dataclass(frozen=True, slots=True)
class RunProgress:
    """What is told while a run goes on."""

    day: str
    exercise: str
    check: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who hears of a run while it goes on, one call at a time. What they raise is told as ours, and changes no verdict."""

    progress: Callable[[RunProgress], None] = lambda progress: None
    # Of each exercise, as soon as everything but its timing is known.
    judged: Callable[[Day, ExerciseResult], None] = lambda day, exercise: None
    # Of each exercise with speed checks, as soon as it is timed, too.
    timed: Callable[[Day, ExerciseResult], None] = lambda day, exercise: None
    # Of each picture, and of why there is none: a line for the learner, or a traceback of ours.
    drawn: Callable[[Day, str, Picture | None, str], None] = lambda day, exercise, picture, trouble: None


def grade(
    selections: Sequence[Selection],
    tree: Path,
    workers: Workers,
    options: Options,
    listeners: Listeners = Listeners(),
) -> RunResult:
    """Grade the selected exercises of the files in `tree`, a folder of the shape of `exercises/`.

    Raises nothing for what a learner wrote; the grader's own faults are in the result.
    """
    begin = time.perf_counter()
    # Resolved before threads start workers, which changes the working directory for a moment.
    run = _Run(selections, tree.resolve(), workers, options, listeners)
    interrupted = False
    try:
        run.judge()
        run.time()
        run.look_deeper()
    except KeyboardInterrupt:
        interrupted = True
        workers.kill_all()
    except Exception as error:  # what was judged by then is judged
        own_faults.note(error, run.faults)
    platform = next((day.platform for day in run.days if day.platform), None)
    return RunResult(
        grader=__version__,
        jax=platform.jax if platform else "",
        platform=platform.platform if platform else "",
        seed=options.seed,
        days=tuple(day.result() for day in run.days),
        faults=tuple(dict.fromkeys([*run.faults, *(fault for day in run.days for fault in day.faults)])),
        seconds=time.perf_counter() - begin,
        interrupted=interrupted,
    )


def warm_up(selection: Selection, tree: Path, workers: Workers, options: Options) -> None:
    """Have a worker get ready for these exercises; the next `grade` of their day, with as long a time limit, is quick."""
    task = task_of(selection, selection.day.file_in(tree.resolve()), UNTIMED)
    Batch(task, options, workers, lambda *what: None).warm_up()


class _Run:
    """The days of a run, and who hears of them."""

    def __init__(
        self,
        selections: Sequence[Selection],
        tree: Path,
        workers: Workers,
        options: Options,
        listeners: Listeners,
    ) -> None:
        self.days = [JudgedDay(one, one.day.file_in(tree), options) for one in selections]
        self.faults: list[str] = []  # of those who listen
        self._workers, self._options, self._listeners = workers, options, listeners
        self._one_at_a_time = threading.Lock()  # batches tell from threads of their own

    # ---- first everything but timing

    def judge(self) -> None:
        """Give all verdicts but those on speed and of the deeper look."""
        aspects = tuple(one for one in self._options.aspects if one in UNTIMED)
        if self._options.aspects != (Aspect.DEEPER,):  # after a first look that another run has taken
            names = [[exercise.name for exercise in day.selection.exercises] for day in self.days]
            batches = self._deal(list(zip(self.days, names, strict=True)), aspects)
            self._side_by_side(batches, self._prepare_timing)

    def _deal(
        self, exercises: list[tuple[JudgedDay, Sequence[str]]], aspects: tuple[Aspect, ...]
    ) -> list[Batch]:
        """Deal the exercises of each day among batches, so that all processors have something to do."""
        dealt = []
        # A few days: several workers each.
        each = -(-self._options.parallel // len(exercises)) if exercises else 1
        # The last days first: they are the longest, and what is long should not begin last.
        for day, names in reversed(exercises):
            batches = [
                self._batch(day, tuple(names[start::each]), aspects) for start in range(min(each, len(names)))
            ]
            day.batches += batches
            dealt += batches
        return dealt

    def _batch(self, day: JudgedDay, exercises: tuple[str, ...], aspects: tuple[Aspect, ...]) -> Batch:
        deeper = Aspect.DEEPER in self._options.aspects
        task = task_of(day.selection, day.file, aspects, exercises, text=day.source, deeper=deeper)
        batch = Batch(task, self._options, self._workers, self._tell)
        batch.skip_lines = set().union(*(one.skip_lines for one in day.batches))
        return batch

    def _side_by_side(self, batches: Sequence[Batch], meanwhile: Callable[[], None] = lambda: None) -> None:
        """Run batches on all processors; `meanwhile` is done once one of them is idle. On Ctrl-C their workers are killed."""
        if len(batches) < 2:
            for batch in batches:
                batch.run()
            return
        parallel = self._options.parallel
        with ThreadPoolExecutor(parallel) as pool:
            futures = [pool.submit(batch.run) for batch in batches]
            try:
                for done, future in enumerate(as_completed(futures), start=1):
                    future.result()
                    # A processor has nothing left to do.
                    if done == max(len(batches) - parallel + 1, 1):
                        self._call(meanwhile)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self._workers.kill_all()
                raise

    # ---- then timing

    def _prepare_timing(self) -> None:
        """Have a worker ready for the first day that will be timed, as far as that can be told."""
        day = next((day for day in self.days if day.worth_timing()), None)
        if day:
            self._batch(day, day.worth_timing(), (Aspect.SPEED,)).warm_up()

    def time(self) -> None:
        """Give the verdicts on speed, one day after another."""
        to_time = [day for day in self.days if day.worth_timing()]
        for day, following in zip_longest(to_time, to_time[1:]):
            batch = self._batch(day, day.worth_timing(), (Aspect.SPEED,))
            day.batches.append(batch)
            if following and self._options.parallel > 1:  # gets ready on the other processor
                batch.warm_up()
                self._batch(following, following.worth_timing(), (Aspect.SPEED,)).warm_up()
            batch.run()

    # ---- then the deeper look

    def look_deeper(self) -> None:
        """Give the verdicts of the deeper look, where it is asked for and nothing speaks against an exercise."""
        worth = [(day, day.worth_a_deeper_look()) for day in self.days]
        self._side_by_side(self._deal([one for one in worth if one[1]], (Aspect.DEEPER,)))

    # ---- who hears of it

    def _tell(self, key: str, exercise: str, check: str) -> None:
        """Tell what a batch is doing now, and which exercises of its day have just got their verdicts."""
        with self._one_at_a_time:
            done = sum(len(batch.found.results) for day in self.days for batch in day.batches)
            total = sum(len(day.wanted()) for day in self.days)
            self._call(self._listeners.progress, RunProgress(key, exercise, check, done, total))
            for day in self.days:
                if day.selection.day.key == key:
                    self._announce(day)

    def _announce(self, day: JudgedDay) -> None:
        """Tell what is new of a day."""
        for known in day.just_judged():
            self._call(self._listeners.judged, day.selection.day, known)
        for known in day.just_timed():
            self._call(self._listeners.timed, day.selection.day, known)
        for drawn in day.just_drawn():
            self._call(self._listeners.drawn, day.selection.day, drawn.exercise, drawn.picture, drawn.trouble)

    def _call(self, what: Callable[..., None], *arguments: object) -> None:
        """Do what no verdict depends on; a mistake of ours there is told when the run is over."""
        try:
            what(*arguments)
        except Exception as error:
            own_faults.note(error, self.faults)
