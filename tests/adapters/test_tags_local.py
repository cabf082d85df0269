from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from modelspec.adapters.git import Remote
from modelspec.adapters.git_process import write
from modelspec.adapters.tags import create_local, publish
from modelspec.diagnostics import Conflict, WorldError
from tests.adapters.git_world import DATA, REF, World, git, hook, refs, tags_of, text

ORIGIN = Remote("origin")


def test_a_tag_is_kept_byte_for_byte(world: World) -> None:
    said = b'churn 1.0.0\n\n# not a comment\n\n\n  x\t\n\n{\n "record": 1\n}\n\n\n'
    oid = create_local(world.repository, REF, world.first, said, now=1_700_000_000)
    shown = subprocess.run(
        ("git", "cat-file", "tag", REF), cwd=world.here, capture_output=True, check=True
    ).stdout
    assert (
        shown
        == (
            f"object {world.first}\ntype commit\ntag churn/v1.0.0\n"
            "tagger Ada <ada@example.org> 1700000000 +0000\n\n"
        ).encode()
        + said
    )
    assert tags_of(world.here) == {REF: oid}
    assert git(world.here, "fsck", "--strict", "--no-dangling") == ""


def test_people_see_the_tag_by_plain_git(world: World) -> None:
    create_local(world.repository, REF, world.first, text())
    assert "On 10 test rows: fine." in git(world.here, "tag", "-n99")
    assert git(world.here, "rev-parse", "churn/v1.0.0^{commit}") == world.first


def test_only_the_ref_is_new(world: World) -> None:
    world.write(DATA, "edited")
    index = (world.here / ".git" / "index").read_bytes()
    before = git(world.here, "status", "--porcelain"), refs(world.here)
    create_local(world.repository, REF, world.first, text())
    assert (world.here / ".git" / "index").read_bytes() == index
    after = refs(world.here)
    del after[REF]
    assert (git(world.here, "status", "--porcelain"), after) == before


def test_without_an_identity_the_tool_signs_as_itself(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("EMAIL", "root@machine-7.internal")
    create_local(world.repository, REF, world.first, text())
    assert "\ntagger modelspec <modelspec@localhost> " in git(world.here, "cat-file", "tag", REF)


def test_a_configured_identity_is_used(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.delenv(name)
    git(world.here, "config", "user.name", "Grace Höpper")
    git(world.here, "config", "user.email", "grace@example.org")
    create_local(world.repository, REF, world.first, text())
    assert "\ntagger Grace Höpper <grace@example.org> " in git(world.here, "cat-file", "tag", REF)


def test_the_same_tag_again_is_the_one_that_is_there(world: World) -> None:
    first = create_local(world.repository, REF, world.first, text(), now=1)
    assert create_local(world.repository, REF, world.first, text(), now=2) == first


@pytest.mark.parametrize("other", ["message", "commit", "lightweight"])
def test_a_tag_with_other_content_is_left_alone(world: World, other: str) -> None:
    if other == "lightweight":
        git(world.here, "tag", "churn/v1.0.0")
    else:
        create_local(world.repository, REF, world.first, text())
    before = refs(world.here)[REF]
    commit = world.commit("second") if other == "commit" else world.first
    said = text(inputs="b") if other == "message" else text()
    with pytest.raises(Conflict, match=f"churn/v1.0.0 exists with other content: {before}"):
        create_local(world.repository, REF, commit, said)
    assert refs(world.here)[REF] == before


def test_of_many_writers_of_one_tag_exactly_one_wins(world: World) -> None:
    def attempt(number: int) -> str | None:
        try:
            return create_local(world.repository, REF, world.first, text(inputs=str(number)))
        except Conflict:
            return None
        except WorldError as error:  # the other holds the lock of the ref at this moment
            assert ".lock is in the way" in str(error)
            return None

    with ThreadPoolExecutor(8) as pool:
        won = [oid for oid in pool.map(attempt, range(8)) if oid]
    assert won == [refs(world.here)[REF]]


def test_a_lock_that_a_killed_git_left_is_named(world: World) -> None:
    lock = world.here / ".git" / f"{REF}.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    with pytest.raises(WorldError, match=f"{lock} is in the way.*remove that file"):
        create_local(world.repository, REF, world.first, text())
    lock.unlink()
    assert create_local(world.repository, REF, world.first, text()) == refs(world.here)[REF]


def test_an_emptied_ref_is_explained(world: World) -> None:
    file = world.here / ".git" / REF
    file.parent.mkdir(parents=True)
    file.touch()
    with pytest.raises(WorldError, match=r"the file of refs/tags/churn/v1.0.0 is damaged"):
        create_local(world.repository, REF, world.first, text())


def test_a_tag_with_the_name_of_the_model_is_said_to_be_in_the_way(world: World) -> None:
    git(world.here, "tag", "churn")
    with pytest.raises(WorldError, match=r"refs/tags/churn is in the way.*git tag -d -- churn"):
        create_local(world.repository, REF, world.first, text())


def test_a_read_only_repository_is_explained(world: World) -> None:
    hook(world.here, "reference-transaction", '[ "$1" != prepared ] || exit 1')
    with pytest.raises(WorldError, match=r"cannot create the tag churn/v1.0.0: .*aborted by hook"):
        create_local(world.repository, REF, world.first, text())
    assert tags_of(world.here) == {}


@pytest.mark.parametrize(
    "ref", ["--exec=x", "-d", "refs/heads/main", "refs/tags/churn/latest", "HEAD", "",
            "refs/tags/--stdin/v1.0.0"],
)  # fmt: skip
def test_what_names_no_release_never_reaches_git(world: World, ref: str) -> None:
    with pytest.raises(WorldError, match="does not name a release"):
        create_local(world.repository, ref, world.first, text())
    with pytest.raises(WorldError, match="does not name a release"):
        publish(world.repository, ORIGIN, ref, world.first, text())


@pytest.mark.parametrize("commit", ["--stdin", "HEAD", "1" * 40])
def test_a_commit_that_is_not_here_is_not_tagged(world: World, commit: str) -> None:
    with pytest.raises(WorldError, match="not"):
        create_local(world.repository, REF, commit, text())
    assert tags_of(world.here) == {}


def test_killed_right_before_the_ref_only_a_loose_object_is_left(world: World) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from modelspec.adapters import tags; from modelspec.adapters.git import Repository\n"
        "tags._point = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "tags.create_local(Repository.open(Path(sys.argv[1])), *sys.argv[2:4], b'x')\n"
    )
    before = refs(world.here)
    killed = subprocess.run(
        (sys.executable, "-c", script, str(world.here), REF, world.first), check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert refs(world.here) == before
    assert "dangling tag" in git(world.here, "fsck", "--strict")
    oid = create_local(world.repository, REF, world.first, text())
    assert tags_of(world.here) == {REF: oid}


def test_what_is_written_is_brought_to_the_disk(world: World) -> None:
    assert write(world.here, "config", "core.fsync").output == b"all\n"


def test_variables_that_a_hook_sets_do_not_choose_where_the_tag_goes(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "-q", "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_NAMESPACE", "elsewhere")
    oid = create_local(world.repository, REF, world.first, text())
    monkeypatch.undo()
    assert tags_of(world.here) == {REF: oid}
