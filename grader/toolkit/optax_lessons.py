"""What errors about optimisers teach: their states, their updates, where one is expected."""

from __future__ import annotations

from grader.toolkit.lesson import Lesson

# From the special to the general: the first that fits is told.
OPTAX_LESSONS = (
    Lesson(
        "TypeError",
        r"missing \d+ required positional arguments?: .*'state'",
        "An optimiser's update takes the gradients, its state, and, for some optimisers, the parameters.",
        "updates, state = optimizer.update(gradients, state, params): the state comes from optimizer.init(params), and goes on.",
        line=r"\.update\(",
    ),
    Lesson(
        "TypeError",
        r"unsupported operand type\(s\) for \S+: .*'dict'",
        "Python has no arithmetic for a dict of arrays.",
        "jax.tree.map(lambda p, u: p + u, params, updates) goes leaf by leaf; for an optimiser's updates "
        "optax.apply_updates(params, updates) does it.",
    ),
    Lesson(
        "AttributeError",
        r"'(dict|str|function|list|tuple)' object has no attribute 'init'",
        "optax asked something for its init that is no optimiser.",
        "optax.partition takes the optimisers first, in a dict by label, and the labels after them: partition({'a': "
        "optimizer}, labels). optax.chain takes optimisers.",
    ),
)
