from __future__ import annotations

import yaml

from modelspec.adapters.templates import builtin
from modelspec.render.bundle import TARGETS, render
from modelspec.spec.environment import DEFAULT
from tests.render.conftest import sample


def test_every_template_is_used_by_a_target_and_every_target_has_its_templates() -> None:
    used = {name for target in TARGETS.values() for name in target.files}
    assert used == set(builtin())
    assert {name.split("/")[0] for name in used} == set(TARGETS)


def test_labels_of_a_model_are_on_every_object_and_on_no_pod_or_selector() -> None:
    given = {"team": "growth", "tier": "no", "example.com/cost": "012"}
    plain, labelled = (
        [d for a in render(lock, DEFAULT, builtin()) for d in yaml.safe_load_all(a.text)]
        for lock in (sample(), sample(**{"spec.metadata.labels": given}))
    )
    assert len(labelled) == 8
    for one in labelled:
        for key, value in given.items():
            assert one["metadata"]["labels"].pop(key) == value
    assert labelled == plain


def test_the_order_of_labels_in_the_spec_changes_nothing() -> None:
    given = {"b": "1", "a": "2", "c": "3"}
    one, other = (
        render(sample(**{"spec.metadata.labels": labels}), DEFAULT, builtin())
        for labels in (given, dict(sorted(given.items())))
    )
    assert one == other
