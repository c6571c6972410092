"""`%load_ext grader`: what the magics ask and show, the process behind them, and a notebook in a real kernel."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from grader import options
from grader.notebook import cells, devices
from grader.notebook.client import Client, Ended
from grader.record.store import FOLDER

pytest.importorskip("IPython", reason="the notebook's magics need IPython: python -m pip install ipykernel")

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from grader.notebook import extension
from grader.notebook.magics import KataMagics

ROOT = Path(__file__).parent.parent
Answer = dict[str, Any]
VERDICT = {
    "event": "result",
    "exercise": "day01.softmax",
    "status": "passed",
    "text": "all is well\n",
    "html": "<p>all is well</p>",
    "run": {"schema": 2},
    "notices": [],
}


# ---- the texts of cells


def test_earlier_cells_are_sent_as_they_are_without_the_one_that_is_graded() -> None:
    body = "def g(x):\n    return f(x)\n"
    history = [
        "",
        "import os",
        "%%bash\nls",
        "%%time\ndef f(x): return x",
        f"%%grade g\n{body}",
        "f(1)",
        f"%%grade g\n{body}",
    ]
    assert cells.earlier(history, body) == ["import os", *history[2:4], "f(1)"]


def test_of_many_earlier_cells_the_newest_that_fit_are_sent() -> None:
    half = "1" * (cells.MOST // 2)
    history = ["s = 0", f"t = {half}", "u = 1", f"v = '{'a' * 5_000_000}'", f"w = {half}", "x = 3"]
    assert [one[:1] for one in cells.earlier(history, "")] == ["s", "u", "w", "x"]
    assert cells.earlier([f"v = '{'a' * cells.MOST}'"], "") == []


# ---- what the kernel holds


def test_on_most_machines_there_is_nothing_to_be_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "has_tpu", lambda: False)
    monkeypatch.setattr(devices, "has_gpu", lambda: False)
    monkeypatch.setattr(devices, "started_backends", lambda: frozenset({"cpu"}))
    assert devices.notes() == []
    assert devices.settings() == {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}


def test_a_tpu_is_left_to_the_notebook_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "started_backends", lambda: frozenset({"cpu", "tpu"}))
    assert devices.notes() == [devices.TPU]
    assert devices.settings()["JAX_PLATFORMS"] == "cpu"


@pytest.mark.parametrize("sign", options.SIGNS["tpu"][1])
def test_a_tpu_is_known_by_the_same_files_as_where_it_is_graded(
    sign: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Both kinds of devices, wherever files of devices lie."""
    monkeypatch.setattr(devices, "started_backends", lambda: frozenset({"cpu"}))
    monkeypatch.setattr(devices, "_TPU_LOCK", tmp_path / "none")
    monkeypatch.setattr(devices, "Path", lambda path: tmp_path / path[1:])
    assert not devices.has_tpu()
    (tmp_path / sign[1:]).parent.mkdir(parents=True)
    (tmp_path / sign[1:]).touch()
    assert not devices.has_tpu()  # a GPU that is passed through looks alike
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if name == "libtpu" else None)
    assert devices.has_tpu()
    assert len(devices.TPU_DEVICES) == len(options.SIGNS["tpu"][1])


@pytest.mark.parametrize(
    ("started", "preallocate", "said"),
    [
        ({"cpu", "cuda"}, None, devices.GPU_TAKEN),
        ({"cpu", "cuda"}, "false", ""),
        (set(), None, devices.GPU_FREE),
        (set(), "false", ""),
    ],
)
def test_a_gpu_that_is_taken_is_said(
    monkeypatch: pytest.MonkeyPatch, started: set[str], preallocate: str | None, said: str
) -> None:
    monkeypatch.setattr(devices, "has_tpu", lambda: False)
    monkeypatch.setattr(devices, "has_gpu", lambda: True)
    monkeypatch.setattr(devices, "started_backends", lambda: frozenset(started))
    monkeypatch.delenv("XLA_PYTHON_CLIENT_PREALLOCATE", raising=False)
    if preallocate:
        monkeypatch.setenv("XLA_PYTHON_CLIENT_PREALLOCATE", preallocate)
    assert devices.notes() == ([said] if said else [])


# ---- the process behind them


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    made = Client()
    yield made
    made.close()


def test_it_begins_when_it_is_needed_and_ends_when_it_is_closed(client: Client) -> None:
    assert client.process_number is None
    assert client.ask("hint", exercise="softmax")["exercise"] == "day01.softmax"
    number = client.process_number
    assert number
    assert os.getsid(number) == number  # the kernel's interrupt does not reach it
    assert client.ask("hint", exercise="softmax", level=9)["kind"] == "usage"
    assert client.process_number == number
    client.close()
    assert not psutil.pid_exists(number)


def test_when_it_has_died_that_is_said_once_and_another_one_begins(client: Client) -> None:
    client.ask("list")
    process = psutil.Process(client.process_number)
    process.kill()
    process.wait(10)
    with pytest.raises(Ended):
        client.ask("list")
    assert client.ask("list")["event"] == "answer"


def test_what_it_says_last_is_told(client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    (tmp_path / "python").write_text("#!/bin/sh\necho 'no such module: grader' >&2\nexit 1\n")
    (tmp_path / "python").chmod(0o700)
    with pytest.raises(Ended, match="no such module: grader"):
        client.ask("list")


def test_an_interrupt_ends_what_was_asked_for_and_the_next_one_works(client: Client) -> None:
    def interrupt(event: Answer) -> None:
        if event["event"] == "ready":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.ask("grade", interrupt, code="def softmax(x, axis=-1):\n    while True: pass\n", deep=False)
    number = client.process_number
    assert client.ask("list")["event"] == "answer"
    assert client.process_number == number


def test_a_forked_process_leaves_it_alone(client: Client) -> None:
    client.ask("list")
    number = client.process_number
    assert number
    with warnings.catch_warnings():  # JAX, where another test has imported it, warns of every fork
        warnings.simplefilter("ignore", RuntimeWarning)
        child = os.fork()
    if child == 0:
        os._exit(0 if client.process_number is None else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert client.ask("list")["event"] == "answer"
    assert client.process_number == number


# ---- the magics, with answers that are made up


class MadeUp:
    """A client that gives these answers, one after another, or raises them; it notes what it is asked."""

    def __init__(self, *answers: Answer | BaseException) -> None:
        self.answers = list(answers)
        self.asked: list[Answer] = []

    def ask(self, do: str, hear: Callable[[Answer], None], **fields: Any) -> Answer:
        self.asked.append({"do": do, **fields})
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def close(self) -> None: ...


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    """IPython with the extension, as in a terminal without colours."""
    config = Config()
    config.HistoryManager.enabled = False
    made = InteractiveShell(config=config)
    made.colors = "nocolor"
    assert made.run_line_magic("load_ext", "grader") is None
    yield made
    extension.unload(made)


def answering(shell: InteractiveShell, *answers: Answer | BaseException) -> MadeUp:
    made = MadeUp(*answers)
    extension._LOADED[id(shell)].client = made  # type: ignore[assignment]
    return made


def run(shell: InteractiveShell, cell: str) -> None:
    shell.run_cell(cell, store_history=True)


def test_a_cell_is_graded_and_then_run(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    client = answering(shell, VERDICT)
    run(shell, "half = 0.5")
    run(shell, "%%grade softmax --speed --seed 3\n\ndef softmax(x):\n    return x * half\nprint('it ran')")
    assert capsys.readouterr().out == "all is well\nit ran\n"
    assert shell.user_ns["softmax"](4) == 2
    (asked,) = client.asked
    assert asked["code"] == "\n\ndef softmax(x):\n    return x * half\nprint('it ran')\n"
    assert asked["context"] == ["half = 0.5"]
    assert {
        name: asked[name] for name in ("do", "exercise", "speed", "deep", "seed", "commands", "html")
    } == {
        "do": "grade",
        "exercise": "softmax",
        "speed": True,
        "deep": True,
        "seed": 3,
        "commands": "notebook",
        "html": False,
    }


def test_without_running_it_defines_nothing(shell: InteractiveShell) -> None:
    client = answering(shell, VERDICT)
    run(shell, "%%grade --no-run --no-deep\ndef softmax(x):\n    return x")
    assert "softmax" not in shell.user_ns
    assert client.asked[0]["exercise"] == ""
    assert client.asked[0]["deep"] is False


def test_what_the_cell_raises_is_shown_after_the_verdict_with_the_lines_of_the_cell(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    answering(shell, VERDICT)
    run(shell, "%%grade softmax\n\ndef softmax(x):\n    return x\nsoftmax(1) / 0")
    shown = capsys.readouterr().out
    assert shown.index("all is well") < shown.index("ZeroDivisionError")
    assert "> 5 softmax(1) / 0" in shown


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            {"event": "error", "kind": "usage", "message": "no such exercise", "details": ""},
            "UsageError: no such exercise",
        ),
        (
            {"event": "error", "kind": "refused", "message": "it waits for you", "details": ""},
            "it waits for you",
        ),
        (
            {"event": "error", "kind": "fault", "message": "m", "details": "jax is not installed"},
            "jax is not installed",
        ),
        (KeyboardInterrupt(), "Interrupted: there is no verdict. The next one works."),
    ],
)
def test_where_there_is_no_verdict_that_is_said_and_the_cell_does_not_run(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], answer: Answer | BaseException, said: str
) -> None:
    answering(shell, answer, VERDICT)
    run(shell, "%%grade softmax\nran = True")
    shown = capsys.readouterr()
    assert said in shown.out + shown.err
    assert "Traceback" not in shown.out
    assert "ran" not in shell.user_ns
    run(shell, "%%grade softmax\nran = True")
    assert shell.user_ns["ran"]


def test_a_process_that_died_is_said_once(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    answering(shell, Ended("killed"), VERDICT, Ended("first"), Ended("no module"))
    run(shell, "%%grade softmax --no-run\n1")
    assert (
        capsys.readouterr().out
        == "The process that grades had ended; another one was started.\nall is well\n"
    )
    run(shell, "%hint")
    assert "the process that grades does not start. no module" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("%hint", {"do": "hint", "exercise": "", "level": 1}),
        ("%hint day01.softmax 3", {"do": "hint", "exercise": "day01.softmax", "level": 3}),
        ("%hint 2", {"do": "hint", "exercise": "", "level": 2}),
        ("%solution softmax --reveal", {"do": "solution", "exercise": "softmax", "reveal": True}),
        ("%solution", {"do": "solution", "exercise": "", "reveal": False}),
        ("%lesson day02", {"do": "lesson", "day": "day02"}),
        ("%progress", {"do": "progress", "export": "", "over": False}),
        (
            "%progress --export 'my kata' --yes",
            {"do": "progress", "export": os.path.abspath("my kata"), "over": True},
        ),
    ],
)
def test_what_the_other_magics_ask(shell: InteractiveShell, line: str, asked: Answer) -> None:
    client = answering(shell, VERDICT)
    run(shell, line)
    assert {name: client.asked[0][name] for name in asked} == asked


@pytest.mark.parametrize(
    "line",
    [
        "%hint a b c",
        "%hint --level",
        "%hint 'a",
        "%solution --show",
        "%progress --import x",
        "%lesson a b",
        "%%grade --fast\n1",
    ],
)
def test_what_is_no_magic_of_ours_is_a_line(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    client = answering(shell)
    run(shell, line)
    assert capsys.readouterr().err.startswith("UsageError: ")
    assert client.asked == []


def test_an_answer_is_text_in_a_terminal_and_html_in_a_notebook(shell: InteractiveShell) -> None:
    answering(shell, VERDICT)
    piece = shell.run_line_magic("hint", "")
    assert repr(piece) == "all is well"
    assert piece._repr_html_() == "<p>all is well</p>"


def test_help_tells_all_options(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    run(shell, "%%grade?")
    shown = capsys.readouterr().out
    for option in ("--speed", "--no-deep", "--seed", "--no-run", "exercise"):
        assert option in shown


def test_a_second_loading_ends_the_first_and_unloading_forgets_all(shell: InteractiveShell) -> None:
    closed: list[KataMagics] = []
    first = extension._LOADED[id(shell)]
    first.close = lambda: closed.append(first)  # type: ignore[method-assign]
    shell.run_line_magic("reload_ext", "grader")
    assert closed == [first]
    assert extension._LOADED[id(shell)] is not first
    shell.run_line_magic("unload_ext", "grader")
    assert "grade" not in shell.magics_manager.magics["cell"]
    assert id(shell) not in extension._LOADED


# ---- a real kernel

BEFORE = """
import os, sys, threading
def surroundings():
    # The kernel begins one thread by itself, for large messages.
    threads = [one.name for one in threading.enumerate() if not type(one).__module__.startswith("zmq")]
    return os.getcwd(), dict(os.environ), sorted(threads), list(sys.path)
before = surroundings()
"""
AFTER = """
assert surroundings() == before
assert "jax" not in sys.modules and not any(name.startswith("grader.judge") for name in sys.modules)
print("untouched")
"""
HELPER = "import jax.numpy as jnp\ndef normalized(e, axis):\n    return e / e.sum(axis, keepdims=True)"
RIGHT = """%%grade softmax --no-deep --no-run

import jax.numpy as jnp
def softmax(x, axis=-1):
    e = jnp.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)
"""
ENDLESS = (
    "%%grade softmax\nopen({!r}, 'w').close()\ndef softmax(x, axis=-1):\n    while True:\n        pass\n"
)
RAISES = "%%grade softmax\n\ndef softmax(x, axis=-1):\n    e = jnp.exp(x)\n    return normalized(e, 7)\n"


async def _run_notebook(notebook: Any, folder: Path) -> list[int]:
    """Run the cells one by one, and interrupt the one that does not end; the processes that graded, after shutting down."""
    from nbclient import NotebookClient

    client = NotebookClient(notebook, timeout=200, resources={"metadata": {"path": str(folder)}})
    async with client.async_setup_kernel():
        kernel = psutil.Process(client.km.provisioner.pid)
        for number, cell in enumerate(notebook.cells):
            running = asyncio.ensure_future(client.async_execute_cell(cell, number))
            if "while True" in cell.source:
                await _until((folder / "started").exists)
                await client.km.interrupt_kernel()
            await running
        graders = [one.pid for one in kernel.children(recursive=True)]
    return graders


async def _until(holds: Callable[[], bool], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


@pytest.mark.filterwarnings("ignore")  # of what kernels are made of
def test_a_notebook_in_a_real_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip(
        "nbclient", reason="needs nbclient and ipykernel: python -m pip install nbclient ipykernel"
    )
    pytest.importorskip(
        "ipykernel", reason="needs nbclient and ipykernel: python -m pip install nbclient ipykernel"
    )
    import nbformat

    monkeypatch.setenv(FOLDER, str(tmp_path / "record"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # the kernel works elsewhere
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    endless = ENDLESS.format(str(tmp_path / "started"))
    sources = [
        "%load_ext grader",
        BEFORE,
        RIGHT,
        AFTER,
        endless,
        HELPER,
        RAISES,
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    graders = asyncio.run(_run_notebook(notebook, tmp_path))
    outputs = [cell.outputs for cell in notebook.cells]
    assert outputs[0] == []
    assert outputs[2][0].data["text/plain"].startswith("Day 1")
    assert "passed" in outputs[2][0].data["text/html"]
    assert "<script" not in outputs[2][0].data["text/html"]
    assert len(outputs[2]) == 1  # the verdict took the place of what was shown before
    assert outputs[3][0].text == "untouched\n"
    assert "Interrupted" in "".join(one.get("text", "") for one in outputs[4])
    verdict = outputs[6][0].data["text/plain"]
    assert "raised" in verdict
    assert "an earlier cell" in verdict
    assert "Stuck? %hint day01.softmax" in verdict
    assert graders
    deadline = time.monotonic() + 30
    while any(psutil.pid_exists(one) for one in graders):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    kept = tmp_path / "record" / "notebook" / "day01_pure_functions" / "pure_functions.py"
    assert "return normalized(e, 7)" in kept.read_text(encoding="utf-8")
