"""Who judges for `watch`: warm workers, through the same runner as any other grading."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from grader.judge import processes, runner
from grader.kata.catalogue import Day, Selection
from grader.options import UNTIMED, Options
from grader.pictures import Picture
from grader.results import Aspect, ExerciseResult, RunResult

_COMPARED = 3  # exercises at most that are set beside the reference after a save: each takes a moment

Drawn = Callable[[str, Picture | None, str], None]  # an exercise, its picture, why it is missing


class Judge(Protocol):
    """Who judges. `interrupt` comes from another thread than the rest."""

    def grade(
        self, day: Day, names: Sequence[str], judged: Callable[[ExerciseResult], None], drawn: Drawn
    ) -> RunResult: ...
    def draw(self, day: Day, name: str, drawn: Drawn) -> RunResult: ...
    def look_deeper(self, day: Day, name: str) -> RunResult: ...
    def warm_up(self, day: Day, names: Sequence[str]) -> None: ...
    def interrupt(self) -> None: ...
    def go_on(self) -> None: ...
    @property
    def interrupted(self) -> bool: ...


class WorkerJudge:
    """Judges a tree shaped like `exercises/` with warm workers. All that `watch` asks of the runner is asked here."""

    def __init__(self, tree: Path, workers: processes.Workers, check_timeout: float) -> None:
        self._tree, self._workers, self._timeout = tree, workers, check_timeout
        self._day = ""  # the one that workers have warmed up for

    def grade(
        self, day: Day, names: Sequence[str], judged: Callable[[ExerciseResult], None], drawn: Drawn
    ) -> RunResult:
        """Judge exercises in this order, and draw the first.

        `judged` hears of each as soon as everything but its timing is known, and again when it is timed; `drawn` of its picture.
        """
        self._let_go_of_others(day)
        return runner.grade(
            [_selection(day, names)],
            self._tree,
            self._workers,
            Options(
                seed=secrets.randbelow(2**31),
                check_timeout=self._timeout,
                parallel=1,  # one worker that has warmed up is quicker than two that have not
                compare=frozenset(names if len(names) <= _COMPARED else names[:1]),
                pictures=frozenset(names[:1]),
            ),
            runner.Listeners(
                judged=lambda _, result: judged(result),
                timed=lambda _, result: judged(result),
                drawn=lambda _, name, picture, trouble: drawn(name, picture, trouble),
            ),
        )

    def draw(self, day: Day, name: str, drawn: Drawn) -> RunResult:
        """Make the picture of an exercise, by a worker that leaves the processors to others. Its verdicts are nobody's affair."""
        self._let_go_of_others(day)
        options = Options(
            seed=secrets.randbelow(2**31),
            aspects=UNTIMED,
            check_timeout=self._timeout,
            parallel=1,
            background=True,
            pictures=frozenset({name}),
        )
        listeners = runner.Listeners(drawn=lambda _, name, picture, trouble: drawn(name, picture, trouble))
        return runner.grade([_selection(day, [name])], self._tree, self._workers, options, listeners)

    def look_deeper(self, day: Day, name: str) -> RunResult:
        """The checks of the deeper look alone, by a worker that leaves the processors to others."""
        self._let_go_of_others(day)
        options = Options(
            seed=secrets.randbelow(2**31),
            aspects=(Aspect.DEEPER,),
            check_timeout=self._timeout,
            parallel=1,
            background=True,
        )
        return runner.grade([_selection(day, [name])], self._tree, self._workers, options)

    def warm_up(self, day: Day, names: Sequence[str]) -> None:
        """Have a worker ready that has warmed up for these exercises in this order."""
        self._let_go_of_others(day)
        options = Options(seed=0, check_timeout=self._timeout, pictures=frozenset(names))
        runner.warm_up(_selection(day, names), self._tree, self._workers, options)

    def interrupt(self) -> None:
        """Have `grade` come back soon, with what is known by then."""
        self._workers.interrupt()

    def go_on(self) -> None:
        self._workers.go_on()

    @property
    def interrupted(self) -> bool:
        return self._workers.stopped

    def _let_go_of_others(self, day: Day) -> None:
        """End the workers that have warmed up for another day."""
        if day.key != self._day:
            self._workers.dismiss()
            self._day = day.key


def _selection(day: Day, names: Sequence[str]) -> Selection:
    return Selection(day, tuple(day.exercise(name) for name in names))
