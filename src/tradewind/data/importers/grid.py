"""Counting prices that lie between two ticks: the sign of a wrong instrument, or of a made-up price."""

from collections import Counter
from functools import partial

import polars as pl

from tradewind import money
from tradewind.data.series import BARS, TICKS, Series
from tradewind.errors import BadData, UnknownName
from tradewind.markets.instruments import Profile

_PRICES = {BARS: ("open", "high", "low", "close"), TICKS: ("bid", "ask")}


class Grid:
    """Counts, for each series, its prices that are not on the grid of the profile's tick size."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._between: Counter[Series] = Counter()

    def count(self, series: Series, frame: pl.DataFrame, source: str) -> None:
        """The prices of the frame are counted; one too large to count in ticks is refused."""
        tick_size = self._tick_size(series.symbol)
        if tick_size is not None:
            off = partial(money.ticks_array, tick_size=tick_size)
            try:
                self._between[series] += sum(off(frame[name].to_numpy())[1] for name in _PRICES[series.kind])
            except BadData as error:
                raise BadData(f"{source}, {series.symbol}: {error.message}", error.hint) from error

    def between(self, series: Series) -> int | None:
        """Return how many prices lie between two ticks, or None where the tick size is unknown."""
        return None if self._tick_size(series.symbol) is None else self._between[series]

    def _tick_size(self, symbol: str) -> money.Number | None:
        try:
            return self._profile.instrument(symbol).tick_size
        except UnknownName:
            return None
