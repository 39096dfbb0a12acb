"""Buys with a stop and a target at one bar and closes at the next: to see orders at work."""

from typing import NamedTuple

from tradewind import buy, close, held, memory


class Params(NamedTuple):
    """How far the stop lies, ticks."""

    distance: int = 3000


MEMORY = memory(bars=int)


def on_bar(state, bar, memory, params):
    """Every bar something is done."""
    memory.bars += 1
    if held(state, bar.instrument) == 0:
        buy(state, bar.instrument, 1.0, stop_loss=bar.close - params.distance, take_profit=bar.close + params.distance)
    else:
        close(state, bar.instrument)
