"""What a learner's file changes of the checks' footing is noticed by name, and put back."""

from __future__ import annotations

import builtins
import importlib
import os
import subprocess
import sys
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import _pytest.reports
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grader.toolkit import comparison
from grader.toolkit.handles import Handle
from grader.worker.integrity import Integrity

ROOT = Path(__file__).parent.parent


@pytest.fixture
def integrity() -> Iterator[Integrity]:
    """Whatever a test does, what it changed is put back."""
    kept = Integrity()
    yield kept
    kept.restore()


def test_nothing_changed_is_nothing_told(integrity: Integrity) -> None:
    assert integrity.restore() == ""


@pytest.mark.parametrize(
    ("owner", "name", "told"),
    [
        (builtins, "abs", "builtins.abs"),
        (time, "perf_counter", "time.perf_counter"),
        (np, "exp", "numpy.exp"),
        (np.testing, "assert_allclose", "numpy.testing.assert_allclose"),
        (jax, "jit", "jax.jit"),
        (jnp, "sum", "jax.numpy.sum"),
        (jax.random, "split", "jax.random.split"),
        (jax.lax, "scan", "jax.lax.scan"),
        (jax, "numpy", "jax.numpy"),  # a module in a module
        (sys, "settrace", "sys.settrace"),
        (comparison, "compare", "grader.toolkit.comparison.compare"),
        (Handle, "jit", "Handle.jit"),  # a method of one of our classes
        (_pytest.reports.TestReport, "from_item_and_call", "TestReport.from_item_and_call"),
    ],
)
@pytest.mark.parametrize("how", ["replaced", "deleted"])
def test_what_is_replaced_is_named_and_put_back(
    integrity: Integrity, owner: Any, name: str, told: str, how: str
) -> None:
    before = vars(owner)[name]
    if how == "replaced":
        setattr(owner, name, types.SimpleNamespace() if name == "numpy" else lambda *arguments: None)
    else:
        delattr(owner, name)
    found = integrity.restore()
    assert vars(owner)[name] is before
    assert found == told
    assert integrity.restore() == ""


def test_the_first_change_is_named_and_all_are_put_back(integrity: Integrity) -> None:
    before = jnp.sum, jnp.exp, np.exp
    jnp.sum = jnp.exp = np.exp = print
    assert integrity.restore() in {"jax.numpy.sum", "jax.numpy.exp", "numpy.exp"}
    assert (jnp.sum, jnp.exp, np.exp) == before
    assert integrity.restore() == ""


@pytest.mark.parametrize("name", ["jax.numpy", "numpy", "grader.toolkit.comparison"])
@pytest.mark.parametrize("how", ["replaced", "removed"])
def test_a_module_that_is_exchanged_is_put_back(integrity: Integrity, name: str, how: str) -> None:
    before = sys.modules[name]
    if how == "replaced":
        sys.modules[name] = types.ModuleType(name)
    else:
        del sys.modules[name]
    found = integrity.restore()
    assert sys.modules[name] is before
    assert found == f"sys.modules[{name!r}]"


@pytest.mark.parametrize(
    ("setting", "value"),
    [("jax_enable_x64", True), ("jax_disable_jit", True), ("jax_debug_nans", True)],
)
def test_a_setting_of_jax_is_put_back(integrity: Integrity, setting: str, value: bool) -> None:
    before = jax.config.values[setting]
    jax.config.update(setting, value)
    found = integrity.restore()
    assert jax.config.values[setting] == before
    assert found == f"JAX's setting {setting}"
    assert jnp.arange(2.0).dtype == "float32"


@pytest.mark.parametrize(
    "harmless",
    [
        lambda: setattr(jnp, "mine", 1),
        lambda: setattr(sys, "stdout", sys.stdout),
        lambda: setattr(sys, "last_value", ValueError()),
        lambda: importlib.import_module("grader.worker.main"),
        lambda: jax.jit(lambda x: x + 1)(1.0),
    ],
    ids=["a new name", "a stream", "what Python rebinds", "an import", "ordinary work"],
)
def test_what_changes_nothing_that_was_there_is_let_be(
    integrity: Integrity, harmless: Callable[[], object]
) -> None:
    harmless()
    assert integrity.restore() == ""
    vars(jnp).pop("mine", None)


def test_patched_builtins_do_not_deceive_it(integrity: Integrity) -> None:
    """What is asked after every check was bound before."""
    before = builtins.map, builtins.all
    builtins.map, builtins.all = lambda *arguments: iter(()), lambda *arguments: True  # type: ignore[assignment]
    found = integrity.restore()
    assert (builtins.map, builtins.all) == before
    assert found in {"builtins.map", "builtins.all"}


# ---- the answers; an audit hook stays for good, so these have a process of their own

_OPENS = """
import os, sys
from pathlib import Path
from grader.worker.integrity import guard_answers
learner, hidden = Path(sys.argv[1]), Path(sys.argv[2])
guard_answers(learner, (hidden,))
os.chdir(hidden.parent)
def look(code, file=str(learner)):
    try:
        exec(compile(code, file, "exec"), {})
    except PermissionError as error:
        return str(error)
    return "open"
print(look(f"open({str(hidden / 'answer.py')!r})"))
print(look("open('hidden/answer.py')"))
print(look("open('hidden/../hidden/answer.py', 'rb')"))
print(look("import os; os.open(b'hidden/answer.py', os.O_RDONLY)"))
print(look("import sys; sys.path.insert(0, 'hidden'); import answer"))
print(look("import threading, pathlib; pathlib.Path('hidden/answer.py').read_text()"))
print(look("open('beside.py')"))
print(look("open('hidden_too.py', 'w')"))
print(look(f"open({str(hidden / 'answer.py')!r})", file="grader.py"))
"""


def test_the_answers_are_closed_to_the_learners_code_and_to_nobody_else(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "answer.py").write_text("ANSWER = 42\n")
    (tmp_path / "beside.py").write_text("")
    ended = subprocess.run(
        [sys.executable, "-c", _OPENS, str(tmp_path / "learner.py"), str(hidden)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    closed = "the solutions and the checks are closed while your code is graded"
    assert ended.stdout.splitlines() == [closed] * 6 + ["open"] * 3
