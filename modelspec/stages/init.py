"""Write a first `model.yaml` for a table of data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from modelspec.adapters.files import replace_file
from modelspec.data.dataset import prepare
from modelspec.data.dialect import guess
from modelspec.data.suggest import BUCKETS, Guess, Suggestion, suggestions
from modelspec.diagnostics import Diagnostic, InputError, WorldError
from modelspec.spec.characters import HIDDEN_CHARACTERS
from modelspec.spec.load import load
from modelspec.stages import schema

if TYPE_CHECKING:
    from modelspec.data.table import Table
    from modelspec.spec.data import Csv

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_. ()-]*")
_WORDS = {"yes", "no", "true", "false", "null", "on", "off", "y", "n"}
_HIDDEN = re.compile(HIDDEN_CHARACTERS)
# Metrics that are defined whatever the model predicts, and a bound that holds unless it is broken:
# what is good enough, only a person knows.
_EVALUATE = {
    "binary_classification": ("accuracy, recall, roc_auc", "roc_auc >= 0.5 * baseline"),
    "multiclass_classification": ("accuracy, recall_macro, log_loss", "accuracy >= 0.5 * baseline"),
    "regression": ("rmse, mae", "rmse <= 2 * baseline"),
}
# Few rows can leave a class out of a small side.
_SPLITS = ("", "validation: 20%", "validation: 20%, seed: 1", "validation: 20%, seed: 2")
_MOST_TRIED = 40


def init(data: Path, target: str | None, name: str | None) -> tuple[Path, Sequence[Diagnostic]]:
    """Write `model.yaml` beside a CSV file.

    Returns:
        Its path, and what is wrong with the data in the way of training on them.

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
    table, csv = guess(content, str(data))
    _require_columns(table, target)
    head = schema.line(schema.put(data.parent), data.parent)
    first: tuple[str, Sequence[Diagnostic]] | None = None
    for text in islice(_texts(table, csv, data, target, name, head), _MOST_TRIED):
        wrong = _wrong(content, data.name, text)
        first = first or (text, wrong)
        if not wrong:
            first = text, ()
            break
    if first is None:
        raise InputError(
            table.diagnostic(
                "no column could be the target: it has several values, and no empty cells",
                table.header(table.names[0]),
                "remove the rows without an answer, and name its column: --target",
            )
        )
    load(first[0].encode(), str(path))
    replace_file(path, first[0].encode())
    return path, first[1]


def _require_columns(table: Table, target: str | None) -> None:
    if target is not None and target not in table.names:
        raise InputError(f"{table.file} has no column {target}; {table.near(target)}".rstrip("; "))
    if len(table.names) == 1:
        raise InputError(
            table.diagnostic(
                "there is only one column: nothing is left to predict it from",
                table.header(table.names[0]),
                "save the file with commas, semicolons, tabs or | between the fields",
            )
        )


def _texts(
    table: Table, csv: Csv, data: Path, target: str | None, name: str | None, head: str
) -> Iterator[str]:
    """Specs to try, the best first."""
    above = [
        head,
        f"# Written by modelspec init for {table.rows:,} rows of {json.dumps(data.name)[1:-1]}.",
        "# Read it and correct it: what stands behind a # is why.",
    ]
    for found in suggestions(table, target):
        keys = [f"key: {_yaml(found.key)}", ""] if found.key else [""]
        for key in keys:
            for split in _SPLITS:
                parts = ", ".join(filter(None, (key, split)))
                lines = write(found, csv, data.name, name or _name(data), parts)
                yield "\n".join([*above, *lines, ""])


def _wrong(content: bytes, file: str, text: str) -> tuple[Diagnostic, ...]:
    """What keeps a spec from being trained."""
    try:
        prepare(content, file, load(text.encode(), "model.yaml").spec)
    except InputError as error:
        return error.diagnostics
    return ()


def write(found: Suggestion, csv: Csv, source: str, name: str, split: str = "") -> list[str]:
    """The lines of a spec, with a comment where a person should look.

    Args:
        found: what the table's columns are taken for.
        csv: how the table is written.
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
    if written := _csv(csv):
        lines.append(f"  csv: {{{written}}}   # how the file is written")
    if found.positive is None:
        lines.append(f"  target: {_yaml(found.target)}")
    else:
        positive = f"{{column: {_yaml(found.target)}, positive: {_yaml(found.positive)}}}"
        lines.append(f"  target: {positive}   # metrics are about this class")
    if split:
        why = "rows of one stay on one side" if split.startswith("key:") else ""
        why = why or "so that every class is on every side"
        lines.append(f"  split: {{{split}}}   # {why}")
    left_out = {n: g.why for n, g in found.columns.items() if not g.kind and not _hidden(n)}
    if left_out:
        lines.append("  ignore:")
        lines += [f"    - {_yaml(n)}   # {reason}" for n, reason in left_out.items()]
    lines.append("  features:")
    lines += [
        f"    {_yaml(column)}: {_feature(guess)}"
        for column, guess in found.features.items()
        if not _hidden(column)
    ]
    metrics, gate = _EVALUATE[found.task]
    return [
        *lines,
        "model:",
        "  type: mlp",
        "evaluate:",
        f"  metrics: [{metrics}]",
        "  gates:",
        f"    - {gate}   # holds unless the model is broken: ask for more",
    ]


def _csv(csv: Csv) -> str:
    missing = ", ".join(map(_yaml, csv.missing))
    parts = (
        (csv.separator != "comma", f"separator: {csv.separator}"),
        (csv.decimal != "point", f"decimal: {csv.decimal}"),
        (csv.missing, f"missing: [{missing}]"),
    )
    return ", ".join(text for holds, text in parts if holds)


def _feature(guess: Guess) -> str:
    keys = [f"type: {guess.kind}"]
    keys += [f"missing: {guess.missing}"] if guess.missing else []
    keys += [f"encoding: {{hash: {BUCKETS}}}"] if guess.hashed else []
    value = f"{{{', '.join(keys)}}}" if len(keys) > 1 else guess.kind
    return f"{value}   # {guess.why}" if guess.why else value


def _hidden(name: str) -> bool:
    """Whether no spec can name a column: a reviewer would not see what it says."""
    return bool(_HIDDEN.search(name))


def _yaml(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS and text == text.strip():
        return text
    return json.dumps(text, ensure_ascii=False)


def _name(data: Path) -> str:
    """A name for the model: of the file, or of its folder if the file is just called data."""
    stem = data.resolve().parent.name if data.stem.lower() in ("data", "train") else data.stem
    name = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-").lstrip("0123456789-")
    return name[:40].strip("-") or "model"
