"""One day of a run: the batches that judge it, and what they found, put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from grader.judge.batch import Batch
from grader.kata.catalogue import Exercise, Selection
from grader.options import UNTIMED, Options
from grader.results import ACCEPTED, Aspect, CheckResult, DayResult, ExerciseResult
from grader.source.blocks import parsed
from grader.worker.protocol import Check, Drawn, Platform
from grader.worker.spoiled import Spoiled, spoiled_by, without_running


class JudgedDay:
    """The selected exercises of one day, in a learner's file."""

    def __init__(self, selection: Selection, file: Path, options: Options) -> None:
        self.selection, self.file, self.options = selection, file, options
        self.source = _text_of(
            file
        )  # what is judged, whatever is saved meanwhile; None when it cannot be read
        self.batches: list[Batch] = []
        self._announced: set[str] = set()  # with all but their timing
        self._announced_as_timed: set[str] = set()
        self._announced_as_drawn: set[str] = set()

    # ---- what is known so far

    @property
    def checks(self) -> dict[str, Check]:
        """All checks of the selected exercises, in the order of the day."""
        found = {identity: check for batch in self.batches for identity, check in batch.found.checks.items()}
        names = [exercise.name for exercise in self.selection.exercises]
        return dict(sorted(found.items(), key=lambda pair: names.index(pair[1].exercise)))

    @property
    def verdicts(self) -> dict[str, CheckResult]:
        """The verdicts that were given, by check."""
        return {
            identity: result for batch in self.batches for identity, result in batch.found.results.items()
        }

    @property
    def pictures(self) -> dict[str, Drawn]:
        """The pictures that were made, by exercise."""
        return {name: drawn for batch in self.batches for name, drawn in batch.found.pictures.items()}

    @property
    def faults(self) -> list[str]:
        """The grader's own."""
        return [fault for batch in self.batches for fault in batch.found.faults]

    @property
    def platform(self) -> Platform | None:
        """What it ran on; None when no worker came that far."""
        return next((batch.found.platform for batch in self.batches if batch.found.platform), None)

    def wanted(self) -> list[Check]:
        """The checks that the run is asked for."""
        return [check for check in self.checks.values() if check.aspect in self.options.aspects]

    def worth_timing(self) -> tuple[str, ...]:
        """The exercises with speed checks that nothing speaks against; none once the grader has given up on some."""
        timed = {check.exercise for check in self.checks.values() if check.aspect is Aspect.SPEED}
        return self._worth(Aspect.SPEED, timed.__contains__)

    def worth_a_deeper_look(self) -> tuple[str, ...]:
        """The exercises with checks for the deeper look that nothing speaks against, as for timing."""
        return self._worth(Aspect.DEEPER, self.selection.day.has_deeper_look)

    def _worth(self, aspect: Aspect, has_some: Callable[[str], bool]) -> tuple[str, ...]:
        if aspect not in self.options.aspects or any(batch.given_up for batch in self.batches):
            return ()
        spoiled = self._spoiled()
        names = [exercise.name for exercise in self.selection.exercises]
        return tuple(name for name in names if has_some(name) and name not in spoiled)

    def just_judged(self) -> list[ExerciseResult]:
        """The exercises that have all verdicts but those on speed and of the deeper look, each of them once."""
        untimed = [check for check in self.wanted() if check.aspect in UNTIMED]
        fresh = [
            exercise
            for exercise in self.selection.exercises
            if untimed
            and exercise.name not in self._announced
            and any(
                exercise.name in batch.task.exercises and batch.settled(exercise.name)
                for batch in self.batches
            )
        ]
        self._announced.update(exercise.name for exercise in fresh)
        return [self._exercise(exercise, untimed) for exercise in fresh]

    def just_timed(self) -> list[ExerciseResult]:
        """The exercises with speed checks that have the verdicts on these, too, each of them once."""
        verdicts, wanted = self.verdicts, self.wanted()
        fresh = [
            exercise
            for exercise in self.selection.exercises
            if exercise.name in self._announced - self._announced_as_timed
            and any(check.exercise == exercise.name and check.aspect is Aspect.SPEED for check in wanted)
            and all(check.id in verdicts for check in wanted if check.exercise == exercise.name)
        ]
        self._announced_as_timed.update(exercise.name for exercise in fresh)
        return [self._exercise(exercise, wanted) for exercise in fresh]

    def just_drawn(self) -> list[Drawn]:
        """What there is of pictures since it was last asked."""
        fresh = [drawn for name, drawn in self.pictures.items() if name not in self._announced_as_drawn]
        self._announced_as_drawn.update(drawn.exercise for drawn in fresh)
        return fresh

    def _spoiled(self) -> dict[str, Spoiled]:
        spoiled: dict[str, Spoiled] = {}
        for identity, result in self.verdicts.items():
            if result.counts_against:
                spoiled.setdefault(identity.partition(".")[0], spoiled_by(result))
        return spoiled

    # ---- what comes of it

    def result(self) -> DayResult:
        """All verdicts; a check that nobody came to is said to be that."""
        day = self.selection.day
        exercises = tuple(
            self._with_picture(self._with_comparison(exercise)) for exercise in self.selection.exercises
        )
        problems = [problem for batch in self.batches for problem in batch.found.problems]
        return DayResult(
            day.key,
            day.title,
            str(self.file),
            exercises,
            problems=tuple(dict.fromkeys(problems)),
            output=self.batches[0].found.output if self.batches else "",
            whole=len(exercises) == len(day.exercises),
            devices=self.platform.devices if self.platform else "",
            source=self.source,
        )

    def _exercise(self, exercise: Exercise, wanted: list[Check]) -> ExerciseResult:
        """An exercise with its verdicts on some of its checks."""
        spoiled, verdicts, results = self._spoiled().get(exercise.name), self.verdicts, []
        for check in wanted:
            if check.exercise == exercise.name:
                verdict = verdicts.get(check.id)
                verdict = verdict or without_running(check.name, check.aspect, exercise.name, spoiled)
                results.append(verdict or CheckResult.not_run(check.name, check.aspect))
        known = sum(check.exercise == exercise.name for check in self.checks.values())
        begins = parsed(self.source).line_of(exercise.name) if self.source else None
        return ExerciseResult(
            exercise.name, exercise.stretch, tuple(results), whole=len(results) == known, begins=begins
        )

    def _with_comparison(self, exercise: Exercise) -> ExerciseResult:
        result = self._exercise(exercise, self.wanted())
        found = [batch.found.comparisons.get(exercise.name) for batch in self.batches]
        compared = next((one for one in reversed(found) if one), None)
        if compared is None or result.status not in ACCEPTED:
            return result
        return replace(result, comparison=compared.comparison, not_compared=compared.trouble)

    def _with_picture(self, result: ExerciseResult) -> ExerciseResult:
        drawn = self.pictures.get(result.name)
        return replace(result, picture=drawn.picture, not_drawn=drawn.trouble) if drawn else result


def _text_of(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
