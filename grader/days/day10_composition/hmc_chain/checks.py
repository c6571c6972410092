"""Checks of hmc_chain."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import (
    RISK,
    Array,
    Called,
    Handle,
    Kind,
    Learner,
    Numbers,
    Verdict,
    WrongAnswer,
    check,
    compiles_once,
    must_beat,
    same_size_for,
    uses_each_key_once,
    wide,
)

CHAINS, SAMPLES, LEAPFROG = 4096, 8, 6
MEAN = np.array([1.0, -2.0])
COVARIANCE = np.array([[1.0, 0.3], [0.3, 0.25]])
PRECISION = np.linalg.inv(COVARIANCE)


def normal_and_gumbel(x: jax.Array) -> jax.Array:
    """Two numbers of a Gaussian, and a third from Gumbel's skewed density; not normalised."""
    away = x[:2] - MEAN
    return -(away @ jnp.asarray(PRECISION, jnp.float32) @ away) / 2 - x[2] - jnp.exp(-x[2])


def exact_draws(numbers: Numbers) -> Array:
    """Chains that begin with independent draws from the very density: no chain has to warm up."""
    z = wide(numbers.normal((CHAINS, 2)))
    exponential = -np.log(wide(numbers.uniform(1e-6, 1.0, CHAINS)))
    normals = MEAN + z @ np.linalg.cholesky(COVARIANCE).T
    return np.concatenate([normals, -np.log(exponential)[:, None]], axis=1)


# name -> (what is averaged, its mean, its standard deviation): of the density itself, by theory.
# Gumbel: mean 0.57722, variance 1.64493; exp(-x) is exponential, and its average has lighter tails than a variance's.
MOMENTS: dict[str, tuple[Callable[[Array], Array], float, float]] = {
    "mean of x[0]": (lambda x: x[:, 0], 1.0, 1.0),
    "mean of x[1]": (lambda x: x[:, 1], -2.0, 0.5),
    "mean of x[2]": (lambda x: x[:, 2], 0.57722, 1.28255),
    "variance of x[0]": (lambda x: (x[:, 0] - 1) ** 2, 1.0, np.sqrt(2.0)),
    "variance of x[1]": (lambda x: (x[:, 1] + 2) ** 2, 0.25, 0.25 * np.sqrt(2.0)),
    "mean of exp(-x[2])": (lambda x: np.exp(-x[:, 2]), 1.0, 1.0),
    "covariance of x[0] and x[1]": (lambda x: (x[:, 0] - 1) * (x[:, 1] + 2), 0.3, np.sqrt(0.25 + 0.09)),
}


def has_the_moments(called: Called, x: Array) -> None:
    """Averages over independent chains lie within six standard errors: by chance one in five hundred million does not."""
    for name, (value, mean, deviation) in MOMENTS.items():
        got, margin = float(value(x).mean()), 6 * deviation / np.sqrt(len(x))
        expected = f"{mean:.4g} ± {margin:.2g}"
        called.require(abs(got - mean) < margin, f"has the wrong {name}", expected=expected, got=f"{got:.4g}")


def run_chains(learner: Learner, numbers: Numbers, starts: Array, step_size: float) -> Called:
    """Many chains at once, each with its own key."""
    return many_chains(learner)(*chain_arguments(numbers, starts, step_size))


def many_chains(learner: Learner) -> Handle:
    return learner.hmc_chain.vmap(in_axes=(None, 0, 0, None, None, None)).jit(static_argnums=(0, 3, 5))


def chain_arguments(numbers: Numbers, starts: Array, step_size: float) -> tuple[Any, ...]:
    bits = np.asarray(numbers.integers(0, 2**31 - 1, (CHAINS, 2)), np.uint32)
    keys = jax.random.wrap_key_data(jnp.asarray(bits))  # as good as split, and nothing to compile
    return (
        normal_and_gumbel,
        jnp.asarray(starts, jnp.float32),
        keys,
        SAMPLES,
        jnp.float32(step_size),
        LEAPFROG,
    )


START = np.array([1.5, -1.5, 1.0])


@check(
    "hmc_chain",
    "correct",
    hint="One row for each sample, put out after its accept step; the start is none of them.",
)
def test_hmc_chain_has_a_row_for_each_sample(learner: Learner, numbers: Numbers) -> None:
    # Traced only: the shapes show that, and nothing is compiled.
    learner.hmc_chain.jit(static_argnums=(0, 3, 5)).program(*single_chain(numbers, 0.3))


# Traced only, and before anything is run long: what is written out takes its time to compile, and a key that is used
# twice makes statistics go wrong in ways that say nothing of it.


@check(
    "hmc_chain", "correct", hint="Both loops belong in lax: scan over samples, fori_loop over leapfrog steps."
)
def test_hmc_chain_has_no_python_loop(learner: Learner, numbers: Numbers) -> None:
    handle = learner.hmc_chain.jit(static_argnums=(0, 3, 5))
    small = single_chain(numbers, 0.3, 3, 3)
    same_size_for(handle, small, single_chain(numbers, 0.3, 6, 3))
    same_size_for(handle, small, single_chain(numbers, 0.3, 3, 6))


@check(
    "hmc_chain",
    "correct",
    hint="Split the key into one a sample, and that one into one for p and one for the acceptance.",
)
def test_hmc_chain_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    uses_each_key_once(learner.hmc_chain.jit(static_argnums=(0, 3, 5)), *single_chain(numbers, 0.3))


@check(
    "hmc_chain",
    "correct",
    hint="With a step of 0 nothing moves: every row is where the chain stands, the start.",
)
def test_hmc_chain_stands_still_with_step_zero(learner: Learner, numbers: Numbers) -> None:
    starts = exact_draws(numbers)
    rows = np.repeat(starts.astype(np.float32)[:, None], SAMPLES, axis=1)
    called = run_chains(learner, numbers, starts, 0.0)
    came = wide(called.value).reshape(-1, 3)
    # Of 32,768 standard normals mean and deviation are known to 0.006; those of the starts are others.
    normal = np.allclose(came.mean(axis=0), 0, atol=0.05) and np.allclose(came.std(axis=0), 1, atol=0.05)
    momenta = "Are these the momenta? Mean and variance are theirs, 0 and 1. A row is the position x, and the start stands still."
    called.close_to(rows, hint=momenta if normal else None)


def chessboard(x: jax.Array) -> jax.Array:
    """A density on the line: 1 on white fields [0, 1), [2, 3), ..., half as much on the black ones; its gradient is 0."""
    return jnp.where(jnp.floor(x[0]) % 2 == 0, 0.0, -float(np.log(2.0)))


# Ten steps of 1: without forces a proposal is 10 p further on, and on what colour is anybody's guess.
MANY_LEAPFROG = 10


def on_the_chessboard(learner: Learner, numbers: Numbers) -> tuple[Called, Array]:
    """Many chains without forces, from a white field (twice as likely as a black one); and their moves, sample by sample."""
    starts = np.full((CHAINS, 1), 0.5)
    _, start, keys, *_ = chain_arguments(numbers, starts, 1.0)
    called = many_chains(learner)(chessboard, start, keys, SAMPLES, jnp.float32(1.0), MANY_LEAPFROG)
    called = Called("hmc_chain(chessboard, start, key, 8, 1, 10), where the gradient is 0,", called.value)
    return called, np.diff(np.concatenate([starts, wide(called.value)[..., 0]], axis=1), axis=1)


@check(
    "hmc_chain",
    "correct",
    hint="Where the gradient is 0 every step moves x by step_size · p: a proposal lies n_leapfrog · step_size · p further on. "
    "Count the leapfrog steps.",
)
def test_hmc_chain_takes_all_leapfrog_steps(learner: Learner, numbers: Numbers) -> None:
    called, moves = on_the_chessboard(learner, numbers)
    moves = moves[:, :4][moves[:, :4] != 0]
    called.require(
        moves.size,
        "never moves",
        expected="most proposals accepted",
        got="the start, again and again",
        hint="What was accepted is the next x: carry it on, and put it out.",
    )
    length = np.sqrt(np.mean(moves**2))
    near = abs(length - MANY_LEAPFROG) < 6 * MANY_LEAPFROG / np.sqrt(2 * moves.size)
    complaint = "moves as far as another number of leapfrog steps"
    called.require(near, complaint, expected=f"{MANY_LEAPFROG} steps", got=f"{length:.3g} steps")


PUSH, PUSHES, PUSH_STEP = 4.0, 3, 0.5


def pushed(x: jax.Array) -> jax.Array:
    """Says that its gradient is 4 everywhere. It is flat, but for 0, which is less likely than anything else."""
    return jnp.where(x[0] == 0, -1e4, 0.0) + PUSH * (x[0] - jax.lax.stop_gradient(x[0]))


def what_is_off(learner: Learner, numbers: Numbers) -> str | None:
    """A part of the chain that is wrong by itself, told by densities that leave the other parts nothing to do."""
    _, moves = on_the_chessboard(learner, numbers)
    pairs = np.stack([moves[:, :-1], moves[:, 1:]])
    pairs = pairs[:, np.all(pairs != 0, axis=0)]
    if pairs.size and np.mean(np.abs(pairs[0] - pairs[1]) < 1e-2) > 0.5:
        return "Sample after sample moves by the same p: draw a new momentum for each of them, with a key of its own."
    _, start, keys, n_samples, *_ = chain_arguments(numbers, np.zeros((CHAINS, 1)), 1.0)
    run = many_chains(learner)(pushed, start, keys, n_samples, jnp.float32(PUSH_STEP), PUSHES)
    moves = np.diff(np.concatenate([np.zeros((CHAINS, 1)), wide(run.value)[..., 0]], axis=1), axis=1)
    if not moves.any():
        return (
            "Where every proposal is far likelier than the start, none is accepted. H = -log_density(x) + ½|p|², and"
            " log u < H before - H after, in this order."
        )
    # From 0 every proposal is accepted: p · time, and what the push adds to it.
    time, got = PUSHES * PUSH_STEP, float(moves[:, 0].mean())
    by_push, late, near = PUSH * time**2 / 2, PUSH * time * PUSH_STEP / 2, 6 * time / math.sqrt(CHAINS)
    if min(abs(got + by_push + off) for off in (-late, 0, late)) < near:
        return "It goes downhill, where the density is low. p grows by the gradient of log_density itself, with a plus."
    if min(abs(got - by_push - off) for off in (-late, late)) < near:
        return (
            "The steps are no leapfrog: positions are off by half a step of p, and the way back is another. Half a step for p, a"
            " whole one for x with the new p, half a one for p with the gradient at the new x."
        )
    # A p that was pushed three times is so much faster that one proposal in three hundred is accepted.
    if abs(got - by_push) < near and np.mean(moves[:, 1:] != 0) > 0.5:
        return (
            "Proposals are accepted whose p has grown far beyond what it was. H holds ½|p|², before and after, and the difference"
            " of both decides."
        )
    return None


@contextmanager
def looking_closer(learner: Learner, numbers: Numbers) -> Iterator[None]:
    """A wrong answer that comes within is answered by the part that is off, where one alone shows."""
    try:
        yield
    except WrongAnswer as wrong:
        with suppress(Verdict):  # what raises on a density of ours says nothing of this one
            wrong.hint = what_is_off(learner, numbers) or wrong.hint
        raise


@check(
    "hmc_chain",
    "correct",
    hint="From any start the chain finds the density. Two things can be off. The integrator: half a step for p, a whole one "
    "for x, half a one for p; the gradient of the log density, uphill; a new momentum for every sample. Or the accept "
    "step: H = -log_density(x) + ½|p|², and log u < H before - H after.",
)
def test_hmc_chain_finds_the_density(learner: Learner, numbers: Numbers) -> None:
    called = run_chains(learner, numbers, np.tile(START, (CHAINS, 1)), 0.3)
    with looking_closer(learner, numbers):
        has_the_moments(called, wide(called.value)[:, -1])


@check(
    "hmc_chain",
    "correct",
    hint="With large steps leapfrog alone goes wrong, and the accept step makes up for it: both energies, with the momentum "
    "in them, and the old state again after a rejection. It can only if the steps are the same backwards: half a one for p, "
    "a whole one for x, half a one for p.",
)
def test_hmc_chain_keeps_the_density(learner: Learner, numbers: Numbers) -> None:
    called = run_chains(learner, numbers, exact_draws(numbers), 0.6)
    with looking_closer(learner, numbers):
        for row in (0, -1):
            has_the_moments(called, wide(called.value)[:, row])


@check(
    "hmc_chain",
    "correct",
    hint="There and back must be equally likely. Leapfrog runs the same way backwards when p is turned around: half steps "
    "of p at both ends. Momenta are standard normals, both energies count.",
)
def test_hmc_chain_is_reversible(learner: Learner, numbers: Numbers) -> None:
    starts = exact_draws(numbers)
    called = run_chains(learner, numbers, starts, 0.6)
    before, after = starts - MOMENT_CENTRES, wide(called.value)[:, 0] - MOMENT_CENTRES
    # In a reversible chain that has settled, (before, after) and (after, before) are alike: each flow is as likely as
    # its negative, and 7 standard errors come once in 10^10.
    for i in range(3):
        flow = before[:, i] ** 2 * after[:, i] - before[:, i] * after[:, i] ** 2
        z = flow.mean() / (flow.std() / np.sqrt(CHAINS))
        complaint = f"moves x[{i}] more one way than the other"
        called.require(
            abs(z) < 7, complaint, expected="within 7 standard errors", got=f"{z:.3g} standard errors"
        )


@check(
    "hmc_chain",
    "correct",
    hint="All rows are the start only if every proposal is rejected. Compare so that NaN comes out as a rejection "
    "(0.5 < NaN is False), and choose with jnp.where. Take no minimum with 1: XLA may make 1 of NaN.",
)
def test_hmc_chain_rejects_what_is_no_number(learner: Learner, numbers: Numbers) -> None:
    starts = exact_draws(numbers)
    rows = np.repeat(starts.astype(np.float32)[:, None], SAMPLES, axis=1)
    for step_size in (1e3, 1e30):
        run_chains(learner, numbers, starts, step_size).finite().close_to(rows)


@check(
    "hmc_chain",
    "correct",
    hint="The start is no sample: row 0 is where the chain stands after its first accept step. Put out the new x, not the "
    "one that the sample began with.",
)
def test_hmc_chain_leaves_its_start(learner: Learner, numbers: Numbers) -> None:
    called, moves = on_the_chessboard(learner, numbers)
    stayed = int(np.sum(moves[:, 0] == 0))
    expected = f"in about {CHAINS // 4} of {CHAINS} chains (one proposal in four is rejected)"
    called.require(stayed < CHAINS / 2, "has the start in row 0", expected=expected, got=f"in {stayed}")


@check(
    "hmc_chain",
    "correct",
    hint="Each sample draws a u of its own: one u for the whole chain makes it stern or lenient for good.",
)
def test_hmc_chain_decides_anew_each_time(learner: Learner, numbers: Numbers) -> None:
    called, moves = on_the_chessboard(learner, numbers)
    # Rejected after a rejection: a black field, and u above a half.
    again = moves[:, 1:][moves[:, :-1] == 0] == 0
    called.require(again.size, "rejects nothing", expected="one proposal in six", got="all accepted")
    near = abs(again.mean() - 0.25) < 6 * np.sqrt(0.1875 / again.size)
    complaint = "rejects after a rejection with the wrong probability"
    called.require(near, complaint, expected="0.25", got=f"{again.mean():.3g}")


def up_to(size: float) -> float:
    """Which share of the standard normals is of that size at most."""
    return math.erf(size / math.sqrt(2))


def likely(count: int, of: int, share: float) -> bool:
    """Whether so many hits are no wonder; by Chernoff's bound, a right answer is refused once in a billion times."""
    rate = count / of
    parts = ((rate, share), (1 - rate, 1 - share))
    divergence = sum(p * math.log(p / q) for p, q in parts if p)
    return of * divergence < -math.log(RISK / 2)


MOMENT_CENTRES = np.array([1.0, -2.0, 0.57722])


def single_chain(
    numbers: Numbers, step_size: float, n_samples: int = SAMPLES, n_leapfrog: int = LEAPFROG
) -> Any:
    start = jnp.asarray(START, jnp.float32)
    return normal_and_gumbel, start, numbers.key(), n_samples, jnp.float32(step_size), n_leapfrog


@check(
    "hmc_chain",
    "jit",
    hint="The step size is traced, and so is whether a proposal is accepted: jnp.where chooses.",
)
def test_hmc_chain_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [chain_arguments(numbers, exact_draws(numbers), step_size) for step_size in (0.6, 0.3)]
    # Lifted, as everywhere: one program serves all checks.
    for result in compiles_once(many_chains(learner), calls):
        has_the_moments(result, wide(result.value)[:, 0])


@functools.partial(jax.jit, static_argnums=0)
def leapfrog_step(
    log_density: Callable[..., Any], x: jax.Array, p: jax.Array, step_size: jax.Array
) -> tuple[jax.Array, jax.Array]:
    gradient = jax.grad(log_density)
    p = p + step_size / 2 * gradient(x)
    x = x + step_size * p
    return x, p + step_size / 2 * gradient(x)


@jax.jit
def draw_momentum(key: jax.Array, x: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    key, one, two = jax.random.split(key, 3)
    return key, jax.random.normal(one, x.shape), jnp.log(jax.random.uniform(two))


@functools.partial(jax.jit, static_argnums=0)
def accept(log_density: Callable[..., Any], old: Any, new: Any, threshold: jax.Array) -> jax.Array:
    before, after = (jnp.sum(p**2) / 2 - log_density(x) for x, p in (old, new))
    return jnp.where(threshold < before - after, new[0], old[0])


def hmc_loop(
    log_density: Callable[..., Any],
    start: jax.Array,
    key: Any,
    n_samples: int,
    step_size: jax.Array,
    n_leapfrog: int,
) -> jax.Array:
    x, samples = start, []
    for _ in range(n_samples):
        key, p, threshold = draw_momentum(key, x)
        new = x, p
        for _ in range(n_leapfrog):
            new = leapfrog_step(log_density, *new, step_size)
        x = accept(log_density, (x, p), new, threshold)
        samples.append(np.asarray(x))
    return jnp.asarray(np.stack(samples))


def both_are_chains(text: str, result: Any, wanted: Any) -> None:
    """Two chains of different draws have nothing in common but their shape; the other checks look at the draws."""
    Called(text, result).finite()
    Called(text, result).require(
        result.shape == wanted.shape,
        "has another shape",
        expected=str(wanted.shape),
        got=str(result.shape),
        kind=Kind.SHAPE,
    )


@check(
    "hmc_chain",
    "speed",
    hint="One program for the whole chain: lax.scan over samples, lax.fori_loop over leapfrog steps.",
)
def test_hmc_chain_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.hmc_chain.jit(static_argnums=(0, 3, 5)),
        hmc_loop,
        named="Python loops of compiled steps",
        draw=lambda size: single_chain(numbers, 0.3, size, 20),
        size=40,
        gate=8,
        numbers=numbers,
        agree=both_are_chains,
    )
