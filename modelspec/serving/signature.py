"""What the Open Inference Protocol asks and answers of a model, over HTTP and over gRPC.

A request brings one tensor for each feature, (n) or (n, 1), or, to a model that has only
numbers, one tensor `inputs` (n, features) in the order of the features. Numbers are taken as
they are written: the datatype is checked, but rounds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from .answers import Column, Outputs, columns
from .contract import INPUT_TENSOR, integer_version
from .problems import Problem
from .request import transposed

if TYPE_CHECKING:
    from .bundle import Bundle
    from .preprocess import Row

SERVER = "modelspec"
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Described:
    """A tensor as metadata show it; -1 stands for the number of rows."""

    name: str
    datatype: str
    shape: list[int]


class Signature:
    """The tensors of one model.

    Attributes:
        name: of the model.
        version: the integer one, as text.
        platform: what runs the model.
        classes: in the order of the outputs.
        columns: the outputs by name.
    """

    def __init__(self, bundle: Bundle) -> None:
        about = bundle.description
        self.name = about.name
        self.version = str(integer_version(about.version))
        self.platform = f"{SERVER}_{about.runtime}"
        self.classes = about.classes
        found = columns(about.task, about.classes, about.threshold)
        self.columns = {column.name: column for column in found}
        self._texts = {f.name: hasattr(f, "values") for f in about.features}
        self._names = list(self._texts)

    def rows(self, tensors: Sequence[Any], cells: Sequence[list[Any]]) -> Sequence[Row]:
        """The rows of a request, at least one.

        Args:
            tensors: each with its `name`, `datatype` and `shape`.
            cells: the values of each, flat.

        Raises:
            Problem: 400.
        """
        if len(tensors) == 1 and tensors[0].name == INPUT_TENSOR not in self._texts:
            found: Sequence[Row] = self._matrix(list(tensors[0].shape), cells[0])
        else:
            found = self._columns(tensors, cells)
        if not found:
            raise Problem(400, "inputs must hold at least one row")
        return found

    def _columns(self, tensors: Sequence[Any], cells: Sequence[list[Any]]) -> list[Row]:
        by_name: dict[str, list[Any]] = {}
        for tensor, values in zip(tensors, cells, strict=True):
            name = tensor.name
            if name in by_name:
                raise Problem(400, "inputs has two tensors of one name")
            if self._texts.get(name) is not (tensor.datatype == "BYTES"):
                self._refuse_datatype(name)
            _check_shape(name, list(tensor.shape), len(values))
            by_name[name] = values
        return transposed(by_name, self._names)

    def _refuse_datatype(self, name: str) -> None:
        if name in self._texts:
            kind = "BYTES" if self._texts[name] else "a number"
            raise Problem(400, f"{name}: its datatype must be {kind}", feature=name)

    def _matrix(self, shape: list[int], cells: list[Any]) -> list[Row]:
        width = len(self._names)
        if any(self._texts.values()):
            raise Problem(400, "the model has texts among its features: send a tensor for each")
        if len(shape) != 2 or shape[1] != width or shape[0] * width != len(cells):
            raise Problem(400, f"{INPUT_TENSOR} must have the shape [rows, {width}] and fill it")
        return [cells[start : start + width] for start in range(0, len(cells), width)]

    def wanted(self, names: Iterable[str]) -> list[Column]:
        """The outputs that are asked for: all of them if none is named.

        Raises:
            Problem: 400; there is no such output.
        """
        try:
            return [self.columns[name] for name in names] or list(self.columns.values())
        except KeyError:
            raise Problem(400, f"the outputs are {', '.join(self.columns)}") from None

    def inputs(self) -> list[Described]:
        """One tensor for each feature."""
        return [
            Described(name, "BYTES" if text else "FP64", [-1]) for name, text in self._texts.items()
        ]

    def instead_of_inputs(self) -> list[Described]:
        """What may be sent in their place, if anything."""
        if any(self._texts.values()) or INPUT_TENSOR in self._texts:
            return []
        return [Described(INPUT_TENSOR, "FP64", [-1, len(self._names)])]

    def outputs(self) -> list[Described]:
        """One tensor for each column."""
        return [Described(c.name, c.datatype, [-1, *c.shape]) for c in self.columns.values()]


def flat(column: Column, outputs: Outputs) -> list[Any]:
    """The values of a column for all rows, one after the other."""
    values = column.values(outputs)
    return list(chain.from_iterable(values)) if column.shape else values


def _check_shape(name: str, shape: list[int], count: int) -> None:
    if shape not in ([count], [count, 1]):
        shown = name[:_LONGEST_NAME]
        raise Problem(
            400,
            f"{shown}: its shape must be [rows] or [rows, 1], and its data fill it",
            feature=shown,
        )
