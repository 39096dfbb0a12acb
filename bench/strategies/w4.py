"""W4: an average of the mid on every quote, a market order on every 1,000th. For the benchmark only.

The mid is kept in half ticks, since it may lie between two.
"""

from typing import NamedTuple

from tradewind import buy, held, memory, sell
from tradewind.indicators import EMA, ema


class Params(NamedTuple):
    """The numbers of `bench.works.SETTINGS`; `limit` is in orders of `lots`."""

    length: int = 200
    every: int = 1000
    limit: int = 10
    lots: float = 1.0


MEMORY = memory(average=EMA)


def on_quote(state, quote, memory, params):
    middle = quote.bid + quote.ask
    average = ema(memory.average, middle, params.length)
    if memory.average.seen % params.every == 0:
        side = 1 if middle > average else -1
        if held(state, quote.instrument) * side >= params.limit * params.lots * quote.steps_per_lot:
            side = -side
        if side > 0:
            buy(state, quote.instrument, params.lots)
        else:
            sell(state, quote.instrument, params.lots)
