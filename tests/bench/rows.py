"""What is measured: commands, trees, and what each may cost."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from modelspec.plan.lock import lock_text, sealed_text
from tests.bench.measure import Row
from tests.bench.trees import EXAMPLE, MODELSPEC, build

BARE = "python -c pass"
ONE = "render, 1 of 1,000 changed"
HUNDRED, THOUSAND = "render 100, cold", "render 1,000, cold"


def rows(folder: Path) -> list[Row]:
    """All rows; their trees are built below a folder."""
    trees = {count: build(folder / f"idle-{count}", count) for count in (1, 100, 1000)}
    copies = {n: Path(shutil.copytree(t, folder / f"cold-{n}")) for n, t in trees.items()}
    changing = Path(shutil.copytree(trees[1000], folder / "changing"))
    tool = str(MODELSPEC)
    return [
        Row(BARE, [sys.executable, "-c", "pass"], folder),
        Row("plan, nothing to do, 1 spec", [tool, "plan"], trees[1], 2.5),
        Row("apply, nothing to do, 1 spec", [tool, "apply"], trees[1], 2.5),
        Row("plan, nothing to do, 1,000 specs", [tool, "plan"], trees[1000], 5, every=3),
        Row("apply, nothing to do, 1,000 specs", [tool, "apply"], trees[1000], 5, every=3),
        Row(ONE, [tool, "render"], changing, 18, None, edit(changing), 3),
        Row(
            "render, 1 of 1,000 edited by hand",
            [tool, "render"],
            changing,
            before=edit(changing, by_hand=True),
            every=3,
        ),
        Row("render 1, cold", [tool, "render"], copies[1], 18, None, cold(copies[1])),
        Row(HUNDRED, [tool, "render"], copies[100], None, None, cold(copies[100]), 3),
        Row(THOUSAND, [tool, "render"], copies[1000], 70, 50, cold(copies[1000]), 5),
        Row("validate, 1 spec", [tool, "validate"], trees[1]),
        Row("--help", [tool, "--help"], folder),
    ]


def cold(root: Path) -> Callable[[], None]:
    """Nothing is known and nothing is rendered; only the locks are there."""

    def before() -> None:
        shutil.rmtree(root / ".modelspec", ignore_errors=True)
        for path in (root / "deploy").glob("*/*/*.yaml"):
            path.unlink()

    return before


def edit(root: Path, *, by_hand: bool = False) -> Callable[[], None]:
    """Another number of replicas in the lock of one model, each time another.

    Args:
        root: of the tree.
        by_hand: whether the lock is not as modelspec writes it, and so has to be validated.
    """
    path = root / "deploy" / "default" / f"{EXAMPLE}-0500" / "release.lock"

    def before() -> None:
        lock = json.loads(path.read_text("utf-8"))
        replicas = lock["spec"].setdefault("deploy", {}).setdefault("replicas", {})
        replicas["min"] = 3 if replicas.get("min") == 2 else 2
        text = lock_text(lock).encode() if by_hand else sealed_text(lock, lock["files"])
        path.write_bytes(text)

    return before
