"""Import torchvision, for its data sets alone: also where its compiled operators do not fit the torch that is installed."""

from __future__ import annotations

import importlib
import sys
import warnings
from typing import Any

INSTALL = "python -m pip install -e '.[vision]'"
_NMS = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


class NoVision(Exception):
    """torchvision cannot be used here; the text says why and how to get it."""


def torchvision_parts(*names: str) -> list[Any]:
    """Modules by their full names: `torchvision.datasets`, `torch.utils.data`. Raises NoVision.

    A torchvision that was built for another torch (with CUDA, say) ends its import with `operator torchvision::nms
    does not exist`, although nothing of its data sets needs that operator. Then the operator is announced, and
    the import tried once more.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return [importlib.import_module(name) for name in names]
            except RuntimeError as error:
                if "torchvision::nms" not in str(error):
                    raise
                for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
                    del sys.modules[name]
                importlib.import_module("torch").library.define("torchvision::nms", _NMS)
                return [importlib.import_module(name) for name in names]
    except ModuleNotFoundError as error:
        raise NoVision(f"{error.name} is not installed. `{INSTALL}` brings torchvision and torch.") from None
    except (ImportError, OSError, RuntimeError) as error:
        reason = str(error).partition("\n")[0][:100]
        raise NoVision(
            f"torchvision cannot be imported here ({reason}). `{INSTALL}` brings one that fits."
        ) from None
