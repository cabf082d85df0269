"""A plan for a pull request: tables and folded objects, in which users can put nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from modelspec.cli.plan_markdown import ROOM, code, markdown
from modelspec.diagnostics import Diagnostic
from modelspec.plan.objects import deployment
from modelspec.plan.outlook import Leaving, Outlook, Outlooks
from modelspec.plan.plan import make_plan
from tests.plan.conftest import facts, spec_of
from tests.render.hostile import HOSTILE

DIGEST = "sha256:" + "a" * 64
RENDER = MarkdownIt("gfm-like", {"html": True, "linkify": False})


def outlook(text: str = "x", objects: int = 1) -> Outlook:
    """A plan in which a user wrote a text wherever users can."""
    old = [_object(number, "old") for number in range(objects)]
    new = [*(_object(number, text) for number in range(objects)), _object(objects, text, text)]
    spec = spec_of(**{"metadata.description": text, "data.target.column": text or "c"})
    known = facts(files={text: "b" * 40})
    writes = deployment("default", ["serving.yaml"], old, new)
    plan = make_plan(spec, known)
    plan = replace(plan, steps=tuple(replace(step, reason=text) for step in plan.steps))
    return Outlook(plan, (writes,), (Diagnostic(text, severity="warning"),), (text,))


def _object(number: int, text: str, name: str = "churn") -> dict[str, Any]:
    return {"kind": f"Kind{number}", "metadata": {"name": name}, "spec": {text: number, "t": text}}


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.bare = ""
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(attrs)))
        self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._inside.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"code", "pre"} & {*self._inside}:
            self.bare += data


def rendered(text: str) -> _Tags:
    tags = _Tags()
    tags.feed(RENDER.render(text))
    tags.close()
    return tags


def test_each_model_with_work_has_a_table_and_its_objects_folded_away() -> None:
    text = markdown(Outlooks((outlook(),)), DIGEST)
    tags = [tag for tag, _ in rendered(text).found]
    assert tags.count("table") == 1
    assert tags.count("details") == tags.count("pre") == 1
    assert "<code>train</code>" in text
    assert "+ Kind1 x" in text
    assert "Kind0 churn  spec.t\n- old\n+ x\n" in text


@pytest.mark.parametrize(
    "hostile", [*HOSTILE.values(), "a | b", "</pre><script>", "&lt;b&gt;", "1. x\n\n# y"]
)
def test_hostile_text_is_only_text(hostile: str) -> None:
    plain, injected = rendered(markdown(Outlooks((outlook(),)), DIGEST)), outlook(hostile)
    tags = rendered(markdown(Outlooks((injected,)), DIGEST))
    assert [tag for tag in tags.found if tag not in plain.found] == []
    assert tags.bare.replace(hostile, "") == tags.bare or not hostile.strip()


@given(st.text(max_size=20) | st.from_regex(r"[@#!\[\]()*_`~<>|:&\\\n -]{1,12}", fullmatch=True))
def test_any_text_in_a_cell_is_one_cell_with_just_that_text(text: str) -> None:
    tags = rendered(f"| a | b |\n|---|---|\n| {code(text)} | 2 |\n")
    assert [tag for tag, _ in tags.found].count("td") == 2
    assert [tag for tag, _ in tags.found if tag not in {"tbody", "tr", "td"}] == [
        *("table", "thead", "th", "th"),
        "code",
    ]


@pytest.mark.parametrize("text", ["@octocat", "@org/team", "#1", "org/repo#1", "http://a.example"])
def test_nobody_is_mentioned_and_nothing_linked(text: str) -> None:
    said = markdown(Outlooks((outlook(text),)), DIGEST)
    assert text not in rendered(said).bare
    assert not re.search(r"<a\b", RENDER.render(said))


def test_what_does_not_fit_is_counted_and_the_rest_stays_whole() -> None:
    many = Outlooks((outlook("y" * 200, objects=200),) * 60)
    text = markdown(many, DIGEST)
    assert 0.6 * ROOM < len(text.encode()) <= ROOM
    assert "the objects do not fit here" in text
    small = markdown(many, DIGEST, room=20_000)
    assert len(small.encode()) <= 20_000
    assert re.search(r"and [0-9]+ more models, which do not fit here", small)
    assert rendered(small).bare


def test_nothing_to_do_is_said_in_a_line() -> None:
    text = markdown(Outlooks(()), DIGEST)
    assert text.startswith("### modelspec plan: nothing to do\n")
    assert DIGEST[7:] in text


def test_what_is_removed_is_named_and_counted() -> None:
    gone = deployment("default", ["a.yaml"], [_object(0, "x")], [])
    text = markdown(Outlooks((), tuple(Leaving(f"m-{n}", gone) for n in range(60))), DIGEST)
    assert not text.startswith("### modelspec plan: nothing to do")
    assert "<code>deploy/default/m-0</code>, <code>deploy/default/m-1</code>" in text
    assert "and 10 more" in text
