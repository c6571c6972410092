"""What the toolkit calls of Python and JAX, bound before any learner's code runs: that may replace the originals."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jax

clock = time.perf_counter  # seconds on the wall
processor_clock = time.process_time  # seconds, of all threads of this process
jit: Callable[..., Any] = jax.jit
block_until_ready: Callable[[Any], Any] = jax.block_until_ready
