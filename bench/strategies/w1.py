"""W1: long while the fast average of the close is above the slow one, else short. For the benchmark only."""

from typing import NamedTuple

from tradewind import memory, target
from tradewind.indicators import SMA, sma


class Params(NamedTuple):
    """The numbers of `bench.works.SETTINGS`."""

    fast: int = 20
    slow: int = 100
    lots: float = 1.0


MEMORY = memory(fast=SMA, slow=SMA)


def on_m1(state, bar, memory, params):
    fast = sma(memory.fast, bar.close, params.fast)
    slow = sma(memory.slow, bar.close, params.slow)
    if fast > slow:
        target(state, bar.instrument, +params.lots)
    elif fast <= slow:
        target(state, bar.instrument, -params.lots)
