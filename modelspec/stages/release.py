"""Name what was made: keep its bytes, render it in memory, and last of all create the tag."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from modelspec.adapters.git import Remote
from modelspec.plan.columns import number
from modelspec.plan.estimate import last_seconds
from modelspec.plan.objects import NOT_BUILT
from modelspec.plan.plan import Plan, address
from modelspec.plan.records import EvaluateRecord, ImageRecord, Schema
from modelspec.plan.release import Image, Made, Release
from modelspec.plan.tags import Version, message
from modelspec.stages.world import World


def compose(plan: Plan, *, published: bool, reference: str | None) -> Release:
    """The record of what the plan's steps made.

    Args:
        plan: with every step made.
        published: whether others may build on it.
        reference: of the pushed image, `registry/name@sha256:...`.
    """
    record = ImageRecord.model_validate(plan.step("image").record)
    version = plan.version
    if version is None:
        raise AssertionError(plan)
    last = last_seconds(plan.facts)
    return Release(
        name=plan.spec.metadata.name,
        version=str(version),
        published=published,
        commit=plan.facts.commit,
        inputs=plan.inputs,
        sources=dict(plan.facts.sources),
        pins=dict(plan.facts.pins),
        spec=plan.spec.canonical(),
        steps={s.name: Made(key=s.key or "", record=dict(s.record or {})) for s in plan.steps},
        image=Image(id=record.output, tag=record.tag, commit=record.commit, reference=reference),
        toolchain=dict(_toolchain(plan)),
        seconds={s.name: last[s.name] for s in plan.steps if s.name in last},
    )


def foresee(plan: Plan, registry: str) -> Release:
    """What the plan will lead to; a stand-in for the image where it is not built yet.

    Of what depends on data that were not read yet it has a stand-in too: version 0.0, and classes
    that only tell how many there are at least.

    Args:
        plan: with steps that still have to run.
        registry: where the image is pushed; empty: it is not.
    """
    image = ImageRecord(
        output=NOT_BUILT,
        base="",
        base_id="",
        size=0,
        tag=f"{plan.spec.metadata.name}:sha-{NOT_BUILT[7:19]}",
        commit=plan.facts.commit,
    ).model_dump(mode="json")
    positive = plan.spec.data.target.positive or "positive"
    classes = () if plan.spec.task == "regression" else ("negative", positive)
    schema = Schema(features=(), classes=classes).model_dump(mode="json")
    instead = {"image": image, "data": {"schema_": schema}}
    steps = (replace(s, record=s.record or instead.get(s.name, {})) for s in plan.steps)
    model = plan.model or Version(0, 0, 0)
    made = replace(plan, found=None, steps=tuple(steps), model=model)
    return compose(made, published=False, reference=_reference(made, registry))


def _reference(plan: Plan, registry: str) -> str | None:
    """What the pushed image will be called; known if it was pushed there before."""
    if not registry:
        return None
    image, name = (plan.step("image").record or {})["output"], plan.spec.metadata.name
    before = (r.image.reference or "" for r in plan.facts.releases if r.image.id == image)
    there = (reference for reference in before if reference.startswith(f"{registry}/{name}@"))
    return next(there, f"{registry}/{name}@{NOT_BUILT}")


def _toolchain(plan: Plan) -> Mapping[str, str]:
    """What the model was trained with: this machine's, unless an earlier release has it."""
    key = plan.step("train").key
    earlier = (r.toolchain for r in plan.facts.releases if r.key("train") == key)
    return next(earlier, plan.facts.toolchain)


def paragraph(release: Release) -> str:
    """The release in a paragraph for people, as the tag's message begins."""
    evaluated = EvaluateRecord.model_validate(release.steps["evaluate"].record)
    metrics = ", ".join(
        f"{name} {number(e.value, 4)} ({number(e.low, 4)} to {number(e.high, 4)})"
        for name, e in evaluated.metrics.items()
    )
    rows = next((e.rows for e in evaluated.metrics.values()), 0)
    gates = sum(len(m.record["verdicts"]) for n, m in release.steps.items() if "gate" in n)
    return (
        f"{release.name} {release.version}\n\n"
        f"On {rows} test rows: {metrics}. Gates passed: {gates}. "
        f"Image {release.image.reference or release.image.tag}."
    )


def keep_bytes(plan: Plan, world: World) -> None:
    """Keep the bytes that the tag is going to name, before it does."""
    for step in plan.steps:
        if step.record is not None:
            where = address(step.rule, step.key or "", plan.facts)
            world.store.keep(step.name, where, step.record["output"])


def tag(release: Release, world: World, remote: Remote | None) -> None:
    """Create the annotated tag: on the remote first if there is one to publish to.

    Raises:
        Conflict: somebody else took the number; nothing is left behind here.
        WorldError: git or the remote does not allow it.
    """
    from modelspec.adapters import tags

    text = message(paragraph(release), release.model_dump(mode="json"))
    ref = f"refs/tags/{release.tag}"
    if remote is None:
        tags.create_local(world.repository, ref, release.commit, text)
    else:
        tags.publish(world.repository, remote, ref, release.commit, text)
