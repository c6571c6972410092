"""Banned names are found under whatever name they go, and a name is banned only where Python means the banned thing by it."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import jax
import jax.numpy as jnp
import pytest

from grader.kata import catalogue
from grader.source.scopes import Names
from grader.toolkit import WrongAnswer, bans
from grader.toolkit.entered import banned_by
from tests.toolkit_session import FIRST_LINE, learner_of

X = jnp.arange(3.0)

# Below the usual imports (jax, jnp, np, lax); `f` is the exercise, and jax.nn, hash and optax are banned.
USES = {
    "in full": "def f(x):\n    return jax.nn.relu(x)\n",
    "imported from": "from jax import nn\ndef f(x):\n    return nn.relu(x)\n",
    "imported as": "import jax.nn as n\ndef f(x):\n    return n.relu(x)\n",
    "imported inside": "def f(x):\n    from jax.nn import softmax as s\n    return s(x)\n",
    "imported around": """
        def f(x):
            from jax import nn
            def inner(y):
                return nn.relu(y)
            return inner(x)
    """,
    "imported in a branch": """
        try:
            from jax import nn
        except ImportError:
            nn = None
        def f(x):
            return nn.relu(x)
    """,
    "assigned at the top": "soft = jax.nn.softmax\ndef f(x):\n    return soft(x)\n",
    "assigned with a type": "soft: object = jax.nn.softmax\ndef f(x):\n    return soft(x)\n",
    "assigned twice over": "nn = jax.nn\nsoft = nn.softmax\ndef f(x):\n    return soft(x)\n",
    "assigned inside": "from jax import nn\ndef f(x):\n    n = nn\n    return n.relu(x)\n",
    "assigned by a walrus": "from jax import nn\ndef f(x):\n    return (n := nn) and n.relu(x)\n",
    "nothing but another name": "f = jax.nn.relu\n",
    "nothing but an import": "from jax.nn import relu as f\n",
    "an import under its own name": "from jax.nn import relu\nkept = relu\ndef relu(x):\n    return kept(x)\nf = relu\n",
    "a lambda": "f = lambda x: jax.nn.relu(x)\n",
    "wrapped": "import functools\nsoft = functools.partial(jax.nn.softmax, axis=-1)\ndef f(x):\n    return soft(x)\n",
    "in a table": "table = {'soft': jax.nn.softmax}\ndef f(x):\n    return table['soft'](x)\n",
    "a default": "from jax import nn\ndef f(x, module=nn):\n    return module.relu(x)\n",
    "a default of a lambda": "def f(x):\n    return (lambda y, module=jax.nn: module.relu(y))(x)\n",
    "a decorator": "def f(x):\n    @jax.nn.relu\n    def inner():\n        return x\n    return inner\n",
    "in a helper": "from jax import nn\ndef helper(x):\n    return nn.relu(x)\ndef f(x):\n    return helper(x)\n",
    "in a class": """
        from jax import nn
        class Helper:
            def m(self, x):
                return nn.relu(x)
        def f(x):
            return Helper().m(x)
    """,
    "in a coroutine": "from jax import nn\nasync def helper(x):\n    return nn.relu(x)\ndef f(x):\n    return helper(x)\n",
    "in a conditional helper": "if True:\n    def helper(x):\n        return jax.nn.relu(x)\ndef f(x):\n    return helper(x)\n",
    "a decorated successor": "def f(x):\n    return jax.nn.relu(x)\n@(lambda g, old=f: old)\ndef f(x):\n    return x\n",
    "in a comprehension": "from jax import nn\ndef f(x):\n    return [nn.relu(y) for y in x]\n",
    "as the first iterable": "from jax import nn\ndef f(x):\n    return [nn for nn in nn.relu(x)]\n",
    "a class between": """
        from jax import nn
        class Helper:
            nn = 3
            def m(self, x):
                return nn.relu(x)
        def f(x):
            return Helper().m(x)
    """,
    "in a comprehension of a class's body": """
        from jax import nn
        def f(x):
            class C:
                nn = x
                o = [nn.relu(y) for y in nn.relu]
            return C
    """,
    "by global": """
        def prepare():
            global soft
            soft = jax.nn.softmax
        def f(x):
            prepare()
            return soft(x)
    """,
    "global in spite of a local outside": """
        from jax import nn
        def f(x):
            nn = x
            def inner(y):
                global nn
                return nn.relu(y)
            return inner(nn)
    """,
    "by nonlocal": """
        def f(x):
            soft = None
            def choose():
                nonlocal soft
                from jax.nn import softmax as soft
            choose()
            return soft(x)
    """,
    "another function's local": """
        from jax import nn
        def f(x):
            return nn.relu(x)
        def other(n):
            nn = n + 1
            return nn
    """,
    "another function's parameter": "from jax import nn\ndef f(x):\n    return nn.relu(x)\ndef other(nn):\n    return nn\n",
    "another function's function": """
        from jax import nn
        def f(x):
            return nn.relu(x)
        def other(x):
            def nn(): ...
            return nn
    """,
    "a comprehension's own variable": "from jax import nn\ndef f(x):\n    y = [nn for nn in x]\n    return nn.relu(x), y\n",
    "a lambda's own parameter": "from jax import nn\ndef f(x):\n    y = lambda nn: nn\n    return nn.relu(x), y\n",
    "an inner function's local": """
        from jax import nn
        def f(x):
            def inner():
                nn = 1
                return nn
            return nn.relu(x), inner
    """,
    "a class's own name": "from jax import nn\ndef f(x):\n    class C:\n        nn = 1\n    return nn.relu(x), C\n",
    "an argument of that name": "from jax import nn\ndef f(x):\n    return nn.relu(dict(nn=x)['nn'])\n",
    "Python's own": "def f(x):\n    return hash(x)\n",
    "Python's own under another name": "h = hash\ndef f(x):\n    return h(x)\n",
    "Python's own from its module": "import builtins as b\ndef f(x):\n    return b.hash(x)\n",
    "Python's own imported": "from builtins import hash as h\ndef f(x):\n    return h(x)\n",
    "hash beside somebody's parameter": "def other(hash):\n    return hash\ndef f(x):\n    return hash(x)\n",
}  # fmt: skip

NO_USES = {
    "not used": "from jax import nn\ndef f(x):\n    return jnp.exp(x)\n",
    "used by another": "def f(x):\n    return jnp.exp(x)\ndef other(x):\n    return jax.nn.relu(x)\n",
    "used by a name that is only a local here": """
        def helper(x):
            return jax.nn.relu(x)
        def f(x):
            helper = x
            return helper
    """,
    "used by a parameter's name": "def helper(x):\n    return jax.nn.relu(x)\ndef f(helper):\n    return helper(1)\n",
    "a function of that name": "def nn(x):\n    return x\ndef f(x):\n    return nn(x)\n",
    "another module": "import jax.numpy as nn\ndef f(x):\n    return nn.tanh(x)\n",
    "a name that begins alike": "import jax.numpy as nnx\ndef f(x):\n    return jax.numpy.exp(x), nnx.exp(x)\n",
    "replaced by one's own": "from jax.nn import relu\ndef relu(x):\n    return x\ndef f(x):\n    return relu(x)\n",
    "replaced by an old version": "def f(x):\n    return jax.nn.relu(x)\ndef f(x):\n    return x\n",
    "a parameter": "from jax import nn\ndef f(x, nn=None):\n    return nn.relu(x)\n",
    "starred parameters": "from jax import nn\ndef f(*nn, **hash):\n    return nn.relu, hash\n",
    "a parameter of the function around": """
        from jax import nn
        def f(nn):
            def inner(y):
                return nn.relu(y)
            return inner
    """,
    "a parameter of a lambda": "from jax import nn\ndef f(x):\n    return (lambda nn: nn.relu(x))(x)\n",
    "a local": "from jax import nn\ndef f(x):\n    nn = x\n    return nn.relu\n",
    "a local that is set later": "from jax import nn\ndef f(x):\n    if x:\n        nn = x\n    return nn.relu\n",
    "a local with a type": "from jax import nn\ndef f(x):\n    nn: int = x\n    return nn.relu\n",
    "a local taken apart": "from jax import nn\ndef f(x):\n    (nn, *hash) = x\n    return nn.relu, hash\n",
    "a local that grows": "from jax import nn\ndef f(x):\n    nn = x\n    nn += 1\n    return nn.relu\n",
    "a walrus": "from jax import nn\ndef f(x):\n    return (nn := x).relu, nn.relu\n",
    "a walrus in a comprehension": "from jax import nn\ndef f(x):\n    y = [nn := z for z in x]\n    return nn.relu, y\n",
    "a loop": "from jax import nn\ndef f(x):\n    for nn in x:\n        x = nn.relu\n    return x\n",
    "a with statement": "from jax import nn\ndef f(x):\n    with x as nn:\n        return nn.relu\n",
    "an exception": """
        from jax import nn
        def f(x):
            try:
                return x
            except ValueError as nn:
                return nn.relu
    """,
    "a comprehension": "from jax import nn\ndef f(x):\n    return [nn.relu for nn in x], {nn.relu: nn for nn in x}\n",
    "a later loop of a comprehension": """
        from jax import nn
        def f(x):
            return [nn.relu for y in x for nn in y if nn.relu]
    """,
    "a function inside": "from jax import nn\ndef f(x):\n    def nn(): ...\n    return nn.relu\n",
    "a coroutine inside": "from jax import nn\ndef f(x):\n    async def nn(): ...\n    return nn.relu\n",
    "a class inside": "from jax import nn\ndef f(x):\n    class nn: relu = x\n    return nn.relu\n",
    "an import inside": "from jax import nn\ndef f(x):\n    import jax.numpy as nn\n    return nn.exp(x)\n",
    "in a class's own body": "from jax import nn\ndef f(x):\n    class C:\n        nn = x\n        y = nn.relu\n    return C\n",
    "in the heads of a class's body": """
        from jax import nn
        def f(x):
            class C:
                nn = x
                def m(self, y: nn.relu = nn.relu, *z: nn.relu) -> nn.relu: ...
                class D(nn.relu, meta=nn.relu): ...
                n = lambda self, y=nn.relu: y
                o = [y for y in nn.relu]
            return C
    """,
    "deleted": "from jax import nn\ndef f(x):\n    nn = x\n    del nn\n    return nn.relu\n",
    "a capture": """
        from jax import nn
        def f(x):
            match x:
                case [nn, *hash]:
                    return nn.relu, hash
                case {"a": nn, **hash}:
                    return nn.relu, hash
                case str() as nn:
                    return nn.relu
    """,
    "nonlocal": """
        from jax import nn
        def f(x):
            nn = x
            def inner():
                nonlocal nn
                nn = nn.relu
            return nn.relu, inner
    """,
    "nonlocal from further out": """
        from jax import nn
        def f(x):
            nn = x
            def middle():
                def inner():
                    nonlocal nn
                    nn = nn.relu
                return nn.relu, inner
            return middle
    """,
    "one's own hash": "def hash(x):\n    return 1\ndef f(x):\n    return hash(x)\n",
    "a local hash": "def f(x):\n    hash = 2 * x\n    return hash\n",
    "an attribute": "def f(x):\n    return x.nn, x.hash, jnp.hash\n",
    "in words": "def f(x):\n    'uses jax.nn.softmax'\n    return x  # hash\n",
    "names that go in circles": "def f(x):\n    a = b = x\n    a = b\n    b = a\n    return a.relu\n",
}  # fmt: skip


# What no reading of names would see (NN is jax.nn, looked up): each enters jax.nn, jax.scipy, optax or hash on its last line.
ENTERS = {
    "getattr": "def f(x):\n    return getattr(NN, 're' + 'lu')(x)\n",
    "vars": "def f(x):\n    return vars(jax)['n' + 'n'].softmax(x)\n",
    "importlib": "import importlib\ndef f(x):\n    m = importlib.import_module('jax.' + 'nn')\n    return m.gelu(x)\n",
    "Python's own import": "def f(x):\n    m = __import__('jax.' + 'nn', fromlist=['nn'])\n    return m.softmax(x)\n",
    "sys.modules": "import sys\ndef f(x):\n    return sys.modules['jax.nn'].elu(x)\n",
    "an attrgetter": "import operator\nget = operator.attrgetter('nn.relu')\ndef f(x):\n    return get(jax)(x)\n",
    "private modules": "from jax._src.nn import functions\ndef f(x):\n    return functions.softmax(x)\n",
    "a private function": "from jax._src.nn import functions\ndef f(x):\n    return functions._softmax(x, -1, None, None)\n",
    "shared files": "from jax._src.ops import special\ndef f(x):\n    return x - special.logsumexp(x)\n",
    "evaluated text": "def f(x):\n    return eval('jax.nn.relu(x)')\n",
    "an attribute set elsewhere": "np.soft = NN.softmax\ndef f(x):\n    return np.soft(x)\n",
    "lifted by vmap": "soft = jax.vmap(getattr(NN, 'softmax'))\ndef f(x):\n    return soft(x[None])[0]\n",
    "compiled": "soft = jax.jit(getattr(NN, 'softmax'))\ndef f(x):\n    return soft(x)\n",
    "partly applied": """
        import functools
        soft = functools.partial(getattr(NN, "softmax"), axis=-1)
        def f(x):
            return soft(x)
    """,
    "handed to a branch": "def f(x):\n    r = getattr(NN, 'relu')\n    return lax.cond(x[0] > 0, jnp.exp, r, x)\n",
    "handed by name": "def f(x):\n    r = getattr(NN, 'relu')\n    return jax.tree.map(f=r, tree=x)\n",
    "handed to Python's map": "def f(x):\n    r = getattr(NN, 'relu')\n    return [*map(r, [x])]\n",
    "inside a loop of lax": """
        def f(x):
            def step(carry, a):
                return carry, getattr(NN, "silu")(a)
            return lax.scan(step, 0.0, x)[1]
    """,
    "under one's own jit": "@jax.jit\ndef f(x):\n    return getattr(NN, 'softmax')(x)\n",
    "where it does not trace": "def f(x):\n    y = float(x[0])\n    return getattr(NN, 'softmax')(x)\n",
    "jax.scipy": "def f(x):\n    return getattr(jax, 'sci' + 'py').special.xlogy(x, x)\n",
    "optax": "import importlib\ndef f(x):\n    return importlib.import_module('op' + 'tax').huber_loss(x)\n",
    "made by optax beforehand": """
        import optax as o
        table = vars(o)["sgd"](0.1)
        def f(x):
            return vars(table)["update"](x, ()) if hasattr(table, "__dict__") else table[1](x, ())
    """,
    "flax": "def f(x):\n    import importlib\n    return importlib.import_module('flax.linen').log_softmax(x)\n",
    "Python's hash": """
        import operator
        get = operator.attrgetter("hash")
        def f(x):
            return x * get(__import__("built" + "ins"))("x")
    """,
}  # fmt: skip

# What the library does inside what is allowed, and what only looks like it.
ENTERS_NONE = {
    "what jax.nn takes from jax.numpy": "def f(x):\n    return getattr(jnp, 'tanh')(x)\n",
    "operators and methods": "def f(x):\n    return (-x + 1.0 @ x[None].T if False else x.sum() + x.at[0].set(1.0) ** 2)\n",
    "statistics": "def f(x):\n    return jnp.var(x) + jnp.median(x) + jnp.linalg.norm(x) + jnp.quantile(x, 0.5)\n",
    "linear algebra, which enters jax.scipy": """
        def f(x):
            a = x * x[:, None] + jnp.eye(x.size)
            return jnp.linalg.inv(a), jnp.linalg.solve(a, x), jnp.linalg.det(a), jnp.linalg.slogdet(a)
    """,
    "chance": """
        def f(x):
            key = jax.random.key(0)
            drawn = jax.random.categorical(key, x), jax.random.choice(key, x), jax.random.gamma(key, 1.0)
            return drawn, jax.random.truncated_normal(key, -1.0, 1.0, (3,)), jax.random.dirichlet(key, x + 1)
    """,
    "transformations": """
        def f(x):
            g = jax.checkpoint(lambda v: jnp.logaddexp(v, 0).sum())
            y = jax.jit(jax.vmap(lambda v: jnp.exp(v)))(x)
            return jax.value_and_grad(g)(x), jax.hessian(g)(y), lax.map(jnp.sin, x), jax.linearize(g, x)[0]
    """,
    "rules of one's own": """
        @jax.custom_jvp
        def softplus(x):
            return jnp.log1p(jnp.exp(x))
        softplus.defjvp(lambda p, t: (softplus(*p), t[0] * lax.logistic(p[0])))
        def f(x):
            return jax.vmap(jax.grad(softplus))(x)
    """,
    "a decorator that banned functions have, too": """
        @jnp.vectorize
        def softplus(x):
            return jnp.log1p(jnp.exp(x))
        def f(x):
            return softplus(x) + jax.jit(jnp.vectorize(lambda v: v * v))(x)
    """,
    "trees": "def f(x):\n    return jax.tree.map(jnp.square, {'relu': x, 'nn': [x]}), jax.tree.leaves(x), jnp.interp(x, x, x)\n",
    "a module that is looked at and not called": "def f(x):\n    return x if getattr(jax, 'nn') else -x\n",
    "imported by something else": "import flax.struct as s\n@s.dataclass\nclass Pair:\n    a: int = 1\ndef f(x):\n    return x\n",
    "a dict of strings": "def f(x):\n    return {'a': x}['a'], {'a', 'b'} == {'b', 'a'}\n",
    "one's own functions of these names": """
        class nn:
            @staticmethod
            def softmax(x):
                return jnp.exp(x)
        def f(x):
            return nn.softmax(x), vars(nn)["softmax"](x)
    """,
}  # fmt: skip
BANNED = ("optax", "jax.nn", "jax.scipy", "hash")


@pytest.mark.parametrize("source", ENTERS.values(), ids=ENTERS)
def test_what_is_entered_by_another_name_is_found(tmp_path: Path, source: str) -> None:
    learner = learner_of(tmp_path, source.replace("NN", 'vars(jax)["nn"]'))
    with pytest.raises(WrongAnswer, match="f uses what its rules leave out\n") as caught:
        bans(learner.f, *BANNED, on=(X,))
    assert caught.value.line
    text = learner.file.path.read_text().splitlines()[caught.value.line - 1]
    assert "(" in text  # the line of a call


@pytest.mark.parametrize("source", ENTERS_NONE.values(), ids=ENTERS_NONE)
def test_what_allowed_functions_do_inside_is_innocent(tmp_path: Path, source: str) -> None:
    bans(learner_of(tmp_path, source).f, *BANNED, "jax.flatten_util", "jax.ops", on=(X,))


def test_an_entered_function_is_told_by_its_public_name(tmp_path: Path) -> None:
    learner = learner_of(tmp_path, "def f(x):\n    g = vars(jax)['nn'].relu\n    return g(x)\n")
    with pytest.raises(WrongAnswer) as caught:
        bans(learner.f, "jax.nn", on=(X,))
    assert caught.value.message.endswith(
        f"  expected  no jax.nn\n  got       jax.nn.relu on line {FIRST_LINE + 2}"
    )


def test_what_is_compiled_already_is_entered_with_arrays_of_another_shape(tmp_path: Path) -> None:
    learner = learner_of(tmp_path, "@jax.jit\ndef f(x):\n    return vars(jax)['nn'].relu(x)\n")
    learner.f(X)
    with pytest.raises(WrongAnswer):
        bans(learner.f, "jax.nn", on=(jnp.arange(5.0),))


def test_a_rule_of_differentiation_is_entered_by_whoever_differentiates(tmp_path: Path) -> None:
    source = """
    @jax.custom_jvp
    def f(x):
        return jnp.log1p(jnp.exp(x))
    f.defjvp(lambda p, t: (f(*p), t[0] * vars(jax)["nn"].sigmoid(p[0])))
    """
    learner = learner_of(tmp_path, source)
    bans(learner.f, "jax.nn", on=(X,))
    with pytest.raises(WrongAnswer, match=r"jax\.nn\.sigmoid on line 9"):
        bans(learner.f, "jax.nn", on=(X,), by=lambda f, x: jax.jvp(f, (x,), (x,)))


def test_an_answer_that_raises_breaks_no_rule_by_that(tmp_path: Path) -> None:
    bans(learner_of(tmp_path, "def f(x):\n    raise ValueError\n").f, "jax.nn", on=(X,))


ALLOWED = (jax, jnp, jax.lax, jax.random, jax.tree, jax.tree_util, jnp.fft, jnp.linalg)


@pytest.mark.parametrize("module", ALLOWED, ids=lambda module: module.__name__)
def test_no_function_of_another_module_is_taken_for_a_banned_one(module: ModuleType) -> None:
    banned = banned_by(("jax.nn", "jax.scipy", "jax.ops", "jax.flatten_util", "optax", "hash"))
    functions = {n: v for n, v in vars(module).items() if callable(v) and not n.startswith("_")}
    assert len(functions) > 5
    assert [name for name, function in functions.items() if banned.known(function)] == []


@pytest.mark.parametrize("source", USES.values(), ids=USES)
def test_a_banned_name_is_found(tmp_path: Path, source: str) -> None:
    learner = learner_of(tmp_path, source)
    with pytest.raises(WrongAnswer, match="f uses what its rules leave out\n") as caught:
        bans(learner.f, "optax", "jax.nn", "hash", on=(X,))
    assert caught.value.line
    assert f" on line {caught.value.line}" in caught.value.message


@pytest.mark.parametrize("source", NO_USES.values(), ids=NO_USES)
def test_what_is_not_banned_passes(tmp_path: Path, source: str) -> None:
    bans(learner_of(tmp_path, source).f, "optax", "jax.nn", "hash", on=(X,))


def test_the_line_is_that_of_the_use(tmp_path: Path) -> None:
    source = (
        "from jax import nn\ndef other(x):\n    nn = 1\ndef f(x):\n    x = 2 * x\n    return nn.relu(x)\n"
    )
    with pytest.raises(WrongAnswer) as caught:
        bans(learner_of(tmp_path, source).f, "jax.nn", on=(X,))
    assert caught.value.line == FIRST_LINE + 5
    assert caught.value.message.endswith(
        f"  expected  no jax.nn\n  got       jax.nn.relu on line {FIRST_LINE + 5}"
    )


def test_a_part_of_a_module_is_banned_alone(tmp_path: Path) -> None:
    learner = learner_of(tmp_path, "from jax import nn\ndef f(x):\n    return nn.relu(x)\n")
    bans(learner.f, "jax.nn.softmax", "jax.n", on=(X,))
    with pytest.raises(WrongAnswer):
        bans(learner.f, "jax.nn.relu", on=(X,))


@pytest.mark.parametrize("day", catalogue.days(), ids=lambda day: day.key)
def test_scopes_are_those_of_pythons_own_table(day: catalogue.Day) -> None:
    files = [day.solution, *day.shared.parent.glob("*/*_answers.py")]
    assert len(files) > 10
    for file in files:
        text = file.read_text(encoding="utf-8")
        tree, table = ast.parse(text), symtable.symtable(text, str(file), "exec")
        names = Names(tree)
        top = {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_assigned() or symbol.is_imported()
        }
        top |= set(_declared_global(table))
        bodies = [*table.get_children()]
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                read = set().union(*(names.read_from_top(statement) for statement in node.body))
                body = next(body for body in bodies if body.get_name() == node.name)
                bodies.remove(body)  # another of that name may follow
                assert read == top & set(_global_names(body)), (file, node.name)


def _global_names(table: symtable.SymbolTable) -> Iterator[str]:
    """What a block and those inside it read of the module."""
    for symbol in table.get_symbols():
        if symbol.is_global() and symbol.is_referenced():
            yield symbol.get_name()
    for inner in table.get_children():
        yield from _global_names(inner)


def _declared_global(table: symtable.SymbolTable) -> Iterator[str]:
    """What a block and those inside it bind in the module."""
    for symbol in table.get_symbols():
        if symbol.is_declared_global() and symbol.is_assigned():
            yield symbol.get_name()
    for inner in table.get_children():
        yield from _declared_global(inner)
