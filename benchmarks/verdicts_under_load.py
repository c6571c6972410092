"""How speed verdicts hold while every core is kept busy by other programs.

    python benchmarks/verdicts_under_load.py [RUNS]

Grades the reference solutions of all exercises with a speed check RUNS times (30 by default) under one burner for each
processor and one more, then a learner's tree made of the naive baselines' kind: the wrong answers that must be caught by
their speed. Prints the counts of each verdict. Nothing is asserted.
"""

from __future__ import annotations

import collections
import multiprocessing
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from grader import catalogue, processes, runner  # noqa: E402
from grader.results import Aspect, RunResult  # noqa: E402
from tests.answers import answers  # noqa: E402

Counts = collections.Counter[str]


def burn() -> None:
    """Keep one core busy, with bursts of memory traffic."""
    while True:
        block = bytearray(2**22)
        for index in range(0, len(block), 4096):
            block[index] = 1


def speed_verdicts(result: RunResult) -> Counts:
    checks = [c for d in result.days for e in d.exercises for c in e.checks if c.aspect is Aspect.SPEED]
    return collections.Counter(check.status.value for check in checks)


def timed_exercises() -> list[str]:
    """The exercises that have a speed check, read from the checks by their marks."""
    found = []
    for day in catalogue.days():
        source = day.checks.read_text(encoding="utf-8")
        for exercise in day.exercises:
            marks = source.split(f'"{exercise.name}"')[1:]
            if any(mark.lstrip(",\n ").startswith('"speed"') for mark in marks):
                found.append(f"{day.key}.{exercise.name}")
    return found


def naive_tree(folder: Path) -> list[str]:
    """A learner's tree of the naive answers on file: right, and slow. Returns what to grade in it."""
    selectors = []
    for day in catalogue.days():
        imports, wrong = answers("wrong", day.folder)
        slow = {answer.exercise: answer for answer in wrong if answer.aspect == "speed"}
        file = day.file_in(folder)
        file.parent.mkdir(parents=True)
        file.write_text(
            "\n\n".join([imports, *(answer.source for answer in slow.values())]) + "\n", encoding="utf-8"
        )
        selectors += [f"{day.key}.{name}" for name in slow]
    return selectors


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    burners = [multiprocessing.Process(target=burn, daemon=True) for _ in range((os.cpu_count() or 1) + 1)]
    for burner in burners:
        burner.start()
    begin = time.monotonic()
    solutions: Counts = collections.Counter()
    naive: Counts = collections.Counter()
    with tempfile.TemporaryDirectory() as folder, processes.Workers() as workers:
        timed = catalogue.select(timed_exercises())
        for run in range(runs):
            solutions += speed_verdicts(runner.grade(timed, catalogue.SOLUTIONS, workers, seed=run))
        tree = Path(folder)
        slow = catalogue.select(naive_tree(tree))
        for run in range(max(runs // 10, 1)):
            naive += speed_verdicts(runner.grade(slow, tree, workers, seed=run))
    for burner in burners:
        burner.kill()
    print(f"{len(burners)} burners on {os.cpu_count()} processors, {time.monotonic() - begin:.0f} s")
    print(f"reference solutions, {runs} runs: {dict(solutions)}")
    print(f"naive answers, {max(runs // 10, 1)} runs: {dict(naive)}")


if __name__ == "__main__":
    main()
