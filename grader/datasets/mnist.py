"""The real MNIST: fetched through torchvision where there is internet, verified, and trained on with a learner's day 14."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from grader.datasets.vision import NoVision, torchvision_parts
from grader.kata import catalogue

SIZES = (60_000, 10_000)  # images for training and for testing


class NoData(Exception):
    """The data are not there; the text says why and what to do."""


def fetch(root: Path, say: Callable[[str], None], sizes: tuple[int, int] = SIZES) -> None:
    """Have the files of MNIST below a folder, in `MNIST/raw`, each with the right checksum and the right shape.

    What is there and right is kept; a damaged folder is set aside under another name. Raises NoData.
    """
    try:
        data_sets, utilities = torchvision_parts("torchvision.datasets", "torchvision.datasets.utils")
    except NoVision as reason:
        raise NoData(f"MNIST comes through torchvision. {reason}") from None
    MNIST = data_sets.MNIST  # noqa: N806
    raw = root / "MNIST" / "raw"
    damaged = [
        name
        for name, checksum in MNIST.resources
        if (raw / name).exists() and not utilities.check_integrity(str(raw / name), checksum)
    ]
    if damaged:
        aside = raw.with_name(f"raw.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
        raw.rename(aside)
        say(f"{', '.join(damaged)}: not what the checksum says. The folder lies aside as {aside}.")
    try:
        sets = [MNIST(str(root), train=train, download=True) for train in (True, False)]
    except (OSError, RuntimeError) as error:
        names = ", ".join(name for name, _ in MNIST.resources)
        raise NoData(
            f"MNIST could not be fetched ({error}).\n"
            f"That takes the internet, and room for 65 MB. Or put the files by hand into {raw}:\n{names}"
        ) from error
    for data, size in zip(sets, sizes, strict=True):
        shape, labels = tuple(data.data.shape), {int(label) for label in data.targets}
        if shape != (size, 28, 28) or labels != set(range(10)):
            expected = f"{size} images of 28 x 28 with labels 0 to 9"
            raise NoData(
                f"{raw} holds {shape} with labels {sorted(labels)}; expected {expected}. Delete it and try again."
            )
        say(f"{size:,} images of 28 x 28 for {'testing' if data is sets[1] else 'training'}, checksums right")
    say(f"in {raw}")


def fit(root: Path, tree: Path, n_epochs: int) -> bool:
    """Train with the `fit` and the `CNN` of a tree's day 14 on the files below a folder; whether that went well.

    Runs in a process of its own, which prints what it does. JAX's settings come from the environment.
    """
    day = catalogue.find_day("flax_cnn")
    command = [
        sys.executable,
        "-m",
        "grader.datasets.mnist_fit",
        str(day.file_in(tree)),
        str(root),
        str(n_epochs),
    ]
    environment = {**os.environ, "PYTHONPATH": str(catalogue.GRADER.parent)}
    return subprocess.run(command, env=environment, check=False).returncode == 0


def default_folder() -> Path:
    """`data` in the kata's folder, which git does not see; in one's own folder where the kata is installed."""
    return catalogue.OWN / "data"
