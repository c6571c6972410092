"""Amounts in the units in which people read them."""

from __future__ import annotations

from grader.units import memory, ratio, seconds


def test_memory_changes_its_unit_at_1024() -> None:
    told = [memory(size) for size in (0, 12, 1012, 4096, 1.2e6, 5e6, 3e9)]
    assert told == ["0 bytes", "12 bytes", "1012 bytes", "4 KiB", "1.14 MiB", "4.77 MiB", "2.79 GiB"]


def test_seconds_change_their_unit_at_1000() -> None:
    told = [seconds(time) for time in (4.1e-6, 999e-6, 0.0123, 0.9, 2.5)]
    assert told == ["4.1 µs", "999 µs", "12.3 ms", "900 ms", "2.5 s"]


def test_ratios_have_two_digits_below_ten() -> None:
    assert [ratio(value) for value in (212.4, 9.34, 0.98)] == ["212", "9.3", "0.98"]
