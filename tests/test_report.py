"""What a person sees, at 60 and 100 columns, and that text from learners stays text."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from grader.findings import Finding, Kind
from grader.report import terminal
from grader.report.terminal import Screen
from grader.report.text import printable
from grader.results import (
    Aspect,
    CheckResult,
    DayResult,
    ExerciseResult,
    Problem,
    RunResult,
    Speed,
    Status,
)

FAST = Speed(212.0, 190.0, 230.0, 40.0, "a Python double loop", 0.11, 0.00004)
SLOW = replace(FAST, ratio=1.02, low=0.9, high=1.1)


def check(aspect: Aspect, status: Status, **fields: object) -> CheckResult:
    return CheckResult("by_hand", aspect, status, **fields)  # type: ignore[arg-type]


def run(*exercises: ExerciseResult, problems: tuple[Problem, ...] = (), **fields: object) -> RunResult:
    day = DayResult("day01", "arrays and purity", "/kata/pure_functions.py", exercises, problems)
    return RunResult("0.1.0", "0.10.2", "cpu", 1234, (day,), seconds=2.345, **fields)  # type: ignore[arg-type]


def screen(result: RunResult, width: int = 60, *, ascii: bool = True, verbose: bool = False) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=width, color_system=None, highlight=False)
    Screen(console, ascii=ascii, verbose=verbose).show(result)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


RESULT = run(
    ExerciseResult(
        "softmax",
        False,
        (
            check(
                Aspect.CORRECT,
                Status.FAILED,
                finding=Finding(
                    "is wrong",
                    Kind.VALUE,
                    "softmax(f32[4], axis=-1)",
                    expected="0.2447",
                    got="0.6652",
                    where=(2,),
                    line=31,
                ),
                hint="the largest logit decides the scale; subtract it before you exponentiate.",
                output="hello\n",
            ),
            check(Aspect.JIT, Status.BLOCKED),
        ),
    ),
    ExerciseResult(
        "pairwise_squared_distances",
        False,
        (
            check(Aspect.CORRECT, Status.PASSED),
            check(Aspect.JIT, Status.PASSED),
            check(Aspect.SPEED, Status.PASSED, speed=FAST),
        ),
    ),
    ExerciseResult(
        "masked_mean", False, (check(Aspect.CORRECT, Status.TODO), check(Aspect.JIT, Status.TODO))
    ),
    ExerciseResult(
        "bilinear_sample",
        True,
        (
            check(Aspect.CORRECT, Status.PASSED),
            check(Aspect.SPEED, Status.FAILED, speed=SLOW, finding=Finding("too slow")),
        ),
    ),
)


def test_who_passed_beside_a_problem_of_the_file_is_told_why_it_does_not_count() -> None:
    passed = ExerciseResult("softmax", False, (check(Aspect.CORRECT, Status.PASSED),))
    problem = Problem(Finding("Line 3 failed", Kind.NOT_LOADED, line=3))
    last = screen(run(passed, problems=(problem,))).splitlines()
    shown = " ".join(last[-4:])
    assert "1 of 1 passed, but something is wrong with the file" in shown
    assert "pure_functions.py:3" in shown
    assert "All done" not in shown


def test_it_is_said_for_how_long_jax_has_been_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(terminal.time, "monotonic", lambda: clock[0])
    console = Console(file=io.StringIO(), width=60, force_terminal=True)
    shown = Screen(console)
    shown.begin()
    assert shown._spinner
    starting = shown._spinner.status
    shown.end()
    said = []
    for clock[0] in (100.0, 101.0, 107.2):
        with console.capture() as capture:
            console.print(starting)
        said.append(capture.get().strip())
    assert said == ["starting JAX", "starting JAX", "starting JAX, for 7 s now"]


SCREEN = """
Day 1: arrays and purity  /kata/pure_functions.py
exercise                   |correct |jit |speed
---------------------------+--------+----+----------
softmax                    |x wrong |-   |
pairwise_squared_distances |ok      |ok  |ok x212
masked_mean                |. todo  |    |
* bilinear_sample          |ok      |    |x x1 < x40

softmax ----------------------------------------------------
softmax(f32[4], axis=-1) is wrong at index 2
  expected  0.2447
  got       0.6652

hint: the largest logit decides the scale; subtract it
before you exponentiate.
/kata/pure_functions.py:31
it printed:
  hello

bilinear_sample --------------------------------------------
too slow

pairwise_squared_distances  x212 (190-230), needs x40,
against a Python double loop

1 of 3 passed, stretch 0 of 1. Next: softmax.
Stuck? python -m grader hint day01.softmax
2.3 s, jax 0.10.2 on cpu, seed 1234
"""


def test_the_screen_at_60_columns() -> None:
    assert screen(RESULT) == SCREEN
    assert max(map(len, screen(RESULT).splitlines())) <= 60


def test_nothing_of_the_table_is_cut_at_60_columns() -> None:
    slow = replace(SLOW, ratio=0.39, gate=100.0)
    checks = (
        check(Aspect.CORRECT, Status.PASSED),
        check(Aspect.JIT, Status.PASSED),
        check(Aspect.SPEED, Status.FAILED, speed=slow),
    )
    shown = screen(run(ExerciseResult("pairwise_squared_distances", False, checks)), ascii=False)
    assert "pairwise_squared_distances" in shown
    assert "✗ x0.39 < x100" in shown
    assert "…" not in shown


def test_signs_at_100_columns() -> None:
    shown = screen(RESULT, 100, ascii=False)
    assert "✓ x212" in shown
    assert "✗ wrong" in shown
    assert "★ bilinear_sample" in shown


def test_verbose_names_every_check() -> None:
    assert screen(RESULT, 100, verbose=True).count("by hand") == 9


def test_everything_done_is_said() -> None:
    done = run(ExerciseResult("softmax", False, (check(Aspect.CORRECT, Status.PASSED),)))
    assert "1 of 1 passed. All done." in screen(done)


def test_what_was_skipped_and_simulated_devices_are_said() -> None:
    skipped = check(Aspect.CORRECT, Status.SKIPPED, finding=Finding("torchvision is not installed."))
    result = run(ExerciseResult("numpy_collate", False, (check(Aspect.CORRECT, Status.PASSED), skipped)))
    assert "simulated" not in screen(result)
    result = replace(result, days=(replace(result.days[0], devices="8 simulated cpu devices"),))
    assert "skipped: numpy_collate: by hand: torchvision is not" in screen(result)
    assert "on 8 simulated cpu devices" in screen(result)
    result = replace(result, days=(replace(result.days[0], devices="1 cpu device"),))
    assert "cpu device" not in screen(result)


def test_problems_of_the_file_come_first_and_once() -> None:
    message = "Line 1 of pure_functions.py failed"
    problem = Problem(Finding(message, line=1), "Did you mean `jax`?")
    exercise = ExerciseResult(
        "softmax", False, (check(Aspect.CORRECT, Status.ERROR, finding=problem.finding),)
    )
    shown = screen(run(exercise, problems=(problem,)))
    assert shown.count(message) == 1
    assert "the file ---" in shown
    assert "hint: Did you mean `jax`?" in shown


def test_faults_are_called_the_graders_own() -> None:
    shown = screen(run(faults=("Traceback: boom",)))
    assert "the grader's own fault" in shown
    assert "not of your code" in " ".join(shown.split())


def test_an_interrupted_run_says_so() -> None:
    assert "Interrupted" in screen(replace(RESULT, interrupted=True))


def test_text_from_learners_cannot_steer_the_terminal() -> None:
    evil = "[bold red]x[/] \x1b[2J\x1b]0;title\x07 \u202e\u200b \x9b1m [link=http://x]y"
    shown = screen(
        run(
            ExerciseResult(
                "softmax",
                False,
                (check(Aspect.CORRECT, Status.ERROR, finding=Finding(evil), hint=evil, output=evil),),
            ),
            problems=(Problem(Finding(evil), evil),),
            faults=(evil,),
        ),
        200,
    )
    assert "\x1b" not in shown
    assert "\x9b" not in shown
    assert "\u202e" not in shown
    assert "[bold red]x[/]" in shown  # as it is, no markup
    assert "\\x1b[2J" in shown


def test_printable_keeps_ordinary_text() -> None:
    text = "x² ≤ Σ\n\tnaïve 漢字 ✓"
    assert printable(text) == text
    assert printable("\x00\x7f\ud800") == "\\x00\\x7f\\ud800"


def test_results_sum_up_to_statuses() -> None:
    passed, todo = check(Aspect.CORRECT, Status.PASSED), check(Aspect.CORRECT, Status.TODO)
    unclear, skipped = check(Aspect.SPEED, Status.INCONCLUSIVE), check(Aspect.JIT, Status.SKIPPED)
    assert run(ExerciseResult("a", False, (passed, unclear, skipped))).exit_status == 0
    assert run(ExerciseResult("a", False, (passed,)), ExerciseResult("b", True, (todo,))).exit_status == 0
    assert run(ExerciseResult("b", True, (todo,))).exit_status == 1
    assert run(ExerciseResult("a", False, (passed,)), problems=(Problem(Finding("x")),)).exit_status == 1
    assert run(ExerciseResult("a", False, ())).exit_status == 3, "an exercise that nobody checked is a fault"
    assert run(ExerciseResult("a", False, (passed,)), faults=("x",)).exit_status == 3
