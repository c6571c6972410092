"""How long a learner waits after saving, in `watch`: from the write to the verdict.

    python benchmarks/save_to_verdict.py [SAVES] [DAY ...]

For each day (1 to 7 by default) a copy of its reference file is watched as `python -m grader watch` does it, without a
screen. Measured, in seconds of wall time, SAVES times each (5 by default), with a pause between saves for the worker
that rehearses, as there is when somebody thinks:

    exercise   one exercise is edited; until it has every verdict but that on its speed
    day        a line that all depend on is edited; until the core exercises have theirs
    cold       plain pytest, in a fresh process without compiled programs, on the same checks

Prints medians, the 95th percentile of the first two, and ratios. Nothing is asserted.
"""

from __future__ import annotations

import os
import queue
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from grader import catalogue, compile_cache, processes, progress  # noqa: E402
from grader.catalogue import Day  # noqa: E402
from grader.happenings import Saved, listen_to_saves  # noqa: E402
from grader.live import Graded, Judged, Live  # noqa: E402

PAUSE = 6.0  # seconds of thinking
Happenings = queue.SimpleQueue  # of Judged, Graded, Saved


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


class Watched:
    """A day under watch, without a screen."""

    def __init__(self, day: Day, tree: Path, workers: processes.Workers) -> None:
        self.day, self.file = day, day.file_in(tree)
        self.happenings: queue.SimpleQueue[object] = queue.SimpleQueue()
        self.live = Live(day, tree, workers, self.happenings.put)
        self.stop = threading.Event()
        self.listener = threading.Thread(
            target=listen_to_saves,
            args=(tree, self.happenings.put, self.stop),
            kwargs={"poll": False},
            daemon=True,
        )
        self.listener.start()
        self.live.judge(self.live.exercise_names())
        self.until_graded()

    def until_graded(self) -> None:
        while not isinstance(self.happenings.get(timeout=300), Graded):
            pass

    def verdict(self, text: str, focus: str, wanted: set[str]) -> float:
        """Save a text; the seconds until all wanted exercises have their verdicts."""
        self.live.rehearse(focus)
        time.sleep(PAUSE)
        left, begin, taken = set(wanted), save(self.file, text), 0.0
        while True:
            happening = self.happenings.get(timeout=300)
            if isinstance(happening, Saved):
                self.live.saved(focus)
            elif isinstance(happening, Judged) and left:
                left.discard(happening.exercise.name)
                taken = time.perf_counter() - begin
            elif isinstance(happening, Graded):
                return taken

    def close(self) -> None:
        self.stop.set()
        self.live.stop()
        self.listener.join(3)


def cold_pytest(day: Day, exercise: str) -> float:
    """Wall time of plain pytest on an exercise's checks, all but those on speed; of all core ones when it is empty."""
    command = [
        sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "-p", "grader.checks.plugin", "-p", "no:cacheprovider",
        "-k", (f"test_{exercise}_ and " if exercise else "") + "not beats",
        "--learner-file", str(day.solution), "--contract", str(day.solution), str(day.checks),
    ]  # fmt: skip
    begin = time.perf_counter()
    subprocess.run(
        command, cwd=ROOT, capture_output=True, env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    )
    return time.perf_counter() - begin


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main() -> None:
    saves = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    days = [catalogue.find_day(word) for word in sys.argv[2:]] or list(catalogue.days()[:7])
    every: list[float] = []
    cache = compile_cache.folder(progress.folder())
    print(f"{'':8}{'exercise':>20}{'':>10}{'day':>20}{'cold pytest':>24}")
    print(
        f"{'':8}{'median':>10}{'p95':>10}{'':>10}{'median':>10}{'p95':>10}{'exercise':>14}{'day':>10}{'ratios':>20}"
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
            one, all_of_them = statistics.median(single), statistics.median(whole)
            print(
                f"{day.key:8}{one:10.2f}{percentile(single, 0.95):10.2f}{'':10}{all_of_them:10.2f}"
                f"{percentile(whole, 0.95):10.2f}{cold_one:14.2f}{cold_day:10.2f}"
                f"{cold_one / one:10.1f}{cold_day / all_of_them:10.1f}",
                flush=True,
            )
    print(
        f"one exercise, all days: median {statistics.median(every):.2f} s, p95 {percentile(every, 0.95):.2f} s"
    )


if __name__ == "__main__":
    main()
