"""Named arguments, derived handles and agreement with an oracle: what many days' checks are written with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grader.toolkit import Called, Named, Shown, WrongAnswer, agrees_once, compiles_once, wide
from grader.toolkit.handles import Handle
from tests.toolkit_session import learner_of

X = jnp.arange(3.0)
PARAMS = {"w": X, "b": jnp.float32(1.0)}
STEP = "def step(params, scale):\n    return jax.tree.map(lambda leaf: leaf * scale.factor, params)\n"


class Scale:
    """What a learner's function is given, and JAX knows nothing of."""

    factor = 2.0


SCALE = Named("scale", Scale())


def plain(handle: Handle) -> Handle:
    return handle


def compiled(handle: Handle) -> Handle:
    return handle.jit(static_argnames="scale")


@pytest.mark.parametrize("form", [plain, compiled])
def test_messages_write_the_name_and_the_function_gets_the_value(form: Any, tmp_path: Path) -> None:
    handle = form(learner_of(tmp_path, STEP).step)
    called = handle(Shown("params", PARAMS), SCALE)
    assert called.text == f"{handle.shown}(params, scale)"
    called.close_to({"w": 2 * np.asarray(X), "b": np.float64(2.0)})


def test_a_broken_promise_is_told_with_the_name(tmp_path: Path) -> None:
    contract = 'def step(params: dict, scale: object) -> Float[Array, " n"]:\n    raise NotImplementedError\n'
    with pytest.raises(WrongAnswer) as caught:
        learner_of(tmp_path, STEP, contract).step(Shown("params", PARAMS), SCALE)
    assert caught.value.message.startswith("step(params, scale) returned the wrong kind of thing\n")


def test_a_tree_under_another_name_is_no_new_program(tmp_path: Path) -> None:
    handle = learner_of(tmp_path, "def f(params):\n    return params['w'] + params['b']\n").f.jit()
    results = compiles_once(handle, [(Shown("old", PARAMS),), (Shown("new", PARAMS),)])
    assert [result.text for result in results] == ["jit(f)(old)", "jit(f)(new)"]


def test_a_tree_under_a_name_is_lifted_like_the_tree(tmp_path: Path) -> None:
    learner = learner_of(tmp_path, "def f(params):\n    return jnp.sum(params['w'])\n")
    gradient = learner.f.grad()(Shown("params", PARAMS)).value
    assert isinstance(gradient, Shown)
    assert jax.tree.map(np.ndim, gradient.value) == {"w": 1, "b": 0}
    rows = Shown("params", {"w": jnp.stack([X, 2 * X])})
    learner.f.vmap()(rows).close_to(np.array([3.0, 6.0]))


def test_a_derived_handle_is_one_like_any_other(tmp_path: Path) -> None:
    learner = learner_of(tmp_path, "def f(x):\n    return x * x\n")

    def twice(params: Any) -> Any:
        return learner.f.function(params["w"]) * 2

    derived = learner.f.derive("twice the square", twice)
    called = derived(Shown("params", PARAMS))
    assert called.text == "twice the square(params)"
    called.close_to(2 * wide(X) ** 2)
    compiles_once(derived.jit(), [(Shown("params", PARAMS),)])
    sample = learner.session.samples.best("f")
    assert sample is None  # what only a check knows is not set beside the reference


def test_agreement_is_with_the_oracle_on_the_same_arguments(tmp_path: Path) -> None:
    handle = learner_of(tmp_path, "def f(x, n):\n    return x ** n\n").f.jit(static_argnames="n")
    seen = []

    def oracle(x: Any, n: int) -> Any:
        seen.append((x, n))
        return wide(x) ** n

    calls = [(X,), (X + 1,)]
    results = agrees_once(handle, calls, oracle, n=2)
    assert [result.text for result in results] == ["jit(f)([0, 1, 2], n=2)", "jit(f)([1, 2, 3], n=2)"]
    assert [(x is given, n) for (x, n), (given,) in zip(seen, calls, strict=True)] == [(True, 2)] * 2
    agrees_once(handle, [(Shown("x", X),)], oracle, n=2)
    assert seen[-1][0] is X
    with pytest.raises(WrongAnswer, match="is wrong at index 0"):
        agrees_once(handle, calls, lambda x, n: wide(x) ** n + 1e-3, n=2)


def test_agreement_is_as_close_as_the_check_says(tmp_path: Path) -> None:
    handle = learner_of(tmp_path, "def f(x):\n    return x * 3\n").f.jit()

    def nearly(x: Any) -> Any:
        return np.float32(3.0001) * np.asarray(x)

    agrees_once(handle, [(X,)], nearly, rtol=1e-3)
    with pytest.raises(WrongAnswer):
        agrees_once(handle, [(X,)], nearly, rtol=1e-6)
    with pytest.raises(WrongAnswer):
        agrees_once(handle, [(X,)], lambda x: np.nextafter(3 * np.asarray(x), 9), by=Called.equals)
