"""Day 7: trees of arrays.

A tree is containers in containers, with arrays at the leaves. JAX maps over trees, takes them
apart and puts them together again; a class of your own joins in when it is registered.
Derivatives go through all that holds floats.
Lesson: README.md beside this file. Grade: python -m grader day07
"""

from collections.abc import Callable, Mapping, Sequence

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree, Shaped


def global_norm(tree: PyTree[Float[Array, "..."]]) -> Float[Array, ""]:
    """Measure the length of a tree, as if all its numbers stood in one long vector.

    norm = sqrt(sum of x² over all elements x of all leaves)

    The tree is of any form: dicts, lists, tuples, named tuples, classes that JAX knows, `None`.
    What holds no array adds nothing; a tree without leaves has norm 0. A NaN makes the norm NaN.
    Leaves are floats of any width and any shape, the norm is float32: so are the squares and their
    sum, for 300² is too large for float16.

        global_norm({"w": [[3, 0], [0, 0]], "b": [4, None]}) = 5

    Rules: not through `optax` or `jax.flatten_util`.
    Reference: JAX docs, "Working with pytrees".
    """
    # Your code here: about 2 lines.
    raise NotImplementedError


def exponential_average(
    average: PyTree[Float[Array, "..."]], new: PyTree[Float[Array, "..."]], decay: Float[Array, ""]
) -> PyTree[Float[Array, "..."]]:
    """Move a running average of trees one step on.

    average' = decay · average + (1 - decay) · new   at each leaf

    The result has the structure, the shapes and the dtypes of `average`: float16 stays float16,
    whatever `new` and `decay` are. A float32 array `decay` is not rounded to a leaf's dtype (0.999
    is 1 in bfloat16); beside that, rounding may cost a few units in the last place of the larger of
    the two numbers. Both of them fit into the leaf's dtype, and so does their difference. A NaN in
    either tree goes into the average. Two trees of different structure are an error: ValueError, also
    when they have equally many leaves; where one of them has a leaf and the other goes on, any error
    will do.

        exponential_average({"w": [1, 3]}, {"w": [5, 3]}, 0.75) = {"w": [2, 3]}

    Rules: `decay` is a Python number or a traced scalar. No Python loop over rows or elements: it
    is timed against one.
    Reference: JAX docs, "Working with pytrees".
    """
    # Your code here: about 3 lines.
    raise NotImplementedError


def decay_mask(params: PyTree) -> PyTree[bool]:
    """Mark what weight decay applies to: True for weights, False for biases and norm scales.

    A leaf is exempt (False) if any key on its path is `b`, `bias` or `scale`. Keys are dict keys
    and the fields of named tuples; they count as whole words, so `unbiased` and `upscale` are no
    exemption, and neither is `enc/b`. Leaves of any shape may be either.

        decay_mask({"dense": {"w": ..., "b": ...}, "head": [..., None]})
            = {"dense": {"w": True, "b": False}, "head": [True, None]}

    Rules: the result has the structure of `params` (an OrderedDict and classes that JAX knows stay
    what they are), with Python bools at its leaves, also while JAX traces. The leaves of `params` may
    be anything (arrays, `jax.ShapeDtypeStruct`): only their paths count.
    Reference: I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", 2019.
    """
    # Your code here: about 5 lines.
    raise NotImplementedError


class Dual:
    """Teach JAX a class of your own: dual numbers, which carry a derivative along.

    A Dual stands for value + tangent · ε with ε² = 0. `label` (a string) names the variable that
    the tangent is a derivative with respect to.

        (a + b ε) + (c + d ε) = (a + c) + (b + d) ε
        (a + b ε) · (c + d ε) =  a · c  + (a · d + b · c) ε

        x = Dual(3, 1, "x");  x * x + x  has value 12 and tangent 7: f(3) and f'(3) of f(x) = x² + x

    Methods are not enough: JAX must know the class as a tree. Register it, so that
    - its leaves are `value` and `tangent`, in this order;
    - `label` is static, and nothing else: part of the structure. It comes back from every
      transformation, Duals of different labels are trees of different structure, those of one label
      are of one structure whatever their shapes, and jit traces again for a new label, but not for
      a new value;
    - `jax.tree.map`, `jit`, `grad`, `vmap` and `scan` take Duals and give Duals.

    Rules: while JAX rebuilds a Dual its leaves may be anything: `None`, a tracer, a plain `object()`.
    Convert and check nothing then. How you register is up to you; the last two methods below
    serve one of the ways, and may go if you take another.
    Reference: JAX docs, "Custom pytree nodes".
    """

    def __init__(self, value: Float[Array, "*shape"], tangent: Float[Array, "*shape"], label: str) -> None:
        """Keep the three as attributes of these names."""
        # Your code here: about 3 lines.
        raise NotImplementedError

    def __add__(self, other: "Dual") -> "Dual":
        """The sum of two Duals of the same label. Different labels are an error: ValueError."""
        # Your code here: about 3 lines.
        raise NotImplementedError

    def __mul__(self, other: "Dual") -> "Dual":
        """The product of two Duals of the same label. Different labels are an error: ValueError."""
        # Your code here: about 4 lines.
        raise NotImplementedError

    def tree_flatten(self):
        """Take a Dual apart: (children, what is static)."""
        # Your code here: about 1 line.
        raise NotImplementedError

    @classmethod
    def tree_unflatten(cls, static, children):
        """Put a Dual together again."""
        # Your code here: about 1 line.
        raise NotImplementedError


def stack_trees(trees: Sequence[PyTree[Shaped[Array, "..."]]]) -> PyTree[Shaped[Array, "..."]]:
    """Join trees of the same structure into one, whose leaves have a new first axis.

    out[leaf][k] = trees[k][leaf]

    There is at least one tree. The structure and the dtypes stay; `None` stays `None`. Trees of
    different structure, whichever of them it is, are an error: ValueError, also when they have
    equally many leaves; where one of them has a leaf and the other goes on, any error will do.

        stack_trees([{"w": 1, "b": [2, 3]}, {"w": 4, "b": [5, 6]}])
            = {"w": [1, 4], "b": [[2, 3], [5, 6]]}

    Here `w` is one number and `b` an array of two. So a list of layers becomes what `scan` and
    `vmap` can run over.
    Reference: JAX docs, "Working with pytrees".
    """
    # Your code here: about 1 line.
    raise NotImplementedError


def unstack_tree(tree: PyTree[Shaped[Array, "n ..."]]) -> list[PyTree[Shaped[Array, "..."]]]:
    """Cut a tree along the first axis of its leaves into a list of trees.

    out[k][leaf] = tree[leaf][k]   for k = 0 .. n - 1

    There is at least one leaf, and all leaves have n rows, n >= 1. Each tree of the list has the
    structure of `tree` (classes that JAX knows, too), with leaves that are one axis shorter; dtypes
    stay, `None` stays `None`.

        unstack_tree({"w": [1, 4], "b": [[2, 3], [5, 6]]})
            = [{"w": 1, "b": [2, 3]}, {"w": 4, "b": [5, 6]}]

    Reference: JAX docs, "Working with pytrees".
    """
    # Your code here: about 2 lines.
    raise NotImplementedError


def ravel(
    tree: PyTree[Shaped[Array, "..."]],
) -> tuple[Float[Array, "size"], Callable[[Float[Array, "size"]], PyTree[Shaped[Array, "..."]]]]:
    """Lay all numbers of a tree out in one vector; also give the function that undoes it.

    vector       float32; the leaves in the order of `jax.tree.leaves`, each row by row
    unravel(v)   a tree like `tree`, with its shapes and its dtypes, filled from v

    Leaves are floats, integers and booleans; float32 holds what they hold. A tree without leaves
    gives a vector of length 0, and `unravel` gives that tree back.

        vector, unravel = ravel({"b": [7], "w": [[1, 2], [3, 4]]})
        vector = [7, 1, 2, 3, 4]
        unravel(2 * vector) = {"b": [14], "w": [[2, 4], [6, 8]]}

    Rules: not through `jax.flatten_util`. Both functions work under jit, and `unravel` under vmap
    and grad. No Python loop over elements.
    Reference: JAX docs, "jax.flatten_util.ravel_pytree".
    """
    # Your code here: about 11 lines.
    raise NotImplementedError


def shapes_to_zeros(shapes: PyTree) -> PyTree[Float[Array, "..."]]:
    """Make arrays of zeros from a tree of shapes.

    A shape is a plain tuple of Python integers, and a leaf as a whole: (2, 3) gives zeros of shape
    (2, 3), float32. () is the shape of a single number. All else is structure and stays: dicts,
    lists, `None`, empty dicts, and tuples too, named or not, whose items are not integers. A named
    tuple has fields, and they hold shapes, dicts or the like: never integers.

        shapes_to_zeros({"w": (1, 2), "b": ()}) = {"w": [[0, 0]], "b": 0}
        shapes_to_zeros(((2,), (1, 2))) = ([0, 0], [[0, 0]])

    Rules: under `jax.eval_shape` it makes nothing, so that a shape may be larger than any memory.
    Reference: JAX docs, "jax.tree.map".
    """
    # Your code here: about 3 lines.
    raise NotImplementedError


def merge_adapters(
    params: PyTree[Float[Array, "..."]],
    adapters: Mapping[str, tuple[Float[Array, "..."], Float[Array, "..."]]],
) -> PyTree[Float[Array, "..."]]:
    """★ Merge low-rank updates into the weights that they name (as LoRA does).

    A path is written with "/" between its keys: `encoder/0/w` is params["encoder"][0]["w"], and a
    field of a named tuple counts by its name. adapters[path] = (down, up), of shapes (n, r) and (r, m):

    merged[path] = params[path] + down @ up    where adapters has the path
                   params[path]                elsewhere, bit for bit

    Paths match as a whole: `block/1/w` is neither `block/10/w` nor `my/block/1/w`. No key holds a
    "/". The structure and the dtypes of `params` stay; the sum alone is rounded to them, adapters
    are not. An adapter whose path is that of no leaf is an error, whichever it is: ValueError.

        merge_adapters({"w": [[1, 1]], "v": [[5]]}, {"w": ([[2]], [[1, 3]])})
            = {"w": [[3, 7]], "v": [[5]]}

    Rules: paths are static, all arrays are traced; the caller's `params` and `adapters` stay as they are.
    Reference: E. Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", 2021.
    """
    # Your code here: about 8 lines.
    raise NotImplementedError
