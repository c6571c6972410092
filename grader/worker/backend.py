"""The backend of JAX: whether it runs, what it runs on, and programs kept for it from run to run."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import jax

from grader.machine import faults
from grader.toolkit.devices import devices_in_words, settle_devices
from grader.worker.protocol import Platform

_CACHE_HIT = "/jax/compilation_cache/cache_hits"


def start_backend() -> Platform:
    """Start it; returns what it is. Raises NoBackend."""
    try:
        settle_devices()
        return Platform(jax.__version__, jax.default_backend(), devices_in_words())
    except Exception as error:
        raise faults.NoBackend(f"{type(error).__name__}: {error}".removesuffix(": ")) from error


def backend_started() -> bool:
    """Whether it runs already; forking from a process in which it does hangs."""
    bridge = sys.modules.get("jax._src.xla_bridge")
    return bool(getattr(bridge, "_backends", None))


def keep_compiled_programs(folder: Path) -> None:
    """Let JAX keep every compiled program in a folder, and look there before it compiles one."""
    # A disk that is full, or may not be written, costs time and nothing else: nobody need hear of it with each program.
    warnings.filterwarnings("ignore", message="Error (reading|writing) persistent compilation cache")
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def compile_cache_hits(folder: Path) -> int:
    """Compile a small function with the programs of a folder at hand; returns how many were found there."""
    hits: list[str] = []
    jax.monitoring.register_event_listener(
        lambda event, **_: hits.append(event) if event == _CACHE_HIT else None
    )
    keep_compiled_programs(folder)
    jax.block_until_ready(jax.jit(lambda x: jax.numpy.sin(x) * 3 + 1)(jax.numpy.arange(7.0)))
    return len(hits)
