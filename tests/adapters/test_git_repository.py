from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from modelspec.adapters.git import Remote, Repository
from modelspec.adapters.git_process import read
from modelspec.diagnostics import WorldError
from tests.adapters.git_world import DATA, SPEC, World, git, hook, tag, text


def test_a_repository_is_found_from_any_folder_in_it(world: World) -> None:
    assert Repository.open(world.here / "models" / "churn").root == world.here


@pytest.mark.parametrize("name", ["with space", "ünïcode", "new\nline", "quote'\"", "-dash"])
def test_a_repository_may_have_any_name(tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    root.mkdir()
    git(root, "init", "-q")
    assert Repository.open(root).root == root


def test_a_folder_outside_every_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="is not in a git repository: git init"):
        Repository.open(tmp_path)


def test_a_bare_repository_is_refused(world: World) -> None:
    with pytest.raises(WorldError, match="is a bare repository"):
        Repository.open(world.add_remote())


def test_the_inside_of_dot_git_is_refused(world: World) -> None:
    with pytest.raises(WorldError, match="is a bare repository"):
        Repository.open(world.here / ".git")


def test_a_repository_without_commits_is_told_apart(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    repository = Repository.open(tmp_path)
    with pytest.raises(WorldError, match="no commits yet: git add"):
        repository.head()


def test_a_machine_without_git_is_told_what_to_install(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(world.folder))
    with pytest.raises(WorldError, match=r"git is not installed.*apt-get install git"):
        Repository.open(world.here)


def test_a_folder_that_is_gone_is_not_blamed_on_git(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="gone: No such file"):
        Repository.open(tmp_path / "gone")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_a_repository_of_another_user_is_refused_with_the_command_that_trusts_it(
    world: World,
) -> None:
    for path in (world.here, world.here / ".git"):
        os.chown(path, 12345, 12345)
    with pytest.raises(WorldError, match=f"safe.directory {world.here}$"):
        Repository.open(world.here)


def test_a_linked_work_tree_is_a_repository(world: World) -> None:
    git(world.here, "worktree", "add", "-q", "../linked")
    repository = Repository.open(world.folder / "linked")
    assert repository.root == world.folder / "linked"
    assert repository.head().oid == world.first


def test_variables_that_a_hook_sets_do_not_choose_the_repository(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    git(tmp_path, "init", "-q", "other")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / "index"))
    repository = Repository.open(world.here)
    assert repository.head().oid == world.first
    assert repository.changed([SPEC]) == []


def test_settings_from_the_environment_stay_and_ours_come_behind_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "remote.elsewhere.url")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "file:///nowhere")
    assert world.repository.remote() == Remote("elsewhere")


def test_a_count_of_settings_that_is_no_number_is_replaced(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", "many")
    assert world.repository.head().oid == world.first


def test_head_has_the_time_of_the_commit(world: World) -> None:
    head = world.repository.head()
    assert head.oid == world.first
    assert head.time == int(git(world.here, "log", "-1", "--format=%ct"))


def test_a_commit_message_cannot_pretend_another_time(world: World) -> None:
    world.commit("subject\n\ncommitter Eve <eve@example.org> 1 +0000")
    assert world.repository.head().time > 1


def test_a_commit_that_is_not_here_is_named(world: World) -> None:
    with pytest.raises(WorldError, match=f"commit {'0' * 40} is not in this repository"):
        world.repository.commit("0" * 40)


def test_the_tree_holds_every_file_of_the_commit_and_not_of_the_work_tree(world: World) -> None:
    world.write("untracked.csv", "x")
    world.write(DATA, "changed")
    repository = world.repository
    tree = repository.tree(world.first)
    assert set(tree) == {SPEC, DATA}
    assert repository.blobs([tree[DATA], tree[SPEC], tree[DATA]]) == [
        b"a,b\n1,2\n", b"name: churn\n", b"a,b\n1,2\n",
    ]  # fmt: skip


def test_symlinks_and_submodules_are_not_files(world: World) -> None:
    (world.here / "link.csv").symlink_to("/etc/passwd")
    commit = world.commit("link")
    git(world.here, "update-index", "--add", "--cacheinfo", f"160000,{commit},other")
    git(world.here, "commit", "-q", "-m", "submodule")
    repository = world.repository
    entries = repository.entries(repository.head().oid)
    assert set(entries.files) == {SPEC, DATA}
    assert set(entries.symlinks) == {"link.csv"}
    assert entries.submodules == {"other": commit}
    assert repository.file_at(repository.head().oid, "link.csv") is None


def test_paths_and_contents_of_any_bytes_are_kept(world: World) -> None:
    names = [
        "new\nline.csv",
        "tab\t.csv",
        "-option.csv",
        "ünï.csv",
        ":(glob)x.csv",
        "raw\udcff.csv",
    ]
    for number, name in enumerate(names):
        world.write(name, b"\0\r\n\xff" * number)
    commit = world.commit("names")
    repository = world.repository
    assert set(names) < set(repository.tree(commit))
    assert [repository.file_at(commit, name) for name in names] == [
        b"\0\r\n\xff" * number for number in range(len(names))
    ]
    assert repository.changed(names) == []
    for name in names:
        world.write(name, "edited")
    assert repository.changed(names) == names


def test_a_path_that_the_commit_does_not_have_is_none(world: World) -> None:
    repository = world.repository
    assert repository.file_at(world.first, "nowhere.csv") is None
    assert repository.file_at(world.first, "../here/" + DATA) is None


def test_a_blob_that_is_missing_is_named(world: World) -> None:
    with pytest.raises(WorldError, match=f"{'1' * 40} are not in this repository"):
        world.repository.blobs(["1" * 40])


@pytest.mark.parametrize("oid", ["--exec=touch x", "HEAD", "-h", "abc", "A" * 40, "0" * 40 + "\n"])
def test_what_is_no_object_id_never_reaches_git(world: World, oid: str) -> None:
    repository = world.repository
    for ask in (repository.tree, repository.commit, lambda o: repository.blobs([o])):
        with pytest.raises(WorldError, match="is not the id of an object"):
            ask(oid)


def test_a_replaced_object_is_read_as_it_was_committed(world: World) -> None:
    blob = world.repository.tree(world.first)[DATA]
    other = git(world.here, "hash-object", "-w", "--stdin", feed=b"forged")
    git(world.here, "replace", blob, other)
    assert world.repository.blobs([blob]) == [b"a,b\n1,2\n"]


def test_origin_is_the_remote_or_the_only_one_there_is(world: World) -> None:
    assert world.repository.remote() is None
    world.add_remote("upstream")
    assert world.repository.remote() == Remote("upstream")
    world.add_remote("fork.of.mine")
    with pytest.raises(WorldError, match=r"none of the remotes fork\.of\.mine, upstream is called"):
        world.repository.remote()
    world.add_remote("origin")
    assert world.repository.remote() == Remote("origin")


def test_a_shallow_clone_knows_that_it_is_one(world: World) -> None:
    world.commit("second")
    world.add_remote()
    assert not world.repository.is_shallow()
    assert not world.clone("full").is_shallow()
    assert world.clone("shallow", "--depth=1").is_shallow()


def test_a_committed_bare_repository_runs_nothing(world: World) -> None:
    witness = world.folder / "ran"
    for file in ("HEAD", "config", "objects/x", "refs/x"):
        world.write(f"models/evil/{file}", "ref: refs/heads/main\n")
    world.write(
        "models/evil/config",
        "[core]\n\trepositoryformatversion = 0\n\tbare = false\n"
        f'\tworktree = .\n\tfsmonitor = "touch {witness}; false"\n',
    )
    world.commit("evil")
    evil = world.here / "models" / "evil"
    git(evil, "status", check=False)
    assert witness.exists(), "plain git is expected to run it, else this test shows nothing"
    witness.unlink()
    with pytest.raises(WorldError, match="is a bare repository"):
        Repository.open(evil)
    repository = world.repository
    repository.changed(["models/evil/config", "models/evil/x"])
    repository.tree(repository.head().oid)
    assert not witness.exists()


def test_reading_runs_no_monitor_and_no_hook_of_this_repository(world: World) -> None:
    witness = world.folder / "ran"
    git(world.here, "config", "core.fsmonitor", f"touch {witness}; false")
    for name in ("post-index-change", "reference-transaction", "fsmonitor-watchman"):
        hook(world.here, name, f"touch {witness}")
    repository = world.repository
    os.utime(world.here / DATA, (1, 1))
    repository.changed([SPEC, DATA])
    repository.tags()
    repository.remote()
    assert not witness.exists()
    assert read(world.here, "config", "core.hooksPath").output == b"/dev/null\n"


def test_a_small_repository_is_read_in_a_blink(world: World) -> None:
    tag(world, "churn/v1.0.0", text())
    took = []
    for _ in range(5):
        start = time.perf_counter()
        repository = Repository.open(world.here)
        repository.tree(repository.head().oid)
        repository.tags(["churn"])
        took.append(time.perf_counter() - start)
    assert min(took) < 0.1
