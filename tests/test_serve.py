"""`python -m grader serve`: what it takes and says, what is judged of a cell, what is kept, and how it ends."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import jsonschema
import psutil
import pytest

from grader.cells import Cell
from grader.findings import Finding, Kind
from grader.judge.runner import RunProgress
from grader.kata import catalogue
from grader.kata.catalogue import UnknownSelector
from grader.record.store import AttemptLog
from grader.results import Aspect, CheckResult, DayResult, ExerciseResult, RunResult, Status
from grader.serve import requests, service
from grader.serve.cell_lines import as_the_cell_counts
from grader.serve.chosen import named, to_grade
from grader.serve.grading import Graded
from grader.serve.judged_text import Judged, Text, as_python, defined_in, is_an_answer, put_together
from grader.serve.kept import Kept, KeptFiles
from grader.serve.lines import Outgoing, lines_of
from grader.serve.requests import Grade, WrongRequest
from grader.serve.service import Service
from grader.source.loading import load
from tests.serve_driver import LAST, ROOT, Event, Served

DAY = catalogue.find_day("day01")
PAGE = (ROOT / "docs" / "serve.md").read_text(encoding="utf-8")
RIGHT = "def softmax(x, axis=-1):\n    e = jnp.exp(x - x.max(axis, keepdims=True))\n    return e / e.sum(axis, keepdims=True)\n"


# ---- what comes in, what goes out


@pytest.mark.parametrize(
    ("line", "id", "words"),
    [
        ("", None, "no JSON"),
        ("{", None, "no JSON"),
        ("[" * 100_000, None, "no JSON"),
        ("[1]", None, "an object of JSON"),
        ("{}", None, "has an id"),
        ('{"id": true, "do": "bye"}', None, "has an id"),
        ('{"id": [1], "do": "bye"}', None, "has an id"),
        ('{"id": 1}', 1, "do is one of grade, "),
        ('{"id": 1, "do": ["grade"]}', 1, "do is one of grade, "),
        ('{"id": 1, "do": "grade"}', 1, "grade needs code"),
        ('{"id": 1, "do": "grade", "code": 3}', 1, "code takes a text, not 3"),
        ('{"id": 1, "do": "grade", "code": "", "speed": 1}', 1, "speed takes true or false, not 1"),
        ('{"id": 1, "do": "grade", "code": "", "seed": -1}', 1, "seed takes a number from 0 on, not -1"),
        ('{"id": 1, "do": "grade", "code": "", "context": "x"}', 1, 'context takes a list of texts, not "x"'),
        ('{"id": 1, "do": "hint", "commands": "telepathy"}', 1, "commands takes shell or notebook"),
        (
            '{"id": "a", "do": "stop", "now": true}',
            "a",
            "stop does not know 'now'; it knows id, commands, html",
        ),
    ],
)
def test_what_is_no_request_is_told_in_one_line(line: str, id: object, words: str) -> None:
    with pytest.raises(WrongRequest) as wrong:
        requests.read(line.encode())
    assert words in str(wrong.value)
    assert "\n" not in str(wrong.value)
    assert wrong.value.id == id


def test_a_request_is_read_with_its_fields() -> None:
    asked = requests.read(b'{"id": 7, "do": "grade", "code": "x = 1", "context": ["a", "b"], "seed": null}')
    assert asked == Grade(7, code="x = 1", context=("a", "b"))


def test_long_lines_are_passed_over_and_blank_ones_too() -> None:
    stream = io.BytesIO(b"one\n\n" + b"x" * 50 + b"\n" + b"y" * 10 + b"\ntwo")
    assert list(lines_of(stream, 10)) == [b"one\n", None, b"y" * 10 + b"\n", b"two"]


def test_an_event_is_a_line_of_json_whatever_is_in_it() -> None:
    stream = io.BytesIO()
    Outgoing(stream).send({"y": (float("nan"), -float("inf"), 1.5), "text": "\ud800 \n ü"})
    assert stream.getvalue().count(b"\n") == 1
    assert json.loads(stream.getvalue())["y"] == ["nan", "-inf", 1.5]


# ---- cells as they are


def test_lines_of_ipython_are_taken_out_and_lines_keep_their_numbers() -> None:
    cell = "%matplotlib inline\ndef f(x):\n    %time y = x\nif f:\n    !ls\nfiles = !ls\nf?\nf(1)"
    wanted = ["", "def f(x):", "    pass", "if f:", "    pass", "", "", "f(1)"]
    assert as_python(cell).split("\n") == wanted
    assert as_python(f"\n%%time\n{cell}").split("\n") == ["", "", *wanted]
    assert as_python(f"%%bash\n{cell}") == ""


@pytest.mark.parametrize("magic", ["%timeit f(1)", "!ls", "f?"])
@pytest.mark.parametrize(
    "python",
    [
        'def f(x):\n    """Why subtract the maximum?\n    %not a magic\n    """\n    return x\n',
        "def f(x):\n    if x:\n        return x\n    # does this help?\n    else:\n        return 0\n",
        "def f(x):\n    return (x\n    % 3)\n",
        "def f(x):\n    return x \\\n    % 3\n",
    ],
)
def test_only_lines_that_begin_a_statement_are_of_ipython(python: str, magic: str) -> None:
    assert as_python(python) == python
    assert as_python(f"{python}{magic}\n") == f"{python}\n"
    assert as_python(f"{magic}\n{python}") == f"\n{python}"


@pytest.mark.parametrize("cell", ["def f(x:\n%time f", "\0", "x = 1\ry = 2", ""])
def test_what_is_no_python_stays_as_it_is(cell: str) -> None:
    assert as_python(cell) == cell


# ---- what is judged of a cell


def test_what_a_cell_uses_of_earlier_ones_stands_above_it() -> None:
    earlier = [
        Text("import jax\nimport jax.numpy as jnp\n", of_all=True),
        Text(
            "SCALE = 2\nUNUSED = 3\ndef helper(x):\n    return inner(x) * SCALE\ndef other(x):\n    return UNUSED\n"
        ),
        Text(
            "try:\n    import fast\nexcept ImportError:\n    fast = None\ndef inner(x):\n    return fast or jnp.abs(x)\n"
        ),
        Text("SCALE = 4\nprint(SCALE)\n"),
    ]
    cell = "\ndef softmax(x, axis=-1):\n    unused = 1\n    return helper(x)\n"
    judged = put_together(cell, earlier)
    assert judged.text.endswith(cell)
    assert "SCALE = 4" in judged.above
    for name in ("SCALE = 2", "UNUSED", "print", "def other", "import jax\n"):
        assert name not in judged.above
    assert judged.above.index("import fast") < judged.above.index("def inner")
    assert "except ImportError" in judged.above
    assert "import jax.numpy" in judged.above
    assert "import jax.numpy" not in judged.kept
    compile(judged.text, "cell", "exec")


def test_a_later_text_replaces_an_earlier_one_and_the_cell_replaces_both() -> None:
    earlier = [Text("def f(x):\n    return 1\n"), Text("def f(x):\n    return 2\n")]
    assert put_together("y = f(0)\n", earlier).above == "def f(x):\n    return 2\n\n"
    assert put_together("def f(x):\n    return 3\ny = f(0)\n", earlier).above == ""
    wrapped = put_together("f = jit(f)\n", earlier)
    assert "return 2" in wrapped.above
    assert "return 1" not in wrapped.above


def test_what_a_statement_reads_when_it_runs_stands_above_it() -> None:
    """What was kept, and the same once more from the cells of this session: a decorator does not wait for the later import."""
    texts = [
        "from functools import lru_cache\nfrom jaxtyping import Array\nBASE = object\n",
        "@lru_cache\ndef helper(x: Array):\n    return LATER\nclass Helper(BASE):\n    pass\n",
    ]
    earlier = [*map(Text, texts), Text("LATER = 1\n"), *map(Text, texts)]
    judged = put_together("def softmax(x):\n    return helper(Helper)\n", earlier)
    exec(compile(judged.above, "above", "exec"), {"__name__": "cell"})
    assert judged.above.count("LATER = 1") == 1
    alone = put_together(
        "def softmax(x):\n    return helper(x)\n", [Text(texts[0]), Text(texts[1]), Text(texts[0])]
    )
    exec(compile(alone.above, "above", "exec"), {"__name__": "cell"})


HELPER = "@jax.custom_jvp\ndef h(x):\n    return x\n"
PAIR = "class Pair:\n    pass\n"


@pytest.mark.parametrize(
    ("helper", "completion"),
    [
        (HELPER, "@h.defjvp\ndef h_jvp(primals, tangents):\n    return rule(primals, tangents)\n"),
        (HELPER, "def h_jvp(primals, tangents):\n    return rule(primals, tangents)\nh.defjvp(h_jvp)\n"),
        (HELPER.replace("jvp", "vjp"), "h.defvjp(rule, lambda saved, g: (g,))\n"),
        (HELPER, "h.defjvp(rule)\nlate = 1\n"),
        (f"{PAIR}h = Pair()\n", "jax.tree_util.register_pytree_node(Pair, rule, lambda _, given: Pair())\n"),
        (f"{PAIR}h = Pair()\n", "try:\n    register_dataclass(Pair, rule)\nexcept ValueError:\n    pass\n"),
        (f"{PAIR}h = Pair()\n", "Pair.method = rule\n"),
        ("h = {}\n", "h['a'] = rule\n"),
        ("h = {}\n", "for name in 'ab':\n    h[name] = rule\n"),
        ("h = []\n", "h.append(rule)\n"),
        ("h = jax.Primitive('h')\n", "jax.interpreters.ad.primitive_jvps[h] = rule\n"),
    ],
)
def test_what_completes_a_helper_stands_above_it_with_what_that_needs(helper: str, completion: str) -> None:
    earlier = [Text("import jax\nBASE = 1\n"), Text(helper), Text("def rule(*given):\n    return BASE\n")]
    above = put_together("def softmax(x):\n    return h(x)\n", [*earlier, Text(completion)]).above
    for line in [*helper.split("\n"), "BASE = 1", "def rule(*given):", *completion.split("\n")]:
        assert line in above or line == "late = 1"
    assert "rule" not in put_together("def softmax(x):\n    return x\n", [*earlier, Text(completion)]).above


@pytest.mark.parametrize(
    "play",
    [
        "print(h(3))",
        "h(jnp.ones(3))",
        "plt.plot(h(3))",
        "h.lower(3).compile()",
        "display(h)",
        "found[0] = h(3)",
        "y = h(3)",
        "jax.config.update('jax_enable_x64', True)",
        "@jax.jit\ndef other(x):\n    h.rule = x",
        "jax.nn.softmax = h",
    ],
)
def test_what_somebody_tried_is_not_judged(play: str) -> None:
    earlier = [Text("import jax\n"), Text("found = {}\n"), Text(HELPER), Text(f"{play}\n")]
    above = put_together("def softmax(x):\n    return h(x)\n", earlier).above
    assert "def h" in above
    assert play.split("\n")[-1] not in above


def test_what_completes_a_helper_that_was_replaced_is_left_out() -> None:
    texts = [HELPER, "h.defjvp(old)\n", "h = abs\n", "old = 1\n"]
    assert put_together("y = h(0)\n", list(map(Text, texts))).above == "h = abs\n\n"
    again = [texts[1], HELPER]  # the helper's cell ran once more, below its rule's
    assert "defjvp" not in put_together("y = h(0)\n", list(map(Text, again))).above


def test_a_broken_text_hides_nothing_of_the_others() -> None:
    earlier = [Text("def f(:\n    return 1\n"), Text("def g(x):\n    return 2\n"), Text("'''open\n")]
    judged = put_together("def softmax(x:\n    return g(x)\n\ny = g(0)\n", earlier)
    assert judged.above == "def g(x):\n    return 2\n\n"


@pytest.mark.parametrize(
    "text", ["", "\0", "x = '\ud800'", "(" * 5000, "def f(:", "x = 1\r\ny = 2\r", "\ufeffx = 1", "\f"]
)
def test_whatever_the_texts_are_they_can_be_put_together(text: str) -> None:
    assert (
        put_together("def f(x):\n    return g(x)\n", [Text(text), Text("g = 1\n"), Text(text)]).above
        == "g = 1\n\n"
    )
    assert put_together(text, [Text("x = 1\n")]).text.endswith(text)
    assert is_an_answer(text, "softmax") is False


def test_whose_definitions_stand_in_the_kept_file_by_themselves_are_not_kept_twice() -> None:
    earlier = [
        Text(
            "def standardize(x):\n    return x\ndef helper(x):\n    return x\n",
            not_copied=frozenset({"standardize"}),
        )
    ]
    judged = put_together("def softmax(x):\n    return helper(standardize(x))\n", earlier)
    assert "def standardize" in judged.above
    assert judged.kept == "def helper(x):\n    return x\n\n"


@pytest.mark.parametrize(
    ("text", "defined", "answer"),
    [
        (RIGHT, ["softmax"], True),
        ("softmax = jit(other)\n", ["softmax"], True),
        ('def softmax(x):\n    """Doc."""\n    raise NotImplementedError\n', ["softmax"], False),
        ("def softmax(x:\n    pass\n", ["softmax"], False),
        ("def other(x):\n    pass\n", ["other"], False),
        ("", [], False),
    ],
)
def test_what_a_text_defines_and_whether_that_is_an_answer(
    text: str, defined: list[str], answer: bool
) -> None:
    assert defined_in(text) == defined
    assert is_an_answer(text, "softmax") is answer


def test_the_exercise_is_the_one_that_is_named_or_the_one_that_is_defined() -> None:
    assert to_grade("", RIGHT, ()).selector == "day01.softmax"
    assert to_grade("softmax", RIGHT, ()).selector == "day01.softmax"
    assert to_grade("softmax", "def softmax(x:\n", ()).selector == "day01.softmax"
    for selector, code, words in [
        ("softmax", "x = 1", "defines no softmax"),
        ("softmax", "def sofmax(x):\n    pass\n", "sofmax looks like it"),
        ("softmaxx", RIGHT, "did you mean"),
        ("day01", RIGHT, "no single exercise"),
        ("", "x = 1", "none of the exercises"),
        ("", RIGHT + "def standardize(x):\n    return x\n", "day01.standardize, day01.softmax; name the one"),
    ]:
        with pytest.raises(UnknownSelector, match=words):
            to_grade(selector, code, ())


def test_where_several_days_have_one_the_day_that_was_graded_last_is_meant() -> None:
    days: dict[str, list[str]] = {}
    for day in catalogue.days():
        for exercise in day.exercises:
            days.setdefault(exercise.name, []).append(day.key)
    shared = next((name for name, keys in days.items() if len(keys) > 1), None)
    if shared is None:
        pytest.skip("no name occurs in two days")
    code = f"def {shared}(x):\n    return x\n"
    assert to_grade("", code, {days[shared][1]}).selector == f"{days[shared][1]}.{shared}"
    with pytest.raises(UnknownSelector, match="name the one"):
        to_grade("", code, ())


def run_of(*findings: Finding) -> RunResult:
    checks = tuple(
        CheckResult(f"c{n}", Aspect.CORRECT, Status.FAILED, finding=one) for n, one in enumerate(findings)
    )
    day = DayResult("day01", "", "", (ExerciseResult("softmax", False, checks),))
    return RunResult("", "1", "cpu", 0, (day,))


def test_lines_are_those_of_the_cell() -> None:
    inside = Finding("is wrong", Kind.VALUE, "f(1)", line=12, source="    return 1")
    before = Finding("raised", Kind.RAISED, "f(1)", line=4, source="    return x / 0", column=3)
    checks = as_the_cell_counts(run_of(inside, before, Finding("is wrong")), 10).days[0].exercises[0].checks
    found = [check.finding for check in checks]
    assert found[0]
    assert found[0].head == "f(1) is wrong at line 2"
    assert found[1]
    assert found[1].line is None
    assert found[1].text == "f(1) raised\n\nThat is in an earlier cell, in this line:\n  return x / 0"
    assert found[2] == Finding("is wrong")


def test_a_line_of_an_earlier_cell_is_not_one_of_the_cell(tmp_path: Path) -> None:
    text = "1 / 0\n2 / 0\n3 / 0\n4 / 0\n"
    loaded = load(tmp_path / "cell.py", text=text, cell=Cell(2), skip_lines=(2, 4))
    assert [problem.finding.text.partition(" while it was loaded")[0] for problem in loaded.problems] == [
        "A line of an earlier cell failed",
        "A line of an earlier cell ended or blocked the grading process",
        "Line 1 of the cell failed",
        "Line 2 of the cell ended or blocked the grading process",
    ]


# ---- what is kept


def test_the_last_cell_of_each_exercise_is_kept_in_the_order_of_the_day(tmp_path: Path) -> None:
    kept = KeptFiles(tmp_path)
    kept.keep(DAY, "softmax", Kept("def softmax(x):\n    return 1\n"))
    file = kept.keep(
        DAY, "standardize", Kept("\ndef standardize(x):\n    return h(x)\n", "def h(x):\n    return x\n")
    )
    kept.keep(DAY, "softmax", Kept("def softmax(x):\n    return 2\n"))
    assert file == DAY.file_in(tmp_path / "notebook")
    text = file.read_text(encoding="utf-8")
    assert re.findall(r"^def (\w+)", text, re.MULTILINE) == ["h", "standardize", "softmax"]
    assert "import jax.numpy as jnp" in text
    assert "return 1" not in text
    assert kept.cell_of(DAY, "softmax") == "def softmax(x):\n    return 2\n"
    names = [one.text.strip().partition("(")[0] for one in kept.before(DAY, "softmax")]
    assert names[1:] == ["def h", "def standardize", ""]
    assert [one.text.strip() for one in kept.before(DAY, "standardize")][-1].startswith("def h")
    compile(text, "kept", "exec")


def test_a_line_in_a_cell_begins_no_section(tmp_path: Path) -> None:
    kept = KeptFiles(tmp_path)
    kept.keep(DAY, "softmax", Kept("# %% day01.standardize\ndef softmax(x):\n    return 1\n"))
    assert kept.cell_of(DAY, "standardize") is None
    assert "def softmax" in (kept.cell_of(DAY, "softmax") or "")


def test_what_somebody_wrote_above_all_cells_stays_and_a_file_that_is_no_text_is_set_aside(
    tmp_path: Path,
) -> None:
    kept = KeptFiles(tmp_path)
    file = kept.keep(DAY, "softmax", Kept(RIGHT))
    file.write_text("MINE = 1\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    kept.keep(DAY, "standardize", Kept("def standardize(x):\n    return x\n"))
    assert file.read_text(encoding="utf-8").startswith("MINE = 1\n")
    file.write_bytes(b"\xff\xfe\x00")
    kept.keep(DAY, "softmax", Kept(RIGHT))
    assert kept.cell_of(DAY, "softmax") == RIGHT
    assert [one.read_bytes() for one in file.parent.glob("*.bak")] == [b"\xff\xfe\x00"]


def _keep_many(folder: Path, names: list[str]) -> None:
    kept = KeptFiles(folder)
    for number in range(10):
        for name in names:
            kept.keep(DAY, name, Kept(f"def {name}(x):\n    return {number}\n"))


def test_several_kernels_lose_no_cell(tmp_path: Path) -> None:
    names = [exercise.name for exercise in DAY.exercises]
    with ThreadPoolExecutor(
        3
    ) as pool:  # the lock holds between open files, be they of threads or of processes
        list(pool.map(lambda n: _keep_many(tmp_path, names[n::3]), range(3)))
    assert {KeptFiles(tmp_path).cell_of(DAY, name) for name in names} == {
        f"def {name}(x):\n    return 9\n" for name in names
    }


# ---- the service, without judging


class MadeUp:
    """Gradings that judge nothing: `does` is called in the place of judging."""

    def __init__(self, folder: Path, does: Callable[[Grade], None] = lambda asked: None) -> None:
        self.kept, self._does = KeptFiles(folder), does
        self.stopped = False

    def __enter__(self) -> MadeUp:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def begin(self) -> None:
        self.stopped = False

    def interrupt(self) -> None:
        self.stopped = True

    def grade(self, asked: Grade, chosen: Any, tell: Callable[..., None], tell_verdict: object) -> Graded:
        tell(RunProgress(chosen.day.key, chosen.exercise.name, "by_hand", 0, 1))
        self._does(asked)
        result = run_of()
        return Graded(result, result, Judged("", "", asked.code))

    def keep_and_record(self, graded: Graded, chosen: object) -> tuple[str, list[str]]:
        return "", []

    def get_ready(self, day: object) -> None:
        raise OSError("no worker")


def converse(gradings: Any, folder: Path, *lines: str | Event) -> list[Event]:
    """All events on some lines, which are heard before anything is graded."""
    events: list[Event] = []
    served = Service(gradings, AttemptLog(folder), events.append)
    for line in lines:
        served.hear((json.dumps(line) if isinstance(line, dict) else line).encode())
    served._waiting.append(None)  # type: ignore[arg-type]
    with suppress(AttributeError):
        served.run()
    return events


def test_a_mistake_of_ours_is_told_and_the_next_grading_works(tmp_path: Path) -> None:
    def fail_once(asked: Grade) -> None:
        if asked.id == 1:
            raise KeyError("ours")

    grades = [{"id": id, "do": "grade", "code": RIGHT} for id in (1, 2)]
    events = [one for one in converse(MadeUp(tmp_path, fail_once), tmp_path, *grades) if one["event"] in LAST]
    assert [(one["id"], one["event"]) for one in events] == [(1, "error"), (2, "result")]
    assert events[0]["kind"] == "fault"
    assert "KeyError" in events[0]["details"]
    assert "\n" not in events[0]["message"]


def test_it_ends_in_time_also_while_it_gets_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended, seen = threading.Event(), []
    reading, writing = os.pipe()

    class GettingReady(MadeUp):
        def get_ready(self, day: object) -> None:
            os.write(writing, b'{"id": 2, "do": "bye"}\n')
            seen.append(ended.wait(20))

    monkeypatch.setattr(service, "_watch_parent", lambda parent, close: None)
    monkeypatch.setattr(service, "_end_in", lambda seconds: ended.set())
    made_up: Any = GettingReady(tmp_path)
    os.write(writing, f"{json.dumps({'id': 1, 'do': 'grade', 'code': RIGHT})}\n".encode())
    with os.fdopen(reading, "rb") as lines:
        service.serve(lines, lambda event: None, made_up, AttemptLog(tmp_path))
    os.close(writing)
    assert seen == [True]


def test_stop_ends_what_waits_and_what_came_later_is_graded(tmp_path: Path) -> None:
    grades: list[Event] = [{"id": id, "do": "grade", "code": RIGHT} for id in (1, 2, 3)]
    asked = [*grades[:2], {"id": 9, "do": "stop"}, {"id": 8, "do": "stop"}, grades[2]]
    events = [(one["id"], one["event"]) for one in converse(MadeUp(tmp_path), tmp_path, *asked)]
    assert events == [
        (9, "stopping"),
        (1, "stopped"),
        (2, "stopped"),
        (8, "stopping"),
        (3, "progress"),
        (3, "result"),
    ]


def test_stop_ends_what_is_judged_and_hints_are_answered_meanwhile(tmp_path: Path) -> None:
    events: list[Event] = []
    heard: list[Service] = []

    def while_judging(asked: Grade) -> None:
        heard[0].hear(b'{"id": 2, "do": "hint", "exercise": "softmax"}')
        heard[0].hear(b'{"id": 3, "do": "stop"}')
        heard[0].close()

    heard.append(Service(MadeUp(tmp_path, while_judging), AttemptLog(tmp_path), events.append))  # type: ignore[arg-type]
    heard[0].hear(json.dumps({"id": 1, "do": "grade", "code": RIGHT}).encode())
    heard[0].run()
    assert [(one["id"], one["event"]) for one in events] == [
        (1, "progress"),
        (2, "answer"),
        (3, "stopping"),
        (1, "stopped"),
    ]


def test_progress_is_exported_and_never_over_a_file_unasked(tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text("mine")
    asked: list[Event] = [
        {"id": 1, "do": "progress", "export": str(file), "commands": "notebook"},
        {"id": 2, "do": "progress", "export": "mine.jsonl"},
        {"id": 3, "do": "progress", "export": str(tmp_path)},
        {"id": 4, "do": "progress", "export": str(file), "over": True},
    ]
    events = converse(MadeUp(tmp_path), tmp_path, *asked)
    assert [one.get("kind") for one in events] == ["refused", "usage", "usage", None]
    assert f"%progress --export {file} --yes" in events[0]["message"]
    assert file.read_text() == ""


@pytest.mark.parametrize("commands", ["shell", "notebook"])
@pytest.mark.parametrize("do", ["hint", "progress", "solution"])
def test_texts_name_the_commands_that_their_reader_has(tmp_path: Path, do: str, commands: str) -> None:
    (event,) = converse(MadeUp(tmp_path), tmp_path, {"id": 1, "do": do, "commands": commands})
    words = event.get("text") or event["message"]
    assert ("python -m grader" in words) is (commands == "shell")
    assert ("%" in words) is (commands == "notebook")


def test_a_piece_of_html_has_a_style_for_itself_alone_and_no_script(tmp_path: Path) -> None:
    for do in ("hint", "lesson", "progress", "solution"):
        request = {"id": 1, "do": do, "html": True} | ({"reveal": True} if do == "solution" else {})
        (event,) = converse(MadeUp(tmp_path), tmp_path, request)
        html = event["html"]
        style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
        assert style
        selectors = [one for rule in re.findall(r"([^{}]+)\{", style[1]) for one in rule.split(",")]
        assert all(".kata-piece.kata-piece.kata-piece" in one for one in selectors)
        assert not re.search(r"<script|<link|\son\w+=|javascript:|\sid=", html)
        assert html.count("<div") == html.count("</div")


# ---- the real one


def conversations() -> list[tuple[str, Any]]:
    """The lines of the page's examples: what is said, and by whom."""
    blocks = re.findall(r"^```\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [(line[0], line[2:] if line[0] == ">" else json.loads(line[2:])) for line in lines]


def fits(expected: Any, got: Any) -> bool:
    """Whether what came is as the page says; "..." stands for anything, and only the fields that it names are looked at."""
    if isinstance(expected, dict):
        return isinstance(got, dict) and all(
            name in got and fits(one, got[name]) for name, one in expected.items()
        )
    if isinstance(expected, list) and isinstance(got, list):
        return len(expected) == len(got) and all(map(fits, expected, got))
    return expected == "..." or bool(expected == got)


@pytest.fixture(scope="module")
def conversed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    """The page's examples, all in one conversation, in surroundings that would change verdicts; and what was said."""
    folder = tmp_path_factory.mktemp("serve")
    (folder / "jax.py").write_text("raise RuntimeError('not this one')\n")
    heard: list[Event] = []
    foreign = {"JAX_ENABLE_X64": "1", "JAX_DISABLE_JIT": "1", "PYTHONWARNINGS": "error"}
    spoken = [one for one in conversations() if "bye" not in str(one[1])[:40]]
    with Served(folder, **foreign) as served:
        for who, said in spoken:
            if who == ">":
                served.send(said)
                continue
            while not fits(said, event := served.next()):
                assert event["event"] in {"progress", "verdict"}, f"{event} came, and not {said}"
            heard.append(event)
        more = {"context": ["import jax.numpy as jnp"], "figure": True, "html": True, "record": False}
        served.send({"id": 90, "do": "grade", "code": RIGHT, **more})
        while (event := served.next())["event"] != "result":
            assert event["event"] != "error", event
        heard.append(event)
        assert served.end() == 0
    return folder, heard


def test_the_examples_of_the_page_hold(conversed: tuple[Path, list[Event]]) -> None:
    said = [line for who, line in conversations() if who == "<"]
    assert len(conversed[1]) == len(said) - 1 + 1  # all but the goodbye, and one more
    shown = {request for kind in requests.KINDS for request in [kind] if f'"do": "{kind}"' in PAGE}
    assert shown == set(requests.KINDS)
    for name in requests.Grade.__dataclass_fields__:
        assert f"`{name}`" in PAGE


def test_a_result_holds_the_document_that_the_schema_describes(conversed: tuple[Path, list[Event]]) -> None:
    schema = json.loads((ROOT / "grader" / "report" / "schema.json").read_text(encoding="utf-8"))
    results = [event for event in conversed[1] if event["event"] == "result"]
    assert len(results) == 3
    for event in results:
        jsonschema.validate(event["run"], schema)


def test_a_result_after_a_stop_is_right_and_has_its_picture(conversed: tuple[Path, list[Event]]) -> None:
    event = conversed[1][-1]
    assert event["status"] == "passed"
    assert event["kept"] == ""
    assert event["figure"]["light"].lstrip().startswith("<?xml")
    assert "data:image/svg+xml;base64," in event["html"]
    assert "<script" not in event["html"]


def test_the_kept_file_is_graded_like_any_tree(conversed: tuple[Path, list[Event]]) -> None:
    folder, heard = conversed
    (kept,) = {event["kept"] for event in heard if event["event"] == "result" and event["kept"]}
    assert Path(kept) == DAY.file_in(folder / "record" / "notebook")
    tree = folder / "record" / "notebook"
    graded = subprocess.run(
        [sys.executable, "-m", "grader", "day01.softmax", "--from", tree, "--no-deep", "--format", "json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert graded.returncode == 0, graded.stdout + graded.stderr


def test_it_ends_with_all_its_workers_when_its_parent_is_killed(tmp_path: Path) -> None:
    """Also where somebody else still holds the pipe."""
    started, code = (
        tmp_path / "started",
        "def softmax(x, axis=-1):\n    open({!r}, 'w').close()\n    while True:\n        pass\n",
    )
    request = json.dumps({"id": 1, "do": "grade", "code": code.format(str(started))})
    program = (
        "import subprocess, sys, time\n"
        "served = subprocess.Popen([sys.executable, '-P', '-m', 'grader', 'serve'], stdin=0, stdout=subprocess.DEVNULL)\n"
        "print(served.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    reading, writing = os.pipe()
    parent = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=reading,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), "KATA_FOLDER": str(tmp_path)},
    )
    try:
        assert parent.stdout
        served = psutil.Process(int(parent.stdout.readline()))
        os.write(writing, f"{request}\n".encode())
        wait_for(started.exists, 120)
        family = [served, *served.children(recursive=True)]
        assert len(family) > 2
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        wait_for(
            lambda: not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in family), 30
        )
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
        os.close(reading)
        os.close(writing)


def wait_for(holds: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        with suppress(psutil.NoSuchProcess):
            if holds():
                return
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_names_are_those_of_the_catalogue() -> None:
    assert named("day01.softmax").day is DAY
