"""From a committed spec to a release: plan, run, name, render."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from modelspec.adapters.case import refuse_tags_in_other_case
from modelspec.adapters.git import Repository
from modelspec.adapters.lock import exclusive
from modelspec.adapters.store import Store
from modelspec.adapters.trees import CommitTree, WorkTree
from modelspec.diagnostics import Conflict, WorldError
from modelspec.plan.basis import Basis, basis_of
from modelspec.plan.plan import Plan, make_plan
from modelspec.plan.release import Release
from modelspec.spec.default import DEFAULT
from modelspec.stages import deploy, publish, release
from modelspec.stages.agreed import refuse
from modelspec.stages.change import write
from modelspec.stages.execute import execute
from modelspec.stages.facts import gather, with_machine
from modelspec.stages.promotion import automatic
from modelspec.stages.source import Source
from modelspec.stages.templates import Templates
from modelspec.stages.world import Report, World

TRIES = 3


@dataclass(frozen=True, slots=True)
class Applied:
    """How an apply ended.

    Attributes:
        plan: what was done; `plan.found` is set where nothing had to be.
        release: the release of these inputs; None with uncommitted inputs or when superseded.
        written: files of automatic environments that changed.
    """

    plan: Plan
    release: Release | None
    written: tuple[Path, ...]
    note: str = ""


@contextmanager
def locked(repository: Repository) -> Iterator[Store]:
    """The store of a repository, for one run at a time."""
    store = Store(repository.root / ".modelspec")
    store.open()
    with exclusive(store.root / "lock"):
        store.sweep()
        try:
            yield store
        finally:
            store.sweep()


def plan_of(
    found: Source,
    store: Store,
    *,
    publishing: bool = False,
    pull: bool = False,
    wanted: tuple[str, ...] = (),
) -> Plan:
    """The plan of one spec; looks at the machine only if there is something to do.

    Args:
        found: the spec.
        store: of its repository.
        publishing: whether releases that were never published give way.
        pull: whether a base image that is going to be needed may be pulled.
        wanted: steps whose bytes must be on this machine, whatever was released.

    Raises:
        WorldError: with `pull`, if the base cannot be had: before anything is trained for it.
    """
    from modelspec.stages.toolchain import image_toolchain, toolchain

    seconds = store.seconds(found.loaded.spec.metadata.name)
    facts = replace(gather(found), publishing=publishing, seconds=seconds)
    plan = make_plan(found.loaded.spec, facts)
    if plan.found and not facts.dirty and not wanted:
        return plan
    name, runtime = plan.spec.container.base, plan.spec.serve.runtime
    pin = found.lock.base.get(name)
    base_of = partial(image_toolchain, found.repository.root, name, pin, runtime)
    base = base_of()
    plan = make_plan(plan.spec, with_machine(facts, store, toolchain(), base), wanted)
    if pull and not facts.dirty and not base and plan.step("image").action == "run":
        base = base_of(pull=True)
        plan = make_plan(plan.spec, replace(plan.facts, image_toolchain=base), wanted)
    return plan


def plan_for(found: Source, store: Store, target: publish.Target, *, pull: bool = False) -> Plan:
    """The plan of one spec for where its release goes: what `plan` prints and `apply` does.

    A release whose image still has to be pushed is none that was found: it gets the next number.
    Args and errors as of `plan_of`.
    """
    publishing = target.publishing
    plan = plan_of(found, store, publishing=publishing, pull=pull)
    if plan.found and not publish.lacking(plan.found, target):
        return plan
    if wanted := publish.needs(target):
        plan = plan_of(found, store, publishing=publishing, pull=pull, wanted=wanted)
    return replace(plan, found=None)


def apply(
    found: Source,
    store: Store,
    report: Report,
    templates: Templates,
    *,
    push: bool,
    agreed: Basis | None = None,
    force: bool = False,
) -> Applied:
    """Bring one model to a release, and automatic environments to run it.

    Args:
        found: the spec.
        store: of its repository.
        report: where the run tells how it is going.
        templates: of the commit.
        push: whether the release is published.
        agreed: what it has to be decided from, if it has to be one certain plan.
        force: whether what was edited by hand in rendered files is undone.

    Raises:
        WorldError: inputs that are not committed, or anything outside that does not allow it.
        ModelRejected: the model is not good enough.
        Conflict: somebody else was first, three times; or the plan is not the one agreed on.
    """
    for attempt in range(1, TRIES + 1):
        # Outside of what is tried again: a tag that was moved stays moved.
        publish.bring_tags(found.repository, [found.loaded.spec.metadata.name], push=push)
        try:
            return _try(found, store, report, templates, push=push, agreed=agreed, force=force)
        except Conflict as conflict:
            if attempt == TRIES or agreed:
                raise
            report.warn(f"{conflict}; planning again")
    raise AssertionError(TRIES)


def _try(
    found: Source,
    store: Store,
    report: Report,
    templates: Templates,
    *,
    push: bool,
    agreed: Basis | None,
    force: bool,
) -> Applied:
    repository = found.repository
    target = publish.target(repository, found.tree, push=push)
    publish.require_branch(target, found)
    plan = plan_for(found, store, target, pull=True)
    if agreed:
        _require_same(agreed, plan)
    for tag in plan.facts.unreadable:
        report.warn(f"the tag {tag} is not a release of this model; its number counts as taken")
    if plan.facts.dirty:
        files = ", ".join(plan.facts.dirty)
        raise WorldError(
            f"{files} differs from the commit: a release is read from the commit only. "
            "Commit it, or put it back"
        )
    committed = CommitTree(repository, found.tree)
    delivers = publish.delivers(target, committed)
    if plan.found:
        put = () if delivers else _put(found, store, plan.found, templates, push=push, force=force)
        return Applied(plan, plan.found, put)
    refuse_tags_in_other_case(repository, plan.spec.metadata.name)
    world = world_of(found, store, report)
    made = execute(plan, world, publish.needs(target))
    release.keep_bytes(made, world)
    if publish.superseded(target, found, made.inputs):
        return Applied(made, None, (), "superseded: the branch asks for other inputs by now")
    reference = publish.image(made, world, target)
    new = release.compose(
        replace(made, found=None), published=target.published, reference=reference
    )
    # Also where no environment is automatic: what cannot be rendered is no release.
    deploy.render(new.lock(), DEFAULT, templates)
    tree = committed if delivers else WorkTree(repository.root)
    automatic(tree, templates, {new.name: new.lock()}, push=push).refuse_edited(force=force)
    release.tag(new, world, target.remote if push else None)
    put = () if delivers else _put(found, store, new, templates, push=push, force=force)
    return Applied(made, new, put)


def _put(
    found: Source, store: Store, one: Release, templates: Templates, *, push: bool, force: bool
) -> tuple[Path, ...]:
    """Have the automatic environments here run a release; returns the files that changed."""
    root = found.repository.root
    files = WorkTree(root)
    change = automatic(files, templates, {one.name: one.lock()}, push=push)
    if push and change.files:
        publish.bring_images(files, one, store)
    return write(root, change, force=force)


def _require_same(agreed: Basis, plan: Plan) -> None:
    """Refuse what a remote changed after the plan was compared. Raises Conflict."""
    name, now = plan.spec.metadata.name, basis_of(plan)
    if agreed["models"][name] != now:
        refuse(agreed, {**agreed, "models": {**agreed["models"], name: now}})


def world_of(found: Source, store: Store, report: Report) -> World:
    """The outside, as a run of one model sees it."""
    return World(
        repository=found.repository,
        store=store,
        report=report,
        loaded=found.loaded,
        lock=found.lock,
        read=found.read,
        file=found.resolve,
    )
