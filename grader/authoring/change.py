"""What an operator of mutation is: from a node of the syntax tree to what may stand in its place.

With each change goes a word on what changed. It may be nonsense: what does not run is caught at once, and costs nothing. It must
not be what cannot differ.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

Change = tuple[str, ast.AST]  # what was done, and the node that takes the old one's place
Operator = Callable[[ast.AST], Iterator[Change]]
