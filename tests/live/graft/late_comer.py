"""Looks at everything there is to look at, remembers all of it, and trades by what it remembers."""

from typing import NamedTuple

from tradewind import buy, close, held, memory, sell


class Params(NamedTuple):
    """How far the stop lies, ticks, and after how many bars something is done."""

    distance: int = 5000
    every: int = 7


MEMORY = memory(bars=int, fours=int, days=int, dates=int, edges=int, reports=int, quotes=int, total=int, trend=int)


def on_d1(_state, bar, memory, _params):
    """A day has closed."""
    memory.days += 1
    memory.total += bar.close


def on_h4(_state, bar, memory, _params):
    """Four hours have closed: up or down."""
    memory.fours += 1
    memory.trend = 1 if bar.close >= bar.open else -1
    memory.total += bar.high - bar.low


def on_bar(state, bar, memory, params):
    """Every few bars it turns with the trend."""
    memory.bars += 1
    memory.total += bar.volume
    if memory.bars % params.every != 0:
        return
    if held(state, bar.instrument) != 0:
        close(state, bar.instrument)
    elif memory.trend > 0:
        buy(state, bar.instrument, 1.0, stop_loss=bar.close - params.distance)
    elif memory.trend < 0:
        sell(state, bar.instrument, 1.0, stop_loss=bar.close + params.distance)


def on_day(_state, _event, memory, _params):
    """A date begins."""
    memory.dates += 1


def on_session(_state, event, memory, _params):
    """A session opens or closes."""
    memory.edges += 1
    memory.total += event.session


def on_order(_state, _event, memory, _params):
    """Something became of an order."""
    memory.reports += 1


def on_quote(_state, instrument, memory, _params):
    """A price."""
    memory.quotes += 1
    memory.total += instrument.bid
