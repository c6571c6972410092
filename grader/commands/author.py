"""`author`: for whoever writes an exercise. `new` begins one, `check` looks whether it is in order, `try` grades an answer, and
`toolkit` lists what a check is written with."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from grader.commands.command import Command, CommandOption, WrongUsage
from grader.commands.common import refuse
from grader.kata import catalogue
from grader.kata.catalogue import Day, Exercise
from grader.report.plain import Paper, put, standard_output
from grader.report.text import shown_path
from grader.results import Aspect, Exit

if TYPE_CHECKING:
    from grader.authoring.inspection import Point
    from grader.authoring.toolkit_pages import Offer
    from grader.kata.answers import Answer
    from grader.results import ExerciseResult

_NAME = 22  # columns


def run(asked: argparse.Namespace) -> int:
    """Do what the first word says."""
    actions = {"new": _new, "check": _check, "try": _try, "toolkit": _toolkit}
    if not asked.words or asked.words[0] not in actions:
        raise WrongUsage(
            "author takes new, check or try, and an exercise (author new day05.name); or toolkit"
        )
    if catalogue.INSTALLED and asked.words[0] in {"new", "check"}:
        raise WrongUsage(
            f"author {asked.words[0]} is for a clone of the kata, since exercises are written there; this one is installed"
        )
    if asked.stretch and asked.words[0] != "new":
        raise WrongUsage("--stretch belongs to author new")
    return actions[asked.words[0]](asked.words[1:], asked)


def _new(words: Sequence[str], asked: argparse.Namespace) -> Exit:
    from grader.authoring.beginning import begin

    if len(words) != 1 or "." not in words[0]:
        raise WrongUsage("author new takes a day and a name: author new day05.name")
    selector, _, name = words[0].partition(".")
    day = catalogue.find_day(selector)
    try:
        files = begin(day, name, stretch=asked.stretch)
    except ValueError as error:
        return refuse(str(error))
    print("to fill in:")
    for file in files:
        print(f"  {shown_path(file)}")
    print(f"\nWrite the solution first, then: python -m grader author check {day.key}.{name}")
    return Exit.DONE


def _check(words: Sequence[str], asked: argparse.Namespace) -> Exit:
    from grader.authoring.inspection import points
    from grader.commands.warm import warm_workers

    day, exercise = _one(words, "check")
    paper, found = standard_output(asked.format), []
    with warm_workers(probe_first=True) as workers:
        for point in points(day, exercise, workers):
            found.append(point)
            put(_lines(paper, point))
    left = sum(not point.good for point in found)
    print(
        f"\n{day.key}.{exercise.name} is in order."
        if not left
        else f"\n{left} of {len(found)} points are left to mend."
    )
    return Exit.UNDONE if left else Exit.DONE


def _lines(paper: Paper, point: Point) -> list[str]:
    """What was found, and below it what mends it."""
    sign, style = ("✓", "green") if point.good else ("✗", "red")
    width = max(len(paper.text(one)) for one in ("✓", "✗"))
    head = f"{paper.text(sign):<{width}} {point.name:<{_NAME}} "
    body = "\n".join(paper.wrapped(line, indent=4) for line in f"{head}{point.words}".splitlines())
    lines = [paper.text(sign, style) + body.removeprefix(paper.text(sign))]
    return lines if point.good else [*lines, f"    {paper.text(point.remedy, 'cyan')}"]


def _try(words: Sequence[str], asked: argparse.Namespace) -> Exit:
    from grader.authoring.trial import answers_of_file, grade_text
    from grader.commands.warm import warm_workers
    from grader.kata.answers import learners_file

    if len(words) != 2:
        raise WrongUsage("author try takes an exercise and a file: author try day05.name FILE")
    day, exercise = _one(words[:1], "try")
    try:
        answers = answers_of_file(Path(words[1]), exercise.name)
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUsage(f"{words[1]} cannot be read ({getattr(error, 'strerror', error)})") from error
    except SyntaxError as error:
        raise WrongUsage(f"{words[1]} is no Python: line {error.lineno}, {error.msg}") from error
    except ValueError as error:
        raise WrongUsage(str(error)) from error
    paper, passed = standard_output(asked.format), True
    with warm_workers(probe_first=True) as workers:
        for answer in answers:
            text = learners_file([answer])
            result = grade_text(workers, day, text, [exercise.name], aspects=tuple(Aspect))
            if result.faults:
                return refuse(result.faults[0])
            graded = result.days[0].exercises[0]
            put(_outcome(paper, answer, graded))
            passed = passed and graded.lead is None
    return Exit.DONE if passed else Exit.UNDONE


def _outcome(paper: Paper, answer: Answer, graded: ExerciseResult) -> list[str]:
    """The check that caught an answer, what it says, and how each of the others ended."""
    lead = graded.lead
    if lead is None:
        return [f"{paper.text('✓', 'green')} {answer.label} passes all {len(graded.checks)} checks"]
    lines = [
        f"{paper.text('✗', 'red')} {answer.label} is caught by {lead.aspect.value} {lead.name} ({lead.status.value})",
        "",
    ]
    lines.append(textwrap.indent(paper.text(lead.message), "    "))
    if lead.hint:
        lines += ["", textwrap.indent(paper.wrapped(f"hint: {lead.hint}"), "    ")]
    lines += [
        "",
        *(f"    {check.status.value:<12} {check.aspect.value:<8} {check.name}" for check in graded.checks),
        "",
    ]
    return lines


def _toolkit(words: Sequence[str], asked: argparse.Namespace) -> Exit:
    """What a check is written with: all of it in a line each, or some of it whole."""
    from grader.authoring.toolkit_pages import offers

    paper, known = standard_output(asked.format), offers()
    unknown = set(words) - {offer.name for offer in known}
    if unknown:
        raise WrongUsage(
            f"the toolkit offers no {', '.join(sorted(unknown))}; author toolkit lists what it does"
        )
    for offer in known:
        if not words or offer.name in words:
            put(_page(paper, offer, whole=bool(words)))
    return Exit.DONE


def _page(paper: Paper, offer: Offer, *, whole: bool) -> Iterator[str]:
    """One name of the toolkit: how it is called, what it does, its methods."""
    yield paper.text(offer.head, "bold")
    told = offer.text.splitlines() if whole else paper.wrapped(offer.summary).splitlines()
    yield from (f"    {paper.text(line)}" for line in told)
    for method in offer.methods:
        yield f"    {paper.text('.' + method.head)}"
        yield from (f"        {line}" for line in paper.wrapped(method.summary).splitlines())


def _one(words: Sequence[str], action: str) -> tuple[Day, Exercise]:
    """The one exercise that is meant. Raises WrongUsage or UnknownSelector."""
    selections = catalogue.select(words)
    if len(selections) != 1 or len(selections[0].exercises) != 1:
        raise WrongUsage(f"author {action} takes one exercise, such as day01.softmax")
    return selections[0].day, selections[0].exercises[0]


STRETCH = CommandOption(("--stretch",), "new: begin a stretch exercise")
COMMAND = Command(
    "new day05.name",
    "write an exercise: new, then check, try",
    run,
    (STRETCH,),
    formats=("rich", "plain"),
)
