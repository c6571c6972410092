"""A picture in a terminal: two pixels a character cell where there are colours, rows of marks where there are none."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from grader.pictures import Picture
from grader.report.picture.layout import Room, brief, whole
from grader.report.picture.means import means_of

__all__ = ["Room", "brief", "means_of", "show", "whole", "write"]

_IN_A_PIPE = 60  # lines, where nobody says how high it is
_LOWEST = 16


def show(console: Console, picture: Picture, frame: int, *, ascii: bool = False) -> None:
    """Print a frame, as large as the terminal takes it at once."""
    high = max(console.height - 3, _LOWEST) if console.is_terminal else _IN_A_PIPE
    room = Room(console.width, high)
    write(console, whole(picture, frame, room, means_of(console, ascii=ascii)))


def write(console: Console, lines: Sequence[Text]) -> None:
    """Print lines that are no wider than the console."""
    for line in lines:
        console.print(line, no_wrap=True, crop=False, soft_wrap=True)
