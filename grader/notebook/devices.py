"""What a kernel holds that the workers would need: a TPU belongs to one process, and a GPU's memory may be taken.

JAX is asked for nothing, since that would start it; what it has started already is looked at.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Mapping
from pathlib import Path

_TPU_LOCK = Path("/tmp/libtpu_lockfile")
# As options.py has them, which cannot be asked from a kernel.
TPU_DEVICES = ("accel[0-9]*", "vfio/[0-9]*")
_PREALLOCATE = "XLA_PYTHON_CLIENT_PREALLOCATE"
TPU = "There is a TPU, which belongs to one process: it is left to this notebook, and grading is done on the CPU."
GPU_TAKEN = (
    "JAX in this notebook has taken most of the GPU's memory for itself. If a grading finds too little, restart the kernel, "
    f"and run %env {_PREALLOCATE}=false before anything of JAX."
)
GPU_FREE = (
    f"There is a GPU: %env {_PREALLOCATE}=false, before anything of JAX runs, leaves memory to the grader."
)


def started_backends() -> frozenset[str]:
    """The platforms that JAX has started in this process; none where it has not been imported, or has not begun."""
    bridge = sys.modules.get("jax._src.xla_bridge")
    return frozenset(getattr(bridge, "_backends", None) or ())


def has_tpu() -> bool:
    """Whether this machine has a TPU, as far as files tell, or JAX has started one here."""
    there = any(any(Path("/dev").glob(pattern)) for pattern in TPU_DEVICES)
    if there:  # a GPU that is passed through looks alike: JAX has a TPU by this package alone
        there = importlib.util.find_spec("libtpu") is not None
    return "tpu" in started_backends() or _TPU_LOCK.exists() or there


def has_gpu() -> bool:
    """Whether this machine has a GPU that JAX may use here."""
    asked = os.environ.get("JAX_PLATFORMS", "")
    wanted = not asked or any(name in asked for name in ("cuda", "gpu", "rocm"))
    return wanted and any(Path("/dev").glob("nvidia[0-9]*"))


def settings() -> Mapping[str, str]:
    """What the workers' environment needs."""
    return {_PREALLOCATE: "false"} | ({"JAX_PLATFORMS": "cpu"} if has_tpu() else {})


def notes() -> list[str]:
    """What somebody should know of them; nothing on most machines."""
    if has_tpu():
        return [TPU]
    takes_all = os.environ.get(_PREALLOCATE, "true").lower() not in {"false", "0"}
    by_demand = os.environ.get("XLA_PYTHON_CLIENT_ALLOCATOR") == "platform"
    if not takes_all or by_demand:
        return []
    if started_backends() & {"cuda", "gpu", "rocm"}:
        return [GPU_TAKEN]
    return [GPU_FREE] if has_gpu() else []
