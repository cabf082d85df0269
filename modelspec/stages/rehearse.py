"""Templates of a repository, tried on every spec before there is a release to render."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelspec.adapters import templates
from modelspec.adapters.trees import WorkTree
from modelspec.diagnostics import Diagnostic, InputError, TemplateError
from modelspec.plan.facts import Facts
from modelspec.plan.plan import make_plan
from modelspec.spec.default import DEFAULT, LoadedEnvironment
from modelspec.stages import deploy, lock
from modelspec.stages.environments import environments
from modelspec.stages.release import foresee
from modelspec.stages.templates import of_worktree


@dataclass(frozen=True, slots=True)
class Checked:
    """A file, and what is wrong with it or worth a word."""

    path: str
    problems: tuple[Diagnostic, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()


def rehearsed(here: Path, specs: Sequence[str], only: Sequence[str]) -> Iterator[Checked]:
    """Check the templates of a work tree: their text, then what they make of its specs.

    A spec or an environment with mistakes is left out: they are told where it is read itself.

    Args:
        here: the top of the work tree.
        specs: paths of all specs in it.
        only: paths of templates; none: all of them.
    """
    try:
        own = sorted(templates.own(here))
        problems = _problems(here, specs) if own else []
    except TemplateError as error:
        own, problems = [], list(error.diagnostics)
    wanted = {*(only or own)}
    for path in sorted({*wanted, *(_file(one) for one in problems)}):
        found = tuple(one for one in problems if _file(one) == path)
        if path in wanted or not (only and found):
            yield Checked(path, found)


def _problems(here: Path, specs: Sequence[str]) -> list[Diagnostic]:
    held = of_worktree(here)
    found: list[Diagnostic] = []
    for foreseen in filter(None, (_foreseen(here, path) for path in specs)):
        for environment in _environments(here):
            try:
                with suppress(InputError):  # an override that does not fit is no mistake of these
                    deploy.render(foreseen, environment, held)
            except TemplateError as error:
                found += error.diagnostics
    return list(dict.fromkeys(found))


def _foreseen(here: Path, path: str) -> Mapping[str, Any] | None:
    """What the lock of a release of a spec would hold, with stand-ins for what is made."""
    try:
        spec = lock.read(here, path)[0].spec
    except InputError:
        return None
    nothing = Facts("0" * 40, 0, path, files={}, sources={path: "0" * 40})
    return foresee(make_plan(spec, nothing), registry="").lock()


def _environments(here: Path) -> tuple[LoadedEnvironment, ...]:
    try:
        return environments(WorkTree(here))
    except InputError:
        return (DEFAULT,)


def _file(problem: Diagnostic) -> str:
    return problem.location.file if problem.location else templates.FOLDER
