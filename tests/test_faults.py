"""What is wrong with the machine or the installation is told as that, never as the learner's mistake."""

from __future__ import annotations

import errno
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from grader import cli
from grader.kata import workspace
from grader.machine import faults
from grader.results import Status
from tests.conftest import GradeText, lead
from tests.test_broken_files import ASKED, softmax_file
from tests.test_cli import ROOT, grader


@pytest.mark.parametrize(
    ("error", "first_line", "what_to_do"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "There is no room left on the disk ([Errno 28] No space left on device).",
            "TMPDIR=",
        ),
        (
            FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp', '/home/me']"),
            "There is no temporary folder that can be written: "
            "[Errno 2] No usable temporary directory found in ['/tmp', '/home/me'].",
            "TMPDIR=",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "/class/pytrees.py"),
            "/class/pytrees.py cannot be written or read (Permission denied).",
            "Nothing was changed.",
        ),
        (
            OSError(errno.EROFS, "Read-only file system", "/class/pytrees.py"),
            "/class/pytrees.py cannot be written or read (Read-only file system).",
            "is its folder read-only?",
        ),
        (
            ModuleNotFoundError("No module named 'optax'", name="optax.contrib"),
            "The package optax is not installed, and the grader needs it.",
            "python -m pip install -e .",
        ),
    ],
    ids=["full disk", "no temporary folder", "no permission", "read-only", "missing package"],
)
def test_a_fault_says_what_it_is_and_what_to_do(error: Exception, first_line: str, what_to_do: str) -> None:
    told = faults.explain(error)
    assert told.splitlines()[0] == first_line
    assert what_to_do in told


def test_what_is_no_fault_of_the_machine_is_not_explained_away() -> None:
    assert faults.explain(ValueError("No space left on device")) == ""
    assert faults.explain(OSError(errno.EFBIG, "File too large")) == ""


@pytest.mark.parametrize(
    ("version", "refused", "notice"),
    [
        ("0.9.2", "JAX 0.9.2 is older than what the kata teaches: it needs 0.10 or newer.", ""),
        ("0.10.0", "", ""),
        ("0.12.0.1", "", ""),
        ("0.13.0.dev1", "", "JAX 0.13.0.dev1 is newer than 0.12, the newest that the kata was tried with."),
        ("1.0", "", "JAX 1.0 is newer than 0.12, the newest that the kata was tried with."),
    ],
)
def test_an_unsupported_jax_is_named(
    monkeypatch: pytest.MonkeyPatch, version: str, refused: str, notice: str
) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda name: version)
    why, bear_in_mind = faults.unsupported_jax()
    assert (why.partition("\n")[0], bear_in_mind) == (refused, notice)
    assert not why or "pip install --upgrade 'jax>=0.10'" in why


def test_an_old_jax_ends_the_run_with_status_3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.4.30")
    assert cli.main(["day01.softmax", "--solutions"]) == 3
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("grader: JAX 0.4.30 is older than what the kata teaches")


def test_a_missing_jax_ends_the_run_with_status_3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert cli.main(["day01.softmax"]) == 3
    assert "The package jax is not installed" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_ends_reset_with_status_3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*arguments: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "pure_functions.py.new")

    monkeypatch.setattr(workspace, "reset", refuse)
    assert cli.main(["reset", "day01"]) == 3
    printed = capsys.readouterr().err
    assert "pure_functions.py.new cannot be written or read (Permission denied)." in printed
    assert "Traceback" not in printed


def test_a_full_disk_under_the_learners_code_is_not_their_mistake(grade_text: GradeText) -> None:
    body = "import errno\nraise OSError(errno.ENOSPC, 'No space left on device')"
    result = grade_text(softmax_file(body), *ASKED)
    first = lead(result, "softmax")
    assert first.status is Status.FAULT
    assert first.message.startswith("There is no room left on the disk")
    assert result.exit_status == 3


def test_a_platform_that_is_not_here_is_told() -> None:
    ended = grader(
        "day01.masked_mean", "--solutions", "--format", "plain", env={**os.environ, "JAX_PLATFORMS": "cuda"}
    )
    assert ended.returncode == 3
    assert "JAX does not start on this machine" in ended.stdout
    assert "JAX_PLATFORMS=cuda asks for it" in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


def test_a_package_that_the_worker_misses_is_named(tmp_path: Path) -> None:
    for part in ("grader", "solutions", "exercises"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    # As good as not there.
    (tmp_path / "jaxtyping.py").write_text("raise ModuleNotFoundError('no jaxtyping', name='jaxtyping')\n")
    ended = subprocess.run(
        [sys.executable, "-m", "grader", "day01.softmax", "--solutions", "--format", "plain"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert ended.returncode == 3, ended.stdout
    assert "The package jaxtyping is not installed, and the grader needs it." in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


def test_the_newest_jax_that_is_admitted_is_the_newest_that_was_tried() -> None:
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    major, minor = faults.NEWEST_JAX
    oldest = ".".join(map(str, faults.OLDEST_JAX))
    for package in ("jax", "jaxlib"):
        assert f"{package}>={oldest},<{major}.{minor + 1}" in needed
