"""All of `deploy/`, from the tree alone: its environments, its locks, the templates."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

from modelspec.adapters.trees import Files
from modelspec.adapters.workers import spread
from modelspec.diagnostics import Diagnostic, InputError, Location
from modelspec.plan.digest import git_blob
from modelspec.spec.default import DEFAULT, LoadedEnvironment
from modelspec.spec.places import Path
from modelspec.stages import deploy
from modelspec.stages.change import Change, together
from modelspec.stages.environments import environments
from modelspec.stages.templates import Templates

Lock = Mapping[str, Any]
Specs = Callable[[], Sequence[str]]
Names = Callable[[], set[str]]


def rendered(
    files: Files, templates: Templates, specs: Specs, only: Container[str] | None = None
) -> Change:
    """What has to be written for `deploy/` to be what environments and locks say.

    Args:
        files: of the tree.
        templates: that hold in it.
        specs: finds the paths of the specs in it.
        only: names of models; left out: all.

    Raises:
        InputError: a lock, an environment or an override that is wrong, or a version that is
            not the one of its lock; all of them.
        TemplateError: a template is wrong.
    """
    wanted = [
        (where, loaded)
        for where, loaded in _folders(files)
        if only is None or where.rpartition("/")[2] in only
    ]
    names = cache(partial(_names, files, specs))
    changes: list[Change] = []
    problems: list[Diagnostic] = []
    for change, wrong in spread(partial(_brought, files, templates, names), wanted):
        changes.append(change)
        problems += wrong
    if problems:
        raise InputError(*problems)
    return together(changes)


def _folders(files: Files) -> Iterator[tuple[str, LoadedEnvironment | None]]:
    """Every folder that there is or has to be, and the environment that it belongs to."""
    left = dict.fromkeys(locks(files))
    for loaded in environments(files):
        name = loaded.environment.name
        own = [deploy.folder(name, model) for model in loaded.environment.models]
        if loaded is DEFAULT:
            own = [where for where in left if where.startswith(deploy.folder(name, ""))]
        for where in own:
            left.pop(where, None)
            yield where, loaded
    yield from ((where, None) for where in left)


def _brought(
    files: Files, templates: Templates, names: Names, of: tuple[str, LoadedEnvironment | None]
) -> tuple[Change, Sequence[Diagnostic]]:
    """What has to be written for one folder to be as it should, or what is wrong with it."""
    where, loaded = of
    try:
        return _change(files, templates, names, where, loaded), ()
    except InputError as error:
        # Without a place of its own, the lock is it.
        place = Location(f"{where}/{deploy.LOCK}", 1, 1)
        return Change(), [replace(d, location=d.location or place) for d in error.diagnostics]


def _change(
    files: Files,
    templates: Templates,
    names: Names,
    where: str,
    loaded: LoadedEnvironment | None,
) -> Change:
    name = where.rpartition("/")[2]
    content = files.read(f"{where}/{deploy.LOCK}")
    lock = None if content is None else _lock(content, f"{where}/{deploy.LOCK}")
    if loaded is None or (loaded is DEFAULT and not _has_spec(lock, name, files, names)):
        return deploy.place(files, where, {}, lock)
    agreed = _agreeing(lock, loaded, where, name)
    return deploy.place(files, where, deploy.render(agreed, loaded, templates), lock)


def locks(files: Files) -> list[str]:
    """The folders that have a lock, in order."""
    return [path.rpartition("/")[0] for path in files.matching(f"deploy/*/*/{deploy.LOCK}")]


def stale(files: Files) -> list[str]:
    """The folders that have a lock, of environments that there are not.

    Raises:
        InputError: the file of an environment is wrong.
    """
    known = {loaded.environment.name for loaded in environments(files)}
    return [where for where in locks(files) if where.split("/")[1] not in known]


def _lock(content: bytes, path: str) -> Lock:
    """The lock that a file is.

    Raises:
        InputError: if it is not one.
    """
    hint = "take it from the tag again: modelspec apply, or promote"
    try:
        lock = json.loads(content)
    except ValueError as error:
        place = Location(path, getattr(error, "lineno", 1), getattr(error, "colno", 1))
        raise InputError(Diagnostic("this lock is not readable", place, hint)) from None
    parts = [lock.get(key) for key in ("spec", "record")] if isinstance(lock, dict) else [None]
    if not all(isinstance(part, dict) and part for part in parts):
        place = Location(path, 1, 1)
        raise InputError(Diagnostic("this lock has no spec and record", place, hint))
    return dict(lock)


def gone(files: Files, folders: Iterable[str], source: Files, specs: Specs) -> Iterator[str]:
    """Those folders whose model has no spec any more.

    Args:
        files: that the locks are among.
        folders: such as `deploy/default/churn`.
        source: that the specs are among.
        specs: finds the paths of those that are called `model.yaml`.
    """
    names = cache(partial(_names, source, specs))
    for where in folders:
        path, name = f"{where}/{deploy.LOCK}", where.rpartition("/")[2]
        content = files.read(path)
        try:
            lock = None if content is None else _lock(content, path)
        except InputError:
            continue  # what is wrong with it is told when it is rendered
        if not _has_spec(lock, name, source, names):
            yield where


def _has_spec(lock: Lock | None, name: str, source: Files, names: Names) -> bool:
    """Whether a model has a spec: where it was when its lock was made, or anywhere.

    If not a byte of it changed, it does not have to be read for that.
    """
    try:
        sources: Mapping[str, str] = lock["record"]["sources"] if lock else {}
        paths = [path for path in sources if path.endswith((".yaml", ".yml"))]
        contents = [(source.read(path), sources[path]) for path in paths]
    except (LookupError, TypeError, AttributeError):
        return True  # as above
    there = [(content, blob) for content, blob in contents if content is not None]
    if any(git_blob(content) == blob for content, blob in there):
        return True
    from modelspec.spec.load import name_of

    return any(name_of(content) == name for content, _ in there) or name in names()


def _names(files: Files, specs: Specs) -> set[str]:
    from modelspec.spec.load import name_of

    contents = (files.read(path) for path in specs())
    return {name for content in contents if content and (name := name_of(content))}


def _agreeing(lock: Lock | None, loaded: LoadedEnvironment, where: str, name: str) -> Lock:
    """The lock of a model in an environment, if it holds the version that runs there.

    Raises:
        InputError: there is none, or it holds another.
    """
    version = loaded.environment.models.get(name)
    how = f"modelspec promote {name} {version} --to {loaded.environment.name}"
    hint = f"modelspec apply {name}" if loaded.environment.is_automatic else how
    at: Path = ("models", name)
    if lock is None:
        raise InputError(loaded.diagnostic(f"{where} holds no release of {name}", at, hint))
    held = lock["record"].get("name"), lock["record"].get("version")
    if held != (name, version or held[1]):
        message = f"{name} is {version} here" if version else f"this is the folder of {name}"
        what = " ".join(map(str, held))
        message = f"{message}, and {where}/{deploy.LOCK} holds {what}"
        raise InputError(loaded.diagnostic(message, at, hint))
    return lock
