"""The scripts that find, install and start real parts."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from modelspec.adapters.engine import Engine
from tests.adapters.images.conftest import ROOT


def _run(script: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("CI", "DOCKER_HOST")}
    return subprocess.run(
        [str(ROOT / ".ci" / script), *arguments],
        env=kept | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_running_engine_is_found(engine: Engine) -> None:
    done = _run("engine", CI="true")
    assert done.returncode == 0
    assert f"Docker Engine {engine.version}" in done.stdout


def test_where_docker_host_names_a_dead_engine_none_is_started_and_work_goes_on() -> None:
    done = _run("engine", DOCKER_HOST="unix:///nowhere/d.sock")
    assert done.returncode == 0
    assert "no Docker Engine at unix:///nowhere/d.sock" in done.stdout
    assert "going on without one" in done.stdout
    assert "Traceback" not in done.stderr


def test_in_continuous_integration_a_missing_engine_is_a_failure() -> None:
    done = _run("engine", DOCKER_HOST="unix:///nowhere/d.sock", CI="true")
    assert done.returncode == 1
    assert "CI=true wants an engine" in done.stdout


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
def test_a_missing_promtool_is_said_and_fails_only_continuous_integration(
    tmp_path: Path, ci: str, code: int
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "env", "dirname", "id", "git"):
        found = next(p for p in (Path("/usr/bin", name), Path("/bin", name)) if p.exists())
        (programs / name).symlink_to(found)
    done = _run("tools", PATH=str(programs), CI=ci)
    assert done.returncode == code
    assert "prometheus" in done.stdout
    assert "this is not Debian or Ubuntu" in done.stdout
