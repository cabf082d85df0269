"""Which specs a command is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelspec.diagnostics import InputError, WorldError
from modelspec.stages.select import Selection, of_worktree, select

SPECS = {"models/churn/model.yaml": "churn", "models/fraud/model.yaml": "fraud"}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree with two specs, and one more with a name of its own."""
    for path, name in {**SPECS, "extra/other.yaml": "other"}.items():
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(f"metadata:\n  name: {name}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def chosen(root: Path, *words: str, labels: tuple[str, ...] = (), owner: str = "") -> list[str]:
    """What is selected in the work tree."""
    return of_worktree(Selection(words, labels, owner), root)


def test_without_words_all_specs_are_meant(root: Path) -> None:
    assert chosen(root) == list(SPECS)


def test_a_name_finds_its_spec(root: Path) -> None:
    assert chosen(root, "fraud") == ["models/fraud/model.yaml"]


def test_a_path_finds_any_file_from_the_current_folder(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root / "extra")
    assert chosen(root, "other.yaml") == ["extra/other.yaml"]
    assert chosen(root, "../models/churn/model.yaml") == ["models/churn/model.yaml"]


def test_a_spec_named_twice_is_meant_once(root: Path) -> None:
    assert chosen(root, "churn", "models/churn/model.yaml") == ["models/churn/model.yaml"]


def test_a_misspelled_name_is_told_with_the_nearest(root: Path) -> None:
    with pytest.raises(InputError, match="did you mean churn"):
        chosen(root, "churm")


def test_a_path_that_is_not_there_or_outside_is_refused(root: Path) -> None:
    with pytest.raises(WorldError, match=r"no file models/none\.yaml"):
        chosen(root, "models/none.yaml")
    with pytest.raises(WorldError, match="not inside"):
        chosen(root, "../outside.yaml")


def test_a_file_that_is_not_committed_is_told_apart_from_none(root: Path) -> None:
    with pytest.raises(WorldError, match="not committed"):
        select(Selection(("extra/other.yaml",)), root, {}, [], lambda p: b"")


def test_two_specs_of_one_name_clash_only_if_both_are_selected(root: Path) -> None:
    (root / "extra/model.yaml").write_text("metadata:\n  name: churn\n")
    assert chosen(root, "models/churn/model.yaml") == ["models/churn/model.yaml"]
    with pytest.raises(InputError, match="two specs are named churn"):
        chosen(root, "churn")
    with pytest.raises(InputError, match="two specs are named churn"):
        chosen(root)


def test_no_spec_at_all_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="modelspec init"):
        chosen(tmp_path)


def test_hidden_folders_are_not_searched(root: Path) -> None:
    (root / ".venv/lib").mkdir(parents=True)
    (root / ".venv/lib/model.yaml").write_text("metadata: {name: hidden}\n")
    assert "hidden" not in str(chosen(root))


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Six models of two teams in folders of three regions."""
    for region, tier in (("eu-north", "gold"), ("eu-south", "free"), ("us", "gold")):
        for name, owner in (("churn", "growth"), ("fraud", "risk")):
            path = tmp_path / "models" / region / name / "model.yaml"
            path.parent.mkdir(parents=True)
            path.write_text(
                f"metadata:\n  name: {name}-{region}\n  owner: {owner}\n"
                f"  labels: {{tier: {tier}, region: {region.partition('-')[0]}}}\n"
            )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def short(paths: list[str]) -> str:
    """Such as `eu-north/churn us/churn`."""
    return " ".join(p.removeprefix("models/").removesuffix("/model.yaml") for p in paths)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["models/us"], "us/churn us/fraud"),
        (["models/us/"], "us/churn us/fraud"),
        (["./models/../models/us"], "us/churn us/fraud"),
        (["models/eu-*"], "eu-north/churn eu-north/fraud eu-south/churn eu-south/fraud"),
        (["models/*/churn"], "eu-north/churn eu-south/churn us/churn"),
        (["models/*/churn/model.yaml"], "eu-north/churn eu-south/churn us/churn"),
        (["models/[!e]*"], "us/churn us/fraud"),
        (["**/fraud"], "eu-north/fraud eu-south/fraud us/fraud"),
        (["models/**/us/churn"], "us/churn"),
        (["models/us", "churn-us", "models/us/churn/model.yaml"], "us/churn us/fraud"),
        (["models/us", "fraud-eu-north"], "us/churn us/fraud eu-north/fraud"),
    ],
    ids=" ".join,
)
def test_folders_and_patterns_are_all_specs_below(many: Path, words: list[str], found: str) -> None:
    assert short(chosen(many, *words)) == found


def test_a_folder_needs_no_slash_and_counts_from_the_current_one(
    many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(chosen(many, "models")) == len(chosen(many, ".")) == 6
    monkeypatch.chdir(many / "models" / "us")
    assert short(chosen(many, ".")) == short(chosen(many, "../us")) == "us/churn us/fraud"
    assert short(chosen(many, "../*/churn")) == "eu-north/churn eu-south/churn us/churn"
    assert short(chosen(many, "churn")) == "us/churn"


def test_a_name_comes_before_a_folder(root: Path) -> None:
    (root / "churn/below").mkdir(parents=True)
    (root / "churn/below/model.yaml").write_text("metadata: {name: below}\n")
    assert chosen(root, "churn") == ["models/churn/model.yaml"]
    assert chosen(root, "./churn") == chosen(root, "churn/") == ["churn/below/model.yaml"]


@pytest.mark.parametrize(
    ("labels", "owner", "found"),
    [
        (["tier=gold"], "", "eu-north/churn eu-north/fraud us/churn us/fraud"),
        (["tier=gold", "region=eu"], "", "eu-north/churn eu-north/fraud"),
        (["tier!=gold"], "", "eu-south/churn eu-south/fraud"),
        (["none!=x", "tier=free"], "risk", "eu-south/fraud"),
        (["tier"], "growth", "eu-north/churn eu-south/churn us/churn"),
        ([], "risk", "eu-north/fraud eu-south/fraud us/fraud"),
    ],
)
def test_labels_and_owner_narrow_what_is_selected(
    many: Path, labels: list[str], owner: str, found: str
) -> None:
    assert short(chosen(many, labels=tuple(labels), owner=owner)) == found


def test_words_and_labels_both_hold(many: Path) -> None:
    found = chosen(many, "models/eu-*", labels=("tier=gold",))
    assert short(found) == "eu-north/churn eu-north/fraud"


@pytest.mark.parametrize(
    ("words", "labels", "owner", "message"),
    [
        (["models/as"], [], "", "no model.yaml below models/as (there are: models/eu-north/churn"),
        (["models/us/chrn"], [], "", "(did you mean models/us/churn?"),
        (["nowhere/*"], [], "", "no model.yaml below nowhere/* (there are: models/eu-north/churn,"),
        (["model"], [], "", "no model.yaml has the name model (there are: churn-eu-north, "),
        ([], ["tier=silver"], "", "there are: region=eu, region=us, tier=free, tier=gold"),
        ([], ["tear"], "", "no model has --label tear"),
        ([], ["tier=golt"], "", "did you mean tier=gold?"),
        ([], ["tier=free", "region=us"], "", "no model has --label region=us"),
        ([], [], "groth", "did you mean growth?"),
        (["models/us"], ["zone=a"], "", "there are: region=us, tier=gold"),
    ],
)
def test_what_selects_nothing_is_an_error_with_what_there_is(
    many: Path, words: list[str], labels: list[str], owner: str, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        chosen(many, *words, labels=tuple(labels), owner=owner)
    assert message in str(caught.value)


def test_a_spec_that_cannot_be_read_is_selected_so_that_it_says_why(many: Path) -> None:
    (many / "models/us/churn/model.yaml").write_text("metadata: [")
    assert short(chosen(many, labels=("tier=free",), owner="risk")) == "eu-south/fraud us/churn"


def test_a_folder_that_is_not_committed_is_told_apart_from_none(many: Path) -> None:
    with pytest.raises(WorldError, match="models/us/churn/model.yaml is not committed"):
        select(Selection(("models/us",)), many, {}, ["models/eu/x/model.yaml"], lambda p: b"")


def test_a_selection_is_written_as_a_shell_takes_it() -> None:
    wanted = Selection(("models/eu-*", "churn"), ("tier!=gold",), "a team")
    assert str(wanted) == "'models/eu-*' churn --label 'tier!=gold' --owner 'a team'"
