"""Two environments from a first release to a removed model, as people and a runner see them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from modelspec.adapters.engine import Engine
from modelspec.adapters.registry import Registry
from tests import golden
from tests.adapters.images.parts import registry
from tests.adapters.images.pushed import image
from tests.released import tagged
from tests.stories.project import SPEC, Project

HEAD = "apiVersion: modelspec/v1\nkind: Environment\nmetadata: {name: %s}\n"
STAGING = HEAD % "staging" + "namespace: ml-staging\npromote: automatic   # by the runner\n"
PROD = (
    HEAD % "prod" + "namespace: ml-prod\nregistry: %s/prod\nmodels: {}   # by pull request\n"
    "overrides:\n  deploy: {replicas: {min: 3}}\n"
)
FILES = ["monitoring.yaml", "release.lock", "serving.yaml"]


@contextmanager
def two_registries(folder: Path) -> Iterator[tuple[str, str]]:
    for name in ("own", "prod"):
        (folder / name).mkdir()
    with registry(folder / "own") as own, registry(folder / "prod") as prod:
        yield own, prod


@pytest.fixture
def registries(tmp_path: Path) -> Iterator[tuple[str, str]]:
    with two_registries(tmp_path) as found:
        yield found


@pytest.fixture
def runner(
    finished: Project, engine: Engine, registries: tuple[str, str], tmp_path: Path
) -> Iterator[Project]:
    """Where `apply --push` runs: main has two models, staging and prod, and nothing runs yet.

    Of ripe everything is made and nothing released; wine has a release.
    """
    own, prod = registries
    remote = Project(tmp_path / "remote.git", finished.environment)
    remote.root.mkdir()
    remote.git("init", "-q", "--bare", "-b", "main")
    for name in ("model.yaml", "wine.csv"):
        finished.write(f"models/wine/{name}", (golden.EXAMPLES / "wine" / name).read_bytes())
    project = f"apiVersion: modelspec/v1\nkind: Project\nregistry: {own}/team\n"
    finished.write("modelspec.yaml", project)
    finished.write("environments/staging.yaml", STAGING)
    finished.write("environments/prod.yaml", PROD % prod)
    finished.commit("Add wine, and where models run")
    finished.git("remote", "add", "origin", str(remote.root))
    tagged(finished.root, "wine", image(own, "team/wine"), published=True)
    finished.git("push", "-q", "origin", "main", "wine/v1.0.0")
    yield finished
    for found in engine.client.images.list(f"{own}/team/ripe"):
        for tag in found.tags:
            if tag.startswith(own):
                engine.client.images.remove(tag, force=True)


@pytest.fixture
def person(runner: Project, tmp_path: Path) -> Callable[[], Project]:
    """Makes clones that know one commit, and no tag: what a person or a check works in."""
    remote = runner.git("remote", "get-url", "origin")

    def clone() -> Project:
        made = Project(tmp_path / f"clone-{len(list(tmp_path.iterdir()))}", runner.environment)
        made.root.mkdir()
        made.git("clone", "-q", "--depth=1", "--no-tags", f"file://{remote}", ".")
        return made

    return clone


def runs(project: Project) -> dict[str, dict[str, str]]:
    """What each environment runs: the versions of the locks, with complete folders only."""
    found: dict[str, dict[str, str]] = {}
    for lock in sorted(project.root.glob("deploy/*/*/release.lock")):
        assert sorted(path.name for path in lock.parent.iterdir()) == FILES
        record = json.loads(lock.read_text("utf-8"))["record"]
        found.setdefault(lock.parts[-3], {})[lock.parts[-2]] = record["version"]
    return found


def checked(project: Project) -> dict[str, dict[str, str]]:
    """The same, where `render --check` agrees."""
    assert "all files are up to date" in project.run("render", "--check").output
    return runs(project)


def publish(project: Project, subject: str) -> None:
    project.git("add", "environments", "deploy")
    project.git("commit", "-q", "-m", subject)
    project.git("push", "-q", "origin", "HEAD:main")


def test_releases_move_through_two_environments_and_back(
    runner: Project, person: Callable[[], Project], registries: tuple[str, str]
) -> None:
    own, prod = registries

    # The first releases: staging has them as soon as they are published, prod has none.
    said = runner.run("apply", "--push").output
    assert "staging: ripe 1.0.0" in said
    assert "staging: wine 1.0.0" in said
    assert checked(person()) == {"staging": {"ripe": "1.0.0", "wine": "1.0.0"}}
    assert not runner.path("deploy").exists()

    # Promotion: from a shallow clone without tags; the image goes to the registry of prod.
    ada = person()
    assert "3 of 3 blobs copied" in ada.run("promote", "wine", "1.0.0", "--to", "prod").output
    ada.run("promote", "ripe", "1.0.0", "--to", "prod")
    publish(ada, "Promote ripe and wine to prod")
    both = {"ripe": "1.0.0", "wine": "1.0.0"}
    assert checked(person()) == {"prod": both, "staging": both}
    serving = person().path("deploy/prod/ripe/serving.yaml").read_text("utf-8")
    digest = runner.record("ripe/v1.0.0")["image"]["reference"].partition("@")[2]
    assert f'image: "{prod}/prod/ripe@{digest}"' in serving
    assert 'namespace: "ml-prod"' in serving
    assert "minReplicas: 3" in serving
    with closing(Registry(own)) as here, closing(Registry(prod)) as there:
        assert there.manifest("prod/ripe", digest) == here.manifest("team/ripe", digest)

    # Another release: staging follows, prod waits for people.
    runner.git("pull", "-q", "--rebase", "origin", "main")
    runner.edit(SPEC, "owner: orchard", "owner: garden")
    runner.commit("Hand ripe over")
    runner.git("push", "-q", "origin", "main")
    assert "staging: ripe 1.0.0 -> 1.0.1" in runner.run("apply", "--push").output
    assert checked(person()) == {"prod": both, "staging": {**both, "ripe": "1.0.1"}}

    # Promoted, and taken back by git alone: byte for byte what it was.
    bob = person()
    before = bob.git("rev-parse", "HEAD^{tree}")
    bob.run("promote", "ripe", "1.0.1", "--to", "prod")
    publish(bob, "Promote ripe 1.0.1 to prod")
    assert checked(person())["prod"] == {**both, "ripe": "1.0.1"}
    bob.git("revert", "--no-edit", "HEAD")
    bob.git("push", "-q", "origin", "HEAD:main")
    assert checked(person()) == {"prod": both, "staging": {**both, "ripe": "1.0.1"}}
    assert bob.git("rev-parse", "HEAD^{tree}") == before

    # The spec is reverted: staging goes back to the release that it asks for, nothing is made.
    runner.git("pull", "-q", "--rebase", "origin", "main")
    runner.edit(SPEC, "owner: garden", "owner: orchard")
    runner.commit("Take ripe back")
    runner.git("push", "-q", "origin", "main")
    assert "staging: ripe 1.0.1 -> 1.0.0" in runner.run("apply", "--push").output
    assert runner.tags() == ["ripe/v1.0.0", "ripe/v1.0.1", "wine/v1.0.0"]
    assert checked(person()) == {"prod": both, "staging": both}

    # A model is removed: staging lets it go, prod only when its line goes.
    runner.git("pull", "-q", "--rebase", "origin", "main")
    runner.git("rm", "-rq", "models/wine")
    runner.commit("Remove wine")
    runner.git("push", "-q", "origin", "main")
    assert "staging: wine no more" in runner.run("apply", "--push").output
    assert checked(person()) == {"prod": both, "staging": {"ripe": "1.0.0"}}
    ada = person()
    ada.edit("environments/prod.yaml", "  wine: 1.0.0\n", "")
    said = ada.run("render", "--check", code=7).errors
    assert "deploy/prod/wine/serving.yaml belongs to no model that runs there" in said
    ada.run("render")
    publish(ada, "Stop wine in prod")
    assert checked(person()) == {"prod": {"ripe": "1.0.0"}, "staging": {"ripe": "1.0.0"}}

    # So is an environment.
    ada.git("rm", "-q", "environments/staging.yaml")
    ada.run("render", "--check", code=7)
    ada.run("render")
    assert checked(ada) == {"prod": {"ripe": "1.0.0"}}
    text = ada.path("environments/prod.yaml").read_text("utf-8")
    assert text == (PROD % prod).replace("models: {}   #", "models:   #").replace(
        "request\n", "request\n  ripe: 1.0.0\n"
    )
