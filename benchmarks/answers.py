"""Grade a folder of answers, `DIR/dayNN/<exercise>__<label>.py`, and print what became of each.

    python benchmarks/answers.py DIR [day ...] [--only TEXT] [--seeds N] [--untimed] [--quiet | --messages]

Each file is a learner's file with one answer to one exercise. Answers to different exercises of a day are graded together, as one
file, where their helpers have different names; a file that does not stand beside others is graded alone. The first line of a file
may say what it is. At the end stands how many passed, and how many did not, by day.
"""

from __future__ import annotations

import argparse
import ast
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from grader.authoring.trial import grade_text
from grader.judge.processes import Workers
from grader.kata import catalogue
from grader.kata.catalogue import Day
from grader.options import UNTIMED
from grader.results import Aspect, ExerciseResult, RunResult


@dataclass(frozen=True)
class Handed:
    """An answer somebody handed in."""

    file: Path
    exercise: str
    text: str

    @property
    def label(self) -> str:
        return self.file.stem

    @property
    def names(self) -> set[str]:
        """What the file defines at its top level, but for its imports."""
        names: set[str] = set()
        for node in ast.parse(self.text).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
                names.add(node.name)
            elif not isinstance(node, ast.Import | ast.ImportFrom):
                names |= {
                    n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
                }
        return names

    @property
    def about(self) -> str:
        return (ast.get_docstring(ast.parse(self.text)) or "").split("\n")[0]


def handed_in(folder: Path, day: Day, only: str) -> list[Handed]:
    names = {exercise.name for exercise in day.exercises}
    found = []
    for file in sorted(folder.glob(f"{day.folder.split('_')[0]}*/*.py")):
        exercise = file.stem.split("__")[0]
        if exercise not in names:
            print(f"{file.name}: {day.folder} has no {exercise}")
        elif any(text in file.stem for text in only.split(",")):
            found.append(Handed(file, exercise, file.read_text(encoding="utf-8")))
    return found


def in_waves(answers: list[Handed]) -> list[list[Handed]]:
    """Answers that can lie in one file: one an exercise, and no name defined twice."""
    waves: list[tuple[set[str], list[Handed]]] = []
    for answer in answers:
        mine = answer.names | {answer.exercise}
        for taken, wave in waves:
            if not taken & mine:
                taken |= mine
                wave.append(answer)
                break
        else:
            waves.append((mine, [answer]))
    return [wave for _, wave in waves]


def as_one_file(day: Day, wave: list[Handed]) -> str:
    """The day's solutions with the answers of a wave below them: an answer may call what earlier exercises made."""
    solutions = day.file_in(catalogue.SOLUTIONS).read_text(encoding="utf-8")
    return "\n\n".join([solutions, *(answer.text for answer in wave)])


def told(result: ExerciseResult) -> str:
    lead = result.lead
    return "accepted" if lead is None else f"{lead.status.value} by {lead.aspect.value} {lead.name}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("days", nargs="*")
    parser.add_argument(
        "--only", default="", help="answers whose name holds one of these texts, with commas between them"
    )
    parser.add_argument("--seeds", type=int, default=1, help="grade with this many seeds")
    parser.add_argument("--untimed", action="store_true", help="leave out the checks of speed")
    parser.add_argument("--quiet", action="store_true", help="accepted answers and faults alone")
    parser.add_argument("--messages", action="store_true", help="print what the learner reads")
    asked = parser.parse_args()
    days = [catalogue.find_day(day) for day in asked.days] or list(catalogue.days())
    aspects = (*UNTIMED, Aspect.DEEPER) if asked.untimed else tuple(Aspect)
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as compiled, Workers(Path(compiled)) as workers:
        for day in days:
            count: Counter[str] = Counter()
            for seed in range(asked.seeds):
                for wave in in_waves(handed_in(asked.folder, day, asked.only)):
                    result = grade_text(
                        workers,
                        day,
                        as_one_file(day, wave),
                        [a.exercise for a in wave],
                        seed=seed,
                        aspects=aspects,
                    )
                    _print(result, wave, asked, count)
            if count:
                print(
                    f"{day.folder}: "
                    + ", ".join(f"{number} {word}" for word, number in sorted(count.items()))
                )
            total += count
    print("all: " + ", ".join(f"{number} {word}" for word, number in sorted(total.items())))


def _print(result: RunResult, wave: list[Handed], asked: argparse.Namespace, count: Counter[str]) -> None:
    for fault in result.faults:
        count["faults"] += 1
        print(f"FAULT {fault}")
    by_name = {exercise.name: exercise for exercise in result.days[0].exercises}
    for answer in wave:
        exercise = by_name[answer.exercise]
        if result.faults and exercise.lead is None:
            count["not judged"] += 1
            continue
        accepted = exercise.lead is None
        count["accepted" if accepted else "refused"] += 1
        if accepted or not asked.quiet:
            print(f"{told(exercise):<60} {answer.label}: {answer.about}", flush=True)
        if asked.messages and exercise.lead is not None:
            print(f"{exercise.lead.message}\n  hint: {exercise.lead.hint}\n", flush=True)


if __name__ == "__main__":
    main()
