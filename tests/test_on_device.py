"""The script that tries everything on a GPU or TPU: the gates it proposes, the time it keeps, and one short run on the CPU."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from benchmarks.device.table import Ratio, Timed, lines, sections, timed_of, two_digits
from benchmarks.device.trials import Budget, Report

ROOT = Path(__file__).parent.parent


def reached(low: float, *, high: float | None = None, answer: str = "the reference") -> Ratio:
    return Ratio(answer, low, low, low if high is None else high, 10.0, "passed")


@pytest.mark.parametrize(
    ("right", "slow", "gate"),
    [
        ([1600.0], [1.0], 40),  # the square root of their product
        ([1600.0, 400.0], [1.0], 20),  # the slowest of the right ones
        ([1000.0], [100.0], 250),  # a quarter of what is right
        ([1600.0], [], 40),  # as if a slow one had reached x1
        ([6.0], [0.5], 3),  # no gate is below that
        ([100.0], [40.0], 60),  # one and a half times what is slow
        ([100.0], [50.0], None),  # nothing keeps the two apart
        ([4.0], [0.5], None),
    ],
)
def test_a_gate_lies_between_what_is_right_and_what_is_slow(
    right: list[float], slow: list[float], gate: float | None
) -> None:
    assert Timed("a", list(map(reached, right)), list(map(reached, slow))).proposed() == gate


def test_gates_have_two_digits() -> None:
    assert [two_digits(number) for number in (127.4, 3.0, 99.99, 0.123, 1234.5)] == [120, 3, 99, 0.12, 1200]


def test_the_sections_can_be_pasted_and_the_table_read() -> None:
    fields = {"low": 1500.0, "high": 1700.0, "gate": 30.0, "status": "passed"}
    rows = [
        {"part": "speed", "check": "day01.f.is_fast", "answer": "the reference", "ratio": 1600.0, **fields},
        {"part": "right", "check": "day01.f.is_fast", "answer": "f__other", "ratio": 1600.0, **fields},
        {
            "part": "slow",
            "check": "day01.f.is_fast",
            "answer": "f__slow",
            "ratio": 1.0,
            **fields,
            "high": 1.2,
        },
        {
            "part": "speed",
            "check": "day02.g.is_fast",
            "answer": "the reference",
            "ratio": 2.0,
            **fields,
            "low": 2.0,
        },
        {"part": "references", "check": "day02.g.by_hand", "answer": "the reference"},
    ]
    timed = timed_of(rows)
    pasted = tomllib.loads("\n".join(sections(timed, "gpu", "a card, jax 0.10")))
    assert pasted["gpu"]["measured_on"] == "a card, jax 0.10"
    assert pasted["gpu"]["gates"] == {"day01.f.is_fast": 42}
    assert pasted["gpu"]["left_out"] == {
        "day02.g.is_fast": "right answers reach x2 there, no slow answer was tried."
    }
    head, first, second = lines(timed, {"day01.f.is_fast": 900.0})
    assert head.split()[0] == "check"
    assert first.split() == [
        "day01.f.is_fast",
        "x1.6e+03",
        "1.5e+03-1.7e+03",
        "x30",
        "up",
        "to",
        "x1.2",
        "x42",
        "x900",
    ]
    assert "leave out" in second


def test_what_would_not_be_done_in_time_is_left_out_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    report = Report(tmp_path / "found.json", argparse.Namespace(platform="gpu"))
    budget = Budget(minutes=1)
    done = []
    for step in budget.steps("speed", [(f"day{number:02d}", number) for number in range(1, 9)], report):
        done.append(step)
        now += 20
        assert json.loads(report.file.read_text())["asked"] == {"platform": "gpu"} if step > 1 else True
    assert done == [1, 2, 3]
    assert report.skipped_in_words() == ["speed: day04, day05, day06, day07 and 1 more"]


def test_a_short_run_on_the_cpu(tmp_path: Path) -> None:
    """What comes last may be left out for want of time; the references come first."""
    command = [sys.executable, str(ROOT / "benchmarks" / "on_device.py"), "--platform", "cpu"]
    ended = subprocess.run(
        [*command, "--minutes", "0.5", "--out", str(tmp_path), "day01.rolling_mean"],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found = json.loads((tmp_path / "on_device.json").read_text(encoding="utf-8"))
    assert found["device"]["platform"] == "cpu"
    assert not found["faults"]
    assert {row["status"] for row in found["checks"] if row["part"] == "references"} == {"passed"}
    assert {row["status"] for row in found["checks"] if row["part"] == "right"} <= {"passed"}
    assert "refused, though right: nothing" in ended.stdout
    assert "[cpu.gates]" in ended.stdout


def test_what_is_missing_is_said_with_the_way_to_get_it(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-S",
        "-E",
        str(ROOT / "benchmarks" / "on_device.py"),
    ]  # -S: no package is found
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 3
    assert ended.stdout.startswith("missing: python -m pip install jax jaxlib numpy")
    assert "pytest-timeout" in ended.stdout
