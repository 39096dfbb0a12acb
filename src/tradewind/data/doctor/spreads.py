"""Spreads that cannot be a market's: always the same, none at all, or below nothing.

A spread field that never changes was typed in and not measured; costs computed with it are a guess. Zero
means that nobody recorded it.
"""

import numpy as np

from tradewind.data.doctor.finding import NOTE, WARNING, Finding, Prices, moment
from tradewind.data.spread import Floats, new_york
from tradewind.markets.clock import DAY, HOUR

CONSTANT = 0.999
MANY = 200
"""So many recorded spreads are needed before their sameness means anything."""


def check_spreads(prices: Prices) -> list[Finding]:
    """Return what is odd about recorded spreads: constant, below zero, absent for a part of the series."""
    spread = prices.spread
    first, last = int(prices.ts[0]), int(prices.ts[-1])
    found = []
    below = spread < 0
    if below.any():
        at = prices.ts[below]
        evidence = f"{len(at):,} spreads are below zero; the first at {moment(at[0])}."
        found.append(Finding("crossed-quotes", WARNING, int(at[0]), int(at[-1]), len(at), evidence, {}))
    known = spread > 0
    if known.sum() >= MANY:
        values, tally = np.unique(spread[known], return_counts=True)
        share = float(tally.max() / known.sum())
        if share >= CONSTANT:
            evidence = (
                f"The spread is {values[tally.argmax()]:.8g} in {share:.1%} of bars, at 17:00 New York as at 10:00: "
                "it was typed in, not measured."
            )
            found.append(Finding("constant-spread", WARNING, first, last, int(tally.max()), evidence,
                                 {"spread": float(values[tally.argmax()])}))  # fmt: skip
    if known.any() and not known.all():
        at = prices.ts[~known]
        share = float((~known).mean())
        if share > 0.01:
            evidence = f"{share:.0%} of bars have no recorded spread, the last at {moment(at[-1])}."
            found.append(Finding("zero-spread", NOTE, int(at[0]), int(at[-1]), len(at), evidence, {"share": share}))
    return found


def by_hour(prices: Prices) -> Floats:
    """Return the median recorded spread of each hour of the New York day, NaN where none was recorded."""
    hours = new_york(prices.ts) % DAY // HOUR
    medians = np.full(24, np.nan)
    for hour in range(24):
        here = prices.spread[(hours == hour) & (prices.spread > 0)]
        if len(here):
            medians[hour] = np.median(here)
    return medians
