"""Deeper checks of hmc_chain: laws of chance, over ten times as many chains as in the first look."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day10_composition.hmc_chain.checks import (
    CHAINS,
    MANY_LEAPFROG,
    chain_arguments,
    chessboard,
    exact_draws,
    has_the_moments,
    likely,
    many_chains,
    on_the_chessboard,
    run_chains,
    single_chain,
    up_to,
)
from grader.toolkit import Array, Called, Learner, Numbers, check, raised, wide

REPEATS = 10


@check(
    "hmc_chain",
    "deeper",
    hint="Over many chains a little shows: both energies with all their parts, half steps of p at both ends, and a rejection that"
    " keeps the old x.",
)
def test_hmc_chain_keeps_the_density_closely(learner: Learner, numbers: Numbers) -> None:
    runs = [run_chains(learner, numbers, exact_draws(numbers), 0.6) for _ in range(REPEATS)]
    last = np.concatenate([wide(run.value)[:, -1] for run in runs])
    has_the_moments(Called(f"{runs[0].call}, of {REPEATS * CHAINS} chains,", None), last)


# (from, to, which share of the standard normals above 0.2 is of such a size)
NORMAL_SHARES = [
    (low, high, (up_to(high) - up_to(low)) / (1 - up_to(0.2)))
    for low, high in ((0.2, 0.5), (0.5, 1.0), (1.0, 1.5), (1.5, 2.0), (2.0, 2.5), (2.5, 3.0), (3.0, np.inf))
]


@check(
    "hmc_chain",
    "deeper",
    hint="p is d standard normals, drawn anew for each sample: neither bounded, nor of one length, nor left over from before.",
)
def test_hmc_chain_draws_normals(learner: Learner, numbers: Numbers) -> None:
    runs = [on_the_chessboard(learner, numbers) for _ in range(REPEATS)]
    called, moves = runs[0][0], np.concatenate([moves for _, moves in runs])
    # From two fields on, one colour is as likely as the other, so an accepted p is as normal as any.
    sizes = np.abs(moves) / MANY_LEAPFROG
    sizes = sizes[sizes > 0.2]
    for low, high, share in NORMAL_SHARES:
        count = int(np.sum((sizes > low) & (sizes <= high)))
        called.require(
            likely(count, sizes.size, share),
            f"has too many or too few momenta between {low:g} and {high:g} in size",
            expected=f"about {share * sizes.size:.0f} of {sizes.size}",
            got=f"{count}",
        )
    # What is large is followed by what is large as often as chance would have it.
    pairs = np.abs(np.stack([moves[:, :-1], moves[:, 1:]])) / MANY_LEAPFROG
    pairs = pairs[:, np.all(pairs > 0.2, axis=0)]
    count, share = int(np.sum(np.all(pairs > 0.7, axis=0))), ((1 - up_to(0.7)) / (1 - up_to(0.2))) ** 2
    called.require(
        likely(count, pairs.shape[1], share),
        "has momenta whose sizes hang together from sample to sample",
        expected=f"about {share * pairs.shape[1]:.0f} of {pairs.shape[1]} pairs above 0.7 in size",
        got=f"{count}",
    )
    # Signs of moves that follow each other agree half of the time.
    both = moves[:, :-1] * moves[:, 1:]
    count, of = int(np.sum(both > 0)), int(np.sum(both != 0))
    called.require(
        likely(count, of, 0.5),
        "goes on in one direction more or less often than chance would have it",
        expected=f"about {of / 2:.0f} of {of} moves as the one before",
        got=f"{count}",
    )


def share_of_white() -> float:
    """With what chance a proposal from the middle of a white field, ten units of a normal away, is on a white one."""
    edges = [0.05 + 0.1 * k for k in range(100)]
    upper, lower = edges[2::2], edges[1::2]
    inner = up_to(edges[0])
    return inner + sum(up_to(high) - up_to(low) for low, high in zip(lower, upper, strict=False))


@check(
    "hmc_chain",
    "deeper",
    hint="A proposal that is half as likely is accepted half of the time, one that is likelier always: log u < H before - H"
    " after.",
)
def test_hmc_chain_accepts_by_the_ratio(learner: Learner, numbers: Numbers) -> None:
    moved = np.concatenate([first_two(learner, numbers) for _ in range(REPEATS)])
    white = moved % 2 < 1
    called = Called("hmc_chain(chessboard, start, key, 8, 1, 10), from a white field,", None)
    stayed = int(np.sum(moved[:, 0] == 0.5))
    of, share = len(moved), (1 - share_of_white()) / 2
    called.require(
        likely(stayed, of, share),
        "rejects more or less often than it should",
        expected=f"{share:.4f} of its proposals",
        got=f"{stayed / of:.4f}",
    )
    # From a black field nothing is rejected.
    black = ~white[:, 0]
    again = int(np.sum(moved[black, 0] == moved[black, 1]))
    expected = "every proposal accepted from a black field, for none is less likely"
    called.require(
        not again, "rejects a proposal that is as likely", expected=expected, got=f"{again} rejected"
    )


def first_two(learner: Learner, numbers: Numbers) -> Array:
    _, start, keys, n_samples, *_ = chain_arguments(numbers, np.full((CHAINS, 1), 0.5), 1.0)
    return wide(
        many_chains(learner)(chessboard, start, keys, n_samples, jnp.float32(1.0), MANY_LEAPFROG).value
    )[:, :2, 0]


def slope(x: jax.Array) -> jax.Array:
    """A force of 1 everywhere."""
    return x[0]


@check(
    "hmc_chain",
    "deeper",
    hint="One leapfrog step is half a step of p, a whole one of x, half a one of p: with a force of 1, x goes by ε p + ε²/2.",
)
def test_hmc_chain_takes_a_single_step(learner: Learner, numbers: Numbers) -> None:
    """Along a slope leapfrog is exact, every proposal is accepted, and moves are normals around ε² / 2."""
    found = []
    for _ in range(REPEATS):
        _, start, keys, n_samples, *_ = chain_arguments(numbers, np.zeros((CHAINS, 1)), 1.0)
        found.append(wide(many_chains(learner)(slope, start, keys, n_samples, jnp.float32(0.5), 1).value))
    rows = np.concatenate(found)[..., 0]
    moves = np.diff(np.concatenate([np.zeros((len(rows), 1)), rows], axis=1), axis=1) / 0.5
    called = Called("hmc_chain(slope, start, key, 8, 0.5, 1), where every gradient is 1,", None)
    stayed = int(np.sum(moves == 0))
    # Energies are differences of rounded numbers: a u of almost 1 may be too much.
    called.require(stayed < 50, "rejects", expected="every proposal accepted", got=f"{stayed} rejected")
    margin = 6 / math.sqrt(moves.size)
    for name, got, expected, error in (
        ("mean of a move, in units of ε", moves.mean(), 0.25, margin),
        ("standard deviation of a move, in units of ε", moves.std(), 1.0, margin / math.sqrt(2)),
    ):
        close = abs(got - expected) < error
        wrong = f"has the wrong {name}"
        called.require(close, wrong, expected=f"{expected:g} ± {error:.2g}", got=f"{got:.4g}")


FAR_LEAPFROG, FAR_STEP = 100, 0.0627


def steep_slope(x: jax.Array) -> jax.Array:
    """A force of 4 everywhere."""
    return 4 * x[0]


@check(
    "hmc_chain",
    "deeper",
    hint="A hundred leapfrog steps are a hundred, each as long as step_size says, to its last digit: the force has n_leapfrog"
    " · step_size of time to pull.",
)
def test_hmc_chain_goes_far(learner: Learner, numbers: Numbers) -> None:
    """Along a slope leapfrog is exact, and moves are normals around 4 t² / 2 with deviation t."""
    _, start, keys, n_samples, *_ = chain_arguments(numbers, np.zeros((CHAINS, 1)), 1.0)
    run = many_chains(learner)(steep_slope, start, keys, n_samples, jnp.float32(FAR_STEP), FAR_LEAPFROG)
    moves = np.diff(np.concatenate([np.zeros((CHAINS, 1)), wide(run.value)[..., 0]], axis=1), axis=1)
    moves = moves[moves != 0]  # a u of almost 1 rejects, for energies are rounded
    called = Called(
        f"hmc_chain(steep_slope, start, key, 8, {FAR_STEP}, {FAR_LEAPFROG}), where every gradient is 4,", None
    )
    called.require(moves.size, "never moves", expected="almost every proposal accepted", got="none accepted")
    time = FAR_LEAPFROG * FAR_STEP
    got, expected, margin = moves.mean(), 2 * time**2, 6 * time / math.sqrt(moves.size)
    called.require(
        abs(got - expected) < margin,
        "goes too far, or not far enough",
        expected=f"{expected:.4g} ± {margin:.2g} in the mean",
        got=f"{got:.4g}",
    )


@check(
    "hmc_chain",
    "deeper",
    hint="A Python number has no dtype, no shape and no astype. In a formula it does as it is; jnp.asarray(step_size) makes an"
    " array of either. And one sample is a number of samples as any other.",
    answers=raised(),
)
def test_hmc_chain_takes_a_python_number(learner: Learner, numbers: Numbers) -> None:
    log_density, start, key, *_ = single_chain(numbers, 0.3)
    # Traced only, with the step as it is.
    learner.hmc_chain.jit(static_argnums=(0, 3, 4, 5)).program(log_density, start, key, 1, 0.3, 1)
