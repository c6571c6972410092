"""How verdicts hold while every core is kept busy by other programs.

    python benchmarks/verdicts_under_load.py [--busy N] [--rounds N] [all|speed|inside ...] [DAY ...]

So many burners (one for each processor, and one more, if nothing else is said) keep the machine busy. Then, ROUNDS times:

    all      every reference solution, and in each round another share of the right answers on file, so that the rounds together
             grade each of them once, whole, by the rules of a learner's run; whatever is refused is printed with its message.
             This is what runs when nothing is named.
    speed    the references of all exercises with a speed check; and a tenth as often a learner's tree of the naive answers on
             file, which must fail
    inside   inside this process, with other functions in the place of the learner's:

        the baseline itself        must never pass
        slowed to half the gate    must always fail
        slowed to twice the gate   must pass or be inconclusive
        the reference against itself (A/A): its ratio is 1, and what is found instead says how noisy the rule is

A slowed function is the reference and then a spin that takes processor time, so that load stretches it as it does
other programs. Prints the counts of each verdict. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import collections
import copy
import importlib
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from grader.judge import processes, runner  # noqa: E402
from grader.kata import catalogue  # noqa: E402
from grader.kata.answers import answers, learners_file, waves  # noqa: E402
from grader.options import Options  # noqa: E402
from grader.results import ACCEPTED, Aspect, RunResult  # noqa: E402

Counts = collections.Counter[str]


def burn() -> None:
    """Keep one core busy, with bursts of memory traffic."""
    while True:
        block = bytearray(2**22)
        for index in range(0, len(block), 4096):
            block[index] = 1


@contextmanager
def busy_machine(count: int) -> Iterator[None]:
    """So many burners."""
    burners = [multiprocessing.Process(target=burn, daemon=True) for _ in range(count)]
    for burner in burners:
        burner.start()
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()


# ---- right answers through the whole grader


def right_answers(rounds: int, days: list[catalogue.Day]) -> None:
    """Grade the references in each round, the other right answers in one of them, and print what is refused."""
    judged = refused = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory() as compiled,
        processes.Workers(Path(compiled)) as workers,  # programs are kept, as they are in a learner's runs
    ):
        for number in range(rounds):
            for day in days:
                begin, before = time.monotonic(), refused
                texts = [(day.solution.read_text(encoding="utf-8"), ["the reference"] * len(day.exercises))]
                others = list(waves("right", day))[number::rounds]
                texts += [(text, [one.label for one in wave]) for text, wave in others]
                for text, labels in texts:
                    results = graded(text, labels, day, Path(folder), workers, seed=number)
                    judged += len(results)
                    refused += sum(results)
                taken = time.monotonic() - begin
                print(f"round {number + 1}: {day.key}: {refused - before} refused, {taken:.0f} s", flush=True)
    print(f"{judged} verdicts on right answers, {refused} refused", flush=True)


def graded(
    text: str, labels: list[str], day: catalogue.Day, folder: Path, workers: processes.Workers, seed: int
) -> list[bool]:
    """Grade a learner's file; of each answer in it whether it was refused. The refused ones are printed."""
    file = day.file_in(folder)
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    reference = labels[0] == "the reference"
    asked = [day.key] if reference else [f"{day.key}.{label.partition('__')[0]}" for label in labels]
    result = runner.grade(catalogue.select(asked), folder, workers, Options(seed=seed))
    for fault in result.faults:
        print(fault, flush=True)
    found = []
    for exercise, label in zip(result.days[0].exercises, labels, strict=True):
        found.append(exercise.status not in ACCEPTED)
        if found[-1] and (lead := exercise.lead):
            what = f"{exercise.name} of the reference" if reference else label
            print(f"refused: {day.key} {what}, by {lead.name}:\n{lead.message}", flush=True)
    return found


# ---- timings through the whole grader


def speed_verdicts(result: RunResult) -> Counts:
    """How often each status came up among the speed checks of a run; those that need attention by name."""
    counts: Counts = collections.Counter()
    for day in result.days:
        for exercise in day.exercises:
            for check in exercise.checks:
                if check.aspect is Aspect.SPEED:
                    counts[check.status.value] += 1
                    if check.status.value not in {"passed", "failed"}:
                        counts[f"{check.status.value}: {day.day}.{exercise.name}"] += 1
    return counts


def timed_exercises(days: list[catalogue.Day]) -> list[str]:
    """The exercises that have a speed check, read from the checks by their marks."""
    found = []
    for day in days:
        for exercise in day.exercises:
            marks = day.checks_of(exercise.name).read_text(encoding="utf-8").split(f'"{exercise.name}"')[1:]
            if any(mark.lstrip(",\n ").startswith('"speed"') for mark in marks):
                found.append(f"{day.key}.{exercise.name}")
    return found


def naive_tree(folder: Path, days: list[catalogue.Day]) -> list[str]:
    """A learner's tree of the naive answers on file: right, and slow. Returns what to grade in it."""
    selectors = []
    for day in days:
        slow = {answer.exercise: answer for answer in answers("wrong", day) if answer.aspect == "speed"}
        file = day.file_in(folder)
        file.parent.mkdir(parents=True)
        file.write_text(learners_file(list(slow.values())), encoding="utf-8")
        selectors += [f"{day.key}.{name}" for name in slow]
    return selectors


def through_the_grader(runs: int, days: list[catalogue.Day]) -> None:
    solutions: Counts = collections.Counter()
    naive: Counts = collections.Counter()
    with tempfile.TemporaryDirectory() as folder, processes.Workers() as workers:
        timed = catalogue.select(timed_exercises(days))
        for run in range(runs):
            solutions += speed_verdicts(runner.grade(timed, catalogue.SOLUTIONS, workers, Options(seed=run)))
        tree = Path(folder)
        slow = catalogue.select(naive_tree(tree, days))
        for run in range(max(runs // 10, 1)):
            naive += speed_verdicts(runner.grade(slow, tree, workers, Options(seed=run)))
    print(f"reference solutions, {runs} runs: {dict(solutions)}", flush=True)
    print(f"naive answers, {max(runs // 10, 1)} runs: {dict(naive)}", flush=True)


# ---- inside this process


class InPlaceOfTheLearner:
    """A function that is timed instead of the learner's; the program that is looked at stays the learner's."""

    def __init__(self, call: Callable[..., Any], jitted: Any) -> None:
        self.call = call
        self.trace = jitted.trace

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self.call(*arguments, **keywords)


def slowed(function: Callable[..., Any], seconds: float) -> Callable[..., Any]:
    """The function, and then a spin, until it has taken so much processor time."""

    def slow(*arguments: Any, **keywords: Any) -> Any:
        end = time.thread_time() + seconds
        result = function(*arguments, **keywords)
        while time.thread_time() < end:
            pass
        return result

    return slow


def processor_time(
    function: Callable[..., Any], arguments: tuple[Any, ...], keywords: dict[str, Any]
) -> float:
    """The least processor time of five calls, after a warm-up: of all threads, for XLA shares large work among several."""
    function(*arguments, **keywords)
    times = []
    for _ in range(5):
        begin = time.process_time()
        function(*arguments, **keywords)
        times.append(time.process_time() - begin)
    return min(times)


def variant(name: str, must_beat: Callable[..., None]) -> Callable[..., None]:
    """`must_beat` with something else in the place of the learner's function."""

    def instead(learner: Any, handle: Any, baseline: Callable[..., Any], **options: Any) -> None:
        own = {"named", "draw", "size", "gate", "numbers", "agree"}
        keywords = {key: value for key, value in options.items() if key not in own}
        place = copy.copy(handle)
        if name == "the reference against itself":
            baseline = handle.function
        elif name == "the baseline itself":
            place.function = InPlaceOfTheLearner(baseline, handle.function)
        else:
            factor = 0.5 if name.endswith("half the gate") else 2.0
            seconds = processor_time(baseline, options["draw"](options["size"]), keywords) / (
                options["gate"] * factor
            )
            place.function = InPlaceOfTheLearner(slowed(handle.function, seconds), handle.function)
        must_beat(learner, place, baseline, **options)

    return instead


VARIANTS = (
    "the baseline itself",
    "slowed to half the gate",
    "slowed to twice the gate",
    "the reference against itself",
)


def inside_this_process(runs: int, days: list[catalogue.Day]) -> None:
    from grader.source.loading import load
    from grader.toolkit import Numbers, Verdict, speed
    from grader.toolkit.contract import Contract
    from grader.toolkit.session import Learner, Session
    from grader.worker import plugin

    plugin.prepare_jax()
    counts: dict[str, Counts] = {name: collections.Counter() for name in VARIANTS}
    ratios: list[float] = []
    for day in days:
        file = load(day.solution)
        session = Session(file, Contract(day.solution.read_text(encoding="utf-8")))
        modules = [
            importlib.import_module(f"grader.days.{day.folder}.{exercise.name}.checks")
            for exercise in day.exercises
        ]
        timed = [
            (module, function)
            for module in modules
            for function in vars(module).values()
            if any(mark.kwargs.get("aspect") == "speed" for mark in getattr(function, "pytestmark", []))
        ]
        for module, function in timed:
            for name in VARIANTS:
                vars(module)["must_beat"] = variant(name, speed.must_beat)
                for run in range(runs):
                    learner = Learner(session, file)
                    try:
                        function(learner, Numbers(run, function.__name__))
                        status = "passed"
                    except Verdict as verdict:
                        status = verdict.status.value
                    counts[name][status] += 1
                    wanted = {"passed", "inconclusive"} if name.endswith("twice the gate") else {"failed"}
                    if status not in wanted:
                        counts[name][f"{status}: {function.__name__}"] += 1
                    if name == "the reference against itself" and learner.speed is not None:
                        ratios.append(learner.speed.ratio)
    for name in VARIANTS:
        print(f"{name}, {runs} runs: {dict(counts[name])}", flush=True)
    ratios.sort()
    low, middle, high = (ratios[int(len(ratios) * part)] for part in (0.05, 0.5, 0.95))
    print(
        f"A/A ratios: median {middle:.3f}, 5th to 95th percentile {low:.3f} to {high:.3f}, "
        f"worst {ratios[0]:.3f} and {ratios[-1]:.3f}"
    )


def main() -> None:
    parts = {"all": right_answers, "speed": through_the_grader, "inside": inside_this_process}
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--busy", type=int, default=(os.cpu_count() or 1) + 1, help="so many burners")
    parser.add_argument("--rounds", type=int, default=10, help="how often each thing is done")
    parser.add_argument("words", nargs="*", help=f"{', '.join(parts)}; days")
    asked = parser.parse_intermixed_args()
    wanted = [word for word in asked.words if word in parts] or ["all"]
    days = [catalogue.find_day(word) for word in asked.words if word not in parts]
    begin = time.monotonic()
    with busy_machine(asked.busy):
        print(f"{asked.busy} burners on {os.cpu_count()} processors", flush=True)
        for part in wanted:
            parts[part](asked.rounds, days or list(catalogue.days()))
    print(f"{time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main()
