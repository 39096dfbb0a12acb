"""W2: the day's opening range, broken by a close, with a bracket, flat at a fixed minute.

The stop is the other side of the range, the target one range beyond the break. For the benchmark only.
"""

from typing import NamedTuple

from tradewind import buy, close, memory, sell
from tradewind.kernel.refusals import TIME_EXIT

MINUTE = 60_000_000_000
MINUTES = 1440


class Params(NamedTuple):
    """The numbers of `bench.works.SETTINGS`, minutes of the day."""

    first: int = 870
    minutes: int = 30
    flat_at: int = 1255
    lots: float = 1.0


MEMORY = memory(top=int, bottom=int, traded=bool)


def on_m1(state, bar, memory, params):
    minute = bar.open_time // MINUTE % MINUTES
    if minute == params.first:
        memory.top = bar.high
        memory.bottom = bar.low
        memory.traded = False
    elif params.first < minute < params.first + params.minutes:
        memory.top = max(memory.top, bar.high)
        memory.bottom = min(memory.bottom, bar.low)
    elif not memory.traded and params.first + params.minutes <= minute < params.flat_at - 1:
        reach = memory.top - memory.bottom
        if bar.close > memory.top:
            buy(state, bar.instrument, params.lots, 0, 0, memory.bottom, memory.top + reach)
            memory.traded = True
        elif bar.close < memory.bottom:
            sell(state, bar.instrument, params.lots, 0, 0, memory.top, memory.bottom - reach)
            memory.traded = True
    elif minute == params.flat_at - 1:
        close(state, bar.instrument, TIME_EXIT)
