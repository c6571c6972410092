"""The tables of exercises are written from the exercises' own lines, and committed in step with them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grader.kata import catalogue, hints, tables
from grader.kata.catalogue import Day

DAYS = catalogue.days()
RUN = "run `python -m grader stubs`"


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.key)
def test_the_table_of_each_lesson_is_in_step_with_its_exercises(day: Day) -> None:
    text = (catalogue.LESSONS / day.folder / "README.md").read_text(encoding="utf-8")
    assert tables.lesson(day, text) == text, RUN


def test_the_table_of_topics_is_in_step_and_names_every_exercise() -> None:
    text = tables.TOPICS.read_text(encoding="utf-8")
    assert tables.topics(DAYS, text) == text, RUN
    there = {f"{day.key}.{exercise.name}" for day in DAYS for exercise in day.exercises}
    assert set(re.findall(r"`(day\d\d\.\w+)`", text)) == there


def test_every_topic_has_an_exercise() -> None:
    assert re.findall(r"^\| .* \|  \|$", tables.TOPICS.read_text(encoding="utf-8"), re.MULTILINE) == []


@pytest.fixture
def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Day:
    """Day 1, with lines of hints that a test may change."""
    monkeypatch.setattr(catalogue, "DAYS", tmp_path)
    first = DAYS[0]
    for exercise in first.exercises:
        path = first.hints_of(exercise.name)
        path.parent.mkdir(parents=True)
        path.write_text("lesson: does it\ntopics: one\n\n1. Think.\n", encoding="utf-8")
    return first


LESSON = "Above.\n\n| exercise | what it does |\n|---|---|\n| `old` | was there |\n\nBelow.\n"
TOPICS = "## Part\n\n| topic | exercises |\n| --- | --- |\n| one | `day01.old` |\n| two, `2` |  |\n\nEnd.\n"


def test_a_changed_line_changes_its_tables_and_nothing_else(day: Day) -> None:
    day.hints_of("softmax").write_text(
        "lesson: does that\ntopics: two, `2`; one\n\n1. Think.\n", encoding="utf-8"
    )
    lesson = tables.lesson(day, LESSON)
    assert lesson.startswith(
        "Above.\n\n| exercise | what it does |\n|---|---|\n| `standardize` | does it |\n"
    )
    assert lesson.endswith("| ★ `bilinear_sample` | does it |\n\nBelow.\n")
    assert "\n| `softmax` | does that |\n" in lesson
    topics = tables.topics([day], TOPICS)
    assert topics.startswith(
        "## Part\n\n| topic | exercises |\n| --- | --- |\n| one | `day01.standardize` `day01.softmax` `day01."
    )
    assert topics.endswith("\n| two, `2` | `day01.softmax` |\n\nEnd.\n")


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("1. Think.\n", "no line that begins with lesson:"),
        ("lesson: x\n1. topics: y\n", "begins with topics:"),
    ],
)
def test_a_missing_line_is_told(text: str, missing: str, day: Day) -> None:
    day.hints_of("softmax").write_text(text, encoding="utf-8")
    with pytest.raises(tables.NoTable, match=missing):
        tables.topics([day], tables.lesson(day, LESSON) and TOPICS)


def test_a_topic_without_a_row_is_told(day: Day) -> None:
    day.hints_of("softmax").write_text("lesson: x\ntopics: three\n\n1. Think.\n", encoding="utf-8")
    with pytest.raises(tables.NoTable, match=r"day01\.softmax has the topic 'three', .* add an empty one"):
        tables.topics([day], TOPICS)


def test_a_lesson_without_its_table_is_told(day: Day) -> None:
    with pytest.raises(tables.NoTable, match="the lesson of day01 needs one table"):
        tables.lesson(day, "Only words.\n")


def test_the_lines_are_no_hint() -> None:
    text = "lesson: turns\ntopics: one; two\n\n1. First.\n2. lesson: no fact\n"
    assert hints.facts(text) == {"lesson": "turns", "topics": "one; two"}
    assert hints.stages(text) == ["First.", "lesson: no fact"]
