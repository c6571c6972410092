"""A scene: what is drawn of an exercise, and how it is found."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.scenes.panels import DrawnPanel, Frames

MOST_FRAMES = 48
MOST_PANELS = 6  # of a frame, before what came is set beside what was expected


@dataclass(frozen=True, slots=True)
class Scene:
    """What is drawn of an exercise.

    `draw` gets the exercise's function or class, the learner's or the reference's, and returns panels, or a list of panels
    for each frame. The caption says what is drawn, in a sentence that does not speak of colours.

    `by_chance` where right answers draw other numbers: then what came is drawn alone, beside what the scene itself says of
    the law, and no difference is told. `titles` are those of the frames, where there are several. `shows` names wrong
    answers on file, by what follows the exercise's name in their labels, whose mistake can be seen in the picture.
    """

    caption: str
    draw: Callable[[Any], Sequence[Any]]
    shows: Sequence[str]
    by_chance: bool = False
    titles: Sequence[str] = ()

    def frames(self, function: Any) -> Frames:
        """What is drawn of a function. Raises what the function raises, and NotDrawable."""
        drawn = self.draw(function)
        several = bool(drawn) and isinstance(drawn[0], list | tuple)
        frames: Frames = drawn if several else [drawn]
        if not 0 < len(frames) <= MOST_FRAMES or not all(0 < len(one) <= MOST_PANELS for one in frames):
            raise ValueError(
                f"a scene has up to {MOST_FRAMES} frames, each of up to {MOST_PANELS} panels: "
                f"this one has {[len(one) for one in frames]}"
            )
        assert all(isinstance(panel, DrawnPanel) for frame in frames for panel in frame)
        return frames

    def title(self, number: int) -> str:
        """What stands over a frame."""
        return self.titles[number] if number < len(self.titles) else ""


def scene_of(checks: Path) -> Scene | None:
    """The scene beside an exercise's checks; None where there is none."""
    file = checks.with_name("scene.py")
    if not file.is_file():
        return None
    root = next(folder for folder in file.parents if folder.name == "grader")
    name = ".".join(("grader", *file.relative_to(root).with_suffix("").parts))
    scene: Scene = importlib.import_module(name).SCENE
    return scene
