"""The learner's functions as handles: a check calls and transforms them, and never touches them raw.

A handle checks results against the signature, guards the arguments, translates what is raised, and
leaves open where the function runs.
"""

from __future__ import annotations

import functools
import inspect
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import jax

from grader.findings import Kind
from grader.machine import faults
from grader.toolkit import bound, programs, purity, returned, wording
from grader.toolkit.called import Called
from grader.toolkit.error_verdicts import verdict_on
from grader.toolkit.judged_call import Case
from grader.toolkit.labels import taking_names
from grader.toolkit.samples import Growth, Sample, Transformation
from grader.toolkit.subject import Subject
from grader.toolkit.verdicts import MachineFault, RaisedError, TookTooLong, Verdict, about


class Handle:
    """A learner's function, or a transformation of it."""

    def __init__(
        self,
        session: Subject,
        name: str,
        shown: str,
        function: Callable[..., Any],
        *,
        raw: Callable[..., Any],
        jit_options: dict[str, Any] | None = None,
        transform: Transformation | None = None,
        code: str = "",
    ) -> None:
        self.session = session
        self.name = name  # of the exercise
        self.shown = shown  # in messages: jit(softmax)
        self.code = code  # what makes it in a session of Python: jax.jit(softmax); empty for what a check made by itself
        self.shown_without_jit = shown
        self.function = function
        self.raw = raw  # without our guard: for timing what the learner wrote
        self.traces = 0  # how often a jit handle has been traced
        self.untransformed = function  # before jit
        # What was made of the function before jit (vmap, grad); None for a handle that a check made by itself.
        self.transform = transform
        self.is_jitted = jit_options is not None
        self._jit_options = jit_options or {}
        self.donates = any(option.startswith("donate") for option in self._jit_options)
        self._repeated = False
        self._transformed: dict[str, Handle] = {}

    # ---- calling

    def __call__(self, *arguments: Any, **keywords: Any) -> Called:
        """Call the function, wait for its result, and see that the arguments are as they were.

        The first call is made twice: a pure function gives the same again.
        """
        text = wording.call(self.shown, arguments, keywords)
        case = Case(self, arguments, keywords)
        with about(case):
            result = self._call_purely(text, arguments, keywords)
        self.remember(arguments, keywords)
        return Called(text, result, case=case)

    def _call_purely(self, text: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        before = purity.snapshot((arguments, keywords))
        result = self.run(text, self.function, *arguments, **keywords)
        if not self.donates:
            purity.unchanged(text, before, (arguments, keywords))
        if not self._repeated and not self.donates:
            self._repeated = True
            again = self.run(text, self.function, *arguments, **keywords)
            purity.same_again(text, result, again)
        return result

    def remember(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        """Offer a call that went well as the one on which the exercise is set beside the reference."""
        if self.transform is None or self.donates:  # what is donated is gone
            return
        options = self._jit_options if self.is_jitted else None
        sample = Sample(self.shown_without_jit, self.function, self.transform, options, arguments, keywords)
        self.session.samples.offer(self.name, sample)

    def remember_growth(
        self, small: tuple[Any, ...], large: tuple[Any, ...], keywords: dict[str, Any]
    ) -> None:
        """Keep what a check says must not grow with its arguments, so that it can be drawn."""
        if self.transform is not None and self.is_jitted:
            options = self._jit_options
            growth = Growth(self.shown, self.function, self.transform, options, small, large, keywords)
            self.session.samples.growths[self.name] = growth

    def compare_on(self, shown: str, transform: Transformation, *arguments: Any) -> None:
        """Have the exercise set beside the reference on this, once it has passed.

        For what is no function of arrays: a class, an optimiser. `transform` makes a function of the learner's, and of the
        reference, that runs on the arguments; `shown` says in words what that function does. Nothing is run now.
        """
        sample = Sample(shown, None, transform, {}, arguments, {})
        self.session.samples.offer(self.name, sample, chosen=True)

    def using(self, text: str, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Called:
        """Run code of a check's that uses what the learner wrote (a class, as a rule); `text` says in messages what it does."""
        return Called(text, self.run(text, function, *arguments, **keywords))

    def run(self, text: str, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        """Run something of the learner's; what it raises becomes a verdict in their own terms."""
        try:
            result = returned.as_jax_arrays(bound.block_until_ready(function(*arguments, **keywords)))
            returned.holds_no_dead_tracer(text, result, self.session.learner)
            return result
        except Verdict:
            raise
        except TookTooLong as late:
            late.call = late.call or text
            raise
        except OSError as error:
            if faults.is_full_disk(error):  # who writes to a full disk is not wrong
                raise MachineFault(faults.explain(error)) from error
            raise verdict_on(error, text, self.name, self.session) from error
        except BaseException as error:
            raise verdict_on(error, text, self.name, self.session) from error

    # ---- transforming

    def jit(self, **options: Any) -> Handle:
        """jit of the function; the same options give the same handle, so nothing is compiled twice."""
        options = {name: option for name, option in options.items() if option != ()}  # nothing static
        key = f"jit{sorted(options.items())}"
        if key not in self._transformed:
            shown = f"jit({self.shown})"
            handle = Handle(
                self.session,
                self.name,
                shown,
                self.function,
                raw=self.raw,
                jit_options=options,
                transform=self.transform,
                code=self.code and f"jax.jit({self.code}{_written(options)})",
            )

            @functools.wraps(self.function)
            def counted(*arguments: Any, **keywords: Any) -> Any:
                handle.traces += 1  # Python runs once a trace
                return self.function(*arguments, **keywords)

            handle.function = bound.jit(counted, **options)
            handle.shown_without_jit = self.shown
            self._transformed[key] = handle
        return self._transformed[key]

    def vmap(self, in_axes: Any = 0, out_axes: Any = 0, **options: Any) -> Handle:
        """vmap of the function."""
        return self._transform("vmap", jax.vmap, in_axes=in_axes, out_axes=out_axes, **options)

    def grad(self, argnums: int | Sequence[int] = 0, **options: Any) -> Handle:
        """grad of the function."""
        return self._transform("grad", jax.grad, argnums=argnums, **options)

    def _transform(self, name: str, transformation: Callable[..., Any], **options: Any) -> Handle:
        key = f"{name}{sorted(options.items())}"
        if key not in self._transformed:
            before = self.transform
            transform = None if before is None else lambda plain: transformation(before(plain), **options)
            function = transformation(self.function, **options)
            told = _written({option: value for option, value in options.items() if value != 0})
            self._transformed[key] = Handle(
                self.session,
                self.name,
                f"{name}({self.shown}{told})",
                function,
                raw=function,
                transform=transform,
                code=self.code and f"jax.{name}({self.code}{told})",
            )
        return self._transformed[key]

    def derive(self, shown: str, function: Callable[..., Any]) -> Handle:
        """A handle of code of a check's that uses what the learner wrote; `shown` names it in messages.

        It takes named arguments. Its calls are not set beside the reference.
        """
        taking = taking_names(function)
        return Handle(self.session, self.name, shown, taking, raw=taking)

    # ---- looking inside

    def program(self, *arguments: Any, **keywords: Any) -> programs.Program:
        """The operations that a jit handle compiles for these arguments. Traces, does not compile."""
        text = wording.call(self.shown, arguments, keywords)
        traced = self.run(text, lambda: self.function.trace(*arguments, **keywords))  # type: ignore[attr-defined]
        return programs.Program(text, traced.jaxpr)

    def traced_leaves(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> list[Any]:
        """The leaves of the arguments that a jit handle traces, in the order of its program: what is static left out."""
        numbers = self._jit_options.get("static_argnums", ())
        names = self._jit_options.get("static_argnames", ())
        static = {numbers} if isinstance(numbers, int) else set(numbers)
        static |= {names} if isinstance(names, str) else set(names)
        parameters = [*inspect.signature(self.untransformed).parameters, *range(len(arguments))]
        given = [
            one
            for number, (name, one) in enumerate(zip(parameters, arguments, strict=False))
            if not {number, name} & static
        ]
        named = {name: one for name, one in keywords.items() if not {name, parameters.index(name)} & static}
        return jax.tree.leaves((given, named))

    def trace_afresh(
        self, text: str, *arguments: Any, traces: list[weakref.ref[Any]] | None = None, **keywords: Any
    ) -> None:
        """Trace the function of a jit handle once more, whatever was traced before; counted nowhere.

        `traces` collects references to the trace, by which one can tell whether something of it is left.
        """
        traced = self.run(text, lambda: self._jitted_afresh(traces).trace(*arguments, **keywords))
        closed = traced.jaxpr
        from_outside = closed.consts or len(closed.jaxpr.invars) > len(jax.tree.leaves(traced.in_avals))
        if from_outside and not self.donates:
            # What was kept from an earlier trace is no array; JAX notices that when it is handed over.
            self.run_afresh(text, *arguments, **keywords)

    def run_afresh(self, text: str, *arguments: Any, **keywords: Any) -> None:
        """Trace, compile and run the function of a jit handle once more; counted nowhere."""
        self.run(text, self._jitted_afresh(), *arguments, **keywords)

    def _jitted_afresh(self, traces: list[weakref.ref[Any]] | None = None) -> Any:
        untransformed = self.untransformed

        def fresh(*positional: Any, **named: Any) -> Any:  # a new function: JAX knows traces by identity
            if traces is not None:
                leaves = jax.tree.leaves((positional, named))
                traces.extend(weakref.ref(leaf._trace) for leaf in leaves if hasattr(leaf, "_trace"))
            return untransformed(*positional, **named)

        functools.update_wrapper(fresh, untransformed)
        return bound.jit(fresh, **self._jit_options)

    def compiled(self, *arguments: Any, **keywords: Any) -> Any:
        """The compiled program of a jit handle (`jax.stages.Compiled`): memory_analysis(), as_text() and more."""
        text = wording.call(self.shown, arguments, keywords)
        return self.run(text, lambda: self.function.lower(*arguments, **keywords).compile())  # type: ignore[attr-defined]


def _written(options: dict[str, Any]) -> str:
    """Options of a transformation, as they are typed after the function: `, argnums=1`."""
    return "".join(f", {name}={wording.argument(value)}" for name, value in options.items())


def compiled_if_possible(handle: Handle, *arguments: Any, static: str | tuple[str, ...] = ()) -> Called:
    """Call a handle under jit, which costs less than compiling each of its operations alone.

    For checks of correctness. Whether a function compiles is a question for later: one that does not is called as
    it is. Raises RaisedError when that fails, too.
    """
    try:
        return handle.jit(static_argnames=static)(*arguments)
    except RaisedError:
        return handle(*arguments)


def refuses(handle: Handle, text: str, *arguments: Any) -> None:
    """The call, told as `text`, raises ValueError. Raises WrongAnswer when it goes through, or raises something else."""

    def attempt() -> str:
        try:
            handle.function(*arguments)
        except (ValueError, TypeError, LookupError, AttributeError, AssertionError) as error:
            return "ValueError" if isinstance(error, ValueError) else type(error).__name__
        return ""

    called = handle.using(text, attempt)
    called.require(
        called.value == "ValueError",
        "must be refused",
        expected="ValueError",
        got=called.value or "a result, as if all were well",
        hint="Refuse it with ValueError: raise ValueError(...)." if called.value else None,
        kind=Kind.NOT_REFUSED,
    )
