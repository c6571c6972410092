"""Between a run and the record of progress: what a run adds to it, and which verdicts need not be given again."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import sys
from functools import cache

from grader import __version__
from grader.findings import Kind
from grader.kata.catalogue import GRADER, SOURCE, TOOLKIT, Day, days
from grader.record.attempt import Attempt
from grader.record.store import AttemptLog
from grader.results import ACCEPTED, Aspect, ExerciseResult, RunResult, Status, result_fields, result_from
from grader.source.fingerprints import Source, sources

_PACKAGES = ("jax", "jaxlib", "numpy", "optax", "flax", "hypothesis")


def attempts(result: RunResult) -> list[Attempt]:
    """What a run adds to the record: each exercise that was judged to the end, by a grader without fault."""
    found = []
    for day_result in result.days:
        day = next(day for day in days() if day.key == day_result.day)
        names = [exercise.name for exercise in day_result.exercises]
        known = sources(day_result.source or "", names)
        for exercise in day_result.exercises:
            if not _judged(exercise):
                continue
            source = known.get(exercise.name, Source("", 0))
            speed = exercise.speed
            found.append(
                Attempt(
                    day=day.key,
                    exercise=exercise.name,
                    status=exercise.status.value,
                    passed=exercise.whole and exercise.status in ACCEPTED,
                    fingerprint=source.fingerprint,
                    line=source.line,
                    judge=judge_of(day, exercise.name),
                    ratio=speed.ratio if speed else None,
                    gate=speed.gate if speed else None,
                    seed=result.seed,
                    jax=result.jax,
                    platform=result.platform,
                    result=json.dumps(
                        {
                            "stretch": exercise.stretch,
                            "whole": exercise.whole,
                            "checks": [result_fields(check) for check in exercise.checks],
                        }
                    ),
                    deeper=_agreed(exercise),
                )
            )
    return found


def _agreed(exercise: ExerciseResult) -> bool | None:
    """Whether the deeper look agreed; None where none was taken."""
    status = exercise.aspect(Aspect.DEEPER)
    if status in {None, Status.BLOCKED, Status.SKIPPED}:
        return None
    return status in ACCEPTED


def _judged(exercise: ExerciseResult) -> bool:
    """Whether this says something about the answer: not for faults, for a run that was broken off, or on a busy machine."""
    statuses = [check.status for check in exercise.checks]
    if not statuses or Status.FAULT in statuses or Status.TODO in statuses:
        return False
    if any(check.finding and check.finding.kind is Kind.BUSY for check in exercise.checks):
        return False
    return exercise.lead is None or exercise.lead.status is not Status.BLOCKED


def still_valid(day: Day, text: str, record: AttemptLog) -> dict[str, ExerciseResult]:
    """The verdicts on exercises of this text that would not come out otherwise. Raises NotRecorded.

    Accepted verdicts hold as long as the source and the judge stay as they were. Others name lines, so the exercise
    must stand where it stood; what depends on the moment (time-outs, crashes, timings) is always judged again.
    """
    now = sources(text, [exercise.name for exercise in day.exercises])
    found = {}
    for name, attempt in record.last(day.key).items():
        source = now.get(name)
        if source is None or attempt.fingerprint != source.fingerprint:
            continue
        if attempt.judge != judge_of(day, name):
            continue
        result = _result_from(name, attempt.result)
        steady = result.status in ACCEPTED or (
            result.status in {Status.FAILED, Status.ERROR} and attempt.line == source.line
        )
        if result.whole and steady and Status.INCONCLUSIVE not in {check.status for check in result.checks}:
            found[name] = result
    return found


def _result_from(name: str, text: str) -> ExerciseResult:
    fields = json.loads(text)
    checks = tuple(result_from(check) for check in fields["checks"])
    return ExerciseResult(name, fields["stretch"], checks, fields["whole"])


@cache
def judge_of(day: Day, exercise: str) -> str:
    """A fingerprint of what judges an exercise: its checks, what they share with others, the day's signatures, the
    toolkit, the reading of files, and the packages underneath."""
    digest = _judge_of_all(day).copy()
    for file in (day.checks_of(exercise), day.deeper_of(exercise)):
        digest.update(file.read_bytes() if file.is_file() else b"")
    return digest.hexdigest()


@cache
def _judge_of_all(day: Day) -> hashlib._Hash:
    """What the judges of a day's exercises have in common."""
    digest = hashlib.sha256()
    findings = GRADER / "findings.py"  # hints are chosen by its kinds
    rooms = [*sorted(TOOLKIT.glob("*.py")), *sorted(SOURCE.glob("*.py"))]
    for file in [day.shared, day.solution, findings, *rooms]:
        digest.update(file.read_bytes())
    versions = [f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES]
    surroundings = [__version__, sys.version, os.environ.get("JAX_PLATFORMS", ""), *versions]
    digest.update("\n".join(surroundings).encode())
    return digest
