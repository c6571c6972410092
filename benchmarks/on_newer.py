"""Grade all that is on file with other Pythons and other releases of JAX, each pair in an environment of its own.

    python benchmarks/on_newer.py --python ~/py/3.13/bin/python --jax 0.12.0.1 [--jax 0.11.2 ...] [day ...]

`--python` and `--jax` may be given several times: each Python meets each JAX. Without them it is this Python, and the newest JAX
that pyproject.toml admits. For each pair the kata is installed with that JAX and the newest of all else, and `on_file.py` runs
there: solutions must pass, wrong answers be caught by their check, right ones pass, and nothing may warn. At the end stands a
table, and below it what differs. `--keep DIR` keeps the environments, and takes those that it finds there. Ends with 1 where
something differs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
KINDS = ("solution", "wrong", "right", "warnings")
PACKAGES = ("jax", "flax", "optax", "numpy")
_VERSIONS = (
    "import importlib.metadata as m, json, platform; print(json.dumps([platform.python_version(), {}]))"
)


@dataclass(frozen=True)
class Pair:
    """One Python and one JAX, and what came of them."""

    versions: Sequence[str]  # of Python and of PACKAGES
    outcomes: Sequence[dict[str, object]] = ()
    trouble: str = ""  # why there are none

    def count(self, kind: str) -> str:
        """So many of so many that ended as they should; of warnings, how many days were without."""
        of_kind = [one for one in self.outcomes if one["kind"] == kind]
        if not of_kind:
            return "-"
        good = sum(bool(one["ok"]) for one in of_kind)
        if kind == "warnings":
            return str(len(of_kind) - good)
        return f"{good} of {len(of_kind)}"


def environment(folder: Path, python: str, jax: str) -> tuple[Path, str]:
    """The interpreter of a virtual environment in which the kata is installed; and why there is none, where pip refuses."""
    name = _output(python, "-c", "import sys; print('python%d.%d' % sys.version_info[:2])").strip()
    here = folder / f"{name}-jax{jax or '-newest'}"
    inner = here / "bin" / "python"
    if not inner.exists():
        subprocess.run([python, "-m", "venv", str(here)], check=True)
    wanted = ["--upgrade", "--upgrade-strategy", "eager", f"jax=={jax}" if jax else "jax"]
    command = [str(inner), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-e", str(ROOT)]
    ended = subprocess.run([*command, *wanted], capture_output=True, text=True, check=False)
    errors = [line for line in ended.stderr.splitlines() if line.startswith("ERROR")]
    return inner, (errors or ["pip failed"])[-1] if ended.returncode else ""


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def graded(folder: Path, python: str, jax: str, asked: argparse.Namespace) -> Pair:
    """Make an environment and grade there all that is asked for."""
    inner, refused = environment(folder, python, jax)
    if refused:
        version = _output(python, "-c", "import platform; print(platform.python_version())").strip()
        return Pair((version, jax or "newest", "", "", ""), trouble=refused)
    packages = ", ".join(f"m.version({name!r})" for name in PACKAGES)
    versions = json.loads(_output(str(inner), "-c", _VERSIONS.format(packages)))
    print(f"Python {versions[0]}, jax {versions[1]}", flush=True)
    with tempfile.TemporaryDirectory() as kept:
        file = Path(kept) / "outcomes.jsonl"
        options = ["--sample", str(asked.sample), "--json", str(file), *["--speed"] * asked.speed]
        command = [str(inner), str(ROOT / "benchmarks" / "on_file.py"), *asked.days, *options]
        ended = subprocess.run(command, cwd=kept, check=False)
        outcomes = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    return Pair(versions, outcomes, trouble_of(ended.returncode, outcomes))


def trouble_of(status: int, outcomes: Sequence[dict[str, Any]]) -> str:
    """Why what `on_file.py` found says nothing; empty where it came to its end."""
    different = any(not one["ok"] for one in outcomes)
    if outcomes and status == int(different):
        return ""
    return f"on_file.py ended with {status}, after {len(outcomes)} outcomes"


def table(pairs: Sequence[Pair]) -> str:
    """A row for each pair, as Markdown."""
    heads = (
        "Python",
        *PACKAGES,
        "checks of solutions",
        "wrong answers caught",
        "right answers passed",
        "warnings",
    )
    rows = [
        (
            *pair.versions,
            *(pair.trouble or pair.count(kind) for kind in KINDS[:1]),
            *map(pair.count, KINDS[1:]),
        )
        for pair in pairs
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, ("---",) * len(heads), *rows))


def differences(pairs: Sequence[Pair]) -> list[str]:
    """A line for each outcome that is not as it should be: where, what, and on which pairs."""
    found: dict[str, list[str]] = {}
    for pair in pairs:
        for one in pair.outcomes:
            if not one["ok"]:
                what = f"{one['day']} {one['kind']} {one['name']}: {one['got']} instead of {one['wanted']}"
                found.setdefault(what, []).append(f"{pair.versions[0]} with {pair.versions[1]}")
    return [f"{what} ({', '.join(where)})" for what, where in found.items()]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("days", nargs="*")
    parser.add_argument("--python", action="append", help="an interpreter; may be given several times")
    parser.add_argument("--jax", action="append", help="a version; may be given several times")
    parser.add_argument("--sample", type=int, default=1, help="take every N-th wave of answers; 0: none")
    parser.add_argument("--speed", action="store_true", help="with the checks on speed")
    parser.add_argument("--keep", type=Path, help="a folder for the environments, which stay there")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (asked.keep or Path(temporary)).resolve()
        pairs = [
            graded(folder, python, jax, asked)
            for python in asked.python or [sys.executable]
            for jax in asked.jax or [""]
        ]
    print(f"\n{table(pairs)}\n")
    different = differences(pairs)
    print("\n".join(different) or "nothing differs")
    return 1 if different or any(pair.trouble for pair in pairs) else 0


if __name__ == "__main__":
    sys.exit(main())
