"""What `modelspec plan` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from modelspec.adapters.git import Repository
from modelspec.adapters.index import idle
from modelspec.cli.output import NO_MODEL, say
from modelspec.cli.tell import telling
from modelspec.diagnostics import OutOfDate
from modelspec.plan.outlook import Outlook, Outlooks
from modelspec.stages.facts import every_source
from modelspec.stages.lock import require_pins
from modelspec.stages.preview import outlooks_of
from modelspec.stages.select import ALL, Selection
from modelspec.stages.watch import Watch

if TYPE_CHECKING:
    from modelspec.cli.words import Form
    from modelspec.stages.source import Source


@dataclass(frozen=True, slots=True)
class Ways:
    """How a plan was asked for.

    Attributes:
        push: whether it is one of `apply --push`.
        as_json: whether it is printed for programs.
        markdown: whether it is printed for a pull request.
        why: a step to explain instead.
        check: whether work is an error.
        form: how errors are told.
    """

    push: bool = False
    as_json: bool = False
    markdown: bool = False
    why: str = ""
    check: bool = False
    form: Form = "text"

    @property
    def is_plain(self) -> bool:
        """Whether it says what the shortest form says when there is nothing to do."""
        return replace(self, check=False) == Ways()


def run(wanted: Selection, ways: Ways, *, only_pinned: bool = False) -> None:
    """Make a plan and print it.

    Raises:
        OutOfDate: with `check`, if there is work.
    """
    repository = Repository.open(Path.cwd())
    watch = Watch(repository)
    with telling(ways.form, "plan", repository.root) as warn:
        sources = every_source(repository, wanted, worktree=True)
        if only_pinned:
            require_pins(sources)
        outlooks = outlooks_of(repository, sources, push=ways.push, everything=wanted == ALL)
        for one in outlooks.models:
            for warning in one.warnings:
                warn(warning)
        if ways.is_plain and Selection(wanted.words) == wanted:
            _keep(watch, wanted.words, outlooks, sources)
        if ways.why:
            _say_why(outlooks.models, ways.why)
        else:
            _print(outlooks, str(wanted), ways)
        if ways.check and not outlooks.idle:
            names = [one.name for one in outlooks.models if not one.idle]
            names += [one.name for one in outlooks.leaving]
            raise OutOfDate(f"out of date: {', '.join(dict.fromkeys(names))}")


def _keep(
    watch: Watch, words: Sequence[str], outlooks: Outlooks, sources: Sequence[Source]
) -> None:
    """Keep that there is nothing to do, if nothing else has to be told either."""
    releases = [(one.name, one.plan.found.version) for one in outlooks.models if one.plan.found]
    told = outlooks.uncommitted or any(one.warnings or one.uncommitted for one in outlooks.models)
    if outlooks.idle and not told:
        paths = (path for one in sources for path in one.paths)
        watch.keep(idle(str(Path.cwd()), words), releases, paths)


def _print(outlooks: Outlooks, wanted: str, ways: Ways) -> None:
    if not (ways.as_json or ways.markdown):
        _say_lines(outlooks, f"{wanted} --push".lstrip() if ways.push else wanted)
        return
    from modelspec.adapters.plans import remember
    from modelspec.plan.basis import basis

    plans = [one.plan for one in outlooks.models]
    decided = basis(outlooks.commit, plans, push=ways.push, everything=outlooks.everything)
    remember(decided)
    if ways.as_json:
        from modelspec.plan.document import document

        say(document(outlooks, decided).model_dump_json(indent=1))
    else:
        from modelspec.cli.plan_markdown import markdown as text
        from modelspec.plan.digest import digest

        say(text(outlooks, digest(decided)))


def _say_why(outlooks: Sequence[Outlook], wanted: str) -> None:
    from modelspec.plan.why import lines

    steps = [(one.plan, step) for one in outlooks for step in one.plan.steps]
    chosen = [(p, step) for p, step in steps if wanted in (step.name, step.rule.stage)]
    if steps and not chosen:
        names = ", ".join(dict.fromkeys(step.name for _, step in steps))
        import typer

        raise typer.BadParameter(f"there is no step {wanted}; choose one of {names}")
    for made, step in chosen:
        for line in lines(made, step):
            say(line)


def _say_lines(outlooks: Outlooks, words: str) -> None:
    from modelspec.plan.explain import lines, lines_of_leaving

    if not outlooks.models:
        say(NO_MODEL)
    for one in outlooks.models:
        for line in lines(one):
            say(line)
        if one.uncommitted:
            say(f"  not committed yet: {', '.join(one.uncommitted)}")
    for gone in outlooks.leaving:
        for line in lines_of_leaving(gone):
            say(line)
    if outlooks.uncommitted:
        say(f"Not committed yet: {', '.join(outlooks.uncommitted)}")
    if not outlooks.idle:
        dirty = outlooks.uncommitted or any(one.uncommitted for one in outlooks.models)
        how = "Commit, then run it with" if dirty else "Run it with"
        say(f"Nothing was changed. {how}: modelspec apply {words}".rstrip())
