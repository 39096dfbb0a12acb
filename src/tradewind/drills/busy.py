"""Buys with a stop and a target at one bar, closes at the next: no idea, only orders, for drills."""

from typing import NamedTuple

from tradewind import buy, close, held


class Params(NamedTuple):
    """How far stop and target lie, ticks."""

    distance: int = 3000


def on_bar(state, bar, memory, params):
    """In at one bar, out at the next."""
    if held(state, bar.instrument) == 0:
        buy(state, bar.instrument, 1.0, stop_loss=bar.close - params.distance, take_profit=bar.close + params.distance)
    else:
        close(state, bar.instrument)
