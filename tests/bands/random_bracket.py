"""An entry at random moments with a stop and a target, over by the next moment: nothing of one trade is in another.

Chance is a hash of the seed and the bar's number, so that ticks and bars, and every book, see the same entries.
"""

from typing import NamedTuple

from tradewind import buy, cancel_all, close, held, memory, sell
from tradewind.indicators import ATR, atr


class Params(NamedTuple):
    """Market (0), stop (1) or limit (2) entries; distances in ATR of the bar; lots."""

    seed: int = 1
    kind: int = 0
    stop: float = 1.0
    reward: float = 1.0
    every: int = 20
    lots: float = 0.1


MEMORY = memory(range=ATR)
PRIME = 2147483647


def drawn(seed, number):
    """Return a whole number below a prime, another for every seed and bar."""
    value = (seed * 7919 + number % 1000003) % PRIME
    for _ in range(4):
        value = (value * 48271 + 11) % PRIME
    return value


def on_bar(state, bar, memory, params):
    """One entry every so many bars, unless the coin says no; out on the bar before the next."""
    reach = atr(memory.range, bar.high, bar.low, bar.close, 14)
    number = bar.close_time // (bar.timeframe * 1_000_000_000)
    turn = number % params.every
    if turn == params.every - 2:
        cancel_all(state, bar.instrument)
        close(state, bar.instrument)
        return
    if turn != 0 or not reach > 0 or held(state, bar.instrument) != 0:
        return
    chance = drawn(params.seed, number)
    if chance % 10 < 3:
        return
    side = 1 if chance // 16 % 2 == 0 else -1
    away = int(reach * (0.2 + (chance // 64 % 100) / 100.0))
    row = state.instruments[bar.instrument]
    entry, price, trigger = (row.ask if side > 0 else row.bid), 0, 0
    if params.kind == 1:
        entry += side * max(away, 1)
        trigger = entry
    elif params.kind == 2:
        entry -= side * max(away, 1)
        price = entry
    stop, profit = entry - side * int(reach * params.stop + 1), entry + side * int(reach * params.reward + 1)
    if side > 0:
        buy(state, bar.instrument, params.lots, price, trigger, stop, profit)
    else:
        sell(state, bar.instrument, params.lots, price, trigger, stop, profit)
