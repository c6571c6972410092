"""What `on_device.py` makes of timings: a proposed gate for each speed check, the table to read, the sections to paste.

The rule for a gate: midway, as ratios go, between the fastest slow answer (the 90th percentile of its paired ratios, at least
x1) and the slowest right one (the 10th percentile), that is the square root of their product. But at most a quarter of the
latter, at least one and a half times the former, and at least x3. Where that would be more than two thirds of what the slowest
right answer reached, nothing keeps the two apart, and it is proposed to leave the check out on this platform.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from grader.toolkit.gates import LEAST

ABOVE_SLOW = 1.5
BELOW_RIGHT = 2 / 3
AT_MOST = 1 / 4


@dataclass(frozen=True, slots=True)
class Ratio:
    """What one answer reached in a speed check: baseline's time over its own."""

    answer: str  # "the reference", or the name that it has on file
    ratio: float
    low: float
    high: float
    gate: float
    status: str


@dataclass
class Timed:
    """All that was timed in one speed check, `day01.rolling_mean.beats_the_slicing_loop`."""

    check: str
    right: list[Ratio] = field(default_factory=list)
    slow: list[Ratio] = field(default_factory=list)

    @property
    def lowest(self) -> float:
        """Of all right answers."""
        return min((one.low for one in self.right), default=math.nan)

    @property
    def highest_slow(self) -> float:
        return max((one.high for one in self.slow), default=0.0)

    def proposed(self) -> float | None:
        """The gate by the rule above; None where there is none."""
        least = max(LEAST, ABOVE_SLOW * self.highest_slow)
        if not self.right or least > BELOW_RIGHT * self.lowest:
            return None
        midway = math.sqrt(max(1.0, self.highest_slow) * self.lowest)
        return two_digits(max(least, min(midway, AT_MOST * self.lowest)))


def timed_of(rows: Iterable[Mapping[str, Any]]) -> list[Timed]:
    """The timings among rows of `trials`, by check, the reference's first."""
    found: dict[str, Timed] = {}
    for row in rows:
        if "ratio" in row:
            names = ("answer", "ratio", "low", "high", "gate", "status")
            ratio = Ratio(**{name: row[name] for name in names})
            one = found.setdefault(row["check"], Timed(row["check"]))
            (one.slow if row["part"] == "slow" else one.right).append(ratio)
    return list(found.values())


def two_digits(number: float) -> float:
    """Rounded down to two digits that count, for a gate that one can read: 127.4 is 120."""
    step: float = 10.0 ** (math.floor(math.log10(number)) - 1)
    return float(f"{math.floor(number / step + 1e-9) * step:.6g}")


def lines(timed: Iterable[Timed], beside: Mapping[str, float]) -> list[str]:
    """A table to read; `beside` has the reference's ratios on the CPU, where they were measured, too."""
    rows = [("check", "reference", "spread", "gate", "slow answers", "proposed", "on the CPU")]
    for one in timed:
        if not one.right:
            continue
        reference = one.right[0]
        proposed = one.proposed()
        mark = "" if reference.status == "passed" else f" {reference.status}"
        rows.append(
            (
                one.check,
                f"x{reference.ratio:.3g}{mark}",
                f"{reference.low:.3g}-{reference.high:.3g}",
                f"x{reference.gate:g}",
                f"up to x{one.highest_slow:.3g}" if one.slow else "none tried",
                "leave out" if proposed is None else f"x{proposed:g}",
                f"x{beside[one.check]:.3g}" if one.check in beside else "",
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def sections(timed: Iterable[Timed], platform: str, measured_on: str) -> list[str]:
    """The sections of grader/days/gates.toml for a platform, as they were measured."""
    timed = [one for one in timed if one.right]
    gates = [(one.check, one.proposed()) for one in timed]
    found = [f"[{platform}]", f"measured_on = {json.dumps(measured_on)}", "", f"[{platform}.gates]"]
    found += [f"{json.dumps(check)} = {gate:g}" for check, gate in gates if gate is not None]
    found += ["", f"[{platform}.sizes]", "", f"[{platform}.left_out]"]
    for one in timed:
        if one.proposed() is None:
            slow = f"a slow answer x{one.highest_slow:.2g}" if one.slow else "no slow answer was tried"
            why = f"right answers reach x{one.lowest:.2g} there, {slow}."
            found.append(f"{json.dumps(one.check)} = {json.dumps(why)}")
    return found
