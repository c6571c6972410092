"""How strong the checks are: mutants of the references are caught, and what makes and judges mutants does what it says."""

from __future__ import annotations

import ast

import pytest

from grader.authoring.mutant_trial import Fate, filed_as_equivalent, mutants_by_exercise, try_mutants
from grader.authoring.mutants import HELPERS, Mutant, mutants_of, some_of
from grader.judge import processes
from grader.kata import catalogue
from grader.source.syntax import Definition
from tests import sampling

DAYS = catalogue.days()
A_DAY = 6  # mutants in a run of the tests
REFERENCE = '''
def f(x: Float[Array, "n d"], n: int) -> Float[Array, ""]:
    """Anything."""
    total = jnp.sum(x, axis=0)
    return lax.fori_loop(0, n, lambda _, y: y * 0.5, total) - 1
'''


def _mutants(text: str) -> list[Mutant]:
    (node,) = ast.parse(text).body
    assert isinstance(node, Definition)
    return mutants_of(node)


def test_a_mutant_differs_in_one_line_and_says_which() -> None:
    found = _mutants(REFERENCE)
    assert len({mutant.source for mutant in found}) == len(found) > 20
    for mutant in found:
        ast.parse(mutant.source)
        assert mutant.now != mutant.was
        assert mutant.now.split("\n")[0] in mutant.source


@pytest.mark.parametrize(
    ("operator", "line"),
    [
        ("axis", "total = jnp.sum(x, axis=1)"),
        ("some per cent more", "return lax.fori_loop(0, n, lambda _, y: y * 0.515, total) - 1"),
        ("loop written out", "return _python_fori_loop(0, n, lambda _, y: y * 0.5, total) - 1"),
        ("at most 40 rounds", "return lax.fori_loop(0, jnp.minimum(n, 40), lambda _, y: y * 0.5, total) - 1"),
        ("counted in float16", "total = jnp.sum(x, axis=0, dtype=jnp.float16)"),
        ("input transposed when square", "x = _turned(x)"),
        ("input capped at 40", "n = min(n, 40)"),
        ("result cleaned of NaN", "return _cleaned(lax.fori_loop(0, n, lambda _, y: y * 0.5, total) - 1)"),
    ],
)
def test_operators_know_jax(operator: str, line: str) -> None:
    assert line in {mutant.now for mutant in _mutants(REFERENCE) if mutant.operator == operator}


def test_each_kind_of_change_comes_before_a_kind_comes_twice() -> None:
    found = _mutants(REFERENCE)
    kinds = {mutant.operator for mutant in found}
    assert {mutant.operator for mutant in some_of(found, len(kinds), seed=3)} == kinds
    assert some_of(found, 5, seed=3) == some_of(found, 5, seed=3)


def test_every_exercise_gives_mutants_enough_and_all_of_them_parse() -> None:
    ast.parse(HELPERS)
    for day in DAYS:
        for name, mutants in mutants_by_exercise(day).items():
            assert len(mutants) >= 2, name  # accumulate is one call
            assert all(ast.parse(mutant.source) for mutant in mutants)


def test_a_mutant_is_caught_the_same_or_survives(workers: processes.Workers) -> None:
    day = catalogue.find_day("day01")
    right = next(
        node for node in ast.parse(day.solution.read_text()).body if getattr(node, "name", "") == "softmax"
    )
    source = ast.unparse(right)
    wrong = source.replace("jnp.exp(x", "jnp.exp(2 * x")
    other_words = source.replace("weights", "powers")
    survivor = source.replace("jnp.exp(x", "jnp.exp(0.0 + x")
    tried = [Mutant("softmax", "by hand", "", "", text) for text in (wrong, other_words, survivor)]
    fates = list(try_mutants(workers, day, {"softmax": tried}, seed=0, timed=False))
    assert [fate.word for fate in fates] == ["caught", "same", "survived"]
    assert fates[0].check.startswith("correct ")


def test_what_is_filed_as_equivalent_has_a_reason_and_is_a_mutant() -> None:
    for day in DAYS:
        for name, mutants in mutants_by_exercise(day).items():
            filed = filed_as_equivalent(day, name)
            lines = {(mutant.was, mutant.now) for mutant in mutants}
            assert filed.lines <= lines, f"{name}: filed, and no mutant (any more)"
            assert filed.operators <= {mutant.operator for mutant in mutants}, name


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.key)
def test_a_sample_of_the_mutants_is_caught(day: catalogue.Day, workers: processes.Workers) -> None:
    every = [mutant for mutants in mutants_by_exercise(day).values() for mutant in mutants]
    drawn = sampling.sample(every, A_DAY, f"mutants of {day.key}")
    wanted: dict[str, list[Mutant]] = {}
    for mutant in drawn:
        wanted.setdefault(mutant.exercise, []).append(mutant)
    fates = list(try_mutants(workers, day, wanted, seed=0, timed=False))
    assert len(fates) == len(drawn)
    survivors: list[Fate] = [fate for fate in fates if fate.word == "survived"]
    # benchmarks/mutants.py says how many survive of which day, and which: one in fifty at most. Three of six are no chance.
    assert len(survivors) <= A_DAY // 3, survivors
