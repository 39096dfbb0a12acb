"""A synthetic market of the Dow, gold and the euro: made up from a seed, and shaped like the real one.

Nothing here is a fact about a market, and no result on it means anything: the feed is named "synthetic" wherever
it appears. It has what the rest of the system must cope with, in the sizes measured on real data: opening hours,
breaks, weekends and holidays; a day whose volatility, quotes and spreads have the shape of the instrument; days and
hours that are restless together, and instruments that move together; releases that jump; fat tails and gaps. And it
has nothing to be earned: the middle price is a martingale, so whatever is traded on it expects its costs.

    chance        a stream of numbers for each seed, purpose and date
    calibration   what was measured, as constants
    days          the skeleton: how volatile a date is, and how far it moves
    minutes       a date's volatility, quotes and spread by the minute, and its move divided among them
    quotes        inside a minute: what is quoted, and the bars of that
    ticks         the same quotes one by one
    market        frames, and series in a history
    statistics    figures of any bars or ticks, real or made up
    comparison    the figures beside those of real data
"""

from tradewind.data.series import SYNTHETIC as FEED
from tradewind.data.synthetic.market import (
    FIRST,
    LAST,
    SEED,
    synthetic_bars,
    synthetic_sides,
    synthetic_ticks,
    write_synthetic,
)

__all__ = ["FEED", "FIRST", "LAST", "SEED", "synthetic_bars", "synthetic_sides", "synthetic_ticks", "write_synthetic"]
