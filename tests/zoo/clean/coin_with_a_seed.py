"""A coin with a seed, tossed once a bar."""

from random import Random

from tradewind import buy, close, held, memory

MEMORY = memory(bars=int)
COIN = Random(5)


def trade(state, bar, wanted):
    if wanted and held(state, bar.instrument) == 0:
        buy(state, bar.instrument, 0.1, stop_loss=int(bar.low) - 800)
    elif not wanted and held(state, bar.instrument) > 0:
        close(state, bar.instrument)


def on_m15(state, bar, memory, params):
    trade(state, bar, COIN.random() < 0.5)
