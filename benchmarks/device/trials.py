"""What `on_device.py` tries, part by part, within its time: each step is printed as it comes, and kept in a file."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.verdicts_under_load import timed_exercises
from grader.findings import Kind
from grader.judge import runner
from grader.judge.processes import Workers
from grader.kata import catalogue
from grader.kata.answers import Answer, answers, learners_file, waves
from grader.kata.catalogue import Day, Selection
from grader.kata.files import write
from grader.options import UNTIMED, Options
from grader.results import ACCEPTED, FIRST_LOOK, Aspect, CheckResult, RunResult, Status

PLATFORMS = {"cpu": "cpu", "gpu": "cuda,cpu", "tpu": "tpu,cpu"}  # -> JAX_PLATFORMS
REFERENCE = "the reference"
_PATIENCE = 60.0  # seconds for a check: on a GPU the first of each kind compiles for long
_OTHER_CHECK = "slow, other check"
_SHOWN = 4  # steps that there was no time for, of each part
_LAST = 3.0  # seconds kept for what stands at the end
_FIRST_GUESS = 5.0  # seconds that the first step of a part may take

Row = dict[str, Any]  # of a check: what it judged, where, and how that ended


class Report:
    """What was found so far. `skipped` are the steps that were not taken, for want of time."""

    def __init__(self, file: Path, asked: argparse.Namespace) -> None:
        self.file = file
        self.rows: list[Row] = []
        self.skipped: list[tuple[str, str]] = []  # part, step
        self.faults: list[str] = []
        self._more: dict[str, Any] = {"asked": vars(asked)}

    def say(self, *lines: str) -> None:
        for line in lines:
            print(line, flush=True)

    def keep(self, **more: Any) -> None:
        """Write all of it down, with more."""
        self._more |= more
        found = {**self._more, "left_out": self.skipped, "faults": self.faults, "checks": self.rows}
        write(self.file, (json.dumps(found, indent=1) + "\n").encode())

    def skipped_in_words(self) -> list[str]:
        """By part; of a part of many steps the first few."""
        parts = {part: [name for one, name in self.skipped if one == part] for part, _ in self.skipped}
        return [
            f"{part}: {', '.join(names[:_SHOWN])}{f' and {len(names) - _SHOWN} more' if len(names) > _SHOWN else ''}"
            for part, names in parts.items()
        ]

    def of_part(self, *parts: str) -> list[Row]:
        return [row for row in self.rows if row["part"] in parts]


def is_bad(row: Row) -> bool:
    return row["status"] not in ACCEPTED


class Budget:
    """The time that is left."""

    def __init__(self, minutes: float) -> None:
        self.end = time.monotonic() + 60 * minutes - _LAST

    @property
    def left(self) -> float:
        return self.end - time.monotonic()

    def steps(self, part: str, steps: Iterable[tuple[str, Any]], report: Report) -> Iterator[Any]:
        """Those that can be done in time, if each takes as long as those before it did in the mean."""
        taken = [_FIRST_GUESS]
        for name, step in steps:
            if self.left < statistics.fmean(taken):
                report.skipped.append((part, name))
                continue
            begin = time.monotonic()
            yield step
            taken.append(time.monotonic() - begin)
            report.keep()


@contextmanager
def trial_on(platform: str, budget: Budget, report: Report, cache: Path) -> Iterator[Trial]:
    """Grading on a platform, with a folder for compiled programs; when the time is up, what runs is ended."""
    os.environ["JAX_PLATFORMS"] = PLATFORMS.get(platform, platform)
    # The end of one set of workers takes a helper of multiprocessing's with it; the next set begins another.
    warnings.filterwarnings("ignore", message="resource_tracker: process died")
    with tempfile.TemporaryDirectory() as folder, Workers(cache) as workers:
        watchdog = threading.Timer(max(budget.left, 0.1), workers.interrupt)
        watchdog.daemon = True
        watchdog.start()
        try:
            yield Trial(workers, budget, report, platform, Path(folder))
        finally:
            watchdog.cancel()


class Trial:
    """The parts, on one platform."""

    def __init__(self, workers: Workers, budget: Budget, report: Report, platform: str, folder: Path) -> None:
        self._workers, self._budget, self._report = workers, budget, report
        self._platform, self._folder = platform, folder
        self._numbers = itertools.count()

    def references(self, chosen: Sequence[Selection], aspects: tuple[Aspect, ...], part: str) -> None:
        """The reference solutions, day by day."""
        steps = [(one.day.key, _selectors(one)) for one in chosen]
        for names in self._budget.steps(part, steps, self._report):
            self._grade(part, {}, names, aspects, catalogue.SOLUTIONS)

    def speed(self, chosen: Sequence[Selection], part: str) -> None:
        """The speed checks on the reference solutions, day by day."""
        steps = []
        for one in chosen:
            timed = [name for name in timed_exercises([one.day]) if name in _selectors(one)]
            steps += [(one.day.key, timed)] if timed else []
        for names in self._budget.steps(part, steps, self._report):
            self._grade(part, {}, names, (Aspect.SPEED,), catalogue.SOLUTIONS)

    def slow(self, chosen: Sequence[Selection]) -> None:
        """The slow answers on file, on speed alone; those that do not fail are printed."""
        for day, deal in self._budget.steps("slow", _slow_deals(chosen), self._report):
            rows = self._grade_deal("slow", day, deal, (Aspect.SPEED,))
            checks = {f"{day.key}.{answer.exercise}.{answer.check}" for answer in deal}
            for row in rows:
                if row["check"] not in checks:  # another speed check, which it may pass
                    row["part"] = _OTHER_CHECK
                elif row["status"] != Status.FAILED:
                    ratio = f": x{row['ratio']:.3g}, gate x{row['gate']:g}" if "ratio" in row else ""
                    self._report.say(f"  {row['answer']} is {row['status']}{ratio}")

    def right(self, chosen: Sequence[Selection]) -> None:
        """Right answers in other styles: the first of each exercise on all days, then the second, and so on."""
        dealt = []
        for one in chosen:
            deals = (
                [answer for answer in deal if _is_of(answer, one)] for _, deal in waves("right", one.day)
            )
            dealt.append([(one.day, deal) for deal in deals if deal])
        rounds = [one for several in itertools.zip_longest(*dealt) for one in several if one]
        steps = [(f"{day.key} {deal[0].label} ...", (day, deal)) for day, deal in rounds]
        for day, deal in self._budget.steps("right", steps, self._report):
            self._grade_deal("right", day, deal, FIRST_LOOK)

    def again(self, failed: Sequence[Row], part: str) -> None:
        """What failed on another platform, here."""
        names = list(dict.fromkeys(row["check"].rpartition(".")[0] for row in failed))
        for name in self._budget.steps(part, [(name, name) for name in names], self._report):
            rows = self._grade(part, {}, [name], UNTIMED, catalogue.SOLUTIONS)
            here = {row["check"]: row["status"] for row in rows}
            for row in failed:
                if here.get(row["check"], row["status"]) != row["status"]:
                    self._report.say(f"  differs: {row['check']} has {here[row['check']]} on the CPU")

    def _grade_deal(
        self, part: str, day: Day, deal: Sequence[Answer], aspects: tuple[Aspect, ...]
    ) -> list[Row]:
        """Answers to different exercises of a day, as one learner's file."""
        tree = self._folder / f"tree-{next(self._numbers)}"
        file = day.file_in(tree)
        file.parent.mkdir(parents=True)
        file.write_text(learners_file(deal), encoding="utf-8")
        labels = {answer.exercise: answer.label for answer in deal}
        return self._grade(part, labels, [f"{day.key}.{name}" for name in labels], aspects, tree)

    def _grade(
        self, part: str, labels: dict[str, str], asked: list[str], aspects: tuple[Aspect, ...], tree: Path
    ) -> list[Row]:
        """Grade, print what became of it, and return a row for each check. `labels` are the answers' names, by exercise."""
        begin = time.monotonic()
        options = Options(seed=0, aspects=aspects, check_timeout=_PATIENCE)
        result = runner.grade(catalogue.select(asked), tree, self._workers, options)
        rows = [{"part": part, "platform": self._platform, **row} for row in _rows(result, labels)]
        self._report.rows += rows
        self._report.faults += result.faults
        counts = ", ".join(
            f"{count} {word}" for word, count in Counter(row["status"] for row in rows).items()
        )
        took = f"{time.monotonic() - begin:.1f} s"
        self._report.say(f"{part:<11} {asked[0].partition('.')[0]}: {counts or 'nothing'}, {took}")
        self._report.say(*(f"  FAULT: {fault}" for fault in result.faults))
        for row in rows:
            if is_bad(row) and part != "slow":
                message = [f"    {line}" for line in row["message"].splitlines()[:12]]
                self._report.say(f"  {row['status']}: {row['check']}, {row['answer']}", *message)
        if result.interrupted:
            raise KeyboardInterrupt
        return rows


def _rows(result: RunResult, labels: dict[str, str]) -> Iterator[Row]:
    """A row for each check that a run came to."""
    for day in result.days:
        for exercise in day.exercises:
            for check in exercise.checks:
                if not (check.finding and check.finding.kind is Kind.NOT_RUN):
                    name = f"{day.day}.{exercise.name}.{check.name}"
                    yield {
                        "check": name,
                        "answer": labels.get(exercise.name, REFERENCE),
                        **_fields(check),
                    } | {"devices": day.devices}


def _fields(check: CheckResult) -> Row:
    fields: Row = {"aspect": check.aspect, "status": check.status, "seconds": round(check.seconds, 2)}
    if check.message:
        fields |= {"message": check.message, "details": check.details[-4000:]}
    if check.speed:
        fields |= {name: getattr(check.speed, name) for name in ("ratio", "low", "high", "gate", "steady_s")}
    return {"message": "", **fields}


def _selectors(chosen: Selection) -> list[str]:
    return [f"{chosen.day.key}.{exercise.name}" for exercise in chosen.exercises]


def _is_of(answer: Answer, chosen: Selection) -> bool:
    return any(answer.exercise == exercise.name for exercise in chosen.exercises)


def _slow_deals(chosen: Sequence[Selection]) -> list[tuple[str, tuple[Day, list[Answer]]]]:
    """Slow answers to different exercises of a day, to be graded together."""
    found = []
    for one in chosen:
        by_exercise: dict[str, list[Answer]] = {}
        for answer in answers("wrong", one.day):
            if answer.aspect == Aspect.SPEED and _is_of(answer, one):
                by_exercise.setdefault(answer.exercise, []).append(answer)
        for several in itertools.zip_longest(*by_exercise.values()):
            deal = [answer for answer in several if answer]
            found.append((f"{one.day.key} {', '.join(slow.label for slow in deal)}", (one.day, deal)))
    return found
