"""What is kept of an answer, and when it is not believed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from modelspec.adapters import index

QUESTION = ("idle",)
ANSWER = [("churn", "1.4.0"), ("wine", "2.0.0")]
PATHS = ["a b.csv", "folder", "folder/spec.yaml", "absent"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / ".modelspec").mkdir()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "spec.yaml").write_text("a: 1\n")
    (tmp_path / "a b.csv").write_text("x\n1\n")
    time.sleep(0.02)  # a tick of the disk's clock
    return tmp_path


def kept(root: Path, paths: list[str] = PATHS) -> bool:
    index.keep(str(root), QUESTION, ANSWER, paths, index.clock(str(root)))
    return found(root)


def found(root: Path) -> bool:
    answer = index.answer(str(root), QUESTION)
    assert answer in (None, ANSWER)
    return answer is not None


def test_an_answer_is_found_again(root: Path) -> None:
    assert not found(root)
    assert kept(root)
    assert index.answer(str(root), ("idle", "another")) is None


def edit(root: Path) -> None:
    path = root / "a b.csv"
    before = path.stat()
    path.write_text("x\n2\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)


CHANGES = {
    "a byte of a file, its size and time as before": edit,
    "a file replaced by the same": lambda root: (root / "folder" / "spec.yaml").rename(
        root / "a b.csv"
    ),
    "a file removed": lambda root: (root / "a b.csv").unlink(),
    "a file that was absent": lambda root: (root / "absent").write_text(""),
    "a file added to a folder": lambda root: (root / "folder" / "other").write_text(""),
    "a folder replaced by a link": lambda root: (
        (root / "folder").rename(root / "real"),
        (root / "folder").symlink_to("real"),
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_an_answer_is_not_found_once_something_has_changed(root: Path, change: object) -> None:
    assert callable(change)
    assert kept(root)
    change(root)
    assert not found(root)


def test_nothing_is_kept_about_a_file_that_changed_since_the_look_began(root: Path) -> None:
    since = index.clock(str(root))
    edit(root)
    index.keep(str(root), QUESTION, ANSWER, PATHS, since)
    assert not found(root)


def test_a_file_as_old_as_the_look_is_not_believed_in(root: Path) -> None:
    times = [(root / path).lstat().st_ctime_ns for path in PATHS if (root / path).exists()]
    index.keep(str(root), QUESTION, ANSWER, PATHS, max(times))
    assert not found(root)
    index.keep(str(root), QUESTION, ANSWER, PATHS, max(times) + 1)
    assert found(root)


def test_an_edit_within_the_same_tick_of_the_clock_is_never_missed(root: Path) -> None:
    path = root / "a b.csv"
    believed = 0
    for number in range(300):
        path.write_text(f"x\n{number % 10}\n")
        kept(root)
        path.write_text(f"x\n{(number + 1) % 10}\n")
        believed += found(root)
    assert believed == 0


def test_an_answer_of_another_python_or_user_or_modelspec_is_not_believed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kept(root)
    monkeypatch.setattr(index, "__file__", "/elsewhere/index.py")
    assert not found(root)


def test_a_damaged_index_is_ignored(root: Path) -> None:
    assert kept(root)
    (file,) = (root / ".modelspec" / "index").iterdir()
    whole = file.read_bytes()
    damaged = [whole[:length] for length in range(len(whole))]
    damaged += [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(len(whole))]
    damaged += [whole + b"\n", bytes(len(whole)), b"\xff" * 100]
    for content in damaged:
        file.write_bytes(content)
        assert not found(root)
    file.write_bytes(whole)
    assert found(root)


def test_a_path_that_cannot_be_written_down_is_not_kept(root: Path) -> None:
    (root / "two\nlines").write_text("")
    time.sleep(0.02)
    assert not kept(root, [*PATHS, "two\nlines"])


def test_names_that_are_not_utf8_are_kept(root: Path) -> None:
    name = os.fsdecode(b"caf\xe9.csv")
    (root / name).write_text("")
    time.sleep(0.02)
    assert kept(root, [*PATHS, name])


def test_a_disk_that_cannot_be_written_keeps_nothing_and_says_nothing(root: Path) -> None:
    (root / ".modelspec").rmdir()
    (root / ".modelspec").write_text("in the way")
    assert not kept(root)


def test_no_file_is_left_beside_the_index(root: Path) -> None:
    assert kept(root)
    assert kept(root)
    assert len(list((root / ".modelspec" / "index").iterdir())) == 1
