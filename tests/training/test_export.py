from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from modelspec.diagnostics import ModelRejected, WorldError
from modelspec.spec.network import Linear, Mlp
from modelspec.training.export import FORMATS, compare, export
from modelspec.training.network import build
from modelspec.training.predict import predict
from modelspec.training.tolerance import Tolerance, differences, tolerance
from modelspec.training.weights import digest, load_weights, save_weights

if TYPE_CHECKING:
    from pathlib import Path

    from modelspec.spec.serving import ExportFormat
    from tests.training.conftest import Trained

FILES = {
    "savedmodel": [
        "saved_model.pb",
        "variables/variables.data-00000-of-00001",
        "variables/variables.index",
    ],
    "onnx": ["model.onnx"],
    "tflite": ["model.tflite"],
}
WEIGHTS = FILES | {"savedmodel": FILES["savedmodel"][1:2]}

each_format = pytest.mark.parametrize("format_", list(FORMATS))


@each_format
def test_an_export_agrees_with_keras_to_rounding(
    format_: ExportFormat, trained: Trained, tmp_path: Path
) -> None:
    assert export(format_, trained.model, tmp_path) == FILES[format_]
    allowed = tolerance("binary_classification")
    assert compare(format_, tmp_path, trained.test.inputs, trained.expected, allowed) < 1e-6


@each_format
def test_an_export_with_one_weight_changed_is_refused(
    format_: ExportFormat, trained: Trained, tmp_path: Path
) -> None:
    export(format_, trained.model, tmp_path)
    path = tmp_path / WEIGHTS[format_][0]
    kernel = trained.model.get_layer("head").kernel.numpy()
    changed = kernel.copy()
    changed[5, 0] += 0.01
    content = path.read_bytes()
    assert content.count(kernel.tobytes()) == 1
    path.write_bytes(content.replace(kernel.tobytes(), changed.tobytes()))
    with pytest.raises(ModelRejected, match=f"the {format_} export (disagrees|does not run)"):
        compare(format_, tmp_path, trained.test.inputs, trained.expected, Tolerance())


def test_the_message_of_a_disagreement_names_format_row_difference_and_tolerance(
    trained: Trained, tmp_path: Path
) -> None:
    export("onnx", trained.model, tmp_path)
    expected = trained.expected.copy()
    expected[17] += 0.25
    with pytest.raises(ModelRejected) as caught:
        compare("onnx", tmp_path, trained.test.inputs, expected, Tolerance())
    assert str(caught.value).startswith(
        "the onnx export disagrees with Keras: row 17 differs by 0.25, 1e-05 is allowed "
        "(1 of 114 rows differ by more)"
    )


@each_format
def test_an_export_cut_short_is_refused_without_a_traceback(
    format_: ExportFormat, trained: Trained, tmp_path: Path
) -> None:
    export(format_, trained.model, tmp_path)
    path = tmp_path / FILES[format_][0]
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ModelRejected, match=f"the {format_} export does not run: "):
        compare(format_, tmp_path, trained.test.inputs, trained.expected, Tolerance())


@each_format
@pytest.mark.parametrize(
    ("task", "classes", "mean", "scale"),
    [("multiclass_classification", 4, 0.0, 1.0), ("regression", 0, 2000.0, 5.0)],
)
def test_other_tasks_and_wide_layers_agree_as_well(
    format_: ExportFormat, task: str, classes: int, mean: float, scale: float, tmp_path: Path
) -> None:
    network = Mlp(type="mlp", layers=(1500, 700, 300)) if classes else Linear(type="linear")
    model = build(network, 40, task, classes, mean, scale, seed=5)  # type: ignore[arg-type]
    rows = np.random.default_rng(1).normal(size=(300, 40)).astype(np.float32) * 3
    allowed = tolerance(task, mean, scale)  # type: ignore[arg-type]
    export(format_, model, tmp_path)
    compare(format_, tmp_path, rows, predict(model, rows), allowed)


def test_a_regression_is_allowed_what_float32_cannot_hold_and_no_more() -> None:
    near, far = tolerance("regression", 0.0, 5.0), tolerance("regression", 2000.0, 5.0)
    assert near.limit == pytest.approx(1e-5)
    assert 1e-5 < far.limit < 3e-4
    assert far.unit == 5.0
    got = np.array([[2000.0], [2001.0], [np.nan]], np.float32)
    expected = np.array([[2000.0], [2000.0], [2000.0]], np.float32)
    np.testing.assert_allclose(differences(got, expected, far), [0, 0.2, np.inf])


def test_weights_come_back_and_their_bytes_depend_on_nothing_else(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_weights(trained.model, tmp_path / "a.npz")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    save_weights(trained.model, tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    model = build(Mlp(type="mlp", layers=(64, 32)), 30, "binary_classification", 2, seed=9)
    assert digest(model) != digest(trained.model)
    load_weights(model, tmp_path / "a.npz")
    assert digest(model) == digest(trained.model)


def test_weights_of_another_network_or_a_damaged_file_are_refused(
    trained: Trained, tmp_path: Path
) -> None:
    path = tmp_path / "weights.npz"
    save_weights(trained.model, path)
    other = build(Linear(type="linear"), 30, "binary_classification", 2)
    with pytest.raises(WorldError, match="not those of this network"):
        load_weights(other, path)
    content = path.read_bytes()
    for damaged in (b"", b"no archive", content[:500], content[:300] + b"x" + content[301:]):
        path.write_bytes(damaged)
        with pytest.raises(WorldError, match="cannot read the weights"):
            load_weights(trained.model, path)


def test_weights_that_are_not_finite_are_never_written(tmp_path: Path) -> None:
    model = build(Linear(type="linear"), 2, "binary_classification", 2)
    model.set_weights([np.array([[1.0], [np.nan]], np.float32), np.zeros(1, np.float32)])
    with pytest.raises(ModelRejected, match="head/kernel"):
        save_weights(model, tmp_path / "weights.npz")
    assert not list(tmp_path.iterdir())


@each_format
def test_the_bytes_do_not_tell_what_the_process_did_before(
    format_: ExportFormat, trained: Trained, tmp_path: Path
) -> None:
    model = build(Mlp(type="mlp", layers=(64, 32)), 30, "binary_classification", 2, seed=9)
    predict(model, trained.test.inputs)
    model.set_weights(trained.model.get_weights())
    first, second = tmp_path / "first", tmp_path / "second"
    for source, folder in ((trained.model, first), (model, second)):
        folder.mkdir()
        for file in export(format_, source, folder):
            assert (first / file).read_bytes() == (folder / file).read_bytes()


@pytest.mark.slow
def test_other_processes_hash_seeds_and_time_zones_give_the_same_bits_and_say_nothing(
    trained: Trained, tmp_path: Path
) -> None:
    found = {"weights": digest(trained.model), "loaded": digest(trained.model)}
    for name in FORMATS:
        folder = tmp_path / name
        folder.mkdir()
        for file in export(name, trained.model, folder):
            found[f"{name}/{file}"] = hashlib.sha256((folder / file).read_bytes()).hexdigest()
    weights = tmp_path / "weights.npz"
    save_weights(trained.model, weights)
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.training.bits", str(weights)],
            env=os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "PYTHONWARNINGS": "default"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed, zone in (("1", "Asia/Tokyo"), ("2", "America/New_York"))
    ]
    for process in running:
        output, noise = process.communicate(timeout=300)
        assert process.returncode == 0, noise
        assert not noise
        assert json.loads(output) == found
