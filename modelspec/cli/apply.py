"""`modelspec apply`."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelspec.cli.output import NO_MODEL, LiveReport, report, row, say, written
from modelspec.cli.tell import telling
from modelspec.cli.words import Force, Labels, LogFormat, OnlyPinned, Owner, Specs, selection
from modelspec.diagnostics import ModelspecError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelspec.adapters.git import Repository
    from modelspec.plan.basis import Basis
    from modelspec.plan.release import Release
    from modelspec.stages.apply import Applied
    from modelspec.stages.deliver import Delivered
    from modelspec.stages.finish import Ways
    from modelspec.stages.select import Selection
    from modelspec.stages.source import Source


def _digest(value: str) -> str:
    if value and not re.fullmatch("sha256:[0-9a-f]{64}", value):
        raise typer.BadParameter("write sha256: and 64 hex digits, as plan --json tells it")
    return value


def apply(
    specs: Specs = None,
    *,
    push: Annotated[
        bool, typer.Option("--push", help="Publish: image to the registry, tag to the remote.")
    ] = False,
    planned: Annotated[
        str,
        typer.Option(
            "--plan",
            help="Only if it is still this plan: the digest that plan --json told.",
            metavar="DIGEST",
            callback=_digest,
        ),
    ] = "",
    request: Annotated[
        bool,
        typer.Option(
            "--pull-request",
            help="With --push: environments on the branch modelspec/promote.",
        ),
    ] = False,
    only_pinned: OnlyPinned = False,
    force: Force = False,
    label: Labels = None,
    owner: Owner = "",
    form: LogFormat = "text",
) -> None:
    """Make what the commit asks for: train, build, tag and render it."""
    from modelspec.adapters.git import Repository
    from modelspec.stages.apply import apply as run
    from modelspec.stages.apply import locked
    from modelspec.stages.finish import Ways, finish
    from modelspec.stages.select import ALL
    from modelspec.stages.templates import of_commit

    if request and not push:
        raise typer.BadParameter("--pull-request says how to push: give --push too")
    repository = Repository.open(Path.cwd())
    with telling(form, "apply", repository.root) as warn, locked(repository) as store:
        failed: list[ModelspecError] = []
        released: list[tuple[Source, Release]] = []
        commit = repository.head().oid
        entries = repository.entries(commit)
        held = of_commit(repository, entries)
        wanted = selection(specs, label, owner)
        sources = _sources(repository, wanted, only_pinned=only_pinned)
        alone = len(specs or []) == len(sources) == 1
        ways = Ways(push=push, everything=wanted == ALL, as_request=request, force=force)
        agreed = _agreed(repository, commit, sources, planned, ways)
        for found in sources:
            began = time.monotonic()
            for warning in found.loaded.warnings:
                warn(warning)
            shown = report("" if alone else found.loaded.spec.metadata.name)
            try:
                made = run(found, store, shown, held, push=push, agreed=agreed, force=force)
                _tell(made, repository.root, began)
                if made.release:
                    released.append((found, made.release))
            except ModelspecError as error:  # the other models do not depend on this one
                failed.append(error)
            finally:
                if isinstance(shown, LiveReport):
                    shown.stop()
        try:
            done = finish(repository, entries.files, store, sources, released, held, ways)
            _tell_finished(done, repository.root)
        except ModelspecError as error:
            failed.append(error)
        if failed:
            # A disk that takes nothing, for one, fails all models alike.
            told = dict.fromkeys(d for error in failed for d in error.diagnostics)
            raise type(failed[0])(*told)


def _sources(repository: Repository, wanted: Selection, *, only_pinned: bool) -> list[Source]:
    """The specs that are applied, all of them read before the first is run."""
    from modelspec.stages.facts import every_source
    from modelspec.stages.lock import require_pins

    sources = every_source(repository, wanted)
    if not sources:
        say(NO_MODEL)
    if only_pinned:
        require_pins(sources)
    return sources


def _agreed(
    repository: Repository, commit: str, sources: Sequence[Source], planned: str, ways: Ways
) -> Basis | None:
    """What the plan that has to be applied was decided from, if there is one."""
    from modelspec.stages.agreed import require
    from modelspec.stages.publish import bring_tags

    if not planned:
        return None
    names = [found.loaded.spec.metadata.name for found in sources]
    bring_tags(repository, names, push=ways.push)
    return require(commit, sources, planned, push=ways.push, everything=ways.everything)


def _tell(applied: Applied, root: Path, began: float) -> None:
    name = applied.plan.spec.metadata.name
    if applied.release is None:
        say(f"{name}   {applied.note}")
        return
    if applied.plan.found is applied.release:
        seconds = time.monotonic() - began
        say(f"{name}   {applied.release.version} is up to date. ({seconds:.2f} s)")
    else:
        say(row("release", applied.release.tag))
        if why := _why(applied):
            say(row("", why))
    for line in written(applied.written, root):
        say(row("render", line))
    if applied.plan.found is not applied.release:
        say(_how_to_run(applied.release))


def _tell_finished(finished: Delivered | tuple[Path, ...], root: Path) -> None:
    if isinstance(finished, tuple):
        for line in written(finished, root):
            say(row("remove", line))
        return
    for name in finished.superseded:
        say(f"{name}   superseded: the branch asks for other inputs by now")
    for step in finished.steps:
        say(row("promote", f"{step.environment}: {step}"))
    if finished.commit:
        say(row("push", f"{finished.commit[:7]} to {finished.branch}"))


def _why(applied: Applied) -> str:
    plan = applied.plan
    if plan.previous is None or plan.model is None or applied.release is None:
        return ""
    same = "same image" if plan.previous.image.id == applied.release.image.id else "new image"
    return "; ".join([*map(str, plan.changes), same])


def _how_to_run(release: Release) -> str:
    if release.steps["check"].record["ran_as"] == "process":
        return f"Run it with: modelspec serve {release.name}"
    return (
        "Run the image with:\n"
        "  docker run --rm --read-only --cap-drop ALL --security-opt no-new-privileges \\\n"
        "    -p 127.0.0.1:8501:8501 -p 127.0.0.1:8500:8500 \\\n"
        f"    {release.image.reference or release.image.tag}"
    )
