"""Right answers in any style: callables of every make, arrays that only JAX makes, and JAX's own debugging at no cost to them."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grader.toolkit import RaisedError, WrongAnswer, checking_leaks, compiles_once
from grader.toolkit.returned import as_jax_arrays
from tests.toolkit_session import FIRST_LINE, learner_of

X = jnp.arange(3.0)
CONTRACT = 'def f(x: Float[Array, "n"], factor: float = 2.0) -> Float[Array, "n"]:\n    pass\n'

CALLABLES = {
    "a function": "def f(x, factor=2.0):\n    return factor * x\n",
    "compiled": "@jax.jit\ndef f(x, factor=2.0):\n    return factor * x\n",
    "custom_gradient": """
        @jax.custom_gradient
        def f(x, factor=2.0):
            return factor * x, lambda g: (factor * g, jnp.zeros(()))
    """,
    "custom_jvp": """
        @jax.custom_jvp
        def f(x, factor=2.0):
            return factor * x
        f.defjvp(lambda p, t: (f(*p), p[1] * t[0]))
    """,
    "custom_vjp": """
        @jax.custom_vjp
        def f(x, factor=2.0):
            return factor * x
        f.defvjp(lambda x, k: (k * x, (x, k)), lambda kept, g: (kept[1] * g, jnp.sum(kept[0] * g)))
    """,
    "checkpoint": "@jax.checkpoint\ndef f(x, factor=2.0):\n    return factor * x\n",
    "vectorize": """
        import functools
        @functools.partial(jnp.vectorize, signature="(n),()->(n)")
        def f(x, factor=2.0):
            return factor * x
    """,
    "partial": """
        import functools
        def g(x, factor=2.0, *, shift):
            return factor * x + shift
        f = functools.partial(g, shift=0.0)
    """,
    "an object that can be called": """
        class Scale:
            def __call__(self, x, factor=2.0):
                return factor * x
        f = Scale()
    """,
    "a bound method": """
        class Scale:
            def by(self, x, factor=2.0):
                return factor * x
        f = Scale().by
    """,
    "a lambda": "f = lambda x, factor=2.0: factor * x\n",
    "decorated": """
        import functools
        def twice(g):
            @functools.wraps(g)
            def made(*arguments, **keywords):
                return g(*arguments, **keywords)
            return made
        @twice
        def f(x, factor=2.0):
            return factor * x
    """,
}  # fmt: skip


@pytest.mark.parametrize("source", CALLABLES.values(), ids=CALLABLES)
def test_a_right_answer_may_be_any_callable(tmp_path: Path, source: str) -> None:
    if "vectorize" in source:
        source = source.replace("factor=2.0", "factor")  # jnp.vectorize knows no defaults
    learner = learner_of(
        tmp_path, source, CONTRACT.replace(" = 2.0", "") if "vectorize" in source else CONTRACT
    )
    learner.f(X, 3.0).close_to(3 * np.asarray(X))
    learner.f.jit()(X, 3.0).close_to(3 * np.asarray(X))


def test_a_function_that_says_nothing_of_its_parameters_has_another_signature(tmp_path: Path) -> None:
    learner = learner_of(tmp_path, "def f(*arguments, **keywords):\n    return arguments[0]\n", CONTRACT)
    with pytest.raises(RaisedError, match="has another signature"):
        _ = learner.f


def test_a_callable_that_refuses_to_show_its_signature_is_judged_by_its_calls(tmp_path: Path) -> None:
    source = """
    class Shy:
        @property
        def __signature__(self):
            raise RuntimeError("no")
        def __call__(self, x, factor=2.0):
            return x
    f = Shy()
    """
    learner_of(tmp_path, source, CONTRACT).f(X).close_to(np.asarray(X))


CLIPPED = """
@jax.custom_gradient
def clip(x, low, high):
    return x, lambda g: (jnp.clip(g, low, high), np.float32(0), np.zeros((), np.float32))

def f(x, low):
    return clip(x, low, 1.0)

def slope(x):
    return jax.grad(lambda x, low: f(x, low).sum(), 1)(x, -1.0)
"""


def test_arrays_that_jax_makes_on_the_host_are_arrays(tmp_path: Path) -> None:
    learner = learner_of(tmp_path, CLIPPED)
    called = learner.f.grad(argnums=1)(jnp.float32(2.0), -1.0)
    assert isinstance(called.value, jax.Array)
    called.close_to(0.0).finite()
    promised = 'def slope(x: Float[Array, "n"]) -> Float[Array, ""]:\n    pass\n'
    learner = learner_of(tmp_path, CLIPPED, promised)
    learner.slope(X).close_to(0.0)
    learner.slope.jit()(X).close_to(0.0)
    assert type(as_jax_arrays({"a": np.float32(1.0)})["a"]) is np.float32  # NumPy's own stay what they are


def test_what_is_numpys_own_is_no_jax_array(tmp_path: Path) -> None:
    learner = learner_of(tmp_path, "def f(x):\n    return np.asarray(x)\n")
    with pytest.raises(WrongAnswer, match="the wrong kind of thing"):
        learner.f(X).close_to(X)


MANY_CLOSURES = """
def f(x, d):
    return jnp.piecewise(x, [x < d, x < 2 * d], [lambda v: v * d, lambda v: v + d, lambda v: v])
"""


def test_jax_does_not_search_for_who_keeps_a_tracer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from jax._src import core

    searched: list[object] = []
    monkeypatch.setattr(core, "_why_alive", lambda *arguments: searched.append(arguments) or "")
    compiles_once(learner_of(tmp_path, MANY_CLOSURES).f.jit(), [(X, 2.0), (X, 3.0)])
    kept: list[object] = []
    with pytest.raises(Exception, match="Leaked"), checking_leaks():
        jax.jit(lambda x: kept.append(x) or x)(X)
    assert searched == []
    assert core._why_alive(set(), X) == ""  # ours is back
    assert len(searched) == 1


DEAD = {
    "scan": """
        def f(x):
            last = None
            def body(total, a):
                nonlocal last
                last = total + a
                return last, a
            lax.scan(body, 0.0, x)
            return last
    """,
    "grad": "def f(x):\n    kept = []\n    jax.grad(lambda v: (kept.append(v), v.sum())[1])(x)\n    return kept[0]\n",
    "vmap": "def f(x):\n    kept = []\n    jax.vmap(lambda v: (kept.append(v), v)[1])(x)\n    return {'a': (1, kept[0])}\n",
    "jit": "def f(x):\n    kept = []\n    jax.jit(lambda v: (kept.append(v * 2), v)[1])(x)\n    return (kept[0],)\n",
}


@pytest.mark.parametrize("source", DEAD.values(), ids=DEAD)
def test_a_tracer_that_outlived_its_trace_is_told_as_that(tmp_path: Path, source: str) -> None:
    learner = learner_of(tmp_path, source)
    with pytest.raises(WrongAnswer, match=r"f\(.*has no value") as caught:
        learner.f(X)
    assert "a tracer, which has outlived the trace" in caught.value.message
    assert "return it" in str(caught.value.hint)
    with pytest.raises(RaisedError, match="A tracer outlived the trace that made it"):
        learner.f.jit()(X)


def test_a_dead_tracer_is_told_at_the_line_that_made_it(tmp_path: Path) -> None:
    learner = learner_of(tmp_path, DEAD["scan"])
    with pytest.raises(WrongAnswer) as caught:
        learner.f(X)
    assert caught.value.line == FIRST_LINE + 5
    assert "last = total + a" in caught.value.message
    with pytest.raises(RaisedError) as compiled:
        learner.f.jit()(X)
    assert compiled.value.line


def test_a_live_tracer_is_a_result(tmp_path: Path) -> None:
    learner = learner_of(tmp_path, "def f(x):\n    return 2 * x\n")
    jax.jit(lambda x: learner.f.using("f(x)", learner.f.function, x).value)(X)
    jax.vmap(lambda x: learner.f.using("f(x)", lambda: {"a": learner.f.function(x)}).value)(X)
