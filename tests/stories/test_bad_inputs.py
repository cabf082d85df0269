"""Specs and data that are wrong: one message with a place, nothing half-written, and no harm."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.stories.project import DATA, SPEC, Project

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join(['*' + old] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
Change = Callable[[Project], None]


class Bad(NamedTuple):
    """What is done to the files of a release, and the message it must be answered with.

    `others` says that this alone cannot be wrong: other messages stand beside it.
    """

    change: Change
    message: str
    others: bool = False


def _spec(old: str, new: str) -> Change:
    return lambda project: project.edit(SPEC, old, new)


def _text(content: str | bytes, name: str = SPEC) -> Change:
    return lambda project: project.write(name, content)


def _rows(old: str, new: str) -> Change:
    """Edit the data by a regular expression."""

    def change(project: Project) -> None:
        text = project.path(DATA).read_text("utf-8")
        edited = re.sub(old, new, text, flags=re.MULTILINE)
        assert edited != text
        project.write(DATA, edited)

    return change


def _heavy(project: Project) -> None:
    _rows(r"^f7,[^,]*,", "f7,heavy,")(project)
    project.edit(SPEC, "  ignore:", "  features: {weight: number}\n  ignore:")


def _link(project: Project) -> None:
    project.write("models/ripe/real.csv", project.path(DATA).read_bytes())
    project.path(DATA).unlink()
    project.path(DATA).symlink_to("real.csv")


BAD = {
    "a misspelled key": Bad(
        _spec("  epochs: 3", "  epoch: 3"),
        rf"{SPEC}:14:3: unknown key `epoch` in `train`\n(.*\n)*  hint: did you mean `epochs`\?",
    ),
    "a wrong type": Bad(_spec("epochs: 3", "epochs: many"), rf"{SPEC}:14:11: .*`many`"),
    "a duplicate key": Bad(
        _spec("  epochs: 3\n", "  epochs: 3\n  epochs: 4\n"),
        rf"{SPEC}:15:3: duplicate key `epochs`",
    ),
    "an alias bomb": Bad(_text(BOMB), rf"{SPEC}:1:4: .*anchor", others=True),
    "26 KB of brackets": Bad(_text("[" * 26_000), rf"{SPEC}:1:\d+: nesting is too deep"),
    "10 MB of text": Bad(_text("a: b\n" * 2_000_000), rf"{SPEC}:1:1: .*larger"),
    "no UTF-8": Bad(
        _text("metadata: {name: caf\xe9}\n".encode("latin-1")), rf"{SPEC}:1:21: .*UTF-8"
    ),
    "a path outside the repository": Bad(
        _spec("fruit.csv", "../../../../etc/passwd"), rf"{SPEC}:8:11: .*"
    ),
    "a file that is not there": Bad(
        _spec("fruit.csv", "fruits.csv"), rf"{SPEC}:8:11: there is no file fruits\.csv"
    ),
    "a column that is not there": Bad(_spec("[id]", "[ids]"), rf"{SPEC}:10:12: .*`?ids`?"),
    "text in a number column": Bad(
        _heavy,
        rf"{DATA}:9:4: .*heavy",
    ),
    "an empty table": Bad(_text("", DATA), rf"{DATA}:1:1: .*empty"),
    "a table of its header alone": Bad(
        _text("id,weight,firmness,color,ripe\n", DATA), rf"{DATA}:1:1: .*no rows"
    ),
    "a target of one class": Bad(
        _rows(",no$", ",yes"), rf"{SPEC}:9:20: the target `ripe` has one class, `yes` \(200 rows\)"
    ),
    "an empty cell without a policy": Bad(_rows(r"^f7,[^,]*,", "f7,,"), rf"{DATA}:9:4: .*weight"),
    "data behind a symbolic link": Bad(_link, rf"{SPEC}:8:11: {DATA} is a symbolic link"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_mistake_is_one_message_with_its_place_and_no_harm(released: Project, name: str) -> None:
    good = released.git("rev-parse", "HEAD")
    BAD[name].change(released)
    released.commit()
    before = released.state()
    said = released.run("apply", code=3)
    assert re.search(f"^{BAD[name].message}", said.errors, re.MULTILINE), said.errors
    messages = re.findall(r"^\S+:\d+:\d+: ", said.errors, re.MULTILINE)
    assert len(messages) == 1 or BAD[name].others, said.errors
    assert "modelspec failed" not in said.errors
    assert released.leftovers() == []
    assert released.state() == before
    released.git("reset", "-q", "--hard", good)
    assert "1.0.0 is up to date" in released.run("apply").output


def test_every_mistake_is_told_at_once_also_over_several_specs(fresh: Project) -> None:
    text = fresh.path(SPEC).read_text("utf-8")
    fresh.write(
        "models/a/model.yaml", text.replace("epochs: 3", "epochs: -3").replace("ripe\n", "a\n")
    )
    fresh.write(
        "models/b/model.yaml",
        text.replace("linear", "liner").replace("ripe\n", "b\n").replace("owner", "onwer"),
    )
    said = fresh.run("validate", code=3)
    assert f"{SPEC}: ok" in said.output
    places = re.findall(r"^(models/\w/model.yaml):(\d+):", said.errors, re.MULTILINE)
    assert places == [
        ("models/a/model.yaml", "14"),
        ("models/b/model.yaml", "5"),
        ("models/b/model.yaml", "12"),
    ]


def test_two_specs_with_one_name_are_refused_and_both_are_told(fresh: Project) -> None:
    fresh.write("models/other/model.yaml", fresh.path(SPEC).read_bytes())
    fresh.write("models/other/fruit.csv", fresh.path(DATA).read_bytes())
    fresh.commit()
    for words in (["apply"], ["apply", "ripe"], ["validate"]):
        said = fresh.run(*words, code=3)
        assert "two specs are named ripe: " in said.errors
        assert "models/other/model.yaml" in said.errors
        assert SPEC in said.errors
    assert fresh.entries() == {}


def test_a_name_that_no_spec_has_is_answered_with_the_nearest(released: Project) -> None:
    said = released.run("apply", "rip", code=3)
    assert said.errors == "no model.yaml has the name rip (did you mean ripe?)\n"
    assert "there is no file models/rape/model.yaml" in (
        released.run("apply", "models/rape/model.yaml", code=6).errors
    )
