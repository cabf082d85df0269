"""Problems as JSON, and as GitHub reads them: its runner's parser is written down again here."""

from __future__ import annotations

import html
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.cli import diagnostics_format as form
from modelspec.cli.output import clean
from modelspec.diagnostics import Diagnostic, Location

HOSTILE = (
    "x%0A::error::y\n::set-env name=A::b\r\n##[add-mask]z, a:b=c,d `<b>` </pre><script>"
    "| a | [x](javascript:1) @octocat #1 \x1b[31m \u202e"
)
texts = st.text(max_size=60) | st.just(HOSTILE) | st.text(":%,=\r\n#[]<>&", max_size=30)
places = st.builds(Location, texts, st.integers(1, 10**6), st.integers(1, 10**6))
problems = st.builds(
    Diagnostic, texts, st.none() | places, texts, texts, st.sampled_from(["error", "warning"])
)


def diagnostic(line: int, severity: str = "error", message: str = "wrong") -> Diagnostic:
    assert severity in ("error", "warning")
    place = Location("m.yaml", line, 3)
    return Diagnostic(
        f"{message} {line}", place, severity="error" if severity == "error" else "warning"
    )


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """A line as GitHub's runner reads it: name, properties and message of a command."""
    assert line.startswith("::")
    end = line.index("::", 2)
    name, _, words = line[2:end].partition(" ")
    properties = dict(word.split("=", 1) for word in words.split(","))
    undone = {"%0D": "\r", "%0A": "\n"}
    return (
        name,
        {k: undo(v, {**undone, "%3A": ":", "%2C": ","}) for k, v in properties.items()},
        undo(line[end + 2 :], undone),
    )


def undo(text: str, escapes: dict[str, str]) -> str:
    for escape, character in escapes.items():
        text = text.replace(escape, character)
    return text.replace("%25", "%")


def test_json_has_every_problem_in_the_order_of_the_files() -> None:
    nowhere = Diagnostic("no git", hint="install it")
    found = json.loads(form.as_json([nowhere, diagnostic(9), diagnostic(2, "warning")]))
    assert found == {
        "format_version": 1,
        "diagnostics": [
            {
                "file": "m.yaml", "line": 2, "column": 3,
                "severity": "warning", "message": "wrong 2", "hint": "",
            },
            {
                "file": "m.yaml", "line": 9, "column": 3,
                "severity": "error", "message": "wrong 9", "hint": "",
            },
            {
                "file": None, "line": None, "column": None,
                "severity": "error", "message": "no git", "hint": "install it",
            },
        ],
    }  # fmt: skip


@given(st.lists(problems, max_size=5))
def test_json_is_one_ascii_object_that_says_what_was_found(found: list[Diagnostic]) -> None:
    text = form.as_json(found)
    assert text.isascii()
    said = [(d["message"], d["hint"]) for d in json.loads(text)["diagnostics"]]
    assert sorted(said) == sorted((d.message, d.hint) for d in found)


def test_at_most_ten_are_annotated_errors_first_and_in_the_order_of_the_file() -> None:
    found = [diagnostic(n, "error" if n % 2 else "warning") for n in range(30, 0, -1)]
    lines = [parsed(line) for line in form.workflow_commands(found)]
    assert [(name, p["line"]) for name, p, _ in lines] == [
        ("error", str(n)) for n in range(1, 20, 2)
    ]
    few = form.workflow_commands([diagnostic(1, "warning"), diagnostic(5)])
    assert [parsed(line)[0] for line in few] == ["error", "warning"]


@given(problems, st.sampled_from(["", "a", "a/b,c:d%"]))
def test_what_github_reads_is_what_was_meant(found: Diagnostic, folder: str) -> None:
    (line,) = form.workflow_commands([found], folder)
    assert not re.search(r"[\r\n]", line)
    name, properties, message = parsed(line)
    assert name == found.severity
    assert message == clean(found.message + (f"\nhint: {found.hint}" if found.hint else ""))
    assert properties["title"] == "modelspec"
    if found.location:
        file = f"{folder}/{found.location.file}" if folder else found.location.file
        assert properties["file"] == clean(file)
        assert properties["line"] == str(found.location.line)
        assert properties["col"] == str(found.location.column)
    else:
        assert set(properties) == {"title"}


def test_a_long_message_is_cut() -> None:
    (line,) = form.workflow_commands([Diagnostic("x" * 100_000)])
    assert len(line) < 3000


@given(st.lists(problems, min_size=1, max_size=6))
def test_the_summary_shows_all_and_nothing_of_it_is_markup(found: list[Diagnostic]) -> None:
    text = form.summary("modelspec validate", found)
    head, _, rest = text.partition("\n\n<pre>\n")
    inside, end, after = rest.partition("</pre>")
    assert re.fullmatch(r"### modelspec validate: [\d a-z,]+", head)
    assert (end, after) == ("</pre>", "\n\n")
    assert not re.search("[<>\"']", inside)
    assert html.unescape(inside).count("hint: ") >= sum(bool(d.hint) for d in found)
    for each in found:
        assert html.escape(clean(each.text())) in inside


@pytest.mark.parametrize("room", [900_000, 5_000, 200])
def test_a_summary_that_is_too_long_is_cut_between_problems_and_says_so(room: int) -> None:
    found = [
        Diagnostic("\N{SNOWMAN}<" * 50 + str(n), Location("m.yaml", n, 1)) for n in range(1, 9000)
    ]
    text = form.summary("modelspec validate", found, room)
    assert len(text.encode()) <= room
    shown = text.count("m.yaml:")
    more = re.search(r"\nand ([\d,]+) more, which do not fit here\n</pre>\n\n$", text)
    assert more
    assert shown + int(more[1].replace(",", "")) == len(found)
    assert "8,999 errors" not in text
    assert "8999 errors" in text


def test_a_summary_without_room_or_without_a_problem_is_empty() -> None:
    assert form.summary("modelspec validate", []) == ""
    assert form.summary("modelspec validate", [diagnostic(1)], 50) == ""
    assert form.summary("modelspec validate", [diagnostic(1)], -5) == ""


@pytest.mark.parametrize(
    ("severities", "text"),
    [
        ([], "no problems"),
        (["error"], "1 error"),
        (["warning", "error", "error"], "2 errors, 1 warning"),
    ],
)
def test_problems_are_counted_in_words(severities: list[str], text: str) -> None:
    assert form.count([diagnostic(1, severity) for severity in severities]) == text
