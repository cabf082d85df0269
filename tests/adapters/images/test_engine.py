from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from copy import copy
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from docker.errors import APIError

from modelspec.adapters import container, image
from modelspec.adapters.base import Base, from_archive, from_engine
from modelspec.adapters.engine import Engine, NoEngine, connect
from modelspec.diagnostics import WorldError
from tests.adapters.images.parts import BASE, COMMIT, PrivateEngine, tiny

if TYPE_CHECKING:
    from docker import DockerClient


@pytest.fixture
def names(engine: Engine) -> Iterator[list[str]]:
    """Names of images to remove from the engine in the end."""
    made: list[str] = []
    yield made
    for name in made:
        if engine.inspect(name):
            engine.client.images.remove(name, force=True)


def _loaded(engine: Engine, folder: Path, base: Base, names: list[str], **options: Any) -> str:
    built = tiny(folder, base, **options)
    names.append(built.tag("tiny"))
    return container.load(engine, folder, built.tag("tiny"), folder)


def test_an_image_has_the_id_in_the_engine_that_its_folder_gave_it(
    tmp_path: Path, engine: Engine, base: Base, names: list[str]
) -> None:
    built = tiny(tmp_path, base, test=str(time.time_ns()))
    tag = built.tag("tiny")
    names.append(tag)
    assert container.load(engine, tmp_path, tag, tmp_path) == built.id
    about = engine.inspect(tag) or {}
    assert about["Id"] == built.id
    assert about["Config"]["User"] == "10001:10001"
    assert container.load(engine, tmp_path, tag, tmp_path) == built.id


def test_the_base_from_the_engine_and_from_an_archive_give_one_image(
    tmp_path: Path, base: Base, base_archive: Path
) -> None:
    on_disk = from_archive(BASE, base_archive)
    assert on_disk.id == base.id
    assert on_disk.python == base.python
    assert tiny(tmp_path / "a", base).id == tiny(tmp_path / "b", on_disk).id


def test_a_container_has_no_rights_and_answers_and_is_gone_afterwards(
    tmp_path: Path, engine: Engine, base: Base, names: list[str]
) -> None:
    held = _loaded(engine, tmp_path, base, names)
    with container.run(engine, held) as running:
        assert running.ran_as == "container"
        assert running.predict("tiny", [[1, 2], [3, 4]]) == [3, 7]
        assert len(running.latencies("tiny", [1], 5, 2)) == 5
        found = engine.client.containers.list(filters={"ancestor": held})[0]
        settings = found.attrs["HostConfig"]
        assert settings["ReadonlyRootfs"] is True
        assert settings["CapDrop"] == ["ALL"]
        assert settings["SecurityOpt"] == ["no-new-privileges"]
        assert settings["Memory"] == 256 * 2**20
        status = found.exec_run(["cat", "/proc/1/status"]).output
        assert isinstance(status, bytes)
        assert b"Uid:\t10001" in status
        assert b"CapEff:\t0000000000000000" in status
        assert found.exec_run(["touch", "/opt/x"]).exit_code != 0
    assert engine.client.containers.list(all=True, filters={"ancestor": held}) == []


def test_an_image_that_ends_is_told_with_its_last_words_and_removed(
    tmp_path: Path, engine: Engine, base: Base, names: list[str]
) -> None:
    held = _loaded(engine, tmp_path, base, names, runtime="raise SystemExit('digest differs')")
    with (
        pytest.raises(WorldError, match="ended: exit code 1; digest differs"),
        container.run(engine, held),
    ):
        pass
    assert engine.client.containers.list(all=True, filters={"ancestor": held}) == []


def test_an_image_that_needs_too_much_memory_is_told_so(
    tmp_path: Path, engine: Engine, base: Base, names: list[str]
) -> None:
    held = _loaded(engine, tmp_path, base, names, runtime="x = b'1' * 2**30")
    with pytest.raises(WorldError, match="ended: "), container.run(engine, held, 32):
        pass


def test_the_real_runtime_imports_all_it_needs_in_the_image_and_refuses_a_bad_model(
    tmp_path: Path, engine: Engine, base: Base, names: list[str]
) -> None:
    model = {"serving.json": b"{}", "model.tflite": b""}
    about = image.labels(base, name="tiny", version="1.0", commit=COMMIT, committed=0, model=model)
    built = image.build(tmp_path, base, "tflite", model, about, 0)
    assert image.build(tmp_path, base, "tflite", model, about, 0) == built
    assert built.size < 60e6
    names.append(built.tag("tiny"))
    held = container.load(engine, tmp_path, built.tag("tiny"), tmp_path)
    labels = (engine.inspect(held) or {})["Config"]["Labels"]
    assert labels["org.opencontainers.image.revision"] == COMMIT
    assert labels["org.opencontainers.image.base.digest"] == base.id
    assert labels["modelspec.digest.model.tflite"].startswith("sha256:e3b0c442")
    with (
        pytest.raises(WorldError, match=r"exit code 1; serving: .*serving\.json"),
        container.run(engine, held),
    ):
        pass


class WithoutBridge:
    """The containers of an engine that has lost its bridge."""

    def __init__(self, real: Any) -> None:
        self.real = real

    def create(self, *arguments: Any, **options: Any) -> Any:
        if "ports" in options:
            raise APIError("404", explanation="could not find bridge docker0")
        return self.real.create(*arguments, **options)

    def list(self, **options: Any) -> Any:
        return self.real.list(**options)


def test_an_engine_without_a_bridge_runs_the_image_in_the_hosts_network(
    tmp_path: Path, engine: Engine, base: Base, names: list[str]
) -> None:
    held = _loaded(engine, tmp_path, base, names)
    without = copy(engine)
    client = SimpleNamespace(containers=WithoutBridge(engine.client.containers))
    without.client = cast("DockerClient", client)
    with container.run(without, held) as running:
        assert running.predict("tiny", [[1, 1]]) == [2]
    assert engine.client.containers.list(all=True, filters={"ancestor": held}) == []


def test_an_image_that_the_engine_cannot_start_is_one_message(engine: Engine) -> None:
    with (
        pytest.raises(WorldError, match="failed while starting the image: No such image"),
        container.run(engine, "nothing:1"),
    ):
        pass


def test_a_failure_inside_the_block_removes_the_container_and_stays_the_failure(
    tmp_path: Path, engine: Engine, base: Base, names: list[str]
) -> None:
    held = _loaded(engine, tmp_path, base, names)
    with pytest.raises(KeyboardInterrupt), container.run(engine, held):
        raise KeyboardInterrupt
    assert engine.client.containers.list(all=True, filters={"ancestor": held}) == []


def test_the_container_of_a_run_that_was_killed_is_removed_by_the_next(
    tmp_path: Path, engine: Engine, base: Base, names: list[str]
) -> None:
    held = _loaded(engine, tmp_path, base, names)
    program = (
        "import sys, time\n"
        "from modelspec.adapters import container, engine\n"
        "with container.run(engine.connect(), sys.argv[1]):\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, held], stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"ready\n"
        alive = engine.client.containers.list(filters={"ancestor": held})
        container.remove_leftovers(engine)
        assert engine.client.containers.list(filters={"ancestor": held}) == alive
        run.kill()
        run.wait()
    assert len(engine.client.containers.list(filters={"ancestor": held})) == 1
    with container.run(engine, held) as running:
        assert running.predict("tiny", [[1]]) == [1]
    assert engine.client.containers.list(all=True, filters={"ancestor": held}) == []


def test_an_engine_that_lacks_the_base_is_given_its_layers_too(
    tmp_path: Path, base_archive: Path, private_engine: PrivateEngine, monkeypatch: Any
) -> None:
    on_disk = from_archive(BASE, base_archive)
    built = tiny(tmp_path / "image", on_disk)
    engine = connect()
    assert from_engine(BASE, engine) is None
    with pytest.raises(WorldError, match="neither in the engine nor on disk"):
        container.load(engine, tmp_path / "image", "tiny:1", tmp_path)
    monkeypatch.setenv("MODELSPEC_BASE_ARCHIVE", str(base_archive))
    assert container.load(engine, tmp_path / "image", "tiny:1", tmp_path) == built.id
    engine.close()


def test_an_engine_that_dies_while_loading_is_one_message_and_the_next_load_works(
    tmp_path: Path, base_archive: Path, private_engine: PrivateEngine, monkeypatch: Any
) -> None:
    monkeypatch.setenv("MODELSPEC_BASE_ARCHIVE", str(base_archive))
    built = tiny(tmp_path / "image", from_archive(BASE, base_archive))
    engine = connect()
    pieces = image.docker_archive(tmp_path / "image", "tiny:1", from_archive(BASE, base_archive))
    with pytest.raises(WorldError, match=r"Docker Engine .* while loading an image") as lost:
        engine.load(_after(pieces, 20, private_engine.kill))
    assert "\n" not in str(lost.value)
    with pytest.raises(NoEngine, match="no Docker Engine at unix://"):
        connect()
    engine.close()
    private_engine.start()
    again = connect()
    assert container.load(again, tmp_path / "image", "tiny:1", tmp_path) == built.id
    again.close()


def test_an_engine_that_hangs_while_loading_is_given_up(
    tmp_path: Path, base_archive: Path, private_engine: PrivateEngine
) -> None:
    base = from_archive(BASE, base_archive)
    tiny(tmp_path / "image", base)
    engine = connect(silence=2)
    pieces = image.docker_archive(tmp_path / "image", "tiny:1", base)
    began = time.monotonic()
    with pytest.raises(WorldError, match="does not answer any more"):
        engine.load(_after(pieces, 20, lambda: private_engine.signal(signal.SIGSTOP)))
    assert time.monotonic() - began < 20
    engine.close()


def _after(pieces: Iterator[bytes], count: int, action: Any) -> Iterator[bytes]:
    for number, piece in enumerate(pieces):
        if number == count:
            action()
        yield piece
