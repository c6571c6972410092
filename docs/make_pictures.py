"""Draw the pictures of the README and of the lessons: `python docs/make_pictures.py [NAME ...]`. Takes some minutes for all.

Those of the README come from gradings of wrong answers on file, by `python -m grader show`, and from the page of a `watch` in
Chromium; those of the lessons are what the reference draws in its scene, and lie once more as PNG beside the scene, for
notebooks: Colab shows no SVG in the text of one. Each carries a fingerprint of what it was made from, so that
`tests/test_drawn_pictures.py` can say which are to be made again.
"""

from __future__ import annotations

import ast
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from grader.kata import catalogue  # noqa: E402
from grader.kata.answers import Answer, answers_of, learners_file  # noqa: E402
from grader.pictures import Picture  # noqa: E402

COMMAND = "python docs/make_pictures.py"
_WIDE, _HIGH = 1180, 1020  # of the page, in points of a screen
_COLOURS = 128  # of the page's PNG
_FEW_COLOURS = 48  # of a lesson's


def what_counts(scene: str) -> str:
    """A scene's text without what changes no picture: its first docstring, the mistakes it names, where its lines end."""
    drawn = re.sub(r'\A""".*?"""', "", scene, flags=re.DOTALL)
    return " ".join(re.sub(r"^ *shows=\[.*?\],?", "", drawn, flags=re.DOTALL | re.MULTILINE).split())


@dataclass(frozen=True)
class Drawn:
    """A picture, and what it is made from."""

    file: str  # below the root
    exercise: str  # such as day02.life_step
    wrong: str = ""  # the label of a wrong answer on file; without it the reference is drawn
    frame: int = 1  # of a wrong answer's picture, counted from 1
    panels: tuple[tuple[int, int], ...] = ()  # of the reference's picture: frames and panels of them, from 0
    page: bool = False  # whether the page is drawn that shows it

    @property
    def name(self) -> str:
        """What it is called on the command line."""
        return Path(self.file).stem

    @property
    def for_notebooks(self) -> str:
        """Below the root: the PNG of a lesson's picture; empty for all others."""
        day, name = self.where
        lesson = self.file.startswith("exercises/")
        return f"grader/days/{day.folder}/{name}/picture.png" if lesson else ""

    @property
    def where(self) -> tuple[catalogue.Day, str]:
        """Its day, and the exercise's name."""
        (selection,) = catalogue.select([self.exercise])
        return selection.day, selection.exercises[0].name

    def answer(self) -> Answer:
        """The wrong answer that it shows."""
        day, name = self.where
        return next(one for one in answers_of("wrong", day, name) if one.label == f"{name}__{self.wrong}")

    def fingerprint(self) -> str:
        """Of the scene, of the wrong answer and of what is drawn of them."""
        day, name = self.where
        parts = [
            repr(self),
            what_counts(day.checks_of(name).with_name("scene.py").read_text(encoding="utf-8")),
        ]
        if self.wrong:  # the file, not the answer: Pythons write a syntax tree as text in ways of their own
            text = (day.folder_of(name) / "wrong_answers.py").read_text(encoding="utf-8")
            pattern = re.compile(rf"^def {name}__{self.wrong}\(.*?(?=^\S|\Z)", re.MULTILINE | re.DOTALL)
            (found,) = pattern.findall(text)
            parts.append(found)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    def sign(self) -> str:
        """The words that it carries."""
        return f"made by {COMMAND} from {self.exercise}: {self.fingerprint()}"


def _lesson(exercise: str, *panels: tuple[int, int]) -> Drawn:
    (selection,) = catalogue.select([exercise])
    return Drawn(
        f"exercises/{selection.day.folder}/{selection.exercises[0].name}.svg", exercise, panels=panels
    )


PICTURES = (
    Drawn("docs/scene-life.svg", "day02.life_step", "dead_outside", 9),
    Drawn("docs/scene-kalman.svg", "day09.kalman_filter", "forgets_the_process_noise"),
    Drawn("docs/scene-fit.svg", "day08.fit", "two_examples_a_step", 4),
    Drawn("docs/page.png", "day02.life_step", "dead_outside", page=True),
    _lesson("day01.softmax", (0, 0), (0, 2)),
    _lesson("day02.life_step", (0, 0), (5, 0), (15, 0)),
    _lesson("day03.random_walks", (0, 0)),
    _lesson("day05.mandelbrot", (0, 0)),
    _lesson("day06.ray_march", (0, 0)),
    _lesson("day08.fit", (0, 0), (3, 0), (3, 1)),
    _lesson("day09.kalman_filter", (0, 0), (0, 1)),
    _lesson("day10.hmc_chain", (0, 0)),
    _lesson("day11.warmup_cosine", (0, 0)),
    _lesson("day12.learning_rate_sweep", (0, 0), (0, 2)),
)


def _of_the_reference(drawn: Drawn) -> Picture:
    """Some panels of what the reference draws, in one frame."""
    from grader.pictures import Frame
    from grader.scenes.scene import scene_of
    from grader.scenes.side_by_side import together
    from grader.source.loading import load
    from grader.toolkit.labels import taking_names

    day, name = drawn.where
    scene = scene_of(day.checks_of(name))
    assert scene
    reference = taking_names(load(day.solution).module.__dict__[name])
    picture = together(scene, None, scene.frames(reference), right=True)
    several = len({frame for frame, _ in drawn.panels}) > 1
    panels = []
    for number, place in drawn.panels:
        frame = picture.frames[number]
        panel = frame.panels[place]
        panels.append(replace(panel, title=f"{panel.title}, {frame.title}") if several else panel)
    return replace(picture, frames=(Frame(tuple(panels)),))


def _of_a_wrong_answer(drawn: Drawn) -> str:
    """What `show` writes of a wrong answer."""
    day, _ = drawn.where
    with tempfile.TemporaryDirectory() as folder:
        file, saved = day.file_in(Path(folder)), Path(folder) / "picture.svg"
        file.parent.mkdir()
        file.write_text(learners_file([drawn.answer()]), encoding="utf-8")
        asked = [drawn.exercise, "--from", folder, "--frame", str(drawn.frame), "--save", str(saved)]
        subprocess.run([sys.executable, "-m", "grader", "show", *asked], cwd=ROOT, check=True)
        return saved.read_text(encoding="utf-8")


def _of_the_page(drawn: Drawn) -> bytes:
    """The page of a `watch`, after a wrong answer was saved, as PNG."""
    from playwright.sync_api import expect, sync_playwright

    from tests.stub_answers import answer
    from tests.terminal_driver import Terminal

    day, name = drawn.where
    (function,) = ast.parse(drawn.answer().source).body
    assert isinstance(function, ast.FunctionDef)
    body = "".join(f"    {ast.unparse(statement)}\n" for statement in function.body[1:])  # without docstring
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # in a container, where all is root's
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        kata = Path(folder) / "kata"
        for part in ("grader", "exercises", "solutions"):
            shutil.copytree(ROOT / part, kata / part)
        options = {
            "DISPLAY": "",
            "WAYLAND_DISPLAY": "",
            "SSH_CONNECTION": "",
            "KATA_FOLDER": str(kata / ".kata"),
        }
        asked = ("watch", drawn.exercise, "--port", "0", "--page")
        with Terminal(*asked, columns=110, cwd=kata, PYTHONPATH=str(kata), **options) as terminal:
            terminal.until("page: http")
            (address,) = re.findall(r"page: (http://\S+)", terminal.text)[:1]
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=sandbox)
            page = browser.new_page(viewport={"width": _WIDE, "height": _HIGH})
            page.goto(address)
            terminal.until("checked at")
            answer(kata / "exercises" / day.folder / f"{day.stem}.py", name, body)
            expect(page.get_by_role("status")).to_contain_text("wrong", timeout=60_000)
            expect(page.locator("#picture")).to_contain_text("yours differs", timeout=60_000)
            page.wait_for_timeout(3000)  # the figure comes after the words, and comes in softly
            taken = page.screenshot()
            browser.close()
            terminal.type("q")
            terminal.ended()
    return _small_png(taken, drawn, _COLOURS)


def _small_png(data: bytes, drawn: Drawn, colours: int) -> bytes:
    """A PNG in few colours, with the sign as its comment."""
    from PIL import Image, PngImagePlugin

    told, file = PngImagePlugin.PngInfo(), io.BytesIO()
    told.add_text("Comment", drawn.sign())
    few = Image.open(io.BytesIO(data)).convert("RGB").quantize(colours, dither=Image.Dither.NONE)
    few.save(file, "PNG", optimize=True, pnginfo=told)
    return file.getvalue()


def _together(markers: re.Match[str]) -> str:
    bare = markers[0].replace(f' style="{markers[1]}"', "")
    return f'<g style="{markers[1]}">\n{bare}</g>\n'


def _signed(svg: str, drawn: Drawn) -> str:
    """With the sign as a comment, and with places in hundredths, which nobody sees finer."""

    def shorter(attribute: re.Match[str]) -> str:
        rounded = re.sub(r"-?\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", attribute[2])
        return f'{attribute[1]}="{rounded}"'

    text = re.sub(r'\b(d|x|y|width|height)="([^"]*)"', shorter, svg)
    text = "\n".join(line.strip() for line in text.splitlines())
    # What all markers of a layer have in common is said once, around them.
    text = re.sub(r'(?:<use [^>]* style="([^"]*)"/>\n)(?:<use [^>]* style="\1"/>\n)+', _together, text)
    return re.sub(r"(?=<svg )", f"<!-- {drawn.sign()} -->\n", text, count=1) + "\n"


def main() -> None:
    """Make those that are named, or all."""
    names = set(sys.argv[1:])
    unknown = names - {drawn.name for drawn in PICTURES}
    if unknown:
        sys.exit(f"there is no picture {', '.join(sorted(unknown))}")
    for drawn in PICTURES:
        if names and drawn.name not in names:
            continue
        for file, data in _made(drawn).items():
            (ROOT / file).write_bytes(data)
            print(f"{file}, {len(data) / 1000:.0f} kB", flush=True)


def _made(drawn: Drawn) -> dict[str, bytes]:
    """The files of a picture."""
    from grader.figures import png, svg

    if drawn.page:
        return {drawn.file: _of_the_page(drawn)}
    if drawn.wrong:
        return {drawn.file: _signed(_of_a_wrong_answer(drawn), drawn).encode()}
    picture = _of_the_reference(drawn)
    return {
        drawn.file: _signed(svg(picture, frame=0, words=False), drawn).encode(),
        drawn.for_notebooks: _small_png(png(picture, frame=0, words=False), drawn, _FEW_COLOURS),
    }


if __name__ == "__main__":
    main()
