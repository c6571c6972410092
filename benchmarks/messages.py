"""What a learner reads for each wrong answer, in a form to be scored by eyes that have not seen the checks.

    python benchmarks/messages.py [day ...] [--answers DIR] [--only TEXT] [--seed N]

Takes the wrong answers on file, or those of a folder `DIR/dayNN/<exercise>__<label>.py`. For each stands what is wrong with
it, in its own words, and then the whole message with its hint. Scores: 2 it names the cause, 1 it is vague, 0 it misleads.
At the end: how many had a diagnosis, a hint, neither; and the answers that passed.
"""

from __future__ import annotations

import argparse
import ast
import sys
import tempfile
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.answers import as_one_file, handed_in, in_waves
from grader.authoring.trial import grade_text
from grader.judge.processes import Workers
from grader.kata import catalogue
from grader.kata.answers import waves
from grader.kata.catalogue import Day
from grader.results import Aspect, ExerciseResult


def on_file(day: Day, only: str) -> Iterator[tuple[str, dict[str, tuple[str, str]]]]:
    """Learner's files made of the wrong answers on file: the text, and by exercise the label and what is wrong."""
    for text, wave in waves("wrong", day):
        some = {
            one.exercise: (one.label, _says(one.source))
            for one in wave
            if any(text in one.label for text in only.split(","))
        }
        if some:
            yield text, some


def from_folder(folder: Path, day: Day, only: str) -> Iterator[tuple[str, dict[str, tuple[str, str]]]]:
    """The same of a folder of answers."""
    for wave in in_waves(handed_in(folder, day, only)):
        yield as_one_file(day, wave), {one.exercise: (one.label, one.about) for one in wave}


def _says(source: str) -> str:
    """The docstring of an answer, else its label in words."""
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)
    return " ".join((ast.get_docstring(node) or "").split())


def told(day: Day, label: str, wrong: str, result: ExerciseResult) -> str:
    """One answer, to be scored."""
    lead = result.lead
    head = f"=== {day.key} {label}"
    words = wrong or label.partition("__")[2].replace("_", " ")
    if lead is None:
        return f"{head}  PASSED\nwrong: {words}\n"
    body = lead.message + (f"\n\nhint: {lead.hint}" if lead.hint else "\n\n(no hint)")
    return f"{head}  {lead.aspect.value} {lead.name}\nwrong: {words}\n{textwrap.indent(body, '  | ', bool)}\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("days", nargs="*")
    parser.add_argument("--answers", type=Path, help="a folder of answers, in the place of those on file")
    parser.add_argument(
        "--only", default="", help="answers whose name holds one of these texts, with commas between them"
    )
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    days = [catalogue.find_day(day) for day in asked.days] or list(catalogue.days())
    count: Counter[str] = Counter()
    # Checks are compiled once for all the files that hold them.
    with tempfile.TemporaryDirectory() as compiled, Workers(Path(compiled)) as workers:
        for day in days:
            found = from_folder(asked.answers, day, asked.only) if asked.answers else on_file(day, asked.only)
            for text, some in found:
                result = grade_text(workers, day, text, list(some), seed=asked.seed, aspects=tuple(Aspect))
                for fault in result.faults:
                    print(f"FAULT {fault}")
                for exercise in result.days[0].exercises:
                    label, wrong = some[exercise.name]
                    print(told(day, label, wrong, exercise), flush=True)
                    count.update(_kinds(exercise))
    print(", ".join(f"{number} {word}" for word, number in count.most_common()))


def _kinds(result: ExerciseResult) -> list[str]:
    lead = result.lead
    if lead is None or lead.finding is None:
        return ["passed"]
    diagnosed = "diagnosed" if lead.finding.diagnosis else "not diagnosed"
    return ["told", diagnosed, "with a hint" if lead.hint else "without a hint"]


if __name__ == "__main__":
    main()
