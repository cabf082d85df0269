"""Rules against the metrics that the runtime has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from modelspec.render.objects import mapping, mappings
from modelspec.serving.contract import FEEDBACK_METRICS, METRICS, REQUEST_DURATION

_KNOWN = {
    *METRICS,
    *FEEDBACK_METRICS,
    *(f"{REQUEST_DURATION}_{part}" for part in ("bucket", "count", "sum")),
}
_STRING = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`[^`]*`""", re.DOTALL)
_SELECTED = re.compile(r"(?<![\w:$])[a-zA-Z_:][\w:]*(?=\s*[{\[])")
_OURS = re.compile(r"(?<![\w:$])(?:modelspec_\w+|[a-zA-Z_]\w*:[\w:]+)")


def problems(rule: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the groups of one PrometheusRule."""
    groups = mappings(rule, "spec", "groups")
    rules = [one for group in groups for one in mappings(group, "rules")]
    names = [str(group.get("name")) for group in groups]
    yield from (f"has two groups {n}" for n in sorted(set(names)) if names.count(n) > 1)
    yield from _unknown(rules)
    alerts = [(str(a["alert"]), dict(mapping(a, "labels"))) for a in rules if "alert" in a]
    for number, alert in enumerate(alerts):
        if alert in alerts[:number]:
            yield f"{alert[0]}: another alert has this name and these labels"


def _unknown(rules: list[Mapping[str, Any]]) -> Iterator[str]:
    recorded = {str(one["record"]) for one in rules if "record" in one}
    for one in rules:
        name, expression = one.get("record") or one.get("alert"), one.get("expr")
        if not name or not isinstance(expression, str):
            yield f"{name or 'a rule'}: needs a name and an expression"
            continue
        for metric in sorted(metrics(expression) - recorded - _KNOWN):
            yield f"{name}: the runtime has no metric {metric}, and no rule records it"


def metrics(expression: str) -> frozenset[str]:
    """Names of the metrics in PromQL: what stands before a selector, and what looks like ours."""
    return _metrics(_STRING.sub("''", expression))


@lru_cache(maxsize=1024)
def _metrics(bare: str) -> frozenset[str]:
    """The same, without strings; kept, because rules of models differ by little else."""
    return frozenset((*_SELECTED.findall(bare), *_OURS.findall(bare)))
