"""What a model said about rows whose answers are known."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelspec.diagnostics import ModelRejected
from modelspec.spec.model import Task

Truth = NDArray[np.float64] | NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Predicted:
    """Predictions beside the truth.

    Attributes:
        task: what was predicted.
        classes: their names in the order of outputs, binary (negative, positive); none for
            regression.
        truth: shape (rows,). Regression: numbers, else indexes into `classes`.
        scores: binary: probabilities of the positive class, shape (rows,); multiclass:
            probabilities, shape (rows, classes), each row sums to 1; regression: numbers in
            units of the target, shape (rows,).
        labels: indexes into `classes` as answered, shape (rows,); empty for regression.
    """

    task: Task
    classes: tuple[str, ...]
    truth: Truth
    scores: NDArray[np.float64]
    labels: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        task: Task,
        classes: tuple[str, ...],
        truth: ArrayLike,
        predictions: ArrayLike,
        threshold: float | None = None,
    ) -> Predicted:
        """Put the output of a network beside the truth.

        Args:
            task: what was predicted.
            classes: as above.
            truth: as above.
            predictions: the network's output, of shape (rows,), (rows, 1) or (rows, classes).
            threshold: binary: probability from which the answer is the positive class, in
                (0, 1); left out: 0.5. A probability equal to it is positive.

        Raises:
            ModelRejected: if a prediction is not finite.
            ValueError: if shapes do not fit each other.
        """
        regression = task == "regression"
        known: Truth = np.asarray(truth, np.float64) if regression else np.asarray(truth, np.int64)
        scores = np.asarray(predictions, np.float64)
        if task != "multiclass_classification" and scores.shape == (known.size, 1):
            scores = scores[:, 0]
        width = (len(classes),) if task == "multiclass_classification" else ()
        if scores.shape != (known.size, *width):
            raise ValueError(f"predictions of shape {scores.shape} for {known.size} rows")
        if not np.isfinite(scores).all():
            raise ModelRejected(
                f"{int((~np.isfinite(scores)).sum())} predictions are not finite numbers"
            )
        if regression:
            return cls(task, classes, known, scores, np.empty(0, np.int64))
        if width:
            # float32 outputs of a softmax miss a sum of 1 by about 1e-7.
            scores = scores / scores.sum(axis=1, keepdims=True)
            return cls(task, classes, known, scores, scores.argmax(axis=1))
        cut = 0.5 if threshold is None else threshold
        return cls(task, classes, known, scores, (scores >= cut).astype(np.int64))

    @property
    def rows(self) -> int:
        """How many there are."""
        return int(self.truth.size)

    def take(self, rows: NDArray[np.bool_]) -> Predicted:
        """Some of the rows, by a mask of shape (rows,)."""
        labels = self.labels[rows] if self.labels.size else self.labels
        return replace(self, truth=self.truth[rows], scores=self.scores[rows], labels=labels)

    def one_against_rest(self, number: int) -> Predicted:
        """The same rows as a binary question: is it this class?"""
        if self.scores.ndim == 2:
            scores = self.scores[:, number]
        else:
            scores = self.scores if number else 1.0 - self.scores
        return Predicted(
            "binary_classification",
            (f"not {self.classes[number]}", self.classes[number]),
            (self.truth == number).astype(np.int64),
            scores,
            (self.labels == number).astype(np.int64),
        )
