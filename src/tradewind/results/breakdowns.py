"""Results by everything a session trader asks about, each number with how many trades it rests on (domain 6.1).

One frame a dimension, one row a value: `n` trades, their net, mean R with its standard error, win rate and profit
factor. Below 30 trades a row is marked `few`: such a mean is hardly ever more than its error. Looking at many cells and
choosing the best is a choice among variants and as likely to be luck.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tradewind.markets.hours import FULL, market_hours
from tradewind.results import entries, statistics
from tradewind.results.columns import minor_of
from tradewind.results.entries import WEEKDAYS, Label
from tradewind.results.measures import spans
from tradewind.results.ranges import TERCILES, average_ranges, terciles

if TYPE_CHECKING:
    import polars as pl

    from tradewind.markets.instruments import Instrument

FEW = 30

ORDER = {"weekday": WEEKDAYS, "session": (*entries.BLOCKS, entries.BETWEEN), "adr": TERCILES}
"""Dimensions whose values have an order of their own; the others go by the alphabet."""


def breakdowns(
    tables: Mapping[str, "pl.DataFrame"],
    document: Mapping[str, Any],
    prices: Mapping[str, "pl.DataFrame"] | None = None,
) -> dict[str, "pl.DataFrame"]:
    """Return one frame a dimension: value, n, rated, net, mean_r, error_r, win_rate, profit_factor, few.

    Dimensions: strategy, instrument, side, reason, session, pair, hour (New York), session_hour, weekday, month,
    day_type, clocks, trend, and, with `prices`, adr. `prices` are bars of each symbol (ts, high, low, close) that begin
    20 days before the run. The row of value null is of trades of which it is not known; a dimension of which nothing
    is known has no rows of another value.
    """
    trades = tables["trades"]
    digits = document["summary"]["account"]["digits"]
    labelled = labels(trades, tables.get("gates"), document, prices)
    return {name: _frame(trades, found, digits, ORDER.get(name)) for name, found in labelled.items()}


def labels(
    trades: "pl.DataFrame",
    gates: "pl.DataFrame | None",
    document: Mapping[str, Any],
    prices: Mapping[str, "pl.DataFrame"] | None = None,
) -> dict[str, list[Label]]:
    """Return the label of every trade in every dimension, in the order of the trades."""
    ts, symbols = spans(trades)[0], trades["symbol"].to_list()
    known = entries.instruments_of(document)
    blocks = entries.blocks(ts, symbols, known)
    found: dict[str, list[Label]] = {
        "strategy": trades["strategy"].to_list(),
        "instrument": symbols,
        "side": trades["side"].to_list(),
        "reason": trades["reason"].to_list(),
        "session": blocks,
        "pair": entries.session_pairs(blocks),
        "hour": entries.hours_new_york(ts),
        "session_hour": entries.session_hours(ts, blocks),
        "weekday": entries.weekdays(ts),
        "month": entries.months(ts),
        "day_type": entries.day_types(ts, symbols, known),
        "clocks": entries.clock_regimes(ts),
        "trend": [None] * len(symbols) if gates is None else entries.trends(trades, gates),
    }
    if prices is not None:
        found["adr"] = _terciles(trades, prices, known)
    return found


def _terciles(
    trades: "pl.DataFrame", prices: Mapping[str, "pl.DataFrame"], known: Mapping[str, "Instrument"]
) -> list[Label]:
    """Return how wide each entry's day was expected to be, by the terciles of its own instrument."""
    ts, symbols = spans(trades)[0], np.array(trades["symbol"].to_list(), dtype=object)
    found = np.full(len(ts), None, dtype=object)
    for symbol, bars in prices.items():
        mine = symbols == symbol
        found[mine] = terciles(ts[mine], average_ranges(bars, _full_days(bars, known.get(symbol))))
    return list(found)


def _full_days(bars: "pl.DataFrame", instrument: "Instrument | None") -> "np.ndarray[Any, np.dtype[np.int64]] | None":
    """Return the full trading days among bars, None where the instrument is not known."""
    if instrument is None:
        return None
    days = np.unique(entries.trading_days(bars["ts"].to_physical().to_numpy().astype(np.int64)))
    hours = market_hours(instrument)
    return np.array([day for day in days.tolist() if hours.day_type(day) == FULL], np.int64)


def _frame(trades: "pl.DataFrame", found: Sequence[Label], digits: int, order: Sequence[str] | None) -> "pl.DataFrame":
    import polars as pl  # noqa: PLC0415 - loaded only when it is needed

    net, r = minor_of(trades["net"], digits), trades["r"].cast(float).to_numpy()
    place: dict[Label, list[int]] = {}
    for number, label in enumerate(found):
        place.setdefault(label, []).append(number)
    rows = [
        _cell(value, net[place[value]] / 10**digits, r[place[value]]) for value in sorted(place, key=_sort_key(order))
    ]
    return pl.DataFrame(rows, schema=_schema())


def _sort_key(order: Sequence[str] | None) -> Any:
    """Return what sorts values: null last, others by their own order or the alphabet."""
    numbers = {value: number for number, value in enumerate(order or ())}
    return lambda value: (value is None, numbers.get(value, len(numbers)), value or "")


def _cell(value: Label, net: statistics.Floats, r: statistics.Floats) -> dict[str, Any]:
    """Return one row: what the trades of one value made."""
    rated = r[np.isfinite(r)]
    expected = statistics.expectancy(rated)
    return {
        "value": value,
        "n": len(net),
        "rated": len(rated),
        "net": float(net.sum()),
        "mean_r": expected.mean if expected else None,
        "error_r": expected.error if expected else None,
        "win_rate": statistics.win_rate(net),
        "profit_factor": statistics.profit_factor(net),
        "few": len(net) < FEW,
    }


def _schema() -> dict[str, Any]:
    import polars as pl  # noqa: PLC0415 - loaded only when it is needed

    floats = dict.fromkeys(("net", "mean_r", "error_r", "win_rate", "profit_factor"), pl.Float64)
    return {"value": pl.String, "n": pl.Int64, "rated": pl.Int64, **floats, "few": pl.Boolean}
