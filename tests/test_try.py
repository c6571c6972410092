"""`try`: the failing case of an exercise is found again, under names that can be typed; and clear words where there is none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grader.kata import catalogue
from grader.results import Exit
from grader.toolkit.labels import Named
from grader.worker.failing_case import Bench, as_code

DAY = catalogue.find_day("day01")
SOLUTION = DAY.solution.read_text(encoding="utf-8")
RIGHT = "return weights / jnp.sum(weights, axis=axis, keepdims=True)"


def bench(tmp_path: Path, text: str) -> Bench:
    assert RIGHT in SOLUTION
    file = tmp_path / "pure_functions.py"
    file.write_text(text, encoding="utf-8")
    return Bench(file, DAY.solution, f"grader.days.{DAY.folder}.softmax.checks", "softmax", 0)


def test_the_failing_case_is_at_hand(tmp_path: Path) -> None:
    found = bench(tmp_path, SOLUTION.replace(RIGHT, RIGHT.replace("return", "return 2 *")))
    told = found.look()
    names = found.names
    assert found.has_case
    assert np.allclose(names["call"](), 2 * np.asarray(names["expected"]))
    assert np.allclose(names["softmax"](names["x"]), names["got"])
    assert "softmax(x)" in told
    assert f"x = {as_code(names['x'])}" in told


def test_it_follows_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = bench(tmp_path, SOLUTION.replace(RIGHT, RIGHT.replace("return", "return 2 *")))
    found.look()
    found.file.write_text(SOLUTION, encoding="utf-8")
    found.names["again"]()
    assert not found.has_case
    assert "no failing case" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "words"),
    [(SOLUTION, "no failing case"), (DAY.file_in(catalogue.LESSONS).read_text("utf-8"), "still to do")],
)
def test_where_there_is_none_it_is_said(tmp_path: Path, text: str, words: str) -> None:
    found = bench(tmp_path, text)
    assert words in found.look()
    assert not found.has_case


def test_an_error_is_a_case_too(tmp_path: Path) -> None:
    found = bench(tmp_path, SOLUTION.replace(RIGHT, "return weights / jnp.zeros(97)"))
    assert "(97,)" in found.look()
    with pytest.raises(TypeError):
        found.names["call"]()


VALUES = [
    jnp.array([1.0, jnp.nan, -jnp.inf]),
    jnp.array([[1, 2], [3, 4]]),
    jnp.array([True, False]),
    jnp.array(2.5, jnp.bfloat16),
    np.array([1.0, 2.0]),
    {"w": jnp.zeros(2), "b": (1, None)},
    [jnp.zeros(1)],
    (jnp.zeros(1),),
    3,
]


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_a_value_as_code_is_that_value(value: object) -> None:
    typed = eval(as_code(value), {"jnp": jnp, "np": np, "jax": jax})

    def same(one: object, other: object) -> bool:
        return type(one) is type(other) and np.array_equal(
            one, other, equal_nan=np.asarray(one).dtype.kind == "f"
        )

    assert jax.tree.all(jax.tree.map(same, typed, value))


def test_keys_are_typed_by_their_data_and_other_things_by_name() -> None:
    key = jax.random.key(3)
    typed = eval(as_code(key), {"jnp": jnp, "jax": jax})
    assert jnp.array_equal(jax.random.key_data(typed), jax.random.key_data(key))
    assert as_code(Named("sgd(0.5)", object())).startswith("sgd(0.5)")
    assert "f32[99]" in as_code(jnp.zeros(99))


def test_the_command_says_what_it_needs(tmp_path: Path) -> None:
    def ask(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "grader", "try", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)

    assert ask("day01").returncode == Exit.USAGE
    nothing = ask("day01.softmax", "--from", str(tmp_path))
    assert nothing.returncode == Exit.UNDONE
    file = DAY.file_in(tmp_path)
    file.parent.mkdir()
    file.write_text(SOLUTION.replace(RIGHT, RIGHT.replace("return", "return 2 *")), encoding="utf-8")
    found = ask("day01.softmax", "--from", str(tmp_path))
    assert found.returncode == Exit.UNDONE
    assert "no terminal" in found.stdout
    assert "softmax(x)" in found.stdout
