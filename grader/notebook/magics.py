"""The magics. Each asks the process that grades, and shows its answer; nothing is judged here."""

# IPython may be absent where types are checked, and carries few of its own.
# mypy: disallow_untyped_calls=False, disallow_untyped_decorators=False, disable-error-code="misc"

from __future__ import annotations

import os
import shlex
from typing import Any

from IPython.core.error import UsageError  # type: ignore[import-not-found,unused-ignore]
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class  # type: ignore[import-not-found,unused-ignore]
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring  # type: ignore[import-not-found,unused-ignore]
from IPython.display import display  # type: ignore[import-not-found,unused-ignore]

from grader.notebook import cells, devices
from grader.notebook.client import Client, Ended
from grader.notebook.pieces import Piece, Verdict, Working

_INTERRUPTED = "Interrupted: there is no verdict. The next one works."
_ENDED = "The process that grades had ended; another one was started."


@magics_class
class KataMagics(Magics):
    """Grade cells, and ask for hints, solutions, lessons and progress."""

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self._ipython = shell
        self.client = Client(devices.settings)

    def close(self) -> None:
        """End the process that grades."""
        self.client.close()

    # ---- %%grade

    @magic_arguments()
    @argument(
        "exercise",
        nargs="?",
        default="",
        help="such as day01.softmax, or softmax; else what the cell defines",
    )
    @argument(
        "--speed", action="store_true", help="time it, too: an exercise with a timing passes with it alone"
    )
    @argument("--no-deep", action="store_true", help="leave out the deeper look at what is right")
    @argument("--seed", type=int, help="of the random inputs; each verdict says which it had")
    @argument("--no-run", action="store_true", help="grade the cell only, and do not run it in the notebook")
    @cell_magic
    def grade(self, line: str, cell: str) -> None:
        """Grade this cell as the answer to an exercise, then run it like any other.

        The verdict comes of another process: whatever the notebook has set or loaded changes nothing in it. What
        the cell uses of earlier cells is judged with it. It is recorded, and the cell is kept.
        """
        asked = parse_argstring(self.grade, line)
        verdict = self._graded(asked, cell)
        if verdict is not None and not asked.no_run:
            # Below a line in the magic's place, so that tracebacks count as the cell does.
            self._ipython.run_cell(f"# %%grade {line}\n{cell}" if not cell.startswith("%%") else cell)

    def _graded(self, asked: Any, cell: str) -> Verdict | None:
        history = list(self._ipython.history_manager.input_hist_raw)
        shown = _Shown(in_notebook=hasattr(self._ipython, "kernel"))
        answer = self._ask(
            "grade",
            shown,
            exercise=asked.exercise,
            code=cells.graded(cell),
            context=cells.earlier(history, cell),
            speed=asked.speed,
            deep=not asked.no_deep,
            seed=asked.seed,
            figure=shown.in_notebook,
        )
        if answer is None:
            return None
        verdict = Verdict(answer)
        shown.end(verdict)
        for notice in answer["notices"]:
            print(f"grader: {notice}")
        return verdict

    # ---- the others

    @line_magic
    def hint(self, line: str) -> Piece | None:
        """A hint: %hint day01.softmax, %hint softmax 2.

        Levels go from 1, a question, to 3, almost the code. Without a name: the exercise that was graded last.
        """
        words = _words(line, "hint", most=2)
        level = int(words.pop()) if words and words[-1].isdecimal() else 1
        return self._piece("hint", exercise=_only(words, "hint"), level=level)

    @line_magic
    def solution(self, line: str) -> Piece | None:
        """The reference beside your cell, once it has passed; before that with --reveal: %solution softmax --reveal."""
        words = _words(line, "solution", most=2)
        reveal = "--reveal" in words
        return self._piece(
            "solution",
            exercise=_only([word for word in words if word != "--reveal"], "solution"),
            reveal=reveal,
        )

    @line_magic
    def lesson(self, line: str) -> Piece | None:
        """The lesson of a day: %lesson day01. Without a name: of the day that comes next."""
        return self._piece("lesson", day=_only(_words(line, "lesson", most=1), "lesson"))

    @line_magic
    def progress(self, line: str) -> Piece | None:
        """Where you stand. %progress --export FILE writes your progress into a file, to take it along; --yes writes over one."""
        words = _words(line, "progress", most=3)
        over = "--yes" in words
        words = [word for word in words if word != "--yes"]
        if words and (words[0] != "--export" or len(words) != 2):
            raise UsageError("%progress takes nothing, or --export FILE")
        return self._piece("progress", export=os.path.abspath(words[1]) if words else "", over=over)

    def _piece(self, do: str, **fields: Any) -> Piece | None:
        answer = self._ask(do, None, **fields)
        return None if answer is None else Piece(answer)

    def _ask(self, do: str, shown: _Shown | None, **fields: Any) -> dict[str, Any] | None:
        """The answer; None where there is none and that has been said. Raises UsageError."""
        fields |= {"commands": "notebook", "html": hasattr(self._ipython, "kernel")}
        hear = shown.hear if shown else lambda event: None
        for last_try in (False, True):
            try:
                answer = self.client.ask(do, hear, **fields)
                break
            except KeyboardInterrupt:
                _end(shown)
                print(_INTERRUPTED)
                return None
            except Ended as ended:
                if last_try:
                    _end(shown)
                    raise UsageError(f"the process that grades does not start. {ended}") from None
                print(_ENDED)
        if answer["event"] == "error":
            _end(shown)
            if answer["kind"] == "usage":
                raise UsageError(answer["message"])
            print(answer["details"] if answer["kind"] == "fault" else answer["message"])
            return None
        return answer


class _Shown:
    """What is shown while a cell is graded. In a notebook the verdict takes its place; a terminal gets the verdict alone."""

    def __init__(self, *, in_notebook: bool) -> None:
        self.in_notebook = in_notebook
        self._known = False  # whether the verdict is shown, and more is to come
        self._handle: Any = display(Working("grading"), display_id=True) if in_notebook else None

    def hear(self, event: dict[str, Any]) -> None:
        """Show an event."""
        if not self._handle:
            return
        if event["event"] == "verdict":
            self._handle.update(Verdict(event))
            self._known = True
        elif not self._known and event.get("check"):
            what = event["check"].replace("_", " ")
            self._handle.update(
                Working(f"grading {event['exercise']}, {event['done']}/{event['total']}: {what}")
            )

    def end(self, piece: Piece) -> None:
        """Show what is left of it."""
        if self._handle:
            self._handle.update(piece)
        else:
            display(piece)


def _end(shown: _Shown | None) -> None:
    if shown and shown.in_notebook:
        shown.end(Working(""))


def _words(line: str, magic: str, *, most: int) -> list[str]:
    try:
        words = shlex.split(line, comments=True)
    except ValueError as error:
        raise UsageError(f"%{magic}: {error}") from None
    if len(words) > most:
        raise UsageError(f"%{magic} takes no more than {most} words")
    return words


def _only(words: list[str], magic: str) -> str:
    """The one word that is left, or none."""
    if len(words) > 1 or any(word.startswith("-") for word in words):
        raise UsageError(f"%{magic} does not know {words[-1]}; %{magic}? tells what it takes")
    return words[0] if words else ""
