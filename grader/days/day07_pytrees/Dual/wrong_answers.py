"""Plausible mistakes in Dual; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by

# Dual


@caught_by("correct", "has_two_leaves")
class Dual__not_registered:
    """Has the two methods, and never tells JAX about them."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), self.label

    @classmethod
    def tree_unflatten(cls, label, children):
        return cls(*children, label)


@caught_by("correct", "has_two_leaves")
@jax.tree_util.register_pytree_node_class
class Dual__label_is_a_leaf:
    """Makes the label a third child."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent, self.label), None

    @classmethod
    def tree_unflatten(cls, static, children):
        return cls(*children)


@caught_by("correct", "has_two_leaves")
@jax.tree_util.register_pytree_node_class
class Dual__tangent_is_static:
    """Counts the tangent to the static data."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value,), (self.tangent, self.label)

    @classmethod
    def tree_unflatten(cls, static, children):
        return cls(*children, *static)


@caught_by("correct", "comes_back_from_tree_map")
@jax.tree_util.register_pytree_node_class
class Dual__label_lost:
    """Gives JAX no static data, and makes up a label."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), None

    @classmethod
    def tree_unflatten(cls, static, children):
        return cls(*children, "")


@caught_by("correct", "comes_back_from_tree_map")
@jax.tree_util.register_pytree_node_class
class Dual__children_in_one:
    """Hands the tuple of children over as the value."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), self.label

    @classmethod
    def tree_unflatten(cls, label, children):
        return cls(children, label)


@caught_by("correct", "comes_back_from_tree_map")
@jax.tree_util.register_pytree_node_class
class Dual__arguments_swapped:
    """Takes the children first, where JAX gives the static data first."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), self.label

    @classmethod
    def tree_unflatten(cls, children, label):
        return cls(*children, label)


@caught_by("correct", "labels_are_structure")
@jax.tree_util.register_pytree_node_class
class Dual__itself_static:
    """Keeps the whole object as static data: every Dual is a structure of its own."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), self

    @classmethod
    def tree_unflatten(cls, old, children):
        return cls(*children, old.label)


@caught_by("correct", "is_rebuilt_around_anything")
@jax.tree_util.register_pytree_node_class
class Dual__converts:
    """Converts in the constructor, and rebuilds through it."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = jnp.asarray(value), jnp.asarray(tangent), label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), self.label

    @classmethod
    def tree_unflatten(cls, label, children):
        return cls(*children, label)


@caught_by("correct", "is_rebuilt_around_anything")
@jax.tree_util.register_pytree_node_class
class Dual__checks_shapes:
    """Checks in the constructor, and rebuilds through it."""

    def __init__(self, value, tangent, label):
        if value.shape != tangent.shape:
            raise ValueError("value and tangent have different shapes")
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), self.label

    @classmethod
    def tree_unflatten(cls, label, children):
        return cls(*children, label)


@caught_by("correct", "adds_and_multiplies")
@jax.tree_util.register_pytree_node_class
class Dual__product_of_tangents:
    """Multiplies the tangents with each other."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value * other.value, self.tangent * other.tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), self.label

    @classmethod
    def tree_unflatten(cls, label, children):
        return cls(*children, label)


@caught_by("correct", "refuses_two_variables")
@jax.tree_util.register_pytree_node_class
class Dual__mixes_variables:
    """Takes the first label, whatever the second one is."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), self.label

    @classmethod
    def tree_unflatten(cls, label, children):
        return cls(*children, label)


@caught_by("correct", "refuses_two_variables")
@jax.tree_util.register_pytree_node_class
class Dual__label_of_the_class:
    """Keeps the label on the class, where all Duals share it."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent = value, tangent
        type(self).label = label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), self.label

    @classmethod
    def tree_unflatten(cls, label, children):
        return cls(*children, label)


@caught_by("correct", "passes_through_vmap")
@jax.tree_util.register_pytree_node_class
class Dual__branches_on_the_tangent:
    """Saves a product where the tangent is zero: a branch on a value."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        tangent = self.value * other.tangent
        if self.tangent != 0:
            tangent += self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), self.label

    @classmethod
    def tree_unflatten(cls, label, children):
        return cls(*children, label)


@caught_by("correct", "has_two_leaves")
class Dual__inherits_from_dict(dict):
    """Keeps its parts in a dict, and hopes that JAX takes it for one."""

    def __init__(self, value, tangent, label):
        super().__init__(value=value, tangent=tangent)
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)


@caught_by("correct", "compares_labels_by_their_text")
@jax.tree_util.register_pytree_node_class
class Dual__same_label_object:
    """Compares labels by identity."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        if self.label is not other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label is not other.label:
            raise ValueError("different labels")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), self.label

    @classmethod
    def tree_unflatten(cls, label, children):
        return cls(*children, label)


@caught_by("correct", "labels_are_structure")
@jax.tree_util.register_pytree_node_class
class Dual__static_shape:
    """Keeps the shape beside the label: Duals of two shapes have two structures."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("two variables")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("two variables")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), (self.label, getattr(self.value, "shape", None))

    @classmethod
    def tree_unflatten(cls, static, children):
        return cls(*children, static[0])


@caught_by("correct", "is_rebuilt_around_anything")
@jax.tree_util.register_pytree_node_class
class Dual__converts_numbers:
    """Makes arrays of Python numbers, also while JAX rebuilds a Dual."""

    def __init__(self, value, tangent, label):
        self.value = jnp.float32(value) if isinstance(value, int | float) else value
        self.tangent = jnp.float32(tangent) if isinstance(tangent, int | float) else tangent
        self.label = label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("two variables")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("two variables")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), self.label

    @classmethod
    def tree_unflatten(cls, static, children):
        return cls(*children, static)


@caught_by("deeper", "tells_labels_apart")
@jax.tree_util.register_pytree_node_class
class Dual__no_label_fits_all:
    """Takes an empty label for one that fits all others."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        if self.label and other.label and self.label != other.label:
            raise ValueError("two variables")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label and other.label and self.label != other.label:
            raise ValueError("two variables")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), self.label

    @classmethod
    def tree_unflatten(cls, static, children):
        return cls(*children, static)
