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


def primitive_counts__explicit_parts(function, *args):
    """Looks into open and closed jaxprs, tuples and lists, by their types."""
    from jax.extend import core

    def programs(value):
        if isinstance(value, core.ClosedJaxpr):
            yield value.jaxpr
        elif isinstance(value, core.Jaxpr):
            yield value
        elif isinstance(value, (tuple, list)):
            for item in value:
                yield from programs(item)

    counts = {}
    stack = list(programs(jax.make_jaxpr(function)(*args)))
    while stack:
        for equation in stack.pop(0).eqns:
            counts[equation.primitive.name] = counts.setdefault(equation.primitive.name, 0) + 1
            stack += [inner for value in equation.params.values() for inner in programs(value)]
    return counts


def primitive_counts__merges_dicts(function, *args):
    """Each program gives a dict; dicts are merged by adding."""

    def merged(one, other):
        return {name: one.get(name, 0) + other.get(name, 0) for name in one.keys() | other.keys()}

    def of(program):
        total = {}
        for equation in program.eqns:
            total = merged(total, {equation.primitive.name: 1})
            inside = jax.tree.leaves(list(equation.params.values()), is_leaf=lambda v: hasattr(v, "eqns"))
            for value in inside:
                if hasattr(value, "eqns"):
                    total = merged(total, of(value))
        return total

    return of(jax.jit(function).trace(*args).jaxpr.jaxpr)


def primitive_counts__abstract(function, *args):
    """Traces with a wrapper that closes over nothing, and counts with a Counter that is passed along."""

    def fill(counter, eqns):
        for equation in eqns:
            counter.update([equation.primitive.name])
            for leaf in jax.tree_util.tree_leaves(tuple(equation.params.values())):
                try:
                    fill(counter, leaf.eqns)
                except AttributeError:
                    continue
        return counter

    return dict(fill(Counter(), jax.make_jaxpr(function)(*args).eqns))
