"""The promises of the kata: stubs are todo, solutions pass, mistakes are caught by name, other right answers pass."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

from grader.authoring.mutant_trial import EQUIVALENT
from grader.judge import processes, runner
from grader.kata import catalogue, hints, stubs
from grader.kata.answers import Answer, Kind, answers, waves
from grader.options import UNTIMED, Options
from grader.results import ACCEPTED, Aspect, Status
from tests import sampling
from tests.conftest import told
from tests.try_answers import grade_wave

DAYS = catalogue.days()
EACH_DAY = pytest.mark.parametrize("day", DAYS, ids=lambda day: day.key)
SMALLEST = 4  # wrong answers an exercise
STYLES = 6  # in which right answers to an exercise are written
PART = (1, 3)  # of the answers on file that a run tries; all of them with KATA_WHOLE=1


@EACH_DAY
def test_every_solution_passes_every_check(day: catalogue.Day, workers: processes.Workers) -> None:
    result = runner.grade(catalogue.select([day.key]), catalogue.SOLUTIONS, workers, Options(seed=0))
    assert result.faults == ()
    verdicts = {
        f"{e.name}.{c.name}": (c.status.value, c.message) for e in result.days[0].exercises for c in e.checks
    }
    assert {name: v for name, v in verdicts.items() if Status(v[0]) not in ACCEPTED} == {}
    assert result.exit_status == 0


@EACH_DAY
def test_every_stub_is_todo_on_correct_and_jit_and_nothing_passes(
    day: catalogue.Day, workers: processes.Workers
) -> None:
    result = runner.grade(catalogue.select([day.key]), catalogue.LESSONS, workers, Options(seed=0))
    statuses = {f"{e.name}.{c.name}": c.status for e in result.days[0].exercises for c in e.checks}
    assert set(statuses.values()) == {Status.TODO}
    for exercise in result.days[0].exercises:
        assert {check.aspect for check in exercise.checks} >= {Aspect.CORRECT, Aspect.JIT}, exercise.name
    assert result.days[0].problems == ()
    assert result.exit_status == 1


@EACH_DAY
def test_committed_stubs_are_in_step_with_the_solutions(day: catalogue.Day) -> None:
    committed = day.file_in(catalogue.LESSONS).read_text(encoding="utf-8")
    assert committed == stubs.stub(day.solution.read_text(encoding="utf-8")), "run `python -m grader stubs`"


@EACH_DAY
def test_every_exercise_has_three_hints(day: catalogue.Day) -> None:
    for exercise in day.exercises:
        stages = hints.read(day.hints_of(exercise.name))
        assert len(stages) == 3, exercise.name
        assert all(len(stage.split()) >= 5 for stage in stages), exercise.name


@EACH_DAY
def test_every_exercise_has_answers_on_file(day: catalogue.Day) -> None:
    wrong, right = answers("wrong", day), answers("right", day)
    names = {exercise.name for exercise in day.exercises}
    assert {answer.exercise for answer in wrong} == names
    assert {answer.exercise for answer in right} == names
    for name in names:
        assert sum(answer.exercise == name for answer in wrong) >= SMALLEST, name
        assert sum(answer.exercise == name for answer in right) >= STYLES, name
    assert all(answer.aspect and answer.check for answer in wrong)


@EACH_DAY
def test_answers_of_different_exercises_bear_with_each_other_in_one_file(day: catalogue.Day) -> None:
    for source, _ in [*waves("wrong", day), *waves("right", day)]:
        defined = [
            node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef | ast.ClassDef)
        ]
        assert len(defined) == len(set(defined)), sorted(defined)


def _wave_parameters(kind: Kind) -> list[object]:
    """Waves of answers, by day and number: a part of them in each run, others the next day."""
    return [
        pytest.param(day, number, id=f"{day.key}-{number}")
        for day in DAYS
        for number in _drawn(range(len(waves(kind, day))), f"{kind} answers to {day.key}")
    ]


def _drawn(numbers: range, name: str) -> list[int]:
    return sampling.sample(numbers, -(-len(numbers) * PART[0] // PART[1]), name)


@pytest.mark.parametrize(("day", "number"), _wave_parameters("wrong"))
def test_every_wrong_answer_is_caught_by_its_check(
    day: catalogue.Day, number: int, workers: processes.Workers
) -> None:
    source, wave = waves("wrong", day)[number]
    result = grade_wave(workers, day.folder, day.stem, source, wave)
    assert result.faults == ()
    leads = {exercise.name: exercise.lead for exercise in result.days[0].exercises}
    caught = {a.label: (lead.aspect.value, lead.name) if (lead := leads[a.exercise]) else None for a in wave}
    assert caught == {answer.label: (answer.aspect, answer.check) for answer in wave}
    assert all(lead and lead.message for lead in leads.values())
    # Better no hint than a wrong one: an error, or a diagnosis, may say all that can be said.
    speechless = {
        name
        for name, lead in leads.items()
        if lead and lead.finding and not (lead.hint or lead.finding.diagnosis or lead.finding.error)
    }
    assert not speechless
    assert result.exit_status == 1


DEEPER_LOOKS = 2  # at references a day, and at other right answers: each takes some seconds


@EACH_DAY
def test_references_and_other_right_answers_pass_the_deeper_look(
    day: catalogue.Day, workers: processes.Workers
) -> None:
    """A sample of them: other exercises, answers and cases each day."""
    names = [exercise.name for exercise in day.exercises if day.deeper_of(exercise.name).is_file()]
    solution = day.solution.read_text(encoding="utf-8")
    looks = [(solution, [Answer(name, "the reference", "") for name in names])]
    looks += [
        (source, [one for one in wave if one.exercise in names]) for source, wave in waves("right", day)
    ]
    for at in sampling.sample(range(1, len(looks)), 1, f"deeper waves of {day.key}"):
        for source, wave in (looks[0], looks[at]):
            chosen = sampling.sample(wave, DEEPER_LOOKS, f"deeper looks at {day.key}")
            if not chosen:
                continue
            seed = sampling.settle()
            result = grade_wave(
                workers, day.folder, day.stem, source, chosen, seed=seed, aspects=(Aspect.DEEPER,)
            )
            assert result.exit_status == 0, f"{[one.label for one in chosen]}\n{told(result)}"


@pytest.mark.parametrize(("day", "number"), _wave_parameters("right"))
def test_every_other_right_answer_passes(day: catalogue.Day, number: int, workers: processes.Workers) -> None:
    source, wave = waves("right", day)[number]
    result = grade_wave(workers, day.folder, day.stem, source, wave)
    leads = {exercise.name: exercise.lead for exercise in result.days[0].exercises}
    failed = {a.label: (lead.name, lead.message) for a in wave if (lead := leads[a.exercise])}
    assert failed == {}
    assert result.exit_status == 0


def test_the_trees_mirror_each_other() -> None:
    for day in DAYS:
        for folder, files in {
            catalogue.SOLUTIONS / day.folder: {f"{day.stem}.py"},
            catalogue.LESSONS / day.folder: {f"{day.stem}.py", "README.md"},
        }.items():
            pictures = {name for name in _names_in(folder) if name.endswith(".svg")}  # of the lesson
            assert _names_in(folder) - pictures == files
            assert not pictures or folder.is_relative_to(catalogue.LESSONS)
        files = {exercise.name: _names_in(day.folder_of(exercise.name)) for exercise in day.exercises}
        assert _names_in(catalogue.DAYS / day.folder) == {"shared.py", *files}
        for name, found in files.items():
            assert found - {"deeper.py", "scene.py", "picture.png", EQUIVALENT} == {
                "checks.py",
                "hints.md",
                "wrong_answers.py",
                "right_answers.py",
            }, name
    assert _names_in(catalogue.DAYS) == {"gates.toml", *(day.folder for day in DAYS)}


def _names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.startswith(("_", "."))}


def test_a_copied_tree_is_graded_like_our_own(tmp_path: Path, workers: processes.Workers) -> None:
    shutil.copytree(catalogue.SOLUTIONS, tmp_path / "class")
    selections = catalogue.select(["day01.standardize"])
    result = runner.grade(selections, tmp_path / "class", workers, Options(seed=0, aspects=UNTIMED))
    assert result.exit_status == 0
