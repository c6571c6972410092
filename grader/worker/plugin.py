"""The pytest side of the checks: options, imports, the order of checks, and the fixtures `learner`, `numbers` and `draw`.

    pytest -c /dev/null -p grader.worker.plugin --learner-file MY.py --contract SOLUTION.py grader/days/dayNN_x/f/checks.py

runs an exercise's checks under plain pytest, which is how a check is debugged. The worker uses the same plugin
and adds a verdict for each check.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import jax
import pytest

from grader.results import Aspect
from grader.source.learner_file import LearnerFile
from grader.source.loading import load
from grader.toolkit.cases import Cases
from grader.toolkit.contract import Contract
from grader.toolkit.inputs import Numbers
from grader.toolkit.session import Learner, Session
from grader.worker.protocol import Check

_ASPECTS = list(Aspect)
_ROOT = Path(__file__).resolve().parents[2]  # above `grader`


def check_of(item: pytest.Item) -> Check:
    """The check behind a test item. Raises UsageError when it is not marked or not named as one."""
    mark = item.get_closest_marker("check")
    if mark is None:
        raise pytest.UsageError(f"{item.nodeid} has no @check(exercise, aspect, hint=...)")
    exercise, aspect, hint = mark.kwargs["exercise"], mark.kwargs["aspect"], mark.kwargs["hint"]
    prefix = f"test_{exercise}_"
    if not item.name.startswith(prefix) or item.name == prefix:
        raise pytest.UsageError(f"{item.nodeid} checks {exercise}, so its name must begin with {prefix}")
    name = item.name.removeprefix(prefix)
    return Check(exercise, name, Aspect(aspect), hint, mark.kwargs.get("patience", 1.0))


def name_of(item: pytest.Item) -> str:
    """The name of a check in the whole kata: day01.softmax.by_hand, of .../day01_pure_functions/softmax/checks.py."""
    day = item.path.parents[1].name.partition("_")[0]
    return f"{day}.{check_of(item).id}"


def prepare_jax() -> None:
    """Settings under which every check runs."""
    # Whole tracebacks: the translator looks for the learner's frame itself.
    jax.config.update("jax_traceback_filtering", "off")
    # On the CPU, run on the calling thread: with the default, a call of microseconds waits for another
    # thread to be woken, for milliseconds on a busy machine, and timings say more about that than about the code.
    jax.config.update("jax_cpu_enable_async_dispatch", False)
    # Products of float32 in float32, on every platform: by themselves GPUs round the factors to 10 bits (TF32), TPUs to 7
    # (bfloat16), and right answers would be off by a thousandth. So one tolerance holds everywhere. What the learner asks for
    # (`precision=`) goes before it. Timings have it, too: their results are compared, and both sides pay for it.
    jax.config.update("jax_default_matmul_precision", "highest")


_session = pytest.StashKey[Session]()
_file = pytest.StashKey[LearnerFile]()


def open_session(config: pytest.Config, learner: LearnerFile, contract: Contract) -> Session:
    """Give the checks of this pytest run their learner."""
    config.stash[_file] = learner
    config.stash[_session] = Session(learner, contract)
    return config.stash[_session]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("kata")
    group.addoption("--learner-file", type=Path, help="the file to check")
    group.addoption("--contract", type=Path, help="the solution file that holds the promised signatures")
    group.addoption("--seed", type=int, default=0, help="seed of the random inputs")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "check(exercise, aspect, hint): a hidden check")
    prepare_jax()


class _Checks(pytest.Module):
    """A file of checks, imported under its full name: those of all exercises are called checks.py."""

    def _getobj(self) -> ModuleType:
        return importlib.import_module(".".join(self.path.relative_to(_ROOT).with_suffix("").parts))


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Take over the files of the grader's own tree; pytest imports others as ever."""
    if not module_path.is_relative_to(_ROOT):
        return None
    return _Checks.from_parent(parent, path=module_path)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """By exercise, in the order of the files; within one by aspect, from the general to the special."""
    found = [check_of(item) for item in items]
    order = list(dict.fromkeys(check.exercise for check in found))
    keys = {
        item: (order.index(c.exercise), _ASPECTS.index(c.aspect))
        for item, c in zip(items, found, strict=True)
    }
    items.sort(key=lambda item: keys[item])


@pytest.fixture
def learner(request: pytest.FixtureRequest) -> Iterator[Learner]:
    """The learner's functions as handles."""
    config = request.config
    if _session not in config.stash:  # plain pytest
        contract = Contract(config.getoption("--contract").read_text(encoding="utf-8"))
        open_session(config, load(config.getoption("--learner-file").resolve()), contract)
    handles = Learner(config.stash[_session], config.stash[_file], name_of(request.node))
    yield handles
    request.node.user_properties.append(("speed", handles.speed))


@pytest.fixture
def draw(request: pytest.FixtureRequest) -> Iterator[Cases]:
    """Drawn cases, from the run's seed; the check's body gets one of them at a time."""
    cases = Cases(request.config.getoption("--seed"), request.node.name)
    yield cases
    request.node.user_properties.append(("cases", cases.agreed))


@pytest.fixture
def numbers(request: pytest.FixtureRequest) -> Numbers:
    """Random inputs: a stream of their own for each check, from the run's seed."""
    return Numbers(request.config.getoption("--seed"), request.node.name)
