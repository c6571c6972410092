"""The deeper look at random_walks: long walks, and exact laws over many steps."""

from __future__ import annotations

import itertools
import math

import numpy as np

from grader.days.day03_random_keys.random_walks.checks import steps
from grader.days.day03_random_keys.shared import must_not_repeat, shares_must_be
from grader.toolkit import Called, Learner, Numbers, check

FAR = (64, 65_536)  # walks that come as far as 256 and more
LONG = (16, 16_384)
SHORT = (65_536, 4)


def walks(learner: Learner, numbers: Numbers, shape: tuple[int, int]) -> Called:
    compiled = learner.random_walks.jit(static_argnames=("n_walks", "n_steps"))
    return compiled(numbers.key(), n_walks=shape[0], n_steps=shape[1])


@check(
    "random_walks",
    "deeper",
    hint="Positions grow: add up in int32. int8 ends at 127, bfloat16 stands still at 256.",
)
def test_random_walks_walks_far(learner: Learner, numbers: Numbers) -> None:
    called = walks(learner, numbers, FAR)
    up = steps(called, FAR) == 1
    shares_must_be(
        called,
        "leans to one side",
        ["+1"],
        np.array([up.mean()]),
        np.array([0.5]),
        math.prod(FAR),
        hint="Both directions have the same chance, exactly one half.",
    )
    # Neighbours in disjoint pairs: each pair is a draw by itself.
    same = [(up[:, ::2] == up[:, 1::2]).mean(), (up[::2] == up[1::2]).mean()]
    names = ["a step like the one before", "a step like that of the walk beside"]
    shares_must_be(called, "repeats its steps", names, np.array(same), np.full(2, 0.5), math.prod(FAR) // 2)


@check(
    "random_walks",
    "deeper",
    hint="Of four steps all sixteen courses are equally likely, the last as the first.",
)
def test_random_walks_all_courses_are_as_likely(learner: Learner, numbers: Numbers) -> None:
    called = walks(learner, numbers, SHORT)
    taken = steps(called, SHORT)
    must_not_repeat(called, "repeats its steps", taken, 1.0)
    every = list(itertools.product((-1, 1), repeat=4))
    shares = np.array([(taken == course).all(axis=1).mean() for course in every])
    names = ["the course " + "".join("+" if step > 0 else "-" for step in course) for course in every]
    shares_must_be(called, "favours some courses", names, shares, np.full(16, 1 / 16), SHORT[0])


@check("random_walks", "deeper", hint="Draw every step of every walk anew, however many there are.")
def test_random_walks_steps_never_come_again(learner: Learner, numbers: Numbers) -> None:
    called = walks(learner, numbers, LONG)
    must_not_repeat(called, "repeats its steps", steps(called, LONG), 1.0)


@check("random_walks", "deeper", hint="One walk and one step are walks, too.")
def test_random_walks_of_one(learner: Learner, numbers: Numbers) -> None:
    for shape in ((1, 1), (1, 5), (5, 1)):
        steps(walks(learner, numbers, shape), shape)
