"""Before the job comes: the checks are run on the reference, so that JAX's caches are warm."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from contextlib import suppress

import pytest

from grader.results import Aspect
from grader.source.loading import load
from grader.toolkit.cases import Cases
from grader.toolkit.contract import Contract
from grader.toolkit.inputs import Numbers
from grader.toolkit.session import Learner, Session
from grader.worker.drawing import Drawings
from grader.worker.protocol import Check, Job


def warm_up(
    job: Job,
    checks: Mapping[pytest.Item, Check],
    contract: Contract,
    drawings: Drawings,
    enough: Callable[[], bool],
) -> None:
    """Run the checks of a job on the reference, those on speed aside, until it is enough.

    Nobody sees the verdicts. What it leaves is warm: JAX keeps the programs of all that checks and answers have in
    common, so that the learner's turn takes a fraction of the time. What scenes expect is drawn last, and kept.
    """
    reference = load(job.task.solution)
    session = Session(reference, contract)
    for item, check in sorted(checks.items(), key=lambda pair: job.task.order_of(pair[1].exercise)):
        if check.aspect is Aspect.SPEED or check.aspect not in job.task.aspects:
            continue
        if enough():
            return
        with suppress(Exception):
            _run(item, session, job.options.seed)
    for exercise in sorted(job.options.pictures, key=job.task.order_of):
        if enough():
            return
        with suppress(Exception):
            drawings.warm_up(exercise)
    # What is warm stays: the garbage collector need not go through it again while somebody waits.
    gc.collect()
    gc.freeze()


def run_on_the_reference(item: pytest.Item, job: Job) -> None:
    """Run one check on the reference, with the numbers that it has for this job. Raises what the check raises."""
    contract = Contract(job.task.solution.read_text(encoding="utf-8"))
    _run(item, Session(load(job.task.solution), contract), job.options.seed)


def _run(item: pytest.Item, session: Session, seed: int) -> None:
    """Run a check as pytest does, without its fixtures' ends."""
    given = {
        "learner": Learner(session, session.learner),
        "numbers": Numbers(seed, item.name),
        "draw": Cases(seed, item.name),
    }
    wanted = item.fixturenames  # type: ignore[attr-defined]
    item.function(**{name: value for name, value in given.items() if name in wanted})  # type: ignore[attr-defined]
