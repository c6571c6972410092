"""Rules on programs count what they say: products with an argument, writes where it points, promises that are not so."""

from __future__ import annotations

from pathlib import Path

import jax.numpy as jnp
import pytest

from grader.toolkit import Handle, WrongAnswer, compiles_once, multiply_adds, products_with, writes_at
from tests.toolkit_session import learner_of

X, Y, W = jnp.ones((5, 3)), jnp.ones(5), jnp.ones(3)

# Of x, w and y: how many products with x each program takes.
PRODUCTS = {
    "a loss and its gradient": (
        2,
        """
        def f(x, w, y):
            def loss(w):
                error = x @ w - y
                return error @ error / len(y)
            return jax.value_and_grad(loss)(w)
        """,
    ),
    "by hand": (2, "def f(x, w, y):\n    e = x @ w - y\n    return e @ e / 5, 2 * x.T @ e\n"),
    "written with sums": (2, "def f(x, w, y):\n    e = (x * w).sum(1) - y\n    return (x * e[:, None]).sum(0)\n"),
    "lifted by vmap": (
        2,
        "def f(x, w, y):\n    return jax.vmap(jax.value_and_grad(lambda w, a, b: (a @ w - b) ** 2), (None, 0, 0))(w, x, y)\n",
    ),
    "a column of ones": (1, "def f(x, w, y):\n    return jnp.column_stack([x, y]) @ jnp.append(w, 1.0)\n"),
    "with a number": (1, "def f(x, w, y):\n    return (2.0 * x) @ w\n"),
    "once more for the predictions": (
        3,
        """
        def f(x, w, y):
            value, slope = jax.value_and_grad(lambda w: jnp.mean((x @ w - y) ** 2))(w)
            return value, slope, x @ w
        """,
    ),
    "once more, disguised": (
        3,
        """
        def f(x, w, y):
            predict = jax.jit(lambda x: (x[:, None] @ w)[:, 0])
            return jax.value_and_grad(lambda w: jnp.mean((x @ w - y) ** 2))(w), predict(1.0 * x)
        """,
    ),
    "within a loop": (1, "def f(x, w, y):\n    return lax.scan(lambda c, a: (c, a @ w), 0.0, x)[1]\n"),
    "with what comes of it": (1, "def f(x, w, y):\n    h = jnp.tanh(x @ w)\n    return h @ h + jnp.outer(h, h) @ y\n"),
}  # fmt: skip


@pytest.mark.parametrize(("count", "source"), PRODUCTS.values(), ids=PRODUCTS)
def test_products_with_an_argument_are_counted(tmp_path: Path, count: int, source: str) -> None:
    program = learner_of(tmp_path, source).f.jit().program(X, W, Y)
    assert products_with(program, 0) == count


@pytest.mark.parametrize(
    ("source", "products"),
    [
        ("def f(x):\n    return x @ x @ x\n", 2),
        ("def f(x):\n    return jnp.einsum('ij,jk->ik', x, x)\n", 1),
        ("def f(x):\n    return (x[:, :, None] * x[None]).sum(1)\n", 1),
        ("def f(x):\n    s = jnp.broadcast_to(x, (6, 4, 4))\n    return s @ s\n", 6),
        ("def f(x):\n    return jax.vmap(jnp.matmul)(jnp.stack([x, x]), jnp.stack([x, x]))\n", 2),
        ("def f(x):\n    return lax.scan(lambda c, _: (c @ x, None), x, length=7)[0]\n", 7),
        ("def f(x):\n    return x @ x[0] + x * jnp.eye(4)\n", 0),
    ],
)
def test_matrix_products_are_counted_with_their_batch(tmp_path: Path, source: str, products: int) -> None:
    program = learner_of(tmp_path, source).f.jit().program(jnp.ones((4, 4)))
    assert int(multiply_adds(program) / 4**3) == products


WRITES = {
    "a scatter": "def f(i):\n    return jnp.zeros((7, 4)).at[jnp.arange(7), i].set(1.0)\n",
    "one index": "def f(i):\n    return jnp.zeros(28).at[4 * jnp.arange(7) + i].set(1.0).reshape(7, 4)\n",
    "each row by itself": "def f(i):\n    return jax.vmap(lambda k: jnp.zeros(4).at[k].set(1.0))(i)\n",
    "a loop": "def f(i):\n    return lax.fori_loop(0, 7, lambda k, a: a.at[k, i[k]].set(1.0), jnp.zeros((7, 4)))\n",
    "a scan": """
        def f(i):
            return lax.scan(lambda c, k: (c, lax.dynamic_update_slice(jnp.zeros(4), jnp.ones(1), (k,))), 0, i)[1]
    """,
    "under a jit of its own": "def f(i):\n    return jax.jit(lambda i: jnp.zeros(4).at[jnp.where(i < 0, 4, i)].add(1.0))(i)\n",
}  # fmt: skip
WRITES_ELSEWHERE = {
    "a comparison": "def f(i):\n    return (i[:, None] == jnp.arange(4)).astype(float)\n",
    "rows of a diagonal": "def f(i):\n    r = jnp.arange(4)\n    return jnp.zeros((4, 4)).at[r, r].set(1.0)[i]\n",
    "a write that does nothing": """
        def f(i):
            r = jnp.arange(7)
            nothing = jnp.zeros((7, 4)).at[r, r % 4].set(0.0)
            return nothing + (i[:, None] == jnp.arange(4))
    """,
    "values from it": "def f(i):\n    return jnp.zeros(7).at[jnp.arange(7)].set(1.0 * i)\n",
}  # fmt: skip


@pytest.mark.parametrize("source", WRITES.values(), ids=WRITES)
def test_a_write_where_an_argument_points_is_seen(tmp_path: Path, source: str) -> None:
    assert writes_at(learner_of(tmp_path, source).f.jit().program(jnp.zeros(7, int)), 0)


@pytest.mark.parametrize("source", WRITES_ELSEWHERE.values(), ids=WRITES_ELSEWHERE)
def test_a_write_elsewhere_is_none(tmp_path: Path, source: str) -> None:
    assert not writes_at(learner_of(tmp_path, source).f.jit().program(jnp.zeros(7, int)), 0)


I = jnp.array([3, 0, 3, 1])  # noqa: E741  neither sorted nor unique
BREAKS = {
    "unique": ("def f(x, i, n):\n    return x.at[i].max(1.0, unique_indices=True)\n", "unique_indices=True, and index 3"),
    "sorted": ("def f(x, i, n):\n    return x.at[i].add(1.0, indices_are_sorted=True)\n", "indices_are_sorted=True, and index 0"),
    "in reading": ("def f(x, i, n):\n    return x.at[i].get(unique_indices=True)\n", "index 3 more than once"),
    "within a jit": ("def f(x, i, n):\n    return jax.jit(lambda i: x.at[i].set(0.0, unique_indices=True))(i)\n", "index 3"),
    "two axes": ("def f(x, i, n):\n    return jnp.zeros((n, 9)).at[i, i].set(1.0, unique_indices=True)\n", r"index \(3, 3\)"),
    "within bounds": ("def f(x, i, n):\n    return x.at[i + n].get(mode='promise_in_bounds')\n", "promise_in_bounds"),
    "lifted": (
        "def f(x, i, n):\n    return jax.vmap(lambda a: x.at[i + a].set(0.0, unique_indices=True))(jnp.arange(3))\n",
        "more than once",
    ),
}  # fmt: skip
KEEPS = {
    "nothing promised": "def f(x, i, n):\n    return x.at[i].max(1.0, mode='drop').at[:2].add(1.0)[i]\n",
    "plain indexing, which clamps": "def f(x, i, n):\n    return x[i + n] + x[i[:, None] - n].sum()\n",
    "sorted beforehand": "def f(x, i, n):\n    return x.at[jnp.sort(i)].add(1.0, indices_are_sorted=True)\n",
    "each row once": """
        def f(x, i, n):
            return jnp.zeros((4, n)).at[jnp.arange(4), i].set(1.0, unique_indices=True, indices_are_sorted=True)
    """,
    "what is dropped does not count": """
        def f(x, i, n):
            once = jnp.where(jnp.arange(4) == 2, n, i)
            return x.at[jnp.where(once > 0, once, n)].set(1.0, unique_indices=True, mode="drop")
    """,
    "different rows of a batch": """
        def f(x, i, n):
            return jax.vmap(lambda k: jnp.zeros(n).at[k[None]].set(1.0, unique_indices=True))(i)
    """,
    "what jax.numpy promises itself": """
        def f(x, i, n):
            y = x + jnp.median(x) + jnp.take_along_axis(x, i, 0).sum() + jnp.repeat(x[:2], 4)[:8] + jnp.interp(x, x, x)
            return jnp.sort(y)[jnp.argsort(y)], jnp.diag(jnp.outer(y, y)), jnp.searchsorted(y, x), y[::2], y[::-1], y[1]
    """,
    "in a loop, where nobody looks": """
        def f(x, i, n):
            return lax.fori_loop(0, 3, lambda k, x: x.at[i].set(1.0, unique_indices=True), x)
    """,
}  # fmt: skip


def indexed(tmp_path: Path, source: str) -> Handle:
    return learner_of(tmp_path, source).f.jit(static_argnames="n")


@pytest.mark.parametrize(("source", "got"), BREAKS.values(), ids=BREAKS)
def test_a_promise_that_is_not_so_is_refused(tmp_path: Path, source: str, got: str) -> None:
    with pytest.raises(WrongAnswer, match="promises what is not so") as caught:
        compiles_once(indexed(tmp_path, source), [(jnp.arange(8.0), I, 8)])
    assert caught.match(got)
    assert "Leave it out" in str(caught.value.hint)


@pytest.mark.parametrize("source", KEEPS.values(), ids=KEEPS)
def test_a_promise_that_is_kept_is_none_of_our_business(tmp_path: Path, source: str) -> None:
    compiles_once(indexed(tmp_path, source), [(jnp.arange(8.0), I, 8)])


def test_each_call_must_keep_the_promise(tmp_path: Path) -> None:
    handle = indexed(tmp_path, "def f(x, i, n):\n    return x.at[i].set(1.0, unique_indices=True)\n")
    apart = jnp.array([0, 2, 1, 3])
    compiles_once(handle, [(jnp.arange(8.0), apart)], n=8)
    with pytest.raises(WrongAnswer, match="promises"):
        compiles_once(handle, [(jnp.arange(8.0), apart), (jnp.arange(8.0), I)], n=8)


def test_what_is_static_is_no_leaf_of_a_program(tmp_path: Path) -> None:
    learner = learner_of(tmp_path, "def f(x, n, tree, m=3):\n    return x[:n] + tree['a'] + m\n")
    x, tree = jnp.arange(8.0), {"a": jnp.float32(1.0)}
    for options, arguments, keywords in (
        ({"static_argnames": ("n", "m")}, (x, 2, tree), {"m": 5}),
        ({"static_argnums": (1, 3)}, (x, 2, tree, 5), {}),
        ({"static_argnums": 1, "static_argnames": "m"}, (x, 2), {"m": 5, "tree": tree}),
        ({"static_argnums": (1, 3)}, (x,), {"n": 2, "tree": tree}),
    ):
        leaves = learner.f.jit(**options).traced_leaves(arguments, keywords)
        assert [jnp.shape(leaf) for leaf in leaves] == [(8,), ()]
    lifted = learner.f.vmap(in_axes=(0, None, None)).jit(static_argnums=1)
    assert len(lifted.traced_leaves((x[None], 2, tree), {})) == 2
