"""What `apply --push` adds: the image in the registry, the tag on the remote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelspec.adapters.git import Remote, Repository, Tree
from modelspec.adapters.store import Store
from modelspec.adapters.trees import CommitTree, Files
from modelspec.diagnostics import Diagnostic, ModelspecError, WorldError
from modelspec.plan.image import reference
from modelspec.plan.plan import Plan
from modelspec.plan.records import ImageRecord
from modelspec.plan.release import Release
from modelspec.spec.default import FOLDER as ENVIRONMENTS
from modelspec.spec.project import FILE, load_project
from modelspec.stages.environments import environments
from modelspec.stages.source import Source, source
from modelspec.stages.world import Done, World

if TYPE_CHECKING:
    from modelspec.adapters.image_copy import Copied


@dataclass(frozen=True, slots=True)
class Target:
    """Where a release goes besides this clone.

    Attributes:
        remote: whose tag is the commit point; None: the tag here is.
        registry: prefix of image names; empty: images stay here.
        push: whether anything is sent.
    """

    remote: Remote | None
    registry: str
    push: bool

    @property
    def published(self) -> bool:
        """With a remote, only a push publishes."""
        return self.push or self.remote is None

    @property
    def sends(self) -> str:
        """What is sent where, in words; empty if nothing is."""
        image = f"image to {self.registry}" if self.push and self.registry else ""
        tag = f"tag to {self.remote.name}" if self.push and self.remote else ""
        return ", ".join(filter(None, (image, tag)))

    @property
    def publishing(self) -> bool:
        """Whether releases that were never published give way."""
        return self.push and self.remote is not None


def target(repository: Repository, files: Mapping[str, str], *, push: bool) -> Target:
    """Where releases of a repository go.

    Args:
        repository: that the specs are in.
        files: of the commit: path to blob id.
        push: whether anything is sent.

    Raises:
        WorldError: with `push`, if there is nowhere to push to.
        InputError: if `modelspec.yaml` is wrong.
    """
    registry = ""
    if FILE in files:
        content = repository.blobs([files[FILE]])[0]
        registry = load_project(content, FILE).registry or ""
    remote = repository.remote()
    if push and remote is None and not registry:
        raise WorldError(
            "there is nowhere to push to: add a remote called origin, or a registry to "
            f"{FILE}; without --push the release is made here"
        )
    return Target(remote, registry, push)


def require_branch(target: Target, found: Source) -> None:
    """Refuse to publish what the release branch of the remote does not have.

    Raises:
        WorldError: HEAD is not on it, or the remote cannot be reached.
    """
    from modelspec.adapters.git_remote import has_passed, remote_tip

    if target.push and target.remote:
        branch, tip = remote_tip(found.repository, target.remote)
        if not has_passed(found.repository, target.remote, found.commit.oid, tip):
            raise WorldError(
                f"{found.commit.oid[:12]} is not on {target.remote.name}/{branch}: "
                "push the commit first"
            )


def delivers(target: Target, files: CommitTree) -> bool:
    """Whether automatic environments are brought up to date on the release branch, not here."""
    return target.publishing and bool(files.matching(f"{ENVIRONMENTS}/*.yaml"))


def bring_tags(repository: Repository, names: Sequence[str], *, push: bool = False) -> None:
    """Fetch the release tags where those that are here cannot be all: before a push, or shallow.

    Raises:
        WorldError: a shallow clone without a remote, or the remote cannot be reached.
        Conflict: a published tag was moved.
    """
    from modelspec.adapters.tags import fetch_tags

    shallow = repository.is_shallow()
    if not (push or shallow):
        return
    remote = repository.remote()
    if remote is not None:
        fetch_tags(repository, remote, names)
    elif shallow:
        raise WorldError(
            "this clone is shallow and has no remote: its releases are not known here; "
            "clone it whole, with its tags"
        )


def lacking(release: Release, target: Target) -> bool:
    """Whether the image of a release that exists still has to be pushed."""
    if not target.push:
        return False
    return bool(target.registry and not release.image.reference)


def needs(target: Target) -> tuple[str, ...]:
    """The steps whose bytes publishing sends."""
    return ("image",) if target.push and target.registry else ()


def superseded(target: Target, found: Source, inputs: str) -> bool:
    """Whether the release branch asks for other inputs of this model by now."""
    from modelspec.adapters.git_remote import remote_tip

    if not target.push or target.remote is None:
        return False
    _, tip = remote_tip(found.repository, target.remote)
    return tip != found.commit.oid and not asks_for(
        tip, found.repository.entries(tip), found, inputs
    )


def asks_for(commit: str, entries: Tree, found: Source, inputs: str) -> bool:
    """Whether a commit, which has these entries, asks for the same inputs of a model."""
    same = (entries.files.get(path) == found.tree.get(path) for path in found.paths)
    if found.path in entries.files and inputs == found.inputs and all(same):
        return True
    if found.path not in entries.files:
        return False
    repository = found.repository
    try:
        latest = source(repository, repository.commit(commit), entries, found.path)
    except ModelspecError:
        return False  # whatever it asks for, it is not this
    return latest.inputs == inputs


def image(plan: Plan, world: World, target: Target) -> str | None:
    """Push the image; returns `registry/name@sha256:...`, None without a registry.

    Raises:
        WorldError: the engine or the registry does not allow it.
    """
    if not (target.push and target.registry):
        return None
    from modelspec.adapters.push import push

    record = ImageRecord.model_validate(plan.step("image").record)
    folder = Done(plan, world.store).folder("image")
    name = f"{target.registry}/{record.tag}"
    return push(folder, record.tag, name, world.repository.root)


def bring_image(release: Release, registry: str | None, store: Store) -> Copied | None:
    """Have the image of a release where an environment looks for it. What is there is not sent.

    Args:
        release: whose image it is.
        registry: of the environment; None: where it was pushed to.
        store: of the repository, for files of a moment.

    Returns:
        What had to be sent; None if the image is in no registry and need not be.

    Raises:
        WorldError: no registry has it; names the digest. Or a registry cannot be reached.
    """
    from modelspec.adapters.image_copy import copy

    source, target = release.image.reference, reference(release.image, registry)
    if source is None or target is None:
        if registry is None:
            return None
        hint = "name a registry in modelspec.yaml, then: modelspec apply --push"
        message = f"the image {release.image.id} of {release.tag} was never pushed to a registry"
        raise WorldError(Diagnostic(message, hint=hint))
    return copy(source, target, release.image.tag.partition(":")[2], store.begin())


def bring_images(files: Files, release: Release, store: Store) -> None:
    """Have the image in the own registries of the automatic environments of a tree."""
    for one in environments(files):
        if one.environment.is_automatic and one.environment.registry:
            bring_image(release, one.environment.registry, store)
