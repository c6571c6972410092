"""The learner's function against the naive way, on this machine, now."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import jax
import numpy as np

from grader.findings import Finding, Kind
from grader.results import Speed
from grader.toolkit import bound, comparison, gates, wording
from grader.toolkit.handles import Handle
from grader.toolkit.inputs import Numbers
from grader.toolkit.labels import taking_names
from grader.toolkit.session import Learner
from grader.toolkit.structure import grows
from grader.toolkit.verdicts import Unclear, Verdict, WrongAnswer

PAIRS_A_ROUND = 5
ROUNDS = 3
_QUICK = 0.005  # seconds
# Calls of a quick function, each with new inputs, of which the best counts: what others left in the caches is nobody's doing.
_CALLS = 4
_CROWDED = 1.5  # times its processor time: a baseline that takes longer than that is kept from running
_WAITS = 4.0  # times its processor time: a call that takes longer than that waits for something

Draw = Callable[[int], tuple[Any, ...]]
Agreement = Callable[[str, Any, Any], None]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the samples say about a gate. Ratios are baseline time over learner's time."""

    verdict: Literal["pass", "fail", "unclear"]
    ratio: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Timing:
    """One timed call: seconds by the clock on the wall, and seconds of processor time in all threads."""

    wall: float
    processor: float


def fair(pairs: Sequence[tuple[Timing, Timing]]) -> list[tuple[float, float]]:
    """What the calls of (learner, baseline) cost, in seconds that other programs cannot stretch.

    On a busy machine a long call is interrupted and a short one is not: by the wall clock, a baseline of
    40 ms looks up to three times as slow beside a call of 400 µs. So processor time counts where it is the
    lesser, and the wall clock where threads share the work. When even the learner's best call took far longer than
    its processor time, it waits (for another process, a device, a sleep), and the wall clock is all there is.
    """
    waits = min(ours.wall - _WAITS * ours.processor for ours, _ in pairs) > 0
    if waits or jax.default_backend() != "cpu":
        return [(ours.wall, theirs.wall) for ours, theirs in pairs]
    return [(min(ours.wall, ours.processor), min(theirs.wall, theirs.processor)) for ours, theirs in pairs]


def crowded(pairs: Sequence[tuple[Timing, Timing]]) -> bool:
    """Whether other programs kept ours from running meanwhile.

    Then a call of 100 µs, in which XLA wakes a thread of its own, is interrupted each time, and takes several times as long:
    it may take all rounds to see it at its best.
    """
    walls, processor = (sum(getattr(theirs, name) for _, theirs in pairs) for name in ("wall", "processor"))
    return bool(walls > _CROWDED * processor) and jax.default_backend() == "cpu"


def least(timings: Sequence[Timing]) -> Timing:
    """What a call takes at its best."""
    return Timing(min(one.wall for one in timings), min(one.processor for one in timings))


def decide(pairs: Sequence[tuple[float, float]], gate: float) -> Decision:
    """Judge pairs of (learner's seconds, baseline seconds) against a gate.

    Two estimators must agree: the median of the ratios within pairs, which bursts of load hit on both
    sides, and the ratio of minima, which only luck can flatter. low and high are the 10th and 90th
    percentile of the paired ratios.
    """
    ratios = sorted(baseline / ours for ours, baseline in pairs)
    median = statistics.median(ratios)
    minima = min(baseline for _, baseline in pairs) / min(ours for ours, _ in pairs)
    low, high = np.percentile(ratios, [10, 90])
    cleared = (median >= gate, minima >= gate)
    verdict: Literal["pass", "fail", "unclear"] = (
        "pass" if all(cleared) else "unclear" if any(cleared) else "fail"
    )
    return Decision(verdict, median, float(low), float(high))


def must_beat(
    learner: Learner,
    handle: Handle,
    baseline: Callable[..., Any],
    *,
    named: str,
    draw: Draw,
    size: int,
    gate: float,
    numbers: Numbers,
    agree: Agreement | None = None,
    **keywords: Any,
) -> None:
    """Time a jit handle against the naive way and compare the ratio with the gate.

    named     the baseline in words: "a Python double loop"
    draw      size -> positional arguments, new ones at each call
    size      of the timed problem; half of it is traced, too: a program that grows with its size is a
              Python loop written out, and such a function is timed as it was written, without jit
    gate      the smallest ratio that passes on a CPU; those of other platforms, and sizes where they need others, stand in
              `days/gates.toml`
    agree     compares (call, learner's result, baseline's result); close values when it is not given
    keywords  go along with every call of both (static arguments, as a rule)

    Raises WrongAnswer below the gate, Unclear when three rounds of pairs cannot tell, or when a gate that nobody has measured
    on this platform is all that speaks against it; Unavailable where this platform is not timed.
    """
    here = gates.gate_for(learner.check, jax.default_backend(), ratio=gate, size=size)
    needed, size = here.ratio, here.size
    agree = agree or _close
    baseline = taking_names(baseline)
    arguments = draw(size)
    text = wording.call(handle.shown, arguments, keywords)
    small, large = handle.program(*draw(size // 2), **keywords), handle.program(*arguments, **keywords)
    unrolled = grows(small.size, large.size)
    function = handle.raw if unrolled else handle.function
    without_jit = unrolled and bool(large.jitted_names & handle.session.learner.function_names)
    if unrolled:
        text = wording.call(handle.name, arguments, keywords)

    def timed(what: Callable[..., Any], values: tuple[Any, ...]) -> tuple[Timing, Any]:
        begin, processor = bound.clock(), bound.processor_clock()
        result = bound.block_until_ready(what(*values, **keywords))
        return Timing(bound.clock() - begin, bound.processor_clock() - processor), result

    def timed_learner(values: tuple[Any, ...]) -> tuple[Timing, Any]:
        with jax.disable_jit(without_jit):  # a loop written out under a jit of the learner's own
            return handle.run(text, timed, function, values)  # type: ignore[no-any-return]

    first_call, result = timed_learner(arguments)

    def timed_baseline(values: tuple[Any, ...]) -> tuple[Timing, Any]:
        return timed(baseline, values)

    again, _ = timed_learner(arguments)
    usual, wanted = timed_baseline(arguments)
    agree(text, result, wanted)
    handle.remember(arguments, keywords)

    both = timed_learner, timed_baseline
    calls = {
        run: _CALLS if taken < _QUICK else 1 for run, taken in zip(both, *fair([(again, usual)]), strict=True)
    }
    pairs: list[tuple[Timing, Timing]] = []
    decision = Decision("unclear", 0.0, 0.0, 0.0)
    for _ in range(ROUNDS):
        for _ in range(PAIRS_A_ROUND):
            drawn = [bound.block_until_ready(draw(size)) for _ in range(max(calls.values()))]
            in_turn = both if numbers.coin() else both[::-1]
            taken = {run: [run(values) for values in drawn[: calls[run]]] for run in in_turn}
            (_, result), (_, wanted) = (taken[run][0] for run in both)  # of the first inputs, which both had
            agree(text, result, wanted)
            ours, theirs = (least([timing for timing, _ in taken[run]]) for run in both)
            pairs.append((ours, theirs))
        decision = decide(fair(pairs), needed)
        if decision.verdict == "pass" or (decision.verdict == "fail" and not crowded(pairs)):
            break

    learner.speed = Speed(
        ratio=decision.ratio,
        low=decision.low,
        high=decision.high,
        gate=needed,
        baseline=named,
        first_call_s=first_call.wall,
        steady_s=statistics.median(ours.wall for ours, _ in pairs),
    )
    if decision.verdict == "pass":
        return
    cause = (
        f"Its program has {small.size} operations at half the size and {large.size} at the full size:\n"
        "a Python loop, written out. It was timed as written, without jit."
    )
    too_slow = Finding(
        "is right, but too slow",
        Kind.TOO_SLOW,
        text,
        expected=f"x{needed:g} or more, against {named}",
        got=f"x{decision.ratio:.3g} ({decision.low:.3g}-{decision.high:.3g})",
        cause=cause if unrolled and decision.verdict == "fail" else "",
        notes=(here.note,) if here.note else (),
    )
    raise _short_of(here, decision, too_slow)


def _short_of(gate: gates.Gate, decision: Decision, too_slow: Finding) -> Verdict:
    """The verdict on what has not cleared its gate."""
    if decision.verdict == "unclear":
        complaint = "is too close to its gate to tell on this machine"
        hint = "Run it again when less is going on."
    elif gate.is_measured or decision.ratio < gates.LEAST:
        return WrongAnswer(too_slow)
    else:
        complaint = "is below a gate that nobody has measured on this platform"
        hint = "This does not count against you: there is no telling yet what is slow here."
    return Unclear(replace(too_slow, complaint=complaint, kind=Kind.UNCLEAR), hint=hint)


def _close(text: str, result: Any, wanted: Any) -> None:
    """The timed results agree: loosely, for both are float32."""
    wanted = jax.tree.map(lambda leaf: np.asarray(leaf), wanted)
    comparison.compare(text, result, wanted, rtol=1e-3, atol=1e-3)
