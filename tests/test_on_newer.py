"""The script that tries other Pythons and releases of JAX says what differs, and where."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parent.parent / "benchmarks" / "on_newer.py"
OK = {"day": "day01", "kind": "wrong", "name": "softmax__naive", "ok": True, "wanted": "", "got": ""}
MISSED = {**OK, "ok": False, "wanted": "correct by_hand", "got": "accepted"}


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT), run_name="looked_at")


def test_a_row_for_each_pair_and_what_differs_once(script: dict[str, Any]) -> None:
    pair = script["Pair"]
    pairs = [
        pair(("3.12.1", "0.11.2", "0.12.12", "0.2.8", "2.4.6"), [OK, MISSED]),
        pair(("3.13.0", "0.12.0.1", "0.12.12", "0.2.8", "2.4.6"), [MISSED, {**OK, "kind": "warnings"}]),
        pair(("3.11.7", "0.12.0.1", "", "", ""), trouble="ERROR: No matching distribution"),
    ]
    rows = script["table"](pairs).splitlines()
    assert rows[2] == "| 3.12.1 | 0.11.2 | 0.12.12 | 0.2.8 | 2.4.6 | - | 1 of 2 | - | - |"
    assert rows[3] == "| 3.13.0 | 0.12.0.1 | 0.12.12 | 0.2.8 | 2.4.6 | - | 0 of 1 | - | 0 |"
    assert rows[4] == "| 3.11.7 | 0.12.0.1 |  |  |  | ERROR: No matching distribution | - | - | - |"
    assert script["differences"](pairs) == [
        "day01 wrong softmax__naive: accepted instead of correct by_hand (3.12.1 with 0.11.2, 3.13.0 with 0.12.0.1)"
    ]


@pytest.mark.parametrize(
    ("status", "outcomes", "is_trouble"),
    [
        (0, [OK], False),
        (1, [OK, MISSED], False),
        (1, [OK], True),
        (0, [], True),
        (3, [OK], True),
        (-9, [MISSED], True),
    ],
)
def test_what_broke_off_is_never_taken_for_all_being_well(
    script: dict[str, Any], status: int, outcomes: list[dict[str, Any]], is_trouble: bool
) -> None:
    assert bool(script["trouble_of"](status, outcomes)) == is_trouble


def test_an_environment_that_pip_refuses_is_told(script: dict[str, Any], tmp_path: Path) -> None:
    inner = tmp_path / f"python{sys.version_info[0]}.{sys.version_info[1]}-jax9.9" / "bin" / "python"
    inner.parent.mkdir(parents=True)
    inner.write_text("#!/bin/sh\necho 'ERROR: no jax==9.9' >&2; echo 'and more' >&2; exit 1\n")
    inner.chmod(0o755)
    assert script["environment"](tmp_path, sys.executable, "9.9") == (inner, "ERROR: no jax==9.9")
