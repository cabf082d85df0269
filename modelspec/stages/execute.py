"""Run the steps of a plan, one after the other, until none is left."""

from __future__ import annotations

import time
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from modelspec.diagnostics import WorldError
from modelspec.plan.facts import Facts
from modelspec.plan.plan import Plan, Step, address, make_plan
from modelspec.plan.records import Record
from modelspec.stages.world import Done, World


class Stage(Protocol):
    """A module of this room."""

    def run(self, step: Step, plan: Plan, done: Done, world: World, folder: Path) -> Record:
        """Do one step: write its files into `folder`, return what was found out."""

    def summary(self, record: Any) -> str:
        """The record in a few words, for the line that `apply` prints."""


STAGES = ("data", "train", "evaluate", "gate", "export", "reference", "image", "check")


def stage(name: str) -> Stage:
    """A stage by name, imported when it is needed: each brings its heavy library along."""
    if name not in STAGES:
        raise AssertionError(name)
    return cast("Stage", import_module(f"modelspec.stages.{name}"))


def execute(plan: Plan, world: World, wanted: tuple[str, ...] = ()) -> Plan:
    """Run the first step that has to, plan again with what it made, until nothing is left.

    Planning again after each step is what makes a step whose inputs turned out the same cost
    nothing, and what lets the next run continue where this one is killed.

    Args:
        plan: to begin with.
        world: the outside.
        wanted: steps whose bytes must be on this machine in the end.

    Raises:
        ModelspecError: of whatever step fails; those before it stay finished.
    """
    while step := plan.next():
        plan = make_plan(plan.spec, _learned(step, plan, world), wanted)
    return plan


def _learned(step: Step, plan: Plan, world: World) -> Facts:
    """Run a step; returns the facts with what it made."""
    began = time.monotonic()
    world.report.started(step)
    folder = world.store.begin()
    module = stage(step.rule.stage)
    try:
        record = module.run(step, plan, Done(plan, world.store), world, folder)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise WorldError(f"{step.name} failed: {error.strerror or error}{where}".lower()) from None
    made = record.model_dump(mode="json")
    _same_as_before(step, made)
    where = address(step.rule, step.key or "", plan.facts)
    world.store.finish(folder, step.name, where, made)
    took = time.monotonic() - began
    world.store.took(plan.spec.metadata.name, step.name, took)
    world.report.finished(step, module.summary(record), took)
    return replace(
        plan.facts,
        seconds={**plan.facts.seconds, step.name: round(took, 2)},
        finished={**plan.facts.finished, (step.name, where): made},
        kept=plan.facts.kept | {(step.name, made["output"])},
    )


def _same_as_before(step: Step, made: dict[str, Any]) -> None:
    """A step made again for its bytes must give the bytes that the release names."""
    if step.record is not None and step.record["output"] != made["output"]:
        raise WorldError(
            f"{step.name} was released as {step.record['output']}, whose bytes are gone; "
            f"this machine makes {made['output']} of the same inputs. "
            "Bring back .modelspec/releases, or change data.split.seed for a new model"
        )
