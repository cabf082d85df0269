from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest

from modelspec.adapters.container import OWNER
from modelspec.adapters.engine import Engine
from tests.stories.project import SCRIPT, SPEC, Project, kept, on_a_terminal, read_until, steps

FILES = ["monitoring.yaml", "release.lock", "serving.yaml"]
# The process that started git, which runs this hook.
APPLY = "$(awk '{print $4}' /proc/$PPID/stat)"


def _kill_when(project: Project, due: Callable[[], bool]) -> None:
    """Apply until something is the case, then kill the process and whatever it started."""
    process = project.start("apply")
    try:
        end = time.monotonic() + 60
        while not due():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end
            time.sleep(0.001)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert process.returncode == -signal.SIGKILL


def _check_released(project: Project, engine: Engine) -> None:
    assert project.tags() == ["ripe/v1.0.0"]
    record = project.record("ripe/v1.0.0")
    assert record["commit"] == project.git("rev-parse", "HEAD")
    assert project.lock()["image"] == record["image"]
    folder = project.path("deploy/default/ripe")
    assert sorted(path.name for path in folder.iterdir()) == FILES
    assert project.leftovers() == []
    project.git("fsck", "--strict")
    assert _containers(engine) == []
    assert "1.0.0 is up to date" in project.run("apply").output


def _containers(engine: Engine) -> list[str]:
    found = engine.client.containers.list(all=True, filters={"label": OWNER}, ignore_removed=True)
    ours = [c for c in found if c.image and any("ripe:" in t for t in c.image.tags)]
    return [str(container.id) for container in ours]


def test_apply_goes_on_after_it_was_killed_while_training(fresh: Project, engine: Engine) -> None:
    fresh.edit(SPEC, "epochs: 3", "epochs: 150")
    fresh.edit(SPEC, "learning_rate: 0.05\n", "early_stopping: {patience: 1000}\n")
    fresh.commit()
    with on_a_terminal(fresh, "apply") as (process, terminal):
        read_until(terminal, r"epoch \d+")
        process.kill()
    assert process.returncode == -signal.SIGKILL
    entries = fresh.entries()
    assert steps(entries) == {"data"}
    assert fresh.tags() == []
    ran = fresh.run("apply").rows
    assert ran[:2] == ["train", "evaluate"]
    assert kept(entries, fresh.entries())
    assert fresh.record("ripe/v1.0.0")["steps"]["train"]["record"]["epochs"] == 150
    _check_released(fresh, engine)


def test_apply_goes_on_after_it_was_killed_while_writing_the_image(
    exported: Project, engine: Engine
) -> None:
    entries = exported.entries()
    _kill_when(exported, lambda: any(exported.root.glob(".modelspec/tmp/*/config.json")))
    assert exported.leftovers() != []
    assert "image" not in steps(exported.entries())
    assert exported.tags() == []
    ran = exported.run("apply").rows
    assert ran[:3] == ["image", "check", "release"]
    assert kept(entries, exported.entries())
    _check_released(exported, engine)


def test_apply_goes_on_after_it_was_killed_while_its_container_ran(
    exported: Project, engine: Engine
) -> None:
    _kill_when(exported, lambda: bool(_containers(engine)))
    entries = exported.entries()
    assert "check" not in steps(entries)
    assert "image" in steps(entries)
    assert exported.tags() == []
    ran = exported.run("apply").rows
    assert ran[:2] == ["check", "release"]
    assert kept(entries, exported.entries())
    _check_released(exported, engine)


def test_apply_goes_on_after_it_was_killed_right_before_the_tag(
    finished: Project, engine: Engine
) -> None:
    entries = finished.entries()
    finished.hook(
        "reference-transaction", f'[ "$1" != prepared ] || {{ kill -9 {APPLY}; exit 1; }}'
    )
    finished.run("apply", code=-signal.SIGKILL)
    assert finished.tags() == []
    assert not finished.path("deploy").exists()
    finished.path(".git/hooks/reference-transaction").unlink()
    ran = finished.run("apply").rows
    assert ran[:2] == ["release", "render"]
    assert finished.entries() == entries
    _check_released(finished, engine)


def test_apply_goes_on_after_it_was_killed_right_after_the_tag(
    finished: Project, engine: Engine
) -> None:
    entries = finished.entries()
    finished.hook("reference-transaction", f'[ "$1" != committed ] || kill -9 {APPLY}')
    finished.run("apply", code=-signal.SIGKILL)
    tag = finished.git("rev-parse", "ripe/v1.0.0")
    assert not finished.path("deploy").exists()
    assert "1.0.0 is up to date" in finished.run("apply").output
    assert finished.git("rev-parse", "ripe/v1.0.0") == tag
    assert finished.entries() == entries
    _check_released(finished, engine)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["SIGTERM", "SIGINT"]
)
def test_apply_ends_quietly_when_it_is_asked_to_while_training(
    fresh: Project, number: signal.Signals, code: int
) -> None:
    fresh.edit(SPEC, "epochs: 3", "epochs: 100000")
    fresh.edit(SPEC, "learning_rate: 0.05\n", "early_stopping: {patience: 100000}\n")
    fresh.commit()
    with on_a_terminal(fresh, "apply") as (process, terminal):
        read_until(terminal, r"epoch \d+")
        process.send_signal(number)
        process.wait(30)
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
    assert process.returncode == code
    assert steps(fresh.entries()) == {"data"}
    assert fresh.leftovers() == []
    assert fresh.tags() == []
    fresh.run("plan")


def test_apply_into_a_closed_pipe_is_no_traceback_and_the_next_finishes(
    exported: Project, engine: Engine
) -> None:
    script = 'set -o pipefail; "$MODELSPEC" apply | head -1'
    said = exported.command("bash", "-c", script, code=141, MODELSPEC=str(SCRIPT))
    assert len(said.output.splitlines()) == 1
    assert said.errors == ""
    exported.run("apply")
    _check_released(exported, engine)


def test_of_two_applies_at_once_one_works_and_the_other_names_it(
    finished: Project, engine: Engine
) -> None:
    finished.hook(
        "reference-transaction",
        '[ "$1" = prepared ] || exit 0\ntouch waiting\nwhile [ -e waiting ]; do sleep 0.02; done',
    )
    first = finished.start("apply")
    waiting = finished.path("waiting")
    try:
        end = time.monotonic() + 60
        while not waiting.exists():
            assert first.poll() is None, first.communicate()
            assert time.monotonic() < end
            time.sleep(0.01)
        said = finished.run("apply", code=8)
        assert f"another apply is running here: process {first.pid} on " in said.errors
        assert said.output == ""
    finally:
        waiting.unlink(missing_ok=True)
        output, errors = first.communicate(timeout=60)
    assert first.returncode == 0, errors
    assert b"ripe/v1.0.0" in output
    _check_released(finished, engine)
