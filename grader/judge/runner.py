"""The parent's side: decide who runs what, and put the verdicts together.

First everything but timing, on all cores: the exercises of a day are dealt among several workers. Then the speed
checks, one after another, on a machine that does nothing else of ours.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

from grader import __version__
from grader.judge import processes
from grader.judge.batch import Batch, RunProgress
from grader.kata.catalogue import Day, Exercise, Selection
from grader.results import (
    ACCEPTED,
    Aspect,
    CheckResult,
    DayResult,
    ExerciseResult,
    RunResult,
    Spoiled,
    without_running,
)
from grader.worker.protocol import Check

CHECK_TIMEOUT = 20.0  # seconds, as a worker counts them
MEMORY_LIMIT = 4 * 2**30  # bytes
UNTIMED = (Aspect.CORRECT, Aspect.JIT)

Listener = Callable[[RunProgress], None]
OnJudged = Callable[[Day, ExerciseResult], None]


def grade(
    selections: Sequence[Selection],
    tree: Path,
    workers: processes.Workers,
    *,
    seed: int,
    with_speed: bool = True,
    check_timeout: float = CHECK_TIMEOUT,
    memory_limit: int | None = None,
    listener: Listener = lambda progress: None,
    judged: OnJudged = lambda day, exercise: None,
    parallel: int | None = None,
    compare: bool | Collection[str] = False,
) -> RunResult:
    """Grade the selected exercises of the files in `tree`, a folder of the shape of `exercises/`.

    `check_timeout` is in seconds and holds for each check; `memory_limit` is in bytes and holds for each worker (half
    of the machine's memory, at most 4 GiB, by default); `parallel` is the number of workers at a time (the
    number of processors by default). `judged` hears of each exercise as soon as everything but its timing is known.
    `compare` sets what passes beside the reference: all exercises, or these.
    Raises nothing for what a learner wrote; the grader's own faults are in the result.
    """
    begin = time.perf_counter()
    tree = tree.resolve()  # before threads start workers, which changes the working directory for a moment
    parallel = parallel or _processors()
    memory = memory_limit or min(processes.total_memory() // 2, MEMORY_LIMIT)
    days = [_Day(selection, tree) for selection in selections]
    aspects_of_the_run = tuple(Aspect) if with_speed else UNTIMED

    def batch(day: _Day, names: Iterable[str], aspects: tuple[Aspect, ...]) -> Batch:
        exercises = tuple(names)
        return Batch(
            day.selection.day,
            day.file,
            exercises,
            aspects,
            workers,
            seed,
            check_timeout,
            memory,
            tell,
            compare=aspects_of_the_run if compare else (),
            compared=frozenset(exercises if isinstance(compare, bool) else compare),
        )

    def tell(day: str, exercise: str, check: str) -> None:
        batches = [batch for one in days for batch in one.batches]
        total = sum(len(one.wanted(with_speed)) for one in days)
        listener(RunProgress(day, exercise, check, sum(len(batch.results) for batch in batches), total))
        for one in days:
            if one.selection.day.key == day:
                for known in one.just_judged():
                    judged(one.selection.day, known)

    def prepare_timing() -> None:
        """Have a worker ready for the first day that will be timed, as far as that can be told."""
        for day in days:
            if with_speed and day.worth_timing():
                batch(day, day.worth_timing(), (Aspect.SPEED,)).rehearse()
                return

    interrupted = False
    try:
        each = -(-parallel // len(days)) if days else 1  # a few days: several workers each
        for day in days:
            names = [exercise.name for exercise in day.selection.exercises]
            day.batches = [batch(day, names[start::each], UNTIMED) for start in range(min(each, len(names)))]
        # The last days first: they are the longest, and what is long should not begin last.
        _run([one for day in reversed(days) for one in day.batches], parallel, workers, prepare_timing)
        if with_speed:
            to_time = [day for day in days if day.worth_timing() and not day.faults]
            for day, following in zip_longest(to_time, to_time[1:]):
                last = batch(day, day.worth_timing(), (Aspect.SPEED,))
                last.skip_lines = set().union(*(one.skip_lines for one in day.batches))
                day.batches.append(last)
                if following and parallel > 1:  # gets ready on the other processor
                    last.rehearse()
                    batch(following, following.worth_timing(), (Aspect.SPEED,)).rehearse()
                last.run()
    except KeyboardInterrupt:
        interrupted = True
        workers.kill_all()
    platform = next((one.platform for day in days for one in day.batches if one.platform), {})
    return RunResult(
        grader=__version__,
        jax=platform.get("jax", ""),
        platform=platform.get("platform", ""),
        seed=seed,
        days=tuple(day.result(with_speed) for day in days),
        faults=tuple(dict.fromkeys(fault for day in days for fault in day.faults)),
        seconds=time.perf_counter() - begin,
        interrupted=interrupted,
    )


def rehearse(
    selection: Selection, tree: Path, workers: processes.Workers, *, check_timeout: float = CHECK_TIMEOUT
) -> None:
    """Have a worker get ready for these exercises; the next `grade` of their day, with as long a time limit, is quick."""
    names = tuple(exercise.name for exercise in selection.exercises)
    file = selection.day.file_in(tree.resolve())
    Batch(selection.day, file, names, UNTIMED, workers, 0, check_timeout, 0, lambda *what: None).rehearse()


def _run(
    batches: Sequence[Batch], parallel: int, workers: processes.Workers, when_idle: Callable[[], None]
) -> None:
    """Run batches side by side; say when a processor has nothing left to do. On Ctrl-C their workers are killed."""
    if len(batches) == 1:
        batches[0].run()
        return
    with ThreadPoolExecutor(parallel) as pool:
        futures = [pool.submit(batch.run) for batch in batches]
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                future.result()
                if done == max(len(batches) - parallel + 1, 1):
                    when_idle()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            workers.kill_all()
            raise


class _Day:
    """The batches of one day and what they found, put together."""

    def __init__(self, selection: Selection, tree: Path) -> None:
        self.selection = selection
        self.file = selection.day.file_in(tree)
        self.source = _text_of(self.file)
        self.batches: list[Batch] = []
        self._announced: set[str] = set()

    @property
    def checks(self) -> dict[str, Check]:
        """All checks of the selected exercises, in the order of the day."""
        found = {check.id: check for batch in self.batches for check in batch.checks}
        names = [exercise.name for exercise in self.selection.exercises]
        ordered = sorted(found.values(), key=lambda check: names.index(check.exercise))
        return {check.id: check for check in ordered}

    @property
    def verdicts(self) -> dict[str, CheckResult]:
        return {identity: result for batch in self.batches for identity, result in batch.results.items()}

    @property
    def faults(self) -> list[str]:
        return [fault for batch in self.batches for fault in batch.faults]

    def wanted(self, with_speed: bool) -> list[Check]:
        return [check for check in self.checks.values() if with_speed or check.aspect is not Aspect.SPEED]

    def worth_timing(self) -> list[str]:
        """The exercises with speed checks that nothing speaks against."""
        spoiled = self._spoiled()
        timed = {check.exercise for check in self.checks.values() if check.aspect is Aspect.SPEED}
        return [e.name for e in self.selection.exercises if e.name in timed and e.name not in spoiled]

    def _spoiled(self) -> dict[str, Spoiled]:
        spoiled: dict[str, Spoiled] = {}
        for identity, result in self.verdicts.items():
            if result.counts_against:
                spoiled.setdefault(identity.partition(".")[0], Spoiled(result.status, result.aspect))
        return spoiled

    def just_judged(self) -> list[ExerciseResult]:
        """The exercises that have all verdicts but those on speed, each of them once."""
        fresh = [
            exercise
            for exercise in self.selection.exercises
            if exercise.name not in self._announced
            and any(
                exercise.name in batch.exercises and batch.settled(exercise.name) for batch in self.batches
            )
        ]
        self._announced.update(exercise.name for exercise in fresh)
        return [self._exercise(exercise, with_speed=False) for exercise in fresh]

    def _exercise(self, exercise: Exercise, with_speed: bool) -> ExerciseResult:
        spoiled, verdicts, checks = self._spoiled().get(exercise.name), self.verdicts, []
        for check in self.wanted(with_speed):
            if check.exercise == exercise.name:
                verdict = verdicts.get(check.id)
                verdict = verdict or without_running(check.name, check.aspect, exercise.name, spoiled)
                checks.append(verdict or CheckResult.not_run(check.name, check.aspect))
        known = sum(check.exercise == exercise.name for check in self.checks.values())
        return ExerciseResult(exercise.name, exercise.stretch, tuple(checks), whole=len(checks) == known)

    def _compared(self, exercise: Exercise, with_speed: bool) -> ExerciseResult:
        result = self._exercise(exercise, with_speed)
        if result.status not in ACCEPTED:
            return result
        found = {name: one for batch in self.batches for name, one in batch.comparisons.items()}
        return replace(result, comparison=found.get(exercise.name))

    def result(self, with_speed: bool) -> DayResult:
        exercises = [self._compared(exercise, with_speed) for exercise in self.selection.exercises]
        day, first = self.selection.day, self.batches[:1]
        problems = tuple(dict.fromkeys(problem for batch in self.batches for problem in batch.problems))
        output = first[0].output if first else ""
        whole = len(exercises) == len(day.exercises)
        return DayResult(
            day.key,
            day.title,
            str(self.file),
            tuple(exercises),
            problems,
            output,
            whole,
            devices=next((batch.platform["devices"] for batch in self.batches if batch.platform), ""),
            source=self.source if self.source == _text_of(self.file) else None,
        )


def _text_of(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _processors() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


__all__ = ["CHECK_TIMEOUT", "RunProgress", "grade"]
