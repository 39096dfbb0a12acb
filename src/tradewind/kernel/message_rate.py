"""How often we speak to the broker: three token buckets in integers (C6).

A message takes one token; new ones flow in steadily, `limit` in a period. What has been spent is kept in nanoseconds
times the limit, so that nothing is rounded: a message spends a period, and every nanosecond gives `limit` back.
"""

import numpy as np

from tradewind.kernel.compiled import inner
from tradewind.kernel.records import SECOND

MINUTE = 60 * SECOND
DAY = 86_400 * SECOND


@inner
def spent_now(spent, elapsed, period, limit):
    """Return what is spent of a bucket once `elapsed` ns have given back their part."""
    if limit <= 0:
        return np.int64(0)
    return max(np.int64(0), spent - min(elapsed, period) * limit)


@inner
def refill(state):
    """The buckets are as full as they are now."""
    limits, risk = state.limits, state.risk
    elapsed = max(np.int64(0), state.now - risk.messages_at)
    risk.messages_at = state.now
    risk.spent_second = spent_now(risk.spent_second, elapsed, SECOND, limits.messages_per_second)
    risk.spent_minute = spent_now(risk.spent_minute, elapsed, MINUTE, limits.messages_per_minute)
    risk.spent_day = spent_now(risk.spent_day, elapsed, DAY, limits.messages_per_day)


@inner
def is_spent(spent, period, limit):
    """Return whether the bucket has no whole token left; one that nobody filled in never has."""
    return limit >= 0 and spent + period > period * limit


@inner
def may_speak(state):
    """Return whether one more message keeps every rate."""
    limits, risk = state.limits, state.risk
    refill(state)
    return not (
        is_spent(risk.spent_second, SECOND, limits.messages_per_second)
        or is_spent(risk.spent_minute, MINUTE, limits.messages_per_minute)
        or is_spent(risk.spent_day, DAY, limits.messages_per_day)
    )


@inner
def spend(spent, period, limit):
    """Return what is spent after one more message; what may always speak empties a bucket at most."""
    if limit <= 0:
        return np.int64(0)
    return min(spent + period, period * limit)


@inner
def speak(state):
    """One more message has gone to the broker."""
    limits, risk = state.limits, state.risk
    refill(state)
    risk.spent_second = spend(risk.spent_second, SECOND, limits.messages_per_second)
    risk.spent_minute = spend(risk.spent_minute, MINUTE, limits.messages_per_minute)
    risk.spent_day = spend(risk.spent_day, DAY, limits.messages_per_day)
