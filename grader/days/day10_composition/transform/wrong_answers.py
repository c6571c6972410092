"""Plausible mistakes in transform; each must be caught by the check named above it."""

import math

import functools

import jax
import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by

# transform


@caught_by("deeper", "takes_another_width_in_another_run")
def transform__shapes_remembered(function):
    """Keeps the shapes that it has seen over all calls: another run of init with a wider x raises."""
    known = {}

    def agreed(name, shape):
        if known.setdefault(name, tuple(shape)) != tuple(shape):
            raise ValueError(f"{name} has the shape {known[name]}, not {shape}")

    def init(key, *args):
        made = {}

        def get_parameter(name, shape, initializer):
            agreed(name, shape)
            if name not in made:
                made[name] = initializer(jax.random.fold_in(key, len(made)), shape)
            return made[name]

        function(get_parameter, *args)
        return made

    def apply(params, *args):
        def get_parameter(name, shape, initializer):
            value = params[name]
            if jnp.shape(value) != tuple(shape):
                raise ValueError(f"{name} has the shape {jnp.shape(value)}, not {shape}")
            return value

        return function(get_parameter, *args)

    return init, apply


@caught_by("correct", "init_collects_the_parameters")
def transform__init_returns_the_result(function):
    """init returns what the function returns."""

    def init(key, *args):
        return function(lambda name, shape, initializer: initializer(key, shape), *args)

    def apply(params, *args):
        return function(lambda name, shape, initializer: params[name], *args)

    return init, apply


@caught_by("correct", "gives_each_name_its_own_key")
def transform__one_key_for_all(function):
    """Every initializer gets the same key."""

    def init(key, *args):
        params = {}

        def get_parameter(name, shape, initializer):
            params.setdefault(name, initializer(key, shape))
            if params[name].shape != tuple(shape):
                raise ValueError(name)
            return params[name]

        function(get_parameter, *args)
        return params

    def apply(params, *args):
        def get_parameter(name, shape, initializer):
            if params[name].shape != tuple(shape):
                raise ValueError(name)
            return params[name]

        return function(get_parameter, *args)

    return init, apply


@caught_by("correct", "remembers_nothing")
def transform__one_dict_for_all_runs(function):
    """The dict outlives the run: a second init finds the parameters of the first."""
    params = {}

    def init(key, *args):
        def get_parameter(name, shape, initializer):
            nonlocal key
            if name not in params:
                key, own = jax.random.split(key)
                params[name] = initializer(own, shape)
            if params[name].shape != tuple(shape):
                raise ValueError(name)
            return params[name]

        function(get_parameter, *args)
        return dict(params)

    def apply(params, *args):
        def get_parameter(name, shape, initializer):
            if params[name].shape != tuple(shape):
                raise ValueError(name)
            return params[name]

        return function(get_parameter, *args)

    return init, apply


@caught_by("correct", "apply_uses_the_parameters")
def transform__apply_with_its_own_parameters(function):
    """apply computes with what init made last."""
    made = {}

    def init(key, *args):
        made.clear()

        def get_parameter(name, shape, initializer):
            nonlocal key
            key, own = jax.random.split(key)
            made[name] = initializer(own, shape)
            return made[name]

        function(get_parameter, *args)
        return dict(made)

    def apply(params, *args):
        return function(lambda name, shape, initializer: made[name], *args)

    return init, apply


@caught_by("correct", "shares_what_has_one_name")
def transform__makes_it_again(function):
    """Asked a second time for a name, init makes another array."""

    def init(key, *args):
        params = {}

        def get_parameter(name, shape, initializer):
            nonlocal key
            key, own = jax.random.split(key)
            params[name] = initializer(own, shape)
            return params[name]

        function(get_parameter, *args)
        return params

    def apply(params, *args):
        def get_parameter(name, shape, initializer):
            if params[name].shape != tuple(shape):
                raise ValueError(name)
            return params[name]

        return function(get_parameter, *args)

    return init, apply


@caught_by("correct", "refuses_another_shape")
def transform__shapes_unchecked(function):
    """A name stands for whatever shape is there."""

    def init(key, *args):
        params = {}

        def get_parameter(name, shape, initializer):
            nonlocal key
            if name not in params:
                key, own = jax.random.split(key)
                params[name] = initializer(own, shape)
            return params[name]

        function(get_parameter, *args)
        return params

    def apply(params, *args):
        return function(lambda name, shape, initializer: params[name], *args)

    return init, apply


@caught_by("correct", "gives_the_same_in_every_run")
def transform__salted_hash(function):
    """Makes a key of the name's hash, which Python salts."""

    def looked_up(params, name, shape):
        if params[name].shape != tuple(shape):
            raise ValueError(name)
        return params[name]

    def init(key, *args):
        params = {}

        def get_parameter(name, shape, initializer):
            if name not in params:
                params[name] = initializer(jax.random.fold_in(key, hash(name) % 2**31), shape)
            return looked_up(params, name, shape)

        function(get_parameter, *args)
        return params

    def apply(params, *args):
        return function(lambda name, shape, _: looked_up(params, name, shape), *args)

    return init, apply


@caught_by("correct", "apply_makes_no_parameters")
def transform__makes_and_drops_it(function):
    """Asks the initializer for the shape in apply, too, and throws away what it made."""

    def init(key, *args):
        params = {}

        def get_parameter(name, shape, initializer):
            nonlocal key
            if name not in params:
                key, own = jax.random.split(key)
                params[name] = initializer(own, shape)
            if params[name].shape != tuple(shape):
                raise ValueError(name)
            return params[name]

        function(get_parameter, *args)
        return params

    def apply(params, *args):
        def get_parameter(name, shape, initializer):
            if params[name].shape != initializer(jax.random.key(0), shape).shape:
                raise ValueError(name)
            return params[name]

        return function(get_parameter, *args)

    return init, apply


@caught_by("correct", "apply_makes_no_parameters")
def transform__apply_fills_in(function):
    """apply makes what is missing."""

    def init(key, *args):
        params = {}

        def get_parameter(name, shape, initializer):
            nonlocal key
            if name not in params:
                key, own = jax.random.split(key)
                params[name] = initializer(own, shape)
            if params[name].shape != tuple(shape):
                raise ValueError(name)
            return params[name]

        function(get_parameter, *args)
        return params

    def apply(params, *args):
        def get_parameter(name, shape, initializer):
            value = params[name] if name in params else initializer(jax.random.key(0), shape)
            if value.shape != tuple(shape):
                raise ValueError(name)
            return value

        return function(get_parameter, *args)

    return init, apply


@caught_by("correct", "can_be_nested")
def transform__one_global_frame(function):
    """Keeps the parameters of the current run in an attribute of transform, as if runs were never nested."""

    def get_parameter(name, shape, initializer):
        params = transform.params
        if transform.key is not None and name not in params:
            transform.key, own = jax.random.split(transform.key)
            params[name] = initializer(own, shape)
        if params[name].shape != tuple(shape):
            raise ValueError(name)
        return params[name]

    def init(key, *args):
        transform.key, transform.params = key, {}
        function(get_parameter, *args)
        return transform.params

    def apply(params, *args):
        transform.key, transform.params = None, params
        return function(get_parameter, *args)

    return init, apply


@caught_by("jit", "apply_is_a_pure_function")
def transform__through_numpy(function):
    """apply turns the parameters into NumPy arrays."""

    def init(key, *args):
        params = {}

        def get_parameter(name, shape, initializer):
            nonlocal key
            if name not in params:
                key, own = jax.random.split(key)
                params[name] = initializer(own, shape)
            if params[name].shape != tuple(shape):
                raise ValueError(name)
            return params[name]

        function(get_parameter, *args)
        return params

    def apply(params, *args):
        def get_parameter(name, shape, initializer):
            value = np.asarray(params[name])
            if value.shape != tuple(shape):
                raise ValueError(name)
            return jnp.asarray(value)

        return function(get_parameter, *args)

    return init, apply


@caught_by("jit", "init_can_be_traced")
def transform__seed_from_the_key(function):
    """Makes new keys from the bits of the key, which must be numbers for that."""

    def init(key, *args):
        params, seed = {}, int(jax.random.key_data(key)[-1])

        def get_parameter(name, shape, initializer):
            if name not in params:
                params[name] = initializer(jax.random.key((seed + len(params)) % 2**31), shape)
            if params[name].shape != tuple(shape):
                raise ValueError(name)
            return params[name]

        function(get_parameter, *args)
        return params

    def apply(params, *args):
        def get_parameter(name, shape, initializer):
            if params[name].shape != tuple(shape):
                raise ValueError(name)
            return params[name]

        return function(get_parameter, *args)

    return init, apply


@caught_by("jit", "uses_each_key_once")
def transform__parent_and_child(function):
    """Hands the key out and splits it afterwards."""

    def init(key, *args):
        params = {}

        def get_parameter(name, shape, initializer):
            nonlocal key
            if name not in params:
                params[name] = initializer(key, shape)
                key, _ = jax.random.split(key)
            if params[name].shape != tuple(shape):
                raise ValueError(name)
            return params[name]

        function(get_parameter, *args)
        return params

    def apply(params, *args):
        def get_parameter(name, shape, initializer):
            if params[name].shape != tuple(shape):
                raise ValueError(name)
            return params[name]

        return function(get_parameter, *args)

    return init, apply


@caught_by("correct", "apply_uses_the_parameters")
def transform__cached(function):
    """Remembers what apply gave for the same dict."""

    def checked(name, parameter, shape):
        if parameter.shape != tuple(shape):
            raise ValueError(f"Parameter {name} has shape {parameter.shape}, not {shape}.")
        return parameter

    def init(key, *args):
        params = {}

        def get_parameter(name, shape, initializer):
            nonlocal key
            if name not in params:
                key, own = jax.random.split(key)
                params[name] = initializer(own, shape)
            return checked(name, params[name], shape)

        function(get_parameter, *args)
        return params

    def apply(params, *args):

        def get_parameter(name, shape, initializer):
            return checked(name, params[name], shape)

        return function(get_parameter, *args)

    import functools

    seen = {}

    def cached(params, *args):
        k = (id(params), tuple(map(id, args)))
        if k not in seen:
            seen[k] = apply(params, *args)
        return seen[k]

    return (init, cached)


@caught_by("correct", "has_keys_for_any_number_of_names")
def transform__eight_keys_once(function):
    """Splits eight keys beforehand, and runs out of them."""

    def checked(name, parameter, shape):
        if parameter.shape != tuple(shape):
            raise ValueError(f"Parameter {name} has shape {parameter.shape}, not {shape}.")
        return parameter

    def init(key, *args):
        params = {}
        keys = jax.random.split(key, 8)

        def get_parameter(name, shape, initializer):
            nonlocal key
            if name not in params:
                own = keys[len(params)]
                params[name] = initializer(own, shape)
            return checked(name, params[name], shape)

        function(get_parameter, *args)
        return params

    def apply(params, *args):

        def get_parameter(name, shape, initializer):
            return checked(name, params[name], shape)

        return function(get_parameter, *args)

    return (init, apply)


@caught_by("correct", "refuses_another_shape")
def transform__size_check(function):
    """Compares how many numbers there are, not their shapes."""

    def checked(name, parameter, shape):
        if parameter.size != __import__("math").prod(shape):
            raise ValueError(f"Parameter {name} has shape {parameter.shape}, not {shape}.")
        return parameter

    def init(key, *args):
        params = {}

        def get_parameter(name, shape, initializer):
            nonlocal key
            if name not in params:
                key, own = jax.random.split(key)
                params[name] = initializer(own, shape)
            return checked(name, params[name], shape)

        function(get_parameter, *args)
        return params

    def apply(params, *args):

        def get_parameter(name, shape, initializer):
            return checked(name, params[name], shape)

        return function(get_parameter, *args)

    return (init, apply)
