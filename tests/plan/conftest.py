"""A spec, and a machine that makes every step without making anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from modelspec.plan.digest import digest
from modelspec.plan.facts import Facts
from modelspec.plan.plan import Plan, address, make_plan
from modelspec.plan.release import Image, Made, Release
from modelspec.spec.model import ModelSpec

COMMIT = "c" * 40

SPEC: dict[str, Any] = {
    "apiVersion": "modelspec/v1",
    "kind": "Model",
    "metadata": {"name": "churn"},
    "task": "binary_classification",
    "data": {"source": "data.csv", "target": {"column": "churned", "positive": "yes"}},
    "model": {"type": "mlp"},
    "evaluate": {"gates": ["roc_auc >= 0.8"]},
    "export": ["tflite", "onnx"],
}


def spec_of(**changes: Any) -> ModelSpec:
    """The spec with dotted keys changed: `spec_of(**{"train.epochs": 9})`."""
    plain = _copy(SPEC)
    for path, value in changes.items():
        *above, last = path.split(".")
        part = plain
        for name in above:
            part = part.setdefault(name, {})
        part[last] = value
    return ModelSpec.from_canonical(plain)


def _copy(value: Any) -> Any:
    return {k: _copy(v) for k, v in value.items()} if isinstance(value, dict) else value


def facts(**fields: Any) -> Facts:
    """What a clean clone without releases and cache knows."""
    plain: dict[str, Any] = {
        "commit": COMMIT,
        "committed": 1_700_000_000,
        "spec_path": "models/churn/model.yaml",
        "files": {"data.csv": "b" * 40},
        "sources": {"models/churn/model.yaml": "a" * 40, "models/churn/data.csv": "b" * 40},
        "toolchain": {"tensorflow": "2.21.0"},
    }
    return Facts(**{**plain, **fields})


def made(step: str, key: str) -> dict[str, Any]:
    """A record that is a function of the key, as deterministic steps give."""
    common: dict[str, Any] = {"output": digest({"made": step, "of": key})}
    number = {"name": "age", "type": "number", "mean": 1.0, "scale": 1.0}
    match step.partition(".")[0]:
        case "data":
            side = {"rows": 10, "classes": {"no": 5, "yes": 5}}
            return common | {
                "schema_": {"features": [number], "classes": ["no", "yes"]},
                "train": side,
                "validation": side,
                "test": side,
            }
        case "evaluate":
            estimate = {"value": 0.9, "low": 0.8, "high": 1.0, "rows": 10}
            bins = {"labels": ["(-Inf, +Inf)"], "shares": [1.0], "cuts": []}
            metrics = {"metrics": {"roc_auc": estimate}, "baseline": {}, "threshold": 0.5}
            return common | metrics | {"predictions": bins}
        case "reference":
            return common | {"features": 1, "bins": 10}
        case "gate":
            return common | {"verdicts": []}
        case "image":
            return common | {
                "base": "b",
                "base_id": "i",
                "size": 1,
                "tag": "churn:sha-1",
                "commit": COMMIT,
            }
        case _:
            return common


Runner = Callable[[Plan], tuple[Plan, list[str]]]


@pytest.fixture
def run() -> Runner:
    """Makes all steps of a plan; returns the finished plan and the names that ran."""

    def runner(plan: Plan) -> tuple[Plan, list[str]]:
        ran: list[str] = []
        while step := plan.next():
            assert step.key is not None
            ran.append(step.name)
            record = made(step.name, step.key)
            where = address(step.rule, step.key, plan.facts)
            plan = make_plan(
                plan.spec,
                replace(
                    plan.facts,
                    finished={**plan.facts.finished, (step.name, where): record},
                    kept=plan.facts.kept | {(step.name, record["output"])},
                ),
            )
        return plan, ran

    return runner


@pytest.fixture
def release(run: Runner) -> Callable[..., Release]:
    """Releases a spec on given facts."""

    def releaser(spec: ModelSpec, known: Facts, version: str = "1.0.0") -> Release:
        plan, _ = run(make_plan(spec, known))
        image = plan.step("image").record
        assert image is not None
        return Release(
            name="churn",
            version=version,
            published=True,
            commit=COMMIT,
            inputs=plan.inputs,
            sources=dict(known.sources),
            pins=dict(known.pins),
            spec=spec.canonical(),
            steps={s.name: Made(key=s.key or "", record=dict(s.record or {})) for s in plan.steps},
            image=Image(id=image["output"], tag=image["tag"], commit=COMMIT),
            toolchain={},
        )

    return releaser
