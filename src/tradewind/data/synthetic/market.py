"""The synthetic market as frames and in a history: M1 bars of bids and of asks, or ticks.

The two sides are two series, as recorded asks are: the tape then takes the spread of every corner from them, and
learns no medians. The bids also carry the spread at their close, as MetaTrader records it. Rows are made a UTC
month at a time, so memory does not grow with the span, and a month is the same in whatever span it lies.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from tradewind.data.series import BARS, BOTH, SYNTHETIC, TICKS, History, Outcome, Series
from tradewind.data.synthetic.calibration import checked_symbol
from tradewind.data.synthetic.chance import Integers, checked_seed
from tradewind.data.synthetic.days import place_of
from tradewind.data.synthetic.quotes import bars_of, quoted
from tradewind.data.synthetic.ticks import ticks_of
from tradewind.errors import BadData
from tradewind.markets.clock import trading_day
from tradewind.markets.instruments import Instrument
from tradewind.markets.loading import load_profile

SEED = 2025
FIRST, LAST = 1_759_276_800_000_000_000, 1_767_225_600_000_000_000
"""2025-10-01 and 2026-01-01, 00:00 UTC."""

MODEL = "calibrated 1"
"""Changed whenever the same seed gives other prices: two of them must not be mixed in one series."""


class Sides(NamedTuple):
    """M1 bars of both sides, with the same times."""

    bid: pl.DataFrame
    ask: pl.DataFrame


def synthetic_bars(
    instrument: Instrument, first_ns: int = FIRST, last_ns: int = LAST, seed: int = SEED
) -> pl.DataFrame:
    """Return M1 bars of bids that open in [first, last), with the spread at each close; the seed decides all."""
    return pl.concat(sides.bid for sides in synthetic_sides(instrument, first_ns, last_ns, seed))


def synthetic_sides(instrument: Instrument, first_ns: int, last_ns: int, seed: int = SEED) -> Iterator[Sides]:
    """Yield M1 bars of bids and asks that open in [first, last), a UTC month at a time."""
    for begins, ends, days in _months(instrument, first_ns, last_ns, seed):
        bars = bars_of(quoted(instrument, days, seed))
        kept = slice(*np.searchsorted(bars.ts, (begins, ends)).tolist())
        spread = _prices(instrument, bars.ask[3][kept] - bars.bid[3][kept])
        volume = bars.volume[kept].astype(np.float64)
        sides = [
            pl.DataFrame({"ts": _times(bars.ts[kept])} | {
                name: _prices(instrument, column[kept])
                for name, column in zip(("open", "high", "low", "close"), side, strict=True)
            } | {"volume": volume})
            for side in (bars.bid, bars.ask)
        ]  # fmt: skip
        yield Sides(sides[0].with_columns(spread=spread), sides[1])


def synthetic_ticks(instrument: Instrument, first_ns: int, last_ns: int, seed: int = SEED) -> Iterator[pl.DataFrame]:
    """Yield the ticks in [first, last), a UTC month at a time; their M1 bars are those of `synthetic_sides`."""
    for begins, ends, days in _months(instrument, first_ns, last_ns, seed):
        parts = []
        for day in days:
            for ticks in ticks_of(instrument, [day], seed):
                kept = slice(*np.searchsorted(ticks.ts, (begins, ends)).tolist())
                prices = {name: _prices(instrument, getattr(ticks, name)[kept]) for name in ("bid", "ask")}
                parts.append(pl.DataFrame({"ts": _times(ticks.ts[kept])} | prices))
        if parts:
            yield pl.concat(parts)


def write_synthetic(
    history: History,
    symbols: Sequence[str] = ("US30", "XAUUSD", "EURUSD"),
    seed: int = SEED,
    span: tuple[int, int] = (FIRST, LAST),
    *,
    kind: str = BARS,
) -> dict[Series, Outcome]:
    """Store synthetic M1 bars of both sides, or ticks, and return what the writes of each series did.

    Every write of a month is all or nothing. A series has one seed: another one in its place is refused.
    """
    profile = load_profile("metatrader")
    instruments = [profile.instrument(checked_symbol(symbol)) for symbol in symbols]
    wanted = [series for one in instruments for series in _series(one.symbol, kind)]
    provenance = {"file": f"made by tradewind from seed {checked_seed(seed)}", "model": MODEL, "clock": "UTC"}
    for series in wanted:
        _check_unmixed(history, series, provenance)
    written: dict[Series, Outcome] = {}
    for instrument in instruments:
        for frames in _frames(instrument, span, seed, kind):
            for series, frame in zip(_series(instrument.symbol, kind), frames, strict=True):
                outcome = history.write(series, frame, provenance | {"side": series.side})
                written[series] = _added(written.get(series), outcome)
    return written


class _Total(NamedTuple):
    new: int
    changed: int


def _added(before: Outcome | None, outcome: Outcome) -> Outcome:
    if before is None:
        return _Total(outcome.new, outcome.changed)
    return _Total(before.new + outcome.new, before.changed + outcome.changed)


def _series(symbol: str, kind: str) -> list[Series]:
    if kind == TICKS:
        return [Series(symbol, TICKS, 0, SYNTHETIC, BOTH)]
    return [Series(symbol, BARS, 60, SYNTHETIC, side) for side in ("bid", "ask")]


def _frames(instrument: Instrument, span: tuple[int, int], seed: int, kind: str) -> Iterator[Sequence[pl.DataFrame]]:
    if kind == TICKS:
        yield from ([frame] for frame in synthetic_ticks(instrument, *span, seed) if frame.height)
    else:
        yield from (sides for sides in synthetic_sides(instrument, *span, seed) if sides.bid.height)


def _check_unmixed(history: History, series: Series, provenance: Mapping[str, Any]) -> None:
    """Refuse to write into a series that was made from another seed or by another model."""
    for held in history.find(series.symbol, SYNTHETIC, series.side, series.timeframe):
        for source in getattr(held, "sources", ()):
            if any(source.get(name) != provenance[name] for name in ("file", "model")):
                raise BadData(
                    f"The history holds other synthetic prices of {series.symbol} ({source.get('file')}); "
                    "the two do not continue each other.",
                    "Use another --data folder, or remove the old series' folder first.",
                )


def _months(instrument: Instrument, first_ns: int, last_ns: int, seed: int) -> Iterator[tuple[int, int, list[int]]]:
    """Yield the part of each UTC month in [first, last), and the trading dates that touch it."""
    checked_symbol(instrument.symbol)
    checked_seed(seed)
    if last_ns <= first_ns:
        raise BadData("The span of the synthetic market is empty.", "Give a later end.")
    place_of(trading_day(first_ns))
    place_of(trading_day(last_ns - 1))
    month = np.datetime64(first_ns, "ns").astype("M8[M]")
    while (begins := int(month.astype("M8[ns]").astype(np.int64))) < last_ns:
        month = month + 1
        ends = min(int(month.astype("M8[ns]").astype(np.int64)), last_ns)
        begins = max(begins, first_ns)
        yield begins, ends, list(range(trading_day(begins), trading_day(ends - 1) + 1))


def _prices(instrument: Instrument, ticks: Integers) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return prices as the decimals a file would have."""
    rounded: np.ndarray[Any, np.dtype[np.float64]] = np.round(ticks * float(instrument.tick_size), instrument.digits)
    return rounded


def _times(ts: Integers) -> pl.Series:
    return pl.Series("ts", ts).cast(pl.Datetime("ns", "UTC"))
