"""What git, the disk or the engine does not allow: exit code 6, one sentence, no harm."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from modelspec.adapters.base import file_name
from tests.adapters.images.parts import BASE, PrivateEngine, missing
from tests.stories.project import DATA, SCRIPT, SPEC, Project, kept, steps

NOWHERE = "unix:///nowhere/d.sock"


def _refused(project: Project, *words: str, says: str, **variables: str) -> None:
    said = project.run("apply", *words, code=6, **variables)
    assert says in said.errors
    assert len([line for line in said.errors.splitlines() if not line.startswith("  ")]) == 1
    assert said.rows == []


def test_a_folder_that_is_no_repository_is_told_how_to_become_one(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    folder = Project(tmp_path, environment)
    _refused(folder, says="is not in a git repository: git init, add, commit")
    assert list(tmp_path.iterdir()) == []


def test_a_bare_repository_is_told_apart(tmp_path: Path, environment: dict[str, str]) -> None:
    folder = Project(tmp_path, environment)
    folder.git("init", "-q", "--bare")
    before = sorted(tmp_path.rglob("*"))
    _refused(folder, says="is a bare repository, without files: git clone it")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_repository_without_commits_is_told_to_commit(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    folder = Project(tmp_path, environment)
    folder.git("init", "-q")
    _refused(folder, says="there are no commits yet: git add the spec and its data")


def test_a_commit_without_a_spec_is_told_how_to_begin(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    folder = Project(tmp_path, environment)
    folder.git("init", "-q")
    folder.commit("nothing yet")
    _refused(folder, says="there is no model.yaml here: write one (modelspec init data.csv)")


@pytest.mark.parametrize("name", [SPEC, DATA])
def test_an_input_that_differs_from_the_commit_is_never_released(
    released: Project, name: str
) -> None:
    old = released.path(name).read_bytes()
    released.write(name, old + b"\n")
    before = released.state()
    _refused(released, says=f"{name} differs from the commit")
    assert released.state() == before
    released.git("add", name)
    _refused(released, says=f"{name} differs from the commit")
    released.git("reset", "-q", "--hard")
    assert "1.0.0 is up to date" in released.run("apply").output


def test_a_change_of_any_other_file_is_no_matter(finished: Project) -> None:
    finished.write("notes.txt", "new")
    assert "ripe/v1.0.0" in finished.run("apply").output


@pytest.mark.parametrize("word", ["other", "models/other/model.yaml"])
def test_a_spec_that_is_not_committed_is_told_so(released: Project, word: str) -> None:
    text = released.path(SPEC).read_text("utf-8")
    released.write("models/other/model.yaml", text.replace("name: ripe", "name: other"))
    released.write("models/other/fruit.csv", released.path(DATA).read_bytes())
    before = released.state()
    said = released.run("apply", word, code=6)
    assert "not committed" in said.errors
    assert released.state() == before


def test_data_that_are_not_committed_are_told_so(fresh: Project) -> None:
    fresh.git("rm", "-q", "--cached", DATA)
    fresh.git("commit", "-q", "-m", "without data")
    _refused(fresh, says=f"{DATA} is not in the commit: git add it and commit")
    assert fresh.entries() == {}


def test_a_tag_that_is_no_release_keeps_its_number_and_is_told(finished: Project) -> None:
    finished.git("tag", "-a", "-m", "made by hand", "ripe/v1.0.0")
    oid = finished.git("rev-parse", "ripe/v1.0.0")
    said = finished.run("apply")
    assert "the tag ripe/v1.0.0 is not a release" in said.errors
    assert finished.git("rev-parse", "ripe/v1.0.0") == oid
    (new,) = set(finished.tags()) - {"ripe/v1.0.0"}
    assert finished.record(new)["version"] == new.removeprefix("ripe/v")
    assert f"{new.removeprefix('ripe/v')} is up to date" in finished.run("apply").output


def test_without_an_engine_a_release_says_that_it_ran_as_a_process(exported: Project) -> None:
    entries = exported.entries()
    said = exported.run("apply", DOCKER_HOST=NOWHERE)
    assert said.rows == ["image", "check", "release", "render"]
    record = exported.record("ripe/v1.0.0")
    assert record["steps"]["check"]["record"]["ran_as"] == "process"
    assert "modelspec serve ripe" in said.output
    assert kept(entries, exported.entries())
    assert "1.0.0 is up to date" in exported.run("apply").output


def test_the_image_is_the_same_with_and_without_an_engine(exported: Project, made: Project) -> None:
    exported.run("apply", DOCKER_HOST=NOWHERE)
    assert exported.record("ripe/v1.0.0")["image"] == made.record("ripe/v1.0.0")["image"]


@pytest.fixture
def private_engine(bases: Path) -> Iterator[PrivateEngine]:
    """An engine that may die. It has no images, and no network that anybody reaches."""
    if shutil.which("dockerd") is None or os.geteuid() != 0:
        missing("dockerd, or the right to start one,")
    started = PrivateEngine(Path(mkdtemp(prefix="e", dir="/tmp")))
    started.start()
    yield started
    started.remove()


def test_an_engine_that_dies_while_it_loads_is_one_message_and_the_next_apply_works(
    exported: Project, private_engine: PrivateEngine, bases: Path
) -> None:
    archive = str(bases / file_name(BASE))
    process = exported.start(
        "apply", DOCKER_HOST=private_engine.address, MODELSPEC_BASE_ARCHIVE=archive
    )
    receives = private_engine.folder / "data" / "tmp"
    end = time.monotonic() + 60
    while not any(receives.glob("docker-import-*/*")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.002)
    private_engine.kill()
    errors = process.communicate(timeout=60)[1]
    assert process.returncode == 6, errors
    lines = errors.decode().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("the Docker Engine ")
    assert "while loading an image" in lines[0]
    assert steps(exported.entries()) == {
        "data",
        "train",
        "evaluate",
        "gate",
        "export.tflite",
        "reference",
        "image",
    }
    assert exported.tags() == []
    assert exported.leftovers() == []
    entries = exported.entries()
    assert exported.run("apply").rows == ["check", "release", "render"]
    assert kept(entries, exported.entries())


def _mounted(project: Project, mount: str, *words: str, code: int) -> str:
    """Run modelspec where something is mounted, for it alone."""
    if shutil.which("unshare") is None or os.geteuid() != 0:
        missing("the right to mount")
    script = f'{mount} && exec "$@"'
    words = ("sh", "-ec", script, "sh", str(SCRIPT), *words)
    return project.command("unshare", "--mount", *words, code=code).errors


def test_a_disk_that_is_full_is_one_message_and_the_next_apply_works(exported: Project) -> None:
    (exported.root / ".modelspec").rename(exported.root / "roomy")
    (exported.root / ".modelspec").mkdir()
    mount = "mount -t tmpfs -o size=4m none .modelspec && cp -a roomy/cache .modelspec/"
    said = _mounted(exported, mount, "apply", code=6)
    assert said.count("\n") == 1
    assert ".modelspec" in said
    assert "no space left on device" in said
    assert exported.tags() == []
    assert not exported.path("deploy").exists()
    (exported.root / ".modelspec").rmdir()
    (exported.root / "roomy").rename(exported.root / ".modelspec")
    assert exported.run("apply").rows == ["image", "check", "release", "render"]


def test_a_folder_that_is_read_only_is_one_message_and_the_next_apply_works(
    exported: Project,
) -> None:
    before = exported.state()
    mount = "mount --bind .modelspec .modelspec && mount -o remount,bind,ro .modelspec"
    said = _mounted(exported, mount, "apply", code=6)
    assert said.count("\n") == 1
    assert ".modelspec" in said
    assert "read-only file system" in said
    assert exported.state() == before
    assert exported.run("apply").rows == ["image", "check", "release", "render"]


def test_a_deploy_folder_that_is_read_only_leaves_a_release_that_the_next_apply_renders(
    finished: Project,
) -> None:
    finished.path("deploy").mkdir()
    mount = "mount --bind deploy deploy && mount -o remount,bind,ro deploy"
    said = _mounted(finished, mount, "apply", code=6)
    assert [line.rpartition(": ")[2] for line in said.splitlines()] == ["read-only file system"]
    assert finished.tags() == ["ripe/v1.0.0"]
    assert finished.deployed() == {}
    assert finished.run("apply").rows == ["render"]
    assert len(finished.deployed()) == 3


def test_the_lock_of_a_killed_apply_stops_nobody(released: Project) -> None:
    released.path(".modelspec/lock").write_text('{"pid": 1, "host": "x", "since": "ever"}')
    released.edit(SPEC, "owner: orchard", "owner: garden")
    released.commit()
    process = released.start("apply")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert "ripe/v1.0.1" in released.run("apply").output
