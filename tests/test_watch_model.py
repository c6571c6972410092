"""`watch` without a terminal: what saves, verdicts and faults change."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import pytest

from grader.findings import Finding, Kind
from grader.results import Problem, Status
from grader.source.edits import edited_exercise
from grader.source.fingerprints import Source
from grader.watch import effects, events, model
from grader.watch.effects import (
    OpenDay,
    ReadFile,
    StartGrading,
    StopGrading,
    WarmUp,
)
from grader.watch.events import (
    Broken,
    DayOpened,
    FileRead,
    Graded,
    Judged,
    Saved,
    Tick,
)
from tests.small_kata import (
    DAY,
    NEXT,
    RIGHT,
    TREE,
    WRONG,
    Watching,
    judges,
    result,
    small_kata,
    text_of,
    watching,
)

pytestmark = pytest.mark.usefixtures("small_kata")
__all__ = ["small_kata", "watching"]


# ---- at the beginning


def test_the_first_day_is_judged_whole_with_the_first_open_exercise_in_focus() -> None:
    watching = Watching()
    assert judges(watching.wanted) == ("mean", "norm", "rank")
    assert watching.board.status == "checking mean and 2 more"
    assert watching.board.checking == {"mean", "norm", "rank"}


def test_what_is_on_record_is_not_judged_again() -> None:
    watching = Watching()
    known = {name: result(name) for name in ("mean", "norm")}
    watching.on(DayOpened(DAY, watching.texts["day01"], known, notices=["told once"]))
    assert judges(watching.wanted[-1:]) == ("rank",)
    watching.on(DayOpened(DAY, watching.texts["day01"], {**known, "rank": result("rank")}))
    assert watching.wanted[-2:] == [StopGrading(), WarmUp(DAY, ("mean", "norm", "rank"))]
    assert watching.board.status == "told once"


def test_the_exercise_that_was_asked_for_comes_first() -> None:
    watching = Watching()
    watching.on(DayOpened(DAY, watching.texts["day01"], {}, focus="rank"))
    assert judges(watching.wanted[-1:]) == ("rank", "mean", "norm")
    assert watching.model.focus == "rank"


# ---- saves


def test_what_was_edited_is_judged_and_nothing_else(watching: Watching) -> None:
    assert judges(watching.save(mean="return 1", norm=WRONG)) == ("mean",)
    assert watching.model.focus == "mean"
    assert watching.board.checking == {"mean"}
    assert watching.statuses == {"mean": "passed", "norm": "failed", "rank": "todo"}


def test_a_save_folds_the_hints_and_another_exercise_has_others(watching: Watching) -> None:
    watching.press("h", "h")
    watching.save(mean=RIGHT, norm="return 3")
    assert watching.board.below == ""
    watching.press("h")
    assert watching.board.below.endswith("norm b\n\nh says more, Esc folds")
    watching.save(mean="return 1", norm="return 3")
    assert watching.board.below == ""
    watching.press("h")
    assert watching.board.below == "hint 1 of 3\nmean a\n\nh says more, Esc folds"


def test_what_is_edited_comes_first_then_the_focus(watching: Watching) -> None:
    wanted = watching.save(mean=WRONG, norm=RIGHT, rank=RIGHT)
    assert judges(wanted) == ("mean", "norm", "rank")
    assert judges(watching.save(mean=WRONG, norm=RIGHT, rank=WRONG)) == ("rank", "mean", "norm")


def test_messages_name_lines_so_what_is_wrong_is_judged_again_when_it_moves(watching: Watching) -> None:
    moved = "\n\n" + text_of(mean=RIGHT, norm=WRONG)
    assert judges(watching.save(moved)) == ("norm",)  # not what is right, nor what is still to do


def test_a_save_that_changes_nothing_says_so(watching: Watching) -> None:
    assert watching.save(mean=RIGHT, norm=WRONG) == [ReadFile(DAY)]
    assert watching.board.status == "saved at 12:00:00: nothing in it has changed"
    assert watching.save(text_of(mean=RIGHT, norm=WRONG) + "\n\n") == [ReadFile(DAY)]
    assert watching.board.status == "saved at 12:00:00: nothing in it has changed"


def test_what_a_save_breaks_off_is_judged_afterwards(watching: Watching) -> None:
    watching.press("a")
    watching.judged("norm", Status.FAILED)
    assert judges(watching.save(mean=RIGHT, norm=RIGHT)) == ("norm", "mean", "rank")
    watching.judged("norm")
    watching.judged("mean")
    assert judges(watching.save(mean=RIGHT, norm=RIGHT, rank=RIGHT)) == ("rank",)


def test_an_exercise_that_cannot_be_told_from_the_file_is_judged_whenever_that_changes(
    watching: Watching,
) -> None:
    assert judges(watching.save(mean=RIGHT, norm="return (")) == ("norm",)
    watching.all_judged(norm=Status.ERROR)
    assert judges(watching.save(mean=RIGHT, norm="return ((")) == ("norm",)


def test_a_file_that_is_gone_is_said_and_what_was_known_is_still_shown(watching: Watching) -> None:
    watching.texts["day01"] = None
    wanted = watching.on(Saved(frozenset({DAY.file_in(TREE)})))
    assert wanted == [ReadFile(DAY)]
    assert watching.board.status.endswith(
        "one.py is not there any more. Its stubs come back with: python -m grader reset day01"
    )
    assert watching.statuses == {"mean": "passed", "norm": "failed", "rank": "todo"}
    watching.save(mean=RIGHT, norm=WRONG)  # as it was
    assert watching.board.status.endswith("nothing in it has changed")
    assert watching.statuses == {"mean": "passed", "norm": "failed", "rank": "todo"}


def test_verdicts_on_a_file_that_is_gone_do_not_outlive_its_return(watching: Watching) -> None:
    watching.texts["day01"] = None
    watching.on(Saved(frozenset({DAY.file_in(TREE)})))
    watching.press("a")
    watching.all_judged(mean=Status.ERROR, norm=Status.ERROR, rank=Status.ERROR)
    assert watching.statuses == {"mean": "error", "norm": "error", "rank": "error"}
    assert judges(watching.save(mean=RIGHT, norm=WRONG)) == ("norm", "mean", "rank")


def test_a_save_of_another_day_leads_there_to_what_was_edited(watching: Watching) -> None:
    assert watching.save(day=NEXT, total=RIGHT)[0] == OpenDay(NEXT)
    assert watching.model.day == NEXT
    assert watching.board.status == "checking total"
    watching.save(mean=RIGHT, norm=WRONG, rank=RIGHT)
    assert watching.model.day == DAY
    assert watching.model.focus == "rank"


def test_a_file_of_no_day_is_nobodys(watching: Watching) -> None:
    before = watching.model
    assert watching.on(Saved(frozenset({TREE / "notes.py"}))) == []
    assert watching.model == before


def test_a_file_that_was_read_for_a_day_that_is_left_changes_nothing(watching: Watching) -> None:
    watching.save(day=NEXT, total=RIGHT)
    before = watching.model
    assert watching.on(FileRead(DAY, "")) == []
    assert watching.model == before


def test_a_save_while_a_question_is_open(watching: Watching) -> None:
    watching.press("r")
    watching.save(mean=RIGHT, norm=WRONG)  # nothing new: the question stands
    assert watching.board.below.startswith("Bring the stub of norm back?")
    watching.save(mean=WRONG, norm=WRONG)  # it was about something else
    assert watching.board.below == ""
    assert watching.press("y") == []
    watching.press("r")
    watching.save(day=NEXT, total=RIGHT)
    assert watching.press("y") == []


# ---- verdicts


def test_a_verdict_is_said_with_the_seconds_that_it_took(watching: Watching) -> None:
    watching.save(mean=RIGHT, norm=RIGHT)
    watching.judged("norm", later=0.25, timed=None, whole=False)
    assert watching.board.status == "judged in 0.25 s: right; timing it"
    assert watching.board.checking == {"norm"}
    assert watching.board.timing.keys() == {"norm"}
    watching.judged("norm", later=1.0)
    assert watching.board.status == "judged in 1.25 s: right"
    assert watching.board.checking == frozenset()
    wanted = watching.graded(later=0.1)
    assert watching.board.status.splitlines()[0] == "checked at 12:00:00 in 1.35 s"
    assert wanted == [WarmUp(DAY, ("norm", "rank", "mean"))]


def test_what_is_wrong_waits_for_no_timing(watching: Watching) -> None:
    watching.save(mean=RIGHT, norm="return 3")
    watching.judged("norm", Status.FAILED, whole=False)
    assert watching.board.status == "judged in 0.00 s: not right yet"
    assert watching.board.checking == frozenset()
    assert watching.statuses["norm"] == "failed"
    assert watching.model.state.owed == frozenset()


def test_the_verdict_of_an_older_grading_is_filed_where_it_fits(watching: Watching) -> None:
    old = watching.press("a")[0]
    assert isinstance(old, StartGrading)
    watching.save(mean=RIGHT, norm="return 3")
    watching.on(Judged(old.number, "day01", result("norm"), old.sources["norm"], True))
    watching.on(Judged(old.number, "day01", result("mean", says="anew"), old.sources["mean"], True))
    assert watching.model.state.verdicts["norm"].result.status is Status.FAILED  # the text is another one
    assert watching.model.verdicts()["mean"].checks[0].message == "anew"
    assert watching.board.checking == {"mean", "norm", "rank"}  # the newer grading judges them all the same
    watching.on(
        Graded(old.number, problems=[Problem(Finding("old", Kind.UNREADABLE))], notices=["told once"])
    )
    assert watching.board.checking == {"mean", "norm", "rank"}
    watching.all_judged()
    assert watching.board.problems == ()
    assert "told once" in watching.board.status


def test_the_verdict_of_another_day_is_not_filed(watching: Watching) -> None:
    old = watching.press("a")[0]
    assert isinstance(old, StartGrading)
    before = watching.model.state
    watching.on(Judged(old.number - 1, "day02", result("mean", Status.ERROR), old.sources["mean"], True))
    assert watching.model.state == before


def test_a_verdict_of_which_nobody_knows_the_text_waits_for_the_next_look_at_the_file(
    watching: Watching,
) -> None:
    watching.press("a")
    number = watching.model.grading.number
    for name in ("norm", "mean", "rank"):
        watching.on(Judged(number, "day01", result(name, Status.CRASHED), None, True))
    assert watching.board.checking == {"mean", "norm", "rank"}
    watching.graded(outdated=True)
    assert watching.statuses == {"mean": "passed", "norm": "failed", "rank": "todo"}
    wanted = watching.on(Tick())  # as a rule the save is heard before
    assert judges(wanted) == ("norm", "mean", "rank")
    watching.all_judged()
    assert watching.on(Tick()) == []


def test_a_comparison_stays_with_the_text_that_was_compared(watching: Watching) -> None:
    watching.save(mean=RIGHT, norm=RIGHT)
    watching.judged("norm", compared="one call")
    watching.graded()
    watching.press("a")
    watching.all_judged()
    comparison = watching.model.verdicts()["norm"].comparison
    assert comparison is not None
    assert comparison.call == "one call"
    watching.save(mean=RIGHT, norm="return x + 0")
    watching.all_judged()
    assert watching.model.verdicts()["norm"].comparison is None


def test_a_verdict_that_does_not_fit_is_dropped(watching: Watching) -> None:
    state = watching.model.state
    assert state.with_verdict(result("norm"), Source("another", 5)) is state
    moved = replace(state.sources["norm"], line=99)
    assert state.with_verdict(result("norm", Status.FAILED), moved) is state
    assert state.with_verdict(result("norm"), moved).verdicts["norm"].result.status is Status.PASSED


def test_the_end_of_a_day_is_said(watching: Watching) -> None:
    watching.press("a")
    watching.all_judged(rank=Status.TODO)
    assert watching.board.status.endswith("Day 1 is done. n goes to the stretch exercise rank")
    watching.press("a")
    watching.all_judged()
    assert watching.board.status.endswith("Day 1 is done. n goes to day 2")
    watching.press("n")
    watching.all_judged()
    assert watching.board.status.endswith("Day 2 is done. You are through.")


def test_others_that_are_not_right_are_named(watching: Watching) -> None:
    watching.model = watching.model.turned_to("mean")
    watching.press("a")
    watching.all_judged(norm=Status.FAILED, rank=Status.TODO)
    assert watching.board.status.endswith("not yet right: norm. n goes there")


def test_what_takes_long_says_how_long(watching: Watching) -> None:
    watching.press("a")
    watching.on(Tick(), later=1.0)
    assert watching.board.status == "checking norm and 2 more"
    watching.on(Tick(), later=2.0)
    assert watching.board.status == "checking norm and 2 more, for 3 s now"
    watching.judged("norm")
    assert watching.board.status == "judged in 3.00 s: right\nstill checking mean and 1 more, for 3 s now"


def test_problems_of_the_file_are_shown_when_everything_is_judged(watching: Watching) -> None:
    watching.save(mean=WRONG, norm=WRONG)
    watching.judged("mean", Status.ERROR)
    watching.graded(problems=[Problem(Finding("no module", Kind.NOT_LOADED, line=1))])
    assert watching.board.problems == (Problem(Finding("no module", Kind.NOT_LOADED, line=1)),)
    watching.save(mean="return 7", norm=WRONG)
    assert watching.board.problems == ()


# ---- faults of ours


def test_a_grading_that_fails_is_told_as_ours_and_the_next_save_judges_again(watching: Watching) -> None:
    watching.save(mean=WRONG, norm=WRONG)
    watching.on(Broken("Traceback", watching.model.grading.number))
    assert watching.board.status == "the grader's own fault, not yours:\nTraceback"
    assert watching.board.checking == frozenset()
    assert "mean" not in watching.statuses  # the last verdict was on another text
    assert judges(watching.save(mean=WRONG, norm=WRONG)) == ("mean",)  # the very same text


def test_the_fault_of_an_older_grading_ends_no_newer_one(watching: Watching) -> None:
    watching.press("a", "a")
    watching.on(Broken("Traceback", watching.model.grading.number - 1))
    assert watching.board.checking == {"mean", "norm", "rank"}
    watching.on(Broken("a listener failed"))
    assert watching.board.checking == {"mean", "norm", "rank"}


def test_a_fault_within_a_grading_is_told_with_its_end(watching: Watching) -> None:
    watching.press("a")
    watching.graded(faults=["no worker could be started"])
    assert watching.board.status.endswith("the grader's own fault, not yours: no worker could be started")


# ---- what all of it hangs on


@pytest.mark.parametrize("module", [model, effects, events], ids=lambda module: module.__name__)
def test_nothing_of_a_model_an_event_or_an_effect_can_be_changed(module: object) -> None:
    kinds = [kind for kind in vars(module).values() if dataclasses.is_dataclass(kind)]
    assert kinds
    assert all(kind.__dataclass_params__.frozen for kind in kinds)  # type: ignore[union-attr]


def test_an_event_leaves_the_model_that_it_came_to_as_it_was(watching: Watching) -> None:
    before = watching.model
    kept = (dict(before.state.verdicts), dict(before.state.sources), dict(before.seen), before.mode)
    watching.save(mean=WRONG, norm=RIGHT, rank="return (")
    watching.judged("mean", Status.ERROR, line=2)
    watching.press("s", "y", "r", "y", "h")
    assert kept == (dict(before.state.verdicts), dict(before.state.sources), dict(before.seen), before.mode)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("def a():\n    1\ndef b():\n    2\n", "def a():\n    1\ndef b():\n    3\n", "b"),
        ("def a():\n    1\ndef b():\n    2\n", "def a():\n    1\n    (\ndef b():\n    2\n", "a"),
        ("def a():\n    1\n", "def a():\n    1\n    2\n", "a"),
        ("x = 1\ndef a():\n    1\n", "x = 2\ndef a():\n    1\n", ""),
        ("def helper():\n    1\n", "def helper():\n    2\n", ""),
        ("", "def a():\n", "a"),
        ("def a():\n    1\n", "def a():\n    1\n", ""),
    ],
)
def test_the_edited_exercise_is_where_the_texts_part(old: str, new: str, expected: str) -> None:
    assert edited_exercise(old, new, ["a", "b"]) == expected
