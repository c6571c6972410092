"""What surrounds a worker's process: an empty folder, an environment that changes no verdict, a mark to find it by."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

_SCRATCH = "kata-"  # and the process number: how the scratch folder's name begins
_MARK = "KATA_WORKERS"  # in the environment of all that a run starts
# What may be set for JAX from outside; everything else would change verdicts (x64, disabled jit, ...).
_JAX_SETTINGS = frozenset({"JAX_PLATFORMS", "JAX_NUM_CPU_DEVICES"})


def new_scratch_folder() -> Path:
    """A folder for what a run writes. Those that killed runs left behind are removed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_SCRATCH}[0-9]*-*"):
        number = folder.name.removeprefix(_SCRATCH).partition("-")[0]
        if number.isdigit() and not psutil.pid_exists(int(number)):
            shutil.rmtree(folder, ignore_errors=True)  # those of other people stay, for want of permission
    return Path(tempfile.mkdtemp(prefix=f"{_SCRATCH}{os.getpid()}-"))


def kill_marked(mark: Path) -> None:
    """End all that carries a mark in its environment: the warm process, and whatever a worker set loose."""
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(_MARK) == str(mark):
                process.kill()


@contextmanager
def neutral(cwd: Path, mark: Path) -> Iterator[None]:
    """An empty working directory, and an environment that changes no verdict, for the processes begun inside."""
    here, kept = os.getcwd(), dict(os.environ)
    os.chdir(cwd)
    for name in kept:
        foreign_jax = name.startswith("JAX_") and name not in _JAX_SETTINGS
        if name.startswith(("PYTHON", "PYTEST_")) or foreign_jax:
            del os.environ[name]
    # One warm process must find the grader even where it is not installed.
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ[_MARK] = str(mark)
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        yield
    finally:
        os.chdir(here)
        os.environ.clear()
        os.environ.update(kept)
