"""Build the serving image: the exported model, its contract, and the runtime."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelspec.adapters.git import Commit
from modelspec.plan.digest import canonical, digest_bytes
from modelspec.plan.records import DataRecord, EvaluateRecord, ImageRecord
from modelspec.serving import contract
from modelspec.stages.engine import engine_or_none
from modelspec.stages.export import GOLDEN

if TYPE_CHECKING:
    from modelspec.plan.plan import Plan, Step
    from modelspec.stages.world import Done, World


def run(step: Step, plan: Plan, done: Done, world: World, folder: Path) -> ImageRecord:
    """Write config and layers.

    Raises:
        WorldError: if the base or the packages cannot be had.
    """
    from modelspec.adapters import base, image

    name = plan.spec.container.base
    with engine_or_none() as engine:
        found = base.require(name, world.repository.root, engine, world.lock.base.get(name))
    if plan.model is None:
        raise AssertionError(plan)
    commit = _commit(step, plan, world)
    version = f"{plan.model.major}.{plan.model.minor}"
    runtime = plan.spec.serve.runtime
    files = {
        contract.MODEL_FILES[runtime]: model_file(runtime, done.folder(f"export.{runtime}")),
        contract.REFERENCE_FILE: reference(done),
    }
    served = serving(plan, done, version, commit.oid, files)
    files[contract.SERVING_FILE] = (canonical(served) + "\n").encode()
    labels = image.labels(
        found,
        name=plan.spec.metadata.name,
        version=version,
        commit=commit.oid,
        committed=commit.time,
        model=files,
    )
    built = image.build(folder, found, runtime, files, labels, commit.time)
    return ImageRecord(
        output=built.id,
        base=found.name,
        base_id=found.id,
        size=built.size,
        tag=built.tag(plan.spec.metadata.name),
        commit=commit.oid,
    )


def _commit(step: Step, plan: Plan, world: World) -> Commit:
    """What the image is built from; one made again for its bytes is built from what it was."""
    if step.record is not None:
        return world.repository.commit(step.record["commit"])
    return Commit(plan.facts.commit, plan.facts.committed)


def model_file(runtime: str, folder: Path) -> bytes:
    """What an image has of an export: its one file, or all of them in a zip archive.

    Equal files give equal bytes.
    """
    if runtime != "savedmodel":
        return (folder / contract.MODEL_FILES[runtime]).read_bytes()
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(names):
            if name != GOLDEN:
                archive.writestr(zipfile.ZipInfo(name), (folder / name).read_bytes())
    return content.getvalue()


def reference(done: Done) -> bytes:
    """What is asked and answered is held against: `reference.json`."""
    features = json.loads((done.folder("reference") / contract.REFERENCE_FILE).read_text("utf-8"))
    predictions = done.record("evaluate", EvaluateRecord).predictions
    return (canonical({"features": features, "predictions": predictions}) + "\n").encode()


def serving(
    plan: Plan, done: Done, version: str, commit: str, files: Mapping[str, bytes]
) -> dict[str, Any]:
    """The contract of the image with its runtime: `serving.json`.

    Args:
        plan: has the spec.
        done: the steps made so far.
        version: MAJOR.MINOR.
        commit: what the image is built from.
        files: that lie beside it, by name.
    """
    schema = done.record("data", DataRecord).schema_
    model = contract.MODEL_FILES[plan.spec.serve.runtime]
    return {
        "format": contract.FORMAT,
        "name": plan.spec.metadata.name,
        "version": version,
        "commit": commit,
        "task": plan.spec.task,
        "features": [feature.model_dump(mode="json") for feature in schema.features],
        "classes": list(schema.classes),
        "threshold": done.record("evaluate", EvaluateRecord).threshold,
        "runtime": plan.spec.serve.runtime,
        "model_file": model,
        "model_digest": digest_bytes(files[model]),
        "reference_file": contract.REFERENCE_FILE,
        "reference_digest": digest_bytes(files[contract.REFERENCE_FILE]),
        "feedback": plan.spec.serve.feedback,
    }


def summary(record: ImageRecord) -> str:
    """Which, and how large."""
    return f"{record.tag}, {record.size / 1e6:.0f} MB over its base"
