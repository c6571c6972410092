"""What errors of grad and of derivative rules teach: their arguments, results and traces."""

from __future__ import annotations

from grader.toolkit.lesson import Lesson

# From the special to the general: the first that fits is told.
DERIVATIVE_LESSONS = (
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
        "ValueError",
        r"[Rr]everse-mode differentiation does not work for lax\.while_loop|while_loop.*reverse|fori_loop.*dynamic",
        "Going backwards needs every step's values, and a while_loop does not know how many steps there will be.",
        "Use lax.scan, or lax.fori_loop with bounds that are Python integers.",
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
)
