"""Day 3: explicit randomness.

Here chance is an argument: the same key gives the same draw, and you say where new keys come from.
Two rules hold all day: use each key once, and take every draw from the key you are given.
Floats are float32 and finite, integers int32, unless a docstring says more.
Lesson: README.md beside this file. Grade: python -m grader day03
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, PyTree


def keys_like(key: Key[Array, ""], tree: PyTree) -> PyTree[Key[Array, ""]]:
    """Make a tree of the same structure with a fresh key at every leaf.

    All keys are scalar typed keys, different from each other and from `key`, and none of them has
    been used: the caller may draw from each. They depend on `key` and on the structure alone, so
    two trees that differ only in what their leaves hold get the same keys, in every process. (Python's
    `hash` and `id` give other numbers in each: they are left out.)

    A leaf may be anything (an array, a number, a string): its value is never looked at.
    `None` is an empty subtree, not a leaf, and stays `None`. A tree without leaves comes back as
    it is.

    Example: keys_like(key, {"w": 0.0, "b": [1, None]}) is {"w": key1, "b": [key2, None]}.

    Reference: JAX documentation, "Working with pytrees" and "Pseudorandom numbers".
    """
    leaves, structure = jax.tree.flatten(tree)
    return jax.tree.unflatten(structure, list(jax.random.split(key, len(leaves))))


def dropout(
    key: Key[Array, ""], x: Float[Array, "*shape"], rate: float | Float[Array, ""]
) -> Float[Array, "*shape"]:
    """Drop each element of `x` with probability `rate` and scale up what is left.

        outᵢ = xᵢ / (1 - rate)   with probability 1 - rate
        outᵢ = 0                 with probability rate

    Each element has its own chance, independent of the others, so the mean of the result over
    many keys is `x` ("inverted" dropout). Rate 0 gives `x` back. Rate 1 gives zeros, not NaN.
    Small rates such as 0.0002 are kept to, too.

    Example: with rate 0.75, [1, 2, 3, 4] may become [0, 8, 0, 0].

    Rules: `rate` lies in [0, 1] and may be traced, so do not branch on it in Python.
    Reference: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from
    overfitting".
    """
    keep = jax.random.bernoulli(key, 1 - rate, x.shape)
    return jnp.where(keep, x / (1 - rate), 0)


def noise_at(key: Key[Array, ""], step: int | Int[Array, ""], shape: tuple[int, ...]) -> Float[Array, "..."]:
    """Draw the standard normal noise that belongs to one step of a long run.

    The noise depends on `key` and `step` and on nothing else: step 7 is the same whether you ask
    for it first, last or twice. Different steps are independent, and so are different keys:
    step 1 of jax.random.key(0) is not step 0 of jax.random.key(1).

    The result is float32 of the given shape; the shape () gives a scalar. The law is the normal
    one, tails and all: a number beyond 4 comes up about once in 30,000 either way.

    Rules: `shape` is static. `step` lies in 0 ... 2³¹ - 1 and may be traced. Step 1,000,000 costs
    what step 0 costs: do not walk up to it.
    Reference: JAX documentation, jax.random.fold_in.
    """
    return jax.random.normal(jax.random.fold_in(key, step), shape)


def bootstrap_means(
    key: Key[Array, ""], x: Float[Array, "n"], n_resamples: int
) -> Float[Array, "n_resamples"]:
    """Return the means of `n_resamples` bootstrap resamples of `x`.

    One resample is n draws from x₁ … xₙ, uniform and with replacement; all draws are independent.

        meanᵣ = (1/n) Σⱼ x[iᵣⱼ]        iᵣⱼ uniform on 0 … n - 1

    Their spread tells how far the mean of `x` is to be trusted: it is std(x)/√n without any
    theory. n is at least 1; for n = 1 each mean is x itself.

    Example: for x = [0, 1] each mean is 0, ½ or 1, with probabilities ¼, ½ and ¼.

    Rules: `n_resamples` is static.
    Reference: Efron 1979, "Bootstrap methods: another look at the jackknife".
    """
    n = x.shape[0]
    picks = jax.random.randint(key, (n_resamples, n), 0, n)
    return x[picks].mean(axis=1)


def sample_mixture(
    key: Key[Array, ""],
    log_weights: Float[Array, "k"],
    means: Float[Array, "k"],
    stds: Float[Array, "k"],
    n: int,
) -> Float[Array, "n"]:
    """Draw `n` independent samples from a mixture of normal distributions.

        cᵢ = j with probability softmax(log_weights)ⱼ
        outᵢ = means[cᵢ] + stds[cᵢ] · εᵢ        εᵢ standard normal, independent of cᵢ

    The log weights are not normalised: adding a constant to all of them changes nothing, and they
    may be as large as ±1e4. A log weight of -inf means never. A deviation of 0 gives the
    component's mean itself.

    Example: log_weights = [0, ln 3] draws the first component in a quarter of all cases.

    Rules: `n` is static.
    Reference: JAX documentation, jax.random.categorical.
    """
    component_key, noise_key = jax.random.split(key)
    component = jax.random.categorical(component_key, log_weights, shape=(n,))
    return means[component] + stds[component] * jax.random.normal(noise_key, (n,))


def random_walks(key: Key[Array, ""], n_walks: int, n_steps: int) -> Int[Array, "n_walks n_steps"]:
    """Return the positions of `n_walks` independent random walks after each step.

        out[w, t] = s[w, 0] + … + s[w, t]        s[w, t] = +1 or -1, each with probability ½

    Every walk starts at 0. The start is not part of the result: column 0 is the position after
    the first step, so it holds only +1 and -1. All steps are independent, within a walk and
    between walks. The result is int32, and exact for walks of 65,536 steps.

    Rules: `n_walks` and `n_steps` are static and at least 1.
    Reference: JAX documentation, jax.random.
    """
    steps = jax.random.rademacher(key, (n_walks, n_steps), dtype=jnp.int32)
    return jnp.cumsum(steps, axis=1)


def shuffle_together(
    key: Key[Array, ""], x: Float[Array, "n d"], y: Int[Array, "n"]
) -> tuple[Float[Array, "n d"], Int[Array, "n"]]:
    """Shuffle the rows of `x` and the entries of `y` by one and the same permutation.

    Row i of the new `x` and entry i of the new `y` come from the same place. All n! orders are
    equally likely, the old one among them. Values and dtypes stay as they are.

    Example: x = [[1], [2], [3]], y = [10, 20, 30] may become [[3], [1], [2]], [30, 10, 20].

    Rules: use the key once. To shuffle `x` and then `y` with the same key happens to keep the
    pairs, but it is reuse of a key, and that is checked.
    Reference: JAX documentation, jax.random.permutation.
    """
    order = jax.random.permutation(key, x.shape[0])
    return x[order], y[order]


def gumbel_top_k(key: Key[Array, ""], logits: Float[Array, "n"], k: int) -> Int[Array, "k"]:
    """★ Draw `k` different indices, in order, by perturbing the logits with Gumbel noise.

    Gumbel noise gᵢ = -log(-log uᵢ), uᵢ uniform on (0, 1), turns sampling into sorting: the
    indices of the k largest logitsᵢ + gᵢ, largest first, are k draws without replacement.

        P(first = i) = pᵢ        p = softmax(logits)
        P(second = j, given first = i) = pⱼ / (1 - pᵢ)        j ≠ i, and so on

    The logits are not normalised and may be as large as ±1e4. A logit of -inf is never drawn; at
    least k logits are finite. k = n gives a whole random order.

    Example: logits = [0, 0, -inf], k = 2 gives [0, 1] or [1, 0], each with probability ½.

    Rules: `k` is static. Not through `jax.random.choice` or `jax.random.categorical`.
    Reference: Kool et al. 2019, "Stochastic beams and where to find them".
    """
    _, indices = jax.lax.top_k(logits + jax.random.gumbel(key, logits.shape), k)
    return indices
