"""Returns of a few episodes: gentle and harsh discounts, a jackpot beside pennies, a long way, and a reward that is NaN.

Each panel is the place where one kind of mistake cannot hide: rewards in the middle of an episode show the direction, rewards
right after an end show what bleeds over, a tiny discount breaks divisions, a jackpot eats the digits of what is beside it,
300 steps are more than a bounded horizon.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, bars, chart, points, steps

FEW, MANY = 40, 360


def draw(discounted_returns: Any) -> list[Any]:
    """Four panels, three of them with the same ends."""
    pair = jax.vmap(discounted_returns, in_axes=(0, None, 0))
    places, ends = np.arange(FEW), np.zeros(FEW, bool)
    ends[[11, 24]] = True
    rewards = np.zeros(FEW, np.float32)
    rewards[[5, 8, 11, 13, 20, 31, 39]] = 4, -2, 3, 6, 2, 5, 3
    rest = rewards.copy()
    rest[5] = np.nan
    large = rewards.copy()
    large[[6, 9, 14, 21, 32]] = 4e6, 2e6, -3e6, 3e6, 2e6
    gentle, harsh, missing = np.asarray(
        pair(
            jnp.asarray(np.stack([rewards, large, rest]), jnp.float32),
            jnp.asarray(ends),
            jnp.asarray([0.85, 1e-6, 0.85], jnp.float32),
        )
    )
    shown = [one for one in places if abs(large[one]) < 1e5]
    long_rewards = np.zeros(MANY, np.float32)
    long_rewards[:40], long_rewards[40], long_rewards[-1] = 1, 1e9, 1
    long_ends = np.zeros(MANY, bool)
    long_ends[[39, 40]] = True
    far = np.asarray(discounted_returns(jnp.asarray(long_rewards), jnp.asarray(long_ends), 0.97))
    thin = np.r_[0:44, 44:MANY:6, MANY - 1]
    return [
        chart(
            "three episodes, discount 0.85",
            bars(places, rewards, "rewards", given=True),
            points(places[ends], 0 * places[ends], "the end of an episode", given=True),
            steps(places, gentle, "returns"),
            across="step",
            up="return",
        ),
        chart(
            "a reward that is not a number, at step 5",
            points(places[ends], 0 * places[ends], "the end of an episode", given=True),
            steps(places, missing, "returns"),
            across="step",
            up="return",
        ),
        chart(
            "discount of a millionth, and millions right after some of the steps",
            points(places[ends], 0 * places[ends], "the end of an episode", given=True),
            points(shown, harsh[shown], "returns, where no millions are paid"),
            across="step",
            up="return",
        ),
        chart(
            "pennies, a jackpot for the next one, and a long way to one penny",
            points(thin, far[thin], "returns, discount 0.97"),
            across="step",
            up="return",
            log_up=True,
        ),
    ]


SCENE = Scene(
    "Returns of episodes: each step holds its reward and what follows in its own episode. Look at the steps beside the ends, "
    "at rewards that are huge or not numbers, and at one that is 300 steps away.",
    draw,
    shows=[
        "forwards",
        "still_flipped",
        "ends_too_early",
        "one_episode",
        "by_powers",
        "eight_doublings",
        "next_episode_subtracted",
        "nan_zero",
        "no_small_discount",
    ],
)
