"""A part of what there is to test, another part each day: where the whole would take too long for every run.

KATA_WHOLE=1        tests all there is
KATA_SAMPLE=20430   draws what was drawn on a day before; its number stands at the head of the run
"""

from __future__ import annotations

import datetime
import os
import random
from collections.abc import Sequence
from typing import TypeVar

SEED = "KATA_SAMPLE"
WHOLE = "KATA_WHOLE"
Item = TypeVar("Item")


def settle() -> int:
    """Fix the seed for this run and the processes it starts; without one in the environment it is the day's number."""
    return int(os.environ.setdefault(SEED, str(datetime.date.today().toordinal())))


def whole() -> bool:
    return bool(os.environ.get(WHOLE))


def sample(items: Sequence[Item], count: int, name: str) -> list[Item]:
    """So many of the items, in their order, or all of them. The seed and `name` say which: other names draw apart."""
    if whole() or count >= len(items):
        return list(items)
    chosen = random.Random(f"{settle()} {name}").sample(range(len(items)), count)
    return [items[place] for place in sorted(chosen)]
