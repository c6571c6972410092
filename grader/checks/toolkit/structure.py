"""Verdicts on structure, which need no stopwatch: traces, loops, sizes, callbacks, keys, banned names."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import jax

from grader.checks.toolkit import wording
from grader.checks.toolkit.handles import Called, Handle
from grader.checks.toolkit.traces import reasons, watched
from grader.checks.toolkit.verdicts import RaisedError, WrongAnswer

_NO_LEAK_HINT = "Return every value that you need later; only what is returned leaves a traced function."

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
        with jax.checking_leaks():
            handle.trace_afresh(text, *calls[0], **keywords)
    before = handle.traces
    with watched(handle.session.learner) as seen:
        results = [handle(*arguments, **keywords) for arguments in calls]
    traces = handle.traces - before
    if traces > 1:
        told = [f"{traces} traces for {len(calls)} calls of the same shapes"]
        told += reasons([trace for trace in seen if trace.function == handle.name])
        rows = wording.table(expected="one trace", got="\n".join(told))
        raise WrongAnswer(f"{text} is traced again and again\n{rows}")
    program = handle.program(*calls[0], **keywords)
    if program.constant_bytes > MAX_CONSTANTS:
        rows = wording.table(
            expected="constants of at most 1 MiB",
            got=f"{program.constant_bytes / 2**20:.0f} MiB in the program",
        )
        hint = "An array from outside is copied into every program that is compiled; pass it as an argument."
        raise WrongAnswer(f"{text} has a large array baked in\n{rows}", hint=hint)
    if program.callbacks:
        rows = wording.table(expected="a program that stays on the device", got=", ".join(program.callbacks))
        hint = "Write the computation in jax.numpy; a callback leaves the compiled program for Python at every call."
        raise WrongAnswer(f"{text} calls back into Python\n{rows}", hint=hint)
    return results


def same_size_for(handle: Handle, small: tuple[Any, ...], large: tuple[Any, ...], **keywords: Any) -> None:
    """The program of a jit handle has as many operations for large arguments as for small ones.

    A Python loop under jit is written out, one copy of its body a round. Algorithms whose depth grows
    with the logarithm of the length stay below the bound. Raises WrongAnswer.
    """
    first, second = handle.program(*small, **keywords), handle.program(*large, **keywords)
    if grows(first.size, second.size):
        rows = wording.table(
            expected="as many operations for both",
            got=f"{first.size} for {first.call}\n{second.size} for {second.call}",
        )
        hint = "A Python loop is written out operation by operation. Use array operations, vmap or a loop from jax.lax."
        raise WrongAnswer(f"The program of {handle.shown} grows with its arguments\n{rows}", hint=hint)


def grows(small: int, large: int) -> bool:
    """Whether an operation count grew by more than a logarithm does when sizes double."""
    return large > 1.4 * small


def largest_value_at_most(handle: Handle, elements: int, arguments: tuple[Any, ...], **keywords: Any) -> None:
    """No intermediate of a jit handle's program has more elements than that. Raises WrongAnswer."""
    program = handle.program(*arguments, **keywords)
    if program.largest_value > elements:
        rows = wording.table(
            expected=f"at most {elements:,} elements in any array",
            got=f"an array of {program.largest_value:,} elements",
        )
        raise WrongAnswer(f"{program.call} builds something too large\n{rows}")


def uses_each_key_once(handle: Handle, *arguments: Any, **keywords: Any) -> None:
    """No key is consumed twice, by JAX's own checker, which sees typed keys only. Raises RaisedError.

    A jit handle is traced under the checker, which takes milliseconds. When that finds something, or the
    handle is not jitted, the function runs eagerly: slower, but it stops at the learner's own line.
    """
    text = wording.call(handle.shown, arguments, keywords)
    with jax.debug_key_reuse(True):
        if handle.is_jitted:
            try:
                handle.trace_afresh(text, *arguments, **keywords)
            except RaisedError as error:
                found = error
            else:
                return
        # Fresh copies of the keys: the checker marks them as consumed.
        fresh = jax.tree.map(lambda leaf: jax.random.clone(leaf) if wording.is_key(leaf) else leaf, arguments)
        handle.run(wording.call(handle.name, arguments, keywords), handle.untransformed, *fresh, **keywords)
        if handle.is_jitted:
            raise found


def bans(handle: Handle, *names: str) -> None:
    """The learner's function, and what it calls in the same file, uses none of these dotted names.

    `jax.nn` bans all of that module. Imports under other names are seen through. Raises WrongAnswer.
    """
    tree = handle.session.learner.tree
    aliases = _aliases(tree)
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
                    rows = wording.table(expected=f"no {banned}", got=f"{dotted} on line {node.lineno}")
                    message = f"{handle.name} uses what its rules leave out\n{rows}"
                    raise WrongAnswer(message, line=node.lineno)


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
