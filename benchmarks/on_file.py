"""Grade all that is on file in this environment: solutions must pass, wrong answers be caught by their check, right ones pass.

    python benchmarks/on_file.py [day ...] [--only KIND] [--sample N] [--seed N] [--speed] [--json FILE]

Prints a line for each that ends otherwise, and at the end how many there were of each kind. With `--sample 3` the answers of
every third wave are graded (a wave is a file with one answer to each exercise of a day). Without `--speed` nothing is timed, and
answers that only a timing can catch are left out. `--only right --seed 7` grades the right answers with other random inputs than
the tests do. Of the solutions the warnings are told, too: their checks run once more under
plain pytest, with warnings as errors. Ends with 1 where something differs, with 3 where this script fails.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from grader.authoring.trial import aspects_for, caught_by, grade_text
from grader.judge.processes import Workers
from grader.kata import catalogue
from grader.kata.answers import Answer, Kind, waves
from grader.kata.catalogue import Day
from grader.options import UNTIMED
from grader.results import FIRST_LOOK, Aspect, RunResult, Status

ROOT = Path(__file__).resolve().parents[1]
KINDS: tuple[Kind, ...] = ("wrong", "right")
_WARNINGS_TIMEOUT = 500  # seconds for the checks of a day


@dataclass(frozen=True)
class Outcome:
    """What became of one answer, or of one check of a solution."""

    day: str
    kind: str  # solution, wrong, right, or warnings
    name: str
    ok: bool
    wanted: str = ""
    got: str = ""
    message: str = ""

    def __str__(self) -> str:
        wanted = f" instead of {self.wanted}" if self.wanted else ""
        return f"{self.day} {self.kind} {self.name}: {self.got}{wanted}\n    {self.message[:400]}".rstrip()


def of_solutions(workers: Workers, day: Day, *, timed: bool, seed: int) -> Iterator[Outcome]:
    """Each check of the reference solutions, the deeper look among them."""
    aspects = (*(FIRST_LOOK if timed else UNTIMED), Aspect.DEEPER)
    names = [exercise.name for exercise in day.exercises]
    text = day.solution.read_text(encoding="utf-8")
    result = grade_text(workers, day, text, names, seed=seed, aspects=aspects)
    yield from _faults(day, "solution", result)
    for exercise in result.days[0].exercises:
        for check in exercise.checks:
            ok, name = not check.counts_against, f"{exercise.name}.{check.name}"
            # What is skipped is said, and is no failure: torch is not there everywhere.
            got = check.status.value
            if check.status is not Status.PASSED or not ok:
                yield Outcome(day.key, "solution", name, ok, "passed", got, check.message)
            else:
                yield Outcome(day.key, "solution", name, ok)


def of_answers(
    workers: Workers, day: Day, kind: Kind, *, every: int, timed: bool, seed: int
) -> Iterator[Outcome]:
    """Each answer of a kind, of every so-manyth wave."""
    for text, wave in waves(kind, day)[::every]:
        asked = [one for one in wave if timed or one.aspect != Aspect.SPEED]
        if not asked:
            continue
        looks = aspects_for(asked) if kind == "wrong" else tuple(Aspect)  # a right one must pass every look
        aspects = tuple(aspect for aspect in looks if timed or aspect is not Aspect.SPEED)
        names = [one.exercise for one in asked]
        result = grade_text(workers, day, text, names, seed=seed, aspects=aspects)
        yield from _faults(day, kind, result)
        by_name = {exercise.name: exercise for exercise in result.days[0].exercises}
        for one in asked:
            lead, caught = by_name[one.exercise].lead, caught_by(by_name[one.exercise])
            ok = caught == (one.aspect, one.check)
            told = lead.message if lead else ""
            yield Outcome(
                day.key, kind, one.label, ok, _in_words(_wanted(one)), _in_words(caught), "" if ok else told
            )


def _wanted(answer: Answer) -> tuple[str, str]:
    return answer.aspect, answer.check


def _in_words(caught: tuple[str, str]) -> str:
    return " ".join(caught).strip() or "accepted"


def _faults(day: Day, kind: str, result: RunResult) -> Iterator[Outcome]:
    for fault in result.faults:
        yield Outcome(day.key, kind, "a fault of the grader", False, "none", "a fault", fault)


def warnings_of(day: Day) -> Iterator[Outcome]:
    """What warns while the checks of a day's solutions run."""
    checks = [day.checks_of(exercise.name) for exercise in day.exercises]
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--noconftest", "-p", "no:cacheprovider"),
        *("-p", "grader.worker.plugin", "-W", "error", "--tb=line"),
        *("--learner-file", str(day.solution), "--contract", str(day.solution), *map(str, checks)),
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    try:
        ended = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_WARNINGS_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        yield Outcome(day.key, "warnings", "all checks", False, "none", f"no end in {_WARNINGS_TIMEOUT} s")
        return
    if not re.search(r"\d+ (passed|failed)", ended.stdout):  # they did not run at all
        yield Outcome(day.key, "warnings", "all checks", False, "none", "no run", ended.stdout[-400:])
        return
    found = dict.fromkeys(re.findall(r"^.*Warning: .*$", ended.stdout, re.MULTILINE))
    for text in found:
        yield Outcome(day.key, "warnings", "a check", False, "none", "a warning", text)
    if not found:
        yield Outcome(day.key, "warnings", "all checks", True)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("days", nargs="*")
    parser.add_argument("--sample", type=int, default=1, help="take every N-th wave of answers; 0: none")
    parser.add_argument("--only", choices=("solution", *KINDS), help="grade this kind alone")
    parser.add_argument("--seed", type=int, default=0, help="of the random inputs")
    parser.add_argument("--speed", action="store_true", help="with the checks on speed")
    parser.add_argument("--json", type=Path, help="write all outcomes into a file, a line for each")
    asked = parser.parse_args()
    days = [catalogue.find_day(day) for day in asked.days] or list(catalogue.days())
    good: Counter[str] = Counter()
    all_of: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as compiled, Workers(Path(compiled)) as workers:
        for day in days:
            for outcome in _all(workers, day, asked):
                all_of[outcome.kind] += 1
                good[outcome.kind] += outcome.ok
                if asked.json:
                    with asked.json.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(asdict(outcome)) + "\n")
                if not outcome.ok:
                    print(outcome, flush=True)
            print(f"{day.key}: {_counts(good, all_of)} so far", flush=True)
    print(_counts(good, all_of))
    return 0 if good == all_of else 1


def _all(workers: Workers, day: Day, asked: argparse.Namespace) -> Iterator[Outcome]:
    if asked.only in {None, "solution"}:
        yield from of_solutions(workers, day, timed=asked.speed, seed=asked.seed)
    if asked.only is None:
        yield from warnings_of(day)
    for kind in KINDS if asked.sample else ():
        if asked.only in {None, kind}:
            yield from of_answers(workers, day, kind, every=asked.sample, timed=asked.speed, seed=asked.seed)


def _counts(good: Counter[str], all_of: Counter[str]) -> str:
    return ", ".join(f"{good[kind]} of {all_of[kind]} {kind}" for kind in all_of)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Exception:  # 1 says that something differs
        traceback.print_exc()
        sys.exit(3)
