"""Trades divided by when they were opened and how they ended, for the tables of the report."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tradewind.markets.clock import LONDON, NEW_YORK, wall

if TYPE_CHECKING:
    import polars as pl

HOUR = 3_600_000_000_000
DAY = 24 * HOUR
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


ORDER = {day: place for place, day in enumerate(WEEKDAYS)}


def cells(tables: "Mapping[str, pl.DataFrame]") -> "dict[str, pl.DataFrame]":
    """Return one frame a dimension: value, n, net, mean_r, error_r, win_rate, profit_factor."""
    import polars as pl  # noqa: PLC0415 - loaded only when it is needed

    trades = tables["trades"]
    opened = trades["opened"].to_physical().to_numpy()
    local = np.array([wall(each, NEW_YORK) for each in opened.tolist()], np.int64)
    london = np.array([wall(each, LONDON) for each in opened.tolist()], np.int64)
    date = (local + 7 * HOUR) // DAY
    apart = (london - local) // HOUR
    keys: dict[str, list[Any]] = {
        "Side": trades["side"].to_list(),
        "Hour of entry, New York": [f"{hour:02d}:00" for hour in (local % DAY // HOUR).tolist()],
        "Weekday": [WEEKDAYS[day] for day in ((date + 3) % 7).tolist()],
        "Month": np.datetime_as_string(date.astype("datetime64[D]"), "M").tolist() if len(date) else [],
        "Clocks, London to New York": ["5 hours" if hours == 5 else f"{hours} h, out of step" for hours in apart.tolist()],
        "Exit reason": [reason or "none given" for reason in trades["reason"].to_list()],
    }
    return {name: _measured(trades, pl.Series("value", values, dtype=pl.String)) for name, values in keys.items()}


def _measured(trades: "pl.DataFrame", values: "pl.Series") -> "pl.DataFrame":
    import polars as pl  # noqa: PLC0415 - loaded only when it is needed

    net, r = pl.col("net"), pl.col("r")
    lost = -net.filter(net < 0).sum()
    return (
        trades.with_columns(values)
        .group_by("value")
        .agg(
            n=pl.len(),
            net=net.sum(),
            mean_r=r.mean(),
            error_r=r.std() / r.count().sqrt(),
            win_rate=(net > 0).mean(),
            profit_factor=pl.when(lost > 0).then(net.filter(net > 0).sum() / lost),
        )
        .sort(pl.col("value").replace_strict(ORDER, default=0), "value")
    )
