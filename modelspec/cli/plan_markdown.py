"""A plan in GitHub's Markdown, for pull requests. Pure.

Users write names, descriptions and values. All of it stands between <code> and </code>, where
each character that could mean something is a character reference, which is no mark of Markdown;
or between <pre> and </pre>, where nothing is Markdown. GitHub mentions nobody in either.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

from modelspec.cli.output import clean
from modelspec.plan.columns import took
from modelspec.plan.explain import headline
from modelspec.plan.objects import Deployment
from modelspec.plan.objects_text import value_text
from modelspec.plan.outlook import Leaving, Outlook, Outlooks

ROOM = 900_000  # bytes; GitHub refuses a job summary above 1024 k
REMOVED = 50
_NOTE = 200
NEWLINE = "\n"


def markdown(outlooks: Outlooks, digest: str, room: int = ROOM) -> str:
    """A table for each model that has work, and its changed objects folded away.

    Args:
        outlooks: of any number of models.
        digest: of the plan.
        room: bytes that it may take; what does not fit is counted.
    """
    busy = [one for one in outlooks.models if not one.idle]
    idle = len(outlooks.models) - len(busy)
    head = f"### modelspec plan{': nothing to do' if outlooks.idle else ''}\n"
    tail = [*_removed(outlooks.leaving), f"<sub>{code(digest)}</sub>"]
    if idle:
        tail.insert(0, f"{idle:,} model{' is' if idle == 1 else 's are'} up to date.\n")
    left = room - len("\n".join([head, *tail]).encode()) - _NOTE
    parts = [head]
    for number, one in enumerate(busy):
        choices = (_model(one, details=True), _model(one, details=False))
        fitting = next((text for text in choices if len(text.encode()) <= left), None)
        if fitting is None:
            parts.append(f"and {len(busy) - number:,} more models, which do not fit here\n")
            break
        left -= len(fitting.encode()) + 1
        parts.append(fitting)
    return "\n".join([*parts, *tail])


def _removed(leaving: Sequence[Leaving]) -> list[str]:
    if not leaving:
        return []
    names = [f"deploy/{one.deployment.environment}/{one.name}" for one in leaving]
    shown = ", ".join(map(code, names[:REMOVED]))
    more = f" and {len(names) - REMOVED:,} more" if len(names) > REMOVED else ""
    return [f"Removed, because nothing asks for it any more: {shown}{more}\n"]


def _model(one: Outlook, *, details: bool) -> str:
    parts = [f"#### {pre(headline(one))}\n"]
    if one.uncommitted:
        parts.append(f"Not committed yet: {', '.join(map(code, one.uncommitted))}\n")
    if one.plan.changes:
        parts += [f"* {code(str(change))}" for change in one.plan.changes]
        parts.append("")
    steps = [step for step in one.plan.steps if step.action != "keep"]
    if steps:
        parts += ["| step | why | time |", "|---|---|--:|"]
        for step in steps:
            time = f"~{took(one.seconds[step.name])}" if step.name in one.seconds else ""
            parts.append(f"| {code(step.name)} | {code(step.reason)} | {time} |")
        parts.append("")
    for warning in one.warnings:
        parts.append(f"Warning: {code(warning.text().partition(NEWLINE)[0])}\n")
    for deployment in one.deployments:
        parts += _deployment(deployment, one.name, details=details)
    return "\n".join(parts)


def _deployment(one: Deployment, name: str, *, details: bool) -> Iterator[str]:
    if one.line:
        versions = f"{one.line.old or 'nothing'} -> {one.line.new or 'a new version'}"
        yield f"{code(f'{one.line.file}: {name} {versions}')}\n"
    if not one.files:
        return
    restarts = "; pods restart" if one.restarts else ""
    files = ", ".join(one.files)
    title = f"{code(f'deploy/{one.environment}/{name}: {files}')}{restarts}"
    if not details:
        yield f"{title} (the objects do not fit here)\n"
        return
    yield f"<details><summary>{title}</summary>\n\n<pre>"
    yield from (pre(f"+ {added}") for added in one.added)
    yield from (pre(f"- {removed}") for removed in one.removed)
    for change in one.changes:
        yield from (pre(f"{place.object}  {place.path}") for place in change.places)
        yield from (pre(f"- {line}") for line in value_text(change.old).split("\n"))
        yield from (pre(f"+ {line}") for line in value_text(change.new).split("\n"))
    yield "</pre>\n</details>\n"


def code(words: str) -> str:
    """Words of users in a line: nothing in them is Markdown, HTML, a link or a mention."""
    plain = clean(words).replace("\n", " ")
    safe = "".join(c if c.isalnum() or c in " -,/=()" else f"&#{ord(c)};" for c in plain)
    return f"<code>{safe}</code>"


def pre(words: str) -> str:
    """A line between <pre> and </pre>."""
    return html.escape(clean(words))
