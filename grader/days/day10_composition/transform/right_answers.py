"""Other honest ways to write transform; each must pass every check."""

import jax
import jax.numpy as jnp

# transform


def transform__fold_in(function):
    """A key for each parameter by its number; one get_parameter for both."""

    def run(params, key, args):
        def get_parameter(name, shape, initializer):
            if key is not None and name not in params:
                params[name] = initializer(jax.random.fold_in(key, len(params)), shape)
            if jnp.shape(params[name]) != tuple(shape):
                raise ValueError(f"{name} has shape {params[name].shape}")
            return params[name]

        return function(get_parameter, *args)

    def init(key, *args):
        params = {}
        run(params, key, args)
        return params

    return init, lambda params, *args: run(params, None, args)


def transform__class(function):
    """A small class holds the state of one run."""

    class Run:
        def __init__(self, params, key=None):
            self.params, self.key = params, key

        def __call__(self, name, shape, initializer):
            if self.key is not None and name not in self.params:
                self.key, own = jax.random.split(self.key)
                self.params[name] = initializer(own, shape)
            value = self.params[name]
            if value.shape != shape:
                raise ValueError(name, value.shape, shape)
            return value

    def init(key, *args):
        run = Run({}, key)
        function(run, *args)
        return run.params

    def apply(params, *args):
        return function(Run(params), *args)

    return init, apply


def transform__by_a_stack(function):
    """A stack of frames, as Haiku keeps it: nested runs find their own."""
    if not hasattr(transform, "frames"):
        transform.frames = []

    def get_parameter(name, shape, initializer):
        frame = transform.frames[-1]
        if frame["key"] is not None and name not in frame["params"]:
            frame["key"], own = jax.random.split(frame["key"])
            frame["params"][name] = initializer(own, shape)
        if frame["params"][name].shape != shape:
            raise ValueError(name)
        return frame["params"][name]

    def run(params, key, args):
        transform.frames.append({"params": params, "key": key})
        try:
            return function(get_parameter, *args)
        finally:
            transform.frames.pop()

    def init(key, *args):
        params = {}
        run(params, key, args)
        return params

    def apply(params, *args):
        return run(params, None, args)

    return init, apply


def transform__list_shape(function):
    """Compares shapes as they come: a tuple is what the docstring promises."""

    def checked(name, parameter, shape):
        if parameter.shape != shape:
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


def transform__recorder(function):
    """One maker of get_parameter for both, told what to do with a name that is not there."""

    def asking(params, missing):

        def get_parameter(name, shape, initializer):
            parameter = params[name] if name in params else missing(name, shape, initializer)
            if tuple(parameter.shape) != tuple(shape):
                raise ValueError(f"{name}: {parameter.shape} and {shape}")
            return parameter

        return get_parameter

    def init(key, *args):
        params, keys = ({}, [key])

        def make(name, shape, initializer):
            following, own = jax.random.split(keys.pop())
            keys.append(following)
            return params.setdefault(name, initializer(own, shape))

        function(asking(params, make), *args)
        return params

    def apply(params, *args):

        def none(name, shape, initializer):
            raise KeyError(name)

        return function(asking(params, none), *args)

    return (init, apply)


def transform__generator_of_keys(function):
    """A generator hands out keys; init runs apply's own reading afterwards for nothing but the check of shapes."""

    def keys_from(key):
        while True:
            key, own = jax.random.split(key)
            yield own

    def read(params, name, shape):
        parameter = params[name]
        if jnp.shape(parameter) != shape:
            raise ValueError(f"{name} is of shape {jnp.shape(parameter)}, not {shape}")
        return parameter

    def init(key, *args):
        params, keys = ({}, keys_from(key))

        def get(name, shape, initializer):
            if name not in params:
                params[name] = initializer(next(keys), shape)
            return read(params, name, shape)

        function(get, *args)
        return dict(params)

    def apply(params, *args):
        return function(lambda name, shape, _: read(params, name, shape), *args)

    return (init, apply)
