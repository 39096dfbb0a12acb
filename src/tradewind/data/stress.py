"""How much wider than usual a spread is in the first minutes after a release, where nobody recorded it.

A median of the minute of the week, or a typical figure, is that of quiet days; right after a release spreads are some
times as wide (domain 4.3: the instrument's news multiple). A bar has one spread, that of its open: so bars are
widened that open in the stretch. What was recorded, as an ask or with the bar, is left as it is. Measured figures are
in decision 0010.
"""

from collections.abc import Sequence

import numpy as np

from tradewind.data.spread import Floats, Integers


class NewsStress:
    """The factor of the spread at each instant: `multiple` in the stretches [opens, closes), 1 elsewhere."""

    def __init__(self, stretches: Sequence[tuple[int, int]], multiple: float) -> None:
        self._opens: Integers = np.array([opens for opens, _ in stretches], dtype=np.int64)
        closes: Integers = np.array([closes for _, closes in stretches], dtype=np.int64)
        self._closes = np.maximum.accumulate(closes) if len(closes) else closes
        self._multiple = multiple

    def __call__(self, ts: Integers) -> Floats:
        """Return the factor at each instant; the stretches are sorted by their openings."""
        factor = np.ones(len(ts))
        if len(self._opens):
            places = np.searchsorted(self._opens, ts, side="right") - 1
            factor[(places >= 0) & (ts < self._closes[places])] = self._multiple
        return factor
