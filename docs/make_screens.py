"""Draw the screens of the README as SVG, from real runs: `python docs/make_screens.py`. Takes a minute.

A copy of the kata gets a few answers, right and wrong. What the grader then writes to a terminal of 60 or 100 columns is
drawn as it is, colours and all.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.text import Text

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
sys.path.insert(0, str(ROOT))

from tests.stub_answers import answer  # noqa: E402
from tests.terminal_driver import Terminal  # noqa: E402

STANDARDIZE = "    return (x - x.mean(axis=0)) / (x.std(axis=0) + eps)\n"
SOFTMAX_WRONG = "    weights = jnp.exp(x)\n    return weights / weights.sum(axis=axis, keepdims=True)\n"
SOFTMAX_RIGHT = (
    "    weights = jnp.exp(x - x.max(axis=axis, keepdims=True))\n"
    "    return weights / weights.sum(axis=axis, keepdims=True)\n"
)
DISTANCES = "    return jnp.stack([jnp.stack([((a - b) ** 2).sum() for b in y]) for a in x])\n"
MASKED_MEAN = "    return jnp.where(mask, x, 0).sum() / jnp.maximum(mask.sum(), 1)\n"


def run(kata: Path, *arguments: str, columns: int) -> str:
    """What the grader writes, with colours."""
    environment = {**os.environ, "COLUMNS": str(columns), "FORCE_COLOR": "1", "TERM": "xterm-256color"}
    environment["KATA_FOLDER"] = str(kata / ".kata")
    command = [sys.executable, "-m", "grader", *arguments]
    written = subprocess.run(command, cwd=kata, env=environment, capture_output=True, text=True).stdout
    return written.rpartition("\x1b[?25h")[2]  # what comes once the line of progress is gone


def draw(name: str, text: str, columns: int) -> None:
    """Write docs/NAME.svg."""
    console = Console(
        record=True, width=columns, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(Text.from_ansi(text.strip("\n")), soft_wrap=True)
    title = f"python -m grader, {columns} columns"
    # Without web fonts: whoever looks at it fetches nothing.
    svg = console.export_svg(title=title, unique_id=name)
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL).replace("Fira Code, monospace", "monospace")
    (DOCS / f"{name}.svg").write_text(svg.rstrip() + "\n", encoding="utf-8")
    print(f"docs/{name}.svg")


def watch(kata: Path, file: Path, columns: int) -> tuple[str, str]:
    """Two screens of `watch`: an answer that is wrong, and the same one mended."""
    answer(file, "softmax", SOFTMAX_RIGHT)
    with Terminal(
        "watch", "day01", columns=columns, lines=48, cwd=kata, KATA_FOLDER=str(kata / ".kata")
    ) as terminal:
        terminal.until("checked at")
        time.sleep(5)  # as somebody who types; the next worker gets ready
        answer(file, "softmax", SOFTMAX_WRONG)
        terminal.until(lambda text: "is wrong at" in text and "checked at" in text)
        wrong = terminal.last_drawn
        time.sleep(5)
        answer(file, "softmax", SOFTMAX_RIGHT)
        terminal.until(lambda text: "softmax passed" in text and "checked at" in text)
        right = terminal.last_drawn
        terminal.type("q")
        terminal.ended()
    return wrong, right


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        kata = Path(folder) / "kata"
        for part in ("grader", "exercises", "solutions", "pyproject.toml"):
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
            kata.mkdir(exist_ok=True)
            copy(ROOT / part, kata / part)
        file = kata / "exercises" / "day01_pure_functions" / "pure_functions.py"
        answer(file, "standardize", STANDARDIZE)
        answer(file, "softmax", SOFTMAX_WRONG)
        answer(file, "pairwise_squared_distances", DISTANCES)
        answer(file, "masked_mean", MASKED_MEAN)
        draw("verdict-100", run(kata, "day01", columns=100), 100)
        draw("verdict-60", run(kata, "day01", columns=60), 60)
        for columns in (60, 100):
            wrong, right = watch(kata, file, columns)
            draw(f"watch-wrong-{columns}", wrong, columns)
            draw(f"watch-right-{columns}", right, columns)
        draw("overview-60", run(kata, columns=60), 60)


if __name__ == "__main__":
    main()
