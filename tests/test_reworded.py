"""Verdicts and hints hang on what was found, never on how it is said: with all words scrambled they stay what they are."""

from __future__ import annotations

import importlib
import inspect
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from grader.findings import Finding
from grader.kata import catalogue
from grader.kata.answers import Answer, answers, learners_file
from grader.results import Aspect
from grader.source.loading import load
from grader.toolkit import Learner, Numbers
from grader.toolkit.contract import Contract
from grader.toolkit.lessons import LESSONS
from grader.toolkit.session import Session
from grader.toolkit.verdicts import Verdict
from grader.worker.plugin import prepare_jax

prepare_jax()

SAMPLE = 4  # answers a day
# Day 13 wants several devices, which a process settles before all else.
DAYS = [day for day in catalogue.days() if day.number != 13]
TEXTS = ("complaint", "call", "about", "expected", "got", "cause")
# What code that reads words might look for is among the words that it gets to read.
VOCABULARY = [
    *(word for lesson in LESSONS for word in lesson.cause.split()),
    "KeyReuseError",
    "a tuple of length 2",
    "calls back into Python",
    "does not fit its signature",
    "grows with its arguments",
    "is right, but too slow",
    "is wrong",
    "raised NameError",
    "raised TypeError",
    "stored outside",
    "the Python int",
    "wrong kind of thing",
]


class Words:
    """Other words for every text: the same for the same text, and known by what they stand for."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._stands_for: dict[str, str] = {}

    def instead_of(self, text: str) -> str:
        if not text:
            return text
        draw = random.Random(f"{self._seed} {text}")
        words = " ".join(draw.choices(VOCABULARY, k=draw.randint(3, 12)))
        self._stands_for.setdefault(words, text)
        return words

    def meant_by(self, words: str | None) -> str | None:
        """The text behind the words; a text that was never put in other words stands for itself."""
        while words in self._stands_for:
            words = self._stands_for[words]
        return words


class Told(NamedTuple):
    """A verdict without its words."""

    check: str
    status: str
    kind: str
    part: str
    where: tuple[int, ...]
    differ: int | None
    got_type: str
    error: tuple[str, ...]
    line: int | None
    hint: str | None
    also: str | None


def judged(day: catalogue.Day, answer: Answer, file: Path, words: Words) -> Told | None:
    """The first verdict on an answer that does not pass, speed left out; None when all pass."""
    file.write_text(learners_file([answer]), encoding="utf-8")
    learner = load(file)
    session = Session(learner, Contract(day.solution.read_text(encoding="utf-8")))
    for name, check in checks_of(day, answer.exercise):
        given = {"learner": Learner(session, learner), "numbers": Numbers(0, name)}
        wanted = inspect.signature(check).parameters
        try:
            check(**{one: value for one, value in given.items() if one in wanted})
        except Verdict as verdict:
            found = verdict.finding
            return Told(
                name, verdict.status, found.kind, found.part, found.where, found.differ, found.got_type,
                found.error, found.line, words.meant_by(verdict.hint), words.meant_by(verdict.also),
            )  # fmt: skip
    return None


def checks_of(day: catalogue.Day, exercise: str) -> Iterator[tuple[str, Callable[..., None]]]:
    module = importlib.import_module(f"grader.days.{day.folder}.{exercise}.checks")
    found = [(name, check) for name, check in vars(module).items() if name.startswith(f"test_{exercise}_")]
    for aspect in (Aspect.CORRECT, Aspect.JIT):
        for name, check in found:
            (mark,) = (mark for mark in check.pytestmark if mark.name == "check")
            if mark.kwargs["aspect"] == aspect:
                yield name, check


@pytest.fixture
def reworded(monkeypatch: pytest.MonkeyPatch) -> Callable[[Words], None]:
    """From now on all that findings and verdicts say to people is said in other words."""

    def begin(words: Words) -> None:
        make, verdict = Finding.__init__, Verdict.__init__
        signature = inspect.signature(make)

        def made(self: Finding, *positional: Any, **named: Any) -> None:
            given = signature.bind(self, *positional, **named).arguments
            del given["self"]
            given |= {name: words.instead_of(given[name]) for name in TEXTS if name in given}
            if "notes" in given:
                given["notes"] = tuple(map(words.instead_of, given["notes"]))
            make(self, **given)

        def told(self: Verdict, finding: Finding, *, hint: str | None = None, also: str = "") -> None:
            verdict(self, finding, hint=words.instead_of(hint) if hint else None, also=words.instead_of(also))

        monkeypatch.setattr(Finding, "__init__", made)
        monkeypatch.setattr(Verdict, "__init__", told)

    return begin


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.key)
def test_in_other_words_every_verdict_and_hint_stays(
    day: catalogue.Day, tmp_path: Path, reworded: Callable[[Words], None]
) -> None:
    slow = {"speed", "deeper"}
    some = random.Random(day.number).sample(
        [one for one in answers("wrong", day) if one.aspect not in slow], SAMPLE
    )
    words = Words(day.number)
    before = [judged(day, answer, tmp_path / f"{answer.label}.py", words) for answer in some]
    assert all(before), "each of them is caught"
    reworded(words)
    after = [judged(day, answer, tmp_path / f"{answer.label}.py", words) for answer in some]
    assert after == before


def test_the_words_are_scrambled_indeed(reworded: Callable[[Words], None]) -> None:
    words = Words(1)
    reworded(words)
    finding = Finding("is wrong", call="f(x)", expected="1", got="2", where=(3,)).with_note("with g")
    assert not {"f(x)", "with g"} & set(finding.text.splitlines()[0].split("  "))
    assert finding.where == (3,)
    assert words.meant_by(finding.complaint) == "is wrong"
    verdict = Verdict(finding, hint="Count.")
    assert verdict.hint != "Count."
    assert words.meant_by(verdict.hint) == "Count."
