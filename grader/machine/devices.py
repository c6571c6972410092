"""Whether JAX starts here, on which devices, and how steadily time can be measured: asked in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader.machine import faults
from grader.machine.doctor_rows import Row, State
from grader.machine.packages import installed_version

PROBE_TIMEOUT = 120.0  # seconds; the first start of JAX on a GPU takes its time
STEADY = 0.5  # the spread of timings up to which a clock is called good; gates leave a factor of four
_FOR_A_GPU = "python -m pip install 'jax[cuda13]'    # or cuda12, for older drivers"
_FOR_A_TPU = "python -m pip install 'jax[tpu]'"
_SETTINGS = frozenset({"JAX_PLATFORMS", "JAX_NUM_CPU_DEVICES"})  # that the grader's workers heed, too


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
    """The devices that JAX computes on, with their memory, and whether there is a GPU or TPU that it leaves alone."""
    platform = seen["platform"]
    kinds = [
        f"{count} {platform}" + ("" if kind == platform else f" ({kind})")
        for kind, count in Counter(seen["devices"]).items()
    ]
    text = ", ".join(kinds)
    if memory := seen.get("memory"):
        text += f", {memory / 2**30:.0f} GiB for JAX{' on each' if len(seen['devices']) > 1 else ''}"
    if platform != "cpu" and len(seen["devices"]) == 1:
        text += "; what is about several devices (day 13) runs on simulated ones, on the CPU"
    if troubles := seen.get("troubles"):
        return Row("devices", State.NOTE, f"{text}; JAX says: {' '.join(troubles)}", _remedy(troubles))
    if platform == "cpu" and "JAX_PLATFORMS" not in os.environ and shutil.which("nvidia-smi"):
        text += "; there is a GPU, too, which this JAX does not use (nothing in the kata needs it)"
        return Row(
            "devices",
            State.NOTE,
            text,
            _FOR_A_GPU,
        )
    return Row("devices", State.GOOD, text)


def _remedy(troubles: list[str]) -> str:
    """What to do about a GPU or TPU that JAX could not start."""
    said = " ".join(troubles)
    if "in use" in said:
        return "End the program that has the TPU (a notebook?): it serves one at a time. The kata needs none, the CPU will do."
    if "not installed" in said:
        return _FOR_A_TPU if "TPU" in said else _FOR_A_GPU
    return "Does nvidia-smi answer? The driver may be older than this JAX needs. JAX_PLATFORMS=cpu leaves it alone."


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
