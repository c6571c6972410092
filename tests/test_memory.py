"""A worker's memory is looked at often, and its children without going through all processes each time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from grader.judge.memory import held_by
from grader.machine import family
from grader.machine.family import Family


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(family, "_monotonic", clock.monotonic)
    return clock


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[psutil.Process]:
    """The looks for children that were taken."""
    taken: list[psutil.Process] = []
    real = family.children_of

    def children_of(process: psutil.Process) -> list[psutil.Process]:
        taken.append(process)
        return real(process)

    monkeypatch.setattr(family, "children_of", children_of)
    return taken


@pytest.fixture
def child() -> Iterator[subprocess.Popen[str]]:
    """A process that waits; it holds some megabytes."""
    hold = "hog = bytearray(64 * 2**20); print('ready', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def test_without_children_they_are_looked_for_once_a_second(
    clock: Clock, looks: list[psutil.Process], child: subprocess.Popen[str]
) -> None:
    held = Family(child.pid)  # this process has children: the warm one of other tests
    for _ in range(10):
        assert held_by(held) > 2**20
        clock.now += 0.099
    assert len(looks) == 1
    clock.now += 0.1
    held_by(held)
    assert len(looks) == 2


def test_children_count_and_are_looked_at_each_time(
    clock: Clock, looks: list[psutil.Process], child: subprocess.Popen[str]
) -> None:
    alone, held = held_by(Family(child.pid)), Family(os.getpid())
    assert alone > 64 * 2**20
    looks.clear()
    for _ in range(3):
        assert held_by(held) > alone
    assert len(looks) == 3


def test_a_child_that_comes_later_is_seen_a_second_later(
    clock: Clock, request: pytest.FixtureRequest
) -> None:
    held = Family(os.getpid())
    before = held_by(held)
    alone = held_by(Family(request.getfixturevalue("child").pid))
    clock.now += 1.0
    assert held_by(held) > max(alone, before)


def test_what_is_gone_holds_nothing(child: subprocess.Popen[str]) -> None:
    held = Family(child.pid)
    child.kill()
    child.wait()
    assert held_by(held) == 0
    assert held_by(Family(child.pid)) == 0
