"""Trades without rest by the throw of a die: entries of every kind with stops, targets, changes, cancels, closes."""

from typing import NamedTuple

from tradewind import buy, cancel_all, close, held, memory, move_stop, reduce, replace, sell


class Params(NamedTuple):
    """The die."""

    seed: int = 1


MEMORY = memory(die=int, newest=int)


def throw(memory, sides):
    """Return 0 ... sides - 1, and the die is another one."""
    memory.die = (memory.die * 1_103_515_245 + 12_345) % 2_147_483_648
    return memory.die // 65_536 % sides


def enter(state, bar, side, memory):
    """One order with a stop, often with a target."""
    reach = 200 + throw(memory, 300)
    kind = throw(memory, 3)
    entry, price, trigger = bar.close, 0, 0
    if kind == 1:
        entry = bar.close - side * (10 + throw(memory, 60))
        price = entry
    elif kind == 2:
        entry = bar.close + side * (40 + throw(memory, 60))
        trigger = entry
    stop = entry - side * reach
    take = 0
    if throw(memory, 2) == 0:
        take = entry + side * reach
    if side > 0:
        memory.newest = buy(state, bar.instrument, 0.2, price, trigger, stop, take)
    else:
        memory.newest = sell(state, bar.instrument, 0.2, price, trigger, stop, take)


def on_bar(state, bar, memory, params):
    """Something is done at every bar."""
    if memory.die == 0:
        memory.die = params.seed * 7919 + state.strategy * 1299 + 1
    what = throw(memory, 9)
    if what < 4:
        enter(state, bar, 1 - 2 * throw(memory, 2), memory)
    elif what == 4:
        close(state, bar.instrument)
    elif what == 5:
        cancel_all(state, bar.instrument)
    elif what == 6 and held(state, bar.instrument) != 0:
        move_stop(state, bar.instrument, bar.close - 150 * (1 if held(state, bar.instrument) > 0 else -1))
    elif what == 7 and memory.newest > 0:
        replace(state, memory.newest, 0, 0, 0.3)
    elif what == 8:
        reduce(state, bar.instrument, 0.5)
