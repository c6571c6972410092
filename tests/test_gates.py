"""The gates of other platforms: the table names checks that there are, and a gate that nobody has measured refuses little."""

from __future__ import annotations

import ast
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax
import pytest

from grader.kata import catalogue
from grader.toolkit import WrongAnswer, gates
from grader.toolkit.gates import Gate, gate_for
from grader.toolkit.verdicts import Unavailable, Unclear
from grader.worker import plugin
from tests.test_speed_rule import _time

CHECK = "day01.rolling_mean.beats_the_slicing_loop"


def speed_checks() -> set[str]:
    """All speed checks of the kata, read by syntax."""
    found = set()
    for day in catalogue.days():
        for exercise in day.exercises:
            for node in ast.parse(day.checks_of(exercise.name).read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef) and any('"speed"' in text for text in _marks(node)):
                    name = node.name.removeprefix(f"test_{exercise.name}_")
                    found.add(f"{day.key}.{exercise.name}.{name}")
    return found


def _marks(node: ast.FunctionDef) -> list[str]:
    return [ast.unparse(one).replace("'", '"') for one in node.decorator_list]


def test_each_line_of_the_table_is_about_a_speed_check_that_there_is() -> None:
    known = speed_checks()
    assert CHECK in known
    for platform, parts in gates.table().items():
        assert platform in {"gpu", "tpu"}, "the CPU's gates stand in the checks"
        assert set(parts) == {"measured_on", "gates", "sizes", "left_out"}
        named = [*parts["gates"], *parts["sizes"], *parts["left_out"]]
        assert set(named) <= known, f"{platform}: {sorted(set(named) - known)}"
        assert not parts["gates"].keys() & parts["left_out"].keys()
        assert all(gate >= gates.LEAST for gate in parts["gates"].values())
        assert all(type(size) is int for size in parts["sizes"].values())
        assert all(why.endswith(".") for why in parts["left_out"].values())


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A table in the place of ours, to be written into."""
    made: dict[str, Any] = {
        "gpu": {"measured_on": "", "gates": {CHECK: 12}, "sizes": {}, "left_out": {}},
    }
    monkeypatch.setattr(gates, "table", lambda: made)
    return made


def test_a_cpu_has_the_gate_of_the_check(table: dict[str, Any]) -> None:
    assert gate_for(CHECK, "cpu", ratio=30, size=800) == Gate(30.0, 800)


def test_a_gate_is_measured_guessed_or_borrowed(table: dict[str, Any]) -> None:
    guessed = gate_for(CHECK, "gpu", ratio=30, size=800)
    assert (guessed.ratio, guessed.is_measured) == (12.0, False)
    assert "a guess" in guessed.note
    table["gpu"] |= {"measured_on": "NVIDIA H100, jax 0.10.2", "sizes": {CHECK: 4000}}
    assert gate_for(CHECK, "gpu", ratio=30, size=800) == Gate(12.0, 4000)
    for check, platform in (("day01.softmax.beats_all", "gpu"), (CHECK, "tpu")):
        borrowed = gate_for(check, platform, ratio=30, size=800)
        assert (borrowed.ratio, borrowed.size, borrowed.is_measured) == (30.0, 800, False)
        assert f"the CPU's: nobody has measured this check on a {platform} yet" in borrowed.note


def test_what_is_left_out_is_timed_when_all_is_asked_for(
    table: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    table["gpu"] |= {"gates": {}, "left_out": {CHECK: "both ways cost the same."}}
    with pytest.raises(Unavailable, match="Not timed on a gpu: both ways cost the same"):
        gate_for(CHECK, "gpu", ratio=30, size=800)
    monkeypatch.setenv(gates.TIME_ALL, "1")
    assert gate_for(CHECK, "gpu", ratio=30, size=800).ratio == 30


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(("theirs", "verdict"), [(50.0, None), (5.0, Unclear), (2.0, WrongAnswer)])
def test_a_gate_that_nobody_has_measured_refuses_only_what_is_below_three(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theirs: float, verdict: type[Exception] | None
) -> None:
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    if verdict is None:
        assert _time(tmp_path, monkeypatch, "whole", [1.0], theirs).gate == 10
        return
    with pytest.raises(verdict) as caught:
        _time(tmp_path, monkeypatch, "whole", [1.0], theirs)
    message = caught.value.message  # type: ignore[attr-defined]
    assert f"x10 or more, against a baseline\n  got       x{theirs:g}" in message
    assert "The gate is the CPU's: nobody has measured this check on a gpu yet." in message


def test_a_gate_that_was_measured_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: dict[str, Any]
) -> None:
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    table["gpu"] |= {
        "measured_on": "NVIDIA H100, jax 0.10.2",
        "gates": {"": 6},
    }  # the check of a test has no name
    assert _time(tmp_path, monkeypatch, "whole", [1.0], 7.0).gate == 6
    with pytest.raises(WrongAnswer, match="is right, but too slow"):
        _time(tmp_path, monkeypatch, "whole", [1.0], 5.0)


def test_a_check_knows_its_name_in_the_table() -> None:
    mark = SimpleNamespace(kwargs={"exercise": "rolling_mean", "aspect": "speed", "hint": "..."})
    item: Any = SimpleNamespace(
        name="test_rolling_mean_beats_the_slicing_loop",
        path=catalogue.find_day("day01").checks_of("rolling_mean"),
        get_closest_marker=lambda name: mark,
    )
    assert plugin.name_of(item) == CHECK
