"""B0: follow the first five-minute bar of the New York cash session; a paper's replica, for validation only.

Thesis: the first bar tells which side is in control for the day. Rules of Zarattini and Aziz (2023) for QQQ:
first bar up, buy the open of the second; down, sell it; unchanged, stay out. The stop is the other extreme of
the first bar, the target ten times its distance, else out at the close; 1 % of equity at the stop, leverage
at most 4.

Evidence: 675 % from 2016 to February 2023, net of commission, *without spread or slippage*. It decays:
replications find the edge flat after 2021 and win rates near 17 %. With a CFD's spread in the widest minutes
of the day expect less than nothing. None of our own limits apply here, on purpose: run it to check the engine
against the paper's order of magnitude, with `costs` at 0 and at 1, not to trade.
"""

import math
from typing import NamedTuple

from tradewind import gate, gates, held, memory
from tradewind.kernel.account import notional
from tradewind.kernel.refusals import SESSION_END
from tradewind.kernel.sizing import loss_at_stop, sizing_capital
from tradewind.kernel.verbs import close, place
from tradewind.rules.blocks import NY_CASH, session_today
from tradewind.rules.trade_plan import entering, shifted, tick_above, tick_below


class Params(NamedTuple):
    """The paper's numbers; `risk` 0 leaves the size to the account's sizing rule."""

    risk: float = 0.01
    leverage: float = 4.0
    target: float = 10.0


MEMORY = memory(day=int, opens=int, closes=int, done=int)

GATES = gates("direction", "distance")


def lots_of(state, instrument, distance, params):
    """Return the lots that lose `risk` of the capital at `distance`, worth at most `leverage` times it."""
    row = state.instruments[instrument]
    lot = int(row.steps_per_lot)
    capital = float(sizing_capital(state))
    by_risk = params.risk * capital / loss_at_stop(state, instrument, lot, distance)
    by_leverage = params.leverage * capital / notional(state, instrument, lot, row.ask)
    return min(by_risk, by_leverage)


def on_m5(state, bar, memory, params):
    instrument = bar.instrument
    if state.day_opens != memory.day:
        memory.day = state.day_opens
        memory.opens, memory.closes = session_today(state, instrument, NY_CASH)
        memory.done = 0
    if held(state, instrument) != 0 and (bar.close_time >= memory.closes or bar.close_time < memory.opens):
        close(state, instrument, SESSION_END)
    if memory.done != 0 or bar.open_time < memory.opens or bar.close_time > memory.closes:
        return
    memory.done = 1
    if bar.open_time != memory.opens:
        return  # the first bar is missing
    side = 1 if bar.close > bar.open else (-1 if bar.close < bar.open else 0)
    facing = side if side != 0 else 1
    entry = entering(state, instrument, facing)
    stop = tick_below(shifted(facing, float(bar.low if facing > 0 else -bar.high), float(bar.spread)))
    distance = entry - stop
    ready = gate(state, instrument, GATES.direction, abs(side), 1, 1)
    ready &= gate(state, instrument, GATES.distance, distance, 1.0, math.inf)
    if ready:
        lots = lots_of(state, instrument, distance, params) if params.risk > 0.0 else 0.0
        goal = tick_above(entry + params.target * distance)
        place(state, instrument, side, lots, 0, 0, side * stop, side * goal, 0, 0, 0)
