"""The pictures of README and lessons are there, small and sound, and were made from the scenes as they are now."""

from __future__ import annotations

import re
import runpy
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from grader.kata import catalogue

ROOT = Path(__file__).parent.parent
MADE = runpy.run_path(str(ROOT / "docs" / "make_pictures.py"), run_name="looked_at")
PICTURES, COMMAND = MADE["PICTURES"], MADE["COMMAND"]
PAGES = [ROOT / "README.md", *(catalogue.LESSONS / day.folder / "README.md" for day in catalogue.days())]
LARGEST = {"docs": 60_000, "exercises": 40_000}  # bytes, by where it lies
LARGEST_PNG = 80_000
SVG = "{http://www.w3.org/2000/svg}svg"


def _named() -> dict[Path, str]:
    """Each picture that a page names, with what it says to whoever does not see it."""
    found = {}
    for page in PAGES:
        for words, link in re.findall(r"!\[([^]]*)\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
            assert not re.match(r"[a-z]+:|/", link), f"{page}: {link} is no relative link"
            found[(page.parent / link).resolve()] = words
    return found


NAMED = _named()


@pytest.mark.parametrize("file", NAMED, ids=lambda file: file.name)
def test_a_picture_that_is_named_is_there_small_and_sound(file: Path) -> None:
    assert file.is_file(), f"{file} is not there"
    assert len(NAMED[file]) > 20, "whoever does not see it is told what it shows"
    data = file.read_bytes()
    if file.suffix == ".png":
        assert data.startswith(b"\x89PNG\r\n\x1a\n")
        assert data.endswith(b"IEND\xaeB`\x82")
        assert len(data) < LARGEST_PNG
        return
    root = ElementTree.fromstring(data)
    assert root.tag == SVG
    assert not list(root.iter("{http://www.w3.org/2000/svg}script"))
    links = re.findall(rb'(?:href="|url\()([^")]{0,40})', data)
    assert [link for link in links if not link.startswith((b"#", b"data:image/png"))] == []
    assert len(data) < LARGEST[file.relative_to(ROOT).parts[0]]


@pytest.mark.parametrize("drawn", PICTURES, ids=lambda drawn: drawn.name)
def test_a_picture_was_made_from_its_scene_as_it_is_now(drawn: Any) -> None:
    again = f"{drawn.file} was made from another {drawn.exercise}. Make it again: {COMMAND} {drawn.name}"
    assert drawn.sign().encode() in (ROOT / drawn.file).read_bytes(), again
    assert ROOT / drawn.file in NAMED, f"{drawn.file} is shown nowhere"
    if drawn.for_notebooks:
        data = (ROOT / drawn.for_notebooks).read_bytes()
        assert drawn.sign().encode() in data, again
        assert data.startswith(b"\x89PNG\r\n\x1a\n")
        assert len(data) < LARGEST["exercises"]


def test_each_picture_has_a_name_of_its_own() -> None:
    names = [drawn.name for drawn in PICTURES]
    assert len(set(names)) == len(names)


def test_lessons_name_pictures_that_the_page_serves() -> None:
    """It serves what lies beside the lesson."""
    lessons = [file for file in NAMED if file.is_relative_to(catalogue.LESSONS)]
    assert len(lessons) >= 6
    for file in lessons:
        assert re.fullmatch(r"[\w-]+\.(svg|png)", file.name)
        assert file.parent.parent == catalogue.LESSONS


def test_a_scene_that_draws_otherwise_counts_and_what_it_is_tried_with_does_not() -> None:
    what_counts = MADE["what_counts"]
    text = catalogue.days()[1].folder_of("life_step").joinpath("scene.py").read_text(encoding="utf-8")
    assert what_counts(text) == what_counts(
        text.replace('"cylinder", ', "").replace("A glider on its way", "On its way")
    )
    assert what_counts(text) != what_counts(text.replace("GENERATIONS = 20", "GENERATIONS = 21"))
    assert what_counts(text) != what_counts(text.replace('the seam of left and right.",', 'the seam.",'))
