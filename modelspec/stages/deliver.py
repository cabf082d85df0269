"""What `apply --push` does about automatic environments: one commit on the release branch.

It is made on the tip of the branch as it is at that moment, and never merged: whoever finds the
branch moved takes its new tip and works out the same again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from modelspec.adapters import commits
from modelspec.adapters.git import Remote, Repository, Tree
from modelspec.adapters.git_push import RefusedError, push
from modelspec.adapters.git_remote import refs, remote_tip
from modelspec.adapters.store import Store
from modelspec.adapters.trees import CommitTree
from modelspec.diagnostics import Conflict, Diagnostic, WorldError
from modelspec.plan.release import Release
from modelspec.stages import deploy, publish, select, templates
from modelspec.stages.change import Change
from modelspec.stages.environments import environments
from modelspec.stages.promotion import Lock, left_behind, promotion
from modelspec.stages.source import Source

BRANCH = "modelspec/promote"
"""The branch of the pull request, for release branches that take no pushes."""
TRIES = 5


@dataclass(frozen=True, slots=True)
class Step:
    """A model that an environment runs in another version; None is no version at all."""

    environment: str
    model: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.after is None:
            return f"{self.model} no more"
        old = f"{self.before} -> " if self.before not in (None, self.after) else ""
        return f"{self.model} {old}{self.after}"

    @property
    def runs(self) -> tuple[str, str | None]:
        """Model and version."""
        return self.model, self.after

    @property
    def trailer(self) -> str:
        """The line about it in the message of the commit."""
        if self.after is None:
            return f"Removed: {self.model} from {self.environment}"
        tag = f"{self.model}/v{self.after}"
        return f"Promoted: {self.model} {self.after} to {self.environment} ({tag})"


@dataclass(frozen=True, slots=True)
class Delivered:
    """How it ended.

    Attributes:
        steps: what changes; nothing where the branch has it all.
        commit: full id; empty where there was nothing to change.
        branch: that has it.
        superseded: models that the release branch asks otherwise for.
    """

    steps: tuple[Step, ...]
    commit: str
    branch: str
    superseded: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is to be brought to automatic environments.

    Attributes:
        repository: to work in.
        remote: whose release branch it is for.
        store: of the repository.
        releases: each with the spec that asked for it.
        everything: whether these are all models, so that what others left goes.
        as_request: whether it goes to the branch of a pull request instead.
        force: whether what was edited by hand in rendered files is undone.
    """

    repository: Repository
    remote: Remote
    store: Store
    releases: Sequence[tuple[Source, Release]]
    everything: bool
    as_request: bool
    force: bool


def deliver(wanted: Delivery) -> Delivered:
    """Have automatic environments run what the tip of the release branch asks for.

    Raises:
        WorldError: a rendered file was edited by hand, an image is in no registry, or the remote
            does not take the commit.
        Conflict: the branch was moved each time.
        InputError: a file of the branch is wrong.
        TemplateError: a template of the branch is wrong.
    """
    for _ in range(TRIES):
        branch, tip = remote_tip(wanted.repository, wanted.remote)
        entries = wanted.repository.entries(tip)
        current = [one for one in wanted.releases if _is_asked_for(tip, entries, *one)]
        change, steps = _change(wanted, entries, current)
        _bring_images(wanted, entries, steps)
        left = tuple(one.name for _, one in wanted.releases if (_, one) not in current)
        push = _request if wanted.as_request else _push
        pushed = push(wanted, branch, tip, change, _message(steps))
        if pushed is not None:
            return Delivered(steps, pushed, BRANCH if wanted.as_request else branch, left)
    raise Conflict(f"the branch on {wanted.remote.name} was moved {TRIES} times meanwhile")


def _is_asked_for(tip: str, entries: Tree, found: Source, release: Release) -> bool:
    return publish.asks_for(tip, entries, found, release.inputs)


def _change(
    wanted: Delivery, entries: Tree, current: Sequence[tuple[Source, Release]]
) -> tuple[Change, tuple[Step, ...]]:
    """What the commit changes, as files and as versions."""
    files = CommitTree(wanted.repository, entries.files)
    known = [one.environment for one in environments(files) if one.places is not None]
    known = [environment for environment in known if environment.is_automatic]
    locks: dict[str, Lock | None] = {one.name: one.lock() for _, one in current}
    if wanted.everything and known:
        specs = partial(select.committed_specs, list(entries.files))
        locks |= left_behind(files, locks, files, specs)
    held = templates.of_tree(wanted.repository, entries)
    change = promotion(files, held, {environment.name: locks for environment in known})
    change.refuse_edited(force=wanted.force)
    steps = (
        Step(e.name, name, e.models.get(name), lock["record"]["version"] if lock else None)
        for e in known
        for name, lock in locks.items()
    )
    folders = {path.rpartition("/")[0] for path in change.files}
    return change, tuple(
        step
        for step in steps
        if step.before != step.after or deploy.folder(step.environment, step.model) in folders
    )


def _bring_images(wanted: Delivery, entries: Tree, steps: Sequence[Step]) -> None:
    """Have every image where the commit is going to name it, before the commit is."""
    known = environments(CommitTree(wanted.repository, entries.files))
    registries = {one.environment.name: one.environment.registry for one in known}
    for step in steps:
        for _, release in wanted.releases:
            if registries[step.environment] and (release.name, release.version) == step.runs:
                publish.bring_image(release, registries[step.environment], wanted.store)


def _push(wanted: Delivery, branch: str, tip: str, change: Change, message: str) -> str | None:
    """The commit, on the release branch; "" if there is nothing in it, None if that moved."""
    if not change.files:
        return ""
    repository = wanted.repository
    made = commits.commit(
        repository, tip, commits.tree_with(repository, tip, change.files), message
    )
    try:
        moved = push(repository, wanted.remote, f"refs/heads/{branch}", made, tip)
    except RefusedError as error:
        hint = f"apply --push --pull-request puts it on the branch {BRANCH} instead"
        raise WorldError(Diagnostic(str(error), hint=hint)) from None
    return made if moved else None


def _request(wanted: Delivery, _branch: str, tip: str, change: Change, message: str) -> str | None:
    """The commit, as all that its own branch has; that goes where there is nothing to change."""
    repository, remote = wanted.repository, wanted.remote
    ref = f"refs/heads/{BRANCH}"
    old = refs(repository, remote, ref).get(ref, "")
    if not change.files:
        gone = not old or push(repository, remote, ref, "", old)
        return "" if gone else None
    files = commits.tree_with(repository, tip, change.files)
    if old and commits.follows(repository, remote, old, tip, files):
        return old
    made = commits.commit(repository, tip, files, message)
    return made if push(repository, remote, ref, made, old) else None


def _message(steps: Sequence[Step]) -> str:
    """Of the commit: for people, then a line for each step that programs can read."""
    where = ", ".join(dict.fromkeys(step.environment for step in steps))
    models = list(dict.fromkeys(step.model for step in steps))
    if len(models) > 1 or not steps:
        subject = f"Promote {len(models)} models to {where}"
    elif steps[0].after is None:
        subject = f"Remove {models[0]} from {where}"
    else:
        subject = f"Promote {models[0]} {steps[0].after} to {where}"
    return "\n".join([subject, "", *(step.trailer for step in steps), ""])
