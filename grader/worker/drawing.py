"""Draws what an exercise did, once all its verdicts are given: its scene, the comparison that failed, its program's growth.

This gives no verdict. Where nothing can be drawn, for whatever reason, the reason is said in a line, or kept if it is ours.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from grader.findings import Kind
from grader.pictures import Frame, Picture
from grader.results import Status
from grader.scenes import growth
from grader.scenes.compared import compared_arrays
from grader.scenes.panels import Frames, NotDrawable
from grader.scenes.scene import Scene, scene_of
from grader.scenes.side_by_side import fitting, together
from grader.toolkit import bound
from grader.toolkit.labels import taking_names
from grader.toolkit.session import Session
from grader.toolkit.verdicts import TookTooLong, Verdict, WrongAnswer
from grader.worker.alarm import Alarm
from grader.worker.protocol import Drawn, Task

LIMIT = (
    1.0  # seconds of processor time for what the learner's function draws, and as much again for its program
)
_TO_COME = "still to do: this is what is expected"
_GONE = {
    Status.TIMEOUT: "yours took too long to be drawn; this is what is expected",
    Status.CRASHED: "yours ends the process, so it is not drawn; this is what is expected",
}


class Drawings:
    """The scenes of a task, and what the reference draws in them. Made before a learner's file is loaded."""

    def __init__(self, task: Task) -> None:
        self._solution = task.solution
        self._scenes: dict[str, Scene | None] = {}
        self._expected: dict[str, Frames] = {}
        self._namespace: dict[str, Any] = {}
        for file in task.checks:
            name = file.parent.name
            if name not in self._scenes:
                self._scenes[name] = scene_of(file)

    def warm_up(self, exercise: str) -> None:
        """Draw what is expected, and keep it. Raises what a scene of ours raises."""
        scene = self._scenes.get(exercise)
        if scene and exercise not in self._expected:
            self._expected[exercise] = scene.frames(self._reference(exercise))

    def draw(
        self, session: Session, exercise: str, status: Status, lead: BaseException | None, alarm: Alarm
    ) -> Drawn:
        """The picture of an exercise with this status; `lead` is what its first failing check raised. Raises nothing."""
        try:
            return Drawn(exercise, *self._draw(session, exercise, status, lead, alarm))
        except BaseException:
            return Drawn(exercise, None, traceback.format_exc())

    def _draw(
        self, session: Session, exercise: str, status: Status, lead: BaseException | None, alarm: Alarm
    ) -> tuple[Picture | None, str]:
        scene, picture, trouble = self._scenes.get(exercise), None, ""
        if scene:
            self.warm_up(exercise)
            picture, trouble = self._of_scene(scene, session, exercise, status, alarm)
        elif isinstance(lead, WrongAnswer) and lead.compared:
            came, expected, _ = lead.compared
            picture = compared_arrays(lead.finding.call, came, expected)
        program = self._of_program(session, exercise, status, alarm)
        if program:
            frames = (program, *picture.frames) if _grows(lead) and picture else (program,)
            if picture and not _grows(lead):
                frames = (*picture.frames, program)
            caption = (
                picture.caption if picture else f"How the program of {exercise} grows with its arguments."
            )
            remark = picture.remark if picture else ""
            picture = fitting(Picture(caption, frames, remark, picture.differs if picture else None))
        return picture, trouble or ("" if picture else "there is nothing to draw")

    def _of_scene(
        self, scene: Scene, session: Session, exercise: str, status: Status, alarm: Alarm
    ) -> tuple[Picture, str]:
        """The scene as both draw it; the learner's part may be missing, with a reason."""
        expected = self._expected[exercise]
        right = status in {Status.PASSED, Status.INCONCLUSIVE, Status.SKIPPED}
        missing = _TO_COME if status is Status.TODO else _GONE.get(status, "")
        if not missing and exercise not in session.learner.module.__dict__:
            missing = f"there is no {exercise} that could be drawn; this is what is expected"
        if not missing:
            try:
                function = session.learner.module.__dict__[exercise]
                function = function if session.contract.is_class(exercise) else taking_names(function)
                yours = _in_time(lambda: scene.frames(function), alarm)
                return together(scene, yours, expected, right=right), ""
            except TookTooLong:
                missing = f"yours takes more than {LIMIT:g} s to draw; this is what is expected"
            except NotDrawable as error:
                missing = str(error)
            except BaseException as error:
                words = (str(error).strip().splitlines() or [""])[0][:120]
                missing = f"yours raised {type(error).__name__} here: {words}".rstrip(": ")
        return together(scene, None, expected, right=right, trouble=missing), missing

    def _of_program(self, session: Session, exercise: str, status: Status, alarm: Alarm) -> Frame | None:
        """How the program grows, where a check says that it must not."""
        claim = session.samples.growths.get(exercise)
        if claim is None or status in {Status.TODO, Status.TIMEOUT, Status.CRASHED}:
            return None
        begin = bound.processor_clock()

        def still_in_time() -> None:
            if bound.processor_clock() - begin > LIMIT:
                raise NotDrawable("its program takes too long to trace")

        try:
            frame: Frame = _in_time(
                lambda: growth.frame_of(claim, self._reference(exercise), still_in_time), alarm
            )
            return frame
        except BaseException:  # what cannot be traced is told by its verdict
            return None

    def _reference(self, exercise: str) -> Any:
        if not self._namespace:
            self._namespace = {"__name__": "_kata_reference"}
            text = self._solution.read_text(encoding="utf-8")
            exec(compile(text, "<reference>", "exec", dont_inherit=True), self._namespace)
        return self._namespace[exercise]


def _grows(lead: BaseException | None) -> bool:
    return isinstance(lead, Verdict) and lead.finding.kind is Kind.GROWS


def _in_time(draw: Callable[[], Any], alarm: Alarm) -> Any:
    """Do it within the limit. Raises TookTooLong."""
    alarm.set(LIMIT)
    alarm.may_ring = True
    try:
        return draw()
    finally:
        alarm.may_ring = False
        alarm.cancel()
