"""The environments of a repository: read, and checked against one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import PurePosixPath

from modelspec.adapters.trees import Files
from modelspec.diagnostics import Diagnostic, InputError, Location, in_order
from modelspec.spec.default import DEFAULT, FOLDER, LoadedEnvironment
from modelspec.spec.places import Path


def environments(files: Files) -> tuple[LoadedEnvironment, ...]:
    """The environments of a tree, by name; `default` alone where there is no file of one.

    Raises:
        InputError: every problem of every file.
    """
    loaded: list[LoadedEnvironment] = []
    problems = list(_misplaced(files))
    for path in files.matching(f"{FOLDER}/*.yaml"):
        from modelspec.spec.environment import load_environment

        try:
            loaded.append(load_environment(files.read(path) or b"", path))
        except InputError as error:
            problems += error.diagnostics
    problems += _clashes(loaded)
    if problems:
        raise InputError(*in_order(problems))
    return tuple(loaded) or (DEFAULT,)


def _misplaced(files: Files) -> Iterator[Diagnostic]:
    """Files that look like environments, and are none."""
    for pattern in (f"{FOLDER}/*.yml", f"{FOLDER}/*/*.yaml", f"{FOLDER}/*/*.yml"):
        for path in files.matching(pattern):
            hint = f"call it {FOLDER}/{PurePosixPath(path).stem}.yaml"
            yield Diagnostic("this file is never read", Location(path, 1, 1), hint)


def _clashes(loaded: Sequence[LoadedEnvironment]) -> Iterator[Diagnostic]:
    """Environments that would put objects of one name into one namespace.

    Which cluster a folder is applied to is not known here, so a namespace is all that tells.
    """
    for one, other in combinations(loaded, 2):
        here, there = one.environment, other.environment
        both = sorted(here.models.keys() & there.models.keys())
        if here.namespace != there.namespace or not both:
            continue
        path: Path = ("namespace",) if here.namespace else ("models", both[0])
        place = one.places.value(path) if one.places else None
        where = f"the namespace {here.namespace}" if here.namespace else "no namespace of its own"
        yield other.diagnostic(
            f"{here.name} ({place}) and {there.name} both run {both[0]}, in {where}",
            path,
            "give each a namespace",
        )
