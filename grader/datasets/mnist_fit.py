"""Train a learner's day 14 on MNIST: `python -m grader.datasets.mnist_fit FILE ROOT EPOCHS`. A process of its own, with JAX."""

from __future__ import annotations

import sys
import time
import traceback
from pathlib import Path
from typing import Any

import jax
import numpy as np

from grader.datasets.vision import torchvision_parts
from grader.source.loading import load


def main(file: Path, root: Path, n_epochs: int) -> int:
    """Print the accuracy after each epoch, and the time; 0 when that went well."""
    learner = load(file)
    for problem in learner.problems:
        print(f"{problem.message}\n{problem.hint}", file=sys.stderr)
    absent = [name for name in ("CNN", "fit") if not hasattr(learner.module, name) or learner.is_stub(name)]
    if absent:
        print(f"{' and '.join(absent)} of {file.name} is still to do; day 14 teaches it.", file=sys.stderr)
        return 1
    train, test = (_arrays(root, train) for train in (True, False))
    print(
        f"training on {len(train[1]):,} images, {n_epochs} epochs, on {jax.devices()[0].platform}; this takes a while"
    )
    begin = time.perf_counter()
    try:
        _, accuracies = learner.module.fit(jax.random.key(0), learner.module.CNN(), train, test, n_epochs)
    except NotImplementedError:
        print("Something that fit calls is still to do.", file=sys.stderr)
        return 1
    except Exception:
        traceback.print_exc()
        return 1
    for epoch, accuracy in enumerate(np.asarray(accuracies), start=1):
        print(f"epoch {epoch}: {100 * accuracy:.2f} % of {len(test[1]):,} held-out digits")
    print(f"{time.perf_counter() - begin:.1f} s")
    return 0


def _arrays(root: Path, train: bool) -> tuple[Any, Any]:
    """Images (n, 28, 28, 1), float32 from 0 to 1; labels (n,), int32."""
    (data_sets,) = torchvision_parts("torchvision.datasets")
    data = data_sets.MNIST(str(root), train=train)
    images = data.data.numpy().astype(np.float32)[..., None] / 255
    return images, data.targets.numpy().astype(np.int32)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
