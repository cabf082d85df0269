from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from modelspec.adapters.engine import Engine
from tests.adapters.images.parts import registry
from tests.stories.project import DATA, SPEC, Project, kept

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


@pytest.fixture
def remote(finished: Project, tmp_path: Path) -> Project:
    """A bare repository that `finished` is pushed to; it has no tags."""
    there = Project(tmp_path / "remote.git", finished.environment)
    there.root.mkdir()
    there.git("init", "-q", "--bare", "-b", "main")
    finished.git("remote", "add", "origin", str(there.root))
    finished.git("push", "-q", "origin", "main")
    return there


def _clone(remote: Project, target: Path, like: Project) -> Project:
    """A clone of the remote, with the cache that another one has."""
    made = remote.clone(target)
    subprocess.run(("cp", "-a", str(like.root / ".modelspec"), str(target)), check=True, timeout=60)
    return made


@pytest.fixture
def remote_clone(remote: Project, finished: Project, tmp_path: Path) -> Callable[[str], Project]:
    return lambda name: _clone(remote, tmp_path / name, finished)


def test_with_a_remote_a_release_is_a_draft_until_it_is_pushed(
    finished: Project, remote: Project
) -> None:
    finished.run("apply")
    assert finished.record("ripe/v1.0.0")["published"] is False
    assert finished.lock()["published"] is False
    assert remote.tags() == []
    before = finished.state()
    assert "1.0.0 is up to date" in finished.run("apply").output
    assert finished.state() == before


def test_a_push_publishes_a_draft_under_the_number_it_had(
    finished: Project, remote: Project, tmp_path: Path
) -> None:
    finished.run("apply")
    draft = finished.record("ripe/v1.0.0")
    entries = finished.entries()
    said = finished.run("apply", "--push")
    assert said.rows == ["release", "render"]
    assert remote.tags() == finished.tags() == ["ripe/v1.0.0"]
    assert remote.record("ripe/v1.0.0") == {**draft, "published": True}
    assert finished.git("rev-parse", "ripe/v1.0.0") == remote.git("rev-parse", "ripe/v1.0.0")
    assert finished.lock()["published"] is True
    assert finished.entries() == entries
    assert "1.0.0 is up to date" in finished.run("apply", "--push").output
    there = remote.clone(tmp_path / "there")
    assert "1.0.0 is up to date" in there.run("apply").output
    assert there.lock() == finished.lock()
    assert there.entries() == {}


def test_a_clone_that_lacks_the_tag_adopts_the_release_of_the_remote(
    finished: Project, remote: Project, tmp_path: Path
) -> None:
    there = remote.clone(tmp_path / "there")
    finished.run("apply", "--push")
    assert there.tags() == []
    assert "1.0.0 is up to date" in there.run("apply", "--push").output
    assert there.tags() == ["ripe/v1.0.0"]
    assert there.lock() == finished.lock()
    assert there.entries() == {}


def test_a_commit_that_is_not_pushed_is_never_published(finished: Project, remote: Project) -> None:
    finished.edit(SPEC, "owner: orchard", "owner: garden")
    commit = finished.commit()
    before = finished.state()
    said = finished.run("apply", "--push", code=6)
    assert said.errors == f"{commit[:12]} is not on origin/main: push the commit first\n"
    assert finished.state() == before
    assert remote.tags() == []
    finished.git("push", "-q", "origin", "main")
    finished.run("apply", "--push")
    assert remote.tags() == ["ripe/v1.0.0"]


def test_a_commit_that_the_branch_has_left_behind_is_superseded(
    finished: Project, remote: Project, remote_clone: Callable[[str], Project]
) -> None:
    there = remote_clone("there")
    there.edit(SPEC, "owner: orchard", "owner: garden")
    there.commit()
    there.git("push", "-q", "origin", "main")
    said = finished.run("apply", "--push")
    assert "superseded" in said.output
    assert finished.tags() == remote.tags() == []
    assert finished.deployed() == {}
    there.run("apply", "--push")
    assert remote.record("ripe/v1.0.0")["spec"]["metadata"]["owner"] == "garden"


def test_a_commit_that_is_behind_with_the_same_inputs_is_published(
    finished: Project, remote: Project, remote_clone: Callable[[str], Project]
) -> None:
    there = remote_clone("there")
    there.write("README", "words")
    there.commit()
    there.git("push", "-q", "origin", "main")
    finished.run("apply", "--push")
    assert remote.record("ripe/v1.0.0")["commit"] == finished.git("rev-parse", "HEAD")
    assert "1.0.0 is up to date" in there.run("apply", "--push").output


def test_two_clones_that_publish_the_same_at_once_make_one_release(
    finished: Project, remote: Project, remote_clone: Callable[[str], Project], tmp_path: Path
) -> None:
    clones = [remote_clone("a"), remote_clone("b")]
    for clone in clones:
        # Neither pushes before both have decided to.
        clone.hook(
            "pre-push",
            f"touch {tmp_path}/$(basename $PWD).ready\n"
            f"while ! [ -e {tmp_path}/a.ready -a -e {tmp_path}/b.ready ]; do sleep 0.01; done",
        )
    names = ("Ada", "Bob")  # so that their tags differ
    running = [
        clone.start("apply", "--push", GIT_COMMITTER_NAME=name)
        for clone, name in zip(clones, names, strict=True)
    ]
    said = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0, 0], said
    assert remote.tags() == ["ripe/v1.0.0"]
    oid = remote.git("rev-parse", "ripe/v1.0.0")
    for clone in clones:
        assert clone.git("rev-parse", "ripe/v1.0.0") == oid
        record = remote.record("ripe/v1.0.0")
        assert clone.lock() == {k: v for k, v in record.items() if k not in ("spec", "seconds")}
        assert clone.leftovers() == []
    adopted = [output for output, _ in said if b"1.0.0 is up to date" in output]
    assert len(adopted) == 1
    warned = [errors for _, errors in said if errors]
    assert len(warned) == 1
    assert b"planning again" in warned[0]


def test_a_remote_that_is_gone_is_one_message_and_no_tag(
    finished: Project, remote: Project
) -> None:
    remote.root.rename(remote.root.with_name("gone"))
    before = finished.state()
    said = finished.run("apply", "--push", code=6)
    assert said.errors.startswith("origin: ")
    assert said.errors.count("\n") == 1
    assert finished.state() == before
    finished.run("apply")
    assert finished.record("ripe/v1.0.0")["published"] is False


def test_a_registry_gets_the_image_and_the_files_name_it_by_its_digest(
    finished: Project, engine: Engine, tmp_path: Path
) -> None:
    with registry(tmp_path) as address:
        project = f"apiVersion: modelspec/v1\nkind: Project\nregistry: {address}/team\n"
        finished.write("modelspec.yaml", project)
        finished.commit()
        finished.run("apply")
        assert finished.record("ripe/v1.0.0")["image"]["reference"] is None
        entries = finished.entries()
        finished.run("apply", "--push")
        (tag,) = [t for t in finished.tags() if finished.record(t)["image"]["reference"]]
        image = finished.record(tag)["image"]
        name, _, digest = image["reference"].partition("@")
        assert name == f"{address}/team/ripe"
        path = f"team/ripe/manifests/{image['tag'].partition(':')[2]}"
        request = Request(f"http://{address}/v2/{path}", headers={"Accept": MANIFEST})
        with urlopen(request) as answer:
            assert answer.headers["Docker-Content-Digest"] == digest
            assert json.load(answer)["config"]["digest"] == image["id"]
        assert finished.lock()["image"] == image
        serving = finished.path("deploy/default/ripe/serving.yaml").read_text("utf-8")
        assert image["reference"] in serving
        assert kept(entries, finished.entries())
        assert "is up to date" in finished.run("apply", "--push").output
        engine.client.images.remove(f"{address}/team/{image['tag']}", force=True)


def test_a_registry_that_is_gone_is_one_message_and_no_tag(
    finished: Project, remote: Project
) -> None:
    project = "apiVersion: modelspec/v1\nkind: Project\nregistry: 127.0.0.1:1/team\n"
    finished.write("modelspec.yaml", project)
    finished.commit()
    finished.git("push", "-q", "origin", "main")
    said = finished.run("apply", "--push", code=6)
    assert "pushing 127.0.0.1:1/team/ripe:sha-" in said.errors
    assert said.errors.count("\n") == 1
    assert finished.tags() == remote.tags() == []
    assert finished.deployed() == {}
    assert finished.path(DATA).exists()


def test_what_is_published_goes_before_drafts_of_other_inputs(
    finished: Project, remote: Project
) -> None:
    """Two drafts, then a push of the second: it is the remote's first release, once."""
    finished.run("apply")
    finished.edit(SPEC, "epochs: ", "epochs: 1")
    finished.commit()
    finished.git("push", "-q", "origin", "main")
    finished.run("apply")
    assert finished.tags() == ["ripe/v1.0.0", "ripe/v1.1.0"]
    finished.run("apply", "--push")
    assert remote.tags() == ["ripe/v1.0.0"]
    published = finished.record("ripe/v1.0.0")
    assert published["published"] is True
    assert finished.lock()["version"] == "1.0.0"
    assert "1.0.0 is up to date" in finished.run("apply").output
    assert finished.lock()["version"] == "1.0.0"
    finished.run("apply", "--push")
    assert remote.tags() == ["ripe/v1.0.0"]


def test_a_push_with_nowhere_to_push_to_says_so(finished: Project) -> None:
    assert "nowhere to push to" in finished.run("apply", "--push", code=6).errors
    assert finished.tags() == []
