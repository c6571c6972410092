"""Grade a day's answers on file and print what caught each: `python -m tests.try_answers day01 [wrong|right] [exercise]`."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import psutil

from grader.authoring.trial import aspects_for
from grader.judge import processes, runner
from grader.kata import catalogue
from grader.kata.answers import Answer, waves
from grader.options import Options
from grader.results import Aspect, RunResult

WARM = "KATA_WARM"  # in the environment: judge by workers that have warmed up, as `watch` does


def grade_wave(
    workers: processes.Workers,
    folder: str,
    stem: str,
    source: str,
    wave: list[Answer],
    seed: int = 0,
    aspects: tuple[Aspect, ...] = (),
) -> RunResult:
    """Grade one learner's file made of answers: on these aspects, or on those that they need."""
    selections = catalogue.select([f"{folder}.{answer.exercise}" for answer in wave])
    # One worker: several tests run at once, and each worker compiles what another has compiled already.
    options = Options(seed=seed, parallel=1, aspects=aspects or aspects_for(wave))
    with tempfile.TemporaryDirectory() as tree:
        file = Path(tree) / folder / f"{stem}.py"
        file.parent.mkdir()
        file.write_text(source, encoding="utf-8")
        if os.environ.get(WARM):
            runner.warm_up(selections[0], Path(tree), workers, options)
            _until_idle(psutil.Process(workers.waiting()[-1]))
        return runner.grade(selections, Path(tree), workers, options)


def _until_idle(process: psutil.Process) -> None:
    """Wait while a process computes."""
    before = -1.0
    while (now := process.cpu_times().user) > before:
        before = now
        time.sleep(1.0)


def main() -> None:
    with processes.Workers() as workers:
        _try(workers, catalogue.find_day(sys.argv[1]), sys.argv[2:3] or ["wrong", "right"], sys.argv[3:])


def _try(workers: processes.Workers, day: catalogue.Day, kinds: list[str], only: list[str]) -> None:
    for kind in kinds:
        for source, wave in waves(kind, day):
            wave = [answer for answer in wave if not only or answer.exercise in only]
            if not wave:
                continue
            aspects = tuple(Aspect) if kind == "right" else ()
            result = grade_wave(workers, day.folder, day.stem, source, wave, aspects=aspects)
            for fault in result.faults:
                print(fault)
            by_name = {exercise.name: exercise for exercise in result.days[0].exercises}
            for answer in wave:
                lead = by_name[answer.exercise].lead
                got = (lead.aspect.value, lead.name) if lead else ("", "")
                verdict = "ok   " if got == (answer.aspect, answer.check) else "WRONG"
                status = lead.status.value if lead else by_name[answer.exercise].status.value
                print(f"{verdict} {answer.label:<60} {status:<12} by {got[0]} {got[1]}")
                if verdict != "ok   " and lead:
                    print(f"      wanted {answer.aspect} {answer.check}\n{lead.message}\n{lead.details}")


if __name__ == "__main__":
    main()
