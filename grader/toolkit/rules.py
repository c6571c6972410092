"""What the rules of an exercise leave out: functions that its answer may neither name nor enter."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

import jax

from grader.findings import Finding, Kind
from grader.source.scopes import Names
from grader.toolkit import wording
from grader.toolkit.entered import Entered, banned_by, noting, with_detours
from grader.toolkit.handles import Handle
from grader.toolkit.labels import bare
from grader.toolkit.verdicts import Verdict, WrongAnswer


def called_as_it_is(function: Callable[..., Any], *arguments: Any) -> Any:
    """The use of a function that a rule looks at when the check names no other."""
    return function(*arguments)


def bans(handle: Handle, *names: str, on: tuple[Any, ...], by: Callable[..., Any] = called_as_it_is) -> None:
    """The learner's function names none of these dotted names, and enters nothing of them while it runs.

    `jax.nn` bans all of that module, and the libraries that offer the same once more. First the file is read: imports and
    assignments under other names are seen through, as Python's scopes have them. `hash` bans Python's own function, unless
    the file gives something else that name. Then the function runs on the example `on`, traced, so that nothing is
    compiled; give arrays of shapes that no other check uses, since what the learner compiles by themselves runs once a
    shape. `by(function, *on)` says how it is used, where calling it does not show all of it. Raises WrongAnswer.
    """
    rules = with_detours(names)
    for dotted, line in _uses(Names(handle.session.learner.tree), handle.name):
        for banned, rule in rules.items():
            if dotted == banned or dotted.startswith(f"{banned}."):
                raise _broken(handle, Entered(dotted, rule, line))
    for entered in _entered(handle, names, on, by):
        raise _broken(handle, entered)


def _broken(handle: Handle, entered: Entered) -> WrongAnswer:
    finding = Finding(
        "uses what its rules leave out",
        Kind.BANNED_NAME,
        handle.name,
        expected=f"no {entered.rule}",
        got=f"{entered.name} on {handle.session.learner.where(entered.line)}",
        line=entered.line,
    )
    return WrongAnswer(finding)


def _entered(
    handle: Handle, names: tuple[str, ...], on: tuple[Any, ...], by: Callable[..., Any]
) -> list[Entered]:
    """What is banned and entered when the function runs on an example. What it raises is for other checks to tell."""
    arguments = [bare(argument) for argument in on]
    leaves, structure = jax.tree.flatten(arguments)
    arrays = [place for place, leaf in enumerate(leaves) if wording.is_jax_array(leaf)]

    def run(*given: Any) -> None:
        filled = [*leaves]
        for place, array in zip(arrays, given, strict=True):
            filled[place] = array
        by(handle.raw, *jax.tree.unflatten(structure, filled))

    attempts: list[Callable[[], Any]] = [lambda: run(*(leaves[place] for place in arrays))]
    if arrays:  # what does not trace runs as it is
        attempts.insert(0, lambda: jax.make_jaxpr(run)(*(leaves[place] for place in arrays)))
    banned = banned_by(names)
    found: list[Entered] = []
    for attempt in attempts:
        try:
            with noting(banned, handle.session.learner) as found:
                handle.run(handle.name, attempt)
            break
        except Verdict:
            if found:
                break
    return found


def _uses(file: Names, name: str) -> Iterator[tuple[str, int]]:
    """Dotted names that a definition uses, with their lines: what stands in itself comes first."""
    own = file.bound_at_top(name)
    for dotted in sorted(file.meanings_at_top(name)):  # it may be nothing but another name for something
        yield dotted, own[-1].lineno
    reached = [statement for other in file.reached([name]) for statement in file.bound_at_top(other)]
    for statement in [*own, *sorted(set(reached) - set(own), key=lambda statement: statement.lineno)]:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
                for dotted in sorted(file.meanings(node)):
                    yield dotted, node.lineno
