"""The answers to what needs no grading: hints, solutions, lessons, progress, lists. They read files, and import no JAX."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from grader.kata import catalogue, files, hints
from grader.kata.catalogue import UnknownSelector
from grader.record import standing
from grader.record.store import AttemptLog
from grader.report.overview import exercises, overview
from grader.report.plain import Paper
from grader.report.ways import NOTEBOOK, SHELL, Ways
from grader.serve.chosen import Chosen, named
from grader.serve.kept import KeptFiles
from grader.serve.lines import Event
from grader.serve.requests import Commands, Hint, Lesson, List, Progress, Request, Solution
from grader.source.excerpts import Numbered, excerpt


class Refused(Exception):
    """It was understood, and is not done; the text says why and what to do."""


def ways_of(request: Request) -> Ways:
    """The commands that an answer may name. What is judged lies in no file that anybody could open."""
    return NOTEBOOK if request.commands is Commands.NOTEBOOK else replace(SHELL, names_files=False)


class Answers:
    """Answers at once, and from whichever thread. `last` gives the exercise that was graded last, None before that."""

    def __init__(self, record: AttemptLog, kept: KeptFiles, last: Callable[[], Chosen | None]) -> None:
        self._record, self._kept, self._last = record, kept, last

    def answer(self, request: Request) -> Event:
        """The fields of an answer. Raises UnknownSelector, Refused, NotRecorded, OSError."""
        match request:
            case Hint():
                return self._hint(request)
            case Solution():
                return self._solution(request)
            case Lesson():
                return self._lesson(request)
            case Progress():
                return self._progress(request)
            case List():
                return self._list(request)
        raise AssertionError(request)

    def _chosen(self, selector: str) -> Chosen:
        """The exercise that is named, else the one that was graded last, else the one that comes next."""
        if selector:
            return named(selector)
        following = self._last() or standing.next_one(self._entries())
        if following is None:
            raise UnknownSelector("all is done; name the exercise that is meant, such as day01.softmax")
        return Chosen(following.day, following.exercise)

    def _entries(self) -> list[standing.Entry]:
        return standing.entries(catalogue.select(["all"]), self._record.standings())

    def _hint(self, asked: Hint) -> Event:
        chosen, ways = self._chosen(asked.exercise), ways_of(asked)
        stages = hints.read(chosen.day.hints_of(chosen.exercise.name))
        if not 1 <= asked.level <= len(stages):
            raise UnknownSelector(f"level is a number from 1 to {len(stages)}, not {asked.level}")
        shown = stages[: asked.level]
        words = [f"{chosen.selector}: {chosen.exercise.summary}"]
        words += [
            f"hint {number} of {len(stages)}\n{hints.wrapped(one)}"
            for number, one in enumerate(shown, start=1)
        ]
        if asked.level < len(stages):
            more = ways.more_hints.format(exercise=chosen.selector, level=asked.level + 1)
            words.append(f"More: {more}")
        answer = {
            "exercise": chosen.selector,
            "level": asked.level,
            "levels": len(stages),
            "stages": shown,
            "text": "\n\n".join(words) + "\n",
        }
        if asked.html:
            from grader.html import in_notebook  # here: templates are needed by those alone who show HTML

            html = in_notebook.hint(chosen.day, chosen.exercise, stages, asked.level, ways)
            answer["html"] = html
        return answer

    def _solution(self, asked: Solution) -> Event:
        chosen, ways = self._chosen(asked.exercise), ways_of(asked)
        name = chosen.exercise.name
        if not asked.reveal:
            (entry,) = (entry for entry in self._entries() if entry.selector == chosen.selector)
            if not entry.passed:
                raise Refused(
                    f"you have not passed {chosen.selector} yet; its solution waits for you. "
                    f"A hint instead: {ways.hint.format(chosen.selector)}. "
                    f"To see it all the same: {ways.solution.format(chosen.selector)}"
                )
        yours = _excerpt(self._kept.cell_of(chosen.day, name) or "", name)
        reference = _excerpt(chosen.day.solution.read_text(encoding="utf-8"), name)
        words = [f"{chosen.selector}: {whose}\n\n{_lines(one)}" for whose, one in _both(yours, reference)]
        answer = {
            "exercise": chosen.selector,
            "yours": _lines(yours),
            "reference": _lines(reference),
            "text": "\n".join(words),
        }
        if asked.html:
            from grader.html import in_notebook  # as for hints

            answer["html"] = in_notebook.solution(chosen.selector, yours, reference)
        return answer

    def _lesson(self, asked: Lesson) -> Event:
        day = catalogue.find_day(asked.day) if asked.day else self._chosen("").day
        text = (catalogue.LESSONS / day.folder / "README.md").read_text(encoding="utf-8")
        answer = {"day": day.key, "title": day.title, "markdown": text, "text": text}
        if asked.html:
            from grader.html import in_notebook  # as for hints

            answer["html"] = in_notebook.lesson(text)
        return answer

    def _progress(self, asked: Progress) -> Event:
        if asked.export:
            return self._export(asked)
        entries, ways = self._entries(), ways_of(asked)
        answer: Event = {
            "days": [
                {
                    "day": selection.day.key,
                    "title": selection.day.title,
                    "exercises": [_of_entry(one) for one in entries if one.day is selection.day],
                }
                for selection in catalogue.select(["all"])
            ],
            "text": "".join(f"{line.rstrip()}\n" for line in overview(Paper(), entries, ways=ways)),
        }
        if asked.html:
            from grader.html import in_notebook  # as for hints

            answer["html"] = in_notebook.progress(entries, ways)
        return answer

    def _export(self, asked: Progress) -> Event:
        file = Path(asked.export)
        if not file.is_absolute():
            raise UnknownSelector(f"export takes a whole path, not {asked.export!r}")
        if file.is_dir():
            raise UnknownSelector(f"{file} is a folder; export takes a file")
        if file.exists() and not asked.over:
            over = ways_of(asked).export_over.format(file)
            raise Refused(f"{file} exists already. To write over it: {over}")
        lines = [f"{line}\n" for line in self._record.export()]
        files.write(file, "".join(lines).encode())
        count = f"{len(lines)} attempt{'' if len(lines) == 1 else 's'}"
        return {"file": str(file), "attempts": len(lines), "text": f"{count} written to {file}\n"}

    def _list(self, asked: List) -> Event:
        selections = standing.find(asked.words)
        entries = standing.entries(selections, self._record.standings())
        return {
            "exercises": [_of_entry(entry) for entry in entries],
            "text": "".join(f"{line.rstrip()}\n" for line in exercises(Paper(), entries)),
        }


def _of_entry(entry: standing.Entry) -> Event:
    return {
        "exercise": entry.selector,
        "summary": entry.exercise.summary,
        "stretch": entry.exercise.stretch,
        "tried": entry.tried,
        "passed": entry.passed,
        "best": entry.best,
    }


def _excerpt(text: str, name: str) -> Numbered:
    try:
        return excerpt(text, name) or ()
    except SyntaxError:
        return ()


def _lines(lines: Numbered) -> str:
    return "".join(f"{line}\n" for _, line in lines)


def _both(yours: Numbered, reference: Numbered) -> list[tuple[str, Numbered]]:
    return [(whose, one) for whose, one in (("yours", yours), ("reference", reference)) if one]
