"""A strategy that gives every usual command once: with it a session loads the machine code of the verbs."""

from tradewind import buy, cancel_all, close, equity, gate, gates, held, last_bar, memory, sell, target
from tradewind.indicators import ATR, EMA, atr, ema

MEMORY = memory(bars=int, fast=EMA, range=ATR)
GATES = gates("always")


def on_bar(state, bar, memory, params):
    """One command a bar."""
    memory.bars += 1
    ema(memory.fast, bar.close, 10)
    atr(memory.range, bar.high, bar.low, bar.close, 14)
    if equity(state) > 0 and gate(state, bar.instrument, GATES.always, float(memory.bars), low=0.0):
        last_bar(state, bar.instrument, bar.timeframe)
    step = memory.bars % 6
    if step == 1:
        buy(state, bar.instrument, 0.1, stop_loss=int(bar.low) - 1000, take_profit=int(bar.high) + 1000)
    elif step == 2 and held(state, bar.instrument) != 0:
        close(state, bar.instrument)
    elif step == 3:
        sell(state, bar.instrument, 0.1, stop_loss=int(bar.high) + 1000)
    elif step == 4:
        target(state, bar.instrument, 0.0)
    elif step == 5:
        target(state, bar.instrument, 0.1)
        cancel_all(state, bar.instrument)
