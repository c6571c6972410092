"""The failing case of an exercise, by hand: its checks run until one does not pass, and Python opens with what it was about.

    python -m grader.worker.failing_case FILE SOLUTION CHECKS EXERCISE SEED

A process of its own, and the learner's: it has the terminal, nothing limits its time but Ctrl-C, and no verdict comes of it.
Nothing is stored for it: what a case holds (functions, optimisers, trees) is there as it was, since the checks have just made it.
"""

from __future__ import annotations

import code
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.findings import Finding, Kind
from grader.results import Aspect, Exit
from grader.source.loading import load
from grader.toolkit import wording
from grader.toolkit.cases import Cases
from grader.toolkit.contract import Contract
from grader.toolkit.inputs import Numbers
from grader.toolkit.labels import Named
from grader.toolkit.session import Learner, Session
from grader.toolkit.verdicts import NotStarted, Unavailable, Verdict, WrongAnswer
from grader.worker.backend import start_backend
from grader.worker.plugin import prepare_jax

_SMALL = 64  # numbers of an array that are written out


class Bench:
    """An exercise in a learner's file, and the names under which its failing case is at hand."""

    def __init__(self, file: Path, solution: Path, checks: str, exercise: str, seed: int) -> None:
        self.file, self.solution, self.exercise, self.seed = file, solution, exercise, seed
        self.names: dict[str, Any] = {}
        self._checks = list(_checks_of(checks, exercise))

    def look(self) -> str:
        """Run the checks on the file as it is now, and put what the first failing one was about into `names`; what to say."""
        learner = load(self.file)
        contract = Contract(self.solution.read_text(encoding="utf-8"))
        session = Session(learner, contract)
        self.names.clear()
        self.names.update({"jax": jax, "jnp": jnp, "np": np, "lax": jax.lax})
        self.names.update({name: one for name, one in vars(learner.module).items() if name[:2] != "__"})
        self.names.update(again=self.again)
        told = [f"{problem.message}\n" for problem in learner.problems]
        verdict = self._first_failure(session, learner)
        if verdict is None:
            return "\n".join(
                [*told, f"{self.exercise} passes its checks (speed aside): there is no failing case."]
            )
        if isinstance(verdict, NotStarted):
            return "\n".join([*told, f"{self.exercise} is still to do: there is no failing case yet."])
        return "\n".join([*told, verdict.message, "", *self._put(verdict)])

    def again(self) -> None:
        """Read the file again, run the checks again, and load the case that fails now."""
        print(self.look())

    @property
    def has_case(self) -> bool:
        return "call" in self.names

    def _first_failure(self, session: Session, learner: Any) -> Verdict | None:
        for name, check in self._checks:
            given = {
                "learner": Learner(session, learner),
                "numbers": Numbers(self.seed, name),
                "draw": Cases(self.seed, name),
            }
            wanted = inspect.signature(check).parameters
            try:
                check(**{one: value for one, value in given.items() if one in wanted})
            except Unavailable:
                continue
            except Verdict as verdict:
                return verdict
            except Exception as error:  # over an odd answer, as a rule
                cause = f"{type(error).__name__}: {error}"
                found = Finding(
                    "gave something that a check cannot look at", Kind.THING, self.exercise, cause=cause
                )
                return WrongAnswer(found)
        return None

    def _put(self, verdict: Verdict) -> Iterator[str]:
        """Give names to what a verdict is about; a line for each."""
        case = verdict.case
        if case is None:
            yield f"{self.exercise} is here as your file has it; this finding is about no single call."
            return
        clashes = {"again", "call", "case", "expected", "got", *vars(jnp).keys() & {"jax"}}
        found: dict[str, Any] = {}
        for name, value in case.named_arguments():
            found[f"{name}_" if name in clashes else name] = value
        self.names.update(found, case=found, call=case.again)
        for name, value in found.items():
            yield f"  {name} = {as_code(value)}"
        for name in ("expected", "got"):
            value = getattr(verdict, name)
            if value is not None:
                self.names[name] = value
                yield f"  {name} = {as_code(value)}"
        yield ""
        typed = f": {case.code}" if case.code else f", which is {case.handle.shown}"
        yield f"call() does it again{typed}"
        yield "again() reads your file again and loads the case that fails then; Ctrl-D leaves."


def _checks_of(checks: str, exercise: str) -> Iterator[tuple[str, Callable[..., None]]]:
    """The checks of an exercise in the order in which they are judged, those on speed left out."""
    modules = [importlib.import_module(checks)]
    if find_spec(deeper := f"{checks.rpartition('.')[0]}.deeper"):
        modules.append(importlib.import_module(deeper))
    marked = [
        (name, check, mark.kwargs["aspect"])
        for module in modules
        for name, check in vars(module).items()
        for mark in getattr(check, "pytestmark", ())
        if mark.name == "check" and mark.kwargs["exercise"] == exercise
    ]
    for aspect in (Aspect.CORRECT, Aspect.JIT, Aspect.DEEPER):
        yield from ((name, check) for name, check, its in marked if its == aspect)


def as_code(value: Any) -> str:
    """A value as it could be typed; large arrays by dtype and shape, and what cannot be typed by its name."""
    if wording.is_key(value):
        data = np.asarray(jax.random.key_data(value))
        return (
            f"jax.random.wrap_key_data(jnp.array({data.tolist()}, jnp.uint32))"
            if data.size <= _SMALL
            else _large(value)
        )
    if wording.is_jax_array(value) or isinstance(value, np.ndarray):
        if value.size > _SMALL or isinstance(value, jax.core.Tracer):
            return _large(value)
        module = "jnp" if wording.is_jax_array(value) else "np"
        array = np.asarray(value)
        numbers = array.astype(np.float64) if array.dtype.kind not in "biuc" else array
        text = str(numbers.tolist()).replace("nan", f"{module}.nan").replace("inf", f"{module}.inf")
        return f"{module}.array({text}, {module}.{array.dtype.name})".replace(".bool)", ".bool_)")
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {as_code(item)}" for key, item in value.items()) + "}"
    if type(value) in {tuple, list}:
        inside = ", ".join(map(as_code, value))
        comma = "," if len(value) == 1 else ""
        return f"[{inside}]" if type(value) is list else f"({inside}{comma})"
    if isinstance(value, Named):
        return f"{value.text}  # the check's own"
    if value is None or isinstance(value, bool | int | float | complex | str):
        return repr(value)
    return f"{wording.argument(value)}  # of the check: it cannot be typed"


def _large(value: Any) -> str:
    return f"...  # {wording.kind_and_shape(value)}"


def main(arguments: list[str]) -> int:
    """Look, and open Python if there is a terminal and a failing case."""
    file, solution, checks, exercise, seed = arguments
    print(f"looking for a failing case of {exercise} ...", flush=True)
    prepare_jax()
    # Its day may ask for several devices: before JAX's backend starts.
    bench = Bench(Path(file), Path(solution), checks, exercise, int(seed))
    start_backend()
    try:
        told = bench.look()
    except KeyboardInterrupt:
        print(f"\nBroken off. Where it was: python -m grader {exercise}")
        return Exit.INTERRUPTED
    jax.config.update("jax_traceback_filtering", "auto")  # the checks wanted whole tracebacks; people do not
    print(f"\n{told}\n")
    if not bench.has_case:
        return Exit.UNDONE
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        print("There is no terminal here in which Python could be opened.")
        return Exit.UNDONE
    _open_python(bench.names)
    return Exit.DONE


def _open_python(names: dict[str, Any]) -> None:
    """IPython where it is installed."""
    try:
        from IPython import start_ipython  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        with suppress(ImportError):
            import readline
            import rlcompleter

            readline.set_completer(rlcompleter.Completer(names).complete)
            readline.parse_and_bind("tab: complete")
        code.interact(banner="", local=names, exitmsg="")
    else:
        start_ipython(argv=["--no-banner", "--no-confirm-exit"], user_ns=names)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
