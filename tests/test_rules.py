"""Banned names are found under whatever name they go, and a name is banned only where Python means the banned thing by it."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.kata import catalogue
from grader.source.scopes import Names
from grader.toolkit import WrongAnswer, bans
from tests.toolkit_session import FIRST_LINE, learner_of

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
    "another module": "from flax import linen as nn\ndef f(x):\n    return nn.relu(x)\n",
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


@pytest.mark.parametrize("source", USES.values(), ids=USES)
def test_a_banned_name_is_found(tmp_path: Path, source: str) -> None:
    learner = learner_of(tmp_path, source)
    with pytest.raises(WrongAnswer, match="f uses what its rules leave out\n") as caught:
        bans(learner.f, "optax", "jax.nn", "hash")
    assert caught.value.line
    assert f" on line {caught.value.line}" in caught.value.message


@pytest.mark.parametrize("source", NO_USES.values(), ids=NO_USES)
def test_what_is_not_banned_passes(tmp_path: Path, source: str) -> None:
    bans(learner_of(tmp_path, source).f, "optax", "jax.nn", "hash")


def test_the_line_is_that_of_the_use(tmp_path: Path) -> None:
    source = (
        "from jax import nn\ndef other(x):\n    nn = 1\ndef f(x):\n    x = 2 * x\n    return nn.relu(x)\n"
    )
    with pytest.raises(WrongAnswer) as caught:
        bans(learner_of(tmp_path, source).f, "jax.nn")
    assert caught.value.line == FIRST_LINE + 5
    assert caught.value.message.endswith(
        f"  expected  no jax.nn\n  got       jax.nn.relu on line {FIRST_LINE + 5}"
    )


def test_a_part_of_a_module_is_banned_alone(tmp_path: Path) -> None:
    learner = learner_of(tmp_path, "from jax import nn\ndef f(x):\n    return nn.relu(x)\n")
    bans(learner.f, "jax.nn.softmax", "jax.n")
    with pytest.raises(WrongAnswer):
        bans(learner.f, "jax.nn.relu")


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
