"""Stubs are cut from solutions by syntax; the learner's tree never loses what somebody wrote."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from grader.kata import catalogue, stubs, workspace

SOLUTION = '''"""Day 1: a day."""

import jax.numpy as jnp  # kept


# A comment between functions stays.
def area(
    width: float,
    height: float = 2.0,  # metres
) -> float:
    """Multiply.

    Over two paragraphs, with a quote: \'\'\'.
    """
    # This comment is part of the answer.
    product = width * height

    return product


@repr
@str  # how it is registered is the answer
class Pair:
    """Two things."""

    first: int

    @property
    def swap(self):
        """Turn around."""
        return None

    def bare(self):
        return 1


class Given(dict):
    """What is not to be written."""

    size: int = 3
'''

STUB = '''"""Day 1: a day."""

import jax.numpy as jnp  # kept


# A comment between functions stays.
def area(
    width: float,
    height: float = 2.0,  # metres
) -> float:
    """Multiply.

    Over two paragraphs, with a quote: \'\'\'.
    """
    # Your code here: about 2 lines.
    raise NotImplementedError


class Pair:
    """Two things."""

    first: int

    @property
    def swap(self):
        """Turn around."""
        # Your code here: about 1 line.
        raise NotImplementedError

    def bare(self):
        # Your code here: about 1 line.
        raise NotImplementedError


class Given(dict):
    """What is not to be written."""

    size: int = 3
'''


def test_bodies_are_cut_and_everything_else_stays() -> None:
    assert stubs.stub(SOLUTION) == STUB


def test_a_stub_of_a_stub_keeps_its_names() -> None:
    again = ast.parse(stubs.stub(stubs.stub(SOLUTION)))
    assert [node.name for node in again.body if hasattr(node, "name")] == ["area", "Pair", "Given"]


def test_a_class_without_methods_is_given_and_no_exercise() -> None:
    assert [exercise.name for exercise in catalogue.exercises_in(ast.parse(SOLUTION))] == ["area", "Pair"]


@pytest.mark.parametrize("day", catalogue.days(), ids=lambda day: day.key)
def test_solutions_leak_nothing_into_their_stubs(day: catalogue.Day) -> None:
    source = day.solution.read_text(encoding="utf-8")
    tree = ast.parse(source)
    for node in tree.body:
        assert not getattr(node, "name", "").startswith("_"), (
            "a private helper would stand in the stub: nest it"
        )
        # The decorators of classes are cut.
        decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else []
        assert not decorators, "a decorator would stand in the stub"
        allowed = ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom | ast.Expr
        assert isinstance(node, allowed)
    for exercise in day.exercises:
        assert exercise.summary.endswith(".")
        assert len(exercise.summary) <= 92


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    workspace.write_stubs(catalogue.days(), tmp_path)
    return tmp_path


DAY = catalogue.find_day("day01")


def test_writing_stubs_twice_changes_nothing(tree: Path) -> None:
    assert {outcome.action for outcome in workspace.write_stubs(catalogue.days(), tree)} == {"unchanged"}


def test_a_changed_file_is_kept(tree: Path) -> None:
    file = DAY.file_in(tree)
    file.write_text("# my work\n", encoding="utf-8")
    outcomes = {outcome.file: outcome.action for outcome in workspace.write_stubs(catalogue.days(), tree)}
    assert outcomes[file] == "kept"
    assert file.read_text(encoding="utf-8") == "# my work\n"
    # Also the next time, and the time after.
    assert workspace.write_stubs(catalogue.days(), tree)[0].action == "kept"


def test_an_untouched_stub_that_is_out_of_step_is_renewed(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = DAY.file_in(tree)
    stub = workspace.stub_of
    monkeypatch.setattr(workspace, "stub_of", lambda day: stub(day) + "# a new line\n")
    assert workspace.write_stubs([DAY], tree)[0].action == "written"
    assert file.read_text(encoding="utf-8").endswith("# a new line\n")


def test_a_missing_file_is_written(tree: Path) -> None:
    DAY.file_in(tree).unlink()
    assert workspace.write_stubs([DAY], tree)[0].action == "written"


def test_resetting_a_day_keeps_a_copy(tree: Path) -> None:
    file = DAY.file_in(tree)
    file.write_bytes(b"# my w\xefrk\n")
    outcome = workspace.reset(DAY, DAY.exercises, tree)
    assert file.read_text(encoding="utf-8") == workspace.stub_of(DAY)
    assert outcome.backup is not None
    assert outcome.backup.read_bytes() == b"# my w\xefrk\n"
    file.write_text("again", encoding="utf-8")
    second = workspace.reset(DAY, DAY.exercises, tree)
    assert second.backup != outcome.backup
    assert outcome.backup.exists()


def test_resetting_one_exercise_leaves_the_others(tree: Path) -> None:
    file, stub = DAY.file_in(tree), workspace.stub_of(DAY)
    mine = stub.replace(
        "    # Your code here: about 3 lines.\n    raise NotImplementedError\n", "    return x\n", 1
    )
    mine = mine.replace(
        "    # Your code here: about 2 lines.\n    raise NotImplementedError\n", "    return x + 1\n", 1
    )
    file.write_text(mine, encoding="utf-8")
    outcome = workspace.reset(DAY, [DAY.exercise("standardize")], tree)
    text = file.read_text(encoding="utf-8")
    assert "return x + 1\n" in text
    assert "return x\n" not in text
    assert outcome.backup is not None
    assert outcome.backup.read_text(encoding="utf-8") == mine


def test_resetting_an_exercise_that_was_deleted_brings_it_back(tree: Path) -> None:
    file = DAY.file_in(tree)
    file.write_text("x = 1\n", encoding="utf-8")
    workspace.reset(DAY, [DAY.exercise("softmax"), DAY.exercise("standardize")], tree)
    names = {getattr(node, "name", "") for node in ast.parse(file.read_text(encoding="utf-8")).body}
    assert {"softmax", "standardize"} <= names


def test_an_exercise_that_is_no_python_is_reset_and_so_is_one_beside_it(tree: Path) -> None:
    file = DAY.file_in(tree)
    file.write_text("def softmax(:\n\n\ndef standardize(x):\n    return (x\n", encoding="utf-8")
    workspace.reset(DAY, [DAY.exercise("standardize")], tree)
    text = file.read_text(encoding="utf-8")
    assert text.startswith("def softmax(:\n\n\ndef standardize(x: Float")
    workspace.reset(DAY, [DAY.exercise("softmax")], tree)
    body = ast.parse(file.read_text(encoding="utf-8")).body
    assert [getattr(node, "name", "") for node in body] == ["softmax", "standardize"]


def test_what_cannot_be_told_from_another_exercise_is_not_reset(tree: Path) -> None:
    file = DAY.file_in(tree)
    text = "x = '''\ndef softmax():\n  pass\ndef standardize(:\n  pass\n''' + (\n"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="softmax cannot be told from standardize; mend that line first"):
        workspace.reset(DAY, [DAY.exercise("softmax")], tree)
    assert file.read_text(encoding="utf-8") == text


def test_resetting_an_untouched_day_makes_no_copy(tree: Path) -> None:
    assert workspace.reset(DAY, DAY.exercises, tree).action == "unchanged"
    assert [path.name for path in DAY.file_in(tree).parent.iterdir()] == ["pure_functions.py"]
