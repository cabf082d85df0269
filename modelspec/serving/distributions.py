"""What was asked and what was answered, bin by bin, beside the same of the reference.

Rows are set aside and counted 256 at once, and whenever somebody looks: none is ever left out.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from .contract import (
    FEATURE_BIN_REFERENCE,
    FEATURE_BIN_ROWS,
    IMPUTED_VALUES,
    LABEL_BIN,
    LABEL_FEATURE,
    LABEL_VERSION,
    PREDICTION_BIN_REFERENCE,
    PREDICTION_BIN_ROWS,
    UNSEEN_CATEGORIES,
)
from .series import Series
from .tally import FeatureTally, OutputTally

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .bundle import Bundle
    from .features import Category, Number
    from .tally import Floats

BLOCK_ROWS = 256


class Distributions:
    """Counts rows that were answered.

    Args:
        bundle: has the reference.
        features: those of the encoded rows.
    """

    def __init__(self, bundle: Bundle, features: Sequence[Number | Category]) -> None:
        reference, version = bundle.reference, bundle.description.version
        self._features = FeatureTally(features, reference.features)
        self._outputs = OutputTally(reference.predictions)
        width = sum(feature.width for feature in features)
        self._waiting_rows = np.empty((BLOCK_ROWS, width), np.float32)
        self._waiting_outputs = np.empty((BLOCK_ROWS, bundle.description.units), np.float32)
        self._waiting = 0
        known = [(f, reference.features[f.name]) for f in features if f.name in reference.features]
        bins = [(version, f.name, label) for f, b in known for label in b.labels]
        outputs = [(version, label) for label in reference.predictions.labels]
        # Where unseen and missing cells stand among the counts of all features.
        self._unseen, self._optional = [], []
        at = 0
        for feature, of_feature in known:
            if feature.unseen:
                self._unseen.append((feature.name, at + of_feature.plain))
            at += len(of_feature.labels)
            if feature.optional:
                self._optional.append((feature.name, at - 1))
        self._series = (
            _counter(FEATURE_BIN_ROWS, "Rows answered, by bin of a feature.", _BY_FEATURE, bins),
            _counter(PREDICTION_BIN_ROWS, "Rows answered, by bin of the answer.", _BY_BIN, outputs),
            _counter(
                UNSEEN_CATEGORIES,
                "Cells answered whose category is not among those of the model.",
                (LABEL_FEATURE,),
                [(name,) for name, _ in self._unseen],
            ),
            _counter(
                IMPUTED_VALUES,
                "Missing cells answered: filled, or a category of their own.",
                (LABEL_FEATURE,),
                [(name,) for name, _ in self._optional],
            ),
        )
        shares = [share for _, b in known for share in b.shares]
        self._constant = _gauge(
            FEATURE_BIN_REFERENCE, "Share of the training rows in a bin.", _BY_FEATURE, bins
        ).text(shares) + _gauge(
            PREDICTION_BIN_REFERENCE,
            "Share of the validation and test rows whose answer is in a bin.",
            _BY_BIN,
            outputs,
        ).text(reference.predictions.shares)

    def observe(self, encoded: Floats, outputs: Floats, imputed: Sequence[int]) -> None:
        """Counts rows that were answered, sooner or later.

        Args:
            encoded: (n, width).
            outputs: (n, units).
            imputed: position of the feature of each cell that was missing and filled.
        """
        if imputed:
            self._features.impute(imputed)
        begin, end = self._waiting, self._waiting + len(encoded)
        if end > BLOCK_ROWS:
            self._features.add(encoded)
            self._outputs.add(outputs)
            return
        self._waiting_rows[begin:end] = encoded
        self._waiting_outputs[begin:end] = outputs
        self._waiting = end
        if end == BLOCK_ROWS:
            self._count()

    def _count(self) -> None:
        if self._waiting:
            self._features.add(self._waiting_rows[: self._waiting])
            self._outputs.add(self._waiting_outputs[: self._waiting])
            self._waiting = 0

    def exposition(self) -> str:
        """All series in the text format of Prometheus."""
        self._count()
        counts = list(chain.from_iterable(c.tolist() for c in self._features.counts()))
        values = (
            counts,
            self._outputs.counts().tolist(),
            [counts[at] for _, at in self._unseen],
            [counts[at] for _, at in self._optional],
        )
        texts = (series.text(of) for series, of in zip(self._series, values, strict=True))
        return "".join(texts) + self._constant


_BY_FEATURE = (LABEL_VERSION, LABEL_FEATURE, LABEL_BIN)
_BY_BIN = (LABEL_VERSION, LABEL_BIN)


def _counter(
    name: str, about: str, labels: Sequence[str], values: Iterable[Sequence[str]]
) -> Series:
    return _series(CounterMetricFamily(name, about, labels=labels), values)


def _gauge(name: str, about: str, labels: Sequence[str], values: Iterable[Sequence[str]]) -> Series:
    return _series(GaugeMetricFamily(name, about, labels=labels), values)


def _series(
    family: CounterMetricFamily | GaugeMetricFamily, values: Iterable[Sequence[str]]
) -> Series:
    for of_sample in values:
        family.add_metric(of_sample, 0)
    return Series(family)
