"""What Flax's own errors teach. They say what to do more surely than any check: its hint does not take their place."""

from __future__ import annotations

from grader.toolkit.lesson import Lesson

FLAX_LESSONS = (
    Lesson(
        "SetAttributeFrozenModuleError",
        "",
        "A Linen module is frozen while one of its methods runs: `self.name = ...` is for setup() alone.",
        'Keep it under a plain local name: w = self.param("w", ...). Or make it in setup().',
        sure=True,
    ),
    Lesson(
        "ValueError",
        r"in `setup\(\)` or in a method wrapped in `@compact`",
        "Linen makes parameters in setup(), or in the one method that is marked as compact.",
        "Write @nn.compact above the method that calls self.param.",
        sure=True,
    ),
    Lesson(
        "AssignSubModuleError",
        "",
        "Linen makes layers in setup(), or in the one method that is marked as compact.",
        "Write @nn.compact above the method that makes layers.",
        sure=True,
    ),
    Lesson(
        "TypeError",
        r"object is not callable",
        "self.param wants a function that makes the first value, and calls it with a key and the shape.",
        'self.param("w", nn.initializers.zeros, shape): name, initializer, shape.',
        line=r"self\.param\(",
        sure=True,
    ),
    Lesson(
        "ValueError",
        r"Can't compute input and output sizes of a 1-dimensional weights tensor",
        "This initializer sets the deviation by counting inputs and outputs, one axis each: a vector has a single axis.",
        "For a vector: nn.initializers.normal(deviation), or nn.initializers.zeros.",
        sure=True,
    ),
    Lesson(
        "KeyError",
        r"^'step'$",
        "TrainState.create sets the step itself, to a Python 0, and takes no other.",
        "Set it afterwards: state.replace(step=jnp.zeros((), jnp.int32)).",
        sure=True,
    ),
    Lesson(
        "TypeError",
        r"missing 1 required positional argument: 'train'",
        "This model is told in which mode it runs whenever it is called, by init, too.",
        "model.init(key, sample, train=False): then it asks for no key for dropout.",
        sure=True,
    ),
    Lesson(
        "ValueError",
        r"pytree structure error",
        "The gradients have another structure than state.params, which they are to change.",
        "Differentiate by the parameters alone, jax.value_and_grad(loss_of, has_aux=True)(state.params), and let loss_of "
        "close over the batch statistics.",
        line=r"apply_gradients\(",
        sure=True,
    ),
    Lesson(
        "TypeError",
        "",
        "jax.grad takes trees of float arrays. An NNX module holds more than that: counters and keys.",
        "nnx.value_and_grad(loss_of)(self) differentiates by the model's parameters.",
        line=r"jax\.(value_and_)?grad\(.*\)\(self\b",
        sure=True,
    ),
    Lesson(
        "TypeError",
        r"requires at least 1 positional argument",
        "What it differentiates by comes in as the first argument of the loss.",
        "def loss_of(model): ..., and then nnx.value_and_grad(loss_of)(self).",
        line=r"nnx\.(value_and_)?grad\(",
        sure=True,
    ),
    Lesson(
        "TraceContextError",
        "",
        "A module from outside was changed inside of a transformed function: NNX tracks only those that come in as arguments.",
        "In loss_of(model) call model(...), not self(...).",
        sure=True,
    ),
)
