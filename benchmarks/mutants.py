"""How strong the checks are: the references with one place changed, and which of them the checks catch.

    python benchmarks/mutants.py [day or day.exercise ...] [--most N] [--seed N] [--untimed] [--list] [--toml]

Changes are those of `grader/authoring/operators.py` and `mutants.py`. At most N mutants an exercise are tried (all of them by
default), drawn by the seed. Prints survivors by exercise with the line that was changed, and by day: how many were caught,
compute the same (equal jaxprs on all calls that the checks make), are filed as equivalent (with a reason, in the exercise's
`equivalent_mutants.toml`), and survived. The score is caught / (caught + survived). `--toml` prints survivors as entries of
that file.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from grader.authoring.mutant_trial import Fate, mutants_by_exercise, try_mutants
from grader.authoring.mutants import some_of
from grader.judge.processes import Workers
from grader.kata import catalogue


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", help="days or exercises; all days by default")
    parser.add_argument("--most", type=int, default=10_000, help="mutants an exercise")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--untimed", action="store_true", help="leave out the checks of speed")
    parser.add_argument("--list", action="store_true", help="say of each mutant what caught it")
    parser.add_argument(
        "--toml", action="store_true", help="print survivors as entries of equivalent_mutants.toml"
    )
    asked = parser.parse_args()
    scores = []
    with tempfile.TemporaryDirectory() as compiled, Workers(Path(compiled)) as workers:
        for selection in catalogue.select(asked.what or [day.key for day in catalogue.days()]):
            begin = time.perf_counter()
            names = {exercise.name for exercise in selection.exercises}
            wanted = {
                name: some_of(mutants, asked.most, asked.seed)
                for name, mutants in mutants_by_exercise(selection.day).items()
                if name in names
            }
            fates = list(
                try_mutants(workers, selection.day, wanted, seed=asked.seed, timed=not asked.untimed)
            )
            _tell_survivors(fates, asked)
            _tell_tools(fates)
            scores.append(_tell_day(selection.day.key, fates, time.perf_counter() - begin))
    caught, all_of_them = sum(one for one, _ in scores), sum(many for _, many in scores)
    print(
        f"all: {caught} of {all_of_them} mutants that are not equivalent are caught, {_per_cent(caught, all_of_them)}"
    )


# What of the toolkit holds a promise that a kind of mutant breaks.
TOOLS = {
    "gradient stopped": "slope_agrees(handle, oracle, ...) in deeper.py holds the derivative against the oracle's",
    "cleaned of NaN": "give nan and inf among the inputs (draw.floats(special=...)) and let the oracle say what comes",
    "clipped to 50": "draw magnitudes up to 1e4 and more",
    "tiny to zero": "draw magnitudes down to 1e-7, and compare relative to them",
    "transposed when square": "one square input, which is not symmetric",
    "capped at 40": "one count over 40",
}


def _tell_survivors(fates: list[Fate], asked: argparse.Namespace) -> None:
    for fate in sorted(fates, key=lambda fate: fate.mutant.exercise):
        mutant = fate.mutant
        if fate.word == "survived" and asked.toml:
            print(f"# {mutant.exercise}\n[[mutant]]\nwas = {mutant.was!r}\nnow = {mutant.now!r}\nwhy = ''\n")
        elif fate.word == "survived" or asked.list:
            by = f" by {fate.check} ({fate.status})" if fate.check else ""
            print(
                f"{mutant.exercise}: {fate.word}{by}: {mutant.operator}\n    - {mutant.was}\n    + {mutant.now}"
            )


def _tell_tools(fates: list[Fate]) -> None:
    survived = {fate.mutant.operator for fate in fates if fate.word == "survived"}
    for ending, tool in TOOLS.items():
        if any(operator.endswith(ending) for operator in survived):
            print(f"  {ending}: {tool}")


def _tell_day(day: str, fates: list[Fate], seconds: float) -> tuple[int, int]:
    words = Counter(fate.word for fate in fates)
    ended = sum(fate.status in ("timeout", "crashed") for fate in fates)
    caught, all_of_them = words["caught"], words["caught"] + words["survived"]
    print(
        f"{day}: {len(fates)} mutants: {caught} caught ({ended} by a limit), {words['same']} the same, {words['filed']} filed, "
        f"{words['survived']} survived: {_per_cent(caught, all_of_them)}, in {seconds:.0f} s",
        flush=True,
    )
    return caught, all_of_them


def _per_cent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "nothing to catch"


if __name__ == "__main__":
    main()
