"""The days with their bars, what is next and the personal bests; and the list of exercises."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from grader.record.standing import Entry, next_one, personal_bests
from grader.report import looks
from grader.report.plain import Paper
from grader.report.ways import SHELL, Ways
from grader.units import ratio


def overview(
    paper: Paper, entries: Sequence[Entry], *, known: bool = True, ways: Ways = SHELL
) -> Iterator[str]:
    """One row a day, then what is next. `known` is False when the record cannot be read: then no progress is shown."""
    days = [list(group) for _, group in groupby(entries, key=lambda entry: entry.day.key)]
    title_width = max((len(day[0].day.title) for day in days), default=0)
    bar_width = max((sum(not entry.exercise.stretch for entry in day) for day in days), default=0)
    for day in days:
        core = [entry for entry in day if not entry.exercise.stretch]
        stretch = [entry for entry in day if entry.exercise.stretch]
        row = f"{paper.text(day[0].day.key, 'dim')}  {_pad(paper, day[0].day.title, title_width)}  "
        row += _bar(paper, core, bar_width, known=known)
        if stretch:
            passed = sum(entry.passed for entry in stretch)
            count = f"{passed}/{len(stretch)}" if known else f"{len(stretch)}"
            row += f"  {paper.text(f'{looks.STAR} {count}', 'yellow' if passed else 'dim')}"
        yield row
    yield ""
    yield from _what_next(paper, entries, ways, known=known)
    yield from _bests(paper, entries)


def _bar(paper: Paper, core: Sequence[Entry], width: int, *, known: bool) -> str:
    passed, total = sum(entry.passed for entry in core), len(core)
    if not known:
        return f"{total} exercise{'' if total == 1 else 's'}"
    full = paper.text(looks.FULL * passed, "green")
    rest = paper.text(looks.EMPTY * (total - passed), "dim")
    count = paper.text(f"{passed}/{total}", "bold green" if passed == total else "")
    return f"{full}{rest}{' ' * (width - total)} {count}"


def _what_next(paper: Paper, entries: Sequence[Entry], ways: Ways, *, known: bool) -> Iterator[str]:
    following = next_one(entries)
    if not known:
        yield f"Grade a day: {ways.day.format('day01')}" if ways.day else ""
        return
    if following is None:
        yield paper.text("All done: every exercise of every day.", "bold green")
        return
    if not any(entry.tried for entry in entries):
        day = following.day
        if ways.begin:
            yield f"Welcome! Begin with the lesson of day {day.number}: {ways.begin.format(day.key)}"
            return
        yield paper.wrapped(
            f"Welcome! Begin with day {day.number}: read README.md in exercises/{day.folder}, fill in the first stub "
            f"of {day.stem}.py beside it, and ask the grader:"
        )
        yield f"  {paper.text(f'python -m grader {day.key}', 'cyan')}"
        return
    name, command = f"Next: {following.selector}", ways.grade.format(following.selector)
    if len(f"{name}  ({command})") < paper.width:
        yield f"{paper.text(name, 'bold')}  ({paper.text(command, 'cyan')})"
    else:
        yield paper.text(name, "bold")
        yield f"  {paper.text(command, 'cyan')}"


def _bests(paper: Paper, entries: Sequence[Entry]) -> Iterator[str]:
    bests = personal_bests(entries)
    if bests:
        yield ""
        yield "Personal bests, against the naive way:"
    width = max((len(entry.selector) for entry in bests), default=0)
    for entry in bests:
        yield f"  {_pad(paper, entry.selector, width)}  {paper.text(f'x{ratio(entry.best or 0)}', 'green')}"


def exercises(paper: Paper, entries: Sequence[Entry], *, known: bool = True) -> Iterator[str]:
    """One row an exercise, below a heading for each day: sign, name, summary and best speed ratio."""
    name_width = max((len(entry.exercise.name) for entry in entries), default=0)
    bests = {entry: f"x{ratio(entry.best)}" for entry in entries if entry.best is not None}
    best_width = max(map(len, bests.values()), default=-2)
    # A blank more at the right: consoles break a line that fills them.
    room = paper.width - 1 - len(f"{paper.sign('', '')} {looks.STAR} ") - name_width - 2 - (best_width + 2)
    for number, (_, group) in enumerate(groupby(entries, key=lambda entry: entry.day.key)):
        day = list(group)
        if number:
            yield ""
        yield paper.text(f"{day[0].day.key}  {day[0].day.title}", "bold")
        for entry in day:
            sign, style = _sign(entry) if known else (" ", "")
            star = paper.text(looks.STAR, "yellow") if entry.exercise.stretch else " "
            row = f"{paper.sign(sign, style)} {star} {_pad(paper, entry.exercise.name, name_width)}  "
            summary = paper.cut(entry.exercise.summary, room) if room >= 12 else ""
            if entry in bests:
                summary = f"{summary:<{max(room, 0)}}  {paper.text(f'{bests[entry]:>{best_width}}', 'green')}"
            yield row + summary


def _sign(entry: Entry) -> tuple[str, str]:
    if entry.passed:
        return looks.PASSED, "green"
    return (looks.FAILED, "red") if entry.tried else (looks.OPEN, "cyan")


def _pad(paper: Paper, text: str, width: int) -> str:
    return f"{paper.text(text):<{width}}"
