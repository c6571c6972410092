"""`watch` without a terminal: what each key does in each mode, and what is shown."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from grader.findings import Finding, Kind
from grader.report.watch_screen import WatchScreen
from grader.report.watch_views import PageView, SearchView
from grader.results import Aspect, CheckResult, ExerciseResult, Status
from grader.watch.effects import (
    OpenDay,
    OpenEditor,
    Quit,
    ReadStandings,
    ResetStub,
    ShowVersions,
    TryCase,
)
from grader.watch.events import (
    CaseTried,
    EditorOpened,
    Redraw,
    StandingsRead,
    StubReset,
    VersionsShown,
)
from grader.watch.keys_and_views import ACTIONS, Board, Page, Question
from grader.watch.search import Search
from tests.small_kata import (
    DAY,
    NEXT,
    NOW,
    RIGHT,
    TREE,
    WRONG,
    Watching,
    judges,
    small_kata,
    watching,
)

pytestmark = pytest.mark.usefixtures("small_kata")
__all__ = ["small_kata", "watching"]


# ---- keys of the board


def test_n_goes_to_the_next_open_exercise_then_to_the_next_day_then_says_that_it_is_over(
    watching: Watching,
) -> None:
    assert watching.model.focus == "norm"
    watching.press("n")
    assert watching.model.focus == "rank"
    watching.press("n")
    assert watching.model.focus == "norm"
    watching.press("a")
    watching.all_judged()
    assert watching.press("n")[0] == OpenDay(NEXT)
    assert watching.model.day == NEXT
    assert watching.model.focus == "total"
    watching.all_judged()
    assert watching.press("n") == []
    assert watching.board.status == "That was the last one. You are through."


def test_h_shows_one_stage_after_another_and_escape_folds_them(watching: Watching) -> None:
    watching.press("h")
    assert watching.board.below == "hint 1 of 3\nnorm a\n\nh says more, Esc folds"
    watching.press("h", "escape")
    assert watching.board.below == ""
    watching.press("h")
    assert watching.board.below.endswith("norm b\n\nh says more, Esc folds")  # folded ones come back first
    watching.press("h", "h", "h")
    assert watching.board.below.endswith("norm c\n\nthat was the last hint, Esc folds")
    watching.press("n", "h")
    assert watching.board.below.startswith("hint 1 of 3\nrank a")


def test_a_hint_is_as_wide_as_the_screen(watching: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.kata.hints.read", lambda file: ["word " * 40])
    watching.press("h")
    watching.now = replace(NOW, columns=30)
    assert max(len(line) for line in watching.board.below.splitlines() if "word" in line) <= 29


def test_l_asks_the_record_and_opens_the_list(watching: Watching) -> None:
    assert watching.press("l") == [ReadStandings()]
    watching.on(StandingsRead(frozenset({("day02", "total")}), ["told once"]))
    view = watching.model.mode.view(watching.model, NOW)
    assert isinstance(view, SearchView)
    assert [(row[0], row[1]) for row in view.rows] == [
        ("day01.mean", "✓"), ("day01.norm", "·"), ("day01.rank", "·"), ("day02.total", "✓"),
    ]  # fmt: skip
    assert [row[2] for row in view.rows][1:3] == ["The length.", "★ The order."]
    assert view.chosen == 1  # where somebody is
    assert watching.model.notices == ("told once",)


def test_s_shows_the_solution_of_what_has_passed_and_asks_for_others(watching: Watching) -> None:
    assert watching.press("s") == []
    assert watching.board.below == "norm has not passed yet. Show its solution all the same? y/N"
    assert watching.press("x") == []
    assert watching.model.mode == Board()
    assert watching.press("s", "y") == [ShowVersions(DAY, "norm")]
    watching.model = watching.model.turned_to("mean")
    assert watching.press("s") == [ShowVersions(DAY, "mean")]


def test_r_asks_before_it_resets(watching: Watching) -> None:
    assert watching.press("r") == []
    assert watching.board.below == "Bring the stub of norm back? Your file is kept beside it. y/N"
    assert watching.press("q") == []  # an answer, and it is no
    assert watching.board.status == "nothing was reset"
    assert watching.press("r", "Y") == [ResetStub(DAY, "norm")]
    assert watching.board.below == ""


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (StubReset(TREE / "kept.bak"), "it is the stub again"),
        (StubReset(), "it is the stub already"),
        (StubReset(problem="no Python"), "nothing was reset: no Python"),
    ],
)
def test_what_became_of_a_reset_is_said(watching: Watching, event: StubReset, status: str) -> None:
    watching.on(event)
    assert watching.board.status == status


def test_where_the_file_is_kept_is_said_with_the_verdict(watching: Watching) -> None:
    watching.on(StubReset(TREE / "kept.bak"))
    watching.save(mean=RIGHT)
    watching.all_judged(norm=Status.TODO)
    assert f"your file as it was: {TREE / 'kept.bak'}" in watching.board.status
    watching.press("a")
    watching.all_judged()
    assert "as it was" not in watching.board.status


def test_a_judges_everything_with_the_focus_first(watching: Watching) -> None:
    assert judges(watching.press("a")) == ("norm", "mean", "rank")
    assert watching.board.verdicts.keys() == {"mean", "norm", "rank"}  # the last ones, until there are others


def test_e_opens_the_editor_where_it_went_wrong(watching: Watching) -> None:
    file = DAY.file_in(TREE)
    assert watching.press("e") == [OpenEditor(file, 5)]  # where the exercise begins
    watching.judged("norm", Status.ERROR, line=6)
    assert watching.press("e") == [OpenEditor(file, 6)]
    watching.on(EditorOpened("no editor found"))
    assert watching.board.status == "no editor found"
    watching.on(EditorOpened())
    assert watching.board.status == "no editor found"


def test_t_opens_python_with_a_failing_case(watching: Watching) -> None:
    watching.judged("norm", Status.TODO)
    assert watching.press("t") == []
    assert "norm has no failing case" in watching.board.status
    watching.judged("norm", Status.FAILED)
    assert watching.press("t") == [TryCase(DAY, "norm")]
    watching.on(CaseTried("Python could not be started"))
    assert watching.board.status == "Python could not be started"
    watching.judged("norm", Status.PASSED)
    assert watching.press("t") == []


def test_the_line_of_keys_names_all_that_do_something(watching: Watching) -> None:
    assert [key for key, _ in watching.board.keys] == [key for key in ACTIONS if key != "escape"]
    assert ("n", "next") in watching.board.keys


def test_q_quits_the_board_and_other_keys_change_nothing(watching: Watching) -> None:
    before = watching.model
    for key in ("x", "N", "up", "enter", "backspace", "?"):
        assert watching.press(key) == []
        assert watching.model == before
    assert watching.press("q") == [Quit()]


@pytest.mark.parametrize("mode", ["board", "question", "search", "page"])
@pytest.mark.parametrize("key", ["interrupt", "end"])
def test_the_end_of_the_terminal_quits_every_mode(watching: Watching, mode: str, key: str) -> None:
    modes = {
        "board": Board(),
        "question": Question("y/N", ReadStandings()),
        "search": Search.opened((DAY, "mean"), frozenset()),
        "page": Page(["a line"]),
    }
    watching.model = replace(watching.model, mode=modes[mode])
    assert watching.press(key) == [Quit()]


# ---- the list


@pytest.fixture
def searching(watching: Watching) -> Watching:
    watching.press("l")
    watching.on(StandingsRead(frozenset()))
    watching.wanted.clear()
    return watching


def rows(watching: Watching) -> list[str]:
    view = watching.model.mode.view(watching.model, NOW)
    assert isinstance(view, SearchView)
    return [("> " if number == view.chosen else "") + row[0] for number, row in enumerate(view.rows)]


def test_what_is_typed_narrows_the_list_and_backspace_widens_it(searching: Watching) -> None:
    searching.press(*"sum")
    assert rows(searching) == ["> day02.total"]
    searching.press("q")
    assert rows(searching) == []
    assert searching.press("enter", "up", "down", "home") == []
    searching.press(*["backspace"] * 5)
    assert rows(searching) == ["day01.mean", "> day01.norm", "day01.rank", "day02.total"]


def test_names_come_before_what_is_said_of_them_and_this_day_before_others(searching: Watching) -> None:
    searching.press(*"the")
    assert rows(searching)[0] == "> day01.mean"
    searching.press(*["backspace"] * 3, *"ra")
    assert rows(searching) == ["> day01.rank", "day01.mean", "day01.norm"]  # it is in the title, Averages


def test_arrows_go_round(searching: Watching) -> None:
    searching.press("up", "up")
    assert rows(searching)[-1] == "> day02.total"
    searching.press("down")
    assert rows(searching)[0] == "> day01.mean"


def test_enter_goes_to_an_exercise_of_this_day(searching: Watching) -> None:
    assert searching.press("down", "enter") == []
    assert searching.model.focus == "rank"
    assert searching.model.mode == Board()


def test_enter_goes_to_an_exercise_of_another_day(searching: Watching) -> None:
    assert searching.press(*"total", "enter")[0] == OpenDay(NEXT, "total")
    assert searching.model.mode == Board()
    assert searching.model.day == NEXT
    assert searching.board.status == "checking total"


def test_escape_leaves_the_list_and_hints_are_as_they_were(watching: Watching) -> None:
    watching.press("h", "l")
    watching.on(StandingsRead(frozenset()))
    watching.press("down", "escape")
    assert watching.model.focus == "norm"
    assert watching.board.below.startswith("hint 1 of 3")


def test_a_save_while_the_list_is_open_is_judged_below_it(searching: Watching) -> None:
    searching.press("down")
    assert judges(searching.save(mean=WRONG, norm=WRONG)) == ("mean",)
    assert rows(searching) == ["day01.mean", "day01.norm", "> day01.rank", "day02.total"]
    searching.all_judged()
    searching.save(NEXT.key, NEXT, total=RIGHT)
    assert searching.model.day == NEXT
    assert isinstance(searching.model.mode, Search)
    searching.press("escape")
    assert searching.board.focus == "total"


# ---- a page


@pytest.fixture
def reading(watching: Watching) -> Watching:
    """A page of forty lines, of which 22 fit on the screen."""
    watching.on(VersionsShown([str(number) for number in range(40)]))
    return watching


def first(watching: Watching) -> int:
    view = watching.model.mode.view(watching.model, watching.now)
    assert isinstance(view, PageView)
    return view.first


def test_arrows_scroll_a_page_as_far_as_it_goes(reading: Watching) -> None:
    assert first(reading) == 0
    reading.press("up")
    assert first(reading) == 0
    reading.press("down", "down")
    assert first(reading) == 2
    reading.press(*["down"] * 50)
    assert first(reading) == 18
    reading.press("up")
    assert first(reading) == 17


def test_a_page_is_as_full_as_it_can_be_when_the_window_grows(reading: Watching) -> None:
    reading.press(*["down"] * 50)
    reading.now = replace(NOW, rows=32)
    reading.on(Redraw())
    assert first(reading) == 10
    reading.press("up")
    assert first(reading) == 9


@pytest.mark.parametrize("key", ["q", "x", "escape", "enter", "s"])
def test_any_other_key_leaves_a_page(reading: Watching, key: str) -> None:
    assert reading.press(key) == []
    assert reading.model.mode == Board()


def test_a_verdict_leaves_a_page_open_and_a_save_that_matters_closes_it(reading: Watching) -> None:
    reading.judged("norm", Status.FAILED)
    reading.save(mean=RIGHT, norm=WRONG)  # nothing new
    assert first(reading) == 0
    reading.save(mean=WRONG, norm=WRONG)
    assert reading.model.mode == Board()


# ---- what fits, and what has been read


def test_the_list_says_how_many_exercises_it_holds(watching: Watching) -> None:
    watching.on(StandingsRead(frozenset()))
    for typed, words in (("", "4 exercises"), ("total", "1 exercise"), ("?", "nothing matches")):
        watching.press(*typed)
        view = watching.model.mode.view(watching.model, NOW)
        stream = io.StringIO()
        WatchScreen(Console(file=stream, width=80, color_system=None), keys=False).draw(view)
        assert words in stream.getvalue()
        assert " of " not in stream.getvalue().splitlines()[1]


def test_h_ends_what_was_said_of_a_save_and_not_what_goes_on(watching: Watching) -> None:
    watching.on(StubReset(problem="no room"))
    assert "nothing was reset" in watching.board.status
    watching.press("h")
    assert watching.board.status == ""
    watching.press("a")
    watching.press("h")
    assert watching.board.status.startswith("checking ")


def test_the_newest_hint_stands_ready_for_a_low_screen(watching: Watching) -> None:
    watching.press("h")
    assert watching.board.below_in_short == ""
    watching.press("h", "h")
    assert "hint 1 of 3" in watching.board.below
    assert watching.board.below_in_short.startswith("hint 3 of 3")


@pytest.mark.parametrize(("height", "seen", "unseen"), [
    (60, ("hint 1 of 3", "expected", "rank"), ()),
    (30, ("hint 3 of 3", "expected", "rank", "q quit"), ("hint 1 of 3",)),
    (21, ("hint 3 of 3", "is wrong", "q quit", "norm"), ("hint 1 of 3", "expected")),
])  # fmt: skip
def test_hints_push_no_table_off_the_screen(
    watching: Watching, height: int, seen: tuple[str, ...], unseen: tuple[str, ...]
) -> None:
    finding = Finding("is wrong", Kind.VALUE, "norm(f32[3])", expected="1\n2\n3\n4\n5", got="5")
    watching.press("h", "h", "h")
    result = ExerciseResult(
        "norm", False, (CheckResult("by_hand", Aspect.CORRECT, Status.FAILED, finding=finding),)
    )
    long = "\n".join(f"line {number}" for number in range(6))
    view = replace(
        watching.board,
        verdicts={"norm": result},
        below="\n\n".join(f"hint {number} of 3\n{long}" for number in (1, 2, 3)),
        below_in_short=f"hint 3 of 3\n{long}",
    )
    stream = io.StringIO()
    console = Console(file=stream, width=80, height=height, force_terminal=True, color_system=None)
    WatchScreen(console).draw(view)
    shown = stream.getvalue()
    assert all(word in shown for word in seen), shown
    assert not any(word in shown for word in unseen), shown
    assert shown.count("\n") < height
