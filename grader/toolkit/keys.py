"""Whether each random key is used once: JAX's own checker, and a run that notes each key where the checker cannot tell."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.random import define_prng_impl

from grader.findings import Finding, Kind
from grader.toolkit import wording
from grader.toolkit.handles import Handle
from grader.toolkit.programs import Program, equations
from grader.toolkit.verdicts import RaisedError, WrongAnswer


def uses_each_key_once(handle: Handle, *arguments: Any, runs: bool = False, **keywords: Any) -> None:
    """No key is consumed twice, by JAX's own checker, which sees typed keys only. Raises RaisedError or WrongAnswer.

    A jit handle is traced under the checker, which takes milliseconds. When that finds something, or the
    handle is not jitted, the function runs eagerly: slower, but it stops at the learner's own line.

    The checker cannot follow a traced index: to it `keys[k]` in the body of a loop is all of `keys`, round after
    round. Where keys are picked in that way, what it finds counts only if a run that notes each key finds it, too. Such a
    run also judges what the checker itself stumbles over. With `runs=True` it comes after the checker in any case: from
    one round of a loop to the next the checker does not see everything.
    """
    text = wording.call(handle.shown, arguments, keywords)
    try:
        _checked_by_jax(handle, text, *arguments, **keywords)
    except RaisedError as error:
        reuse = error.finding.kind is Kind.KEY_REUSE
        if not reuse:  # is it the learner's error, or the checker's?
            if handle.is_jitted:
                handle.trace_afresh(text, *arguments, **keywords)
            else:
                handle.run(text, handle.function, *arguments, **keywords)
        elif not _picks_keys(_jitted(handle, keywords).program(*arguments, **keywords)):
            raise
        times = _uses_when_run(handle, *arguments, **keywords)
        if reuse and (not times or max(map(len, times.values())) > 1):
            raise
    else:
        if not runs:
            return
        times = _uses_when_run(handle, *arguments, **keywords)
    often = max(times.values(), key=len, default=[])
    if len(often) > 1:
        both = len(set(often)) > 1
        came = "drawn from and split" if both else f"{often[0]} {len(often)} times"
        finding = Finding(
            "uses a random key twice",
            Kind.KEY_REUSE,
            text,
            expected="each key drawn from once, or split once",
            got=f"a key that is {came}",
        )
        hint = (
            "After key, subkey = jax.random.split(key) the draw gets subkey, and key goes on: into the carry, and nowhere"
            " else."
        )
        raise WrongAnswer(finding, hint=hint if both else None)


def _checked_by_jax(handle: Handle, text: str, *arguments: Any, **keywords: Any) -> None:
    with jax.debug_key_reuse(True):
        if handle.is_jitted:
            try:
                handle.trace_afresh(text, *arguments, **keywords)
            except RaisedError as error:
                found = error
            else:
                return
        # Fresh copies of the keys: the checker marks them as consumed.
        fresh = _each_key(jax.random.clone, arguments)
        handle.run(wording.call(handle.name, arguments, keywords), handle.untransformed, *fresh, **keywords)
        if handle.is_jitted:
            raise found


def _each_key(function: Callable[[Any], Any], tree: Any) -> Any:
    return jax.tree.map(lambda leaf: function(leaf) if wording.is_key(leaf) else leaf, tree)


def _jitted(handle: Handle, keywords: dict[str, Any]) -> Handle:
    return handle if handle.is_jitted else handle.jit(static_argnames=tuple(keywords))


def _picks_keys(program: Program) -> bool:
    """Whether a program picks keys by a traced index."""
    picks = (e for e in equations(program.jaxpr.jaxpr) if e.primitive.name in {"dynamic_slice", "gather"})
    return any(jnp.issubdtype(e.invars[0].aval.dtype, jax.dtypes.prng_key) for e in picks)


def _uses_when_run(handle: Handle, *arguments: Any, **keywords: Any) -> dict[bytes, list[str]]:
    """What a run of a function does with each key: `drawn from` or `split`, once or more.

    Empty where a run cannot tell: for keys that are cloned on purpose, and for draws that are repeated to save memory.
    """
    jitted = _jitted(handle, keywords)
    program = jitted.program(*arguments, **keywords)
    names = {e.primitive.name for e in equations(program.jaxpr.jaxpr)}
    if names & {"random_clone", "checkpoint", "remat", "remat2"}:
        return {}
    noted = _each_key(lambda key: jax.random.wrap_key_data(jax.random.key_data(key), impl=_NOTING), arguments)
    jax.effects_barrier()
    _uses.clear()
    jitted.run_afresh(program.call, *noted, **keywords)
    jax.effects_barrier()
    times: dict[bytes, list[str]] = {}
    for key, use in _uses:
        times.setdefault(key, []).append(use)
    return times


_uses: list[tuple[bytes, str]] = []  # one entry for each key that a run draws from or splits


def _note(data: jax.Array, use: str) -> None:
    """Have it noted, when the program runs, that a key is used."""
    jax.debug.callback(lambda data: _uses.append((np.asarray(data).tobytes(), use)), data)


def _mixed(data: jax.Array, number: Any) -> jax.Array:
    """Another key's data, from a key's and a number: quick to compile, and as good as random for judging keys."""
    word = data + jnp.asarray(number, jnp.uint32) * jnp.uint32(0x9E3779B9)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 0x27D4EB2F)):
        word = (word ^ (word >> shift)) * jnp.uint32(factor) + word[::-1]
    mixed: jax.Array = word ^ (word >> 15)
    return mixed


def _many(data: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """Data for many keys, of shape (*shape, 2)."""
    numbers = jnp.arange(1, math.prod(shape) + 1, dtype=jnp.uint32)
    many: jax.Array = jax.vmap(_mixed, in_axes=(None, 0))(data, numbers)
    return many.reshape(*shape, 2)


def _noted_bits(data: jax.Array, bit_width: int, shape: tuple[int, ...]) -> jax.Array:
    _note(data, "drawn from")
    words = _many(data + jnp.uint32(1), shape)[..., 0]
    return words.astype(f"uint{bit_width}")


def _noted_split(data: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    _note(data, "split")
    return _many(data, shape)


def _folded(data: jax.Array, number: Any) -> jax.Array:
    """Not noted: JAX lets one key be folded with many numbers."""
    return _mixed(data + jnp.uint32(2), number)


def _seeded(seed: jax.Array) -> jax.Array:
    return _mixed(jnp.zeros(2, jnp.uint32), seed)


_NOTING = define_prng_impl(
    key_shape=(2,),
    seed=_seeded,
    split=_noted_split,
    random_bits=_noted_bits,
    fold_in=_folded,
    name="noting",
    tag="n",
)
