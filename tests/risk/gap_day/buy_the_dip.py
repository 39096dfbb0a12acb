"""Buys gold three times on one day, the last time a minute before it jumps over every stop; what rules are for.

At 07:00, 14:00 and 15:27 UTC it buys a fixed size with a stop 120 dollars below. A test says which of the times count.
"""

from typing import NamedTuple

from tradewind import buy, memory

MINUTE = 60_000_000_000


class Params(NamedTuple):
    """Size of an order, the first minute of the UTC day that counts, the date (days since 1970), ticks to the stop."""

    lots: float = 1.0
    earliest: int = 0
    date: int = 20_482
    stop: int = 12_000


MEMORY = memory(tries=int)


def on_m1(state, bar, memory, params):
    """At its times it buys; nothing else."""
    minute = state.now % (1440 * MINUTE) // MINUTE
    if state.date == params.date and minute >= params.earliest and minute in (420, 840, 927):
        memory.tries += 1
        buy(state, bar.instrument, params.lots, stop_loss=bar.close - params.stop)
