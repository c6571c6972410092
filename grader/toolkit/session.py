"""One learner's file under the checks of one day: its functions as handles."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from grader.results import Speed
from grader.source.learner_file import LearnerFile
from grader.source.syntax import branches_to_constants
from grader.toolkit import wording
from grader.toolkit.contract import Contract
from grader.toolkit.handles import Handle
from grader.toolkit.labels import bare, taking_names
from grader.toolkit.returned import as_jax_arrays
from grader.toolkit.samples import as_it_is
from grader.toolkit.subject import Subject
from grader.toolkit.verdicts import NotStarted, RaisedError, WrongAnswer


class Session(Subject):
    """One learner's file under the checks of one day. Lives as long as the worker, so that compiled programs do."""

    def __init__(self, learner: LearnerFile, contract: Contract) -> None:
        super().__init__(learner, contract)
        self._handles: dict[str, Handle] = {}

    def handle(self, name: str) -> Handle:
        """The handle of an exercise. Raises RaisedError when the learner's file has no such function."""
        if name not in self._handles:
            function = self.learner.module.__dict__.get(name)
            if function is None:
                kind = "class" if self.contract.is_class(name) else "function"
                problem = self.learner.absence(name, kind)
                raise RaisedError(problem.finding, hint=problem.hint)
            if self.learner.is_stub(name):
                raise NotStarted(name, self.learner.lines.get(name))
            self.contract.check_signature(name, function, self.learner.lines.get(name))
            guarded = self._guarded(name, function)
            raw = function if self.contract.is_class(name) else taking_names(function)
            self._handles[name] = Handle(self, name, name, guarded, raw=raw, transform=as_it_is, code=name)
        return self._handles[name]

    def _guarded(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with its results checked against the signature: when traced, too."""

        @functools.wraps(function)
        def guarded(*arguments: Any, **keywords: Any) -> Any:
            what = wording.call(name, arguments, keywords)  # before the call: it may give its arguments away
            arguments = tuple(map(bare, arguments))
            keywords = {key: bare(value) for key, value in keywords.items()}
            result = as_jax_arrays(function(*arguments, **keywords))
            try:
                self.contract.check_result(what, name, arguments, keywords, result)
            except WrongAnswer as wrong:
                self._name_the_branch(name, wrong)
                raise
            return result

        if not self.contract.is_class(name):
            # Checks may leave the learner's own extra parameters alone.
            guarded.__signature__ = self.contract.signature(name)  # type: ignore[attr-defined]
            return guarded
        return function

    def _name_the_branch(self, name: str, wrong: WrongAnswer) -> None:
        """A Python number in the place of an array comes of a Python branch, as a rule: then the branch is what to mend."""
        if wrong.finding.got_type not in {"bool", "int", "float"}:
            return
        line = next((line for line in branches_to_constants(self.learner.tree, name)), None)
        if line is not None:
            wrong.finding = replace(wrong.finding, line=line)
            wrong.hint = (
                f"On {self.learner.where(line)} is a Python branch, and one way through it gives a plain number. "
                "Let arrays decide: jnp.where(condition, a, b). "
                "(jnp.asarray(...) would only hide the branch until it is compiled.)"
            )


class Learner:
    """What a check gets: `learner.softmax` is the handle of the learner's softmax."""

    def __init__(self, session: Session, file: LearnerFile, check: str = "") -> None:
        self.session = session
        self.file = file
        self.check = check  # which one: day01.softmax.by_hand
        self.speed: Speed | None = None  # what a speed check measured

    def __getattr__(self, name: str) -> Handle:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.session.handle(name)
