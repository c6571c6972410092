"""The rules by which verdicts of checks become verdicts of exercises, days and runs."""

from __future__ import annotations

import itertools

import pytest

from grader.findings import Finding, Kind
from grader.results import (
    ACCEPTED,
    Aspect,
    CheckResult,
    DayResult,
    ExerciseResult,
    Exit,
    Problem,
    RunResult,
    Status,
    summarize,
)
from grader.worker.spoiled import Spoiled, spoiled_by, without_running

FROM_THE_GRAVEST = [
    Status.FAULT,
    Status.CRASHED,
    Status.TIMEOUT,
    Status.ERROR,
    Status.FAILED,
    Status.TODO,
    Status.BLOCKED,
    Status.INCONCLUSIVE,
    Status.PASSED,
    Status.SKIPPED,
]


def exercise(*statuses: Status, stretch: bool = False) -> ExerciseResult:
    checks = [CheckResult(f"check_{n}", Aspect.CORRECT, status) for n, status in enumerate(statuses)]
    return ExerciseResult("f", stretch, tuple(checks))


def day(*exercises: ExerciseResult, problems: tuple[Problem, ...] = ()) -> DayResult:
    return DayResult("day01", "arrays", "f.py", exercises, problems)


def run(*days: DayResult, **fields: object) -> RunResult:
    return RunResult("0", "0.10", "cpu", 1, days, **fields)  # type: ignore[arg-type]


# ---- summarize


def test_every_status_has_its_place() -> None:
    assert sorted(FROM_THE_GRAVEST) == sorted(Status)


@pytest.mark.parametrize(("graver", "other"), [*itertools.combinations(FROM_THE_GRAVEST, 2)])
def test_a_whole_is_as_grave_as_its_gravest_part(graver: Status, other: Status) -> None:
    assert summarize([graver, other]) is summarize([other, graver, other]) is graver


@pytest.mark.parametrize("status", Status)
def test_a_whole_of_one_kind_is_of_that_kind(status: Status) -> None:
    assert summarize([status]) is summarize(iter([status, status])) is status


def test_an_empty_whole_is_a_fault_since_nobody_looked_at_it() -> None:
    assert summarize([]) is Status.FAULT
    assert day().status is Status.FAULT
    assert exercise().status is Status.FAULT


# ---- without_running


def ask(spoiled: Spoiled | None, aspect: Aspect = Aspect.JIT) -> CheckResult | None:
    return without_running("compiles_once", aspect, "softmax", spoiled)


def test_where_nothing_is_spoiled_a_check_runs() -> None:
    assert all(ask(None, aspect) is None for aspect in Aspect)


@pytest.mark.parametrize("aspect", Aspect)
@pytest.mark.parametrize("spoiling", [*Aspect, None])
def test_a_stub_is_still_to_do_in_every_check(aspect: Aspect, spoiling: Aspect | None) -> None:
    found = ask(Spoiled(Status.TODO, spoiling), aspect)
    assert found is not None
    assert (found.name, found.aspect, found.status) == ("compiles_once", aspect, Status.TODO)
    assert found.message == "softmax is still to do."


@pytest.mark.parametrize("status", [Status.TIMEOUT, Status.CRASHED])
@pytest.mark.parametrize("aspect", Aspect)
@pytest.mark.parametrize("spoiling", [*Aspect, None])
def test_what_hung_or_crashed_is_not_run_again(
    status: Status, aspect: Aspect, spoiling: Aspect | None
) -> None:
    found = ask(Spoiled(status, spoiling), aspect)
    assert found is not None
    assert (found.status, found.aspect) == (Status.BLOCKED, aspect)
    assert found.message == "An earlier check of softmax did not pass."


@pytest.mark.parametrize("status", [Status.FAILED, Status.ERROR, Status.FAULT, Status.BLOCKED])
@pytest.mark.parametrize("aspect", Aspect)
@pytest.mark.parametrize("spoiling", [*Aspect, None])
def test_a_wrong_answer_blocks_the_other_aspects_and_not_its_own(
    status: Status, aspect: Aspect, spoiling: Aspect | None
) -> None:
    found = ask(Spoiled(status, spoiling), aspect)
    if spoiling is aspect:
        assert found is None
    else:
        assert found is not None
        assert found.status is Status.BLOCKED


def test_what_need_not_run_counts_against_an_exercise_no_less() -> None:
    for status in set(Status) - ACCEPTED:
        found = ask(Spoiled(status, Aspect.CORRECT))
        assert found is not None
        assert found.counts_against


# ---- exercises, days, runs


@pytest.mark.parametrize(
    ("statuses", "found"),
    [
        ((Status.PASSED, Status.FAILED, Status.CRASHED), Status.FAILED),  # the first is what is read
        ((Status.PASSED, Status.ERROR, Status.BLOCKED), Status.ERROR),
        ((Status.FAILED, Status.FAULT), Status.FAULT),  # ours comes before all
        ((Status.PASSED, Status.INCONCLUSIVE, Status.SKIPPED), Status.INCONCLUSIVE),
        ((Status.SKIPPED, Status.PASSED), Status.PASSED),
        ((Status.SKIPPED,), Status.SKIPPED),
    ],
)
def test_an_exercise_is_what_its_first_failure_is(statuses: tuple[Status, ...], found: Status) -> None:
    assert exercise(*statuses).status is found


def test_a_day_is_what_its_core_is() -> None:
    passed, failed = exercise(Status.PASSED), exercise(Status.FAILED)
    assert day(passed, exercise(Status.FAILED, stretch=True)).status is Status.PASSED
    assert day(exercise(Status.FAILED, stretch=True)).status is Status.FAILED
    assert day(passed, failed, exercise(Status.TODO)).status is Status.FAILED


def test_a_file_with_a_problem_is_no_day_that_passed() -> None:
    problems = (Problem(Finding("an import failed")),)
    for status in ACCEPTED | {Status.TODO}:
        assert day(exercise(status), problems=problems).status is Status.ERROR
    assert day(exercise(Status.CRASHED), problems=problems).status is Status.CRASHED


@pytest.mark.parametrize("status", Status)
def test_the_exit_status_of_a_run(status: Status) -> None:
    expected = Exit.FAULT if status is Status.FAULT else Exit.DONE if status in ACCEPTED else Exit.UNDONE
    assert run(day(exercise(status))).exit_status is expected
    assert run(day(exercise(status)), interrupted=True).exit_status is Exit.INTERRUPTED
    assert run(day(exercise(status)), faults=("traceback",)).exit_status is Exit.FAULT


def test_a_fault_in_a_stretch_exercise_is_a_fault_of_the_run() -> None:
    stretch = exercise(Status.FAILED, Status.FAULT, stretch=True)
    assert run(day(exercise(Status.PASSED), stretch)).exit_status is Exit.FAULT


def test_the_exit_statuses_are_those_that_are_promised() -> None:
    assert [status.value for status in Exit] == [0, 1, 2, 3, 130]


def broken(kind: Kind, aspect: Aspect = Aspect.JIT, got: str = "") -> CheckResult:
    finding = Finding(f"breaks {kind.value}", kind, "f(x)", got=got)
    return CheckResult(kind.value, aspect, Status.FAILED, finding=finding)


def test_other_broken_rules_are_named_with_the_first() -> None:
    ban, grows = broken(Kind.BANNED_NAME, Aspect.CORRECT), broken(Kind.GROWS, got="80 operations")
    wrong = CheckResult("value", Aspect.CORRECT, Status.FAILED, finding=Finding("is wrong", Kind.VALUE))
    exercise = ExerciseResult("f", False, (ban, grows, broken(Kind.GROWS), broken(Kind.RETRACED)))
    assert [one.kind for one in exercise.other_rules] == [Kind.GROWS, Kind.RETRACED]
    assert ExerciseResult("f", False, (wrong, grows)).other_rules == []
    assert ExerciseResult("f", False, (ban,)).other_rules == []
    assert "80 operations" in grows.finding.in_short  # type: ignore[union-attr]


def test_after_a_broken_rule_those_of_the_program_are_looked_at() -> None:
    ban = spoiled_by(broken(Kind.BANNED_NAME, Aspect.CORRECT))
    wrong = spoiled_by(
        CheckResult("v", Aspect.CORRECT, Status.FAILED, finding=Finding("is wrong", Kind.VALUE))
    )
    assert without_running("grows", Aspect.JIT, "f", ban) is None
    for spoiled, aspect in ((ban, Aspect.SPEED), (ban, Aspect.DEEPER), (wrong, Aspect.JIT)):
        result = without_running("other", aspect, "f", spoiled)
        assert result is not None
        assert result.status is Status.BLOCKED
