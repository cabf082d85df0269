from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from modelspec.adapters.git import Remote, Repository
from modelspec.adapters.git_process import read
from modelspec.diagnostics import WorldError
from modelspec.plan.tags import Version, parse
from tests.adapters.git_world import DATA, REF, SPEC, World, git, hook, refs, text


def tag(world: World, name: str, content: bytes, commit: str = "HEAD") -> None:
    git(world.here, "tag", "-a", "--cleanup=verbatim", "-F", "-", name, commit, feed=content)


# Opening


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
    with pytest.raises(WorldError, match="git is not installed.*apt-get install git"):
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


# Commits and files


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


# What differs from the commit


def test_a_clean_tree_has_no_changes(world: World) -> None:
    assert world.repository.changed([SPEC, DATA]) == []


def test_only_the_files_asked_for_count(world: World) -> None:
    world.write("README.md", "other")
    world.write(SPEC, "name: other\n")
    assert world.repository.changed([DATA]) == []
    assert world.repository.changed([DATA, SPEC]) == [SPEC]


def test_edited_deleted_and_untracked_files_are_changes(world: World) -> None:
    world.write(SPEC, "name: other\n")
    (world.here / DATA).unlink()
    world.write("models/new/data.csv", "x")
    assert world.repository.changed(["models/new/data.csv", DATA, SPEC]) == [
        "models/new/data.csv", DATA, SPEC,
    ]  # fmt: skip


def test_a_staged_edit_is_a_change_also_if_the_file_is_put_back(world: World) -> None:
    world.write(DATA, "staged")
    git(world.here, "add", DATA)
    world.write(DATA, "a,b\n1,2\n")
    assert world.repository.changed([DATA]) == [DATA]


def test_both_names_of_a_renamed_file_are_changes(world: World) -> None:
    git(world.here, "mv", DATA, "models/churn/other.csv")
    assert world.repository.changed([DATA, "models/churn/other.csv"]) == [
        DATA, "models/churn/other.csv",
    ]  # fmt: skip


def test_a_file_of_the_same_size_and_time_is_a_change(world: World) -> None:
    file = world.here / DATA
    before = file.stat()
    file.write_bytes(b"a,b\n9,9\n")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert world.repository.changed([DATA]) == [DATA]


def test_a_touched_file_is_no_change(world: World) -> None:
    os.utime(world.here / DATA, (1, 1))
    assert world.repository.changed([DATA]) == []


def test_an_executable_bit_is_no_change(world: World) -> None:
    (world.here / DATA).chmod(0o755)
    assert world.repository.changed([DATA]) == []


def test_an_ignored_file_is_a_change(world: World) -> None:
    world.write(".gitignore", "*.secret\nbuild/\n")
    world.commit("ignore")
    world.write("data.secret", "x")
    world.write("build/data.csv", "x")
    assert world.repository.changed(["data.secret", "build/data.csv"]) == [
        "data.secret", "build/data.csv",
    ]  # fmt: skip


def test_a_file_replaced_by_a_symlink_or_a_pipe_is_a_change(world: World) -> None:
    (world.here / DATA).unlink()
    (world.here / DATA).symlink_to("/etc/hostname")
    (world.here / SPEC).unlink()
    os.mkfifo(world.here / SPEC)
    assert world.repository.changed([SPEC, DATA]) == [SPEC, DATA]


def test_line_endings_that_git_converts_are_no_change(world: World) -> None:
    git(world.here, "config", "core.autocrlf", "true")
    (world.here / DATA).unlink()
    git(world.here, "checkout", "--", DATA)
    assert (world.here / DATA).read_bytes() == b"a,b\r\n1,2\r\n"
    assert world.repository.changed([DATA]) == []
    world.write(DATA, b"a,b\r\n1,3\r\n")
    assert world.repository.changed([DATA]) == [DATA]


def test_line_endings_that_git_keeps_are_a_change(world: World) -> None:
    git(world.here, "config", "core.autocrlf", "false")
    world.write(DATA, b"a,b\r\n1,2\r\n")
    assert world.repository.changed([DATA]) == [DATA]


def test_a_filter_of_the_user_is_respected(world: World) -> None:
    git(world.here, "config", "filter.upper.clean", "tr a-z A-Z")
    world.write(".gitattributes", "*.txt filter=upper\n")
    world.write("x.txt", "abc")
    world.commit("filter")
    os.utime(world.here / "x.txt", (1, 1))
    assert world.repository.changed(["x.txt"]) == []


def test_a_pointer_of_large_file_storage_is_plain_content(world: World) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 1\n"
    world.write("big.csv", pointer)
    assert world.repository.file_at(world.commit("pointer"), "big.csv") == pointer


def test_thousands_of_paths_are_asked_for_at_once(world: World) -> None:
    paths = [f"data/{'long' * 30}-{number}.csv" for number in range(3000)]
    for path in paths[::1000]:
        world.write(path, "x")
    assert world.repository.changed([*paths, DATA]) == paths[::1000]


def test_looking_for_changes_writes_nothing(world: World) -> None:
    os.utime(world.here / DATA, (1, 1))
    index = world.here / ".git" / "index"
    before = index.read_bytes(), index.stat().st_mtime_ns
    world.repository.changed([SPEC, DATA])
    assert (index.read_bytes(), index.stat().st_mtime_ns) == before


def test_a_lock_that_another_git_left_does_not_disturb_reading(world: World) -> None:
    (world.here / ".git" / "index.lock").touch()
    assert world.repository.changed([SPEC]) == []


# Tags


def test_tags_come_with_their_message_in_order_of_version(world: World) -> None:
    for version in ("1.9.0", "1.10.0", "1.0.0"):
        tag(world, f"churn/v{version}", text(version))
    found = world.repository.tags(["churn"])
    assert [str(tag.version) for tag in found] == ["1.0.0", "1.9.0", "1.10.0"]
    assert [tag.message for tag in found] == [text(str(tag.version)) for tag in found]
    assert {tag.commit for tag in found} == {world.first}
    assert {tag.ref: tag.oid for tag in found} == {
        ref: oid for ref, oid in refs(world.here).items() if ref.startswith("refs/tags/")
    }


def test_only_tags_of_the_models_asked_for_are_read(world: World) -> None:
    for name in ("churn/v1.0.0", "churn-eu/v1.0.0", "wine/v2.0.0", "v1.0.0", "churn/latest"):
        tag(world, name, text())
    repository = world.repository
    assert [t.name for t in repository.tags(["churn"])] == ["churn"]
    assert [t.name for t in repository.tags(["wine", "churn"])] == ["churn", "wine"]
    assert [t.name for t in repository.tags()] == ["churn", "churn-eu", "wine"]
    assert repository.tags([]) == []
    assert repository.tags(["nobody"]) == []


def test_packed_tags_are_read_as_loose_ones(world: World) -> None:
    tag(world, "churn/v1.0.0", text())
    before = world.repository.tags(["churn"])
    git(world.here, "pack-refs", "--all")
    git(world.here, "gc", "-q")
    assert world.repository.tags(["churn"]) == before


def test_a_lightweight_tag_takes_its_number_without_a_record(world: World) -> None:
    git(world.here, "tag", "churn/v1.0.0")
    (found,) = world.repository.tags(["churn"])
    assert (found.version, found.commit, found.message) == (Version(1, 0, 0), world.first, b"")
    assert parse(found.message) is None


def test_a_tag_of_something_else_takes_its_number(world: World) -> None:
    git(world.here, "tag", "-a", "-m", "x", "churn/v1.0.0", "HEAD^{tree}")
    tag(world, "churn/v1.0.1", text("1.0.1"))
    git(world.here, "tag", "-a", "-m", "x", "churn/v1.0.2", "churn/v1.0.1")
    found = world.repository.tags(["churn"])
    assert [(t.commit, bool(t.message)) for t in found] == [
        ("", False), (world.first, True), ("", False),
    ]  # fmt: skip


def test_a_tag_whose_object_is_lost_takes_its_number(world: World) -> None:
    file = world.here / ".git" / REF
    file.parent.mkdir(parents=True)
    file.write_text("1" * 40 + "\n", "ascii")
    (found,) = world.repository.tags(["churn"])
    assert (found.oid, found.commit, found.message) == ("1" * 40, "", b"")


def test_an_emptied_ref_is_explained_with_the_command_that_helps(world: World) -> None:
    tag(world, "churn/v1.0.0", text())
    (world.here / ".git" / REF).write_bytes(b"")
    with pytest.raises(WorldError, match="damaged, as after a power cut") as caught:
        world.repository.tags(["churn"])
    command = str(caught.value).split("`")[1]
    subprocess.run(command, shell=True, cwd=world.here, check=True)  # noqa: S602
    assert world.repository.tags(["churn"]) == []


def test_a_signed_tag_is_read_up_to_its_signature(world: World) -> None:
    signature = b"-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n{\n}\n-----END SSH SIGNATURE-----\n"
    tag(world, "churn/v1.0.0", text() + signature)
    (found,) = world.repository.tags(["churn"])
    assert found.message == text() + signature
    assert parse(found.message) == parse(text()) is not None


@pytest.mark.parametrize("name", ["--exec=touch x", "-d", "../heads", "*", "churn/", "", "a b"])
def test_what_is_no_name_of_a_model_never_reaches_git(world: World, name: str) -> None:
    with pytest.raises(WorldError, match="cannot be the name of a model"):
        world.repository.tags([name])


def test_refs_with_odd_characters_disturb_nothing(world: World) -> None:
    for name in ("churn/v1.0.0\u2028x", "churn/v1\u0085", "churn/-d"):
        git(world.here, "update-ref", f"refs/tags/{name}", world.first)
    tag(world, "churn/v1.0.0", text())
    assert [t.ref for t in world.repository.tags()] == [REF]


def test_a_thousand_tags_are_read_in_well_under_a_second(world: World) -> None:
    commands = []
    for number in range(1000):
        body = b"tagger A <a@b> 0 +0000\ndata %d\n" % len(text()) + text()
        commands.append(b"tag churn/v1.0.%d\nfrom %s\n%s" % (number, world.first.encode(), body))
    git(world.here, "fast-import", "--quiet", feed=b"\n".join(commands))
    repository = world.repository
    start = time.perf_counter()
    found = repository.tags(["churn"])
    seconds = time.perf_counter() - start
    assert len(found) == 1000
    assert all(parse(t.message) for t in found)
    assert seconds < 0.5


# Remotes and history


def test_origin_is_the_remote_or_the_only_one_there_is(world: World) -> None:
    assert world.repository.remote() is None
    world.add_remote("upstream")
    assert world.repository.remote() == Remote("upstream")
    world.add_remote("fork.of.mine")
    assert world.repository.remote() is None
    world.add_remote("origin")
    assert world.repository.remote() == Remote("origin")


def test_a_shallow_clone_knows_that_it_is_one(world: World) -> None:
    world.commit("second")
    world.add_remote()
    assert not world.repository.is_shallow()
    assert not world.clone("full").is_shallow()
    assert world.clone("shallow", "--depth=1").is_shallow()


# What other people's files could start


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
