"""Whatever an answer depends on: once it has changed, the next --check says so by itself.

Asked are the commands that users and their checks run, by exit code and words; that a kept answer
is dropped is not enough. (Code of a model's own is not in the language yet: it is refused.)
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

import pytest

from modelspec.plan import basis
from modelspec.render import kubernetes
from tests.released import git
from tests.stages.deployed import environment
from tests.stages.work import (
    DATA,
    RENDERED,
    SPEC,
    UP_TO_DATE,
    Work,
    another_head,
    another_release,
    edited_and_committed,
    same_size_and_time,
)

LOCK = "deploy/default/wine/release.lock"
TEMPLATE = "templates/kubernetes/serving.yaml.j2"
OVERRIDE = """\
{% extends "builtin/kubernetes/serving.yaml.j2" %}
{% block pod_spec %}
{{ super() }}
      hostname: cellar
{% endblock %}
"""
PLAN, PUSH, RENDER = ("plan", "--check"), ("plan", "--push", "--check"), ("render", "--check")


class Asked(NamedTuple):
    """A command, and how it has to end then."""

    command: tuple[str, ...]
    code: int
    said: str


def written(work: Work, name: str, text: str) -> None:
    work.path(name).parent.mkdir(parents=True, exist_ok=True)
    work.path(name).write_text(text)


def project(work: Work) -> None:
    """Where images go: another reference in every pod, once it is pushed."""
    written(
        work,
        "modelspec.yaml",
        "apiVersion: modelspec/v1\nkind: Project\nregistry: 127.0.0.1:1/team\n",
    )
    git(work.root, "add", "modelspec.yaml")
    git(work.root, "commit", "-q", "-m", "A registry")


def model_lock(work: Work) -> None:
    pin = {"id": f"sha256:{'0' * 64}"}
    base = {"python:3.11-slim-bookworm": pin}
    written(work, "models/wine/model.lock", json.dumps({"lock": 1, "base": base, "data": {}}))


def other_renderer(work: Work) -> None:
    """In this process alone: `test_idle` changes files of modelspec, as an upgrade does."""
    work.monkeypatch.setattr(kubernetes, "USER", 10002)
    work.forget()


EDITED = Asked(RENDER, 7, f"{RENDERED} is not what its release.lock renders to")
LATE = Asked(PLAN, 7, "wine   1.0.0 is released, its files are out of date")
CHANGES: dict[str, tuple[Callable[[Work], object], tuple[Asked, ...]]] = {
    "spec byte": (
        lambda work: work.edit(SPEC, "epochs: 300", "epochs: 30"),
        (Asked(PLAN, 7, "train.epochs: 300 -> 30"),),
    ),
    "spec byte, size and time as before": (
        same_size_and_time,
        (Asked(PLAN, 7, "train.epochs: 300 -> 301"),),
    ),
    "data byte": (
        lambda work: work.edit(DATA, "13.", "14."),
        (Asked(PLAN, 7, f"not committed yet: {DATA}"),),
    ),
    "code file": (
        lambda work: work.edit(SPEC, "model:\n", "model:\n  code: net.py:build\n"),
        (Asked(PLAN, 3, "model.code"),),
    ),
    "commit": (edited_and_committed, (Asked(PLAN, 7, "train.epochs: 300 -> 301"),)),
    "other HEAD": (another_head, (Asked(PLAN, 7, "train.epochs: 300 -> 301"),)),
    "tag made": (
        another_release,
        (Asked(PLAN, 7, "wine   1.0.1 is released, its files are out of date"),),
    ),
    "tag deleted": (
        lambda work: git(work.root, "tag", "-d", "wine/v1.0.0"),
        (Asked(PLAN, 7, "first release"),),
    ),
    "rendered file edited": (
        lambda work: work.edit(RENDERED, "minReplicas: 2", "minReplicas: 1"),
        (LATE, Asked(PLAN, 7, f"{RENDERED} was edited by hand"), EDITED),
    ),
    "rendered file removed": (lambda work: work.path(RENDERED).unlink(), (LATE, EDITED)),
    "lock edited": (
        lambda work: work.edit(LOCK, '"owner": "examples"', '"owner": "somebody"'),
        (LATE, EDITED),
    ),
    "template override": (
        lambda work: written(work, TEMPLATE, OVERRIDE),
        (LATE, Asked(PLAN, 7, f"not committed yet: {TEMPLATE}"), EDITED),
    ),
    "environment, manual": (
        lambda work: environment(work.root, "prod", "namespace: a\nmodels: {}\n"),
        (
            Asked(PLAN, 7, "nothing asks for it any more"),
            Asked(RENDER, 7, f"{RENDERED} belongs to no model that runs there"),
        ),
    ),
    "environment, automatic": (
        lambda work: environment(work.root, "staging", "namespace: a\npromote: automatic\n"),
        (
            Asked(PLAN, 7, "environments/staging.yaml: wine nothing -> 1.0.0"),
            Asked(RENDER, 7, f"{RENDERED} belongs to no model that runs there"),
        ),
    ),
    "modelspec.yaml": (project, (Asked(PUSH, 7, "publish   image to 127.0.0.1:1/team"),)),
    "model.lock": (
        model_lock,
        (Asked(PLAN, 7, "not committed yet: models/wine/model.lock"),),
    ),
    "what modelspec renders": (other_renderer, (LATE, EDITED)),
}


@pytest.mark.parametrize(("change", "asked"), CHANGES.values(), ids=CHANGES)
def test_whatever_changed_the_next_check_says_so(
    work: Work, change: Callable[[Work], object], asked: tuple[Asked, ...]
) -> None:
    for quiet in (PLAN, RENDER):
        assert work.says(*quiet).startswith("0\n")
    change(work)
    first = [work.says(*one.command) for one in asked]
    for one, answer in zip(asked, first, strict=True):
        assert answer.startswith(f"{one.code}\n"), answer
        assert one.said in answer
    work.forget()
    assert [work.says(*one.command) for one in asked] == first


def test_a_plan_of_another_modelspec_is_another_plan(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its version alone makes no work; but what it plans may not be what was agreed on."""
    digest = json.loads(work.says("plan", "--json").partition("\n")[2])["digest"]
    monkeypatch.setattr(basis, "__version__", "9.0")
    assert UP_TO_DATE in work.says("plan")
    answer = work.says("apply", "--plan", digest)
    assert answer.startswith("8\n")
    assert "modelspec was " in answer
