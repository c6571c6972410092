"""Every check, fed with the oddest answers, ends in a verdict of the learner's: in no fault of ours, and it never stumbles.

One grading of a day judges an odd answer to each of its exercises. Which goes to which, and to which days, changes with the
run's sample; KATA_WHOLE=1 gives every odd answer to every exercise.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from grader.judge import processes, runner
from grader.kata import catalogue
from grader.options import UNTIMED, Options
from grader.results import RunResult, Status
from tests import sampling
from tests.conftest import told
from tests.odd_answers import ODD

DAYS = sampling.sample(catalogue.days(), 3, "days of odd answers")
NAMES = [*ODD]
VERDICTS = {Status.FAILED, Status.ERROR, Status.PASSED, Status.SKIPPED}
STUMBLES = "that a check cannot look at"
ROUNDS = sampling.sample(range(len(NAMES)), 1, "odd answers")


def dealt(day: catalogue.Day, turn: int) -> dict[str, str]:
    """An odd answer for each exercise of a day: by name, so that a new exercise moves no other."""
    return {
        exercise.name: NAMES[(zlib.crc32(f"{day.key}.{exercise.name}".encode()) + turn) % len(NAMES)]
        for exercise in day.exercises
    }


def learners_file(day: catalogue.Day, answers: dict[str, str]) -> str:
    corpus = Path(__file__).with_name("odd_answers.py").read_text(encoding="utf-8")
    lines = [f"{exercise} = ODD[{name!r}]({exercise})" for exercise, name in answers.items()]
    return "\n".join([day.solution.read_text(encoding="utf-8"), corpus, *lines, ""])


def graded(day: catalogue.Day, turn: int, tree: Path, workers: processes.Workers) -> RunResult:
    file = day.file_in(tree)
    file.parent.mkdir(parents=True)
    file.write_text(learners_file(day, dealt(day, turn)), encoding="utf-8")
    return runner.grade(
        [catalogue.Selection(day, day.exercises)], tree, workers, Options(seed=3, aspects=UNTIMED, parallel=1)
    )


@pytest.mark.parametrize("turn", ROUNDS)
@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.key)
def test_an_odd_answer_gets_a_verdict(
    day: catalogue.Day, turn: int, tmp_path: Path, workers: processes.Workers
) -> None:
    answers = dealt(day, turn)
    result = graded(day, turn, tmp_path, workers)
    assert result.faults == (), told(result)
    assert result.days[0].problems == ()
    for exercise in result.days[0].exercises:
        name, lead = answers[exercise.name], exercise.lead
        assert exercise.status in VERDICTS, f"{exercise.name}, {name}: {told(result)}"
        assert not lead or STUMBLES not in lead.message, f"{exercise.name}, {name}: {told(result)}"


def test_a_round_gives_each_exercise_another_answer_and_all_rounds_give_it_all() -> None:
    day = DAYS[0]
    each = [{dealt(day, turn)[exercise.name] for turn in range(len(NAMES))} for exercise in day.exercises]
    assert all(names == set(NAMES) for names in each)
    assert len(set(dealt(day, 0).values())) > len(day.exercises) // 2
