"""D: the first half hour, or the day so far, predicts the last half hour (domain 2.6).

Thesis: whoever must trade at the close (hedgers of options, leveraged funds, the uninformed who waited)
trades in the direction the day has taken.

Evidence, and its decay. Gao, Han, Li and Zhou (2018): SPY 1993-2013, previous close to 10:00 predicts
15:30-16:00, 6.7 % a year, Sharpe 1.08, stronger on volatile days. Baltussen and others (2021): rest-of-day
return, over 60 futures, 1974-2020. But Rosa (2022): gone out of sample, thresholds help; a replication on SPY
2010-2018 loses 1.4 % a year after one cent a share. Any Sharpe above 1.5 net on data since 2015 is a bug
until proven otherwise.

`variant` 1: side of r1, previous close to 10:00; 2: the same, where 15:00-15:30 agrees; 3: side of the day's
return to 15:30. `anchor` 0 is the New York cash session, 3 Xetra. An instrument that has no official close of
its own (gold, FX) is refused unless `exploratory` says that this is a trial of its own. Days of a rate decision
are those of the news calendar; without one none is skipped. Run it on M1 bars: the exit is sent at 15:59; on M5
bars it has to be sent at 15:55.
"""

import math
from typing import NamedTuple

from tradewind import gate, gates, held, memory
from tradewind.indicators.standard_deviation import standard_deviation, standard_deviation_record
from tradewind.kernel.bars import SECOND
from tradewind.rules.blocks import (
    ANCHOR_XETRA,
    FULL,
    HOUR,
    MINUTE,
    NY_CASH,
    XETRA,
    begins_with_cash,
    flat_time,
    session_today,
)
from tradewind.rules.entry_limits import CONTINUITY, ENTRY_LIMITS, FOMC, entry_limits, watch_continuity
from tradewind.rules.trade_plan import enter, entering, leave_in_time, tick_below
from tradewind.rules.usual_spread import USUAL_SPREAD, note_spread, usual_spread


class Params(NamedTuple):
    """Defaults of domain 2.6."""

    variant: int = 1
    threshold: float = 0.5
    """In standard deviations of the same return over the last `sessions`; 0 trades always."""
    sessions: int = 60
    stop_day_atr: float = 0.35
    trade_fomc: bool = False
    anchor: int = 0
    exploratory: bool = False


MEMORY = memory(
    day=int, day_type=int, opens=int, closes=int, flat_at=int, official=int, decided=int, statement=int,
    previous=float, first=float, before=float, half=float, cash_close=float,
    sigma=standard_deviation_record(128), spreads=USUAL_SPREAD, continuity=CONTINUITY,
)  # fmt: skip

GATES = gates(*ENTRY_LIMITS, "official_close", "fomc", "direction", "agreement", "threshold", "stop")


def start_day(state, instrument, memory, params):
    """The trading date's session is known, NEVER where there is none, and no price of it yet."""
    opens, closes = session_today(state, instrument, XETRA if params.anchor == ANCHOR_XETRA else NY_CASH)
    # The first day was joined in its middle: it is neither traded nor counted.
    memory.day_type = state.instruments[instrument].day_type if memory.day != 0 else 0
    memory.day = state.day_opens
    memory.opens = opens
    memory.closes = closes
    memory.flat_at = flat_time(state, instrument)
    memory.official = 1 if params.anchor == ANCHOR_XETRA or begins_with_cash(state, instrument) else 0
    memory.decided = 0
    memory.statement = 0
    memory.previous = memory.cash_close
    memory.first = 0.0
    memory.before = 0.0
    memory.half = 0.0


def change(price, reference):
    """Return price / reference - 1, NaN where one of them was not seen."""
    return price / reference - 1.0 if price > 0.0 and reference > 0.0 else math.nan


def sign(value):
    """Return +1, 0 or -1; 0 for NaN."""
    return 1 if value > 0.0 else (-1 if value < 0.0 else 0)


def decide(state, instrument, memory, params):
    """A market order is sent if every gate lets it; today's return joins those of the last sessions."""
    opening = change(memory.first, memory.previous)
    signal = change(memory.half, memory.previous) if params.variant == 3 else opening
    late = change(memory.half, memory.before)
    side = sign(signal)
    facing = side if side != 0 else 1
    entry = entering(state, instrument, facing)
    distance = params.stop_day_atr * state.instruments[instrument].day_atr
    usual = usual_spread(memory.spreads, state, instrument)
    needed = params.threshold * memory.sigma.value if params.threshold > 0.0 else 0.0
    if params.threshold > 0.0 and memory.sigma.seen < params.sessions:
        needed = math.nan
    ready = entry_limits(state, instrument, memory.continuity, memory.closes, usual, distance)
    ready &= gate(state, instrument, GATES.day_type, memory.day_type, FULL, FULL)
    ready &= gate(state, instrument, GATES.official_close, memory.official, 0 if params.exploratory else 1, 1)
    ready &= gate(state, instrument, GATES.fomc, memory.statement, 0, 1 if params.trade_fomc else 0)
    ready &= gate(state, instrument, GATES.direction, abs(side), 1, 1)
    agreement = side * sign(late)
    ready &= gate(state, instrument, GATES.agreement, agreement, 1 if params.variant == 2 else -1, 1)
    ready &= gate(state, instrument, GATES.threshold, abs(signal), needed, math.inf)
    ready &= gate(state, instrument, GATES.stop, distance, 1.0, math.inf)
    if ready:
        enter(state, instrument, side, tick_below(entry - distance), 0, 0, 0.0)
    if memory.day_type == FULL and not math.isnan(signal):
        standard_deviation(memory.sigma, signal, params.sessions)


def on_bar(state, bar, memory, params):
    instrument = bar.instrument
    watch_continuity(memory.continuity, bar)
    if state.day_opens != memory.day:
        start_day(state, instrument, memory, params)
    if held(state, instrument) != 0:
        # Sent now or only after 15:59: a bar that ends later than that is too late.
        last_call = memory.closes - MINUTE - bar.timeframe * SECOND + 1
        leave_in_time(state, instrument, last_call, memory.flat_at)
    if bar.close_time <= memory.opens or bar.close_time > memory.closes:
        return
    memory.cash_close = float(bar.close)
    if bar.close_time <= memory.opens + 30 * MINUTE:
        memory.first = float(bar.close)
    if bar.close_time <= memory.closes - HOUR:
        memory.before = float(bar.close)
    if bar.close_time <= memory.closes - 30 * MINUTE:
        memory.half = float(bar.close)
    row = state.instruments[instrument]
    if row.news_kinds & FOMC != 0 and row.news_opens <= memory.closes - 2 * HOUR < row.news_closes:
        memory.statement = 1
    if bar.close_time < memory.closes - 30 * MINUTE:
        return
    if bar.close_time % (5 * MINUTE) == 0:
        note_spread(memory.spreads, state, bar.close_time, bar.spread)
    if memory.decided == 0:
        memory.decided = 1
        decide(state, instrument, memory, params)


def on_d1(state, bar, memory, params):
    """Nothing to do: day bars are asked for so that the kernel keeps ATR14(D)."""
