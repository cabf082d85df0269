"""Remote data from an object store: moto's, in an environment of its own (190 MB)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from modelspec.adapters.running import free_port

ROOT = Path(__file__).parents[2]
PACKAGES = ("moto[s3,server]==5.2.5", "s3fs==2026.9.0", "aiohttp", "pydantic", "pyyaml")


@pytest.mark.soak
def test_a_table_in_an_object_store_is_looked_up_pinned_and_read(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True, timeout=120)
    binaries = tmp_path / "venv" / "bin"
    install = [str(binaries / "pip"), "install", "-q", "--only-binary=:all:", *PACKAGES]
    subprocess.run(install, check=True, timeout=300)
    port = str(free_port())
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("AWS_")},
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "s3cr3tKEY/with+signs",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    server = subprocess.Popen(
        [binaries / "moto_server", "-p", port],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    try:
        done = subprocess.run(
            [binaries / "python", ROOT / "tests" / "adapters" / "s3.py", port, tmp_path / "cache"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    finally:
        server.terminate()
        server.wait()
    assert (done.returncode, done.stderr) == (0, "")
