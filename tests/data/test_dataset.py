from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from modelspec.data.dataset import Dataset
from tests.data.tables import HEAD, make, rows

POLICIES = (
    "features: {x: {type: number, missing: mean}, c: {type: category, missing: own_category}}"
)
CONTENT = HEAD + rows() + ',,no\n-0.0,"ü,\n",yes\n'


@pytest.fixture
def dataset() -> Dataset:
    return make(CONTENT, POLICIES)


def test_a_saved_data_set_is_loaded_as_it_was(dataset: Dataset, tmp_path: Path) -> None:
    dataset.save(tmp_path)
    loaded = Dataset.load(tmp_path)
    assert loaded.schema == dataset.schema
    assert loaded.side.tolist() == dataset.side.tolist()
    assert loaded.target.dtype == dataset.target.dtype
    assert loaded.target.tolist() == dataset.target.tolist()
    assert loaded.columns.keys() == dataset.columns.keys()
    np.testing.assert_array_equal(loaded.columns["x"], dataset.columns["x"])
    assert loaded.columns["c"].tolist() == dataset.columns["c"].tolist()
    assert loaded.columns["c"][-2] is None
    assert loaded.digest() == dataset.digest()


def test_equal_data_sets_are_saved_to_equal_bytes(dataset: Dataset, tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        make(CONTENT, POLICIES).save(tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == ["rows.npz", "schema.json"]
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_a_file_with_pickled_arrays_is_not_loaded(dataset: Dataset, tmp_path: Path) -> None:
    dataset.save(tmp_path)
    column = np.array([None, "a"], dtype=object)
    np.savez(tmp_path / "rows.npz", feature_0=column, feature_1=column, target=column, side=column)
    with pytest.raises(ValueError, match="allow_pickle"):
        Dataset.load(tmp_path)


def test_the_digest_is_the_one_that_was_published() -> None:
    # Every release names it: a change of this value is a change of the format.
    dataset = make("x,c,y\n" + "".join(f"{i},{'ab'[i % 2]},{i % 2}\n" for i in range(100)))
    assert dataset.digest() == (
        "sha256:5b6fc3fe5655ac41e4eed94ef180b1f02d5ab95bda7a4a6b622382fe0253d936"
    )


def test_the_digest_is_of_what_is_said_and_not_of_how(dataset: Dataset) -> None:
    crlf = CONTENT.replace("\n", "\r\n").replace('"ü,\r\n"', '"ü,\n"')
    spelled = crlf.replace("\n0.5,", "\n+5e-1,").replace("-0.0", "0")
    assert make("\ufeff" + spelled, POLICIES).digest() == dataset.digest()


@pytest.mark.parametrize("part", ["number", "missing", "text", "target", "side", "schema"])
def test_the_digest_changes_with_every_part(dataset: Dataset, part: str) -> None:
    numbers, texts = dataset.columns["x"].copy(), dataset.columns["c"].copy()
    target, side = dataset.target.copy(), dataset.side.copy()
    schema = dataset.schema
    if part == "number":
        numbers[3] = np.nextafter(numbers[3], 1)
    elif part == "missing":
        texts[0] = None
    elif part == "text":
        texts[0], texts[1] = texts[0] + texts[1][:1], texts[1][1:]
    elif part == "target":
        target[0] = 1 - target[0]
    elif part == "side":
        side[0] = (side[0] + 1) % 3
    else:
        schema = schema.model_copy(update={"classes": ("no", "maybe")})
    changed = replace(
        dataset, schema=schema, columns={"x": numbers, "c": texts}, target=target, side=side
    )
    assert changed.digest() != dataset.digest()


def test_the_digest_does_not_depend_on_the_seed_of_hashes_or_the_time_zone() -> None:
    script = (
        "from tests.data.test_dataset import CONTENT, POLICIES; from tests.data.tables import make;"
        "print(make(CONTENT, POLICIES).digest())"
    )
    answers = set()
    for seed, zone in (("1", "UTC"), ("4711", "Asia/Tokyo")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone}
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, check=True, env=environment,
            cwd=Path(__file__).parents[2],
        )  # fmt: skip
        answers.add(done.stdout)
    assert len(answers) == 1


def test_rows_and_classes_are_counted_for_each_side(dataset: Dataset) -> None:
    counts = dataset.counts()
    assert sum(side.rows for side in counts) == 202
    assert [side.rows for side in counts] == np.bincount(dataset.side).tolist()
    assert all(sum(side.classes.values()) == side.rows for side in counts)
    assert [side.rows for side in counts] == [dataset.rows(n).count for n in range(3)]
