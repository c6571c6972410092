"""A mistake of ours anywhere between the pipe and the screen is told as ours, and touches no verdict."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from grader.judge import batch, runner
from grader.judge.day import JudgedDay
from grader.judge.endings import Ending
from grader.judge.hearing import Hearing
from grader.kata import catalogue
from grader.kata.home import HOME
from grader.options import UNTIMED, Options
from grader.record.store import FOLDER, AttemptLog
from grader.results import Exit, RunResult, Status
from grader.worker import protocol
from grader.worker.protocol import Collected, Done, Event, Fault, Finished, Renew, Started
from tests.scripted_workers import BEGIN, CHECKS, SELECTION, WHOLE, Scripted, judged

ROOT = Path(__file__).parent.parent
OPTIONS = Options(seed=1, aspects=UNTIMED, parallel=1, memory_limit=2**40)
ERRORS = [
    KeyError("key"),
    ValueError("value"),
    TypeError("type"),
    OSError("system"),
    EOFError("end"),
    AttributeError("attribute"),
    AssertionError("assertion"),
    StopIteration("iteration"),
    RecursionError("recursion"),
    ConnectionResetError("reset"),
]
EACH_ERROR = pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)


def grade(tmp_path: Path, workers: Scripted | None = None, **listeners: Callable[..., None]) -> RunResult:
    workers = workers or Scripted(tmp_path, WHOLE)
    return runner.grade(SELECTION, tmp_path, workers, OPTIONS, runner.Listeners(**listeners))  # type: ignore[arg-type]


def statuses(result: RunResult) -> dict[str, Status]:
    return {f"{e.name}.{c.name}": c.status for day in result.days for e in day.exercises for c in e.checks}


def always(error: Exception) -> Callable[..., Any]:
    def fail(*arguments: object) -> None:
        raise error

    return fail


def assert_told(result: RunResult, error: Exception) -> None:
    """Once, with its traceback, and by the exit status."""
    (fault,) = result.faults
    assert fault.startswith("Traceback")
    assert type(error).__name__ in fault
    assert result.exit_status is Exit.FAULT


@pytest.fixture
def verdicts(tmp_path: Path) -> dict[str, Status]:
    """Those of the undisturbed run."""
    result = grade(tmp_path)
    assert result.faults == ()
    assert result.exit_status is Exit.UNDONE
    assert sorted(statuses(result).values()) == ["failed", "passed", "passed"]
    return statuses(result)


@EACH_ERROR
@pytest.mark.parametrize("listener", ["progress", "judged"])
def test_a_listener_that_raises(
    tmp_path: Path, verdicts: dict[str, Status], listener: str, error: Exception
) -> None:
    result = grade(tmp_path, **{listener: always(error)})
    assert statuses(result) == verdicts
    assert_told(result, error)


def test_a_listener_that_raises_keeps_nobody_else_from_hearing(tmp_path: Path) -> None:
    heard: list[str] = []
    grade(tmp_path, progress=always(KeyError()), judged=lambda day, exercise: heard.append(exercise.name))
    assert heard == ["softmax", "masked_mean"]


@EACH_ERROR
def test_a_station_of_the_run_that_raises(
    tmp_path: Path, verdicts: dict[str, Status], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(JudgedDay, "just_judged", always(error))
    result = grade(tmp_path)
    assert statuses(result) == verdicts
    assert_told(result, error)


HEARD = [kind for kind in get_args(Event) if kind not in {Done, Renew, Fault}]


@EACH_ERROR
@pytest.mark.parametrize("kind", HEARD, ids=lambda kind: kind.__name__)
def test_what_hears_an_event_raises_when_it_has_heard_it(
    tmp_path: Path, verdicts: dict[str, Status], monkeypatch: pytest.MonkeyPatch, kind: type, error: Exception
) -> None:
    hear = Hearing.hear

    def stumble(self: Hearing, event: Event) -> None:
        hear(self, event)
        if isinstance(event, kind):
            raise error

    monkeypatch.setattr(Hearing, "hear", stumble)
    result = grade(tmp_path, Scripted(tmp_path, [*WHOLE[:-1], protocol.Exiting(0, None), Done()]))
    assert statuses(result) == verdicts
    assert_told(result, error)


@pytest.mark.parametrize(
    "kind", [one for one in HEARD if one is not Collected], ids=lambda kind: kind.__name__
)
def test_an_event_that_is_lost_by_us_counts_against_nobody(
    tmp_path: Path, verdicts: dict[str, Status], monkeypatch: pytest.MonkeyPatch, kind: type
) -> None:
    hear = Hearing.hear

    def lose(self: Hearing, event: Event) -> None:
        if isinstance(event, kind):
            raise KeyError("lost")
        hear(self, event)

    monkeypatch.setattr(Hearing, "hear", lose)
    workers = Scripted(tmp_path, [*WHOLE[:-1], protocol.Exiting(0, None), Done()])
    result = grade(tmp_path, workers)
    assert len(workers.jobs) == 1
    assert_told(result, KeyError())
    if kind is Finished:
        assert set(statuses(result).values()) == {Status.BLOCKED}
    else:
        assert statuses(result) == verdicts


@EACH_ERROR
def test_whoever_puts_an_ending_into_words_raises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(Ending, "verdict", always(error))
    workers = Scripted(tmp_path, [*BEGIN, *judged(CHECKS[0]), Started(CHECKS[1].id)], exitcode=3)
    result = grade(tmp_path, workers)
    assert statuses(result) == {
        "softmax.by_hand": Status.PASSED,
        "softmax.compiles_once": Status.BLOCKED,
        "masked_mean.by_hand": Status.BLOCKED,
    }
    assert_told(result, error)


@pytest.mark.parametrize("error", [KeyError(), TypeError(), AttributeError(), OSError()], ids=repr)
def test_whoever_decodes_raises_what_no_line_can_be_blamed_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(batch, "decode", always(error))
    result = grade(tmp_path)
    assert result.days[0].status is Status.FAULT  # nobody looked at it
    assert_told(result, error)


def test_a_worker_that_cannot_be_started_is_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workers = Scripted(tmp_path, WHOLE)
    monkeypatch.setattr(workers, "start", always(OSError("no more processes")))
    (fault,) = grade(tmp_path, workers).faults
    assert fault == "No worker could be started: OSError: no more processes"


_SCREEN_FAILS = """
import sys
from pathlib import Path
from grader.cli import main
from grader.report import Report
def fail(self, result):
    raise KeyError("no such colour")
if __name__ == "__main__":
    Report.show = fail
    sys.exit(main(["day01.masked_mean", "--no-speed"]))
"""


def test_a_screen_that_fails_is_told_and_loses_nobody_an_attempt(tmp_path: Path) -> None:
    (tmp_path / "screen_fails.py").write_text(_SCREEN_FAILS)
    shutil.copytree(catalogue.SOLUTIONS, tmp_path / "exercises")
    ended = subprocess.run(
        [sys.executable, str(tmp_path / "screen_fails.py")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT), FOLDER: str(tmp_path / "progress"), HOME: str(tmp_path)},
    )
    assert ended.returncode == Exit.FAULT
    assert "KeyError: 'no such colour'" in ended.stderr
    assert "this is a mistake of the grader" in ended.stderr
    (attempt,) = AttemptLog(tmp_path / "progress").attempts()
    assert (attempt.exercise, attempt.status) == ("masked_mean", "passed")
