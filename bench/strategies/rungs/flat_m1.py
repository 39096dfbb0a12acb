"""A rung of `bench.breakdown`: W1 that asks for its target on every bar, but the target is always flat."""

from tradewind import memory, target
from tradewind.indicators import SMA, sma

MEMORY = memory(fast=SMA, slow=SMA)


def on_m1(state, bar, memory, params):  # noqa: ARG001  every handler is called with these four
    fast = sma(memory.fast, bar.close, 20)
    slow = sma(memory.slow, bar.close, 100)
    if fast > slow or fast <= slow:
        target(state, bar.instrument, 0.0)
