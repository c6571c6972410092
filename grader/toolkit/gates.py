"""What a speed check asks for on this platform: the CPU's gate stands in the check, those of others in `days/gates.toml`."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from grader.kata import catalogue
from grader.toolkit.verdicts import Unavailable

FILE = catalogue.DAYS / "gates.toml"
LEAST = 3.0  # no gate is below it
TIME_ALL = "KATA_TIME_ALL"  # in the environment: time what the table leaves out, too, as benchmarks/on_device.py does


@dataclass(frozen=True, slots=True)
class Gate:
    """The smallest ratio that passes, and the size of the timed problem.

    `is_measured` tells a gate that somebody has measured on this platform from a guess, and from one that is borrowed from
    the CPU; `note` says so in a message, and is empty for the others.
    """

    ratio: float
    size: int
    is_measured: bool = True
    note: str = ""


@cache
def table() -> dict[str, Any]:
    """The whole table: platform -> measured_on, gates, sizes, left_out."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def gate_for(check: str, platform: str, *, ratio: float, size: int) -> Gate:
    """The gate of a check, `day01.softmax.beats_the_loop`, on a platform; `ratio` and `size` are those for the CPU.

    What the table does not name is as on the CPU. Raises Unavailable where the table leaves the check out.
    """
    if platform == "cpu":
        return Gate(float(ratio), size)
    of_platform = table().get(platform, {})
    why = of_platform.get("left_out", {}).get(check, "")
    if why and not os.environ.get(TIME_ALL):
        raise Unavailable(f"Not timed on a {platform}: {why}")
    own = of_platform.get("gates", {}).get(check)
    measured = own is not None and bool(of_platform.get("measured_on"))
    size = int(of_platform.get("sizes", {}).get(check, size))
    if measured:
        return Gate(float(own), size)
    whose = "the CPU's" if own is None else "a guess"
    note = f"The gate is {whose}: nobody has measured this check on a {platform} yet."
    return Gate(float(ratio if own is None else own), size, is_measured=False, note=note)
