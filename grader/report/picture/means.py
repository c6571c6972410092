"""What a console can show of a picture, and the words of a picture as such a console takes them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from rich.console import Console
from rich.text import Text

from grader.pictures import NAN, NOT_FINITE, TOO_HIGH, TOO_LOW, Role
from grader.report.looks import in_ascii
from grader.report.text import printable


class Colours(IntEnum):
    """How many a console has."""

    NONE = 0
    SIXTEEN = 1  # whose shades every terminal chooses for itself
    MANY = 2  # 256
    ALL = 3


@dataclass(frozen=True, slots=True)
class Means:
    """What can be drawn with."""

    colours: Colours
    ascii: bool = False

    @property
    def blocks(self) -> bool:
        """Whether a character cell holds two pixels, each in a colour of its own."""
        return self.colours is not Colours.NONE and not self.ascii

    def words(self, text: str) -> str:
        """A line of text, whoever wrote it: nothing in it steers the terminal."""
        line = printable(" ".join(text.split()))
        return in_ascii(line).encode("ascii", "backslashreplace").decode() if self.ascii else line


@dataclass(frozen=True, slots=True)
class Block:
    """Lines, none of them wider than `width` columns."""

    lines: list[Text]
    width: int


def means_of(console: Console, *, ascii: bool = False) -> Means:
    """Those of a console. With NO_COLOR rich still names a colour system, so that is asked first."""
    ascii = ascii or not console.encoding.lower().startswith("utf")
    if console.no_color or console.color_system is None:
        return Means(Colours.NONE, ascii)
    known = {"256": Colours.MANY, "truecolor": Colours.ALL}
    return Means(known.get(console.color_system, Colours.SIXTEEN), ascii)


WHOSE = {
    Role.YOURS: "yours",
    Role.EXPECTED: "expected",
    Role.DIFFERENCE: "difference",
    Role.INPUT: "given",
}
# What is not finite has a letter, with and without colours: code of a cell -> mark.
MARKS = {NAN: "n", TOO_HIGH: "^", TOO_LOW: "v"}
_CALLED = {NAN: "nan", TOO_HIGH: "inf", TOO_LOW: "-inf"}


def number(value: float, digits: int = 3) -> str:
    """As short as it can be told."""
    whole = value == round(value) and abs(value) < 1e6
    return str(round(value)) if whole else f"{value:.{digits}g}"


def ends(low: float, high: float) -> tuple[str, str]:
    """Both ends of a scale, with so many digits that they can be told apart."""
    for digits in range(3, 8):
        both = number(low, digits), number(high, digits)
        if both[0] != both[1]:
            break
    return both


def counted(codes: list[int]) -> str:
    """`3 nan (n), 1 inf (^)`: how many of each kind there are among codes; empty where all is finite."""
    return ", ".join(
        f"{codes.count(code)} {_CALLED[code]} ({MARKS[code]})" for code in NOT_FINITE if code in codes
    )
