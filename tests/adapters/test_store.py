"""Results on disk."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from modelspec.adapters.files import replace_file
from modelspec.adapters.lock import exclusive
from modelspec.adapters.store import Store
from modelspec.diagnostics import Conflict, WorldError

OUTPUT = "sha256:" + "ab" * 32
RECORD = {"output": OUTPUT}


def finished(store: Store, step: str = "train", address: str = "a1") -> Path:
    """An entry with one file."""
    folder = store.begin()
    (folder / "weights").write_bytes(b"weights")
    return store.finish(folder, step, address, RECORD)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An open store."""
    made = Store(tmp_path / ".modelspec")
    made.open()
    return made


def test_the_store_hides_itself_from_git(store: Store) -> None:
    assert (store.root / ".gitignore").read_text() == "*\n"


def test_an_entry_appears_only_when_it_is_complete(store: Store) -> None:
    folder = store.begin()
    (folder / "weights").write_bytes(b"half")
    assert list(store.entries()) == []
    store.finish(folder, "train", "a1", RECORD)
    assert list(store.entries()) == [("train", "a1", RECORD)]


def test_what_a_killed_run_left_is_swept_and_finished_entries_stay(store: Store) -> None:
    finished(store)
    (store.begin() / "half").write_bytes(b"half")
    store.sweep()
    assert not (store.root / "tmp").exists()
    assert [step for step, *_ in store.entries()] == ["train"]


def test_bytes_are_found_by_what_they_are(store: Store) -> None:
    finished(store)
    folder = store.folder("train", OUTPUT)
    assert folder is not None
    assert (folder / "weights").read_bytes() == b"weights"
    assert store.folder("train", "sha256:" + "00" * 32) is None


def test_kept_bytes_survive_the_cache(store: Store) -> None:
    entry = finished(store)
    store.keep("train", "a1", OUTPUT)
    subprocess.run(["rm", "-r", str(store.cache)], check=True)
    assert not entry.exists()
    folder = store.folder("train", OUTPUT)
    assert folder is not None
    assert (folder / "weights").read_bytes() == b"weights"


@pytest.mark.parametrize("damage", ["flip", "truncate", "remove"])
def test_a_damaged_entry_counts_as_absent(store: Store, damage: str) -> None:
    weights = finished(store) / "weights"
    match damage:
        case "flip":
            weights.write_bytes(b"weightz")
        case "truncate":
            weights.write_bytes(b"")
        case _:
            weights.unlink()
    assert store.folder("train", OUTPUT) is None
    assert list(store.entries()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"record": 1, "files": {}}'])
def test_an_entry_with_an_unreadable_record_counts_as_absent(store: Store, text: str) -> None:
    (finished(store) / "record.json").write_text(text)
    assert list(store.entries()) == []
    assert store.folder("train", OUTPUT) is None


def test_a_step_made_again_replaces_its_entry(store: Store) -> None:
    finished(store)
    finished(store)
    assert len(list(store.entries())) == 1


def test_a_file_is_replaced_whole_and_only_if_it_differs(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    assert replace_file(path, b"one")
    before = path.stat().st_mtime_ns
    assert not replace_file(path, b"one")
    assert path.stat().st_mtime_ns == before
    assert replace_file(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in path.parent.iterdir()] == ["file"]


def test_a_disk_that_refuses_is_one_message_and_leaves_the_old_file(tmp_path: Path) -> None:
    """The first fsync fails as on a full disk."""
    if shutil.which("strace") is None and os.environ.get("CI") != "true":
        pytest.skip("strace is not here: apt-get install strace")
    path = tmp_path / "file"
    path.write_bytes(b"old")
    code = (
        "import sys, pathlib\n"
        "from modelspec.adapters.files import replace_file\n"
        "from modelspec.diagnostics import WorldError\n"
        "try: replace_file(pathlib.Path(sys.argv[1]), b'new')\n"
        "except WorldError as error: print(error)\n"
    )
    inject = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync"]
    inject += ["-e", "inject=fsync:error=ENOSPC:when=1"]
    done = subprocess.run(
        [*inject, sys.executable, "-c", code, str(path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "no space left on device" in done.stdout
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("kills", [12, pytest.param(500, marks=pytest.mark.soak)])
def test_kills_while_writing_never_tear_a_file(tmp_path: Path, kills: int) -> None:
    path = tmp_path / "file"
    contents = [b"a" * 3_000_000, b"b" * 3_000_000]
    path.write_bytes(contents[0])
    code = (
        "import sys, pathlib\n"
        "from modelspec.adapters.files import replace_file\n"
        "print('go', flush=True)\n"
        "while True:\n"
        "    for letter in (b'b', b'a'):\n"
        "        replace_file(pathlib.Path(sys.argv[1]), letter * 3_000_000)\n"
    )
    for number in range(kills):
        with subprocess.Popen(
            [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(0.002 * (number % 12))
            writer.send_signal(signal.SIGKILL)
        assert path.read_bytes() in contents


def test_a_read_only_place_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WorldError, match="cannot write"):
        replace_file(tmp_path / "file" / "below", b"x")


def test_a_second_run_is_refused_naming_the_first(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with exclusive(path), pytest.raises(Conflict, match=str(os.getpid())), exclusive(path):
        pass
    with exclusive(path):
        pass


def test_a_dead_holder_does_not_lock_anybody_out(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = (
        "import sys, pathlib, time\n"
        "from modelspec.adapters.lock import exclusive\n"
        "with exclusive(pathlib.Path(sys.argv[1])):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(Conflict), exclusive(path):
            pass
        holder.kill()
    with exclusive(path):
        assert json.loads(path.read_text())["pid"] == os.getpid()
