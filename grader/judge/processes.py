"""Start workers from a warm process: JAX and its friends imported, no backend started, one thread.

Where fork does not exist a worker starts from nothing; it only takes longer.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

import psutil

from grader.machine import faults
from grader.worker.protocol import Job, encode

_PRELOADED = ("jax", "jax.numpy", "numpy", "pytest", "pytest_timeout", "jaxtyping", "grader.worker.main")
_SCRATCH = "kata-"  # and the process number: how the scratch folder's name begins
_PROBE_TIMEOUT = 20.0  # seconds
_MARK = "KATA_WORKERS"  # in the environment of all that a run starts
# What may be set for JAX from outside; everything else would change verdicts (x64, disabled jit, ...).
_JAX_SETTINGS = frozenset({"JAX_PLATFORMS", "JAX_NUM_CPU_DEVICES"})


class _Waiting(NamedTuple):
    """A worker that has rehearsed and waits for its job."""

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
        _remove_what_killed_runs_left()
        self.scratch = Path(tempfile.mkdtemp(prefix=f"{_SCRATCH}{os.getpid()}-"))
        # Workers run here: in a folder with nothing in it, so that no file lying about is imported.
        self._empty = self.scratch / "empty"
        self._empty.mkdir()
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._running: list[BaseProcess] = []
        self._waiting: list[_Waiting] = []
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
            with _neutral(self._empty, self.scratch):
                forkserver.ensure_running()  # comes back at once; the imports go on meanwhile
        except OSError:  # its socket cannot be made, in a temporary folder with a very long name, for one
            return None
        return context

    def __exit__(self, *error: object) -> None:
        self.kill_all()
        self._sweep()  # first: a stray that holds on to its pipe would keep the warm process waiting
        forkserver._forkserver._stop()  # type: ignore[attr-defined]
        shutil.rmtree(self.scratch, ignore_errors=True)

    def start(self, job: Job) -> tuple[BaseProcess, Connection]:
        """Start a worker on a job; its events come out of the connection.

        Raises OSError or EOFError when the warm process is not able to.
        """
        with self._lock:  # the working directory and the environment are the whole process's
            for waiting in [one for one in self._waiting if job.fits(one.job)]:
                self._waiting.remove(waiting)
                with suppress(OSError):  # it was killed: another is started
                    waiting.events.send(job)
                    return waiting.process, waiting.events
                waiting.events.close()
                self.end(waiting.process)
            # The worker listens at its end, and hears the end of this process, whatever kind of end that is.
            receiving, sending = self._context.Pipe(duplex=True)
            try:
                process = self._fork(job, sending)
            except (OSError, EOFError):  # a worker has killed the warm process; now another is started
                time.sleep(0.2)
                process = self._fork(job, sending)
            sending.close()
            self._running.append(process)
        return process, receiving

    def rehearse(self, job: Job) -> None:
        """Have a worker ready that has run the checks of this job on the reference; `start` hands it its job.

        Checks on speed are not rehearsed: for them the worker waits with all that comes before. Where none can be started,
        nothing is lost but time.
        """
        if not any(job.fits(one.job) and one.process.is_alive() for one in self._waiting):
            with suppress(OSError, EOFError):
                self._waiting.append(_Waiting(job, *self.start(replace(job, rehearse=True))))

    @property
    def waiting(self) -> list[int]:
        """The process numbers of the workers that have rehearsed and wait for their job, the latest last."""
        return [one.process.pid or 0 for one in self._waiting]

    def dismiss(self) -> None:
        """End the workers that have rehearsed and were not needed."""
        with self._lock:
            while self._waiting:
                waiting = self._waiting.pop()
                waiting.events.close()
                self.end(waiting.process)

    def probe_compile_cache(self, folder: Path) -> bool:
        """Whether what one process compiles is found by the next one, in this folder, on this machine."""
        found = 0
        for _ in range(2):
            receiving, sending = self._context.Pipe(duplex=False)
            with self._lock, _neutral(self._empty, self.scratch):
                process: BaseProcess = self._context.Process(  # type: ignore[attr-defined]
                    target=_probe_compile_cache, args=(folder, sending), daemon=True
                )
                process.start()
            sending.close()
            with suppress(EOFError, OSError):
                found = receiving.recv() if receiving.poll(_PROBE_TIMEOUT) else 0
            receiving.close()
            self.end(process)
        return found > 0

    def _fork(self, job: Job, events: Connection) -> BaseProcess:
        arguments = (job, events, str(self._empty))
        process: BaseProcess = self._context.Process(target=_enter, args=arguments, daemon=True)  # type: ignore[attr-defined]
        with _neutral(self._empty, self.scratch):
            process.start()
        return process

    def end(self, process: BaseProcess) -> None:
        """End a worker and everything that it started."""
        family = _family(process.pid)
        if process.pid is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        for member in family:
            with suppress(psutil.Error):
                member.kill()
        process.join()
        with suppress(ValueError):
            self._running.remove(process)

    def memory_of(self, process: BaseProcess) -> int:
        """Bytes of memory that a worker and its children hold; what they share is counted for each."""
        total = 0
        for member in _family(process.pid):
            with suppress(psutil.Error):
                total += member.memory_info().rss
        return total

    def _sweep(self) -> None:
        """End all that carries our mark in its environment: the warm process, and whatever a worker set loose."""
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if process.pid != os.getpid() and process.environ().get(_MARK) == str(self.scratch):
                    process.kill()

    def kill_all(self) -> None:
        """End all workers; the batches that wait for them see it and stop."""
        self.stopped = True
        for process in list(self._running):
            self.end(process)

    def interrupt(self) -> None:
        """End the workers that have a job; batches stop until `go_on`. Those that have rehearsed wait on."""
        self.stopped = True
        waiting = [one.process for one in self._waiting]
        for process in list(self._running):
            if process not in waiting:
                self.end(process)

    def go_on(self) -> None:
        """Let batches run again, after `interrupt`."""
        self.stopped = False

    def new_file(self, name: str) -> Path:
        """A path in the scratch folder that nobody else was given."""
        return self.scratch / f"{name}-{next(self._numbers)}"


def total_memory() -> int:
    """Bytes of memory that this machine has."""
    return int(psutil.virtual_memory().total)


def _family(pid: int | None) -> list[psutil.Process]:
    """A process and all that descend from it, as far as they live."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _remove_what_killed_runs_left() -> None:
    """The scratch folders of runs whose process is no more: somebody killed it before it could tidy up."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_SCRATCH}[0-9]*-*"):
        number = folder.name.removeprefix(_SCRATCH).partition("-")[0]
        if number.isdigit() and not psutil.pid_exists(int(number)):
            shutil.rmtree(folder, ignore_errors=True)  # those of other people stay, for want of permission


def _enter(job: Job, events: Connection, cwd: str) -> None:
    os.chdir(cwd)
    _let_go_of_the_warm_process()
    try:
        from grader.worker.main import run
    except Exception as error:
        message = faults.explain(error) or traceback.format_exc()
        events.send_bytes(encode("fault", token=job.token, message=message))
        return
    run(job, events)


def _probe_compile_cache(folder: Path, answer: Connection) -> None:
    from grader.worker.main import compile_cache_hits

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


@contextmanager
def _neutral(cwd: Path, mark: Path) -> Iterator[None]:
    """An empty working directory, and an environment that changes no verdict, for the processes begun inside."""
    here, kept = os.getcwd(), dict(os.environ)
    os.chdir(cwd)
    for name in kept:
        foreign_jax = name.startswith("JAX_") and name not in _JAX_SETTINGS
        if name.startswith(("PYTHON", "PYTEST_")) or foreign_jax:
            del os.environ[name]
    # One warm process must find the grader even where it is not installed.
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ[_MARK] = str(mark)
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        yield
    finally:
        os.chdir(here)
        os.environ.clear()
        os.environ.update(kept)
