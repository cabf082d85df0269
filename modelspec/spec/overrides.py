"""A model as one environment runs it: its spec with the environment's overrides put over it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from modelspec.diagnostics import Diagnostic, InputError, in_order
from modelspec.spec.checks import check
from modelspec.spec.default import LoadedEnvironment
from modelspec.spec.environment import Environment
from modelspec.spec.findings import Finding
from modelspec.spec.messages import Explainer, Problem
from modelspec.spec.model import ModelSpec
from modelspec.spec.places import Path, Places


def overridden(spec: ModelSpec, loaded: LoadedEnvironment) -> ModelSpec:
    """The spec that an environment runs.

    Raises:
        InputError: every problem that the overrides bring in, with its place in their file.
    """
    name, places = spec.metadata.name, loaded.places
    changes = list(_changes(loaded.environment, name))
    if not changes or places is None:
        return spec
    tree: Mapping[str, Any] = spec.canonical()
    for _, change in changes:
        tree = merged(tree, change)
    homes = [home for home, _ in reversed(changes)]
    try:
        made = ModelSpec.from_canonical(tree)
    except ValidationError as error:
        explainer = Explainer(places, Environment)
        problems = map(Problem.of, error.errors(include_url=False))
        moved = (Problem(_home(p.path, homes, places), p.kind, p.context) for p in problems)
        raise InputError(*in_order(map(explainer.diagnostic, moved))) from None
    found = [_diagnostic(f, homes, places, name) for f in check(made) if f.severity == "error"]
    if found:
        raise InputError(*in_order(found))
    return made


def merged(tree: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """A tree with another put over it: mappings are merged, anything else is replaced."""
    made = dict(tree)
    for key, value in change.items():
        below = made.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            made[key] = merged(below, value)
        else:
            made[key] = value
    return made


def _changes(environment: Environment, model: str) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """What is different of a model, each with its path in the file; later ones win."""
    for path, changes in environment.changes(model):
        parts = {"deploy": changes.deploy.tree, "monitor": changes.monitor.tree}
        if any(parts.values()):
            yield path, {key: part for key, part in parts.items() if part}


def _diagnostic(finding: Finding, homes: list[Path], places: Places, name: str) -> Diagnostic:
    """A finding about a merged spec, at the override that is nearest to it."""
    paths = [_home(path, homes, places) for path in (finding.path, *finding.reads)]
    here = next((path for path in paths if places.find(path)), paths[0])
    message = f"for {name}, {finding.message}"
    hint = finding.hint
    if hint.startswith("add "):  # what is not there can only be missing in the model's own file
        hint += f", in the file of {name}"
    return places.diagnostic(message, places.value(here), hint)


def _home(path: Path, homes: list[Path], places: Places) -> Path:
    """Where the file of an environment says what stands at a path of the merged spec."""

    def depth(home: Path) -> int:
        return next(n for n in range(len(path), -1, -1) if places.find((*home, *path[:n])))

    return (*max(homes, key=depth), *path)
