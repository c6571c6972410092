"""The doctor: what it says of a healthy machine, and of one where something is missing."""

from __future__ import annotations

import importlib.metadata
import json
import logging
import subprocess
from pathlib import Path

import pytest

from grader import cli
from grader.machine import devices, doctor, packages
from grader.machine import editor as editors
from grader.machine.doctor_rows import Row, State
from grader.record.store import FOLDER, AttemptLog
from grader.report.doctor import Checkup
from grader.report.plain import Paper
from tests.test_progress import ATTEMPT

SEEN = {"platform": "cpu", "devices": ["cpu", "cpu"], "processor_spread": 0.021, "wall_spread": 1.4}


@pytest.fixture
def without_jax(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is started: what JAX would say is known."""
    monkeypatch.setattr(devices, "ask_jax", lambda: SEEN)


def missing(monkeypatch: pytest.MonkeyPatch, *packages: str, **versions: str) -> None:
    """Some packages are not installed, and others are of another version."""
    real = importlib.metadata.version

    def version(name: str) -> str:
        if name in packages:
            raise importlib.metadata.PackageNotFoundError(name)
        return versions.get(name) or real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)


def test_the_rows_at_60_columns_in_ascii() -> None:
    checkup, rows = Checkup(Paper(width=60)), [
        Row("Python", State.GOOD, "3.11.7  /usr/bin/python"),
        Row("torchvision", State.NOTE, "not installed; only the last day uses it", "python -m pip install -e '.[vision]'"),
        Row("jax", State.MISSING, "not installed", "python -m pip install -e ."),
    ]  # fmt: skip
    shown = [line for row in rows for line in checkup.row(row)]
    assert (
        "\n".join([*shown, *checkup.end(rows)])
        == """\
ok Python          3.11.7  /usr/bin/python
!  torchvision     not installed; only the last day uses it
    python -m pip install -e '.[vision]'
x  jax             not installed
    python -m pip install -e .

Something that the kata needs is missing: see the rows
marked x."""
    )
    assert list(checkup.end(rows[:2]))[1] == "The kata can run here. Rows marked ! are worth a look."
    assert list(checkup.end(rows[:1]))[1] == "The kata can run here."


def test_colour_is_for_signs_and_remedies() -> None:
    (line, remedy) = Checkup(Paper(80, True, False)).row(Row("jax", State.MISSING, "gone", "get it"))
    assert line.startswith("\x1b[1;31m✗\x1b[0m jax ")
    assert remedy == "    \x1b[36mget it\x1b[0m"


@pytest.mark.usefixtures("without_jax")
def test_all_is_well_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path / "progress"))
    AttemptLog(tmp_path / "progress").record([ATTEMPT])
    assert cli.main(["doctor", "--format", "plain"]) == 0
    out = capsys.readouterr().out
    assert out.isascii()
    for name in ("Python", "jax", "jaxlib", "flax", "optax", "numpy", "pytest", "rich", "devices", "timer", "editor",
                 "torchvision", "terminal", "memory", "processors", "compile cache"):  # fmt: skip
        assert f" {name} " in out
    assert "1 attempt recorded" in " ".join(out.split())
    assert "2 cpu" in out
    assert "The kata can run here." in out


@pytest.mark.usefixtures("without_jax")
def test_what_is_missing_comes_with_the_command_that_gets_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    missing(monkeypatch, "optax", "torchvision", flax="0.9")
    assert cli.main(["doctor", "--format", "json"]) == 3
    document = json.loads(capsys.readouterr().out)
    rows = {row["name"]: row for row in document["rows"]}
    assert (document["schema"], document["ok"]) == (1, False)
    assert rows["optax"] == {
        "name": "optax",
        "state": "missing",
        "text": "not installed",
        "remedy": packages.INSTALL,
    }
    assert rows["torchvision"]["state"] == "note"
    assert rows["torchvision"]["remedy"] == "python -m pip install -e '.[vision]'"
    assert rows["flax"]["state"] == "note"
    assert rows["flax"]["remedy"].startswith("python -m pip install --upgrade 'flax>=")


@pytest.mark.parametrize(
    ("version", "state", "words"),
    [
        ("0.4.30", State.MISSING, "older than what"),
        ("0.99", State.NOTE, "newer than"),
        ("0.10.1", State.GOOD, "0.10.1"),
    ],
)
def test_the_version_of_jax_is_judged(
    monkeypatch: pytest.MonkeyPatch, version: str, state: State, words: str
) -> None:
    missing(monkeypatch, jax=version)
    (row,) = [row for row in packages.package_rows() if row.name == "jax"]
    assert row.state is state
    assert words in row.text
    assert bool(row.remedy) is (state is State.MISSING)


def test_without_jax_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    missing(monkeypatch, "jax")
    monkeypatch.setattr(subprocess, "run", None)
    (row,) = devices.jax_rows()
    assert row == Row("devices", State.NOTE, "not known without JAX")


def test_jax_is_asked_in_another_process() -> None:
    computing, timer = devices.jax_rows()
    assert computing.state in {State.GOOD, State.NOTE}
    assert timer.name == "timer"
    assert "in processor time" in timer.text


def test_a_platform_that_is_not_here_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAX_PLATFORMS", "nonsense")
    (row,) = devices.jax_rows()
    assert row.state is State.MISSING
    assert row.text.startswith("JAX does not start on this machine (")
    assert "JAX_PLATFORMS=nonsense asks for it" in row.remedy


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        (subprocess.TimeoutExpired("python", 120), "it did not answer within 120 seconds"),
        (OSError("no such python"), "no such python"),
        (subprocess.CompletedProcess([], -9, "", ""), "its process ended without a word"),
        (
            subprocess.CompletedProcess([], 1, "", "Traceback\nImportError: no jaxlib\n"),
            "ImportError: no jaxlib",
        ),
        (subprocess.CompletedProcess([], 0, "no JSON", "words"), "words"),
    ],
    ids=["too long", "no process", "killed", "raised", "no answer"],
)
def test_however_the_probe_ends_it_is_a_row(
    monkeypatch: pytest.MonkeyPatch, ending: object, said: str
) -> None:
    def run(*arguments: object, **options: object) -> object:
        if isinstance(ending, Exception):
            raise ending
        return ending

    monkeypatch.delenv("JAX_PLATFORMS", raising=False)
    monkeypatch.setattr(subprocess, "run", run)
    (row,) = devices.jax_rows()
    assert row.state is State.MISSING
    assert f"({said})" in row.text


def test_the_timer_is_judged_by_the_clock_that_counts() -> None:
    assert devices.timer_row(SEEN).state is State.GOOD
    assert "vary by 2% in processor time and by 140% in wall time; speed verdicts go by processor time" in (
        devices.timer_row(SEEN).text
    )
    on_gpu = devices.timer_row(SEEN | {"platform": "gpu"})
    assert on_gpu.state is State.NOTE
    assert on_gpu.text.startswith("noisy: ")
    assert "go by wall time" in on_gpu.text
    assert on_gpu.remedy


def test_a_gpu_that_is_left_alone_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAX_PLATFORMS", raising=False)
    monkeypatch.setattr(devices.shutil, "which", lambda name: f"/usr/bin/{name}")
    row = devices.devices_row(SEEN)
    assert row.state is State.NOTE
    assert "jax[cuda13]" in row.remedy


def test_a_gpu_is_shown_with_its_memory_and_with_what_it_is_too_few_for() -> None:
    seen = {"platform": "gpu", "devices": ["NVIDIA H200"], "memory": 100 * 2**30, "troubles": []}
    row = devices.devices_row(seen)
    assert row.state is State.GOOD
    assert row.text == (
        "1 gpu (NVIDIA H200), 100 GiB for JAX; what is about several devices (day 13) runs on simulated ones, on the CPU"
    )
    row = devices.devices_row(seen | {"devices": ["NVIDIA H200"] * 2})
    assert row == Row("devices", State.GOOD, "2 gpu (NVIDIA H200), 100 GiB for JAX on each")


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("tpu: The TPU is already in use by process with pid 4711.", "End the program that has the TPU"),
        ("A Google TPU may be present, but libtpu is not installed.", "pip install 'jax[tpu]'"),
        (
            "An NVIDIA GPU may be present, but a CUDA-enabled jaxlib is not installed.",
            "pip install 'jax[cuda13]'",
        ),
        ("CUDA backend failed to initialize: driver version is insufficient.", "nvidia-smi"),
    ],
)
def test_a_device_that_does_not_start_is_told(said: str, remedy: str) -> None:
    row = devices.devices_row(SEEN | {"troubles": [said]})
    assert row.state is State.NOTE
    assert said in row.text
    assert remedy in row.remedy


def test_the_probe_tells_of_a_tpu_that_another_process_has(monkeypatch: pytest.MonkeyPatch) -> None:
    from jax._src import xla_bridge

    from grader.machine import probe

    held = "The TPU is already in use by process with pid 4711."
    monkeypatch.setattr(xla_bridge, "_backend_errors", {"tpu": held, "rocm": "no such library"})
    said = probe._warnings_of_jax()
    logging.getLogger("jax._src.xla_bridge").warning("CUDA backend failed to initialize:\n  no driver")
    assert probe._troubles(said) == ["CUDA backend failed to initialize: no driver", f"tpu: {held}"]


@pytest.mark.parametrize(
    ("visual", "editor", "installed", "state", "text"),
    [
        ("", "", (), State.NOTE, "none found; any editor will do"),
        ("", "", ("code", "vim"), State.GOOD, "code"),
        ("vim -f", "nano", ("vim", "nano"), State.GOOD, "vim -f"),
        ("", "nano", ("nano", "code"), State.GOOD, "nano"),
        ("gone", "nano", ("nano",), State.NOTE, "$VISUAL names gone, which cannot be started; nano"),
        ("", "gone --wait", (), State.NOTE, "$EDITOR names gone, which cannot be started"),
        ("", "'never closed", (), State.NOTE, "$EDITOR names 'never, which cannot be started"),
    ],
)
def test_the_editor_that_would_be_used(
    monkeypatch: pytest.MonkeyPatch,
    visual: str,
    editor: str,
    installed: tuple[str, ...],
    state: State,
    text: str,
) -> None:
    monkeypatch.setenv("VISUAL", visual)
    monkeypatch.setenv("EDITOR", editor)
    monkeypatch.setattr(editors.shutil, "which", lambda name, path: name if name in installed else None)
    row = doctor.editor_row()
    assert (row.state, row.text) == (state, text)


def test_the_folder_for_progress(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path / "deep" / "progress"))
    assert doctor.progress_row() == Row(
        "progress", State.GOOD, f"{tmp_path / 'deep' / 'progress'}, 0 attempts recorded"
    )
    assert not (tmp_path / "deep").exists()
    (tmp_path / "deep").write_text("a file")
    row = doctor.progress_row()
    assert row.state is State.NOTE
    assert "cannot be written, so nothing is recorded" in row.text
    assert row.remedy == f"{FOLDER}=/path/to/folder python -m grader ..."
    monkeypatch.setenv(FOLDER, str(tmp_path))
    (tmp_path / "progress.sqlite3").write_bytes(b"no database" * 1000)
    assert "It lies aside as" in doctor.progress_row().text


def test_the_terminal() -> None:
    assert doctor.terminal_row(Paper(80, False, True)).remedy.startswith("export PYTHONIOENCODING=utf-8")
    assert doctor.terminal_row(Paper(50, True, False)).remedy == "Make it 60 columns wide or more."
    assert doctor.terminal_row(Paper(60, True, False)).state is State.GOOD


def test_every_package_that_the_kata_needs_is_looked_at() -> None:
    names = [row.name for row in packages.package_rows()]
    assert names[0].startswith("jax")
    assert {"jax", "jaxlib", "flax", "optax", "numpy", "pytest", "rich"} <= set(names)


def test_a_torchvision_that_is_installed_and_broken_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "installed_version", lambda name: "0.28.0")
    monkeypatch.setattr(packages, "TRY_VISION", "raise RuntimeError('no such operator')")
    row = packages.vision_row()
    assert row.state is State.NOTE
    assert row.text == "0.28.0 cannot be used: RuntimeError: no such operator"
    monkeypatch.setattr(packages, "TRY_VISION", "pass")
    assert packages.vision_row() == Row("torchvision", State.GOOD, "0.28.0")


def test_what_tries_torchvision_finds_the_part_of_the_grader_that_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packages, "installed_version", lambda name: "0.28.0")
    row = packages.vision_row()  # good, or a note on torchvision: whichever is true here
    assert "grader" not in row.text
    assert "ModuleNotFoundError" not in row.text
