"""What JAX raises for the mistakes that learners make, and what the learner reads instead. Texts are pinned."""

from __future__ import annotations

import re
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest

from grader.toolkit import traces_at_most, uses_each_key_once
from grader.toolkit.lessons import LESSONS
from grader.toolkit.verdicts import NotStarted, RaisedError, WrongAnswer
from tests.toolkit_session import FIRST_LINE, learner_of

X = jnp.arange(3.0)
N = jnp.array(3)

# mistake -> (body of f(x), argument, jitted?, JAX's name for it, words of the cause, words of the hint)
MISTAKES = {
    "branch on a traced value": (
        "return x if x.sum() > 0 else -x", X, True, "TracerBoolConversionError",
        "it has a shape and a dtype, but no value yet", "jnp.where",
    ),
    "an array walked like a dict": (
        "return {k: x[k] + 1 for k in x}", X, False, "TypeError", "over an array a walk gives the numbers", "jax.tree.map",
    ),
    "a pmap that cuts what is shared": (
        "raise ValueError(\"Mesh('_internal_pmap_axis_name': 8) implies that array axis 0 is partitioned 8 times\")", X, False,
        "ValueError", "pmap cuts every argument", "in_axes=(0, None)",
    ),
    "a split that does not come out even": (
        "raise ValueError(\"Mesh('data': 8) implies that array axis 0 is partitioned 8 times, but\")", X, False, "ValueError",
        "splits an axis in equal parts", "P()",
    ),
    "a stack of arrays on several devices": (
        "raise ValueError('Received incompatible devices for jitted computation.')", X, False, "ValueError",
        "different devices met", "Stack first",
    ),
    "an argument of one's own jit that is no array": (
        "return jax.jit(lambda y, rule: rule(y))(x, jnp.sin)", X, False, "TypeError", "rule of lambda is a",
        "static_argnames",
    ),
    "lecun_normal on a vector": (
        "raise ValueError(\"Can't compute input and output sizes of a 1-dimensional weights tensor with default in_axis.\")",
        X, False, "ValueError", "a vector has a single axis", "nn.initializers.normal",
    ),
    "range of a traced n": (
        "return sum(range(x))", N, True, "TracerIntegerConversionError", "Python needs a whole number now", "static",
    ),
    "zeros of a traced n": (
        "return jnp.zeros(x)", N, True, "TypeError", "A shape was computed from a traced value", "x.shape",
    ),
    "boolean mask as an index": (
        "return x[x > 0].sum()", X, True, "NonConcreteBooleanIndexError", "may not depend on its data", "jnp.where",
    ),
    "unique without a size": (
        "return jnp.unique(x)", X, True, "ConcretizationTypeError", "The size of this result depends on data", "size=",
    ),
    "one-argument where": (
        "return jnp.where(x > 0)[0]", X, True, "ConcretizationTypeError", "depends on data", "Three-argument",
    ),
    "NumPy on a tracer": (
        "return jnp.asarray(np.sin(x))", X, True, "TracerArrayConversionError", "NumPy cannot see tracers", "jax.numpy",
    ),
    "float of a tracer": (
        "return jnp.asarray(float(x.sum()))", X, True, "ConcretizationTypeError", "needs the value now", "astype",
    ),
    "item of a tracer": (
        "return jnp.asarray(x.sum().item())", X, True, "ConcretizationTypeError", "needs the value now", "astype",
    ),
    "item assignment": (
        "x[0] = 1.0", X, False, "TypeError", "JAX arrays never change in place", "x.at[i].set(v)",
    ),
    "a tracer kept in a global": (
        "global kept\nkept = x * 2\nreturn x", X, True, "leak", "outlived|stored outside", "Return every value",
    ),
    "a key used twice": (
        "return jax.random.normal(x) + jax.random.uniform(x)", None, False, "KeyReuseError",
        "The same key gives the same numbers again", "Use each key once",
    ),
    "reverse mode through while_loop": (
        "return jax.grad(lambda v: lax.while_loop(lambda c: c < 10, lambda c: c * 2, v))(x.sum())",
        X, False, "ValueError", "Going backwards needs every step's values", "lax.scan",
    ),
    "carry changes its dtype": (
        "return lax.fori_loop(0, 3, lambda i, c: c + x.sum(), jnp.zeros((), jnp.int32))",
        X, False, "TypeError", "A loop's carry", "alike",
    ),
    "carry changes its shape": (
        "return lax.scan(lambda c, a: (jnp.append(c, a), a), x, x)[0]", X, False, "TypeError", "A loop's carry", "alike",
    ),
    "branches of a cond differ": (
        "return lax.cond(x.sum() > 0, lambda: x, lambda: x.sum())", X, False, "TypeError",
        "The branches of a cond", "same structure",
    ),
    "unhashable static argument": (
        "return jax.jit(lambda v, n: v, static_argnums=1)(x, [1])", X, False, "ValueError", "must be hashable", "tuple",
    ),
    "shapes that do not broadcast": (
        "return x + jnp.zeros(2)", X, False, "TypeError", "do not broadcast", "x[:, None]",
    ),
    "grad of integers": (
        "return jax.grad(lambda v: v * 1.0)(x)", N, False, "TypeError", "floating-point inputs", "astype",
    ),
    "grad of an array": (
        "return jax.grad(lambda v: v * 2)(x)", X, False, "TypeError", "a single number as its result", "vmap(grad",
    ),
    "vmap over unequal sizes": (
        "return jax.vmap(lambda a, b: a + b)(x, jnp.zeros(2))", X, False, "ValueError", "in step", "in_axes=None",
    ),
    "in_axes of another length": (
        "return jax.vmap(lambda a, b: a + b, in_axes=(0, 0, 0))(x, x)", X, False, "ValueError",
        "one entry for each argument", "with None in in_axes",
    ),
    "vmap over a scalar": (
        "return jax.vmap(lambda a, b: a + b)(x, 2.0 * x[0])", X, False, "ValueError",
        "an axis that it does not have", "in_axes=None",
    ),
    "in_axes without its tuple": (
        "return jax.vmap(lambda d: d['a'], in_axes={'a': 0})({'a': x})", X, False, "TypeError",
        "a tuple with one entry an argument", "with the comma",
    ),
    "an axis name that nobody gave": (
        "return jax.lax.pmean(x, 'batch')", X, False, "NameError", "no map around it", "axis_name",
    ),
    "out_specs that promise too much": (
        "mesh = jax.make_mesh((1,), ('i',), axis_types=(jax.sharding.AxisType.Auto,))\n"
        "return jax.shard_map(lambda v: v, mesh=mesh, in_specs=jax.P('i'), out_specs=jax.P())(x)",
        X, False, "ValueError", "cannot see that it is", "lax.psum",
    ),
    "shard_map over an Explicit axis": (
        "mesh = jax.make_mesh((1,), ('i',))\n"
        "return jax.shard_map(lambda v: v, mesh=mesh, in_specs=jax.P('i'), out_specs=jax.P('i'))(x)",
        X, False, "ValueError", "as jax.make_mesh makes them unasked", "AxisType.Auto",
    ),
    "a constraint on Explicit axes": (
        "place = jax.sharding.NamedSharding(jax.make_mesh((1,), ('i',)), jax.P('i'))\n"
        "return lax.with_sharding_constraint(x, place)",
        X, True, "ValueError", "as jax.make_mesh makes them unasked", "AxisType.Auto",
    ),
    "a product over an Explicit axis": (
        "place = jax.sharding.NamedSharding(jax.make_mesh((1,), ('i',)), jax.P('i'))\n"
        "x = jax.sharding.reshard(x, place)\n"
        "return x @ x",
        X, False, "ShardingTypeError", "as jax.make_mesh makes them unasked", "AxisType.Auto",
    ),
    "a string among the arrays": (
        "return jax.jit(lambda v, s: v)(x, 'sum')", X, False, "TypeError", "Only arrays, and trees of arrays", "static",
    ),
    "a donated array used again": (
        "y = x * 1\njax.jit(lambda v: v * 2, donate_argnums=0)(y)\nreturn y + 1", X, False, "(Runtime|Value)Error",
        "given away", "Go on with the result",
    ),
    "a branch on a whole array": (
        "return x if x > 0 else -x", X, False, "ValueError", "this is a whole array of them", "decides for each element",
    ),
    "a misspelt function of jax.numpy": (
        "return jnp.summ(x)", X, False, "AttributeError", "has no attribute", "Did you mean `sum`?",
    ),
    "NumPy without its import": ("return npp.sum(x)", X, False, "NameError", "not defined", "Did you mean `np`?"),
    "a misspelt argument": (
        "return jnp.sum(x, axsi=0)", X, False, "TypeError", "unexpected keyword argument", "spelled right",
    ),
    "a list as an index": (
        "return x[[0, 2]]", X, False, "TypeError", "A list is no index", "jnp.array",
    ),
    "a slice with traced ends": (
        "return jax.jit(lambda v, i: v[i : i + 2])(x, 0)", X, False, "IndexError", "no fixed size",
        "dynamic_slice_in_dim",
    ),
    "a traced fill_value": (
        "return jax.jit(lambda v, f: v.at[9].get(mode='fill', fill_value=f))(x, 1.0)", X, False,
        "ConcretizationTypeError", "fill_value is part of the compiled program", "jnp.where",
    ),
    "a Python while on a traced value": (
        "while x.sum() > 0: x = x - 1", X, True, "TracerBoolConversionError", "needs True or False now", "lax.while_loop",
    ),
    "print of a traced number": (
        "return lax.scan(lambda c, a: (print(float(c)), (c, a))[1], x[0], x)", X, False, "ConcretizationTypeError",
        "print runs in Python", "jax.debug.print",
    ),
    "int of a root that jnp took": (
        "return x.reshape(int(jnp.sqrt(1)), -1)", X, True, "ConcretizationTypeError",
        "a tracer of a plain number, too", "math.isqrt",
    ),
    "int of a traced sum": (
        "return x.reshape(int(jnp.sum(x)), -1)", X, True, "ConcretizationTypeError", "needs the value now", "astype",
    ),
    "math on a traced number": (
        "import math\nreturn x * math.sqrt(x[0])", X, True, "ConcretizationTypeError",
        "The functions of math need a Python number", "jnp.sqrt",
    ),
    "sizes through jnp": (
        "return jnp.zeros(jnp.array([3, 4])[0])", X, True, "TypeError", "A shape was computed through jnp", "sizes[i]",
    ),
    "a step of scan with its results swapped": (
        "return lax.scan(lambda c, a: (a, c), (x, x), x)", X, False, "TypeError",
        "a tuple of length 2|a tuple went in, an array came out", "are they swapped",
    ),
    "a step of scan with arrays swapped": (
        "return lax.scan(lambda c, a: (a, c), x, x)", X, False, "TypeError", "f32[3] went in, f32[] came out", "swapped",
    ),
    "a step of scan that returns one thing": (
        "return lax.scan(lambda c, a: c + a, x[0], x)", X, False, "TypeError", "returns a pair", "return carry, None",
    ),
    "a step of scan without its input": (
        "return lax.scan(lambda c: (c, c), x[0], length=3)", X, False, "TypeError", "with two arguments", "x is None",
    ),
    "the length of scan by its place": (
        "return lax.scan(lambda c, a: (c, c), x, 3)", X, False, "ValueError", "The third argument of scan is xs", "length=n",
    ),
    "inputs of scan of two lengths": (
        "return lax.scan(lambda c, a: (c, c), 0, (x, x[1:]))", X, False, "ValueError", "one row a step", "Print their shapes",
    ),
    "a while_loop with its state in parts": (
        "return lax.while_loop(lambda n, c: n < 9, lambda n, c: (n + 1, c), (0, x))", X, False, "TypeError",
        "with one argument: the whole state", "as one tuple",
    ),
    "a fori_loop without its number": (
        "return lax.fori_loop(0, 3, lambda c: c + 1, x)", X, False, "TypeError", "the number of the round", "body(k, state)",
    ),
    "a test of a whole array": (
        "return lax.while_loop(lambda c: c < 9, lambda c: c + 1, x)", X, False, "TypeError", "a single True or False",
        "jnp.any",
    ),
    "a cond of results": (
        "return lax.cond(x.sum() > 0, x, -x)", X, False, "TypeError", "so that only the chosen one runs",
        "functions, not their results",
    ),
    "a switch of results": (
        "return lax.switch(0, [x, -x])", X, False, "TypeError", "so that only the chosen one runs",
        "functions, not their results",
    ),
    "a rule that returns its tangent alone": (
        "f = jax.custom_jvp(jnp.sin)\nf.defjvp(lambda p, t: t[0])\nreturn jax.grad(f)(x[1])", X, False,
        "TypeError", "returns a pair: the value, and its tangent", "with a comma",
    ),
    "a way forwards without residuals": (
        "f = jax.custom_vjp(jnp.sin)\nf.defvjp(jnp.sin, lambda r, g: (g,))\nreturn jax.grad(f)(x[1])", X, False,
        "TypeError", "the result, and what backwards will need", "return out, None",
    ),
    "a way backwards without a tuple": (
        "f = jax.custom_vjp(jnp.sin)\nf.defvjp(lambda v: (v, None), lambda r, g: g)\nreturn jax.grad(f)(x[1])", X, False,
        "TypeError", "a tuple with one gradient for each argument", "mind the comma",
    ),
    "a rule that nobody has said": (
        "return jax.custom_jvp(jnp.sin)(x)", X, False, "AttributeError", "nobody has said the rule", "@f.defjvp",
    ),
    "a rule that closes over a traced value": (
        "return jax.grad(lambda v, s: (f := jax.custom_vjp(lambda v: v), f.defvjp(lambda v: (v, None), "
        "lambda r, g: (s * g,)), f(v))[2], (0, 1))(x[1], x[2])[0]", X, False,
        "UnexpectedTracerError", "It closed over a traced value", "ordinary argument",
    ),
    "labels where optimisers belong": (
        "import optax\nreturn optax.partition({'a': 'slow'}, {'slow': optax.sgd(1.0)}).init({'a': x})['a']", X, False,
        "AttributeError", "no optimiser", "the optimisers first",
    ),
    "min of traced numbers": (
        "return min(x[0], 1.0)", X, True, "TracerBoolConversionError", "min, max and sorted compare", "jnp.minimum",
    ),
    "max of whole arrays": (
        "return max(x, 0 * x)", X, False, "ValueError", "this is a whole array of them", "jnp.maximum",
    ),
    "item of several numbers": (
        "return x / x.item()", X, False, "ValueError", "this array holds several", "Stay with arrays",
    ),
    "an update without its state": (
        "import optax\nreturn optax.sgd(1.0).update(x)", X, False, "TypeError", "the gradients, its state", "optimizer.init",
    ),
    "a cond of many": (
        "return lax.cond(x > 0, lambda: x, lambda: -x)", X, False, "TypeError", "an array of decisions", "jnp.where",
    ),
    "more than there is room for": (
        "return jnp.zeros(2**50)", X, False, "JaxRuntimeError|raised ValueError", "larger than the memory", "a step, an index",
    ),
    "a shape that is none yet": (
        "return jnp.zeros(jax.eval_shape(jnp.sin, x)[0])", X, False, "TypeError", "a shape and a dtype", ".shape",
    ),
    "a key of a drawn number": (
        "return jax.random.key(int(jax.random.randint(jax.random.key(x), (), 0, 9)))", N, True, "ConcretizationTypeError",
        "what is drawn while JAX traces is a tracer", "jax.random.split(key, n)",
    ),
    "slices by a sum of sizes that jnp took": (
        "ends = jnp.cumsum(jnp.array([1, 2]))\nreturn x[: ends[0]]", X, True, "IndexError", "no fixed size", "np.cumsum",
    ),
    "a named argument under vmap": (
        "return jax.vmap(lambda a, b: a + b, in_axes=0)(x, b=x[:2])", X, False, "ValueError",
        "always mapped along its first axis", "by its place",
    ),
    "a named number under vmap": (
        "return jax.vmap(lambda a, b: a + b, in_axes=(0, None))(x, b=2.0)", X, False, "ValueError",
        "one entry for each argument that is handed over by its place", "None in in_axes",
    ),
    "a reduction of an empty tree": (
        "return jax.tree.reduce(jnp.add, {})", X, False, "TypeError", "There was nothing to put together", "tree, 0.0",
    ),
    "a product of two sizes": (
        "return x @ jnp.zeros((2, 3))", X, False, "TypeError", "the shapes: (3,) and (2, 3)", "x.T",
    ),
    "shapes of a broadcast": (
        "return x + jnp.zeros(2)", X, False, "TypeError", "the shapes: (3,) and (2,)", "x[:, None]",
    ),
    "a type that does not broadcast": (
        "return jnp.broadcast_to(x, (2, 2))", X, False, "ValueError", "the shapes: (3) and (2, 2)", "x[:, None]",
    ),
    "NumPy's broadcast": (
        "return jnp.asarray(np.zeros(3) + np.zeros(2))", X, False, "ValueError", "the shapes: (3,) and (2,)", "x[:, None]",
    ),
    "endless recursion": ("return f(x)", X, False, "RecursionError", "until Python gave up", "lax.while_loop"),
}  # fmt: skip


def told(tmp_path: Path, body: str, argument: object, jitted: bool) -> RaisedError:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    learner = learner_of(tmp_path, f"def f(x):\n{lines}\n")
    with pytest.raises(RaisedError) as caught:
        if argument is None:
            uses_each_key_once(learner.f, jax.random.key(0))
        elif "global" in body:
            learner.f.jit().trace_afresh("jit(f)(f32[3])", argument)
            with jax.checking_leaks():
                learner.f.jit().trace_afresh("jit(f)(f32[3])", argument)
        elif jitted:
            learner.f.jit()(argument)
        else:
            learner.f(argument)
    return caught.value


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_is_told_in_its_own_words(mistake: str, tmp_path: Path) -> None:
    body, argument, jitted, name, cause, hint = MISTAKES[mistake]
    error = told(tmp_path, body, argument, jitted)
    flat = " ".join(error.message.split())
    if name != "leak":
        assert re.search(f"raised {name} at line {FIRST_LINE + body.count(chr(10)) + 1}", flat)
        assert error.line == FIRST_LINE + body.count("\n") + 1
        assert body.splitlines()[-1] in error.message
    assert any(words in flat for words in cause.split("|"))
    assert error.hint is not None
    assert hint.lower() in error.hint.lower()


def test_the_whole_text_of_one_message(tmp_path: Path) -> None:
    error = told(tmp_path, "if x.sum() > 0:\n    return x\nreturn -x", X, True)
    assert error.message == (
        "jit(f)([0, 1, 2]) raised TracerBoolConversionError at line 6\n"
        "  6 | if x.sum() > 0:\n"
        "\n"
        "A Python branch (if, while, and, or, not, assert) needs True or False\n"
        "now. While JAX traces, an array is a tracer: it has a shape and a dtype,\n"
        "but no value yet."
    )
    assert error.hint == (
        "jnp.where(condition, a, b) computes both and picks; lax.cond runs one. "
        "If the value never changes, make it a static argument."
    )


def test_other_errors_keep_their_own_text(tmp_path: Path) -> None:
    error = told(tmp_path, "return {}['missing']", X, False)
    assert error.message == "f([0, 1, 2]) raised KeyError at line 6\n  6 | return {}['missing']\n\n'missing'"


def test_long_errors_are_shortened(tmp_path: Path) -> None:
    error = told(tmp_path, "raise ValueError('\\n'.join(map(str, range(1000))))", X, False)
    assert error.message.endswith("4\n5\n…")


def test_long_lines_end_with_a_sentence_or_a_word(tmp_path: Path) -> None:
    for text, end in (
        ("'word ' * 30 + 'and so on. ' + 'more ' * 30", "word and so on. …"),
        ("'word ' * 100", "word word …"),
        ("'x' * 300", "x…"),
        ("'a short sentence. ' + 'word ' * 100", "word word …"),
    ):
        error = told(tmp_path, f"raise ValueError({text})", X, False)
        assert error.message.endswith(end)
        assert len(error.message.splitlines()[-1]) <= 202


def test_every_lesson_names_its_error_and_ends_in_a_full_stop() -> None:
    for lesson in LESSONS:
        assert lesson.error.endswith(("Error", "Exception"))
        assert lesson.cause.endswith(".")
        assert lesson.hint.endswith(".")


def test_a_stub_is_todo_and_no_error(tmp_path: Path) -> None:
    learner = learner_of(tmp_path, "def f(x):\n    raise NotImplementedError\n")
    with pytest.raises(NotStarted, match="f is still to do"):
        learner.f(X)


def test_not_implemented_by_jax_is_no_todo(tmp_path: Path) -> None:
    source = "def f(x):\n    return jax.jvp(lambda v: lax.reduce_precision(v, 8, 7), (x,), (1,))[0]\n"
    with pytest.raises(RaisedError):
        learner_of(tmp_path, source).f(X)


WRONG = {
    "a value": (
        "return x.at[1].set(9.0)",
        "f([0, 1, 2]) is wrong at index 1\n  expected  1\n  got       9",
    ),
    "several values": (
        "return x + 1",
        "f([0, 1, 2]) is wrong at index 0 (3 of 3 differ)\n  expected  0\n  got       1\n\nEach entry is 1 too large.",
    ),
    "a small difference": (
        "return x.at[2].set(2.0001)",
        "f([0, 1, 2]) is wrong at index 2\n  expected  2\n  got       2.0001",
    ),
    "nan": (
        "return x * jnp.nan",
        "f([0, 1, 2]) is wrong at index 0 (3 of 3 differ)\n  expected  0\n  got       nan\n\nAll of it is nan.",
    ),
    "a shape": (
        "return x[:, None]",
        "f([0, 1, 2]) has the wrong shape\n  expected  shape (3,)\n  got       shape (3, 1)\n\n"
        "The numbers are right; only the shape is not: it has an axis of 1 too many.",
    ),
    "a dtype": ("return x.astype(int)", "f([0, 1, 2]) has the wrong dtype\n  expected  f32\n  got       i32"),
    "half precision": (
        "return x.astype(jnp.float16)",
        "f([0, 1, 2]) has the wrong dtype\n  expected  f32\n  got       f16",
    ),
    "nothing": (
        "x + 1",
        "f([0, 1, 2]) returned the wrong kind of thing\n  expected  a JAX array\n  got       None",
    ),
    "NumPy": (
        "return np.asarray(x)",
        "f([0, 1, 2]) returned the wrong kind of thing\n  expected  a JAX array\n  got       a NumPy array, f32[3]",
    ),
    "a tuple": (
        "return x, x",
        "f([0, 1, 2]) returned the wrong kind of thing\n  expected  a JAX array\n  got       a tuple of length 2",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_answers_say_what_was_called_expected_and_got(kind: str, tmp_path: Path) -> None:
    body, message = WRONG[kind]
    learner = learner_of(tmp_path, f"def f(x):\n    {body}\n")
    with pytest.raises(WrongAnswer) as caught:
        learner.f(X).close_to([0.0, 1.0, 2.0])
    assert caught.value.message == message


def test_the_signature_is_a_promise(tmp_path: Path) -> None:
    contract = 'def f(x: Float[Array, " n"], window: int) -> Int[Array, " n-{window}+1"]:\n    raise NotImplementedError\n'
    learner = learner_of(tmp_path, "def f(x, window):\n    return x\n", contract)
    with pytest.raises(WrongAnswer) as caught:
        learner.f(X, 2)
    assert caught.value.message == (
        "f([0, 1, 2], 2) does not fit its signature\n"
        "  expected  integers of shape (n-window+1,) = (2,)\n"
        "  got       f32[3]"
    )


def test_a_list_instead_of_a_tuple_is_told(tmp_path: Path) -> None:
    contract = 'def f(x: Float[Array, " n"]) -> tuple[Float[Array, " n"], Float[Array, " n"]]:\n    raise NotImplementedError\n'
    with pytest.raises(WrongAnswer, match="wrong kind of thing") as caught:
        learner_of(tmp_path, "def f(x):\n    return [x, x]\n", contract).f(X)
    assert caught.value.hint == "A tuple, not a list: drop the square brackets."
    with pytest.raises(WrongAnswer, match="wrong number of things"):
        learner_of(tmp_path, "def f(x):\n    return x, x, x\n", contract).f(X)


def test_changed_arguments_are_seen(tmp_path: Path) -> None:
    learner = learner_of(tmp_path, "def f(parts):\n    parts.append(1)\n    return jnp.zeros(2)\n")
    with pytest.raises(WrongAnswer, match="changed its own arguments"):
        learner.f([X])


def test_a_changed_numpy_argument_is_seen(tmp_path: Path) -> None:
    import numpy as np

    learner = learner_of(tmp_path, "def f(x):\n    x += 1\n    return jnp.asarray(x)\n")
    with pytest.raises(WrongAnswer, match="changed its own arguments"):
        learner.f(np.zeros(3))


def test_an_argument_given_away_is_seen(tmp_path: Path) -> None:
    learner = learner_of(tmp_path, "def f(x):\n    return jax.jit(lambda v: v + 1, donate_argnums=0)(x)\n")
    with pytest.raises(WrongAnswer, match="gave one of its arguments away"):
        learner.f(jnp.zeros(3))


def test_a_function_with_a_memory_is_seen(tmp_path: Path) -> None:
    source = "calls = []\ndef f(x):\n    calls.append(1)\n    return x + len(calls)\n"
    with pytest.raises(WrongAnswer) as caught:
        learner_of(tmp_path, source).f(X)
    assert caught.value.message == (
        "f([0, 1, 2]) was called twice\n  expected  the same result twice\n  got       two different results"
    )


def test_what_fails_in_another_exercise_is_said_to_be_there(tmp_path: Path) -> None:
    learner = learner_of(tmp_path, "def g(x):\n    return x + jnp.zeros(2)\n\n\ndef f(x):\n    return g(x)\n")
    with pytest.raises(RaisedError) as caught:
        learner.f(X)
    assert any("mend g first" in note for note in caught.value.finding.notes)
    with pytest.raises(RaisedError) as caught:
        learner.g(X)
    assert not caught.value.finding.notes


def test_a_stub_that_another_exercise_calls_is_named(tmp_path: Path) -> None:
    learner = learner_of(
        tmp_path, "def g(x):\n    raise NotImplementedError\n\n\ndef f(x):\n    return g(x)\n"
    )
    with pytest.raises(RaisedError, match="f calls g, which is still to do") as caught:
        learner.f(X)
    assert "g" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "body",
    ["if x.sum() > 9:\n        return x.sum()\n    return 0.0", "return x.sum() if len(x) > 9 else 0.0"],
)
def test_a_number_by_a_python_branch_is_told_as_the_branch(body: str, tmp_path: Path) -> None:
    contract = "def f(x: Float[Array, 'n']) -> Float[Array, '']:\n    raise NotImplementedError\n"
    learner = learner_of(tmp_path, f"def f(x):\n    {body}\n", contract)
    with pytest.raises(WrongAnswer) as caught:
        learner.f(X)
    assert caught.value.line == FIRST_LINE + 1
    assert "jnp.where" in (caught.value.hint or "")


def test_functions_made_anew_are_told_as_the_cause(tmp_path: Path) -> None:
    source = """
        from functools import partial

        def scaled(x, by):
            return by * x

        def f(x):
            return jax.jit(partial(scaled, by=2.0))(x)
    """
    learner = learner_of(tmp_path, source)
    with pytest.raises(WrongAnswer) as caught:
        traces_at_most(learner.f, 1, [(X,), (X,), (X,)])
    assert "knows a function by its identity" in caught.value.finding.cause


def test_transformations_are_written_as_they_can_be_typed(tmp_path: Path) -> None:
    learner = learner_of(tmp_path, "def f(x, y):\n    return (x * y).sum()\n")
    assert learner.f.grad(argnums=1).shown == "grad(f, argnums=1)"
    assert learner.f.vmap(in_axes=(0, None)).shown == "vmap(f, in_axes=(0, None))"
    assert learner.f.vmap().grad().shown == "grad(vmap(f))"
    assert learner.f.grad(argnums=1).jit().code == "jax.jit(jax.grad(f, argnums=1))"
