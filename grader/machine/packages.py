"""Which Python and which packages are here, and what to type for those that are missing or too old."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator

from grader.kata.catalogue import INSTALLED, ROOT
from grader.machine import faults
from grader.machine.doctor_rows import Row, State

INSTALL = "python -m pip install -e ."
INSTALL_VISION = "python -m pip install torchvision" if INSTALLED else "python -m pip install -e '.[vision]'"
# Run in a process of its own: what is installed may not fit the torch beside it.
TRY_VISION = (
    "from grader.datasets.vision import torchvision_parts; "
    "torchvision_parts('torchvision.datasets', 'torch.utils.data')"
)


def python_row() -> Row:
    """The version and the place of this Python."""
    return Row("Python", State.GOOD, f"{sys.version.split()[0]}  {sys.executable}")


def package_rows() -> Iterator[Row]:
    """The packages that pyproject.toml asks for, with JAX first."""
    for name, needed in sorted(_required().items(), key=lambda item: not item[0].startswith("jax")):
        version = installed_version(name)
        if not version:
            remedy = f"python -m pip install '{name}>={needed}'" if INSTALLED else INSTALL
            yield Row(name, State.MISSING, "not installed", remedy)
        elif name == "jax":
            refused, notice = faults.unsupported_jax()
            what, _, remedy = (refused or notice).partition("\n")
            state = State.MISSING if refused else State.NOTE if notice else State.GOOD
            yield Row(name, state, what or version, remedy)
        elif _numbers(version) < _numbers(needed):
            upgrade = f"python -m pip install --upgrade '{name}>={needed}'"
            yield Row(
                name, State.NOTE, f"{version} is older than {needed}, which the kata was tried with", upgrade
            )
        else:
            yield Row(name, State.GOOD, version)


def _required() -> dict[str, str]:
    """The packages that the kata needs -> the oldest version that it takes."""
    found = {}
    for requirement in _requirements():
        name, oldest = re.match(r"([\w-]+)(?:>=([\d.]+))?", requirement).groups()  # type: ignore[union-attr]
        found[name] = oldest or "0"
    return found


def _requirements() -> list[str]:
    """What pyproject.toml asks for; in a wheel, which has none, what its metadata ask for without extras."""
    if INSTALLED:
        return [one for one in importlib.metadata.requires("jax-kata") or [] if "extra ==" not in one]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    dependencies: list[str] = project["dependencies"]
    return dependencies


def installed_version(name: str) -> str:
    """The version of a package; empty where it is not installed."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(digits) for digits in re.findall(r"\d+", version.partition("+")[0])[:3])


def vision_row() -> Row:
    """torchvision, which the last day alone can do with."""
    version = installed_version("torchvision")
    if version:
        found = subprocess.run([sys.executable, "-c", TRY_VISION], cwd=ROOT, capture_output=True, text=True)
        if found.returncode == 0:
            return Row("torchvision", State.GOOD, version)
        why = found.stderr.strip().rpartition("\n")[2]
        return Row(
            "torchvision",
            State.NOTE,
            f"{version} cannot be used: {why}",
            INSTALL_VISION,
        )
    text = "not installed; only the last day makes use of it (several gigabytes on Linux)"
    return Row("torchvision", State.NOTE, text, INSTALL_VISION)
