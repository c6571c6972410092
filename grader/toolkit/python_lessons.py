"""What errors teach where Python's own ways do not go with arrays: branches, numbers, NumPy, writing in place, using again."""

from __future__ import annotations

from grader.findings import Kind
from grader.toolkit.lesson import Lesson

# From the special to the general: the first that fits is told.
PYTHON_LESSONS = (
    Lesson(
        "UnboundLocalError",
        "",
        "A function that assigns to a name has a name of its own by it, from its first line on: here it has no value yet.",
        "`nonlocal name` (or `global name`) as the function's first line means the outer one; a list or a dict can be "
        "changed without.",
        line=r"^\w+ *[-+*/]=",
        sure=True,
    ),
    Lesson(
        "TypeError",
        r"Shapes must be 1D sequences of concrete values of integer type, got .*\d\.\d",
        "A shape holds whole numbers, and one of these is a Python float: / and math.sqrt give floats.",
        "Divide with //, and take the root with math.isqrt(n).",
        sure=True,
    ),
    Lesson(
        "TypeError",
        r"Indexer must have integer or boolean type",
        "An index must be a whole number, and this one is a float that a walk gave: over an array a walk gives the numbers "
        "themselves, over a dict the keys.",
        "Is a dict expected where an array came? jax.tree.map goes through a tree of any containers. Places to index by: "
        "range(len(x)).",
        line=r"\[(\w+)\].*\bfor \1 in\b",
        sure=True,
    ),
    Lesson(
        "TypeError",
        r"Indexer must have integer or boolean type",
        "An index must be a whole number, and this one is a float: floor and round give floats.",
        "Convert it: index.astype(int). If it was a whole number once, take the conversion away that made it a float.",
        sure=True,
    ),
    Lesson(
        "TracerBoolConversionError",
        "",
        "A Python `while` needs True or False now, round by round. While JAX traces, an array is a tracer: it has a "
        "shape and a dtype, but no value yet.",
        "lax.while_loop(test, step, state) loops on the device: its test may look at traced values. The test and the step "
        "get the whole state as one tuple.",
        line=r"^while\b",
    ),
    Lesson(
        "TracerBoolConversionError",
        "",
        "Python's own min, max and sorted compare, and each comparison is a branch: it needs True or False now. While JAX "
        "traces, an array is a tracer: it has a shape and a dtype, but no value yet.",
        "jnp.minimum(a, b) and jnp.maximum(a, b) do it for arrays, jnp.clip(x, low, high) both at once; jnp.sort sorts.",
        line=r"(?<![\w.])(min|max|sorted)\(",
    ),
    Lesson(
        "ValueError",
        r"can only convert an array of size 1|[Oo]nly (scalar|length-1|0-dimensional) arrays can be converted",
        "item, int and float make one Python number, and this array holds several.",
        "Stay with arrays: drop the conversion. For one number reduce first, or take an element by its index.",
    ),
    Lesson(
        "TypeError",
        r"can only convert an array of size 1|[Oo]nly (scalar|length-1|0-dimensional) arrays can be converted",
        "item, int and float make one Python number, and this array holds several.",
        "Stay with arrays: drop the conversion. For one number reduce first, or take an element by its index.",
    ),
    Lesson(
        "ValueError",
        r"truth value of an array",
        "Python's own min, max and sorted compare, and need one True or False for it; this is a whole array of them.",
        "jnp.minimum(a, b) and jnp.maximum(a, b) go element by element, jnp.min(x) and jnp.max(x) over a whole array.",
        line=r"(?<![\w.])(min|max|sorted)\(",
    ),
    Lesson(
        "TracerBoolConversionError",
        "",
        "A Python branch (if, while, and, or, not, assert) needs True or False now. While JAX traces, an array is a "
        "tracer: it has a shape and a dtype, but no value yet.",
        "jnp.where(condition, a, b) computes both and picks; lax.cond runs one. If the value never changes, make it a "
        "static argument.",
    ),
    Lesson(
        "TracerIntegerConversionError",
        "",
        "Python needs a whole number now: range(n), a shape, a list index. While JAX traces, n is a tracer: it has a "
        "shape and a dtype, but no value yet.",
        "Shapes are static: take them from x.shape, or mark the argument static. To index by a traced number use a JAX "
        "array: x[i] instead of a_list[i]. lax.fori_loop takes traced bounds.",
    ),
    Lesson(
        "NonConcreteBooleanIndexError",
        "",
        "A mask in square brackets picks as many elements as it holds Trues, and the size of an array may not depend "
        "on its data when JAX compiles.",
        "Keep the shape: jnp.where(mask, x, neutral), then reduce; for writing use x.at[...].set(jnp.where(...)).",
    ),
    Lesson(
        "ConcretizationTypeError",
        r"(?i)size argument|jnp\.(nonzero|unique|where|argwhere|repeat|bincount)|length must be",
        "The size of this result depends on data, and JAX compiles for fixed shapes.",
        "Use three-argument jnp.where, or give size= (and fill_value=) so that the shape is known.",
    ),
    Lesson(
        "TracerArrayConversionError",
        "",
        "A NumPy array holds numbers, and while JAX traces there are none yet: no tracer can be written into it.",
        "Compute all entries in one expression, collect parts with jnp.stack, or begin with jnp.zeros and keep what "
        "out.at[i].set(part) returns.",
        line=r"^\w+\[[^=]*\] *[-+*/]?=(?!=)",
    ),
    Lesson(
        "TracerArrayConversionError",
        "",
        "NumPy asked a tracer for its numbers. While JAX traces there are none: NumPy cannot see tracers.",
        "Call the function of the same name in jax.numpy (jnp) instead of NumPy (np).",
    ),
    Lesson(
        "ConcretizationTypeError",
        r"fill_value argument",
        "fill_value is part of the compiled program, so it must be a plain number, not a traced one.",
        "Read in another mode and choose afterwards: jnp.where(inside, x, fill).",
    ),
    Lesson(
        "ConcretizationTypeError",
        "",
        "print runs in Python, once, while JAX traces; it cannot show a number that is not there yet.",
        'jax.debug.print("loss {}", value) prints whenever the program runs. Or return what you want to see.',
        line=r"\bprint\(",
    ),
    Lesson(
        "ConcretizationTypeError",
        "",
        "int and float want a number now, and what is drawn while JAX traces is a tracer, which has no value yet.",
        "A new key is made of a key, not of a number: jax.random.split(key, n), or jax.random.fold_in(key, i), which takes "
        "traced numbers, too.",
        line=r"\b(int|float)\(.*(random\.|randint)",
    ),
    Lesson(
        "ConcretizationTypeError",
        r"became a tracer due to JAX operations",
        "While JAX traces, jnp makes a tracer of a plain number, too, and a tracer has no value yet.",
        "What follows from shapes alone belongs to Python: len(x), n // 2, math.isqrt(n).",
        line=r"\b(int|round|range|math\.\w+)\(",
    ),
    Lesson(
        "ConcretizationTypeError",
        "",
        "The functions of math need a Python number now. While JAX traces, an array is a tracer, which has no value yet.",
        "jnp has functions of the same names, and they take tracers: jnp.sqrt(...). Plain numbers alone may go through math.",
        line=r"\bmath\.",
    ),
    Lesson(
        "ConcretizationTypeError",
        "",
        "Something needs the value now: float(x), int(x), x.item(), a shape or a static argument. While JAX traces "
        "there is no value yet.",
        "Stay with arrays: x.astype(...) instead of float(x). What decides a shape must be a static argument.",
    ),
    Lesson(
        "TypeError",
        r"JAX arrays are immutable|does not support item (assignment|deletion)",
        "JAX arrays never change in place.",
        "x = x.at[i].set(v) makes the changed array; keep the result.",
    ),
    Lesson(
        "ValueError",
        r"truth value of an array",
        "A Python branch (if, while, and, or, not) needs one True or False, and this is a whole array of them.",
        "jnp.where(condition, a, b) decides for each element. Join conditions with &, | and ~.",
    ),
    Lesson(
        "TypeError",
        r"non-tuple sequence for multidimensional indexing",
        "A list is no index in JAX.",
        "Make it an array: x[jnp.array([0, 2])]; for several axes write x[i, j].",
    ),
    Lesson(
        "IndexError",
        r"must be static|static start/stop/step",
        "A slice with traced ends has no fixed size, and JAX compiles for fixed shapes.",
        "Ends that follow from shapes alone belong to Python: jnp, jnp.cumsum too, makes tracers of them; a running sum in "
        "Python, or np.cumsum, does not. Else take as many places as you need, x[i + jnp.arange(n)], or "
        "lax.dynamic_slice_in_dim(x, i, n).",
    ),
    Lesson(
        "UnexpectedTracerError",
        "",
        "A tracer outlived the trace that made it: a value was stored outside the function (a global, an attribute, "
        "a list) while JAX traced, and was used later.",
        "Return every value that you need later; only what is returned leaves a traced function.",
        kind=Kind.LEAKED_TRACER,
    ),
    Lesson(
        "Exception",
        r"Leaked trace|Leaked (sub)?level",
        "A tracer was stored outside the function (a global, an attribute, a list) while JAX traced it.",
        "Return every value that you need later; only what is returned leaves a traced function.",
        kind=Kind.LEAKED_TRACER,
    ),
    Lesson(
        "KeyReuseError",
        "",
        "A random key was used twice. The same key gives the same numbers again, so draws that should be independent "
        "are equal.",
        "Use each key once. Draws that should differ need keys of their own: key, subkey = jax.random.split(key).",
        kind=Kind.KEY_REUSE,
    ),
    Lesson(
        "TypeError",
        r"does not accept dtypes?\b.*\bkey<",
        "A random key is no number, and there is no arithmetic with it.",
        "jax.random.fold_in(key, number) makes a new key from a key and a number.",
    ),
    Lesson(
        "TypeError",
        r"reduce\(\) of empty (iterable|sequence)",
        "There was nothing to put together: a tree may be without leaves, a list without entries.",
        "Say what comes of nothing: jax.tree.reduce(function, tree, 0.0), or functools.reduce(function, values, 0.0).",
    ),
    Lesson(
        "RecursionError",
        "",
        "The function called itself until Python gave up.",
        "A lambda looks its names up when it is called: has one of them become the lambda itself? A recursion that stops "
        "at a traced value never stops: use lax.while_loop.",
    ),
)
