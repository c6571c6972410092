"""Plausible mistakes in primitive_counts; each must be caught by the check named above it."""

import re
from collections import Counter

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by

# primitive_counts


@caught_by("correct", "by_hand")
def primitive_counts__a_set(function, *args):
    """Notes which primitives occur, not how often."""
    return {equation.primitive.name: 1 for equation in jax.make_jaxpr(function)(*args).eqns}


@caught_by("correct", "by_hand")
def primitive_counts__total(function, *args):
    """Counts equations, not primitives."""
    return len(jax.make_jaxpr(function)(*args).eqns)


@caught_by("correct", "by_hand")
def primitive_counts__after_optimization(function, *args):
    """Reads what XLA made of it."""
    text = jax.jit(function).lower(*args).compile().as_text()
    return dict(Counter(re.findall(r"= \S+ ([a-z-]+)\(", text)))


@caught_by("correct", "by_hand")
def primitive_counts__primitives_as_keys(function, *args):
    """Has primitives for keys, not their names."""
    return dict(Counter(equation.primitive for equation in jax.make_jaxpr(function)(*args).eqns))


@caught_by("correct", "looks_into_jit")
def primitive_counts__top_only(function, *args):
    """Does not look into the equations."""
    return dict(Counter(equation.primitive.name for equation in jax.make_jaxpr(function)(*args).eqns))


@caught_by("correct", "looks_into_jit")
def primitive_counts__reads_the_text(function, *args):
    """Reads the printed jaxpr, where a program that stands in two places is printed once."""
    text = str(jax.make_jaxpr(function)(*args))
    return dict(Counter(re.findall(r" = ([a-z_0-9]+)", text.replace("\n", " "))))


@caught_by("correct", "looks_into_jit")
def primitive_counts__leaves_only(function, *args):
    """Does not count an equation that holds a jaxpr."""
    counts = Counter()

    def visit(jaxpr):
        for equation in jaxpr.eqns:
            inner = [v for v in jax.tree.leaves(list(equation.params.values())) if hasattr(v, "eqns")]
            for one in inner:
                visit(one)
            if not inner:
                counts[equation.primitive.name] += 1

    visit(jax.make_jaxpr(function)(*args))
    return dict(counts)


@caught_by("correct", "looks_into_jit")
def primitive_counts__each_program_once(function, *args):
    """Visits a jaxpr that it has seen before no second time."""
    counts, seen = Counter(), set()

    def visit(jaxpr):
        if id(jaxpr) in seen:
            return
        seen.add(id(jaxpr))
        for equation in jaxpr.eqns:
            counts[equation.primitive.name] += 1
            for value in jax.tree.leaves(list(equation.params.values())):
                if hasattr(value, "eqns"):
                    visit(value)

    visit(jax.make_jaxpr(function)(*args))
    return dict(counts)


@caught_by("correct", "looks_into_scan")
def primitive_counts__times_length(function, *args):
    """Counts what runs: the body of a scan as often as it is long."""
    counts = Counter()

    def visit(jaxpr, times):
        for equation in jaxpr.eqns:
            counts[equation.primitive.name] += times
            for value in jax.tree.leaves(list(equation.params.values())):
                if hasattr(value, "eqns"):
                    visit(value, times * equation.params.get("length", 1))

    visit(jax.make_jaxpr(function)(*args), 1)
    return dict(counts)


@caught_by("correct", "looks_into_branches")
def primitive_counts__no_tuples(function, *args):
    """Looks at parameters that are jaxprs, and not into tuples of them."""
    counts = Counter()

    def visit(jaxpr):
        for equation in jaxpr.eqns:
            counts[equation.primitive.name] += 1
            for value in equation.params.values():
                if hasattr(value, "eqns"):
                    visit(value)

    visit(jax.make_jaxpr(function)(*args))
    return dict(counts)


@caught_by("correct", "looks_into_while")
def primitive_counts__by_parameter_name(function, *args):
    """Knows two names of parameters."""
    counts = Counter()

    def visit(jaxpr):
        for equation in jaxpr.eqns:
            counts[equation.primitive.name] += 1
            if "jaxpr" in equation.params:
                visit(equation.params["jaxpr"])
            for branch in equation.params.get("branches", ()):
                visit(branch)

    visit(jax.make_jaxpr(function)(*args))
    return dict(counts)


@caught_by("correct", "looks_into_everything")
def primitive_counts__closed_only(function, *args):
    """Looks into closed jaxprs alone; a checkpoint holds an open one."""
    counts = Counter()

    def visit(jaxpr):
        for equation in jaxpr.eqns:
            counts[equation.primitive.name] += 1
            for value in jax.tree.leaves(list(equation.params.values())):
                if hasattr(value, "jaxpr"):
                    visit(value.jaxpr)

    visit(jax.make_jaxpr(function)(*args))
    return dict(counts)


@caught_by("correct", "looks_deep")
def primitive_counts__one_level(function, *args):
    """Looks one level deep."""
    counts = Counter()
    for equation in jax.make_jaxpr(function)(*args).eqns:
        counts[equation.primitive.name] += 1
        for value in jax.tree.leaves(list(equation.params.values())):
            for inner in getattr(value, "eqns", ()):
                counts[inner.primitive.name] += 1
                for deeper in jax.tree.leaves(list(inner.params.values())):
                    if hasattr(deeper, "eqns") and equation.primitive.name.startswith("custom"):
                        counts.update(e.primitive.name for e in deeper.eqns)
    return dict(counts)


@caught_by("jit", "runs_nothing")
def primitive_counts__runs_it_first(function, *args):
    """Calls the function once, to see whether it works."""
    function(*args)
    counts = Counter()

    def visit(jaxpr):
        for equation in jaxpr.eqns:
            counts[equation.primitive.name] += 1
            for value in jax.tree.leaves(list(equation.params.values())):
                if hasattr(value, "eqns"):
                    visit(value)

    visit(jax.make_jaxpr(function)(*args))
    return dict(counts)


@caught_by("jit", "takes_shapes_alone")
def primitive_counts__wants_arrays(function, *args):
    """Makes arrays of the arguments."""
    counts = Counter()

    def visit(jaxpr):
        for equation in jaxpr.eqns:
            counts[equation.primitive.name] += 1
            for value in jax.tree.leaves(list(equation.params.values())):
                if hasattr(value, "eqns"):
                    visit(value)

    visit(jax.make_jaxpr(function)(*jax.tree.map(jnp.asarray, args)))
    return dict(counts)


@caught_by("jit", "takes_trees")
def primitive_counts__flat_arguments(function, *args):
    """Makes a shape of each argument, as if all of them were arrays."""
    counts = Counter()

    def visit(jaxpr):
        for equation in jaxpr.eqns:
            counts[equation.primitive.name] += 1
            for value in jax.tree.leaves(list(equation.params.values())):
                if hasattr(value, "eqns"):
                    visit(value)

    visit(jax.make_jaxpr(function)(*[jax.ShapeDtypeStruct(a.shape, a.dtype) for a in args]))
    return dict(counts)


@caught_by("correct", "looks_into_everything")
def primitive_counts__known_holders(function, *args):
    """Looks into the equations whose names it knows."""
    counts = Counter()

    def visit(jaxpr):
        for equation in jaxpr.eqns:
            counts[equation.primitive.name] += 1
            if equation.primitive.name in {"jit", "scan", "while", "cond"}:
                for value in jax.tree.leaves(list(equation.params.values())):
                    if hasattr(value, "eqns"):
                        visit(value)

    visit(jax.make_jaxpr(function)(*args))
    return dict(counts)


@caught_by("deeper", "in_many_cases")
def primitive_counts__three_levels(function, *args):
    """Looks three levels deep."""
    counts = Counter()

    def visit(jaxpr, levels):
        for equation in jaxpr.eqns:
            counts[equation.primitive.name] += 1
            for value in jax.tree.leaves(list(equation.params.values())):
                if hasattr(value, "eqns") and levels:
                    visit(value, levels - 1)

    visit(jax.make_jaxpr(function)(*args), 3)
    return dict(counts)
