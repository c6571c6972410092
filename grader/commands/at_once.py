"""The commands that grade nothing: each takes words from the command line, prints, and returns an exit status."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from grader.kata import catalogue
from grader.kata.catalogue import Selection
from grader.report.plain import put, standard_output
from grader.report.text import printable, shown_path

if TYPE_CHECKING:
    from grader.kata import workspace
    from grader.record.standing import Standings
    from grader.report.versions import Version

REFUSED = 1
OWN_FAULT = 3


class WrongUsage(ValueError):
    """Asked for in a way that cannot be meant; the text says what would be right."""


def overview(format: str) -> int:
    """The days with progress bars, what is next, personal bests."""
    from grader.record import standing
    from grader.report.overview import overview as lines

    standings = _standings()
    entries = standing.entries(catalogue.select(["all"]), standings or {})
    put(lines(standard_output(format), entries, known=standings is not None))
    return 0


def list_exercises(words: Sequence[str], format: str) -> int:
    """The exercises that are selected, or that all words occur in."""
    from grader.record import standing
    from grader.report.overview import exercises

    selections = standing.find(words)
    if not selections:
        return _refuse(f"no exercise has {printable(' '.join(words))!r} in its name or its text")
    standings = _standings()
    entries = standing.entries(selections, standings or {})
    put(exercises(standard_output(format), entries, known=standings is not None))
    return 0


def hint(words: Sequence[str], level: int, format: str) -> int:
    """The first stages of the hints of what is selected."""
    from grader.kata import hints

    if not words:
        raise WrongUsage("hint takes an exercise, such as day01.softmax")
    sheet = standard_output(format)
    for selection in catalogue.select(words):
        for exercise in selection.exercises:
            stages = hints.read(selection.day.hints_of(exercise.name))
            print(sheet.wrapped(f"{selection.day.key}.{exercise.name}: {exercise.summary}") + "\n")
            for number, stage in enumerate(stages[:level], start=1):
                print(
                    f"hint {number} of {len(stages)}\n{sheet.text(hints.wrapped(stage, min(sheet.width, 80) - 1))}\n"
                )
            if level < len(stages):
                more = f"python -m grader hint {selection.day.key}.{exercise.name} --level {level + 1}"
                print(f"More: {more}\n")
    return 0


def solution(words: Sequence[str], tree: Path, *, reveal: bool, format: str) -> int:
    """The reference beside one's own, for exercises that are passed; for others only when `reveal` is set."""
    if not words:
        raise WrongUsage("solution takes an exercise, such as day01.softmax")
    selections = catalogue.select(words)
    closed: list[str] = []
    if not reveal:
        from grader.record import standing

        entries = standing.entries(selections, _standings() or {})
        closed = [entry.selector for entry in entries if not entry.passed]
    opened = [
        (selection.day, exercise.name)
        for selection in selections
        for exercise in selection.exercises
        if f"{selection.day.key}.{exercise.name}" not in closed
    ]
    if opened:
        from grader.report import versions

        console = versions.console_for(format)
        for day, name in opened:
            yours, reference = versions_of(day, name, tree)
            versions.show(console, f"{day.key}.{name}", yours, reference, ascii=format == "plain")
    if not closed:
        return 0
    which = closed[0] if len(closed) == 1 else f"{len(closed)} of these exercises"
    waits = "its solution waits" if len(closed) == 1 else "their solutions wait"
    return _refuse(
        f"you have not passed {which} yet; {waits} for you.\n"
        f"A hint instead: python -m grader hint {closed[0]}\n"
        f"To see it all the same: python -m grader solution {' '.join(words)} --reveal"
    )


def versions_of(day: catalogue.Day, name: str, tree: Path) -> tuple[Version, Version]:
    """An exercise as it stands in a tree, and the reference."""
    return _version("yours", day.file_in(tree), name), _version("reference", day.solution, name)


def _version(whose: str, file: Path, name: str) -> Version:
    """One definition of a file; a note where there is none to show."""
    from grader.report.versions import Version
    from grader.source.excerpts import excerpt

    shown = shown_path(file)
    try:
        lines = excerpt(file.read_text(encoding="utf-8", errors="replace"), name)
    except SyntaxError as error:
        where = f"line {error.lineno} of it is no Python" if error.lineno else "it is no Python"
        return Version(whose, shown, note=f"{shown} cannot be taken apart: {where}.")
    except OSError as error:
        return Version(whose, shown, note=f"{shown} cannot be read ({error.strerror}).")
    if lines is None:
        return Version(whose, shown, note=f"{shown} holds no {name}.")
    return Version(whose, shown, lines)


def reset(words: Sequence[str], tree: Path, *, yes: bool) -> int:
    """Bring stubs back, after a yes."""
    from grader.kata import workspace

    if not words:
        raise WrongUsage("reset takes a day or an exercise, such as day01.softmax")
    selections = catalogue.select(words)
    try:
        planned = [workspace.preview(one.day, one.exercises, tree) for one in selections]
        if not yes and not _agreed(selections, planned):
            return _refuse("nothing was changed")
        for selection, plan in zip(selections, planned, strict=True):
            outcome = workspace.reset(selection.day, selection.exercises, tree, plan.backup)
            print(f"{shown_path(outcome.file)}: {'stub brought back' if outcome.backup else outcome.action}")
            if outcome.backup:
                print(f"your file as it was: {shown_path(outcome.backup)}")
    except ValueError as error:
        raise WrongUsage(str(error)) from error
    return 0


def _agreed(selections: Sequence[Selection], planned: Sequence[workspace.Outcome]) -> bool:
    """Ask whether the files that somebody changed may be replaced. No question where there are none."""
    pairs = [(one, plan.backup) for one, plan in zip(selections, planned, strict=True) if plan.backup]
    if not pairs:
        return True
    names = ", ".join(name for selection, _ in pairs for name in _names(selection))
    kept = ", ".join(shown_path(backup) for _, backup in pairs)
    stubs, files = ("stub", "file is") if len(pairs) == 1 else ("stubs", "files are")
    question = f"Bring back the {stubs} of {names}? Your {files} kept as {kept} [y/N] "
    try:
        # On standard error, so that the question is seen where the output goes into a file.
        print(question, end="", file=sys.stderr, flush=True)
        answer = sys.stdin.readline() if sys.stdin else ""
    except KeyboardInterrupt:
        answer = ""
    if not answer.endswith("\n"):
        print(file=sys.stderr)
    return answer.strip().casefold() in {"y", "yes"}


def _names(selection: Selection) -> list[str]:
    if len(selection.exercises) == len(selection.day.exercises):
        return [selection.day.key]
    return [f"{selection.day.key}.{exercise.name}" for exercise in selection.exercises]


def stubs(tree: Path) -> int:
    """Write the stubs that are missing or out of step; in the kata's own tree the tables of exercises, too."""
    from grader.kata import tables, workspace

    for outcome in workspace.write_stubs(catalogue.days(), tree):
        why = " (it was changed; `reset` brings the stub back)" if outcome.action == "kept" else ""
        if outcome.action == "damaged":
            why = f" (a new one begins, and files that may have been changed are kept; as it was: {outcome.backup})"
        print(f"{outcome.action:<10} {outcome.file}{why}")
    if tree.resolve() == catalogue.EXERCISES:
        try:
            for path in tables.write():
                print(f"{'written':<10} {path}")
        except tables.NoTable as error:
            return _refuse(str(error))
    return 0


def doctor(format: str) -> int:
    """Look at all that the kata needs."""
    from grader.machine import doctor as examination
    from grader.report.doctor import Checkup

    rows = examination.rows(standard_output())
    if format == "json":
        found = list(rows)
        print(examination.as_json(found))
    else:
        checkup, found = Checkup(standard_output(format)), []
        for row in rows:  # the last ones take seconds
            found.append(row)
            put(checkup.row(row))
        put(checkup.end(found))
    return 0 if examination.can_run(found) else OWN_FAULT


def data(words: Sequence[str], tree: Path, *, n_epochs: int | None, folder: Path | None = None) -> int:
    """Fetch and verify a data set; train the day 14 of a tree on it when `n_epochs` says for how long."""
    from grader.datasets import mnist

    if list(words) != ["mnist"]:
        raise WrongUsage("data takes the name of a data set, and mnist is the one there is")
    if n_epochs is not None and n_epochs < 1:
        raise WrongUsage("--fit takes a number of epochs from 1 on")
    folder = folder or mnist.default_folder()
    try:
        mnist.fetch(folder, print)
    except mnist.NoData as error:
        return _refuse(str(error))
    if n_epochs is None:
        print("Train your day 14 on it: python -m grader data mnist --fit 3")
        return 0
    return 0 if mnist.fit(folder, tree, n_epochs) else 1


def export(words: Sequence[str], *, yes: bool) -> int:
    """Write the record as lines of JSON, on standard output or into a file that is not there yet."""
    from grader.kata.files import write
    from grader.record import store

    if len(words) > 1:
        raise WrongUsage("export takes one file, or none for standard output")
    keeper = store.own()
    lines = [f"{line}\n" for line in keeper.export()]
    _tell(keeper.notices)
    if not words or words[0] == "-":
        sys.stdout.writelines(lines)
        return 0
    file = Path(words[0])
    if file.is_dir():
        raise WrongUsage(f"{words[0]} is a folder; export takes a file")
    if file.exists() and not yes:
        return _refuse(
            f"{words[0]} exists already. To write over it: python -m grader export {words[0]} --yes"
        )
    try:
        write(file, "".join(lines).encode())
    except (FileExistsError, NotADirectoryError) as error:
        raise WrongUsage(f"{words[0]} cannot be made ({error.strerror}: {error.filename})") from error
    print(f"{_attempts(len(lines))} written to {words[0]}")
    return 0


def bring_in(words: Sequence[str]) -> int:
    """Add an exported record to this one; what is there already stays as it is."""
    from grader.record import store

    if len(words) != 1:
        raise WrongUsage("import takes one file that `export` wrote, or - for standard input")
    try:
        text = sys.stdin.buffer.read() if words[0] == "-" else Path(words[0]).read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise WrongUsage(f"{words[0]} cannot be read ({error.strerror})") from error
    keeper = store.own()
    try:
        # At line feeds alone: JSON may hold other characters that end a line.
        lines = text.decode("utf-8-sig").split("\n")
        new = keeper.bring_in(lines)
    except UnicodeDecodeError as error:
        raise WrongUsage(f"{words[0]} is no exported record: it is not text in UTF-8") from error
    except ValueError as error:
        raise WrongUsage(f"nothing was brought in: {printable(str(error))}") from error
    _tell(keeper.notices)
    known = sum(bool(line.strip()) for line in lines) - new
    print(f"{_attempts(new)} brought in" + (f"; {known} were here already" if known else ""))
    return 0


def _attempts(count: int) -> str:
    return f"{count} attempt{'' if count == 1 else 's'}"


def _standings() -> Standings | None:
    """What the record says; None, and the reason on standard error, when it cannot be read."""
    from grader.record import store

    keeper = store.own()
    try:
        return keeper.standings()
    except store.NotRecorded as error:
        _tell([f"your progress cannot be read: {error}"])
        return None
    finally:
        _tell(keeper.notices)


def _tell(notices: Sequence[str]) -> None:
    for notice in notices:
        print(f"grader: {notice}", file=sys.stderr)


def _refuse(message: str) -> int:
    _tell([message])
    return REFUSED
