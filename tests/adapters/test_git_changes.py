from __future__ import annotations

import os

from tests.adapters.git_world import DATA, SPEC, World, git


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
