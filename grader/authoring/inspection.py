"""Whether an exercise is in order: what can be read, then what only a grading shows; each point with what to do."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from grader.authoring.templates import FILES, FILL_IN
from grader.authoring.trial import caught_by, grade_text
from grader.judge.processes import Workers
from grader.kata import answers, catalogue, hints, stubs, tables
from grader.kata.answers import Answer, learners_file
from grader.kata.catalogue import Day, Exercise
from grader.results import ACCEPTED, Aspect, ExerciseResult, Status
from grader.source.syntax import Definition, Function

WRONG, RIGHT = 4, 2  # answers on file, at least
STAGES, STAGE_WORDS = 3, 5  # of hints, and words in each, at least
# That the reference may take in one check, in the whole first look but timings, in the deeper look.
CHECK_SECONDS, ALL_SECONDS, DEEPER_SECONDS = 4.0, 12.0, 8.0


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that was looked at. `remedy` says what to do when it is not in order."""

    name: str
    good: bool
    words: str
    remedy: str = ""


def points(day: Day, exercise: Exercise, workers: Workers) -> Iterator[Point]:
    """All that an exercise needs, what is quick to see first. Gradings are left out while the texts are not in order."""
    texts = list(texts_in_order(day, exercise))
    yield from texts
    if all(point.good for point in texts):
        yield from gradings_in_order(day, exercise, workers)
    else:
        yield Point("gradings", False, "not run", "Put the lines above in order, then run this again.")


# ---- what can be read


def texts_in_order(day: Day, exercise: Exercise) -> Iterator[Point]:
    """Solution, stub, hints and answers on file, read by syntax alone."""
    folder = day.folder_of(exercise.name)
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        yield Point("folder", False, f"{', '.join(missing)} missing", f"Write them in {folder}.")
        return
    yield _nothing_left_to_fill_in(day, exercise)
    yield _solution(day, exercise)
    yield _stub(day, exercise)
    yield _hints(day, exercise)
    yield _tables(day)
    yield from _style(day, exercise)
    yield from _answers_on_file(day, exercise)


def _nothing_left_to_fill_in(day: Day, exercise: Exercise) -> Point:
    files = [day.folder_of(exercise.name) / name for name in FILES]
    files += [file for file in [day.deeper_of(exercise.name)] if file.is_file()]
    places = [
        f"{file.name}:{number}"
        for file in [*files, day.solution]
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if FILL_IN in line
    ]
    words = f"{FILL_IN} is left at {', '.join(places[:6])}" if places else "no place is left to fill in"
    return Point("filled in", not places, words, "Write what stands there, and delete the words.")


def _solution(day: Day, exercise: Exercise) -> Point:
    nodes = ast.parse(day.solution.read_text(encoding="utf-8")).body
    node = next(n for n in nodes if isinstance(n, Definition) and n.name == exercise.name)
    private = [n.name for n in nodes if isinstance(n, Definition) and n.name.startswith("_")]
    if private:
        remedy = "A helper at top level would stand in the stub: nest it in the function."
        return Point("solution", False, f"{', '.join(private)} at top level", remedy)
    if isinstance(node, Function):
        if node.decorator_list:
            remedy = "A decorator would stand in the stub: apply it within the function."
            return Point("solution", False, f"{node.name} is decorated", remedy)
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        bare = [argument.arg for argument in arguments if argument.annotation is None]
        bare += [] if node.returns else ["the result"]
        if bare:
            remedy = 'Annotate it, arrays as Float[Array, "n d"]: the grader holds answers to the signature.'
            return Point("solution", False, f"no annotation for {', '.join(bare)}", remedy)
    if not exercise.summary.endswith("."):
        remedy = "The docstring begins with one imperative sentence, which ends with a full stop."
        return Point("solution", False, f"its first line is {exercise.summary!r}", remedy)
    return Point("solution", True, exercise.summary)


def _stub(day: Day, exercise: Exercise) -> Point:
    wanted = stubs.stub(day.solution.read_text(encoding="utf-8"))
    file = day.file_in(catalogue.LESSONS)
    good = file.is_file() and file.read_text(encoding="utf-8") == wanted
    words = "in step with the solution" if good else "not in step with the solution"
    return Point("stub", good, words, "python -m grader stubs")


def _hints(day: Day, exercise: Exercise) -> Point:
    stages = hints.read(day.hints_of(exercise.name))
    short = [number for number, stage in enumerate(stages, start=1) if len(stage.split()) < STAGE_WORDS]
    good = len(stages) == STAGES and not short
    words = f"{len(stages)} stages" + (f", of which {short} say next to nothing" if short else "")
    return Point(
        "hints", good, words, "Three numbered stages in hints.md: a question, the idea, almost the code."
    )


def _tables(day: Day) -> Point:
    """The lesson's table and TOPICS.md have the exercise's own lines."""
    lesson = day.file_in(catalogue.LESSONS).with_name("README.md")
    try:
        wanted = {lesson: tables.lesson(day, lesson.read_text(encoding="utf-8"))}
        if tables.TOPICS.exists():
            wanted[tables.TOPICS] = tables.topics(catalogue.days(), tables.TOPICS.read_text(encoding="utf-8"))
    except tables.NoTable as error:
        return Point(
            "tables", False, str(error), "The lines lesson: and topics: at the head of hints.md feed them."
        )
    stale = [file.name for file, text in wanted.items() if file.read_text(encoding="utf-8") != text]
    words = f"{' and '.join(stale)} not in step" if stale else "lesson and topics in step"
    return Point("tables", not stale, words, "python -m grader stubs")


def _style(day: Day, exercise: Exercise) -> Iterator[Point]:
    """What ruff says of the exercise's own files; nothing where it is not installed."""
    if importlib.util.find_spec("ruff") is None:
        return
    files = [*sorted(day.folder_of(exercise.name).glob("*.py")), day.solution]
    for name, arguments in {"lint": ["check", "--quiet"], "layout": ["format", "--check", "--quiet"]}.items():
        command = [sys.executable, "-m", "ruff", *arguments, *map(str, files)]
        ended = subprocess.run(command, cwd=catalogue.ROOT, capture_output=True, text=True)
        said = (ended.stdout + ended.stderr).strip()
        words = "as ruff has it" if ended.returncode == 0 else said or "not as ruff has it"
        yield Point(
            name, ended.returncode == 0, words, f"python -m ruff {arguments[0]} grader/days solutions"
        )


def _answers_on_file(day: Day, exercise: Exercise) -> Iterator[Point]:
    for kind, least in (("wrong", WRONG), ("right", RIGHT)):
        name, file = f"{kind} answers", f"{kind}_answers.py"
        try:
            found = answers.answers_of(kind, day, exercise.name)  # type: ignore[arg-type]
        except (SyntaxError, ValueError) as error:
            yield Point(
                name, False, f"{file} cannot be read: {error}", "Each answer is a function exercise__label."
            )
            continue
        unnamed = [answer.label for answer in found if kind == "wrong" and not answer.check]
        if unnamed:
            remedy = (
                '@caught_by("correct", "by_hand") above each: the aspect and the check that must catch it.'
            )
            yield Point(name, False, f"{', '.join(unnamed)} names no check", remedy)
        else:
            remedy = f"At least {least} of them, in {file}."
            yield Point(name, len(found) >= least, f"{len(found)} on file", remedy)


# ---- what it takes a grading to see


def gradings_in_order(day: Day, exercise: Exercise, workers: Workers) -> Iterator[Point]:
    """The reference, the stub, and all answers on file, graded."""
    name = exercise.name
    reference = _graded(workers, day, day.solution.read_text(encoding="utf-8"), name)
    yield _reference(reference)
    yield _budget(reference)
    yield from _deeper_look(reference)
    yield _aspects(reference)
    stub = _graded(workers, day, stubs.stub(day.solution.read_text(encoding="utf-8")), name)
    statuses = {check.status for check in stub.checks}
    words = "to do" if statuses == {Status.TODO} else f"is {', '.join(sorted(statuses))}, and not to do"
    yield Point(
        "stub graded",
        statuses == {Status.TODO},
        words,
        "No check may run before it asks for the learner's function.",
    )
    yield from _tried(day, exercise, workers)


def _graded(workers: Workers, day: Day, text: str, name: str) -> ExerciseResult:
    result = grade_text(workers, day, text, [name], aspects=tuple(Aspect))
    if result.faults:
        raise RuntimeError(result.faults[0])
    return result.days[0].exercises[0]


def _reference(result: ExerciseResult) -> Point:
    lead = result.lead
    words = (
        f"passes {len(result.checks)} checks"
        if lead is None
        else f"{lead.status.value} by {lead.name}: {lead.message}"
    )
    if lead and lead.status is Status.FAULT:
        words = f"{lead.name} itself failed:\n{lead.details}"
    return Point("reference graded", lead is None, words, "Is the reference wrong, or the check?")


def _budget(result: ExerciseResult) -> Point:
    untimed = [check for check in result.checks if check.aspect in {Aspect.CORRECT, Aspect.JIT}]
    total = sum(check.seconds for check in untimed)
    slowest = max(untimed, key=lambda check: check.seconds)
    good = total <= ALL_SECONDS and slowest.seconds <= CHECK_SECONDS
    words = f"{total:.1f} s in all (limit {ALL_SECONDS:g}), "
    words += f"{slowest.seconds:.1f} s in {slowest.name} (limit {CHECK_SECONDS:g})"
    remedy = (
        "Fewer shapes, and the same ones again: each new one is compiled anew. On a busy machine, try again."
    )
    return Point("time", good, words, remedy)


def _deeper_look(result: ExerciseResult) -> Iterator[Point]:
    """How long it takes, where there is one."""
    deeper = [check for check in result.checks if check.aspect is Aspect.DEEPER]
    if deeper:
        total, cases = sum(check.seconds for check in deeper), sum(check.cases for check in deeper)
        words = f"{total:.1f} s, {cases} drawn cases (limit {DEEPER_SECONDS:g} s)"
        remedy = "Fewer shapes, fewer checks: about two seconds once all is compiled. On a busy machine, try again."
        yield Point("deeper look", total <= DEEPER_SECONDS, words, remedy)


def _aspects(result: ExerciseResult) -> Point:
    found = {check.aspect for check in result.checks}
    missing = [aspect.value for aspect in (Aspect.CORRECT, Aspect.JIT) if aspect not in found]
    words = (
        f"no check on {' and '.join(missing)}"
        if missing
        else ", ".join(a.value for a in Aspect if a in found)
    )
    return Point(
        "aspects",
        not missing,
        words,
        "Every exercise is judged on correctness and under jit; on speed where it gains.",
    )


def _tried(day: Day, exercise: Exercise, workers: Workers) -> Iterator[Point]:
    """Each answer on file: wrong ones caught by the check that they name, right ones passed."""
    wrong = answers.answers_of("wrong", day, exercise.name)
    right = answers.answers_of("right", day, exercise.name)

    def judge(answer: Answer) -> ExerciseResult:
        return _graded(workers, day, learners_file([answer]), exercise.name)

    with ThreadPoolExecutor(2) as pool:
        yield from map(_caught, wrong, pool.map(judge, wrong))
        yield from map(_passed, right, pool.map(judge, right))


def _caught(answer: Answer, result: ExerciseResult) -> Point:
    wanted, got = (answer.aspect, answer.check), caught_by(result)
    if result.status in ACCEPTED:
        return Point(
            answer.label,
            False,
            "wrong, and passed every check",
            "A check is missing, or the answer is right.",
        )
    words = f"caught by {' '.join(got)}"
    remedy = f"It names {' '.join(wanted)}. Which of the two teaches more? That one stands first."
    return Point(answer.label, wanted == got, words, remedy)


def _passed(answer: Answer, result: ExerciseResult) -> Point:
    lead = result.lead
    words = "passed" if lead is None else f"refused by {lead.name}: {lead.message}"
    return Point(
        answer.label,
        lead is None,
        words,
        "Either the check asks for more than the docstring says, or this answer does not keep it.",
    )
