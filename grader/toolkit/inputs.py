"""Random inputs from a seed that is printed and can be given again."""

from __future__ import annotations

import zlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

AWKWARD = (1, 2, 17, 33)
"""Sizes at which off-by-one, broadcasting and square-matrix mistakes show."""

RISK = 1e-9
"""With which a right answer leaves a margin of chance, over all seeds."""

Shape = int | tuple[int, ...]


def float16(x: Any) -> jax.Array:
    """The same numbers in half precision; nothing is compiled for it."""
    return jnp.asarray(np.asarray(x).astype(np.float16))


class Numbers:
    """JAX arrays drawn by NumPy: another algorithm than the learner's, and nothing to compile."""

    def __init__(self, seed: int, check: str) -> None:
        # Each check has its own stream, so that selecting checks changes nothing.
        self._generator = np.random.default_rng([seed, zlib.crc32(check.encode())])

    def normal(self, shape: Shape = (), scale: float = 1.0, mean: float = 0.0) -> jax.Array:
        """float32 normals."""
        return jnp.asarray(self._generator.normal(mean, scale, shape), jnp.float32)

    def uniform(self, low: float, high: float, shape: Shape = ()) -> jax.Array:
        """float32 uniforms in [low, high)."""
        return jnp.asarray(self._generator.uniform(low, high, shape), jnp.float32)

    def integers(self, low: int, high: int, shape: Shape = ()) -> jax.Array:
        """int32 in [low, high)."""
        return jnp.asarray(self._generator.integers(low, high, shape), jnp.int32)

    def booleans(self, shape: Shape = (), probability: float = 0.5) -> jax.Array:
        """True with the given probability."""
        return jnp.asarray(self._generator.random(shape) < probability)

    def permutation(self, n: int) -> jax.Array:
        """0 .. n-1 in random order, int32."""
        return jnp.asarray(self._generator.permutation(n), jnp.int32)

    def key(self) -> Any:
        """A typed random key."""
        return jax.random.key(int(self._generator.integers(2**31)))

    def coin(self) -> bool:
        """A Python bool."""
        return bool(self._generator.random() < 0.5)
