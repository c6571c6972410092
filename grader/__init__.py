"""The grader of the JAX kata: `python -m grader day01`."""

__version__ = "0.1.0"
