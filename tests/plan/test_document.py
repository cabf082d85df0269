"""What `plan --json` prints, and the digest that names a plan.

`UPDATE_GOLDEN=1` writes the schema anew; read the difference before it is committed: programs
of others read this.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modelspec.diagnostics import Diagnostic, Location
from modelspec.plan.basis import basis
from modelspec.plan.document import Document, document
from modelspec.plan.facts import Facts
from modelspec.plan.objects import deployment
from modelspec.plan.outlook import Outlook, Outlooks
from modelspec.plan.plan import make_plan
from modelspec.plan.release import Release
from modelspec.plan.tags import Version
from tests.plan.conftest import Runner, facts, spec_of

GOLDEN = Path(__file__).parent / "plan-v1.json"


def said(known: Facts, changes: dict[str, Any] | None = None, *, push: bool = False) -> Document:
    plan = make_plan(spec_of(**changes or {}), known)
    return document(
        Outlooks((Outlook(plan),)), basis(plan.facts.commit, [plan], push=push, everything=False)
    )


def test_the_format_is_the_one_that_was_reviewed() -> None:
    text = json.dumps(Document.model_json_schema(mode="serialization"), indent=1) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, "utf-8")
    assert GOLDEN.read_text("utf-8") == text


def test_every_field_whose_name_does_not_say_it_all_is_described() -> None:
    schema = Document.model_json_schema(mode="serialization")
    parts = {"Document": schema, **schema["$defs"]}
    bare = {
        f"{name}.{field}"
        for name, part in parts.items()
        for field, value in part["properties"].items()
        if "description" not in value
    }
    assert bare <= {
        "Document.format_version",
        "Document.basis",
        "Document.models",
        "Document.removed",
        "PlannedModel.name",
        "PlannedModel.changes",
        "PlannedModel.steps",
        "PlannedModel.deploy",
        "PlannedModel.warnings",
        "PlannedStep.reason",
        "PlannedDeployment.environment",
        "PlannedRemoval.environment",
        "PlannedRemoval.files",
        "ChangedField.places",
        "Basis.commit",
        "Basis.models",
        *(f"Warned.{field}" for field in ("message", "hint", "file", "line", "column")),
    }


def test_the_digest_can_be_computed_from_what_is_printed_with_the_standard_library() -> None:
    plain = json.loads(said(facts(), {"metadata.description": "Größe \u2028"}).model_dump_json())
    text = json.dumps(plain["basis"], sort_keys=True, separators=(",", ":"))
    assert plain["digest"] == "sha256:" + hashlib.sha256(text.encode("ascii")).hexdigest()


def test_what_one_machine_has_at_hand_does_not_change_the_digest(run: Runner) -> None:
    here = said(facts())
    finished, _ = run(make_plan(spec_of(), facts()))
    there = said(replace(finished.facts, seconds={"train": 3.0}))
    assert {step.action for step in here.models[0].steps} == {"run"}
    assert {step.action for step in there.models[0].steps} == {"reuse"}
    assert there.digest == here.digest
    assert said(replace(finished.facts, toolchain={"tensorflow": "3"})).digest == here.digest


@pytest.mark.parametrize(
    "moved",
    [
        {"commit": "d" * 40},
        {"taken": (Version(1, 0, 0),)},
        {"sources": {"models/churn/model.yaml": "e" * 40, "models/churn/data.csv": "b" * 40}},
    ],
    ids=["HEAD", "tag", "spec"],
)
def test_whatever_moves_changes_the_digest(moved: dict[str, Any]) -> None:
    assert said(facts(**moved)).digest != said(facts()).digest


def test_push_another_spec_and_another_modelspec_change_the_digest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = said(facts()).digest
    assert said(facts(), push=True).digest != first
    assert said(facts(), {"train.epochs": 3}).digest != first
    monkeypatch.setattr("modelspec.plan.basis.__version__", "9.9.9")
    assert said(facts()).digest != first


def test_a_model_has_its_change_steps_objects_and_warnings(
    release: Callable[..., Release],
) -> None:
    old = release(spec_of(), facts()).model_copy(update={"seconds": {"gate": 0.25}})
    kept = frozenset((name, made.record["output"]) for name, made in old.steps.items())
    known = facts(releases=(old,), taken=(Version(1, 0, 0),), kept=kept)
    plan = make_plan(spec_of(**{"evaluate.gates": ["roc_auc >= 0.7"]}), known)
    kind = {"kind": "Service", "metadata": {"name": "churn"}}
    writes = deployment("default", ["a.yaml"], [kind | {"x": 1}], [kind | {"x": 2}])
    warning = Diagnostic("look", Location("m.yaml", 2, 3), "do", severity="warning")
    outlooks = Outlooks((Outlook(plan, (writes,), (warning,)),))
    made = document(outlooks, basis(plan.facts.commit, [plan], push=False, everything=True))
    plain = json.loads(made.model_dump_json())
    assert plain["work"] is True
    (model,) = plain["models"]
    assert (model["change"], model["release"], model["version"]) == (
        "re-evaluate",
        "1.0.0",
        "1.0.1",
    )
    gate = next(step for step in model["steps"] if step["name"] == "gate")
    assert (gate["action"], gate["seconds"]) == ("run", 0.25)
    assert gate["key"] != old.steps["gate"].key
    assert gate["reason"] == "evaluate.gates: [roc_auc >= 0.8] -> [roc_auc >= 0.7]"
    assert model["seconds"] == 0.25
    assert [step["name"] for step in model["steps"] if step["action"] == "run"] == ["gate"]
    assert model["deploy"][0]["changes"] == [
        {"old": 1, "new": 2, "known": True, "places": [{"object": "Service churn", "path": "x"}]}
    ]
    assert model["warnings"] == [
        {"message": "look", "hint": "do", "file": "m.yaml", "line": 2, "column": 3}
    ]


def test_nothing_to_do_is_no_work(release: Callable[..., Release]) -> None:
    old = release(spec_of(), facts())
    assert not said(facts(releases=(old,), taken=(Version(1, 0, 0),))).work
