"""What the doctor asks JAX, in a process of its own: its devices, and how steadily time can be measured.

Run as a file, it prints one line of JSON. It imports nothing of ours, so that it can say what is wrong with JAX however
little of the kata works.
"""

from __future__ import annotations

import json
import logging
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

TIMINGS = 60
LONGEST = 300  # characters of what JAX says of a platform that does not start
_IN_USE = "in use"  # of a TPU, which belongs to one process: that another one has it


def look() -> dict[str, Any]:
    """The platform, its devices, what other platforms failed with, and the spread of repeated timings by both clocks."""
    jax.config.update("jax_cpu_enable_async_dispatch", False)  # as in the grader's workers
    said = _warnings_of_jax()
    devices = jax.devices()
    processor, wall = _timings(_small_function())
    return {
        "platform": jax.default_backend(),
        "devices": [device.device_kind for device in devices],
        "memory": _memory(devices[0]),
        "troubles": _troubles(said),
        "processor_spread": _spread(processor),
        "wall_spread": _spread(wall),
    }


def _warnings_of_jax() -> list[str]:
    """A list that JAX's warnings go to from now on: that there is a GPU which it cannot use, for one."""
    said: list[str] = []
    keep = logging.Handler(logging.WARNING)
    keep.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("jax").addHandler(keep)
    return said


def _troubles(said: list[str]) -> list[str]:
    """Why platforms that JAX knows did not start here, where there seems to be something to start: one line each."""
    bridge = sys.modules.get("jax._src.xla_bridge")
    errors: dict[str, str] = getattr(bridge, "_backend_errors", {})
    held = [f"{name}: {error}" for name, error in errors.items() if _IN_USE in error]
    return [" ".join(text.split())[:LONGEST] for text in (*said, *held)]


def _memory(device: Any) -> int | None:
    """Bytes that programs may have on a device; None where it does not say."""
    try:
        return int((device.memory_stats() or {}).get("bytes_limit", 0)) or None
    except Exception:  # it only says so of itself
        return None


def _small_function() -> Callable[[], Any]:
    """A compiled function of about a millisecond, on one thread."""
    x = jnp.linspace(0.0, 1.0, 64)
    compiled = jax.jit(lambda x: jax.lax.fori_loop(0, 2000, lambda _, y: jnp.sin(y) + x, x))
    return lambda: jax.block_until_ready(compiled(x))


def _timings(run: Callable[[], Any]) -> tuple[list[float], list[float]]:
    """Seconds of processor time and seconds by the clock on the wall, for one call after another."""
    processor, wall = [], []
    for _ in range(5):
        run()
    for _ in range(TIMINGS):
        before, start = time.process_time(), time.perf_counter()
        run()
        end, after = time.perf_counter(), time.process_time()
        wall.append(end - start)
        processor.append(after - before)
    return processor, wall


def _spread(seconds: list[float]) -> float:
    """The distance between the 10th and the 90th percentile, as a part of the median."""
    tenths, median = statistics.quantiles(seconds, n=10), statistics.median(seconds)
    return (tenths[-1] - tenths[0]) / median if median else 0.0


if __name__ == "__main__":
    print(json.dumps(look()))
