"""Checks of transform."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day10_composition.shared import wide_tree
from grader.toolkit import (
    Called,
    Kind,
    Learner,
    Numbers,
    RaisedError,
    Verdict,
    bans,
    check,
    checking_leaks,
    wide,
)


def zeros(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    return jnp.zeros(shape)


def ones(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    return jnp.ones(shape)


def key_bits(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """A parameter of shape (2,) that tells which key it was made with."""
    return jax.random.key_data(key)


def network(get_parameter: Callable[..., jax.Array], x: jax.Array) -> jax.Array:
    weights = get_parameter("hidden", (4, 3), jax.random.normal)
    hidden = jnp.tanh(weights @ x + get_parameter("bias", (4,), zeros))
    return get_parameter("out", (4,), ones) @ hidden


def _init_and_apply(transform: Callable[..., Any]) -> Callable[..., Any]:
    """What a network gives for a key and an input, with its parameters made by the way."""
    init, apply = transform(network)
    return lambda key, x: apply(init(key, x), x)


def three_keys(get_parameter: Callable[..., jax.Array]) -> jax.Array:
    return jnp.stack([get_parameter(name, (2,), key_bits) for name in ("a", "b", "c")])


def tied(get_parameter: Callable[..., jax.Array]) -> tuple[jax.Array, jax.Array]:
    first = get_parameter("shared", (2,), key_bits)
    second = get_parameter("shared", (2,), key_bits)

    def both(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
        return jnp.stack([first, second])

    # Seen by init, too: both must be one array there.
    return first, get_parameter("seen", (2, 2), both)


def two_shapes(get_parameter: Callable[..., jax.Array]) -> jax.Array:
    short = get_parameter("w", (2,), ones)
    long = get_parameter("w", (3,), ones)
    return short[0] + long[0]


def turned(get_parameter: Callable[..., jax.Array]) -> jax.Array:
    wide = get_parameter("w", (2, 3), ones)
    return wide.sum() + get_parameter("w", (3, 2), ones).sum()


def many_names(get_parameter: Callable[..., jax.Array]) -> jax.Array:
    names = ["ab", "ba", "a/b", "b/a", "w1", "1w", *(f"layer_{k}/w" for k in range(150))]
    return jnp.stack([get_parameter(name, (2,), key_bits) for name in names])


def one_ask(get_parameter: Callable[..., jax.Array]) -> jax.Array:
    return get_parameter("w", (2, 3), ones)


def scaled(
    get_parameter: Callable[..., jax.Array], x: jax.Array, inner: Callable[[jax.Array], jax.Array]
) -> jax.Array:
    """Runs another transformed function between two askings."""
    before = get_parameter("before", (), ones)
    return before * inner(x) + get_parameter("after", (), ones)


def code_of(function: Callable[..., Any]) -> str:
    """A function of this file as a learner would write it: without annotations and docstring."""
    definition = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(definition, ast.FunctionDef)
    for node in ast.walk(definition):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
    if ast.get_docstring(definition):
        del definition.body[0]
    return ast.unparse(definition).replace("'", '"')


SHOWN = {
    function.__name__: code_of(function)
    for function in (network, three_keys, many_names, tied, two_shapes, turned, one_ask, scaled)
}


@contextmanager
def showing(function: Callable[..., Any]) -> Iterator[None]:
    """A verdict that comes within shows the code of the function that was transformed."""
    code = SHOWN[function.__name__]
    note = f"with\n{textwrap.indent(code, '  ')}"
    if "key_bits" in code:
        note += "\nwhere key_bits(key, shape) gives the two numbers of the key itself."
    try:
        yield
    except Verdict as verdict:
        verdict.finding = verdict.finding.with_note(note)
        raise


def network_params() -> dict[str, jax.Array]:
    return {
        "hidden": jnp.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]),
        "bias": jnp.array([0.0, 0.0, 0.0, 0.5]),
        "out": jnp.array([1.0, 2.0, 3.0, 4.0]),
    }


def network_output(params: Any, x: Any) -> Any:
    params, x = wide_tree(params), wide(x)
    return params["out"] @ np.tanh(params["hidden"] @ x + params["bias"])


def init_of(learner: Learner, function: Callable[..., Any], key: Any, *args: Any) -> Called:
    """What init gives for a function."""
    init, _ = learner.transform(function).value
    shown = "key, x" if args else "key"
    return learner.transform.using(f"init({shown}) for {function.__name__}", init, key, *args)


def holding(called: Called, *names: str) -> Called:
    """See that what came from init is a dict of arrays with just these names (jit sorts them)."""
    params = called.value
    got = type(params).__name__
    called.require(isinstance(params, dict), "gave no dict", expected="a dict of parameters", got=got)
    got = ", ".join(map(str, params)) or "no names"
    called.require(set(params) == set(names), "holds other names", expected=", ".join(names), got=got)
    for name, value in params.items():
        is_array = isinstance(value, jax.Array | jax.ShapeDtypeStruct)
        called[name].require(is_array, "is no array", expected="an array", got=type(value).__name__)
    return called


def apply_of(learner: Learner, function: Callable[..., Any], params: Any, *args: Any) -> Called:
    """What apply gives for a function."""
    _, apply = learner.transform(function).value
    shown = "params, x" if args else "params"
    return learner.transform.using(f"apply({shown}) for {function.__name__}", apply, params, *args)


def raises(learner: Learner, error: type[Exception], text: str, run: Callable[[], Any], why: str) -> None:
    """See that something raises a certain error; others are told as usual."""

    def attempt() -> Any:
        try:
            return run()
        except error:
            return error

    result = learner.transform.using(text, attempt)
    result.require(result.value is error, why, expected=f"a {error.__name__}", got="no error")


@check(
    "transform",
    "correct",
    hint="init runs the function with a get_parameter that makes each parameter and writes it into a dict, "
    "and returns that dict.",
)
def test_transform_init_collects_the_parameters(learner: Learner, numbers: Numbers) -> None:
    with showing(network):
        x = numbers.normal(3)
        called = holding(init_of(learner, network, numbers.key(), x), "hidden", "bias", "out")
        called["bias"].equals(np.zeros(4))
        called["out"].equals(np.ones(4), hint=INITIALIZER_HINT)
        hidden = called["hidden"].finite()
        got = str(hidden.value.shape)
        hidden.require(
            got == "(4, 3)",
            "has another shape",
            expected="(4, 3)",
            got=got,
            hint=INITIALIZER_HINT,
            kind=Kind.SHAPE,
        )
        drawn = len(np.unique(hidden.value)) == 12
        hidden.require(drawn, "was not drawn", expected="12 normals", got=hidden.value, hint=INITIALIZER_HINT)


INITIALIZER_HINT = "Call what was asked for: initializer(key, shape) makes the parameter."


@check(
    "transform",
    "correct",
    hint="apply runs the function with a get_parameter that looks the name up in params, and returns the result.",
)
def test_transform_apply_uses_the_parameters(learner: Learner, numbers: Numbers) -> None:
    with showing(network):
        x, params = numbers.normal(3), network_params()
        _, apply = learner.transform(network).value
        handle, text = learner.transform, "apply(params, x) for network"
        first = handle.using(text, apply, params, x).close_to(network_output(params, x))
        got = ", ".join(map(str, params))
        same = set(params) == {"hidden", "bias", "out"}
        first.require(same, "changed params", expected="hidden, bias, out, as before", got=got)
        params["out"] = numbers.normal(4)  # the same dict, with another array in it
        remembered = "The same dict holds other numbers now. Compute anew in each call; keep nothing of the call before."
        again = handle.using(f"{text}, after params['out'] was replaced,", apply, params, x)
        again.close_to(network_output(params, x), atol=1e-5, hint=remembered)


@check(
    "transform",
    "correct",
    hint="Python salts the hash of a string: in the next run of Python the same key gives other parameters. "
    "Split the key at each new name, or count the names.",
)
def test_transform_gives_the_same_in_every_run(learner: Learner) -> None:
    bans(
        learner.transform,
        "hash",
        on=(jax.random.key(0), jnp.ones(3)),
        by=lambda transform, *given: _init_and_apply(transform)(*given),
    )


@check(
    "transform",
    "correct",
    hint="Each new name gets a key of its own: split the key, keep one half for later, give the other to the initializer.",
)
def test_transform_gives_each_name_its_own_key(learner: Learner, numbers: Numbers) -> None:
    with showing(three_keys):
        called = holding(init_of(learner, three_keys, numbers.key()), "a", "b", "c")
        seen = {tuple(np.asarray(bits).tolist()) for bits in called.value.values()}
        got = "one key for all" if len(seen) == 1 else f"{len(seen)} different keys"
        called.require(len(seen) == 3, "made three parameters", expected="three different keys", got=got)


@check(
    "transform",
    "correct",
    hint="Nobody knows beforehand how many names there will be: split the key at each new one. And names with the same "
    "letters, or as long as each other, are different names.",
)
def test_transform_has_keys_for_any_number_of_names(learner: Learner, numbers: Numbers) -> None:
    with showing(many_names):
        called = init_of(learner, many_names, numbers.key())
        params = called.value
        called.require(isinstance(params, dict), "gave no dict", expected="a dict", got=type(params).__name__)
        keys = {tuple(np.asarray(bits).tolist()) for bits in params.values()}
        got = f"{len(params)} parameters, made with {len(keys)} different keys"
        expected = "156 parameters, made with 156 different keys"
        called.require(len(params) == len(keys) == 156, "mixes names up", expected=expected, got=got)


@check(
    "transform",
    "correct",
    hint="Start each run of init with an empty dict of its own; nothing may be remembered from the run before.",
)
def test_transform_remembers_nothing(learner: Learner, numbers: Numbers) -> None:
    with showing(three_keys):
        init, _ = learner.transform(three_keys).value
        one, two = numbers.key(), numbers.key()
        handle = learner.transform
        first = holding(handle.using("init(key) for three_keys", init, one), "a", "b", "c")
        kept = {name: np.asarray(bits) for name, bits in first.value.items()}
        other = holding(handle.using("init(another key) for three_keys", init, two), "a", "b", "c")
        same = all(np.array_equal(kept[name], bits) for name, bits in other.value.items())
        other.require(not same, "gave what the first key gave", expected="other parameters", got="the same")
        handle.using("init(key) for three_keys, after a call with another key", init, one).equals(kept)
        text = "The first result of init(key) for three_keys, after further calls,"
        Called(text, first.value).equals(kept, hint="Each run of init makes a dict of its own.")


@check(
    "transform",
    "correct",
    hint="A name that is in the dict already is not made again: give back what is there, in init, too.",
)
def test_transform_shares_what_has_one_name(learner: Learner, numbers: Numbers) -> None:
    with showing(tied):
        called = holding(init_of(learner, tied, numbers.key()), "shared", "seen")
        pair = called["seen"].value
        called["seen"].require(
            pair.shape == (2, 2), "has another shape", expected="(2, 2)", got=str(pair.shape), kind=Kind.SHAPE
        )
        first, second = np.asarray(pair)
        complaint = "made two arrays for one name"
        called.require(np.array_equal(first, second), complaint, expected=str(first), got=str(second))
        called["shared"].equals(first)
        # And the result, which apply returns, has whatever structure the function gives it.
        apply_of(learner, tied, called.value).equals((first, np.stack([first, first])))


@check(
    "transform",
    "correct",
    hint="Compare the parameter's shape with the one asked for, whenever a name is asked for: the whole shape, not how many "
    "numbers or axes it has.",
)
def test_transform_refuses_another_shape(learner: Learner, numbers: Numbers) -> None:
    init, _ = learner.transform(two_shapes).value
    _, apply = learner.transform(one_ask).value
    why = "let a name stand for two shapes"
    with showing(two_shapes):
        raises(learner, ValueError, "init(key) for two_shapes", lambda: init(numbers.key()), why)
    init, _ = learner.transform(turned).value
    with showing(turned):
        raises(learner, ValueError, "init(key) for turned", lambda: init(numbers.key()), why)
    # As many numbers, as many axes, one axis more or less, something that could be broadcast.
    for shape in ((3, 2), (6,), (2, 4), (2, 3, 1), (1, 2, 3), (3,), (1, 3), ()):
        params = {"w": jnp.ones(shape)}
        text = f"apply({{'w': f32[{','.join(map(str, shape))}]}}) for one_ask"
        with showing(one_ask):
            raises(learner, ValueError, text, functools.partial(apply, params), why)


@check(
    "transform", "correct", hint="apply makes no parameters: a name that params does not hold is a KeyError."
)
def test_transform_apply_makes_no_parameters(learner: Learner) -> None:
    _, apply = learner.transform(one_ask).value
    params = {"v": jnp.ones((2, 3))}
    why = "went on without the parameter w"
    with showing(one_ask):
        raises(learner, KeyError, "apply({'v': f32[2,3]}) for one_ask", lambda: apply(params), why)
    made = []

    def noticed(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
        made.append(shape)
        return jnp.ones(shape)

    def one_more_ask(get_parameter: Callable[..., jax.Array]) -> jax.Array:
        return get_parameter("w", (3,), noticed)

    result = apply_of(learner, one_more_ask, {"w": jnp.ones(3)})
    result.require(
        not made,
        "called the initializer",
        expected="no new parameters",
        got=f"a parameter of shape {made[0] if made else ()}, made and thrown away",
        hint="apply needs no initializer: compare the parameter's own shape with the one that is asked for.",
    )


@check(
    "transform",
    "correct",
    hint="No globals: get_parameter closes over the dict of its own run, so that runs may be nested.",
)
def test_transform_can_be_nested(learner: Learner, numbers: Numbers) -> None:
    with showing(scaled):
        x, params = numbers.normal(3), network_params()
        _, inner = learner.transform(network).value
        init, apply = learner.transform(scaled).value
        handle = learner.transform

        def run(function: Callable[..., Any], first: Any) -> Any:
            return function(first, x, lambda x: inner(params, x))

        text = "for a function that runs another transformed function"
        made = handle.using(f"init(key, x) {text}", run, init, numbers.key())
        made.equals({"before": np.ones(()), "after": np.ones(())})
        outer = {"before": jnp.float32(10.0), "after": jnp.float32(-3.0)}
        result = handle.using(f"apply(params, x) {text}", run, apply, outer)
        result.close_to(10 * network_output(params, x) - 3, atol=1e-5)


@check(
    "transform",
    "jit",
    hint="apply is an ordinary function of params and x: everything it computes with must come in through them.",
)
def test_transform_apply_is_a_pure_function(learner: Learner, numbers: Numbers) -> None:
    runs = []

    def counted(get_parameter: Callable[..., jax.Array], x: jax.Array) -> jax.Array:
        runs.append(x)
        return network(get_parameter, x)

    _, apply = learner.transform(counted).value
    handle, batch = learner.transform, numbers.normal((5, 3))
    over_examples = jax.vmap(jax.grad(lambda params, x: apply(params, x)), in_axes=(None, 0))
    compiled = jax.jit(over_examples)
    text = "jit(vmap(grad(apply))) for network"
    for _ in range(2):
        params = network_params() | {"out": numbers.normal(4)}
        result = handle.using(text, compiled, params, batch)
        hidden = np.tanh(wide(batch) @ wide(params["hidden"]).T + wide(params["bias"]))
        bias = wide(params["out"]) * (1 - hidden**2)
        weights = bias[:, :, None] * wide(batch)[:, None, :]
        result.close_to({"hidden": weights, "bias": bias, "out": hidden}, atol=1e-5)
    result.require(len(runs) == 1, "ran the function again", expected="one trace", got=f"{len(runs)} traces")


@check(
    "transform",
    "jit",
    hint="init only traces under jit and eval_shape: no values, no NumPy, nothing stored outside.",
)
def test_transform_init_can_be_traced(learner: Learner, numbers: Numbers) -> None:
    init, _ = learner.transform(network).value
    handle, key, x = learner.transform, numbers.key(), numbers.normal(3)
    with checking_leaks():
        shapes = handle.using("eval_shape(init, key, x) for network", lambda: jax.eval_shape(init, key, x))
    holding(shapes, "bias", "hidden", "out")
    got = {name: leaf.shape for name, leaf in shapes.value.items()}
    expected = {"hidden": (4, 3), "bias": (4,), "out": (4,)}
    shapes.require(got == expected, "has other shapes", expected=str(expected), got=str(got))
    init, _ = learner.transform(three_keys).value
    eager = holding(handle.using("init(key) for three_keys", init, key), "a", "b", "c").value
    compiled = handle.using("jit(init)(key) for three_keys", jax.jit(init), key)
    compiled.equals({name: np.asarray(leaf) for name, leaf in eager.items()})
    handle.compare_on("init and apply of a network", _init_and_apply, key, x)


@check(
    "transform",
    "jit",
    hint="A key that was split is spent. Go on with one of its children: key, own = jax.random.split(key).",
)
def test_transform_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    init, _ = learner.transform(network).value
    key, x = numbers.key(), numbers.normal(3)
    handle, text = learner.transform, "init(key, x) for network"
    with showing(network), jax.debug_key_reuse(True):
        try:
            handle.using(text, lambda: jax.jit(init).trace(key, x))
        except RaisedError:
            handle.using(text, init, jax.random.clone(key), x)  # slower, but it stops at the learner's line
            raise
