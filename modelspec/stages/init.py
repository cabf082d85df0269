"""Write a first `model.yaml` for a table of data."""

from __future__ import annotations

import json
import re
from pathlib import Path

from modelspec.adapters.files import replace_file
from modelspec.data.dataset import prepare
from modelspec.data.suggest import Suggestion, suggest
from modelspec.data.table import read_table
from modelspec.diagnostics import InputError, WorldError
from modelspec.spec.load import load

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_. ()-]*")
_WORDS = {"yes", "no", "true", "false", "null", "on", "off", "y", "n"}
_GATES = {
    "binary_classification": "roc_auc > baseline",
    "multiclass_classification": "accuracy > baseline",
    "regression": "rmse < baseline",
}
# Few rows can leave a class out of a small side.
_SPLITS = ("", "{validation: 20%}", "{validation: 20%, seed: 1}", "{validation: 20%, seed: 2}")


def init(data: Path, target: str | None, name: str | None) -> Path:
    """Write `model.yaml` beside a CSV file; returns its path.

    Raises:
        InputError: if the file is not a table, or has no such column.
        WorldError: if a `model.yaml` is there already, or the file is not.
    """
    path = data.parent / "model.yaml"
    if path.exists():
        raise WorldError(f"{path} exists already: remove it, or edit it")
    if ":/" in str(data):
        raise WorldError(
            "init reads a file of this machine: download it; data.source may then be its URL"
        )
    if not data.is_file():
        raise WorldError(f"there is no file {data}")
    content = data.read_bytes()
    table = read_table(content, str(data))
    if target is not None and target not in table.names:
        raise InputError(f"{data} has no column {target}; {table.near(target)}".rstrip("; "))
    if len(table.names) == 1:
        raise InputError(
            table.diagnostic(
                "there is only one column: nothing is left to predict it from",
                table.header(table.names[0]),
                "save the file with commas between the fields",
            )
        )
    found = suggest(table, target)
    texts = [write(found, data.name, name or _name(data), split) for split in _SPLITS]
    load(texts[0].encode(), str(path))
    text = next((t for t in texts if _divides(content, data.name, t)), texts[0])
    replace_file(path, text.encode())
    return path


def _divides(content: bytes, file: str, text: str) -> bool:
    """Whether a spec's split of the rows leaves every class on every side."""
    try:
        prepare(content, file, load(text.encode(), file).spec)
    except InputError:
        return False
    return True


def write(found: Suggestion, source: str, name: str, split: str = "") -> str:
    """The text of a spec, with a comment where a person should look.

    Args:
        found: what the table's columns are taken for.
        source: the table, relative to the spec.
        name: of the model.
        split: how rows are divided; empty: as the language has it.
    """
    lines = [
        "apiVersion: modelspec/v1",
        "kind: Model",
        "metadata:",
        f"  name: {name}",
        f"task: {found.task}",
        "data:",
        f"  source: {_yaml(source)}",
    ]
    if found.positive is None:
        lines.append(f"  target: {_yaml(found.target)}")
    else:
        positive = f"{{column: {_yaml(found.target)}, positive: {_yaml(found.positive)}}}"
        lines.append(f"  target: {positive}   # metrics are about this class")
    if split:
        lines.append(f"  split: {split}   # so that every class is on every side")
    if found.ignore:
        lines.append("  ignore:")
        lines += [f"    - {_yaml(n)}   # {reason}" for n, reason in found.ignore.items()]
    lines.append("  features:")
    for feature, (kind, policy) in found.features.items():
        value = f"{{type: {kind}, missing: {policy}}}" if policy else kind
        lines.append(f"    {_yaml(feature)}: {value}")
    lines += [
        "model:",
        "  type: mlp",
        "evaluate:",
        "  gates:",
        f"    - {_GATES[found.task]}   # must hold before a release; ask for more",
        "",
    ]
    return "\n".join(lines)


def _yaml(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS and text == text.strip():
        return text
    return json.dumps(text, ensure_ascii=False)


def _name(data: Path) -> str:
    """A name for the model: of the file, or of its folder if the file is just called data."""
    stem = data.resolve().parent.name if data.stem.lower() in ("data", "train") else data.stem
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:40].strip("-") or "model"
