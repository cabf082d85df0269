from __future__ import annotations

import shutil

import pytest

from modelspec.adapters.git import Remote
from modelspec.adapters.git_remote import has_passed, is_ancestor, remote_tip
from modelspec.adapters.tags import create_local, fetch_tags, publish
from modelspec.diagnostics import Conflict, WorldError
from modelspec.plan.tags import parse
from tests.adapters.git_world import DATA, REF, World, git, refs, tags_of, text

ORIGIN = Remote("origin")


def published(world: World, *versions: str, name: str = "churn") -> dict[str, str]:
    """Tags that only the remote has."""
    made = {}
    for version in versions:
        ref = f"refs/tags/{name}/v{version}"
        made[ref] = publish(world.repository, ORIGIN, ref, world.first, text(version))
        git(world.here, "update-ref", "-d", ref)
    return made


def test_the_tags_of_the_models_asked_for_arrive_in_one_call(world: World) -> None:
    world.add_remote()
    churn = published(world, "1.0.0", "1.1.0")
    wine = published(world, "2.0.0", name="wine")
    published(world, "3.0.0", name="other")
    git(world.here, "push", "-q", "origin", "main:refs/tags/unrelated")
    fetch_tags(world.repository, ORIGIN, ["churn", "wine", "nothing-yet"])
    assert tags_of(world.here) == churn | wine
    fetch_tags(world.repository, ORIGIN, ["churn", "wine"])
    fetch_tags(world.repository, ORIGIN, [])
    assert tags_of(world.here) == churn | wine


def test_a_shallow_clone_that_is_cut_at_a_tag_knows_that_the_branch_has_passed_it(
    world: World,
) -> None:
    world.add_remote()
    clone = world.clone("shallow", "--depth", "1")
    behind = clone.head().oid
    later = [world.commit(f"commit {number}") for number in range(4)]
    side = world.commit("never on the branch")
    git(world.here, "reset", "-q", "--hard", later[-1])
    git(world.here, "push", "-q", "origin", "main")
    git(world.here, "push", "-q", "origin", f"{side}:refs/heads/side")
    publish(world.repository, ORIGIN, REF, later[1], text())
    fetch_tags(clone, ORIGIN, ["churn"])
    _, tip = remote_tip(clone, ORIGIN)
    assert not is_ancestor(clone, behind, tip)
    assert has_passed(clone, ORIGIN, behind, tip)
    git(clone.root, "fetch", "-q", "origin", "side")
    assert not has_passed(clone, ORIGIN, side, tip)


def test_a_shallow_clone_of_a_remote_without_releases_gets_none(world: World) -> None:
    world.add_remote()
    clone = world.clone("shallow", "--depth", "1")
    fetch_tags(clone, ORIGIN, ["churn", "wine"])
    assert tags_of(clone.root) == {}
    made = published(world, "1.0.0")
    fetch_tags(clone, ORIGIN, ["churn", "wine"])
    assert tags_of(clone.root) == made


def test_fetching_leaves_a_full_clone_full_and_everything_else_alone(world: World) -> None:
    world.add_remote()
    clone = world.clone("full")
    for number in range(3):
        world.commit(f"later {number}")
    git(world.here, "push", "-q", "origin", "main")
    made = publish(world.repository, ORIGIN, REF, world.repository.head().oid, text())
    before = refs(clone.root)
    fetch_tags(clone, ORIGIN, ["churn"])
    assert refs(clone.root) == before | {REF: made}
    assert not clone.is_shallow()
    assert is_ancestor(clone, world.first, clone.tags(["churn"])[0].commit)
    assert not (clone.root / ".git" / "FETCH_HEAD").exists()


@pytest.mark.parametrize("depth", [1, 3])
def test_fetching_keeps_the_history_that_a_shallow_clone_has(world: World, depth: int) -> None:
    world.add_remote()
    commits = [world.commit(f"commit {number}") for number in range(10)]
    git(world.here, "push", "-q", "origin", "main")
    publish(world.repository, ORIGIN, REF, commits[4], text())
    second = "refs/tags/churn/v1.1.0"
    latest = publish(world.repository, ORIGIN, second, commits[-1], text("1.1.0"))
    clone = world.clone("shallow", f"--depth={depth}", "--no-tags")
    fetch_tags(clone, ORIGIN, ["churn"])
    assert clone.is_shallow()
    assert git(clone.root, "rev-list", "--count", "HEAD") == str(depth)
    assert git(clone.root, "rev-list", "--count", REF) == str(depth)
    old, new = clone.tags(["churn"])
    assert (old.commit, parse(old.message)) == (commits[4], parse(text()))
    assert new.oid == latest
    assert clone.file_at(commits[4], DATA) == b"a,b\n1,2\n"


@pytest.mark.parametrize("always", [[], ["+refs/tags/*:refs/tags/*"]])
def test_a_tag_that_the_remote_moved_is_named_and_kept(world: World, always: list[str]) -> None:
    bare = world.add_remote()
    for refspec in always:
        git(world.here, "config", "--add", "remote.origin.fetch", refspec)
    publish(world.repository, ORIGIN, REF, world.first, text())
    before = tags_of(world.here)
    git(bare, "update-ref", REF, world.first)
    others = published(world, "1.0.1")
    with pytest.raises(Conflict, match=r"origin has moved the tag churn/v1.0.0") as caught:
        fetch_tags(world.repository, ORIGIN, ["churn"])
    assert len(caught.value.diagnostics) == 1
    assert tags_of(world.here) == before | others


def test_a_tag_that_is_only_here_stays_also_where_the_user_prunes(world: World) -> None:
    world.add_remote()
    for key in ("fetch.prune", "fetch.pruneTags", "remote.origin.prune", "remote.origin.pruneTags"):
        git(world.here, "config", key, "true")
    draft = create_local(world.repository, REF, world.first, text(published=False))
    made = published(world, "1.1.0")
    fetch_tags(world.repository, ORIGIN, ["churn"])
    assert tags_of(world.here) == {REF: draft} | made


def test_a_tag_that_is_only_here_gives_way_to_a_release_of_the_remote(world: World) -> None:
    world.add_remote()
    made = published(world, "1.0.0", "1.0.1")
    create_local(world.repository, REF, world.first, text(published=False, inputs="b"))
    fetch_tags(world.repository, ORIGIN, ["churn"])
    assert tags_of(world.here) == made


def test_a_floating_tag_beside_the_versions_disturbs_nothing(world: World) -> None:
    bare = world.add_remote()
    git(world.here, "tag", "churn/v1")
    second = world.commit("second")
    git(world.here, "push", "-q", "origin", "main")
    git(bare, "update-ref", "refs/tags/churn/v1", second)
    made = published(world, "1.0.0")
    fetch_tags(world.repository, ORIGIN, ["churn"])
    assert tags_of(world.here) == made | {"refs/tags/churn/v1": world.first}


def test_a_tag_that_cannot_be_stored_is_explained(world: World) -> None:
    world.add_remote()
    published(world, "1.0.0")
    git(world.here, "tag", "churn")
    with pytest.raises(WorldError, match=r"origin: .*churn"):
        fetch_tags(world.repository, ORIGIN, ["churn"])


def test_a_remote_that_cannot_be_reached_is_named(world: World) -> None:
    shutil.rmtree(world.add_remote())
    with pytest.raises(WorldError, match=r"^origin: .*does not appear to be a git repository"):
        fetch_tags(world.repository, ORIGIN, ["churn"])
    with pytest.raises(WorldError, match=r"^origin: .*does not appear to be a git repository"):
        remote_tip(world.repository, ORIGIN)


def test_names_that_git_could_misread_never_reach_it(world: World) -> None:
    with pytest.raises(WorldError, match="cannot be the name of a model"):
        fetch_tags(world.repository, ORIGIN, ["churn", "--upload-pack=touch x"])


def test_the_tip_of_the_default_branch_can_be_read_and_no_ref_moves(world: World) -> None:
    bare = world.add_remote()
    git(bare, "symbolic-ref", "HEAD", "refs/heads/release/next")
    git(world.here, "push", "-q", "origin", "main:release/next")
    clone = world.clone("clone")
    world.write(DATA, "newer")
    tip = world.commit("second")
    git(world.here, "push", "-q", "origin", "main:release/next")
    before = refs(clone.root)
    assert remote_tip(clone, ORIGIN) == ("release/next", tip)
    assert clone.file_at(tip, DATA) == b"newer"
    assert refs(clone.root) == before
    assert is_ancestor(clone, world.first, tip)


def test_the_tip_is_found_from_a_shallow_clone_behind_it(world: World) -> None:
    world.commit("second")
    world.add_remote()
    clone = world.clone("clone", "--depth=1")
    for number in range(3):
        world.commit(f"later {number}")
    git(world.here, "push", "-q", "origin", "main")
    _, tip = remote_tip(clone, ORIGIN)
    assert is_ancestor(clone, clone.head().oid, tip)
    assert git(clone.root, "rev-list", "--count", "HEAD") == "1"


def test_a_remote_without_a_default_branch_is_explained(world: World) -> None:
    git(world.add_remote(), "symbolic-ref", "HEAD", "refs/heads/nowhere")
    with pytest.raises(WorldError, match="origin has no default branch"):
        remote_tip(world.repository, ORIGIN)


def test_history_tells_which_commit_is_behind_which(world: World) -> None:
    second = world.commit("second")
    git(world.here, "checkout", "-q", "-b", "side", world.first)
    side = world.commit("side")
    repository = world.repository
    assert is_ancestor(repository, world.first, second)
    assert is_ancestor(repository, second, second)
    assert not is_ancestor(repository, second, world.first)
    assert not is_ancestor(repository, side, second)
    with pytest.raises(WorldError, match="is not in this repository"):
        is_ancestor(repository, "1" * 40, second)
