"""What is wrong with the machine or the installation, in words: what it is and what to do. Never the learner's doing."""

from __future__ import annotations

import errno
import os

from grader.kata.catalogue import INSTALLED
from grader.kata.files import NotWritten

OLDEST_JAX = (0, 10)
NEWEST_JAX = (0, 12)  # that the kata was tried with
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class NoBackend(Exception):
    """JAX could not start its backend."""


def explain(error: BaseException) -> str:
    """An error of the machine or the installation in words; empty for every other error."""
    if is_full_disk(error):
        return (
            f"There is no room left on the disk ({error}).\n"
            "Free some, or name a folder that has room: TMPDIR=/path/to/folder python -m grader ..."
        )
    if isinstance(error, FileNotFoundError) and "temporary directory" in str(error):
        return (
            f"There is no temporary folder that can be written: {error}.\n"
            "Is the disk full? Or name a folder: TMPDIR=/path/to/folder python -m grader ..."
        )
    if isinstance(error, PermissionError) or (isinstance(error, OSError) and error.errno == errno.EROFS):
        where = error.filename or "A file"
        what = f"{where} cannot be written or read ({error.strerror})."
        return f"{what}\nNothing was changed. Whose is it, and is its folder read-only?"
    if isinstance(error, NotWritten):
        return f"{error}\nNothing was changed."
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition(".")[0]
        what = f"The package {package} is not installed, and the grader needs it."
        return (
            f"{what}\n{_install(package)}"
            if package != "grader"
            else f"A part of the grader is missing: {error.name}."
        )
    if isinstance(error, NoBackend):
        asked = os.environ.get("JAX_PLATFORMS")
        return f"JAX does not start on this machine ({error}).\n" + (
            f"JAX_PLATFORMS={asked} asks for it: unset that, or install JAX for this platform."
            if asked
            else "What does `python -c 'import jax; print(jax.devices())'` say?"
        )
    return ""


# What is imported -> what is installed, where the two are called otherwise.
_PACKAGES = {
    "markdown_it": "markdown-it-py",
    "pytest_timeout": "pytest-timeout",
    "sklearn": "scikit-learn",
}


def _install(module: str) -> str:
    if INSTALLED:
        return f"python -m pip install {_PACKAGES.get(module, module)}"
    return "From the kata's folder: python -m pip install -e ."


def is_full_disk(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno in _FULL


def unsupported_jax() -> tuple[str, str]:
    """(why no verdict can be given, what to bear in mind) about the JAX that is installed; empty when all is well."""
    import importlib.metadata  # here: it takes long, and most commands need none of it

    try:
        version = importlib.metadata.version("jax")
        importlib.metadata.version("jaxlib")
    except importlib.metadata.PackageNotFoundError as error:
        return (
            f"The package {error.name} is not installed, and the grader needs it.\n{_install(error.name)}",
            "",
        )
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers < OLDEST_JAX:
        oldest = ".".join(map(str, OLDEST_JAX))
        what = f"JAX {version} is older than what the kata teaches: it needs {oldest} or newer."
        return f"{what}\npython -m pip install --upgrade 'jax>={oldest}' 'jaxlib>={oldest}'", ""
    if numbers > NEWEST_JAX:
        newest = ".".join(map(str, NEWEST_JAX))
        return "", f"JAX {version} is newer than {newest}, the newest that the kata was tried with."
    return "", ""
