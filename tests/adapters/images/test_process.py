from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from modelspec.adapters import image, process
from modelspec.adapters.base import Base
from modelspec.adapters.run import run_image
from modelspec.adapters.running import free_port
from modelspec.diagnostics import WorldError
from tests.adapters.images.parts import RUNTIME, tiny, wait_for

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
CONFIG = {
    "architecture": "amd64",
    "os": "linux",
    "config": {"Env": ["PATH=/usr/bin", f"PYTHON_VERSION={HERE}.0"]},
    "rootfs": {"diff_ids": ["sha256:aa"]},
}
BASE = Base("ours", "sha256:bb", CONFIG)


def test_without_an_engine_the_same_layers_answer_as_a_process(tmp_path: Path) -> None:
    built = tiny(tmp_path / "image", BASE)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with run_image(tmp_path / "image", built.tag("x"), tmp_path, None, scratch) as running:
        assert running.ran_as == "process"
        assert running.predict("x", [[1, 2]]) == [3]
        url = running.url
    assert list(scratch.iterdir()) == []
    with pytest.raises(URLError):
        urlopen(url)


def test_a_process_sees_the_packages_of_the_image_and_nothing_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("SECRET", "1")
    told = "import json, os, pkg, sys\nprint(json.dumps([sys.path, dict(os.environ)]))\nsys.exit(3)"
    tiny(tmp_path / "image", BASE, told)
    with (
        pytest.raises(WorldError, match="exit code 3") as ended,
        process.run(tmp_path / "image"),
    ):
        pass
    said = str(ended.value)
    path, variables = json.loads(said[said.index("[[") :])
    assert not any("site-packages" in entry for entry in path)
    assert str(tmp_path) not in path
    assert "SECRET" not in variables
    assert variables["PYTHONDONTWRITEBYTECODE"] == "1"


def test_a_process_that_ends_is_told_with_its_last_words(tmp_path: Path) -> None:
    tiny(tmp_path / "image", BASE, "raise SystemExit('the digest differs')")
    with (
        pytest.raises(WorldError, match="ended: exit code 1; the digest differs"),
        process.run(tmp_path / "image"),
    ):
        pass


def test_a_python_that_is_not_here_is_named(tmp_path: Path) -> None:
    config = {**CONFIG, "config": {"Env": ["PYTHON_VERSION=3.99.0"]}}
    tiny(tmp_path / "image", Base("ours", "sha256:bb", config))
    with (
        pytest.raises(WorldError, match=r"hint: start Docker, or install python3\.99"),
        process.run(tmp_path / "image"),
    ):
        pass


def test_a_process_ends_with_the_run_that_started_it_however_that_ends(tmp_path: Path) -> None:
    runtime = f"import os\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n{RUNTIME}"
    tiny(tmp_path / "image", BASE, runtime)
    program = (
        "import sys, time\nfrom pathlib import Path\nfrom modelspec.adapters import process\n"
        "with process.run(Path(sys.argv[1]), Path(sys.argv[2])):\n"
        "    print('ready', flush=True)\n    time.sleep(60)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "image"), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"ready\n"
        number = int((tmp_path / "pid").read_text())
        assert _runs(number)
        run.kill()
        run.wait()
    wait_for(lambda: not _runs(number), 10)


def _runs(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serving_in_the_foreground_ends_in_order_when_interrupted(
    tmp_path: Path, number: signal.Signals
) -> None:
    tiny(
        tmp_path / "image",
        BASE,
        "import signal, sys\nsignal.signal(2, lambda *_: sys.exit(0))\n" + RUNTIME,
    )
    port = free_port()
    program = (
        "import signal, sys\nfrom pathlib import Path\nfrom modelspec.adapters import process\n"
        "signal.signal(15, lambda *_: sys.exit(143))\n"
        "sys.exit(process.serve(Path(sys.argv[1]), int(sys.argv[2]), 0))\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "image"), str(port)]
    with subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE) as run:
        wait_for(lambda: _answers(port), 20)
        if number == signal.SIGINT:
            os.killpg(run.pid, number)  # as a terminal does
        else:
            run.send_signal(number)
        assert run.wait(10) in (0, 143)
        assert run.stderr is not None
        assert b"Traceback" not in run.stderr.read()
    assert not _answers(port)


def _answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
            return bool(answer.status == 200)
    except URLError:
        return False


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil"])
def test_a_layer_cannot_write_outside_the_folder_it_is_unpacked_to(
    tmp_path: Path, name: str
) -> None:
    tiny(tmp_path / "image", BASE)
    with tarfile.open(tmp_path / "image" / "model.tar.gz", "w:gz") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = 1
        tar.addfile(entry, io.BytesIO(b"x"))
    with pytest.raises(WorldError, match="which leaves its folder"):
        image.unpack(tmp_path / "image", tmp_path / "target")


def test_an_image_whose_files_are_gone_is_one_message(tmp_path: Path) -> None:
    with (
        pytest.raises(WorldError, match=r"config\.json is gone or damaged"),
        process.run(tmp_path),
    ):
        pass
    tiny(tmp_path / "image", BASE)
    (tmp_path / "image" / "model.tar.gz").write_bytes(b"\x1f\x8b damaged")
    with (
        pytest.raises(WorldError, match=r"model\.tar\.gz is damaged"),
        process.run(tmp_path / "image"),
    ):
        pass
