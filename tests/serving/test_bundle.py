"""A model folder is served only if it is whole and says one thing."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from modelspec.serving.bundle import BundleError, load
from modelspec.serving.contract import MODEL_FILES
from modelspec.serving.preprocess import Preprocessor
from tests.serving import networks, runtimes
from tests.serving.folders import CHURN, CHURN_ROW, TENURE, churn
from tests.serving.processes import Server, free_port, start
from tests.serving.runtimes import RUNTIMES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.serving.folders import Folder


def test_a_good_folder_is_read_whole(copied: Folder) -> None:
    bundle = load(copied.path)
    assert bundle.model == (copied.path / "model.tflite").read_bytes()
    assert bundle.description.version == "1.4"
    assert [f["name"] for f in bundle.features] == [f["name"] for f in CHURN]
    assert all(f["type"] in ("number", "category") for f in bundle.features)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, "has format 2; this runtime reads 1"),
        ({"format": None}, "has format None"),
        ({"model_digest": "sha256:" + "0" * 64}, "is damaged or was swapped"),
        ({"model_file": "../model.tflite"}, "must name a file in the folder itself"),
        ({"model_file": "absent.tflite"}, "cannot be read: No such file"),
        ({"task": "clustering"}, "task"),
        ({"runtime": "torch"}, "runtime"),
        ({"classes": ["yes"]}, "1 classes do not fit"),
        ({"classes": ["yes", "yes"]}, "differ from one another"),
        ({"name": "a/b"}, "cannot stand in a route"),
        ({"version": "1.4.0"}, "version must be MAJOR.MINOR"),
        ({"version": "1.1000"}, "MINOR below 1000"),
        ({"version": "1.04"}, "version must be MAJOR.MINOR"),
        ({"features": []}, "at least one"),
        ({"features": [*CHURN, CHURN[0]]}, "a name of its own"),
        ({"features": [{**CHURN[1], "scale": 0.0}]}, "scale above 0"),
        ({"features": [{**CHURN[1], "scale": "wide"}]}, "Expected `float`, got `str`"),
        ({"features": [{**CHURN[4], "fill": None}]}, "needs a fill"),
        ({"features": [{**CHURN[0], "values": ["a", "a"]}]}, "has a value twice"),
        ({"features": [{**CHURN[0], "hash": 8}]}, "and no values"),
    ],
)
def test_a_folder_that_is_not_right_is_refused_with_the_reason(
    copied: Folder, changes: dict[str, Any], message: str
) -> None:
    copied.describe(**changes)
    with pytest.raises(BundleError) as caught:
        load(copied.path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def _truncate(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _flip_one_bit(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize("damage", [_truncate, _flip_one_bit, lambda _: b""])
def test_the_server_does_not_start_on_a_damaged_reference(
    copied: Folder, damage: Callable[[bytes], bytes]
) -> None:
    path = copied.path / "reference.json"
    path.write_bytes(damage(path.read_bytes()))
    _refuses(copied, "reference.json is damaged or was swapped")


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("damage", [_truncate, _flip_one_bit, lambda _: b""])
def test_the_server_does_not_start_on_a_damaged_model_whatever_runs_it(
    tmp_path: Path, damage: Callable[[bytes], bytes], runtime: str
) -> None:
    folder = churn(tmp_path, runtime=runtime)
    path = folder.path / MODEL_FILES[runtime]
    path.write_bytes(damage(path.read_bytes()))
    _refuses(folder, f"{path.name} is damaged or was swapped")


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_server_does_not_start_on_another_model_of_the_same_shape(
    tmp_path: Path, runtime: str
) -> None:
    folder = churn(tmp_path, runtime=runtime)
    other = networks.layers([Preprocessor(CHURN).width, 8, 1], seed=8)
    swapped = runtimes.content(runtime, other, "sigmoid")
    (folder.path / MODEL_FILES[runtime]).write_bytes(swapped)
    _refuses(folder, f"{MODEL_FILES[runtime]} is damaged or was swapped")


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_server_of_each_runtime_answers_what_numpy_works_out(
    tmp_path: Path, runtime: str
) -> None:
    folder = churn(tmp_path, runtime=runtime)
    rows = [CHURN_ROW, ["free", 40, None, 0, None], ["team", None, "south", 99.5, "web"]]
    with Server(folder.path) as server:
        together = server.predict(rows).json["predictions"]
        alone = [server.predict([row]).json["predictions"][0] for row in rows]
    assert alone == together
    found = [answer["probability"] for answer in together]
    assert np.abs(np.array(found) - folder.answer(rows)[:, 0]).max() < 2e-6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r["features"]["plan"]["labels"].append("x"), "bins of a feature do not fit"),
        (lambda r: r["features"]["plan"]["shares"].append(0.5), "bins of a feature do not fit"),
        (lambda r: r["features"]["plan"]["labels"].__setitem__(0, "pro"), "a feature do not fit"),
        (lambda r: r["features"]["plan"]["columns"].append(1), "bins of a feature do not fit it"),
        (lambda r: r["features"]["plan"].pop("columns"), "bins of a feature do not fit it"),
        (lambda r: r["features"]["spend"]["cuts"].reverse(), "bins of a feature do not fit it"),
        (lambda r: r["features"]["spend"].pop("cuts"), "bins of a feature do not fit it"),
        (lambda r: r["features"].update(another=r["predictions"]), "bins of what is no feature"),
        (lambda r: r.update(predictions=r["features"]["plan"]), "bins of predictions do not fit"),
        (lambda r: r.pop("predictions"), "missing required field `predictions`"),
    ],
)
def test_a_reference_that_does_not_fit_the_model_is_refused(
    copied: Folder, change: Callable[[Any], None], message: str
) -> None:
    file = copied.path / "reference.json"
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))
    copied.describe(reference_digest=f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}")
    with pytest.raises(BundleError, match=message):
        load(copied.path)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"{", "is not valid JSON"), (b"\xff\xfe", "is not valid JSON"), (b"[" * 90_000, "JSON")],
)
def test_the_server_does_not_start_on_an_unreadable_contract(
    copied: Folder, content: bytes, message: str
) -> None:
    (copied.path / "serving.json").write_bytes(content)
    _refuses(copied, message)


def test_the_server_does_not_start_without_a_model_folder(copied: Folder) -> None:
    (copied.path / "serving.json").unlink()
    _refuses(copied, "serving.json cannot be read: No such file or directory")


def test_the_server_does_not_start_where_the_model_has_another_shape(copied: Folder) -> None:
    copied.describe(features=[*copied.features, {**TENURE, "name": "another"}])
    _refuses(copied, "the model file does not take float32 (batch, 11)")


def _refuses(folder: Folder, message: str) -> None:
    process = start(folder.path, free_port())
    out, err = process.communicate(timeout=20)
    ours = [line for line in err.splitlines() if not line.startswith("INFO:")]
    assert process.returncode == 1
    assert len(ours) == 1, err
    assert ours[0].startswith("serving: ")
    assert message in ours[0]
    assert out == ""
