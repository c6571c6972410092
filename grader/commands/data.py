"""`data`: fetch and verify a data set, and train a learner's day 14 on it."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from grader.commands.command import Command, CommandOption, WrongUsage
from grader.commands.common import FROM, SOLUTIONS, number_from, refuse, tree_of
from grader.results import Exit


def run(asked: argparse.Namespace) -> int:
    """Fetch it; train when it was said for how long."""
    if asked.words != ["mnist"]:
        raise WrongUsage("data takes the name of a data set, and mnist is the one there is")
    from grader.datasets import mnist

    tree = None if asked.fit is None else tree_of(asked)
    return fetch_and_fit(mnist.default_folder(), tree, asked.fit)


def fetch_and_fit(folder: Path, tree: Path | None, n_epochs: int | None) -> int:
    """Have MNIST in a folder; train the day 14 of a tree on it for some epochs, or none at all."""
    from grader.datasets import mnist

    try:
        mnist.fetch(folder, print)
    except mnist.NoData as error:
        return refuse(str(error))
    if tree is None or n_epochs is None:
        print("Train your day 14 on it: python -m grader data mnist --fit 3")
        return Exit.DONE
    return Exit.DONE if mnist.fit(folder, tree, n_epochs) else Exit.UNDONE


FIT = CommandOption(
    ("--fit",),
    "train your day 14 on it",
    read=partial(number_from, 1),
    takes="a number of epochs from 1 on",
    metavar="EPOCHS",
)
COMMAND = Command("mnist [--fit EPOCHS]", "fetch MNIST; train your day 14 on it", run, (FROM, SOLUTIONS, FIT))
