"""All of `deploy/`, from the tree alone: its environments, its locks, the templates."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from modelspec.adapters.trees import Files
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
    left = dict.fromkeys(locks(files))
    changes: list[Change] = []
    problems: list[Diagnostic] = []
    for loaded in environments(files):
        for where, name in list(_models(files, loaded, left, specs)):
            left.pop(where, None)
            if only is not None and name not in only:
                continue
            with _gathered(where, problems):
                lock = _agreeing(files, loaded, where, name)
                changes.append(deploy.place(files, where, deploy.render(lock, loaded, templates)))
    for where in left:
        if only is not None and where.rpartition("/")[2] not in only:
            continue
        with _gathered(where, problems):
            read_lock(files, where)
            changes.append(deploy.place(files, where, {}))
    if problems:
        raise InputError(*problems)
    return together(changes)


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


def read_lock(files: Files, where: str) -> dict[str, Any]:
    """The lock of a folder.

    Raises:
        InputError: if it is not one.
    """
    path = f"{where}/{deploy.LOCK}"
    hint = "take it from the tag again: modelspec apply, or promote"
    try:
        lock = json.loads(files.read(path) or b"")
    except ValueError as error:
        place = Location(path, getattr(error, "lineno", 1), getattr(error, "colno", 1))
        raise InputError(Diagnostic("this lock is not readable", place, hint)) from None
    parts = [lock.get(key) for key in ("spec", "record")] if isinstance(lock, dict) else [None]
    if not all(isinstance(part, dict) and part for part in parts):
        place = Location(path, 1, 1)
        raise InputError(Diagnostic("this lock has no spec and record", place, hint))
    return dict(lock)


@contextmanager
def _gathered(where: str, problems: list[Diagnostic]) -> Iterator[None]:
    """Keep what is wrong with a folder for later; without a place of its own, its lock is it."""
    try:
        yield
    except InputError as error:
        place = Location(f"{where}/{deploy.LOCK}", 1, 1)
        problems += (replace(d, location=d.location or place) for d in error.diagnostics)


def gone(files: Files, folders: Iterable[str], source: Files, specs: Specs) -> Iterator[str]:
    """Those folders whose model has no spec any more.

    Args:
        files: that the locks are among.
        folders: such as `deploy/default/churn`.
        source: that the specs are among.
        specs: finds the paths of those that are called `model.yaml`.
    """
    names: set[str] | None = None
    for where in folders:
        name = where.rpartition("/")[2]
        if not _has_spec(files, where, name, source):
            names = _names(source, specs) if names is None else names
            if name not in names:
                yield where


def _models(
    files: Files, loaded: LoadedEnvironment, folders: Iterable[str], specs: Specs
) -> Iterator[tuple[str, str]]:
    """The folder and the name of every model that an environment runs."""
    environment = loaded.environment.name
    if loaded is not DEFAULT:
        yield from ((deploy.folder(environment, n), n) for n in loaded.environment.models)
        return
    own = [where for where in folders if where.startswith(deploy.folder(environment, ""))]
    removed = {*gone(files, own, files, specs)}
    yield from ((where, where.rpartition("/")[2]) for where in own if where not in removed)


def _has_spec(files: Files, where: str, name: str, source: Files) -> bool:
    """Whether the spec that a lock was made from is where it was, whatever it is called.

    If not a byte of it changed, it does not have to be read for that.
    """
    if files.read(f"{where}/{deploy.LOCK}") is None:
        return False
    try:
        sources: Mapping[str, str] = read_lock(files, where)["record"]["sources"]
        paths = [path for path in sources if path.endswith((".yaml", ".yml"))]
        contents = [(source.read(path), sources[path]) for path in paths]
    except (InputError, LookupError, TypeError, AttributeError):
        return True  # whatever is wrong with the lock is told when it is rendered
    there = [(content, blob) for content, blob in contents if content is not None]
    if any(git_blob(content) == blob for content, blob in there):
        return True
    from modelspec.spec.load import name_of

    return any(name_of(content) == name for content, _ in there)


def _names(files: Files, specs: Specs) -> set[str]:
    from modelspec.spec.load import name_of

    contents = (files.read(path) for path in specs())
    return {name for content in contents if content and (name := name_of(content))}


def _agreeing(files: Files, loaded: LoadedEnvironment, where: str, name: str) -> Lock:
    """The lock of a model in an environment, which holds the version that runs there.

    Raises:
        InputError: there is none, or it holds another.
    """
    version = loaded.environment.models.get(name)
    how = f"modelspec promote {name} {version} --to {loaded.environment.name}"
    hint = f"modelspec apply {name}" if loaded.environment.is_automatic else how
    at: Path = ("models", name)
    if files.read(f"{where}/{deploy.LOCK}") is None:
        raise InputError(loaded.diagnostic(f"{where} holds no release of {name}", at, hint))
    lock = read_lock(files, where)
    held = lock["record"].get("name"), lock["record"].get("version")
    if held != (name, version or held[1]):
        message = f"{name} is {version} here" if version else f"this is the folder of {name}"
        what = " ".join(map(str, held))
        message = f"{message}, and {where}/{deploy.LOCK} holds {what}"
        raise InputError(loaded.diagnostic(message, at, hint))
    return lock
