"""The OpenAPI document, held to the server by schemathesis, and to what others ask of documents."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from modelspec.serving import contract
from modelspec.serving.bundle import load
from modelspec.serving.openapi import document
from modelspec.serving.routes import routes
from modelspec.serving.signature import Signature
from tests.serving.folders import PLAN, SPEND, Folder, churn, rent, wine
from tests.serving.processes import ROOT, Server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TOKEN = "correct-horse-battery"
KINDS = {"churn": churn, "wine": wine, "rent": rent}
# The same is at the paths of a version, which only the soak tries as well.
OTHER_PATHS = ("--exclude-path-regex", "/versions/|/labels/")

# Too many rows are refused with 413, which schemathesis does not take for a refusal.
SETTINGS = """\
[checks.negative_data_rejection]
expected-statuses = [400, 413]
"""


@pytest.fixture(params=KINDS)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    """A model of each task, that takes late labels."""
    make: Callable[[Path], Folder] = KINDS[request.param]
    made = make(tmp_path / "model")
    made.describe(feedback=True)
    return made


def conform(folder: Folder, scratch: Path, examples: int, *options: str) -> None:
    """Has schemathesis make requests by the document, right ones and wrong ones.

    Args:
        folder: of the model.
        scratch: for what it leaves behind.
        examples: requests of each operation, beside those at the edges of its schemas.
        options: more of its command.
    """
    token = scratch / "token"
    token.write_text(TOKEN)
    (scratch / "schemathesis.toml").write_text(SETTINGS)
    with Server(folder.path, MODELSPEC_FEEDBACK_TOKEN_FILE=str(token)) as server:
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run"),
            f"http://127.0.0.1:{server.port}/openapi.json",
            *("--header", f"Authorization: Bearer {TOKEN}", "--seed", "1", "--no-color"),
            *("--phases", "coverage,fuzzing", "--max-examples", str(examples), *options),
        ]
        hooks = {"SCHEMATHESIS_HOOKS": "tests.serving.agreeing", "PYTHONPATH": str(ROOT)}
        found = subprocess.run(
            command,
            cwd=scratch,
            env=os.environ | hooks,
            capture_output=True,
            text=True,
            check=False,
        )
        assert found.returncode == 0, found.stdout + found.stderr
        assert "No issues found" in found.stdout


def test_the_document_has_every_path_and_no_other(folder: Folder) -> None:
    bundle = load(folder.path)
    table = routes(bundle, Signature(bundle))
    own = {contract.HEALTH_ROUTE, contract.READY_ROUTE, contract.METRICS_ROUTE}
    posts = {*table.asked, contract.FEEDBACK_ROUTE.format(name=bundle.description.name)}
    wanted = dict.fromkeys({*table.shown} | own, "get") | dict.fromkeys(posts, "post")
    paths = document(bundle)["paths"]
    assert {path: "".join(item) for path, item in paths.items()} == wanted


def test_a_model_that_takes_no_labels_has_no_path_for_them(tmp_path: Path) -> None:
    found = document(load(churn(tmp_path / "model").path))
    assert "/v1/models/churn:feedback" not in found["paths"]
    assert found["components"]["securitySchemes"] == {}


def test_cells_have_the_types_the_bounds_and_the_policy_of_the_spec(tmp_path: Path) -> None:
    row = document(load(churn(tmp_path / "model").path))["components"]["schemas"]["NamedRow"]
    assert row["required"] == ["plan", "spend"]
    cells = row["properties"]
    assert cells["spend"].items() >= {"type": "number", "minimum": 0, "maximum": 1e6}.items()
    assert cells["tenure"]["anyOf"] == [{"type": "number"}, {"type": "null"}]
    assert cells["plan"]["anyOf"][0] == {"enum": ["free", "pro", "team"]}
    assert {"type": "null"} in cells["region"]["anyOf"]


def test_cells_say_what_was_usual_in_training_but_not_of_personal_features(tmp_path: Path) -> None:
    personal = {"name": "personal_age", "type": "number", "mean": 44.0, "scale": 9.0}
    found = document(load(churn(tmp_path / "model", [SPEND, PLAN, personal]).path))
    cells = found["components"]["schemas"]["NamedRow"]["properties"]
    assert cells["spend"]["description"] == "Mostly 52.2 to 58.8 in training."
    assert cells["spend"]["examples"] == [55.5]
    assert cells["plan"]["examples"] == ["free"]
    assert cells["personal_age"] == {"type": "number"}


def test_what_callers_need_a_token_for_is_said(tmp_path: Path) -> None:
    found = document(load(churn(tmp_path / "model").path), guarded=True)
    open_to_all = {
        path
        for path, item in found["paths"].items()
        if not any("security" in operation for operation in item.values())
    }
    assert open_to_all == {*contract.UNGUARDED_ROUTES}
    assert found["components"]["securitySchemes"] == {
        "caller": {"type": "http", "scheme": "bearer"}
    }


def test_the_document_tells_nothing_of_a_hashed_category(tmp_path: Path) -> None:
    email = {"name": "email", "type": "category", "values": [], "hash": 8}
    found = document(load(churn(tmp_path / "model", [email]).path))
    row = found["components"]["schemas"]["NamedRow"]
    assert row["properties"]["email"] == {"type": "string"}


def test_schemathesis_finds_nothing(folder: Folder, tmp_path: Path) -> None:
    conform(folder, tmp_path, 5, *OTHER_PATHS)


@pytest.mark.soak
def test_schemathesis_finds_nothing_for_a_long_time(folder: Folder, tmp_path: Path) -> None:
    conform(folder, tmp_path, 1000)
