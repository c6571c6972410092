"""Import torchvision, for its data sets alone: also where its compiled operators do not fit the torch that is installed."""

from __future__ import annotations

import importlib
import re
import sys
import warnings
from typing import Any

from grader.kata.catalogue import INSTALLED

INSTALL = "python -m pip install torchvision" if INSTALLED else "python -m pip install -e '.[vision]'"
_MISSING = re.compile(r"operator torchvision::(\w+) does not exist")
_MOST_OPERATORS = 50
_kept: list[Any] = []


class NoVision(Exception):
    """torchvision cannot be used here; the text says why and how to get it."""


def torchvision_parts(*names: str) -> list[Any]:
    """Modules by their full names: `torchvision.datasets`, `torch.utils.data`. Raises NoVision.

    A torchvision that was built for another torch (with CUDA, say) ends its import with `operator torchvision::nms
    does not exist`, although its data sets need no such operator. Then those operators are announced, so that the import
    goes on.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for _ in range(_MOST_OPERATORS):
                try:
                    return [importlib.import_module(name) for name in names]
                except RuntimeError as error:
                    missing = _MISSING.search(str(error))
                    if missing is None:
                        raise
                    _announce(missing[1])
            return [importlib.import_module(name) for name in names]
    except ModuleNotFoundError as error:
        raise NoVision(f"{error.name} is not installed. `{INSTALL}` brings torchvision and torch.") from None
    except (ImportError, OSError, RuntimeError) as error:
        reason = str(error).partition("\n")[0][:100]
        raise NoVision(
            f"torchvision cannot be imported here ({reason}). `{INSTALL}` brings one that fits."
        ) from None


def _announce(operator: str) -> None:
    """Tell torch of an operator that nobody will call, and forget the import that missed it."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    library = importlib.import_module("torch").library.Library("torchvision", "FRAGMENT")
    library.define(f"{operator}(Tensor input) -> Tensor")
    _kept.append(library)  # it takes its operators along when it goes
