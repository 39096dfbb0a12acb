"""What every strategy made in every instrument on every trading date, marked to market.

A line is one strategy in one instrument. Its profit of a date is what it earned and what its open position gained
between two rolls, 17:00 New York; the profits of all lines and what netting left over are the account's change of
equity, in whole minor units. Netting leaves something over while a broker who holds the net and strategies who hold
positions of their own value them differently: the spread between opposite positions, the rate of a foreign currency.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from tradewind import money
from tradewind.results.columns import Integers, minor_of
from tradewind.results.facts import RunFacts

if TYPE_CHECKING:
    import polars as pl

Pair = tuple[str, str]
"""A strategy's name and a symbol."""


@dataclass(frozen=True)
class DailyProfit:
    """Profits by trading date, minor units of the account."""

    dates: list[date]
    pairs: list[Pair]
    profit: Integers
    """Dates by pairs."""
    netting: Integers
    """What the account made beside them, by date; nothing but zeros in a hedging account."""
    equity: Integers
    """Of the account at the end of each date."""
    initial: int

    @property
    def before(self) -> Integers:
        """Equity at the beginning of each date."""
        return np.concatenate(([self.initial], self.equity[:-1])).astype(np.int64)


def daily_profit(tables: Mapping[str, "pl.DataFrame"], facts: RunFacts) -> DailyProfit:
    """Return the daily profits of a run's lines, from its tables "lines" and "equity"."""
    return daily_of(tables["lines"], tables["equity"], facts.pairs, money.minor_digits(facts.currency), facts.initial)


def daily_of(
    lines: "pl.DataFrame", equity: "pl.DataFrame", pairs: list[Pair], digits: int, initial: int
) -> DailyProfit:
    """Return the daily profits of `pairs`; a line without a row at a roll stands at exactly nothing there."""
    dated = equity.filter(equity["date"].is_not_null())
    place = {moment: row for row, moment in enumerate(dated["ts"].to_physical().to_list())}
    column = {pair: number for number, pair in enumerate(pairs)}
    standing = np.zeros((dated.height, len(pairs)), np.int64)
    worth = minor_of(lines["earned"], digits) + minor_of(lines["unrealised"], digits)
    moments, names, symbols = lines["ts"].to_physical(), lines["strategy"], lines["symbol"]
    for ts, name, symbol, value in zip(moments, names, symbols, worth.tolist(), strict=True):
        if ts in place:
            standing[place[ts], column[name, symbol]] = value
    profit = np.diff(standing, axis=0, prepend=0)
    curve = minor_of(dated["equity"], digits)
    change = np.diff(curve, prepend=initial)
    return DailyProfit(dated["date"].to_list(), list(pairs), profit, change - profit.sum(axis=1), curve, initial)
