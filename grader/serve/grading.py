"""Judges cells with warm workers, and keeps and records them. The first grading starts JAX; later ones find a worker waiting."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from grader import __version__
from grader.cells import Cell
from grader.judge import runner
from grader.judge.processes import Workers
from grader.kata import home
from grader.kata.catalogue import Day, Selection
from grader.machine import compile_cache
from grader.options import CHECK_TIMEOUT, UNTIMED, Options
from grader.record import attempts
from grader.record.store import AttemptLog, NotRecorded
from grader.results import ACCEPTED, FIRST_LOOK, Aspect, DayResult, ExerciseResult, RunResult
from grader.serve.cell_lines import as_the_cell_counts
from grader.serve.chosen import Chosen
from grader.serve.judged_text import Judged, is_an_answer, lines_in, put_together
from grader.serve.kept import Kept, KeptFiles
from grader.serve.requests import Grade

Tell = Callable[[runner.RunProgress], None]
TellVerdict = Callable[[RunResult], None]


@dataclass(frozen=True, slots=True)
class Graded:
    """What came of a cell: the run as the cell counts its lines, and as it was judged, with what stood above it."""

    result: RunResult
    run: RunResult
    text: Judged


class Gradings:
    """Judges one cell after another, as long as the context lasts. `interrupt` comes from another thread than the rest."""

    def __init__(self, record: AttemptLog, folder: Path) -> None:
        self.record, self.kept = record, KeptFiles(folder)
        self._folder = folder
        self._stack = ExitStack()
        self._workers: Workers | None = None
        self._tree = Path()
        self._day = ""  # the one that a worker has warmed up for
        self._cache: Path | None = None
        self._probed = True  # whether it is known that compiled programs can be kept
        self._lock = threading.Lock()
        self._stopped = False
        self._said_where = False

    def __enter__(self) -> Gradings:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    # ---- from the other thread

    def interrupt(self) -> None:
        """Have the grading that runs come back soon."""
        with self._lock:
            self._stopped = True
            if self._workers:
                self._workers.interrupt()

    # ---- one after another

    def begin(self) -> None:
        """What was interrupted before does not count any more."""
        with self._lock:
            self._stopped = False
            if self._workers:
                self._workers.go_on()

    @property
    def stopped(self) -> bool:
        return self._stopped

    def grade(self, asked: Grade, chosen: Chosen, tell: Tell, tell_verdict: TellVerdict) -> Graded:
        """Judge a cell.

        `tell_verdict` hears of the verdict when it is known, and more is to come: a deeper look, a picture.
        """
        workers = self._started()
        day, name = chosen.day, chosen.exercise.name
        judged = put_together(asked.code, [*self.kept.before(day, name), *chosen.context(asked.context)])
        file = day.file_in(self._tree)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(judged.text, encoding="utf-8", errors="surrogatepass")
        above = lines_in(judged.above)
        selection = Selection(day, (chosen.exercise,))
        self._let_go_of_others(day)
        pictured = asked.picture or asked.figure
        options = Options(
            seed=secrets.randbelow(2**31) if asked.seed is None else asked.seed,
            aspects=FIRST_LOOK if asked.speed else UNTIMED,
            check_timeout=CHECK_TIMEOUT,
            parallel=1,  # one worker that has warmed up is quicker than two that have not
            compare=frozenset({name}),
            pictures=frozenset({name} if pictured else ()),
            cell=Cell(above),
        )
        early = self._early(day, options, above, tell_verdict) if pictured or asked.deep else None
        result = runner.grade(
            [selection], self._tree, workers, options, self._listeners(tell, early, timed=asked.speed)
        )
        if asked.deep and not self._stopped:
            result = self._with_a_deeper_look(result, selection, options, tell)
        return Graded(as_the_cell_counts(result, above), result, judged)

    def keep_and_record(self, graded: Graded, chosen: Chosen) -> tuple[str, list[str]]:
        """Keep a cell that was judged, and record its verdict; the kept file, and what somebody should be told of once."""
        notices = self._where_it_goes()
        file = ""
        try:
            self.record.record(attempts.attempts(graded.run))
        except NotRecorded as error:
            notices.append(f"progress is not recorded: {error}")
        notices += self.record.take_notices()
        day, name = chosen.day, chosen.exercise.name
        if is_an_answer(graded.text.cell, name):
            try:
                file = str(self.kept.keep(day, name, Kept(graded.text.cell, graded.text.kept)))
            except OSError as error:
                notices.append(f"the cell is not kept: {error.strerror or error}")
        return file, notices

    def _where_it_goes(self) -> list[str]:
        """Said once where nobody has a folder of their own: progress is easily looked for in another place."""
        if self._said_where or home.find() is not None:
            return []
        self._said_where = True
        return [
            f"there is no kata of yours here, so progress goes to {self.record.file.parent}; "
            "`python -m grader start my-kata` makes one"
        ]

    def get_ready(self, day: Day) -> None:
        """Have a worker warm up for the day, so that the next grading is quick. For when there is nothing else to do."""
        if self._workers is None or self._stopped:
            return
        if not self._probed:
            works = self._workers.probe_compile_cache(self._cache) if self._cache else False
            if self._cache:
                compile_cache.remember(self._cache, works)
            self._workers.compile_cache = self._cache if works else None
            self._probed = True
        options = Options(seed=0, check_timeout=CHECK_TIMEOUT)
        names = frozenset(exercise.name for exercise in day.exercises)
        runner.warm_up(
            Selection(day, day.exercises), self._tree, self._workers, replace(options, pictures=names)
        )

    # ---- parts of a grading

    def _started(self) -> Workers:
        if self._workers is None:
            self._cache, works = compile_cache.choose(self._folder)
            workers = self._stack.enter_context(Workers(self._cache if works else None))
            self._probed = works is not None
            self._tree = (workers.scratch / "cells").resolve()
            with self._lock:
                self._workers = workers
                if self._stopped:
                    workers.interrupt()
        return self._workers

    def _let_go_of_others(self, day: Day) -> None:
        assert self._workers
        if day.key != self._day:
            self._workers.dismiss()
            self._day = day.key

    def _with_a_deeper_look(
        self, result: RunResult, selection: Selection, options: Options, tell: Tell
    ) -> RunResult:
        """The result with many drawn cases, where the first look has found nothing against it."""
        assert self._workers
        (day,) = result.days
        (first,) = day.exercises
        ours = selection.day.has_deeper_look(first.name) and not result.faults
        if not ours or first.status not in ACCEPTED or day.problems:
            return result
        looking = replace(options, aspects=(Aspect.DEEPER,), compare=frozenset(), pictures=frozenset())
        looked = runner.grade(
            [selection], self._tree, self._workers, looking, runner.Listeners(progress=tell)
        )
        both = first.with_deeper_look(looked.days[0].exercises[0])
        return replace(
            result,
            days=(replace(day, exercises=(both,)),),
            faults=looked.faults,
            seconds=result.seconds + looked.seconds,
            interrupted=looked.interrupted,
        )

    def _early(
        self, day: Day, options: Options, above: int, tell_verdict: TellVerdict
    ) -> Callable[[ExerciseResult], None]:
        def tell(exercise: ExerciseResult) -> None:
            found = DayResult(day.key, day.title, "", (exercise,), whole=False)
            result = RunResult(__version__, "", "", options.seed, (found,))
            tell_verdict(as_the_cell_counts(result, above))

        return tell

    def _listeners(
        self, tell: Tell, early: Callable[[ExerciseResult], None] | None, *, timed: bool
    ) -> runner.Listeners:
        def judged(day: Day, exercise: ExerciseResult) -> None:
            if early and not (timed and exercise.status in ACCEPTED):  # what is right waits for its timing
                early(exercise)

        return runner.Listeners(progress=tell, judged=judged)
