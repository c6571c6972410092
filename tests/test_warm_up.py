"""A worker that has warmed up on the reference gives the verdicts of a fresh one, only sooner."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from grader.judge import processes, runner
from grader.kata import catalogue
from grader.kata.answers import answers_of, learners_file
from grader.kata.catalogue import Selection
from grader.options import UNTIMED, Options
from grader.results import RunResult

OPTIONS = Options(seed=3, aspects=UNTIMED, parallel=1)


def verdicts(result: RunResult) -> list[tuple[str, str, str, str]]:
    return [
        (exercise.name, check.name, check.status.value, check.message)
        for day in result.days
        for exercise in day.exercises
        for check in exercise.checks
    ]


def waiting(workers: processes.Workers) -> int:
    """The process number of the worker that warmed up last."""
    return workers.waiting()[-1]


@pytest.fixture
def selection() -> Selection:
    (one,) = catalogue.select(["day01.softmax"])
    return one


@pytest.mark.parametrize("pause", [0.0, 5.0], ids=["in the middle", "at the end"])
def test_verdicts_are_those_of_a_fresh_worker(
    pause: float, tmp_path: Path, workers: processes.Workers
) -> None:
    day = catalogue.find_day("day01")
    # Of each exercise one that the first look catches.
    wave = [
        next(answer for answer in answers_of("wrong", day, exercise.name) if answer.aspect in UNTIMED)
        for exercise in day.exercises
    ]
    source = learners_file(wave)
    (selection,) = catalogue.select([f"day01.{answer.exercise}" for answer in wave])
    file = day.file_in(tmp_path)
    file.parent.mkdir()
    file.write_text(source, encoding="utf-8")
    fresh = runner.grade([selection], tmp_path, workers, OPTIONS)
    runner.warm_up(selection, tmp_path, workers, OPTIONS)
    warm = waiting(workers)
    time.sleep(pause)  # how far it comes changes nothing
    again = runner.grade([selection], tmp_path, workers, OPTIONS)
    assert not psutil.pid_exists(warm)  # it did the work, and no other grading gets it
    assert verdicts(again) == verdicts(fresh)
    assert all(exercise.status.value in {"failed", "error"} for exercise in again.days[0].exercises)


def test_a_worker_that_was_killed_while_it_waited_is_replaced(
    selection: Selection, workers: processes.Workers
) -> None:
    runner.warm_up(selection, catalogue.SOLUTIONS, workers, OPTIONS)
    os.kill(waiting(workers), signal.SIGKILL)
    result = runner.grade([selection], catalogue.SOLUTIONS, workers, OPTIONS)
    assert result.exit_status == 0


def test_it_serves_its_own_day_only(selection: Selection, workers: processes.Workers) -> None:
    (other,) = catalogue.select(["day02.histogram"])
    runner.warm_up(selection, catalogue.SOLUTIONS, workers, OPTIONS)
    first = waiting(workers)
    runner.warm_up(selection, catalogue.SOLUTIONS, workers, OPTIONS)
    assert waiting(workers) == first  # one is enough
    result = runner.grade([other], catalogue.SOLUTIONS, workers, OPTIONS)
    assert result.exit_status == 0
    assert waiting(workers) == first
    workers.dismiss()
    assert not psutil.pid_exists(first)


_WAITS = """
from grader.kata import catalogue
from grader.judge import processes, runner
from grader.options import Options
if __name__ == "__main__":
    with processes.Workers() as workers:
        runner.warm_up(catalogue.select(["day01.softmax"])[0], catalogue.SOLUTIONS, workers, Options(seed=3))
        print(workers.waiting()[-1], flush=True)
"""


def test_it_ends_with_the_others() -> None:
    done = subprocess.run([sys.executable, "-c", _WAITS], capture_output=True, text=True, timeout=120)
    assert not psutil.pid_exists(int(done.stdout))


def test_exercises_are_judged_in_the_order_asked_for_and_told_one_by_one(workers: processes.Workers) -> None:
    day = catalogue.find_day("day01")
    wanted = [day.exercise("masked_mean"), day.exercise("standardize"), day.exercise("softmax")]
    told: list[tuple[str, bool]] = []
    runner.grade(
        [Selection(day, tuple(wanted))],
        catalogue.SOLUTIONS,
        workers,
        Options(seed=1, parallel=1),
        runner.Listeners(
            judged=lambda _, result: told.append((result.name, result.status.value == "passed"))
        ),
    )
    assert told == [("masked_mean", True), ("standardize", True), ("softmax", True)]
