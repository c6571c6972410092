"""Mutants of a day's references put before its checks: which are caught, which compute the same, which survive.

A mutant that survives is held against the reference on the calls that the checks made: where both trace to equal programs,
it is the same function in other words. What survives beside those is a hole in the checks, or stands among the exercise's
`equivalent_mutants.toml`, with the reason why it is right.
"""

from __future__ import annotations

import ast
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from grader.authoring.mutants import HELPERS, Mutant, mutants_of
from grader.judge import runner
from grader.judge.processes import Workers
from grader.kata import catalogue
from grader.kata.catalogue import Day
from grader.options import UNTIMED, Options
from grader.results import Aspect, RunResult, Status
from grader.source.syntax import Definition

# In an exercise's folder: [[mutant]] with was, now and why; or with operator and why, for all that an operator makes.
EQUIVALENT = "equivalent_mutants.toml"
LIMIT = 10.0  # seconds for a check: many a mutant never ends

# Stands in the place of the reference, and writes down for each call whether the mutant's program is the reference's.
_COMPARED = """
def _compared(reference, changed, file):
    import functools
    import numpy
    from jax.interpreters import partial_eval

    def program(function, arguments):
        leaves, tree = jax.tree.flatten(arguments)
        places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, (jax.Array, numpy.ndarray))]
        kinds = [jax.ShapeDtypeStruct(leaves[i].shape, leaves[i].dtype) for i in places]
        def traced(*arrays):
            filled = list(leaves)
            for i, array in zip(places, arrays):
                filled[i] = array
            args, kwargs = jax.tree.unflatten(tree, filled)
            return function(*args, **kwargs)
        jaxpr = jax.make_jaxpr(traced)(*kinds).jaxpr
        used, _ = partial_eval.dce_jaxpr(jaxpr, [True] * len(jaxpr.outvars), instantiate=True)
        return str(used)

    @functools.wraps(reference)
    def both(*args, **kwargs):
        try:
            said = "same" if program(reference, (args, kwargs)) == program(changed, (args, kwargs)) else "other"
        except Exception:
            said = "untold"
        with open(file, "a") as notes:
            notes.write(said + "\\n")
        return reference(*args, **kwargs)

    return both
"""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a mutant: `caught` by a check, `same` as the reference, `filed` as equivalent, or it `survived`."""

    mutant: Mutant
    word: str
    check: str = ""  # that caught it, with its aspect
    status: str = ""  # the verdict of that check


@dataclass(frozen=True, slots=True)
class Filed:
    """What an exercise's file says of mutants that are right, too."""

    lines: frozenset[tuple[str, str]] = frozenset()  # before and after
    operators: frozenset[str] = frozenset()

    def holds(self, mutant: Mutant) -> bool:
        return (mutant.was, mutant.now) in self.lines or mutant.operator in self.operators


def filed_as_equivalent(day: Day, exercise: str) -> Filed:
    """The mutants of an exercise that are right, too. Raises ValueError for an entry without a reason."""
    file = day.folder_of(exercise) / EQUIVALENT
    if not file.exists():
        return Filed()
    entries = tomllib.loads(file.read_text(encoding="utf-8")).get("mutant", [])
    for entry in entries:
        if set(entry) not in ({"was", "now", "why"}, {"operator", "why"}) or len(entry["why"].split()) < 3:
            raise ValueError(f"{file}: a mutant has was and now, or an operator, and the reason in why")
    lines = [(entry["was"], entry["now"]) for entry in entries if "was" in entry]
    return Filed(frozenset(lines), frozenset(entry["operator"] for entry in entries if "operator" in entry))


def references(day: Day) -> dict[str, Definition]:
    """The references of a day by name."""
    names = {exercise.name for exercise in day.exercises}
    tree = ast.parse(day.solution.read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, Definition) and node.name in names}


def mutants_by_exercise(day: Day) -> dict[str, list[Mutant]]:
    return {name: mutants_of(node) for name, node in references(day).items()}


def try_mutants(
    workers: Workers, day: Day, wanted: dict[str, list[Mutant]], *, seed: int, timed: bool
) -> Iterator[Fate]:
    """Grade mutants, one an exercise at a time, and say what became of each. Raises RuntimeError for a fault of the grader."""
    for row in zip_longest(*wanted.values()):
        yield from _one_wave(workers, day, [mutant for mutant in row if mutant], seed, timed)


def _one_wave(workers: Workers, day: Day, wave: Sequence[Mutant], seed: int, timed: bool) -> Iterator[Fate]:
    leads = _leads(_grade(workers, day, _text(day, wave), wave, seed, timed))
    passed = []
    for mutant in wave:
        lead = leads[mutant.exercise]
        if lead is None:
            passed.append(mutant)
        else:
            yield Fate(mutant, "caught", f"{lead[0]} {lead[1]}", lead[2])
    filed = {mutant.exercise: filed_as_equivalent(day, mutant.exercise) for mutant in passed}
    unknown = [mutant for mutant in passed if not filed[mutant.exercise].holds(mutant)]
    yield from (Fate(mutant, "filed") for mutant in passed if mutant not in unknown)
    same = _the_same(workers, day, unknown, seed) if unknown else set()
    yield from (Fate(mutant, "same" if mutant.exercise in same else "survived") for mutant in unknown)


def _the_same(workers: Workers, day: Day, wave: Sequence[Mutant], seed: int) -> set[str]:
    """The exercises whose mutant traces to the reference's own program in all calls of the checks."""
    with tempfile.TemporaryDirectory() as notes:
        files = {mutant.exercise: Path(notes) / mutant.exercise for mutant in wave}
        beside = [_beside(mutant, files[mutant.exercise]) for mutant in wave if mutant.exercise[0].islower()]
        _grade(workers, day, _text(day, ()) + _COMPARED + "\n".join(beside), wave, seed, timed=False)
        said = {name: set(file.read_text().split()) for name, file in files.items() if file.exists()}
    return {name for name, words in said.items() if words == {"same"}}


def _beside(mutant: Mutant, file: Path) -> str:
    name = mutant.exercise
    renamed = f"_changed_{name}"
    source = mutant.source.replace(f"def {name}(", f"def {renamed}(", 1)
    return f"\n{source}\n{name} = _compared({name}, {renamed}, {str(file)!r})\n"


def _text(day: Day, wave: Sequence[Mutant]) -> str:
    """The day's solutions with mutants in the place of their references."""
    changed = {mutant.exercise: mutant.source for mutant in wave}
    tree = ast.parse(day.solution.read_text(encoding="utf-8"))
    parts = [changed.get(getattr(node, "name", ""), "") or ast.unparse(node) for node in tree.body]
    return "\n\n\n".join(["import jax\nimport jax.numpy as jnp", HELPERS, *parts]) + "\n"


def _grade(
    workers: Workers, day: Day, text: str, wave: Sequence[Mutant], seed: int, timed: bool
) -> RunResult:
    selections = catalogue.select([f"{day.folder}.{mutant.exercise}" for mutant in wave])
    aspects = tuple(Aspect) if timed else (*UNTIMED, Aspect.DEEPER)
    options = Options(seed=seed, check_timeout=LIMIT, aspects=aspects)
    with tempfile.TemporaryDirectory() as tree:
        file = day.file_in(Path(tree))
        file.parent.mkdir()
        file.write_text(text, encoding="utf-8")
        return runner.grade(selections, Path(tree), workers, options)


def _leads(result: RunResult) -> dict[str, tuple[str, str, str] | None]:
    """(aspect, check, status) of what each exercise did not pass first."""
    if result.faults:
        raise RuntimeError("\n".join(str(fault) for fault in result.faults))
    found: dict[str, tuple[str, str, str] | None] = {}
    for exercise in result.days[0].exercises:
        lead = exercise.lead
        passed = lead is None or lead.status is Status.INCONCLUSIVE
        found[exercise.name] = (
            None if passed or lead is None else (lead.aspect.value, lead.name, lead.status.value)
        )
    return found
