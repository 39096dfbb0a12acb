"""Buys once and stays, with a stop far away."""

from tradewind import buy, held, memory

MEMORY = memory(bars=int)


def on_bar(state, bar, memory, _params):
    """Whoever has nothing buys."""
    memory.bars += 1
    if held(state, bar.instrument) == 0:
        buy(state, bar.instrument, 1.0, stop_loss=bar.close - 50_000)
