"""B: trade the break of the opening range in the direction of the higher trend (domain 2.4).

Thesis: the first minutes of a cash session gather the night's orders; who is left wrong when their range
breaks in the direction of the trend has to follow.

Evidence, and its decay. Zarattini and Aziz (2023): QQQ, five-minute range, 2016 to February 2023, 675 % in
total, 33 % annual alpha net of commission but without spread or slippage; 2024 with stocks "in play" a Sharpe
ratio of 2.8. Replications are weaker: the edge is flat after 2021 on QQQ, win rates near 17 % for the stock
version. Holmberg and others (2013) find it on crude futures; Lundstrom that the gain is a gain on volatile
days (profit rises with the ADR tercile). A CFD pays the spread twice in the widest minutes of its day, and
nothing above was measured on one. The buffer, the HTF filter and the range limits are ours: hypotheses, each
variant a trial.

`anchor`: 0 the instrument's own (New York cash open where New York begins with it, else 08:00 London), 1 New
York cash open, 2 London 08:00, 3 Xetra open (name it for GER40). `close_entry` false is B-stop, true B-close.
`stop_at`: 0 the middle of the range, or its far side for W = 5; 1 middle; 2 far side; 3 0.10 x ATR14(D) from
the entry. A news window withdraws a waiting order and blocks a new one; after it the order is sent again
while the range is unbroken.
"""

import math
from typing import NamedTuple

from tradewind import cancel_all, gate, gates, held, last_bar, memory, position
from tradewind.indicators.adr import adr, adr_record
from tradewind.indicators.atr import ATR, atr
from tradewind.kernel.refusals import INVALIDATED
from tradewind.rules.blocks import (
    ANCHOR_LONDON,
    ANCHOR_NEW_YORK,
    ANCHOR_XETRA,
    FULL,
    LONDON,
    MINUTE,
    NO_ANCHOR,
    NY_CASH,
    XETRA,
    begins_with_cash,
    flat_time,
    session_today,
)
from tradewind.rules.entry_limits import CONTINUITY, ENTRY_LIMITS, entry_limits, minutes_to_news, watch_continuity
from tradewind.rules.higher_trend import HIGHER_TREND, higher_trend_h1, higher_trend_h4
from tradewind.rules.trade_plan import (
    PLAN,
    enter,
    enter_beyond,
    entered_at,
    entering,
    leave_in_time,
    leaving,
    plan_trade,
    raise_stops,
    shifted,
    stop_bounds,
    tick_above,
    tick_below,
)
from tradewind.rules.usual_spread import USUAL_SPREAD, note_spread, usual_spread


class Params(NamedTuple):
    """Defaults of domain 2.4."""

    window: int = 15
    """Minutes: 5, 15 or 30."""
    anchor: int = 0
    close_entry: bool = False
    buffer_ticks: int = 2
    buffer_share: float = 0.05
    life_minutes: int = 150
    range_min: float = 0.08
    range_max: float = 0.50
    gap_max: float = 1.0
    with_direction: bool = False
    stop_at: int = 0
    day_stop: float = 0.10
    target: float = 0.0
    """In R; 0 is none."""
    trail_from: float = 1.0
    trail_atr: float = 3.0


# What the day is doing. MEMORY starts as zeros: nothing is known of the range yet.
UNJUDGED = 0
DEAD = 1
ARMED = 2
WAITING = 3
"""The stop order is with the broker."""
TRADED = 4

MEMORY = memory(
    day=int, day_type=int, opens=int, closes=int, ends=int, session_ends=int, flat_at=int,
    phase=int, side=int, bars=int, open=float, high=float, low=float, close=float,
    cash_close=float, previous_cash=float, atr5=ATR, atr15=ATR, continuity=CONTINUITY, trend=HIGHER_TREND,
    plan=PLAN, day_range=adr_record(20), spreads=USUAL_SPREAD,
)  # fmt: skip

GATES = gates(
    *ENTRY_LIMITS,
    "bars", "range_day", "gap", "trend", "direction", "plan", "far_side", "life", "unbroken", "break_out",
    "stop", "news_ahead",
)  # fmt: skip


def start_day(state, instrument, memory, params):
    """The trading date's anchor is known; NEVER where it has none."""
    anchor = params.anchor
    if anchor == NO_ANCHOR:
        anchor = ANCHOR_NEW_YORK if begins_with_cash(state, instrument) else ANCHOR_LONDON
    session = NY_CASH if anchor == ANCHOR_NEW_YORK else (XETRA if anchor == ANCHOR_XETRA else LONDON)
    opens, ends = session_today(state, instrument, session)
    memory.day_type = state.instruments[instrument].day_type if memory.day != 0 else 0
    memory.day = state.day_opens
    memory.opens = opens
    memory.closes = opens + params.window * MINUTE
    memory.session_ends = ends
    memory.ends = ends - (35 if session == LONDON else 5) * MINUTE
    memory.flat_at = flat_time(state, instrument)
    memory.phase = UNJUDGED
    memory.bars = 0
    memory.previous_cash = memory.cash_close


def watch_range(bar, memory):
    """The opening range includes the bar."""
    if memory.bars == 0:
        memory.open = float(bar.open)
        memory.high = float(bar.high)
        memory.low = float(bar.low)
    memory.high = max(memory.high, float(bar.high))
    memory.low = min(memory.low, float(bar.low))
    memory.close = float(bar.close)
    memory.bars += 1


def judge(state, instrument, memory, params):
    """The plan of the day is known: ARMED in the direction of the trend, or DEAD."""
    day_range = memory.day_range.value if memory.day_range.value > 0.0 else math.nan
    gap = abs(memory.open - memory.previous_cash) / day_range if memory.previous_cash > 0.0 else math.nan
    side = 1 if memory.trend.value > 0.0 else (-1 if memory.trend.value < 0.0 else 0)
    gain = memory.close - memory.open
    facing = side if side != 0 else (-1 if gain < 0.0 else 1)
    share = memory.bars * 5 / params.window
    least = 1.0 if params.with_direction else -math.inf
    alive = gate(state, instrument, GATES.day_type, memory.day_type, FULL, FULL)
    alive &= gate(state, instrument, GATES.bars, share, 0.8, math.inf)
    height = (memory.high - memory.low) / day_range
    alive &= gate(state, instrument, GATES.range_day, height, params.range_min, params.range_max)
    alive &= gate(state, instrument, GATES.gap, gap, -math.inf, params.gap_max)
    alive &= gate(state, instrument, GATES.trend, abs(side), 1, 1)
    alive &= gate(state, instrument, GATES.direction, facing * gain, least, math.inf)
    memory.side = facing
    memory.phase = ARMED if alive else DEAD


def stop_distance(state, instrument, memory, params, entry, usual):
    """Return the distance from `entry` to the stop that `stop_at` names, before its bounds."""
    side = memory.side
    where = params.stop_at if params.stop_at != 0 else (1 if params.window >= 15 else 2)
    if where == 3:
        day_atr = state.instruments[instrument].day_atr
        return params.day_stop * day_atr if day_atr > 0.0 else math.nan
    if where == 2:
        far = memory.low if side > 0 else -memory.high
        return entry - (shifted(side, far, usual) - buffer_of(memory, params))
    return entry - shifted(side, side * (memory.high + memory.low) / 2.0, usual)


def buffer_of(memory, params):
    """Return how far beyond the range the break must be, whole ticks as a float."""
    share = params.buffer_share * (memory.high - memory.low)
    return float(tick_above(max(float(params.buffer_ticks), share)))


def decide(state, bar, memory, params):
    """The entry order is sent if every gate lets it."""
    side = memory.side
    instrument = bar.instrument
    usual = usual_spread(memory.spreads, state, instrument)
    edge = memory.high if side > 0 else -memory.low
    buffer = buffer_of(memory, params)
    trigger = tick_above(shifted(side, edge, usual) + buffer)
    price = entering(state, instrument, side)
    entry = price if params.close_entry else float(trigger)
    least, most = stop_bounds(usual, memory.atr15.value, math.inf)
    distance = max(stop_distance(state, instrument, memory, params, entry, usual), least)
    expires = memory.opens + params.life_minutes * MINUTE
    ready = gate(state, instrument, GATES.life, (expires - state.now) / MINUTE, 1e-9, math.inf)
    ready &= entry_limits(state, instrument, memory.continuity, memory.ends, usual, distance)
    ready &= gate(state, instrument, GATES.stop, distance, least, most)
    if params.close_entry:
        beyond = side * bar.close - edge - buffer
        ready &= gate(state, instrument, GATES.break_out, beyond, 1.0, math.inf)
    else:
        ready &= gate(state, instrument, GATES.unbroken, trigger - price, 1.0, math.inf)
        ahead = minutes_to_news(state, instrument)
        ready &= gate(state, instrument, GATES.news_ahead, ahead if ahead >= 0.0 else math.inf, 5.0, math.inf)
    if not ready or memory.phase != ARMED:
        return
    stop = tick_below(entry - distance)
    target = tick_above(entry + params.target * (entry - stop)) if params.target > 0.0 else 0
    if params.close_entry:
        if enter(state, instrument, side, stop, 0, target, 0.0) > 0:
            memory.phase = TRADED
    elif enter_beyond(state, instrument, side, trigger, stop, target, expires) > 0:
        memory.phase = WAITING
    if memory.phase != ARMED:
        plan_trade(memory.plan, side, stop, 0)


def still_valid(state, bar, memory):
    """Return whether the trend has not turned and no M15 bar has closed beyond the range's other side."""
    side = memory.side
    valid = gate(state, bar.instrument, GATES.trend, side * memory.trend.value, 0, 1)
    quarter = last_bar(state, bar.instrument, 900)
    if quarter.close_time == bar.close_time and bar.close_time > memory.closes:
        far = memory.low if side > 0 else -memory.high
        valid &= gate(state, bar.instrument, GATES.far_side, side * quarter.close - far, 0.0, math.inf)
    return valid


def withdraw(state, bar, memory):
    """A waiting order is cancelled where news is due before the next bar, or another strategy was first."""
    row = state.instruments[bar.instrument]
    if minutes_to_news(state, bar.instrument) < 5.0 or row.open_positions != 0:
        count = cancel_all(state, bar.instrument, INVALIDATED)
        memory.phase = ARMED if count > 0 else TRADED


def follow(state, bar, memory, params):
    """What is planned for the day has been looked at once more, at the close of the bar."""
    if memory.phase == WAITING and held(state, bar.instrument) != 0:
        memory.phase = TRADED
    if memory.phase == TRADED or bar.close_time >= memory.opens + params.life_minutes * MINUTE:
        return
    if memory.phase == UNJUDGED:
        judge(state, bar.instrument, memory, params)
    elif not gate(state, bar.instrument, GATES.plan, 0 if memory.phase == DEAD else 1, 1, 1):
        return
    elif not still_valid(state, bar, memory):
        cancel_all(state, bar.instrument, INVALIDATED)
        memory.phase = DEAD
    if memory.phase == WAITING:
        withdraw(state, bar, memory)
    else:
        decide(state, bar, memory, params)


def manage(state, bar, memory, params):
    """The position is being closed if its time is over; after 1 R its stop follows the highest high."""
    instrument = bar.instrument
    if leave_in_time(state, instrument, memory.ends, memory.flat_at):
        return
    if bar.close_time <= position(state, instrument).opened_at:
        return
    side = memory.plan.side
    memory.plan.peak = max(memory.plan.peak, float(bar.high if side > 0 else -bar.low))
    entry = entered_at(state, instrument, side)
    if leaving(state, instrument, side) >= entry + params.trail_from * (entry - memory.plan.value):
        memory.plan.trailing = 1
    if memory.plan.trailing != 0:
        usual = usual_spread(memory.spreads, state, instrument)
        level = shifted(side, memory.plan.peak, usual) - params.trail_atr * memory.atr5.value
        raise_stops(state, instrument, side, tick_below(level))


def on_m5(state, bar, memory, params):
    atr(memory.atr5, bar.high, bar.low, bar.close, 14)
    watch_continuity(memory.continuity, bar)
    if state.day_opens != memory.day:
        start_day(state, bar.instrument, memory, params)
    if held(state, bar.instrument) != 0:
        manage(state, bar, memory, params)
    if bar.close_time <= memory.opens or bar.close_time > memory.session_ends:
        return
    memory.cash_close = float(bar.close)
    note_spread(memory.spreads, state, bar.close_time, bar.spread)
    if bar.close_time <= memory.closes:
        watch_range(bar, memory)
    if bar.close_time >= memory.closes:
        follow(state, bar, memory, params)


def on_m15(state, bar, memory, params):  # noqa: ARG001  every handler is called with these four
    atr(memory.atr15, bar.high, bar.low, bar.close, 14)


def on_h1(state, bar, memory, params):  # noqa: ARG001  every handler is called with these four
    higher_trend_h1(memory.trend, bar.high, bar.low, bar.close)


def on_h4(state, bar, memory, params):  # noqa: ARG001  every handler is called with these four
    higher_trend_h4(memory.trend, bar.close)


def on_d1(state, bar, memory, params):  # noqa: ARG001  every handler is called with these four
    if memory.day_type == FULL:
        adr(memory.day_range, bar.high, bar.low, 20)
