"""A: the reference session sets a bias; buy the end of the first pullback in the next one (domain 2.3).

Thesis: a one-sided London morning that agrees with the higher trend is unfinished business. The pullback
after it is where the last buyers are shaken out, and the break of a few small bars says that it is over.

Evidence, thin. Returns early in the day predict later ones on US indices (Gao and others 2018; Baltussen and
others 2021: over 60 futures, 1974-2020), more so on volatile days. But Rosa (2022) finds that it disappears
out of sample, a replication on SPY 2010-2018 loses 1.4 % a year after one cent a share, and intraday momentum
is absent in round-the-clock FX (Elaut and others 2018 find it only where hours are fixed). Gold tends to rise
in Asia and fall in the West, against this rule's longs in London. None of the studies is about pullbacks or
about CFDs at their spreads. Every default below is a hypothesis: register each variant as a trial.

`pair` names reference and trade block: 0 London -> New York morning (indices, metals, FX), 1 Asia -> London
(metals, EURUSD, GBPUSD), 2 Tokyo 09:00-15:00 -> London (USDJPY), 3 Xetra 09:00-15:00 -> New York morning, 4
08:00-09:00 -> 09:00-12:00 Berlin (GER40), 5 London -> 09:00-12:00 New York (USOIL). Trade two pairs by naming
the file twice.
"""

import math
from typing import NamedTuple

from tradewind import gate, gates, held, last_bar, memory, position
from tradewind.indicators.adr import adr, adr_record
from tradewind.indicators.atr import ATR, atr
from tradewind.indicators.ema import EMA, ema
from tradewind.indicators.extremes import highest, highest_record, lowest, lowest_record
from tradewind.kernel.refusals import TIME_EXIT
from tradewind.kernel.verbs import close
from tradewind.rules.blocks import (
    ASIA_BLOCK,
    FULL,
    HOUR,
    LONDON,
    LONDON_BLOCK,
    MINUTE,
    NY_AM,
    TOKYO,
    XETRA,
    flat_time,
    session_today,
)
from tradewind.rules.entry_limits import (
    CONTINUITY,
    ENTRY_LIMITS,
    entry_limits,
    opposed,
    watch_continuity,
)
from tradewind.rules.higher_trend import HIGHER_TREND, higher_trend_h1, higher_trend_h4
from tradewind.rules.reference_block import REFERENCE_BLOCK, finish_block, location_of, watch_block
from tradewind.rules.trade_plan import (
    PLAN,
    best_level,
    enter,
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
    """Defaults of domain 2.3."""

    pair: int = 0
    body_min: float = 0.50
    location_min: float = 0.65
    range_min: float = 0.6
    range_max: float = 2.0
    range_day_max: float = 1.0
    pullback_min: float = 0.236
    pullback_max: float = 0.618
    setup_minutes: int = 120
    micro_break: int = 3
    bar_body_min: float = 0.5
    bar_range_max: float = 2.5
    target: float = 2.0
    partial: float = 0.0
    """Share of the size that leaves at `partial_at` R."""
    partial_at: float = 1.0
    trail_from: float = 1.5
    trail_atr: float = 2.0
    patience_minutes: int = 60
    patience_r: float = 0.5


# What the block is doing. MEMORY starts as zeros: nothing is known of the block yet.
UNJUDGED = 0
DEAD = 1
ARMED = 2
PULLBACK = 3
TRADED = 4

MEMORY = memory(
    day=int, day_type=int, opens=int, closes=int, starts=int, ends=int, flat_at=int,
    phase=int, side=int, origin=float, extreme=float, low=float,
    block=REFERENCE_BLOCK, trend=HIGHER_TREND, day_range=adr_record(20), atr5=ATR, atr15=ATR, average=EMA,
    highs=highest_record(8), lows=lowest_record(8), spreads=USUAL_SPREAD, continuity=CONTINUITY, plan=PLAN,
)  # fmt: skip

GATES = gates(
    *ENTRY_LIMITS,
    "bars", "direction", "body", "location", "range_usual", "range_day", "trend",
    "bias", "opposed", "retrace", "pullback", "break_out", "average", "bar_body", "bar_range", "chase",
    "stop",
)  # fmt: skip


def blocks_of(state, instrument, pair):
    """Return (reference opens, closes, trade begins, ends) of the pair today; NEVER where there is none."""
    if pair in (1, 2):
        opens, closes = session_today(state, instrument, ASIA_BLOCK if pair == 1 else TOKYO)
        begins, ends = session_today(state, instrument, LONDON)
        if pair == 2:
            closes = opens + 6 * HOUR
    elif pair in (3, 4):
        opens, closes = session_today(state, instrument, XETRA)
        begins, ends = session_today(state, instrument, NY_AM)
        if pair == 3:
            closes = opens + 6 * HOUR
        else:
            begins, ends = opens, opens + 3 * HOUR
            opens, closes = opens - HOUR, opens
    else:
        opens, closes = session_today(state, instrument, LONDON_BLOCK)
        begins, ends = session_today(state, instrument, NY_AM)
        if pair == 5:
            begins += HOUR
    return opens, closes, begins, ends


def start_day(state, instrument, memory, params):
    """The trading date's blocks are known."""
    opens, closes, begins, ends = blocks_of(state, instrument, params.pair)
    # The first day was joined in its middle: it is neither traded nor counted.
    memory.day_type = state.instruments[instrument].day_type if memory.day != 0 else 0
    memory.day = state.day_opens
    memory.opens = opens
    memory.closes = closes
    # A reference that ends in America's own winter hour ends after the trade block began: wait for it.
    memory.starts = max(begins, closes)
    memory.ends = ends
    memory.flat_at = flat_time(state, instrument)
    memory.phase = UNJUDGED


def judge(state, instrument, memory, params):
    """The bias of the block is known: ARMED in its direction, or DEAD."""
    block = memory.block
    facts = block.statistics
    finish_block(block, memory.opens, memory.closes, memory.day_type == FULL)
    side = facts.direction
    facing = side if side != 0 else 1
    share = facts.range / memory.day_range.value if memory.day_range.value > 0.0 else math.nan
    alive = gate(state, instrument, GATES.day_type, memory.day_type, FULL, FULL)
    alive &= gate(state, instrument, GATES.bars, block.share, 0.8, math.inf)
    alive &= gate(state, instrument, GATES.direction, abs(side), 1, 1)
    alive &= gate(state, instrument, GATES.body, facts.body, params.body_min, math.inf)
    location = location_of(facts, facing)
    alive &= gate(state, instrument, GATES.location, location, params.location_min, math.inf)
    alive &= gate(state, instrument, GATES.range_usual, block.relative, params.range_min, params.range_max)
    alive &= gate(state, instrument, GATES.range_day, share, -math.inf, params.range_day_max)
    alive &= gate(state, instrument, GATES.trend, facing * memory.trend.value, 1, 1)
    memory.phase = ARMED if alive else DEAD
    memory.side = facing
    memory.origin = facts.low if facing > 0 else -facts.high
    memory.extreme = facts.high if facing > 0 else -facts.low
    memory.low = block.low_since_high if facing > 0 else -block.high_since_low


def advance(state, bar, memory, params):
    """Return the depth of the pullback after the bar; the phase is what the bar made of it."""
    side = memory.side
    if bar.open_time >= memory.starts:
        high = float(bar.high if side > 0 else -bar.low)
        low = float(bar.low if side > 0 else -bar.high)
        if high > memory.extreme:
            memory.extreme = high
            memory.low = high
            memory.phase = ARMED
        else:
            memory.low = min(memory.low, low)
    leg = memory.extreme - memory.origin
    depth = (memory.extreme - memory.low) / leg if leg > 0.0 else 0.0
    if depth >= params.pullback_min:
        memory.phase = PULLBACK
    alive = gate(state, bar.instrument, GATES.trend, side * memory.trend.value, 1, 1)
    alive &= gate(state, bar.instrument, GATES.opposed, opposed(state, bar.instrument, side), 0, 0)
    quarter = last_bar(state, bar.instrument, 900)
    if quarter.close_time == bar.close_time and bar.open_time >= memory.starts and leg > 0.0:
        given = (memory.extreme - side * quarter.close) / leg
        alive &= gate(state, bar.instrument, GATES.retrace, given, -math.inf, params.pullback_max)
    if not alive:
        memory.phase = DEAD
    return depth


def decide(state, bar, memory, params, depth, before):
    """A market order is sent if every gate lets it; `before` is the highest level of the bars before."""
    side = memory.side
    instrument = bar.instrument
    usual = usual_spread(memory.spreads, state, instrument)
    reach = float(bar.high - bar.low)
    body = abs(bar.close - bar.open) / reach if reach > 0.0 else 0.0
    entry = entering(state, instrument, side)
    # The close of the bar on the side that leaves: how far is the price we would pay from it?
    late = entry - shifted(side, float(side * bar.close), float(bar.spread)) - usual
    atr5, atr15 = memory.atr5.value, memory.atr15.value
    relative = reach / atr5 if atr5 > 0.0 else math.nan
    lowest_stop = shifted(side, memory.low, usual) - max(0.10 * atr15, usual)
    least, most = stop_bounds(usual, atr15, 0.75 * memory.block.statistics.range)
    distance = max(entry - lowest_stop, least)
    ready = entry_limits(state, instrument, memory.continuity, memory.ends, usual, distance)
    ready &= gate(state, instrument, GATES.pullback, depth, params.pullback_min, math.inf)
    ready &= gate(state, instrument, GATES.break_out, side * bar.close - before, 1.0, math.inf)
    above = side * (bar.close - memory.average.value)
    ready &= gate(state, instrument, GATES.average, above, 1e-9, math.inf)
    ready &= gate(state, instrument, GATES.bar_body, body, params.bar_body_min, math.inf)
    ready &= gate(state, instrument, GATES.bar_range, relative, -math.inf, params.bar_range_max)
    ready &= gate(state, instrument, GATES.chase, late, -math.inf, 0.25 * atr5)
    ready &= gate(state, instrument, GATES.stop, distance, least, most)
    if not ready or memory.phase != PULLBACK:
        return
    stop = tick_below(entry - distance)
    risk = entry - stop
    near = tick_above(entry + params.partial_at * risk)
    far = tick_above(entry + params.target * risk)
    if enter(state, instrument, side, stop, near, far, params.partial) > 0:
        memory.phase = TRADED
        plan_trade(memory.plan, side, stop, near)


def manage(state, bar, memory, params):
    """The position is being closed if its time is over."""
    instrument = bar.instrument
    if leave_in_time(state, instrument, memory.ends - 5 * MINUTE, memory.flat_at):
        return
    side = memory.plan.side
    entry = entered_at(state, instrument, side)
    # An order sent at the close of a bar fills a moment later: patience counts from that close.
    opened = position(state, instrument).opened_at // (5 * MINUTE) * (5 * MINUTE)
    if state.now >= opened + params.patience_minutes * MINUTE:
        gain = best_level(state, instrument, side) - entry
        if gain < params.patience_r * (entry - memory.plan.value):
            close(state, instrument, TIME_EXIT)


def on_m5(state, bar, memory, params):
    instrument = bar.instrument
    highest_before, lowest_before = memory.highs.value, memory.lows.value
    highest(memory.highs, float(bar.high), params.micro_break)
    lowest(memory.lows, float(bar.low), params.micro_break)
    atr(memory.atr5, bar.high, bar.low, bar.close, 14)
    ema(memory.average, bar.close, 20)
    watch_continuity(memory.continuity, bar)
    if state.day_opens != memory.day:
        start_day(state, instrument, memory, params)
    if held(state, instrument) != 0:
        manage(state, bar, memory, params)
    if bar.close_time <= memory.opens or bar.close_time > memory.ends:
        return
    if bar.close_time <= memory.closes:
        watch_block(memory.block, bar, memory.opens)
    if bar.close_time < memory.starts:
        return
    note_spread(memory.spreads, state, bar.close_time, bar.spread)
    if memory.phase == TRADED or bar.close_time >= memory.starts + params.setup_minutes * MINUTE:
        return
    if memory.phase == UNJUDGED:
        judge(state, instrument, memory, params)
    if not gate(state, instrument, GATES.bias, 0 if memory.phase == DEAD else 1, 1, 1):
        return
    depth = advance(state, bar, memory, params)
    decide(state, bar, memory, params, depth, highest_before if memory.side > 0 else -lowest_before)


def on_m15(state, bar, memory, params):
    instrument = bar.instrument
    atr15 = atr(memory.atr15, bar.high, bar.low, bar.close, 14)
    if held(state, instrument) == 0 or bar.close_time <= position(state, instrument).opened_at:
        return
    side = memory.plan.side
    memory.plan.peak = max(memory.plan.peak, float(bar.high if side > 0 else -bar.low))
    entry = entered_at(state, instrument, side)
    if leaving(state, instrument, side) >= entry + params.trail_from * (entry - memory.plan.value):
        memory.plan.trailing = 1
    if memory.plan.trailing != 0:
        usual = usual_spread(memory.spreads, state, instrument)
        level = shifted(side, memory.plan.peak, usual) - params.trail_atr * atr15
        raise_stops(state, instrument, side, tick_below(level))


def on_h1(state, bar, memory, params):  # noqa: ARG001  every handler is called with these four
    higher_trend_h1(memory.trend, bar.high, bar.low, bar.close)


def on_h4(state, bar, memory, params):  # noqa: ARG001  every handler is called with these four
    higher_trend_h4(memory.trend, bar.close)


def on_d1(state, bar, memory, params):  # noqa: ARG001  every handler is called with these four
    if memory.day_type == FULL:
        adr(memory.day_range, bar.high, bar.low, 20)
