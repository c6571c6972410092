"""Where a worker's process begins. Nothing heavy is imported here, so that what is missing can be told."""

from __future__ import annotations

import os
import traceback
from contextlib import suppress
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path

from grader.machine import faults
from grader.worker.protocol import Fault, Job, encode


def begin(job: Job, events: Connection, cwd: str) -> None:
    """Do a job in a working directory, and say on a connection what comes of it."""
    os.chdir(cwd)
    _let_go_of_the_warm_process()
    try:
        from grader.worker.main import run
    except Exception as error:
        message = faults.explain(error) or traceback.format_exc()
        events.send_bytes(encode(Fault(message), job.token))
        return
    run(job, events)


def probe_compile_cache(folder: Path, answer: Connection) -> None:
    """Say how many compiled programs were found in a folder by somebody who compiles a small function."""
    from grader.worker.backend import compile_cache_hits

    answer.send(compile_cache_hits(folder))


def _let_go_of_the_warm_process() -> None:
    """Close the pipes to the warm process and its helper: what a worker writes there would confuse them."""
    for owner, name in (
        (forkserver._forkserver, "_forkserver_alive_fd"),
        (resource_tracker._resource_tracker, "_fd"),
    ):
        if (number := getattr(owner, name, None)) is not None:
            with suppress(OSError):
                os.close(number)
            setattr(owner, name, None)
