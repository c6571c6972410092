"""Pictures on one console: large, or small below something else."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from grader.pictures import Picture, frame_to_begin_with
from grader.report.picture.layout import Room, brief, whole
from grader.report.picture.means import means_of

_IN_A_PIPE = 60  # lines, where nobody says how high it is
_LOWEST = 16


class Painter:
    """Keeps the last small picture: a screen is drawn anew far more often than what it shows of a picture changes."""

    def __init__(self, console: Console, *, ascii: bool = False) -> None:
        self._console, self._ascii = console, ascii
        self._last: tuple[Picture, Room, str] | None = None
        self._small: list[Text] = []

    def small(self, picture: Picture, lines: int, *, more: str) -> list[Text]:
        """The frame to begin with in so many lines at most; nothing where they are too few. `more` is said where it fits."""
        asked = picture, Room(self._console.width, lines), more
        if asked != self._last:
            means = means_of(self._console, ascii=self._ascii)
            self._small = brief(picture, frame_to_begin_with(picture), asked[1], means, more=more)
            self._last = asked
        return self._small

    def large(self, picture: Picture, frame: int, lines: int) -> list[Text]:
        """A frame in so many lines at most."""
        room = Room(self._console.width, lines)
        return whole(picture, frame, room, means_of(self._console, ascii=self._ascii))[:lines]

    def show(self, picture: Picture, frame: int) -> None:
        """Print a frame, as large as a terminal takes it at once."""
        high = max(self._console.height - 3, _LOWEST) if self._console.is_terminal else _IN_A_PIPE
        room = Room(self._console.width, high)
        self.write(whole(picture, frame, room, means_of(self._console, ascii=self._ascii)))

    def write(self, lines: Sequence[Text]) -> None:
        """Print lines that are no wider than the console."""
        for line in lines:
            self._console.print(line, no_wrap=True, crop=False, soft_wrap=True)
