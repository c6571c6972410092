"""How long a learner waits after saving, in `watch`: from the write to the verdict.

    python benchmarks/save_to_verdict.py [SAVES] [DAY ...]
    python benchmarks/save_to_verdict.py --pauses 3,20,60 [SAVES] [DAY ...]

For each day (1 to 7 by default) a copy of its reference file is watched as `python -m grader watch` does it, without a
screen. Measured, in seconds of wall time, SAVES times each (5 by default), with a pause between saves for the worker
that warms up, as there is when somebody thinks:

    exercise   one exercise is edited; until it has every verdict but that on its speed
    day        a line that all depend on is edited; until the core exercises have theirs
    floor      in a child as warm as the worker, the file is loaded, and each core function is compiled and run once, on
               the largest call of its checks: whoever judges a file must do at least that
    cold       plain pytest, in a fresh process without compiled programs, on the same checks

With --pauses something else is measured: one exercise, after a worker that is ready has idled for so many seconds; the pauses
in turn, SAVES times each. A warm worker may go cold while somebody thinks: some hosts take the memory of an idle machine
away. Beside each median stands how long it takes to read 64 MB again after the same pause: the host's part in it.

Prints medians, the 95th percentile of the first two, how many times the floor a verdict takes, and how many times a
verdict cold pytest takes. Nothing is asserted.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import queue
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import jax
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from grader.judge import processes  # noqa: E402
from grader.kata import catalogue  # noqa: E402
from grader.kata.catalogue import Day  # noqa: E402
from grader.machine import compile_cache  # noqa: E402
from grader.options import CHECK_TIMEOUT  # noqa: E402
from grader.record import store  # noqa: E402
from grader.report.watch_views import View  # noqa: E402
from grader.source.loading import load  # noqa: E402
from grader.toolkit.session import Session  # noqa: E402
from grader.watch.carrying_out import Handlers  # noqa: E402
from grader.watch.effects import OpenDay  # noqa: E402
from grader.watch.events import Graded, Judged  # noqa: E402
from grader.watch.grading import Gradings, recording_in  # noqa: E402
from grader.watch.judge import WorkerJudge  # noqa: E402
from grader.watch.listeners import listening  # noqa: E402
from grader.watch.loop import Loop  # noqa: E402
from grader.watch.terminal import Keys  # noqa: E402
from grader.watch.update import begun  # noqa: E402
from grader.worker.backend import keep_compiled_programs  # noqa: E402
from grader.worker.reference import jit_options  # noqa: E402

PAUSE = 6.0  # seconds of thinking
READY = 6.0  # seconds in which a worker warms up


def save(file: Path, text: str) -> float:
    """Write a file in one step; returns the time."""
    beside = file.with_suffix(".new")
    beside.write_text(text, encoding="utf-8")
    begin = time.perf_counter()
    beside.replace(file)
    return begin


def edited(text: str, exercise: str, number: int) -> str:
    """The text with one more comment inside an exercise."""
    lines = text.splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if line.startswith((f"def {exercise}(", f"class {exercise}")))
    end = next((n for n in range(at + 1, len(lines)) if lines[n][:1].strip()), len(lines))
    last = max(n for n in range(at, end) if lines[n].strip())
    indent = lines[last][: len(lines[last]) - len(lines[last].lstrip())]
    return "".join([*lines[:last], f"{indent}# save {number}\n", *lines[last:]])


class NoScreen:
    """A screen that nobody looks at."""

    size, takes_keys = (80, 24), False

    def draw(self, view: View) -> None:
        pass


class Watched:
    """A day under watch, without a screen."""

    def __init__(self, day: Day, tree: Path, workers: processes.Workers) -> None:
        self.day, tree = day, tree.resolve()
        self.file = day.file_in(tree)
        self.events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        judge = WorkerJudge(tree, workers, CHECK_TIMEOUT)
        self.contexts, keys = contextlib.ExitStack(), Keys()
        gradings = Gradings(tree, judge, self.events.put, recording_in(None))
        self.contexts.enter_context(listening(tree, keys, self.events.put, poll=False))
        self.contexts.enter_context(contextlib.closing(gradings))
        handlers = Handlers(tree, gradings, None, keys, lambda day, name: [])
        self.loop = Loop(begun(day, tree, handlers.texts()), handlers.carry_out, NoScreen(), self.events)
        self.loop.do(OpenDay(day))
        self.over = self.until_graded()

    def until_graded(self) -> Graded:
        while not isinstance(event := self.events.get(timeout=300), Graded):
            self.loop.answer(event)
        return event

    def verdict(self, text: str, focus: str, wanted: set[str], pause: float = PAUSE) -> float:
        """Save a text after a pause; the seconds until all wanted exercises have their verdicts."""
        self.loop.model = self.loop.model.turned_to(focus)
        self.loop.answer(self.over)  # a worker gets ready
        time.sleep(pause)
        left, begin, taken = set(wanted), save(self.file, text), 0.0
        while True:
            event = self.events.get(timeout=300)
            if isinstance(event, Judged) and left:
                left.discard(event.result.name)
                taken = time.perf_counter() - begin
            elif isinstance(event, Graded):
                self.over = event
                return taken
            self.loop.answer(event)

    def close(self) -> None:
        self.contexts.close()


def pytest_arguments(day: Day, exercise: str) -> list[str]:
    """The checks of an exercise, all but those on speed, under plain pytest; of all core ones when it is empty."""
    names = [exercise] if exercise else [one.name for one in day.exercises if not one.stretch]
    return [
        "-q", "-c", os.devnull, "-p", "grader.worker.plugin", "-p", "no:cacheprovider",
        "-k", "not beats", "--learner-file", str(day.solution), "--contract", str(day.solution),
        *(str(day.checks_of(name)) for name in names),
    ]  # fmt: skip


def cold_pytest(day: Day, exercise: str) -> float:
    """Wall time of plain pytest on an exercise's checks, all but those on speed; of all core ones when it is empty."""
    command = [sys.executable, "-m", "pytest", *pytest_arguments(day, exercise)]
    begin = time.perf_counter()
    subprocess.run(
        command, cwd=ROOT, capture_output=True, env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    )
    return time.perf_counter() - begin


class _Sessions:
    """A pytest plugin that keeps the session of the checks that ran."""

    def __init__(self) -> None:
        self.session: Session | None = None

    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        self.session = item.funcargs["learner"].session  # type: ignore[attr-defined]


def print_floor(day: Day, saves: int, cache: str) -> None:
    """Rehearse like a worker, then print as JSON what it takes to compile and run: [seconds of each, seconds of all, count]."""
    found = _Sessions()
    if cache:
        keep_compiled_programs(Path(cache))
    arguments = pytest_arguments(day, "")
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(arguments, plugins=[found])
    assert found.session
    samples = {
        exercise.name: sample
        for exercise in day.exercises
        if not exercise.stretch and (sample := found.session.samples.best(exercise.name))
    }
    each, whole = [], []
    for _ in range(saves):
        begin = time.perf_counter()
        module = load(day.solution).module
        loaded = time.perf_counter() - begin
        taken = {}
        for name, sample in samples.items():
            begin = time.perf_counter()
            with contextlib.suppress(Exception):  # a function that needs what only its check knows
                function = sample.of(getattr(module, name))
                compiled = jax.jit(function, **jit_options(function, sample))
                jax.block_until_ready(compiled(*sample.arguments, **sample.keywords))
                taken[name] = time.perf_counter() - begin
        each += [loaded + seconds for seconds in taken.values()]
        whole.append(loaded + sum(taken.values()))
    print(json.dumps([each, whole, len(taken)]))


def floor(day: Day, saves: int, cache: Path | None) -> tuple[float, float, int]:
    """Medians of the floor of one exercise and of the core of a day, and how many exercises could be run."""
    command = [sys.executable, __file__, "--floor", day.key, str(saves), str(cache or "")]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    each, whole, count = json.loads(printed.splitlines()[-1])
    return statistics.median(each), statistics.median(whole), count


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


HELD = 64 * 2**20  # bytes


def seconds_to_read_again(block: bytearray) -> float:
    """How long it takes to touch each page of a block."""
    begin = time.perf_counter()
    sum(block[::4096])
    return time.perf_counter() - begin


def by_pause(saves: int, days: list[Day], pauses: list[float]) -> None:
    """One exercise of each day, after pauses of several lengths in turn."""
    cache, block = compile_cache.folder(store.folder()), bytearray(os.urandom(4096) * (HELD // 4096))
    print(f"{'':8}" + "".join(f"{f'after {pause:g} s':>14}{'64 MB':>10}" for pause in pauses))
    with processes.Workers(cache) as workers, tempfile.TemporaryDirectory() as tree:
        for day in days:
            file = day.file_in(Path(tree))
            file.parent.mkdir()
            text = day.solution.read_text(encoding="utf-8")
            file.write_text(text, encoding="utf-8")
            watched, number = Watched(day, Path(tree), workers), itertools.count()
            name = day.exercises[0].name
            watched.verdict(edited(text, name, next(number)), name, {name}, READY)
            taken: dict[float, list[float]] = {pause: [] for pause in pauses}
            read: dict[float, list[float]] = {pause: [] for pause in pauses}
            for _ in range(saves):
                for pause in pauses:
                    seconds_to_read_again(block)
                    edit = edited(text, name, next(number))
                    taken[pause].append(watched.verdict(edit, name, {name}, READY + pause))
                    read[pause].append(seconds_to_read_again(block))
            watched.close()
            columns = (
                f"{statistics.median(taken[pause]):12.2f} s{1e3 * statistics.median(read[pause]):7.1f} ms"
                for pause in pauses
            )
            print(f"{day.key:8}{''.join(columns)}", flush=True)


def main() -> None:
    if sys.argv[1:2] == ["--pauses"]:
        pauses = [float(pause) for pause in sys.argv[2].split(",")]
        del sys.argv[1:3]
    else:
        pauses = []
    saves = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    days = [catalogue.find_day(word) for word in sys.argv[2:]] or list(catalogue.days()[:7])
    if pauses:
        by_pause(saves, days, pauses)
        return
    every: list[float] = []
    cache = compile_cache.folder(store.folder())
    print(f"{'':8}{'one exercise':>20}{'core of the day':>20}{'floor':>16}{'cold pytest':>16}{'ratios':>32}")
    print(
        f"{'':8}{'median':>10}{'p95':>10}{'median':>10}{'p95':>10}{'one':>8}{'day':>8}{'one':>8}{'day':>8}"
        f"{'to floor':>16}{'cold to verdict':>16}"
    )
    with processes.Workers(cache) as workers, tempfile.TemporaryDirectory() as tree:
        for day in days:
            file = day.file_in(Path(tree))
            file.parent.mkdir()
            text = day.solution.read_text(encoding="utf-8")
            file.write_text(text, encoding="utf-8")
            watched = Watched(day, Path(tree), workers)
            core = [exercise.name for exercise in day.exercises if not exercise.stretch]
            single, whole = [], []
            for number in range(saves):
                name = core[number % len(core)]
                single.append(watched.verdict(edited(text, name, number), name, {name}))
                whole.append(watched.verdict(f"{text}\n\nSAVED = {number}\n", core[0], set(core)))
            watched.close()
            every += single
            cold_one, cold_day = cold_pytest(day, core[0]), cold_pytest(day, "")
            floor_one, floor_day, count = floor(day, saves, workers.compile_cache)
            one, all_of_them = statistics.median(single), statistics.median(whole)
            print(
                f"{day.key:8}{one:10.2f}{percentile(single, 0.95):10.2f}{all_of_them:10.2f}"
                f"{percentile(whole, 0.95):10.2f}{floor_one:8.2f}{floor_day:8.2f}{cold_one:8.2f}{cold_day:8.2f}"
                f"{one / floor_one:8.1f}{all_of_them / floor_day:8.1f}"
                f"{cold_one / one:8.1f}{cold_day / all_of_them:8.1f}"
                + (f"  (floor: {count} of {len(core)})" if count < len(core) else ""),
                flush=True,
            )
    print(
        f"one exercise, all days: median {statistics.median(every):.2f} s, p95 {percentile(every, 0.95):.2f} s"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--floor"]:
        print_floor(catalogue.find_day(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    else:
        main()
