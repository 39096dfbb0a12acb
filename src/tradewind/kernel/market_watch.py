"""What closed bars tell the gate of each market: a short ATR, the usual spread, how instruments move together.

The ATR is Wilder's, of 14 bars of five minutes. The usual spread is the median, over up to 20 days, of the spread at
the end of each hour counted from 17:00 New York; the hour that begins is measured by the days before. Covariances are
exponentially weighted daily log returns with a decay of 0.94 (RiskMetrics 1996). All of it is causal: a bar counts
once it has closed.
"""

import math

import numpy as np

from tradewind.kernel.compiled import inner
from tradewind.kernel.records import SECOND
from tradewind.kernel.risk_records import SPREAD_DAYS, SPREAD_HOURS

RANGE_BARS = 14
HOUR = 3600 * SECOND
DECAY = 0.94
RETURNS_NEEDED = 20
"""Before so many days the correlation inside a group is taken as full."""


@inner
def watch_range(watched, bar):
    """The short ATR includes the bar; it is not positive before 14 bars."""
    reach = bar.high - bar.low
    if watched.range_bars > 0:
        reach = max(reach, abs(bar.high - watched.range_close), abs(bar.low - watched.range_close))
    watched.range_close = bar.close
    watched.range_bars += 1
    # Until the last of them the sum is kept as a negative number, so that "unknown" needs no second field.
    if watched.range_bars < RANGE_BARS:
        watched.range_atr -= float(reach)
    elif watched.range_bars == RANGE_BARS:
        watched.range_atr = (float(reach) - watched.range_atr) / RANGE_BARS
    else:
        watched.range_atr += (float(reach) - watched.range_atr) / RANGE_BARS


@inner
def watch_spread(state, watched, bar):
    """The usual spread is that of the hour that contains the bar's close; an hour that ended gave its sample."""
    hour = np.int64((bar.close_time - state.day_opens) // HOUR % SPREAD_HOURS)
    before = np.int64(watched.spread_hour) - 1
    if hour != before:
        if before >= 0:
            watched.spreads[before, watched.spread_days[before] % SPREAD_DAYS] = np.int32(watched.usual_sample)
            watched.spread_days[before] += 1
        watched.spread_hour = hour + 1
        watched.usual_spread = middle_spread(watched, hour)
    watched.usual_sample = bar.spread


@inner
def middle_spread(watched, hour):
    """Return the median of the hour's samples, ticks as a float; -1 where there is none."""
    count = min(np.int64(watched.spread_days[hour]), SPREAD_DAYS)
    if count == 0:
        return -1.0
    found = np.empty(count, np.int64)
    for index in range(count):
        place = index
        value = np.int64(watched.spreads[hour, index])
        while place > 0 and found[place - 1] > value:
            found[place] = found[place - 1]
            place -= 1
        found[place] = value
    return float(found[(count - 1) // 2] + found[count // 2]) / 2.0


@inner
def watch_bar(state, bar):
    """The gate has seen the closed range bar of an instrument."""
    watched = state.risk.instruments[bar.instrument]
    watch_range(watched, bar)
    watch_spread(state, watched, bar)


@inner
def watch_day(state, bar):
    """The instrument's daily return is known for the correlation."""
    watched = state.risk.instruments[bar.instrument]
    watched.day_return = 0.0
    if watched.day_close > 0 and bar.close > 0:
        watched.day_return = math.log(float(bar.close) / float(watched.day_close))
    watched.day_close = bar.close
    watched.day_round = state.rounds


@inner
def watch_days(state):
    """The covariances include the day bars that closed in this round; instruments without one stand still."""
    risk = state.risk
    risk.return_days += 1
    for first in range(state.instrument_count):
        left = risk.instruments[first]
        one = left.day_return if left.day_round == state.rounds else 0.0
        for second in range(first, state.instrument_count):
            right = risk.instruments[second]
            other = right.day_return if right.day_round == state.rounds else 0.0
            value = DECAY * risk.covariance[first, second] + (1.0 - DECAY) * one * other
            risk.covariance[first, second] = value
            risk.covariance[second, first] = value


@inner
def correlation(state, first, second):
    """Return the correlation taken between two instruments of one group: never below the floor, full while unknown."""
    if first == second:
        return 1.0
    risk = state.risk
    spread = risk.covariance[first, first] * risk.covariance[second, second]
    if risk.return_days < RETURNS_NEEDED or spread <= 0.0:
        return 1.0
    found = risk.covariance[first, second] / math.sqrt(spread)
    return min(1.0, max(state.limits.correlation_floor, found))
