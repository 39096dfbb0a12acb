"""C: a strong London that broke out of Asia continues when New York takes its extreme (domain 2.5).

Thesis: when London has left Asia's range on one side, efficiently, and closed near its extreme, New York's
first M15 close beyond that extreme finds stops and late buyers; there may be no pullback to wait for.

Evidence, mixed. Early returns predict late ones on US indices (Gao and others 2018) and on over 60 futures
(Baltussen and others 2021), but out of sample this faded (Rosa 2022). Elaut and others (2018) find intraday
momentum in a currency with fixed hours only; the majors rather reverse around the 16:00 London fix (Krohn and
others 2024: the dollar rises into it and falls after), which is why anything not clearly winning is closed at
16:30 London. Gold rises in Asian hours and falls in the West. Every default is a hypothesis: register each
variant as a trial.
"""

import math
from typing import NamedTuple

from tradewind import gate, gates, held, memory
from tradewind.indicators.adr import adr, adr_record
from tradewind.indicators.atr import ATR, atr
from tradewind.indicators.ema import EMA, ema
from tradewind.indicators.extremes import highest, highest_record, lowest, lowest_record
from tradewind.kernel.records import NEVER
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
    NY_CASH,
    begins_with_cash,
    flat_time,
    session_today,
)
from tradewind.rules.entry_limits import CONTINUITY, ENTRY_LIMITS, entry_limits, watch_continuity
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
    """Defaults of domain 2.5."""

    location_min: float = 0.75
    efficiency_min: float = 0.35
    range_min: float = 0.6
    range_max: float = 2.0
    asia_share: float = 0.10
    stretch_max: float = 1.2
    setup_minutes: int = 120
    buffer_ticks: float = 2.0
    buffer_atr: float = 0.05
    partial: float = 0.5
    """Share of the size that leaves at `partial_at` R."""
    partial_at: float = 1.5
    trail_atr: float = 0.5
    london_r: float = 0.5


# What the block is doing. MEMORY starts as zeros: nothing is known of the block yet.
UNJUDGED = 0
DEAD = 1
ARMED = 2
TRADED = 3

MEMORY = memory(
    day=int, day_type=int, asia_opens=int, opens=int, starts=int, ends=int, flat_at=int, fixing=int, cash=int,
    phase=int, side=int, fixed=int, edge=float, far=float, day_close=float,
    asia=REFERENCE_BLOCK, london=REFERENCE_BLOCK, trend=HIGHER_TREND, day_range=adr_record(20), plan=PLAN,
    atr5=ATR, atr15=ATR, average=EMA, highs=highest_record(4), lows=lowest_record(4), spreads=USUAL_SPREAD,
    continuity=CONTINUITY,
)  # fmt: skip

GATES = gates(
    *ENTRY_LIMITS,
    "cash", "bars", "location", "efficiency", "range_usual", "above_asia", "close_above_asia", "trend",
    "stretch", "bias", "middle", "break_out", "chase", "stop",
)  # fmt: skip


def start_day(state, instrument, memory):
    """The trading date's blocks are known; NEVER where one is missing."""
    memory.asia_opens, _ = session_today(state, instrument, ASIA_BLOCK)
    opens, closes = session_today(state, instrument, LONDON_BLOCK)
    _, london_closes = session_today(state, instrument, LONDON)
    _, morning_ends = session_today(state, instrument, NY_AM)
    _, cash_closes = session_today(state, instrument, NY_CASH)
    # The first day was joined in its middle: it is neither traded nor counted.
    memory.day_type = state.instruments[instrument].day_type if memory.day != 0 else 0
    memory.day = state.day_opens
    memory.opens = opens
    memory.starts = closes
    memory.ends = cash_closes - 5 * MINUTE if begins_with_cash(state, instrument) else morning_ends + 2 * HOUR
    memory.cash = 0 if cash_closes == NEVER else 1
    memory.fixing = london_closes - 30 * MINUTE
    memory.flat_at = flat_time(state, instrument)
    memory.phase = UNJUDGED
    memory.fixed = 0


def judge(state, instrument, memory, params):
    """The bias of the block is known: ARMED in the direction of the trend, or DEAD."""
    counts = memory.day_type == FULL
    finish_block(memory.asia, memory.asia_opens, memory.opens, counts)
    finish_block(memory.london, memory.opens, memory.starts, counts)
    london, asia = memory.london.statistics, memory.asia.statistics
    side = 1 if memory.trend.value > 0.0 else (-1 if memory.trend.value < 0.0 else 0)
    facing = side if side != 0 else (-1 if london.direction < 0 else 1)
    memory.side = facing
    memory.edge = london.high if facing > 0 else -london.low
    memory.far = london.low if facing > 0 else -london.high
    asia_edge = asia.high if facing > 0 else -asia.low
    day_range = memory.day_range.value if memory.day_range.value > 0.0 else math.nan
    stretch = (memory.edge - facing * memory.day_close) / day_range if memory.day_close > 0.0 else math.nan
    alive = gate(state, instrument, GATES.day_type, memory.day_type, FULL, FULL)
    alive &= gate(state, instrument, GATES.cash, memory.cash, 1, 1)
    share = min(memory.london.share, memory.asia.share)
    alive &= gate(state, instrument, GATES.bars, share, 0.8, math.inf)
    location = location_of(london, facing)
    alive &= gate(state, instrument, GATES.location, location, params.location_min, math.inf)
    alive &= gate(state, instrument, GATES.efficiency, london.efficiency, params.efficiency_min, math.inf)
    relative = memory.london.relative
    alive &= gate(state, instrument, GATES.range_usual, relative, params.range_min, params.range_max)
    above = memory.edge - asia_edge - params.asia_share * asia.range
    alive &= gate(state, instrument, GATES.above_asia, above, 1e-9, math.inf)
    above = facing * london.close - asia_edge
    alive &= gate(state, instrument, GATES.close_above_asia, above, 1e-9, math.inf)
    alive &= gate(state, instrument, GATES.trend, abs(side), 1, 1)
    alive &= gate(state, instrument, GATES.stretch, stretch, -math.inf, params.stretch_max)
    memory.phase = ARMED if alive else DEAD


def decide(state, bar, memory, params):
    """A market order is sent if this is the first M15 close beyond London and every gate lets it."""
    side = memory.side
    instrument = bar.instrument
    usual = usual_spread(memory.spreads, state, instrument)
    atr5, atr15 = memory.atr5.value, memory.atr15.value
    reach = memory.edge - memory.far
    entry = entering(state, instrument, side)
    late = entry - shifted(side, float(side * bar.close), float(bar.spread)) - usual
    support = min(memory.lows.value if side > 0 else -memory.highs.value, memory.edge - 0.25 * reach)
    least, most = stop_bounds(usual, atr15, 0.75 * reach)
    distance = max(entry - (shifted(side, support, usual) - max(0.10 * atr15, usual)), least)
    beyond = side * bar.close - memory.edge - max(params.buffer_ticks, params.buffer_atr * atr15)
    inside = side * bar.close - (memory.edge + memory.far) / 2.0
    broken = gate(state, instrument, GATES.break_out, beyond, 1e-9, math.inf)
    held_up = gate(state, instrument, GATES.middle, inside, 0.0, math.inf)
    ready = entry_limits(state, instrument, memory.continuity, memory.ends, usual, distance)
    ready &= gate(state, instrument, GATES.chase, late, -math.inf, 0.25 * atr5)
    ready &= gate(state, instrument, GATES.stop, distance, least, most)
    if broken or not held_up:
        memory.phase = DEAD  # only the first close beyond counts, and none after a close below the middle
    if not broken or not ready:
        return
    stop = tick_below(entry - distance)
    near = tick_above(entry + params.partial_at * (entry - stop))
    if enter(state, instrument, side, stop, near, 0, params.partial) > 0:
        memory.phase = TRADED
        plan_trade(memory.plan, side, stop, near)


def manage(state, instrument, memory, params):
    """The position is being closed if its time is over, or at London's close unless it is clearly winning."""
    if leave_in_time(state, instrument, memory.ends, memory.flat_at) or state.now < memory.fixing:
        return
    side = memory.plan.side
    entry = entered_at(state, instrument, side)
    gain = leaving(state, instrument, side) - entry
    if memory.fixed == 0 and gain < params.london_r * (entry - memory.plan.value):
        close(state, instrument, TIME_EXIT)


def on_m5(state, bar, memory, params):
    instrument = bar.instrument
    atr(memory.atr5, bar.high, bar.low, bar.close, 14)
    watch_continuity(memory.continuity, bar)
    if state.day_opens != memory.day:
        start_day(state, instrument, memory)
    if held(state, instrument) != 0:
        manage(state, instrument, memory, params)
    if bar.close_time >= memory.fixing:
        memory.fixed = 1
    if bar.close_time <= memory.asia_opens or bar.close_time > memory.ends:
        return
    if bar.close_time <= memory.opens:
        watch_block(memory.asia, bar, memory.asia_opens)
    elif bar.close_time <= memory.starts:
        watch_block(memory.london, bar, memory.opens)
    if bar.close_time >= memory.starts:
        note_spread(memory.spreads, state, bar.close_time, bar.spread)
        if memory.phase == UNJUDGED:
            judge(state, instrument, memory, params)


def trail(state, bar, memory, params):
    """Once the first part has had its target, the stop follows the M15 average."""
    instrument = bar.instrument
    side = memory.plan.side
    if best_level(state, instrument, side) >= memory.plan.near:
        memory.plan.trailing = 1
    if memory.plan.trailing != 0:
        usual = usual_spread(memory.spreads, state, instrument)
        level = shifted(side, side * memory.average.value, usual) - params.trail_atr * memory.atr15.value
        raise_stops(state, instrument, side, tick_below(level))


def on_m15(state, bar, memory, params):
    atr(memory.atr15, bar.high, bar.low, bar.close, 14)
    ema(memory.average, bar.close, 20)
    highest(memory.highs, float(bar.high), 4)
    lowest(memory.lows, float(bar.low), 4)
    if held(state, bar.instrument) != 0:
        trail(state, bar, memory, params)
    if bar.close_time <= memory.starts or bar.close_time > memory.starts + params.setup_minutes * MINUTE:
        return
    if memory.phase in (UNJUDGED, TRADED):
        return
    if gate(state, bar.instrument, GATES.bias, 0 if memory.phase == DEAD else 1, 1, 1):
        decide(state, bar, memory, params)


def on_h1(state, bar, memory, params):  # noqa: ARG001  every handler is called with these four
    higher_trend_h1(memory.trend, bar.high, bar.low, bar.close)


def on_h4(state, bar, memory, params):  # noqa: ARG001  every handler is called with these four
    higher_trend_h4(memory.trend, bar.close)


def on_d1(state, bar, memory, params):  # noqa: ARG001  every handler is called with these four
    memory.day_close = float(bar.close)
    if memory.day_type == FULL:
        adr(memory.day_range, bar.high, bar.low, 20)
