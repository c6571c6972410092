"""What a day runs on: its own simulated devices, real ones where there are several."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SCRIPT = """
from grader.toolkit.devices import devices_in_words, need_several_devices, settle_devices
need_several_devices(8)
settle_devices()
import jax
print(devices_in_words(), "|", jax.pmap(lambda x: jax.lax.psum(x, "d"), axis_name="d")(jax.numpy.ones(jax.device_count()))[0])
"""


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        ({}, 8),
        ({"JAX_NUM_CPU_DEVICES": "1"}, 8),
        ({"JAX_NUM_CPU_DEVICES": "3"}, 3),
        ({"XLA_FLAGS": "--xla_force_host_platform_device_count=4"}, 4),
    ],
    ids=["nothing asked", "one asked", "three asked", "four by XLA's flag"],
)
def test_a_day_about_devices_gets_several(settings: dict[str, str], count: int) -> None:
    environment = {key: value for key, value in os.environ.items() if key not in {"XLA_FLAGS"}}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment | {"JAX_PLATFORMS": "cpu"} | settings,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    why = " (JAX_NUM_CPU_DEVICES=1 is too few for this day)" if "1" in settings.values() else ""
    assert done.stdout.strip() == f"{count} simulated cpu devices{why} | {count}.0"


def test_every_other_day_has_one_device() -> None:
    script = "from grader.toolkit.devices import *; settle_devices(); print(devices_in_words())"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={key: value for key, value in os.environ.items() if key != "XLA_FLAGS"}
        | {"JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.strip() == "1 cpu device"
