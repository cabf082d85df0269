from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from modelspec.data.dataset import prepare
from modelspec.spec.load import load

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("breast-cancer", "wine", "diabetes")


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_a_data_set(name: str) -> None:
    file = EXAMPLES / name / "model.yaml"
    loaded = load(file.read_bytes(), "model.yaml")
    source = loaded.spec.data.source
    dataset = prepare((file.parent / source).read_bytes(), source, loaded.spec, loaded.places)
    assert loaded.spec.metadata.name == name
    assert dataset.warnings == ()
    assert dataset.side.size == {"breast-cancer": 569, "wine": 178, "diabetes": 442}[name]


def test_the_files_are_what_the_script_makes_of_the_data_sets_that_scikit_learn_ships() -> None:
    files = runpy.run_path(str(EXAMPLES / "make_data.py"))["FILES"]
    assert {path.split("/")[0] for path in files} == set(NAMES)
    for path, make in files.items():
        assert (EXAMPLES / path).read_bytes() == make().encode(), path


def test_one_example_has_categories_and_missing_cells_as_its_readme_says() -> None:
    lines = (EXAMPLES / "diabetes" / "diabetes.csv").read_text().splitlines()
    names, rows = lines[0].split(","), [line.split(",") for line in lines[1:]]
    empty = {n: sum(not row[i] for row in rows) for i, n in enumerate(names)}
    assert {name: count for name, count in empty.items() if count} == {"sex": 15, "glucose": 26}
    assert "15 cells of `sex` and 26 of `glucose`" in (
        EXAMPLES / "diabetes" / "README.md"
    ).read_text().replace("**", "")
