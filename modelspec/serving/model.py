"""The core that every protocol shares: raw rows in, finite outputs of the network out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from .answers import NotFiniteError, Outputs, finite
from .contract import MAX_ROWS
from .distributions import Distributions
from .predictor import Predictor
from .preprocess import InvalidInstance, Preprocessor, Row
from .problems import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .bundle import Bundle
    from .preprocess import Floats


class Computed(NamedTuple):
    """Rows as the network saw them, and its outputs, as `Distributions.observe` takes them."""

    encoded: Floats
    outputs: Floats
    imputed: list[int]


class Model:
    """A checked model folder, ready to answer.

    Attributes:
        turn_rows: the most rows that should be run without a break for others.
        nan_outputs: rows so far to which the network gave no finite answer.
        distributions: of rows that were answered.

    Raises:
        BundleError: the model file does not fit the contract beside it.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.nan_outputs = 0
        self._preprocessor = Preprocessor(bundle.features)
        self.distributions = Distributions(bundle, self._preprocessor.features)
        about, width = bundle.description, self._preprocessor.width
        self._predictor = Predictor(about.runtime, bundle.model, width, about.units)
        self.turn_rows = self._predictor.turn_rows

    def outputs(self, rows: Sequence[Row]) -> Outputs:
        """The network's outputs (n, units) to n >= 1 rows, all of them finite.

        Args:
            rows: raw cells, as `Preprocessor.rows` takes them.

        Raises:
            Problem: 400 if a row is at fault, 500 if the network gave no finite answer.
        """
        found, computed = self._compute(rows, 0)
        self.distributions.observe(*computed)
        return found

    def _compute(self, rows: Sequence[Row], first: int) -> tuple[Outputs, Computed]:
        imputed: list[int] = []
        try:
            encoded = self._preprocessor.rows(rows, imputed)
            outputs = self._predictor.predict(encoded)
            return finite(outputs.tolist()), Computed(encoded, outputs, imputed)
        except InvalidInstance as error:
            raise _invalid(error, first) from None
        except NotFiniteError as error:
            self.nan_outputs += error.rows
            raise Problem(500, "the model has no finite answer to this request") from None

    async def outputs_in_turns(self, rows: Sequence[Row]) -> Outputs:
        """The same for many rows, with a break after each `turn_rows` of them.

        Raises:
            Problem: as `outputs`, and 413 if there are more than MAX_ROWS.
        """
        if len(rows) > MAX_ROWS:
            raise Problem(413, f"a request may have at most {MAX_ROWS} rows")
        found: Outputs = []
        blocks = []
        for start in range(0, len(rows), self.turn_rows):
            await asyncio.sleep(0)
            outputs, computed = self._compute(rows[start : start + self.turn_rows], start)
            found += outputs
            blocks.append(computed)
        # A request counts as a whole: no row of one that is refused was answered.
        for computed in blocks:
            self.distributions.observe(*computed)
        await asyncio.sleep(0)
        return found


def _invalid(error: InvalidInstance, first: int) -> Problem:
    moved = InvalidInstance(first + error.index, error.feature, error.message)
    return Problem(400, str(moved), index=moved.index, feature=moved.feature)
