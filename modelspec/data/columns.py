"""The feature columns: which they are, and their cells read as what the spec says they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from modelspec.data.numbers import LARGEST, Numbers, why_not
from modelspec.data.problems import Problems
from modelspec.data.table import Table, listed
from modelspec.spec.data import CategoryFeature, Data, Feature, NumberFeature
from modelspec.spec.scalar import show

Column: TypeAlias = "NDArray[np.float64] | NDArray[np.object_]"
"""Shape (rows,). Number: float64, NaN where missing. Category: objects, `str` or None."""

MOST_INFERRED = 100
"""A column of text with more distinct values is no category unless the spec says so."""

MOST_VALUES = 1000
"""A category without a list of values has no more than these: each is a column of the network."""

_EXACT = 2.0**53


def features_of(table: Table, data: Data, problems: Problems) -> dict[str, Feature]:
    """The features, in the order of the file's columns.

    The order of `data.features` means nothing, so that reordering it changes nothing.
    """
    taken = {data.target.column, *data.ignore}
    if data.features is None:
        names = [name for name in table.names if name not in taken]
        if not names:
            problems.in_spec(("data",), "no column is left that could be a feature")
        for name in (name for name in names if name in table.nameless):
            hint = f"name it in the header, or write data.ignore: [{name}]"
            problems.in_header(name, f"{name} has no name", hint)
        return {
            name: feature
            for name in names
            if name not in table.nameless and (feature := _inferred(table, name, problems))
        }
    unused = [
        name
        for name in table.names
        if name not in taken and name not in data.features and name != data.split.key
    ]
    if unused:
        problems.warn(
            ("data", "features"),
            f"not used, because `features` does not name them: {listed(unused)}",
            "add them to features, or to ignore",
        )
    return {name: data.features[name] for name in table.names if name in data.features}


def _inferred(table: Table, name: str, problems: Problems) -> Feature | None:
    """A number if every cell that is not empty is one, else a category.

    A few texts among numbers are more likely a mistake than a category, and are reported.
    """
    cells = table.cells(name)
    found = table.numbers(name)
    filled = int((~found.empty).sum())
    if not filled:
        problems.in_header(name, f"column {show(name)} is empty in every row", "add it to ignore")
        return None
    if not found.wrong.any():
        return NumberFeature(type="number")
    if 2 * int(found.wrong.sum()) < filled:
        text = str(cells[int(np.argmax(found.wrong))])
        problems.in_cells(
            name,
            found.wrong,
            f"most cells of {show(name)} are numbers, and this one is {show(text)}",
            f"{why_not(text, 'say in data.features what an empty cell becomes')}",
        )
        return None
    distinct = cells.filter(cells != "").n_unique()
    if distinct > MOST_INFERRED or (distinct == filled and filled > 1):
        many = "all different" if distinct == filled else f"{distinct} different ones"
        problems.in_header(
            name,
            f"column {show(name)} holds texts, {many}: too many for a category by itself",
            "add it to ignore, or list all features and make it a category there",
        )
        return None
    return CategoryFeature(type="category")


def read_columns(
    table: Table, features: Mapping[str, Feature], problems: Problems, *, inferred: bool
) -> dict[str, Column]:
    """The cells of every feature, checked against what the spec says of it.

    Args:
        table: the file.
        features: names and what they are.
        problems: gets every cell that is wrong.
        inferred: whether `features` was left out of the spec.
    """
    return {
        name: (
            _numbers(table, name, feature, problems, inferred=inferred)
            if isinstance(feature, NumberFeature)
            else _texts(table, name, feature, problems, inferred=inferred)
        )
        for name, feature in features.items()
    }


def _numbers(
    table: Table, name: str, feature: NumberFeature, problems: Problems, *, inferred: bool
) -> NDArray[np.float64]:
    found = table.numbers(name)
    policies = ("mean", "0") if feature.pii else ("median", "mean", "0")
    missing = f"write {name}: {{type: number, missing: {policies[0]}}}"
    check_numbers(table, name, found, problems, missing, quoted=not feature.pii)
    _bounds(table, name, feature, found.values, problems)
    rounded = int((np.abs(found.values) > _EXACT).sum())
    if rounded:
        problems.warn(
            ("data", "features", name),
            f"{rounded} cells of {show(name)} are beyond 2^53 and lose digits",
            "if it is an identifier, add it to ignore",
        )
    if feature.missing is None:
        _missing(name, "number", found.empty, policies, problems, inferred=inferred)
    return found.values


def _bounds(
    table: Table,
    name: str,
    feature: NumberFeature,
    values: NDArray[np.float64],
    problems: Problems,
) -> None:
    for bound, sign, word in ((feature.min, -1, "min"), (feature.max, 1, "max")):
        if bound is None:
            continue
        wrong = sign * values > sign * bound
        text = table.cells(name)[int(np.argmax(wrong))]
        found = "outside of its range" if feature.pii else text
        message = f"{show(name)} is {found} here, and its {word} is {bound:g}"
        problems.in_cells(name, wrong, message, f"correct the cell, or {word} in features")


def check_numbers(
    table: Table,
    name: str,
    found: Numbers,
    problems: Problems,
    missing: str,
    *,
    quoted: bool = True,
) -> None:
    """Report cells that are not numbers, or too large ones.

    Args:
        table: the file.
        name: of the column.
        found: what its cells were read as.
        problems: gets them.
        missing: how the spec says what becomes of an empty cell.
        quoted: whether messages may show a cell.
    """
    cells = table.cells(name)
    text = str(cells[int(np.argmax(found.wrong))])
    shown, hint = show(text), why_not(text, missing)
    if not quoted:
        shown, hint = "something else", f"write a number; if the cell means none, {missing}"
    message = f"{show(name)} is a number, and this cell holds {shown}"
    problems.in_cells(name, found.wrong, message, hint)
    shown = show(str(cells[int(np.argmax(found.large))])) if quoted else "too large here"
    message = f"{show(name)} is {shown}, and numbers go up to {LARGEST:.2g} (float32)"
    problems.in_cells(name, found.large, message, "correct the cell")


def _texts(
    table: Table, name: str, feature: CategoryFeature, problems: Problems, *, inferred: bool
) -> NDArray[np.object_]:
    cells = table.cells(name)
    empty = (cells == "").to_numpy()
    texts = np.array(cells.to_list(), dtype=object)
    texts[empty] = None
    path = ("data", "features", name)
    if feature.encoding is not None:
        pass  # any text has a column
    elif feature.values is None:
        distinct = cells.n_unique()
        if distinct > MOST_VALUES:
            problems.in_spec(
                path,
                f"{show(name)} has {distinct} different values, and each would be an input",
                f"at most {MOST_VALUES}: add it to ignore, or list the values that matter",
            )
    else:
        other = ~cells.is_in([*feature.values, ""]).to_numpy()
        if other.any():
            row = int(np.argmax(other))
            problems.warn(
                path,
                f"{int(other.sum())} cells of {show(name)} are not among its values and will be "
                f"encoded as none of them; the first is {show(texts[row])} in line "
                f"{table.line(row)} of {table.file}",
                "add it to values, if it is one",
            )
    if feature.missing is None:
        policies = ("own_category",) if feature.pii else ("most_frequent", "own_category")
        _missing(name, "category", empty, policies, problems, inferred=inferred)
    return texts


def _missing(
    name: str,
    kind: str,
    empty: NDArray[np.bool_],
    policies: tuple[str, ...],
    problems: Problems,
    *,
    inferred: bool,
) -> None:
    """Empty cells need a policy: guessing one would hide holes in the data."""
    written = " or ".join(filter(None, (", ".join(policies[:-1]), policies[-1])))
    hint = f"write {name}: {{type: {kind}, missing: {policies[0]}}} in data.features ({written})"
    if inferred:
        hint += "; features are then listed completely"
    message = f"{show(name)} is empty here, and the spec does not say what an empty cell becomes"
    problems.in_cells(name, empty, message, hint)
