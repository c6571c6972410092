"""What each kind of error teaches: a table from what JAX raises to its cause and the next step."""

from __future__ import annotations

from dataclasses import dataclass

from grader.findings import Kind


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one kind of error teaches. `pattern` is searched in the error's own text, `line` in the learner's own line.

    `sure` when it says more than the hint of any check could.
    """

    error: str
    pattern: str
    cause: str
    hint: str
    line: str = ""
    sure: bool = False
    kind: Kind = Kind.RAISED


# From the special to the general: the first that fits is told.
LESSONS = (
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
        "TypeError",
        r"takes 0 positional arguments but \d+ (was|were) given",
        "The branches of lax.cond and lax.switch get what is handed in after them.",
        "Give each branch that parameter, lambda x: ..., also if it does not use it.",
        line=r"\b(switch|cond)\(",
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
        "TypeError",
        r"missing \d+ required positional arguments?: .*'state'",
        "An optimiser's update takes the gradients, its state, and, for some optimisers, the parameters.",
        "updates, state = optimizer.update(gradients, state, params): the state comes from optimizer.init(params), and goes on.",
        line=r"\.update\(",
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
        "nondiff_argnums",
        "nondiff_argnums is for what is no array: functions, strings, plain Python numbers. Here one of these arguments "
        "is traced.",
        "Make it an ordinary argument: forwards hands it on, and backwards returns None as its gradient.",
    ),
    Lesson(
        "UnexpectedTracerError",
        r"in a function with a custom rule$",
        "The rule of a custom_vjp or custom_jvp runs later, in a trace of its own. It closed over a traced value, which is "
        "out of date by then.",
        "Make it an ordinary argument of the function that has the rule. Forwards hands it on among the residuals, and "
        "backwards returns None as its gradient.",
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
        r"iteration over a 0-d array",
        "A single number was to be taken apart into several values.",
        "Is this the body of a loop? fori_loop calls body(number, carry), scan calls body(carry, x), while_loop calls "
        "body(carry).",
        line=r"^\(?\*?\w+,.* = \w+$",
    ),
    Lesson(
        "TypeError",
        r"unsupported operand type\(s\) for \S+: .*'dict'",
        "Python has no arithmetic for a dict of arrays.",
        "jax.tree.map(lambda p, u: p + u, params, updates) goes leaf by leaf; for an optimiser's updates "
        "optax.apply_updates(params, updates) does it.",
    ),
    Lesson(
        "ValueError",
        r"[Rr]everse-mode differentiation does not work for lax\.while_loop|while_loop.*reverse|fori_loop.*dynamic",
        "Going backwards needs every step's values, and a while_loop does not know how many steps there will be.",
        "Use lax.scan, or lax.fori_loop with bounds that are Python integers.",
    ),
    Lesson(
        "TypeError",
        r"scan body function carry input.*same pytree structure",
        "A loop's carry came out of the step in another structure than it went in.",
        "A step of scan returns a pair, (next carry, output), in this order: are they swapped? The next carry has the "
        "structure of the first one.",
        line=r"\bscan\(",
    ),
    Lesson(
        "TypeError",
        r"scan body function carry input(?s:.*)shapes do not match",
        "A loop's carry came out of the step in another shape than it went in.",
        "Make both alike. A step of scan returns (next carry, output), in this order: swapped, the output takes the place "
        "of the carry.",
        line=r"\bscan\(",
    ),
    Lesson(
        "TypeError",
        r"scan body output must be a pair",
        "A step of scan returns a pair: the next carry, and an output to be stacked.",
        "return carry, output. With nothing to stack, return carry, None; several values travel as one tuple.",
    ),
    Lesson(
        "ValueError",
        r"no leading axis to scan over",
        "The third argument of scan is xs, the inputs: it walks over their first axis, and a plain number has none.",
        "For a number of rounds without inputs write length=: lax.scan(step, carry, length=n).",
    ),
    Lesson(
        "ValueError",
        r"scan got values with different leading axis sizes",
        "scan takes one row a step from each of its inputs, so their first axes must have one size.",
        "Print their shapes. What is the same in every step is no input: the step may simply use it.",
    ),
    Lesson(
        "TypeError",
        r"positional argument",
        "scan calls its step with two arguments: the carry, and one row of the inputs.",
        "def step(carry, x): ... return carry, output. Several values travel as one tuple: take it apart within. Without "
        "inputs, x is None.",
        line=r"\bscan\((?!.*_loop\()",
    ),
    Lesson(
        "TypeError",
        r"positional argument",
        "while_loop calls its test and its step with one argument: the whole state.",
        "The test and the step get the state as one tuple: def step(state): n, count = state; and it returns one, too.",
        line=r"\bwhile_loop\(",
    ),
    Lesson(
        "TypeError",
        r"positional argument",
        "fori_loop calls its body with two arguments: the number of the round, and the whole state.",
        "def body(k, state): ... return state. Several values travel as one tuple: take it apart within.",
        line=r"\bfori_loop\(",
    ),
    Lesson(
        "TypeError",
        r"Pred must be a scalar",
        "lax.cond decides once, for a whole branch, and this is an array of decisions.",
        "jnp.where(condition, a, b) decides for each element.",
    ),
    Lesson(
        "TypeError",
        r"cond_fun must return a boolean scalar",
        "The test of a while_loop says whether to go on: a single True or False.",
        "Compare numbers, as in state[0] != 1; of a whole array take jnp.any(...) or jnp.all(...).",
    ),
    Lesson(
        "TypeError",
        r"should be callable|should be a sequence of callables",
        "cond and switch take functions, so that only the chosen one runs. These are no functions, but perhaps "
        "results, computed before the choice.",
        "Hand over functions, not their results: jnp.tanh, or lambda: jnp.tanh(x), instead of jnp.tanh(x).",
    ),
    Lesson(
        "TypeError",
        r"carry (input|output)|body_fun output and input|[Cc]arry.*(must have|types? )",
        "A loop's carry came out of the body in another dtype, shape or container than it went in.",
        "Make both alike: convert in the body, .astype(x.dtype), or start with the final dtype; return the same structure.",
    ),
    Lesson(
        "TypeError",
        r"(true_fun|branches?|cond).*(output|must have)",
        "The branches of a cond or switch returned different shapes, dtypes or structures.",
        "Give all branches the same structure; astype or broadcast where they differ.",
    ),
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
        r"Custom JVP rule .*must produce a pair",
        "The rule of a custom_jvp returns a pair: the value, and its tangent.",
        "Return both, with a comma: return value, slope * tangent.",
    ),
    Lesson(
        "TypeError",
        r"Custom VJP fwd rule .*must produce a pair",
        "The first function of a custom_vjp returns a pair: the result, and what backwards will need of the way there.",
        "Return both, with a comma: return out, residuals. Where backwards needs nothing: return out, None.",
    ),
    Lesson(
        "TypeError",
        r"Custom VJP bwd rule must produce",
        "The second function of a custom_vjp returns a tuple with one gradient for each argument of the function that has "
        "the rule.",
        "For a single argument mind the comma: return (gradient,). None stands for a gradient of zero.",
    ),
    Lesson(
        "AttributeError",
        r"No (JVP|VJP) defined for custom_",
        "The function is marked as one with a rule of its own, and nobody has said the rule.",
        "For custom_jvp write @f.defjvp above the rule; for custom_vjp call f.defvjp(forwards, backwards). Then use f.",
    ),
    Lesson(
        "AttributeError",
        r"'(dict|str|function|list|tuple)' object has no attribute 'init'",
        "optax asked something for its init that is no optimiser.",
        "optax.partition takes the optimisers first, in a dict by label, and the labels after them: partition({'a': "
        "optimizer}, labels). optax.chain takes optimisers.",
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
        r"grad requires real- or complex-valued|expects (real|float).*inputs|input dtype that is a sub-dtype of np\.inexact",
        "grad differentiates with respect to floating-point inputs; this one is of an integer or boolean dtype.",
        "Convert with x.astype(jnp.float32), or choose the arguments with argnums.",
    ),
    Lesson(
        "TypeError",
        r"Gradient only defined for scalar-output functions\. Output was \(",
        "grad differentiates a function with a single number as its result; this one returned a tuple.",
        "To carry more than the loss: return loss, extra and say has_aux=True. The loss comes first.",
    ),
    Lesson(
        "TypeError",
        r"Gradient only defined for scalar-output functions",
        "grad differentiates a function with a single number as its result; this one returned an array.",
        "Reduce to a scalar (mean or sum), or use jax.jacobian or vmap(grad(...)). With has_aux=True the loss comes first.",
    ),
    Lesson(
        "ValueError",
        r"vmap got inconsistent sizes(?s:.*)kwargs\[",
        "in_axes is about arguments by place. What goes to a mapped function by name is always mapped along its first axis.",
        "Hand it over by its place, with an entry in in_axes (None shares it); or close over it.",
    ),
    Lesson(
        "ValueError",
        r"along axis 0(?s:.*)kwargs\[|kwargs\[(?s:.*)along axis 0",
        "in_axes is about arguments by place. What goes to a mapped function by name is always mapped along its first axis, "
        "and this one has none.",
        "Hand it over by its place, with None in in_axes; or close over it.",
    ),
    Lesson(
        "ValueError",
        r"got len\(in_axes\)=\d+, len\(args\)=\d+",
        "in_axes has one entry for each argument that is handed over by its place, and here the numbers differ. What goes to "
        "a mapped function by name has no entry: it is always mapped along its first axis.",
        "Hand all of them over by their places, with None in in_axes for what is shared.",
    ),
    Lesson(
        "TypeError",
        r"reduce\(\) of empty (iterable|sequence)",
        "There was nothing to put together: a tree may be without leaves, a list without entries.",
        "Say what comes of nothing: jax.tree.reduce(function, tree, 0.0), or functools.reduce(function, values, 0.0).",
    ),
    Lesson(
        "ValueError",
        r"vmap got inconsistent sizes",
        "vmap maps all its arguments in step, so the mapped axes must have one size.",
        "Give in_axes=None to what is shared, the right axis to the others; once an outer vmap has taken an axis, the inner "
        "one counts without it.",
    ),
    Lesson(
        "ValueError",
        r"vmap was requested to map its argument along axis",
        "vmap was to map an argument along an axis that it does not have: a scalar has none.",
        "Give in_axes=None to what is shared; for a tree, in_axes may be a tree of axes.",
    ),
    Lesson(
        "TypeError",
        r"vmap in_axes must be",
        "in_axes is a whole number, None, or a tuple with one entry an argument.",
        "Put a dict of axes into a tuple: in_axes=({...},), with the comma.",
    ),
    Lesson(
        "NameError",
        r"unbound axis name",
        "A collective (pmean, psum, ...) goes by the name of a mapped axis, and no map around it has given that name.",
        "Use the name that the map gives: vmap(..., axis_name=...), pmap(..., axis_name=...), an axis of shard_map's mesh.",
    ),
    Lesson(
        "ValueError",
        r"out_specs which require replication",
        "out_specs promise that a result is the same on every device, and shard_map cannot see that it is: each device has "
        "computed it from data of its own.",
        "lax.psum or lax.pmean over the axis makes it the same everywhere. check_vma=False would only silence the question.",
    ),
    Lesson(
        "ValueError",
        r"_internal_pmap_axis_name",
        "pmap cuts every argument along its first axis, a slice for each device. One of the arguments has no such axis, or "
        "one of another length.",
        "in_axes=(0, None) gives the second argument to every device whole. What is cut needs a first axis of "
        "jax.device_count().",
    ),
    Lesson(
        "ValueError",
        r"implies that array axis \d+ is partitioned|is incompatible with its sharding annotation",
        "A sharding splits an axis in equal parts. One of these arrays has no such axis, or one that the devices do not "
        "divide.",
        "What is whole on each device, as params are, has the spec P(). What is split needs an axis that the number of "
        "devices divides.",
    ),
    Lesson(
        "ValueError",
        r"Received incompatible devices",
        "Arrays that lie on different devices met in one operation.",
        "jnp.stack and the like want their arrays in one place. Stack first, then spread the result: jax.device_put(stacked, "
        "NamedSharding(mesh, P(...))).",
    ),
    Lesson(
        "ValueError",
        r"can only refer to Auto axes|does not match the specs of the input",
        "The axes of this mesh are Explicit, as jax.make_mesh makes them unasked: arrays then carry their sharding in "
        "their type, and this one carries another.",
        "Leave shardings to the compiler: jax.make_mesh(..., axis_types=(AxisType.Auto,)), an entry for each axis.",
    ),
    Lesson(
        "ShardingTypeError",
        "",
        "The axes of this mesh are Explicit, as jax.make_mesh makes them unasked: arrays then carry their sharding in "
        "their type, and here it is not clear which one the result has.",
        "Leave shardings to the compiler: jax.make_mesh(..., axis_types=(AxisType.Auto,)), an entry for each axis.",
    ),
    Lesson(
        "ValueError",
        r"vmap in_axes|in_axes",
        "in_axes does not fit the arguments: it needs one entry an argument, shaped like the argument's tree.",
        "0 maps the first axis, None shares the argument.",
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
    Lesson(
        "RecursionError",
        "",
        "The function called itself until Python gave up.",
        "A lambda looks its names up when it is called: has one of them become the lambda itself? A recursion that stops "
        "at a traced value never stops: use lax.while_loop.",
    ),
)
