"""Checks on structure, in both directions: what is right passes, what is wrong is told."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import pytest

from grader.checks.toolkit import (
    RaisedError,
    WrongAnswer,
    bans,
    compiles_once,
    largest_value_at_most,
    same_size_for,
    uses_each_key_once,
)
from grader.checks.toolkit.inputs import Numbers
from tests.toolkit_session import learner_of

X = jnp.arange(4.0)


def test_compiles_once_returns_the_results(tmp_path: Path) -> None:
    learner = learner_of(tmp_path, "def f(x, n):\n    return x[:n]\n")
    results = compiles_once(learner.f.jit(static_argnames="n"), [(X,), (X + 1,)], n=2)
    results[1].close_to([1.0, 2.0])


def test_a_changing_weak_type_is_a_second_trace(tmp_path: Path) -> None:
    learner = learner_of(tmp_path, "def f(total):\n    return jnp.float32(total + 1)\n")
    with pytest.raises(WrongAnswer) as caught:
        compiles_once(learner.f.jit(), [(1.0,), (jnp.float32(1.0),)])
    assert caught.value.message == (
        "jit(f)(1.0) is traced again and again\n"
        "  expected  one trace\n"
        "  got       2 traces for 2 calls of the same shapes"
    )


def test_a_callback_is_found_however_deep(tmp_path: Path) -> None:
    source = """
    def f(x):
        def body(carry, a):
            return carry + jax.pure_callback(lambda v: v, jax.ShapeDtypeStruct((), jnp.float32), a), a
        return lax.scan(body, 0.0, x)[0]
    """
    with pytest.raises(WrongAnswer, match="calls back into Python"):
        compiles_once(learner_of(tmp_path, source).f.jit(), [(X,)])


def test_a_leaked_tracer_is_found(tmp_path: Path) -> None:
    source = "kept = []\ndef f(x):\n    kept.append(x * 2)\n    return x\n"
    with pytest.raises(RaisedError, match="stored outside the function"):
        compiles_once(learner_of(tmp_path, source).f.jit(), [(X,)])


def test_an_unrolled_loop_is_told_from_a_real_one(tmp_path: Path) -> None:
    source = """
    def unrolled(x):
        total = jnp.zeros(())
        for i in range(x.shape[0]):
            total = total + x[i]
        return total

    def scanned(x):
        return lax.scan(lambda c, a: (c + a, None), jnp.zeros(()), x)[0]

    def logarithmic(x):
        return lax.associative_scan(jnp.add, x)
    """
    learner = learner_of(tmp_path, source)
    small, large = (jnp.zeros(16),), (jnp.zeros(32),)
    same_size_for(learner.scanned.jit(), small, large)
    same_size_for(learner.logarithmic.jit(), small, large)
    with pytest.raises(WrongAnswer) as caught:
        same_size_for(learner.unrolled.jit(), small, large)
    assert caught.value.message.startswith("The program of jit(unrolled) grows with its arguments\n")
    assert "jit(unrolled)(f32[32])" in caught.value.message


def test_the_largest_intermediate_is_measured(tmp_path: Path) -> None:
    source = """
    def large(x):
        return jnp.sum(x[:, None] * x[None, :], axis=1)

    def small(x):
        return x * jnp.sum(x)
    """
    learner = learner_of(tmp_path, source)
    x = jnp.zeros(100)
    largest_value_at_most(learner.small.jit(), 100, (x,))
    with pytest.raises(WrongAnswer, match=r"an array of 10,000 elements"):
        largest_value_at_most(learner.large.jit(), 100, (x,))


@pytest.mark.parametrize("jitted", [False, True])
def test_key_reuse_is_told_from_proper_use(tmp_path: Path, jitted: bool) -> None:
    source = """
    def twice(key):
        return jax.random.normal(key) + jax.random.uniform(key)

    def split(key):
        first, second = jax.random.split(key)
        return jax.random.normal(first) + jax.random.uniform(second)
    """
    learner = learner_of(tmp_path, source)
    handles = [handle.jit() if jitted else handle for handle in (learner.split, learner.twice)]
    uses_each_key_once(handles[0], jax.random.key(1))
    with pytest.raises(RaisedError, match="A random key was used twice") as caught:
        uses_each_key_once(handles[1], jax.random.key(2))
    assert caught.value.line == 7


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def f(x):\n    return jax.nn.softmax(x)\n", "jax.nn.softmax on line 6"),
        ("def f(x):\n    from jax.nn import softmax as s\n    return s(x)\n", "jax.nn.softmax on line 7"),
        ("from jax import nn\ndef f(x):\n    return nn.relu(x)\n", "jax.nn.relu on line 7"),
        (
            "import jax.nn as n\ndef helper(x):\n    return n.relu(x)\ndef f(x):\n    return helper(x)\n",
            "line 7",
        ),
    ],
)
def test_banned_names_are_found_under_any_name(tmp_path: Path, source: str, found: str) -> None:
    with pytest.raises(WrongAnswer) as caught:
        bans(learner_of(tmp_path, source).f, "jax.nn")
    assert found in caught.value.message


def test_names_that_are_not_banned_pass(tmp_path: Path) -> None:
    source = "def nn(x):\n    return x\ndef f(x):\n    return nn(jnp.exp(x))\ndef other(x):\n    return jax.nn.relu(x)\n"
    bans(learner_of(tmp_path, source).f, "jax.nn")


def test_the_same_jit_options_give_the_same_handle(tmp_path: Path) -> None:
    learner = learner_of(tmp_path, "def f(x, n):\n    return x[:n]\n")
    assert learner.f.jit(static_argnames="n") is learner.f.jit(static_argnames="n")
    assert learner.f.jit(static_argnames="n") is not learner.f.jit(static_argnums=1)


def test_inputs_depend_on_seed_and_check_alone() -> None:
    def draw(seed: int, check: str) -> list[float]:
        return Numbers(seed, check).normal(3).tolist()

    assert draw(1, "a") == draw(1, "a")
    assert draw(1, "a") != draw(2, "a")
    assert draw(1, "a") != draw(1, "b")
