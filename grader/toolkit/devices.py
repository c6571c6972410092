"""Several devices, for the days that are about them: real ones where there are some, else simulated ones on the CPU.

A worker judges one day only, so what a day's checks ask for here holds for that day alone.
"""

from __future__ import annotations

import os

import jax
from jax.extend import backend

_XLA_FLAG = "xla_force_host_platform_device_count"  # the older way to ask for simulated devices
_SETTING = "JAX_NUM_CPU_DEVICES"  # in the environment
_wanted = 1
_left_alone = ""  # the accelerators that are too few for what is wanted: "1 gpu device"


def need_several_devices(count: int) -> None:
    """Ask for several devices; to be called at the top of a day's checks, before JAX's backend starts.

    On the CPU `count` devices are simulated, unless somebody asked for another number above one, by JAX_NUM_CPU_DEVICES
    or XLA_FLAGS. Real devices, two or more, are taken as they are, so checks read `jax.device_count()`.
    """
    global _wanted
    _wanted = count
    asked = jax.config.values["jax_num_cpu_devices"]
    if asked < 2 and _XLA_FLAG not in os.environ.get("XLA_FLAGS", ""):
        jax.config.update("jax_num_cpu_devices", count)


def settle_devices() -> None:
    """Start JAX's backend. Where several devices are needed and one accelerator is all there is, take the CPU's simulated ones.

    Whatever JAX_PLATFORMS asks for: a day about several devices cannot be judged on one.
    """
    global _left_alone
    if jax.device_count() < min(_wanted, 2) and jax.default_backend() != "cpu":
        _left_alone = _counted()
        backend.clear_backends()
        jax.config.update("jax_platforms", "cpu")


def devices_in_words() -> str:
    """What this process runs on: "1 cpu device", "6 simulated cpu devices (1 gpu device is too few for this day)"."""
    asked_for_one = f"{_SETTING}=1" if os.environ.get(_SETTING, "") == "1" and jax.device_count() > 1 else ""
    too_few = _left_alone or asked_for_one
    return _counted() + (f" ({too_few} is too few for this day)" if too_few else "")


def _counted() -> str:
    count, platform = jax.device_count(), jax.default_backend()
    simulated = "simulated " if platform == "cpu" and count > 1 else ""
    return f"{count} {simulated}{platform} {'device' if count == 1 else 'devices'}"
