"""A strategy that sells what it bought with ordinary orders, and once more than it has."""

from typing import NamedTuple

from tradewind import buy, memory, sell


class Params(NamedTuple):
    """The seed is not used."""

    seed: int = 1


MEMORY = memory(bars=int)


def on_bar(state, bar, memory, params):  # noqa: ARG001 - the shape of a handler
    """One step at every bar."""
    memory.bars += 1
    if memory.bars == 3:
        buy(state, bar.instrument, 0.2, 0, 0, bar.close - 400, 0)
    elif memory.bars == 5:
        sell(state, bar.instrument, 0.1, 0, 0, bar.close + 400, 0)
    elif memory.bars == 7:
        sell(state, bar.instrument, 0.3, 0, 0, bar.close + 400, 0)
    elif memory.bars == 9:
        sell(state, bar.instrument, 0.1, 0, 0, bar.close + 400, 0)
