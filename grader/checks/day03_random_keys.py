"""Checks of day 3: keys, and random functions judged by their statistics.

A statistical comparison allows what chance allows. Each margin is a theorem about independent draws
(Bernstein; Dvoretzky, Kiefer and Wolfowitz): a right answer leaves it with a probability below RISK,
over all seeds and however it uses its key. With some twenty comparisons a run, fewer than one run in
ten million calls a right answer wrong. No check asks for particular bits.
"""

from __future__ import annotations

import itertools
import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import (
    Called,
    Handle,
    Learner,
    Numbers,
    RaisedError,
    WrongAnswer,
    bans,
    check,
    compiles_once,
    must_beat,
    same_size_for,
    uses_each_key_once,
)

RISK = 1e-9

Array = np.ndarray[Any, Any]


# ---- statistics: what chance allows


def margin(draws: int, variance: float = 0.25, comparisons: int = 1) -> float:
    """How far the mean of so many independent draws may stray from its expectation.

    Bernstein's inequality for draws within 1 of their mean, for all comparisons together.
    """
    nats = math.log(2 * comparisons / RISK)
    linear = nats / (3 * draws)
    return linear + math.sqrt(linear**2 + 2 * nats * variance / draws)


def shares_must_be(
    called: Called, complaint: str, names: list[str], got: Array, wanted: Array, draws: int
) -> None:
    """Each share of the draws, such as that of one component, is what it should be. Raises WrongAnswer."""
    for name, share, probability in zip(names, got, wanted, strict=True):
        slack = margin(draws, probability * (1 - probability), len(names))
        expected = f"{name}: {100 * probability:.3g} % of {draws:,} draws\ngive or take {100 * slack:.2g} %"
        called.require(
            abs(share - probability) <= slack, complaint, expected=expected, got=f"{100 * share:.3g} %"
        )


def must_be_standard_normal(called: Called, complaint: str, values: Array) -> None:
    """The values lie along the normal curve (Dvoretzky-Kiefer-Wolfowitz). Raises WrongAnswer."""
    values = np.sort(np.asarray(values, np.float64).ravel())
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
    called.require(got == shape, "has another shape", expected=f"shape {shape}", got=f"shape {got}")


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
    try:
        uses_each_key_once(handle.jit(static_argnames=tuple(static)), key, *arguments, **static)
    except RaisedError as error:
        if "KeyReuseError" in error.message:
            error.hint = None
        raise


def bits(key: Any) -> tuple[int, ...]:
    """What tells keys apart."""
    return tuple(int(word) for word in np.asarray(jax.random.key_data(key)).ravel())


# ---- keys_like


class Layer(NamedTuple):
    """A tree that is neither dict nor list."""

    weight: Any
    bias: Any


def checked_keys(called: Called, tree: Any) -> list[Any]:
    """The keys of a result that has the structure of `tree` and scalar typed keys at its leaves."""
    wanted, came = (str(jax.tree.structure(one)) for one in (tree, called.value))
    called.require(wanted == came, "has another structure", expected=wanted, got=came)
    for path, leaf in jax.tree_util.tree_leaves_with_path(called.value):
        part = Called(f"{called.text}{jax.tree_util.keystr(path)}", leaf)
        scalar = (
            isinstance(leaf, jax.Array)
            and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
            and leaf.shape == ()
        )
        part.require(scalar, "is not one typed key", expected="a typed key of shape ()", got=leaf)
    return jax.tree.leaves(called.value)


@check("keys_like", "correct", hint="Take leaves and structure apart; make a key for each leaf; join.")
def test_keys_like_keeps_the_structure(learner: Learner, numbers: Numbers) -> None:
    for tree in ({"w": 0.0, "b": [1, None], "c": ()}, Layer(2.0, (3.0, None)), {"none": None}, 4.0):
        checked_keys(learner.keys_like(numbers.key(), tree), tree)


@check("keys_like", "correct", hint="As many new keys as there are leaves, one for each.")
def test_keys_like_all_keys_differ(learner: Learner, numbers: Numbers) -> None:
    key, tree = numbers.key(), {"w": 0.0, "b": [0.0, 0.0]}
    called = learner.keys_like(key, tree)
    keys = [bits(leaf) for leaf in checked_keys(called, tree)]
    distinct = len(set(keys))
    called.require(
        distinct == 3, "gives a key to two leaves", expected="3 different keys", got=f"{distinct} different"
    )
    called.require(
        bits(key) not in keys,
        "hands out the key that it was given",
        expected="new keys only",
        got="the given key at a leaf",
        hint="The caller may still split that key. Split it, and give out the children only.",
    )


@check("keys_like", "correct", hint="Make the new keys from the given one: split it or fold into it.")
def test_keys_like_depends_on_the_key(learner: Learner) -> None:
    tree = {"w": 0.0, "b": [0.0, 0.0]}
    one = learner.keys_like(jax.random.key(7), tree)
    two = learner.keys_like(jax.random.key(8), tree)
    shared = {bits(key) for key in checked_keys(one, tree)} & {bits(key) for key in checked_keys(two, tree)}
    two.require(
        not shared,
        "shares keys with another parent key",
        expected="other keys for jax.random.key(8) than for jax.random.key(7)",
        got=f"{len(shared)} keys in common",
    )


@check("keys_like", "correct", hint="Number the leaves; what they hold does not matter.")
def test_keys_like_never_looks_at_the_leaves(learner: Learner, numbers: Numbers) -> None:
    key = numbers.key()
    numbered, named = {"w": 0.0, "b": [0.0, 0.0]}, {"w": "relu", "b": [numbers.normal(3), object]}
    plain = [bits(leaf) for leaf in checked_keys(learner.keys_like(key, numbered), numbered)]
    called = learner.keys_like(key, named)
    other = [bits(leaf) for leaf in checked_keys(called, named)]
    called.require(
        plain == other,
        "depends on what the leaves hold",
        expected="the same keys for trees of the same structure",
        got="other keys",
    )


@check("keys_like", "correct", hint="A key that you hand out is the caller's: do not split it as well.")
def test_keys_like_keys_are_unused(learner: Learner, numbers: Numbers) -> None:
    tree = {"w": 0.0, "b": [0.0, 0.0]}
    # The first call of a handle is made twice, which the checker would take for reuse.
    learner.keys_like(numbers.key(), tree)
    spent = []
    with jax.debug_key_reuse(True):
        called = learner.keys_like(numbers.key(), tree)
        checked_keys(called, tree)
        for path, leaf in jax.tree_util.tree_leaves_with_path(called.value):
            try:
                jax.random.split(leaf, 3)
            except jax.errors.KeyReuseError:
                spent.append(jax.tree_util.keystr(path))
    called.require(
        not spent,
        "gives out keys that it has used",
        expected="keys that nobody has drawn from or split",
        got=f"a spent key at {', '.join(spent)}",
    )


@check("keys_like", "jit", hint="While tracing the leaves are tracers: you need the structure alone.")
def test_keys_like_compiles_once(learner: Learner, numbers: Numbers) -> None:
    keys = [numbers.key(), numbers.key()]
    tree = {"w": numbers.normal(3), "b": [numbers.normal(), numbers.normal(3)]}
    compiled = learner.keys_like.jit()
    for key, called in zip(keys, compiles_once(compiled, [(key, tree) for key in keys]), strict=True):
        eager = learner.keys_like(key, tree).value
        plain = [bits(leaf) for leaf in jax.tree.leaves(eager)]
        same = plain == [bits(leaf) for leaf in checked_keys(called, tree)]
        called.require(same, "differs from the call without jit", expected="the same keys", got="other keys")


@check("keys_like", "jit", hint="Split a key once and use the children only.")
def test_keys_like_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    reuses_no_key(learner.keys_like, numbers.key(), {"w": 0.0, "b": [0.0, 0.0]})


# ---- dropout

TABLE = (4, 32, 129)  # 16,512 draws: shares come out to within two or three percent


def kept(called: Called, x: Any, rate: float) -> Array:
    """Where a result of dropout kept `x`: everywhere else it is 0. Raises WrongAnswer at another value."""
    values = np.asarray(called.value, np.float64)
    scaled = np.asarray(x, np.float64) / (1 - rate)
    stays = np.abs(values - scaled) <= 1e-5 * np.abs(scaled)  # one division, or two roundings
    wrong = np.argwhere(~stays & (values != 0))
    if len(wrong):
        place = tuple(int(index) for index in wrong[0])
        called.require(
            False,
            f"is wrong at index {place}",
            expected=f"0 or {scaled[place]:.5g}, which is {float(np.asarray(x)[place]):.5g} / (1 - {rate:g})",
            got=f"{values[place]:.5g}",
        )
    return np.asarray(stays)


@check("dropout", "correct", hint="Divide what is kept by the probability to keep.")
def test_dropout_kept_elements_are_scaled_up(learner: Learner, numbers: Numbers) -> None:
    x = numbers.uniform(1, 2, TABLE)
    kept(learner.dropout(numbers.key(), x, 0.75), x, 0.75)


@check("dropout", "correct", hint="Toss a coin for each element: the mask has the shape of x.")
def test_dropout_elements_are_independent(learner: Learner, numbers: Numbers) -> None:
    x = numbers.uniform(1, 2, TABLE)
    called = learner.dropout(numbers.key(), x, 0.5)
    must_not_repeat(called, "drops elements together", 2.0 * kept(called, x, 0.5) - 1, 1.0)


@check("dropout", "correct", hint="Every draw must come from the key that is given.")
def test_dropout_other_key_other_draw(learner: Learner, numbers: Numbers) -> None:
    x = numbers.uniform(1, 2, TABLE)
    must_differ(learner.dropout(numbers.key(), x, 0.5), learner.dropout(numbers.key(), x, 0.5))


@check("dropout", "correct", hint="Toss a coin for each element; do not choose a fixed number of them.")
def test_dropout_number_of_zeros_varies(learner: Learner, numbers: Numbers) -> None:
    x = numbers.uniform(1, 2, TABLE)
    draws = [learner.dropout(numbers.key(), x, 0.5) for _ in range(8)]
    counts = {int(kept(called, x, 0.5).sum()) for called in draws}
    # No count has a probability over 0.0063, so that eight equal ones have less than 1e-15.
    draws[0].require(
        len(counts) > 1,
        "always drops equally many",
        expected="a number of zeros that varies from key to key",
        got=f"{x.size - counts.pop()} zeros for each of 8 keys",
    )


@check("dropout", "correct", hint="bernoulli's p is that of True. Does True keep or drop, in your code?")
def test_dropout_drops_at_the_rate(learner: Learner, numbers: Numbers) -> None:
    x = numbers.uniform(1, 2, TABLE)
    for rate in (0.75, 0.1):
        called = learner.dropout(numbers.key(), x, rate)
        dropped = 1 - kept(called, x, rate).mean()
        shares_must_be(
            called, "drops another share", ["zeros"], np.array([dropped]), np.array([rate]), x.size
        )


@check("dropout", "correct", hint="With rate 0 everything is kept and divided by 1.")
def test_dropout_rate_zero_is_the_identity(learner: Learner, numbers: Numbers) -> None:
    x = numbers.normal(TABLE)
    learner.dropout(numbers.key(), x, 0.0).equals(x)


@check(
    "dropout",
    "correct",
    hint="0 / 0 is nan. Divide inside of jnp.where, so that what is dropped is 0 and nothing else.",
)
def test_dropout_rate_one_gives_zeros(learner: Learner, numbers: Numbers) -> None:
    learner.dropout(numbers.key(), numbers.normal(TABLE), 1.0).equals(np.zeros(TABLE, np.float32))


@check("dropout", "jit", hint="The formula needs no special case: at rate 0 it is the identity by itself.")
def test_dropout_compiles_once(learner: Learner, numbers: Numbers) -> None:
    x = numbers.uniform(1, 2, TABLE)
    rates, keys = (0.25, 0.5, 0.0), [numbers.key() for _ in range(3)]
    calls = [(key, x, jnp.float32(rate)) for key, rate in zip(keys, rates, strict=True)]
    for key, rate, called in zip(keys, rates, compiles_once(learner.dropout.jit(), calls), strict=True):
        called.close_to(learner.dropout(key, x, rate).value)


@check("dropout", "jit", hint="One draw of a mask uses the key up. Split first, if you need more than one.")
def test_dropout_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    reuses_no_key(learner.dropout, numbers.key(), numbers.uniform(1, 2, TABLE), 0.5)


# ---- noise_at


@check(
    "noise_at",
    "correct",
    hint="jax.random.normal draws with mean 0 and deviation 1; pass it the shape as it is.",
)
def test_noise_at_has_mean_0_and_deviation_1(learner: Learner, numbers: Numbers) -> None:
    for step, shape in ((0, ()), (0, TABLE), (100, TABLE)):
        called = learner.noise_at(numbers.key(), step, shape)
        must_have_shape(called, shape)
        called.require(
            called.value.dtype == jnp.float32, "has another dtype", expected="f32", got=called.value
        )
        values = np.asarray(called.value)  # in NumPy, where nothing is compiled
        mean, deviation = float(values.mean()), float(values.std())
        # Roughly, for a start: 50 standard errors of 16,512 draws.
        called.require(
            not shape or (abs(mean) < 0.4 and 0.6 < deviation < 1.6),
            "is not standard normal",
            expected="mean 0, deviation 1",
            got=f"mean {mean:.3g}, deviation {deviation:.3g}",
        )


@check("noise_at", "correct", hint="Draw all elements in one call with the whole shape.")
def test_noise_at_elements_are_independent(learner: Learner, numbers: Numbers) -> None:
    called = learner.noise_at(numbers.key(), 1, TABLE)
    must_not_repeat(called, "repeats itself", np.sign(called.value), 1.0)


@check(
    "noise_at",
    "correct",
    hint="The noise is to be normal: jax.random.normal, with nothing done to it afterwards.",
)
def test_noise_at_is_standard_normal(learner: Learner, numbers: Numbers) -> None:
    called = learner.noise_at(numbers.key(), 2, TABLE)
    must_be_standard_normal(called, "is not standard normal", called.value)


def must_be_unrelated(draws: list[tuple[str, Called]]) -> None:
    """The signs of no two tables go together. Raises WrongAnswer."""
    pairs = list(itertools.combinations(draws, 2))
    for (one, first), (two, second) in pairs:
        correlation = float(np.mean(np.sign(first.value) * np.sign(second.value)))
        allowed = margin(first.value.size, 1.0, len(pairs))
        if abs(correlation) > allowed:
            second.require(
                False,
                "is not independent of another draw",
                expected=f"no correlation between {one} and {two} (chance: {allowed:.2g})",
                got=f"{correlation:.2g} between the signs",
            )


@check(
    "noise_at",
    "correct",
    hint="The step must go into the key, and all of the noise must come from that new key.",
)
def test_noise_at_steps_are_independent(learner: Learner, numbers: Numbers) -> None:
    key = numbers.key()
    must_be_unrelated([(f"step {step}", learner.noise_at(key, step, TABLE)) for step in (0, 1, 2, 100)])


@check(
    "noise_at",
    "correct",
    hint="Make the step's key from both: fold the step into the key. Sums of seeds collide.",
)
def test_noise_at_keys_are_independent(learner: Learner) -> None:
    draws = [
        (f"key({seed}), step {step}", learner.noise_at(jax.random.key(seed), step, TABLE))
        for seed in (5, 6, 7)
        for step in (0, 1, 2)
    ]
    must_be_unrelated(draws)


@check("noise_at", "correct", hint="Only key and step may decide: keep nothing between calls.")
def test_noise_at_order_of_calls_does_not_matter(learner: Learner, numbers: Numbers) -> None:
    key = numbers.key()
    first = {step: learner.noise_at(key, step, TABLE).value for step in (3, 1, 2)}
    for step in (1, 2, 3):
        learner.noise_at(key, jnp.int32(step), TABLE).equals(first[step])


@check("noise_at", "jit", hint="fold_in takes the step as it is, traced or not, and needs no count of steps.")
def test_noise_at_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.key(), jnp.int32(step)) for step in (0, 3, 1_000_000)]
    results = compiles_once(learner.noise_at.jit(static_argnames="shape"), calls, shape=TABLE)
    for arguments, called in zip(calls[:2], results, strict=False):
        called.close_to(learner.noise_at(*arguments, TABLE).value)


@check("noise_at", "jit", hint="fold_in goes to any step at once; splitting step by step walks there.")
def test_noise_at_jumps_to_the_step(learner: Learner, numbers: Numbers) -> None:
    compiled = learner.noise_at.jit(static_argnames="shape")
    program = compiled.program(numbers.key(), jnp.int32(1), shape=TABLE)
    loops = program.primitives["while"]
    # A scan has a length that is fixed before the step is known; only a while loop can walk to a traced step.
    if loops:
        Called(program.call, None).require(False, "walks to its step", expected="no loop", got="a while loop")


@check("noise_at", "jit", hint="Fold the step into the key once, and draw once from the result.")
def test_noise_at_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    reuses_no_key(learner.noise_at, numbers.key(), 3, shape=TABLE)


# ---- bootstrap_means

RESAMPLES = 1000
DIGITS = np.array([7.0**j for j in range(6)])  # six numbers whose sum tells how often each was picked


def picks(called: Called, resamples: int = RESAMPLES) -> Array:
    """How often each resample picked each of DIGITS, (resamples, 6). Raises WrongAnswer when none fit."""
    must_have_shape(called, (resamples,))
    means = np.asarray(called.value, np.float64)
    sums = 6 * means
    whole = np.round(np.nan_to_num(sums, nan=-1.0))
    counts = np.stack([whole // 7**j % 7 for j in range(6)], axis=1)
    # 0.1 is far more than the roundings of a float32 sum below 1e5 and far less than 1.
    possible = (np.abs(sums - whole) < 0.1) & (counts.sum(axis=1) == 6) & (whole < 7**6)
    if not possible.all():
        place = int(np.argmin(possible))
        called.require(
            False,
            f"is wrong at index {place}",
            expected="the mean of 6 elements of x, some of them more than once",
            got=f"{means[place]:.7g}",
        )
    return np.asarray(counts)


def bootstrap(learner: Learner, numbers: Numbers) -> Called:
    return learner.bootstrap_means(numbers.key(), jnp.asarray(DIGITS, jnp.float32), RESAMPLES)


@check(
    "bootstrap_means",
    "correct",
    hint="A resample of n numbers is n of them, picked one by one; take its plain mean.",
)
def test_bootstrap_means_averages_n_picks(learner: Learner, numbers: Numbers) -> None:
    picks(bootstrap(learner, numbers))


@check("bootstrap_means", "correct", hint="An element may be picked again: draw indices, do not shuffle.")
def test_bootstrap_means_draws_with_replacement(learner: Learner, numbers: Numbers) -> None:
    # With two keys: of resamples that are all the same, 1.5 % have no repetition.
    called, other = bootstrap(learner, numbers), bootstrap(learner, numbers)
    repeated = np.concatenate([picks(called), picks(other)]) > 1
    called.require(
        repeated.any(),
        "never picks an element twice",
        expected="repetitions in 98 % of the resamples",
        got="every element once in every resample",
    )


@check("bootstrap_means", "correct", hint="Every resample needs draws of its own, independent of the others.")
def test_bootstrap_means_resamples_are_independent(learner: Learner, numbers: Numbers) -> None:
    totals = []
    for _ in range(2):
        called = bootstrap(learner, numbers)
        counts = picks(called)
        different = len(np.unique(counts, axis=0))
        called.require(
            different > 1, "repeats one resample", expected="new picks in each", got="the same in all"
        )
        totals.append(counts.sum(axis=0))
        missed = (5 / 6) ** 6  # the probability that a resample leaves out a given element
        indicator = (counts[:, 0] == 0) - missed
        must_not_repeat(called, "repeats its resamples", indicator, missed * (1 - missed))
    # Equal totals have a probability below 1e-9, twice below 1e-18.
    called.require(
        any(len(set(total)) > 1 for total in totals),
        "uses all elements equally often",
        expected="totals that vary by chance",
        got=f"each element {RESAMPLES} times in {RESAMPLES} resamples, for two keys",
        hint="Draw each pick by itself; do not deal out a fixed supply.",
    )


@check("bootstrap_means", "correct", hint="Indices run from 0 to n - 1. randint leaves its upper bound out.")
def test_bootstrap_means_every_element_is_as_likely(learner: Learner, numbers: Numbers) -> None:
    called = bootstrap(learner, numbers)
    shares = picks(called).mean(axis=0) / 6
    names = [f"x[{j}]" for j in range(6)]
    shares_must_be(
        called, "does not pick all elements alike", names, shares, np.full(6, 1 / 6), 6 * RESAMPLES
    )


@check("bootstrap_means", "correct", hint="Every draw must come from the key that is given.")
def test_bootstrap_means_other_key_other_draw(learner: Learner, numbers: Numbers) -> None:
    must_differ(bootstrap(learner, numbers), bootstrap(learner, numbers))


@check(
    "bootstrap_means", "jit", hint="Only n_resamples is static; the values of x are not known while tracing."
)
def test_bootstrap_means_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.key(), jnp.asarray(DIGITS, jnp.float32)) for _ in range(2)]
    results = compiles_once(learner.bootstrap_means.jit(static_argnames="n_resamples"), calls, n_resamples=4)
    for arguments, called in zip(calls, results, strict=True):
        picks(called, 4)
        called.close_to(learner.bootstrap_means(*arguments, 4).value)


@check("bootstrap_means", "jit", hint="Split into as many keys as you need, and draw from the children only.")
def test_bootstrap_means_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    reuses_no_key(learner.bootstrap_means, numbers.key(), numbers.normal(6), n_resamples=4)


def one_resample_after_the_other(key: Any, x: Any, n_resamples: int) -> Any:
    keys = jax.random.split(key, n_resamples)
    return jnp.stack([jax.random.choice(one, x, x.shape).mean() for one in keys])


def agree_on_average(text: str, got: Any, expected: Any) -> None:
    """Two bootstraps of the same data have the same centre and spread."""
    got, expected = np.asarray(got, np.float64), np.asarray(expected, np.float64)
    # 10 standard errors of a difference, for means that are close to normal.
    close = abs(got.mean() - expected.mean()) <= 10 * math.sqrt(2 / len(got)) * expected.std()
    if got.shape != expected.shape or not close or not 0.5 < got.std() / expected.std() < 2:
        rows = f"  expected  {expected.mean():.4g}, deviation {expected.std():.4g}"
        rows += f"\n  got       {got.mean():.4g}, deviation {got.std():.4g}"
        raise WrongAnswer(f"{text} has another mean or spread\n{rows}")


@check(
    "bootstrap_means",
    "speed",
    hint="Draw the indices of all resamples at once, a row for each, and average rows.",
)
def test_bootstrap_means_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.bootstrap_means.jit(static_argnames="n_resamples"),
        one_resample_after_the_other,
        named="a Python loop over resamples",
        draw=lambda size: (numbers.key(), numbers.normal(8), size),
        size=150,
        gate=8,
        numbers=numbers,
        agree=agree_on_average,
    )


# ---- sample_mixture

SAMPLES = 1000
MEANS = np.array([-1000.0, 1000.0, 3000.0])
STDS = np.array([0.1, 1.0, 10.0])
WEIGHTS = np.array([0.1, 0.2, 0.7])


def parameters(log_weights: Array, stds: Array = STDS) -> tuple[Any, ...]:
    """log_weights, means and stds as JAX arrays."""
    return tuple(jnp.asarray(values, jnp.float32) for values in (log_weights, MEANS, stds))


def mixture(learner: Learner, numbers: Numbers, log_weights: Array, stds: Array = STDS) -> Called:
    """A thousand samples of three components far from each other."""
    called = learner.sample_mixture(numbers.key(), *parameters(log_weights, stds), SAMPLES)
    must_have_shape(called, (SAMPLES,))
    return called.finite()


def components(called: Called) -> tuple[Array, Array]:
    """The component of each sample, and its distance in deviations. Raises WrongAnswer for a stray."""
    values = np.asarray(called.value, np.float64)
    component = np.argmin(np.abs(values[:, None] - MEANS), axis=1)
    # Deviations of more than 30 do not occur; 200 leaves room for every mistake about STDS.
    stray = np.abs(values - MEANS[component]) > 200
    if stray.any():
        place = int(np.argmax(stray))
        called.require(
            False,
            f"belongs to no component at index {place}",
            expected="a sample near one of the means -1000, 1000, 3000",
            got=f"{values[place]:.5g}",
            hint="Choose one component for each sample; do not average means.",
        )
    return component, (values - MEANS[component]) / STDS[component]


@check(
    "sample_mixture",
    "correct",
    hint="The only component that can be drawn has deviation 0: every sample is its mean.",
)
def test_sample_mixture_by_hand(learner: Learner, numbers: Numbers) -> None:
    called = mixture(learner, numbers, np.array([-np.inf, 3.0, -np.inf]), 0 * STDS)
    called.equals(np.full(SAMPLES, 1000, np.float32))


@check("sample_mixture", "correct", hint="jax.random.categorical takes log weights as they are.")
def test_sample_mixture_components_have_their_weights(learner: Learner, numbers: Numbers) -> None:
    called = mixture(learner, numbers, np.log(WEIGHTS) + 3)
    component = components(called)[0]
    called.require(
        len(set(component)) > 1,
        "draws one component for all samples",
        expected="a choice for each sample",
        got=f"the component with mean {MEANS[component[0]]:g} in all",
        hint="A choice for each sample: give categorical the shape (n,).",
    )
    shares = np.bincount(component, minlength=3) / SAMPLES
    names = [f"the component with mean {mean:g}" for mean in MEANS]
    shares_must_be(called, "has components of other weights", names, shares, WEIGHTS, SAMPLES)


@check(
    "sample_mixture",
    "correct",
    hint="A sample is its component's mean plus its component's deviation times its own normal.",
)
def test_sample_mixture_components_have_their_spread(learner: Learner, numbers: Numbers) -> None:
    called = mixture(learner, numbers, np.log(WEIGHTS))
    component, noise = components(called)
    for j in range(3):
        complaint = f"is wrong in component {j}, seen as (x - {MEANS[j]:g}) / {STDS[j]:g}"
        must_be_standard_normal(called, complaint, noise[component == j])


@check("sample_mixture", "correct", hint="Choose a component and draw noise for each sample by itself.")
def test_sample_mixture_samples_are_independent(learner: Learner, numbers: Numbers) -> None:
    called = mixture(learner, numbers, np.log(WEIGHTS))
    component, noise = components(called)
    share = WEIGHTS[2]
    must_not_repeat(called, "repeats its components", (component == 2) - share, share * (1 - share))
    must_not_repeat(called, "repeats its noise", np.sign(noise), 1.0)


@check(
    "sample_mixture",
    "correct",
    hint="Do not exponentiate raw log weights; work with logs, or subtract the largest first.",
)
def test_sample_mixture_survives_huge_log_weights(learner: Learner, numbers: Numbers) -> None:
    called = mixture(learner, numbers, np.array([1e4, 1e4, -1e4]))
    shares = np.bincount(components(called)[0], minlength=3) / SAMPLES
    names = [f"the component with mean {mean:g}" for mean in MEANS]
    shares_must_be(
        called, "has components of other weights", names, shares, np.array([0.5, 0.5, 0.0]), SAMPLES
    )


@check("sample_mixture", "correct", hint="Every draw must come from the key that is given.")
def test_sample_mixture_other_key_other_draw(learner: Learner, numbers: Numbers) -> None:
    must_differ(mixture(learner, numbers, np.log(WEIGHTS)), mixture(learner, numbers, np.log(WEIGHTS)))


@check("sample_mixture", "jit", hint="Weights are traced: a component of weight 0 needs no special case.")
def test_sample_mixture_compiles_once(learner: Learner, numbers: Numbers) -> None:
    # No Gumbel noise of float32 makes up for 40: another rounding under jit cannot change a component.
    calls = [
        (numbers.key(), *parameters(40.0 * np.arange(3))),
        (numbers.key(), *parameters(np.array([0, -np.inf, 40]))),
    ]
    results = compiles_once(learner.sample_mixture.jit(static_argnames="n"), calls, n=8)
    for arguments, called in zip(calls, results, strict=True):
        called.close_to(learner.sample_mixture(*arguments, 8).value)


@check("sample_mixture", "jit", hint="One call of categorical and one of normal draw all n at once.")
def test_sample_mixture_loops_stay_loops(learner: Learner, numbers: Numbers) -> None:
    arguments = (numbers.key(), numbers.normal(3), numbers.normal(3), numbers.uniform(1, 2, 3))
    same_size_for(learner.sample_mixture.jit(static_argnames="n"), (*arguments, 8), (*arguments, 32))


@check(
    "sample_mixture",
    "jit",
    hint="Two draws need two keys, or the component and its noise come from the same bits.",
)
def test_sample_mixture_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    arguments = (numbers.normal(3), numbers.normal(3), numbers.uniform(1, 2, 3))
    reuses_no_key(learner.sample_mixture, numbers.key(), *arguments, n=8)


# ---- random_walks

WALKS = (64, 256)


def steps(called: Called, shape: tuple[int, int]) -> Array:
    """The steps behind positions. Raises WrongAnswer at the first that is neither +1 nor -1."""
    must_have_shape(called, shape)
    called.require(called.value.dtype == jnp.int32, "has another dtype", expected="i32", got=called.value)
    moves = np.diff(np.asarray(called.value), axis=1, prepend=0)
    wrong = np.argwhere(np.abs(moves) != 1)
    if len(wrong):
        walk, time = (int(index) for index in wrong[0])
        called.require(
            False,
            f"makes a wrong step {time} in walk {walk}",
            expected=f"+1 or -1 from {'the start, 0' if time == 0 else 'the position before'}",
            got=f"{moves[walk, time]:+d}" if moves[walk, time] else "0",
        )
    return np.asarray(moves)


@check(
    "random_walks",
    "correct",
    hint="Draw steps of +1 and -1, a row for each walk, and sum each row up to every step.",
)
def test_random_walks_steps_are_plus_or_minus_one(learner: Learner, numbers: Numbers) -> None:
    steps(learner.random_walks(numbers.key(), *WALKS), WALKS)


@check(
    "random_walks",
    "correct",
    hint="Draw every step of every walk anew: one draw of the whole shape, or a key for each.",
)
def test_random_walks_walks_are_independent(learner: Learner, numbers: Numbers) -> None:
    called = learner.random_walks(numbers.key(), *WALKS)
    must_not_repeat(called, "repeats its steps", steps(called, WALKS), 1.0)


@check("random_walks", "correct", hint="Both directions have the same chance.")
def test_random_walks_both_directions_are_as_likely(learner: Learner, numbers: Numbers) -> None:
    called = learner.random_walks(numbers.key(), *WALKS)
    share = np.array([(steps(called, WALKS) == 1).mean()])
    shares_must_be(called, "leans to one side", ["+1"], share, np.array([0.5]), math.prod(WALKS))


@check("random_walks", "correct", hint="Every draw must come from the key that is given.")
def test_random_walks_other_key_other_draw(learner: Learner, numbers: Numbers) -> None:
    must_differ(learner.random_walks(numbers.key(), *WALKS), learner.random_walks(numbers.key(), *WALKS))


@check("random_walks", "jit", hint="Stay in jax.numpy: jnp.cumsum sums a row up to every step.")
def test_random_walks_compiles_once(learner: Learner, numbers: Numbers) -> None:
    keys = [numbers.key(), numbers.key()]
    compiled = learner.random_walks.jit(static_argnames=("n_walks", "n_steps"))
    results = compiles_once(compiled, [(key,) for key in keys], n_walks=3, n_steps=5)
    for key, called in zip(keys, results, strict=True):
        called.equals(learner.random_walks(key, 3, 5).value)


@check("random_walks", "jit", hint="Split the key, and draw from each child once.")
def test_random_walks_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    reuses_no_key(learner.random_walks, numbers.key(), n_walks=3, n_steps=5)


def one_walk_after_the_other(key: Any, n_walks: int, n_steps: int) -> Any:
    keys = jax.random.split(key, n_walks)
    return jnp.stack([jnp.cumsum(jax.random.rademacher(one, (n_steps,), dtype=jnp.int32)) for one in keys])


def agree_on_steps(text: str, got: Any, expected: Any) -> None:
    """Timed walks are walks of the right shape, too."""
    steps(Called(text, got), expected.shape)


@check(
    "random_walks",
    "jit",
    hint="Positions are running sums of steps: one operation gives them all. To go step by step, use lax.scan.",
)
def test_random_walks_has_no_python_loop_over_steps(learner: Learner, numbers: Numbers) -> None:
    # Loops over walks are left to the clock: few walks here, and as many for both.
    walks, key = learner.random_walks.jit(static_argnames=("n_walks", "n_steps")), numbers.key()
    same_size_for(walks, (key, 3, 8), (key, 3, 16))


@check(
    "random_walks", "speed", hint="Draw the steps of all walks in one call with the shape (n_walks, n_steps)."
)
def test_random_walks_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.random_walks.jit(static_argnames=("n_walks", "n_steps")),
        one_walk_after_the_other,
        named="a Python loop over walks",
        draw=lambda size: (numbers.key(), size, 4),
        size=300,
        gate=20,
        numbers=numbers,
        agree=agree_on_steps,
    )


# ---- shuffle_together

ROWS = 33


@check("shuffle_together", "correct", hint="Make one order of the rows, and index both with it.")
def test_shuffle_together_pairs_stay_pairs(learner: Learner, numbers: Numbers) -> None:
    # Labels that float32 cannot tell apart, and so many columns that their order does not stay by chance.
    x, y = numbers.normal((ROWS, 9)), jnp.asarray(2**24 + np.arange(ROWS))
    called = learner.shuffle_together(numbers.key(), x, y)
    order = np.asarray(called.value[1]) - 2**24
    missing = sorted(set(range(ROWS)) - set(order.tolist()))
    called[1].require(
        not missing,
        "has lost entries of y",
        expected="every entry exactly once",
        got=f"{len(missing)} of {ROWS} missing",
        hint="A shuffle only moves things: draw an order without repetitions.",
    )
    together = (np.asarray(called.value[0]) == np.asarray(x)[order]).all(axis=1)
    row = int(np.argmin(together))
    called.require(
        together.all(),
        f"breaks up pairs, first in row {row}",
        expected=f"new row {row} of x is old row {order[row]}, as in y",
        got="something else",
    )


@check(
    "shuffle_together",
    "correct",
    hint="jax.random.permutation gives every order the same chance; most home-made swaps do not.",
)
def test_shuffle_together_all_orders_are_as_likely(learner: Learner, numbers: Numbers) -> None:
    called = over_keys(
        learner.shuffle_together, numbers, 16384, numbers.normal((4, 3)), jnp.asarray(np.arange(4))
    )
    orders, draws = called.value[1], len(called.value[1])
    every = list(itertools.permutations(range(4)))
    shares = np.array([(orders == order).all(axis=1).mean() for order in every])
    names = [f"the order {list(order)}" for order in every]
    shares_must_be(called, "favours some orders", names, shares, np.full(24, 1 / 24), draws)


@check("shuffle_together", "jit", hint="An order is an array: index with it as it is.")
def test_shuffle_together_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.key(), numbers.normal((ROWS, 9)), numbers.integers(0, 9, ROWS)) for _ in range(2)]
    for arguments, called in zip(calls, compiles_once(learner.shuffle_together.jit(), calls), strict=True):
        called.equals(tuple(learner.shuffle_together(*arguments).value))


@check(
    "shuffle_together",
    "jit",
    hint="One permutation orders all rows; swaps in a Python loop are written out one by one.",
)
def test_shuffle_together_loops_stay_loops(learner: Learner, numbers: Numbers) -> None:
    small, large = ((numbers.key(), numbers.normal((n, 9)), numbers.permutation(n)) for n in (8, ROWS))
    same_size_for(learner.shuffle_together.jit(), small, large)


@check(
    "shuffle_together",
    "jit",
    hint="Draw one order, then index x and y with it: then one use of the key is enough.",
)
def test_shuffle_together_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    reuses_no_key(
        learner.shuffle_together, numbers.key(), numbers.normal((ROWS, 9)), numbers.permutation(ROWS)
    )


# ---- gumbel_top_k

LOGITS = np.log([1.0, 2.0, 5.0]) + 3  # probabilities 1/8, 2/8, 5/8


@check(
    "gumbel_top_k",
    "correct",
    hint="Return the indices of the k largest, not their values, and largest first.",
)
def test_gumbel_top_k_draws_different_indices(learner: Learner, numbers: Numbers) -> None:
    n, k = 33, 17
    logits = jnp.asarray(np.where(np.arange(n) % 4 == 0, -np.inf, numbers.normal(n)), jnp.float32)
    for _ in range(4):
        called = learner.gumbel_top_k(numbers.key(), logits, k)
        must_have_shape(called, (k,))
        indices = np.asarray(called.value).tolist()
        outside = [index for index in indices if not 0 <= index < n]
        called.require(not outside, "holds what is no index", expected=f"0 ... {n - 1}", got=str(outside[:4]))
        never = [index for index in indices if index % 4 == 0]
        called.require(
            not never,
            "draws what has a logit of -inf",
            expected="only finite logits",
            got=f"index {never[:1]}",
        )
        called.require(
            len(set(indices)) == k,
            "draws an index twice",
            expected=f"{k} different indices",
            got=f"{len(set(indices))} different",
            hint="Draw one noise for each logit and take the k largest; separate draws may repeat.",
        )


@check(
    "gumbel_top_k",
    "correct",
    hint="The rules leave choice and categorical out: perturb the logits yourself and take the top k.",
)
def test_gumbel_top_k_does_not_use_choice(learner: Learner) -> None:
    bans(learner.gumbel_top_k, "jax.random.choice", "jax.random.categorical")


@check(
    "gumbel_top_k",
    "correct",
    hint="logits + Gumbel noise, one value for each logit: the largest is a draw from softmax(logits).",
)
def test_gumbel_top_k_first_index_has_its_probability(learner: Learner, numbers: Numbers) -> None:
    called = over_keys(learner.gumbel_top_k, numbers, 16384, jnp.asarray(LOGITS, jnp.float32), 3)
    draws = len(called.value)
    must_have_shape(called, (draws, 3))
    shares = np.array([(called.value[:, 0] == j).mean() for j in range(3)])
    names = [f"index {j} first" for j in range(3)]
    shares_must_be(called, "draws with other probabilities", names, shares, np.array([1, 2, 5]) / 8, draws)


@check(
    "gumbel_top_k",
    "correct",
    hint="Indices come in the order of the perturbed logits, largest first. Mind the signs of the noise.",
)
def test_gumbel_top_k_order_has_its_probability(learner: Learner, numbers: Numbers) -> None:
    called = over_keys(learner.gumbel_top_k, numbers, 16384, jnp.asarray(LOGITS, jnp.float32), 3)
    weights, draws = np.array([1, 2, 5]), len(called.value)
    must_have_shape(called, (draws, 3))
    every = list(itertools.permutations(range(3)))
    shares = np.array([(called.value == order).all(axis=1).mean() for order in every])
    expected = np.array([weights[a] / 8 * weights[b] / (8 - weights[a]) for a, b, _ in every])
    names = [f"the order {list(order)}" for order in every]
    shares_must_be(called, "draws with other probabilities", names, shares, expected, draws)


@check(
    "gumbel_top_k",
    "correct",
    hint="Exponentials of such logits overflow or vanish: add the noise to the logits themselves.",
)
def test_gumbel_top_k_survives_huge_logits(learner: Learner, numbers: Numbers) -> None:
    # The noise is below 20 and above -5 in float32: it cannot change this order.
    learner.gumbel_top_k(numbers.key(), jnp.float32([-1e4, 1e4, 0.0]), 3).equals(np.array([1, 2, 0]))


@check("gumbel_top_k", "jit", hint="Keep the winners in an array; jax.lax.top_k gives all k at once.")
def test_gumbel_top_k_compiles_once(learner: Learner, numbers: Numbers) -> None:
    # So far apart that another rounding under jit cannot change the order.
    calls = [
        (numbers.key(), jnp.asarray(100 * np.asarray(numbers.permutation(33)), jnp.float32)) for _ in range(2)
    ]
    results = compiles_once(learner.gumbel_top_k.jit(static_argnames="k"), calls, k=17)
    for (_, logits), called in zip(calls, results, strict=True):
        called.equals(np.argsort(-np.asarray(logits))[:17])


@check(
    "gumbel_top_k",
    "jit",
    hint="One draw of noise and one top_k serve every k; a Python loop over draws is written out.",
)
def test_gumbel_top_k_loops_stay_loops(learner: Learner, numbers: Numbers) -> None:
    key, logits = numbers.key(), numbers.normal(33)
    same_size_for(learner.gumbel_top_k.jit(static_argnames="k"), (key, logits, 4), (key, logits, 17))


@check("gumbel_top_k", "jit", hint="One draw of Gumbel noise is all the randomness there is.")
def test_gumbel_top_k_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    reuses_no_key(learner.gumbel_top_k, numbers.key(), numbers.normal(33), k=17)
