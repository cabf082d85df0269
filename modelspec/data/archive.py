"""A data set on disk, and its digest.

On disk: `schema.json` (the schema, and the vocabulary of each category) and `rows.npz` (arrays;
categories as indexes into their vocabulary, -1 where missing; nothing that needs pickle).

The digest is SHA-256 over a sequence of byte strings, each behind its length as 8 bytes,
big-endian: the name of this format; the schema as canonical JSON; the sides, a byte a row; the
target, 8 bytes a row (regression: as `modelspec.data.encoding` writes numbers; else the index of
the class, big-endian); then for each feature, in the order of the schema, its cells, written as
in `modelspec.data.encoding`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from modelspec.data.columns import Column
from modelspec.data.encoding import number_bytes, texts_bytes
from modelspec.plan.digest import canonical
from modelspec.plan.records import Schema

Parts: TypeAlias = (
    "tuple[Schema, dict[str, Column], NDArray[np.float64] | NDArray[np.int64], NDArray[np.uint8]]"
)

_FORMAT = b"modelspec dataset 1"


def digest(
    schema: Schema,
    columns: Mapping[str, Column],
    target: NDArray[np.float64] | NDArray[np.int64],
    side: NDArray[np.uint8],
) -> str:
    """`sha256:<hex>` of the encoding above."""
    state = hashlib.sha256()
    for part in _parts(schema, columns, target, side):
        state.update(len(part).to_bytes(8, "big"))
        state.update(part)
    return "sha256:" + state.hexdigest()


def _parts(
    schema: Schema,
    columns: Mapping[str, Column],
    target: NDArray[np.float64] | NDArray[np.int64],
    side: NDArray[np.uint8],
) -> Iterator[bytes]:
    yield _FORMAT
    yield canonical(schema.model_dump(mode="json")).encode()
    yield side.tobytes()
    yield _target_bytes(target)
    for feature in schema.features:
        column = columns[feature.name]
        if feature.type == "number":
            yield number_bytes(column.astype(np.float64))
        else:
            yield b"".join(texts_bytes(column))


def _target_bytes(target: NDArray[np.float64] | NDArray[np.int64]) -> bytes:
    if target.dtype == np.float64:
        return number_bytes(target.astype(np.float64))
    return target.astype(">i8").tobytes()


def save(
    folder: Path,
    schema: Schema,
    columns: Mapping[str, Column],
    target: NDArray[np.float64] | NDArray[np.int64],
    side: NDArray[np.uint8],
) -> None:
    """Write both files into an existing folder; equal data gives equal bytes."""
    arrays: dict[str, NDArray[np.generic]] = {"side": side, "target": target}
    vocabularies: list[list[str]] = []
    for number, feature in enumerate(schema.features):
        arrays[f"feature_{number}"], vocabulary = _codes(columns[feature.name])
        vocabularies.append(vocabulary)
    text = {"schema": schema.model_dump(mode="json"), "vocabularies": vocabularies}
    (folder / "schema.json").write_text(
        json.dumps(text, sort_keys=True, indent=1, allow_nan=False) + "\n", encoding="ascii"
    )
    # The entries of the archive carry no time: NumPy writes 1980-01-01 for all of them.
    with (folder / "rows.npz").open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _codes(column: Column) -> tuple[NDArray[np.generic], list[str]]:
    """Texts as indexes into their sorted vocabulary; numbers as they are."""
    if column.dtype == np.float64:
        return column, []
    vocabulary = sorted({text for text in column if text is not None})
    index = {text: code for code, text in enumerate(vocabulary)}
    return np.array([index.get(text, -1) for text in column], dtype=np.int32), vocabulary


def load(folder: Path) -> Parts:
    """Read what `save` wrote."""
    text = json.loads((folder / "schema.json").read_text(encoding="ascii"))
    schema = Schema.model_validate(text["schema"])
    columns: dict[str, Column] = {}
    with np.load(folder / "rows.npz", allow_pickle=False) as arrays:
        for number, feature in enumerate(schema.features):
            column = arrays[f"feature_{number}"]
            if feature.type == "category":
                vocabulary = np.array([*text["vocabularies"][number], None], dtype=object)
                column = vocabulary[column]
            columns[feature.name] = column
        return schema, columns, arrays["target"], arrays["side"]
