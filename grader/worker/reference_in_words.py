"""What an answer and the reference have different, in one remark: the difference that teaches most.

Both are right. A remark says what differs, with its numbers, and leaves the judgement to the reader. No JAX here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from grader.results import ComparedQuantity
from grader.units import memory, ratio
from grader.worker.primitives import ARITHMETIC, HEAVY, INDEXED, LOOPS, MOVES, TRIFLES, UNCOUNTED, WRAPPERS

# Ratios from which a difference is worth a remark, and absolute differences below which a ratio says nothing.
MUCH_ARITHMETIC, _FEW_OPERATIONS = 1.5, 100.0
MUCH_MEMORY, _LITTLE_MEMORY = 2.0, 1024.0  # bytes
MANY_EQUATIONS, _FEW_EQUATIONS = 1.75, 8
MUCH_TIME = 1.5
_WRITTEN_OUT = 2.0  # times the equations of a loop: what has none is then written out, wholly or in part
_ALIKE = 1.02  # a ratio of operations up to which the arithmetic is called the same


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one of the two. None: the platform does not tell."""

    lines: int
    primitives: Mapping[str, int] = field(default_factory=Counter)
    outline: Any = None  # equal outlines, equal programs
    flops: float | None = None
    bytes_accessed: float | None = None
    temporary_bytes: float | None = None
    seconds: float | None = None

    @property
    def equations(self) -> int:
        """How many operations, wrappers not counted."""
        return sum(count for name, count in self.primitives.items() if name not in WRAPPERS)

    @property
    def loops(self) -> dict[str, int]:
        """The loops among them."""
        return {name: self.primitives[name] for name in LOOPS if self.primitives.get(name)}


def rows(yours: Facts, reference: Facts) -> tuple[ComparedQuantity, ...]:
    """The quantities of both; one that neither knows is left out, and so are counts that are not of the whole."""
    names = ("lines", "equations", "flops", "bytes_accessed", "temporary_bytes", "seconds")
    both = [ComparedQuantity(name, _known(name, yours), _known(name, reference)) for name in names]
    return tuple(row for row in both if (row.yours, row.reference) != (None, None))


def _known(name: str, facts: Facts) -> float | None:
    counted = name not in {"flops", "bytes_accessed"} or _whole(facts)
    value: float | None = getattr(facts, name) if counted else None
    return value


def remark(yours: Facts, reference: Facts, speedup: float = 1.0) -> str:
    """The difference that teaches most, in words, and whether the clock feels it; empty when they are alike.

    `speedup` is the reference's time over yours, as far as it is sure; 1 when the clock cannot tell them apart.
    """
    if yours.outline is not None and yours.outline == reference.outline:
        return f"the same program, equation by equation{_in_lines(yours, reference)}"
    difference = (
        _loops(yours, reference)
        or _more_of(HEAVY, yours, reference)
        or _more_of(INDEXED, yours, reference, both_do=(False,))  # which explains most of what follows
        or _arithmetic(yours, reference)
        or _memory(yours, reference)
        or _equations(yours, reference)
        or _more_of(MOVES, yours, reference)
    )
    clock = _time(speedup)
    if difference and clock:
        return f"{difference}; {clock}"
    if clock:
        return f"{clock}: worth a look at what {'the reference' if speedup > 1 else 'yours'} does more"
    return difference or _more_of(ARITHMETIC, yours, reference) or _others(yours, reference)


def _in_lines(yours: Facts, reference: Facts) -> str:
    difference = yours.lines - reference.lines
    if difference == 0:
        return ""
    count = f"{abs(difference)} line{'s' * (abs(difference) > 1)}"
    return f", in {count} {'more' if difference > 0 else 'fewer'}"


def _loops(yours: Facts, reference: Facts) -> str:
    if yours.loops == reference.loops:
        return ""
    mine, theirs = (" and ".join(facts.loops) for facts in (yours, reference))
    if not theirs:
        return _one_loops("yours", mine, yours, "the reference", reference)
    if not mine:
        return _one_loops("the reference", theirs, reference, "yours", yours)
    if mine == theirs:
        counts = [sum(facts.loops.values()) for facts in (yours, reference)]
        return f"yours has {_count(counts[0], 'loop')} ({mine}), the reference {counts[1]}"
    why = ", which jax.grad can go back through" if (mine, theirs) == ("while", "scan") else ""
    return f"yours loops with {mine}, the reference with {theirs}{why}"


def _one_loops(who: str, loop: str, has: Facts, other: str, without: Facts) -> str:
    if without.equations >= _WRITTEN_OUT * has.equations:
        return (
            f"{who} keeps a loop ({loop}) in {has.equations} equations, "
            f"{other} takes {without.equations} equations without one"
        )
    return f"{who} runs a loop ({loop}), {other} none"


def _more_of(
    group: Mapping[str, str], yours: Facts, reference: Facts, both_do: Sequence[bool] = (False, True)
) -> str:
    """What one does more often than the other: what only one does comes before what both do, yours before the other's.

    Primitives with the same words in the group count as one: `sqrt` and `rsqrt` both take a root.
    """
    sides = (("yours", yours, "the reference", reference), ("the reference", reference, "yours", yours))
    same = group is not ARITHMETIC and _same_arithmetic(yours, reference)
    prefix = "the same arithmetic, but " if same else ""
    for both in both_do:
        for who, more, other, less in sides:
            for does in dict.fromkeys(group.values()):
                names = [name for name in group if group[name] == does and more.primitives.get(name)]
                first = sum(more.primitives[name] for name in names)
                second = sum(less.primitives.get(name, 0) for name in group if group[name] == does)
                if first <= second or bool(second) is not both:
                    continue
                primitives = " and ".join(names)
                if not both:
                    return f"{prefix}{who} {does}{_often(first)}, {other} never ({primitives})"
                often = "once more" if first == second + 1 else f"{first - second} times more"
                return f"{prefix}{who} {does} {often} ({primitives} {first}, {other.removeprefix('the ')} {second})"
    return ""


def _often(count: int) -> str:
    return {1: "", 2: " twice"}.get(count, f" {count} times")


def _same_arithmetic(yours: Facts, reference: Facts) -> bool:
    if not (_counted(yours) and _counted(reference)):
        return False
    mine, theirs = yours.flops or 0.0, reference.flops or 0.0
    return max(mine, theirs) <= _ALIKE * min(mine, theirs)


def _counted(facts: Facts) -> bool:
    return bool(facts.flops) and _whole(facts)


def _whole(facts: Facts) -> bool:
    """Whether what the compiler counts is all that is done.

    It counts the body of a loop once, however often it runs, and what a library of linear algebra does not at all.
    """
    return not any(map(facts.primitives.get, (*LOOPS, *UNCOUNTED)))


def _arithmetic(yours: Facts, reference: Facts) -> str:
    mine, theirs = yours.flops, reference.flops
    if not (_counted(yours) and _counted(reference)) or mine is None or theirs is None:
        return ""
    if abs(mine - theirs) < _FEW_OPERATIONS:
        return ""
    if mine >= MUCH_ARITHMETIC * theirs:
        return f"yours does {ratio(mine / theirs)} times the arithmetic ({mine:,.0f} flops, reference {theirs:,.0f})"
    if theirs >= MUCH_ARITHMETIC * mine:
        return f"the reference does {ratio(theirs / mine)} times the arithmetic ({theirs:,.0f} flops, yours {mine:,.0f})"
    return ""


def _memory(yours: Facts, reference: Facts) -> str:
    mine, theirs = yours.temporary_bytes, reference.temporary_bytes
    if mine is None or theirs is None or abs(mine - theirs) < _LITTLE_MEMORY:
        return ""
    if max(mine, theirs) < MUCH_MEMORY * min(mine, theirs):
        return ""
    if mine > theirs:
        return f"yours needs {memory(mine)} of temporary memory, the reference {_or_nothing(theirs)}"
    return f"the reference needs {memory(theirs)} of temporary memory, yours {_or_nothing(mine)}"


def _or_nothing(count: float) -> str:
    return memory(count) if count else "nothing"


def _equations(yours: Facts, reference: Facts) -> str:
    mine, theirs = yours.equations, reference.equations
    if abs(mine - theirs) < _FEW_EQUATIONS or max(mine, theirs) < MANY_EQUATIONS * min(mine, theirs):
        return ""
    if _same_arithmetic(yours, reference):
        return f"the same arithmetic in {mine} equations, the reference takes {theirs}"
    return f"yours takes {mine} equations, the reference {theirs}"


def _time(speedup: float) -> str:
    if speedup >= MUCH_TIME:
        return f"yours is {ratio(speedup)} times as fast"
    if speedup <= 1 / MUCH_TIME:
        return f"yours takes {ratio(1 / speedup)} times as long"
    return ""


def _others(yours: Facts, reference: Facts) -> str:
    """Nothing above: name an operation or two that only one of them has, and how much text it took."""
    lines = _in_lines(yours, reference)
    only = [
        [name for name in one if name not in TRIFLES | WRAPPERS and not other.get(name)][:2]
        for one, other in (
            (yours.primitives, reference.primitives),
            (reference.primitives, yours.primitives),
        )
    ]
    if all(only):
        words = [" and ".join(f"`{name}`" for name in names) for names in only]
        return f"much alike{lines}: {words[0]} where the reference has {words[1]}"
    return f"much alike{lines}" if lines else ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
