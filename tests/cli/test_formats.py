"""`--format`, `--json` and the schema, as the commands print them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from modelspec.spec.schema import json_schema
from tests.released import ENVIRONMENT, committed, git, released

SCRIPT = Path(sys.executable).with_name("modelspec")
GALLERY = Path(__file__).parents[1] / "errors"
MISTAKES = (GALLERY / "many-at-once.txt").read_text("utf-8").count("\n\n") + 1
OUTSIDE = {k: v for k, v in ENVIRONMENT.items() if not k.startswith("GITHUB_")}


def run(
    root: Path, *words: str, code: int = 0, **variables: str
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [SCRIPT, *words],
        cwd=root,
        env={**OUTSIDE, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A folder with a spec that has many mistakes."""
    spec = tmp_path / "models" / "x" / "model.yaml"
    spec.parent.mkdir(parents=True)
    spec.write_bytes((GALLERY / "many-at-once.yaml").read_bytes())
    return tmp_path


def answer(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_json_has_every_mistake_and_its_exit_code(bad: Path) -> None:
    found = answer(run(bad, "validate", "--format", "json", code=3))
    assert found["format_version"] == 1
    assert len(found["diagnostics"]) == MISTAKES
    first = found["diagnostics"][0]
    assert (first["file"], first["line"], first["column"]) == ("models/x/model.yaml", 4, 9)
    assert first["severity"] == "error"
    assert first["hint"] == "write churn"


def test_json_of_specs_that_are_right_is_empty_or_has_the_warnings(tmp_path: Path) -> None:
    root = committed(tmp_path, "wine")
    spec = root / "models" / "wine" / "model.yaml"
    assert answer(run(root, "validate", "--format", "json"))["diagnostics"] == []
    old = spec.read_text("utf-8")
    assert "patience: 20" in old
    spec.write_text(old.replace("patience: 20", "patience: 300"))
    found = answer(run(root, "validate", "--format", "json"))["diagnostics"]
    assert [d["severity"] for d in found] == ["warning"]


def test_json_says_also_that_there_is_nothing_to_check(tmp_path: Path) -> None:
    (found,) = answer(run(tmp_path, "validate", "--format", "json", code=6))["diagnostics"]
    assert found["file"] is None
    assert "there is no model.yaml here" in found["message"]


def test_on_github_ten_are_annotated_and_all_are_in_log_and_summary(bad: Path) -> None:
    summary = bad / "summary.md"
    summary.write_text("before\n")
    done = run(
        bad / "models",
        "validate",
        "--format",
        "github",
        code=3,
        GITHUB_STEP_SUMMARY=str(summary),
        GITHUB_WORKSPACE=str(bad),
    )
    lines = done.stdout.splitlines()
    annotated = [line for line in lines if line.startswith("::error ")]
    assert len(annotated) == 10
    assert annotated[0].startswith(
        "::error file=models/x/model.yaml,line=4,col=9,title=modelspec::"
    )
    token = lines[0].removeprefix("::stop-commands::")
    log = lines[1 : lines.index(f"::{token}::")]
    assert sum(line.startswith("x/model.yaml:") for line in log) == MISTAKES
    assert lines[-1] == f"modelspec validate: {MISTAKES} errors"
    text = summary.read_text("utf-8")
    assert text.startswith(f"before\n### modelspec validate: {MISTAKES} errors\n\n<pre>\n")
    assert text.count("x/model.yaml:") == MISTAKES
    assert done.stderr == ""


def test_a_summary_that_is_nearly_full_is_not_overfilled(bad: Path) -> None:
    summary = bad / "summary.md"
    summary.write_text("x" * 899_500)
    run(bad, "validate", "--format", "github", code=3, GITHUB_STEP_SUMMARY=str(summary))
    assert summary.stat().st_size <= 900_000
    assert "more, which do not fit here" in summary.read_text("utf-8")


def test_a_summary_that_cannot_be_written_is_told(bad: Path) -> None:
    nowhere = str(bad / "none" / "summary.md")
    done = run(bad, "validate", "--format", "github", code=6, GITHUB_STEP_SUMMARY=nowhere)
    assert f"cannot write {nowhere}" in done.stderr


def test_outside_of_github_its_format_needs_nothing(bad: Path) -> None:
    done = run(bad, "validate", "--format", "github", code=3)
    assert done.stdout.count("::error ") == 10


def test_nothing_that_users_wrote_is_taken_for_a_command(tmp_path: Path) -> None:
    spec = tmp_path / "::add-mask::x" / "model.yaml"
    spec.parent.mkdir()
    spec.write_bytes((GALLERY / "unknown-key.yaml").read_bytes())
    lines = run(tmp_path, "validate", "--format", "github", code=3).stdout.splitlines()
    token = lines[0].removeprefix("::stop-commands::")
    assert re.fullmatch(r"modelspec-[0-9a-f]{32}", token)
    inside, after = lines[1 : lines.index(f"::{token}::")], lines[lines.index(f"::{token}::") + 1 :]
    assert any(line.startswith("::add-mask::x/model.yaml:") for line in inside)
    assert [line.partition(" ")[0] for line in after] == ["::error", "modelspec"]
    assert "file=%3A%3Aadd-mask%3A%3Ax/model.yaml,line=" in after[0]
    again = run(tmp_path, "validate", "--format", "github", code=3).stdout.splitlines()
    assert again[0] != lines[0]


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_errors_of_other_commands_are_annotated_too(bad: Path, command: str) -> None:
    git(bad, "init", "-q", "-b", "main")
    git(bad, "add", ".")
    git(bad, "commit", "-q", "-m", "add")
    done = run(bad / "models", command, "--format", "github", code=3)
    assert done.stdout.count("::error file=models/x/model.yaml,") == 10
    assert f"modelspec {command}: {MISTAKES} errors" in done.stdout
    plain = run(bad, command, code=3)
    assert "::" not in plain.stdout + plain.stderr


@pytest.mark.parametrize(("words", "kind"), [([], "Model"), (["Project"], "Project")])
def test_the_schema_is_printed_as_json(tmp_path: Path, words: list[str], kind: Any) -> None:
    assert answer(run(tmp_path, "schema", *words)) == json_schema(kind)


def test_status_tells_programs_what_is_out_of_date(tmp_path: Path) -> None:
    root = released(tmp_path, "wine")
    (entry,) = answer(run(root, "status", "--json"))["models"]
    assert (entry["name"], entry["version"], entry["up_to_date"]) == ("wine", "1.0.0", True)
    assert entry["commit"] == git(root, "rev-parse", "HEAD")
    assert answer(run(root, "status", "--outdated", "--json"))["models"] == []
    assert run(root, "status", "--outdated").stdout == ""
    spec = root / "models" / "wine" / "model.yaml"
    spec.write_text(spec.read_text("utf-8") + "monitor:\n  slo: {latency_p99: 100ms}\n")
    (entry,) = answer(run(root, "status", "--json"))["models"]
    assert entry["uncommitted"] == ["models/wine/model.yaml"]
    git(root, "commit", "-q", "-a", "-m", "change")
    (entry,) = answer(run(root, "status", "--outdated", "--json"))["models"]
    assert entry == {
        "name": "wine",
        "spec": "models/wine/model.yaml",
        "version": "1.0.0",
        "commit": git(root, "rev-parse", "HEAD~1"),
        "up_to_date": False,
        "uncommitted": [],
    }
    assert "out of date" in run(root, "status", "--outdated").stdout


@pytest.mark.parametrize(("typed", "offered"), [("", {"wine"}), ("wi", {"wine"}), ("x", set())])
def test_the_shell_completes_names_of_models(tmp_path: Path, typed: str, offered: set[str]) -> None:
    root = committed(tmp_path, "wine")
    for number, text in enumerate(["{", "metadata: {name: $(touch x)}", "metadata: {name: a b}"]):
        (root / str(number)).mkdir()
        (root / str(number) / "model.yaml").write_text(text)
    done = run(
        root,
        _MODELSPEC_COMPLETE="complete_bash",
        COMP_WORDS=f"modelspec plan {typed}",
        COMP_CWORD="2",
    )
    assert set(done.stdout.split()) == offered
    assert done.stderr == ""
