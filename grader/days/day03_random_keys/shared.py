"""What several exercises of day 3 use in their checks.

A statistical comparison allows what chance allows. Each margin is a theorem about independent draws
(Bernstein; Chernoff; Dvoretzky, Kiefer and Wolfowitz): a right answer leaves it with a probability below RISK,
over all seeds and however it uses its key. With some twenty comparisons a run, fewer than one run in
ten million calls a right answer wrong. No check asks for particular bits.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import numpy as np

from grader.toolkit import (
    RISK,
    Array,
    Called,
    Handle,
    Kind,
    Numbers,
    own_hint,
    raised,
    uses_each_key_once,
    wide,
)

# ---- statistics: what chance allows


def margin(draws: int, variance: float = 0.25, comparisons: int = 1) -> float:
    """How far the mean of so many independent draws may stray from its expectation.

    Bernstein's inequality for draws within 1 of their mean, for all comparisons together.
    """
    nats = math.log(2 * comparisons / RISK)
    linear = nats / (3 * draws)
    return linear + math.sqrt(linear**2 + 2 * nats * variance / draws)


def range_of(probability: float, draws: int, comparisons: int = 1) -> tuple[float, float]:
    """Between which shares of so many independent draws the share of an event lies.

    Chernoff's inequality, for all comparisons together: to come out at a share q has a probability below
    exp(-draws · KL(q, probability)).
    """
    nats = math.log(2 * comparisons / RISK) / draws

    def farthest(towards: float) -> float:
        inside, outside = probability, towards
        for _ in range(50):
            middle = (inside + outside) / 2
            if _divergence(middle, probability) <= nats:
                inside = middle
            else:
                outside = middle
        return inside if _divergence(towards, probability) > nats else towards

    return farthest(0.0), farthest(1.0)


def _divergence(share: float, probability: float) -> float:
    """How unlikely a share is, in nats a draw: the Kullback-Leibler divergence of two coins."""
    parts = ((share, probability), (1 - share, 1 - probability))
    return sum(math.inf if p == 0 else q * math.log(q / p) for q, p in parts if q > 0)


def shares_must_be(
    called: Called,
    complaint: str,
    names: list[str],
    got: Array,
    wanted: Array,
    draws: int,
    hint: str | None = None,
) -> None:
    """Each share of the draws, such as that of one component, is what it should be. Raises WrongAnswer."""
    for name, share, probability in zip(names, got, wanted, strict=True):
        low, high = range_of(float(probability), draws, len(names))
        expected = f"{name}: {100 * probability:.3g} % of {draws:,} draws\n(by chance {100 * low:.3g} to {100 * high:.3g} %)"
        called.require(
            low <= share <= high, complaint, expected=expected, got=f"{100 * share:.3g} %", hint=hint
        )


def must_be_standard_normal(called: Called, complaint: str, values: Array) -> None:
    """The values lie along the normal curve (Dvoretzky-Kiefer-Wolfowitz). Raises WrongAnswer."""
    values = np.sort(wide(values).ravel())
    n = len(values)
    called.require(n > 0, complaint, expected="some draws", got="none")
    below = np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in values])
    distance = max(np.max(np.arange(1, n + 1) / n - below), np.max(below - np.arange(n) / n))
    allowed = math.sqrt(math.log(2 / RISK) / (2 * n))
    called.require(
        distance <= allowed,
        complaint,
        expected="mean 0, deviation 1, in the shape of a bell",
        got=f"mean {values.mean():.3g}, deviation {values.std():.3g}\n"
        f"{distance:.2g} away from the normal curve (chance: {allowed:.2g})",
    )


def must_not_repeat(called: Called, complaint: str, values: Array, variance: float) -> None:
    """No element goes with the one that stands a certain way further on. Raises WrongAnswer.

    values    of any shape; each of mean 0, within 1 and of the variance given

    All ways are compared, round the corner. Of the products for one way each shares its factors with two
    others at most, so that they fall into three groups of independent ones, equally large.
    """
    together = np.fft.ifftn(np.abs(np.fft.fftn(values)) ** 2).real / values.size
    together.flat[0] = 0
    # Forwards and backwards are the same; a trace of the transform's rounding must not decide which is told.
    place = int(np.argmax(np.round(np.abs(together).ravel(), 9)))
    apart = tuple(int(index) for index in np.unravel_index(place, together.shape))
    correlation = float(together[apart]) / variance
    allowed = margin(values.size // 3, variance**2, 3 * values.size) / variance
    called.require(
        abs(correlation) <= allowed,
        complaint,
        expected=f"no correlation (chance: {allowed:.2g})",
        got=f"{correlation:.2g} between elements {apart[0] if len(apart) == 1 else apart} apart",
    )


def must_have_shape(called: Called, shape: tuple[int, ...]) -> None:
    """For sizes that no argument's shape tells. Raises WrongAnswer."""
    got = called.value.shape
    called.require(
        got == shape, "has another shape", expected=f"shape {shape}", got=f"shape {got}", kind=Kind.SHAPE
    )


def must_differ(one: Called, two: Called) -> None:
    """Two keys gave two draws. Raises WrongAnswer."""
    same = np.array_equal(one.value, two.value)
    two.require(not same, "ignores its key", expected="another draw for another key", got="the same draw")


def over_keys(handle: Handle, numbers: Numbers, count: int, *arguments: Any) -> Called:
    """The results for many keys, stacked, as NumPy arrays.

    Whether a function compiles is a question for later: one that does not is called for 256 keys, one by one.
    """
    keys = jax.random.split(numbers.key(), count)
    static = tuple(place for place, value in enumerate(arguments, start=1) if isinstance(value, int))
    lifted = handle.vmap(in_axes=(0, *(None for _ in arguments))).jit(static_argnums=static)
    try:
        called = lifted(keys, *arguments)
    except Exception:
        each = [handle(key, *arguments) for key in keys[:256]]
        called = Called(
            each[0].text, jax.tree.map(lambda *parts: np.stack(parts), *(one.value for one in each))
        )
    return Called(called.text, jax.tree.map(np.asarray, called.value))


def reuses_no_key(handle: Handle, key: Any, *arguments: Any, **static: Any) -> None:
    """No key is used twice. Raises RaisedError, with the check's own hint: it knows what the draws are for."""
    with own_hint(raised("KeyReuseError")):
        uses_each_key_once(handle.jit(static_argnames=tuple(static)), key, *arguments, **static)


TABLE = (4, 32, 129)  # 16,512 draws: shares come out to within two or three percent
