"""Whether the kata can run here: packages, devices, clocks, folders, and what to do about what is missing.

JAX is asked in a process of its own. Nothing here needs an installed package, since one of them may be what is missing.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from grader.kata.catalogue import INSTALLED, ROOT
from grader.machine import compile_cache, editor, faults
from grader.record import store

INSTALL = "python -m pip install -e ."
PROBE_TIMEOUT = 120.0  # seconds; the first start of JAX on a GPU takes its time
STEADY = 0.5  # the spread of timings up to which a clock is called good; gates leave a factor of four
# Run in a process of its own: what is installed may not fit the torch beside it.
TRY_VISION = (
    "from grader.datasets.vision import torchvision_parts; "
    "torchvision_parts('torchvision.datasets', 'torch.utils.data')"
)
_SETTINGS = frozenset({"JAX_PLATFORMS", "JAX_NUM_CPU_DEVICES"})  # that the grader's workers heed, too
_GIB = 2**30


class State(StrEnum):
    """How a row is to be read."""

    GOOD = "good"
    NOTE = "note"  # the kata runs, but this is worth knowing
    MISSING = "missing"  # the kata cannot run


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was looked at. `remedy` is what to type or to do, a line for each step."""

    name: str
    state: State
    text: str
    remedy: str = ""


class Sheet(Protocol):
    """What standard output can show."""

    @property
    def width(self) -> int: ...
    @property
    def colour(self) -> bool: ...
    @property
    def ascii(self) -> bool: ...


def rows(output: Sheet) -> Iterator[Row]:
    """All rows, each as soon as it is known; the slow ones, which start JAX, come last."""
    yield python_row()
    yield from package_rows()
    yield vision_row()
    yield processors_row()
    yield memory_row()
    yield temporary_folder_row()
    yield progress_row()
    yield compile_cache_row()
    yield editor_row()
    yield terminal_row(output)
    yield from jax_rows()


def as_json(found: list[Row]) -> str:
    """The rows as one document: `{"schema": 1, "ok": true, "rows": [{"name", "state", "text", "remedy"}, ...]}`."""
    return json.dumps({"schema": 1, "ok": can_run(found), "rows": [asdict(row) for row in found]}, indent=2)


def can_run(found: list[Row]) -> bool:
    """Whether nothing is missing that the kata needs."""
    return all(row.state is not State.MISSING for row in found)


def python_row() -> Row:
    """The version and the place of this Python."""
    return Row("Python", State.GOOD, f"{sys.version.split()[0]}  {sys.executable}")


def package_rows() -> Iterator[Row]:
    """The packages that pyproject.toml asks for, with JAX first."""
    for name, needed in sorted(_required().items(), key=lambda item: not item[0].startswith("jax")):
        version = installed_version(name)
        if not version:
            yield Row(name, State.MISSING, "not installed", INSTALL)
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
            "python -m pip install -e '.[vision]'",
        )
    text = "not installed; only the last day makes use of it (several gigabytes on Linux)"
    return Row("torchvision", State.NOTE, text, "python -m pip install -e '.[vision]'")


def processors_row() -> Row:
    """How many processors this process may use."""
    have = os.cpu_count() or 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else have
    text = f"{usable} that this process may use" + (f", of {have}" if usable != have else "")
    return Row("processors", State.GOOD, text)


def memory_row() -> Row:
    """The machine's memory; a worker gets half of it, at most 4 GiB."""
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return Row("memory", State.NOTE, "this system does not say how much there is")
    text = f"{total / _GIB:.1f} GiB"
    if total < 2 * _GIB:
        return Row("memory", State.NOTE, f"{text} is little: a worker of the grader may use half of it")
    return Row("memory", State.GOOD, text)


def temporary_folder_row() -> Row:
    """The folder in which workers run."""
    try:
        return Row("temporary files", State.GOOD, tempfile.gettempdir())
    except OSError as error:
        what, _, remedy = faults.explain(error).partition("\n")
        return Row("temporary files", State.MISSING, what, remedy)


def progress_row() -> Row:
    """The folder that progress is recorded in, and how many attempts it holds."""
    keeper = store.own()
    folder = keeper.file.parent
    another = f"{store.FOLDER}=/path/to/folder python -m grader ..."
    try:
        count = sum(standing.attempts for standing in keeper.standings().values())
    except store.NotRecorded as error:
        return Row("progress", State.NOTE, f"cannot be read: {error}", another)
    attempts = f"{count} attempt{'' if count == 1 else 's'} recorded"
    if keeper.notices:
        return Row("progress", State.NOTE, " ".join(keeper.notices))
    if not _writable(folder):
        text = f"{folder} cannot be written, so nothing is recorded ({attempts} so far)"
        return Row("progress", State.NOTE, text, another)
    return Row("progress", State.GOOD, f"{folder}, {attempts}")


def _writable(folder: Path) -> bool:
    """Whether files can be made in a folder, or the folder itself where it does not exist yet."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def compile_cache_row() -> Row:
    """The folder that keeps compiled programs from run to run."""
    try:
        cache, works = compile_cache.choose(store.folder())
    except importlib.metadata.PackageNotFoundError as error:
        return Row("compile cache", State.NOTE, f"not used: {error.name} is not installed")
    if cache is None:
        return Row("compile cache", State.GOOD, f"off ({compile_cache.SETTING}=off)")
    if works is None:
        return Row("compile cache", State.GOOD, "will be tried after the next grading")
    if not works:
        return Row("compile cache", State.NOTE, f"does not work on this machine, so it is not used ({cache})")
    megabytes = compile_cache.size(cache) / 2**20
    return Row("compile cache", State.GOOD, f"in use: {megabytes:.1f} MB in {cache}")


def editor_row() -> Row:
    """The editor that `watch` would open."""
    found, gone = editor.find(), editor.absent()
    if found is None:
        text = "; ".join(gone) or "none found; any editor will do"
        return Row("editor", State.NOTE, text, "export EDITOR=nano    # or the one that you like")
    return Row("editor", State.NOTE if gone else State.GOOD, "; ".join([*gone, " ".join(found.command)]))


def terminal_row(output: Sheet) -> Row:
    """How wide the terminal is, and whether it has colour and all signs."""
    colour = "colour" if output.colour else "no colour"
    words = [f"{output.width} columns", colour, getattr(sys.stdout, "encoding", None) or "unknown encoding"]
    if not sys.stdout.isatty():
        words.insert(0, "no terminal")
    if output.ascii:
        return Row("terminal", State.NOTE, ", ".join(words), "export PYTHONIOENCODING=utf-8    # for ✓ and ★")
    if output.width < 60:
        return Row("terminal", State.NOTE, ", ".join(words), "Make it 60 columns wide or more.")
    return Row("terminal", State.GOOD, ", ".join(words))


def jax_rows() -> Iterator[Row]:
    """Whether JAX starts, on which devices, and how steadily time can be measured here."""
    if not (installed_version("jax") and installed_version("jaxlib")):
        yield Row("devices", State.NOTE, "not known without JAX")
        return
    try:
        seen = ask_jax()
    except faults.NoBackend as error:
        what, _, remedy = faults.explain(error).partition("\n")
        yield Row("devices", State.MISSING, what, remedy)
        return
    yield devices_row(seen)
    yield timer_row(seen)


def devices_row(seen: dict[str, Any]) -> Row:
    """The devices that JAX computes on, and whether there is a GPU that it leaves alone."""
    platform = seen["platform"]
    kinds = [
        f"{count} {platform}" + ("" if kind == platform else f" ({kind})")
        for kind, count in Counter(seen["devices"]).items()
    ]
    text = ", ".join(kinds)
    if platform == "cpu" and "JAX_PLATFORMS" not in os.environ and shutil.which("nvidia-smi"):
        text += "; there is a GPU, too, which this JAX does not use (nothing in the kata needs it)"
        return Row(
            "devices",
            State.NOTE,
            text,
            "python -m pip install 'jax[cuda13]'    # or cuda12, for older drivers",
        )
    return Row("devices", State.GOOD, text)


def timer_row(seen: dict[str, Any]) -> Row:
    """How far repeated timings of one small compiled function lie apart, and what that means for speed verdicts."""
    processor, wall = f"{seen['processor_spread']:.0%}", f"{seen['wall_spread']:.0%}"
    counts, clock = (
        ("processor_spread", "processor time") if seen["platform"] == "cpu" else ("wall_spread", "wall time")
    )
    spread = f"timings vary by {processor} in processor time and by {wall} in wall time; speed verdicts go by {clock}"
    if seen[counts] <= STEADY:
        return Row("timer", State.GOOD, f"good: {spread}")
    text = f"noisy: {spread}. More of them are measured again, or come out unclear, which does not count against you"
    return Row("timer", State.NOTE, text, "Close other programs before you look at speed.")


def ask_jax() -> dict[str, Any]:
    """What `probe.py` prints. Raises NoBackend when JAX does not start, with what it said last."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("JAX_") or name in _SETTINGS
    }
    environment |= {"XLA_PYTHON_CLIENT_PREALLOCATE": "false", "TF_CPP_MIN_LOG_LEVEL": "2"}
    # -E and -P: neither PYTHON... variables nor a file called jax.py in this folder change what is imported.
    command = [sys.executable, "-E", "-P", str(Path(__file__).with_name("probe.py"))]
    try:
        ended = subprocess.run(
            command, env=environment, capture_output=True, text=True, errors="replace", timeout=PROBE_TIMEOUT
        )
        seen: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired as error:
        raise faults.NoBackend(f"it did not answer within {PROBE_TIMEOUT:.0f} seconds") from error
    except (OSError, ValueError, IndexError) as error:
        said = (
            ended.stderr.strip().splitlines() if isinstance(error, (ValueError, IndexError)) else [str(error)]
        )
        raise faults.NoBackend(said[-1] if said else "its process ended without a word") from error
    return seen
