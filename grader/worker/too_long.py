"""What it says of a check that it took too long: did it compute, did it wait, or is the machine busy?"""

from __future__ import annotations

from typing import NamedTuple

from grader.findings import Kind
from grader.machine.pace import Spent

_MOST = 0.8  # of its time: a check that spent so much on one thing is told by that alone

COMPUTES = (
    "Does a loop have a way to end? Is a long loop written out, so that it takes long to compile? Does it do in "
    "Python what one array operation could do? (--timeout 5 waits less.)"
)
COMPUTES_INSIDE_JAX = "A compiled loop that never ends: does the condition of a while_loop become False?"
_WAITS = (
    "What does it wait for: a sleep, a lock, another process, something to be typed? What computes a result has none of "
    "these to wait for."
)
_BUSY = (
    "Other programs keep this machine busy, so this says nothing of your code. Run it again when less is going on, or with "
    "more patience: --timeout 60"
)


class TooLong(NamedTuple):
    """In the words of a finding: what comes after the exercise's name, and a hint."""

    kind: Kind
    complaint: str  # without an end: the line or the call may follow
    hint: str


def too_long(spent: Spent, limit: float, *, computes: str = COMPUTES) -> TooLong:
    """What is said of a check that was stopped at its limit. `computes` is the hint for one that computed all the time."""
    if spent.own < limit and spent.missed:
        got = f"was stopped: the machine is busy, and in {spent.wall:.0f} s it got {spent.computed:.2g} s of processor time"
        return TooLong(Kind.BUSY, got, _BUSY)
    if spent.computed >= _MOST * spent.own:
        return TooLong(Kind.TIMEOUT, f"computed for {limit:g} s and was stopped", computes)
    if spent.waited >= _MOST * spent.own:
        return TooLong(Kind.TIMEOUT, f"waited for {limit:g} s without computing and was stopped", _WAITS)
    both = f"computed for {spent.computed:.2g} s, waited for {spent.waited:.2g} s and was stopped"
    return TooLong(Kind.TIMEOUT, both, f"{_WAITS}\n{computes}")
