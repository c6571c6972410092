"""What a grading and a watch work with: workers that are warm, programs kept from run to run, an end that tidies up."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.judge.processes import Workers
from grader.machine import compile_cache
from grader.record import store


@contextmanager
def warm_workers(*, probe_first: bool) -> Iterator[Workers]:
    """Workers that keep compiled programs where that works; whether it does is asked once, first or when all is done."""
    cache, works = compile_cache.choose(store.folder())
    with Workers(cache if works else None) as workers:
        if probe_first:
            _probe(workers, cache, works)
        yield workers
        if not probe_first:
            _probe(workers, cache, works)


def _probe(workers: Workers, cache: Path | None, works: bool | None) -> None:
    if cache and works is None:
        works = workers.probe_compile_cache(cache)
        compile_cache.remember(cache, works)
        workers.compile_cache = cache if works else None


def take_other_endings_for_ctrl_c() -> None:
    """A closed terminal and a polite kill end the run like Ctrl-C, with everything tidied up."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name) and threading.current_thread() is threading.main_thread():
            signal.signal(getattr(signal, name), signal.default_int_handler)
