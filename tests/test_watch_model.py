"""`watch` without a terminal: what each key does in each mode, and what saves and verdicts change."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import pytest

from grader.kata.catalogue import Day
from grader.report import watch_screen
from grader.report.watch_views import BoardView, PageView, SearchView
from grader.results import Problem, Status
from grader.source.fingerprints import Source
from grader.watch import effects, events, model
from grader.watch.effects import (
    Effect,
    OpenDay,
    OpenEditor,
    Quit,
    ReadFile,
    ReadStandings,
    ResetStub,
    ShowVersions,
    StartGrading,
    StopGrading,
    WarmUp,
)
from grader.watch.events import (
    Broken,
    DayOpened,
    EditorOpened,
    Event,
    FileRead,
    Graded,
    Judged,
    Pressed,
    Redraw,
    Saved,
    StandingsRead,
    StubReset,
    Tick,
    VersionsShown,
)
from grader.watch.modes import ACTIONS, Board, Page, Question
from grader.watch.search import Search
from grader.watch.update import begun, edited_exercise, update
from tests.small_kata import DAY, NEXT, NOW, TREE, result, small_kata, text_of

pytestmark = pytest.mark.usefixtures("small_kata")
__all__ = ["small_kata"]

RIGHT, WRONG, OPEN = "return x", "return 0", "raise NotImplementedError"


class Watching:
    """A model, and what it wants done. Files are read where they are asked for; everything else is only noted."""

    def __init__(self, **bodies: str) -> None:
        self.texts: dict[str, str | None] = {"day01": text_of(**bodies), "day02": text_of(NEXT)}
        self.model = begun(DAY, TREE, dict(self.texts))
        self.wanted: list[Effect] = []
        self.now = NOW
        self.on(DayOpened(DAY, self.texts["day01"], {}))

    def on(self, event: Event, later: float = 0.0) -> list[Effect]:
        """Answer an event, so many seconds later; what it wants done."""
        self.now = replace(self.now, seconds=self.now.seconds + later)
        before = len(self.wanted)
        self.model, wanted = update(self.model, event, self.now)
        for effect in wanted:
            self.wanted.append(effect)
            if isinstance(effect, ReadFile):
                self.on(FileRead(effect.day, self.texts[effect.day.key]))
            elif isinstance(effect, OpenDay):
                self.on(DayOpened(effect.day, self.texts[effect.day.key], {}, effect.focus))
        return self.wanted[before:]

    def press(self, *keys: str) -> list[Effect]:
        return [effect for key in keys for effect in self.on(Pressed(key))]

    def save(self, text: str | None = None, day: Day = DAY, **bodies: str) -> list[Effect]:
        """Write a day's file, and have it heard."""
        self.texts[day.key] = text_of(day, **bodies) if text is None else text
        return self.on(Saved(frozenset({day.file_in(TREE)})))

    def judged(
        self, name: str, status: Status = Status.PASSED, later: float = 0.0, **details: object
    ) -> None:
        """A verdict of the newest grading, on the exercise as it stands."""
        source = self.model.state.sources[name]
        final = bool(details.get("whole", True))
        verdict = result(name, status, **details)  # type: ignore[arg-type]
        self.on(Judged(self.model.grading.number, self.model.day.key, verdict, source, final), later)

    def graded(self, later: float = 0.0, **details: object) -> list[Effect]:
        return self.on(Graded(self.model.grading.number, **details), later)  # type: ignore[arg-type]

    def all_judged(self, **statuses: Status) -> None:
        """The newest grading comes to its end: passed, where nothing else is said."""
        for name in self.model.grading.names:
            self.judged(name, statuses.get(name, Status.PASSED))
        self.graded()

    @property
    def board(self) -> BoardView:
        view = self.model.mode.view(self.model, self.now)
        assert isinstance(view, BoardView)
        return view

    @property
    def statuses(self) -> dict[str, str]:
        return {name: verdict.status.value for name, verdict in self.model.verdicts().items()}


@pytest.fixture
def watching() -> Watching:
    """The first day: `mean` is right, `norm` wrong, `rank` still to do."""
    found = Watching(mean=RIGHT, norm=WRONG)
    found.all_judged(norm=Status.FAILED, rank=Status.TODO)
    found.press("n")
    found.wanted.clear()
    return found


def judges(wanted: list[Effect]) -> tuple[str, ...]:
    """The exercises that are to be judged, in their order."""
    (grading,) = (effect for effect in wanted if isinstance(effect, StartGrading))
    return grading.names


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
    monkeypatch.setattr("grader.kata.hints.read", lambda file, name: ["word " * 40])
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


def test_the_line_of_keys_names_all_that_do_something() -> None:
    assert [key for key, _ in watch_screen.KEYS] == [key for key in ACTIONS if key != "escape"]


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
    assert watching.board.status == "right after 0.25 s; timing it"
    assert watching.board.checking == {"norm"}
    assert watching.board.timing.keys() == {"norm"}
    watching.judged("norm", later=1.0)
    assert watching.board.status == "right after 1.25 s"
    assert watching.board.checking == frozenset()
    wanted = watching.graded(later=0.1)
    assert watching.board.status.splitlines()[0] == "checked at 12:00:00 in 1.35 s"
    assert wanted == [WarmUp(DAY, ("norm", "rank", "mean"))]


def test_what_is_wrong_waits_for_no_timing(watching: Watching) -> None:
    watching.save(mean=RIGHT, norm="return 3")
    watching.judged("norm", Status.FAILED, whole=False)
    assert watching.board.status == "not yet after 0.00 s"
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
    watching.on(Graded(old.number, problems=[Problem("old")], notices=["told once"]))
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
    assert watching.board.status == "right after 3.00 s\nstill checking mean and 1 more, for 3 s now"


def test_problems_of_the_file_are_shown_when_everything_is_judged(watching: Watching) -> None:
    watching.save(mean=WRONG, norm=WRONG)
    watching.judged("mean", Status.ERROR)
    watching.graded(problems=[Problem("no module", line=1)])
    assert watching.board.problems == (Problem("no module", line=1),)
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
