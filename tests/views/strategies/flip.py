"""Goes long and short by turns, an hour each, with a stop and a target: to see orders, gates and trades."""

from typing import NamedTuple

from tradewind import buy, close, gate, gates, held, memory, sell


class Params(NamedTuple):
    """How it trades."""

    every: int = 12
    """Bars between entries."""
    distance: int = 1500
    """Of the stop, ticks."""


MEMORY = memory(bars=int, side=int)
GATES = gates("flat", "turn")


def on_bar(state, bar, memory, params):
    """Every so many bars the other side is tried."""
    memory.bars += 1
    holding = held(state, bar.instrument)
    ready = gate(state, bar.instrument, GATES.flat, holding, 0, 0)
    ready &= gate(state, bar.instrument, GATES.turn, memory.bars % params.every, 0, 0)
    if ready:
        memory.side = -1 if memory.side > 0 else 1
        stop, target = bar.close - memory.side * params.distance, bar.close + memory.side * params.distance
        if memory.side > 0:
            buy(state, bar.instrument, stop_loss=stop, take_profit=target)
        else:
            sell(state, bar.instrument, stop_loss=stop, take_profit=target)
    elif holding != 0 and memory.bars % params.every == params.every // 2:
        close(state, bar.instrument)
