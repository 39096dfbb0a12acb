"""One entry with a bracket, at the first bar, and nothing more."""

from typing import NamedTuple

from tradewind import buy, memory, sell


class Params(NamedTuple):
    """Market (0), stop (1) or limit (2), its side, and distances in ticks."""

    kind: int = 0
    side: int = 1
    away: int = 20
    stop: int = 30
    target: int = 30


MEMORY = memory(done=int)


def on_m1(state, bar, memory, params):
    """The entry is given once."""
    if memory.done != 0:
        return
    memory.done = 1
    entry, price, trigger = bar.close, 0, 0
    if params.kind == 1:
        entry = bar.close + params.side * params.away
        trigger = entry
    elif params.kind == 2:
        entry = bar.close - params.side * params.away
        price = entry
    stop, target = entry - params.side * params.stop, entry + params.side * params.target
    if params.side > 0:
        buy(state, bar.instrument, 1.0, price, trigger, stop, target)
    else:
        sell(state, bar.instrument, 1.0, price, trigger, stop, target)
