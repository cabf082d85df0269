"""What a plan was decided from, the digest that names it, and what has moved since. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from modelspec import __version__
from modelspec.plan.digest import digest
from modelspec.plan.plan import Plan

Basis = Mapping[str, Any]


def basis(commit: str, plans: Sequence[Plan], *, push: bool, everything: bool) -> Basis:
    """All that plans were decided from and that every machine sees alike, as plain data.

    What one machine has at hand (finished steps, bytes, how long steps took) is left out: it
    decides how much of the work is done already, not what comes of it.

    Args:
        commit: full id.
        plans: of the models that were asked for, of that commit, in any order.
        push: whether they are plans of `apply --push`.
        everything: whether all models of the repository were asked for.
    """
    return {
        "modelspec": __version__,
        "push": push,
        "everything": everything,
        "commit": commit,
        "models": {plan.spec.metadata.name: basis_of(plan) for plan in plans},
    }


def basis_of(plan: Plan) -> Basis:
    """What the plan of one model was decided from, besides the commit."""
    facts, name = plan.facts, plan.spec.metadata.name
    readable = {release.tag: digest(release.model_dump(mode="json")) for release in facts.counted}
    return {
        "inputs": plan.inputs,
        "sources": dict(sorted(facts.sources.items())),
        "tags": {f"{name}/v{number}": None for number in facts.numbers} | readable,
    }


def moved(old: Basis, new: Basis) -> Iterator[str]:
    """What differs between two bases, in words; nothing if they are the same."""
    if old["modelspec"] != new["modelspec"]:
        yield f"modelspec was {old['modelspec']}, here it is {new['modelspec']}"
    if old["push"] != new["push"]:
        yield f"it is a plan of apply {'with' if old['push'] else 'without'} --push"
    if old["everything"] != new["everything"]:
        yield f"it is a plan of {'all' if old['everything'] else 'some'} models of the repository"
    if old["commit"] != new["commit"]:
        yield f"HEAD was {str(old['commit'])[:7]}, it is {str(new['commit'])[:7]}"
    for name in sorted({*old["models"], *new["models"]}):
        if name not in old["models"]:
            yield f"{name} is not in the plan"
        elif name not in new["models"]:
            yield f"{name} is in the plan, and was not asked for"
        else:
            yield from _moved(name, old["models"][name], new["models"][name])


def _moved(name: str, old: Basis, new: Basis) -> Iterator[str]:
    for path in sorted({*old["sources"], *new["sources"]}):
        if old["sources"].get(path) != new["sources"].get(path):
            yield f"{path} changed"
    if old["inputs"] != new["inputs"] and old["sources"] == new["sources"]:
        yield f"the inputs of {name} changed"
    before, after = old["tags"], new["tags"]
    for tag in sorted({*before, *after}):
        if tag not in before:
            yield f"the tag {tag} was made"
        elif tag not in after:
            yield f"the tag {tag} was deleted"
        elif before[tag] != after[tag]:
            yield f"the tag {tag} is another one"
