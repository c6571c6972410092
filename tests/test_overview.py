"""Where somebody stands, and how that looks at 60 columns in ASCII."""

from __future__ import annotations

import io
import sys

import pytest

from grader.kata import catalogue
from grader.kata.catalogue import Day, Exercise, Selection
from grader.record import standing
from grader.record.store import Standing
from grader.report.overview import exercises, overview
from grader.report.plain import Paper, standard_output

NARROW = Paper(width=60)


def day(number: int, name: str, title: str, *names: str) -> Day:
    """A day whose exercises are named; ★ before a name makes it a stretch exercise."""
    found = tuple(
        Exercise(
            one.removeprefix("★"),
            one.startswith("★"),
            f"Summary of {one.removeprefix('★')}, at length and in words.",
        )
        for one in names
    )
    return Day(number, name, name, title, found)


DAYS = (
    day(1, "pure_functions", "arrays and purity", "softmax", "pairwise_squared_distances", "★bilinear"),
    day(2, "updates", "indexed updates", "life_run", "one_hot", "ring", "★sort"),
    day(3, "keys", "keys", "bootstrap"),
)
EVERYTHING = tuple(Selection(one, one.exercises) for one in DAYS)
PASSED = Standing(3, "2026-01-01T00:00:00+00:00", None, "passed")
STANDINGS = {
    ("day01", "softmax"): PASSED,
    ("day01", "pairwise_squared_distances"): Standing(1, PASSED.first_passed, 211.7, "failed"),
    ("day02", "life_run"): Standing(9, PASSED.first_passed, 9.34, "passed"),
    ("day02", "one_hot"): Standing(2, None, None, "failed"),
    ("day02", "gone"): Standing(2, PASSED.first_passed, 1000.0, "passed"),  # an exercise that was taken out
}
ENTRIES = standing.entries(EVERYTHING, STANDINGS)


def shown(lines: object) -> str:
    return "\n".join(line.rstrip() for line in lines) + "\n"  # type: ignore[attr-defined]


def test_the_overview_at_60_columns_in_ascii() -> None:
    assert (
        shown(overview(NARROW, ENTRIES))
        == """\
day01  arrays and purity  ##  2/2  * 0/1
day02  indexed updates    #-- 1/3  * 0/1
day03  keys               -   0/1

Next: day02.one_hot  (python -m grader day02.one_hot)

Personal bests, against the naive way:
  day01.pairwise_squared_distances  x212
  day02.life_run                    x9.3
"""
    )


def test_the_list_at_60_columns_in_ascii() -> None:
    assert (
        shown(exercises(NARROW, ENTRIES))
        == """\
day01  arrays and purity
ok   softmax                     Summary of softma...
ok   pairwise_squared_distances  Summary of pairwi...  x212
.  * bilinear                    Summary of biline...

day02  indexed updates
ok   life_run                    Summary of life_r...  x9.3
x    one_hot                     Summary of one_ho...
.    ring                        Summary of ring,...
.  * sort                        Summary of sort,...

day03  keys
.    bootstrap                   Summary of bootst...
"""
    )


def test_somebody_new_is_welcomed() -> None:
    text = shown(overview(NARROW, standing.entries(EVERYTHING, {})))
    assert text.endswith("""
Welcome! Begin with day 1: read README.md in
exercises/day01_pure_functions, fill in the first stub of
pure_functions.py beside it, and ask the grader:
  python -m grader day01
""")
    assert "Next" not in text
    assert "Personal bests" not in text


def test_a_record_that_cannot_be_read_shows_no_progress() -> None:
    entries = standing.entries(EVERYTHING, {})
    assert (
        shown(overview(NARROW, entries, known=False))
        == """\
day01  arrays and purity  2 exercises  * 1
day02  indexed updates    3 exercises  * 1
day03  keys               1 exercise

Grade a day: python -m grader day01
"""
    )
    assert "     softmax " in shown(exercises(NARROW, entries, known=False))


def test_stretch_comes_next_once_all_core_is_done() -> None:
    core = {(one.day.key, one.exercise.name): PASSED for one in ENTRIES if not one.exercise.stretch}
    after = standing.next_one(standing.entries(EVERYTHING, core))
    assert after is not None
    assert after.selector == "day01.bilinear"
    every = {(one.day.key, one.exercise.name): PASSED for one in ENTRIES}
    text = shown(overview(NARROW, standing.entries(EVERYTHING, every)))
    assert "All done: every exercise of every day." in text


def test_a_long_next_is_broken_before_its_command() -> None:
    text = shown(overview(NARROW, standing.entries(EVERYTHING, {("day01", "softmax"): PASSED})))
    assert (
        "Next: day01.pairwise_squared_distances\n  python -m grader day01.pairwise_squared_distances\n"
        in text
    )


def test_five_personal_bests_at_most() -> None:
    many = day(4, "many", "many", *(f"e{number}" for number in range(8)))
    standings = {
        ("day04", f"e{number}"): Standing(1, PASSED.first_passed, float(number), "passed")
        for number in range(8)
    }
    entries = standing.entries([Selection(many, many.exercises)], standings)
    assert [one.exercise.name for one in standing.personal_bests(entries)] == ["e7", "e6", "e5", "e4", "e3"]


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120])
def test_nothing_is_wider_than_the_console(width: int) -> None:
    real = standing.entries(catalogue.select(["all"]), {("day01", "softmax"): PASSED})
    if width >= 60:
        assert max(map(len, overview(Paper(width=width), real))) <= width
    assert max(map(len, exercises(Paper(width=width), real))) <= max(width, 34)


def test_colour_changes_nothing_but_colour() -> None:
    import re

    for draw in (overview, exercises):
        painted = shown(draw(Paper(60, colour=True, ascii=False), ENTRIES))
        assert "\x1b[32m" in painted
        assert re.sub(r"\x1b\[[\d;]*m", "", painted) == shown(draw(Paper(60, ascii=False), ENTRIES))


def test_words_are_selectors_or_else_searched_for() -> None:
    def names(*words: str) -> list[str]:
        return [exercise.name for selection in standing.find(words) for exercise in selection.exercises]

    assert names("softmax") == ["softmax"]
    assert names("day01") == [exercise.name for exercise in catalogue.find_day("day01").exercises]
    assert names() == [exercise.name for one in catalogue.days() for exercise in one.exercises]
    assert "masked_mean" in names("MEAN")
    assert names("masked", "average") == ["masked_mean"]
    assert names("day01", "masked") == ["masked_mean"]  # a day narrows a search
    assert names("no such thing") == []


class Console(io.StringIO):
    """Standard output that says of itself what a test wants."""

    def __init__(self, encoding: str, terminal: bool) -> None:
        super().__init__()
        self._encoding, self._terminal = encoding, terminal

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return self._terminal


@pytest.mark.parametrize(
    ("encoding", "terminal", "environment", "expected"),
    [
        ("utf-8", True, {}, Paper(80, True, False)),
        ("utf-8", False, {}, Paper(80, False, False)),
        ("utf-8", True, {"NO_COLOR": "1"}, Paper(80, False, False)),
        ("utf-8", True, {"NO_COLOR": ""}, Paper(80, True, False)),
        ("utf-8", True, {"TERM": "dumb"}, Paper(80, False, False)),
        ("utf-8", False, {"FORCE_COLOR": "1"}, Paper(80, True, False)),
        ("utf-8", True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, Paper(80, False, False)),
        ("ascii", True, {"COLUMNS": "60"}, Paper(60, True, True)),
        ("iso-8859-1", False, {"COLUMNS": "wide"}, Paper(80, False, True)),
    ],
)
def test_what_standard_output_takes(
    monkeypatch: pytest.MonkeyPatch,
    encoding: str,
    terminal: bool,
    environment: dict[str, str],
    expected: Paper,
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", Console(encoding, terminal))
    assert standard_output() == expected
    assert standard_output("plain") == Paper(100, False, True)


def test_text_that_steers_a_terminal_is_written_out() -> None:
    assert Paper(ascii=False).text("\x1b[2J★") == "\\x1b[2J★"
    assert Paper().text("½ ★") == "\\xbd *"
