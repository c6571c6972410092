"""Day 9: loops that stay loops.

A Python loop under jit is written out, round by round. `scan`, `fori_loop` and `while_loop` compile
their body once, `cond` and `switch` choose on the device, `associative_scan` goes in parallel.
Arrays are float32 or int32 unless a docstring says more, and a sequence has one step at least (T >= 1).
What is smooth can be differentiated, forwards at least; a NaN goes on into what is computed from it.
Lesson: README.md beside this file. Grade: python -m grader day09
"""

import math

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int


def kalman_filter(
    params: dict[str, Float[Array, "..."]], observations: Float[Array, "T m"]
) -> tuple[Float[Array, "T n"], Float[Array, "T n n"]]:
    """Follow a hidden state through noisy observations: mean and covariance after each of them.

    Each step predicts, then corrects by one observation y:

        μ' = F μ              Σ' = F Σ Fᵀ + Q
        S  = H Σ' Hᵀ + R      K  = Σ' Hᵀ S⁻¹
        μ  = μ' + K (y - H μ')
        Σ  = Σ' - K S Kᵀ

    params is a dict of arrays: "mean" (n,) and "covariance" (n, n) of the state before the first step,
    "transition" F (n, n), "process_noise" Q (n, n), "emission" H (m, n), "observation_noise" R (m, m).
    Σ, Q and R are covariances, and S is positive definite. Units are anybody's: a covariance of 1e-12 is
    not zero. The first step predicts, too. NaN in an observation goes into all means from there on.

        all params 1 (n = m = 1), observations [[3]]:
        μ' = 1, Σ' = 2, S = 3, K = 2/3, so means = [[7/3]], covariances = [[[2/3]]]

    Rules: the program does not grow with T. It is timed against a Python loop over the steps.
    Reference: S. Särkkä, "Bayesian Filtering and Smoothing", section 4.3.
    """
    transition, emission = params["transition"], params["emission"]

    def step(state, observation):
        mean, covariance = state
        mean = transition @ mean
        covariance = transition @ covariance @ transition.T + params["process_noise"]
        innovation = emission @ covariance @ emission.T + params["observation_noise"]
        gain = jnp.linalg.solve(innovation, emission @ covariance).T
        mean = mean + gain @ (observation - emission @ mean)
        covariance = covariance - gain @ innovation @ gain.T
        return (mean, covariance), (mean, covariance)

    start = (params["mean"], params["covariance"])
    _, filtered = lax.scan(step, start, observations)
    return filtered


def rnn(
    params: dict[str, Float[Array, "..."]], inputs: Float[Array, "T d"], state: Float[Array, "hidden"]
) -> tuple[Float[Array, "hidden"], Float[Array, "T hidden"]]:
    """Run a recurrent network over a sequence: the last state, and all states on the way.

    hₜ = tanh(W xₜ + U hₜ₋₁ + b)   for t = 1 .. T, from h₀ = state

    params is a dict of arrays: "input" W (hidden, d), "recurrent" U (hidden, hidden), "bias" b (hidden,).
    Row t of the second result is the state after input t; h₀ is not among them. T is at least 1.

        W = [[1]], U = [[0]], b = [0], inputs = [[0], [1]], state = [5]:
        last = [0.7616], states = [[0], [0.7616]]

    Rules: it can be differentiated in reverse mode, with respect to params, inputs and state. The
    program does not grow with T. It is timed against a Python loop over the steps.
    Reference: J. L. Elman, "Finding structure in time", 1990.
    """
    projected = inputs @ params["input"].T + params["bias"]

    def step(state, x):
        state = jnp.tanh(x + params["recurrent"] @ state)
        return state, state

    return lax.scan(step, state, projected)


def discounted_returns(
    rewards: Float[Array, "T"], ends: Bool[Array, "T"], discount: Float[Array, ""]
) -> Float[Array, "T"]:
    """Add up the rewards that follow each step, those further off discounted.

    Gₜ = rₜ                  where step t ends an episode, and at the last step
         rₜ + discount Gₜ₊₁  elsewhere

    The rewards of one episode never count for another one. A NaN makes the returns before it in its episode NaN;
    in the episodes before, it may or may not.

        rewards [1, 2, 4, 8], ends [False, True, False, False], discount 0.5:
        G = [2, 2, 8, 8]

    Rules: `discount` is a Python number or a traced scalar, from 0 to 1. The program does not grow with T, or like
    log T at most, and at T = 1000 no array in it has more than 100,000 elements.
    Reference: R. Sutton and A. Barto, "Reinforcement Learning", section 3.3.
    """

    def step(following, now):
        reward, end = now
        total = reward + discount * jnp.where(end, 0, following)
        return total, total

    _, returns = lax.scan(step, jnp.zeros((), rewards.dtype), (rewards, ends), reverse=True)
    return returns


def collatz_steps(n: Int[Array, ""]) -> Int[Array, ""]:
    """Count the steps from `n` down to 1.

    n → n / 2     if n is even
        3 n + 1   if n is odd

    1 takes no steps. n lies in 1 .. 100,000; there no number on the way exceeds int32, and no way is
    longer than 350 steps (that of 77,031), but write down no such bound.

        collatz_steps(6) = 8    6, 3, 10, 5, 16, 8, 4, 2, 1

    Rules: `n` is traced, so how many steps there will be is not known while JAX traces. Lifted over
    many n by `vmap`, it is timed against Python ints.
    Reference: JAX docs, "jax.lax.while_loop".
    """

    def unfinished(state):
        n, _ = state
        return n != 1

    def step(state):
        n, steps = state
        return jnp.where(n % 2 == 0, n // 2, 3 * n + 1), steps + 1

    _, steps = lax.while_loop(unfinished, step, (n, jnp.zeros_like(n)))
    return steps


def welford(x: Float[Array, "T"]) -> tuple[Float[Array, "T"], Float[Array, "T"]]:
    """Take the running mean and variance: of the first value, of the first two, and so on.

    k counts the values so far. From μ₀ = 0 and M₀ = 0, for k = 1 .. T:

        δ  = xₖ - μₖ₋₁
        μₖ = μₖ₋₁ + δ / k
        Mₖ = Mₖ₋₁ + δ (xₖ - μₖ)
        varianceₖ = Mₖ / k

    The first variance is 0. The mean of the squares minus the square of the mean would be the same on
    paper. In float32 it is noise when the values lie around 1e6: both are near 1e12.

        welford([1, 3, 5]) = ([1, 2, 3], [0, 1, 2.667])

    A NaN makes all that follows NaN. Values that scatter by 1e-7 have a variance, too.

    Rules: of 33 values that scatter by 100 around 1e6 the variances are right to within 1 %, or 1 where they
    are small. The program does not grow with T, and at T = 1000 no array in it has more than 100,000 elements.
    It is timed against a Python loop over the values.
    Reference: B. P. Welford, "Note on a method for calculating corrected sums of squares", 1962.
    """

    def step(state, value):
        count, mean, scatter = state
        count = count + 1
        difference = value - mean
        mean = mean + difference / count
        scatter = scatter + difference * (value - mean)
        return (count, mean, scatter), (mean, scatter / count)

    zero = jnp.zeros((), x.dtype)
    _, running = lax.scan(step, (zero, zero, zero), x)
    return running


def power_iteration(matrix: Float[Array, "n n"], n_steps: int) -> tuple[Float[Array, ""], Float[Array, "n"]]:
    """Find the largest eigenvalue and its vector, by multiplying again and again.

    v₀ = (1, .., 1) / √n
    w  = matrix vₖ
    vₖ₊₁ = w / ‖w‖   if w is not zero
           vₖ        if it is: there is nothing to divide

    Returns (vᵀ matrix v, v) for the v after n_steps steps; n_steps = 0 takes v₀. The eigenvalue may be
    negative. Any matrix will do whose entries are 0, or between 1e-12 and 1e12 in size.

        power_iteration([[1, -1], [-1, 1]], 5) = (0, [0.707, 0.707])   since matrix v₀ = 0

    Rules: `n_steps` is static, and the program does not grow with it. Gradients with respect to the
    matrix go through all steps; at the zero matrix, where v stays v₀, they are finite, too: v vᵀ.
    Reference: JAX docs, "jax.lax.cond" and "jax.lax.fori_loop".
    """
    n = len(matrix)

    def step(_, vector):
        image = matrix @ vector
        return lax.cond(jnp.linalg.norm(image) > 0, lambda: image / jnp.linalg.norm(image), lambda: vector)

    start = jnp.full(n, 1 / math.sqrt(n), matrix.dtype)
    vector = lax.fori_loop(0, n_steps, step, start)
    return vector @ matrix @ vector, vector


def activate(x: Float[Array, "*shape"], name_index: Int[Array, ""]) -> Float[Array, "*shape"]:
    """Apply the activation function that a number names.

    0  identity   x
    1  relu       max(x, 0)
    2  tanh       tanh(x)
    3  softplus   log(1 + eˣ)

    A number below 0 counts as 0, one above 3 as 3. Softplus stays finite: at 100 it is 100. Values are right to
    within 1e-6; derivatives are asked for where |x| <= 10. x is finite, and keeps its dtype: float32, or float16
    up to 10.

        activate([-1, 2], 1) = [0, 2]

    Rules: `name_index` is a Python int or traced. Only the function that is chosen runs: the program
    holds a branch (`switch` or `cond`) for each, not four results to select from. `jax.nn` is allowed.
    Reference: JAX docs, "jax.lax.switch".
    """
    functions = (lambda x: x, jax.nn.relu, jnp.tanh, jax.nn.softplus)
    return lax.switch(name_index, functions, x)


def linear_recurrence(a: Float[Array, "T *item"], b: Float[Array, "T *item"]) -> Float[Array, "T *item"]:
    """Solve a linear recurrence for all steps in parallel.

    hₜ = aₜ hₜ₋₁ + bₜ   elementwise, for t = 1 .. T, from h₀ = 0

    The coefficients may be 0, negative, and larger than 1 in size; no product of theirs leaves the range of float32.
    T is at least 1.

        linear_recurrence([2, 3, 0], [1, 1, 5]) = [1, 4, 5]

    Rules: not one step after the other. The program holds no `scan` and no `while`; its depth grows like log T:
    at T = 1000 it has at most 600 operations, and no array with more than 100,000 elements.
    Reference: G. Blelloch, "Prefix sums and their applications", 1990, section 1.4.
    """

    def after(first, second):
        a_first, b_first = first
        a_second, b_second = second
        return a_first * a_second, a_second * b_first + b_second

    _, states = lax.associative_scan(after, (a, b))
    return states


def remat_chain(weights: Float[Array, "L d d"], x: Float[Array, "n d"]) -> Float[Array, "n d"]:
    """★ Pass `x` through a deep chain of layers whose gradient needs little memory.

    x → tanh(x Wₗ)   for l = 1 .. L

    Reverse mode keeps what each layer computed until it comes back to it: a multiple of L arrays of x's shape. Keep
    the inputs of √L segments of √L layers each, and compute a segment again when its turn comes:
    about 2 √L arrays at a time, for one more forward pass.

    L is a perfect square: 1, 4, 9, 16, ... The gradients are those of the plain chain.

    Rules: compiled for L = 100, its gradient needs at most 70 % of the temporary memory that one array of x's shape
    for each layer would take (the plain scan takes 300 %). The program does not grow with L.
    Reference: T. Chen et al., "Training deep nets with sublinear memory cost", 2016.
    """

    def layer(x, layer_weights):
        return jnp.tanh(x @ layer_weights), None

    @jax.checkpoint
    def segment(x, segment_weights):
        return lax.scan(layer, x, segment_weights)

    length = math.isqrt(len(weights))
    segments = weights.reshape(length, length, *weights.shape[1:])
    return lax.scan(segment, x, segments)[0]
