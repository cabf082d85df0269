from __future__ import annotations

from modelspec.adapters.templates import builtin
from modelspec.render.bundle import TARGETS


def test_every_template_is_used_by_a_target_and_every_target_has_its_templates() -> None:
    used = {name for target in TARGETS.values() for name in target.files}
    assert used == set(builtin())
    assert {name.split("/")[0] for name in used} == set(TARGETS)
