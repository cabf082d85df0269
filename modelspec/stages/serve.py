"""Serve a release on this machine, by the layers of its image."""

from __future__ import annotations

from pathlib import Path

from modelspec.adapters.git import Repository
from modelspec.adapters.store import Store
from modelspec.diagnostics import Diagnostic, WorldError
from modelspec.plan.plan import make_plan
from modelspec.plan.release import Release
from modelspec.stages.facts import each_source, gather


def released(start: Path, name: str) -> Release:
    """The release that HEAD's inputs have, or else the latest.

    Raises:
        WorldError: if there is none.
    """
    (found,) = each_source(Repository.open(start), [name])
    plan = make_plan(found.loaded.spec, gather(found))
    release = plan.found or plan.previous
    if release is None:
        raise WorldError(f"{name} has no release yet: modelspec apply {name}")
    return release


def serve(start: Path, release: Release, port: int) -> int:
    """Serve until interrupted; returns the exit code.

    Raises:
        WorldError: if the bytes of the release are not on this machine.
    """
    from modelspec.adapters import process

    folder = Store(Repository.open(start).root / ".modelspec").folder("image", release.image.id)
    if folder is None:
        raise WorldError(
            Diagnostic(
                f"the image of {release.tag} is not on this machine: {release.image.id}",
                hint="bring back .modelspec/releases, or run the image with docker",
            )
        )
    code = process.serve(folder, port)
    if code > 0:  # it has said why
        return WorldError.exit_code
    return 128 - code if code else 0
