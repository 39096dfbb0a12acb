"""A strategy that knows nothing: once a day, at a random minute of the New York cash session, on the side of a coin.

Stop and target lie a fixed number of average ranges from the entry; what is open goes out five minutes before the
session closes. `seed` decides hour and side of every day, so each seed is another worthless strategy on the same
prices. It is the control group: whoever finds an edge here has found out something about his own method.
"""

from typing import NamedTuple

from tradewind import close, gate, gates, held, memory
from tradewind.indicators.atr import ATR, atr
from tradewind.kernel.refusals import SESSION_END
from tradewind.kernel.verbs import place
from tradewind.rules.blocks import MINUTE, NY_CASH, session_today
from tradewind.rules.trade_plan import entering, tick_above, tick_below


class Params(NamedTuple):
    """Distances are in ATR14 of the bars."""

    seed: int = 1
    stop: float = 3.0
    target: float = 3.0


MEMORY = memory(day=int, opens=int, closes=int, due=int, side=int, done=int, range=ATR)
GATES = gates("due", "range")


def mixed(value):
    """Return a whole number below 2^31 that looks like chance, decided by `value`."""
    value = value & 0x7FFFFFFF
    for _ in range(3):
        value = ((value ^ (value >> 15)) * 0x45D9F3B) & 0x7FFFFFFF
    return value ^ (value >> 16)


def toss(state, bar, memory, params):
    """The entry of the day is decided: when, and on which side."""
    memory.day = state.day_opens
    memory.opens, memory.closes = session_today(state, bar.instrument, NY_CASH)
    first = mixed(mixed(params.seed) + state.day_opens // (1440 * MINUTE))
    minutes = (memory.closes - memory.opens) // MINUTE - 60
    memory.due = memory.opens + (mixed(first + 1) % max(minutes, 1)) * MINUTE
    memory.side = 1 if mixed(first + 2) & 64 else -1
    memory.done = 0


def on_m5(state, bar, memory, params):
    instrument = bar.instrument
    atr(memory.range, bar.high, bar.low, bar.close, 14)
    if state.day_opens != memory.day:
        toss(state, bar, memory, params)
    if held(state, instrument) != 0:
        if bar.close_time >= memory.closes - 5 * MINUTE or bar.close_time < memory.opens:
            close(state, instrument, SESSION_END)
        return
    if memory.done != 0 or bar.close_time < memory.opens or bar.close_time >= memory.closes - 30 * MINUTE:
        return
    due = gate(state, instrument, GATES.due, (bar.close_time - memory.due) / MINUTE, low=0)
    known = gate(state, instrument, GATES.range, memory.range.value, low=1)
    if due and known:
        memory.done = 1
        side, wide = memory.side, memory.range.value
        entry = entering(state, instrument, side)
        stop, goal = tick_below(entry - params.stop * wide), tick_above(entry + params.target * wide)
        place(state, instrument, side, 0.0, 0, 0, side * stop, side * goal, 0, 0, 0)
