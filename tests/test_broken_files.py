"""Whatever a learner's file holds: its own clear message at the learner's line, and the rest graded all the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.judge import hearing, processes, runner
from grader.kata import catalogue
from grader.options import UNTIMED, Options
from grader.results import Status
from tests.conftest import GradeText, exercise, lead

# A right answer beside every broken one: it must pass.
HEAD = "import jax\nimport jax.numpy as jnp\n"
GOOD = """
def masked_mean(x, mask):
    return jnp.sum(jnp.where(mask, x, 0)) / jnp.maximum(jnp.sum(mask), 1)
"""
ASKED = ("day01.softmax", "day01.masked_mean")


def softmax_file(body: str) -> str:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return f"{HEAD}\n\ndef softmax(x, axis=-1):\n{lines}\n\n{GOOD}"


FIRST_LINE = 6  # of the body that `softmax_file` makes


def test_a_syntax_error_costs_one_exercise(grade_text: GradeText) -> None:
    result = grade_text(softmax_file("return jnp.exp(x"), *ASKED)
    first = lead(result, "softmax")
    assert first.status is Status.ERROR
    assert first.line == FIRST_LINE
    assert first.message == (
        "SyntaxError on line 6 of pure_functions.py: '(' was never closed\n      return jnp.exp(x\n                    ^"
    )
    assert exercise(result, "masked_mean").status is Status.PASSED
    assert result.exit_status == 1


def test_a_syntax_error_leaves_the_decorators_of_others_alone(grade_text: GradeText) -> None:
    decorated = """
import functools

@functools.partial(
    jax.jit,
    # which is not traced
    static_argnames=("axis",),
)
# It is compiled.

def softmax(x, axis=-1):
    weights = jnp.exp(x - x.max(axis, keepdims=True))
    return weights / weights.sum(axis, keepdims=True)

"""
    result = grade_text(f"{HEAD}{decorated}def masked_mean(x, mask):\n    return (x\n", *ASKED)
    (problem,) = result.days[0].problems
    assert problem.message.startswith("SyntaxError on line 18 of pure_functions.py: '(' was never closed\n")
    assert exercise(result, "softmax").status is Status.PASSED
    assert lead(result, "masked_mean").line == 18


def test_an_unclosed_string_costs_one_exercise(grade_text: GradeText) -> None:
    source = f"{HEAD}{GOOD}\n\ndef softmax(x, axis=-1):\n    '''Never closed.\n    return x\n"
    result = grade_text(source, *ASKED)
    assert "SyntaxError on line 9" in lead(result, "softmax").message
    assert exercise(result, "masked_mean").status is Status.PASSED


def test_a_failing_import_is_told_where_it_hurts(grade_text: GradeText) -> None:
    source = f"import jaxx.numpy as np\n{softmax_file('return np.exp(x)')}"
    result = grade_text(source, *ASKED)
    (problem,) = result.days[0].problems
    assert problem.message == (
        "Line 1 of pure_functions.py failed while it was loaded:\n"
        "  import jaxx.numpy as np\n\n"
        "ModuleNotFoundError: No module named 'jaxx'"
    )
    assert problem.hint == "Did you mean `jax`?"
    assert lead(result, "softmax").status is Status.ERROR
    assert lead(result, "softmax").message.endswith(problem.message)
    assert exercise(result, "masked_mean").status is Status.PASSED
    assert result.exit_status == 1


def test_a_failing_import_alone_spoils_the_day(grade_text: GradeText) -> None:
    result = grade_text(f"import jaxx\n{HEAD}{GOOD}", "day01.masked_mean")
    assert exercise(result, "masked_mean").status is Status.PASSED
    assert result.days[0].status is Status.ERROR
    assert result.exit_status == 1


def test_a_missing_function_is_named(grade_text: GradeText) -> None:
    result = grade_text(f"{HEAD}{GOOD}", *ASKED)
    assert lead(result, "softmax").status is Status.ERROR
    assert lead(result, "softmax").message == "There is no function softmax in pure_functions.py."
    assert "reset day01.softmax` brings its stub back" in lead(result, "softmax").hint
    assert exercise(result, "masked_mean").status is Status.PASSED


def test_a_renamed_function_is_recognised(grade_text: GradeText) -> None:
    result = grade_text(softmax_file("return x").replace("def softmax", "def soft_max"), *ASKED)
    first = lead(result, "softmax")
    assert first.message == (
        "There is no function softmax in pure_functions.py. `soft_max` on line 5 looks like it."
    )
    assert first.line == 5


def test_a_name_that_is_no_function_is_told(grade_text: GradeText) -> None:
    result = grade_text(f"{HEAD}\nsoftmax = 3\n{GOOD}", *ASKED)
    assert lead(result, "softmax").message == "softmax is 3, not a function."


def test_another_signature_is_shown_beside_the_promised_one(grade_text: GradeText) -> None:
    result = grade_text(softmax_file("return x").replace("axis=-1", "dim"), *ASKED)
    first = lead(result, "softmax")
    assert first.message == (
        "softmax has another signature\n  expected  softmax(x, axis=-1)\n  got       softmax(x, dim)"
    )
    assert first.line == 5


def test_more_parameters_with_defaults_are_welcome(grade_text: GradeText) -> None:
    source = softmax_file(
        "w = jnp.exp(x - x.max(axis, keepdims=True))\nreturn w / w.sum(axis, keepdims=True)"
    )
    result = grade_text(source.replace("axis=-1", "axis=-1, temperature=1.0"), *ASKED)
    assert exercise(result, "softmax").status is Status.PASSED


def test_a_file_that_is_not_utf8_names_the_byte(grade_text: GradeText) -> None:
    result = grade_text(b"import jax\n# na\xefve\n", *ASKED)
    (problem,) = result.days[0].problems
    assert problem.message == "pure_functions.py is not UTF-8 text: byte 0xef on line 2 cannot be read."
    assert result.days[0].status is Status.ERROR
    assert result.exit_status == 1


@pytest.mark.parametrize("source", ["", "\n\n  \n"])
def test_an_empty_file_is_called_empty(grade_text: GradeText, source: str) -> None:
    result = grade_text(source, *ASKED)
    assert [problem.message for problem in result.days[0].problems] == ["pure_functions.py is empty."]
    assert lead(result, "softmax").status is Status.ERROR
    assert result.exit_status == 1


def test_a_missing_file_is_named(workers: processes.Workers, tmp_path: Path) -> None:
    result = runner.grade(catalogue.select(["day01"]), tmp_path, workers, Options(seed=0))
    (problem,) = result.days[0].problems
    assert problem.message == "There is no file day01_pure_functions/pure_functions.py."
    assert result.exit_status == 1


def test_a_nul_byte_is_found(grade_text: GradeText) -> None:
    result = grade_text("import jax\n\0\n", *ASKED)
    assert [problem.message for problem in result.days[0].problems] == [
        "pure_functions.py holds a NUL byte on line 2."
    ]


def test_a_megabyte_of_output_is_cut_and_said(grade_text: GradeText) -> None:
    result = grade_text(softmax_file("print('x' * 2**20)\nreturn x"), *ASKED)
    output = lead(result, "softmax").output
    assert output.startswith("xxx")
    assert len(output) < 3000
    assert "cut here: " in output
    assert " bytes were printed" in output
    assert exercise(result, "masked_mean").status is Status.PASSED


def test_output_of_each_check_is_its_own(grade_text: GradeText) -> None:
    result = grade_text(softmax_file("print('one line')\nreturn x"), *ASKED)
    outputs = [check.output for check in exercise(result, "softmax").checks if check.output]
    assert len(outputs) >= 2
    assert all(set(output.split("\n")) == {"one line", ""} for output in outputs)


def test_output_of_the_learner_never_reaches_our_standard_output(
    grade_text: GradeText, capfd: pytest.CaptureFixture[str]
) -> None:
    source = softmax_file("import os\nprint('LOUD')\nos.write(1, b'LOUD')\nos.write(2, b'LOUD')\nreturn x")
    grade_text(source, *ASKED)
    captured = capfd.readouterr()
    assert "LOUD" not in captured.out + captured.err


@pytest.mark.parametrize(
    ("body", "name", "words"),
    [
        ("import sys\nsys.exit(0)", "SystemExit", "asked Python to exit"),
        ("raise SystemExit", "SystemExit", "asked Python to exit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", "Ctrl-C"),
        ("import pytest\npytest.exit('bye')", "Exit", "called into pytest"),
        ("import pytest\npytest.skip('later')", "Skipped", "called into pytest"),
        ("import pytest\npytest.xfail('never')", "XFailed", "called into pytest"),
        ("import pytest\npytest.fail('no')", "Failed", "called into pytest"),
    ],
)
def test_ways_to_leave_python_are_errors(grade_text: GradeText, body: str, name: str, words: str) -> None:
    result = grade_text(softmax_file(body), *ASKED)
    first = lead(result, "softmax")
    assert first.status is Status.ERROR
    assert f"raised {name} at line" in first.message
    assert words in " ".join(first.message.split())
    assert first.line == FIRST_LINE + body.count("\n")
    assert exercise(result, "masked_mean").status is Status.PASSED
    assert result.exit_status == 1


@pytest.mark.parametrize("code", [0, 3])
def test_os_exit_is_a_crash_at_its_line(grade_text: GradeText, code: int) -> None:
    result = grade_text(softmax_file(f"import os\nos._exit({code})"), *ASKED)
    first = lead(result, "softmax")
    assert first.status is Status.CRASHED
    assert first.message == (
        f"softmax ended the whole process with os._exit({code}) at line 7\n  7 | os._exit({code})"
    )
    assert first.line == FIRST_LINE + 1
    assert exercise(result, "masked_mean").status is Status.PASSED
    assert result.exit_status == 1


def test_a_segmentation_fault_is_a_crash_at_its_line(grade_text: GradeText) -> None:
    result = grade_text(softmax_file("import ctypes\nreturn ctypes.string_at(0)"), *ASKED)
    first = lead(result, "softmax")
    assert first.status is Status.CRASHED
    assert "SIGSEGV" in first.message
    assert first.line == FIRST_LINE + 1
    assert exercise(result, "masked_mean").status is Status.PASSED


def test_a_killed_worker_is_a_crash(grade_text: GradeText) -> None:
    result = grade_text(softmax_file("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"), *ASKED)
    first = lead(result, "softmax")
    assert first.status is Status.CRASHED
    assert first.message == "The process that ran softmax was killed 3 times (signal SIGKILL)"
    assert "kill its own process" in first.hint
    assert exercise(result, "masked_mean").status is Status.PASSED


def test_an_endless_python_loop_is_stopped_at_its_line(grade_text: GradeText) -> None:
    result = grade_text(softmax_file("while True:\n    x = x"), *ASKED, check_timeout=6.0)
    first = lead(result, "softmax")
    assert first.status is Status.TIMEOUT
    assert first.message.startswith("softmax computed for 6 s and was stopped at line ")
    assert first.line in {FIRST_LINE, FIRST_LINE + 1}
    assert exercise(result, "masked_mean").status is Status.PASSED
    assert result.exit_status == 1


@pytest.mark.parametrize(
    ("body", "did"),
    [
        ("return jax.lax.while_loop(lambda v: v[0] > -1, lambda v: abs(v) + 1, x)", "computed for 6 s"),
        (
            # It sleeps within the try, so that the alarm does not come between two of them.
            "import time\nwhile True:\n    try:\n        time.sleep(60)\n    except BaseException:\n        pass",
            "waited for 6 s without computing",
        ),
    ],
    ids=["inside XLA", "that swallows everything"],
)
def test_an_endless_loop_that_cannot_be_interrupted_is_killed(
    grade_text: GradeText, body: str, did: str
) -> None:
    result = grade_text(softmax_file(body), *ASKED, check_timeout=6.0)
    assert lead(result, "softmax").status is Status.TIMEOUT
    assert lead(result, "softmax").message == f"softmax {did} and was stopped."
    assert exercise(result, "masked_mean").status is Status.PASSED


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("import sys; sys.exit(0)", "SystemExit: 0"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("import os; os._exit(0)", "ended or blocked the grading process"),
        ("import ctypes; ctypes.string_at(0)", "ended or blocked the grading process"),
    ],
)
def test_a_top_level_statement_that_ends_the_process_is_passed_over(
    grade_text: GradeText, statement: str, words: str
) -> None:
    source = f"{HEAD}\n{statement}\n{GOOD}"
    result = grade_text(source, "day01.masked_mean")
    assert any(words in problem.message and problem.line == 4 for problem in result.days[0].problems)
    assert exercise(result, "masked_mean").status is Status.PASSED
    assert result.faults == ()
    assert result.exit_status == 1


def test_an_endless_loop_at_top_level_is_passed_over(
    grade_text: GradeText, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "STATEMENT_TIMEOUT", 5.0)
    result = grade_text(f"{HEAD}\nwhile True: pass\n{GOOD}", "day01.masked_mean")
    assert exercise(result, "masked_mean").status is Status.PASSED
    assert result.exit_status == 1


@pytest.mark.parametrize(
    ("value", "came"),
    [
        ("[1.0, 2.0]", "a list of length 2"),
        ("None", "None"),
        ("3.5", "the Python float 3.5"),
        ("__import__('numpy').exp(__import__('numpy').asarray(x))", "a NumPy array, f32["),
        ("Liar()", "an object of type Liar"),
        ("Pretender()", "an object of type Pretender"),
    ],
)
def test_what_is_no_jax_array_is_told(grade_text: GradeText, value: str, came: str) -> None:
    liars = """
class Liar:
    shape, dtype = (2,), jnp.float32.dtype
    def __eq__(self, other): return True
    def __array__(self, *a, **k): raise RuntimeError

class Pretender:
    __class__ = jax.Array
"""
    result = grade_text(softmax_file(f"return {value}") + liars, *ASKED)
    first = lead(result, "softmax")
    assert first.status is Status.FAILED
    assert f"got       {came}" in first.message
    assert exercise(result, "masked_mean").status is Status.PASSED


def test_files_lying_about_change_nothing(tmp_path: Path) -> None:
    beside = tmp_path / "day01_pure_functions"
    beside.mkdir()
    for name in ("jax.py", "numpy.py", "rich.py", "conftest.py", "sitecustomize.py", "pytest_timeout.py"):
        (beside / name).write_text("raise RuntimeError('planted')\n")
    (beside / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n")
    (beside / "pure_functions.py").write_text(HEAD + GOOD)
    environment = {
        **os.environ,
        "PYTEST_ADDOPTS": "--collect-only",
        "PYTHONPATH": str(Path(catalogue.ROOT)),
        "PYTHONOPTIMIZE": "2",
        "JAX_ENABLE_X64": "1",
        "JAX_DISABLE_JIT": "1",
    }
    command = [
        sys.executable,
        "-m",
        "grader",
        "day01.masked_mean",
        "--from",
        str(tmp_path),
        "--format",
        "json",
    ]
    ended = subprocess.run(command, cwd=beside, env=environment, capture_output=True, text=True, timeout=120)
    document = json.loads(ended.stdout)
    assert document["faults"] == []
    assert {c["status"] for e in document["days"][0]["exercises"] for c in e["checks"]} == {"passed"}
    assert ended.returncode == 0


def test_what_is_saved_after_a_grading_has_begun_is_not_what_is_judged(
    workers: processes.Workers, tmp_path: Path
) -> None:
    selections = catalogue.select(["day01.masked_mean"])
    file, text = selections[0].day.file_in(tmp_path), HEAD + GOOD
    file.parent.mkdir()
    file.write_text(text)

    def save() -> None:
        file.write_text("masked_mean = 1")

    listeners = runner.Listeners(progress=lambda step: save())
    result = runner.grade(selections, tmp_path, workers, Options(seed=1, aspects=UNTIMED), listeners)
    assert file.read_text() != text
    assert exercise(result, "masked_mean").status is Status.PASSED
    assert result.days[0].source == text
