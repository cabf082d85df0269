"""A release brought to an environment: its version line and its rendered files, as one change."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from modelspec.adapters.trees import Files, Overlaid
from modelspec.spec.default import DEFAULT, FOLDER
from modelspec.spec.edit import with_version
from modelspec.stages import deploy
from modelspec.stages.change import Change, together
from modelspec.stages.environments import environments
from modelspec.stages.templates import Templates
from modelspec.stages.tree import Specs, gone

Lock = Mapping[str, Any]


def promotion(
    files: Files, templates: Templates, wanted: Mapping[str, Mapping[str, Lock | None]]
) -> Change:
    """What has to be written for environments to run these releases.

    The version lines come first: a run that is killed leaves a tree that says what it was for.

    Args:
        files: of the tree.
        templates: that hold in it.
        wanted: environment to model to what its `release.lock` holds, None where the model goes.

    Raises:
        InputError: the file of an environment is wrong, or an override does not fit a release.
        TemplateError: a template is wrong.
    """
    lines: dict[str, bytes | None] = {}
    for name, locks in wanted.items():
        path = f"{FOLDER}/{name}.yaml"
        before = content = files.read(path)
        if content is None:  # `default` has no file
            continue
        for model, lock in locks.items():
            version = lock["record"]["version"] if lock else None
            content = with_version(content, path, model, version)
        if content != before:
            lines[path] = content
    loaded = {e.environment.name: e for e in environments(Overlaid(files, lines))}
    changes = [
        deploy.place(
            files,
            deploy.folder(name, model),
            deploy.render(lock, loaded[name], templates) if lock else {},
        )
        for name, locks in wanted.items()
        for model, lock in locks.items()
    ]
    return together([Change(lines), *changes])


def left_behind(
    files: Files, applied: Container[str], source: Files, specs: Specs
) -> dict[str, Lock | None]:
    """Models that automatic environments run and that have no spec any more: each without a lock.

    Args:
        files: of the tree that the environments are in.
        applied: names of models that are known to have one.
        source: of the tree that the specs are in.
        specs: finds the paths of those that are called `model.yaml`.

    Raises:
        InputError: the file of an environment is wrong.
    """
    folders = []
    for loaded in environments(files):
        name, models = loaded.environment.name, list(loaded.environment.models)
        if loaded is DEFAULT:
            models = [path.split("/")[2] for path in files.matching(f"deploy/{name}/*/*.lock")]
        if loaded.environment.is_automatic:
            folders += [deploy.folder(name, model) for model in models if model not in applied]
    found = gone(files, folders, source, specs)
    return dict.fromkeys(where.rpartition("/")[2] for where in found)


def automatic(
    files: Files, templates: Templates, locks: Mapping[str, Lock | None], *, push: bool
) -> Change:
    """What has to be written for the automatic environments to run these releases.

    Args:
        files: of the tree.
        templates: that hold in it.
        locks: model to what its `release.lock` holds, None where the model goes.
        push: whether images are sent: without that, environments with a registry of their own
            stay as they are, because what would run there may not be in it.

    Raises:
        InputError, TemplateError: as `promotion`.
    """
    found = [one.environment for one in environments(files) if one.environment.is_automatic]
    wanted = {one.name: locks for one in found if push or one.registry is None}
    return promotion(files, templates, wanted)
