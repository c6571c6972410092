"""Amounts in units that a person reads: memory, time, ratios. Standard library only; everybody may import this module."""

from __future__ import annotations


def memory(count: float) -> str:
    """`512 bytes`, `12 KiB`, `3.5 MiB`."""
    size = float(count)
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.3g} {unit}" if size < 1000 else f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.3g} GiB"


def seconds(value: float) -> str:
    """`4.1 µs`, `12 ms`, `3 s`."""
    for unit, factor in (("µs", 1e6), ("ms", 1e3)):
        if value * factor < 1000:
            return f"{value * factor:.3g} {unit}"
    return f"{value:.3g} s"


def ratio(value: float) -> str:
    """`212`, `9.3`, `0.98`."""
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"
