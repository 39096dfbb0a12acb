"""Gives orders by the throw of a die, without mercy: sane ones and mad ones, changes, cancels and closes.

A strategy for tests of the gate. `every` bars it acts; `mad` in a hundred orders have a size nobody should send.
"""

from typing import NamedTuple

from tradewind import buy, cancel_all, close, held, memory, move_stop, reduce, replace, sell, target


class Params(NamedTuple):
    """How often and how mad."""

    seed: int = 1
    orders: int = 4
    mad: int = 5
    bare: int = 10


MEMORY = memory(die=int, newest=int, given=int)


def throw(memory, sides):
    """Return 0 ... sides - 1, and the die is another one."""
    memory.die = (memory.die * 1_103_515_245 + 12_345) % 2_147_483_648
    return memory.die // 65_536 % sides


def enter(state, instrument, side, place, reach, memory, params):
    """One order to open is given around `place`; stops and targets lie within `reach` ticks."""
    lots = 0.0
    if throw(memory, 3) == 0:
        lots = 0.1 + throw(memory, 40) / 10.0
    if throw(memory, 100) < params.mad:
        lots = 1.0 + throw(memory, 5000)
    kind = throw(memory, 4)
    far = 1 + throw(memory, reach)
    price, trigger = 0, 0
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
        price = entry + side * throw(memory, 20)
    stop = entry - side * (reach // 2 + throw(memory, reach))
    take = 0
    if throw(memory, 3) == 0:
        take = entry + side * (reach // 2 + throw(memory, 2 * reach))
    if throw(memory, 100) < params.bare:
        stop = 0
    if side > 0:
        memory.newest = buy(state, instrument, lots, price, trigger, stop, take)
    else:
        memory.newest = sell(state, instrument, lots, price, trigger, stop, take)
    memory.given += 1


def on_m5(state, bar, memory, params):
    """A few orders are given, and now and then something is done about those there are."""
    if memory.die == 0:
        memory.die = params.seed * 7919 + bar.instrument * 104_729 + state.strategy * 1299 + 1
    instrument = bar.instrument
    reach = max(20, bar.close // 400)
    for _ in range(throw(memory, params.orders)):
        enter(state, instrument, 1 - 2 * throw(memory, 2), bar.close, reach, memory, params)
    what = throw(memory, 24)
    if what == 0:
        close(state, instrument)
    elif what == 1:
        cancel_all(state, instrument)
    elif what == 2:
        reduce(state, instrument, 0.5)
    elif what == 3 and memory.newest > 0:
        replace(state, memory.newest, 0, bar.close + throw(memory, 200) - 100, 0.0)
    elif what == 4:
        move_stop(state, instrument, bar.close - reach // 2)
    elif what == 5:
        target(state, instrument, 0.1 * (throw(memory, 20) - 10))
    elif what == 6 and held(state, instrument) != 0:
        close(state, instrument)
