"""One small model is released once; each story gets a copy of that repository."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelspec.adapters.base import file_name
from modelspec.adapters.engine import Engine, NoEngine, connect
from tests.adapters.images.parts import BASE, missing
from tests.stories.project import DATA, SPEC, Project

HOME = Path(__file__).resolve().parents[2]
TEXT = """\
apiVersion: modelspec/v1
kind: Model
metadata:
  name: ripe
  owner: orchard
task: binary_classification
data:
  source: fruit.csv
  target: {column: ripe, positive: "yes"}
  ignore: [id]
model:
  type: linear
train:
  epochs: 3
  learning_rate: 0.05
evaluate:
  metrics: [accuracy, roc_auc]
  gates:
    - accuracy >= 0.5
"""


def fruit(rows: int = 200) -> str:
    """A table: heavy, soft and red fruit are ripe."""
    chance = random.Random(7)
    lines = ["id,weight,firmness,color,ripe"]
    for number in range(rows):
        weight, firmness = chance.gauss(150, 20), chance.gauss(5, 1)
        color = chance.choice(["red", "green", "yellow"])
        score = (weight - 150) / 20 - (firmness - 5) + (color == "red") + chance.gauss(0, 0.2)
        ripe = "yes" if score > 0.3 else "no"
        lines.append(f"f{number},{weight:.1f},{firmness:.2f},{color},{ripe}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """As on a machine where nobody configured git or logged in anywhere."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    return inherited | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.org",
        "GIT_AUTHOR_DATE": "2024-05-01T12:00:00Z",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.org",
        "GIT_COMMITTER_DATE": "2024-05-01T12:00:00Z",
        "DOCKER_CONFIG": str(tmp_path_factory.mktemp("docker")),
    }


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The engine of this machine; images that stories leave in it are removed."""
    try:
        found = connect()
    except NoEngine as error:
        missing(str(error))
    before = _tags(found)
    yield found
    for tag in _tags(found) - before:
        if "ripe:sha-" in tag or "breast-cancer:sha-" in tag or "wine:sha-" in tag:
            found.client.images.remove(tag, force=True)
    found.close()


def _tags(engine: Engine) -> set[str]:
    """The names of all images; asked for in one call, as others may remove some meanwhile."""
    return {tag for image in engine.client.api.images() for tag in image["RepoTags"] or ()}


@pytest.fixture(scope="session")
def bases(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the archive of the base image."""
    kept = HOME / ".modelspec" / "bases"
    if (kept / file_name(BASE)).exists():
        return kept
    if engine.inspect(BASE) is None:
        missing(f"the base image {BASE}")
    folder = tmp_path_factory.mktemp("bases")
    with (folder / file_name(BASE)).open("wb") as file:
        for piece in engine.client.images.get(BASE).save(named=True):
            file.write(piece)
    return folder


@pytest.fixture(scope="session")
def written(
    tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str], bases: Path
) -> Project:
    """The spec and its data, committed; nothing has been made of them."""
    project = Project(tmp_path_factory.mktemp("written"), environment)
    project.git("init", "-q", "-b", "main")
    project.write(SPEC, TEXT)
    project.write(DATA, fruit())
    project.commit("Tell ripe fruit")
    project.lay_bases(bases)
    return project


@pytest.fixture(scope="session")
def made(written: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The same, released as ripe/v1.0.0. For reading and copying only."""
    project = written.copy(tmp_path_factory.mktemp("made") / "here")
    project.run("apply")
    return project


@pytest.fixture
def fresh(written: Project, tmp_path: Path) -> Project:
    """A copy in which nothing has been made."""
    return written.copy(tmp_path / "here")


@pytest.fixture
def released(made: Project, tmp_path: Path) -> Project:
    """A copy with the release ripe/v1.0.0."""
    return made.copy(tmp_path / "here")


@pytest.fixture
def finished(released: Project) -> Project:
    """A copy in which every step is finished, and nothing is released."""
    released.forget()
    return released


@pytest.fixture
def exported(released: Project) -> Project:
    """A copy in which all is made but the image, and nothing is released."""
    released.forget("image", "check")
    return released
