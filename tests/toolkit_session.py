"""A learner's file under the toolkit, inside the test process: for tests of messages and of single toolkit checks."""

from __future__ import annotations

import itertools
import textwrap
from pathlib import Path

from grader.source.loading import load
from grader.toolkit import Learner
from grader.toolkit.contract import Contract
from grader.toolkit.session import Session
from grader.worker.plugin import prepare_jax

prepare_jax()
_numbers = itertools.count()


def learner_of(tmp_path: Path, source: str, contract: str = "") -> Learner:
    """Handles for the functions in a text. Without a contract of its own the text promises its own signatures."""
    source = (
        "import jax\nimport jax.numpy as jnp\nimport numpy as np\nfrom jax import lax\n"
        + textwrap.dedent(source)
    )
    file = tmp_path / f"learner_{next(_numbers)}.py"
    file.write_text(source, encoding="utf-8")
    head = "from jaxtyping import Array, Bool, Float, Int, Key\n"
    loaded = load(file)
    assert not loaded.problems
    return Learner(
        Session(loaded, Contract(head + textwrap.dedent(contract) if contract else source)), loaded
    )


FIRST_LINE = 5  # where the text begins in the file
