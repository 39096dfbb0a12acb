"""Does everything there is to do, by the throw of a die: a strategy for tests, without hope of profit.

With `mirror` > 0 it lives in a mirrored world, where a price p is mirror - p and a buy is a sell.
"""

# ruff: noqa: ARG001  a handler has its four arguments, used or not

from typing import NamedTuple

from tradewind import (
    buy,
    cancel,
    cancel_all,
    close,
    equity,
    gate,
    gates,
    held,
    last_bar,
    memory,
    move_stop,
    reduce,
    replace,
    sell,
    stop_price,
    target,
)
from tradewind.indicators import EMA, ema

GATES = gates("die", "spread")


class Params(NamedTuple):
    """How often, how large, and in which world."""

    seed: int = 1
    every: int = 2
    lots: float = 1.0
    reach: int = 60
    mirror: int = 0


MEMORY = memory(die=int, average=EMA, bars=int, quotes=int, reports=int, days=int, newest=int, cash=int)


def throw(memory, sides):
    """Return 0 ... sides - 1, and the die is another one."""
    memory.die = (memory.die * 1_103_515_245 + 12_345) % 2_147_483_648
    return memory.die // 65_536 % sides


def turned(price, params):
    """Return a price of our own world as the market knows it; 0 stays "none"."""
    if price == 0 or params.mirror == 0:
        return price
    return params.mirror - price


def enter(state, instrument, side, kind, place, memory, params):
    """An order of `kind` to go long (+1) or short (-1) is given around `place`; memory knows its id."""
    far = params.reach + throw(memory, params.reach)
    price, trigger, stop, take, trail, lifetime = 0, 0, 0, 0, 0, 0
    entry = place
    if kind == 1:
        entry = place - side * far
        price = entry
    elif kind == 2:
        entry = place + side * far
        trigger = entry
    elif kind == 3:
        entry = place + side * far
        trigger = entry
        price = entry + side * (throw(memory, 40) - 20)
    elif kind == 4:
        price = place + side * (throw(memory, 60) - 30)
        lifetime = 1 + throw(memory, 2)
    if throw(memory, 4) != 0:
        stop = entry - side * (far + 30)
        if throw(memory, 3) == 0:
            trail = far
    if throw(memory, 3) != 0:
        take = entry + side * (far + throw(memory, 50))
    expires = 0
    if throw(memory, 4) == 0:
        expires = state.now + 60_000_000_000 * (1 + throw(memory, 30))
    lots = params.lots * (1 + throw(memory, 5)) / 2.0
    if throw(memory, 5) == 0 and stop != 0:
        lots = 0.0
    price, trigger = turned(price, params), turned(trigger, params)
    stop, take = turned(stop, params), turned(take, params)
    upward = (side > 0) == (params.mirror == 0)
    if upward:
        given = buy(state, instrument, lots, price, trigger, stop, take, trail, expires, lifetime)
    else:
        given = sell(state, instrument, lots, price, trigger, stop, take, trail, expires, lifetime)
    if given > 0:
        memory.newest = given


def act(state, instrument, place, memory, params):
    """One thing or nothing is done."""
    choice = throw(memory, 16)
    gate(state, instrument, GATES.die, choice, 0, 12)
    side = 1 - 2 * throw(memory, 2)
    outward = side if params.mirror == 0 else -side
    if choice < 7:
        enter(state, instrument, side, choice % 5, place, memory, params)
    elif choice == 7:
        close(state, instrument)
    elif choice == 8:
        reduce(state, instrument, 0.5)
    elif choice == 9:
        target(state, instrument, outward * params.lots)
    elif choice == 10:
        cancel_all(state, instrument)
    elif choice == 11 and memory.newest > 0:
        cancel(state, memory.newest)
    elif choice == 12 and memory.newest > 0:
        moved = place - side * (params.reach + throw(memory, params.reach))
        replace(state, memory.newest, turned(moved, params), turned(moved, params), 0.0)
    elif choice == 13 and held(state, instrument) != 0:
        tighter = throw(memory, params.reach) * (-1 if held(state, instrument) > 0 else 1)
        move_stop(state, instrument, stop_price(state, instrument) - tighter)
    elif choice == 14 and held(state, instrument) != 0:
        enter(state, instrument, side, 0, place, memory, params)
        enter(state, instrument, -side, 2, place, memory, params)


def on_m1(state, bar, memory, params):
    """Every few bars something happens."""
    if memory.die == 0:
        memory.die = params.seed * 7919 + bar.instrument
    ema(memory.average, bar.close, 20)
    memory.bars += 1
    memory.cash = equity(state)
    spread = bar.spread
    gate(state, bar.instrument, GATES.spread, spread, 0, 12)
    if memory.bars % params.every == 0:
        place = bar.close if params.mirror == 0 else params.mirror - bar.close - spread
        act(state, bar.instrument, place, memory, params)


def on_m5(state, bar, memory, params):
    """A higher timeframe is seen before the lower one."""
    memory.cash += last_bar(state, bar.instrument, 300).close


def on_quote(state, instrument, memory, params):
    """Now and then a quote moves it too."""
    memory.quotes += 1
    if memory.die == 0:
        memory.die = params.seed * 104_729 + instrument.instrument
    if memory.quotes % (7 * params.every) == 0:
        place = instrument.bid if params.mirror == 0 else params.mirror - instrument.ask
        act(state, instrument.instrument, place, memory, params)


def on_order(state, report, memory, params):
    """Reports are counted, by what they were."""
    memory.reports = (memory.reports * 31 + int(report.kind)) % 1_000_000_007


def on_day(state, event, memory, params):
    """Days are counted."""
    memory.days += 1
