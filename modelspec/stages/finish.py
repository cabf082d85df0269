"""What `apply` does once its models are applied: deliver them, or remove what others left."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from modelspec.adapters.git import Repository
from modelspec.adapters.store import Store
from modelspec.adapters.trees import CommitTree, Files, WorkTree
from modelspec.plan.release import Release
from modelspec.stages import publish, select
from modelspec.stages.change import Change, together, write
from modelspec.stages.deliver import Delivered, Delivery, deliver
from modelspec.stages.deploy import place
from modelspec.stages.promotion import automatic, left_behind
from modelspec.stages.source import Source
from modelspec.stages.templates import Templates
from modelspec.stages.tree import Specs, stale


@dataclass(frozen=True, slots=True)
class Ways:
    """How an `apply` was asked for.

    Attributes:
        push: whether releases are published.
        everything: whether it is about all models of the repository.
        as_request: whether what is delivered goes to the branch of a pull request.
        force: whether what was edited by hand in rendered files is undone.
    """

    push: bool = False
    everything: bool = False
    as_request: bool = False
    force: bool = False


def finish(
    repository: Repository,
    tree: Mapping[str, str],
    store: Store,
    sources: Sequence[Source],
    releases: Sequence[tuple[Source, Release]],
    templates: Templates,
    ways: Ways,
) -> Delivered | tuple[Path, ...]:
    """Bring automatic environments up to date, as far as single models do not.

    Args:
        repository: that the specs are in.
        tree: the files of its HEAD: path to blob id.
        store: of the repository.
        sources: all specs that the run was about.
        releases: of those that have one now.
        templates: of the commit.
        ways: of the run.

    Returns:
        What went to the release branch, or the files of the work tree that changed.

    Raises:
        Conflict, InputError, TemplateError, WorldError: as `deliver`.
    """
    committed = CommitTree(repository, tree)
    target = publish.target(repository, tree, push=ways.push)
    if target.remote and publish.delivers(target, committed):
        return deliver(
            Delivery(
                repository,
                target.remote,
                store,
                releases,
                everything=ways.everything,
                as_request=ways.as_request,
                force=ways.force,
            )
        )
    if not ways.everything:
        return ()
    names = {one.loaded.spec.metadata.name for one in sources}
    specs = partial(select.committed_specs, list(tree))
    change = removal(WorkTree(repository.root), names, committed, specs, templates)
    return write(repository.root, change, force=ways.force)


def removal(
    files: Files, names: Container[str], source: Files, specs: Specs, templates: Templates
) -> Change:
    """What has to be written where models and environments are gone. Arguments as `left_behind`.

    Raises:
        InputError: the file of an environment is wrong.
    """
    left = left_behind(files, names, source, specs)
    change = automatic(files, templates, left, push=True)
    return together([change, *(place(files, where, {}) for where in stale(files))])
