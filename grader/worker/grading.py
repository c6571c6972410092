"""The pytest plugin that judges each check and says what it finds, step by step."""

from __future__ import annotations

import faulthandler
import time
from contextlib import suppress
from dataclasses import replace
from queue import SimpleQueue
from typing import Any, Literal

import pytest
from _pytest.runner import runtestprotocol

from grader.findings import Finding, Kind
from grader.results import ACCEPTED, Aspect, CheckResult, Problem, Status
from grader.source.loading import load
from grader.toolkit import cases
from grader.toolkit.contract import Contract
from grader.toolkit.session import Session
from grader.worker import integrity, plugin
from grader.worker.alarm import Alarm
from grader.worker.backend import backend_started, start_backend
from grader.worker.drawing import Drawings
from grader.worker.output import Output
from grader.worker.pipe import Outgoing
from grader.worker.protocol import (
    Check,
    Collected,
    Comparing,
    Drawing,
    Finished,
    Job,
    Loaded,
    Loading,
    Renew,
    Started,
)
from grader.worker.reference import beside_the_reference
from grader.worker.second_look import second_look, stumbled
from grader.worker.spoiled import Spoiled, spoiled_by, without_running
from grader.worker.verdict import judge
from grader.worker.warm_up import run_on_the_reference, warm_up

_TestReport = pytest.TestReport  # bound before any learner's code runs
_LEAVE_IT_ALONE = "The checks count on it as it was; it has been put back. Leave it alone."


def _property(item: pytest.Item, name: str, otherwise: Any) -> Any:
    """What a fixture has noted of the check that was run."""
    return next((value for key, value in item.user_properties if key == name), otherwise)


class Grading:
    """One job. `error` is what ended it before the checks could run."""

    def __init__(self, job: Job, orders: SimpleQueue[Job], events: Outgoing, output: Output) -> None:
        self.error: BaseException | None = None
        self._orders, self._events, self._output = orders, events, output
        self._session: Session | None = None
        self._judged_here: list[str] = []  # exercises of which this worker has given the last verdict
        self._last_checks: frozenset[str] = frozenset()
        self._last_here: dict[str, str] = {}  # exercise -> its last check that this worker runs
        self._drawings: Drawings | None = None
        self._leads: dict[
            str, BaseException | None
        ] = {}  # what the first check raised that counts against an exercise
        self._integrity: integrity.Integrity | None = None
        self._tampered_with = False
        self._failure: BaseException | None = None  # of the check that runs
        self._alarm = Alarm()
        self._spoiled: dict[str, Spoiled] = {}  # exercise -> the first verdict that counts against it
        self._went_well: set[str] = set()  # exercises of which a check has passed
        self._accept(job)

    def _accept(self, job: Job) -> None:
        """Take a job on: its token, its crash file, the verdicts that are known already."""
        self._job = job
        self._events.token = job.token
        with suppress(OSError):  # without it a crash is told, but not its line
            faulthandler.enable(job.crash_file.open("wb"), all_threads=False)
        for identity, status in job.settled.items():
            exercise = identity.partition(".")[0]
            if status not in ACCEPTED:
                self._spoiled.setdefault(exercise, Spoiled(status, None))
            elif status is Status.PASSED:
                self._went_well.add(exercise)

    # ---- collecting and loading

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.error = RuntimeError(f"the checks could not be collected\n{report.longreprtext}")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        try:
            found = {item: plugin.check_of(item) for item in session.items}
            if backend_started():
                raise RuntimeError("a JAX backend was started before the worker forked")
            contract = Contract(self._job.task.solution.read_text(encoding="utf-8"))
            if self._job.warm_up:
                start_backend()
                self._drawings = Drawings(self._job.task)
                warm_up(self._job, found, contract, self._drawings, enough=lambda: not self._orders.empty())
                self._accept(self._orders.get())
                self._output.take()
                session.config.option.seed = self._job.options.seed
            self._choose(session, found)
            self._events.send(start_backend())
            self._load(session, contract)
        except BaseException as error:
            self.error = error
            session.items.clear()

    def _choose(self, session: pytest.Session, found: dict[pytest.Item, Check]) -> None:
        """Say which checks there are, and leave to pytest those that this worker is to run."""
        task, options, order = self._job.task, self._job.options, self._job.task.exercises
        ours = {item: check for item, check in found.items() if check.exercise in order}
        self._events.send(Collected(tuple(ours.values())))
        last = {
            check.exercise: check.id
            for check in ours.values()
            if check.aspect in options.aspects
            and check.aspect is not Aspect.DEEPER  # by then the largest call has been seen
            and check.exercise in options.compare | options.pictures
        }
        self._last_checks = frozenset(last.values())
        session.items[:] = [
            item
            for item, check in ours.items()
            if check.aspect in task.aspects and check.id not in self._job.settled
        ]
        session.items.sort(key=lambda item: order.index(ours[item].exercise))
        self._last_here = {ours[item].exercise: ours[item].id for item in session.items}
        if any(ours[item].aspect is Aspect.DEEPER for item in session.items):
            cases.prepare()

    def _load(self, session: pytest.Session, contract: Contract) -> None:
        """Load the learner's file. From here on nothing is what we think it is unless it was looked at."""
        task = self._job.task
        if self._job.options.pictures and self._drawings is None:
            self._drawings = Drawings(task)
        integrity.guard_answers(task.learner, task.hidden)
        self._integrity = integrity.Integrity()
        learner = load(
            task.learner,
            text=task.text,
            before_statement=lambda line: self._events.send(Loading(line)),
            skip_lines=self._job.skip_lines,
            cell=self._job.options.cell,
        )
        if changed := self._integrity.restore():
            words = f"{learner.name_first} changed {changed} while it was loaded."
            learner.problems.append(Problem(Finding(words, Kind.TAMPERED), _LEAVE_IT_ALONE))
        self._session = plugin.open_session(session.config, learner, contract)
        self._events.send(Loaded(tuple(learner.problems), self._output.take()))

    # ---- running

    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        check = plugin.check_of(item)
        result = without_running(check.name, check.aspect, check.exercise, self._spoiled.get(check.exercise))
        if result is None:
            self._events.send(Started(check.id))
            result = self._run(item, nextitem, check)
        if result.counts_against:
            self._leads.setdefault(check.exercise, self._failure)
            self._spoiled.setdefault(check.exercise, spoiled_by(result))
        elif result.status is Status.PASSED:
            self._went_well.add(check.exercise)
        # What is wrong is not timed: then there are no more verdicts to come.
        over = check.exercise in self._spoiled and check.id == self._last_here[check.exercise]
        if check.id in self._last_checks or over:
            self._judged_here.append(check.exercise)
        self._events.send(Finished(check.id, result))
        if self._tampered_with:
            self._events.send(Renew())
            time.sleep(3600)  # until the parent ends this process: nothing that it says now can be trusted
        return True

    def _run(self, item: pytest.Item, nextitem: pytest.Item | None, check: Check) -> CheckResult:
        begin = time.perf_counter()
        failure = self._raised_by(item, nextitem)
        result = CheckResult(
            check.name,
            check.aspect,
            Status.PASSED,
            seconds=time.perf_counter() - begin,
            output=self._output.take(),
            speed=_property(item, "speed", None),
            cases=_property(item, "cases", 0),
        )
        tampered = self._tampered(result, check)
        if stumbled(failure) and not tampered:
            failure = second_look(
                check.exercise,
                lambda: self._raised_by(item, nextitem),
                lambda: run_on_the_reference(item, self._job),
            )
            tampered = self._tampered(result, check)
        went_well = check.exercise in self._went_well
        return tampered or judge(result, failure, check, self._job, went_well=went_well)

    def _tampered(self, result: CheckResult, check: Check) -> CheckResult | None:
        """Put back what the learner's code changed of ours; the verdict on it where there was something."""
        changed = self._integrity.restore() if self._integrity else ""
        if not changed:
            return None
        self._tampered_with = True
        finding = Finding(f"changed {changed} while it ran.", Kind.TAMPERED, check.exercise)
        return replace(result, status=Status.ERROR, finding=finding, hint=_LEAVE_IT_ALONE)

    def _raised_by(self, item: pytest.Item, nextitem: pytest.Item | None) -> BaseException | None:
        """Run a check; what it raised. The alarm may ring in here alone: anywhere else it would hit code of ours."""
        self._failure = None
        try:
            try:
                self._alarm.may_ring = True
                # What was set up for a check that then did not run goes; the module that both lie in stays.
                item.session._setupstate.teardown_exact(item)
                runtestprotocol(item, log=False, nextitem=nextitem)
            finally:
                self._alarm.may_ring = False
        except BaseException as error:  # pytest itself stumbled: over something that was changed, as a rule
            self._failure = error
        return self._failure

    def set_beside_the_reference(self) -> None:
        """Compare what passed. All verdicts are given by now, so this can change none."""
        for exercise in self._judged_here:
            if self._session and exercise not in self._spoiled and exercise in self._job.options.compare:
                self._events.send(Comparing(exercise))
                self._events.send(beside_the_reference(self._session, exercise, self._job.task.solution))

    def draw(self) -> None:
        """Make the pictures that are asked for: after all else, since they run the learner's code once more."""
        for exercise in self._judged_here:
            if self._session and self._drawings and exercise in self._job.options.pictures:
                spoiled = self._spoiled.get(exercise)
                status = spoiled.status if spoiled else Status.PASSED
                self._events.send(Drawing(exercise))
                lead = self._leads.get(exercise)
                self._events.send(self._drawings.draw(self._session, exercise, status, lead, self._alarm))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
        """Keep what was raised. pytest's own report would show the learner's objects, which may not want to be shown."""
        if call.excinfo and self._failure is None:
            self._failure = call.excinfo.value
        assert call.when != "collect"
        outcome: Literal["passed", "failed"] = "failed" if call.excinfo else "passed"
        return _TestReport(item.nodeid, item.location, {}, outcome, None, call.when)

    # ---- the time limit: pytest-timeout keeps the settings

    def pytest_timeout_set_timer(self, item: pytest.Item, settings: Any) -> bool:
        self._alarm.set(settings.timeout * plugin.check_of(item).patience)
        return True

    def pytest_timeout_cancel_timer(self, item: pytest.Item) -> bool:
        self._alarm.cancel()
        return True
