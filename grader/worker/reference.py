"""An exercise that passed, set beside the reference: lines, program, cost and time on one call of its checks.

This gives no verdict. Where it cannot be made, for whatever reason, there is none, and the reason is kept.
"""

from __future__ import annotations

import inspect
import statistics
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np

from grader.results import Comparison
from grader.toolkit import bound, wording
from grader.toolkit.programs import Program
from grader.toolkit.samples import Sample, as_it_is
from grader.toolkit.session import Session
from grader.toolkit.source_lines import source_lines
from grader.toolkit.speed import Timing, decide, fair
from grader.worker import reference_in_words
from grader.worker.protocol import Compared
from grader.worker.reference_in_words import Facts

LIMIT = 1.0  # seconds of processor time for a whole comparison; what takes longer is left out
_TIMING = 0.04  # seconds of timed calls, of each
_BATCH = 0.001  # seconds: calls that are shorter are timed several at once
_MOST_CALLS, _MOST_PAIRS = 100, 15


class NotComparable(Exception):
    """There is nothing to compare, or it would keep the learner waiting; the text says which."""


def beside_the_reference(session: Session, name: str, solution: Path) -> Compared:
    """Compare the learner's function with that of the solution file, on the best sample of the exercise's checks.

    Raises nothing. The learner's code runs here, too, and a mistake of ours costs the comparison alone: then the
    traceback is in the answer.
    """
    try:
        return Compared(name, _compare(session, name, solution.read_text(encoding="utf-8")))
    except NotComparable as error:
        return Compared(name, None, str(error))
    except BaseException:
        return Compared(name, None, traceback.format_exc())


def _compare(session: Session, name: str, solution: str) -> Comparison:
    begin = bound.processor_clock()

    def still_in_time() -> None:
        if bound.processor_clock() - begin > LIMIT:
            raise NotComparable(f"it would take more than {LIMIT:g} s")

    sample = session.samples.best(name)
    if sample is None:
        raise NotComparable("no check makes a call to compare on")
    if session.contract.is_class(name) and sample.transform is as_it_is:
        raise NotComparable("no check says how to compare this class")

    namespace: dict[str, Any] = {"__name__": "_kata_reference"}
    exec(compile(solution, "<reference>", "exec", dont_inherit=True), namespace)
    reference = sample.of(namespace[name])
    options = jit_options(reference, sample)
    yours: Any = sample.function or sample.transform(session.handle(name).function)
    if sample.function is None or sample.jit_options is None:
        yours = bound.jit(yours, **options)
    # Yours as a check compiled it: then it is not traced anew.
    both = (yours, bound.jit(reference, **options))
    call = (sample.arguments, sample.keywords)

    programs = []
    for function in both:
        programs.append(Program("", function.trace(*call[0], **call[1]).jaxpr))
        still_in_time()
    if not any(program.size for program in programs):
        raise NotComparable("nothing is computed: what the function does, it does while it is traced")
    for function in both:
        bound.block_until_ready(function(*call[0], **call[1]))
        still_in_time()
    pairs = _timed(both, call)
    still_in_time()
    costs = [_costs(function, call) for function in both]
    exercises = session.contract.names
    mine, theirs = (
        Facts(
            lines=source_lines(source, name, exercises),
            primitives=program.primitives,
            outline=program.outline,
            seconds=statistics.median(seconds),
            **cost,
        )
        for source, program, cost, seconds in zip(
            (session.learner.source, solution), programs, costs, zip(*pairs, strict=True), strict=True
        )
    )
    still_in_time()
    return Comparison(
        call=_in_words(sample),
        rows=reference_in_words.rows(mine, theirs),
        remark=reference_in_words.remark(mine, theirs, _sure_speedup(pairs)),
    )


def _in_words(sample: Sample) -> str:
    """`softmax(f32[17,33], axis=-1)`: single numbers are written out, arrays by their shape."""
    parts = [wording.argument(value, small=1) for value in sample.arguments]
    parts += [f"{name}={wording.argument(value, small=1)}" for name, value in sample.keywords.items()]
    return f"{sample.shown}({', '.join(parts)})"


def jit_options(function: Callable[..., Any], sample: Sample) -> dict[str, Any]:
    """The options of jit with which a function takes a sample, such as its static parameters.

    Raises NotComparable when it was called without jit, and transformed.
    """
    if sample.jit_options is not None:
        return sample.jit_options
    return {"static_argnames": _static(function, sample)}


def _static(function: Callable[..., Any], sample: Sample) -> tuple[str, ...]:
    """The parameters of a call without jit that hold more than arrays and floats: functions, sizes, names."""
    if sample.transform is not as_it_is:
        raise NotComparable("the parameters of a transformed function are not known by name")
    bound = inspect.signature(function).bind(*sample.arguments, **sample.keywords)
    return tuple(
        name for name, value in bound.arguments.items() if not all(map(_traces, jax.tree.leaves(value)))
    )


def _traces(leaf: object) -> bool:
    return wording.is_jax_array(leaf) or type(leaf) in {np.ndarray, float, complex}


def _timed(both: tuple[Any, Any], call: tuple[Any, Any]) -> list[tuple[float, float]]:
    """Pairs of (yours, reference) in seconds a call, in turns; both are compiled."""

    def run(function: Callable[..., Any], calls: int) -> Timing:
        begin, processor = bound.clock(), bound.processor_clock()
        for _ in range(calls):
            result = function(*call[0], **call[1])
        bound.block_until_ready(result)
        return Timing((bound.clock() - begin) / calls, (bound.processor_clock() - processor) / calls)

    once = max(min(run(function, 1).wall for _ in range(2)) for function in both)
    calls = int(min(max(_BATCH / once, 1), _MOST_CALLS))
    count = int(min(max(_TIMING / (once * calls), 1), _MOST_PAIRS))
    pairs = []
    for number in range(count):
        order = both if number % 2 else both[::-1]
        taken = {function: run(function, calls) for function in order}
        pairs.append((taken[both[0]], taken[both[1]]))
    return fair(pairs)


def _sure_speedup(pairs: list[tuple[float, float]]) -> float:
    """The reference's time over yours where median and minima both say that it is much; else 1."""
    swapped = [(theirs, ours) for ours, theirs in pairs]
    if decide(pairs, reference_in_words.MUCH_TIME).verdict == "pass":
        return decide(pairs, 1.0).ratio
    if decide(swapped, reference_in_words.MUCH_TIME).verdict == "pass":
        return 1 / decide(swapped, 1.0).ratio
    return 1.0


def _costs(function: Any, call: tuple[Any, Any]) -> dict[str, float | None]:
    """What the compiler says of a program that has run already: nothing is compiled anew."""
    compiled = function.lower(*call[0], **call[1]).compile()
    costs, memory = compiled.cost_analysis() or {}, compiled.memory_analysis()
    traffic = costs.get("bytes accessed")
    flops = costs.get("flops", None if traffic is None else 0.0)  # left out where there are none
    known = {"flops": flops, "bytes_accessed": traffic}
    found = {name: value if value is not None and value >= 0 else None for name, value in known.items()}
    return {**found, "temporary_bytes": None if memory is None else float(memory.temp_size_in_bytes)}
