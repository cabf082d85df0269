"""Serve a release on this machine, by the layers of its image."""

from __future__ import annotations

from pathlib import Path

from modelspec.adapters.git import Repository
from modelspec.adapters.store import Store
from modelspec.diagnostics import Diagnostic, WorldError
from modelspec.plan.plan import make_plan
from modelspec.plan.release import Release
from modelspec.stages.apply import locked, plan_of, world_of
from modelspec.stages.execute import execute
from modelspec.stages.facts import each_source, gather
from modelspec.stages.select import Selection
from modelspec.stages.world import Report


def image(start: Path, name: str, report: Report) -> tuple[Release, Path]:
    """The release that HEAD's inputs have, or else the latest, and its image on this machine.

    The image of HEAD's release is made again if its bytes are not here: it comes out the same.

    Raises:
        WorldError: there is no release, or its bytes cannot be had.
    """
    repository = Repository.open(start)
    (found,) = each_source(repository, Selection((name,)))
    plan = make_plan(found.loaded.spec, gather(found))
    release = plan.found or plan.previous
    if release is None:
        raise WorldError(f"{name} has no release yet: modelspec apply {name}")
    store = Store(repository.root / ".modelspec")
    folder = store.folder("image", release.image.id)
    if folder is None and plan.found:
        with locked(repository) as store:
            plan = plan_of(found, store, pull=True, wanted=("image",))
            execute(plan, world_of(found, store, report), ("image",))
        folder = store.folder("image", release.image.id)
    if folder is None:
        raise WorldError(
            Diagnostic(
                f"the image of {release.tag} is not on this machine: {release.image.id}",
                hint=f"git checkout {release.tag}, and serve it from there",
            )
        )
    return release, folder


def serve(folder: Path, port: int, grpc_port: int) -> int:
    """Serve an image until interrupted; returns the exit code.

    Args:
        folder: of the image.
        port: of HTTP.
        grpc_port: of gRPC, or 0 for none.

    Raises:
        WorldError: if its Python is not on this machine.
    """
    from modelspec.adapters import process

    code = process.serve(folder, port, grpc_port)
    if code > 0:  # it has said why
        return WorldError.exit_code
    return 128 - code if code else 0
