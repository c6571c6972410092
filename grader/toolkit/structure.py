"""Verdicts on structure, which need no stopwatch: traces, loops, sizes, callbacks."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import jax
from jax._src import core as jax_core

from grader.findings import Finding, Kind
from grader.toolkit import wording
from grader.toolkit.called import Called
from grader.toolkit.handles import Handle
from grader.toolkit.judged_call import Case
from grader.toolkit.programs import Program
from grader.toolkit.promises import keeps_its_promises
from grader.toolkit.traces import reasons, watched, why_anew
from grader.toolkit.verdicts import RaisedError, WrongAnswer, about

MAX_CONSTANTS = 2**20  # bytes


def compiles_once(
    handle: Handle, calls: Sequence[tuple[Any, ...]], *, leaks: bool = True, **keywords: Any
) -> list[Called]:
    """Call a jit handle with each tuple of arguments, all of the same shapes, and see it traced exactly once.

    Also: tracing leaks nothing, no large array is baked in, the program calls back into Python nowhere, and what it promises
    of its indices is so.
    `keywords` go along with every call (static arguments, as a rule). Returns the results, for comparing. With
    `leaks=False` nobody looks for leaks: under pmap and shard_map JAX's own caches would be taken for some.
    Raises WrongAnswer, or RaisedError when the function cannot be traced.
    """
    with about(Case(handle, calls[0], keywords)):
        return _compiles_once(handle, calls, leaks, keywords)


def _compiles_once(
    handle: Handle, calls: Sequence[tuple[Any, ...]], leaks: bool, keywords: dict[str, Any]
) -> list[Called]:
    text = wording.call(handle.shown, calls[0], keywords)
    if leaks:
        _leaks_nothing(handle, text, calls[0], keywords)
    before = handle.traces
    with watched(handle.session.learner) as seen:
        results = [handle(*arguments, **keywords) for arguments in calls]
    traces = handle.traces - before
    if traces > 1:
        told = [f"{traces} traces for {len(calls)} calls of the same shapes"]
        again = [trace for trace in seen if trace.function == handle.name]
        finding = Finding(
            "is traced again and again",
            Kind.RETRACED,
            text,
            expected="one trace",
            got="\n".join([*told, *reasons(again)]),
            cause=why_anew(again),
        )
        raise WrongAnswer(finding)
    program = handle.program(*calls[0], **keywords)
    if program.constant_bytes > MAX_CONSTANTS:
        finding = Finding(
            "has a large array baked in",
            Kind.BAKED_IN,
            text,
            expected="constants of at most 1 MiB",
            got=f"{program.constant_bytes / 2**20:.0f} MiB in the program",
        )
        hint = "An array from outside is copied into every program that is compiled; pass it as an argument."
        raise WrongAnswer(finding, hint=hint)
    if program.callbacks:
        finding = Finding(
            "calls back into Python",
            Kind.CALLS_BACK,
            text,
            expected="a program that stays on the device",
            got=", ".join(program.callbacks),
        )
        hint = "Write the computation in jax.numpy; a callback leaves the compiled program for Python at every call."
        raise WrongAnswer(finding, hint=hint)
    for arguments in calls:
        keeps_its_promises(program, handle.traced_leaves(arguments, keywords))
    return results


@contextmanager
def checking_leaks() -> Iterator[None]:
    """JAX looks for tracers that are left over, and does not search for who keeps them: that may take half a minute."""
    search = getattr(jax_core, "_why_alive", None)
    if search:
        jax_core._why_alive = lambda *arguments: ""
    try:
        with jax.checking_leaks():
            yield
    finally:
        if search:
            jax_core._why_alive = search


def _leaks_nothing(handle: Handle, text: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> None:
    """Nothing of a trace is left when it is over. Raises RaisedError.

    `jax.checking_leaks` also finds what lies in JAX's own caches: jnp.piecewise puts functions there that close over
    tracers. So what it finds counts if the trace is still alive when JAX has forgotten all that it keeps.
    """
    traces: list[weakref.ref[Any]] = []
    try:
        with checking_leaks():
            handle.trace_afresh(text, *arguments, traces=traces, **keywords)
        return
    except RaisedError as error:
        # A tracer that is used when its trace is over was kept by the learner, in this trace or in an earlier one.
        if error.finding.kind is not Kind.LEAKED_TRACER or "UnexpectedTracerError" in error.finding.error:
            raise
        told = RaisedError(error.finding, hint=error.hint)
    # Here, where the error and its frames, which hold on to the trace, are gone.
    jax.clear_caches()
    gc.collect()
    if not traces or any(trace() is not None for trace in traces):
        raise told


def same_size_for(handle: Handle, small: tuple[Any, ...], large: tuple[Any, ...], **keywords: Any) -> None:
    """The program of a jit handle has as many operations for large arguments as for small ones.

    A Python loop under jit is written out, one copy of its body a round. Algorithms whose depth grows
    with the logarithm of the length stay below the bound. Raises WrongAnswer.
    """
    with about(Case(handle, large, keywords)):
        handle.remember_growth(small, large, keywords)
        first, second = handle.program(*small, **keywords), handle.program(*large, **keywords)
        _stays(handle, first, second)


def _stays(handle: Handle, first: Program, second: Program) -> None:
    if grows(first.size, second.size):
        finding = Finding(
            "grows with its arguments",
            Kind.GROWS,
            handle.shown,
            about="The program of",
            expected="the same number of operations for both",
            got=f"{first.size} for {first.call}\n{second.size} for {second.call}",
        )
        hint = "A Python loop is written out operation by operation. Use array operations, vmap or a loop from jax.lax."
        raise WrongAnswer(finding, hint=hint)


def grows(small: int, large: int) -> bool:
    """Whether an operation count grew by more than a logarithm does when sizes double."""
    return large > 1.4 * small


def largest_value_at_most(handle: Handle, elements: int, arguments: tuple[Any, ...], **keywords: Any) -> None:
    """No intermediate of a jit handle's program has more elements than that. Raises WrongAnswer."""
    case = Case(handle, arguments, keywords)
    with about(case):
        program = handle.program(*arguments, **keywords)
    if program.largest_value > elements:
        finding = Finding(
            "builds something too large",
            Kind.TOO_LARGE,
            program.call,
            expected=f"at most {elements:,} elements in any array",
            got=f"an array of {program.largest_value:,} elements",
        )
        with about(case):
            raise WrongAnswer(finding)
