"""Scenes: each is small, the same each time, finds nothing to differ in the reference, and shows the mistakes that it names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.kata import catalogue
from grader.kata.answers import answers_of, learners_file
from grader.kata.catalogue import Day
from grader.pictures import LIMIT, Chart, Image, Picture, Role, size_of, unsoundness
from grader.scenes.panels import NotDrawable
from grader.scenes.scene import Scene, scene_of
from grader.scenes.side_by_side import together
from grader.source.loading import load
from grader.toolkit.labels import taking_names
from tests import sampling

COLOURS = re.compile(
    r"\b(red|green|blue|yellow|orange|purple|grey|gray|black|white|dark|bright|colou?r\w*)\b", re.IGNORECASE
)


def _with_scenes() -> Iterator[tuple[Day, str]]:
    for day in catalogue.days():
        for exercise in day.exercises:
            if day.folder_of(exercise.name).joinpath("scene.py").is_file():
                yield day, exercise.name


SCENES = list(_with_scenes())
MISTAKES = 1  # of a scene in a run of the tests
DEVICES = "--xla_force_host_platform_device_count=6"  # what day 13's workers have


def _scene(day: Day, name: str) -> Scene:
    scene = scene_of(day.checks_of(name))
    assert scene
    return scene


def _function(file: Path, name: str) -> Any:
    function = load(file).module.__dict__[name]
    return function if isinstance(function, type) else taking_names(function)


def _drawn(scene: Scene, file: Path, name: str, expected: Any) -> Picture:
    """The picture as a learner's worker would make it."""
    try:
        with warnings.catch_warnings(action="ignore"):  # as in a worker
            yours, trouble = scene.frames(_function(file, name)), ""
    except NotDrawable as error:
        yours, trouble = None, str(error)
    except Exception as error:  # a wrong answer may raise anything
        yours, trouble = None, f"yours raised {type(error).__name__} here"
    return together(scene, yours, expected, right=False, trouble=trouble)


@pytest.mark.parametrize(("day", "name"), SCENES, ids=[f"{day.key}.{name}" for day, name in SCENES])
def test_a_scene_shows_mistakes_and_finds_none_in_the_reference(day: Day, name: str, tmp_path: Path) -> None:
    if day.key == "day13" and DEVICES not in os.environ.get("XLA_FLAGS", ""):
        pytest.skip("in a process of its own, with several devices: below")
    scene = _scene(day, name)
    assert not COLOURS.search(" ".join([scene.caption, *scene.titles]))
    expected = scene.frames(_function(day.solution, name))
    reference = _drawn(scene, day.solution, name, expected)
    assert reference.differs in {False, None}
    assert not unsoundness(reference), unsoundness(reference)
    assert (
        size_of(reference) < LIMIT // 3
    )  # with what was expected and what differs it is three times as large
    panels = [panel for frame in reference.frames for panel in frame.panels]
    assert not any(isinstance(panel, Image) and panel.role is Role.DIFFERENCE for panel in panels)
    assert _drawn(scene, day.solution, name, expected) == reference, "it draws something else each time"
    on_file = {answer.label: answer for answer in answers_of("wrong", day, name)}
    assert {f"{name}__{label}" for label in scene.shows} <= on_file.keys()
    assert scene.shows
    for label in sampling.sample(scene.shows, MISTAKES, f"{day.key}.{name}"):
        file = tmp_path / f"{label}.py"
        file.write_text(learners_file([on_file[f"{name}__{label}"]]), encoding="utf-8")
        wrong = _drawn(scene, file, name, expected)
        assert not unsoundness(wrong), unsoundness(wrong)
        panels = [panel for frame in wrong.frames for panel in frame.panels]
        roles = {layer.role for panel in panels if isinstance(panel, Chart) for layer in panel.layers}
        roles |= {panel.role for panel in panels if isinstance(panel, Image)}
        assert Role.YOURS in roles, f"{label} is not drawn at all: {wrong.remark}"
        assert wrong.frames != reference.frames, f"{label} looks like the reference"
        assert scene.by_chance or wrong.differs, label


def test_scenes_of_devices_have_several() -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        __file__,
        "-k",
        "day13",
        "-q",
        "-o",
        "addopts=",
        "-p",
        "no:xdist",
    ]
    ended = subprocess.run(
        command, env={**os.environ, "XLA_FLAGS": DEVICES}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout
    assert "skipped" not in ended.stdout


def test_every_day_has_scenes() -> None:
    by_day = {day.key: sum(one is day for one, _ in SCENES) for day in catalogue.days()}
    assert all(count >= 3 for count in by_day.values()), by_day
    assert len(SCENES) >= 60
