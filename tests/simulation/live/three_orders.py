"""The canonical session: a market order with stop and target, a limit that is changed and taken back, a stop order."""

from typing import NamedTuple

from tradewind import buy, cancel, close, memory, move_stop, replace, sell


class Params(NamedTuple):
    """The seed is not used."""

    seed: int = 1


MEMORY = memory(bars=int, first=int, second=int)


def on_bar(state, bar, memory, params):  # noqa: ARG001 - the shape of a handler
    """One step of the session at every bar."""
    memory.bars += 1
    if memory.bars == 3:
        memory.first = buy(state, bar.instrument, 0.2, 0, 0, bar.close - 400, bar.close + 400)
    elif memory.bars == 4:
        memory.second = sell(state, bar.instrument, 0.2, bar.close + 900, 0, bar.close + 1300, 0)
    elif memory.bars == 5:
        move_stop(state, bar.instrument, bar.close - 350)
    elif memory.bars == 6 and memory.second > 0:
        replace(state, memory.second, bar.close + 800, 0, 0.3)
    elif memory.bars == 7 and memory.second > 0:
        cancel(state, memory.second)
    elif memory.bars == 8:
        close(state, bar.instrument)
    elif memory.bars == 9:
        buy(state, bar.instrument, 0.2, 0, bar.close + 30, bar.close - 400, 0)
