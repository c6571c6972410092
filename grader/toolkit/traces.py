"""How often JAX traces the learner's own functions, and why: for what they put under jit themselves.

Counted are whole programs: a compiled function that is called inside another one belongs to that one's trace.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import jax

from grader.findings import Finding, Kind
from grader.source.learner_file import LearnerFile
from grader.toolkit import wording
from grader.toolkit.called import Called
from grader.toolkit.handles import Handle
from grader.toolkit.verdicts import WrongAnswer

_EVENT = "/jax/core/compile/jaxpr_trace_duration"
_LOGGER = "jax._src.interpreters.partial_eval"  # where jax_explain_cache_misses writes
_CHANGED_TYPE = re.compile(r"at (\w[\w.\[\]']*), now (\S+) and before (\S+?)[,\s]*$", re.MULTILINE)
_CHANGED_STATIC = re.compile(r"now .*?Static\(val=(.*?)\) and before .*?Static\(val=(.*?)\)")
# What JAX 0.11 and 0.12 say instead: they have compared types, structures and settings by then, and find no difference.
_ANOTHER_STATIC = "cache miss explanation unavailable"


@dataclass(frozen=True, slots=True)
class Trace:
    """One trace of a function of the learner's. `reason` is empty for the first, and where JAX does not tell."""

    function: str
    reason: str = ""
    new_function: bool = False  # whether it was traced again because it is another function object


class _Watch(logging.Handler):
    """Listens to JAX: one Trace for each trace of a function that the learner's file defines."""

    def __init__(self, learner: LearnerFile) -> None:
        super().__init__()
        self.names = learner.function_names
        self.traces: list[Trace] = []
        self._reasons: dict[str, tuple[str, bool]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """JAX says why it is about to trace."""
        text = record.getMessage()
        for name in re.findall(r"(?:^\s*for |^\s{4})(\S+)(?: id=\d+)? defined at", text, re.MULTILINE):
            self._reasons[name] = _reason(text)

    def traced(self, event: str, **details: Any) -> None:
        """JAX has traced something."""
        name = str(details.get("fun_name", ""))
        if event == _EVENT and name in self.names:
            self.traces.append(Trace(name, *self._reasons.pop(name, ("", False))))


_watches: list[_Watch] = []


def _on_event(event: str, duration_secs: float, **kwargs: str | int) -> None:
    for watch in _watches:
        watch.traced(event, **kwargs)


jax.monitoring.register_event_duration_secs_listener(_on_event)  # cannot be taken back: so once, for good


@contextmanager
def watched(learner: LearnerFile) -> Iterator[list[Trace]]:
    """Within the block, collect the traces of all functions that the learner's file defines."""
    watch, logger = _Watch(learner), logging.getLogger(_LOGGER)
    propagate = logger.propagate
    _watches.append(watch)
    logger.addHandler(watch)
    logger.propagate = False
    before = jax.config.jax_explain_cache_misses  # type: ignore[attr-defined]
    jax.config.update("jax_explain_cache_misses", True)
    try:
        yield watch.traces
    finally:
        jax.config.update("jax_explain_cache_misses", before)
        logger.removeHandler(watch)
        logger.propagate = propagate
        _watches.remove(watch)


def traces_at_most(
    handle: Handle, limit: int, calls: Sequence[tuple[Any, ...]], *, of: str = "", **keywords: Any
) -> list[Called]:
    """Call a handle with each tuple of arguments; JAX traces the learner's own functions at most `limit` times.

    For functions that are to use jit themselves: call them as written, without a jit handle. `of` counts the
    traces of one function alone. Returns the results, for comparing. Raises WrongAnswer with the reasons.
    """
    with watched(handle.session.learner) as seen:
        results = [_called(handle, arguments, keywords) for arguments in calls]
    traces = [trace for trace in seen if trace.function == of] if of else seen
    if len(traces) > limit:
        text = wording.call(handle.shown, calls[0], keywords)
        finding = Finding(
            "is traced too often",
            Kind.RETRACED,
            text,
            expected=f"at most {limit} {_traces(limit)} for {len(calls)} calls",
            got="\n".join([f"{len(traces)} {_traces(len(traces))}", *reasons(traces)]),
            cause=why_anew(traces),
        )
        raise WrongAnswer(finding)
    return results


def _called(handle: Handle, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Called:
    """One call, and no second one: it would count."""
    text = wording.call(handle.shown, arguments, keywords)
    return handle.using(text, handle.function, *arguments, **keywords)


def reasons(traces: Sequence[Trace], most: int = 2) -> list[str]:
    """Why functions were traced again, in words: `step: x is now f32[124], before f32[123]`."""
    again = traces[1:]  # the first needs no reason
    told = list(dict.fromkeys(f"{trace.function}: {trace.reason}" for trace in again if trace.reason))
    return [*told[:most], "..."] if len(told) > most else told


def why_anew(traces: Sequence[Trace]) -> str:
    """The cause, where functions are traced again because each call makes new ones; else nothing."""
    if not any(trace.new_function for trace in traces[1:]):
        return ""
    return (
        "jit knows a function by its identity. A def, a lambda or a partial(...) inside of\nyour function is a new one in "
        "each call, and so is jit(...) of it."
    )


def _reason(text: str) -> tuple[str, bool]:
    changed = _CHANGED_TYPE.search(text)
    if changed:
        return f"{changed[1]} is now {_kind(changed[2])}, before {_kind(changed[3])}", False
    static = _CHANGED_STATIC.search(text)
    if static:
        return f"a static argument is now {static[1]}, before {static[2]}", False
    if _ANOTHER_STATIC in text:
        return "a static argument has another value", False
    if "defined repeatedly" in text or "re-defined" in text:
        return "a new function object each time", True
    return "", False


def _kind(text: str) -> str:
    """JAX's `f32[]{weak_type=True}`, and what it adds about it, in words."""
    kind = text.partition("https://")[0]
    for theirs, ours in (
        ("{weak_type=True}", " of a Python number"),
        ("{weak_type=False}", ""),
        ("({})", ""),
    ):
        kind = kind.replace(theirs, ours)
    return kind


def _traces(count: int) -> str:
    return "trace" if count == 1 else "traces"
