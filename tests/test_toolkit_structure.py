"""Checks on structure, in both directions: what is right passes, what is wrong is told."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grader.toolkit import (
    RaisedError,
    Unavailable,
    WrongAnswer,
    bans,
    came,
    compiles_once,
    hint_when,
    largest_value_at_most,
    operations_at_most,
    own_hint,
    raised,
    refuses,
    same_size_for,
    temporary_memory_at_most,
    traces_at_most,
    uses_each_key_once,
    watched,
)
from grader.toolkit import keys as keys_module
from grader.toolkit.inputs import Numbers
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
        "  got       2 traces for 2 calls of the same shapes\n"
        "            f: total is now f32[], before f32[] of a Python number"
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


def test_a_tracer_that_is_kept_once_and_for_all_is_found(tmp_path: Path) -> None:
    source = "kept = []\ndef f(x):\n    if not kept:\n        kept.append(x * 2)\n    return x\n"
    with pytest.raises(RaisedError, match="stored outside the function"):
        compiles_once(learner_of(tmp_path, source).f.jit(), [(X,)])


def test_a_tracer_kept_from_an_earlier_trace_is_found(tmp_path: Path) -> None:
    source = """
    KEPT = {}
    def f(x):
        if x.shape not in KEPT:
            KEPT[x.shape] = lax.scan(lambda total, a: (total + a, total + a), 0.0, x)[1]
        return KEPT[x.shape]
    """
    handle = learner_of(tmp_path, source).f.jit()
    handle(jnp.ones(5))  # what it keeps now has outlived its trace
    with pytest.raises(RaisedError, match="A tracer outlived the trace that made it"):
        compiles_once(handle, [(jnp.ones(5),), (jnp.zeros(5),)])


def test_what_jax_keeps_for_itself_is_no_leak(tmp_path: Path) -> None:
    source = "def f(x, d):\n    return jnp.piecewise(x, [x < d], [lambda v: v, lambda v: v * d])\n"
    compiles_once(learner_of(tmp_path, source).f.jit(), [(X, 2.0), (X, 3.0)])


def test_nobody_looks_for_leaks_where_the_caches_of_jax_would_be_taken_for_some(tmp_path: Path) -> None:
    source = "def f(x):\n    return jax.pmap(lambda a: a * x.sum())(x[None])[0]\n"
    learner = learner_of(tmp_path, source)
    compiles_once(learner.f.jit(), [(X,), (X + 1,)], leaks=False)[0].close_to(6 * X)


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


PICKS_KEYS_IN_A_LOOP = """
def scanned(key):
    keys = jax.random.split(key, 5)
    return lax.scan(lambda c, k: (c, jax.random.normal(keys[k])), 0, jnp.arange(5))[1]

def counted(key):
    keys = jax.random.split(key, 5)
    return lax.fori_loop(0, 5, lambda k, x: x + jax.random.normal(jax.random.split(keys[k])[0]), 0.0)

def rows(key):
    keys = jax.random.split(key, (5, 2))
    def body(k, x):
        return x + jax.random.normal(keys[k, 0]) * jax.random.uniform(keys[k, 1])
    return lax.fori_loop(0, 5, body, 0.0)

def lifted(key):
    keys = jax.random.split(key, 5)
    return jax.vmap(lambda x: lax.fori_loop(0, 5, lambda k, x: x + jax.random.normal(keys[k]), x))(jnp.zeros(3))

def always_the_first(key):
    keys = jax.random.split(key, 5)
    return lax.fori_loop(0, 5, lambda k, x: x + jax.random.normal(keys[0 * k]), 0.0)

def each_for_two_rounds(key):
    keys = jax.random.split(key, 5)
    return lax.scan(lambda c, k: (c, jax.random.normal(keys[k // 2])), 0, jnp.arange(5))[1]

def one_key_for_two_draws(key):
    keys = jax.random.split(key, 5)
    def body(k, x):
        return x + jax.random.normal(keys[k]) * jax.random.uniform(keys[k])
    return lax.fori_loop(0, 5, body, 0.0)

def the_parent_too(key):
    keys = jax.random.split(key, 5)
    return lax.fori_loop(0, 5, lambda k, x: x + jax.random.normal(keys[k]), jax.random.normal(key))

def the_same_key_each_round(key):
    return lax.fori_loop(0, 5, lambda k, x: x + jax.random.normal(key), 0.0)
"""


@pytest.mark.parametrize("jitted", [False, True])
@pytest.mark.parametrize("name", ["scanned", "counted", "rows", "lifted"])
def test_keys_may_be_picked_by_a_traced_index(tmp_path: Path, name: str, jitted: bool) -> None:
    handle = getattr(learner_of(tmp_path, PICKS_KEYS_IN_A_LOOP), name)
    uses_each_key_once(handle.jit() if jitted else handle, jax.random.key(1))


@pytest.mark.parametrize("jitted", [False, True])
@pytest.mark.parametrize(
    "name",
    [
        "always_the_first",
        "each_for_two_rounds",
        "one_key_for_two_draws",
        "the_parent_too",
        "the_same_key_each_round",
    ],
)
def test_a_key_picked_twice_by_a_traced_index_is_found(tmp_path: Path, name: str, jitted: bool) -> None:
    handle = getattr(learner_of(tmp_path, PICKS_KEYS_IN_A_LOOP), name)
    with pytest.raises(RaisedError, match="A random key was used twice"):
        uses_each_key_once(handle.jit() if jitted else handle, jax.random.key(1))


CARRIES_KEYS = """
def pair(key, n):
    def body(_, carry):
        x, keys = carry
        keys = jax.random.split(keys[0])
        return x + jax.random.normal(keys[1]), keys
    return lax.fori_loop(0, n, body, (0.0, jax.random.split(key)))[0]

def right_half(key, n):
    def body(_, carry):
        x, key = carry
        key, subkey = jax.random.split(key)
        return x + jax.random.normal(subkey), key
    return lax.fori_loop(0, n, body, (0.0, key))[0]

def cloned(key, n):
    def body(_, carry):
        x, key = carry
        key, subkey = jax.random.split(key)
        again = jax.random.clone(subkey)
        return x + jax.random.normal(subkey) + jax.random.normal(again), key
    return lax.fori_loop(0, n, body, (0.0, key))[0]

def shuffled(key, n):
    def body(x, key):
        return x + jax.random.permutation(key, 5), jax.random.randint(jax.random.fold_in(key, 1), (2, 3), 0, 9)
    return lax.scan(body, jnp.zeros(5, int), jax.random.split(key, 4))

def wrong_half(key, n):
    def body(_, carry):
        x, key = carry
        key, subkey = jax.random.split(key)
        return x + jax.random.normal(key), key
    return lax.fori_loop(0, n, body, (0.0, key))[0]

def raises(key, n):
    raise ValueError("of its own")
"""


@pytest.mark.parametrize("name", ["pair", "right_half", "cloned", "shuffled"])
def test_a_run_takes_no_proper_use_of_carried_keys_for_reuse(tmp_path: Path, name: str) -> None:
    handle = getattr(learner_of(tmp_path, CARRIES_KEYS), name).jit()
    uses_each_key_once(handle, jax.random.key(1), jnp.int32(3), runs=True)


def test_what_the_checker_of_jax_stumbles_over_is_no_verdict(tmp_path: Path) -> None:
    learner = learner_of(tmp_path, CARRIES_KEYS)
    uses_each_key_once(learner.pair.jit(), jax.random.key(1), jnp.int32(3))
    with pytest.raises(RaisedError, match="of its own"):
        uses_each_key_once(learner.raises.jit(), jax.random.key(1), jnp.int32(3))


def test_a_run_sees_reuse_from_one_round_to_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # From JAX 0.12 on its own checker sees this, too; older ones do not.
    monkeypatch.setattr(keys_module, "_checked_by_jax", lambda *arguments, **keywords: None)
    handle = learner_of(tmp_path, CARRIES_KEYS).wrong_half.jit()
    with pytest.raises(WrongAnswer, match="a key that is drawn from and split") as caught:
        uses_each_key_once(handle, jax.random.key(1), jnp.int32(3), runs=True)
    assert "the draw gets subkey" in str(caught.value.hint)


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
        bans(learner_of(tmp_path, source).f, "jax.nn", on=(X,))
    assert found in caught.value.message


def test_names_that_are_not_banned_pass(tmp_path: Path) -> None:
    source = "def nn(x):\n    return x\ndef f(x):\n    return nn(jnp.exp(x))\ndef other(x):\n    return jax.nn.relu(x)\n"
    bans(learner_of(tmp_path, source).f, "jax.nn", on=(X,))


def test_a_builtin_is_banned_unless_the_name_is_given_to_something_else(tmp_path: Path) -> None:
    with pytest.raises(WrongAnswer, match=r"no hash\n.*hash on line 6"):
        bans(learner_of(tmp_path, "def f(name):\n    return jnp.float32(hash(name))\n").f, "hash", on=(X,))
    bans(
        learner_of(tmp_path, "def hash(name):\n    return 1\ndef f(name):\n    return hash(name)\n").f,
        "hash",
        on=(X,),
    )
    bans(learner_of(tmp_path, "def f(x):\n    hash = 2 * x\n    return hash\n").f, "hash", on=(X,))


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


def test_temporary_memory_is_read_from_the_compiled_program(tmp_path: Path) -> None:
    source = """
    def frugal(x):
        return jnp.sum(x * 2.0)

    def lavish(x):
        return jnp.sum(jnp.sort(x[:, None] * x[None, :], axis=0))
    """
    learner = learner_of(tmp_path, source)
    x = jnp.zeros(200)
    temporary_memory_at_most(learner.frugal.jit(), 4096, (x,))
    with pytest.raises(WrongAnswer) as caught:
        temporary_memory_at_most(learner.lavish.jit(), 4096, (x,))
    assert caught.value.message.startswith(
        "jit(lavish)(f32[200]) needs too much memory while it runs\n  expected  at most 4 KiB of temporary memory\n  got       "
    )


def test_operations_are_counted_in_the_compiled_program(tmp_path: Path) -> None:
    source = """
    def vector_first(a, b, x):
        return a @ (b @ x)

    def matrix_first(a, b, x):
        return (a @ b) @ x
    """
    learner = learner_of(tmp_path, source)
    arguments = (jnp.ones((32, 32)), jnp.ones((32, 32)), jnp.ones(32))
    operations_at_most(learner.vector_first.jit(), 6 * 32**2, arguments)
    with pytest.raises(WrongAnswer, match=r"expected  at most 6,144 operations\n  got       6\d,\d\d\d"):
        operations_at_most(learner.matrix_first.jit(), 6 * 32**2, arguments)


@pytest.mark.parametrize("analysis", ["memory_analysis", "cost_analysis"])
def test_a_platform_that_does_not_tell_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, analysis: str
) -> None:
    handle = learner_of(tmp_path, "def f(x):\n    return x\n").f.jit()
    monkeypatch.setattr(type(handle.compiled(X)), analysis, lambda self: None)
    with pytest.raises(Unavailable, match="This platform does not tell"):
        {"memory_analysis": temporary_memory_at_most, "cost_analysis": operations_at_most}[analysis](
            handle, 1, (X,)
        )


def test_traces_of_functions_that_the_learner_compiled_are_counted_and_explained(tmp_path: Path) -> None:
    source = """
    @jax.jit
    def inner(x):
        return jnp.sum(x)

    def by_length(x):
        return inner(x)

    def padded(x):
        return inner(jnp.pad(x, (0, 8 - x.shape[0])))

    def fresh(x):
        return jax.jit(lambda y: y + 1)(x)

    def static(x):
        return jax.jit(power, static_argnums=1)(jnp.ones(3), x.shape[0])

    def power(x, n):
        return x**n
    """
    learner = learner_of(tmp_path, source)
    calls = [(jnp.ones(n),) for n in (3, 4, 5)]
    results = traces_at_most(learner.padded, 1, calls)
    results[2].close_to(5.0)
    messages = {
        "by_length": "inner: x is now f32[4], before f32[3]",
        "fresh": "<lambda>: a new function object each time",
        "static": "power: a static argument ",  # is now 4, before 3; newer releases of JAX do not tell the values
    }
    for name, message in messages.items():
        same = [(jnp.ones(3),)] * 3 if name == "fresh" else calls
        with pytest.raises(WrongAnswer) as caught:
            traces_at_most(getattr(learner, name), 1, same)
        assert "is traced too often\n  expected  at most 1 trace for 3 calls\n  got       3 traces" in (
            caught.value.message
        ), name
        assert message in caught.value.message
    assert not jax.config.jax_explain_cache_misses


def test_traces_of_a_library_function_that_is_handed_to_jit_are_counted(tmp_path: Path) -> None:
    source = """
    def f(x):
        return jax.jit(jnp.sum)(x) + jnp.prod(x)
    """
    learner = learner_of(tmp_path, source)
    with watched(learner.file) as traces:
        learner.f(jnp.ones(41))
    assert [trace.function for trace in traces] == ["sum"]


def test_traces_of_one_function_alone_can_be_counted(tmp_path: Path) -> None:
    source = """
    @jax.jit
    def inner(x):
        return x + 1

    @jax.jit
    def f(x):
        return inner(x)

    def g(x):
        return f(x)[0] + inner(x[:2])[0] + inner(x[:3])[0]
    """
    learner = learner_of(tmp_path, source)
    traces_at_most(learner.g, 1, [(X,)], of="f")
    with watched(learner.file) as traces:
        learner.g(jnp.ones(7))
    assert [trace.function for trace in traces] == ["f"]
    with pytest.raises(WrongAnswer, match="2 traces"):
        traces_at_most(learner_of(tmp_path, source).g, 1, [(X,)], of="inner")


def test_code_that_uses_a_learners_class_is_told_in_their_terms(tmp_path: Path) -> None:
    source = """
    class Pair:
        def __init__(self, first):
            self.first = first

        def double(self):
            return self.first.missing
    """
    learner = learner_of(tmp_path, source)
    pair = learner.Pair(X)
    learner.Pair.using("Pair(x).first", lambda: pair.value.first).close_to(X)
    with pytest.raises(RaisedError, match=r"^Pair\(x\)\.double\(\) raised") as caught:
        learner.Pair.using("Pair(x).double()", pair.value.double)
    assert caught.value.line == 11


def test_a_class_that_is_begun_tells_what_is_missing(tmp_path: Path) -> None:
    source = """
    class Pair:
        def __init__(self, first):
            self.first = first

        def double(self):
            raise NotImplementedError
    """
    learner = learner_of(tmp_path, source)
    pair = learner.Pair(X)
    with pytest.raises(RaisedError, match=r"^Pair\.double is still to do\.$") as caught:
        learner.Pair.using("Pair(x).double()", pair.value.double)
    assert caught.value.line == 11


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "There is no class Pair in "),
        ("Pair = 3", "Pair is 3, not a class."),
        ("@(lambda made: None)\nclass Pair:\n    first = 1", " is None."),
    ],
)
def test_a_class_that_is_not_there_is_told(tmp_path: Path, source: str, message: str) -> None:
    learner = learner_of(tmp_path, source, "class Pair:\n    def __init__(self, first):\n        pass\n")
    with pytest.raises(RaisedError) as caught:
        _ = learner.Pair
    assert message in caught.value.message


def test_a_tracer_that_got_away_is_no_result(tmp_path: Path) -> None:
    learner = learner_of(tmp_path, "def f(x):\n    return x")
    kept: list[jax.Array] = []
    jax.vmap(lambda x: kept.append(x) or x)(X)
    with pytest.raises(WrongAnswer, match="f\\(x\\) has no value"):
        learner.f.using("f(x)", lambda: kept[0]).close_to(1.0)


def test_a_finite_number_is_never_close_to_infinity(tmp_path: Path) -> None:
    learner = learner_of(tmp_path, "def f(x):\n    return x\n")
    learner.f(jnp.array([jnp.inf, 1.0])).close_to([jnp.inf, 1.0])
    for wrong in (1e30, -jnp.inf, jnp.nan):
        with pytest.raises(WrongAnswer, match="index 0"):
            learner.f(jnp.array([wrong, 1.0])).close_to([jnp.inf, 1.0])


def test_nan_equals_nan_in_every_float_dtype(tmp_path: Path) -> None:
    learner = learner_of(tmp_path, "def f(x):\n    return x\n")
    for dtype in (jnp.float32, jnp.float16, jnp.bfloat16):
        x = jnp.array([jnp.nan, 1.0], dtype)
        learner.f(x).equals(np.asarray(x))
        for wrong in ([2.0, 1.0], [jnp.nan, jnp.nan]):
            with pytest.raises(WrongAnswer, match="index"):
                learner.f(jnp.array(wrong, dtype)).equals(np.asarray(x))


def test_a_refusal_is_told_from_a_result_and_from_another_error(tmp_path: Path) -> None:
    source = """
    def refuses(x):
        raise ValueError("no")

    def goes_through(x):
        return x

    def stumbles(x):
        return {}["x"]
    """
    learner = learner_of(tmp_path, source)
    refuses(learner.refuses, "refuses(x)", X)
    for name, got in {"goes_through": "a result, as if all were well", "stumbles": "KeyError"}.items():
        with pytest.raises(WrongAnswer) as caught:
            refuses(getattr(learner, name), f"{name}(x)", X)
        assert caught.value.message == f"{name}(x) must be refused\n  expected  ValueError\n  got       {got}"


def test_a_check_may_answer_an_error_with_its_own_hint(tmp_path: Path) -> None:
    source = """
    def branches(x):
        return x if x > 0 else -x

    def misspelt(x):
        return jpn.sum(x)
    """
    learner = learner_of(tmp_path, source)
    answers = (
        (raised(), None),
        (raised("ConcretizationTypeError", line="if x"), None),
        (raised("ValueError"), "jnp.where"),
    )
    for condition, hint in answers:
        with pytest.raises(RaisedError) as caught, own_hint(condition):
            learner.branches.jit()(jnp.float32(1.0))
        assert caught.value.hint is None if hint is None else hint in str(caught.value.hint)
    with pytest.raises(RaisedError) as caught, own_hint():
        learner.misspelt(X)
    assert caught.value.hint == "Did you mean `jnp`?"


def test_what_runs_in_any_case_is_told_from_what_a_branch_runs(tmp_path: Path) -> None:
    source = """
    def f(x, i):
        x = jax.jit(jnp.exp)(x)
        last = lambda v: lax.cond(i > 3, jnp.sin, jnp.cos, v)
        return lax.switch(i, [jnp.tanh, jax.nn.softplus, last], x)
    """
    program = learner_of(tmp_path, source).f.jit().program(X, jnp.int32(0))
    assert program.always["exp"]
    assert not program.always["tanh"]
    curved = [{"tanh", "log1p", "sin", "cos"} & set(branch) for branch in program.branches]
    assert curved == [{"tanh"}, {"log1p"}, set(), {"cos"}, {"sin"}]


def test_a_scan_that_is_unrolled_counts_as_written_out(tmp_path: Path) -> None:
    source = "def f(x, unroll):\n    return lax.scan(lambda c, a: (c + a, c), 0.0, x, unroll=unroll)[1]\n"
    handle = learner_of(tmp_path, source).f.jit(static_argnames="unroll")
    short, long = jnp.zeros(8), jnp.zeros(16)
    same_size_for(handle, (short, 4), (long, 4))
    with pytest.raises(WrongAnswer, match="grows with its arguments"):
        same_size_for(handle, (short, True), (long, True))


def test_numbers_that_are_written_down_or_closed_over_are_found_in_a_program(tmp_path: Path) -> None:
    source = """
    BOUND = jnp.int32(900)

    def f(x):
        def unfinished(state):
            return (state[0] > 0.5) & (state[1] < BOUND) & (state[1] != 700)
        return lax.while_loop(unfinished, lambda state: (state[0] / 3, state[1] + 1), (x, 500))[0] * 2.5
    """
    learner = learner_of(tmp_path, source)
    assert {900, 700, 500, 2.5} <= learner.f.jit().program(jnp.float32(7.0)).numbers
    assert not learner.f.jit().program(jnp.float32(7.0)).numbers & {7}


def test_static_arguments_that_are_none_make_no_other_handle(tmp_path: Path) -> None:
    handle = learner_of(tmp_path, "def f(x):\n    return x\n").f
    assert handle.jit(static_argnames=()) is handle.jit()


def test_a_hint_for_certain_words(tmp_path: Path) -> None:
    learner = learner_of(tmp_path, "def f(x):\n    return 8\n")
    with pytest.raises(WrongAnswer) as caught, hint_when(came(int), "Use a loop of lax."):
        learner.f(X).equals(8)
    assert caught.value.hint == "Use a loop of lax."
    with pytest.raises(WrongAnswer) as caught, hint_when(came(tuple), "Use a loop of lax."):
        learner.f(X).equals(8)
    assert caught.value.hint == "Return an array; jnp.asarray makes one."


def test_sessions_and_handles_can_be_keys(tmp_path: Path) -> None:
    """Checks keep what they derive from a handle, by functools.cache."""
    learner = learner_of(tmp_path, "def f(x):\n    return x\n")
    assert {learner.session, learner.f, learner.f.jit()} == {learner.f.jit(), learner.f, learner.session}


def test_a_walk_over_elements_counts_alike_with_every_jax(tmp_path: Path) -> None:
    walk = learner_of(tmp_path, "def f(x):\n    return jnp.stack([a for a in x])\n").f.jit()
    assert walk.program(X).size == 2 * X.size + 1  # from JAX 0.12 on it is a single equation
    with pytest.raises(WrongAnswer, match="grows with its arguments"):
        same_size_for(walk, (jnp.arange(4.0),), (jnp.arange(8.0),))
