"""The child's side: load one learner's file, run its checks with pytest, send an event for each step.

Runs in a process of its own, in a session of its own, with nothing but a pipe to the parent.
"""

from __future__ import annotations

import faulthandler
import gc
import os
import signal
import sys
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import asdict, replace
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from types import FrameType
from typing import Any, Literal

import jax
import pytest
from _pytest.runner import runtestprotocol

from grader.findings import Finding, Kind
from grader.machine import faults
from grader.results import (
    ACCEPTED,
    Aspect,
    CheckResult,
    Problem,
    Spoiled,
    Status,
    result_fields,
    without_running,
)
from grader.source.loading import load
from grader.toolkit.contract import Contract
from grader.toolkit.devices import devices_in_words, settle_devices
from grader.toolkit.errors import learner_frame
from grader.toolkit.inputs import Numbers
from grader.toolkit.session import Learner, Session
from grader.toolkit.verdicts import TookTooLong, Verdict
from grader.worker import integrity, plugin
from grader.worker.comparison import beside_the_reference
from grader.worker.output import Output
from grader.worker.protocol import Check, Job, encode

_CACHE_HIT = "/jax/compilation_cache/cache_hits"
_TestReport = pytest.TestReport  # bound before any learner's code runs


def run(job: Job, pipe: Connection) -> None:
    """Entry point of the child process. Every step is sent as it happens; the parent keeps the clock."""
    os.setsid()
    orders: SimpleQueue[Job] = SimpleQueue()
    threading.Thread(target=_listen_to_the_parent, args=(pipe, orders), daemon=True).start()
    events = _Signed(pipe, job.token)
    try:
        _grade(job, orders, events, Output())
        events.send("done")
    except BaseException as error:
        events.send("fault", message=faults.explain(error) or traceback.format_exc())
    finally:
        events.close()


def _listen_to_the_parent(pipe: Connection, orders: SimpleQueue[Job]) -> None:
    """Pass on the job that a rehearsed worker waits for. When the parent's end of the pipe closes, end this group."""
    with suppress(OSError, EOFError):
        while True:
            orders.put(pipe.recv())
    os.killpg(0, signal.SIGKILL)


def _grade(job: Job, orders: SimpleQueue[Job], events: _Signed, output: Output) -> None:
    _announce_exits(job, events)
    grading = _Grading(job, orders, events, output)
    arguments = [
        "-c", os.devnull,
        "--rootdir", str(job.checks[0].parent.parent),
        "--noconftest",
        "--capture=no",
        "--assert=plain",
        "--seed", str(job.seed),
        "--timeout", str(job.check_timeout),
        "-p", "no:cacheprovider",
        "-p", "no:terminal",
        "-p", "no:faulthandler",
        "-p", "no:unraisableexception",
        "-p", "no:threadexception",
        "-p", "no:warnings",
        "-p", "no:skipping",
        "-p", "no:tmpdir",
        "-p", "pytest_timeout",
        "-p", "grader.worker.plugin",
        *map(str, job.checks),
    ]  # fmt: skip
    if job.compile_cache:
        plugin.keep_compiled_programs(job.compile_cache)
    status = pytest.main(arguments, plugins=[grading])
    if grading.error:
        raise grading.error
    if status not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED}:
        raise RuntimeError(f"pytest ended with {status!r}\n{output.take()}")
    grading.compare()


class _Signed:
    """The event pipe, with the run's token on each event: what else arrives there is not ours."""

    def __init__(self, pipe: Connection, token: str) -> None:
        self._pipe, self.token = pipe, token

    def send(self, event: str, **fields: Any) -> None:
        self._pipe.send_bytes(encode(event, token=self.token, **fields))

    def close(self) -> None:
        self._pipe.close()


def _announce_exits(job: Job, events: _Signed) -> None:
    """os._exit leaves no trace; say where it was called, then do it."""
    leave = os._exit

    def announced(code: int) -> None:
        frame: FrameType | None = sys._getframe(1)
        while frame and frame.f_code.co_filename != str(job.learner):
            frame = frame.f_back
        events.send("exiting", code=code, line=frame.f_lineno if frame else None)
        leave(code)

    os._exit = announced  # type: ignore[assignment]


class _Grading:
    """A pytest plugin that judges each check and sends what it finds."""

    def __init__(self, job: Job, orders: SimpleQueue[Job], events: _Signed, output: Output) -> None:
        self.orders = orders
        self.events = events
        self.output = output
        self.error: BaseException | None = None
        self.session: Session | None = None
        self.judged_here: list[str] = []  # exercises of which this worker has given the last verdict
        self.last_checks: frozenset[str] = frozenset()
        self.integrity: integrity.Integrity | None = None
        self.tampered_with = False
        self.failure: BaseException | None = None  # of the check that runs
        self.spoiled: dict[str, Spoiled] = {}  # exercise -> the first verdict that counts against it
        self.accept(job)

    def accept(self, job: Job) -> None:
        """Take a job on: its token, its crash file, the verdicts that are known already."""
        self.job = job
        self.events.token = job.token
        with suppress(OSError):  # without it a crash is told, but not its line
            faulthandler.enable(job.crash_file.open("wb"), all_threads=False)
        for identity, status in job.settled.items():
            if status not in ACCEPTED:
                self.spoiled.setdefault(identity.partition(".")[0], Spoiled(status, None))

    def send(self, event: str, **fields: Any) -> None:
        self.events.send(event, **fields)

    # ---- collecting and loading

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.error = RuntimeError(f"the checks could not be collected\n{report.longreprtext}")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        try:
            found = {item: plugin.check_of(item) for item in session.items}
            if _backend_started():
                raise RuntimeError("a JAX backend was started before the worker forked")
            contract = Contract(self.job.solution.read_text(encoding="utf-8"))
            if self.job.rehearse:
                _platform()
                self._rehearse(found, contract)
                self.accept(self.orders.get())
                self.output.take()
                session.config.option.seed = self.job.seed
            order = self.job.exercises
            ours = {item: check for item, check in found.items() if check.exercise in order}
            self.send("collected", checks=[asdict(check) for check in ours.values()])
            wanted = [
                check
                for check in ours.values()
                if check.aspect in self.job.compare and check.exercise in self.job.compared
            ]
            self.last_checks = frozenset({check.exercise: check.id for check in wanted}.values())
            session.items[:] = [item for item, check in ours.items() if self._is_open(check)]
            session.items.sort(key=lambda item: order.index(ours[item].exercise))
            self.send("platform", **_platform())
            integrity.guard_answers(self.job.learner, self.job.hidden)
            self.integrity = integrity.Integrity()
            learner = load(
                self.job.learner,
                before_statement=lambda line: self.send("loading", line=line),
                skip_lines=self.job.skip_lines,
            )
            if changed := self.integrity.restore():
                words = f"{self.job.learner.name} changed {changed} while it was loaded."
                hint = "The checks count on it as it was; it has been put back. Leave it alone."
                learner.problems.append(Problem(Finding(words, Kind.TAMPERED), hint))
            self.session = plugin.open_session(session.config, learner, contract)
            problems = [asdict(problem) for problem in learner.problems]
            self.send("loaded", problems=problems, output=self.output.take())
        except BaseException as error:
            self.error = error
            session.items.clear()

    def _rehearse(self, found: dict[pytest.Item, Check], contract: Contract) -> None:
        """Run the checks on the reference until the job comes.

        Nobody sees the verdicts. What it leaves is warm: JAX keeps the programs of all that checks and answers have in
        common, so that the learner's turn takes a fraction of the time.
        """
        reference = load(self.job.solution)
        session = Session(reference, contract)
        for item, check in sorted(found.items(), key=lambda pair: self.job.order_of(pair[1].exercise)):
            if check.aspect is Aspect.SPEED or check.aspect not in self.job.aspects:
                continue
            if not self.orders.empty():
                return
            given = {"learner": Learner(session, reference), "numbers": Numbers(self.job.seed, item.name)}
            wanted = item.fixturenames  # type: ignore[attr-defined]
            with suppress(Exception):
                item.function(**{name: value for name, value in given.items() if name in wanted})  # type: ignore[attr-defined]
        # What is warm stays: the garbage collector need not go through it again while somebody waits.
        gc.collect()
        gc.freeze()

    def _is_open(self, check: Check) -> bool:
        return check.aspect in self.job.aspects and check.id not in self.job.settled

    # ---- running

    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        check = plugin.check_of(item)
        result = without_running(check.name, check.aspect, check.exercise, self.spoiled.get(check.exercise))
        if result is None:
            self.send("started", id=check.id)
            result = self._run(item, check)
        if result.counts_against:
            self.spoiled.setdefault(check.exercise, Spoiled(result.status, check.aspect))
        if check.id in self.last_checks:
            self.judged_here.append(check.exercise)
        self.send("finished", id=check.id, result=result_fields(result))
        if self.tampered_with:
            self.send("renew")
            time.sleep(3600)  # until the parent ends this process: nothing that it says now can be trusted
        return True

    def _run(self, item: pytest.Item, check: Check) -> CheckResult:
        self.failure = None
        begin = time.perf_counter()
        try:
            # None: pytest tidies up after each. The next one may not run at all, and the one after it lie elsewhere.
            runtestprotocol(item, log=False, nextitem=None)
        except BaseException as error:  # pytest itself stumbled: over something that was changed, as a rule
            self.failure = error
        result = CheckResult(
            check.name,
            check.aspect,
            Status.PASSED,
            seconds=time.perf_counter() - begin,
            output=self.output.take(),
            speed=next((value for name, value in item.user_properties if name == "speed"), None),  # type: ignore[arg-type]
        )
        changed = self.integrity.restore() if self.integrity else ""
        if changed:
            self.tampered_with = True
            return replace(
                result,
                status=Status.ERROR,
                finding=Finding(f"changed {changed} while it ran.", Kind.TAMPERED, check.exercise),
                hint="The checks count on it as it was; it has been put back. Leave it alone.",
            )
        return _judge(result, self.failure, check, self.job)

    def compare(self) -> None:
        """Set what passed beside the reference. All verdicts are given by now, so this can change none."""
        for exercise in self.judged_here:
            if self.session and exercise not in self.spoiled:
                self.send("comparing", exercise=exercise)
                comparison = beside_the_reference(self.session, exercise, self.job.solution)
                self.send("compared", exercise=exercise, comparison=comparison and asdict(comparison))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
        """Keep what was raised. pytest's own report would show the learner's objects, which may not want to be shown."""
        if call.excinfo and self.failure is None:
            self.failure = call.excinfo.value
        assert call.when != "collect"
        outcome: Literal["passed", "failed"] = "failed" if call.excinfo else "passed"
        return _TestReport(item.nodeid, item.location, {}, outcome, None, call.when)

    # ---- the friendly time limit: pytest-timeout keeps the settings, we keep the learner's line

    def pytest_timeout_set_timer(self, item: pytest.Item, settings: Any) -> bool:
        def ring(signum: int, frame: FrameType | None) -> None:
            raise TookTooLong

        if hasattr(signal, "SIGALRM"):
            signal.signal(signal.SIGALRM, ring)
            signal.setitimer(signal.ITIMER_REAL, settings.timeout * plugin.check_of(item).patience)
        return True

    def pytest_timeout_cancel_timer(self, item: pytest.Item) -> bool:
        if hasattr(signal, "SIGALRM"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        return True


def _judge(result: CheckResult, failure: BaseException | None, check: Check, job: Job) -> CheckResult:
    """From what a check raised to its verdict."""
    if failure is None:
        return result
    details = "".join(traceback.format_exception(failure))
    if isinstance(failure, TookTooLong):
        frame = learner_frame(failure, job.learner)
        complaint = f"was still running after {job.check_timeout * check.patience:g} seconds"
        if not frame:
            complaint += f", in {failure.call}." if failure.call else "."
        finding = Finding(complaint, Kind.TIMEOUT, check.exercise)
        if frame:
            finding = replace(finding, line=frame.lineno, source=frame.line)
        return replace(
            result,
            status=Status.TIMEOUT,
            finding=finding,
            hint="Does a loop have a way to end? Is a long loop written out, so that it takes long to compile? Does it do in "
            "Python what one array operation could do? (--timeout 5 waits less.)",
            details=details,
        )
    if isinstance(failure, Verdict):
        own = f"{check.hint}\n{failure.also}".rstrip()
        return replace(
            result,
            status=failure.status,
            finding=failure.finding,
            hint=failure.hint or ("" if failure.status in ACCEPTED | {Status.TODO} else own),
            details=details,
        )
    if isinstance(failure, pytest.skip.Exception):
        return replace(result, status=Status.SKIPPED, finding=Finding(str(failure), Kind.UNAVAILABLE))
    return replace(
        result,
        status=Status.FAULT,
        finding=Finding(
            f"The check {check.id} itself failed; this is a mistake of the grader, not yours.", Kind.FAULT
        ),
        details=details,
    )


def _platform() -> dict[str, str]:
    """What JAX runs on; this starts its backend."""
    try:
        settle_devices()
        return {"jax": jax.__version__, "platform": jax.default_backend(), "devices": devices_in_words()}
    except Exception as error:
        raise faults.NoBackend(f"{type(error).__name__}: {error}".removesuffix(": ")) from error


def compile_cache_hits(folder: Path) -> int:
    """Compile a small function with the programs of a folder at hand; returns how many were found there."""
    hits: list[str] = []
    jax.monitoring.register_event_listener(
        lambda event, **_: hits.append(event) if event == _CACHE_HIT else None
    )
    plugin.keep_compiled_programs(folder)
    jax.block_until_ready(jax.jit(lambda x: jax.numpy.sin(x) * 3 + 1)(jax.numpy.arange(7.0)))
    return len(hits)


def _backend_started() -> bool:
    bridge = sys.modules.get("jax._src.xla_bridge")
    return bool(getattr(bridge, "_backends", None))
