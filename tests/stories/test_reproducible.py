from __future__ import annotations

from pathlib import Path

from tests.stories.project import Project


def test_one_commit_gives_the_same_bytes_in_another_clone_and_time_zone(
    made: Project, tmp_path: Path
) -> None:
    there = made.clone(tmp_path / "there", "--no-tags")
    there.git("remote", "remove", "origin")
    there.run("apply", PYTHONHASHSEED="4711", TZ="Pacific/Kiritimati", LC_ALL="C")
    here, again = made.record("ripe/v1.0.0"), there.record("ripe/v1.0.0")
    for step in ("data", "train", "evaluate", "gate", "export.tflite", "image"):
        assert again["steps"][step] == here["steps"][step], step
    assert again["image"] == here["image"]
    assert again["inputs"] == here["inputs"]
    for name in ("monitoring.yaml", "serving.yaml"):
        path = f"deploy/default/ripe/{name}"
        assert there.path(path).read_bytes() == made.path(path).read_bytes()
