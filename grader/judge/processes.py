"""Start workers from a warm process: JAX and its friends imported, no backend started, one thread.

Where fork does not exist a worker starts from nothing; it only takes longer.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import shutil
import signal
import threading
import time
from contextlib import suppress
from dataclasses import replace
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from grader.judge.surroundings import kill_marked, neutral, new_scratch_folder
from grader.machine.family import family
from grader.worker import entry
from grader.worker.protocol import Job

_PRELOADED = (
    "jax",
    "jax.numpy",
    "numpy",
    "pytest",
    "pytest_timeout",
    "jaxtyping",
    "grader.worker.entry",
    "grader.worker.main",
)
_PROBE_TIMEOUT = 20.0  # seconds


class _Warm(NamedTuple):
    """A worker that has warmed up and waits for its job."""

    job: Job
    process: BaseProcess
    events: Connection


class Workers:
    """A warm process and a scratch folder for as long as the context lasts; nothing is left of either.

    One at a time: multiprocessing keeps a single warm process for the whole program. `compile_cache` is a folder in
    which workers keep compiled programs; None keeps none.
    """

    def __init__(self, compile_cache: Path | None = None) -> None:
        self.compile_cache = compile_cache

    def __enter__(self) -> Workers:
        self.scratch = new_scratch_folder()
        # Workers run here: in a folder with nothing in it, so that no file lying about is imported.
        self._empty = self.scratch / "empty"
        self._empty.mkdir()
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._running: list[BaseProcess] = []
        self._warm: list[_Warm] = []
        self.stopped = False  # once Ctrl-C was pressed
        self._context = self._warm_context() or multiprocessing.get_context("spawn")
        return self

    def _warm_context(self) -> BaseContext | None:
        """A context that forks from a warm process; None where that cannot be had."""
        if "forkserver" not in multiprocessing.get_all_start_methods():
            return None
        context = multiprocessing.get_context("forkserver")
        # No __main__ among them: the shell's script is no business of ours.
        context.set_forkserver_preload(list(_PRELOADED))
        try:
            with neutral(self._empty, self.scratch):
                forkserver.ensure_running()  # comes back at once; the imports go on meanwhile
        except OSError:  # its socket cannot be made, in a temporary folder with a very long name, for one
            return None
        return context

    def __exit__(self, *error: object) -> None:
        self.kill_all()
        # First: a stray that holds on to its pipe would keep the warm process waiting.
        kill_marked(self.scratch)
        forkserver._forkserver._stop()  # type: ignore[attr-defined]
        shutil.rmtree(self.scratch, ignore_errors=True)

    # ---- beginning

    def start(self, job: Job) -> tuple[BaseProcess, Connection]:
        """Start a worker on a job; its events come out of the connection.

        Raises OSError or EOFError when the warm process is not able to.
        """
        with self._lock:  # the working directory and the environment are the whole process's
            for warm in [one for one in self._warm if job.fits(one.job)]:
                self._warm.remove(warm)
                with suppress(OSError):  # it was killed: another is started
                    warm.events.send(job)
                    return warm.process, warm.events
                warm.events.close()
                self.end(warm.process)
            # The worker listens at its end, and hears the end of this process, whatever kind of end that is.
            receiving, sending = self._context.Pipe(duplex=True)
            arguments = (job, sending, str(self._empty))
            try:
                process = self._fork(entry.begin, arguments)
            except (OSError, EOFError):  # a worker has killed the warm process; now another is started
                time.sleep(0.2)
                process = self._fork(entry.begin, arguments)
            sending.close()
            self._running.append(process)
        return process, receiving

    def warm_up(self, job: Job) -> None:
        """Have a worker ready that has run the checks of this job on the reference; `start` hands it its job.

        Checks on speed are left out: for them the worker waits with all that comes before. Where none can be started,
        nothing is lost but time.
        """
        if not any(job.fits(one.job) and one.process.is_alive() for one in self._warm):
            with suppress(OSError, EOFError):
                self._warm.append(_Warm(job, *self.start(replace(job, warm_up=True))))

    def waiting(self) -> list[int]:
        """The process numbers of the workers that warm up, or have warmed up and wait; the last one came last."""
        return [one.process.pid or 0 for one in self._warm]

    def probe_compile_cache(self, folder: Path) -> bool:
        """Whether what one process compiles is found by the next one, in this folder, on this machine."""
        found = 0
        for _ in range(2):
            receiving, sending = self._context.Pipe(duplex=False)
            with self._lock:
                process = self._fork(entry.probe_compile_cache, (folder, sending))
            sending.close()
            with suppress(EOFError, OSError):
                found = receiving.recv() if receiving.poll(_PROBE_TIMEOUT) else 0
            receiving.close()
            self.end(process)
        return found > 0

    def _fork(self, target: Any, arguments: tuple[Any, ...]) -> BaseProcess:
        process: BaseProcess = self._context.Process(target=target, args=arguments, daemon=True)  # type: ignore[attr-defined]
        with neutral(self._empty, self.scratch):
            process.start()
        return process

    def new_file(self, name: str) -> Path:
        """A path in the scratch folder that nobody else was given."""
        return self.scratch / f"{name}-{next(self._numbers)}"

    # ---- ending

    def end(self, process: BaseProcess) -> None:
        """End a worker and everything that it started."""
        members = family(process.pid)
        if process.pid is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        for member in members:
            with suppress(psutil.Error):
                member.kill()
        process.join()
        with suppress(ValueError):
            self._running.remove(process)

    def dismiss(self) -> None:
        """End the workers that have warmed up and were not needed."""
        with self._lock:
            while self._warm:
                warm = self._warm.pop()
                warm.events.close()
                self.end(warm.process)

    def kill_all(self) -> None:
        """End all workers; the batches that wait for them see it and stop."""
        self.stopped = True
        for process in list(self._running):
            self.end(process)

    def interrupt(self) -> None:
        """End the workers that have a job; batches stop until `go_on`. Those that have warmed up wait on."""
        self.stopped = True
        waiting = [one.process for one in self._warm]
        for process in list(self._running):
            if process not in waiting:
                self.end(process)

    def go_on(self) -> None:
        """Let batches run again, after `interrupt`."""
        self.stopped = False
