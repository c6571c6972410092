"""What a compiled program costs, as the compiler tells it: temporary memory and floating-point operations."""

from __future__ import annotations

from typing import Any

from grader.findings import Finding, Kind
from grader.toolkit import wording
from grader.toolkit.handles import Handle
from grader.toolkit.verdicts import Unavailable, WrongAnswer
from grader.units import memory


def temporary_memory_at_most(handle: Handle, limit: int, arguments: tuple[Any, ...], **keywords: Any) -> None:
    """The compiled program of a jit handle needs at most `limit` bytes beside its arguments and results.

    Raises WrongAnswer above it, Unavailable where the platform does not tell.
    """
    analysis = handle.compiled(*arguments, **keywords).memory_analysis()
    if analysis is None:
        raise Unavailable("This platform does not tell how much memory a program needs.")
    needed = int(analysis.temp_size_in_bytes)
    if needed > limit:
        call = wording.call(handle.shown, arguments, keywords)
        finding = Finding(
            "needs too much memory while it runs",
            Kind.MEMORY,
            call,
            expected=f"at most {memory(limit)} of temporary memory",
            got=memory(needed),
        )
        raise WrongAnswer(finding)


def operations_at_most(handle: Handle, limit: float, arguments: tuple[Any, ...], **keywords: Any) -> None:
    """The compiled program of a jit handle does at most `limit` floating-point operations, by XLA's own count.

    XLA counts the body of a `while` or `scan` loop once. Raises WrongAnswer above the limit, Unavailable
    where the platform does not tell.
    """
    costs = handle.compiled(*arguments, **keywords).cost_analysis() or {}
    if "flops" not in costs:
        raise Unavailable("This platform does not tell how many operations a program does.")
    if costs["flops"] > limit:
        call = wording.call(handle.shown, arguments, keywords)
        finding = Finding(
            "computes more than it has to",
            Kind.OPERATIONS,
            call,
            expected=f"at most {limit:,.0f} operations",
            got=f"{costs['flops']:,.0f}",
        )
        raise WrongAnswer(finding)
