"""The network answers what NumPy says it should, whichever runtime runs it."""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from modelspec.serving.bundle import BundleError
from modelspec.serving.predictor import BLOCK_ROWS, Predictor
from modelspec.serving.preprocess import Floats
from tests.serving import networks
from tests.serving.runtimes import RUNTIMES, answers, content

RNG = np.random.default_rng(3)

Ask = Callable[[str, bytes, int, int, Sequence[Floats]], list[Floats]]

each_runtime = pytest.mark.parametrize("runtime", RUNTIMES)


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """`answers` in a process of its own: TensorFlow has one set of settings in each."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        yield lambda *arguments: process.submit(answers, *arguments).result(120)


@each_runtime
@pytest.mark.parametrize("activation", ["none", "sigmoid", "softmax"])
def test_the_answer_is_the_one_that_numpy_works_out(
    ask: Ask, runtime: str, activation: str
) -> None:
    units = 3 if activation == "softmax" else 1
    network = networks.layers([5, 16, units])
    batches = [RNG.normal(size=(n, 5)).astype(np.float32) for n in (1, 2, 7, BLOCK_ROWS + 3)]
    found = ask(runtime, content(runtime, network, activation), 5, units, batches)
    for x, answer in zip(batches, found, strict=True):
        assert answer.shape == (len(x), units)
        assert np.abs(answer - networks.answer(network, activation, x)).max() < 2e-6


@each_runtime
@pytest.mark.parametrize("sizes", [(9, 33, 1), (30, 64, 64, 1), (13, 100, 37, 3), (20, 900, 1)])
def test_a_row_has_the_same_answer_alone_and_among_any_others(
    ask: Ask, runtime: str, sizes: tuple[int, ...]
) -> None:
    width, units = sizes[0], sizes[-1]
    model = content(runtime, networks.layers(sizes), "sigmoid" if units == 1 else "softmax")
    x = RNG.normal(size=(BLOCK_ROWS + 40, width)).astype(np.float32)
    (together,) = ask(runtime, model, width, units, [x])
    for size in (1, 2, 3, 8, 13, 32, 100, 1000):
        parts = ask(runtime, model, width, units, np.split(x, range(size, len(x), size)))
        assert np.concatenate(parts).tobytes() == together.tobytes(), size


@each_runtime
def test_an_answer_stays_what_it_is_when_the_next_one_is_computed(ask: Ask, runtime: str) -> None:
    model = content(runtime, networks.layers([2, 1]), "none")
    one, other = np.array([[1, 2]], np.float32), np.array([[5, 6]], np.float32)
    first, second, again = ask(runtime, model, 2, 1, [one, other, one])
    assert first.tobytes() == again.tobytes() != second.tobytes()


@each_runtime
def test_a_network_of_another_shape_is_refused(ask: Ask, runtime: str) -> None:
    model = content(runtime, networks.layers([4, 2]), "softmax")
    with pytest.raises(BundleError, match=r"does not take float32 \(batch, 5\)"):
        ask(runtime, model, 5, 2, [])
    with pytest.raises(BundleError, match=r"answer float32 \(batch, 3\)"):
        ask(runtime, model, 4, 3, [])


@each_runtime
def test_a_file_that_is_no_network_is_refused(ask: Ask, runtime: str) -> None:
    garbage = b"not a network at all, but long enough to be looked at"
    with pytest.raises(BundleError, match="the model file is not an? (TFLite|ONNX|SavedModel)"):
        ask(runtime, garbage, 4, 1, [])


def test_an_archive_without_a_savedmodel_is_refused(ask: Ask) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("saved_model.pb", b"\xff\xff")
    with pytest.raises(BundleError, match="is not a SavedModel"):
        ask("savedmodel", archive.getvalue(), 4, 1, [])


@each_runtime
def test_an_image_for_another_runtime_says_so(
    runtime: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for library in ("ai_edge_litert.interpreter", "onnxruntime", "tensorflow"):
        monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(BundleError, match=f"this image cannot run {runtime}: "):
        Predictor(runtime, b"", 2, 1)
