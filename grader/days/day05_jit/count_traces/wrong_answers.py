"""Plausible mistakes in count_traces; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by

# count_traces

count_traces_log = []


@caught_by("deeper", "takes_any_callable")
def count_traces__asks_for_a_name(function, calls):
    """Copies function.__name__: a functools.partial is a callable without one, and it raises AttributeError."""
    traces = 0

    def observed(*arguments):
        nonlocal traces
        traces += 1
        return function(*arguments)

    observed.__name__ = function.__name__ + "_observed"
    compiled = jax.jit(observed)
    for arguments in calls:
        compiled(*arguments)
    return traces


@caught_by("correct", "by_hand")
def count_traces__counts_calls(function, calls):
    """Counts outside of the traced function: every call."""
    compiled, count = jax.jit(function), 0
    for arguments in calls:
        compiled(*arguments)
        count += 1
    return count


@caught_by("correct", "by_hand")
def count_traces__jit_anew(function, calls):
    """Puts a new function under jit for each call."""
    count = 0

    def counted(*arguments):
        nonlocal count
        count += 1
        return function(*arguments)

    for arguments in calls:
        jax.jit(lambda *arguments: counted(*arguments))(*arguments)
    return count


@caught_by("correct", "by_hand")
def count_traces__no_jit(function, calls):
    """Forgets jit: Python runs in each call."""
    count = 0

    def counted(*arguments):
        nonlocal count
        count += 1
        return function(*arguments)

    for arguments in calls:
        counted(*arguments)
    return count


@caught_by("correct", "by_hand")
def count_traces__as_an_array(function, calls):
    """Returns the count as an array."""
    count = 0

    def counted(*arguments):
        nonlocal count
        count += 1
        return function(*arguments)

    compiled = jax.jit(counted)
    for arguments in calls:
        compiled(*arguments)
    return jnp.array(count)


@caught_by("correct", "by_hand")
def count_traces__counts_on_the_device(function, calls):
    """Adds 1 as an operation of the program: what is left in the end is a tracer."""
    count = jnp.array(0)

    @jax.jit
    def counted(*arguments):
        nonlocal count
        count = jnp.add(count, 1)
        return function(*arguments)

    for arguments in calls:
        counted(*arguments)
    return int(count)


@caught_by("correct", "tells_numbers_from_arrays")
def count_traces__one_argument(function, calls):
    """Hands the tuple over as one argument."""
    count = 0

    def counted(arguments):
        nonlocal count
        count += 1
        return function(arguments)

    compiled = jax.jit(counted)
    for arguments in calls:
        compiled(arguments)
    return count


@caught_by("correct", "tells_numbers_from_arrays")
def count_traces__distinct_shapes(function, calls):
    """Does by hand what it believes jit to do."""
    return len({tuple((jnp.shape(a), jnp.result_type(a)) for a in arguments) for arguments in calls})


@caught_by("correct", "tells_numbers_from_arrays")
def count_traces__makes_arrays(function, calls):
    """Makes NumPy arrays of all arguments first: no Python numbers are left."""
    count = 0

    @jax.jit
    def counted(*arguments):
        nonlocal count
        count += 1
        return function(*arguments)

    for arguments in calls:
        counted(*jax.tree.map(np.asarray, arguments))
    return count


@caught_by("correct", "takes_trees")
def count_traces__abstract_values(function, calls):
    """Compares what it takes for the key of jit's table: trees have no such key."""
    seen = []
    for arguments in calls:
        kinds = [(a.shape, a.dtype, False) if hasattr(a, "shape") else ((), type(a), True) for a in arguments]
        if kinds not in seen:
            seen.append(kinds)
    return len(seen)


@caught_by("correct", "starts_from_nothing")
def count_traces__cache_size(function, calls):
    """Asks for the size of jit's own table, which others fill, too."""
    compiled = jax.jit(function)
    before = compiled._cache_size()
    for arguments in calls:
        compiled(*arguments)
    return compiled._cache_size() - before


@caught_by("jit", "runs_under_jit_alone")
def count_traces__runs_it_first(function, calls):
    """Calls the function once without jit."""
    count = 0

    @jax.jit
    def counted(*arguments):
        nonlocal count
        count += 1
        return function(*arguments)

    for arguments in calls:
        function(*arguments)
        counted(*arguments)
    return count


@caught_by("jit", "counts_for_itself")
def count_traces__cleared_cache_size(function, calls):
    """Asks JAX's cache, once it is empty."""
    jax.clear_caches()
    compiled = jax.jit(function)
    for arguments in calls:
        compiled(*arguments)
    return compiled._cache_size()


@caught_by("jit", "leaves_the_function_alone")
def count_traces__attribute(function, calls):
    """Leaves its counter on the function."""
    function.traces = 0

    def counted(*arguments):
        function.traces += 1
        return function(*arguments)

    compiled = jax.jit(counted)
    for arguments in calls:
        compiled(*arguments)
    return function.traces


@caught_by("correct", "tells_numbers_from_arrays")
def count_traces__by_shape_and_dtype(function, calls):
    """Does by hand what it believes jit to do, for trees, too."""

    def kind(leaf):
        return jnp.shape(leaf), jnp.result_type(leaf)

    seen = set()
    for arguments in calls:
        leaves, structure = jax.tree.flatten(arguments)
        seen.add((structure, *map(kind, leaves)))
    return len(seen)


@caught_by("jit", "runs_under_jit_alone")
def count_traces__by_abstract_value(function, calls):
    """Does by hand what it believes jit to do, and knows of weak types, but takes a list for a tuple."""

    def kind(leaf):
        return jnp.shape(leaf), jnp.result_type(leaf), isinstance(leaf, (bool, int, float)), type(leaf) is int

    return len(
        {tuple((path, kind(leaf)) for path, leaf in jax.tree_util.tree_leaves_with_path(a)) for a in calls}
    )


@caught_by("deeper", "in_many_cases")
def count_traces__by_leaves_alone(function, calls):
    """Keeps a book of its own of what is new, without the structure of trees."""
    compiled, seen = jax.jit(lambda *arguments: function(*arguments)), set()
    for arguments in calls:
        compiled(*arguments)
        leaves = map(jax.typeof, jax.tree.leaves(arguments))
        seen.add(tuple((leaf.shape, leaf.dtype, leaf.weak_type) for leaf in leaves))
    return len(seen)


@caught_by("jit", "lets_traces_go")
def count_traces__log_of_the_module(function, calls):
    """Keeps the arguments of each trace in a list that outlives the call."""
    before = len(count_traces_log)

    def counted(*arguments):
        count_traces_log.append(arguments)
        return function(*arguments)

    compiled = jax.jit(counted)
    for arguments in calls:
        compiled(*arguments)
    return len(count_traces_log) - before


@caught_by("jit", "counts_for_itself")
def count_traces__cache_size_by_its_name(function, calls):
    """Asks the cache of a function of its own, by getattr."""
    compiled = jax.jit(lambda *arguments: function(*arguments))
    for arguments in calls:
        compiled(*arguments)
    return getattr(compiled, "_cache_size")()  # noqa: B009 (the name is a string on purpose)
