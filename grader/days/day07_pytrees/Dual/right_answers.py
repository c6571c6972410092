"""Other honest ways to write Dual; each must pass every check."""

import dataclasses
import functools
from typing import Any

import flax.struct
import jax
import jax.numpy as jnp
from jax import tree_util

# Dual


@functools.partial(tree_util.register_dataclass, data_fields=["value", "tangent"], meta_fields=["label"])
@dataclasses.dataclass
class Dual__dataclass:
    """A dataclass, registered by naming its fields."""

    value: Any
    tangent: Any
    label: str

    def _same(self, other):
        if self.label != other.label:
            raise ValueError("Duals of different variables")
        return self.label

    def __add__(self, other):
        return Dual(self.value + other.value, self.tangent + other.tangent, self._same(other))

    def __mul__(self, other):
        label = self._same(other)
        return Dual(self.value * other.value, self.value * other.tangent + other.value * self.tangent, label)


@tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Dual__static_field:
    """A frozen dataclass that marks its label as static, and unpacks by `replace`."""

    value: Any
    tangent: Any
    label: str = dataclasses.field(metadata={"static": True})

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("Duals of different variables")
        return dataclasses.replace(self, value=self.value + other.value, tangent=self.tangent + other.tangent)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("Duals of different variables")
        tangent = self.tangent * other.value + self.value * other.tangent
        return dataclasses.replace(self, value=self.value * other.value, tangent=tangent)


@flax.struct.dataclass
class Dual__flax:
    """Lets flax register it."""

    value: Any
    tangent: Any
    label: str = flax.struct.field(pytree_node=False)

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("Duals of different variables")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("Duals of different variables")
        tangent = self.tangent * other.value + self.value * other.tangent
        return Dual(self.value * other.value, tangent, self.label)


class Dual__registered_below:
    """A plain class; two functions take it apart and put it together."""

    def __init__(self, value, tangent, label):
        self.value = value
        self.tangent = tangent
        self.label = label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("Duals of different variables")
        return type(self)(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("Duals of different variables")
        tangent = self.tangent * other.value + self.value * other.tangent
        return type(self)(self.value * other.value, tangent, self.label)


tree_util.register_pytree_node(
    Dual__registered_below,
    lambda dual: ((dual.value, dual.tangent), {"label": dual.label}),
    lambda static, children: Dual__registered_below(*children, **static),
)


@tree_util.register_pytree_with_keys_class
class Dual__with_keys:
    """Gives its leaves names, and keeps the label in a tuple."""

    def __init__(self, value, tangent, label):
        self.value = value
        self.tangent = tangent
        self.label = label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("Duals of different variables")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("Duals of different variables")
        tangent = self.tangent * other.value + self.value * other.tangent
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten_with_keys(self):
        names = ("value", "tangent")
        return [(tree_util.GetAttrKey(name), getattr(self, name)) for name in names], (self.label,)

    @classmethod
    def tree_unflatten(cls, static, children):
        return cls(*children, *static)


@jax.tree_util.register_pytree_node_class
class Dual__converting:
    """Converts and checks in the constructor, and goes round it when rebuilt."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = jnp.asarray(value), jnp.asarray(tangent), str(label)
        if self.value.shape != self.tangent.shape:
            raise ValueError("value and tangent have different shapes")

    def __add__(self, other):
        self.must_match(other)
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        self.must_match(other)
        tangent = self.tangent * other.value + self.value * other.tangent
        return Dual(self.value * other.value, tangent, self.label)

    def must_match(self, other):
        if self.label != other.label:
            raise ValueError("Duals of different variables")

    def tree_flatten(self):
        return [self.value, self.tangent], self.label

    @classmethod
    def tree_unflatten(cls, label, children):
        dual = object.__new__(cls)
        dual.value, dual.tangent = children
        dual.label = label
        return dual
