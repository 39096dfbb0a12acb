"""Long while the fast average is above the slow one, short while it is below.

Thesis: trends last longer than chance allows. Evidence: none claimed. Crossing averages are the textbook's
first example, and on liquid instruments after cost they have earned nothing lasting; the file is here to show
how little a strategy needs. It is always in the market, without a stop, over night and over news.
"""

from typing import NamedTuple

from tradewind import memory, target
from tradewind.indicators import EMA, ema


class Params(NamedTuple):
    """Lengths in bars of the run's own timeframe, and the size."""

    fast: int = 10
    slow: int = 30
    lots: float = 1.0


MEMORY = memory(fast=EMA, slow=EMA)


def on_bar(state, bar, memory, params):
    fast = ema(memory.fast, bar.close, params.fast)
    slow = ema(memory.slow, bar.close, params.slow)
    if fast > slow:
        target(state, bar.instrument, +params.lots)
    elif fast < slow:
        target(state, bar.instrument, -params.lots)
