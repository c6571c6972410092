"""What a learner's code may take: time, memory, output, processes. Nothing is left when a run is over."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psutil
import pytest

from grader.options import Options
from grader.results import Aspect, Status
from grader.worker.protocol import Check
from tests.conftest import GradeText, exercise, lead
from tests.test_broken_files import ASKED, softmax_file
from tests.test_cli import grader

LIMIT = 1536 * 2**20


@pytest.mark.parametrize(
    "body",
    [
        "hog = []\nwhile True:\n    hog.append(bytearray(2**24))",
        "return jnp.ones((2**30,)).sum() * x",
        "hog = np.ones(2**29)\nimport time\ntime.sleep(30)",
        "import subprocess, sys\n"
        "hog = 'hog = []\\nwhile True: hog.append(bytearray(2**24))'\n"
        "subprocess.run([sys.executable, '-c', hog])",
    ],
    ids=["Python", "JAX", "NumPy", "a child"],
)
def test_a_memory_hog_is_stopped_at_a_limit_it_can_read(grade_text: GradeText, body: str) -> None:
    result = grade_text("import numpy as np\n" + softmax_file(body), *ASKED, memory_limit=LIMIT)
    first = lead(result, "softmax")
    assert first.status is Status.CRASHED
    assert first.message == "softmax took more than 1.5 GiB of memory and was stopped."
    assert exercise(result, "masked_mean").status is Status.PASSED
    assert result.exit_status == 1


STRAYS = {
    "a child": "subprocess.Popen(['sleep', '300'])",
    "a child in a session of its own": "subprocess.Popen(['sleep', '300'], start_new_session=True)",
    "an orphan": "subprocess.run(['sh', '-c', 'setsid sleep 300 >/dev/null 2>&1 &'])",
    "a fork": "os.fork() or time.sleep(300)",
    "a fork of a fork": "os.fork() or (os.setsid(), os.fork() and os._exit(0), time.sleep(300))",
}


@pytest.mark.parametrize("kind", STRAYS)
def test_no_process_and_no_folder_is_left_behind(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "tree" / "day01_pure_functions" / "pure_functions.py"
    file.parent.mkdir(parents=True)
    file.write_text("import os, subprocess, time\n" + softmax_file(f"{STRAYS[kind]}\nreturn x"))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    ended = grader(
        *ASKED, "--from", str(file.parent.parent), "--no-speed", env={**os.environ, "TMPDIR": str(scratch)}
    )
    assert ended.returncode == 1, ended.stderr
    assert "softmax" in ended.stdout, ended.stderr
    assert list(scratch.iterdir()) == []
    deadline = time.monotonic() + 5  # killed processes take a moment to go
    while (left := _marked(str(scratch))) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []


def test_a_temporary_folder_with_a_very_long_name_is_no_obstacle(tmp_path: Path) -> None:
    # The warm process listens on a socket there, and names of sockets are short: workers start cold instead.
    scratch = tmp_path / ("long" * 30)
    scratch.mkdir()
    ended = grader("day01.masked_mean", "--solutions", env={**os.environ, "TMPDIR": str(scratch)})
    assert ended.returncode == 0, ended.stderr
    assert list(scratch.iterdir()) == []


def _marked(folder: str) -> list[str]:
    """The living processes whose run has its scratch folder there."""
    found = []
    for process in psutil.process_iter():
        try:
            mark = process.environ().get("KATA_WORKERS", "")
            if mark.startswith(folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.name())
        except (psutil.Error, OSError):
            continue
    return found


def test_endless_output_does_not_fill_the_disk(grade_text: GradeText) -> None:
    result = grade_text(softmax_file("while True:\n    print('x' * 10000)"), *ASKED, check_timeout=5.0)
    first = lead(result, "softmax")
    assert first.status in {Status.ERROR, Status.TIMEOUT}
    assert "bytes were printed" in first.output
    assert exercise(result, "masked_mean").status is Status.PASSED


def test_a_thread_that_goes_on_ends_with_the_worker(grade_text: GradeText) -> None:
    body = "import threading, time\nthreading.Thread(target=time.sleep, args=(300,)).start()\nreturn x + 1"
    begin = time.monotonic()
    result = grade_text(softmax_file(body), *ASKED)
    assert time.monotonic() - begin < 60
    assert exercise(result, "masked_mean").status is Status.PASSED


def test_the_working_directory_and_environment_of_the_caller_are_as_they_were(grade_text: GradeText) -> None:
    here, environment = os.getcwd(), dict(os.environ)
    grade_text(softmax_file("import os\nos.environ['X'] = 'y'\nos.chdir('/')\nreturn x"), *ASKED)
    assert os.getcwd() == here
    assert {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"} == {
        k: v for k, v in environment.items() if k != "PYTEST_CURRENT_TEST"
    }


def test_a_check_may_ask_for_more_time() -> None:
    slow = Check("fit", "slow", Aspect.CORRECT, "", patience=4.0)
    usual = Check("fit", "usual", Aspect.CORRECT, "")
    options = Options(seed=0, check_timeout=20.0)
    assert [options.limit(check.patience) for check in (slow, usual)] == [80.0, 20.0]
