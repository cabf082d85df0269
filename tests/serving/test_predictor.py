"""The network run by LiteRT answers what NumPy says it should."""

from __future__ import annotations

import numpy as np
import pytest

from modelspec.serving.bundle import BundleError
from modelspec.serving.predictor import BLOCK_ROWS, Predictor
from tests.serving import networks

RNG = np.random.default_rng(3)


@pytest.mark.parametrize("activation", ["none", "sigmoid", "softmax"])
@pytest.mark.parametrize("rows", [1, 2, 7, BLOCK_ROWS + 3])
def test_the_answer_is_the_one_that_numpy_works_out(activation: str, rows: int) -> None:
    units = 3 if activation == "softmax" else 1
    network = networks.layers([5, 16, units])
    x = RNG.normal(size=(rows, 5)).astype(np.float32)
    answer = Predictor(networks.tflite(network, activation), 5, units).predict(x)
    assert answer.shape == (rows, units)
    assert np.abs(answer - networks.answer(network, activation, x)).max() < 2e-6


def test_a_row_has_the_same_answer_alone_and_among_others() -> None:
    x = RNG.normal(size=(BLOCK_ROWS + 40, 9)).astype(np.float32)
    predictor = Predictor(networks.tflite(networks.layers([9, 33, 1]), "sigmoid"), 9, 1)
    together = predictor.predict(x)
    for size in (1, 3, 8):
        parts = [predictor.predict(x[i : i + size]) for i in range(0, 40, size)]
        assert np.concatenate(parts)[:40].tobytes() == together[:40].tobytes()


def test_an_answer_stays_what_it_is_when_the_next_one_is_computed() -> None:
    predictor = Predictor(networks.tflite(networks.layers([2, 1]), "none"), 2, 1)
    first = predictor.predict(np.array([[1, 2]], np.float32))
    kept = first.copy()
    predictor.predict(np.array([[5, 6]], np.float32))
    assert first.tobytes() == kept.tobytes()


def test_a_network_of_another_shape_is_refused() -> None:
    model = networks.tflite(networks.layers([4, 2]), "softmax")
    with pytest.raises(BundleError, match=r"does not take float32 \(batch, 5\)"):
        Predictor(model, 5, 2)
    with pytest.raises(BundleError, match=r"answer float32 \(batch, 3\)"):
        Predictor(model, 4, 3)


def test_a_file_that_is_no_network_is_refused() -> None:
    with pytest.raises(BundleError, match="not a TFLite file"):
        Predictor(b"not a network at all, but long enough to be looked at", 4, 1)
