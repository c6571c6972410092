"""How things look: a sign, a word and a style for each status, and what stands for a sign where there is only ASCII."""

from __future__ import annotations

from dataclasses import dataclass

from grader.results import Status

PASSED, FAILED, OPEN, STAR, POINTER = "✓", "✗", "·", "★", "▸"
FULL, EMPTY = "█", "░"  # of bars
_ASCII = str.maketrans(
    {
        PASSED: "ok",
        FAILED: "x",
        OPEN: ".",
        STAR: "*",
        POINTER: ">",
        FULL: "#",
        EMPTY: "-",
        "─": "-",
        "→": ">",
        "×": "x",
        "…": "...",
        "µ": "u",
    }
)


@dataclass(frozen=True, slots=True)
class Look:
    """What stands for a status: a sign; a word where the sign does not say it all; a style for both, as rich has them."""

    sign: str
    word: str
    style: str


LOOKS = {
    Status.PASSED: Look(PASSED, "", "green"),
    Status.FAILED: Look(FAILED, "wrong", "bold red"),
    Status.ERROR: Look(FAILED, "raised", "bold red"),
    Status.TODO: Look(OPEN, "todo", "cyan"),
    Status.TIMEOUT: Look(FAILED, "too long", "bold red"),
    Status.CRASHED: Look(FAILED, "crashed", "bold red"),
    Status.INCONCLUSIVE: Look("~", "unclear", "yellow"),
    Status.SKIPPED: Look("-", "skipped", "yellow"),
    Status.BLOCKED: Look("-", "", "dim"),
    Status.FAULT: Look("!", "grader", "bold magenta"),
}


def in_ascii(text: str) -> str:
    """The text with our own signs as ASCII writes them; other text stays as it is."""
    return text.translate(_ASCII)


def sign_width(*, ascii: bool) -> int:
    """The columns that the widest sign takes."""
    return max(len(in_ascii(look.sign) if ascii else look.sign) for look in LOOKS.values())
