"""A rung of `bench.breakdown`: the average of W4, but no order."""

from tradewind import memory
from tradewind.indicators import EMA, ema

MEMORY = memory(average=EMA, wanted=int)


def on_quote(state, quote, memory, params):  # noqa: ARG001  every handler is called with these four
    middle = quote.bid + quote.ask
    if middle > ema(memory.average, middle, 200):
        memory.wanted = 1
