"""What errors of JAX's loops and branches teach: what their functions take and return."""

from __future__ import annotations

from grader.toolkit.lesson import Lesson

# From the special to the general: the first that fits is told.
CONTROL_FLOW_LESSONS = (
    Lesson(
        "TypeError",
        r"takes 0 positional arguments but \d+ (was|were) given",
        "The branches of lax.cond and lax.switch get what is handed in after them.",
        "Give each branch that parameter, lambda x: ..., also if it does not use it.",
        line=r"\b(switch|cond)\(",
        sure=True,
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
)
