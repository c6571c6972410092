"""A kata of two days that grows a version, for tests of `update`: its workspace, what it ships, the command line.

As a program it updates a folder and is killed at one of its steps on files: `python -m tests.small_updates FOLDER STEP [--undo]`.
"""

from __future__ import annotations

import ast
import atexit
import os
import signal
import sys
from typing import Any

from grader import cli
from grader.commands import update
from grader.kata import catalogue, shipped, starting, updating
from grader.kata.catalogue import Day

FIRST = '''"""Day 1: averages."""

import jax.numpy as jnp


def mean(x):
    """Average."""
    # Your code here: about 1 line.
    raise NotImplementedError


def norm(x):
    """Measure."""
    # Your code here: about 1 line.
    raise NotImplementedError
'''
SECOND = '''"""Day 2: sums."""

import jax.numpy as jnp


def total(x):
    """Add."""
    # Your code here: about 1 line.
    raise NotImplementedError
'''
THIRD = (
    SECOND.replace("Day 2: sums", "Day 3: products").replace("total", "product").replace("Add", "Multiply")
)
NEWER = FIRST.replace('"""Average."""', '"""Average all."""').replace('"""Measure."""', '"""Measure it."""')
NEWER += NEWER[NEWER.index("\n\ndef norm") :].replace("norm", "rank")
# Of each version: the stubs of its days, and their lessons with a picture.
VERSIONS: dict[str, list[tuple[str, dict[str, bytes]]]] = {
    "1.0": [
        (FIRST, {"README.md": b"# One\n\n![a](one.svg)\n", "one.svg": b"<svg/>"}),
        (SECOND, {"README.md": b"# Two\n"}),
    ],
    "2.0": [
        (NEWER, {"README.md": b"# One, anew\n\n![a](one.svg)\n", "one.svg": b"<svg>2</svg>"}),
        (SECOND, {"README.md": b"# Two, anew\n"}),
        (THIRD, {"README.md": b"# Three\n"}),
    ],
}
VERSIONS["3.0"] = VERSIONS["1.0"]  # what the second one brought is gone again
ONE, TWO, THREE = (f"exercises/day0{n}_{name}/{name}.py" for n, name in enumerate(("one", "two", "three"), 1))


def days_of(version: str) -> tuple[Day, ...]:
    found = []
    for number, (stub, _) in enumerate(VERSIONS[version], 1):
        name = ("one", "two", "three")[number - 1]
        found.append(Day(number, name, name, name, tuple(catalogue.exercises_in(ast.parse(stub)))))
    return tuple(found)


def ship(version: str, put: Any = setattr) -> None:
    """Be a kata of this version."""
    stubs = {day.key: stub for day, (stub, _) in zip(days_of(version), VERSIONS[version], strict=True)}
    lessons = {day.key: files for day, (_, files) in zip(days_of(version), VERSIONS[version], strict=True)}
    put(catalogue, "days", lambda: days_of(version))
    put(shipped, "stub_bytes", lambda day: stubs[day.key].encode())
    put(
        shipped,
        "lesson_files",
        lambda day: {f"exercises/{day.folder}/{name}": content for name, content in lessons[day.key].items()},
    )
    for module in (starting, updating, update):
        put(module, "__version__", version)


def kill_at(step: int) -> None:
    """Have this process killed, as by `kill -9`, before its step on files of that number, from 1.

    Where it comes to its end before, it says how many steps it took.
    """
    steps = 0
    atexit.register(lambda: print(f"steps: {steps}"))

    def counted(call: Any) -> Any:
        def perform(*arguments: Any, **options: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **options)

        return perform

    for name in ("open", "replace", "mkdir", "unlink"):
        setattr(os, name, counted(getattr(os, name)))


if __name__ == "__main__":
    ship("2.0")
    kill_at(int(sys.argv[2]))
    sys.exit(cli.main(["update", sys.argv[1], *sys.argv[3:]]))
