"""`python -m grader watch`: judge a file whenever it is saved, and answer single keys.

Everything that happens (a save, a key, a verdict) goes through one queue, and one thread answers it. The exercise in focus
changes when somebody edits another one or asks for it, never because something passed.
"""

from __future__ import annotations

import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from grader.judge.processes import Workers
from grader.kata import catalogue, hints, workspace
from grader.kata.catalogue import Day, Exercise
from grader.machine import editor
from grader.record.store import AttemptLog
from grader.report.text import shown_path
from grader.report.versions import Side
from grader.report.watch_screen import View, WatchScreen
from grader.results import ACCEPTED, ExerciseResult, Status
from grader.watch.chooser import Chooser
from grader.watch.events import Happening, Pressed, Redraw, Saved, listen_to_keys, listen_to_saves
from grader.watch.keys import Keys
from grader.watch.live import Broken, Graded, Judged, Live

_TICK = 1.0  # seconds between looks at a check that takes long


class Watch:
    """The loop. `sides` gives an exercise as it stands, and the reference."""

    def __init__(
        self,
        live: Live,
        screen: WatchScreen,
        keys: Keys,
        happenings: queue.SimpleQueue[Happening],
        sides: Callable[[Day, Exercise], tuple[Side, Side]],
        focus: str = "",
    ) -> None:
        self.live, self.screen, self.keys, self.happenings = live, screen, keys, happenings
        self._sides = sides
        self.focus = focus or self._first_open() or live.exercise_names()[0]
        self.checking: frozenset[str] = frozenset()
        self._asked_for: list[str] = []  # what is or was judged last
        self.status = ""
        self.below = ""
        self._hints = 0  # stages shown of the focus
        self._hints_open = False  # a save folds them
        self._timing: dict[str, ExerciseResult] = {}  # right so far
        # Lines that fill the screen, and the first that is shown.
        self._page: tuple[list[str], int] | None = None
        self._asked: Callable[[str], None] | None = None  # what to do with the next key
        self._chooser: Chooser | None = None
        self._begin = time.perf_counter()

    def run(self) -> None:
        """Until somebody leaves. Raises KeyboardInterrupt on Ctrl-C."""
        self._judge(self.live.open_exercises())
        self._draw()
        if not self.checking:
            self._say("\n".join(self._notices()))
            self.live.rehearse(self.focus)
        while True:
            try:
                happening = self.happenings.get(timeout=_TICK)
            except queue.Empty:
                self._tick()
                continue
            if not self._answer(happening):
                return

    # ---- what happens

    def _answer(self, happening: Happening) -> bool:
        """Whether to go on."""
        match happening:
            case Saved(files):
                self._saved(files)
            case Judged():
                self._judged(happening)
            case Graded():
                self._graded(happening)
            case Broken(day, text):
                if day == self.live.day:
                    self.checking = frozenset()
                    self._say(f"the grader's own fault, not yours:\n{text}")
            case Redraw():
                self._draw()
            case Pressed(key):
                free = not (self._asked or self._chooser or self._page)
                if key in {"interrupt", "end"} or (key == "q" and free):
                    return False
                self._pressed(key)
        return True

    def _saved(self, files: frozenset[Path]) -> None:
        if self.live.file not in files:
            other = next((day for day in catalogue.days() if day.file_in(self.live.tree) in files), None)
            if other is None:
                return
            self._go_to(other)
            self._judge(self.live.open_exercises())
            self._draw()
            return
        self._begin = time.perf_counter()
        names = self.live.saved(self.focus)
        if self.live.text is None:
            stubs = f"python -m grader reset {self.live.day.key}"
            self._say(
                f"{shown_path(self.live.file)} is not there any more. Its stubs come back with: {stubs}"
            )
            return
        if not names:
            self._say(f"saved at {_clock()}: nothing in it has changed")
            return
        self._turn_to(names[0])
        self.below, self._hints_open, self._page = "", False, None
        self._checking(names)

    def _tick(self) -> None:
        """Show that time goes by, while something is checked."""
        if self.checking and self.screen.takes_keys and time.perf_counter() - self._begin > 2 * _TICK:
            self._draw()

    def _judged(self, event: Judged) -> None:
        if event.grading != self.live.grading:
            return
        name = event.exercise.name
        if name == self.focus and name in self.checking:
            self.status = f"{_verdict(event.exercise)} after {time.perf_counter() - self._begin:.2f} s"
            if not event.complete and event.exercise.status in ACCEPTED:
                self.status += "; timing it"
        if event.exercise.status not in ACCEPTED and not event.complete:
            self.live.board[name] = event.exercise
        if event.complete or event.exercise.status not in ACCEPTED:
            self.checking -= {name}
        else:
            self._timing[name] = event.exercise
        self._draw()

    def _graded(self, event: Graded) -> None:
        if event.grading != self.live.grading or event.interrupted:
            return
        self.checking = frozenset()
        words = [f"checked at {_clock()} in {event.seconds:.2f} s", *self._notices()]
        if event.result.faults:
            words.append(f"the grader's own fault, not yours: {event.result.faults[0]}")
        if self._passed(self.focus):
            words += self._what_else()
        self.status = "\n".join(words)
        self._draw()
        self.live.rehearse(self.focus)

    def _what_else(self) -> list[str]:
        """What somebody may not see whose exercise has passed: others that have not, and the end of the day."""
        board, core = self.live.board, [e for e in self.live.day.exercises if not e.stretch]
        others = [
            name
            for name in self._asked_for
            if not self._passed(name) and name in board and board[name].status is not Status.TODO
        ]
        if others:
            return [f"not yet right: {', '.join(others)}. n goes there"]
        if self.focus in self._asked_for and all(self._passed(one.name) for one in core):
            left = self._first_open(after=self.focus)
            number, last = self.live.day.number, catalogue.days()[-1].number
            further = f"n goes to the stretch exercise {left}" if left else f"n goes to day {number + 1}"
            return [f"Day {number} is done. {further if left or number < last else 'You are through.'}"]
        return []

    # ---- keys

    def _pressed(self, key: str) -> None:
        if self._page and key in {"up", "down"}:
            lines, first = self._page
            self._page = lines, self.screen.page(lines, first + (1 if key == "down" else -1))
        elif self._page:
            self._page = None
            self._draw()
        elif self._chooser:
            self._choose(self._chooser, key)
        elif self._asked:
            answer, self._asked = self._asked, None
            answer(key)
        else:
            actions = {"n": self._next, "h": self._hint, "l": self._list, "s": self._solution, "r": self._reset,
                       "a": self._all, "e": self._edit, "escape": self._plain}  # fmt: skip
            actions.get(key, self._draw)()

    def _plain(self) -> None:
        self.below, self._hints_open = "", False
        self._draw()

    def _next(self) -> None:
        name = self._first_open(after=self.focus)
        if name:
            self._turn_to(name)
            self._draw()
            return
        days = catalogue.days()
        following = days[days.index(self.live.day) + 1 :]
        if following:
            self._go_to(following[0])
            self._judge(self.live.open_exercises())
            self._draw()
        else:
            self._say("That was the last one. You are through.")

    def _hint(self) -> None:
        if self._hints_open or not self._hints:  # folded ones come back first
            self._hints += 1
        self.below, self._hints_open = "", True
        self._draw()

    def _open_hints(self) -> str:
        """The hints that are shown, as wide as the screen is now."""
        stages = hints.read(self.live.day.hints_of(self.focus))
        self._hints = min(self._hints, len(stages))
        shown = [f"hint {n} of {len(stages)}\n{hints.wrapped(stage, self._width())}"
                 for n, stage in enumerate(stages[: self._hints], start=1)]  # fmt: skip
        last = self._hints == len(stages)
        more = "that was the last hint, Esc folds" if last else "h says more, Esc folds"
        return "\n\n".join([*shown, more])

    def _solution(self) -> None:
        result = self.live.board.get(self.focus)
        if result and result.status in ACCEPTED:
            self._show_solution("y")
        else:
            self.below = f"{self.focus} has not passed yet. Show its solution all the same? y/N"
            self._hints_open = False
            self._asked = self._show_solution
            self._draw()

    def _show_solution(self, key: str) -> None:
        self._plain()
        if key in {"y", "Y"}:
            exercise = self.live.day.exercise(self.focus)
            lines = self.screen.sides(self.focus, *self._sides(self.live.day, exercise))
            self._page = lines, self.screen.page(lines, 0)

    def _reset(self) -> None:
        self.below = f"Bring the stub of {self.focus} back? Your file is kept beside it. y/N"
        self._hints_open = False
        self._asked = self._do_reset
        self._draw()

    def _do_reset(self, key: str) -> None:
        self.below = ""
        if key not in {"y", "Y"}:
            self._say("nothing was reset")
            return
        try:
            outcome = workspace.reset(self.live.day, [self.live.day.exercise(self.focus)], self.live.tree)
        except (ValueError, OSError) as error:
            self._say(f"nothing was reset: {error}")
            return
        if outcome.backup:  # the save that follows is heard like any other, and the verdict says this with it
            self.live.notices.append(f"your file as it was: {shown_path(outcome.backup)}")
        self._say("it is the stub again" if outcome.backup else "it is the stub already")

    def _all(self) -> None:
        self._judge(self.live.exercise_names())
        self._draw()

    def _edit(self) -> None:
        found = editor.find()
        if found is None:
            self._say("no editor found: set VISUAL or EDITOR, as in `export EDITOR=nano`")
            return
        command = found.open_at(self.live.file, self._line() or 1)
        if unusable := editor.absent():
            self.status = f"{'; '.join(unusable)}: opened in {found.name}"
        try:
            if found.takes_the_terminal:
                with self.keys.lent():
                    subprocess.run(command, check=False)
            else:
                subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )
        except OSError as error:
            self._say(f"{command[0]} could not be started: {error}")
            return
        self._draw()

    # ---- the list

    def _list(self) -> None:
        standings = self.live.standings()  # once: the list is drawn for every key

        def sign(day: Day, exercise: Exercise) -> str:
            standing = standings.get((day.key, exercise.name))
            here = day == self.live.day
            passed = self._passed(exercise.name) if here else standing and standing.first_passed
            return "✓" if passed else "·"

        self._chooser = Chooser(sign, (self.live.day, self.focus))
        self.screen.choose(self._chooser.choice)

    def _choose(self, chooser: Chooser, key: str) -> None:
        chosen = chooser.press(key)
        if chosen is None:
            self.screen.choose(chooser.choice)
            return
        self._chooser = None
        if chosen.day and chosen.exercise:
            if chosen.day != self.live.day:
                self._go_to(chosen.day)
                self._judge(self.live.open_exercises())
            self._turn_to(chosen.exercise.name)
        self._draw()

    # ---- helpers

    def _go_to(self, day: Day) -> None:
        edited = self.live.open(day)
        self.checking = frozenset()
        self._page = None
        self._turn_to(edited or self._first_open() or self.live.exercise_names()[0])

    def _turn_to(self, name: str) -> None:
        if name != self.focus:
            self.focus, self.below, self.status = name, "", ""
            self._hints, self._hints_open = 0, False

    def _judge(self, names: list[str]) -> None:
        self._begin = time.perf_counter()
        first = [self.focus] if self.focus in names else []
        self._checking(self.live.judge([*first, *names]))

    def _checking(self, names: list[str]) -> None:
        self.checking, self._timing = frozenset(names), {}
        self._asked_for = names
        if names:
            self._say(f"checking {names[0]}" + (f" and {len(names) - 1} more" if len(names) > 1 else ""))

    def _say(self, text: str) -> None:
        self.status = text
        self._draw()

    def _first_open(self, after: str = "") -> str:
        """The next core exercise that has not passed, else the next stretch exercise; empty when all have."""
        exercises = self.live.day.exercises
        at = next((n for n, exercise in enumerate(exercises) if exercise.name == after), -1)
        order = [*exercises[at + 1 :], *exercises[: at + 1]]
        left = [e for e in order if e.name != after and not self._passed(e.name)]
        return next((e.name for e in sorted(left, key=lambda e: e.stretch)), "")

    def _notices(self) -> list[str]:
        """What somebody should be told of once."""
        notices, self.live.notices = self.live.notices, []
        return notices

    def _passed(self, name: str) -> bool:
        result = self.live.board.get(name)
        return bool(result and result.status in ACCEPTED)

    def _line(self) -> int | None:
        result = self.live.board.get(self.focus)
        if result and result.lead and result.lead.line:
            return result.lead.line
        return self.live.line_of(self.focus)

    def _width(self) -> int:
        return min(self.screen.console.width - 1, 79)

    def _status(self) -> str:
        """What just happened; and how long something has been checked, when that takes a while."""
        taken = time.perf_counter() - self._begin
        if not self.checking or taken < 2 * _TICK:
            return self.status
        if self.focus in self.checking and self.status:
            return f"{self.status}, for {taken:.0f} s now"
        left = f"still checking {min(self.checking)}" + (
            f" and {len(self.checking) - 1} more" if len(self.checking) > 1 else ""
        )
        return f"{self.status}\n{left}, for {taken:.0f} s now".strip()

    def _draw(self) -> None:
        if self._chooser or self._page:
            return
        day, result = self.live.day, self.live.result
        problems = () if self.checking or not result else result.problems
        view = View(
            day=day.key,
            title=day.title,
            file=str(self.live.file),
            exercises=[(exercise.name, exercise.stretch) for exercise in day.exercises],
            focus=self.focus,
            summary=day.exercise(self.focus).summary,
            line=self.live.line_of(self.focus),
            board=self.live.board,
            checking=self.checking,
            timing=self._timing,
            status=self._status(),
            below=self._open_hints() if self._hints_open else self.below,
            problems=problems,
        )
        self.screen.draw(view)


def watch(
    day: Day,
    tree: Path,
    screen: WatchScreen,
    workers: Workers,
    *,
    keeper: AttemptLog | None,
    check_timeout: float,
    sides: Callable[[Day, Exercise], tuple[Side, Side]],
    poll: bool = False,
    focus: str = "",
) -> None:
    """Watch a tree shaped like `exercises/`, beginning with a day (and an exercise), until somebody leaves.

    `keeper` records attempts; `poll` looks at the files again and again where the system does not tell of changes.
    Raises KeyboardInterrupt on Ctrl-C.
    """
    happenings: queue.SimpleQueue[Happening] = queue.SimpleQueue()
    stop = threading.Event()
    with Keys(on_resume=lambda: happenings.put(Redraw())) as keys:
        if hasattr(signal, "SIGWINCH"):
            signal.signal(signal.SIGWINCH, lambda number, frame: happenings.put(Redraw()))
        live = Live(day, tree, workers, happenings.put, keeper=keeper, check_timeout=check_timeout)
        listeners = [
            threading.Thread(
                target=listen_to_saves,
                args=(live.tree, happenings.put, stop),
                kwargs={"poll": poll},
                daemon=True,
            ),
            threading.Thread(target=listen_to_keys, args=(keys, happenings.put, stop), daemon=True),
        ]
        for listener in listeners:
            listener.start()
        try:
            Watch(live, screen, keys, happenings, sides, focus).run()
        finally:
            stop.set()
            live.stop()
            for listener in listeners:
                listener.join(2)


def _verdict(result: ExerciseResult) -> str:
    if result.status is Status.TODO:
        return "still to do"
    return "right" if result.status in ACCEPTED else "not yet"


def _clock() -> str:
    return time.strftime("%H:%M:%S")
