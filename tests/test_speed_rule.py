"""The rule that judges timings, on simulated samples: its error rates are figures, and no clock is read here."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import pytest

from grader.toolkit import Numbers, WrongAnswer, bound, must_beat, speed
from grader.toolkit.speed import PAIRS_A_ROUND, ROUNDS, Timing, crowded, decide, fair, least
from grader.toolkit.verdicts import Unclear
from tests.toolkit_session import learner_of

Pairs = list[tuple[float, float]]
TRIALS = 2000


def steady(ratio: float, rng: random.Random) -> Iterator[tuple[float, float]]:
    """A quiet machine: 5 % of noise on each sample."""
    while True:
        yield 1e-5 * rng.lognormvariate(0, 0.05), ratio * 1e-5 * rng.lognormvariate(0, 0.05)


def bursty(ratio: float, rng: random.Random) -> Iterator[tuple[float, float]]:
    """One sample in four is stretched up to ten times by a stray process."""
    for ours, theirs in steady(ratio, rng):
        yield (
            ours * (rng.uniform(1, 10) if rng.random() < 0.25 else 1),
            theirs * (rng.uniform(1, 10) if rng.random() < 0.25 else 1),
        )


def drifting(ratio: float, rng: random.Random) -> Iterator[tuple[float, float]]:
    """A processor that slows down to half its speed meanwhile."""
    for index, (ours, theirs) in enumerate(steady(ratio, rng)):
        slower = 1 + min(index / 15, 1)
        yield ours * slower, theirs * slower


def verdict(samples: Iterator[tuple[float, float]], gate: float) -> str:
    """The verdict after at most three rounds, as `must_beat` takes them."""
    pairs: Pairs = []
    for _ in range(speed.ROUNDS):
        pairs += itertools.islice(samples, PAIRS_A_ROUND)
        outcome = decide(pairs, gate).verdict
        if outcome != "unclear":
            break
    return outcome


def rates(
    machine: Callable[[float, random.Random], Iterator[tuple[float, float]]], ratio: float
) -> dict[str, float]:
    rng = random.Random(0)
    outcomes = [verdict(machine(ratio, rng), gate=40) for _ in range(TRIALS)]
    return {outcome: outcomes.count(outcome) / TRIALS for outcome in ("pass", "fail", "unclear")}


@pytest.mark.parametrize("machine", [steady, drifting, bursty], ids=lambda machine: machine.__name__)
def test_what_reaches_four_times_its_gate_never_fails(machine: Any) -> None:
    found = rates(machine, ratio=160)
    assert found["fail"] <= 0.001
    assert found["unclear"] <= 0.01


@pytest.mark.parametrize("machine", [steady, drifting, bursty], ids=lambda machine: machine.__name__)
def test_the_naive_way_itself_never_passes(machine: Any) -> None:
    assert rates(machine, ratio=1)["pass"] == 0


@pytest.mark.parametrize("machine", [steady, drifting], ids=lambda machine: machine.__name__)
def test_half_and_twice_the_gate_are_told_apart(machine: Any) -> None:
    assert rates(machine, ratio=20)["fail"] == 1
    assert rates(machine, ratio=80)["pass"] == 1


def preempted(ratio: float, rng: random.Random) -> Iterator[tuple[Timing, Timing]]:
    """A busy machine: long calls lose the processor again and again, short ones hardly ever. Baselines take 40 ms."""
    while True:
        ours, theirs = 0.04 / ratio * rng.lognormvariate(0, 0.05), 0.04 * rng.lognormvariate(0, 0.05)
        interrupted = rng.random() < ours / 0.004  # the length of a turn
        wall = ours * (rng.uniform(1.5, 4) if interrupted else 1)
        yield Timing(wall, ours), Timing(theirs * rng.uniform(1.5, 4), theirs)


@pytest.mark.parametrize(("ratio", "wanted"), [(1, "fail"), (20, "fail"), (80, "pass"), (160, "pass")])
def test_what_the_processor_does_for_others_moves_no_verdict(ratio: float, wanted: str) -> None:
    rng = random.Random(0)
    outcomes = [
        verdict(iter(fair(list(itertools.islice(preempted(ratio, rng), 15)))), gate=40) for _ in range(200)
    ]
    assert set(outcomes) == {wanted}


def test_a_call_that_waits_is_judged_by_the_clock_on_the_wall() -> None:
    asleep = [(Timing(wall=0.03, processor=0.0001), Timing(0.04, 0.04))] * 5
    assert decide(fair(asleep), gate=10).verdict == "fail"
    shared = [(Timing(wall=0.001, processor=0.002), Timing(0.04, 0.04))] * 5  # two threads, half the time
    assert decide(fair(shared), gate=30).ratio == pytest.approx(40)


RECORDED = json.loads(Path(__file__).with_name("recorded_timings.json").read_text(encoding="utf-8"))
WANTED = {"the reference": "pass", "slowed to twice the gate": "pass"}


def recorded(row: dict[str, Any]) -> list[tuple[Timing, Timing]]:
    return [(Timing(*pair[:2]), Timing(*pair[2:])) for pair in row["pairs"]]


@pytest.mark.parametrize("row", RECORDED, ids=lambda row: f"{row['exercise']}, {row['what']}")
def test_samples_recorded_on_a_busy_machine_get_the_right_verdict(row: dict[str, Any]) -> None:
    # Microseconds, as benchmarks/verdicts_under_load.py saw them with three burners and more on two processors.
    assert decide(fair(recorded(row)), row["gate"]).verdict == WANTED.get(row["what"], "fail")


def test_the_wall_clock_alone_would_have_passed_what_is_too_slow() -> None:
    row = next(r for r in RECORDED if r["exercise"] == "bilinear_sample" and "half" in r["what"])
    walls = [(ours.wall, theirs.wall) for ours, theirs in recorded(row)]
    assert decide(walls, row["gate"]).verdict == "pass"


def test_estimators_that_disagree_are_unclear() -> None:
    # The median clears the gate; the luckiest samples do not.
    pairs = [(1.0, 12.0), (1.0, 12.0), (0.5, 4.0)]
    assert decide(pairs, gate=10).verdict == "unclear"


def test_the_ratio_is_the_median_and_the_interval_holds_it() -> None:
    decision = decide([(1.0, 10.0), (1.0, 20.0), (1.0, 30.0)], gate=5)
    assert decision.ratio == 20
    assert decision.low <= 20 <= decision.high
    assert decision.verdict == "pass"


class Clock:
    """A clock that each function moves on by its own cost."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


SOURCE = """
def whole(x):
    return x * 2

def written_out(x):
    return jnp.stack([x[i] * 2 for i in range(x.shape[0])])
"""


def _time(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    ours: list[float],
    theirs: float,
    missed: float = 0.0,
) -> Any:
    """Run `must_beat` with calls that cost what they are told to; the baseline misses so many seconds besides."""
    clock, costs, wall = Clock(), itertools.cycle(ours), Clock()
    monkeypatch.setattr(bound, "clock", lambda: clock.now + wall.now)
    monkeypatch.setattr(bound, "processor_clock", clock)
    learner = learner_of(tmp_path, SOURCE)
    numbers = Numbers(0, "speed")
    handle = getattr(learner, name).jit()

    def costly(function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            clock.now += next(costs)
            return function(*arguments)

        return run

    def baseline(x: Any) -> Any:
        clock.now += theirs
        wall.now += missed
        return x * 2

    plain_run = handle.run
    monkeypatch.setattr(
        handle,
        "run",
        lambda text, f, *a: plain_run(text, f, costly(a[0]), *a[1:]) if a else plain_run(text, f),
    )
    must_beat(
        learner,
        handle,
        baseline,
        named="a baseline",
        draw=lambda n: (numbers.normal(n),),
        size=8,
        gate=10,
        numbers=numbers,
    )
    return learner.speed


def test_a_fast_function_passes_with_its_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured = _time(tmp_path, monkeypatch, "whole", [1.0], 50.0)
    assert (measured.ratio, measured.low, measured.high, measured.gate) == (50, 50, 50, 10)
    assert (measured.first_call_s, measured.steady_s, measured.baseline) == (1, 1, "a baseline")


def test_a_slow_function_fails_with_the_ratio_and_the_gate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(WrongAnswer) as caught:
        _time(tmp_path, monkeypatch, "whole", [1.0], 2.0)
    assert caught.value.message == (
        "jit(whole)(f32[8]) is right, but too slow\n  expected  x10 or more, against a baseline\n  got       x2 (2-2)"
    )


def test_a_loop_written_out_is_timed_as_written_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(WrongAnswer) as caught:
        _time(tmp_path, monkeypatch, "written_out", [1.0], 1.0)
    assert caught.value.message.startswith("written_out(f32[8]) is right, but too slow\n")
    assert "a Python loop, written out. It was timed as written, without jit." in caught.value.message


def test_what_cannot_be_told_from_noise_is_unclear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # One lucky sample in a round pulls the ratio of minima up; the median stays below the gate.
    with pytest.raises(Unclear, match="too close to its gate"):
        _time(tmp_path, monkeypatch, "whole", [2.0, 2.0, 2.0, 2.0, 0.5], 15.0)


def test_of_quick_calls_the_best_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Three of four find the caches cold.
    measured = _time(tmp_path, monkeypatch, "whole", [1e-3, 1e-3, 4e-3, 4e-3, 4e-3, 1e-3], 0.03)
    assert measured.ratio == pytest.approx(30)
    assert least([Timing(2.0, 1.0), Timing(1.5, 1.2)]) == Timing(1.5, 1.0)


def test_on_a_crowded_machine_all_rounds_are_taken_before_it_is_too_slow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = 0

    def counted(pairs: list[tuple[Timing, Timing]]) -> bool:
        nonlocal drawn
        drawn = len(pairs)
        return crowded(pairs)

    monkeypatch.setattr(speed, "crowded", counted)
    for missed, rounds in ((0.0, 1), (50.0, ROUNDS)):
        with pytest.raises(WrongAnswer):
            _time(tmp_path, monkeypatch, "whole", [1.0], 2.0, missed)
        assert drawn == rounds * PAIRS_A_ROUND


def test_timed_results_are_compared_too(tmp_path: Path) -> None:
    learner = learner_of(tmp_path, SOURCE)
    numbers = Numbers(0, "speed")
    with pytest.raises(WrongAnswer, match="is wrong at index"):
        must_beat(
            learner,
            learner.whole.jit(),
            lambda x: x * 3 + 1,
            named="a baseline",
            draw=lambda n: (jnp.abs(numbers.normal(n)),),
            size=8,
            gate=3,
            numbers=numbers,
        )
