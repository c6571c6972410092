"""The deeper look under `watch`: in idle time, broken off by whatever is to be judged, and what comes of it."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from grader.report.watch_screen import WatchScreen
from grader.results import Status
from grader.watch.effects import LookDeeper, StartGrading, StopGrading, WarmUp
from grader.watch.events import DayOpened, Graded, LookedDeeper, Tick
from tests.small_kata import (
    DAY,
    NEXT,
    RIGHT,
    WRONG,
    Watching,
    looks_at,
    result,
    small_kata,
    text_of,
    two_looks,
    watching,
)

pytestmark = pytest.mark.usefixtures("two_looks", "small_kata")
__all__ = ["small_kata", "two_looks", "watching"]


def shown(watching: Watching) -> str:
    written = io.StringIO()
    WatchScreen(Console(file=written, width=100, height=40), ascii=False, keys=False).draw(watching.board)
    return written.getvalue()


def test_what_has_passed_is_looked_at_deeper_once_nothing_is_judged(watching: Watching) -> None:
    wanted = watching.save(mean="return 2", norm=RIGHT)
    assert looks_at(wanted) == []
    watching.judged("mean")
    assert watching.model.deeper.name == ""
    watching.judged("norm")
    wanted = watching.graded()
    assert [type(effect) for effect in wanted] == [WarmUp, LookDeeper]  # the next save comes first
    assert watching.board.looking == watching.model.focus == "mean"
    assert "… looking deeper" in shown(watching)
    assert looks_at(watching.looked()) == ["norm"]
    assert looks_at(watching.looked()) == []
    assert watching.board.looking == ""
    assert "✓ 80 cases" in shown(watching)
    assert "80 cases agree" in shown(watching)
    assert watching.statuses == {"mean": "passed", "norm": "passed", "rank": "todo"}


def test_what_has_no_deeper_look_or_has_not_passed_is_left_alone(watching: Watching) -> None:
    watching.save(mean=WRONG, norm=WRONG, rank=RIGHT)
    watching.judged("mean", Status.FAILED)
    watching.judged("rank")
    assert looks_at(watching.graded()) == []


def test_a_pass_is_taken_back_with_the_case_that_shows_it(watching: Watching) -> None:
    watching.save(mean="return 2", norm=WRONG)
    watching.all_judged()
    taken_back = result("mean", deeper=Status.FAILED, says="mean([38, 0]) is wrong")
    watching.looked(result=taken_back)
    assert watching.statuses["mean"] == "failed"
    assert watching.board.status == "the deeper look takes the pass of mean back"
    assert "mean([38, 0]) is wrong" in shown(watching)
    assert watching.model.first_open() == "mean"
    watching.press("a")  # a first look alone says again that it is right, and is followed by a deeper one
    for name, status in {"mean": Status.PASSED, "norm": Status.FAILED, "rank": Status.TODO}.items():
        watching.judged(name, status)
    assert looks_at(watching.graded()) == ["mean"]


def test_the_pass_of_another_exercise_is_told_too(watching: Watching) -> None:
    watching.save(mean="return 2", norm=WRONG)
    watching.all_judged()
    watching.press("n")
    assert watching.model.focus == "norm"
    watching.looked(Status.FAILED)
    assert watching.board.status == "the deeper look takes the pass of mean back. n goes there"


@pytest.mark.parametrize("what", ["save", "all"])
def test_whatever_is_to_be_judged_breaks_it_off(watching: Watching, what: str) -> None:
    watching.save(mean="return 2", norm=WRONG)
    watching.all_judged()
    broken_off = LookedDeeper(watching.model.deeper.number, "day01", "mean")
    wanted = watching.press("a") if what == "all" else watching.save(mean="return 3", norm=WRONG)
    assert isinstance(wanted[-1], StartGrading)  # which ends the worker of the look
    assert watching.board.looking == ""
    before = watching.model
    watching.on(broken_off)
    assert watching.model == before
    watching.all_judged(norm=Status.FAILED, rank=Status.TODO)
    assert watching.board.looking == "mean"  # it is owed still


def test_a_save_that_changes_nothing_lets_it_go_on(watching: Watching) -> None:
    watching.save(mean="return 2", norm=WRONG)
    watching.all_judged()
    number = watching.model.deeper.number
    assert looks_at(watching.save(mean="return 2", norm=WRONG)) == []
    assert (watching.board.looking, watching.model.deeper.number) == ("mean", number)


def test_a_file_that_was_written_meanwhile_is_read_before_anything_is_said(watching: Watching) -> None:
    watching.save(mean="return 2", norm=WRONG)
    watching.all_judged()
    assert watching.looked(Status.FAILED, source=None) == []
    assert watching.statuses["mean"] == "passed"
    watching.texts["day01"] = text_of(mean="return 3", norm=WRONG)
    watching.on(Tick())
    assert watching.board.checking == {"mean"}


def test_it_is_owed_by_what_is_on_record_and_not_by_what_had_one() -> None:
    watching = Watching()
    known = {"mean": result("mean", deeper=Status.PASSED), "norm": result("norm"), "rank": result("rank")}
    wanted = watching.on(DayOpened(DAY, watching.texts["day01"], known))
    assert [type(effect) for effect in wanted] == [StopGrading, WarmUp, LookDeeper]
    assert looks_at(wanted) == ["norm"]
    watching.on(DayOpened(NEXT, watching.texts["day02"], {}))
    assert watching.board.looking == ""


def test_a_fault_of_ours_is_told_once_and_not_run_into_again(watching: Watching) -> None:
    watching.save(mean="return 2", norm=RIGHT)
    watching.all_judged()
    wanted = watching.looked(result=None, faults=["a bug of ours"])
    assert looks_at(wanted) == ["norm"]
    assert "a bug of ours" in watching.board.status
    assert looks_at(watching.looked()) == []
    assert watching.statuses["mean"] == "passed"
    watching.save(mean="return 4", norm=RIGHT)
    watching.all_judged()
    assert watching.board.looking == "mean"


def test_a_grading_that_is_over_for_an_outdated_text_is_not_followed_by_one(watching: Watching) -> None:
    watching.save(mean="return 2", norm=WRONG)
    watching.judged("mean")
    assert looks_at(watching.on(Graded(watching.model.grading.number, outdated=True))) == []
