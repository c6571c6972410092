"""MNIST through the real torchvision, from small files in MNIST's own format instead of from the internet."""

from __future__ import annotations

import gc
import gzip
import hashlib
import http.server
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader import cli
from grader.commands.data import fetch_and_fit
from grader.datasets import mnist
from grader.datasets.vision import NoVision, torchvision_parts
from grader.kata import catalogue
from grader.results import Exit
from grader.toolkit import digits, write_mnist

SIZES = (300, 60)
# torchvision leaves its connections to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture(scope="module")
def MNIST() -> Any:  # noqa: N802
    (data_sets,) = torchvision_parts("torchvision.datasets")
    return data_sets.MNIST


@pytest.fixture
def mirror(tmp_path: Path, MNIST: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:  # noqa: N803
    """A folder that serves as MNIST's mirror, with handwritten digits of 28 x 28 in it."""
    images, labels = digits()
    large = np.pad(np.kron(images * 15, np.ones((1, 3, 3), np.uint8)), ((0, 0), (2, 2), (2, 2)))
    train, test = slice(0, SIZES[0]), slice(SIZES[0], sum(SIZES))
    labels = labels.astype(np.uint8)
    write_mnist(tmp_path / "plain", (large[train], labels[train]), (large[test], labels[test]))
    folder, resources = tmp_path / "mirror", []
    folder.mkdir()
    for file in sorted((tmp_path / "plain" / "MNIST" / "raw").iterdir()):
        packed = gzip.compress(file.read_bytes(), mtime=0)
        (folder / f"{file.name}.gz").write_bytes(packed)
        resources.append((f"{file.name}.gz", hashlib.md5(packed).hexdigest()))

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(MNIST, "mirrors", [f"http://127.0.0.1:{server.server_port}/"])
    monkeypatch.setattr(MNIST, "resources", resources)
    yield folder
    server.shutdown()
    server.server_close()
    gc.collect()


def test_it_is_fetched_verified_and_kept(mirror: Path, tmp_path: Path) -> None:
    said: list[str] = []
    mnist.fetch(tmp_path / "data", said.append, SIZES)
    assert said[0] == "300 images of 28 x 28 for training, checksums right"
    assert said[1] == "60 images of 28 x 28 for testing, checksums right"
    shutil.rmtree(mirror)
    mnist.fetch(tmp_path / "data", said.append, SIZES)  # nothing has to be fetched again


def test_a_damaged_file_is_set_aside_and_fetched_again(mirror: Path, tmp_path: Path) -> None:
    mnist.fetch(tmp_path / "data", lambda text: None, SIZES)
    damaged = tmp_path / "data" / "MNIST" / "raw" / "train-images-idx3-ubyte.gz"
    damaged.write_bytes(damaged.read_bytes()[:-5])
    said: list[str] = []
    mnist.fetch(tmp_path / "data", said.append, SIZES)
    assert "train-images-idx3-ubyte.gz: not what the checksum says" in said[0]
    (aside,) = (tmp_path / "data" / "MNIST").glob("raw.damaged-*")
    assert (aside / damaged.name).exists()


def test_without_internet_it_says_where_to_put_the_files(mirror: Path, tmp_path: Path) -> None:
    shutil.rmtree(mirror)
    with pytest.raises(mnist.NoData, match="could not be fetched") as error:
        mnist.fetch(tmp_path / "data", lambda text: None, SIZES)
    assert "t10k-labels-idx1-ubyte.gz" in str(error.value)


def test_other_data_are_not_taken_for_mnist(mirror: Path, tmp_path: Path) -> None:
    with pytest.raises(mnist.NoData, match="expected 60000 images of 28 x 28"):
        mnist.fetch(tmp_path / "data", lambda text: None)


def test_a_missing_torchvision_is_said_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str, *arguments: Any) -> Any:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr("grader.datasets.vision.importlib.import_module", refuse)
    with pytest.raises(NoVision, match=r"torchvision.datasets is not installed. `python -m pip install"):
        torchvision_parts("torchvision.datasets")
    with pytest.raises(mnist.NoData, match="MNIST comes through torchvision"):
        mnist.fetch(tmp_path, lambda text: None)


def test_day_14_is_trained_on_it(
    mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mnist, "SIZES", SIZES)
    monkeypatch.setattr(mnist.fetch, "__defaults__", (SIZES,))
    assert fetch_and_fit(tmp_path / "data", catalogue.SOLUTIONS, 4) == Exit.DONE
    shown = capfd.readouterr().out
    assert "training on 300 images, 4 epochs, on cpu" in shown
    last = float(shown.partition("epoch 4: ")[2].partition(" %")[0])
    assert last > 50.0  # four epochs of four steps; chance is 10
    assert fetch_and_fit(tmp_path / "data", catalogue.LESSONS, 1) == Exit.UNDONE
    assert "CNN and fit of flax_cnn.py is still to do" in capfd.readouterr().err


@pytest.mark.parametrize("words", [["data"], ["data", "cifar"], ["data", "mnist", "--fit", "0"]])
def test_wrong_usage_is_told(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == Exit.USAGE
    assert capsys.readouterr().err.startswith("grader: ")
