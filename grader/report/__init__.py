"""From results to people and machines. The only importer of rich."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from grader.pictures import Picture
    from grader.report.watch_screen import WatchScreen
    from grader.report.ways import Ways
    from grader.results import RunResult


def screen_of_watch(*, plain: bool) -> WatchScreen:
    """The screen of `watch`, on standard output."""
    from grader.report.consoles import plain_console, rich_console
    from grader.report.watch_screen import WatchScreen

    console = plain_console() if plain else rich_console()
    return WatchScreen(console, ascii=plain, keys=not plain, for_editors=plain)


def show_picture(picture: Picture, frame: int, *, plain: bool) -> None:
    """A frame of a picture, on standard output."""
    from grader.report.consoles import plain_console, rich_console
    from grader.report.picture.painter import Painter

    Painter(plain_console() if plain else rich_console(), ascii=plain).show(picture, frame)


def in_plain_text(result: RunResult, ways: Ways) -> str:
    """A finished run as `--format plain` shows it, with commands as somebody asks for them."""
    import io

    from rich.console import Console

    from grader.report.consoles import PLAIN
    from grader.report.terminal import Screen

    sheet = io.StringIO()
    Screen(Console(file=sheet, **PLAIN), ascii=True, ways=ways).show(result)
    return sheet.getvalue().strip("\n") + "\n"


class Step(Protocol):
    """What is told while a run goes on."""

    @property
    def day(self) -> str: ...
    @property
    def exercise(self) -> str: ...
    @property
    def check(self) -> str: ...
    @property
    def done(self) -> int: ...
    @property
    def total(self) -> int: ...


class Report:
    """One run on the screen or on standard output, in one of four formats: rich, plain, json, junit."""

    def __init__(self, format: str, *, verbose: bool = False) -> None:
        self._format = format
        self._screen = None
        if format in {"rich", "plain"}:
            from grader.report.consoles import plain_console, rich_console
            from grader.report.terminal import Screen

            plain = format == "plain"
            console = plain_console() if plain else rich_console()
            self._screen = Screen(console, ascii=plain, verbose=verbose, for_editors=plain)

    def __enter__(self) -> Report:
        if self._screen:
            self._screen.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._screen:
            self._screen.end()

    def progress(self, step: Step) -> None:
        """Say what is going on; nothing where nobody watches."""
        if self._screen:
            self._screen.progress(step.day, step.exercise, step.check, step.done, step.total)

    @property
    def in_a_terminal(self) -> bool:
        """Whether somebody looks on who may see pictures."""
        return self._format == "rich" and self._screen is not None and self._screen.console.is_terminal

    def drawing(self) -> AbstractContextManager[object]:
        """Says, while it lasts, that a picture is being made."""
        return self._screen.console.status("drawing it") if self._screen else nullcontext()

    def show_picture(self, result: RunResult) -> None:
        """Show the pictures of a run that was made for them; nothing where it has none."""
        if self._screen:
            self._screen.show_pictures(result)

    def show(self, result: RunResult) -> None:
        """Show the finished run."""
        if self._screen:
            self._screen.end()
            self._screen.show(result)
        else:
            from grader.report import machine

            as_text = machine.as_json if self._format == "json" else machine.as_junit
            sys.stdout.write(as_text(result))
