"""The container runs what `serve.runtime` names, with nothing else in it."""

from __future__ import annotations

import json
import tarfile

import pytest

from modelspec.adapters.store import Store
from tests.stories.project import SPEC, Project

CHOICE = """\
export: [{runtime}]
serve: {{runtime: {runtime}}}
deploy:
  resources: {{memory: 512Mi}}
"""
PACKAGES = {"tflite": "ai_edge_litert", "onnx": "onnxruntime", "savedmodel": "tensorflow"}


@pytest.mark.parametrize("runtime", ["onnx", pytest.param("savedmodel", marks=pytest.mark.soak)])
def test_another_runtime_is_another_image_of_the_same_model(
    released: Project, runtime: str
) -> None:
    chosen = CHOICE.format(runtime=runtime)
    released.write(SPEC, released.path(SPEC).read_text("utf-8") + chosen)
    released.commit()
    said = released.run("apply").output
    assert "container ready in" in said
    assert "golden rows equal" in said
    first, second = released.record("ripe/v1.0.0"), released.record("ripe/v1.0.1")
    assert second["steps"]["train"] == first["steps"]["train"]
    folder = Store(released.path(".modelspec")).folder("image", second["image"]["id"])
    assert folder is not None
    with tarfile.open(folder / "wheels.tar.gz") as wheels:
        names = {name.split("/")[3] for name in wheels.getnames() if name.count("/") > 2}
    assert names & set(PACKAGES.values()) == {PACKAGES[runtime]}
    with tarfile.open(folder / "model.tar.gz") as model:
        content = model.extractfile("opt/modelspec/model/serving.json")
        assert content is not None
        assert json.loads(content.read())["runtime"] == runtime
