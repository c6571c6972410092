"""`python -m grader`: hands over to the command line."""

import os
import sys

# `python -m` puts the working directory first on the path; a learner's jax.py or rich.py there must not win.
_here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
if sys.path and os.path.abspath(sys.path[0] or os.getcwd()) != _here:
    del sys.path[0]

from grader.cli import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
