"""What passes is set beside the reference: the rules for the remark, whole gradings, the screen and the document."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import jsonschema
import pytest

from grader import cli, wire
from grader.commands.grade import judging_options
from grader.judge import runner
from grader.kata import catalogue
from grader.options import UNTIMED, Options
from grader.report.machine import as_json
from grader.results import Aspect, CheckResult, ComparedQuantity, Comparison, ExerciseResult, Exit, Status
from grader.toolkit.programs import Program
from grader.toolkit.samples import Sample, Samples, as_it_is
from grader.toolkit.source_lines import source_lines
from grader.worker import reference_in_words
from grader.worker.protocol import Collected, Compared, Done
from grader.worker.reference import beside_the_reference
from grader.worker.reference_in_words import Facts, remark, rows
from tests.conftest import GradeText, exercise
from tests.scripted_workers import BEGIN, CHECKS, Scripted, judged
from tests.test_report import RESULT, run, screen
from tests.toolkit_session import learner_of

SCHEMA = json.loads((Path(__file__).parent.parent / "grader" / "report" / "schema.json").read_text())
DAY = catalogue.find_day("day01")
REFERENCE = DAY.solution.read_text(encoding="utf-8")


def facts(lines: int = 3, flops: float | None = 1000.0, memory: float | None = 0.0, **counts: int) -> Facts:
    return Facts(lines, Counter(counts), flops=flops, temporary_bytes=memory)


# ---- the rules

PLAIN = facts(mul=4, add=2)
HEAD = "the same arithmetic, but "


@pytest.mark.parametrize(
    ("yours", "reference", "said"),
    [
        (PLAIN, PLAIN, ""),
        (replace(PLAIN, lines=2), PLAIN, "much alike, in 1 line fewer"),
        (facts(mul=4, reshape=3), facts(mul=4), ""),
        (facts(add=1, integer_pow=1), facts(add=1, mul=1), "much alike: `integer_pow` where the reference has `mul`"),
        (facts(transpose=2), facts(transpose=1), HEAD + "yours transposes once more (transpose 2, reference 1)"),
        (facts(transpose=1), facts(transpose=4), HEAD + "the reference transposes 3 times more (transpose 4, yours 1)"),
        (facts(transpose=2), facts(), HEAD + "yours transposes twice, the reference never (transpose)"),
        (facts(flops=10.0, sort=1, transpose=2), facts(), "yours sorts, the reference never (sort)"),
        (facts(flops=1010.0, sqrt=1), facts(rsqrt=1), "much alike: `sqrt` where the reference has `rsqrt`"),
        (facts(exp=1), facts(), "yours exponentiates, the reference never (exp)"),
        (facts(add=30), facts(gather=1, add=3), HEAD + "the reference reads by index, yours never (gather)"),
        (facts(gather=2, add=30), facts(gather=1), "the same arithmetic in 32 equations, the reference takes 1"),
        (facts(scan=1, add=3), facts(add=3), "yours runs a loop (scan), the reference none"),
        (
            facts(add=40),
            facts(scan=1, add=3),
            "the reference keeps a loop (scan) in 4 equations, yours takes 40 equations without one",
        ),
        (
            {"while": 1},
            {"scan": 1},
            "yours loops with while, the reference with scan, which jax.grad can go back through",
        ),
        (facts(scan=2), facts(scan=1), "yours has 2 loops (scan), the reference 1"),
        (facts(flops=3000.0), facts(), "yours does 3 times the arithmetic (3,000 flops, reference 1,000)"),
        (facts(flops=1000.0), facts(flops=1600.0), "the reference does 1.6 times the arithmetic (1,600 flops, yours 1,000)"),
        (facts(flops=9.0), facts(flops=3.0), ""),  # too little to be worth a word
        (facts(flops=9000.0, scan=1), facts(scan=1), ""),  # a loop's body is counted once
        (facts(flops=9000.0, lu=1), facts(lu=1), ""),  # a library's work is not counted
        (facts(memory=8192.0), facts(), "yours needs 8 KiB of temporary memory, the reference nothing"),
        (facts(memory=1024.0), facts(memory=4096.0), "the reference needs 4 KiB of temporary memory, yours 1 KiB"),
        (facts(memory=None), facts(memory=4096.0), ""),
        (facts(flops=None, transpose=1), facts(flops=None), "yours transposes, the reference never (transpose)"),
        (facts(add=30, scan=1), facts(add=10, scan=1), "yours takes 31 equations, the reference 11"),
        (facts(add=30), facts(add=10), "the same arithmetic in 30 equations, the reference takes 10"),
    ],
)  # fmt: skip
def test_the_remark_names_what_teaches_most(
    yours: Facts | dict[str, int], reference: Facts | dict[str, int], said: str
) -> None:
    both = [facts(**one) if isinstance(one, dict) else one for one in (yours, reference)]
    assert remark(*both) == said


def test_the_remark_says_whether_the_clock_feels_it() -> None:
    assert remark(PLAIN, PLAIN, 1.8) == (
        "yours is 1.8 times as fast: worth a look at what the reference does more"
    )
    assert remark(PLAIN, PLAIN, 0.25) == "yours takes 4 times as long: worth a look at what yours does more"
    assert remark(facts(sort=1), facts(), 0.25).endswith(
        "the reference never (sort); yours takes 4 times as long"
    )
    assert remark(PLAIN, PLAIN, 1.4) == ""


def test_a_quantity_that_nobody_knows_has_no_row() -> None:
    shown = rows(facts(flops=None, memory=None), facts(flops=3.0, memory=None))
    assert [(row.quantity, row.yours, row.reference) for row in shown] == [
        ("lines", 3, 3),
        ("equations", 0, 0),
        ("flops", None, 3.0),
    ]


def test_counts_that_are_not_of_the_whole_have_no_row() -> None:
    assert "flops" not in {row.quantity for row in rows(facts(scan=1), facts(lu=1))}
    (flops,) = (row for row in rows(facts(), facts(scan=1)) if row.quantity == "flops")
    assert (flops.yours, flops.reference) == (1000.0, None)


def test_lines_are_those_with_code() -> None:
    source = '''
def helper(x):
    return (
        x + 1
    )


def other(x):
    return x


@decorated
def f(
    x,
):
    """Text.

    More of it.
    """
    # a comment

    text = """two
    lines"""  # beside code

    def inner(y):
        "Text."
        return helper(y)  # counted whole: four lines

    return inner(other(x))
'''
    assert source_lines(source, "f", {"f", "other"}) == 9
    assert source_lines(source, "f", {"f", "helper"}) == 7
    assert source_lines(source, "helper", ()) == 3


@pytest.mark.parametrize(
    "below",
    [
        "@f.defjvp\ndef rule(primals, tangents):\n    (x,), (v,) = primals, tangents\n    return f(x), v\n",
        "def rule(primals, tangents):\n    return f(*primals), slope(tangents)\ndef slope(v):\n    return v\nf.defjvp(rule)\n",
    ],
    ids=["as a decorator", "as a call"],
)
def test_a_rule_that_is_handed_to_a_function_below_it_counts(below: str) -> None:
    source = f"@jax.custom_jvp\ndef f(x):\n    return x\n{below}def other(x):\n    return f.lower(x)\n"
    own_lines = 1
    assert source_lines(source, "f", {"f", "other"}) == own_lines + len(
        below.splitlines()
    ) - below.startswith("@")


def outline(function: object, *arguments: object) -> object:
    return Program("", jax.jit(function).trace(*arguments).jaxpr).outline  # type: ignore[call-overload]


def test_outlines_see_through_names_and_jit_and_not_through_order() -> None:
    x, y = jnp.ones(3), jnp.ones(3)
    assert outline(lambda a, b: a * 2 - b, x, y) == outline(
        jax.jit(lambda p, q: 2 * p * 1 - q if 0 else p * 2 - q), x, y
    )
    assert outline(lambda a, b: a - b, x, y) != outline(lambda a, b: b - a, x, y)
    assert outline(lambda a, b: a * 2, x, y) != outline(lambda a, b: a * 3, x, y)
    assert outline(lambda a: jnp.sum(a, axis=0), jnp.ones((2, 2))) != outline(
        lambda a: jnp.sum(a, axis=1), jnp.ones((2, 2))
    )

    def loop(scale: float) -> object:
        return lambda a: jax.lax.scan(lambda c, _: (c * scale, None), a, None, length=3)[0]

    assert outline(loop(2.0), x) == outline(loop(2.0), x)
    assert outline(loop(2.0), x) != outline(loop(3.0), x)


def test_the_largest_compiled_plain_call_is_kept() -> None:
    samples = Samples()
    assert samples.best("f") is None

    def lifted(function: object) -> object:
        return function

    def offer(size: int, *, plain: bool = True, compiled: bool = True) -> Sample:
        options = {} if compiled else None
        sample = Sample("f", len, as_it_is if plain else lifted, options, (jnp.ones(size),), {})  # type: ignore[arg-type]
        samples.offer("f", sample)
        return sample

    for better in (
        lambda: offer(90, plain=False),
        lambda: offer(50, compiled=False),
        lambda: offer(3),
        lambda: offer(4),
    ):
        best = better()
        assert samples.best("f") is best
    offer(4), offer(80, compiled=False), offer(80, plain=False)
    assert samples.best("f") is best
    assert samples.best("g") is None


# ---- why there is none

DOUBLE = """
def double(x):
    return x + x
"""


CONTRACT = """
def double(x: Float[Array, "n"]) -> Float[Array, "n"]:
    pass
"""


def beside(tmp_path: Path, source: str, *, call: bool = True) -> Compared:
    learner = learner_of(tmp_path, source, CONTRACT)
    if call:
        learner.double.jit()(jnp.ones(3))
    solution = tmp_path / "solution.py"
    solution.write_text(DOUBLE)
    return beside_the_reference(learner.session, "double", solution)


def test_where_all_is_well_nothing_is_said(tmp_path: Path) -> None:
    compared = beside(tmp_path, DOUBLE)
    assert compared.comparison is not None
    assert compared.trouble == ""


def test_what_cannot_be_compared_says_why_in_words(tmp_path: Path) -> None:
    assert beside(tmp_path, DOUBLE, call=False) == Compared(
        "double", None, "no check makes a call to compare on"
    )


@pytest.mark.parametrize("error", [KeyError("ours"), RecursionError("ours"), SystemExit("ours")], ids=repr)
def test_a_mistake_of_ours_costs_the_comparison_alone_and_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(*arguments: object) -> None:
        raise error

    monkeypatch.setattr(reference_in_words, "rows", fail)
    compared = beside(tmp_path, DOUBLE)
    assert compared.comparison is None
    assert compared.trouble.startswith("Traceback")
    assert f"{type(error).__name__}: " in compared.trouble.splitlines()[-1]


def test_a_mistake_of_ours_beside_the_reference_reaches_the_screen_and_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble = "Traceback\nKeyError: ours"
    said = [
        Collected(CHECKS[:2]),
        *BEGIN[1:],
        *judged(CHECKS[0]),
        *judged(CHECKS[1]),
        Compared("softmax", None, trouble),
        Done(),
    ]
    options = Options(seed=1, aspects=UNTIMED, parallel=1, compare=frozenset({"softmax"}))
    result = runner.grade(catalogue.select(["softmax"]), tmp_path, Scripted(tmp_path, said), options)  # type: ignore[arg-type]
    assert (result.faults, result.exit_status) == ((), Exit.DONE)
    assert "KeyError: ours" in screen(result, verbose=True)
    assert "KeyError" not in screen(result)


# ---- whole gradings

TRANSPOSES = """
import jax.numpy as jnp

def pairwise_squared_distances(x, y):
    difference = x.T[:, :, None] - y.T[:, None, :]
    return jnp.sum(difference ** 2, axis=0)
"""
LOOPS = """
import jax
import jax.numpy as jnp

def pairwise_squared_distances(x, y):
    return jax.lax.map(lambda row: jnp.sum((row - y) ** 2, axis=-1), x)
"""
WRONG = "def pairwise_squared_distances(x, y):\n    return x @ y.T\n"
ONE = "day01.pairwise_squared_distances"


def compared(grade_text: GradeText, source: str, selector: str = ONE, **options: object) -> Comparison | None:
    name = selector.partition(".")[2]
    result = grade_text(source, selector, **{"compare": frozenset({name}), **options})
    assert result.faults == ()
    return exercise(result, name).comparison


def test_the_reference_beside_itself_is_the_same_program(grade_text: GradeText) -> None:
    comparison = compared(grade_text, REFERENCE)
    assert comparison is not None
    assert comparison.remark == "the same program, equation by equation"
    assert comparison.call.startswith("pairwise_squared_distances(f32[")
    values = {row.quantity: (row.yours, row.reference) for row in comparison.rows}
    assert values.keys() >= {"lines", "equations", "seconds"}
    assert values["lines"] == (2, 2)
    assert values["equations"][0] == values["equations"][1]
    assert all(0 < value < 0.1 for value in values["seconds"] if value is not None)


def test_a_transpose_more_is_remarked(grade_text: GradeText) -> None:
    comparison = compared(grade_text, TRANSPOSES)
    assert comparison is not None
    assert "yours transposes twice, the reference never (transpose)" in comparison.remark


def test_a_loop_is_remarked(grade_text: GradeText) -> None:
    comparison = compared(grade_text, LOOPS)
    assert comparison is not None
    assert comparison.remark.startswith("yours runs a loop (scan), the reference none")


def test_a_vmap_is_compared_where_there_is_nothing_else(grade_text: GradeText) -> None:
    solution = catalogue.find_day("day06").solution.read_text(encoding="utf-8")
    comparison = compared(grade_text, solution, "day06.batch_standardize")
    assert comparison is not None
    assert comparison.call.startswith("vmap(batch_standardize")
    assert comparison.remark == "the same program, equation by equation"


def test_after_the_speed_checks_it_is_their_call(grade_text: GradeText) -> None:
    comparison = compared(grade_text, REFERENCE, aspects=tuple(Aspect))
    assert comparison is not None
    assert comparison.call == "pairwise_squared_distances(f32[16,3], f32[16,3])"


def test_nothing_is_compared_unasked_or_unpassed(grade_text: GradeText) -> None:
    assert compared(grade_text, REFERENCE, compare=frozenset()) is None
    assert compared(grade_text, WRONG) is None


@pytest.mark.parametrize("selector", ["day05.primitive_counts", "day05.bucketed_sum"])
def test_what_cannot_be_compared_passes_all_the_same(grade_text: GradeText, selector: str) -> None:
    day, name = selector.split(".")
    solution = catalogue.find_day(day).solution.read_text(encoding="utf-8")
    result = grade_text(solution, selector, compare=frozenset({name}))
    assert result.faults == ()
    assert exercise(result, name).status is Status.PASSED
    assert exercise(result, name).comparison is None


@pytest.mark.parametrize(
    ("selector", "call"),
    [
        ("day07.Dual", "value and tangent of x * x * x + x(f32[3], f32[3])"),
        ("day11.lion", "the first updates of lion("),
        ("day14.LinearRegression", "LinearRegression().apply(f32[17,33])"),
    ],
)
def test_a_class_or_an_optimiser_is_compared_as_its_checks_say(
    grade_text: GradeText, selector: str, call: str
) -> None:
    day, name = selector.split(".")
    solution = catalogue.find_day(day).solution.read_text(encoding="utf-8")
    comparison = exercise(grade_text(solution, selector, compare=frozenset({name})), name).comparison
    assert comparison is not None
    assert comparison.call.startswith(call)
    assert comparison.remark == "the same program, equation by equation"


@pytest.mark.parametrize("end", ["os._exit(3)", "os.kill(os.getpid(), 9)", "frame.f_trace = 1 / 0"])
def test_an_answer_that_dies_beside_the_reference_keeps_its_verdict(grade_text: GradeText, end: str) -> None:
    source = f"""
import os, sys, threading, time
import jax.numpy as jnp

def pairwise_squared_distances(x, y):
    return jnp.sum((x[:, None] - y[None]) ** 2, axis=-1)

def lurk():
    while True:
        for frame in sys._current_frames().values():
            while frame:
                if frame.f_code.co_filename.endswith("worker/reference.py"):
                    {end}
                frame = frame.f_back
        time.sleep(0.0005)

threading.Thread(target=lurk, daemon=True).start()
"""
    name = ONE.partition(".")[2]
    result = grade_text(source, ONE, compare=frozenset({name}))
    assert result.faults == ()
    found = exercise(result, name)
    assert found.status is Status.PASSED
    assert (found.comparison is None) is ("os." in end)


def test_the_command_line_compares_one_exercise_and_many_when_verbose() -> None:
    def compares(*words: str) -> bool:
        _, options = cli.parse(words)
        return bool(judging_options(catalogue.select(options.words), options).compare)

    assert compares("day01.softmax")
    assert compares("day01", "--verbose")
    assert not compares("day01")
    assert not compares("day01.softmax", "--solutions")


# ---- the screen and the document

COMPARISON = Comparison(
    "softmax(f32[17,33], axis=-1)",
    (
        ComparedQuantity("lines", 4, 2),
        ComparedQuantity("equations", 9, 7),
        ComparedQuantity("flops", 3366.0, 3366.0),
        ComparedQuantity("bytes_accessed", 13_464.0, None),
        ComparedQuantity("temporary_bytes", 0.0, 132.0),
        ComparedQuantity("seconds", 0.0000123, 0.00112),
    ),
    "yours transposes twice, the reference never (transpose), and \x1b[31m is no colour",
)
DONE = ExerciseResult(
    "softmax", False, (CheckResult("by_hand", Aspect.CORRECT, Status.PASSED),), comparison=COMPARISON
)
SHOWN = """
beside the reference: softmax(f32[17,33], axis=-1)
                 |   yours |reference
-----------------+---------+---------
lines            |       4 |        2
equations        |       9 |        7
flops            |   3,366 |    3,366
memory traffic   |13.1 KiB |        -
temporary memory | 0 bytes |132 bytes
time a call      | 12.3 us |  1.12 ms
yours transposes twice, the reference never (transpose), and
\\x1b[31m is no colour
"""


def test_the_screen_at_60_columns() -> None:
    shown = screen(run(DONE))
    assert SHOWN in shown
    assert shown.isascii()
    assert max(map(len, shown.splitlines())) <= 60


def test_why_there_is_no_comparison_is_said_in_verbose_mode() -> None:
    without = replace(DONE, comparison=None, not_compared="Traceback\nKeyError: \x1b[31m\n")
    assert "beside the reference" not in screen(run(without))
    shown = screen(run(without), verbose=True)
    assert "softmax could not be set beside the reference:" in shown
    assert "KeyError: \\x1b[31m" in shown


def test_many_exercises_are_compared_in_verbose_mode_alone() -> None:
    two = run(DONE, replace(DONE, name="masked_mean"))
    assert "beside the reference" not in screen(two)
    assert screen(two, verbose=True).count("beside the reference") == 2


def test_the_document_has_the_comparison_or_null() -> None:
    for result in (run(DONE), RESULT):
        jsonschema.validate(json.loads(as_json(result)), SCHEMA)
    (found,) = json.loads(as_json(run(DONE)))["days"][0]["exercises"]
    assert wire.read(Comparison, found["comparison"]) == COMPARISON
    assert json.loads(as_json(RESULT))["days"][0]["exercises"][0]["comparison"] is None
