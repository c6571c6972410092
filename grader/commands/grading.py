"""One grading, or one watch, with all that belongs to it: warm workers, compiled programs kept, a record, a screen."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from grader.judge import processes
from grader.kata import catalogue
from grader.kata.catalogue import Day, Selection
from grader.machine import compile_cache
from grader.record import store

if TYPE_CHECKING:
    from grader.results import RunResult


def grade(
    selections: Sequence[Selection],
    tree: Path,
    *,
    format: str,
    verbose: bool,
    seed: int,
    with_speed: bool,
    check_timeout: float,
    compare: bool,
) -> RunResult:
    """Grade once, show the verdicts in a format and record them if the tree is the learner's own.

    `check_timeout` is in seconds, for each check; `compare` sets what passes beside the reference.
    """
    _take_other_endings_for_ctrl_c()
    with _warm_workers(probe_first=False) as workers:
        # Imported while the warm process imports JAX.
        from grader import report
        from grader.judge import runner

        with report.Report(format, verbose=verbose) as screen:
            result = runner.grade(
                selections,
                tree,
                workers,
                seed=seed,
                with_speed=with_speed,
                check_timeout=check_timeout,
                listener=screen.progress,
                compare=compare,
            )
            screen.show(result)
    if tree == catalogue.EXERCISES:  # other trees are other people's
        _record(result)
    return result


def watch(
    day: Day | None, tree: Path, *, format: str, check_timeout: float, poll: bool, focus: str = ""
) -> None:
    """Watch a tree until somebody leaves; without a day, from the first one that is not done; from `focus` if that is given.

    Raises KeyboardInterrupt on Ctrl-C.
    """
    _take_other_endings_for_ctrl_c()
    print("starting JAX", flush=True)  # which takes a second or two
    with _warm_workers(probe_first=True) as workers:
        from grader.commands.at_once import versions_of
        from grader.report import screen_of_watch
        from grader.watch.loop import watch

        watch(
            day or _day_to_go_on_with(),
            tree,
            screen_of_watch(plain=format == "plain"),
            workers,
            log=store.own() if tree == catalogue.EXERCISES else None,
            check_timeout=check_timeout,
            versions_of=lambda day, exercise: versions_of(day, exercise.name, tree),
            poll=poll,
            focus=focus,
        )


@contextmanager
def _warm_workers(*, probe_first: bool) -> Iterator[processes.Workers]:
    """Workers that keep compiled programs where that works; whether it does is asked once, first or when all is done."""
    cache, works = compile_cache.choose(store.folder())
    with processes.Workers(cache if works else None) as workers:
        if probe_first:
            _probe(workers, cache, works)
        yield workers
        if not probe_first:
            _probe(workers, cache, works)


def _probe(workers: processes.Workers, cache: Path | None, works: bool | None) -> None:
    if cache and works is None:
        works = workers.probe_compile_cache(cache)
        compile_cache.remember(cache, works)
        workers.compile_cache = cache if works else None


def _day_to_go_on_with() -> Day:
    """The day of the exercise that comes next; the last one when all is done."""
    from grader.record import standing

    try:
        standings = store.own().standings()
    except store.NotRecorded:
        standings = {}
    following = standing.next_one(standing.entries(catalogue.select(["all"]), standings))
    return following.day if following else catalogue.days()[-1]


def _record(result: RunResult) -> None:
    from grader.record import attempts

    keeper = store.own()
    try:
        keeper.record(attempts.attempts(result))
    except store.NotRecorded as error:
        print(f"grader: progress is not recorded: {error}", file=sys.stderr)
    for notice in keeper.notices:
        print(f"grader: {notice}", file=sys.stderr)


def _take_other_endings_for_ctrl_c() -> None:
    """A closed terminal and a polite kill end the run like Ctrl-C, with everything tidied up."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name) and threading.current_thread() is threading.main_thread():
            signal.signal(getattr(signal, name), signal.default_int_handler)
