"""Other tools that are here, doing comparable work: the same objects of a model as text.

They read what is handed to them, check nothing and write to standard output.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import yaml

from tests import golden
from tests.bench.measure import Row
from tests.bench.trees import EXAMPLE

MANY = {1: 1, 100: 5, 1000: 5}
"""How many models, and in which rounds."""


def rows(folder: Path) -> list[Row]:
    """A row for each tool and number of models that is feasible."""
    return [*_kustomize(folder / "kustomize"), *_jsonnet(folder / "jsonnet")]


def _kustomize(folder: Path) -> list[Row]:
    """A base of the objects, and an overlay a model. Its time grows faster than their number."""
    tool = shutil.which("kubectl")
    if tool is None:
        return []
    base = folder / "base"
    base.mkdir(parents=True)
    rendered = golden.EXAMPLES / EXAMPLE / "rendered"
    names = sorted(path.name for path in rendered.iterdir())
    for name in names:
        shutil.copy(rendered / name, base)
    _write(base, {"resources": names})
    for count in (1, 100):
        trees = [f"{EXAMPLE}-{number:04}" for number in range(count)]
        for name in trees:
            labels = [{"pairs": {"app.kubernetes.io/instance": name}, "includeSelectors": True}]
            overlay = folder / f"of-{count}" / name
            _write(overlay, {"resources": ["../../base"], "nameSuffix": name[4:], "labels": labels})
        _write(folder / f"of-{count}", {"resources": trees})
    command = [tool, "kustomize"]
    return [
        Row("kubectl kustomize 1", [*command, "of-1"], folder),
        Row("kubectl kustomize 100", [*command, "of-100"], folder, every=15),
    ]


def _write(folder: Path, kustomization: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kustomization.yaml").write_text(json.dumps(kustomization))


def _jsonnet(folder: Path) -> list[Row]:
    """A function of the name for all objects, called for each model."""
    if importlib.util.find_spec("rjsonnet") is None:
        return []
    folder.mkdir()
    rendered = sorted((golden.EXAMPLES / EXAMPLE / "rendered").iterdir())
    objects = [o for path in rendered for o in yaml.safe_load_all(path.read_text("utf-8"))]
    # What is said of the example becomes an expression of the name, in every text.
    text = json.dumps(objects).replace(EXAMPLE, '" + name + "')
    for count in MANY:
        names = json.dumps([f"{EXAMPLE}-{number:04}" for number in range(count)])
        program = f"local model(name) = {text};\nstd.flatMap(model, {names})\n"
        (folder / f"of-{count}.jsonnet").write_text(program)
    run = "import sys, rjsonnet; print(rjsonnet.evaluate_file(sys.argv[1]))"
    return [
        Row(
            f"rjsonnet {count:,}",
            [sys.executable, "-c", run, f"of-{count}.jsonnet"],
            folder,
            every=every,
        )
        for count, every in MANY.items()
    ]
