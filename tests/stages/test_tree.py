"""Many locks, rendered by several processes: the same files and the same messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from modelspec.adapters import workers
from modelspec.diagnostics import InputError
from modelspec.plan.lock import lock_text
from modelspec.stages.change import Change, write
from tests.stages.deployed import lock, tree

MANY = 70


def put(root: Path, name: str, **record: Any) -> None:
    """The lock of a model, and its spec where the lock says that it is."""
    made = lock()
    made["record"] |= {"name": name, **record}
    made["record"]["sources"] = {f"models/{name}/model.yaml": ""}
    made["spec"]["metadata"]["name"] = name
    spec = root / "models" / name / "model.yaml"
    spec.parent.mkdir(parents=True)
    spec.write_text(f"metadata: {{name: {name}}}\n")
    path = root / "deploy" / "default" / name / "release.lock"
    path.parent.mkdir(parents=True)
    path.write_text(lock_text({key: made[key] for key in ("spec", "record")}))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for number in range(MANY):
        put(tmp_path, f"wine-{number:02}")
    return tmp_path


def by(count: int, root: Path, monkeypatch: pytest.MonkeyPatch) -> Change:
    """What has to be written, found by so many processes."""
    monkeypatch.setattr(workers, "cores", lambda: count)
    return tree(root)


def test_any_number_of_processes_renders_the_same(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = by(1, root, monkeypatch)
    assert len(alone.files) == 3 * MANY
    for count in (2, 3, 8):
        assert list(by(count, root, monkeypatch).files.items()) == list(alone.files.items())
    assert len(write(root, alone)) == 3 * MANY
    assert by(2, root, monkeypatch) == Change()
    for path, content in alone.files.items():
        assert (root / path).read_bytes() == content


def test_any_number_of_processes_finds_the_same_mistakes(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "deploy/default/wine-13/release.lock").write_text("{\n")
    (root / "deploy/default/wine-54/release.lock").write_text("{}")
    found = []
    for count in (1, 2, 5):
        with pytest.raises(InputError) as wrong:
            by(count, root, monkeypatch)
        found.append([str(one.location) for one in wrong.value.diagnostics])
    assert (
        found
        == [
            [
                "deploy/default/wine-13/release.lock:2:1",
                "deploy/default/wine-54/release.lock:1:1",
            ]
        ]
        * 3
    )


def test_a_file_edited_by_hand_is_found_by_any_number_of_processes(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root, by(2, root, monkeypatch))
    edited = root / "deploy/default/wine-69/serving.yaml"
    edited.write_text("mine\n")
    (root / "deploy/default/wine-01/serving.yaml").unlink()
    change = by(2, root, monkeypatch)
    assert change == by(1, root, monkeypatch)
    (refused,) = change.edited
    assert refused.message.startswith("deploy/default/wine-69/serving.yaml was edited by hand")


def test_a_model_that_moved_stays_and_one_that_is_gone_goes(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root, by(2, root, monkeypatch))
    (root / "elsewhere").mkdir()
    (root / "models/wine-33/model.yaml").rename(root / "elsewhere" / "model.yaml")
    (root / "models/wine-34/model.yaml").unlink()
    for count in (1, 2):
        change = by(count, root, monkeypatch)
        assert {Path(path).parts[2] for path in change.files} == {"wine-34"}
        assert set(change.files.values()) == {None}
    write(root, tree(root))
    assert not (root / "deploy/default/wine-34").exists()
    assert json.loads((root / "deploy/default/wine-33/release.lock").read_text())["files"]
