"""Other honest ways to write primitive_counts; each must pass every check."""

from collections import Counter, defaultdict

import jax

# primitive_counts


def primitive_counts__a_worklist(function, *args):
    """Keeps a list of what is still to visit."""
    counts, waiting = {}, [jax.make_jaxpr(function)(*args).jaxpr]
    while waiting:
        for equation in waiting.pop().eqns:
            name = str(equation.primitive)
            counts[name] = counts.get(name, 0) + 1
            for value in equation.params.values():
                for inner in value if isinstance(value, (tuple, list)) else [value]:
                    if isinstance(inner, jax.extend.core.ClosedJaxpr):
                        inner = inner.jaxpr
                    if isinstance(inner, jax.extend.core.Jaxpr):
                        waiting.append(inner)
    return counts


def primitive_counts__adds_counters(function, *args):
    """Each program gives its own counts; the sums are a Counter."""

    def count(jaxpr):
        total = Counter(equation.primitive.name for equation in jaxpr.eqns)
        for equation in jaxpr.eqns:
            for value in equation.params.values():
                inner = value if isinstance(value, tuple) else (value,)
                for one in inner:
                    if hasattr(one, "eqns"):
                        total += count(one)
        return total

    return count(jax.jit(function).trace(*args).jaxpr)


def primitive_counts__generator(function, *args):
    """Walks over all equations with a generator."""

    def walk(jaxpr):
        for equation in jaxpr.eqns:
            yield equation.primitive.name
            for leaf in jax.tree.leaves(equation.params):
                yield from walk(leaf) if hasattr(leaf, "eqns") else ()

    counts = defaultdict(int)
    for name in walk(jax.make_jaxpr(lambda *arguments: function(*arguments))(*args)):
        counts[name] += 1
    return counts
