"""What the primitives of JAX do, in words, and which of them cost what. Tables, no JAX."""

from __future__ import annotations

LOOPS = ("scan", "while")
WRAPPERS = frozenset(
    {"jit", "pjit", "closed_call", "custom_jvp_call", "custom_vjp_call", "remat2", "checkpoint"}
)

# Primitive -> what a program does that has it, in the order of what it costs. Each group is gone through whole before
# the next quantity is looked at.
HEAVY = {
    "sort": "sorts",
    "top_k": "picks the largest",
    "eigh": "computes eigenvalues",
    "svd": "computes singular values",
    "householder_product": "builds a matrix from reflections",
    "cholesky": "factors by Cholesky",
    "lu": "factors by LU",
    "triangular_solve": "solves a triangular system",
    "fft": "transforms by Fourier",
    "conv_general_dilated": "convolves",
    "dot_general": "multiplies matrices",
    "random_bits": "draws random bits",
    "threefry2x32": "draws random bits",
    "random_split": "splits a key",
    "random_fold_in": "folds a number into a key",
    "cond": "branches",
}
INDEXED = {
    "scatter": "writes by index",
    "scatter-add": "adds by index",
    "scatter-mul": "multiplies by index",
    "scatter-max": "keeps the largest by index",
    "scatter-min": "keeps the smallest by index",
    "gather": "reads by index",
}
MOVES = {
    **INDEXED,
    "dynamic_update_slice": "writes a slice",
    "dynamic_slice": "reads a slice",
    "transpose": "transposes",
    "concatenate": "joins arrays",
    "pad": "pads",
    "rev": "reverses",
}
ARITHMETIC = {
    "cumsum": "sums cumulatively",
    "cumprod": "multiplies cumulatively",
    "cummax": "takes a running maximum",
    "argmax": "looks for a largest place",
    "argmin": "looks for a smallest place",
    "reduce_sum": "sums",
    "reduce_max": "takes a maximum",
    "reduce_min": "takes a minimum",
    "reduce_prod": "takes a product",
    "exp": "exponentiates",
    "exp2": "exponentiates",
    "log": "takes a logarithm",
    "log1p": "takes a logarithm",
    "logistic": "takes a sigmoid",
    "tanh": "takes a tanh",
    "erf": "takes an error function",
    "pow": "takes a power",
    "sin": "takes a sine",
    "cos": "takes a cosine",
    "div": "divides",
    "rem": "takes a remainder",
    "sqrt": "takes a root",
    "rsqrt": "takes a root",
}
# What costs next to nothing once it is compiled: no remark is made on it.
TRIFLES = frozenset(
    {
        "broadcast_in_dim",
        "convert_element_type",
        "copy",
        "expand_dims",
        "iota",
        "reshape",
        "select_n",
        "slice",
        "split",
        "squeeze",
        "stop_gradient",
        "unstack",
        "random_wrap",
        "random_unwrap",
    }
)  # fmt: skip

# Of these the compiler counts no operations: a library outside does them.
UNCOUNTED = (
    "cholesky",
    "eig",
    "eigh",
    "geqrf",
    "householder_product",
    "lu",
    "schur",
    "svd",
    "triangular_solve",
    "tridiagonal_solve",
)
