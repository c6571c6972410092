"""What a day runs on: its own simulated devices, real ones where there are several. And what is otherwise on a GPU or TPU,
which nobody needs to have here: the platform is a pretended one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grader import options
from grader.judge import batch
from grader.judge.batch import Batch
from grader.options import Options
from grader.toolkit import WrongAnswer, operations_at_most, purity, temporary_memory_at_most
from grader.toolkit.verdicts import Unavailable
from grader.worker.protocol import Platform
from tests.toolkit_session import learner_of

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


ONE_GPU = """
import jax
from grader.toolkit import devices
devices.need_several_devices(6)
real = jax.device_count, jax.default_backend
jax.device_count, jax.default_backend = lambda: {count}, lambda: "gpu"
clear = devices.backend.clear_backends

def cleared():
    clear()
    jax.device_count, jax.default_backend = real

devices.backend.clear_backends = cleared
jax.numpy.ones(3) + 1  # the backend has started, as that of a GPU would have
devices.settle_devices()
if {count} == 1:
    print(jax.pmap(lambda x: jax.lax.psum(x, "d"), axis_name="d")(jax.numpy.ones(jax.device_count()))[0], end=" ")
print(devices.devices_in_words())
"""


@pytest.mark.parametrize(
    ("count", "words"),
    [(1, "6.0 6 simulated cpu devices (1 gpu device is too few for this day)"), (2, "2 gpu devices")],
)
def test_one_gpu_is_too_few_and_two_are_taken(count: int, words: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "XLA_FLAGS"}
    done = subprocess.run(
        [sys.executable, "-c", ONE_GPU.format(count=count)],
        env=environment | {"JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.strip() == words


# ---- one tolerance for all platforms


def test_products_are_asked_for_in_full_precision_and_the_learners_word_goes_before(tmp_path: Path) -> None:
    source = """
    def product(x, y):
        return x @ y

    def quick(x, y):
        return jnp.dot(x, y, precision="default")
    """
    learner, x = learner_of(tmp_path, source), jnp.ones((3, 3))
    assert "HIGHEST" in str(learner.product.jit().program(x, x).jaxpr)
    assert "HIGHEST" not in str(learner.quick.jit().program(x, x).jaxpr)


def results(platform: str, monkeypatch: pytest.MonkeyPatch, *pairs: tuple[Any, Any]) -> list[bool]:
    """Whether two results are taken for the same, on a platform."""
    monkeypatch.setattr(jax, "default_backend", lambda: platform)
    found = []
    for pair in pairs:
        try:
            purity.same_again("f(x)", *map(jnp.asarray, pair))
            found.append(True)
        except WrongAnswer:
            found.append(False)
    return found


def test_a_gpu_may_round_the_same_sum_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    rounded = np.float32([1e3, 1e-3, np.nan]), np.float32([1e3 + 1e-3, 2e-3, np.nan])
    drawn_anew = np.float32([0.1, 0.5]), np.float32([0.11, 0.5])
    half = jnp.bfloat16([1.0, 256.0]), jnp.bfloat16([1.0, 258.0])
    counted, other_nan = (np.int32([1]), np.int32([2])), (np.float32([1.0]), np.float32([np.nan]))
    pairs = rounded, drawn_anew, half, counted, other_nan
    assert results("cpu", monkeypatch, *pairs) == [False] * 5
    assert results("gpu", monkeypatch, *pairs) == [True, False, False, False, False]


# ---- what compilers tell


def test_costs_are_those_of_the_cpus_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handle = learner_of(tmp_path, "def f(x):\n    return jnp.sin(x) @ x\n").f.jit()
    arguments = (jnp.ones((8, 8)),)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    operations_at_most(handle, 8**3 * 4, arguments)
    with pytest.raises(WrongAnswer):
        operations_at_most(handle, 8**2, arguments)
    on_a_gpu = SimpleNamespace(device_set=[SimpleNamespace(platform="gpu")])
    monkeypatch.setattr(handle, "compiled", lambda *a, **k: SimpleNamespace(output_shardings=[on_a_gpu]))
    with pytest.raises(Unavailable, match="this one is for other devices"):
        temporary_memory_at_most(handle, 1, arguments)

    def no_cpu(platform: str) -> None:
        raise RuntimeError("Unknown backend cpu")

    monkeypatch.setattr(jax, "devices", no_cpu)
    with pytest.raises(Unavailable, match="JAX_PLATFORMS=cuda,cpu"):
        temporary_memory_at_most(handle, 1, arguments)


# ---- workers that share a device


@pytest.mark.parametrize(
    ("setting", "plugin", "device", "found", "at_most"),
    [
        ("", "jax_cuda13_plugin", "/dev/nvidiactl", "gpu", 4),
        ("", "libtpu", "/dev/accel0", "tpu", 1),
        ("", "jax_cuda13_plugin", "", "", 99),
        ("", "", "/dev/nvidiactl", "", 99),
        ("cpu", "jax_cuda13_plugin", "/dev/nvidiactl", "", 99),
        ("cuda,cpu", "", "", "gpu", 4),
        ("tpu", "", "", "tpu", 1),
    ],
)
def test_fewer_workers_share_an_accelerator(
    monkeypatch: pytest.MonkeyPatch, setting: str, plugin: str, device: str, found: str, at_most: int
) -> None:
    monkeypatch.setenv("JAX_PLATFORMS", setting)
    monkeypatch.setattr(options, "find_spec", lambda name: name == plugin or None)
    monkeypatch.setattr(options.os.path, "exists", lambda path: path == device)
    monkeypatch.setattr(options, "processors", lambda: 99)
    assert (options.accelerator(), options.workers_at_a_time()) == (found, at_most)


def test_what_a_gpus_libraries_take_is_not_the_learners(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing: Any = None
    judged = Batch(nothing, Options(seed=0, memory_limit=1000), nothing, lambda *what: None)
    assert judged._memory_limit() == 1000
    judged.found.platform = Platform("0.10", "cpu", "1 cpu device")
    assert judged._memory_limit() == 1000
    judged.found.platform = Platform("0.10", "gpu", "1 gpu device")
    assert judged._memory_limit() == 1000 + batch.LIBRARIES
