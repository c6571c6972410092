"""What would only stand before the useful line: frames of pytest, warnings of the compile cache, a signature said twice."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from grader.report import versions
from grader.report.versions import Version
from grader.source.excerpts import excerpt, signature_lines
from grader.worker import backend
from grader.worker.verdict import traceback_of

RUNNER = "/lib/site-packages/_pytest/runner.py"
PLUGGY = "/lib/site-packages/pluggy/_callers.py"


def call_from(file: str, called: object) -> object:
    """A function of a file that calls another."""
    names: dict[str, object] = {"called": called}
    exec(compile("def call():\n    called()\n", file, "exec"), names)
    return names["call"]


def test_a_traceback_begins_where_the_check_does() -> None:
    def fails() -> None:
        raise ValueError("this") from KeyError("that")

    failure: BaseException = RuntimeError()
    try:
        call_from(RUNNER, call_from(PLUGGY, call_from("/kata/checks.py", fails)))()  # type: ignore[operator]
    except ValueError as error:
        failure = error
    told = traceback_of(failure)
    assert "/kata/checks.py" in told
    assert "KeyError: 'that'" in told
    assert told.endswith("ValueError: this\n")
    assert not any(file in told for file in (RUNNER, PLUGGY))


def test_a_traceback_with_nothing_else_in_it_is_whole() -> None:
    with pytest.raises(ValueError) as caught:
        call_from(RUNNER, lambda: int("x"))()  # type: ignore[operator]
    while caught.value.__traceback__ and caught.value.__traceback__.tb_frame.f_code.co_filename != RUNNER:
        caught.value.__traceback__ = caught.value.__traceback__.tb_next
    assert caught.value.__traceback__
    caught.value.__traceback__.tb_next = None
    assert RUNNER in traceback_of(caught.value)


def test_programs_that_cannot_be_kept_are_nothing_to_warn_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = SimpleNamespace(update=lambda name, value: None)
    monkeypatch.setattr(backend, "jax", SimpleNamespace(config=settings))
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        backend.keep_compiled_programs(tmp_path)
        warnings.warn("Error writing persistent compilation cache entry for 'jit_f': full", stacklevel=1)
        warnings.warn("something else", stacklevel=1)
    assert [str(one.message) for one in heard] == ["something else"]


TEXT = '''def softmax(
    x,
    axis=-1,
):
    """Once."""
    return x


@jit
def other(x):
    return x


class Dual:
    pass
'''


def test_the_lines_of_a_signature_are_counted_where_nothing_stands_before_it() -> None:
    found = {name: signature_lines(TEXT, name) for name in ("softmax", "other", "Dual", "absent")}
    assert found == {"softmax": 4, "other": 0, "Dual": 0, "absent": 0}


@pytest.mark.parametrize(("width", "times"), [(120, 2), (80, 1)], ids=["side by side", "one below the other"])
def test_where_the_reference_stands_below_its_signature_is_that_of_yours(width: int, times: int) -> None:
    lines = excerpt(TEXT, "softmax")
    assert lines is not None
    yours, reference = (Version(who, "a.py", lines, signature=4) for who in ("yours", "reference"))
    stream = io.StringIO()
    versions.show(Console(file=stream, width=width, color_system=None), "softmax", yours, reference)
    assert stream.getvalue().count("axis=-1,") == times
    assert stream.getvalue().count("return x") == 2
    stream = io.StringIO()
    absent = Version("yours", "a.py", note="a.py holds no softmax.")
    versions.show(Console(file=stream, width=width, color_system=None), "softmax", absent, reference)
    assert stream.getvalue().count("axis=-1,") == 1
