"""How much the grader adds to its checks: a cold `python -m grader DAY --solutions` against plain pytest.

    python benchmarks/cold_grading.py [DAY] [RUNS]

Both run the same checks on the same file with the same seed, each in a fresh process, in turn. Printed are the
medians in seconds and the median of the ratios within pairs. Nothing is asserted.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from grader.kata import catalogue  # noqa: E402


def seconds(command: list[str]) -> float:
    """Wall time of a command that must succeed."""
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "KATA_COMPILE_CACHE": "off"}
    begin = time.perf_counter()
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)
    taken = time.perf_counter() - begin
    if ended.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with status {ended.returncode}\n{ended.stdout}{ended.stderr}")
    return taken


def main() -> None:
    day = catalogue.find_day(sys.argv[1] if len(sys.argv) > 1 else "day01")
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    grader = [sys.executable, "-m", "grader", day.key, "--solutions", "--seed", "0", "--format", "plain"]
    pytest = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-c",
        os.devnull,
        "-p",
        "grader.worker.plugin",
        "-p",
        "no:cacheprovider",
    ]
    pytest += [
        "--seed",
        "0",
        "--learner-file",
        str(day.solution),
        "--contract",
        str(day.solution),
        *(str(day.checks_of(exercise.name)) for exercise in day.exercises),
    ]
    seconds(grader), seconds(pytest)  # fill the file caches
    pairs = [(seconds(grader), seconds(pytest)) for _ in range(runs)]
    ours, plain = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"{day.key}: grader {ours:.2f} s, plain pytest {plain:.2f} s, ratio {ratio:.2f} ({runs} pairs)")


if __name__ == "__main__":
    main()
