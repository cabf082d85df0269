"""A release to the files that run and watch it. Pure: same arguments, same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from modelspec.diagnostics import Diagnostic, TemplateError
from modelspec.render import checks, engine, kubernetes, prometheus
from modelspec.render.release import Released, context, read
from modelspec.spec.default import LoadedEnvironment


@dataclass(frozen=True, slots=True)
class Artifact:
    """A rendered file. `path` is relative to the folder of its `release.lock`."""

    path: str
    text: str


class Target(NamedTuple):
    """What a target's module offers.

    Attributes:
        files: template to the file that it makes.
        context: what its templates see beyond what all see.
    """

    files: Mapping[str, str]
    context: Callable[[Released], dict[str, Any]]


TARGETS: Mapping[str, Target] = {
    "kubernetes": Target(kubernetes.FILES, kubernetes.context),
    "prometheus": Target(prometheus.FILES, prometheus.context),
}


def render(
    lock: Mapping[str, Any],
    environment: LoadedEnvironment,
    templates: Mapping[str, str],
    kept: engine.Kept | None = None,
) -> tuple[Artifact, ...]:
    """The files of one release in one environment, parsed back and checked.

    Args:
        lock: what a `release.lock` holds: `spec` and `record`.
        environment: where it runs, and what is different there.
        templates: name to text, as `adapters.templates.builtin` has them.
        kept: what they were compiled to before.

    Raises:
        InputError: if the lock is not one, or an override does not fit its spec.
        TemplateError: if a template cannot be rendered, or what it renders is not valid.
    """
    released = read(lock, environment)
    common = context(released)
    sources = {
        path: (template, {**common, **target.context(released)})
        for target in TARGETS.values()
        for template, path in target.files.items()
    }
    texts: dict[str, str] = {}
    problems: list[Diagnostic] = []
    for path, (template, seen) in sources.items():
        try:
            texts[path] = engine.render(template, templates, seen, kept)
        except TemplateError as error:
            problems += error.diagnostics
    if problems:
        raise TemplateError(*problems)
    try:
        checks.check(texts, ours=not any(path.startswith(engine.OWN) for path in templates))
    except TemplateError as error:
        raise TemplateError(*_traced(error.diagnostics, texts, sources, templates)) from None
    return tuple(Artifact(path, text) for path, text in texts.items())


def _traced(
    found: Iterable[Diagnostic],
    texts: Mapping[str, str],
    sources: Mapping[str, tuple[str, Mapping[str, Any]]],
    templates: Mapping[str, str],
) -> Iterator[Diagnostic]:
    """Mistakes in rendered files, as far as can be told as mistakes in their templates."""
    from modelspec.render.origin import traced

    for one in found:
        path = one.location.file if one.location else ""
        template, seen = sources.get(path, ("", {}))
        yield traced(one, template, templates, seen, texts[path]) if template else one
