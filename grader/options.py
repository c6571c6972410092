"""How a run judges: made where the run is asked for, and carried as it is down to every worker."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from importlib.util import find_spec

from grader.cells import Cell
from grader.results import FIRST_LOOK, Aspect

CHECK_TIMEOUT = 20.0  # seconds
MEMORY_LIMIT = 4 * 2**30  # bytes
UNTIMED = (Aspect.CORRECT, Aspect.JIT)

# A TPU serves one process at a time, and each process on a GPU keeps half a GiB of its memory for itself.
_SHARING = {"gpu": 4, "tpu": 1}
# Platform -> packages of which one is needed, and files of which one is there where such a device is.
SIGNS = {
    "tpu": (("libtpu",), ("/dev/accel0", "/dev/vfio/0")),
    "gpu": (("jax_cuda13_plugin", "jax_cuda12_plugin", "jax_rocm7_plugin"), ("/dev/nvidiactl", "/dev/kfd")),
}


def share_of_memory() -> int:
    """Bytes that a worker may hold: half of what this machine has, and no more than `MEMORY_LIMIT`."""
    import psutil  # here: whoever only asks for something to be judged needs none of it

    return min(int(psutil.virtual_memory().total) // 2, MEMORY_LIMIT)


def workers_at_a_time() -> int:
    """How many workers may judge side by side: one on each processor, fewer where they share an accelerator."""
    return min(processors(), _SHARING.get(accelerator(), processors()))


def accelerator() -> str:
    """What JAX will run on, "gpu" or "tpu", as far as can be told without starting it; empty for the CPU."""
    first = os.environ.get("JAX_PLATFORMS", "").partition(",")[0].lower()
    if first:
        return {"cuda": "gpu", "rocm": "gpu"}.get(first, "" if first == "cpu" else first)
    for platform, (plugins, devices) in SIGNS.items():
        if any(map(find_spec, plugins)) and any(map(os.path.exists, devices)):
            return platform
    return ""


def processors() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Options:
    """What somebody may ask for beside the exercises themselves."""

    seed: int  # of the random inputs, from 0 on
    # That the run judges; with Aspect.DEEPER it takes the deeper look, too.
    aspects: tuple[Aspect, ...] = FIRST_LOOK
    check_timeout: float = CHECK_TIMEOUT  # seconds that a check may compute or wait
    memory_limit: int = field(default_factory=share_of_memory)  # bytes, for each worker
    parallel: int = field(default_factory=workers_at_a_time)  # workers at a time
    background: bool = False  # whether its workers leave the processors to whoever else wants them
    # The exercises that are set beside the reference once they have passed.
    compare: frozenset[str] = frozenset()
    # The exercises of which a picture is made once their verdicts are given.
    pictures: frozenset[str] = frozenset()
    # Where the learner's text is a cell of a notebook with earlier ones above it; None for a file.
    cell: Cell | None = None

    def limit(self, patience: float = 1.0) -> float:
        """Seconds that a check may compute or wait, with so many times the usual patience."""
        return self.check_timeout * patience
