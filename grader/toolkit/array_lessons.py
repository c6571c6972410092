"""What errors about arrays teach: their shapes, what may pass as one, what is static, buffers and memory."""

from __future__ import annotations

from grader.toolkit.lesson import Lesson

# From the special to the general: the first that fits is told.
ARRAY_LESSONS = (
    Lesson(
        "ValueError",
        r"[Nn]on-hashable static arg|unhashable",
        "A static argument is looked up in the table of compiled programs, so it must be hashable, and this one is not.",
        "Pass a tuple instead of a list, or make an array an ordinary (traced) argument.",
    ),
    Lesson(
        "TypeError",
        r"unhashable type",
        "Something that is looked up in a table (a static argument, a dict key) must be hashable.",
        "Pass a tuple instead of a list; arrays are not hashable: pass them as ordinary arguments.",
    ),
    Lesson(
        "TypeError",
        r"Shapes must be 1D sequences(?s:.*)became a tracer due to JAX operations",
        "A shape was computed through jnp. While JAX traces, jnp makes a tracer of a plain number, too, and shapes must be "
        "known now.",
        "Sizes belong to Python: x.shape[0], sizes[i], n // 2, and no jnp.array of them. What decides a shape must be static.",
    ),
    Lesson(
        "TypeError",
        r"Shapes must be 1D sequences.*Trace|shape.*(traced|Tracer|concrete)|got.*Traced<",
        "A shape was computed from a traced value. JAX compiles for fixed shapes.",
        "Take sizes from x.shape, or mark the argument that decides the shape static.",
    ),
    Lesson(
        "TypeError",
        r"dot_general requires contracting dimensions",
        "A product sums over the last axis of the left side and the last but one of the right (its only one, for a vector), "
        "and these have two sizes.",
        "Which axes belong together? x.T turns a matrix, x @ w.T and w @ x differ; jnp.einsum names the axes.",
    ),
    Lesson(
        "TypeError",
        r"incompatible (shapes|types) for broadcasting|got incompatible shapes",
        "Two shapes do not broadcast. They are compared from the last axis; each pair must be equal or hold a 1.",
        "Print x.shape while you build it; insert an axis with x[:, None] or keepdims=True.",
    ),
    Lesson(
        "ValueError",
        r"Incompatible (shapes|types) for broadcasting|[Ii]ncompatible shapes|could not be broadcast together",
        "Two shapes do not broadcast. They are compared from the last axis; each pair must be equal or hold a 1.",
        "Print x.shape while you build it; insert an axis with x[:, None] or keepdims=True.",
    ),
    Lesson(
        "TypeError",
        r"is not a valid JAX (array )?type|Error interpreting argument|Cannot interpret value of type",
        "Only arrays, and trees of arrays, pass through a JAX transformation.",
        "A function, a string or an optimiser: name it in static_argnames of jit, or close over it. A list of numbers: "
        "jnp.asarray makes an array of it.",
    ),
    Lesson(
        "RuntimeError",
        r"Array has been deleted|donated",
        "This array's buffer was given away (donated) and is gone.",
        "Go on with the result of the call; the donated argument cannot be used again.",
    ),
    Lesson(
        "ValueError",
        r"Buffer has been deleted or donated",
        "This array's buffer was given away (donated) and is gone.",
        "Go on with the result of the call; the donated argument cannot be used again.",
    ),
    Lesson(
        "JaxRuntimeError",
        r"RESOURCE_EXHAUSTED|[Oo]ut of memory",
        "An array was asked for that is larger than the memory of this machine.",
        "Look for a size that follows a number which is no size: a step, an index, a value.",
    ),
    Lesson(
        "TypeError",
        r"'ShapeDtypeStruct' object is not subscriptable",
        "jax.eval_shape gives what a result would be without its numbers: a shape and a dtype.",
        "Take .shape, or .size, of what it gives.",
    ),
)
