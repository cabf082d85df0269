"""Templates of a repository through the commands: what holds, and when it says so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from modelspec.adapters.templates import builtin
from modelspec.cli.app import app
from modelspec.cli.unchanged import answered
from modelspec.diagnostics import InputError, ModelspecError, TemplateError, WorldError
from tests.released import git, inside, released

SERVING = "kubernetes/serving.yaml.j2"
OVERRIDE = (
    f'{{% extends "builtin/{SERVING}" %}}\n'
    "{% block pod_spec %}\n{{ super() }}\n      nodeSelector: {disk: {{ 'ssd' }}}\n{% endblock %}\n"
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = released(tmp_path_factory.mktemp("released"), "wine")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "Deploy wine")
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Path(shutil.copytree(made, tmp_path / "root"))


def run(root: Path, *words: str) -> str:
    """What a command prints; its failure is raised."""
    with inside(root):
        if answered(words):
            return "up to date"
        done = CliRunner().invoke(app, words)
    if isinstance(done.exception, ModelspecError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def put(root: Path, text: str, name: str = SERVING) -> Path:
    path = root / "templates" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def commit(root: Path) -> None:
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "Change")


def serving(root: Path) -> str:
    return (root / "deploy" / "default" / "wine" / "serving.yaml").read_text()


def exit_code(root: Path, *words: str) -> int:
    with pytest.raises(ModelspecError) as caught:
        run(root, *words)
    return caught.value.exit_code


def test_an_override_is_rendered_and_makes_no_release(root: Path) -> None:
    put(root, OVERRIDE)
    assert exit_code(root, "render", "--check") == 7
    assert "serving.yaml" in run(root, "render")
    assert 'nodeSelector: {disk: "ssd"}' in serving(root)
    commit(root)
    run(root, "render", "--check")
    assert "up to date" in run(root, "apply")
    assert git(root, "tag") == "wine/v1.0.0"


def test_apply_takes_the_templates_of_the_commit(root: Path) -> None:
    path = put(root, OVERRIDE)
    git(root, "add", "templates")
    git(root, "commit", "-q", "-m", "Override")
    assert "deploy/default/wine: serving.yaml" in run(root, "apply")
    assert "ssd" in serving(root)
    run(root, "render", "--check")
    path.unlink()
    git(root, "commit", "-qam", "Remove the override")
    assert "deploy/default/wine: serving.yaml" in run(root, "apply")
    assert "ssd" not in serving(root)


@pytest.mark.parametrize("state", ["untracked", "changed", "deleted", "staged"])
def test_apply_refuses_templates_that_are_not_those_of_the_commit(root: Path, state: str) -> None:
    path = root / "templates" / SERVING
    if state != "untracked":
        put(root, OVERRIDE)
        run(root, "render")
        commit(root)
        assert run(root, "apply") == "up to date"  # the short way knows what render rendered
    if state == "deleted":
        path.unlink()
    else:
        put(root, OVERRIDE.replace("ssd", "hdd"))
    if state == "staged":
        git(root, "add", ".")
    with pytest.raises(WorldError, match=f"templates/{SERVING} differs from the commit"):
        run(root, "apply")
    assert exit_code(root, "render", "--check") == 7


def test_the_short_way_knows_that_a_template_changed(root: Path) -> None:
    run(root, "apply")
    assert run(root, "apply") == "up to date"
    put(root, OVERRIDE)
    commit(root)
    assert "serving.yaml" in run(root, "apply")
    assert run(root, "apply") == "up to date"
    put(root, OVERRIDE.replace("ssd", "hdd"))
    commit(root)
    assert "serving.yaml" in run(root, "apply")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (SERVING, "{% if %}"),
        (SERVING, "{{ nmae }}"),
        (SERVING, "a: [\n"),
        (SERVING, "a: 1\na: 2\n"),
        (SERVING, "{% for a in range(999) %}{% for b in range(999) %}" * 3 + "{% endfor %}" * 6),
        (SERVING, "a" * 300_000),
        (SERVING, "a: \x07"),
        (SERVING, "a: \u202e"),
        ("kubernetes/serving.yml.j2", "a"),
    ],
    ids=["syntax", "name", "yaml", "key", "endless", "large", "control", "bidi", "unknown"],
)
def test_a_wrong_template_is_exit_code_4_and_nothing_is_written(
    root: Path, name: str, text: str
) -> None:
    before = serving(root)
    (root / "deploy" / "default" / "wine" / "monitoring.yaml").write_text("edited\n")
    put(root, text, name)
    with pytest.raises(TemplateError) as caught:
        run(root, "render")
    assert all(d.location for d in caught.value.diagnostics)
    commit(root)
    assert exit_code(root, "apply") == 4
    assert serving(root) == before
    assert git(root, "status", "--porcelain") == ""


def test_a_template_that_is_no_utf8_is_told_with_its_byte(root: Path) -> None:
    put(root, "").write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(TemplateError, match=f"templates/{SERVING}:2:4: byte 8 .* is not UTF-8"):
        run(root, "render")


def test_carriage_returns_and_a_byte_order_mark_change_nothing(root: Path) -> None:
    put(root, "\ufeff" + OVERRIDE.replace("\n", "\r\n"))
    run(root, "render")
    first = serving(root)
    put(root, OVERRIDE)
    run(root, "render", "--check")
    assert "\r" not in first


def test_a_link_in_the_commit_is_refused(root: Path) -> None:
    (root / "templates").symlink_to("models")
    with pytest.raises(TemplateError, match="templates:1:1: .* this is a symbolic link"):
        run(root, "render")
    commit(root)
    with pytest.raises(TemplateError, match="templates:1:1: .* this is a symbolic link"):
        run(root, "apply")


def test_list_says_what_is_overridden_and_which_blocks_there_are(root: Path) -> None:
    assert f"{SERVING}   builtin\n  service_account, deployment" in run(root, "templates", "list")
    put(root, OVERRIDE)
    put(root, "", "prometheus/monitoring.yaml.j2")
    said = run(root, "templates", "list")
    assert f"{SERVING}   extended\n  pod_spec\n" in said
    assert "prometheus/monitoring.yaml.j2   replaced\n" in said


def test_show_prints_ours_also_where_it_is_overridden(root: Path) -> None:
    put(root, OVERRIDE)
    assert run(root, "templates", "show", SERVING) == builtin()[SERVING]
    assert run(root, "templates", "show", f"builtin/{SERVING}") == builtin()[SERVING]
    with pytest.raises(InputError, match=f"did you mean {SERVING}"):
        run(root, "templates", "show", "kubernetes/servin.yaml.j2")


def test_copy_makes_an_override_that_renders_the_same_and_never_overwrites(root: Path) -> None:
    assert f"Written to templates/{SERVING}" in run(root, "templates", "copy", SERVING)
    text = (root / "templates" / SERVING).read_text()
    assert f'{{% extends "builtin/{SERVING}" %}}' in text
    assert text.endswith(builtin()[SERVING])
    run(root, "render", "--check")
    with pytest.raises(WorldError, match="is there already: edit it, or remove it first"):
        run(root, "templates", "copy", SERVING)
    with pytest.raises(InputError, match="there is no template"):
        run(root, "templates", "copy", "../../x.yaml.j2")
