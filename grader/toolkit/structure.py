"""Verdicts on structure, which need no stopwatch: traces, loops, sizes, callbacks, banned names."""

from __future__ import annotations

import ast
import builtins
import gc
import weakref
from collections.abc import Sequence
from typing import Any

import jax

from grader.findings import Finding, Kind
from grader.toolkit import wording
from grader.toolkit.called import Called
from grader.toolkit.handles import Handle
from grader.toolkit.traces import reasons, watched
from grader.toolkit.verdicts import RaisedError, WrongAnswer

MAX_CONSTANTS = 2**20  # bytes


def compiles_once(
    handle: Handle, calls: Sequence[tuple[Any, ...]], *, leaks: bool = True, **keywords: Any
) -> list[Called]:
    """Call a jit handle with each tuple of arguments, all of the same shapes, and see it traced exactly once.

    Also: tracing leaks nothing, no large array is baked in, and the program calls back into Python nowhere.
    `keywords` go along with every call (static arguments, as a rule). Returns the results, for comparing. With
    `leaks=False` nobody looks for leaks: under pmap and shard_map JAX's own caches would be taken for some.
    Raises WrongAnswer, or RaisedError when the function cannot be traced.
    """
    text = wording.call(handle.shown, calls[0], keywords)
    if leaks:
        _leaks_nothing(handle, text, calls[0], keywords)
    before = handle.traces
    with watched(handle.session.learner) as seen:
        results = [handle(*arguments, **keywords) for arguments in calls]
    traces = handle.traces - before
    if traces > 1:
        told = [f"{traces} traces for {len(calls)} calls of the same shapes"]
        told += reasons([trace for trace in seen if trace.function == handle.name])
        complaint, came = "is traced again and again", "\n".join(told)
        raise WrongAnswer(Finding(complaint, Kind.RETRACED, text, expected="one trace", got=came))
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
    return results


def _leaks_nothing(handle: Handle, text: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> None:
    """Nothing of a trace is left when it is over. Raises RaisedError.

    `jax.checking_leaks` also finds what lies in JAX's own caches: jnp.piecewise puts functions there that close over
    tracers. So what it finds counts if the trace is still alive when JAX has forgotten all that it keeps.
    """
    traces: list[weakref.ref[Any]] = []
    try:
        with jax.checking_leaks():
            handle.trace_afresh(text, *arguments, traces=traces, **keywords)
        return
    except RaisedError as error:
        if error.finding.kind is not Kind.LEAKED_TRACER:
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
    first, second = handle.program(*small, **keywords), handle.program(*large, **keywords)
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
    program = handle.program(*arguments, **keywords)
    if program.largest_value > elements:
        finding = Finding(
            "builds something too large",
            Kind.TOO_LARGE,
            program.call,
            expected=f"at most {elements:,} elements in any array",
            got=f"an array of {program.largest_value:,} elements",
        )
        raise WrongAnswer(finding)


def bans(handle: Handle, *names: str) -> None:
    """The learner's function, and what it calls in the same file, uses none of these dotted names.

    `jax.nn` bans all of that module. Imports under other names are seen through. `hash` bans Python's own function,
    unless the file gives something else that name. Raises WrongAnswer.
    """
    tree = handle.session.learner.tree
    aliases = {name: name for name in names if hasattr(builtins, name)} | _aliases(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            aliases.pop(node.id, None)
        elif isinstance(node, ast.FunctionDef | ast.arg):
            aliases.pop(node.name if isinstance(node, ast.FunctionDef) else node.arg, None)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    seen: set[str] = set()
    waiting = [handle.name]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in functions:
            continue
        seen.add(name)
        local = aliases | _aliases(functions[name])
        for node in ast.walk(functions[name]):
            if isinstance(node, ast.Name):
                waiting.append(node.id)
            if not isinstance(node, ast.Name | ast.Attribute):
                continue
            dotted = _dotted(node, local) or ""
            for banned in names:
                if dotted == banned or dotted.startswith(f"{banned}."):
                    finding = Finding(
                        "uses what its rules leave out",
                        Kind.BANNED_NAME,
                        handle.name,
                        expected=f"no {banned}",
                        got=f"{dotted} on line {node.lineno}",
                        line=node.lineno,
                    )
                    raise WrongAnswer(finding)


def _aliases(tree: ast.AST) -> dict[str, str]:
    """What imported names stand for: jnp -> jax.numpy, logsumexp -> jax.nn.logsumexp."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def _dotted(node: ast.AST, aliases: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return aliases.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value, aliases)
        return f"{owner}.{node.attr}" if owner else None
    return None
