"""A rung of `bench.breakdown`: both averages of W1, and what it wants, but no order."""

from tradewind import memory
from tradewind.indicators import SMA, sma

MEMORY = memory(fast=SMA, slow=SMA, wanted=int)


def on_m1(state, bar, memory, params):  # noqa: ARG001  every handler is called with these four
    fast = sma(memory.fast, bar.close, 20)
    slow = sma(memory.slow, bar.close, 100)
    if fast > slow:
        memory.wanted = 1
    elif fast <= slow:
        memory.wanted = -1
