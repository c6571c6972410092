"""Seconds that the deeper look takes at the references, by exercise, and the median of each day: warm, as a second time.

    python benchmarks/deeper_look.py [day05 ...] [--seed 0]

Each check runs twice in one process: the first time compiles, the second is told, in seconds of processor time, with the
cases that were drawn. The last column is the first time, with all that it compiles.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from grader.kata import catalogue
from grader.kata.catalogue import Day


class Look(NamedTuple):
    """What one exercise's deeper look took."""

    warm: float  # seconds of processor time
    cold: float
    cases: int
    checks: int


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("days", nargs="*")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    days = [catalogue.find_day(day) for day in asked.days] or list(catalogue.days())
    if len(days) > 1:  # a process for each: a day may want several devices
        for day in days:
            subprocess.run([sys.executable, __file__, day.key, "--seed", str(asked.seed)], check=True)
        return
    (day,) = days
    found = []
    for name, look in _looks(day, asked.seed):
        found.append(look.warm)
        print(
            f"{day.key}.{name:<32} {look.warm:6.2f} s {look.cases:5} cases {look.checks:3} checks, cold {look.cold:6.2f} s",
            flush=True,
        )
    if found:
        print(f"{day.key} median {statistics.median(found):.2f} s, longest {max(found):.2f} s")


def _looks(day: Day, seed: int) -> Iterator[tuple[str, Look]]:
    """Each exercise that has a deeper look."""
    # What a worker imports, once it is known what is to be measured; a day's shared.py may want several devices first.
    names = [exercise.name for exercise in day.exercises if day.has_deeper_look(exercise.name)]
    modules = {name: importlib.import_module(f"grader.days.{day.folder}.{name}.deeper") for name in names}
    from grader.source.loading import load
    from grader.toolkit.contract import Contract
    from grader.toolkit.session import Session
    from grader.worker.backend import start_backend
    from grader.worker.plugin import prepare_jax

    prepare_jax()
    start_backend()
    contract = Contract(day.solution.read_text(encoding="utf-8"))
    session = Session(load(day.solution), contract)
    for name, module in modules.items():
        checks = {one: check for one, check in vars(module).items() if one.startswith(f"test_{name}_")}
        cold = sum(_run(one, check, session, seed)[0] for one, check in checks.items())
        warm = [_run(one, check, session, seed) for one, check in checks.items()]
        yield (
            name,
            Look(sum(seconds for seconds, _ in warm), cold, sum(cases for _, cases in warm), len(checks)),
        )


def _run(name: str, check: Any, session: Any, seed: int) -> tuple[float, int]:
    """Seconds of processor time that a check takes, and how many cases it drew."""
    import inspect

    from grader.toolkit.cases import Cases
    from grader.toolkit.inputs import Numbers
    from grader.toolkit.session import Learner

    given = {
        "learner": Learner(session, session.learner),
        "numbers": Numbers(seed, name),
        "draw": Cases(seed, name),
    }
    wanted = inspect.signature(check).parameters
    begin = time.process_time()
    try:
        check(**{key: value for key, value in given.items() if key in wanted})
    except Exception as error:  # a check that the reference does not pass, or that stumbles: to be mended
        print(f"{name}: {type(error).__name__}: {error}", flush=True)
    return time.process_time() - begin, given["draw"].agreed if "draw" in wanted else 0  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
