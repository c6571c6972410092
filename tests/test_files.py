"""Whatever is written: links stay links, rights stay what they were, and nobody's file goes."""

from __future__ import annotations

import errno
import os
import resource
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grader.kata import catalogue, workspace
from grader.kata.files import NotWritten, write
from grader.machine import compile_cache, faults
from grader.record.store import AttemptLog

DAY = catalogue.find_day("day01")
MINE = "def softmax(x, axis=-1):\n    return x\n"


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def mode_of(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_a_new_file_is_like_any_other(tmp_path: Path) -> None:
    file = tmp_path / "new" / "folder" / "file.py"
    write(file, b"new")
    assert file.read_bytes() == b"new"
    (tmp_path / "other").write_bytes(b"")
    assert mode_of(file) == mode_of(tmp_path / "other")
    assert names_in(file.parent) == {"file.py"}


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o666, 0o400])
def test_rights_stay(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "file.py"
    file.write_bytes(b"old")
    file.chmod(mode)
    write(file, b"new")
    assert file.read_bytes() == b"new"
    assert mode_of(file) == mode


# The learner's tree is `tree`; where a link leads to from `tree/file.py`, and what is made beforehand.
def to_another_folder(tree: Path, home: Path) -> None:
    (tree / "file.py").symlink_to(home / "real.py")


def by_a_relative_path(tree: Path, home: Path) -> None:
    (tree / "file.py").symlink_to(Path("..", home.name, "real.py"))


def to_a_link(tree: Path, home: Path) -> None:
    (home / "second.py").symlink_to("real.py")
    (tree / "first.py").symlink_to(home / "second.py")
    (tree / "file.py").symlink_to("first.py")


def through_a_folder(tree: Path, home: Path) -> None:
    (tree / "folder").symlink_to(home, target_is_directory=True)
    (tree / "file.py").symlink_to(Path("folder", "real.py"))


@pytest.mark.parametrize("link", [to_another_folder, by_a_relative_path, to_a_link, through_a_folder])
@pytest.mark.parametrize("dangles", [False, True])
def test_a_link_stays_a_link(tmp_path: Path, link: Callable[[Path, Path], None], dangles: bool) -> None:
    tree, home = tmp_path / "tree", tmp_path / "home"
    tree.mkdir()
    home.mkdir()
    link(tree, home)
    if not dangles:
        (home / "real.py").write_bytes(b"old")
        (home / "real.py").chmod(0o640)
    before, leads_to = names_in(tree), os.readlink(tree / "file.py")
    write(tree / "file.py", b"new")
    assert os.readlink(tree / "file.py") == leads_to
    assert names_in(tree) == before
    assert (home / "real.py").read_bytes() == b"new"
    assert not (home / "real.py").is_symlink()
    assert dangles or mode_of(home / "real.py") == 0o640


def test_a_file_in_a_linked_folder_stays_there(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "tree").symlink_to("home")
    write(tmp_path / "tree" / "file.py", b"new")
    assert (tmp_path / "tree").is_symlink()
    assert (tmp_path / "home" / "file.py").read_bytes() == b"new"


def test_a_link_that_leads_nowhere_is_told_and_stays(tmp_path: Path) -> None:
    missing, circle = tmp_path / "missing.py", tmp_path / "circle.py"
    missing.symlink_to(tmp_path / "no such folder" / "file.py")
    circle.symlink_to("other.py")
    (tmp_path / "other.py").symlink_to("circle.py")
    for file, words in ((missing, "there is no such folder"), (circle, "leads back to itself")):
        with pytest.raises(NotWritten, match=words) as caught:
            write(file, b"new")
        assert str(file) in faults.explain(caught.value)
        assert "Nothing was changed." in faults.explain(caught.value)
        assert file.is_symlink()
    assert names_in(tmp_path) == {"missing.py", "circle.py", "other.py"}


def test_a_folder_stays_a_folder(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        write(tmp_path / "folder", b"new")
    assert names_in(tmp_path) == {"folder"}


def test_a_pipe_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write(pipe, b"new")
        assert os.read(reader, 10) == b"new"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_nobodys_file_is_written_over_on_the_way(tmp_path: Path) -> None:
    names = ["file.py.new", "file.py.tmp", "file.py~", ".file.py.new"]
    names += [f".file.py.{os.getpid()}-{number}.new" for number in range(3)]
    for name in names:
        (tmp_path / name).write_text(name)
    for _ in range(2):
        write(tmp_path / "file.py", b"new")
    assert names_in(tmp_path) == {"file.py", *names}
    assert all((tmp_path / name).read_text() == name for name in names)


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """What the system does when a disk is full, as near as a test can come: the writing fails half way."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("linked", [False, True])
def test_a_full_disk_costs_no_file_and_leaves_no_litter(tmp_path: Path, linked: bool) -> None:
    file, real = DAY.file_in(tmp_path), tmp_path / "home" / "mine.py"
    file.parent.mkdir()
    real.parent.mkdir()
    if linked:
        file.symlink_to(real)
    file.write_text(MINE)
    for size in (10, 100):  # too small for the copy, and for the stub alone
        with files_of_at_most(size), pytest.raises(OSError, match="File too large"):
            workspace.reset(DAY, DAY.exercises, tmp_path)
        assert file.read_text() == MINE
        assert not any(".new" in name for name in names_in(file.parent) | names_in(real.parent))
    assert file.is_symlink() == linked


def test_a_folder_that_cannot_be_written_is_named_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, real = DAY.file_in(tmp_path / "tree"), tmp_path / "read-only" / "mine.py"
    file.parent.mkdir(parents=True)
    real.parent.mkdir()
    real.write_text(MINE)
    file.symlink_to(real)
    system_open = os.open

    def refuse(path: os.PathLike[str] | str, flags: int, *rest: int, **more: int) -> int:
        if flags & os.O_CREAT and Path(path).parent == real.parent:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return system_open(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", refuse)  # root may write everywhere
    with pytest.raises(PermissionError) as caught:
        workspace.reset(DAY, DAY.exercises, tmp_path / "tree")
    assert f"{real} cannot be written" in faults.explain(caught.value)
    assert real.read_text() == file.read_text() == MINE
    assert file.is_symlink()


# ---- the learner's tree


def test_resetting_a_linked_file_keeps_the_link_and_a_copy(tmp_path: Path) -> None:
    tree, real = tmp_path / "tree", tmp_path / "home" / "mine.py"
    file = DAY.file_in(tree)
    file.parent.mkdir(parents=True)
    real.parent.mkdir()
    real.write_text(MINE)
    real.chmod(0o600)
    file.symlink_to(real)
    outcome = workspace.reset(DAY, DAY.exercises, tree)
    assert file.is_symlink()
    assert real.read_text(encoding="utf-8") == workspace.stub_of(DAY)
    assert outcome.backup is not None
    assert outcome.backup.parent == file.parent
    assert not outcome.backup.is_symlink()
    assert outcome.backup.read_text() == MINE
    assert mode_of(real) == mode_of(outcome.backup) == 0o600


def test_a_copy_takes_nobodys_name(tmp_path: Path) -> None:
    """Not that of a link that leads nowhere either."""
    file = DAY.file_in(tmp_path)
    file.parent.mkdir()
    file.write_text(MINE)
    planned = workspace.preview(DAY, DAY.exercises, tmp_path).backup
    assert planned is not None
    planned.symlink_to(tmp_path / "nowhere")
    outcome = workspace.reset(DAY, DAY.exercises, tmp_path, planned)
    assert outcome.backup not in {None, planned}
    assert planned.is_symlink()
    assert not (tmp_path / "nowhere").exists()


def test_stubs_are_written_through_links(tmp_path: Path) -> None:
    file, real = DAY.file_in(tmp_path / "tree"), tmp_path / "mine.py"
    file.parent.mkdir(parents=True)
    file.symlink_to(real)
    for action in ("written", "unchanged"):
        (outcome,) = workspace.write_stubs([DAY], tmp_path / "tree")
        assert outcome.action == action
    assert file.is_symlink()
    assert real.read_text(encoding="utf-8") == workspace.stub_of(DAY)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'{"day01": 3}', b"\xff\xfe", b'{"day01": "a"']
)
def test_a_damaged_record_of_stubs_is_told_and_costs_nothing(tmp_path: Path, content: bytes) -> None:
    days = catalogue.days()[:3]
    workspace.write_stubs(days, tmp_path)
    days[0].file_in(tmp_path).write_text(MINE)
    days[1].file_in(tmp_path).unlink()
    record = next(path for path in tmp_path.iterdir() if path.is_file())
    right = record.read_bytes()
    record.write_bytes(content)
    *outcomes, damage = workspace.write_stubs(days, tmp_path)
    assert [outcome.action for outcome in outcomes] == ["kept", "written", "unchanged"]
    assert (damage.file, damage.action) == (record, "damaged")
    assert damage.backup is not None
    assert damage.backup.read_bytes() == content
    assert days[0].file_in(tmp_path).read_text() == MINE
    assert {outcome.action for outcome in workspace.write_stubs(days, tmp_path)} == {"kept", "unchanged"}
    days[0].file_in(tmp_path).unlink()
    workspace.write_stubs(days, tmp_path)
    assert record.read_bytes() == right


LINE_ENDS = {"LF": "\n", "CR LF": "\r\n", "CR": "\r"}
LEARNERS = """import jax
\f
# Text that ends no line: \v \x1c \x85 \u2028
KEPT = "def softmax(x):"
@jax.jit
def standardize(x):
\treturn x


@jax.named_call(
    # why
)

@(
    jax.jit
)
async def softmax(x):
    '''Some
def softmax(x):
'''
    return x
# behind it


def masked_mean(x, mask): return x
"""


def stub_lines(name: str) -> str:
    text = workspace.stub_of(DAY)
    begin = text.index(f"def {name}(")
    return text[begin : text.index("raise NotImplementedError\n", begin)] + "raise NotImplementedError\n"


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "BOM"])
@pytest.mark.parametrize("end", LINE_ENDS.values(), ids=LINE_ENDS)
def test_resetting_one_exercise_leaves_all_else_byte_for_byte(tmp_path: Path, end: str, mark: bytes) -> None:
    file = DAY.file_in(tmp_path)
    file.parent.mkdir()
    strange = "# na\udcefve\n"  # a byte that is no UTF-8
    before, behind = LEARNERS.split("@jax.named_call(")[0], LEARNERS[LEARNERS.index("# behind it") :]

    def as_bytes(text: str) -> bytes:
        return mark + text.replace("\n", end).encode("utf-8", "surrogateescape")

    file.write_bytes(as_bytes(strange + LEARNERS))
    workspace.reset(DAY, [DAY.exercise("softmax")], tmp_path)
    expected = strange + before + stub_lines("softmax") + behind
    assert file.read_bytes() == as_bytes(expected)
    workspace.reset(DAY, [DAY.exercise("masked_mean"), DAY.exercise("softmax")], tmp_path)
    expected = expected.replace("def masked_mean(x, mask): return x\n", stub_lines("masked_mean"))
    assert file.read_bytes() == as_bytes(expected)
    assert workspace.reset(DAY, [DAY.exercise("softmax")], tmp_path).action == "unchanged"
    workspace.reset(DAY, [DAY.exercise("bank_step")], tmp_path)
    assert file.read_bytes() == as_bytes(f"{expected}\n\n{stub_lines('bank_step')}")
    workspace.reset(DAY, DAY.exercises, tmp_path)
    assert file.read_bytes() == as_bytes(workspace.stub_of(DAY))


@pytest.mark.parametrize("end", LINE_ENDS.values(), ids=LINE_ENDS)
def test_a_stub_is_added_on_a_line_of_its_own(tmp_path: Path, end: str) -> None:
    file = DAY.file_in(tmp_path)
    file.parent.mkdir()
    file.write_bytes(f"x = 1{end}y = 2".encode())
    workspace.reset(DAY, [DAY.exercise("softmax")], tmp_path)
    assert file.read_bytes() == f"x = 1\ny = 2\n\n\n{stub_lines('softmax')}".replace("\n", end).encode()


@pytest.mark.parametrize("text", ["x = 1\ndef f(:\n", "x = 1\ny = \0\n", "x = " + "-" * 100_000 + "1\n"])
def test_resetting_one_exercise_leaves_what_is_no_python_as_it_is(tmp_path: Path, text: str) -> None:
    file = DAY.file_in(tmp_path)
    file.parent.mkdir()
    file.write_text(text)
    workspace.reset(DAY, [DAY.exercise("softmax")], tmp_path)
    assert file.read_text() == f"{text}\n\n{stub_lines('softmax')}"


# ---- the grader's own files


def test_a_linked_record_stays_linked_when_it_is_damaged(tmp_path: Path) -> None:
    home, record = tmp_path / "home", AttemptLog(tmp_path / "kata")
    home.mkdir()
    record.file.parent.mkdir()
    (home / "real.sqlite3").write_bytes(b"no record of anything, " * 100)
    record.file.symlink_to(home / "real.sqlite3")
    record.record([])
    assert record.attempts() == []
    assert record.file.is_symlink()
    (aside,) = home.glob("real.damaged-*")
    assert aside.read_bytes() == b"no record of anything, " * 100
    assert str(aside) in record.notices[0]


@pytest.mark.parametrize("content", [b"", b"y", b"ye", b"yes\n", b"\xff"])
def test_an_answer_that_was_half_written_is_none(tmp_path: Path, content: bytes) -> None:
    for works in (True, False):
        compile_cache.remember(tmp_path, works)
        assert compile_cache.known_to_work(tmp_path) is works
        (answer,) = tmp_path.iterdir()
        answer.write_bytes(content)
        assert compile_cache.known_to_work(tmp_path) is None
