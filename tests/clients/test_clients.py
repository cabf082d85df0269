"""Clients that people have are answered unchanged, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.adapters.images.parts import missing

if TYPE_CHECKING:
    from tests.clients.conftest import Served

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".venv-clients" / "bin" / "python"
KINDS = {"plan": "BYTES", "tenure": "FP64", "region": "BYTES", "spend": "FP64", "channel": "BYTES"}


@pytest.mark.parametrize(
    ("program", "variants"),
    [
        (["kserve_rest.py"], {"v1", "v2 json", "v2 binary"}),
        (["kserve_grpc.py"], {"raw", "contents"}),
        (["triton.py", "http"], {"json", "binary"}),
        (["triton.py", "grpc"], {"raw"}),
    ],
    ids=" ".join,
)
def test_a_client_of_others_gets_the_answers_to_the_bit(
    served: Served, rows: list[list[Any]], program: list[str], variants: set[str]
) -> None:
    if not PYTHON.exists():
        missing("the environment of clients (.ci/clients)")
    session = {
        "http": served.running.url,
        "grpc": f"127.0.0.1:{served.running.grpc_port}",
        "model": "churn",
        "version": "1004",
        "rows": rows,
        "columns": {
            name: [kind, list(cells)]
            for (name, kind), cells in zip(KINDS.items(), zip(*rows, strict=True), strict=True)
        },
    }
    done = subprocess.run(
        [PYTHON, "-W", "ignore", HERE / "programs" / program[0], *program[1:]],
        input=json.dumps(session),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    predicted = served.running.predict("churn", rows)
    expected = {name: [row[name] for row in predicted] for name in ("label", "probability")}
    assert said["answers"].keys() == variants
    for variant, answer in said["answers"].items():
        assert answer == expected, variant
    assert said["refused"]
    told = ("instance 0: plan: is missing", "'400 Bad Request'")  # all that kserve tells of HTTP
    assert all(any(text in refusal for text in told) for refusal in said["refused"])
