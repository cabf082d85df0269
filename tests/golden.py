"""What the examples compile to, as it is committed: `make golden` writes it anew.

A lock's record part was made by a real apply in a scratch repository, and stays; its spec part
and everything rendered follow `model.yaml`, the templates and the code. Read the difference
before it is committed: clusters will see it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from modelspec.adapters.templates import builtin
from modelspec.spec.default import DEFAULT
from modelspec.spec.load import load
from modelspec.stages.deploy import LOCK, render

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/model.yaml"))
WRITERS = (
    "tests/spec/test_gallery.py",
    "tests/spec/test_canonical.py",
    "tests/spec/test_light.py",
    "tests/spec/test_schema.py",
    "tests/render/test_bundle.py",
)
"""Tests that write their own golden files if UPDATE_GOLDEN is set."""


def produced(name: str) -> dict[Path, str]:
    """The generated files of one example, and their texts."""
    folder = EXAMPLES / name
    spec = load((folder / "model.yaml").read_bytes(), f"examples/{name}/model.yaml").spec
    if not (folder / "release.lock").is_file():
        sys.exit(f"apply {name} in a scratch repository, and copy its release.lock to {folder}")
    record = json.loads((folder / "release.lock").read_text("utf-8"))["record"]
    lock = {"spec": spec.canonical(), "record": record}
    files = {name: content.decode() for name, content in render(lock, DEFAULT, builtin()).items()}
    return {
        folder / LOCK: files.pop(LOCK),
        **{folder / "rendered" / name: text for name, text in files.items()},
    }


def committed(name: str) -> list[Path]:
    """The generated files of one example that are there."""
    folder = EXAMPLES / name
    rendered = (path for path in (folder / "rendered").rglob("*") if path.is_file())
    return sorted([folder / "release.lock", *rendered])


def main() -> int:
    """Write all of them, remove what is not produced any more, and say what changed."""
    for name in NAMES:
        files = produced(name)
        for path in committed(name):
            if path not in files:
                path.unlink()
                print(f"removed {path.relative_to(ROOT)}")
        for path, text in files.items():
            if not path.is_file() or path.read_text("utf-8") != text:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
                print(f"wrote {path.relative_to(ROOT)}")
    command = [sys.executable, "-m", "pytest", "-q", *WRITERS]
    environment = {**os.environ, "UPDATE_GOLDEN": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
