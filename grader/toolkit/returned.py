"""What a function of the learner's gave back, before anybody looks at it: tracers that are left over, and JAX's own arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from jax._src import core as jax_core

from grader.findings import Finding, Kind
from grader.source.learner_file import LearnerFile
from grader.toolkit.verdicts import WrongAnswer

_JAXS_OWN = (
    "jax._src.literals"  # arrays and numbers that JAX makes on the host, and hands out of grad and vjp
)
_HINT = (
    "Inside scan, grad, vmap or jit a value is a tracer, which stands for a number and dies when the tracing is over. Let no "
    "variable from outside take it (nonlocal, a list, an attribute): return it, as a carry, an output or aux."
)


def as_jax_arrays(result: Any) -> Any:
    """A result in which what JAX made on the host is an array like any other; everything else is left as it is."""
    if not any(type(leaf).__module__ == _JAXS_OWN for leaf in jax.tree.leaves(result)):
        return result
    return jax.tree.map(
        lambda leaf: jnp.asarray(leaf) if type(leaf).__module__ == _JAXS_OWN else leaf, result
    )


def holds_no_dead_tracer(call: str, result: Any, learner: LearnerFile) -> None:
    """No leaf of a result is a tracer whose trace is over. Raises WrongAnswer, with the line where it was made."""
    if not any(issubclass(type(leaf), jax.core.Tracer) for leaf in jax.tree.leaves(result)):
        return
    for path, leaf in jax.tree_util.tree_leaves_with_path(result):
        if issubclass(type(leaf), jax.core.Tracer) and (
            jax_core.trace_state_clean() or not leaf._trace.is_valid()
        ):
            line = _made_at(leaf, learner.path)
            lines = learner.source.splitlines()
            finding = Finding(
                "has no value",
                Kind.LEAKED_TRACER,
                call,
                jax.tree_util.keystr(path),
                expected="numbers",
                got="a tracer, which has outlived the trace that made it",
                line=line,
                source=lines[line - 1].strip() if line and line <= len(lines) else None,
            )
            raise WrongAnswer(finding, hint=_HINT)


def _made_at(tracer: Any, path: Path) -> int | None:
    """The learner's line where a tracer was made, as far as JAX remembers: else the function that was traced."""
    try:
        traceback = getattr(tracer._line_info, "traceback", None)
        for frame in traceback.frames if traceback else ():
            if frame.file_name == str(path):
                return int(frame.line_num)
        traced = getattr(tracer, "_debug_info", None)
        if traced and traced.func_filename == str(path):
            return int(traced.func_lineno)
    except Exception:  # JAX tells in another way
        return None
    return None
