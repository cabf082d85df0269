"""A model that answers: the bytes of a request in, the bytes of an answer out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from .answers import NotFiniteError, answerer
from .predictor import Predictor
from .preprocess import InvalidInstance, Preprocessor
from .problems import Problem
from .request import instances

if TYPE_CHECKING:
    from .bundle import Bundle


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What a prediction is answered with."""

    predictions: list[Any]


class Model:
    """A checked model folder, ready to answer.

    Attributes:
        name: of the model, as in its routes.
        nan_outputs: rows so far to which the network gave no finite answer.

    Raises:
        BundleError: the model file does not fit the contract beside it.
    """

    def __init__(self, bundle: Bundle) -> None:
        description = bundle.description
        self.name = description.name
        self.nan_outputs = 0
        self._preprocessor = Preprocessor(bundle.features)
        self._predictor = Predictor(bundle.model, self._preprocessor.width, description.units)
        self._answer = answerer(description.task, description.classes, description.threshold)
        self._encode = msgspec.json.Encoder().encode

    def predict(self, body: bytes) -> tuple[bytes, int]:
        """Answers `{"instances": [...]}` with `{"predictions": [...]}` and how many there are.

        Raises:
            Problem: 400 if the request is at fault, 500 if the network gave no finite answer.
        """
        rows = instances(body)
        try:
            encoded = self._preprocessor.rows(rows)
            predictions = self._answer(self._predictor.predict(encoded).tolist())
        except InvalidInstance as error:
            raise Problem(400, str(error), index=error.index, feature=error.feature) from None
        except NotFiniteError as error:
            self.nan_outputs += error.rows
            raise Problem(500, "the model has no finite answer to this request") from None
        return self._encode(Answer(predictions)), len(rows)


def description(bundle: Bundle) -> bytes:
    """What a caller may know about the model: the body of `GET /v1/models/<name>`."""
    model = bundle.description
    return msgspec.json.encode(
        {
            "name": model.name,
            "version": model.version,
            "ready": True,
            "state": "AVAILABLE",
            "task": model.task,
            "runtime": model.runtime,
            "model_digest": model.model_digest,
            "commit": model.commit,
            "inputs": [_input(feature) for feature in bundle.features],
            "classes": model.classes,
            "threshold": model.threshold,
        }
    )


def _input(feature: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": feature["name"], "type": feature["type"]}
    if feature["type"] == "number":
        bounds = {key: feature[key] for key in ("min", "max") if feature[key] is not None}
        return {**shown, "optional": feature["fill"] is not None, **bounds}
    return {**shown, "optional": feature["missing"] != "error", "values": feature["values"]}
