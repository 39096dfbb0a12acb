"""Bars of any timeframe, made of quotes or of base bars, known at their close and never before.

A bar is [open, open + timeframe). Sub-day bars are counted from the trading day's 17:00 New York, so that four-hour
bars open at 17, 21, 01, 05, 09 and 13 New York all year; day, week and month bars follow the trading calendar that
DAY events bring. A bar exists only if something traded in it: nothing is filled forward. The forming bar is the
kernel's own; strategies are shown `last` alone.
"""

import numpy as np

from tradewind.kernel.compiled import compiled, copy_record, inner
from tradewind.kernel.market_watch import watch_bar, watch_day, watch_days
from tradewind.kernel.records import NEVER, SECOND, SERIES

DAY_BAR = 86_400
WEEK_BAR = 604_800
MONTH_BAR = 2_592_000
"""Codes in the place of seconds: these three follow the trading calendar."""

ATR_DAYS = 14
VARIANCE_DECAY = 0.94
"""Of the variance of daily returns (RiskMetrics Technical Document, 4th edition, 1996; domain rules 5.1)."""


@compiled(inline=True, inner=True)
def bar_opens(state, timeframe, ts):
    """Return when the bar of `timeframe` that contains the moment `ts` opens, ns UTC."""
    if timeframe >= DAY_BAR:
        return state.day_opens if state.day_closes > 0 else ts - ts % (DAY_BAR * SECOND)
    length = timeframe * SECOND
    if state.day_closes > 0:
        return state.day_opens + (ts - state.day_opens) // length * length
    return ts - ts % length


@compiled(inline=True, inner=True)
def bar_closes(state, timeframe, opens):
    """Return when a bar of `timeframe` opened at `opens` closes; week and month bars close with a DAY event."""
    if timeframe < DAY_BAR:
        closes = opens + timeframe * SECOND
        # No bar reaches into the next trading day (a timeframe that does not divide 24 hours would).
        if state.day_closes > 0 and closes > state.day_closes:
            return state.day_closes
        return closes
    if timeframe == DAY_BAR:
        return state.day_closes if state.day_closes > 0 else opens + DAY_BAR * SECOND
    return NEVER


@compiled(inline=True, inner=True)
def open_bar(state, series, inside, price):
    """The series forms a new bar, opened by `price` (open, high, low, close, spread, volume) at the moment `inside`."""
    bar = series.forming
    timeframe = series.timeframe
    # The next bar mostly opens where the last one closed, and a comparison is cheaper than a division.
    opens = inside if series.last.close_time == inside else bar_opens(state, timeframe, inside)
    closes = bar_closes(state, timeframe, opens)
    bar.open_time = opens
    bar.close_time = closes
    bar.open, bar.high, bar.low, bar.close, bar.spread, bar.volume = price
    bar.sources = 1
    return closes


@compiled(inline=True, inner=True)
def extend_bar(bar, price):
    """The forming bar contains `price`."""
    _, high, low, close, spread, volume = price
    bar.high = max(bar.high, high)
    bar.low = min(bar.low, low)
    bar.close = close
    bar.spread = spread
    bar.volume += volume
    bar.sources += 1


@compiled(inline=True, inner=True)
def fold_price(state, instrument, event):
    """The instrument's forming bars contain the QUOTE or BAR in `event`; none of them is past its close."""
    inside = event.ts - event.span * SECOND
    # Read once: after a write to the state the compiler must read every field again.
    price = (event.open, event.high, event.low, event.close, np.int64(event.spread_close), event.volume)
    first = np.int64(instrument.series_first)
    earliest = state.next_close
    for index in range(first, first + instrument.series_count):
        series = state.series[index]
        if series.forming.sources != 0:
            extend_bar(series.forming, price)
        else:
            earliest = min(earliest, open_bar(state, series, inside, price))
    state.next_close = earliest


@compiled(inline=True, inner=True)
def close_bars(state, instant):
    """Every forming bar that closes at `instant` is its series' last one and waits to be shown; now is `instant`."""
    state.now = max(state.now, instant)
    state.rounds += 1
    this_round = state.rounds
    earliest = NEVER
    closed = 0
    ruled = state.ruled != 0
    days = 0
    for index in range(state.series_count):
        series = state.series[index]
        forming = series.forming
        if forming.sources == 0:
            continue
        if forming.close_time > instant:
            earliest = min(earliest, forming.close_time)
            continue
        copy_record(series.last, forming)
        forming.sources = 0
        days += bar_closed(state, series, this_round, ruled)
        closed += 1
    if days > 0:
        watch_days(state)
    state.closed_bars = closed
    state.next_close = earliest


@compiled(inline=True, inner=True)
def bar_closed(state, series, this_round, ruled):
    """`series.last` has closed in this round, and what is measured by it knows; return 1 if it is a day of the gate's.

    `ruled` says whether there are limits.
    """
    series.bars += 1
    series.closed = this_round
    days = 0
    if series.timeframe == DAY_BAR:
        count_day(state.instruments[series.last.instrument], series.last)
        if ruled:
            watch_day(state, series.last)
            days = 1
    if ruled and series.timeframe == state.limits.range_bar:
        watch_bar(state, series.last)
    return days


@inner
def end_periods(state, ts, week, month):
    """Week and month bars end at `ts` where a DAY event brings a new week or month."""
    for index in range(state.series_count):
        series = state.series[index]
        ended = (series.timeframe == WEEK_BAR and week != state.week) or (
            series.timeframe == MONTH_BAR and month != state.month
        )
        if ended and series.forming.sources != 0:
            series.forming.close_time = ts
            state.next_close = min(state.next_close, np.int64(ts))


@inner
def count_day(instrument, bar):
    """The instrument's daily ATR (Wilder, 14 days) and variance include the day bar; the ATR is not positive before."""
    reach = bar.high - bar.low
    if instrument.day_bars > 0:
        change = float(bar.close) / float(instrument.day_previous_close) - 1.0
        # The plain mean of the squares until the newest would count for less than the decay gives it.
        share = max(1.0 - VARIANCE_DECAY, 1.0 / float(instrument.day_bars))
        instrument.day_variance += share * (change * change - instrument.day_variance)
        reach = max(reach, abs(bar.high - instrument.day_previous_close))
        reach = max(reach, abs(bar.low - instrument.day_previous_close))
    instrument.day_previous_close = bar.close
    instrument.day_bars += 1
    # Until the fourteenth day the sum is kept as a negative number, so that "unknown" needs no second field.
    if instrument.day_bars < ATR_DAYS:
        instrument.day_atr -= float(reach)
    elif instrument.day_bars == ATR_DAYS:
        instrument.day_atr = (float(reach) - instrument.day_atr) / ATR_DAYS
    else:
        instrument.day_atr += (float(reach) - instrument.day_atr) / ATR_DAYS


@compiled
def last_bar(state, instrument, timeframe):
    """Return the newest closed bar of `instrument` and `timeframe`; its `sources` is 0 before the first."""
    row = state.instruments[instrument]
    for index in range(row.series_first, row.series_first + row.series_count):
        if state.series[index].timeframe == timeframe:
            return state.series[index].last
    return state.series[SERIES - 1].last
