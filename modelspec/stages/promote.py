"""`modelspec promote`: a published release to one environment, as a change of the work tree."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from modelspec.adapters.git import Repository, Tag
from modelspec.adapters.git_remote import refs
from modelspec.adapters.image_copy import Copied
from modelspec.adapters.store import Store
from modelspec.adapters.trees import WorkTree
from modelspec.diagnostics import Conflict, Diagnostic, InputError, WorldError
from modelspec.plan.release import Release
from modelspec.plan.tags import Version, nearest
from modelspec.spec.default import DEFAULT, FOLDER, LoadedEnvironment
from modelspec.spec.paths import exact_version
from modelspec.spec.scalar import Wrong, show
from modelspec.spec.suggest import did_you_mean
from modelspec.stages.change import write
from modelspec.stages.environments import environments
from modelspec.stages.facts import released
from modelspec.stages.promotion import promotion
from modelspec.stages.publish import bring_image, bring_tags
from modelspec.stages.templates import of_worktree


@dataclass(frozen=True, slots=True)
class Promoted:
    """How a promotion ended.

    Attributes:
        before: the version that ran there; None if none did.
        image: what had to be sent; None if the image is in no registry.
        written: files that changed.
    """

    release: Release
    before: str | None
    image: Copied | None
    written: tuple[Path, ...]


def promote(
    repository: Repository, store: Store, name: str, version: str, to: str, *, force: bool = False
) -> Promoted:
    """Have an environment run a release: its image, its version line, its rendered files.

    Nothing is written unless all of it can be. Killed half way, the version line is what was
    wanted, `render --check` says what is missing, and the same promotion completes it.

    Args:
        repository: whose work tree is changed.
        store: of the repository.
        name: of the model.
        version: of the release, exactly.
        to: the name of the environment.
        force: whether what was edited by hand in rendered files is undone.

    Raises:
        InputError: there is no such environment or release; names the nearest.
        WorldError: the release is not published, or its image is in no registry.
        Conflict: the remote has another release under this version.
        TemplateError: a template is wrong.
    """
    files = WorkTree(repository.root)
    environment = _environment(environments(files), to).environment
    release = published(repository, name, exact(version))
    change = promotion(files, of_worktree(repository.root), {to: {name: release.lock()}})
    change.refuse_edited(force=force)
    image = bring_image(release, environment.registry, store)
    written = write(repository.root, change, force=force)
    return Promoted(release, environment.models.get(name), image, written)


def published(repository: Repository, name: str, version: Version) -> Release:
    """A release as the remote has it, or as it is here where there is no remote.

    Raises:
        InputError: there is none of this version.
        WorldError: it is a draft, or cannot be read.
        Conflict: the remote has another under this version.
    """
    remote = repository.remote()
    bring_tags(repository, [name], push=remote is not None)
    releases, tags = released(repository, name)
    tag = next((tag for tag in tags if tag.version == version), None)
    found = next((one for one in releases if one.version == str(version)), None)
    if tag is None:
        raise unknown(repository, name, version, releases)
    if found is None:
        raise WorldError(f"the tag {name}/v{version} is not a release of {name}")
    if remote is not None:
        _insist(tag, refs(repository, remote, tag.ref).get(tag.ref), remote.name)
    if not found.published:
        raise _draft(found.tag)
    return found


def exact(version: str) -> Version:
    """The version that a user names.

    Raises:
        InputError: it is not MAJOR.MINOR.PATCH; says what to write.
    """
    try:
        return Version.parse(exact_version(version))
    except Wrong as error:
        raise InputError(Diagnostic(f"VERSION {error.message}", hint=error.hint)) from None


def _environment(known: tuple[LoadedEnvironment, ...], name: str) -> LoadedEnvironment:
    if known == (DEFAULT,):
        hint = f"write {FOLDER}/{name}.yaml; modelspec schema Environment says what it may hold"
        raise InputError(Diagnostic("this repository has no environments", hint=hint))
    found = {loaded.environment.name: loaded for loaded in known}
    if name not in found:
        message = f"there is no environment {show(name)}"
        raise InputError(Diagnostic(message, hint=did_you_mean(name, found)))
    if found[name].environment.is_automatic:
        hint = "write promote: manual, or change what the specs say"
        message = f"{name} is automatic: apply sets what runs there, and would set it back"
        raise InputError(found[name].diagnostic(message, ("promote",), hint))
    return found[name]


def unknown(
    repository: Repository, name: str, version: Version, releases: tuple[Release, ...]
) -> InputError:
    """That there is none of this version, with the nearest that there is."""
    message = f"there is no release {version} of {name}"
    near = nearest(version, (Version.parse(one.version) for one in releases))
    if near:
        return InputError(Diagnostic(message, hint=f"the nearest is {near}"))
    others = sorted({tag.name for tag in repository.tags()})
    hint = did_you_mean(name, others) if others else "modelspec apply --push makes the first"
    return InputError(Diagnostic(f"there is no release of {name}", hint=hint))


def _insist(tag: Tag, there: str | None, remote: str) -> None:
    if there is None:
        raise _draft(f"{tag.name}/v{tag.version}")
    if there != tag.oid:
        raise Conflict(
            f"{tag.name}/v{tag.version} is {tag.oid} here and {there} on {remote}: "
            "a tag is written once, so find out who moved it"
        )


def _draft(tag: str) -> WorldError:
    hint = "modelspec apply --push publishes it, perhaps under another number"
    return WorldError(Diagnostic(f"{tag} was never published: only this clone has it", hint=hint))
