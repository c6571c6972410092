"""`python -m grader`: hands over to the command line."""

import os
import sys

# `python -m` puts the working directory first on the path; a learner's jax.py or rich.py there must not win.
_here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
if sys.path and os.path.abspath(sys.path[0] or os.getcwd()) != _here:
    del sys.path[0]

if sys.version_info < (3, 11):  # noqa: UP036 (who starts it without installing it)
    print("grader: the kata needs Python 3.11 or newer; this is", sys.version.split()[0], file=sys.stderr)
    sys.exit(3)

from grader.cli import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
