"""Serve a release on this machine, by the layers of its image."""

from __future__ import annotations

from pathlib import Path

from modelspec.adapters.git import Repository
from modelspec.adapters.store import Store
from modelspec.diagnostics import Diagnostic, WorldError
from modelspec.plan.plan import make_plan
from modelspec.plan.release import Release
from modelspec.plan.tags import Version
from modelspec.stages.apply import locked, plan_of, world_of
from modelspec.stages.execute import execute
from modelspec.stages.facts import each_source, gather, released
from modelspec.stages.promote import exact, unknown
from modelspec.stages.select import Selection
from modelspec.stages.world import Report


def image(start: Path, word: str, report: Report) -> tuple[Release, Path]:
    """A release and its image on this machine.

    Args:
        start: where to look for the repository.
        word: `name@version`; or a name or path, for the release that HEAD's inputs have, or else
            the latest.
        report: told of steps that run.

    Raises:
        InputError: there is no such version.
        WorldError: there is no release, or its bytes cannot be had.
    """
    repository = Repository.open(start)
    name, at, version = word.rpartition("@")
    if not at:
        return _of_head(repository, word, report)
    release = _of_version(repository, name, exact(version))
    store = Store(repository.root / ".modelspec")
    return release, _here(release, store.folder("image", release.image.id))


def _of_version(repository: Repository, name: str, version: Version) -> Release:
    releases, _ = released(repository, name)
    found = next((one for one in releases if one.version == str(version)), None)
    if found is None:
        raise unknown(repository, name, version, releases)
    return found


def _of_head(repository: Repository, name: str, report: Report) -> tuple[Release, Path]:
    """The image of HEAD's release is made again if it is not here: it comes out the same."""
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
    return release, _here(release, folder)


def _here(release: Release, folder: Path | None) -> Path:
    if folder is None:
        raise WorldError(
            Diagnostic(
                f"the image of {release.tag} is not on this machine: {release.image.id}",
                hint=f"git checkout {release.tag}, and serve {release.name} from there",
            )
        )
    return folder


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
