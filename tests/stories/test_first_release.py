from __future__ import annotations

import json
import random
import shutil
import sys
from pathlib import Path

import pytest

from modelspec.adapters import container
from modelspec.adapters.engine import Engine
from tests.stories.conftest import HOME
from tests.stories.project import FILES, Project

NAME = "breast-cancer"


@pytest.fixture(scope="module")
def cancer(
    tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str], bases: Path
) -> Project:
    """The example as it is in the project, applied in a repository of its own."""
    project = Project(tmp_path_factory.mktemp("cancer"), environment)
    project.git("init", "-q", "-b", "main")
    for name in ("model.yaml", "breast_cancer.csv"):
        content = (HOME / "examples" / NAME / name).read_bytes()
        project.write(f"models/{NAME}/{name}", content)
    project.commit("Predict whether a tumour is malignant")
    project.lay_bases(bases)
    said = project.run("apply", NAME)
    assert f"{NAME}/v1.0.0" in said.output
    assert said.errors == ""
    return project


def test_a_first_apply_finds_nearly_all_tumours_and_its_tag_says_how_it_knows(
    cancer: Project,
) -> None:
    assert cancer.tags() == [f"{NAME}/v1.0.0"]
    assert cancer.git("cat-file", "-t", f"{NAME}/v1.0.0") == "tag"
    text = cancer.git("cat-file", "tag", f"{NAME}/v1.0.0")
    assert text.startswith(f"object {cancer.git('rev-parse', 'HEAD')}\ntype commit\n")
    record = cancer.record(f"{NAME}/v1.0.0")
    assert record["commit"] == cancer.git("rev-parse", "HEAD")
    assert record["published"] is True
    assert record["steps"].keys() == {
        "data",
        "train",
        "evaluate",
        "gate",
        "export.onnx",
        "export.savedmodel",
        "export.tflite",
        "reference",
        "image",
        "check",
    }
    for step in record["steps"].values():
        assert step["key"].startswith("sha256:")
        assert step["record"]["output"].startswith("sha256:")
    roc_auc = record["steps"]["evaluate"]["record"]["metrics"]["roc_auc"]
    assert roc_auc["value"] >= 0.97
    assert roc_auc["low"] <= roc_auc["value"] <= roc_auc["high"]
    assert roc_auc["rows"] == record["steps"]["data"]["record"]["test"]["rows"]
    verdicts = record["steps"]["gate"]["record"]["verdicts"]
    assert [verdict["outcome"] for verdict in verdicts] == ["passed", "passed"]
    for path, blob in record["sources"].items():
        assert cancer.git("rev-parse", f"HEAD:{path}") == blob
    assert record["sources"].keys() == {
        f"models/{NAME}/model.yaml",
        f"models/{NAME}/breast_cancer.csv",
    }


def test_the_image_of_a_release_was_asked_in_a_container_and_the_engine_holds_it(
    cancer: Project, engine: Engine
) -> None:
    record = cancer.record(f"{NAME}/v1.0.0")
    check = record["steps"]["check"]["record"]
    assert check["ran_as"] == "container"
    assert check["rows"] > 0
    about = engine.inspect(record["image"]["tag"])
    assert about is not None
    assert about["Id"] == record["image"]["id"]
    labels = about["Config"]["Labels"]
    assert labels["org.opencontainers.image.revision"] == record["commit"]
    assert labels["org.opencontainers.image.version"] == "1.0"


KERAS = """
import json, sys
from pathlib import Path
from modelspec.adapters.store import Store
from modelspec.plan.records import DataRecord
from modelspec.serving.preprocess import Preprocessor
from modelspec.spec.load import load
from modelspec.stages import rows
from modelspec.training.predict import predict

asked, record = json.loads(Path(sys.argv[1]).read_text()), json.loads(Path(sys.argv[2]).read_text())
steps = {name: step["record"] for name, step in record["steps"].items()}
spec = load(Path("models", record["name"], "model.yaml").read_bytes(), "model.yaml").spec
store = Store(Path(".modelspec"))
schema = DataRecord.model_validate(steps["data"]).schema_
prepared = rows.Prepared(store.folder("data", steps["data"]["output"]), schema)
model = rows.trained(spec, prepared, store.folder("train", steps["train"]["output"]))
encoded = Preprocessor([f.model_dump() for f in schema.features]).rows(asked)
print(json.dumps(predict(model, encoded)[:, 0].tolist()))
"""


def test_the_image_answers_a_thousand_rows_as_the_network_that_was_evaluated(
    cancer: Project, engine: Engine, tmp_path: Path
) -> None:
    record = cancer.record(f"{NAME}/v1.0.0")
    table = (HOME / "examples" / NAME / "breast_cancer.csv").read_text("utf-8").splitlines()
    known = [[float(cell) for cell in line.split(",")[:-1]] for line in table[1:]]
    chance = random.Random(3)
    asked = [[chance.choice(known)[place] for place in range(30)] for _ in range(1000)]
    (tmp_path / "asked").write_text(json.dumps(asked))
    (tmp_path / "record").write_text(json.dumps({"name": NAME} | record))
    program = (sys.executable, "-c", KERAS, str(tmp_path / "asked"), str(tmp_path / "record"))
    expected = json.loads(cancer.command(*program).output)
    with container.run(engine, record["image"]["id"]) as running:
        answered = running.predict(NAME, asked)
    tolerance = record["steps"]["export.tflite"]["record"]["tolerance"]
    probabilities = [answer["probability"] for answer in answered]
    assert max(abs(a - b) for a, b in zip(probabilities, expected, strict=True)) <= tolerance
    assert len(set(probabilities)) > 900


def test_the_files_of_a_release_lie_in_deploy_and_name_its_image(cancer: Project) -> None:
    folder = cancer.path(f"deploy/default/{NAME}")
    assert sorted(path.name for path in folder.iterdir()) == list(FILES)
    lock = json.loads((folder / "release.lock").read_text("utf-8"))
    record = cancer.record(f"{NAME}/v1.0.0")
    assert lock["spec"] == record.pop("spec")
    assert set(record.pop("seconds")) == set(record["steps"]), "is of the machine, so of no lock"
    assert lock["record"] == record
    assert record["image"]["tag"] in (folder / "serving.yaml").read_text("utf-8")
    assert cancer.leftovers() == []
    assert cancer.git("status", "--short") == "?? deploy/"


def test_a_second_apply_changes_nothing_and_imports_no_library_that_trains(
    cancer: Project,
) -> None:
    before = cancer.state()
    said = cancer.command(sys.executable, "-X", "importtime", "-m", "modelspec", "apply", NAME)
    assert "1.0.0 is up to date" in said.output
    imported = {line.rpartition("|")[2].strip() for line in said.errors.splitlines()}
    assert "modelspec.adapters.git" in imported
    heavy = {"tensorflow", "keras", "polars", "sklearn", "numpy", "docker", "git"}
    assert imported & heavy == set()
    assert cancer.state() == before


def test_an_apply_without_its_cache_still_changes_nothing(cancer: Project, tmp_path: Path) -> None:
    here = cancer.copy(tmp_path / "here")
    shutil.rmtree(here.path(".modelspec/cache"))
    before = here.state()
    assert "1.0.0 is up to date" in here.run("apply").output
    assert here.state() == before


def test_an_apply_in_a_fresh_clone_only_writes_the_files_of_the_release(
    cancer: Project, tmp_path: Path
) -> None:
    there = cancer.clone(tmp_path / "there")
    refs = there.git("for-each-ref")
    assert "1.0.0 is up to date" in there.run("apply", NAME).output
    assert there.git("for-each-ref") == refs
    assert there.entries() == {}
    for name in FILES:
        path = f"deploy/default/{NAME}/{name}"
        assert there.path(path).read_bytes() == cancer.path(path).read_bytes()
