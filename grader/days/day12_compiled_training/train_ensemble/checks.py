"""Checks of train_ensemble."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.days.day12_compiled_training.shared import (
    ATOL,
    MOMENTUM,
    NO_EPOCH,
    RTOL,
    TRACED,
    Data,
    N,
    Tree,
    called,
    compiled,
    drawn_data,
    like,
)
from grader.toolkit import (
    Array,
    Called,
    Kind,
    Learner,
    Named,
    Numbers,
    check,
    compiles_once,
    hint_when,
    must_beat,
    of_kind,
    own_hint,
    raised,
    same_size_for,
    wide,
)

GENTLE_RATE = 0.05
# A gradient is cut to this length: whoever hands over all members at once has them cut together. Weight decay needs the
# parameters.
LONGEST, DECAY = 0.25, 0.125
GENTLE = Named(
    "sgd",
    optax.chain(
        optax.clip_by_global_norm(LONGEST),
        optax.add_decayed_weights(DECAY),
        optax.sgd(GENTLE_RATE, momentum=MOMENTUM),
    ),
)

N_MEMBERS = 24
WIDTH = 4
NETWORK = {"hidden": (2, WIDTH), "bias": (WIDTH,), "out": (WIDTH,)}


def network_start(key: Any) -> Tree:
    """A small network, made of the key's own bits: a draw would compile a random generator."""
    bits = jax.random.key_data(key).ravel()[:2, None] >> jnp.arange(0, 4 * WIDTH, 4, dtype=jnp.uint32)
    hidden = (bits & 0xFFFF).astype(jnp.float32) / 2**15 - 1
    return {"hidden": hidden, "bias": hidden[0] / 2, "out": hidden[1] / 2}


def starts_oracle(keys: Any) -> dict[str, Array]:
    """The starts of all members, in float64."""
    bits = np.asarray(jax.random.key_data(keys))[:, :2, None] >> np.arange(0, 4 * WIDTH, 4, dtype=np.uint32)
    hidden = (bits & 0xFFFF).astype(np.float64) / 2**15 - 1
    return {"hidden": hidden, "bias": hidden[:, 0] / 2, "out": hidden[:, 1] / 2}


def network_error(params: Tree, x: Any, y: Any) -> Any:
    """Mean squared error of a network with one hidden layer."""
    return jnp.mean((jnp.tanh(x[:, 1:] @ params["hidden"] + params["bias"]) @ params["out"] - y) ** 2)


def ensemble_oracle(keys: Any, data: Data, n_epochs: int) -> tuple[dict[str, Array], Array]:
    """All members trained in float64 with momentum and weight decay, each gradient cut to LONGEST; their last losses."""
    x, y = wide(data[0])[:, 1:], wide(data[1])
    now = starts_oracle(keys)
    velocity = {name: np.zeros_like(value) for name, value in now.items()}

    def forward() -> tuple[Array, Array]:
        h = np.tanh(np.einsum("nd,mdk->mnk", x, now["hidden"]) + now["bias"][:, None])
        return h, np.einsum("mnk,mk->mn", h, now["out"]) - y

    for _ in range(n_epochs):
        h, residual = forward()
        slope = 2 * residual / N
        delta = slope[:, :, None] * now["out"][:, None] * (1 - h**2)
        gradient = {
            "hidden": np.einsum("nd,mnk->mdk", x, delta),
            "bias": delta.sum(axis=1),
            "out": np.einsum("mn,mnk->mk", slope, h),
        }
        length = np.sqrt(sum((part**2).reshape(len(part), -1).sum(axis=1) for part in gradient.values()))
        shorter = np.minimum(1, LONGEST / length)
        cut = {name: np.einsum("m,m...->m...", shorter, part) for name, part in gradient.items()}
        velocity = {name: cut[name] + DECAY * now[name] + MOMENTUM * velocity[name] for name in now}
        now = {name: now[name] - GENTLE_RATE * velocity[name] for name in now}
    return now, np.mean(forward()[1] ** 2, axis=1)


def member_keys(numbers: Numbers, n: int = N_MEMBERS) -> Any:
    seeds = np.asarray(numbers.integers(0, 2**31 - 1, (n, 2))).astype(np.uint32)
    return jax.random.wrap_key_data(jnp.asarray(seeds))


def ensemble_arguments(keys: Any, data: Data, n_epochs: int) -> tuple[Any, ...]:
    return keys, network_start, *data, GENTLE, network_error, jnp.int32(n_epochs)


def right_ensemble(result: Called, keys: Any, data: Data, n_epochs: int) -> None:
    expected, losses = ensemble_oracle(keys, data, n_epochs)
    blank = {name: jnp.asarray(np.zeros((len(keys), *shape), np.float32)) for name, shape in NETWORK.items()}
    like(
        result[0],
        blank,
        "All members, stacked along a new first axis: the parameters just as vmap gives them.",
    )
    result[0].close_to(expected, rtol=RTOL, atol=ATOL)
    result[1].close_to(
        losses,
        rtol=RTOL,
        atol=ATOL,
        hint="losses[m] is the loss of member m's last parameters, after the last step.",
    )


@check(
    "train_ensemble",
    "correct",
    hint="Member m starts at init(keys[m]): map over the keys, and let init have each key as it is. Stacked, all members make"
    " one new first axis.",
)
def test_train_ensemble_starts_apart(learner: Learner, numbers: Numbers) -> None:
    keys, data = member_keys(numbers), drawn_data(numbers, 0.0)
    with hint_when(raised(text="out of bounds"), NO_EPOCH):
        result = called(learner.train_ensemble, *ensemble_arguments(keys, data, 0))
    right_ensemble(result, keys, data, 0)


@check("train_ensemble", "correct", hint="Write one run as a function of its key, and vmap it over the keys.")
def test_train_ensemble_does_not_grow_with_its_members(learner: Learner, numbers: Numbers) -> None:
    data = drawn_data(numbers, 0.0)
    few, many = (
        (*ensemble_arguments(member_keys(numbers, n), data, 5)[:-1], 5) for n in (N_MEMBERS // 2, N_MEMBERS)
    )
    # n_epochs static: whether it may be traced is asked for later. A Python loop over members would be long to compile.
    handle = learner.train_ensemble.jit(static_argnames=("init", "optimizer", "loss", "n_epochs"))
    with own_hint(of_kind(Kind.GROWS)):
        same_size_for(handle, few, many)


@check(
    "train_ensemble",
    "correct",
    hint="Each member is a run of its own, with its own gradient and its own optimiser's state, which lives through all epochs."
    " An optimiser that gets all members at once may mix them: this one cuts long gradients. Write the run for one key, then"
    " vmap it.",
)
def test_train_ensemble_agrees_with_single_runs(learner: Learner, numbers: Numbers) -> None:
    keys, data = member_keys(numbers), drawn_data(numbers, 0.0)
    right_ensemble(called(learner.train_ensemble, *ensemble_arguments(keys, data, 5)), keys, data, 5)


@check("train_ensemble", "jit", hint=TRACED)
def test_train_ensemble_compiles_once(learner: Learner, numbers: Numbers) -> None:
    data, counts = drawn_data(numbers, 0.0), (5, 12)
    keys = [member_keys(numbers) for _ in counts]
    calls = [ensemble_arguments(one, data, n) for one, n in zip(keys, counts, strict=True)]
    with own_hint(raised(line="n_epochs")):
        results = compiles_once(compiled(learner.train_ensemble), calls)
    for one, n_epochs, result in zip(keys, counts, results, strict=True):
        right_ensemble(result, one, data, n_epochs)


@functools.cache
def _one_run() -> Callable[..., Any]:
    @jax.jit
    def run(key: Any, x: Any, y: Any, n_epochs: Any) -> Any:
        def epoch(_: Any, carry: Any) -> Any:
            params, state = carry
            updates, state = GENTLE.value.update(jax.grad(network_error)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        params = network_start(key)
        params, _ = jax.lax.fori_loop(0, n_epochs, epoch, (params, GENTLE.value.init(params)))
        return params, network_error(params, x, y)

    return run


def loop_over_members(keys: Any, init: Any, x: Any, y: Any, optimizer: Any, loss: Any, n_epochs: Any) -> Any:
    runs = [_one_run()(keys[m], x, y, n_epochs) for m in range(len(keys))]
    return jax.tree.map(lambda *leaves: np.stack([np.asarray(leaf) for leaf in leaves]), *runs)


ENSEMBLE_GATE = 3.0


@check(
    "train_ensemble",
    "speed",
    hint="lax.map and lax.scan go through the members one after the other. vmap takes each operation of all members together.",
)
def test_train_ensemble_beats_a_loop_of_compiled_runs(learner: Learner, numbers: Numbers) -> None:
    def draw(size: int) -> tuple[Any, ...]:
        return ensemble_arguments(member_keys(numbers, size), drawn_data(numbers, 0.0), 400)

    must_beat(
        learner,
        compiled(learner.train_ensemble),
        loop_over_members,
        named="a loop over members, each run compiled",
        draw=draw,
        size=N_MEMBERS,
        gate=ENSEMBLE_GATE,
        numbers=numbers,
    )
