"""Compiled programs are kept where a probe has shown that it works, and not too many of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grader.judge import processes, runner
from grader.kata import catalogue
from grader.machine import compile_cache
from grader.options import UNTIMED, Options


def test_the_probe_tells_whether_programs_are_found_again(tmp_path: Path, workers: processes.Workers) -> None:
    assert workers.probe_compile_cache(tmp_path / "cache")
    assert list((tmp_path / "cache").glob("*-cache"))
    (tmp_path / "file").write_text("no folder can be here")
    assert not workers.probe_compile_cache(tmp_path / "file")


def test_the_probe_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(compile_cache.SETTING)
    cache, works = compile_cache.choose(tmp_path)
    assert cache is not None
    assert works is None
    for answer in (True, False):
        compile_cache.remember(cache, answer)
        assert compile_cache.choose(tmp_path) == (cache, answer)


def test_the_environment_has_the_last_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(compile_cache.SETTING, "off")
    assert compile_cache.choose(tmp_path)[0] is None
    monkeypatch.setenv(compile_cache.SETTING, str(tmp_path / "mine"))
    assert compile_cache.choose(tmp_path) == (tmp_path / "mine", True)


def test_a_folder_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    compile_cache.remember(tmp_path / "file" / "cache", True)
    assert compile_cache.known_to_work(tmp_path / "file" / "cache") is None
    assert compile_cache.prune(tmp_path / "nowhere") == 0


def test_the_oldest_programs_go_first(tmp_path: Path) -> None:
    compile_cache.remember(tmp_path, True)
    for age, name in enumerate(["new", "older", "oldest"]):
        (tmp_path / name).write_bytes(b"x" * 100)
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    assert compile_cache.prune(tmp_path, most=300, least=150) == 0
    assert compile_cache.prune(tmp_path, most=299, least=150) == 2
    assert (tmp_path / "new").exists()
    assert compile_cache.known_to_work(tmp_path)


def test_a_damaged_program_is_compiled_anew(
    tmp_path: Path, workers: processes.Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    selections = catalogue.select(["day01.standardize"])
    monkeypatch.setattr(workers, "compile_cache", tmp_path)
    for _ in range(2):
        result = runner.grade(selections, catalogue.SOLUTIONS, workers, Options(seed=1, aspects=UNTIMED))
        assert result.exit_status == 0
        programs = list(tmp_path.glob("*-cache"))
        assert programs
        for program in programs:
            program.write_bytes(program.read_bytes()[:50])
