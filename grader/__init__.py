"""The grader of the JAX kata: `python -m grader day01`, or `%load_ext grader` in a notebook."""

from typing import Any

__version__ = "0.1.0"


def load_ipython_extension(shell: Any) -> None:
    """Have IPython know `%%grade` and its companions: what `%load_ext grader` calls."""
    from grader.notebook import extension

    extension.load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Forget them, and end what grades."""
    from grader.notebook import extension

    extension.unload(shell)
