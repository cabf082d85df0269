"""TensorFlow Serving's REST interface, as far as one model with one signature has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from .answers import Outputs, answerer, columns
from .contract import SIGNATURE, integer_version
from .exchange import JSON, Exchange, Headers
from .problems import Problem
from .request import LONGEST_NAME, decode, refuse_repeated_keys, transposed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .bundle import Bundle
    from .preprocess import Row

Instances = list[list[Any] | dict[str, Any]]
_DTYPES = {"FP32": "DT_FLOAT", "FP64": "DT_DOUBLE", "BYTES": "DT_STRING"}


class PredictBody(msgspec.Struct, gc=False):
    """What `:predict` is asked with: rows or columns; other keys are passed over."""

    instances: Instances | None = None
    inputs: list[list[Any]] | dict[str, list[Any]] | None = None
    signature_name: str | None = None


class OneFeatureBody(PredictBody, gc=False):
    """The same of a model with one feature, whose rows may be bare values."""

    instances: list[Any] | None = None
    inputs: list[Any] | dict[str, list[Any]] | None = None


class ExamplesBody(msgspec.Struct, gc=False):
    """What `:classify` and `:regress` are asked with; `context` holds for every example."""

    examples: list[dict[str, Any]]
    context: dict[str, Any] = {}
    signature_name: str | None = None


class Predictions(msgspec.Struct, frozen=True, gc=False):
    """Answer to rows."""

    predictions: list[Any]


class TensorFlowServing:
    """The methods of one model, and what it says about itself.

    Attributes:
        methods: what may follow the model's path, each with what answers it.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._about = about = bundle.description
        self._names = [feature.name for feature in about.features]
        described = about.task, about.classes, about.threshold
        self._answer, self._columns = answerer(*described), columns(*described)
        self._encode = msgspec.json.Encoder().encode
        self._bare = len(self._names) == 1
        self._predict_body = msgspec.json.Decoder(OneFeatureBody if self._bare else PredictBody)
        self._examples_body = msgspec.json.Decoder(ExamplesBody)
        other: dict[str, Exchange] = (
            {":regress": self.regress}
            if about.task == "regression"
            else {":classify": self.classify}
        )
        self.methods: dict[str, Exchange] = {":predict": self.predict, **other}

    def predict(self, body: bytes, _headers: Any) -> tuple[Sequence[Row], Any]:
        """Reads `{"instances": [...]}` or `{"inputs": {...}}`.

        Raises:
            Problem: 400.
        """
        found = decode(self._predict_body, body)
        if self._bare:
            found.instances, found.inputs = _rows(found.instances), _rows(found.inputs)
        rows = found.instances
        if rows is None or found.inputs is not None or found.signature_name is not None:
            return self._predict_otherwise(found, body)
        if not rows:
            raise Problem(400, "instances must hold at least one row")
        refuse_repeated_keys(body, 1 + sum(len(row) for row in rows if isinstance(row, dict)))
        return rows, self._write_rows

    def _predict_otherwise(self, found: PredictBody, body: bytes) -> tuple[Sequence[Row], Any]:
        _check_signature(found.signature_name)
        if (found.instances is None) == (found.inputs is None):
            raise Problem(400, "the body must hold either instances or inputs")
        rows: Sequence[Row]
        if isinstance(found.inputs, dict):
            flat = {name: _flat(cells) for name, cells in found.inputs.items()}
            rows = transposed(flat, self._names)
        else:
            rows = found.inputs or found.instances or []
        if not rows:
            raise Problem(400, "the body must hold at least one row")
        refuse_repeated_keys(body, 0)
        return rows, self._write_rows if found.inputs is None else self._write_columns

    def _write_rows(self, outputs: Outputs) -> tuple[bytes, Headers]:
        return self._encode(Predictions(self._answer(outputs))), JSON

    def _write_columns(self, outputs: Outputs) -> tuple[bytes, Headers]:
        found: Any = {column.name: column.values(outputs) for column in self._columns}
        if len(found) == 1:  # then it stands without its name
            (found,) = found.values()
        return self._encode({"outputs": found}), JSON

    def _examples(self, body: bytes) -> Sequence[Row]:
        found = decode(self._examples_body, body)
        _check_signature(found.signature_name)
        if not found.examples:
            raise Problem(400, "examples must hold at least one row")
        refuse_repeated_keys(body, 1 + sum(map(len, found.examples)))
        if found.context:
            _refuse_cells_in_both(found.context, found.examples)
            return [found.context | example for example in found.examples]
        return found.examples

    def classify(self, body: bytes, _headers: Any) -> tuple[Sequence[Row], Any]:
        """Reads `{"examples": [...]}`; answered with a label and a score for each class.

        Raises:
            Problem: 400.
        """
        return self._examples(body), self._write_classes

    def _write_classes(self, outputs: Outputs) -> tuple[bytes, Headers]:
        classes = self._about.classes
        if self._about.task == "binary_classification":
            outputs = [[1.0 - row[0], row[0]] for row in outputs]
        results = [list(zip(classes, row, strict=True)) for row in outputs]
        return self._encode({"results": results}), JSON

    def regress(self, body: bytes, _headers: Any) -> tuple[Sequence[Row], Any]:
        """Reads `{"examples": [...]}`; answered with a number for each.

        Raises:
            Problem: 400.
        """
        return self._examples(body), self._write_numbers

    def _write_numbers(self, outputs: Outputs) -> tuple[bytes, Headers]:
        return self._encode({"results": [row[0] for row in outputs]}), JSON

    def status(self, *, ready: bool) -> dict[str, Any]:
        """Whether the version answers, in TensorFlow Serving's words."""
        version = str(integer_version(self._about.version))
        state = "AVAILABLE" if ready else "UNLOADING"
        status = {"error_code": "OK", "error_message": ""}
        return {"model_version_status": [{"version": version, "state": state, "status": status}]}

    def metadata(self) -> bytes:
        """The signature: features in, columns out, both with the number of rows first."""
        about = self._about
        inputs = {
            feature.name: _tensor(feature.name, "BYTES" if hasattr(feature, "values") else "FP64")
            for feature in about.features
        }
        outputs = {c.name: _tensor(c.name, c.datatype, c.shape) for c in self._columns}
        signature = {
            "inputs": inputs,
            "outputs": outputs,
            "method_name": "tensorflow/serving/predict",
        }
        version = str(integer_version(about.version))
        return self._encode(
            {
                "model_spec": {"name": about.name, "signature_name": "", "version": version},
                "metadata": {"signature_def": {"signature_def": {SIGNATURE: signature}}},
            }
        )


def _tensor(name: str, datatype: str, shape: tuple[int, ...] = ()) -> dict[str, Any]:
    sizes = [{"size": str(size), "name": ""} for size in (-1, *shape)]
    return {
        "dtype": _DTYPES[datatype],
        "tensor_shape": {"dim": sizes, "unknown_rank": False},
        "name": f"{name}:0",
    }


def _flat(cells: list[Any]) -> list[Any]:
    """A column (n, 1) as (n): clients write both."""
    if all(isinstance(cell, list) and len(cell) == 1 for cell in cells):
        return [cell[0] for cell in cells]
    return cells


def _rows(values: Any) -> Any:
    """Bare values as rows; all else as it is."""
    if not isinstance(values, list):
        return values
    return [value if isinstance(value, list | dict) else [value] for value in values]


def _refuse_cells_in_both(context: dict[str, Any], examples: list[dict[str, Any]]) -> None:
    """Which of two should hold, nobody could tell; TensorFlow Serving forbids it too."""
    for index, example in enumerate(examples):
        for name in context.keys() & example.keys():
            shown = name[:LONGEST_NAME]
            detail = f"instance {index}: {shown}: is in the context already"
            raise Problem(400, detail, index=index, feature=shown)


def _check_signature(name: str | None) -> None:
    if name not in (None, "", SIGNATURE):
        raise Problem(400, f"signature_name must be {SIGNATURE}, the only one there is")
