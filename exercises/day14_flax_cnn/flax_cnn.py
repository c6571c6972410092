"""Day 14: Flax and a real data set.

Modules that name their arrays, collections that change while training, a training state, batches from a
data loader, and a whole run: a convolutional network learns to read digits.
Lesson: README.md beside this file. Grade: python -m grader day14
"""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from flax.training import train_state
from jaxtyping import Array, Bool, Float, Int, Key, PyTree


class LinearRegression(nn.Module):
    """Fit a line: a module with two parameters of its own.

    y = x · w + b

    The parameters are called `w`, of shape (d,), and `b`, of shape (). d is the width of x, which the
    module learns when `init` shows it an x. At first w is drawn from a normal distribution of deviation
    0.01, and b is 0. Gradients flow to w, b and x.

        model = LinearRegression()
        variables = model.init(key, zeros((1, 3)))    # {"params": {"w": 3 numbers, "b": 0}}
        model.apply({"params": {"w": [2, 1], "b": 5}}, [[1, 0], [1, 3]]) = [7, 10]

    Rules: not through `nn.Dense` or its like. You may write it with `setup` instead of `@nn.compact`, as
    long as names and shapes are these.
    Reference: Flax docs, "Defining modules: self.param".
    """

    @nn.compact
    def __call__(self, x: Float[Array, "n d"]) -> Float[Array, "n"]:
        """The predictions for n rows."""
        # Your code here: about 3 lines.
        raise NotImplementedError


class RunningStandardizer(nn.Module):
    """Standardise columns with statistics of all rows seen so far: state that is no parameter.

    Three variables in the collection "batch_stats": `count` (int32, shape (), at first 0), `mean` (d,), at
    first 0, and `var` (d,), at first 1. A batch of k rows with mean m and variance v (the mean squared
    distance from m) joins n old rows like this, with δ = m - mean:

    count' = n + k
    mean'  = mean + δ · k / (n + k)
    var'   = (n · var + k · v) / (n + k) + δ² · (n / (n + k)) · (k / (n + k))

    So after any batches, large and small, mean and var are those of all their rows together. n may be a billion:
    its square, and n k, are too large for an int32. Columns may lie far from 0: around 3000 with a deviation of 1
    var comes out right to three places, which mean(x²) - mean(x)² does not.

    With train=True: move the statistics, then return (x - mean') / sqrt(var' + eps).
    With train=False: return (x - mean) / sqrt(var + eps), and leave the statistics as they are: no variable is
    written, and `apply` needs no `mutable`.
    `init` runs the method, too: it makes the variables and must not count its example's rows.

    Rules: `train` is a Python bool. The variables keep their shapes and dtypes.
    Reference: T. Chan, G. Golub, R. LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing
    Sample Variances", 1979; Flax docs, "Defining modules: self.variable".
    """

    eps: float = 1e-6

    @nn.compact
    def __call__(self, x: Float[Array, "n d"], train: bool) -> Float[Array, "n d"]:
        """The rows of x, standardised."""
        # Your code here: about 12 lines.
        raise NotImplementedError


class CNN(nn.Module):
    """Read digits: convolutions, batch normalisation, dropout and a dense layer.

    For each number in `features`, in this order: Conv (kernel 3 x 3, padding "SAME", with bias),
    BatchNorm (momentum 0.9), relu, max_pool (window 2 x 2, strides 2 x 2).
    Then flatten, Dropout, and Dense with `n_classes` outputs: the logits.

    With train=True BatchNorm uses the batch and moves its statistics, and Dropout drops with the key
    "dropout", each number by itself. With train=False there is no randomness, and no example minds its neighbours in
    the batch.

    Pooling leaves out an odd last row or column. Images may be of any size from which pooling leaves something: 8 x 8 and 28 x 28
    alike.

        CNN((8, 16)) on images of shape (n, 8, 8, 1) has 80 + 16 + 1168 + 32 + 650 = 1946 parameters,
        and 48 numbers in "batch_stats"; on (n, 28, 28, 1) it has 9146 parameters

    Rules: layers of `flax.linen`. `train` is a Python bool.
    Reference: Flax docs, "Batch normalization" and "Dropout".
    """

    features: Sequence[int] = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    @nn.compact
    def __call__(self, images: Float[Array, "n h w c"], train: bool) -> Float[Array, "n n_classes"]:
        """The logits of n images."""
        # Your code here: about 8 lines.
        raise NotImplementedError


class TrainState(train_state.TrainState):
    """Given: what a training run carries from step to step, with batch statistics beside the parameters."""

    batch_stats: Any


def create_train_state(
    key: Key[Array, ""],
    model: nn.Module,
    sample: Float[Array, "..."],
    optimizer: optax.GradientTransformation,
) -> TrainState:
    """Make the state that a training run starts from.

    step         0, as an int32 array
    params       the parameters that `model.init` draws for inputs shaped like `sample`
    batch_stats  the collection of that name; {} for a model that has none
    opt_state    what `optimizer` starts with, for params
    apply_fn     model.apply
    tx           optimizer

    The model is called as model.apply(variables, inputs, train=...). `sample` shows it shape and dtype, as they are.
    `TrainState.create` does most of it. Left alone it counts steps from a Python 0, and a compiled step
    is then traced a second time: say the dtype.

    Rules: `model` and `optimizer` are static.
    Reference: Flax docs, "flax.training.train_state.TrainState".
    """
    # Your code here: about 8 lines.
    raise NotImplementedError


def train_step(
    state: TrainState, images: Float[Array, "n ..."], labels: Int[Array, "n"], key: Key[Array, ""]
) -> tuple[TrainState, Float[Array, ""]]:
    """Take one step of training: parameters, optimiser, batch statistics and step count move on.

    loss    the mean over the batch of -log softmax(logits)[label], with logits in training mode; finite,
            also for logits of 1e4
    params  one update by the optimiser for the loss's gradient with respect to params
    batch_stats  what the forward pass of this batch has made of them
    step    one more

    The network is state.apply_fn(variables, images, train=True, ...), with the collections "params" and
    "batch_stats". Callers give the same `key` at every step; dropout must differ from step to step all
    the same. So its key is made from `key` and `state.step` and nothing else: equal (key, step) draw the same,
    others draw otherwise.

    Returns (new state, loss).

    Rules: compiled, it is traced once. The given state stays as it was.
    Reference: Flax docs, "Batch normalization" and "Dropout".
    """
    # Your code here: about 12 lines.
    raise NotImplementedError


def eval_step(
    state: TrainState, images: Float[Array, "n ..."], labels: Int[Array, "n"]
) -> tuple[Float[Array, "n"], Bool[Array, "n"]]:
    """Judge each example of a batch by itself, with the network as it stands.

    losses   -log softmax(logits)[label], a number for each example; finite, also for logits of 1e4
    correct  whether the largest logit is that of the label; of logits as near as 1e-6 any may be it

    The network is state.apply_fn(variables, images, train=False). Nothing is drawn and nothing moves:
    the same example gets the same loss in any batch, alone or among others.

    Returns (losses, correct).

    Rules: compiled, it is traced once.
    Reference: Flax docs, "Batch normalization".
    """
    # Your code here: about 4 lines.
    raise NotImplementedError


def numpy_collate(
    batch: Sequence[tuple[Any, Any]],
) -> tuple[Float[np.ndarray, "n h w c"], Int[np.ndarray, "n"]]:
    """Join the samples that a data set gives one by one into a batch for JAX.

    A sample is a pair (image, label). An image comes in one of two forms, told apart by its dtype:

    float of any width, (c, h, w), 0 to 1  what torchvision's `ToTensor` makes: a torch tensor
    uint8, (h, w) or (h, w, c), 0 to 255   what there is without a transform: a PIL image, an array

    `np.asarray` reads all of these. All images of a batch have the same form and shape. A label is a Python int, or an
    integer tensor or array of shape ().

    Returns (images, labels), two NumPy arrays: images of shape (n, h, w, c), float32, from 0 to 1; labels of
    shape (n,), int32.

        DataLoader(data_set, batch_size=64, collate_fn=numpy_collate)

    Rules: NumPy alone; a data loader calls it in processes of its own, where JAX has no business. It
    is to work where torch is not installed, with NumPy arrays for images.
    Reference: JAX docs, "Training a simple neural network, with PyTorch data loading".
    """
    # Your code here: about 9 lines.
    raise NotImplementedError


def evaluate(
    state: TrainState, batches: Iterable[tuple[Float[Array, "n ..."], Int[Array, "n"]]]
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Measure loss and accuracy over many batches, of which the last may be smaller.

    loss      the mean of -log softmax(logits)[label] over all examples of all batches; finite, also for logits of 1e4
    accuracy  the share of all examples whose largest logit is that of the label

    Every example weighs the same: one in a small batch as much as one in a large batch. The network is
    state.apply_fn(variables, images, train=False). `batches` gives pairs (images, labels), NumPy arrays or
    JAX arrays, once: a generator or a DataLoader, with at least one batch.

    Returns (loss, accuracy).

    Rules: the network runs compiled. It is traced once for each shape of batch, and not again when
    `evaluate` is called with a later state. `jit` knows what it has compiled by the function it was
    given: a function that is defined anew in each call is compiled anew.
    Reference: JAX docs, "Just-in-time compilation: JIT and caching".
    """
    # Your code here: about 10 lines.
    raise NotImplementedError


def fit(
    key: Key[Array, ""],
    model: nn.Module,
    train: tuple[Float[Array, "n ..."], Int[Array, "n"]],
    test: tuple[Float[Array, "m ..."], Int[Array, "m"]],
    n_epochs: int,
) -> tuple[TrainState, Float[Array, "{n_epochs}"]]:
    """Train a classifier from nothing, and measure it after each epoch.

    1. Make a TrainState: parameters, batch statistics, an optimiser of your choice.
    2. In each epoch visit the training images in a new order, a batch at a time, with a step of
       training on each batch: mean cross-entropy, dropout with a new key each time.
    3. After each epoch take the accuracy on all of `test`, in evaluation mode.

    `train` and `test` are pairs (images, labels). n and m are any numbers: an epoch may leave out the few
    images that fill no batch, others each time, and there may be fewer images than you would put into a batch. The network
    is called as model.apply(variables, images, train=...), and may have dropout and batch statistics.

    Returns (state, accuracies): the last state, and an accuracy for each epoch. Equal arguments give
    equal results.

    What is asked for: at least 97 % on 360 held-out digits (8 x 8) after 20 epochs on the other 1437.

    Rules: the optimiser and the size of a batch are yours. `test` is for measuring alone. The network runs
    compiled: it is traced a few times, and not anew in each epoch.
    Reference: Flax docs, "MNIST tutorial".
    """
    # Your code here: about 40 lines.
    raise NotImplementedError


class NnxCNN(nnx.Module):
    """★ Build the network of `CNN` in NNX, where a module holds its arrays, and train it a step.

    For each number in `features`, in this order: Conv (kernel 3 x 3, padding "SAME", with bias),
    BatchNorm (momentum 0.9), relu, max_pool (window 2 x 2, strides 2 x 2).
    Then flatten, Dropout, which drops each number by itself, and Linear with `n_classes` outputs: the logits.

    NNX makes all arrays at once, so sizes must be known: `image_shape` is (h, w, c) of one image. A pool
    halves h and w, and leaves out an odd last row or column.

    A new model is in training mode. `model.eval()` and `model.train()` switch the layers that care: not
    your business, as long as those layers are NNX's own.

    Rules: layers of `flax.nnx`. All randomness comes from `rngs`. The caller compiles `train_step` under
    `nnx.jit`; it is traced once.
    Reference: Flax docs, "NNX: MNIST tutorial" and "nnx.Optimizer".
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        rngs: nnx.Rngs,
        features: Sequence[int] = (16, 32),
        n_classes: int = 10,
        dropout_rate: float = 0.25,
    ) -> None:
        """Make the layers. A list of layers goes into `nnx.List`."""
        # Your code here: about 10 lines.
        raise NotImplementedError

    def __call__(self, images: Float[Array, "n h w c"]) -> Float[Array, "n n_classes"]:
        """The logits of n images."""
        # Your code here: about 4 lines.
        raise NotImplementedError

    def train_step(
        self, optimizer: nnx.Optimizer, images: Float[Array, "n h w c"], labels: Int[Array, "n"]
    ) -> Float[Array, ""]:
        """Update this model in place, by the gradient of the mean cross-entropy, and return the loss: finite, also for
        logits of 1e4.

        The optimiser was made by nnx.Optimizer(model, transformation, wrt=nnx.Param): it moves parameters, and
        nothing else. The model is in training mode.
        """
        # Your code here: about 6 lines.
        raise NotImplementedError
