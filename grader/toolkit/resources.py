"""What a compiled program costs, as the compiler tells it: temporary memory and floating-point operations."""

from __future__ import annotations

from typing import Any

import jax

from grader.findings import Finding, Kind
from grader.toolkit import wording
from grader.toolkit.handles import Handle
from grader.toolkit.verdicts import Unavailable, WrongAnswer
from grader.units import memory


def temporary_memory_at_most(handle: Handle, limit: int, arguments: tuple[Any, ...], **keywords: Any) -> None:
    """The compiled program of a jit handle needs at most `limit` bytes beside its arguments and results.

    Raises WrongAnswer above it, Unavailable where the platform does not tell.
    """
    analysis = _compiled_for_the_cpu(handle, arguments, keywords).memory_analysis()
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
    costs = _compiled_for_the_cpu(handle, arguments, keywords).cost_analysis() or {}
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


def _compiled_for_the_cpu(handle: Handle, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """A jit handle's program as the CPU's compiler makes it: limits are in its counts.

    Others count the workspace of libraries that nobody asked for, and operations that they do twice so as to save memory.
    Raises Unavailable where JAX has no CPU to compile for, or where the arguments lie on other devices for good.
    """
    if jax.default_backend() == "cpu":
        return handle.compiled(*arguments, **keywords)
    try:
        cpu = jax.devices("cpu")[0]
    except RuntimeError:
        raise Unavailable(f"What a program costs is asked of the CPU's compiler. {_LET_IN}") from None
    with jax.default_device(cpu):
        compiled = handle.compiled(*arguments, **keywords)
    shardings = jax.tree.leaves(compiled.output_shardings)
    if any(device.platform != "cpu" for sharding in shardings for device in sharding.device_set):
        raise Unavailable(
            "What a program costs is asked of the CPU's compiler, and this one is for other devices."
        )
    return compiled


_LET_IN = "JAX_PLATFORMS leaves the CPU out: add it, as in JAX_PLATFORMS=cuda,cpu."
