"""How far an export may be from Keras."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelspec.spec.model import Task

Floats = NDArray[np.float32]
Answer = Callable[[Floats], Floats]
"""An engine with a model: preprocessed rows (n, width) to answers (n, units)."""

# Engines add in another order, so float32 answers differ by rounding: 1e-7 to 1e-6 was seen on
# networks from 2 to 2,000 units wide. Ten times that is left for wider ones, and a probability
# that moves by 1e-5 still changes no digit that anyone reads.
BASE = 1e-5
_ULPS = 4


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A difference is |a - b| / unit, and at most `limit`."""

    limit: float = BASE
    unit: float = 1.0


def tolerance(task: Task, target_mean: float = 0.0, target_scale: float = 1.0) -> Tolerance:
    """What is allowed: absolute for probabilities, relative to the target's spread else.

    A target far from zero cannot be told more exactly than float32 holds it: a few units in
    the last place of its mean are allowed as well.
    """
    if task != "regression":
        return Tolerance()
    rounding = _ULPS * float(np.finfo(np.float32).eps) * abs(target_mean) / target_scale
    return Tolerance(BASE + rounding, target_scale)


def differences(answers: Floats, expected: Floats, allowed: Tolerance) -> NDArray[np.float64]:
    """The largest difference in each row, (n,); infinite where an answer is NaN."""
    far = np.abs(answers.astype(np.float64) - expected.astype(np.float64)) / allowed.unit
    rows: NDArray[np.float64] = np.where(np.isnan(far), np.inf, far).max(axis=1)
    return rows
