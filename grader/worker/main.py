"""The child's side: load one learner's file, run its checks with pytest, send an event for each step.

Runs in a process of its own, in a session of its own, with nothing but a pipe to the parent.
"""

from __future__ import annotations

import operator
import os
import signal
import sys
import threading
import traceback
from contextlib import suppress
from multiprocessing.connection import Connection
from queue import SimpleQueue
from types import FrameType

import pytest

from grader.machine import faults
from grader.worker.backend import keep_compiled_programs
from grader.worker.grading import Grading
from grader.worker.output import Output
from grader.worker.pipe import Outgoing
from grader.worker.protocol import Done, Exiting, Fault, Job

_BACKGROUND = 15  # added to the niceness of a worker that nobody waits for


def run(job: Job, pipe: Connection) -> None:
    """Entry point of the child process. Every step is sent as it happens; the parent keeps the clock."""
    os.setsid()
    if job.options.background and hasattr(os, "nice"):
        os.nice(_BACKGROUND)
    orders: SimpleQueue[Job] = SimpleQueue()
    threading.Thread(target=_listen_to_the_parent, args=(pipe, orders), daemon=True).start()
    events = Outgoing(pipe, job.token)
    try:
        _grade(job, orders, events, Output())
        events.send(Done())
    except BaseException as error:
        events.send(Fault(faults.explain(error) or traceback.format_exc()))
    finally:
        events.close()


def _listen_to_the_parent(pipe: Connection, orders: SimpleQueue[Job]) -> None:
    """Pass on the job that a warm worker waits for. When the parent's end of the pipe closes, end this group."""
    with suppress(OSError, EOFError):
        while True:
            orders.put(pipe.recv())
    os.killpg(0, signal.SIGKILL)


def _grade(job: Job, orders: SimpleQueue[Job], events: Outgoing, output: Output) -> None:
    _announce_exits(job, events)
    grading = Grading(job, orders, events, output)
    arguments = [
        "-c", os.devnull,
        "--rootdir", str(job.task.checks[0].parent.parent),
        "--noconftest",
        "--capture=no",
        "--assert=plain",
        "--seed", str(job.options.seed),
        "--timeout", str(job.options.check_timeout),
        "-p", "no:cacheprovider",
        "-p", "no:terminal",
        "-p", "no:faulthandler",
        "-p", "no:unraisableexception",
        "-p", "no:threadexception",
        "-p", "no:warnings",
        "-p", "no:skipping",
        "-p", "no:tmpdir",
        "-p", "no:hypothesispytest",
        "-p", "pytest_timeout",
        "-p", "grader.worker.plugin",
        *map(str, job.task.checks),
    ]  # fmt: skip
    if job.compile_cache:
        keep_compiled_programs(job.compile_cache)
    status = pytest.main(arguments, plugins=[grading])
    if grading.error:
        raise grading.error
    if status not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED}:
        raise RuntimeError(f"pytest ended with {status!r}\n{output.take()}")
    grading.set_beside_the_reference()
    grading.draw()


def _announce_exits(job: Job, events: Outgoing) -> None:
    """os._exit leaves no trace; say where it was called, then do it."""
    leave = os._exit

    def announced(code: int) -> None:
        frame: FrameType | None = sys._getframe(1)
        while frame and frame.f_code.co_filename != str(job.task.learner):
            frame = frame.f_back
        events.send(Exiting(operator.index(code), frame.f_lineno if frame else None))
        leave(code)

    os._exit = announced  # type: ignore[assignment]
