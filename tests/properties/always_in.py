"""Always in the market on one side, with a stop and, if asked for, a target: a gambler without an opinion."""

from typing import NamedTuple

from tradewind import buy, close, held, memory, on_the_way, sell


class Params(NamedTuple):
    """The side, the distances of stop and target in ticks (no target at 0), and for how many quotes at most."""

    side: int = 1
    stop: int = 100
    target: int = 100
    hold: int = 0


MEMORY = memory(entries=int, quotes=int)


def enter(state, instrument, bid, ask, memory, params):
    """A position is on its way if there is none."""
    if held(state, instrument) != 0 or on_the_way(state, instrument) != 0:
        return
    memory.entries += 1
    memory.quotes = 0
    target = 0
    if params.side > 0:
        if params.target > 0:
            target = ask + params.target
        buy(state, instrument, 1.0, 0, 0, ask - params.stop, target)
    else:
        if params.target > 0:
            target = bid - params.target
        sell(state, instrument, 1.0, 0, 0, bid + params.stop, target)


def on_quote(state, instrument, memory, params):
    """Quotes are prices to enter at, and to leave at when the time is up."""
    memory.quotes += 1
    if params.hold > 0 and memory.quotes > params.hold:
        close(state, instrument.instrument)
    enter(state, instrument.instrument, instrument.bid, instrument.ask, memory, params)


def on_m1(state, bar, memory, params):
    """So are bars, where there are no quotes."""
    if bar.sources == 1:
        enter(state, bar.instrument, bar.close, bar.close + bar.spread, memory, params)
